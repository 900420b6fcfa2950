"""
What SQLite and PostgreSQL write differently: lists of values, arrays, and inserts that leave what is there.

A list carries a whole batch in one parameter: as JSON to SQLite, as an array to PostgreSQL; a parameter and a
row per person cost several times as much. People are read as one array per column.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from smsframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from sqlalchemy.engine import Connection, Dialect

LARGEST_ANSWER = 100_000
"""People per question: SQLite holds no answer of more than a gigabyte."""

POSTGRESQL = "postgresql"


class Values(sa.types.TypeDecorator[Any]):
    """A list of values of one type in one parameter: JSON for SQLite, an array for PostgreSQL."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, item: type[sa.BigInteger | sa.Integer | sa.Text]) -> None:
        self.item = item
        super().__init__()

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """The type of the parameter in that database."""
        if dialect.name == POSTGRESQL:
            return dialect.type_descriptor(sa.ARRAY(self.item))
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> object:
        """The list as that database reads it."""
        return value if dialect.name == POSTGRESQL else json.dumps(value)


class _Unnest(GenericFunction[Any]):
    """The values of a list, a row each."""

    _register = False  # a module that is loaded again would register it twice
    name = "smsframe_unnest"
    inherit_cache = True


class _IsAmong(GenericFunction[bool]):
    """Whether a column has one of the values of a list."""

    _register = False
    name = "smsframe_is_among"
    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:  # noqa: ARG002 - SQLAlchemy's
        """Itself: for want of a boolean type SQLite would be asked ``IN (...) = 1``, and use no index."""
        return self


class _JsonArray(GenericFunction[Any]):
    """A column as one JSON array, in text."""

    _register = False
    name = "smsframe_json_array"
    type = sa.Text()
    inherit_cache = True


@compiles(_Unnest, "sqlite")
def _json_each(element: _Unnest, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Unnest, POSTGRESQL)
def _unnest(element: _Unnest, compiler: Any, **options: Any) -> str:
    return f"unnest({compiler.process(element.clauses, **options)})"


@compiles(_IsAmong, "sqlite")
def _in_json_each(element: _IsAmong, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({values})))"  # noqa: S608 - both are SQLAlchemy's


@compiles(_IsAmong, POSTGRESQL)
def _equals_any(element: _IsAmong, compiler: Any, **options: Any) -> str:
    # A subquery would be joined, and where the statistics promise few rows, row by row with each value: of a
    # part of a campaign of a million people that takes minutes. An array is hashed, or looked up in an index.
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} = ANY ({values}))"


@compiles(_JsonArray, "sqlite")
def _json_group_array(element: _JsonArray, compiler: Any, **options: Any) -> str:
    return f"json_group_array({compiler.process(element.clauses, **options)})"


@compiles(_JsonArray, POSTGRESQL)
def _json_agg(element: _JsonArray, compiler: Any, **options: Any) -> str:
    array = f"json_agg({compiler.process(element.clauses, **options)})"
    return f"CAST(coalesce({array}, '[]') AS text)"  # of no rows SQLite's is empty too, not null


def is_among(column: sa.ColumnElement[Any], values: Sequence[Any] | str) -> sa.ColumnElement[bool]:
    """Whether a column of whole numbers or texts has one of these values, or of the parameter so named."""
    whole_numbers = (kind for kind in (sa.BigInteger, sa.Integer) if isinstance(column.type, kind))
    kind: Any = next(whole_numbers, sa.Text)  # of the column's own width, as its index is
    given: Any = (
        sa.bindparam(values, type_=Values(kind))
        if isinstance(values, str)
        else sa.literal([*values], Values(kind))
    )
    return _IsAmong(column, given)


def integers(values: Sequence[int]) -> sa.Select[Any]:
    """Whole numbers, a row each."""
    # PostgreSQL calls the column of a function by the alias, SQLite calls it ``value``.
    given = _Unnest(sa.literal([*values], Values(sa.BigInteger)))
    return sa.select(given.table_valued(sa.column("value", sa.BigInteger()), name="value").c.value)


def table_of(connection: Connection, columns: Mapping[str, tuple[type[Any], Sequence[Any]]]) -> sa.FromClause:
    """
    Columns of equal length as a table that a statement may read.

    Args:
        connection: Says of which database.
        columns: The type and the values of each, by name.
    """
    if connection.dialect.name == POSTGRESQL:
        lists = [sa.literal([*values], Values(kind)) for kind, values in columns.values()]
        names = [sa.column(name, kind()) for name, (kind, _) in columns.items()]
        return sa.func.unnest(*lists).table_valued(*names, name="given").render_derived()
    rows = [*zip(*(values for _, values in columns.values()), strict=True)]
    row = _Unnest(sa.literal(json.dumps(rows), sa.Text)).table_valued("value", name="row").c.value
    cells = (
        sa.type_coerce(sa.func.json_extract(row, f"$[{place}]"), kind()).label(name)
        for place, (name, (kind, _)) in enumerate(columns.items())
    )
    return sa.select(*cells).subquery("given")


def as_json_array(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column as one JSON array, in text."""
    return _JsonArray(column)


def integers_of(array: str) -> NDArray[np.int64]:
    """
    The whole numbers of a column as `as_json_array` gives it: read five times as fast as other JSON.

    Example:
        >>> integers_of("[1, 2]").tolist()
        [1, 2]
    """
    inside = array[1:-1]
    if not inside.strip():
        return np.array([], dtype=np.int64)
    found = np.fromstring(inside, dtype=np.int64, sep=",")
    if len(found) != inside.count(",") + 1:
        raise ValueError("a column of whole numbers has something else in it")
    return found


def insert(connection: Connection, table: sa.Table) -> Any:
    """An insert that may say what happens where a row is there already: ``on_conflict_do_nothing()``."""
    if connection.dialect.name == POSTGRESQL:
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - loads half as long as SQLAlchemy

        return postgresql.insert(table)
    return sqlite.insert(table)


def rows_changed(
    connection: Connection, statement: sa.Insert | sa.Update | str, parameters: Any = None
) -> int:
    """
    Execute a statement, within a transaction; how many rows it wrote.

    SQLAlchemy asks the driver for the number only after an UPDATE or a DELETE, unless asked to: of an
    INSERT it says -1 once the cursor is closed, as it is with PostgreSQL.

    Raises:
        JournalError: The driver does not say it.
    """
    if isinstance(statement, str):
        counted = connection.exec_driver_sql(statement, parameters).rowcount
    else:
        counted = connection.execute(
            statement, parameters, execution_options={"preserve_rowcount": True}
        ).rowcount
    if counted < 0:
        raise JournalError("the driver of the database does not say how many rows were written")
    return int(counted)


def frame(connection: Connection, query: sa.Select[Any]) -> pd.DataFrame:
    """The rows of a query, within a transaction."""
    found = connection.execute(query)
    rows = [*map(tuple, found)]  # pandas takes a row of SQLAlchemy's apart one name at a time
    return pd.DataFrame(rows, columns=[*found.keys()])


def continue_keys(connection: Connection, table: sa.Table) -> None:
    """After rows were written with their keys: the next key follows the largest, as in SQLite anyway."""
    if connection.dialect.name == POSTGRESQL:
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608 - a table of ours
            f"coalesce(max(id), 0) + 1, false) FROM {table.name}"
        )
