"""
The engine: claim, send, record; look up what nobody knows; split what was refused; stop cleanly.

Worker threads only carry requests. Every decision, and every write to the journal, is made by the thread
that called, one after the other: what `smsframe.orders.states` says of an answer is on disk before anything
else.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from smsframe.campaign.look_ups.reconcile import UnconfirmedOrders, change_of
from smsframe.campaign.run import stop_errors
from smsframe.campaign.run.posted_orders import PostedOrders
from smsframe.campaign.run.progress_reports import reporting
from smsframe.campaign.run.rate_limit import Pace
from smsframe.campaign.run.stop_request import StopRequest
from smsframe.campaign.run.workers import OrderWorkers
from smsframe.journal.orders.shared_limits import HELD, MOST_UNPROVEN
from smsframe.orders.batching import PROBE_AFTER, SAME_REFUSALS, same_reason, split_refused
from smsframe.orders.deadlines import has_own_time, out_of_time
from smsframe.orders.records import BatchWithPeople, Change, Now
from smsframe.orders.states import Action, Event, State, Step, transition

if TYPE_CHECKING:
    import pandas as pd

    from smsframe.campaign.rules.may_text import MayText
    from smsframe.campaign.rules.wanted import Wanted
    from smsframe.campaign.run.workers import PostOutcome
    from smsframe.campaign.run_context import RunContext
    from smsframe.errors import SmsFrameError
    from smsframe.orders.records import Batch, OrderResponse, Registered


class CampaignEngine:
    """
    One run over a campaign.

    Args:
        registered: The campaign, and the batches that were cut when it was written down.
        context: Gateway, journal, clock and the rest.
        owner: This run, alive in the journal.
        phones: Who this run may text: its own people, without the suppressed.
        may_text: Knows who of them may no longer be texted.
        wanted: What the call wants of those whose order was in doubt when it began.
        settled: What a person says of orders that stay unconfirmed after they were looked up.
        in_doubt_before: The ids of the orders that it is said of: in doubt when the call began.
    """

    def __init__(
        self,
        registered: Registered,
        context: RunContext,
        owner: str,
        may_text: MayText,
        wanted: Wanted,
        *,
        settled: Event | None = None,
        in_doubt_before: frozenset[str] = frozenset(),
    ) -> None:
        entry, journal, retry_policy = registered.entry, context.journal, context.retry_policy
        self.cause: SmsFrameError | ValueError | None = None
        self.maybe_texted = False
        """Whether anything of this run was, or may have been, accepted."""
        self.idle = not registered.fresh
        """Whether there was nothing to do, so that the journal is as it was."""
        self.posted, self.found_in_doubt = PostedOrders(), wanted.orders
        self.drift = 0.0  # credits charged beyond those planned; fewer are negative
        self.entry = self._entry = entry
        self._batches, self._owner = journal.batches, owner
        self._limits = journal.shared_limits(entry, owner, context.rate)
        self._stop_request = StopRequest(entry, context)
        self._may_text, self._workers = may_text, context.workers
        self._report_people, self._report_missing = reporting(context.report)
        self._stopped, self._clock, self._sleep = retry_policy.stop, retry_policy.clock, retry_policy.sleep
        self._accepted, self._in_doubt_before = registered.accepted, in_doubt_before
        self._queue, self._narrowing = deque(registered.created), deque[BatchWithPeople]()
        self._in_doubt, self._incomplete = registered.in_doubt, registered.incomplete
        self._refused = [*registered.refused]
        self._refused_before = {batch.id for batch, _ in self._refused}
        self._refused_batches = self._unproven = 0  # answers without proof since the last that was accepted
        self._remaining: float | None = None  # credits left, as the last order that was accepted says
        self._price = 1.0  # the most credits a segment was charged in this run
        self._unconfirmed = UnconfirmedOrders(entry, context, owner, may_text, wanted, settled=settled)
        self._order_workers = OrderWorkers(
            context.gateway,
            context.threads(context.workers),
            Pace(context.rate, retry_policy),
            retry_policy,
            held=lambda: journal.batches.held(owner),
            barred=may_text.barred_now,
            waiting=self._stop_request.look,
        )

    def run(self) -> None:
        """Send what is to be sent and settle what can be settled; ``cause`` says why it stopped early."""
        for batch in self._in_doubt:  # a person knows of those that were in doubt before
            self._unconfirmed.add(batch, covered=batch.order_id in self._in_doubt_before, taken_over=True)
            self._report_people(State.UNCONFIRMED, batch, before=None)
        for batch in self._incomplete:
            self._unconfirmed.ask_after(batch, covered=batch.order_id in self._in_doubt_before)
        if self._incomplete:  # a person's word may have freed some of their people
            self._queue_free(self._may_text.phones)
        self.idle &= not (self._queue or self._unconfirmed or self._incomplete)
        try:
            while self._fill() or self._settle():
                pass
        except BaseException:
            # Ctrl-C, or a journal that fails: what is under way still gets its record, if it can.
            self._stopped.set()
            self._drain()
            raise
        finally:
            self._order_workers.close()

    def stop(self, cause: SmsFrameError | ValueError | None = None) -> None:
        """Send nothing more; what is under way gets its record. The first cause counts, none if asked to."""
        if not self._stopped.is_set():
            self.cause = cause
        self._stopped.set()

    def hold(self, cause: SmsFrameError) -> None:
        """Send nothing at all; the orders that were taken over are accepted all the same."""
        self.maybe_texted = True
        self.stop(cause)

    def _fill(self) -> bool:
        """Keep requests under way; handle answers as they come; False when there is nothing left to send."""
        for batch, people in self._following(self._room() - len(self._order_workers)):
            self._unconfirmed.posts[batch.order_id] += 1
            self.posted.update(batch, State.SENDING, people)
            self._order_workers.send(batch, people, self._limits.waits.pop(batch.order_id, 0.0))
        if not self._order_workers:
            return self._room() > 0 and not self._stopped.is_set() and bool(self._narrowing or self._queue)
        for answers in self._order_workers.answers():
            self._handle(answers)
        return True

    def _room(self) -> int:
        """
        How many orders may be under way.

        One at a time until one is accepted, and after an answer without proof, so that a fault is met by one
        order only. None while nobody knows whether the gateway still takes anything.
        """
        if self._unproven >= MOST_UNPROVEN:
            return 0
        return self._workers if self._accepted and not self._unproven else 1

    def _following(self, room: int) -> list[BatchWithPeople]:
        """The next orders to send, claimed; fewer when somebody else has taken some."""
        ready: list[BatchWithPeople] = []
        planned: list[BatchWithPeople] = []
        leave_out = self._may_text.looking_once()
        while len(ready) + len(planned) < room and not self._stopped.is_set():
            waiting = self._narrowing or self._queue
            if not waiting:
                break
            item = waiting.popleft()
            if item.batch.state is State.SENDING:  # looked up, absent twice, and written down as repeated
                ready.append(item)
            elif out_of_time(item.batch, self._now()):
                self._out_of_time(item.batch, item.people)
            elif leave_out(item.people):
                self._cut_others(item.batch, item.people)
            else:
                planned.append(item)
        if planned:
            claimed = self._batches.claim(self._entry, planned, self._owner, self._limits.admit)
            if claimed is None:
                self._stop_request.obey()
                return []
            planned = self._admitted(planned)
            ready += claimed
            if len(claimed) < len(planned):
                self._cut_again()
        elif ready and self._stop_request.look():
            return []  # they stay `sending`, and are looked up by who goes on
        return ready

    def _admitted(self, planned: list[BatchWithPeople]) -> list[BatchWithPeople]:
        """Those of some planned orders that the limits of all runs let go; the others are tried again."""
        self._accepted |= self._limits.accepted
        self._queue.extendleft(reversed(planned[self._limits.admitted :]))
        if not self._limits.admitted and not self._order_workers:
            if self._limits.unproven >= MOST_UNPROVEN and self._limits.waited:
                self._unproven = self._limits.unproven
            else:
                self._sleep(HELD)
        return planned[: self._limits.admitted]

    def _cut_again(self) -> None:
        """Somebody who was planned was erased, or it no longer fits: more was charged than predicted."""
        if self._entry.budget is None:
            self._queue_free(self._may_text.phones)
            return
        again = [item for item in (*self._narrowing, *self._queue) if item.batch.state is State.SENDING]
        cut = self._batches.cut_within_budget(self._entry, self._owner, self._may_text.phones, self._now())
        self._queue, self._narrowing = deque([*again, *cut]), deque()

    def _handle(self, answers: list[tuple[Batch, pd.DataFrame, PostOutcome]]) -> None:
        """Write down what answers prove, in one transaction; then do what follows from each."""
        changes: list[tuple[Change, pd.DataFrame, PostOutcome]] = []
        others: list[tuple[Change, pd.DataFrame, PostOutcome]] = []
        for batch, people, outcome in answers:
            reply = outcome.reply
            step = transition(batch.state, reply.event, batch.doubt)
            self.posted.update(batch, step.state, people)
            self.maybe_texted |= step.state is State.ACCEPTED or bool(step.doubt)
            change = change_of(batch, people, reply, step)
            (others if step.action is Action.NARROW else changes).append((change, people, outcome))
        done = self._batches.record(self._entry, self._owner, [change for change, *_ in changes])
        for batch, (change, people, outcome) in zip(done, changes, strict=True):
            self._follow(batch, change.step, people, outcome.reply)
        for change, people, outcome in others:
            self._split_or_stop(change, people, outcome)

    def _follow(self, batch: Batch, step: Step, people: pd.DataFrame, reply: OrderResponse) -> None:
        """Do what follows from an answer that is written down."""
        match step.action:
            case Action.RECORD:
                accepted, unproven = self._accepted, self._unproven
                self._accepted, self._unproven, self._remaining = True, 0, reply.remaining
                self._report_people(State.ACCEPTED, batch, credits_=reply.charged or 0.0)
                charged = batch.segments if reply.charged is None else reply.charged
                if batch.terms.skip_refused or charged != batch.segments:
                    counted = self._unconfirmed.check(batch, people, reply.charged)
                    self._report_missing(counted)
                    if counted.missing == batch.recipients:  # it was accepted by word only
                        self._accepted, self._unproven = accepted, unproven + 1
                    self._price = max(self._price, charged / batch.segments)
                    if charged != batch.segments - counted.unsent:  # it is no news that they cost nothing
                        self.drift += charged - batch.segments
                if (reply.order_id or batch.order_id).lower() != batch.order_id.lower():
                    self.stop(stop_errors.own_id(batch))
            case Action.LOOK_UP:
                self._unproven += 1
                self._unconfirmed.add(batch)
                self._report_people(State.UNCONFIRMED, batch)
            case _:
                self._given_up(batch, people, reply)

    def _given_up(self, batch: Batch, people: pd.DataFrame, reply: OrderResponse) -> None:
        """An order was not taken: it may not leave any more as it is, or nothing more can be sent."""
        barred = reply.event is Event.GAVE_UP and self._may_text.leave_out(people["phone"])
        late = out_of_time(batch, self._now())
        if batch.state is State.PLANNED and late:
            self._out_of_time(batch, people)
        elif batch.state is State.PLANNED and barred:
            self._cut_others(batch, people)
        elif barred or (reply.event is Event.GAVE_UP and late and has_own_time(batch, self._entry)):
            self._unconfirmed.add(batch)  # once it is absent again, its people are cut again
            self._report_people(State.UNCONFIRMED, batch)
        else:
            self.stop(stop_errors.too_late(batch) if late else reply.error(batch.order_id))

    def _drain(self) -> None:
        """Write down what is under way; what cannot be written stays ``sending``, to be looked up."""
        self._order_workers.call_off()
        while self._order_workers:
            with suppress(Exception):  # or it was written when we were interrupted
                for answer in self._order_workers.last_answers():
                    self._handle([answer])

    # What was refused.

    def _split_or_stop(self, change: Change, people: pd.DataFrame, outcome: PostOutcome) -> None:
        """Find out whether it is the credit, one number, or the whole request; one transaction records it."""
        batch, reply = change.batch, outcome.reply
        # Of two balances the smaller one: one of them may be late, and nobody is rejected for that.
        left = min((known for known in (self._remaining, outcome.left) if known is not None), default=None)
        if whole := stop_errors.refused_whole(batch, reply, outcome.credit_error, left, self._price):
            self._batches.split(self._entry, self._owner, change, [])  # nobody is rejected for that
            self.stop(whole)
        elif len(people) > 1:
            self._refused_batches += 1
            probe = self._refused_batches >= PROBE_AFTER and not self._accepted
            parts = split_refused(people, probe=probe)
            self._narrowing.extend(self._batches.split(self._entry, self._owner, change, parts))
        else:
            (done,) = self._batches.record(self._entry, self._owner, [change])
            self._refused.append((done, reply.reason))
            self._report_people(State.REFUSED, batch)
            self._whole_request(reply)

    def _whole_request(self, reply: OrderResponse) -> None:
        """Stop when people from different places were refused alike and nothing was ever accepted."""
        same = same_reason(self._refused, reply.reason)
        if self._accepted or len(same) < SAME_REFUSALS:
            return
        self._batches.release(same)
        for batch in same:
            before = None if batch.id in self._refused_before else State.REFUSED
            self._report_people(State.PLANNED, batch, before=before)
        self.stop(stop_errors.whole_request(reply))

    def _settle(self) -> bool:
        """Settle what is open; True when something is to be sent."""
        if self._stopped.is_set() or not (self._unconfirmed or self._unproven >= MOST_UNPROVEN):
            return False
        any_found = False
        for batch, people, step, counted in self._unconfirmed.settle():
            self.posted.update(batch, step.state, people[people["latest"]])
            match step.action:
                case Action.RECORD:
                    any_found = self._accepted = self.maybe_texted = True
                    self._report_people(State.ACCEPTED, batch, before=State.UNCONFIRMED)
                    self._report_missing(counted)
                case Action.REPEAT:
                    self._report_people(State.PLANNED, batch, before=State.UNCONFIRMED)
                    self._queue.append(BatchWithPeople(batch, people))
                case Action.NEXT_GENERATION:
                    self._report_people(State.PLANNED, batch, before=State.UNCONFIRMED)
                    self._queue_free(self._may_text.of(people["phone"]))
                case Action.ASK_PERSON:  # otherwise it is looked up again when the grace is over
                    self.maybe_texted = True
        if self._unproven >= MOST_UNPROVEN:
            if any_found:  # go on, one order at a time, as one of them was taken
                self._unproven = 1
            else:
                self.stop(stop_errors.answers_lost(self._unproven))
        return bool(self._queue)

    def _queue_free(self, phones: pd.Series[Any]) -> None:
        self._queue.extend(self._batches.create_batches(self._entry, self._owner, phones, self._now()))

    def _now(self) -> Now:
        return Now(*self._clock.span())

    def _out_of_time(self, batch: Batch, people: pd.DataFrame) -> None:
        """A planned order may not leave: the one time for all has passed, or its people are cut again."""
        if has_own_time(batch, self._entry):
            self._cut_others(batch, people)
        else:
            self.stop(stop_errors.too_late(batch))

    def _cut_others(self, batch: Batch, people: pd.DataFrame) -> None:
        """Those of a planned order who may be texted still are cut again."""
        phones = self._may_text.of(people["phone"])
        self._queue.extend(self._batches.cut_again(self._entry, self._owner, batch, phones, self._now()))
