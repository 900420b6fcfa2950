"""The page without a browser: what is uploaded, shown, downloaded, and what its buttons do."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from helpers.background_runs import held, start, until
from helpers.page import (
    TEXT,
    button,
    buttons,
    downloaded,
    outcome,
    reads,
    send,
    upload,
    visible,
    widget_state,
)
from helpers.sending import each_once, statuses, table

import smsframe
from smsframe.form.draft import local_day
from smsframe.form.page import campaign as page_campaign
from smsframe.form.page import files as page_files
from smsframe.form.page.page import Page


@pytest.fixture
def damaged(tmp_path):
    """Four people, of whom one has no number and one a landline."""
    contacts = table(4)
    contacts.loc[1, "mobile"], contacts.loc[2, "mobile"] = "n/a", "+39 06 1234 5678"
    contacts.to_excel(tmp_path / "guests.xlsx", index=False)
    return tmp_path / "guests.xlsx"


def test_a_campaign_from_the_upload_to_corrected_rows(terminal, folder, damaged, tmp_path):
    page = Page(downloads=folder)
    assert "None yet." in reads(page)
    upload(page, damaged)
    assert "guests.xlsx" in reads(page)
    button(page, "Download the rows that need a hand").click()
    name, rows = downloaded(folder)
    assert name == "guests-to-correct.xlsx"
    assert rows["sms_row"].tolist() == ["3", "4"]
    send(page)
    assert "2 sent, 2 need a hand" in outcome(page)
    assert statuses(smsframe.results("autumn")) == {"accepted": 2}

    button(page, "Download the rows that need a hand").click()
    name, rows = downloaded(folder)
    assert name == "autumn-to-correct.xlsx"
    rows["mobile"] = ["+393471111111", "+393471111112"]
    smsframe.to_excel(rows.head(1), tmp_path / "first.xlsx", index=False)
    upload(page, tmp_path / "first.xlsx", "Upload corrected rows")
    send(page)
    assert "3 sent, 1 needs a hand" in outcome(page)  # the one that was not corrected
    button(page, "Download the rows that need a hand").click()
    assert downloaded(folder)[1]["sms_row"].tolist() == ["4"]
    smsframe.to_excel(rows, tmp_path / "corrected.xlsx", index=False)
    upload(page, tmp_path / "corrected.xlsx", "Upload corrected rows")
    assert page.form._controls.text.value == TEXT
    assert page.form._controls.campaign.value == "autumn"
    assert page.form._controls.send.description == "Text 1 person for 1 credit"
    send(page)
    assert outcome(page).split() == ["✓", "4", "sent"]
    assert each_once(terminal, smsframe.results("autumn"))

    button(page, "Download results").click()
    name, rows = downloaded(folder)
    assert name == "autumn-results.xlsx"
    assert sorted(rows["sms_phone"]) == sorted(smsframe.results("autumn")["sms_phone"])


def test_no_number_and_no_text_of_a_person_is_in_the_state_of_a_widget(terminal, folder, damaged, tmp_path):
    page = Page(downloads=folder)
    upload(page, damaged)
    send(page)
    button(page, "Download results").click()
    numbers = [*table(4)["mobile"].str[3:], "1234 5678", "12345678"]
    assert [number for number in numbers if number in widget_state()] == []
    rows = downloaded(folder)[1]
    assert rows["mobile"].tolist() == smsframe.read_contacts(damaged)["mobile"].tolist()
    assert rows["sms_phone"].notna().tolist() == [True, False, False, True]


def test_a_workbook_with_several_sheets_asks_which(terminal, folder, tmp_path):
    with pd.ExcelWriter(tmp_path / "two.xlsx") as writer:
        table(3).to_excel(writer, sheet_name="Guests", index=False)
        table(5).to_excel(writer, sheet_name="Staff", index=False)
    page = Page(downloads=folder)
    upload(page, tmp_path / "two.xlsx")
    (sheet,) = [part for part in visible(page.widget) if getattr(part, "description", "") == "Sheet"]
    assert sheet.options == ("Guests", "Staff")
    sheet.value = "Staff"
    button(page, "Use this sheet").click()
    assert page.form.plan is not None
    assert page.form._view.rows == 5


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_other_files_are_read_too(terminal, folder, tmp_path, kind):
    path = tmp_path / f"guests.{kind}"
    table(3).to_csv(path, index=False) if kind == "csv" else table(3).to_parquet(path)
    page = Page(downloads=folder)
    upload(page, path)
    assert page.form._view.rows == 3


def test_what_cannot_be_read_is_said_without_a_path_and_nothing_is_lost(
    terminal, folder, tmp_path, monkeypatch
):
    page = Page(downloads=folder)
    path = tmp_path / "guests.xlsx"
    for content, sentence in (
        (b"PK\x03\x04 broken", "is damaged"),
        (b"\x00\x01\x02", "guests.xlsx is damaged, or is not a table"),
        (b"mobile,name\n", "no rows"),
    ):
        upload(page, path, content=content)
        assert "sf-problem" in reads(page)
        assert sentence in reads(page)
        assert "/tmp" not in reads(page)
    monkeypatch.setattr(page_files, "LARGEST", 10)
    upload(page, path, content=b"mobile\n+393471234567\n")
    assert "larger than" in reads(page)
    assert page.form is None


def test_a_campaign_of_the_list_goes_on_or_is_dropped(terminal, folder, gateway):
    run = held(table(4), smsframe.Gateway.from_env(), batch_size=1)
    run.stop()
    run.wait(30)
    page = Page(downloads=folder)
    assert "1 sent, 3 waiting" in reads(page)
    button(page, "autumn").click()
    assert "Ciao {name}" in reads(page)
    drop = button(page, "Drop 3 who wait …")
    drop.click()
    assert drop.description == "Yes, drop 3 who wait"
    drop.click()  # a double click is one
    assert statuses(smsframe.results("autumn")) == {"accepted": 1, "pending": 3}
    button(page, "Continue: text 3 people for 3 credits").click()
    until(lambda: statuses(smsframe.results("autumn")) == {"accepted": 4})
    until(lambda: "4 sent" in reads(page))
    until(lambda: not any(label.startswith(("Continue", "Drop", "Stop")) for label in buttons(page)))


def test_those_who_wait_are_dropped_after_a_second_click(terminal, folder):
    run = held(table(4), smsframe.Gateway.from_env(), batch_size=1)
    run.stop()
    run.wait(30)
    page = Page(downloads=folder)
    button(page, "autumn").click()
    button(page, "Drop 3").click()
    assert not threading.Event().wait(page_campaign.DOUBLE_CLICK)
    button(page, "Yes, drop 3").click()
    until(lambda: statuses(smsframe.results("autumn")) == {"accepted": 1})
    until(lambda: "waiting" not in outcome(page))


def test_a_run_that_is_alive_is_what_a_page_begins_with(terminal, folder, tmp_path):
    run = held(table(4), smsframe.Gateway.from_env(), batch_size=1)
    table(4).to_csv(tmp_path / "guests.csv", index=False)
    page = Page(tmp_path / "guests.csv", downloads=folder)
    until(lambda: "1 of 4" in reads(page))
    button(page, "Stop").click()
    assert statuses(run.wait(30)) == {"accepted": 1, "pending": 3}
    until(lambda: any(label.startswith("Continue: text 3") for label in buttons(page)))
    assert "1 sent, 3 waiting" in outcome(page)
    button(page, "Back to the table").click()
    assert page.form._view.rows == 4


def test_what_is_scheduled_is_cancelled_and_what_was_sent_is_asked_about(terminal, folder):
    gateway = smsframe.Gateway.from_env()
    options = {"phone": "mobile", "gateway": gateway, "progress": False}
    smsframe.send(table(2), TEXT, campaign="sent", **options)
    later = datetime.now(UTC) + timedelta(days=300)
    smsframe.send(table(2), TEXT, campaign="later", schedule=later, **options)
    page = Page(downloads=folder)
    button(page, "sent").click()
    until(lambda: "2 delivered so far" in reads(page) or button(page, "Ask").click())
    button(page, "All campaigns").click()
    button(page, "later").click()
    assert "2 scheduled" in reads(page)
    assert local_day(later) in reads(page)
    assert button(page, "Cancel 2 texts …")


def test_a_page_that_shows_a_stopped_campaign_follows_whoever_goes_on_with_it(terminal, folder):
    stopped = held(table(4), smsframe.Gateway.from_env(), batch_size=1)
    stopped.stop()
    stopped.wait(30)
    page, other = Page(downloads=folder), Page(downloads=folder)
    assert "1 sent, 3 waiting: open it to continue" in reads(page)
    button(page, "autumn").click()
    assert button(page, "Continue: text 3 people")
    # Somebody else goes on with it, at one text in ten seconds after the first run's.
    run = start(table(4), smsframe.Gateway.from_env(), batch_size=1, rate=0.1)
    until(lambda: run.facts()["accepted"] == 1)
    other.show_home()
    assert "being sent now" in reads(other)
    button(page, "Continue: text 3 people").click()
    until(lambda: "2 of 4" in reads(page))
    button(page, "Stop").click()
    assert statuses(run.wait(30)) == {"accepted": 2, "pending": 2}
    until(lambda: any(label.startswith("Continue: text 2") for label in buttons(page)))
    assert each_once(terminal, smsframe.results("autumn").query("sms_status == 'accepted'"))
