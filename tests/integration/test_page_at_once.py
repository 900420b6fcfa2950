"""Two pages of one campaign, used at the same moment, and at random: what is seen is what is done."""

from __future__ import annotations

import itertools
import random
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from helpers.background_runs import held, until
from helpers.page import AFTER, TEXT, button, buttons, outcome, reads, upload
from helpers.sending import REPEATS_SEND_AGAIN, statuses, table

import smsframe
from smsframe.errors import SmsFrameError
from smsframe.form.page import campaign as page_campaign
from smsframe.form.page.page import Page

pytestmark = [
    REPEATS_SEND_AGAIN,
    pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning"),
]

LABELS = {
    "continue": "Continue",
    "drop": "Drop",
    "cancel": "Cancel",
    "refresh": "Ask what",
    "stop": "Stop",
    "no": "No, leave",
}
AT_ONCE = ("continue", "drop", "cancel", "refresh", "correct")


def begun(*, stopped):
    """A scheduled campaign: one text is with the gateway, three people wait; at work, or stopped."""
    later = datetime.now(UTC) + timedelta(days=30)
    run = held(
        table(4), smsframe.Gateway.from_env(), text=TEXT, schedule=later, batch_size=1, workers=1, accepted=0
    )
    until(lambda: run.facts()["scheduled"] == 1)
    if stopped:
        run.stop()
        run.wait(30)
    return run


def opened(folder):
    page = Page(downloads=folder)
    page._session._sending = replace(page._session._sending, grace=0.05)
    clicked(page, "autumn")  # where it is at work, the page begins with it
    return page


def clicked(page, label):
    """Click a button, if people see it; whether they did."""
    if not [seen for seen in buttons(page) if seen.startswith(label)]:
        return False
    try:
        found = button(page, label)
    except ValueError:  # it has gone between two looks
        return False
    if found.disabled:
        return False
    found.click()
    return True


def mean_it(page, action, tmp_path, start=40):
    """What somebody does who means it: also the answer to the question whether it is meant."""
    if action == "correct":
        path = tmp_path / f"corrected {start}.csv"
        table(1, start=start).to_csv(path, index=False)
        upload(page, path, "Upload corrected rows")
        form = page.form
        assert form.wait(30)
        form._controls.unlock.value = str(form.plan.recipients)
        form._controls.send.click()
        assert form.wait(60)
        return
    if clicked(page, LABELS[action]) and any(label.startswith("Yes, ") for label in buttons(page)):
        threading.Event().wait(page_campaign.DOUBLE_CLICK + 0.05)
        clicked(page, "Yes, ")


def fill_in(page):
    """Send what was uploaded, as far as the form lets somebody."""
    form, later = page.form, datetime.now(UTC) + timedelta(days=30)
    controls = form._controls
    controls.set_time(True, later.date(), later.time().replace(microsecond=0), "UTC")
    controls.campaign.value, controls.text.value, controls.phone.value = "autumn", TEXT, "mobile"
    assert form.wait(30) or form._counts.busy
    if form.plan is not None:
        controls.unlock.value = str(form.plan.recipients)
        if not controls.send.disabled:
            controls.send.click()


def settled(page):
    return "Stop" not in buttons(page) and "Asking" not in reads(page)


def checked(sandbox, folder, *pages):
    """What holds whatever was done: the gateway has one text of each who the journal says has one."""
    found = smsframe.results("autumn")
    assert found["sms_phone"].is_unique
    orders = sandbox.orders()
    counted = statuses(found)
    assert orders.loc[~orders["cancelled"], "recipients"].sum() == counted.get("scheduled", 0)
    assert set(counted) <= {"scheduled", "pending", "cancelled"}
    fresh = opened(folder)
    for page in (*pages, fresh):
        assert "This is a bug" not in reads(page)
    return counted, outcome(fresh)


ALLOWED = {
    ("continue", "drop"): [AFTER["continue"], AFTER["drop"]],
    # Cancel said one text: of those that the other page schedules meanwhile it takes none back.
    ("continue", "cancel"): [AFTER["continue"], AFTER["cancel"], {"cancelled": 1, "scheduled": 3}],
    ("continue", "refresh"): [AFTER["continue"]],
    ("continue", "correct"): [{"scheduled": 5}, AFTER["correct"]],
    ("drop", "cancel"): [AFTER["drop"], AFTER["cancel"], {"cancelled": 1}],
    ("drop", "refresh"): [AFTER["drop"]],
    ("drop", "correct"): [{"scheduled": 2}, AFTER["correct"]],
    ("cancel", "refresh"): [AFTER["cancel"]],
    ("cancel", "correct"): [{"cancelled": 1, "scheduled": 1, "pending": 3}, AFTER["correct"]],
    ("correct", "correct"): [{"scheduled": 3, "pending": 3}, AFTER["correct"]],
}
"""What two of them may come to; a page may find itself out of date. Else: what the second does alone."""


@pytest.mark.samples(3)
@pytest.mark.parametrize(("one", "two"), [*itertools.combinations_with_replacement(AT_ONCE, 2)])
def test_two_pages_at_the_same_moment(terminal, tmp_path, one, two):
    folder = tmp_path / "downloads"
    folder.mkdir()
    begun(stopped=True)
    pages = opened(folder), opened(folder)
    ready, wrong = threading.Barrier(2), []

    def act(page, action, start):
        ready.wait(30)
        try:
            mean_it(page, action, tmp_path, start)
        except (SmsFrameError, AssertionError) as error:
            wrong.append(error)

    hands = [
        threading.Thread(target=act, args=(page, action, 40 + place))
        for place, (page, action) in enumerate(zip(pages, (one, two), strict=True))
    ]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(120)
    assert not wrong
    until(lambda: all(map(settled, pages)))
    found, said = checked(terminal, folder, *pages)
    assert found in ALLOWED.get((one, two), [AFTER[two]])
    assert said


@pytest.mark.samples(4)
@pytest.mark.parametrize("seed", range(24))
def test_whatever_is_clicked_on_two_pages_nobody_is_texted_twice_or_lost(terminal, tmp_path, seed):
    """Buttons by lot, of those that are seen, at a run that is at work or was stopped; often overlapping."""
    chance = random.Random(seed)
    folder = tmp_path / "downloads"
    folder.mkdir()
    run = begun(stopped=chance.random() < 0.5)
    pages = [opened(folder), opened(folder)]
    people, done = 4, []
    for step in range(8):
        place = chance.randrange(2)
        what = chance.choice([*LABELS, "yes", "yes", "new page", "table"])
        done.append((place, what))
        if what == "new page":
            pages[place] = opened(folder)
        elif what == "table":  # another person of the campaign, during a run too
            page = pages[place] = opened(folder)
            clicked(page, "All campaigns")
            path = tmp_path / f"table {step}.csv"
            table(1, start=60 + step).to_csv(path, index=False)
            upload(page, path)
            fill_in(page)
        elif what == "yes":
            clicked(pages[place], "Yes, ")
        else:
            clicked(pages[place], LABELS[what])
        if chance.random() < 0.6:
            threading.Event().wait(chance.random() * 1.2)
    run.stop()
    for page in pages:
        clicked(page, "Stop")
    until(lambda: run.done and all(map(settled, pages)))
    found, _ = checked(terminal, folder, *pages)
    assert sum(found.values()) <= people + sum(what == "table" for _, what in done), done
    if not any(what in ("yes", "continue", "table") for _, what in done):
        assert found == AFTER["refresh"], done
    fresh = opened(folder)
    for action in ("continue", "cancel"):  # wherever it was left, it can be brought to its end
        mean_it(fresh, action, tmp_path)
        until(lambda: settled(fresh))
    found, _ = checked(terminal, folder, fresh)
    assert set(found) <= {"cancelled"}, done
