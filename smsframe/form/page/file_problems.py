"""
Why an uploaded file is no table, and what to do about it, for people who have a spreadsheet and no Python.
"""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from typing import Final

from smsframe.form.preview import error_sentence
from smsframe.form.wording import in_form_words

SAVE: Final = "Open it in your spreadsheet, save it as .xlsx without a password, and upload that."
OTHER: Final = "Take the table out of it, save it as .xlsx or CSV, and upload that."

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_WORKBOOKS = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book"))
# How other files begin, by what they are.
_KINDS = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"BM": "a picture",
    b"BZh": "a compressed file",
    b"\xfd7zXZ": "a compressed file",
    b"(\xb5/\xfd": "a compressed file",
    b"7z\xbc\xaf": "a compressed file",
    b"Rar!": "a compressed file",
    b"SQLite format 3": "a database",
    b"ARROW1": "an Arrow file",
    b"{\\rtf": "a text document",
}
_IN_ZIP = {"word/document.xml": "a Word document", "ppt/presentation.xml": "a PowerPoint file"}
_NO_TEXT = (b"PAR1", b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff")
"""How files begin that are read and are no text of single bytes."""
_KEYWORD = re.compile(r"\b(?:encoding|sep|quoting|skiprows|escapechar|skipinitialspace|usecols)=")
_LINE = re.compile(r"\bline \d+\b")
_LIMIT = re.compile(r"max_(?:bytes|cells)=")


def file_sentence(error: Exception, name: str, content: bytes) -> str:
    """
    What is wrong with a file that could not be read, and what to do.

    Args:
        error: What reading it raised.
        name: Its name, without a folder.
        content: What is in it.

    Example:
        >>> sentence = file_sentence(ValueError("x.csv is not UTF-8: say encoding="), "x.csv", b"a")
        >>> sentence.partition(". ")[0]
        'The letters of x.csv cannot be read for certain'
    """
    if known := _of_another_kind(name, content):
        return known
    message = str(error)
    if _LIMIT.search(message):
        return f"{name} is larger, unpacked, than can be read here: split it into several files."
    line = _LINE.search(message)
    where = f" ({line[0]})" if line else ""
    if "encoding=" in message or "null characters" in message:
        return f"The letters of {name} cannot be read for certain{where}. {SAVE}"
    if _KEYWORD.search(message) or "quotation mark" in message:
        return f"{name} cannot be split into columns for certain{where}. {SAVE}"
    if "damaged" in message or "cannot be read as" in message:
        return f"{name} is damaged, or was not saved as a whole. {SAVE}"
    return in_form_words(error_sentence(error))


def _of_another_kind(name: str, content: bytes) -> str:
    """The sentence about what is no table by its first bytes; empty for what may be one."""
    if not content.strip(b"\0 \r\n\t"):
        return f"{name} is empty."
    if content.startswith(_OLE):
        return _of_old_office(name, content)
    if content.startswith(b"PK\x03\x04"):
        return _of_zip(name, content)
    if kind := next((kind for sign, kind in _KINDS.items() if content.startswith(sign)), ""):
        return f"{name} is {kind}, whatever its name ends in. {OTHER}"
    start = content[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        return f"{name} is a web page, whatever its name ends in. {SAVE}"
    if not content.startswith(_NO_TEXT) and _is_noise(content[:4096]):
        return f"{name} is damaged, or is not a table. {SAVE}"
    return ""


def _of_old_office(name: str, content: bytes) -> str:
    if _ENCRYPTED in content:
        return f"{name} is protected with a password. {SAVE}"
    if any(stream in content for stream in _WORKBOOKS):
        return f"{name} is in the .xls format of old. {SAVE}"
    return f"{name} is not a table. {OTHER}"


def _of_zip(name: str, content: bytes) -> str:
    kind = _in_zip(content)
    if kind == "damaged":
        return f"{name} is damaged, or was not saved as a whole. {SAVE}"
    if kind == "ods":
        return f"{name} is in the format of OpenDocument. {SAVE}"
    return f"{name} is {kind}, whatever its name ends in. {OTHER}" if kind else ""


def _in_zip(content: bytes) -> str:
    """What a zip holds; empty for a workbook."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as parts:
            names = parts.namelist()
            if "mimetype" in names and b"spreadsheet" in parts.read("mimetype")[:100]:
                return "ods"
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, EOFError):
        return "damaged"
    if "xl/workbook.xml" in names:
        return ""
    if found := next((kind for part, kind in _IN_ZIP.items() if part in names), ""):
        return found
    of_office = any(part.startswith(("xl/", "_rels/", "[Content_Types]")) for part in names)
    return "damaged" if of_office else "a zip file"


def _is_noise(start: bytes) -> bool:
    """Whether bytes are no text in any encoding of text files: one control character in fifty, or more."""
    odd = sum(byte < 9 or 13 < byte < 32 for byte in start)  # noqa: PLR2004 - below and above the line ends
    return odd * 50 > len(start)
