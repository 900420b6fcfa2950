"""
Another process reads what this one has committed.

Within one process SQLite's own bookkeeping can be wrong about a file without an error: a log that was
unlinked under it, a lock that is gone, a fork. Only a process that finds the file by its name, as any later
run will, shows that a commit is there. It costs some 30 ms, so it is asked for at the start and now and then.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from smsframe.errors import JournalError

if TYPE_CHECKING:
    from pathlib import Path

EARLY = (1, 10, 100)
EVERY = 500

WAIT = 60.0
"""Seconds that the other process may take; it waits half of that for a lock."""

PROGRAM = """
import json, sqlite3, sys
uri, query, wait = json.load(sys.stdin)
print(sqlite3.connect(uri, uri=True, timeout=wait).execute(query).fetchone()[0])
"""

log = logging.getLogger(__name__)
_warned: list[str] = []


def due(count: int) -> bool:
    """
    Whether this is one of the commits that are read back, by their number from 1.

    Example:
        >>> [count for count in range(1, 1600) if due(count)]
        [1, 10, 100, 500, 1000, 1500]
    """
    return count in EARLY or count % EVERY == 0


def ask(path: Path, query: str) -> int | None:
    """
    The number that a query finds in a journal, read by another process.

    Args:
        path: The journal.
        query: In SQL, and in the other process's standard input: a command line is seen by everybody.

    Returns:
        None where this platform cannot start a Python, which is logged once.

    Raises:
        JournalError: The other process could not read it.
    """
    if not sys.executable or getattr(sys, "frozen", False) or sys.platform in ("emscripten", "wasi"):
        _not_here("this Python has no program of its own that could be started")
        return None
    request = json.dumps([f"{path.as_uri()}?mode=ro", query, WAIT / 2])
    detached: dict[str, Any] = {"start_new_session": True}  # Ctrl-C is for us
    if sys.platform == "win32":
        detached = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    try:
        run = subprocess.run(  # noqa: S603 - our own program; its query comes by standard input
            [sys.executable, "-I", "-S", "-c", PROGRAM],
            input=request,
            capture_output=True,
            text=True,
            timeout=WAIT,
            check=False,
            **detached,
        )
        return int(run.stdout)
    except (FileNotFoundError, PermissionError) as error:
        _not_here(f"{sys.executable} cannot be started: {error.strerror}")
        return None
    except ValueError:
        problem = (run.stderr.strip().splitlines() or ["it said nothing"])[-1]
    except subprocess.TimeoutExpired:
        problem = f"no answer within {WAIT:g} seconds"
    except OSError as error:  # too many processes, no memory: it may be otherwise in a minute
        problem = error.strerror or type(error).__name__
    raise JournalError(
        f"another process that was to read the journal {path} could not ({problem}), so it is not certain "
        "that others see what is written there, and nothing more is sent"
    )


def _not_here(reason: str) -> None:
    if not _warned:
        _warned.append(reason)
        log.warning("what is written to the journal is not read back by another process: %s", reason)
