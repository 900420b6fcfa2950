"""
Settle what nobody can know yet: ask the gateway about an order, and keep what it answered as evidence.

Only two documented questions are asked: the state of the order under our own order id, and the history.
What the gateway does with a repeated order id is documented nowhere, so nothing leans on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from smsframe.errors import GatewayError
from smsframe.life import Event

if TYPE_CHECKING:
    import pandas as pd

    from smsframe.entries import Batch
    from smsframe.gateway import Gateway
    from smsframe.patience import Patience


@dataclass(frozen=True, slots=True, repr=False)
class Finding:
    """
    What a look-up came to.

    Attributes:
        event: What it means in the life of the batch.
        answer: Which question got which answer, for the evidence.
        asked_at: When the first question was asked, by this process's monotonic clock.
        missing: Numbers of ours that the order does not list.
    """

    event: Event
    answer: str
    asked_at: float
    missing: pd.Series[Any] | None = None


def look_up(gateway: Gateway, batch: Batch, people: pd.DataFrame, patience: Patience) -> Finding:
    """
    Ask whether the gateway has an order.

    *Absent* takes two answers in one session: not found under the order id, and a complete history since a
    day before the order was claimed that does not list it. Anything less is `Event.UNANSWERED`.
    """
    asked_at = patience.monotonic()
    try:
        state = patience.ask(lambda: gateway.state(batch.order_id))
        if state is not None:
            return _compare(state, people, asked_at)
        session = gateway.sessions  # the one it was not found in: an ended one was renewed on the way
        since = batch.claimed_at - timedelta(days=1) if batch.claimed_at else None
        if since is None:
            return Finding(Event.UNANSWERED, "state: not found; history: from when is unknown", asked_at)
        history, complete = patience.ask(lambda: gateway.history(since))
    except GatewayError as error:
        return Finding(Event.UNANSWERED, f"no answer: {type(error).__name__} (HTTP {error.status})", asked_at)
    if history["order_id"].str.strip().str.lower().eq(batch.order_id.lower()).any():
        return Finding(Event.UNANSWERED, "state: not found; history: listed", asked_at)
    if not complete or gateway.sessions != session:
        return Finding(
            Event.UNANSWERED, "state: not found; history: incomplete or in another session", asked_at
        )
    return Finding(
        Event.ABSENT, f"state: not found; history: complete, {len(history)} orders, not listed", asked_at
    )


def _compare(state: pd.DataFrame, people: pd.DataFrame, asked_at: float) -> Finding:
    """
    Ours, a part of ours, or other people's; anything between is no proof of any of them.

    Calling an order other people's sends ours again, so it takes an order that lists somebody, and nobody
    who could be one of ours in another spelling (the same last digits).
    """
    ours = people["phone"].isin(state["phone"])
    strangers = ~state["phone"].isin(people["phone"])
    answer = f"state: found with {ours.sum()} of our {len(people)} recipients and {strangers.sum()} others"
    if ours.any() and not strangers.any():
        if ours.all():
            return Finding(Event.FOUND, answer, asked_at)
        return Finding(Event.FOUND_PART, answer, asked_at, missing=people["phone"][~ours])
    theirs = state["phone"].str.extract(r"([0-9]{6})\D*$")[0]
    alike = theirs.isna() | theirs.isin(people["phone"].str[-6:])
    if len(state) and not alike.any():
        return Finding(Event.FOUND_OTHER, answer, asked_at)
    return Finding(Event.UNANSWERED, f"{answer}, which proves nothing", asked_at)
