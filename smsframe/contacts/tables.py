"""
Tables of contacts from other libraries: whatever speaks the Arrow stream protocol, as pandas.
"""

from __future__ import annotations

from typing import Any, Protocol

import pandas as pd
import pyarrow as pa

from smsframe.arrow import NULLABLE, STRING, frame_without_views
from smsframe.errors import ContactsError

_TYPES = NULLABLE | {pa.bool_(): pd.BooleanDtype()}


class ArrowTable(Protocol):
    """A table of another library, such as a frame of polars: it has the Arrow stream protocol."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The table as a stream of Arrow's C interface, in a capsule."""


def as_frame(contacts: Any) -> pd.DataFrame:
    """
    A table of contacts as a DataFrame: itself, or a copy of what another library holds.

    Columns of views of strings (``pd.ArrowDtype(pa.string_view())``), which pandas cannot work with, become
    columns of strings.

    Args:
        contacts: A DataFrame, or any object with the Arrow stream protocol (``__arrow_c_stream__``): a frame
            of polars, a relation of DuckDB, a table of pyarrow.

    Raises:
        ContactsError: It is neither; says what to do.

    Example:
        >>> as_frame(pa.table({"mobile": [393471234567, None]}))["mobile"].tolist()
        [393471234567, <NA>]
    """
    if isinstance(contacts, pd.DataFrame):
        return frame_without_views(contacts)
    if isinstance(contacts, pd.Series):
        raise ContactsError(
            "the contacts are one column, a Series: give the whole table and the column's name as phone=, or "
            "make a table of it by .to_frame()"
        )
    if isinstance(contacts, str) or hasattr(contacts, "__fspath__"):
        raise ContactsError("the contacts are the path of a file: read it with smsframe.read_contacts first")
    if not hasattr(contacts, "__arrow_c_stream__"):
        if callable(getattr(contacts, "collect", None)):  # a LazyFrame of polars: nothing is computed unasked
            raise ContactsError(
                f"the contacts are of type {type(contacts).__name__}, which is not computed yet: "
                "give what its .collect() returns"
            )
        raise ContactsError(
            f"the contacts are of type {type(contacts).__name__}: give a pandas DataFrame, or what has the "
            "Arrow stream protocol, as polars, DuckDB and pyarrow do"
        )
    table = pa.RecordBatchReader.from_stream(contacts).read_all()
    if repeated := sorted({name for name in table.column_names if table.column_names.count(name) > 1}):
        raise ContactsError(f"the table has {len(repeated)} names of columns more than once: rename them")
    table = pa.table([_as_plain(column) for column in table.columns], names=table.column_names)
    frame: pd.DataFrame = table.to_pandas(types_mapper=_TYPES.get, ignore_metadata=True)
    return frame


def _as_plain(column: Any) -> Any:
    kind = _plain(column.type)
    try:
        return column if kind == column.type else column.cast(kind)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):  # the oldest pyarrow casts no views
        return pa.array(column.to_pylist(), kind)


def _plain(kind: pa.DataType) -> pa.DataType:
    """What every supported pandas makes the same column of; polars has views, and unsigned categories."""
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    return STRING if pa.types.is_string_view(kind) else kind
