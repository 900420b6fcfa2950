"""
The memory of what was sent: campaigns, their recipients and batches, on disk before and after each step.

Every change is one immediate transaction that says from which state it goes to which, so two processes
cannot both make it. Nothing here decides anything about people: that is `smsframe.orders.states`'s table.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import platformdirs
import sqlalchemy as sa

from smsframe.arrow import TEXT
from smsframe.clock import SYSTEM, Clock
from smsframe.errors import JournalError, UnknownCampaign
from smsframe.journal import disks
from smsframe.journal.batch_creation import adopt, assign
from smsframe.journal.batches import Batches
from smsframe.journal.conflicts import nothing_alike, same_gateway, same_text
from smsframe.journal.known_orders import KnownOrders
from smsframe.journal.recipients import read, taken
from smsframe.journal.rows import instants_of, micros, read_entry, read_texts, terms_columns
from smsframe.journal.run_locks import Owners
from smsframe.journal.sqlite import Store, frame
from smsframe.journal.sqlite_dialect import insert
from smsframe.journal.tables import batches, campaigns, evidence, recipients, texts
from smsframe.orders.batching import named, prefix
from smsframe.orders.records import Comparison, Entry, Registered
from smsframe.orders.states import State
from smsframe.outcomes.join import Known
from smsframe.phones.match import among

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from smsframe.orders.terms import Terms

JOURNAL = "SMSFRAME_JOURNAL"


MAYBE_TEXTED = (State.SENDING, State.ACCEPTED, State.UNCONFIRMED)
"""And who is planned by somebody who is at work, which `Journal.register` knows."""

FACTS = (
    *("order_id", "state", "doubt", "owner", "attempts", "schedule_at", "sent_at", "charged", "reason"),
    *("message_type", "sender", "text"),
)
EVIDENCE = ("order_id", "at", "process", "event", "state", "question", "answer")


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

    def __init__(self, location: str | os.PathLike[str], *, clock: Clock = SYSTEM) -> None:
        self.path = disks.location(location)
        self._keep(Store(self.path), Owners(self.path), clock)

    def _keep(self, store: Store, owners: Owners, clock: Clock) -> None:
        """Where it is kept, who is at work on it, and what time it is."""
        self._store, self._owners, self._clock = store, owners, clock
        self.batches = Batches(store, owners, clock)
        self.orders = KnownOrders(store, self.batches.stamp)

    @classmethod
    def default(cls, *, clock: Clock = SYSTEM) -> Journal:
        """``SMSFRAME_JOURNAL``, else one file in the user's data directory."""
        named = os.environ.get(JOURNAL)
        folder = platformdirs.user_data_path("smsframe", appauthor=False)
        return cls(named or folder / "journal.sqlite", clock=clock)

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

    def sound(self) -> None:
        """
        Refuse a damaged journal; nothing if there is none yet.

        Raises:
            JournalError: It is damaged.
        """
        self._store.sound()

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

    def find(self, name: str) -> Entry | None:
        """The campaign of that name, or None."""
        if not self._store.made:
            return None
        with self._store.transaction(reading=True) as connection:
            return read_entry(connection, name) or read_entry(connection, named(name))

    def get(self, name: str) -> Entry:
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
        found = self._store.read(query) if self._store.made else pd.DataFrame(columns=[*names])
        return found.assign(created_at=instants_of(found["created_at"]))

    @contextmanager
    def owner(self) -> Iterator[str]:
        """
        An owner for a run, alive until the block ends or the process dies; makes the journal if need be.

        Raises:
            JournalError: The journal cannot be written.
        """
        self._store.make()
        with self._store.told():
            owner = self._owners.start()
        try:
            with self._store.kept_open():
                yield owner.name
        finally:
            owner.release()

    def check(self, entry: Entry, *, base_url: str, account: str, template: str, changed: bool) -> None:
        """
        Refuse a call that means another campaign than this one, before anything is written.

        Raises:
            CampaignChanged: It belongs to another gateway or account, or somebody may have another text.
        """
        same_gateway(entry, base_url, account)
        if not changed:
            with self._store.transaction(reading=True) as connection:
                same_text(connection, entry, template, MAYBE_TEXTED)

    def register(
        self,
        name: str,
        owner: str,
        *,
        base_url: str,
        account: str,
        template: str,
        terms: Terms,
        batch_size: int,
        at_once: int,
        waiting: pd.DataFrame,
        compared: Comparison,
        changed: bool,
    ) -> Registered:
        """
        Write down a campaign and people to text, and cut them into batches of this owner, in one transaction.

        Orders have ``at_once`` people at most, those of later runs ``batch_size``. Who has a batch already,
        of whatever run, keeps it, and the first text and outcome. So does who is in an order that the gateway
        lists and this journal did not know.

        Raises:
            CampaignChanged: It belongs to another gateway or account, or somebody may have another text.
        """
        fresh = len(waiting) > 0 or compared.found
        with self._store.transaction() as connection:
            latest = {**terms_columns(terms), "batch_size": batch_size}
            new = {
                "name": name,
                "base_url": base_url,
                "account": account,
                "created_at": micros(self._clock.now()),
                "prefix": prefix(name, base_url, account),
            }
            before = read_entry(connection, name)
            if before is not None:
                same_gateway(before, base_url, account)
                self.orders.doubt(connection, before, owner, compared.doubted)
                self.batches.dissolve(connection, before.id)  # what holds for the unsent, holds for these
                if not changed:
                    same_text(connection, before, template, (*MAYBE_TEXTED, State.PLANNED))
            else:
                nothing_alike(connection, name)
            connection.execute(insert(campaigns).on_conflict_do_nothing(), new | latest)
            campaign = connection.execute(sa.select(campaigns.c.id).filter_by(name=name)).scalar_one()
            text = {"campaign": campaign, "template": template}
            connection.execute(insert(texts).on_conflict_do_nothing(), text)
            latest["text"] = connection.execute(sa.select(texts.c.id).filter_by(**text)).scalar_one()
            connection.execute(sa.update(campaigns).where(campaigns.c.id == campaign).values(**latest))
            if before is not None:
                self.batches.free_refused(connection, campaign, latest, waiting["phone"])
                others = taken(connection, campaign, waiting["phone"])
                waiting = waiting[~among(waiting["phone"], others)]
            entry = self._take_over(connection, name, owner, compared, waiting)
            entry = replace(entry, batch_size=at_once)
            waiting = waiting[~among(waiting["phone"], compared.adopted["phone"])]
            cuts = assign(connection, entry, owner, waiting.assign(text=entry.text))
            return Registered(entry, cuts, self.orders.unlisted(connection, entry), fresh)

    def go_on(
        self, entry: Entry, owner: str, compared: Comparison, waiting: pd.DataFrame, *, waive: bool
    ) -> Registered:
        """
        Write down what the gateway lists of a campaign and this journal did not know, before it is resumed.

        ``waiting``: ``phone``, ``fields``, ``segments`` of the people who are to be texted; ``waive``:
        whether a person says that nobody else is in the orders that were taken over.
        """
        fresh = len(waiting) > 0 or compared.found
        with self._store.transaction() as connection:
            self.orders.doubt(connection, entry, owner, compared.doubted)
            found = self._take_over(connection, entry.name, owner, compared, waiting)
            if waive:
                self.orders.waive(connection, entry)
            unlisted = self.orders.unlisted(connection, entry)
            entry = replace(entry, compared_at=found.compared_at)
            return Registered(entry, [], unlisted, fresh)

    def _take_over(
        self, connection: Connection, name: str, owner: str, compared: Comparison, waiting: pd.DataFrame
    ) -> Entry:
        """In the caller's transaction: the campaign once orders that were found are taken over."""
        if compared.date is not None:
            date = {"compared_at": micros(compared.date)}
            connection.execute(sa.update(campaigns).where(campaigns.c.name == name).values(**date))
        entry = read_entry(connection, name)
        if entry is None:  # it was written, or read, before
            raise JournalError(f"the journal {self.path} was replaced by another: put it back")
        if len(compared.adopted):
            self.batches.free_texted(connection, entry.id, compared.adopted["phone"].dropna())
            adopt(connection, entry, owner, compared.adopted, waiting, self.batches.stamp())
        return entry

    # Recipients.

    def recipients(self, campaign: int, name: str) -> Known:
        """
        Everything known of the recipients of a campaign, in order of number.

        Raises:
            JournalError: The campaign of that key is not the one of that name: another file took its place.
        """
        # An order that was only looked up, as after a crash, left right after it was claimed.
        left = sa.func.coalesce(batches.c.sent_at, batches.c.claimed_at).label("sent_at")
        facts = (left if fact == "sent_at" else batches.c[fact] for fact in ("id", *FACTS))
        query = sa.select(*facts).where(batches.c.campaign == campaign)
        with self._store.transaction(reading=True) as connection:
            if connection.execute(sa.select(campaigns.c.name).filter_by(id=campaign)).scalar() != name:
                raise JournalError(f"the journal {self.path} was replaced by another: put it back")
            found = read(connection, campaign)
            cuts = frame(connection, query.order_by(batches.c.id))
            sources = read_texts(connection, campaign)
        for fact in ("order_id", "state", "owner", "reason", "message_type", "sender"):
            cuts[fact] = cuts[fact].astype(TEXT)
        for fact in ("doubt", "attempts"):
            cuts[fact] = cuts[fact].astype("Int64")
        cuts["charged"] = cuts["charged"].astype("Float64")
        for fact in ("schedule_at", "sent_at"):
            cuts[fact] = instants_of(cuts[fact])
        cuts["template"] = cuts["text"].map(sources).astype(TEXT)
        open_ = cuts["state"].isin([State.PLANNED, State.SENDING, State.UNCONFIRMED])
        alive = {owner: self._owners.alive(owner) for owner in cuts.loc[open_, "owner"].unique()}
        cuts["owner_alive"] = (open_ & cuts["owner"].map(alive).eq(other=True)).astype(bool)
        text = pd.Index([*sources], dtype="int64").get_indexer(pd.Index(found["text"]))
        place = pd.Index(cuts["id"], dtype="int64").get_indexer(
            pd.Index(found["batch"].fillna(-1).astype("int64"))
        )
        people = found[["phone", "fields", "segments", "missing", "refused"]].assign(
            template=pd.Categorical.from_codes(text, pd.Index([*sources.values()])),
            batch=place,
        )
        return Known(people, cuts.drop(columns=["id", "text"]))

    def withdraw(self, entry: Entry, phones: pd.Series[Any]) -> None:
        """Forget people of a campaign who were never part of a batch."""
        rows = [{"key": phone} for phone in phones]
        statement = sa.delete(recipients).where(
            recipients.c.campaign == entry.id,
            recipients.c.phone == sa.bindparam("key"),
            recipients.c.batch.is_(None),
        )
        with self._store.transaction() as connection:
            if rows:
                connection.execute(statement, rows)

    def evidence(self, campaign: int) -> pd.DataFrame:
        """What was asked and answered about each order, the oldest first; ``at`` is UTC."""
        rows: sa.Select[Any] = sa.select(sa.literal_column("*")).select_from(evidence)
        found = self._store.read(rows.where(evidence.c.campaign == campaign).order_by(evidence.c.id))
        found["at"] = instants_of(found["at"])
        return found.reindex(columns=[*EVIDENCE])  # an older file, before its upgrade, has fewer
