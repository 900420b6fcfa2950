"""
What the packages hand to each other: what the journal says, what the gateway answered, steps of progress.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from smsframe.arrow import TEXT
from smsframe.errors import GatewayError, NotAuthorised, Rejected, Unavailable, Unconfirmed
from smsframe.formatting import amount
from smsframe.orders.states import Doubt, Event, State, Step

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from smsframe.orders.prices import Budget
    from smsframe.orders.ramp import RampState
    from smsframe.orders.terms import Terms


class Evidence(NamedTuple):
    """
    What the gateway was asked about an order, and what it answered.
    """

    question: str | None = None
    answer: str | None = None


class Now(NamedTuple):
    """
    What the clocks show: this machine's and, once it has said so, the gateway's, in either order.

    Attributes:
        earliest: The earlier of the two (UTC).
        latest: The later one; the same where there is only one.
    """

    earliest: datetime
    latest: datetime


class Stamp(NamedTuple):
    """
    When, and in which process, something is written down.
    """

    at: datetime
    process: str


@dataclass(frozen=True, slots=True)
class CampaignRecord:
    """
    What the journal says of a campaign.

    Attributes:
        id: Its key.
        name: The name under which nobody is texted twice.
        base_url: The gateway it belongs to.
        account: And the account there.
        prefix: The first half of its order ids.
        text: The key of its latest text.
        template: The latest text.
        terms: How the latest call wanted it sent.
        batch_size: Recipients per order at most.
        compared_at: When the gateway's history was last compared with the journal, by the gateway's clock
            (UTC), or None.
        created_at: When it was first written down, by this machine's clock (UTC).
        stop_requests: How often somebody had asked for its runs to stop when it was read.
        budget: What the orders of the campaign may cost, as this call says; it is not in the journal.
        salt: Part of what its order ids are digests of; None of campaigns of older versions.
        purged_at: When its people and texts were erased (UTC), or None: nobody is texted in it any more.
        ramp: How far its ramp was when it was read, or None.
    """

    id: int
    name: str
    base_url: str
    account: str
    prefix: str
    text: int
    template: str
    terms: Terms
    batch_size: int
    compared_at: datetime | None
    created_at: datetime
    stop_requests: int = 0
    budget: Budget | None = None
    salt: str | None = field(default=None, repr=False)
    purged_at: datetime | None = None
    ramp: RampState | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """
    What the journal says of a batch; its people are asked for apart.

    Attributes:
        id: Its key.
        campaign: The key of its campaign.
        order_id: Written when it was cut, only read since.
        state: Where it is in its life.
        doubt: Whether an attempt may have been accepted.
        template: Its text.
        encoding: ``gsm`` or ``ucs2``.
        terms: Quality, sender and time it was cut with, and whether refused numbers are left out of it.
        recipients: How many people.
        segments: Segments, which is the credits expected.
        claimed_at: When it was first claimed (UTC, this machine's clock).
        not_before: Nothing of it can be older at the gateway, by the gateway's clock (UTC); None when the
            gateway never said what time it is.
        opens_at: It may not leave before (UTC), where hours say so.
        closes_at: It may not leave, or go out, at this instant or later (UTC), where hours say so: those of
            one of its people end then.
        hours: The hours that its time was chosen by, as evidence.
    """

    id: int
    campaign: int
    order_id: str
    state: State
    doubt: Doubt
    template: str
    encoding: str
    terms: Terms
    recipients: int
    segments: int
    claimed_at: datetime | None
    not_before: datetime | None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    hours: str | None = None


class Change(NamedTuple):
    """
    What happened to a batch.

    Attributes:
        batch: The batch as it was.
        event: What happened.
        step: Where that leads.
        evidence: What was asked and answered.
        reason: Why it is not accepted, in words.
        sent_at: When the request left (UTC), if one did.
        charged: The credits that were charged, if any.
        missing: Numbers of its people that the gateway's order does not list.
        refused: The delivery codes of those whom the gateway left out, by number.
    """

    batch: Batch
    event: Event
    step: Step
    evidence: Evidence
    reason: str | None = None
    sent_at: datetime | None = None
    charged: float | None = None
    missing: pd.Series[Any] | None = None
    refused: pd.Series[Any] | None = None


class BatchWithPeople(NamedTuple):
    """
    A batch and its people, as they were written down together.
    """

    batch: Batch
    people: pd.DataFrame


def no_orders() -> pd.DataFrame:
    """No orders to be taken over."""
    names = ("order_id", "create_time", "schedule_time", "phone", "refused", "unlisted")
    return pd.DataFrame({name: [] for name in names}, dtype=TEXT)


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """
    What follows from the gateway's history.

    Attributes:
        date: When it was read, by the gateway's own clock (UTC); None when the gateway does not say, or was
            not asked.
        doubted: Ids of orders that the gateway lists and this journal has as planned or refused.
        adopted: Orders to be taken over: ``order_id``, ``create_time``, ``schedule_time`` (UTC), ``phone``,
            a row per recipient that is listed, or one without a ``phone`` where nobody is; ``refused``: the
            delivery code with which they were left out, or missing; ``unlisted``: how many more recipients
            the history counts.
    """

    date: datetime | None = None
    doubted: pd.Series[Any] = field(default_factory=lambda: pd.Series([], dtype=TEXT))
    adopted: pd.DataFrame = field(default_factory=no_orders)

    @property
    def found(self) -> bool:
        """Whether the gateway has something that this journal should know otherwise."""
        return len(self.doubted) > 0 or len(self.adopted) > 0


class Registered(NamedTuple):
    """
    A campaign and people, as they were written down, and what a run begins with.

    Attributes:
        entry: The campaign.
        created: The batches of this run.
        fresh: Whether anybody was written down, or taken over.
        unlisted: How many people of orders that were taken over nobody has named yet.
        in_doubt: The orders of dead owners that may have been sent, which are this run's now.
        incomplete: The accepted orders that do not list everybody.
        accepted: Whether an order was ever accepted of the type and sender that this call wants.
        refused: If not, the people whom the gateway refused one by one, each with its reason.
    """

    entry: CampaignRecord
    created: list[BatchWithPeople]
    fresh: bool
    unlisted: int = 0
    in_doubt: Sequence[Batch] = ()
    incomplete: Sequence[Batch] = ()
    accepted: bool = False
    refused: Sequence[tuple[Batch, str]] = ()


@dataclass(frozen=True, slots=True)
class OrderResponse:
    """
    What a POST, or a request to cancel, came to.

    Attributes:
        event: What it proves.
        status: The HTTP status, or None when no answer came.
        reason: The gateway's words, or the failure's, without numbers and secrets.
        sent_at: When the request left (UTC), if it did.
        charged: Credits the order took, when the gateway said.
        remaining: Credits left, when the gateway said.
        retry_after: Seconds it asks to wait, or None.
        call: The call that was made.
        order_id: The order id that an acceptance names, or None.
        method: The HTTP method of the call.
    """

    event: Event
    status: int | None
    reason: str
    sent_at: datetime | None = None
    charged: float | None = None
    remaining: float | None = None
    retry_after: float | None = None
    call: str = "sms"
    order_id: str | None = None
    method: str = "POST"

    @property
    def evidence(self) -> Evidence:
        """What was asked and answered, for the journal."""
        status = "no answer" if self.status is None else f"HTTP {self.status}"
        charged = "" if self.charged is None else f", {amount(self.charged)} credits"
        return Evidence(f"{self.method} {self.call}", f"{status}: {self.reason}{charged}")

    def error(self, order_id: str | None = None) -> GatewayError:
        """The same as an error to raise."""
        match self.event:
            case Event.REFUSED:
                return Rejected(f"the gateway refused: {self.reason}", status=self.status, order_id=order_id)
            case Event.UNAUTHORISED | Event.WRONG_ADDRESS:
                return NotAuthorised(not_authorised(self.reason), status=self.status, order_id=order_id)
            case Event.NOT_SENT | Event.GAVE_UP:
                return Unavailable(
                    f"the gateway cannot take orders now ({self.reason}); nothing of this order was sent, "
                    "resume the campaign later",
                    status=self.status,
                    order_id=order_id,
                    retry_after=self.retry_after,
                )
            case _:
                return Unconfirmed(
                    f"nobody can know yet whether order {order_id} was accepted ({self.reason}); "
                    "it is not repeated, resume the campaign to ask the gateway",
                    status=self.status,
                    order_id=order_id,
                )


class OrderState(NamedTuple):
    """
    What the gateway says of an order.

    Attributes:
        recipients: A row per recipient: ``phone`` (E.164), ``delivery`` (the gateway's code),
            ``delivered_at`` (UTC); None when the gateway knows no such order.
        date: When it said so, by its own clock (UTC), or None.
        own: Whether the answer has the gateway's own form, JSON. A 404 that has not may be a proxy's.
    """

    recipients: pd.DataFrame | None
    date: datetime | None
    own: bool = True


class HistoryPage(NamedTuple):
    """
    A page of the gateway's history.

    Attributes:
        rows: Its orders: ``order_id``; ``create_time`` and ``schedule_time`` as ``yyyyMMddHHmmss`` in UTC,
            the latter empty for now; ``num_recipients``. The same order is the same row each time it is asked
            for.
        total: How many orders the whole history has, or None.
        date: When it said so, by its own clock (UTC), or None.
    """

    rows: list[dict[str, Any]]
    total: float | None
    date: datetime | None


def not_authorised(reason: str) -> str:
    """The sentence for credentials, sessions and addresses that are refused."""
    return f"the gateway did not let us in ({reason}): check the address, the account and its credentials"


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """
    One step of progress: some people got from one place to another.

    Told from step to step, everybody is in one place: those about to be texted are `State.PLANNED` at first.

    Attributes:
        state: Where some people got to.
        recipients: How many.
        credits: What they were charged, if known.
        before: Where they were before; None of an earlier run, and only looked up by this one.
    """

    state: State
    recipients: int
    credits: float = 0.0
    before: State | None = State.PLANNED
