"""How long is waited, and how often tried: asserted as a list, for nobody sleeps here."""

from __future__ import annotations

import threading
import time

import pytest
import rude_server as rude
from hypothesis import given
from hypothesis import strategies as st
from rude_server import RudeServer, says

from smsframe import Gateway, NotAuthorised, Unavailable
from smsframe.answers import Reply
from smsframe.entries import EPOCH
from smsframe.life import Event
from smsframe.patience import LONGEST_WAIT, Patience


def waiting(**options):
    """A patience and the list of what it waited."""
    waits = []
    return Patience(pause=lambda _event, seconds: waits.append(seconds), **options), waits


def failing(*after):
    """A question that is refused an answer, each time with such a wait, and then answers."""
    errors = [Unavailable("not now", retry_after=seconds) for seconds in after]

    def question():
        if errors:
            raise errors.pop(0)
        return "answer"

    return question


def reply(after=None, event=Event.NOT_SENT):
    return Reply(event, 429, "", EPOCH, retry_after=after)


def never(event):
    return lambda answer: answer.event is event


def test_what_is_answered_is_not_waited_for():
    patience, waits = waiting()
    assert patience.ask(failing()) == "answer"
    assert waits == []


def test_waits_double_with_a_random_part_and_none_is_longer_than_the_most():
    patience, waits = waiting(attempts=8, first=1.0, most=10.0)
    assert patience.ask(failing(*[None] * 7)) == "answer"
    assert len(waits) == 7
    for place, seconds in enumerate(waits):
        assert min(2**place, 9.0) <= seconds <= min(2**place + 1.0, 10.0)


def test_after_the_last_try_the_last_refusal_is_raised_as_it_is():
    patience, waits = waiting(attempts=3)
    with pytest.raises(Unavailable, match="not now"):
        patience.ask(failing(1.0, 2.0, 3.0, 4.0))
    assert waits == [1.0, 2.0]


def test_only_what_may_be_asked_again_is():
    asked = []

    def question():
        asked.append(1)
        raise NotAuthorised("no")

    patience, waits = waiting()
    with pytest.raises(NotAuthorised):
        patience.ask(question)
    assert (len(asked), waits) == (1, [])


@pytest.mark.parametrize("named", [[0.0], [7.0], [0.0, 600.0], [1.5, 60.0, 600.0]])
def test_a_wait_that_the_gateway_names_is_the_wait(named):
    patience, waits = waiting()
    assert patience.ask(failing(*named)) == "answer"
    assert waits == named


@pytest.mark.parametrize("seconds", [600.001, 601.0, 1e9, float("inf")])
def test_more_than_ten_minutes_is_not_waited_for(seconds):
    assert LONGEST_WAIT == 600
    patience, waits = waiting()
    with pytest.raises(Unavailable) as caught:
        patience.ask(failing(seconds))
    assert caught.value.retry_after == seconds
    answers = [reply(seconds)] * 4
    assert patience.until(answers.pop, never(Event.NOT_SENT)).retry_after == seconds
    assert (waits, len(answers)) == ([], 3)


def test_until_gives_the_first_result_that_is_not_to_be_repeated():
    answers = [reply(2.0), reply(3.0), reply(event=Event.ACCEPTED), reply()]
    patience, waits = waiting()
    assert patience.until(lambda: answers.pop(0), never(Event.NOT_SENT)).event is Event.ACCEPTED
    assert (waits, len(answers)) == ([2.0, 3.0], 1)


def test_until_gives_the_last_result_when_patience_is_over():
    answers = [reply(1.0), reply(2.0), reply(3.0)]
    patience, waits = waiting(attempts=2)
    assert patience.until(lambda: answers.pop(0), never(Event.NOT_SENT)).retry_after == 2.0
    assert waits == [1.0]


@given(st.lists(st.none() | st.floats(0, 700), min_size=1, max_size=6))
def test_whatever_is_named_no_wait_is_longer_than_ten_minutes(after):
    patience, waits = waiting(attempts=5)
    answers = iter([*(reply(seconds) for seconds in after), *[reply(0.0)] * 5])
    patience.until(lambda: next(answers), lambda _: True)
    assert all(0 <= seconds <= LONGEST_WAIT for seconds in waits)
    assert len(waits) <= 4


def test_the_stop_event_ends_a_pause_at_once_and_there_is_no_other():
    patience = Patience(attempts=4, first=60.0, most=60.0)
    asked = []

    def question():
        asked.append(1)
        threading.Timer(0.02, patience.stop.set).start()
        raise Unavailable("not now")

    started = time.monotonic()
    with pytest.raises(Unavailable):
        patience.ask(question)
    assert time.monotonic() - started < 5
    assert len(asked) == 2


def test_once_stopped_nothing_is_tried_again():
    patience, waits = waiting()
    patience.stop.set()
    with pytest.raises(Unavailable):
        patience.ask(failing(1.0))
    answers = [reply(1.0)] * 3
    patience.until(answers.pop, lambda _: True)
    assert (waits, len(answers)) == ([], 2)


def test_a_gateway_that_asks_to_wait_is_waited_for_over_a_real_socket():
    busy = says(429, "", Retry_After="9"), says(503, "", Retry_After="600"), says(200, {"sms": []})
    with RudeServer(busy) as server:
        gateway = Gateway(server.url, user_key="4242", access_token="t0ken")
        patience, waits = waiting()
        assert patience.ask(gateway.credits) == {}
    assert waits == [9.0, 600.0]
    assert len(server.asked) == 3


def test_a_gateway_that_is_down_for_longer_is_left_alone_over_a_real_socket():
    with RudeServer((says(503, rude.HTML.words, Retry_After="601"),)) as server:
        gateway = Gateway(server.url, user_key="4242", access_token="t0ken")
        patience, waits = waiting()
        with pytest.raises(Unavailable):
            patience.ask(gateway.credits)
    assert (waits, len(server.asked)) == ([], 1)
