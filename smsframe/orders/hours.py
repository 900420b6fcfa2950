"""
`Hours`: between which times, on which days, and where the recipient's time is from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from smsframe.formatting import suggests_parameters

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MIDNIGHT: Final = 24 * 60
_TIME: Final = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")


@suggests_parameters
@dataclass(frozen=True, kw_only=True)
class Hours:
    """
    Hours in which people may be texted, in their own time; pass it as ``schedule=``.

    Args:
        between: From when to when, as ``"HH:MM"``; ``"24:00"`` is the end of the day. An end before the
            begin is on the next day. A text leaves at the begin or later, and before the end.
        days: Days of the week on which the hours begin: ``"Mon-Sat"``, ``"Mon,Wed-Fri"``.
        zone: Whose clock counts: an IANA name such as ``"Europe/Rome"`` for everybody, or the column that
            has such names. None: the zones of each number's country and prefix; where several remain, the
            hours that suit all of them.
        rules: ``"marketing"`` also keeps the hours, days and public holidays of `smsframe.timing.rules`, as
            far as they know the country. They are collected from public sources and are no legal advice.
        not_before: An aware datetime before which nobody is texted.

    Raises:
        ValueError: A time, a day, a rule or a zone's name that cannot be read, a naive ``not_before``, or
            hours that never open.

    Example:
        >>> Hours(between=("09:00", "20:00"), days="Mon-Sat")
        Hours(between=('09:00', '20:00'), days='Mon-Sat')
    """

    between: tuple[str, str] = ("09:00", "20:00")
    days: str = "Mon-Sat"
    zone: Hashable | None = None
    rules: Literal["marketing"] | None = None
    not_before: datetime | None = None
    begin: int = field(init=False, repr=False, compare=False)
    """The minute of the day at which they open."""
    end: int = field(init=False, repr=False, compare=False)
    """The minute at which they close, counted from the same midnight: over 1440 on the next day."""
    weekdays: frozenset[int] = field(init=False, repr=False, compare=False)
    """Days of the week on which they open; Monday is 0."""

    def __post_init__(self) -> None:
        if len(self.between) != 2:  # noqa: PLR2004 - a begin and an end
            raise ValueError(f"between= takes two times, as in ('09:00', '20:00'): {self.between!r}")
        begin, end = (minutes(value) for value in self.between)
        if begin in {end, _MIDNIGHT}:
            raise ValueError(
                f"these hours never open: between={self.between!r}. Use ('00:00', '24:00') for all day."
            )
        if self.rules not in {None, "marketing"}:
            raise ValueError(f"rules= takes None or 'marketing', not {self.rules!r}")
        if self.not_before is not None and self.not_before.utcoffset() is None:
            raise ValueError("not_before= takes a datetime with a time zone, so that it is one instant")
        for name, value in (
            ("begin", begin),
            ("end", end if end > begin else end + _MIDNIGHT),
            ("weekdays", weekdays(self.days)),
        ):
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        parts = [f"between={self.between!r}", f"days={self.days!r}"]
        parts += [
            f"{name}={value!r}"
            for name in ("zone", "rules", "not_before")
            if (value := getattr(self, name)) is not None
        ]
        return f"Hours({', '.join(parts)})"


def minutes(text: str) -> int:
    """
    The minute of the day of a time.

    Raises:
        ValueError: It is not ``HH:MM`` between 00:00 and 24:00.

    Example:
        >>> minutes("09:30"), minutes("24:00")
        (570, 1440)
    """
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    minute = int(found[1]) * 60 + int(found[2]) if found else _MIDNIGHT + 1
    if minute > _MIDNIGHT:
        raise ValueError(
            f"between= takes times of the day as HH:MM, such as ('09:00', '20:00'), not {text!r}"
        )
    return minute


def weekdays(text: str) -> frozenset[int]:
    """
    Days of the week by their English names, as numbers; Monday is 0.

    Raises:
        ValueError: A name that is none of Mon, Tue, Wed, Thu, Fri, Sat, Sun.

    Example:
        >>> sorted(weekdays("Mon,Wed-Fri")), sorted(weekdays("Sat-Mon"))
        ([0, 2, 3, 4], [0, 5, 6])
    """
    found: set[int] = set()
    for part in str(text).split(","):
        ends = [name.strip().title()[:3] for name in part.split("-")]
        if len(ends) > 2 or not all(name in DAYS for name in ends):  # noqa: PLR2004 - from and to
            raise ValueError(f"not days of the week: {text!r}. Write them as in 'Mon-Sat' or 'Mon,Wed,Fri'.")
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        found |= {day % 7 for day in range(first, last + 1 + 7 * (last < first))}
    return frozenset(found)


def zone_named(name: Any) -> ZoneInfo | None:
    """
    The time zone of an IANA name; None if it is not one.

    Example:
        >>> zone_named("Europe/Rome").key, zone_named("Rome"), zone_named(None)
        ('Europe/Rome', None, None)
    """
    if not isinstance(name, str) or not name.strip():
        return None
    try:
        return ZoneInfo(name.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError):  # an unknown name, a path, a folder of names
        return None
