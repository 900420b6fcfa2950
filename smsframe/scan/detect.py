"""
Phone numbers and secrets in any saved text: what they look like, and what does not count as one.

Notebooks are full of digits that are nobody's number: floats, ids, times, hashes, pictures in base64. So a
phone number here is one that is written as such: a plus and 7 to 15 digits. Without a plus it takes a column
that is a phone column by name and by content, as `smsframe.check` guesses it.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, quote_plus

import pandas as pd

from smsframe.contacts.headings import SOUNDS_LIKE_PHONE
from smsframe.masking import MESSAGE_CLASS, mask
from smsframe.phones.likeness import looks_like_phones

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HIDDEN = "•••"
"""What stands for a secret that was taken out."""

_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
# What people put between two digits: never two spaces, which stand between the columns of a table.
_GAP = rf"[{_INVISIBLE}]{{0,2}}(?:[ \u00a0\u202f.\-\u2010-\u2015/]|\)[ \-]?| ?\()?[{_INVISIBLE}]{{0,2}}"
# Base64 has pluses as well, but letters, digits and slashes before them.
_NUMBER = re.compile(
    rf"(?<![\w+/.])(?:\+|%2[Bb])\(?[1-9](?:{_GAP}\d){{6,14}}(?![\d{{])"
)  # a brace goes on in a template
_FLOAT = re.compile(r"\+\d+\.\d+")
_WHOLE = re.compile(r"\+?[0-9][0-9 ().\-/]{6,20}")
_DATE = re.compile(r"(?:19|20)\d\d[-/. ][01]?\d[-/. ][0-3]?\d.*")

# A message as a card or the form shows it, where people's numbers are masked already.
_MESSAGE = re.compile(rf'class\s*=\s*\\?"{MESSAGE_CLASS}\\?"[^>]*>[^<]*<')

_NAMES = r"pass(?:word|wd|wort|phrase)|pwd|token|(?:session|user|api)[_-]?key|secret"
_QUOTE = r"\\?[\"']|&quot;|&#x?\d\d;"
SECRET_NAME = re.compile(rf"\w*(?:{_NAMES})", re.IGNORECASE)
"""What a variable, a parameter or a header with a secret is called."""

_SECRETS = {
    "secret in an address": [
        re.compile(rf"[?&;](?:{_NAMES}|key)=(?P<value>[^&\s\"'<>\\]+)", re.IGNORECASE),
        re.compile(r"://[^\s/:@\"'<>]+:(?P<value>[^\s/@\"'<>]+)@"),
    ],
    "secret in a header": [
        re.compile(
            rf"\b(?:{_NAMES}|authorization)\s*:\s*(?:(?:Basic|Bearer)\s+)?(?P<value>(?=\S*\d)[^\s,;\"'<>]{{8,}})",
            re.IGNORECASE,
        ),
    ],
    "secret in quotes": [
        re.compile(
            rf"(?:{_NAMES})(?:{_QUOTE})?\]?\s*[:=,]\s*[rRbBuU]?(?P<quote>{_QUOTE})(?!(?P=quote))(?P<value>.+?)(?P=quote)",
            re.IGNORECASE,
        ),
    ],
    "secret variable": [
        re.compile(r"SMSFRAME_(?:PASSWORD|USER_KEY|ACCESS_TOKEN)\s*=\s*(?P<value>[^\s\"'$]+)"),
        re.compile(rf"(?:{_NAMES})\s*=\s*(?P<value>(?=\S*\d)[^\s,;()\[\]\"'<>$]{{8,}})", re.IGNORECASE),
    ],
}
# The sandbox's password is known to all; dots, and what is filled in later, are not secrets.
_HARMLESS = re.compile(r"demo|[•*.…x]+|[{$<%].*|your\b.*|None", re.IGNORECASE)


class Detection(NamedTuple):
    """
    A phone number or a secret in a text.

    Attributes:
        start: Its first character.
        end: The character after its last.
        what: ``phone number``, or what kind of secret.
        masked: What may be shown of it, and what takes its place.
    """

    start: int
    end: int
    what: str
    masked: str


class Detector:
    """
    What to look for: what numbers and secrets look like in general, and some that are known.

    Args:
        numbers: Numbers without a plus that are known to be some, as `in_columns` finds them.
        secrets: Secrets that are known, such as the account's password.
        messages: The constant texts of messages: a number in one is nobody's, unless it is a known one.
    """

    def __init__(
        self, numbers: Iterable[str] = (), secrets: Iterable[str] = (), messages: Iterable[str] = ()
    ) -> None:
        numbers = {*numbers}
        hotlines = {_digits(match[0]) for text in messages for match in _NUMBER.finditer(text)}
        self._hotlines = hotlines - {_digits(number) for number in numbers}
        forms = {form for known in secrets for form in (known, quote(known, safe=""), quote_plus(known))}
        self._numbers = _any_of(numbers, r"(?<![\w.])(?:{})(?![\w])")
        self._secrets = _any_of(forms, "{}")

    def detections(self, text: str) -> list[Detection]:
        """
        All detections in a text, in order; they do not overlap.

        Example:
            >>> detector = Detector(secrets=["pässword"])
            >>> [each.masked for each in detector.detections("+39 347 1234567, at 2026-11-22 09:00:00+01:00")]
            ['+39••••••••67']
            >>> [each.what for each in detector.detections("GET login?password=p%C3%A4ssword")]
            ['known secret']
        """
        kept: list[Detection] = []
        for detection in sorted(self._all(text), key=lambda each: (each.start, -each.end)):
            if not kept or detection.start >= kept[-1].end:
                kept.append(detection)
        return kept

    def _all(self, text: str) -> Iterator[Detection]:
        for match in self._secrets.finditer(text) if self._secrets else ():
            yield Detection(*match.span(), "known secret", HIDDEN)
        for what, patterns in _SECRETS.items():
            for match in (each for pattern in patterns for each in pattern.finditer(text)):
                if not _HARMLESS.fullmatch(match["value"]):
                    yield Detection(*match.span("value"), what, HIDDEN)
        messages = [match.span() for match in _MESSAGE.finditer(text)]
        for match in _NUMBER.finditer(text):
            in_message = any(start <= match.start() < end for start, end in messages)
            hotline = in_message or _digits(match[0]) in self._hotlines
            if not hotline and not _FLOAT.fullmatch(match[0]):
                yield Detection(*match.span(), "phone number", mask(match[0]))
        for match in self._numbers.finditer(text) if self._numbers else ():
            yield Detection(*match.span(), "phone number", mask(match[0]))


def harmless(secret: str) -> bool:
    """Whether something in the place of a secret is none: nothing, dots, or the sandbox's password."""
    return not secret.strip() or bool(_HARMLESS.fullmatch(secret.strip()))


def is_number(text: str) -> bool:
    """
    Whether a whole text can only be a phone number: as in a field that somebody filled in.

    Example:
        >>> is_number("347 123 4567"), is_number("2026-11-22 10:00"), is_number("+39 347 123 4567")
        (True, False, True)
    """
    digits = sum(map(str.isdecimal, text))
    fewest = 7 if "+" in text else 9
    return bool(_WHOLE.fullmatch(text)) and not _DATE.fullmatch(text) and fewest <= digits <= 15  # noqa: PLR2004 - E.164


def in_columns(text: str) -> set[str]:
    """
    The cells of phone columns in the tables of a page, and of a Series that was printed.

    Example:
        >>> page = pd.DataFrame({"mobile": ["347 1234567"], "order": ["3471234568"]}).to_html()
        >>> in_columns(page)
        {'347 1234567'}
    """
    cells_with_numbers = set()
    for name, cells in [*_html_columns(text), *_printed_series(text)]:
        numbers = [cell for cell in cells if sum(map(str.isdecimal, cell)) >= 7]  # noqa: PLR2004 - as `mask` counts
        if numbers and SOUNDS_LIKE_PHONE.search(name) and looks_like_phones(pd.Series(numbers)):
            cells_with_numbers.update(numbers)
    return cells_with_numbers


def _html_columns(text: str) -> Iterator[tuple[str, list[str]]]:
    if "<table" not in text:
        return
    tables = _Tables()
    tables.feed(text)
    for rows in tables.tables:
        width = max(map(len, rows), default=0)
        header_rows = [row for row in rows if row and not any(is_cell for is_cell, _ in row)]
        body = [row for row in rows if any(is_cell for is_cell, _ in row)]
        for place in range(-1, -width - 1, -1):  # from the right: index cells may span several rows
            names = " ".join(row[place][1] for row in header_rows if len(row) >= -place)
            yield names, [row[place][1] for row in body if len(row) >= -place]


def _printed_series(text: str) -> Iterator[tuple[str, list[str]]]:
    if "\nName: " not in text:
        return
    cells: list[str] = []
    for line in text.splitlines():
        if name := re.match(r"Name: (.+?), (?:Length|dtype)", line):
            yield name[1], cells
        if line.strip():
            cells.append(re.split(r"\s{2,}", line)[-1].strip())
        else:
            cells = []


class _Tables(HTMLParser):
    """The tables of a page: rows of (whether it is a data cell, its text)."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[tuple[bool, str]]]] = []
        self._cell: str | None = None

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            self.tables[-1][-1].append((tag == "td", ""))
            self._cell = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._cell:
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell:
            is_cell, text = self.tables[-1][-1][-1]
            self.tables[-1][-1][-1] = (is_cell, (text + data).strip())


def _digits(number: str) -> str:
    return "".join(filter(str.isdecimal, number.replace("%2B", "+").replace("%2b", "+")))


def _any_of(known: Iterable[str], around: str) -> re.Pattern[str] | None:
    longest_first = sorted(filter(None, known), key=len, reverse=True)
    return re.compile(around.format("|".join(map(re.escape, longest_first)))) if longest_first else None
