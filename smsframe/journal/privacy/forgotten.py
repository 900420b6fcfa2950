"""
Who was erased from this journal and must not be texted: known by keyed hashes alone.

Once there are such hashes nothing is sent without their key: nobody could tell whom they are of.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from smsframe.arrow import STRING, TEXT
from smsframe.errors import JournalError
from smsframe.journal.privacy import hash_key
from smsframe.journal.sql import LARGEST_ANSWER, as_json_array, frame, insert, is_among
from smsframe.journal.tables import batches, campaigns, erased, forgotten, privacy, recipients
from smsframe.journal.versions import has_people_over_time
from smsframe.outcomes.codes import CODES
from smsframe.phones.keyed_hash import keyed_hashes
from smsframe.phones.match import among, keys
from smsframe.phones.person import people as canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray
    from sqlalchemy.engine import Connection

    from smsframe.journal.privacy.hash_key import HashKey
    from smsframe.journal.store import JournalStore

ERASED = f"{CODES['opted_out']}: erased on request"
ERASED_TEXTED = f"{ERASED}; was texted in this campaign before"

UNCLEAN, WAITING = "unclean", "waiting"
"""Marks of a journal: erased rows may be in its free space; somebody is to be erased later."""
DIGITS = re.compile(r"\+?\d(?:[\s().\-/]{0,3}\d){6,}")
"""What may be a number in a text."""
LONGEST = 15
FINGERPRINT = "fingerprint"
"""The name under which a journal keeps the fingerprint of its key."""


def erased_count() -> sa.ScalarSelect[int]:
    """How many people were erased from a journal, within a query."""
    return sa.select(sa.func.count()).select_from(forgotten).scalar_subquery()


class Forgotten:
    """The people who were erased from one journal."""

    def __init__(self, store: JournalStore) -> None:
        self._store = store

    def among(self, phones: pd.Series[Any]) -> NDArray[np.bool_]:
        """
        Which of these numbers are of people who were erased; missing numbers are nobody's.

        Raises:
            JournalError: There are such people, and the key of their hashes is not here.
        """
        with self._store.opened() as connection:
            if connection is None:
                return np.zeros(len(phones), dtype=bool)
            return self.within(connection, phones)

    def reasons(self, campaign: str | None) -> Callable[[pd.Series[Any]], pd.Series[Any] | None]:
        """
        A function that says of each of some numbers why it may not be texted, by position; missing of those
        whose people were not erased, None where nobody was. ``campaign`` is the one that they would be texted
        in.
        """

        def say(phones: pd.Series[Any]) -> pd.Series[Any] | None:
            gone = self.among(phones)
            if not gone.any():
                return None
            why = pd.Series([ERASED] * len(phones), dtype=TEXT).where(gone)
            if campaign is not None:
                why = why.mask(self.texted(campaign, phones) & gone, ERASED_TEXTED)
            return why

        return say

    def old(self, connection: Connection, messages: pd.DataFrame) -> NDArray[np.bool_]:
        """
        In the caller's transaction: which messages are of somebody who was erased after they were received.

        They are not written down again when they are read once more; what the person writes later is.

        Args:
            connection: The transaction.
            messages: ``raw``, ``phone`` (or missing, where nobody knows yet who wrote it) and
                ``received_at`` (microseconds since 1970 in UTC, or missing).
        """
        if not self.any(connection) or messages.empty:
            return np.zeros(len(messages), dtype=bool)
        hashes = self.hashed(connection, messages["phone"])
        rows = connection.execute(sa.select(forgotten.c.hash, forgotten.c.at))
        times = {row.hash: row.at for row in rows}
        erased_at = hashes.map(times).astype("Int64")
        received = messages["received_at"].reset_index(drop=True).astype("Int64")
        early = (received.isna() | received.le(erased_at)).fillna(value=True)
        old = early.to_numpy(dtype=bool) & hashes.notna().to_numpy()
        unread = messages["phone"].isna().to_numpy()
        key = self.required_key(connection).value
        for place in np.flatnonzero(unread):
            persons = np.array(sorted(numbers_in(messages["raw"].iloc[place])), dtype=np.int64)
            old[place] = not times.keys().isdisjoint(keyed_hashes(persons, key))
        return np.asarray(old, dtype=bool)

    def texted(self, campaign: str, phones: pd.Series[Any]) -> NDArray[np.bool_]:
        """Which of these people, who were erased, were in an order of a campaign."""
        nobody = np.zeros(len(phones), dtype=bool)
        with self._store.opened() as connection:
            if connection is None or not len(phones) or not self.any(connection):
                return nobody
            hashes = keyed_hashes(keys(phones, missing=-1), self.required_key(connection).value)
            query = sa.select(erased.c.hash).join(campaigns, erased.c.campaign == campaigns.c.id)
            found = connection.execute(query.where(campaigns.c.name == campaign)).scalars()
            return np.asarray(pd.Series(hashes, dtype=TEXT).isin([*found]), dtype=bool)

    def any(self, connection: Connection) -> bool:
        """In the caller's transaction: whether anybody was ever erased."""
        if not has_people_over_time(connection):
            return False
        return connection.execute(sa.select(forgotten.c.hash).limit(1)).first() is not None

    def within(self, connection: Connection, phones: pd.Series[Any]) -> NDArray[np.bool_]:
        """As `among`, in the caller's transaction."""
        if not self.any(connection):
            return np.zeros(len(phones), dtype=bool)
        return self.hashed(connection, phones).notna().to_numpy()

    def hashed(self, connection: Connection, phones: pd.Series[Any]) -> pd.Series[Any]:
        """The hash of each number of somebody who was erased, missing of all others; by position."""
        nobody = pd.Series([None] * len(phones), dtype=TEXT)
        if not self.any(connection):
            return nobody
        key = self.required_key(connection)
        if phones.empty:
            return nobody
        hashes = keyed_hashes(keys(phones, missing=-1), key.value)
        known = _known(connection, hashes) if len(phones) < FEW else _everybody(connection)
        found = pa.array(hashes, STRING)
        return pd.Series(pc.if_else(pc.is_in(found, known), found, pa.scalar(None, STRING)), dtype=TEXT)

    def require_key(self, connection: Connection) -> None:
        """
        In the caller's transaction: refuse to send where people were erased and their key is not here.

        Raises:
            JournalError: It is not.
        """
        if self.any(connection):
            self.required_key(connection)

    def require_same_key(self) -> None:
        """
        Refuse to hash by another key than the one of this journal: the hashes would join with no others.

        Raises:
            JournalError: People were erased, and the key is not here.
        """
        with self._store.opened() as connection:
            if connection is not None:
                self.require_key(connection)

    def required_key(self, connection: Connection) -> HashKey:
        """
        The key of the hashes of this journal.

        Raises:
            JournalError: It is not here, or is another one; says what to do.
        """
        query = sa.select(privacy.c.value).where(privacy.c.name == FINGERPRINT)
        wanted = connection.execute(query).scalar()
        key = hash_key.find()
        if key is not None and wanted in (None, key.fingerprint):
            return key
        here = "is not here" if key is None else f"is not the one here ({key.place}, {key.fingerprint})"
        raise JournalError(
            f"people were erased from the journal {self._store.place}, which knows by keyed hashes that they "
            f"must not be texted; the key of these hashes (fingerprint {wanted}) {here}, so nothing was "
            "sent. Export it where it is (`smsframe hash-key export FILE`) and import it here "
            "(`smsframe hash-key import FILE`), or name it with SMSFRAME_HASH_KEY_FILE"
        )

    def known_fingerprint(self, connection: Connection) -> str | None:
        """In the caller's transaction: the fingerprint of the key of this journal, or None."""
        query = sa.select(privacy.c.value).where(privacy.c.name == FINGERPRINT)
        return connection.execute(query).scalar()

    def without_erased(self, order_id: str, listed: pd.DataFrame) -> pd.DataFrame:
        """
        What the gateway lists of an order, without people who were in it and were erased here.

        Without them it would list strangers, and be taken for another order than ours.

        Args:
            order_id: The order.
            listed: ``phone`` of the people that it lists.
        """
        with self._store.opened() as connection:
            if connection is None or not self.any(connection):
                return listed
            query = sa.select(erased.c.hash).join(batches, erased.c.batch == batches.c.id)
            found = [*connection.execute(query.where(batches.c.order_id == order_id)).scalars()]
            if not found:
                return listed
            whole = listed["phone"].str.fullmatch(r"\+[0-9]{1,15}").fillna(value=False).astype(bool)
            key = self.required_key(connection).value
            hashes = pd.Series(keyed_hashes(keys(listed["phone"][whole]), key), dtype=TEXT)
        of_erased = pd.Series(data=False, index=listed.index)
        of_erased[whole[whole].index] = hashes.isin(found).to_numpy()
        return listed[~of_erased].reset_index(drop=True)

    def separate(self, connection: Connection, campaign: int, adopted: pd.DataFrame) -> pd.DataFrame:
        """
        In the caller's transaction: orders that are taken over, with hashes instead of the numbers of people
        who were erased, so that these are not written down again.

        Args:
            connection: The transaction.
            campaign: The key of the campaign.
            adopted: As `smsframe.orders.records.Comparison.adopted`.

        Returns:
            The same rows with ``erased``: the hash of somebody who was erased, whose ``phone`` is missing.
        """
        hashes = self.hashed(connection, adopted["phone"]).set_axis(adopted.index)
        if hashes.isna().all():
            return adopted.assign(erased=hashes)
        # Who waits for an open order to be settled is here still, and like everybody else.
        persons = keys(adopted["phone"])
        here = sa.select(recipients.c.person).where(
            recipients.c.campaign == campaign, is_among(recipients.c.person, persons.tolist())
        )
        waiting = np.isin(persons, [*connection.execute(here).scalars()])
        hashes = hashes.mask(waiting)
        return adopted.assign(phone=adopted["phone"].mask(hashes.notna()), erased=hashes)


FEW = 10_000
"""People who are looked up one by one; of more the whole list is read."""


def _known(connection: Connection, hashes: list[str]) -> Any:
    """Those of some hashes that are of people who were erased, as Arrow's strings."""
    query = sa.select(forgotten.c.hash).where(is_among(forgotten.c.hash, hashes))
    return pa.array(connection.execute(query).scalars().all(), STRING)


def _everybody(connection: Connection) -> Any:
    """The hashes of all people who were erased, as Arrow's strings: read as columns, part by part."""
    parts, last, more = [pa.array([], STRING)], "", True
    while more:
        query = sa.select(forgotten.c.hash).where(forgotten.c.hash > last).order_by(forgotten.c.hash)
        rows = query.limit(LARGEST_ANSWER).subquery()
        answer = connection.execute(sa.select(as_json_array(rows.c.hash), sa.func.max(rows.c.hash))).one()
        parts.append(pa.array(json.loads(answer[0]), STRING))
        last, more = answer[1], len(parts[-1]) == LARGEST_ANSWER
    return pa.concat_arrays(parts)


def marked(connection: Connection, name: str) -> bool:
    """In the caller's transaction: whether a journal has a mark."""
    if not has_people_over_time(connection):
        return False
    return connection.execute(sa.select(privacy.c.name).where(privacy.c.name == name)).first() is not None


def mark(connection: Connection, name: str, *, on: bool) -> None:
    """In the caller's transaction: give a journal a mark, or take it away."""
    if on:
        statement = insert(connection, privacy).on_conflict_do_nothing()
        connection.execute(statement, {"name": name, "value": "yes"})
    else:
        connection.execute(sa.delete(privacy).where(privacy.c.name == name))


def without_waiting(connection: Connection, campaign: int, people: pd.DataFrame) -> pd.DataFrame:
    """
    In the caller's transaction: people without those who are to be erased once their order is settled: they
    are cut into no other one.
    """
    if not marked(connection, WAITING):
        return people
    query = sa.select(recipients.c.phone).where(recipients.c.campaign == campaign, recipients.c.erase)
    asked = pd.Series([*connection.execute(query).scalars()], dtype=TEXT)
    return people[~among(people["phone"], asked)]


NOBODY = pd.DataFrame(
    {
        "batch": pd.array([], "Int64"),
        "phone": pd.array([], TEXT),
        "segments": pd.array([], "Int64"),
        "missing": pd.array([], bool),
        "refused": pd.array([], TEXT),
    }
)
"""Nobody, as `read_erased` gives them: in the dtypes of people, whose ``phone`` is missing."""


def read_erased(connection: Connection, campaign: int) -> pd.DataFrame:
    """In which orders of a campaign people were who were erased, as `NOBODY` has them."""
    if not has_people_over_time(connection):
        return NOBODY.copy()
    kept = [erased.c[str(name)] for name in NOBODY if str(name) in erased.c]
    found = frame(connection, sa.select(*kept).where(erased.c.campaign == campaign))
    return found.reindex(columns=NOBODY.columns).astype(NOBODY.dtypes)


def erased_in(batch: int) -> sa.ColumnElement[int]:
    """How many people were in an order, and not left out of it, who were erased since."""
    which = (erased.c.batch == batch) & erased.c.refused.is_(None)
    return sa.select(sa.func.count()).where(which).scalar_subquery()


def note_erased(connection: Connection, campaign: int, batch: int, part: pd.DataFrame) -> None:
    """In the caller's transaction: people of an order that is taken over were erased, and were texted."""
    gone = part[part["erased"].notna()]
    for one_hash, code in zip(gone["erased"].tolist(), gone["refused"].astype(object).tolist(), strict=True):
        same = (erased.c.campaign == campaign) & (erased.c.hash == one_hash)
        before = connection.execute(sa.select(erased.c.batch, erased.c.attempt).where(same)).all()
        if batch in {one.batch for one in before}:
            continue
        values = {
            "campaign": campaign,
            "hash": one_hash,
            "attempt": max((one.attempt for one in before), default=0) + 1,
            "batch": batch,
            "refused": code if isinstance(code, str) else None,
        }
        connection.execute(sa.insert(erased), values)


def numbers_in(text: str) -> set[int]:
    """The canonical numbers that a text may hold."""
    digits: Iterable[str] = (re.sub(r"\D", "", found) for found in DIGITS.findall(text))
    found = [int(one) for one in digits if len(one) <= LONGEST]
    return {*canonical(np.array(found, dtype=np.int64)).tolist()}
