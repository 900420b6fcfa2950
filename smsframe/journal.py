"""
The memory of what was sent: campaigns, their recipients and batches, on disk before and after each step.

Every change is one immediate transaction that says from which state it goes to which, so two processes
cannot both make it. Nothing here decides anything about people: that is `smsframe.life`'s table.
"""

from __future__ import annotations

import itertools
import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import platformdirs
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from smsframe import tables
from smsframe.errors import CampaignChanged, JournalError, UnknownCampaign
from smsframe.life import Action, Doubt, Event, State, Step, after
from smsframe.owners import Owners, process
from smsframe.plan import Terms, cut, order_id, prefix
from smsframe.schema import INSTANT, STRING
from smsframe.store import Store
from smsframe.tables import batches, campaigns, evidence, recipients, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection, RowMapping

JOURNAL = "SMSFRAME_JOURNAL"

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MAYBE_TEXTED = (State.SENDING, State.ACCEPTED, State.UNCONFIRMED)


@dataclass(frozen=True, slots=True)
class Entry:
    """
    What the journal says of a campaign.

    Attributes:
        id: Its key.
        name: The name under which nobody is texted twice.
        base_url: The gateway it belongs to.
        account: And the account there.
        prefix: The first half of its order ids.
        text: The key of its latest text.
        template: The latest text.
        terms: How the latest call wanted it sent.
        batch_size: Recipients per order at most.
    """

    id: int
    name: str
    base_url: str
    account: str
    prefix: str
    text: int
    template: str
    terms: Terms
    batch_size: int


@dataclass(frozen=True, slots=True)
class Batch:
    """
    What the journal says of a batch; its people are asked for apart.

    Attributes:
        id: Its key.
        order_id: Written when it was cut, only read since.
        state: Where it is in its life.
        doubt: Whether an attempt may have been accepted.
        template: Its text.
        encoding: ``gsm`` or ``ucs2``.
        terms: Quality, sender and time it was cut with.
        recipients: How many people.
        segments: Segments, which is the credits expected.
        claimed_at: When it was first claimed (UTC), from where the history is asked.
    """

    id: int
    order_id: str
    state: State
    doubt: Doubt
    template: str
    encoding: str
    terms: Terms
    recipients: int
    segments: int
    claimed_at: datetime | None


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

    @classmethod
    def default(cls) -> Journal:
        """``SMSFRAME_JOURNAL``, else one file in the user's data directory."""
        named = os.environ.get(JOURNAL)
        return cls(named or platformdirs.user_data_path("smsframe", appauthor=False) / "journal.sqlite")

    @property
    def exists(self) -> bool:
        """Whether anything was ever written."""
        return self._store.exists

    def __repr__(self) -> str:
        return f"<smsframe.Journal {self.path}>"

    # Campaigns.

    def find(self, name: str) -> Entry | None:
        """The campaign of that name, or None."""
        if not self.exists:
            return None
        with self._store.transaction(reading=True) as connection:
            return _entry(connection, name) if tables.made(connection) else None

    def get(self, name: str) -> Entry:
        """
        The campaign of that name.

        Raises:
            UnknownCampaign: There is none in this journal.
        """
        found = self.find(name)
        if found is None:
            raise UnknownCampaign(f"no campaign {name!r} in {self.path}; see smsframe.campaigns()", campaign=name)
        return found

    def campaigns(self) -> pd.DataFrame:
        """``id``, ``name``, ``base_url``, ``account`` and ``created_at`` of each campaign, the oldest first."""
        names = ("id", "name", "base_url", "account", "created_at")
        found = self._store.read(sa.select(*(campaigns.c[name] for name in names)).order_by(campaigns.c.id))
        return found.assign(created_at=_instants(found["created_at"]))

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
                _same_text(connection, entry, template)

    def register(
        self,
        name: str,
        *,
        base_url: str,
        account: str,
        template: str,
        terms: Terms,
        batch_size: int,
        people: pd.DataFrame,
        changed: bool,
    ) -> Entry:
        """
        Write down a campaign and its people, each once: who is known keeps the first text and outcome.

        Raises:
            CampaignChanged: It belongs to another gateway or account, or somebody may have another text.
        """
        with self._store.transaction() as connection:
            latest = {**_columns(terms), "batch_size": batch_size}
            fresh = {"name": name, "base_url": base_url, "account": account, "created_at": _now(), **latest}
            fresh["prefix"] = prefix(name, base_url, account)
            before = _entry(connection, name)
            if before is not None:
                _same_gateway(before, base_url, account)
                if not changed:
                    _same_text(connection, before, template)
            connection.execute(insert(campaigns).on_conflict_do_nothing(), fresh)
            campaign = connection.execute(sa.select(campaigns.c.id).filter_by(name=name)).scalar_one()
            text = {"campaign": campaign, "template": template}
            connection.execute(insert(texts).on_conflict_do_nothing(), text)
            latest["text"] = connection.execute(sa.select(texts.c.id).filter_by(**text)).scalar_one()
            connection.execute(sa.update(campaigns).where(campaigns.c.id == campaign).values(**latest))
            if len(people):
                new = insert(recipients)
                taken = ("text", "fields", "encoding", "segments")
                # Changed merge values hold for who is still unsent, and only for them.
                statement = new.on_conflict_do_update(
                    index_elements=["campaign", "phone"],
                    set_={column: new.excluded[column] for column in taken},
                    where=recipients.c.batch.is_(None),
                )
                connection.execute(statement, _rows(people, campaign=campaign, text=latest["text"]))
        return self.get(name)

    # Recipients.

    def recipients(self, campaign: int) -> pd.DataFrame:
        """
        Everything known of each recipient of a campaign, in order of number.

        Returns:
            ``phone``, ``template``, ``fields``, ``encoding``, ``segments``, ``missing`` of the recipient;
            ``batch``, ``order_id``, ``state``, ``doubt``, ``owner``, ``owner_alive``, ``attempts``,
            ``schedule_at``, ``sent_at``, ``charged``, ``reason`` of its batch, missing where it has none.
        """
        columns = [
            recipients.c.phone,
            texts.c.template,
            recipients.c.fields,
            recipients.c.encoding,
            recipients.c.segments,
            recipients.c.missing,
            recipients.c.batch,
            *(
                batches.c[name]
                for name in (
                    "order_id",
                    "state",
                    "doubt",
                    "owner",
                    "attempts",
                    "schedule_at",
                    "sent_at",
                    "charged",
                    "reason",
                )
            ),
        ]
        joined = recipients.join(texts, recipients.c.text == texts.c.id).outerjoin(
            batches, recipients.c.batch == batches.c.id
        )
        query = sa.select(*columns).select_from(joined).where(recipients.c.campaign == campaign)
        found = self._store.read(query.order_by(recipients.c.phone))
        for name in ("phone", "template", "fields", "encoding", "order_id", "state", "owner", "reason"):
            found[name] = found[name].astype(STRING)
        for name in ("segments", "batch", "doubt", "attempts"):
            found[name] = found[name].astype("Int64")
        found["attempts"] = found["attempts"].fillna(0)
        found["charged"] = found["charged"].astype("Float64")
        found["missing"] = found["missing"].astype(bool)
        for name in ("schedule_at", "sent_at"):
            found[name] = _instants(found[name])
        open_ = found["state"].isin([State.PLANNED, State.SENDING, State.UNCONFIRMED])
        alive = {owner: self._owners.alive(owner) for owner in found.loc[open_, "owner"].unique()}
        found["owner_alive"] = (open_ & found["owner"].map(alive).eq(other=True)).astype(bool)
        return found

    def members(self, batch: Batch) -> pd.DataFrame:
        """``phone``, ``fields`` and ``segments`` of a batch's people, in order of number."""
        columns = (recipients.c.phone, recipients.c.fields, recipients.c.segments)
        query = sa.select(*columns).where(recipients.c.batch == batch.id).order_by(recipients.c.phone)
        return self._store.read(query).astype({"phone": STRING, "fields": STRING})

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

    # Batches.

    def cut(self, entry: Entry, owner: str, phones: pd.Series[Any]) -> list[Batch]:
        """
        Cut those of these people who have no batch into batches of this owner.

        Batches that a dead owner planned and never got accepted are dissolved first: their people are free.
        """
        with self._store.transaction() as connection:
            self._dissolve(connection, entry)
            columns = [recipients.c[name] for name in ("phone", "fields", "encoding", "segments")]
            query = (
                sa.select(*columns, texts.c.id.label("text"), texts.c.template)
                .join(texts, recipients.c.text == texts.c.id)
                .where(recipients.c.campaign == entry.id, recipients.c.batch.is_(None))
                .order_by(recipients.c.phone)
            )
            found = connection.execute(query)
            free = pd.DataFrame(found.fetchall(), columns=[*found.keys()])
            free = free[free["phone"].isin(phones)]
            return [
                _plan(
                    connection,
                    entry,
                    owner,
                    people,
                    text=int(text),
                    template=str(template),
                    encoding=str(encoding),
                    terms=entry.terms,
                )
                for (text, template, encoding), group in free.groupby(["text", "template", "encoding"])
                for _, people in group.groupby(cut(group, entry.batch_size))
            ]

    def free(self, entry: Entry) -> None:
        """Dissolve the batches that a dead owner planned and that were never accepted."""
        with self._store.transaction() as connection:
            self._dissolve(connection, entry)

    def split(self, batch: Batch, owner: str, parts: list[pd.DataFrame], entry: Entry) -> list[Batch]:
        """Give the people of a refused batch to smaller ones, in one transaction."""
        with self._store.transaction() as connection:
            text = connection.execute(sa.select(batches.c.text).where(batches.c.id == batch.id)).scalar_one()
            return [
                _plan(
                    connection,
                    entry,
                    owner,
                    part,
                    text=text,
                    template=batch.template,
                    encoding=batch.encoding,
                    terms=batch.terms,
                )
                for part in parts
            ]

    def release(self, batch: Batch) -> None:
        """Free the people of a refused batch; its row stays, so that its order id is not used again."""
        with self._store.transaction() as connection:
            statement = sa.update(recipients).where(recipients.c.batch == batch.id).values(batch=None)
            connection.execute(statement)

    def claim(self, entry: Entry, batch: Batch, owner: str) -> Batch | None:
        """Take a planned batch for sending, on disk; None when it is no longer planned, or not ours."""
        with self._store.transaction() as connection:
            done = connection.execute(
                sa.update(batches)
                .where(
                    batches.c.id == batch.id,
                    batches.c.owner == owner,
                    batches.c.state == State.PLANNED,
                )
                .values(
                    state=State.SENDING,
                    attempts=batches.c.attempts + 1,
                    claimed_at=sa.func.coalesce(batches.c.claimed_at, _now()),
                )
            )
            if not done.rowcount:
                return None
            _witness(connection, entry.id, batch, Event.CLAIMED, State.SENDING, None)
            return _batches(connection, batches.c.id == batch.id)[0]

    def record(
        self,
        entry: Entry,
        batch: Batch,
        owner: str,
        event: Event,
        step: Step,
        *,
        sent_at: datetime | None = None,
        charged: float | None = None,
        reason: str | None = None,
        missing: pd.Series[Any] | None = None,
    ) -> Batch:
        """
        Write down what happened to a batch of this owner, and the evidence; returns it as it is then.

        Raises:
            JournalError: The batch is not in the state we knew, or no longer ours.
        """
        values: dict[str, Any] = {"state": step.state, "doubt": int(step.doubt), "reason": reason}
        if sent_at is not None:
            values["sent_at"] = _micros(sent_at)
        if charged is not None:
            values["charged"] = charged
        if step.action is Action.REPEAT:
            values["attempts"] = batches.c.attempts + 1
        with self._store.transaction() as connection:
            done = connection.execute(
                sa.update(batches)
                .where(batches.c.id == batch.id, batches.c.owner == owner, batches.c.state == batch.state)
                .values(**values)
            )
            if not done.rowcount:
                raise JournalError(f"order {batch.order_id} was changed by somebody else; nothing was overwritten")
            _lacks(connection, batch, missing)
            _witness(connection, entry.id, batch, event, step.state, reason)
            return _batches(connection, batches.c.id == batch.id)[0]

    def note(
        self, entry: Entry, batch: Batch, event: Event, answer: str, missing: pd.Series[Any] | None
    ) -> None:
        """Add evidence about a batch whose state it does not change, and which people its order lacks."""
        with self._store.transaction() as connection:
            _lacks(connection, batch, missing)
            _witness(connection, entry.id, batch, event, batch.state, answer)

    def take_over(self, entry: Entry, owner: str) -> list[Batch]:
        """
        Make the open batches of dead owners ours: those that may have been sent, or are unconfirmed.

        Those that were being sent become unconfirmed: they go to look-up, never straight to a POST.
        """
        open_ = (batches.c.campaign == entry.id) & batches.c.state.in_([State.SENDING, State.UNCONFIRMED])
        with self._store.transaction() as connection:
            found = connection.execute(sa.select(batches.c.id, batches.c.owner).where(open_)).all()
            alive = {name: self._owners.alive(name) for name in {row.owner for row in found}}
            ids = [row.id for row in found if not alive[row.owner]]
            for batch in _batches(connection, batches.c.id.in_(ids)):
                state, doubt = batch.state, batch.doubt
                if state is State.SENDING:
                    state, _, doubt = after(state, Event.OWNER_DIED, doubt)
                    _witness(connection, entry.id, batch, Event.OWNER_DIED, state, None)
                taken = {"owner": owner, "state": state, "doubt": int(doubt)}
                connection.execute(sa.update(batches).where(batches.c.id == batch.id).values(**taken))
            return _batches(connection, batches.c.id.in_(ids))

    def accepted(self, entry: Entry) -> bool:
        """Whether any order of this campaign was ever accepted."""
        query = sa.select(sa.func.count()).where(
            batches.c.campaign == entry.id, batches.c.state == State.ACCEPTED
        )
        with self._store.transaction(reading=True) as connection:
            return bool(connection.execute(query).scalar_one())

    def evidence(self, campaign: int) -> pd.DataFrame:
        """What was asked and answered about each order: ``order_id``, ``at`` (UTC), ``process``, ``event``, …"""
        query = sa.select(evidence).where(evidence.c.campaign == campaign).order_by(evidence.c.id)
        found = self._store.read(query).drop(columns=["id", "campaign"])
        found["at"] = _instants(found["at"])
        return found

    def _dissolve(self, connection: Connection, entry: Entry) -> None:
        planned = (batches.c.campaign == entry.id) & (batches.c.state == State.PLANNED)
        found = connection.execute(sa.select(batches.c.id, batches.c.owner).where(planned)).all()
        alive = {name: self._owners.alive(name) for name in {row.owner for row in found}}
        ids = [row.id for row in found if not alive[row.owner]]
        if ids:
            connection.execute(sa.update(recipients).where(recipients.c.batch.in_(ids)).values(batch=None))
            connection.execute(sa.delete(batches).where(batches.c.id.in_(ids)))


def _plan(
    connection: Connection,
    entry: Entry,
    owner: str,
    people: pd.DataFrame,
    *,
    text: int,
    template: str,
    encoding: str,
    terms: Terms,
) -> Batch:
    """Write a planned batch and give it its people; an order id that is taken moves the generation on."""
    used = sa.select(batches.c.id).where(batches.c.order_id == sa.bindparam("key"))
    for generation in itertools.count():
        key = order_id(entry.prefix, template, people, generation)
        if connection.execute(used, {"key": key}).first() is None:
            break
    values = {
        "campaign": entry.id,
        "text": text,
        "order_id": key,
        "generation": generation,
        "state": State.PLANNED,
        "owner": owner,
        "encoding": encoding,
        "recipients": len(people),
        "segments": int(people["segments"].sum()),
        **_columns(terms),
    }
    made = connection.execute(sa.insert(batches), values).inserted_primary_key
    statement = sa.update(recipients).where(
        recipients.c.campaign == entry.id, recipients.c.phone == sa.bindparam("key")
    )
    connection.execute(statement.values(batch=made[0]), [{"key": phone} for phone in people["phone"]])
    return _batches(connection, batches.c.id == made[0])[0]


def _batches(connection: Connection, where: sa.ColumnElement[bool]) -> list[Batch]:
    query = (
        sa.select(batches, texts.c.template)
        .join(texts, batches.c.text == texts.c.id)
        .where(where)
        .order_by(batches.c.id)
    )
    return [
        Batch(
            id=row["id"],
            order_id=row["order_id"],
            state=State(row["state"]),
            doubt=Doubt(row["doubt"]),
            template=row["template"],
            encoding=row["encoding"],
            terms=_terms(row),
            recipients=row["recipients"],
            segments=row["segments"],
            claimed_at=_moment(row["claimed_at"]),
        )
        for row in connection.execute(query).mappings()
    ]


def _entry(connection: Connection, name: str) -> Entry | None:
    query = (
        sa.select(campaigns, texts.c.template)
        .join(texts, campaigns.c.text == texts.c.id)
        .where(campaigns.c.name == name)
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    return Entry(
        id=row["id"],
        name=row["name"],
        base_url=row["base_url"],
        account=row["account"],
        prefix=row["prefix"],
        text=row["text"],
        template=row["template"],
        terms=_terms(row),
        batch_size=row["batch_size"],
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


def _same_text(connection: Connection, entry: Entry, template: str) -> None:
    query = (
        sa.select(texts.c.template, sa.func.sum(batches.c.recipients).label("people"))
        .join(texts, batches.c.text == texts.c.id)
        .where(batches.c.campaign == entry.id, texts.c.template != template)
        .where(batches.c.state.in_(MAYBE_TEXTED))
        .group_by(texts.c.template)
        .order_by(sa.desc("people"))
    )
    others = connection.execute(query).all()
    if others:
        people = sum(row.people for row in others)
        raise CampaignChanged(
            f"{people:,} people of campaign {entry.name!r} may already have another text "
            f'({others[0].template!r}); nothing was sent. changed="continue" sends this text to those who '
            "have none; for a second text to everybody choose another campaign name",
            campaign=entry.name,
            recipients=people,
            before=others[0].template,
            now=template,
        )


def _lacks(connection: Connection, batch: Batch, missing: pd.Series[Any] | None) -> None:
    """Mark the people that the gateway's order does not list."""
    if missing is not None and len(missing):
        marked = (recipients.c.batch == batch.id) & (recipients.c.phone == sa.bindparam("key"))
        statement = sa.update(recipients).where(marked).values(missing=True)
        connection.execute(statement, [{"key": phone} for phone in missing])


def _witness(
    connection: Connection, campaign: int, batch: Batch, event: Event, state: State, answer: str | None
) -> None:
    row = {
        "campaign": campaign,
        "order_id": batch.order_id,
        "at": _now(),
        "process": process(),
        "event": event,
        "state": state,
        "answer": answer,
    }
    connection.execute(sa.insert(evidence), row)


def _rows(people: pd.DataFrame, **same: int) -> list[dict[str, Any]]:
    """The parameters of an insert, one dictionary per person, as the driver takes them."""
    columns = people[["phone", "fields", "encoding", "segments"]].astype(object)
    return columns.where(columns.notna(), None).assign(**same).to_dict("records")


def _columns(terms: Terms) -> dict[str, Any]:
    schedule = None if terms.schedule is None else _micros(terms.schedule)
    return {"message_type": terms.message_type, "sender": terms.sender, "schedule_at": schedule}


def _terms(row: RowMapping) -> Terms:
    return Terms(row["message_type"], row["sender"], _moment(row["schedule_at"]))


def _path(location: str | os.PathLike[str]) -> Path:
    text = os.fspath(location)
    if "://" in text:
        url = sa.make_url(text)
        if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
            raise JournalError(
                f"a journal is an SQLite file for now, not {url.render_as_string(hide_password=True)}: "
                "name a path, or sqlite:///path"
            )
        text = url.database
    return Path(text).expanduser().absolute()


def _now() -> int:
    return _micros(datetime.now(UTC))


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else EPOCH + timedelta(microseconds=micros)


def _instants(micros: pd.Series[Any]) -> pd.Series[Any]:
    return pd.to_datetime(micros.astype("Int64"), unit="us", utc=True).astype(INSTANT)
