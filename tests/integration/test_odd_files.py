"""Files of programs that calculate nothing, append to other files, or write errors in their language."""

from __future__ import annotations

import csv
import decimal
import io
import random
import re
import warnings
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import xlsxwriter

import smsframe
from smsframe.contacts.file_rows import file_rows
from smsframe.contacts.suppression import suppression
from smsframe.phones import parse
from smsframe.texts.values import words

NUMBER = "+393471234567"
ROWS = [f"Ada{place:02},+3934712345{place:02}\r\n" for place in range(20)]


def written(path, content):
    path.write_bytes(content)
    return path


@pytest.fixture
def sheet(tmp_path):
    """Write rows as a workbook by XlsxWriter, with a hand on the sheet, and give its path."""

    def write(rows, change=lambda _: None):
        path = tmp_path / "a.xlsx"
        with xlsxwriter.Workbook(path) as book:
            made = book.add_worksheet()
            for place, row in enumerate(rows):
                made.write_row(place, 0, row)
            change(made)
        return path

    return write


@pytest.mark.parametrize("first", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("other", ["utf-8", "cp1252", "utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("place", ["end", "middle"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("shift", ["", "x"])
def test_another_encoding_inside_of_utf16_is_found_with_its_line(tmp_path, first, other, place, end, shift):
    mark = "\ufeff".encode(first)
    head = ("name,m\r\nZoë,+393471234567\r\n" * 3).replace("\r\n", end)
    rest = (shift + "".join(ROWS) + "Zoë" * (other in ("utf-8", "cp1252"))).replace("\r\n", end).encode(other)
    rest += b"\n" * (len(rest) % 2)
    tail = f"Bob,+393471234567{end}".encode(first) if place == "middle" else b""
    path = written(tmp_path / "u.csv", mark + head.encode(first) + rest + tail)
    same = other == first or (other == "utf-16" and first == "utf-16-le")
    if same:
        assert len(smsframe.read_contacts(path)) > 20
        return
    with pytest.raises(smsframe.ContactsError, match=r"UTF-16 in one place and not in another.* in line 7\b"):
        smsframe.read_contacts(path)


def test_text_in_another_encoding_is_found_where_parts_of_the_file_meet(tmp_path, monkeypatch):
    content = ("name,m\r\n" + "Zoë,+393471234567\r\n" * 9).encode("utf-16") + "".join(ROWS[:3]).encode()
    path = written(tmp_path / "u.csv", content)
    for chunk in range(2, 60):
        monkeypatch.setattr("smsframe.contacts.file_limits.CHUNK", chunk)
        with pytest.raises(smsframe.ContactsError, match=r"encoding in line 11\b"):
            smsframe.read_contacts(path)


CHINESE = "".join(chr(point) for point in range(0x4E00, 0x9FA6))
JAPANESE = "".join(map(chr, [*range(0x3041, 0x3097), *range(0x30A1, 0x30FB), 0x3231, 0x4E0A, 0x4E0D, 0x5C0F]))
TEXTS = {
    "chinese": [
        "您好您的订单已经发货请在三天之内到上海不夜城地下一层领取。",
        "我们不会把您的个人信息提供给任何第三方下属公司上不下不上下",
    ],
    "japanese": [
        "㈱上不ありがとうございます。ご予約は下記のとおりです。",
        "株式会社㈱山田㈱上田㈱不二㈱",
    ],
    "cantonese": ["佢哋㗎㖭㩒㨂㷫喺度做乜嘢㗎上不上"],  # with letters of Extension A, as people write them
    "korean": ["ㄱㄴㄷㄹㅁㅂㅅㅋㅋㅋㅎㅎ안녕하세요"],
    "hindi": ["आपका ऑर्डर भेज दिया गया है धन्यवाद"],
    "punjabi": ["ਤੁਹਾਡਾ ਆਰਡਰ ਭੇਜ ਦਿੱਤਾ ਗਿਆ ਹੈ"],
    "malayalam": ["നിങ്ങളുടെ ഓർഡർ അയച്ചു"],
    "amharic": ["ትዕዛዝዎ ተልኳል"],
    "symbols": ["★☆♪♫→←↑↓■□▲△▼▽◆◇○◎●✓✗"],
    "every letter": [CHINESE, "㐀㐁㐂㐃㐄㐅㐆㐇㐈㐉㐊㐋㐌㐍㐎㐏㐐"],
    "at random": ["".join(random.Random(seed).choices(CHINESE + JAPANESE, k=5000)) for seed in range(20)],
}


@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_real_texts_in_utf16_are_no_other_encoding(tmp_path, texts, encoding):
    rows = "".join(f"{text},{NUMBER}\r\n" for text in texts)
    path = written(tmp_path / "u.csv", f"\ufeffname,m\r\n{rows}".encode(encoding))
    assert smsframe.read_contacts(path)["name"].tolist() == texts


LOCAL = {
    "nl": "#N/B #VERW! #WAARDE! #DEEL/0! #NAAM? #LEEG! #GETAL!",
    "pl": "#N/D! #ADR! #ARG! #DZIEL/0! #NAZWA? #ZERO! #LICZBA!",
    "sv": "#SAKNAS! #REFERENS! #VÄRDEFEL! #DIVISION/0! #NAMN? #SKÄRNING! #OGILTIGT!",
    "da": "#I/T #REFERENCE! #VÆRDI! #DIVISION/0! #NAVN? #NUL! #NUM!",
    "nb": "#I/T #REF! #VERDI! #DIV/0! #NAVN? #NULL! #NUM!",
    "fi": "#PUUTTUU! #VIITTAUS! #ARVO! #JAKO/0! #NIMI? #TYHJÄ! #LUKU!",
    "tr": "#YOK #BAŞV! #DEĞER! #SAYI/0! #AD? #BOŞ! #SAYI!",
    "ru": "#Н/Д #ССЫЛКА! #ЗНАЧ! #ДЕЛ/0! #ИМЯ? #ПУСТО! #ЧИСЛО!",  # noqa: RUF001 - as Excel writes it
    "cs": "#NENÍ_K_DISPOZICI #ODKAZ! #HODNOTA! #DĚLENÍ_NULOU! #NÁZEV? #ČÍSLO!",
    "hu": "#HIÁNYZIK #HIV! #ÉRTÉK! #ZÉRÓOSZTÓ! #NÉV? #NULLA! #SZÁM!",
}


@pytest.mark.parametrize("errors", LOCAL.values(), ids=LOCAL)
@pytest.mark.parametrize("around", ["{}", " {}", "{}\u00a0", "\u2009{}  "])
def test_errors_of_spreadsheets_are_missing_in_any_language_with_spaces_too(tmp_path, errors, around):
    cells = [around.format(error) for error in errors.split()]
    rows = "".join(f"{cell};{NUMBER}\n" for cell in cells)
    path = written(tmp_path / "a.csv", f"name;m\n{rows}Ada #1;{NUMBER}\n".encode())
    with pytest.warns(UserWarning, match=f"{len(cells)} cells of column 'name'"):
        names = smsframe.read_contacts(path)["name"]
    assert names.notna().tolist() == [False] * len(cells) + [True]
    assert words(pd.Series(cells)).to_pylist() == [None] * len(cells)
    with pytest.raises(smsframe.ContactsError, match="cannot be read as a phone number"):
        suppression([NUMBER, cells[0]])


def test_a_formula_that_was_written_without_a_value_is_no_zero(sheet):
    def formulas(made):
        made.write_formula("B2", "=C2*2")  # stored as 0 by XlsxWriter, which calculates nothing
        made.write_formula("B3", "=C3*2", None, 4)
        made.write_formula("B4", '="a"', None, "a")
        made.write_number("B5", 0)

    path = sheet([["m", "points"], *([NUMBER] for _ in range(4))], formulas)
    with pytest.warns(UserWarning, match="formulas in column points have no values"):
        found = smsframe.read_contacts(path)
    assert found["points"].fillna("missing").tolist() == ["missing", "4", "a", "0"]


@pytest.mark.parametrize("code", ["General", "0.00", "yyyy-mm-dd", "hh:mm", "[h]:mm", "@"])
def test_a_formula_without_a_value_is_no_time_either(tmp_path, code):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        made, shown = book.add_worksheet(), book.add_format({"num_format": code})
        made.write_row(0, 0, ["m", "at"])
        made.write_column(1, 0, [NUMBER] * 2)
        made.write_formula("B2", "=C2", shown)
        made.write_formula("B3", "=C3", shown, 46348.5)
    with pytest.warns(UserWarning, match="formulas in column at have no values"):
        found = smsframe.read_contacts(tmp_path / "a.xlsx")
    assert found["at"].notna().tolist() == [False, True]


def with_cell(path, cell):
    """A copy of a workbook whose cell B2 is this XML."""
    other = path.with_name("with_cell.xlsx")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(other, "w") as after:
        for part in before.namelist():
            content = before.read(part)
            if "sheet1" in part:
                content, count = re.subn(rb'<c r="B2".*?</c>', cell.encode(), content)
                assert count == 1
            after.writestr(part, content)
    return other


@pytest.mark.parametrize("kind", ["", 't="n"', 't="str"', 't="b"', 't="e"', 't="d"'])
def test_a_formula_of_any_type_without_a_value_is_said(sheet, kind):
    path = with_cell(sheet([["m", "x"], [NUMBER, "stored"]]), f'<c r="B2" {kind}><f>C2</f></c>')
    with pytest.warns(UserWarning, match="formulas in column x have no values"):
        assert smsframe.read_contacts(path)["x"].isna().all()


@pytest.mark.parametrize("value", ["<v></v>", "<v/>"])
def test_a_formula_that_came_to_an_empty_text_has_a_value(sheet, value):
    path = with_cell(sheet([["m", "x"], [NUMBER, "stored"]]), f'<c r="B2" t="str"><f>C2</f>{value}</c>')
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert smsframe.read_contacts(path)["x"].isna().all()


@pytest.mark.parametrize("style", ["", "yyyy-mm-dd"])
@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("1" * 308, "1.11111111111111E+307"),
        ("1" * 309, "1.11111111111111E+308"),
        ("9" * 309, "1E+309"),
        ("1" * 5000, "1.11111111111111E+4999"),
        ("-" + "1" * 309, "-" + "1" * 309),
        ("1E400", "1E400"),
        ("-1.5e999", "-1.5e999"),
        ("1E308", "1E+308"),
    ],
)
def test_a_number_that_is_too_large_for_a_sheet_is_kept(tmp_path, style, stored, read):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        made = book.add_worksheet()
        made.write_row(0, 0, ["m", "x"])
        made.write_row(1, 0, [NUMBER])
        made.write_number(1, 1, 4321, book.add_format({"num_format": style}) if style else None)
    with zipfile.ZipFile(tmp_path / "a.xlsx") as before, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as after:
        for part in before.namelist():
            content = before.read(part)
            after.writestr(part, content.replace(b"<v>4321</v>", f"<v>{stored}</v>".encode()))
    assert smsframe.read_contacts(tmp_path / "b.xlsx")["x"].tolist() == [read]


@pytest.mark.parametrize("number", [664123456.7, 6641234567.25, 347123.4567, 347.1234567, 34712345.12])
@pytest.mark.parametrize("heading", ["mobile", "contact"])
def test_a_number_with_decimals_in_a_sheet_is_no_phone_number(sheet, number, heading):
    path = sheet(
        [[heading, "paid"], [number, number], *([f"+4366412345{place}", 1.5] for place in range(60, 80))]
    )
    found = smsframe.read_contacts(path)
    for region in ("AT", "IT"):
        assert parse.normalize(found[heading], region).notna().tolist() == [False] + [True] * 20
    assert found["paid"][0] == str(number)  # an amount stays as it is


def test_a_sheet_of_numbers_with_decimals_alone_is_known_by_its_heading(sheet):
    found = smsframe.read_contacts(sheet([["mobile"], [664123456.7], [347.1234567]]))
    assert parse.read(found["mobile"], "AT")["code"].tolist() == ["scientific"] * 2


def test_an_amount_under_a_name_that_sounds_like_phones_stays_an_amount(sheet):
    path = sheet([["mobile_cost", "m"], [12345.67, NUMBER], [1.5, NUMBER]])
    assert smsframe.read_contacts(path)["mobile_cost"].tolist() == ["12345.67", "1.5"]


class Unprintable:
    def __str__(self):
        raise RuntimeError("no")

    __repr__ = __str__


ODD = [
    (np.array([1, 2]), "[1 2]"),
    (np.zeros((2, 2)), "[[0. 0.]\n [0. 0.]]"),
    (pd.Series([1, 2]), "0    1\n1    2\ndtype: int64"),
    (pd.DataFrame({"a": [1]}), "   a\n0  1"),
    ([1, 2], "[1, 2]"),
    (decimal.Decimal("1.50"), "1.50"),
    (10**5000, "\ufffd"),
    (-(10**5000), "\ufffd"),
    (Unprintable(), "\ufffd"),
]


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.parquet"])
def test_every_export_writes_cells_of_any_kind_alike(tmp_path, name):
    cells = pd.Series([*(cell for cell, _ in ODD), "word", None], dtype=object)
    frame = pd.DataFrame({"any": cells, "row": range(len(cells))})
    write = {"csv": smsframe.to_csv, "xlsx": smsframe.to_excel, "parquet": smsframe.to_parquet}
    write[name.partition(".")[2]](frame, tmp_path / name)
    found = smsframe.read_contacts(tmp_path / name)["any"]
    assert found.fillna("missing").tolist() == [*(text for _, text in ODD), "word", "missing"]


@pytest.mark.parametrize("cell", [cell for cell, _ in ODD[6:]], ids=["long", "negative", "unprintable"])
@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.parquet"])
def test_what_python_cannot_write_is_a_replacement_character_alone_in_its_column(tmp_path, name, cell):
    frame = pd.DataFrame({"any": pd.Series([cell], dtype=object)})
    write = {"csv": smsframe.to_csv, "xlsx": smsframe.to_excel, "parquet": smsframe.to_parquet}
    write[name.partition(".")[2]](frame, tmp_path / name)
    assert smsframe.read_contacts(tmp_path / name)["any"].tolist() == ["\ufffd"]


@pytest.mark.parametrize(
    "kind",
    [
        pa.struct([("a", pa.int64())]),
        pa.list_(pa.struct([("b", pa.int8())])),
        pa.map_(pa.string(), pa.int8()),
    ],
)
def test_a_column_of_structs_comes_back_from_parquet(tmp_path, kind):
    cells = {"struct": {"a": 7}, "list": [{"b": 7}], "map": [("k", 7)]}[str(kind).partition("<")[0]]
    frame = pd.DataFrame({"s": pd.Series([cells], dtype=pd.ArrowDtype(kind)), "n": [1]})
    smsframe.to_parquet(frame, tmp_path / "a.parquet")
    found = smsframe.read_contacts(tmp_path / "a.parquet")
    assert found["n"].tolist() == [1]
    assert "7" in str(found["s"][0])


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.parquet"])
def test_half_a_character_in_a_heading_or_label_is_a_replacement_character(tmp_path, name):
    half = pd.Index(["\ud800"], dtype=object, name="row\ud800")
    frame = pd.DataFrame([["x"]], columns=pd.Index(["a\ud800"], dtype=object), index=half)
    write = {"csv": smsframe.to_csv, "xlsx": smsframe.to_excel, "parquet": smsframe.to_parquet}
    write[name.partition(".")[2]](frame, tmp_path / name)
    found = smsframe.read_contacts(tmp_path / name)
    found = found.reset_index() if name == "a.parquet" else found
    assert [*found.columns, *found.iloc[0]] == ["row\ufffd", "a\ufffd", "\ufffd", "x"]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('m\r""\r+393471234567\r 347\r', [2, 3, 4]),
        ('m\r\r""\r+393471234567\r\r 347\r', [3, 4, 6]),
        ('m\r" "\r 1\r""\r2\r', [2, 3, 4, 5]),
    ],
)
def test_a_row_of_one_empty_cell_is_a_row_wherever_spaces_begin_cells(tmp_path, text, rows):
    found = smsframe.read_contacts(written(tmp_path / "a.csv", text.encode()))
    shown = smsframe.problems(smsframe.check(found, phone="m", region="IT"), phone="m")
    assert set(shown["sms_row"]) <= {*rows}
    assert file_rows(found).tolist() == rows


def test_a_row_or_a_cell_without_a_place_is_a_damaged_workbook(sheet, tmp_path):
    path = sheet([["m"], [NUMBER]])
    for old, new in (('<row r="2"', '<row r="0"'), ('<c r="A2"', '<c r="2"'), ('<c r="A2"', '<c r=""')):
        made = tmp_path / "edited.xlsx"
        with zipfile.ZipFile(path) as before, zipfile.ZipFile(made, "w") as after:
            for part in before.namelist():
                after.writestr(part, before.read(part).replace(old.encode(), new.encode()))
        with pytest.raises(smsframe.ContactsError, match="that has no place"):
            smsframe.read_contacts(made)


@pytest.mark.parametrize("encoding", ["utf-16", "punycode", "undefined", "bad\0", "utf-32", "idna2"])
@pytest.mark.parametrize("text", ["m\n+393471234567\n", " \n+393471234567\n"])
def test_an_encoding_that_is_not_the_files_is_refused_in_words(tmp_path, encoding, text):
    path = written(tmp_path / "a.csv", text.encode())
    with pytest.raises(smsframe.ContactsError, match=r"is not in encoding .*say encoding="):
        smsframe.read_contacts(path, encoding=encoding)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"dtype": str}, "dtype must be a dict of the columns"),
        ({"dtype": "string"}, "dtype must be a dict of the columns"),
        ({"dtype": ["m"]}, "dtype must be a dict of the columns"),
        ({"sheet": True}, "sheet must be the name of a sheet, .* not True"),
        ({"sheet": 1.0}, r"sheet must be the name of a sheet, .* not 1\.0"),
        ({"encoding": 5}, "encoding must be the name .* not 5"),
        ({"sep": 5}, "sep must be the delimiter, .* not 5"),
    ],
)
def test_an_option_of_another_type_is_refused_in_words(sheet, option, said):
    path = sheet([["m"], [NUMBER]])
    with pytest.raises(TypeError, match=said):
        smsframe.read_contacts(path, **option)
    assert len(smsframe.read_contacts(path, sheet=np.int64(0))) == 1


@pytest.mark.parametrize("blank", ["\n", "  \n", "\r\n", "\n\n \n", "\t\n"])
@pytest.mark.parametrize("heading", ["", "mobile\n", "\nmobile\n\n"])
@pytest.mark.parametrize("wide", [False, True])
def test_an_opt_out_list_may_begin_with_blank_lines(tmp_path, blank, heading, wide):
    rows = ["+393471234567", "", "+393471234568"]
    if wide:
        heading, rows = heading.replace("mobile", "mobile;why"), [f"{row};x" if row else "" for row in rows]
    path = written(tmp_path / "s.csv", (blank + heading + "\n".join(rows) + "\n").encode())
    assert suppression(str(path)).tolist() == ["+393471234567", "+393471234568"]


def test_rows_without_a_height_are_said_to_be_hidden_and_hidden_unused_rows_are_not(sheet):
    rows = [["m"], *([f"+3934712345{place}"] for place in range(60, 70))]
    path = sheet(rows, lambda made: made.set_row(3, 0))
    with pytest.warns(UserWarning, match=r"1 row of sheet 'Sheet1' that a filter or a hand has hidden"):
        assert len(smsframe.read_contacts(path)) == 10
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # zeroHeight is of the rows that are not in the file
        path = sheet(rows, lambda made: made.set_default_row(hide_unused_rows=True))
        assert len(smsframe.read_contacts(path)) == 10


@pytest.mark.parametrize("above", [[[]], [[], []], [[" "], [None, ""]]])
@pytest.mark.parametrize("skip", [0, 1])
def test_blank_rows_above_the_heading_of_a_sheet_are_skipped(sheet, above, skip):
    rows = [*([["list of guests"]] * skip), *above, ["name", "m"], ["Ada", NUMBER], [], ["Zoë", "347"]]
    path = sheet(rows)
    found = smsframe.read_contacts(path, **({"skiprows": skip} if skip else {}))
    assert found.columns.tolist() == ["name", "m"]
    top = skip + len(above) + 2
    assert file_rows(found).tolist() == [top, top + 1, top + 2]
    path = sheet([*above, ["mobile"], [NUMBER]])
    assert suppression(str(path)).tolist() == [NUMBER]


NUMBERS = (
    "mob: +39 347 1234567",
    "'+393471234567",
    "\u0663\u0669\u0663\u0664\u0667\u0661\u0662\u0663\u0664\u0665\u0666\u0667",
    "+39 347 1234567",
    "+393471234567",
    "393471234567",
    "0664 1234567",
    "(0664) 123-4567",
    "347.123.4567",
)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_without_a_heading_is_refused_and_nobody_is_lost(tmp_path, number, kind):
    rows = pd.DataFrame([["Ada", number], ["Bea", "+39 347 1234568"]])
    path = tmp_path / f"guests.{kind}"
    rows.to_csv(path, header=False, index=False) if kind == "csv" else rows.to_excel(
        path, header=False, index=False
    )
    with pytest.raises(smsframe.ContactsError, match="has no heading") as caught:
        smsframe.read_contacts(path)
    assert number not in str(caught.value)
    assert len(smsframe.read_contacts(path, header=None, names=["name", "mobile"])) == 2
    assert len(smsframe.read_contacts(path, header=0)) == 1


@pytest.mark.parametrize(
    "heading", ["2024-01-01", "20240101", "01.01.2024", "2024", "1", "Q3 2024", "12345678"]
)
def test_dates_and_years_may_be_headings(tmp_path, heading):
    path = tmp_path / "sums.csv"
    pd.DataFrame({"name": ["Ada"], heading: ["7"]}).to_csv(path, index=False)
    assert smsframe.read_contacts(path).columns.tolist() == ["name", heading]


def test_a_number_as_a_label_is_masked_in_every_error():
    people = pd.DataFrame({"Ada": ["Bea"], "+39 347 1234567": ["+39 347 1234568"]})
    for call in (
        people.sms.check,
        lambda: people.sms.check(phone="+39 347 1234569"),
        lambda: people.sms.check(phone="Ada", region="+39 347 1234569"),
        lambda: people.set_index("+39 347 1234567").sms.check(phone="+39 347 1234567"),
    ):
        with pytest.raises(smsframe.ContactsError) as caught:
            call()
        assert "347 12345" not in str(caught.value)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("above", [[], [["A title"]]])
@pytest.mark.parametrize(
    ("headings", "twice", "read"),
    [
        (["mobile", "name", "name"], ["name"], ["mobile", "name", "name.1"]),
        (["name", "mobile", "name", "name", "mobile"], ["name", "mobile"], None),
        (["mobile", 'of "Ada", 1', 'of "Ada", 1'], ['of "Ada", 1'], None),
        (["mobile", "name", "name", "name.1"], ["name"], None),
        (["mobile", "name", "name.1"], [], ["mobile", "name", "name.1"]),
        (["mobile", "1", "1.1"], [], None),
    ],
    ids=["two", "three", "quoted", "with one of that name", "of that name", "numbers"],
)
def test_columns_with_the_same_heading_are_said(tmp_path, sheet, kind, above, headings, twice, read):
    rows = [*above, headings, *([NUMBER, *"abcd"][: len(headings)] for _ in range(3))]
    if kind == "csv":
        path = tmp_path / "a.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    else:
        path = sheet(rows)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        frame = smsframe.read_contacts(path, skiprows=len(above))

    assert len(frame) == 3
    assert read is None or [*frame] == read
    assert len(said) == bool(twice)
    for heading in twice:
        (one,) = said
        assert repr(heading) in str(one.message)
        assert one.filename == __file__


@pytest.mark.parametrize("above", ["", "\n", "Title\n", "Title\n\n", "a,b,c,d,e\n", ' \n"x\n\ny",2\n'])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_headings_below_other_rows_are_said_too(tmp_path, above, end):
    text = f"{above}\nmobile,name,name\n{NUMBER},Ada,Bea\n".replace("\n", end)
    path = written(tmp_path / "a.csv", text.encode())
    header = len([row for row in csv.reader(io.StringIO(above)) if any(cell.strip() for cell in row)])

    with pytest.warns(UserWarning, match="the heading 'name'"):
        frame = smsframe.read_contacts(path, header=header, sep=",", usecols=["mobile", "name", "name.1"])
    assert frame.to_numpy().tolist() == [[NUMBER, "Ada", "Bea"]]


@pytest.mark.parametrize("options", [{"names": ["a", "b", "a.1"], "header": 0}, {"header": None}])
def test_headings_that_are_given_are_not_held_against_the_file(tmp_path, options):
    path = written(tmp_path / "a.csv", f"mobile,name,name\n{NUMBER},Ada,Bea\n".encode())

    assert len(smsframe.read_contacts(path, **options).columns) == 3


def test_a_number_in_headings_that_are_the_same_is_masked(tmp_path):
    path = written(tmp_path / "a.csv", f"Ada {NUMBER},Ada {NUMBER},mobile\na,b,{NUMBER}\n".encode())

    with pytest.warns(UserWarning, match="several columns") as said:
        smsframe.read_contacts(path, header=0)
    assert NUMBER[4:] not in str(said[0].message)


def test_all_that_is_said_of_a_file_is_said_at_the_line_that_reads_it(sheet, tmp_path):
    def change(made):
        made.set_row(2, None, None, {"hidden": True})
        made.write_formula(1, 1, "=A1", None, "")

    path = sheet([["mobile", "a", "a"], [NUMBER, "", "#REF!"], [NUMBER, "x", "y"]], change)
    text = written(tmp_path / "a.csv", f"mobile,a,b\n{NUMBER},Zoë,#REF!\n{NUMBER},,1\n".encode("cp1252"))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        smsframe.read_contacts(path)
        smsframe.read_contacts(text, dtype={"b": "Int64"})
        smsframe.check(pd.DataFrame({"mobile": [NUMBER]}), phone="mobile", suppress=path)

    assert len(said) == 8
    assert {one.filename for one in said} == {__file__}
