"""
Sheets of XLSX workbooks as text.

The workbook is read by smsframe itself, not by a library: openpyxl drops a number that somebody formatted as
a date, leaves escapes in texts and is slow; python-calamine rounds long numbers and makes midnight of a
negative one; neither says which rows are hidden (docs/files.md compares the three).
"""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv as arrow_csv

from smsframe.contacts import csv_files
from smsframe.contacts.file_limits import Limits
from smsframe.contacts.file_rows import first_row, remember_rows
from smsframe.contacts.xlsx_fractions import refuse_fractions
from smsframe.contacts.xlsx_parts import opened
from smsframe.contacts.xlsx_sheet import ROWS, SheetReader
from smsframe.errors import ContactsError, warn
from smsframe.formatting import many
from smsframe.masking import mask
from smsframe.texts.local_times import restored
from smsframe.texts.spreadsheets import ROWS_SHEET, SUMMARY_SHEET

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from smsframe.contacts.xlsx_parts import Sheet, Workbook

_ZIP = b"PK\x03\x04"

_LOOKED_AT = 20  # rows, of which all but the first have several cells, so that the first must be a title
SAMPLE = 1000
"""Rows looked at to find out whether a sheet has anything."""


def read(
    file: IO[bytes],
    limits: Limits,
    *,
    sheet: str | int | None,
    dtype: Mapping[str, Any] | None,
    **options: Any,
) -> pd.DataFrame:
    """
    Read a sheet; every column is text but those of ``dtype``.

    Args:
        file: The workbook, opened.
        limits: What it may hold.
        sheet: Its name, or its position from 0; None for the only visible one that is not empty.
        dtype: Columns that are not text.
        options: Anything else that `pandas.read_csv` takes; ``usecols`` also as ``"A:C,F"``.

    Raises:
        ContactsError: There is no such sheet, it is empty, or the workbook is damaged or holds more than
            it may.
    """
    with opened(file, limits) as book:
        chosen = _sheet(book, sheet)
        cells = SheetReader(book)
        book.read(chosen.part, cells)
    name = limits.name
    options = _below_blank_rows(cells, options)
    _refuse_title(cells, options, name)
    refuse_fractions(cells, first_row(options))
    if not cells.height:
        raise ContactsError(f"sheet {mask(repr(chosen.title))} of {name} is empty")
    if isinstance(columns := options.get("usecols"), str):
        options["usecols"] = _column_numbers(columns)
    # As quoted CSV in memory: pandas then reads both kinds of file alike, headings and all options.
    written = pa.BufferOutputStream()
    layout = arrow_csv.WriteOptions(include_header=False, quoting_style="all_valid")
    arrow_csv.write_csv(cells.table(), written, layout)
    frame = csv_files.table(
        pa.BufferReader(written.getvalue()), name, dtype=dtype, skip_blank_lines=False, **options
    )
    _warn_of_hidden_rows(cells, chosen, options)
    _warn_of_uncalculated(cells, frame, options)
    if chosen.title == ROWS_SHEET and frame.columns.nlevels == 1:
        frame = restored(frame)
    remember_rows(frame, first_row(options))
    return frame


def sheets_of(file: IO[bytes], name: str) -> list[str]:
    """
    The names of the sheets to choose from; none where a file is no workbook.

    Raises:
        ContactsError: The workbook is damaged, or holds more than it may.
    """
    if file.read(len(_ZIP)) != _ZIP:
        return []
    file.seek(0)
    with opened(file, Limits.of(name, None, None)) as book:
        return [sheet.title for sheet in _choices(book)]


def _sheet(book: Workbook, wanted: str | int | None) -> Sheet:
    """The sheet that is meant."""
    name, titles = book.limits.name, [sheet.title for sheet in book.sheets]
    if isinstance(wanted, int) and 0 <= wanted < len(titles):
        return book.sheets[wanted]
    if wanted is None:
        filled = _choices(book)
        if len(filled) == 1:
            return filled[0]
        if not filled:
            raise ContactsError(f"{name} has no visible sheet with anything in it")
        listed = _list([sheet.title for sheet in filled])
        raise ContactsError(f"{name} has {len(filled)} sheets: say sheet=, one of {listed}")
    if wanted not in titles:
        raise ContactsError(f"{name} has no sheet {mask(repr(wanted))}, but {_list(titles)}")
    return book.sheets[titles.index(str(wanted))]


def _choices(book: Workbook) -> list[Sheet]:
    """The visible sheets that have something in them, but for a summary of ours."""
    filled = [sheet for sheet in book.sheets if sheet.visible and _filled(book, sheet)]
    return [sheet for sheet in filled if sheet.title != SUMMARY_SHEET] if len(filled) > 1 else filled


def _filled(book: Workbook, sheet: Sheet) -> bool:
    """Whether the first rows of a sheet have anything, also a formula that was never calculated."""
    sample = SheetReader(book, SAMPLE)
    book.read(sheet.part, sample)
    return bool(sample.height or sample.uncalculated)


def _list(titles: list[str]) -> str:
    return mask(", ".join(map(repr, titles)))


def _column_numbers(letters: str) -> list[int]:
    """The columns of a range such as ``A:C,F``, from 0."""
    numbers: list[int] = []
    for part in letters.upper().split(","):
        ends = [0, 0]
        span = re.fullmatch(r"\s*([A-Z]{1,3})\s*(?::\s*([A-Z]{1,3})\s*)?", part)
        if span is None:
            raise ValueError(f"usecols={letters!r} is no list of column letters, such as 'A:C,F'")
        for place, end in enumerate((span[1], span[2] or span[1])):
            for letter in end:
                ends[place] = ends[place] * 26 + ord(letter) - 64
        numbers += range(ends[0] - 1, ends[1])
    return numbers


def _below_blank_rows(cells: SheetReader, options: dict[str, Any]) -> dict[str, Any]:
    """The options with which the blank rows above the heading are skipped, as in a text file."""
    skipped = options.get("skiprows") or 0
    if options.get("header", "infer") not in ("infer", None) or not isinstance(skipped, int):
        return options
    filled = (
        next((row for row in range(skipped, len(values)) if (values[row] or "").strip()), ROWS)
        for values in cells.columns.values()
    )
    top = min(filled, default=ROWS)
    return options | {"skiprows": top} if skipped < top < ROWS else options


def _refuse_title(cells: SheetReader, options: Mapping[str, Any], name: str) -> None:
    """Refuse a first row of one cell where the others have more, as in a text file: it is a title."""
    top = options.get("skiprows") or 0
    if options.get("header", "infer") != "infer" or "names" in options or not isinstance(top, int):
        return
    rows = [
        sum(row < len(values) and bool((values[row] or "").strip()) for values in cells.columns.values())
        for row in range(top, min(top + _LOOKED_AT, cells.height))
    ]
    others = [count for count in rows[1:] if count]
    if rows[:1] == [1] and len(others) > 1 and min(others) > 1:
        raise ContactsError(
            f"{name} has 1 cell in its first row and {others[-1]} in the others: say skiprows= if the "
            "heading is further down, or header=0 if it is the heading"
        )


def _warn_of_hidden_rows(cells: SheetReader, sheet: Sheet, options: Mapping[str, Any]) -> None:
    hidden = [row for row in cells.hidden if row >= (first_row(options) or 0)]
    if hidden:
        warn(
            f"{many(len(hidden), 'row')} of sheet {mask(repr(sheet.title))} that a filter or a hand has "
            "hidden are read as well: delete them from the sheet if they are not meant",
        )


def _warn_of_uncalculated(cells: SheetReader, frame: pd.DataFrame, options: Mapping[str, Any]) -> None:
    first = first_row(options) or 0
    places = sorted({column for row, column in cells.uncalculated if row >= first})
    if not places:
        return
    whole = "usecols" not in options and "names" not in options
    labels = [
        str(frame.columns[place]) if whole and place < frame.shape[1] else f"no. {place + 1}"
        for place in places
    ]
    warn(
        f"the formulas in column {mask(', '.join(labels))} have no values, so their cells are read as empty: "
        "open the workbook in a spreadsheet program, save it, and read it again",
    )
