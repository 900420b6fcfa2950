"""
Asks the gateway what became of texts, once or in rounds, and writes what it says into the journal.
"""

from __future__ import annotations

import itertools
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import TYPE_CHECKING, NamedTuple

import pyarrow.compute as pc

from smsframe.arrow import strings
from smsframe.campaign.reports import delivery
from smsframe.journal.orders.deliveries import OrderAnswer
from smsframe.outcomes.columns import E164
from smsframe.planning.parameters import timespan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    import pandas as pd

    from smsframe.campaign.options import RefreshOptions
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.gateway.retry import RetryPolicy
    from smsframe.journal.journal import Journal

log = logging.getLogger("smsframe")

RECORDED_AT_ONCE = 20
"""Answers of one transaction: a commit each would take longer than the questions."""


FIRST_WAIT, LONGEST_WAIT = 10.0, 300.0
"""Seconds between two rounds of questions, which grow from one to the other."""


class Progress(NamedTuple):
    """Called while orders are asked for: with how many there are, and with how many more were asked."""

    begin: Callable[[int], None]
    advance: Callable[[int], None]


def refresh(
    results: pd.DataFrame,
    gateway: GatewayProtocol,
    journal: Journal,
    *,
    options: RefreshOptions,
    retry_policy: RetryPolicy,
    progress: Progress,
) -> pd.DataFrame:
    """
    Ask for the delivery state of every order that has a row without a final one; see `smsframe.refresh`.

    What was answered before an error, or before Ctrl-C, is in the journal.
    """
    rows = delivery.with_delivery_columns(results)
    clock, profile = retry_policy.clock, gateway.profile
    types = journal.deliveries.message_types(rows["sms_order_id"].dropna().unique().tolist())
    scheduled = journal.cancellations.states(rows["sms_order_id"].dropna().unique().tolist())
    rows = delivery.with_cancellations(rows, scheduled, profile)
    orders, waits = delivery.orders_to_ask(rows, profile), _waits(options)
    began, limit = clock.monotonic(), options.limit
    while len(orders):
        progress.begin(len(orders))
        answers = ask_orders(
            orders, gateway, journal, {*types}, options.workers, retry_policy, progress.advance
        )
        rows = delivery.join_answers(rows, orders, answers, profile)
        rows = delivery.with_cancellations(rows, scheduled, profile)
        if limit is None:
            break
        orders = delivery.orders_to_ask_again(rows, [answer.order_id for answer in answers], profile, types)
        wait = next(waits)
        if not len(orders) or clock.monotonic() - began + wait > limit.total_seconds():
            break
        retry_policy.sleep(wait)
    return rows.set_axis(results.index)


def _waits(options: RefreshOptions) -> Iterator[float]:
    """Seconds before each further round."""
    if options.every is not None:
        yield from itertools.repeat(timespan("every", options.every).total_seconds())
    wait = FIRST_WAIT
    while True:
        yield wait
        wait = min(wait * 1.5, LONGEST_WAIT)


def ask_order(order: str, gateway: GatewayProtocol, retry_policy: RetryPolicy) -> OrderAnswer | None:
    """What the gateway says of an order; None when it does not know it."""
    recipients = retry_policy.ask(lambda: gateway.state(order)).recipients
    if recipients is None:
        return None
    return answer_of(order, recipients, gateway, retry_policy.clock.now())


def answer_of(order: str, listed: pd.DataFrame, gateway: GatewayProtocol, seen_at: datetime) -> OrderAnswer:
    """What an order lists, as the journal takes it."""
    whole = pc.fill_null(pc.match_substring_regex(strings(listed["phone"]), E164), fill_value=False)
    question = gateway.profile.state_question % order
    complete = whole.true_count == len(listed)
    known = listed if complete else listed[whole.to_numpy(zero_copy_only=False)]
    return OrderAnswer(order, known, complete, question, seen_at)


def ask_orders(
    orders: Sequence[str],
    gateway: GatewayProtocol,
    journal: Journal,
    journalled: set[str],
    workers: int,
    retry_policy: RetryPolicy,
    advance: Callable[[int], None],
    *,
    cancelled: bool = False,
) -> list[OrderAnswer]:
    """
    What the gateway says of orders, all at once; those that it does not know are left out.

    That is worth a word, unless they were ``cancelled``: then it is the proof.
    """
    profile = gateway.profile
    answers: list[OrderAnswer] = []
    recorded = 0

    def ask(order: str) -> OrderAnswer | None:
        answer = ask_order(order, gateway, retry_policy)
        advance(1)
        return answer

    def record() -> None:
        nonlocal recorded
        known = [answer for answer in answers[recorded:] if answer.order_id in journalled]
        recorded = len(answers)
        if known:
            journal.deliveries.record(
                known, final=profile.final, never_sent=profile.refused, opted_out=profile.opted_out
            )

    kept: AbstractContextManager[None] = journal.deliveries.open() if journalled else nullcontext()
    with kept, ThreadPoolExecutor(workers, thread_name_prefix="smsframe") as pool:
        try:
            for answer in pool.map(ask, orders):
                if answer is not None:
                    answers.append(answer)
                if len(answers) - recorded >= RECORDED_AT_ONCE:
                    record()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            record()
    if len(answers) < len(orders) and not cancelled:
        log.warning("the gateway does not know %d of %d orders", len(orders) - len(answers), len(orders))
    return answers
