"""A run that another process is asked to end, by a request in the journal."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading

import pandas as pd
import pytest
from helpers import killable
from helpers.background_runs import held, start, until
from helpers.sending import each_once, gateway_at, posts, resume, statuses, table
from helpers.sending import send as quick_send

import smsframe
from smsframe.journal.journal import Journal

pytestmark = pytest.mark.both_journals

SENDER = """
import sys, smsframe, pandas as pd
mobile = [f"+39347{i // 70:05d}{i % 70:02d}" for i in range(60)]
people = pd.DataFrame({"name": [f"N{i}" for i in range(60)], "mobile": mobile})
gateway = smsframe.Gateway(sys.argv[1], username="demo", password="demo", journal=sys.argv[2])
options = dict(arg.split("=") for arg in sys.argv[3:])
rate = float(options.get("rate", 0)) or None
out = smsframe.send(people, "Ciao {name}", campaign="autumn", phone="mobile", gateway=gateway, batch_size=1,
    workers=int(options.get("workers", 1)), rate=rate, progress=False)
print(out["sms_status"].value_counts().to_json())
"""


@contextlib.contextmanager
def sending_process(sandbox, journal, *options):
    """Another process that texts sixty people one by one; ended with the block."""
    command = [sys.executable, "-c", SENDER, sandbox.url, str(journal), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:
        try:
            yield started
        finally:
            started.kill()


def ended(process):
    out, err = process.communicate(timeout=60)
    return {name: count for name, count in json.loads(out).items() if count}, err


@pytest.mark.parametrize("workers", ["workers=1", "workers=4"])
def test_a_run_of_another_process_stops_before_its_next_order(sandbox, tmp_path, workers):
    path = tmp_path / "journal.sqlite"
    sandbox.misbehave("late_answer", order=range(1, 200), seconds=0.1)
    with sending_process(sandbox, path, workers) as process:
        until(lambda: posts(sandbox) >= 5)
        assert smsframe.stop("autumn", journal=path) is True
        before = posts(sandbox)
        told, said = ended(process)
    assert process.returncode == 0
    assert told["accepted"] + told["pending"] == 60
    assert told["accepted"] <= before + int(workers[-1])  # what was claimed before the request was written
    assert "asked to stop" in said
    assert "smsframe.resume('autumn')" in said
    sandbox.behave()
    out = resume(gateway_at(sandbox.url, path))
    assert statuses(out) == {"accepted": 60}
    assert each_once(sandbox, out)


def test_orders_that_wait_for_their_turn_do_not_leave_after_a_request(sandbox, tmp_path):
    """At this rate the second order would leave in a quarter of an hour."""
    path = tmp_path / "journal.sqlite"
    with sending_process(sandbox, path, "rate=0.001") as process:
        until(lambda: posts(sandbox) == 1)
        until(lambda: statuses(smsframe.results("autumn", journal=path)).get("accepted") == 1)
        assert smsframe.stop("autumn", journal=path)
        told, _ = ended(process)
    assert told == {"accepted": 1, "pending": 59}
    assert posts(sandbox) == 1


def test_a_request_ends_a_run_in_the_background_as_its_own_stop_does(sandbox, gateway):
    run = held(table(5), gateway, batch_size=1)
    assert smsframe.stop("autumn", gateway=gateway)
    out = run.wait(30)
    assert statuses(out) == {"accepted": 1, "pending": 4}
    assert run.facts()["state"] == "stopped"
    own = held(table(5), gateway, campaign="winter", batch_size=1)
    own.stop()
    own_out = own.wait(30)
    assert statuses(own_out) == statuses(out)
    # A worker that had claimed its order, and waited for its turn, leaves "not_accepted" behind.
    compared = ["sms_status", "sms_code", "sms_reason"]
    codes = pd.concat([out["sms_code"], own_out["sms_code"]]).dropna()
    assert codes.isin(["not_sent", "not_accepted"]).all()
    untouched = out["sms_code"].eq("not_sent") & own_out["sms_code"].eq("not_sent")
    pd.testing.assert_frame_equal(out.loc[untouched, compared], own_out.loc[untouched, compared])


def test_a_request_is_for_runs_that_began_before_it(sandbox, gateway, capfd):
    run = held(table(3), gateway, batch_size=1)
    smsframe.stop("autumn", gateway=gateway)
    run.wait(30)
    assert statuses(resume(gateway)) == {"accepted": 3}
    assert smsframe.stop("autumn", gateway=gateway) is False
    assert "no process is sending campaign 'autumn': there was nothing to stop" in capfd.readouterr().err
    assert statuses(quick_send(table(8), gateway)) == {"accepted": 8}
    run = start(table(9), gateway)
    assert statuses(run.wait(30)) == {"accepted": 9}


def test_a_request_takes_no_other_campaign_with_it(gateway):
    quick_send(table(2, start=50), gateway, campaign="winter")
    run = held(table(3), gateway, batch_size=1)
    assert smsframe.stop("winter", gateway=gateway) is False
    assert threading.Event().wait(2.5) is False  # twice as long as the time between two looks
    assert not run.done
    run.stop()
    run.wait(30)


def test_what_was_sent_with_undo_is_taken_back_after_a_request(tmp_path):
    path = tmp_path / "journal.sqlite"
    with smsframe.Sandbox() as sandbox:  # whose time does not pass faster
        gateway = gateway_at(sandbox.url, path)
        options = {"undo": "5 min", "grace": 0.5, "rate": 0.001, "batch_size": 1}
        frames = []

        def foreground():
            frames.append(
                smsframe.send(
                    table(3),
                    "Ciao",
                    campaign="autumn",
                    phone="mobile",
                    gateway=gateway,
                    progress=False,
                    **options,
                )
            )

        thread = threading.Thread(target=foreground)
        thread.start()
        until(
            lambda: (
                Journal(path).exists
                and "autumn" in smsframe.campaigns(journal=path)["campaign"].tolist()
                and statuses(smsframe.results("autumn", journal=path)).get("scheduled") == 1
            )
        )
        assert smsframe.stop("autumn", journal=path)
        thread.join(30)
        assert statuses(frames[0]) == {"cancelled": 1, "pending": 2}


def test_nobody_is_stopped_by_a_name_that_is_in_no_journal(tmp_path):
    with pytest.raises(smsframe.UnknownCampaign):
        smsframe.stop("autumn", journal=tmp_path / "journal.sqlite")
    assert [*tmp_path.iterdir()] == []


def test_the_command_asks_and_says_whether_somebody_was_at_work(sandbox, tmp_path):
    path = tmp_path / "journal.sqlite"
    command = [sys.executable, "-m", "smsframe", "stop", "autumn", "--journal", str(path)]
    unknown = subprocess.run(command, capture_output=True, text=True, check=False)
    assert unknown.returncode == 2
    with sending_process(sandbox, path, "rate=0.001") as process:
        until(lambda: posts(sandbox) == 1)
        asked = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "asked for campaign 'autumn' to stop" in asked.stderr
        assert "smsframe status autumn --follow" in asked.stderr
        ended(process)
    nobody = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "no process is sending campaign 'autumn'" in nobody.stderr


def test_a_request_that_is_killed_at_any_point_leaves_a_whole_journal(sandbox, tmp_path):
    """Either it is written, or it is not: both go on."""
    path = tmp_path / "journal.sqlite"
    gateway = gateway_at(sandbox.url, path)
    quick_send(table(2), gateway)
    points = killable.run(smsframe.stop, "autumn", journal=path).points
    for fatal in range(len(points)):
        killable.run(smsframe.stop, "autumn", journal=path, fatal=fatal)
        Journal(path).verify()
    assert statuses(quick_send(table(4), gateway)) == {"accepted": 4}
