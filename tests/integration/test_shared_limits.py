"""What several runs of one campaign keep together: rate, the first order, answers without proof, credit."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from helpers.faulty_server import first
from helpers.sending import gateway_at, send, statuses, table

import smsframe
from smsframe.clock import Clock
from smsframe.journal.journal import Journal
from smsframe.journal.orders.shared_limits import LONGEST_HOLD, MOST_UNPROVEN

BEGIN = datetime(2026, 11, 29, tzinfo=UTC)


class Time:
    """A wall clock and a monotonic one, set by the test."""

    def __init__(self, wall=0.0):
        self.wall, self.passed = wall, 0.0
        self.clock = Clock(now=lambda: BEGIN + timedelta(seconds=self.wall), monotonic=lambda: self.passed)


class Claims:
    """Two runs of one campaign, each with a journal object of its own as in two processes."""

    def __init__(self, path, gateway, time, rate=None, others=None):
        self.time = time
        self.journals = [Journal(path, clock=each.clock) for each in (time, others or time)]
        people = table(40)
        plan = smsframe.plan(people, "Ciao", campaign="autumn", phone="mobile", gateway=gateway)
        self._owners = [journal.owner() for journal in self.journals]
        self.owners = [owner.__enter__() for owner in self._owners]
        self.limits, self.created = [], []
        for number, (journal, owner) in enumerate(zip(self.journals, self.owners, strict=True)):
            half = plan.people.iloc[number * 20 : number * 20 + 20]
            registered = register(journal, owner, plan, gateway, half)
            self.entry = registered.entry
            self.created.append(registered.created)
            self.limits.append(journal.shared_limits(registered.entry, owner, rate))

    def claim(self, number, count=1):
        """How many of the next orders of a run may be claimed."""
        orders, self.created[number] = self.created[number][:count], self.created[number][count:]
        journal, limits = self.journals[number], self.limits[number]
        claimed = journal.batches.claim(self.entry, orders, self.owners[number], limits.admit)
        self.created[number] = orders[limits.admitted :] + self.created[number]
        return claimed

    def end(self):
        for owner in self._owners:
            owner.__exit__(None, None, None)


def register(journal, owner, plan, gateway, people):
    from smsframe.campaign.call import PERSON, Call  # noqa: PLC0415
    from smsframe.orders.records import Comparison, Now  # noqa: PLC0415

    people = people[[name for name in PERSON if name in people]]
    call = Call(campaign="autumn", template="Ciao", terms=plan.terms, batch_size=5, people=people)
    return journal.registration.register(
        "autumn",
        owner,
        call.at(gateway),
        terms=plan.terms,
        batch_size=5,
        at_once=5,
        phones=people["phone"],
        waiting=people,
        compared=Comparison(),
        now=Now(BEGIN, BEGIN),
    )


@pytest.fixture
def two(tmp_path, gateway):
    made = []

    def make(**options):
        made.append(Claims(tmp_path / "journal.sqlite", gateway, Time(), **options))
        return made[0]

    yield make
    made[0].end()


def record(claims, number, claimed, event, state):
    from smsframe.orders.records import Change  # noqa: PLC0415
    from smsframe.orders.states import transition  # noqa: PLC0415

    changes = [
        Change(batch, event, transition(batch.state, event, batch.doubt), None) for batch, _ in claimed
    ]
    done = claims.journals[number].batches.record(claims.entry, claims.owners[number], changes)
    assert {batch.state for batch in done} == {state}


def test_one_order_at_a_time_until_one_of_any_run_is_accepted(two):
    from smsframe.orders.states import Event, State  # noqa: PLC0415

    claims = two()
    (order,) = claims.claim(0)
    assert claims.claim(1) == []
    record(claims, 0, [order], Event.ACCEPTED, State.ACCEPTED)
    assert len(claims.claim(1, 2)) == 2
    assert claims.limits[1].accepted


def test_a_first_order_that_takes_long_holds_others_for_some_seconds_only(two):
    claims = two()
    claims.claim(0)
    assert claims.claim(1) == []
    claims.time.passed += LONGEST_HOLD - 0.1
    assert claims.claim(1) == []
    claims.time.passed += 0.2
    assert len(claims.claim(1)) == 1


def test_answers_without_proof_are_counted_over_all_runs(two):
    from smsframe.orders.states import Event, State  # noqa: PLC0415

    claims = two()
    record(claims, 0, claims.claim(0), Event.ACCEPTED, State.ACCEPTED)
    lost = claims.claim(0, 3) + claims.claim(1, 2)
    record(claims, 0, lost[:3], Event.NO_PROOF, State.UNCONFIRMED)
    assert len(claims.claim(1)) == 1
    record(claims, 1, lost[3:], Event.NO_PROOF, State.UNCONFIRMED)
    assert claims.claim(1) == []
    assert claims.limits[1].unproven == MOST_UNPROVEN
    with Journal(claims.journals[0].path)._store.transaction() as connection:
        from smsframe.journal.orders import shared_limits  # noqa: PLC0415

        shared_limits.begin(connection, claims.entry.id, "a third run", lambda _: True)
    assert claims.claim(1) == []  # others are at work
    with claims.journals[0]._store.transaction() as connection:
        shared_limits.begin(connection, claims.entry.id, "a third run", lambda _: False)
    assert len(claims.claim(1)) == 1


def test_the_rate_is_that_of_all_runs_and_a_clock_set_back_holds_nobody_for_long(two):
    from smsframe.orders.states import Event, State  # noqa: PLC0415

    claims = two(rate=10)  # orders of five
    record(claims, 0, claims.claim(0), Event.ACCEPTED, State.ACCEPTED)
    claims.time.wall += 100.0
    waits = []
    for number in (0, 1, 0, 1):
        ((batch, _),) = claims.claim(number)
        waits.append(claims.limits[number].waits[batch.order_id])
    assert waits == pytest.approx([0.0, 0.5, 1.0, 1.5])
    claims.time.wall -= 50_000.0
    ((batch, _),) = claims.claim(0)
    assert claims.limits[0].waits[batch.order_id] <= 25 / 10 + 2.0


@pytest.mark.postgres
@pytest.mark.parametrize("apart", [-90.0, 90.0])
def test_the_rate_is_kept_by_machines_whose_clocks_disagree(gateway, cluster, apart):
    """As two machines that share a server: neither waits for the other's clock, or gains by it."""
    from smsframe.orders.states import Event, State  # noqa: PLC0415

    claims = Claims(cluster.new(), gateway, Time(), rate=10, others=Time(wall=apart))
    record(claims, 0, claims.claim(0), Event.ACCEPTED, State.ACCEPTED)
    waits = []
    for number in (0, 1, 0, 1):
        ((batch, _),) = claims.claim(number)
        waits.append(claims.limits[number].waits[batch.order_id])
    assert waits == pytest.approx([0.5, 1.0, 1.5, 2.0], abs=0.4)  # while the server's clock goes on
    claims.end()


def test_two_calls_at_once_are_no_faster_than_the_rate(sandbox, proxy, tmp_path):
    """Over real HTTP, each call with a journal object of its own, on real clocks."""
    import time  # noqa: PLC0415

    times, lock = [], threading.Lock()

    def note():
        with lock:
            times.append(time.monotonic())

    proxy.always("POST", first(note))
    people, results = table(80), []

    def run(rows):
        own = gateway_at(proxy.url, tmp_path / "journal.sqlite")
        results.append(send(rows, own, "Ciao", rate=20, batch_size=10))
        own.close()

    threads = [threading.Thread(target=run, args=(people.iloc[part::2],)) for part in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses(pd.concat(results)) == {"accepted": 80}
    assert len(times) == 8
    assert max(times) - min(times) > 0.9 * 70 / 20  # the last order leaves when the others had their time


class Overtaken(smsframe.Gateway):
    """A gateway, but that something happens between the question for the balance and what follows."""

    def __init__(self, gateway, meanwhile):
        self.__dict__ = gateway.__dict__
        self._meanwhile = meanwhile

    def credits(self):
        told = super().credits()
        self._meanwhile()
        return told


def send_more(gateway):
    return send(table(5, start=100), gateway, "Ciao")


def go_on(gateway):
    return smsframe.resume("autumn", gateway=gateway, progress=False)


@pytest.mark.parametrize("call", [send_more, go_on])
def test_runs_that_begin_at_once_do_not_each_spend_the_whole_balance(tmp_path, call):
    path = tmp_path / "journal.sqlite"
    with smsframe.Sandbox(credits=40) as sandbox:
        gateway = sandbox.gateway(journal=path)
        first = Claims(path, gateway, Time())
        first.end()  # so that its forty people wait for whoever goes on
        made = []
        overtaken = Overtaken(gateway, lambda: made.append(Claims(path, gateway, Time())))
        with pytest.raises(smsframe.NotEnoughCredit, match="beside 40 of runs that are at work"):
            call(overtaken)
        assert sandbox.inbox().empty
        made[0].end()
        assert statuses(go_on(gateway)) == {
            "accepted": 40
        }  # whom the refused call named was not written down
        gateway.close()


def test_credit_that_another_run_has_planned_is_not_there_twice(tmp_path):
    with smsframe.Sandbox(credits=30) as sandbox:
        gateway = sandbox.gateway(journal=tmp_path / "journal.sqlite")
        claims = Claims(tmp_path / "journal.sqlite", gateway, Time())  # two runs with 20 people each, planned
        more = table(5, start=100)
        with pytest.raises(smsframe.NotEnoughCredit, match="beside 40 of runs that are at work"):
            send(more, gateway, "Ciao")
        claims.end()
        gateway.close()
