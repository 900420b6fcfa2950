"""
Copies of the journal's file, made by SQLite while others go on writing.

A copy of the bytes is no copy: what was committed last is in the log beside the file. And a process
that opens and closes the file itself loses the locks that it holds on it ("How To Corrupt An SQLite Database
File", 2.2).
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from smsframe.errors import JournalError

if TYPE_CHECKING:
    from pathlib import Path

SIDE_FILES = ("-wal", "-shm", "-journal")
"""What SQLite calls its own files beside a database, by the end of their names."""


def create(path: Path) -> None:
    """
    Make an empty file, readable by its owner only, where there is none.

    Raises:
        FileExistsError: There is one, which is not opened.
    """
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def copy(source: Path, target: Path) -> None:
    """
    Copy a journal, as its last commit left it, into a file that is made for it, and check the copy.

    Raises:
        JournalError: There is something by that name, or beside it what SQLite would take for its own.
        sqlite3.Error: It cannot be read or written, or the copy is damaged; nothing is left of it then.
    """
    if any(target.name == source.name + suffix for suffix in SIDE_FILES):
        raise JournalError(f"{target} is a name that SQLite uses for the journal itself: name another file")
    for path in (target, *(target.with_name(target.name + suffix) for suffix in SIDE_FILES)):
        if os.path.lexists(path):
            raise JournalError(f"there is a file {path} already, and it is left alone: name a new file")
    create(target)
    try:
        _fill(source, target)
    except BaseException:  # also Ctrl-C: half a copy must not be taken for one
        target.unlink()
        raise


def _fill(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as old:
        with closing(sqlite3.connect(target)) as new:
            old.backup(new, progress=_not_locked)
        with closing(sqlite3.connect(target)) as new:  # what is on the disk, not what is in memory
            (verdict,) = new.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"the copy is damaged: {verdict}")


def keep(source: Path, version: int) -> None:
    """
    Copy a journal beside itself, before its tables are upgraded; an earlier such copy is replaced.

    Args:
        source: The journal, which the caller has locked for writing, so that nobody else is here.
        version: Of its tables.

    Raises:
        sqlite3.Error: It cannot be copied, or what has the copy's name is no journal of that version.
    """
    kept = source.with_name(f"{source.name}.schema-{version}")
    if kept.exists():
        with closing(sqlite3.connect(f"{kept.as_uri()}?mode=rw", uri=True)) as earlier:
            (earlier_version,) = earlier.execute("PRAGMA user_version").fetchone()
        if earlier_version not in (0, version):  # 0: an older smsframe was killed while it made the copy
            raise sqlite3.DatabaseError(f"{kept.name} is something else than its copy")
    new = kept.with_name(f"{kept.name}.new")
    for path in (
        new,
        *(new.with_name(new.name + suffix) for suffix in SIDE_FILES),
    ):  # of an upgrade that died
        path.unlink(missing_ok=True)
    copy(source, new)
    new.replace(kept)


def _not_locked(status: int, _left: int, _total: int) -> None:
    """A copy that another program keeps us from is given up, which SQLite's own loop never does."""
    if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        raise sqlite3.OperationalError("its copy is locked")
