"""
The cells of one sheet, as columns of text.

Only cells with a value are kept, so a sheet that is formatted to its last row and column costs no memory. A
cell in the last row and column would make a table of 17 billion: rows times columns are counted as they grow.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import IO, TYPE_CHECKING

import pyarrow as pa

from smsframe.contacts.xlsx_parts import PartReader, local
from smsframe.contacts.xlsx_values import date, iso, number, unescaped
from smsframe.phones.spelling import FEWEST
from smsframe.texts.spreadsheet_errors import ERRORS

if TYPE_CHECKING:
    from smsframe.contacts.xlsx_parts import Workbook

ROWS = 2**20
"""The rows of a sheet (ECMA-376 sets no limit, spreadsheet programs do)."""


class SheetReader(PartReader):
    """
    Reads the rows of a sheet; a Python loop over cells, because a cell may hold anything.

    Args:
        book: What cells refer to.
        sample: Stop at the first row with a value, or after so many rows; None for the whole sheet.

    Attributes:
        columns: For each column from 0 the texts of its rows from 0, as far down as it has any.
        height: The rows down to the last one with a value.
        width: The columns up to the last one with a value.
        hidden: The rows, from 0, that have a value and that a spreadsheet does not show.
        fractions: For each column the rows, from 0, of numbers that have decimals, and digits enough for a
            phone number.
        uncalculated: Cells with a formula whose value was never stored: row and column, from 0.
    """

    def __init__(self, book: Workbook, sample: int | None = None) -> None:
        super().__init__(book.limits)
        self.columns: dict[int, list[str | None]] = {}
        self.height = self.width = 0
        self.hidden: list[int] = []
        self.uncalculated: list[tuple[int, int]] = []
        self.fractions: dict[int, list[int]] = {}
        self._book, self._sample = book, sample
        self._places: dict[str, int] = {}  # the letters of columns, as numbers
        self._text: list[str] = []
        self._collecting = self._in_row = self._in_phonetic = self._row_hidden = False
        self._row = self._column = -1
        self._rows = 0
        self._kind = self._style = ""
        self._formula = self._valued = False

    def run(self, part: IO[bytes]) -> None:
        """Read the sheet; see `PartReader.run`."""
        with suppress(_SampleReadError):
            super().run(part)

    def table(self) -> pa.Table:
        """The cells as a table of text, down and up to the last ones with a value."""
        blank = pa.nulls(self.height, pa.large_string())
        columns = []
        for place in range(self.width):
            values = self.columns.pop(place, None)
            if values is None:
                columns.append(blank)
                continue
            values.extend([None] * (self.height - len(values)))
            columns.append(pa.array(values, pa.large_string()))
        return pa.table(columns, [str(place) for place in range(len(columns))])

    def attach(self) -> None:
        """Tell the parser what to call."""
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "c":
            self._begin_cell(attributes)
        elif tag == "v":
            self._collecting = self._valued = True
        elif tag == "row":
            self._begin_row(attributes)
        elif tag == "t":
            self._collecting = not self._in_phonetic
        elif tag == "f":
            self._formula = True
        elif tag == "rPh":
            self._in_phonetic = True
        elif ":" in tag:
            self._begin(local(tag), attributes)

    def _data(self, text: str) -> None:
        if self._collecting:
            self._text.append(text)

    def _end(self, tag: str) -> None:
        if tag in ("v", "t"):
            self._collecting = False
        elif tag == "c":
            if self._text or self._formula:
                self._end_cell()
        elif tag == "row":
            self._in_row = False
        elif tag == "rPh":
            self._in_phonetic = False
        elif ":" in tag:
            self._end(local(tag))

    def _begin_row(self, attributes: dict[str, str]) -> None:
        if self._in_row:
            raise self.damaged("with a <row> where none belongs")
        self._in_row = True
        self.run_began = self.parser.CurrentByteIndex
        self._rows += 1
        at = attributes.get("r")
        self._row = self._row + 1 if at is None else _row_number(at) - 1
        if self._row < 0:  # it would count from the end, and be another row
            raise self.damaged("with a row that has no place")
        if max(self._row, self._rows - 1) >= ROWS:
            raise self.damaged(f"with more than {ROWS:,} rows")
        self._column = -1
        self._row_hidden = attributes.get("hidden") in ("1", "true") or _flat(attributes.get("ht"))
        if self._sample is not None and (self.height or self._row >= self._sample):
            raise _SampleReadError

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        at = attributes.get("r")
        if at is None:
            self._column += 1
        else:
            letters = at.rstrip("0123456789")
            column = self._places.get(letters)
            self._column = self._place(letters) if column is None else column
        self._kind = attributes.get("t", "n")
        self._style = attributes.get("s", "")
        self._formula = self._valued = False
        self._text.clear()

    def _place(self, letters: str) -> int:
        """The number of a column, from 0, of its letters."""
        column = 0
        if not letters:
            raise self.damaged("with a cell that has no place")
        for letter in letters.upper():
            if not "A" <= letter <= "Z" or column > ROWS:
                raise self.damaged("with a cell that has no place")
            column = column * 26 + ord(letter) - 64
        self._places[letters] = column - 1
        return column - 1

    def _end_cell(self) -> None:
        stored = "".join(self._text)
        text = self._read(stored)
        calculated = bool(stored) if self._kind == "n" else self._valued
        if self._formula and self._kind == "n" and self._book.recalculate and _is_zero(stored):
            # Written for want of a value by a program that does not calculate, in cells of any format.
            text, calculated = None, False
        if text is None:
            if self._formula and not calculated:
                self.uncalculated.append((self._row, self._column))
            return
        row = self._row
        if self._kind == "n" and len(text) > FEWEST and "." in text and ":" not in text:
            self.fractions.setdefault(self._column, []).append(row)
        values = self.columns.get(self._column)
        if values is None or row >= self.height:
            self._grow(row, self._column)
            values = self.columns.setdefault(self._column, [])
        missing = row - len(values)
        if missing < 0:  # rows, or cells of a row, that are not in order
            if values[row] is not None:
                raise self.damaged("with two values for one cell")
            values[row] = text
            return
        if missing:
            values.extend([None] * missing)
        values.append(text)

    def _grow(self, row: int, column: int) -> None:
        """The table gets a row or a column more; refused before anything is made of it."""
        if row >= self.height and self._row_hidden:
            self.hidden.append(row)
        self.height, self.width = max(self.height, row + 1), max(self.width, column + 1)
        self.limits.check_cells(self.height, self.width)

    def _read(self, stored: str) -> str | None:
        """What a cell stores, as text, the error of a formula too; None for nothing."""
        kind = self._kind
        if not stored:
            return None
        if kind == "e":
            return stored if stored in ERRORS else ERRORS[0]
        try:
            if kind == "s":
                return self._book.strings[_index(stored)] or None
            if kind == "n":
                dated = self._book.dates[_index(self._style)] if self._style else ""
                return date(stored, dated, since_1904=self._book.since_1904) if dated else number(stored)
        except (ValueError, LookupError):
            raise self.damaged("with a cell that is not what it says") from None
        if kind == "b":
            return "TRUE" if stored.strip() in ("1", "true") else "FALSE"
        return iso(stored) if kind == "d" else unescaped(stored)


class _SampleReadError(Exception):
    """Enough of the sheet was read."""


def _index(text: str) -> int:
    """A number that counts from 0; one below 0 would count from the end."""
    index = int(text)
    if index < 0:
        raise LookupError(text)
    return index


def _is_zero(stored: str) -> bool:
    """Whether a number, as it is stored, is 0."""
    return re.fullmatch(r"[+-]?0+(?:\.0*)?(?:[Ee][+-]?[0-9]+)?", stored.strip()) is not None


def _flat(height: str | None) -> bool:
    """Whether a row has no height, so that nobody sees it."""
    return height is not None and re.fullmatch(r"0+(?:\.0*)?", height.strip()) is not None


def _row_number(text: str) -> int:
    """The number of a row; one that is too large for what is none."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= len(str(ROWS)) else ROWS + 1
