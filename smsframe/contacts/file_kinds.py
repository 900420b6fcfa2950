"""
What kind of file it is, by its content, whatever it is called; files that are no table are refused by name.
"""

from __future__ import annotations

import codecs
import zipfile
from typing import IO

from smsframe.errors import ContactsError

GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second is an empty one

_SAVE = "save it as .xlsx or CSV"

# How other files begin that are taken for tables, and what to do with them.
_OTHERS = {
    b"\xd0\xcf\x11\xe0": "is an .xls of old, or a workbook with a password: save it as .xlsx, without one",
    b"%PDF": "is a PDF: take the table from its source",
    b"BZh": "is compressed: unpack it",
    b"\xfd7zXZ": "is compressed: unpack it",
    b"(\xb5/\xfd": "is compressed: unpack it",
    b"7z\xbc\xaf\x27\x1c": "is an archive: unpack it",
    b"Rar!\x1a\x07": "is an archive: unpack it",
    b"ARROW1": "is an Arrow file: save it as Parquet",
    b"SQLite format 3": "is a database: take the table out of it",
}
# The same of text, in lower case and without spaces before it.
_NO_TABLES = {
    b"begin:vcard": "holds vCards, and no table: export the contacts as CSV",
    b"begin:vcalendar": f"is a calendar, and no table: {_SAVE}",
    b"{\\rtf": f"is a document of a word processor: copy its table into a spreadsheet, and {_SAVE}",
    **dict.fromkeys((b'{"', b"[{"), f"is JSON: read it with pandas, or {_SAVE}"),
    **dict.fromkeys(
        (b"<html", b"<!doctype", b"<table", b"<?xml"),
        f"is a web page, or XML, whatever its name ends in: {_SAVE}",
    ),
}
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # of UTF-32 as well: the rest is null
# What is in archives that are no workbook of Excel: a file of this name, or any file in this folder.
_ARCHIVED = {
    "xl/workbook.bin": f"is an .xlsb: {_SAVE}",
    **dict.fromkeys(
        ("content.xml", "mimetype"), f"is a spreadsheet or text of LibreOffice (OpenDocument): {_SAVE}"
    ),
    "word/": f"is a document of Word: copy its table into a spreadsheet, and {_SAVE}",
    "ppt/": f"is a presentation: copy its table into a spreadsheet, and {_SAVE}",
    **dict.fromkeys(
        ("Index/", "Index.zip"),
        "is a file of Numbers, or of another program of Apple's: export it as .xlsx or CSV",
    ),
}


def kind_of(file: IO[bytes], head: bytes, name: str) -> str:
    """
    CSV, XLSX or Parquet, by content: names lie.

    Args:
        file: The file, at its beginning; its position may be another one afterwards.
        head: Its first bytes.
        name: What it is called in errors.

    Raises:
        ContactsError: It is something else that is known.
    """
    if head.startswith(b"PAR1"):
        return "Parquet"
    if head.startswith(_ZIP):
        return _archived(file, name)
    _refuse(_OTHERS, head, name)
    _refuse(_NO_TABLES, _compact(head), name)
    return "CSV"


def _compact(head: bytes) -> bytes:
    """
    The beginning of a text in lower case, without marks of an encoding and spaces.

    All signs are ASCII, so that without its null bytes a text in UTF-16 begins as any other; JSON may have
    its first bracket on a line of its own.
    """
    for mark in _MARKS:
        head = head.removeprefix(mark)
    return b"".join(head.replace(b"\0", b"").lower().split())


def _refuse(signs: dict[bytes, str], begin: bytes, name: str, where: str = "") -> None:
    """Refuse what begins with one of these."""
    why = next((why for sign, why in signs.items() if begin.startswith(sign)), None)
    if why is not None:
        raise ContactsError(f"{name}{where} {why}")


def _archived(file: IO[bytes], name: str) -> str:
    """XLSX, if that is what this archive is."""
    parts = zipfile.ZipFile(file).namelist() if zipfile.is_zipfile(file) else []
    if "xl/workbook.xml" in parts:
        return "XLSX"
    folders = {f"{part.partition('/')[0]}/" for part in parts if "/" in part}
    for inside, why in _ARCHIVED.items():
        if inside in parts or inside in folders:
            raise ContactsError(f"{name} {why}")
    if parts:
        raise ContactsError(f"{name} is an archive of other files: unpack it, and name one of them")
    raise ContactsError(f"{name} is a damaged workbook, or none: {_SAVE}")


def require_text(head: bytes, name: str) -> None:
    """Refuse what is compressed inside of what is compressed, and text that is no table."""
    if head.startswith((GZIP, *_ZIP, b"PAR1", *_OTHERS)):
        raise ContactsError(f"{name} is gzipped, and what is in it is no text: unpack it")
    _refuse(_NO_TABLES, _compact(head), name, " is gzipped, and what is in it")
