"""
People written into PostgreSQL: an array per column, sorted, and at most ten thousand in a statement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

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

KEPT = ("person", "variant", "held_out")
"""What is not simply overwritten."""

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
    columns: dict[str, np.ndarray[Any, Any]] = {}
    for name in TYPES:
        columns[name] = np.concatenate([_column(group, name) for group in groups])
    order = np.argsort(columns["person"].astype("int64"), kind="stable")
    written = 0
    for begin in range(0, len(order), LARGEST):
        chosen = order[begin : begin + LARGEST]
        given = {name: column[chosen].tolist() for name, column in columns.items()}
        written += rows_changed(connection, STATEMENT, given | {"campaign": campaign})
    return written


def _column(group: Group, name: str) -> np.ndarray[Any, Any]:
    if name == "person":
        return np.asarray(keys(group.people["phone"]), dtype=object)
    values = np.empty(len(group.people), dtype=object)
    values[:] = [getattr(group, name)] * len(values) if name in Group._fields else group.column(name)
    return values
