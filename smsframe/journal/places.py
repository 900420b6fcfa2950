"""
Where a journal is, by what ``journal=`` or ``SMSFRAME_JOURNAL`` says: a file, or a database.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from smsframe.errors import JournalError

POSTGRESQL = ("postgresql", "postgres")

_MEANT = re.compile(
    r"\s*(postgres(ql)?:|(host|hostaddr|port|dbname|user|password|service)\s*=)", re.IGNORECASE
)
"""What names a database of libpq, but is no URL; it may hold a password."""


def location(named: str | os.PathLike[str]) -> Path | sa.URL:
    """
    The SQLite file that is named by a path or a URL, or the URL of a PostgreSQL database.

    Raises:
        JournalError: It names neither; nothing of it is shown, as it may hold a password.

    Example:
        >>> location("sqlite:////data/journal.sqlite").name
        'journal.sqlite'
        >>> location("postgresql://ada@db.example.com/campaigns").database
        'campaigns'
    """
    text = os.fspath(named)
    if "://" in text:
        try:
            url = sa.make_url(text)
        except (sa.exc.ArgumentError, ValueError):  # the latter of a port that is no number
            raise JournalError(
                "journal= is neither a path nor a URL such as sqlite:///path or postgresql://user@host/database"
            ) from None
        backend = url.drivername.partition("+")[0]
        if backend in POSTGRESQL:
            return url.set(drivername="postgresql")
        if backend != "sqlite" or not url.database or url.database == ":memory:":
            raise JournalError(
                f"a journal is an SQLite file or a PostgreSQL database, not {backend}: name a path, "
                "sqlite:///path, or postgresql://user@host/database"
            )
        text = url.database
    elif _MEANT.match(text):
        raise JournalError(
            "journal= reads like a database, and would be the name of a file: write it as "
            "postgresql://user@host/database"
        )
    # Resolved, as the owners of a file are beside it, by whatever name it is called.
    return Path(text).expanduser().resolve()


@cache
def as_first_read(named: str) -> str:
    """
    Where the journal is that the environment names, for as long as this process lives.

    A relative path is one of the folder of the first call. If the process changes to another, there would be
    another journal, which knows nobody who opted out.
    """
    where = location(named)
    return str(where) if isinstance(where, Path) else named
