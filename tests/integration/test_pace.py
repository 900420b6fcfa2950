"""Recipients per second, by a clock that nobody waits for."""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, datetime, timedelta

import pytest
from helpers.faulty_server import answer, drop, first, forward
from helpers.sending import each_once, resume, send, statuses, table

import smsframe
from smsframe import Gateway
from smsframe.campaign.preflight import at_once
from smsframe.campaign.run.rate_limit import Pace
from smsframe.clock import Clock
from smsframe.gateway.retry import RetryPolicy
from smsframe.journal.journal import Journal

BEGIN = datetime.now(UTC)


class Seconds:
    """Seconds that pass only while somebody waits."""

    def __init__(self):
        self.now = 100.0

    def pause(self, stop, seconds):
        if not stop.is_set():
            self.now += seconds

    def retry_policy(self, **options):
        return RetryPolicy(
            attempts=3,
            first=0.001,
            clock=Clock(
                pause=self.pause,
                monotonic=lambda: self.now,
                now=lambda: BEGIN + timedelta(seconds=self.now),
            ),
            **options,
        )


@pytest.fixture
def clock():
    return Seconds()


def busiest(times, recipients):
    """The most recipients in any second that begins with an order."""
    left = [*zip(times, recipients, strict=True)]
    return max(sum(n for at, n in left if begin <= at < begin + 1 - 1e-9) for begin in times)


def test_a_large_campaign_goes_out_at_its_rate_and_no_second_has_more(sandbox, proxy, through, clock):
    times = []
    proxy.always("POST", first(lambda: times.append(clock.now)))
    began = clock.now
    out = send(
        table(3000), through, "Ciao", rate=100, batch_size=1000, workers=1, retry_policy=clock.retry_policy()
    )
    assert statuses(out) == {"accepted": 3000}
    sizes = sandbox.orders()["recipients"].tolist()
    assert max(sizes) <= 100
    assert sum(sizes) == 3000
    assert busiest(times, sizes) <= 100
    assert max(times) - began == pytest.approx(29)  # and no slower than it may


@pytest.mark.parametrize(("rate", "size"), [(150, 100), (2.5, 100), (99, 50)])
def test_no_second_has_more_when_orders_do_not_fill_it_evenly(rate, size, clock):
    pace, times = Pace(rate, clock.retry_policy()), []
    people = at_once(size, rate)
    for _ in range(20):
        pace.wait(people)
        times.append(clock.now)
    assert busiest(times, [people] * 20) <= rate


def test_without_a_rate_nobody_waits(proxy, through, clock):
    send(table(30), through, "Ciao", batch_size=10, retry_policy=clock.retry_policy())
    assert clock.now == 100.0
    assert proxy.posts() == 3


def test_less_than_one_a_second_is_one_person_at_a_time(proxy, through, clock):
    times = []
    proxy.always("POST", first(lambda: times.append(clock.now)))
    out = send(table(3), through, rate=0.25, workers=1, retry_policy=clock.retry_policy())
    assert statuses(out) == {"accepted": 3}
    assert [b - a for a, b in itertools.pairwise(times)] == pytest.approx([4, 4])


def test_workers_take_turns_one_after_the_other():
    """Whoever comes waits for the turn after all who came before, however many wait at once."""
    turns, lock, all_here = [], threading.Lock(), threading.Barrier(8)

    def pause(_stop, seconds):
        with lock:
            turns.append(seconds)

    pace = Pace(50, RetryPolicy(clock=Clock(pause=pause, monotonic=lambda: 0.0)))

    def worker():
        all_here.wait()
        assert pace.wait(100)

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(turns) == [2, 4, 6, 8, 10, 12, 14]  # the first one need not wait


def test_a_turn_that_nobody_took_is_not_made_up_for(clock):
    pace = Pace(10, clock.retry_policy())
    assert pace.wait(10)
    clock.now += 60.0
    times = []
    for _ in range(3):
        assert pace.wait(10)
        times.append(clock.now)
    assert times == pytest.approx([160, 161, 162])


def test_who_is_stopped_while_waiting_for_the_turn_sends_nothing(sandbox, proxy, through):
    """Two orders are claimed and wait while a third is refused: they do not leave, and nobody is lost."""

    def pause(stop, seconds):
        if seconds > 1:  # the second in line has its turn; those behind it wait for more than a test does
            assert stop.wait(10)

    proxy.on("POST", forward, answer(403))
    retry_policy = RetryPolicy(clock=Clock(pause=pause, monotonic=lambda: 0.0))
    with pytest.raises(smsframe.CampaignStopped) as stopped:
        send(table(4), through, "Ciao", rate=1, retry_policy=retry_policy)
    assert isinstance(stopped.value.__cause__, smsframe.NotAuthorised)
    assert statuses(stopped.value.results) == {"accepted": 1, "pending": 3}
    assert proxy.posts() == 2
    events = Journal(through.journal).evidence(1)
    called_off = events.loc[events["event"].eq("gave_up"), "answer"]
    assert called_off.str.contains("before it left").tolist() == [True, True]
    out = resume(through)
    assert statuses(out) == {"accepted": 4}
    assert each_once(sandbox, out)


@pytest.mark.parametrize("rate", [None, 10])
def test_once_stopped_nobody_has_a_turn(rate, clock):
    retry_policy = clock.retry_policy()
    retry_policy.stop.set()
    assert not Pace(rate, retry_policy).wait(1)


def test_halves_and_repetitions_have_turns_too(sandbox, proxy, through, clock):
    """What is narrowed down, or sent again because it never arrived, is not on top of the rate."""
    times = []
    proxy.on("POST", first(lambda: times.append(clock.now), drop))
    proxy.always("POST", first(lambda: times.append(clock.now)))
    out = send(
        table(8, bad=[5]), through, "Ciao", rate=4, grace=1, workers=1, retry_policy=clock.retry_policy()
    )
    assert statuses(out) == {"accepted": 7, "rejected": 1}
    assert len(times) > 5
    assert [b - a > 0 for a, b in itertools.pairwise(times)] == [True] * (len(times) - 1)


NONE = [0, -1, -0.5, True, False, "x", "10", float("nan"), [1]]


@pytest.mark.parametrize("rate", [*NONE, float("inf")], ids=repr)
def test_what_is_no_rate_is_refused_before_anybody_is_asked(rate, tmp_path):
    nowhere = Gateway("http://127.0.0.1:9/API/v1.0/REST/", username="demo", password="demo")
    options = {"gateway": nowhere, "rate": rate, "progress": False, "journal": tmp_path / "journal.sqlite"}
    with pytest.raises(ValueError, match="rate="):
        smsframe.send(table(1), "Ciao", campaign="autumn", phone="mobile", **options)
    with pytest.raises(ValueError, match="rate="):
        smsframe.resume("autumn", **options)
    assert not options["journal"].exists()
