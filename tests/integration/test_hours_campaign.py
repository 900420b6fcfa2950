"""Campaigns with hours and with times row by row, on the sandbox, with a clock that is set."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import phonenumbers as library
import pytest
from helpers import sending
from helpers.clocks import PassingTime
from helpers.faulty_server import FaultyServer, instead
from helpers.sending import codes, each_once, gateway_at, posts, statuses, texted

import smsframe
from smsframe.gateway.retry import RetryPolicy
from smsframe.orders.hours import zone_named
from smsframe.phones.country import countries
from smsframe.timing.zones import zones

pytestmark = pytest.mark.both_journals

MONDAY = datetime(2026, 11, 30, 2, tzinfo=UTC)
ROME = ZoneInfo("Europe/Rome")
COUNTRIES = ("IT", "GB", "DE", "FR", "ES", "US", "BR", "IN", "AU", "JP", "NG", "JM")
DAY_HOURS = smsframe.Hours(between=("09:00", "20:00"), days="Mon-Sat")


@pytest.fixture
def time():
    return PassingTime(MONDAY)


@pytest.fixture
def sandbox(time):
    with smsframe.Sandbox(clock=time.at_the_gateway, repeated_order_id="accept", credits=100_000) as made:
        yield made


def send(contacts, gateway, **options):
    return sending.send(contacts, gateway, "Hello", **options, retry_policy=RetryPolicy(clock=gateway.clock))


def resume(gateway, **options):
    return sending.resume(gateway, **options, retry_policy=RetryPolicy(clock=gateway.clock))


def mobiles(*regions):
    numbers = [
        library.format_number(
            library.example_number_for_type(region, library.PhoneNumberType.MOBILE),
            library.PhoneNumberFormat.E164,
        )
        for region in regions
    ]
    return pd.DataFrame({"name": [*regions], "mobile": numbers})


def romans(count):
    return pd.DataFrame({"mobile": [f"+39347{place:07d}" for place in range(1, count + 1)]})


def local_hours(instant, number):
    """What all clocks show that may be on the wall where a number is."""
    phones = pd.Series([number])
    names = zones(phones, countries(phones)).iloc[0].split()
    return [instant.astimezone(zone_named(name)) for name in names]


def inside(wall, hours=DAY_HOURS):
    return hours.begin <= wall.hour * 60 + wall.minute < hours.end and wall.weekday() in hours.weekdays


@pytest.mark.samples(3)
@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_people_of_twelve_countries_are_texted_by_day_each_in_their_own(hour, sandbox, gateway, time):
    time.set(MONDAY + timedelta(hours=hour - 2))
    out = send(mobiles(*COUNTRIES), gateway, schedule=DAY_HOURS)
    assert set(statuses(out)) <= {"accepted", "scheduled"}
    assert len(out) == len(COUNTRIES)
    for row in out.itertuples():
        at = row.sms_sent_at if row.sms_status == "accepted" else row.sms_scheduled_at
        assert all(inside(wall) for wall in local_hours(at, row.sms_phone)), (row.name, at)
        if row.sms_status == "scheduled":  # not a minute later than it opens for all who may be there
            before = at - timedelta(minutes=1)
            assert not all(inside(wall) for wall in local_hours(before, row.sms_phone)), row.name
    again = send(mobiles(*COUNTRIES), gateway, schedule=DAY_HOURS)
    assert again["sms_order_id"].tolist() == out["sms_order_id"].tolist()
    assert posts(sandbox) == out["sms_order_id"].nunique()


def test_a_plan_says_who_goes_out_when(gateway, time):
    time.set(datetime(2026, 11, 30, 9, 30, tzinfo=UTC))
    people = mobiles("IT", "GB", "US")
    plan = smsframe.plan(
        people, "Hello", campaign="autumn", phone="mobile", gateway=gateway, schedule=DAY_HOURS
    )
    said = plan.facts()["times"]
    assert said["now"] == 2
    assert said["later"][0]["people"] == 1
    assert "09:00 America/" in said["later"][0]["at"]
    assert "2 at once; 1 Mon 2026-11-30" in repr(plan)
    assert "2 at once" in plan._repr_html_()
    assert plan.recipients == 3


def test_whose_zone_nobody_knows_is_never_sent_to_and_told_why(sandbox, gateway):
    people = romans(4).assign(tz=["Europe/Rome", None, "Mars/Olympus", "Europe/Rome"])
    hours = smsframe.Hours(between=("00:00", "24:00"), days="Mon-Sun", zone="tz")
    plan = smsframe.plan(people, "Hello", campaign="autumn", phone="mobile", gateway=gateway, schedule=hours)
    assert plan.frame["sms_status"].tolist() == ["ready", "pending", "pending", "ready"]
    assert plan.recipients == 2
    assert "2 without a known time zone, who are not texted" in repr(plan)
    out = send(people, gateway, schedule=hours)
    assert statuses(out) == {"accepted": 2, "pending": 2}
    assert codes(out) == {"quiet_hours": 2}
    assert "no time zone is known" in out["sms_reason"].iloc[1]
    assert "Mars/Olympus" in out["sms_reason"].iloc[2]
    # Neither does resuming send to them: the campaign keeps its hours, and the zones of the rows.
    assert statuses(resume(gateway)) == {"accepted": 2, "pending": 2}
    assert len(texted(sandbox)) == 2
    with pytest.raises(ValueError, match="names a column"):
        resume(gateway, schedule=hours)
    done = resume(gateway, schedule=smsframe.Hours(between=("00:00", "24:00"), days="Mon-Sun"))
    assert statuses(done) == {"accepted": 4}


def test_hours_that_have_nothing_in_common_text_nobody_and_the_local_time_is_said(sandbox, gateway):
    people = mobiles("IT").assign(tz=["Europe/Rome"])
    narrow = smsframe.Hours(between=("12:00", "12:30"), days="Mon", zone=None)
    out = send(mobiles("RU", "IT"), gateway, schedule=narrow, numbers="possible", campaign="winter")
    assert out["sms_status"].tolist() == ["pending", "scheduled"]
    assert ": never open; it is " in out["sms_reason"].iloc[0]
    assert people["tz"].notna().all()
    dropped = smsframe.withdraw("winter", gateway=gateway)
    assert dropped["sms_code"].tolist() == ["quiet_hours"]


def test_what_did_not_leave_within_its_hours_is_cut_again(sandbox, gateway, time):
    time.set(datetime(2026, 11, 30, 19, 59, 30, tzinfo=ROME))
    seen = []

    def report(step):
        seen.append(step)
        if step.state == "accepted":
            time.passed += 60  # it is past eight as soon as the first order is accepted

    out = send(romans(3), gateway, schedule=DAY_HOURS, batch_size=1, workers=1, report=report)
    assert out["sms_status"].tolist() == ["accepted", "scheduled", "scheduled"]
    times = out["sms_scheduled_at"].dropna().dt.tz_convert("Europe/Rome")
    assert times.dt.strftime("%a %H:%M").tolist() == ["Tue 09:00"] * 2
    assert texted(sandbox).le(1).all()


def test_what_was_stopped_goes_on_within_the_same_hours(sandbox, gateway, time):
    time.set(datetime(2026, 11, 30, 12, tzinfo=ROME))
    sandbox.misbehave("busy", status=503, retry_after=5000)
    with pytest.raises(smsframe.SmsFrameError):
        send(romans(2), gateway, schedule=DAY_HOURS)
    sandbox.behave()
    time.set(datetime(2026, 11, 30, 23, tzinfo=ROME))
    out = resume(gateway)
    assert statuses(out) == {"scheduled": 2}
    assert out["sms_scheduled_at"].dt.tz_convert("Europe/Rome").dt.strftime("%a %H:%M").eq("Tue 09:00").all()


def test_hours_that_are_replaced_hold_for_later_calls(sandbox, gateway, time):
    sandbox.misbehave("busy", status=503, retry_after=5000)
    with pytest.raises(smsframe.SmsFrameError):
        send(romans(2), gateway, schedule=DAY_HOURS)
    later = smsframe.Hours(between=("15:00", "16:00"), days="Wed")
    with pytest.raises(smsframe.SmsFrameError):
        resume(gateway, schedule=later)
    sandbox.behave()
    out = resume(gateway)
    assert out["sms_scheduled_at"].dt.tz_convert("Europe/Rome").dt.strftime("%a %H:%M").eq("Wed 15:00").all()


def test_a_text_leaves_only_when_both_clocks_say_that_it_may(sandbox, gateway, time):
    time.set(datetime(2026, 11, 30, 19, tzinfo=ROME))
    time.ahead = timedelta(hours=3)  # 22:00 there
    out = send(romans(1), gateway, schedule=DAY_HOURS)
    assert statuses(out) == {"scheduled": 1}
    at = out["sms_scheduled_at"].iloc[0]
    for clock in (at, at + time.ahead, at - time.ahead):
        assert inside(clock.astimezone(ROME))


def test_the_hours_that_justified_a_time_are_kept(sandbox, gateway, time):
    send(romans(1), gateway, schedule=DAY_HOURS)
    with contextlib.closing(sqlite3.connect(gateway.journal)) as journal:
        (hours, closes, campaign) = journal.execute(
            "SELECT b.hours, b.closes_at, c.hours FROM batches b JOIN campaigns c ON b.campaign = c.id"
        ).fetchone()
    evidence = json.loads(hours)
    assert evidence["zones"] == ["Europe/Rome"]
    assert evidence["local"] == ["Mon 2026-11-30 09:00 Europe/Rome"]
    assert evidence["hours"] == json.loads(campaign)
    closing = datetime.fromtimestamp(closes / 1e6, ROME)
    assert closing == datetime(2026, 11, 30, 20, tzinfo=ROME)


# A column of times.


def at(*hours):
    moments = [None if hour is None else MONDAY + timedelta(hours=hour) for hour in hours]
    return pd.to_datetime(pd.Series(moments), utc=True)


def test_a_column_of_times_is_grouped_by_time(sandbox, gateway, time):
    people = romans(5).assign(when=at(10, 5, 10, None, -1))
    out = send(people, gateway, schedule="when")
    assert out["sms_status"].tolist() == ["scheduled"] * 3 + ["invalid"] * 2
    assert out["sms_code"].tolist()[3:] == ["missing_time", "time_passed"]
    assert out["sms_scheduled_at"].iloc[:3].tolist() == people["when"].iloc[:3].tolist()
    assert out["sms_order_id"].nunique() == 2
    time.passed += 9 * 3600  # the second one's time has passed: its outcome stays
    again = send(people, gateway, schedule="when")
    assert again["sms_status"].tolist() == out["sms_status"].tolist()
    assert posts(sandbox) == 2


def test_times_row_by_row_are_remembered(sandbox, gateway, time):
    people = romans(3).assign(when=at(10, 5, 20))
    sandbox.misbehave("busy", status=503, retry_after=5000)
    with pytest.raises(smsframe.SmsFrameError):
        send(people, gateway, schedule="when")
    sandbox.behave()
    time.passed += 6 * 3600
    out = resume(gateway)
    assert out["sms_status"].tolist() == ["scheduled", "pending", "scheduled"]
    assert codes(out) == {"time_passed": 1}
    assert out["sms_scheduled_at"].dropna().tolist() == people["when"].iloc[[0, 2]].tolist()
    done = resume(gateway, schedule=MONDAY + timedelta(days=2))
    assert statuses(done) == {"scheduled": 3}


@pytest.mark.parametrize(
    ("column", "message", "advice"),
    [
        (pd.to_datetime(["2030-01-01 09:00"]), "has times without a time zone", "tz_localize"),
        (pd.Series(["2030-01-01T09:00+01:00"]), "has text", "utc=True"),
        (pd.Series(["2030-01-01T09:00"]), "has text", "tz_localize"),
        (pd.Series([datetime(2030, 1, 1)], dtype=object), "has times without a time zone", "tz_localize"),  # noqa: DTZ001
        (pd.Series([5]), "has no times", "tz_localize"),
    ],
)
def test_a_column_of_something_else_is_refused_and_what_to_do_is_said(column, message, advice, gateway):
    with pytest.raises(smsframe.ContactsError, match=message) as refused:
        send(romans(1).assign(when=column), gateway, schedule="when")
    assert advice in str(refused.value)
    with pytest.raises(smsframe.ContactsError, match="is no column"):
        send(romans(1), gateway, schedule="when")


def test_objects_with_zones_of_their_own_are_times(gateway):
    when = [datetime(2026, 12, 1, 9, tzinfo=ROME), datetime(2026, 12, 1, 9, tzinfo=UTC)]
    out = send(romans(2).assign(when=pd.Series(when, dtype=object)), gateway, schedule="when")
    assert [moment.to_pydatetime() for moment in out["sms_scheduled_at"]] == when


def test_too_many_different_times_are_refused_in_the_plan(gateway):
    people = romans(10_001)
    people["when"] = pd.date_range(MONDAY + timedelta(days=1), periods=len(people), freq="s")
    with pytest.raises(smsframe.ContactsError, match="make 10,001 orders"):
        smsframe.plan(people, "Hello", phone="mobile", gateway=gateway, schedule="when")
    people["when"] = people["when"].dt.floor("15min")
    assert len(smsframe.plan(people, "Hello", phone="mobile", gateway=gateway, schedule="when").batches) < 30


# At night.


@pytest.mark.parametrize(("hour", "night"), [(7, True), (8, False), (21, False), (22, True), (3, True)])
def test_a_time_at_night_is_said_before_it_is_accepted(hour, night, gateway, caplog):
    when = datetime(2026, 12, 1, hour, tzinfo=ROME)
    with caplog.at_level(logging.WARNING, "smsframe"):
        plan = smsframe.plan(
            mobiles("IT"), "Hello", phone="mobile", gateway=gateway, campaign="autumn", schedule=when
        )
    said = "it is night (22:00 to 08:00) for 1 person then"
    assert (said in repr(plan)) is night
    assert (said in plan._repr_html_()) is night
    assert (said in caplog.text) is night


# What was lost, and what is sent again.


def test_an_order_that_was_lost_is_not_repeated_when_its_hours_are_over(sandbox, gateway, time):
    time.set(datetime(2026, 11, 30, 19, 59, 40, tzinfo=ROME))
    sandbox.misbehave("drop_before", times=1)
    out = send(romans(2), gateway, schedule=DAY_HOURS, grace=30.0)
    assert statuses(out) == {"scheduled": 2}
    assert out["sms_scheduled_at"].dt.tz_convert("Europe/Rome").dt.strftime("%a %H:%M").eq("Tue 09:00").all()
    assert posts(sandbox) == 2


def test_an_order_that_the_gateway_has_no_time_for_waits_for_the_next_hours(sandbox, gateway, time):
    time.set(datetime(2026, 11, 30, 19, 59, 55, tzinfo=ROME))
    sandbox.misbehave("busy", status=503, retry_after=20, times=1)
    out = send(romans(2), gateway, schedule=DAY_HOURS)
    assert out["sms_scheduled_at"].dt.tz_convert("Europe/Rome").dt.strftime("%a %H:%M").eq("Tue 09:00").all()


@pytest.mark.parametrize("status", [413, 429, 503])
def test_an_order_that_was_taken_before_something_said_no_is_found_when_its_hours_are_over(
    status, time, tmp_path
):
    """Its people would be cut again, each country by its hours: under ids that the gateway does not know."""
    time.set(datetime(2026, 11, 30, 19, 59, 59, tzinfo=ROME))
    journal = tmp_path / "journal.sqlite"
    with (
        smsframe.Sandbox(clock=time.at_the_gateway, repeated_order_id="refuse") as sandbox,
        FaultyServer(sandbox.url) as proxy,
        contextlib.closing(gateway_at(proxy.url, journal, clock=time.clock)) as gateway,
    ):
        proxy.on("POST", instead(status, Retry_After="20"))
        out = send(mobiles("IT", "GB"), gateway, schedule=DAY_HOURS)
        assert statuses(out) == {"accepted": 2}
        assert each_once(sandbox, out)


def test_who_is_texted_again_is_texted_within_the_hours_of_the_campaign(sandbox, gateway, time):
    time.set(datetime(2026, 11, 30, 12, tzinfo=ROME))
    people = pd.DataFrame({"mobile": ["+393470000076"]})  # the sandbox delivers none of these
    out = send(people, gateway, schedule=DAY_HOURS)
    time.set(datetime(2026, 12, 2, 23, tzinfo=ROME))
    out = smsframe.refresh(out, gateway=gateway, progress=False)
    rows = smsframe.failed(out, retryable=True)
    assert len(rows) == 1
    again = smsframe.resend("autumn", rows, gateway=gateway, progress=False)
    assert statuses(again) == {"scheduled": 1}
    when = again["sms_scheduled_at"].iloc[0].tz_convert("Europe/Rome")
    assert f"{when:%a %H:%M}" == "Thu 09:00"


def test_the_story_of_a_recipient_has_the_hours_that_justified_the_time(gateway, time):
    out = send(romans(1), gateway, schedule=DAY_HOURS)
    story = smsframe.explain(out, out.index[0], gateway=gateway)
    (row,) = story[story["step"].str.contains("hours")].to_dict("records")
    assert "Mon 2026-11-30 09:00 Europe/Rome" in row["evidence"]
    assert "09:00" in row["step"]


def test_a_time_at_night_is_said_when_a_campaign_is_resumed(sandbox, gateway, time):
    sandbox.misbehave("busy", status=503, retry_after=5000)
    with pytest.raises(smsframe.SmsFrameError):
        send(romans(2), gateway)
    sandbox.behave()
    said = []
    resume(gateway, schedule=datetime(2026, 12, 1, 3, tzinfo=ROME), say=said.append)
    assert any("it is night (22:00 to 08:00) for 2 people then" in sentence for sentence in said)
