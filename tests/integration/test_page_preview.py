"""What the page shows of a text and of its messages while somebody types."""

from __future__ import annotations

import re

from helpers.page import upload
from helpers.sending import table

from smsframe.form import form, preview
from smsframe.form.page import Page


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
