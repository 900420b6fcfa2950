"""
Attempts: what people were before they were texted again in the same campaign, and the step to the next one.

A person is in `recipients` once, with the latest attempt; the step to the next one moves that row to
`attempts` and leaves the person without a batch, as somebody who was never sent to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import sqlalchemy as sa

from smsframe.journal.people.recipients import DTYPES, NO_DELIVERY
from smsframe.journal.sql import frame, is_among, table_of
from smsframe.journal.tables import attempts, batches, recipients
from smsframe.journal.versions import columns, has_attempts
from smsframe.orders.states import State
from smsframe.phones.match import keys

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


NOBODY = pd.DataFrame({name: pd.array([], dtype) for name, dtype in DTYPES.items()})
"""No recipients, as `recipients.read` gives them: most campaigns have no earlier attempts."""


def read_earlier(connection: Connection, campaign: int, batch: int | None = None) -> pd.DataFrame:
    """
    What people of a campaign, or of a batch, were before their latest attempt, by number and attempt.

    Returns:
        The columns of `recipients.read`; no rows of a file of a version that had no attempts.
    """
    if not has_attempts(connection):
        return NOBODY.copy()
    here = {column.name: column for column in columns(connection, attempts)}
    rows = sa.select(*(here[name] for name in DTYPES)).where(attempts.c.campaign == campaign)
    rows = rows if batch is None else rows.where(attempts.c.batch == batch)
    found = frame(connection, rows.order_by(attempts.c.person, attempts.c.attempt))
    if found.empty:
        return NOBODY.copy()
    return pd.DataFrame({name: found[name].astype(dtype) for name, dtype in DTYPES.items()})


def begin_next(
    connection: Connection, campaign: int, rows: pd.DataFrame, after: State = State.ACCEPTED
) -> None:
    """
    In the caller's transaction: begin the next attempt of people whose latest one is the one that is named.

    A person who was texted again meanwhile is in another order and is left out, so that the same call again,
    or another process that is faster, begins nothing twice. A person is also left out whose order is not in
    the required state, or who is not among the people of an accepted order.

    Args:
        connection: The transaction.
        campaign: The key of the campaign.
        rows: ``phone``, ``order_id``: people, and the order of the attempt that each of them is to follow.
        after: The state of those orders: accepted, or cancelled.
    """
    if rows.empty:
        return
    named_orders = sa.select(batches.c.id, batches.c.order_id).where(
        batches.c.campaign == campaign,
        batches.c.state == after,
        is_among(batches.c.order_id, rows["order_id"].unique().tolist()),
    )
    orders = frame(connection, named_orders)
    latest = sa.select(recipients.c.person, recipients.c.batch).where(
        is_among(recipients.c.batch, orders["id"].tolist())
    )
    if after is State.ACCEPTED:
        latest = latest.where(~recipients.c.missing, recipients.c.refused.is_(None))
    people = frame(connection, latest).merge(orders, left_on="batch", right_on="id")
    named = pd.MultiIndex.from_arrays([keys(rows["phone"]), rows["order_id"].astype(object)])
    found = people["person"][pd.MultiIndex.from_frame(people[["person", "order_id"]]).isin(named)]
    which = (recipients.c.campaign == campaign) & is_among(recipients.c.person, "persons")
    step(connection, which, {"persons": sorted(found.tolist())})


def take_back(connection: Connection, campaign: int, phones: pd.Series[Any]) -> None:
    """
    In the caller's transaction: people whose latest attempt was never part of an order are at the one before.

    Whoever has no attempt before is left as they are.
    """
    persons = is_among(recipients.c.person, keys(phones).tolist())
    begun = (recipients.c.campaign == campaign) & persons & recipients.c.batch.is_(None)
    begun &= recipients.c.attempt > 1
    before = sa.exists().where(
        attempts.c.campaign == recipients.c.campaign,
        attempts.c.person == recipients.c.person,
        attempts.c.attempt == recipients.c.attempt - 1,
    )
    found = frame(
        connection,
        sa.select(recipients.c.person, (recipients.c.attempt - 1).label("attempt")).where(begun, before),
    )
    if found.empty:
        return
    names = [column.name for column in attempts.c]
    chosen = table_of(
        connection, {name: (sa.BigInteger, found[name].tolist()) for name in ("person", "attempt")}
    )
    earlier = (attempts.c.campaign == campaign) & sa.tuple_(attempts.c.person, attempts.c.attempt).in_(
        sa.select(chosen.c.person, chosen.c.attempt)
    )
    gone = (recipients.c.campaign == campaign) & is_among(recipients.c.person, found["person"].tolist())
    connection.execute(sa.delete(recipients).where(gone))
    rows = sa.select(*(attempts.c[name] for name in names)).where(earlier)
    connection.execute(sa.insert(recipients).from_select(names, rows))
    connection.execute(sa.delete(attempts).where(earlier))


def step(
    connection: Connection, which: sa.ColumnElement[bool], parameters: dict[str, Any] | None = None
) -> None:
    """In the caller's transaction: these recipients are before their next attempt, in no batch yet."""
    names = [column.name for column in attempts.c]
    before = sa.select(*(recipients.c[name] for name in names)).where(which)
    connection.execute(sa.insert(attempts).from_select(names, before), parameters or {})
    following = {"attempt": recipients.c.attempt + 1, "batch": None, "missing": False, "refused": None}
    following |= {"schedule_at": None}  # the time of a first attempt has passed
    connection.execute(
        sa.update(recipients).where(which).values(**following, **NO_DELIVERY), parameters or {}
    )
