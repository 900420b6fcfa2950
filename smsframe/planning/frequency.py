"""
Whom a cap on texts per person leaves out of a plan.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from smsframe.orders.caps import over_cap
from smsframe.outcomes.codes import CODES
from smsframe.outcomes.columns import left_out
from smsframe.phones.match import keys

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from smsframe.contacts.policy import Policy
    from smsframe.orders.caps import Cap
    from smsframe.orders.records import Now
    from smsframe.orders.terms import Terms
    from smsframe.planning.times import PlannedTimes

TextedBetween = Callable[[datetime, datetime], tuple[Any, Any]]
"""Who was texted between two instants: canonical numbers, and when, in microseconds since 1970."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def beyond_cap(
    phones: pd.Series[Any],
    schedule: pd.Series[Any] | None,
    terms: Terms,
    cap: Cap,
    texted: TextedBetween,
    now: Now,
) -> NDArray[np.bool_]:
    """
    Whose text would be one too many.

    Args:
        phones: Who is to be texted, once each.
        schedule: When, one by one; missing where it is at the time of the terms, or now.
        terms: Those that all of them have.
        cap: How many there may be.
        texted: Who was texted between two instants.
        now: What the clocks show.
    """
    if phones.empty:
        return np.zeros(0, dtype=np.bool_)
    together = terms.schedule or now.latest + (terms.undo or timedelta())
    at = np.full(len(phones), (together - _EPOCH) // timedelta(microseconds=1), dtype=np.int64)
    if schedule is not None:
        own = schedule.notna().to_numpy(dtype=bool)
        at[own] = schedule[own].astype("datetime64[us, UTC]").astype("int64").to_numpy()
    first, last = (_EPOCH + timedelta(microseconds=int(end)) for end in (at.min(), at.max()))
    persons, when = texted(first - cap.span, last + cap.span)
    return over_cap(keys(phones), at, persons, when, cap)


def within_cap(
    results: pd.DataFrame,
    planned: pd.DataFrame,
    times: PlannedTimes | None,
    terms: Terms,
    policy: Policy | None,
    texted: TextedBetween,
    now: Now,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    The rows of a plan, in which those are ``suppressed`` who reach the cap of its policy, and its people
    without them.
    """
    cap = None if policy is None else policy.most
    if cap is None:
        return results, planned
    asked = planned[results["sms_status"].eq("ready").to_numpy()[planned.index]]
    schedule = None if times is None else times.times["schedule"].reindex(asked.index)
    over = asked.index[beyond_cap(asked["phone"], schedule, terms, cap, texted, now)]
    results = left_out(results, over, f"{CODES['frequency_cap']}, {cap.words}", "frequency_cap")
    return results, planned.drop(over)
