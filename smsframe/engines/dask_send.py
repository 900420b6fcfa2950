"""
The partitions of a frame of Dask are sent: what can refuse the call first, then all partitions, then those
again whose workers died, until nobody is left for want of a worker.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from smsframe.campaign.dispatch import history_of
from smsframe.campaign.preflight import affordable, require_confirmed
from smsframe.campaign.run.ramp import give_and_look
from smsframe.campaign.run_context import RunContext
from smsframe.contacts.policy import has_budget
from smsframe.display.progress_bar import Bar
from smsframe.engines.dask_budget import within_budget
from smsframe.engines.dask_parts import Lost
from smsframe.engines.finish import FIRST_LOOK, LONGEST_LOOK
from smsframe.engines.part import PartOutcome, call_of, count_of, outcome_of, result_frame
from smsframe.errors import CampaignStopped, JournalError
from smsframe.formatting import many
from smsframe.journal.campaigns.variants import other_variant
from smsframe.orders.ramp import ramp_of
from smsframe.orders.states import State
from smsframe.outcomes.columns import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsframe.engines.dask_parts import Parts
    from smsframe.engines.part import Job, PartCounts
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.journal.journal import Journal
    from smsframe.planning.parts import OtherParts

ROUNDS_WITHOUT_PROGRESS = 10
"""So often in a row partitions are sent again although nothing came of it."""
PATIENCE = 600.0
"""Seconds without progress, after which people whom another process is sending to are left pending."""


def send_parts(
    parts: Parts, job: Job, others: Sequence[OtherParts], gateway: GatewayProtocol, journal: Journal
) -> Any:
    """
    Send all partitions; the lazy frame of what came of it. See `smsframe.engines.dask_calls.send`.

    Args:
        parts: The partitions.
        job: What is to be done with each.
        others: What each has to know of the others.
        gateway: The gateway, opened here.
        journal: The journal, opened here.
    """
    context = RunContext.of(job.sending, gateway=gateway, journal=journal)
    stored = journal.read(job.campaign, call=call_of(job, gateway))
    given = None if job.options.ramp is None else ramp_of(job.options.ramp)
    if stored is not None and (given is not None or stored.entry.ramp is not None):
        give_and_look(stored.entry, given, context)  # once for all partitions
        stored = journal.read(job.campaign, call=call_of(job, gateway))
    if stored is not None:
        batches = stored.known.batches
        open_ = batches["state"].isin([State.PLANNED, State.SENDING, State.UNCONFIRMED])
        job = replace(
            job,
            stop_requests=stored.entry.stop_requests,
            before=frozenset(batches["order_id"][~open_]),
        )
    differing = max((part.other_variant for part in others), default=0)
    if differing and job.sending.changed != "continue":
        raise other_variant(job.campaign, differing)
    counts = parts.ask(count_of, job, within_budget(parts, job, others))
    _preflight(job, context, counts, None if stored is None else stored.entry)
    frame = parts.frame(result_frame, job, others, COLUMNS)
    rounds = Rounds(parts, job, others, context)
    with Bar("sending", "people", shown=job.sending.progress) as bar:
        bar.start(sum(count.people for count in counts))
        try:
            rounds.run(counts, bar)
        except KeyboardInterrupt:
            rounds.stop()
            context.say(
                "stopped: partitions that are being sent end by themselves. Go on with the same call, or "
                f"with smsframe.finish({job.campaign!r})"
            )
            raise
    rounds.raise_stopped(frame)
    return frame


def _preflight(job: Job, context: RunContext, counts: list[PartCounts], entry: Any) -> None:
    """
    Refuse what cannot be sent, for all partitions at once, before anybody is written down.

    Raises:
        SmsFrameError, ValueError: Nothing was sent.
    """
    require_confirmed(job.sending.confirm, sum(count.confirmable for count in counts))
    if not any(count.people for count in counts):
        return
    if not job.sending.adopt:  # otherwise each partition takes over what it finds
        history_of(job.campaign, entry, context)
    affordable(context.gateway, job.options.terms(job.profile), sum(count.segments for count in counts))


class Rounds:
    """
    Sends partitions, and again those that are not done.

    Args:
        parts: The partitions.
        job: What is to be done with each.
        others: What each has to know of the others.
        context: What the call works with, on this machine.
    """

    def __init__(self, parts: Parts, job: Job, others: Sequence[OtherParts], context: RunContext) -> None:
        self._parts, self._job, self._others, self._context = parts, job, others, context
        self._error: BaseException | None = None
        self._stopped = self._texted = False

    def run(self, counts: list[PartCounts], bar: Bar) -> None:
        """Send until every partition is done, or something stops the campaign."""
        # A budget covers the first rows first.
        budget = has_budget(self._job.options.policy)
        open_ = {number: count.people for number, count in enumerate(counts)}
        clock = self._context.retry_policy.clock
        look, rounds, since = FIRST_LOOK, 0, clock.monotonic()
        while open_ and not self._stopped:
            before, lost = sum(open_.values()), False
            for turn in [[number] for number in open_] if budget else [[*open_]]:
                for number, outcome in self._parts.each(outcome_of, self._job, self._others, turn):
                    lost |= isinstance(outcome, Lost)
                    self._note(outcome)
                    done = isinstance(outcome, PartOutcome) and outcome.error is None and outcome.begun
                    left = outcome.busy if done else open_[number]
                    bar.advance(max(open_[number] - left, 0))
                    if done and not left:
                        del open_[number]
                    else:
                        open_[number] = left
                if self._stopped:
                    return
            if sum(open_.values()) < before:
                look, rounds, since = FIRST_LOOK, 0, clock.monotonic()
            rounds += lost
            if open_ and not self._again(open_, rounds, clock.monotonic() - since):
                return
            if open_:
                clock.sleep(look)
                look = min(2 * look, LONGEST_LOOK)

    def stop(self) -> None:
        """Ask the runs of all partitions to stop, and those that have not begun not to begin."""
        self._stopped = True
        entry = self._context.journal.find(self._job.campaign)
        if entry is not None:
            self._context.journal.stop_requests.make(entry)

    def raise_stopped(self, frame: Any) -> None:
        """
        Raise what stopped the campaign, if anything did.

        Raises:
            CampaignStopped: Something may have been accepted; ``.results`` is the lazy frame.
            SmsFrameError, ValueError: Nothing of this call can have been accepted.
        """
        if self._error is None:
            return
        if not (self._texted or self._anything_texted()):
            raise self._error
        name = self._job.campaign
        raise CampaignStopped(
            f"campaign {name!r} stopped: {self._error}. No row is lost: go on with the same call, or with "
            f"smsframe.finish({name!r})",
            campaign=name,
            results=frame,
        ) from self._error

    def _note(self, outcome: PartOutcome | Lost) -> None:
        """Remember what stops the campaign."""
        if isinstance(outcome, Lost):
            return
        self._texted |= outcome.texted
        if outcome.error is not None and self._error is None:
            self._error = outcome.error
        self._stopped |= outcome.error is not None or not outcome.begun

    def _again(self, open_: dict[int, int], rounds: int, seconds: float) -> bool:
        """Whether partitions that are not done are sent again."""
        if rounds >= ROUNDS_WITHOUT_PROGRESS:
            self._error = JournalError(
                f"the workers of {many(len(open_), 'partition')} died {rounds} times, and nothing came of it"
            )
            return False
        if seconds > PATIENCE:
            self._context.say(
                f"other processes are still sending to {many(sum(open_.values()), 'person', 'people')}, "
                f"who are pending here; call smsframe.finish({self._job.campaign!r}) later"
            )
            return False
        return True

    def _anything_texted(self) -> bool:
        """Whether the journal has an order of this call that left."""
        stored = self._context.journal.read(self._job.campaign)
        if stored is None:
            return False
        batches = stored.known.batches
        left = ~batches["state"].isin([State.PLANNED, State.REFUSED])
        return bool((left & ~batches["order_id"].isin(self._job.before)).any())
