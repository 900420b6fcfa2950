"""
Sheets of XLSX workbooks as text.

What counts is what a cell stores, not how it is displayed: a number shown as ``3.93E+11`` still has all its
digits.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import re
import warnings
import zipfile
import zlib
from collections import defaultdict
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

import pandas as pd

from smsframe.contacts.archives import Archive
from smsframe.errors import ContactsError
from smsframe.masking import mask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsframe.contacts.file_limits import Limits

SAMPLE = 1000
"""Rows looked at to find out whether a sheet, or a column, has anything."""

# Digits that spreadsheets lose: all after the sixth, when they read their own 3.93471E+11 again, as in
# `smsframe.phones.cells.numbers`; all after the fifteenth, always.
_LOST = re.compile(r"[0-9]{6}0{4,}|[0-9]{16,}")
_DAMAGED = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    SyntaxError,
    EOFError,
    RecursionError,
    zlib.error,
)


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
        options: Anything else that `pandas.read_excel` takes.

    Raises:
        ContactsError: There is no such sheet, it is empty, the workbook is damaged or holds more than
            it may, or ``openpyxl`` is not installed.
    """
    types: defaultdict[str, Any] = defaultdict(lambda: object, dtype or {})
    told = {"keep_default_na": False, "na_values": [""], "dtype": types, **options}
    frame, chosen = _cells(file, limits, sheet, told)
    empty = frame.isna().all().to_numpy()
    if empty.any():
        formulas, _ = _cells(file, limits, chosen, told | {"nrows": SAMPLE, "dtype": object}, data_only=False)
        waiting = [str(label) for label in formulas.columns[empty & formulas.notna().any().to_numpy()]]
        if waiting:
            warnings.warn(
                f"the formulas in column {mask(', '.join(waiting))} have no values, so it is read as empty: "
                "open the workbook in a spreadsheet program, save it, and read it again",
                stacklevel=4,
            )
    columns = {
        place: column
        if label in (dtype or {})
        else pd.array([_text(value) for value in column], dtype="string[pyarrow]")
        for place, (label, column) in enumerate(frame.items())
    }
    found = pd.DataFrame(columns, index=frame.index).set_axis(frame.columns, axis=1)
    if options.get("header", 0) is not None and frame.columns.nlevels == 1:
        found.columns = pd.Index([_text(label) for label in frame.columns])
    return found


def _cells(
    file: IO[bytes],
    limits: Limits,
    sheet: str | int | None,
    told: Mapping[str, Any],
    *,
    data_only: bool = True,
) -> tuple[pd.DataFrame, str]:
    """The values of a sheet as openpyxl reads them, and which sheet that is."""
    name = limits.name
    if importlib.util.find_spec("openpyxl") is None:
        raise ContactsError(f'{name} is a workbook; to read those: pip install "smsframe[excel]"')
    with warnings.catch_warnings():
        # Of styles and of checks that it does not know; a date it cannot read becomes an error cell.
        warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
        try:
            with pd.ExcelFile(_opened(file, limits, data_only=data_only), engine="openpyxl") as book:
                chosen = _sheet(book, name, sheet)
                frame = pd.read_excel(book, sheet_name=chosen, **told)
        except ContactsError:
            raise
        except (*_DAMAGED, zipfile.BadZipFile) as error:
            if isinstance(error.__cause__, ContactsError):  # openpyxl says of every ValueError where it was
                raise error.__cause__ from None
            why = mask(str(error).strip().split("\n", 1)[0])
            raise ContactsError(f"{name} cannot be read as a workbook: {why}") from None
    if not frame.shape[1]:
        raise ContactsError(f"sheet {mask(repr(chosen))} of {name} is empty")
    return frame, chosen


def _opened(file: IO[bytes], limits: Limits, *, data_only: bool) -> Any:
    """The workbook, as pandas has openpyxl open it, but that each part is measured first."""
    excel = importlib.import_module("openpyxl.reader.excel")  # an extra, and slow to load
    file.seek(0)
    reader = excel.ExcelReader(file, read_only=True, data_only=data_only, keep_links=False)
    reader.archive = Archive(file, limits)
    reader.read()
    return reader.wb


def _sheet(book: pd.ExcelFile, name: str, wanted: str | int | None) -> str:
    sheets: dict[str, Any] = {sheet.title: sheet for sheet in book.book.worksheets}
    titles = [*sheets]
    if isinstance(wanted, int) and 0 <= wanted < len(titles):
        return titles[wanted]
    if wanted is None:
        filled = [
            title for title, sheet in sheets.items() if sheet.sheet_state == "visible" and _filled(sheet)
        ]
        if len(filled) == 1:
            return filled[0]
        if not filled:
            raise ContactsError(f"{name} has no visible sheet with anything in it")
        raise ContactsError(f"{name} has {len(filled)} sheets: say sheet=, one of {_list(filled)}")
    if wanted not in sheets:
        raise ContactsError(f"{name} has no sheet {mask(repr(wanted))}, but {_list(titles)}")
    return str(wanted)


def _filled(sheet: Any) -> bool:
    sheet.reset_dimensions()  # what a workbook says of its own size may be wrong
    rows = sheet.iter_rows(max_row=SAMPLE, values_only=True)
    return any(value is not None for row in rows for value in row)


def _list(titles: list[str]) -> str:
    return mask(", ".join(map(repr, titles)))


def _text(value: Any) -> str | None:
    """
    A cell as text. One at a time: a column of a sheet may hold anything, and openpyxl made it so.

    Whole numbers are their digits, or scientific notation where digits are lost, so that what looks at phone
    numbers refuses them. Other numbers have 15 digits, as many as spreadsheets calculate with.
    """
    if value is None or value != value:  # noqa: PLR0124 - NaN stands for the error of a formula, NaT for no date
        return None
    match value:
        case str():
            return value
        case bool():
            return str(value).upper()
        case int() if _LOST.fullmatch(str(value)):
            return f"{Decimal(f'{value:.15g}').normalize():E}"
        case float():
            return f"{value:.15g}"
        case dt.datetime() if value.time() == dt.time():
            return f"{value:%Y-%m-%d}"
        case dt.datetime():
            return value.isoformat(" ", "seconds" if value.second else "minutes")
        case _:
            return str(value)
