"""
The memory of what was sent: campaigns, their recipients and batches, on disk before and after each step.

Every change is one immediate transaction that says from which state it goes to which, so two processes
cannot both make it. Nothing here decides anything about people: that is `smsframe.orders.states`'s table.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import platformdirs
import sqlalchemy as sa

from smsframe.arrow import TEXT
from smsframe.clock import SYSTEM, Clock
from smsframe.errors import JournalError, UnknownCampaign
from smsframe.formatting import suggest_parameters
from smsframe.journal import disks
from smsframe.journal.attempts import read_earlier, take_back
from smsframe.journal.batches import Batches
from smsframe.journal.cancellations import Cancellations
from smsframe.journal.conflicts import require_no_similar_name
from smsframe.journal.deliveries import Deliveries
from smsframe.journal.known_orders import KnownOrders
from smsframe.journal.recipients import OWN_TIME, read, read_with_orders
from smsframe.journal.registration import Registration
from smsframe.journal.rows import instants_of, read_campaign, read_texts
from smsframe.journal.run_locks import Owners
from smsframe.journal.shared_limits import SharedLimits
from smsframe.journal.spending import given_up
from smsframe.journal.sqlite import Store, frame
from smsframe.journal.sqlite_migrations import columns
from smsframe.journal.stop_requests import StopRequests
from smsframe.journal.tables import batches, campaigns, evidence, recipients
from smsframe.orders.names import normalize_name
from smsframe.orders.states import State
from smsframe.outcomes.join import Known
from smsframe.phones.match import keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from smsframe.journal.conflicts import CampaignCall
    from smsframe.orders.records import CampaignRecord

JOURNAL = "SMSFRAME_JOURNAL"


FACTS = (
    *("order_id", "state", "doubt", "owner", "attempts", "schedule_at", "sent_at", "charged", "reason"),
    *("message_type", "sender", "text", "segments"),
)
EVIDENCE = ("order_id", "at", "process", "event", "state", "question", "answer")


class StoredCampaign(NamedTuple):
    """
    What a journal has of a campaign.

    Attributes:
        entry: The campaign.
        known: Its people and orders.
    """

    entry: CampaignRecord
    known: Known


class Journal:
    """
    One SQLite file, made when it is first written to, readable by its owner only.

    Args:
        location: A path, or an SQLAlchemy URL of an SQLite file.
        clock: What time it is.

    Raises:
        JournalError: The location cannot be a journal.

    Example:
        >>> Journal("campaigns.sqlite").exists
        False
    """

    @suggest_parameters
    def __init__(self, location: str | os.PathLike[str], *, clock: Clock = SYSTEM) -> None:
        self.path = disks.location(location)
        self._keep(Store(self.path), Owners(self.path), clock)

    def _keep(self, store: Store, owners: Owners, clock: Clock) -> None:
        """Where it is kept, who is at work on it, and what time it is."""
        self._store, self._owners, self._clock = store, owners, clock
        self.batches = Batches(store, owners, clock)
        self.orders = KnownOrders(store, self.batches.stamp)
        self.deliveries = Deliveries(store, self.batches.stamp)
        self.cancellations = Cancellations(store, owners, self.batches.stamp)
        self.stop_requests = StopRequests(store, owners)
        self.registration = Registration(store, self.batches, self.orders, clock)

    @classmethod
    def default(cls, *, clock: Clock = SYSTEM) -> Journal:
        """``SMSFRAME_JOURNAL``, else one file in the user's data directory."""
        from_environment = os.environ.get(JOURNAL)
        folder = platformdirs.user_data_path("smsframe", appauthor=False)
        return cls(from_environment or folder / "journal.sqlite", clock=clock)

    @property
    def exists(self) -> bool:
        """Whether anything was ever written."""
        return self._store.exists

    @property
    def in_place(self) -> bool:
        """Whether the file that the last run began on still has its name."""
        return self._store.in_place

    def __repr__(self) -> str:
        return f"<smsframe.Journal {self.path}>"

    # Campaigns.

    def backup(self, path: str | os.PathLike[str]) -> None:
        """
        Copy the journal as its last commit left it, also while somebody sends, and check the copy.

        To put it back, close what uses the journal, and move the copy to its place. A copy of the file alone
        is none: what was written last is beside it.

        Args:
            path: The copy, readable by its owner only; there must be no such file.

        Raises:
            JournalError: There is no journal, it cannot be read, or the copy cannot be written.
        """
        self._store.backup(Path(path).expanduser().absolute())

    def verify(self) -> None:
        """
        Look whether the file is whole, and its disk one on which it is safe; nothing is written.

        Raises:
            JournalError: It is not; says what to do. No journal at all is none that is damaged.
        """
        self._store.verify()

    def find(self, name: str) -> CampaignRecord | None:
        """The campaign of that name, or None."""
        with self._store.opened() as connection:
            return None if connection is None else _find(connection, name)

    def read(
        self, name: str, *, call: CampaignCall | None = None, phones: pd.Series[Any] | None = None
    ) -> StoredCampaign | None:
        """
        The campaign of that name with its people and orders, or None; in one transaction.

        Args:
            name: Of the campaign.
            call: What is to be sent: then a damaged journal, and a call that means another campaign than
                this one, are refused, before anything is written.
            phones: Whom to read, with everybody else in their orders; all people when not given.

        Raises:
            JournalError: It is damaged.
            CampaignChanged: It belongs to another gateway or account, somebody may have another text, or its
                name differs from another one by capitals, spaces or forms of letters alone.
        """
        with self._store.opened() as connection:
            if connection is None:
                return None
            if call is not None:
                self._store.check(connection)
            entry = _find(connection, name)
            if entry is None:
                if call is not None:
                    require_no_similar_name(connection, name)
                return None
            if call is not None:
                call.check(connection, entry)
            rows = _rows(connection, entry.id, phones)
        return StoredCampaign(entry, self._known(*rows))

    def get(self, name: str) -> CampaignRecord:
        """
        The campaign of that name.

        Raises:
            UnknownCampaign: There is none in this journal.
        """
        found = self.find(name)
        if found is None:
            raise UnknownCampaign(
                f"no campaign {name!r} in {self.path}; see smsframe.campaigns()", campaign=name
            )
        return found

    def campaigns(self) -> pd.DataFrame:
        """``id``, ``name``, ``base_url``, ``account``, ``created_at`` of each campaign, the oldest first."""
        names = ("id", "name", "base_url", "account", "created_at")
        query = sa.select(*(campaigns.c[name] for name in names)).order_by(campaigns.c.id)
        with self._store.opened() as connection:
            found = pd.DataFrame(columns=[*names]) if connection is None else frame(connection, query)
        return found.assign(created_at=instants_of(found["created_at"]))

    @contextmanager
    def owner(self) -> Iterator[str]:
        """
        An owner for a run, alive until the block ends or the process dies; makes the journal if need be.

        Raises:
            JournalError: The journal cannot be written.
        """
        self._store.make()
        with self._store.errors_in_our_words():
            owner = self._owners.start()
        try:
            with self._store.kept_open():
                yield owner.name
        finally:
            owner.release()

    def shared_limits(self, entry: CampaignRecord, owner: str, rate: float | None) -> SharedLimits:
        """The limits of a run that it keeps together with all other runs of its campaign."""
        return SharedLimits(entry, owner, rate=rate, alive=self._owners.alive, clock=self._clock)

    # Recipients.

    def recipients(self, campaign: int, name: str, phones: pd.Series[Any] | None = None) -> Known:
        """
        Everything known of the recipients of a campaign, in order of number.

        ``phones``: whom to read, with everybody else in their orders; all people when not given.

        Raises:
            JournalError: The campaign of that key is not the one of that name: another file took its place.
        """
        with self._store.transaction(reading=True) as connection:
            if connection.execute(sa.select(campaigns.c.name).filter_by(id=campaign)).scalar() != name:
                raise JournalError(f"the journal {self.path} was replaced by another: put it back")
            rows = _rows(connection, campaign, phones)
        return self._known(*rows)

    def _known(
        self, found: pd.DataFrame, created: pd.DataFrame, sources: dict[int, str], earlier: pd.DataFrame
    ) -> Known:
        for fact in ("order_id", "state", "owner", "reason", "message_type", "sender"):
            created[fact] = created[fact].astype(TEXT)
        for fact in ("doubt", "attempts", "segments"):
            created[fact] = created[fact].astype("Int64")
        created["charged"] = created["charged"].astype("Float64")
        created["given_up"] = created["given_up"].astype(bool)
        for fact in ("schedule_at", "sent_at"):
            created[fact] = instants_of(created[fact])
        created["template"] = created["text"].map(sources).astype(TEXT)
        open_ = created["state"].isin([State.PLANNED, State.SENDING, State.UNCONFIRMED])
        alive = {owner: self._owners.alive(owner) for owner in created.loc[open_, "owner"].unique()}
        created["owner_alive"] = (open_ & created["owner"].map(alive).eq(other=True)).astype(bool)
        order = pd.Index(created["id"], dtype="int64")
        people, before = (_people(part, sources, order) for part in (found, earlier))
        return Known(people, created.drop(columns=["id", "text"]), before)

    def withdraw(self, entry: CampaignRecord, phones: pd.Series[Any]) -> None:
        """
        Forget people of a campaign who were never part of a batch; whose attempt was another one, is at the
        one before.
        """
        rows = [{"key": person} for person in keys(phones).tolist()]
        statement = sa.delete(recipients).where(
            recipients.c.campaign == entry.id,
            recipients.c.person == sa.bindparam("key"),
            recipients.c.batch.is_(None),
        )
        with self._store.transaction() as connection:
            take_back(connection, entry.id, phones)
            if rows:
                connection.execute(statement, rows)

    def hours(self, order_id: str) -> dict[str, Any] | None:
        """
        The hours by which an order got its time, or None.

        Returns:
            ``hours``, ``zones``, ``local`` (the time in each of them) and ``clocks``.
        """
        with self._store.opened() as connection:
            return None if connection is None else _hours(connection, order_id)

    def evidence(self, campaign: int) -> pd.DataFrame:
        """What was asked and answered about each order, the oldest first; ``at`` is UTC."""
        rows: sa.Select[Any] = sa.select(sa.literal_column("*")).select_from(evidence)
        found = self._store.read(rows.where(evidence.c.campaign == campaign).order_by(evidence.c.id))
        found["at"] = instants_of(found["at"])
        return found.reindex(columns=[*EVIDENCE])  # an older file, before its upgrade, has fewer


def _hours(connection: Connection, order_id: str) -> dict[str, Any] | None:
    """The hours by which an order got its time, with the local time; None where none were asked for."""
    by_name = {column.name: column for column in columns(connection, batches)}
    written = connection.execute(sa.select(by_name["hours"]).where(batches.c.order_id == order_id)).scalar()
    return None if written is None else json.loads(written)


def _find(connection: Connection, name: str) -> CampaignRecord | None:
    return read_campaign(connection, name) or (
        None if normalize_name(name) == name else read_campaign(connection, normalize_name(name))
    )


def _rows(
    connection: Connection, campaign: int, phones: pd.Series[Any] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, dict[int, str], pd.DataFrame]:
    """The people, the batches, the texts and the earlier attempts of a campaign, as they are written."""
    # An order that was only looked up, as after a crash, left right after it was claimed.
    left = sa.func.coalesce(batches.c.sent_at, batches.c.claimed_at).label("sent_at")
    facts = (left if fact == "sent_at" else batches.c[fact] for fact in ("id", *FACTS))
    query = (
        sa.select(*facts, given_up().label("given_up"))
        .where(batches.c.campaign == campaign)
        .order_by(batches.c.id)
    )
    orders, sources = frame(connection, query), read_texts(connection, campaign)
    people = read(connection, campaign) if phones is None else read_with_orders(connection, campaign, phones)
    return people, orders, sources, read_earlier(connection, campaign)


def _people(found: pd.DataFrame, sources: dict[int, str], batch_keys: pd.Index) -> pd.DataFrame:
    """People as `Known` has them, of the journal's rows."""
    text = pd.Index([*sources], dtype="int64").get_indexer(pd.Index(found["text"]))
    place = batch_keys.get_indexer(pd.Index(found["batch"].fillna(-1).astype("int64")))
    same = ["phone", "fields", "encoding", "segments", "missing", "refused", "delivery", *OWN_TIME]
    return found[same].assign(
        template=pd.Categorical.from_codes(text, pd.Index([*sources.values()])),
        batch=place,
        attempt=found["attempt"].fillna(1),  # a file of an older version does not say
        delivered_at=instants_of(found["delivered_at"]),
        seen_at=instants_of(found["seen_at"]),
        schedule_at=instants_of(found["schedule_at"]),
    )
