"""Prices, budgets and costs: read exactly, or refused."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import smsframe
from smsframe.orders.prices import UNIT, Budget, Prices, amount_of, units_of
from smsframe.outcomes.costs import Costs, Spending, cost_charged, order_costs, predicted, spent, within

AMOUNTS = st.integers(0, 10**15)


def prices(**columns):
    return pd.DataFrame({"country": ["IT"], "quality": "high", "price": "0.05", "currency": "EUR"} | columns)


@given(AMOUNTS)
def test_an_amount_is_the_same_as_a_decimal_as_text_and_back(units):
    amount = amount_of(units)
    assert Fraction(amount) == Fraction(units, UNIT)
    assert units_of(amount) == units_of(str(amount)) == units_of(f"{amount:f}0") == units


@given(st.floats(0, 10**6).map(lambda value: round(value, 4)))
def test_a_float_is_what_somebody_typed(value):
    assert amount_of(units_of(value)) == Decimal(repr(value))


@pytest.mark.parametrize(
    "value",
    [0.1 + 0.2, "0.000000001", -1, "-0.01", "nan", "inf", float("nan"), float("inf"), True, None, "x", "", [],
     "1e999999999", "1e-999999999", Decimal("1e13"), 1j],
)  # fmt: skip
def test_what_is_no_exact_amount_is_refused(value):
    with pytest.raises(ValueError, match=r"amount|decimal places"):
        units_of(value)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"price": [-1]}, "no amount"),
        ({"price": [0.1 + 0.2]}, "decimal places"),
        ({"country": ["Atlantis"]}, "no country"),
        ({"country": [None]}, "no country"),
        ({"quality": [" "]}, "quality"),
        ({"currency": ["E"]}, "one currency"),
        ({"country": ["IT", "FR"], "currency": ["EUR", "USD"]}, "one currency"),
        ({"country": ["IT", "Italy"]}, "two prices"),
    ],
)
def test_a_table_of_prices_that_cannot_be_used_is_refused(columns, words):
    table = {"country": ["IT"], "quality": "high", "price": "0.05", "currency": "EUR"} | columns
    with pytest.raises(ValueError, match=words):
        smsframe.Policy(prices=pd.DataFrame(table))


@pytest.mark.parametrize(
    "wrong", [5, "prices.csv", pd.DataFrame(), prices()[["country", "price"]], prices()[:0]]
)
def test_what_is_no_table_of_prices_is_refused(wrong):
    with pytest.raises(ValueError, match="prices="):
        smsframe.Policy(prices=wrong)


@pytest.mark.parametrize("budget", [-1, True, "much", float("nan"), 0.1 + 0.2])
def test_a_budget_that_is_no_amount_is_refused(budget):
    with pytest.raises(ValueError, match="budget="):
        smsframe.Policy(budget=budget)


def test_a_policy_keeps_its_prices_whatever_becomes_of_the_frame():
    table = prices()
    policy = smsframe.Policy(prices=table)
    table["price"] = "9"
    assert policy == smsframe.Policy(prices=prices())
    assert policy != smsframe.Policy(prices=table)


def test_a_type_comes_before_its_quality_and_a_country_before_all_others():
    budget = Budget(
        prices=Prices("EUR", {("IT", "high"): 5, ("*", "high"): 9, ("IT", "N"): 4, ("*", "low"): 1}),
        qualities={"N": "high"},
    )
    phones = pd.Series(["+393471234567", "+33612345678", None])
    assert predicted(phones, pd.Series([1, 2, 3]), "N", budget).units.tolist() == [4, 18, 27]
    assert predicted(phones, pd.Series([1, 2, 3]), "L", budget).priced.tolist() == [False] * 3


def test_sums_beyond_machine_integers_stay_exact():
    price = units_of("99999999999")
    budget = Budget(10**40, Prices("EUR", {("IT", "high"): price}), {"N": "high"})
    costs = predicted(pd.Series(["+393471234567"] * 3), pd.Series([10**6] * 3), "N", budget)
    assert sum(costs.units.tolist()) == 3 * 10**6 * price
    assert within(costs, budget, Spending()).all()


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.booleans()), max_size=30),
    AMOUNTS,
    AMOUNTS,
    st.fractions(1, 20, max_denominator=10**6),
)
def test_the_first_rows_that_fit_go_out_and_no_unit_more(rows, limit, before, rate):
    costs = Costs(
        np.array([units if priced else 0 for units, priced in rows], dtype="int64"),
        np.array([priced for _, priced in rows], dtype=bool),
    )
    fits = within(costs, Budget(limit), Spending(before, rate))
    total = before + sum(costs.units[fits].tolist()) * rate
    assert total <= limit or not fits.any()
    waiting = [
        units
        for units, fit, priced in zip(costs.units.tolist(), fits, costs.priced, strict=True)
        if priced and not fit
    ]
    assert not waiting or total + waiting[0] * rate > limit
    assert not (fits & ~costs.priced).any()


def test_nobody_is_sent_to_while_an_earlier_order_has_no_price():
    costs = Costs(np.array([0, 1]), np.array([True, True]))
    assert not within(costs, Budget(10**9), Spending(None)).any()


@given(
    st.lists(st.tuples(st.integers(1, 50), st.none() | st.integers(0, 400).map(lambda n: n / 4)), max_size=20)
)
def test_a_campaign_costs_the_sum_of_its_orders(orders):
    frame = pd.DataFrame(
        {
            "state": "accepted",
            "charged": pd.Series([charged for _, charged in orders], dtype="Float64"),
            "segments": [segments for segments, _ in orders],
            "cost": pd.Series([segments * UNIT for segments, _ in orders], dtype=object),
        }
    )
    spending = spent(frame)
    charges = [None if charged is None else Fraction(charged) for _, charged in orders]
    highest = max(
        [
            1,
            *(
                charge / segments
                for (segments, _), charge in zip(orders, charges, strict=True)
                if charge is not None
            ),
        ]
    )
    assert spending.rate == highest
    assert spending.units == sum(
        cost_charged(segments * UNIT, segments, charge, spending.rate)
        for (segments, _), charge in zip(orders, charges, strict=True)
    )


def test_whom_an_order_left_out_is_not_in_its_cost_unless_it_may_have_been_charged_for_them():
    people = pd.DataFrame(
        {
            "batch": [0, 0, 1, 2, 5, 5, 5],
            "phone": "+393471234567",
            "segments": pd.Series([1, 2, 3, None, 1, 2, 4], dtype="Int64"),
            "missing": [False, True, True, False, False, True, False],
            "refused": [None, None, None, None, None, None, "INVALID"],
        }
    )
    charged = [1.0, 1.0, 1.0, 1.0, None, None]
    orders = pd.DataFrame({"message_type": "N", "segments": [9, 9, 9, 0, 7, 10], "charged": charged})
    counted = order_costs(people, orders, Budget())
    assert counted["segments"].tolist() == [1, 3, 1, 1, 7, 1 + 2 + 3]
    assert counted["cost"].tolist() == [segments * UNIT for segments in counted["segments"]]
