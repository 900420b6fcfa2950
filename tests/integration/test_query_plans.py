"""What asks for some people or orders of a journal finds them by an index, however large it is."""

from __future__ import annotations

import re
import sqlite3
from datetime import timedelta

import pandas as pd
import pytest
import sqlalchemy as sa
from helpers.clocks import PassingTime
from helpers.sending import send, table

import smsframe

WHOLE = re.compile(r"SCAN (attempts|batches|campaigns|erased|evidence|forgotten|recipients|replies)\b")
"""How SQLite says that it reads all rows of a table that grows with every text."""
LISTED = re.compile(
    r"(?<!removed_)\b(recipients|attempts|optouts|replies)\.(?:person|batch) IN \(SELECT value"
)
"""A table of which a column is held against a list."""


@pytest.fixture
def time():
    return PassingTime()


@pytest.fixture
def asked():
    """The statements of this test that have a list of values, and those values."""
    found = {}

    def note(_connection, _cursor, statement, parameters, _context, _many):
        if "json_each" in statement:
            found.setdefault(statement, parameters[0] if isinstance(parameters, list) else parameters)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


def everything(gateway, sandbox, time):
    """One call of each kind that asks for people or orders."""
    people = table(8)
    people.loc[6:, "mobile"] = ["+393470000076", "+393470000078"]  # whose texts fail
    smsframe.optouts.add([people["mobile"][0]], source="a test", gateway=gateway)
    send(people, gateway, batch_size=3)
    time.passed += timedelta(hours=49).total_seconds()
    out = smsframe.refresh(send(people, gateway), gateway=gateway, progress=False)
    smsframe.resend("autumn", out.sms.failed(retryable=True), gateway=gateway, progress=False)
    later = pd.Timestamp(time.now()) + pd.Timedelta("3 h")
    out = send(people, gateway, campaign="winter", schedule=later, policy=smsframe.Policy(cap="9 per 7 days"))
    smsframe.cancel("winter", gateway=gateway)
    smsframe.replies(gateway=gateway)
    smsframe.forget([people["mobile"][1]], gateway=gateway)
    smsframe.explain(out, out.index[2], gateway=gateway)
    smsframe.campaigns(gateway=gateway)
    smsframe.results("autumn", gateway=gateway)


def test_a_list_of_people_or_orders_is_looked_up_by_an_index(gateway, sandbox, time, asked):
    everything(gateway, sandbox, time)
    connection = sqlite3.connect(gateway.journal)
    plans = {}
    for statement, values in asked.items():
        steps = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        plans[statement] = [step for *_, step in steps]
    connection.close()
    assert {statement: steps for statement, steps in plans.items() if any(map(WHOLE.match, steps))} == {}
    looked_up = 0
    for statement, steps in plans.items():
        for name in LISTED.findall(statement):
            if name == "optouts" and "optouts.list IN" not in statement:
                continue  # who is erased is looked for in every list
            found = re.compile(rf"SEARCH {name}\b.*\b(person|batch)=\?")
            assert any(map(found.match, steps)), statement
            looked_up += 1
    assert looked_up > 10
