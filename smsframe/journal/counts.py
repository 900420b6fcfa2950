"""
How far campaigns are, counted by the database: cheap enough to be asked every second, of one or of thousands.

It says in numbers what `smsframe.outcomes.join` says of each person.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from smsframe.journal.sql import frame
from smsframe.journal.tables import attempts, batches, campaigns, erased, optout_lists, recipients
from smsframe.journal.versions import has_attempts, has_people_over_time, held_out, refused
from smsframe.orders.delivery_codes import Stage
from smsframe.orders.profile import known_codes
from smsframe.orders.states import CALLED_BACK, CANCEL_OPEN, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    from sqlalchemy.engine import Connection

OPEN = (State.PLANNED, State.SENDING, State.UNCONFIRMED, *CANCEL_OPEN)
"""What somebody may be at work on."""


class Tally(NamedTuple):
    """
    The people of a campaign, counted.

    Attributes:
        counts: How many are ``accepted``, ``scheduled``, ``rejected``, ``unconfirmed``, ``cancelled`` and
            ``pending``.
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
    return tallies(connection, alive, campaign).get(campaign, Tally(Counter(), 0.0, at_work=False))


def tallies(
    connection: Connection, alive: Callable[[str], bool], campaign: int | None = None
) -> dict[int, Tally]:
    """
    Count the people of all campaigns, or of one, in two statements however many there are; by their keys.

    A campaign without people and batches is not among them; of one that was purged only what it cost is.
    """
    grouped = _grouped(connection, campaign, refused(connection).is_not(None))
    waiting = sa.select(recipients.c.campaign, sa.func.count()).group_by(recipients.c.campaign)
    unsent = recipients.c.batch.is_(None) & ~held_out(connection)
    waiting = waiting.where(unsent, *_of_campaign(recipients, campaign))
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    charged: defaultdict[int, float] = defaultdict(float)
    at_work: set[int] = set()
    living: dict[str, bool] = {}
    for key, state, later, owner, people, missing, left_out, left, charge in connection.execute(grouped):
        if state in OPEN and owner not in living:
            living[owner] = alive(owner)
        if state in OPEN and living[owner]:
            at_work.add(key)
        others = people - missing - left_out - left
        if state == State.ACCEPTED:
            counts[key].update(accepted=left, unconfirmed=missing, rejected=left_out)
            counts[key]["scheduled" if later else "accepted"] += others
            charged[key] += charge or 0.0
        else:  # also of an order that somebody wanted cancelled some texts may have left
            rejected = left_out if state in CALLED_BACK else 0
            counts[key].update(accepted=left, rejected=rejected)
            word = _status_of_unaccepted(state, at_work=living.get(owner, False))
            counts[key][word] += people - left - rejected
    for key, people in connection.execute(waiting):
        counts[key]["pending"] += people
    return {key: Tally(counter, charged[key], key in at_work) for key, counter in counts.items()}


def held_out_people(connection: Connection) -> dict[int, int]:
    """How many people of each campaign are held out of an experiment, by its key."""
    query = sa.select(recipients.c.campaign, sa.func.count()).where(held_out(connection))
    rows = connection.execute(query.group_by(recipients.c.campaign))
    return {row[0]: row[1] for row in rows}


def with_lists(connection: Connection) -> set[int]:
    """The keys of the campaigns that have a list of their own, from the ``suppress=`` of a call."""
    if not has_people_over_time(connection):
        return set()
    return {*connection.execute(sa.select(optout_lists.c.campaign).distinct()).scalars()}


def waiting_people(connection: Connection, alive: Callable[[str], bool]) -> pd.DataFrame:
    """``campaign`` and ``phone`` of those of all campaigns who are pending, and in nobody's hands."""
    planned = batches.c.state == State.PLANNED
    owners = connection.execute(sa.select(batches.c.owner).where(planned).distinct()).scalars()
    nobodys = planned & batches.c.owner.in_([owner for owner in owners if not alive(owner)])
    free = recipients.c.batch.is_(None) | recipients.c.batch.in_(sa.select(batches.c.id).where(nobodys))
    return frame(
        connection,
        sa.select(recipients.c.campaign, recipients.c.phone).where(free, ~held_out(connection)),
    )


def _status_of_unaccepted(state: str, *, at_work: bool) -> str:
    """What the people of an order are that is not accepted."""
    if state == State.PLANNED or (state == State.SENDING and at_work):
        return "pending"
    # Of all others nobody knows: of a dead owner's orders neither.
    return {State.REFUSED: "rejected", State.CANCELLED: "cancelled"}.get(State(state), "unconfirmed")


def _grouped(
    connection: Connection, campaign: int | None, left_out: sa.ColumnElement[bool]
) -> sa.Select[Any]:
    """By campaign, state, whether for later, and owner: people, who is lacking or left out, the charge."""
    missing = recipients.c.missing & ~left_out
    not_in_order = (
        sa.select(
            recipients.c.batch,
            sa.func.sum(sa.case((missing, 1), else_=0)).label("missing"),
            sa.func.sum(sa.case((left_out, 1), else_=0)).label("left_out"),
        )
        .where(recipients.c.missing | left_out, *_of_campaign(recipients, campaign))
        .group_by(recipients.c.batch)
        .subquery()
    )
    # A batch that was split is still written down, without its people: they are counted by the index.
    counted = sa.select(sa.func.count()).where(recipients.c.batch == batches.c.id).scalar_subquery()
    texted_again = _texted_again(connection)
    each = (
        sa.select(
            *(batches.c[name] for name in ("campaign", "state", "owner", "charged")),
            batches.c.schedule_at.is_not(None).label("later"),
            counted.label("people"),
            texted_again.label("texted_again"),
            _erased(connection).label("erased"),
            _already_sent(connection).label("left"),
            sa.func.coalesce(not_in_order.c.missing, 0).label("missing"),
            sa.func.coalesce(not_in_order.c.left_out, 0).label("left_out"),
        )
        .join_from(batches, not_in_order, not_in_order.c.batch == batches.c.id, isouter=True)
        .where(*_of_campaign(batches, campaign))
        .subquery()
    ).c
    # What an order without anybody was charged is no row's, unless its people were erased since.
    in_order = each.people + each.texted_again
    charge = sa.case(((in_order > each.missing + each.left_out) | each.erased, each.charged))
    groups = (each.campaign, each.state, each.later, each.owner)
    sums = (sa.func.sum(column) for column in (each.people, each.missing, each.left_out, each.left, charge))
    return sa.select(*groups, *sums).group_by(*groups)


def _texted_again(connection: Connection) -> sa.ColumnElement[int]:
    """How many people of a batch have a later attempt; nobody in a file of an older version."""
    if not has_attempts(connection):
        return sa.literal(0)
    return sa.select(sa.func.count()).where(attempts.c.batch == batches.c.id).scalar_subquery()


def _erased(connection: Connection) -> sa.ColumnElement[bool]:
    """Whether people of a batch were erased: some of them, or all with their campaign."""
    if not has_people_over_time(connection):
        return sa.false()
    listed = erased.c.missing.is_(False) & erased.c.refused.is_(None)
    some = sa.exists().where(erased.c.batch == batches.c.id, listed)
    return some | sa.exists().where(campaigns.c.id == batches.c.campaign, campaigns.c.purged_at.is_not(None))


def _already_sent(connection: Connection) -> sa.ColumnElement[int]:
    """
    How many texts of a scheduled batch have left, by the delivery codes that the journal has seen: of one
    that a person wanted cancelled by codes that say so.
    """
    if not has_attempts(connection):
        return sa.literal(0)
    waiting = [code for code, known in known_codes().items() if known.stage is Stage.WAITING]
    in_batch = (recipients.c.batch == batches.c.id) & ~recipients.c.missing & recipients.c.refused.is_(None)
    codes = [code for code, known in known_codes().items() if known.left]
    left = sa.select(sa.func.count()).where(in_batch, recipients.c.delivery.in_(codes))
    seen = sa.select(sa.func.count()).where(in_batch, recipients.c.delivery.not_in(waiting))
    return sa.case(
        (batches.c.state.in_(CALLED_BACK), left.scalar_subquery()),
        (
            batches.c.schedule_at.is_not(None) & (batches.c.state == State.ACCEPTED),
            seen.scalar_subquery(),
        ),
        else_=0,
    )


def _of_campaign(table: sa.Table, campaign: int | None) -> list[sa.ColumnElement[bool]]:
    return [] if campaign is None else [table.c.campaign == campaign]
