"""
Who is at work on a campaign in PostgreSQL: an advisory lock per run, held by a session of its own.

The server frees it when the session ends, however its process died, and some 25 seconds after its machine has
vanished from the network. A process that is only suspended keeps it as long as its machine answers.
"""

from __future__ import annotations

import os
import socket
import uuid
from typing import TYPE_CHECKING, Any

from smsframe.errors import JournalError

if TYPE_CHECKING:
    import psycopg

    from smsframe.journal.postgres.store import PostgresStore

HELD = (
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND classid::bigint = %(high)s AND objid::bigint = %(low)s AND objsubid = 1)"
)


class PostgresRunLocks:
    """The locks of the runs on one journal in PostgreSQL."""

    def __init__(self, store: PostgresStore) -> None:
        self._store = store

    @property
    def process(self) -> str:
        """Which process writes, and as which role of the database, for the evidence."""
        return f"{os.getpid()}@{socket.gethostname()} as {self._store.role}"

    def start(self) -> SessionLock:
        """
        A new owner, alive until it is released or its session ends.

        Raises:
            JournalError: The lock is somebody else's.
        """
        return SessionLock(uuid.uuid4().hex[:16], self._store.connections.alone())

    def alive(self, name: str) -> bool:
        """Whether an owner still holds its lock, ourselves included; asked of the server."""
        high, low = int(name[:8], 16), int(name[8:], 16)
        return bool(self._store.ask(HELD, {"high": high, "low": low}))


class SessionLock:
    """A run that is at work: holds its lock in a session of its own."""

    def __init__(self, name: str, connection: psycopg.Connection[Any]) -> None:
        self.name = name
        self._connection, self._process = connection, os.getpid()
        key = int.from_bytes(bytes.fromhex(name), signed=True)
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchone()
        if not row or not row[0]:
            connection.close()
            raise JournalError("the lock of this run is taken; try again")

    def release(self) -> None:
        """Stop being alive; a forked child that ends never was."""
        if os.getpid() == self._process:
            self._connection.close()
