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
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import platformdirs
import sqlalchemy as sa

from smsframe.clock import SYSTEM, Clock
from smsframe.errors import JournalError, UnknownCampaign
from smsframe.formatting import suggest_parameters
from smsframe.journal import places
from smsframe.journal.campaigns import copies
from smsframe.journal.campaigns.conflicts import require_no_similar_name
from smsframe.journal.campaigns.ramps import Ramps
from smsframe.journal.campaigns.registration import Registration
from smsframe.journal.campaigns.stop_requests import StopRequests
from smsframe.journal.campaigns.stored_campaign import StoredCampaign, known, read_rows
from smsframe.journal.orders.attempts import take_back
from smsframe.journal.orders.batches import Batches
from smsframe.journal.orders.cancellations import Cancellations
from smsframe.journal.orders.deliveries import Deliveries
from smsframe.journal.orders.known_orders import KnownOrders
from smsframe.journal.orders.shared_limits import SharedLimits
from smsframe.journal.people.optouts import OptOuts
from smsframe.journal.people.recipients import persons
from smsframe.journal.people.replies import Replies
from smsframe.journal.postgres.run_locks import PostgresRunLocks
from smsframe.journal.postgres.store import PostgresStore
from smsframe.journal.privacy.erasure import Erasure
from smsframe.journal.privacy.forgotten import Forgotten
from smsframe.journal.privacy.purging import Purging
from smsframe.journal.rows import instants_of, listed_campaigns, read_campaign
from smsframe.journal.same_journal import require_another
from smsframe.journal.sql import is_among
from smsframe.journal.sqlite.run_locks import Owners
from smsframe.journal.sqlite.store import Store
from smsframe.journal.tables import batches, campaigns, evidence, recipients
from smsframe.journal.versions import columns
from smsframe.orders.names import normalize_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    import pandas as pd
    from sqlalchemy.engine import Connection

    from smsframe.journal.campaigns.conflicts import CampaignCall
    from smsframe.journal.store import JournalStore, RunLocks
    from smsframe.orders.records import CampaignRecord
    from smsframe.outcomes.join import Known

JOURNAL = "SMSFRAME_JOURNAL"

EVIDENCE = ("order_id", "at", "process", "event", "state", "question", "answer")


class Journal:
    """
    One SQLite file, made when it is first written to, readable by its owner only; or a PostgreSQL database.

    Args:
        location: A path, an SQLAlchemy URL of an SQLite file, or the URL of a PostgreSQL database as libpq
            reads it (``postgresql://ada@db.example.com/campaigns``); its tables are in the schema
            ``smsframe``, or in that of ``?schema=``. A password belongs into libpq's password file or
            ``PGPASSWORD``, not into the URL.
        clock: What time it is.

    Attributes:
        path: The SQLite file, or None.
        location: How another process names it; what the URL of a database holds, also a password.
        place: What it is called in messages; without a password.
        schema: Where the tables are in a database, or None.

    Raises:
        JournalError: The location cannot be a journal.
        ImportError: PostgreSQL without psycopg; says what to install.

    Example:
        >>> Journal("campaigns.sqlite").exists
        False
    """

    @suggest_parameters
    def __init__(self, location: str | os.PathLike[str], *, clock: Clock = SYSTEM) -> None:
        where = places.location(location)
        if isinstance(where, Path):
            self.path: Path | None = where
            self.location = str(where)
            self._keep(Store(where), Owners(where), clock)
            return
        self.path, store = None, PostgresStore(where)
        self.location = where.render_as_string(hide_password=False)
        self._keep(store, PostgresRunLocks(store), clock)

    def _keep(
        self, store: JournalStore, owners: RunLocks, clock: Clock, salt: Callable[[], str] = token_hex
    ) -> None:
        """Where it is kept, who is at work on it, and what time it is."""
        self._store, self._owners, self._clock = store, owners, clock
        self.reading = store.reading  # until its block ends, this thread reads in one transaction
        self.latest = store.latest  # the rows of one query, as they are now
        self.connected = store.connected  # until its block ends, a server is not connected to again
        self.place, self.lock_can_be_lost, self.schema = store.place, store.lock_can_be_lost, store.schema
        self.batches = Batches(store, owners, clock)
        self.orders = KnownOrders(store, self.batches.stamp)
        self.optouts = OptOuts(store, self.batches.stamp)
        self.replies = Replies(store, self.batches.stamp, self.optouts)
        self.deliveries = Deliveries(store, self.batches.stamp, self.optouts)
        self.cancellations = Cancellations(store, owners, self.batches.stamp)
        self.ramps, self.stop_requests = Ramps(store), StopRequests(store, owners)
        self.forgotten = Forgotten(store)
        self.erasure = Erasure(store, self.forgotten, clock, salt)
        self.purging, self.now = Purging(store, clock), clock.now
        self.registration = Registration(store, self.batches, self.orders, self.forgotten, clock, salt)

    @classmethod
    def default(cls, *, clock: Clock = SYSTEM) -> Journal:
        """``SMSFRAME_JOURNAL``, else one file in the user's data directory."""
        named = os.environ.get(JOURNAL)
        folder = platformdirs.user_data_path("smsframe", appauthor=False)
        return cls(places.as_first_read(named) if named else folder / "journal.sqlite", clock=clock)

    @property
    def exists(self) -> bool:
        """Whether anything was ever written."""
        return self._store.exists

    @property
    def in_place(self) -> bool:
        """Whether the file that the last run began on still has its name."""
        return self._store.in_place

    def __repr__(self) -> str:
        return f"<smsframe.Journal {self.place}>"

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

    def copy(self, target: Journal) -> dict[str, int]:
        """
        Move this journal to another place: copy every row, compare the copy, and close this one for good.

        Args:
            target: Where it goes: a new file, or a database, without campaigns.

        Returns:
            How many rows of each table were copied.

        Raises:
            JournalError: Somebody is at work on it, the target has campaigns, or the copy is not the same.

        Example:
            >>> smsframe.Journal(journal).copy(smsframe.Journal("copy.sqlite"))["campaigns"]
            1
        """
        require_another(self, target)
        return copies.copy(self._store, target._store, self._owners.alive)

    def opened(self) -> AbstractContextManager[Connection | None]:
        """One transaction that reads, or None where nothing was ever written."""
        return self._store.opened()

    @contextmanager
    def changes(self) -> Iterator[Callable[[float, float], bool]]:
        """
        A function that waits so many seconds, but for so many at least, or until somebody has written.

        It returns whether somebody has, which only PostgreSQL can tell: of a file it returns False.
        """
        with self._store.changes(self._clock.sleep) as wait:
            yield wait

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
            rows = read_rows(connection, entry.id, phones)
        return StoredCampaign(entry, known(*rows, self._owners.alive))

    def get(self, name: str) -> CampaignRecord:
        """
        The campaign of that name.

        Raises:
            UnknownCampaign: There is none in this journal.
        """
        found = self.find(name)
        if found is None:
            raise UnknownCampaign(
                f"no campaign {name!r} in {self.place}; see smsframe.campaigns()", campaign=name
            )
        return found

    def campaigns(self) -> pd.DataFrame:
        """
        ``id``, ``name``, ``base_url``, ``account``, ``created_at`` and ``purged_at`` of each campaign, the
        oldest first.
        """
        with self._store.opened() as connection:
            return listed_campaigns(connection)

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
        left = True
        try:
            with self._store.kept_open():
                yield owner.name
                left = self.erasure.left  # to read a file that is closed leaves an empty log beside it
        finally:
            owner.release()
            if left:
                self.erasure.after_run()

    def shared_limits(self, entry: CampaignRecord, owner: str, rate: float | None) -> SharedLimits:
        """The limits of a run that it keeps together with all other runs of its campaign."""
        return SharedLimits(
            entry, owner, rate=rate, alive=self._owners.alive, clock=self._clock, time=self._store.time
        )

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
                raise JournalError(f"the journal {self.place} was replaced by another: put it back")
            rows = read_rows(connection, campaign, phones)
        return known(*rows, self._owners.alive)

    def withdraw(self, entry: CampaignRecord, phones: pd.Series[Any]) -> None:
        """
        Forget people of a campaign who were never part of a batch and are not held out; whose attempt was
        another one, is at the one before.
        """
        unsent = (recipients.c.campaign == entry.id) & recipients.c.batch.is_(None) & ~recipients.c.held_out
        statement = sa.delete(recipients).where(unsent, is_among(recipients.c.person, persons(phones)))
        with self._store.transaction() as connection:
            take_back(connection, entry.id, phones)
            connection.execute(statement)

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
