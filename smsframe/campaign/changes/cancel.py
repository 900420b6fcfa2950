"""
Cancels the scheduled orders of a campaign, and proves that they are gone.

Each order is claimed in the journal before the gateway is asked. What follows is looked up twice, a grace
apart, as an order in doubt is: only a yes of the gateway and two absences before its time, or states that
mean never sent, make somebody `cancelled`. Whatever is less stays unconfirmed, and nobody is texted because
of it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from smsframe.campaign.call_start import read_known, replaced
from smsframe.campaign.changes.cancel_look_up import CancelledOrders
from smsframe.campaign.changes.settle import settle_scheduled
from smsframe.campaign.run.interrupts import asked
from smsframe.campaign.send import recipients
from smsframe.errors import ContactsError, GatewayError, NotAuthorised, Unavailable
from smsframe.formatting import many
from smsframe.gateway.base import CancellingGateway
from smsframe.orders.records import Change, Evidence, OrderResponse
from smsframe.orders.states import CANCEL_OPEN, Event, State, transition
from smsframe.outcomes.codes import LONGEST_REASON
from smsframe.outcomes.columns import COLUMNS, DTYPES, attach, validated
from smsframe.outcomes.summary import complete, require_numbers
from smsframe.phones.match import among, find

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from smsframe.campaign.run_context import RunContext
    from smsframe.journal.journal import Journal
    from smsframe.orders.records import Batch, CampaignRecord

TOO_LATE = "too late to cancel: its time has come, or is near"
BUSY = "another call is cancelling it"


class _TooLateError(Exception):
    """Between the claim and the request the order's time came near."""


def cancel(
    entry: CampaignRecord,
    context: RunContext,
    *,
    rows: pd.DataFrame | None = None,
    unconfirmed: str | None = None,
    begin: Callable[[int], None] = lambda _: None,
    advance: Callable[[int], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> pd.DataFrame:
    """
    Cancel what is scheduled of a campaign; see `smsframe.cancel`.

    Args:
        entry: The campaign.
        context: What is worked with.
        rows: ``sms_phone`` and ``sms_order_id`` of results, whose orders alone are wanted; all when None.
        unconfirmed: A person's word on orders that were to be cancelled before: then those alone are wanted.
        begin: Is called with the number of orders.
        advance: Is called with how many more were asked for.
        stop: Who sets it asks it to stop.

    Returns:
        One row per recipient in the journal, or per person of the rows.
    """
    journal, gateway = context.journal, context.gateway
    if not (gateway.profile.cancels and isinstance(gateway, CancellingGateway)):
        raise ValueError("this gateway cannot cancel orders: nothing was cancelled")
    stored = read_known(entry, context)
    context, named = context.stopped_by(stop), None
    if rows is not None:
        rows = require_numbers(rows, ("sms_order_id", "sms_phone")).reset_index(drop=True)
        named = {*rows["sms_order_id"].dropna()}
    settle_scheduled(entry, context, stored.known, named)
    wanted, busy = journal.cancellations.candidates(entry)
    if rows is not None and named is not None:
        wanted = [batch for batch in wanted if batch.order_id in named]
        _refuse_parts(wanted, rows["sms_phone"], journal)
    settled = {"cancelled": Event.PERSON_CANCELS, "accept": Event.PERSON_ACCEPTS}.get(unconfirmed or "")
    if settled is not None:
        wanted = [batch for batch in wanted if batch.state in CANCEL_OPEN]
    why = {batch.order_id: BUSY for batch in busy}
    if wanted:
        context = by_both_clocks(context, wanted[0].order_id)
        begin(len(wanted))
        policy = context.retry_policy
        with journal.owner() as owner, asked(policy.stop.set) as interrupted:
            cancelling = Cancelling(entry, context, gateway, owner, settled)
            why |= cancelling.run(wanted, advance)
        if interrupted.is_set():
            context.say(f"stopped; what was under way is recorded. smsframe.cancel({entry.name!r}) goes on")
            raise KeyboardInterrupt
        if cancelling.cause is not None:
            raise cancelling.cause
    results = recipients(journal, entry)
    if rows is not None:
        results = results[among(results["sms_phone"], rows["sms_phone"])].reset_index(drop=True)
    asked_for = {batch.order_id for batch in wanted if settled is not None}
    return _with_reasons(results, why, asked_for, context.say)


def by_both_clocks(context: RunContext, order_id: str) -> RunContext:
    """
    The same, by whose clock it is late as soon as this machine's or the gateway's says so.

    Where the gateway does not answer, that keeps no order from being cancelled: by its own clock it is judged
    again before anything is called proven.
    """
    try:
        date = context.retry_policy.ask(lambda: context.gateway.state(order_id)).date
    except GatewayError:
        return context
    if date is None:
        return context
    clock = context.retry_policy.clock.not_before(date)
    return replace(context, retry_policy=replace(context.retry_policy, clock=clock))


def _refuse_parts(wanted: Sequence[Batch], phones: pd.Series[str], journal: Journal) -> None:
    """
    Refuse to cancel orders that also have people who are not in these rows.

    Raises:
        ContactsError: There is one.
    """
    members = [journal.batches.members(batch) for batch in wanted]
    # Who was left out of an order has no text that could be taken back.
    texted = (people["phone"][people["refused"].isna()] for people in members)
    if others := sum(int((~among(people, phones)).sum()) for people in texted):
        who = many(others, "person who is", "people who are")
        raise ContactsError(
            f"in the orders of these rows there {'is' if others == 1 else 'are'} {who} not among the rows, "
            "and an order is cancelled as a whole; nothing was cancelled: give all rows of the campaign, or "
            "its name to smsframe.cancel"
        )


def _with_reasons(
    results: pd.DataFrame, why: dict[str, str], asked_for: set[str], say: Callable[[str], None]
) -> pd.DataFrame:
    """The results, with the reason in each row whose order was left alone; the reasons are said, too."""
    status, order = results["sms_status"].astype(object), results["sms_order_id"].astype(object)
    left_alone = order.map(why).astype(object)
    unasked = left_alone.isna() & status.eq("scheduled") & ~order.isin(asked_for)
    left_alone = left_alone.mask(unasked, "the gateway was not asked")
    left_alone = left_alone.mask(
        status.eq("accepted") & left_alone.isna(), "not cancelled: it was sent, or is on its way"
    )
    pending = "not in an order, so there is nothing to cancel: smsframe.withdraw drops who is pending"
    left_alone = left_alone.mask(status.eq("pending"), pending)
    # What an answer or a look-up came to is said by the journal.
    left_alone = left_alone.where(status.isin(["accepted", "scheduled", "pending"]) | left_alone.eq(BUSY))
    for words, people in left_alone.dropna().value_counts().items():
        say(f"{many(int(people), 'person', 'people')} left alone: {words}")
    if in_doubt := int(results["sms_code"].eq("unconfirmed").sum()):
        say(
            f"{many(in_doubt, 'person', 'people')} left alone: may have been accepted, and may go out; "
            "smsframe.resume asks the gateway, then cancel again"
        )
    before = results["sms_reason"].astype(object)
    both = (before + "; " + left_alone).where(before.notna(), left_alone).astype("string")
    fits = both.str.len().le(LONGEST_REASON).fillna(value=False) & status.ne("pending")
    reason = before.mask(left_alone.notna(), both.astype(object).where(fits.astype(bool), left_alone))
    return results.assign(sms_reason=reason.astype(results["sms_reason"].dtype))


def one_campaign(rows: pd.DataFrame) -> str:
    """
    The campaign that rows of results are of.

    Raises:
        ContactsError: They are of none, or of several.
    """
    found = [*complete(rows)["sms_campaign"].dropna().unique()] if "sms_campaign" in rows else []
    if len(found) != 1:
        raise ContactsError(
            f"these rows are of {many(len(found), 'campaign')}: give results of one campaign, or its name; "
            "nothing was cancelled"
        )
    return str(found[0])


def joined(rows: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """The rows that were given, with what is known now of the people in the orders that they name."""
    before = complete(rows)[[*COLUMNS]].reset_index(drop=True)
    position = find(before["sms_phone"], results["sms_phone"])
    known = position >= 0
    known &= before["sms_order_id"].notna().to_numpy() | before["sms_status"].eq("pending").to_numpy()
    both = pd.concat([before, results], ignore_index=True)
    place = np.where(known, position + len(before), np.arange(len(before)))
    now = both.take(place).reset_index(drop=True).astype(DTYPES)
    return attach(rows, validated("ResultsSchema", now))


class Cancelling:
    """
    One call that cancels orders of a campaign.

    Args:
        entry: The campaign.
        context: What is worked with.
        gateway: Who is asked.
        owner: This run, alive in the journal.
        settled: What a person says of what stays open.
    """

    def __init__(
        self,
        entry: CampaignRecord,
        context: RunContext,
        gateway: CancellingGateway,
        owner: str,
        settled: Event | None = None,
    ) -> None:
        self.cause: GatewayError | None = None
        """Why it stopped early."""
        self._entry, self._context, self._owner, self._gateway = entry, context, owner, gateway
        self._journal, self._retry_policy = context.journal, context.retry_policy
        self._grace = timedelta(seconds=context.grace)
        self._orders = CancelledOrders(entry, context, owner, settled)

    def run(self, wanted: Sequence[Batch], advance: Callable[[int], None]) -> dict[str, str]:
        """
        Ask for each order to be cancelled, then look up what became of them.

        Returns:
            Why orders were left alone, by order id.
        """
        alone = [batch for batch in wanted if batch.state is State.ACCEPTED and self._late(batch)]
        why = {batch.order_id: TOO_LATE for batch in alone}
        open_ = [batch for batch in wanted if batch.order_id not in why]
        asked_for: list[Batch] = []
        size = self._context.workers
        for start in range(0, len(open_), size):
            if self._retry_policy.stop.is_set() or self.cause is not None:
                break
            some = open_[start : start + size]
            claimed = self._journal.cancellations.claim(self._entry, some, self._owner)
            taken = {batch.id for batch in claimed}
            why |= {batch.order_id: BUSY for batch in some if batch.id not in taken}
            replies = self._ask_all(claimed)
            recorded = self._record_replies(claimed, replies)
            late = [batch for batch, reply in zip(recorded, replies, strict=True) if reply is None]
            why |= {batch.order_id: TOO_LATE for batch in late}
            asked_for += recorded
            refused = (reply for reply in replies if reply and reply.event is Event.CANCEL_NOT_SENT)
            self.cause = next(map(_error, refused), None)
            advance(len(some))
        self._orders.settle([batch for batch in asked_for if batch.state is not State.ACCEPTED])
        return why

    def _late(self, batch: Batch) -> bool:
        """Whether its time has come, or comes within the grace, by one of the clocks."""
        at, (_, latest) = batch.terms.schedule, self._retry_policy.clock.span()
        return at is None or at - latest <= self._grace

    def _ask_all(self, claimed: Sequence[Batch]) -> list[OrderResponse | None]:
        if len(claimed) == 1:
            return [self._ask(claimed[0])]
        with ThreadPoolExecutor(len(claimed) or 1, thread_name_prefix="smsframe") as pool:
            return [*pool.map(self._ask, claimed)]

    def _ask(self, batch: Batch) -> OrderResponse | None:
        """
        Ask for one order to be cancelled; again only where it was certainly not processed.

        Returns:
            What it came to, or None when its time had come near: then nothing has left.
        """

        def check() -> None:
            if self._late(batch):
                raise _TooLateError
            if not self._journal.batches.held(self._owner):
                raise replaced(self._journal)

        def ask() -> OrderResponse | None:
            try:
                return self._gateway.cancel(batch.order_id, check)
            except _TooLateError:
                return None

        def again(reply: OrderResponse | None) -> bool:
            return reply is not None and reply.event is Event.CANCEL_NOT_SENT and not _is_refusal(reply)

        return self._retry_policy.until(ask, again)

    def _record_replies(
        self, claimed: Sequence[Batch], replies: Sequence[OrderResponse | None]
    ) -> list[Batch]:
        changes = []
        for batch, reply in zip(claimed, replies, strict=True):
            event = Event.CANCEL_NOT_SENT if reply is None else reply.event
            evidence = Evidence(None, "its time is near: not asked") if reply is None else reply.evidence
            changes.append(Change(batch, event, transition(batch.state, event, batch.doubt), evidence))
        return self._journal.batches.record(self._entry, self._owner, changes)


def _is_refusal(reply: OrderResponse) -> bool:
    """Whether the gateway lets nobody in, or this is not its address, so that asking again is no use."""
    return reply.call == "login" or reply.status in (307, 308, 401, 403)


def _error(reply: OrderResponse) -> GatewayError:
    what = f"the gateway could not be asked to cancel ({reply.reason})"
    if _is_refusal(reply) and reply.status not in (None, 429, 503):
        return NotAuthorised(what, status=reply.status)
    return Unavailable(what, status=reply.status, retry_after=reply.retry_after)
