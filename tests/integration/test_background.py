"""A campaign in a thread of its own: the handle says how far it is, and the promise holds as in `send`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pandas as pd
import pytest
from helpers import sending
from helpers.background_runs import CALL, held, start, until
from helpers.sending import codes, each_once, posts, resume, statuses, table

import smsframe
from smsframe.api import run as background
from smsframe.api.run import Run
from smsframe.display.progress_stats import ProgressStats

CHANGE = {"accepted": 0, "scheduled": 0, "rejected": 0, "unconfirmed": 0, "pending": 0}


def counts(run):
    facts = run.facts()
    return {name: facts[name] for name in CHANGE if facts[name]}


def test_what_is_waited_for_is_what_send_returns(sandbox, gateway, people):
    run = start(people, gateway, "Ciao", region="IT")
    out = run.wait()
    again = people.sms.send("Ciao", gateway=gateway, region="IT", **CALL)
    assert isinstance(run, Run)
    assert run.done
    pd.testing.assert_frame_equal(
        out.drop(columns=["sms_code", "sms_reason"]), again.drop(columns=["sms_code", "sms_reason"])
    )
    assert out.index.tolist() == ["a", "b", "a", "c"]
    assert each_once(sandbox, out)
    pd.testing.assert_frame_equal(run.results(), out)
    facts = run.facts()
    assert (facts["campaign"], facts["state"], facts["recipients"], facts["accepted"]) == (
        "autumn",
        "finished",
        2,
        2,
    )
    assert facts["credits"] == 2
    assert facts["seconds_left"] is None
    assert repr(run) == "<smsframe.Run autumn: finished, 2 accepted; 2 credits>"


def test_a_plan_is_sent_as_it_was_seen(gateway):
    plan = smsframe.plan(table(2), "Ciao", campaign="autumn", phone="mobile")
    run = smsframe.start(plan, gateway=gateway, confirm=2, progress=False)
    assert statuses(run.wait()) == {"accepted": 2}


def refusals(sandbox):
    yield smsframe.TextError, table(2), {"text": "Ciao {nobody}"}
    yield smsframe.ConfirmationMismatch, table(2), {"confirm": 3}
    yield smsframe.NotEnoughCredit, table(2), {}
    yield smsframe.ContactsError, table(2), {"phone": None}
    yield ValueError, table(2), {"workers": 0}
    yield TypeError, table(2), {"worker": 1}
    wrong = smsframe.Gateway(sandbox.url, username="demo", password="wrong")
    yield smsframe.NotAuthorised, table(2), {"gateway": wrong}


def test_what_refuses_a_call_is_raised_at_once_and_nothing_is_sent():
    with smsframe.Sandbox(credits=1) as sandbox:
        gateway = sandbox.gateway()
        for error, contacts, options in refusals(sandbox):
            with pytest.raises(error):
                contacts.sms.start(**({"text": "Ciao", "gateway": gateway} | CALL | options))
        assert posts(sandbox) == 0
        assert not background._under_way


def test_stopped_in_the_middle_the_rest_is_pending_and_resume_goes_on(sandbox, gateway):
    run = held(table(5), gateway)
    assert run.facts()["state"] == "running"
    assert not run.done
    assert "running" not in run._repr_html_().lower()  # a saved notebook would claim it for ever
    assert "UTC: 1 of 5 people" in run._repr_html_()
    assert codes(run.results()) == {"under_way": 4}
    run.stop()
    run.stop()
    out = run.wait()
    assert run.facts()["state"] == "stopped"
    assert statuses(out) == {"accepted": 1, "pending": 4}
    assert counts(run) == {"accepted": 1, "pending": 4}
    assert "smsframe.resume(&#x27;autumn&#x27;)" in run._repr_html_()
    done = resume(gateway)
    assert statuses(done) == {"accepted": 5}
    assert each_once(sandbox, done)


def test_stopping_what_is_over_changes_nothing(gateway):
    run = start(table(2), gateway)
    out = run.wait()
    run.stop()
    assert run.facts()["state"] == "finished"
    pd.testing.assert_frame_equal(run.wait(), out)


def test_waiting_may_end_before_the_run_does(gateway):
    run = held(table(2), gateway)
    with pytest.raises(TimeoutError):
        run.wait(timeout=0.01)
    assert not run.done
    run.stop()
    run.wait()


def test_what_stops_it_on_the_way_is_raised_where_it_is_waited_for(sandbox, gateway):
    sandbox.misbehave("redirect", order=2, status=307)
    run = start(table(3), gateway, batch_size=1, workers=1)
    for _ in range(2):
        with pytest.raises(smsframe.CampaignStopped) as stopped:
            run.wait()
    facts = run.facts()
    assert facts["state"] == "failed"
    assert "autumn" in facts["error"]
    assert "+39" not in facts["error"] + repr(run) + run._repr_html_()
    pd.testing.assert_frame_equal(run.results(), stopped.value.results)
    assert counts(run) == {"accepted": 1, "pending": 2}


def test_the_card_shows_facts_and_a_hostile_name_is_only_a_name(gateway):
    run = start(table(2), gateway, campaign="<script>x</script>")
    run.wait()
    card = run._repr_html_()
    assert "<script>" not in card
    assert "Finished: 2 of 2 people" in card


def test_two_starts_of_one_campaign_text_everybody_once(sandbox, gateway):
    first = held(table(3), gateway)
    second = start(table(4), sandbox.gateway(journal=gateway.journal))
    out = second.wait()
    assert statuses(out) == {"accepted": 2, "pending": 2}
    assert codes(out) == {"already_texted": 1, "other_process": 2}
    first.stop()
    assert statuses(first.wait()) == {"accepted": 1, "pending": 2}
    done = resume(gateway)
    assert statuses(done) == {"accepted": 4}
    assert each_once(sandbox, done)


@pytest.mark.skipif(os.name == "nt", reason="a process cannot send itself Ctrl-C there")
def test_ctrl_c_before_anybody_is_texted_ends_the_call(sandbox, gateway):
    sandbox.misbehave("late_answer", call="status", seconds=0.5)

    def interrupt():
        until(lambda: sandbox.calls()["path"].eq("status").any())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        start(table(2), gateway)
    assert posts(sandbox) == 0
    assert not background._under_way


@pytest.mark.parametrize("leaving", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_program_in_the_thread_of_a_run_is_raised_where_it_is_waited_for(
    sandbox, gateway, monkeypatch, leaving
):
    def leaves(*_):
        raise leaving

    monkeypatch.setattr("smsframe.display.progress_stats.ProgressStats.update", leaves)
    run = start(table(2), gateway)
    with pytest.raises(leaving):
        run.wait()
    assert run.done
    assert run.facts()["state"] == "failed"
    assert not background._under_way


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
import smsframe
from helpers.background_runs import held
from helpers.sending import table
gateway = smsframe.Gateway({url!r}, username="demo", password="demo", journal={journal!r})
held(table(5), gateway)
"""


def test_a_script_that_ends_stops_its_run_and_says_how_to_go_on(sandbox, gateway, tmp_path):
    journal = str(tmp_path / "journal.sqlite")
    script = SCRIPT.format(tests=str(Path(__file__).parents[1]), url=sandbox.url, journal=journal)
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=100, check=True
    )
    assert "smsframe.resume('autumn')" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert statuses(smsframe.results("autumn", journal=journal)) == {"accepted": 1, "pending": 4}
    done = resume(gateway, journal=journal)
    assert statuses(done) == {"accepted": 5}
    assert each_once(sandbox, done)


# What the run tells on its way is what became of everybody.


def sent(plan, gateway, **options):
    """What the meter says, and what the results say, of one run."""
    stats = ProgressStats()
    run = {"report": stats.update, "started": stats.begin} | options
    error = None
    try:
        out = sending.send(plan, gateway, **run)
    except smsframe.CampaignStopped as stopped:
        out = stopped.results
    except smsframe.Rejected as refused:
        out, error = smsframe.results("autumn", journal=gateway.journal), refused
    facts = stats.facts()
    return {name: facts[name] for name in CHANGE if facts[name]}, statuses(out), error


@pytest.mark.samples(2)
@pytest.mark.parametrize(
    "fault",
    [
        [],
        [{"kind": "drop_after", "order": 1}],
        [{"kind": "drop_before", "order": [1, 3]}],
        [{"kind": "error_after", "rate": 0.5}],
        [{"kind": "half_body", "order": 2}],
        [{"kind": "redirect", "order": 3}],
        [
            {"kind": "drop_before", "order": 1},
            {"kind": "error_before", "call": "history", "order": range(2, 20)},
        ],
    ],
    ids=str,
)
@pytest.mark.parametrize("later", [False, True])
def test_a_meter_ends_where_the_results_do(sandbox, gateway, fault, later):
    schedule = pd.Timestamp.now("UTC") + pd.Timedelta(days=2) if later else None
    plan = smsframe.plan(
        table(12, bad=[3, 7]), "Ciao", campaign="autumn", phone="mobile", batch_size=3, schedule=schedule
    )
    for asked in fault:
        sandbox.misbehave(**asked)
    told, said, _ = sent(plan, gateway, workers=1)
    said["accepted"] = said.get("accepted", 0) + said.pop(
        "scheduled", 0
    )  # `ProgressStats(later=True)` says which
    assert told == {name: count for name, count in said.items() if count}


def test_a_refused_request_leaves_nobody_rejected_on_the_meter(gateway):
    plan = smsframe.plan(table(8, bad=range(8)), "Ciao", campaign="autumn", phone="mobile")
    told, said, error = sent(plan, gateway)
    assert error is not None
    assert told == said == {"pending": 8}


def test_what_an_earlier_run_left_open_is_counted_when_it_is_looked_up(sandbox, gateway):
    plan = smsframe.plan(table(4), "Ciao", campaign="autumn", phone="mobile", batch_size=2)
    sandbox.misbehave("drop_after", order=1)
    sandbox.misbehave("error_before", call="state")
    told, said, _ = sent(plan, gateway)
    assert told == said == {"accepted": 2, "unconfirmed": 2}
    sandbox.behave()
    told, said, _ = sent(plan, gateway)
    assert told == {"accepted": 2}  # those who were looked up, and nobody else
    assert said == {"accepted": 4}
