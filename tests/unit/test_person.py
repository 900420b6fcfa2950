"""One person, one number: which spellings are one person's, and that nobody else's become one."""

from __future__ import annotations

import re

import pandas as pd
import phonenumbers as library
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsframe.phones.person import SPELLINGS, canonical

PAIRS = [
    ("+5491123456789", "+541123456789"),
    ("+5492966123456", "+542966123456"),
    ("+5215512345678", "+525512345678"),
    ("+551187654321", "+5511987654321"),
    ("+558198765432", "+5581998765432"),
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_spellings_of_one_phone_are_one_person(one, other):
    first, second = canonical(pd.Series([one, other]))
    assert first == second


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
    ],
)
def test_what_has_no_other_spelling_stays(phone):
    assert canonical(pd.Series([phone])).tolist() == [phone]


def by_hand(phone: str) -> str:
    """The same rules digit by digit, without patterns."""
    if phone.startswith("+549") and len(phone) == 14:
        return "+54" + phone[4:]
    if phone.startswith("+521") and len(phone) == 14:
        return "+52" + phone[4:]
    if phone.startswith("+55") and len(phone) == 13 and "0" not in phone[3:5] and phone[5] in "689":
        return phone[:5] + "9" + phone[5:]
    return phone


@settings(max_examples=300)
@given(
    st.lists(
        st.one_of(
            st.none(),
            st.from_regex(r"\+5[0-9]{7,13}", fullmatch=True),
            st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True),
        )
    )
)
def test_a_column_says_what_each_number_alone_says_and_saying_it_twice_changes_nothing(phones):
    column = pd.Series(phones, dtype="string[pyarrow]", index=range(5, 5 + len(phones)))
    found = canonical(column)
    assert found.index.equals(column.index)
    assert [None if pd.isna(phone) else phone for phone in found] == [
        None if phone is None else by_hand(phone) for phone in phones
    ]
    pd.testing.assert_series_equal(canonical(found), found)


@settings(max_examples=300)
@given(st.from_regex(r"\+(54|52|55)[0-9]{8,12}", fullmatch=True))
def test_two_valid_mobiles_are_one_person_only_by_a_spelling_that_is_listed(phone):
    """Of two numbers that libphonenumber takes for mobiles, one is never made the other by chance."""
    other = canonical(pd.Series([phone])).iloc[0]
    if other == phone:
        return
    assert sum(bool(re.match(pattern, phone)) for pattern, _ in SPELLINGS) == 1
    # National digits are kept but for the one that the country added or dropped.
    assert abs(len(other) - len(phone)) == 1
    shorter, longer = sorted((phone[3:], other[3:]), key=len)
    assert any(longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer)))


def test_no_example_number_of_any_country_but_three_has_another_spelling():
    phones = [
        library.format_number(number, library.PhoneNumberFormat.E164)
        for region in library.SUPPORTED_REGIONS - {"AR", "BR", "MX"}
        for kind in range(11)
        if (number := library.example_number_for_type(region, kind)) is not None
    ]
    column = pd.Series(phones, dtype="string[pyarrow]")
    pd.testing.assert_series_equal(canonical(column), column)
