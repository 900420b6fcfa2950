"""What was typed, chosen and corrected at a page stays, whichever way somebody goes."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time

import numpy as np
import pandas as pd
import pytest
from helpers.background_runs import held
from helpers.page import TEXT, button, buttons, downloaded, outcome, reads, send, upload
from helpers.sending import each_once, statuses, table

import smsframe
from smsframe.form import form, preview
from smsframe.form.page.corrections import ALONE, NO_COLUMN, put_into
from smsframe.form.page.origin import OTHER_TABLE
from smsframe.form.page.page import Page


def damaged(rows=6, start=0):
    contacts = table(rows, start=start)
    contacts.loc[1, "mobile"], contacts.loc[3, "mobile"] = "n/a", "3.93E+11"
    return contacts


def written(contacts, path):
    if path.suffix == ".xlsx":
        contacts.to_excel(path, index=False)
    else:
        contacts.to_csv(path, index=False)
    return path


def to_correct(page, folder):
    button(page, "Download the rows that need a hand").click()
    return downloaded(folder)[1]


def give_back(page, rows, tmp_path, name="corrected.xlsx"):
    smsframe.to_excel(rows, tmp_path / name, index=False)
    upload(page, tmp_path / name, "Upload corrected rows")
    assert page.form.wait(30)


def typed(page, **values):
    for name, value in values.items():
        getattr(page.form._controls, name).value = value
    assert page.form.wait(30)


def test_what_was_typed_is_there_after_a_look_at_the_campaigns(terminal, folder, tmp_path):
    page = Page(downloads=folder)
    upload(page, written(damaged(), tmp_path / "guests.csv"))
    assert "Back to the table" not in buttons(page)  # this is the table
    typed(page, campaign="autumn", text="Ciao {name}", region="IT", later=True, zone="Europe/Rome")
    before = page.form.draft
    button(page, "All campaigns").click()
    button(page, "Back to the table").click()
    assert page.form.wait(30)
    assert page.form.draft == before
    smsframe.send(table(1), "Ciao {name}", campaign="autumn", phone="mobile", progress=False)
    button(page, "All campaigns").click()
    button(page, "Back to the table").click()
    assert page.form.wait(30)
    assert "1 texted already" in reads(page)  # and it is not the state of before


def test_a_table_that_was_sent_begins_anew(terminal, folder, tmp_path):
    page = Page(downloads=folder)
    upload(page, written(table(3), tmp_path / "guests.csv"))
    send(page)
    button(page, "Back to the table").click()
    assert page.form.draft.text == page.form.draft.campaign == ""


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_rows_corrected_before_anything_was_sent_are_sent_with_their_table(
    terminal, folder, tmp_path, suffix
):
    page = Page(downloads=folder)
    upload(page, written(damaged(), tmp_path / f"guests.{suffix}"))
    rows = to_correct(page, folder)
    rows.loc[0, "mobile"] = table(6)["mobile"][1]
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    typed(page, campaign="autumn", text=TEXT, later=True, day=tomorrow, at=clock_time(9, 30))
    give_back(page, rows, tmp_path)
    assert "2 rows of corrected.xlsx put into the table" in reads(page)
    draft = page.form.draft
    assert (draft.text, draft.campaign) == (TEXT, "autumn")
    assert (draft.later, draft.day, draft.at) == (True, tomorrow, clock_time(9, 30))  # not at once
    assert page.form.plan.recipients == 5
    assert to_correct(page, folder)["sms_row"].tolist() == ["5"]
    send(page)
    assert "5 scheduled, 1 needs a hand" in outcome(page)
    assert statuses(smsframe.results("autumn")) == {"scheduled": 5}


def test_rows_that_are_not_of_the_table_are_sent_alone_and_it_is_said(terminal, folder, tmp_path):
    page = Page(downloads=folder)
    upload(page, written(damaged(), tmp_path / "guests.csv"))
    rows = to_correct(page, folder)
    other = rows.assign(sms_cell=["none", "3.93E+11"], mobile=table(2, start=50)["mobile"].tolist())
    give_back(page, other, tmp_path)
    assert ALONE[:50] in reads(page)
    assert page.form._view.rows == 2
    send(page)
    button(page, "Back to the table").click()
    send(page)
    assert statuses(smsframe.results("autumn")) == {"accepted": 6}
    assert each_once(terminal, smsframe.results("autumn"))


def refused(page, rows, tmp_path, sentence):
    before = page.form
    give_back(page, rows, tmp_path)
    assert sentence[:60] in reads(page)
    assert "put into the table" not in reads(page)
    assert page.form is before


@pytest.mark.parametrize("phone", ["mobile", "Telefono"])
def test_rows_of_another_table_are_not_put_into_this_one_by_their_number(terminal, folder, tmp_path, phone):
    """The file is of the command line, and says of no row which table it is of."""
    page = Page(downloads=folder)
    upload(page, written(damaged(), tmp_path / "guests.csv"))
    other = pd.DataFrame({phone: ["+393471111111", "n/a"], "name": ["Yan", "Yve"]})
    read = smsframe.read_contacts(written(other, tmp_path / "other.csv"))
    rows = smsframe.problems(smsframe.check(read, phone=phone)).assign(**{phone: "+393472222222"})
    assert rows["sms_row"].tolist() == [3]  # in guests.csv too that row has the cell n/a
    refused(page, rows, tmp_path, OTHER_TABLE)


def test_unmarked_rows_of_this_table_are_put_into_it(terminal, folder, tmp_path):
    page = Page(downloads=folder)
    upload(page, written(damaged(), tmp_path / "guests.csv"))
    rows = to_correct(page, folder).drop(columns="sms_table")
    give_back(page, rows.assign(mobile=table(6)["mobile"][[1, 3]].tolist()), tmp_path)
    assert "2 rows of corrected.xlsx put into the table" in reads(page)
    assert page.form._contacts["mobile"].tolist() == table(6)["mobile"].tolist()


@pytest.mark.parametrize("column", [None, "Telefono"])
def test_rows_that_say_no_column_are_refused(terminal, folder, tmp_path, column):
    page = Page(downloads=folder)
    upload(page, written(damaged(), tmp_path / "guests.csv"))
    rows = to_correct(page, folder).head(1)
    rows = rows.assign(sms_row="5", sms_column=column, mobile="+393472222222")
    refused(page, rows, tmp_path, NO_COLUMN)


@pytest.mark.parametrize("column", ["Telefono", "Mobile ", "mobile2", "mobile"])
def test_rows_without_a_correction_in_the_column_are_not_said_to_be_put_in(
    terminal, folder, tmp_path, column
):
    page = Page(downloads=folder)
    upload(page, written(damaged(), tmp_path / "guests.csv"))
    rows = to_correct(page, folder)
    if column in ("Telefono", "Mobile "):
        rows = rows.rename(columns={"mobile": column})
    if column != "mobile":
        rows[column] = table(6)["mobile"][[1, 3]].tolist()
    refused(
        page, rows, tmp_path, "No row was changed: the corrected cells are expected in the column “mobile”"
    )


def test_only_cells_that_were_changed_are_changed(tmp_path):
    for seed in range(30):
        chance = random.Random(seed)
        contacts = damaged(40)
        contacts["amount"] = [chance.choice([1.5, 2, None]) for _ in range(40)]
        contacts["number"] = range(40)
        wrong = sorted({1, 3, *chance.sample(range(40), 20)})
        contacts.loc[wrong, "mobile"] = [f"none {row}" for row in wrong]
        kind = chance.choice(["csv", "xlsx"])
        read = smsframe.read_contacts(written(contacts, tmp_path / f"t.{kind}"))
        found = smsframe.plan(read, "Ciao {name}", phone="mobile", region="IT").problems()
        smsframe.to_excel(found, tmp_path / "p.xlsx", index=False)
        rows = smsframe.read_contacts(tmp_path / "p.xlsx")
        rows = rows.sample(chance.randint(1, len(rows)), random_state=seed).reset_index(drop=True)
        label = chance.choice(["mobile", "name", "amount"])
        rows[label] = rows[label].astype(object)
        rows.loc[0, label] = "+393471111111" if label == "mobile" else "7"
        sure = np.ones(len(rows), dtype=bool)
        merged = put_into(read, rows, sure)
        assert merged is not None, seed
        changed = merged.astype(object).fillna("") != read.astype(object).fillna("")
        assert changed.sum().sum() == 1, seed
        assert merged.index[changed.any(axis=1)].tolist() == [int(rows.loc[0, "sms_row"]) - 2], seed
        again = smsframe.plan(merged, "Ciao {name}", phone="mobile", region="IT").problems()
        assert set(again["sms_row"]) <= set(found["sms_row"]), seed
        assert put_into(merged, rows.assign(sms_cell="otherwise"), sure) is None
        assert put_into(merged, rows.assign(sms_row="999"), sure) is None


def test_corrected_rows_of_what_is_scheduled_wait_for_the_same_time(terminal, folder, tmp_path):
    page = Page(downloads=folder)
    upload(page, written(damaged(), tmp_path / "guests.csv"))
    day = datetime.now(UTC).date() + timedelta(days=30)
    typed(page, quality="low", later=True, day=day, at=clock_time(9, 30))
    send(page)
    assert "4 scheduled" in outcome(page)
    rows = to_correct(page, folder)
    rows["mobile"] = table(6)["mobile"][[1, 3]].tolist()
    give_back(page, rows, tmp_path)
    assert page.form.draft.quality == "low"
    assert "at 09:30" in page.form._controls.send.description
    send(page)
    assert statuses(smsframe.results("autumn")) == {"scheduled": 6}
    assert len(smsframe.results("autumn")["sms_scheduled_at"].unique()) == 1


def test_a_table_uploaded_again_for_what_is_scheduled_waits_for_the_same_time(terminal, folder, tmp_path):
    later = datetime.now(UTC) + timedelta(days=30)
    contacts, options = table(3), {"phone": "mobile", "progress": False}
    smsframe.send(contacts[:2], TEXT, campaign="autumn", schedule=later, sender="Ada", **options)
    page = Page(downloads=folder)
    upload(page, written(contacts, tmp_path / "guests.csv"))
    typed(page, campaign="autumn", text=TEXT)
    draft = page.form.draft
    assert (draft.later, draft.day, draft.sender) == (True, later.astimezone().date(), "Ada")
    assert page.form._controls.send.description.startswith("Text 1 person for 1 credit on ")
    typed(page, campaign="autumn 2")  # the name goes on
    assert (page.form.draft.later, page.form.draft.sender) == (False, "")
    typed(page, campaign="autumn")
    typed(page, later=False)  # it can still be sent at once
    assert page.form.draft.later is False
    typed(page, later=True)
    send(page)
    assert statuses(smsframe.results("autumn")) == {"scheduled": 3}
    assert len(smsframe.results("autumn")["sms_scheduled_at"].dt.floor("min").unique()) == 1


def test_what_is_downloaded_has_the_words_of_the_page(terminal, folder, tmp_path):
    contacts = table(30)
    contacts.loc[0, "mobile"] = "999999999999999"
    contacts.loc[1, "mobile"] = "0471234567"
    page = Page(downloads=folder)
    upload(page, written(contacts, tmp_path / "guests.csv"))
    typed(page, campaign="autumn", text=TEXT, phone="mobile", region=None)
    rows = to_correct(page, folder)
    said = " ".join([*rows["sms_reason"], *rows["sms_todo"]])
    assert len(rows) == 2
    assert "=" not in said, said


def test_rows_of_a_long_table_are_downloaded_as_counted_not_of_a_sample(
    terminal, folder, tmp_path, monkeypatch
):
    for module in (preview, form):
        monkeypatch.setattr(module, "MAX_LIVE_ROWS", 10)
    contacts = table(60)
    contacts.loc[::2, "mobile"] = "n/a"
    page = Page(downloads=folder)
    upload(page, written(contacts, tmp_path / "guests.csv"))
    typed(page, phone="mobile")
    page.form._controls.text.value = TEXT  # every row is counted when typing pauses, which is not yet
    assert len(to_correct(page, folder)) == 30


def test_columns_of_smsframe_are_no_choice_for_phone_and_country(terminal, folder, tmp_path):
    page = Page(downloads=folder)
    upload(page, written(damaged(), tmp_path / "guests.csv"))
    send(page)
    rows = to_correct(page, folder)
    rows["mobile"] = table(6)["mobile"][[1, 3]].tolist()
    give_back(page, rows, tmp_path)
    controls = page.form._controls
    for offered in (controls.phone.options, controls.region.options):
        values = [value for _, value in offered]
        assert "mobile" in values
        assert not [value for value in values if str(value).startswith("sms_")]


@pytest.mark.parametrize("what", ["Drop 3", "Cancel 2"])
def test_two_clicks_in_a_row_are_one_however_slow_the_disk_is(terminal, folder, what):
    gateway = smsframe.Gateway.from_env()
    options = {"phone": "mobile", "gateway": gateway, "progress": False, "campaign": "autumn"}
    later = datetime.now(UTC) + timedelta(days=30)
    smsframe.send(table(2), TEXT, schedule=later, **options)
    run = held(table(4, start=20), gateway, campaign="other", batch_size=1)
    run.stop()
    run.wait(30)
    page = Page(downloads=folder)
    button(page, "other" if what == "Drop 3" else "autumn").click()
    find = page._session.find

    def slowly(name):
        threading.Event().wait(1)
        return find(name)

    page._session.find = slowly
    label = button(page, what)
    label.click()
    label.click()  # it was made before the question could be read
    assert label.description.startswith("Yes, ")
    found = {name: statuses(smsframe.results(name)) for name in ("autumn", "other")}
    assert found == {"autumn": {"scheduled": 2}, "other": {"accepted": 1, "pending": 3}}


def test_the_sentence_counts_what_the_card_counts(terminal, folder, sandbox):
    """Of all final states of the sandbox; a demo account's text is not sent either."""
    contacts = table(16)
    contacts["mobile"] = [f"+3934712345{last}" for last in range(70, 85)] + ["+393471234501"]
    options = {"phone": "mobile", "campaign": "autumn", "progress": False}
    out = smsframe.send(contacts, TEXT, **options)
    out.sms.refresh(until="20s", every="1s", progress=False)
    page = Page(downloads=folder)
    button(page, "autumn").click()
    groups = smsframe.results("autumn").sms.summary().groups.groupby("group", observed=True)["rows"].sum()
    assert groups["not delivered"] > 9
    assert f"{groups['not delivered']} texts not delivered" in outcome(page)
    assert f"{groups['delivered']} delivered so far" in outcome(page)


def test_replies_are_asked_for_when_somebody_can_have_answered(terminal, folder):
    gateway = smsframe.Gateway.from_env()
    options = {"phone": "mobile", "gateway": gateway, "progress": False}
    later = datetime.now(UTC) + timedelta(days=30)
    smsframe.send(table(2), TEXT, campaign="later", schedule=later, **options)
    smsframe.send(table(2), TEXT, campaign="now", **options)
    page = Page(downloads=folder)
    for name in ("later", "now"):
        button(page, name).click()
        assert ("Read replies" in buttons(page)) == (name == "now")
        button(page, "All campaigns").click()


def test_a_campaign_that_is_cancelled_says_only_that(terminal, folder):
    gateway = smsframe.Gateway.from_env()
    later = datetime.now(UTC) + timedelta(days=30)
    text = "Ciao \u202e{name}"
    smsframe.send(
        table(2), text, campaign="autumn", phone="mobile", schedule=later, gateway=gateway, progress=False
    )
    smsframe.cancel("autumn", gateway=gateway, grace=0.05)
    page = Page(downloads=folder)
    button(page, "autumn").click()
    assert outcome(page).split() == ["✓", "2", "cancelled"]
    said = reads(page)
    assert "2 not sent" in said
    assert "delivered (" not in said  # what was taken back is no failure
    assert "reschedule" not in said
    assert "goes out" not in said
    assert f"scheduled for {later.day} {later:%B %Y}" in said
    assert "\u202e" not in said  # it would turn around what is behind it


@pytest.mark.parametrize("corrected", [1, 2])
def test_corrected_rows_of_a_table_without_row_numbers_are_sent_alone(terminal, folder, tmp_path, corrected):
    damaged().to_parquet(tmp_path / "guests.parquet")
    page = Page(downloads=folder)
    upload(page, tmp_path / "guests.parquet")
    typed(page, campaign="autumn", text="Ciao {name}", phone="mobile")
    rows = to_correct(page, folder).iloc[:corrected].copy()
    rows["mobile"] = table(corrected, start=50)["mobile"].to_numpy()
    give_back(page, rows, tmp_path)
    assert ALONE in reads(page)
    assert page.form.plan.recipients == corrected
