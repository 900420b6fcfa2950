"""
The frames that a call returns: the rows of a plan with what the journal knows of them, or what can be said
without it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from smsframe.arrow import in_same_memory
from smsframe.outcomes.codes import CODES
from smsframe.outcomes.columns import COLUMNS, PLANNED, attach, has_status, results_for, validated
from smsframe.outcomes.join import carried, join, outcomes, still_to_send
from smsframe.outcomes.other_texts import note_other_texts
from smsframe.outcomes.variants import with_journalled_variants
from smsframe.phones.match import among, keys
from smsframe.planning.frequency import beyond_cap
from smsframe.planning.merge_values import fields_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from smsframe.journal.people.barred import Barred
    from smsframe.orders.records import Now
    from smsframe.outcomes.join import Known
    from smsframe.planning.plan import Plan


_OF_PLANS = ("ready", "invalid", "duplicate", "suppressed")
"""What is said of rows without a journal."""


def joined(plan: Plan, journalled: Known, campaign: str, run: str | None) -> pd.DataFrame:
    """
    The rows of a plan, with the outcomes of the people whom it is about; arguments as for `result_columns`.
    """
    return with_result_columns(plan, result_columns(plan, journalled, campaign, run))


def with_result_columns(plan: Plan, results: pd.DataFrame) -> pd.DataFrame:
    """The rows of a plan with the columns that `result_columns` gives."""
    return attach(plan.frame, validated("ResultsSchema", results))


def result_columns(
    plan: Plan, journalled: Known, campaign: str, run: str | None, found: Collection[str] = ()
) -> pd.DataFrame:
    """
    The result columns of a plan's rows, with the outcomes of the people whom it is about.

    Args:
        plan: The plan.
        journalled: What the journal knows of them, and perhaps of others.
        campaign: The campaign's name.
        run: The owner of the run that this call was, or None.
        found: The ids of earlier orders that were in doubt until this call.
    """
    # Who is pending from an earlier call, and not to be texted by this one, is what this call says.
    here = ~still_to_send(journalled).to_numpy()
    if not here.all():
        waits = journalled.people["phone"][~here]
        # But not that somebody who waits is held out, nor what the journal said of them before this call.
        before = plan.frame["sms_phone"][~has_status(plan.frame, *_OF_PLANS)]
        here[~here] = among(waits, plan.planned["phone"]) | among(waits, plan.held_out) | among(waits, before)
    known = journalled if here.all() else journalled._replace(people=journalled.people[here])
    rows = carried(plan.frame["sms_phone"], known, plan.stands)
    if (rows >= 0).all():  # nothing is left of what was planned, which would be another frame as large
        results = outcomes(known, campaign, run=run, rows=rows)
    else:
        results = join(planned_results(plan), known, campaign, rows, run=run)
    texts = plan.texts.sources or plan.template.source
    fields = partial(fields_of, plan.field_values)
    results = note_other_texts(results, journalled, texts, plan.planned, fields, found)
    # As a rule the numbers are those of the plan, and twenty megabytes of a million people.
    results["sms_phone"] = in_same_memory(results["sms_phone"], plan.frame["sms_phone"])
    return with_journalled_variants(results, journalled)


def planned_results(plan: Plan) -> pd.DataFrame:
    """All result columns of a plan's rows, by position, before anything is known of the campaign."""
    planned = {name: plan.frame[name].reset_index(drop=True) for name in PLANNED}
    variants = None if plan.variants is None else plan.variants.names
    return results_for(len(plan.frame), COLUMNS, **planned, sms_variant=variants, sms_campaign=plan.campaign)


def unsent(plan: Plan) -> pd.DataFrame:
    """A plan's rows as a call that sends returns them, when there is no journal to say more."""
    return attach(plan.frame, planned_results(plan))


def without_journal(results: pd.DataFrame, *, maybe_texted: bool = True) -> pd.DataFrame:
    """What can be said of a run whose journal cannot be read afterwards."""
    status, code = ("unconfirmed", "unconfirmed") if maybe_texted else ("pending", "not_sent")
    rows = results["sms_status"].isin(["ready", "pending"])
    return with_status(results, rows, status, code, "; the journal could not be read")


def with_barred(results: pd.DataFrame, barred: Barred) -> pd.DataFrame:
    """
    The results, in which people who wait and may not be texted are ``suppressed``.

    Also those whom the journal does not have: who was put on a list after the plan is not written down.
    """
    waiting = results["sms_status"].isin(["pending", "ready"]) & results["sms_code"].ne("other_process")
    if not waiting.any():
        return results
    return _barred_rows(results, waiting.to_numpy(dtype=bool, na_value=False), barred)


def without_barred(plan: Plan, barred: Barred) -> Plan:
    """A plan without the people who may not be texted now, who are ``suppressed``."""
    waiting = plan.frame["sms_status"].isin(["ready", "pending"]).to_numpy()
    frame = _barred_rows(plan.frame, waiting, barred)
    if frame is plan.frame:
        return plan
    left_out = waiting & frame["sms_status"].eq("suppressed").to_numpy()
    return replace(plan, frame=frame, planned=plan.planned[~left_out[plan.planned.index]])


def without_capped(plan: Plan, barred: Barred, now: Now) -> Plan:
    """A plan without the people who reach the cap of its policy by now, who are ``suppressed``."""
    cap = None if plan.policy is None else plan.policy.most
    if cap is None:
        return plan
    people = plan.ready_people
    schedule = None if plan.times is None else plan.times.times["schedule"].reindex(people.index)
    over = people.index[beyond_cap(people["phone"], schedule, plan.terms, cap, barred.texted, now)]
    rows = pd.Series(np.isin(np.arange(len(plan.frame)), over)).astype(bool)
    reason = f"{CODES['frequency_cap']}, {cap.words}"
    frame = with_status(plan.frame, rows, "suppressed", "frequency_cap", reason=reason)
    return replace(plan, frame=frame, planned=plan.planned.drop(over))


def _barred_rows(results: pd.DataFrame, asked: NDArray[np.bool_], barred: Barred) -> pd.DataFrame:
    """The results, in which those of some rows are ``suppressed`` whose people may not be texted."""
    found = barred.find(results["sms_phone"][asked])
    if found.empty:
        return results
    persons = keys(results["sms_phone"], missing=-1)
    row = pd.Index(found["person"]).get_indexer(pd.Index(persons))
    rows = pd.Series(asked & (row >= 0), index=results.index)
    said = found[["code", "reason"]].take(row).set_axis(results.index)
    values = results_for(
        len(results),
        sms_status="suppressed",
        sms_code=said["code"].reset_index(drop=True),
        sms_reason=said["reason"].reset_index(drop=True),
    )
    changed = {
        name: results[name].mask(rows.to_numpy(), values[name].set_axis(results.index))
        for name in ("sms_status", "sms_code", "sms_reason")
    }
    return results.assign(**changed)


def with_status(
    results: pd.DataFrame,
    rows: pd.Series[bool],
    status: str,
    code: str,
    more: str = "",
    *,
    reason: str | None = None,
) -> pd.DataFrame:
    """The results with something else said of some rows."""
    said = reason or CODES[code] + more
    values = results_for(len(results), sms_status=status, sms_code=code, sms_reason=said)
    changed = {
        name: results[name].mask(
            rows.to_numpy(dtype=bool, na_value=False), values[name].set_axis(results.index)
        )
        for name in ("sms_status", "sms_code", "sms_reason")
    }
    return results.assign(**changed)
