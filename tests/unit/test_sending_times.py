"""When each person's text goes out, by two clocks, against a judge that looks at the clocks on the wall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pandas as pd
import phonenumbers as library
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsframe.orders.deadlines import out_of_time
from smsframe.orders.hours import DAYS, Hours, zone_named
from smsframe.orders.records import Batch, Now
from smsframe.orders.states import Doubt, State
from smsframe.orders.terms import Terms
from smsframe.timing.night import at_night
from smsframe.timing.rules import MARKETING
from smsframe.timing.sending_times import DIFFERENCE, sending_time, sending_times

HARD = ("Europe/Rome", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu")
CHANGES = [  # of these zones' clocks, 2026 and 2027; Casablanca's are those of Ramadan
    datetime(2026, 2, 15, 2, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 3, 22, 2, tzinfo=UTC),
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC),
]
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def allowed(hours, zone, instant):
    """Whether the clock on the wall says yes."""
    wall = instant.astimezone(zone_named(zone))
    minute = wall.hour * 60 + wall.minute
    today, yesterday = wall.weekday(), (wall.weekday() - 1) % 7
    return (today in hours.weekdays and hours.begin <= minute < hours.end) or (
        yesterday in hours.weekdays and minute + 1440 < hours.end
    )


@st.composite
def any_hours(draw):
    begin = draw(st.integers(0, 1439))
    end = draw(st.integers(0, 1440).filter(lambda minute: minute != begin))
    between = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in (begin, end))
    return Hours(between=between, days=",".join(draw(st.sets(st.sampled_from(DAYS), min_size=1))))


def batch(time):
    terms = Terms(schedule=time.schedule)
    facts = {
        "id": 1,
        "campaign": 1,
        "order_id": "sf-x",
        "template": "Ciao",
        "encoding": "gsm",
        "terms": terms,
    }
    return Batch(
        **facts,
        state=State.PLANNED,
        doubt=Doubt.NONE,
        recipients=1,
        segments=1,
        claimed_at=None,
        not_before=None,
        opens_at=time.opens,
        closes_at=time.closes,
    )


@settings(max_examples=400, deadline=None)
@given(
    any_hours(),
    st.lists(st.sampled_from(HARD), min_size=1, max_size=2, unique=True),
    st.sampled_from(CHANGES),
    st.integers(-3 * 1440 * 60, 2 * 1440 * 60),
    st.one_of(st.just(0), st.integers(0, 5), st.integers(6, 3 * 3600), st.integers(0, 3 * 86_400)),
)
def test_a_text_goes_out_only_when_every_clock_on_the_wall_agrees(hours, zones, change, seconds, apart):
    latest = change + timedelta(seconds=seconds)
    now = Now(latest - timedelta(seconds=apart), latest)
    time = sending_time(hours, " ".join(zones), None, now)
    if time.code is not None:
        assert time.code == "quiet_hours"
        assert time.schedule is None
        assert time.reason
        return
    if time.schedule is None:
        clocks = [now.earliest, now.latest]
    else:
        assert time.schedule > now.latest
        assert time.schedule.microsecond == 0
        # The gateway sends it when its clock is there; the other clock may be ahead or behind.
        difference = now.latest - now.earliest if now.latest - now.earliest > DIFFERENCE else timedelta()
        clocks = [time.schedule - difference, time.schedule, time.schedule + difference]
    for clock, zone in product(clocks, zones):
        assert allowed(hours, zone, clock), (clock, zone)
    # And an order of it may leave now, and no longer when the window is over or before it began.
    made = batch(time)
    assert not out_of_time(made, now)
    end = time.schedule or time.closes
    assert out_of_time(made, Now(now.earliest, end))
    assert not out_of_time(made, Now(now.earliest, end - timedelta(microseconds=1)))
    if time.schedule is None:
        assert out_of_time(made, Now(now.earliest - timedelta(seconds=1), now.latest))


EXAMPLES = {
    region: library.example_number_for_type(region, library.PhoneNumberType.MOBILE)
    for region in sorted(library.SUPPORTED_REGIONS)
}


@pytest.mark.parametrize("region", [region for region, example in EXAMPLES.items() if example])
def test_every_country_has_a_sending_time(region):
    example = EXAMPLES[region]
    people = pd.DataFrame({"phone": [library.format_number(example, library.PhoneNumberFormat.E164)]})
    (time,) = sending_times(people, Terms(hours=Hours(between=("08:00", "21:00"))), Now(NOON, NOON)).to_dict(
        "records"
    )
    assert pd.isna(time["code"]), time["reason"]
    assert time["zones"]


def test_numbers_of_no_country_have_a_reason():
    people = pd.DataFrame({"phone": ["+881612345678", "+80012345678", "+999123456789"]})
    times = sending_times(people, Terms(hours=Hours()), Now(NOON, NOON))
    assert times["code"].eq("quiet_hours").all()
    assert times["schedule"].isna().all()
    assert times["reason"].eq("no time zone is known for this number").all()


def test_a_time_of_ones_own_comes_first_and_is_never_at_once_when_it_has_passed():
    own = pd.Series([NOON + timedelta(hours=1), NOON, None]).astype("datetime64[us, UTC]")
    people = pd.DataFrame({"phone": ["+393471234567"] * 3, "schedule_at": own})
    for terms in (Terms(), Terms(schedule=NOON + timedelta(days=1)), Terms(hours=Hours())):
        times = sending_times(people, terms, Now(NOON, NOON))
        assert times["schedule"].iloc[0] == own.iloc[0]
        assert times["code"].fillna("-").tolist() == ["-", "time_passed", "-"]
        assert pd.isna(times["schedule"].iloc[1])
        last = times["schedule"].iloc[2]
        assert pd.isna(last) if terms.schedule is None else last == terms.schedule


def test_who_has_no_rule_is_counted():
    people = pd.DataFrame({"phone": ["+393471234567", "+33612345678", "+61412345678"]})
    assert {"IT", "FR"} < MARKETING.keys()
    times = sending_times(people, Terms(hours=Hours(rules="marketing")), Now(NOON, NOON))
    assert times["no_rule"].tolist() == [False, False, True]
    assert not sending_times(people, Terms(hours=Hours()), Now(NOON, NOON))["no_rule"].any()


@pytest.mark.parametrize("hour", range(24))
def test_night_is_from_22_to_8(hour):
    at = pd.Series([datetime(2026, 12, 1, hour, tzinfo=zone_named("Europe/Rome"))]).dt.tz_convert("UTC")
    people, example = at_night(pd.Series(["+393471234567"]), at)
    assert people == (hour >= 22 or hour < 8)
    assert (f"{hour:02}:00 Europe/Rome" in example) == bool(people)
