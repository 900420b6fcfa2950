"""
Worker threads that carry orders to the gateway and bring back what came of each.

They decide nothing and write nothing. What is under way is known before it can leave and until its answer
was handled, at whichever instruction Ctrl-C comes.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, InvalidStateError, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from smsframe.campaign.look_ups.look_up import is_absent
from smsframe.errors import GatewayError, JournalError
from smsframe.gateway.balance import credits_of
from smsframe.gateway.order import Order
from smsframe.orders.batching import another
from smsframe.orders.deadlines import out_of_time
from smsframe.orders.records import Now, OrderResponse
from smsframe.orders.states import Action, Event, State, transition
from smsframe.texts import render

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from typing import Any

    import pandas as pd

    from smsframe.campaign.run.rate_limit import Pace
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.gateway.retry import RetryPolicy
    from smsframe.orders.records import Batch


class PostOutcome(NamedTuple):
    """
    What a worker brings back.

    Attributes:
        reply: What the POST came to.
        left: After a refusal the credits left, None when the gateway does not say for this quality.
        credit_error: After a refusal why the credits could not be asked for.
    """

    reply: OrderResponse
    left: float | None = None
    credit_error: GatewayError | None = None


CALLED_OFF = PostOutcome(OrderResponse(Event.GAVE_UP, None, "stopped before it left"))


class _TooLateError(Exception):
    """The time of an order has passed, or it is outside its hours: it does not leave."""


class _BarredError(Exception):
    """Somebody in an order may not be texted any more: it does not leave."""


class Threads:
    """
    Real threads, that carry orders.

    The simulation puts its own in their place, and decides which of them goes on next.
    """

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="smsframe")

    def submit(self, work: Callable[..., None], future: Future[Any], *arguments: object) -> None:
        """
        Let a thread do some work, which ends with the future's result.

        Raises:
            RuntimeError: Python is ending and begins no more threads.
        """
        begun = self._pool.submit(work, future, *arguments)
        begun.add_done_callback(partial(_ended, future))

    def first_done(self, futures: Collection[Future[Any]]) -> set[Future[Any]]:
        """Those that are done, as soon as one is; none after a second, so that an interrupt is heard."""
        return wait(futures, timeout=1.0, return_when=FIRST_COMPLETED).done

    def close(self) -> None:
        """Wait for the threads to end."""
        self._pool.shutdown(wait=True)


class OrderWorkers:
    """
    The orders under way.

    Args:
        gateway: Where they go.
        threads: What carries them.
        pace: When each may leave.
        retry_policy: The waits; its ``stop`` ends them.
        held: Whether this run still owns what it sends; asked immediately before each POST.
        barred: Whether one of these people may not be texted now; asked immediately before each POST.
        waiting: Called once a second while no answer comes.
    """

    def __init__(
        self,
        gateway: GatewayProtocol,
        threads: Threads,
        pace: Pace,
        retry_policy: RetryPolicy,
        held: Callable[[], bool],
        barred: Callable[[pd.Series[Any]], bool] = lambda _: False,
        waiting: Callable[[], object] = lambda: None,
    ) -> None:
        self._waiting, self._barred = waiting, barred
        self._gateway, self._pace, self._retry_policy, self._held = gateway, pace, retry_policy, held
        self._threads = threads
        self._under_way: dict[Future[PostOutcome], tuple[Batch, pd.DataFrame]] = {}

    def __len__(self) -> int:
        return len(self._under_way)

    def send(self, batch: Batch, people: pd.DataFrame, wait: float = 0.0) -> None:
        """Hand an order to a worker; it leaves in ``wait`` seconds at the earliest."""
        earliest = self._retry_policy.clock.monotonic() + wait
        order = Order(batch.order_id, render.parse(batch.template), batch.encoding, batch.terms, people)
        future: Future[PostOutcome] = Future()
        self._under_way[future] = (batch, people)
        try:
            self._threads.submit(self._work, future, order, batch, earliest)
        except RuntimeError:  # Python is ending and begins no more threads; an earlier one may have it
            future.cancel()

    def answers(self) -> Iterator[list[tuple[Batch, pd.DataFrame, PostOutcome]]]:
        """All that came back, as soon as anything did; it is forgotten when the caller is back for more."""
        done = self._done()
        yield [self._answer(future) for future in done]
        for future in done:
            self._under_way.pop(future, None)

    def last_answers(self) -> Iterator[tuple[Batch, pd.DataFrame, PostOutcome]]:
        """What came back, one by one; each is let go of first, so that one that fails keeps no other."""
        for future in self._done():
            try:
                answer = self._answer(future)
            finally:
                del self._under_way[future]
            yield answer

    def _done(self) -> set[Future[PostOutcome]]:
        done = {future for future in self._under_way if future.cancelled()}
        while self._under_way and not done:  # an interrupt just before a wait without end would not be heard
            done = self._threads.first_done(self._under_way)
            if not done:
                self._waiting()
        return done

    def _answer(self, future: Future[PostOutcome]) -> tuple[Batch, pd.DataFrame, PostOutcome]:
        return (*self._under_way[future], CALLED_OFF if future.cancelled() else future.result())

    def call_off(self) -> None:
        """Keep what no worker has begun from leaving."""
        for future in self._under_way:
            future.cancel()

    def close(self) -> None:
        """Wait for the workers to end."""
        self._threads.close()

    def _work(self, future: Future[PostOutcome], order: Order, batch: Batch, earliest: float) -> None:
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(self._carry(order, batch, earliest))
            except BaseException as error:  # noqa: BLE001 - it is raised where the answer is handled
                future.set_exception(error)

    def _carry(self, order: Order, batch: Batch, earliest: float) -> PostOutcome:
        """Send; and ask for the credit when it is refused, so that both are recorded as one."""
        if not self._pace.wait(batch.recipients, earliest):
            return CALLED_OFF
        reply, answered = self._post(order, batch)
        if reply.event is Event.ACCEPTED and another(batch.order_id, reply.order_id):
            reason = f"{reply.reason}: it is the answer to another order"
            return PostOutcome(replace(reply, event=Event.NO_PROOF, reason=reason))
        step = transition(State.SENDING, reply.event, batch.doubt)
        refused = step.action is Action.NARROW
        # In both cases its people are given other order ids, which the gateway does not know.
        given_up = step.state is State.PLANNED and answered
        given_up = given_up and (self._out_of_time(batch) or self._barred(order.people["phone"]))
        if not (refused or given_up):
            return PostOutcome(reply)
        if not is_absent(self._gateway, batch, order.people, self._retry_policy):
            reason = f"{reply.reason}, and the gateway may have taken it before"
            return PostOutcome(replace(reply, event=Event.NO_PROOF, reason=reason))
        if given_up:
            return PostOutcome(reply)
        try:
            left = self._retry_policy.ask(self._gateway.credits)
            return PostOutcome(reply, credits_of(left, batch.terms.message_type))
        except GatewayError as error:
            return PostOutcome(reply, credit_error=error)

    def _post(self, order: Order, batch: Batch) -> tuple[OrderResponse, bool]:
        """
        Send, and repeat only what was provably not accepted, and not once stopped.

        Returns what it came to, and whether anybody ever answered, so that it may have arrived.
        """
        before: list[OrderResponse] = []
        stopped = self._retry_policy.stop.is_set

        def attempt() -> OrderResponse:
            if before and stopped():
                return before[-1]
            try:
                before.append(self._gateway.post(order, check))
            except _TooLateError:
                return replace(CALLED_OFF.reply, reason="its time passed before it left")
            except _BarredError:
                return replace(CALLED_OFF.reply, reason="somebody in it opted out before it left")
            return before[-1]

        def check() -> None:
            self._check(order, batch)

        def again(reply: OrderResponse) -> bool:
            step = transition(State.SENDING, reply.event, batch.doubt)
            return step.action is Action.REPEAT and not stopped()

        reply = self._retry_policy.until(attempt, again)
        answered = any(one.status is not None for one in before)
        if reply.event is Event.NOT_SENT:
            reply = replace(reply, event=Event.GAVE_UP)
        return reply, answered

    def _check(self, order: Order, batch: Batch) -> None:
        """
        Keep an order from leaving that may not leave now, immediately before a request.

        The time is looked at last: a process may be suspended while it reads the journal.
        """
        if self._barred(order.people["phone"]):
            raise _BarredError
        if not self._held():
            raise JournalError(
                "this run has lost its lock, which it holds beside the journal: somebody else may have "
                "taken over, so nothing more is sent; resume the campaign"
            )
        if self._out_of_time(batch):
            raise _TooLateError

    def _out_of_time(self, batch: Batch) -> bool:
        return out_of_time(batch, Now(*self._retry_policy.clock.span()))


def _ended(future: Future[PostOutcome], work: Future[None]) -> None:
    """Hand on what kept a worker from even beginning, as too little memory does: nobody waits for ever."""
    with suppress(InvalidStateError):  # it has its answer, or was called off
        if not work.cancelled():
            future.set_exception(work.exception() or RuntimeError("a worker ended without an answer"))
