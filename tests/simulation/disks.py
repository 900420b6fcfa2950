"""
Disks with journals on them: SQLite in memory under the real tables and statements, and files that lie.

A file is a database in memory, and a name on a disk leads to one file at a time: another may take its place,
an older copy may be put back, and what was written may be gone after a power cut.
"""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing, contextmanager, nullcontext
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from simulation.scheduler import KilledHere, Lock
from smsframe.errors import JournalError
from smsframe.journal.sql import frame
from smsframe.journal.sqlite.migrations import prepare
from smsframe.journal.sqlite.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    import pandas as pd
    from sqlalchemy.engine import Connection

    from simulation.machines import Process
    from simulation.world import World


class Database:
    """A connection to SQLite in memory, used for one file after another: making one costs milliseconds."""

    spare: list[Database] = []  # noqa: RUF012 - one stock per process of ours
    empty = b""

    def __init__(self) -> None:
        self.raw = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self.engine = sa.create_engine("sqlite://", creator=lambda: self.raw, poolclass=StaticPool)
        self.raw.execute("PRAGMA foreign_keys=ON")
        sa.event.listen(self.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        if not Database.empty:
            with self.engine.begin() as connection:
                prepare(connection)
            Database.empty = self.raw.serialize()

    @classmethod
    @cache
    def dialect(cls) -> sa.Engine:
        """An engine to write statements down with."""
        return sa.create_engine("sqlite://")

    @classmethod
    def holding(cls, image: bytes) -> Database:
        """One that holds what a file held."""
        one = cls.spare.pop() if cls.spare else cls()
        one.hold(image)
        return one

    def hold(self, image: bytes) -> None:
        """Have another content; copied, as SQLite crashes on statements from before a ``deserialize``."""
        with closing(sqlite3.connect(":memory:")) as other:
            other.deserialize(image)
            other.backup(self.raw)


class File:
    """
    A file that holds a journal.

    Args:
        world: The world.
        image: What is in it at first; the tables of a new journal when not given.
    """

    def __init__(self, world: World, image: bytes | None = None) -> None:
        self.inode = next(world.inodes)
        self.database = Database.holding(image or Database.empty or _empty())
        self.lock = Lock(world.scheduler)
        self.commits = 0
        self.images: list[bytes] = []
        """What was in it after each commit, the oldest first, when the world keeps that."""
        world.files.append(self)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query finds now, past every lock."""
        return self.database.raw.execute(query, values).fetchall()

    def image(self) -> bytes:
        """All that is in it."""
        return self.database.raw.serialize()

    def hold(self, image: bytes) -> None:
        """Have another content under the same inode, as after a power cut, or a copy written over it."""
        self.database.hold(image)

    def close(self) -> None:
        """Give its database to the next file."""
        Database.spare.append(self.database)


class Disk:
    """Names, each of which leads to a file."""

    def __init__(self) -> None:
        self.names: dict[str, File] = {}


def _empty() -> bytes:
    Database.spare.append(Database())
    return Database.empty


@contextmanager
def _told() -> Iterator[None]:
    """What the database refuses, in the words of the real store."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise JournalError(f"the journal cannot be used ({error.orig})") from None


class SimulatedStore(Store):
    """
    As `smsframe.journal.sqlite.store.Store`, on a simulated disk.

    Args:
        process: Who uses it.
        disk: Where the file is.
        name: Its name there.
    """

    def __init__(self, process: Process, disk: Disk, name: str) -> None:
        self.path, self.place = PurePosixPath(name), name
        self._process, self._disk, self._name = process, disk, name
        self._began_on: int | None = None
        self._ghost: File | None = None
        self._claims = 0
        self._engine = Database.dialect()
        self._read_back = self._by_another_process

    def began(self) -> bool:
        """Whether a run has begun on the file."""
        return self._began_on is not None

    def write_to_a_ghost(self) -> None:
        """From now on write to a file that has lost its name, and not know it, as when a WAL was unlinked."""
        file = self._disk.names.get(self._name)
        self._ghost = None if file is None else File(self._process.world, file.image())

    @property
    def exists(self) -> bool:
        return self._name in self._disk.names

    @contextmanager
    def opened(self) -> Iterator[Connection | None]:
        if not self.exists:
            yield None
            return
        with self.transaction(reading=True) as connection:
            yield connection

    def latest(self, query: sa.Select[Any], readable: Callable[[Connection], bool]) -> Sequence[Any] | None:
        with self.opened() as connection:
            return (
                connection.execute(query).all() if connection is not None and readable(connection) else None
            )

    def reading(self) -> AbstractContextManager[None]:
        """Each read for itself: between two of them anything may happen."""
        return nullcontext()

    def make(self) -> None:
        self._process.seam("opens the journal", told=False)
        if not self.exists:
            self._disk.names[self._name] = File(self._process.world)

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        self._began_on, self._claims = self._inode(), 0
        try:
            yield
        finally:
            self._began_on = None

    @contextmanager
    def errors_in_our_words(self) -> Iterator[None]:
        yield

    @property
    def in_place(self) -> bool:
        return self._began_on in (None, self._inode())

    @contextmanager
    def transaction(self, *, reading: bool = False) -> Iterator[Connection]:
        process = self._process
        process.seam("reads the journal" if reading else "begins a transaction", told=False)
        file = self._ghost or self._disk.names.get(self._name)
        if file is None:
            raise JournalError("the journal is gone")
        if self._began_on not in (None, self._inode()):
            raise JournalError("the journal is no longer the file that this run began on")
        with file.lock:
            if not process.alive:
                raise KilledHere
            trouble = None if reading else process.world.disk_trouble(process)
            if trouble == "full":
                raise JournalError("the journal cannot be used (disk full)")
            with _told(), file.database.engine.begin() as connection:
                yield connection
                if not reading:
                    process.seam("is about to commit", told=False)
                    if trouble == "rolled back":
                        raise JournalError("the journal cannot be used (disk full at the commit)")
            if not reading:
                process.world.committed(process, file)
        if not reading:
            process.seam("has committed", told=False)
            if trouble == "unsaid":
                raise JournalError("the journal cannot be used (I/O error after the commit)")

    def clean(self) -> list[str]:
        process = self._process
        process.seam("writes the journal anew", told=False)
        file = self._disk.names.get(self._name)
        if file is not None:
            with file.lock:
                if not process.alive:
                    raise KilledHere
                file.database.raw.execute("VACUUM")
        return []

    def read(self, query: sa.Select[Any]) -> pd.DataFrame:
        with self.transaction(reading=True) as connection:
            return frame(connection, query)

    def _inode(self) -> int | None:
        file = self._disk.names.get(self._name)
        return None if file is None else file.inode

    def _by_another_process(self, _path: object, query: str) -> int | None:
        """As `smsframe.journal.sqlite.commit_check.ask`."""
        self._process.seam("has its claim read back", told=False)
        file = self._disk.names.get(self._name)
        return None if file is None else int(file.rows(query)[0][0])


def inodes() -> itertools.count[int]:
    """Numbers of files, in the order they are made."""
    return itertools.count(1)
