"""
What a form holds while somebody types, and what is known of it without a plan.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from smsframe.clock import machine_zone
from smsframe.formatting import day_words, moment_words
from smsframe.phones.fast.metadata import regions
from smsframe.phones.region_names import region_of
from smsframe.texts import render

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import date, time

FIX: Final = "gsm"
"""The ``text_fix`` of `smsframe.plan` that a form offers: it leaves the letters of names as they are."""

MAX_LIVE_ROWS = 10_000
"""
Rows that are planned on every keystroke; of a longer table an even sample is, and all when typing pauses.
"""

SOUNDS_LIKE_COUNTRY: Final = re.compile(
    r"(?:^|[\W\d_])(?:country|land|länder|pays|pa[ií]s|paese|nazione|nation|region|iso)(?:code)?(?:$|[\W\d_])",
    re.IGNORECASE,
)
"""Words that occur in the label of such a column; used only to guess."""

NO_COUNTRY: Final = re.compile(r"lang|lingu|idiom|sprach|title|639", re.IGNORECASE)
"""Languages are written as countries are, and many a code of one is a code of the other: es, fr, it."""

_FIELD_NAME: Final = re.compile(r'\{\{|\}\}|\{("(?:[^"]|"")+"|[^{}:]*)')
"""The name of a column in a text; a default behind it is sent."""


@dataclass(frozen=True, slots=True)
class Draft:
    """
    What the form holds at one moment.

    Attributes:
        text: The text, with its fields.
        campaign: The campaign's name; empty while there is none.
        phone: The column of phone numbers, or None while it is not chosen.
        region: As in `smsframe.plan`.
        sender: Empty for the account's own.
        quality: ``high``, ``medium`` or ``low``.
        fix: Whether characters that make a text more expensive are replaced.
        later: Whether it goes out at ``day`` and ``at``, in ``zone``, instead of now.
        day: The date.
        at: The time of the day.
        zone: An IANA name, such as ``Europe/Rome``.
    """

    text: str = ""
    campaign: str = ""
    phone: Hashable | None = None
    region: Hashable | None = None
    sender: str = ""
    quality: str = "high"
    fix: bool = False
    later: bool = False
    day: date | None = None
    at: time | None = None
    zone: str = "UTC"

    @property
    def country(self) -> str | None:
        """The one country of all numbers in national form; None where a column says it, or nothing does."""
        return self.region if isinstance(self.region, str) and self.region in regions() else None


class TypedText(NamedTuple):
    """
    A text as it was typed, or with its characters replaced, counted before any field is filled.

    Attributes:
        characters: As people count them.
        encoding: ``gsm`` or ``ucs2``.
        segments: What it would be billed as.
        non_gsm: The characters that force UCS-2, each with the position of its first occurrence, from 1.
    """

    characters: int
    encoding: str
    segments: int
    non_gsm: dict[str, int]


def sample(contacts: pd.DataFrame, most: int) -> pd.DataFrame:
    """At most ``most`` rows, evenly spaced, so that of a sorted table both ends are in the sample."""
    if len(contacts) <= most:
        return contacts
    return contacts.iloc[np.linspace(0, len(contacts) - 1, most).astype(np.intp)]


def guess_region(contacts: pd.DataFrame) -> Hashable | None:
    """
    The one column that holds countries by name *and* by content, or None.

    A wrong guess texts strangers: language codes and titles (``Mr``, ``Ms``) look like countries too.

    Example:
        >>> guess_region(pd.DataFrame({"name": ["Ada", "Bea"], "country": ["IT", "fr"]}))
        'country'
    """
    candidates = []
    for place, label in enumerate(contacts.columns):
        if not _sounds_like_country(str(label)):
            continue
        cells = contacts.iloc[:200, place].dropna()
        if len(cells) and cells.map(_is_country).all():
            candidates.append(label)
    return candidates[0] if len(candidates) == 1 else None


def is_code(label: Hashable) -> bool:
    """
    Whether a label is a country's code too, so that nobody could tell which of the two is meant.

    Example:
        >>> is_code("id"), is_code("country")
        (True, False)
    """
    return isinstance(label, str) and label.upper() in regions()


def count_text(typed: str) -> TypedText | None:
    """
    Characters, encoding and segments of a text, its fields not filled; None for an empty one.

    Example:
        >>> count_text("Ciao “Ada”")
        TypedText(characters=10, encoding='ucs2', segments=1, non_gsm={'“': 6, '”': 10})
        >>> count_text("Hola {país}")  # the names of columns are not sent
        TypedText(characters=11, encoding='gsm', segments=1, non_gsm={})
        >>> count_text("Hola {país:señor…}").non_gsm
        {'…': 17}
    """
    if not typed.strip():
        return None
    sent = _FIELD_NAME.sub(lambda found: found[0] if found[1] is None else "{" + "x" * len(found[1]), typed)
    one = pd.Series([sent])
    counted = render.segments(one).iloc[0]
    positions = {character: sent.find(character) + 1 for character in render.not_gsm(one).index}
    non_gsm = dict(sorted(positions.items(), key=lambda item: item[1]))
    return TypedText(len(typed), counted["encoding"], int(counted["segments"]), non_gsm)


def send_time(draft: Draft, now: datetime) -> datetime | None:
    """
    When the draft goes out, or None for now.

    Raises:
        ValueError: There is no date, time or zone, or no such time there, or it has passed.
    """
    if not draft.later:
        return None
    if draft.day is None or draft.at is None:
        raise ValueError("Choose a date and a time.")
    try:
        zone = ZoneInfo(draft.zone.strip())
    except (KeyError, ValueError, OSError):  # a name of no zone, of no file, or of a folder
        raise ValueError("There is no such time zone; choose one, such as Europe/Rome.") from None
    local_time = datetime.combine(draft.day, draft.at, zone)
    described = moment_words(local_time, zone.key)
    if local_time.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local_time.replace(tzinfo=None):
        raise ValueError(f"There is no such time, {described}: the clocks go forward. Choose another time.")
    if local_time.utcoffset() != local_time.replace(fold=1).utcoffset():
        raise ValueError(f"There are two such times, {described}: the clocks go back. Choose another time.")
    if local_time <= now:
        raise ValueError(f"That time has passed: {described}.")
    return local_time


def time_words(at: datetime, zone: str) -> str:
    """
    A time on the clock of a zone, in words.

    Example:
        >>> time_words(datetime(2026, 12, 3, 21), "Europe/Rome")
        'on 3 December 2026 at 21:00, Europe/Rome'
    """
    return f"on {moment_words(at, zone)}"


def local_words(at: datetime) -> str:
    """An instant on the clock of this machine, in words."""
    zone = machine_zone()
    return time_words(at.astimezone(ZoneInfo(zone)), zone)


def clock_words(at: datetime) -> str:
    """
    A time on the clock of this machine, for a table that names the zone; empty where there is none.

    Example:
        >>> clock_words(pd.NaT)
        ''
    """
    return "" if pd.isna(at) else moment_words(at.astimezone(ZoneInfo(machine_zone())))


def local_day(at: datetime) -> str:
    """The day of an instant on the clock of this machine, in words."""
    return day_words(at.astimezone(ZoneInfo(machine_zone())))


def fields(contacts: pd.DataFrame, phone: Hashable | None) -> list[str]:
    """The columns that a text can name: not the number, not what smsframe added."""
    labels = [str(label) for label in contacts.columns if label != phone]
    return [label for label in dict.fromkeys(labels) if label.strip() and not label.startswith("sms_")]


def _is_country(cell: object) -> bool:
    return isinstance(cell, str) and region_of(cell) is not None


def _sounds_like_country(label: str) -> bool:
    words = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", label)  # countryCode, as programs write it
    return bool(SOUNDS_LIKE_COUNTRY.search(words)) and not NO_COUNTRY.search(label)
