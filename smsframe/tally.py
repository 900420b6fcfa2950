"""
How far a campaign is, counted by the database: cheap enough to be asked every second.

It says in numbers what `smsframe.outcomes` says of each person.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from smsframe.life import State
from smsframe.tables import batches, recipients, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.engine import Connection

OPEN = (State.PLANNED, State.SENDING, State.UNCONFIRMED)
"""What somebody may be at work on."""


class Tally(NamedTuple):
    """
    The people of a campaign, counted.

    Attributes:
        counts: How many are ``accepted``, ``scheduled``, ``rejected``, ``unconfirmed`` and ``pending``.
        credits: Credits charged, as far as the gateway said.
        at_work: Whether somebody is sending, or looking up, right now.
    """

    counts: Mapping[str, int]
    credits: float
    at_work: bool


def tally(connection: Connection, campaign: int, alive: Callable[[str], bool]) -> Tally:
    """
    Count the people of a campaign; ``alive`` says whether an owner is.
    """
    scheduled = batches.c.schedule_at.is_not(None)
    # A batch that was split is still written down, without its people: they are counted by the index.
    people = sa.select(sa.func.count()).where(recipients.c.batch == batches.c.id).scalar_subquery()
    grouped = sa.select(
        batches.c.state, scheduled, batches.c.owner, sa.func.sum(people), sa.func.sum(batches.c.charged)
    ).where(batches.c.campaign == campaign)
    mine = sa.select(sa.func.count()).where(recipients.c.campaign == campaign)
    left_out = refused(connection).is_not(None)
    lacking = (
        sa.select(scheduled, left_out, sa.func.count())
        .join_from(recipients, batches, recipients.c.batch == batches.c.id)
        .where(recipients.c.campaign == campaign, batches.c.state == State.ACCEPTED)
        .where(recipients.c.missing | left_out)
    )
    counts = Counter(pending=connection.execute(mine.where(recipients.c.batch.is_(None))).scalar_one())
    credits_, at_work = 0.0, False
    living: dict[str, bool] = {}
    grouped = grouped.group_by(batches.c.state, scheduled, batches.c.owner)
    for state, later, owner, number, charged in connection.execute(grouped):
        if state in OPEN and owner not in living:
            living[owner] = alive(owner)
        at_work |= state in OPEN and living[owner]
        credits_ += (charged or 0.0) if state == State.ACCEPTED else 0.0
        match state:
            case State.ACCEPTED:
                counts["scheduled" if later else "accepted"] += number
            case State.REFUSED:
                counts["rejected"] += number
            case State.SENDING if living[owner]:
                counts["pending"] += number
            case State.PLANNED:
                counts["pending"] += number
            case _:  # nobody knows: of a dead owner's orders neither
                counts["unconfirmed"] += number
    for later, out, number in connection.execute(lacking.group_by(scheduled, left_out)):
        counts["scheduled" if later else "accepted"] -= number
        counts["rejected" if out else "unconfirmed"] += number
    return Tally(counts, credits_, at_work)
