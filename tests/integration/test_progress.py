"""Progress: the same numbers in a notebook, a terminal and a log, and for who only watches."""

from __future__ import annotations

import io
import itertools
import os
import signal
import sys
import threading
from contextlib import redirect_stderr

import ipywidgets
import nbformat
import pandas as pd
import pytest
from helpers import killable, sending
from helpers.background_runs import CALL, HELD, held, stopped_run, until
from helpers.sending import resume, send, statuses, table
from nbclient import NotebookClient
from typer.testing import CliRunner

import smsframe
from smsframe.api import watch
from smsframe.cli import main
from smsframe.display import progress_renderers
from smsframe.display.live_card import LiveCard
from smsframe.display.progress_bar import Bar
from smsframe.display.progress_stats import ProgressStats, progress_text
from smsframe.journal.journal import Journal
from smsframe.orders.records import ProgressEvent
from smsframe.orders.states import State


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self):
        return True


def facts(**known):
    counts = dict.fromkeys(("accepted", "scheduled", "rejected", "unconfirmed", "pending", "credits"), 0)
    told = counts | {"rate": 0.0, "seconds_left": None} | known
    return {"recipients": sum(told[name] for name in [*counts][:-1]), **told}


# The meter.


def test_the_rate_is_that_of_late_and_says_how_much_longer(clock):
    stats = ProgressStats(clock)
    stats.begin(10_000)
    for _ in range(60):  # a hundred a second at first
        clock.now += 1
        stats.update(ProgressEvent(State.ACCEPTED, 100, 100.0))
    assert stats.facts()["rate"] == pytest.approx(100)
    assert stats.facts()["seconds_left"] == pytest.approx(40)
    for _ in range(60):  # ten a second now
        clock.now += 1
        stats.update(ProgressEvent(State.ACCEPTED, 10, 10.0))
    assert stats.facts()["rate"] == pytest.approx(10)
    clock.now += 300  # and nothing for long
    assert stats.facts()["rate"] < 1


def test_what_is_over_keeps_its_rate_and_has_no_time_left(clock):
    stats = ProgressStats(clock)
    stats.begin(10)
    clock.now += 2
    stats.update(ProgressEvent(State.REFUSED, 4))
    stats.end()
    clock.now += 1000
    assert stats.facts()["rate"] == 2
    assert stats.facts()["seconds_left"] is None


def test_a_clock_that_stands_still_divides_by_nothing(clock):
    stats = ProgressStats(clock)
    assert stats.facts()["rate"] == 0
    stats.begin(1)
    stats.update(ProgressEvent(State.ACCEPTED, 1))
    assert stats.facts()["rate"] == 0


def test_a_million_credits_are_written_out():
    told = progress_text(facts(accepted=1_000_000, credits=2_345_678.0), "people")
    assert told == "1,000,000 of 1,000,000 people, 1,000,000 accepted, 2,345,678 credits"


# The drawings.


def test_a_log_gets_a_line_a_minute_and_one_at_the_end(clock, capsys):
    with Bar("sending", "people", shown=True, monotonic=clock) as bar:
        bar.start(1000)
        for _ in range(150):
            clock.now += 1
            bar.update(ProgressEvent(State.ACCEPTED, 5, 5.0))
    said = capsys.readouterr().err
    assert "\r" not in said
    assert said.splitlines() == [
        "smsframe: sending: 300 of 1,000 people, 300 accepted, 300 credits, 5.0/s, 2 min 20 s left",
        "smsframe: sending: 600 of 1,000 people, 600 accepted, 600 credits, 5.0/s, 1 min 20 s left",
        "smsframe: sending: 750 of 1,000 people, 750 accepted, 750 credits, 5.0/s",
    ]


def test_a_terminal_gets_one_line_that_is_drawn_over(clock, monkeypatch):
    for size in ("COLUMNS", "LINES"):  # readline sets them in programs that others start
        monkeypatch.delenv(size, raising=False)
    bar = Bar("sending {name}", "people", shown=True, monotonic=clock)
    with redirect_stderr(Screen()) as screen, bar:
        bar.start(10)
        for state in (State.ACCEPTED, State.UNCONFIRMED, State.REFUSED):
            clock.now += 1
            bar.update(ProgressEvent(state, 2, 2.0))
    last = screen.getvalue().rstrip("\n").rsplit("\r", 1)[1]
    assert last.startswith("sending {name}:  60%|")
    assert "6 of 10 people, 2 accepted, 2 rejected, 2 unconfirmed, 6 credits, 2.0/s" in last
    assert screen.getvalue().count("\n") == 1


def test_a_notebook_gets_a_widget_whose_labels_are_only_text():
    shown = progress_renderers.Widget("sending <b>x</b>", "people", facts(pending=4))
    shown.draw(facts(accepted=3, pending=1))
    assert (shown._bar.value, shown._bar.max) == (3, 4)
    assert shown._words.value == "3 of 4 people, 3 accepted"
    assert type(shown._head) is ipywidgets.Label
    shown.close(facts(accepted=3, unconfirmed=1))
    assert shown._bar.bar_style == "warning"


def test_a_notebook_without_ipywidgets_has_a_line(monkeypatch):
    monkeypatch.setattr(progress_renderers, "in_notebook", lambda: True)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with redirect_stderr(Screen()) as screen, Bar("sending", "people", shown=True) as bar:
        bar.start(2)
        bar.update(ProgressEvent(State.ACCEPTED, 2))
    assert "2 of 2 people" in screen.getvalue()


class Broken(io.StringIO):
    """A pipe that nobody reads any more."""

    def write(self, text):
        raise BrokenPipeError


def test_what_cannot_be_drawn_stops_nothing(gateway):
    with redirect_stderr(Broken()):
        out = table(3).sms.send("Ciao", gateway=gateway, **CALL | {"progress": True})
    assert statuses(out) == {"accepted": 3}


@pytest.mark.parametrize("shown", [True, False])
def test_every_call_shows_its_progress_unless_told_not_to(gateway, capsys, shown):
    call = CALL | {"gateway": gateway, "progress": shown}
    stopped_run(table(2), **call)
    smsframe.resume("autumn", gateway=gateway, progress=shown)
    out = table(3).sms.send("Ciao {name}", **call)
    out.sms.refresh(gateway=gateway, progress=shown)
    smsframe.watch("autumn", gateway=gateway, progress=shown)
    said = capsys.readouterr().err
    assert "+39" not in said
    for what in ("sending", "asking", "watching autumn"):
        assert (f"smsframe: {what}: " in said) is shown


NOTEBOOK = """
import smsframe, threading, pandas as pd
sandbox = smsframe.Sandbox(); sandbox.start(); gateway = sandbox.gateway()
people = pd.DataFrame({'mobile': ['+393471234567', '+393471234568', '+393471234569']})
---
run = people.sms.start('Ciao', campaign='autumn', phone='mobile', gateway=gateway, rate=0.001)
---
told = threading.Event()
while not run.facts()['accepted']: told.wait(0.01)
print('the kernel is free', run.done)
---
run.stop(); out = run.wait(); run
---
out = people.sms.send('Ciao', campaign='autumn', phone='mobile', gateway=gateway)
---
smsframe.watch('autumn', gateway=gateway)['sms_status'].tolist()
"""


@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore")
def test_in_a_real_notebook_the_bars_move_while_the_kernel_is_free():
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in NOTEBOOK.split("---")]
    )
    NotebookClient(notebook, timeout=120, kernel_name="python3", store_widget_state=True).execute()
    assert "the kernel is free False" in notebook.cells[2].outputs[0].text
    assert "Stopped: 1 of 3 people" in notebook.cells[3].outputs[0].data["text/html"]
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"].values()
    labels = {state["state"].get("value") for state in states if state["model_name"] == "LabelModel"}
    assert {"sending autumn", "sending", "watching autumn"} <= labels
    assert any(str(label).startswith("1 of 3 people, 1 accepted, 1 credit") for label in labels)
    assert any(str(label).startswith("3 of 3 people, 3 accepted") for label in labels)
    assert "+3934712345" not in str(notebook.metadata) + str([cell.outputs for cell in notebook.cells])


CARD = """
import smsframe, threading, pandas as pd
sandbox = smsframe.Sandbox(); sandbox.start(); gateway = sandbox.gateway()
people = pd.DataFrame({'mobile': ['+393471234567', '+393471234568', '+393471234569']})
call = {'campaign': 'autumn', 'phone': 'mobile', 'gateway': gateway, 'progress': False}
---
run = people.sms.start('Ciao', rate=0.001, **call)
run
---
told = threading.Event()
while not run.facts()['accepted']: told.wait(0.01)
told.wait(2)
END
---
run
"""


@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("end", "first", "again"),
    [
        ("run.stop(); run.wait()", "Stopped: 1 of 3 people", "Stopped: 1 of 3 people"),
        ("pass", "UTC: 1 of 3 people", "UTC: 1 of 3 people"),  # as a notebook is saved while it runs
    ],
)
def test_the_card_of_a_run_is_drawn_again_in_its_place_and_claims_nothing_later(end, first, again):
    cells = [nbformat.v4.new_code_cell(cell.replace("END", end)) for cell in CARD.split("---")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    cards = [cell.outputs[0].data["text/html"] for cell in (notebook.cells[1], notebook.cells[3])]
    assert first in cards[0]
    assert again in cards[1]
    assert "running" not in "".join(cards).lower()
    assert [len(cell.outputs) for cell in (notebook.cells[1], notebook.cells[3])] == [1, 1]
    assert ("If the time stands still" in cards[0]) == (end == "pass")


def test_a_card_goes_on_until_it_is_closed_and_its_errors_are_ignored(monkeypatch):
    drawn, twice = [], threading.Event()

    class Handle:
        def update(self, card):
            drawn.append(card.data)
            if len(drawn) == 3:
                twice.set()
            raise OSError

    monkeypatch.setattr(
        "IPython.display.display", lambda card, display_id: drawn.append(card.data) or Handle()
    )
    counted = itertools.count()
    card = LiveCard(lambda: str(next(counted)), every=0.01)
    assert twice.wait(30)
    card.close()
    last = len(drawn)
    assert not threading.Event().wait(0.1)
    assert drawn == [str(number) for number in range(last)]


# Who watches.


def counted(journal):
    """What a tally says, and what the results say, of a campaign."""
    found = Journal(journal).batches.tally(Journal(journal).get("autumn"))
    return {name: count for name, count in found.counts.items() if count}, found.credits


@pytest.mark.parametrize(
    "fault",
    [None, "drop_after", "drop_before", "error_after", "redirect"],
)
def test_a_tally_counts_what_the_results_say(sandbox, gateway, fault):
    if fault is not None:
        sandbox.misbehave(fault, order=2)
        sandbox.misbehave("error_before", call="history", order=range(2, 20))
    out = killable.frame_or_error_name(
        lambda: send(table(9, bad=[7]), gateway, "Ciao", batch_size=3, workers=1)
    )
    told, credits_ = counted(gateway.journal)
    assert told == statuses(out)
    assert credits_ == out["sms_credits"].sum()


def test_a_tally_counts_texts_that_wait_for_their_time(gateway):
    later = pd.Timestamp.now("UTC") + pd.Timedelta(days=2)
    out = send(table(3, bad=[1]), gateway, "Ciao", schedule=later)
    assert counted(gateway.journal) == ({"scheduled": 2, "rejected": 1}, out["sms_credits"].sum())


def test_a_tally_knows_whom_an_order_lacks(sandbox, gateway):
    send(table(4), gateway, "Ciao")
    journal = Journal(gateway.journal)
    with journal._store.transaction() as connection:
        connection.exec_driver_sql("UPDATE recipients SET missing = 1 WHERE phone LIKE '%2'")
    told, _ = counted(gateway.journal)
    assert told == statuses(smsframe.results("autumn", gateway=gateway)) == {"accepted": 3, "unconfirmed": 1}


def test_watching_what_is_over_returns_its_results(gateway, capsys):
    send(table(3), gateway, "Ciao")
    out = smsframe.watch("autumn", gateway=gateway, progress=False)
    pd.testing.assert_frame_equal(out, smsframe.results("autumn", gateway=gateway))
    assert capsys.readouterr().err == ""


def test_watching_an_unknown_campaign_or_without_pause_is_refused(gateway):
    with pytest.raises(smsframe.UnknownCampaign):
        smsframe.watch("spring", gateway=gateway)
    for interval in (0, -1, "1", True, float("nan")):
        with pytest.raises(ValueError, match="interval"):
            smsframe.watch("autumn", gateway=gateway, interval=interval)


@pytest.fixture
def sender(sandbox, tmp_path):
    """A process that has texted one of five people, and waits for its turn to go on; and its journal."""
    journal = tmp_path / "journal.sqlite"
    process = killable.KillableProcess(killable.send, sandbox.url, journal, table(5), rate=HELD)._process
    until(lambda: Journal(journal).exists and len(sandbox.inbox()))
    yield process, journal
    process.kill()
    process.join()


def test_another_process_is_watched_until_it_is_killed(sandbox, gateway, sender, capsys):
    process, journal = sender
    looks = []

    def pause(seconds, _least):
        looks.append(seconds)
        process.kill()
        process.join()

    memory = Journal(journal)
    last = watch.follow(memory, memory.get("autumn"), 0.5, shown=False, pause=pause)
    assert not last.at_work
    assert len(looks) == 2  # once while it was at work; once to be sure that nobody is
    assert min(looks) >= 0.5
    assert sum(last.counts.values()) == 5
    out = smsframe.watch("autumn", journal=journal, interval=0.01, progress=False)
    assert "go on with smsframe.resume('autumn')" in capsys.readouterr().err
    assert len(out) == 5
    done = resume(gateway, journal=journal)
    assert statuses(done) == {"accepted": 5}
    assert sending.each_once(sandbox, done)


def test_who_watches_another_process_reads_only(sender):
    process, journal = sender
    memory = Journal(journal)
    entry = memory.get("autumn")
    until(lambda: len(memory.evidence(entry.id)) == 6)  # one accepted, four that wait for their turn
    before = memory.evidence(entry.id)
    for _ in range(5):
        assert memory.batches.tally(entry).at_work
    pd.testing.assert_frame_equal(memory.evidence(entry.id), before)
    assert process.is_alive()


@pytest.mark.skipif(os.name == "nt", reason="a process cannot send itself Ctrl-C there")
def test_ctrl_c_ends_the_watching_and_not_the_campaign(gateway, capsys):
    run = held(table(3), gateway)
    timer = threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        smsframe.watch("autumn", gateway=gateway, progress=False)
    timer.join()
    assert "goes on" in capsys.readouterr().err
    assert not run.done
    run.stop()
    run.wait()


def test_the_command_line_follows_too(gateway):
    journal = str(gateway.journal)
    send(table(3), gateway)
    done = CliRunner().invoke(main.app, ["status", "autumn", "--follow", "--journal", journal])
    assert done.exit_code == 0
    assert "watching autumn: 3 of 3 people" in done.stderr
    stopped_run(table(5), gateway)
    left = CliRunner().invoke(main.app, ["status", "autumn", "--follow", "--journal", journal])
    assert left.exit_code == 1
    assert "smsframe resume autumn" in left.stderr
    assert CliRunner().invoke(main.app, ["status", "--follow", "--journal", journal]).exit_code == 2
