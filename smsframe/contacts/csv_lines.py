"""
The lines of a text file of cells: which have nothing in them, and in which a row begins.
"""

from __future__ import annotations

import csv
import sys
from contextlib import contextmanager, suppress
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from smsframe.contacts.file_rows import heading_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def blank_rows(text: IO[str], sep: str, options: Mapping[str, Any]) -> list[int]:
    """
    The rows of the file, from 0, that have nothing in them; the file is where it was afterwards.

    pandas could skip them, and then loses the first cell of the next row where that is empty and the blank
    line ends in a carriage return: all its cells are then in the wrong columns.
    """
    start, skipped = text.tell(), options.get("skiprows") or 0
    for _ in range(skipped):
        text.readline()
    lines = _Lines(text)
    with _any_length():
        # By its line: a cell of spaces in quotation marks is a cell.
        blank = [
            skipped + place
            for place, row in enumerate(_reader(lines, sep, options))
            if len(row) <= 1 and not lines.last.strip(" \t\r\n")
        ]
    text.seek(start)
    return blank


def line_of(text: IO[str], row: int, sep: str, options: Mapping[str, Any]) -> int:
    r"""
    The line in which a row begins, both from 1 and from where the file is; a cell may have several lines.

    Example:
        >>> import io
        >>> line_of(io.StringIO('name,mobile\n"Ada\nLovelace",1\nBea,2\n', newline=""), 3, ",", {})
        4
    """
    if len(sep) != 1:  # a pattern
        return row
    rows = _reader(text, sep, options)
    with _any_length(), suppress(csv.Error):  # what is too damaged to have rows
        for _ in islice(rows, row - 1):
            pass
    return max(int(rows.line_num) + 1, row)


def _reader(lines: Iterable[str], sep: str, options: Mapping[str, Any]) -> Any:
    """Python's reader of such a file."""
    quote = None if options.get("quoting") == csv.QUOTE_NONE else options.get("quotechar", '"')
    return csv.reader(
        lines,
        delimiter=sep,
        quotechar=quote,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        escapechar=options.get("escapechar"),
        doublequote=options.get("doublequote", True),
        skipinitialspace=bool(options.get("skipinitialspace")),
    )


@contextmanager
def _any_length() -> Iterator[None]:
    """While cells may be longer than Python's reader takes otherwise."""
    before = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(before)


class _Lines:
    """The lines of a file, and the last one that was read."""

    def __init__(self, text: IO[str]) -> None:
        self._text, self.last = text, ""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        self.last = next(self._text)
        return self.last


def with_blank_lines(options: Mapping[str, Any], blank: list[int]) -> tuple[dict[str, Any], int]:
    """
    The options with which pandas reads blank lines as rows, under the same heading.

    Returns:
        The options, and the row of the file, from 0, that is the first below the heading.
    """
    changed = dict(options) if not blank else {n: value for n, value in options.items() if n != "nrows"}
    changed["skip_blank_lines"] = False
    heading, present = heading_row(options), set(blank)
    row = skipped = options.get("skiprows") or 0
    left = heading or 0
    while left or row in present:
        left -= row not in present
        row += 1
    if heading is None:  # else a blank line would say how many columns there are
        changed["skiprows"] = row
        return changed, row
    changed["header"] = row - skipped
    return changed, row + 1
