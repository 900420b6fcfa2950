"""Files that are no tables, as people upload them: a plain sentence each, gone with the next file."""

from __future__ import annotations

import gzip
import random
import re
import zipfile
from io import BytesIO

import pandas as pd
import pytest
from helpers.page import button, buttons, downloaded, outcome, reads, send, upload, visible
from helpers.sending import table

import smsframe
from smsframe.form.page.page import Page

PYTHON = re.compile(
    r"\b\w+=|smsframe\.|Traceback|Error\b|\bbyte\b|codec|zip file\b(?!,? whatever)|XML|UTF|cp1252|/tmp|/dev"
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def workbook():
    made = BytesIO()
    table(3).to_excel(made, index=False)
    return made.getvalue()


def zipped(**parts):
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_x", ".x"), content)
    return made.getvalue()


def damaged_part():
    """A workbook whose sheet is cut off inside its zip."""
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(workbook())) as whole, zipfile.ZipFile(made, "w") as archive:
        for name in whole.namelist():
            content = whole.read(name)
            archive.writestr(name, content[: len(content) // 2] if "sheet1" in name else content)
    return made.getvalue()


FILES = {
    "password.xlsx": (OLE + "EncryptedPackage".encode("utf-16-le"), "is protected with a password"),
    "old.xls": (OLE + "Workbook".encode("utf-16-le"), "is in the .xls format of old"),
    "old.xlsx": (OLE + "Book".encode("utf-16-le"), "is in the .xls format of old"),
    "letter.doc": (OLE + "WordDocument".encode("utf-16-le"), "is not a table"),
    "cut.xlsx": (workbook()[:3000], "is damaged"),
    "hole.xlsx": (workbook()[:1500] + bytes(300) + workbook()[1800:], ""),
    "half.xlsx": (damaged_part(), "is damaged"),
    "letter.xlsx": (zipped(word__document_xml="<w/>"), "is a Word document"),
    "sheet.xlsx": (zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "OpenDocument"),
    "zip.xlsx": (zipped(a="b"), "is a zip file"),
    "picture.xlsx": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "is a picture"),
    "photo.csv": (b"\xff\xd8\xff\xe0" + bytes(range(256)), "is a picture"),
    "paper.csv": (b"%PDF-1.7\n" + bytes(range(256)), "is a PDF"),
    "noise.csv": (random.Random(1).randbytes(5000), "is not a table"),
    "noise.xlsx": (random.Random(2).randbytes(5000), "is not a table"),
    "noise.parquet": (b"PAR1" + random.Random(3).randbytes(5000), "is damaged"),
    "noise.csv.gz": (b"\x1f\x8b" + random.Random(4).randbytes(5000), "is damaged"),
    "half.csv.gz": (gzip.compress(b"mobile,name\n" * 999)[:30], "is damaged"),
    "page.xlsx": (b"<html><table><tr><td>+393471234567</td></tr></table></html>", "is a web page"),
    "empty.csv": (b"", "is empty"),
    "blank.xlsx": (bytes(4000), "is empty"),
    "letters.csv": (b"name,mobile\n" + "Ad\u00e0,+393471234567\n".encode() + b"Ad\xe0,+39347\n", "letters"),
    "letters2.csv": (b"name,mobile\nAd\x81,+39347\n", "letters"),
    "nulls.csv": ("name,mobile\nAda,+39347\n" * 20).encode("utf-16-le"),
    "quotes.csv": (b'name,mobile\n"Ada "the" first",+39347\n', "split into columns"),
    "open.csv": (b'name,mobile\n"Ada,+39347\nBea,+39348\n', "split into columns"),
    "ragged.csv": (b"name,mobile\nAda,+39347,x,y\nBea,+39348\n", ""),
    "heading.csv": (b"a report\nname,mobile,city\nAda,+39347,Roma\nBea,+39348,Roma\n", "split into columns"),
}
FILES["nulls.csv"] = (FILES["nulls.csv"], "")


def problems(page):
    return [
        re.sub(r"<[^>]+>", "", part.value)
        for part in visible(page.widget)
        if 'class="sf-problem"' in str(getattr(part, "value", ""))
    ]


@pytest.mark.parametrize("name", FILES)
def test_what_is_no_table_is_said_in_a_plain_sentence_that_goes_with_the_next_file(terminal, tmp_path, name):
    content, sentence = FILES[name]
    page = Page(downloads=tmp_path)
    upload(page, tmp_path / name, content=content)
    (said,) = problems(page)
    assert sentence in said
    assert name in said
    assert not PYTHON.search(said), said
    assert said.endswith(".")
    assert "save it as .xlsx" in said or "empty" in said or "larger" in said or sentence == ""
    upload(page, tmp_path / "guests.xlsx", content=workbook())
    assert problems(page) == []
    assert page.form is not None


def test_any_damage_to_a_workbook_is_read_or_said_plainly(terminal, tmp_path):
    whole, chance = workbook(), random.Random(5)
    page = Page(downloads=tmp_path)
    for _ in range(60):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 30)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        if chance.random() < 0.3:
            del content[chance.randrange(len(content)) :]
        page.show_home()
        upload(page, tmp_path / "guests.xlsx", content=bytes(content))
        for said in problems(page):
            assert not PYTHON.search(said), said


def test_what_was_wrong_is_not_said_any_more_when_it_is_right(terminal, tmp_path):
    """Each error beside its control, and what takes it away."""
    contacts = table(3).rename(columns={"mobile": "one"}).assign(two=table(3, start=10)["mobile"])
    contacts.loc[1, "one"] = "n/a"
    contacts.to_csv(tmp_path / "guests.csv", index=False)
    folder = tmp_path / "downloads"
    folder.mkdir()
    page = Page(downloads=folder)
    upload(page, tmp_path / "guests.csv")
    page.form.wait(30)
    hand = button(page, "Download the rows that need a hand")
    hand.click()
    assert "Correct what is marked above first" in reads(page)
    controls = page.form._controls
    controls.phone.value = "one"
    page.form.wait(30)
    assert "Correct what is marked above first" not in reads(page)
    hand.click()
    assert "guests-to-correct.xlsx" in reads(page)
    controls.phone.value = "two"
    page.form.wait(30)
    assert "guests-to-correct.xlsx" not in reads(page)  # those are rows of the other column
    hand.click()
    assert "No row needs a hand" in reads(page)
    controls.phone.value = "one"
    controls.text.value = "Ciao"
    page.form.wait(30)
    assert "No row needs a hand" not in reads(page)
    controls.test.click()
    page.form.wait(30)
    assert "Type your own number first" in reads(page)
    controls.own_number.value = "+393471111111"
    assert "Type your own number first" not in reads(page)


def test_the_error_beside_a_button_goes_when_the_button_works(terminal, tmp_path, monkeypatch):
    page = Page(downloads=tmp_path)
    upload(page, tmp_path / "guests.xlsx", content=workbook())
    send(page)
    with monkeypatch.context() as broken:
        broken.setattr(page._session, "_gateway", None)
        broken.setenv("SMSFRAME_PASSWORD", "wrong")
        button(page, "Ask what was delivered").click()
        for _ in range(300):
            if problems(page):
                break
            page.form._session.clock.sleep(0.05)
    (said,) = problems(page)
    assert "password" in said
    page._session._gateway = None
    button(page, "Ask what was delivered").click()
    for _ in range(300):
        if not problems(page) and not any(
            "Asking" in str(part.value) for part in visible(page.widget) if hasattr(part, "value")
        ):
            break
        page.form._session.clock.sleep(0.05)
    assert problems(page) == []


def test_a_sheet_is_chosen_after_a_file_that_was_none(terminal, tmp_path):
    two = BytesIO()
    with pd.ExcelWriter(two) as writer:
        for name in ("Guests", "Staff"):
            table(3).to_excel(writer, sheet_name=name, index=False)
    page = Page(downloads=tmp_path)
    upload(page, tmp_path / "noise.xlsx", content=random.Random(2).randbytes(5000))
    upload(page, tmp_path / "two.xlsx", content=two.getvalue())
    assert problems(page) == []
    assert button(page, "Use this sheet")
    upload(page, tmp_path / "noise.xlsx", content=random.Random(2).randbytes(5000))
    assert not any(getattr(part, "description", "") == "Use this sheet" for part in visible(page.widget))


def test_a_long_name_of_a_campaign_is_cut_and_no_path_of_the_server_is_shown(terminal, folder, tmp_path):
    table(2).to_csv(tmp_path / "guests.csv", index=False)
    page = Page(downloads=folder)
    upload(page, tmp_path / "guests.csv")
    send(page, "Grand opening " * 18)
    button(page, "Download results").click()
    name, rows = downloaded(folder)
    assert name.startswith("grand-opening-grand-")
    assert len(name) < 120
    assert len(rows) == 2
    folder.rmdir()
    button(page, "Download results").click()
    (said,) = problems(page)
    assert "The file cannot be written" in said
    assert str(folder) not in said


def test_a_number_in_the_name_of_a_campaign_is_masked_in_the_list(terminal, folder, tmp_path):
    smsframe.send(table(1), "Ciao", campaign="call +393479990177", phone="mobile", progress=False)
    smsframe.send(table(1), "Ciao", campaign="autumn-20261122", phone="mobile", progress=False)
    page = Page(downloads=folder)
    shown = buttons(page)
    assert "call +39••••••••77" in shown
    assert "autumn-20261122" in shown
    button(page, "call").click()
    assert "1 sent" in outcome(page)
    table(1).to_csv(tmp_path / "guests.csv", index=False)
    button(page, "All campaigns").click()
    upload(page, tmp_path / "guests.csv")
    page.form._controls.campaign.value = "call +393479990177"
    assert page.form.wait(30)
    assert "was begun already" in reads(page)
    assert "79990177" not in reads(page)
