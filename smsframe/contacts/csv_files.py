"""
Text files of separated cells, as spreadsheets and databases export them.

Encoding, delimiter and quotes are found, unless they are given, and what cannot be read without losing
something is refused: a table that was read wrongly texts the wrong people. By hand, because `csv.Sniffer` and
detectors of encodings give their best guess, and this must know or refuse.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import sys
import warnings
from collections import defaultdict
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from smsframe.arrow import is_text
from smsframe.errors import ContactsError
from smsframe.masking import mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from smsframe.contacts.file_limits import Limits

SAMPLE = 65_536
"""Characters looked at to find the delimiter and the quotes."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESS = "cp1252"  # what spreadsheets on Windows write when they do not say UTF-8
_MISREAD = re.compile("Ã[^\x00-\x7fÀ-ÿ]")  # an accented letter of UTF-8, read as cp1252

_READ_AS = pd.ArrowDtype(pa.large_string())  # which newer pandas reads seven times as fast as its own strings

_DELIMITERS = "\t|;,"  # the rarer in prose first: where two fit alike, the comma is the one inside of texts
_NO_DELIMITER = "\x1f"  # of a file with one column: no text has it, so that commas stay in their cells
_FEW = 3  # lines, of which all but the first agree, so that the first must be a title

_DECLARED = re.compile(r"""["']?sep=(.)["']?\s*""")  # the first line that spreadsheets write for each other
_SINGLE_QUOTED = re.compile(r"'[^']*'(?:[\t|;,]'[^']*')*\s*")
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
    encoding, rows = _encoding(file, limits, encoding, encoding_errors)
    file.seek(0)
    with io.TextIOWrapper(file, encoding, encoding_errors, newline="") as text:
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
        types: defaultdict[str, Any] = defaultdict(lambda: _READ_AS, dtype or {})
        found = _table(text, name, 2 if declared else 1, sep=sep, dtype=types, **options)
    columns = {
        place: pd.array(pa.array(column), dtype="string[pyarrow]")
        if label not in (dtype or {}) and (is_text(column.dtype) or column.empty)
        else column
        for place, (label, column) in enumerate(found.items())
    }
    return pd.DataFrame(columns, index=found.index).set_axis(found.columns, axis=1)


def _table(text: IO[str], name: str, first: int, **options: Any) -> pd.DataFrame:
    """The table as pandas reads it, whose first line is the ``first`` of the file."""
    # index_col: else a first row with more cells than the heading would shift all columns by one.
    told = {"keep_default_na": False, "na_values": [""], "index_col": False, **options}
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "Length of header or names", pd.errors.ParserWarning)
            warnings.filterwarnings("ignore", "Both a converter and dtype", pd.errors.ParserWarning)
            found: pd.DataFrame = pd.read_csv(text, **told)
    except pd.errors.ParserWarning:
        raise ContactsError(
            f"{name} has more cells in its first row than in its heading: correct it, or say sep="
        ) from None
    except pd.errors.EmptyDataError:
        raise ContactsError(f"{name} is empty") from None
    except ValueError as error:
        raise ContactsError(f"{name} cannot be read as a table: {_why(error, first)}") from None
    return found


def _encoding(file: IO[bytes], limits: Limits, given: str | None, errors: str) -> tuple[str, int]:
    """The encoding of the whole file, and its lines; it is looked through, but never in memory at once."""
    name = limits.name
    head = file.read(4)
    marked = [encoding for mark, encoding in _MARKS if head.startswith(mark)]
    for encoding in [given] if given else marked[:1] or ["utf-8", _GUESS]:
        try:
            text = _decoded(file, limits, encoding, errors)
            lines = _look_through(text, limits, guessed=not given and encoding == _GUESS)
        except LookupError:
            break
        except UnicodeError:
            continue
        return encoding, lines
    tried = given or next(iter(marked), None)
    said = f"is not in encoding {tried!r}" if tried else "is neither UTF-8 nor Windows' cp1252"
    raise ContactsError(f"{name} {said}: say encoding=")


def _decoded(file: IO[bytes], limits: Limits, encoding: str, errors: str) -> Iterator[str]:
    "".encode(encoding)  # raises for what is no encoding of texts, such as base64
    file.seek(0)
    return codecs.iterdecode(limits.chunks(file), encoding, errors)


def _look_through(text: Iterator[str], limits: Limits, *, guessed: bool) -> int:
    """How many lines there are; refuses what is no text in this encoding, and lines without end."""
    name, blank = limits.name, True
    lines = run = 0
    for part in text:
        if "\0" in part:  # older pandas cuts a cell there
            raise ContactsError(
                f"{name} has null characters, so it is damaged, or no text in this encoding: say encoding=, "
                "such as 'utf-16-le'"
            )
        if guessed and _MISREAD.search(part):
            raise ContactsError(
                f"{name} is UTF-8 in one place and not in another: save it again in one encoding, or say "
                "encoding= and look at the names"
            )
        blank = blank and not part.strip("\ufeff \t\r\n")
        end = "\n" if "\n" in part else "\r"
        first = part.find(end)
        limits.check_run(run + (len(part) if first < 0 else first), "a line")
        run = run + len(part) if first < 0 else len(part) - part.rfind(end)
        lines += part.count(end)
    if blank:
        raise ContactsError(f"{name} is empty")
    return lines + 1


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


def _why(error: ValueError, first: int) -> str:
    """What pandas says, without numbers; lines are counted from 1, the heading's."""
    said = str(error).strip()
    if found := _LONG_ROW.search(said):
        expected, line, saw = map(int, found.groups())
        return f"line {line + first - 1:,} has {saw:,} cells instead of {expected:,}"
    if found := _OPEN_QUOTE.search(said):
        line = int(found[1]) + first
        return f"the quotation mark in line {line:,} is never closed; if it is none, say quoting=3"
    return mask(said.splitlines()[0])
