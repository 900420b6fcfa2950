"""Texts that wait a little, so that they can be taken back: by cancelling, by stopping, by Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from helpers.clocks import PassingTime
from helpers.faulty_server import FaultyServer, answer, drop, forward, lose
from helpers.sending import gateway_at, statuses, table

import smsframe
from smsframe.orders.profile import SMSEND

pytestmark = pytest.mark.both_journals

ROME = ZoneInfo("Europe/Rome")
NOON = datetime(2026, 11, 30, 12, tzinfo=ROME)
MINUTES = timedelta(minutes=5)


@pytest.fixture
def time():
    return PassingTime(NOON.astimezone(UTC))


@pytest.fixture
def sandbox(time):
    with smsframe.Sandbox(clock=time.at_the_gateway, credits=100_000) as made:
        yield made


@pytest.fixture
def proxy(sandbox):
    with FaultyServer(sandbox.url) as server:
        yield server


@pytest.fixture
def gateway(proxy, time, tmp_path):
    with contextlib.closing(gateway_at(proxy.url, tmp_path / "journal.sqlite", clock=time.clock)) as made:
        yield made


def send(contacts, gateway, **options):
    options = {"campaign": "autumn", "undo": "5 min", "workers": 1, "progress": False} | options
    return smsframe.send(contacts, "Ciao", phone="mobile", gateway=gateway, **options)


def results(gateway):
    return smsframe.results("autumn", gateway=gateway)


def nobody_is_texted(sandbox, time):
    """Also not when the time of every text has come."""
    time.passed += 24 * 60 * 60
    return sandbox.inbox().empty


def test_texts_wait_and_can_be_taken_back(sandbox, gateway, time):
    out = send(table(3), gateway, batch_size=2)
    assert statuses(out) == {"scheduled": 3}
    assert out["sms_scheduled_at"].unique().tolist() == [pd.Timestamp(NOON + MINUTES)]
    assert statuses(out.sms.cancel(gateway=gateway)) == {"cancelled": 3}
    assert nobody_is_texted(sandbox, time)


def test_texts_that_are_not_taken_back_go_out(sandbox, gateway, time):
    out = send(table(3), gateway)
    assert sandbox.inbox().empty
    time.passed += MINUTES.total_seconds() + 1
    assert sorted(sandbox.inbox()["recipient"]) == sorted(out["sms_phone"])
    assert statuses(send(table(3), gateway)) == {"scheduled": 3}  # and nobody has another one
    assert len(sandbox.inbox()) == 3


def test_stopping_a_run_takes_back_what_it_has_sent(sandbox, proxy, gateway, time):
    runs, begun = [], threading.Event()

    def stopping(request):
        assert begun.wait(60)
        runs[0].stop()
        return request.forward()

    proxy.on("POST", forward, stopping)
    options = {"campaign": "autumn", "undo": "5 min", "workers": 1, "batch_size": 2, "progress": False}
    runs.append(smsframe.start(table(10), "Ciao", phone="mobile", gateway=gateway, **options))
    begun.set()
    out = runs[0].wait()
    assert statuses(out) == {"cancelled": 4, "pending": 6}
    assert statuses(results(gateway)) == statuses(out)
    assert nobody_is_texted(sandbox, time)


def interrupting(request):
    os.kill(os.getpid(), signal.SIGINT)
    return request.forward()


def test_ctrl_c_takes_back_what_the_call_has_sent(sandbox, proxy, gateway, time, capsys):
    proxy.on("POST", forward, interrupting)
    with pytest.raises(KeyboardInterrupt):
        send(table(10), gateway, batch_size=2)
    assert statuses(results(gateway)) == {"cancelled": 4, "pending": 6}
    assert "taken back: 4 texts" in capsys.readouterr().err
    assert nobody_is_texted(sandbox, time)


@pytest.mark.parametrize("method", ["DELETE", "GET"])
@pytest.mark.parametrize("place", range(5))
def test_ctrl_c_again_says_that_texts_may_still_go_out(method, place, proxy, gateway, capsys):
    proxy.on("POST", forward, interrupting)
    proxy.on("GET", forward, forward, forward)  # what is asked before anything is sent
    proxy.on(method, *[forward] * place, interrupting)
    with pytest.raises(KeyboardInterrupt):
        send(table(10), gateway, batch_size=2)
    said = capsys.readouterr().err
    assert "is now being taken back" in said
    left = results(gateway)["sms_status"].isin(["scheduled", "unconfirmed"]) | results(gateway)[
        "sms_code"
    ].eq("cancelling")
    assert "smsframe.cancel('autumn')" in said or not left.fillna(value=False).any()


def test_stopping_takes_back_nothing_that_was_sent_before(proxy, gateway):
    send(table(2), gateway, undo=None, schedule=NOON + timedelta(days=1))

    proxy.on("POST", interrupting)
    with pytest.raises(KeyboardInterrupt):
        send(table(4), gateway)
    assert statuses(results(gateway)) == {"scheduled": 2, "cancelled": 2}


def test_an_order_leaves_while_half_of_the_time_is_left_else_it_gets_another(proxy, gateway, time):
    def slow(request):
        time.passed += 100
        return request.forward()

    proxy.on("POST", slow, slow, slow, slow)
    out = send(table(4), gateway, batch_size=1)
    assert statuses(out) == {"scheduled": 4}
    waits = (out["sms_scheduled_at"] - out["sms_sent_at"]).dt.total_seconds()
    assert waits.between(150, 301).all()
    assert waits.nunique() == 2  # 300 and 200 s left; then it was late, and cut again


def test_a_lost_answer_is_looked_up_and_sent_again_with_another_time(sandbox, proxy, gateway, time):
    proxy.on("POST", forward, lose)
    out = send(table(4), gateway, batch_size=2)
    assert statuses(out) == {"scheduled": 4}
    time.passed += 24 * 60 * 60
    assert sandbox.inbox()["recipient"].is_unique
    assert len(sandbox.inbox()) == 4


@pytest.mark.parametrize(
    ("at", "goes_out"),
    [
        (NOON, NOON + MINUTES),
        (NOON.replace(hour=19, minute=54), NOON.replace(hour=19, minute=59)),
        (NOON.replace(hour=19, minute=56), NOON.replace(hour=9) + timedelta(days=1)),
        (NOON.replace(hour=8, minute=58), NOON.replace(hour=9, minute=3)),
        (NOON.replace(hour=7), NOON.replace(hour=9)),
    ],
)
def test_within_hours_nothing_goes_out_sooner_and_nothing_outside_of_them(at, goes_out, gateway, time):
    time.set(at.astimezone(UTC))
    hours = smsframe.Hours(between=("09:00", "20:00"), days="Mon-Sat")
    out = send(table(2), gateway, schedule=hours)
    assert out["sms_scheduled_at"].unique().tolist() == [pd.Timestamp(goes_out)]


def test_a_time_that_was_given_stays(gateway, time):
    own = table(2).assign(at=pd.Series([NOON + timedelta(minutes=1), NOON + timedelta(hours=3)]))
    out = send(own, gateway, schedule="at")
    assert out["sms_scheduled_at"].tolist() == own["at"].tolist()
    fixed = send(table(2), gateway, campaign="winter", schedule=NOON + timedelta(minutes=2))
    assert fixed["sms_scheduled_at"].unique().tolist() == [pd.Timestamp(NOON + timedelta(minutes=2))]


def test_the_later_of_two_clocks_counts(gateway, time):
    time.ahead = timedelta(minutes=2)
    out = send(table(1), gateway)
    assert out["sms_scheduled_at"].iloc[0] >= pd.Timestamp(NOON + timedelta(minutes=7))


def test_who_is_pending_gets_time_to_be_taken_back_when_it_is_asked_for(proxy, gateway, time):
    proxy.on("POST", interrupting)
    with pytest.raises(KeyboardInterrupt):
        send(table(4), gateway, batch_size=2, undo=None)
    out = smsframe.resume("autumn", gateway=gateway, undo="10 min", progress=False)
    assert statuses(out) == {"accepted": 2, "scheduled": 2}
    assert out["sms_scheduled_at"].max() >= pd.Timestamp(NOON + timedelta(minutes=10))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"undo": "1 min"}, "2 min at least, 4 times grace="),
        ({"undo": "19 min", "grace": 300.0}, "20 min at least"),
        ({"undo": "soon"}, "span of time"),
        ({"undo": -5}, "span of time"),
        ({"undo": "2 days"}, "a day at most"),
    ],
)
def test_a_time_that_is_of_no_use_is_refused_before_anybody_is_texted(options, message, sandbox, gateway):
    with pytest.raises(ValueError, match=message):
        send(table(1), gateway, **options)
    assert sandbox.calls()["method"].ne("POST").all()


def test_a_gateway_that_cannot_cancel_says_so(proxy, sandbox, time, tmp_path):
    profile = replace(SMSEND, cancels=False)
    journal = tmp_path / "other.sqlite"
    with (
        contextlib.closing(gateway_at(proxy.url, journal, clock=time.clock, profile=profile)) as gateway,
        pytest.raises(ValueError, match="cannot cancel"),
    ):
        send(table(1), gateway)
    assert sandbox.calls()["method"].ne("POST").all()


def test_a_plan_says_how_long_and_a_summary_until_when(gateway, time):
    options = {"campaign": "autumn", "phone": "mobile", "gateway": gateway, "undo": "5 min"}
    plan = smsframe.plan(table(3), "Ciao", **options)
    assert "3 5 min after they are sent, and can be taken back until then" in repr(plan)
    assert plan.later
    out = smsframe.send(plan, gateway=gateway, progress=False)
    summary = out.sms.summary()
    assert summary.cancel_until == pd.Timestamp("2026-11-30 11:03", tz="UTC")
    assert "can be cancelled until Mon 2026-11-30 11:03 UTC" in repr(summary)
    assert "30 November 2026 at 11:03, UTC" in summary._repr_html_()
    time.set(summary.cancel_until.to_pydatetime())
    cancelled = out.sms.cancel(gateway=gateway)
    assert statuses(cancelled) == {"cancelled": 3}
    assert cancelled.sms.summary().cancel_until is None


# What an adversary tried.


def test_an_order_whose_answer_is_lost_when_the_call_is_stopped_is_looked_up_and_taken_back(
    sandbox, proxy, gateway, time, capsys
):
    def interrupting_and_losing(request):
        os.kill(os.getpid(), signal.SIGINT)
        request.forward()

    proxy.on("POST", forward, interrupting_and_losing)
    with pytest.raises(KeyboardInterrupt):
        send(table(4), gateway, batch_size=2)
    assert statuses(results(gateway)) == {"cancelled": 4}
    assert "taken back: 4 texts" in capsys.readouterr().err
    assert nobody_is_texted(sandbox, time)


@pytest.mark.parametrize("arrives", [True, False])
def test_who_cancels_what_is_in_doubt_has_it_looked_up_first_and_sends_nobody_anything(
    arrives, sandbox, proxy, gateway, time
):
    proxy.on("POST", lose if arrives else drop).always("GET", answer(503), path="sms/")
    with contextlib.suppress(smsframe.SmsFrameError):
        send(table(2), gateway)
    proxy.clear()
    assert statuses(results(gateway)) == {"unconfirmed": 2}
    posted = proxy.posts()
    found = smsframe.cancel("autumn", gateway=gateway, progress=False)
    assert statuses(found) == ({"cancelled": 2} if arrives else {"pending": 2})
    assert proxy.posts() == posted
    assert nobody_is_texted(sandbox, time)


def test_an_order_of_an_earlier_call_that_this_one_sends_again_is_taken_back(sandbox, proxy, gateway, time):
    proxy.on("POST", drop).always("GET", answer(503), path="sms/")
    with contextlib.suppress(smsframe.SmsFrameError):
        send(table(2), gateway, undo="60 min")
    proxy.clear()
    proxy.on("POST", interrupting)
    with pytest.raises(KeyboardInterrupt):
        smsframe.resume("autumn", gateway=gateway, undo="60 min", progress=False)
    assert statuses(results(gateway)) == {"cancelled": 2}
    assert nobody_is_texted(sandbox, time)


def test_what_cannot_be_taken_back_is_said_with_its_time_and_ctrl_c_stays_what_it_is(proxy, gateway, capsys):
    def interrupting_and_then_silent(request):
        os.kill(os.getpid(), signal.SIGINT)
        done = request.forward()
        proxy.always("GET", drop).always("DELETE", drop)
        return done

    proxy.on("POST", interrupting_and_then_silent)
    with pytest.raises(KeyboardInterrupt):
        send(table(2), gateway)
    said = capsys.readouterr().err
    assert "2 texts may still go out, at 2026-11-30 11:05 UTC at the earliest" in said
    assert "smsframe.cancel('autumn')" in said


def test_a_run_that_was_stopped_counts_what_was_taken_back(proxy, gateway):
    runs, begun = [], threading.Event()

    def stopping(request):
        assert begun.wait(60)
        runs[0].stop()
        return request.forward()

    proxy.on("POST", stopping)
    options = {"campaign": "autumn", "undo": "5 min", "workers": 1, "batch_size": 2, "progress": False}
    runs.append(smsframe.start(table(4), "Ciao", phone="mobile", gateway=gateway, **options))
    begun.set()
    found = statuses(runs[0].wait())
    facts = runs[0].facts()
    assert {name: facts[name] for name in ("cancelled", "pending", "scheduled")} == {"scheduled": 0} | found
    assert "2 cancelled, 2 pending" in repr(runs[0])
