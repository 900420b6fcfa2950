"""
Read contact files so that numbers stay text: CSV, XLSX and Parquet, recognised by their content.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Mapping
from numbers import Integral
from pathlib import Path
from typing import IO, Any, cast

import pandas as pd

from smsframe.contacts import csv_files, parquet_files, xlsx_files
from smsframe.contacts.file_kinds import GZIP, kind_of, require_text
from smsframe.contacts.file_limits import Limits
from smsframe.contacts.file_rows import shortened
from smsframe.contacts.spreadsheet_errors import errors_as_missing
from smsframe.errors import ContactsError
from smsframe.masking import mask
from smsframe.phones.likeness import looks_like_phones

_HEAD = 512
_TAIL = 4096  # bytes in which the last line may be

_FEWEST = 9
"""Characters of a phone number in a heading, of its digits and a plus; a date has 8."""


def read_contacts(
    path: str | os.PathLike[str],
    *,
    sep: str | None = None,
    encoding: str | None = None,
    sheet: str | int | None = None,
    dtype: Mapping[str, Any] | None = None,
    max_bytes: int | None = None,
    max_cells: int | None = None,
    **options: Any,
) -> pd.DataFrame:
    """
    Read a file of contacts: CSV (also gzipped), XLSX or Parquet, whatever its name ends in.

    `pandas.read_csv` turns ``+39347…`` into the integer ``39347…``, and into ``39347….0`` when one number is
    missing. Here nothing is turned into anything: leading zeros and plus signs stay, ``NA`` and ``nan`` are
    words, and only empty cells are missing.

    In a workbook, numbers are the digits that are stored, whatever is displayed; where digits are lost they
    are scientific notation, which no one takes for a phone number. Dates are ISO dates, and a number that is
    formatted as a date and is none stays a number. Formulas are their last values; of merged cells the first
    has the value. Rows that a filter hides are read, and a warning says how many. The columns of a Parquet
    file keep the types they have, and a gap does not turn integers into floats.

    Of columns with the same heading the later ones get a number, ``name.1``, and a warning says so.

    Errors of spreadsheets (``#N/A``, ``#REF!``, …) are missing in every column of text, and a warning says
    how many there were.

    A small file can unpack to more than fits into memory, so it is measured first, and refused when it is
    larger than ``max_bytes`` or ``max_cells``. A million rows of thirty columns are far below both.

    Args:
        path: The file.
        sep: The delimiter of a CSV file; found out of ``, ; | tab`` when not given.
        encoding: Of a CSV file; UTF-8 (with or without a mark), UTF-16 with a mark, or else Windows' cp1252.
        sheet: The sheet of a workbook, by name or by position from 0; needed when several visible ones have
            something in them.
        dtype: Columns that are not text, such as ``{"age": "Int64"}``.
        max_bytes: Bytes that the file may have, unpacked; a line, or a row of a workbook, a 64th of them.
            Else ``SMSFRAME_MAX_BYTES``, else a gigabyte (2**30).
        max_cells: Rows times columns at most, where a column counts as 3,000 cells at least. Else
            ``SMSFRAME_MAX_CELLS``, else 50 million.
        options: Anything else that `pandas.read_csv` takes, for workbooks too, ``usecols`` there also as
            ``"A:C"``; of a Parquet file, that `pyarrow.parquet.read_table` takes.

    Returns:
        One row per row of the file but for empty ones at its end (of a text file only if the last one has no
        quotation marks), RangeIndex, columns of dtype ``string``;
        headings are without spaces around them. A Parquet file keeps its index and dtypes.

    Raises:
        ContactsError: The file is empty, is no table, or cannot be read without losing something: mixed
            encodings, a row longer than the heading, several sheets to choose from. Or it is a folder, or
            larger than ``max_bytes`` or ``max_cells``.
        FileNotFoundError: There is no such file.

    Example:
        >>> contacts = smsframe.read_contacts("data/samples/guests.csv")
        >>> contacts["mobile"].dtype == "string"
        True
    """
    frame = read_as_written(
        path,
        sep=sep,
        encoding=encoding,
        sheet=sheet,
        dtype=dtype,
        max_bytes=max_bytes,
        max_cells=max_cells,
        **options,
    )
    return errors_as_missing(frame)


def _require_heading(frame: pd.DataFrame, name: str, options: Mapping[str, Any]) -> None:
    """Refuse a first row with a phone number in it: as a heading that person would be lost."""
    if options.get("header", "infer") != "infer" or "names" in options:
        return
    labels = [label for label in frame.columns if isinstance(label, str)]
    long = [label for label in labels if sum(sign.isdigit() or sign == "+" for sign in label) >= _FEWEST]
    if any(looks_like_phones(pd.Series([label])) for label in long):
        raise ContactsError(
            f"{name} has no heading: a phone number is in its first row. Write the names of the columns "
            "above it, or say header=None and names=[...]; or header=0 if it is a heading all the same"
        )


def read_as_written(
    path: str | os.PathLike[str],
    *,
    sep: str | None = None,
    encoding: str | None = None,
    sheet: str | int | None = None,
    dtype: Mapping[str, Any] | None = None,
    max_bytes: int | None = None,
    max_cells: int | None = None,
    **options: Any,
) -> pd.DataFrame:
    """
    As `read_contacts`, but the errors of spreadsheets stay words.

    For opt-out lists: where a cell says ``#N/A``, there may have been somebody who said stop.
    """
    name = str(os.fspath(path))
    limits = Limits.of(name, max_bytes, max_cells)
    _require_types(sep, encoding, sheet, dtype)
    if not name.strip():
        raise ContactsError("no file is named: its name is empty")
    if Path(path).is_dir():
        raise ContactsError(f"{name} is a folder: name a file in it")
    with Path(path).open("rb") as file:
        head = file.read(_HEAD)
        file.seek(0)
        kind = kind_of(file, head, name)
        file.seek(0)
        for word, given, at_home in (
            ("sep", sep, "CSV"),
            ("encoding", encoding, "CSV"),
            ("sheet", sheet, "XLSX"),
        ):
            if given is not None and kind != at_home:
                raise ContactsError(f"{name} is {kind}, which has no {word}=")
        if kind == "Parquet":
            return parquet_files.read(file, limits, dtype=dtype, **options)
        keep_empty = kind == "CSV" and not head.startswith(GZIP) and _ends_in_quotes(file)
        file.seek(0)
        try:
            if kind == "XLSX":
                frame = xlsx_files.read(
                    file,
                    limits,
                    sheet=int(sheet) if isinstance(sheet, Integral) else sheet,
                    dtype=dtype,
                    **options,
                )
            elif head.startswith(GZIP):
                with gzip.open(file) as unpacked:
                    require_text(unpacked.read(_HEAD), name)
                    unpacked.seek(0)
                    frame = csv_files.read(
                        cast("IO[bytes]", unpacked),
                        limits,
                        sep=sep,
                        encoding=encoding,
                        dtype=dtype,
                        **options,
                    )
            else:
                frame = csv_files.read(file, limits, sep=sep, encoding=encoding, dtype=dtype, **options)
        except (gzip.BadGzipFile, zlib.error, EOFError):
            raise ContactsError(f"{name} is gzipped, and damaged") from None
        except MemoryError:  # a machine may have less than the limits allow
            raise ContactsError(
                f"{name} does not fit into this machine's memory: read fewer columns with usecols="
            ) from None
    _require_heading(frame, name, options)
    return _tidy(frame, keep_empty=keep_empty)


def _require_types(sep: object, encoding: object, sheet: object, dtype: object) -> None:
    """Refuse what pandas or Python would take for something else, or say in their own words."""
    for name, value, right, what in (
        ("dtype", dtype, isinstance(dtype, Mapping | None), "a dict of the columns that are not text"),
        (
            "sheet",
            sheet,
            isinstance(sheet, str | Integral | None) and not isinstance(sheet, bool),
            "the name of a sheet, or its position from 0",
        ),
        ("encoding", encoding, isinstance(encoding, str | None), "the name of an encoding, such as 'utf-8'"),
        ("sep", sep, isinstance(sep, str | None), "the delimiter, such as ';'"),
    ):
        if not right:
            raise TypeError(f"{name} must be {what}, not {mask(repr(value))}")


def _ends_in_quotes(file: IO[bytes]) -> bool:
    """Whether the last line has quotation marks: ``"",""`` is meant as a row, unlike ``,,``."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - _TAIL, 0))
    return b'"' in file.read().rstrip(b"\r\n\0 \t").rpartition(b"\n")[2]


def _tidy(frame: pd.DataFrame, *, keep_empty: bool) -> pd.DataFrame:
    """The table without spaces around its headings, and without empty rows at its end unless kept."""
    headings = [label.strip() if isinstance(label, str) else label for label in frame.columns]
    if len({*headings}) == len(headings) and frame.columns.nlevels == 1:
        frame = frame.set_axis(headings, axis=1)
    if keep_empty:
        return frame
    filled = frame.notna().any(axis=1).to_numpy().nonzero()[0]
    return shortened(frame, int(filled[-1]) + 1 if len(filled) else 0)
