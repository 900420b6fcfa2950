"""
What became of orders that a person wants cancelled: looked up, and looked up again after the grace.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from smsframe.campaign.look_ups.history_check import known_orders
from smsframe.campaign.look_ups.look_up import CLOCK_TOLERANCE, look_up
from smsframe.campaign.reports.refresh import answer_of
from smsframe.orders.cancellation import listed_as
from smsframe.orders.records import Change, Evidence
from smsframe.orders.states import Action, Event, State, transition
from smsframe.phones.match import find

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from smsframe.campaign.look_ups.look_up import Finding
    from smsframe.campaign.run_context import RunContext
    from smsframe.journal.orders.deliveries import OrderAnswer
    from smsframe.orders.records import Batch, CampaignRecord


PERSON_SAYS = Evidence("cancel(unconfirmed=)", "a person says so")


class LookUpResult(NamedTuple):
    """What was found of an order: what it means, what was asked, and what the order lists."""

    event: Event
    finding: Finding
    answer: OrderAnswer | None = None


class CancelledOrders:
    """
    Orders of one campaign that the gateway was asked to cancel.

    Args:
        entry: The campaign.
        context: What is worked with.
        owner: This run, alive in the journal.
        settled: What a person says of orders of which it is not proven what became of them.
    """

    def __init__(
        self, entry: CampaignRecord, context: RunContext, owner: str, settled: Event | None = None
    ) -> None:
        self._entry, self._owner, self._grace, self._settled = entry, owner, context.grace, settled
        self._journal, self._gateway = context.journal, context.gateway
        self._retry_policy = context.retry_policy

    def settle(self, batches: Sequence[Batch]) -> None:
        """Look up what became of these orders, wait for the grace once, and look again, until stopped."""
        absent: dict[str, Finding] = {}
        again: list[Batch] = []
        for batch, looked in self._look_up(batches):
            recorded = self._record(batch, looked)
            if transition(batch.state, looked.event, batch.doubt).action is Action.LOOK_UP_AGAIN:
                absent[batch.order_id] = looked.finding
                again.append(recorded)
        if not again:
            return
        last = max(finding.answered_at for finding in absent.values())
        self._retry_policy.sleep(max(0.0, self._grace - (self._retry_policy.clock.monotonic() - last)))
        for batch, looked in self._look_up(again):
            gone = looked.event is Event.ABSENT
            self._record(batch, self._absent_again(batch, absent[batch.order_id], looked) if gone else looked)

    def _look_up(self, batches: Sequence[Batch]) -> Iterator[tuple[Batch, LookUpResult]]:
        orders = [(batch, self._journal.batches.members(batch)) for batch in batches]
        known = known_orders(self._journal.orders, self._entry, self._gateway)
        for batch, people, finding in look_up(self._gateway, orders, self._retry_policy, known):
            yield batch, self._interpret(batch, people, finding)

    def _interpret(self, batch: Batch, people: pd.DataFrame, finding: Finding) -> LookUpResult:
        if finding.event is Event.ABSENT:
            return LookUpResult(Event.ABSENT, finding)
        if not finding.listed or finding.recipients is None:
            return LookUpResult(Event.UNANSWERED, finding)
        answer = answer_of(batch.order_id, finding.recipients, self._gateway, self._retry_policy.clock.now())
        person = find(answer.recipients["phone"], people["phone"])
        delivery = answer.recipients["delivery"].reset_index(drop=True)[person >= 0]
        event = listed_as(person[person >= 0], delivery, len(people), self._gateway.profile)
        return LookUpResult(event, finding, answer)

    def _absent_again(self, batch: Batch, first: Finding, looked: LookUpResult) -> LookUpResult:
        """What the second absence of an order proves: nothing once its time has come."""
        finding = looked.finding
        reason = finding.proves_with(first, self._grace)
        if reason is None and not self._before_its_time(batch, finding):
            reason = "its time had come"
        if reason is None:
            return looked._replace(event=Event.ABSENT_TWICE)
        evidence = Evidence(finding.evidence.question, f"{finding.evidence.answer}; no proof: {reason}")
        return LookUpResult(Event.UNANSWERED, replace(finding, evidence=evidence))

    def _before_its_time(self, batch: Batch, finding: Finding) -> bool:
        """Whether it was asked for before it could have gone out and left the lists, by all clocks."""
        at, (_, latest) = batch.terms.schedule, self._retry_policy.clock.span()
        if at is None or finding.date is None:
            return False
        return finding.date + timedelta(seconds=CLOCK_TOLERANCE) < at and latest < at

    def _record(self, batch: Batch, looked: LookUpResult) -> Batch:
        """Write down what was found, first what became of each text."""
        step = transition(batch.state, looked.event, batch.doubt)
        evidence, profile = looked.finding.evidence, self._gateway.profile
        if looked.answer is not None:
            self._journal.deliveries.record(
                [looked.answer],
                final=profile.final,
                never_sent=profile.refused,
                opted_out=profile.opted_out,
            )
            states = looked.answer.recipients["delivery"].value_counts()
            said = ", ".join(f"{count} {code}" for code, count in states.items())
            evidence = Evidence(evidence.question, f"{evidence.answer}: {said}")
        open_ = step.state not in (State.ACCEPTED, State.CANCELLED)
        refused = looked.finding.refused if step.state is State.ACCEPTED else None
        reason = evidence.answer if open_ else None
        change = Change(batch, looked.event, step, evidence, reason=reason, refused=refused)
        (recorded,) = self._journal.batches.record(self._entry, self._owner, [change])
        if step.action is Action.ASK_PERSON and self._settled is not None:
            word = transition(recorded.state, self._settled, recorded.doubt)
            change = Change(recorded, self._settled, word, PERSON_SAYS)
            (recorded,) = self._journal.batches.record(self._entry, self._owner, [change])
        return recorded
