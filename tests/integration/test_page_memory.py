"""What a page knows of the rows that need a hand, after it was opened again, however often."""

from __future__ import annotations

import random

import pandas as pd
import pytest
from helpers.page import button, downloaded, outcome, reads, send, upload, visible
from helpers.sending import table

import smsframe
from smsframe.form.page import memory as page_memory
from smsframe.form.page.campaign import UNKNOWN
from smsframe.form.page.memory import KeptRows


def write(contacts, path):
    kind = path.suffix[1:]
    if kind == "csv":
        contacts.to_csv(path, index=False)
    elif kind == "xlsx":
        contacts.to_excel(path, index=False)
    else:
        contacts.to_parquet(path)
    return path


def to_correct(page, tmp_path):
    button(page, "Download the rows that need a hand").click()
    return downloaded(tmp_path / "downloads")[1]


def damaged(rows=5):
    """Somebody without a number, one whom the gateway refuses, two texts for one number, and the others."""
    contacts = table(rows, bad=[2])
    contacts.loc[1, "mobile"], contacts.loc[4, "mobile"] = "n/a", contacts.loc[3, "mobile"]
    return contacts


@pytest.mark.samples(1)
@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_a_page_that_is_opened_again_counts_and_gives_the_same_rows(opened, tmp_path, kind):
    page = opened()
    upload(page, write(damaged(), tmp_path / f"guests.{kind}"))
    send(page)
    before, rows = outcome(page), to_correct(page, tmp_path)
    assert "need a hand" in before or "needs a hand" in before
    assert {"n/a", table(5, bad=[2])["mobile"][2]} <= set(rows["mobile"])
    for _ in range(2):
        page = opened("autumn")
        assert outcome(page) == before
        pd.testing.assert_frame_equal(to_correct(page, tmp_path), rows)
        assert not shown_unknown(page)


def shown_unknown(page):
    return any(UNKNOWN[:40] in str(getattr(part, "value", "")) for part in visible(page.widget))


def test_where_the_rows_are_gone_the_page_says_so(opened, tmp_path):
    page = opened()
    upload(page, write(damaged(), tmp_path / "guests.csv"))
    send(page)
    assert not shown_unknown(page)
    for file in (tmp_path / "rows").iterdir():
        file.write_bytes(file.read_bytes()[:100])  # damaged is as good as gone
    page = opened("autumn")
    assert shown_unknown(page)
    assert "1 needs a hand" in outcome(page)  # whom the gateway refused


def test_a_page_that_is_closed_in_the_middle_has_written_the_rows_down(opened, terminal, tmp_path):
    page = opened()
    upload(page, write(damaged(9), tmp_path / "guests.csv"))
    seen = []
    begun = page.form.begun
    page.form.begun = lambda plan: (begun(plan), seen.append(KeptRows(tmp_path / "rows").of("autumn")))
    send(page)
    (rows,) = seen
    assert rows["sms_row"].tolist() == ["3"] or rows["sms_row"].tolist() == ["3", "6"]
    assert rows["sms_phone"].notna().sum() <= 1


@pytest.mark.slow
def test_however_often_rows_are_corrected_and_pages_opened_again_the_count_is_of_those_left(opened, tmp_path):
    for seed in range(4):
        chance = random.Random(seed)
        campaign = f"campaign {seed}"
        contacts = table(8, start=100 * seed)
        wrong = set(chance.sample(range(8), 5))
        contacts.loc[sorted(wrong), "mobile"] = [f"none {row}" for row in sorted(wrong)]
        page = opened()
        upload(page, write(contacts, tmp_path / f"{seed}.csv"))
        send(page, campaign)
        while wrong:
            if chance.random() < 0.5:
                page = opened(campaign)
            rows = to_correct(page, tmp_path)
            assert sorted(rows["sms_row"].astype(int)) == sorted(row + 2 for row in wrong), seed
            tried = chance.sample(sorted(wrong), chance.randint(1, len(wrong)))
            fixed = set(tried[: chance.randint(0, len(tried))])
            if chance.random() < 0.2 and not fixed:
                fixed = set(tried)
            rows = rows[rows["sms_row"].astype(int).sub(2).isin(tried)].sample(frac=1, random_state=seed)
            for label in rows.index:
                row = int(rows.loc[label, "sms_row"]) - 2
                if row in fixed:
                    rows.loc[label, "mobile"] = table(8, start=100 * seed)["mobile"][row]
            if not fixed:
                continue  # there is nobody to text, and so nothing to send
            smsframe.to_excel(rows, tmp_path / "corrected.xlsx", index=False)
            upload(page, tmp_path / "corrected.xlsx", "Upload corrected rows")
            send(page, campaign)
            wrong -= fixed
            hand = f"{len(wrong)} need a hand" if len(wrong) > 1 else "1 needs a hand"
            assert (hand in outcome(page)) == bool(wrong), seed
            assert f"{8 - len(wrong)} sent" in outcome(page)


def test_who_is_refused_by_the_gateway_is_in_the_phone_column_whatever_it_is_called(opened, tmp_path):
    """There was a second column, `mobile`, for those; and corrected rows were read by that one."""
    page = opened()
    upload(page, write(damaged(8).rename(columns={"mobile": "Cellulare"}), tmp_path / "guests.csv"))
    form = page.form
    form._controls.campaign.value, form._controls.text.value = "autumn", "Ciao {name}"
    form._controls.phone.value = "Cellulare"
    assert form.wait(30)
    form._controls.unlock.value = str(form.plan.recipients)
    form._controls.send.click()
    assert form.wait(60)
    for shown in (page, opened("autumn")):
        rows = to_correct(shown, tmp_path)
        assert "mobile" not in rows
        assert {"n/a", table(8, bad=[2])["mobile"][2]} == set(rows["Cellulare"])
        assert "In the table" not in reads(shown)  # the journal has people, not rows
        assert "7 people" in reads(shown) or "6 people" in reads(shown)
    page = shown
    rows["Cellulare"] = table(2, start=80)["mobile"].tolist()
    smsframe.to_excel(rows, tmp_path / "corrected.xlsx", index=False)
    upload(page, tmp_path / "corrected.xlsx", "Upload corrected rows")
    assert page.form.wait(30)
    assert page.form.draft.phone == "Cellulare"
    assert page.form.plan.recipients == 2


def test_corrected_before_the_table_itself_is_sent(opened, tmp_path):
    page = opened()
    contacts = table(4)
    contacts.loc[1, "mobile"] = "n/a"
    upload(page, write(contacts, tmp_path / "guests.csv"))
    rows = to_correct(page, tmp_path)
    rows["mobile"] = table(4)["mobile"][1]
    smsframe.to_excel(rows, tmp_path / "corrected.xlsx", index=False)
    upload(page, tmp_path / "corrected.xlsx", "Upload corrected rows")
    send(page)
    assert outcome(page).split() == ["✓", "4", "sent"]


def test_what_is_kept_is_bounded_and_the_oldest_go_first(tmp_path, monkeypatch):
    kept = KeptRows(tmp_path)
    rows = pd.DataFrame({"sms_row": ["2"], "sms_phone": pd.array([None], dtype="string"), "note": ["x"]})
    monkeypatch.setattr(page_memory, "MOST", 3)
    for number in range(5):
        kept.keep(str(number), rows)
    assert [number for number in range(5) if kept.of(str(number)) is not None] == [2, 3, 4]
    size = max(file.stat().st_size for file in tmp_path.iterdir())
    monkeypatch.setattr(page_memory, "LARGEST", 2 * size)
    kept.keep("5", rows)
    assert [number for number in range(6) if kept.of(str(number)) is not None] == [4, 5]
    monkeypatch.setattr(page_memory, "LARGEST", size // 2)
    kept.keep("6", rows)
    assert list(tmp_path.iterdir()) == []


def test_words_and_numbers_of_two_files_in_one_column_are_kept(tmp_path):
    kept = KeptRows(tmp_path)
    rows = pd.DataFrame({"sms_row": ["2", "3"], "sms_phone": [None, "+393471234567"], "table": [12, "A"]})
    kept.keep("autumn", rows)
    assert kept.of("autumn")["table"].tolist() == ["12", "A"]
