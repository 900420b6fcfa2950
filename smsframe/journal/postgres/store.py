"""
The journal in a PostgreSQL database: shared by several people and machines.
"""

from __future__ import annotations

import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from smsframe.errors import JournalError
from smsframe.journal.postgres import errors
from smsframe.journal.postgres.cleaning import clean
from smsframe.journal.postgres.connections import Connections
from smsframe.journal.postgres.tables import (
    current,
    prepare,
    require_encoding,
    require_rights,
    require_usable,
)
from smsframe.journal.postgres.transactions import (
    JOURNAL,
    Mark,
    begin_reading,
    begin_reading_mark,
    begin_writing,
    commit_writing,
)
from smsframe.journal.shared_reading import SharedReading
from smsframe.journal.sql import frame
from smsframe.journal.tables import VERSION
from smsframe.journal.versions import remember

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    import pandas as pd
    import psycopg
    from sqlalchemy.engine import Connection

    from smsframe.clock import Clock

SCHEMA = "smsframe"
"""Where the tables are, unless the URL says ``?schema=``."""


class PostgresStore:
    """
    Transactions on one schema of one database.

    Those that write exclude each other, as on SQLite, by a lock that ends with the transaction: what is read
    in one is what is changed in it. Between runs no connection stays open.

    Args:
        url: The database; ``?schema=`` names the schema, everything else is libpq's.

    Raises:
        ImportError: psycopg is not installed.
    """

    lock_can_be_lost = True
    in_place = True
    """A server has no file name: an older copy that takes its place is found by the gateway's history."""

    def __init__(self, url: sa.URL) -> None:
        try:
            import psycopg  # noqa: F401, PLC0415 - an extra
        except ImportError:
            raise ImportError(
                'a journal on PostgreSQL needs psycopg: pip install "smsframe[postgres]"'
            ) from None
        schema = url.query.get("schema", SCHEMA)
        if not isinstance(schema, str) or not schema.isidentifier() or not schema.isascii():
            raise JournalError("the schema of the journal must be one name of letters, digits and _")
        self.schema = schema
        url = url.difference_update_query(["schema"]).set(drivername="postgresql")
        where = f"{url.host or 'localhost'}{f':{url.port}' if url.port else ''}/{url.database or ''}"
        self.place = f"postgresql://{where}" + ("" if schema == SCHEMA else f"?schema={schema}")
        self.connections = Connections(url, schema, self.place)
        self._counting = threading.Lock()
        self._in_use = 0
        self._seen = 0  # the version of the tables, as it was seen last
        self._shared = SharedReading()

    @property
    def role(self) -> str:
        """The role of the last connection."""
        return self.connections.role

    @property
    def exists(self) -> bool:
        """Whether there is a journal."""
        with self.opened() as connection:
            return connection is not None

    @contextmanager
    def opened(self) -> Iterator[Connection | None]:
        """
        One transaction that reads, or None where nothing was ever written.

        Raises:
            JournalError: It cannot be read, or is a newer smsframe's.
        """
        if self._shared.active:
            with self.errors_in_our_words():
                yield self._shared.connection
            return
        with self._reading() as (connection, mark):
            if mark is None:
                version = current(connection, self.schema, self.place)
                remember(connection, version)
            else:
                version = mark.version
                require_usable(version, mark.moved_to, self.place)
            self._seen = version
            yield connection if version > 0 else None

    def latest(self, query: sa.Select[Any], readable: Callable[[Connection], bool]) -> Sequence[Any] | None:
        """The rows of one query, as they are now (see `smsframe.journal.store.JournalStore`)."""
        if self._seen != VERSION or self._shared.active:
            with self.opened() as connection:
                if connection is None or not readable(connection):
                    return None
                return connection.execute(query).all()
        # One round trip: the journal may have been moved, or made newer, since it was seen.
        asked = query.subquery("asked")
        with_mark = sa.select(JOURNAL, asked).select_from(JOURNAL.outerjoin(asked, sa.true()))
        with self._connected() as (connection, _):
            found = connection.execute(with_mark).all()
        require_usable(found[0].version, found[0].moved_to, self.place)
        return found

    def reading(self) -> AbstractContextManager[None]:
        """Until the block ends the reads of this thread share one transaction; nothing may be written."""
        return self._shared.share(self.opened())

    def make(self) -> None:
        """
        Make the tables, or bring those of an older version up to date; and see whether this role may write.

        Raises:
            JournalError: They cannot be made, are a newer smsframe's, or this role lacks a right.
        """
        with self.transaction(reading=True) as connection:
            found = current(connection, self.schema, self.place)
            require_encoding(connection, self.place)
            if found == VERSION:
                require_rights(connection, self.schema, self.place)
                return
        with self.transaction() as connection:
            prepare(connection, self.schema, self.place)

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Keep connections open between transactions."""
        with self._counted():
            yield

    def connected(self) -> AbstractContextManager[None]:
        """As `kept_open`: to connect takes as long as many transactions."""
        return self.kept_open()

    @contextmanager
    def transaction(self, *, reading: bool = False) -> Iterator[Connection]:
        """One transaction: all of it is on disk when the block ends, or nothing."""
        self._shared.require_reading(reading=reading)
        if self._shared.connection is not None:
            with self.errors_in_our_words():
                yield self._shared.connection
            return
        if reading:
            with self._reading() as (connection, _):
                yield connection
            return
        with self._connected() as (connection, driver):
            begin_writing(driver, self.schema)
            yield connection
            commit_writing(driver, self.channel)

    @contextmanager
    def _connected(self) -> Iterator[tuple[Connection, psycopg.Connection[Any]]]:
        """A connection, also as the driver knows it; what was begun on it and not committed is undone."""
        with self._counted(), self.errors_in_our_words(), self.connections.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            yield connection, driver

    @contextmanager
    def _reading(self) -> Iterator[tuple[Connection, Mark | None]]:
        """One transaction that reads, with what the tables say of themselves if they were seen before."""
        with self._connected() as (connection, driver):
            mark = begin_reading_mark(driver) if self._seen else None
            if mark is None:
                begin_reading(driver)
            else:
                remember(connection, mark.version)
            yield connection, mark
            driver.commit()

    def ask(self, question: str, given: dict[str, Any]) -> Any:
        """The answer to one question, in no transaction."""
        if self._shared.connection is not None:
            with self.errors_in_our_words():
                return self._shared.connection.exec_driver_sql(question, given).scalar_one()
        with self._connected() as (connection, _):
            return connection.exec_driver_sql(question, given).scalar_one()

    @property
    def channel(self) -> str:
        """What is notified of each transaction that has written."""
        return f"smsframe_{self.schema}"

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._counting:
            self._in_use += 1
        try:
            yield
        finally:
            with self._counting:
                self._in_use -= 1
                if not self._in_use:
                    self.connections.close()

    @contextmanager
    def changes(self, sleep: Callable[[float], object]) -> Iterator[Callable[[float, float], bool]]:
        """A function that waits until somebody has written (see `smsframe.journal.store.JournalStore`)."""
        with self.errors_in_our_words(), closing(self.connections.alone()) as listener:
            listener.execute(f'LISTEN "{self.channel}"')

            def wait(seconds: float, least: float) -> bool:
                sleep(least)
                with self.errors_in_our_words():
                    notices = [*listener.notifies(timeout=max(0.0, seconds - least), stop_after=1)]
                    return bool([*listener.notifies(timeout=0), *notices])  # the others are about the same

            yield wait

    def read(self, query: sa.Select[Any]) -> pd.DataFrame:
        """The rows of a query."""
        with self.transaction(reading=True) as connection:
            return frame(connection, query)

    def check(self, connection: Connection) -> None:
        """Nothing: the server looks after its files."""

    def verify(self) -> None:
        """
        Look whether the server can be reached, is safe, and lets this role write.

        Raises:
            JournalError: It is not; says what to do.
        """
        with self.opened() as connection:
            if connection is not None:
                require_rights(connection, self.schema, self.place)

    def confirm(self, query: Callable[[], sa.Select[Any]], expected: int) -> None:
        """
        See whether another session finds what was just written.

        Raises:
            JournalError: It does not.
        """
        with self._connected() as (connection, _):
            found = connection.execute(query()).scalar_one()
        if found != expected:
            raise JournalError(
                f"what was written to the journal {self.place} is not there for another session, so nothing "
                "more is sent"
            )

    def backup(self, target: Path) -> None:
        """
        Refuse: copies of a server are its administrator's, and `smsframe journal copy` makes a file of it.

        Raises:
            JournalError: Always.
        """
        raise JournalError(
            f"the journal {self.place} is backed up with its server (pg_dump, or the provider's backups); "
            f"`smsframe journal copy` moves it to a file such as {target.name}"
        )

    def time(self, connection: Connection, clock: Clock) -> datetime:  # noqa: ARG002 - for all databases
        """The server's time, which is one for all machines."""
        now: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return now

    def erase_securely(self, connection: Connection) -> None:
        """Nothing: deleted rows stay in their files until `clean`."""

    def clean(self) -> list[str]:
        """
        Write the tables anew, with nothing of deleted rows; needs a role that owns them.

        Returns:
            Sentences: what is left, and what to do.
        """
        with self.errors_in_our_words(), closing(self.connections.alone()) as connection:
            return clean(connection, self.schema, self.place)

    def close_for_good(self, connection: Connection, place: str) -> None:
        """In the caller's transaction: this journal is at another place from now on."""
        connection.exec_driver_sql("UPDATE journal SET moved_to = %s", (place,))

    @contextmanager
    def errors_in_our_words(self) -> Iterator[None]:
        """
        Say what is wrong with the database, with nothing in the chain that holds a number or a password.

        Raises:
            JournalError: Whatever the database raised.
        """
        problem = None
        try:
            yield
        except sa.exc.DBAPIError as error:
            problem, error.params = errors.problem(error.orig) or type(error).__name__, None
        except Exception as error:
            problem = errors.problem(error)
            if problem is None:
                raise
        if problem is not None:
            raise JournalError(f"the journal {self.place} cannot be used: {problem}") from None
