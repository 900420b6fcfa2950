"""
The encoding of a text file, found by looking through all of it, and what else shows on the way.

A file that two programs have written one after the other may have two encodings, and a wrong one texts
"ZoÃ«". So nothing is concluded from the head of a file, and a file in two encodings is refused with the line.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from smsframe.contacts.csv_utf16 import Mixed, is_utf16
from smsframe.errors import ContactsError, warn
from smsframe.formatting import many
from smsframe.masking import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsframe.contacts.file_limits import Limits

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SHOWN = 40  # bytes of the example
_GUESS = "cp1252"  # what spreadsheets on Windows write when they do not say UTF-8

# The characters of several bytes in UTF-8 (Unicode 16, table 3-7), and bytes that belong to none.
_CHARACTER = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    rb"|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
_UTF8_LINE = re.compile(
    rb"(?<![^\r\n])[\x00-\x09\x0b\x0c\x0e-\x7f]*+(?:(?:%b)[\x00-\x09\x0b\x0c\x0e-\x7f]*+)++(?![^\r\n])"
    % _CHARACTER.pattern
)
_OTHER = re.compile(rb"[\x80-\xff]+")
_WORD = re.compile(
    rb"[A-Za-z\x80-\xff]{0,20}[\x83\x8a\x8c\x8e\x9a\x9c\x9e\x9f\xc0-\xff][A-Za-z\x80-\xff]{0,20}"
)
"""A word with a letter that is not ASCII, in most encodings of one byte."""
_BLANK_LINE = re.compile(r"(?:\n|\r(?!\n))[ \t]*[\r\n]")


@dataclass(frozen=True, slots=True)
class Overview:
    """
    What a text file is, seen from afar.

    Attributes:
        encoding: Its encoding.
        lines: How many it has.
        quotes: Whether it has any quotation mark.
        blank_lines: Whether there may be a line with nothing in it before the last one with something.
        indented_after_return: Whether a line that begins with a space follows one that ends in nothing but a
            carriage return.
    """

    encoding: str
    lines: int
    quotes: bool
    blank_lines: bool
    indented_after_return: bool


def overview(file: IO[bytes], limits: Limits, given: str | None, errors: str) -> Overview:
    """
    Look through a whole file, which is never in memory at once.

    Args:
        file: The file, opened; uncompressed.
        limits: What it may hold.
        given: Its encoding, or None to find it.
        errors: What happens to bytes that are not in it, as `pandas.read_csv` takes it.

    Raises:
        ContactsError: It is empty, holds more than it may, or is not in the encoding, or in two.
    """
    name = limits.name
    head = file.read(4)
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    encoding = given or marked or "utf-8"
    if "\0" in encoding:  # which Python's own look-up does not take
        raise ContactsError(f"{name} is not in encoding {given!r}: say encoding=")
    try:
        seen = _look_through(file, limits, encoding, errors)
        said = _in_utf8(file, limits, given) if given and _has_one_byte(given) else None
    except LookupError:
        raise ContactsError(f"{name} is not in encoding {given!r}: say encoding=") from None
    except UnicodeError:
        if given or marked:
            where = _first_line_not_in(file, limits, encoding)
            raise ContactsError(f"{name} is not in encoding {encoding!r}{where}: say encoding=") from None
    else:
        if said is not None:
            warn(said)
        return seen
    example, line = _refuse_two_encodings(file, limits)
    try:
        seen = _look_through(file, limits, _GUESS, errors)
    except UnicodeError:
        where = _first_line_not_in(file, limits, _GUESS)
        raise ContactsError(f"{name} is neither UTF-8 nor Windows' cp1252{where}: say encoding=") from None
    # Any byte is a letter in one of dozens of encodings: only a person who reads the example knows which.
    warn(
        f"{name} is not UTF-8 and is read as cp1252 (Western Windows): line {line:,} has "
        f"{mask(repr(example.decode(_GUESS, 'replace')))}; if that is not what it should be, say encoding= "
        "(such as 'cp1250', 'cp1251', 'shift_jis', 'mac_roman'), and encoding='cp1252' if it is",
    )
    return seen


def _look_through(file: IO[bytes], limits: Limits, encoding: str, errors: str) -> Overview:
    """Refuses what is no text in this encoding, and lines without end."""
    "".encode(encoding)  # raises for what is no encoding of texts, such as base64
    file.seek(0)
    name, empty = limits.name, True
    quotes = blank_lines = pending = indented = False
    lines = run = 0
    tail = "\n"  # the line before the first one has ended
    mixed = Mixed(name) if is_utf16(encoding) else None
    for part in codecs.iterdecode(limits.chunks(file), encoding, errors):
        if "\0" in part:  # older pandas cuts a cell there
            raise ContactsError(
                f"{name} has null characters, so it is damaged, or no text in this encoding: say encoding=, "
                "such as 'utf-16-le'"
            )
        if mixed is not None:
            mixed.check(part)
        empty = empty and not part.strip("\ufeff \t\r\n")
        quotes = quotes or '"' in part
        if not blank_lines:
            blank = _BLANK_LINE.search(tail + part)
            blank_lines = bool((pending and part.strip()) or (blank and blank.string[blank.end() :].strip()))
            pending = pending or blank is not None
        indented = indented or "\r " in part or (tail == "\r" and part[:1] == " ")
        tail = part[-1:]
        end = "\n" if "\n" in part else "\r"
        first = part.find(end)
        limits.check_run(run + (len(part) if first < 0 else first), "a line")
        run = run + len(part) if first < 0 else len(part) - part.rfind(end)
        lines += part.count(end)
    if empty:
        raise ContactsError(f"{name} is empty")
    return Overview(encoding, lines + 1, quotes, blank_lines, indented)


def _refuse_two_encodings(file: IO[bytes], limits: Limits) -> tuple[bytes, int]:
    """
    Refuse a file that has characters in UTF-8, and bytes that are not.

    Returns:
        Of any other, an example of what is not ASCII, if possible a word, and its line.

    Some pairs of characters in cp1252 are one in UTF-8 (É and a closing quotation mark), and nothing tells
    which they are: such a file is refused as well, and read with ``encoding="cp1252"``.
    """
    characters = others = 0
    first_character = first_other = line = 0
    example, found = b"", 0
    for part in _whole_lines(file, limits):
        rest, count = _CHARACTER.subn(b"", part)
        if count and not first_character:
            start = _CHARACTER.search(part)
            first_character = line + _ends(part[: start.start() if start else 0]) + 1
        if (other := _OTHER.search(rest)) and not first_other:
            first_other = line + _ends(rest[: other.start()]) + 1
        for pattern in (_WORD, _OTHER):
            if not found and (word := pattern.search(part)):
                example, found = word[0][:_SHOWN], line + _ends(part[: word.start()]) + 1
        characters += count
        others += len(_OTHER.findall(rest))
        line += _ends(part)
    if characters and others:
        usual, odd = ("UTF-8", first_other) if characters >= others else ("another encoding", first_character)
        raise ContactsError(
            f"{limits.name} is UTF-8 in one place and not in another: most of it is {usual}, but not line "
            f"{odd:,}; save it again in one encoding, or say encoding= if it is in another one: "
            "'cp1252' reads every line, and makes several letters of each that is UTF-8, as in "
            "'Zo\u00c3\u00ab', which are sent so"
        )
    return example, found


def _has_one_byte(encoding: str) -> bool:
    """Whether each letter of an encoding is one byte, and there are others than those of ASCII."""
    high = bytes(range(0x80, 0x100))
    letters = high.decode(encoding, "ignore")
    return len(high.decode(encoding, "replace")) == len(high) and 2 * len(letters) > len(high)


def _in_utf8(file: IO[bytes], limits: Limits, encoding: str) -> str | None:
    """What to say of lines that have letters beyond ASCII and are UTF-8; None if there are none."""
    count = first = line = 0
    example = ""
    for part in _whole_lines(file, limits):
        for match in () if part.isascii() else _UTF8_LINE.finditer(part):
            count += 1
            if not first:
                first = line + _ends(part[: match.start()]) + 1
                word = _WORD.search(match[0]) or _OTHER.search(match[0])
                example = word[0][:_SHOWN].decode(encoding, "replace") if word else ""
        line += _ends(part)
    if not count:
        return None
    return (
        f"{limits.name} is read as {encoding}, and {many(count, 'line')} of it would be UTF-8, the first is "
        f"line {first:,}: it has {mask(repr(example))}, and is sent so; if that is not what it should be, "
        "leave out encoding=, or save the file again in one encoding"
    )


def _whole_lines(file: IO[bytes], limits: Limits) -> Iterator[bytes]:
    """The file in parts that end where a line ends, so that none ends inside of a character."""
    file.seek(0)
    rest = b""
    for chunk in limits.chunks(file):
        part = rest + chunk
        # A carriage return at the end may be half of a line end.
        end = max(part.rfind(b"\n"), part.rfind(b"\r", 0, len(part) - 1)) + 1
        rest = part[end:]
        if end:
            yield part[:end]
        else:
            limits.check_run(len(rest), "a line")
    yield rest


def _first_line_not_in(file: IO[bytes], limits: Limits, encoding: str) -> str:
    """Where the first byte is that the encoding has not, such as ``" in line 7"``."""
    decoder, lines, half = codecs.getincrementaldecoder(encoding)(), 0, ""
    file.seek(0)
    try:
        for chunk in limits.chunks(file):
            text = half + decoder.decode(chunk)
            half = "\r" if text.endswith("\r") else ""
            lines += _ends(text[: len(text) - len(half)])
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        if not isinstance(error, UnicodeDecodeError):  # of some encodings Python does not say where
            return ""
        before = half + error.object[: error.start].decode(encoding, "ignore")
        return f" in line {lines + _ends(before) + 1:,}"
    return ""


def _ends(text: str | bytes) -> int:
    """How many lines end in a text, however they do."""
    if isinstance(text, str):
        return text.count("\n") + text.count("\r") - text.count("\r\n")
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")
