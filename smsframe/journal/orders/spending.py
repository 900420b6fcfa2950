"""
What the orders of a campaign cost so far, held against a budget, in the transaction that claims or cuts them.
"""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import sqlalchemy as sa

from smsframe.journal.orders.attempts import read_earlier
from smsframe.journal.people import recipients as recipient_rows
from smsframe.journal.privacy.forgotten import read_erased
from smsframe.journal.sql import is_among
from smsframe.journal.tables import batches, evidence, recipients
from smsframe.orders.prices import limited
from smsframe.orders.states import Event, State
from smsframe.outcomes.costs import Costs, Spending, order_costs, predicted, spent, within

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from smsframe.orders.prices import Budget
    from smsframe.orders.records import Batch, CampaignRecord


def given_up() -> sa.ColumnElement[bool]:
    """
    Whether a batch was given up by a person's word: nobody knows whether it was accepted, and charged, and
    its people are in other batches.
    """
    said = sa.exists().where(
        evidence.c.campaign == batches.c.campaign,
        evidence.c.order_id == batches.c.order_id,
        evidence.c.event == Event.PERSON_SENDS,
    )
    return (batches.c.state == State.REFUSED) & said


def read_spending(
    connection: Connection, entry: CampaignRecord, budget: Budget, *, planned: bool = True
) -> Spending:
    """
    What the orders of a campaign cost, those of all attempts and of all processes.

    Args:
        connection: The transaction.
        entry: The campaign.
        budget: How it is counted; what this run has computed of orders is kept in it.
        planned: Whether orders count that are planned and have not left: their cost stays reserved.
    """
    columns = ("id", "state", "charged", "message_type", "segments")
    gone = [State.REFUSED] if planned else [State.REFUSED, State.PLANNED]
    which = (batches.c.campaign == entry.id) & (batches.c.state.not_in(gone) | given_up())
    rows = connection.execute(sa.select(*(batches.c[name] for name in columns)).where(which)).all()
    orders = pd.DataFrame(rows, columns=pd.Index(columns)).set_index("id").astype({"charged": "float64"})
    keys = [*zip(orders.index.tolist(), orders["charged"].fillna(-1.0).tolist(), strict=True)]
    unknown = [key for key in keys if key not in budget.costs]
    found: dict[tuple[int, float], tuple[int, int | None]] = {}
    if unknown:
        new = orders.loc[[order for order, _ in unknown]]
        people = _people(connection, entry, new)
        counted = order_costs(people, new, budget)
        missing = {*people["batch"][people["missing"].astype(bool).to_numpy()]}
        values = zip(map(int, counted["segments"]), counted["cost"].tolist(), strict=True)
        found = dict(zip(unknown, values, strict=True))
        # Whom an order does not list, a later look-up may still find in it: that is computed again each time.
        budget.costs.update({key: cost for key, cost in found.items() if key[0] not in missing})
    costs = ChainMap(found, budget.costs)
    orders["segments"] = [costs[key][0] for key in keys]
    orders["cost"] = pd.Series([costs[key][1] for key in keys], index=orders.index, dtype=object)
    return spent(orders)


def covers(connection: Connection, entry: CampaignRecord, batch: Batch, people: pd.DataFrame) -> bool:
    """Whether the budget of this call covers a planned order, beside all that has left."""
    budget = entry.budget
    if not limited(budget):
        return True
    spending = read_spending(connection, entry, budget, planned=False)
    costs = predicted(people["phone"], people["segments"], batch.terms.message_type, budget)
    whole = Costs(costs.units.sum(keepdims=True), np.array([costs.priced.all()]))
    return bool(within(whole, budget, spending)[0])


def _people(connection: Connection, entry: CampaignRecord, orders: pd.DataFrame) -> pd.DataFrame:
    """Everybody who was in one of these orders, in whichever attempt; who was erased since has no number."""
    which = is_among(recipients.c.batch, orders.index.tolist())
    people = recipient_rows.read(connection, entry.id, which)
    parts = [people, read_earlier(connection, entry.id), read_erased(connection, entry.id)]
    names = ["batch", "phone", "segments", "missing", "refused"]
    return pd.concat([part[names] for part in parts], ignore_index=True)
