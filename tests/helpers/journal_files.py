"""Journals that released versions wrote (`data/journals/README.md`), and what a run does first with one."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

from smsframe.journal.journal import Journal
from smsframe.journal.tables import VERSION

JOURNALS = Path(__file__).parents[1] / "data" / "journals"
RELEASED = range(1, VERSION + 1)
OLDER = range(1, VERSION)


def released(version, tmp_path):
    """A copy of a journal that a released version wrote."""
    path = tmp_path / f"journal-{version}.sqlite"
    shutil.copyfile(JOURNALS / f"schema-{version}.sqlite", path)
    path.chmod(0o600)
    return path


def take_up(path):
    """The first thing a run does with its journal."""
    with Journal(path).owner():
        pass


def says_no_number(error):
    while error is not None:
        assert "3934" not in f"{error} {error!r} {error.args} {vars(error).get('params')}"
        error = error.__cause__ or error.__context__


def keep(journal):
    """A copy of the journal, to be put back later."""
    copy = journal.with_name("backup.sqlite")
    with (
        contextlib.closing(sqlite3.connect(journal)) as source,
        contextlib.closing(sqlite3.connect(copy)) as to,
    ):
        source.backup(to)
    copy.chmod(0o600)
    return copy


def put_back(copy, journal):
    """The copy is the journal again, without the logs of what was there."""
    for path in journal.parent.glob(f"{journal.name}*"):
        if path.is_file():
            path.unlink()
    shutil.copyfile(copy, journal)
    journal.chmod(0o600)
