"""
The orders nobody is sure of: looked up, looked up again after the grace, repeated only when proven absent.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from smsframe.entries import Change, Evidence, late
from smsframe.joins import among
from smsframe.life import Action, Event, State, Step, after
from smsframe.reasons import amount
from smsframe.reconcile import Finding, look_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from smsframe.entries import Batch, Entry
    from smsframe.gateway import Gateway
    from smsframe.journal import Journal
    from smsframe.patience import Patience

POSTS = 3
"""How often one run sends one order at most, each time after two absences; then it stays unconfirmed."""


class Settled(NamedTuple):
    """What a look-up came to: the batch as it is now, its people, what follows, and how many it lacks."""

    batch: Batch
    people: pd.DataFrame
    step: Step
    lacking: int = 0


class Doubts:
    """
    The open orders of one run.

    Args:
        entry: The campaign.
        journal: Its memory.
        gateway: Who is asked.
        owner: This run, alive in the journal.
        phones: Who this run may text.
        grace: Seconds within which an order that was taken becomes visible.
        patience: The waits.
        settled: What a person says of the orders that were unconfirmed before this run, if they stay so after
            they were looked up.
    """

    def __init__(
        self,
        entry: Entry,
        journal: Journal,
        gateway: Gateway,
        owner: str,
        phones: pd.Series[str],
        *,
        grace: float,
        patience: Patience,
        settled: Event | None,
    ) -> None:
        self._entry, self._batches, self._gateway, self._owner = entry, journal.batches, gateway, owner
        self._phones, self._grace, self._patience, self._settled = phones, grace, patience, settled
        self._open: list[Batch] = []
        self._meant: set[str] = set()
        """The order ids that a person's word is about."""
        self.posts: Counter[str] = Counter()
        """How often this run sent each order."""

    def __bool__(self) -> bool:
        return bool(self._open)

    def add(self, *batches: Batch, meant: bool = False) -> None:
        """Orders to be looked up; whether a person's word is about them."""
        self._open += batches
        if meant:
            self._meant |= {batch.order_id for batch in batches}

    def settle(self) -> Iterator[Settled]:
        """Look up what is open, wait for the grace once, look again; what each came to, until stopped."""
        stopped = self._patience.stop.is_set
        absent: list[tuple[Batch, pd.DataFrame, Finding]] = []
        while self._open and not stopped():
            batch = self._open.pop()
            people = self._batches.members(batch)
            finding = self._look_up(batch, people)
            came = self._record(batch, people, finding)
            if finding.event is Event.ABSENT:
                absent.append((came.batch, people, finding))
            yield came
        if absent:
            last = max(finding.asked_at for _, _, finding in absent)
            self._patience.sleep(max(0.0, self._grace - (self._patience.clock.monotonic() - last)))
        for batch, people, first in absent:
            if stopped():  # what was not asked again stays unconfirmed
                return
            finding = self._look_up(batch, people)
            if finding.event is Event.ABSENT:
                why = self._not_repeated(batch, people)
                if finding.asked_at - first.asked_at < self._grace:
                    why = "asked again too soon"
                finding = replace(finding, event=Event.ABSENT_TWICE if why is None else Event.UNANSWERED)
                if why is not None:
                    finding = _adding(finding, f"not repeated: {why}")
            yield self._record(batch, people, finding)

    def ask_after(self, batch: Batch) -> None:
        """Ask again for people whom an accepted order lacks; if it still does, a person's word holds."""
        finding = self._look_up(batch, self._batches.members(batch))
        self._note(batch, finding)
        if self._settled is not None and finding.event is not Event.FOUND:
            self._note(batch, _said(finding, self._settled))

    def check_charge(self, batch: Batch, people: pd.DataFrame, charged: float) -> int:
        """Another charge than planned: another price, or people left out; ask once how many."""
        finding = self._look_up(batch, people)
        self._note(
            batch, _adding(finding, f"{amount(charged)} credits were charged for {batch.segments} segments")
        )
        return _lacking(finding)

    def _look_up(self, batch: Batch, people: pd.DataFrame) -> Finding:
        return look_up(
            self._gateway,
            batch,
            people,
            self._patience,
            lambda since: self._batches.witnesses(self._entry, since),
        )

    def _not_repeated(self, batch: Batch, people: pd.DataFrame) -> str | None:
        """Why an order that is provably absent is not sent again by this run; None when it is."""
        if not among(people["phone"], self._phones).all():
            return "some of its people are suppressed, or not in this call"
        if late(batch, self._patience.clock.now()):
            return "its time has passed"
        if self.posts[batch.order_id] >= POSTS:
            return f"it was sent {POSTS} times already"
        return None

    def _record(self, batch: Batch, people: pd.DataFrame, finding: Finding) -> Settled:
        """Write down what a look-up found, and what a person says of it."""
        step = after(batch.state, finding.event, batch.doubt)
        reason = None if step.state is State.ACCEPTED else finding.evidence.answer
        change = Change(batch, finding.event, step, finding.evidence, reason=reason, missing=finding.missing)
        if step.action is Action.NEXT_GENERATION:
            self._batches.split(self._entry, self._owner, change, [])
            return Settled(batch, people, step)
        (found,) = self._batches.record(self._entry, self._owner, [change])
        meant = batch.order_id in self._meant
        if step.action is Action.ASK_PERSON and self._settled is not None and meant:
            return self._record(found, people, _said(finding, self._settled))
        return Settled(found, people, step, _lacking(finding))

    def _note(self, batch: Batch, finding: Finding) -> None:
        self._batches.note(self._entry, batch, finding.event, finding.evidence, finding.missing)


def _lacking(finding: Finding) -> int:
    return 0 if finding.missing is None else len(finding.missing)


def _adding(finding: Finding, more: str) -> Finding:
    question, answer = finding.evidence
    return replace(finding, evidence=Evidence(question, f"{answer}; {more}"))


def _said(finding: Finding, event: Event) -> Finding:
    said = Evidence("resume(unconfirmed=)", "a person says so")
    return replace(finding, event=event, evidence=said, missing=None)
