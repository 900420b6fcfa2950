"""
Requests to stop the run of a campaign, from any process that can write to its journal.

A request is a count that only grows. A run reads it when it is registered, and stops as soon as it has
grown: so a request is for the runs that began before it, and never for one that begins later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from smsframe.journal.counts import tally
from smsframe.journal.tables import campaigns

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from smsframe.journal.store import JournalStore, RunLocks
    from smsframe.orders.records import CampaignRecord


_MADE = sa.select(campaigns.c.stop_requests).where(campaigns.c.id == sa.bindparam("key"))


class StopRequests:
    """The requests to stop in one journal."""

    def __init__(self, store: JournalStore, owners: RunLocks) -> None:
        self._store, self._owners = store, owners

    def make(self, entry: CampaignRecord) -> bool:
        """
        Ask the runs of a campaign to stop; whether one is at work.

        It is written down in either case: between two parts of a refused order a run has no order.
        """
        self._store.make()  # brings a file of an older version up to date
        more = {"stop_requests": campaigns.c.stop_requests + 1}
        with self._store.transaction() as connection:
            connection.execute(sa.update(campaigns).where(campaigns.c.id == entry.id).values(**more))
            return tally(connection, entry.id, self._owners.alive).at_work

    def made(self, entry: CampaignRecord) -> bool:
        """Whether one was made since the campaign was read."""
        with self._store.transaction(reading=True) as connection:
            return requested(connection, entry)


def requested(connection: Connection, entry: CampaignRecord) -> bool:
    """In the caller's transaction: whether a request to stop was made since the campaign was read."""
    return (connection.execute(_MADE, {"key": entry.id}).scalar() or 0) > entry.stop_requests
