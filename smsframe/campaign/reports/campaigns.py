"""
What a journal says of all its campaigns at once.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe.clock import SYSTEM
from smsframe.journal.counts import Tally, held_out_people, waiting_people, with_lists
from smsframe.journal.people.barred import Barred
from smsframe.orders.prices import amount_of
from smsframe.outcomes.columns import results_for
from smsframe.outcomes.costs import charge_of, cost_charged, known_orders

if TYPE_CHECKING:
    from smsframe.journal.journal import Journal
    from smsframe.orders.prices import Budget
    from smsframe.orders.records import CampaignRecord

COUNTED = ("accepted", "scheduled", "rejected", "unconfirmed", "cancelled", "pending", "suppressed")


def campaigns(journal: Journal) -> pd.DataFrame:
    """One row per campaign, the oldest first, with counts by status and the credits charged."""
    listed = journal.campaigns()
    tallies = journal.batches.tallies() if len(listed) else {}
    empty = Tally(Counter(), 0.0, at_work=False)
    counted = [tallies.get(key, empty) for key in listed["id"].tolist()]
    counted = _with_suppressed(journal, listed, counted)
    columns = ["recipients", *COUNTED, "credits"]
    rows = [
        (sum(counts.values()), *(counts.get(status, 0) for status in COUNTED), charged)
        for counts, charged, _ in counted
    ]
    numbers = pd.DataFrame(rows, columns=columns, index=listed.index).astype(
        dict.fromkeys(columns, "Int64") | {"credits": "Float64"}
    )
    renamed = listed.rename(columns={"name": "campaign", "base_url": "gateway"})
    named = renamed.drop(columns=["id", "purged_at"]).astype(
        {"campaign": "string", "gateway": "string", "account": "string"}
    )
    return pd.concat([named, numbers, listed["purged_at"]], axis=1)


def _with_suppressed(journal: Journal, listed: pd.DataFrame, counted: list[Tally]) -> list[Tally]:
    """The counts of campaigns, in which who waits and may not be texted, or is held out, is suppressed."""
    counts = [Counter(one.counts) for one in counted]
    with journal.reading(), journal.opened() as connection:
        if connection is None or listed.empty:
            return counted
        held, with_list = held_out_people(connection), with_lists(connection)
        waiting: dict[int, pd.Series[Any]] | None = None
        for (base_url, account), group in listed.groupby(["base_url", "account"], sort=False):
            lists = Barred.of(journal, str(base_url), partial(_named, str(account)), clock=SYSTEM)
            some = lists.lists_anybody
            for place, key in zip(group.index, group["id"].tolist(), strict=True):
                if not counts[place]["pending"] or not (some or key in with_list):
                    continue
                if waiting is None:  # of all campaigns at once
                    people = waiting_people(connection, journal.batches.alive)
                    waiting = dict(iter(people.groupby("campaign")["phone"]))
                barred = int(lists.within(key).among(waiting[key]).sum()) if key in waiting else 0
                counts[place].update(pending=-barred, suppressed=barred)
    for place, key in enumerate(listed["id"].tolist()):
        counts[place]["suppressed"] += held.get(key, 0)
    return [one._replace(counts=counter) for one, counter in zip(counted, counts, strict=True)]


def _named(account: str) -> list[str]:
    return [account]


def costs(journal: Journal, entry: CampaignRecord, budget: Budget) -> pd.DataFrame:
    """One row per order of a campaign that has left, or may have left; see `smsframe.costs`."""
    known = journal.recipients(entry.id, entry.name)
    orders = known_orders(known, budget)
    predicted = [None if cost is None else amount_of(cost) for cost in orders["cost"]]
    # Order by order: a charge is a decimal as it was written, and there are a thousand people to an order.
    charges = [charge_of(charged) for charged in orders["charged"]]
    rows = zip(orders["cost"], orders["segments"], charges, strict=True)
    charged = [
        None if cost is None or charge is None else amount_of(cost_charged(cost, segments, charge))
        for cost, segments, charge in rows
    ]
    written = [None if pd.isna(value) else Decimal(repr(float(value))) for value in orders["charged"]]
    shown = results_for(
        len(orders),
        ("sms_order_id", "sms_sent_at"),
        sms_order_id=orders["order_id"],
        sms_sent_at=orders["sent_at"],
    )
    types = orders["message_type"].astype(object)
    return pd.DataFrame(
        {
            "order_id": shown["sms_order_id"].array,
            "sent_at": shown["sms_sent_at"].array,
            "quality": pd.Series([budget.qualities.get(name, name) for name in types], dtype="string").array,
            "segments": orders["segments"].astype("Int64").array,
            "credits": pd.Series(written, dtype=object).array,
            "predicted": pd.Series(predicted, dtype=object).array,
            "charged": pd.Series(charged, dtype=object).array,
            "currency": pd.Series(
                [None if budget.prices is None else budget.prices.currency] * len(orders), dtype="string"
            ).array,
        }
    )
