"""Exported files, opened and saved by a real LibreOffice: as they were, and nothing was calculated."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import zipfile

import pandas as pd
import pytest
from helpers.sending import send, table

import smsframe
from smsframe.contacts.spreadsheet_errors import ERRORS

pytestmark = pytest.mark.slow

TEXT_FILE = "Text - txt - csv (StarCalc)"
"""LibreOffice's filter for CSV; its options are those of docs/files.md."""
COMMA, SEMICOLON = 44, 59

HOSTILE = [
    *(
        '=HYPERLINK("http://example.com")',
        "+1-1",
        "@SUM",
        "@SUM(A1)",
        "\uff1d1+1",
        "-2+3",
        "{=1+1}",
        "=1+1\n",
    ),
    *("==1", "'=1", "''=1", "\t=1", "\tAda", "\r=1", "\rAda", "\n=1", " =1", '"=1', "a;=1", "a,=1", "a\t=1"),
    *(
        "a\r\n=1",
        "x|@y",
        "'x",
        "''",
        '""',
        '"Ada"',
        "Ada's",
        "007",
        "0039347",
        "+39 347 1234567",
        "-5",
        "1e5",
    ),
    *("1/2", "12:30", "50%", "€5", "2026-01-01", "TRUE", "1,5", "1.5", "😀", "\U0001f469\u200d\U0001f467"),
    *("e\u0301", " Ada", "Ada ", "a\nb", "a\r\nb", "a\rb", "_x0041_", "_x000D_", "&amp;", "<b>", "]]>"),
    *("sep=;", "\x01", "\x0b", "\x1f", "\x7f", "\x85", "\xa0", "\u200b", "\u2028", "\ufeff", "\ufffe"),
    *("\uffff", "\U0010ffff", "x" * 32_767, "😀" * 16_383),
]


TWICE = pd.Timestamp("2026-10-25 01:30", tz="UTC").tz_convert("Europe/Rome")
"""Half past two, the second time."""


def generated(count):
    """So many texts, the same ones in every run: of what is special somewhere, and of all of Unicode."""
    pick = random.Random(12)
    special = "=+-@;,|\t\r\n\"' x1_\uff1d"
    scripts = [*range(0xD800), *range(0xE000, 0x110000)]
    return [
        "".join(
            pick.choice(special) if pick.random() < share else chr(pick.choice(scripts))
            for _ in range(pick.randint(1, 12))
        )
        for share in (1, 1, 0.5, 0) * (count // 4)
    ]


def comparable(text, written):
    """LibreOffice has one kind of line break, and makes those of a text alike that has a carriage return."""
    return re.sub(r"[\r\n]+", "\n", text) if "\r" in written else text


@pytest.fixture(scope="module")
def texts():
    found = [text.replace("\0", "\ufffd") for text in [*HOSTILE, *generated(600)]]  # which no file has
    found = [text for text in found if text.strip() not in ERRORS]
    assert len(found) > 500
    return found


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """Open and save files with LibreOffice, all of one kind at once, because its start takes seconds."""
    program = shutil.which("soffice")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("CI has LibreOffice: apt-get install libreoffice-calc-nogui")
        pytest.skip("needs LibreOffice")
    profile = tmp_path_factory.mktemp("profile").as_uri()

    def saved(folder, *files, sep=None, to="xlsx", evaluate=False):
        command = [program, f"-env:UserInstallation={profile}", "--headless"]
        if sep:  # UTF-8 (76), from line 1, no column formats, quoted cells are text
            flags = "false,true,false,false,false,0,true" if evaluate else "true,false"
            command.append(f"--infilter={TEXT_FILE}:{sep},34,76,1,,0,{flags}")
        # Not as shown: as they are.
        target = f"csv:{TEXT_FILE}:{sep},34,76,1,,0,true,false" if to == "csv" else to
        command += ["--convert-to", target, "--outdir", folder, *files]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        made = [folder / f"{file.stem}.{to}" for file in files]
        assert all(file.is_file() for file in made), done.stdout + done.stderr
        return made

    return saved


def formulas(path):
    """The formulas in the sheets of a workbook."""
    with zipfile.ZipFile(path) as book:
        sheets = [book.read(name) for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert sheets
    return sum(sheet.count(b"<f>") + sheet.count(b"<f ") for sheet in sheets)


@pytest.fixture(scope="module")
def people(texts):
    numbers = [f"+39347{place:07}" for place in range(len(texts))]
    # The columns of a check make it a table of smsframe's, by which read_contacts knows its files.
    return pd.DataFrame({"name": texts, "mobile": numbers}).sms.check(phone="mobile")


@pytest.fixture(scope="module")
def files(people, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    people.sms.to_csv(folder / "comma.csv")
    people.sms.to_csv(folder / "italian.csv", locale="it")
    people.sms.to_excel(folder / "book.xlsx")
    return folder


@pytest.mark.parametrize(
    ("name", "sep"), [("comma.csv", COMMA), ("italian.csv", SEMICOLON), ("book.xlsx", None)]
)
def test_every_text_comes_back_as_it_was(name, sep, files, people, texts, office, tmp_path):
    kind = name.split(".")[1]
    (path,) = office(tmp_path, files / name, sep=sep, to=kind)
    back = smsframe.read_contacts(path)
    assert list(back.columns) == list(people.columns)
    wrong = [
        (text, found)
        for text, found in zip(texts, back["name"], strict=True)
        if comparable(found, text) != comparable(text, text)
    ]
    assert wrong == []
    assert back["mobile"].tolist() == people["mobile"].tolist()
    assert back["sms_phone"].tolist() == people["sms_phone"].tolist()
    if kind == "xlsx":
        assert formulas(path) == 0


def test_nothing_is_calculated_even_where_formulas_are_asked_for(files, texts, office, tmp_path):
    """Numbers become numbers there, and texts in which something would run stay as they are."""
    (path,) = office(tmp_path, files / "comma.csv", sep=COMMA, evaluate=True)
    assert formulas(path) == 0
    alive = tmp_path / "alive.csv"
    alive.write_text('"name"\n"=1+1"\n', "utf-8")
    (path,) = office(tmp_path, alive, sep=COMMA, evaluate=True)
    assert formulas(path) == 1  # so that the test would notice


def test_results_that_went_through_a_spreadsheet_have_all_their_methods(sandbox, gateway, office, tmp_path):
    contacts = table(6, bad=[2]).assign(when=TWICE, share=0.25)
    out = send(contacts, gateway, "Ciao")
    out.sms.to_excel(tmp_path / "utc.xlsx")
    out.sms.to_excel(tmp_path / "rome.xlsx", zone="Europe/Rome")
    out.sms.to_csv(tmp_path / "italian.csv", locale="it", zone="Europe/Rome")
    saved = [
        *office(tmp_path / "out", tmp_path / "utc.xlsx", tmp_path / "rome.xlsx"),
        *office(tmp_path / "out", tmp_path / "italian.csv", sep=SEMICOLON, to="csv"),
    ]
    for path in saved:
        back = smsframe.read_contacts(path)
        assert list(back.columns) == list(out.columns)
        assert repr(back.sms.summary()) == repr(out.sms.summary())
        assert pd.to_datetime(back["when"]).tolist() == out["when"].tolist()
        found = pd.to_datetime(back["sms_sent_at"], utc=True, format="ISO8601")
        assert found.dt.floor("s").tolist() == out["sms_sent_at"].dt.floor("s").tolist()
        again = send(back, gateway, "Ciao")
        assert again["sms_order_id"].tolist() == out["sms_order_id"].tolist()
