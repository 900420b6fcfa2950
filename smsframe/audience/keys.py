"""
A user's own keys of people, such as customer numbers, as text that is the same in every frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, dense
from smsframe.contacts.columns import near_column, place
from smsframe.errors import ContactsError
from smsframe.phones.cells import labels

if TYPE_CHECKING:
    from collections.abc import Hashable


def key_texts(column: pd.Series[Any]) -> Any:
    """
    Keys as Arrow strings, gaps and blank cells as nulls.

    A number that pandas reads as an integer in one file, as a float in another because of a gap, and as text
    in a third is one key: ``7``, ``7.0``, ``"7"`` and ``"7.0"``. Spaces around a key do not count; zeros
    before it do.

    Example:
        >>> key_texts(pd.Series([7.0, None])).to_pylist(), key_texts(pd.Series(["007 "])).to_pylist()
        (['7', None], ['007'])
    """
    column = dense(column)
    if pd.api.types.is_float_dtype(column.dtype):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        whole = np.isfinite(values) & (values == np.floor(values)) & (np.abs(values) < 2**53)
        integers = pa.array(np.where(whole, values, 0).astype(np.int64)).cast(STRING)
        others = pa.array(values, from_pandas=True).cast(STRING)
        text = pc.if_else(pa.array(whole), integers, others)
    elif pd.api.types.is_integer_dtype(column.dtype):
        values_ = pa.array(column, from_pandas=True)
        text = (values_.combine_chunks() if isinstance(values_, pa.ChunkedArray) else values_).cast(STRING)
    elif column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) in _MIXED:
        text = labels(column.map(_plain))
    else:
        text = labels(column)
    text = pc.utf8_trim_whitespace(text.cast(STRING))
    text = pc.replace_substring_regex(text, r"^(-?(?:0|[1-9][0-9]{0,14}))\.0+$", r"\1")
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, STRING), text)


_MIXED = {"mixed", "mixed-integer", "mixed-integer-float", "floating", "decimal"}


def _plain(value: object) -> object:
    """A whole number without its fraction."""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return int(value)
    return value


def key_column(frame: pd.DataFrame, label: Hashable, parameter: str) -> pd.Series[Any]:
    """
    The one column of that label.

    Raises:
        ContactsError: There is none, or several, or the columns have several levels.
    """
    if isinstance(frame.columns, pd.MultiIndex):
        raise ContactsError(
            f"the columns have several levels: flatten them, so that {parameter}= is one column"
        )
    count = int(frame.columns.isin([label]).sum())
    if count == 1:
        column: pd.Series[Any] = frame.iloc[:, place(frame, label)]
        return column
    if count:
        raise ContactsError(f"{count} columns are called {label!r}: rename all but the one for {parameter}=")
    near = near_column(frame, label)
    hint = "" if near is None else f" Did you mean {near!r}?"
    raise ContactsError(f"{parameter}={label!r}: there is no such column.{hint}")
