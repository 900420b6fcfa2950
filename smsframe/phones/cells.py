"""
The cells of a column that should be phone numbers, or short names such as ISO codes, as text; and masked.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, by_category, dense, is_gap, is_text, is_view, strings, written
from smsframe.masking import BULLET, SHOWN

_ODD = "?"  # stands for a cell that cannot be a phone number; it has no digits, which is what is said of it
_LOST = "1E+9"  # stands for a float whose digits are gone; read as the scientific notation it came from
_EXACT_FLOAT = {2: 2**11, 4: 2**24, 8: 2**53}  # item size → beyond it, neighbouring integers share a float
_FLOAT_LOST = r"^[0-9]{6}0{4,}$"
_DIGITS = 30
_LARGEST = 10**_DIGITS  # more digits than any number has; Python refuses to print integers of 4,300


def numbers(column: pd.Series) -> Any:
    """
    Cells that should be phone numbers as text, gaps as nulls.

    Integers and whole floats are their digits. A float that has lost digits reads as scientific notation:
    spreadsheets show long numbers with six significant digits, so a float of ten digits or more that ends in
    zeros after the sixth is taken for such a one. What cannot be a number (booleans, dates, lists, bytes,
    negative or broken numbers) reads as ``?``.
    """
    column = dense(column)
    dtype = column.dtype
    kinds = pd.api.types
    if isinstance(dtype, pd.CategoricalDtype):
        return by_category(column, numbers)
    if is_text(dtype):
        return strings(column)
    if kinds.is_bool_dtype(dtype):
        return _where_present(column, pa.repeat(_ODD, len(column)))
    if kinds.is_integer_dtype(dtype):
        values = pa.array(column, from_pandas=True)
        values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        text = values.cast(STRING)
        return pc.if_else(pc.starts_with(text, pattern="-"), _ODD, text)
    if kinds.is_float_dtype(dtype):
        size = int(getattr(dtype, "itemsize", 8))
        return _floats(column.to_numpy(dtype=np.float64, na_value=np.nan), _EXACT_FLOAT.get(size, 2**53))
    if pd.api.types.infer_dtype(column, skipna=True) in {"string", "empty"}:
        return strings(column)
    return _objects(column.astype(object).tolist())


def present(column: pd.Series, most: int) -> pd.Series:
    """The first cells in which something stands, at most so many."""
    column = dense(column) if is_view(column.dtype) else column
    if column.dtype != object:
        return column[column.notna()].head(most)
    # Python objects can only be asked one by one: pandas compares them, and a signalling NaN raises then.
    places = (place for place, value in enumerate(column.array) if not is_gap(value))
    return column.iloc[[*islice(places, most)]]


def labels(column: pd.Series) -> Any:
    """Cells that should be short names, such as ISO codes, as text; gaps as nulls."""
    column = dense(column)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return by_category(column, labels)
    if is_text(column.dtype) or pd.api.types.infer_dtype(column, skipna=True) in {"string", "empty"}:
        return strings(column)
    return strings(
        pd.Series(
            [None if is_gap(value) else written(value) for value in column.astype(object)], dtype=object
        )
    )


def _where_present(column: pd.Series, text: Any) -> Any:
    return pc.if_else(
        pa.array(column.notna().to_numpy(dtype=bool)), text.cast(STRING), pa.scalar(None, STRING)
    )


def _floats(values: np.ndarray[Any, Any], exact: int) -> Any:
    whole = np.isfinite(values) & (values >= 0) & (np.floor(values) == values)
    digits = pa.array(np.where(whole, np.minimum(values, 1e18), 0).astype(np.int64)).cast(STRING)
    lost = pc.or_(pc.match_substring_regex(digits, _FLOAT_LOST), pa.array(values > exact))
    text = pc.if_else(pa.array(whole), pc.if_else(lost, _LOST, digits), _ODD)
    return pc.if_else(pa.array(np.isnan(values)), pa.scalar(None, STRING), text)


def _objects(values: list[Any]) -> Any:
    # Python objects of mixed types can only be looked at one by one.
    floats = [i for i, value in enumerate(values) if isinstance(value, (float, np.floating))]
    wide = [i for i in floats if not isinstance(values[i], (np.float32, np.float16))]
    narrow = [i for i in floats if isinstance(values[i], (np.float32, np.float16))]
    texts = [None if isinstance(value, (float, np.floating)) else _text(value) for value in values]
    for places, exact in ((wide, 2**53), (narrow, 2**24)):
        read = _floats(np.array([values[i] for i in places], dtype=np.float64), exact).to_pylist()
        for place, text in zip(places, read, strict=True):
            texts[place] = text
    return strings(pd.Series(texts, dtype=object))


def _text(value: object) -> str | None:
    if is_gap(value):
        return None
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.timedelta64)):
        return str(min(int(value), _LARGEST)) if value >= 0 else _ODD
    if isinstance(value, Decimal):
        return _decimal(value)
    return _ODD


def _decimal(value: Decimal) -> str:
    if not value.is_finite() or value < 0 or value.adjusted() > _DIGITS:
        return _ODD
    if "E" in (written := str(value)):
        return written  # scientific notation, as it came
    return str(int(value)) if value == value.to_integral_value() else _ODD


def mask_column(phones: pd.Series) -> pd.Series:
    """
    A column of E.164 numbers masked, with the same index and name.

    Example:
        >>> mask_column(pd.Series(["+393471234567", None])).tolist()
        ['+39••••••••67', <NA>]
    """
    text = strings(phones)
    hidden = pc.max_element_wise(pc.subtract(pc.utf8_length(text), 1 + 2 * SHOWN), 0)
    masked = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(text, 0, 1 + SHOWN),
        pc.binary_repeat(pa.scalar(BULLET, STRING), hidden),
        pc.if_else(pc.greater(hidden, 0), pc.utf8_slice_codeunits(text, -SHOWN), pa.scalar("", STRING)),
        pa.scalar("", STRING),
    )
    return pd.Series(masked, dtype="string[pyarrow]", index=phones.index, name=phones.name)
