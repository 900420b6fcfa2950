"""
When the text of each person goes out, or why it may not: one answer for all who are in the same zones.

Two clocks may differ, this machine's and the gateway's, and nobody knows which is right: a text goes out at
once only where both say that the hours are open.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from smsframe.arrow import INSTANT, TEXT
from smsframe.formatting import duration
from smsframe.orders.hours import zone_named
from smsframe.phones.country import countries
from smsframe.timing.rules import MARKETING
from smsframe.timing.windows import Window, next_window
from smsframe.timing.zones import numbered, zones

if TYPE_CHECKING:
    from smsframe.orders.hours import Hours
    from smsframe.orders.records import Now
    from smsframe.orders.terms import Terms

DIFFERENCE: Final = timedelta(seconds=5)
"""Clocks that differ by less are equal: a ``Date`` has whole seconds, and is as old as its answer."""
LEAD: Final = timedelta(minutes=1)
"""How far ahead a text is scheduled that must wait because one of two clocks is not there yet."""
_WINDOWS: Final = 4  # so many are tried where the clocks differ by more than a window is long

COLUMNS: Final[dict[str, Any]] = {
    "schedule": INSTANT,
    "opens": INSTANT,
    "closes": INSTANT,
    "zones": TEXT,
    "code": TEXT,
    "reason": TEXT,
    "no_rule": bool,
}


class SendingTime(NamedTuple):
    """
    When the texts of some people go out.

    Attributes:
        schedule: For when they are scheduled, in whole seconds; None for at once, and where they may not go.
        opens: From when on; None where they may not go out, or no hours say so.
        closes: Until when; likewise.
        zones: Where these people may be, the names with a space in between; None where nobody knows.
        code: Why they may not go out: ``quiet_hours`` or ``time_passed``; None if they may.
        reason: The same as a sentence, with the local time.
        no_rule: Whether rules were asked for, and there are none of their country.
    """

    schedule: datetime | None = None
    opens: datetime | None = None
    closes: datetime | None = None
    zones: str | None = None
    code: str | None = None
    reason: str | None = None
    no_rule: bool = False


def sending_times(people: pd.DataFrame, terms: Terms, now: Now) -> pd.DataFrame:
    """
    When the text of each person goes out.

    Args:
        people: ``phone`` (E.164), and, where they were given row by row, ``schedule_at`` (UTC) and ``zone``
            (an IANA name).
        terms: With the time or the hours that hold for everybody; a person's own time comes first.
        now: What the clocks show.

    Returns:
        With the index of ``people``: the fields of `SendingTime`, as `COLUMNS`.

    Example:
        >>> from datetime import UTC, datetime
        >>> from smsframe.orders.hours import Hours
        >>> from smsframe.orders.records import Now
        >>> from smsframe.orders.terms import Terms
        >>> night = datetime(2026, 11, 30, 2, tzinfo=UTC)
        >>> people = pd.DataFrame({"phone": ["+393471234567", "+88161234567"]})
        >>> times = sending_times(people, Terms(hours=Hours()), Now(night, night))
        >>> times["schedule"].dt.hour.fillna(-1).tolist(), times["code"].fillna("-").tolist()
        ([8.0, -1.0], ['-', 'quiet_hours'])
    """
    own = people.get("schedule_at")
    if terms.hours is not None:
        times = _by_zone(people, terms.hours, now, terms.undo)
    elif terms.schedule is None and terms.undo is not None:
        times = _same_for_all(SendingTime(undone_until(terms.undo, now)), people.index)
    else:
        times = _same_for_all(SendingTime(terms.schedule), people.index)
    if own is None or not own.notna().any():
        return times
    given = own.notna().to_numpy()
    passed = given & own.le(now.latest).fillna(value=False).to_numpy()
    late = own.dt.strftime("%Y-%m-%d %H:%M:%S UTC").astype(TEXT)
    blank = pd.Series(pd.NaT, index=people.index, dtype=INSTANT)
    text = pd.Series(pd.NA, index=people.index, dtype=TEXT)
    return times.assign(
        schedule=times["schedule"].mask(given, own).mask(passed, pd.NaT).astype(INSTANT),
        opens=times["opens"].mask(given, blank),
        closes=times["closes"].mask(given, blank),
        code=times["code"].mask(given, text).mask(passed, "time_passed"),
        reason=times["reason"].mask(given, text).mask(passed, "its time was " + late),
        no_rule=times["no_rule"].mask(given, other=False),
    )


def undone_until(undo: timedelta, now: Now) -> datetime:
    """For when a text is scheduled that would go out at once, where it can be taken back for so long."""
    return _whole_second(now.latest + undo)


def zones_of(people: pd.DataFrame, hours: Hours | None, country: pd.Series[Any]) -> pd.Series[Any]:
    """The zones each person may be in: by the row, by the name that holds for all, or by the number."""
    if hours is None or hours.zone is None:
        return zones(people["phone"], country)
    if zone_named(hours.zone) is not None:
        return pd.Series(str(hours.zone).strip(), index=people.index, dtype=TEXT)
    if "zone" in people:
        return people["zone"]
    return pd.Series(pd.NA, index=people.index, dtype=TEXT)


def sending_time(
    hours: Hours, zone_names: str | None, country: str | None, now: Now, undo: timedelta | None = None
) -> SendingTime:
    """
    When people in these zones may be texted.

    Args:
        hours: What is allowed.
        zone_names: Where they may be, the names with a space in between.
        country: The two-letter code of their numbers, for rules.
        now: What the clocks show.
        undo: How long a text can be taken back; none goes out at once then.
    """
    names = (zone_names or "").split()
    no_rule = hours.rules == "marketing" and country not in MARKETING
    if not names or any(zone_named(name) is None for name in names):
        what = (
            f"{zone_names[:40]!r} is no time zone" if zone_names else "no time zone is known for this number"
        )
        return SendingTime(code="quiet_hours", reason=what, no_rule=no_rule)
    apart = now.latest - now.earliest
    apart = timedelta() if apart <= DIFFERENCE else apart
    window = next_window(hours, names, now.latest, country)
    before = next_window(hours, names, now.earliest, country)
    if undo is None and window is not None and before is not None and _open(window, before, now):
        return SendingTime(None, now.earliest, window.closes, zone_names, no_rule=no_rule)
    for _ in range(_WINDOWS):
        if window is None:
            break
        lead = max(apart, LEAD if undo is None else undo)
        begin = window.opens + apart if window.opens > now.latest else now.latest + lead
        schedule = _whole_second(begin if undo is None else max(begin, now.latest + undo))
        if schedule + apart < window.closes:
            return SendingTime(schedule, window.opens, window.closes, zone_names, no_rule=no_rule)
        window = next_window(hours, names, window.closes, country)
    shown = local(now.latest, names[0]) + (", …" if names[1:] else "")
    why = (
        f"never open; it is {shown}"
        if not apart
        else f"the clocks are {duration(apart.total_seconds())} apart"
    )
    return SendingTime(zones=zone_names, code="quiet_hours", reason=why, no_rule=no_rule)


def local(instant: datetime, zone: str) -> str:
    """
    An instant on the clocks of a zone.

    Example:
        >>> from datetime import UTC, datetime
        >>> local(datetime(2026, 11, 30, 8, tzinfo=UTC), "Europe/Rome")
        'Mon 2026-11-30 09:00 Europe/Rome'
    """
    there = zone_named(zone)
    return f"{instant.astimezone(there):%a %Y-%m-%d %H:%M} {zone}"


def _open(window: Window, before: Window, now: Now) -> bool:
    """Whether all clocks are in the same open window."""
    both = window.opens <= now.latest and before.opens <= now.earliest
    return both and before.closes == window.closes


def _whole_second(moment: datetime) -> datetime:
    """The same, or the next second: the gateway takes no fractions."""
    whole = moment.replace(microsecond=0)
    return whole if whole == moment else whole + timedelta(seconds=1)


def _by_zone(people: pd.DataFrame, hours: Hours, now: Now, undo: timedelta | None) -> pd.DataFrame:
    country = countries(people["phone"])
    (zone_names, zone), (codes, code) = numbered(zones_of(people, hours, country)), numbered(country)
    where, pairs = pd.factorize(zone * len(codes) + code)
    # A few pairs of zones and country, however many people.
    found = [
        sending_time(hours, zone_names[pair // len(codes)], codes[pair % len(codes)], now, undo)
        for pair in pairs.tolist()
    ]
    return _frame(found, where, people.index)


def _same_for_all(time: SendingTime, index: pd.Index[Any]) -> pd.DataFrame:
    return _frame([time], np.zeros(len(index), dtype=np.intp), index)


def _frame(found: list[SendingTime], where: Any, index: pd.Index[Any]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: pd.Series([getattr(time, name) for time in found], dtype=dtype).take(where).set_axis(index)
            for name, dtype in COLUMNS.items()
        },
        index=index,
    )
