"""Lists that expire and variables that change: what holds when texts are sent decides, for whatever sends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from helpers.clocks import PassingTime
from helpers.sending import codes, posts, statuses, table, texted

import smsframe

pytestmark = pytest.mark.both_journals

WAIT = {"progress": False, "grace": 0.02}
ONE = table(1)["mobile"][0]


@pytest.fixture
def time():
    return PassingTime()


@pytest.fixture
def gateway(sandbox, database, time):
    made = sandbox.gateway(clock=time.clock)
    yield made
    made.close()


def listed(time, days, *numbers):
    return smsframe.OptoutList([*(numbers or [ONE])], valid_until=(time.now() + timedelta(days=days)).date())


@pytest.fixture
def waiting(sandbox, gateway, time):
    """A campaign that waits, with a list that was valid until yesterday."""
    sandbox.misbehave("busy", status=503, retry_after=5_000)
    with pytest.raises(smsframe.Unavailable):
        smsframe.send(table(4), "Ciao", campaign="autumn", phone="mobile", gateway=gateway,
                      suppress=listed(time, 2), **WAIT)  # fmt: skip
    sandbox.behave()
    time.set(time.now() + timedelta(days=3))


def resume(gateway, **options):
    return smsframe.resume("autumn", gateway=gateway, **WAIT, **options)


def finish(gateway, **options):
    return smsframe.finish("autumn", gateway=gateway, **WAIT, **options)


def send(gateway, **options):
    call = {"campaign": "autumn", "phone": "mobile", "gateway": gateway} | WAIT | options
    return smsframe.send(table(4), "Ciao", **call)


@pytest.mark.parametrize("call", [resume, finish, send])
def test_a_campaign_whose_list_has_expired_goes_on_with_a_current_one_only(
    call, waiting, gateway, sandbox, time
):
    before = posts(sandbox)
    for options in ({}, {"suppress": [ONE]}):  # a list without a day takes the place of none
        with pytest.raises(smsframe.ContactsError, match="valid until"):
            call(gateway, **options)
    assert posts(sandbox) == before
    assert texted(sandbox).empty
    other = table(2)["mobile"][1]
    out = call(gateway, suppress=listed(time, 2, other))
    assert set(texted(sandbox).index) == set(table(4)["mobile"]) - {ONE, other}
    assert statuses(out)["accepted"] == 2
    # Nobody waits who may be texted: a later call only says what became of them.
    time.set(time.now() + timedelta(days=30))
    assert codes(resume(gateway)) == {"suppressed": 1, "already_texted": 2}
    assert texted(sandbox).eq(1).all()


@pytest.mark.parametrize("call", [resume, send], ids=["resume", "send"])
def test_orders_in_doubt_do_not_leave_again_by_a_list_that_has_expired(call, gateway, sandbox, time):
    sandbox.misbehave("drop_before", call="order")
    sandbox.misbehave("error_before", call="state")
    assert "unconfirmed" in statuses(send(gateway, suppress=listed(time, 2)))
    sandbox.behave()
    time.set(time.now() + timedelta(days=3))
    with pytest.raises(smsframe.ContactsError, match="valid until"):
        call(gateway)
    assert texted(sandbox).empty
    call(gateway, suppress=listed(time, 2))
    assert texted(sandbox).to_dict() == dict.fromkeys(set(table(4)["mobile"]) - {ONE}, 1)


@pytest.mark.parametrize("how", ["empty", "forgotten", "taken off"])
def test_the_last_day_of_a_list_is_known_whoever_is_on_it(how, gateway, sandbox, time):
    sandbox.misbehave("busy", status=503, retry_after=5_000)
    day = (time.now() + timedelta(days=2)).date()
    numbers = [] if how == "empty" else [ONE]
    with pytest.raises(smsframe.Unavailable):
        send(gateway, suppress=smsframe.OptoutList(numbers, valid_until=day))
    if how == "forgotten":
        smsframe.forget([ONE], journal=gateway.journal)
    if how == "taken off":
        smsframe.optouts.remove([ONE], why="by mistake", campaign="autumn", gateway=gateway)
    sandbox.behave()
    time.set(time.now() + timedelta(days=3))
    with pytest.raises(smsframe.ContactsError, match="valid until"):
        resume(gateway)
    assert texted(sandbox).empty
    later = (time.now() + timedelta(days=2)).date()
    resume(gateway, suppress=smsframe.OptoutList([], valid_until=later))
    assert len(texted(sandbox)) >= 3


def test_a_list_whose_people_are_all_known_is_current_too(waiting, gateway, sandbox, time):
    sandbox.misbehave("busy", status=503, retry_after=5_000)
    with pytest.raises(smsframe.SmsFrameError):
        resume(gateway, suppress=listed(time, 2))
    sandbox.behave()
    assert statuses(resume(gateway)) == {"accepted": 3}


def test_resending_and_rescheduling_need_a_current_list(gateway, sandbox, time):
    when = time.now() + timedelta(days=9)
    send(gateway, suppress=listed(time, 2), schedule=when)
    smsframe.cancel("autumn", gateway=gateway, **WAIT)
    time.set(time.now() + timedelta(days=3))
    before = posts(sandbox)
    with pytest.raises(smsframe.ContactsError, match="valid until"):
        smsframe.reschedule("autumn", when + timedelta(days=1), gateway=gateway, **WAIT)
    assert posts(sandbox) == before


def test_a_function_of_a_part_is_held_against_the_day_on_which_it_is_called(
    sandbox, database, monkeypatch, tmp_path
):
    for name, value in (("BASE_URL", sandbox.url), ("USERNAME", "demo"), ("PASSWORD", "demo")):
        monkeypatch.setenv(f"SMSFRAME_{name}", value)
    today = PassingTime()
    part = smsframe.partition("Ciao", campaign="autumn", phone="mobile", journal=tmp_path / "j.sqlite",
                              suppress=listed(today, 0), grace=0.02)  # fmt: skip
    late = type(part)(_later(part._call, today), part._columns)
    with pytest.raises(smsframe.ContactsError, match="valid until"):
        late(table(2))
    assert texted(sandbox).empty


def _later(job, time):
    from dataclasses import replace  # noqa: PLC0415

    assert job.valid_until == time.now().date()
    return replace(job, valid_until=job.valid_until - timedelta(days=1))


@pytest.mark.parametrize(
    ("then", "now", "left"),
    [([0, 1], [1, 2], [1]), ([0], [1], []), ([0, 1], None, [0, 1]), (None, [2], [2]), ([1], [0, 1, 2], [1])],
)
def test_whom_the_environment_allowed_for_the_plan_and_allows_now_is_texted(
    then, now, left, gateway, sandbox, monkeypatch
):
    mobile = table(3)["mobile"]

    def allow(rows):
        if rows is None:
            monkeypatch.delenv("SMSFRAME_ALLOW_ONLY", raising=False)
        else:
            monkeypatch.setenv("SMSFRAME_ALLOW_ONLY", ",".join(mobile[rows]))

    allow(then)
    plan = smsframe.plan(table(3), "Ciao", campaign="autumn", phone="mobile", gateway=gateway)
    allow(now)
    out = smsframe.send(plan, gateway=gateway, **WAIT)
    assert set(texted(sandbox).index) == set(mobile[left])
    assert codes(out).get("not_allowed", 0) == 3 - len(left)
