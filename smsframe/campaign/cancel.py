"""
Cancels the scheduled orders of a campaign, and proves that they are gone.

Each order is claimed in the journal before the gateway is asked. What follows is looked up twice, a grace
apart, as an order in doubt is: only a yes of the gateway and two absences, or states that mean never sent,
make somebody `cancelled`. Whatever is less stays unconfirmed, and nobody is texted because of it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import batched
from typing import TYPE_CHECKING, Any, NamedTuple

from smsframe.campaign.look_up import known_orders, look_up
from smsframe.campaign.refresh import ask_order
from smsframe.campaign.send import recipients, replaced
from smsframe.errors import GatewayError, NotAuthorised, Unavailable
from smsframe.formatting import duration, many
from smsframe.journal.conflicts import CampaignCall
from smsframe.orders.cancellation import listed_as
from smsframe.orders.records import Change, Evidence, Reply
from smsframe.orders.states import Action, Event, State, transition
from smsframe.phones.match import find

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    import pandas as pd

    from smsframe.campaign.look_up import Finding
    from smsframe.campaign.run_context import RunContext
    from smsframe.journal.deliveries import OrderAnswer
    from smsframe.orders.records import Batch, CampaignRecord


class _TooLateError(Exception):
    """Between the claim and the request the order's time came near."""


class Looked(NamedTuple):
    """What was found of an order: the event, what was asked, whom it lacks, and its states if it is listed."""

    event: Event
    finding: Finding
    answer: OrderAnswer | None = None


def cancel(
    entry: CampaignRecord,
    context: RunContext,
    *,
    advance: Callable[[int], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> pd.DataFrame:
    """Cancel what is scheduled of a campaign; see `smsframe.cancel`."""
    journal, gateway = context.journal, context.gateway
    if not gateway.profile.cancels:
        raise ValueError("this gateway cannot cancel orders: nothing was cancelled")
    call = CampaignCall(gateway.base_url, gateway.account, entry.template, changed=True)
    stored = journal.read(entry.name, call=call)
    if stored is None or stored.entry.id != entry.id:
        raise replaced(journal)
    context = context.stopped_by(stop)
    wanted = journal.cancellations.candidates(entry)
    if wanted:
        date = context.retry_policy.ask(lambda: gateway.state(wanted[0].order_id)).date
        if date is not None:  # from then on it is late when either clock says so
            clock = context.retry_policy.clock.not_before(date)
            context = replace(context, retry_policy=replace(context.retry_policy, clock=clock))
        with journal.owner() as owner:
            _Cancelling(entry, context, owner, advance).run(wanted)
    return recipients(journal, entry)


class _Cancelling:
    """One call that cancels orders of a campaign."""

    def __init__(
        self, entry: CampaignRecord, context: RunContext, owner: str, advance: Callable[[int], None]
    ) -> None:
        self._entry, self._context, self._owner, self._advance = entry, context, owner, advance
        self._journal, self._gateway = context.journal, context.gateway
        self._retry_policy = context.retry_policy
        self._grace = timedelta(seconds=context.grace)

    def run(self, wanted: Sequence[Batch]) -> None:
        """
        Ask for each order to be cancelled, then look up what became of them.

        Raises:
            GatewayError: The gateway let nobody in, or takes no requests; orders before that are looked up.
        """
        asked: list[Batch] = []
        cause: GatewayError | None = None
        late = [batch for batch in wanted if self._late(batch)]
        open_ = [batch for batch in wanted if batch not in late or batch.state is not State.ACCEPTED]
        with ThreadPoolExecutor(self._context.workers, thread_name_prefix="smsframe") as pool:
            for some in batched(open_, self._context.workers, strict=False):
                if self._retry_policy.stop.is_set() or cause is not None:
                    break
                claimed = self._journal.cancellations.claim(self._entry, some, self._owner)
                replies = [*pool.map(self._ask, claimed)]
                asked += self._record_replies(claimed, replies)
                cause = next((_error(reply) for reply in replies if _refused(reply)), None)
                self._advance(len(claimed))
        self._settle([batch for batch in asked if batch.state is not State.ACCEPTED])
        if late:
            self._context.say(
                f"{many(len(late), 'order')} of campaign {self._entry.name!r} {'is' if len(late) == 1 else 'are'} "
                f"due within {duration(self._grace.total_seconds())}, or left already: too late to cancel"
            )
        if cause is not None:
            raise cause

    def _late(self, batch: Batch) -> bool:
        at = batch.terms.schedule
        _, latest = self._retry_policy.clock.span()
        return at is None or at - latest <= self._grace

    def _ask(self, batch: Batch) -> Reply:
        """Ask for one order to be cancelled; again only where it was certainly not processed."""

        def check() -> None:
            if self._late(batch):
                raise _TooLateError
            if not self._journal.batches.held(self._owner):
                raise replaced(self._journal)

        def ask() -> Reply:
            try:
                return self._gateway.cancel(batch.order_id, check)
            except _TooLateError:
                return Reply(Event.CANCEL_NOT_SENT, None, "its time is too near", method="DELETE")

        return self._retry_policy.until(ask, lambda reply: reply.event is Event.CANCEL_NOT_SENT and not _refused(reply))

    def _record_replies(self, claimed: Sequence[Batch], replies: Sequence[Reply]) -> list[Batch]:
        changes = [
            Change(batch, reply.event, transition(batch.state, reply.event, batch.doubt), reply.evidence)
            for batch, reply in zip(claimed, replies, strict=True)
        ]
        return self._journal.batches.record(self._entry, self._owner, changes)

    def _settle(self, batches: Sequence[Batch]) -> None:
        """Look up what became of these orders, wait for the grace once, and look again."""
        absent: dict[str, Finding] = {}
        again = []
        for batch, people, looked in self._look(batches):
            recorded = self._record(batch, looked)
            if transition(batch.state, looked.event, batch.doubt).action is Action.LOOK_UP_AGAIN:
                absent[batch.order_id] = looked.finding
                again.append(recorded)
            del people
        if not again:
            return
        last = max(finding.answered_at for finding in absent.values())
        monotonic = self._retry_policy.clock.monotonic
        self._retry_policy.sleep(max(0.0, self._context.grace - (monotonic() - last)))
        for batch, _, looked in self._look(again):
            if looked.event is Event.ABSENT:
                reason = looked.finding.proves_with(absent[batch.order_id], self._context.grace)
                event = Event.UNANSWERED if reason else Event.ABSENT_TWICE
                looked = looked._replace(event=event)
            self._record(batch, looked)

    def _look(self, batches: Sequence[Batch]) -> Any:
        orders = [(batch, self._journal.batches.members(batch)) for batch in batches]
        known = known_orders(self._journal, self._entry, self._gateway)
        for batch, people, finding in look_up(self._gateway, orders, self._retry_policy, known):
            yield batch, people, self._looked(batch, people, finding)

    def _looked(self, batch: Batch, people: pd.DataFrame, finding: Finding) -> Looked:
        if finding.event is Event.ABSENT:
            return Looked(Event.ABSENT, finding)
        if not finding.listed:
            return Looked(Event.UNANSWERED, finding)
        try:
            answer = ask_order(batch.order_id, self._gateway, self._retry_policy)
        except GatewayError:
            answer = None
        if answer is None:  # gone between two questions: the next look-up says so
            return Looked(Event.UNANSWERED, finding)
        mine = find(people["phone"], answer.recipients["phone"])
        delivery = answer.recipients["delivery"].reset_index(drop=True).take(mine[mine >= 0])
        return Looked(listed_as(delivery, len(people), self._gateway.profile), finding, answer)

    def _record(self, batch: Batch, looked: Looked) -> Batch:
        step = transition(batch.state, looked.event, batch.doubt)
        evidence, missing = looked.finding.evidence, None
        if looked.answer is not None:
            states = looked.answer.recipients["delivery"].value_counts()
            said = ", ".join(f"{count} {code}" for code, count in states.items())
            evidence = Evidence(evidence.question, f"{evidence.answer}: {said}")
        if looked.event is Event.HAS_LEFT:
            missing = looked.finding.missing
        change = Change(batch, looked.event, step, evidence, missing=missing)
        (recorded,) = self._journal.batches.record(self._entry, self._owner, [change])
        if looked.answer is not None and step.state is State.ACCEPTED:
            profile = self._gateway.profile
            self._journal.deliveries.record([looked.answer], final=profile.final, never_sent=profile.refused)
        return recorded


def _refused(reply: Reply) -> bool:
    """Whether the gateway lets nobody in, or this is not its address, so that asking again is no use."""
    return reply.event is Event.CANCEL_NOT_SENT and (reply.call == "login" or reply.status in (307, 308, 401, 403))


def _error(reply: Reply) -> GatewayError:
    if reply.status in (None, 429, 503):
        return Unavailable(f"the gateway cannot cancel orders now ({reply.reason})", status=reply.status)
    return NotAuthorised(f"the gateway did not let us cancel ({reply.reason})", status=reply.status)
