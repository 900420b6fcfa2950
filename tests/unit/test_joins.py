"""Numbers matched as integers: the same answer as strings give, whatever the dtype, index and order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsframe.phones.match import among, find, first_of, keys

# As long as E.164 allows, few enough to meet each other, and beginnings of one another.
NUMBERS = st.sampled_from(
    ["+1", "+12", "+120", "+1200", "+447700900001", "+393471234567", "+999999999999999"]
)
DTYPES = st.sampled_from([object, "string[python]", "string[pyarrow]", None])


def column(numbers, dtype=None, index=None):
    return pd.Series(numbers, index=index, dtype=dtype)


@given(st.lists(st.none() | NUMBERS), st.lists(NUMBERS, unique=True), DTYPES, DTYPES)
def test_a_number_is_found_at_its_place_or_nowhere(left, right, one, other):
    places = find(column(left, one), column(right, other))
    assert places.tolist() == [right.index(number) if number in right else -1 for number in left]


@given(st.lists(st.none() | NUMBERS), st.lists(st.none() | NUMBERS), DTYPES, DTYPES)
def test_somebody_is_among_others_if_the_same_string_is(left, right, one, other):
    """Somebody without a number is never among others, not even among those without one."""
    told = among(column(left, one), column(right, other))
    assert told.tolist() == [number is not None and number in right for number in left]


@pytest.mark.parametrize("others", [["+441"], pd.Index(["+441"]), pd.Series(["+441"], index=["x"])], ids=type)
def test_the_index_of_the_asked_is_kept_and_that_of_the_others_is_not_looked_at(others):
    told = among(column(["+442", "+441", "+441"], index=["a", "b", "b"]), pd.Series(others))
    assert told.index.tolist() == ["a", "b", "b"]
    assert told.tolist() == [False, True, True]
    assert find(column(["+441"], index=[7]), pd.Series(others)).tolist() == [0]


def test_the_longest_numbers_that_differ_in_their_last_digit_are_different():
    """As floats they would be one: 2**53 is shorter."""
    numbers = [f"+99999999999999{digit}" for digit in range(10)]
    assert find(column(numbers), column(numbers[::-1])).tolist() == [*range(9, -1, -1)]
    assert among(column(numbers), column(numbers[:1])).sum() == 1


def test_of_nobody_and_in_nobody():
    nobody, somebody = column([], object), column(["+441", None])
    assert find(nobody, somebody[:1]).tolist() == []
    assert find(somebody, nobody).tolist() == [-1, -1]
    assert among(nobody, somebody).tolist() == []
    assert among(somebody, nobody).tolist() == [False, False]
    assert among(somebody, pd.Index([])).tolist() == [False, False]


def test_the_first_row_stands_for_those_that_are_asked_for():
    phones = pd.Series(["+441", "+442", "+441", None, "+442", "+441"])
    asked = np.array([False, True, True, False, True, True])
    assert first_of(keys(phones), asked).tolist() == [0, 1, 2, 3, 1, 2]
    assert first_of(keys(phones), np.zeros(6, dtype=bool)).tolist() == [0, 1, 2, 3, 4, 5]
    assert first_of(keys(phones.head(0)), np.zeros(0, dtype=bool)).tolist() == []


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans())))
def test_the_first_row_is_the_one_a_loop_finds(rows):
    persons = np.array([person for person, _ in rows], dtype=np.int64)
    asked = np.array([wanted for _, wanted in rows], dtype=bool)
    first: dict[int, int] = {}
    expected = [first.setdefault(person, row) if wanted else row for row, (person, wanted) in enumerate(rows)]
    assert first_of(persons, asked).tolist() == expected
