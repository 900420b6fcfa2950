"""
The XML parts of a workbook, read as a stream, with what they may hold counted on the way.

A workbook is a zip of XML parts (ECMA-376, Office Open XML), and a part of a few kilobytes can unpack to
gigabytes. No tree is ever built: `expat` calls a reader element by element, and a reader keeps only what it
needs. Elements are recognised by their local names, so that the namespaces of Strict Open XML (ISO/IEC 29500
"Strict", saved by Excel as "Strict Open XML Spreadsheet") and prefixes (``x:row``) make no difference.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any
from xml.parsers import expat

from smsframe.contacts.file_limits import CHUNK
from smsframe.contacts.xlsx_values import is_date_format, unescaped
from smsframe.errors import ContactsError
from smsframe.masking import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsframe.contacts.file_limits import Limits

PARTS = 250
"""The part of ``max_cells`` that the elements of styles, relations and the list of sheets may be."""
MARKUP = 4
"""A part may have so many times ``max_bytes``: most of it is markup, which is bounded by ``max_cells``."""
_BUILT_IN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
"""Number formats that are dates or times without being written down (ECMA-376 part 1, 18.8.30)."""
_DAMAGED = (ValueError, LookupError, EOFError, RuntimeError, NotImplementedError, zlib.error)


class PartReader:
    """
    Reads one part; subclasses say what they keep.

    Args:
        limits: What the part may hold.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.parser = expat.ParserCreate()
        self.run_began = 0
        """The byte at which the present row or string begins; what one of them holds is limited."""
        self._elements = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins; ``tag`` and the names of its attributes are local names."""
        raise NotImplementedError  # each reader has its own

    def run(self, part: IO[bytes]) -> None:
        """
        Read the part to its end.

        Raises:
            ContactsError: It holds more than it may, is no well-formed XML, or has a document type.
        """
        parser, size = self.parser, 0
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        self.attach()
        while chunk := part.read(CHUNK):
            size += len(chunk)
            self.limits.check_bytes(size, MARKUP)
            self._parse(chunk)
            self.limits.check_run(size - self.run_began, "a part, row or string")
        self._parse(b"", final=True)

    def attach(self) -> None:
        """Tell the parser what to call."""
        self.parser.StartElementHandler = self._counted

    def damaged(self, how: str) -> ContactsError:
        """The error for a part that is not what it should be."""
        return ContactsError(f"{self.limits.name} cannot be read as a workbook: it has a part {how}")

    def _parse(self, chunk: bytes, *, final: bool = False) -> None:
        try:
            self.parser.Parse(chunk, final)
        except expat.ExpatError as error:
            raise self.damaged(f"that is damaged ({expat.ErrorString(error.code)})") from None

    def _counted(self, tag: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > self.limits.cells // PARTS:
            self.limits.check_count(self._elements, "elements in one part", PARTS)
        self.start(local(tag), {local(name): value for name, value in attributes.items()})

    def _doctype(self, *_: Any) -> None:
        raise self.damaged("with a document type, which can unpack to anything")


def local(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet: its title, its part in the zip, and whether a spreadsheet program shows it."""

    title: str
    part: str
    visible: bool


@dataclass(frozen=True, slots=True)
class Workbook:
    """
    What the cells of all sheets need to be read.

    Attributes:
        archive: The zip.
        limits: What a part may hold.
        sheets: Its worksheets, in order; sheets that are charts are left out.
        strings: The texts that cells refer to by number.
        dates: For each cell style, whether numbers in it are dates, durations (``"duration"``), or neither.
        since_1904: Whether days are counted from 1904 instead of 1900.
        recalculate: Whether it asks for all formulas to be calculated when it is opened, as a program does
            that has not calculated them; 0 then stands for no value.
    """

    archive: zipfile.ZipFile
    limits: Limits
    sheets: list[Sheet]
    since_1904: bool
    dates: list[str]
    strings: list[str]
    recalculate: bool

    def read(self, part: str, reader: PartReader) -> None:
        """Have a reader read a part."""
        with self.archive.open(part) as stream:
            reader.run(stream)


@contextmanager
def opened(file: IO[bytes], limits: Limits) -> Iterator[Workbook]:
    """
    A workbook with everything read but its sheets.

    Raises:
        ContactsError: It is damaged, or holds more than it may.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            yield _workbook(archive, limits)
    except ContactsError:
        raise
    except (*_DAMAGED, zipfile.BadZipFile) as error:
        why = mask(str(error).strip().split("\n", 1)[0])
        raise ContactsError(f"{limits.name} cannot be read as a workbook: {why}") from None


def _workbook(archive: zipfile.ZipFile, limits: Limits) -> Workbook:
    book = Workbook(archive, limits, [], since_1904=False, dates=[], strings=[], recalculate=False)
    main = "xl/workbook.xml"
    relations = _Relations(limits, main)
    book.read("xl/_rels/workbook.xml.rels", relations)
    listed = _Book(limits)
    book.read(main, listed)
    sheets = [
        Sheet(unescaped(sheet.get("name", "")), part, visible=sheet.get("state", "visible") == "visible")
        for sheet in listed.sheets
        if (part := relations.worksheets.get(sheet.get("id", "")))
    ]
    styles, strings = _Styles(limits), _Strings(limits)
    # Their usual names where no relation says another, as openpyxl reads files that lack the relation.
    for part, reader in (
        (relations.styles or "xl/styles.xml", styles),
        (relations.strings or "xl/sharedStrings.xml", strings),
    ):
        if part in archive.namelist():
            book.read(part, reader)
    return Workbook(
        archive, limits, sheets, listed.since_1904, styles.dates, strings.strings, listed.recalculate
    )


class _Relations(PartReader):
    """Which part is what: the type of a relation ends alike in Transitional and Strict files."""

    def __init__(self, limits: Limits, source: str) -> None:
        super().__init__(limits)
        self._folder = posixpath.dirname(source)
        self.worksheets: dict[str, str] = {}
        self.styles = self.strings = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag != "Relationship":
            return
        target = attributes.get("Target", "")
        part = posixpath.normpath(posixpath.join(self._folder, target)) if target[:1] != "/" else target[1:]
        match attributes.get("Type", "").rpartition("/")[2]:
            case "worksheet":
                self.worksheets[attributes.get("Id", "")] = part
            case "styles":
                self.styles = part
            case "sharedStrings":
                self.strings = part


class _Book(PartReader):
    """The list of sheets."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.sheets: list[dict[str, str]] = []
        self.since_1904 = self.recalculate = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            self.sheets.append(attributes)
        elif tag == "workbookPr":
            self.since_1904 = attributes.get("date1904") in ("1", "true")
        elif tag == "calcPr":
            self.recalculate = attributes.get("fullCalcOnLoad") in ("1", "true")


class _Styles(PartReader):
    """Which cell styles make a date of a number."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.dates: list[str] = []
        self._formats: dict[str, str] = {}
        self._in_cell_styles = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "numFmt":
            self._formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif tag in ("cellStyleXfs", "cellXfs", "cellStyles"):  # only the second is what cells refer to
            self._in_cell_styles = tag == "cellXfs"
        elif tag == "xf" and self._in_cell_styles:
            number = attributes.get("numFmtId", "0")
            if number in self._formats:
                self.dates.append(is_date_format(self._formats[number]))
            elif re.fullmatch("[0-9]{1,3}", number) and int(number) in _BUILT_IN_DATES:
                self.dates.append("duration" if number == "46" else "date")
            else:
                self.dates.append("")


class _Strings(PartReader):
    """The shared strings, without formats and without the pronunciation of East Asian texts (``rPh``)."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.strings: list[str] = []
        self._parts: list[str] = []
        self._collecting = self._in_phonetic = False
        self._depth = 0

    def attach(self) -> None:
        parser = self.parser
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data

    def _begin(self, tag: str, _: dict[str, str]) -> None:
        self._depth += 1
        tag = local(tag)
        if tag == "si":
            if self._depth != 2:  # noqa: PLR2004 - the root and itself
                raise self.damaged("with a <si> where none belongs")
            self.run_began = self.parser.CurrentByteIndex
            self.limits.check_count(len(self.strings) + 1, "cells or strings")
        elif tag == "t":
            self._collecting = not self._in_phonetic
        elif tag == "rPh":
            self._in_phonetic = True

    def _data(self, text: str) -> None:
        if self._collecting:
            self._parts.append(text)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        tag = local(tag)
        if tag == "t":
            self._collecting = False
        elif tag == "rPh":
            self._in_phonetic = False
        elif tag == "si":
            self.strings.append(unescaped("".join(self._parts)))
            self._parts.clear()
