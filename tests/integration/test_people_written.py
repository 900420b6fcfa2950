"""People as they are written and read again, whatever their values, by the statements of each database."""

from __future__ import annotations

import os

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smsframe import Journal
from smsframe.errors import JournalError
from smsframe.journal import tables
from smsframe.journal.people import recipients
from smsframe.journal.people.people_groups import OWN, Group
from smsframe.journal.people.recipients import read, write

pytestmark = pytest.mark.both_journals

ODD = [
    "\\",
    "\\N",
    "\\.",
    "\t",
    "\n",
    "\r",
    "\r\n",
    '"',
    "'",
    ",",
    "{",
    "}",
    "NULL",
    "\u2028",
    "\U0001f389",
    "è",
    "",
]
VALUES = st.none() | st.lists(
    st.sampled_from([*ODD, "a", " "]) | st.characters(codec="utf-8", exclude_characters="\0"), max_size=5
).map("".join)


def phones(count, start=0):
    return [f"+39347{place:07d}" for place in range(start, start + count)]


def python(column):
    """Values, and None for gaps."""
    return column.astype(object).where(column.notna(), None).tolist()


@pytest.fixture
def journal(sandbox):
    made = Journal(sandbox.gateway().journal)
    made._store.make()
    return made


def written(connection, *groups):
    write(connection, 1, [*groups])
    return read(connection, 1).set_index("phone")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(values=st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=6))
def test_what_is_written_is_what_is_read(journal, values):
    fields, zones, consents = zip(*values, strict=True)
    people = pd.DataFrame({"phone": phones(len(values))[::-1], "fields": fields, "segments": 2})
    own = people.assign(
        zone=zones, consent=consents, schedule_at=1_700_000_000_000_000, variant="b", held_out=False
    )
    with journal._store.transaction() as connection, connection.begin_nested() as undone:
        found = written(connection, Group(None, 3, "ucs2", own)).loc[own["phone"]]
        for name in ("fields", "zone", "consent", "variant", "segments", "schedule_at"):
            assert python(found[name]) == python(own[name])
        assert found["batch"].isna().all()
        assert found["encoding"].eq("ucs2").all()
        undone.rollback()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    values=st.lists(
        st.tuples(st.sampled_from(["a", None]), st.sampled_from(["b", "c", None]), st.sampled_from([1, 2])),
        min_size=1,
        max_size=8,
    ),
    first=st.integers(1, 4),
)
def test_a_column_that_is_alike_in_the_first_people_is_read_of_all(journal, values, first):
    """Columns that are alike are read once; here already the first few are asked whether they are."""
    fields, variants, segments = zip(*values, strict=True)
    people = pd.DataFrame({"phone": phones(len(values)), "fields": fields, "segments": segments})
    own = people.assign(variant=variants, held_out=False)
    with (
        pytest.MonkeyPatch.context() as patch,
        journal._store.transaction() as connection,
        connection.begin_nested() as undone,
    ):
        patch.setattr(recipients, "FIRST", first)
        found = written(connection, Group(None, 3, "ucs2", own)).loc[own["phone"]]
        for name in ("fields", "variant", "segments"):
            assert python(found[name]) == python(own[name])
        assert found["encoding"].eq("ucs2").all()
        undone.rollback()


def test_who_waited_gets_a_batch_beside_people_who_are_new(journal):
    with journal._store.transaction() as connection:
        waiting = pd.DataFrame({"phone": phones(3, 10), "fields": None, "segments": 1})
        waiting = waiting.assign(wait_code="budget", variant="a", held_out=False)
        written(connection, Group(None, 1, "gsm", waiting))
        everybody = pd.DataFrame({"phone": phones(30), "fields": "[1]", "segments": 1})
        found = written(connection, Group(7, 2, "gsm", everybody))
        assert found["batch"].eq(7).all()
        assert found["fields"].eq("[1]").all()
        assert found["wait_code"].isna().all()
        assert found["variant"].dropna().index.tolist() == waiting["phone"].tolist()  # kept
        assert set(OWN) <= {*found.columns}


def test_a_number_that_is_not_its_persons_canonical_one_is_written_as_it_is_texted(journal):
    """Nearly all are a plus and the canonical number; of Argentina, Brazil and Mexico some are not."""
    numbers = {"+393470000001": 393470000001, "+5491123456789": 541123456789, "+5215512345678": 525512345678}
    for chosen in ([*numbers], [*numbers][:1], [*numbers][1:]):
        with journal._store.transaction() as connection, connection.begin_nested() as undone:
            people = pd.DataFrame({"phone": chosen, "fields": None, "segments": 1})
            assert {*written(connection, Group(None, 1, "gsm", people)).index} == {*chosen}
            rows = connection.execute(sa.select(tables.recipients.c.phone, tables.recipients.c.person))
            assert {*map(tuple, rows)} == {(phone, numbers[phone]) for phone in chosen}
            undone.rollback()


def test_nobody_gets_a_second_batch(journal):
    with journal._store.transaction() as connection:
        some = pd.DataFrame({"phone": phones(3), "fields": None, "segments": 1})
        written(connection, Group(1, 1, "gsm", some))

    def again():
        with journal._store.transaction() as connection:
            more = pd.DataFrame({"phone": phones(5, 2), "fields": None, "segments": 1})
            written(connection, Group(2, 1, "gsm", more))

    with pytest.raises(JournalError, match="nothing was written"):
        again()
    with journal._store.transaction(reading=True) as connection:
        assert read(connection, 1)["batch"].tolist() == [1, 1, 1]


def test_another_encoding_of_the_client_changes_no_character(journal, database, monkeypatch):
    if database == "postgres":
        monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
        assert os.environ["PGCLIENTENCODING"] == "LATIN1"
    again = Journal(journal.location)
    people = pd.DataFrame({"phone": phones(1), "fields": '["perché"]', "segments": 1})
    with again._store.transaction() as connection:
        assert written(connection, Group(None, 1, "gsm", people))["fields"].tolist() == ['["perché"]']
    with journal._store.transaction(reading=True) as connection:
        assert read(connection, 1)["fields"].tolist() == ['["perché"]']
