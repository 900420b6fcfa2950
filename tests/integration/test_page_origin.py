"""Rows to correct that belong to another table or campaign are not sent as if they were this campaign's."""

from __future__ import annotations

import pytest
from helpers.page import TEXT, button, downloaded, outcome, reads, send, upload
from helpers.sending import statuses, table

import smsframe
from smsframe.form.page.origin import OTHER_TABLE, table_token
from smsframe.form.page.page import Page

CORRECTED = "Upload corrected rows"


def damaged(start):
    """The third row has no number, in the same words in every table."""
    contacts = table(4, start=start)
    contacts.loc[2, "mobile"] = "n/a"
    return contacts


def upload_table(page, start, tmp_path):
    damaged(start).to_csv(tmp_path / f"guests {start}.csv", index=False)
    upload(page, tmp_path / f"guests {start}.csv")


def opened(folder, rows=None):
    return Page(downloads=folder, rows=rows)


def to_correct(page, folder):
    button(page, "Download the rows that need a hand").click()
    return downloaded(folder)[1]


def give_back(page, rows, tmp_path):
    rows = rows.assign(mobile=[f"+393479990{place:03}" for place in range(len(rows))])
    smsframe.to_excel(rows, tmp_path / "corrected.xlsx", index=False)
    upload(page, tmp_path / "corrected.xlsx", CORRECTED)


def home(page):
    button(page, "All campaigns").click()


@pytest.fixture
def two(terminal, folder, tmp_path):
    """A page that has sent two tables in two campaigns, at the screen of the second; and the first's rows."""
    page = opened(folder)
    upload_table(page, 0, tmp_path)
    send(page, "autumn")
    rows = to_correct(page, folder)
    home(page)
    upload_table(page, 50, tmp_path)
    send(page, "spring")
    return page, rows


def refused(page, campaign):
    assert "Nothing of this file is used" in reads(page)
    assert statuses(smsframe.results(campaign)) == {"accepted": 3}
    assert "3 sent, 1 needs a hand" in outcome(page)  # the screen of the campaign, not a form


def test_rows_of_another_campaign_are_refused(two, tmp_path):
    page, rows = two
    give_back(page, rows, tmp_path)
    refused(page, "spring")
    assert "downloaded from the campaign autumn, and this is spring" in reads(page)


@pytest.mark.parametrize("marks", [[], ["sms_table"]])
def test_rows_of_another_table_are_refused_whose_campaign_nobody_wrote_down(two, folder, tmp_path, marks):
    page, _ = two
    home(page)
    upload_table(page, 100, tmp_path)
    rows = to_correct(page, folder)  # before it was sent
    assert set(rows) & {"sms_table", "sms_campaign"} == {"sms_table"}
    rows = rows.drop(columns={"sms_table"} - {*marks})
    if not marks:
        rows["sms_cell"] = "none"  # by the cell alone it is not known
    home(page)
    button(page, "spring").click()
    give_back(page, rows, tmp_path)
    refused(page, "spring")
    assert OTHER_TABLE[:60] in reads(page)


def test_rows_of_this_campaign_are_taken_whether_or_not_the_file_names_it(two, folder, tmp_path):
    page, _ = two
    rows = to_correct(page, folder)
    assert rows["sms_campaign"].tolist() == ["spring"]
    rows = rows.drop(columns=["sms_table", "sms_campaign"])
    give_back(page, rows, tmp_path)
    assert page.form._view.rows == 1
    assert "Is this the right file?" not in reads(page)
    send(page, "spring")
    assert outcome(page).split()[:3] == ["✓", "4", "sent"]
    assert "needs a hand" not in outcome(page)


def test_people_of_a_file_that_names_nothing_are_said_to_be_others(two, tmp_path):
    page, _ = two
    table(2, start=200).to_csv(tmp_path / "others.csv", index=False)
    upload(page, tmp_path / "others.csv", CORRECTED)
    assert "2 rows of this file were not downloaded from this campaign" in reads(page)
    assert page.form._controls.send.disabled


def test_before_it_is_sent_too_rows_of_another_table_or_campaign_are_refused(two, folder, tmp_path):
    page, rows = two
    home(page)
    upload_table(page, 100, tmp_path)
    form = page.form
    form._controls.campaign.value = "winter"
    assert form.wait(30)
    for marks, sentence in (
        (rows, OTHER_TABLE),
        (rows.drop(columns="sms_table"), "campaign autumn, and this is"),
    ):
        give_back(page, marks, tmp_path)
        assert sentence[:60] in reads(page)
        assert page.form is form


def test_a_table_that_is_uploaded_again_is_the_same_one(terminal, folder, tmp_path):
    """Whoever closes the page, and corrects the rows tomorrow, uploads both again."""
    page = opened(folder)
    upload_table(page, 0, tmp_path)
    rows = to_correct(page, folder)
    page = opened(folder)
    upload_table(page, 0, tmp_path)
    give_back(page, rows, tmp_path)
    assert "1 row of corrected.xlsx put into the table" in reads(page)
    assert not [name for name in page.form._contacts if name.startswith("sms_")]


def test_where_the_table_is_not_known_any_more_the_file_still_says_its_campaign(two, folder, tmp_path):
    _, rows = two
    page = opened(folder)  # as after another start of the server
    button(page, "spring").click()
    give_back(page, rows, tmp_path)
    assert "downloaded from the campaign autumn, and this is spring" in reads(page)
    home(page)
    button(page, "autumn").click()
    give_back(page, rows, tmp_path)
    send(page, "autumn")
    assert statuses(smsframe.results("autumn")) == {"accepted": 4}


def test_several_tables_of_one_campaign_are_all_its_own(terminal, folder, tmp_path):
    page = opened(folder)
    upload_table(page, 0, tmp_path)
    send(page, "autumn")
    rows = to_correct(page, folder)
    home(page)
    upload_table(page, 50, tmp_path)
    send(page, "autumn")
    give_back(page, rows, tmp_path)
    send(page, "autumn")
    assert statuses(smsframe.results("autumn")) == {"accepted": 7}
    assert "7 sent, 1 needs a hand" in outcome(page)  # of the second table, as before


def test_the_same_table_has_the_same_letters_and_another_one_others():
    contacts = table(3)
    changed = [contacts.assign(name="Ada"), contacts.rename(columns={"name": "first"}), contacts.iloc[::-1]]
    tokens = [table_token(each) for each in (contacts, *changed)]
    assert table_token(contacts.copy()) == tokens[0]
    assert len({*tokens}) == 4
    assert TEXT not in tokens[0]
