"""
Who of a campaign's pending people would get more texts than the cap of a policy allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe.campaign.reports.result_frames import with_status
from smsframe.orders.records import Now
from smsframe.outcomes.codes import CODES
from smsframe.phones.match import among
from smsframe.planning.frequency import beyond_cap
from smsframe.timing.sending_times import sending_times

if TYPE_CHECKING:
    from smsframe.campaign.run_context import RunContext
    from smsframe.contacts.policy import Policy
    from smsframe.journal.people.barred import Barred
    from smsframe.orders.terms import Terms


def capped(
    people: pd.DataFrame, terms: Terms, policy: Policy | None, barred: Barred, context: RunContext
) -> pd.Index[Any]:
    """
    The numbers of those who reach the cap of a policy by now, over all campaigns of the account.

    Args:
        people: ``phone`` of people who are to be texted, once each, with ``schedule_at`` and ``zone`` where
            those were given row by row.
        terms: The time, or the hours, of the others.
        policy: The house rules, or None.
        barred: Knows whom the account texted.
        context: What is worked with.
    """
    cap = None if policy is None else policy.most
    if cap is None or people.empty:
        return pd.Index([])
    now = Now(*context.retry_policy.clock.span())
    timed = terms.hours is not None or ("schedule_at" in people and people["schedule_at"].notna().any())
    schedule = sending_times(people, terms, now)["schedule"] if timed else None
    over = beyond_cap(people["phone"], schedule, terms, cap, barred.texted, now)
    phones: pd.Index[Any] = pd.Index(people["phone"][over])
    return phones


def with_capped(results: pd.DataFrame, phones: pd.Index[Any], policy: Policy | None) -> pd.DataFrame:
    """The results, in which pending people who reach the cap are ``suppressed``."""
    if policy is None or policy.most is None or not len(phones):
        return results
    rows = results["sms_status"].eq("pending") & among(results["sms_phone"], phones)
    reason = f"{CODES['frequency_cap']}, {policy.most.words}"
    return with_status(results, rows, "suppressed", "frequency_cap", reason=reason)
