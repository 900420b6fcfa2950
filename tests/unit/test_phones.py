"""A column of messy numbers becomes E.164 or says why not, whatever the dtype, as libphonenumber would."""

from __future__ import annotations

import filecmp
import random
import re
import runpy
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import phonenumbers as library
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from helpers.samples import SAMPLES, damaged
from hypothesis import given, settings
from hypothesis import strategies as st

from smsframe.arrow import TEXT
from smsframe.contacts.suppression import suppression
from smsframe.errors import ContactsError
from smsframe.masking import mask
from smsframe.phones import libphonenumber, likeness, match
from smsframe.phones import parse as phones
from smsframe.phones import repair as damage
from smsframe.phones.cells import mask_column
from smsframe.phones.codes import CODES
from smsframe.phones.country import countries
from smsframe.phones.fast import metadata
from smsframe.phones.likeness import looks_like_phones

ITALY, GERMANY = "+393471234567", "+491713920012"
USABLE_TYPES = {library.PhoneNumberType.MOBILE, library.PhoneNumberType.FIXED_LINE_OR_MOBILE}


def one(cell, region=None, numbers="mobile"):
    """Phone, or code, of a single cell."""
    row = phones.read(pd.Series([cell], dtype=object), region, numbers).iloc[0]
    return row["code"] if pd.isna(row["phone"]) else row["phone"]


def example(kind, *regions):
    """An example, libphonenumber's own, of a type that no country reserves for fiction."""
    numbers = (library.example_number_for_type(region, kind) for region in regions)
    number = next(number for number in numbers if number and library.number_type(number) == kind)
    return library.format_number(number, library.PhoneNumberFormat.E164)


def reference(text, region=None):
    """The plain way: what libphonenumber says of one string."""
    try:
        number = library.parse(text, region)
    except library.NumberParseException:
        return None
    good = library.is_valid_number(number) and library.number_type(number) in USABLE_TYPES
    return library.format_number(number, library.PhoneNumberFormat.E164) if good else None


# Shapes -------------------------------------------------------------------------------------------------


def test_read_gives_one_row_per_cell_by_position_in_strings():
    column = pd.Series([ITALY, "x"], index=["same", "same"], name="mobile")
    read = phones.read(column)
    words = read.drop(columns="person")
    assert list(words.columns) == ["phone", "code", "reason", "repair"]
    assert isinstance(read.index, pd.RangeIndex)
    assert len(read) == 2
    assert {str(dtype.storage) for dtype in words.dtypes} == {"pyarrow"}
    assert read["person"].tolist() == match.keys(read["phone"]).tolist()


def test_normalize_keeps_index_and_name():
    column = pd.Series(["347 1234567", "x"], index=[7, 7], name="mobile")
    normal = phones.normalize(column, region="IT")
    assert normal.index.equals(column.index)
    assert normal.name == "mobile"
    assert normal.dtype == "string"
    assert normal.tolist() == [ITALY, pd.NA]


def test_an_empty_column_gives_an_empty_frame_of_the_same_dtypes():
    empty = phones.read(pd.Series([], dtype=object))
    assert len(empty) == 0
    assert empty.dtypes.equals(phones.read(pd.Series([ITALY])).dtypes)


DTYPES = [
    object,
    "str",
    "string[python]",
    "string[pyarrow]",
    "category",
    pd.ArrowDtype(pa.string()),
    pd.ArrowDtype(pa.large_string()),
    pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string())),
]
NUMBER_DTYPES = [
    "int64",
    "Int64",
    "uint64",
    "float64",
    "Float64",
    pd.ArrowDtype(pa.int64()),
    pd.ArrowDtype(pa.float64()),
]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_dtype_of_text_reads_alike(dtype):
    column = pd.Series(["347 1234567", None, "3.93471E+11", "'+393471234568"], dtype=object).astype(dtype)
    if dtype == "str":  # which makes a text of a gap on pandas 2
        column = column.where(column != "None", None)
    read = phones.read(column, "IT")
    assert read["phone"].tolist() == [ITALY, pd.NA, pd.NA, "+393471234568"]
    assert read["code"].tolist() == [pd.NA, "missing", "digits_lost", pd.NA]


@pytest.mark.parametrize("dtype", NUMBER_DTYPES, ids=str)
def test_every_dtype_of_numbers_reads_alike(dtype):
    assert phones.normalize(pd.Series([393471234567, 12125550142]).astype(dtype)).tolist() == [
        ITALY,
        "+12125550142",
    ]


@pytest.mark.parametrize("dtype", ["Int64", "float64", "Float64", pd.ArrowDtype(pa.float64())], ids=str)
def test_a_gap_among_numbers_is_missing_and_does_not_hurt_the_others(dtype):
    column = pd.Series([393471234567, None], dtype="float64").astype(dtype)
    read = phones.read(column)
    assert read["phone"].tolist() == [ITALY, pd.NA]
    assert read["code"].tolist() == [pd.NA, "missing"]


def test_a_category_of_numbers_with_gaps_reads_like_the_numbers():
    assert phones.normalize(pd.Series([393471234567, None, 393471234567]).astype("category")).tolist() == [
        ITALY,
        pd.NA,
        ITALY,
    ]


def test_mixed_python_objects_each_get_an_answer():
    cells = {
        ITALY: ITALY,
        393471234567: ITALY,
        np.int64(393471234568): "+393471234568",
        491713920033.0: "+491713920033",
        Decimal("12125550142.0"): "+12125550142",
        None: "missing",
        pd.NA: "missing",
        pd.NaT: "missing",
        float("nan"): "missing",
        Decimal("nan"): "missing",
        True: "not_a_number",
        b"+393471234567": "not_a_number",
        (1, 2): "not_a_number",
        -5: "not_a_number",
        347.5: "not_a_number",
        float("inf"): "not_a_number",
        pd.Timestamp("2026-11-22"): "not_a_number",
        10**5000: "too_long",
    }
    read = phones.read(pd.Series(list(cells), dtype=object))
    assert read["phone"].fillna(read["code"]).tolist() == list(cells.values())


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([True, False]),
        pd.Series([True, False], dtype="boolean"),
        pd.to_datetime(pd.Series(["2026-11-22", "2026-11-23"])),
        pd.Series([[1], {}]),
    ],
    ids=["bool", "boolean", "datetime", "objects"],
)
def test_columns_that_hold_no_numbers_are_all_invalid(column):
    assert phones.read(column)["code"].tolist() == ["not_a_number"] * 2


# Damage -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", damaged())
def test_each_row_of_the_damaged_sample_is_read_as_it_says(row):
    expected = row["expected_phone"] or row["expected_code"]
    assert row["expected_status"] == ("ready" if row["expected_phone"] else "invalid")
    assert one(row["mobile"], pd.Series([row["region"]])) == expected


@pytest.mark.parametrize("cell", [393471000000.0, 12125500000.0, np.float32(393471234567), 3.934712e20])
def test_a_float_with_no_more_than_six_digits_left_has_lost_some(cell):
    assert one(cell) == "digits_lost"


def test_a_column_of_single_precision_has_lost_digits():
    column = pd.Series([393471234567.0], dtype="float32")
    assert phones.read(column)["code"].tolist() == ["digits_lost"]
    assert phones.read(column.astype("Float32"))["code"].tolist() == ["digits_lost"]


def test_an_integer_that_ends_in_zeros_is_a_number():
    assert one(393471000000) == "+393471000000"


@pytest.mark.parametrize(
    ("cell", "phone"),
    [
        ("+393471234567.0", ITALY),  # a plus glued to a float
        ("393471234567,0", ITALY),
        ("+39.347.123.45.67", ITALY),
        ("+39.3471234567", ITALY),
        ("+393471234567.00", ITALY),
    ],
)
def test_point_zero_is_dropped_and_dots_between_groups_are_not_hurt(cell, phone):
    assert one(cell) == phone


def test_point_zero_never_becomes_a_digit_of_a_stranger():
    """Left alone, 251234.0 in Seychelles is read as 2512340, a mobile."""
    assert reference("251234.0", "SC") == "+2482512340"
    assert one("251234.0", "SC") == "too_short"


@pytest.mark.parametrize(
    ("cell", "region", "expected"),
    [
        ("0171/3920012", "DE", GERMANY),
        ("+39 347/1234567", None, ITALY),
        ("0049 0171/3920012", None, "+491713920012"),
        ("01713920012/13", "DE", "two_numbers"),
        ("0171 3920012, 0171 3920013", "DE", "two_numbers"),
        ("393471234567;393471234568", None, "two_numbers"),
        ("393471234567 & 393471234568", None, "two_numbers"),
        ("393471234567|393471234568", None, "two_numbers"),
        ("393471234567\r\n393471234568", None, "two_numbers"),
        ("393471234567\u2028393471234568", None, "two_numbers"),
        ("0039 347 1234567 / 0039 347 1234568", None, "two_numbers"),
        ("+393471234567 +393471234568", None, "two_numbers"),
        ("20261122/20261123", None, "two_numbers"),
        ("1/2/3/4/5/6/7/8/9", None, "unknown"),
    ],
)
def test_one_number_with_a_slash_and_two_numbers_are_told_apart(cell, region, expected):
    answer = one(cell, region)
    assert answer == expected if expected != "unknown" else answer in CODES


@pytest.mark.parametrize(
    ("cell", "repair"),
    [
        (ITALY, None),
        ("+39 347 1234567", None),
        ("\ufeff+393471234567", "invisible"),
        ("+39\u00a0347 1234567", "invisible"),
        ("'+393471234567", "apostrophe"),
        ("+٣٩٣٤٧١٢٣٤٥٦٧", "digits"),
        ("+393471234567.0", "decimal"),
        ("00393471234567", "zeros"),
        ("393471234567", "plus"),
        ("'393471234567.0", "apostrophe,decimal,plus"),
        ("'3.93471E+11", "apostrophe"),
    ],
)
def test_a_repair_that_was_made_is_said(cell, repair):
    said = phones.read(pd.Series([cell]))["repair"][0]
    assert said == repair if repair else pd.isna(said)


def test_every_scripts_digits_are_digits():
    zeros = [chr(point) for point in range(0x80, 0x110000) if chr(point).isdecimal() and int(chr(point)) == 0]
    assert len(zeros) > 30
    column = pd.Series(["+" + "".join(chr(ord(zero) + int(digit)) for digit in ITALY[1:]) for zero in zeros])
    assert set(phones.normalize(column)) == {ITALY}


INVISIBLE = (
    "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u2066\u2069\u202a\u202e\u00ad\ufe0f\u20e3\u180e\u034f\x00\x1f"
)
SPACES = "\u00a0\u2002\u2009\u202f\u205f\u3000\u1680\t"


@pytest.mark.parametrize("character", [*INVISIBLE, *SPACES], ids=lambda c: f"U+{ord(c):04X}")
def test_what_cannot_be_seen_does_not_count(character):
    assert one(character + character.join(ITALY) + character) == ITALY


def test_zeros_in_front_are_a_plus_where_they_dial_nobody_else():
    assert one("0011 39 347 1234567", "AU") == ITALY
    for region in ("AU", "US", "JP", "RU", "BR", "IT", None):
        assert one("0039 347 1234567", region) == ITALY
        assert one("+0039 347 1234567", region) == ITALY
    assert one("0055 84 96095-2618", "BR") == "+5584960952618"  # not Vietnam's, by the carrier 55


TYPE = library.PhoneNumberType
SPREAD = [
    (home, code)
    for home in sorted(library.SUPPORTED_REGIONS)
    for code in ("JP", "PT", "IN", "US", "BR", home)
]


@pytest.mark.parametrize("written", ["00{}", "00 {}", "+00{}", "(00){}", "tel:00{}"])
def test_zeros_in_front_never_make_another_number(written):
    """In every region: with the zeros as a plus, refused, or the only number that it can be."""
    cells, homes, meant = [], [], []
    for home, code in SPREAD:
        number = library.example_number_for_type(code, TYPE.MOBILE)
        if number is None:
            continue
        whole = library.format_number(number, library.PhoneNumberFormat.E164)
        for last in range(0, 100, 9):
            digits = f"{whole[1:-2]}{last:02}"
            if library.is_valid_number(library.parse("+" + digits)):
                cells.append(written.format(digits))
                homes.append(home)
                meant.append("+" + digits)
    read = phones.read(pd.Series(cells), pd.Series(homes))
    sure = read["phone"].notna()
    assert read["phone"][sure].tolist() == pd.Series(meant)[sure].tolist()
    own = pd.Series(homes).map(library.country_code_for_region).astype(str)
    at_home = pd.Series([number[1:].startswith(code) for number, code in zip(meant, own, strict=True)])
    assert sure[at_home].mean() > 0.9
    assert read["code"][~sure].isin(["two_readings", "landline", "personal", "voip", "pager"]).all()


def test_zeros_that_may_begin_two_numbers_stop_an_optout_list():
    with pytest.raises(ContactsError, match="two_readings"):
        suppression(["0081 90 7770 2646"], "HK")
    assert suppression(["0055 84 96095-2618"], "BR").tolist() == ["+5584960952618"]


def test_a_missing_plus_is_never_supplied_with_a_region():
    """In Germany 393471234567 is a landline of its own, so libphonenumber's reading stands."""
    assert one("393471234567", "DE") == "landline"
    assert one("393471234567") == ITALY


# Codes --------------------------------------------------------------------------------------------------

REACHED = {
    "missing": (None, None),
    "not_a_number": ("ask her", None),
    "digits_lost": ("3.93471E+11", None),
    "scientific": ("3.93471234567e11", None),
    "masked_digits": ("+39 347 ***4567", None),
    "decimals": ("+39 347 1234567.00", None),
    "letters": ("+39 347 CIAO", None),
    "extension": ("+1 212 555 0142 x12", None),
    "two_numbers": ("+393471234567 +393471234568", None),
    "two_readings": ("0081 90 7770 2646", "HK"),
    "national_form": ("0171 3920012", None),
    "unknown_region": ("0171 3920012", pd.Series(["Atlantis"])),
    "unknown_country": ("+999 123456789", None),
    "too_short": ("+1 212 555", None),
    "too_long": ("+1 212 555 0142 0142", None),
    "wrong_length": ("+376 312 3456", None),
    "not_in_use": ("+44 7700 900123", None),
    "landline": ("+44 20 7946 0018", None),
    "premium": ("+44 909 879 0123", None),
    "shared_cost": ("+61 1300 975 707", None),
    "toll_free": ("+44 808 157 0123", None),
    "voip": (example(TYPE.VOIP, "GB"), None),
    "personal": (example(TYPE.PERSONAL_NUMBER, "GB"), None),
    "pager": (example(TYPE.PAGER, "GB"), None),
    "company": ("+44 3069 990123", None),
    "voicemail": ("+39349123456789", None),
}


@pytest.mark.parametrize("code", CODES)
def test_each_code_is_reached_and_comes_with_its_sentence(code):
    cell, region = REACHED[code]
    row = phones.read(pd.Series([cell], dtype=object), region).iloc[0]
    assert row["code"] == code
    assert row["reason"] == CODES[code]
    assert pd.isna(row["phone"])


def test_no_sentence_holds_a_digit():
    assert not any(character.isdigit() for sentence in CODES.values() for character in sentence)


def test_every_type_libphonenumber_knows_is_usable_or_has_a_code():
    kinds = set(TYPE.values()) - {TYPE.UNKNOWN}
    numbers = [(kind, example(kind, *sorted(metadata.regions()))) for kind in kinds]
    for kind, number in numbers:
        answer = one(number)
        assert (answer == number) == (kind in USABLE_TYPES)
        assert one(number, numbers="valid") == number


@pytest.mark.parametrize(
    ("cell", "mobile", "valid", "possible"),
    [
        (ITALY, True, True, True),
        ("+44 20 7946 0018", False, True, True),
        ("+44 7700 900123", False, False, True),
        ("+1 212 555", False, False, False),
        ("+39 347 1234567 x1", False, False, False),
    ],
)
def test_numbers_decides_what_is_usable(cell, mobile, valid, possible):
    usable = [one(cell, numbers=numbers).startswith("+") for numbers in phones.NUMBERS]
    assert usable == [mobile, valid, possible]


def test_a_national_number_whose_plus_would_be_a_guess_is_called_national():
    assert one("3471234567") == "national_form"
    assert one("2125550142") == "national_form"


# Regions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [object, "category", "string[pyarrow]", "string[python]"])
def test_a_region_per_row_is_aligned_by_position_and_may_have_gaps(dtype):
    numbers = pd.Series(["0171 3920012", "070-174 06 05", "0171 3920012", "0171 3920012"], index=[3, 2, 1, 0])
    regions = pd.Series(["de", " SE ", None, "Atlantis"], dtype=object).astype(dtype)
    read = phones.read(numbers, regions)
    assert read["phone"].tolist() == [GERMANY, "+46701740605", pd.NA, pd.NA]
    assert read["code"].tolist() == [pd.NA, pd.NA, "national_form", "unknown_region"]


def test_an_unknown_region_does_not_hurt_an_international_number_and_lends_no_plus():
    assert one(ITALY, pd.Series(["Atlantis"])) == ITALY
    assert one("0039 347 1234567", pd.Series(["Atlantis"])) == ITALY
    assert one("393471234567", pd.Series(["Atlantis"])) == "unknown_region"


def test_namibia_is_a_region_and_not_a_gap():
    assert one("081 123 4567", pd.Series(["NA"])) == "+264811234567"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"region": "Itlay"}, "Italy \\(IT\\)"),
        ({"region": "ZZ"}, "two-letter"),
        ({"region": pd.Series(["IT"] * 3)}, "3 regions for 1"),
        ({"numbers": "any"}, "'mobile', 'valid', 'possible'"),
    ],
)
def test_bad_arguments_say_what_is_allowed(arguments, words):
    with pytest.raises(ContactsError, match=words):
        phones.read(pd.Series([ITALY]), **arguments)


# Agreement ----------------------------------------------------------------------------------------------

DECORATIONS = [
    lambda number: number,
    lambda number: f"\ufeff{number}",
    lambda number: f"'{number}",
    lambda number: f"{number}.0",
    lambda number: f"tel:{number}",
    lambda number: f" {number}\u200e",
    lambda number: number[0] + "\u00a0".join(number[1:]),
    lambda number: "".join(chr(ord(character) + 0xFEE0) for character in number),  # full-width
]


def invented(draw, count):
    """Numbers of every region and type: good, one digit off, too short, too long."""
    for region in sorted(metadata.regions()):
        for kind in range(11):
            number = library.example_number_for_type(region, kind)
            if number is None:
                continue
            digits = library.format_number(number, library.PhoneNumberFormat.E164)
            for _ in range(count):
                place = draw.randrange(1 + len(str(number.country_code)), len(digits))
                off = digits[:place] + draw.choice("0123456789") + digits[place + 1 :]
                yield region, draw.choice([digits, off, off, digits[:-1], digits + draw.choice("0123456789")])


def test_the_verdict_is_libphonenumbers_however_the_number_is_dressed():
    draw = random.Random(7)
    numbers = [number for _, number in invented(draw, 3)]
    dressed = pd.Series([draw.choice(DECORATIONS)(number) for number in numbers])
    assert phones.normalize(dressed).fillna("").tolist() == [reference(number) or "" for number in numbers]


def test_the_verdict_is_libphonenumbers_for_national_forms_with_a_region_per_row():
    draw = random.Random(8)
    rows = []
    for region, number in invented(draw, 3):
        parsed = library.parse(number)
        form = draw.choice([library.PhoneNumberFormat.NATIONAL, library.PhoneNumberFormat.INTERNATIONAL])
        text = library.format_number(parsed, form)
        if not any(map(str.isalpha, text)):
            rows.append((text, region))
    cells, regions = (pd.Series(column) for column in zip(*rows, strict=True))
    expected = [reference(text, region) or "" for text, region in rows]
    answers = phones.normalize(cells, regions).fillna("")
    assert answers.tolist() == expected


def test_each_different_number_is_asked_once(monkeypatch):
    asked = []
    parse = library.parse
    monkeypatch.setattr(library, "parse", lambda *given: asked.append(given) or parse(*given))
    monkeypatch.setattr(
        libphonenumber, "decide", lambda read, home: (read.value, np.full(len(home), -1, dtype=np.int8))
    )
    odd = [f"*{number}" for number in ("+39 347-1234567", "(+39) 3471234567", "+4915112345678")]
    assert phones.normalize(pd.Series([*odd, None] * 100)).notna().sum() == 300
    assert len(asked) == 2


# Hostile ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    [
        "1" * 1_000_000,
        "+" * 1_000_000,
        "1/" * 500_000,
        "1 " * 500_000,
        "\u200b" * 1_000_000,
        "x1" * 500_000,
        " " * 1_000_000,
    ],
    ids=["digits", "plus", "slashes", "spaced", "invisible", "letters", "spaces"],
)
def test_a_cell_of_a_million_characters_gets_an_answer(cell):
    assert one(cell) in CODES


@pytest.mark.parametrize("region", [None, "IT", "HK"])
@pytest.mark.parametrize(
    "cell",
    [
        *("1" * 251, "+" * 100_000, "(" * 100_000 + "1", "1" + ")" * 100_000, "1/" * 50_000, "1 " * 126),
        *(
            "00" * 50_000 + "1",
            "+39347" + "[" * 100_000 + "1234567",
            "1;" * 126,
            "347" + "-" * 300 + "1234567",
        ),
    ],
    ids=lambda cell: f"{cell[0]}{cell[-1]}{len(cell)}",
)
def test_what_libphonenumber_refuses_for_its_length_never_reaches_it(monkeypatch, cell, region):
    """Its patterns, unlike the columns' own, may take a time that grows faster than the cell."""
    read = []
    parse = library.parse
    monkeypatch.setattr(library, "parse", lambda text, *rest: read.append(text) or parse(text, *rest))
    answers = phones.read(pd.Series([cell, ITALY]), region)
    assert answers["code"].tolist()[0] in CODES
    assert answers["phone"].tolist()[1] == ITALY
    assert max(map(len, read), default=0) <= 250


@pytest.mark.parametrize("module", [likeness, damage], ids=lambda module: module.__name__)
def test_columns_are_searched_by_patterns_that_take_linear_time(module):
    """RE2 reads every pattern, which it does only where it can do so in one pass; Python's are not used."""
    own = {name: value for name, value in vars(module).items() if re.fullmatch("_[A-Z][A-Z_]*", name)}
    patterns = [value for value in own.values() if isinstance(value, str)]
    assert len(patterns) >= 3
    for pattern in patterns:
        pc.match_substring_regex(pa.array([""]), pattern)
    source = Path(module.__file__).read_text(encoding="utf-8")
    assert not re.search(r"^import re$|^from re import|\.str\.", source, re.MULTILINE)


def test_lone_surrogates_and_null_bytes_get_an_answer():
    read = phones.read(pd.Series(["\ud800", "+39347\udfff1234567", "\x00" + ITALY], dtype=object))
    assert read["code"].tolist() == ["not_a_number", "masked_digits", pd.NA]


CHARACTERS = st.sampled_from(
    "0123456789" * 4 + "+++ ()-./,;|&#~xXeE.'`*\n\t\u00a0\u200b\ufeff\uff0b\uff13٣é☎\ud800"
)
CELLS = st.one_of(
    st.text(CHARACTERS, max_size=40),
    st.text(max_size=20),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.binary(max_size=5),
    st.booleans(),
    st.none(),
    st.just(pd.NA),
    st.lists(st.integers(), max_size=2),
)


@settings(deadline=None)
@given(
    st.lists(st.tuples(CELLS, st.sampled_from([None, "IT", "us", "XX", "DE", "AU"])), max_size=8),
    st.sampled_from(phones.NUMBERS),
)
def test_nothing_raises_and_every_cell_has_a_phone_or_a_code(rows, numbers):
    column = pd.Series([cell for cell, _ in rows], dtype=object)
    read = phones.read(column, pd.Series([region for _, region in rows], dtype=object), numbers)
    assert len(read) == len(rows)
    assert read["phone"].dropna().str.fullmatch(r"\+[1-9][0-9]{4,14}").all()
    assert (read["phone"].isna() == read["code"].notna()).all()
    assert (read["code"].isna() == read["reason"].isna()).all()
    assert read["code"].dropna().isin(list(CODES)).all()


def arrow(values, kind):
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.array(values, kind)))


DAY = datetime(2026, 11, 22, tzinfo=UTC)
COLUMNS = {
    "int8": pd.Series([1, 100], dtype="int8"),
    "uint64, too large for int64": pd.Series([2**64 - 1, 393471234567], dtype="uint64"),
    "float16": pd.Series([1.0, np.nan], dtype="float16"),
    "long double": pd.Series([393471234567, 1], dtype=np.longdouble),
    "complex": pd.Series([1j, 2]),
    "times": pd.Series([DAY, None], dtype="datetime64[ns, UTC]"),
    "durations": pd.Series(pd.to_timedelta([1, None], unit="s")),
    "periods": pd.Series(pd.PeriodIndex(["2026-11", "2026-12"], freq="M")),
    "intervals": pd.Series(pd.interval_range(0, 2)),
    "sparse integers": pd.Series([393471234567, 0], dtype=pd.SparseDtype("int64", 0)),
    "sparse floats": pd.Series([393471234567.0, np.nan], dtype=pd.SparseDtype("float64")),
    "categories of times": pd.Series([DAY, None]).astype("category"),
    "categories of nothing": pd.Series([None, None], dtype="category"),
    "categories of several types": pd.Series([ITALY, 393471234567], dtype=object).astype("category"),
    "Arrow nulls": arrow([None, None], pa.null()),
    "Arrow booleans": arrow([True, None], pa.bool_()),
    "Arrow decimals": arrow([Decimal(393471234567), None], pa.decimal128(20, 2)),
    "Arrow unsigned": arrow([2**64 - 1, None], pa.uint64()),
    "Arrow bytes": arrow([b"+393471234567", None], pa.binary()),
    "Arrow lists": arrow([[ITALY], None], pa.list_(pa.string())),
    "Arrow structs": arrow([{"phone": ITALY}, None], pa.struct({"phone": pa.string()})),
    "Arrow dates": arrow([DAY, None], pa.date32()),
    "Arrow categories of integers": arrow(pa.array([393471234567, None]).dictionary_encode(), None),
}
OBJECTS = [
    *([ITALY], (ITALY,), {ITALY}, {ITALY: 1}, ITALY.encode(), bytearray(b"1"), pd.Series([ITALY]), object()),
    *(Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), Decimal("3.9E+11"), Decimal("393471234567.00")),
    *(np.int8(1), np.uint64(2**64 - 1), np.float16(1), np.str_(ITALY), np.bool_(True), np.bytes_(b"1")),
    *(np.datetime64("2026-11-22"), np.timedelta64(1, "s"), np.array([1, 2]), np.array(5), np.void(b"1")),
    *(
        DAY,
        DAY.date(),
        True,
        1j,
        -0.0,
        float("-inf"),
        10**5000,
        -(10**5000),
        ...,
        int,
        range(3),
        ValueError(ITALY),
    ),
]


@pytest.mark.parametrize(
    "column", [*COLUMNS.values(), pd.Series(OBJECTS, dtype=object)], ids=[*COLUMNS, "objects"]
)
@pytest.mark.parametrize("region", [None, "IT"])
def test_a_column_of_any_dtype_gets_an_answer_per_row(column, region):
    read = phones.read(column, region)
    assert len(read) == len(column)
    assert read["phone"].dropna().eq(ITALY).all()
    assert read["code"].dropna().isin([*CODES]).all()
    assert (read["phone"].isna() == read["code"].notna()).all()


@pytest.mark.parametrize("count", [1, 1000], ids=["few", "many"])
def test_a_gap_is_a_gap_whatever_bytes_arrow_has_below_it(count):
    offsets = pa.py_buffer(np.arange(2 * count + 1, dtype=np.int64) * len(ITALY))
    valid = pa.py_buffer(np.packbits([True, False] * count, bitorder="little").tobytes())
    text = pa.py_buffer(ITALY.encode() * 2 * count)
    below = pa.Array.from_buffers(pa.large_string(), 2 * count, [valid, offsets, text])
    assert (
        phones.normalize(pd.Series(pd.arrays.ArrowExtensionArray(below))).isna().tolist()
        == [False, True] * count
    )


REGIONS = {
    "floats": pd.Series([np.nan, np.nan, 39.0]),
    "integers with gaps": pd.Series([None, None, 39], dtype="Int64"),
    "objects": pd.Series([np.nan, None, ["IT"]], dtype=object),
    "other objects": pd.Series([pd.NA, pd.NaT, b"IT"], dtype=object),
    "categories of integers": pd.Series([None, None, 39]).astype("category"),
    "sparse objects": pd.Series([None, np.nan, "Atlantis"], dtype=pd.SparseDtype(object)),
    "times": pd.Series([None, None, DAY], dtype="datetime64[ns, UTC]"),
    "surrogates": pd.Series([None, "", "\ud800"], dtype=object),
    "long": pd.Series([None, " ", "IT" * 500_000], dtype=object),
    "Arrow lists": arrow([None, None, ["IT"]], pa.list_(pa.string())),
    "Arrow bytes": arrow([None, None, b"IT"], pa.binary()),
}


@pytest.mark.parametrize("regions", REGIONS.values(), ids=REGIONS)
def test_a_gap_among_regions_is_no_region_and_anything_odd_is_an_unknown_one(regions):
    cells = pd.Series(["393471234567", "0171 3920012", "0171 3920012"])
    read = phones.read(cells, regions)
    assert read["phone"].fillna(read["code"]).tolist() == [ITALY, "national_form", "unknown_region"]


@pytest.mark.parametrize("region", [5, ["IT"], float("nan"), object(), True])
def test_a_region_that_is_neither_a_code_nor_a_column_is_one_clear_error(region):
    with pytest.raises(ContactsError, match="region"):
        phones.read(pd.Series([ITALY]), region)


def test_the_error_about_a_region_is_short_however_long_the_region():
    with pytest.raises(ContactsError) as caught:
        phones.read(pd.Series([ITALY]), "I" * 100_000)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("kind", [None, pa.decimal128(20, 1)], ids=["object", "Arrow"])
def test_a_decimal_with_a_fraction_is_no_number_with_a_digit_more(kind):
    """Read as a text, its point would be punctuation, and the fraction would lead to a stranger."""
    column = (
        pd.Series([Decimal("393471234567.5")]) if kind is None else arrow([Decimal("393471234567.5")], kind)
    )
    assert phones.read(column, None, "valid")["code"].tolist() == ["not_a_number"]


# Masks and guesses --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"Invalid recipient {ITALY}", "Invalid recipient +39••••••••67"),
        ("call 0171 392-00.12 or (212) 555-0142!", "call 01•••••••12 or (21••••••42!"),
        ("٣٩٣٤٧١٢٣٤٥٦٧", "٣٩••••••••٦٧"),
        ("order 123456 of 2026", "order 123456 of 2026"),
        ("", ""),
    ],
)
def test_masking_leaves_nothing_to_call(text, masked):
    assert mask(text) == masked


def test_masking_a_column_is_masking_each_and_keeps_index_and_name():
    column = pd.Series([ITALY, None, "+4917139200"], index=list("aab"), name="sms_phone")
    masked = mask_column(column)
    assert masked.tolist() == [mask(ITALY), pd.NA, mask("+4917139200")]
    assert masked.index.equals(column.index)
    assert masked.name == "sms_phone"


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([ITALY, None, "n/a", "0171 3920012", "(212) 555-0142"]),
        pd.Series([393471234567, None]),
        pd.Series([393471234567, 3471234567]),
        pd.Series(["3.93471E+11", "3,93471E+11"]),
        pd.Series(["'393471234567", "\ufeff393471234567", "tel:+39-347-1234567"]),
    ],
)
def test_columns_of_numbers_look_like_phones(column):
    assert looks_like_phones(column)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["2026-11-22", "22.11.2026", "2026-11-22 10:00", "1/12/2026"]),
        pd.to_datetime(pd.Series(["2026-11-22"])),
        pd.Series([1, 42, 99999]),
        pd.Series(["1234567.89", "12.50"]),
        pd.Series([1234567.89, 12.5]),
        pd.Series(["Ada", "Grace", ITALY]),
        pd.Series([True]),
        pd.Series([None]),
        pd.Series([], dtype=object),
        pd.Series(["4111 1111 1111 1111"]),
    ],
)
def test_dates_amounts_names_and_small_numbers_do_not(column):
    assert not looks_like_phones(column)


# Samples ------------------------------------------------------------------------------------------------

FICTION = (
    r"\+1[2-9][0-9]{2}55501[0-9]{2}|\+61491570(?:006|110|15[6-9]|313|737)|\+467017406[0-9]{2}|\+4917139200[0-9]{2}"
    r"|\+4915228817386|\+3585055501[0-9]{2}|\+39347123456[78]"
)


@pytest.fixture(scope="module")
def guests():
    return pd.read_csv(SAMPLES / "guests.csv", dtype=str)


def test_the_samples_are_what_their_script_writes(tmp_path):
    runpy.run_path(str(SAMPLES / "make_samples.py"))["main"](tmp_path)
    for name in ("guests.csv", "damaged.csv"):
        assert filecmp.cmp(tmp_path / name, SAMPLES / name, shallow=False), name


def test_nobody_in_the_samples_has_a_real_number(guests):
    table = pd.read_csv(SAMPLES / "damaged.csv", dtype=str)
    usable = [
        phones.normalize(guests["mobile"], guests["country"]),
        phones.normalize(guests["mobile"]),
        table["expected_phone"],
    ]
    assert pd.concat(usable).dropna().astype("string").str.fullmatch(FICTION).all()


def test_the_guests_are_mostly_ready_with_a_few_of_each_trouble(guests):
    read = phones.read(guests["mobile"], guests["country"])
    assert len(guests) > 1000
    assert read["phone"].notna().mean() > 0.9
    assert read["code"].nunique() >= 14
    assert 10 <= read["phone"].dropna().duplicated().sum() <= 30
    assert guests["name"].isna().sum() >= 5
    endings = read["phone"].dropna().str[-2:].astype(int)
    assert 10 <= endings.between(71, 84).sum() <= 60
    assert 1 <= endings.eq(85).sum() <= 2


@pytest.mark.parametrize("first", range(5))
def test_the_countries_of_a_part_of_a_column_are_those_of_its_numbers(first):
    column = pd.Series(["+393471234567", "+14165550123", None, "+33612345678", "+12015550123"], dtype=TEXT)
    expected = countries(pd.Series([*column], dtype=object)).tolist()
    assert countries(column.iloc[first:]).tolist() == expected[first:]
    assert countries(column.iloc[first : first + 2]).tolist() == expected[first : first + 2]
