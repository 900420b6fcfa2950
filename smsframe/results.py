"""
What happened, joined to the rows: outcomes from the journal, their summary, and a safe export.

Pure: the journal's rows are handed in as a frame. The journal tells what is known of each recipient of a
campaign; `outcomes` says it in the result columns, and `join` gives it to the rows that stand for them.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from smsframe.life import State
from smsframe.reasons import sentences
from smsframe.schema import COLUMNS, DTYPES, STRING, results_for

SHARE = 2**-20
"""Credits of an order are shared among its rows in multiples of this, so that they add up exactly."""


def outcomes(journalled: pd.DataFrame, campaign: str, *, run: str | None = None) -> pd.DataFrame:
    """
    What the journal knows of a campaign's recipients, in the result columns, by number.

    Args:
        journalled: A row per recipient, as ``Journal.recipients`` gives it.
        campaign: The campaign's name.
        run: The owner of the current run; outcomes of earlier runs then say that they are earlier.

    Returns:
        The result columns, indexed by E.164 number.
    """
    state = journalled["state"].astype(object).fillna(State.PLANNED.value)
    other = journalled["owner_alive"] & journalled["owner"].ne(run or "").fillna(value=True)
    posted = state.isin([State.ACCEPTED])
    missing = posted & journalled["missing"]
    # A run says what came of it when it is over: what it is sending then has lost its record.
    lost = state.eq(State.UNCONFIRMED) | (state.eq(State.SENDING) & ~other)
    status = pd.Series("pending", index=journalled.index, dtype=object)
    code = pd.Series("not_sent", index=journalled.index, dtype=object)
    for rows, is_status, is_code in (
        (state.eq(State.PLANNED) & journalled["attempts"].gt(0), "pending", "not_accepted"),
        (state.isin([State.PLANNED, State.SENDING]) & other, "pending", "other_process"),
        (posted, "accepted", None),
        (posted & journalled["schedule_at"].notna(), "scheduled", None),
        (missing, "unconfirmed", "missing_from_order"),
        (state.eq(State.REFUSED), "rejected", "refused_number"),
        (lost, "unconfirmed", "unconfirmed"),
    ):
        status = status.mask(rows, is_status)
        code = code.mask(rows, is_code)
    if run is not None:
        earlier = posted & ~missing & journalled["owner"].ne(run).fillna(value=True)
        code = code.mask(earlier, "already_texted")
    reason = sentences(code)
    told = status.isin(["rejected", "unconfirmed"]) | code.eq("not_accepted")
    detail = journalled["reason"].astype(STRING)
    reason = reason.mask(told & detail.notna(), reason + ": " + detail)
    known = posted | state.isin([State.REFUSED, State.UNCONFIRMED, State.SENDING])
    made = results_for(
        len(journalled),
        sms_campaign=campaign,
        sms_phone=journalled["phone"],
        sms_status=status,
        sms_code=code,
        sms_reason=reason,
        sms_segments=journalled["segments"],
        sms_credits=_shares(journalled).where(posted & ~missing),
        sms_order_id=journalled["order_id"].where(known),
        sms_sent_at=journalled["sent_at"].where(posted & ~missing),
    )
    return made.set_index(pd.Index(made["sms_phone"].array, name="phone"))


def join(results: pd.DataFrame, found: pd.DataFrame, stands: pd.Series[bool]) -> pd.DataFrame:
    """
    Give outcomes to the rows that stand for their numbers.

    Args:
        results: Result columns, by position.
        found: Outcomes by number, as from `outcomes`.
        stands: Which rows stand for their number; at most one per number.

    Returns:
        The same rows; those with an outcome have its columns instead of theirs.
    """
    take = stands & results["sms_phone"].isin(found.index)
    if not take.any():
        return results
    told = found.reindex(results["sms_phone"].array).set_axis(results.index)
    return pd.DataFrame(
        {name: results[name].where(~take, told[name]).astype(DTYPES[name]) for name in COLUMNS},
        index=results.index,
    )


def _shares(journalled: pd.DataFrame) -> pd.Series[Any]:
    """Each row's part of its order's charge, by segments; an order's parts add up exactly to it."""
    orders = journalled["batch"]
    segments = journalled["segments"].astype("Float64").where(~journalled["missing"])
    charged = journalled["charged"].astype("Float64")
    exact = charged * segments / segments.groupby(orders).transform("sum")
    share = (exact / SHARE).round() * SHARE
    last = ~orders.where(share.notna()).duplicated(keep="last") & share.notna()
    rest = charged - (share.groupby(orders).transform("sum") - share)
    return share.where(~last, rest)


def still_to_send(journalled: pd.DataFrame) -> pd.Series[bool]:
    """Which recipients of the journal have no outcome and nothing under way: never sent, or provably not."""
    return journalled["state"].isna() | journalled["state"].eq("planned")


def note_other_texts(
    results: pd.DataFrame, journalled: pd.DataFrame, template: str, people: pd.DataFrame
) -> pd.DataFrame:
    """Say of rows with an earlier outcome when the text of that time is not the text of this plan."""
    old = journalled.set_index(pd.Index(journalled["phone"].array))
    now = pd.Series(people["fields"].array, index=people["phone"].array).reindex(old.index)
    planned = old.index.isin(people["phone"])
    same = old["template"].eq(template) & old["fields"].fillna("").eq(now.fillna(""))
    other = results["sms_code"].eq("already_texted") & results["sms_phone"].isin(old.index[~same & planned])
    schema_code = results["sms_code"].mask(other, "already_texted_differently")
    said = sentences(schema_code)
    return results.assign(sms_code=schema_code, sms_reason=results["sms_reason"].mask(other, said))


def among(phones: pd.Series[Any], others: pd.Series[Any]) -> pd.Series[bool]:
    """As ``isin``, which for Arrow's strings is twenty times slower."""
    return phones.astype(object).isin(others.astype(object))


def done(known: pd.DataFrame | None) -> pd.Series[Any]:
    """The numbers of a campaign that have an outcome, or may have one."""
    return pd.Series(dtype=object) if known is None else known["phone"][~still_to_send(known)]
