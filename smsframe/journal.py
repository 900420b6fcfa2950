"""
The memory of what was sent: campaigns, their recipients and batches, on disk before and after each step.

Every change is one immediate transaction that says from which state it goes to which, so two processes
cannot both make it. Nothing here decides anything about people: that is `smsframe.life`'s table.
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
from sqlalchemy.dialects.sqlite import insert

from smsframe.batches import Batches
from smsframe.cutting import adopt, assign
from smsframe.entries import Cut, Entry, instants_of, now, read_entry, read_texts, terms_columns
from smsframe.errors import CampaignChanged, JournalError, UnknownCampaign
from smsframe.joins import among
from smsframe.life import State
from smsframe.masking import mask
from smsframe.order import Terms, named, prefix
from smsframe.outcomes import Known
from smsframe.owners import Owners
from smsframe.people import read, taken
from smsframe.schema import STRING
from smsframe.store import Store, frame
from smsframe.tables import batches, campaigns, evidence, recipients, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

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

    Raises:
        JournalError: The location cannot be a journal.

    Example:
        >>> Journal("campaigns.sqlite").exists
        False
    """

    def __init__(self, location: str | os.PathLike[str]) -> None:
        self.path = _path(location)
        self._store = Store(self.path)
        self._owners = Owners(self.path)
        self.batches = Batches(self._store, self._owners)

    @classmethod
    def default(cls) -> Journal:
        """``SMSFRAME_JOURNAL``, else one file in the user's data directory."""
        named = os.environ.get(JOURNAL)
        return cls(named or platformdirs.user_data_path("smsframe", appauthor=False) / "journal.sqlite")

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
        _same_gateway(entry, base_url, account)
        if not changed:
            with self._store.transaction(reading=True) as connection:
                _same_text(connection, entry, template, MAYBE_TEXTED)

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
        earlier: pd.DataFrame,
        changed: bool,
    ) -> tuple[Entry, list[Cut]]:
        """
        Write down a campaign and people to text, and cut them into batches of this owner, in one transaction.

        Orders have ``at_once`` people at most, those of later runs ``batch_size``. Who has a batch already,
        of whatever run, keeps it, and the first text and outcome. So does who is in ``earlier``: orders that
        the gateway has of a campaign new to this journal, as for `cutting.adopt`.

        Raises:
            CampaignChanged: It belongs to another gateway or account, or somebody may have another text.
        """
        with self._store.transaction() as connection:
            latest = {**terms_columns(terms), "batch_size": batch_size}
            fresh = {"name": name, "base_url": base_url, "account": account, "created_at": now(), **latest}
            fresh["prefix"] = prefix(name, base_url, account)
            before = read_entry(connection, name)
            if before is not None:
                _same_gateway(before, base_url, account)
                self.batches.dissolve(connection, before.id)  # what holds for the unsent, holds for these
                if not changed:
                    _same_text(connection, before, template, (*MAYBE_TEXTED, State.PLANNED))
            else:
                _nothing_alike(connection, name)
            connection.execute(insert(campaigns).on_conflict_do_nothing(), fresh)
            campaign = connection.execute(sa.select(campaigns.c.id).filter_by(name=name)).scalar_one()
            text = {"campaign": campaign, "template": template}
            connection.execute(insert(texts).on_conflict_do_nothing(), text)
            latest["text"] = connection.execute(sa.select(texts.c.id).filter_by(**text)).scalar_one()
            connection.execute(sa.update(campaigns).where(campaigns.c.id == campaign).values(**latest))
            if before is not None:
                self.batches.free_refused(connection, campaign, latest, waiting["phone"])
                others = taken(connection, campaign, waiting["phone"])
                waiting = waiting[~among(waiting["phone"], others)]
            entry = read_entry(connection, name)
            assert entry is not None  # noqa: S101 - it was written in this transaction
            entry = replace(entry, batch_size=at_once)
            adopt(connection, entry, owner, earlier, waiting)
            waiting = waiting[~among(waiting["phone"], earlier["phone"])]
            return entry, assign(connection, entry, owner, waiting.assign(text=entry.text))

    # Recipients.

    def begun(self, name: str) -> bool:
        """Whether an order of a campaign ever left, or was about to."""
        entry = self.find(name)
        return entry is not None and self.batches.begun(entry)

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
            cuts[fact] = cuts[fact].astype(STRING)
        for fact in ("doubt", "attempts"):
            cuts[fact] = cuts[fact].astype("Int64")
        cuts["charged"] = cuts["charged"].astype("Float64")
        for fact in ("schedule_at", "sent_at"):
            cuts[fact] = instants_of(cuts[fact])
        cuts["template"] = cuts["text"].map(sources).astype(STRING)
        open_ = cuts["state"].isin([State.PLANNED, State.SENDING, State.UNCONFIRMED])
        alive = {owner: self._owners.alive(owner) for owner in cuts.loc[open_, "owner"].unique()}
        cuts["owner_alive"] = (open_ & cuts["owner"].map(alive).eq(other=True)).astype(bool)
        text = pd.Index([*sources], dtype="int64").get_indexer(pd.Index(found["text"]))
        place = pd.Index(cuts["id"], dtype="int64").get_indexer(
            pd.Index(found["batch"].fillna(-1).astype("int64"))
        )
        people = found[["phone", "fields", "segments", "missing"]].assign(
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


def _nothing_alike(connection: Connection, name: str) -> None:
    for other in connection.execute(sa.select(campaigns.c.name)).scalars():
        if other.casefold() == name.casefold():
            raise CampaignChanged(
                f"there is a campaign {other!r} already, and {name!r} would text its people again: write the "
                "name as it was, or choose another; nothing was sent",
                campaign=name,
                recipients=0,
                before=other,
                now=name,
            )


def _same_gateway(entry: Entry, base_url: str, account: str) -> None:
    before, now = f"{entry.base_url} as {entry.account}", f"{base_url} as {account}"
    if before != now:
        raise CampaignChanged(
            f"campaign {entry.name!r} belongs to {before}, and this call goes to {now}: "
            "choose another name for another gateway or account; nothing was sent",
            campaign=entry.name,
            recipients=0,
            before=before,
            now=now,
        )


def _same_text(connection: Connection, entry: Entry, template: str, states: tuple[State, ...]) -> None:
    query = (
        sa.select(texts.c.template, sa.func.sum(batches.c.recipients).label("people"))
        .join(texts, batches.c.text == texts.c.id)
        .where(batches.c.campaign == entry.id, texts.c.template != template)
        .where(batches.c.state.in_(states))
        .group_by(texts.c.template)
        .order_by(sa.desc("people"))
    )
    others = connection.execute(query).all()
    if others:
        people = sum(row.people for row in others)
        raise CampaignChanged(
            f"{people:,} people of campaign {entry.name!r} may already have another text "
            f'({mask(others[0].template)!r}); nothing was sent. changed="continue" sends this text to those '
            "who have none; for a second text to everybody choose another campaign name",
            campaign=entry.name,
            recipients=people,
            before=others[0].template,
            now=template,
        )


def _path(location: str | os.PathLike[str]) -> Path:
    text = os.fspath(location)
    if "://" in text:
        try:
            url = sa.make_url(text)
        except sa.exc.ArgumentError:
            raise JournalError("journal= is neither a path nor a URL such as sqlite:///path") from None
        if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
            raise JournalError(
                f"a journal is an SQLite file for now, not {url.render_as_string(hide_password=True)}: "
                "name a path, or sqlite:///path"
            )
        text = url.database
    return (
        Path(text).expanduser().resolve()
    )  # the owners of a file are beside it, by whatever name it is called
