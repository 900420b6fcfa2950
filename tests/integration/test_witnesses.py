"""Real faults that show why a protective line is there, where the simulation does not come by them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from helpers.faulty_server import answer, drop, edited, instead
from helpers.sending import QUICK, REPEATS_SEND_AGAIN, each_once, resume, send, statuses, table, texted

import smsframe
from smsframe import CampaignChanged
from smsframe.clock import Clock
from smsframe.errors import JournalError
from smsframe.journal.campaigns.conflicts import CampaignCall
from smsframe.journal.journal import Journal
from smsframe.journal.orders.attempts import begin_next
from smsframe.orders.records import Change, Comparison, Evidence, Now
from smsframe.orders.states import Event, State, transition
from smsframe.orders.terms import Terms

pytestmark = [REPEATS_SEND_AGAIN, pytest.mark.both_journals]


# The journal: from one state and owner to the next.


def people(count):
    return pd.DataFrame(
        {
            "phone": table(count)["mobile"].astype("string[pyarrow]"),
            "fields": pd.array([None] * count, "string[pyarrow]"),
            "encoding": pd.array(["gsm"] * count, "string[pyarrow]"),
            "segments": pd.array([1] * count, "Int64"),
        }
    )


@pytest.fixture
def planned(tmp_path):
    """A journal, the owner of a run, and what was written down for it: an order of two people."""
    journal = Journal(tmp_path / "journal.sqlite")
    with journal.owner() as owner:
        waiting = people(2)
        registered = journal.registration.register(
            "autumn",
            owner,
            CampaignCall("https://gateway.example/", "demo", "Ciao", changed=False),
            terms=Terms(),
            batch_size=2,
            at_once=2,
            phones=waiting["phone"],
            waiting=waiting,
            compared=Comparison(),
            now=Now(*Clock().span()),
        )
        yield journal, owner, registered


def test_an_order_is_claimed_once_and_by_its_owner_only(planned):
    journal, owner, (entry, created, *_) = planned
    assert journal.batches.claim(entry, created, "somebody else") == []
    assert len(journal.batches.claim(entry, created, owner)) == 1
    assert journal.batches.claim(entry, created, owner) == []
    assert journal.evidence(entry.id)["event"].tolist() == ["claimed"]


def test_what_became_of_an_order_is_written_by_its_owner_once(planned):
    journal, owner, (entry, created, *_) = planned
    ((batch, _),) = journal.batches.claim(entry, created, owner)
    accepted = Change(
        batch, Event.ACCEPTED, transition(State.SENDING, Event.ACCEPTED), Evidence("POST sms", "201")
    )
    with pytest.raises(JournalError, match="changed by somebody else"):
        journal.batches.record(entry, "somebody else", [accepted])
    journal.batches.record(entry, owner, [accepted])
    unproven = Change(
        batch, Event.NO_PROOF, transition(State.SENDING, Event.NO_PROOF), Evidence("POST sms", None)
    )
    with pytest.raises(JournalError, match="changed by somebody else"):
        journal.batches.record(entry, owner, [unproven])
    assert journal.evidence(entry.id)["event"].tolist() == ["claimed", "accepted"]


def test_whoever_has_an_order_by_now_is_not_withdrawn(planned):
    """Somebody sends between the question who is pending and the deletion."""
    journal, _, (entry, *_) = planned
    journal.withdraw(entry, people(2)["phone"])
    assert len(journal.recipients(entry.id, entry.name).people) == 2


# The look-up.


def test_a_second_absence_that_this_machine_asks_for_too_soon_is_no_proof(sandbox, proxy, through):
    """The gateway's clock is set ahead meanwhile; this machine's own stands still, as nothing is waited."""
    waited = []
    retry_policy = replace(
        QUICK, clock=Clock(monotonic=float, pause=lambda _, seconds: waited.append(seconds))
    )
    proxy.ahead = lambda: 3600.0 * len(waited) or 0.1
    proxy.on("POST", drop)
    out = send(table(3), through, grace=30, retry_policy=retry_policy)
    assert waited
    assert statuses(out) == {"unconfirmed": 3}
    assert "too soon" in out["sms_reason"].iloc[0]
    assert proxy.posts() == 1


# The comparison.


def history_without(order_id):
    """The gateway's history, and one order is not in it."""

    def edit(words):
        rows = [row for row in words["smshistory"] if row["order_id"] != order_id]
        words.update(smshistory=rows, total=len(rows))

    return edited(edit)


def test_an_order_that_was_refused_here_and_is_listed_there_texts_nobody_again(sandbox, proxy, through):
    """Something on the way denies it, and again when it is looked for; its people wait in halves."""
    proxy.on("POST", instead(400), answer(503, Retry_After="5000"))
    proxy.on("GET", answer(404, {}), path="sms/")
    with pytest.raises(smsframe.Unavailable):
        send(table(4), through, workers=1)
    proxy.clear()
    out = send(table(4), through)
    assert statuses(out) == {"accepted": 4}
    assert each_once(sandbox, out)


def test_after_a_surprise_the_latest_orders_are_waited_for(sandbox, proxy, through, tmp_path):
    """The journal is lost, and of its two orders the second one is not visible yet."""
    send(table(4), through, batch_size=2, workers=1)
    latest = sandbox.orders()["order_id"].iloc[-1]
    waited = []
    retry_policy = replace(QUICK, clock=Clock(pause=lambda _, seconds: waited.append(seconds)))

    def without_the_latest(request):
        if waited:
            return request.forward()
        return hidden(request)

    hidden = history_without(latest)
    proxy.always("GET", without_the_latest, path="smshistory")
    new = tmp_path / "new.sqlite"
    with pytest.raises(CampaignChanged):
        send(table(4), through, journal=new, retry_policy=retry_policy)
    assert not waited
    out = send(table(4), through, journal=new, adopt=True, retry_policy=retry_policy)
    assert statuses(out) == {"accepted": 4}
    assert texted(sandbox).max() == 1
    assert statuses(resume(through, journal=new)) == {"accepted": 4}


# Attempts.


def test_another_attempt_at_another_time_follows_only_an_order_that_is_cancelled(tmp_path, gateway):
    out = send(table(2), gateway, journal=tmp_path / "journal.sqlite")
    journal = Journal(tmp_path / "journal.sqlite")
    entry = journal.get("autumn")
    rows = pd.DataFrame({"phone": out["sms_phone"], "order_id": out["sms_order_id"].astype(object)})
    attempts = []
    for state in (*State, State.CANCELLED):
        with journal._store.transaction() as connection:
            connection.exec_driver_sql("UPDATE batches SET state = ?", (state.value,))
            begin_next(connection, entry.id, rows, State.CANCELLED)
        attempts.append(journal.recipients(entry.id, "autumn").people["attempt"].tolist())
    expected = [[2] * 2 if state is State.CANCELLED else [1] * 2 for state in State]
    assert attempts == [*expected, [2] * 2]


def test_another_attempt_begins_only_after_the_order_that_is_named(tmp_path, gateway):
    out = send(table(4), gateway, journal=tmp_path / "journal.sqlite")
    journal = Journal(tmp_path / "journal.sqlite")
    entry = journal.get("autumn")
    rows = pd.DataFrame({"phone": out["sms_phone"], "order_id": out["sms_order_id"].astype(object)})

    def begin():
        with journal._store.transaction() as connection:
            begin_next(connection, entry.id, rows)
        return journal.recipients(entry.id, "autumn").people["attempt"].tolist()

    assert begin() == [2] * 4
    assert begin() == [2] * 4
    resume(gateway, "autumn", journal=tmp_path / "journal.sqlite")
    assert begin() == [2] * 4
