"""Merge values as text: a column of any dtype as people would read it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, MappingView, MutableSequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import BROKEN, STRING, by_category, dense, is_gap, is_text, raw, strings, written
from smsframe.texts.spreadsheet_errors import errors

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What pandas writes for a missing value. "Nan" is left alone: it is a given name.
_ABSENT = r"^(?:[\s\p{Z}\p{Cf}\x{85}]*|nan|NaN|<NA>|NaT|None)$"
_FIRST_BYTES = np.zeros(256, dtype=bool)  # the first bytes of text that the pattern can match
_FIRST_BYTES[[*range(ord(" ") + 1), *range(0x80, 0x100), *b"nN<#E"]] = True
_CONTAINERS = (tuple, MutableSequence, Mapping, MappingView, AbstractSet, range, memoryview)
"""What holds values and is none itself; its text would be Python's, such as ``['Ada']``."""
_INT64_LIMIT = 2**63


def words(column: pd.Series, *, short: bool = True) -> Any:
    """
    The cells as text, null where there is nothing to read.

    Strings stay as they are. A float column of whole numbers loses its ``.0``, because pandas makes floats of
    integers with gaps. Errors of spreadsheets (``#N/A``) are nothing to read. Dates are ISO
    dates, with hours and minutes unless all are midnight.

    Args:
        column: Any dtype.
        short: False where these cells are a part of a column of which another part has fractions, or times
            of day (`is_short`): then these are written with them too.
    """
    text = _words(dense(column), short=short)
    candidates = np.flatnonzero(_FIRST_BYTES[_first(text)])  # most cells begin like a word, and need no check
    begin_so = text.take(pa.array(candidates))
    absent = pc.or_(pc.match_substring_regex(begin_so, _ABSENT), errors(begin_so))
    rows = candidates[np.asarray(pc.fill_null(absent, fill_value=False))]
    if not len(rows):
        return text
    present = np.ones(len(text), dtype=bool)
    present[rows] = False
    return pc.if_else(pa.array(present), text, pa.scalar(None, STRING))


def is_short(column: pd.Series) -> bool:
    """
    Whether these cells may be written in short, numbers without ``.0`` and dates without the time of day.

    A column is written in short when all of its parts may be.

    Example:
        >>> is_short(pd.Series([1.0, None])), is_short(pd.Series([1.5]))
        (True, False)
    """
    column = dense(column)
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = pd.Series(column.cat.categories)
    types = pd.api.types
    if types.is_object_dtype(column.dtype):
        floats = [value for value in column.dropna() if isinstance(value, (float, np.floating))]
        if len(floats) == int(column.notna().sum()) or not _is_plain(_inferred(column)):
            return all(value.is_integer() for value in floats)
        column = _inferred(column)
    if types.is_float_dtype(column.dtype):
        return _all_whole(pa.array(column.astype("float64"), from_pandas=True))
    return not types.is_datetime64_any_dtype(column.dtype) or _all_midnight(column)


def _first(text: Any) -> NDArray[np.uint8]:
    """The first byte of each cell; of an empty one, a space."""
    begins, ends, content = raw(text)
    first = np.full(len(begins), ord(" "), dtype=np.uint8)
    not_empty = ends > begins
    first[not_empty] = content[begins[not_empty]]
    return first


def _words(column: pd.Series, *, short: bool = True) -> Any:
    types = pd.api.types
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return by_category(column, partial(_words, short=short))
    if is_text(dtype):
        return strings(column)
    if types.is_float_dtype(dtype):
        return _floats(column, short=short)
    if types.is_datetime64_any_dtype(dtype):
        return _dates(column, short=short)
    if types.is_integer_dtype(dtype):
        return strings(column)
    if types.infer_dtype(column, skipna=True) in {"string", "empty"}:
        return strings(column)
    if types.is_object_dtype(dtype) and _is_plain(inferred := _inferred(column)):
        return _words(dense(inferred), short=short)
    return _objects(column, short=short)


def _inferred(column: pd.Series) -> pd.Series:
    """Objects in the dtype that all of them have, if they have one."""
    try:
        return column.infer_objects()
    except OverflowError:  # of integers of hundreds of digits, in pandas 2.2
        return column


def _is_plain(column: pd.Series) -> bool:
    types = pd.api.types
    return any(
        is_type(column.dtype)
        for is_type in (types.is_integer_dtype, types.is_float_dtype, types.is_datetime64_any_dtype)
    )


def _floats(column: pd.Series, *, short: bool) -> Any:
    array = pa.array(column, from_pandas=True)
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    if pa.types.is_float16(array.type):
        array = array.cast(pa.float32())  # older Arrow cannot ask halves whether they are numbers
    array = pc.if_else(pc.is_nan(array), pa.scalar(None, array.type), array)
    text = array.cast(STRING)  # shortest form that reads back the same, whole numbers without .0
    if short and _all_whole(array):
        return array.cast(pa.float64()).cast(pa.int64()).cast(STRING)
    return pc.if_else(pc.match_substring_regex(text, "^-?[0-9]+$"), _with_fraction(text), text)


def _all_whole(array: Any) -> bool:
    """Whether all numbers are whole, and none too large to be written so."""
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    values = array.drop_null().to_numpy(zero_copy_only=False).astype(np.float64)
    return bool(np.all(np.isfinite(values) & (np.floor(values) == values) & (np.abs(values) < _INT64_LIMIT)))


def _all_midnight(column: pd.Series) -> bool:
    present = column.dropna()
    return bool((present == present.dt.normalize()).all())


def _with_fraction(text: Any) -> Any:
    return pc.binary_join_element_wise(text, pa.scalar(".0", STRING), pa.scalar("", STRING))


def _dates(column: pd.Series, *, short: bool) -> Any:
    midnight = short and _all_midnight(column)
    return strings(column.dt.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M"))


def _objects(column: pd.Series, *, short: bool) -> Any:
    # Python objects of mixed types can only be looked at one by one.
    values = column.astype(object).tolist()
    floats = [value for value in values if isinstance(value, (float, np.floating)) and value == value]  # noqa: PLR0124 - NaN
    whole = short and all(value.is_integer() for value in floats)
    return strings(pd.Series([_word(value, whole=whole) for value in values], dtype=object))


def _word(value: Any, *, whole: bool) -> str | None:
    if is_gap(value):
        return None
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "replace")
    if isinstance(value, _CONTAINERS):
        return BROKEN
    if isinstance(value, (float, np.floating)) and whole:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d" if value.time() == dt.time() else "%Y-%m-%d %H:%M")
    text = written(value)
    # "<Guest object at 0x7f…>", "<class 'int'>": how Python describes what nobody has given words.
    return BROKEN if not isinstance(value, str) and text.startswith("<") and text.endswith(">") else text
