"""
Settle what nobody can know yet: ask the gateway about orders, and keep what it answered as evidence.

Only two documented questions are asked: the state of each order under our own order id, and the history,
once for all of them. What the gateway does with a repeated order id is documented nowhere, so nothing leans
on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from smsframe.campaign.look_ups import order_history
from smsframe.errors import GatewayError
from smsframe.orders.records import Evidence
from smsframe.orders.states import Event
from smsframe.outcomes.columns import E164

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from smsframe.campaign.look_ups.order_history import History
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.gateway.retry import RetryPolicy
    from smsframe.orders.records import Batch, OrderState

DAY = timedelta(days=1)
LONG = timedelta(days=30)
"""What is asked for where nobody knows from when: the history that is looked at of a campaign new to a
journal."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""From when the history is asked for where the gateway does not say what time it is."""

CLOCK_TOLERANCE = 2.0
"""Seconds: the gateway's ``Date`` is in whole ones (RFC 9110, 6.6.1), and one may just have begun."""


@dataclass(frozen=True, slots=True, repr=False)
class Finding:
    """
    What a look-up came to.

    Attributes:
        event: What it means in the life of the batch.
        evidence: What was asked and answered.
        asked_at: When the first question left, by this process's monotonic clock.
        answered_at: When its answer was there: an order that was given up before cannot arrive later than
            that, but for the grace.
        date: When it was answered, by the gateway's own clock (UTC), or None.
        missing: Numbers of ours that the order does not list.
        refused: The delivery codes of those whom the gateway left out, by number; only of an order that
            allows it.
        lists: How many people the order lists, or None when the gateway did not say.
        own: Whether the answer was in the gateway's own form.
        recipients: What the order lists, as `OrderState` has it, or None.
    """

    event: Event
    evidence: Evidence
    asked_at: float
    answered_at: float
    date: datetime | None = None
    missing: pd.Series[Any] | None = None
    lists: int | None = None
    refused: pd.Series[Any] | None = None
    own: bool = True
    recipients: pd.DataFrame | None = None

    @property
    def listed(self) -> bool:
        """Whether the order is there with people of ours, and with nobody else."""
        return self.event in (Event.FOUND, Event.FOUND_PART)

    def proves_with(self, first: Finding, grace: float) -> str | None:
        """
        Why two absences are no proof, or None when they are: the grace lies between them, by both clocks.

        This machine's clock is the monotonic one; the gateway's is compared with itself alone.
        """
        if self.asked_at - first.answered_at < grace:
            return "asked again too soon"
        if self.date is None or first.date is None:
            return "the gateway does not say what time it is"
        if (self.date - first.date).total_seconds() < grace - CLOCK_TOLERANCE:
            return "too soon by the gateway's clock"
        return None


class Known(NamedTuple):
    """
    What the journal knows of the account, to hold a history against.

    Attributes:
        witnesses: The order ids (small letters) that the gateway is known to have taken since a time: a
            history without them, as of a gateway that was restarted, does not tell all.
        own: Every order id (small letters) of the campaign in this journal.
        prefixes: How the order ids of the campaign begin.
    """

    witnesses: Callable[[datetime], pd.Series[Any]]
    own: Callable[[], pd.Series[Any]]
    prefixes: Callable[[], tuple[str, ...]]


def ask_state(
    gateway: GatewayProtocol, batch: Batch, people: pd.DataFrame, retry_policy: RetryPolicy
) -> Finding:
    """
    Ask for the state of one order; `Event.ABSENT` here means no more than that it was not found.
    """
    clock, question = retry_policy.clock, gateway.profile.state_question % batch.order_id
    asked_at = clock.monotonic()

    def finding_of(
        event: Event,
        answer: str,
        missing: pd.Series[Any] | None = None,
        state: OrderState | None = None,
    ) -> Finding:
        date = None if state is None else state.date
        listed = None if state is None else state.recipients
        lists, evidence = None if listed is None else len(listed), Evidence(question, answer)
        return Finding(event, evidence, asked_at, clock.monotonic(), date, missing, lists, recipients=listed)

    try:
        state = retry_policy.ask(lambda: gateway.state(batch.order_id))
    except GatewayError as error:
        return finding_of(Event.UNANSWERED, f"no answer: {type(error).__name__} (HTTP {error.status})")
    if state.recipients is None:
        return replace(finding_of(Event.ABSENT, "404", state=state), own=state.own)
    finding = finding_of(*_compare(state.recipients, people), state=state)
    if not (batch.terms.skip_refused and finding.listed):
        return finding
    refused = left_out(state.recipients, people, gateway.profile.refused)
    if refused.empty:
        return finding
    answer = f"{finding.evidence.answer}; {len(refused)} of them were left out, being refused"
    return replace(_with_evidence(finding, answer, ""), refused=refused)


def is_absent(
    gateway: GatewayProtocol, batch: Batch, people: pd.DataFrame, retry_policy: RetryPolicy
) -> bool:
    """
    Whether the gateway has nothing of an order that it refused.

    Something on the way may have sent it twice, or denied it, and the gateway refuses what repeats an id that
    it has. A proxy says 404 too, of whatever it is asked: then the history must say the same.
    """
    finding = ask_state(gateway, batch, people, retry_policy)
    if finding.event is not Event.ABSENT or finding.own:
        return finding.event is Event.ABSENT
    if not (gateway.profile.history and gateway.answers_itself):
        return False
    try:
        history = order_history.read(gateway, _not_before(batch, finding), retry_policy)
    except GatewayError:
        return False
    return history.complete and not history.lists(batch.order_id)


def left_out(state: pd.DataFrame, people: pd.DataFrame, codes: frozenset[str]) -> pd.Series[Any]:
    """Who is listed with nothing but codes that mean never sent: the first of these codes, by number."""
    listed = state[state["phone"].isin(people["phone"])]
    never_sent = listed["delivery"].isin(codes)
    maybe_sent = listed["phone"].isin(listed["phone"][~never_sent])
    delivery: pd.Series[Any] = listed[never_sent & ~maybe_sent].set_index("phone")["delivery"]
    return delivery[~delivery.index.duplicated()]


def look_up(
    gateway: GatewayProtocol,
    orders: list[tuple[Batch, pd.DataFrame]],
    retry_policy: RetryPolicy,
    known: Known,
) -> Iterator[tuple[Batch, pd.DataFrame, Finding]]:
    """
    Ask whether the gateway has some orders; each with its people and what was found, until stopped.

    *Absent* takes two answers in one session: not found under the order id, and a complete history since
    before the order was claimed that does not list it. Anything less is `Event.UNANSWERED`.

    Args:
        gateway: Who is asked.
        orders: The batches, with ``phone`` of their recipients.
        retry_policy: For questions that may be asked again.
        known: What the journal knows.
    """
    absent: list[tuple[Batch, pd.DataFrame, Finding]] = []
    session = None
    for batch, people in orders:
        if retry_policy.stop.is_set():
            return
        finding = ask_state(gateway, batch, people, retry_policy)
        if finding.event is not Event.ABSENT:
            yield batch, people, finding
            continue
        if session not in (None, gateway.sessions):  # what was not found in another one is no proof any more
            for one, recipients, before in absent:
                yield one, recipients, _unanswered(before, "404; the session ended meanwhile")
            absent.clear()
        session = gateway.sessions  # the one it was not found in: an ended one was renewed on the way
        absent.append((batch, people, finding))
    if absent and not retry_policy.stop.is_set():
        since = min(_not_before(batch, finding) for batch, _, finding in absent)
        judge = _judge(gateway, since, session, retry_policy, known)
        for batch, people, finding in absent:
            yield batch, people, judge(batch, finding)


def _judge(
    gateway: GatewayProtocol, since: datetime, session: int | None, retry_policy: RetryPolicy, known: Known
) -> Callable[[Batch, Finding], Finding]:
    """Read the history once; what it says of each order that was not found under its id."""
    if not gateway.profile.history:
        return lambda _, finding: _unanswered(finding, "404; this gateway has no history that could tell")
    question = f", {gateway.profile.history_question} since {since:%Y-%m-%d %H:%M} UTC"
    try:
        history = order_history.read(gateway, since, retry_policy)
    except GatewayError as error:
        answer = f"no answer: {type(error).__name__} (HTTP {error.status})"
        return lambda _, finding: _unanswered(finding, answer, question)
    doubt = _why_unproven(history, gateway, session, known, since)
    answer = f"404; a history of {len(history.orders)} orders"

    def judge(batch: Batch, finding: Finding) -> Finding:
        if history.lists(batch.order_id):
            return _unanswered(finding, f"{answer} that lists it", question)
        if doubt is not None:
            return _unanswered(finding, answer + doubt, question)
        return _with_evidence(finding, f"{answer}, complete, that does not list it", question)

    return judge


def _why_unproven(
    history: History, gateway: GatewayProtocol, session: int | None, known: Known, since: datetime
) -> str | None:
    """Why a history that does not list an order is no proof of its absence; None when it is."""
    if not history.complete or gateway.sessions != session:
        return ", incomplete or in another session"
    if not gateway.answers_itself:
        return ", perhaps out of a cache"
    if not known.witnesses(since).isin(history.ids).all():
        return " that lacks orders which were accepted"
    own_orders = history.ids[history.ids.str.startswith(known.prefixes())]
    if not own_orders.isin(known.own()).all():
        return " with orders of this campaign that this journal does not know: it may be an older copy"
    return None


def _not_before(batch: Batch, finding: Finding) -> datetime:
    """From when the history is asked for: nothing of the order can be older, by the gateway's clock."""
    if batch.not_before is not None:
        moment = batch.not_before - DAY
        return moment if finding.date is None else min(moment, finding.date - DAY)
    if finding.date is None:
        return EARLIEST
    # A journal of an earlier version has only this machine's clock, which may have been wrong.
    claimed = finding.date if batch.claimed_at is None else min(batch.claimed_at, finding.date)
    return claimed - LONG


def _unanswered(finding: Finding, answer: str, question: str = "") -> Finding:
    return replace(_with_evidence(finding, answer, question), event=Event.UNANSWERED)


def _with_evidence(finding: Finding, answer: str, question: str) -> Finding:
    return replace(finding, evidence=Evidence(f"{finding.evidence.question}{question}", answer))


def _compare(state: pd.DataFrame, people: pd.DataFrame) -> tuple[Event, str, pd.Series[Any] | None]:
    """
    Ours, a part of ours, or other people's; anything between is no proof of any of them.

    Calling an order other people's sends ours again, so it takes an order that lists somebody, and nobody
    who could be one of ours: each is a whole number (one whose last digits are hidden is none), and begins
    and ends otherwise than ours, so it is none of them in another spelling, or with zeros for hidden digits.
    """
    listed = people["phone"].isin(state["phone"])
    others = ~state["phone"].isin(people["phone"])
    answer = f"found with {listed.sum()} of our {len(people)} recipients and {others.sum()} others"
    if listed.any() and not others.any():
        missing = people["phone"][~listed]
        return (Event.FOUND_PART, answer, missing) if len(missing) else (Event.FOUND, answer, None)
    whole = state["phone"].str.fullmatch(E164).fillna(value=False).astype(bool)
    similar = ~whole | state["phone"].str[-6:].isin(people["phone"].str[-6:])
    similar |= state["phone"].str[:-4].isin(people["phone"].str[:-4])
    if len(state) and not similar.any():
        return Event.FOUND_OTHER, answer, None
    return Event.UNANSWERED, f"{answer}, which proves nothing", None
