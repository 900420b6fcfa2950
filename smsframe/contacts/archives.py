"""
The parts of a workbook, each measured before openpyxl reads it.

A workbook is a zip of XML files, and openpyxl makes a tree of what it reads: a part of a few kilobytes can
unpack to gigabytes, and one cell in the last row and column makes a table of 17 billion. So each part is run
through expat first, which keeps nothing, and what openpyxl will make of it is counted.
"""

from __future__ import annotations

import zipfile
from typing import IO, TYPE_CHECKING, Any
from xml.parsers import expat

from smsframe.contacts.file_limits import CHUNK
from smsframe.errors import ContactsError

if TYPE_CHECKING:
    from smsframe.contacts.file_limits import Limits

ROWS = 2**20
"""The rows of a sheet (ECMA-376 sets no limit, spreadsheet programs do)."""
PARTS = 250
"""The part of ``max_cells`` that elements may be which openpyxl keeps, as styles and merged ranges."""
MARKUP = 4
"""A sheet may have so many times ``max_bytes``: most of it is markup, which is bounded by ``max_cells``."""
PER_CELL = 8
"""Elements of a cell at most: itself, its formula, value, and a text with its formats."""


class Archive(zipfile.ZipFile):
    """
    A workbook whose parts are measured when they are opened.

    Args:
        file: The workbook.
        limits: What a part may hold.
    """

    def __init__(self, file: IO[bytes], limits: Limits) -> None:
        super().__init__(file)
        self._limits = limits
        self._measured: set[tuple[str, bool]] = set()

    def open(self, name: Any, *arguments: Any, **options: Any) -> IO[bytes]:
        """A part to be read row by row, or string by string."""
        self._measure(name, whole=False)
        return super().open(name, *arguments, **options)

    def read(self, name: Any, *arguments: Any) -> bytes:
        """A part as a whole, of which openpyxl makes one tree."""
        self._measure(name, whole=True)
        with super().open(name, "r", *arguments) as part:
            return part.read()

    def _measure(self, name: Any, *, whole: bool) -> None:
        key = getattr(name, "filename", name), whole
        if key not in self._measured:
            with super().open(name) as part:
                Measure(self._limits, whole=whole).run(part)
            self._measured.add(key)


class Measure:
    """
    What openpyxl will make of one part.

    Args:
        limits: What it may hold.
        whole: Whether all of it is kept at once, and not only a row or a string of it.
    """

    def __init__(self, limits: Limits, *, whole: bool) -> None:
        self._limits, self._whole = limits, whole
        self._kept = limits.cells // PARTS
        self._parser = expat.ParserCreate()
        self._depth = self._elements = self._since = self._runs = self._began = 0
        self._row = self._column = 0
        self._last_row = self._last_column = 0
        """The last row and column with a value: what is only formatted is dropped."""

    def run(self, part: IO[bytes]) -> None:
        """
        Read the part to its end, or to where it is no XML any more, which is how far openpyxl gets.

        Raises:
            ContactsError: It holds more than it may, or a document type, which can hold anything.
        """
        parser, found, xml = self._parser, 0, True
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.StartDoctypeDeclHandler = self._doctype
        while chunk := part.read(CHUNK):
            found += len(chunk)
            self._limits.check_bytes(found, 1 if self._whole else MARKUP)
            if xml:
                try:
                    parser.Parse(chunk)
                except expat.ExpatError as error:
                    if error.code == expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING]:
                        raise self._damaged("in an unknown encoding") from None
                    xml = False
            if not xml and not self._whole:
                break
            self._limits.check_run(found - self._began, "a part, row or string")
        self._limits.check_cells(self._last_row, self._last_column)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._since += 1
        tag = tag.rpartition(":")[2]
        if tag == "c":
            self._cell(attributes)
        elif tag in ("v", "is", "f"):
            self._last_row = max(self._last_row, self._row)
            self._last_column = max(self._last_column, self._column)
        elif tag in ("row", "si") and not self._whole:
            self._run(tag, attributes)
        if self._since > self._kept:
            self._limits.check_count(self._since, "elements in one part or row", PARTS)

    def _end(self, _: str) -> None:
        self._depth -= 1

    def _run(self, tag: str, attributes: dict[str, str]) -> None:
        """A row or a string begins; the one before is forgotten, unless it is around this one."""
        if self._depth != (3 if tag == "row" else 2):
            raise self._damaged(f"with a <{tag}> where none belongs")
        self._runs += 1
        self._elements += self._since
        self._since, self._began = 1, self._parser.CurrentByteIndex
        self._limits.check_count(max(self._runs, self._elements // PER_CELL), "cells or strings")
        if tag == "row":
            at = attributes.get("r")
            self._row = self._row + 1 if at is None else _whole_number(at)
            if max(self._row, self._runs) > ROWS:
                raise self._damaged(f"with more than {ROWS:,} rows")
            self._column = 0
            self._limits.check_cells(self._last_row, self._last_column)

    def _cell(self, attributes: dict[str, str]) -> None:
        at = attributes.get("r")
        if at is None:
            self._column += 1
            return
        column = 0
        for letter in at.rstrip("0123456789").upper():
            column = column * 26 + ord(letter) - 64
        self._column = column

    def _doctype(self, *_: Any) -> None:
        raise self._damaged("with a document type, which can unpack to anything")

    def _damaged(self, how: str) -> ContactsError:
        return ContactsError(f"{self._limits.name} cannot be read as a workbook: it has a part {how}")


def _whole_number(text: str) -> int:
    """The number of a row, as openpyxl reads it; 0 for what it refuses."""
    try:
        return int(min(float(text), ROWS + 1))
    except (ValueError, OverflowError):
        return 0
