"""
A frame as an XLSX workbook, by XlsxWriter, which is loaded for the first one.

Texts are text cells, so that nothing in them is ever a formula, a date or a rounded number, and so formatted
that they stay text when somebody corrects them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from smsframe.arrow import BROKEN, TEXT, is_gap, printed, strings
from smsframe.masking import mask
from smsframe.texts.local_times import heading, on_the_clock, zone_of
from smsframe.texts.spreadsheets import ROWS_SHEET, SUMMARY_SHEET

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

ROWS, COLUMNS, CHARACTERS = 2**20, 2**14, 32_767
"""What a sheet has, and a cell in units of UTF-16 ("Excel specifications and limits", Microsoft)."""
SHOWN_DIGITS = 10**9
"""Whole numbers from ten digits on are text: phone numbers and ids, which sheets show as ``3.93E+11``."""
_EXACT = 2.0**53  # the whole numbers below it are all doubles
_LARGEST = 1e308  # larger ones, rounded to the 16 digits that XlsxWriter writes, may be no double
_DAYS_TO_1970 = 25_569  # as sheets count days, from 1899-12-30
_FIRST, _LAST = pd.Timestamp("1900-03-01"), pd.Timestamp("9999-12-31")
_MEASURED = 1000  # rows whose texts decide on the width of a column
_NARROW, _WIDE = 8, 60
_TIME, _DAY = "yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd"


@dataclass(frozen=True, slots=True)
class Column:
    """
    A column of cells.

    Attributes:
        heading: Its first cell.
        cells: Texts, numbers and booleans as cells have them; None for an empty cell.
        format: The number format; ``@`` for text.
    """

    heading: str
    cells: list[Any]
    format: str


def columns_of(frame: pd.DataFrame, zone: ZoneInfo | None = None) -> list[Column]:
    """
    The columns of a sheet.

    Args:
        frame: As `smsframe.outcomes.export.flat` gives it.
        zone: Aware times are on the clock of this zone; else each column is in its own.

    Raises:
        ValueError: A sheet cannot hold so many rows or columns, or a cell so long a text.
    """
    if len(frame) >= ROWS or frame.shape[1] > COLUMNS:
        raise ValueError(
            f"a sheet holds {ROWS - 1:,} rows and {COLUMNS:,} columns, and these are {len(frame):,} and "
            f"{frame.shape[1]:,}: write them with to_csv or to_parquet"
        )
    columns = [
        _column(_words([label])[0] or "", frame.iloc[:, place], zone)
        for place, label in enumerate(frame.columns)
    ]
    for column in columns:
        _refuse_long_texts(column)
    return columns


def _column(label: str, cells: pd.Series[Any], zone: ZoneInfo | None) -> Column:
    kind = cells.dtype
    if isinstance(kind, pd.DatetimeTZDtype):
        name = zone_of(cells, zone)
        naive, twice = on_the_clock(cells, name)
        return Column(heading(label, name), *_days(naive, twice))
    if pd.api.types.is_datetime64_dtype(kind):
        return Column(label, *_days(cells, pd.Series(pd.NA, index=cells.index, dtype=TEXT)))
    if pd.api.types.is_object_dtype(kind):
        found = pd.api.types.infer_dtype(cells, skipna=True)
        if found in ("integer", "boolean", "floating", "mixed-integer-float"):
            return Column(label, *_numbers([None if is_gap(cell) else cell for cell in cells.array]))
    elif pd.api.types.is_bool_dtype(kind) or pd.api.types.is_numeric_dtype(kind):
        values = cells.astype(object).where(cells.notna(), None).tolist()
        first = next((value for value in values if value is not None), 0)
        if not isinstance(first, (complex, Decimal)):
            return Column(label, *_numbers(values))
    return Column(label, _words(cells.array), "@")


def _words(cells: Iterable[Any]) -> list[str | None]:
    """Texts, without the characters that no file can hold; an empty one is an empty cell."""
    # Objects of any kind can only be asked one by one.
    text = strings(
        [cell if isinstance(cell, str) else None if is_gap(cell) else printed(cell) for cell in cells]
    )
    words: list[str | None] = pc.replace_substring(text, "\0", BROKEN).to_pylist()
    return words


def _numbers(values: list[Any]) -> tuple[list[Any], str]:
    """Numbers as cells have them; all of them text where a sheet would show or keep one of them otherwise."""
    present = [value for value in values if value is not None]
    if all(isinstance(value, (bool, np.bool_)) for value in present):
        return [None if value is None else bool(value) for value in values], "General"
    whole = all(
        isinstance(value, (int, np.integer)) or (float(value).is_integer() and abs(value) < _EXACT)
        for value in present
    )
    if whole and any(abs(value) >= SHOWN_DIGITS for value in present):
        return _words([None if value is None else int(value) for value in values]), "@"
    return [value if value is None or abs(value) < _LARGEST else str(value) for value in values], "General"


def _days(naive: pd.Series[Any], texts: pd.Series[Any]) -> tuple[list[Any], str]:
    """Times as days since 1899-12-30, to the millisecond; as text where sheets have no such day."""
    known = naive.between(_FIRST, _LAST) & texts.isna()
    texts = texts.fillna(naive[~known].astype(TEXT))
    microseconds = naive[known].astype("datetime64[us]").to_numpy().astype("int64")
    days = pd.Series([None] * len(naive), index=naive.index, dtype=object)
    days[known] = ((microseconds / 1000).round() / 86_400_000 + _DAYS_TO_1970).astype(object)
    values = days.where(known, texts.astype(object).where(texts.notna(), None)).tolist()
    return values, _DAY if bool((naive.dropna() == naive.dropna().dt.normalize()).all()) else _TIME


def _refuse_long_texts(column: Column) -> None:
    for row, value in enumerate(chain([column.heading], column.cells)):
        if type(value) is str and len(value) * 2 > CHARACTERS:
            units = len(value.encode("utf-16-le")) // 2
            if units > CHARACTERS:
                name = mask(repr(column.heading[:40]))
                raise ValueError(
                    f"row {row:,} has a text of {units:,} characters in column {name}, and a cell holds "
                    f"{CHARACTERS:,}: shorten it, or write the rows with to_csv or to_parquet"
                )


def write(file: IO[bytes], rows: list[Column], summary: list[list[Column]], folder: str) -> None:
    """
    Write a workbook.

    Args:
        file: Where it goes.
        rows: The columns of its first sheet.
        summary: The tables of the second one, one below the other; without any there is none.
        folder: For files that are needed on the way: sheets are not kept in memory.

    Raises:
        ImportError: XlsxWriter is not installed.
        OSError: It cannot be written.
    """
    book = writer()(file, {"constant_memory": True, "tmpdir": folder})
    formats = {code: book.add_format({"num_format": code}) for code in ("@", _TIME, _DAY)}
    formats |= {"General": None, "heading": book.add_format({"num_format": "@", "bold": True})}
    sheet = book.add_worksheet(ROWS_SHEET)
    sheet.freeze_panes(1, 0)
    depth = len(rows[0].cells) if rows else 0
    if rows:
        sheet.autofilter(0, 0, depth, len(rows) - 1)
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{ROWS}"})
    _set_widths(sheet, rows, formats)
    _write_table(sheet, 0, rows, formats)
    if summary:
        sheet = book.add_worksheet(SUMMARY_SHEET)
        _set_widths(sheet, summary[0], formats)
        top = 0
        for table in summary:
            _write_table(sheet, top, table, formats)
            top += len(table[0].cells) + 2
    book.close()


def writer() -> Any:
    """
    XlsxWriter's class of workbooks.

    Raises:
        ImportError: It is not installed.
    """
    try:
        from xlsxwriter import Workbook  # noqa: PLC0415 - only workbooks need it
    except ImportError:
        raise ImportError('workbooks need XlsxWriter: pip install "smsframe[excel]"') from None
    return Workbook


def _set_widths(sheet: Any, columns: list[Column], formats: dict[str, Any]) -> None:
    for place, column in enumerate(columns):
        cells = column.cells[:_MEASURED]
        longest = len(_TIME) if column.format == _TIME else max(map(len, map(str, cells)), default=0)
        width = min(max(longest, len(column.heading) + 3, _NARROW), _WIDE)  # the filter's button takes three
        sheet.set_column(place, place, width + 1, formats[column.format])


def _write_table(sheet: Any, top: int, columns: list[Column], formats: dict[str, Any]) -> None:
    """The cells row by row: so they leave memory as they are written."""
    text, number, boolean = sheet.write_string, sheet.write_number, sheet.write_boolean
    for place, column in enumerate(columns):
        text(top, place, column.heading, formats["heading"])
    styles = [formats[column.format] for column in columns]
    words = formats["@"]
    for row, cells in enumerate(zip(*(column.cells for column in columns), strict=True), top + 1):
        for place, value in enumerate(cells):
            if value is None:
                continue
            if type(value) is str:
                text(row, place, value, words)
            elif type(value) is bool:
                boolean(row, place, value)
            else:
                number(row, place, value, styles[place])
