"""
Scheduled orders that a person wants cancelled, claimed on disk before the gateway is asked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from smsframe.journal.rows import append_evidence, read_batches
from smsframe.journal.sql import is_among
from smsframe.journal.tables import batches, recipients
from smsframe.orders.states import CANCEL_OPEN, TAKEN, Event, State, transition

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sqlalchemy.engine import Connection

    from smsframe.journal.store import JournalStore, RunLocks
    from smsframe.orders.records import Batch, CampaignRecord, Stamp


class Cancellations:
    """The orders in one journal that may be cancelled; ``stamp`` says when, and in which process."""

    def __init__(self, store: JournalStore, owners: RunLocks, stamp: Callable[[], Stamp]) -> None:
        self._store, self._owners, self._stamp = store, owners, stamp

    def candidates(self, entry: CampaignRecord) -> tuple[list[Batch], list[Batch]]:
        """
        The orders of a campaign that may be cancelled: accepted ones for a later time that have somebody in
        them, and those that a call which is over was cancelling; then those that another call is cancelling.
        """
        with self._store.transaction(reading=True) as connection:
            wanted = read_batches(connection, self._which(connection, entry))
            open_ = read_batches(connection, _open(entry))
        free = {batch.id for batch in wanted}
        return wanted, [batch for batch in open_ if batch.id not in free]

    def states(self, order_ids: Collection[str]) -> dict[str, State]:
        """The state of those of these orders that the gateway took for a later time."""
        query = sa.select(batches.c.order_id, batches.c.state).where(
            is_among(batches.c.order_id, [*order_ids]),
            batches.c.state.in_(TAKEN),
            batches.c.schedule_at.is_not(None),
        )
        with self._store.opened() as connection:
            if connection is None:
                return {}
            return {row.order_id: State(row.state) for row in connection.execute(query)}

    def claim(self, entry: CampaignRecord, wanted: Sequence[Batch], owner: str) -> list[Batch]:
        """
        Take orders for cancelling, on disk; those that are still as they were, and nobody else's.

        From then on nobody may say that they go out, nor that they do not.
        """
        claimed, before = [], {batch.id: batch.state for batch in wanted}
        with self._store.transaction() as connection:
            which = self._which(connection, entry) & batches.c.id.in_([batch.id for batch in wanted])
            for batch in read_batches(connection, which):
                if batch.state is not before[batch.id]:
                    continue
                step = transition(batch.state, Event.CANCEL_CLAIMED, batch.doubt)
                taken = {"owner": owner, "state": step.state, "doubt": int(step.doubt)}
                update = sa.update(batches).where(batches.c.id == batch.id, batches.c.state == batch.state)
                connection.execute(update.values(**taken))
                event = Event.CANCEL_CLAIMED
                append_evidence(connection, entry.id, batch.order_id, event, step.state, self._stamp())
                claimed.append(replace(batch, state=step.state, doubt=step.doubt))
        if claimed:
            ours = batches.c.id.in_([batch.id for batch in claimed]) & (batches.c.owner == owner)
            ours &= batches.c.state.in_(CANCEL_OPEN)
            query = sa.select(sa.func.count()).select_from(batches).where(ours)
            self._store.confirm(lambda: query, len(claimed))
        return claimed

    def _which(self, connection: Connection, entry: CampaignRecord) -> sa.ColumnElement[bool]:
        owners = connection.execute(sa.select(batches.c.owner).where(_open(entry)).distinct()).scalars()
        dead = [name for name in owners if not self._owners.alive(name)]
        somebody = sa.exists().where(recipients.c.batch == batches.c.id)
        scheduled = (batches.c.campaign == entry.id) & (batches.c.state == State.ACCEPTED)
        scheduled &= batches.c.schedule_at.is_not(None) & somebody
        return scheduled | (_open(entry) & batches.c.owner.in_(dead))


def _open(entry: CampaignRecord) -> sa.ColumnElement[bool]:
    return (batches.c.campaign == entry.id) & batches.c.state.in_(CANCEL_OPEN)
