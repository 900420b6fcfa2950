"""Scheduled texts are taken back: called cancelled only with proof; nobody is texted because of a doubt."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from helpers import killable
from helpers.clocks import PassingTime
from helpers.faulty_server import FaultyServer, answer
from helpers.sending import gateway_at

import smsframe
from smsframe.orders.profile import SMSEND

pytestmark = pytest.mark.both_journals

HOUR = 3600.0


@pytest.fixture
def time():
    return PassingTime()


@pytest.fixture
def sandbox(time, request):
    marker = request.node.get_closest_marker("sandbox")
    with smsframe.Sandbox(clock=time.now, **(marker.kwargs if marker else {})) as made:
        yield made


def people(number=6):
    return pd.DataFrame({"mobile": [f"+39347000{place:02d}01" for place in range(number)]})


def sent(gateway, time, contacts=None, *, after=HOUR, **options):
    when = None if after is None else (time.now() + timedelta(seconds=after)).replace(microsecond=0)
    options = {"campaign": "autumn", "phone": "mobile", "progress": False, "batch_size": 3} | options
    contacts = people() if contacts is None else contacts
    return smsframe.send(contacts, "Ciao", gateway=gateway, schedule=when, **options)


def cancel(gateway, campaign="autumn", **options):
    return smsframe.cancel(campaign, gateway=gateway, progress=False, **options)


def statuses(frame):
    return frame["sms_status"].astype(object).value_counts().to_dict()


def codes(frame):
    return {*frame["sms_code"].dropna()}


def deletes(sandbox):
    calls = sandbox.calls()
    return int(calls["method"].eq("DELETE").sum())


def texted(sandbox, time):
    """How many texts people have once every time there is has come."""
    time.passed += 30 * HOUR
    return len(sandbox.inbox())


# With proof --------------------------------------------------------------------------------------


def test_a_yes_and_two_looks_that_do_not_find_it_are_proof(gateway, time, sandbox):
    out = sent(gateway, time)
    assert statuses(out) == {"scheduled": 6}
    results = cancel(gateway)
    assert statuses(results) == {"cancelled": 6}
    assert codes(results) == {"cancelled"}
    assert results["sms_reason"].str.contains("reschedule").all()
    assert results["sms_order_id"].tolist() == out.sort_values("sms_phone")["sms_order_id"].tolist()
    assert max(time.pauses) >= 29
    assert texted(sandbox, time) == 0


def test_the_grace_is_waited_once_for_all_orders(gateway, time, sandbox):
    sent(gateway, time, people(60))
    assert statuses(cancel(gateway)) == {"cancelled": 60}
    assert sum(pause > 20 for pause in time.pauses) == 1
    assert deletes(sandbox) == 20


def test_what_is_cancelled_is_said_everywhere(gateway, time, sandbox):
    out = sent(gateway, time)
    cancel(gateway)
    assert statuses(smsframe.results("autumn", gateway=gateway)) == {"cancelled": 6}
    row = smsframe.campaigns(gateway=gateway).iloc[0]
    assert (row["cancelled"], row["scheduled"], row["accepted"], row["credits"]) == (6, 0, 0, 0)
    story = smsframe.explain(out, out.index[0], gateway=gateway)["step"].str.cat(sep=" | ")
    assert "about to be cancelled" in story
    assert "confirmed the cancellation" in story
    assert "6 cancelled" in str(smsframe.results("autumn", gateway=gateway).sms.summary())


def test_rows_of_results_are_cancelled_by_their_orders(gateway, time, sandbox, capsys):
    out = sent(gateway, time)
    first = out[out["sms_order_id"].eq(out["sms_order_id"].iloc[0]).to_numpy()]
    with pytest.raises(smsframe.ContactsError, match="2 people who are not among"):
        out.iloc[:1].sms.cancel(gateway=gateway, progress=False)
    assert deletes(sandbox) == 0
    now = first.sms.cancel(gateway=gateway, progress=False)
    assert now.index.equals(first.index)
    assert statuses(now) == {"cancelled": 3}
    assert "left alone" not in capsys.readouterr().err
    assert statuses(smsframe.results("autumn", gateway=gateway)) == {"cancelled": 3, "scheduled": 3}
    with pytest.raises(smsframe.ContactsError, match="0 campaigns"):
        smsframe.cancel(people(), gateway=gateway)


@pytest.mark.parametrize("function", ["send", "resume", "resend"])
def test_no_other_call_texts_who_is_cancelled(function, gateway, time, sandbox):
    out = sent(gateway, time)
    results = cancel(gateway)
    calls = {
        "send": lambda: sent(gateway, time, after=None),
        "resume": lambda: smsframe.resume("autumn", gateway=gateway, progress=False, unconfirmed="send"),
        "resend": lambda: smsframe.resend("autumn", results, gateway=gateway, progress=False),
    }
    again = calls[function]()
    assert statuses(again) == {"cancelled": 6}
    assert len(sandbox.orders()) == out["sms_order_id"].nunique()
    assert texted(sandbox, time) == 0


def test_another_text_of_the_campaign_is_refused_also_when_all_of_it_is_cancelled(gateway, time):
    sent(gateway, time)
    cancel(gateway)
    with pytest.raises(smsframe.CampaignChanged):
        smsframe.send(people(), "Salve", campaign="autumn", phone="mobile", gateway=gateway, progress=False)


def test_a_state_that_means_never_sent_is_proof_also_without_a_yes(gateway, time, sandbox):
    sent(gateway, time, people(3))
    state = gateway.state

    def demo(order):
        said = state(order)
        return said._replace(recipients=said.recipients.assign(delivery="DEMO"))

    sandbox.misbehave("error_before", call="cancel", status=500)
    gateway.state = demo
    results = cancel(gateway)
    assert statuses(results) == {"cancelled": 3}
    assert {*results["sms_delivery"]} == {"DEMO"}


# Without proof -----------------------------------------------------------------------------------


@pytest.mark.sandbox(cancelled_order="listed")
def test_what_is_still_listed_as_scheduled_may_still_go_out(gateway, time, sandbox):
    sent(gateway, time)
    results = cancel(gateway)
    assert statuses(results) == {"unconfirmed": 6}
    assert codes(results) == {"cancelling"}
    assert results["sms_reason"].str.contains("SCHEDULED").all()
    assert smsframe.campaigns(gateway=gateway).iloc[0]["unconfirmed"] == 6
    again = cancel(gateway)
    assert statuses(again) == {"unconfirmed": 6}
    assert statuses(sent(gateway, time, after=None)) == {"unconfirmed": 6}
    assert statuses(smsframe.resume("autumn", gateway=gateway, progress=False, unconfirmed="send")) == {
        "unconfirmed": 6
    }


def test_cancelled_by_somebody_else_is_a_404_which_proves_nothing(gateway, time, sandbox):
    out = sent(gateway, time, people(3))
    sandbox.cancel(out["sms_order_id"].iloc[0])
    results = cancel(gateway)
    assert statuses(results) == {"unconfirmed": 3}
    assert codes(results) == {"cancelling"}
    assert statuses(cancel(gateway)) == {"unconfirmed": 3}
    assert statuses(sent(gateway, time, people(3), after=None)) == {"unconfirmed": 3}
    assert texted(sandbox, time) == 0


@pytest.mark.parametrize("kind", ["drop_after", "error_after", "half_body", "html"])
def test_a_lost_yes_proves_nothing_and_nobody_is_texted_because_of_it(kind, gateway, time, sandbox):
    sent(gateway, time, people(3))
    sandbox.misbehave(kind, call="cancel", times=1)
    results = cancel(gateway)
    assert statuses(results) == {"unconfirmed": 3}
    sandbox.behave()
    assert statuses(cancel(gateway)) == {"unconfirmed": 3}  # the second answer is a 404
    assert statuses(smsframe.resume("autumn", gateway=gateway, progress=False)) == {"unconfirmed": 3}
    assert texted(sandbox, time) == 0


@pytest.mark.parametrize("kind", ["drop_before", "error_before"])
def test_a_request_that_may_have_been_processed_is_asked_again_by_the_next_call(kind, gateway, time, sandbox):
    sent(gateway, time, people(3))
    sandbox.misbehave(kind, call="cancel", times=1)
    assert statuses(cancel(gateway)) == {"unconfirmed": 3}
    assert statuses(cancel(gateway)) == {"cancelled": 3}


@pytest.mark.parametrize("kind", ["busy", "session_lost"])
def test_a_request_that_was_turned_away_is_repeated(kind, gateway, time, sandbox):
    sent(gateway, time, people(3))
    sandbox.misbehave(kind, call="cancel", times=1)
    assert statuses(cancel(gateway)) == {"cancelled": 3}


def test_a_gateway_that_lets_nobody_cancel_leaves_them_scheduled(gateway, time, sandbox):
    sent(gateway, time)
    sandbox.misbehave("error_before", call="cancel", status=403)
    with pytest.raises(smsframe.NotAuthorised):
        cancel(gateway)
    assert statuses(smsframe.results("autumn", gateway=gateway)) == {"scheduled": 6}


@pytest.mark.sandbox(repeated_order_id="accept")
def test_a_first_request_that_never_left_leads_back_also_when_the_order_was_once_in_doubt(
    gateway, time, sandbox
):
    """The doubt of the POST is not that of the request to cancel."""
    sandbox.misbehave("drop_after", times=1)
    out = sent(gateway, time, people(3))
    assert statuses(out) == {"scheduled": 3}
    sandbox.misbehave("error_before", call="cancel", status=403)
    with pytest.raises(smsframe.NotAuthorised):
        cancel(gateway)
    assert statuses(smsframe.results("autumn", gateway=gateway)) == {"scheduled": 3}


@pytest.mark.parametrize("kind", ["drop_after", "error_before"])
def test_a_look_up_that_is_not_answered_proves_nothing(kind, gateway, time, sandbox):
    sent(gateway, time, people(3))
    sandbox.misbehave(kind, call="history")
    assert statuses(cancel(gateway)) == {"unconfirmed": 3}
    sandbox.behave()
    # The yes is in the journal, and what is still missing is only that it is gone.
    assert statuses(cancel(gateway)) == {"cancelled": 3}


def test_an_absence_after_its_time_proves_nothing(gateway, time, sandbox):
    sent(gateway, time, people(3))
    sandbox.misbehave("error_before", call="history", times=4)
    assert statuses(cancel(gateway)) == {"unconfirmed": 3}
    sandbox.behave()
    time.passed += 2 * HOUR
    before = deletes(sandbox)
    results = cancel(gateway)
    assert statuses(results) == {"unconfirmed": 3}
    assert results["sms_reason"].str.contains("time had come").all()
    assert deletes(sandbox) == before


def test_an_absence_that_is_looked_for_too_close_to_its_time_proves_nothing(gateway, time, sandbox):
    sent(gateway, time, people(3), after=31)
    assert statuses(cancel(gateway)) == {"unconfirmed": 3}


@pytest.mark.sandbox(cancelled_order="partly_sent")
def test_of_a_partly_sent_order_those_who_are_listed_are_sent_and_nobody_knows_of_the_others(
    gateway, time, sandbox
):
    sent(gateway, time, people(3))
    time.passed += 60
    results = cancel(gateway)
    assert statuses(results) == {"accepted": 2, "unconfirmed": 1}
    assert results["sms_delivery"].notna().sum() == 2
    assert codes(results[results["sms_status"].eq("unconfirmed")]) == {"cancelling"}
    counts = smsframe.campaigns(gateway=gateway).iloc[0]
    assert (counts["accepted"], counts["unconfirmed"], counts["cancelled"]) == (2, 1, 0)
    time.passed += 60
    fresh = smsframe.refresh(results, gateway=gateway, progress=False)
    assert statuses(fresh) == {"accepted": 2, "unconfirmed": 1}
    assert statuses(smsframe.resume("autumn", gateway=gateway, progress=False, unconfirmed="send")) == {
        "accepted": 2,
        "unconfirmed": 1,
    }
    assert texted(sandbox, time) == 2


# By a person's word ------------------------------------------------------------------------------


def lost_yes(gateway, time, sandbox, contacts):
    """Orders that the gateway has cancelled, and of which it says 404 ever since."""
    out = sent(gateway, time, contacts)
    sandbox.misbehave("drop_after", call="cancel")
    assert statuses(cancel(gateway)) == {"unconfirmed": len(contacts)}
    sandbox.behave()
    return out


@pytest.mark.parametrize("after", [0.0, 2 * HOUR])  # its time has come meanwhile, or has not
@pytest.mark.parametrize(("word", "status"), [("cancelled", "cancelled"), ("accept", "scheduled")])
def test_a_persons_word_ends_what_stays_unproven(word, status, after, gateway, time, sandbox):
    out = lost_yes(gateway, time, sandbox, people(3))
    time.passed += after
    assert statuses(cancel(gateway)) == {"unconfirmed": 3}
    assert statuses(cancel(gateway, unconfirmed=word)) == {status: 3}
    assert statuses(smsframe.results("autumn", gateway=gateway)) == {status: 3}
    assert statuses(sent(gateway, time, people(3), after=None)) == {status: 3}
    said = smsframe.explain(out, out.index[0], gateway=gateway)["step"].str.cat(sep=" | ")
    assert "a person said that it was" in said


@pytest.mark.sandbox(cancelled_order="listed")
def test_a_persons_word_ends_what_is_listed_for_ever(gateway, time, sandbox):
    sent(gateway, time, people(3))
    assert statuses(cancel(gateway)) == {"unconfirmed": 3}
    assert statuses(cancel(gateway, unconfirmed="cancelled")) == {"cancelled": 3}


@pytest.mark.sandbox(cancelled_order="partly_sent")
@pytest.mark.parametrize("word", ["cancelled", "accept"])
def test_a_persons_word_changes_nothing_of_what_the_gateway_says_has_left(word, gateway, time, sandbox):
    sent(gateway, time, people(3))
    cancel(gateway)
    results = cancel(gateway, unconfirmed=word)
    left = results[results["sms_delivery"].notna()]
    assert len(left) == 2
    assert not left["sms_status"].isin(["cancelled", "unconfirmed"]).any()
    moved = move(gateway, later(time))
    assert (moved["sms_attempt"] == 2).sum() == (1 if word == "cancelled" else 0)
    assert sandbox.inbox()["recipient"].value_counts().max() == 1


@pytest.mark.sandbox(cancelled_order="partly_sent")
@pytest.mark.parametrize("ended", ["in doubt", "by a word", "and sent again"])
def test_a_cap_counts_whom_a_text_reached_though_their_order_was_cancelled(ended, gateway, time, sandbox):
    sent(gateway, time, people(3), after=3 * 24 * HOUR)
    results = cancel(gateway)
    if ended != "in doubt":
        results = cancel(gateway, unconfirmed="cancelled")
    reached = results["sms_delivery"].notna()
    if ended == "and sent again":  # who was not reached has a later attempt, of the same campaign
        move(gateway, time.now() + timedelta(days=9))
    time.passed += HOUR
    rules = smsframe.Policy(cap="1 per 2 days")  # by when the text left, not by when it was to leave
    other = sent(gateway, time, people(3), after=None, campaign="winter", policy=rules)
    assert other["sms_code"].eq("frequency_cap").tolist() == reached.tolist() == [True, True, False]
    assert sandbox.inbox()["recipient"].value_counts().max() == 1


def test_a_persons_word_is_about_nothing_but_what_was_to_be_cancelled_before(gateway, time, sandbox):
    lost_yes(gateway, time, sandbox, people(3))
    sent(gateway, time, people(6).iloc[3:])
    asked = deletes(sandbox)
    assert statuses(cancel(gateway, unconfirmed="cancelled")) == {"cancelled": 3, "scheduled": 3}
    assert statuses(cancel(gateway, unconfirmed="accept")) == {"cancelled": 3, "scheduled": 3}
    assert deletes(sandbox) == asked + 1


def test_what_the_gateway_proves_counts_more_than_a_persons_word(gateway, time, sandbox):
    sent(gateway, time, people(3))
    sandbox.misbehave("drop_before", call="cancel", times=1)
    assert statuses(cancel(gateway)) == {"unconfirmed": 3}
    assert statuses(cancel(gateway, unconfirmed="accept")) == {"cancelled": 3}


def test_another_word_than_these_is_refused(gateway, time, sandbox):
    sent(gateway, time)
    with pytest.raises(ValueError, match="cancelled"):
        cancel(gateway, unconfirmed="send")
    assert deletes(sandbox) == 0


@pytest.mark.parametrize("listed", [False, True])
def test_what_a_person_calls_cancelled_is_sent_at_another_time_unless_the_gateway_lists_it(
    listed, gateway, time, sandbox
):
    """Here the word was wrong: the request never arrived, and something hid the order for a while."""
    sent(gateway, time, people(3))
    sandbox.misbehave("drop_before", call="cancel")
    sandbox.misbehave("error_before", call="state", status=404)
    cancel(gateway)
    assert statuses(cancel(gateway, unconfirmed="cancelled")) == {"cancelled": 3}
    if listed:
        sandbox.behave()
    move(gateway, later(time))
    assert texts_of(sandbox, time) == dict.fromkeys(people(3)["mobile"], 1 if listed else 2)


# What is left alone --------------------------------------------------------------------------------


def test_what_is_due_within_the_grace_is_left_alone_and_it_is_said(gateway, time, sandbox, capsys):
    sent(gateway, time, after=25)
    results = cancel(gateway)
    assert statuses(results) == {"scheduled": 6}
    assert results["sms_reason"].str.contains("too late to cancel").all()
    assert "6 people left alone: too late to cancel" in capsys.readouterr().err
    assert deletes(sandbox) == 0
    assert texted(sandbox, time) == 6


def test_an_order_whose_time_comes_near_between_claim_and_request_is_left_alone(gateway, time, sandbox):
    sent(gateway, time, people(3), after=35)
    call = gateway._call

    def slow(method, path, **options):
        if method == "DELETE":
            time.passed += 10
        return call(method, path, **options)

    gateway._call = slow
    results = cancel(gateway)
    assert statuses(results) == {"scheduled": 3}
    assert results["sms_reason"].str.contains("too late").all()
    assert deletes(sandbox) == 0
    assert not any(0 < pause < 6 for pause in time.pauses)  # it is not asked for again and again


def test_what_was_sent_at_once_is_left_alone_and_it_is_said(gateway, time, sandbox, capsys):
    sent(gateway, time, after=None)
    results = cancel(gateway)
    assert statuses(results) == {"accepted": 6}
    assert results["sms_reason"].str.contains("not cancelled").all()
    assert "6 people left alone" in capsys.readouterr().err
    assert deletes(sandbox) == 0


def test_who_is_pending_is_left_alone_and_it_is_said(gateway, time, sandbox, capsys):
    sandbox.misbehave("error_before", status=403)
    with pytest.raises(smsframe.NotAuthorised):
        sent(gateway, time)
    sandbox.behave()
    results = cancel(gateway)
    assert statuses(results) == {"pending": 6}
    assert results["sms_reason"].str.contains("withdraw").all()


# Two, and the dead ---------------------------------------------------------------------------------


def test_two_at_once_ask_for_each_order_once(gateway, time, sandbox):
    sent(gateway, time, people(30))
    start, found, errors = threading.Barrier(3), [], []

    def call():
        mine = sandbox.gateway(clock=time.clock, journal=gateway.journal)
        start.wait()
        try:
            found.append(cancel(mine, workers=1))
        except smsframe.SmsFrameError as error:
            errors.append(error)
        finally:
            mine.close()

    callers = [threading.Thread(target=call) for _ in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert errors == []
    assert deletes(sandbox) == 10
    assert statuses(cancel(gateway)) == {"cancelled": 30}


def test_what_another_call_is_cancelling_is_left_alone_and_it_is_said(gateway, time, sandbox, capsys):
    sent(gateway, time, people(3))
    other = sandbox.gateway(clock=time.clock, journal=gateway.journal)
    ask, meanwhile = gateway.cancel, []

    def ask_later(*arguments):
        meanwhile.append(cancel(other))
        return ask(*arguments)

    gateway.cancel = ask_later
    assert statuses(cancel(gateway, workers=1)) == {"cancelled": 3}
    assert statuses(meanwhile[0]) == {"unconfirmed": 3}
    assert meanwhile[0]["sms_reason"].str.contains("another call is cancelling it").all()
    assert "3 people left alone: another call" in capsys.readouterr().err
    assert deletes(sandbox) == 1
    other.close()


def test_ctrl_c_keeps_what_was_answered_and_the_same_call_goes_on(gateway, time, sandbox):
    sent(gateway, time)
    ask = gateway.cancel

    def ask_and_interrupt(*arguments):
        reply = ask(*arguments)
        os.kill(os.getpid(), signal.SIGINT)
        return reply

    gateway.cancel = ask_and_interrupt
    with pytest.raises(KeyboardInterrupt):
        cancel(gateway, workers=1)
    gateway.cancel = ask
    assert deletes(sandbox) == 1
    assert statuses(smsframe.results("autumn", gateway=gateway)) == {"unconfirmed": 3, "scheduled": 3}
    assert statuses(cancel(gateway)) == {"cancelled": 6}


@pytest.mark.sandbox(refund_cancelled=True)
def test_what_a_cancelled_text_costs_is_not_claimed(gateway, time, sandbox):
    sent(gateway, time)
    assert sandbox.credits["N"] == 10_000 - 6
    results = cancel(gateway)
    assert sandbox.credits["N"] == 10_000
    assert results["sms_credits"].isna().all()


def test_an_older_copy_of_the_journal_does_not_text_who_was_cancelled(gateway, time, sandbox, tmp_path):
    sent(gateway, time)
    copy = tmp_path / "copy.sqlite"
    smsframe.Journal(gateway.journal).backup(copy)
    cancel(gateway)
    other = sandbox.gateway(clock=time.clock, journal=copy)
    assert statuses(smsframe.results("autumn", gateway=other)) == {"scheduled": 6}
    assert statuses(sent(other, time, after=None)) == {"scheduled": 6}
    assert statuses(cancel(other)) == {"unconfirmed": 6}
    assert statuses(smsframe.resume("autumn", gateway=other, progress=False)) == {"unconfirmed": 6}
    assert texted(sandbox, time) == 0
    other.close()


def test_a_gateway_that_cannot_cancel_says_so(gateway, time, sandbox):
    sent(gateway, time)
    other = sandbox.gateway(journal=gateway.journal, profile=replace(SMSEND, cancels=False))
    with pytest.raises(ValueError, match="cannot cancel"):
        cancel(other)
    assert deletes(sandbox) == 0
    other.close()


def test_results_from_before_know_after_a_refresh_what_is_cancelled(gateway, time, sandbox):
    before = sent(gateway, time)
    cancel(gateway)
    fresh = smsframe.refresh(before, gateway=gateway, progress=False)
    assert statuses(fresh) == {"cancelled": 6}
    assert fresh["sms_reason"].str.contains("reschedule").all()


@pytest.mark.sandbox(cancelled_order="partly_sent")
def test_results_from_before_know_after_a_refresh_whose_text_has_left(gateway, time, sandbox):
    before = sent(gateway, time, people(3))
    sandbox.misbehave("error_before", call="state", order=[2, 3])
    cancel(gateway)
    sandbox.behave()
    time.passed += 120
    fresh = smsframe.refresh(before, gateway=gateway, progress=False)
    assert statuses(fresh) == {"accepted": 2, "unconfirmed": 1}
    journalled = smsframe.results("autumn", gateway=gateway)
    assert journalled["sms_status"].tolist() == fresh["sms_status"].tolist()
    assert journalled["sms_delivery"].fillna("").tolist() == fresh["sms_delivery"].fillna("").tolist()


@pytest.mark.samples(2)
@pytest.mark.parametrize("moment", ["before", "cancelling"])
@pytest.mark.parametrize("how", ["left", "said accepted", "never asked"])
def test_results_from_before_know_after_a_refresh_that_it_was_not_cancelled_after_all(
    moment, how, gateway, time, sandbox
):
    before = sent(gateway, time, people(3))
    sandbox.misbehave("drop_before", call="cancel", times=1)
    open_ = cancel(gateway)
    assert statuses(open_) == {"unconfirmed": 3}
    if how == "said accepted":
        sandbox.misbehave("drop_before", call="cancel", times=1)
        said = cancel(gateway, unconfirmed="accept")
        assert said["sms_reason"].isna().all()
    else:
        time.passed += 2 * HOUR if how == "left" else 0.0
        cancel(gateway)
    fresh = smsframe.refresh(before if moment == "before" else open_, gateway=gateway, progress=False)
    journalled = smsframe.results("autumn", gateway=gateway)
    assert fresh["sms_status"].tolist() == journalled["sms_status"].tolist()
    assert fresh["sms_delivery"].fillna("").tolist() == journalled["sms_delivery"].fillna("").tolist()
    expected = {"left": "accepted", "said accepted": "scheduled", "never asked": "cancelled"}[how]
    assert statuses(fresh) == {expected: 3}


# At another time -------------------------------------------------------------------------------------------


def later(time, hours=2.0):
    return (time.now() + timedelta(hours=hours)).replace(microsecond=0)


def move(gateway, when, **options):
    return smsframe.reschedule("autumn", when, gateway=gateway, progress=False, **options)


def texts_of(sandbox, time):
    """How many texts each person has once every time there is has come."""
    time.passed += 30 * HOUR
    return sandbox.inbox()["recipient"].value_counts().to_dict()


def test_what_is_cancelled_goes_out_at_another_time_and_the_same_cell_again_sends_nothing_more(
    gateway, time, sandbox
):
    sent(gateway, time)
    cancel(gateway)
    when = later(time)
    results = move(gateway, when, confirm=6)
    assert statuses(results) == {"scheduled": 6}
    assert {*results["sms_attempt"]} == {2}
    assert {*results["sms_scheduled_at"]} == {pd.Timestamp(when)}
    orders = len(sandbox.orders())
    assert move(gateway, when, confirm=6)["sms_order_id"].tolist() == results["sms_order_id"].tolist()
    sent(gateway, time, after=None)
    smsframe.resume("autumn", gateway=gateway, progress=False)
    assert len(sandbox.orders()) == orders
    assert texts_of(sandbox, time) == dict.fromkeys(people()["mobile"], 1)


def test_it_may_be_moved_again_and_again(gateway, time, sandbox):
    sent(gateway, time)
    for attempt in (2, 3, 4):
        assert statuses(cancel(gateway)) == {"cancelled": 6}
        assert {*move(gateway, later(time, attempt))["sms_attempt"]} == {attempt}
    assert texts_of(sandbox, time) == dict.fromkeys(people()["mobile"], 1)


def test_it_may_be_moved_into_hours(gateway, time, sandbox):
    sent(gateway, time)
    cancel(gateway)
    begin = (time.now() + timedelta(hours=3)).astimezone(ZoneInfo("Europe/Rome"))
    end = begin + timedelta(hours=2)
    hours = smsframe.Hours(between=(f"{begin:%H:%M}", f"{end:%H:%M}"), zone="Europe/Rome")
    results = move(gateway, hours)
    assert statuses(results) == {"scheduled": 6}
    moments = results["sms_scheduled_at"].dt.tz_convert("Europe/Rome").dt.strftime("%H:%M")
    assert moments.between(f"{begin:%H:%M}", f"{end:%H:%M}").all() or end.day != begin.day


@pytest.mark.parametrize("when", [None, "2030-01-01", pd.Timestamp("2030-01-01 10:00").to_pydatetime()])
def test_a_time_that_is_none_is_refused(when, gateway, time):
    sent(gateway, time)
    cancel(gateway)
    with pytest.raises((ValueError, TypeError)):
        move(gateway, when)


def test_a_time_that_has_passed_sends_nothing_and_begins_nothing(gateway, time):
    sent(gateway, time)
    cancel(gateway)
    with pytest.raises(ValueError, match="has passed"):
        move(gateway, later(time, -1))
    assert statuses(smsframe.results("autumn", gateway=gateway)) == {"cancelled": 6}


@pytest.mark.parametrize("confirm", [5, 7])
def test_the_number_of_people_is_confirmed(confirm, gateway, time):
    sent(gateway, time)
    cancel(gateway)
    with pytest.raises(smsframe.ConfirmationMismatch):
        move(gateway, later(time), confirm=confirm)


def test_who_was_moved_and_whose_text_then_failed_is_sent_to_again(gateway, time, sandbox):
    sent(gateway, time, pd.DataFrame({"mobile": ["+393470000076", "+393470000101"]}))
    cancel(gateway)
    moved = move(gateway, later(time))
    time.passed += 60 * HOUR
    failed = smsframe.refresh(moved, gateway=gateway, progress=False).sms.failed(retryable=True)
    again = smsframe.resend("autumn", failed, gateway=gateway, progress=False)
    assert again["sms_attempt"].tolist() == [3]
    assert again["sms_status"].tolist() == ["accepted"]


@pytest.mark.sandbox(cancelled_order="listed")
def test_what_is_not_proven_is_not_sent_again(gateway, time, sandbox, capsys):
    sent(gateway, time)
    cancel(gateway)
    orders = len(sandbox.orders())
    assert statuses(move(gateway, later(time))) == {"unconfirmed": 6}
    assert len(sandbox.orders()) == orders
    assert "not proven" in capsys.readouterr().err


def test_who_opted_out_meanwhile_is_not_texted(gateway, time, sandbox):
    sent(gateway, time)
    cancel(gateway)
    stopped = people()["mobile"].tolist()[:2]
    results = move(gateway, later(time), suppress=stopped)
    assert statuses(results) == {"cancelled": 2, "scheduled": 4}
    assert sorted(texts_of(sandbox, time)) == people()["mobile"].tolist()[2:]


@pytest.mark.samples(2)
@pytest.mark.parametrize("code", ["BLACKLISTED", "DLVRD", "SCHEDULED", "SENT", "INVALIDDST", "SOMETHING"])
def test_whom_the_gateway_lists_after_all_is_not_texted(code, gateway, time, sandbox):
    sent(gateway, time, people(3))
    cancel(gateway)
    listed = pd.DataFrame({"phone": people(3)["mobile"], "delivery": code})
    listed = listed.assign(delivered_at=pd.Series(pd.NaT, index=listed.index, dtype="datetime64[us, UTC]"))
    state = gateway.state
    gateway.state = lambda order: state(order)._replace(recipients=listed.astype({"phone": "string"}))
    orders = len(sandbox.orders())
    move(gateway, later(time))
    gateway.state = state
    assert len(sandbox.orders()) == orders
    # What left is remembered, whatever the gateway says afterwards.
    moved = statuses(move(gateway, later(time)))
    assert moved == ({"accepted": 3} if code in ("BLACKLISTED", "DLVRD", "SENT") else {"scheduled": 3})


def test_no_answer_about_the_cancelled_orders_sends_nothing(gateway, time, sandbox):
    sent(gateway, time)
    cancel(gateway)
    orders = len(sandbox.orders())
    sandbox.misbehave("error_before", call="state", status=403)
    with pytest.raises(smsframe.GatewayError):
        move(gateway, later(time))
    assert len(sandbox.orders()) == orders


@pytest.mark.parametrize("go_on", ["reschedule", "another time", "resume", "send"])
def test_who_was_begun_and_not_sent_to_goes_on_at_the_time_that_was_asked_for(go_on, gateway, time, sandbox):
    sent(gateway, time)
    cancel(gateway)
    when, other = later(time, 2), later(time, 5)  # `send` texts whoever is pending at its own time
    sandbox.misbehave("error_before", status=403)
    with pytest.raises(smsframe.NotAuthorised):
        move(gateway, when)
    sandbox.behave()
    assert statuses(smsframe.results("autumn", gateway=gateway)) == {"pending": 6}
    if go_on == "resume":
        results = smsframe.resume("autumn", gateway=gateway, progress=False)
    elif go_on == "send":
        results = sent(gateway, time, after=5 * HOUR)
    else:
        results = move(gateway, other if go_on == "another time" else when)
    assert statuses(results) == {"scheduled": 6}
    assert {*results["sms_scheduled_at"]} == {
        pd.Timestamp(other if go_on in ("another time", "send") else when)
    }
    assert texts_of(sandbox, time) == dict.fromkeys(people()["mobile"], 1)


def test_two_at_once_send_each_person_one(gateway, time, sandbox):
    sent(gateway, time, people(30))
    cancel(gateway)
    when, start, errors = later(time), threading.Barrier(3), []

    def call():
        mine = sandbox.gateway(clock=time.clock, journal=gateway.journal)
        start.wait()
        try:
            move(mine, when)
        except smsframe.SmsFrameError as error:
            errors.append(error)
        finally:
            mine.close()

    callers = [threading.Thread(target=call) for _ in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert errors == []
    assert texts_of(sandbox, time) == dict.fromkeys(people(30)["mobile"], 1)


def test_an_older_copy_that_lacks_the_other_time_texts_nobody_again(gateway, time, sandbox, tmp_path):
    sent(gateway, time)
    cancel(gateway)
    copy = tmp_path / "copy.sqlite"
    smsframe.Journal(gateway.journal).backup(copy)
    when = later(time)
    latest = move(gateway, when)
    other = sandbox.gateway(clock=time.clock, journal=copy)
    with pytest.raises(smsframe.CampaignChanged):
        move(other, when)
    for _ in range(2):
        adopted = move(other, when, adopt=True)
        assert statuses(adopted) == {"scheduled": 6}
        assert adopted["sms_order_id"].tolist() == latest["sms_order_id"].tolist()
    assert texts_of(sandbox, time) == dict.fromkeys(people()["mobile"], 1)
    other.close()


# Killed -----------------------------------------------------------------------------------------------

WEIGHTY = "commit|connect|send|receive|open .*sqlite"
"""The points at which something is left behind; what is between them changes nothing."""


class Killed:
    """A campaign of its own in a gateway that others use too, for one victim."""

    def __init__(self, sandbox, folder, number):
        self.sandbox, self.name = sandbox, f"victim {number}"
        self.journal = folder / f"{number}.sqlite"
        self.gateway = sandbox.gateway(journal=self.journal)
        self.phones = [f"+3934799{number:03d}{place:02d}" for place in (1, 2)]
        when = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
        smsframe.send(
            pd.DataFrame({"mobile": self.phones}),
            "Ciao",
            campaign=self.name,
            phone="mobile",
            schedule=when,
            gateway=self.gateway,
            progress=False,
        )

    def cancel(self, **options):
        return killable.run(killable.cancel, self.sandbox.url, self.journal, self.name, grace=0.05, **options)

    def move(self, when, **options):
        return killable.run(
            killable.reschedule, self.sandbox.url, self.journal, self.name, when, grace=0.05, **options
        )

    def orders(self):
        """How many orders that go out have each of its people."""
        orders = [order for order in self.sandbox._ledger.orders() if not order.cancelled]
        found = [phone for order in orders for phone in order.draft.recipients if phone in self.phones]
        return Counter(found)

    def evidence(self):
        journal = smsframe.Journal(self.journal)
        return journal.evidence(journal.get(self.name).id)["event"].tolist()


@pytest.fixture
def kill(tmp_path):
    with smsframe.Sandbox(repeated_order_id="accept") as sandbox:
        number = count()
        yield lambda: Killed(sandbox, tmp_path, next(number))


@pytest.mark.slow
def test_killed_anywhere_the_same_call_again_proves_it_or_leaves_it_open(kill):
    undisturbed = kill()
    points = undisturbed.cancel(among=WEIGHTY).points
    assert undisturbed.evidence()[-1] == "absent_twice"
    assert any("DELETE" in point for point in points)
    for fatal in range(len(points)):
        victim = kill()
        assert victim.cancel(among=WEIGHTY, fatal=fatal).killed
        taken = "cancel_taken" in victim.evidence()
        reached = victim.orders() == {}
        results = victim.cancel().value
        expected = "unconfirmed" if reached and not taken else "cancelled"
        assert statuses(results) == {expected: 2}, points[fatal]
        assert victim.orders() == {}
        moved = victim.move(datetime.now(UTC) + timedelta(hours=2)).value
        assert statuses(moved) == {"scheduled" if expected == "cancelled" else expected: 2}
        assert victim.orders() == (dict.fromkeys(victim.phones, 1) if expected == "cancelled" else {})


@pytest.mark.slow
def test_killed_anywhere_the_same_call_again_texts_each_person_once_at_the_other_time(kill):
    when = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
    undisturbed = kill()
    undisturbed.cancel()
    points = undisturbed.move(when, among=WEIGHTY).points
    assert undisturbed.orders() == dict.fromkeys(undisturbed.phones, 1)
    for fatal in range(len(points)):
        victim = kill()
        victim.cancel()
        assert victim.move(when, among=WEIGHTY, fatal=fatal).killed
        results = victim.move(when).value
        assert statuses(results) == {"scheduled": 2}, points[fatal]
        assert victim.orders() == dict.fromkeys(victim.phones, 1), points[fatal]


# What an adversary tried.


def test_an_order_whose_state_nobody_tells_keeps_no_other_from_being_cancelled(sandbox, time, tmp_path):
    with FaultyServer(sandbox.url) as proxy:
        gateway = gateway_at(proxy.url, tmp_path / "journal.sqlite", clock=time.clock)
        out = sent(gateway, time)
        proxy.always("GET", answer(500, "x"), path=f"sms/{out['sms_order_id'].iloc[0]}")
        results = cancel(gateway)
        assert statuses(results) == {"cancelled": 3, "unconfirmed": 3}
        assert deletes(sandbox) == 2
        gateway.close()


def test_whom_the_gateway_refused_stays_refused_whatever_becomes_of_the_order(gateway, time, sandbox):
    contacts = pd.concat([people(2), pd.DataFrame({"mobile": ["+393470009985"]})], ignore_index=True)
    out = sent(gateway, time, contacts, refusals="skip")
    assert statuses(out) == {"scheduled": 2, "rejected": 1}
    scheduled = out[out["sms_status"].eq("scheduled")]
    assert statuses(scheduled.sms.cancel(gateway=gateway)) == {
        "cancelled": 2
    }  # the others of it have no text
    counted = smsframe.campaigns(gateway=gateway)[["cancelled", "rejected"]].iloc[0].to_dict()
    assert counted == {"cancelled": 2, "rejected": 1}
    later = time.now() + timedelta(hours=2)
    moved = smsframe.reschedule("autumn", later, gateway=gateway, progress=False)
    assert statuses(moved) == {"scheduled": 2, "rejected": 1}
    posted = sandbox.calls()
    assert moved.set_index("sms_phone")["sms_attempt"]["+393470009985"] == 1
    assert posted["method"].eq("POST").sum() == 2


@pytest.mark.parametrize("campaign", [None, 5, ["autumn"]])
def test_what_is_no_campaign_is_refused_in_words(campaign, gateway, time):
    out = sent(gateway, time)
    with pytest.raises(TypeError, match="needs the campaign's name"):
        cancel(gateway, campaign)
    for given in (campaign, out):
        with pytest.raises(TypeError, match="needs the campaign's name"):
            smsframe.reschedule(given, time.now() + timedelta(hours=2), gateway=gateway)


# What a new user tripped over.


def test_a_summary_says_that_cancelled_orders_are_not_in_its_credits(gateway, time):
    assert not sent(gateway, time).sms.summary().other_orders
    out = cancel(gateway)
    assert statuses(out) == {"cancelled": 6}
    for results in (out, move(gateway, later(time))):
        made = results.sms.summary()
        assert made.other_orders
        for shown in (repr(made), made._repr_html_()):
            assert "without orders that were cancelled or sent again: see costs" in shown
        assert smsframe.costs("autumn", gateway=gateway)["credits"].sum() > made.credits


def test_reschedule_says_whom_it_leaves_at_their_time(gateway, time, capsys, sandbox):
    sent(gateway, time)
    assert statuses(move(gateway, later(time, 48))) == {"scheduled": 6}
    assert "6 people of campaign 'autumn' left at their time" in capsys.readouterr().err
    time.passed += 2 * HOUR
    move(gateway, later(time, 48))  # they have gone out
    assert "left at their time" not in capsys.readouterr().err
    assert texts_of(sandbox, time) == dict.fromkeys(people()["mobile"], 1)


def test_another_time_for_texts_that_were_rescheduled_is_said_not_to_hold(gateway, time, capsys):
    """The same call twice is silent, as it holds; another time does not, until they are cancelled again."""
    sent(gateway, time)
    cancel(gateway)
    first, second = later(time, 30), later(time, 40)
    for when, said in ((first, False), (first, False), (second, True)):
        capsys.readouterr()
        assert move(gateway, when)["sms_scheduled_at"].eq(first).all()
        words = capsys.readouterr().err
        assert ("6 people of campaign 'autumn' left at their time" in words) == said, words
