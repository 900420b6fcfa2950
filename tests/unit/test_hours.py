"""Hours: when somebody may be texted, against a judge that looks at the wall clock of every minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import holidays
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsframe.orders.hours import DAYS, Hours, weekdays, zone_named
from smsframe.timing.openings import openings
from smsframe.timing.rules import MARKETING, closed
from smsframe.timing.windows import HORIZON, next_window

ZONES = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("posix"))
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)  # a Saturday


def allowed(hours: Hours, zone: str, instant: datetime) -> bool:
    """Whether the wall clock says yes: on a day that opens, or on the day after it before the end."""
    wall = instant.astimezone(ZoneInfo(zone))
    minute = wall.hour * 60 + wall.minute + wall.second / 60
    today, yesterday = wall.weekday(), (wall.weekday() - 1) % 7
    return (today in hours.weekdays and hours.begin <= minute < hours.end) or (
        yesterday in hours.weekdays and minute + 1440 < hours.end
    )


def jumps(zone: str, around: datetime) -> bool:
    """Whether the clock of a zone is changed within two days of an instant."""
    offsets = {
        (around + timedelta(hours=hour)).astimezone(ZoneInfo(zone)).utcoffset() for hour in range(-48, 49)
    }
    return len(offsets) > 1


@st.composite
def hours_of_any_kind(draw):
    begin = draw(st.integers(0, 1439))
    end = draw(st.integers(0, 1440).filter(lambda minute: minute != begin))
    between = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in (begin, end))
    return Hours(between=between, days=",".join(draw(st.sets(st.sampled_from(DAYS), min_size=1))))


@settings(max_examples=400, deadline=None)
@given(
    hours_of_any_kind(),
    st.lists(st.sampled_from(ZONES), min_size=1, max_size=3),
    # Two years of minutes: all changes of the clocks are among them.
    st.integers(0, 2 * 365 * 24 * 60).map(
        lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    ),
)
def test_a_window_is_open_on_every_wall_clock_and_the_first_there_is(hours, zones, now):
    window = next_window(hours, zones, now)
    until = window.opens if window else now + HORIZON - timedelta(days=1)
    if window is not None:
        assert now <= window.opens < window.closes
        length = int((window.closes - window.opens).total_seconds())
        inside = [window.opens + timedelta(seconds=length * part / 40) for part in range(40)]
        inside.append(window.closes - timedelta(seconds=1))
        for instant in inside:
            assert all(allowed(hours, zone, instant) for zone in zones), instant
    # Before it, there is no minute at which all clocks agree, unless one of them is changed around then.
    step = timedelta(minutes=7)
    instant = now
    while instant < until:
        if all(allowed(hours, zone, instant) for zone in zones):
            assert any(jumps(zone, instant) for zone in zones), instant
        instant += step


@pytest.mark.parametrize(
    ("day", "between", "opens", "closes"),
    [
        # 29 March 2026: 02:00 becomes 03:00 in Rome. 02:30 does not exist: opens later, closes earlier.
        ("2026-03-29", ("02:30", "09:00"), "01:30", "07:00"),
        ("2026-03-29", ("00:30", "02:30"), None, "00:30"),
        # 25 October 2026: 03:00 becomes 02:00. 02:30 is there twice: opens at the second.
        ("2026-10-25", ("02:30", "09:00"), "01:30", "08:00"),
        ("2026-10-25", ("01:00", "02:30"), None, "00:30"),
    ],
)
def test_a_time_that_is_there_never_or_twice_is_read_on_the_safe_side(day, between, opens, closes):
    midnight = datetime.fromisoformat(f"{day}T00:00+00:00")
    window = next_window(Hours(between=between, days="Mon-Sun"), ["Europe/Rome"], midnight)
    assert window.opens == (midnight if opens is None else datetime.fromisoformat(f"{day}T{opens}+00:00"))
    assert window.closes == datetime.fromisoformat(f"{day}T{closes}+00:00")


def test_hours_past_midnight_belong_to_the_day_on_which_they_open():
    late = Hours(between=("22:00", "02:00"), days="Sat")
    sunday = datetime(2026, 11, 29, 0, 30, tzinfo=UTC)  # 01:30 in Rome
    assert next_window(late, ["Europe/Rome"], sunday).closes == datetime(2026, 11, 29, 1, tzinfo=UTC)
    monday = next_window(late, ["Europe/Rome"], datetime(2026, 11, 30, 0, 30, tzinfo=UTC))
    assert monday.opens == datetime(2026, 12, 5, 21, tzinfo=UTC)


def test_all_day_every_day_is_always_open():
    window = next_window(Hours(between=("00:00", "24:00"), days="Mon-Sun"), ["Europe/Rome"], NOW)
    assert window.opens == NOW
    assert window.closes >= NOW + HORIZON - timedelta(days=1)


@pytest.mark.parametrize(
    "zones", [[], ["Europe/Rome", "Mars/Olympus"], ["Pacific/Kiritimati", "Pacific/Pago_Pago"]]
)
def test_unknown_zones_and_hours_without_anything_in_common_never_open(zones):
    assert next_window(Hours(between=("09:00", "09:30"), days="Mon"), zones, NOW) is None


def test_not_before_moves_the_window_not_its_end():
    later = NOW + timedelta(hours=3)
    window = next_window(Hours(not_before=later), ["Europe/Rome"], NOW)
    assert window == (later, datetime(2026, 11, 28, 19, tzinfo=UTC))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"between": ("9", "20:00")}, "HH:MM"),
        ({"between": ("09:00", "24:01")}, "HH:MM"),
        ({"between": ("09:00", "09:00")}, "never open"),
        ({"between": ("24:00", "09:00")}, "never open"),
        ({"between": ("09:00",)}, "two times"),
        ({"days": ""}, "days of the week"),
        ({"days": "Mon-Tue-Wed"}, "days of the week"),
        ({"days": "Lun"}, "days of the week"),
        ({"rules": "spam"}, "marketing"),
        ({"not_before": datetime(2026, 1, 1)}, "time zone"),  # noqa: DTZ001 - naive on purpose
    ],
)
def test_what_cannot_be_read_is_said(wrong, says):
    with pytest.raises(ValueError, match=says):
        Hours(**wrong)


@given(st.sets(st.integers(0, 6), min_size=1))
def test_days_are_read_in_every_spelling(days):
    listed = sorted(days)
    assert weekdays(",".join(DAYS[day] for day in listed)) == days
    assert weekdays(" , ".join(DAYS[day].upper() + "day" * (day in {0, 4, 6}) for day in listed)) == days
    for first in range(7):
        for last in range(7):
            span = {(first + step) % 7 for step in range((last - first) % 7 + 1)}
            assert weekdays(f"{DAYS[first]}-{DAYS[last]}") == span


@pytest.mark.parametrize(
    "name", ["Rome", "", " ", "../etc/passwd", "Europe", "/etc/localtime", 7, float("nan"), None]
)
def test_what_is_no_zone_is_none(name):
    assert zone_named(name) is None


# Rules ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("country", MARKETING)
def test_every_rule_is_readable_sourced_and_opens(country):
    rule = MARKETING[country]
    assert rule.note.endswith(".")
    assert rule.sources
    Hours(between=rule.between, days=rule.days)
    zone = {"DE": "Berlin", "ES": "Madrid", "FR": "Paris", "GB": "London", "IT": "Rome"}.get(country)
    zone = f"Europe/{zone}" if zone else "America/New_York"
    always = Hours(between=("00:00", "24:00"), days="Mon-Sun", rules="marketing")
    limit = Hours(between=rule.between, days=rule.days)
    for hour in range(24 * 14):
        now = datetime(2026, 12, 20, tzinfo=UTC) + timedelta(hours=hour)
        window = next_window(always, [zone], now, country)
        assert allowed(limit, zone, window.opens)
        if rule.holidays:
            assert window.opens.astimezone(ZoneInfo(zone)).date() not in holidays.country_holidays(country)


def test_the_holidays_of_the_two_countries_whose_rules_close_on_them():
    """A snapshot of what the package says: it has lost holidays before (vacanza/holidays#3234)."""
    assert {date(2027, 5, 6), date(2027, 7, 14), date(2027, 12, 26)} <= closed(
        "FR", 2027
    )  # the last in Alsace
    assert {date(2027, 1, 6), date(2027, 9, 11), date(2027, 10, 12)} <= closed(
        "ES", 2027
    )  # Catalonia's second


def test_a_country_without_a_rule_has_only_the_hours_of_the_user():
    early = Hours(between=("06:00", "23:00"), days="Mon-Sun", rules="marketing")
    sunday = datetime(2026, 11, 29, 6, tzinfo=UTC)
    assert next_window(early, ["Europe/Warsaw"], sunday, "PL").opens == sunday
    assert next_window(early, ["Europe/Rome"], sunday, "IT").opens == datetime(2026, 11, 30, 7, tzinfo=UTC)


# Columns --------------------------------------------------------------------------------------------------


def test_a_column_has_what_each_row_alone_has():
    zones = pd.Series(
        ["Europe/Rome", None, "Atlantic/Canary Europe/Madrid", "Europe/Rome"], index=[3, 3, 1, 0]
    )
    countries = pd.Series(["IT", "IT", "ES", None])
    hours = Hours(rules="marketing")
    together = openings(hours, zones, countries, NOW)
    assert together.index.equals(zones.index)
    for place in range(len(zones)):
        name = zones.iloc[place]
        window = next_window(hours, name.split() if isinstance(name, str) else [], NOW, countries.iloc[place])
        row = together.iloc[place]
        assert (row.isna().all() and window is None) or tuple(row) == window


def test_a_column_without_rows_keeps_its_dtypes():
    made = openings(Hours(), pd.Series([], dtype=object), pd.Series([], dtype=object), NOW)
    assert made.dtypes.astype(str).tolist() == ["datetime64[us, UTC]"] * 2
