"""
The file the journal lives in: durable, exclusive while writing, silent about its contents.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from smsframe import tables
from smsframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection


class Store:
    """
    Transactions on one SQLite file.

    A connection lives for one transaction: nothing lingers in a notebook, and a file that was deleted is
    noticed (``mode=rw`` does not make a new one).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Errors are printed, so they must not quote the parameters, which are people's numbers.
        url = sa.URL.create("sqlite", database=f"file:{path.as_posix()}", query={"mode": "rw", "uri": "true"})
        self._engine = sa.create_engine(
            url, poolclass=NullPool, connect_args={"timeout": 30}, hide_parameters=True
        )
        sa.event.listen(self._engine, "connect", _durable)
        sa.event.listen(self._engine, "begin", _begin)

    @property
    def exists(self) -> bool:
        """Whether anything was ever written."""
        return self.path.exists()

    def make(self) -> None:
        """Make the file, readable by its owner only before anything is in it, and its tables."""
        with self.told():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        with self.transaction() as connection:
            tables.prepare(connection)

    @contextmanager
    def transaction(self, *, reading: bool = False) -> Iterator[Connection]:
        """One transaction: all of it is on disk when the block ends, or nothing."""
        with self.told(), self._engine.execution_options(reading=reading).begin() as connection:
            yield connection

    def read(self, query: sa.Select[Any]) -> pd.DataFrame:
        """The rows of a query; a file that is not there, or not finished, has none."""
        if not self.exists:
            return pd.DataFrame(columns=[*query.selected_columns.keys()])
        with self.transaction(reading=True) as connection:
            if not tables.made(connection):
                return pd.DataFrame(columns=[*query.selected_columns.keys()])
            result = connection.execute(query)
            return pd.DataFrame(result.fetchall(), columns=[*result.keys()])

    @contextmanager
    def told(self) -> Iterator[None]:
        """
        Say what is wrong with the file in our words, outside the handler, so that no chain is left.

        Raises:
            JournalError: Whatever the disk or the database raised.
        """
        problem = None
        try:
            yield
        except sa.exc.DBAPIError as error:
            problem = str(error.orig)
        except OSError as error:
            problem = error.strerror or type(error).__name__
        if problem is not None:
            raise JournalError(
                f"the journal {self.path} cannot be used ({problem}); what it holds stays as it is. Free the "
                "disk or correct the permissions, or name another file with journal= or SMSFRAME_JOURNAL"
            )


def _durable(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy begins transactions; the driver's own habits are off
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
