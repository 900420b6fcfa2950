"""
What several runs of one campaign keep together, as columns of its row: the rate, one order at a time until
one is accepted, and the stop after answers without proof.

It is decided in the transaction that claims orders, so that two runs cannot both be first. The time is the
journal's (`JournalStore.time`), as two machines may not agree on it; how long an order waits is measured by
each process's own monotonic clock from then on.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import sqlalchemy as sa

from smsframe.journal.rows import micros
from smsframe.journal.tables import batches, campaigns
from smsframe.orders.pace import leaves_at
from smsframe.orders.states import TAKEN, Action, State

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from smsframe.clock import Clock
    from smsframe.orders.records import Batch, BatchWithPeople, CampaignRecord
    from smsframe.orders.states import Step

MOST_UNPROVEN = 5
"""Answers without proof in a row, after which nothing more is sent until one of those orders was found."""
HELD = 0.1
"""Seconds between two questions whether the first order of another run was accepted."""
LONGEST_HOLD = 5.0
"""Seconds for which a run waits at most for the first order of another one: that process may be suspended."""


# What each order asks and writes, put together once.
_OF_CAMPAIGN = campaigns.c.id == sa.bindparam("key")
_LIMITS = sa.select(campaigns.c.unproven, campaigns.c.pace).where(_OF_CAMPAIGN).with_for_update()
_PROVEN = sa.update(campaigns).where(_OF_CAMPAIGN, campaigns.c.unproven != 0).values(unproven=0)
_UNPROVEN = sa.update(campaigns).where(_OF_CAMPAIGN).values(unproven=campaigns.c.unproven + 1)


class SharedLimits:
    """
    The limits of one run, beside all other runs of its campaign.

    Args:
        entry: The campaign.
        owner: The run.
        rate: Recipients per second at most, of all runs together; None for no limit.
        alive: Whether an owner is at work.
        clock: What time it is for this process.
        time: What time it is for all that share the journal.

    Attributes:
        admitted: How many of the orders that were asked about last may be claimed.
        accepted: Whether an order of the campaign was accepted, of whatever run.
        unproven: Answers without proof in a row, of all runs.
        waits: How many seconds after it was claimed each order may leave, by order id.
    """

    def __init__(
        self,
        entry: CampaignRecord,
        owner: str,
        *,
        rate: float | None,
        alive: Callable[[str], bool],
        clock: Clock,
        time: Callable[[Connection, Clock], datetime],
    ) -> None:
        self._entry, self._owner, self._rate, self._alive = entry, owner, rate, alive
        self._clock, self._time = clock, time
        self._held_since: float | None = None
        self.admitted = self.unproven = 0
        self.accepted = False
        self.waits: dict[str, float] = {}

    def admit(self, connection: Connection, planned: list[BatchWithPeople]) -> list[BatchWithPeople]:
        """In the caller's transaction: those of some planned orders that may be claimed now."""
        row = connection.execute(_LIMITS, {"key": self._entry.id}).one()
        self.accepted = self.accepted or self._any_accepted(connection)
        self.unproven = row.unproven
        if self._held(connection):
            planned = []
        self.admitted = len(planned)
        if self._rate is not None and planned:
            self._reserve(connection, row.pace, planned)
        return planned

    def _held(self, connection: Connection) -> bool:
        """Whether another run has to be waited for; not for ever, as its process may be suspended."""
        others = self.unproven >= MOST_UNPROVEN or not self.accepted
        if not others or not self._others_at_work(connection):
            self._held_since = None
            return self.unproven >= MOST_UNPROVEN
        now = self._clock.monotonic()
        if self._held_since is None:
            self._held_since = now
        return now - self._held_since < LONGEST_HOLD or self.unproven >= MOST_UNPROVEN

    @property
    def waited(self) -> bool:
        """Whether another run has been waited for as long as one is."""
        return self._held_since is None or self._clock.monotonic() - self._held_since >= LONGEST_HOLD

    def _any_accepted(self, connection: Connection) -> bool:
        taken = (batches.c.campaign == self._entry.id) & batches.c.state.in_(TAKEN)
        taken &= batches.c.message_type == self._entry.terms.message_type
        taken &= batches.c.sender.is_not_distinct_from(self._entry.terms.sender)
        return bool(connection.execute(sa.select(sa.exists().where(taken))).scalar_one())

    def _others_at_work(self, connection: Connection) -> bool:
        """Whether another run, that is alive, has an order under way or looks one up."""
        open_ = (batches.c.campaign == self._entry.id) & (batches.c.owner != self._owner)
        open_ &= batches.c.state.in_([State.SENDING, State.UNCONFIRMED])
        owners = connection.execute(sa.select(batches.c.owner).where(open_).distinct()).scalars()
        return any(self._alive(name) for name in [*owners])

    def _reserve(self, connection: Connection, pace: str | None, planned: list[BatchWithPeople]) -> None:
        """Give each order the next moment at which no second before it has too many people."""
        rate = self._rate or 1.0
        now = micros(self._time(connection, self._clock)) / 1e6
        last = [(float(at), int(people)) for at, people in json.loads(pace or "[]")]
        # A clock that was set back would make everybody wait: nothing is reserved beyond what is under way.
        sending = (batches.c.campaign == self._entry.id) & (batches.c.state == State.SENDING)
        under_way = connection.execute(sa.select(sa.func.sum(batches.c.recipients)).where(sending)).scalar()
        latest = now + (under_way or 0) / rate + 1.0
        last = [(min(at, latest), people) for at, people in last]
        for batch, _ in planned:
            at = leaves_at(last, now, batch.recipients, rate)
            last.append((at, batch.recipients))
            self.waits[batch.order_id] = max(at - now, 0.0)
        kept = json.dumps([[at, people] for at, people in last])
        which = campaigns.c.id == self._entry.id
        connection.execute(sa.update(campaigns).where(which).values(pace=kept))


def count_answer(connection: Connection, batch: Batch, step: Step) -> None:
    """In the caller's transaction: what an answer says of the campaign's answers without proof."""
    if step.action is Action.RECORD:
        connection.execute(_PROVEN, {"key": batch.campaign})
    elif batch.state is State.SENDING and step.action is Action.LOOK_UP:
        connection.execute(_UNPROVEN, {"key": batch.campaign})


def begin(connection: Connection, campaign: int, owner: str, alive: Callable[[str], bool]) -> None:
    """In the caller's transaction: a run begins; answers are counted anew where no other one is at work."""
    open_ = batches.c.state.in_([State.PLANNED, State.SENDING, State.UNCONFIRMED])
    which = (batches.c.campaign == campaign) & open_ & (batches.c.owner != owner)
    owners = connection.execute(sa.select(batches.c.owner).where(which).distinct()).scalars()
    if not any(alive(name) for name in [*owners]):
        row = (campaigns.c.id == campaign) & (campaigns.c.unproven != 0)
        connection.execute(sa.update(campaigns).where(row).values(unproven=0))


def planned_by_others(
    connection: Connection, entry: CampaignRecord, owner: str, alive: Callable[[str], bool]
) -> int:
    """Segments of orders that other runs, which are alive, have planned and not sent yet."""
    which = (batches.c.campaign == entry.id) & (batches.c.state == State.PLANNED)
    which &= batches.c.owner.is_distinct_from(owner)
    which &= batches.c.message_type == entry.terms.message_type
    query = sa.select(batches.c.owner, sa.func.sum(batches.c.segments)).where(which).group_by(batches.c.owner)
    return sum(int(segments) for owner, segments in connection.execute(query) if alive(owner))
