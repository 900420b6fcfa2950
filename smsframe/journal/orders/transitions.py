"""
An order from one state to the next, in the caller's transaction: from the state and the owner that we know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from smsframe.errors import JournalError
from smsframe.journal.orders.shared_limits import count_answer
from smsframe.journal.people import recipients as recipient_rows
from smsframe.journal.rows import evidence_row, micros
from smsframe.journal.sql import rows_changed
from smsframe.journal.tables import batches
from smsframe.orders.states import Action, State

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from smsframe.orders.records import Batch, CampaignRecord, Change, Stamp

# The two statements of each order. They are put together once: that takes longer than carrying them out.

# With the order id, as the key of a planned order that somebody deleted may be another order's by now.
_OURS = (
    batches.c.id == sa.bindparam("key"),
    batches.c.order_id == sa.bindparam("order"),
    batches.c.owner == sa.bindparam("ours"),
)

_CLAIM = (
    sa.update(batches)
    .where(*_OURS, batches.c.state == State.PLANNED)
    .values(state=State.SENDING, attempts=batches.c.attempts + 1, claimed_at=sa.bindparam("at"))
)

_CHANGE = (
    sa.update(batches)
    .where(*_OURS, batches.c.state == sa.bindparam("known"))
    .values(
        state=sa.bindparam("next"),
        doubt=sa.bindparam("doubts"),
        attempts=batches.c.attempts + sa.bindparam("more"),
        reason=sa.bindparam("why"),
        sent_at=sa.func.coalesce(sa.bindparam("sent", type_=sa.BigInteger), batches.c.sent_at),
        charged=sa.func.coalesce(sa.bindparam("credits", type_=sa.Float), batches.c.charged),
    )
)


def claim(connection: Connection, batch: Batch, owner: str, at: datetime) -> bool:
    """Take a planned order for sending; whether it still was planned, and this owner's."""
    return rows_changed(connection, _CLAIM, _values(batch, owner) | {"at": micros(at)}) > 0


def _values(batch: Batch, owner: str) -> dict[str, Any]:
    """The values of `_OURS`."""
    return {"key": batch.id, "order": batch.order_id, "ours": owner}


def claimed_by(owner: str, keys: list[int]) -> sa.Select[Any]:
    """How many of some batches a run has claimed."""
    ours = batches.c.id.in_(keys) & (batches.c.owner == owner) & (batches.c.state == State.SENDING)
    return sa.select(sa.func.count()).select_from(batches).where(ours)


def change_state(
    connection: Connection, entry: CampaignRecord, owner: str, change: Change, stamp: Stamp
) -> dict[str, Any]:
    """From the state we know to the next; the row of the evidence. An error when somebody was faster."""
    batch, step = change.batch, change.step
    given = {
        "known": batch.state,
        "next": step.state,
        "doubts": int(step.doubt),
        "more": int(step.action is Action.REPEAT),
        "why": change.reason,
        "sent": None if change.sent_at is None else micros(change.sent_at),
        "credits": change.charged,
    }
    if not rows_changed(connection, _CHANGE, _values(batch, owner) | given):
        raise JournalError(f"order {batch.order_id} was changed by somebody else; nothing was overwritten")
    count_answer(connection, batch, step)
    recipient_rows.mark(connection, batch.id, change.missing, change.refused)
    return evidence_row(entry.id, batch.order_id, change.event, step.state, stamp, change.evidence)
