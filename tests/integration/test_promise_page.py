"""The page of the promise is held to the code: every outcome is on it, and every row names a test."""

from __future__ import annotations

import ast
import contextlib
import inspect
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path

import pytest
from helpers.faulty_server import answer, drop, first, forward
from helpers.sending import each_once, posts, resume, send, statuses, table

import smsframe
from smsframe import errors
from smsframe.campaign.look_ups import reconcile
from smsframe.campaign.run import engine
from smsframe.gateway import response_limits, retry
from smsframe.journal.sqlite import store
from smsframe.orders import batching
from smsframe.orders.states import Event
from smsframe.outcomes.codes import OUTCOMES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/promise.md").read_text("utf-8")
NOTES = dict(re.findall(r"^\[\^(\w+)\]: (.+)$", PAGE, re.MULTILINE))
TABLES = [table.splitlines() for table in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE)]
ROWS = [row for table in TABLES for row in table[2:]]  # below the heading and its line
IN_WORDS = {4: "four", 5: "five", 10: "ten"}


@cache
def functions(path):
    """The test functions of a file, which is read and not imported."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_test_that_the_page_names_exists():
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    missing = {f"{path}::{name}" for path, name in named if name not in functions(path)}
    assert named
    assert PAGE.count("::") == len(named)
    assert not missing


def test_every_row_of_every_table_names_a_test():
    assert len(ROWS) > 60
    assert not [row for row in ROWS if not re.search(r"\[\^\w+\] \|$", row)]


def test_every_note_is_a_test_and_is_called_for_exactly_where_it_is_defined():
    called = set(re.findall(r"\[\^(\w+)\](?!:)", PAGE))
    assert called == set(NOTES)
    assert len(NOTES) == len(re.findall(r"^\[\^\w+\]:", PAGE, re.MULTILINE))
    assert all(note.startswith("`tests/") for note in NOTES.values())


def test_the_cells_of_a_row_are_as_many_as_those_of_its_heading():
    for lines in TABLES:
        assert len({line.count("|") for line in lines}) == 1, lines[0]


@pytest.mark.parametrize("event", Event)
def test_everything_that_can_happen_to_an_order_is_on_the_page(event):
    assert f"`{event}`" in PAGE


def _is_error(found):
    return inspect.isclass(found) and issubclass(found, Exception) and not issubclass(found, Warning)


@pytest.mark.parametrize("name", [name for name, found in vars(errors).items() if _is_error(found)])
def test_every_error_is_on_the_page(name):
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("code", OUTCOMES)
def test_every_code_of_an_outcome_is_on_the_page(code):
    assert f"`{code}`" in PAGE


@pytest.mark.parametrize("call", [smsframe.send, smsframe.resume])
def test_the_grace_is_the_one_that_holds(call):
    grace = inspect.signature(call).parameters["grace"].default
    assert re.findall(r"`grace`, (\d+) seconds by default", PAGE) == [f"{grace:g}"]


def test_the_other_numbers_are_the_ones_that_hold():
    """Whoever changes one of them is led here."""
    connect, answer = inspect.signature(smsframe.Gateway).parameters["timeout"].default
    waits = retry.RetryPolicy()
    assert f"no connection within {connect:g} seconds" in PAGE
    assert f"no answer within {answer:g} seconds" in PAGE
    assert f"not whole within {response_limits.ANSWER_TIMEOUTS * answer:g} seconds" in PAGE
    assert f"longer than {response_limits.SIZE // 2**20} MiB" in PAGE
    assert f"It is tried {IN_WORDS[waits.attempts]}\ntimes" in PAGE
    assert f"locks the journal for {store.LOCKED:g} seconds" in PAGE
    assert f"given up (`gave_up`) after {IN_WORDS[waits.reach]} seconds" in PAGE
    assert f"for more than {IN_WORDS[retry.LONGEST_WAIT / 60]} minutes" in PAGE
    assert f"{IN_WORDS[engine.MOST_UNPROVEN]} such answers in a row" in PAGE
    assert f"{IN_WORDS[batching.SAME_REFUSALS]} people from different places" in PAGE


# Outcomes of the page that are shown nowhere else ---------------------------------------------------------


def test_an_order_that_never_arrives_is_sent_three_times_and_then_left_to_the_next_run(
    sandbox, proxy, through
):
    proxy.always("POST", drop)
    out = send(table(3), through)
    assert statuses(out) == {"unconfirmed": 3}
    assert proxy.posts() == reconcile.POSTS == 3
    assert out["sms_reason"].str.endswith("not repeated: it was sent 3 times already").all()
    proxy.clear()
    out = resume(through)
    assert statuses(out) == {"accepted": 3}
    assert each_once(sandbox, out)


def test_an_order_id_that_other_peoples_order_has_is_not_used_for_ours(sandbox, proxy, through):
    theirs = answer(200, body=b'{"result": "OK", "recipients": [{"destination": "+12125550199"}]}')
    proxy.on("POST", drop).on("GET", theirs, path="sms/")
    out = send(table(3), through)
    assert statuses(out) == {"accepted": 3}
    assert each_once(sandbox, out)
    told = smsframe.Journal(through.journal).evidence(1)
    assert told["event"].tolist() == ["claimed", "no_proof", "found_other", "claimed", "accepted"]
    assert told["order_id"].nunique() == 2


IMPATIENT = """
import sys
sys.path.insert(0, {tests!r})
from helpers.sending import send, table
from smsframe import Gateway
print(flush=True)
sys.stdin.readline()
send(table(4), Gateway({url!r}, username="demo", password="demo", journal={journal!r}), batch_size=2)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to one process")
def test_ctrl_c_again_and_again_loses_at_most_a_record(sandbox, proxy, through):
    program = IMPATIENT.format(tests=str(ROOT / "tests"), url=proxy.url, journal=str(through.journal))
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    run = subprocess.Popen([sys.executable, "-c", program], text=True, **pipes)

    def impatient(request):
        for _ in range(3):
            run.send_signal(signal.SIGINT)
            threading.Event().wait(0.1)
        return request.forward()

    proxy.on("POST", impatient)
    run.stdout.readline()
    _, told = run.communicate("go\n", timeout=30)
    assert "KeyboardInterrupt" in told
    assert proxy.posts() == 1
    left = statuses(smsframe.results("autumn", journal=through.journal))
    assert left in ({"accepted": 2, "pending": 2}, {"unconfirmed": 2, "pending": 2})
    out = send(table(4), through, batch_size=2)
    assert statuses(out) == {"accepted": 4}
    assert each_once(sandbox, out)


def test_a_journal_that_another_program_locks_for_long_sends_nothing_without_a_record(
    sandbox, gateway, monkeypatch
):
    monkeypatch.setattr(store, "LOCKED", 0.05)
    send(table(1), gateway)
    with contextlib.closing(sqlite3.connect(gateway.journal, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(smsframe.JournalError, match="locked"):
            send(table(3), gateway)
    assert posts(sandbox) == 1
    out = send(table(3), gateway)
    assert statuses(out) == {"accepted": 3}
    assert each_once(sandbox, out)


def test_a_damaged_journal_sends_nothing_and_is_left_as_it_is(sandbox, gateway):
    send(table(200), gateway)
    damaged = bytearray(gateway.journal.read_bytes())
    damaged[len(damaged) // 2 :] = bytes(len(damaged) - len(damaged) // 2)
    gateway.journal.write_bytes(damaged)
    with pytest.raises(smsframe.JournalError):
        send(table(201), gateway)
    assert posts(sandbox) == 1
    assert gateway.journal.read_bytes() == damaged


def test_a_journal_that_is_replaced_on_the_way_stops_the_run(sandbox, proxy, through):
    send(table(1), through, campaign="spring")
    other = through.journal.read_bytes()

    def replace():
        for path in through.journal.parent.glob("journal.sqlite*"):
            if path.is_file():
                path.unlink()
        through.journal.write_bytes(other)

    proxy.on("POST", forward, first(replace))
    with pytest.raises(smsframe.CampaignStopped) as stopped:
        send(table(8), through, batch_size=2, workers=1)
    assert isinstance(stopped.value.__cause__, smsframe.JournalError)
    assert proxy.posts() == 3
    assert through.journal.read_bytes() == other
