"""What a journal on PostgreSQL asks of its server, and how often; over how many connections people get in."""

from __future__ import annotations

import threading

import pandas as pd
import psycopg
import pytest
from helpers.sending import send, statuses, table

import smsframe
from smsframe.errors import JournalError
from smsframe.journal.journal import Journal
from smsframe.journal.people import recipients
from smsframe.journal.people.people_groups import Group
from smsframe.journal.postgres import people as copied
from smsframe.journal.postgres.connections import Connections

pytestmark = pytest.mark.postgres

AWKWARD = ["\\", "\\N", "\\.", "a\tb", "a\nb", "a\r\nb", '{"name": "A\\u00e9 \\"b\\""}', "😀 é", "", None]


@pytest.fixture
def database():
    return "postgres"


@pytest.fixture
def journal(gateway):
    made = Journal(gateway.journal)
    made._store.make()
    return made


def people(*numbers, **columns):
    return pd.DataFrame({"phone": [f"+39347000{number:04}" for number in numbers], "segments": 1} | columns)


def write(journal, *groups):
    with journal._store.transaction() as connection:
        recipients.write(connection, 1, [*groups])


def read(journal):
    with journal._store.opened() as connection:
        return recipients.read(connection, 1)


def test_people_are_copied_in_as_they_are(journal):
    numbers = range(len(AWKWARD))
    schedules = pd.array([None, 5] * (len(AWKWARD) // 2), "Int64")
    write(
        journal,
        Group(1, 7, "gsm", people(*numbers, fields=AWKWARD)),
        Group(None, 8, "ucs2", people(90, 80, zone=["Europe/Rome", None], held_out=[True, False])),
        Group(2, 9, "gsm", people(*range(20, 20 + len(AWKWARD)), schedule_at=schedules)),
        Group(3, 9, "gsm", people()),
    )
    found = read(journal).set_index("phone")
    first = found.iloc[: len(AWKWARD)]
    assert [None if pd.isna(value) else value for value in first["fields"]] == AWKWARD
    assert first["batch"].eq(1).all()
    assert first["text"].eq(7).all()
    assert found["schedule_at"].iloc[10:20].tolist() == schedules.tolist()
    of_two = found.loc[["+393470000080", "+393470000090"]]
    assert of_two["held_out"].tolist() == [False, True]
    assert of_two["encoding"].eq("ucs2").all()
    assert of_two["zone"].fillna("").tolist() == ["", "Europe/Rome"]
    assert found["batch"].isna().sum() == len(of_two)


def test_people_between_whom_others_wait_are_written(journal, monkeypatch):
    monkeypatch.setattr(copied, "LARGEST", 3)  # some parts have somebody who is there, and some do not
    write(journal, Group(None, 1, "gsm", people(4, 15)))
    write(journal, Group(1, 2, "gsm", people(*range(20), fields="x")))
    found = read(journal)
    assert len(found) == 20
    for name, value in (("batch", 1), ("text", 2), ("fields", "x")):
        assert found[name].eq(value).all()


def test_nobody_is_written_where_one_has_an_order(journal):
    write(journal, Group(1, 1, "gsm", people(4)))
    with pytest.raises(JournalError, match="has a batch already"):
        write(journal, Group(2, 1, "gsm", people(*range(20))))
    assert len(read(journal)) == 1


def test_a_person_who_is_given_twice_is_an_error(journal):
    with pytest.raises(JournalError):
        write(journal, Group(1, 1, "gsm", people(4, 5, 4)))
    assert read(journal).empty


def test_a_connection_that_the_server_has_ended_is_replaced(journal, cluster):
    with journal._store.kept_open():
        assert read(journal).empty
        ended = cluster.sql(  # each within five seconds: it has said its last word then
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'smsframe'"
        )
        assert ended == [(True,)] * len(ended) != []
        assert read(journal).empty
        write(journal, Group(1, 1, "gsm", people(1)))
    assert len(read(journal)) == 1


def test_tables_that_are_gone_are_no_journal(journal, cluster):
    with journal._store.kept_open():
        assert journal.exists
        cluster.sql(f"DROP SCHEMA {journal.schema} CASCADE")
        assert not journal.exists


def test_each_thread_of_a_run_connects_once(gateway, monkeypatch):
    opened = []

    def counted(self, **options):
        opened.append(threading.current_thread().name)
        return plain(self, **options)

    plain = Connections.open
    monkeypatch.setattr(Connections, "open", counted)
    out = smsframe.send(
        table(60),
        "Ciao",
        campaign="autumn",
        phone="mobile",
        gateway=gateway,
        journal=gateway.journal,
        batch_size=2,
        progress=False,
    )
    assert statuses(out) == {"accepted": 60}
    # The plan's, that of the lock, and one for each thread.
    assert len(opened) <= 2 + 1 + 4


def test_an_order_takes_few_round_trips(gateway, monkeypatch):
    """What sixty orders take more than ten, for each: it is claimed, asked about, and its answer written."""
    waited = []

    def counted(work):
        try:
            ready = next(work)
        except StopIteration as nothing_to_do:
            return nothing_to_do.value
        waited.append(1)
        while True:
            try:
                ready = work.send((yield ready))
            except StopIteration as done:
                return done.value

    plain = psycopg.Connection.wait
    monkeypatch.setattr(psycopg.Connection, "wait", lambda self, work, *how: plain(self, counted(work), *how))
    taken = []
    for orders in (10, 60):
        before = len(waited)
        send(table(orders), gateway, batch_size=1, workers=1, campaign=f"of {orders}")
        taken.append(len(waited) - before)
    assert (taken[1] - taken[0]) / 50 <= 17
