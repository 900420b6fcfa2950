"""
Who is left over after a run: people who are pending and of no row of the call, people whom an older state of
the journal lacks, and how the pending ones are dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from smsframe.outcomes.codes import WAITS
from smsframe.outcomes.columns import validated
from smsframe.outcomes.join import outcomes, still_to_send
from smsframe.phones.match import among

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsframe.campaign.run.posted_orders import PostedOrders
    from smsframe.journal.journal import Journal
    from smsframe.journal.people.barred import Barred
    from smsframe.orders.records import CampaignRecord
    from smsframe.outcomes.join import Known
    from smsframe.planning.plan import Plan


def with_missing_rows(
    results: pd.DataFrame, known: Known, posted: PostedOrders, campaign: str
) -> pd.DataFrame:
    """The results, with rows for people whom an older state that was put in the journal's place lacks."""
    if len(results) >= len(known.people):
        return results
    before = outcomes(known, campaign)
    lost = posted.correct(before[~among(before["sms_phone"], results["sms_phone"])].reset_index(drop=True))
    if lost["sms_status"].eq("pending").all():  # they were withdrawn meanwhile
        return results
    results = pd.concat([results, lost]).sort_values("sms_phone", kind="stable", ignore_index=True)
    return validated("ResultsSchema", results)


def others_pending(now: Known, plan: Plan, barred: Barred) -> int:
    """People whom a later call would take up: pending, in nobody's hands, and of no row of this call."""
    free = np.append(~now.batches["owner_alive"].to_numpy(dtype=bool), True)[now.people["batch"].to_numpy()]
    waiting = now.people["phone"][still_to_send(now) & free]  # of most runs nobody
    for phones in (plan.frame["sms_phone"], plan.suppressed):
        waiting = waiting[~among(waiting, phones)] if len(waiting) else waiting
    return int((~barred.among(waiting)).sum()) if len(waiting) else 0


def withdraw(journal: Journal, entry: CampaignRecord, *, only: pd.Series[Any] | None = None) -> pd.DataFrame:
    """Drop the people of a campaign who were not texted, or only these; returns them, still ``pending``."""
    with journal.owner() as owner:
        journal.batches.free(entry)
        results = outcomes(journal.recipients(entry.id, entry.name), entry.name, run=owner)
        in_no_order = results["sms_code"].isin(["not_sent", *WAITS])
        if only is not None:
            in_no_order &= among(results["sms_phone"], only)
        dropped = results[in_no_order.to_numpy()].reset_index(drop=True)
        journal.withdraw(entry, dropped["sms_phone"])
        known = journal.recipients(entry.id, entry.name)
        waiting = known.people["phone"][still_to_send(known)]
        kept = among(dropped["sms_phone"], waiting)  # somebody was faster
    return dropped[~kept].reset_index(drop=True)


def left_out_words(results: pd.DataFrame, campaign: str) -> Iterator[str]:
    """Who of a campaign was left out by a resumption, for how long, and what can be done."""
    code = results["sms_code"]
    if listed := int(code.isin(["opted_out", "suppressed"]).sum()):
        yield (
            f"{listed:,} of campaign {campaign!r} are on an opt-out list, and are not texted, also by later "
            f"calls: drop them with smsframe.withdraw({campaign!r})"
        )
    if ruled_out := int(code.isin(["not_allowed", "no_consent", "frequency_cap"]).sum()):
        yield (
            f"{ruled_out:,} of campaign {campaign!r} are not texted under the policy of this call; a later "
            f"call without it texts them, unless you drop them with smsframe.withdraw({campaign!r})"
        )


def suppressed_for_later(plan: Plan, *, part: bool) -> pd.Index[Any]:
    """The numbers that later calls of the campaign suppress too; of a part of a table only those in it."""
    if not part or plan.suppressed.empty:
        return plan.suppressed
    phones: pd.Series[Any] = plan.frame["sms_phone"].dropna()
    in_part: pd.Index[Any] = pd.Index(phones[among(phones, plan.suppressed)])
    return in_part
