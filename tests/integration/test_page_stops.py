"""What the page says of each way in which it stops: what is wrong and what to do, once and without Python."""

from __future__ import annotations

import re
import sqlite3
from html import unescape

import pandas as pd
import pytest
from helpers.faulty_server import FaultyServer, answer, forward
from helpers.page import TEXT, button, outcome, upload, visible
from helpers.sending import table

import smsframe
from smsframe.form.page.page import Page
from smsframe.form.stops import said_of

PYTHON = re.compile(r"smsframe\.|\w=|\(\)|HTTP|[Cc]ampaign '")


def problems(page):
    """What is marked as wrong on the page."""
    found = [str(getattr(part, "value", "")) for part in visible(page.widget)]
    return [unescape(re.sub(r"<[^>]+>", "", words)) for words in found if "sf-problem" in words]


def filled(tmp_path, rows=3):
    page = Page(downloads=tmp_path)
    table(rows).to_csv(tmp_path / "guests.csv", index=False)
    upload(page, tmp_path / "guests.csv")
    controls = page.form._controls
    controls.campaign.value, controls.text.value = "autumn", TEXT
    assert page.form.wait(60)
    return page


def sent(page):
    controls = page.form._controls
    controls.unlock.value = str(page.form.plan.recipients)
    controls.send.click()
    assert page.form.wait(120)


def stops_listening(proxy):
    def act(request):
        reply = forward(request)
        proxy.stop_listening()
        return reply

    return act


STOPS = {
    "gone": "Stopped: the gateway can no longer be reached; check the network. Later, Continue texts who is "
    "waiting, and nobody twice.",
    "busy": "Stopped: the gateway takes no orders now and asks to wait 40 min. Later, Continue texts who is "
    "waiting, and nobody twice.",
    "login": "Stopped: the gateway refused the login: the user name, the password or the address is wrong. "
    "Have it corrected where smsframe was set up, then Continue texts who is waiting, and nobody twice.",
}

REASONS = {
    smsframe.NotEnoughCredit("the credit is used up", needed=1000, available=500): "Stopped: the credit is "
    "used up: 500 left, and what is next needs 1,000. Top up, then Continue texts who is waiting, and nobody "
    "twice.",
    smsframe.Unconfirmed("the answers to 3 orders were lost; resume the campaign"): "Stopped: answers of the "
    "gateway were lost, so some people may have been texted. Later, Continue asks the gateway first, and "
    "texts nobody twice.",
    ValueError("the schedule passed before all were sent"): "Stopped: the schedule passed before all were "
    "sent. Continue texts who is waiting, and nobody twice.",
    smsframe.JournalError("the journal /data/j.sqlite cannot be used (disk full); free it"): "Stopped: the "
    "record of campaigns /data/j.sqlite cannot be used (disk full); free it",
}


@pytest.mark.samples(1)
@pytest.mark.parametrize("kind", STOPS)
def test_a_run_that_stops_in_the_middle_says_why_on_the_screen_of_its_campaign(
    terminal, tmp_path, monkeypatch, kind
):
    """The sentence stood on the form, which gives way to that screen."""
    with FaultyServer(terminal.url) as proxy:
        monkeypatch.setenv("SMSFRAME_BASE_URL", proxy.url)
        page = filled(tmp_path, 2100)
        if kind == "gone":
            proxy.always("POST", stops_listening(proxy))
        else:
            proxy.on("POST", forward)
            proxy.always("POST", answer(503, Retry_After="2400") if kind == "busy" else answer(403))
        sent(page)
        assert problems(page) == [STOPS[kind]]
        assert "waiting" in outcome(page)
        assert button(page, "Continue")


@pytest.mark.samples(1)
@pytest.mark.parametrize("cause", REASONS, ids=lambda cause: type(cause).__name__)
def test_other_reasons_of_a_stop(cause):
    stopped = smsframe.CampaignStopped("campaign 'a' stopped", campaign="a", results=pd.DataFrame())
    stopped.__cause__ = cause
    assert said_of(stopped) == REASONS[cause]


@pytest.mark.samples(1)
def test_a_gateway_that_is_not_there_or_refuses_the_login_before_anything_was_sent(
    terminal, tmp_path, monkeypatch
):
    monkeypatch.setenv("SMSFRAME_PASSWORD", "wrong")
    page = filled(tmp_path)
    sent(page)
    (said,) = problems(page)
    assert said.startswith(
        "The gateway refused the login: the user name, the password or the address is wrong"
    )
    assert said.endswith("Nothing was sent.")
    assert not PYTHON.search(said)
    monkeypatch.setenv("SMSFRAME_BASE_URL", "http://127.0.0.1:9/API/v1.0/REST/")
    page = filled(tmp_path)
    sent(page)
    (said,) = problems(page)
    assert "does not answer" in said
    assert "check the address and the network, then try again; nobody is texted twice" in said


def damaged(path):
    path.write_bytes(b"garbage " * 1000)


def newer(path):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=999")
    connection.commit()
    connection.close()


def folder(path):
    for file in path.parent.glob(path.name + "*"):
        if file.is_file():
            file.unlink()
    path.mkdir()


UNUSABLE = {
    damaged: "it is damaged, and stays as it is. Nothing is sent without it, as it knows who was texted: put "
    "a backup of it in its place",
    newer: "was written by a newer smsframe: upgrade smsframe to use it",
    folder: "is a folder and no file, so nobody would know who was texted; have another file named where "
    "smsframe was set up",
}


@pytest.mark.samples(1)
@pytest.mark.parametrize("spoil", UNUSABLE)
def test_a_journal_that_cannot_be_used_is_said_once_with_what_to_do(terminal, tmp_path, spoil):
    page = filled(tmp_path)
    sent(page)
    spoil(tmp_path / "journal.sqlite")
    for shown in (Page(downloads=tmp_path), filled(tmp_path)):
        (said,) = problems(shown)
        assert said.endswith(UNUSABLE[spoil])
        assert not PYTHON.search(said)


@pytest.mark.samples(1)
def test_a_device_is_no_journal(terminal, tmp_path, monkeypatch):
    """SQLite writes to it and finds nothing: the page ended in an error of SQLAlchemy."""
    monkeypatch.setenv("SMSFRAME_JOURNAL", "/dev/null")
    for shown in (Page(downloads=tmp_path), filled(tmp_path)):
        (said,) = problems(shown)
        assert "is a device and no file" in said
    with pytest.raises(smsframe.JournalError, match="is a device and no file"):
        smsframe.send(table(1), TEXT, campaign="a", phone="mobile", progress=False)
