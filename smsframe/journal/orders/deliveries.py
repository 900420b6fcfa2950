"""
What became of the texts of accepted orders, written down as the gateway says it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import pandas as pd
import sqlalchemy as sa

from smsframe.journal.people.optout_rows import OptOutList, removed_since
from smsframe.journal.rows import append_evidence, micros
from smsframe.journal.sql import frame, is_among, rows_changed, table_of
from smsframe.journal.tables import batches, campaigns, evidence, recipients
from smsframe.orders.records import Evidence
from smsframe.orders.states import TAKEN, Event, State
from smsframe.phones.match import keys

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from smsframe.journal.people.optouts import OptOuts
    from smsframe.journal.store import JournalStore
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


class Deliveries:
    """The deliveries in one journal; ``stamp`` says when, and in which process, something is written down."""

    def __init__(self, store: JournalStore, stamp: Callable[[], Stamp], optouts: OptOuts) -> None:
        self._store, self._stamp, self._optouts = store, stamp, optouts

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
        """The message type of each of these orders that the gateway took, by this journal."""
        query = sa.select(batches.c.order_id, batches.c.message_type).where(
            is_among(batches.c.order_id, [*order_ids]),
            batches.c.state.in_(TAKEN),
        )
        with self._store.opened() as connection:
            if connection is None:
                return {}
            return {row.order_id: row.message_type for row in connection.execute(query)}

    def record(
        self,
        answers: Sequence[OrderAnswer],
        *,
        final: Collection[str],
        never_sent: Collection[str],
        opted_out: Collection[str] = (),
    ) -> None:
        """
        Write down, in one transaction, what became of each person of orders that the gateway took, and whom
        accepted ones lack: of one that a person wanted cancelled that says nothing.

        A code after which the gateway says nothing else is not replaced by another that is not: two calls may
        ask at once, and the later one to write may have asked first.

        Args:
            answers: What the gateway said; orders that this journal does not know to be taken are left out.
            final: The delivery codes after which the gateway says nothing else.
            never_sent: Those of numbers that an order was left without.
            opted_out: Those that say that a person has opted out, who is put on the list of the account.
        """
        if not answers:
            return
        with self._store.transaction() as connection:
            said = _of_orders_taken(connection, answers)
            if said.empty:
                return
            _record_states(connection, said[said["delivery"].notna()], final)
            self._opt_out(connection, said[said["delivery"].isin([*opted_out])])
            said = said[said["state"].eq(State.ACCEPTED)]
            orders = said.drop_duplicates("batch")
            listed = said[said["person"].gt(0)]
            # Whom an order was left without is not in it, though it names them; a look-up says so.
            left_out = listed["delivery"].isin([*never_sent]) & listed["skip_refused"]
            self._record_missing(connection, orders, listed, listed[~left_out])

    def _opt_out(self, connection: Connection, said: pd.DataFrame) -> None:
        """
        Put people on the list of the account because of a delivery code, unless they were taken off it since.
        """
        for campaign, part in said.groupby("campaign"):
            query = sa.select(campaigns.c.base_url, campaigns.c.account)
            owner = OptOutList(
                *connection.execute(query.where(campaigns.c.id == int(cast("int", campaign)))).one()
            )
            left = part["order_id"].map(_left_at(connection, part["order_id"]))
            fresh = part[
                ~removed_since(connection, owner, part["person"].to_numpy(), np.asarray(left, dtype=np.int64))
            ]
            if fresh.empty:
                continue
            since = fresh["delivered_at"].fillna(pd.Series(self._stamp().at, index=fresh.index))
            why = "text of order " + fresh["order_id"].astype("string")
            source = "delivery code " + fresh["delivery"].astype("string")
            self._optouts.add_within(
                connection, owner, fresh["phone"], source=source, why=why, since=since, at_gateway=True
            )

    def _record_missing(
        self, connection: Connection, orders: pd.DataFrame, named: pd.DataFrame, in_order: pd.DataFrame
    ) -> None:
        """Mark whom orders lack, unless a person has said what became of them, and whom they list again."""
        batch_ids = orders["batch"].tolist()
        people = frame(
            connection,
            sa.select(*(recipients.c[name] for name in ("batch", "person", "missing", "refused"))).where(
                is_among(recipients.c.batch, batch_ids)
            ),
        )
        pairs = pd.MultiIndex.from_frame(people[["batch", "person"]])
        listed = pairs.isin(pd.MultiIndex.from_frame(named[["batch", "person"]]))
        back = pairs.isin(pd.MultiIndex.from_frame(in_order[["batch", "person"]]))
        missing = people["missing"].to_numpy(dtype=bool)
        complete = people["batch"].isin(orders["batch"][orders["tells_all"]]).to_numpy()
        unlisted = complete & ~listed & ~missing & people["refused"].isna().to_numpy()
        for batch in people["batch"][unlisted | (back & missing)].unique():  # few: it is rare
            order = orders[orders["batch"].eq(batch)].iloc[0]
            here = people["batch"].eq(batch).to_numpy()
            if _person_accepted(connection, order["order_id"]):
                here = here & listed
            changed = _set_missing(connection, int(batch), people["person"][here & unlisted], missing=True)
            changed += _set_missing(connection, int(batch), people["person"][here & back], missing=False)
            if changed:
                self._append(connection, order)

    def _append(self, connection: Connection, order: pd.Series[Any]) -> None:
        """Add evidence of how many people an order lacks now."""
        in_order = recipients.c.batch == int(order["batch"])
        lacks = sa.select(sa.func.count()).where(in_order, recipients.c.missing)
        missing = connection.execute(lacks).scalar_one()
        event = Event.FOUND_PART if missing else Event.FOUND
        answer = f"{order['lists']} recipients, and {missing} of ours who are not listed"
        said = Evidence(order["question"], answer)
        append_evidence(
            connection, int(order["campaign"]), order["order_id"], event, State.ACCEPTED, self._stamp(), said
        )


def _of_orders_taken(connection: Connection, answers: Sequence[OrderAnswer]) -> pd.DataFrame:
    """
    What was said of the orders that the gateway took, by this journal.

    Returns:
        A row per number that was listed, and one without a number for an order that lists nobody: ``batch``,
        ``campaign``, ``order_id``, ``state``, ``skip_refused``, ``tells_all``, ``lists`` (how many the order
        lists), ``question``, ``seen_at``, ``person`` (0 without a number), ``phone``, ``delivery`` and
        ``delivered_at``.
    """
    names = {"batch": batches.c.id, "campaign": batches.c.campaign, "order_id": batches.c.order_id}
    names |= {"state": batches.c.state, "skip_refused": batches.c.skip_refused}
    ids = [answer.order_id for answer in answers]
    query = sa.select(*(column.label(name) for name, column in names.items())).where(
        is_among(batches.c.order_id, ids), batches.c.state.in_(TAKEN)
    )
    accepted = frame(connection, query).astype({"skip_refused": bool})
    said = pd.DataFrame(
        {
            "order_id": [answer.order_id for answer in answers],
            "tells_all": [answer.tells_all for answer in answers],
            "lists": [len(answer.recipients) for answer in answers],
            "question": [answer.question for answer in answers],
            "seen_at": [micros(answer.seen_at) for answer in answers],
        }
    )
    people = pd.concat(
        [answer.recipients.assign(order_id=answer.order_id) for answer in answers], ignore_index=True
    )
    found = accepted.merge(said, on="order_id").merge(people, on="order_id", how="left")
    return found.assign(person=keys(found["phone"]))


def _left_at(connection: Connection, order_ids: pd.Series[Any]) -> dict[str, int]:
    """When orders left, or were claimed."""
    at = sa.func.coalesce(batches.c.schedule_at, batches.c.sent_at, batches.c.claimed_at, 0)
    query = sa.select(batches.c.order_id, at).where(is_among(batches.c.order_id, [*order_ids.unique()]))
    return {order_id: int(left) for order_id, left in connection.execute(query)}


def _record_states(connection: Connection, said: pd.DataFrame, final: Collection[str]) -> None:
    if said.empty:
        return
    times = said["delivered_at"].astype("datetime64[us, UTC]").astype("int64").astype(object)
    said = said.assign(delivered_at=times.where(said["delivered_at"].notna(), None)).sort_values("person")
    numbers = ("campaign", "person", "batch", "seen_at", "delivered_at")
    kinds: dict[str, type[Any]] = dict.fromkeys(numbers, sa.BigInteger) | {"delivery": sa.Text}
    given = table_of(connection, {name: (kind, said[name].tolist()) for name, kind in kinds.items()}).c
    statement = (
        sa.update(recipients)
        .where(
            recipients.c.campaign == given.campaign,
            recipients.c.person == given.person,
            recipients.c.batch == given.batch,
            sa.or_(
                recipients.c.delivery.is_(None),
                recipients.c.delivery.not_in([*final]),
                given.delivery.in_([*final]),
            ),
        )
        .values(delivery=given.delivery, delivered_at=given.delivered_at, seen_at=given.seen_at)
    )
    connection.execute(statement)


def _set_missing(connection: Connection, batch: int, persons: pd.Series[Any], *, missing: bool) -> int:
    """Say of people whether their order lacks them; of how many that is news."""
    which = (recipients.c.batch == batch) & (recipients.c.missing != missing)
    chosen = is_among(recipients.c.person, persons.tolist())
    return rows_changed(connection, sa.update(recipients).where(which, chosen).values(missing=missing))


def _person_accepted(connection: Connection, order_id: str) -> bool:
    """Whether a person has said that everybody in an order is accepted."""
    query = sa.select(evidence.c.id).where(
        evidence.c.order_id == order_id, evidence.c.event == Event.PERSON_ACCEPTS
    )
    return connection.execute(query.limit(1)).first() is not None
