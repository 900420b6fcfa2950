"""What the page shows of a text and of its messages while somebody types."""

from __future__ import annotations

import re

import pytest
from helpers.page import reads, send, upload
from helpers.sending import table

from smsframe.form import form, preview
from smsframe.form.page.page import Page


def test_the_preview_of_a_sample_masks_the_numbers_of_the_whole_table(
    terminal, folder, tmp_path, monkeypatch
):
    for module in (preview, form):
        monkeypatch.setattr(module, "MAX_LIVE_ROWS", 10)
    contacts = table(200)
    contacts["friend"] = contacts["mobile"].shift(-1).fillna("nobody")  # who is in no sample of these
    contacts.to_csv(tmp_path / "guests.csv", index=False)
    upload(page := Page(downloads=folder), tmp_path / "guests.csv")
    controls, seen = page.form._controls, []
    controls.messages["readers"].observe(lambda change: seen.append(change["new"]), "value")
    controls.phone.value, controls.text.value = "mobile", "Ciao, from {friend}"
    page.form.wait(30)
    assert any("One of the messages" in shown for shown in seen)
    assert not re.findall(r"\+39\d{6}", " ".join(seen))


def test_a_letter_in_the_name_of_a_column_is_no_cause_of_the_extended_alphabet(terminal, folder, tmp_path):
    table(2).assign(país="Roma").to_csv(tmp_path / "guests.csv", index=False)
    upload(page := Page(downloads=folder), tmp_path / "guests.csv")
    controls = page.form._controls
    controls.phone.value, controls.text.value = "mobile", "Hola {name}, {país}"
    page.form.wait(30)
    assert "<b>standard</b>" in controls.messages["counter"].value
    assert "Extended" not in controls.messages["counter"].value


@pytest.mark.samples(1)
def test_the_text_on_the_screen_of_a_campaign_masks_the_numbers_of_its_people(terminal, tmp_path):
    contacts = table(3)
    contacts.to_csv(tmp_path / "guests.csv", index=False)
    page = Page(downloads=tmp_path)
    upload(page, tmp_path / "guests.csv")
    send(page, text=f"Call 02 1234 5678 or https://wa.me/{contacts['mobile'][1][1:]}")
    assert "02 1234 5678 or https://wa.me/••••••••••01" in reads(page)
