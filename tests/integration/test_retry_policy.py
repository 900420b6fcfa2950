"""How long is waited, and how often tried: asserted as a list, for nobody sleeps here."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from helpers.faulty_server import BASE, HTML, FaultyServer, answer, scripted
from helpers.sending import resume, send, statuses, table
from hypothesis import given
from hypothesis import strategies as st

from smsframe import CampaignStopped, Gateway, NotAuthorised, Unavailable
from smsframe.clock import Clock
from smsframe.gateway.retry import LONGEST_WAIT, RetryPolicy
from smsframe.journal.rows import EPOCH
from smsframe.orders.records import OrderResponse
from smsframe.orders.states import Event


def waiting(**options):
    """A retry policy and the list of what it waited."""
    waits = []
    return RetryPolicy(clock=Clock(pause=lambda _event, seconds: waits.append(seconds)), **options), waits


def failing(*after):
    """A question that is refused an answer, each time with such a wait, and then answers."""
    errors = [Unavailable("not now", retry_after=seconds) for seconds in after]

    def question():
        if errors:
            raise errors.pop(0)
        return "answer"

    return question


def reply(after=None, event=Event.NOT_SENT):
    return OrderResponse(event, 429, "", EPOCH, retry_after=after)


def never(event):
    return lambda answer: answer.event is event


def test_what_is_answered_is_not_waited_for():
    retry_policy, waits = waiting()
    assert retry_policy.ask(failing()) == "answer"
    assert waits == []


def test_waits_double_with_a_random_part_and_none_is_longer_than_the_most():
    retry_policy, waits = waiting(attempts=8, first=1.0, most=10.0)
    assert retry_policy.ask(failing(*[None] * 7)) == "answer"
    assert len(waits) == 7
    for place, seconds in enumerate(waits):
        assert min(2**place, 9.0) <= seconds <= min(2**place + 1.0, 10.0)


def test_after_the_last_try_the_last_refusal_is_raised_as_it_is():
    retry_policy, waits = waiting(attempts=3)
    with pytest.raises(Unavailable, match="not now"):
        retry_policy.ask(failing(1.0, 2.0, 3.0, 4.0))
    assert waits == [1.0, 2.0]


def test_only_what_may_be_asked_again_is():
    asked = []

    def question():
        asked.append(1)
        raise NotAuthorised("no")

    retry_policy, waits = waiting()
    with pytest.raises(NotAuthorised):
        retry_policy.ask(question)
    assert (len(asked), waits) == (1, [])


@pytest.mark.parametrize("named", [[0.0], [7.0], [0.0, 600.0], [1.5, 60.0, 600.0]])
def test_a_wait_that_the_gateway_names_is_the_wait(named):
    retry_policy, waits = waiting()
    assert retry_policy.ask(failing(*named)) == "answer"
    assert waits == named


@pytest.mark.parametrize("seconds", [600.001, 601.0, 1e9, float("inf")])
def test_more_than_ten_minutes_is_not_waited_for(seconds):
    assert LONGEST_WAIT == 600
    retry_policy, waits = waiting()
    with pytest.raises(Unavailable) as caught:
        retry_policy.ask(failing(seconds))
    assert caught.value.retry_after == seconds
    answers = [reply(seconds)] * 4
    assert retry_policy.until(answers.pop, never(Event.NOT_SENT)).retry_after == seconds
    assert (waits, len(answers)) == ([], 3)


def test_until_gives_the_first_result_that_is_not_to_be_repeated():
    answers = [reply(2.0), reply(3.0), reply(event=Event.ACCEPTED), reply()]
    retry_policy, waits = waiting()
    assert retry_policy.until(lambda: answers.pop(0), never(Event.NOT_SENT)).event is Event.ACCEPTED
    assert (waits, len(answers)) == ([2.0, 3.0], 1)


def test_until_gives_the_last_result_when_patience_is_over():
    answers = [reply(1.0), reply(2.0), reply(3.0)]
    retry_policy, waits = waiting(attempts=2)
    assert retry_policy.until(lambda: answers.pop(0), never(Event.NOT_SENT)).retry_after == 2.0
    assert waits == [1.0]


@given(st.lists(st.none() | st.floats(0, 700), min_size=1, max_size=6))
def test_whatever_is_named_no_wait_is_longer_than_ten_minutes(after):
    retry_policy, waits = waiting(attempts=5)
    answers = iter([*(reply(seconds) for seconds in after), *[reply(0.0)] * 5])
    retry_policy.until(lambda: next(answers), lambda _: True)
    assert all(0 <= seconds <= LONGEST_WAIT for seconds in waits)
    assert len(waits) <= 4


def test_the_stop_event_ends_a_pause_at_once_and_there_is_no_other():
    retry_policy = RetryPolicy(attempts=4, first=60.0, most=60.0)
    asked = []

    def question():
        asked.append(1)
        threading.Timer(0.02, retry_policy.stop.set).start()
        raise Unavailable("not now")

    started = time.monotonic()
    with pytest.raises(Unavailable):
        retry_policy.ask(question)
    assert time.monotonic() - started < 5
    assert len(asked) == 2


def test_once_stopped_nothing_is_tried_again():
    retry_policy, waits = waiting()
    retry_policy.stop.set()
    with pytest.raises(Unavailable):
        retry_policy.ask(failing(1.0))
    answers = [reply(1.0)] * 3
    retry_policy.until(answers.pop, lambda _: True)
    assert (waits, len(answers)) == ([], 2)


def test_a_gateway_that_asks_to_wait_is_waited_for_over_a_real_socket():
    busy = answer(429, "", Retry_After="9"), answer(503, "", Retry_After="600"), answer(200, {"sms": []})
    with scripted(*busy) as server:
        gateway = Gateway(server.url, user_key="4242", access_token="t0ken")
        retry_policy, waits = waiting()
        assert retry_policy.ask(gateway.credits).empty
    assert waits == [9.0, 600.0]
    assert len(server.asked) == 3


def test_a_gateway_that_is_down_for_longer_is_left_alone_over_a_real_socket():
    with scripted(answer(503, HTML.content, Retry_After="601")) as server:
        gateway = Gateway(server.url, user_key="4242", access_token="t0ken")
        retry_policy, waits = waiting()
        with pytest.raises(Unavailable):
            retry_policy.ask(gateway.credits)
    assert (waits, len(server.asked)) == ([], 1)


# Out of reach.


class Unreached:
    """A question that nobody answers, which takes some seconds to find out; its clock is handed in."""

    def __init__(self, seconds, *, retry_after=None):
        self.now, self.asked, self.waits = 0.0, 0, []
        self._seconds, self._named = seconds, retry_after

    def __call__(self):
        self.asked += 1
        self.now += self._seconds
        raise Unavailable("not now", retry_after=self._named)

    def retry_policy(self, **options):
        return RetryPolicy(clock=Clock(pause=self._pause, monotonic=lambda: self.now), **options)

    def _pause(self, _stop, seconds):
        self.waits.append(seconds)
        self.now += seconds


@pytest.mark.parametrize(("seconds", "tries"), [(0.001, 4), (3.0, 3), (5.0, 2), (10.0, 1), (30.0, 1)])
def test_a_gateway_out_of_reach_is_given_up_after_about_ten_seconds(seconds, tries):
    """Two time-outs to connect are enough, and those who are refused at once may try as often as others."""
    question = Unreached(seconds)
    with pytest.raises(Unavailable):
        question.retry_policy().ask(question)
    assert question.asked == tries
    assert question.now < 10 + seconds + 2


def test_the_same_holds_for_what_answers_by_its_result():
    question = Unreached(5.0)

    def attempt():
        with pytest.raises(Unavailable):
            question()
        return reply()

    assert question.retry_policy().until(attempt, never(Event.NOT_SENT)).event is Event.NOT_SENT
    assert question.asked == 2


@pytest.mark.parametrize("named", [0.0, 60.0, 600.0])
def test_a_gateway_that_says_when_to_come_back_is_within_reach(named):
    question = Unreached(30.0, retry_after=named)
    with pytest.raises(Unavailable):
        question.retry_policy(attempts=5).ask(question)
    assert question.waits == [named] * 4


def test_how_long_is_long_is_handed_in():
    question = Unreached(5.0)
    with pytest.raises(Unavailable):
        question.retry_policy(reach=60.0).ask(question)
    assert question.asked == 4


def closed_port():
    """The base URL of a gateway where nobody listens any more."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}{BASE}"


def test_a_port_that_is_closed_is_tried_a_few_times_and_nothing_is_written(tmp_path):
    gateway = Gateway(closed_port(), username="demo", password="demo", journal=tmp_path / "journal.sqlite")
    retry_policy, waits = waiting()
    with pytest.raises(Unavailable):
        retry_policy.ask(gateway.credits)
    assert len(waits) == 3
    with pytest.raises(Unavailable, match="check the address"):
        send(table(3), gateway, retry_policy=retry_policy)
    assert not gateway.journal.exists()


def test_a_gateway_that_goes_out_of_reach_on_the_way_stops_the_campaign_and_nobody_is_lost(sandbox, tmp_path):
    """The port is closed after the first order; what was not sent was provably not sent."""
    with FaultyServer(sandbox.url) as proxy:
        gateway = Gateway(proxy.url, username="demo", password="demo", journal=tmp_path / "journal.sqlite")

        def last_words(request):
            answer = request.forward()
            proxy.stop_listening()
            return answer

        proxy.on("POST", last_words)
        retry_policy, waits = waiting()
        with pytest.raises(CampaignStopped) as stopped:
            send(table(4), gateway, "Ciao", batch_size=2, workers=1, retry_policy=retry_policy)
    assert isinstance(stopped.value.__cause__, Unavailable)
    assert statuses(stopped.value.results) == {"accepted": 2, "pending": 2}
    assert len(waits) == 3
    with pytest.raises(Unavailable):
        resume(gateway, retry_policy=retry_policy)
    assert len(sandbox.orders()) == 1
