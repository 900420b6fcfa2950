"""
Opt-outs: who may not be texted, in one list per account of a gateway, and in one per campaign.

The list of an account holds who said stop; that of a campaign holds the numbers of the ``suppress=`` of its
calls. A person is in a list once, by the canonical number. Who is taken off a list stays in
`removed_optouts`.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import sqlalchemy as sa

from smsframe.arrow import TEXT
from smsframe.journal.people.optout_rows import (
    OptOutList,
    count,
    entries_of,
    find_list,
    insert_entries,
    made_list,
    no_optouts,
    note_change,
    persons_on,
    read_entries,
    readable,
)
from smsframe.journal.privacy.forgotten import Forgotten
from smsframe.journal.rows import instants_of, micros
from smsframe.journal.sql import frame, is_among
from smsframe.journal.tables import optout_lists, optouts, privacy, removed_optouts
from smsframe.journal.versions import has_people_over_time
from smsframe.phones.match import keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from smsframe.journal.store import JournalStore
    from smsframe.orders.records import CampaignRecord, Stamp

LARGEST = 10_000
"""People per statement."""

SUPPRESSED = "suppress="
"""The source of numbers from the ``suppress=`` of a call."""

ENTRY = ("person", "phone", "since", "why", "source", "at_gateway")


class OptOuts:
    """The opt-outs in one journal; ``stamp`` says when something is written down."""

    def __init__(self, store: JournalStore, stamp: Callable[[], Stamp]) -> None:
        self._store, self._stamp = store, stamp

    @property
    def place(self) -> str:
        """What the journal is called in messages."""
        return self._store.place

    def add(
        self,
        owner: OptOutList,
        phones: pd.Series[Any],
        *,
        source: str | pd.Series[Any],
        why: str | pd.Series[Any] | None = None,
        since: datetime | pd.Series[Any] | None = None,
        at_gateway: bool = False,
    ) -> int:
        """
        Put people on a list, which is made if there is none; who is on it keeps date, reason and source.

        Args:
            owner: Whose list.
            phones: Numbers in E.164.
            source: Where it is known from: one for all, or one per number.
            why: Likewise, or None.
            since: Likewise; now when not given.
            at_gateway: Whether the gateway's own list has them.

        Returns:
            How many people were not on it.

        Raises:
            JournalError: The journal cannot be written.
        """
        self._store.make()
        with self._store.transaction() as connection:
            return self.add_within(
                connection, owner, phones, source=source, why=why, since=since, at_gateway=at_gateway
            )

    def add_within(
        self,
        connection: Connection,
        owner: OptOutList,
        phones: pd.Series[Any],
        *,
        source: str | pd.Series[Any],
        why: str | pd.Series[Any] | None = None,
        since: datetime | pd.Series[Any] | None = None,
        at_gateway: bool = False,
    ) -> int:
        """As `add`, in the caller's transaction. Who was erased is written down nowhere: a hash is enough."""
        erased = Forgotten(self._store).within(connection, phones)
        if erased.all():
            return 0
        if erased.any():
            phones = phones[~erased]
            source = source[~erased] if isinstance(source, pd.Series) else source
            why = why[~erased] if isinstance(why, pd.Series) else why
            since = since[~erased] if isinstance(since, pd.Series) else since
        now = self._stamp().at
        entries = entries_of(phones, source, why, now if since is None else since)
        key = made_list(connection, owner)
        added = 0
        for begin in range(0, len(entries), LARGEST):
            added += insert_entries(connection, key, entries.iloc[begin : begin + LARGEST])
        if at_gateway:
            self._mark_at_gateway(connection, key, entries["person"], now)
        if added:
            note_change(connection, key)
        return added

    def save_suppressed(
        self, entry: CampaignRecord, phones: pd.Index[Any], until: date | None = None
    ) -> None:
        """
        Keep the numbers of the ``suppress=`` of a call of a campaign, for its later calls.

        ``until``: the last day on which these lists may be used; that of the latest call that has one stands.
        """
        if not len(phones) and until is None:
            return
        owner = OptOutList(entry.base_url, entry.account, entry.id)
        with self._store.opened() as connection:
            key = None if connection is None else find_list(connection, owner)
            known = None if connection is None or key is None else persons_on(connection, [key])
        column = pd.Series(phones, dtype=TEXT)
        if known is not None:
            column = column[~pd.Series(keys(column)).isin(known).to_numpy()]
        if len(column) or key is None:
            self.add(owner, column, source=SUPPRESSED)
        if until is None or self.suppressed_until(entry) == until:
            return
        with self._store.transaction() as connection:
            day = {"name": _until(entry), "value": until.isoformat()}
            connection.execute(sa.delete(privacy).where(privacy.c.name == day["name"]))
            connection.execute(sa.insert(privacy), day)

    def suppressed_until(self, entry: CampaignRecord) -> date | None:
        """The last day on which the ``suppress=`` of the calls of a campaign may be used; None for ever."""
        with self._store.opened() as connection:
            if connection is None or not has_people_over_time(connection):
                return None
            day = sa.select(privacy.c.value).where(privacy.c.name == _until(entry))
            found: str | None = connection.execute(day).scalar()
        return None if found is None else date.fromisoformat(found)

    def known_at_gateway(self, owner: OptOutList, phones: pd.Series[Any]) -> None:
        """Write down that the gateway's own list has these people now."""
        with self._store.transaction() as connection:
            key = made_list(connection, owner)
            self._mark_at_gateway(connection, key, pd.Series(keys(phones)), self._stamp().at)

    def synced(self, owner: OptOutList) -> None:
        """Write down that the gateway's own list was read completely."""
        self._store.make()
        with self._store.transaction() as connection:
            which = optout_lists.c.id == made_list(connection, owner)
            connection.execute(
                sa.update(optout_lists).where(which).values(synced_at=micros(self._stamp().at))
            )

    def remove(self, owner: OptOutList, phones: pd.Series[Any], why: str) -> pd.DataFrame:
        """
        Take people off a list; what was known of them is kept, with the reason.

        Returns:
            Who was on it: ``number``, ``since``, ``why``, ``source``.

        Raises:
            JournalError: The journal cannot be written.
        """
        self._store.make()
        persons = keys(phones).tolist()
        with self._store.transaction() as connection:
            key = made_list(connection, owner)
            which = (optouts.c.list == key) & is_among(optouts.c.person, persons)
            removed = read_entries(connection, which)
            kept = [name for name in ENTRY if name != "at_gateway"]
            rows = sa.select(
                optouts.c.list,
                *(optouts.c[name] for name in kept),
                sa.literal(micros(self._stamp().at), sa.BigInteger),
                sa.literal(why, sa.Text),
            ).where(which)
            names = ["list", *kept, "removed_at", "removed_why"]
            connection.execute(sa.insert(removed_optouts).from_select(names, rows))
            connection.execute(sa.delete(optouts).where(which))
            if len(removed):
                note_change(connection, key)
        return removed

    def frame(self, owner: OptOutList) -> pd.DataFrame:
        """
        A list, in order of number.

        Returns:
            ``number`` (E.164), ``since`` (UTC), ``why``, ``source``; RangeIndex.
        """
        with self._store.opened() as connection:
            key = None if connection is None else find_list(connection, owner)
            if connection is None or key is None:
                return no_optouts()
            return read_entries(connection, optouts.c.list == key)

    def removed(self, owner: OptOutList) -> pd.DataFrame:
        """Who was taken off a list: as `frame`, with ``removed_at`` (UTC) and ``removed_why``."""
        with self._store.opened() as connection:
            key = None if connection is None else find_list(connection, owner)
            if connection is None or key is None:
                none = {"removed_at": instants_of(pd.Series([], dtype="Int64"))}
                return no_optouts().assign(**none, removed_why=pd.Series([], dtype=TEXT))
            names = ("person", "phone", "since", "why", "source", "removed_at", "removed_why")
            query = sa.select(*(removed_optouts.c[name] for name in names))
            return readable(frame(connection, query.where(removed_optouts.c.list == key).order_by("person")))

    def not_at_gateway(self, owner: OptOutList) -> pd.Series[Any]:
        """The numbers of a list of which it is not known that the gateway's own list has them."""
        with self._store.opened() as connection:
            key = None if connection is None else find_list(connection, owner)
            if connection is None or key is None:
                return no_optouts()["number"]
            return read_entries(connection, (optouts.c.list == key) & optouts.c.at_gateway.is_(None))[
                "number"
            ]

    def owners(self) -> dict[OptOutList, int]:
        """The lists of accounts in this journal, with how many people are on each."""
        with self._store.opened() as connection:
            if connection is None or not has_people_over_time(connection):
                return {}
            names = ("id", "base_url", "account", "campaign")
            query = sa.select(*(optout_lists.c[name] for name in names)).where(optout_lists.c.campaign == 0)
            rows = connection.execute(query.order_by(optout_lists.c.id)).all()
            return {OptOutList(*row[1:]): count(connection, row.id) for row in rows}

    def _mark_at_gateway(
        self, connection: Connection, key: int, persons: pd.Series[Any], now: datetime
    ) -> None:
        for begin in range(0, len(persons), LARGEST):
            these = is_among(optouts.c.person, persons.iloc[begin : begin + LARGEST].tolist())
            which = (optouts.c.list == key) & these & optouts.c.at_gateway.is_(None)
            connection.execute(sa.update(optouts).where(which).values(at_gateway=micros(now)))


def _until(entry: CampaignRecord) -> str:
    """
    The name under which the last day of a campaign's lists is kept.

    The day is the campaign's, not that of an entry: a list may have nobody of the campaign on it.
    """
    return f"suppressed_until {entry.id}"
