"""Each fault as a client meets it over real HTTP, and what the gateway had done by then."""

import functools
import http.client
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from helpers.http_outcomes import done, met, place, post, recorded, until

from smsframe.sandbox import Sandbox

LONG = 60.0  # seconds that no test waits for
SHORT = 0.02
SINCE = {"from": "20261122000000", "timezone": "UTC"}

MET = {
    "drop_before": ({}, "reset", False, None),
    "drop_after": ({}, "reset", True, None),
    "error_before": ({}, 500, False, 500),
    "error_before 413": ({"status": 413}, 413, False, 413),
    "error_after": ({}, 500, True, 500),
    "error_after 502": ({"status": 502}, 502, True, 502),
    "late_answer": ({"seconds": SHORT}, 201, True, 201),
    "late_acceptance": ({"seconds": LONG}, "reset", False, None),
    "half_body": ({}, "half", True, 201),
    "html": ({}, 200, True, 200),
    "redirect": ({}, 302, False, 302),
    "redirect 308": ({"status": 308}, 308, False, 308),
    "busy": ({}, 429, False, 429),
    "busy 503": ({"status": 503, "retry_after": 7}, 503, False, 503),
    "session_lost": ({}, 401, False, 401),
    "blind": ({"seconds": LONG}, 201, True, 201),
    "refuse": ({"order": 1, "seconds": SHORT}, "reset", False, None),
}


@pytest.mark.parametrize("name", MET)
def test_a_fault_is_met_and_the_record_tells_the_truth(caller, name):
    """What the client met, whether the gateway had done it by then, and the status on record."""
    options, client, accepted, status = MET[name]
    caller.sandbox.misbehave(name.split()[0], **options)
    assert post(caller) == client
    assert done(caller.sandbox) == ["one"] * accepted
    assert recorded(caller.sandbox) == [status]


def test_an_answer_says_what_the_fault_says(caller):
    order = {"message_type": "N", "message": "Ciao", "recipient": ["+12125550101"]}

    def answer(kind, **options):
        caller.sandbox.behave()
        caller.sandbox.misbehave(kind, **options)
        return caller.post("sms", json=order, allow_redirects=False)

    assert answer("busy").headers["Retry-After"] == "1"
    assert answer("busy", status=503, retry_after=7).headers["Retry-After"] == "7"
    assert answer("redirect").headers["Location"] == "/elsewhere"
    page = answer("html")
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.text.startswith("<!DOCTYPE html>")
    assert answer("error_before").json()["result"]
    assert answer("late_answer", seconds=SHORT).json()["result"] == "OK"


def test_a_reset_is_a_reset_and_not_an_orderly_end(caller):
    """Libraries tell the two apart, and people look for the word. A proxy's header changes nothing."""
    caller.sandbox.misbehave("drop_before", call="any")
    with socket.create_connection(place(caller.sandbox), timeout=10) as raw:
        raw.sendall(b"GET /API/v1.0/REST/status HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            raw.recv(1)


def test_half_a_body_is_half_of_what_was_announced(caller):
    caller.sandbox.misbehave("half_body", call="status")
    kept = http.client.HTTPConnection(*place(caller.sandbox), timeout=10)
    keys = {name: caller.headers[name] for name in ("user_key", "Session_key")}
    kept.request("GET", "/API/v1.0/REST/status", headers=keys)
    with pytest.raises(http.client.IncompleteRead) as broken:
        kept.getresponse().read()
    kept.close()
    whole = len(broken.value.partial) + broken.value.expected
    assert len(broken.value.partial) == whole // 2 > 0


def test_only_the_connection_of_the_call_breaks(open_sandbox):
    caller = open_sandbox()
    with type(caller)(caller.sandbox) as other:
        caller.sandbox.misbehave("drop_after", order=1)
        assert post(caller) == "reset"
        assert post(other, "two") == 201
        assert post(caller, "three") == 201


def test_a_late_answer_finds_a_client_that_is_gone(caller):
    """The client gave up: what it has is no answer, and that is what the record says."""
    caller.sandbox.misbehave("late_answer", seconds=LONG, times=1)
    assert post(caller, timeout=0.1) == "timeout"
    until(lambda: done(caller.sandbox) == ["one"])
    assert recorded(caller.sandbox) == [None]
    assert post(caller, "two") == 201


def test_a_late_acceptance_comes(caller):
    caller.sandbox.misbehave("late_acceptance", seconds=SHORT, times=1)
    assert post(caller) == "reset"
    until(lambda: done(caller.sandbox) == ["one"])
    assert caller.get("sms/one").status_code == 200
    assert recorded(caller.sandbox) == [None]


def test_a_lost_session_is_lost_for_every_call_until_a_new_login(caller):
    with type(caller)(caller.sandbox) as other:
        caller.sandbox.misbehave("session_lost", call="status", times=1)
        assert caller.get("status").status_code == 401
        assert other.get("status").status_code == 401
        caller.log_in()
        assert caller.get("status").status_code == 200


def test_an_order_nobody_sees_has_been_taken_all_the_same(caller):
    """State, history and cancelling do not know it, people do; the next order is seen again."""
    caller.sandbox.misbehave("blind", seconds=LONG, times=1)
    assert (post(caller), post(caller, "two")) == (201, 201)
    assert caller.get("sms/one").status_code == 404
    assert caller.delete("sms/one").status_code == 404
    history = caller.get("smshistory", params=SINCE).json()
    assert (history["total"], [order["order_id"] for order in history["smshistory"]]) == (1, ["two"])
    assert caller.sandbox.inbox()["order_id"].tolist() == ["one", "two"]
    assert post(caller) == 400, "its id is used"


def test_an_order_nobody_saw_comes_into_sight(caller):
    caller.sandbox.misbehave("blind", seconds=SHORT)
    caller.sms(order_id="one")
    caller.sandbox.behave()
    until(lambda: caller.get("sms/one").status_code == 200)
    assert caller.get("smshistory", params=SINCE).json()["total"] == 1


def test_paramsms_is_an_order_too(caller):
    caller.sandbox.misbehave("blind", seconds=LONG)
    body = {"message_type": "N", "message": "Ciao", "recipients": {"0": {"recipient": "+12125550101"}}}
    assert caller.post("paramsms", json=body | {"order_id": "one"}).status_code == 200
    assert caller.get("sms/one").status_code == 404
    caller.sandbox.misbehave("error_before")
    assert caller.post("paramsms", json=body).status_code == 500


def test_a_refused_port_is_closed_also_to_kept_connections(caller):
    """Connection refused, and nothing that the gateway could have seen."""
    assert caller.get("status").status_code == 200
    caller.sandbox.misbehave("refuse", seconds=LONG)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place(caller.sandbox), timeout=10)
    calls = len(caller.sandbox.calls())
    assert post(caller) == "refused"
    caller.sandbox.misbehave("refuse", seconds=SHORT)
    assert post(caller) == "refused", "a port that is closed stays as it is"
    assert len(caller.sandbox.calls()) == calls


def test_a_refused_port_opens_again_where_it_was(caller):
    url = caller.sandbox.url
    caller.sandbox.misbehave("refuse", seconds=SHORT)
    until(lambda: met(lambda: caller.get("status")) == 200)
    caller.sandbox.misbehave("refuse", seconds=SHORT)
    until(lambda: met(lambda: caller.get("status")) == 200)
    assert caller.sandbox.url == url


def test_a_call_closes_the_port_and_those_under_way_are_answered(caller):
    caller.sandbox.misbehave("late_answer", call="status", seconds=0.1)
    caller.sandbox.misbehave("refuse", order=1, seconds=LONG)
    with ThreadPoolExecutor(1) as pool, type(caller)(caller.sandbox) as other:
        underway = pool.submit(lambda: met(lambda: other.get("status")))
        until(lambda: "status" in set(caller.sandbox.calls()["path"]))
        assert post(caller) == "reset"
        assert underway.result() == 200
        assert met(lambda: other.get("status")) == "refused"


def test_only_a_sandbox_that_serves_can_close_its_port():
    with pytest.raises(RuntimeError, match="not running"):
        Sandbox().misbehave("refuse")


def test_a_closed_port_is_stopped_and_started_like_an_open_one():
    with Sandbox() as sandbox:
        sandbox.misbehave("refuse", seconds=LONG)
    before = threading.active_count()
    with sandbox.start():
        assert requests.get(sandbox.url + "checksession", timeout=10).status_code == 404
    assert threading.active_count() == before


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("kind", ["late_answer", "late_acceptance"])
def test_a_sandbox_stops_at_once_and_silently_whatever_is_late(kind, tls, caplog):
    """An answer for which nobody waits any more is no reason to wait, nor for a traceback on the screen."""
    with Sandbox(tls=tls) as sandbox, ThreadPoolExecutor(1) as pool:
        sandbox.misbehave(kind, call="order", seconds=LONG)
        ask = functools.partial(requests.post, sandbox.url + "sms", timeout=LONG, verify=sandbox.certificate)
        asked = pool.submit(met, ask)
        until(lambda: len(sandbox.calls()) == 1)
        sandbox.stop()
        assert asked.result() != 201
    assert caplog.text == ""


def test_a_client_that_leaves_amid_its_request_gets_no_fault(caller, caplog):
    caller.sandbox.misbehave("error_before", times=1)
    with socket.create_connection(place(caller.sandbox)) as raw:
        raw.sendall(b"POST /API/v1.0/REST/sms HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        until(lambda: recorded(caller.sandbox) == [None])
    assert post(caller) == 500
    assert caplog.text == ""


def test_answers_take_their_time_side_by_side(caplog):
    """All are being answered while none is: one that waits does not hold up the next."""
    with Sandbox(latency=LONG) as sandbox, ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(met, lambda: requests.get(sandbox.url + "login", timeout=LONG)) for _ in "12345678"
        ]
        until(lambda: len(sandbox.calls()) == 8)
        assert recorded(sandbox, "GET") == [None] * 8
        sandbox.stop()
        assert not any(future.result() == 200 for future in asked)
    assert caplog.text == ""


def test_every_answer_takes_its_time_and_comes(open_sandbox):
    caller = open_sandbox(latency=SHORT)
    assert post(caller) == 201
    caller.sandbox.misbehave("busy")
    assert post(caller) == 429
    assert recorded(caller.sandbox) == [201, 429]
