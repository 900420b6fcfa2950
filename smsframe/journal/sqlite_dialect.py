"""
The SQL that only SQLite understands: its JSON functions, and its way to insert or leave what is there.

JSON carries a whole batch in one parameter, and a hundred thousand people in one row of answers; a parameter
and a row per person cost several times as much.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

__all__ = ["LARGEST_ANSWER", "each", "element", "gathered", "insert"]

LARGEST_ANSWER = 100_000
"""People per question: SQLite holds no answer of more than a gigabyte."""


def each(values: Any) -> sa.ColumnElement[Any]:
    """The values of a JSON array, a row each."""
    return sa.func.json_each(values).table_valued("value", name="person").c.value


def element(value: sa.ColumnElement[Any], place: int) -> sa.ColumnElement[Any]:
    """One value of a JSON array, by its place."""
    return sa.func.json_extract(value, f"$[{place}]")


def gathered(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column as one JSON array."""
    return sa.func.json_group_array(column)
