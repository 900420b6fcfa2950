"""
A lock that a forked child has for itself: there is nobody there who would release the one of its parent.
"""

from __future__ import annotations

import os
import threading
import weakref

_locks: weakref.WeakSet[ProcessLock] = weakref.WeakSet()


class ProcessLock:
    """
    Held by one thread of one process at a time; the same thread may enter it again: ``with lock.held:``.
    """

    def __init__(self) -> None:
        self.renew()
        _locks.add(self)

    def renew(self) -> None:
        """In a forked child: nobody holds it."""
        self._lock = threading.RLock()

    @property
    def held(self) -> threading.RLock:
        """
        What a ``with`` takes: Python's own lock, which nothing can interrupt on the way out, as it could
        interrupt a method of ours. Whoever needs it next would then wait for ever.
        """
        return self._lock


def _forked() -> None:
    for lock in [*_locks]:
        lock.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
