"""How often one small call asks the journal, compiles a statement for it, and reads its text."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager

import pandas as pd
import pytest
import sqlalchemy as sa
from helpers.sending import statuses

import smsframe
from smsframe.journal.sqlite.dialect import COMPILED
from smsframe.texts import template


@contextmanager
def counted():
    """The transactions that begin (and whether they write) and are committed, until the block ends."""
    count = Counter()

    def begun(connection):
        count["writing" if "IMMEDIATE" in connection.dialect.begin else "reading"] += 1

    def committed(_connection):
        count["committed"] += 1

    compiled, parsed = len(COMPILED), template._parsed.cache_info().misses
    sa.event.listen(sa.Engine, "begin", begun)
    sa.event.listen(sa.Engine, "commit", committed)
    try:
        yield count
    finally:
        sa.event.remove(sa.Engine, "begin", begun)
        sa.event.remove(sa.Engine, "commit", committed)
        count["compiled"] = len(COMPILED) - compiled
        count["parsed"] = template._parsed.cache_info().misses - parsed


@pytest.fixture
def text(request):
    """A text that no other test has: texts that were read before are not read again."""
    return f"Ciao {{name}}, {request.node.name}"


def send(gateway, text, phone="+393471234567", campaign="autumn"):
    people = pd.DataFrame({"name": ["Ada"], "mobile": [phone]})
    return people.sms.send(text, campaign=campaign, phone="mobile", gateway=gateway, progress=False)


def test_what_a_send_of_one_person_asks_of_the_journal_is_known(gateway, text):
    """
    Read: once for the plan, once for the call, once for whom it leaves out, its history, the owner's files;
    once for the results, and whether somebody is still to be erased. The lists are asked for before the claim
    and before the POST too, each time in a single statement without a transaction.
    """
    for earlier in ("one", "two"):
        send(gateway, text, campaign=earlier)
    template._parsed.cache_clear()
    with counted() as count:
        out = send(gateway, text, "+393471234568")
    assert statuses(out) == {"accepted": 1}
    assert count == {"reading": 7, "writing": 3, "committed": 10, "compiled": 0, "parsed": 1}


def test_what_the_same_call_again_asks_of_the_journal_is_known(gateway, text):
    """Read: as above, without a history and without new results."""
    send(gateway, text)
    send(gateway, text)
    with counted() as count:
        out = send(gateway, text)
    assert out["sms_code"].tolist() == ["already_texted"]
    assert count == {"reading": 6, "writing": 1, "committed": 7, "compiled": 0, "parsed": 0}


def test_what_a_plan_asks_of_the_journal_is_known(gateway, text):
    out = send(gateway, text)
    people = out[["name", "mobile"]]
    with counted() as count:
        smsframe.plan(people, text, campaign="autumn", phone="mobile", gateway=gateway)
    assert (count["reading"], count["writing"], count["parsed"]) == (1, 0, 0)


def test_a_journal_of_another_object_compiles_nothing_anew(gateway, tmp_path, text):
    """Each call makes a journal object, with connections of its own."""
    for name in ("one", "two"):
        gateway.journal = tmp_path / f"{name}.sqlite"
        with counted() as count:
            send(gateway, text, campaign=name)
    assert count["compiled"] == 0
