"""
Columns as Arrow arrays, whatever dtype pandas gave them.

All code that reads phone numbers or texts works on the Arrow arrays made here, so that its results depend
neither on the dtype nor on the version of pandas.
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
TEXT = pd.StringDtype("pyarrow")
"""The dtype of every column of strings that smsframe makes."""
INSTANT = pd.DatetimeTZDtype("us", "UTC")
"""And of every column of times."""
NULLABLE = {
    pa.string(): TEXT,
    pa.large_string(): TEXT,
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
}
"""The dtypes of columns from Arrow that a gap would otherwise turn into floats."""
BROKEN = "\ufffd"  # the replacement of a character that no encoding can represent

_NUMBERS_WITH_NAN = (np.inexact, complex)  # whose NaN Arrow refuses beside other values, but of np.float64
_PART = 2**16  # cells; small enough for the CPU caches, large enough for the loop to cost nothing
_USUAL = 80  # bytes of a cell in Arrow; where they are longer, fewer are a part

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def strings(values: Any) -> Any:
    """
    Texts (and gaps) as one large-string array; a lone surrogate becomes U+FFFD.

    Takes categoricals, strings in pyarrow or Python storage, and plain lists.
    """
    return _of_its_own(uncopied(values))


def uncopied(values: Any) -> Any:
    """
    The same without a copy where they are Arrow's already, in however many chunks: for `in_parts`.
    """
    if is_view(getattr(values, "dtype", None)):
        return uncopied(without_views(pa.array(values.array)))
    try:
        array = pa.array(values, from_pandas=True)
    except UnicodeEncodeError:
        whole = [_LONE_SURROGATE.sub(BROKEN, value) if isinstance(value, str) else value for value in values]
        array = pa.array(whole, from_pandas=True)
    return array.cast(STRING)  # before the chunks become one, which could pass two gigabytes


def _of_its_own(array: Any) -> Any:
    """
    One array, and no slice of other text: beside a null, Arrow's ``if_else`` mistakes the bytes of a slice.

    Seen with pyarrow 16 to 19: of `pa.array(["a", "b"])[1:]` and a null it makes bytes that are no text.
    """
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if not isinstance(array, pa.Array) or not array.offset or array.type != STRING:
        return array
    return pa.concat_arrays([array, pa.array([], STRING)])


def memory(column: pd.Series[Any]) -> tuple[int | None, ...] | None:
    """
    Where the texts of a column are; None where they are not Arrow's, or are a part of other texts.

    Columns of the same memory have the same texts, which no operation of pandas changes in place.
    """
    if not isinstance(column.dtype, pd.StringDtype) or column.dtype.storage != "pyarrow":
        return None
    array = _held(column)
    if array.num_chunks != 1 or array.type != STRING or 2 * array.nbytes < array.get_total_buffer_size():
        return None
    chunk = array.chunk(0)
    buffers = (None if buffer is None else buffer.address for buffer in chunk.buffers())
    return (len(chunk), chunk.offset, *buffers)


def in_same_memory(column: pd.Series[Any], other: pd.Series[Any]) -> pd.Series[Any]:
    """A column of texts of ours; in the memory of another one where that has the same texts."""
    if memory(other) is None or not _held(other).equals(_held(column)):
        return column
    return pd.Series(other.array, index=column.index, name=column.name).astype(column.dtype)


def _held(column: pd.Series[Any]) -> Any:
    """The chunks of a column of Arrow's texts, as they are in memory."""
    array = pa.array(column)
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def taken(texts: Any, places: NDArray[np.intp]) -> Any:
    """
    Texts (and gaps) at these places, as a large-string array.

    Texts that are not needed are dropped first: Arrow reserves memory by the mean length of all texts, and
    where that is too short it needs twice as much for a while, and more time.
    """
    needed = np.bincount(places, minlength=len(texts)) > 0
    return strings(texts).filter(pa.array(needed)).take(pa.array((np.cumsum(needed) - 1)[places]))


def repeated(value: Any, rows: int, dtype: Any) -> Any:
    """A column of one value, as an extension array; missing where it is None."""
    if isinstance(dtype, pd.StringDtype) and dtype.storage == TEXT.storage:
        texts = pa.nulls(rows, STRING) if value is None else pa.repeat(pa.scalar(value, STRING), rows)
        return pd.array(texts, dtype=dtype)
    return pd.array([value], dtype=dtype).take(np.zeros(rows, dtype=np.intp))


def in_parts(
    work: Callable[..., tuple[Any, ...]], *columns: Any, at_once: int | None = None
) -> tuple[Any, ...]:
    """
    Work on a long column part by part, on all cores, so that intermediate results stay small.

    Args:
        work: Takes as many columns and returns columns of the same length, NumPy's or Arrow's.
        columns: At least one; what has several chunks is made one array part by part.
        at_once: So many parts; as many as there are cores, unless memory counts more than time: each thread
            keeps some for its next use.

    Returns:
        What ``work`` returns for the whole columns.
    """
    parts = by_parts(work, *columns, at_once=at_once)
    return parts[0] if len(parts) == 1 else tuple(_whole(each) for each in zip(*parts, strict=True))


def by_parts(
    work: Callable[..., tuple[Any, ...]], *columns: Any, at_once: int | None = None
) -> list[tuple[Any, ...]]:
    """As `in_parts`, but what ``work`` returns for each part: to put long texts together takes time."""
    size = _cells_of_a_part(columns[0])
    starts = range(0, max(len(columns[0]), 1), size)
    if len(starts) == 1:
        return [work(*map(_of_its_own, columns))]

    def part(start: int) -> tuple[Any, ...]:
        return work(*(_of_its_own(column[start : start + size]) for column in columns))

    # NumPy and Arrow release the GIL while they work.
    with ThreadPoolExecutor(pa.cpu_count()) as threads:
        return [*(map(part, starts) if at_once == 1 else threads.map(part, starts))]


def _cells_of_a_part(column: Any) -> int:
    """How many cells are a part, by the bytes that they have."""
    if not isinstance(column, pa.Array | pa.ChunkedArray) or column.type != STRING or not len(column):
        return _PART
    return int(min(_PART, max(1, _PART * _USUAL * len(column) // max(column.nbytes, 1))))


def _whole(parts: Sequence[Any]) -> Any:
    return pa.concat_arrays(parts) if isinstance(parts[0], pa.Array) else np.concatenate(parts)


def raw(text: Any) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
    """The bytes of all cells of a large-string array, and where each cell begins and ends in them."""
    _, offsets, content = text.buffers()
    if content is None or not len(text):
        empty = np.zeros(len(text), dtype=np.int64)
        return empty, empty, np.zeros(0, dtype=np.uint8)
    ends = np.frombuffer(offsets, dtype=np.int64)[text.offset : text.offset + len(text) + 1]
    positions = ends - ends[0]
    return positions[:-1], positions[1:], np.frombuffer(content, dtype=np.uint8)[ends[0] : ends[-1]]


def any_in(those: NDArray[np.bool_], begins: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which cells have any of those bytes; where cells begin and end as `raw` says it."""
    found = np.zeros(len(ends), dtype=bool)
    if np.count_nonzero(those) < len(ends) / 8:  # to find the cells of few bytes is cheaper
        found[np.searchsorted(ends, np.flatnonzero(those), side="right")] = True
        return found
    rows = np.flatnonzero(ends > begins)  # of an empty cell the next one's first byte would be taken
    found[rows] = np.logical_or.reduceat(those, begins[rows]) if len(rows) else False
    return found


def dense(column: pd.Series) -> pd.Series:
    """
    The column without what Arrow, or pandas, can do nothing with.

    That is sparse storage, another byte order, long doubles, views of strings and bytes, runs, unions and
    intervals of Arrow; and among Python objects, scalars of Arrow, NaN of NumPy's numbers, and values of
    classes that derive from numbers and text, of which any method may raise.
    """
    if column.dtype == object and any(map(_is_unusual, {*map(type, column.array)})):
        values = np.empty(len(column), dtype=object)
        values[:] = [_plain(value) for value in column.array]
        return pd.Series(values, index=column.index, name=column.name, dtype=object)
    if is_view(column.dtype):
        cells = without_views(pa.array(column.array))
        return pd.Series(pd.arrays.ArrowExtensionArray(cells), index=column.index, name=column.name)
    if isinstance(column.dtype, pd.SparseDtype):
        column = column.astype(column.dtype.subtype)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
        native = column.dtype.newbyteorder("=")
        return column.astype(np.float64 if native == np.longdouble else native)
    return column


def is_view(dtype: object) -> bool:
    """Whether a column holds views, runs, unions or intervals of Arrow, of which pandas can pick no rows."""
    return isinstance(dtype, pd.ArrowDtype) and (
        _is_view(dtype.pyarrow_dtype) or _is_odd(dtype.pyarrow_dtype)
    )


def _is_view(kind: Any) -> bool:
    return bool(pa.types.is_string_view(kind) or pa.types.is_binary_view(kind))


def _is_odd(kind: Any) -> bool:
    return bool(pa.types.is_run_end_encoded(kind) or pa.types.is_union(kind) or pa.types.is_interval(kind))


def without_views(array: Any) -> Any:
    """An array of Arrow, or a chunked one, with what its views are views of, and with runs as values."""
    kind = array.type
    if pa.types.is_run_end_encoded(kind):
        chunks = array.chunks if isinstance(array, pa.ChunkedArray) else [array]
        decoded = [pc.run_end_decode(chunk) for chunk in chunks]
        return without_views(pa.chunked_array(decoded, kind.value_type))
    if _is_odd(kind):
        return pa.chunked_array([pa.array(map(_member, array.to_pylist()), STRING)])
    if not _is_view(kind):
        return array
    kind = STRING if pa.types.is_string_view(kind) else pa.large_binary()
    try:
        return array.cast(kind)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):  # the oldest pyarrow casts no views
        return pa.array(array.to_pylist(), kind)


def frame_without_views(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame itself, or a shallow copy in which columns of views hold their values."""
    spots = [spot for spot, dtype in enumerate(frame.dtypes) if is_view(dtype)]
    if spots:
        frame = frame.copy(deep=False)
        for spot in spots:
            frame.isetitem(spot, dense(frame.iloc[:, spot]).array)
    return frame


def _member(value: object) -> str | None:
    """A value of a union as text; an interval of Arrow has no words."""
    return None if is_gap(value) else BROKEN if isinstance(value, pa.MonthDayNano) else written(value)


def _is_unusual(kind: type) -> bool:
    """Whether `_plain` may change values of a class."""
    plain = (str, int, float, Decimal)
    if issubclass(kind, _NUMBERS_WITH_NAN):
        return kind is not np.float64
    return (
        issubclass(kind, (*plain, pa.Scalar))
        and kind not in {*plain, bool}
        and not issubclass(kind, np.generic)
    )


def _plain(value: Any) -> Any:
    """A value of Python itself, as it was before a class was derived from its own."""
    if isinstance(value, pa.Scalar):
        try:
            value = value.as_py()
        except Exception:  # noqa: BLE001 - times that Python does not have, and types of others
            return BROKEN
    if not _is_unusual(type(value)):
        return value
    if isinstance(value, _NUMBERS_WITH_NAN):
        return None if np.isnan(value) else value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float):
        return float.__add__(value, 0.0)
    return Decimal(value) if isinstance(value, Decimal) else int.__add__(value, 0)


def is_gap(value: object) -> bool:
    """Whether nothing stands in a cell; asked of values that may not be compared with anything."""
    value = _plain(value) if _is_unusual(type(value)) else value
    if isinstance(value, Decimal):
        return value.is_nan()  # a signalling NaN raises when it is compared
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return bool(np.isnat(value))
    nothing = value is None or value is pd.NA or value is pd.NaT
    return nothing or (isinstance(value, (float, complex, np.inexact)) and bool(np.isnan(value)))


def written(value: object) -> str:
    """Any value as `str` writes it; ``BROKEN`` where that is no word: a table, an array, an error."""
    if isinstance(value, (np.ndarray, pd.DataFrame, pd.Series, pd.Index, pd.api.extensions.ExtensionArray)):
        return BROKEN
    return printed(value)


def printed(value: object) -> str:
    """Any value as `str` writes it, a table or an array too; ``BROKEN`` where that is an error."""
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - whatever the author of the type lets it raise; ints of 4,300 digits do
        return BROKEN


def whole(text: str) -> str:
    """A text with U+FFFD in place of halves of characters, which no file of text can hold."""
    return _LONE_SURROGATE.sub(BROKEN, text)


def by_category(column: pd.Series, convert: Callable[[pd.Series], Any]) -> Any:
    """The converted values of a categorical column: each category is converted once."""
    codes = column.cat.codes.to_numpy().astype(np.int64)
    return convert(pd.Series(column.cat.categories)).take(pa.array(codes, mask=codes < 0))


def is_text(dtype: object) -> bool:
    """Whether every value of such a column is a string or missing."""
    if isinstance(dtype, pd.ArrowDtype):
        return bool(pa.types.is_string(dtype.pyarrow_dtype) or pa.types.is_large_string(dtype.pyarrow_dtype))
    return isinstance(dtype, pd.StringDtype)
