"""What the promise adds in doubt: what a look-up proves, when sending stops, what another journal sent."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from helpers.faulty_server import FaultyServer, answer, drop, edited, forward, lose
from helpers.sending import (
    QUICK,
    REPEATS_SEND_AGAIN,
    codes,
    each_once,
    gateway_at,
    posts,
    resume,
    send,
    statuses,
    table,
    texted,
)

import smsframe
from smsframe import CampaignChanged, CampaignStopped, Gateway, NotEnoughCredit, Unconfirmed
from smsframe.campaign.run.engine import MOST_UNPROVEN
from smsframe.clock import Clock
from smsframe.gateway import paging
from smsframe.gateway.retry import RetryPolicy
from smsframe.journal.journal import Journal
from smsframe.orders.profile import GatewayProfile

pytestmark = REPEATS_SEND_AGAIN

DAY = 86_400_000_000


class Seconds:
    """Seconds that pass only while somebody waits, and what happens at some of them."""

    def __init__(self):
        self.now = 0.0
        self._due = []

    def at(self, when, do):
        self._due.append((when, do))

    def pause(self, _stop, seconds):
        until = self.now + seconds
        due = sorted((each for each in self._due if each[0] <= until), key=lambda each: each[0])
        self._due = [each for each in self._due if each[0] > until]
        for self.now, do in due:
            do()
        self.now = until

    @property
    def retry_policy(self):
        return RetryPolicy(attempts=3, clock=Clock(pause=self.pause, monotonic=lambda: self.now))


@pytest.fixture
def clock(proxy):
    """This machine's clock, and the gateway's."""
    made = Seconds()
    proxy.ahead = lambda: made.now
    return made


def evidence(gateway):
    return Journal(gateway.journal).evidence(1)


def last_answer(gateway):
    return evidence(gateway)["answer"].iloc[-1]


# A gateway that forgot.


def test_a_gateway_that_was_restarted_and_forgot_its_orders_proves_nothing(sandbox, proxy, through):
    proxy.on("POST", forward, lose).always("GET", answer(403), path="sms/")
    out = send(table(4), through, batch_size=2)
    assert statuses(out) == {"accepted": 2, "unconfirmed": 2}
    proxy.clear()
    with smsframe.Sandbox() as forgetful:
        proxy.serve_from(forgetful.url)
        assert statuses(resume(through)) == {"accepted": 2, "unconfirmed": 2}
        assert statuses(send(table(4), through, batch_size=2)) == {"accepted": 2, "unconfirmed": 2}
        assert posts(forgetful) == 0
    assert last_answer(through) == "404; a history of 0 orders that lacks orders which were accepted"
    proxy.serve_from(sandbox.url)
    out = resume(through)
    assert statuses(out) == {"accepted": 4}
    assert each_once(sandbox, out)


def test_a_gateway_that_is_restarted_between_the_two_questions_proves_nothing(sandbox, proxy, through, clock):
    proxy.on("POST", forward, drop)
    with smsframe.Sandbox() as forgetful:
        clock.at(29, lambda: proxy.serve_from(forgetful.url))
        out = send(table(4), through, batch_size=2, grace=30, retry_policy=clock.retry_policy)
        assert statuses(out) == {"accepted": 2, "unconfirmed": 2}
        assert posts(forgetful) == 0
    assert evidence(through)["event"].tolist()[-2:] == ["absent", "unanswered"]


def test_orders_of_another_campaign_are_witnesses_too_but_not_those_of_another_gateway(
    sandbox, proxy, through, tmp_path
):
    with smsframe.Sandbox() as other, contextlib.closing(other.gateway(journal=through.journal)) as elsewhere:
        send(table(2), elsewhere, campaign="spring")
    proxy.on("POST", drop)
    assert statuses(send(table(2), through)) == {"accepted": 2}  # repeated: nothing here says otherwise
    proxy.on("POST", drop)
    with smsframe.Sandbox() as forgetful:
        proxy.serve_from(forgetful.url)
        assert statuses(send(table(2), through, campaign="winter")) == {"unconfirmed": 2}
        assert posts(forgetful) == 0


def test_an_order_that_a_person_took_as_accepted_is_no_witness(sandbox, proxy, through):
    """The gateway never had it, so a history without it says nothing about the gateway's memory."""
    proxy.on("POST", drop).always("GET", answer(403), path="sms/")
    send(table(2), through)
    assert statuses(resume(through, unconfirmed="accept")) == {"accepted": 2}
    proxy.clear()
    proxy.on("POST", drop)
    out = send(table(4), through)
    assert statuses(out) == {"accepted": 4}
    assert texted(sandbox).tolist() == [1, 1]


# A history that changes while it is read.


def somebody_else(sandbox):
    """Another program of the same account: one more order, each time it is called."""
    gateway = sandbox.gateway()
    order = {"message_type": "N", "message": "x", "recipient": ["+393479999901"]}
    return lambda: gateway._call("POST", "sms", json=order)


def page_number(request):
    return int(re.search(rb"pageNumber=(\d+)", request.raw)[1])


def busy(another):
    """A history to which somebody adds an order whenever a page of it is turned."""

    def page(request):
        another()
        return request.forward()

    return page


def test_a_history_that_grows_while_it_is_read_is_caught_up_with(sandbox, proxy, through, monkeypatch):
    """Each page shifts by one; the next pass begins with what is new, and then nothing can be missing."""
    monkeypatch.setattr(paging, "PAGE_SIZES", (12,))
    another = somebody_else(sandbox)
    for _ in range(20):
        another()
    proxy.on("POST", drop)
    proxy.always("GET", busy(another), path="smshistory")
    out = send(table(2), through)
    assert statuses(out) == {"accepted": 2}
    assert texted(sandbox)[out["sms_phone"]].eq(1).all()


def without_the_last(words):
    """As many orders as ever, and one of them is never shown."""
    words["smshistory"] = [row for row in words["smshistory"] if row["num_recipients"] != 1]


def test_a_history_that_never_adds_up_proves_nothing_and_sends_nothing(sandbox, proxy, through, monkeypatch):
    monkeypatch.setattr(paging, "PAGE_SIZES", (2,))
    another = somebody_else(sandbox)
    for _ in range(3):
        another()
    proxy.on("POST", drop).on("GET", forward, forward, path="smshistory")
    proxy.always("GET", edited(without_the_last), path="smshistory")
    assert statuses(send(table(2), through, campaign="spring")) == {"unconfirmed": 2}
    assert proxy.posts() == 1
    assert "incomplete" in last_answer(through)
    with pytest.raises(smsframe.Unavailable, match="whole history"):
        send(table(2), through, campaign="summer")
    assert proxy.posts() == 1
    proxy.clear()
    assert statuses(resume(through, "spring")) == {"accepted": 2}


def test_a_history_that_changes_once_is_read_again_and_then_proves_what_it_says(
    sandbox, proxy, through, tmp_path, monkeypatch
):
    monkeypatch.setattr(paging, "PAGE_SIZES", (2,))
    another = somebody_else(sandbox)
    for _ in range(3):
        another()
    send(table(1), through)
    proxy.on("POST", drop)
    second_pages = iter([another])

    def page(request):
        if page_number(request) == 2:
            next(second_pages, lambda: None)()
        return request.forward()

    proxy.always("GET", page, path="smshistory")
    out = send(table(3), through)
    assert statuses(out) == {"accepted": 3}
    assert next(second_pages, None) is None
    assert evidence(through)["event"].tolist()[-3:] == ["absent", "absent_twice", "accepted"]


# Not found, but by whom?


@pytest.mark.parametrize("again", ["the same gateway object", "another one, which has to log in"])
def test_not_found_at_a_wrong_address_is_no_proof(again, proxy, sandbox, through):
    proxy.on("POST", drop).always("GET", answer(403), path="sms/")
    send(table(3), through)
    proxy.clear()
    for method in ("GET", "POST"):
        proxy.always(method, answer(404))
    gateway = through if again.startswith("the same") else gateway_at(proxy.url, through.journal)
    for call in (lambda: resume(gateway), lambda: send(table(3), gateway)):
        assert statuses(call()) == {"unconfirmed": 3}
    assert proxy.posts() == 1
    assert last_answer(through).startswith("no answer: NotAuthorised")


def test_not_found_by_another_account_is_not_even_asked(sandbox, proxy, through):
    """At the same address, where neither the order nor the history of the first account is known."""
    proxy.on("POST", lose).always("GET", answer(403), path="sms/")
    send(table(3), through)
    proxy.clear()
    with smsframe.Sandbox(username="other") as theirs:
        proxy.serve_from(theirs.url)
        with contextlib.closing(gateway_at(proxy.url, through.journal, "other")) as gateway:
            for call in (
                lambda: resume(gateway),
                lambda: send(table(3), gateway),
                lambda: resume(gateway, unconfirmed="send"),
            ):
                with pytest.raises(CampaignChanged, match="as demo, and this call goes to"):
                    call()
        assert posts(theirs) == 0
        assert not theirs.calls()["path"].str.startswith(("sms/", "smshistory")).any()
    assert statuses(smsframe.results("autumn", journal=through.journal)) == {"unconfirmed": 3}


# Taken late.


def taken_after(clock, seconds):
    """The connection breaks at once, and the gateway takes the order some seconds later."""

    def act(request):
        clock.at(clock.now + seconds, request.forward)

    return act


@pytest.mark.parametrize("seconds", [0.5, 15, 29.9])
def test_an_order_taken_within_the_grace_is_never_sent_twice(seconds, sandbox, proxy, through, clock):
    proxy.on("POST", taken_after(clock, seconds))
    out = send(table(3), through, grace=30, retry_policy=clock.retry_policy)
    assert statuses(out) == {"accepted": 3}
    assert proxy.posts() == 1
    assert each_once(sandbox, out)
    assert evidence(through)["event"].tolist()[-3:] == ["no_proof", "absent", "found"]


def test_several_orders_taken_late_share_one_grace(sandbox, proxy, through, clock):
    late = [taken_after(clock, seconds) for seconds in (29, 3, 17)]
    proxy.on("POST", forward, *late)
    out = send(table(8), through, batch_size=2, workers=1, grace=30, retry_policy=clock.retry_policy)
    assert statuses(out) == {"accepted": 8}
    assert clock.now == 30
    assert each_once(sandbox, out)


@pytest.mark.parametrize(
    ("sandbox", "texts"),
    [
        ({"repeated_order_id": "accept"}, 2),
        ({"repeated_order_id": "merge"}, 1),
        ({"repeated_order_id": "refuse"}, 1),
    ],
    indirect=["sandbox"],
    ids=["accept-2", "merge-1", "refuse-1"],
)
def test_the_one_assumption_an_order_taken_after_the_grace_is_doubled_unless_the_gateway_prevents_it(
    sandbox, texts, proxy, through, clock
):
    """As `grace=` says; a longer one would have held."""
    proxy.on("POST", taken_after(clock, 31))
    out = send(table(3), through, grace=30, retry_policy=clock.retry_policy)
    assert statuses(out) == {"accepted": 3}
    assert proxy.posts() == 2
    clock.pause(None, 60)
    assert texted(sandbox).tolist() == [texts] * 3


def test_a_longer_grace_covers_a_later_gateway(sandbox, proxy, through, clock):
    proxy.on("POST", taken_after(clock, 31))
    out = send(table(3), through, grace=60, retry_policy=clock.retry_policy)
    assert proxy.posts() == 1
    assert each_once(sandbox, out)


# A person's word.


@pytest.mark.parametrize("word", ["send", "accept"])
def test_a_persons_word_is_about_the_orders_it_was_asked_about_and_no_others(word, sandbox, proxy, through):
    """One order was in doubt when the person spoke; another one gets lost in the run that follows."""
    proxy.on("POST", lose, answer(403)).always("GET", answer(403), path="sms/")
    with pytest.raises(CampaignStopped) as stopped:
        send(table(4), through, batch_size=2, workers=1)
    assert stopped.value.results["sms_status"].tolist() == ["unconfirmed"] * 2 + ["pending"] * 2
    proxy.on("POST", lose)
    out = resume(through, unconfirmed=word)
    assert out["sms_status"].tolist() == ["accepted"] * 2 + ["unconfirmed"] * 2
    proxy.clear()
    out = resume(through)
    assert statuses(out) == {"accepted": 4}
    twice = 2 if word == "send" else 1  # what the person asked for
    assert texted(sandbox)[out["sms_phone"]].tolist() == [twice] * 2 + [1] * 2


# Evidence.


def test_each_look_up_leaves_what_was_asked_and_answered_when_and_by_whom(sandbox, proxy, through):
    proxy.on("POST", drop, lose)
    began = datetime.now(UTC)
    send(table(3), through)
    told = evidence(through)
    asked = told[told["event"].isin(["absent", "absent_twice", "found"]).to_numpy()]
    (order,) = set(told["order_id"])
    since = f"{began - timedelta(days=1):%Y-%m-%d}"
    assert asked["event"].tolist() == ["absent", "absent_twice", "found"]
    absent, twice, found = asked.to_dict("records")
    for each in (absent, twice):
        assert each["question"].startswith(f"GET sms/{order}, GET smshistory since {since}")
        assert each["answer"] == "404; a history of 0 orders, complete, that does not list it"
    assert found["question"] == f"GET sms/{order}"
    assert found["answer"] == "found with 3 of our 3 recipients and 0 others"
    assert told["question"].iloc[1] == "POST paramsms"
    assert asked["at"].between(pd.Timestamp(began), pd.Timestamp(datetime.now(UTC))).all()
    assert set(asked["process"].str.partition("@")[0]) == {str(os.getpid())}
    assert told["state"].tolist()[-2:] == ["unconfirmed", "accepted"]


def test_a_look_up_without_an_answer_leaves_that(proxy, through):
    proxy.on("POST", lose).always("GET", answer(500), path="smshistory").always(
        "GET", answer(404), path="sms/"
    )
    proxy.on("GET", forward, path="smshistory")  # before it was sent
    send(table(2), through)
    (told,) = evidence(through).query("event == 'unanswered'").to_dict("records")
    assert told["question"].count("GET ") == 2
    assert told["answer"] == "no answer: Unavailable (HTTP 500)"
    assert told["state"] == "unconfirmed"


# The wall clock.


def the_clock_was_wrong(journal, days):
    """As if the wall clock had been wrong by some days when the orders were claimed."""
    with contextlib.closing(sqlite3.connect(journal)) as connection:
        connection.execute("UPDATE batches SET claimed_at = claimed_at + ?", [days * DAY])
        connection.commit()


WRONG = pytest.mark.parametrize("days", [-4000, -3, 3, 4000])


@WRONG
def test_a_wall_clock_that_was_wrong_makes_no_order_absent(days, sandbox, proxy, through):
    """Only the history knows the order; it is asked for from where it must be in it."""
    proxy.on("POST", lose).always("GET", answer(404), path="sms/")
    send(table(2), through)
    the_clock_was_wrong(through.journal, days)
    assert statuses(resume(through)) == {"unconfirmed": 2}
    assert last_answer(through) == "404; a history of 1 orders that lists it"
    assert posts(sandbox) == 1


@WRONG
def test_a_wall_clock_that_was_wrong_keeps_no_absent_order_from_being_repeated(
    days, sandbox, proxy, through, clock
):
    """The grace is waited by a clock that only grows."""
    proxy.on("POST", forward, drop).always("GET", answer(403), path="sms/")
    send(table(4), through, batch_size=2)
    the_clock_was_wrong(through.journal, days)
    proxy.clear()
    out = resume(through, grace=30, retry_policy=clock.retry_policy)
    assert statuses(out) == {"accepted": 4}
    assert clock.now == 30
    assert each_once(sandbox, out)


# The circuit.


class Traffic:
    """What becomes of each POST by its number, and how many were under way when it came."""

    def __init__(self, *acts, together=()):
        self.under_way, self._acts, self._numbers = {}, acts, itertools.count(1)
        self._now, self._lock = set(), threading.Lock()
        self._together = [(numbers, threading.Barrier(len(numbers))) for numbers in together]

    def __call__(self, request):
        with self._lock:
            number = next(self._numbers)
            self._now.add(number)
            self.under_way[number] = len(self._now)
        for numbers, meeting in self._together:
            if number in numbers:
                meeting.wait(10)
        act = self._acts[number - 1] if number <= len(self._acts) else forward
        try:
            return act(request)
        finally:
            with self._lock:
                self._now.remove(number)


def test_after_five_answers_without_proof_nothing_more_is_sent_and_none_found_it_stops(
    sandbox, proxy, through, clock
):
    proxy.always("POST", drop)
    with pytest.raises(CampaignStopped) as stopped:
        send(table(20), through, batch_size=1, retry_policy=clock.retry_policy)
    assert isinstance(stopped.value.__cause__, Unconfirmed)
    assert "nothing more is sent" in str(stopped.value)
    assert MOST_UNPROVEN == 5
    assert proxy.posts() == 5
    assert statuses(stopped.value.results) == {"unconfirmed": 5, "pending": 15}
    assert codes(stopped.value.results)["not_sent"] == 15
    proxy.clear()
    out = resume(through)
    assert statuses(out) == {"accepted": 20}
    assert each_once(sandbox, out)


def test_after_an_order_was_accepted_it_is_five_too_however_many_workers(sandbox, proxy, through):
    proxy.on("POST", forward).always("POST", drop)
    with pytest.raises(CampaignStopped) as stopped:
        send(table(20), through, batch_size=1, workers=4)
    assert proxy.posts() == 1 + 5
    assert statuses(stopped.value.results) == {"accepted": 1, "unconfirmed": 5, "pending": 14}


def test_the_repeated_count_as_well(sandbox, proxy, through):
    """Three orders, each sent again when it is absent: no more than five POSTs in all."""
    proxy.always("POST", drop)
    with pytest.raises(CampaignStopped):
        send(table(3), through, batch_size=1)
    assert proxy.posts() == 5
    proxy.clear()
    out = resume(through)
    assert statuses(out) == {"accepted": 3}
    assert each_once(sandbox, out)


def test_a_gateway_that_cannot_be_asked_about_them_either_stops_it_too(sandbox, proxy, through):
    proxy.always("POST", lose).always("GET", answer(403), path="sms/")
    with pytest.raises(CampaignStopped):
        send(table(9), through, batch_size=1)
    assert posts(sandbox) == 5
    proxy.clear()
    out = resume(through)
    assert statuses(out) == {"accepted": 9}
    assert each_once(sandbox, out)


def test_when_some_of_them_are_found_it_goes_on_one_order_at_a_time(sandbox, proxy, through):
    """Every answer is lost and every order is there: slow, and everybody is texted once."""
    traffic = Traffic(*[lose] * 13)
    proxy.always("POST", traffic)
    out = send(table(13), through, batch_size=1)
    assert statuses(out) == {"accepted": 13}
    assert each_once(sandbox, out)
    assert traffic.under_way == dict.fromkeys(range(1, 14), 1)


def test_after_one_answer_without_proof_one_order_is_under_way_until_one_is_accepted(sandbox, proxy, through):
    together = [range(2, 6), range(8, 12)]
    traffic = Traffic(forward, *[lose] * 5, forward, together=together)
    proxy.always("POST", traffic)
    out = send(table(11), through, batch_size=1, workers=4)
    assert statuses(out) == {"accepted": 11}
    assert each_once(sandbox, out)
    seen = traffic.under_way
    assert [max(seen[number] for number in numbers) for numbers in together] == [4, 4]
    assert (seen[1], seen[6], seen[7]) == (1, 1, 1)


# Ctrl-C while something is waited for.


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent another way there")
def test_ctrl_c_during_the_grace_ends_the_look_ups_and_repeats_nothing(
    sandbox, proxy, through, clock, capsys
):
    proxy.on("POST", forward, drop)
    clock.at(12, interrupt)
    with pytest.raises(KeyboardInterrupt):
        send(table(4), through, batch_size=2, workers=1, grace=30, retry_policy=clock.retry_policy)
    assert "smsframe.resume('autumn')" in capsys.readouterr().err
    assert proxy.posts() == 2
    known = smsframe.results("autumn", journal=through.journal)
    assert statuses(known) == {"accepted": 2, "unconfirmed": 2}
    assert evidence(through)["event"].iloc[-1] == "absent"  # asked once, which proves nothing
    out = resume(through)
    assert statuses(out) == {"accepted": 4}
    assert each_once(sandbox, out)


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent another way there")
def test_ctrl_c_while_an_order_waits_for_its_turn_calls_it_off(sandbox, proxy, through):
    def pause(stop, _seconds):
        while not stop.wait(0.05):  # Python misses a signal that comes just before the main thread waits
            interrupt()

    retry_policy = RetryPolicy(clock=Clock(pause=pause, monotonic=lambda: 0.0))
    with pytest.raises(KeyboardInterrupt):
        send(table(3), through, rate=1, workers=1, retry_policy=retry_policy)
    assert proxy.posts() == 1
    known = smsframe.results("autumn", journal=through.journal)
    assert statuses(known) == {"accepted": 1, "pending": 2}
    out = resume(through)
    assert statuses(out) == {"accepted": 3}
    assert each_once(sandbox, out)


# Another journal's orders.


def asked(sandbox):
    return int(sandbox.calls()["path"].eq("smshistory").sum())


@pytest.fixture
def lost(sandbox):
    """A way to the same gateway whose journal is gone: its sandbox's folder has the one that was used."""
    with contextlib.closing(sandbox.gateway()) as made:
        yield made


@pytest.fixture
def fresh(sandbox, tmp_path):
    with contextlib.closing(sandbox.gateway(journal=tmp_path / "fresh.sqlite")) as made:
        yield made


NOBODY = table(3).assign(mobile="none")
LATER = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
SENT = {
    "plain": ("Ciao", {}),
    "personalised": ("Ciao {name}", {}),
    "scheduled": ("Ciao", {"schedule": LATER}),
    "in small orders": ("Ciao {name}", {"batch_size": 1}),
}


@pytest.mark.parametrize(("text", "options"), SENT.values(), ids=SENT)
def test_a_campaign_sent_from_another_journal_is_refused_and_taken_over_when_asked_for(
    text, options, sandbox, lost, fresh
):
    before = send(table(3), lost, text, **options)
    sent = posts(sandbox)
    with pytest.raises(CampaignChanged) as refused:
        send(table(5), fresh, text, **options)
    assert "journal=" in str(refused.value)
    assert "adopt=True" in str(refused.value)
    assert "3 recipients" in str(refused.value)
    assert refused.value.recipients == 3
    orders = refused.value.orders
    said = ["order_id", "create_time", "num_recipients", "message_type", "sender"]
    assert orders.columns.tolist() == said
    assert set(orders["order_id"]) == set(before["sms_order_id"])
    assert orders["num_recipients"].sum() == 3
    assert posts(sandbox) == sent
    assert not fresh.journal.exists()

    out = send(table(5), fresh, text, adopt=True, **options)
    state = "scheduled" if options.get("schedule") else "accepted"
    assert statuses(out) == {state: 5}
    assert out["sms_order_id"].tolist()[:3] == before["sms_order_id"].tolist()
    assert out["sms_sent_at"].notna().all()
    assert out["sms_credits"].isna().tolist() == [True] * 3 + [False] * 2  # nobody told what those cost
    assert set(sandbox.orders()["order_id"]) == set(out["sms_order_id"])
    assert sandbox.orders()["recipients"].sum() == 5
    if state == "accepted":
        assert each_once(sandbox, out)

    sent, questions = posts(sandbox), asked(sandbox)
    again = send(table(5), fresh, text, **options)
    assert codes(again) == {"already_texted": 5}
    assert (posts(sandbox), asked(sandbox)) == (sent, questions)
    assert statuses(resume(fresh)) == {state: 5}
    assert (posts(sandbox), asked(sandbox)) == (sent, questions + 1)


def test_an_order_of_the_lost_journal_that_is_visible_only_late_is_adopted_too(
    sandbox, proxy, through, tmp_path, clock
):
    """The first journal went down with its machine while an order was under way."""
    with contextlib.closing(gateway_at(proxy.url, tmp_path / "first.sqlite")) as gateway:
        proxy.on("POST", forward, taken_after(clock, 15)).always("GET", answer(403), path="sms/")
        out = send(table(4), gateway, batch_size=2, workers=1)
        assert statuses(out) == {"accepted": 2, "unconfirmed": 2}
    proxy.clear()
    out = send(table(6), through, batch_size=2, adopt=True, grace=30, retry_policy=clock.retry_policy)
    assert clock.now == 30
    assert statuses(out) == {"accepted": 6}
    assert each_once(sandbox, out)


def test_a_journal_whose_orders_were_never_taken_is_asked_about_too(sandbox, proxy, through, fresh):
    """The gateway was busy, somebody else sent the campaign, and the first one calls again."""
    proxy.on("POST", answer(503, Retry_After="5000"))
    with pytest.raises(smsframe.Unavailable):
        send(table(3), through)
    with contextlib.closing(gateway_at(proxy.url, fresh.journal)) as other:
        before = send(table(3), other)
    # This order id is another: each journal has a salt of its own for the campaign, lest somebody guess ids.
    with pytest.raises(CampaignChanged, match="3 recipients"):
        send(table(3), through)
    out = send(table(3), through, adopt=True)
    assert statuses(out) == {"accepted": 3}
    assert out["sms_order_id"].tolist() == before["sms_order_id"].tolist()
    assert each_once(sandbox, before)


def test_people_of_adopted_orders_who_are_not_in_the_frame_are_remembered_too(sandbox, lost, fresh):
    send(table(5), lost)
    out = send(table(2), fresh, adopt=True)
    assert statuses(out) == {"accepted": 2}
    known = smsframe.results("autumn", journal=fresh.journal)
    assert statuses(known) == {"accepted": 5}
    assert known["sms_segments"].isna().sum() == 3
    out = send(table(6), fresh)
    assert statuses(out) == {"accepted": 6}
    assert each_once(sandbox, out)
    assert smsframe.campaigns(journal=fresh.journal)["accepted"].tolist() == [6]


def test_people_refused_in_the_first_campaign_are_asked_for_again(sandbox, lost, fresh):
    """The gateway keeps no refused order, so nobody can know."""
    before = send(table(4, bad=[1]), lost)
    out = send(table(4, bad=[1]), fresh, adopt=True)
    assert out["sms_status"].tolist() == before["sms_status"].tolist()
    assert statuses(out) == {"accepted": 3, "rejected": 1}
    assert each_once(sandbox, out)


def test_who_said_stop_meanwhile_stays_untexted_by_an_adoption(sandbox, lost, fresh):
    send(table(2), lost)
    people = table(4)
    out = send(people, fresh, adopt=True, suppress=[people["mobile"][0], people["mobile"][3]])
    assert out["sms_status"].tolist()[1:] == ["accepted", "accepted", "suppressed"]
    assert texted(sandbox).tolist() == [1] * 3


@pytest.mark.parametrize("way", [answer(403), answer(500), drop], ids=["403", "500", "drop"])
@pytest.mark.parametrize("known", [False, True])
def test_a_history_that_cannot_be_asked_for_sends_nothing(way, known, sandbox, proxy, through):
    if known:
        send(table(2), through)
    before = posts(sandbox)
    proxy.always("GET", way, path="smshistory")
    with pytest.raises((smsframe.Unavailable, smsframe.NotAuthorised)):
        send(table(3), through)
    assert posts(sandbox) == before
    assert statuses(send(table(2), through)) == {"accepted": 2} if known else not through.journal.exists()
    proxy.clear()
    assert statuses(send(table(3), through)) == {"accepted": 3}


def test_a_gateway_without_a_history_is_said_once_and_proves_no_absence(sandbox, proxy, tmp_path, capsys):
    profile = GatewayProfile("Forgetful", history=False)
    without = Gateway(
        proxy.url, username="demo", password="demo", journal=tmp_path / "journal.sqlite", profile=profile
    )
    proxy.on("POST", forward, drop)
    out = send(table(4), without, batch_size=2)
    assert statuses(out) == {"accepted": 2, "unconfirmed": 2}
    assert capsys.readouterr().err.count("no history of orders") == 1
    send(table(6), without)
    assert "no history" not in capsys.readouterr().err
    assert proxy.questions("smshistory") == 0
    without.close()


@pytest.mark.parametrize(
    "way", [answer(404), answer(403), answer(500), drop], ids=["404", "403", "500", "drop"]
)
def test_an_order_whose_people_are_not_told_is_not_adopted_and_nothing_is_sent(
    way, sandbox, proxy, through, tmp_path
):
    with contextlib.closing(gateway_at(proxy.url, tmp_path / "first.sqlite")) as gateway:
        send(table(3), gateway)
    proxy.always("GET", way, path="sms/")
    for _ in range(2):
        with pytest.raises(smsframe.SmsFrameError):
            send(table(5), through, adopt=True)
    assert posts(sandbox) == 1
    proxy.clear()
    out = send(table(5), through, adopt=True)
    assert statuses(out) == {"accepted": 5}
    assert each_once(sandbox, out)


@pytest.mark.parametrize(
    "edit",
    [
        lambda words: words["recipients"][0].update(destination="hidden"),
        lambda words: words["recipients"][0].pop("destination"),
    ],
    ids=["hidden", "missing"],
)
def test_an_order_whose_people_are_told_badly_is_not_adopted(edit, sandbox, proxy, through, tmp_path):
    with contextlib.closing(gateway_at(proxy.url, tmp_path / "first.sqlite")) as gateway:
        send(table(3), gateway)
    proxy.always("GET", edited(edit), path="sms/")
    with pytest.raises(CampaignChanged, match="does not say who got"):
        send(table(5), through, adopt=True)
    assert posts(sandbox) == 1


@pytest.mark.parametrize("undated", [[0], [0, 1]], ids=["one", "all"])
def test_an_order_of_the_history_without_a_date_is_still_an_order(undated, sandbox, proxy, through, tmp_path):
    with contextlib.closing(gateway_at(proxy.url, tmp_path / "first.sqlite")) as gateway:
        send(table(4), gateway, batch_size=2)

    def without_dates(words):
        for place in undated:
            words["smshistory"][place].update(create_time=None)

    proxy.always("GET", edited(without_dates), path="smshistory")
    with pytest.raises(CampaignChanged, match="adopt=True"):
        send(table(4), through)
    out = send(table(4), through, adopt=True)
    assert statuses(out) == {"accepted": 4}
    out = send(table(6), through)  # and from then on they are known
    assert statuses(out) == {"accepted": 6}
    assert each_once(sandbox, out)


def test_a_history_that_does_not_add_up_adopts_nobody(sandbox, proxy, through, tmp_path):
    another = somebody_else(sandbox)
    another()
    with contextlib.closing(gateway_at(proxy.url, tmp_path / "first.sqlite")) as gateway:
        before = send(table(3), gateway)
    proxy.always("GET", edited(without_the_last), path="smshistory")
    with pytest.raises(smsframe.Unavailable, match="whole history"):
        send(table(5), through, adopt=True)
    assert proxy.posts() == 1
    assert not through.journal.exists()
    proxy.clear()
    out = send(table(5), through, adopt=True)
    assert out["sms_order_id"].tolist()[:3] == before["sms_order_id"].tolist()


def test_a_rehearsal_never_counts_for_another_gateway(sandbox, fresh, tmp_path):
    with smsframe.Sandbox() as rehearsal, contextlib.closing(rehearsal.gateway()) as gateway:
        send(table(3), gateway)
    assert statuses(send(table(3), fresh)) == {"accepted": 3}
    with smsframe.Sandbox(username="other") as theirs, FaultyServer(theirs.url) as proxy:
        first_, second = (
            gateway_at(proxy.url, tmp_path / "one.sqlite", "other"),
            gateway_at(proxy.url, tmp_path / "two.sqlite"),
        )
        send(table(1), first_)
        proxy.serve_from(sandbox.url)  # nor for another account at the same address
        assert statuses(send(table(5), second)) == {"accepted": 5}


def test_the_gateway_is_asked_once_a_call_and_by_send_only_for_somebody_to_text(sandbox, fresh, lost):
    assert statuses(send(NOBODY, fresh)) == {"invalid": 3}
    assert asked(sandbox) == 0
    send(table(2), lost)
    assert asked(sandbox) == 1
    send(table(4), lost)  # known to this journal, which may be an older copy
    assert asked(sandbox) == 2
    send(table(4), lost)
    assert asked(sandbox) == 2
    resume(lost)  # of the whole campaign, which may have more people than this journal knows
    assert asked(sandbox) == 3


def test_a_call_for_nobody_does_not_make_a_campaign_known(sandbox, lost, fresh):
    before = send(table(3), lost)
    send(NOBODY, fresh)
    with pytest.raises(CampaignChanged):
        send(table(3), fresh)
    assert each_once(sandbox, before)


def test_people_who_are_adopted_cost_nothing_again(tmp_path):
    with smsframe.Sandbox(credits=5) as sandbox:
        send(table(4), sandbox.gateway())
        fresh = sandbox.gateway(journal=tmp_path / "fresh.sqlite")
        out = send(table(5), fresh, adopt=True)
        assert statuses(out) == {"accepted": 5}
        assert each_once(sandbox, out)


def test_a_campaign_whose_time_has_passed_can_be_adopted(sandbox, lost, fresh):
    send(table(2), lost, schedule=LATER)
    made = smsframe.plan(
        table(2), "Ciao {name}", campaign="autumn", phone="mobile", schedule=LATER, journal=fresh.journal
    )
    out = send(
        made,
        fresh,
        adopt=True,
        retry_policy=replace(QUICK, clock=Clock(now=lambda: LATER + timedelta(days=1))),
    )
    assert statuses(out) == {"scheduled": 2}


# Charges.


def test_charges_that_differ_are_said_once_and_recorded(sandbox, proxy, through, capsys):
    """Each order costs a credit more than its segments."""
    dearer = edited(lambda words: words.update(total_sent=words["total_sent"] + 1))
    proxy.always("POST", dearer)
    out = send(table(6), through, "Ciao", batch_size=2)
    assert statuses(out) == {"accepted": 6}
    told = capsys.readouterr().err
    assert told == "smsframe: the gateway charged 3 credits more than planned; see sms_credits\n"
    assert out["sms_credits"].tolist() == [1.5] * 6
    noted = evidence(through)["answer"].str.extract(r"; (3 credits were charged for 2 segments)$")[0]
    assert noted.notna().sum() == 3
    again = send(table(6), through, "Ciao", batch_size=2)
    assert again["sms_credits"].sum() == 9
    assert capsys.readouterr().err == ""


def test_a_charge_as_planned_is_not_worth_a_word_or_a_question(sandbox, gateway, capsys):
    send(table(3), gateway, "Ciao")
    assert capsys.readouterr().err == ""
    assert not sandbox.calls()["path"].str.startswith("sms/").any()


def test_credit_that_one_order_too_dear_used_up_is_said_with_the_price_that_was_seen(tmp_path):
    """A brand that charges double: what is left is measured by what a segment really cost."""
    with smsframe.Sandbox(credits=10) as sandbox, FaultyServer(sandbox.url) as proxy:
        through = gateway_at(proxy.url, tmp_path / "journal.sqlite")
        proxy.on("POST", edited(lambda words: words.update(total_sent=4)))
        proxy.on("POST", answer(400, body=b'{"result": "no"}'))
        proxy.on(
            "GET",
            forward,
            edited(lambda words: [kind.update(quantity=3) for kind in words["sms"]]),
            path="status",
        )
        with pytest.raises(CampaignStopped) as stopped:
            send(table(4), through, "Ciao", batch_size=2, workers=1)
        cause = stopped.value.__cause__
        assert isinstance(cause, NotEnoughCredit)
        assert (cause.available, cause.needed) == (3, 4)
        assert statuses(stopped.value.results) == {"accepted": 2, "pending": 2}
