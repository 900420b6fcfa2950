"""People who are erased: nothing of them is left, and nobody texts them again."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from helpers.byte_scan import found_in, found_on_server, tables_with
from helpers.clocks import PassingTime
from helpers.journal_files import JOURNALS
from helpers.sending import send, table, texted
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import smsframe
from smsframe.journal.privacy import forgotten, hash_key
from smsframe.journal.tables import metadata
from smsframe.orders.batching import order_id
from smsframe.phones.match import keys

BOTH = pytest.mark.both_journals
PEOPLE = table(6).assign(name=[f"Somebody Named {place}" for place in range(6)])
GONE, NAME = PEOPLE["mobile"][3], PEOPLE["name"][3]


@pytest.fixture
def time():
    return PassingTime()


@pytest.fixture
def journal(gateway):
    return smsframe.Journal(gateway.journal, clock=gateway.clock)


def forget(gateway, *numbers):
    return smsframe.forget([*numbers], gateway=gateway)


def nowhere(request, gateway, journal, phone, *values):
    """Nothing of a number is left: in no cell, and in no byte of a file."""
    assert tables_with(journal, phone, *values) == set()
    if journal.path is None:
        assert found_on_server(request.getfixturevalue("cluster"), journal, phone, *values) == []
    else:
        assert found_in(journal.path.parent, phone, *values) == []


@BOTH
def test_the_hashes_of_many_people_are_read_part_by_part(gateway, journal, monkeypatch):
    phones = PEOPLE["mobile"]
    forget(gateway, *phones[::2])
    forget(gateway, *phones[1:2])
    erased = journal.forgotten.among(phones).tolist()
    assert erased == [True, True, True, False, True, False]
    monkeypatch.setattr(forgotten, "FEW", 0)
    for largest in (1, 2, 3, 4, 5):
        monkeypatch.setattr(forgotten, "LARGEST_ANSWER", largest)
        assert journal.forgotten.among(phones).tolist() == erased


@BOTH
def test_who_was_erased_from_the_users_own_journal_is_texted_through_no_other(sandbox, gateway, journal):
    """As in a rehearsal with the table of people of whom one was erased."""
    planned = smsframe.plan(PEOPLE, "Ciao {name}", campaign="early", phone="mobile", gateway=gateway)
    own = smsframe.Journal.default()
    smsframe.forget([GONE], journal=own)
    plan = smsframe.plan(PEOPLE, "Ciao {name}", campaign="autumn", phone="mobile", gateway=gateway)
    assert plan.recipients == 5
    for out in (send(PEOPLE, gateway), smsframe.send(planned, gateway=gateway, grace=0.1, progress=False)):
        assert statuses(out) == ["accepted"] * 3 + ["suppressed"] + ["accepted"] * 2
        assert "erased on request" in out["sms_reason"][3]
    assert GONE not in set(sandbox.inbox()["recipient"])


def statuses(frame):
    return frame["sms_status"].astype(str).tolist()


@BOTH
def test_what_an_order_cost_is_counted_though_its_people_were_erased(database, gateway, journal):
    send(table(2), gateway, batch_size=1)
    forget(gateway, table(2)["mobile"][0])
    (row,) = smsframe.campaigns(gateway=gateway).to_dict("records")
    assert (row["recipients"], row["credits"]) == (1, 2.0)
    assert smsframe.costs("autumn", gateway=gateway)["credits"].sum() == 2


@BOTH
def test_of_an_order_some_of_whose_people_were_erased_the_whole_cost_is_counted(
    database, sandbox, gateway, journal
):
    prices = pd.DataFrame(
        {"country": ["IT", "DE"], "quality": "high", "price": ["0.05", "0.50"], "currency": "EUR"}
    )
    dear = pd.DataFrame({"name": "D", "mobile": ["+4915207829731"]})
    send(pd.concat([table(3), dear]), gateway)
    before = smsframe.costs("autumn", gateway=gateway)
    forget(gateway, *table(2)["mobile"], *dear["mobile"])
    assert smsframe.costs("autumn", gateway=gateway).equals(before)
    money = smsframe.costs("autumn", gateway=gateway, policy=smsframe.Policy(prices=prices))
    assert money["charged"].tolist() == [Decimal("1.55")]  # who is not known any more counts as the dearest
    # A segment was charged one credit, not four.
    out = send(table(9), gateway, policy=smsframe.Policy(budget=8))
    assert statuses(out) == ["suppressed"] * 2 + ["accepted"] * 5 + ["pending"] * 2
    assert smsframe.costs("autumn", gateway=gateway)["credits"].sum() == 8


@BOTH
def test_nothing_of_a_person_is_left_and_the_same_cell_texts_nobody(
    request, database, sandbox, gateway, journal
):
    out = send(PEOPLE, gateway, batch_size=2)
    assert statuses(out) == ["accepted"] * 6
    assert tables_with(journal, GONE, NAME)
    found = forget(gateway, GONE)
    assert found["people"].tolist() == [1]
    assert found["waiting"].tolist() == [0]
    nowhere(request, gateway, journal, GONE, NAME)
    again = send(PEOPLE, gateway, batch_size=2)
    assert statuses(again) == ["accepted"] * 3 + ["suppressed"] + ["accepted"] * 2
    assert again["sms_code"].iloc[3] == "opted_out"
    assert "erased on request; was texted in this campaign before" in again["sms_reason"].iloc[3]
    assert len(sandbox.inbox()) == 6
    nowhere(request, gateway, journal, GONE, NAME)
    # What the order cost is shared as before.
    assert again["sms_credits"].dropna().tolist() == [1.0] * 5


@BOTH
def test_who_was_erased_is_texted_in_no_other_campaign(database, sandbox, gateway):
    """Also in another spelling, and by a plan that was made before."""
    people = pd.DataFrame({"mobile": ["+5491123456789", "+393471234567"]})
    before = smsframe.plan(
        people, "Ciao", campaign="winter", phone="mobile", numbers="valid", gateway=gateway
    )
    found = forget(gateway, "+541123456789")
    assert found.empty  # nobody has texted them yet, and nobody will
    for planned in (before, people):
        out = send(planned, gateway, text="Ciao", campaign="winter", numbers="valid")
        assert statuses(out) == ["suppressed", "accepted"]
    assert sandbox.inbox()["recipient"].tolist() == ["+393471234567"]
    planned = smsframe.plan(people, "Ciao", phone="mobile", numbers="valid", gateway=gateway)
    assert planned.frame["sms_code"].astype(object).iloc[0] == "opted_out"
    assert planned.recipients == 1


@BOTH
def test_who_is_in_an_open_order_is_erased_once_it_is_settled(request, database, sandbox, gateway, journal):
    sandbox.misbehave("drop_after", times=1)
    sandbox.misbehave("error_before", call="state", status=403)
    with contextlib.suppress(smsframe.SmsFrameError):
        send(PEOPLE, gateway, batch_size=6, grace=0)
    found = forget(gateway, GONE)
    assert found["waiting"].tolist() == [1]
    assert "open" in found["why"].iloc[0]
    assert tables_with(journal, GONE)
    sandbox.behave()
    out = smsframe.resume("autumn", gateway=gateway, grace=0, progress=False)
    assert statuses(out).count("accepted") == 6  # the gateway had the order: it is settled with its people
    nowhere(request, gateway, journal, GONE, NAME)
    assert len(smsframe.results("autumn", gateway=gateway)) == 5
    assert len(sandbox.inbox()) == 6


@BOTH
def test_an_order_that_never_was_is_not_repeated_with_somebody_to_be_erased(
    request, database, sandbox, gateway, journal
):
    sandbox.misbehave("error_before", status=502, times=1)
    sandbox.misbehave("error_before", call="state", status=403)
    with contextlib.suppress(smsframe.SmsFrameError):
        send(PEOPLE, gateway, batch_size=6, grace=0, workers=1)
    assert forget(gateway, GONE)["waiting"].tolist() == [1]
    sandbox.behave()
    smsframe.resume("autumn", gateway=gateway, grace=0, progress=False)
    assert sorted(sandbox.inbox()["recipient"]) == sorted(PEOPLE["mobile"].drop(3))
    nowhere(request, gateway, journal, GONE, NAME)


@BOTH
def test_a_text_that_leaves_later_is_said_and_its_person_is_erased_once_it_has(
    request, database, time, sandbox, gateway, journal
):
    at = time.clock.now() + timedelta(days=4)  # the sandbox's hours are seconds
    send(PEOPLE, gateway, schedule=at)
    found = forget(gateway, GONE)
    assert found["waiting"].tolist() == [1]
    assert "leave later" in found["why"].iloc[0]
    smsframe.cancel("autumn", gateway=gateway, grace=0, progress=False)
    nowhere(request, gateway, journal, GONE, NAME)


@BOTH
def test_who_was_never_sent_to_is_simply_gone(request, database, sandbox, gateway, journal):
    sandbox.misbehave("busy", status=503, retry_after=5000)
    with pytest.raises(smsframe.SmsFrameError):
        send(PEOPLE, gateway, batch_size=2)
    sandbox.behave()
    found = forget(gateway, *PEOPLE["mobile"][3:5])
    assert found["people"].sum() + found["waiting"].sum() == 2
    smsframe.resume("autumn", gateway=gateway, grace=0, progress=False)
    assert sorted(sandbox.inbox()["recipient"]) == sorted(PEOPLE["mobile"].drop([3, 4]))
    for phone in PEOPLE["mobile"][3:5]:
        nowhere(request, gateway, journal, phone)


@BOTH
def test_orders_of_a_lost_journal_are_adopted_without_who_was_erased(
    request, database, sandbox, gateway, tmp_path
):
    send(PEOPLE, gateway, batch_size=2)
    other = sandbox.gateway()  # of another journal
    with contextlib.closing(other):
        memory = smsframe.Journal(other.journal)
        smsframe.forget([GONE], journal=memory)
        out = send(PEOPLE, other, batch_size=2, adopt=True)
        assert statuses(out) == ["accepted"] * 3 + ["suppressed"] + ["accepted"] * 2
        assert len(sandbox.inbox()) == 6
        assert tables_with(memory, GONE) == set()
        again = send(pd.concat([PEOPLE, table(2, start=90)], ignore_index=True), other, batch_size=2)
        assert statuses(again)[-2:] == ["accepted"] * 2  # nobody is held for people that are not listed
        assert "was texted in this campaign before" in again["sms_reason"].iloc[3]


@BOTH
def test_a_look_up_takes_nobody_who_was_erased_for_a_stranger(database, sandbox, gateway, journal):
    send(PEOPLE, gateway, batch_size=6)
    forget(gateway, GONE)
    (order,) = journal.orders.of("autumn")["order_id"]
    listed = gateway.state(order).recipients
    assert len(listed) == 6
    assert len(journal.forgotten.without_erased(order, listed)) == 5
    stranger = listed.assign(phone=["+393480000085", *listed["phone"][1:]])
    assert len(journal.forgotten.without_erased(order, stranger)) == 5


@BOTH
@pytest.mark.parametrize("key", ["gone", "another", "open to others", "no key"])
def test_without_the_key_nothing_is_sent(database, sandbox, gateway, key, monkeypatch, tmp_path):
    send(PEOPLE.head(2), gateway)
    forget(gateway, PEOPLE["mobile"][0])
    made = smsframe.plan(PEOPLE, "Ciao {name}", campaign="autumn", phone="mobile", gateway=gateway)
    found = hash_key.find()
    match key:
        case "gone":
            Path(found.place).unlink()
        case "another":
            monkeypatch.setenv(hash_key.KEY, hash_key.HashKey(bytes(32), "").text)
        case "open to others":
            Path(found.place).chmod(0o640)
        case "no key":
            monkeypatch.setenv(hash_key.KEY, "correct horse")
    for call in (
        lambda: send(made, gateway),
        lambda: send(PEOPLE, gateway),
        lambda: send(PEOPLE, gateway, campaign="winter"),
        lambda: smsframe.resume("autumn", gateway=gateway, progress=False),
        lambda: forget(gateway, PEOPLE["mobile"][1]),
    ):
        with pytest.raises(smsframe.JournalError, match="nothing was") as refused:
            call()
        assert found.text not in str(refused.value)
    assert len(sandbox.inbox()) == 2
    assert len(smsframe.results("autumn", gateway=gateway)) == 1  # what is known can still be read
    with pytest.raises(smsframe.JournalError):  # but is not hashed by another key
        smsframe.results("autumn", hashed=True, gateway=gateway)


def test_the_key_is_made_once_and_readable_by_its_owner_only(gateway, monkeypatch, tmp_path):
    assert hash_key.find() is None
    forget(gateway, GONE)
    key = hash_key.find()
    assert stat.S_IMODE(Path(key.place).stat().st_mode) == 0o600
    assert key.text not in repr(key)
    assert repr(key.value) not in repr(key)
    forget(gateway, PEOPLE["mobile"][1])
    assert hash_key.find() == key
    hash_key.write(tmp_path / "carried.key", key)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "another machine"))
    assert hash_key.find() is None
    assert hash_key.keep(hash_key.read(tmp_path / "carried.key").value).value == key.value
    with pytest.raises(smsframe.JournalError, match="another key already"):
        hash_key.keep(os.urandom(32))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "a third"))
    monkeypatch.setenv(hash_key.KEY_FILE, str(tmp_path / "carried.key"))
    assert hash_key.find().value == key.value


@BOTH
def test_the_id_of_an_order_of_one_person_tells_nothing_of_a_guessed_number(
    database, sandbox, gateway, journal
):
    send(PEOPLE.head(1), gateway, text="Ciao")
    entry = journal.get("autumn")
    (order,) = journal.orders.of("autumn")["order_id"]
    guess = pd.DataFrame({"phone": [PEOPLE["mobile"][0]], "fields": [None]})
    assert order_id(entry.prefix, "Ciao", guess, 0) != order
    assert order_id(entry.prefix, "Ciao", guess, 0, entry.salt) == order
    forget(gateway, PEOPLE["mobile"][0])
    after = journal.get("autumn")
    assert after.salt != entry.salt
    assert all(entry.salt not in str(value) for _, _, value in _cells(journal))
    assert order.startswith(entry.prefix)


def _cells(journal):
    from helpers.byte_scan import cells  # noqa: PLC0415

    return cells(journal)


def test_campaigns_of_an_older_version_are_said_to_have_ids_without_salt(tmp_path):
    path = tmp_path / "journal.sqlite"
    shutil.copyfile(JOURNALS / "schema-7.sqlite", path)
    found = smsframe.forget(["+447700900083"], journal=path)
    assert found["people"].tolist()[:1] == [1]
    assert found["why"].iloc[-1].startswith("1 of these campaigns are of an older smsframe")
    # The copy that the upgrade has made is deleted too.
    assert found_in(tmp_path, "+447700900083") == []
    assert [*tmp_path.glob("*.schema-*")] == []


def test_bytes_in_the_log_stay_while_somebody_reads_and_a_later_call_removes_them(gateway, journal):
    send(PEOPLE, gateway)
    with contextlib.closing(sqlite3.connect(journal.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM recipients").fetchall()
        journal._store._connections._wait = 0.2
        memory = smsframe.Journal(journal.path)
        memory._store._connections._wait = 0.2
        found = smsframe.forget([GONE], journal=memory)
        assert "somebody uses it" in found["why"].iloc[-1]
        assert tables_with(memory, GONE) == set()
    found = smsframe.forget(journal=memory)
    assert found.empty
    assert found_in(journal.path.parent, GONE, NAME) == []


@BOTH
def test_every_table_that_names_people_is_emptied_of_one(request, database, sandbox, gateway, journal):
    """A table that is added with a number of people in it, and that forget does not know, fails here."""
    send(PEOPLE, gateway)
    person = int(keys(pd.Series([GONE]))[0])
    with journal._store.transaction() as connection:
        for made in metadata.sorted_tables:
            if "person" not in made.c or made.name in ("recipients", "attempts"):
                continue
            row = {}
            for column in made.c:
                if column.name == "person":
                    row["person"] = person
                elif column.name == "id":
                    row["id"] = 4711
                elif column.nullable is False or isinstance(column.type, sa.Text):
                    is_text = isinstance(column.type, sa.Text)
                    row[column.name] = (
                        GONE if is_text else False if isinstance(column.type, sa.Boolean) else 1
                    )
            connection.execute(sa.insert(made), row)
        unread = {"source": 1, "key": "1", "raw": f'{{"sender": "{GONE}"}}', "read_at": 1, "id": 4712}
        connection.execute(sa.insert(metadata.tables["replies"]), unread)
    forget(gateway, GONE)
    nowhere(request, gateway, journal, GONE, NAME)


TEXTS = {  # columns of text, and why no number is in them or how it is erased
    "campaigns": {
        "name",
        "base_url",
        "account",
        "prefix",
        "message_type",
        "sender",
        "hours",
        "pace",
        "salt",
        "ramp",
    },
    "texts": {"template"},
    "variants": {"name"},
    "batches": {"order_id", "state", "owner", "encoding", "message_type", "sender", "reason", "hours"},
    "evidence": {"order_id", "process", "event", "state", "answer", "question"},
    "forgotten": {"hash"},
    "erased": {"hash", "refused"},
    "privacy": {"name", "value"},
    "optout_lists": {"base_url", "account"},
    "reply_sources": {"base_url", "account"},
}


def test_every_column_of_text_is_of_a_person_or_known_to_hold_no_number():
    for made in metadata.sorted_tables:
        if "person" in made.c:
            continue  # the whole row goes
        text = {column.name for column in made.c if isinstance(column.type, sa.Text)}
        assert text <= TEXTS.get(made.name, set()), f"{made.name}: how does forget erase {text}?"


@BOTH
def test_answers_that_quote_a_number_lose_it(request, database, sandbox, gateway, journal):
    send(PEOPLE, gateway)
    with journal._store.transaction() as connection:
        quoted = {"answer": f"HTTP 201: {GONE} is fine"}
        connection.execute(sa.update(metadata.tables["evidence"]).values(**quoted))
        connection.execute(sa.update(metadata.tables["batches"]).values(reason=f"said {GONE[1:]}"))
    forget(gateway, GONE)
    nowhere(request, gateway, journal, GONE)


@BOTH
def test_a_number_never_seen_and_the_same_again_change_nothing(database, sandbox, gateway, journal):
    send(PEOPLE, gateway)
    before = smsframe.results("autumn", gateway=gateway)
    assert forget(gateway, "+393489999999").empty
    assert forget(gateway, "+393489999999").empty
    pd.testing.assert_frame_equal(smsframe.results("autumn", gateway=gateway), before)


def test_a_number_that_cannot_be_read_erases_nobody(gateway, journal):
    send(PEOPLE, gateway)
    with pytest.raises(smsframe.ContactsError):
        forget(gateway, GONE, "34712")
    assert len(smsframe.results("autumn", gateway=gateway)) == 6


@BOTH
def test_many_are_erased_in_one_call(database, sandbox, gateway, journal):
    people = table(3000)
    send(people, gateway)
    found = forget(gateway, *people["mobile"][:2900])
    assert found["people"].tolist() == [2900]
    assert len(smsframe.results("autumn", gateway=gateway)) == 100
    again = send(people, gateway)
    assert statuses(again).count("suppressed") == 2900
    assert len(sandbox.inbox()) == 3000


@pytest.mark.slow
@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=6, unique=True),
    st.integers(1, 4),
    st.sampled_from(["before", "between", "planned"]),
    st.booleans(),
)
def test_whoever_is_erased_whenever_nobody_of_them_is_texted_after(gone, batch_size, when, dropped):
    people = table(10)
    numbers = people["mobile"][gone]
    with contextlib.ExitStack() as stack:
        sandbox = stack.enter_context(smsframe.Sandbox(speed=3600, repeated_order_id="accept"))
        gateway = stack.enter_context(contextlib.closing(sandbox.gateway()))
        folder = Path(str(gateway.journal)).parent
        plan = smsframe.plan(people, "Ciao {name}", campaign="autumn", phone="mobile", gateway=gateway)
        if when == "between":
            if dropped:
                sandbox.misbehave("drop_after", times=1)
                sandbox.misbehave("error_before", call="state", status=403)
            with contextlib.suppress(smsframe.SmsFrameError):
                send(people.head(5), gateway, batch_size=batch_size, grace=0)
            sandbox.behave()
        forget(gateway, *numbers)
        had = len(sandbox.inbox())
        send(plan if when == "planned" else people, gateway, batch_size=batch_size, grace=0, adopt=True)
        after = sandbox.inbox().iloc[had:]
        assert not set(after["recipient"]) & set(numbers)
        assert sandbox.inbox()["recipient"].is_unique
        assert set(sandbox.inbox()["recipient"]) >= set(people["mobile"]) - set(numbers)
        forget(gateway)
        for phone in numbers:
            assert found_in(folder, phone) == []


def test_a_run_that_is_at_work_goes_on_without_who_was_erased(sandbox, gateway, journal):
    """Orders that were planned are cut again; nobody else is forgotten."""
    people = table(12)
    done = []

    def report(event):
        if not done and event.state.value == "accepted":
            done.append(forget(gateway, people["mobile"][11]))

    out = send(people, gateway, batch_size=2, workers=1, report=report)
    assert done[0]["people"].tolist() == [1]
    assert statuses(out) == ["accepted"] * 11 + ["suppressed"]
    assert people["mobile"][11] not in set(sandbox.inbox()["recipient"])
    assert len(sandbox.inbox()) == 11


__all__ = ["UTC", "datetime", "np"]


@BOTH
def test_who_was_erased_is_not_written_down_as_held_out_of_an_experiment(
    request, database, sandbox, gateway, journal
):
    people = smsframe.assign(table(40), ["a", None], by="name", seed="autumn")
    texts = {"a": "Ciao {name}"}
    planned = smsframe.plan(people, texts, campaign="autumn", phone="mobile", gateway=gateway)
    (held, *_), (out, *_) = planned.held_out, planned.planned["phone"]
    forget(gateway, held, out)
    results = smsframe.send(planned, gateway=gateway, progress=False)
    assert len(sandbox.inbox()) == len(planned.planned) - 1
    assert results["sms_code"].eq("opted_out").sum() >= 1
    again = smsframe.send(people, texts, campaign="autumn", phone="mobile", gateway=gateway, progress=False)
    assert again["sms_code"].eq("opted_out").sum() == 2
    for phone in (held, out):
        nowhere(request, gateway, journal, phone)


@BOTH
def test_no_list_brings_back_the_number_of_who_was_erased(request, database, sandbox, gateway, journal):
    """Neither the list of the account, nor that of the gateway, nor what a call is told to suppress."""
    send(PEOPLE, gateway)
    assert smsframe.optouts.add([GONE, PEOPLE["mobile"][1]], gateway=gateway) == 2
    smsframe.optouts.sync(gateway=gateway)  # the gateway's own list has them from now on
    forget(gateway, GONE)
    nowhere(request, gateway, journal, GONE)
    assert smsframe.optouts.add([GONE, PEOPLE["mobile"][2]], gateway=gateway) == 1
    smsframe.optouts.sync(gateway=gateway)
    smsframe.resume("autumn", suppress=[GONE, PEOPLE["mobile"][4]], gateway=gateway, progress=False)
    nowhere(request, gateway, journal, GONE)
    assert len(smsframe.optouts(gateway=gateway)) == 2


@BOTH
def test_somebody_who_is_erased_after_a_call_looked_is_not_written_down(
    request, database, sandbox, gateway, journal
):
    send(PEOPLE.head(1), gateway)
    out = send(PEOPLE, gateway, started=lambda _: forget(gateway, GONE))
    assert statuses(out) == ["accepted"] * 3 + ["suppressed"] + ["accepted"] * 2
    assert len(sandbox.inbox()) == 5
    nowhere(request, gateway, journal, GONE)


@BOTH
def test_who_wrote_after_they_were_erased_and_is_erased_again_is_not_written_down(
    request, database, sandbox, gateway, journal, time
):
    """Also where the clock is set back in between: the latest time at which they were erased counts."""
    send(PEOPLE, gateway)
    time.passed = -3600
    forget(gateway, GONE)
    sandbox.reply(GONE, "why do you still have me")
    assert len(smsframe.replies(gateway=gateway)) == 1
    for passed in (3600, -3600):
        time.passed = passed
        forget(gateway, GONE)
        assert smsframe.replies(gateway=gateway).empty
        nowhere(request, gateway, journal, GONE)


@BOTH
def test_whoever_is_forgotten_while_a_campaign_is_sent_leaves_everybody_else_with_one_text(gateway, sandbox):
    """
    Two people at a time, in each pair of orders that have not left, once the first one was accepted.

    Their orders are cut again, and what is cut anew may have the key of what was deleted.
    """
    for number, pair in enumerate(itertools.combinations(range(2, 8), 2)):
        mobiles = pd.Series([f"+39347{number:03}{place:04}" for place in range(8)])
        done = []

        def report(event, mobiles=mobiles, pair=pair, done=done):
            if event.state.value == "accepted" and not done:
                done.append(forget(gateway, *mobiles[[*pair]]))

        people = pd.DataFrame({"mobile": mobiles, "name": "Ada"})
        out = send(people, gateway, campaign=f"c{number}", batch_size=2, workers=1, report=report)
        got = texted(sandbox).reindex(mobiles, fill_value=0)
        assert got.tolist() == [int(place not in pair) for place in range(8)]
        assert out["sms_status"].eq("accepted").tolist() == [place not in pair for place in range(8)]
