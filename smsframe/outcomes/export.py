"""
Make a frame fit for files: safe to open in a spreadsheet, in the notation of a language, or in Parquet.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from smsframe.arrow import BROKEN, TEXT, dense, is_gap, printed, strings, whole
from smsframe.masking import mask
from smsframe.texts.local_times import clock_texts, heading, on_the_clock, zone_of
from smsframe.texts.spreadsheets import inert

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Notation:
    """
    How spreadsheets of a language expect text files.

    Attributes:
        decimal: The mark before decimals.
        sep: The delimiter.
    """

    decimal: str
    sep: str


def notation(locale: str) -> Notation:
    """
    What the Unicode CLDR says of a locale, by Babel: a semicolon separates where a comma begins decimals.

    Args:
        locale: ``"it"``, ``"de-AT"``, ``"pt_BR"``.

    Raises:
        ValueError: There is no such locale.

    Example:
        >>> notation("it"), notation("en-GB")
        (Notation(decimal=',', sep=';'), Notation(decimal='.', sep=','))
    """
    import babel  # noqa: PLC0415 - slow to load, and seldom needed
    from babel.numbers import get_decimal_symbol  # noqa: PLC0415 - as above

    try:
        known = babel.Locale.parse(locale.replace("-", "_"))
        # Western digits, which every spreadsheet reads, with the mark that goes with them. Of Western Balochi
        # the CLDR has no such mark, and Babel gives the Arabic one.
        comma = get_decimal_symbol(known, numbering_system="latn") == ","
    except (babel.UnknownLocaleError, ValueError, TypeError, AttributeError):
        raise ValueError(f"locale={locale!r} is no locale; one is 'it', another 'de-AT'") from None
    return Notation(",", ";") if comma else Notation(".", ",")


def flat(frame: pd.DataFrame, *, index: bool | None) -> pd.DataFrame:
    """
    The frame as a file has it: one heading, and the levels of its index as first columns if it is written.

    Categories are what they stand for, and nothing is stored sparsely or in another byte order.

    Args:
        frame: Any frame.
        index: Whether to write the index; when None, unless it is a plain RangeIndex.

    Raises:
        ValueError: The columns have several levels.
    """
    if frame.columns.nlevels > 1:
        raise ValueError(
            f"the columns have {frame.columns.nlevels} levels, and a file has one heading: flatten them, "
            'with frame.columns = ["_".join(map(str, label)) for label in frame.columns]'
        )
    labels: list[Any] = list(frame.columns)
    columns = [frame.iloc[:, place] for place in range(frame.shape[1])]
    if index or (index is None and not (isinstance(frame.index, pd.RangeIndex) and frame.index.name is None)):
        levels = [frame.index.get_level_values(level) for level in range(frame.index.nlevels)]
        columns = [*(pd.Series(level.array, dtype=level.dtype) for level in levels), *columns]
        labels = ["" if name is None else name for name in frame.index.names] + labels
    rows = pd.RangeIndex(len(frame))
    plain = {place: _plain(column.set_axis(rows)) for place, column in enumerate(columns)}
    made = pd.DataFrame(plain, index=rows)
    made.columns = pd.Index(labels, dtype=object)
    return made


def _plain(cells: pd.Series[Any]) -> pd.Series[Any]:
    """The cells without categories and dictionaries, and times in pandas' own dtypes."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        kind = cells.cat.categories.dtype
        # A gap is no number of NumPy's.
        cells = cells.astype(object if kind.kind in "iub" and cells.hasnans else kind)
    if isinstance(cells.dtype, pd.ArrowDtype) and pa.types.is_dictionary(cells.dtype.pyarrow_dtype):
        values = pa.array(cells.array)
        values = values.cast(values.type.value_type)
        cells = pd.Series(pd.arrays.ArrowExtensionArray(values), index=cells.index)
    if isinstance(cells.dtype, pd.ArrowDtype) and pa.types.is_timestamp(cells.dtype.pyarrow_dtype):
        stamp = cells.dtype.pyarrow_dtype
        kind = pd.DatetimeTZDtype(stamp.unit, stamp.tz) if stamp.tz else np.dtype(f"datetime64[{stamp.unit}]")
        cells = cells.astype(kind)
    if isinstance(cells.dtype, pd.ArrowDtype) and pa.types.is_nested(cells.dtype.pyarrow_dtype):
        # Python's lists and dicts, which pandas would write as arrays.
        return pd.Series([*cells.array], index=cells.index, dtype=object)
    return dense(cells)


def spreadsheet_safe(frame: pd.DataFrame) -> pd.DataFrame:
    """
    The frame with an apostrophe before each text cell that a spreadsheet would run as a formula.

    Numbers such as ``+39…`` or ``-5`` are left as they are. `smsframe.read_contacts` reads all cells back as
    they were, but that an empty text is missing, and that null characters and halves of characters, which no
    file of text can hold, are U+FFFD.

    Args:
        frame: As `flat` gives it.
    """
    safe = frame.copy(deep=False)
    for place in range(frame.shape[1]):
        safe.isetitem(place, _escaped(frame.iloc[:, place]).array)
    safe.columns = pd.Index(_escaped(pd.Series(frame.columns, dtype=object)))
    return safe


def _escaped(cells: pd.Series[Any]) -> pd.Series[Any]:
    """The cells, with an apostrophe in each text where it would run as a formula."""
    if _has_no_text(cells.dtype):
        return cells
    # Objects of any kind can only be asked one by one.
    present = ~pd.Series([is_gap(value) for value in cells.array], index=cells.index, dtype=bool)
    words = [value if isinstance(value, str) else printed(value) for value in cells.array[present.to_numpy()]]
    text = strings(words)
    safe = pd.Series(inert(text), index=cells.index[present], dtype=TEXT).str.replace("\0", BROKEN)
    changed = safe.to_numpy(dtype=object) != pd.Series(words, dtype=object).to_numpy()
    # What Python cannot write: pandas would ask again.
    changed |= np.fromiter((word == BROKEN for word in words), dtype=bool, count=len(words))
    odd = ~present.to_numpy() & cells.map(lambda value: isinstance(value, Decimal)).to_numpy(dtype=bool)
    if not changed.any() and not odd.any():
        return cells
    result = cells.astype(object).copy()
    result.iloc[odd] = None  # pandas compares what it writes, and a signalling NaN raises then
    places = present.to_numpy().nonzero()[0][changed]
    result.iloc[places] = safe.to_numpy(dtype=object)[changed]
    return result


def _has_no_text(dtype: Any) -> bool:
    """Whether a column holds nothing but numbers, booleans or times; of any other dtype texts may come."""
    if isinstance(dtype, pd.ArrowDtype):
        kind = dtype.pyarrow_dtype
        return bool(pa.types.is_primitive(kind)) and not pa.types.is_duration(kind)
    return bool(
        pd.api.types.is_numeric_dtype(dtype)
        or pd.api.types.is_bool_dtype(dtype)
        or pd.api.types.is_datetime64_any_dtype(dtype)
    )


def in_zone(frame: pd.DataFrame, zone: ZoneInfo) -> pd.DataFrame:
    """The frame with all aware times in one zone."""
    local = frame.copy(deep=False)
    for place, dtype in enumerate(frame.dtypes):
        if isinstance(dtype, pd.DatetimeTZDtype):
            local.isetitem(place, frame.iloc[:, place].dt.tz_convert(zone).array)
    return local


def localised(frame: pd.DataFrame, decimal: str, zone: ZoneInfo) -> pd.DataFrame:
    """
    The frame with numbers and times as texts, in the notation of a language.

    Args:
        frame: As `flat` gives it, or `spreadsheet_safe`.
        decimal: The mark before decimals.
        zone: Aware times are on the clock of this zone, which stands in their headings.
    """
    local = frame.copy(deep=False)
    labels: list[Any] = list(frame.columns)
    for place, dtype in enumerate(frame.dtypes):
        cells = frame.iloc[:, place]
        if isinstance(dtype, pd.DatetimeTZDtype):
            name = zone_of(cells, zone)
            naive, twice = on_the_clock(cells, name)
            labels[place] = heading(labels[place], name)
            local.isetitem(place, twice.fillna(_written_time(naive, decimal)).array)
        elif pd.api.types.is_object_dtype(dtype):
            # Objects of any kind can only be asked one by one.
            local.isetitem(
                place, pd.Series([_number(cell, decimal) for cell in cells.array], dtype=object).array
            )
        elif pd.api.types.is_datetime64_dtype(dtype):
            local.isetitem(place, _written_time(cells, decimal).array)
        elif pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype):
            local.isetitem(place, cells.astype(TEXT).str.replace(".", decimal, regex=False).array)
    return local.set_axis(pd.Index(labels), axis=1)


def _written_time(times: pd.Series[Any], decimal: str) -> pd.Series[Any]:
    """Naive times: fractions of seconds only where there are any, and dates where all of them are."""
    text = clock_texts(times)
    if text.dropna().str.endswith(" 00:00:00").all():
        text = text.str.removesuffix(" 00:00:00")
    return text.str.replace(".", decimal, regex=False)


def _number(value: object, decimal: str) -> object:
    """A number among objects of any kind, in the notation; anything else as it is."""
    if isinstance(value, (float, np.floating, Decimal)) and not is_gap(value):
        return str(value).replace(".", decimal)
    return value


def parquet_ready(frame: pd.DataFrame) -> pd.DataFrame:
    """
    The frame with what Parquet has no type for as text; attributes that are no JSON are left out.

    Raises:
        ValueError: Columns have the same name, or several levels.
    """
    if frame.columns.nlevels > 1:
        flat(frame, index=False)  # which says what to do
    names = [whole(printed(label)) for label in frame.columns]
    if (twice := pd.Index(names).duplicated()).any():
        name = mask(repr(names[int(twice.argmax())]))
        raise ValueError(f"Parquet knows columns by name, and two are called {name}: rename one")
    ready = frame.set_axis(pd.Index(names), axis=1).copy(deep=False)
    for place in range(frame.shape[1]):
        cells = _with_a_type(dense(frame.iloc[:, place]))
        ready.isetitem(place, cells.array)
    ready.index = _index_with_types(frame.index)
    ready.attrs = {
        key: value for key, value in frame.attrs.items() if isinstance(key, str) and _is_json(value)
    }
    return ready


def _with_a_type(cells: pd.Series[Any]) -> pd.Series[Any]:
    """The cells, as text where Parquet has no type for all of them."""
    if pd.api.types.is_object_dtype(cells.dtype):  # pandas compares, and a signalling NaN raises then
        gaps = [isinstance(cell, Decimal) and cell.is_nan() for cell in cells.array]
        cells = pd.Series(
            [None if gap else cell for cell, gap in zip(cells.array, gaps, strict=True)],
            index=cells.index,
            dtype=object,
        )
    try:
        pa.array(cells, from_pandas=True)
    except (pa.ArrowException, ValueError, TypeError, OverflowError, ArithmeticError, RecursionError):
        words = [None if is_gap(value) else printed(value) for value in cells.array]
        cells = pd.Series(strings(words), index=cells.index, dtype=TEXT)
    return cells


def _index_with_types(index: pd.Index) -> pd.Index:
    """The index, with names and labels that Parquet can hold."""
    if isinstance(index, pd.RangeIndex) and not isinstance(index.name, str):
        return index
    names = [whole(name) if isinstance(name, str) else name for name in index.names]
    values = [index.get_level_values(place) for place in range(index.nlevels)]
    levels = [pd.Series(level.array, dtype=level.dtype) for level in values]
    if any(pd.api.types.is_object_dtype(level.dtype) for level in levels):
        arrays = [_with_a_type(level).array for level in levels]
        index = pd.MultiIndex.from_arrays(arrays) if len(arrays) > 1 else pd.Index(arrays[0])
    return index.set_names(names)


def _is_json(value: object) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return False
    return True
