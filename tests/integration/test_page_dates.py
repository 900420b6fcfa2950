"""One way to write dates and times on the page, in the form and on the cards, with the zone of the clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from helpers.page import TEXT, button, reads, send, upload
from helpers.sending import table

import smsframe
from smsframe.clock import machine_zone
from smsframe.form.draft import Draft, send_time
from smsframe.form.html import outcome_card
from smsframe.form.page.html import replies_found
from smsframe.form.page.page import Page
from smsframe.form.wording import in_form_words
from smsframe.formatting import dates_in_words, day_words, moment_words
from smsframe.outcomes.summary import PROOF

OTHERS = re.compile(
    r"\d{4}-\d\d-\d\d|\b0\d [A-Z][a-z]{2}"
    r"|\b\d\d? (?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d|\d, \d\d:\d\d"
)
"""Any other way to write a date."""

IN_ROME = ZoneInfo("Europe/Rome")


@pytest.fixture(autouse=True)
def rome(monkeypatch):
    for module in ("draft", "wording", "attached", "page.campaign", "page.html", "compose"):
        monkeypatch.setattr(f"smsframe.form.{module}.machine_zone", lambda: "Europe/Rome", raising=False)


def text(page):
    return re.sub(r"<style>.*?</style>|<[^>]+>", " ", reads(page), flags=re.DOTALL)


@pytest.mark.samples(1)
def test_the_page_the_form_and_its_screens_write_dates_in_one_way(terminal, tmp_path, monkeypatch):
    page = Page(downloads=tmp_path)
    table(3).to_csv(tmp_path / "guests.csv", index=False)
    upload(page, tmp_path / "guests.csv")
    at = (datetime.now(IN_ROME) + timedelta(days=3)).replace(hour=9, minute=5, second=0, microsecond=0)
    page.form._controls.set_time(True, at.date(), at.time(), "Europe/Rome")
    send(page)
    assert moment_words(at, "Europe/Rome") in text(page)
    seen = [text(page)]
    before = pd.Timestamp(at - PROOF).floor("min")
    assert f"until {moment_words(before, 'Europe/Rome')}" in re.sub(r"\s+", " ", seen[0])
    button(page, "All campaigns").click()
    seen.append(text(page))
    assert day_words(datetime.now(IN_ROME)) in seen[-1]
    upload(page, tmp_path / "guests.csv")
    page.form._controls.campaign.value, page.form._controls.text.value = "autumn", TEXT
    assert page.form.wait(30)
    seen.append(text(page))
    assert moment_words(at, "Europe/Rome") in seen[-1]
    for words in seen:
        assert not OTHERS.search(words)


def test_what_the_library_says_of_times_is_said_on_the_clock_of_the_form():
    said = in_form_words("this row's time has passed: it was 2026-12-03 20:00 UTC")
    assert said.endswith("it was 3 December 2026 at 21:00, Europe/Rome")
    assert in_form_words("the schedule 2026-07-01 22:30 UTC passed before all were sent").startswith(
        "the schedule 2 July 2026 at 00:30, Europe/Rome passed"
    )
    assert in_form_words("erased on 2026-11-30 by a policy") == "erased on 30 November 2026 by a policy"
    assert in_form_words("campaign '2026-11-30' is new") == "campaign '2026-11-30' is new"
    for other in ("2026-13-40", "12026-11-30", "2026-11-300", "A-2026-11-30", "2026-11-30-B"):
        assert in_form_words(f"order {other} is new") == f"order {other} is new"


def test_times_that_do_not_exist_or_have_passed_are_written_so_too():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for day, said in (
        ((2026, 3, 29), "There is no such time, 29 March 2026 at 02:30, Europe/Rome: the clocks go forward"),
        (
            (2026, 10, 25),
            "There are two such times, 25 October 2026 at 02:30, Europe/Rome: the clocks go back",
        ),
        ((2025, 3, 2), "That time has passed: 2 March 2025 at 02:30, Europe/Rome."),
    ):
        at = datetime(*day, 2, 30)  # noqa: DTZ001 - what somebody picks has no zone
        draft = Draft(later=True, day=at.date(), at=at.time(), zone="Europe/Rome")
        with pytest.raises(ValueError, match=re.escape(said)):
            send_time(draft, now)


def test_replies_are_on_the_clock_of_the_machine_which_the_heading_names():
    found = pd.DataFrame(
        {
            "received_at": [pd.Timestamp("2026-12-03 20:00", tz="UTC")],
            "sender": ["+393471234567"],
            "meaning": ["other"],
            "text": ["ok"],
        }
    )
    shown = replies_found(found)
    assert "3 December 2026 at 21:00" in shown
    assert "received, Europe/Rome" in shown


@pytest.mark.samples(1)
def test_cards_write_them_so(gateway):
    at = datetime(2099, 12, 3, 20, tzinfo=UTC)
    plan = smsframe.plan(table(2), TEXT, campaign="a", phone="mobile", schedule=at, gateway=gateway)
    assert "3 December 2099 at 20:00, UTC" in plan._repr_html_()
    out = smsframe.send(plan, gateway=gateway, progress=False)
    assert "at 19:59, UTC" in out.sms.summary()._repr_html_() or "December 2099" in outcome_card(out)
    hours = smsframe.Hours(between=("09:00", "10:00"), zone="Europe/Rome", not_before=at)
    later = smsframe.plan(table(2), TEXT, campaign="b", phone="mobile", schedule=hours, gateway=gateway)
    assert "2 4 December 2099 at 09:00, Europe/Rome" in later._repr_html_()
    for card in (plan, out.sms.summary(), later):
        assert not OTHERS.search(re.sub(r"<[^>]+>", " ", card._repr_html_()))


def test_only_dates_are_rewritten():
    assert dates_in_words("2 at once; 1 Mon 2026-11-30 09:00 Europe/Rome and 3 other zones") == (
        "2 at once; 1 30 November 2026 at 09:00, Europe/Rome and 3 other zones"
    )
    assert machine_zone()  # the fixture is of the modules that ask
