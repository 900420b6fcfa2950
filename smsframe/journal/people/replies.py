"""
Received messages: kept as the gateway gave them, each once, with what their fields mean as far as known.

A message is written down before anything is made of it. That its wish to opt out was acted upon is written
in the transaction that puts its sender on the list of opt-outs: killed in between, neither is. Every other
message is judged anew by each call, since the next one may know more: other fields, words or campaigns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import sqlalchemy as sa

from smsframe.arrow import TEXT
from smsframe.journal.people.optout_rows import find_list, removed_since, which_listed
from smsframe.journal.privacy.forgotten import Forgotten
from smsframe.journal.rows import instants_of, micros, moment
from smsframe.journal.sql import frame, insert, is_among, table_of
from smsframe.journal.tables import attempts, batches, campaigns, recipients, replies, reply_sources
from smsframe.journal.versions import has_people_over_time
from smsframe.orders.states import TAKEN, State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from smsframe.journal.people.optout_rows import OptOutList
    from smsframe.journal.people.optouts import OptOuts
    from smsframe.journal.store import JournalStore
    from smsframe.orders.records import Stamp

PART = 10_000
"""Messages in one transaction."""

SECOND = 1_000_000
"""In microseconds."""

PURGED = ""
"""What is left of a message that was purged."""

MAPPED = ("phone", "sender", "received_at", "text", "recipient", "mapping")
_CHOSEN = ("id", "key", "phone", "person", "sender", "received_at", "text", "recipient", "read_at")
_SENT = (*TAKEN, State.SENDING, State.UNCONFIRMED)


class ReplySource(NamedTuple):
    """The account at a gateway that received messages."""

    base_url: str
    account: str


class Replies:
    """The received messages in one journal; ``stamp`` says when something is written down."""

    def __init__(self, store: JournalStore, stamp: Callable[[], Stamp], optouts: OptOuts) -> None:
        self._store, self._stamp, self._optouts = store, stamp, optouts

    def read_until(self, source: ReplySource) -> datetime | None:
        """Before when, by the gateway's clock, all that was received was read; None before the first."""
        with self._store.opened() as connection:
            if connection is None or not has_people_over_time(connection):
                return None
            return moment(connection.execute(_of(source, reply_sources.c.read_until)).scalar())

    def first_campaign(self, source: ReplySource) -> datetime | None:
        """When the first campaign of the account began, by this machine's clock; None without one."""
        query = sa.select(sa.func.min(campaigns.c.created_at)).filter_by(**source._asdict())
        with self._store.opened() as connection:
            return None if connection is None else moment(connection.execute(query).scalar())

    def keep(self, source: ReplySource, messages: pd.DataFrame) -> None:
        """
        Write messages down that are not there yet, in one transaction.

        Args:
            source: Who received them.
            messages: ``key``, ``raw``, ``phone``, ``person``, ``sender``, ``received_at``, ``text``,
                ``recipient`` and ``mapping``, the last seven missing where nothing is known.

        Raises:
            JournalError: The journal cannot be written.
        """
        self._store.make()
        with self._store.transaction() as connection:
            row = {"source": made_source(connection, source), "read_at": micros(self._stamp().at)}
            messages = messages[~Forgotten(self._store).old(connection, messages)]
            rows = [row | values for values in _rows(messages)]
            if rows:
                connection.execute(insert(connection, replies).on_conflict_do_nothing(), rows)

    def whole(self, source: ReplySource, until: datetime) -> None:
        """Write down that everything received before a time of the gateway's clock is here."""
        self._store.make()
        with self._store.transaction() as connection:
            which = reply_sources.c.id == made_source(connection, source)
            earlier = reply_sources.c.read_until.is_(None) | (reply_sources.c.read_until < micros(until))
            connection.execute(
                sa.update(reply_sources).where(which, earlier).values(read_until=micros(until))
            )

    def map(
        self, source: ReplySource, mapping: str, mapped: Callable[[pd.Series[Any]], pd.DataFrame]
    ) -> None:
        """
        Read messages again that were written down under another mapping of fields, or none.

        Args:
            source: Who received them.
            mapping: The mapping that holds now.
            mapped: Messages, as `keep` takes them, of a column of what the gateway gave.
        """
        more = self._some_mapped_otherwise(source, mapping)
        while more:
            with self._store.transaction() as connection:
                found = frame(connection, _otherwise(source, mapping).limit(PART))
                read = mapped(found["raw"]).assign(id=found["id"].to_numpy())
                keys = sa.select(replies.c.key).where(
                    replies.c.source == made_source(connection, source),
                    is_among(replies.c.key, read["key"].tolist()),
                    ~is_among(replies.c.id, read["id"].tolist()),
                )
                there = {*connection.execute(keys).scalars()}
                twice = read["key"].isin(there) | read["key"].duplicated()
                connection.execute(
                    sa.delete(replies).where(is_among(replies.c.id, read["id"][twice].tolist()))
                )
                rows = [
                    {f"new_{name}": value for name, value in row.items() if name != "raw"}
                    for row in _rows(read[~twice], with_id=True)
                ]
                if rows:
                    names = ("key", "person", *MAPPED)
                    values: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in names}
                    # Read from other fields, it may be of somebody else, or be another wish.
                    values["handled"] = sa.and_(
                        replies.c.handled,
                        *(
                            replies.c[name].is_not_distinct_from(sa.bindparam(f"new_{name}", type_=sa.Text))
                            for name in ("phone", "text")
                        ),
                    )
                    statement = sa.update(replies).where(replies.c.id == sa.bindparam("new_id"))
                    connection.execute(statement.values(**values), rows)
                more = len(found) == PART

    def _some_mapped_otherwise(self, source: ReplySource, mapping: str) -> bool:
        with self._store.opened() as connection:
            if connection is None or not has_people_over_time(connection):
                return False
            return connection.execute(_otherwise(source, mapping).limit(1)).first() is not None

    def handle(
        self, source: ReplySource, owner: OptOutList, decide: Callable[[pd.DataFrame], pd.DataFrame]
    ) -> int:
        """
        Act upon messages that are a wish to opt out; how many people were not on the list before.

        Who was taken off the list after a message was received is not put on it again by that message.

        Args:
            source: Who received them.
            owner: The list.
            decide: Who opts out: ``id`` of the message, ``person``, ``phone``, ``why``, ``since`` (UTC, by
                this machine's clock), of messages as `frame` gives them, with ``texted``: whether the account
                has texted that number.
        """
        added, last, more = 0, 0, True
        while more:
            found = self._unhandled(source, last)
            if len(found):
                added += self._act(owner, decide(found))
                last = int(found["id"].max())
            more = len(found) == PART
        return added

    def _unhandled(self, source: ReplySource, after: int) -> pd.DataFrame:
        with self._store.opened() as connection:
            if connection is None or not has_people_over_time(connection):
                return pd.DataFrame()
            query = _messages(source).where(~replies.c.handled, replies.c.mapping.is_not(None))
            query = query.where(replies.c.id > after).order_by(replies.c.id).limit(PART)
            found = _typed(frame(connection, query))
            texted = _texts_to(connection, source, found["person"].dropna().unique().tolist())["person"]
            return found.assign(texted=found["person"].isin(texted))

    def _act(self, owner: OptOutList, said: pd.DataFrame) -> int:
        if said.empty:
            return 0
        with self._store.transaction() as connection:
            still = sa.select(replies.c.id).where(
                is_among(replies.c.id, said["id"].tolist()), ~replies.c.handled
            )
            said = said[said["id"].isin([*connection.execute(still).scalars()])]
            # Messages are dated in whole seconds: within the second in which they were removed, they opt out.
            since = said["since"].astype("datetime64[us, UTC]").astype("int64").to_numpy(dtype="int64")
            persons = said["person"].to_numpy(dtype="int64")
            said = said[~removed_since(connection, owner, persons, since + np.int64(SECOND - 1))]
            if said.empty:
                return 0
            added = self._optouts.add_within(
                connection, owner, said["phone"], source="reply", why=said["why"], since=said["since"]
            )
            key = find_list(connection, owner)
            listed = which_listed(
                connection, [] if key is None else [key], said["person"].to_numpy(dtype="int64")
            )
            barred = said["person"].isin(listed) | Forgotten(self._store).within(connection, said["phone"])
            done = is_among(replies.c.id, said["id"][barred].tolist())
            connection.execute(sa.update(replies).where(done).values(handled=True))
        return added

    def frame(self, source: ReplySource) -> pd.DataFrame:
        """
        The messages, in the order in which they were written down.

        Returns:
            ``id``, ``key``, ``raw``, ``phone`` (E.164, or missing), ``person`` (Int64), ``sender`` (as the
            gateway writes it), ``received_at`` (UTC), ``text``, ``recipient``, ``read_at`` (UTC).
        """
        with self._store.opened() as connection:
            if connection is None or not has_people_over_time(connection):
                return _typed(pd.DataFrame(columns=[*_CHOSEN, "raw"]))
            return _typed(frame(connection, _messages(source).order_by(replies.c.id)))

    def texts_to(self, source: ReplySource, persons: Sequence[int]) -> pd.DataFrame:
        """
        What was sent from this account to some people, whatever became of it.

        Returns:
            ``person``, ``campaign``, ``order_id``, ``attempt``, ``at`` (UTC: the time that was asked for, or
            when it left by this machine's clock), ``scheduled`` (which of the two): a row per text, without
            those that were left out of an order.
        """
        with self._store.opened() as connection:
            if connection is None:
                return _no_texts()
            return _texts_to(connection, source, persons)


def made_source(connection: Connection, source: ReplySource) -> int:
    """In the caller's transaction: the key of an account, which is made if there is none."""
    connection.execute(insert(connection, reply_sources).on_conflict_do_nothing(), source._asdict())
    return int(connection.execute(_of(source, reply_sources.c.id)).scalar_one())


def _of(source: ReplySource, column: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return sa.select(column).select_from(reply_sources).filter_by(**source._asdict())


def _messages(source: ReplySource) -> sa.Select[Any]:
    chosen = (replies.c[name] for name in (*_CHOSEN, "raw"))
    # Of a message that was purged only the key is left, so that it is not written down again.
    return sa.select(*chosen).where(
        replies.c.source.in_(_of(source, reply_sources.c.id)), replies.c.raw != PURGED
    )


def _otherwise(source: ReplySource, mapping: str) -> sa.Select[Any]:
    return _messages(source).where(replies.c.mapping.is_distinct_from(mapping)).order_by(replies.c.id)


def _rows(messages: pd.DataFrame, *, with_id: bool = False) -> list[dict[str, Any]]:
    names = ["key", "raw", "person", *MAPPED, *(["id"] if with_id else [])]
    given = messages[names].astype(object)
    rows: list[dict[Any, Any]] = given.where(given.notna(), None).to_dict("records")
    return rows


def _typed(found: pd.DataFrame) -> pd.DataFrame:
    kinds: dict[str, Any] = dict.fromkeys(("key", "raw", "phone", "sender", "text", "recipient"), TEXT)
    return found.astype(kinds | {"id": "int64", "person": "Int64"}).assign(
        received_at=instants_of(found["received_at"]), read_at=instants_of(found["read_at"])
    )


def _no_texts() -> pd.DataFrame:
    kinds: dict[str, Any] = {
        "person": "int64",
        "campaign": TEXT,
        "order_id": TEXT,
        "attempt": "Int64",
        "scheduled": bool,
    }
    texts = pd.DataFrame({name: pd.array([], kind) for name, kind in kinds.items()})
    return texts.assign(at=instants_of(pd.Series([], dtype="Int64")))


def _texts_to(connection: Connection, source: ReplySource, persons: Sequence[int]) -> pd.DataFrame:
    found = [_no_texts()]
    these = sa.select(campaigns.c.id, campaigns.c.name).filter_by(**source._asdict())
    for campaign, name in connection.execute(these).all() if len(persons) else []:
        for table in (recipients, attempts) if has_people_over_time(connection) else (recipients,):
            for begin in range(0, len(persons), PART):
                given = table_of(connection, {"person": (sa.BigInteger, persons[begin : begin + PART])})
                left = sa.func.coalesce(batches.c.schedule_at, batches.c.sent_at, batches.c.claimed_at)
                later = batches.c.schedule_at.is_not(None).label("scheduled")
                query = (
                    sa.select(table.c.person, batches.c.order_id, table.c.attempt, left.label("at"), later)
                    .select_from(given)
                    .join(table, (table.c.campaign == campaign) & (table.c.person == given.c.person))
                    .join(batches, batches.c.id == table.c.batch)
                    .where(batches.c.state.in_(_SENT), table.c.refused.is_(None))
                )
                part = frame(connection, query)
                if len(part):
                    texts: dict[str, Any] = {
                        "order_id": TEXT,
                        "attempt": "Int64",
                        "person": "int64",
                        "scheduled": bool,
                    }
                    part = part.astype(texts).assign(at=instants_of(part["at"]))
                    found.append(part.assign(campaign=pd.array([name] * len(part), TEXT)))
    return pd.concat(found[1:] or found, ignore_index=True)[[*found[0].columns]]
