"""Frames as files: workbooks, CSV in the notation of a language, Parquet; and what is read out of them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import sys
from contextlib import suppress
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

import babel.localedata
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import smsframe
from smsframe.contacts.spreadsheet_errors import ERRORS
from smsframe.outcomes.export import notation
from smsframe.texts.local_times import heading, on_the_clock, restored, zone_of
from smsframe.texts.spreadsheets import runs

NUMBERS = [f"+3934712345{last}" for last in range(10, 14)]
SEARCH = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
WRITERS = {"csv": smsframe.to_csv, "xlsx": smsframe.to_excel, "parquet": smsframe.to_parquet}


def sheet(path, name="sms_rows"):
    return openpyxl.load_workbook(path)[name]


# Workbooks ------------------------------------------------------------------------------------------------

TEXTS = st.text(min_size=1) | st.text("=+-@_x0041D\t\r\n\"' ", min_size=1, max_size=12)


@pytest.mark.slow
@SEARCH
@given(rows=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5))
def test_every_text_is_a_text_cell_and_is_read_back(tmp_path, rows):
    assume(not any(cell.strip() in ERRORS for row in rows for cell in row))
    frame = pd.DataFrame(rows, columns=["name", "note"], dtype="string")
    frame.sms.to_excel(tmp_path / "a.xlsx")
    back = smsframe.read_contacts(tmp_path / "a.xlsx")
    expected = frame.apply(lambda column: column.str.replace("\0", "\ufffd"))
    assert back.to_numpy().tolist() == expected.to_numpy().tolist()
    cells = [cell for row in sheet(tmp_path / "a.xlsx").iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert {cell.number_format for cell in cells} == {"@"}


@pytest.mark.slow
@SEARCH
@given(
    numbers=st.lists(st.integers(-(10**30), 10**30) | st.integers(-(10**10), 10**10) | st.none(), min_size=1)
)
def test_every_whole_number_is_read_back_and_a_long_one_is_text(tmp_path, numbers):
    assume(any(number is not None for number in numbers))
    frame = pd.DataFrame({"n": pd.Series(numbers, dtype=object), "end": "x"})
    frame.sms.to_excel(tmp_path / "a.xlsx")
    back = smsframe.read_contacts(tmp_path / "a.xlsx")["n"]
    assert [None if pd.isna(cell) else int(cell) for cell in back] == numbers
    kinds = {type(cell.value) for cell in sheet(tmp_path / "a.xlsx")["A"][1:] if cell.value is not None}
    assert kinds == {str if any(abs(number or 0) >= 10**9 for number in numbers) else int}


@SEARCH
@given(
    numbers=st.lists(st.floats(), min_size=1, max_size=5),
    dtype=st.sampled_from(["float64", "Float64", "object", "float64[pyarrow]", ">f8", "category"]),
)
def test_every_float_is_read_back_with_fifteen_digits(tmp_path, numbers, dtype):
    frame = pd.DataFrame({"n": pd.Series(numbers).astype(dtype), "end": "x"})
    frame.sms.to_excel(tmp_path / "a.xlsx")
    back = smsframe.read_contacts(tmp_path / "a.xlsx")["n"]
    for number, cell in zip(numbers, back, strict=True):
        if np.isnan(number):
            assert pd.isna(cell)
        else:
            assert float(cell) == pytest.approx(number, rel=1e-14)


DATES = st.datetimes(dt.datetime(1900, 3, 1), dt.datetime(9999, 12, 30))  # noqa: DTZ001 - spreadsheets have no zones


@pytest.mark.slow
@SEARCH
@given(
    times=st.lists(DATES.map(lambda time: time.replace(microsecond=0)) | st.none(), min_size=1, max_size=5),
    unit=st.sampled_from(["s", "ms", "us"]),
)
def test_every_date_is_a_date_cell_and_is_read_back(tmp_path, times, unit):
    assume(any(times))
    frame = pd.DataFrame({"at": pd.Series(times, dtype=f"datetime64[{unit}]"), "end": "x"})
    frame.sms.to_excel(tmp_path / "a.xlsx")
    back = smsframe.read_contacts(tmp_path / "a.xlsx")["at"]
    assert [None if pd.isna(cell) else dt.datetime.fromisoformat(cell) for cell in back] == times
    assert {cell.is_date for cell in sheet(tmp_path / "a.xlsx")["A"][1:] if cell.value is not None} == {True}


ODD = {
    "categories": (pd.Categorical(["=1+1", None]), ["=1+1", None]),
    "numbers as categories": (pd.Categorical([2, None]), ["2", None]),
    "booleans": (pd.array([True, None], dtype="boolean"), ["TRUE", None]),
    "durations": (pd.to_timedelta(["1h", None]), ["0 days 01:00:00", None]),
    "lists": ([[1], None], ["[1]", None]),
    "decimals": ([Decimal("1.50"), Decimal("sNaN")], ["1.50", None]),
    "tables": ([pd.DataFrame({"a": [1]}), None], ["   a\n0  1", None]),
    "months": (pd.period_range("2026-11", periods=2, freq="M"), ["2026-11", "2026-12"]),
    "sparse": (pd.arrays.SparseArray([1.5, np.nan]), ["1.5", None]),
    "complex after a gap": (pd.Series([None, 1j], dtype=complex), [None, "1j"]),
    "decimals of Arrow": (
        pd.array([None, Decimal("1.50")], dtype=pd.ArrowDtype(pa.decimal128(5, 2))),
        [None, "1.50"],
    ),
    "complex": ([1j, 2j], ["1j", "2j"]),
    "long doubles": (np.array([1.5, 2], dtype=np.longdouble), ["1.5", "2"]),
    "infinite": ([np.inf, -np.inf], ["inf", "-inf"]),
    "long floats": ([393471234567.0, np.nan], ["393471234567", None]),
    "before 1900": (
        np.array(["1850-01-01", "2026-11-28"], dtype="datetime64[s]"),
        ["1850-01-01", "2026-11-28"],
    ),
    "days": ([dt.date(2026, 11, 28), None], ["2026-11-28", None]),
    "half a character": (pd.Series(["a\ud800", "b"], dtype=object), ["a\ufffd", "b"]),
}


@pytest.mark.parametrize(("cells", "expected"), ODD.values(), ids=ODD)
def test_a_column_of_any_kind_is_kept(tmp_path, cells, expected):
    frame = pd.DataFrame({"mobile": NUMBERS[:2]}).assign(odd=cells)
    frame.sms.to_excel(tmp_path / "a.xlsx")
    back = smsframe.read_contacts(tmp_path / "a.xlsx")
    assert back["odd"].astype(object).where(back["odd"].notna(), None).tolist() == expected
    assert back["mobile"].tolist() == NUMBERS[:2]


def test_a_workbook_is_made_to_be_read_by_people(tmp_path):
    frame = pd.DataFrame({"name": ["A" * 30, "B"], "mobile": NUMBERS[:2], "share": [0.5, 1.25]})
    frame.sms.check(phone="mobile").sms.to_excel(tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["sms_rows", "sms_summary"]
    rows = book["sms_rows"]
    assert (rows.freeze_panes, rows.auto_filter.ref) == ("A2", "A1:G3")
    assert [cell.font.b for cell in rows[1]] == [True] * 7
    assert 30 < rows.column_dimensions["A"].width < 40
    assert rows["B2"].value == NUMBERS[0]
    assert rows["C3"].value == 1.25
    told = {row[0].value: row[1].value for row in book["sms_summary"].iter_rows()}
    assert told["rows ready"] == told["rows"] == 2


def test_the_summary_is_left_out_where_it_is_not_wanted_or_there_is_none(tmp_path):
    checked = pd.DataFrame({"mobile": NUMBERS}).sms.check(phone="mobile")
    for frame, wanted in ((checked, False), (checked[["mobile"]], None), (checked.sms.problems(), None)):
        frame.sms.to_excel(tmp_path / "a.xlsx", summary=wanted)
        assert openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames == ["sms_rows"]
    with pytest.raises(smsframe.ContactsError, match="sms_status"):
        checked[["mobile"]].sms.to_excel(tmp_path / "b.xlsx", summary=True)
    assert not (tmp_path / "b.xlsx").exists()


def test_labels_of_any_kind_and_indexes_are_first_columns(tmp_path):
    index = pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["=1", None])
    frame = pd.DataFrame([["a", "b"], ["c", "d"]], columns=["n", "n"], index=index)
    frame.sms.to_excel(tmp_path / "a.xlsx")
    assert [cell.value for cell in sheet(tmp_path / "a.xlsx")[1]] == ["=1", "", "n", "n"]
    frame.sms.to_excel(tmp_path / "a.xlsx", index=False)
    assert [cell.value for cell in sheet(tmp_path / "a.xlsx")[1]] == ["n", "n"]
    pd.DataFrame({7: ["a"], ("b", 1): ["c"]}).sms.to_excel(tmp_path / "a.xlsx")
    assert [cell.value for cell in sheet(tmp_path / "a.xlsx")[1]] == ["7", "('b', 1)"]


TOO_MUCH = {
    "rows": (lambda: pd.DataFrame({"a": np.zeros(2**20, dtype=bool)}), "1,048,575 rows"),
    "columns": (lambda: pd.DataFrame(np.zeros((1, 2**14 + 1))), "16,384 columns"),
    "characters": (
        lambda: pd.DataFrame({"note": ["", "x" * 32_768]}),
        "row 2 .*32,768 characters in column 'note'",
    ),
    "emoji": (lambda: pd.DataFrame({"note": ["😀" * 16_384]}), "32,768 characters"),
    "heading": (lambda: pd.DataFrame({"x" * 32_768: [1]}), "row 0 "),
    "levels": (lambda: pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), "2 levels"),
}


@pytest.mark.parametrize(("make", "message"), TOO_MUCH.values(), ids=TOO_MUCH)
def test_what_a_sheet_cannot_hold_is_refused_before_anything_is_written(tmp_path, make, message):
    with pytest.raises(ValueError, match=message):
        make().sms.to_excel(tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "name", "better"),
    [
        *(("csv", f"a{other}", "a.csv") for other in (".xlsx", ".XLS", ".ods", ".parquet", ".json")),
        *(("xlsx", f"a{other}", "a.xlsx") for other in (".csv", ".xls", ".xlsm", ".ods", "", ".parquet")),
        *(("parquet", f"a{other}", "a.parquet") for other in (".csv", ".txt", ".xlsx", ".json", ".feather")),
    ],
)
def test_a_name_that_says_something_else_is_refused(tmp_path, kind, name, better):
    with pytest.raises(ValueError, match=f"name it {better}"):
        WRITERS[kind](pd.DataFrame({"a": [1]}), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["to_excel", "to_parquet"])
def test_the_error_names_the_function_that_writes_it(tmp_path, name):
    path = tmp_path / {"to_excel": "a.xlsx", "to_parquet": "a.parquet"}[name]
    with pytest.raises(ValueError, match=f"or use {name}"):
        smsframe.to_csv(pd.DataFrame({"a": [1]}), path)
    getattr(smsframe, name)(pd.DataFrame({"a": [1]}), path)


def test_without_xlsxwriter_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(ImportError, match=r'pip install "smsframe\[excel\]"'):
        pd.DataFrame({"a": [1]}).sms.to_excel(tmp_path / "a.xlsx")


# Times ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_times_are_restored_in_every_zone_whatever_its_clocks_do():
    hours = pd.Series(pd.date_range("2024-01-01", "2027-01-01", freq="h", tz="UTC"))
    shown = [
        (zone, hours.dt.tz_convert(ZoneInfo(zone)).dt.tz_localize(None))
        for zone in sorted(available_timezones())
    ]
    turning = 0
    for zone, clock in shown:
        offset = clock - hours.dt.tz_localize(None)
        turns = hours[offset.ne(offset.shift())]
        steps = pd.timedelta_range("-3h", "3h", freq="15min")
        times = pd.Series(sorted({turn + step for turn in turns for step in steps})).astype(
            "datetime64[us, UTC]"
        )
        name = zone_of(times, ZoneInfo(zone))
        naive, twice = on_the_clock(times, name)
        turning += int(twice.notna().sum())
        frame = pd.DataFrame({heading("at", name): twice.fillna(naive.astype("string"))})
        back = restored(frame)
        assert list(back.columns) == ["at"], zone
        assert pd.to_datetime(back["at"], utc=True, format="ISO8601").tolist() == times.tolist(), zone
    assert turning > 1000


@pytest.mark.samples(8)
@pytest.mark.parametrize("zone", [None, "Europe/Rome", "America/St_Johns", "Asia/Kathmandu", "UTC"])
@pytest.mark.parametrize("locale", [None, "it", "en", "de-AT"])
def test_times_in_a_file_are_the_same_instants(tmp_path, zone, locale):
    at = pd.to_datetime(
        ["2026-10-25T00:30Z", "2026-10-25T01:30:00.5Z", None, "2026-03-29T01:00Z"], format="ISO8601"
    )
    frame = pd.DataFrame(
        {"mobile": NUMBERS, "own": at.tz_convert("Asia/Tokyo"), "fixed": at.tz_convert("+02:00")}
    )
    frame = frame.sms.check(phone="mobile").assign(sms_sent_at=at)
    frame.sms.to_csv(tmp_path / "a.csv", zone=zone, locale=locale)
    frame.sms.to_excel(tmp_path / "a.xlsx", zone=zone)
    for path in (tmp_path / "a.csv", tmp_path / "a.xlsx"):
        back = smsframe.read_contacts(path)
        assert list(back.columns) == list(frame.columns)
        for name in ("own", "fixed", "sms_sent_at"):
            found = pd.to_datetime(back[name], utc=True, format="ISO8601")
            expected = frame[name].dt.tz_convert("UTC")
            if path.suffix == ".xlsx":
                found, expected = found.dt.floor("s"), expected.dt.floor("s")
            assert found.equals(expected.astype(found.dtype))


def test_the_zone_stands_in_the_heading(tmp_path):
    at = pd.to_datetime(["2026-11-28T12:51:00Z"])
    frame = pd.DataFrame(
        {"sms_sent_at": at, "own": at.tz_convert("Asia/Tokyo"), "free": at.tz_localize(None)}
    )
    frame.sms.to_excel(tmp_path / "a.xlsx")
    assert [cell.value for cell in sheet(tmp_path / "a.xlsx")[1]] == [
        "sms_sent_at (UTC)",
        "own (Asia/Tokyo)",
        "free",
    ]
    frame.sms.to_csv(tmp_path / "a.csv", locale="it", zone="Europe/Rome")
    assert (tmp_path / "a.csv").read_text("utf-8-sig") == (
        '"sms_sent_at (Europe/Rome)";"own (Europe/Rome)";"free"\n'
        '"2026-11-28 13:51:00";"2026-11-28 13:51:00";"2026-11-28 12:51:00"\n'
    )


def test_two_columns_with_one_heading_are_restored_both(tmp_path):
    at = pd.Series(pd.to_datetime(["2026-11-28T12:51:00Z"]), name="at")
    frame = pd.concat([at, at, pd.Series(NUMBERS[:1], name="sms_reason")], axis=1)
    frame.sms.to_excel(tmp_path / "a.xlsx")
    with pytest.warns(UserWarning, match="several columns with the heading"):
        back = smsframe.read_contacts(tmp_path / "a.xlsx")
    assert back.iloc[0].to_dict() == {
        "at": "2026-11-28 12:51:00+00:00", "at.1": "2026-11-28 12:51:00+00:00", "sms_reason": NUMBERS[0],
    }  # fmt: skip


def test_headings_of_others_that_end_in_a_zone_stay(tmp_path):
    (tmp_path / "a.csv").write_text("mobile,start (UTC)\n+393471234510,2026-11-28 12:51\n", "utf-8")
    assert smsframe.read_contacts(tmp_path / "a.csv")["start (UTC)"].tolist() == ["2026-11-28 12:51"]
    own = pd.DataFrame({"mobile": NUMBERS[:1], "start (UTC)": ["noon"]}).sms.check(phone="mobile")
    for name in ("a.csv", "a.xlsx"):
        WRITERS[name.split(".")[1]](own, tmp_path / name)
        assert smsframe.read_contacts(tmp_path / name)["start (UTC)"].tolist() == ["noon"]


@pytest.mark.parametrize("locale", [None, "it"])
@pytest.mark.parametrize(
    "label", ["Start (CET)", "Nickname (Poland)", "a (UTC).1", "a (UTC) (CET)", "a (UTC)\u2060"]
)
def test_texts_under_headings_that_end_in_a_zone_come_back_as_they_were(tmp_path, label, locale):
    """Also those that look like times, and beside times under the same heading."""
    at = pd.to_datetime(["2026-11-28T12:51:00Z", None]).tz_convert("Asia/Tokyo")
    own = pd.DataFrame({"mobile": NUMBERS[:2], label: ["2026-11-28 12:51", None], f"b {label}": at, "c": at})
    own = own.sms.check(phone="mobile")
    smsframe.to_csv(own, tmp_path / "a.csv", locale=locale)
    smsframe.to_excel(own, tmp_path / "a.xlsx")
    for name in ("a.csv", "a.xlsx"):
        back = smsframe.read_contacts(tmp_path / name)
        assert [*back.columns] == [*own.columns]
        assert back[label].tolist() == own[label].astype("string").tolist()
        for times in (f"b {label}", "c"):
            assert pd.to_datetime(back[times], utc=True).tolist() == own[times].dt.tz_convert("UTC").tolist()


@pytest.mark.parametrize("writer", [smsframe.to_csv, smsframe.to_excel])
def test_an_unknown_zone_is_an_error_before_anything_is_written(tmp_path, writer):
    with pytest.raises(ValueError, match="zone='Rome' is no time zone"):
        writer(
            pd.DataFrame({"a": [1]}),
            tmp_path / ("a.csv" if writer is smsframe.to_csv else "a.xlsx"),
            zone="Rome",
        )
    assert list(tmp_path.iterdir()) == []


# CSV in the notation of a language -------------------------------------------------------------------------


def test_every_locale_that_babel_knows_has_a_notation():
    names = babel.localedata.locale_identifiers()
    found = {name: notation(name) for name in names}
    assert len(found) > 500
    assert {(known.decimal, known.sep) for known in found.values()} == {(".", ","), (",", ";")}
    assert notation("pt-BR") == notation("pt_BR") == notation("it")


@pytest.mark.parametrize("name", ["", "xx", "italiano", "it_XX_YY_ZZ", "../it", 7])
def test_what_is_no_locale_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="is no locale; one is 'it'"):
        smsframe.to_csv(pd.DataFrame({"a": [1]}), tmp_path / "a.csv", locale=name)
    assert list(tmp_path.iterdir()) == []


def test_numbers_have_the_mark_of_the_language_and_formulas_stay_inert(tmp_path):
    frame = pd.DataFrame(
        {
            "name": ["=1+1", "a;=2"],
            "float": [0.5, np.nan],
            "gap": pd.array([-1.25, None], dtype="Float64"),
            "mixed": pd.Series([Decimal("2.50"), "1.5"], dtype=object),
            "whole": [1, 1000000],
        }
    )
    frame.sms.to_csv(tmp_path / "a.csv", locale="it")
    assert (tmp_path / "a.csv").read_text("utf-8-sig").splitlines() == [
        '"name";"float";"gap";"mixed";"whole"',
        '"\'=1+1";"0,5";"-1,25";"2,50";"1"',
        '"a;\'=2";"";"";"1.5";"1000000"',
    ]
    assert smsframe.read_contacts(tmp_path / "a.csv")["name"].tolist() == frame["name"].tolist()
    frame.sms.to_csv(tmp_path / "a.csv", locale="it", sep="\t")
    assert smsframe.read_contacts(tmp_path / "a.csv", sep="\t")["float"].iloc[0] == "0,5"


# Files of others, and ours ---------------------------------------------------------------------------------

APART = ["'=1+1", "'Ndrangheta", "a,'=b", "x\n'- y", "'+39 347 1234567"]


FORMULAS = ["=1+1", "Ada", None, "+1-2"]


def arrow(cells, kind=None):
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.array(cells, kind)))


HOLD_TEXTS = {
    "categories": lambda: pd.Series(FORMULAS, dtype="category"),
    "categories of strings": lambda: pd.Series(FORMULAS, dtype="string").astype("category"),
    "categories of Arrow's": lambda: arrow(FORMULAS).astype("category"),
    "a dictionary": lambda: arrow(pa.array(FORMULAS).dictionary_encode()),
    "a large dictionary": lambda: arrow(pa.array(FORMULAS, pa.large_string()).dictionary_encode()),
    "dictionaries in chunks": lambda: pd.Series(
        pd.arrays.ArrowExtensionArray(
            pa.chunked_array([pa.array(part).dictionary_encode() for part in (FORMULAS[:2], FORMULAS[2:])])
        )
    ),
    "Arrow strings": lambda: arrow(FORMULAS),
    "large strings": lambda: arrow(FORMULAS, pa.large_string()),
    "views of strings": lambda: arrow(FORMULAS, pa.string_view()),
    "objects": lambda: pd.Series(FORMULAS, dtype=object),
    "strings": lambda: pd.Series(FORMULAS, dtype="string"),
    "strings of Python": lambda: pd.Series(FORMULAS, dtype=pd.StringDtype("python")),
    "Arrow lists": lambda: arrow([[word, word] for word in FORMULAS]),
    "lists": lambda: pd.Series([[word, word] for word in FORMULAS]),
    "structs": lambda: arrow([{"a": word, "b": word} for word in FORMULAS]),
    "maps": lambda: arrow([[("k", word)] for word in FORMULAS], pa.map_(pa.string(), pa.string())),
    "lists of dictionaries": lambda: arrow([FORMULAS] * 4, pa.list_(pa.dictionary(pa.int8(), pa.string()))),
    "bytes": lambda: arrow([b"=1+1", b"a,=1", None, b"b"]),
    "intervals": lambda: pd.Series(pd.interval_range(-3, 1)),
    "durations": lambda: pd.Series(pd.to_timedelta([-5, 3, None, 7], unit="h")),
    "Arrow durations": lambda: arrow(pa.array([-5, 3, None, 7], pa.duration("s"))),
}


@pytest.mark.parametrize("locale", [None, "it"])
@pytest.mark.parametrize("make", HOLD_TEXTS.values(), ids=HOLD_TEXTS.keys())
def test_nothing_runs_in_a_column_or_an_index_of_any_dtype(tmp_path, make, locale):
    cells = make()
    index = pd.MultiIndex.from_arrays([[*"abcd"]] * 2, names=["=x()", "-y()"])
    with suppress(TypeError, NotImplementedError, pa.ArrowException):  # pandas makes no levels of all of them
        index = pd.MultiIndex.from_arrays([cells.array, [*"abcd"]], names=index.names)
    labels = pd.CategoricalIndex(["=z()", "@w()"])
    for frame in (
        pd.DataFrame({"m": [*"abcd"], "x": cells.array, "sms_reason": "r"}),
        pd.DataFrame({"m": [*"abcd"], "sms_reason": "r"}, index=pd.Index(cells.array, name="=x()")),
        pd.DataFrame({"m": [*"abcd"], "sms_reason": "r"}, index=index),
        pd.DataFrame([["a", "b"]] * 4, columns=labels).assign(**{"=v()": cells.array}),
    ):
        smsframe.to_csv(frame, tmp_path / "a.csv", locale=locale)
        written = (tmp_path / "a.csv").read_text("utf-8-sig")
        rows = [*csv.reader(io.StringIO(written), delimiter=";" if locale else ",")]
        assert not runs([cell for row in rows for cell in row])
        if "sms_reason" in frame:
            smsframe.to_excel(frame, tmp_path / "a.xlsx", index=True)
            back, book = (smsframe.read_contacts(tmp_path / f"a.{kind}") for kind in ("csv", "xlsx"))
            assert back.equals(book[back.columns])


def written_by_others(path, cells, **how):
    pd.DataFrame({"name": cells, "mobile": NUMBERS[0]}).to_csv(path, index=False, **how)
    return smsframe.read_contacts(path)["name"].tolist()


def test_apostrophes_of_others_stay_where_nobody_has_put_them_before_formulas(tmp_path):
    """Something in it would run: whoever wrote the file does not write apostrophes before such texts."""
    for formula in ("=1+1", "- VIP", "@ home", "a;=b"):
        assert written_by_others(tmp_path / "a.csv", [*APART, formula]) == [*APART, formula]


def test_at_the_start_of_a_cell_they_are_what_spreadsheets_have_there(tmp_path):
    expected = ["=1+1", "'Ndrangheta", "a,'=b", "x\n'- y", "+39 347 1234567"]
    assert written_by_others(tmp_path / "a.csv", APART) == expected
    for plain in ("-5", "+39 347 1234567", "=", "'"):
        found = written_by_others(tmp_path / "a.csv", [*APART, plain])
        assert found == ([*APART, plain] if plain == "=" else [*expected, plain])


@pytest.mark.parametrize("checked", [True, False])
def test_our_own_files_are_known_by_their_columns_or_as_they_are_written(tmp_path, checked):
    cells = [*APART, "=1+1", "a,=b", "''=x"]
    frame = pd.DataFrame({"name": cells, "mobile": NUMBERS[0]})
    out = frame.sms.check(phone="mobile") if checked else frame
    out.sms.to_csv(tmp_path / "a.csv")
    assert smsframe.read_contacts(tmp_path / "a.csv")["name"].tolist() == cells
    # Saved by a spreadsheet, with another delimiter and without the mark, and somebody has written a formula.
    text = pd.read_csv(tmp_path / "a.csv", dtype=str, keep_default_na=False)
    text.loc[0, "mobile"] = "+39-347-1234567"
    text.to_csv(tmp_path / "b.csv", index=False, sep=";")
    assert (smsframe.read_contacts(tmp_path / "b.csv")["name"].tolist() == cells) is checked


# Parquet --------------------------------------------------------------------------------------------------


def test_parquet_keeps_dtypes_zones_and_the_index(tmp_path):
    frame = pd.DataFrame({"mobile": NUMBERS, "n": range(4)}, index=pd.Index([*"abcd"], name="id"))
    out = frame.assign(at=pd.Timestamp("2026-11-28 13:51", tz="Europe/Rome").as_unit("us")).sms.check(
        phone="mobile"
    )
    out.sms.to_parquet(tmp_path / "a.parquet")
    back = pd.read_parquet(tmp_path / "a.parquet")
    assert back.dtypes[["n", "at", "sms_status"]].equals(out.dtypes[["n", "at", "sms_status"]])
    pd.testing.assert_frame_equal(back.astype(out.dtypes.to_dict()), out)  # strings are as pandas reads them
    assert repr(smsframe.read_contacts(tmp_path / "a.parquet").sms.summary()) == repr(out.sms.summary())


@pytest.mark.parametrize(("cells", "expected"), ODD.values(), ids=ODD)
def test_parquet_takes_a_column_of_any_kind(tmp_path, cells, expected):
    frame = pd.DataFrame({"mobile": NUMBERS[:2]}).assign(odd=cells)
    frame.sms.to_parquet(tmp_path / "a.parquet")
    back = pd.read_parquet(tmp_path / "a.parquet")
    assert back["mobile"].tolist() == NUMBERS[:2]
    assert [pd.api.types.is_scalar(cell) and pd.isna(cell) for cell in back["odd"]] == [
        text is None for text in expected
    ]


def test_parquet_of_labels_and_attributes_of_any_kind(tmp_path):
    frame = pd.DataFrame({7: ["a"], "mixed": [[1, "x"]], None: [2]})
    frame.attrs = {"note": "kept", "object": object(), 1: "number"}
    frame.sms.to_parquet(tmp_path / "a.parquet")
    back = pd.read_parquet(tmp_path / "a.parquet")
    assert list(map(str, back.columns)) == ["7", "mixed", "None"]
    assert back.attrs == {"note": "kept"}
    assert set(frame.attrs) == {"note", "object", 1}
    with pytest.raises(ValueError, match="two are called 'n': rename one"):
        pd.DataFrame([[1, 2]], columns=["n", "n"]).sms.to_parquet(tmp_path / "b.parquet")
    with pytest.raises(ValueError, match="2 levels"):
        TOO_MUCH["levels"][0]().sms.to_parquet(tmp_path / "b.parquet")
    assert not (tmp_path / "b.parquet").exists()
