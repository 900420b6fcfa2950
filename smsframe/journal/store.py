"""
What the journal asks of the database that it is kept in, and of the locks of its runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    import pandas as pd
    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

    from smsframe.clock import Clock


class JournalStore(Protocol):
    """
    Transactions on the tables of one journal.

    Attributes:
        place: What it is called in messages; without a password.
        schema: Where the tables are in a database that has several of them, or None.
        exists: Whether there is a journal.
        in_place: Whether what a run began on is still what others find by that name.
        lock_can_be_lost: Whether a run may lose its lock and go on: then one that takes over waits for the
            grace before its first look-up, as a request may have been on its way.
    """

    place: str
    lock_can_be_lost: bool

    @property
    def exists(self) -> bool: ...  # noqa: D102 - above

    @property
    def schema(self) -> str | None: ...  # noqa: D102 - above

    @property
    def in_place(self) -> bool: ...  # noqa: D102 - above

    def opened(self) -> AbstractContextManager[Connection | None]:
        """One transaction that reads, or None where nothing was ever written."""

    def latest(self, query: sa.Select[Any], readable: Callable[[Connection], bool]) -> Sequence[Any] | None:
        """
        The rows of one query, as they are now, which is asked by itself.

        None where nothing was ever written, or where the tables are so old that it is not ``readable``.
        """

    def reading(self) -> AbstractContextManager[None]:
        """Until the block ends the reads of this thread share one transaction; nothing may be written."""

    def make(self) -> None:
        """Make the tables, or bring those of an older version up to date."""

    def kept_open(self) -> AbstractContextManager[None]:
        """Keep connections open between transactions, as a run needs thousands."""

    def connected(self) -> AbstractContextManager[None]:
        """Until the block ends, connections to a server are used again; a file is opened as before."""

    def transaction(self, *, reading: bool = False) -> AbstractContextManager[Connection]:
        """
        One transaction: all of it is on disk when the block ends, or nothing.

        Two that write exclude each other; one that reads sees the tables as they are when it begins.
        """

    def read(self, query: sa.Select[Any]) -> pd.DataFrame:
        """The rows of a query."""

    def check(self, connection: Connection) -> None:
        """Refuse damaged tables, as far as the database can tell."""

    def verify(self) -> None:
        """As `check`, and whether the place is one where a journal is safe."""

    def confirm(self, query: Callable[[], sa.Select[Any]], expected: int) -> None:
        """Make certain that others find what was just written: a query for a number, and that number."""

    def changes(
        self, sleep: Callable[[float], object]
    ) -> AbstractContextManager[Callable[[float, float], bool]]:
        """
        A function that waits so many seconds, or until somebody has written, but for so many at least;
        it says whether somebody has. ``sleep`` waits where the database tells nobody of changes.
        """

    def backup(self, target: Path) -> None:
        """Copy the tables, as the last commit left them, into a file."""

    def time(self, connection: Connection, clock: Clock) -> datetime:
        """What time it is for all processes that share this journal, whatever their own clocks say."""

    def erase_securely(self, connection: Connection) -> None:
        """In the caller's transaction: what is deleted is overwritten, as far as the database can do that."""

    def clean(self) -> list[str]:
        """
        Have nothing in the files of what was deleted; sentences say where something may be left, and why.
        """

    def close_for_good(self, connection: Connection, place: str) -> None:
        """In the caller's transaction: this journal is at another place from now on."""

    def errors_in_our_words(self) -> AbstractContextManager[None]:
        """Say what is wrong with the database, with nothing in the chain that holds a number."""


class RunLock(Protocol):
    """A run that is at work, by its name."""

    name: str

    def release(self) -> None:
        """Stop being alive."""


class RunLocks(Protocol):
    """
    Who is at work on a journal: one lock per run, that a dead process cannot hold.

    """

    @property
    def process(self) -> str:
        """Which process writes, for the evidence."""

    def start(self) -> RunLock:
        """A new owner, alive until it is released or the process dies."""

    def alive(self, name: str) -> bool:
        """Whether an owner still holds its lock, ourselves included."""
