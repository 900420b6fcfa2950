"""Looks for a phone number in every byte of a journal: in each file of it, or in the files of its tables."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import sqlalchemy as sa

from smsframe.journal.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.postgres import Cluster

    from smsframe.journal.journal import Journal


def spellings(phone: str, *values: str) -> list[bytes]:
    """The bytes as which a number may be in a file: as text, and as a whole number of either database."""
    assert all(len(value) > 5 for value in values)  # shorter ones are in random bytes by chance
    digits = phone.lstrip("+")
    number = int(digits)
    return [
        digits.encode(),
        digits[-9:].encode(),
        number.to_bytes(6, "big"),
        struct.pack("<q", number),
        *(value.encode() for value in values),
    ]


def found_in(folder: Path, phone: str, *values: str) -> list[str]:
    """In which files of a folder a number is, or one of these values."""
    wanted = spellings(phone, *values)
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(one in path.read_bytes() for one in wanted)]


def found_on_server(cluster: Cluster, journal: Journal, phone: str, *values: str) -> list[str]:
    """In which tables or indexes of a journal in PostgreSQL a number is, by the files of each."""
    wanted = spellings(phone, *values)
    schema = journal._store.schema
    cluster.sql("CHECKPOINT")
    rows = cluster.sql(
        "SELECT relname, pg_relation_filepath(oid) FROM pg_class WHERE relkind IN ('r', 'i', 't') AND "
        f"(relnamespace = '{schema}'::regnamespace OR oid IN (SELECT reltoastrelid FROM pg_class "
        f"WHERE relnamespace = '{schema}'::regnamespace))"
    )
    return [name for name, path in rows if any(one in (cluster.data / path).read_bytes() for one in wanted)]


def cells(journal: Journal) -> Iterator[tuple[str, str, object]]:
    """Every cell of every table: its table, its column, and what is in it."""
    with journal._store.transaction(reading=True) as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(sa.select(table)).mappings():
                yield from ((table.name, name, value) for name, value in row.items())


def tables_with(journal: Journal, phone: str, *values: str) -> set[tuple[str, str]]:
    """In which columns of which tables a number is, or one of these values."""
    digits = phone.lstrip("+")
    wanted = (digits, digits[-9:], *values)

    def holds(value: object) -> bool:
        # In an integer the whole number is looked for: an instant may end with the same digits.
        return any(one in str(value) for one in ((digits,) if isinstance(value, int) else wanted))

    return {(table, column) for table, column, value in cells(journal) if value is not None and holds(value)}
