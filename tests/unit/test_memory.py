"""
Columns that share their memory, and stay what they are: in a plan, in results, and once they were pickled.
"""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import smsframe
from smsframe.arrow import STRING, TEXT, in_same_memory, memory, repeated, taken
from smsframe.planning import merge_values
from smsframe.planning.pickled import packed, rebuilt

MANY = [f"+39347{1_234_000 + number}" for number in range(1_000)]
TEXTS = st.lists(st.none() | st.text(max_size=8), max_size=20)


def contacts(dtype: object = TEXT) -> pd.DataFrame:
    return pd.DataFrame({"name": "Ada", "mobile": pd.Series(MANY, dtype=dtype)}).set_axis(range(7, 1_007))


def test_a_number_that_is_as_it_was_written_is_in_memory_once():
    plan = smsframe.plan(contacts(), "Ciao", campaign="autumn", phone="mobile")

    assert memory(plan.frame["mobile"]) is not None
    assert memory(plan.frame["mobile"]) == memory(plan.frame["sms_phone"]) == memory(plan.planned["phone"])


def test_a_merge_value_that_is_a_text_is_in_memory_once():
    plan = smsframe.plan(contacts().astype({"name": TEXT}), "Ciao {name}", phone="mobile")

    here, there = memory(plan.field_values["f1"]), memory(plan.frame["name"])
    assert None not in (here, there)
    assert here[-1] == there[-1]  # an older Arrow copies where each text begins


@pytest.mark.parametrize("dtype", [object, "string[python]", "category", TEXT])
def test_numbers_of_any_dtype_are_the_same_numbers(dtype: object):
    given_people = contacts(dtype)
    plan = smsframe.plan(given_people, "Ciao", campaign="autumn", phone="mobile")

    assert plan.frame["sms_phone"].tolist() == MANY
    assert plan.frame["mobile"].dtype == given_people["mobile"].dtype


def test_a_number_that_was_repaired_is_another_text():
    people = contacts()
    people.loc[9, "mobile"] = "0039 347 1234002"
    plan = smsframe.plan(people, "Ciao", campaign="autumn", phone="mobile")

    assert plan.frame["sms_phone"].tolist() == MANY
    assert plan.frame["mobile"].tolist()[2] == "0039 347 1234002"
    assert memory(plan.frame["mobile"]) != memory(plan.frame["sms_phone"])


def test_what_is_written_into_one_column_is_not_in_the_other():
    frame = smsframe.plan(contacts(), "Ciao", campaign="autumn", phone="mobile").frame
    frame.loc[7, "mobile"] = "changed"

    assert frame["sms_phone"].iloc[0] == MANY[0]


def test_a_pickled_plan_is_as_small_as_it_was_and_says_the_same():
    plan = smsframe.plan(contacts(), "Ciao {name}", campaign="autumn", phone="mobile")
    again = pickle.loads(pickle.dumps(plan))

    assert repr(again) == repr(plan)
    pd.testing.assert_frame_equal(again.frame, plan.frame)
    pd.testing.assert_frame_equal(again.people, plan.people)
    assert memory(again.frame["mobile"]) == memory(again.frame["sms_phone"]) == memory(again.planned["phone"])
    apart = sum(len(pickle.dumps(part)) for part in (plan.frame, plan.planned))
    assert len(pickle.dumps(plan)) < apart - sum(map(len, MANY))


def test_a_plan_can_be_copied():
    plan = smsframe.plan(contacts(), "Ciao", campaign="autumn", phone="mobile")

    for other in (copy.copy(plan), copy.deepcopy(plan)):
        pd.testing.assert_frame_equal(other.frame, plan.frame)
        pd.testing.assert_frame_equal(other.planned, plan.planned)


@given(TEXTS, st.data())
def test_frames_come_back_whatever_their_columns_share(texts: list[str | None], data: st.DataObject):
    column = pd.Series(texts, dtype=TEXT)
    columns = [column, column.copy(), pd.Series(texts, dtype=TEXT), column.isna(), column[::-1]]
    columns += [column.rename("numbers"), column.astype(object)]
    if pd.__version__ >= "3":
        columns.append(column.astype("str"))
    chosen = st.lists(st.sampled_from(columns), min_size=1, max_size=5)
    frames = []
    for names in (st.just("a"), st.text(max_size=2)):  # also names that repeat
        frame = pd.concat(data.draw(chosen), axis=1).set_axis(column.index, axis=0)
        frames.append(frame.set_axis([data.draw(names) for _ in frame], axis=1))

    kept, again = pickle.loads(pickle.dumps(packed(one=frames[0], two=frames[1])))
    one, two = rebuilt(lambda one, two: (one, two), kept, again, {})

    pd.testing.assert_frame_equal(one, frames[0])
    pd.testing.assert_frame_equal(two, frames[1])


@given(st.data(), st.integers(0, 3))
def test_the_fields_of_some_rows_are_those_of_all_at_their_places(data: st.DataObject, slots: int):
    rows = data.draw(st.integers(0, 20))
    texts = st.lists(st.none() | st.text(max_size=3), min_size=rows, max_size=rows)
    values = pd.DataFrame(
        {f"f{slot}": pd.Series(data.draw(texts), dtype=TEXT) for slot in range(slots)},
        index=pd.RangeIndex(rows),
    )
    chosen = data.draw(st.lists(st.integers(0, rows - 1), unique=True)) if rows else []
    found = merge_values.fields_of(values, pd.Index(chosen, dtype="int64"))

    pd.testing.assert_series_equal(found, merge_values.packed(values).iloc[chosen], check_index_type=False)


@given(TEXTS, TEXTS)
def test_memory_is_shared_only_with_the_same_texts(texts: list[str | None], others: list[str | None]):
    column, other = (pd.Series(each, dtype=TEXT) for each in (texts, others))
    shared = in_same_memory(column, other)

    pd.testing.assert_series_equal(shared, column)
    assert (memory(shared) == memory(other)) == (texts == others) or not len(column)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(pd.Series([*MANY, "more"], dtype=TEXT).iloc[:-1], id="a slice of nearly all"),
        pytest.param(pd.Series([*MANY, *MANY, *MANY], dtype=TEXT).iloc[1_000:2_000], id="a slice of more"),
        pytest.param(
            pd.concat([pd.Series(MANY[:9], dtype=TEXT), pd.Series(MANY[9:], dtype=TEXT)]), id="joined"
        ),
        pytest.param(pd.Series(pa.chunked_array([MANY[:9], MANY[9:]], STRING), dtype=TEXT), id="chunks"),
        pytest.param(pd.Series(MANY, dtype=pd.ArrowDtype(pa.string())), id="32-bit"),
        pytest.param(pd.Series(MANY, dtype=object), id="objects"),
        pytest.param(pd.Series(MANY, dtype=TEXT), id="whole"),
    ],
)
def test_numbers_beside_any_column_stay_the_numbers(other: pd.Series):
    column = pd.Series(MANY, dtype=TEXT, index=range(5, 1_005), name="sms_phone")
    shared = in_same_memory(column, other)

    pd.testing.assert_series_equal(shared, column)
    # A part of much more would keep all of it.
    assert pa.array(shared.array).get_total_buffer_size() < 2 * sum(len(one) + 8 for one in MANY)


@given(TEXTS.filter(bool), st.data())
def test_taken_texts_are_those_of_the_places(texts: list[str | None], data: st.DataObject):
    places = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=30))
    found = taken(pd.Series(texts, dtype=TEXT), np.array(places, dtype=np.intp))

    assert found.to_pylist() == [texts[place] for place in places]
    assert found.type == STRING


@pytest.mark.parametrize("rows", [0, 1, 1_000])
@pytest.mark.parametrize(
    ("value", "dtype"),
    [("gsm", TEXT), (None, TEXT), ("", TEXT), (1, "Int64"), (None, "Int64"), (True, "boolean"), (0, "int64")],
)
def test_a_repeated_value_is_in_every_row(value: object, dtype: object, rows: int):
    column = pd.Series(repeated(value, rows, dtype))

    pd.testing.assert_series_equal(column, pd.Series([value] * rows, dtype=dtype))
