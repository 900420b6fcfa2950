"""
What became of the texts of accepted orders, written down as the gateway says it.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from smsframe.journal import recipients as recipient_rows
from smsframe.journal.rows import append_evidence, micros
from smsframe.journal.sqlite_dialect import each, element
from smsframe.journal.tables import batches, evidence, recipients
from smsframe.orders.records import Evidence
from smsframe.orders.states import Event, State
from smsframe.phones.match import keys

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from datetime import datetime

    import pandas as pd
    from sqlalchemy.engine import Connection

    from smsframe.journal.sqlite import Store
    from smsframe.orders.records import Stamp


class OrderAnswer(NamedTuple):
    """
    What the gateway said of one order, and when.

    Attributes:
        order_id: The order.
        recipients: ``phone`` (E.164), ``delivery``, ``delivered_at`` (UTC): a row per number.
        tells_all: Whether who is not listed is not in it: not so where an answer hides digits.
        question: How it was asked.
        seen_at: When it answered, by this machine's clock (UTC).
    """

    order_id: str
    recipients: pd.DataFrame
    tells_all: bool
    question: str
    seen_at: datetime


class _Order(NamedTuple):
    id: int
    campaign: int
    skip_refused: bool


class Deliveries:
    """The deliveries in one journal; ``stamp`` says when, and in which process, something is written down."""

    def __init__(self, store: Store, stamp: Callable[[], Stamp]) -> None:
        self._store, self._stamp = store, stamp

    @contextmanager
    def open(self) -> Iterator[None]:
        """
        Keep the file open while answers are written, one transaction after the other.

        Raises:
            JournalError: The journal cannot be written.
        """
        self._store.make()  # brings a file of an older version up to date
        with self._store.kept_open():
            yield

    def message_types(self, order_ids: Collection[str]) -> dict[str, str]:
        """The message type of each of these orders that is accepted in this journal."""
        query = sa.select(batches.c.order_id, batches.c.message_type).where(
            batches.c.order_id.in_(sa.select(each(json.dumps([*order_ids])))),
            batches.c.state == State.ACCEPTED,
        )
        with self._store.opened() as connection:
            if connection is None:
                return {}
            return {row.order_id: row.message_type for row in connection.execute(query)}

    def record(
        self, answers: Iterable[OrderAnswer], *, final: Collection[str], never_sent: Collection[str]
    ) -> None:
        """
        Write down, in one transaction, what became of each person of accepted orders, and whom they lack.

        A code after which the gateway says nothing else is not replaced by another that is not: two calls may
        ask at once, and the later one to write may have asked first.

        Args:
            answers: What the gateway said; orders that are not accepted in this journal are left out.
            final: The delivery codes after which the gateway says nothing else.
            never_sent: Those of numbers that an order was left without.
        """
        with self._store.transaction() as connection:
            for answer in answers:
                query = sa.select(batches.c.id, batches.c.campaign, batches.c.skip_refused)
                accepted = query.where(
                    batches.c.order_id == answer.order_id, batches.c.state == State.ACCEPTED
                )
                row = connection.execute(accepted).first()
                if row is not None:
                    order = _Order(*row)
                    _record_states(connection, order, answer, final)
                    _record_missing(connection, order, answer, never_sent, self._stamp())


def _record_states(
    connection: Connection, order: _Order, answer: OrderAnswer, final: Collection[str]
) -> None:
    said = answer.recipients[answer.recipients["delivery"].notna()]
    if said.empty:
        return
    times = said["delivered_at"].astype("datetime64[us, UTC]").astype("int64")
    delivered_at = times.astype(object).where(said["delivered_at"].notna(), None)
    columns = (keys(said["phone"]).tolist(), said["delivery"].astype(object), delivered_at)
    row = each(sa.bindparam("states"))
    code = element(row, 1)
    statement = (
        sa.update(recipients)
        .where(
            recipients.c.campaign == order.campaign,
            recipients.c.person == element(row, 0),
            recipients.c.batch == order.id,
            sa.or_(
                recipients.c.delivery.is_(None),
                recipients.c.delivery.not_in([*final]),
                code.in_([*final]),
            ),
        )
        .values(delivery=code, delivered_at=element(row, 2), seen_at=micros(answer.seen_at))
    )
    connection.execute(statement, {"states": json.dumps([*zip(*columns, strict=True)])})


def _record_missing(
    connection: Connection,
    order: _Order,
    answer: OrderAnswer,
    never_sent: Collection[str],
    stamp: Stamp,
) -> None:
    """Mark whom the order lacks, unless a person has said what became of them, and whom it lists again."""
    phones, left_out = answer.recipients["phone"], answer.recipients["delivery"].isin([*never_sent])
    in_order = (recipients.c.campaign == order.campaign) & (recipients.c.batch == order.id)
    listed = recipients.c.person.in_(recipient_rows.persons(phones))
    if order.skip_refused and left_out.any():
        states = answer.recipients[left_out].set_index("phone")["delivery"]
        only = states[~states.index.isin(phones[~left_out])]  # somebody else's row may say that it was sent
        recipient_rows.mark(connection, order.id, None, only)
    found = sa.update(recipients).where(in_order, recipients.c.missing, listed).values(missing=False)
    changed = connection.execute(found).rowcount
    if answer.tells_all and not _person_accepted(connection, answer.order_id):
        lacking = sa.update(recipients).where(
            in_order, ~recipients.c.missing, recipients.c.refused.is_(None), ~listed
        )
        changed += connection.execute(lacking.values(missing=True)).rowcount
    if changed:
        lacks = sa.select(sa.func.count()).where(in_order, recipients.c.missing)
        missing = connection.execute(lacks).scalar_one()
        event = Event.FOUND_PART if missing else Event.FOUND
        said = f"{len(phones)} recipients, and {missing} of ours who are not listed"
        told = Evidence(answer.question, said)
        append_evidence(connection, order.campaign, answer.order_id, event, State.ACCEPTED, stamp, told)


def _person_accepted(connection: Connection, order_id: str) -> bool:
    """Whether a person has said that everybody in an order is accepted."""
    query = sa.select(evidence.c.id).where(
        evidence.c.order_id == order_id, evidence.c.event == Event.PERSON_ACCEPTS
    )
    return connection.execute(query.limit(1)).first() is not None
