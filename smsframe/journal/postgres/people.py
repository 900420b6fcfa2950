"""
People written into PostgreSQL: a column at a time, and sorted.

They are copied in, which is faster than an INSERT (`make bench BENCH=postgres`): all by one COPY where
nobody with a number among theirs is there. Otherwise at most so many in a statement: COPY refuses all where
one is there already, as people who waited are, and those are written by a statement that knows what may be
overwritten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, TEXT, raw
from smsframe.journal.people.people_groups import OWN, Group
from smsframe.journal.sql import rows_changed
from smsframe.phones.match import keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Connection

LARGEST = 10_000
"""People per statement, or per piece of what is copied."""

TYPES = {
    "text": "integer",
    "encoding": "text",
    "batch": "integer",
    "person": "bigint",
    "phone": "text",
    "segments": "integer",
    "fields": "text",
    **dict.fromkeys(OWN, "text"),
    "schedule_at": "bigint",
    "held_out": "boolean",
}

SHARED = ("text", "encoding", "batch")
"""What the people of a group have in common."""

ARROW = {"bigint": pa.int64(), "integer": pa.int64(), "boolean": pa.bool_(), "text": STRING}

KEPT = ("person", "variant", "held_out")
"""What is not simply overwritten."""

ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
"""Of COPY's text format; the backslash first, which the others contain (PostgreSQL's manual, COPY)."""

NULL = "\\N"

ANYBODY = (
    "SELECT EXISTS (SELECT 1 FROM recipients WHERE campaign = %(campaign)s "
    "AND person BETWEEN %(first)s AND %(last)s)"
)

STATEMENT = (
    f"INSERT INTO recipients AS there (campaign, missing, {', '.join(TYPES)}) "  # noqa: S608 - of constants
    f"SELECT %(campaign)s, false, {', '.join(TYPES)} "
    f"FROM unnest({', '.join(f'%({name})s::{kind}[]' for name, kind in TYPES.items())}) "
    f"AS given ({', '.join(TYPES)}) "
    "ON CONFLICT (campaign, person) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in ("missing", *TYPES) if name not in KEPT)
    + ", variant = coalesce(there.variant, excluded.variant)"
    ", held_out = there.held_out OR excluded.held_out"
    # As `smsframe.journal.sqlite.people.may_be_written`.
    " WHERE there.batch IS NULL AND (NOT there.held_out OR excluded.batch IS NULL) "
    "AND (there.variant IS NULL OR excluded.variant IS NULL OR there.variant = excluded.variant)"
)


def write(connection: Connection, campaign: int, groups: Sequence[Group]) -> int:
    """
    Write people, unless they are there with a batch, held out, or in another variant; how many were written.

    By their keys, so that two processes that write the same people wait for each other in one order only.
    """
    if not groups:
        return 0
    people = _sorted(groups)
    if not len(people):
        return 0
    ends = {"campaign": campaign, "first": people["person"][0].as_py(), "last": people["person"][-1].as_py()}
    # Whoever writes holds the lock of writers, so nobody comes between.
    anybody = connection.exec_driver_sql(ANYBODY, ends).scalar_one()
    if not anybody and _copied(connection, campaign, people):
        return len(people)
    written = 0
    for begin in range(0, len(people), LARGEST):
        some = people.slice(begin, LARGEST)
        if _copied(connection, campaign, some):
            written += len(some)
        else:
            written += rows_changed(connection, STATEMENT, _arrays(some) | {"campaign": campaign})
    return written


def _sorted(groups: Sequence[Group]) -> pa.Table:
    """Those columns in which anybody has a value, in order of the people's keys."""
    sizes = [len(group.people) for group in groups]
    number = np.repeat(np.arange(len(groups)), sizes)
    columns = {
        name: pa.array([getattr(group, name) for group in groups], ARROW[TYPES[name]]).take(pa.array(number))
        for name in SHARED
    }
    for name in ("phone", "segments", "fields", *OWN):
        column = _column(groups, name)
        if column is not None:
            columns[name] = column
    persons = keys(pd.Series(pd.array(columns["phone"], TEXT)))
    columns["person"] = pa.array(persons)
    people = pa.table({name: columns[name] for name in TYPES if name in columns})
    if (np.diff(persons) > 0).all():
        return people
    return people.take(pa.array(np.argsort(persons, kind="stable"))).combine_chunks()


def _column(groups: Sequence[Group], name: str) -> Any:
    """The values of all people, as one array; None where nobody has any."""
    kind = ARROW[TYPES[name]]
    if all(name not in group.people for group in groups):
        return None
    parts: list[Any] = []
    for group in groups:
        if name in group.people:
            part = pa.array(group.people[name], from_pandas=True)
            parts += part.chunks if isinstance(part, pa.ChunkedArray) else [part]
        else:
            parts.append(pa.nulls(len(group.people), kind))
    column = pa.concat_arrays([part.cast(kind) for part in parts]) if parts else pa.array([], kind)
    if name == "held_out":
        column = pc.fill_null(column, False)  # noqa: FBT003 - Arrow's
    return column if column.null_count < len(column) else None


def _copied(connection: Connection, campaign: int, people: pa.Table) -> bool:
    """Whether people were copied in: not if one of them is there already."""
    from psycopg.errors import UniqueViolation  # noqa: PLC0415 - an extra

    driver: Any = connection.connection.driver_connection
    copy = f"COPY recipients (campaign, missing, {', '.join(people.column_names)}) FROM STDIN"
    try:
        with connection.begin_nested(), driver.cursor() as cursor, cursor.copy(copy) as into:
            for lines in _lines(campaign, people):
                into.write(lines)
    except UniqueViolation:
        return False
    return True


def _lines(campaign: int, people: pa.Table) -> Iterator[bytes]:
    """People in COPY's text format, in UTF-8, which every session reads (`connections.SETTINGS`)."""
    for begin in range(0, len(people), LARGEST):
        some = people.slice(begin, LARGEST)
        shared = pa.scalar(f"{campaign}\tf", STRING)
        columns = [_escaped(column.combine_chunks()) for column in some.columns]
        lines = pc.binary_join_element_wise(shared, *columns, pa.scalar("\t", STRING))
        ended = pc.binary_join_element_wise(lines, pa.scalar("", STRING), pa.scalar("\n", STRING))
        yield raw(ended)[2].tobytes()


def _escaped(column: Any) -> Any:
    """Values as COPY reads them."""
    text = column.cast(STRING)
    if pa.types.is_large_string(column.type):
        written = raw(text)[2].tobytes()
        for character, escape in ESCAPES.items():
            if character.encode() in written:
                text = pc.replace_substring(text, character, escape)
    return pc.fill_null(text, NULL)


def _arrays(people: pa.Table) -> dict[str, Any]:
    """Every column as a list of Python's own values."""
    nobody: dict[str, Any] = {name: [False if name == "held_out" else None] * len(people) for name in TYPES}
    nobody.update(people.to_pydict())
    return nobody
