"""
What the journal knows of a campaign's orders, to be held against the gateway's history.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import sqlalchemy as sa

from smsframe.arrow import TEXT
from smsframe.journal.orders.batch_creation import UNKNOWN
from smsframe.journal.people.spellings import spellings
from smsframe.journal.rows import append_evidence, instants_of, micros, read_batches
from smsframe.journal.sql import frame, is_among
from smsframe.journal.tables import attempts, batches, campaigns, erased, evidence, recipients
from smsframe.journal.versions import has_attempts, has_people_over_time, refused
from smsframe.orders.records import Evidence
from smsframe.orders.states import CANCEL_OPEN, TAKEN, Event, State, transition

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from smsframe.journal.store import JournalStore
    from smsframe.orders.records import CampaignRecord, Stamp


class KnownOrders:
    """The orders in one journal; ``stamp`` says when, and in which process, something is written down."""

    def __init__(self, store: JournalStore, stamp: Callable[[], Stamp]) -> None:
        self._store, self._stamp = store, stamp

    def witnesses(self, entry: CampaignRecord, since: datetime) -> pd.Series[Any]:
        """
        The order ids, in small letters, that this gateway is known to have taken since a time of its own
        clock.

        A scheduled order may have been cancelled, and is then no longer listed, so it is no evidence.
        """
        same_account = sa.select(campaigns.c.id).filter_by(base_url=entry.base_url, account=entry.account)
        by_person = evidence.c.event == Event.PERSON_ACCEPTS  # which the gateway may not know
        query = sa.select(sa.func.lower(batches.c.order_id)).where(
            batches.c.campaign.in_(same_account),
            batches.c.state == State.ACCEPTED,
            batches.c.schedule_at.is_(None),
            sa.case(
                # Of an earlier version: this machine's clock. One too many makes an absence no proof.
                (batches.c.not_before.is_(None), batches.c.claimed_at >= micros(since + timedelta(days=1))),
                else_=batches.c.not_before >= micros(since),
            ),
            ~sa.exists().where(evidence.c.order_id == batches.c.order_id, by_person),
        )
        with self._store.transaction(reading=True) as connection:
            return pd.Series(connection.execute(query).scalars().all(), dtype=object)

    def accounts(self, base_url: str) -> list[str]:
        """Every account of a gateway that has a campaign here."""
        with self._store.opened() as connection:
            if connection is None:
                return []
            here = campaigns.c.base_url.in_(spellings(connection, campaigns.c.base_url, base_url))
            return [*connection.execute(sa.select(campaigns.c.account).where(here).distinct()).scalars()]

    def ids(self, entry: CampaignRecord) -> pd.Series[Any]:
        """Every order id of a campaign, in small letters."""
        query = sa.select(sa.func.lower(batches.c.order_id)).where(batches.c.campaign == entry.id)
        with self._store.transaction(reading=True) as connection:
            return pd.Series(connection.execute(query).scalars().all(), dtype=object)

    def among(self, order_ids: list[str]) -> pd.DataFrame:
        """
        Which of some orders, in small letters, the journal has; not those that are only planned or refused.

        Returns:
            ``order_id`` (in small letters), ``campaign``, ``adopted`` (whether it was taken over from what
            the gateway listed), ``unlisted``: how many people it counts whom nobody has named.
        """
        sent = batches.c.state.in_([*TAKEN, State.SENDING, State.UNCONFIRMED])
        unlisted = sa.case((_adopted(), batches.c.recipients - _people()), else_=0)
        query = (
            sa.select(
                sa.func.lower(batches.c.order_id).label("order_id"),
                campaigns.c.name.label("campaign"),
                (batches.c.encoding == UNKNOWN).label("adopted"),
                unlisted.label("unlisted"),
            )
            .join(campaigns, campaigns.c.id == batches.c.campaign)
            .where(sent, is_among(sa.func.lower(batches.c.order_id), order_ids))
        )
        kinds: dict[str, Any] = {"order_id": TEXT, "campaign": TEXT, "adopted": bool, "unlisted": "Int64"}
        with self._store.opened() as connection:
            if connection is None or not has_attempts(connection):
                return pd.DataFrame({name: pd.array([], kind) for name, kind in kinds.items()})
            return frame(connection, query).astype(kinds)

    def of(self, campaign: str) -> pd.DataFrame:
        """
        What the journal has of a campaign's orders.

        Returns:
            ``order_id``, ``create_time``, ``schedule_time``, ``state``; ``claimed``: whether a run ever was
            about to send it; ``attempts``: how often this journal's runs did, none of an order that was
            taken over; ``people`` who are in it, and were not left out;
            ``unlisted``: how many more it counts, of an order that was taken over; ``settled``: whether a
            person gave it up, or it is other people's. No rows when there is no such campaign.
        """
        given_up = sa.exists().where(
            evidence.c.order_id == batches.c.order_id,
            evidence.c.event.in_([Event.PERSON_SENDS, Event.FOUND_OTHER]),
        )
        columns: dict[str, sa.ColumnElement[Any]] = {
            "order_id": batches.c.order_id,
            "create_time": batches.c.sent_at,
            "schedule_time": batches.c.schedule_at,
            "state": batches.c.state,
            "claimed": batches.c.claimed_at.is_not(None),
            "attempts": sa.case((_adopted(), 0), else_=batches.c.attempts),
            "settled": given_up,
        }
        with_name = sa.select(campaigns.c.id).where(campaigns.c.name == campaign)
        with self._store.opened() as connection:
            if connection is None:
                return pd.DataFrame({name: [] for name in (*columns, "people", "unlisted")}).astype(
                    {"order_id": TEXT, "claimed": bool, "settled": bool}
                )
            people = _people()
            if not has_people_over_time(connection):  # an older file has not all of the tables
                people = _in_order(recipients, refused(connection))
                people += _in_order(attempts) if has_attempts(connection) else 0
            columns["people"] = people
            columns["unlisted"] = sa.case((_adopted(), batches.c.recipients - people), else_=0)
            query = sa.select(*(column.label(name) for name, column in columns.items()))
            orders = frame(connection, query.where(batches.c.campaign.in_(with_name)))
        dates = {name: instants_of(orders[name]) for name in ("create_time", "schedule_time")}
        return orders.assign(**dates).astype({"order_id": TEXT, "claimed": bool, "settled": bool})

    def doubt(
        self, connection: Connection, entry: CampaignRecord, owner: str, listed: pd.Series[Any]
    ) -> None:
        """
        In the caller's transaction: what the gateway lists was sent, whatever this journal says of it.

        Those batches become this owner's, to be looked up; one that is claimed meanwhile is known to be sent.
        Nobody knows whether it was sent as this journal has it, so refused numbers may have been left out.
        """
        states = batches.c.state.in_([State.PLANNED, State.REFUSED])
        listed_orders = (batches.c.campaign == entry.id) & batches.c.order_id.in_(listed.tolist())
        for batch in read_batches(connection, listed_orders & states) if len(listed) else []:
            state, _, doubt = transition(batch.state, Event.LISTED, batch.doubt)
            values = {"owner": owner, "state": state, "doubt": int(doubt), "skip_refused": True}
            connection.execute(sa.update(batches).where(batches.c.id == batch.id).values(**values))
            append_evidence(connection, entry.id, batch.order_id, Event.LISTED, state, self._stamp())

    def unlisted(self, connection: Connection, entry: CampaignRecord) -> int:
        """In the caller's transaction: people whom orders that were taken over count, and nobody has
        named.
        """
        unnamed = sa.select(sa.func.sum(batches.c.recipients - _people())).where(
            batches.c.campaign == entry.id, _adopted()
        )
        return int(connection.execute(unnamed).scalar() or 0)

    def with_unnamed(self, connection: Connection, entry: CampaignRecord) -> list[int]:
        """In the caller's transaction: the keys of orders taken over that count people nobody has named."""
        query = sa.select(batches.c.id).where(batches.c.campaign == entry.id, _with_unnamed())
        return [*connection.execute(query).scalars()]

    def confirm_complete(self, connection: Connection, entry: CampaignRecord, keys: list[int]) -> None:
        """
        In the caller's transaction: a person says that nobody else is in these orders that were taken over.
        """
        for batch in read_batches(connection, _with_unnamed() & batches.c.id.in_(keys)) if keys else []:
            update = sa.update(batches).where(batches.c.id == batch.id)
            connection.execute(update.values(recipients=_people()))
            person_says = Evidence("resume(unconfirmed=)", "a person says that nobody else is in it")
            event = Event.PERSON_SENDS
            append_evidence(
                connection, entry.id, batch.order_id, event, batch.state, self._stamp(), person_says
            )


def _adopted() -> sa.ColumnElement[bool]:
    """Orders of another journal that were taken over, unless they are proven cancelled."""
    return (batches.c.encoding == UNKNOWN) & batches.c.state.in_([State.ACCEPTED, *CANCEL_OPEN])


def _with_unnamed() -> sa.ColumnElement[bool]:
    """Of those the ones that count more people than are known."""
    return _adopted() & (batches.c.recipients > _people())


def _people() -> sa.ColumnElement[int]:
    """
    How many people are in an order, also of an attempt before their latest one, and not left out of it; also
    those who were erased since.
    """
    return _in_order(recipients) + _in_order(attempts) + _in_order(erased)


def _in_order(table: sa.Table, left_out: sa.ColumnElement[Any] | None = None) -> sa.ScalarSelect[int]:
    left_out = table.c.refused if left_out is None else left_out  # an older file has no such column
    in_order = (table.c.batch == batches.c.id) & left_out.is_(None)
    return sa.select(sa.func.count()).where(in_order).scalar_subquery()
