"""How many rows a statement wrote, as both databases say it: whether somebody was faster depends on it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

import smsframe
from smsframe.journal.journal import Journal
from smsframe.journal.sql import insert, integers, rows_changed
from smsframe.journal.tables import forgotten

BOTH = pytest.mark.both_journals


@pytest.fixture
def connection(gateway):
    journal = Journal(gateway.journal)
    journal._store.make()
    with journal._store.transaction() as made:
        yield made


def put(connection, numbers):
    values = integers(numbers).subquery("given").c.value
    rows = sa.select(sa.cast(values, sa.Text), sa.literal(1, sa.BigInteger)).where(sa.true())
    return insert(connection, forgotten).from_select(["hash", "at"], rows).on_conflict_do_nothing()


@BOTH
def test_rows_are_counted_of_every_kind_of_statement(database, connection):
    assert rows_changed(connection, put(connection, [1, 2, 3])) == 3
    assert rows_changed(connection, put(connection, [3, 4])) == 1
    assert rows_changed(connection, put(connection, [])) == 0
    two = [{"hash": "a", "at": 1}, {"hash": "b", "at": 1}]
    assert rows_changed(connection, sa.insert(forgotten), two) == 2
    every = sa.update(forgotten).where(forgotten.c.hash != "a").values(at=2)
    assert rows_changed(connection, every) == 5
    assert rows_changed(connection, every.where(forgotten.c.at == 1)) == 0
    assert rows_changed(connection, "INSERT INTO forgotten (hash, at) VALUES ('c', 1), ('d', 1)") == 2


@BOTH
def test_an_unknown_number_of_rows_is_no_success(database, connection, monkeypatch):
    monkeypatch.setattr(sa.CursorResult, "rowcount", property(lambda _: -1))
    with pytest.raises(smsframe.JournalError, match="does not say how many rows"):
        rows_changed(connection, put(connection, [1]))


@BOTH
def test_who_is_put_on_a_list_is_counted(database, gateway):
    numbers = [f"+3934700010{i:02d}" for i in range(20)]
    assert smsframe.optouts.add(numbers[:15], gateway=gateway) == 15
    assert smsframe.optouts.add(pd.Series(numbers), gateway=gateway) == 5
    assert smsframe.optouts.add(numbers, gateway=gateway) == 0


def test_nothing_else_asks_for_it():
    """SQLAlchemy says -1 of an INSERT, which is true: a count that is not counted looks like a success."""
    package = Path(smsframe.__file__).parent
    asking = {path.name for path in package.rglob("*.py") if ".rowcount" in path.read_text(encoding="utf-8")}
    assert asking == {"sql.py"}
