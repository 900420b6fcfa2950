"""
The file the journal lives in: durable, exclusive while writing, silent about its contents.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import namedtuple
from contextlib import contextmanager, nullcontext, suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import dialect

from smsframe.errors import JournalError
from smsframe.journal.shared_reading import SharedReading
from smsframe.journal.sql import frame
from smsframe.journal.sqlite import backups, cleaning, commit_check, disks
from smsframe.journal.sqlite.connections import Connections
from smsframe.journal.sqlite.migrations import close_for_good, prepare, version
from smsframe.journal.tables import VERSION
from smsframe.masking import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    import pandas as pd
    from sqlalchemy.engine import Connection

    from smsframe.clock import Clock

LOCKED = 30.0
"""Seconds to wait for another process that is writing."""

DAMAGED = ("not a database", "malformed", "damaged", "corrupt")
"""What SQLite says of a file that it cannot read as one of its own."""

ANOTHER = "name another file with journal= or SMSFRAME_JOURNAL"

_making = threading.Lock()


@lru_cache
def _with_version(query: sa.Select[Any]) -> tuple[str, Callable[..., Any]]:
    """A query that finds the version of the tables too, last, and what its rows become."""
    row = namedtuple("row", [column.key for column in query.selected_columns])  # type: ignore[misc]  # noqa: PYI024
    asked = query.add_columns(sa.literal_column("(SELECT user_version FROM pragma_user_version)"))
    return str(asked.compile(dialect=dialect(), compile_kwargs={"literal_binds": True})), row


class Store:
    """
    Transactions on one SQLite file.

    Between runs no connection stays open: nothing lingers in a notebook. During a run one for reading and one
    for writing are used again, as opening them costs as much as a transaction, unless the files are no longer
    those they were opened on.

    Args:
        path: The file; resolved, as what belongs to it is found beside it.
        read_back: Asks another process what a query finds, as `smsframe.journal.sqlite.commit_check.ask`.
    """

    schema = None
    lock_can_be_lost = False
    """A process loses its lock when it dies, and no sooner."""

    def __init__(
        self, path: Path, *, read_back: Callable[[Path, str], int | None] = commit_check.ask
    ) -> None:
        self.path, self.place = path, str(path)
        self._read_back = read_back
        self._connections = Connections(path, LOCKED)
        self._engine = self._connections.writer
        self._claims = 0
        self._shared = SharedReading()

    @property
    def exists(self) -> bool:
        """Whether there is a file."""
        return self.path.exists()

    @contextmanager
    def opened(self) -> Iterator[Connection | None]:
        """
        One transaction that reads, or None where nothing was ever written.

        Raises:
            JournalError: The file is not ours to read.
        """
        if self._shared.active:
            with self.errors_in_our_words():
                yield self._shared.connection
            return
        with self.errors_in_our_words():
            self._refuse_no_file()
            written = self.exists and self.path.stat().st_size > 0
        if not written:
            yield None
            return
        with self.transaction(reading=True) as connection:
            yield connection if version(connection) > 0 else None

    def latest(self, query: sa.Select[Any], readable: Callable[[Connection], bool]) -> Sequence[Any] | None:
        """The rows of one query, as they are now (see `smsframe.journal.store.JournalStore`)."""
        if self._connections.are_kept and not self._shared.active:
            statement, row = _with_version(query)
            with self.errors_in_our_words():
                found = self._connections.ask(statement)
            if found and found[0][-1] == VERSION:
                return [row(*values) for *values, _ in found]
            # The file is another one by now, or was moved: what follows says so.
        with self.opened() as connection:
            if connection is None or not readable(connection):
                return None
            return connection.execute(query).all()

    def reading(self) -> AbstractContextManager[None]:
        """Until the block ends the reads of this thread share one transaction; nothing may be written."""
        return self._shared.share(self.opened())

    def make(self) -> None:
        """
        Make the file, readable by its owner only before anything is in it, and its tables; or upgrade them.

        Raises:
            JournalError: The file cannot be made, is another program's or a newer one's, or is where it is
                not safe, as `disks.check` says.
        """
        with self.errors_in_our_words():
            self._refuse_no_file()
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            disks.check(self.path)
            with _making:  # no thread may have the file open when the descriptor that made it is closed
                if not self.exists:
                    with suppress(FileExistsError):  # somebody else was faster
                        backups.create(self.path)
            if self.path.stat().st_nlink > 1:
                raise JournalError(
                    f"the journal {self.path} is one file with two names, and who uses it by the other one "
                    "cannot be seen from here: copy it to a file of its own"
                )
        if not self._current():  # and another program's database is refused before anything of it is changed
            with self.errors_in_our_words():
                self._connections.write_ahead()
            with self.transaction() as connection:
                if 0 < (found := version(connection)) < VERSION:
                    self.check(connection)
                    backups.keep(self.path, found)
                prepare(connection)

    def _refuse_no_file(self) -> None:
        """A device takes what is written and keeps nothing: who was texted would be forgotten."""
        if self.exists and not self.path.is_file():
            kind = "folder" if self.path.is_dir() else "device"
            raise JournalError(
                f"the journal {self.path} cannot be used: it is a {kind} and no file, so nobody would know "
                f"who was texted; {ANOTHER}"
            )

    def _current(self) -> bool:
        with self.transaction(reading=True) as connection:
            if version(connection) != VERSION:
                return False
            return bool(connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal")

    def backup(self, target: Path) -> None:
        """
        Copy the file, as the last commit left it, while others may go on writing.

        Raises:
            JournalError: There is none, it cannot be copied, or the copy's name is taken.
        """
        with self.opened() as connection:
            if connection is None:
                raise JournalError(f"there is no journal {self.path}")
        with self.errors_in_our_words():
            backups.copy(self.path, target)

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """
        Keep connections open between transactions, as a run needs thousands.

        Raises:
            JournalError: Another run keeps them open, and the files are no longer those it began on.
        """
        with self._connections.kept():
            with self.errors_in_our_words():
                self._connections.begin()
            self._claims = 0
            yield

    def connected(self) -> AbstractContextManager[None]:
        """Nothing: a file is opened in no time."""
        return nullcontext()

    def check(self, connection: Connection) -> None:
        """
        Refuse a damaged file, as far as SQLite can tell.

        Raises:
            JournalError: It is damaged.
        """
        check_result = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if check_result != "ok":
            raise JournalError(
                f"the journal {self.path} is damaged ({check_result}), so nothing is sent: put a backup "
                "in its place, or name another file with journal="
            )

    def verify(self) -> None:
        """
        As `check`, and look whether the disk is one on which the file is safe.

        Raises:
            JournalError: The file is damaged, or not ours, or not where it is safe.
        """
        with self.errors_in_our_words():
            folder = next(parent for parent in self.path.parents if parent.exists())
            disks.check(folder / self.path.name)  # which `make` makes, if it is not there yet
        with self.opened() as connection:
            if connection is not None:
                self.check(connection)

    @contextmanager
    def transaction(self, *, reading: bool = False) -> Iterator[Connection]:
        """One transaction: all of it is on disk when the block ends, or nothing; reading writes nothing."""
        self._shared.require_reading(reading=reading)
        if self._shared.connection is not None:
            with self.errors_in_our_words():
                yield self._shared.connection
            return
        with self.errors_in_our_words(), self._connections.transaction(reading=reading) as connection:
            yield connection

    def time(self, connection: Connection, clock: Clock) -> datetime:  # noqa: ARG002 - for all databases
        """The machine's own time: a file is used by one machine."""
        return clock.now()

    def erase_securely(self, connection: Connection) -> None:
        """In the caller's transaction: what is deleted is overwritten with zeros."""
        connection.exec_driver_sql("PRAGMA secure_delete=ON")

    def clean(self) -> list[str]:
        """
        Write the file anew, empty its log, and delete the copies that upgrades have left beside it.

        Returns:
            Sentences: where something of what was deleted may be left, and what to do.
        """
        with self.errors_in_our_words():
            return cleaning.clean(self.path, partial(self._connections.open, "rw"))

    def close_for_good(self, connection: Connection, place: str) -> None:
        """In the caller's transaction: this journal is at another place from now on."""
        close_for_good(connection, place)

    @property
    def in_place(self) -> bool:
        """
        Whether the files that a run began on still have their names, by which others find them.

        Asked after a claim's commit and before what was claimed leaves: the names lead to what others read.
        """
        return self._connections.in_place

    def confirm(self, query: Callable[[], sa.Select[Any]], expected: int) -> None:
        """
        Have another process read what was just claimed: the first time in a run, and now and then.

        Args:
            query: Makes what finds a number, when it is needed; its parameters are no people's.
            expected: That number.

        Raises:
            JournalError: It finds another one: what is written here, others do not see.
        """
        self._claims += 1
        if not commit_check.due(self._claims):
            return
        written = str(query().compile(self._engine, compile_kwargs={"literal_binds": True}))
        if self._read_back(self.path, written) not in (None, expected):
            raise JournalError(
                f"what was written to the journal {self.path} is not there for another process, so nothing "
                "more is sent: was the file copied, replaced, or opened by another program?"
            )

    @contextmanager
    def changes(self, sleep: Callable[[float], object]) -> Iterator[Callable[[float, float], bool]]:
        """A function that waits: SQLite tells of no changes. See `smsframe.journal.store.JournalStore`."""
        yield lambda seconds, _least: bool(sleep(seconds)) and False

    def read(self, query: sa.Select[Any]) -> pd.DataFrame:
        """The rows of a query."""
        with self.transaction(reading=True) as connection:
            return frame(connection, query)

    @contextmanager
    def errors_in_our_words(self) -> Iterator[None]:
        """
        Say what is wrong with the file in our words, with nothing in the chain that holds a number.

        Raises:
            JournalError: Whatever the disk or the database raised.
        """
        problem, gone = None, False
        try:
            yield
        except sa.exc.DBAPIError as error:
            problem, error.params = str(error.orig), None
            gone = not self.path.exists()
            if problem.startswith(("unable to open", "attempt to write")) and not os.access(
                self.path.parent, os.W_OK
            ):
                problem += ": SQLite needs to write files beside it, and its folder may only be read"
        except sqlite3.Error as error:
            problem = str(error)
        except sa.exc.NoSuchTableError:  # what was written is not there: a device, or what is no disk
            problem = "what is written to it is not kept"
        except UnicodeError:  # SQLite's own names, not ours: what we write can be read
            problem = "it is damaged"
        except OSError as error:
            problem = error.strerror or type(error).__name__
        if gone:
            raise self._connections.gone() from None
        if problem is not None:
            raise JournalError(
                f"the journal {self.path} cannot be used ({mask(problem)}); {_advice(problem)}"
            ) from None


def _advice(problem: str) -> str:
    """What to do about a file that cannot be used."""
    if any(sign in problem for sign in DAMAGED):
        return (
            "it is damaged, and stays as it is. Nothing is sent without it, as it knows who was texted: put "
            f"a backup of it in its place, or {ANOTHER} and take its campaigns over with adopt=True"
        )
    if "full" in problem or "No space" in problem:
        return f"what it holds stays as it is. Free space on its disk, or {ANOTHER}"
    return f"what it holds stays as it is. Look at its disk and its permissions, or {ANOTHER}"
