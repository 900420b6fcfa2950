"""
What kind of file it is, by its content, whatever it is called; files that are no table are refused by name.
"""

from __future__ import annotations

import zipfile
from typing import IO

from smsframe.errors import ContactsError

GZIP = b"\x1f\x8b"

# How other files begin that are taken for tables, and what to do with them.
_OTHERS = {
    b"\xd0\xcf\x11\xe0": "is an .xls of old, or a workbook with a password: save it as .xlsx, without one",
    b"%PDF": "is a PDF: take the table from its source",
    b"BZh": "is compressed: unpack it",
    b"\xfd7zXZ": "is compressed: unpack it",
    b"(\xb5/\xfd": "is compressed: unpack it",
    b"ARROW1": "is an Arrow file: save it as Parquet",
    b"SQLite format 3": "is a database: take the table out of it",
}


def kind_of(file: IO[bytes], head: bytes, name: str) -> str:
    """CSV, XLSX or Parquet, by content: names lie."""
    for sign, why in _OTHERS.items():
        if head.startswith(sign):
            raise ContactsError(f"{name} {why}")
    if head.startswith(b"PAR1"):
        return "Parquet"
    if head.startswith(b"PK\x03\x04"):
        parts = zipfile.ZipFile(file).namelist() if zipfile.is_zipfile(file) else []
        if "xl/workbook.xml" in parts:
            return "XLSX"
        raise ContactsError(f"{name} is a damaged workbook, or none: save it as .xlsx or CSV")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        raise ContactsError(
            f"{name} is a web page, or XML, whatever its name ends in: save it as .xlsx or CSV"
        )
    return "CSV"


def require_text(head: bytes, name: str) -> None:
    """Refuse what is compressed inside of what is compressed."""
    inside = next((sign for sign in (GZIP, b"PK\x03\x04", b"PAR1", *_OTHERS) if head.startswith(sign)), None)
    if inside is not None:
        raise ContactsError(f"{name} is gzipped, and what is in it is no text: unpack it")
