"""
The columns that a partition returns, as Spark names their types.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from smsframe.outcomes.columns import DTYPES

_OF_RESULTS = {"Int64": "bigint", "Float64": "double"}
_OF_ARROW = {
    "bool": "boolean",
    "int8": "tinyint",
    "int16": "smallint",
    "int32": "int",
    "int64": "bigint",
    "float": "float",
    "double": "double",
    "string": "string",
    "large_string": "string",
    "binary": "binary",
    "date32[day]": "date",
}


def result_columns() -> list[tuple[str, str]]:
    """The result columns with their types."""
    return [(name, _of_result(str(dtype))) for name, dtype in DTYPES.items()]


def _of_result(dtype: str) -> str:
    return "timestamp" if dtype.startswith("datetime64") else _OF_RESULTS.get(dtype, "string")


def own_columns(columns: Any) -> list[tuple[str, str]]:
    """
    The columns that are kept, with their types.

    Args:
        columns: As Spark writes them (``"id bigint, name string"``), a Spark schema (``sdf.schema``), or a
            schema of pyarrow.

    Raises:
        TypeError: It is none of these.
        ValueError: A type that has no name here.

    Example:
        >>> own_columns("id bigint, name string")
        [('id', 'bigint'), ('name', 'string')]
    """
    if isinstance(columns, str):
        return [_column(part) for part in _apart(columns)]
    if not isinstance(columns, Iterable):
        raise TypeError(
            'columns= must be a schema: text such as "id bigint, name string", sdf.schema, or one of pyarrow'
        )
    found = []
    for column in columns:
        kind = getattr(column, "dataType", None)
        if kind is not None:
            found.append((str(column.name), str(kind.simpleString())))
        else:
            found.append((str(column.name), _of_arrow(str(column.type))))
    return found


def _apart(columns: str) -> Iterator[str]:
    """What stands between commas that are in no brackets, as of ``decimal(10,2)``, and in no quoted name."""
    begin = depth = 0
    quoted = False
    for place, character in enumerate(columns):
        quoted ^= character == "`"
        depth += not quoted and (character in "(<") - (character in ")>")
        if character == "," and not depth and not quoted:
            yield columns[begin:place]
            begin = place + 1
    yield columns[begin:]


def _column(part: str) -> tuple[str, str]:
    quoted = re.match(r"\s*`((?:[^`]|``)+)`", part)
    name, kind = (quoted[1], part[quoted.end() :]) if quoted else part.strip().partition(" ")[::2]
    if not name.strip("`") or not kind.strip():
        raise ValueError(f"columns= has no type for {name!r}: write it as in {name or 'id'} bigint")
    return name.replace("``", "`") if quoted else name, kind.strip()


def _of_arrow(kind: str) -> str:
    if kind.startswith("timestamp"):
        return "timestamp" if "tz=" in kind else "timestamp_ntz"
    if kind not in _OF_ARROW:
        raise ValueError(f"columns= has the type {kind}, whose name in Spark is not known: write it as text")
    return _OF_ARROW[kind]


def ddl(columns: list[tuple[str, str]]) -> str:
    """
    Columns as Spark writes a schema.

    Example:
        >>> ddl([("id", "bigint"), ("first name", "string")])
        '`id` bigint, `first name` string'
    """
    return ", ".join(f"`{name.replace('`', '``')}` {kind}" for name, kind in columns)


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with categories as text, which engines that are no pandas do not have."""
    categories = {
        name: frame[name].astype(object).where(frame[name].notna(), None)
        for name in frame.columns
        if isinstance(frame[name].dtype, pd.CategoricalDtype)
    }
    return frame.assign(**categories) if categories else frame
