"""Tables of an experiment on the page: the hold-out gets no text, whatever is corrected."""

from __future__ import annotations

import pytest
from helpers.page import TEXT, button, downloaded, outcome, reads, send, upload
from helpers.sending import table

import smsframe
from smsframe.form.variants import NO_VARIANT

GOOD = table(4, start=50)["mobile"].tolist()


def damaged():
    """Of two who cannot be texted, one is of the hold-out."""
    contacts = table(6).assign(sms_variant=["text", "hold-out"] * 3)
    contacts.loc[[2, 3], "mobile"] = "n/a"
    return contacts


@pytest.mark.samples(1)
@pytest.mark.parametrize("again", [False, True])
def test_a_corrected_row_of_the_hold_out_is_held_out(opened, terminal, tmp_path, again):
    """Rows to correct had no variant, so that somebody of the hold-out was texted."""
    damaged().to_csv(tmp_path / "guests.csv", index=False)
    page = opened()
    upload(page, tmp_path / "guests.csv")
    send(page)
    page = opened("autumn") if again else page
    button(page, "Download the rows that need a hand").click()
    rows = downloaded(tmp_path / "downloads")[1]
    rows["mobile"] = GOOD[:2]
    smsframe.to_excel(rows, tmp_path / "corrected.xlsx", index=False)
    upload(page, tmp_path / "corrected.xlsx", "Upload corrected rows")
    assert page.form.wait(30)
    assert page.form.plan.recipients == 1
    send(page)
    texted = set(terminal.inbox()["recipient"])
    assert GOOD[0] in texted
    assert GOOD[1] not in texted
    assert "3 sent" in outcome(page)


@pytest.mark.samples(1)
def test_corrected_rows_without_their_variants_are_refused(opened, terminal, tmp_path):
    damaged().to_csv(tmp_path / "guests.csv", index=False)
    page = opened()
    upload(page, tmp_path / "guests.csv")
    send(page)
    button(page, "Download the rows that need a hand").click()
    rows = downloaded(tmp_path / "downloads")[1].assign(mobile=GOOD[:2]).drop(columns="sms_variant")
    smsframe.to_excel(rows, tmp_path / "corrected.xlsx", index=False)
    form, before = page.form, len(terminal.inbox())
    upload(page, tmp_path / "corrected.xlsx", "Upload corrected rows")
    assert NO_VARIANT in reads(page)
    assert page.form is form
    assert len(terminal.inbox()) == before


@pytest.mark.samples(1)
def test_corrected_rows_of_several_variants_are_not_sent_with_the_text_of_one(opened, terminal, tmp_path):
    """They lost their variants, and each of them was texted what the first variant reads."""
    contacts = table(8).assign(sms_variant=["long", "short", "hold-out", "short"] * 2)
    contacts.loc[[0, 1, 2], "mobile"] = "n/a"
    contacts.sms.send(
        {"long": "A long text", "short": "Short"},
        campaign="autumn",
        phone="mobile",
        gateway=smsframe.Gateway.from_env(),
        journal=str(tmp_path / "journal.sqlite"),
        progress=False,
    )
    rows = smsframe.problems(contacts.sms.check(phone="mobile")).assign(mobile=GOOD[:3])
    assert rows["sms_variant"].tolist() == ["long", "short", "hold-out"]
    smsframe.to_excel(rows, tmp_path / "corrected.xlsx", index=False)
    page, before = opened("autumn"), len(terminal.inbox())
    screen_uploads(page, tmp_path / "corrected.xlsx")
    assert page.form.wait(30)
    assert page.form.plan is None
    assert "experiment" in reads(page)
    assert len(terminal.inbox()) == before


def screen_uploads(page, path):
    """By the button of the campaign's screen, which is there whether or not it is shown."""
    upload(page, path, "Upload corrected rows")


def test_rows_to_correct_name_their_variant_where_there_is_one():
    checked = damaged().sms.check(phone="mobile")
    assert smsframe.problems(checked)["sms_variant"].tolist() == ["text", "hold-out"]
    plan = damaged().sms.plan(TEXT, campaign="a", phone="mobile")
    assert plan.problems()["sms_variant"].tolist() == ["text", "hold-out"]
    plain = damaged().drop(columns="sms_variant").sms.check(phone="mobile")
    assert "sms_variant" not in smsframe.problems(plain)
