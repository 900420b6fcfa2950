"""Workbooks and Parquet files as contacts: what a cell stores, never what a spreadsheet displays."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import smsframe
from smsframe.contacts.suppression import suppression
from smsframe.phones import parse

NUMBER = "+393471234567"


@pytest.fixture
def book(tmp_path):
    """Write sheets of rows as a workbook, and give its path."""

    def write(*sheets, hidden=(), name="a.xlsx"):
        made = openpyxl.Workbook()
        made.remove(made.active)
        for place, rows in enumerate(sheets):
            sheet = made.create_sheet(f"sheet {place}")
            for row in rows:
                sheet.append(row)
            sheet.sheet_state = "hidden" if place in hidden else "visible"
        made.save(tmp_path / name)
        return tmp_path / name

    return write


def cell(book, value, number_format="General"):
    """What becomes of one cell under a heading."""
    path = book([["x", "row"], [value, "here"]])
    made = openpyxl.load_workbook(path)
    made.active["A2"].number_format = number_format
    made.save(path)
    found = smsframe.read_contacts(path)
    assert found.dtypes.astype(str).tolist() == ["string", "string"]
    return found["x"].fillna("missing")[0]


CELLS = [
    (393471234567, "General", "393471234567"),
    (393471234567.0, "0.00E+00", "393471234567"),  # displayed as 3.93E+11, with all its digits
    (393471234567, "#,##0", "393471234567"),
    (3471234567, "0.00", "3471234567"),
    (NUMBER, "@", NUMBER),
    ("00393471234567", "General", "00393471234567"),
    ("'3471234567", "General", "'3471234567"),
    ("NA", "General", "NA"),
    ("nan", "General", "nan"),
    (" Ada ", "General", " Ada "),
    (12.5, "General", "12.5"),
    (0.1 + 0.2, "General", "0.3"),
    (0.25, "0%", "0.25"),
    (-5, "General", "-5"),
    (0, "General", "0"),
    (True, "General", "TRUE"),
    (False, "General", "FALSE"),
    (pd.Timestamp("2026-11-22"), "dd/mm/yyyy", "2026-11-22"),
    (pd.Timestamp("2026-11-22 09:05"), "dd/mm/yyyy hh:mm", "2026-11-22 09:05"),
    (pd.Timestamp("2026-11-22 09:05:07"), "dd/mm/yyyy hh:mm:ss", "2026-11-22 09:05:07"),
    (dt.time(9, 30), "hh:mm", "09:30:00"),
    ("#N/A", "General", "missing"),  # openpyxl writes it as the error that it looks like
    (393471234567, "yyyy-mm-dd", "missing"),  # no such date: spreadsheets show ######
    (None, "General", "missing"),
    # What is lost is written so that it cannot be taken for a number.
    (393471000000, "General", "3.93471E+11"),
    (1000000000, "0", "1E+9"),
    (8939104160000123456, "0", "8.93910416000012E+18"),
    (4111111111111110, "0", "4.11111111111111E+15"),
]


@pytest.mark.parametrize(("value", "number_format", "text"), CELLS)
def test_a_cell_is_what_is_stored_not_what_is_displayed(book, value, number_format, text):
    assert cell(book, value, number_format) == text


@pytest.mark.parametrize("value", [393471234567, 393471000000, 390000000000, 3471230000])
def test_lost_digits_are_named_as_in_a_column_of_floats(book, value):
    path = book([["mobile"], [value], [float(value)]])
    code = parse.read(smsframe.read_contacts(path)["mobile"], "IT")["code"]
    assert (
        code.fillna("-").tolist()
        == parse.read(pd.Series([float(value)] * 2), "IT")["code"].fillna("-").tolist()
    )


def test_a_sheet_reads_like_the_same_table_as_csv(book, tmp_path):
    rows = [
        ["name", "mobile", None, "name", " zip ", 2026],
        ["NA", NUMBER, "x", "b", "00184", 1],
        [None, "2"],
    ]
    (tmp_path / "a.csv").write_text("name,mobile,,name, zip ,2026\nNA,+393471234567,x,b,00184,1\n,2,,,,\n")
    found = smsframe.read_contacts(book([*rows, [None] * 6, [None] * 6]))
    pd.testing.assert_frame_equal(found, smsframe.read_contacts(tmp_path / "a.csv"))
    assert found.columns.tolist() == ["name", "mobile", "Unnamed: 2", "name.1", "zip", "2026"]


def test_the_heading_may_be_further_down_and_columns_may_be_chosen(book):
    path = book([["Guests"], [], ["name", "mobile", "age"], ["Ada", NUMBER, 30]])
    found = smsframe.read_contacts(path, skiprows=2, usecols=["mobile", "age"], dtype={"age": "Int64"})
    assert found["mobile"].tolist() == [NUMBER]
    assert found["age"].tolist() == [30]
    assert str(found["age"].dtype) == "Int64"


def test_a_merged_cell_is_its_first_cell(book):
    path = book([["table", "mobile"], ["one", "1"], ["", "2"]])
    made = openpyxl.load_workbook(path)
    made.active.merge_cells("A2:A3")
    made.save(path)
    assert smsframe.read_contacts(path)["table"].fillna("-").tolist() == ["one", "-"]


def test_the_only_visible_sheet_with_something_in_it_is_taken(book):
    table = [["mobile"], [NUMBER]]
    path = book([], [["secret"], ["x"]], table, hidden=[1])
    assert smsframe.read_contacts(path)["mobile"].tolist() == [NUMBER]
    assert smsframe.read_contacts(path, sheet="sheet 1")["secret"].tolist() == ["x"]
    assert smsframe.read_contacts(path, sheet=2)["mobile"].tolist() == [NUMBER]
    with pytest.raises(smsframe.ContactsError, match="2 sheets: say sheet=, one of 'sheet 0', 'sheet 1'"):
        smsframe.read_contacts(book(table, table))
    for wrong in ("guests", 3, -1):
        with pytest.raises(smsframe.ContactsError, match=f"no sheet {wrong!r}, but 'sheet 0', 'sheet 1'"):
            smsframe.read_contacts(path, sheet=wrong)
    with pytest.raises(smsframe.ContactsError, match="no visible sheet"):
        smsframe.read_contacts(book([], []))
    with pytest.raises(smsframe.ContactsError, match=r"sheet 'sheet 0' of .* is empty"):
        smsframe.read_contacts(path, sheet=0)


def test_formulas_are_their_values_and_those_without_are_said(book, tmp_path):
    path = book([["name", "mobile", "note"], ["Ada", "=1+1", None], ["Bea", "=A1", None]])
    with pytest.warns(UserWarning, match="formulas in column mobile have no values"):
        found = smsframe.read_contacts(path)
    assert found["mobile"].isna().all()
    assert found["name"].tolist() == ["Ada", "Bea"]
    # As a spreadsheet saves it: with what the formula came to.
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(tmp_path / "saved.xlsx", "w") as after:
        for part in before.namelist():
            content = before.read(part)
            for empty in (b"<v></v>", b"<v />", b"<v/>"):
                content = content.replace(b"</f>" + empty, b"</f><v>393471234567</v>")
            after.writestr(part, content)
    found = smsframe.read_contacts(tmp_path / "saved.xlsx")
    assert found["mobile"].tolist() == ["393471234567"] * 2


def test_a_size_that_a_workbook_wrongly_says_of_itself_is_not_believed(book, tmp_path):
    path = book([["name", "mobile"], ["Ada", NUMBER]])
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as after:
        for part in before.namelist():
            after.writestr(part, before.read(part).replace(b'ref="A1:B2"', b'ref="A1"'))
    assert smsframe.read_contacts(tmp_path / "b.xlsx")["mobile"].tolist() == [NUMBER]


def test_files_are_what_is_in_them_not_what_they_are_called(book, tmp_path):
    path = book([["mobile"], [NUMBER]])
    shutil.copy(path, tmp_path / "b.csv")
    assert smsframe.read_contacts(tmp_path / "b.csv")["mobile"].tolist() == [NUMBER]
    (tmp_path / "c.xlsx").write_text(f"name;mobile\nAda;{NUMBER}\n")
    assert smsframe.read_contacts(tmp_path / "c.xlsx")["mobile"].tolist() == [NUMBER]
    with zipfile.ZipFile(tmp_path / "d.ods", "w") as other:
        other.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    with pytest.raises(smsframe.ContactsError, match=r"save it as \.xlsx or CSV"):
        smsframe.read_contacts(tmp_path / "d.ods")


def test_an_option_of_another_kind_of_file_is_refused(book, tmp_path):
    path = book([["mobile"], [NUMBER]])
    pd.DataFrame({"mobile": [NUMBER]}).to_parquet(tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_text("mobile\n1\n")
    for file, option in ((path, "sep"), (path, "encoding"), ("a.parquet", "sheet"), ("a.csv", "sheet")):
        with pytest.raises(smsframe.ContactsError, match=f"which has no {option}="):
            smsframe.read_contacts(tmp_path / file, **{option: "x"})


def test_a_damaged_workbook_is_a_clear_error(book, tmp_path):
    path = book([["mobile"], [NUMBER]])
    for part in ("xl/worksheets/sheet1.xml", "xl/styles.xml"):
        with zipfile.ZipFile(path) as before, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as after:
            for name in before.namelist():
                after.writestr(name, b"<worksheet><" if name == part else before.read(name))
        with pytest.raises(smsframe.ContactsError, match="cannot be read as a workbook"):
            smsframe.read_contacts(tmp_path / "b.xlsx")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(smsframe.ContactsError, match="damaged workbook"):
        smsframe.read_contacts(path)


def test_without_the_extra_the_error_says_how_to_install_it(book, monkeypatch):
    path = book([["mobile"], [NUMBER]])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(smsframe.ContactsError, match=r'pip install "smsframe\[excel\]"'):
        smsframe.read_contacts(path)


def test_parquet_keeps_the_types_of_its_columns(tmp_path):
    table = pa.table(
        {
            "mobile": pa.array([393471000000, None], pa.int64()),
            "other": pa.array([393471234567.0, None], pa.float64()),
            "kind": pa.array(["a", "b"]).dictionary_encode(),
            "name": pa.array(["NA", None], pa.large_string()),
            "when": pa.array([dt.date(2026, 11, 22), None], pa.date32()),
            "ok": pa.array([True, False]),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    found = smsframe.read_contacts(tmp_path / "a.parquet")
    assert found.dtypes.astype(str).to_dict() == {
        "mobile": "Int64", "other": "float64", "kind": "category",
        "name": "string", "when": "object", "ok": "bool",
    }  # fmt: skip
    # A gap has not made floats of the integers, whose zeros would read as digits lost.
    assert found["mobile"].sms.normalize().tolist()[0] == "+393471000000"
    assert found["other"].sms.normalize().tolist()[0] == NUMBER
    few = smsframe.read_contacts(tmp_path / "a.parquet", columns=["mobile"], dtype={"mobile": "string"})
    assert few["mobile"].tolist()[0] == "393471000000"


def test_a_frame_comes_back_from_parquet_with_its_index(tmp_path):
    frame = pd.DataFrame({"mobile": [NUMBER, None]}, index=pd.Index(["a", "b"], name="who"))
    frame.to_parquet(tmp_path / "a.parquet")
    found = smsframe.read_contacts(tmp_path / "a.parquet")
    assert found.index.tolist() == ["a", "b"]
    assert found["mobile"].tolist()[0] == NUMBER
    with pytest.raises(smsframe.ContactsError, match="cannot be read as Parquet") as caught:
        smsframe.read_contacts(tmp_path / "a.parquet", dtype={"mobile": "datetime64[ns]"})
    assert NUMBER[3:] not in str(caught.value)


def test_a_suppression_list_may_be_a_workbook_or_parquet(book, tmp_path):
    for rows in ([["mobile", "when"], [NUMBER, "2026-11-22"]], [[393471234567, None], [None, "x"]]):
        assert suppression(book(rows)).tolist() == [NUMBER]
    frame = pd.DataFrame({"name": ["Ada", "Bea"], "mobile": np.array([393471234567] * 2)})
    frame.to_parquet(tmp_path / "a.parquet")
    assert suppression(tmp_path / "a.parquet").tolist() == [NUMBER]
    with pytest.raises(smsframe.ContactsError, match="digits_lost"):
        suppression(book([["mobile"], [NUMBER], [393471000000]]))
