"""
Unconfirmed orders: looked up, looked up again after the grace, repeated only when proven absent.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from smsframe.campaign.look_ups.erased_people import without_erased
from smsframe.campaign.look_ups.history_check import known_orders
from smsframe.campaign.look_ups.look_up import Finding, ask_state, look_up
from smsframe.formatting import amount
from smsframe.journal.rows import same_hours
from smsframe.orders.deadlines import out_of_time
from smsframe.orders.records import Change, Evidence, Now
from smsframe.orders.states import Action, Doubt, Event, State, Step, transition
from smsframe.phones.match import among

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from smsframe.campaign.rules.may_text import MayText
    from smsframe.campaign.rules.wanted import Wanted
    from smsframe.campaign.run_context import RunContext
    from smsframe.orders.records import Batch, CampaignRecord, OrderResponse

POSTS = 3
"""How often one run sends one order at most, each time after two absences; then it stays unconfirmed."""


class MissingRecipients(NamedTuple):
    """
    The people of an accepted order who are not in it, as far as the gateway says.

    Attributes:
        missing: How many it does not list.
        refused: How many were left out, being refused.
        unsent: The segments of those.
    """

    missing: int = 0
    refused: int = 0
    unsent: int = 0


class LookUpOutcome(NamedTuple):
    """What a look-up came to: the batch as it is now, its people, what follows, and who is not in it."""

    batch: Batch
    people: pd.DataFrame
    step: Step
    counted: MissingRecipients = MissingRecipients()


class UnconfirmedOrders:
    """
    The open orders of one run.

    Args:
        entry: The campaign.
        context: The journal, who is asked, the waits, and the seconds within which what was taken is visible.
        owner: This run, alive in the journal.
        may_text: Knows whom this run may text.
        wanted: What this call wants of the people of orders that were in doubt before it.
        settled: What a person says of the orders that were unconfirmed before this run, if they stay so after
            they were looked up.
    """

    def __init__(
        self,
        entry: CampaignRecord,
        context: RunContext,
        owner: str,
        may_text: MayText,
        wanted: Wanted,
        *,
        settled: Event | None,
    ) -> None:
        journal = context.journal
        self._entry, self._gateway, self._owner = entry, without_erased(context.gateway, journal), owner
        self._batches, self._orders, self._erasure = journal.batches, journal.orders, journal.erasure
        self._may_text, self._grace, self._retry_policy = may_text, context.grace, context.retry_policy
        self._settled, self._wanted = settled, wanted
        self._open: list[Batch] = []
        self._lock_can_be_lost, self._taken_over = journal.lock_can_be_lost, False
        self._covered: set[str] = set()
        """The order ids that a person's word is about."""
        self.posts: Counter[str] = Counter()
        """How often this run sent each order."""

    def __bool__(self) -> bool:
        return bool(self._open)

    def add(self, *batches: Batch, covered: bool = False, taken_over: bool = False) -> None:
        """Orders to be looked up; whether a person's word is about them, and whether they were others'."""
        self._open += batches
        self._taken_over |= taken_over
        if covered:
            self._covered |= {batch.order_id for batch in batches}

    def settle(self) -> Iterator[LookUpOutcome]:
        """Look up what is open, wait for the grace once, look again; what each came to, until stopped."""
        absent: dict[str, tuple[Batch, pd.DataFrame, Finding]] = {}
        if self._taken_over and self._lock_can_be_lost:
            # A run that has lost its lock without dying may have had a request on its way.
            self._retry_policy.sleep(self._grace)
        self._taken_over = False
        orders = [(batch, self._batches.members(batch)) for batch in self._open]
        self._open = []
        for batch, people, finding in self._look_up(orders):
            settled = self._record(batch, people, finding)
            if finding.event is Event.ABSENT:
                absent[batch.order_id] = (settled.batch, people, finding)
            yield settled
        if absent:
            last = max(finding.answered_at for _, _, finding in absent.values())
            self._retry_policy.sleep(max(0.0, self._grace - (self._retry_policy.clock.monotonic() - last)))
        # What was not asked again stays unconfirmed.
        for batch, people, finding in self._look_up(
            [(batch, people) for batch, people, _ in absent.values()]
        ):
            if finding.event is Event.ABSENT:
                _, _, first = absent[batch.order_id]
                yield self._record(batch, people, self._absent_again(batch, people, first, finding))
            else:
                yield self._record(batch, people, finding)

    def _absent_again(self, batch: Batch, people: pd.DataFrame, first: Finding, finding: Finding) -> Finding:
        """What the second absence of an order proves, and what may follow from it."""
        if reason := finding.proves_with(first, self._grace):
            event = Event.UNANSWERED
        elif reason := self._no_longer_sendable(batch, people):
            event = Event.ABSENT_RETIRED
        elif self.posts[batch.order_id] >= POSTS:
            event, reason = Event.UNANSWERED, f"it was sent {POSTS} times already"
        else:
            event = Event.ABSENT_TWICE
        finding = replace(finding, event=event)
        if (
            event is not Event.UNANSWERED and batch.doubt is Doubt.REFUSED
        ):  # only resume(unconfirmed=) ends it, no look-up
            return _with_note(finding, "refused when repeated: only resume(unconfirmed=) ends it")
        return _with_note(finding, f"not repeated: {reason}") if reason else finding

    def ask_after(self, batch: Batch, *, covered: bool) -> None:
        """
        Ask again for people whom an accepted order lacks.

        If it still does, a person's word holds, when it is about (``covered``) this order.
        """
        people = self._batches.members(batch)
        finding = ask_state(self._gateway, batch, people, self._retry_policy)
        self._note(batch, finding)
        if covered and self._settled is not None and finding.event is not Event.FOUND:
            self._note(batch, _person_says(finding, self._settled))

    def check(self, batch: Batch, people: pd.DataFrame, charged: float | None) -> MissingRecipients:
        """
        An order that was accepted, perhaps without some of its people; ask once without whom.

        So it is when refused numbers may be left out of it, and when another charge than planned may be
        another price, or people left out. Who is not listed is not known to have a text. That is everybody
        where nobody is listed, and, where numbers may be left out or less was charged than all of them cost,
        where the gateway does not say for whom.
        """
        finding = ask_state(self._gateway, batch, people, self._retry_policy)
        if finding.lists == 0 or (not finding.listed and may_lack(batch, charged)):
            finding = replace(finding, event=Event.FOUND_PART, missing=people["phone"])
        if charged is not None and charged != batch.segments:
            note = f"{amount(charged)} credits were charged for {batch.segments} segments"
            finding = _with_note(finding, note)
        self._note(batch, finding)
        return _counted(finding, people)

    def _look_up(
        self, orders: list[tuple[Batch, pd.DataFrame]]
    ) -> Iterator[tuple[Batch, pd.DataFrame, Finding]]:
        known = known_orders(self._orders, self._entry, self._gateway)
        return look_up(self._gateway, orders, self._retry_policy, known)

    def _no_longer_sendable(self, batch: Batch, people: pd.DataFrame) -> str | None:
        """Why an order that is provably absent may not go out as it is, or None."""
        if len(self._may_text.of(people["phone"])) < len(people):
            return "some of its people are suppressed, or not in this call"
        if self._erasure.awaits(batch.id):
            return "some of its people are to be erased"
        if len(people) != batch.recipients or not people["latest"].all():
            return "some of its people were texted by another order"
        if not same_hours(batch, self._entry):
            return "it was cut by other hours than those that hold now"
        if out_of_time(batch, Now(*self._retry_policy.clock.span())):
            return "its time has passed, or it is outside its hours"
        return self._wanted.otherwise(batch, people, self._entry)

    def _record(self, batch: Batch, people: pd.DataFrame, finding: Finding) -> LookUpOutcome:
        """Write down what a look-up found, and what a person says of it."""
        step = transition(batch.state, finding.event, batch.doubt)
        reason = None if step.state is State.ACCEPTED else finding.evidence.answer
        change = Change(
            batch,
            finding.event,
            step,
            finding.evidence,
            reason=reason,
            missing=finding.missing,
            refused=finding.refused,
        )
        if step.action is Action.NEXT_GENERATION:
            instead = self._wanted.instead(batch, people)
            self._batches.split(self._entry, self._owner, change, [], instead)
            return LookUpOutcome(batch, people, step)
        (recorded,) = self._batches.record(self._entry, self._owner, [change])
        covered = batch.order_id in self._covered
        if step.action is Action.ASK_PERSON and self._settled is not None and covered:
            return self._record(recorded, people, _person_says(finding, self._settled))
        return LookUpOutcome(recorded, people, step, _counted(finding, people))

    def _note(self, batch: Batch, finding: Finding) -> None:
        # The step is where it is: it was accepted, and stays so.
        step = Step(batch.state, Action.RECORD, batch.doubt)
        missing, refused = finding.missing, finding.refused
        change = Change(batch, finding.event, step, finding.evidence, missing=missing, refused=refused)
        self._batches.note(self._entry, change)


def change_of(batch: Batch, people: pd.DataFrame, reply: OrderResponse, step: Step) -> Change:
    """What is written down of the answer to an order."""
    accepted = step.state is State.ACCEPTED
    return Change(
        batch,
        reply.event,
        step,
        reply.evidence,
        reason=None if accepted else reply.reason,
        sent_at=reply.sent_at if accepted or step.doubt else None,
        charged=reply.charged if accepted else None,
        # Until the gateway has listed them; we may be killed before it is asked.
        missing=people["phone"] if accepted and may_lack(batch, reply.charged) else None,
    )


def may_lack(batch: Batch, charged: float | None) -> bool:
    """Whether an order may have been accepted without some of its people."""
    return batch.terms.skip_refused or (charged is not None and charged < batch.segments)


def _counted(finding: Finding, people: pd.DataFrame) -> MissingRecipients:
    missing = 0 if finding.missing is None else len(finding.missing)
    if finding.refused is None:
        return MissingRecipients(missing)
    left_out = among(people["phone"], finding.refused.index)
    return MissingRecipients(missing, int(left_out.sum()), int(people["segments"][left_out].sum()))


def _with_note(finding: Finding, more: str) -> Finding:
    question, answer = finding.evidence
    return replace(finding, evidence=Evidence(question, f"{answer}; {more}"))


def _person_says(finding: Finding, event: Event) -> Finding:
    evidence = Evidence("resume(unconfirmed=)", "a person says so")
    return replace(finding, event=event, evidence=evidence, missing=None, refused=None)
