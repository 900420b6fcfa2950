"""
Frames as files: CSV that is safe in spreadsheets, XLSX workbooks, Parquet.
"""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from smsframe.api.privacy import hashed_results
from smsframe.api.replace_file import replaced
from smsframe.api.tracebacks import hide_frames
from smsframe.arrow import frame_without_views
from smsframe.clock import machine_zone
from smsframe.outcomes import workbook
from smsframe.outcomes.export import (
    flat,
    in_zone,
    localised,
    notation,
    parquet_ready,
    spreadsheet_safe,
)
from smsframe.outcomes.summary import summary as summarise
from smsframe.texts.local_times import kept_headings, zone_named
from smsframe.texts.spreadsheets import OWN_HEADING

if TYPE_CHECKING:
    import os

    import pandas as pd

OTHER_FORMATS = frozenset((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".parquet", ".feather", ".json"))
"""How files are named that are no CSV: a spreadsheet says of CSV in them that the file is damaged."""


@hide_frames
def to_csv(
    results: pd.DataFrame,
    path: str | os.PathLike[str],
    *,
    index: bool | None = None,
    sep: str | None = None,
    locale: str | None = None,
    zone: str | None = None,
    hashed: bool = False,
) -> None:
    """
    Write a frame for spreadsheets: UTF-8 with a byte order mark, and nothing that runs as a formula.

    What would run has an apostrophe before it, also inside of a cell where another program might split it.
    `read_contacts` takes these off again and reads every text back as it was, numbers as text too.

    Args:
        results: Any frame.
        path: The file; it is replaced once all of the new one is on the disk.
        index: Whether to write the index; when not given, unless it is a plain RangeIndex.
        sep: The delimiter; when not given a comma, or what ``locale`` says.
        locale: The language of the spreadsheet that opens the file, such as ``"it"`` or ``"de-AT"``, any that
            the Unicode CLDR has: numbers with its decimal mark, a semicolon between cells where that is a
            comma, and times without their zone, which stands in the heading: ``sms_sent_at (Europe/Rome)``.
        zone: The time zone of all times that have one, such as ``"Europe/Rome"``; when not given, each column
            stays in its own, which is UTC for those of smsframe, and with ``locale`` it is this machine's.
        hashed: Whether ``sms_person``, a keyed hash, takes the place of ``sms_phone`` and of every column
            that holds the numbers: such files can be joined with each other, and have no numbers.

    Raises:
        ValueError: The name says that the file is something else, such as ``results.xlsx``, the columns
            have several levels, or there is no such locale or time zone.
        OSError: The file cannot be written; there is the old one, if there was any.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "results.csv")
        >>> smsframe.to_csv(smsframe.results("spring", journal=journal), path)
        >>> smsframe.read_contacts(path)["sms_phone"].tolist()
        ['+393471234567']
    """
    _refuse_other_format(path)
    place = None if zone is None else zone_named(zone)
    language = None if locale is None else notation(locale)
    results = frame_without_views(results)
    results = hashed_results(results) if hashed else results
    table = flat(results, index=index)
    table = spreadsheet_safe(kept_headings(table) if OWN_HEADING in table.columns else table)
    if language is not None:
        table = localised(table, language.decimal, place or zone_named(machine_zone()))
    elif place is not None:
        table = in_zone(table, place)
    # All text is quoted: Python decides by version whether a bare carriage return is.
    with replaced(path) as new:
        table.to_csv(
            new,
            sep=sep or (language.sep if language else ","),
            index=False,
            encoding="utf-8-sig",
            lineterminator="\r\n",
            quoting=csv.QUOTE_NONNUMERIC,
        )


@hide_frames
def to_excel(
    results: pd.DataFrame,
    path: str | os.PathLike[str],
    *,
    index: bool | None = None,
    zone: str | None = None,
    summary: bool | None = None,
    hashed: bool = False,
) -> None:
    """
    Write a frame as a workbook that a spreadsheet opens as it is: texts are text, and nothing is calculated.

    The rows are on the sheet ``sms_rows``, with a heading that stays in view, and a filter. Phone numbers,
    all texts and whole numbers of ten digits and more are text cells, also when they are edited; other
    numbers, dates and times are what they are. A sheet has no time zones, so they stand in the headings, such
    as ``sms_sent_at (UTC)``. `read_contacts` reads the rows back, with their names and times as they were.

    Needs ``pip install "smsframe[excel]"``.

    Args:
        results: Any frame.
        path: The file, ``….xlsx``; it is replaced once all of the new one is on the disk.
        index: Whether to write the index; when not given, unless it is a plain RangeIndex.
        zone: The time zone of all times that have one, such as ``"Europe/Rome"``; when not given, each column
            stays in its own, which is UTC for those of smsframe.
        summary: Whether to add a sheet ``sms_summary``; when not given, if there are result columns.
        hashed: Whether ``sms_person``, a keyed hash, takes the place of ``sms_phone`` and of every column
            that holds the numbers: such files can be joined with each other, and have no numbers.

    Raises:
        ValueError: The name is not ``….xlsx``, the columns have several levels, there is no such time zone,
            or a sheet cannot hold so many rows (1,048,575) or columns (16,384), or a cell so long a text
            (32,767 characters).
        ContactsError: A summary is wanted, and the result columns are not as smsframe writes them.
        ImportError: XlsxWriter is not installed.
        OSError: The file cannot be written; there is the old one, if there was any.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "results.xlsx")
        >>> smsframe.to_excel(smsframe.results("spring", journal=journal), path)
        >>> smsframe.read_contacts(path)["sms_phone"].tolist()
        ['+393471234567']
    """
    if Path(path).suffix.lower() != ".xlsx":
        raise ValueError(f"rows are written as XLSX: name it {Path(path).with_suffix('.xlsx').name}")
    workbook.writer()  # before any work: whether it is installed
    place = None if zone is None else zone_named(zone)
    results = frame_without_views(results)
    written = hashed_results(results) if hashed else results
    rows = workbook.columns_of(kept_headings(flat(written, index=index)), place)
    tables = []
    if summary or (summary is None and "sms_status" in results.columns):
        found = summarise(results)
        parts = (found.to_frame(), found.reasons, found.countries)
        tables = [workbook.columns_of(flat(part, index=False)) for part in parts]
    with replaced(path) as new:
        beside = None if new == Path(path).resolve() else new.parent  # where there is room for the whole file
        with tempfile.TemporaryDirectory(dir=beside) as folder, new.open("wb") as file:
            workbook.write(file, rows, tables, folder)


@hide_frames
def to_parquet(
    results: pd.DataFrame, path: str | os.PathLike[str], *, index: bool | None = None, hashed: bool = False
) -> None:
    """
    Write a frame as Parquet: every column keeps its type, times keep their zones.

    What Parquet has no type for, such as a column of numbers and texts, is text. `read_contacts` and
    `pandas.read_parquet` read it.

    Args:
        results: Any frame.
        path: The file; it is replaced once all of the new one is on the disk.
        index: Whether to write the index; when not given, always, a RangeIndex as its three numbers.
        hashed: Whether ``sms_person``, a keyed hash, takes the place of ``sms_phone`` and of every column
            that holds the numbers: such files can be joined with each other, and have no numbers.

    Raises:
        ValueError: The name says that the file is something else, such as ``results.csv``, or columns have
            the same name or several levels.
        OSError: The file cannot be written; there is the old one, if there was any.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "results.parquet")
        >>> smsframe.to_parquet(smsframe.results("spring", journal=journal), path)
        >>> str(smsframe.read_contacts(path)["sms_sent_at"].dtype)
        'datetime64[us, UTC]'
    """
    suffix = Path(path).suffix.lower()
    if suffix in OTHER_FORMATS - {".parquet"} or suffix in (".csv", ".tsv", ".txt"):
        name = Path(path).with_suffix(".parquet").name
        raise ValueError(f"rows are written as Parquet, which {suffix} is not: name it {name}")
    results = frame_without_views(results)
    table = parquet_ready(hashed_results(results) if hashed else results)
    with replaced(path) as new:
        table.to_parquet(new, index=index, engine="pyarrow")


def write_as_named(frame: pd.DataFrame, path: str | os.PathLike[str], *, index: bool | None = None) -> None:
    """
    Write a frame as what the file's name says: ``….xlsx``, ``….parquet``, otherwise CSV.

    Raises:
        ValueError, ContactsError, ImportError, OSError: As `to_excel`, `to_parquet` and `to_csv`.
    """
    match Path(path).suffix.lower():
        case ".xlsx":
            to_excel(frame, path, index=index)
        case ".parquet":
            to_parquet(frame, path, index=index)
        case _:
            to_csv(frame, path, index=index)


def _refuse_other_format(path: str | os.PathLike[str]) -> None:
    """
    Refuse a name that says that the file is another format than CSV.

    Raises:
        ValueError: It does; says which name would do.
    """
    name = Path(path)
    kind = name.suffix.lower()
    if kind in OTHER_FORMATS:
        other = {".xlsx": "to_excel", ".parquet": "to_parquet"}.get(kind)
        raise ValueError(
            f"rows are written as CSV, which {name.suffix} is not: name it {name.with_suffix('.csv').name}"
            + (f", or use {other}" if other else ", which spreadsheets open too")
        )
