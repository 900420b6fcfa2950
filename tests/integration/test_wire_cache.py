"""Caches between here and the gateway: none of them decides who is texted."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from helpers.faulty_server import ACCEPTED, KEYS, answer, scripted
from helpers.sending import REPEATS_SEND_AGAIN, each_once, send, statuses, table

import smsframe
from smsframe import Gateway, Unavailable
from smsframe.gateway import transport
from smsframe.gateway.auth import QueryLogin
from smsframe.gateway.balance import credits_of
from smsframe.gateway.cache_bypass import HEADERS, Freshness
from smsframe.gateway.order import Order
from smsframe.orders.states import Event
from smsframe.orders.terms import Terms
from smsframe.texts import render

pytestmark = REPEATS_SEND_AGAIN

TOKEN = re.compile(rb"[?&]_=[0-9a-f]+")


class Cache:
    """
    What stands in front of the sandbox and answers GETs out of its store.

    Attributes:
        obeys: Whether ``no-cache`` makes it ask the gateway.
        strips: Whether query values that it does not know are neither handed on nor looked at.
        says_age: Whether a stored answer says so.
    """

    def __init__(self, *, obeys=False, strips=False, says_age=False):
        self.obeys, self.strips, self.says_age = obeys, strips, says_age
        self.stored, self.hits = {}, 0

    def __call__(self, request):
        line, _, rest = request.raw.partition(b"\r\n")
        if self.strips:
            line = TOKEN.sub(b"", line)
        asked_anew = self.obeys and b"cache-control: no-cache" in rest.lower()
        if asked_anew or line not in self.stored:
            self.stored[line] = request.with_raw(line + b"\r\n" + rest).forward()
            return self.stored[line]
        self.hits += 1
        head, _, body = self.stored[line].partition(b"\r\n")
        return head + b"\r\nAge: 7\r\n" + body if self.says_age else self.stored[line]


CACHES = {
    "by address": {},
    "by address, and says so": {"says_age": True},
    "without what it does not know, and obeys": {"strips": True, "obeys": True},
    "without what it does not know, and says so": {"strips": True, "says_age": True},
}


@pytest.mark.parametrize("kind", CACHES)
def test_nobody_is_texted_twice_through_a_cache(kind, sandbox, proxy, through):
    """The order is not there yet when it is looked up, and the cache would go on saying so."""
    through.credits()  # logged in, so that only what follows is stored
    proxy.always("GET", Cache(**CACHES[kind]))
    sandbox.misbehave("late_acceptance", order=1, seconds=0.3)
    out = send(table(3), through, grace=0.8)
    found = "obeys" in CACHES[kind] or "strips" not in CACHES[kind]
    assert statuses(out) == ({"accepted": 3} if found else {"unconfirmed": 3})
    proxy.clear()
    out = send(table(3), through, grace=0.8)
    assert statuses(out) == {"accepted": 3}
    assert each_once(sandbox, out)


def test_a_cache_that_hides_itself_is_known_by_the_date_of_its_answers(proxy):
    """It strips, does not obey and says no age, which HTTP forbids; its answers have the first one's date."""
    cache = Cache(strips=True)
    proxy.always("GET", cache)
    with transport.session(proxy.url, pool=1, verify=True, proxies=None) as session:
        dates = []
        for _ in range(2):
            login = QueryLogin("demo", "demo")
            came = transport.request(session, "GET", proxy.url + "login", auth=login, timeout=(5, 10))
            dates.append(came.date)
            threading.Event().wait(1.1)
    assert cache.hits == 1
    assert dates[0] is not None
    assert dates[0] == dates[1]


# How questions are asked ----------------------------------------------------------------------------------

QUESTIONS = {
    "credits": lambda gateway: gateway.credits(),
    "state": lambda gateway: gateway.state("sf-abc"),
    "history": lambda gateway: gateway.history_page(datetime.now(UTC), 1, 10),
}
ANSWER = {"result": "OK", "sms": [], "recipients": [], "smshistory": [], "total": 0}


def by_login(server, **options):
    return Gateway(server.url, username="demo", password="demo", timeout=server.timeout, **options)


def order():
    people = pd.DataFrame({"phone": ["+393471234567"], "fields": [""]}, dtype="string")
    return Order("sf-abc", render.parse("Ciao"), "gsm", Terms(), people)


def token(asked):
    return parse_qs(urlsplit(asked.target).query).get("_", [None])[0]


@pytest.mark.parametrize("login", ["query", "basic"])
def test_every_question_is_a_new_one_and_no_order_is(login):
    with scripted(*[answer(200, ANSWER)] * 6, ACCEPTED) as server:
        gateway = by_login(server, login=login)
        for question in [*QUESTIONS.values()] * 2:
            question(gateway)
        gateway.post(order())
        gateway.close()
    *questions, posted = server.asked
    assert len(questions) == 7  # with the login
    for asked in questions:
        assert {name: asked.headers.get(name.lower()) for name in HEADERS} == HEADERS
    assert None not in {token(asked) for asked in questions}
    assert len({token(asked) for asked in questions}) == 7
    assert token(posted) is None
    assert not {"cache-control", "pragma"} & set(posted.headers)


def test_where_the_values_come_from_can_be_handed_in():
    with scripted(answer(200, ANSWER)) as server:
        gateway = by_login(server)
        gateway.freshness.token = iter(["a", "b"]).__next__
        gateway.credits()
        gateway.close()
    assert [token(asked) for asked in server.asked] == ["a", "b"]


# Answers of a cache ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("age", ["1", "86400", "soon", ""])
@pytest.mark.parametrize("status", [200, 400, 401, 404, 503])
@pytest.mark.parametrize("question", QUESTIONS)
def test_what_a_cache_answers_is_no_answer(question, status, age):
    with scripted(answer(status, ANSWER, Age=age)) as server:
        gateway = by_login(server)
        with pytest.raises(Unavailable, match="a cache on the way to the gateway") as caught:
            QUESTIONS[question](gateway)
        gateway.close()
    assert caught.value.status == status


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_of_no_age_is_one(question):
    with scripted(answer(200, ANSWER, Age="0")) as server:
        gateway = by_login(server)
        QUESTIONS[question](gateway)
        gateway.close()
    assert len(server.orders()) == 1  # and is not asked for again


def test_a_session_out_of_a_store_sends_nothing():
    with scripted(login=(answer(200, KEYS, Age="7"),)) as server:
        gateway = by_login(server)
        assert gateway.post(order()).event is Event.NOT_SENT
        gateway.close()
    assert not server.orders()


@pytest.mark.parametrize("status", [200, 201, 400, 403, 404, 413, 429])
def test_an_answer_to_an_order_out_of_a_store_proves_nothing(status):
    """It is the answer to an order before."""
    with scripted(answer(status, ANSWER, Age="7")) as server:
        gateway = by_login(server)
        assert gateway.post(order()).event is Event.NO_PROOF
        gateway.close()


# Accounts that refuse the value ---------------------------------------------------------------------------


def test_where_the_value_is_refused_it_is_left_out_and_nothing_is_proven_absent():
    with smsframe.Sandbox(extra_values="refuse") as sandbox:
        gateway = sandbox.gateway()
        assert gateway.freshness.proven
        assert len(gateway.credits())
        assert not gateway.freshness.proven
        asked = len(sandbox.calls())
        assert gateway.state("sf-nobody").recipients is None
        assert gateway.history_page(datetime.now(UTC), 1, 10).total == 0
        assert len(sandbox.calls()) == asked + 2
        gateway.close()


def test_where_it_is_ignored_absence_can_be_proven(gateway):
    assert len(gateway.credits())
    assert gateway.state("sf-nobody").recipients is None
    assert gateway.freshness.proven


@pytest.mark.parametrize("again", [400, 401, 429, 500])
def test_a_question_that_is_refused_for_itself_says_nothing_about_the_value(again):
    answers = iter([transport.Exchange(status=400), transport.Exchange(status=again)])
    freshness = Freshness()
    assert freshness.ask({}, lambda _: next(answers)).status == again
    assert freshness.proven


def test_threads_that_meet_the_refusal_at_once_all_get_their_answer():
    with smsframe.Sandbox(extra_values="refuse") as sandbox:
        gateway = sandbox.gateway()
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: credits_of(gateway.credits(), "N"), range(16)))
        gateway.close()
    assert found == [10_000.0] * 16
    assert not gateway.freshness.proven
