"""One person, one number: spellings of one phone in a column, in opt-outs, in journals of any version."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3

import pandas as pd
import pytest
from helpers.journal_files import released, take_up
from helpers.sending import resume, send, texted
from hypothesis import given, settings
from hypothesis import strategies as st

import smsframe
from smsframe.journal.sqlite.migrations import _PERSON
from smsframe.phones.match import keys

pytestmark = pytest.mark.both_journals

PAIRS = {  # Mexico's old 1 is too long for every `numbers`: only journals and opt-outs may still have it
    "Argentina": ("+5491123456789", "+541123456789"),
    "Brazil": ("+551187654321", "+5511987654321"),
}
both_ways = pytest.mark.parametrize(
    ("first", "second"), [*PAIRS.values(), *((b, a) for a, b in PAIRS.values())]
)


def people(*phones):
    return pd.DataFrame({"name": [f"N{place}" for place in range(len(phones))], "mobile": [*phones]})


def planned(frame, **options):
    return smsframe.plan(frame, "Ciao", phone="mobile", numbers="possible", **options).frame


@both_ways
def test_a_second_spelling_in_the_column_is_a_duplicate(first, second):
    frame = planned(people(first, "+393471234567", second))
    assert frame["sms_status"].tolist() == ["ready", "ready", "duplicate"]
    assert frame["sms_phone"].tolist() == [first, "+393471234567", second]


@both_ways
def test_an_opt_out_in_another_spelling_counts(first, second):
    frame = planned(people(first, "+393471234567"), suppress=[second])
    assert frame["sms_status"].tolist() == ["suppressed", "ready"]


@pytest.mark.samples(2)
@both_ways
@pytest.mark.parametrize("text", ["Ciao", "Ciao {name}"])
def test_who_was_texted_is_not_texted_under_another_spelling(first, second, text, sandbox, gateway):
    options = {"numbers": "possible"}
    sent = send(people(first, "+393471234567"), gateway, text, **options)
    assert sent["sms_status"].tolist() == ["accepted"] * 2
    again = send(people(second, "+393471234567", "+393471234568"), gateway, text, **options)
    assert again["sms_status"].tolist() == ["accepted"] * 3
    # The number that was texted: with it the order is asked for this person's delivery.
    assert again["sms_phone"].iloc[0] == first
    assert again["sms_order_id"].iloc[0] == sent["sms_order_id"].iloc[0]
    assert texted(sandbox).to_dict() == {first: 1, "+393471234567": 1, "+393471234568": 1}


@pytest.mark.samples(2)
@both_ways
def test_who_waits_and_is_written_in_another_spelling_is_texted_once(first, second, sandbox, gateway):
    sandbox.misbehave("busy", status=503, retry_after=5000)
    with pytest.raises(smsframe.SmsFrameError):
        send(people(first), gateway, numbers="possible")
    sandbox.behave()
    out = send(people(second), gateway, numbers="possible")
    assert out["sms_status"].tolist() == ["accepted"]
    assert texted(sandbox).to_dict() == {second: 1}
    assert len(resume(gateway)) == 1


# Journals of before ---------------------------------------------------------------------------------------


@pytest.mark.slow
@settings(max_examples=500)
@given(
    st.one_of(
        st.from_regex(r"\+(54|52|55)[0-9]{8,12}", fullmatch=True),
        st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True),
    )
)
def test_the_upgrade_says_of_a_number_what_columns_say(phone):
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        (person,) = connection.execute(f"SELECT {_PERSON} FROM (SELECT ? AS phone)", [phone]).fetchone()
    assert person == keys(pd.Series([phone]))[0]


def earlier(path, states, first, second, base_url):
    """As if an earlier version had written down one person of a campaign as two, each in such a state."""
    with contextlib.closing(sqlite3.connect(path)) as file:
        (autumn,) = file.execute("SELECT id FROM campaigns WHERE name = 'autumn'").fetchone()
        (text,) = file.execute("SELECT id FROM texts WHERE campaign = ?", [autumn]).fetchone()
        columns = "campaign, phone, text, fields, encoding, segments, batch, missing"
        for place, (phone, state) in enumerate(zip((first, second), states, strict=True)):
            rows = [(autumn, phone, text, '["N"]', "gsm", 1, None, 0)]
            if state != "waiting":
                names = [name for _, name, *_ in file.execute("PRAGMA table_info(batches)") if name != "id"]
                values = {"order_id": f"'sf-x-{place}'", "state": f"'{state}'"}
                listed = ", ".join(values.get(name, name) for name in names)
                query = f"SELECT {listed} FROM batches WHERE campaign = ? LIMIT 1"
                new = file.execute(f"INSERT INTO batches ({', '.join(names)}) {query}", [autumn]).lastrowid
                # Somebody else is in the same order, who must not get lost with it.
                rows = [(*row[:6], new, 0) for row in (*rows, (autumn, f"+44770090020{place}", *rows[0][2:]))]
            file.executemany(f"INSERT INTO recipients ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        file.execute("UPDATE campaigns SET base_url = ? WHERE name = 'autumn'", [base_url])
        file.commit()


STATES = ("accepted", "planned", "refused", "waiting")


@pytest.mark.samples(6)
@pytest.mark.parametrize("states", [*itertools.product(STATES, STATES)], ids="-".join)
@pytest.mark.parametrize("version", [1, 2, 3])
def test_two_rows_of_one_person_in_an_old_journal_get_no_second_text(
    version, states, sandbox, gateway, tmp_path
):
    path = released(version, tmp_path)
    first, second = PAIRS["Argentina"]
    earlier(path, states, first, second, gateway.base_url)
    before = smsframe.results("autumn", journal=path).set_index("sms_phone")
    take_up(path)
    after = smsframe.results("autumn", journal=path).set_index("sms_phone")
    # Nobody is lost: whoever has an order that left is there, and of two who wait one.
    left = {first: states[0], second: states[1]}
    waited = [phone for phone, state in left.items() if state in {"waiting", "planned"}]
    lost = before.index.difference(after.index)
    assert {*lost} <= {*waited}
    assert len(lost) == (len(waited) if len(waited) < 2 else 1)
    facts = ["sms_status", "sms_order_id", "sms_sent_at", "sms_credits"]
    same = after.index.difference([first, second])
    assert len(same) == 6 + len([state for state in states if state != "waiting"])
    known = same[after.loc[same, "sms_order_id"].notna()]
    pd.testing.assert_frame_equal(after.loc[known, facts], before.loc[known, facts])
    allowed = 0 if "accepted" in states else 1
    assert resume(gateway, "autumn", journal=path)["sms_status"].ne("pending").all()
    assert texted(sandbox).reindex([first, second]).fillna(0).sum() <= allowed
    both = people(first, second)
    out = send(both, gateway, "Ciao {name}", campaign="autumn", numbers="possible", journal=path)
    assert out["sms_status"].ne("pending").all()
    assert texted(sandbox).reindex([first, second]).fillna(0).sum() <= allowed
    assert texted(sandbox).isin([1]).all()
