"""
Who was texted when, by one account, over all campaigns of a journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import sqlalchemy as sa

from smsframe.journal.people.spellings import spellings
from smsframe.journal.rows import micros
from smsframe.journal.sql import as_json_array, integers_of, is_among
from smsframe.journal.tables import attempts, batches, campaigns, recipients
from smsframe.journal.versions import has_attempts
from smsframe.orders.profile import known_codes
from smsframe.orders.states import CALLED_BACK, State
from smsframe.phones.match import are_among

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray
    from sqlalchemy.engine import Connection

PART = 100
"""Orders in one question."""

COUNTED = (
    *(State.SENDING, State.UNCONFIRMED, State.ACCEPTED),
    *(State.CANCELLING, State.CANCEL_ASKED, State.CANCEL_TAKEN),
)
"""
Orders whose people have a text, will have one, or may have: all but those that surely never left. Of one that
was cancelled, only those count whose text had left before.
"""


class Texted(NamedTuple):
    """
    Texts that count.

    Attributes:
        persons: Whose each is, by canonical number.
        at: When it left, or goes out, in microseconds since 1970.
    """

    persons: NDArray[np.int64]
    at: NDArray[np.int64]


NOBODY = Texted(np.array([], dtype=np.int64), np.array([], dtype=np.int64))


def texted(
    connection: Connection, base_url: str, accounts: Sequence[str] | None, since: datetime, until: datetime
) -> Texted:
    """
    Who was texted between two instants, or may have been, by all campaigns and attempts of an account; of
    all accounts there where its names are not known (None).

    It costs what the people of that time cost, not those of the whole journal: the orders of the time are
    found first, and their people by the index of orders.
    """
    urls = spellings(connection, campaigns.c.base_url, base_url)
    of_account: sa.ColumnElement[bool] = campaigns.c.base_url.in_(urls)
    if accounts is not None:
        of_account &= campaigns.c.account.in_([*accounts])
    at, span = _left_at(), (micros(since), micros(until))
    query = (
        sa.select(batches.c.id, at.label("at"), batches.c.skip_refused)
        .join(campaigns, batches.c.campaign == campaigns.c.id)
        .where(of_account, batches.c.state.in_(COUNTED), at > span[0], at < span[1])
    )
    orders = connection.execute(query).all()
    found = [
        part
        for begin in range(0, len(orders), PART)
        for part in _people(connection, orders[begin : begin + PART])
    ]
    found += _left_before(connection, of_account, span)
    if not found:
        return NOBODY
    return Texted(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _left_at() -> sa.ColumnElement[int]:
    """When an order left, or goes out."""
    return sa.func.coalesce(batches.c.schedule_at, batches.c.sent_at, batches.c.claimed_at)


def _left_before(
    connection: Connection, of_account: sa.ColumnElement[bool], span: tuple[int, int]
) -> list[Texted]:
    """Whose text had left, as the gateway says, before their order was to be cancelled."""
    if not has_attempts(connection):
        return []
    called_back = (
        sa.select(batches.c.id)
        .join(campaigns, batches.c.campaign == campaigns.c.id)
        .where(of_account, batches.c.state.in_(CALLED_BACK))
    )
    orders = connection.execute(called_back).scalars().all()
    left = [code for code, known in known_codes().items() if known.left]
    parts = []
    for table in (recipients, attempts) if orders else ():
        at = sa.func.coalesce(table.c.delivered_at, _left_at())
        query = (
            sa.select(table.c.person, at.label("at"))
            .join(batches, table.c.batch == batches.c.id)
            .where(is_among(table.c.batch, [*orders]), table.c.delivery.in_(left))
            .where(at > span[0], at < span[1])
        )
        if rows := connection.execute(query).all():
            parts.append(Texted(*np.array([tuple(row) for row in rows], dtype=np.int64).T))
    return parts


def _people(connection: Connection, orders: Sequence[Any]) -> list[Texted]:
    """The people of some orders, without those whom the gateway left out of them."""
    tables = [recipients, attempts] if has_attempts(connection) else [recipients]
    times = np.array([[one.id, one.at] for one in orders], dtype=np.int64)
    times = times[np.argsort(times[:, 0])]
    parts = []
    for table in tables:
        which = is_among(table.c.batch, times[:, 0].tolist())
        batch, person = _pairs(connection, table, which)
        if any(one.skip_refused for one in orders) and len(person):
            left_out = _pairs(connection, table, which & table.c.refused.is_not(None))
            keep = ~_in(batch, person, *left_out)
            batch, person = batch[keep], person[keep]
        parts.append(Texted(person, times[np.searchsorted(times[:, 0], batch), 1]))
    return parts


def _pairs(
    connection: Connection, table: sa.Table, which: sa.ColumnElement[bool]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rows = sa.select(table.c.batch, table.c.person).where(which).subquery()
    answer = connection.execute(sa.select(as_json_array(rows.c.batch), as_json_array(rows.c.person))).one()
    return integers_of(answer[0]), integers_of(answer[1])


def _in(
    batch: NDArray[np.int64],
    person: NDArray[np.int64],
    batches_out: NDArray[np.int64],
    persons_out: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Which pairs are among others, which are few."""
    out = {*zip(batches_out.tolist(), persons_out.tolist(), strict=True)}
    found = are_among(person, persons_out)
    pairs = zip(batch[found].tolist(), person[found].tolist(), strict=True)
    found[found] = [pair in out for pair in pairs]
    return found
