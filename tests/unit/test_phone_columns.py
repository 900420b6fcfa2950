"""Columns as exports, spreadsheets and people leave them: hidden digits, bare digits, prefixes, countries."""

from __future__ import annotations

import contextlib
import math
import re
import sys
import unicodedata
import warnings
from decimal import Decimal
from functools import partial

import numpy as np
import pandas as pd
import phonenumbers as library
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from babel import Locale
from babel.core import get_global
from searches import phone_columns

import smsframe
from smsframe.contacts.suppression import suppression
from smsframe.errors import ContactsError, TextError
from smsframe.form.draft import Draft
from smsframe.form.html import audience
from smsframe.form.preview import View
from smsframe.outcomes.schema import ContactsSchema
from smsframe.phones import bare, likeness, marks, parse, region_names, repair
from smsframe.phones.homes import unknown_regions
from smsframe.phones.region_names import LANGUAGES, region_of, suggestion

ITALY, OTHER = "+393471234567", "+393471234568"


def one(cell, region=None):
    """Phone, or code, and the repairs of a single cell."""
    row = parse.read(pd.Series([cell], dtype=object), region).iloc[0]
    return (row["code"] if pd.isna(row["phone"]) else row["phone"]), row["repair"]


# Hidden digits ------------------------------------------------------------------------------------------


def test_each_character_that_libphonenumber_skips_between_digits_is_decided():
    skipped = set()
    for point in range(sys.maxunicode + 1):
        mark = chr(point)
        if unicodedata.category(mark) in {"Cs", "Cn", "Co"} or mark.isdecimal() or mark.isalpha():
            continue
        for cell in (
            f"+39 347{mark}1234567",
            f"8{mark}10 39 347 1234567",
        ):  # a tilde may also begin an extension
            try:
                number = library.parse(cell, "RU")
            except library.NumberParseException:
                continue
            if (
                library.format_number(number, library.PhoneNumberFormat.E164) == ITALY
                and not number.extension
            ):
                skipped.add(mark)
    assert skipped == {mark for mark in marks.SKIPPED if not mark.isalpha()}


@pytest.mark.parametrize("mark", sorted(marks.SKIPPED), ids=lambda mark: f"U+{ord(mark):04X}")
def test_what_is_skipped_between_digits_is_read_as_decided(mark):
    read = {one(f"+39 347{mark}1234567")[0], one(f"+39{mark}347{mark}1234567")[0]}
    assert read == ({"masked_digits"} if marks.SKIPPED[mark] == marks.HIDES else {ITALY})


HIDING = (
    *"*?_~%", "…", "...", "..", ". .", "█", "■", "•", "·", "\uff0a", "\uff1f", "xx", "XXX", "##", "---",
    "\u2013 \u2013 \u2013",
)  # fmt: skip
WHERE = ("+43 664 {}4567", "+43 664 {0}{0}4567", "0664 123{}", "{}6641234567", "+43 664{}123", "+436641{}")
HIDDEN = [
    cell.format(mark)
    for cell in WHERE
    for mark in HIDING
    if not cell.format(mark).startswith(
        (".", "-", "\u2013")
    )  # what begins with a dot or a dash hides nothing
]


@pytest.mark.parametrize("written", HIDDEN)
@pytest.mark.parametrize("region", [None, "AT"])
def test_a_mark_that_hides_digits_makes_the_cell_invalid_wherever_it_stands(written, region):
    assert one(written, region)[0] == "masked_digits"


@pytest.mark.parametrize(
    "cell", [f"*{ITALY}", f"• {ITALY}", f"☎ {ITALY}", f"📱{ITALY}", f"{ITALY} 📱", f"({ITALY})", f"{ITALY}."]
)
def test_a_bullet_before_the_plus_and_a_sign_beside_the_number_hide_nothing(cell):
    assert one(cell)[0] == ITALY


@pytest.mark.parametrize(
    "end",
    [
        *(mark * 2 for mark in "!=^$@-★☆⭐▮▢☐⎕⌧🔒¤€\N{EM DASH}\N{MINUS SIGN}"),
        *("★", "☆", "⭐", "▮", "▢", "☐", "- -", "()", "( )", "[]", "[ ]", "（）"),  # noqa: RUF001 - as in Japan
    ],
)
@pytest.mark.parametrize("space", ["", " "])
def test_marks_behind_the_digits_and_empty_brackets_hide_some(end, space):
    # Austrian numbers have from 4 to 13 digits, so what is left is mostly another person's.
    assert one(f"+43 664 12345{space}{end}")[0] == "masked_digits"
    if set(end) <= set("()[] （）"):  # noqa: RUF001
        assert one(f"+43 664{space}{end}{space}12345")[0] == "masked_digits"
        assert one(f"{end}{space}664 12345", "AT")[0] == "masked_digits"


SHAPES = re.compile(
    r"\b(SQUARE|CIRCLE|DIAMOND|LOZENGE|STAR|ASTERISK|QUADRANT|SHADE|SALTIRE|FISHEYE|BULLSEYE|BRAILLE)\b"
)
BLOCKS = [(0x2580, 0x259F), (0x25A0, 0x25FF), (0x2605, 0x2606), (0x271A, 0x2756), (0x2801, 0x28FF),
          (0x2B12, 0x2B2F), (0x2B50, 0x2B59), (0x1F532, 0x1F539), (0x1F780, 0x1F7EB)]  # fmt: skip
DRAWN = [
    chr(point)
    for first, last in BLOCKS
    for point in range(first, last + 1)
    if SHAPES.search(unicodedata.name(chr(point), ""))
]


@pytest.mark.parametrize("mark", [*DRAWN, *"⏺⏹⌧☓🔘💠"], ids=lambda mark: f"U+{ord(mark):04X}")
def test_a_shape_in_the_place_of_a_digit_hides_it(mark):
    assert {one(f"+43 664 123456{mark}")[0], one(f"{mark}664 123456", "AT")[0]} == {"masked_digits"}


@pytest.mark.parametrize("end", ["(--)", "[--]", "--)", "--.", "††", "§§", "<<", "<>", "¬¬", "÷÷", "\\\\"])
def test_two_marks_behind_the_digits_hide_some_whatever_closes_the_cell(end):
    assert one(f"+43 664 12345 {end}")[0] == "masked_digits"


ASSIGNED = [
    chr(point)
    for point in range(0x20, sys.maxunicode + 1)
    if unicodedata.category(chr(point)) not in {"Cs", "Cn", "Co"}
]
UNSEEN = frozenset(
    pc.filter(pa.array(ASSIGNED), pc.match_substring_regex(pa.array(ASSIGNED), repair.INVISIBLE)).to_pylist()
)


@pytest.mark.parametrize(("times", "between"), [(2, ""), (2, " \t "), (3, "")])
def test_no_character_of_unicode_is_written_several_times_in_a_number_but_what_separates(times, between):
    separates = {mark for mark, meaning in marks.SKIPPED.items() if meaning == marks.SEPARATES}
    repeated = [
        mark
        for mark in ASSIGNED
        if unicodedata.category(mark)[0] in "PSM"
        and mark not in separates | UNSEEN | {*"+\u207a\ufe62\uff0b"}
    ]
    assert len(repeated) > 9_000
    runs = [between.join(mark * times) for mark in repeated]
    forms = ("+43 664 456712{}", "+43 664 456712 {} ", "{}664 456712", "{} 0664 456712")
    at_first = pc.match_substring_regex(pa.array(repeated), repair.APOSTROPHES).to_pylist()
    for form in forms:
        codes = parse.read(pd.Series([form.format(run) for run in runs]), "AT")["code"].fillna("read")
        others = {
            (f"U+{ord(mark):04X}", code)
            for mark, code, taken_off in zip(repeated, codes, at_first, strict=True)
            if not (taken_off and form.startswith("{"))
        }
        assert {code for code in others if code[1] != "masked_digits"} == set(), form
    assert parse.normalize(pd.Series([f"+43 664 456{run}712" for run in runs])).isna().all()


@pytest.mark.parametrize("blanks", ["", " ", "  ", "\t \t", " \u2800 ", " - ", ".", "/", " , "])
@pytest.mark.parametrize("brackets", ["()", "[]", "{}", "\uff08\uff09", "\uff5b\uff5d", "\u3010\u3011", "(]"])
def test_brackets_with_nothing_in_them_hide_digits(brackets, blanks):
    empty = brackets[0] + blanks + brackets[1]
    for cell in (f"+43 664 {empty} 4567123", f"+43 664 456712{empty}", f"{empty} 664 4567123"):
        assert one(cell, "AT")[0] == "masked_digits"


@pytest.mark.parametrize("mark", "-./\u2013")
def test_separators_that_are_repeated_with_blanks_between_hide_digits(mark):
    for blanks in ("  ", "\t", "     "):
        run = blanks.join(mark * 3)
        for cell in (f"+43 664{run}4567123", f"+43 664 {run} 4567123", f"+43 664 456712 {run}"):
            assert one(cell)[0] == "masked_digits"


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("0664 4567123;", "+436644567123"),
        (", 0664 4567123 /", "+436644567123"),
        ("((0664) 4567123)", "+436644567123"),
        ("0664--4567123", "+436644567123"),
        ('"0664 4567123"', "+436644567123"),
        ("0664 4567123 //\n0664 4567124", "two_numbers"),
        (";;", "missing"),
        ("https://example.org/06644567123", "letters"),
    ],
)
def test_one_separator_at_an_end_and_brackets_in_brackets_hide_nothing(cell, answer):
    assert one(cell, "AT")[0] == answer


@pytest.mark.parametrize("digit", "①Ⅳ²½❶㉑")
def test_a_digit_of_another_kind_before_the_number_is_not_passed_over(digit):
    assert one(f"{digit}0664 1234567", "AT")[0] == "masked_digits"
    assert one(f"{digit} +43 664 1234567")[0] == "+436641234567"  # before the plus it counts the lines


@pytest.mark.parametrize("cell", ["'{}'", '"{}"', "[{}]", "({})", "“{}”", "{} ✓", "{}!", "{}-", "{}."])
@pytest.mark.parametrize("number", ["43664123456.0", "43664123456.00", "+43664123456.0", "0664123456.0"])
def test_zeros_behind_a_dot_are_no_digits_whatever_stands_around_the_cell(cell, number):
    assert one(cell.format(number), "AT")[0] == "decimals"


@pytest.mark.parametrize("fraction", [".7", ".5", ".50", ".05", ",7", ",25"])
@pytest.mark.parametrize(
    ("whole", "region"), [("664123456", "AT"), ("43664123456", "AT"), ("335123456", "IT")]
)
def test_a_fraction_behind_bare_digits_is_no_digit_of_the_number(whole, region, fraction):
    # As a spreadsheet writes a number that is no whole one: of 664123456.70 it drops the zero.
    assert one(whole + fraction, region)[0] == "decimals"


@pytest.mark.parametrize(
    "fraction", [".7", ".50", ". 5", " .5", ".5 ", "\uff0e5", ".0.0", ".0 0", ". 0 0", ".00.00"]
)
@pytest.mark.parametrize(
    "whole",
    ["+43664123456", "0664123456", "43 664 123456", "+43 (664) 123456", "0043664123456", "0664/123456"],
)
@pytest.mark.parametrize("around", ["{}", '"{}"', "({})"])
def test_a_fraction_behind_a_long_run_of_digits_is_none_of_them(whole, fraction, around):
    cell = around.format(whole + fraction)
    assert one(cell, "AT")[0] == "decimals"
    # So in a column where nothing is looked at closely, and whatever is usable.
    assert parse.normalize(pd.Series([cell, "+43 664 1234567"]), "AT", "possible").tolist()[0] is pd.NA


@pytest.mark.parametrize("zeros", [". 0", " .0", ", 00", ". 000"])
def test_point_zero_with_a_space_is_dropped_too(zeros):
    assert one(f"+43664123456{zeros}") == ("+43664123456", "decimal")
    assert one(f"0664123456{zeros}", "AT") == ("+43664123456", "decimal")


@pytest.mark.parametrize(
    "cell",
    ["0664.123.4567", "664.1234567", "0664 12 34 56.7", "0664.12.34.56.70", "0664 1234.56", "0664123456.789"],
)
def test_a_dot_in_a_number_that_no_spreadsheet_wrote_separates(cell):
    assert one(cell, "AT")[0].startswith("+43664")


@pytest.mark.parametrize(
    "remark",
    ["(9-17)", "(18.30)", "(1)", "( 1 )", "[2]", "(10)", "1)", "12]", "(9 - 17)", "\uff081\uff09", "(1) "],
)
@pytest.mark.parametrize(
    ("number", "region"), [("0664 123456", "AT"), ("+43 664 1234567", None), ("040 123456", "FI")]
)
def test_a_few_digits_in_brackets_behind_a_number_are_none_of_it(number, region, remark):
    assert one(f"{number} {remark}", region)[0] == "two_numbers"


@pytest.mark.parametrize(
    "cell",
    [
        "(0664) 1234567",
        "(0664 1234567)",
        "0664 (1234567)",
        "[0664] 1234567",
        "+43 (0)664 1234567",
        "(+43)6641234567",
    ],
)
def test_brackets_around_what_comes_first_or_around_all_separate(cell):
    assert one(cell, "AT")[0] == "+436641234567"


@pytest.mark.parametrize(
    "end", ["5€", "5 €", "5$", "5£", "(5€)", "25 €", "5°", "3♥", "5!", "2📱", "(2📱)", "5 =", "100€"]
)
def test_a_price_or_a_digit_with_its_own_mark_behind_a_number_is_none_of_it(end):
    assert one(f"0664 1234567 {end}", "AT")[0] == "masked_digits"


@pytest.mark.parametrize("sign", "🚫⛔†‡⚰⚱☠💀🛑📵🔕🔇🚷❌❎✖✗✘✝🗙", ids=lambda sign: f"U+{ord(sign):04X}")
def test_whoever_is_crossed_out_or_dead_is_not_texted(sign):
    cells = [
        f"{sign}0664 1234567",
        f"{sign} +43 664 1234567",
        f"+43 664 1234567 {sign}",
        f"+43 664 {sign} 1234567",
    ]
    assert {one(cell, "AT")[0] for cell in cells} == {"masked_digits"}


NOT_TEXTED = re.compile(
    r"\b(?:PROHIBITED|NO ENTRY|CROSS|SALTIRE|BALLOT (?:BOLD )?(?:SCRIPT )?X|WITH (?:LIGHT "
    r"|(?:BOLD )?SCRIPT )?X|HEADSTONE"
    r"|THUMBS DOWN|RAISED (?:BACK OF )?HAND|OCTAGONAL SIGN|CANCELLATION (?:X|STROKE)|NO GOOD|NO SMOKING"
    r"|NO MOBILE"
    r"|NO BICYCLES|NO PEDESTRIANS|NON-POTABLE|DO NOT LITTER|NO ONE UNDER|LATIN (?:SMALL|CAPITAL) LETTER X"
    r"|CIRCLED (?:BOLD )?X|MULTIPLICATION X|MULTIPLICATION SIGN|CIRCLED TIMES|SQUARED TIMES"
    r"|CIRCLED DIVISION SLASH|CIRCLE BACKSLASH"
    r"|DAGGER|SKULL|COFFIN|FUNERAL URN|WASTEBASKET|(?:STROKE|SOLIDUS) OVERLAY)\b"
)
TEXTED = re.compile(
    r"SIGNWRITING|DUPLOYAN|PSALTER|REGIONAL|HELMET|SHIELD|DAGGER KNIFE|DIAMOND ON CROSS|CROSS ACCENT"
    r"|BETWEEN MIDDLE AND RING|WITH DOT ABOVE|WITH UNDERBAR|IN (?:LEFT|RIGHT) HALF|IN TRIANGLE|PLUS SIGN"
    r"|APL|SET WITH|IN DOUBLE CIRCLE"
)
"""Crosses of other kinds: a hospital's, parts of alphabets, a greeting; and operators of mathematics."""


def test_each_sign_that_by_its_name_says_not_to_text_is_refused_wherever_it_stands():
    signs = [
        sign
        for sign in ASSIGNED
        if unicodedata.category(sign)[0] in "PSM"
        and NOT_TEXTED.search(name := unicodedata.name(sign, ""))
        and not TEXTED.search(name)
    ]
    assert len(signs) > 100
    assert {*"🛇⮿⊗⊘ⓧⓍ☒☓⛝⛼🪦👎🚭✋🤚🙅🔕📵\u20e0\xd7"} <= {*signs}
    for form in (
        "{}+436641234567",
        "{} +43 664 1234567",
        "+43 664 1234567 {}",
        "{}0664 1234567",
        "06641234567{}",
    ):
        codes = parse.read(pd.Series([form.format(sign) for sign in signs]), "AT")["code"].fillna("read")
        others = {(f"U+{ord(sign):04X}", code) for sign, code in zip(signs, codes, strict=True)}
        assert {code for code in others if code[1] != "masked_digits"} == set(), form


@pytest.mark.parametrize(
    "before", ["**", "* *", "??", "?", "_", "__", "…", "~", "%", "•*", "★★", "☐ ☐", "\u2047", "\uff1f"]
)
def test_what_stands_before_the_plus_is_one_bullet_at_most(before):
    assert one(f"{before} +43 664 1234567")[0] == one(f"{before}+436641234567")[0] == "masked_digits"


@pytest.mark.parametrize("space", [" ", "\t", "\xa0", "\u3000", "\r\n", " \xa0"])
def test_a_cell_that_is_padded_is_read_as_the_one_that_is_not(space):
    for number in (ITALY, "347 1234567", "mob: 347 1234567"):
        for cell in (number + space * 300, space * 40 + number, space * 3 + number + space * 3):
            assert one(cell, "IT")[0] == ITALY


@pytest.mark.parametrize("byte", range(0x80, 0xA0))
def test_a_control_character_is_what_windows_means_by_its_byte(byte):
    def answer(mark):
        cells = [f"+43 664 12{mark}345", f"+43 664 12345{mark}{mark}", f"{mark} 0664 12345"]
        return parse.read(pd.Series(cells), "AT")[["phone", "code"]].fillna("").to_numpy().tolist()

    assert answer(chr(byte)) == answer(bytes([byte]).decode("cp1252", "replace"))
    if byte in {0x85, 0x95}:  # … and •
        assert one(f"+43 664 12{chr(byte)}345")[0] == "masked_digits"


@pytest.mark.parametrize("pluses", ["++", "+++", "+ +", "+ + "])
def test_several_pluses_are_one(pluses):
    assert one(f"{pluses}39 347 1234567")[0] == ITALY


def test_a_hidden_digit_in_an_opt_out_list_stops_the_call():
    with pytest.raises(ContactsError, match="masked_digits"):
        suppression([ITALY, "+43 664 ***4567"])


@pytest.mark.parametrize("old", ["+84 162 1234567", "+84 1621234568", "+44 7700 900123"])
def test_an_opt_out_that_nobody_can_have_is_kept_and_said(old):
    listed = [ITALY, old, old, None]
    with pytest.warns(UserWarning, match="^1 number of the opt-out list is in no use in any country"):
        found = suppression(listed)
    assert found.tolist() == [ITALY, parse.normalize(pd.Series([old]), None, "possible")[0]]
    with pytest.warns(UserWarning, match="^2 numbers of the opt-out list are in no use"):
        suppression([*listed, "+84 163 1234567"])
    # A landline is in use, and a Brazilian mobile without its 9 is the one with it.
    assert len(suppression([ITALY, "+39 06 4747474", "+55 11 8765-4321", "+54 11 2345-6789"])) == 4


@pytest.mark.parametrize(
    "spelled", ["+{0} (0){1}", "00{0} 0 {1}", "+{0} {0} {1}", "+{0} 0{0} {1}", "+{0}00{0} {1}"]
)
def test_whoever_wrote_a_zero_or_a_country_code_too_many_and_said_stop_is_not_texted(spelled):
    """In every region: the line stops the call, or the mobile that it is without them is left out."""
    left_out = 0
    for region in sorted(library.SUPPORTED_REGIONS):
        mobile = library.example_number_for_type(region, library.PhoneNumberType.MOBILE)
        if mobile is None or library.number_type(mobile) == library.PhoneNumberType.FIXED_LINE:
            continue
        national = library.national_significant_number(mobile)
        table = pd.DataFrame({"mobile": [f"+{mobile.country_code}{national}", ITALY]})
        try:
            with warnings.catch_warnings(action="ignore"):
                listed = [spelled.format(mobile.country_code, national)]
                checked = smsframe.check(table, phone="mobile", suppress=listed)
        except ContactsError:
            continue
        assert checked["sms_status"].iloc[0] in ("suppressed", "invalid"), (region, listed)
        assert checked["sms_status"].iloc[1] == "ready"
        left_out += 1
    assert left_out > 10


# Bare digits --------------------------------------------------------------------------------------------


@pytest.mark.samples(40)
@pytest.mark.parametrize("region", sorted(library.SUPPORTED_REGIONS))
def test_a_list_of_national_mobiles_texts_nobody_abroad(region):
    dice = np.random.default_rng(7)
    for size, alike in ((20, True), (20, False), (1000, True)):
        drawn = phone_columns.mobiles(region, size, dice, alike=alike)
        code = f"+{library.country_code_for_region(region)}"
        if len(drawn) < 20:
            continue
        for cells in phone_columns.national(region, drawn):
            phones = parse.normalize(cells).dropna()
            assert phones.str.startswith(code).all()


@pytest.mark.samples(6)
@pytest.mark.parametrize("region", phone_columns.LARGEST)
def test_a_list_of_two_countries_texts_nobody_of_the_one_abroad(region):
    dice = np.random.default_rng([*region.encode()])  # the search itself takes all of them
    others = dice.choice([other for other in phone_columns.LARGEST if other != region], 5, replace=False)
    columns = phone_columns.pairs(dice, region, others, shares=(0.9, 0.6))
    assert not columns["abroad"].any()


def test_american_numbers_of_all_area_codes_are_whole_numbers():
    drawn = phone_columns.mobiles("US", 1000, np.random.default_rng(7))
    assert parse.normalize(drawn["phone"].str[1:]).tolist() == drawn["phone"].tolist()


AREAS = {
    "one": ["415"],
    "two": ["415", "408"],
    "four": ["212", "646", "917", "202"],
    "two of one state": ["305", "786"],
}


@pytest.mark.parametrize("areas", AREAS.values(), ids=AREAS)
@pytest.mark.parametrize("count", [20, 100, 1000])
@pytest.mark.parametrize("share", [0.35, 0.5, 0.6, 0.74, 0.8, 0.9])
def test_chinese_mobiles_beside_american_numbers_of_few_area_codes_are_not_americans(areas, count, share):
    dice = np.random.default_rng([count, round(100 * share)])
    chinese = [f"13852{dice.integers(10**6):06}" for _ in range(round(count * share))]
    american = [f"1{dice.choice(areas)}555{place:04}" for place in range(count - len(chinese))]
    read = parse.read(pd.Series(chinese + american))
    assert read["phone"].isna().all()
    with pytest.raises(ContactsError, match="national_form"):
        suppression(pd.Series(chinese + american))


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (
            [f"1301302{n:04}" for n in range(80)] + [f"39347123{n:04}" for n in range(20)],
            "bare digits: whole numbers (US) or in part mobiles of CN; pass region=",
        ),
        (["13852345678", "13852345679"], "bare digits: whole numbers (US) or mobiles of CN; pass region="),
        (
            ["393471234567", "3471234567"],
            "bare digits: whole numbers (IT) for 50%, national for others; pass region=",
        ),
        (["0347 1234567"], "no country code that fits; add it, or pass region="),
    ],
)
def test_the_reason_names_both_readings(cells, reason):
    read = parse.read(pd.Series(cells))
    assert read["code"].eq("national_form").all()
    assert read["reason"].eq(reason).all()
    assert read["repair"].isna().all()


def test_no_reason_about_bare_digits_is_longer_than_a_reason_with_facts_may_be():
    worst = bare.Decision(international=False, usable=1.0, abroad="US", national=("AA", "BB", "CC", "DD"))
    assert len(worst.reason) <= 120
    assert len(worst._replace(part=True).reason) <= 120
    assert len(worst._replace(national=()).reason) <= 120


def test_each_share_is_of_different_cells_and_begins_at_nearly_all():
    whole = [f"39347123{n:04}" for n in range(95)]
    national = [f"34712345{n:02}" for n in range(5)]
    assert parse.normalize(pd.Series(whole + national)).notna().sum() == 95
    assert parse.normalize(pd.Series(whole[:-1] + national)).notna().sum() == 0
    assert parse.normalize(pd.Series(whole + national[:1] * 100)).notna().sum() == 95


def test_what_has_a_plus_or_a_region_neither_counts_nor_suffers():
    cells = pd.Series(["13852345678", "+393471234567", "0171 3920012", "00393471234568"])
    phones = parse.normalize(cells, pd.Series([None, None, "DE", None]))
    assert phones.tolist() == [pd.NA, ITALY, "+491713920012", OTHER]


def test_international_says_that_bare_digits_are_whole_numbers():
    frame = pd.DataFrame({"mobile": ["13852345678", "393471234567"]})
    checked = smsframe.check(frame, phone="mobile", region="international")
    assert checked["sms_phone"].tolist() == ["+13852345678", ITALY]


@pytest.mark.parametrize("ask", [smsframe.check, partial(smsframe.plan, text="Ciao")])
def test_a_plus_that_was_supplied_is_said_where_the_user_is(ask):
    frame = pd.DataFrame({"mobile": ["393471234567", "393471234568", "+393471234569", "12"]})
    with pytest.warns(UserWarning, match=r"^2 numbers without a plus .* pass region=") as caught:
        ask(frame, phone="mobile")
    assert [warning.filename for warning in caught] == [__file__]
    for region in ("IT", "international", "International"):
        ask(frame, phone="mobile", region=region)  # a warning is an error here


def test_the_form_says_that_a_plus_was_supplied():
    frame = pd.DataFrame({"mobile": ["393471234567", "393471234568"]})
    with pytest.warns(UserWarning, match="2 numbers"):
        plan = smsframe.plan(frame, "Ciao", phone="mobile")
    assert "A missing + was supplied to 2 numbers" in audience(View(Draft(), 2, exact=True, plan=plan))


def test_a_bare_number_with_its_own_country_code_is_that_mobile():
    assert one("4915226506273", "DE") == ("+4915226506273", "own_code")
    assert one("49 (1522) 650-6273", "DE") == ("+4915226506273", "own_code")
    assert one("\ufeff4915226506273", "DE") == ("+4915226506273", "invisible,own_code")


@pytest.mark.samples(40)
@pytest.mark.parametrize("region", sorted(library.SUPPORTED_REGIONS))
def test_with_a_region_its_own_code_is_read_and_another_reading_of_the_library_stands(region):
    drawn = phone_columns.mobiles(region, 30, np.random.default_rng(3))
    cells = drawn["phone"].str[1:] if len(drawn) else pd.Series([], dtype=str)
    ours = parse.normalize(cells, region).fillna("")
    for cell, own, read in zip(cells, drawn["phone"], ours, strict=True):
        theirs = phone_columns._library(cell, region)
        mine = library.region_code_for_number(library.parse(own)) == region
        assert read == (theirs or (own if mine else ""))


# What exports write -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    [
        *(
            f"{word}:{ITALY}"
            for word in ("Mobile Phone", "mobile number", "Home", "Work", "H", "W", "Tel 1", "mob1")
        ),
        *(
            f"{word}: {ITALY}"
            for word in ("viber", "signal", "iMessage", "FaceTime", "mms", "Phone Number", "Tel. 2")
        ),
        f"p:{ITALY}",
        f"tel:{ITALY}",
        "TEL: +39-347-1234567",
        f"mob:{ITALY}",
        f"Mob.: {ITALY}",
        f"whatsapp:{ITALY}",
        f"callto:{ITALY}",
        "wa.me/393471234567",
        "https://wa.me/393471234567?text=Ciao",
        "https://api.whatsapp.com/send?phone=393471234567&text=Ciao",
        f"TEL;TYPE=CELL:{ITALY}",
        "TEL;CELL;VOICE:+39 347 1234567",
        f"item1.TEL;type=pref;waid=393471234567:{ITALY}",
        f'TEL;TYPE="cell,voice";VALUE=uri:tel:{ITALY}',
    ],
)
def test_a_prefix_that_exports_write_is_taken_off_and_said(cell):
    assert one(cell) == (ITALY, "prefix")


@pytest.mark.parametrize(
    "cell", ["fax:+393471234567", "TEL;TYPE=FAX:+393471234567", "Anna: +393471234567", "wa.me/qr/39347"]
)
def test_what_is_no_certain_prefix_is_not_taken_off(cell):
    assert one(cell)[0] in {"letters", "not_a_number"}


def test_a_formula_that_keeps_zeros_is_its_text():
    assert one('="00393471234567"') == (ITALY, "formula,zeros")
    assert one(f'=""{ITALY}""') == (ITALY, "formula")


@pytest.mark.parametrize("end", [mark + "0" * zeros for mark in ".," for zeros in range(1, 9)])
def test_point_zero_is_dropped_from_digits_only(end):
    assert one(f"{ITALY}{end}") == (ITALY, "decimal")
    assert one(f"393471234567{end}") == (ITALY, "decimal,plus")
    assert one(f"+39 347-1234567{end}")[0] in {"decimals", "two_numbers"}


@pytest.mark.slow
def test_zeros_behind_a_dot_never_become_digits_of_a_stranger():
    for region in sorted(library.SUPPORTED_REGIONS):
        drawn = phone_columns.mobiles(region, 5, np.random.default_rng(7))["phone"]
        spaced = drawn.str.replace(r"^(\+...)(...)", r"\1 \2-", regex=True)
        for zeros in (1, 3):
            read = parse.read(spaced + "." + "0" * zeros)
            assert read["code"].fillna("").eq("decimals").all()


@pytest.mark.parametrize(
    "cell", ["+00393471234567", "+0039 347 1234567", "+ 00 39 3471234567", "++00393471234567"]
)
@pytest.mark.parametrize("region", [None, "IT", "DE"])
def test_a_plus_before_00_is_the_same_plus(cell, region):
    assert parse.read(pd.Series([cell]), region)[["phone", "repair"]].to_numpy().tolist() == [
        [ITALY, "zeros"]
    ]


def test_a_dot_before_a_last_group_of_zeros_is_a_dot():
    # Without the zeros there is no such number.
    cells = pd.Series(["+291 712-341.0", "+39 347 1234.000", "+33 6.12.34.56.00"])
    assert parse.normalize(cells).tolist() == ["+2917123410", "+393471234000", "+33612345600"]


# Countries ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *[
            (name, "IT")
            for name in (
                "IT",
                "it",
                " It ",
                "ITA",
                "Italy",
                "Italia",
                "Italien",
                "Italie",
                "ΙΤΑΛΙΑ",
                "イタリア",
            )
        ],
        *[
            (name, "GB")
            for name in ("UK", "U.K.", "GBR", "Great Britain", "Vereinigtes Königreich", "Großbritannien")
        ],
        *[
            (name, "US")
            for name in ("USA", "U.S.A.", "United States", "Stati Uniti", "États-Unis", "etats unis")
        ],
        *[(name, "DE") for name in ("DE", "DEU", "Germany", "Deutschland", "Allemagne")],
        *[(name, None) for name in ("Atlantis", "", "?", "ZZ", "Kongo", "001", "I", "x" * 10_000)],
    ],
)
def test_countries_are_known_by_the_names_people_write(name, code):
    assert region_of(name) == code


def test_every_country_is_known_by_its_name_in_english_and_its_alpha_3_code():
    names = Locale("en").territories
    unknown = [code for code in library.SUPPORTED_REGIONS if region_of(names[code]) != code]
    assert unknown == []
    aliases = get_global("territory_aliases")
    three = [
        code
        for code, to in aliases.items()
        if len(code) == 3 and code.isalpha() and to[0] in library.SUPPORTED_REGIONS
    ]
    assert len(three) > 200
    unknown = {code for code in three if region_of(code) is None and len(aliases[code]) == 1}
    assert unknown == {"BUR", "DDR", "FXX", "TMP", "YMD", "ZAR"}  # withdrawn
    assert len(LANGUAGES) == len({*LANGUAGES})


@pytest.mark.parametrize("code", sorted(library.SUPPORTED_REGIONS))
def test_every_country_is_known_by_its_flag_a_locale_and_its_name_with_its_code(code):
    flag = "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in code)
    name = Locale("en").territories.get(code, code)
    dotted = ".".join(code) + "."
    for written in (flag, f" {flag} ", f"en_{code}", f"sr-Latn-{code}", f"en_{code}.UTF-8", dotted):
        assert region_of(written) == code
    if region_of(name) == code and name.isascii() and name.replace(" ", "").isalpha():
        for written in (f"{name} ({code})", f"{code} - {name}", f"{code}/{name}", f"{flag} ({code})"):
            assert region_of(written) == code
    other = "FR" if code != "FR" else "DE"
    assert region_of(f"{name} ({other})") is None
    assert region_of(f"{code}_{other}") is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *[("Russian Federation", "RU"), ("Korea, Republic of", "KR"), ("Iran, Islamic Republic of", "IR")],
        *[("Korea, Democratic People's Republic of", "KP"), ("Korea (the Republic of)", "KR")],
        *[("Slovak Republic", "SK"), ("Venezuela (Bolivarian Republic of)", "VE"), ("Lao PDR", "LA")],
        *[("Bahamas (the)", "BS"), ("The Gambia", "GM"), ("Virgin Islands (U.S.)", "VI"), ("Holy See", "VA")],
        *[("Congo, Democratic Republic of the", "CD"), ("Congo (Democratic Republic of the)", "CD")],
        *[
            ("U.S.", "US"),
            ("U.S", "US"),
            ("U.S.A.", "US"),
            ("EE.UU.", "US"),
            ("EE. UU.", "US"),
            ("EUA", "US"),
        ],
        *[
            ("GER", "DE"),
            ("KSA", "SA"),
            ("ROK", "KR"),
            ("RSA", "ZA"),
            ("\U0001f3f4\U000e0067\U000e0062\U000e0073", "GB"),
        ],
    ],
)
def test_countries_are_known_by_official_names_too(name, code):
    assert region_of(name) == code


def test_no_other_name_takes_one_from_a_country():
    names, aliases = region_names._names(), region_names._aliases()
    for name, code in region_names._also().items():
        assert names.get(name, {code}) == {code}
        loose = region_names._loose(name)
        assert loose
        assert region_names._loosely_named().get(loose, {code}) == {code}
        assert aliases.get(name, code) == code
        assert code in library.SUPPORTED_REGIONS


def test_no_name_in_any_language_is_taken_for_another_country():
    """As it is written, in capitals, small letters and without its accents."""
    names = {
        (name, code)
        for language in LANGUAGES
        for code, name in Locale.parse(language).territories.items()
        if len(code) == 2 and code.isalpha()
    }
    wrong, unknown = [], set()
    for name, code in names:
        bare = unicodedata.normalize("NFKD", name)
        bare = "".join(letter for letter in bare if not unicodedata.combining(letter))
        codes = {name.upper(), bare.upper()} & {*get_global("territory_aliases")}  # NGA is Nigeria's
        accents = {bare, bare.upper(), bare.lower()} if len(bare) > 3 or not bare.isascii() else set()
        for written in {name, name.upper(), name.lower(), name.title()} | accents:
            found = region_of(written)
            if found not in {None, code} and written not in codes:
                wrong.append((name, code, written, found))
            if found is None and code in library.SUPPORTED_REGIONS and written == name:
                unknown.add(name)
    assert wrong == []
    assert unknown == {"Kongo", "Nga"}  # of two countries, and what is a code too


def test_withdrawn_codes_are_no_countries():
    """VD is the canton of Vaud, NH North Holland; CLDR has them for countries that are no more."""
    aliases = get_global("territory_aliases")
    withdrawn = [code for code in aliases if len(code) == 2 and code.isalpha() and code != "UK"]
    assert len(withdrawn) > 20
    assert {"VD", "NH", "CT", "RH", "HV", "DY", "PZ", "YD", "BU", "ZR", "TP", "DD", "FX"} <= {*withdrawn}
    for code in withdrawn:
        found = region_of(code), region_of(code.lower()), region_of(f"de_{code}"), region_of(f"X ({code})")
        assert found == (None,) * 4
    assert [region_of(code) for code in ("UK", "uk", "EL", "el")] == ["GB", "GB", "GR", "GR"]
    checked = smsframe.check(pd.DataFrame({"m": ["079 123 45 67"], "kt": ["VD"]}), phone="m", region="kt")
    assert checked["sms_status"].tolist() == ["invalid"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *[("NGA", "NG"), ("Nga", None), ("nga", None), ("MON", None), ("Mon", None), ("Mön", "IM")],
        *[("Man", "IM"), ("MAN", None), ("Çad", "TD"), ("CAD", None), ("ß", None), ("\ufb01", None)],
    ],
)
def test_a_word_of_three_letters_is_a_code_in_capitals_and_a_name_with_its_accents(name, code):
    assert region_of(name) == code


@pytest.mark.parametrize("code", sorted(library.SUPPORTED_REGIONS))
def test_and_and_saints_are_read_however_they_are_written(code):
    name = Locale("en").territories[code]
    for word in ("and", "&", "und", "et", "e", "y", "AND"):
        for saint in ("St.", "St", "Saint", "ST."):
            assert region_of(name.replace("&", word).replace("St.", saint)) == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *[("São Tomé and Príncipe", "ST"), ("St. Vincent and the Grenadines", "VC")],
        *[("Česká republika", "CZ"), ("Weißrussland", "BY"), ("Weissrussland", "BY")],
        *[("Oesterreich", "AT"), ("OESTERREICH", "AT"), ("Tuerkei", "TR"), ("Daenemark", "DK")],
        *[("Suedafrika", "ZA"), ("Vatican", "VA"), ("Palestine", "PS"), ("DRC", "CD"), ("Kap Verde", "CV")],
    ],
)
def test_countries_are_known_by_names_that_the_cldr_has_otherwise(name, code):
    assert region_of(name) == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *[
            ("США", "US"),
            ("アメリカ", "US"),
            ("الإمارات", "AE"),
            ("VAE", "AE"),
            ("Britain", "GB"),
            ("the UK", "GB"),
        ],
        *[
            ("Hongkong", "HK"),
            ("Trinidad", "TT"),
            ("Antigua", "AG"),
            ("Mainland China", "CN"),
            ("Dom. Rep.", "DO"),
        ],
        *[
            ("\uff29\uff34", "IT"),
            ("\uff29\uff34\uff21", "IT"),
            ("IT🇮🇹", "IT"),
            ("🇮🇹Italia", "IT"),
            ("FR🇮🇹", None),
        ],
        *[
            ("N. Ireland", "GB"),
            ("Republic of Italy", "IT"),
            ("São Tomé", "ST"),
            ("Zaire", "CD"),
            ("Persia", "IR"),
        ],
        *[("Malvinas", "FK"), ("Sardinia", "IT"), ("Sicilia", "IT"), ("Islas Malvinas", "FK")],
    ],
)
def test_countries_are_known_by_short_old_and_full_width_names(name, code):
    assert region_of(name) == code


@pytest.mark.parametrize(
    "name",
    [
        "Vienna",
        "Canary Islands",
        "Lapland",
        "Bavaria",
        "Tyrol",
        "Silesia",
        "Republic of Atlantis",
        "Persien Island",
    ],
)
def test_what_is_like_no_country_but_in_its_letters_suggests_none(name):
    assert suggestion(name) is None


@pytest.mark.parametrize("code", sorted(library.SUPPORTED_REGIONS))
def test_a_slip_in_a_name_suggests_its_country_or_none(code):
    name = Locale("en").territories[code]
    for place in range(1, len(name) - 1):
        slips = (
            name[:place] + name[place + 1 :],
            name[:place] + name[place + 1] + name[place] + name[place + 2 :],
        )
        for written in slips:
            if region_of(written) is None and (said := suggestion(written)):
                assert said.endswith(f"({code})")


@pytest.mark.parametrize(
    "name",
    ["Korea", "Republic of", "Virgin Islands", "A", "D", "XX", "QQQ", "it_", "\U0001f1fd\U0001f1fd"],
)
def test_what_may_be_two_countries_or_none_is_none(name):
    assert region_of(name) is None
    assert len(name) > 3 or suggestion(name) is None


@pytest.mark.parametrize("parameter", ["phone", "region"])
@pytest.mark.parametrize("given", [pd.Series(["IT"]), ["p"], pd.Index(["p"]), pd.DataFrame({"p": ["IT"]})])
def test_a_column_where_the_name_of_one_belongs_is_refused_in_words(parameter, given):
    table = pd.DataFrame({"p": [ITALY], "of": ["IT"]})
    options = {"phone": "p", "region": "of"} | {parameter: given}
    said = f"{parameter}= is of type {type(given).__name__}: give the name of a column of the table"
    with pytest.raises(TypeError, match=said):
        smsframe.check(table, **options)
    with pytest.raises(TypeError, match=said):
        smsframe.plan(table, "Hi", **options)
    if parameter == "region":
        with pytest.raises(TypeError, match=said):
            smsframe.plan(table, "Hi", suppress=["347 1234568"], **options)


@pytest.mark.parametrize("name", ["\ud800", "Itly\udfff"])
def test_half_a_character_is_neither_a_country_nor_a_column(name):
    table = pd.DataFrame({"p": [ITALY], "of": ["IT"]})
    with pytest.raises(ContactsError, match="is neither a country"):
        smsframe.check(table, phone="p", region=name)
    with pytest.raises(ContactsError, match="there is no column"):
        smsframe.check(table, phone=name)
    with pytest.raises(ContactsError, match="is no country that smsframe knows"):
        smsframe.normalize(table["p"], region=name)


@pytest.mark.parametrize("name", ["IT", "Italy", "italy", "ITA", "Italia", "UK", "international"])
def test_what_is_a_country_and_a_column_is_refused(name):
    table = pd.DataFrame({"p": ["347 1234567"], name: ["IT"]})
    with pytest.raises(ContactsError, match="is a country and a column too"):
        smsframe.check(table, phone="p", region=name)


@pytest.mark.parametrize("name", ["it", "id", "cc", "ita", "uk", "land", "Country", 7])
def test_a_column_wins_over_a_code_in_small_letters(name):
    table = pd.DataFrame({"p": ["347 1234567"], name: ["Italy"]})
    assert smsframe.check(table, phone="p", region=name)["sms_phone"].tolist() == [ITALY]


def test_what_is_no_country_is_counted_and_something_like_it_is_suggested():
    regions = pd.Series(["IT", "Itlay", "Itlay", "Germny", None, "qqqq"])
    assert unknown_regions(regions).fillna("").to_dict("list") == {
        "region": ["Itlay", "Germny", "qqqq"],
        "rows": [2, 1, 1],
        "suggestion": ["Italy (IT)", "Germany (DE)", ""],
    }
    assert suggestion("Itlay") == "Italy (IT)"
    assert len(unknown_regions(pd.Series([f"no country {n}" for n in range(100)]))) == 100


@pytest.mark.filterwarnings("ignore:.*without a plus or a region")
def test_the_plan_says_at_the_top_what_is_no_country_and_how_many_numbers_got_a_plus():
    table = pd.DataFrame(
        {"mobile": ["0171 3920012"] * 3 + ["393471234567"], "country": ["Germny", "Germny", "qqqq", None]}
    )
    plan = smsframe.plan(table, "Ciao", phone="mobile", region="country")
    unknown = "Germny (2 rows), perhaps Germany (DE), qqqq (1 row)"
    assert repr(plan).endswith(f"; no country: {unknown}; a missing + supplied to 1 number>")
    card = plan._repr_html_()
    assert card.index("No country") < card.index("Missing + supplied to") < card.index("Orders")
    assert "perhaps Germany (DE)" in card
    own = smsframe.plan(pd.DataFrame({"mobile": ["4915226506273"]}), "Ciao", phone="mobile", region="DE")
    assert "a missing + supplied to 1 number" in repr(own)


# Any dtype ----------------------------------------------------------------------------------------------


class Hostile:
    """A value that may be neither written nor compared."""

    def __str__(self):
        raise RuntimeError

    __repr__ = __eq__ = __ne__ = __hash__ = None


def _raising(kind):
    """A class that derives from a kind of number or text, of which no method works."""

    def fail(self, *_):
        raise RuntimeError

    names = [
        "__float__",
        "__int__",
        "__index__",
        "__str__",
        "__repr__",
        "__lt__",
        "__ge__",
        "is_integer",
        "adjusted",
    ]
    return type(f"Raising{kind.__name__}", (kind,), dict.fromkeys(names, fail))


NUMBER = 393471234567
RAISING = {kind.__name__: _raising(kind)(f"{NUMBER}") for kind in (str, int, float, Decimal)}
ARROW = {
    "runs": pa.RunEndEncodedArray.from_arrays([1, 2], pa.array([ITALY, OTHER])),
    "runs of numbers": pa.RunEndEncodedArray.from_arrays([1, 2], pa.array([NUMBER, None])),
    "sparse union": pa.UnionArray.from_sparse(
        pa.array([0, 1], pa.int8()), [pa.array([ITALY, "a"]), pa.array([1, NUMBER + 1])]
    ),
    "dense union": pa.UnionArray.from_dense(
        pa.array([0, 1], pa.int8()), pa.array([0, 0], pa.int32()), [pa.array([ITALY]), pa.array([NUMBER + 1])]
    ),
    "intervals": pa.array([pa.MonthDayNano([1, 2, 3]), None], pa.month_day_nano_interval()),
}
ODD = {
    **{name: pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([of]))) for name, of in ARROW.items()},
    **{f"raising {name}": pd.Series([value, "a"], dtype=object) for name, value in RAISING.items()},
    "scalars of Arrow": pd.Series([pa.scalar(None), pa.scalar(ITALY)], dtype=object),
    "ranges": pd.cut(pd.Series([1, 2]), [0, 1, 3]),
    **{
        kind: pd.Series(np.array([NUMBER, NUMBER + 1], dtype=kind))
        for kind in (">i8", ">u8", ">f8", "longdouble", "clongdouble")
    },
    "half": pd.Series(np.array([1.5, 2], dtype=">f2")),
    "signalling": pd.Series([Decimal("sNaN"), Decimal("-sNaN12")], dtype=object),
    "endless": pd.Series([Decimal("Infinity"), Decimal("1E+999999")], dtype=object),
    "arrays": pd.Series([np.array([1, 2]), np.array(5)], dtype=object),
    "tables": pd.Series([pd.DataFrame({"a": [1]}), pd.Series([1, 2])], dtype=object),
    "indexes": pd.Series([pd.Index([1, 2]), pd.array([1, None])], dtype=object),
    "long integers": pd.Series([10**5000, -(10**5000)], dtype=object),
    "long doubles": pd.Series([np.longdouble(NUMBER), np.longdouble("nan")], dtype=object),
    "no time": pd.Series([np.datetime64("NaT", "ns"), np.timedelta64("NaT", "ns")], dtype=object),
    "hostile": pd.Series([Hostile(), "a"], dtype=object),
}


BEYOND_PANDAS_2 = {"long integers"} | {
    name for name, values in ODD.items() if getattr(values.dtype, "byteorder", "=") == ">"
}
"""Values of which pandas 2.2 itself cannot take a row, or infer a type."""
if int(pd.__version__.split(".")[0]) < 3:
    ODD = {name: values for name, values in ODD.items() if name not in BEYOND_PANDAS_2}


class Rules(ContactsSchema):
    """A rule for a column of anything."""

    value: object


@pytest.mark.filterwarnings("ignore:taking 'mobile'")
@pytest.mark.parametrize("values", ODD.values(), ids=ODD)
def test_any_value_is_answered_as_a_phone_a_region_a_merge_value_and_in_a_rule(values):
    phones = pd.Series([ITALY, OTHER])
    assert parse.read(values)["code"].dropna().ne("").all()
    assert isinstance(likeness.looks_like_phones(values), bool)
    assert parse.read(phones, values)["phone"].tolist() == [ITALY, OTHER]
    table = pd.DataFrame({"mobile": phones, "value": values})
    plan = smsframe.plan(table, "Ciao {value}", phone="mobile")
    assert plan.frame["sms_status"].isin(["ready", "invalid"]).all()
    with contextlib.suppress(ContactsError):  # which names the rule, or the kind of value, that does not fit
        assert smsframe.check(table, phone="mobile", schema=Rules)["sms_phone"].notna().all()


GAPS = (
    *(None, pd.NA, pd.NaT, math.nan, complex(math.nan), Decimal("NaN"), Decimal("sNaN")),
    *(np.datetime64("NaT", "s"), np.timedelta64("NaT", "s"), np.float64("nan"), np.float32("nan")),
    *(np.float16("nan"), np.longdouble("nan"), np.clongdouble("nan")),
    *(np.complex64("nan"), np.complex128("nan")),
)


@pytest.mark.filterwarnings("ignore:.*without a plus or a region")
@pytest.mark.parametrize("values", ODD.values(), ids=ODD)
def test_any_value_is_answered_in_an_opt_out_list_and_by_the_accessor(values):
    table = pd.DataFrame({"mobile": [ITALY, OTHER]})
    with contextlib.suppress(ContactsError):  # which names the lines that are no number
        smsframe.check(table, phone="mobile", suppress=values)
    with contextlib.suppress(TextError):  # the texts must be strings
        assert len(values.sms.segments()) == len(values)
    with contextlib.suppress(ContactsError):
        assert len(smsframe.check(pd.DataFrame({"mobile": values}), phone="mobile")) == len(values)


@pytest.mark.filterwarnings("ignore:.*without a plus or a region")
@pytest.mark.parametrize("gap", GAPS, ids=[type(gap).__name__ for gap in GAPS])
def test_a_gap_of_any_kind_is_a_gap_beside_any_value(gap):
    for other in (*GAPS, ITALY, True, 7, np.float16(7), np.longdouble(7), Decimal(7), 1j, 10**5_000, [1]):
        for pair in ([gap, other], [other, gap]):
            cells = np.empty(2, dtype=object)
            cells[:] = pair
            column = pd.Series(cells, dtype=object)
            missing = parse.read(column)["code"].fillna("").eq("missing")
            assert missing.tolist() == [any(cell is nothing for nothing in GAPS) for cell in pair]
        table = pd.DataFrame({"mobile": [ITALY, OTHER], "value": column})
        with warnings.catch_warnings(action="ignore"):
            plan = smsframe.plan(table, "Ciao {value}", phone="mobile", suppress=column[missing])
        assert plan.frame["sms_status"].astype(str)[missing].eq("invalid").all()


def test_runs_unions_and_values_of_derived_classes_are_the_values_that_they_are():
    for name in ("runs", "sparse union", "dense union"):
        assert parse.normalize(ODD[name]).tolist() == [ITALY, OTHER]
    assert parse.read(ODD["runs of numbers"])["phone"].tolist() == [ITALY, pd.NA]
    assert parse.read(ODD["scalars of Arrow"])[["phone", "code"]].fillna("").to_numpy().tolist() == [
        ["", "missing"],
        [ITALY, ""],
    ]
    assert parse.read(ODD["intervals"])["code"].tolist() == ["not_a_number", "missing"]
    for name in RAISING:
        assert parse.read(ODD[f"raising {name}"])["phone"].tolist() == [ITALY, pd.NA]
    table = pd.DataFrame({"mobile": [ITALY, OTHER], "value": ODD["runs"]})
    assert smsframe.plan(table, "Ciao {value}", phone="mobile").frame["sms_status"].eq("ready").all()


def test_a_table_or_an_endless_number_as_a_merge_value_is_refused_row_by_row():
    for name in ODD.keys() & {"arrays", "tables", "indexes", "long integers"}:
        table = pd.DataFrame({"mobile": [ITALY, OTHER], "value": ODD[name]})
        assert (
            smsframe.plan(table, "Ciao {value}", phone="mobile").frame["sms_code"].tolist()
            == ["broken_text"] * 2
        )
