"""A page that is reloaded shows the table and what was typed for it, until it is sent."""

from __future__ import annotations

from datetime import date, time

import pandas as pd
import pytest
from helpers.page import TEXT, button, buttons, downloaded, outcome, reads, send, upload, widget_state
from helpers.sending import table

import smsframe
from smsframe.form.draft import Draft
from smsframe.form.page import drafts as page_drafts
from smsframe.form.page.drafts import LEFT, UnsentDraft
from smsframe.form.page.origin import table_token
from smsframe.form.page.page import Page


@pytest.fixture
def opened(terminal, tmp_path):
    """Opens a page of one server, as a reload does."""
    for name in ("downloads", "rows"):
        (tmp_path / name).mkdir(mode=0o700)

    def make(*file):
        return Page(*file, downloads=tmp_path / "downloads", rows=tmp_path / "rows")

    return make


def people():
    contacts = table(6).rename(columns={"mobile": "Cellulare"})
    return contacts.assign(Casa=table(6, start=40)["mobile"], Paese="IT")


def typed(page):
    controls = page.form._controls
    controls.phone.value, controls.region.value = "Cellulare", "Paese"
    controls.campaign.value, controls.text.value, controls.sender.value = "autunno", "Ciao {name} …", "Bar"
    controls.fix.click()
    controls.set_time(True, date(2099, 12, 3), time(9, 30), "Europe/Rome")
    assert page.form.wait(30)


def everything(draft):
    return (
        *(draft.text, draft.campaign, draft.sender, draft.quality, draft.phone, draft.region, draft.fix),
        *(draft.later, draft.day, draft.at, draft.zone),
    )


@pytest.mark.samples(1)
@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_a_reload_keeps_the_table_and_what_was_typed(opened, tmp_path, kind):
    path = tmp_path / f"guests.{kind}"
    contacts = people()
    {"csv": contacts.to_csv, "xlsx": contacts.to_excel}.get(kind, contacts.to_parquet)(path, index=False)
    page = opened()
    upload(page, path)
    typed(page)
    before, rows = page.form.draft, page._table[0]
    for _ in range(2):
        page = opened()
        assert page.form.wait(30)
        assert everything(page.form.draft) == everything(before)
        assert page.form.plan.recipients == 6
        assert LEFT in reads(page)
        assert f"guests.{kind}" in reads(page)
        assert table_token(page._table[0]) == table_token(rows)
        pd.testing.assert_frame_equal(page._table[0], rows, check_dtype=False)  # pandas 2: other strings
    state = widget_state()
    assert not any(number[3:] in state for number in (*people()["Cellulare"], *people()["Casa"]))


@pytest.mark.samples(1)
def test_half_a_word_is_kept_too_and_the_latest_table(opened, tmp_path):
    for name in ("first", "second"):
        table(2 if name == "first" else 3).to_csv(tmp_path / f"{name}.csv", index=False)
    page = opened()
    upload(page, tmp_path / "first.csv")
    page.form._controls.text.value = "Cia"
    page = opened()
    assert page.form.draft.text == "Cia"
    button(page, "All campaigns").click()
    upload(page, tmp_path / "second.csv")
    page = opened()
    assert page.form.draft.text == ""
    assert len(page.form._contacts) == 3
    assert len([file for file in (tmp_path / "rows").iterdir() if file.suffix == ".unsent"]) == 1


@pytest.mark.samples(1)
def test_what_was_sent_is_kept_no_longer(opened, tmp_path):
    table(3).to_csv(tmp_path / "guests.csv", index=False)
    page = opened()
    upload(page, tmp_path / "guests.csv")
    send(page)
    assert not [file for file in (tmp_path / "rows").iterdir() if "unsent" in file.name]
    page = opened()
    assert LEFT not in reads(page)
    assert "autumn" in buttons(page)


@pytest.mark.samples(1)
def test_corrected_rows_stay_in_the_table_after_a_reload(opened, tmp_path):
    contacts = table(4)
    contacts.loc[1, "mobile"] = "n/a"
    contacts.to_csv(tmp_path / "guests.csv", index=False)
    page = opened()
    upload(page, tmp_path / "guests.csv")
    page.form._controls.text.value = TEXT
    button(page, "Download the rows that need a hand").click()
    rows = downloaded(tmp_path / "downloads")[1].assign(mobile=table(4)["mobile"][1])
    smsframe.to_excel(rows, tmp_path / "corrected.xlsx", index=False)
    upload(page, tmp_path / "corrected.xlsx", "Upload corrected rows")
    page = opened()
    assert page.form.draft.text == TEXT
    send(page)
    assert outcome(page).split() == ["✓", "4", "sent"]


@pytest.mark.samples(1)
def test_the_table_that_the_server_was_started_with_gives_way_to_the_one_that_was_worked_on(opened, tmp_path):
    table(2).to_csv(tmp_path / "first.csv", index=False)
    page = opened(tmp_path / "first.csv")
    page.form._controls.text.value = "Ciao"
    page = opened(tmp_path / "first.csv")
    assert page.form.draft.text == "Ciao"
    assert len(page.form._contacts) == 2


def test_damaged_files_are_as_none(tmp_path, monkeypatch):
    kept, contacts = UnsentDraft(tmp_path), table(3)
    kept.keep(contacts, "guests.csv", Draft(text="Ciao", phone="mobile"))
    assert UnsentDraft(tmp_path).left().draft == Draft(text="Ciao", phone="mobile")
    (tmp_path / "unsent.json").write_text('{"table": "../../x", "name": 1}', "utf-8")
    assert UnsentDraft(tmp_path).left() is None
    kept.keep(contacts, "guests.csv", Draft())
    for file in tmp_path.glob("*.unsent"):
        file.write_bytes(b"damaged")
    assert UnsentDraft(tmp_path).left() is None
    kept.forget()
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(page_drafts, "LARGEST", 10)
    kept.keep(contacts, "guests.csv", Draft())
    assert list(tmp_path.iterdir()) == []
    UnsentDraft(None).keep(contacts, "guests.csv", Draft())
    assert UnsentDraft(None).left() is None


@pytest.mark.samples(1)
def test_two_pages_that_work_on_two_tables_never_mix_them(opened, tmp_path):
    for name, rows in (("first", 2), ("second", 3)):
        table(rows).to_csv(tmp_path / f"{name}.csv", index=False)
    pages = {name: opened() for name in ("first", "second")}
    for name, page in pages.items():
        upload(page, tmp_path / f"{name}.csv")
    for step, name in enumerate(("first", "second", "first")):
        pages[name].form._controls.text.value = f"Text of {name}, {step}"
        page = opened()
        assert page.form.draft.text == f"Text of {name}, {step}"
        assert len(page.form._contacts) == {"first": 2, "second": 3}[name]


@pytest.mark.samples(1)
def test_the_quality_of_a_campaign_is_taken_over_with_its_sender(opened, terminal, tmp_path, gateway):
    smsframe.send(
        *(table(2), TEXT),
        campaign="autumn",
        phone="mobile",
        quality="medium",
        gateway=smsframe.Gateway.from_env(),
        journal=str(tmp_path / "journal.sqlite"),
        progress=False,
    )
    table(4).to_csv(tmp_path / "guests.csv", index=False)
    page = opened()
    upload(page, tmp_path / "guests.csv")
    controls = page.form._controls
    controls.campaign.value = "autumn"
    assert page.form.wait(30)
    assert controls.quality.value == "medium"
    controls.campaign.value = "autumn 2"  # another one: what was chosen before is back
    assert page.form.wait(30)
    assert controls.quality.value == "high"
    controls.campaign.value = "autumn"
    assert page.form.wait(30)
    send(page)
    assert "4 sent" in outcome(page)
    assert set(terminal.inbox()["message_type"]) == {"L"}


@pytest.mark.samples(1)
def test_a_page_that_is_closed_while_it_sends_leaves_its_campaign_and_no_draft(opened, tmp_path):
    table(3).to_csv(tmp_path / "guests.csv", index=False)
    page = opened()
    upload(page, tmp_path / "guests.csv")
    page.form.after_run = lambda: None
    send(page)
    page = opened()
    assert LEFT not in reads(page)
    assert "autumn" in buttons(page)


@pytest.mark.samples(1)
def test_what_could_not_be_begun_is_kept(opened, tmp_path, monkeypatch):
    table(3).to_csv(tmp_path / "guests.csv", index=False)
    monkeypatch.setenv("SMSFRAME_PASSWORD", "wrong")
    page = opened()
    upload(page, tmp_path / "guests.csv")
    send(page)
    page = opened()
    assert LEFT in reads(page)
    assert page.form.draft.text == TEXT


@pytest.mark.parametrize("then", ["a reload", "corrected rows", "corrected rows of what was sent"])
def test_a_country_that_is_in_the_number_is_not_guessed_afterwards(opened, sandbox, tmp_path, then):
    numbers = ["+39 347 1234567", "347 123 4568", "n/a"]
    path = tmp_path / "guests.csv"
    pd.DataFrame({"name": ["Ada", "Bea", "Cid"], "mobile": numbers, "country": "IT"}).to_csv(
        path, index=False
    )
    page = opened()
    upload(page, path)
    controls = page.form._controls
    controls.phone.value, controls.region.value = "mobile", None
    controls.campaign.value, controls.text.value = "autumn", "Ciao {name}"
    assert page.form.wait(30)
    if then == "corrected rows of what was sent":
        send(page)
        page = opened()
        button(page, "autumn").click()
    if then == "a reload":
        page = opened()
    else:
        button(page, "Download the rows").click()
        _, rows = downloaded(tmp_path / "downloads")
        rows.loc[rows["name"] == "Cid", "mobile"] = "+393471234569"
        smsframe.to_excel(rows, tmp_path / "corrected.xlsx", index=False)
        upload(page, tmp_path / "corrected.xlsx", "Upload corrected rows")
    assert page.form.wait(30)
    assert page.form.typed.region is None
    assert "+393471234568" not in page.form.plan.frame["sms_phone"].dropna().tolist()
