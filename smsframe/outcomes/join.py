"""
What happened, joined to the rows: outcomes from the journal as result columns.

Pure: the journal's rows are handed in as frames. What is known of a recipient is what is known of its batch,
so outcomes are worked out per batch, and then given to the people; `join` gives them to the rows that stand
for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from smsframe.arrow import TEXT
from smsframe.orders.states import State
from smsframe.outcomes.codes import CODES, brief, sentences
from smsframe.outcomes.columns import DTYPES, results_for
from smsframe.phones.match import among, find

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from smsframe.orders.terms import Terms

SHARE = 2**-20
"""Credits of an order are shared among its rows in multiples of this, so that they add up exactly."""


class Known(NamedTuple):
    """
    What the journal knows of a campaign.

    Attributes:
        people: A row per recipient, in order of number: ``phone`` (E.164), ``template`` (a categorical),
            ``fields``, ``segments``, ``missing`` (whether its order lacks it), ``refused`` (the code with
            which it was left out of its accepted order, or missing), and ``batch``, the position of its row
            in ``batches``, or -1.
        batches: A row per batch: ``order_id``, ``state``, ``doubt``, ``owner``, ``owner_alive``,
            ``attempts``, ``schedule_at``, ``sent_at``, ``charged``, ``reason``, ``message_type``, ``sender``,
            ``template``.
    """

    people: pd.DataFrame
    batches: pd.DataFrame


def outcomes(
    known: Known, campaign: str, *, run: str | None = None, rows: NDArray[np.intp] | None = None
) -> pd.DataFrame:
    """
    What the journal knows of a campaign's recipients, in the result columns.

    Args:
        known: As ``Journal.recipients`` gives it.
        campaign: The campaign's name.
        run: The owner of the current run; outcomes of earlier runs then say that they are earlier.
        rows: The recipients that are wanted, by their position in ``known``, in that order; all by default.

    Returns:
        The result columns, by position.
    """
    shares = _shares(known)
    people, batches = known
    if rows is not None:
        people, shares = people.take(rows), shares.take(rows)
    told = _told(batches, run)
    # Without a batch: the row after the last. Lacking in its order: the second third; left out: the last.
    batch, left_out = people["batch"].to_numpy(), people["refused"].notna().to_numpy()
    part = np.where(left_out, 2, people["missing"].to_numpy().astype(int))
    taken = told.take(np.where(batch < 0, len(batches), batch) + len(told) // 3 * part)
    reason = taken["reason"].reset_index(drop=True)
    if left_out.any():
        reason = reason.mask(left_out, reason + ": " + people["refused"].reset_index(drop=True))
    return results_for(
        len(people),
        sms_status=taken["status"],
        sms_reason=reason,
        sms_phone=people["phone"],
        sms_code=taken["code"],
        sms_segments=people["segments"],
        sms_credits=shares.where(taken["charged"].to_numpy()),
        sms_order_id=taken["order_id"],
        sms_sent_at=taken["sent_at"],
        sms_scheduled_at=taken["scheduled_at"],
        sms_attempt=1,  # whom the journal knows was registered, and so far only once
        sms_campaign=campaign,
    )


def _told(batches: pd.DataFrame, run: str | None) -> pd.DataFrame:
    """
    What is to be said of the people of each batch, and of those without; then of those its order lacks; then
    of those who were left out of it.
    """
    all_ = batches.reindex(range(len(batches) + 1))
    parts = ["listed", "missing", "refused"]
    rows = pd.concat([all_.assign(part=part) for part in parts], ignore_index=True)
    state = rows["state"].astype(object).fillna(State.PLANNED.value)
    other = rows["owner_alive"].eq(other=True).fillna(value=False) & rows["owner"].ne(run or "").fillna(
        value=True
    )
    posted = state.eq(State.ACCEPTED)
    lacking, left_out = (posted & rows["part"].eq(part) for part in ("missing", "refused"))
    final = posted & ~lacking & ~left_out
    # A run says what came of it when it is over: what it is sending then has lost its record.
    lost = state.eq(State.UNCONFIRMED) | (state.eq(State.SENDING) & ~other)
    status = pd.Series("pending", index=rows.index, dtype=object)
    code = pd.Series("not_sent", index=rows.index, dtype=object)
    for which, is_status, is_code in (
        (state.eq(State.PLANNED) & rows["attempts"].gt(0).fillna(value=False), "pending", "not_accepted"),
        (state.isin([State.PLANNED, State.SENDING]) & other, "pending", "other_process"),
        (posted, "accepted", None),
        (posted & rows["schedule_at"].notna(), "scheduled", None),
        (lacking, "unconfirmed", "missing_from_order"),
        (state.eq(State.REFUSED) | left_out, "rejected", "refused_number"),
        (lost, "unconfirmed", "unconfirmed"),
    ):
        status = status.mask(which, is_status)
        code = code.mask(which, is_code)
    if run is not None:
        earlier = final & rows["owner"].ne(run).fillna(value=True)
        code = code.mask(earlier, "already_texted")
    reason = sentences(code)
    detail = rows["reason"].astype(TEXT)
    explained = (status.isin(["rejected", "unconfirmed"]) | code.eq("not_accepted")) & detail.notna()
    begun = posted | state.isin([State.REFUSED, State.UNCONFIRMED, State.SENDING])
    return pd.DataFrame(
        {
            "status": status.astype(DTYPES["sms_status"]),
            "code": code.astype(DTYPES["sms_code"]),
            "reason": brief(reason.mask(explained, reason + ": " + detail)),
            "order_id": rows["order_id"].astype(TEXT).where(begun),
            "sent_at": rows["sent_at"].where(final),
            # The gateway has it, or may have it, for that time; who is pending waits for another call.
            "scheduled_at": rows["schedule_at"].where(final | lost | lacking),
            "charged": final,
        }
    )


def join(
    results: pd.DataFrame, known: Known, campaign: str, stands: pd.Series[bool], *, run: str | None = None
) -> pd.DataFrame:
    """
    Give outcomes to the rows that stand for their numbers.

    Args:
        results: Result columns, by position: all of them, or those that a plan has.
        known: As ``Journal.recipients`` gives it.
        campaign: The campaign's name.
        stands: Which rows stand for their number; at most one per number.
        run: As for `outcomes`.

    Returns:
        The same rows; those of recipients in the journal have their outcome instead.
    """
    place = find(results["sms_phone"], known.people["phone"])
    take = stands.to_numpy() & (place >= 0)
    if not take.any():
        return results
    found = outcomes(known, campaign, run=run, rows=place[take])[[*results.columns]]
    if take.all():
        return found.set_axis(results.index)
    both = pd.concat([results, found], ignore_index=True)
    rows = np.arange(len(results))
    rows[take] = np.arange(len(results), len(both))
    return both.take(rows).set_axis(results.index).astype({name: DTYPES[name] for name in both.columns})


def _shares(known: Known) -> pd.Series[Any]:
    """Each row's part of its order's charge, by segments; an order's parts add up exactly to it."""
    people, batches = known
    batch = people["batch"].to_numpy()
    sent = (batch >= 0) & ~people["missing"].to_numpy() & people["refused"].isna().to_numpy()
    listed = np.flatnonzero(sent)
    orders = batch[listed]
    segments = people["segments"].to_numpy(dtype=float, na_value=0.0)[listed]
    charged = batches["charged"].to_numpy(dtype=float, na_value=np.nan)
    total = np.bincount(orders, segments, minlength=len(batches))
    share = np.round(charged[orders] * segments / total[orders] / SHARE) * SHARE
    last = np.zeros(len(batches), dtype=np.intp)
    last[orders] = np.arange(len(orders))  # of several the last one stays
    ends = last[np.unique(orders)]
    given = np.bincount(orders, share, minlength=len(batches))
    share[ends] = charged[orders[ends]] - (given[orders[ends]] - share[ends])
    shares = pd.Series(np.nan, index=people.index)
    shares.iloc[listed] = share
    return shares.astype("Float64")


def still_to_send(known: Known, terms: Terms | None = None, template: str = "") -> pd.Series[bool]:
    """
    Which recipients of the journal have no outcome and nothing under way: never sent, or provably not.

    With the terms and the text of a new call also those who were refused another one, or left out of another
    order: that may have been the reason.
    """
    people, batches = known
    left_out = np.zeros(len(people), dtype=bool)
    open_ = batches["state"].eq(State.PLANNED)
    if terms is not None:
        other = batches["message_type"].ne(terms.message_type) | batches["template"].ne(template)
        other |= batches["sender"].fillna("").ne(terms.sender or "")
        open_ |= batches["state"].eq(State.REFUSED) & other
        left_out = people["refused"].notna().to_numpy() & _of_batch(people, other)
    return pd.Series(_of_batch(people, open_) | left_out, index=people.index)


def _of_batch(people: pd.DataFrame, which: pd.Series[bool]) -> NDArray[np.bool_]:
    """Which people are in one of these batches, or in none."""
    rows = np.append(which.to_numpy(dtype=bool, na_value=False), True)
    found: NDArray[np.bool_] = rows[people["batch"].to_numpy()]
    return found


def note_other_texts(
    results: pd.DataFrame, known: Known, template: str, people: pd.DataFrame
) -> pd.DataFrame:
    """Say of rows with an earlier outcome when the text of that time is not the text of this plan."""
    earlier = results["sms_code"].eq("already_texted").to_numpy()
    if not earlier.any():
        return results
    old = known.people
    planned = find(old["phone"], people["phone"])
    now = people["fields"].reset_index(drop=True).fillna("").take(planned.clip(0)).array
    same = old["template"].eq(template) & old["fields"].fillna("").eq(pd.Series(now, index=old.index))
    others = old["phone"][(planned >= 0) & ~same.to_numpy()]
    other = earlier & among(results["sms_phone"], others).to_numpy()
    if not other.any():
        return results
    code = "already_texted_differently"
    return results.assign(
        sms_code=results["sms_code"].mask(other, code),
        sms_reason=results["sms_reason"].mask(other, CODES[code]),
    )


def done(known: Known | None, terms: Terms, template: str) -> pd.Series[Any]:
    """The numbers of a campaign that have an outcome, or may have one, and keep it in such a call."""
    if known is None:
        return pd.Series(dtype=object)
    return known.people["phone"][~still_to_send(known, terms, template)]
