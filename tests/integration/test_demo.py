"""`smsframe demo`: the first thing a newcomer sees."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from rich.cells import cell_len
from typer.testing import CliRunner

import smsframe
from smsframe.cli import demo
from smsframe.cli.main import app


def plain(story):
    """What holds for everything the demo prints."""
    assert "\x1b" not in story
    assert "\r" not in story
    assert not [line for line in story.splitlines() if line != line.rstrip()]
    near = story[: story.index("\nNext\n")]  # the paths after it are as long as they are
    assert max(map(cell_len, near.splitlines())) <= 100
    digits = re.sub(r"[^\d\n]", "", story)
    guests = smsframe.read_contacts(demo.sample())
    phones = smsframe.check(guests, "mobile", region="country")["sms_phone"].dropna()
    assert not [phone for phone in phones if phone[3:] in digits]
    return story


def test_the_whole_story_as_anybody_starts_it(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "smsframe", "demo"], cwd=tmp_path, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    story = plain(done.stdout.decode("utf-8"))
    steps = [
        "1  Check",
        "2  Plan",
        "3  Send",
        "4  Refresh",
        "5  The same call again",
        "results.csv: 1,015 rows",
        "Next",
    ]
    places = [story.index(step) for step in steps]
    assert places == sorted(places)
    assert re.search(r"Text [\d,]+ people for [\d,]+ credits", story)
    assert "ë in" in story
    arrived = re.search(r"([\d,]+)  texts had arrived.*\n +([\d,]+)  have arrived now\n +0  new texts", story)
    assert arrived
    assert arrived[1] == arrived[2]

    assert [path.name for path in tmp_path.glob("*.csv")] == ["results.csv"]
    guests, results = smsframe.read_contacts(demo.sample()), smsframe.read_contacts(tmp_path / "results.csv")
    assert results["name"].equals(guests["name"])
    sent = results["sms_status"].eq("accepted")
    assert results.loc[sent, ["sms_order_id", "sms_delivery", "sms_sent_at"]].notna().all(axis=None)
    assert results.loc[~sent, "sms_reason"].notna().all()
    assert set(results["sms_status"]) == {"accepted", "invalid", "duplicate", "rejected"}


def test_few_guests_are_enough_and_again_is_from_the_start(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        done = CliRunner().invoke(app, ["demo", "--rows", "40", "--out", "few.csv"])
        assert done.exit_code == 0, done.output
        assert re.search(r"^  [1-9]\d* accepted", plain(done.stdout), re.MULTILINE)
        assert len(smsframe.read_contacts("few.csv")) == 40


def test_one_guest_is_enough_and_the_lines_of_python_run_as_shown(tmp_path):
    done = CliRunner().invoke(app, ["demo", "--rows", "1", "--out", str(tmp_path / "one.csv")])
    assert done.exit_code == 0, done.output
    shown = done.stdout[done.stdout.index("  import smsframe\n") :].rstrip()
    names = {}
    exec("\n".join(line.removeprefix("  ") for line in shown.splitlines()), names)
    with names["sandbox"] as sandbox:
        assert len(sandbox.inbox()) > 800


def test_samples_inside_the_package_come_first(monkeypatch, tmp_path):
    assert demo.sample().is_file()
    monkeypatch.setattr(demo.resources, "files", lambda _: tmp_path)
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "guests.csv").write_text("mobile\n", "utf-8")
    assert demo.sample() == Path(tmp_path, "samples", "guests.csv")
