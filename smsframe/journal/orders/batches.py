"""
The batches in the journal: cut, claimed, recorded, split, taken over; each step one transaction.

Each change says from which state and owner it goes, so that two processes cannot both make it.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from smsframe.journal.campaigns.stop_requests import requested
from smsframe.journal.counts import Tally, tallies, tally
from smsframe.journal.orders.attempts import read_earlier
from smsframe.journal.orders.batch_creation import assign, write_waiting
from smsframe.journal.orders.spending import covers
from smsframe.journal.orders.transitions import change_state, claim, claimed_by
from smsframe.journal.people import recipients as recipient_rows
from smsframe.journal.rows import append_evidence, evidence_row, read_batches, read_texts
from smsframe.journal.sql import is_among
from smsframe.journal.tables import batches, evidence, recipients
from smsframe.orders.records import Batch, BatchWithPeople, CampaignRecord, Change, Stamp
from smsframe.orders.states import TAKEN, Event, State, transition
from smsframe.phones.match import among, find

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from smsframe.clock import Clock
    from smsframe.journal.store import JournalStore, RunLocks
    from smsframe.orders.records import Now


class Batches:
    """The batches of one journal."""

    def __init__(self, store: JournalStore, owners: RunLocks, clock: Clock) -> None:
        self._store, self._owners, self._clock = store, owners, clock

    def stamp(self) -> Stamp:
        """Now, in this process."""
        return Stamp(self._clock.now(), self._owners.process)

    def members(self, batch: Batch) -> pd.DataFrame:
        """
        ``phone``, ``fields``, ``segments`` and ``latest`` of a batch's people.

        ``latest`` is false of people whom a later order has texted since: they are in this one when the
        gateway is asked about it, and it may not be sent again.
        """
        with self._store.transaction(reading=True) as connection:
            latest = recipient_rows.read(connection, batch.campaign, recipients.c.batch == batch.id)
            earlier = read_earlier(connection, batch.campaign, batch.id)
        if earlier.empty:
            return latest.assign(latest=True)
        return pd.concat([latest.assign(latest=True), earlier.assign(latest=False)], ignore_index=True)

    def create_batches(
        self, entry: CampaignRecord, owner: str, phones: pd.Series[Any], now: Now
    ) -> list[BatchWithPeople]:
        """
        Put those of these people who have no batch, and may be texted, into batches of this owner.

        Batches that a dead owner planned and never got accepted are dissolved first: their people are free.
        """
        with self._store.transaction() as connection:
            return self.create_batches_within(connection, entry, owner, phones, now)

    def create_batches_within(
        self, connection: Connection, entry: CampaignRecord, owner: str, phones: pd.Series[Any], now: Now
    ) -> list[BatchWithPeople]:
        """As `create_batches`, in the caller's transaction."""
        self.dissolve(connection, entry.id)
        unsent = recipients.c.batch.is_(None) & ~recipients.c.held_out
        free = recipient_rows.read(connection, entry.id, unsent)
        free = free[among(free["phone"], phones)]
        if entry.budget is not None:  # which covers the first rows first
            free = free.iloc[np.argsort(find(free["phone"], phones), kind="stable")]
        return assign(connection, entry, owner, free, now)

    def cut_within_budget(
        self, entry: CampaignRecord, owner: str, phones: pd.Series[Any], now: Now
    ) -> list[BatchWithPeople]:
        """
        Free the people of all batches that this owner has planned, and cut those whom the budget covers now.
        """
        with self._store.transaction() as connection:
            planned = (batches.c.campaign == entry.id) & (batches.c.state == State.PLANNED)
            which = planned & (batches.c.owner == owner)
            recipient_rows.free(connection, recipients.c.batch.in_(sa.select(batches.c.id).where(which)))
            connection.execute(sa.delete(batches).where(which))
            return self.create_batches_within(connection, entry, owner, phones, now)

    def cut_again(
        self, entry: CampaignRecord, owner: str, batch: Batch, phones: pd.Series[Any], now: Now
    ) -> list[BatchWithPeople]:
        """
        Free the people of a planned batch of this owner that may no longer leave, and cut them by the hours
        that are open now; of one that is gone, those who are in no other.
        """
        with self._store.transaction() as connection:
            planned = (batches.c.state == State.PLANNED) & (batches.c.owner == owner)
            which = planned & (batches.c.id == batch.id) & (batches.c.order_id == batch.order_id)
            if connection.execute(sa.select(sa.func.count()).where(which)).scalar_one():
                recipient_rows.free(connection, recipients.c.batch == batch.id)
                connection.execute(sa.delete(batches).where(which))
            return self.create_batches_within(connection, entry, owner, phones, now)

    def free(self, entry: CampaignRecord) -> None:
        """Dissolve the batches that a dead owner planned and that were never accepted."""
        with self._store.transaction() as connection:
            self.dissolve(connection, entry.id)

    def split(
        self,
        entry: CampaignRecord,
        owner: str,
        change: Change,
        parts: list[pd.DataFrame],
        instead: pd.DataFrame | None = None,
    ) -> list[BatchWithPeople]:
        """
        Write down that a batch was refused and give its people to smaller ones, in one transaction.

        Without parts its people are free, and ``instead`` is what they wait for from now on, as
        `smsframe.campaign.rules.wanted` has it. Its row stays, so that its order id is not used again.

        Raises:
            JournalError: As `record`.
        """
        batch = change.batch
        with self._store.transaction() as connection:
            connection.execute(
                sa.insert(evidence), change_state(connection, entry, owner, change, self.stamp())
            )
            recipient_rows.free(connection, recipients.c.batch == batch.id)
            if instead is not None and len(instead):
                texts = {text: key for key, text in read_texts(connection, entry.id).items()}
                write_waiting(connection, entry, instead.assign(text=instead["template"].map(texts)))
            created = (assign(connection, entry, owner, part, batch) for part in parts)
            return [*itertools.chain.from_iterable(created)]

    def incomplete(self, connection: Connection, entry: CampaignRecord) -> list[Batch]:
        """
        In the caller's transaction: the accepted batches whose orders do not list everybody, but for those
        of a run at work.
        """
        with_missing = sa.select(recipients.c.batch).where(
            recipients.c.campaign == entry.id, recipients.c.missing
        )
        which = batches.c.id.in_(with_missing) & (batches.c.state == State.ACCEPTED)
        dead = self._dead(connection, which)
        return read_batches(connection, which & batches.c.owner.in_(dead)) if dead else []

    def tally(self, entry: CampaignRecord) -> Tally:
        """How many people are where, and whether somebody is at work."""
        with self._store.transaction(reading=True) as connection:
            return tally(connection, entry.id, self._owners.alive)

    def tallies(self) -> dict[int, Tally]:
        """The same of all campaigns at once, by their keys."""
        with self._store.transaction(reading=True) as connection:
            return tallies(connection, self._owners.alive)

    def refused(self, connection: Connection, entry: CampaignRecord) -> list[tuple[Batch, str]]:
        """
        In the caller's transaction: the people of a campaign whom the gateway refused one by one, each with
        its reason.
        """
        refused_alone = (batches.c.campaign == entry.id) & (batches.c.state == State.REFUSED)
        refused_alone &= sa.exists().where(recipients.c.batch == batches.c.id)
        rows = connection.execute(sa.select(batches.c.id, batches.c.reason).where(refused_alone))
        reasons = {row.id: row.reason or "" for row in rows}
        if not reasons:
            return []
        return [(batch, reasons[batch.id]) for batch in read_batches(connection, refused_alone)]

    def release(self, refused: list[Batch]) -> None:
        """Free the people of refused batches; the rows stay, so that no order id is used again."""
        with self._store.transaction() as connection:
            for batch in refused:
                recipient_rows.free(connection, recipients.c.batch == batch.id)

    def claim(
        self,
        entry: CampaignRecord,
        planned: list[BatchWithPeople],
        owner: str,
        admit: Callable[[Connection, list[BatchWithPeople]], list[BatchWithPeople]] | None = None,
    ) -> list[BatchWithPeople] | None:
        """
        Take planned batches for sending, on disk; those that still are planned, and ours, up to the first
        that the budget no longer covers. None when somebody asked this run to stop. ``admit`` says which of
        them the limits let go that all runs of the campaign keep together.
        """
        claimed, rows = [], []
        with self._store.transaction() as connection:
            if requested(connection, entry):
                return None
            for batch, people in planned if admit is None else admit(connection, planned):
                if not covers(connection, entry, batch, people):
                    break  # the engine cuts again what is left
                at = batch.claimed_at or self._clock.now()
                if claim(connection, batch, owner, at):
                    what = (Event.CLAIMED, State.SENDING, self.stamp())
                    rows.append(evidence_row(entry.id, batch.order_id, *what))
                    sending = replace(batch, state=State.SENDING, claimed_at=at)
                    claimed.append(BatchWithPeople(sending, people))
            if rows:
                connection.execute(sa.insert(evidence), rows)
        if claimed:
            keys = [item.batch.id for item in claimed]
            self._store.confirm(lambda: claimed_by(owner, keys), len(claimed))
        return claimed

    def record(self, entry: CampaignRecord, owner: str, changes: list[Change]) -> list[Batch]:
        """
        Write down what happened to batches of this owner, and the evidence; returns them as they are then.

        Raises:
            JournalError: One is not in the state we knew, or no longer ours; then none is written.
        """
        with self._store.transaction() as connection:
            rows = [change_state(connection, entry, owner, change, self.stamp()) for change in changes]
            if rows:
                connection.execute(sa.insert(evidence), rows)
        return [replace(one.batch, state=one.step.state, doubt=one.step.doubt) for one in changes]

    def note(self, entry: CampaignRecord, change: Change) -> None:
        """
        Add evidence about an accepted batch, and settle which people its order lacks, or was left without.

        A person may say of those it lacks that they are accepted, or free to be texted again.
        """
        batch, event = change.batch, change.event
        in_batch = recipients.c.batch == batch.id
        with self._store.transaction() as connection:
            if event is Event.PERSON_SENDS:
                recipient_rows.free(connection, in_batch & recipients.c.missing)
            elif event is Event.PERSON_ACCEPTS:
                connection.execute(sa.update(recipients).where(in_batch).values(missing=False))
            elif event in (Event.FOUND, Event.FOUND_PART):
                connection.execute(sa.update(recipients).where(in_batch).values(missing=False, refused=None))
                recipient_rows.mark(connection, batch.id, change.missing, change.refused)
            append_evidence(
                connection, entry.id, batch.order_id, event, batch.state, self.stamp(), change.evidence
            )

    def take_over(self, connection: Connection, entry: CampaignRecord, owner: str) -> list[Batch]:
        """
        In the caller's transaction: make the open batches of dead owners ours, which may have been sent.

        Those that were being sent become unconfirmed: they go to look-up, never straight to a POST.
        """
        open_ = (batches.c.campaign == entry.id) & batches.c.state.in_([State.SENDING, State.UNCONFIRMED])
        dead = self._dead(connection, open_)
        for batch in read_batches(connection, open_ & batches.c.owner.in_(dead)) if dead else []:
            state, doubt = batch.state, batch.doubt
            if state is State.SENDING:
                state, _, doubt = transition(state, Event.OWNER_DIED, doubt)
                append_evidence(connection, entry.id, batch.order_id, Event.OWNER_DIED, state, self.stamp())
            taken = {"owner": owner, "state": state, "doubt": int(doubt)}
            connection.execute(sa.update(batches).where(batches.c.id == batch.id).values(**taken))
        return read_batches(connection, open_ & (batches.c.owner == owner))

    def accepted(self, connection: Connection, entry: CampaignRecord) -> bool:
        """
        In the caller's transaction: whether an order was ever accepted of the type and sender that the
        latest call wants.
        """
        like_latest_call = batches.c.message_type == entry.terms.message_type
        like_latest_call &= batches.c.sender.is_not_distinct_from(entry.terms.sender)
        accepted_alike = sa.exists().where(
            batches.c.campaign == entry.id, batches.c.state.in_(TAKEN), like_latest_call
        )
        return bool(connection.execute(sa.select(accepted_alike)).scalar_one())

    def alive(self, owner: str) -> bool:
        """Whether a run is at work."""
        return self._owners.alive(owner)

    def held(self, owner: str) -> bool:
        """Whether a run still holds its lock, where others look for it, and so its batches."""
        return self._store.in_place and self._owners.alive(owner)

    def dissolve(self, connection: Connection, campaign: int) -> None:
        """In the caller's transaction: free the people whose batch a dead owner planned, and no more."""
        planned = (batches.c.campaign == campaign) & (batches.c.state == State.PLANNED)
        owners = self._dead(connection, planned)
        if not owners:
            return
        dead = planned & batches.c.owner.in_(owners)
        recipient_rows.free(connection, recipients.c.batch.in_(sa.select(batches.c.id).where(dead)))
        connection.execute(sa.delete(batches).where(dead))

    def free_texted_elsewhere(self, connection: Connection, campaign: int, phones: pd.Series[Any]) -> None:
        """
        In the caller's transaction: free those of them who had no text by what this journal knew.

        Another journal's order lists them, so they have one, and an order of ours that they are part of must
        not go out again as it is: it was refused, lacked them, or nobody who is alive is sending it.
        """
        in_campaign = batches.c.campaign == campaign
        open_ = in_campaign & batches.c.state.in_([State.SENDING, State.UNCONFIRMED])
        dead = open_ & batches.c.owner.in_(self._dead(connection, open_))
        untexted = dead | (in_campaign & (batches.c.state == State.REFUSED))
        not_in_order = recipients.c.missing | recipients.c.refused.is_not(None)
        same_people = (recipients.c.campaign == campaign) & is_among(
            recipients.c.person, recipient_rows.persons(phones)
        )
        recipient_rows.free(
            connection,
            same_people & (not_in_order | recipients.c.batch.in_(sa.select(batches.c.id).where(untexted))),
        )

    def _dead(self, connection: Connection, which: sa.ColumnElement[bool]) -> list[str]:
        owners = connection.execute(sa.select(batches.c.owner).where(which).distinct()).scalars()
        return [name for name in owners if not self._owners.alive(name)]
