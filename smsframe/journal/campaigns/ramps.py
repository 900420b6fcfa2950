"""
How far the ramp of a campaign is: decided by its row alone, so that it is the same for every process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import sqlalchemy as sa

from smsframe.journal.sql import rows_changed
from smsframe.journal.tables import campaigns
from smsframe.journal.versions import has_people_over_time
from smsframe.orders.ramp import RampState, state_of
from smsframe.phones.match import keys

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy.engine import Connection

    from smsframe.journal.store import JournalStore
    from smsframe.orders.ramp import Ramp
    from smsframe.orders.records import CampaignRecord


class Ramps:
    """The ramps in one journal."""

    def __init__(self, store: JournalStore) -> None:
        self._store = store

    def give(self, entry: CampaignRecord, ramp: Ramp) -> None:
        """Write down the ramp of a call, which the next calls go on with."""
        with self._store.transaction() as connection:
            give_ramp(connection, entry.id, ramp)

    def state(self, entry: CampaignRecord) -> RampState | None:
        """How far the ramp is now; None where there is none."""
        with self._store.transaction(reading=True) as connection:
            return read_ramp(connection, entry.id)

    def step(self, entry: CampaignRecord, before: RampState, after: RampState) -> bool:
        """From one state to another; False when somebody else was faster."""
        with self._store.transaction() as connection:
            same = sa.update(campaigns).where(campaigns.c.id == entry.id, campaigns.c.ramp == before.text)
            return rows_changed(connection, same.values(ramp=after.text)) == 1


def read_ramp(connection: Connection, campaign: int) -> RampState | None:
    """In the caller's transaction: how far the ramp is; None where there is none."""
    if not has_people_over_time(connection):  # a journal of an earlier version
        return None
    return state_of(connection.execute(sa.select(campaigns.c.ramp).filter_by(id=campaign)).scalar())


def give_ramp(connection: Connection, campaign: int, ramp: Ramp) -> None:
    """In the caller's transaction: the ramp of a call, at the stage that the campaign has reached."""
    before = read_ramp(connection, campaign)
    after = RampState(ramp) if before is None else before.given(ramp)
    connection.execute(sa.update(campaigns).where(campaigns.c.id == campaign).values(ramp=after.text))


def in_later_stages(
    connection: Connection, entry: CampaignRecord, free: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    In the caller's transaction: who may be texted now, and who waits for a later stage, and why.

    Who was texted before, and is to be texted again, waits for no stage.
    """
    state = read_ramp(connection, entry.id)
    if state is None or state.complete or free.empty:
        return free, free.iloc[:0]
    persons = keys(free["phone"])
    waits = state.waits(persons, entry.name)
    if "attempt" in free:
        waits &= free["attempt"].fillna(1).le(1).to_numpy(dtype=bool)
    reasons = state.reasons(persons[waits], entry.name)
    waiting = free[waits].assign(wait_code="ramp", wait_reason=reasons)
    return free[~np.asarray(waits)], waiting
