"""
What texts cost: predicted before they are sent, and counted by what the gateway charged.

An order costs what its texts were predicted to cost, in the proportion in which it was charged more or fewer
credits than segments. Everything is counted in whole units (`smsframe.orders.prices`), and only the cost of a
charged order is rounded, up, to one unit.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from smsframe.orders.prices import ANY_COUNTRY
from smsframe.orders.states import State
from smsframe.phones.country import countries

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from smsframe.orders.prices import Budget
    from smsframe.outcomes.join import Known

_LARGEST = 2**62
"""Sums up to here are those of machine integers; above, those of Python's."""


class Costs(NamedTuple):
    """
    The predicted cost of texts, by position.

    Attributes:
        units: Of each; 0 where it has no price.
        priced: Whether it has a price.
        countries: The country of each, or None where prices do not depend on it.
    """

    units: NDArray[Any]
    priced: NDArray[np.bool_]
    countries: pd.Series[Any] | None = None


class Spending(NamedTuple):
    """
    What a campaign has spent.

    Attributes:
        units: What its orders cost: those that were charged what they were charged, the others what they are
            expected to be. None when one of them has no price.
        rate: The most credits that a segment of the campaign was charged, at least 1: what the next order is
            expected to be charged.
    """

    units: int | None = 0
    rate: Fraction = Fraction(1)


def predicted(phones: pd.Series[Any], segments: pd.Series[Any], message_type: str, budget: Budget) -> Costs:
    """
    What texts are predicted to cost.

    Args:
        phones: E.164 numbers.
        segments: Of their texts; an unknown number counts as the budget says.
        message_type: Of all of them.
        budget: The prices, and as what an unknown number of segments counts.
    """
    by_country = budget.per_segment(message_type)
    other = by_country.get(ANY_COUNTRY, -1)
    number = segments.to_numpy(dtype="int64", na_value=budget.unknown)
    total = max([*by_country.values(), 1]) * int(number.sum())
    dtype: Any = "int64" if total < _LARGEST else object
    if budget.prices is None or set(by_country) <= {ANY_COUNTRY}:
        priced = np.full(len(phones), other >= 0)
        return Costs(number.astype(dtype) * max(other, 0), priced)
    country = countries(phones)
    codes, names = pd.factorize(country)
    listed = [by_country.get(str(name), other) for name in names]
    price = np.array([*listed, other], dtype=dtype)[codes]  # the last for numbers of no country: -1
    priced = np.asarray(price >= 0, dtype=bool)
    return Costs(np.where(priced, price, 0) * number.astype(dtype), priced, country)


def within(costs: Costs, budget: Budget, spending: Spending, *, before: int = 0) -> NDArray[np.bool_]:
    """
    Which of some texts may be sent: the first ones, as many as the rest of the budget covers.

    Nobody is sent to without a price; such rows cost nothing and keep no other back. ``before``: the
    predicted cost, in units, of texts that come before these.
    """
    if budget.limit is None:
        return np.ones(len(costs.units), dtype=bool)
    if spending.units is None:
        return np.zeros(len(costs.units), dtype=bool)
    # A text is expected to cost its price times the rate: the sums stay whole on the other side.
    left = (budget.limit - spending.units) * spending.rate.denominator // spending.rate.numerator
    fits: NDArray[np.bool_] = costs.priced & (np.cumsum(costs.units) + before <= left).astype(bool)
    return fits


def reasons(
    costs: Costs, fits: NDArray[np.bool_], budget: Budget, spending: Spending, *, beside: int = 0
) -> pd.Series[Any]:
    """
    Why texts are not sent, by position; missing for those that are.

    ``beside``: the predicted cost, in units, of texts that the budget covers and that are none of these.
    """
    limit = budget.words(budget.limit or 0)
    if spending.units is None:
        return pd.Series("earlier orders of this campaign have no price", index=range(len(fits))).mask(fits)
    expected = (int(costs.units[fits].sum()) + beside) * spending.rate
    taken = budget.words(spending.units + ceil(expected))
    reason = pd.Series(f"{taken} of {limit} are taken", index=range(len(fits)), dtype=object)
    if not costs.priced.all():
        where = "this message type" if costs.countries is None else costs.countries.fillna("no country").array
        reason = reason.mask(
            ~costs.priced, "no price for " + pd.Series(where, index=reason.index).astype(object)
        )
    return reason.mask(fits)


def order_costs(people: pd.DataFrame, orders: pd.DataFrame, budget: Budget) -> pd.DataFrame:
    """
    What orders were predicted to cost.

    Args:
        people: ``batch`` (the label of its order in ``orders``), ``phone`` (missing of people who were erased
            since), ``segments``, ``missing``, ``refused`` of everybody who was in one, in whichever attempt.
        orders: With ``message_type``, ``segments`` (of everybody who was in it first) and ``charged``.
        budget: The prices.

    Returns:
        ``segments`` and ``cost`` (units, or None where somebody has no price) by order. Of an order that was
        charged, those whom it lists; of any other also those whom it does not, and those who were taken out
        of it since: they may have been charged. Whom the gateway left out was not. Who is not known any more
        counts at the highest price.
    """
    people = people[people["batch"].isin(orders.index).to_numpy()]
    members = people.assign(segments=people["segments"].to_numpy(dtype="int64", na_value=budget.unknown))
    ever = members.groupby("batch")["segments"].sum().reindex(orders.index, fill_value=0)
    open_ = orders["charged"].isna().reindex(people["batch"]).to_numpy(dtype=bool)
    listed = (~people["missing"].astype(bool).to_numpy() | open_) & people["refused"].isna().to_numpy()
    somebody = people["batch"].isin(people["batch"][listed].unique()).to_numpy()
    people = people[listed | ~somebody]
    types = orders["message_type"].reindex(people["batch"]).to_numpy()
    parts = []
    for message_type in pd.unique(types):
        part = people[types == message_type]
        costs = predicted(part["phone"], part["segments"], str(message_type), budget)
        number = part["segments"].to_numpy(dtype="int64", na_value=budget.unknown)
        erased, highest = part["phone"].isna().to_numpy(dtype=bool), _highest(budget, str(message_type))
        parts.append(
            pd.DataFrame(
                {
                    "batch": part["batch"].to_numpy(),
                    "segments": number,
                    "cost": np.where(erased, number * (highest or 0), costs.units),
                    "unpriced": np.where(erased, highest is None, ~costs.priced),
                }
            )
        )
    empty = pd.DataFrame({"batch": [], "segments": [], "cost": [], "unpriced": []})
    sums = (
        (pd.concat(parts) if parts else empty)
        .groupby("batch")
        .agg({"segments": "sum", "cost": "sum", "unpriced": "any"})
    )
    rows = {
        key: (segments, None if unpriced else int(cost))
        for key, segments, cost, unpriced in sums.itertuples()
    }
    whole = orders["segments"].to_numpy(dtype="int64", na_value=0)
    found = []
    # Order by order: there are a thousand people to one.
    for key, name, before, now, charged in zip(
        orders.index, orders["message_type"], whole, ever, orders["charged"], strict=True
    ):
        segments, cost = rows.get(key, (0, 0))
        gone = max(0, int(before) - int(now)) if pd.isna(charged) or not segments else 0
        gone = gone or (budget.unknown if segments == 0 else 0)  # of one that was taken over and lists nobody
        highest = _highest(budget, str(name))
        whole_cost = None if cost is None or (gone and highest is None) else cost + gone * (highest or 0)
        found.append((segments + gone, whole_cost))
    return pd.DataFrame(
        {
            "segments": [segments for segments, _ in found],
            "cost": pd.Series([cost for _, cost in found], index=orders.index, dtype=object),
        },
        index=orders.index,
    )


def _highest(budget: Budget, message_type: str) -> int | None:
    """The highest price of a segment, for people who are not known any more; None where there is no price."""
    return max(budget.per_segment(message_type).values(), default=None)


def spent(orders: pd.DataFrame) -> Spending:
    """
    What the orders of a campaign cost together.

    Args:
        orders: ``state``, ``charged``, ``segments``, ``cost`` (units, or None) of each that is not refused.
    """
    rate = max([Fraction(1), *(charge / segments for charge, segments, _ in _charged(orders) if segments)])
    total: int | None = 0
    # Order by order: fractions are no columns, and there are a thousand people to an order.
    for charge, segments, cost in _charged(orders, all_orders=True):
        if cost is None or total is None:
            total = None
        else:
            total += cost_charged(cost, segments, charge, rate)
    return Spending(total, rate)


def cost_charged(cost: int, segments: int, charge: Fraction | None, rate: Fraction = Fraction(1)) -> int:
    """
    What an order costs, in units, rounded up: as it was charged, or at the expected rate where it was not.

    Example:
        >>> cost_charged(300, 3, Fraction(6)), cost_charged(300, 3, None)
        (600, 300)
    """
    return ceil(cost * (rate if charge is None or not segments else charge / segments))


def charge_of(charged: Any) -> Fraction | None:
    """
    A charge as the gateway wrote it; None where it said none.

    Example:
        >>> charge_of(0.1)
        Fraction(1, 10)
    """
    return None if pd.isna(charged) else Fraction(Decimal(repr(float(charged))))


def _charged(orders: pd.DataFrame, *, all_orders: bool = False) -> list[tuple[Any, int, int | None]]:
    """Charge, segments and predicted cost of each order that was charged, or of all."""
    columns = (orders[name] for name in ("charged", "segments", "cost"))
    rows = zip(*columns, strict=True)
    found = [
        (charge_of(charged), int(segments), None if cost is None else int(cost))
        for charged, segments, cost in rows
    ]
    return [row for row in found if all_orders or row[0] is not None]


def known_orders(known: Known, budget: Budget, *, planned: bool = False) -> pd.DataFrame:
    """
    The orders that the journal knows of a campaign, with their costs; none that was surely refused.

    Args:
        known: What it knows.
        budget: The prices.
        planned: Whether also orders that have not left.
    """
    orders = known.batches.copy(deep=False)
    away = [State.REFUSED] if planned else [State.REFUSED, State.PLANNED]
    orders = orders[(~orders["state"].isin(away) | orders["given_up"]).to_numpy(dtype=bool)]
    names = ["batch", "phone", "segments", "missing", "refused"]
    others = [part for part in (known.earlier, known.erased) if part is not None and len(part)]
    parts = [part[names] for part in (known.people, *others)]
    return orders.assign(**order_costs(pd.concat(parts, ignore_index=True), orders, budget))


def waits_for_budget(known: Known, budget: Budget | None) -> pd.Series[bool]:
    """Who waits for a larger budget: nobody as far as a call that has a policy is concerned."""
    people = known.people
    waits = people["wait_code"].eq("budget").fillna(value=False).astype(bool) & people["batch"].lt(0)
    return waits & (budget is None)
