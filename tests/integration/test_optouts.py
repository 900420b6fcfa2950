"""Nobody on the list is texted: whichever call sends, whenever they opted out, however it is spelled."""

from __future__ import annotations

import threading
import time as clocks
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest
from helpers.clocks import PassingTime
from helpers.sending import QUICK, codes, posts, resume, send, statuses, table, texted

import smsframe
from smsframe.clock import SYSTEM, Clock
from smsframe.contacts.suppression import require_valid
from smsframe.errors import ContactsError, JournalError, Unavailable
from smsframe.journal.journal import Journal
from smsframe.journal.people import barred, optout_rows
from smsframe.journal.people.optout_rows import OptOutList

pytestmark = pytest.mark.both_journals

ONE, TWO = "+393470000000", "+393470000001"
"""The first two people of `table`."""


@pytest.fixture
def gateway(sandbox, database):
    made = sandbox.gateway()
    yield made
    made.close()


def opt_out(gateway, *numbers, **options):
    return smsframe.optouts.add([*numbers], gateway=gateway, **options)


def keywords(gateway, **more):
    return {"campaign": "autumn", "phone": "mobile", "gateway": gateway, "progress": False} | more


# Who is listed.


def test_the_list_is_a_frame_and_whoever_is_on_it_keeps_since_when(gateway):
    assert opt_out(gateway, ONE, why="rang us", source="telephone") == 1
    before = smsframe.optouts(gateway=gateway)
    assert opt_out(gateway, ONE, TWO, why="another") == 1
    frame = smsframe.optouts(gateway=gateway)
    assert frame["number"].tolist() == [ONE, TWO]
    assert frame["why"].tolist() == ["rang us", "another"]
    assert frame["since"].iloc[0] == before["since"].iloc[0]
    assert str(frame["since"].dtype) == "datetime64[us, UTC]"
    assert frame.columns.tolist() == ["number", "since", "why", "source", "account"]


@pytest.mark.parametrize(
    ("listed", "texted_as"),
    [("+5491123456789", "+541123456789"), ("+5511987654321", "+551187654321"), (ONE, "0039 347 000 0000")],
)
def test_spellings_that_reach_one_phone_are_one_person(gateway, sandbox, listed, texted_as):
    opt_out(gateway, listed)
    people = pd.DataFrame({"mobile": [texted_as]})
    out = smsframe.send(people, "Ciao", **keywords(gateway, numbers="possible"))
    assert codes(out) == {"opted_out": 1}
    assert sandbox.inbox().empty


@pytest.mark.parametrize("numbered", [None, 8, 2])
def test_of_many_people_as_of_few_the_earliest_of_all_lists_is_said(gateway, monkeypatch, numbered):
    """Of many the lists are read page by page, and few sources by number; of few each is looked up."""
    journal = Journal(gateway.journal)
    random = np.random.default_rng(5)
    numbers = pd.Series(393470000000 + np.arange(60)).astype(str).radd("+")
    said = {}
    for account, sources in (("one", ["shop"]), ("two", ["till", "phone", 'a "quoted", one'])):
        listed = numbers.sample(30, random_state=len(sources)).reset_index(drop=True)
        days = pd.Series(pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(random.permutation(30), "D"))
        source = pd.Series(random.choice(sources, 30))
        journal.optouts.add(OptOutList(gateway.base_url, account), listed, source=source, since=days)
        for number, day, known in zip(listed, days, source, strict=True):
            said[number] = min(said.get(number, (day, known)), (day, known), key=lambda each: each[0])
    if numbered:
        monkeypatch.setattr(optout_rows, "SOURCES", numbered)
        monkeypatch.setattr(barred, "FEW", 0)
        monkeypatch.setattr(barred, "MANY", 5 * numbered)
        monkeypatch.setattr(optout_rows, "FEW", 0)
        monkeypatch.setattr(optout_rows, "LARGEST_ANSWER", 7)
    asked = numbers.sample(40, random_state=9)
    everybody = barred.Barred.of(journal, gateway.base_url, tuple, others=True, clock=SYSTEM)
    found = everybody.find(asked)
    there = sorted(number for number in asked if number in said)
    assert found["person"].tolist() == [int(number) for number in there]
    assert {*found["code"]} == {"opted_out"}
    reasons = [f"opted out since {said[one][0]:%Y-%m-%d}, {said[one][1]}" for one in there]
    assert found["reason"].tolist() == reasons
    assert asked[everybody.among(asked)].sort_values().tolist() == there


def test_a_row_says_since_when_and_how_it_is_known_and_the_plan_names_its_lists(gateway):
    opt_out(gateway, ONE, source="reply STOP")
    plan = smsframe.plan(table(3), "Ciao", **{k: v for k, v in keywords(gateway).items() if k != "progress"})
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert plan.frame["sms_reason"].iloc[0] == f"opted out since {today}, reply STOP"
    assert [(used.account, used.people) for used in plan.optouts] == [("demo", 1)]
    assert "1 row opted out" in repr(plan)
    assert "1 number on the list of demo" in plan._repr_html_()
    assert plan.recipients == 2


def test_whoever_is_taken_off_the_list_stays_in_its_history(gateway, sandbox):
    opt_out(gateway, ONE, why="a mistake")
    with pytest.raises(ValueError, match="why="):
        smsframe.optouts.remove([ONE], why=" ", gateway=gateway)
    gone = smsframe.optouts.remove(["0039 347 0000000", TWO], why="signed up again", gateway=gateway)
    assert gone["number"].tolist() == [ONE]
    assert smsframe.optouts(gateway=gateway).empty
    removed = smsframe.optouts(gateway=gateway, removed=True)
    assert removed[["number", "why", "removed_why"]].to_numpy().tolist() == [
        [ONE, "a mistake", "signed up again"]
    ]
    assert statuses(smsframe.send(table(1), "Ciao", **keywords(gateway))) == {"accepted": 1}


@pytest.mark.parametrize("too_many", ["(0)", "0", "39 "])
def test_a_zero_or_a_country_code_too_many_is_the_mobile_for_all_that_take_a_list(gateway, sandbox, too_many):
    written = ONE.replace("+39", f"+39 {too_many}")
    assert opt_out(gateway, written) == 2  # as it is written too: a table may have it so
    assert codes(smsframe.send(table(1), "Ciao", **keywords(gateway))) == {"opted_out": 1}
    assert sandbox.inbox().empty
    smsframe.optouts.remove([written], why="signed up again", gateway=gateway)
    assert smsframe.optouts(gateway=gateway).empty
    smsframe.forget([written], gateway=gateway)
    again = keywords(gateway, campaign="after")
    assert codes(smsframe.send(table(1), "Ciao", **again)) == {"opted_out": 1}


def test_a_line_that_may_be_a_landline_or_a_mobile_is_left_out_as_both_and_taken_off_as_neither(gateway):
    """Somebody else may have the other number: who erases, or takes off, is asked which it is."""
    landline, mobile = "+3903123456789", "+393123456789"
    assert opt_out(gateway, "+39 0331 234567") == 1  # a landline as it is dialled means nobody else
    assert opt_out(gateway, "+39 (0)3123456789") == 2
    for call in (partial(smsframe.optouts.remove, why="signed up again"), smsframe.forget):
        with pytest.raises(ContactsError, match="may be two different numbers"):
            call(["+39 (0)3123456789"], gateway=gateway)
    assert set(smsframe.optouts(gateway=gateway)["number"]) == {landline, mobile, "+390331234567"}
    smsframe.optouts.remove([mobile], why="signed up again", gateway=gateway)
    assert set(smsframe.optouts(gateway=gateway)["number"]) == {landline, "+390331234567"}


def test_a_list_with_a_line_that_is_no_number_adds_nobody(gateway):
    with pytest.raises(ContactsError, match="line 2"):
        smsframe.optouts.add([ONE, "12"], gateway=gateway)
    assert smsframe.optouts(gateway=gateway).empty


def test_the_lists_of_the_default_journal_and_of_the_campaigns_own_are_both_read(
    gateway, sandbox, tmp_path, monkeypatch
):
    monkeypatch.setenv("SMSFRAME_JOURNAL", str(tmp_path / "default.sqlite"))
    opt_out(gateway, ONE, journal=smsframe.Journal.default())
    own = tmp_path / "own.sqlite"
    opt_out(gateway, TWO, journal=own)
    opt_out(gateway, "+393470000002", journal=smsframe.Journal(tmp_path / "third.sqlite"))
    out = smsframe.send(table(4), "Ciao", **keywords(gateway, journal=own))
    assert out["sms_code"].astype(object).where(out["sms_code"].notna(), None).tolist() == [
        "opted_out",
        "opted_out",
        None,
        None,
    ]


def test_the_list_of_another_account_holds_nobody_back(gateway, sandbox):
    other = smsframe.Gateway(sandbox.url, username="other", password="demo", journal=gateway.journal)
    opt_out(other, ONE)
    assert statuses(smsframe.send(table(1), "Ciao", **keywords(gateway))) == {"accepted": 1}


def test_a_plan_without_a_gateway_reads_all_lists(gateway):
    opt_out(gateway, ONE)
    plan = smsframe.plan(table(2), "Ciao", phone="mobile", journal=gateway.journal)
    assert codes(plan.frame) == {"opted_out": 1}


# Whoever opts out later.


def test_a_plan_that_was_seen_is_not_sent_to_whoever_has_opted_out_since(gateway, sandbox):
    plan = smsframe.plan(table(3), "Ciao", campaign="autumn", phone="mobile", gateway=gateway)
    opt_out(gateway, TWO)
    out = smsframe.send(plan, gateway=gateway, progress=False)
    assert statuses(out) == {"accepted": 2, "suppressed": 1}
    assert TWO not in texted(sandbox)


def test_whoever_opts_out_while_a_campaign_is_sent_is_in_no_later_order(gateway, sandbox):
    """Everybody is planned in orders of two; the last one's second person opts out after the first order."""
    last = table(6)["mobile"].iloc[-1]
    done = []

    def report(event):
        if event.state.value == "accepted" and not done:
            done.append(opt_out(gateway, last))

    out = send(table(6), gateway, batch_size=2, workers=1, report=report)
    assert done == [1]
    assert statuses(out) == {"accepted": 5, "suppressed": 1}
    assert out["sms_code"].iloc[-1] == "opted_out"
    assert last not in texted(sandbox)
    assert texted(sandbox).le(1).all()


def test_whoever_opts_out_between_two_tries_of_one_request_is_not_in_the_second(sandbox, gateway):
    """The gateway is busy; while it is waited for, somebody in the order opts out."""
    time = PassingTime()
    before = time.pause

    def pause(stop, seconds):
        before(stop, seconds)
        if len(time.pauses) == 1:
            opt_out(gateway, ONE)

    time.pause = pause
    sandbox.misbehave("busy", status=503, retry_after=1, times=1)
    out = send(table(3), gateway, retry_policy=replace(QUICK, clock=time.clock))
    assert statuses(out) == {"accepted": 2, "suppressed": 1}
    assert ONE not in texted(sandbox)


def test_whoever_opts_out_at_any_moment_of_a_call_is_texted_or_suppressed_and_no_error(sandbox, gateway):
    """At each question for the time in turn, as another process would: also after the plan was made."""
    asked, moment = 0, 0

    def now():
        nonlocal asked
        asked += 1
        if asked == moment:  # a call that is writing is not waited for
            other = threading.Thread(target=opt_out, args=(gateway, ONE))
            other.start()
            other.join(0.3)
            late.append(other)
        return SYSTEM.now()

    late, ends = [], set()
    for moment in count(1):
        campaign, asked = f"autumn {moment}", 0
        before = texted(sandbox).get(ONE, 0)
        out = send(table(3), gateway, campaign=campaign, retry_policy=replace(QUICK, clock=Clock(now=now)))
        for other in late:
            other.join()
        got = texted(sandbox).get(ONE, 0) - before
        ends.add((out["sms_status"].iloc[0], got))
        assert statuses(out.iloc[1:]) == {"accepted": 2}
        if asked < moment:
            break
        assert smsframe.optouts(gateway=gateway)["number"].tolist() == [ONE]
        smsframe.optouts.remove([ONE], why="signed up again", gateway=gateway)
    assert moment > 5
    assert ends == {("accepted", 1), ("suppressed", 0)}


def test_an_order_that_never_arrived_is_not_repeated_with_whoever_has_opted_out(sandbox, gateway):
    """Nobody knows of the first order; its two look-ups prove that it is absent, and one of it opts out."""

    def pause(_stop, seconds):
        if smsframe.optouts(gateway=gateway).empty:
            opt_out(gateway, ONE)
        SYSTEM.sleep(seconds)

    sandbox.misbehave("drop_before", times=1)
    out = send(table(3), gateway, retry_policy=replace(QUICK, clock=Clock(pause=pause)))
    assert statuses(out) == {"accepted": 2, "suppressed": 1}
    assert ONE not in texted(sandbox)
    assert texted(sandbox).le(1).all()


def test_what_a_call_was_told_to_suppress_the_next_one_knows(gateway, sandbox):
    sandbox.misbehave("busy", retry_after=3600)
    with pytest.raises(Unavailable):
        send(table(4), gateway)
    sandbox.behave()
    first = resume(gateway, suppressed=[ONE])
    assert statuses(first) == {"accepted": 3, "suppressed": 1}
    assert statuses(resume(gateway)) == {"accepted": 3, "suppressed": 1}
    assert statuses(smsframe.results("autumn", gateway=gateway)) == {"accepted": 3, "suppressed": 1}
    assert statuses(smsframe.send(table(4), "Ciao {name}", **keywords(gateway))) == {
        "accepted": 3,
        "suppressed": 1,
    }
    assert ONE not in texted(sandbox)
    smsframe.optouts.remove([ONE], why="it was another list", campaign="autumn", gateway=gateway)
    assert statuses(resume(gateway)) == {"accepted": 4}


def test_what_a_sending_was_told_to_suppress_a_later_one_of_the_campaign_knows(gateway, sandbox):
    smsframe.send(table(1, start=5), "Ciao", **keywords(gateway, suppress=[ONE]))
    out = smsframe.send(table(2), "Ciao", **keywords(gateway))
    assert out["sms_status"].tolist() == ["suppressed", "accepted"]
    assert statuses(smsframe.send(table(1), "Ciao", **keywords(gateway, campaign="winter"))) == {
        "accepted": 1
    }


@pytest.mark.sandbox(speed=3600)
def test_nobody_who_opted_out_is_texted_again(gateway, sandbox):
    fails = pd.DataFrame({"mobile": ["+393470000176", "+393470000276"]})  # their texts end in ERROR
    smsframe.send(fails, "Ciao", **keywords(gateway))
    results = smsframe.refresh(smsframe.results("autumn", gateway=gateway), gateway=gateway, progress=False)
    results = smsframe.refresh(results, gateway=gateway, until="1 min", every=0.05, progress=False)
    failed = smsframe.failed(results, retryable=True)
    assert len(failed) == 2
    opt_out(gateway, "+393470000176")
    before = posts(sandbox)
    out = smsframe.resend("autumn", failed, gateway=gateway, progress=False)
    assert out["sms_attempt"].tolist() == [1, 2]
    winter = smsframe.send(
        failed[["sms_phone"]], "Ciao", **keywords(gateway, campaign="w", phone="sms_phone")
    )
    assert winter["sms_status"].tolist() == ["suppressed", "accepted"]
    assert posts(sandbox) == before + 2


def test_nobody_who_opted_out_gets_a_cancelled_text_at_another_time(gateway, sandbox):
    later = datetime.now(UTC) + timedelta(days=300)
    smsframe.send(table(3), "Ciao", **keywords(gateway, schedule=later))
    smsframe.cancel("autumn", gateway=gateway, grace=0, progress=False)
    opt_out(gateway, ONE)
    again = smsframe.reschedule("autumn", later + timedelta(days=1), gateway=gateway, grace=0, progress=False)
    assert statuses(again) == {"cancelled": 1, "scheduled": 2}


def test_a_trial_text_goes_to_nobody_who_opted_out(gateway, sandbox):
    opt_out(gateway, "+393331234567")
    out = smsframe.test(table(2), "Ciao {name}", to="+393331234567", phone="mobile", gateway=gateway)
    assert statuses(out) == {"suppressed": 1}
    assert sandbox.inbox().empty


def test_a_run_in_the_background_and_a_part_of_another_engine_know_the_list(
    gateway, sandbox, monkeypatch, tmp_path
):
    for name, value in {"BASE_URL": sandbox.url, "USERNAME": "demo", "PASSWORD": "demo"}.items():
        monkeypatch.setenv(f"SMSFRAME_{name}", value)
    monkeypatch.setenv("SMSFRAME_JOURNAL", str(gateway.journal))
    opt_out(gateway, ONE)
    run = smsframe.start(table(2), "Ciao", **keywords(gateway))
    assert statuses(run.wait()) == {"accepted": 1, "suppressed": 1}
    part = smsframe.partition("Ciao", campaign="parts", phone="mobile", region="IT")
    assert statuses(part(table(2))) == {"accepted": 1, "suppressed": 1}
    assert statuses(smsframe.finish("parts", progress=False)) == {"accepted": 1}


# The gateway's own list.


def test_the_gateways_list_is_read_whole_and_ours_is_pushed(gateway, sandbox):
    theirs = [f"+39348{place:07d}" for place in range(2345)]
    gateway.add_optouts(theirs)
    ours = [f"+39349{place:07d}" for place in range(1100)]
    smsframe.optouts.add(ours, gateway=gateway)
    said = smsframe.optouts.sync(gateway=gateway)
    assert (said.listed, said.added, said.pushed, said.refused) == (2345, 2345, 1100, [])
    assert len(smsframe.optouts(gateway=gateway)) == 3445
    again = smsframe.optouts.sync(gateway=gateway)
    assert (again.listed, again.added, again.pushed) == (3445, 0, 0)
    sources = smsframe.optouts(gateway=gateway)["source"].value_counts().to_dict()
    assert sources == {"gateway's list, API": 2345, "added by hand": 1100}


def test_a_number_that_the_gateway_refuses_keeps_no_other_off_its_list(gateway, sandbox):
    good = [f"+39349{place:07d}" for place in range(60)]
    smsframe.optouts.add([*good, "+3934812345678"], gateway=gateway)  # too long for the sandbox
    said = smsframe.optouts.sync(gateway=gateway)
    assert said.refused == ["+3934812345678"] or said.pushed == 61
    assert said.pushed + len(said.refused) == 61
    assert smsframe.optouts.sync(gateway=gateway).listed == said.pushed
    assert len(smsframe.optouts(gateway=gateway)) == 61


@pytest.mark.parametrize("pages", ["repeated", "endless", "short", "uncounted"])
def test_a_list_that_cannot_be_read_whole_is_said_and_what_was_read_is_kept(pages, database, monkeypatch):
    monkeypatch.setattr("smsframe.audience.optout_sync.PAGES", 50)
    with smsframe.Sandbox(stop_list_pages=pages) as made:
        gateway = made.gateway()
        gateway.add_optouts([f"+39348{place:07d}" for place in range(1500)])
        smsframe.optouts.add([ONE], gateway=gateway)
        with pytest.raises(Unavailable, match="not read completely"):
            smsframe.optouts.sync(gateway=gateway)
        kept = smsframe.optouts(gateway=gateway)["number"]
        assert ONE in set(kept)
        assert len(kept) > 40


def test_whoever_the_gateway_says_is_on_its_list_is_on_ours(gateway, sandbox):
    gateway.add_optouts([ONE])
    smsframe.send(table(2), "Ciao", **keywords(gateway))
    smsframe.refresh(smsframe.results("autumn", gateway=gateway), gateway=gateway, progress=False)
    frame = smsframe.optouts(gateway=gateway)
    assert frame["number"].tolist() == [ONE]
    assert frame["source"].tolist() == ["delivery code BLACKLISTED"]
    out = smsframe.send(table(2), "Ciao", **keywords(gateway, campaign="winter"))
    assert out["sms_status"].tolist() == ["suppressed", "accepted"]
    # Taken off by a person, an old delivery does not put them on it again.
    smsframe.optouts.remove([ONE], why="signed up again", gateway=gateway)
    results = smsframe.results("autumn", gateway=gateway)
    results["sms_delivery"] = pd.NA
    smsframe.refresh(results, gateway=gateway, progress=False)
    assert smsframe.optouts(gateway=gateway).empty


# Lists that expire, and house rules.


def test_a_list_that_has_expired_stops_the_call(gateway, sandbox):
    old = smsframe.OptoutList([ONE], valid_until=date(2020, 1, 31))
    for call in (smsframe.plan, smsframe.send):
        given = {k: v for k, v in keywords(gateway).items() if call is smsframe.send or k != "progress"}
        with pytest.raises(ContactsError, match="valid until 2020-01-31"):
            call(table(2), "Ciao", suppress=[smsframe.OptoutList([TWO]), old], **given)
    assert posts(sandbox) == 0


@pytest.mark.parametrize("day", ["31.12.2026", 20261231, pd.NaT, float("nan")])
def test_what_is_no_day_is_refused(day):
    with pytest.raises(ValueError, match="must be a day"):
        smsframe.OptoutList([ONE], valid_until=day)


def test_a_plan_is_not_sent_after_its_list_has_expired(gateway, sandbox):
    today = datetime.now(UTC).date()
    listed = smsframe.OptoutList([ONE], valid_until=today)
    plan = smsframe.plan(
        table(2), "Ciao", campaign="autumn", phone="mobile", gateway=gateway, suppress=listed
    )
    assert codes(plan.frame) == {"suppressed": 1}
    with pytest.raises(ContactsError, match="valid until"):
        smsframe.send(replace(plan, valid_until=today - timedelta(days=1)), gateway=gateway, progress=False)
    assert statuses(smsframe.send(plan, gateway=gateway, progress=False)) == {"accepted": 1, "suppressed": 1}


@pytest.mark.skipif(not hasattr(clocks, "tzset"), reason="Windows has no TZ")
@pytest.mark.parametrize(
    ("zone", "hour", "current"),
    [
        ("Pacific/Auckland", 10, True),  # 23:00 of that day
        ("Pacific/Auckland", 12, False),  # 01:00 of the next, while it is the day before in UTC
        ("America/Los_Angeles", 23, True),
        ("America/Los_Angeles", 24, False),  # over in UTC
        ("UTC", 23, True),
        ("UTC", 24, False),
    ],
)
def test_the_last_day_of_a_list_is_over_at_the_first_of_two_midnights(zone, hour, current, monkeypatch):
    monkeypatch.setenv("TZ", zone)
    clocks.tzset()
    try:
        now = datetime(2026, 1, 15, tzinfo=UTC) + timedelta(hours=hour)
        with nullcontext() if current else pytest.raises(ContactsError, match="valid until 2026-01-15"):
            require_valid(date(2026, 1, 15), now)
    finally:
        monkeypatch.undo()
        clocks.tzset()


def test_a_cap_counts_over_campaigns_and_attempts_and_says_so(gateway, sandbox):
    rules = smsframe.Policy(cap="2 per 7 days")
    for campaign in ("one", "two"):
        assert statuses(
            smsframe.send(table(2), "Ciao", **keywords(gateway, campaign=campaign, policy=rules))
        ) == {"accepted": 2}
    plan = smsframe.plan(table(3), "Ciao", campaign="three", phone="mobile", gateway=gateway, policy=rules)
    assert codes(plan.frame) == {"frequency_cap": 2}
    assert plan.recipients == 1
    assert "cap of 2 per 7 days: 2 people left out" in repr(plan)
    out = smsframe.send(plan, gateway=gateway, progress=False)
    assert statuses(out) == {"accepted": 1, "suppressed": 2}
    far = datetime.now(UTC) + timedelta(days=8)
    assert statuses(
        smsframe.send(table(2), "Ciao", **keywords(gateway, campaign="later", policy=rules, schedule=far))
    ) == {"scheduled": 2}
    assert statuses(smsframe.send(table(2), "Ciao", **keywords(gateway, campaign="no rules"))) == {
        "accepted": 2
    }


def test_a_plan_is_held_against_the_cap_again_when_it_is_sent_and_a_campaign_when_it_goes_on(
    gateway, sandbox
):
    rules = smsframe.Policy(cap="1 per day")
    plan = smsframe.plan(table(2), "Ciao", campaign="b", phone="mobile", gateway=gateway, policy=rules)
    sandbox.misbehave("busy", retry_after=3600)
    with pytest.raises(Unavailable):
        smsframe.send(table(2), "Ciao", **keywords(gateway, campaign="c"))
    sandbox.behave()
    smsframe.send(table(1), "Ciao", **keywords(gateway, campaign="a"))
    assert statuses(smsframe.send(plan, gateway=gateway, progress=False)) == {"accepted": 1, "suppressed": 1}
    out = smsframe.resume("c", gateway=gateway, policy=rules, progress=False)
    assert codes(out) == {"frequency_cap": 2}
    assert statuses(smsframe.resume("c", gateway=gateway, progress=False)) == {"accepted": 2}


def test_for_a_trial_only_listed_numbers_are_texted_by_any_call(gateway, sandbox, monkeypatch, tmp_path):
    monkeypatch.setenv("SMSFRAME_ALLOW_ONLY", f"{TWO}, +393331234567")
    out = smsframe.send(table(3), "Ciao", **keywords(gateway))
    assert codes(out) == {"not_allowed": 2}
    assert texted(sandbox).index.tolist() == [TWO]
    (tmp_path / "testers.csv").write_text(f"mobile\n{ONE}\n")
    monkeypatch.setenv("SMSFRAME_ALLOW_ONLY", str(tmp_path / "testers.csv"))
    plan = smsframe.plan(table(3), "Ciao", phone="mobile", gateway=gateway)
    assert codes(plan.frame) == {"not_allowed": 2}
    sandbox.misbehave("busy", retry_after=3600)
    monkeypatch.delenv("SMSFRAME_ALLOW_ONLY")
    with pytest.raises(Unavailable):
        smsframe.send(table(3), "Ciao", **keywords(gateway, campaign="winter"))
    sandbox.behave()
    out = smsframe.resume("winter", gateway=gateway, policy=smsframe.Policy(allow_only=[ONE]), progress=False)
    assert codes(out) == {"not_allowed": 2}


def test_the_house_rules_are_read_from_a_file(tmp_path):
    (tmp_path / "testers.csv").write_text(f"mobile\n{ONE}\n")
    file = tmp_path / "smsframe.toml"
    file.write_text('cap = "3 per 2 weeks"\nallow_only = "testers.csv"\n')
    policy = smsframe.Policy.from_file(file)
    assert repr(policy) == "Policy(cap='3 per 2 weeks', allow_only=<1>)"
    assert policy.most.span == timedelta(days=14)


def test_a_list_that_cannot_be_read_lets_nothing_leave(gateway, sandbox, tmp_path, monkeypatch):
    broken = tmp_path / "default.sqlite"
    broken.write_text("this is no database, but somebody's list may have been in it" * 100)
    monkeypatch.setenv("SMSFRAME_JOURNAL", str(broken))
    with pytest.raises(JournalError):
        smsframe.send(table(2), "Ciao", **keywords(gateway))
    assert posts(sandbox) == 0


@pytest.mark.parametrize("named", ["journal.sqlite", "sqlite:///journal.sqlite", "SMSFRAME_JOURNAL"])
def test_who_opted_out_is_known_whatever_folder_the_process_changes_to(tmp_path, monkeypatch, named):
    """A relative path would be another journal there, that knows nobody."""
    folders = [tmp_path / "one", tmp_path / "another"]
    for folder in folders:
        folder.mkdir()
    with smsframe.Sandbox() as sandbox:
        monkeypatch.chdir(folders[0])
        monkeypatch.setenv("SMSFRAME_JOURNAL", f"{uuid4().hex}.sqlite")  # a process knows where a name was
        given = None if named == "SMSFRAME_JOURNAL" else named
        gateway = smsframe.Gateway(sandbox.url, username="demo", password="demo", journal=given)
        people = table(3)
        smsframe.optouts.add(people["mobile"].iloc[:1], why="STOP", gateway=gateway)
        monkeypatch.chdir(folders[1])
        out = smsframe.send(
            people, "Ciao", campaign="spring", phone="mobile", gateway=gateway, progress=False, grace=0.1
        )
        assert out["sms_status"].tolist() == ["suppressed", "accepted", "accepted"]
        assert not [*folders[1].iterdir()]
