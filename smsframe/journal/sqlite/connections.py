"""
The SQLite connections to one file, and what must never happen to them.

On POSIX, closing any descriptor of a file takes away all locks that the process holds on it ("How To Corrupt
An SQLite Database File", 2.2), and a log that nobody has locked is deleted by the next process that closes
the file.
We open it by SQLite only, but a notebook may copy it. So the files are looked for by name, again and again.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
import threading
import weakref
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
import tenacity
from sqlalchemy.pool import QueuePool

from smsframe.errors import JournalError
from smsframe.journal.sqlite.dialect import COMPILED, URL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection, Engine

Files = tuple[tuple[int, int] | None, ...]
"""Device and number of the file, of its log and of the shared memory, as they are found by name."""

Written = tuple[int, int] | None
"""When a file was last written, in nanoseconds, and how long it is in bytes; None of none."""

OTHERS: Files = ()
"""Files that were changed while a run was at work: once closed, their numbers may come again."""

_all: weakref.WeakSet[Connections] = weakref.WeakSet()
_inherited: set[Path] = set()
"""Files that were open when this process was forked."""


class Connections:
    """
    Connections to one file: those that only read, and those that write, each lent to one thread at a time.

    Args:
        path: The file; resolved, as what belongs to it is found beside it.
        wait: Seconds to wait for another process that is writing.

    Attributes:
        reader: Lends connections that cannot write, nor delete the log when they are closed.
        writer: Lends those that write.
    """

    def __init__(self, path: Path, wait: float) -> None:
        self._path, self._wait = path, wait
        self._names = tuple(f"{path}{suffix}" for suffix in ("", "-wal", "-shm"))
        self._counting = threading.Lock()
        self._borrowed = self._kept = 0
        self._opened_on: Files | None = None
        self._began_on: Files | None = None
        self._written: Written = None
        self.reader = self._engine("ro", "BEGIN")
        self.writer = self._engine("rw", "BEGIN IMMEDIATE", self._check_unchanged)
        _all.add(self)

    def _engine(self, mode: str, begin: str, before_commit: Callable[[], object] = lambda: None) -> Engine:
        return sa.create_engine(
            URL,
            begin=begin,
            before_commit=before_commit,
            execution_options={"compiled_cache": COMPILED},
            creator=lambda: self._pooled(mode),
            poolclass=QueuePool,  # which keeps five: each worker asks before its request leaves
            max_overflow=-1,
            hide_parameters=True,  # errors are printed, and the parameters are people's numbers
        )

    def open(self, mode: str) -> sqlite3.Connection:
        """A connection that is the caller's to close; ``mode`` as in SQLite's URIs."""
        connection = sqlite3.connect(
            f"{self._path.as_uri()}?mode={mode}",
            uri=True,
            timeout=self._wait,
            isolation_level=None,  # SQLAlchemy begins transactions; the driver's own habits are off
            check_same_thread=False,
        )
        try:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchall()  # opens log and shared memory
        except BaseException as error:  # also Ctrl-C: nobody else would close it
            connection.close()
            if mode == "ro" and getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_READONLY_ROLLBACK:
                self.open("rw").close()  # its maker died before it had a log; SQLite undoes that
                return self.open(mode)
            raise
        return connection

    def write_ahead(self) -> None:
        """
        Have the file keep a log (WAL), which stays with it.

        SQLite needs the file for itself to change that, and where others are about to do the same it does not
        wait, as they might wait for each other ("database is locked", at once): so it is tried again.

        Raises:
            sqlite3.OperationalError: Others have used the file all the while.
        """
        patience = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_locked),
            stop=tenacity.stop_after_delay(self._wait),
            wait=tenacity.wait_random(0.002, 0.05),
            reraise=True,
        )
        with closing(self.open("rw")) as connection:
            patience(connection.execute, "PRAGMA journal_mode=WAL")

    def _pooled(self, mode: str) -> sqlite3.Connection:
        connection = self.open(mode)
        if self._opened_on is None:
            self._opened_on = self._files()
        return connection

    @contextmanager
    def transaction(self, *, reading: bool) -> Iterator[Connection]:
        """A connection within a transaction, which is committed when the block ends."""
        engine = self.reader if reading else self.writer
        with self._in_use("_borrowed", reading=reading), engine.begin() as connection:
            yield connection

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep what is open, open between transactions."""
        with self._in_use("_kept"):
            yield

    @property
    def are_kept(self) -> bool:
        """Whether a run keeps them open."""
        return self._kept > 0

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """What one statement finds, which reads; a transaction for it would take several times as long."""
        with self._in_use("_borrowed", reading=True), closing(self.reader.raw_connection()) as lent:
            cursor = cast("sqlite3.Connection", lent.driver_connection).execute(statement)
            return cursor.fetchall()

    def begin(self) -> None:
        """
        Open one of each, within `kept`; both, as `_close` needs the one that reads to close the other.

        Raises:
            JournalError: Another run keeps them open, and the files are no longer those it began on.
        """
        for engine in (self.reader, self.writer):
            engine.raw_connection().close()  # into the pool
        if self._began_on is None:
            self._began_on = self._opened_on
        if not self.in_place:
            raise self.lost()

    @property
    def in_place(self) -> bool:
        """Whether the files on which the first of those who keep them open began still have their names."""
        return self._began_on in (None, self._files())

    @contextmanager
    def _in_use(self, count: str, *, reading: bool = False) -> Iterator[None]:
        """Close what is open when the last of all threads is done: nobody closes one that is still lent."""
        with self._counting:
            if self._path in _inherited:
                raise JournalError(
                    f"this process was forked while the journal {self._path} was in use, and SQLite cannot "
                    "carry that over: use it in a process of its own (multiprocessing's spawn)"
                )
            if self._changed():
                if self._borrowed:
                    raise self.lost()
                self._close()
                self._began_on = OTHERS
            setattr(self, count, getattr(self, count) + 1)
        try:
            yield
        finally:
            with self._counting:
                setattr(self, count, getattr(self, count) - 1)
                if not (reading and self._kept):  # it wrote nothing, and nothing is closed yet
                    self._changed()
                if not self._kept and self._path not in _inherited:
                    self._began_on = None
                    if not self._borrowed:
                        self._close()

    def _close(self) -> None:
        """
        Close all connections; the last one that can write takes the log into the file, and deletes it.

        Not if the files were replaced: an old log would be written over what others wrote since then. SQLite
        does not see that its log has another name or none (it does of the file itself), but it leaves a log
        alone while another connection of its process is open, and one that only reads never touches it. A log
        that was just deleted, with nothing written to the file since, is the only copy there is: it is saved.
        """
        abandoned = self._changed() and not self._only_deleted()
        for engine in (self.writer, self.reader) if abandoned else (self.reader, self.writer):
            engine.dispose()
        self._opened_on = None

    def _changed(self) -> bool:
        """Whether the files are others than those that are open; as long as not, notes the last writing."""
        if self._opened_on is None:
            return False
        files, written = self._look()
        if self._opened_on != files:
            return True
        self._written = written
        return False

    def _only_deleted(self) -> bool:
        (file, log, memory), written = self._look()
        before = self._opened_on or OTHERS
        return log is None and (file, memory) == before[::2] and self._written == written

    def _check_unchanged(self) -> None:
        """Refuse to commit where nobody would find it."""
        if self._changed():
            raise self.lost()

    def _files(self) -> Files:
        return self._look()[0]

    def _look(self) -> tuple[Files, Written]:
        """What the names lead to now, and when the first of them was last written, and how long it is."""
        found = [_status(name) for name in self._names]
        file = found[0]
        written = None if file is None else (file.st_mtime_ns, file.st_size)
        return tuple(None if one is None else (one.st_dev, one.st_ino) for one in found), written

    def lost(self) -> JournalError:
        """The error of files that were changed while they were in use."""
        if not self._path.exists():
            return self.gone()
        return JournalError(
            f"the journal {self._path} was replaced, or its log was deleted, while it was in use, as happens "
            "when a program that sends also opens or copies the file itself. What it holds stays as it is; "
            "copies are made with `smsframe journal backup`"
        )

    def gone(self) -> JournalError:
        """The error of a file that is not there any more."""
        return JournalError(
            f"the journal {self._path} is gone (a sandbox's goes when the sandbox stops). Put it "
            "back before sending again: without it nobody knows who was texted"
        )

    def forked(self) -> None:
        """
        In a forked child: never use, nor close, what the parent has open.

        "It is not even safe to call sqlite3_close() from a child process if the connection was opened in the
        parent" (SQLite, "How To Corrupt An SQLite Database File", 2.6); nor to open the file anew, as SQLite
        takes the parent's locks for its own. So they are kept from being collected, also at the end.
        """
        if self._borrowed or self._kept or self._counting.locked():
            _inherited.add(self._path)
            self._began_on = OTHERS
            for engine in (self.reader, self.writer):
                ctypes.pythonapi.Py_IncRef(ctypes.py_object(engine))
        self._counting = threading.Lock()  # a thread that is not here may have held it


def _locked(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


def _status(name: str) -> os.stat_result | None:
    with suppress(OSError):
        return os.stat(name)  # noqa: PTH116 - before each request: a path object takes longer than the call
    return None


def _forked() -> None:
    for connections in [*_all]:
        connections.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
