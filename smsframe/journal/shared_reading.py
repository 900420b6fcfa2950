"""
One transaction that the reads of a thread share: they all see the journal as it was at one moment.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection


class SharedReading(threading.local):
    """The transaction that the reads of this thread share, if there is one."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._process = 0

    @property
    def active(self) -> bool:
        """Whether there is one. A forked child has none: it must not use what its parent has open."""
        return self._process == os.getpid()

    @property
    def connection(self) -> Connection | None:
        """Of that transaction; None where nothing was ever written, or where there is none."""
        return self._connection if self.active else None

    @contextmanager
    def share(self, opened: AbstractContextManager[Connection | None]) -> Iterator[None]:
        """
        Share a transaction until the block ends; within another one share that.

        What the block raises is not the database's, and passes as it is: each read says itself what is wrong
        with the journal.
        """
        if self.active:
            yield
            return
        self._connection = opened.__enter__()
        self._process = os.getpid()
        try:
            yield
        except BaseException:
            self._connection, self._process = None, 0
            with suppress(Exception):  # the connection may be gone, as what the block raised says
                opened.__exit__(None, None, None)
            raise
        self._connection, self._process = None, 0
        opened.__exit__(None, None, None)

    def require_reading(self, *, reading: bool) -> None:
        """
        Refuse to write while reads are shared: what is read afterwards would not have it.

        Raises:
            RuntimeError: It is to be written.
        """
        if self.active and not reading:
            raise RuntimeError("the journal is written to while reads share a transaction")
