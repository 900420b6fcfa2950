"""
When somebody may be texted: the next span of time that `Hours` leave open, in all of a person's zones.

Open spans are found per zone in UTC, and cut with each other, so that a change of the clocks or a midnight
in between needs no care of its own.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from smsframe.orders.hours import Hours, zone_named
from smsframe.timing.rules import MARKETING, closed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from zoneinfo import ZoneInfo

HORIZON: Final = timedelta(days=15)
"""How far ahead an opening is looked for. Longer than a week, and than any run of holidays."""


class Window(NamedTuple):
    """A span of time in which a text may leave: ``opens`` is in it, ``closes`` is not. Both in UTC."""

    opens: datetime
    closes: datetime


def next_window(
    hours: Hours, zones: Sequence[str], now: datetime, country: str | None = None
) -> Window | None:
    """
    The window that is open now, or the next one.

    Args:
        hours: What the user allows.
        zones: The IANA names of all zones the person may be in.
        now: The present, aware.
        country: The two-letter code, for ``rules="marketing"``.

    Returns:
        A window that closes after ``now`` (and after ``hours.not_before``), open in all zones at once. None
        if there is no zone, or no such window within `HORIZON`: then nobody may be texted.

    Example:
        >>> noon = datetime(2026, 11, 28, 12, tzinfo=UTC)  # a Saturday
        >>> next_window(Hours(days="Mon-Fri"), ["Europe/Rome"], noon).opens.isoformat()
        '2026-11-30T08:00:00+00:00'
    """
    known = [zone for name in zones if (zone := zone_named(name)) is not None]
    if not known or len(known) < len(zones):
        return None
    earliest = max(now, hours.not_before or now).astimezone(UTC)
    limits = [(hours, False), *_rule(hours, country)]
    spans: Iterable[Window] = [Window(earliest, earliest + HORIZON)]
    for zone in known:
        for limit, holidays in limits:
            spans = _common(list(spans), list(_open(limit, zone, earliest, country if holidays else None)))
    return next(iter(spans), None)


def _rule(hours: Hours, country: str | None) -> list[tuple[Hours, bool]]:
    """The hours of the country's rule, and whether its holidays are closed, where it is asked for."""
    rule = MARKETING.get(country or "") if hours.rules == "marketing" else None
    return [] if rule is None else [(Hours(between=rule.between, days=rule.days), rule.holidays)]


def _open(hours: Hours, zone: ZoneInfo, earliest: datetime, holidays_of: str | None) -> Iterator[Window]:
    """The open spans of one zone from a day before ``earliest`` on, in order; those that touch are one."""
    first = earliest.astimezone(zone).date() - timedelta(days=1)
    last: Window | None = None
    for day in (first + timedelta(days=n) for n in range(HORIZON.days + 3)):
        if day.weekday() not in hours.weekdays:
            continue
        if holidays_of is not None and day in closed(holidays_of, day.year):
            continue
        # Where a clock jumps a time happens never or twice: what opens waits for the later reading, what
        # closes keeps the earlier one.
        span = Window(max(_readings(day, hours.begin, zone)), min(_readings(day, hours.end, zone)))
        if last is not None and span.opens <= last.closes:
            last = Window(last.opens, max(last.closes, span.closes))
            continue
        if last is not None and last.opens < last.closes:
            yield last
        last = span
    if last is not None and last.opens < last.closes:
        yield last


def _readings(day: date, minute: int, zone: ZoneInfo) -> list[datetime]:
    """The instants that a time of a day may mean in a zone: one, or two where the clock jumps."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001 - gets its zone below
    return [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]


def _common(one: list[Window], other: list[Window]) -> Iterator[Window]:
    """The spans in which both are open, in order."""
    for mine in one:
        for theirs in other:
            span = Window(max(mine.opens, theirs.opens), min(mine.closes, theirs.closes))
            if span.opens < span.closes:
                yield span
