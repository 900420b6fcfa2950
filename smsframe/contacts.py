"""
Read contact files so that numbers stay text, and suppression lists whatever they come as.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe import phones
from smsframe.errors import ContactsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SAMPLE = 65_536
"""Characters looked at to find the delimiter."""


def read_contacts(
    path: str | os.PathLike[str],
    *,
    sep: str | None = None,
    encoding: str | None = None,
    dtype: Mapping[str, Any] | None = None,
    **options: Any,
) -> pd.DataFrame:
    """
    Read a CSV file of contacts; every column is text unless ``dtype=`` says otherwise.

    `pandas.read_csv` turns ``+39347…`` into the integer ``39347…``, and into ``39347….0`` when one number is
    missing. Here nothing is turned into anything: leading zeros and plus signs stay, ``NA`` and ``nan`` are
    words, and only empty cells are missing.

    Args:
        path: The file.
        sep: The delimiter; found out of ``, ; | tab`` when not given.
        encoding: Of the file; UTF-8 (with or without a mark), UTF-16 with a mark, or else Windows' cp1252.
        dtype: Columns that are not text, such as ``{"age": "Int64"}``.
        options: Anything else `pandas.read_csv` takes.

    Returns:
        One row per line of the file, RangeIndex, columns of dtype ``string``.

    Raises:
        ContactsError: The file is empty, or cannot be read with this encoding or delimiter.
        FileNotFoundError: There is no such file.

    Example:
        >>> contacts = smsframe.read_contacts("data/samples/guests.csv")
        >>> contacts["mobile"].dtype == "string"
        True
    """
    raw = Path(path).read_bytes()
    encoding = encoding or _encoding(raw)
    try:
        text = raw.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        raise ContactsError(f"{os.fspath(path)} is not in encoding {encoding!r}: say encoding=") from None
    if not text.strip("\ufeff \t\r\n"):
        raise ContactsError(f"{os.fspath(path)} is empty")
    types: defaultdict[str, Any] = defaultdict(lambda: "string[pyarrow]", dtype or {})
    told = {"keep_default_na": False, "na_values": [""], "encoding": encoding, **options}
    try:
        read: pd.DataFrame = pd.read_csv(path, sep=sep or _delimiter(text[:SAMPLE]), dtype=types, **told)
    except pd.errors.ParserError as error:
        raise ContactsError(f"{os.fspath(path)} cannot be read as a table: {_first_line(error)}") from None
    return read


def suppression(
    source: pd.DataFrame | pd.Series[Any] | str | os.PathLike[str] | Iterable[Any],
    region: str | None = None,
) -> pd.Index[str]:
    """
    The numbers nobody may text, in E.164.

    Any number that could be a person's counts, mobile or not. A line that cannot be read as a number could
    be somebody who said stop, so it is an error, not something to pass over.

    Args:
        source: A frame (its phone column is found by content), a series, a file, or a list of numbers.
        region: ISO code of the country of numbers in national form.

    Raises:
        ContactsError: A line cannot be read; ``failures`` has them.
    """
    if isinstance(source, str | os.PathLike):
        source = read_contacts(source, header=None)
    if isinstance(source, pd.DataFrame):
        source = _column(source)
    column: pd.Series[Any] = pd.Series(list(source), dtype=object)
    read = phones.read(column, region, "possible")
    bad = read["code"].notna() & ~read["code"].eq("missing")
    if len(column) and bad.iloc[0] and read["code"].iloc[0] in ("letters", "not_a_number"):
        bad.iloc[0] = False  # a heading
    if bad.any():
        raise ContactsError(
            f"{int(bad.sum()):,} lines of the suppression list cannot be read as numbers "
            f"({', '.join(sorted(read.loc[bad, 'code'].unique()))}): correct them, in international form; "
            "nothing was sent",
            failures=read.loc[bad, ["code", "reason"]].assign(line=column[bad]),
        )
    found: pd.Index[str] = pd.Index(read["phone"].dropna().unique().astype(object))
    return found


def _column(frame: pd.DataFrame) -> pd.Series[Any]:
    likely = [place for place in range(frame.shape[1]) if phones.looks_like_phones(frame.iloc[:, place])]
    if len(likely) != 1 and frame.shape[1] != 1:
        raise ContactsError(
            f"{len(likely)} columns of the suppression list look like phone numbers: pass the one to use"
        )
    return frame.iloc[:, likely[0] if likely else 0]


def _encoding(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "cp1252"  # what spreadsheets on Windows write when they do not say UTF-8
    return "utf-8-sig"


def _delimiter(sample: str) -> str:
    """The delimiter of the first lines; a file of one column has none, and a comma does no harm."""
    whole_lines = sample[: sample.rfind("\n") + 1] or sample
    try:
        return csv.Sniffer().sniff(whole_lines, delimiters=",;\t|").delimiter
    except csv.Error:
        return ","


def _first_line(error: Exception) -> str:
    return phones.mask(str(error).strip().splitlines()[0])
