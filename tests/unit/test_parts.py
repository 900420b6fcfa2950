"""A table in parts is judged as it is in one, wherever it is cut."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smsframe.orders.records import Now
from smsframe.planning.build import plan
from smsframe.planning.check import check
from smsframe.planning.options import PlanOptions
from smsframe.planning.part_facts import checked_facts, column_facts, part_facts
from smsframe.planning.parts import ALONE, UNDECIDED, compare, text_keys, whole_columns
from smsframe.texts.render import merged, parse
from smsframe.texts.values import is_short, words

NOW = Now(datetime(2026, 11, 29, tzinfo=UTC), datetime(2026, 11, 29, tzinfo=UTC))
ITALY = [f"+39347123456{i}" for i in range(4)]
NUMBERS = [
    *ITALY,
    *("0039 347 1234560", "347 1234561", "393471234562", "393471234563", "13852345678", "13852345679"),
    *("+54 9 11 2345 6789", "+541123456789", "12", "", None, "+39347123456 ext 1"),
]
NAMES = ["Ada", "Bea", None, "È molto", "x" * 200]
SUPPRESSED = pd.Index(["+393471234563"])


def in_parts(table, cuts, options, text, suppressed):
    """The parts of a table, each with what it has to know of the others."""
    edges = [0, *sorted(min(cut, len(table)) for cut in cuts), len(table)]
    parts = [table.iloc[begin:end] for begin, end in itertools.pairwise(edges)]
    columns = whole_columns([column_facts(part, text, options) for part in parts])
    if text is None:
        facts = [checked_facts(part, options, suppressed=suppressed, others=columns) for part in parts]
    else:
        facts = [
            part_facts(part, text, options, suppressed=suppressed, now=NOW, others=columns) for part in parts
        ]
    return parts, compare(columns, facts)


TABLES = st.lists(
    st.tuples(st.sampled_from(NUMBERS), st.sampled_from(NAMES), st.sampled_from([1.0, 2.0, 2.5, None])),
    max_size=14,
).map(lambda rows: pd.DataFrame(rows, columns=["mobile", "name", "seats"]).astype({"seats": float}))
CUTS = st.lists(st.integers(0, 14), max_size=4)
HALF = pd.DataFrame({"mobile": ITALY[:2], "name": "Ada", "seats": [1.0, 2.5]})
BARE = pd.DataFrame({"mobile": ["13852345678", "393471234562"], "name": "Ada", "seats": 1.0})
TWICE = pd.DataFrame({"mobile": [ITALY[0], ITALY[0]], "name": ["Ada", "Bea"], "seats": 1.0})


@given(
    TABLES, CUTS, st.sampled_from([None, "IT"]), st.sampled_from(["Ciao {name:a}", "{name}: {seats}", "Ciao"])
)
@example(HALF, [1], None, "{seats}")
@example(BARE, [1], None, "Ciao")
@example(TWICE, [1], None, "Ciao {name}")
@settings(max_examples=20, deadline=None)
def test_a_plan_of_parts_is_the_plan_of_the_whole(table, cuts, region, text):
    options = PlanOptions(campaign="autumn", phone="mobile", region=region, max_segments=1)
    whole = plan(table, text, options, suppressed=SUPPRESSED, now=NOW)
    parts, others = in_parts(table, cuts, options, text, SUPPRESSED)
    plans = [
        plan(part, text, options, suppressed=SUPPRESSED, now=NOW, others=other)
        for part, other in zip(parts, others, strict=True)
    ]
    pd.testing.assert_frame_equal(pd.concat([one.frame for one in plans]), whole.frame)
    people = pd.concat([one.planned for one in plans], ignore_index=True)
    pd.testing.assert_frame_equal(people, whole.planned.reset_index(drop=True))
    stands = np.concatenate([one.stands.to_numpy() for one in plans])
    assert stands.tolist() == whole.stands.tolist()


@given(TABLES, CUTS, st.sampled_from([None, "IT", "international"]), st.sampled_from(["mobile", "possible"]))
@settings(max_examples=15, deadline=None)
def test_a_check_of_parts_is_the_check_of_the_whole(table, cuts, region, numbers):
    options = PlanOptions(phone="mobile", region=region, numbers=numbers)
    keywords = {"region": region, "numbers": numbers, "suppressed": SUPPRESSED}
    whole, _ = check(table, "mobile", **keywords)
    parts, others = in_parts(table, cuts, options, None, SUPPRESSED)
    checked = [
        check(part, "mobile", **keywords, others=other)[0] for part, other in zip(parts, others, strict=True)
    ]
    found = pd.concat(checked)
    found.attrs = whole.attrs
    pd.testing.assert_frame_equal(found, whole)


def test_without_the_others_bare_digits_are_no_numbers():
    options = PlanOptions(campaign="autumn", phone="mobile")
    table = pd.DataFrame({"mobile": ["393471234562"]})
    alone, part = (plan(table, "Ciao", options, now=NOW, others=others) for others in (ALONE, UNDECIDED))
    assert alone.frame["sms_status"].tolist() == ["ready"]
    assert part.frame["sms_code"].tolist() == ["national_form"]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1.0, 2.0]),
        pd.Series([1.5]),
        pd.Series([np.inf]),
        pd.Series([1.0, 2.5], dtype=object),
        pd.Series(["Ada", 2.0], dtype=object),
        pd.Series(["Ada", 2.5], dtype=object),
        pd.Series([1, 2]),
        pd.Series(["Ada"]),
        pd.Series([1.0, None], dtype="Float64"),
        pd.Series([1.5, 1.0]).astype("category"),
        pd.Series(pd.to_datetime(["2026-11-29"])),
        pd.Series(pd.to_datetime(["2026-11-29 12:00", None])),
        pd.Series([], dtype=float),
        pd.Series([None, None], dtype=object),
    ],
    ids=str,
)
def test_whether_a_column_is_written_in_short_is_known_before(column):
    """Said not to be short, a column that is not is written as it is anyway."""
    if not is_short(column):
        assert words(column, short=False).to_pylist() == words(column).to_pylist()
    elif str(column.dtype).startswith(("float", "Float", "datetime")) and column.notna().any():
        assert words(column, short=False).to_pylist() != words(column).to_pylist()


def test_a_field_that_another_part_does_not_write_in_short():
    (column,) = merged(parse("{seats}"), pd.DataFrame({"seats": [1.0]}), frozenset(["seats"])).values()
    assert column.to_pylist() == ["1.0"]


def test_texts_have_the_same_number_in_every_process_and_dtype():
    numbers = text_keys(pd.Series(["Ciao Ada", "Ciao Bea"]))
    assert (
        numbers.tolist() == text_keys(pd.Series(["Ciao Ada", "Ciao Bea"], dtype="string[pyarrow]")).tolist()
    )
    assert numbers[0] == 346864027264407827
