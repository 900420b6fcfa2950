"""
Text files of separated cells, as spreadsheets and databases export them.

Encoding, delimiter and quotes are found, unless they are given, and what cannot be read without losing
something is refused: a table that was read wrongly texts the wrong people. By hand, because `csv.Sniffer` and
detectors of encodings give their best guess, and this must know or refuse.
"""

from __future__ import annotations

import csv
import io
import re
import sys
import warnings
from collections import Counter, defaultdict, deque
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, cast

import pandas as pd
import pyarrow as pa

from smsframe.arrow import is_text
from smsframe.contacts.csv_encoding import overview
from smsframe.contacts.csv_exports import as_exported
from smsframe.contacts.csv_lines import blank_rows, line_of, with_blank_lines
from smsframe.contacts.csv_quotes import refuse_misread_quotes
from smsframe.contacts.file_rows import first_row, heading_row, remember_rows
from smsframe.errors import ContactsError, warn
from smsframe.masking import mask
from smsframe.texts.spreadsheet_errors import ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from smsframe.contacts.file_limits import Limits

SAMPLE = 65_536
"""Characters looked at to find the delimiter and the quotes."""

_LAYOUT = {
    *("sep", "header", "names", "skiprows", "nrows", "skip_blank_lines", "skipinitialspace", "comment"),
    *("quotechar", "quoting", "doublequote", "escapechar", "lineterminator", "on_bad_lines", "engine"),
    "skipfooter",
}
"""Options that say which cells a file has."""
_PART = 100_000  # rows

_READ_AS = pd.ArrowDtype(pa.large_string())  # which newer pandas reads seven times as fast as its own strings

_DELIMITERS = "\t|;,"  # the rarer in prose first: where two fit alike, the comma is the one inside of texts
_NO_DELIMITER = "\x1f"  # of a file with one column: no text has it, so that commas stay in their cells
_WIDEST = 2**14  # columns, as a sheet may have
_FEW = 3  # lines, of which all but the first agree, so that the first must be a title

_DECLARED = re.compile(r"""["']?sep=(.)["']?\s*""")  # the first line that spreadsheets write for each other
_SINGLE_QUOTED = re.compile(r"'[^']*'(?:[\t|;,]'[^']*')*\s*")
_HEADING_OF_OURS = re.compile(r'"(?:[^"]|"")*"(?:[\t|;,]"(?:[^"]|"")*")*\r\n')
_ERRORS = [f"{left}{error}{right}" for error in ERRORS for left in ("", " ") for right in ("", " ")]
_LONG_ROW = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")
_OPEN_QUOTE = re.compile(r"EOF inside string starting at row (\d+)")


def read(
    file: IO[bytes],
    limits: Limits,
    *,
    sep: str | None,
    encoding: str | None,
    dtype: Mapping[str, Any] | None,
    encoding_errors: str = "strict",
    **options: Any,
) -> pd.DataFrame:
    """
    Read a text file of separated cells; every column is text but those of ``dtype``.

    Args:
        file: The file, opened; uncompressed.
        limits: What it may hold.
        sep: The delimiter, or None to find it.
        encoding: The encoding, or None to find it.
        dtype: Columns that are not text.
        encoding_errors: As `pandas.read_csv` takes it.
        options: Anything else that it takes.

    Raises:
        ContactsError: It is empty, holds more than it may, or cannot be read without losing something.
        TypeError: pandas does not take such an option, or would not give one frame.
    """
    if {"chunksize", "iterator"} & options.keys():
        raise TypeError("read_contacts gives one frame, not parts: leave out chunksize= and iterator=")
    name = limits.name
    seen = overview(file, limits, encoding, encoding_errors)
    rows = seen.lines
    file.seek(0)
    with io.TextIOWrapper(file, seen.encoding, encoding_errors, newline="") as text:
        head = text.read(SAMPLE)
        rest = "" if len(head.splitlines()) > 1 else text.readline()  # of a heading longer than the sample
        text.seek(0)
        declared = _DECLARED.fullmatch(head.splitlines()[0])
        if declared:
            head = head[len(text.readline()) :]
            sep = sep or declared[1]
        lines = _lines(head, options)
        if not {"quotechar", "quoting"} & options.keys() and _SINGLE_QUOTED.fullmatch("".join(lines[:1])):
            options["quotechar"] = "'"
        quote = options.get("quotechar", '"')
        sep = sep or _delimiter(lines, name, quote)
        if lines:
            width = _width(lines[0] + rest, sep)
            if rows * width > limits.cells:  # a cell may have several lines
                rows = min(rows, _rows(text, sep, quote))
                text.seek(0)
                if declared:
                    text.readline()
            limits.check_cells(rows, width)
        if seen.quotes or quote != '"':
            start = text.tell()
            refuse_misread_quotes(text, limits, sep, options, 2 if declared else 1)
            text.seek(start)
        first, blank, wanted = first_row(options), [], options.get("nrows")
        top = first or 0
        # Python's parser takes a row of one empty cell in quotation marks for a blank line.
        own = seen.blank_lines or seen.indented_after_return
        if own and first is not None and options.get("skip_blank_lines", True) and len(sep) == 1:
            blank = blank_rows(text, sep, options)
            options, top = with_blank_lines(options, blank)
        # The fast parser of pandas 2 reads what is not there after a carriage return and a space.
        options = {"engine": "python" if seen.indented_after_return else None} | options
        begin = 2 if declared else 1
        _refuse_long_rows(text, name, begin, sep=sep, **options)
        frame = table(text, name, begin, dtype=dtype, sep=sep, **options)
    if blank and first is not None:
        frame = frame.drop(frame.index[[row - top for row in blank if top <= row < top + len(frame)]])
        frame = frame.reset_index(drop=True).iloc[:wanted]
    frame = as_exported(frame, like_ours=seen.encoding == "utf-8-sig" and bool(_HEADING_OF_OURS.match(head)))
    remember_rows(frame, first, blank)
    return frame


def _refuse_long_rows(text: IO[str], name: str, first: int, **options: Any) -> None:
    """
    Refuse a row longer than the heading where pandas would not: it counts no cells if it reads some columns.

    All columns are read, part by part, and nothing is kept; the file is where it was afterwards.
    """
    chosen, names = options.get("usecols"), options.get("names")
    if (chosen is None and "index_col" not in options) or options.get("engine") == "pyarrow":
        return  # it is counted anyway
    layout = {option: value for option, value in options.items() if option in _LAYOUT}
    if isinstance(header := options.get("header"), list | tuple):  # of several rows
        layout["header"] = header[0]
    if chosen is not None:
        layout.pop("on_bad_lines", None)  # pandas does not do it either
        if names is not None and not callable(chosen) and len([*names]) == len([*chosen]):
            if options.get("header", "infer") == "infer":
                layout["header"] = None
            del layout["names"]  # those of the chosen columns
    if not options.get("skipfooter"):  # which pandas cannot leave out part by part
        layout["chunksize"] = _PART
    start = text.tell()
    _parsed(text, name, first, dtype=defaultdict(lambda: _READ_AS), **layout)
    text.seek(start)


def table(
    text: IO[str] | IO[bytes], name: str, first: int = 1, *, dtype: Mapping[str, Any] | None, **options: Any
) -> pd.DataFrame:
    """
    The table as pandas reads it, every column as text but those of ``dtype``.

    Args:
        text: The file, opened.
        name: What its errors call it.
        first: The line of the file that the table begins with.
        dtype: Columns that are not text.
        options: Anything else that `pandas.read_csv` takes.

    Raises:
        ContactsError: It cannot be read without losing something.
    """
    types: defaultdict[str, Any] = defaultdict(lambda: _READ_AS, dtype or {})
    start = text.tell()
    try:
        frame = _parsed(text, name, first, dtype=types, **options)
    except ContactsError:
        if not dtype or "na_values" in options:
            raise
        # A column of numbers in which a spreadsheet has written an error.
        text.seek(start)
        frame = _parsed(text, name, first, dtype=types, **options, na_values=["", *_ERRORS])
        warn(
            f"cells of {name} in which a spreadsheet has written an error, such as {ERRORS[0]}, are read as "
            "missing; correct the formulas if the values are needed",
        )
    _warn_of_same_headings(frame, text, start, name, options)
    columns = {
        place: pd.array(pa.array(column), dtype="string[pyarrow]")
        if label not in (dtype or {}) and (is_text(column.dtype) or column.empty)
        else column
        for place, (label, column) in enumerate(frame.items())
    }
    return pd.DataFrame(columns, index=frame.index).set_axis(frame.columns, axis=1)


def _warn_of_same_headings(
    frame: pd.DataFrame, text: IO[str] | IO[bytes], start: int, name: str, options: Mapping[str, Any]
) -> None:
    """Say that columns have the same heading: pandas gives the later ones a number, ``name.1``."""
    heading = heading_row(options)
    labels = {label for label in frame.columns if isinstance(label, str)}
    if not any(label.rpartition(".")[0] in labels for label in labels):
        return
    if not isinstance(heading, int) or options.get("names") is not None:
        return
    text.seek(start)
    layout = {option: value for option, value in options.items() if option in _LAYOUT}
    # As many columns as a row may have, so that rows above the heading may be shorter or longer.
    layout |= {"header": None, "names": range(_WIDEST), "nrows": heading + 1, "skipfooter": 0}
    above = pd.read_csv(text, **layout, dtype=str, keep_default_na=False, index_col=False)
    cells = Counter(above.iloc[-1].dropna())
    same = [cell for cell, times in cells.items() if times > 1 and f"{cell}.1" in labels]
    if same:
        warn(
            f"{name} has several columns with the heading {mask(', '.join(map(repr, same)))}: the second is "
            "read with .1 behind its name; give each a name of its own"
        )


def _parsed(text: IO[str] | IO[bytes], name: str, first: int, **options: Any) -> pd.DataFrame:
    """What pandas makes of the file, or why it makes nothing of it."""
    # index_col: else a first row with more cells than the heading would shift all columns by one.
    settings = {"keep_default_na": False, "na_values": [""], "index_col": False, **options}
    start = text.tell()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "Length of header or names", pd.errors.ParserWarning)
            warnings.filterwarnings("ignore", "Both a converter and dtype", pd.errors.ParserWarning)
            frame: pd.DataFrame = pd.read_csv(text, **settings)
            if "chunksize" in options:
                deque(frame, maxlen=0)  # only to see that it can be read
    except pd.errors.ParserWarning:
        row = (
            "a row" if options.get("engine") == "python" else "its first row"
        )  # pandas 2.2 does not say which
        raise ContactsError(
            f"{name} has more cells in {row} than in its heading: correct it, or say sep="
        ) from None
    except pd.errors.EmptyDataError:
        raise ContactsError(f"{name} is empty") from None
    except ValueError as error:

        def line(row: int) -> int:
            text.seek(start)
            return line_of(cast("IO[str]", text), row, options["sep"], options) + first - 1

        raise ContactsError(f"{name} cannot be read as a table: {_why(error, line)}") from None
    return frame


def _lines(head: str, options: Mapping[str, Any]) -> list[str]:
    """The lines of the head from the heading on, without one that was cut off."""
    lines = head.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(head) >= SAMPLE and len(lines) > 1:
        del lines[-1]
    for option in ("skiprows", "header"):
        skipped = options.get(option)
        lines = lines[skipped if isinstance(skipped, int) else 0 :]
    return [f"{line}\n" for line in lines if line.strip()]


def _width(heading: str, sep: str) -> int:
    """How many columns pandas will make at most; a delimiter of several characters is a pattern to it."""
    if len(sep) == 1:
        return heading.count(sep) + 1
    with suppress(re.error):
        return len(re.split(sep, heading))
    return 1  # which it refuses


def _rows(text: IO[str], sep: str, quote: str | None) -> int:
    """The rest of the rows, read one by one: only the rules of quotes tell what ends one."""
    try:
        return sum(1 for _ in csv.reader(text, delimiter=sep, quotechar=quote))
    except (csv.Error, TypeError):  # more in a cell than this reader takes, or a pattern for a delimiter
        return sys.maxsize


def _delimiter(lines: list[str], name: str, quote: str) -> str:
    """The delimiter that cuts the most lines as it cuts the heading."""
    widths = {
        mark: [len(row) for row in csv.reader(lines, delimiter=mark, quotechar=quote)] for mark in _DELIMITERS
    }
    fitting = {mark: wide.count(wide[0]) / len(wide) for mark, wide in widths.items() if wide and wide[0] > 1}
    if fitting:
        return max(fitting, key=fitting.__getitem__)
    for wide in widths.values():
        if len(wide) >= _FEW and len({*wide[1:]}) == 1 and wide[-1] > 1:
            raise ContactsError(
                f"{name} has 1 cell in its first line and {wide[-1]} in the others: say skiprows= if the "
                "heading is further down, or sep="
            )
    return _NO_DELIMITER


def _why(error: ValueError, line_of_row: Callable[[int], int]) -> str:
    """What pandas says, without numbers; it counts rows, from 1, the heading's, and people count lines."""
    message = str(error).strip()
    if match := _LONG_ROW.search(message):
        expected, row, saw = map(int, match.groups())
        return f"line {line_of_row(row):,} has {saw:,} cells instead of {expected:,}"
    if match := _OPEN_QUOTE.search(message):
        line = line_of_row(int(match[1]) + 1)
        return f"the quotation mark in line {line:,} is never closed; if it is none, say quoting=3"
    return mask(message.splitlines()[0])
