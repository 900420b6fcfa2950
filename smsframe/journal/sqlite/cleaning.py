"""
What was deleted from an SQLite file, made to be nowhere in it, in its log, or in the copies of upgrades.

Deleted rows stay in the pages that nobody uses, and older states of pages in the log. Only a file that is
written anew (``VACUUM``) is without both.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from smsframe.journal.sqlite.backups import SIDE_FILES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def clean(path: Path, connect: Callable[[], sqlite3.Connection]) -> list[str]:
    """
    Write the file anew, empty its log, and delete the copies of it that upgrades have left.

    Args:
        path: The file.
        connect: Opens a connection that writes.

    Returns:
        Sentences: where something may be left, and what to do; none when nothing is.
    """
    left = _delete_copies(path)
    with closing(connect()) as connection:
        try:
            connection.execute("VACUUM")
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode not in (
                sqlite3.SQLITE_BUSY,
                sqlite3.SQLITE_LOCKED,
                sqlite3.SQLITE_FULL,
            ):
                raise
            busy = True
    if busy:
        left.append(
            f"erased rows may still be in the free space of {path}, or in its log, as somebody uses it or "
            "the disk is full: call smsframe.forget or smsframe.purge again later, also without numbers"
        )
    return left


def _delete_copies(path: Path) -> list[str]:
    """Delete what upgrades have copied: the people are in those too."""
    left = []
    copies = [*path.parent.glob(f"{_literally(path.name)}.schema-*")]
    for copy in sorted(copies, key=lambda one: one.name.endswith(SIDE_FILES), reverse=True):
        try:
            copy.unlink(missing_ok=True)
        except OSError as error:
            left.append(
                f"the copy {copy} that an upgrade of the journal has left cannot be deleted "
                f"({error.strerror}): delete it"
            )
    return left


def _literally(name: str) -> str:
    """A file's name as a pattern that matches nothing else."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)
