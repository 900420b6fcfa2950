"""
The next window of each row: one answer for all who are in the same zones and the same country.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from smsframe.arrow import INSTANT
from smsframe.timing.windows import next_window
from smsframe.timing.zones import numbered

if TYPE_CHECKING:
    from datetime import datetime

    from smsframe.orders.hours import Hours


def openings(hours: Hours, zones: pd.Series, countries: pd.Series, now: datetime) -> pd.DataFrame:
    """
    The window in which each row may be texted: the one that is open, or the next.

    Args:
        hours: What the user allows.
        zones: The zones each row may be in, their names with a space in between; missing if unknown.
        countries: Two-letter codes, by position, for ``rules="marketing"``; missing is allowed.
        now: The present, aware.

    Returns:
        With the index of ``zones``: ``opens`` and ``closes``, in UTC, both missing for who may not be texted
        at all, because no zone is known or the hours of the zones have nothing in common.

    Example:
        >>> from datetime import UTC, datetime
        >>> from smsframe.orders.hours import Hours
        >>> night = datetime(2026, 11, 30, 2, tzinfo=UTC)
        >>> zones, countries = pd.Series(["Europe/Rome", None]), pd.Series(["IT", None])
        >>> openings(Hours(), zones, countries, night)["opens"].dt.hour.fillna(-1).tolist()
        [8.0, -1.0]
    """
    (zone_names, zone), (country_names, country) = numbered(zones), numbered(countries)
    where, pairs = pd.factorize(zone * len(country_names) + country)
    windows = []
    for pair in pairs.tolist():  # a few of them, however many rows
        names, code = zone_names[pair // len(country_names)], country_names[pair % len(country_names)]
        windows.append(next_window(hours, (names or "").split(), now, code))
    return pd.DataFrame(
        {
            name: pd.Series(
                [None if window is None else getattr(window, name) for window in windows], dtype=INSTANT
            )
            .take(where)
            .set_axis(zones.index)
            for name in ("opens", "closes")
        }
    )
