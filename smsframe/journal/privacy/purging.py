"""
Campaigns of which the numbers and texts are erased once they are old; their names stay, and are closed.

Whom they texted nobody knows any more, so that the same call would text everybody again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import sqlalchemy as sa

from smsframe.errors import CampaignChanged
from smsframe.formatting import many
from smsframe.journal.people.replies import PURGED
from smsframe.journal.privacy.erasure import OPEN
from smsframe.journal.privacy.forgotten import UNCLEAN, mark
from smsframe.journal.rows import instants_of, micros
from smsframe.journal.sql import is_among
from smsframe.journal.tables import (
    attempts,
    batches,
    campaigns,
    erased,
    evidence,
    optout_lists,
    optouts,
    recipients,
    removed_optouts,
    replies,
    texts,
)
from smsframe.orders.states import State
from smsframe.texts.stop_words import OPT_OUT, read, words_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from smsframe.clock import Clock
    from smsframe.journal.store import JournalStore
    from smsframe.orders.records import CampaignRecord

COLUMNS = ("campaign", "last_at", "people", "purged", "why")


class PurgeCandidate(NamedTuple):
    """A campaign that is older than what is kept; its last moment, its people, and why it stays."""

    id: int
    name: str
    last_at: int
    people: int
    why: str


class Purging:
    """Erases old campaigns of one journal."""

    def __init__(self, store: JournalStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def purge(self, before: datetime, *, preview: bool) -> pd.DataFrame:
        """
        Erase the numbers and texts of campaigns in which nothing happened since a time; open ones stay.

        Args:
            before: The time (UTC).
            preview: Whether nothing is erased, and only said what would be.

        Returns:
            A row per such campaign: ``campaign``, ``last_at`` (UTC), ``people``, ``purged``, ``why`` not.
        """
        if preview:
            with self._store.opened() as connection:
                return _said([] if connection is None else _old(connection, micros(before)), purged=False)
        self._store.make()
        with self._store.transaction() as connection:
            self._store.erase_securely(connection)
            found = _old(connection, micros(before))
            for one in found:
                if not one.why:
                    _erase(connection, one.id, micros(self._clock.now()))
            if _blank_replies(connection, micros(before)) or any(not one.why for one in found):
                mark(connection, UNCLEAN, on=True)
        return _said(found, purged=True)


def require_open(entry: CampaignRecord) -> None:
    """
    Refuse a campaign whose people were erased.

    Raises:
        CampaignChanged: They were.
    """
    if entry.purged_at is not None:
        raise CampaignChanged(
            f"the numbers and texts of campaign {entry.name!r} were erased on {entry.purged_at:%Y-%m-%d} "
            "(smsframe.purge), so nobody knows whom it texted, and it would text everybody again: choose "
            "another name for a new campaign; nothing was sent",
            campaign=entry.name,
            recipients=0,
            before="a campaign that was purged",
            now="a call that would text its people again",
        )


def require_people(entry: CampaignRecord) -> None:
    """
    Refuse to show the people of a campaign that were erased: no rows would say that it texted nobody.

    Raises:
        CampaignChanged: They were.
    """
    if entry.purged_at is not None:
        raise CampaignChanged(
            f"the numbers and texts of campaign {entry.name!r} were erased on {entry.purged_at:%Y-%m-%d} "
            "(smsframe.purge), so there are no rows of the people whom it texted; its orders, and what they "
            f"cost, are kept: smsframe.costs({entry.name!r})",
            campaign=entry.name,
            recipients=0,
            before="a campaign with people",
            now="a campaign whose people were erased",
        )


def _old(connection: Connection, before: int) -> list[PurgeCandidate]:
    last = sa.select(
        sa.func.max(sa.func.coalesce(batches.c.schedule_at, batches.c.sent_at, batches.c.claimed_at, 0))
    ).where(batches.c.campaign == campaigns.c.id)
    query = sa.select(
        campaigns.c.id, campaigns.c.name, campaigns.c.created_at, last.scalar_subquery().label("last")
    ).where(campaigns.c.purged_at.is_(None))
    found = []
    for row in connection.execute(query.order_by(campaigns.c.id)).all():
        last_at = max(row.created_at, row.last or 0)
        if last_at < before:
            people = sa.select(sa.func.count()).where(recipients.c.campaign == row.id)
            count = connection.execute(people).scalar_one()
            found.append(PurgeCandidate(row.id, row.name, last_at, count, _why_open(connection, row.id)))
    return found


def _why_open(connection: Connection, campaign: int) -> str:
    """Why a campaign is not over, or nothing."""
    of_campaign = recipients.c.campaign == campaign
    planned = sa.select(batches.c.id).where(batches.c.campaign == campaign, batches.c.state == State.PLANNED)
    open_ = sa.select(batches.c.id).where(batches.c.campaign == campaign, batches.c.state.in_(OPEN))
    for which, reason in (
        (recipients.c.batch.in_(open_) | recipients.c.missing, "in orders that are not settled: resume it"),
        (
            (recipients.c.batch.is_(None) & ~recipients.c.held_out) | recipients.c.batch.in_(planned),
            "not sent yet: resume it, or withdraw them",
        ),
    ):
        count = connection.execute(sa.select(sa.func.count()).where(of_campaign, which)).scalar_one()
        if count:
            return f"{many(count, 'person', 'people')} {reason}"
    return ""


def _erase(connection: Connection, campaign: int, now: int) -> None:
    """Erase the people, texts and answers of a campaign; orders stay, with what they cost."""
    for table in (recipients, attempts, erased):
        connection.execute(sa.delete(table).where(table.c.campaign == campaign))
    of_list = sa.select(optout_lists.c.id).where(optout_lists.c.campaign == campaign)
    for table in (optouts, removed_optouts):
        connection.execute(sa.delete(table).where(table.c.list.in_(of_list)))
    keys = connection.execute(sa.select(texts.c.id).where(texts.c.campaign == campaign)).scalars().all()
    for key in keys:
        gone = {"template": f"(erased: {key})"}
        connection.execute(sa.update(texts).where(texts.c.id == key).values(**gone))
    of_campaign = evidence.c.campaign == campaign
    connection.execute(sa.update(evidence).where(of_campaign).values(question=None, answer=None))
    connection.execute(sa.update(batches).where(batches.c.campaign == campaign).values(reason=None))
    closed = {"purged_at": now, "salt": None, "pace": None}
    connection.execute(sa.update(campaigns).where(campaigns.c.id == campaign).values(**closed))


def _blank_replies(connection: Connection, before: int) -> int:
    """
    Erase what old messages say and who wrote them; how many.

    Their keys stay, so that they are not written down again when the gateway lists them once more. A wish to
    opt out that was not acted upon stays whole, as does what was not read yet.
    """
    received = sa.func.coalesce(replies.c.received_at, replies.c.read_at) < before
    query = sa.select(replies.c.id, replies.c.text, replies.c.handled, replies.c.phone)
    query = query.where(received, replies.c.mapping.is_not(None), replies.c.raw != PURGED)
    words = words_of()
    gone = [
        row.id
        for row in connection.execute(query)
        if row.handled or row.phone is None or read(row.text or "", words).meaning != OPT_OUT
    ]
    blank = dict.fromkeys(("person", "phone", "sender", "received_at", "text", "recipient"))
    statement = sa.update(replies).where(is_among(replies.c.id, gone))
    connection.execute(statement.values(raw=PURGED, **blank))
    return len(gone)


def _said(found: list[PurgeCandidate], *, purged: bool) -> pd.DataFrame:
    rows = [(one.name, one.last_at, one.people, purged and not one.why, one.why) for one in found]
    frame = pd.DataFrame(rows, columns=[*COLUMNS])
    return frame.assign(last_at=instants_of(frame["last_at"])).astype({"people": "int64", "purged": bool})
