"""
Connections to PostgreSQL, and the settings without which a journal is not safe.

A lock of its session says whether a run is alive, so a session must be one to one server process: a
pooler that gives each transaction another one is refused. A commit must be on disk when it is answered.
"""

from __future__ import annotations

import os
import selectors
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from smsframe.errors import JournalError

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy.engine import Engine

OLDEST = 15
"""The oldest version of PostgreSQL that is tested."""

CONNECT_TIMEOUT = 10
"""Seconds to connect, unless the URL says ``connect_timeout=``."""

SETTINGS = {
    "synchronous_commit": "on",
    # A machine that vanished loses its locks after about 25 seconds, not after the two hours of TCP itself,
    # nor after the quarter of an hour in which it repeats what nobody has confirmed (then it probes nothing).
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25000",
    "default_transaction_isolation": "read committed",
    # A process that stands still in a transaction, suspended or deadlocked, holds the lock that all others
    # need to write. Then its transaction is undone; between two statements ours work for seconds at most.
    "idle_in_transaction_session_timeout": "5min",
    "statement_timeout": "0",
    # The session that holds the lock of a run says nothing for as long as the run lasts.
    "idle_session_timeout": "0",
    "timezone": "UTC",
    "client_encoding": "UTF8",
}
"""Of each session."""

CLIENT = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # milliseconds
}
"""Of each connection, on this side: a server that vanished is given up too."""

NO_LIMIT = "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'"
"""From version 17 on: a table of a million is one transaction."""

QUESTIONS = (
    "SELECT pg_backend_pid(), current_setting('server_version_num')::int, current_setting('fsync'), "
    "current_setting('full_page_writes'), pg_is_in_recovery(), current_user"
)

_all: weakref.WeakSet[Connections] = weakref.WeakSet()


class Connections:
    """
    Connections to one journal in PostgreSQL.

    Args:
        url: The database, as libpq understands it.
        schema: Where the tables are.
        place: What it is called in messages.

    Attributes:
        role: As whom the server knows us, by the last connection.
    """

    def __init__(self, url: sa.URL, schema: str, place: str) -> None:
        self._url, self._schema, self._place = url, schema, place
        self.role = ""
        self.engine = self._engine()
        self._alone: weakref.WeakSet[Any] = weakref.WeakSet()
        _all.add(self)

    def _engine(self) -> Engine:
        from smsframe.journal.postgres.dialect import COMPILED, URL  # noqa: PLC0415 - loads an extra

        engine = sa.create_engine(
            URL,
            execution_options={"compiled_cache": COMPILED},
            creator=partial(self.open, autocommit=True),  # a transaction begins by what the store executes
            poolclass=QueuePool,
            pool_size=0,  # no limit: as many as threads have used at once
            hide_parameters=True,  # errors are printed, and the parameters are people's numbers
            use_native_hstore=False,
        )
        sa.event.listen(engine, "checkout", _require_open)
        return engine

    def open(self, *, autocommit: bool = False) -> psycopg.Connection[Any]:
        """
        A connection that is the caller's to close, with the settings that make it safe.

        Raises:
            JournalError: The server, or what stands before it, is one with which no journal is safe.
            psycopg.Error: There is no connection.
        """
        import psycopg  # noqa: PLC0415 - an extra, that few have

        parts = self._url.translate_connect_args(username="user", database="dbname")
        options = {"connect_timeout": CONNECT_TIMEOUT} | CLIENT | dict(self._url.query)
        name = {"fallback_application_name": "smsframe"}
        connection = psycopg.connect(**(parts | options | name), autocommit=True)
        try:
            self._prepare(connection)
            connection.autocommit = autocommit
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: psycopg.Connection[Any]) -> None:
        from psycopg import sql  # noqa: PLC0415 - as above

        settings = [
            sql.SQL("SELECT set_config({}, {}, false)").format(name, value)
            for name, value in (SETTINGS | {"search_path": f'"{self._schema}"'}).items()
        ]
        connection.execute(sql.SQL("; ").join(settings))
        connection.execute(NO_LIMIT)
        row = connection.execute(QUESTIONS).fetchone()
        if row is None:
            raise JournalError(f"the journal {self._place} answers no question: is it PostgreSQL?")
        process, version, fsync, pages, replica, self.role = row
        if version < OLDEST * 10_000:
            raise JournalError(
                f"the journal {self._place} is on PostgreSQL {version // 10_000}, and smsframe needs "
                f"{OLDEST} or newer; nothing was sent"
            )
        if process != connection.info.backend_pid:
            raise JournalError(
                f"between here and the journal {self._place} is a pooler, such as PgBouncer, which gives "
                "each transaction another session: a run could not be distinguished from a dead one. Name "
                "the server itself; nothing was sent"
            )
        if replica:
            raise JournalError(
                f"the journal {self._place} is a replica, which can only be read and does not know the locks "
                "of the primary server: name that one; nothing was sent"
            )
        for setting, value in (("fsync", fsync), ("full_page_writes", pages)):
            if value != "on":
                raise JournalError(
                    f"the server of the journal {self._place} has {setting}={value}, so it may forget "
                    f"after a power cut who was texted: set {setting}=on there; nothing was sent"
                )
        _register_counts(connection)

    def alone(self) -> psycopg.Connection[Any]:
        """A connection outside of the pool, in no transaction, whose session may hold a lock."""
        made = self.open(autocommit=True)
        self._alone.add(made)
        return made

    def close(self) -> None:
        """Close what is in the pool."""
        self.engine.dispose()

    def forked(self) -> None:
        """
        In a forked child: use no connection of the parent's, nor keep its sessions alive.

        The child has the parent's sockets; as long as it lives the server would not notice that the parent
        died. They are replaced here, not closed, as libpq still has their numbers.
        """
        for connection in [*self._alone]:
            if not connection.closed:
                with open(os.devnull, "r+b") as nothing:  # noqa: PTH123 - a descriptor is all that is needed
                    os.dup2(nothing.fileno(), connection.fileno())
        self._alone = weakref.WeakSet()
        self.engine.dispose(close=False)


def _require_open(connection: psycopg.Connection[Any], *_: object) -> None:
    """
    Have the pool replace a connection that the server has closed; none is asked that says nothing.

    What the server sends unasked is its last word, or a notice; whether its machine is there is what TCP asks
    while nothing is said (`CLIENT`). A question before each transaction would be one more round trip.
    """
    import psycopg  # noqa: PLC0415 - an extra

    try:
        with selectors.DefaultSelector() as selector:
            selector.register(connection.fileno(), selectors.EVENT_READ)
            if selector.select(0):
                connection.execute("SELECT 1")
    except psycopg.Error:
        raise sa.exc.DisconnectionError from None


def _register_counts(connection: psycopg.Connection[Any]) -> None:
    """Have sums of whole numbers be whole numbers: PostgreSQL adds up bigint as numeric."""
    from psycopg.adapt import Loader  # noqa: PLC0415 - an extra

    class WholeNumber(Loader):
        def load(self, data: Any) -> int:
            return int(bytes(data))

    connection.adapters.register_loader("numeric", WholeNumber)


def _forked() -> None:
    for connections in [*_all]:
        connections.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
