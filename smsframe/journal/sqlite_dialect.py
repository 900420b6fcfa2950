"""
The SQL that only SQLite understands: its JSON functions, and its way to insert or leave what is there.

JSON carries a whole batch in one parameter, and a hundred thousand people in one row of answers; a parameter
and a row per person cost several times as much.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

__all__ = ["COMPILED", "LARGEST_ANSWER", "URL", "as_json_array", "each", "element", "insert"]


class Dialect(SQLiteDialect_pysqlite):
    """
    SQLite's, which is the same for all of our engines.

    Each journal object has engines of its own, and SQLAlchemy compiles a statement anew for each dialect
    object: a call with one person would compile some 40 statements, each time.
    """

    supports_statement_cache = True  # must be said by each class of its own

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))


registry.register("sqlite.smsframe", __name__, Dialect.__name__)

URL = "sqlite+smsframe://"
"""Names the dialect, for `sqlalchemy.create_engine`; what is opened is the engine's ``creator``'s matter."""

COMPILED: dict[Any, Any] = {}
"""Statements as SQLite reads them, for all engines; there are as many as are written in this package."""

LARGEST_ANSWER = 100_000
"""People per question: SQLite holds no answer of more than a gigabyte."""


def each(values: Any) -> sa.ColumnElement[Any]:
    """The values of a JSON array, a row each."""
    return sa.func.json_each(values).table_valued("value", name="person").c.value


def element(value: sa.ColumnElement[Any], place: int) -> sa.ColumnElement[Any]:
    """One value of a JSON array, by its place."""
    return sa.func.json_extract(value, f"$[{place}]")


def as_json_array(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column as one JSON array."""
    return sa.func.json_group_array(column)
