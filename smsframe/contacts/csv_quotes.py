r"""
Quotation marks that pandas would misread, found in the whole file.

pandas takes a cell for quoted when it begins with a quotation mark, and reads on whatever follows the closing
one. ``"5\" screen"`` and ``Ada, "Rossi, Maria"`` come out garbled, sometimes in other columns: a name is then
texted to somebody else's number. Such a file is refused, with the line and the option that reads it.

A backslash before the last mark of a cell is no fault yet: ``"C:\dir\"`` is a cell. But where a mark after a
backslash is followed by a cell that has a mark without being in quotation marks, as in ``"5\", black",``,
backslashes stand before marks that are part of a cell: a program that doubles marks writes no such cell.
"""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING, Any

from smsframe.contacts.file_limits import CHUNK
from smsframe.errors import ContactsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsframe.contacts.file_limits import Limits

_QUOTE_NONE = 3  # of the csv module: quotation marks are characters like others


def refuse_misread_quotes(
    text: IO[str], limits: Limits, sep: str, options: Mapping[str, Any], first: int = 1
) -> None:
    """
    Refuse a file with a quotation mark that is neither doubled nor at the border of its cell.

    Args:
        text: The file, from the first line of the table on.
        limits: What it may hold.
        sep: The delimiter.
        options: Those of `pandas.read_csv`; with some of them quotation marks mean something else.
        first: The number of that line in the file.

    Raises:
        ContactsError: There is such a mark; the error says where, and how to read it.
    """
    quote, skipped = options.get("quotechar", '"'), options.get("skiprows") or 0
    if (
        len(sep) != 1
        or not isinstance(quote, str)
        or len(quote) != 1
        or options.get("quoting") == _QUOTE_NONE
    ):
        return
    if any(options.get(option) for option in ("escapechar", "comment")) or not options.get(
        "doublequote", True
    ):
        return  # the caller knows how the file is written
    if not isinstance(skipped, int):
        return  # what is skipped may have any marks
    cells = _Cells(sep, quote, spaced=bool(options.get("skipinitialspace")))
    for _ in range(skipped):
        text.readline()
    line, rest = first + skipped, ""
    while part := text.read(CHUNK):
        part = rest + part
        # Without any mark there is nothing to look for, and no cell goes on behind the end of its line.
        end = cells.end(part) if quote in part else max(part.rfind("\n"), part.rfind("\r")) + 1
        if part[:end].endswith("\r"):  # perhaps half of a line end
            end -= 1
        rest = part[end:]
        cells.check_escapes(part[:end], line, limits.name)
        line += _lines(part[:end])
        cells.check(rest, line, limits.name)
        limits.check_run(len(rest), "a cell, or a line,")
    rest = f"{rest}\n"
    cells.check_escapes(rest[: cells.end(rest)], line, limits.name)
    cells.check(rest, line, limits.name, last=True)


class _Cells:
    """Cells as pandas reads them without harm."""

    def __init__(self, sep: str, quote: str, *, spaced: bool) -> None:
        mark, space = re.escape(quote), "" if sep == " " else " *+"
        before = space if spaced else ""
        self._quoted = re.compile(f"{before}{mark}(?:[^{mark}]++|{mark}{mark})*+{mark}")
        unquoted = f"{space}(?!{mark})[^{re.escape(sep)}\r\n]*+"
        end = f"(?:{re.escape(sep)}|\r\n|\n|\r)"
        self._many = re.compile(f"(?:(?:{self._quoted.pattern}{space}|{unquoted}){end})*+")
        plain = f"{space}[^{re.escape(sep + quote)}\r\n]*+"
        self._as_usual = re.compile(f"(?:(?:{self._quoted.pattern}{space}|{plain}){end})*+")
        self._unquoted = re.compile(unquoted + end)
        self._escape_line = 0  # of the first mark after a backslash, once there was one
        self._spaced = re.compile(f" ++{mark}") if space and not spaced else None
        self._quote = quote

    def end(self, text: str) -> int:
        """Where the first cell begins that has no end yet, or that is not as it should be."""
        match = self._many.match(text)
        return match.end() if match else 0

    def check_escapes(self, cells: str, line: int, name: str) -> None:
        """Refuse whole cells in which marks seem to be escaped, also by what was before them."""
        first = -1 if self._escape_line else cells.find("\\" + self._quote)
        if first >= 0:
            self._escape_line = line + _lines(cells[:first])
        if not self._escape_line:
            return
        place = self._as_usual.match(cells)
        while place is not None and place.end() < len(cells):
            odd = self._unquoted.match(cells, place.end())
            if odd is None or odd.end() > first:  # the first is not to be: all of them are whole
                raise ContactsError(
                    f"{name} has a quotation mark after a backslash in line {self._escape_line:,}, and in "
                    f"line {line + _lines(cells[: place.end()]):,} a cell that has one without being in "
                    "quotation marks: say escapechar='\\\\' if a backslash stands before marks that are part "
                    "of a cell; if not, put that cell in quotation marks, and double those in it"
                )
            place = self._as_usual.match(cells, odd.end())

    def check(self, rest: str, line: int, name: str, *, last: bool = False) -> None:
        """Refuse a cell that is not as it should be; one without an end yet, but the last, may become so."""
        end = self.end(rest)
        line, rest = line + _lines(rest[:end]), rest[end:]
        if self._spaced and self._spaced.match(rest):
            raise ContactsError(
                f"{name} has a space before the quotation mark of a cell in line {line:,}: say "
                "skipinitialspace=True if the marks are around cells, or quoting=3 if they are part of them"
            )
        closed = self._quoted.match(rest)
        if closed and rest[closed.end() :].strip(" "):
            line += _lines(closed[0])
            if closed[0].endswith("\\" + self._quote):
                raise ContactsError(
                    f"{name} has a quotation mark after a backslash inside of a cell in line {line:,}: say "
                    "escapechar='\\\\' if a backslash stands before such marks"
                )
            raise ContactsError(
                f"{name} has a quotation mark inside of a cell in line {line:,} that is neither doubled nor "
                "at its end: double it, or say quoting=3 if the marks are part of the cells"
            )
        if last and not closed and rest.lstrip(" ").startswith(self._quote):
            raise ContactsError(
                f"{name} cannot be read as a table: the quotation mark in line {line:,} is never closed; if "
                "it is none, say quoting=3"
            )


def _lines(text: str) -> int:
    """How many lines end in a text, however they do."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")
