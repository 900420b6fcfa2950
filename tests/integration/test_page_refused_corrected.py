"""Rows whose number the gateway refused, corrected and sent on the page: they count as what they are now."""

from __future__ import annotations

import shutil

import pytest
from helpers.page import TEXT, button, downloaded, outcome, reads, send, upload
from helpers.sending import table

import smsframe
from smsframe.form.page.campaign import UNKNOWN

GOOD = table(4, start=50)["mobile"].tolist()


PLAIN = "Dinner is at 8."
"""A text without fields: of a table that is not known the page has the numbers alone."""


def sent(page, contacts, tmp_path, text=TEXT):
    contacts.to_csv(tmp_path / "guests.csv", index=False)
    upload(page, tmp_path / "guests.csv")
    send(page, text=text)


def typed(page):
    """The campaign and its text, in a form that was opened anew."""
    controls = page.form._controls
    controls.phone.value, controls.campaign.value, controls.text.value = "mobile", "autumn", TEXT
    assert page.form.wait(30)


def hand(page):
    """The rows that need a hand, as the page counts them."""
    words = outcome(page).replace(",", "").split()
    return int(words[words.index("hand") - 3]) if "hand" in words else 0


def correct(page, tmp_path, numbers, text=TEXT):
    """Download what needs a hand, put these numbers in, by the row's number, upload and send them."""
    button(page, "Download the rows that need a hand").click()
    rows = downloaded(tmp_path / "downloads")[1]
    cells = [numbers.get(cell, cell) for cell in rows["mobile"]]
    changed = [cell != before for cell, before in zip(cells, rows["mobile"], strict=True)]
    rows = rows.assign(mobile=cells)[changed]
    smsframe.to_excel(rows, tmp_path / "corrected.xlsx", index=False)
    upload(page, tmp_path / "corrected.xlsx", "Upload corrected rows")
    send(page, text=text)


@pytest.mark.samples(1)
@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("back", [False, True])
def test_a_refused_row_that_was_corrected_and_sent_needs_no_hand(opened, tmp_path, again, back):
    contacts = table(5, bad=[2, 3])
    contacts.loc[1, "mobile"] = "n/a"
    page = opened()
    sent(page, contacts, tmp_path)
    assert hand(page) == 3
    page = opened("autumn") if again and not back else page
    if back:
        button(page, "Back to the table").click()
        typed(page)
    correct(page, tmp_path, {contacts["mobile"][2]: GOOD[0]})
    page = opened("autumn") if again else page
    assert hand(page) == 2
    assert "3 sent" in outcome(page)
    correct(page, tmp_path, {contacts["mobile"][3]: GOOD[1], "n/a": GOOD[2]})
    page = opened("autumn") if again else page
    assert hand(page) == 0
    assert "5 sent" in outcome(page)


@pytest.mark.samples(1)
def test_who_is_refused_again_under_another_number_counts_once(opened, tmp_path):
    contacts, other = table(4, bad=[2]), table(3, start=70, bad=[71])["mobile"][1]
    page = opened()
    sent(page, contacts, tmp_path)
    correct(page, tmp_path, {contacts["mobile"][2]: other})
    assert hand(page) == 1
    correct(page, tmp_path, {other: GOOD[0]})
    assert hand(page) == 0
    assert "4 sent" in outcome(page)


@pytest.mark.samples(1)
def test_a_refused_number_that_two_rows_have_counts_while_one_of_them_does(opened, tmp_path):
    contacts = table(5, bad=[2])
    contacts.loc[4, "mobile"], contacts.loc[1, "mobile"] = contacts.loc[2, "mobile"], "n/a"
    page = opened()
    sent(page, contacts, tmp_path)
    before = hand(page)
    correct(page, tmp_path, {"n/a": GOOD[1]})
    assert hand(page) == before - 1  # the number that was refused stands in the table as it did


@pytest.mark.samples(1)
def test_rows_of_which_nobody_saw_the_refusal_count_as_what_they_are_too(opened, tmp_path):
    """The page was closed while it sent: what was kept of the table is of before the refusal."""
    contacts = table(4, bad=[2])
    page = opened()
    contacts.to_csv(tmp_path / "guests.csv", index=False)
    upload(page, tmp_path / "guests.csv")
    page.form.after_run = lambda: None
    send(page, text=PLAIN)
    page = opened("autumn")
    assert hand(page) == 1
    correct(page, tmp_path, {contacts["mobile"][2]: GOOD[0]}, PLAIN)
    for shown in (page, opened("autumn")):
        assert hand(shown) == 0
        assert "4 sent" in outcome(shown)


@pytest.mark.samples(1)
def test_rows_of_a_table_that_is_not_known_count_as_what_they_are_and_it_stays_unknown(opened, tmp_path):
    contacts = table(4, bad=[2])
    page = opened()
    sent(page, contacts, tmp_path, PLAIN)
    shutil.rmtree(tmp_path / "rows")
    (tmp_path / "rows").mkdir()
    page = opened("autumn")
    correct(page, tmp_path, {contacts["mobile"][2]: GOOD[0]}, PLAIN)
    for shown in (page, opened("autumn")):
        assert hand(shown) == 0
        assert UNKNOWN[:40] in reads(shown)
