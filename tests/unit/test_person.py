"""One person, one number: which spellings are one person's, and that nobody else's become one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import phonenumbers as library
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    assert first_of(pd.Series([other, "+12125550101", one]), np.ones(3, dtype=bool)).tolist() == [0, 1, 0]


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
