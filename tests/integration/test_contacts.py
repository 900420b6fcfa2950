"""Contact files as they come, with every number still text; and out again."""

from __future__ import annotations

import csv
import gzip
import io
import re
import warnings
import zipfile

import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import smsframe
from smsframe.contacts import csv_files, csv_quotes, file_limits
from smsframe.contacts.file_rows import file_rows
from smsframe.contacts.suppression import suppression
from smsframe.texts.spreadsheet_errors import ERRORS
from smsframe.texts.spreadsheets import original

NUMBER = "+393471234567"


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def test_numbers_stay_text_and_only_empty_cells_are_missing(tmp_path):
    path = write(
        tmp_path / "a.csv", 'name,mobile,zip,country\nAda,"+393471234567",00184,NA\nnan,0039347,,IT\n'
    )
    found = smsframe.read_contacts(path)
    assert found["mobile"].tolist() == [NUMBER, "0039347"]
    assert found["zip"].tolist()[0] == "00184"
    assert found["country"].tolist() == ["NA", "IT"]
    assert found["name"].tolist() == ["Ada", "nan"]
    assert found.isna().sum().sum() == 1
    assert set(map(str, found.dtypes)) == {"string"}


FORMS = {
    "utf-8": ("utf-8", ","),
    "with a mark": ("utf-8-sig", ";"),
    "windows": ("cp1252", ";"),
    "utf-16": ("utf-16", "\t"),
    "pipes": ("utf-8", "|"),
}


@pytest.mark.filterwarnings("ignore:.* is read as cp1252")
@pytest.mark.parametrize(("encoding", "sep"), FORMS.values(), ids=FORMS.keys())
def test_encoding_and_delimiter_are_found(tmp_path, encoding, sep):
    rows = [["città", "mobile"], ["Forlì", NUMBER], ["Cantù", "347"]]
    path = write(tmp_path / "a.csv", "".join(sep.join(row) + "\r\n" for row in rows), encoding)
    found = smsframe.read_contacts(path)
    assert found.columns.tolist() == ["città", "mobile"]
    assert found["città"].tolist() == ["Forlì", "Cantù"]


def test_one_column_needs_no_delimiter(tmp_path):
    path = write(tmp_path / "a.csv", f"mobile\n{NUMBER}\n")
    assert smsframe.read_contacts(path)["mobile"].tolist() == [NUMBER]


def test_a_column_may_be_something_else_when_said(tmp_path):
    path = write(tmp_path / "a.csv", "age,mobile\n30,1\n,2\n")
    found = smsframe.read_contacts(path, dtype={"age": "Int64"})
    assert str(found["age"].dtype) == "Int64"
    assert found["mobile"].tolist() == ["1", "2"]


def test_a_file_that_cannot_be_read_is_a_clear_error_without_numbers(tmp_path):
    with pytest.raises(FileNotFoundError):
        smsframe.read_contacts(tmp_path / "nowhere.csv")
    with pytest.raises(smsframe.ContactsError, match="is empty"):
        smsframe.read_contacts(write(tmp_path / "empty.csv", "\ufeff\n"))
    with pytest.raises(smsframe.ContactsError, match="encoding"):
        smsframe.read_contacts(write(tmp_path / "b.csv", "è,x\n", "cp1252"), encoding="utf-8")
    with pytest.raises(smsframe.ContactsError, match="cannot be read as a table") as caught:
        smsframe.read_contacts(write(tmp_path / "c.csv", f"a,b\n1,2\n{NUMBER},2,3,4\n"))
    assert NUMBER not in str(caught.value)


HARMLESS = {
    "semicolons and decimal commas": "name;price;mobile\nAda;3,50;1\nBea;4,20;2\n",
    "commas in texts": "name;note;mobile\nAda;well, yes;1\nBea;no, or, well;2\n",
    "commas in every text": "name;first, last;mobile\nAda;a, b;1\nBea;c, d;2\n",
    "semicolons in texts": "name,note,mobile\nAda,a;b,1\nBea,c;d,2\n",
    "quoted delimiters": 'name,note,mobile\n"Ada","x, y, z",1\n"Bea","1;2;3;4",2\n',
    "quoted line breaks": 'name,note,mobile\nAda,"one\n\ntwo;;",1\nBea,"",2\n',
    "doubled quotes": 'name,note,mobile\nAda,"say ""hi"", please",1\nBea,,2\n',
    "single quotes": "'name','note','mobile'\n'Ada','x, y','1'\n'Bea','','2'\n",
    "a declared delimiter": "sep=;\nname;a,b;mobile\nAda;1,2;1\nBea;3,4;2\n",
    "a quoted declaration": '"sep=|"\r\nname|x|mobile\r\nAda||1\r\nBea||2\r\n',
    "old line ends": "name,x,mobile\rAda,,1\rBea,,2\r",
    "spaces around headings": " name , x , mobile\nAda,,1\nBea,,2\n",
    "delimiters at the end": "name,x,mobile\nAda,,1,\nBea,,2,\n",
    "empty rows at the end": "name;x;mobile\nAda;;1\nBea;;2\n;;\n;;\n\n",
    "short lines": "name,mobile,x,y\nAda,1\nBea,2,3\n",
    "letters that could delimit": "name mobile|mobile|x\nAda|1|aaa\nBea|2|aaa\n",
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS.keys())
def test_the_cells_of_a_table_are_found_however_they_are_kept_apart(tmp_path, text):
    found = smsframe.read_contacts(write(tmp_path / "a.csv", text))
    assert found.iloc[:, 0].tolist() == ["Ada", "Bea"]
    assert found["mobile"].tolist() == ["1", "2"]
    assert found.index.equals(pd.RangeIndex(2))


def test_one_column_of_texts_keeps_its_commas(tmp_path):
    path = write(tmp_path / "a.csv", 'note\nwell, yes\n"no; or"\nor a, b, c\n')
    assert smsframe.read_contacts(path)["note"].tolist() == ["well, yes", "no; or", "or a, b, c"]


def test_apostrophes_that_quote_nothing_stay(tmp_path):
    path = write(tmp_path / "a.csv", "name,mobile\n'Ndrangheta,'0039347\nO'Hara,'\n")
    assert smsframe.read_contacts(path).to_numpy().tolist() == [["'Ndrangheta", "'0039347"], ["O'Hara", "'"]]


def test_a_delimiter_that_is_given_is_taken(tmp_path):
    path = write(tmp_path / "a.csv", "sep=;\na:b,c:d\n1:2,3:4\n")
    assert smsframe.read_contacts(path, sep=":").columns.tolist() == ["a", "b,c", "d"]
    path = write(tmp_path / "a.csv", "Guests of 2026\n\nname;mobile\nAda;1\nBea;2\n")
    with pytest.raises(
        smsframe.ContactsError, match="1 cell in its first line and 2 in the others: say skip"
    ):
        smsframe.read_contacts(path)
    assert smsframe.read_contacts(path, skiprows=1)["mobile"].tolist() == ["1", "2"]
    assert smsframe.read_contacts(path, header=1)["mobile"].tolist() == ["1", "2"]


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0")) | st.text("\"';,|\t\n\r =+0é ")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6),
    sep=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_whatever_is_written_is_read_back(tmp_path, rows, sep, encoding, end, quoting):
    assume(
        quoting == csv.QUOTE_ALL or not any("\r" in cell for row in rows for cell in row)
    )  # which writers leave without quotes
    cells = [cell for row in rows for cell in row]
    assume(not any(cell.strip() in ERRORS for cell in cells))
    assume(original(cells).to_pylist() == cells)  # what `to_csv` has written
    frame = pd.DataFrame([*rows, ("end", "end")], columns=["name", "note"], dtype="string")
    text = frame.to_csv(sep=sep, lineterminator=end, quoting=quoting, index=False)
    back = smsframe.read_contacts(write(tmp_path / "a.csv", text, encoding))
    assert back.fillna("").to_numpy().tolist() == frame.to_numpy().tolist()


@pytest.mark.parametrize(
    "text", ["h,i\na\rb\r c", "h\r a\r b", "h;i\r 1;2\r\n 3;4\r 5;6", "h,i\r\n \r1,2\r", "h\r  a\r\tb\r\t c"]
)
def test_a_space_after_a_carriage_return_that_ends_a_line_begins_a_cell(tmp_path, text):
    """Of files of old Macintoshes, and of files put together from several systems."""
    found = smsframe.read_contacts(write(tmp_path / "a.csv", text), na_values=[])
    expected = list(csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in text else ","))
    cells = found.fillna("").to_numpy().tolist()
    width = len(found.columns)
    assert cells == [(row + [""] * width)[:width] for row in expected[1:] if "".join(row).strip()]


def test_options_of_pandas_are_its_own(tmp_path):
    path = write(tmp_path / "a.csv", "name;when;mobile\nAda;2026-11-22;1\nBea;2026-11-23;2\n")
    found = smsframe.read_contacts(path, parse_dates=["when"], converters={"mobile": int}, nrows=1)
    assert found["when"].tolist() == [pd.Timestamp("2026-11-22")]
    assert found["mobile"].tolist() == [1]
    assert smsframe.read_contacts(path, index_col="name")["mobile"].to_dict() == {"Ada": "1", "Bea": "2"}
    assert smsframe.read_contacts(path, sep="[;]", engine="python")["mobile"].tolist() == ["1", "2"]
    assert smsframe.read_contacts(path, names=["a", "b", "c"], header=0)["c"].tolist() == ["1", "2"]
    with pytest.raises(TypeError, match="one frame, not parts"):
        smsframe.read_contacts(path, chunksize=1)
    with pytest.raises(TypeError, match="no_such"):
        smsframe.read_contacts(path, no_such=1)


def test_headings_are_unique_and_never_empty(tmp_path):
    path = write(tmp_path / "a.csv", "a,,a, b,b\n1,2,3,4,5\n")
    with pytest.warns(UserWarning, match="the heading 'a'"):
        assert smsframe.read_contacts(path).columns.tolist() == ["a", "Unnamed: 1", "a.1", " b", "b"]


def test_a_table_without_rows_has_its_columns(tmp_path):
    found = smsframe.read_contacts(write(tmp_path / "a.csv", "name;mobile\n"))
    assert found.columns.tolist() == ["name", "mobile"]
    assert set(map(str, found.dtypes)) == {"string"}
    assert found.sms.check(phone="mobile").empty


def test_a_cell_of_a_million_characters_is_a_cell(tmp_path):
    long = "x, " * 333_333
    found = smsframe.read_contacts(write(tmp_path / "a.csv", f'name,note\nAda,"{long}"\nBea,y\n'))
    assert found["note"].tolist() == [long, "y"]


DAMAGED = {
    "a long line": (f"a,b\n1,2\n{NUMBER},2,3,4\n", "line 3 has 4 cells instead of 2"),
    "a long line after a declaration": ("sep=,\na,b\n1,2\n1,2,3\n", "line 4 has 3 cells instead of 2"),
    "a first row that would shift all columns": (f"a,b\nx,{NUMBER},1\n", "more cells in its first row"),
    "an open quote": (f'a,b\n1,2\n"{NUMBER},2\n3,4\n', "quotation mark in line 3 is never closed"),
    "a null character": ("a,b\n+39\x00347,2\n", "null characters"),
    "only a declaration": ("sep=;\n", "is empty"),
    "only empty lines": ("\ufeff\r\n \r\n", "is empty"),
    "nothing": ("", "is empty"),
}


@pytest.mark.parametrize(("text", "said"), DAMAGED.values(), ids=DAMAGED.keys())
def test_what_cannot_be_read_without_loss_is_refused_without_numbers(tmp_path, text, said):
    with pytest.raises(smsframe.ContactsError, match=said) as caught:
        smsframe.read_contacts(write(tmp_path / "a.csv", text))
    assert NUMBER[3:] not in str(caught.value)


CHOSEN = [
    {"usecols": ["name", "host"]},
    {"usecols": [0, 3]},
    {"usecols": lambda heading: heading in ("name", "host")},
    {"usecols": ["name", "host"], "engine": "python"},
    {"usecols": ["name", "host"], "index_col": "name"},
    {"usecols": [0, 3], "index_col": 0},
    {"usecols": ["name", "host"], "dtype": {"name": "string"}},
    {"usecols": ["a", "b"], "names": [*"abcd"], "header": 0},
    {"usecols": [0, 3], "names": ["name", "host"], "header": 0},
    {"usecols": [0, 3], "on_bad_lines": "skip"},
    {"usecols": [0, 3], "sep": "[,]", "engine": "python"},
    {"usecols": ["name", "host"], "nrows": 40},
    {"index_col": "name"},
    {"index_col": None},
]


@pytest.mark.parametrize("chosen", CHOSEN, ids=",".join)
@pytest.mark.parametrize("place", [1, 2, 17, 30])
def test_a_long_row_is_refused_whatever_columns_are_chosen(tmp_path, monkeypatch, chosen, place):
    """Where pandas reads some columns only, it counts no cells, and gives others as the chosen ones."""
    monkeypatch.setattr(csv_files, "_PART", 7)
    rows = [f"N{n},x,+39347123{n:04},+39347999{n:04}" for n in range(1, 31)]
    text = "name,note,guest,host\n" + "\n".join(rows) + "\n"
    good = smsframe.read_contacts(write(tmp_path / "a.csv", text), **chosen).reset_index()
    assert good.iloc[:, -1].tolist() == [f"+39347999{n:04}" for n in range(1, 31)] or "b" in good
    rows[place - 1] = rows[place - 1].replace(",x,", ",x, y,")
    write(tmp_path / "a.csv", "name,note,guest,host\n" + "\n".join(rows) + "\n")
    said = f"line {place + 1} has 5 cells instead of 4" + "|more cells in its first row" * (place == 1)
    said += "|more cells in a row" * (chosen.get("engine") == "python")
    with pytest.raises(smsframe.ContactsError, match=said):
        smsframe.read_contacts(tmp_path / "a.csv", **chosen)


@pytest.mark.parametrize("engine", ["c", "python"])
def test_a_footer_that_is_left_out_may_be_long(tmp_path, engine):
    path = write(tmp_path / "a.csv", "name,mobile\nAda,1\nend,of,the,file\n")
    if engine == "python":
        found = smsframe.read_contacts(path, usecols=["mobile"], skipfooter=1, engine=engine)
        assert found["mobile"].tolist() == ["1"]
    else:
        with pytest.raises(smsframe.ContactsError, match="line 3 has 4 cells"):
            smsframe.read_contacts(path, usecols=["mobile"])


def test_a_column_that_is_not_what_was_said_is_refused_without_numbers(tmp_path):
    path = write(tmp_path / "a.csv", f"age,mobile\n30,+39 {NUMBER}x\n")
    with pytest.raises(smsframe.ContactsError, match="cannot be read as a table") as caught:
        smsframe.read_contacts(path, dtype={"mobile": "Int64"})
    assert NUMBER[3:] not in str(caught.value)


@pytest.mark.filterwarnings("ignore:.* is read as cp1252")
def test_the_encoding_is_that_of_the_whole_file_not_of_its_head(tmp_path, monkeypatch):
    monkeypatch.setattr(file_limits, "CHUNK", 1000)  # so that characters are cut, too
    rows = "".join(f"Ada {i},{i}\n" for i in range(10_000))
    for encoding in ("utf-8", "cp1252"):
        path = write(tmp_path / "a.csv", f"name,mobile\n{rows}Forlì €,1\nà,2\n", encoding)
        assert smsframe.read_contacts(path)["name"].tolist()[-2:] == ["Forlì €", "à"]
    path.write_bytes(f"name,mobile\n{'àèì' * 1000},1\n".encode())
    assert smsframe.read_contacts(path)["name"][0] == "àèì" * 1000


@pytest.mark.parametrize("order", [("utf-8", "cp1252"), ("cp1252", "utf-8")])
def test_two_encodings_in_one_file_are_refused_rather_than_texted(tmp_path, order):
    first, second = (
        line.encode(encoding) for line, encoding in zip(("a,b\nè,1\n", "à,2\n"), order, strict=True)
    )
    (tmp_path / "a.csv").write_bytes(first + second)
    with pytest.raises(smsframe.ContactsError, match="UTF-8 in one place and not in another"):
        smsframe.read_contacts(tmp_path / "a.csv")
    with pytest.warns(
        UserWarning, match=f"1 line of it would be UTF-8, the first is line {3 - order.index('cp1252')}"
    ):
        assert len(smsframe.read_contacts(tmp_path / "a.csv", encoding="cp1252")) == 2


ENDS = pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])


@ENDS
@pytest.mark.parametrize("chunk", [7, 64, 1 << 20])
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "cp1250", "mac_roman", "cp437"])
def test_lines_of_utf8_in_a_file_that_is_read_as_another_encoding_are_said(
    tmp_path, monkeypatch, end, chunk, encoding
):
    """As names would be sent: a user is told to say such an encoding where a file has two."""
    monkeypatch.setattr(file_limits, "CHUNK", chunk)
    lines = [
        "name,mobile",
        *[f"Ada{n},{n}" for n in range(9)],
        "Zoë,+393471234567",
        "Ada,1",
        "Zoè,2",
        "Zoë,3",
    ]
    data = [line.encode("utf-8") for line in lines[:-1]] + [lines[-1].encode(encoding)]
    (tmp_path / "a.csv").write_bytes(end.encode().join(data))
    shown = re.escape("Zoë".encode().decode(encoding))
    with pytest.warns(
        UserWarning, match=f"2 lines of it would be UTF-8, the first is line 11: .*{shown}.*sent"
    ):
        found = smsframe.read_contacts(tmp_path / "a.csv", encoding=encoding)
    assert found["name"].iloc[-1] == "Zoë"
    with pytest.raises(smsframe.ContactsError, match=r"but not line 14;.*'cp1252' reads .*ZoÃ«"):
        smsframe.read_contacts(tmp_path / "a.csv")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "encoding", ["cp1252", "cp1251", "cp1253", "cp1255", "koi8-r", "shift_jis", "utf-8", "utf-16"]
)
def test_nothing_is_said_where_the_encoding_is_right(tmp_path, encoding):
    names = ["Müller", "Élodie", "Ñuñez", "Пётр", "Ёлкин", "Ναταλία", "Όλγα", "דנה", "東京", "ﾀﾅｶ"]
    names = [name for name in names if name.encode(encoding, "ignore").decode(encoding) == name]
    path = write(tmp_path / "a.csv", "name,m\n" + "".join(f"{name},1\n" for name in names), encoding)
    assert smsframe.read_contacts(path, encoding=encoding)["name"].tolist() == names


@ENDS
def test_lines_are_counted_as_a_text_editor_does_whatever_the_error(tmp_path, monkeypatch, end):
    """Also below cells of several lines."""
    above = ["name,mobile", '"Ada', "", 'Lovelace",1', "Bea,2"]
    for below, said in (
        ("Cleo,3,4", "line 6 has 3 cells instead of 2"),
        ('Cleo,"3', "quotation mark in line 6 is never closed"),
        ('"Cleo"x,3', "in line 6 that is neither"),
    ):
        path = write(tmp_path / "a.csv", end.join([*above, below, ""]))
        for options in ({}, {"usecols": ["name", "mobile"]}, {"engine": "python"}):
            # With that engine pandas 2.2 does not say which row is too long.
            or_so = "|more cells in a row" * ("engine" in options and "cells" in said)
            with pytest.raises(smsframe.ContactsError, match=said + or_so):
                smsframe.read_contacts(path, **options)
    for chunk in (3, 11, 1 << 20):
        monkeypatch.setattr(file_limits, "CHUNK", chunk)
        (tmp_path / "a.csv").write_bytes(end.join([*above, "Zoë,3", "Chloé,4", ""]).encode("cp1252"))
        with pytest.warns(UserWarning, match="read as cp1252 .* line 6 has 'Zoë'"):
            smsframe.read_contacts(tmp_path / "a.csv")
        for options, error in (
            ({"encoding": "utf-8"}, "'utf-8' in line 6:"),
            ({"encoding": "ascii"}, "in line 6:"),
        ):
            with pytest.raises(smsframe.ContactsError, match=error):
                smsframe.read_contacts(tmp_path / "a.csv", **options)


LETTERS = "èéàìòùäöüÄÖÜßçñšž€\u2019\u201c\u201d\u2013™°"
"""What is written around the gateway's customers, and what word processors write instead of ASCII."""


@pytest.mark.parametrize("letter", [*LETTERS])
@pytest.mark.parametrize("other", ["š", "ğ", "\u2019", "東", "😀", "я"])
def test_one_byte_of_another_encoding_is_found_with_its_line_wherever_it_is(
    tmp_path, monkeypatch, letter, other
):
    """Also where the UTF-8 has none of the letters that cp1252 makes an Ã of."""
    monkeypatch.setattr(file_limits, "CHUNK", 64)
    for place in (2, 7, 40):
        lines = [f"{other}{other},{n}" for n in range(1, 41)]
        lines[0], lines[place - 1] = "name,mobile", f"x{letter},1"
        data = [line.encode("cp1252" if number == place else "utf-8") for number, line in enumerate(lines, 1)]
        (tmp_path / "a.csv").write_bytes(b"\n".join(data) + b"\n")
        with pytest.raises(smsframe.ContactsError, match=f"most of it is UTF-8, but not line {place};"):
            smsframe.read_contacts(tmp_path / "a.csv")


@pytest.mark.parametrize("letter", [*LETTERS])
def test_one_line_of_utf8_in_another_encoding_is_found_too(tmp_path, letter):
    lines = ["name,mobile", *[f"è{n},{n}" for n in range(20)], ""]
    data = [line.encode("cp1252") for line in lines]
    data[11] = f"{letter},1".encode()
    (tmp_path / "a.csv").write_bytes(b"\n".join(data))
    with pytest.raises(smsframe.ContactsError, match="most of it is another encoding, but not line 12;"):
        smsframe.read_contacts(tmp_path / "a.csv")


@pytest.mark.parametrize("character", ["é", "š", "€", "東", "😀"])
def test_a_character_that_was_cut_is_found_with_its_line(tmp_path, character):
    """At the end, as a broken download leaves it, and in the middle, where two parts were joined."""
    whole = f"name,mobile\n{character},1\n".encode()
    for size in range(1, len(character.encode())):
        cut = character.encode()[:size]
        for text, line in (
            (whole + cut, 3),
            (whole + cut + b"\nAda,2\n", 3),
            (whole + b"Ada,2\n" + cut + whole, 4),
        ):
            (tmp_path / "a.csv").write_bytes(text)
            with pytest.raises(smsframe.ContactsError, match=f"but not line {line};"):
                smsframe.read_contacts(tmp_path / "a.csv")
            for options in ({"encoding": "utf-8"}, {}):
                (tmp_path / "a.csv").write_bytes(text if options else b"\xef\xbb\xbf" + text)
                with pytest.raises(
                    smsframe.ContactsError, match=f"is not in encoding 'utf-8.*' in line {line}:"
                ):
                    smsframe.read_contacts(tmp_path / "a.csv", **options)


MISREAD = {
    "a backslash before a quote": (
        'name,note,mobile\nAda,x,1\nBea,"say \\"hi\\", please",2\n',
        3,
        "escapechar=",
    ),
    "a backslash before the last quote": ('a,b\n1,"5\\"",\n2,"x"\n', 3, "neither doubled nor"),
    "a space before a quote": ('name,mobile,x\nAda,1,\n "Rossi, Maria", 2,\n', 3, "skipinitialspace=True"),
    "spaces before a quote": ('name,mobile\nAda,1\n\nBea,  "2"\n', 4, "skipinitialspace=True"),
    "letters after a quote": ('name,mobile\n"Ada" Rossi,1\n', 2, "neither doubled nor at its end"),
    "a quote inside of a quoted cell": ('name,mobile\n"Ada "Countess" L.",1\n', 2, "neither doubled nor"),
    "after many lines in one cell": ('name,mobile\n"a\nb\nc",1\n"Ada"x,2\n', 5, "neither doubled nor"),
    "after a declaration": ('sep=;\nname;mobile\n"Ada"x;2\n', 3, "neither doubled nor"),
    "in the heading": ('"na"me,mobile\nAda,2\n', 1, "neither doubled nor"),
    "in the last line": ('name,mobile\nAda,1\nAda,"2"x', 3, "neither doubled nor"),
    "with old line ends": ('name,mobile\rAda,1\rAda,"2"x\r', 3, "neither doubled nor"),
    "with Windows' line ends": ('name,mobile\r\n"a\r\nb",1\r\nAda,"2"x\r\n', 4, "neither doubled nor"),
}


@pytest.mark.parametrize("chunk", [3, 10, 1 << 20])
@pytest.mark.parametrize(("text", "line", "said"), MISREAD.values(), ids=MISREAD.keys())
def test_quotes_that_would_be_misread_are_refused_with_the_line(
    tmp_path, monkeypatch, text, line, said, chunk
):
    monkeypatch.setattr(csv_quotes, "CHUNK", chunk)
    with pytest.raises(smsframe.ContactsError, match=rf"in line {line}\b.*{said}"):
        smsframe.read_contacts(write(tmp_path / "a.csv", text))


def test_the_options_that_the_errors_name_read_such_files(tmp_path):
    path = write(tmp_path / "a.csv", MISREAD["a backslash before a quote"][0])
    assert smsframe.read_contacts(path, escapechar="\\")["note"].tolist() == ["x", 'say "hi", please']
    path = write(tmp_path / "a.csv", MISREAD["a space before a quote"][0])
    found = smsframe.read_contacts(path, skipinitialspace=True)
    assert found["name"].tolist() == ["Ada", "Rossi, Maria"]
    assert found["mobile"].tolist() == ["1", "2"]
    path = write(tmp_path / "a.csv", 'name,mobile\n"Ada" Rossi,1\n')
    assert smsframe.read_contacts(path, quoting=3)["name"].tolist() == ['"Ada" Rossi']


ESCAPED = {
    "before a line break": ('"name","note","mobile"\n"Ada","TV 55\\"\nwall mount, black","+39"\n', 2, 3),
    "before a delimiter": ('name,note,mobile,alt\n"Ada","TV 55\\", black","1"\n"Bea","x","2","3"\n', 2, 2),
    "without quotation marks": ('name,note\n"Ada",x\nBea,55\\"\n', 3, 3),
    "of one of our own backslashes": ('a,b\n"a\\\\"","\n,a",k\n', 2, 3),
}


@pytest.mark.parametrize("chunk", [3, 10, 1 << 20])
@pytest.mark.parametrize(("text", "line", "odd"), ESCAPED.values(), ids=ESCAPED.keys())
def test_marks_after_a_backslash_are_refused_where_cells_without_marks_have_some(
    tmp_path, monkeypatch, text, line, odd, chunk
):
    monkeypatch.setattr(csv_quotes, "CHUNK", chunk)
    said = rf"after a backslash in line {line}, and in line {odd} a cell.*escapechar="
    with pytest.raises(smsframe.ContactsError, match=said):
        smsframe.read_contacts(write(tmp_path / "a.csv", text))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(st.text('a"\\,\n', max_size=6), min_size=2, max_size=2), min_size=1, max_size=4),
    all_quoted=st.booleans(),
    doubled=st.booleans(),
    chunk=st.sampled_from([1, 3, 10, 1000]),
)
def test_cells_with_escaped_marks_are_read_as_they_were_or_refused(
    tmp_path, rows, all_quoted, doubled, chunk
):
    """Whether or not the writer doubles backslashes, which no reader can see."""

    def stored(cell):
        return cell.replace("\\", "\\\\") if doubled else cell

    def as_written(cell):
        escaped = stored(cell).replace('"', '\\"')
        return f'"{escaped}"' if all_quoted or not cell or {*cell} & {*'",\n'} else escaped

    lines = [",".join([*map(as_written, row), "k"]) for row in rows]
    write(tmp_path / "a.csv", '"h","i","j"\n' + "\n".join(lines) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_quotes, "CHUNK", chunk)
        try:
            found = smsframe.read_contacts(tmp_path / "a.csv", sep=",")
        except smsframe.ContactsError:
            assert any('"' in cell or "\\" in cell for row in rows for cell in row)
            return
    assert found.fillna("").to_numpy().tolist() == [[*map(stored, row), "k"] for row in rows]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(st.text('a"\\,\n', max_size=6), min_size=2, max_size=2), min_size=1, max_size=4),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_backslashes_before_marks_of_cells_are_read_where_marks_are_doubled(tmp_path, rows, quoting):
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator="\n").writerows(
        [["h", "i", "j"], *([*r, "k"] for r in rows)]
    )
    found = smsframe.read_contacts(write(tmp_path / "a.csv", text.getvalue()), sep=",")
    assert found.fillna("").to_numpy().tolist() == [[*row, "k"] for row in rows]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text('a",\\ \n\r;', max_size=25),
    chunk=st.sampled_from([1, 2, 5, 100]),
)
def test_what_is_accepted_is_read_as_the_csv_module_reads_it(tmp_path, text, chunk):
    """Any table of two columns."""
    (tmp_path / "a.csv").write_bytes(f'h,i"\n{text}'.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_quotes, "CHUNK", chunk)
        try:
            found = smsframe.read_contacts(tmp_path / "a.csv", sep=",")
        except smsframe.ContactsError:
            return
    rows = csv.reader(io.StringIO(text, newline=""))
    expected = [[*(cell or None for cell in row), None, None][:2] for row in rows if any(map(str.strip, row))]
    read = [[None if pd.isna(cell) else cell for cell in row] for row in found.to_numpy().tolist()]
    kept = [row for row in read if any((cell or "").strip() for cell in row)]
    assert [[str(cell or "").rstrip(" ") for cell in row] for row in kept] == [
        [str(cell or "").rstrip(" ") for cell in row] for row in expected
    ]


@pytest.mark.filterwarnings("ignore:.*several columns with the heading")
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.sampled_from(["", " ", "a,b", ",b", "a,", '"x\n\ny",2', "\t"]), min_size=1, max_size=8),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    header=st.sampled_from([0, 1, None]),
    nrows=st.sampled_from([None, 1, 2]),
)
def test_blank_lines_are_left_out_and_move_nothing(tmp_path, rows, end, header, nrows):
    """After a blank line that ends in a carriage return pandas loses an empty first cell."""
    lines = ["h,i", *rows, "end,end"]
    filled = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    kept = filled[0 if header is None else header + 1 :][:nrows]
    path = write(tmp_path / "a.csv", end.join(lines) + end)
    found = smsframe.read_contacts(path, sep=",", header=header, nrows=nrows)
    expected = [next(csv.reader(io.StringIO(line, newline=""))) for _, line in kept]
    assert found.fillna("").to_numpy().tolist() == expected
    assert file_rows(found).tolist() == [number for number, _ in kept]


@pytest.mark.parametrize("error", ERRORS)
def test_what_a_spreadsheet_has_written_as_an_error_is_missing_and_said(tmp_path, error):
    path = write(
        tmp_path / "a.csv", f"name,mobile,age\n{error},{error},1\nAda,2,{error}\nx{error},{error} ,3\n"
    )
    with pytest.warns(
        UserWarning, match="1 cell of column 'name', 2 cells of column 'mobile', 1 cell of column 'age'"
    ):
        found = smsframe.read_contacts(path)
    assert found.isna().sum().tolist() == [1, 2, 1]
    assert found["name"].tolist()[1:] == ["Ada", f"x{error}"]
    with pytest.warns(UserWarning, match="are read as missing"):
        found = smsframe.read_contacts(path, dtype={"age": "Int64"})
    assert found["age"].fillna(0).tolist() == [1, 0, 3]
    assert found["name"].isna().tolist() == [True, False, False]
    assert found["mobile"].isna().tolist() == [True, False, True]


NAMES = {
    "cp1250": "Łukasz Őrsi",
    "iso8859_2": "Žižka Łukasz",
    "cp1251": "Анна Ивановна",
    "koi8_r": "Анна Ивановна",
    "shift_jis": "山田太郎",
    "gbk": "王小明",
    "big5": "王小明",
    "euc_kr": "김철수",
    "mac_roman": "José Muñoz",
    "cp850": "Müller",
    "cp437": "Müller",
    "cp1253": "Γιώργος",
    "cp1254": "Şahin Çağlar",
    "cp1255": "שלום",
    "cp1256": "محمد",
    "cp1257": "Šarūnas",
    "cp1252": "Zoë",
    "latin_1": "Zoë",
}


@pytest.mark.parametrize("encoding", NAMES)
@pytest.mark.parametrize("before", [0, 3, 5000])
def test_a_file_in_a_guessed_encoding_says_how_its_letters_are_read(tmp_path, encoding, before):
    text = "name;mobile\n" + f"Ada;{NUMBER}\n" * before + f"{NAMES[encoding]};{NUMBER}\n"
    path = write(tmp_path / "a.csv", text, encoding)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            found = smsframe.read_contacts(path)
        except smsframe.ContactsError as error:  # bytes that are nothing in cp1252, or by chance UTF-8
            assert "say encoding=" in str(error)  # noqa: PT017
            found = None
    if found is not None:
        (one,) = said
        line, shown = re.search("read as cp1252.* line (.*?) has '(.*?)'", str(one.message)).groups()
        assert (line, one.filename) == (f"{before + 2:,}", __file__)
        assert shown in found["name"].iloc[-1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert smsframe.read_contacts(path, encoding=encoding)["name"].iloc[-1] == NAMES[encoding]


def test_no_number_is_shown_in_such_an_example(tmp_path):
    path = write(tmp_path / "a.csv", f"mobile\n\xa0{NUMBER}\xa0\n", "cp1252")
    with pytest.warns(UserWarning, match="read as cp1252") as said:
        smsframe.read_contacts(path)
    assert NUMBER[3:] not in str(said[0].message)


def test_in_an_opt_out_list_such_an_error_is_somebody_who_said_stop(tmp_path):
    path = write(tmp_path / "a.csv", f"mobile\n{NUMBER}\n#N/A\n")
    with pytest.raises(smsframe.ContactsError, match="1 line of the opt-out list cannot be read"):
        suppression(path)


def test_encodings_without_a_mark_are_given(tmp_path):
    path = write(tmp_path / "a.csv", "name,mobile\nŁucja,1\n", "utf-16-le")
    with pytest.raises(smsframe.ContactsError, match="utf-16-le"):
        smsframe.read_contacts(path)
    assert smsframe.read_contacts(path, encoding="utf-16-le")["name"].tolist() == ["Łucja"]
    path = write(tmp_path / "a.csv", "name,mobile\nŁucja,1\n", "utf-8-sig")
    assert smsframe.read_contacts(path, encoding="utf-8").columns[0] == "name"
    path = write(tmp_path / "a.csv", "name,mobile\nŁucja,1\n", "utf-32")
    assert smsframe.read_contacts(path)["name"].tolist() == ["Łucja"]
    path.write_bytes(b"a,b\n\x81,1\n")
    with pytest.raises(smsframe.ContactsError, match="neither UTF-8 nor Windows' cp1252"):
        smsframe.read_contacts(path)
    for wrong in ("base64", "no such", "ascii"):
        with pytest.raises(smsframe.ContactsError, match=f"not in encoding '{wrong}'"):
            smsframe.read_contacts(path, encoding=wrong)
    assert smsframe.read_contacts(path, encoding="ascii", encoding_errors="replace")["a"][0] == "\ufffd"


@pytest.mark.filterwarnings("ignore:.* is read as cp1252")
def test_a_gzipped_file_is_read_whatever_it_is_called(tmp_path):
    packed = gzip.compress(f"name;mobile\nForlì;{NUMBER}\n".encode("cp1252"))
    (tmp_path / "a.csv").write_bytes(packed)
    assert smsframe.read_contacts(tmp_path / "a.csv").to_numpy().tolist() == [["Forlì", NUMBER]]
    for damaged in (packed[:-12], packed[:12] + b"\xff" * 8 + packed[20:]):
        (tmp_path / "a.csv.gz").write_bytes(damaged)
        with pytest.raises(smsframe.ContactsError, match="gzipped, and damaged"):
            smsframe.read_contacts(tmp_path / "a.csv.gz")


def archive(*parts):
    """A ZIP archive of files with these names."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        for part in parts:
            opened.writestr(part, "name,mobile")
    return made.getvalue()


STRANGERS = {
    "a workbook of LibreOffice": (
        archive("mimetype", "content.xml", "META-INF/manifest.xml"),
        "OpenDocument",
    ),
    "a binary workbook": (archive("[Content_Types].xml", "xl/workbook.bin"), "an .xlsb: save it as .xlsx"),
    "a document": (archive("[Content_Types].xml", "word/document.xml"), "a document of Word"),
    "slides": (archive("[Content_Types].xml", "ppt/presentation.xml"), "a presentation"),
    "a file of Numbers": (archive("Index/Document.iwa", "preview.jpg"), "a file of Numbers"),
    "an older file of Numbers": (archive("Index.zip", "QuickLook/Preview.pdf"), "a file of Numbers"),
    "files in an archive": (archive("people.csv", "more.csv"), "an archive of other files: unpack it"),
    "an empty archive": (archive(), "damaged workbook"),
    "another archive": (b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(30), "an archive: unpack it"),
    "contacts of a phone": (b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\n", "holds vCards, and no table"),
    "the same, with a mark": (b"\xef\xbb\xbfbegin:vcard\nfn:Ada\n", "holds vCards, and no table"),
    "a calendar": (b"BEGIN:VCALENDAR\r\n", "a calendar"),
    "rich text": (b"{\\rtf1\\ansi Ada +393471234567}", "a document of a word processor"),
    "JSON": (b'[\n  {"name": "Ada", "mobile": "+393471234567"}\n]', "is JSON"),
    "JSON by lines": (b'{"name": "Ada"}\n{"name": "Bob"}\n', "is JSON"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an .xls of old"),
    "a web page": (b"\n<HTML><table><tr><td>1", "web page"),
    "another XML": (b'\xef\xbb\xbf<?xml version="1.0"?><Workbook/>', "XML"),
    "a PDF": (b"%PDF-1.7\n", "a PDF"),
    "a broken archive": (b"PK\x03\x04" + bytes(30), "damaged workbook"),
    "broken Parquet": (b"PAR1" + bytes(30), "cannot be read as Parquet"),
    **{
        f"contacts of a phone, {encoding}": (
            "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nEND:VCARD\r\n".encode(encoding),
            "holds vCards, and no table",
        )
        for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32")
    },
    "JSON, utf-16": ('[\n  {"name": "Ada"}\n]'.encode("utf-16"), "is JSON"),
    "a web page, gzipped": (gzip.compress(b"<html><table>"), "is gzipped, and what is in it is a web page"),
    "vCards, gzipped": (gzip.compress("BEGIN:VCARD\r\n".encode("utf-16")), "what is in it holds vCards"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(30), "null characters"),
}


@pytest.mark.parametrize(("content", "said"), STRANGERS.values(), ids=STRANGERS.keys())
@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_a_file_that_is_no_table_is_said_to_be_none(tmp_path, content, said, name):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(smsframe.ContactsError, match=said):
        smsframe.read_contacts(tmp_path / name)


@pytest.mark.parametrize("make", [pd.Series, pd.Index, set, tuple, iter, "Int64", "category"], ids=str)
def test_a_suppression_list_may_be_any_column(make):
    numbers = ["393471234567", "393471234568"]
    source = (
        pd.Series([*numbers, numbers[0]], index=[7, 7, 8], dtype=make)
        if isinstance(make, str)
        else make(numbers)
    )
    assert sorted(suppression(source)) == ["+393471234567", "+393471234568"]


@pytest.mark.parametrize(
    "source",
    [5, 3.5, True, b"", f"{NUMBER}".encode(), object()],
    ids=["int", "float", "bool", "nothing", "bytes", "object"],
)
def test_what_is_no_list_of_numbers_is_refused_in_words(source):
    for of in (
        lambda given: {"suppress": given},
        lambda given: {"policy": smsframe.Policy(allow_only=given)},
    ):
        with pytest.raises(TypeError, match=r"must be a frame, a series, a list or the name of a file"):
            smsframe.plan(pd.DataFrame({"m": [NUMBER]}), "Hi", phone="m", campaign="c", **of(source))


@pytest.mark.parametrize(
    ("name", "words"), [("", "its name is empty"), ("  ", "its name is empty"), (".", "a folder")]
)
def test_a_folder_and_an_empty_name_are_refused_in_words(name, words):
    for read in (smsframe.read_contacts, suppression, lambda given: smsframe.Policy(allow_only=given)):
        with pytest.raises(smsframe.ContactsError, match=words):
            read(name)


def test_an_empty_suppression_list_suppresses_nobody(tmp_path):
    for source in (
        [],
        pd.Series(dtype=object),
        pd.Series([None, ""]),
        write(tmp_path / "stop.csv", "mobile\n"),
    ):
        assert suppression(source).tolist() == []
    checked = pd.DataFrame({"m": [NUMBER]}).sms.check(phone="m", suppress=[])
    assert checked["sms_status"].tolist() == ["ready"]


def test_only_the_first_line_of_a_file_may_be_a_heading(tmp_path):
    path = write(tmp_path / "stop.csv", f"who said stop;when\n{NUMBER};2026-11-22\n;\n")
    assert suppression(path).tolist() == [NUMBER]
    for source in (pd.Series(["Ada", NUMBER]), ["Ada", NUMBER]):
        with pytest.raises(
            smsframe.ContactsError, match=r"1 line of the opt-out list .* the first is line 1"
        ):
            suppression(source)


def test_a_damaged_number_in_the_first_line_is_not_taken_for_a_heading(tmp_path):
    """Letter O for zero: somebody who said stop must not be passed over."""
    with pytest.raises(smsframe.ContactsError, match="letters"):
        suppression(write(tmp_path / "stop.csv", f"+39347123456O\n{NUMBER}\n"))


def test_a_frame_goes_out_and_comes_back_with_the_same_numbers(tmp_path, people):
    out = people.sms.check(phone="mobile", region="IT")
    out.sms.to_csv(tmp_path / "out.csv")
    back = smsframe.read_contacts(tmp_path / "out.csv")
    assert back["sms_phone"].tolist()[:3] == out["sms_phone"].tolist()[:3]
    assert back.columns.tolist() == ["Unnamed: 0", *out.columns]


RUNS = "=+-@\uff1d\uff0b\uff0d\uff20"
"""What begins a formula; the last four in East Asian settings."""
PLAIN = re.compile(r"[+\-]?[0-9]+(?:[ .,][0-9]+)*")


def alive(path, sep, quote):
    """The cells of a file that would run in a spreadsheet that splits it at ``sep``."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        quoting = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
        rows = csv.reader(file.read().splitlines(keepends=True), delimiter=sep, **quoting)
        cells = [cell for row in rows for cell in row]
    trimmed = [cell.strip(" \t\r\n") for cell in cells]
    if not quote:  # who does not understand quotation marks may drop them
        trimmed = [cell.strip('"') for cell in trimmed]
    return [cell for cell in trimmed if cell[:1] in RUNS and cell and not PLAIN.fullmatch(cell)]


BEFORE = ["", ";", "\t", "\n", "\r", "\r\n", "|", ";;", "\t\t", '; "', ';"', '\n"', ";' "]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("sep", [",", ";", "\t"])
def test_nothing_runs_wherever_a_spreadsheet_splits(tmp_path, before, sep):
    first = "x" if before else ""
    names = [f"{first}{before}{start}{formula}" for start in RUNS for formula in ("cmd|' /C calc'!A0", "1-2")]
    frame = pd.DataFrame({"name": names, "mobile": NUMBER, "n": range(-3, 13)})
    frame.sms.to_csv(tmp_path / "out.csv", sep=sep)
    assert not alive(tmp_path / "out.csv", sep, '"')
    for other in {",", ";", "\t", "|"} - {sep}:
        for quote in ('"', None):
            assert not alive(tmp_path / "out.csv", other, quote)
    back = smsframe.read_contacts(tmp_path / "out.csv", sep=sep)
    assert back["name"].tolist() == names
    assert back["mobile"].tolist() == [NUMBER] * 16


@pytest.mark.parametrize("phone", ["+39-347-1234567", "+39/347/1234567", "+1-1", "-2+3", "+39347x"])
def test_arithmetic_is_not_left_for_a_number(tmp_path, phone):
    pd.DataFrame({"mobile": [phone, NUMBER]}).sms.to_csv(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == f'\ufeff"mobile"\r\n"\'{phone}"\r\n"{NUMBER}"\r\n'.encode()
    assert smsframe.read_contacts(tmp_path / "out.csv")["mobile"].tolist() == [phone, NUMBER]


EXPORTED = st.one_of(st.text(min_size=1), st.text("=+-@;,\t\r\n\"' |x1\uff1d", min_size=1, max_size=6))


@pytest.mark.slow
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(EXPORTED, EXPORTED), min_size=1, max_size=5),
    sep=st.sampled_from([",", ";", "\t"]),
)
def test_every_text_that_is_exported_is_read_back(tmp_path, rows, sep):
    assume(not any(cell in ERRORS for row in rows for cell in row))
    frame = pd.DataFrame(rows, columns=["name", "note"], dtype="string")
    frame.sms.to_csv(tmp_path / "out.csv", sep=sep)
    back = smsframe.read_contacts(tmp_path / "out.csv", sep=sep)
    expected = frame.apply(lambda column: column.str.replace("\0", "\ufffd"))
    assert back.to_numpy().tolist() == expected.to_numpy().tolist()
    alone = frame[["note"]]
    alone.sms.to_csv(tmp_path / "out.csv")
    assert smsframe.read_contacts(tmp_path / "out.csv")["note"].tolist() == expected["note"].tolist()


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "a\rb", "\ra"])
def test_line_breaks_of_any_kind_stay_in_their_cell(tmp_path, end):
    frame = pd.DataFrame({"name": [end, "x"], "mobile": [NUMBER, "1"]})
    frame.sms.to_csv(tmp_path / "out.csv")
    assert f'"{end}","{NUMBER}"\r\n'.encode() in (tmp_path / "out.csv").read_bytes()
    assert smsframe.read_contacts(tmp_path / "out.csv")["name"].tolist() == [end, "x"]


def test_what_no_text_file_can_hold_is_a_replacement_character(tmp_path):
    frame = pd.DataFrame({"name": pd.Series(["a\ud800", "b\0"], dtype=object), "mobile": ["1", "2"]})
    frame.sms.to_csv(tmp_path / "out.csv")
    assert smsframe.read_contacts(tmp_path / "out.csv")["name"].tolist() == ["a\ufffd", "b\ufffd"]


@pytest.mark.parametrize("ending", [".xlsx", ".XLS", ".ods", ".parquet"])
def test_a_file_is_not_named_as_what_it_is_not(tmp_path, ending):
    path = tmp_path / f"out{ending}"
    with pytest.raises(ValueError, match=r"rows are written as CSV.*name it out\.csv"):
        pd.DataFrame({"name": ["è"]}).sms.to_csv(path)
    assert not path.exists()


def test_spreadsheets_see_the_accents(tmp_path):
    pd.DataFrame({"name": ["è"]}).sms.to_csv(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == '\ufeff"name"\r\n"è"\r\n'.encode()


def test_a_plain_index_is_left_out_and_any_other_is_written(tmp_path):
    frame = pd.DataFrame({"x": ["a"]})
    frame.sms.to_csv(tmp_path / "plain.csv")
    frame.set_axis(["row"]).sms.to_csv(tmp_path / "named.csv")
    assert "row" in (tmp_path / "named.csv").read_text("utf-8-sig")
    assert (tmp_path / "plain.csv").read_bytes() == b'\xef\xbb\xbf"x"\r\n"a"\r\n'


def test_a_result_column_that_somebody_changed_by_hand_is_said(people):
    checked = people.sms.check(phone="mobile").assign(sms_segments="two")
    with pytest.raises(smsframe.ContactsError, match="column sms_segments has values"):
        checked.sms.summary()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.sampled_from([None, "x", "1,2"]), min_size=2, max_size=2), max_size=6),
    st.sampled_from([1, 2]),
)
def test_rows_in_which_nothing_stands_come_back_wherever_they_are(tmp_path, rows, wide):
    frame = pd.DataFrame([row[:wide] for row in rows], columns=["a", "b"][:wide], dtype="string")
    smsframe.to_csv(frame, tmp_path / "out.csv")
    assert (
        smsframe.read_contacts(tmp_path / "out.csv").isna().to_numpy().tolist()
        == frame.isna().to_numpy().tolist()
    )


def test_columns_of_several_levels_are_a_clear_error(tmp_path):
    frame = pd.DataFrame([["x"]], columns=pd.MultiIndex.from_tuples([("a", "b")]))
    with pytest.raises(ValueError, match="the columns have 2 levels"):
        smsframe.to_csv(frame, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    "written", [NUMBER, "0347 123 45 67", f" {NUMBER} ", "(347) 123-4567", f"tel:{NUMBER}", "393471234567"]
)
def test_a_number_where_an_opt_out_file_should_be_says_so(tmp_path, monkeypatch, written):
    monkeypatch.chdir(tmp_path)
    people = pd.DataFrame({"mobile": [NUMBER]})
    with pytest.raises(smsframe.ContactsError, match=r"write it as a list, \[number\]") as said:
        smsframe.check(people, phone="mobile", suppress=written)
    assert "347" not in str(said.value)
    with pytest.raises(FileNotFoundError):
        smsframe.check(people, phone="mobile", suppress="2026-11-22.csv")
    (tmp_path / "20261122").write_text(f"mobile\n{NUMBER}\n", "utf-8")
    assert smsframe.check(people, phone="mobile", suppress="20261122")["sms_status"].tolist() == [
        "suppressed"
    ]
