"""
How transactions begin and end in PostgreSQL: with as few round trips as there can be.

A campaign takes several transactions for each order, and each statement alone is a round trip. Connections
are in autocommit, so that the driver sends no BEGIN of its own before the first statement.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

if TYPE_CHECKING:
    import psycopg

WAIT = "10min"
"""How long to wait for another process that is writing: a list of millions is one transaction."""

WRITER = int.from_bytes(b"smsf", signed=True)
"""The first half of the number of the lock that a writer holds."""

READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
MARKED = "SELECT version, moved_to FROM journal"

JOURNAL = sa.table("journal", sa.column("version", sa.Integer), sa.column("moved_to", sa.Text))
"""A table of one row, which says of all others how old they are."""


class Mark(NamedTuple):
    """What the tables say of themselves: their version, and where the journal is if it was moved."""

    version: int
    moved_to: str | None


def begin_reading(driver: psycopg.Connection[Any]) -> None:
    """Begin a transaction that sees the tables as they are when it first asks for something."""
    driver.execute(READING, prepare=False)


def begin_reading_mark(driver: psycopg.Connection[Any]) -> Mark | None:
    """The same, and what the tables say of themselves; None, and nothing has begun, where there are none."""
    from psycopg.errors import UndefinedTable  # noqa: PLC0415 - an extra

    try:
        began = driver.execute(f"{READING}; {MARKED}", prepare=False)
    except UndefinedTable:  # they were dropped, or this role may no longer use their schema
        driver.rollback()
        return None
    began.nextset()
    return Mark(*(began.fetchone() or (0, None)))


def begin_writing(driver: psycopg.Connection[Any], schema: str) -> None:
    """Begin a transaction that has the lock of those that write, until it ends."""
    driver.execute(f"BEGIN; SET LOCAL lock_timeout = '{WAIT}'; {lock_of_writers(schema)}", prepare=False)


def lock_of_writers(schema: str) -> str:
    """A statement that waits until no other transaction writes to the journal of a schema."""
    number = zlib.crc32(schema.encode()) - 2**31
    return f"SELECT pg_advisory_xact_lock({WRITER}, {number})"


def commit_writing(driver: psycopg.Connection[Any], channel: str) -> None:
    """Commit, and tell those who listen."""
    driver.execute(f"SELECT pg_notify('{channel}', ''); COMMIT", prepare=False)
