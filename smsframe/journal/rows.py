"""
The journal's records, and how they are read from its rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import sqlalchemy as sa

from smsframe.journal.tables import batches, campaigns, columns, evidence, texts
from smsframe.orders.states import Doubt, State
from smsframe.orders.terms import Terms
from smsframe.outcomes.schema import INSTANT, STRING

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, RowMapping

    from smsframe.orders.states import Event, Step


class Evidence(NamedTuple):
    """
    What the gateway was asked about an order, and what it answered.
    """

    question: str | None = None
    answer: str | None = None


class Stamp(NamedTuple):
    """
    When, and in which process, something is written down.
    """

    at: datetime
    process: str


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
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


class Change(NamedTuple):
    """
    What happened to a batch.

    Attributes:
        batch: The batch as it was.
        event: What happened.
        step: Where that leads.
        told: What was asked and answered.
        reason: Why it is not accepted, in words.
        sent_at: When the request left (UTC), if one did.
        charged: The credits that were charged, if any.
        missing: Numbers of its people that the gateway's order does not list.
        refused: The delivery codes of those whom the gateway left out, by number.
    """

    batch: Batch
    event: Event
    step: Step
    told: Evidence
    reason: str | None = None
    sent_at: datetime | None = None
    charged: float | None = None
    missing: pd.Series[Any] | None = None
    refused: pd.Series[Any] | None = None


class Cut(NamedTuple):
    """
    A batch and its people, as they were written down together.
    """

    batch: Batch
    people: pd.DataFrame


def nobody() -> pd.DataFrame:
    """No orders to be taken over."""
    names = ("order_id", "create_time", "schedule_time", "phone", "unlisted")
    return pd.DataFrame({name: [] for name in names}, dtype=STRING)


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """
    What follows from the gateway's history.

    Attributes:
        date: When it was read, by the gateway's own clock (UTC); None when the gateway does not say, or was
            not asked.
        doubted: Ids of orders that the gateway lists and this journal has as planned or refused.
        adopted: Orders to be taken over: ``order_id``, ``create_time``, ``schedule_time`` (UTC), ``phone``,
            a row per recipient that is listed, or one without a ``phone`` where nobody is; ``unlisted``: how
            many more recipients the history counts.
    """

    date: datetime | None = None
    doubted: pd.Series[Any] = field(default_factory=lambda: pd.Series([], dtype=STRING))
    adopted: pd.DataFrame = field(default_factory=nobody)

    @property
    def found(self) -> bool:
        """Whether the gateway has something that this journal should know otherwise."""
        return len(self.doubted) > 0 or len(self.adopted) > 0


class Registered(NamedTuple):
    """
    A campaign and people, as they were written down.

    Attributes:
        entry: The campaign.
        cuts: The batches of this run.
        unlisted: How many people of orders that were taken over nobody has named yet.
        fresh: Whether anybody was written down, or taken over.
        doubted: Ids of orders that are in doubt only since this run, as the gateway lists them.
    """

    entry: Entry
    cuts: list[Cut]
    unlisted: int
    fresh: bool
    doubted: frozenset[str] = frozenset()


def late(batch: Batch, now: datetime) -> bool:
    """Whether its time has passed: the gateway might send it at once."""
    return batch.terms.schedule is not None and batch.terms.schedule <= now


def read_entry(connection: Connection, name: str) -> Entry | None:
    """The campaign of that name, or None."""
    query = (
        sa.select(*columns(connection, campaigns), texts.c.template)
        .join(texts, campaigns.c.text == texts.c.id)
        .where(campaigns.c.name == name)
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    return Entry(
        id=row["id"],
        name=row["name"],
        base_url=row["base_url"],
        account=row["account"],
        prefix=row["prefix"],
        text=row["text"],
        template=row["template"],
        terms=read_terms(row),
        batch_size=row["batch_size"],
        compared_at=moment(row["compared_at"]),
        created_at=EPOCH + timedelta(microseconds=row["created_at"]),
    )


def read_batches(connection: Connection, where: sa.ColumnElement[bool]) -> list[Batch]:
    """The batches that a condition names, in the order they were cut."""
    query = (
        sa.select(*columns(connection, batches), texts.c.template)
        .join(texts, batches.c.text == texts.c.id)
        .where(where)
        .order_by(batches.c.id)
    )
    return [
        Batch(
            id=row["id"],
            campaign=row["campaign"],
            order_id=row["order_id"],
            state=State(row["state"]),
            doubt=Doubt(row["doubt"]),
            template=row["template"],
            encoding=row["encoding"],
            terms=read_terms(row),
            recipients=row["recipients"],
            segments=row["segments"],
            claimed_at=moment(row["claimed_at"]),
            not_before=moment(row["not_before"]),
        )
        for row in connection.execute(query).mappings()
    ]


def read_texts(connection: Connection, campaign: int) -> dict[int, str]:
    """The templates of a campaign by their keys."""
    query = sa.select(texts.c.id, texts.c.template).where(texts.c.campaign == campaign)
    return {row.id: row.template for row in connection.execute(query)}


def terms_columns(terms: Terms) -> dict[str, Any]:
    """Terms as the columns that campaigns and batches share."""
    schedule = None if terms.schedule is None else micros(terms.schedule)
    return {
        "message_type": terms.message_type,
        "sender": terms.sender,
        "schedule_at": schedule,
        "skip_refused": terms.skip_refused,
    }


def read_terms(row: RowMapping) -> Terms:
    """The terms of a campaign or a batch."""
    skips = bool(row["skip_refused"])  # null in a file of an older version
    return Terms(row["message_type"], row["sender"], moment(row["schedule_at"]), skips)


def micros(moment: datetime) -> int:
    """An instant, as the journal writes it."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(micros: int | None) -> datetime | None:
    """An instant, as the journal has it."""
    return None if micros is None else EPOCH + timedelta(microseconds=micros)


def instants_of(micros: pd.Series[Any]) -> pd.Series[Any]:
    """A column of instants, as the journal has them."""
    return pd.to_datetime(micros.astype("Int64"), unit="us", utc=True).astype(INSTANT)


def witness(
    connection: Connection,
    campaign: int,
    order_id: str,
    event: str,
    state: State,
    stamp: Stamp,
    told: Evidence | None = None,
) -> None:
    """Write down what happened to an order, when, and in which process."""
    row = {
        "campaign": campaign,
        "order_id": order_id,
        "at": micros(stamp.at),
        "process": stamp.process,
        "event": event,
        "state": state,
        **(told or Evidence())._asdict(),
    }
    connection.execute(sa.insert(evidence), row)
