"""A ramp at a real gateway of the sandbox: stages by the number, a stop, kills, and two at once."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pandas as pd
import pytest
import typer
from helpers.clocks import PassingTime
from helpers.sending import codes, posts, statuses, texted

import smsframe
from smsframe.campaign.run.ramp import outcomes_of
from smsframe.cli import exit_codes
from smsframe.journal.journal import Journal
from smsframe.orders.ramp import RampState, ramp_of
from smsframe.phones.match import keys

RAMP = "10%, 20%, rest; wait 2 h"
HOURS = 3_600.0


@pytest.fixture
def time():
    return PassingTime()


def people(count=300, bad=0.0, good="01"):
    """People whose texts arrive, and a share of them, spread over the table, whose texts fail (ending 76)."""
    ends = ["76" if place % 100 < 100 * bad else good for place in range(count)]
    return pd.DataFrame(
        {
            "name": [f"N{place}" for place in range(count)],
            "mobile": [f"+39347{place:05d}{end}" for place, end in enumerate(ends)],
        }
    )


def send(contacts, gateway, text, **options):
    """By the gateway's clock, which is the test's."""
    return smsframe.send(
        contacts,
        text,
        **{"campaign": "autumn", "phone": "mobile"} | options,
        gateway=gateway,
        grace=0.02,
        progress=False,
    )


def resume(gateway, campaign="autumn", **options):
    return smsframe.resume(campaign, gateway=gateway, grace=0.02, progress=False, **options)


def stages(frame, campaign="autumn"):
    return pd.Series(ramp_of(RAMP).stage_of(keys(frame["mobile"]), campaign), index=frame.index)


def state(gateway, campaign="autumn"):
    return Journal(gateway.journal).get(campaign).ramp


@pytest.mark.both_journals
def test_a_stage_is_sent_and_the_others_wait(gateway, sandbox, time, capsys):
    frame = people(good="84")  # whose texts are sent, and nobody ever says that they arrived
    stage = stages(frame)
    plan = smsframe.plan(frame, "Ciao", campaign="autumn", phone="mobile", ramp=RAMP, gateway=gateway)
    counts = [int(stage.eq(number).sum()) for number in range(3)]
    assert plan.facts()["ramp"]["stages"] == counts
    assert (plan.recipients, plan.counts["pending"]) == (counts[0], counts[1] + counts[2])
    said = plan._repr_html_()
    for rule in (
        "by a hash of the number",
        "over 5 % beyond doubt",
        "90% of the people so far",
        "or 2 h after",
    ):
        assert rule in said
    out = smsframe.send(plan, gateway=gateway, confirm=300, progress=False)
    assert out["sms_code"].eq("ramp").tolist() == stage.gt(0).tolist()
    assert out["sms_reason"][stage.eq(2)].str.endswith("stage 3 of 3").all()
    assert "stage 1 of 3 of the ramp" in capsys.readouterr().err
    assert len(texted(sandbox)) == counts[0]
    # At once nothing is known of them, and nothing happens, however often it is called.
    for _ in range(3):
        again = send(frame, gateway, "Ciao", ramp=RAMP, confirm=300)
        assert statuses(again) == statuses(out)
    time.passed += 2 * HOURS + 60
    out = resume(gateway)
    assert (state(gateway).stage, codes(out).get("ramp")) == (1, counts[2])
    time.passed += 2 * HOURS + 60
    out = send(frame, gateway, "Ciao")  # a call that names no ramp goes on with the campaign's
    assert statuses(out) == {"accepted": 300}
    assert texted(sandbox).eq(1).all()
    assert len(texted(sandbox)) == 300


@pytest.mark.both_journals
def test_a_ramp_that_fails_stops_for_good_until_a_person_says_rest(gateway, sandbox, time, capsys):
    frame = people(400, bad=0.5)
    send(frame, gateway, "Ciao", ramp=RAMP)
    time.passed += 60 * HOURS
    before = posts(sandbox)
    out = resume(gateway)
    assert state(gateway).stopped.startswith("stopped: ")
    assert posts(sandbox) == before
    waiting = out[out["sms_status"].eq("pending")]
    assert waiting["sms_code"].eq("ramp").all()
    assert waiting["sms_reason"].str.contains("failed, over the limit of 5 %").all()
    for again in (
        lambda: send(frame, gateway, "Ciao", ramp=RAMP),
        lambda: send(frame, gateway, "Ciao"),
        lambda: send(frame, gateway, "Other", changed="continue"),
        lambda: send(people(500, bad=0.5), gateway, "Ciao", ramp="50%, rest"),
        lambda: resume(gateway),
        lambda: resume(gateway, ramp="50%, rest"),
    ):
        again()
        assert posts(sandbox) == before
    assert 'ramp="rest"' in capsys.readouterr().err
    plan = smsframe.plan(frame, "Ciao", campaign="autumn", phone="mobile", gateway=gateway)
    assert "Next stage" not in plan._repr_html_()
    assert plan.facts()["ramp"]["said"][0].startswith("stopped: ")
    with pytest.raises(typer.Exit):
        exit_codes.finish(out, "autumn")
    said = capsys.readouterr().err
    assert "smsframe resume autumn --ramp rest texts them" in said
    assert "Go on with" not in said
    sent = len(texted(sandbox))
    resume(gateway, ramp="rest")
    assert posts(sandbox) > before
    assert statuses(smsframe.results("autumn", journal=gateway.journal)) == {"accepted": 500}
    assert len(texted(sandbox)) > sent


def test_dropping_who_waits_ends_a_ramp(gateway, sandbox):
    frame = people()
    send(frame, gateway, "Ciao", ramp=RAMP)
    dropped = smsframe.withdraw("autumn", journal=gateway.journal)
    assert len(dropped) == stages(frame).gt(0).sum()
    assert statuses(resume(gateway)) == {"accepted": int(stages(frame).eq(0).sum())}


def test_the_stage_depends_on_the_number_and_on_nothing_else(gateway, sandbox):
    frame = people()
    shuffled = frame.sample(frac=1, random_state=5).assign(mobile=lambda rows: "00" + rows["mobile"].str[1:])
    send(shuffled, gateway, "Ciao", ramp=RAMP, region="IT")
    first = frame["mobile"][stages(frame).eq(0)]
    assert set(texted(sandbox).index) == set(first)


def test_a_ramp_and_variants_do_not_know_of_each_other(gateway, sandbox, time):
    frame = smsframe.assign(people(600), ["a", "b", None], by="mobile", seed="autumn")
    share = frame[stages(frame).eq(0)]["sms_variant"].value_counts(normalize=True)
    assert share.between(0.15, 0.55).all()
    texts = {"a": "Ciao", "b": "Hello"}
    out = send(frame, gateway, texts, ramp=RAMP)
    time.passed += 3 * HOURS
    resume(gateway)
    time.passed += 3 * HOURS
    out = send(frame, gateway, texts, ramp=RAMP)
    assert statuses(out) == {
        "accepted": int(frame["sms_variant"].ne("hold-out").sum()),
        "suppressed": int(frame["sms_variant"].eq("hold-out").sum()),
    }
    assert not set(frame["mobile"][frame["sms_variant"].eq("hold-out")]) & set(texted(sandbox).index)


@pytest.mark.both_journals
def test_of_two_processes_that_look_at_once_one_opens_the_stage(gateway):
    frame = people()
    send(frame, gateway, "Ciao", ramp=RAMP)
    journal = Journal(gateway.journal)
    entry = journal.get("autumn")
    before = entry.ramp
    after = before._replace(stage=1)
    assert [journal.ramps.step(entry, before, after) for _ in range(2)] == [True, False]
    assert Journal(gateway.journal).get("autumn").ramp == after


def test_a_process_killed_at_any_write_neither_skips_a_stage_nor_texts_anybody_twice(
    gateway, sandbox, time, monkeypatch
):
    frame = people(100)
    journal = Journal(gateway.journal)

    class Killed(BaseException):
        pass

    for fatal in range(1, 8):
        campaign, done = f"autumn {fatal}", 0
        send(frame, gateway, "Ciao", campaign=campaign, ramp=RAMP)
        time.passed += 3 * HOURS
        original = type(journal._store).transaction

        @contextlib.contextmanager
        def transaction(store, *, reading=False, original=original, fatal=fatal):
            nonlocal done
            done += 1
            if done == fatal:
                raise Killed
            with original(store, reading=reading) as connection:
                yield connection

        with monkeypatch.context() as patched:
            patched.setattr(type(journal._store), "transaction", transaction)
            with contextlib.suppress(Killed):
                resume(gateway, campaign)
        now = smsframe.results(campaign, journal=gateway.journal)
        stage = ramp_of(RAMP).stage_of(keys(now["sms_phone"]), campaign)
        assert now["sms_status"][stage > state(gateway, campaign).stage].eq("pending").all()
        assert state(gateway, campaign).stage in (0, 1)
        resume(gateway, campaign)
        assert state(gateway, campaign).stage == 1  # never the next one before this one's time
        time.passed += 3 * HOURS
        assert statuses(resume(gateway, campaign)) == {"accepted": 100}
    inbox = sandbox.inbox()
    assert inbox.groupby(["recipient", "order_id"]).size().eq(1).all()
    assert inbox["recipient"].value_counts().eq(7).all()


def test_an_open_order_keeps_the_next_stage_waiting(gateway, sandbox, time):
    frame = people()
    sandbox.misbehave("drop_after")
    sandbox.misbehave("error_before", call="state", status=403)
    with contextlib.suppress(smsframe.SmsFrameError):
        send(frame, gateway, "Ciao", ramp=RAMP)
    time.passed += timedelta(days=3).total_seconds()
    with contextlib.suppress(smsframe.SmsFrameError):
        resume(gateway)
    assert state(gateway).stage == 0
    assert set(texted(sandbox).index) == set(frame["mobile"][stages(frame).eq(0)])


@pytest.fixture
def in_step(time):
    """A gateway whose clock is the test's, so that what is scheduled waits."""
    with smsframe.Sandbox(clock=time.now) as made:
        gateway = made.gateway(clock=time.clock)
        yield made, gateway
        gateway.close()


def test_a_stage_that_was_taken_back_opens_no_other_one(in_step, time, capsys):
    (sandbox, gateway), frame = in_step, people()
    send(frame, gateway, "Ciao", ramp=RAMP, undo="5 min")
    smsframe.cancel("autumn", gateway=gateway, progress=False)
    for _ in range(2):
        time.passed += 50 * HOURS
        out = resume(gateway)
        assert state(gateway).stage == 0
        assert out["sms_code"].eq("ramp").sum() == (stages(frame) > 0).sum()
        assert "So the next stage does not start" in capsys.readouterr().err
    assert sandbox.inbox().empty
    smsframe.reschedule("autumn", time.now() + timedelta(hours=1), gateway=gateway)
    time.passed += 60 * HOURS
    resume(gateway)
    assert state(gateway).stage == 1


def test_while_nobody_knows_whether_a_stage_was_cancelled_no_other_one_opens(in_step, time):
    (sandbox, gateway), frame = in_step, people()
    send(frame, gateway, "Ciao", ramp=RAMP, undo="5 min")
    sandbox.misbehave("error_before", call="cancel", status=503)
    with contextlib.suppress(smsframe.SmsFrameError):
        smsframe.cancel("autumn", gateway=gateway, progress=False)
    out = send(frame, gateway, "Ciao", ramp=RAMP)
    assert state(gateway).stage == 0
    assert out["sms_code"].eq("ramp").sum() == (stages(frame) > 0).sum()


def test_the_wait_of_a_ramp_begins_when_its_texts_are_to_leave(in_step, time):
    (_, gateway), frame = in_step, people(good="84")
    first = time.now() + timedelta(days=3)
    send(frame, gateway, "Ciao", ramp=RAMP, schedule=first)
    time.passed += 50 * HOURS
    resume(gateway)
    assert state(gateway).stage == 0
    time.passed += 23 * HOURS  # it is an hour since they left
    later = first + timedelta(days=2)
    resume(gateway, schedule=later)
    assert state(gateway).stage == 0
    time.passed += 2 * HOURS
    resume(gateway, schedule=later)
    assert state(gateway).stage == 1


def test_what_is_counted_is_rejected_and_failed_of_all_who_were_texted(gateway, time):
    frame = people(200, bad=0.2)
    out = send(frame, gateway, "Ciao", ramp="rest")
    time.passed += 60 * HOURS
    smsframe.refresh(out, gateway=gateway, progress=False)
    journal = Journal(gateway.journal)
    entry = journal.get("autumn")
    known = journal.recipients(entry.id, "autumn")
    found = outcomes_of(known, entry, RampState(ramp_of("rest")))
    assert found.texted == 200
    assert found.failed == 40
    assert found.known == 200


@pytest.mark.parametrize(
    "ramp", ["1%", "rest, 1%", "half, rest", 5, "1%, rest; wait 999999 d", "1%, rest; wait 99999999999 h"]
)
def test_a_ramp_that_cannot_be_read_is_refused(ramp, gateway, sandbox):
    with pytest.raises(ValueError, match="ramp="):
        send(people(3), gateway, "Ciao", ramp=ramp)
    assert posts(sandbox) == 0
