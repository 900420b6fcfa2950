"""
The file the journal lives in: durable, exclusive while writing, silent about its contents.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from smsframe import disks, tables
from smsframe.errors import JournalError
from smsframe.masking import mask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection

LOCKED = 30.0
"""Seconds to wait for another process that is writing."""


class Store:
    """
    Transactions on one SQLite file.

    Between runs no connection stays open: nothing lingers in a notebook. During a run one is used again, as
    opening it costs as much as a transaction, unless the file is no longer the one it was opened on.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._uses = 0
        self._counting = threading.Lock()
        self._began_on: tuple[int, int] | None = None
        # Errors are printed, so they must not quote the parameters, which are people's numbers.
        url = sa.URL.create("sqlite", database=path.as_uri(), query={"mode": "rw", "uri": "true"})
        self._engine = sa.create_engine(
            url,
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=-1,
            connect_args={"timeout": LOCKED, "check_same_thread": False},
            hide_parameters=True,
        )
        sa.event.listen(self._engine, "connect", self._opened)
        sa.event.listen(self._engine, "checkout", self._used_again)
        sa.event.listen(self._engine, "begin", _begin)

    @property
    def exists(self) -> bool:
        """Whether there is a file."""
        return self.path.exists()

    @property
    def made(self) -> bool:
        """Whether anything was ever written; raises when the file is not ours to read."""
        if not self.exists:
            return False
        with self.transaction(reading=True) as connection:
            return tables.version(connection) > 0

    def make(self) -> None:
        """
        Make the file, readable by its owner only before anything is in it, and its tables; or upgrade them.

        Raises:
            JournalError: The file cannot be made, is another program's or a newer one's, or would be shared
                over a network, where SQLite's locks do not hold.
        """
        with self.told():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if kind := disks.network(self.path):
                raise JournalError(
                    f"the journal {self.path} would be on a network drive ({kind}), where locks may not hold "
                    "and somebody could be texted twice: name a file on a local disk with journal= or "
                    "SMSFRAME_JOURNAL"
                )
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            if self.path.stat().st_nlink > 1:
                raise JournalError(
                    f"the journal {self.path} is one file with two names, and who uses it by the other one "
                    "cannot be seen from here: copy it to a file of its own"
                )
        if not self._current():  # and another program's database is refused before anything of it is changed
            with self._in_use(), self.told(), closing(self._engine.raw_connection()) as raw:
                raw.cursor().execute("PRAGMA journal_mode=WAL")  # stays with the file
            with self.transaction() as connection:
                if 0 < (found := tables.version(connection)) < tables.VERSION:
                    self._check(connection)
                    self._keep_copy(found)
                tables.prepare(connection)

    def _current(self) -> bool:
        with self.transaction(reading=True) as connection:
            return tables.version(connection) == tables.VERSION

    def _keep_copy(self, version: int) -> None:
        """Copy the file beside itself, as the last commit left it, before its tables are changed."""
        copy = self.path.with_name(f"{self.path.name}.schema-{version}")
        os.close(os.open(copy, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(self.path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target, progress=_not_locked)

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Keep a connection open between transactions, as a run needs thousands."""
        with self._in_use():
            self._began_on = self._file()
            yield

    def sound(self) -> None:
        """
        Refuse a damaged file, as far as SQLite can tell.

        Raises:
            JournalError: It is damaged.
        """
        if self.made:
            with self.transaction(reading=True) as connection:
                self._check(connection)

    def _check(self, connection: Connection) -> None:
        sound = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if sound != "ok":
            raise JournalError(
                f"the journal {self.path} is damaged ({sound}), so nothing is sent: put a backup in its "
                "place, or name another file with journal="
            )

    @contextmanager
    def transaction(self, *, reading: bool = False) -> Iterator[Connection]:
        """One transaction: all of it is on disk when the block ends, or nothing."""
        with (
            self._in_use(),
            self.told(),
            self._engine.execution_options(reading=reading).begin() as connection,
        ):
            yield connection

    @property
    def in_place(self) -> bool:
        """Whether the file that a run began on still has its name, by which others find its owners."""
        return self._began_on in (None, self._file())

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        """Close what is open when the last of all threads is done: nobody closes one that is still lent."""
        with self._counting:
            self._uses += 1
        try:
            yield
        finally:
            with self._counting:
                self._uses -= 1
                if not self._uses:
                    self._engine.dispose()

    def read(self, query: sa.Select[Any]) -> pd.DataFrame:
        """The rows of a query."""
        with self.transaction(reading=True) as connection:
            return frame(connection, query)

    def _opened(self, connection: Any, record: Any) -> None:
        record.info["file"] = self._file()
        connection.isolation_level = None  # SQLAlchemy begins transactions; the driver's own habits are off
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    def _used_again(self, _connection: object, record: Any, _proxy: object) -> None:
        if record.info["file"] != self._file():  # deleted or replaced: what is written would be lost
            raise sa.exc.DisconnectionError

    def _file(self) -> tuple[int, int] | None:
        with suppress(OSError):
            found = self.path.stat()
            return found.st_dev, found.st_ino
        return None

    @contextmanager
    def told(self) -> Iterator[None]:
        """
        Say what is wrong with the file in our words, with nothing in the chain that holds a number.

        Raises:
            JournalError: Whatever the disk or the database raised.
        """
        problem, gone = None, False
        try:
            yield
        except sa.exc.DBAPIError as error:
            problem, error.params = str(error.orig), None
            gone = not self.path.exists()
        except sqlite3.Error as error:
            problem = str(error)
        except UnicodeError:  # SQLite's own names, not ours: what we write can be read
            problem = "it is damaged"
        except OSError as error:
            problem = error.strerror or type(error).__name__
        if gone:
            raise JournalError(
                f"the journal {self.path} is gone (a sandbox's goes when the sandbox stops). Put it "
                "back before sending again: without it nobody knows who was texted"
            ) from None
        if problem is not None:
            raise JournalError(
                f"the journal {self.path} cannot be used ({mask(problem)}); what it holds stays as it is. "
                "Free the disk or correct the permissions, or name another file with journal= or "
                "SMSFRAME_JOURNAL"
            ) from None


def _not_locked(status: int, _left: int, _total: int) -> None:
    """A copy that another program keeps us from is given up, which SQLite's own loop never does."""
    if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        raise sqlite3.OperationalError("its copy is locked")


def frame(connection: Connection, query: sa.Select[Any]) -> pd.DataFrame:
    """The rows of a query, within a transaction."""
    found = connection.execute(query)
    rows = [*map(tuple, found)]  # pandas takes a row of SQLAlchemy's apart one name at a time
    return pd.DataFrame(rows, columns=[*found.keys()])


def _begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
