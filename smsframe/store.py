"""
The file the journal lives in: durable, exclusive while writing, silent about its contents.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from smsframe import disks, tables
from smsframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection

LOCKED = 30.0
"""Seconds to wait for another process that is writing."""


class Store:
    """
    Transactions on one SQLite file.

    A connection lives for one transaction: nothing lingers in a notebook, and a file that was deleted is
    noticed (``mode=rw`` does not make a new one).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Errors are printed, so they must not quote the parameters, which are people's numbers.
        url = sa.URL.create("sqlite", database=path.as_uri(), query={"mode": "rw", "uri": "true"})
        self._engine = sa.create_engine(
            url, poolclass=NullPool, connect_args={"timeout": LOCKED}, hide_parameters=True
        )
        sa.event.listen(self._engine, "connect", _durable)
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
        if not self._current():  # and another program's database is refused before anything of it is changed
            with self.told(), closing(self._engine.raw_connection()) as raw:
                raw.cursor().execute("PRAGMA journal_mode=WAL")  # stays with the file
            with self.transaction() as connection:
                if found := tables.version(connection):
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
            source.backup(target)

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """
        While one connection is open, closing another need not tidy up the file: half of its cost.

        Raises:
            JournalError: The file is damaged.
        """
        with self.told():
            kept = self._engine.raw_connection()
            (sound,) = kept.cursor().execute("PRAGMA quick_check(1)").fetchone()
            if sound != "ok":
                kept.close()
                raise JournalError(
                    f"the journal {self.path} is damaged ({sound}), so nothing is sent: put a backup in its "
                    "place, or name another file with journal="
                )
        try:
            yield
        finally:
            with self.told():
                kept.close()

    @contextmanager
    def transaction(self, *, reading: bool = False) -> Iterator[Connection]:
        """One transaction: all of it is on disk when the block ends, or nothing."""
        with self.told(), self._engine.execution_options(reading=reading).begin() as connection:
            yield connection

    def read(self, query: sa.Select[Any]) -> pd.DataFrame:
        """The rows of a query."""
        with self.transaction(reading=True) as connection:
            return frame(connection, query)

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
        except OSError as error:
            problem = error.strerror or type(error).__name__
        if gone:
            raise JournalError(
                f"the journal {self.path} is gone (a sandbox's goes when the sandbox stops). Put it "
                "back before sending again: without it nobody knows who was texted"
            ) from None
        if problem is not None:
            raise JournalError(
                f"the journal {self.path} cannot be used ({problem}); what it holds stays as it is. Free "
                "the disk or correct the permissions, or name another file with journal= or SMSFRAME_JOURNAL"
            ) from None


def frame(connection: Connection, query: sa.Select[Any]) -> pd.DataFrame:
    """The rows of a query, within a transaction."""
    found = connection.execute(query)
    rows = [*map(tuple, found)]  # pandas takes a row of SQLAlchemy's apart one name at a time
    return pd.DataFrame(rows, columns=[*found.keys()])


def _durable(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy begins transactions; the driver's own habits are off
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
