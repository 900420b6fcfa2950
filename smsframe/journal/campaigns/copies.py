"""
A journal moved to another place: every row, compared, and its source closed.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlalchemy as sa

from smsframe.errors import JournalError
from smsframe.journal.counts import tallies
from smsframe.journal.sql import POSTGRESQL, continue_keys
from smsframe.journal.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection

    from smsframe.journal.store import JournalStore

PART = 10_000
"""Rows in memory at a time."""

_TYPES = {int: pa.int64(), float: pa.float64(), str: pa.string(), bool: pa.bool_(), bytes: pa.binary()}


def copy(source: JournalStore, target: JournalStore, alive: Callable[[str], bool]) -> dict[str, int]:
    """
    Copy every row of a journal into one without campaigns, compare them, and close the source.

    All of it is one transaction on each side, in which nobody else writes. The source is closed after the
    copy is on disk: when something fails in between, the copy is refused for having campaigns.

    Args:
        source: The journal.
        target: Where it goes.
        alive: Whether an owner in the source is at work.

    Returns:
        How many rows of each table were copied.

    Raises:
        JournalError: There is no source, somebody is at work on it, the target has campaigns, or what was
            written there is not what was read here.
    """
    with source.opened() as connection:
        if connection is None:
            raise JournalError(f"there is no journal {source.place}")
    source.make()  # of the version that the target will have
    target.make()
    with source.transaction() as reading:
        if any(tally.at_work for tally in tallies(reading, alive).values()):
            raise JournalError(f"somebody is sending from the journal {source.place}: wait, or stop them")
        with target.transaction() as writing:
            campaigns = sa.select(sa.func.count()).select_from(metadata.tables["campaigns"])
            if writing.execute(campaigns).scalar_one():
                raise JournalError(f"the journal {target.place} has campaigns of its own: name a new one")
            copied = {table.name: _copy(reading, writing, table) for table in metadata.sorted_tables}
        with target.transaction(reading=True) as written:
            for table in metadata.sorted_tables:
                if _digest(written, table) != _digest(reading, table):
                    raise JournalError(
                        f"the table {table.name} of {target.place} is not what {source.place} has: nothing "
                        "was closed; delete the copy, and go on with the journal as it is"
                    )
        source.close_for_good(reading, target.place)
    return copied


def _copy(reading: Connection, writing: Connection, table: sa.Table) -> int:
    count = 0
    for rows in _parts(reading, table):
        writing.execute(sa.insert(table), rows)
        count += len(rows)
    if "id" in table.c:
        continue_keys(writing, table)
    return count


def _digest(connection: Connection, table: sa.Table) -> str:
    """The same for the same rows, in whichever database they are."""
    digest = hashlib.sha256()
    schema = pa.schema([(column.name, _TYPES[column.type.python_type]) for column in table.c])
    for rows in _parts(connection, table):
        digest.update(pa.RecordBatch.from_pylist(rows, schema).serialize())
    return digest.hexdigest()


def _parts(connection: Connection, table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    """The rows of a table in order of its key, of text in that of its bytes, a part at a time."""
    by_bytes = "C" if connection.dialect.name == POSTGRESQL else "BINARY"
    names = [column.name for column in table.primary_key.columns]
    key = [
        table.c[name].collate(by_bytes) if isinstance(table.c[name].type, sa.Text) else table.c[name]
        for name in names
    ]
    last: tuple[Any, ...] | None = None
    while True:
        query = sa.select(table).order_by(*key).limit(PART)
        if last is not None:
            query = query.where(sa.tuple_(*key) > sa.tuple_(*map(sa.literal, last)))
        rows = [dict(row) for row in connection.execute(query).mappings()]
        if rows:
            yield rows
        if len(rows) < PART:
            return
        last = tuple(rows[-1][name] for name in names)
