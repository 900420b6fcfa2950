"""One person, one number: which spellings are one person's, and that nobody else's become one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import phonenumbers as library
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from searches import phone_columns

import smsframe
from smsframe import arrow
from smsframe.contacts.suppression import suppression
from smsframe.phones import match, parse
from smsframe.phones.match import among, find, first_of, keys
from smsframe.phones.person import people

PAIRS = [
    ("+5491123456789", "+541123456789"),
    ("+5492966123456", "+542966123456"),
    ("+5215512345678", "+525512345678"),
    ("+551187654321", "+5511987654321"),
    ("+558198765432", "+5581998765432"),
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_spellings_of_one_phone_match(one, other):
    phones, others = pd.Series([one, None, "+393471234567"]), pd.Series(["+393471234568", other])
    assert among(phones, others).tolist() == [True, False, False]
    assert find(phones, others).tolist() == [1, -1, -1]
    assert first_of(keys(pd.Series([other, "+12125550101", one])), np.ones(3, dtype=bool)).tolist() == [
        0,
        1,
        0,
    ]


@pytest.mark.parametrize(
    "phone",
    [
        "+551178654321",  # a radio number of eight digits
        "+551132654321",  # a landline
        "+5511987654321",
        "+525512345678",
        "+541123456789",
        "+52155123456",  # a 1 that belongs to a shorter number
        "+54911234567890",
        "+5901234567890",
        "+551087654321",  # no area code
    ],
)
def test_what_has_no_other_spelling_stays(phone):
    assert keys(pd.Series([phone])).tolist() == [int(phone)]


def by_hand(phone: str) -> str:
    """The same rules digit by digit."""
    if phone.startswith("+549") and len(phone) == 14:
        return "+54" + phone[4:]
    if phone.startswith("+521") and len(phone) == 14:
        return "+52" + phone[4:]
    if phone.startswith("+55") and len(phone) == 13 and "0" not in phone[3:5] and phone[5] in "689":
        return phone[:5] + "9" + phone[5:]
    return phone


@settings(max_examples=500)
@given(
    st.lists(
        st.one_of(
            st.none(),
            st.from_regex(r"\+(54|52|55)[0-9]{8,12}", fullmatch=True),
            st.from_regex(r"\+5[0-9]{7,13}", fullmatch=True),
            st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True),
        )
    )
)
def test_a_column_says_what_each_number_alone_says_and_saying_it_twice_changes_nothing(phones):
    found = keys(pd.Series(phones, dtype="string[pyarrow]"))
    assert found.tolist() == [0 if phone is None else int(by_hand(phone)) for phone in phones]
    np.testing.assert_array_equal(people(found), found)


def test_no_example_number_of_any_country_but_three_has_another_spelling():
    phones = [
        library.format_number(number, library.PhoneNumberFormat.E164)
        for region in library.SUPPORTED_REGIONS - {"AR", "BR", "MX"}
        for kind in range(11)
        if (number := library.example_number_for_type(region, kind)) is not None
    ]
    assert keys(pd.Series(phones)).tolist() == [int(phone) for phone in phones]


@settings(max_examples=500)
@given(st.from_regex(r"\+(54|52|55)[1-9][0-9]{7,11}", fullmatch=True))
def test_a_canonical_number_of_a_mobile_is_one_that_libphonenumber_takes_too(phone):
    """Nobody's person is a number that could not be; an Argentine one looks like a landline's."""
    number = library.parse(phone)
    if not library.is_valid_number(number) or library.number_type(number) not in {1, 2}:
        return
    assert library.is_valid_number(library.parse(f"+{keys(pd.Series([phone]))[0]}"))


@pytest.mark.parametrize(
    ("cell", "region"),
    [
        *[
            (cell, None)
            for cell in ("+52 1 55 1234 5678", "+5215512345678", "005215512345678", "+52 (1) 55-1234-5678")
        ],
        *[(cell, None) for cell in ("5215512345678", "tel:+521 5512345678", 5215512345678, 5215512345678.0)],
        *[(cell, "MX") for cell in ("5215512345678", "1 55 1234 5678", "+52 1 55 1234 5678")],
    ],
)
def test_the_old_1_of_mexico_is_dropped_and_said_in_contacts_and_opt_out_lists(cell, region):
    read = parse.read(pd.Series([cell], dtype=object), region)
    assert read["phone"].tolist() == ["+525512345678"]
    assert "old_1" in read["repair"].tolist()[0].split(",")
    people_ = pd.DataFrame({"mobile": ["+525512345678", "+525512345679"]})
    checked = smsframe.check(people_, phone="mobile", suppress=[cell], region=region)
    assert checked["sms_status"].tolist() == ["suppressed", "ready"]
    assert suppression([cell], region).tolist() == ["+525512345678"]


@pytest.mark.slow
def test_a_1_is_dropped_from_every_mexican_mobile_and_from_nothing_else():
    dice = np.random.default_rng(3)
    drawn = phone_columns.mobiles("MX", 500, dice)["phone"]
    assert parse.normalize(drawn.str.replace("+52", "+521")).tolist() == drawn.tolist()
    for region in sorted(library.SUPPORTED_REGIONS - {"MX"}):
        drawn = phone_columns.mobiles(region, 20, dice)["phone"]
        code = f"+{library.country_code_for_region(region)}"
        for cells in (drawn, drawn.str.replace(code, f"{code}1")):
            assert not parse.read(cells)["repair"].fillna("").str.contains("old_1").any()


# Many at once.


@settings(deadline=None)
@given(st.lists(st.integers(-1, 40)), st.sets(st.integers(1, 40)), st.integers(1, 7) | st.just(arrow._PART))
def test_a_place_is_where_each_number_stands_among_others(asked, others, part):
    listed = np.array(sorted(others), dtype=np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrow, "_PART", part)
        found = match.places(np.array(asked, dtype=np.int64), listed).tolist()
        there = match.are_among(np.array(asked, dtype=np.int64), listed[::-1]).tolist()
    assert found == [sorted(others).index(one) if one in others else -1 for one in asked]
    assert there == [one in others for one in asked]


LINES = (
    *("+393471234567", "0039 347 1234567", "+39 347 123 4568", "393471234569", "3471234567", "13852345678"),
    *("+5491123456789", "+541123456789", "+5215512345678", "+390612345678", "+84162123456", "+39347123"),
    *("+391234567", "+999123456789", "3.93471E+11", "#N/A", "#DIV/0!", "nobody", "", None, "+44 7400 123456"),
)


def read_the_long_way(lines, region):
    """What `suppression` gives, or the places and codes of its error: every line is read three times."""
    column = pd.Series(lines, dtype=object)
    read = parse.read(column, region, "possible")
    wrong = column.isin(["#N/A", "#DIV/0!"])
    code = read["code"].astype(object).mask(wrong, "not_a_number")
    if region is None:
        supplied = read["repair"].str.contains("plus").fillna(value=False).astype(bool)
        unused = parse.normalize(column, None, "valid").isna()
        code = code.mask(supplied & read["phone"].notna() & unused & ~wrong, "national_form")
    bad = code.notna() & code.ne("missing")
    return code[bad].to_dict() if bad.any() else read["phone"].dropna().unique().tolist()


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(LINES[:3]) | st.none(),
    st.lists(st.sampled_from(LINES), max_size=3),
    st.lists(st.sampled_from(LINES), max_size=8),
    st.sampled_from([None, "IT"]),
)
@pytest.mark.filterwarnings("ignore:.* opt-out list:UserWarning")
def test_a_list_is_read_as_if_every_line_were_read_in_every_way(first, few, some, region):
    lines = [first, *few * 2, *some]
    try:
        found = [*suppression(pd.Series(lines, dtype=object), region)]
    except smsframe.ContactsError as error:
        found = error.failures["code"].to_dict()
    assert found == read_the_long_way(lines, region)
