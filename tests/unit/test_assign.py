"""Who gets which variant: by the key alone, in every frame, and as many as the weights say."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smsframe
from smsframe.audience.assign import shares_of
from smsframe.audience.keys import key_texts
from smsframe.orders.chance import fractions, person_fractions

LARGEST = 2**64 - 1


def mixed(state):
    state = (state + 0x9E3779B97F4A7C15) & LARGEST
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        state = ((state ^ (state >> shift)) * factor) & LARGEST
    return state ^ (state >> 31)


def hashed(key, start):
    state = start
    for at in range(0, len(key), 8):
        state = mixed(state ^ int.from_bytes(key[at : at + 8], "little"))
    return mixed(state ^ len(key))


@settings(deadline=None)
@given(
    st.lists(st.text(max_size=40).map(lambda s: s.encode("utf-8", "ignore").decode())), st.text(max_size=9)
)
def test_the_columns_are_hashed_as_each_key_is(keys, seed):
    seed = seed.encode("utf-8", "ignore").decode()
    start = hashed(seed.encode(), 0)
    expected = [(hashed(key.encode(), start) >> 11) / 2**53 for key in keys]
    assert fractions(pa.array(keys, pa.large_string()), seed).tolist() == expected


def test_the_numbers_never_change():
    """Somebody who was assigned years ago must get the same variant: these are for ever."""
    drawn = fractions(pa.array(["1001", "", "a customer of ours", "+393471234567"]), "autumn")
    assert drawn.round(9).tolist() == [0.525747606, 0.608747813, 0.007889973, 0.025892873]


def test_numbers_of_two_seeds_have_nothing_to_do_with_each_other():
    persons = np.arange(393470000000, 393470000000 + 200_000)
    one, two = (person_fractions(persons, seed) for seed in ("autumn", "winter"))
    counts = np.histogram2d(one, two, bins=10)[0]
    assert np.abs(counts - 2_000).max() < 6 * 2_000**0.5
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.01


def people(count=2_000):
    return pd.DataFrame({"customer_id": range(count), "name": [f"N{place}" for place in range(count)]})


def variants(frame, seed="autumn", wanted=("short", "long", None), by="customer_id", **options):
    return frame.sms.assign([*wanted], by=by, seed=seed, **options).set_index(by)["sms_variant"]


def test_the_same_person_has_the_same_variant_in_any_frame_and_order():
    whole = variants(people())
    part = people().sample(500, random_state=3).reset_index(drop=True)
    again = variants(part, wanted=(None, "long", "short"))
    assert again.eq(whole.loc[again.index]).all()
    assert variants(people(), seed="winter").ne(whole).mean() > 0.5


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(range(100)).astype("float64"),
        pd.Series(range(100)).astype(str),
        pd.Series(range(100)).astype("string[pyarrow]"),
        pd.Series(range(100)).astype("Int64"),
        pd.Series([*range(50), *map(float, range(50, 100))], dtype=object),
        pd.Series([f" {place} " for place in range(100)]),
        pd.Series(range(100)).astype("category"),
    ],
    ids=lambda column: str(column.dtype),
)
def test_a_key_is_the_same_however_its_column_was_read(column):
    first = variants(people(100)).tolist()
    assert (
        people(100)
        .assign(customer_id=column)
        .sms.assign(["short", "long", None], by="customer_id", seed="autumn")["sms_variant"]
        .tolist()
        == first
    )


def test_the_spellings_of_a_number_are_one_person():
    numbers = ["+5491123456789", "+541123456789", "0054 9 11 2345-6789", "+393471234567", "347 1234567"]
    frame = pd.DataFrame({"mobile": numbers, "home": ["AR", "AR", "AR", "IT", "IT"]})
    for seed in range(20):
        found = variants(frame, by="mobile", region="home", seed=seed).tolist()
        assert len({*found[:3]}) == 1
        assert len({*found[3:]}) == 1


def test_weights_are_kept_and_the_hold_out_stays_whoever_else_there_is():
    frame = people(40_000)
    one = frame.sms.assign({"a": 45, "b": 45, None: 10}, by="customer_id", seed=7)["sms_variant"]
    two = frame.sms.assign({"x": 1, "y": 1, "z": 7, "Hold Out": 1}, by="customer_id", seed=7)["sms_variant"]
    shares = one.value_counts(normalize=True)
    assert abs(shares["hold-out"] - 0.1) < 0.006
    assert abs(shares["a"] - 0.45) < 0.01
    assert one.eq("hold-out").equals(two.eq("hold-out"))


def test_who_has_no_key_has_no_variant_and_the_frame_is_left_as_it_was():
    frame = pd.DataFrame({"id": [1, None, 3], "sms_variant": "old"}, index=["a", "a", "b"])
    before = frame.copy()
    found = smsframe.assign(frame, ["x", "y"], by="id", seed=1)
    assert found["sms_variant"].isna().tolist() == [False, True, False]
    assert found.index.tolist() == ["a", "a", "b"]
    assert [*found.columns] == ["id", "sms_variant"]
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (["a"], "two variants"),
        ([], "two variants"),
        (["a", "a "], "twice"),
        (["holdout", None], "twice"),
        ({"a": 1, "b": 0}, "above 0"),
        ({"a": 1, "b": float("nan")}, "above 0"),
        ({"a": 1, "b": True}, "above 0"),
        ({"a": 1e308, "b": 1e308}, "above 0"),  # whose sum is infinite: everybody would be in one variant
        ({"a": 1, "b": 10**400}, "above 0"),
        (["a", ""], "needs a name"),
        (["a", 1], "needs a name"),
    ],
)
def test_variants_that_make_no_sense_are_refused(wanted, message):
    with pytest.raises(ValueError, match=message):
        smsframe.assign(people(3), wanted, by="customer_id", seed=1)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(smsframe.ContactsError, match="Did you mean 'customer_id'"):
        smsframe.assign(people(3), ["a", "b"], by="customerid", seed=1)
    with pytest.raises(TypeError, match="list of names"):
        smsframe.assign(people(3), "ab", by="customer_id", seed=1)


def test_weights_alone_name_variants_by_letters():
    assert shares_of([1, 3]) == {"A": 0.25, "B": 0.75}


def test_keys_keep_zeros_before_them_and_fractions():
    assert key_texts(pd.Series(["007", "7"])).to_pylist() == ["007", "7"]
    assert key_texts(pd.Series([1.5, 2.0, float("nan")])).to_pylist() == ["1.5", "2", None]


def test_a_million_people_are_assigned_in_seconds():
    frame = pd.DataFrame({"id": np.arange(1_000_000)})
    began = time.perf_counter()
    frame.sms.assign(["a", "b", None], by="id", seed="autumn")
    assert time.perf_counter() - began < 15  # 1.5 s on a machine with nothing else to do


def test_words_where_numbers_should_be_change_nobodys_variant():
    numbers = [f"+39347{place:07}" for place in range(1000, 1400)]
    shares = {"a": 1, None: 1}
    alone = smsframe.assign(pd.DataFrame({"mobile": numbers}), shares, by="mobile", seed="s")
    spelled = [f"0039 {number[3:]}" for number in numbers] + ["ask"] * 700
    among = smsframe.assign(pd.DataFrame({"mobile": spelled}), shares, by="mobile", seed="s")
    assert among["sms_variant"][:400].tolist() == alone["sms_variant"].tolist()
