"""
What a plan costs by the prices of a policy, and whom the budget covers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from smsframe.arrow import TEXT
from smsframe.formatting import many
from smsframe.outcomes.codes import sentences, shortened
from smsframe.outcomes.costs import (
    Spending,
    known_orders,
    predicted,
    reasons,
    spent,
    waits_for_budget,
    within,
)
from smsframe.phones.match import find
from smsframe.planning.parts import ALONE

if TYPE_CHECKING:
    from smsframe.orders.prices import Budget
    from smsframe.outcomes.join import Known
    from smsframe.planning.parts import OtherParts


class PlannedCosts(NamedTuple):
    """
    What the people of a plan cost who have no outcome yet.

    Attributes:
        budget: The prices and the limit.
        spending: What the orders of the campaign cost so far.
        units: The predicted cost of those whom the budget covers.
        needed: The predicted cost of all of them.
        unpriced: People without a price, by country.
        waits: Why people are not texted, by the position of their row.
    """

    budget: Budget
    spending: Spending
    units: int
    needed: int
    unpriced: pd.Series[Any]
    waits: pd.Series[Any]


def plan_costs(
    planned: pd.DataFrame,
    results: pd.DataFrame,
    message_type: str,
    budget: Budget | None,
    known: Known | None,
    others: OtherParts = ALONE,
) -> PlannedCosts | None:
    """
    The costs of those people of a plan whose row is ready; ``results`` are its rows by position.

    Of a part of a table, the budget covers the people of the parts before it first, as ``others`` says.
    """
    if budget is None:
        return None
    ready = planned[results["sms_status"].eq("ready").to_numpy()[planned.index]]
    spending = Spending() if known is None else spent(known_orders(known, budget))
    costs = predicted(ready["phone"], ready["segments"], message_type, budget)
    fits = within(costs, budget, spending, before=others.cost_before)
    waits = pd.Series(dtype=object)
    if not fits.all():
        why = reasons(costs, fits, budget, spending, beside=others.cost_beside)
        waits = why.set_axis(ready.index).dropna()
    unpriced = pd.Series(dtype="int64")
    if not costs.priced.all():
        country = "*" if costs.countries is None else costs.countries.fillna("no country").to_numpy()
        unpriced = pd.Series(country, index=range(len(ready)))[~costs.priced].value_counts()
    covered, needed = int(costs.units[fits].sum()), int(costs.units.sum())
    return PlannedCosts(budget, spending, covered, needed, unpriced, waits)


def wait_for_budget(
    results: pd.DataFrame, planned: pd.DataFrame, costs: PlannedCosts | None, known: Known | None
) -> pd.DataFrame:
    """
    The rows of a plan, with those pending whom the budget does not cover, or who wait for a larger one while
    this plan has none.
    """
    waits = _held_back(results, planned, known) if costs is None else costs.waits
    if waits.empty:
        return results
    rows = np.zeros(len(results), dtype=bool)
    rows[waits.index.to_numpy(dtype=np.intp)] = True
    which, distinct = pd.factorize(waits)  # a few reasons, for however many rows
    words = pd.Series(distinct, dtype=TEXT)
    words = shortened(sentences(pd.Series("budget", index=words.index)) + ": " + words)
    places = np.full(len(results), -1, dtype=np.intp)
    places[waits.index.to_numpy(dtype=np.intp)] = which
    reason = words.astype(results["sms_reason"].dtype).reindex(places).set_axis(results.index)
    return results.assign(
        sms_status=results["sms_status"].mask(rows, "pending"),
        sms_code=results["sms_code"].mask(rows, "budget"),
        sms_reason=results["sms_reason"].mask(rows, reason),
    )


def _held_back(results: pd.DataFrame, planned: pd.DataFrame, known: Known | None) -> pd.Series[Any]:
    """Why people of a plan without a policy wait for a budget, by the position of their row."""
    if known is None or not (held_back := waits_for_budget(known, None)).any():
        return pd.Series(dtype=object)
    ready = planned[results["sms_status"].eq("ready").to_numpy()[planned.index]]
    waiting = known.people[held_back.to_numpy()]
    place = find(ready["phone"], waiting["phone"])
    reason = "in this campaign; give its policy=, with a larger one"
    return pd.Series(reason, index=ready.index[place >= 0], dtype=object)


def costs_facts(costs: PlannedCosts | None, source: str | None = None) -> dict[str, Any]:
    """
    What a plan says of its costs: amounts in words, and a few words for each thing (``said``).

    Args:
        costs: What it costs, or None without a policy.
        source: The file that the policy was read from, or None.
    """
    if costs is None:
        return {"cost": None, "spent": None, "budget": None, "unpriced": {}, "said": []}
    budget, spending = costs.budget, costs.spending
    cost = budget.words(costs.units)
    before = None if spending.units is None else budget.words(spending.units)
    limit = None if budget.limit is None else budget.words(budget.limit)
    said = [f"costs {cost}"] if budget.prices is not None or limit is not None else []
    if limit is not None:
        earlier = "an unknown amount" if before is None else before
        said.append(f"budget {limit}" + (f", {earlier} spent before" if spending.units != 0 else ""))
    unpriced = {str(country): int(count) for country, count in costs.unpriced.items()}
    if unpriced:
        listed = ", ".join(f"{many(count, 'person', 'people')} in {name}" for name, count in unpriced.items())
        said.append(f"no price for {listed.replace(' in *', '')}")
    if source is not None:
        said.append(f"policy of {source}")
    return {"cost": cost, "spent": before, "budget": limit, "unpriced": unpriced, "said": said}
