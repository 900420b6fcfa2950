"""
Settle what nobody can know yet: ask the gateway about an order, and keep what it answered as evidence.

Only two documented questions are asked: the state of the order under our own order id, and the history.
What the gateway does with a repeated order id is documented nowhere, so nothing leans on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from smsframe.entries import Evidence
from smsframe.errors import GatewayError
from smsframe.life import Event

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from smsframe.entries import Batch
    from smsframe.gateway import Gateway
    from smsframe.patience import Patience

READINGS = 3
"""How often a history is read that changed while its pages were turned."""


@dataclass(frozen=True, slots=True, repr=False)
class Finding:
    """
    What a look-up came to.

    Attributes:
        event: What it means in the life of the batch.
        evidence: What was asked and answered.
        asked_at: When the first question was asked, by this process's monotonic clock.
        missing: Numbers of ours that the order does not list.
    """

    event: Event
    evidence: Evidence
    asked_at: float
    missing: pd.Series[Any] | None = None


def look_up(
    gateway: Gateway,
    batch: Batch,
    people: pd.DataFrame,
    patience: Patience,
    witnesses: Callable[[datetime], pd.Series[Any]],
) -> Finding:
    """
    Ask whether the gateway has an order.

    *Absent* takes two answers in one session: not found under the order id, and a complete history since a
    day before the order was claimed that does not list it. Anything less is `Event.UNANSWERED`.

    Args:
        gateway: Who is asked.
        batch: The order.
        people: ``phone`` of its recipients.
        patience: For questions that may be asked again.
        witnesses: The order ids that the gateway is known to have accepted since a time: a history without
            them, as of a gateway that was restarted, does not tell all.
    """
    asked_at = patience.clock.monotonic()
    question = f"GET sms/{batch.order_id}"

    def found(event: Event, answer: str, missing: pd.Series[Any] | None = None) -> Finding:
        return Finding(event, Evidence(question, answer), asked_at, missing)

    try:
        state = patience.ask(lambda: gateway.state(batch.order_id))
        if state is not None:
            return found(*_compare(state, people))
        session = gateway.sessions  # the one it was not found in: an ended one was renewed on the way
        if batch.claimed_at is None:
            return found(Event.UNANSWERED, "404; from when to ask for the history is unknown")
        # Whichever is earlier: the clock may have been wrong when the order was claimed, or be wrong now.
        since = min(batch.claimed_at, patience.clock.now()) - timedelta(days=1)
        question += f", GET smshistory since {since:%Y-%m-%d %H:%M} UTC"
        history, complete = _history(gateway, since, patience)
    except GatewayError as error:
        return found(Event.UNANSWERED, f"no answer: {type(error).__name__} (HTTP {error.status})")
    listed = history["order_id"].str.strip().str.lower()
    told = f"404; a history of {len(history)} orders"
    if listed.eq(batch.order_id.lower()).any():
        return found(Event.UNANSWERED, f"{told} that lists it")
    if not complete or gateway.sessions != session:
        return found(Event.UNANSWERED, f"{told}, incomplete or in another session")
    if not witnesses(since + timedelta(hours=23)).isin(listed).all():
        return found(Event.UNANSWERED, f"{told} that lacks orders which were accepted")
    return found(Event.ABSENT, f"{told}, complete, that does not list it")


def _history(gateway: Gateway, since: datetime, patience: Patience) -> tuple[pd.DataFrame, bool]:
    """The history; read again when others sent something while it was read."""
    for _ in range(READINGS):
        history, complete = patience.ask(lambda: gateway.history(since))
        if complete:
            break
    return history, complete


def earlier_orders(gateway: Gateway, prefix: str, patience: Patience) -> tuple[pd.DataFrame, bool]:
    """
    The orders of the last 30 days whose ids begin alike, and whether the history was complete.

    Returns:
        ``order_id``, ``create_time`` (UTC), ``num_recipients``.

    Raises:
        GatewayError: The gateway did not say.
    """
    history, complete = _history(gateway, patience.clock.now() - timedelta(days=30), patience)
    begins = history["order_id"].str.strip().str.lower().str.startswith(prefix.lower())
    return history[begins.fillna(value=False)].reset_index(drop=True), complete


def _compare(state: pd.DataFrame, people: pd.DataFrame) -> tuple[Any, ...]:
    """
    Ours, a part of ours, or other people's; anything between is no proof of any of them.

    Calling an order other people's sends ours again, so it takes an order that lists somebody, and nobody
    who could be one of ours in another spelling (the same last digits).
    """
    ours = people["phone"].isin(state["phone"])
    strangers = ~state["phone"].isin(people["phone"])
    answer = f"found with {ours.sum()} of our {len(people)} recipients and {strangers.sum()} others"
    if ours.any() and not strangers.any():
        return (Event.FOUND, answer) if ours.all() else (Event.FOUND_PART, answer, people["phone"][~ours])
    theirs = state["phone"].str.extract(r"([0-9]{6})\D*$")[0]
    alike = theirs.isna() | theirs.isin(people["phone"].str[-6:])
    if len(state) and not alike.any():
        return Event.FOUND_OTHER, answer
    return Event.UNANSWERED, f"{answer}, which proves nothing"
