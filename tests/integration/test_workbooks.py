"""Workbooks and Parquet files as contacts: what a cell stores, never what a spreadsheet displays."""

from __future__ import annotations

import datetime as dt
import html
import re
import shutil
import time
import zipfile
from decimal import Decimal

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import smsframe
from smsframe.contacts import xlsx_values
from smsframe.contacts.suppression import suppression
from smsframe.phones import parse
from smsframe.texts.spreadsheet_errors import ERRORS

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
    (393471234567, "yyyy-mm-dd", "393471234567"),  # no such date: spreadsheets show ######
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


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NUM!", "#NULL!", "#NAME?"])
def test_the_error_of_a_formula_is_missing_and_said(book, error):
    """As openpyxl writes such a text: as the error that it looks like."""
    with pytest.warns(UserWarning, match="read as missing: 1 cell of column 'x', where a spreadsheet"):
        assert cell(book, error) == "missing"


@pytest.mark.parametrize("value", [393471234567, 393471000000, 390000000000, 3471230000])
def test_lost_digits_are_named_as_in_a_column_of_floats(book, value):
    path = book([["mobile"], [value], [float(value)]])
    code = parse.read(smsframe.read_contacts(path)["mobile"], "IT")["code"]
    assert (
        code.fillna("-").tolist()
        == parse.read(pd.Series([float(value)] * 2), "IT")["code"].fillna("-").tolist()
    )


@pytest.mark.filterwarnings("ignore:.*several columns with the heading 'name'")
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


def edited(path, change, name="edited.xlsx"):
    """A copy of a workbook whose parts went through ``change(name, content)``."""
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(path.with_name(name), "w") as after:
        for part in before.namelist():
            after.writestr(part, change(part, before.read(part)))
    return path.with_name(name)


def sheet_of(path, rows, strings=()):
    """A copy of a workbook whose sheet has these rows of XML, and which has these shared strings."""
    start = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    sheet = start + rows + b"</sheetData></worksheet>"
    changed = edited(path, lambda part, content: sheet if "sheet1" in part else content, "sheet_of.xlsx")
    if strings:
        with zipfile.ZipFile(changed, "a") as book:
            listed = b"".join(b"<si>" + text + b"</si>" for text in strings)
            book.writestr("xl/sharedStrings.xml", b"<sst>" + listed + b"</sst>")
    return changed


@pytest.fixture(scope="module")
def dated(tmp_path_factory):
    """A workbook whose cell A2 is formatted as a date and holds 0."""
    made = openpyxl.Workbook()
    made.active.append(["x"])
    made.active.append([0])
    made.active["A2"].number_format = "yyyy-mm-dd hh:mm:ss"
    made.save(path := tmp_path_factory.mktemp("dated") / "a.xlsx")
    return path


@settings(max_examples=150, deadline=None)
@given(
    days=st.one_of(
        st.integers(0, 10**15),
        st.integers(-(10**6), -1),
        st.floats(0, 3_000_000).map(lambda days: round(days * 86400) / 86400),
    )
)
def test_a_number_in_a_date_format_is_the_date_that_openpyxl_reads_or_else_its_digits(dated, days):
    path = edited(dated, lambda _, content: content.replace(b"<v>0</v>", b"<v>%s</v>" % repr(days).encode()))
    text = smsframe.read_contacts(path)["x"][0]
    if 0 <= days < 2_958_466:
        expected = openpyxl.utils.datetime.from_excel(days)
        whole = expected.replace(microsecond=0)  # in a time openpyxl leaves what doubles are inexact by
        nearest = {whole, whole.replace(second=(whole.second + 1) % 60)} if days < 1 else {whole}
        assert type(expected).fromisoformat(text) in nearest
    else:
        assert text == xlsx_values.number(repr(days))


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("a_x000D_b", "a\rb"),
        ("_x005F_x0041_", "_x0041_"),
        ("_x0041__x0042_", "AB"),
        ("_xD83D__xDE00_", "\U0001f600"),
        ("_xD83D_", "\ufffd"),
        ("_x0000_", "\ufffd"),
        ("_x41_ _xGGGG_ _x", "_x41_ _xGGGG_ _x"),
        ("+39_x00A0_347 1234567", "+39\xa0347 1234567"),
    ],
)
def test_escaped_characters_are_decoded_in_cells_and_headings(book, stored, text):
    """ECMA-376 part 1, 22.9.2.19; each of the ways in which a sheet keeps a text."""
    path = book([["x"], ["y"]])
    inline, formula = (
        "<c r='{}' t='inlineStr'><is><t>{}</t></is></c>",
        "<c r='{}' t='str'><f>A1</f><v>{}</v></c>",
    )
    row = "<row r='1'>" + inline.format("A1", stored) + formula.format("B1", f"2{stored}") + "</row>"
    row += "<row r='2'>" + inline.format("A2", stored) + formula.format("B2", stored) + "</row>"
    found = smsframe.read_contacts(sheet_of(path, row.encode()), header=0)
    assert found.columns.tolist() == [text, f"2{text}"]
    assert found.iloc[0].tolist() == [text, text]
    cells = b"<row r='1'><c r='A1' t='s'><v>1</v></c></row><row r='2'><c r='A2' t='s'><v>0</v></c></row>"
    shared = sheet_of(path, cells, [f"<t>{stored}</t>".encode(), b"<t>x</t>"])
    assert smsframe.read_contacts(shared)["x"].tolist() == [text]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_every_text_is_read_back_whatever_is_escaped(book, text):
    """Escaped as the standard says: what XML has not, and each underscore that would begin an escape."""
    assume(text not in ERRORS)  # what a spreadsheet writes where a formula failed is no text
    stored = re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    stored = re.sub("[\x00-\x1f\x7f-\x9f\ufffe\uffff]", lambda match: f"_x{ord(match[0]):04X}_", stored)
    row = f"<row r='1'><c r='A1' t='str'><v>{html.escape(stored)}</v></c></row>"
    path = sheet_of(book([["x"]]), row.encode())
    assert smsframe.read_contacts(path, header=None, na_values=[])[0].tolist() == [text]


def test_hidden_rows_are_read_and_said(book):
    path = book([["name", "mobile"], *[[f"Person {n}", f"+39347123456{n}"] for n in range(5)]])
    made = openpyxl.load_workbook(path)
    sheet = made.active
    sheet.auto_filter.ref = "A1:B6"
    sheet.auto_filter.add_filter_column(0, ["Person 0"])
    for row in (3, 4, 5, 6, 9):  # as a spreadsheet program marks what its filter hides; the last one is empty
        sheet.row_dimensions[row].hidden = True
    made.save(path)
    with pytest.warns(
        UserWarning, match="4 rows of sheet 'sheet 0' that a filter or a hand has hidden are read"
    ):
        found = smsframe.read_contacts(path)
    assert found["mobile"].tolist() == [f"+39347123456{n}" for n in range(5)]


STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
}


def test_strict_open_xml_is_read(book):
    """Other namespaces, and dates as ISO text (ISO/IEC 29500-1, 18.18.11)."""
    path = book(
        [["name", "mobile", "when"], ["Zoë", NUMBER, "WHEN"], [None, 393471234567, dt.date(2026, 11, 22)]]
    )

    def strict(_, content):
        for transitional, name in STRICT.items():
            content = content.replace(transitional, name)
        return content

    found = smsframe.read_contacts(edited(path, strict))
    assert found["mobile"].tolist() == [NUMBER, "393471234567"]
    assert found["when"].tolist() == ["WHEN", "2026-11-22"]
    dates = b'<row r="1"><c r="A1" t="inlineStr"><is><t>when</t></is></c></row>'
    for row, text in enumerate(("2026-11-22", "2026-11-22T09:05:00", "09:05:00", "soon"), 2):
        dates += b'<row r="%d"><c r="A%d" t="d"><v>%s</v></c></row>' % (row, row, text.encode())
    found = smsframe.read_contacts(sheet_of(path, dates))
    assert found["when"].tolist() == ["2026-11-22", "2026-11-22 09:05", "09:05:00", "soon"]


def test_elements_with_a_prefix_are_read(book):
    """As the Open XML SDK writes them."""
    path = book([["name", "mobile"], ["Ada", NUMBER]])

    def prefixed(part, content):
        if not part.startswith("xl/w") and "shared" not in part:
            return content
        content = re.sub(rb"<(/?)(?=[A-Za-z])", rb"<\1x:", content)
        return content.replace(b" xmlns=", b" xmlns:x=")

    prefixed_path = edited(path, prefixed)
    assert b"<x:row" in zipfile.ZipFile(prefixed_path).read("xl/worksheets/sheet1.xml")
    pd.testing.assert_frame_equal(smsframe.read_contacts(prefixed_path), smsframe.read_contacts(path))


def test_pronunciation_and_formats_are_not_part_of_a_text(book):
    text = b"<r><rPr><b/></rPr><t>\xe6\x9d\xb1</t></r><r><t>\xe4\xba\xac</t></r>"
    text += b"<rPh sb='0' eb='2'><t>\xe3\x83\x88</t></rPh><phoneticPr fontId='1'/>"
    inline = sheet_of(book([["x"]]), b"<row r='1'><c r='A1' t='inlineStr'><is>" + text + b"</is></c></row>")
    assert smsframe.read_contacts(inline, header=None)[0].tolist() == ["\u6771\u4eac"]
    shared = sheet_of(book([["x"]]), b"<row r='1'><c r='A1' t='s'><v>0</v></c></row>", [text])
    assert smsframe.read_contacts(shared, header=None)[0].tolist() == ["\u6771\u4eac"]


@pytest.mark.parametrize("index", ["1", "-1", "x", "1.5"])
def test_a_text_that_is_not_there_is_a_damaged_workbook(book, index):
    cell = f"<row r='1'><c r='A1' t='s'><v>{index}</v></c></row>".encode()
    with pytest.raises(
        smsframe.ContactsError, match="cannot be read as a workbook: it has a part with a cell that"
    ):
        smsframe.read_contacts(sheet_of(book([["x"]]), cell, [b"<t>x</t>"]))


@pytest.mark.slow
def test_what_is_only_formatted_costs_next_to_nothing(book):
    """A million rows, or all columns of many rows, that somebody has coloured."""
    path = book([["mobile"], [NUMBER]])
    one = b'<row r="1"><c r="A1" t="inlineStr"><is><t>mobile</t></is></c></row>'
    two = b'<row r="2"><c r="A2"><v>393471234567</v></c></row>'
    rows = b"".join(b'<row r="%d" s="0"><c r="A%d" s="0"/></row>' % (row, row) for row in range(3, 2**20 + 1))
    letters = [openpyxl.utils.get_column_letter(column) for column in range(1, 16_001)]
    wide = b"".join(
        b'<row r="%d">' % row
        + "".join(f'<c r="{letter}{row}" s="0"/>' for letter in letters).encode()
        + b"</row>"
        for row in range(3, 40)
    )
    for more in (rows, wide):
        formatted = sheet_of(path, one + two + more)
        began = time.process_time()
        assert smsframe.read_contacts(formatted)["mobile"].tolist() == ["393471234567"]
        assert time.process_time() - began < 15  # seconds; 3 where nothing else runs


CELL_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(0, 10**17),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn"]), max_size=8).filter(
        lambda text: not text.startswith(("=", "#")) and "_x" not in text
    ),
    st.datetimes(pd.Timestamp("1900-03-01").to_pydatetime()).map(lambda when: when.replace(microsecond=0)),
)


def as_text(value):
    """What openpyxl reads, as text: the rules of the docs for each type."""
    match value:
        case None | "":
            return None
        case bool():
            return str(value).upper()
        case int() | float():
            return xlsx_values.number(repr(value))
        case dt.datetime():
            return xlsx_values.moment(value)
    return value


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELL_VALUES, min_size=3, max_size=3), min_size=1, max_size=8))
def test_cells_are_where_openpyxl_has_them_and_what_it_says(book, rows):
    path = book([["a", "b", "c"], *rows])
    sheet = openpyxl.load_workbook(path, data_only=True).active
    expected = [
        [as_text(value) for value in row] for row in sheet.iter_rows(min_row=2, values_only=True, max_col=3)
    ]
    while expected and not any(value is not None for value in expected[-1]):
        expected.pop()
    found = [
        [None if pd.isna(value) else value for value in row]
        for row in smsframe.read_contacts(path).to_numpy()
    ]
    assert len(found) == len(expected)
    assert all(
        is_as_said(*pair) for rows in zip(found, expected, strict=True) for pair in zip(*rows, strict=True)
    )


def is_as_said(found, said):
    """Beside numbers that look like phones one with decimals is in scientific notation."""
    if said in ("inf", "-inf"):  # openpyxl reads a number that is too large as infinite, and it is kept
        return float(found) == float(said)
    if found == said or said is None or not re.fullmatch(r"-?[0-9.]+E[+-]?[0-9]+", found or ""):
        return found == said
    return "." in said and Decimal(found) == Decimal(said)


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


@pytest.mark.parametrize("places", [("2A", "2A"), ("2A 2A",), ("3A", "2A", "3A")])
def test_two_values_for_one_cell_are_a_damaged_workbook(book, places):
    """Each word is a row: the row and the column of its cells."""
    rows = "<row r='1'><c r='A1' t='inlineStr'><is><t>mobile</t></is></c></row>"
    for number, row in enumerate(places):
        cells = [f"<c r='{at[1]}{at[0]}'><v>39347123456{number}</v></c>" for at in row.split()]
        rows += f"<row r='{row[0]}'>{''.join(cells)}</row>"
    with pytest.raises(smsframe.ContactsError, match="two values for one cell"):
        smsframe.read_contacts(sheet_of(book([["x"], ["y"]]), rows.encode()))


def test_a_title_above_the_heading_of_a_sheet_is_refused_as_in_a_text_file(tmp_path):
    path = tmp_path / "guests.xlsx"
    rows = [["Guests 2026", None], [None, None], ["name", "mobile"], ["Ada", "+393471234567"]]
    pd.DataFrame([*rows, ["Bea", "+393471234568"]]).to_excel(path, header=False, index=False)
    with pytest.raises(smsframe.ContactsError, match="1 cell in its first row and 2 in the others: say skip"):
        smsframe.read_contacts(path)
    assert smsframe.read_contacts(path, skiprows=2)["name"].tolist() == ["Ada", "Bea"]
    assert len(smsframe.read_contacts(path, header=0)) == 4
    one = tmp_path / "one.xlsx"
    pd.DataFrame({"mobile": ["+393471234567", "+393471234568"]}).to_excel(one, index=False)
    assert len(smsframe.read_contacts(one)) == 2
