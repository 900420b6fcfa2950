"""
The cells of a column as text, whatever dtype pandas gave it.

Everything that looks at phone numbers or texts works on the Arrow arrays made here, so that an answer
depends neither on the dtype nor on the version of pandas.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

STRING = pa.large_string()  # 64-bit offsets: a million long texts pass two gigabytes
BROKEN = "\ufffd"  # what stands for a character that no encoding can carry

_PART = 2**17  # cells; small enough for the caches, large enough to forget the loop

_LONE = re.compile("[\ud800-\udfff]")
_ODD = "?"  # stands for a cell that cannot be a phone number; it has no digits, which is what is said of it
_LOST = "1E+9"  # stands for a float whose digits are gone; read as the scientific notation it came from

_EXACT_FLOAT = {2: 2**11, 4: 2**24, 8: 2**53}  # item size → beyond it, neighbouring integers share a float
_FLOAT_LOST = r"^[0-9]{6}0{4,}$"
_DIGITS = 30
_LARGEST = 10**_DIGITS  # more digits than any number has; Python refuses to print integers of 4,300


def strings(values: Any) -> Any:
    """
    Texts (and gaps) as one large-string array; a lone surrogate becomes U+FFFD.

    Categories, pyarrow and Python storage and plain lists are all fine.
    """
    try:
        array = pa.array(values, from_pandas=True)
    except UnicodeEncodeError:
        whole = [_LONE.sub(BROKEN, value) if isinstance(value, str) else value for value in values]
        array = pa.array(whole, from_pandas=True)
    array = array.cast(STRING)  # before the chunks become one, which could pass two gigabytes
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def in_parts(work: Callable[..., tuple[Any, ...]], *columns: Any) -> tuple[Any, ...]:
    """
    Work on a long column part by part, on all cores: what it needs in between stays small.

    Args:
        work: Takes as many columns and returns columns of the same length, NumPy's or Arrow's.
        columns: At least one.

    Returns:
        What ``work`` returns for the whole columns.
    """
    starts = range(0, max(len(columns[0]), 1), _PART)
    if len(starts) == 1:
        return work(*columns)
    # NumPy and Arrow let go of the interpreter while they work.
    with ThreadPoolExecutor(pa.cpu_count()) as threads:
        done = threads.map(lambda start: work(*(column[start : start + _PART] for column in columns)), starts)
        return tuple(_whole(parts) for parts in zip(*done, strict=True))


def _whole(parts: Sequence[Any]) -> Any:
    return pa.concat_arrays(parts) if isinstance(parts[0], pa.Array) else np.concatenate(parts)


def raw(text: Any) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
    """Of a large-string array: where each cell begins and ends in the bytes of all, and these."""
    _, offsets, content = text.buffers()
    if content is None or not len(text):
        nowhere = np.zeros(len(text), dtype=np.int64)
        return nowhere, nowhere, np.zeros(0, dtype=np.uint8)
    ends = np.frombuffer(offsets, dtype=np.int64)[text.offset : text.offset + len(text) + 1]
    places = ends - ends[0]
    return places[:-1], places[1:], np.frombuffer(content, dtype=np.uint8)[ends[0] : ends[-1]]


def dense(column: pd.Series) -> pd.Series:
    """The column without sparse storage, which Arrow does not know."""
    return column.astype(column.dtype.subtype) if isinstance(column.dtype, pd.SparseDtype) else column


def by_category(column: pd.Series, convert: Callable[[pd.Series], Any]) -> Any:
    """The converted values of a categorical column: each category is converted once."""
    codes = column.cat.codes.to_numpy().astype(np.int64)
    return convert(pd.Series(column.cat.categories)).take(pa.array(codes, mask=codes < 0))


def is_text(dtype: object) -> bool:
    """Whether every value of such a column is a string or missing."""
    if isinstance(dtype, pd.ArrowDtype):
        return bool(pa.types.is_string(dtype.pyarrow_dtype) or pa.types.is_large_string(dtype.pyarrow_dtype))
    return isinstance(dtype, pd.StringDtype)


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
    if _is_gap(value):
        return None
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.timedelta64)):
        return str(min(int(value), _LARGEST)) if value >= 0 else _ODD
    if isinstance(value, Decimal):
        return _decimal(value)
    return _ODD


def _is_gap(value: object) -> bool:
    if isinstance(value, Decimal):
        return value.is_nan()
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)  # noqa: PLR0124 - NaN


def _decimal(value: Decimal) -> str:
    if not value.is_finite() or value < 0 or value.adjusted() > _DIGITS:
        return _ODD
    if "E" in (written := str(value)):
        return written  # scientific notation, as it came
    return str(int(value)) if value == value.to_integral_value() else _ODD


def labels(column: pd.Series) -> Any:
    """Cells that should be short names, such as ISO codes, as text; gaps as nulls."""
    column = dense(column)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return by_category(column, labels)
    if is_text(column.dtype) or pd.api.types.infer_dtype(column, skipna=True) in {"string", "empty"}:
        return strings(column)
    return strings(
        pd.Series([None if _is_gap(value) else str(value) for value in column.astype(object)], dtype=object)
    )
