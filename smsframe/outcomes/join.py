"""
Outcomes from the journal as result columns, joined to the rows of a frame.

Pure: the journal's rows are handed in as frames. What is known of a recipient is what is known of its batch,
so outcomes are computed per batch, then taken for its people, and `join` gives them to the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from smsframe.arrow import TEXT, taken
from smsframe.orders.delivery_codes import Stage
from smsframe.orders.names import UNKNOWN_TEXT
from smsframe.orders.profile import known_codes
from smsframe.orders.states import CALLED_BACK, CANCEL_OPEN, TAKEN, State
from smsframe.outcomes.codes import CODES, sentences, shortened
from smsframe.outcomes.columns import DTYPES, results_for
from smsframe.outcomes.deliveries import explain_deliveries
from smsframe.phones.match import find

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from smsframe.orders.terms import Terms

PARTS = ("listed", "missing", "refused", "left")
"""What is said of each person of an order."""

SHARE = 2**-20
"""Credits of an order are shared among its rows in multiples of this, so that they add up exactly."""


class Known(NamedTuple):
    """
    What the journal knows of a campaign.

    Attributes:
        people: A row per recipient, in order of number: ``phone`` (E.164), ``template`` (a categorical),
            ``fields``, ``encoding``, ``segments``, ``missing`` (whether its order does not list it),
            ``refused`` (the code with which it was left out of its accepted order, or missing),
            ``attempt``, ``delivery`` (the gateway's code as it was last seen), ``delivered_at`` and
            ``seen_at`` (UTC), ``schedule_at`` (UTC) and ``zone`` where they were given row by row,
            ``wait_code`` and ``wait_reason`` of who is in no order because of hours, ``variant`` of an
            experiment and ``held_out`` of who gets no text in it, and ``batch``, the position of its row in
            ``batches``, or -1.
        batches: A row per batch: ``order_id``, ``state``, ``doubt``, ``owner``, ``owner_alive``,
            ``attempts``, ``schedule_at``, ``sent_at``, ``charged``, ``reason``, ``message_type``, ``sender``,
            ``template``, ``segments``, and ``given_up``: whether a person wanted its people texted in other
            orders, though it may have been accepted.
        earlier: The earlier attempts of people who were texted again, with the columns of ``people``.
        erased: ``batch``, ``missing``, ``refused``, ``segments`` of people who were in an order and were
            erased since: they have a share in what it cost.
    """

    people: pd.DataFrame
    batches: pd.DataFrame
    earlier: pd.DataFrame | None = None
    erased: pd.DataFrame | None = None


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
    people, batches = known.people[[*_SAID]], known.batches
    if rows is not None and not _all_in_order(rows, len(people)):
        people, shares = people.take(rows), shares.take(rows)
    batch_outcomes = _batch_outcomes(batches, run)
    # Without a batch: the row after the last. What is said of the others of an order is further down.
    batch = people["batch"].to_numpy()
    called_back = _called_back(people, batches)
    left_out = people["refused"].notna().to_numpy()
    missing = people["missing"].to_numpy(dtype=np.int8)
    part = np.select([left_out, called_back & _left(people)], [np.int8(2), np.int8(3)], missing)
    place = np.where(batch < 0, len(batches), batch)
    others = np.flatnonzero(part)
    place[others] += len(batch_outcomes) // len(PARTS) * part[others].astype(np.intp)

    def of_order(name: str) -> pd.Series[Any]:
        said = batch_outcomes[name]
        chosen = taken(said, place) if said.dtype == TEXT else said.array.take(place)
        return pd.Series(chosen, dtype=said.dtype)

    reason = of_order("reason")
    if left_out.any():
        reason = reason.mask(left_out, reason + ": " + people["refused"].reset_index(drop=True))
    in_order = batch >= 0
    code = of_order("code")
    waits = people["wait_code"].notna().to_numpy() & ~in_order
    if waits.any():
        words = people[["wait_code", "wait_reason"]].reset_index(drop=True)
        code = code.astype(object).mask(waits, words["wait_code"])
        why = shortened(sentences(words["wait_code"]) + ": " + words["wait_reason"].astype(TEXT))
        reason = reason.mask(waits, why)
    held_out = people["held_out"].to_numpy(dtype=bool)
    status, segments, attempt = of_order("status"), people["segments"], people["attempt"]
    if held_out.any():
        status = status.mask(held_out, "suppressed")
        code = code.astype(object).mask(held_out, "held_out")
        reason = reason.mask(held_out, CODES["held_out"])
        segments, attempt = segments.mask(held_out), attempt.mask(held_out)
    shown = in_order & ~(called_back & people["delivery"].isin(_waiting()).to_numpy())
    results = results_for(
        len(people),
        sms_status=status,
        sms_reason=reason,
        sms_phone=people["phone"],
        sms_code=code,
        sms_segments=segments,
        sms_credits=_where(shares, of_order("charged").to_numpy()),
        sms_order_id=of_order("order_id"),
        sms_sent_at=of_order("sent_at"),
        sms_scheduled_at=of_order("scheduled_at"),
        sms_delivery=_where(people["delivery"], shown),
        sms_delivered_at=_where(people["delivered_at"], in_order),
        sms_attempt=attempt,
        sms_variant=people["variant"],
        sms_campaign=campaign,
    )
    return explain_deliveries(results)


_SAID = (
    *("phone", "segments", "missing", "refused", "attempt", "delivery", "delivered_at", "wait_code"),
    *("wait_reason", "variant", "held_out", "batch"),
)
"""What outcomes are made of, of the columns of `Known.people`."""


def _all_in_order(rows: NDArray[np.intp], count: int) -> bool:
    """Whether these are all positions in their order, so that nothing needs to be copied."""
    return len(rows) == count and bool((rows == np.arange(count)).all())


def _where(column: pd.Series[Any], rows: NDArray[np.bool_]) -> pd.Series[Any]:
    """A column without what is in other rows; not copied where there are none."""
    return column if rows.all() else column.where(rows)


def _waiting() -> list[str]:
    """The delivery codes of texts that wait, which say nothing of what somebody wanted cancelled since."""
    return [code for code, known in known_codes().items() if known.stage is Stage.WAITING]


def _called_back(people: pd.DataFrame, batches: pd.DataFrame) -> NDArray[np.bool_]:
    """Whose order somebody wanted cancelled."""
    states = np.append(batches["state"].isin(CALLED_BACK).to_numpy(dtype=bool), False)
    chosen: NDArray[np.bool_] = states[people["batch"].to_numpy()]
    return chosen


def _left(people: pd.DataFrame) -> NDArray[np.bool_]:
    """Whose text has left, by the gateway's word."""
    codes = [code for code, known in known_codes().items() if known.left]
    in_order = ~people["missing"].to_numpy(dtype=bool) & people["refused"].isna().to_numpy()
    left: NDArray[np.bool_] = in_order & people["delivery"].isin(codes).to_numpy()
    return left


def _batch_outcomes(batches: pd.DataFrame, run: str | None) -> pd.DataFrame:
    """
    The outcome of the people of each batch, and of people without a batch; then the same rows for people whom
    the order does not list; for people who were left out of it; and for people whose text left although
    somebody wanted it cancelled.
    """
    part = np.repeat(np.array(PARTS, dtype=object), (count := len(batches) + 1))
    rows = batches.reindex(range(count)).take(np.tile(np.arange(count), len(PARTS))).reset_index(drop=True)
    # Arrays, as a campaign of one person pays for the operations of all states.
    state = rows["state"].astype(object).fillna(State.PLANNED.value).to_numpy()
    not_ours = rows["owner"].ne(run or "").fillna(value=True).to_numpy(dtype=bool)
    other_process = not_ours & rows["owner_alive"].eq(other=True).fillna(value=False).to_numpy(dtype=bool)
    attempted = rows["attempts"].gt(0).fillna(value=False).to_numpy(dtype=bool)

    def in_state(*states: State) -> NDArray[np.bool_]:
        return np.isin(state, [each.value for each in states])

    in_order = in_state(State.ACCEPTED)
    unlisted = in_order & (part == "missing")
    # Whom the gateway refused stays refused, whatever becomes of the order.
    left_out = in_state(*TAKEN) & (part == "refused")
    final = in_order & ~unlisted & ~left_out
    left = in_state(*CALLED_BACK) & (part == "left")
    open_ = in_state(*CANCEL_OPEN) & ~left & ~left_out
    cancelled = in_state(State.CANCELLED) & ~left & ~left_out
    # Outcomes of a run are computed when it is over: what is still "sending" then has lost its answer.
    unanswered = in_state(State.UNCONFIRMED) | (in_state(State.SENDING) & ~other_process)
    statuses = np.full(len(rows), "pending", dtype=object)
    codes = np.full(len(rows), "not_sent", dtype=object)
    for rows_where, is_status, is_code in (
        (in_state(State.PLANNED) & attempted, "pending", "not_accepted"),
        (in_state(State.PLANNED, State.SENDING) & other_process, "pending", "other_process"),
        (in_order, "accepted", None),
        (in_order & rows["schedule_at"].notna().to_numpy(), "scheduled", None),
        (unlisted, "unconfirmed", "missing_from_order"),
        (in_state(State.REFUSED) | left_out, "rejected", "refused_number"),
        (unanswered, "unconfirmed", "unconfirmed"),
        (left, "accepted", None),
        (open_, "unconfirmed", "cancelling"),
        (cancelled, "cancelled", "cancelled"),
    ):
        statuses[rows_where] = is_status
        codes[rows_where] = is_code
    if run is not None:
        codes[(final | left) & not_ours] = "already_texted"
    code = pd.Series(codes, dtype=DTYPES["sms_code"])
    reason, detail = sentences(code), rows["reason"].astype(TEXT)
    has_detail = np.isin(statuses, ["rejected", "unconfirmed"]) | (codes == "not_accepted")
    has_detail &= detail.notna().to_numpy()
    begun = in_order | in_state(State.REFUSED, State.UNCONFIRMED, State.SENDING, *CALLED_BACK)
    return pd.DataFrame(
        {
            "status": pd.Series(statuses, dtype=DTYPES["sms_status"]),
            "code": code,
            "reason": shortened(reason.mask(has_detail, reason + ": " + detail)),
            "order_id": rows["order_id"].astype(TEXT).where(begun),
            "sent_at": rows["sent_at"].where(final | left),
            # The gateway has it, or may have it, for that time; pending people wait for another call.
            "scheduled_at": rows["schedule_at"].where(final | left | open_ | unanswered | unlisted),
            "charged": final,
        }
    )


def carried(phones: pd.Series[Any], known: Known, carriers: pd.Series[bool]) -> NDArray[np.intp]:
    """
    Whose outcome each row has: the position of its recipient in ``known``, or -1.

    Args:
        phones: The number of each row, or missing.
        known: As ``Journal.recipients`` gives it.
        carriers: Which rows carry the outcome of their number; at most one per number.
    """
    return np.where(carriers.to_numpy(), find(phones, known.people["phone"]), -1)


def join(
    results: pd.DataFrame, known: Known, campaign: str, rows: NDArray[np.intp], *, run: str | None = None
) -> pd.DataFrame:
    """
    Give outcomes to the rows that carry the outcome of their number.

    Args:
        results: Result columns, by position: all of them, or those that a plan has.
        known: As ``Journal.recipients`` gives it.
        campaign: The campaign's name.
        rows: As `carried` gives them.
        run: As for `outcomes`.

    Returns:
        The same rows; those of recipients in the journal have their outcome instead.
    """
    has_outcome = rows >= 0
    if not has_outcome.any():
        return results
    columns, index = [*results.columns], results.index
    known_outcomes = outcomes(known, campaign, run=run, rows=rows[has_outcome])[columns]
    if has_outcome.all():
        return known_outcomes.set_axis(index)
    candidates = pd.concat([results, known_outcomes], ignore_index=True)
    places = np.arange(len(results))
    places[has_outcome] = np.arange(len(results), len(candidates))
    return candidates.take(places).set_axis(index).astype({name: DTYPES[name] for name in candidates.columns})


def _shares(known: Known) -> pd.Series[Any]:
    """
    Each row's part of its order's charge, by segments; an order's parts, with those of people whose next
    attempt is in another order, add up exactly to it.
    """
    people, batches = known.people, known.batches
    others = [part for part in (known.earlier, known.erased) if part is not None and len(part)]
    if others:
        needed = ["batch", "missing", "refused", "segments"]
        people = pd.concat([people[needed], *(part[needed] for part in others)], ignore_index=True)
    batch = people["batch"].to_numpy()
    sent = (batch >= 0) & ~people["missing"].to_numpy() & people["refused"].isna().to_numpy()
    listed = slice(None) if sent.all() else np.flatnonzero(sent)
    orders, segments = batch[listed], people["segments"].to_numpy(dtype=float, na_value=0.0)[listed]
    charged = batches["charged"].to_numpy(dtype=float, na_value=np.nan)
    total = np.bincount(orders, segments, minlength=len(batches))
    share = charged[orders]  # in place from here: a million people take eight megabytes a step
    share *= segments
    share /= total[orders] * SHARE
    share = np.round(share, out=share) * SHARE
    last = np.zeros(len(batches), dtype=np.intp)
    last[orders] = np.arange(len(orders))  # where an index repeats, the last value stays
    ends = last[np.unique(orders)]
    shared = np.bincount(orders, share, minlength=len(batches))
    share[ends] = charged[orders[ends]] - (shared[orders[ends]] - share[ends])
    shares = pd.Series(np.nan, index=people.index)
    shares.iloc[listed] = share
    return shares.iloc[: len(known.people)].astype("Float64")


def still_to_send(
    known: Known, terms: Terms | None = None, templates: Collection[str] = ()
) -> pd.Series[bool]:
    """
    Which recipients of the journal have no outcome, and no order on its way: never sent, or certainly not;
    nobody who is held out.

    With the terms and the texts of a new call also those who were refused, or left out of an order, with
    other terms or another text: that may have been the reason.
    """
    people, batches = known.people, known.batches
    left_out = np.zeros(len(people), dtype=bool)
    open_ = batches["state"].eq(State.PLANNED)
    if terms is not None:
        changed = batches["message_type"].ne(terms.message_type) | ~batches["template"].isin(
            [*templates, UNKNOWN_TEXT]
        )
        changed |= batches["sender"].fillna("").ne(terms.sender or "")
        open_ |= batches["state"].eq(State.REFUSED) & changed
        changed &= batches["state"].eq(State.ACCEPTED)
        left_out = people["refused"].notna().to_numpy() & _of_batch(people, changed)
    waits = (_of_batch(people, open_) | left_out) & ~people["held_out"].to_numpy(dtype=bool)
    return pd.Series(waits, index=people.index)


def _of_batch(people: pd.DataFrame, batches_where: pd.Series[bool]) -> NDArray[np.bool_]:
    """Which people are in one of these batches, or in none."""
    rows = np.append(batches_where.to_numpy(dtype=bool, na_value=False), True)
    chosen: NDArray[np.bool_] = rows[people["batch"].to_numpy()]
    return chosen


def done(known: Known | None, terms: Terms, templates: Collection[str]) -> pd.Series[Any]:
    """The numbers of a campaign that have an outcome, or may have one, and keep it with these terms."""
    if known is None:
        return pd.Series(dtype=object)
    return known.people["phone"][~still_to_send(known, terms, templates)]
