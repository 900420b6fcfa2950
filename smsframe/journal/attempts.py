"""
Attempts: what people were before they were texted again in the same campaign, and the step to the next one.

A person is in `recipients` once, with the latest attempt; the step to the next one moves that row to
`attempts` and leaves the person without a batch, as somebody who was never sent to.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import sqlalchemy as sa

from smsframe.journal.recipients import DTYPES, NO_DELIVERY
from smsframe.journal.sqlite import frame
from smsframe.journal.sqlite_dialect import each, element
from smsframe.journal.sqlite_migrations import has_attempts
from smsframe.journal.tables import attempts, batches, recipients
from smsframe.orders.states import State
from smsframe.phones.match import keys

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def read_earlier(connection: Connection, campaign: int) -> pd.DataFrame:
    """
    What people of a campaign were before their latest attempt, in order of their number and attempt.

    Returns:
        The columns of `recipients.read`; no rows of a file of a version that had no attempts.
    """
    if not has_attempts(connection):
        return pd.DataFrame({name: pd.array([], dtype) for name, dtype in DTYPES.items()})
    rows = sa.select(*(attempts.c[name] for name in DTYPES)).where(attempts.c.campaign == campaign)
    found = frame(connection, rows.order_by(attempts.c.person, attempts.c.attempt))
    return pd.DataFrame({name: found[name].astype(dtype) for name, dtype in DTYPES.items()})


def begin_next(connection: Connection, campaign: int, rows: pd.DataFrame) -> None:
    """
    In the caller's transaction: begin the next attempt of people whose latest one is the one that is named.

    Whoever was texted again meanwhile is in another order, and is left alone: the same call again, or another
    process that is faster, begins nothing twice. So is somebody whose order is not accepted.

    Args:
        connection: The transaction.
        campaign: The key of the campaign.
        rows: ``phone``, ``order_id``: people, and the order of the attempt that each of them is to follow.
    """
    if rows.empty:
        return
    row = each(sa.bindparam("rows"))
    latest = (
        sa.select(recipients.c.person)
        .join(batches, recipients.c.batch == batches.c.id)
        .where(
            recipients.c.campaign == campaign,
            recipients.c.person == element(row, 0),
            batches.c.order_id == element(row, 1),
            batches.c.state == State.ACCEPTED,
            ~recipients.c.missing,
            recipients.c.refused.is_(None),
        )
    )
    named = {"rows": json.dumps([*zip(keys(rows["phone"]).tolist(), rows["order_id"], strict=True)])}
    found = connection.execute(latest, named).scalars().all()
    which = (recipients.c.campaign == campaign) & recipients.c.person.in_(
        sa.select(each(sa.bindparam("persons")))
    )
    step(connection, which, {"persons": json.dumps([*found])})


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
