"""
Who is at work on a campaign: one operating system lock per run, next to the journal.

A process that dies, however it dies, loses its lock; one that is only suspended keeps it. That is the only
thing that tells a dead owner from a slow one: no clock and no heartbeat is involved.
"""

from __future__ import annotations

import os
import socket
import uuid
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout


class Owners:
    """The locks beside one journal."""

    def __init__(self, journal: Path) -> None:
        self.process = f"{os.getpid()}@{socket.gethostname()}"
        """Which process writes, for the evidence."""
        self._folder = journal.with_name(journal.name + ".owners")

    def start(self) -> Owner:
        """A new owner, alive until it is released or the process dies."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        name = uuid.uuid4().hex[:16]
        return Owner(name, self._lock(name))

    def alive(self, name: str) -> bool:
        """Whether an owner still holds its lock, ourselves included."""
        if not self._path(name).exists():
            return False
        try:
            with self._lock(name).acquire(timeout=0):
                return False
        except Timeout:
            return True

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.lock"

    def _lock(self, name: str) -> FileLock:
        return FileLock(self._path(name), thread_local=False)


class Owner:
    """A run that is at work: holds its lock, which filelock keeps from its forked children."""

    def __init__(self, name: str, lock: FileLock) -> None:
        self.name = name
        self._lock, self._process = lock, os.getpid()
        self._lock.acquire(timeout=0)

    def release(self) -> None:
        """Stop being alive; a forked child that ends never was, and leaves its parent's file alone."""
        if os.getpid() != self._process:
            return
        self._lock.release()
        with suppress(OSError):  # on Windows, while somebody asks whether we are alive
            Path(self._lock.lock_file).unlink(missing_ok=True)
