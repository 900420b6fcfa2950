"""The client against faulty servers and the real sandbox: records or errors, and nothing between."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from helpers.faulty_server import (
    ACCEPTED,
    BASE,
    CLOSE_AFTER_READING,
    HTML,
    KEYS,
    LOGGED_IN,
    RESET_MID_ANSWER,
    SILENCE,
    SILENCE_MID_BODY,
    RawReply,
    answer,
    drop,
    scripted,
)

import smsframe
from smsframe import Gateway, GatewayError, NotAuthorised, Rejected, Unavailable, Unconfirmed
from smsframe.campaign.look_ups import order_history
from smsframe.campaign.look_ups.look_up import Known, look_up
from smsframe.clock import Clock
from smsframe.gateway import paging, wire_format
from smsframe.gateway.balance import credits_of
from smsframe.gateway.order import Order
from smsframe.gateway.retry import RetryPolicy
from smsframe.orders.profile import PersonalisedOrders
from smsframe.orders.records import Batch, OrderResponse
from smsframe.orders.states import Doubt, Event, State
from smsframe.orders.terms import Terms, agree
from smsframe.texts import render

QUICK = (0.3, 0.3)
ADA, BEA = "+393471234567", "+393471234568"
AWKWARD = "p&ss=%/ü €+#?;\"'"


def to(server, **options):
    given = {"username": "demo", "password": AWKWARD, "timeout": server.timeout, **options}
    return Gateway(server.url, **given)


def by_token(server, **options):
    given = {"user_key": "4242", "access_token": "t0kent0ken", "timeout": server.timeout, **options}
    return Gateway(server.url, **given)


def order(template="Ciao", phones=(ADA, BEA), fields=("", ""), encoding="gsm", **terms):
    people = pd.DataFrame({"phone": list(phones), "fields": list(fields)}, dtype="string")
    return Order("sf-abc", render.parse(template), encoding, Terms(**terms), people)


def post(*answers, logins=LOGGED_IN, **options):
    """What a POST comes to when it is answered so, and what the server was asked."""
    with scripted(*answers, login=logins) as server:
        gateway = to(server, **options)
        reply = gateway.post(order())
        gateway.close()
        return reply, server


def quiet(**options):
    return RetryPolicy(clock=Clock(pause=lambda _event, _seconds: None), **options)


# Orders on the wire ---------------------------------------------------------------------------------------

ALWAYS = {
    "message_type": "N", "order_id": "sf-abc", "encoding": "gsm",
    "returnCredits": True, "returnRemaining": True, "allowInvalidRecipients": False,
}  # fmt: skip


def sent(made):
    """The order as the gateway would read it."""
    with scripted() as server:
        gateway = by_token(server)
        gateway.post(made)
        gateway.close()
    (asked,) = server.asked
    assert asked.headers["content-type"] == "application/json"
    return asked.target, asked.json()


def test_a_text_equal_for_all_goes_to_sms_and_leaves_out_what_is_not_given():
    target, body = sent(order("Ciao {{à tutti}}"))
    assert target == BASE + "sms"
    assert body == ALWAYS | {"message": "Ciao {à tutti}", "recipient": [ADA, BEA]}


def test_refused_numbers_may_be_left_out_where_the_terms_say_so():
    _, body = sent(order(skip_refused=True))
    assert body == ALWAYS | {"message": "Ciao", "recipient": [ADA, BEA], "allowInvalidRecipients": True}


def test_a_personal_text_goes_to_paramsms_in_the_documented_form():
    made = order("Ciao {name}, alle {ora:8}", fields=("Ada\x1f9", "Bèa 😀\x1f"), encoding="ucs2")
    target, body = sent(made)
    assert target == BASE + "paramsms"
    assert body == ALWAYS | {
        "encoding": "ucs2",
        "message": "Ciao ${f1}, alle ${f2}",
        "recipients": {
            "0": {"recipient": ADA, "f1": "Ada", "f2": "9"},
            "1": {"recipient": BEA, "f1": "Bèa 😀", "f2": ""},
        },
    }


def test_a_schedule_goes_out_in_utc_and_says_so():
    later = order(message_type="GP", sender="Acme", schedule=datetime(2026, 12, 1, 8, 30, 5, tzinfo=UTC))
    made = wire_format.body(later, PersonalisedOrders())
    assert made == ALWAYS | {
        "message_type": "GP",
        "message": "Ciao",
        "sender": "Acme",
        "scheduled_delivery_time": "20261201083005",
        "scheduled_delivery_timezone": "UTC",
        "recipient": [ADA, BEA],
    }


def test_a_schedule_given_in_another_zone_is_the_same_instant():
    rome = datetime(2026, 7, 1, 9, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert agree("high", None, None, rome).schedule == datetime(2026, 7, 1, 7, 0, 0, tzinfo=UTC)


def test_an_order_shows_nobody():
    assert repr(order()) == "<Order sf-abc: 2 recipients>"


# What a POST comes to -------------------------------------------------------------------------------------

KO = {"result": "KO"}


@pytest.mark.parametrize(
    ("play", "event"),
    [
        (ACCEPTED, Event.ACCEPTED),
        (answer(200, {"result": "OK"}), Event.ACCEPTED),
        (answer(201, {"result": "ok"}), Event.ACCEPTED),
        (answer(201, KO), Event.NO_PROOF),
        (answer(201, {}), Event.NO_PROOF),
        (answer(201, []), Event.NO_PROOF),
        (answer(201, "<html>OK</html>"), Event.NO_PROOF),
        (answer(201, "[" * 100_000), Event.NO_PROOF),
        (answer(200, KO), Event.NO_PROOF),
        (answer(202, {"result": "OK"}), Event.NO_PROOF),
        (RawReply(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"), Event.NO_PROOF),
        (answer(201, '{"result": "OK"}', missing=100), Event.NO_PROOF),
        (SILENCE, Event.NO_PROOF),
        (SILENCE_MID_BODY, Event.NO_PROOF),
        (drop, Event.NO_PROOF),
        (RESET_MID_ANSWER, Event.NO_PROOF),
        (CLOSE_AFTER_READING, Event.NO_PROOF),
        (answer(300, ""), Event.NO_PROOF),
        (answer(301, "", Location="/elsewhere"), Event.NO_PROOF),
        (answer(302, "", Location="http://[bad"), Event.NO_PROOF),
        (answer(303, "", Location="/elsewhere"), Event.NO_PROOF),
        (RawReply(b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"), Event.NO_PROOF),
        (answer(307, "", Location="/elsewhere"), Event.WRONG_ADDRESS),
        (answer(308, "", Location="http://[bad"), Event.WRONG_ADDRESS),
        (answer(400, {"result": "Bad sender"}), Event.REFUSED),
        (answer(400, {"result": "OK"}), Event.REFUSED),
        (answer(400, ""), Event.REFUSED),
        (answer(401, ""), Event.UNAUTHORISED),
        (answer(403, ""), Event.WRONG_ADDRESS),
        (answer(404, ""), Event.WRONG_ADDRESS),
        (answer(405, ""), Event.NO_PROOF),
        (answer(408, ""), Event.NO_PROOF),
        (answer(409, ""), Event.NO_PROOF),
        (answer(413, ""), Event.NOT_SENT),
        (answer(415, ""), Event.NOT_SENT),
        (answer(429, ""), Event.NOT_SENT),
        (answer(429, "", Retry_After="3"), Event.NOT_SENT),
        (answer(500, {"result": "OK"}), Event.NO_PROOF),
        (answer(502, "<html>"), Event.NO_PROOF),
        (answer(503, ""), Event.NO_PROOF),
        (answer(503, "", Retry_After="soon"), Event.NO_PROOF),
        (answer(503, "", Retry_After="3"), Event.NOT_SENT),
        (answer(503, "", Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"), Event.NOT_SENT),
        (answer(503, "<!DOCTYPE html><h1>Backend fetch failed", Retry_After="5"), Event.NO_PROOF),
        (answer(504, ""), Event.NO_PROOF),
    ],
)  # fmt: skip
def test_each_answer_over_a_real_socket_is_the_event_it_proves(play, event):
    with scripted(play) as server:
        reply = by_token(server).post(order())
    assert reply.event is event
    assert len(server.asked) == 1
    assert isinstance(reply.error("sf-abc"), GatewayError)


def test_an_accepted_order_tells_its_charge_what_is_left_and_when_it_left():
    before = datetime.now(UTC)
    reply, _ = post(answer(201, {"result": "OK", "total_sent": 2, "remaining_credits": 98.5}))
    assert (reply.charged, reply.remaining, reply.status, reply.retry_after) == (2.0, 98.5, 201, None)
    assert before <= reply.sent_at <= datetime.now(UTC)


@pytest.mark.parametrize("charge", [None, "2", True, [], -1, "9" * 400])
def test_a_charge_that_is_no_number_of_credits_is_unknown_and_the_order_accepted(charge):
    body = json.dumps({"result": "OK", "total_sent": charge})
    for raw in (body, '{"result": "OK", "total_sent": NaN}', '{"result": "OK", "total_sent": 1e999}'):
        reply, _ = post(answer(201, raw))
        assert (reply.event, reply.charged) == (Event.ACCEPTED, None)
    reply, _ = post(answer(201, '{"result": "OK", "total_sent": %s}' % ("9" * 400)))
    assert (reply.event, reply.charged) == (Event.ACCEPTED, None)


def test_nothing_left_when_nobody_listens_or_the_name_does_not_exist():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    keys = {"user_key": "4242", "access_token": "t0ken", "timeout": QUICK}
    for url in (f"http://127.0.0.1:{port}/", f"https://127.0.0.1:{port}/", "https://gateway.invalid/"):
        reply = Gateway(url, **keys).post(order())
        assert (reply.event, reply.status) == (Event.NOT_SENT, None)
        assert isinstance(reply.error(), Unavailable)


def test_nothing_left_when_tls_meets_a_plain_port():
    with scripted() as server:
        server.url = server.url.replace("http://", "https://")
        assert by_token(server, timeout=QUICK).post(order()).event is Event.NOT_SENT
    assert not server.asked


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"result": "Bad sender"}, "Bad sender (HTTP 400)"),
        ({"error_type": "E", "error_message": "Bad sender"}, "Bad sender - E (HTTP 400)"),
        ({"error_message": "Bad sender"}, "Bad sender (HTTP 400)"),
        ("Bad  \n sender", "Bad sender (HTTP 400)"),
        ("<h1>Bad sender</h1>", "an answer that is not JSON (HTTP 400)"),
        ("", "HTTP 400"),
        ("\x1b[31mred\x07", "[31mred (HTTP 400)"),
        ({"result": f"Invalid recipient {ADA}"}, "Invalid recipient +39••••••••67 (HTTP 400)"),
        ({"result": "Invalid recipient 0039 347 1234567"}, "Invalid recipient 00••••••••••67 (HTTP 400)"),
        ({"result": ["a", {"b": 1}]}, "['a', {'b': 1}] (HTTP 400)"),
    ],
)  # fmt: skip
def test_a_refusal_says_why_in_either_shape_on_one_line_without_numbers(body, reason):
    reply, _ = post(answer(400, body))
    assert reply.reason == reason
    assert isinstance(reply.error(), Rejected)
    assert reason in str(reply.error())


def test_a_long_reason_is_cut_after_it_is_masked_so_that_no_piece_of_a_number_is_left():
    reply, _ = post(answer(400, {"result": "x" * 190 + " " + ADA}))
    assert "393" not in reply.reason


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (Event.REFUSED, Rejected), (Event.UNAUTHORISED, NotAuthorised), (Event.WRONG_ADDRESS, NotAuthorised),
        (Event.NOT_SENT, Unavailable), (Event.GAVE_UP, Unavailable), (Event.NO_PROOF, Unconfirmed),
    ],
)  # fmt: skip
def test_a_reply_becomes_the_error_that_says_what_to_do(event, error):
    made = OrderResponse(event, 418, "words", datetime.now(UTC), retry_after=7.0).error("sf-abc")
    assert type(made) is error
    assert (made.status, made.order_id) == (418, "sf-abc")
    assert getattr(made, "retry_after", 7.0) == 7.0


@pytest.mark.parametrize("header", ["601", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_retry_after_comes_with_the_reply(header):
    reply, _ = post(answer(429, "", Retry_After=header))
    assert reply.retry_after > 600


# Sessions -------------------------------------------------------------------------------------------------


def test_an_ended_session_is_renewed_once_and_the_order_repeated_with_the_new_keys():
    reply, server = post(
        answer(401), ACCEPTED, logins=(answer(200, "11;firstfirst"), answer(200, "11;secondsecond"))
    )
    assert reply.event is Event.ACCEPTED
    assert [asked.headers["session_key"] for asked in server.orders()] == ["firstfirst", "secondsecond"]
    assert len(server.logins()) == 2


def test_two_refusals_in_a_row_are_an_answer():
    reply, server = post(answer(401))
    assert (reply.event, reply.status) == (Event.UNAUTHORISED, 401)
    assert (len(server.orders()), len(server.logins())) == (2, 2)


def test_when_the_order_left_is_when_the_accepted_post_left():
    reply, _ = post(answer(401), answer(201, {"result": "OK"}, until=4))
    assert datetime.now(UTC) - reply.sent_at < timedelta(seconds=5)


def test_eight_threads_that_meet_the_end_of_a_session_at_once_log_in_once():
    ended = [answer(401, until=10)] * 8  # a first login, a first call and eight more before any is answered
    with scripted(answer(200, {"sms": []}), *ended, ACCEPTED) as server:
        gateway = to(server, timeout=(5, 5))
        gateway.credits()
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(gateway.post, [order()] * 8))
        gateway.close()
    assert {reply.event for reply in replies} == {Event.ACCEPTED}
    assert len(server.logins()) == 2
    assert gateway.sessions == 2


def test_eight_threads_that_start_at_once_log_in_once():
    barrier = threading.Barrier(8)
    with scripted() as server:
        gateway = to(server, timeout=(5, 5))

        def start(_):
            barrier.wait(5)
            return gateway.post(order()).event

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(start, range(8))) == {Event.ACCEPTED}
        gateway.close()
    assert len(server.logins()) == 1


def test_a_token_has_nothing_to_renew():
    with scripted(answer(401)) as server:
        assert by_token(server).post(order()).event is Event.UNAUTHORISED
    (asked,) = server.asked
    assert (asked.headers["user_key"], asked.headers["access_token"]) == ("4242", "t0kent0ken")
    assert "session_key" not in asked.headers


def test_the_password_goes_percent_encoded_into_the_query_of_login_only():
    _, server = post(ACCEPTED)
    (login,), (sms,) = server.logins(), server.orders()
    query = parse_qs(urlsplit(login.target).query)
    assert query.pop("_")
    assert query == {"username": ["demo"], "password": [AWKWARD]}
    assert not {"authorization", "user_key", "session_key"} & set(login.headers)
    assert "?" not in sms.target
    assert (sms.headers["user_key"], sms.headers["session_key"]) == tuple(KEYS.split(";"))


def test_basic_login_puts_nothing_into_the_query():
    _, server = post(ACCEPTED, login="basic")
    (login,) = server.logins()
    assert re.fullmatch(re.escape(BASE) + "login\\?_=[0-9a-f]+", login.target)
    scheme, _, encoded = login.headers["authorization"].partition(" ")
    assert (scheme, base64.b64decode(encoded).decode()) == ("Basic", f"demo:{AWKWARD}")
    assert "authorization" not in server.orders()[0].headers


@pytest.mark.parametrize("status", [400, 401, 403, 404, 302])
def test_a_refused_login_sends_nothing_and_says_where_to_look(status):
    reply, server = post(ACCEPTED, logins=(answer(status, "no"),))
    assert (reply.event, reply.status) == (Event.UNAUTHORISED, status)
    assert not server.orders()
    assert "check the address" in str(reply.error())


@pytest.mark.parametrize("play", [answer(500), answer(503), SILENCE, CLOSE_AFTER_READING, answer(418)])
def test_a_login_that_fails_otherwise_sends_nothing_and_may_be_repeated(play):
    reply, server = post(ACCEPTED, logins=(play,))
    assert reply.event is Event.NOT_SENT
    assert not server.orders()


def test_a_login_may_ask_to_wait():
    reply, _ = post(ACCEPTED, logins=(answer(503, "", Retry_After="7"),))
    assert (reply.event, reply.retry_after) == (Event.NOT_SENT, 7.0)


@pytest.mark.parametrize(
    "body",
    [
        "<html>a;b</html>", '{"user_key": "a;b"}', "", "4242", "4242;", ";key", "a;b\r\nX-Injected: 1",
        "a;b c", "ä;ö", "a;b;c", HTML.content.decode(),
    ],
)  # fmt: skip
def test_a_login_answered_with_anything_but_two_keys_is_not_this_gateway(body):
    reply, server = post(ACCEPTED, logins=(answer(200, body),))
    assert reply.event is Event.UNAUTHORISED
    assert "not this gateway" in reply.reason
    assert not server.orders()


@pytest.mark.parametrize("body", ["4242;abc", " 4242 ; abc \r\n", "\ufeff4242;abc"])
def test_keys_may_come_with_a_mark_and_white_space(body):
    _, server = post(ACCEPTED, logins=(answer(200, body),))
    assert server.orders()[0].headers["session_key"] == "abc"


@pytest.mark.parametrize("refused", [404, 401])
def test_the_sandbox_refuses_a_wrong_password_with_either_status(refused):
    with smsframe.Sandbox(login_refused=refused) as sandbox:
        gateway = sandbox.gateway(password="wrong")
        with pytest.raises(NotAuthorised) as caught:
            gateway.credits()
        gateway.close()
    assert caught.value.status == refused


def test_a_session_the_sandbox_forgot_is_renewed(sandbox, gateway):
    gateway.credits()
    sandbox.forget_sessions()
    assert gateway.post(order()).event is Event.ACCEPTED
    assert gateway.sessions == 2


# Making one -----------------------------------------------------------------------------------------------

URL = "https://gateway.example/API/v1.0/REST"
LOGIN = {"username": "demo", "password": "s3cret"}
TOKEN = {"user_key": "4242", "access_token": "t0ken"}


def test_it_says_where_it_leads_and_for_whom_and_no_more():
    assert repr(Gateway(URL, **LOGIN)) == f"<smsframe.Gateway {URL}/ as demo>"
    by_key = Gateway(URL, **TOKEN)
    assert "4242" not in repr(by_key)
    assert by_key.account.startswith("key ")


@pytest.mark.parametrize(
    "given",
    [
        {}, {"username": "demo"}, {"password": "s3cret"}, {"user_key": "4242"}, LOGIN | TOKEN,
        LOGIN | {"user_key": "4242"}, TOKEN | {"username": "demo"}, {"username": "demo", "password": ""},
        {"username": "demo", "access_token": "t0ken"}, {"username": "demo", "password": 12345},
        TOKEN | {"access_token": "t0ken\n"}, TOKEN | {"access_token": "tökén"}, TOKEN | {"user_key": "42 42"},
        LOGIN | {"password": "s3cret\udce9"}, LOGIN | {"login": "digest"}, LOGIN | {"verify": "/nowhere.pem"},
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_at_once_without_repeating_a_secret(given):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is looked at below
        Gateway(URL, **given)
    assert not any(secret in str(caught.value) for secret in ("s3cret", "t0ken", "4242", "12345"))


@pytest.mark.parametrize(
    "url", ["http://gateway.example/", "https://demo:s3cret@gateway.example/", "x", None]
)
def test_an_address_that_would_give_the_password_away_is_refused(url):
    with pytest.raises(ValueError, match=r"http|base_url") as caught:
        Gateway(url, **LOGIN)
    assert "s3cret" not in str(caught.value)


def test_it_cannot_be_pickled_or_copied():
    gateway = Gateway(URL, **LOGIN)
    for way in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="holds credentials"):
            way(gateway)


ENVIRONMENT = {"SMSFRAME_BASE_URL": URL, "SMSFRAME_USERNAME": "demo", "SMSFRAME_PASSWORD": "s3cret"}


def test_from_env_takes_either_pair(monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    assert Gateway.from_env().account == "demo"
    monkeypatch.delenv("SMSFRAME_PASSWORD")
    monkeypatch.setenv("SMSFRAME_USER_KEY", "4242")
    monkeypatch.setenv("SMSFRAME_ACCESS_TOKEN", "t0ken")
    assert Gateway.from_env().account.startswith("key ")


@pytest.mark.parametrize("missing", ENVIRONMENT)
def test_from_env_says_what_to_set_and_how_to_try_without(monkeypatch, missing):
    for name, value in ENVIRONMENT.items():
        if name != missing:
            monkeypatch.setenv(name, value)
    with pytest.raises(NotAuthorised) as caught:
        Gateway.from_env()
    assert missing in str(caught.value)
    assert "smsframe.Sandbox()" in str(caught.value)
    assert "s3cret" not in str(caught.value)


# Questions ------------------------------------------------------------------------------------------------


def asking(*answers):
    """A gateway by token at a server with these answers."""
    return scripted(*answers)


def test_credits_are_told_by_type():
    body = {
        "sms": [
            {"type": "N", "quantity": 5},
            {"type": "L", "quantity": None},
            "x",
            {"quantity": 1},
            {"type": "EE", "quantity": -2.5},
        ]
    }
    with asking(answer(200, body)) as server:
        left = by_token(server).credits()
    assert left.fillna("-").to_dict("list") == {
        "message_type": ["N", "None", "EE"],
        "quality": ["high", "-", "-"],
        "credits": [5.0, 1.0, -2.5],
    }
    assert left.dtypes.astype(str).to_dict() == {
        "message_type": "string",
        "quality": "string",
        "credits": "Float64",
    }
    assert "status?getMoney=false&typeAliases=true&" in server.asked[0].target


def test_credits_of_the_sandbox(gateway):
    assert gateway.credits().set_index("quality")["credits"].to_dict() == {
        "high": 10_000.0,
        "medium": 10_000.0,
        "low": 10_000.0,
    }


def test_what_was_last_said_of_the_balance_is_known_without_asking(gateway, sandbox):
    people = pd.DataFrame({"mobile": ["+393470000101", "+393470000201", "+393470000301"]})
    assert gateway.known_credits("N") is None
    smsframe.send(people, "Ciao", campaign="autumn", phone="mobile", gateway=gateway, progress=False)
    asked = len(sandbox.calls())
    assert gateway.known_credits("N") == 9_997
    assert gateway.known_credits("XX") is None
    assert len(sandbox.calls()) == asked
    with smsframe.Sandbox(credits=5) as other:
        assert credits_of(other.gateway().credits(), "L") == 5


QUESTIONS = {
    "credits": lambda gateway: gateway.credits(),
    "state": lambda gateway: gateway.state("sf-abc"),
    "history": lambda gateway: gateway.history_page(datetime.now(UTC), 1, 10),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    "play",
    [
        HTML, answer(200), answer(200, "[]"), answer(200, "null"), answer(200, {}), answer(200, "[" * 99_999),
        answer(200, {"result": "KO", "recipients": [], "smshistory": []}),
        answer(200, {"recipients": "x", "smshistory": {}, "sms": "x"}),
        answer(200, {"recipients": [1], "smshistory": [1], "sms": None}),
    ],
)  # fmt: skip
def test_an_answer_of_another_shape_is_an_error(question, play):
    with asking(play) as server, pytest.raises(GatewayError):
        QUESTIONS[question](by_token(server))


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    ("play", "error"),
    [
        (answer(400, {"result": "no"}), Rejected), (answer(401), NotAuthorised), (answer(403), NotAuthorised),
        (answer(302, "", Location="/x"), NotAuthorised), (answer(409), Rejected), (answer(429), Unavailable),
        (answer(500), Unavailable), (answer(503, Retry_After="9"), Unavailable), (answer(204), Unavailable),
        (SILENCE, Unavailable), (RESET_MID_ANSWER, Unavailable), (answer(200, "{}", missing=9), Unavailable),
    ],
)  # fmt: skip
def test_a_question_that_is_not_answered_is_the_error_that_says_what_to_do(question, play, error):
    with asking(play) as server, pytest.raises(GatewayError) as caught:
        QUESTIONS[question](by_token(server))
    assert type(caught.value) is error
    if play.content.startswith(b"HTTP/1.1 503"):
        assert caught.value.retry_after == 9.0


def test_an_order_the_gateway_does_not_know_has_no_state(gateway):
    assert gateway.state("sf-nobody").recipients is None


@pytest.mark.parametrize("order_id", ["a/b", "a b", "a?b=c", "ü", "a%2Fb"])
def test_an_order_id_cannot_leave_its_place_in_the_address(order_id):
    with asking(answer(404)) as server:
        assert by_token(server).state(order_id).recipients is None
    path, _, query = server.asked[0].target.partition("?")
    assert re.fullmatch("_=[0-9a-f]+", query)
    assert path.startswith(BASE + "sms/")
    assert path.count("/") == (BASE + "sms/").count("/")


def state_of(*entries):
    with asking(answer(200, {"result": "OK", "recipients": list(entries)})) as server:
        return by_token(server).state("sf-abc").recipients


@pytest.mark.parametrize(
    "spelled", [ADA, "00393471234567", "393471234567", 393471234567, " +39 347 123-4567 ", "0039.347.1234567"]
)
def test_a_number_is_the_same_however_the_gateway_spells_it(spelled):
    found = state_of({"destination": spelled, "status": "DLVRD"}, {"destination": None})
    assert found["phone"].tolist() == [ADA, pd.NA]


def test_dates_come_in_italian_time_and_are_told_in_utc_or_not_at_all():
    dates = {
        "20261122120000": "2026-11-22 11:00:00+00:00",
        "20260722120000": "2026-07-22 10:00:00+00:00",
        "20261025013000": "2026-10-24 23:30:00+00:00",
        "20261025023000": None,  # that hour was twice
        "20260329023000": None,  # and this one never
        "": None,
        None: None,
        "soon": None,
        "20261332250000": None,
        20261122120000: "2026-11-22 11:00:00+00:00",
    }
    found = state_of(*[{"destination": ADA, "status": "DLVRD", "delivery_date": date} for date in dates])
    told = [None if pd.isna(moment) else str(moment) for moment in found["delivered_at"]]
    assert told == list(dates.values())


def test_dates_come_in_the_zone_that_the_gateway_is_said_to_be_in():
    body = {"recipients": [{"destination": ADA, "delivery_date": "20261122120000"}]}
    with asking(answer(200, body)) as server:
        found = by_token(server, timezone="America/New_York").state("sf-abc").recipients
    assert str(found["delivered_at"][0]) == "2026-11-22 17:00:00+00:00"


@pytest.mark.parametrize(
    "entries", [[], [{}], [{"destination": [ADA], "status": {"a": 1}, "delivery_date": 1.5}]]
)
def test_a_state_has_the_same_columns_and_types_whatever_it_holds(entries):
    found = state_of(*entries)
    assert found.dtypes.astype(str).to_dict() == {
        "phone": "string", "delivery": "string", "delivered_at": "datetime64[us, UTC]",
    }  # fmt: skip
    assert len(found) == len(entries)


# The history ----------------------------------------------------------------------------------------------


def row(order_id, **more):
    return {"order_id": order_id, "create_time": "20261122120000", "num_recipients": 2} | more


def page(*ids, total, **more):
    rows = [row(id_) for id_ in ids]
    return answer(200, {"result": "OK", "total": total, "smshistory": rows, **more})


def history(*pages):
    with asking(*pages) as server:
        read = order_history.read(
            by_token(server), datetime(2026, 11, 22, tzinfo=UTC), RetryPolicy(attempts=1)
        )
    return read.orders["order_id"].tolist(), read.complete, server.asked


def test_a_history_is_asked_in_utc_from_a_time_page_after_page_until_it_adds_up(monkeypatch):
    monkeypatch.setattr(paging, "PAGE_SIZES", (2,))
    ids, complete, asked = history(page("a", "b", total=3), page("c", total=3))
    assert (ids, complete) == (["a", "b", "c"], True)
    queries = [parse_qs(urlsplit(one.target).query) for one in asked]
    assert len({query.pop("_")[0] for query in queries}) == 2
    assert [query.pop("pageNumber") for query in queries] == [["1"], ["2"]]
    assert queries == [{"from": ["20261122000000"], "timezone": ["UTC"], "pageSize": ["2"]}] * 2


def test_an_empty_history_is_complete():
    assert history(page(total=0))[:2] == ([], True)


@pytest.mark.parametrize(
    "pages",
    [
        (page("a", "b", total=3), page("c", total=2), page(total=2)),  # shrunk: what went, unseen?
        (page("a", "b", total=3), page("b", total=2)),  # "a" went, "c" was never seen
        (page("a", total=2), page(total=2)),  # a page too few
        [  # a row twice, but another one each time: something moves
            one for ids in ("aabc", "abbc", "abcc", "aacb") for one in (page(*ids, total=4), page(total=4))
        ],
        (page("a", "a", total=3),),  # one twice, and one not shown
        (page("a", "a", total=2, smshistory=[row("a"), row("a", num_recipients=3)]),),  # twice, not alike
        (page("a", "b", total=3), page("c", "d", total=3)),  # more than there are
        (page("a", total=None),),
        (page("a", total="1"),),
        (page("a", total=True),),
        (page("a", total=[1]),),
        (page(None, total=1),),
        (page("a", total=0),),
        (page(total=-1),),
        (page("a", total=1e999),),
    ],
)  # fmt: skip
def test_a_history_that_does_not_add_up_is_not_complete(pages):
    assert history(*pages)[1] is False


@pytest.mark.parametrize(
    "pages",
    [
        (page("a", "b", total=2), page("c", total=3)),  # one more came
        (page("a", "b", total=3), page("b", "c", total=3)),  # something moved
        (
            page("a", "b", total=4),
            page("b", "c", total=5),
            page(total=5),
            page("e", "d", total=5),
        ),  # caught up
    ],
)
def test_a_history_that_grows_is_complete_once_all_of_it_was_seen(pages, monkeypatch):
    monkeypatch.setattr(paging, "PAGE_SIZES", (2,))
    ids, complete, _ = history(*pages)
    assert complete
    assert sorted(ids) == [*"abcde"[: len(ids)]]


@pytest.mark.parametrize("size", [3, 1000])
@pytest.mark.parametrize("ids", ["aa", "aab", "abb", "abab", "abcabd"])
def test_an_order_that_is_always_listed_twice_is_one(ids, size, monkeypatch):
    monkeypatch.setattr(paging, "PAGE_SIZES", (size,))
    pages = [page(*ids[at : at + size], total=len(ids)) for at in range(0, len(ids), size)]
    a_pass = [*pages, page(total=len(ids))]
    read, complete, _ = history(*a_pass, *a_pass)
    assert (sorted(read), complete) == (sorted({*ids}), True)


@pytest.mark.parametrize(
    ("page_", "says_why"),
    [
        (page("a", "a", total=3), "more than once"),
        (page("a", total=2), "counts 2 orders and lists 1"),
        (page(None, total=1), "without an id"),
        (page("a", total=None), "does not say how many"),
    ],
)
def test_a_history_says_why_it_is_not_complete(page_, says_why):
    with asking(page_) as server:
        read = order_history.read(
            by_token(server), datetime(2026, 11, 22, tzinfo=UTC), RetryPolicy(attempts=1)
        )
    assert says_why in read.problem


@pytest.mark.parametrize("refused", [(answer(400),), (answer(400), answer(400), answer(400), answer(400))])
def test_a_gateway_that_takes_no_long_pages_is_asked_for_shorter_ones(refused):
    """Each refusal is asked once more without the value that no cache has seen."""
    ids, complete, asked = history(*refused, answer(400), page("a", total=1))
    assert (ids, complete) == (["a"], True)
    sizes = [int(parse_qs(urlsplit(one.target).query)["pageSize"][0]) for one in asked]
    assert sizes[-1] in (10, 100)
    assert sizes == sorted(sizes, reverse=True)


def test_a_gateway_whose_pages_are_shorter_than_asked_for_is_asked_for_shorter_ones():
    """Where the second page of those begins is anybody's guess."""
    ids, complete, asked = history(
        page("a", "b", total=3), page("a", "b", total=3), page("a", "b", total=3), page("c", total=3)
    )
    assert (sorted(ids), complete) == (["a", "b", "c"], True)
    sizes = [parse_qs(urlsplit(one.target).query)["pageSize"][0] for one in asked]
    assert sizes == ["1000", "100", "10", "10"]


def test_a_gateway_that_always_gives_the_same_page_does_not_keep_us():
    _, complete, asked = history(page("a", "b", total=10**9))
    assert complete is False
    assert len(asked) < 15


def test_a_history_longer_than_a_page_of_the_sandbox(sandbox, gateway):
    since = datetime.now(UTC) - timedelta(minutes=1)
    ids = [f"sf-{number}" for number in range(103)]
    for id_ in ids:
        made = order()
        gateway.post(Order(id_, made.template, "gsm", made.terms, made.people))
    read = order_history.read(gateway, since, RetryPolicy())
    found = read.orders
    assert read.complete
    assert sorted(found["order_id"]) == sorted(ids)
    assert found["num_recipients"].tolist() == [2] * 103
    assert (abs(found["create_time"] - pd.Timestamp.now("UTC")) < pd.Timedelta(minutes=1)).all()


def test_the_state_of_an_order_of_the_sandbox(gateway):
    gateway.post(order())
    found = gateway.state("sf-abc").recipients
    assert found["phone"].tolist() == [ADA, BEA]
    assert found["delivery"].notna().all()


# Looking up -----------------------------------------------------------------------------------------------

PEOPLE = pd.DataFrame({"phone": [ADA, BEA]}, dtype="string")
BATCH = Batch(1, 1, "sf-abc", State.UNCONFIRMED, Doubt.MAYBE, "Ciao", "gsm", Terms(), 2, 2, None, None)


NOBODY = pd.Series([], dtype=object)


def looked_up(*answers, login=LOGGED_IN, witnesses=NOBODY, own=("sf-abc",), prefixes=("sf-a",)):
    known = Known(lambda since: witnesses, lambda: pd.Series(own, dtype=object), lambda: prefixes)
    with scripted(*answers, login=login) as server:
        gateway = to(server)
        ((_, _, finding),) = look_up(gateway, [(BATCH, PEOPLE)], quiet(attempts=2), known)
        gateway.close()
    return finding


def listing(*phones, **more):
    return answer(200, {"result": "OK", "recipients": [{"destination": phone} for phone in phones], **more})


@pytest.mark.parametrize(
    ("answers", "event"),
    [
        ((listing(ADA, BEA),), Event.FOUND),
        ((listing("00393471234567", "393471234568"),), Event.FOUND),
        ((listing(ADA, BEA, ADA),), Event.FOUND),
        ((listing(ADA),), Event.FOUND_PART),
        ((listing("+14155550100", "+14155550101"),), Event.FOUND_OTHER),
        ((listing(),), Event.UNANSWERED),  # an order without anybody is nobody else's
        ((listing("3471234567", "3471234568"),), Event.UNANSWERED),  # ours, in national form
        ((listing("+39347***4567"),), Event.UNANSWERED),
        ((listing("+39347123****", "+39347123****"),), Event.UNANSWERED),  # the last digits are hidden
        ((listing("+39347123xxxx"),), Event.UNANSWERED),
        ((listing("+393471230000"),), Event.UNANSWERED),
        ((listing("+393471234567/222001"),), Event.UNANSWERED),
        ((listing("+393471234567#1234567"),), Event.UNANSWERED),
        ((listing(393471234567.0, 393471234568.0),), Event.FOUND),  # as JSON numbers
        ((listing(393471234567, 393471234568),), Event.FOUND),
        ((listing(None),), Event.UNANSWERED),
        ((listing("+14155550100", None),), Event.UNANSWERED),
        ((listing(ADA, "+14155550100"),), Event.UNANSWERED),  # neither ours nor other people's
        ((listing(ADA, BEA, "+14155550100"),), Event.UNANSWERED),
        ((answer(404), page("x", total=1)), Event.ABSENT),
        ((answer(404), page(total=0)), Event.ABSENT),
        ((answer(404), page("sf-abc", total=1)), Event.UNANSWERED),
        ((answer(404), page(" SF-ABC", total=1)), Event.UNANSWERED),
        ((answer(404), page("sf-b", total=1)), Event.ABSENT),
        ((answer(404), page("sf-another", total=1)), Event.UNANSWERED),  # its own, unknown here
        ((answer(404), page("x", total=2), page(total=2)), Event.UNANSWERED),
        ((answer(404), answer(404)), Event.UNANSWERED),
        ((answer(404), HTML), Event.UNANSWERED),
        ((HTML,), Event.UNANSWERED),
        ((answer(500),), Event.UNANSWERED),
        ((answer(403),), Event.UNANSWERED),
        ((SILENCE_MID_BODY,), Event.UNANSWERED),
        ((answer(401), answer(404), page("x", total=1)), Event.ABSENT),  # renewed before both questions
        ((answer(404), answer(401), page("x", total=1)), Event.UNANSWERED),  # between them: two sessions
    ],
)  # fmt: skip
def test_a_look_up_finds_what_is_proven_and_nothing_more(answers, event):
    finding = looked_up(*answers)
    assert finding.event is event
    assert ADA not in finding.evidence.answer
    if event is Event.FOUND_PART:
        assert finding.missing.tolist() == [BEA]


def test_a_look_up_in_a_session_opened_for_it_counts():
    """The first call of a process opens the session; that is no change of session."""
    assert looked_up(answer(404), page(total=0)).event is Event.ABSENT


def test_a_look_up_that_may_be_asked_again_is():
    assert looked_up(answer(500), listing(ADA, BEA)).event is Event.FOUND
