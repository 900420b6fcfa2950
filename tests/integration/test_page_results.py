"""The file of results that a page gives: the columns of the table beside what the journal knows now."""

from __future__ import annotations

import pandas as pd
import pytest
from helpers.background_runs import until
from helpers.page import TEXT, button, downloaded, outcome, reads, send, upload
from helpers.sending import table

import smsframe
from smsframe.form.page.memory import KeptRows, TableRows
from smsframe.form.page.page import Page
from smsframe.form.page.results import MOST, OTHER_TABLE, SentRows
from smsframe.outcomes.columns import COLUMNS


def guests(rows=6):
    """With a city; one without a number, one with another's number, one whom the gateway refuses."""
    made = table(rows, bad=[3]).assign(city=[f"City {row}" for row in range(rows)])
    made.loc[1, "mobile"], made.loc[2, "mobile"] = "n/a", made.loc[0, "mobile"]
    made.loc[2, "name"] = made.loc[0, "name"]
    return made


def results_of(page, folder):
    button(page, "Download results").click()
    name, rows = downloaded(folder)
    assert name == "autumn-results.xlsx"
    assert rows.columns.tolist()[-len(COLUMNS) :] == [*COLUMNS]
    return rows


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_the_file_has_a_row_for_each_row_of_the_table_with_its_columns(terminal, folder, tmp_path, kind):
    made, path = guests(), tmp_path / f"guests.{kind}"
    {"csv": made.to_csv, "xlsx": made.to_excel, "parquet": made.to_parquet}[kind](path, index=False)
    page = Page(downloads=folder)
    upload(page, path)
    send(page)
    assert OTHER_TABLE not in reads(page)
    rows = results_of(page, folder)
    assert (
        rows[["name", "mobile", "city"]].to_numpy().tolist()
        == made[["name", "mobile", "city"]].to_numpy().tolist()
    )
    assert rows["sms_status"].tolist() == [
        "accepted", "invalid", "duplicate", "rejected", "accepted", "accepted",
    ]  # fmt: skip
    until(lambda: button(page, "Ask what was delivered"))
    button(page, "Ask what was delivered").click()
    until(lambda: "delivered so far" in reads(page))
    later = results_of(page, folder)
    assert later["sms_delivery"].tolist()[0] == "DLVRD"
    assert later["city"].tolist() == made["city"].tolist()


def test_a_corrected_row_takes_the_place_of_the_one_that_it_corrects(terminal, folder, tmp_path):
    guests().to_excel(tmp_path / "guests.xlsx", index=False)
    page = Page(downloads=folder)
    upload(page, tmp_path / "guests.xlsx")
    send(page)
    button(page, "Download the rows that need a hand").click()
    rows = downloaded(folder)[1]
    rows = rows[rows["city"].isin(["City 1", "City 3"])]
    rows["mobile"] = ["+393471111111", "+393471111112"]
    smsframe.to_excel(rows, tmp_path / "corrected.xlsx", index=False)
    upload(page, tmp_path / "corrected.xlsx", "Upload corrected rows")
    send(page)
    assert "5 sent" in outcome(page)
    found = results_of(page, folder)
    now = found.dropna(subset="city").set_index("city")["sms_status"]
    assert now.drop(["City 2"]).to_dict() == dict.fromkeys(
        ["City 0", "City 1", "City 3", "City 4", "City 5"], "accepted"
    )
    assert now["City 2"] == "duplicate"
    refused = found[found["city"].isna()]  # the refused number is still a person of the campaign
    assert refused["sms_status"].tolist() == ["rejected"]
    assert not [name for name in found.columns if name.startswith("sms_") and name not in COLUMNS]


def test_a_page_without_the_table_gives_the_journals_columns_and_says_so(terminal, folder, tmp_path):
    guests().to_excel(tmp_path / "guests.xlsx", index=False)
    page = Page(downloads=folder)
    upload(page, tmp_path / "guests.xlsx")
    send(page)
    again = Page(downloads=folder)
    button(again, "autumn").click()
    assert OTHER_TABLE in reads(again)
    assert results_of(again, folder).columns.tolist() == [*COLUMNS]


def test_people_of_another_table_come_last_and_nobody_is_left_out(terminal, folder, tmp_path):
    others = smsframe.send(
        table(3, start=100), TEXT, campaign="autumn", phone="mobile",
        gateway=smsframe.Gateway.from_env(), progress=False,
    )  # fmt: skip
    guests().to_excel(tmp_path / "guests.xlsx", index=False)
    page = Page(downloads=folder)
    upload(page, tmp_path / "guests.xlsx")
    send(page)
    rows = results_of(page, folder)
    assert rows["city"].isna().tolist() == [False] * 6 + [True] * 3
    assert sorted(rows["sms_phone"].tail(3)) == sorted(others["sms_phone"])
    journal = smsframe.results("autumn")
    assert set(rows["sms_phone"].dropna()) == set(journal["sms_phone"])


def test_what_is_kept_is_bounded_and_odd_labels_stay():
    sent, kept = SentRows(), KeptRows(None)
    odd = pd.DataFrame([["+393471234567", "a", 1]], columns=["mobile", "x", "x"])
    results = smsframe.check(odd, phone="mobile")
    results = pd.concat([odd, results.iloc[:, -4:].reindex(columns=[*COLUMNS])], axis=1)
    for place in range(MOST + 2):
        sent.over(f"c{place}", results, TableRows(kept, odd))
    assert "c1" not in sent
    assert f"c{MOST + 1}" in sent
    sent.over("c5", results, TableRows(kept, odd))  # columns with one name are not stacked
    empty = results[[*COLUMNS]].head(0)
    assert sent.joined("c5", empty).columns.tolist() == results.columns.tolist()
    assert sent.joined("nowhere", empty) is None
