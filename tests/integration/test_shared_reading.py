"""Reads that share a transaction: one moment of the journal, one question to the database, and no more."""

from __future__ import annotations

import os
import threading

import pytest
import sqlalchemy as sa
from helpers.sending import send, table

import smsframe
from smsframe.journal.journal import Journal

BOTH = pytest.mark.both_journals


@pytest.fixture
def journal(gateway):
    send(table(2), gateway)
    return Journal(gateway.journal)


def people(journal):
    return len(journal.read("autumn").known.people)


@BOTH
def test_all_reads_are_of_one_moment(database, journal, gateway):
    begun = []

    def note(connection):
        begun.append(connection)

    sa.event.listen(sa.Engine, "begin", note)
    try:
        with journal.reading():
            assert people(journal) == 2
            with journal.reading():  # within another one
                assert journal.find("autumn") is not None
            found = []
            other = threading.Thread(target=lambda: found.append(send(table(5), gateway, journal=journal)))
            other.start()
            other.join()
            assert len(found[0]) == 5  # threads share it with nobody
            before = len(begun)
            assert people(journal) == 2
            entry = journal.find("autumn")
            assert journal.batches.tally(entry).counts["accepted"] == 2
            assert len(begun) == before
    finally:
        sa.event.remove(sa.Engine, "begin", note)
    assert people(journal) == 5


@BOTH
def test_nothing_is_written_meanwhile(database, journal, gateway):
    with journal.reading():
        with pytest.raises(RuntimeError, match="written to while reads share"):
            smsframe.optouts.add(["+393471234567"], gateway=gateway, journal=journal)
        assert people(journal) == 2
    assert people(journal) == 2


@BOTH
@pytest.mark.parametrize("error", [OSError("no such file"), ValueError("no"), KeyboardInterrupt()])
def test_what_is_raised_meanwhile_is_not_the_journals(database, journal, error):
    with pytest.raises(type(error)) as raised, journal.reading():
        raise error
    assert raised.value is error
    assert people(journal) == 2


@BOTH
def test_what_the_database_raises_is_said_in_our_words(database, journal):
    store = journal._store
    with pytest.raises(smsframe.JournalError, match="cannot be used") as raised, journal.reading():  # noqa: SIM117
        with store.opened() as connection:
            connection.exec_driver_sql("SELECT nothing FROM nowhere")
    assert raised.value.__cause__ is None
    assert people(journal) == 2


def test_where_there_is_no_journal_nothing_is_read(tmp_path):
    journal = Journal(tmp_path / "none.sqlite")
    with journal.reading():
        assert journal.read("autumn") is None
        assert not journal.exists
    assert not journal.exists


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_does_not_use_what_its_parent_reads_with(journal):
    with journal.reading():
        child = os.fork()
        if child == 0:
            try:
                people(journal)
            except smsframe.JournalError as refused:
                os._exit(0 if "was forked" in str(refused) else 2)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert people(journal) == 2
