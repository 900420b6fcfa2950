"""Texts are filled exactly, or the row says why not; and are counted as the network counts them."""

from __future__ import annotations

import array
import collections
import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsframe.errors import TextError
from smsframe.texts import render as text
from smsframe.texts.render import Field, parse, render, segments
from smsframe.texts.segments import GSM, GSM_EXTENSION
from smsframe.texts.spreadsheet_errors import ERRORS


def filled(source, **columns):
    """The texts of a template over some columns, with codes where there is none."""
    rendered = render(parse(source), pd.DataFrame(columns))
    return rendered.texts.fillna(rendered.code).tolist()


def merged(rendered):
    return rendered.values  # noqa: PD011 - a field of ours, not of pandas


# Templates ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("Ciao", ("Ciao",)),
        ("Ciao {name}!", ("Ciao ", Field("name"), "!")),
        ("{name:amico}", (Field("name", "amico"),)),
        ("{name:}", (Field("name", ""),)),
        ("{a:b:c}", (Field("a", "b:c"),)),
        ("{{name}}", ("{name}",)),
        ("{{{name}}}", ("{", Field("name"), "}")),
        ("{first name}{x}", (Field("first name"), Field("x"))),
        ("a\r\n{b}", ("a\r\n", Field("b"))),
        ("{name.__class__}", (Field("name.__class__"),)),
        ("10% of $5 {x:10%off}", ("10% of $5 ", Field("x", "10%off"))),
    ],
)
def test_a_template_is_read_into_its_parts(source, parts):
    assert parse(source).parts == parts
    assert parse(source).source == source


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (7, "must be a string, not int"),
        (None, "must be a string"),
        ("", "empty"),
        (" \t\u00a0\n", "empty"),
        ("Ciao {name", r"\{ at character 6 has no partner"),
        ("Ciao name}", r"\} at character 10 has no partner"),
        ("Ciao {{name}", r"\} at character 12 has no partner"),
        ("{a{b}}", r"\{ at character 1 has no partner"),
        ("{}", "field at character 1 has no name"),
        ("Ciao { }", "field at character 6 has no name"),
        ("{:amico}", "has no name"),
        ("{price:.2f}", "format"),
        ("{day:%d/%m}", "format"),
        ("Pay ${amount}", r"\$\{ at character 5"),
        ("${{x}}", r"\$\{ at character 1"),
        ("Ciao " + chr(0xD83D), "Character 6"),
        ("Ciao \ufffd", "Character 6"),
        ("Ciao \x00", "Character 6"),
        ("x" * 1_000_000, "1,000,000 characters"),
        ("{x:" + "y" * 1_000_000 + "}", "1,000,000 characters"),
    ],
)
def test_a_bad_template_says_what_is_wrong_where_and_what_to_do(source, words):
    with pytest.raises(TextError, match=words):
        parse(source)


def test_fields_and_the_wire_number_each_different_field_once():
    template = parse("{b} {a} {b} {b:x} {{}}")
    assert template.fields == ("b", "a", "b")
    assert template.wire() == "${f1} ${f2} ${f1} ${f3} {}"
    assert parse("same for all").fields == ()


def test_a_field_that_is_no_column_is_named_with_the_columns_and_the_closest():
    with pytest.raises(
        TextError, match=r"'nome', and there is no such column\. Did you mean 'name'.*'name', 'table'"
    ):
        render(parse("{nome}"), pd.DataFrame(columns=["name", "table"]))


def test_no_error_shows_a_number_that_was_taken_for_a_label():
    frame = pd.DataFrame(columns=["Ada", "+393471234567"])
    with pytest.raises(TextError) as caught:
        render(parse("{3471234567}"), frame)
    assert "1234567" not in str(caught.value)


def test_a_field_that_is_the_label_of_two_columns_is_refused_and_another_is_not():
    frame = pd.DataFrame([["a", "b", "c"]], columns=["x", "x", "y"])
    assert render(parse("{y}"), frame).texts.tolist() == ["c"]
    with pytest.raises(TextError, match="label of 2 columns"):
        render(parse("{x}"), frame)


def test_labels_that_are_no_strings_are_meant_by_their_text():
    frame = pd.DataFrame({7: ["a"], ("x", 1): ["b"]})
    assert render(parse("{7} {('x', 1)}"), frame).texts.tolist() == ["a b"]


@pytest.mark.parametrize("field", ["name.__class__", "name[0]", "name!r", "__import__('os')"])
def test_nothing_is_looked_up_or_evaluated(field):
    with pytest.raises(TextError, match="no such column"):
        render(parse(f"{{{field}}}"), pd.DataFrame({"name": ["Ada"]}))


# Values -------------------------------------------------------------------------------------------------

VALUES = {
    "strings stay": (["Ada ", "b"], ["Ada ", "b"]),
    "integers": ([1, 23], ["1", "23"]),
    "integers with a gap": ([1, None], ["1", "missing_value"]),
    "floats that are whole": ([1.0, 1e6], ["1", "1000000"]),
    "floats": ([1.5, 2.0], ["1.5", "2.0"]),
    "floats beyond integers": ([1e20, 1.0], ["1e+20", "1.0"]),
    "shortest floats": (np.array([0.1, 0.25], dtype="float32"), ["0.1", "0.25"]),
    "half floats": (np.array([0.5, 2], dtype="float16"), ["0.5", "2.0"]),
    "booleans": ([True, False], ["True", "False"]),
    "nullable booleans": (pd.array([True, None], dtype="boolean"), ["True", "missing_value"]),
    "nullable integers": (pd.array([1, None], dtype="Int64"), ["1", "missing_value"]),
    "nullable floats": (pd.array([1, None], dtype="Float64"), ["1", "missing_value"]),
    "dates": (pd.to_datetime(["2026-11-22", None]), ["2026-11-22", "missing_value"]),
    "times": (
        pd.to_datetime(["2026-11-22 00:00", "2026-11-22 20:30"]),
        ["2026-11-22 00:00", "2026-11-22 20:30"],
    ),
    "times of a zone": (
        pd.to_datetime(["2026-11-22 20:30"]).tz_localize("Europe/Rome"),
        ["2026-11-22 20:30"],
    ),
    "arrow times": (
        pd.array([dt.datetime(2026, 11, 22, 20, 30), None], dtype=pd.ArrowDtype(pa.timestamp("us"))),  # noqa: DTZ001 - naive
        ["2026-11-22 20:30", "missing_value"],
    ),
    "date objects": ([dt.date(2026, 11, 22), None], ["2026-11-22", "missing_value"]),
    "categories": (pd.Categorical(["a", None]), ["a", "missing_value"]),
    "categories of numbers": (pd.Categorical([1.0, None]), ["1", "missing_value"]),
    "decimals": ([Decimal("12.50"), Decimal("nan")], ["12.50", "missing_value"]),
    "arrow strings": (pd.array(["a", None], dtype=pd.ArrowDtype(pa.string())), ["a", "missing_value"]),
    "python strings": (pd.array(["a", None], dtype="string[python]"), ["a", "missing_value"]),
    "mixed": (
        np.array([1, 2.0, "a", None, pd.NA, pd.NaT, b"x", Decimal("1.0"), True], dtype=object),
        ["1", "2", "a", "missing_value", "missing_value", "missing_value", "x", "1.0", "True"],
    ),
    "nothing": ([None, None], ["missing_value"] * 2),
    "blank": (["", " ", "\u00a0", "\u200b"], ["missing_value"] * 4),
    "artefacts": (["nan", "NaN", "<NA>", "NaT", "None"], ["missing_value"] * 5),
    "Nan is a given name": (["Nan", "None of them"], ["Nan", "None of them"]),
    "lone surrogate": (["\ud83d", "a"], ["broken_text", "a"]),
    "half a file": (["J\ufffdrg", "\x1f"], ["broken_text", "broken_text"]),
    "placeholder": (["${f2}", "$5"], ["placeholder", "$5"]),
    "markup": (["{name}", "%s"], ["{name}", "%s"]),
}


@pytest.mark.parametrize(("column", "expected"), VALUES.values(), ids=VALUES)
def test_values_become_what_a_person_would_read(column, expected):
    values = pd.Series(column, dtype=object) if isinstance(column, list) and "\ud83d" in column else column
    assert filled("{x}", x=values) == expected


def test_no_text_ever_says_nan():
    gaps = {
        "o": [None, float("nan")],
        "f": [np.nan, np.nan],
        "d": pd.to_datetime([None, None]),
        "s": ["nan", "NaT"],
    }
    for name, column in gaps.items():
        assert filled(f"Ciao {{{name}}}", **{name: column}) == ["missing_value"] * 2
        assert filled(f"Ciao {{{name}:amico}}", **{name: column}) == ["Ciao amico"] * 2


def test_a_missing_value_names_its_field():
    rendered = render(
        parse("{a} {b} {c:x}"), pd.DataFrame({"a": ["1", None], "b": [None, None], "c": [None, None]})
    )
    assert rendered.code.tolist() == ["missing_value"] * 2
    assert ["{b}" in rendered.reason[0], "{a}" in rendered.reason[1]] == [True, True]


def test_a_field_of_two_texts_that_make_a_placeholder_together_is_refused():
    assert filled("{a}{b}", a=["$", "€"], b=["{f1}", "{f1}"]) == ["placeholder", "€{f1}"]


def test_a_text_that_is_blank_once_filled_is_refused():
    assert filled("{a:}", a=[None, "x"]) == ["empty_text", "x"]
    assert filled("{a: } \n", a=[None]) == ["empty_text"]


def test_render_is_by_position_and_typed_whatever_the_index():
    frame = pd.DataFrame({"name": ["Ada", None, "Bob"]}, index=[5, 5, 1])
    rendered = render(parse("Ciao {name}, {name:amico}"), frame)
    for series in (rendered.texts, rendered.code, rendered.reason):
        assert series.dtype == "string"
        assert isinstance(series.index, pd.RangeIndex)
    assert rendered.texts.tolist() == ["Ciao Ada, Ada", pd.NA, "Ciao Bob, Bob"]
    assert list(merged(rendered).columns) == ["f1", "f2"]
    assert merged(rendered)["f2"].tolist() == ["Ada", "amico", "Bob"]


def test_the_wire_with_its_values_is_the_text():
    """What the gateway fills from the placeholders is the string that was counted."""
    template = parse("Ciao {name}, {{table}} {table:?} {table}")
    rendered = render(template, pd.DataFrame({"name": ["Ada", "$f1"], "table": [1.0, 2.0]}))
    for row in range(2):
        wire = template.wire()
        for name in merged(rendered).columns:
            wire = wire.replace(f"${{{name}}}", merged(rendered)[name][row])
        assert wire == rendered.texts[row]


@pytest.mark.parametrize("source", ["same for all", "{x}"])
def test_an_empty_frame_renders_nothing(source):
    rendered = render(parse(source), pd.DataFrame({"x": pd.Series([], dtype=object)}))
    assert len(rendered.texts) == len(rendered.code) == len(merged(rendered)) == 0
    assert rendered.texts.dtype == "string"


def test_a_text_without_fields_is_the_same_for_all():
    rendered = render(parse("Ciao"), pd.DataFrame(index=range(3)))
    assert rendered.texts.tolist() == ["Ciao"] * 3
    assert merged(rendered).shape == (3, 0)


def test_each_code_has_a_sentence_and_is_reached():
    frame = pd.DataFrame({"x": pd.Series([None, "\ud800", "${", " "], dtype=object)})
    rendered = render(parse("{x}"), frame)
    blank = render(parse("{x:}"), frame.iloc[:1])
    assert {*rendered.code.dropna(), *blank.code} == set(text.CODES)
    assert rendered.reason.notna().all()


def test_a_value_of_a_million_characters_is_filled_and_counted():
    rendered = render(parse("Ciao {x}"), pd.DataFrame({"x": ["€" * 1_000_000]}))
    assert segments(rendered.texts)["units"].tolist() == [2_000_005]


# Segments -----------------------------------------------------------------------------------------------


def counted_by_hand(string):
    """One character at a time, as 3GPP TS 23.038 and TS 23.040 read."""
    gsm = all(character in GSM or character in GSM_EXTENSION for character in string)
    wide = (lambda c: c in GSM_EXTENSION) if gsm else (lambda c: ord(c) > 0xFFFF)
    alone, part = (160, 153) if gsm else (70, 67)
    sizes = [2 if wide(character) else 1 for character in string]
    parts, room = 1, part
    for size in sizes:
        if size > room:
            parts, room = parts + 1, part
        room -= size
    return ("gsm" if gsm else "ucs2", sum(sizes), 1 if sum(sizes) <= alone else parts)


def counted(strings):
    return list(segments(pd.Series(strings, dtype=object)).itertuples(index=False, name=None))


ALPHABET = "TS 23.038, 6.2.1: the GSM 7-bit default alphabet"
EXTENSION = "TS 23.038, 6.2.1.1: the extension table, an escape and a code each"
UCS2 = "TS 23.038, 6.2.3: UCS-2, in practice UTF-16, so surrogates are two units"
WHOLE = "TS 23.040, 9.2.3.16: 140 octets are 160 units of GSM or 70 of UCS-2"
PARTS = "TS 23.040, 9.2.3.24.1: the header leaves 153 or 67 units"
UNCUT = "TS 23.038, 6.2.1.1: neither an escape nor a surrogate is parted from its second half"
LIMITS = "smSend docs, POST sms: at most 1000 characters in GSM, 450 in UCS-2"

TRICKY = {
    "one letter": ("a", "gsm", 1, 1, ALPHABET),
    "empty": ("", "gsm", 0, 1, WHOLE),
    "a full segment": ("a" * 160, "gsm", 160, 1, WHOLE),
    "one more": ("a" * 161, "gsm", 161, 2, PARTS),
    "two full": ("a" * 306, "gsm", 306, 2, PARTS),
    "two full and one": ("a" * 307, "gsm", 307, 3, PARTS),
    "the longest": ("a" * 1000, "gsm", 1000, 7, LIMITS),
    "euro signs, a full segment": ("€" * 80, "gsm", 160, 1, EXTENSION),
    "euro signs, even units never fill a segment": ("€" * 153, "gsm", 306, 3, UNCUT),
    "euro at the border moves": ("a" * 152 + "€" + "a" * 152, "gsm", 306, 3, UNCUT),
    "euro before the border stays": ("a" * 151 + "€" + "a" * 153, "gsm", 306, 2, UNCUT),
    "every extension character": (GSM_EXTENSION, "gsm", 20, 1, EXTENSION),
    "the whole alphabet": (GSM, "gsm", 127, 1, ALPHABET),
    "line break of Windows": ("a\r\nb", "gsm", 4, 1, ALPHABET),
    "Greek capitals are in the alphabet": ("ΔΦΓΛΩΠΨΣΘΞ", "gsm", 10, 1, ALPHABET),
    "Greek letters that look Latin are not": ("Α", "ucs2", 1, 1, ALPHABET),  # noqa: RUF001 - capital alpha
    "capital C with cedilla": ("Ç", "gsm", 1, 1, ALPHABET),
    "small c with cedilla": ("ç", "ucs2", 1, 1, ALPHABET),
    "accents of Italian": ("àèéìòù", "gsm", 6, 1, ALPHABET),
    "accents the alphabet lacks": ("á", "ucs2", 1, 1, ALPHABET),
    "combining accent": ("e\u0301", "ucs2", 2, 1, UCS2),
    "typographic apostrophe": ("l\u2019ora", "ucs2", 5, 1, UCS2),
    "no-break space": ("a\u00a0b", "ucs2", 3, 1, UCS2),
    "backtick": ("`", "ucs2", 1, 1, ALPHABET),
    "tab": ("\t", "ucs2", 1, 1, ALPHABET),
    "escape is no character of a text": ("\x1b", "ucs2", 1, 1, EXTENSION),
    "zero-width space": ("a\u200b", "ucs2", 2, 1, UCS2),
    "euro beside Cyrillic is one unit": ("€ж", "ucs2", 2, 1, UCS2),
    "emoji": ("👋", "ucs2", 2, 1, UCS2),
    "emoji with joiner": ("👩\u200d🎤", "ucs2", 5, 1, UCS2),
    "flag": ("🇮🇹", "ucs2", 4, 1, UCS2),
    "emoji with selector": ("❤️", "ucs2", 2, 1, UCS2),
    "a full segment of UCS-2": ("ж" * 70, "ucs2", 70, 1, WHOLE),
    "one more of UCS-2": ("ж" * 71, "ucs2", 71, 2, PARTS),
    "two full of UCS-2": ("ж" * 134, "ucs2", 134, 2, PARTS),
    "emoji fill a segment": ("👋" * 35, "ucs2", 70, 1, WHOLE),
    "emoji never fill a part": ("👋" * 67, "ucs2", 134, 3, UNCUT),
    "emoji at the border moves": ("ж" * 66 + "👋" + "ж" * 66, "ucs2", 134, 3, UNCUT),
    "escape before an emoji at the border": ("\x1b" * 66 + "👋" + "\x1b" * 66, "ucs2", 134, 3, UNCUT),
    "line breaks at the border": ("\n" * 152 + "€" + "\n" * 152, "gsm", 306, 3, UNCUT),
    "longest of UCS-2": ("ж" * 450, "ucs2", 450, 7, LIMITS),
    "euro in the last two places stays": ("a" * 151 + "€" + "a", "gsm", 154, 1, WHOLE),
    "form feed is in the extension": ("a\fb", "gsm", 4, 1, EXTENSION),
    "brackets and bars": ("[{|}]", "gsm", 10, 1, EXTENSION),
    "small Greek letters are not": ("α", "ucs2", 1, 1, ALPHABET),  # noqa: RUF001 - small alpha
    "Greek beside Latin": ("ΩmegA", "gsm", 5, 1, ALPHABET),
    "ohm sign is no omega": ("\u2126", "ucs2", 1, 1, ALPHABET),
    "currency, yen and pound": ("¤¥£$", "gsm", 4, 1, ALPHABET),
    "capital E with acute, but not with grave": ("ÉÈ", "ucs2", 2, 1, ALPHABET),
    "letters of the north": ("ÆæØøÅåß", "gsm", 7, 1, ALPHABET),
    "line break of Windows at the border": ("a" * 152 + "\r\n" + "a" * 10, "gsm", 164, 2, PARTS),
    "null and delete": ("\x00\x7f", "ucs2", 2, 1, ALPHABET),
    "decomposed Vietnamese": ("e\u0302\u0323", "ucs2", 3, 1, UCS2),
    "one accent of its own doubles the bill": ("a" * 159 + "e\u0301", "ucs2", 161, 3, PARTS),
    "one curly quote doubles the bill": ("a" * 70 + "\u2019", "ucs2", 71, 2, PARTS),
    "narrow no-break space": ("10\u202f€", "ucs2", 4, 1, UCS2),
    "byte order mark": ("\ufeffa", "ucs2", 2, 1, UCS2),
    "right-to-left mark": ("\u200fa", "ucs2", 2, 1, UCS2),
    "Arabic": ("مرحبا", "ucs2", 5, 1, UCS2),
    "Chinese": ("你好", "ucs2", 2, 1, UCS2),
    "Chinese outside the basic plane": ("𠮷", "ucs2", 2, 1, UCS2),
    "family of four": ("👨\u200d👩\u200d👧\u200d👦", "ucs2", 11, 1, UCS2),
    "emoji with skin": ("👍🏽", "ucs2", 4, 1, UCS2),
    "keycap": ("1\ufe0f\u20e3", "ucs2", 3, 1, UCS2),
    "flag at the border": ("ж" * 66 + "🇮🇹" + "ж" * 64, "ucs2", 134, 3, UNCUT),
    "emoji just before the border": ("ж" * 65 + "👋" + "ж" * 67, "ucs2", 134, 2, UNCUT),
    "joiner at the border": ("ж" * 65 + "👩\u200d🎤", "ucs2", 70, 1, WHOLE),
    "joiner at the border of parts": ("ж" * 66 + "👩\u200d🎤", "ucs2", 71, 2, UNCUT),
    "euro at each of two borders": ("a" * 152 + "€" + "a" * 150 + "€" + "a", "gsm", 307, 3, UNCUT),
    "the longest of euro signs": ("€" * 500, "gsm", 1000, 7, LIMITS),
    "the longest of emoji": ("👋" * 225, "ucs2", 450, 7, LIMITS),
}


@pytest.mark.parametrize(("string", "encoding", "units", "parts", "source"), TRICKY.values(), ids=TRICKY)
def test_tricky_texts_are_counted_as_the_standards_say(string, encoding, units, parts, source):
    assert counted([string]) == [(encoding, units, parts)], source
    assert counted_by_hand(string) == (encoding, units, parts), source


def test_tricky_texts_are_counted_alike_side_by_side_and_in_pieces():
    """Neighbours in a column change nothing, nor does which part of a text is a value."""
    strings = [
        string for string, *_ in TRICKY.values() if string.strip() and not set(string) & set("\x00\x1b")
    ]
    expected = [counted_by_hand(string) for string in strings]
    assert counted(strings) == expected
    for cut in (1, 3):
        frame = pd.DataFrame({"a": [s[:-cut] for s in strings], "b": [s[-cut:] for s in strings]})
        made = render(parse("{a:}{b:}"), frame)
        whole = (made.texts == pd.Series(strings)).fillna(value=False)
        assert whole.sum() > len(strings) - 12  # blank values read as missing
        got = list(made.counted.itertuples(index=False, name=None))
        assert [x for x, here in zip(got, whole, strict=True) if here] == [
            x for x, here in zip(expected, whole, strict=True) if here
        ]


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.just(""), st.text("aé€[жç👋\u0301\n", max_size=90)), min_size=1, max_size=5),
    st.text("aé€[жç👋\u0301\n", min_size=1, max_size=120),
    st.text("aé€[жç👋\u0301\n", max_size=120),
)
def test_the_parts_of_a_text_add_up_to_it(values, before, after):
    made = render(
        parse("x" + before + "{x:€}" + after + "{x:ж}{y}"), pd.DataFrame({"x": values, "y": "👋 a"})
    )
    assert list(made.counted.itertuples(index=False, name=None)) == [counted_by_hand(t) for t in made.texts]


def test_a_column_that_several_threads_count_is_counted_in_its_order():
    strings = [string for string, *_ in TRICKY.values() if len(string) < 100]
    order = np.arange(150_000) % len(strings)
    made = segments(pd.Series(strings, dtype="string[pyarrow]").take(order))
    expected = segments(pd.Series(strings, dtype="string[pyarrow]")).take(order)
    pd.testing.assert_frame_equal(made, expected)


def test_a_row_without_a_text_counts_nothing():
    made = render(parse("Ciao {x}"), pd.DataFrame({"x": ["a", None, "\x00", "${f1}"]}))
    assert made.counted["units"].tolist() == [6, pd.NA, pd.NA, pd.NA]
    assert made.counted["encoding"].isna().tolist() == [False, True, True, True]
    assert [str(dtype) for dtype in made.counted.dtypes] == ["category", "Int64", "Int64"]


LETTERS = st.sampled_from(["a", "a", "é", "€", "[", "\n", "\x1b", "ж", "👋", "\u0301", "ç"])


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(LETTERS, st.integers(1, 80)), max_size=8).map(
            lambda runs: "".join(c * n for c, n in runs)
        ),
        max_size=6,
    )
)
def test_counting_columns_is_counting_characters(strings):
    assert counted(strings) == [counted_by_hand(string) for string in strings]


@settings(deadline=None, max_examples=50)
@given(st.integers(140, 170), st.lists(st.integers(0, 340), max_size=12))
def test_borders_are_found_wherever_the_wide_characters_stand(length, places):
    for plain, wide in (("a", "€"), ("ж", "👋")):
        characters = [plain] * (2 * length)
        for place in places:
            characters[place % len(characters)] = wide
        assert counted(["".join(characters)]) == [counted_by_hand("".join(characters))]


def test_the_alphabet_is_complete():
    """127 characters and the escape make 128; the extension has ten (TS 23.038, 6.2.1)."""
    assert len(GSM) == len(set(GSM)) == 127
    assert len(set(GSM_EXTENSION)) == 10
    assert GSM[27:33] == "ÆæßÉ !"
    assert "\x1b" not in GSM


@pytest.mark.parametrize(
    "dtype", [object, "string[python]", "string[pyarrow]", "category", pd.ArrowDtype(pa.string())], ids=str
)
def test_segments_keep_the_index_and_leave_gaps_missing(dtype):
    texts = pd.Series(["Ciao", None, "👋"], dtype=object, index=[1, 1, 0]).astype(dtype)
    table = segments(texts)
    assert table.index.equals(texts.index)
    assert [str(dtype) for dtype in table.dtypes] == ["category", "Int64", "Int64"]
    assert table["encoding"].cat.categories.tolist() == ["gsm", "ucs2"]
    assert table["units"].tolist() == [4, pd.NA, 2]
    assert table["encoding"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize("dtype", [object, "float64", "string[pyarrow]"])
@pytest.mark.parametrize("values", [[], [None, None]])
def test_segments_of_nothing_have_the_same_dtypes(dtype, values):
    table = segments(pd.Series(values, dtype=dtype))
    assert len(table) == len(values)
    assert [str(dtype) for dtype in table.dtypes] == ["category", "Int64", "Int64"]


def test_segments_of_numbers_are_refused():
    with pytest.raises(TextError, match="must be strings"):
        segments(pd.Series([1, 2]))
    with pytest.raises(TextError, match="must be strings"):
        segments(pd.Series(["a", 2], dtype=object))


def test_a_lone_surrogate_is_counted_as_one_unit_of_ucs2():
    assert counted(["a\ud83d"]) == [("ucs2", 2, 1)]


def test_the_characters_that_force_ucs2_are_counted_by_rows():
    texts = pd.Series(["già", "“sì” “no”", "“👋", None, "€"], dtype=object)
    assert text.not_gsm(texts).to_dict() == {"“": 2, "”": 1, "👋": 1}
    assert text.not_gsm(texts).dtype == "int64"
    assert text.not_gsm(pd.Series([], dtype=object)).empty


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1).filter(
    lambda name: name.strip() and "${" not in name and "\ufffd" not in name
) | st.text('"{}: ab', min_size=1).filter(str.strip)


@settings(deadline=None)
@given(name=NAMES, default=st.none() | st.sampled_from(["friend", "a: b", '"x"', ""]))
def test_every_column_can_be_named(name, default):
    """Colons and braces in quotation marks, and a quotation mark doubled there."""
    field = Field(name, default)
    assert parse(f"a {field.written()} b").parts == ("a ", field, " b")
    value = pd.DataFrame({name: ["x", None]}, dtype="string")
    assert render(parse(field.written() + "!"), value).texts.fillna("-").tolist() == [
        "x!", "-" if default is None else f"{default}!"
    ]  # fmt: skip


def test_names_that_need_no_quotation_marks_are_written_without():
    for name in ("name", "first name", "Città", 'say "hi"', "it's", "a-b", "2026"):
        assert Field(name).written() == f"{{{name}}}"
    assert Field("Check-in: date", "soon").written() == '{"Check-in: date":soon}'
    assert filled(
        '{"Check-in: date"} {"a ""b"" {c}":x}', **{"Check-in: date": ["1"], 'a "b" {c}': ["2"]}
    ) == ["1 2"]


def test_a_name_with_a_colon_that_was_not_quoted_says_how_to_write_it():
    with pytest.raises(TextError, match=r'Write \{"Check-in: date"\} if you mean the column'):
        render(parse("{Check-in: date}"), pd.DataFrame({"Check-in: date": ["1"]}))


@pytest.mark.parametrize(
    ("text", "columns", "said"),
    [
        (
            "{Check-in: date}",
            ["Check-in", "Check-in: date"],
            r'write \{"Check-in: date"\} for .*, write \{"Check-in": date\} for',
        ),
        ("{a:}", ["a", "a:"], r'write \{"a:"\} for .*, write \{"a":\} for'),
        ('{"a"}', ["a", '"a"'], r'write \{"""a"""\} for .*, write \{a\} for'),
        ('{"a:b"}', ["a:b", '"a:b"'], r'write \{"""a:b"""\} for .*, or rename'),
    ],
)
def test_a_field_that_is_the_name_of_a_column_and_another_with_a_default_is_refused(text, columns, said):
    people = pd.DataFrame({name: [str(place)] for place, name in enumerate(columns)})
    with pytest.raises(TextError, match=f"at character 4 may be two columns: {said}"):
        render(parse(f"Hi {text}"), people)
    assert filled(
        '{"Check-in": date} {"Check-in: date"}', **{"Check-in": ["1"], "Check-in: date": ["2"]}
    ) == ["1 2"]
    assert filled("{a:b}", a=["1"]) == ["1"]


@pytest.mark.parametrize("point", range(0x80, 0xA0))
def test_what_a_wrong_encoding_leaves_of_a_name_is_not_sent(point):
    names = pd.DataFrame({"name": [f"J{chr(point)}rgen", "£ · Ada"]})
    rendered = render(parse("Ciao {name}"), names)
    assert rendered.code.fillna("").tolist() == ["broken_text", ""]


# Values that are no words --------------------------------------------------------------------------------


class Nameless:
    """An object that Python describes by where it stands in memory."""


class Named:
    """An object that says what it is."""

    def __str__(self):
        return "Ada"


NO_WORDS = [
    ["Ada"],
    ("Ada",),
    {"name": "Ada"},
    {"Ada"},
    frozenset({"Ada"}),
    {"Ada": 1}.keys(),
    {"Ada": 1}.values(),
    collections.deque(["Ada"]),
    collections.OrderedDict(name="Ada"),
    pd.DataFrame({"name": ["Ada"]}).itertuples().__next__(),
    range(3),
    memoryview(b"Ada"),
    array.array("i", [1]),
    np.array(["Ada"]),
    pd.Series(["Ada"]),
    pd.DataFrame({"name": ["Ada"]}),
    pd.Index(["Ada"]),
    pd.array(["Ada"]),
    Nameless(),
    Nameless,
    object(),
    int,
    len,
    print,
    lambda: None,
    collections,
    iter(["Ada"]),
    (name for name in ["Ada"]),
    Nameless().__init__,
]


@pytest.mark.parametrize("value", NO_WORDS, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("others", [[], ["Bo"], [1], [None]])
def test_a_value_that_is_no_word_is_refused_and_no_python_is_texted(value, others):
    column = pd.Series([None] * (len(others) + 1), dtype=object)
    for place, each in enumerate([value, *others]):
        column.array[place] = each
    found = render(parse("Ciao {name:Guest}"), pd.DataFrame({"name": column}))
    assert found.code.tolist()[0] == "broken_text"
    assert found.reason.tolist()[0] == "{name} is a list, a table or an object, or cannot be read"
    assert found.texts.tolist()[1:] == [f"Ciao {other or 'Guest'}" for other in others]


@pytest.mark.parametrize("type_", [pa.list_(pa.string()), pa.struct({"name": pa.string()})])
def test_so_is_one_in_a_column_of_arrow(type_):
    value = {"name": "Ada"} if pa.types.is_struct(type_) else ["Ada"]
    column = pd.Series([value, None], dtype=pd.ArrowDtype(type_))
    found = render(parse("Ciao {name}"), pd.DataFrame({"name": column}))
    assert found.code.tolist() == ["broken_text", "missing_value"]


def test_what_says_what_it_is_is_a_word():
    values = [Named(), "<b>", "['Ada']", collections.UserString("Ada"), b"Ada", bytearray(b"Ada"), 1 + 2j]
    found = render(parse("{name}"), pd.DataFrame({"name": pd.Series(values, dtype=object)}))
    assert found.texts.tolist() == ["Ada", "<b>", "['Ada']", "Ada", "Ada", "Ada", "(1+2j)"]


@pytest.mark.parametrize("dtype", [object, "string[pyarrow]", "string[python]", "category"])
def test_an_error_of_a_spreadsheet_is_no_value_in_any_column(dtype):
    column = pd.Series([*ERRORS, "Ada"], dtype=dtype)
    found = render(parse("Ciao {name}"), pd.DataFrame({"name": column}))
    assert found.code.tolist() == ["missing_value"] * len(ERRORS) + [pd.NA]
    inside = [f"Room {error}" for error in ERRORS]
    assert render(parse("{name}"), pd.DataFrame({"name": inside})).texts.tolist() == inside
