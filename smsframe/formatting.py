"""
Words of messages: numbers, credits, durations; and what may have been meant.
"""

from __future__ import annotations

import difflib
import inspect
import re
from datetime import UTC, date, datetime
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Kind = TypeVar("Kind")

MINUTE, HOUR, LONG = 60, 3600, 10

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""English, as all words here, whatever the machine speaks."""

WRITTEN_DATE = re.compile(
    r"(?:\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?(?<![\w-])(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:[ T](?P<clock>\d\d:\d\d)(?::\d\d)?(?: ?(?P<zone>UTC|\+00:00|[A-Z]\w+(?:/[\w+-]+)+))?)?(?![\w-])"
)
"""A date as files have it, with or without a time and its zone."""


def many(count: float, one: str, more: str | None = None) -> str:
    """
    A number of things in words.

    Example:
        >>> many(1, "order"), many(1200, "person", "people")
        ('1 order', '1,200 people')
    """
    return f"{amount(count)} {one if count == 1 else more or one + 's'}"


def amount(credits_: float) -> str:
    """
    Credits in full, however many.

    Example:
        >>> amount(1234567.0), amount(12.5)
        ('1,234,567', '12.50')
    """
    return f"{credits_:,.{0 if float(credits_).is_integer() else 2}f}"


def duration(seconds: float) -> str:
    """
    Seconds in words, rounded as people would.

    Example:
        >>> duration(4.2), duration(95), duration(5400)
        ('4 s', '1 min 35 s', '1 h 30 min')
    """
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < LONG * MINUTE:
        seconds_left = f" {whole % MINUTE} s" if whole % MINUTE else ""
        return f"{whole // MINUTE} min{seconds_left}"
    return f"{whole // MINUTE} min" if whole < HOUR else f"{whole // HOUR} h {whole % HOUR // MINUTE} min"


def day_words(at: date) -> str:
    """
    A day, as the form, the page and the cards write it.

    Example:
        >>> from datetime import date
        >>> day_words(date(2026, 12, 3))
        '3 December 2026'
    """
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}"


def moment_words(at: datetime, zone: str = "") -> str:
    """
    A moment, as they write it, with the zone whose clock shows it.

    Example:
        >>> from datetime import datetime
        >>> moment_words(datetime(2026, 12, 3, 21), "Europe/Rome")
        '3 December 2026 at 21:00, Europe/Rome'
    """
    return f"{day_words(at)} at {at:%H:%M}" + (f", {zone}" if zone else "")


def dates_in_words(text: str, zone: str = "UTC") -> str:
    """
    A text in which dates and times that are written as files have them are written so.

    Args:
        text: The text.
        zone: On whose clock times in UTC are shown.

    Example:
        >>> dates_in_words("it was 2026-12-03 20:00 UTC", "Europe/Rome")
        'it was 3 December 2026 at 21:00, Europe/Rome'
        >>> dates_in_words("86 Mon 2026-11-30 09:00 America/Chicago; valid until 2027-01-31")
        '86 30 November 2026 at 09:00, America/Chicago; valid until 31 January 2027'
    """

    def words(found: re.Match[str]) -> str:
        day, clock, named = found["day"], found["clock"], found["zone"]
        try:
            if clock is None:
                return day_words(date.fromisoformat(day))
            at = datetime.fromisoformat(f"{day}T{clock}")
        except ValueError:  # it only looks like a date
            return found[0]
        if named in ("UTC", "+00:00"):
            return moment_words(at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)), zone)
        return moment_words(at, named or "")

    return WRITTEN_DATE.sub(words, text)


def meant(name: str, known: Iterable[str]) -> str:
    """
    A sentence with what may have been meant by a name, after another one; empty where nothing is like it.

    Example:
        >>> meant("phne", ["phone", "region"])
        " Did you mean 'phone'?"
    """
    hint = [] if name.startswith("_") else difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {hint[0]!r}?" if hint else ""


def suggest_parameters(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """
    A function that says which parameter may have been meant by one that it has not, before it does anything.

    Example:
        >>> suggest_parameters(many)(2, "order", mor="orders")
        Traceback (most recent call last):
        TypeError: many() has no parameter 'mor'. Did you mean 'more'?
    """
    known = inspect.signature(function).parameters
    if any(each.kind is each.VAR_KEYWORD for each in known.values()):
        return function

    @wraps(function)
    def call(*args: Arguments.args, **options: Arguments.kwargs) -> Result:
        try:
            if unknown := sorted(options.keys() - known.keys()):
                hints = "".join(meant(name, known) for name in unknown)
                name = function.__qualname__.removesuffix(".__init__")
                raise TypeError(f"{name}() has no parameter {' nor '.join(map(repr, unknown))}.{hints}")
            return function(*args, **options)
        finally:
            del args, options  # notebooks show, and save, the variables of what raised: tables, and passwords

    return call


def suggests_parameters(kind: type[Kind]) -> type[Kind]:
    """A class, such as a dataclass, that is made as by `suggest_parameters`."""
    kind.__init__ = suggest_parameters(kind.__init__)  # type: ignore[method-assign]  # the same signature
    return kind
