"""Intervals against published worked examples, and what is counted of outcomes."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smsframe
from smsframe.audience.intervals import difference, rate, ratio
from smsframe.audience.keys import key_texts

pytest.importorskip("statsmodels")

CRITICAL = 1.959963984540054**2
"""Of the score, squared, at 95 %."""


def shares(converted, people):
    return np.repeat([1.0, 0.0], [converted, people - converted])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    # Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10, of the contrasts (a) to (h).
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
        ((0, 10), (0, 10), (-0.2775, 0.2775)),
        ((10, 10), (0, 20), (0.6791, 1.0)),
        ((10, 10), (0, 10), (0.6075, 1.0)),
    ],
)
def test_the_difference_of_two_shares_is_newcombes(first, second, expected):
    found = difference(shares(*first), shares(*second), 0.95, binary=True)
    assert [*found] == pytest.approx(expected, abs=6e-5)


@pytest.mark.parametrize(
    ("counts", "expected"),
    # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
    [
        ((81, 263), (0.2553, 0.3662)),
        ((15, 148), (0.0624, 0.1605)),
        ((0, 20), (0.0, 0.1611)),
        ((1, 29), (0.0061, 0.1718)),
    ],
)
def test_the_interval_of_a_share_is_wilsons(counts, expected):
    assert [*rate(shares(*counts), 0.95, binary=True)] == pytest.approx(expected, abs=6e-5)


def test_the_ratio_of_two_shares_is_koopmans():
    """Koopman, Biometrics 40 (1984) 513-517: 36 of 40 against 16 of 80, 2.94 to 7.15."""
    found = ratio(shares(36, 40), shares(16, 80), 0.95, binary=True)
    assert [*found] == pytest.approx((2.94, 7.15), abs=6e-3)


@pytest.mark.parametrize(
    ("counts", "expected"),
    # Where all of both groups converted the score is n (r - 1), or n (1 / r - 1): solved by hand.
    [
        ((50, 50, 50, 50), (50 / (50 + CRITICAL), (50 + CRITICAL) / 50)),
        ((10, 10, 100, 100), (10 / (10 + CRITICAL), (100 + CRITICAL) / 100)),
        # Where nobody converted, and all of the control did, it is n r / (1 - r).
        ((0, 50, 50, 50), (0.0, CRITICAL / (50 + CRITICAL))),
        ((2, 2, 2, 10), (1.1901317, 17.6422379)),
        ((0, 1, 999, 1000), (0.0, 0.7942474)),
    ],
)
def test_the_ratio_is_right_where_a_whole_group_converted_or_nobody(counts, expected):
    found = ratio(shares(*counts[:2]), shares(*counts[2:]), 0.95, binary=True)
    assert [*found] == pytest.approx(expected, rel=1e-6, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.floats(0, 1), st.floats(0, 1))
def test_the_ratio_the_other_way_round_has_the_inverse_interval_with_the_estimate_in_it(
    people, others, share, other
):
    first, second = (max(round(size * part), 1) for size, part in ((people, share), (others, other)))
    here = ratio(shares(first, people), shares(second, others), 0.95, binary=True)
    there = ratio(shares(second, others), shares(first, people), 0.95, binary=True)
    assert [here.low, here.high] == pytest.approx([1 / there.high, 1 / there.low], rel=1e-6)
    assert here.low <= first / people / (second / others) * (1 + 1e-9)
    assert here.high >= first / people / (second / others) * (1 - 1e-9)


def test_the_difference_of_two_means_is_welchs():
    """Student's sleep data (Biometrika 6, 1908), as R's ``t.test(extra ~ group)`` prints it."""
    one = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    two = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    assert [*difference(one, two, 0.95, binary=False)] == pytest.approx((-3.3654832, 0.2054832), abs=1e-7)


def results(counts):
    names = np.repeat([*counts], [*counts.values()])
    return pd.DataFrame({"customer_id": range(1000, 1000 + len(names)), "sms_variant": names})


def converted(frame, **counts):
    """Outcomes of the first so many of each variant."""
    return pd.concat(
        [frame[frame["sms_variant"].eq(name)].head(n)[["customer_id"]] for name, n in counts.items()]
    )


def test_a_lift_is_the_published_difference():
    frame = results({"long": 70, "hold-out": 80})
    orders = converted(frame, long=56, **{"hold-out": 48})
    found = smsframe.lift(frame, orders, on="customer_id")
    row = found.comparisons.loc["long"]
    assert row[["difference", "difference_low", "difference_high"]].tolist() == pytest.approx(
        [0.2, 0.0524, 0.3339], abs=6e-5
    )
    assert row["relative"] == pytest.approx(1 / 3)
    assert found.variants.loc["hold-out", "total"] == 48
    assert found.notes == ()
    assert "against hold-out: long +0.2" in repr(found)
    assert "+20.00%" in found._repr_html_()
    pd.testing.assert_frame_equal(frame.sms.lift(orders, on="customer_id").to_frame(), found.to_frame())


def test_everybody_who_was_assigned_counts_whatever_became_of_their_text():
    frame = results({"a": 100, "hold-out": 100}).assign(sms_status="accepted")
    frame.loc[:49, "sms_status"] = "invalid"
    found = smsframe.lift(frame, converted(frame, a=10, **{"hold-out": 10}), on="customer_id")
    assert found.variants["people"].tolist() == [100, 100]
    assert found.comparisons.loc["a", "difference"] == 0


def test_values_are_means_and_who_has_none_has_0():
    frame = results({"a": 4, "b": 4})
    orders = pd.DataFrame({"customer_id": ["1000", "1001", "1004"], "euros": [10.0, 30.0, 8.0]})
    found = smsframe.lift(frame, orders, on="customer_id", value="euros", control="a")
    assert found.variants["rate"].to_dict() == {"a": 10.0, "b": 2.0}
    assert found.comparisons.loc["b", "relative"] == pytest.approx(-0.8)


def test_the_card_masks_names_and_not_its_own_decimals():
    names = ["+393471234567"] * 3 + ["hold-out"] * 3
    frame = pd.DataFrame({"id": range(6), "sms_variant": names})
    outcomes = pd.DataFrame({"id": range(6), "euros": [12.15, 16.79, 14.11, 12345.67, 12345.68, 12999.25]})
    card = smsframe.lift(frame, outcomes, on="id", value="euros")._repr_html_()
    assert "347123" not in card
    assert card.count("•") == 8  # of the name alone
    card = smsframe.lift(frame, outcomes, on="id", value="euros", control="+393471234567")._repr_html_()
    assert "347123" not in card
    assert card.count("•") == 16


def test_what_is_left_out_or_put_together_is_said():
    frame = results({"a": 50, "hold-out": 50})
    frame = pd.concat([frame, frame.head(3), frame.tail(1).assign(sms_variant=None)], ignore_index=True)
    frame["customer_id"] = frame["customer_id"].astype(object)
    frame.loc[10, "customer_id"] = None
    orders = pd.DataFrame({"customer_id": [1000, 1000, 1001, 9, None]})
    found = smsframe.lift(frame, orders, on="customer_id")
    assert [*found.notes] == [
        "1 row without a variant, left out",
        "1 row without 'customer_id', left out",
        "3 further rows of keys that have several, counted once",
        "1 outcome without 'customer_id', left out",
        "1 further outcome of keys that have several: each converted once",
        "1 key of the outcomes not in the results, left out",
    ]
    assert found.variants["people"].to_dict() == {"hold-out": 50, "a": 49}
    assert found.variants.loc["a", "total"] == 2


@pytest.mark.parametrize(
    ("change", "call", "message"),
    [
        ({}, {"value": "euros"}, "there already: add"),
        ({"sms_variant": "a"}, {}, "fewer than two variants"),
        ({"customer_id": 1}, {}, "in rows of several variants"),
        ({}, {"control": "c"}, "none of the variants"),
        ({}, {"on": "id"}, "no such column"),
        ({"customer_id": range(7000, 7006)}, {}, "is it the same key"),
        ({"sms_variant": ["a", "b"] * 3}, {}, "nobody was held out: say control="),
    ],
)
def test_what_cannot_be_compared_is_refused(change, call, message):
    frame = results({"a": 3, "hold-out": 3}).assign(**change)
    orders = pd.DataFrame({"customer_id": [1000, 1000], "euros": [1.0, 2.0], "id": 1})
    with pytest.raises(smsframe.ContactsError, match=message):
        smsframe.lift(frame, orders, **{"on": "customer_id"} | call)


def test_a_key_is_the_same_as_integer_float_and_text():
    frame = results({"a": 3, "hold-out": 3})
    keys = frame["customer_id"]
    for spelled in (keys, keys.astype(float), keys.astype(str), keys.astype(float).astype(str)):
        found = smsframe.lift(frame, pd.DataFrame({"customer_id": spelled[1:5]}), on="customer_id")
        assert found.variants["total"].tolist() == [2, 2]
        assert found.notes == ()
    assert key_texts(pd.Series(["007.0", "1.50", "v1.0", "-7.00"])).to_pylist() == [
        "007.0",
        "1.50",
        "v1.0",
        "-7",
    ]


def test_values_that_are_text_are_explained():
    frame = results({"a": 3, "hold-out": 3}).assign(euros="12.50")
    with pytest.raises(smsframe.ContactsError, match=r"read_contacts .* pd\.to_numeric"):
        smsframe.lift(frame, frame, on="customer_id", value="euros")


def test_results_without_variants_and_other_columns_are_refused():
    with pytest.raises(smsframe.ContactsError, match=r"smsframe\.assign"):
        smsframe.lift(pd.DataFrame({"id": [1]}), pd.DataFrame({"id": [1]}), on="id")
    frame = results({"a": 3, "hold-out": 3})
    with pytest.raises(smsframe.ContactsError, match="no column of numbers"):
        smsframe.lift(frame, frame.assign(word="x"), on="customer_id", value="word")
    for level in (95, "0.95", True, None):
        with pytest.raises(ValueError, match="level="):
            smsframe.lift(frame, frame, on="customer_id", level=level)
    levels = frame.set_axis(pd.MultiIndex.from_product([["all"], frame.columns]), axis=1)
    with pytest.raises(smsframe.ContactsError, match="several levels: flatten"):
        smsframe.lift(frame, levels, on="customer_id")


def test_without_statsmodels_it_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels.stats", None)
    frame = results({"a": 3, "hold-out": 3})
    with pytest.raises(ImportError, match=r'pip install "smsframe\[stats\]"'):
        smsframe.lift(frame, frame, on="customer_id")


def test_nobody_who_converted_in_the_control_leaves_no_relative_lift():
    frame = results({"a": 30, "hold-out": 30})
    found = smsframe.lift(frame, converted(frame, a=3), on="customer_id")
    assert found.comparisons[["relative", "relative_low", "relative_high"]].isna().all(axis=None)
    assert "unknown" in found._repr_html_()
