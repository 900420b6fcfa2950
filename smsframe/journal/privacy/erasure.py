"""
People erased from a journal: what is left of them is a keyed hash, and that they were in an order.

Who is in an order that is still open is erased once it is settled: as long as nobody knows whether it was
accepted, the gateway is asked about exactly its people. Until then their rows say that they are to be erased,
and nobody cuts them into another order.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import sqlalchemy as sa

from smsframe.errors import JournalError
from smsframe.journal.people import recipients as recipient_rows
from smsframe.journal.privacy import hash_key
from smsframe.journal.privacy.forgotten import DIGITS, FINGERPRINT, UNCLEAN, WAITING, mark, marked, numbers_in
from smsframe.journal.rows import micros
from smsframe.journal.sql import frame, insert, is_among
from smsframe.journal.tables import (
    attempts,
    batches,
    campaigns,
    erased,
    evidence,
    forgotten,
    metadata,
    optout_lists,
    optouts,
    privacy,
    recipients,
    replies,
    texts,
)
from smsframe.orders.states import CANCEL_OPEN, State
from smsframe.phones.keyed_hash import keyed_hashes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from sqlalchemy.engine import Connection

    from smsframe.clock import Clock
    from smsframe.journal.privacy.forgotten import Forgotten
    from smsframe.journal.store import JournalStore

OPEN = (State.SENDING, State.UNCONFIRMED, *CANCEL_OPEN)
"""States in which nobody knows yet what becomes of an order."""
FACTS = ("person", "attempt", "batch", "segments", "missing", "refused")


class Erased(NamedTuple):
    """
    What was erased, and what was not.

    Attributes:
        people: How many people were named.
        rows: ``where``, ``people`` who were erased there, ``waiting`` who are in an open order, ``why``.
        left: Sentences: what could not be erased, and what to do.
    """

    people: int
    rows: pd.DataFrame
    left: list[str]


class Erasure:
    """Erases people from one journal; ``salt`` makes what takes the place of a campaign's."""

    def __init__(self, store: JournalStore, known: Forgotten, clock: Clock, salt: Callable[[], str]) -> None:
        self._store, self._known, self._clock, self._salt = store, known, clock, salt

    def forget(self, persons: NDArray[np.int64]) -> Erased:
        """
        Erase people by their canonical numbers, and remember by keyed hashes that they must not be texted.

        Raises:
            JournalError: The key of the hashes is not here, or the journal cannot be written.
        """
        self._store.make()
        persons = np.unique(persons)
        with self._store.transaction() as connection:
            key = self._key(connection)
            hashes = dict(zip(persons.tolist(), keyed_hashes(persons, key), strict=True))
            self._store.erase_securely(connection)
            at = micros(self._clock.now())
            rows = [{"hash": one, "at": at} for one in hashes.values()]
            if rows:
                # Who was erased before, and has written since, is erased as of now: `Forgotten.old` compares.
                added = insert(connection, forgotten)
                later = forgotten.c.at < added.excluded.at
                values = {"at": added.excluded.at}
                connection.execute(
                    added.on_conflict_do_update(index_elements=["hash"], set_=values, where=later), rows
                )
            return self._erase(connection, hashes)

    def finish(self) -> Erased | None:
        """
        Erase those who were in an open order when it was asked, and no longer are; None where nobody is.

        Raises:
            JournalError: As `forget`.
        """
        with self._store.opened() as connection:
            if connection is None or not marked(connection, WAITING):
                return None
            asked = _asked(connection)
        return self.forget(np.array(asked, dtype=np.int64))

    @property
    def left(self) -> bool:
        """Whether somebody is to be erased once an open order is settled; no where it cannot be known now."""
        with suppress(JournalError), self._store.opened() as connection:
            return connection is not None and marked(connection, WAITING)
        return False

    def awaits(self, batch: int) -> bool:
        """Whether somebody in a batch is to be erased once it is settled."""
        asked = sa.exists().where(recipients.c.batch == batch, recipients.c.erase)
        with self._store.transaction(reading=True) as connection:
            return bool(connection.execute(sa.select(asked)).scalar_one())

    def clean(self) -> list[str]:
        """
        Make certain that nothing of what was erased is left in the files of the journal.

        Returns:
            Sentences: what could not be cleaned, and what to do.
        """
        with self._store.opened() as connection:
            if connection is None or not marked(connection, UNCLEAN):
                return []
        left = self._store.clean()
        if not left:
            with self._store.transaction() as connection:
                mark(connection, UNCLEAN, on=False)
        return left

    def after_run(self) -> None:
        """Erase those whose order the run that has just ended has settled; a later call does what fails."""
        with suppress(JournalError):
            if self.finish() is not None:
                self.clean()

    def _key(self, connection: Connection) -> bytes:
        """The key of this journal; the first time that of this user, or a new one."""
        if self._known.known_fingerprint(connection) is not None:
            return self._known.required_key(connection).value
        key = hash_key.find() or hash_key.create()
        connection.execute(sa.insert(privacy), {"name": FINGERPRINT, "value": key.fingerprint})
        return key.value

    def _erase(self, connection: Connection, hashes: dict[int, str]) -> Erased:
        persons, found, left = [*hashes], [], []
        unsalted = 0
        waiting = 0
        for campaign in connection.execute(
            sa.select(campaigns.c.id, campaigns.c.name, campaigns.c.salt).order_by(campaigns.c.id)
        ).all():
            gone, waits = self._erase_from(connection, campaign.id, hashes)
            if not (gone or waits):
                continue
            why = f"in orders that are open, or leave later: {WAIT}" if waits else ""
            found.append((f"campaign {campaign.name!r}", gone, waits, why))
            waiting += waits
            if gone and campaign.salt is None:
                unsalted += 1
            elif gone:
                new = {"salt": self._salt()}
                connection.execute(sa.update(campaigns).where(campaigns.c.id == campaign.id).values(**new))
        if unsalted:
            left.append(
                f"{unsalted} of these campaigns are of an older smsframe: the id of an order of one person "
                "can be tested against a guessed number and text; the gateway has these ids too"
            )
        for table in (one for one in metadata.sorted_tables if "person" in one.c):
            if table in (recipients, attempts):
                continue
            count = _delete(connection, table, persons)
            if count:
                found.append((TABLES.get(table.name, table.name), count, 0, ""))
        if count := _unread_replies(connection, hashes):
            found.append(("replies that were not read yet", count, 0, ""))
        left += _named(connection, hashes)
        mark(connection, UNCLEAN, on=True)
        mark(connection, WAITING, on=bool(waiting) or bool(_asked(connection)))
        rows = pd.DataFrame(found, columns=["where", "people", "waiting", "why"])
        return Erased(len(persons), rows, left)

    def _erase_from(self, connection: Connection, campaign: int, hashes: dict[int, str]) -> tuple[int, int]:
        """How many people of a campaign were erased, and how many wait for their order to be settled."""
        persons = [*hashes]
        _free_planned(connection, campaign, persons)
        parts = [_rows(connection, one, campaign, persons) for one in (recipients, attempts)]
        rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
        if rows.empty:
            return 0, 0
        now = micros(self._clock.now())
        is_open = rows["state"].isin(OPEN) | rows["missing"].astype(bool)
        is_open |= rows["state"].eq(State.PLANNED) & rows["claimed_at"].notna()
        is_open |= rows["state"].eq(State.ACCEPTED) & rows["schedule_at"].gt(now).fillna(value=False)
        waits = rows["person"].isin(rows["person"][is_open])
        gone = rows[~waits]
        for table in (recipients, attempts):
            for which, statement in (
                (gone["person"], sa.delete(table)),
                (rows["person"][waits], sa.update(table).values(erase=True)),
            ):
                if len(which):
                    chosen = is_among(table.c.person, sorted(set(which.tolist())))
                    connection.execute(statement.where(table.c.campaign == campaign, chosen))
        texted = gone[gone["batch"].notna()]
        texted = texted.assign(hash=texted["person"].map(hashes), missing=texted["missing"].astype(bool))
        columns = ["hash", *FACTS[1:]]
        records = texted[columns].astype(object).where(texted[columns].notna(), None).to_dict("records")
        values: list[dict[str, Any]] = [
            {"campaign": campaign} | {str(name): value for name, value in record.items()}
            for record in records
        ]
        if values:
            connection.execute(insert(connection, erased).on_conflict_do_nothing(), values)
            _remove_numbers_from_answers(connection, campaign, sorted({row["batch"] for row in values}))
        return gone["person"].nunique(), rows["person"][waits].nunique()


WAIT = "resume or cancel the campaign, or wait; it is done then, or by the next smsframe.forget"
TABLES = {"optouts": "opt-outs", "removed_optouts": "opt-outs that were removed", "replies": "replies"}


def _asked(connection: Connection) -> list[int]:
    """Who is to be erased once their order is settled."""
    found: set[int] = set()
    for table in (recipients, attempts):
        found.update(connection.execute(sa.select(table.c.person).where(table.c.erase)).scalars())
    return sorted(found)


def _rows(connection: Connection, table: sa.Table, campaign: int, persons: list[int]) -> pd.DataFrame:
    query = (
        sa.select(
            *(table.c[name] for name in FACTS), batches.c.state, batches.c.claimed_at, batches.c.schedule_at
        )
        .select_from(table.outerjoin(batches, table.c.batch == batches.c.id))
        .where(table.c.campaign == campaign, is_among(table.c.person, persons))
    )
    whole = {"batch": "Int64", "segments": "Int64", "claimed_at": "Int64", "schedule_at": "Int64"}
    return frame(connection, query).astype(whole | {"state": object, "refused": object})


def _free_planned(connection: Connection, campaign: int, persons: list[int]) -> None:
    """
    Free everybody who is planned together with one of these, in orders that never left; a run that works on
    them finds them gone, and cuts the others again.
    """
    with_them = sa.select(recipients.c.batch).where(
        recipients.c.campaign == campaign, is_among(recipients.c.person, persons)
    )
    planned = sa.select(batches.c.id).where(
        batches.c.campaign == campaign,
        batches.c.state == State.PLANNED,
        batches.c.claimed_at.is_(None),
        batches.c.id.in_(with_them),
    )
    keys = connection.execute(planned).scalars().all()
    if keys:
        recipient_rows.free(connection, is_among(recipients.c.batch, [*keys]))
        connection.execute(sa.delete(batches).where(is_among(batches.c.id, [*keys])))


def _delete(connection: Connection, table: sa.Table, persons: list[int]) -> int:
    """How many of these people were in a table, which has nothing of them any more."""
    which = is_among(table.c.person, persons)
    if table is optouts:  # who has read a list knows by its changes that it is as it was
        changed = sa.select(optouts.c.list).where(which).distinct()
        statement = sa.update(optout_lists).where(optout_lists.c.id.in_(changed))
        connection.execute(statement.values(changes=optout_lists.c.changes + 1))
    count = connection.execute(
        sa.select(sa.func.count(sa.distinct(table.c.person))).where(which)
    ).scalar_one()
    connection.execute(sa.delete(table).where(which))
    return int(count)


def _unread_replies(connection: Connection, hashes: dict[int, str]) -> int:
    """Delete received messages of nobody knows whom yet, with one of these numbers in them."""
    query = sa.select(replies.c.id, replies.c.raw).where(replies.c.person.is_(None))
    found = [row.id for row in connection.execute(query) if numbers_in(row.raw) & hashes.keys()]
    if found:
        connection.execute(sa.delete(replies).where(is_among(replies.c.id, found)))
    return len(found)


def _remove_numbers_from_answers(connection: Connection, campaign: int, orders: list[int]) -> None:
    """Replace whatever may be a number in the answers that are kept of orders, and in their reasons."""
    these = is_among(batches.c.id, orders)
    for row in connection.execute(sa.select(batches.c.id, batches.c.reason).where(these)).all():
        if row.reason and (said := DIGITS.sub("…", row.reason)) != row.reason:
            connection.execute(sa.update(batches).where(batches.c.id == row.id).values(reason=said))
    asked = evidence.c.order_id.in_(sa.select(batches.c.order_id).where(these))
    query = sa.select(evidence.c.id, evidence.c.answer).where(evidence.c.campaign == campaign, asked)
    for row in connection.execute(query).all():
        if row.answer and (said := DIGITS.sub("…", row.answer)) != row.answer:
            connection.execute(sa.update(evidence).where(evidence.c.id == row.id).values(answer=said))


def _named(connection: Connection, hashes: dict[int, str]) -> list[str]:
    """Names and texts of campaigns that hold one of these numbers, which nobody else can change."""
    query = sa.select(campaigns.c.name, texts.c.template).join(texts, texts.c.campaign == campaigns.c.id)
    names = [
        row.name
        for row in connection.execute(query.order_by(campaigns.c.id)).all()
        if (numbers_in(row.name) | numbers_in(row.template)) & hashes.keys()
    ]
    found = f"the name or the text of {len(set(names))} of the campaigns holds a number that was erased"
    return [f"{found}: `smsframe purge` erases texts; names stay"] if names else []
