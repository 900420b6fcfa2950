"""
Whether two processes, or two names, mean the same journal: one holds the lock of a run, the other looks for
it.

A database has many names: host names, addresses, sockets, services; and the variable of one process may name
another journal than that of the next.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from smsframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsframe.journal.journal import Journal


class Mark(NamedTuple):
    """
    By what a journal is known, as long as the block lasts that made it.

    Attributes:
        owner: A run that is alive in it.
        schema: Where its tables are in the database, whose locks are those of all schemas; None of a file.
    """

    owner: str
    schema: str | None

    def is_on(self, journal: Journal) -> bool:
        """Whether a journal is the one that was marked."""
        return self.schema == journal.schema and journal.batches.alive(self.owner)


@contextmanager
def marked(journal: Journal) -> Iterator[Mark]:
    """
    Mark a journal until the block ends; makes it if need be.

    Raises:
        JournalError: It cannot be written.
    """
    with journal.owner() as owner:
        yield Mark(owner, journal.schema)


def require_another(source: Journal, target: Journal) -> None:
    """
    Refuse to move a journal onto itself, by whatever name: each of the two would wait for the other.

    Raises:
        JournalError: They are the same.
    """
    if not source.exists:
        return
    with marked(source) as mark:
        same = mark.is_on(target)
    if same:
        raise JournalError(
            f"{target.place} is the journal itself, {source.place}, by another name: nothing was moved"
            if target.place != source.place
            else f"{target.place} is the journal itself: nothing was moved"
        )
