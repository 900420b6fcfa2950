"""Two pages of one campaign, of which somebody uses one after the other: every pair of what can be done."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from helpers.background_runs import held, until
from helpers.page import AFTER, TEXT, button, buttons, outcome, reads, send, upload
from helpers.sending import statuses, table

import smsframe
from smsframe.form.page import campaign as page_campaign
from smsframe.form.page.page import Page
from smsframe.form.session import CHANGED

LABELS = {"continue": "Continue", "drop": "Drop", "cancel": "Cancel", "refresh": "Ask what"}
ACTIONS = (*LABELS, "correct")


def half_scheduled():
    """A scheduled campaign that was stopped: one text is with the gateway, three people wait."""
    gateway = smsframe.Gateway.from_env()
    later = datetime.now(UTC) + timedelta(days=30)
    run = held(table(4), gateway, text=TEXT, schedule=later, batch_size=1, accepted=0)
    until(lambda: run.facts()["scheduled"] == 1)
    run.stop()
    run.wait(30)
    assert statuses(smsframe.results("autumn")) == {"scheduled": 1, "pending": 3}


def opened(folder):
    page = Page(downloads=folder)
    page._session._sending = replace(page._session._sending, grace=0.05)
    button(page, "autumn").click()
    return page


def press(page, action, tmp_path):
    """What somebody does who means it: also the answer to the question whether it is meant."""
    if action == "correct":
        table(1, start=40).to_csv(tmp_path / "corrected.csv", index=False)
        upload(page, tmp_path / "corrected.csv", "Upload corrected rows")
        send(page)
        return
    button(page, LABELS[action]).click()
    if any(label.startswith("Yes, ") for label in buttons(page)):
        threading.Event().wait(page_campaign.DOUBLE_CLICK + 0.05)
        button(page, "Yes, ").click()
    until(lambda: not page_busy(page))


def page_busy(page):
    return "Stop" in buttons(page) or "Asking" in reads(page)


BOTH = {
    ("refresh", "continue"): AFTER["continue"],
    ("refresh", "drop"): AFTER["drop"],
    ("refresh", "cancel"): AFTER["cancel"],
    ("continue", "correct"): {"scheduled": 5},
    ("drop", "correct"): {"scheduled": 2},
    ("cancel", "correct"): {"scheduled": 1, "cancelled": 1, "pending": 3},
    ("refresh", "correct"): AFTER["correct"],
    ("correct", "correct"): AFTER["correct"],
}
"""What both have done; where nothing stands, the second page has done nothing."""


@pytest.mark.samples(3)
@pytest.mark.parametrize(("first", "second"), [*itertools.product(ACTIONS, repeat=2)])
def test_the_second_page_does_what_it_says_or_nothing(terminal, tmp_path, first, second):
    folder = tmp_path / "downloads"
    folder.mkdir()
    half_scheduled()
    page, other = opened(folder), opened(folder)
    press(page, first, tmp_path)
    assert statuses(smsframe.results("autumn")) == AFTER[first]
    if second == "correct" and first == "correct":
        table(1, start=40).to_csv(tmp_path / "corrected.csv", index=False)
        upload(other, tmp_path / "corrected.csv", "Upload corrected rows")
        assert other.form.wait(30)
        assert other.form._controls.send.disabled
        assert "1 scheduled" not in reads(other)
    else:
        press(other, second, tmp_path)
    expected = BOTH.get((first, second), AFTER[first])
    assert statuses(smsframe.results("autumn")) == expected
    if (first, second) not in BOTH and "refresh" not in (first, second):
        assert CHANGED in reads(other)
    fresh = opened(folder)
    if other.form is None:  # it shows the campaign, as it is
        assert outcome(other) == outcome(fresh)
    every_one = smsframe.results("autumn")["sms_phone"]
    assert every_one.is_unique
    assert sum(expected.values()) == len(every_one)
