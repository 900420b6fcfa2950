"""
Who would be texted at night by a time that no hours were asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from smsframe.formatting import many
from smsframe.orders.hours import zone_named
from smsframe.phones.country import countries
from smsframe.timing.sending_times import local
from smsframe.timing.zones import numbered, zones

if TYPE_CHECKING:
    from datetime import datetime

NIGHT: Final = (22, 8)
"""From this hour of the evening until this one of the morning."""


def at_night(phones: pd.Series[Any], schedule: pd.Series[Any]) -> tuple[int, str]:
    """
    How many people a time is at night for, in some zone that their number may be in.

    Args:
        phones: E.164 numbers.
        schedule: When each is texted (UTC); missing for at once, which is not judged.

    Returns:
        How many, and the local time of one of them; an empty string where there is nobody.

    Example:
        >>> when = pd.Series(pd.to_datetime(["2026-12-01T02:00+00:00"]))
        >>> at_night(pd.Series(["+393471234567"]), when)
        (1, 'Tue 2026-12-01 03:00 Europe/Rome')
    """
    phones, schedule = phones[schedule.notna().to_numpy()], schedule[schedule.notna()]
    if phones.empty:
        return 0, ""
    names, zone = numbered(zones(phones, countries(phones)))
    moment, moments = pd.factorize(schedule)
    where, pairs = pd.factorize(moment * len(names) + zone)
    instants = [pd.Timestamp(value).to_pydatetime() for value in moments]
    # Pairs of a time and some zones: a plan has 10,000 orders at most, and few zones.
    found = [_night_in(instants[pair // len(names)], names[pair % len(names)]) for pair in pairs.tolist()]
    judged = pd.Series([where is not None for where in found]).take(where).to_numpy()
    return int(judged.sum()), next((place for place in found if place is not None), "")


def warning(phones: pd.Series[Any], schedule: pd.Series[Any]) -> str:
    """
    What is to be said before such times are accepted; an empty string when there is nothing.

    Example:
        >>> when = pd.Series(pd.to_datetime(["2026-12-01T11:00+00:00"]))
        >>> warning(pd.Series(["+393471234567"]), when)
        ''
    """
    people, example = at_night(phones, schedule)
    if not people:
        return ""
    return (
        f"it is night (22:00 to 08:00) for {many(people, 'person', 'people')} then, as at {example}: "
        "smsframe.Hours(...) waits for the day"
    )


def _night_in(instant: datetime, zone_names: str | None) -> str | None:
    """The local time in the first of these zones in which it is night; None where there is none."""
    evening, morning = NIGHT
    for name in (zone_names or "").split():
        hour = instant.astimezone(zone_named(name)).hour
        if hour >= evening or hour < morning:
            return local(instant, name)
    return None
