"""
People written into PostgreSQL: a column at a time, sorted, and at most so many in a statement.

They are copied in, which is faster than an INSERT (`make bench BENCH=postgres`). Where one of them is there
already, as people who waited are, COPY refuses all, and the same people are written by a statement that knows
what may be overwritten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, raw
from smsframe.journal.people.people_groups import OWN, Group
from smsframe.journal.sql import rows_changed
from smsframe.phones.match import keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

LARGEST = 10_000
"""People per statement."""

TYPES = {
    "person": "bigint",
    "phone": "text",
    "fields": "text",
    "segments": "integer",
    **dict.fromkeys(OWN, "text"),
    "schedule_at": "bigint",
    "held_out": "boolean",
    "text": "integer",
    "encoding": "text",
    "batch": "integer",
}

ARROW = {"bigint": pa.int64(), "integer": pa.int64(), "boolean": pa.bool_(), "text": STRING}

KEPT = ("person", "variant", "held_out")
"""What is not simply overwritten."""

COPY = f"COPY recipients (campaign, missing, {', '.join(TYPES)}) FROM STDIN"

ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
"""Of COPY's text format; the backslash first, which the others contain (PostgreSQL's manual, COPY)."""

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
    people = pa.table({name: pa.chunked_array([_column(group, name) for group in groups]) for name in TYPES})
    people = people.sort_by("person").combine_chunks()
    written = 0
    for begin in range(0, len(people), LARGEST):
        some = people.slice(begin, LARGEST)
        if not _copied(connection, campaign, some):
            given: dict[str, Any] = {name: some[name].to_pylist() for name in TYPES}
            written += rows_changed(connection, STATEMENT, given | {"campaign": campaign})
        else:
            written += len(some)
    return written


def _copied(connection: Connection, campaign: int, people: pa.Table) -> bool:
    """Whether people were copied in: not if one of them is there already."""
    from psycopg.errors import UniqueViolation  # noqa: PLC0415 - an extra

    driver: Any = connection.connection.driver_connection
    try:
        with connection.begin_nested(), driver.cursor() as cursor, cursor.copy(COPY) as into:
            into.write(_lines(campaign, people))  # text, which the driver encodes as the session has it
    except UniqueViolation:
        return False
    return True


def _lines(campaign: int, people: pa.Table) -> str:
    """People in COPY's text format."""
    shared = [pa.repeat(value, len(people)).cast(STRING) for value in (str(campaign), "f")]
    columns = [*shared, *(_escaped(people[name].combine_chunks()) for name in TYPES)]
    lines = pc.binary_join_element_wise(*columns, pa.scalar("\t", STRING))
    ended = pc.binary_join_element_wise(lines, pa.scalar("", STRING), pa.scalar("\n", STRING))
    return raw(ended)[2].tobytes().decode()


def _escaped(column: Any) -> Any:
    """Values as COPY reads them."""
    text = column.cast(STRING)
    if pa.types.is_large_string(column.type):
        for character, escape in ESCAPES.items():
            text = pc.replace_substring(text, character, escape)
    return pc.fill_null(text, "\\N")


def _column(group: Group, name: str) -> Any:
    kind = ARROW[TYPES[name]]
    if name == "person":
        return pa.array(keys(group.people["phone"]), kind)
    if name in Group._fields:
        return pa.repeat(pa.scalar(getattr(group, name), kind), len(group.people))
    return pa.array(group.column(name), kind)
