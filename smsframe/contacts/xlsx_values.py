"""
What one cell of a workbook stores, as text.

What counts is what is stored, not how it is displayed: a number shown as ``3.93E+11`` still has all its
digits, and one that somebody formatted as a date, and that is no date, is a number.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

# Digits that spreadsheets lose: all after the sixth, when they read their own 3.93471E+11 again, as in
# `smsframe.phones.cells.numbers`; all after the fifteenth, always.
_LOST = re.compile(r"[0-9]{6}0{4,}|[0-9]{16,}")
_DOUBLE = 308
"""Whole numbers of more digits may be larger than what a spreadsheet calculates with."""
_SHORT = 10
"""Whole numbers of fewer digits cannot have lost any."""
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_LAST_DAY = 2_958_465
"""9999-12-31, the last day that spreadsheets know, counted from 1900."""
_BETWEEN_EPOCHS = 1462
"""Days from the first day of 1900 to the first day of 1904, as spreadsheets count them."""
# Of a number format: texts in quotes, escaped and padding characters, colours and conditions in brackets.
_NO_PLACEHOLDER = re.compile(r'"[^"]*"|[\\_*].|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
_DURATION = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)


def unescaped(text: str) -> str:
    """
    A stored text with its ``_xHHHH_`` escapes decoded (ECMA-376 part 1, 22.9.2.19, ST_Xstring).

    That is how a workbook stores characters that XML has not, such as a carriage return (``_x000D_``); an
    underscore that would begin such an escape is stored as ``_x005F_``.

    Example:
        >>> unescaped("a_x0041_b"), unescaped("_x005F_x0041_")
        ('aAb', '_x0041_')
    """
    if "_x" not in text:
        return text
    decoded = _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), text)
    # Two halves of one character may be escaped one by one; a half alone, or a null, is no text.
    return decoded.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


def is_date_format(code: str) -> str:
    """
    ``"date"``, ``"duration"`` or ``""``: what a number format makes of a number.

    Example:
        >>> is_date_format("dd/mm/yyyy"), is_date_format("[h]:mm"), is_date_format('0.00 "days"')
        ('date', 'duration', '')
    """
    first = _NO_PLACEHOLDER.sub("", code).split(";", 1)[0]
    if _DURATION.search(first):
        return "duration"
    return "date" if re.search("[dmyhs]", first.replace("General", ""), re.IGNORECASE) else ""


def number(stored: str) -> str | None:
    """
    A stored number as text: all its digits, or scientific notation where digits are lost.

    Scientific notation is what everything that looks at phone numbers refuses. Numbers that are not whole
    have 15 digits, as many as spreadsheets calculate with. One that is too large for them stays as it is
    written, or has 15 digits.

    Raises:
        ValueError: It is no number.

    Example:
        >>> [number(stored) for stored in ("393471234567", "3.93471234567E11", "393471000000", "0.30000004")]
        ['393471234567', '393471234567', '3.93471E+11', '0.30000004']
    """
    if stored.isdecimal() and stored.isascii():
        whole = stored
    else:
        value = float(stored)
        if value != value:  # noqa: PLR0124 - NaN differs from itself
            return None
        if value in (float("inf"), float("-inf")):  # larger than what a spreadsheet calculates with
            return stored.strip()
        if not value.is_integer():
            return f"{value:.15g}"
        whole = str(int(stored) if re.fullmatch(r"[+-]?[0-9]+", stored) else int(value))
    if len(whole) >= _SHORT and _LOST.fullmatch(whole):
        rounded = f"{Decimal(whole):.14E}" if len(whole) > _DOUBLE else f"{int(whole):.15g}"
        return f"{Decimal(rounded).normalize():E}"
    return whole


def date(stored: str, kind: str, *, since_1904: bool) -> str | None:
    """
    A number in a cell that is formatted as a date, as an ISO date, time or duration.

    A number that is no date of the spreadsheet's calendar (below 0, or after the year 9999) stays a number;
    every phone number of more than seven digits is one.

    Args:
        stored: The number, as days.
        kind: ``date`` or ``duration``.
        since_1904: Whether days are counted from 1904.

    Example:
        >>> date("46348.378", "date", since_1904=False), date("393471234567", "date", since_1904=False)
        ('2026-11-22 09:04:19', '393471234567')
    """
    days = float(stored)
    last = _LAST_DAY - (_BETWEEN_EPOCHS if since_1904 else 0)
    if not 0 <= days < last + 1:
        return number(stored)
    # To the millisecond: a double of so many days is not more exact.
    seconds, milliseconds = divmod(round(days * 86_400_000), 1000)
    if kind == "duration":
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if days < 1:
        return (dt.datetime(1900, 1, 1) + dt.timedelta(seconds=seconds)).time().isoformat()  # noqa: DTZ001 - as below
    epoch = dt.datetime(1904, 1, 1) if since_1904 else dt.datetime(1899, 12, 30)  # noqa: DTZ001 - dates have no zone
    if not since_1904 and days < 60:  # noqa: PLR2004 - spreadsheets count a 29 February 1900 as the 60th day
        epoch += dt.timedelta(days=1)
    try:
        return moment(epoch + dt.timedelta(seconds=seconds, milliseconds=milliseconds))
    except OverflowError:  # rounded up into the year 10000
        return number(stored)


def iso(stored: str) -> str:
    """A cell of type ``d``, which stores its date or time as ISO text (Strict files)."""
    try:
        if re.fullmatch("[0-9:.]+", stored):
            return dt.time.fromisoformat(stored).isoformat("seconds")
        return moment(dt.datetime.fromisoformat(stored))
    except ValueError:
        return unescaped(stored)


def moment(value: dt.datetime) -> str:
    """
    A date without a time where that is midnight, and seconds only where there are some.

    Example:
        >>> moment(dt.datetime(2026, 11, 22)), moment(dt.datetime(2026, 11, 22, 9, 5))
        ('2026-11-22', '2026-11-22 09:05')
    """
    if value.time() == dt.time():
        return f"{value:%Y-%m-%d}"
    return value.isoformat(" ", "seconds" if value.second else "minutes")
