"""
Where the journal of a gateway is: a relative path means the folder of the moment at which it was given.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

_DATABASE = re.compile(r"\s*(postgres(ql)?:|[a-z]+\s*=)", re.IGNORECASE)
"""What libpq reads, and no name of a file; it is refused later, where it is opened."""
_FILE_URL = "sqlite:///"


def pinned(location: str | Path | None) -> str | Path | None:
    """
    The same journal, wherever the process changes its folder to: another one would know nobody who opted out.

    Example:
        >>> pinned("postgresql://ada@db.example.com/campaigns")
        'postgresql://ada@db.example.com/campaigns'
        >>> pinned("journal.sqlite") == Path.cwd() / "journal.sqlite"
        True
    """
    if not isinstance(location, str | Path):
        return location
    text = os.fspath(location)
    if not text or _DATABASE.match(text):
        return location
    if text.startswith(_FILE_URL):
        path = text.removeprefix(_FILE_URL)
        relative = path and path != ":memory:" and not Path(path).is_absolute()
        return f"{_FILE_URL}{Path(path).absolute()}" if relative else location
    return location if "://" in text else Path(text).expanduser().absolute()
