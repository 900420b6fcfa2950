"""
The seven quick-start clients of the gateway, as they write to the wire.

Written out as bytes after the published programs were run against a listener: case of headers, double
slashes, spelling of the dates, escapes, nulls, connections. What was not noted then (the order of a header,
a User-Agent) is what the client's HTTP library usually sends. Ruby's program speaks TLS; this is inside it.
"""

import http.client
import json
import socket
import urllib.parse
from dataclasses import dataclass

import pytest

LOGIN = "login?username=demo&password=demo"


@dataclass(frozen=True)
class Form:
    """One client: headers of its two requests, and the body of the second."""

    login: str
    sms: str
    body: str
    path: str = "/API/v1.0/REST/"
    one_connection: bool = False
    waits_for_continue: bool = False


PYTHON = """\
Host: {host}
User-Agent: python-requests/2.34.2
Accept-Encoding: gzip, deflate
Accept: */*
Connection: keep-alive
"""
RUBY = """\
Content-Type: application/json
Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3
Accept: */*
User-Agent: Ruby
"""
PERL = """\
TE: deflate,gzip;q=0.3
Connection: TE, close
Host: {host}
User-Agent: libwww-perl/6.68
"""

FORMS = {
    "python": Form(
        login=PYTHON,
        sms=PYTHON
        + "user_key: {user_key}\nSession_key: {session_key}\n"
        + "Content-type: application/json\nContent-Length: {length}\n",
        body='{"message": "Perch\\u00e9 no?", "message_type": "N", "returnCredits": false, "recipient": '
        '["+393471234567"], "sender": null, "scheduled_delivery_time": "2026-11-22T07:46:59.972683"}',
    ),
    "java": Form(
        path="/API/v1.0/REST//",
        login="""\
User-Agent: Java/17.0.18
Host: {host}
Accept: */*
Connection: keep-alive
""",
        sms="""\
user_key: {user_key}
Session_key: {session_key}
Accept: application/json
Content-type: application/json
User-Agent: Java/17.0.18
Host: {host}
Connection: keep-alive
Content-Length: {length}
""",
        body='{"message":"Perché no?","message_type":"N","returnCredits":false,"recipient":["+393471234567"],'
        '"scheduled_delivery_time":"Nov 22, 2026, 7:47:01 AM"}',
    ),
    "php": Form(
        login="Host: {host}\nAccept: */*\n",
        sms="""\
Host: {host}
Accept: */*
Content-type: application/json
user_key: {user_key}
Session_key: {session_key}
Content-Length: {length}
""",
        body='{"message":"Perch\\u00e9 no?","message_type":"N","returnCredits":false,'
        '"recipient":["+393471234567"],"sender":null,"scheduled_delivery_time":"20261122074701"}',
    ),
    "node": Form(
        one_connection=True,
        login="host: {host}\nConnection: keep-alive\n",
        sms="""\
user_key: {user_key}
Session_key: {session_key}
host: {host}
accept: application/json
content-type: application/json
content-length: {length}
Connection: keep-alive
""",
        body='{"returnCredits":true,"recipient":["+393471234567","+393471234568"],'
        '"scheduled_delivery_time":"20171223101010","message":"Perché no?","message_type":"N"}',
    ),
    "ruby": Form(
        login=RUBY + "Host: {host}\nConnection: close\n",
        sms=RUBY
        + "User_key: {user_key}\nSession_key: {session_key}\n"
        + "Connection: close\nHost: {host}\nContent-Length: {length}\n",
        body='{"returnCredits":true,"recipient":["+393471234567","+393471234568"],"message":"Perché no?",'
        '"message_type":"N"}',
    ),
    "csharp": Form(
        one_connection=True,
        waits_for_continue=True,
        login="Host: {host}\nConnection: keep-alive\n",
        sms="""\
user_key: {user_key}
Session_key: {session_key}
Content-Type: application/json
Content-Length: {length}
Expect: 100-continue
Host: {host}
""",
        body='{"message":"Perché no?","message_type":"N","returnCredits":false,"recipient":["+393471234567"],'
        '"sender":null,"scheduled_delivery_time":"2017-08-18T13:31:00"}',
    ),
    "perl": Form(
        login=PERL + "Content-Type: application/json\n",
        sms=PERL
        + "Content-Length: {length}\nContent-Type: application/json\n"
        + "Session_key: {session_key}\nuser_key: {user_key}\n",
        body='{"message_type":"N","recipient":["+393471234567"],"message":"Perché no?"}',
    ),
}

PLAIN = Form(login="", sms="", body="")


class Wire:
    """Raw connections to a sandbox: a new one for each request, or one for all."""

    def __init__(self, url):
        place = urllib.parse.urlsplit(url)
        self.address = (place.hostname, place.port)
        self.host = place.netloc
        self.socket = None

    def exchange(self, form, line, headers, body=b""):
        if self.socket is None or not form.one_connection:
            self.close()
            self.socket = socket.create_connection(self.address, timeout=5)
        head = (line + " HTTP/1.1\n" + headers + "\n").replace("\n", "\r\n").encode()
        if form.waits_for_continue and body:
            self.socket.sendall(head)
            assert self.read_head().startswith(b"HTTP/1.1 100 ")
            self.socket.sendall(body)
        else:
            self.socket.sendall(head + body)
        answer = http.client.HTTPResponse(self.socket)
        try:
            answer.begin()
            return answer.status, answer.read().decode()
        finally:
            answer.close()

    def read_head(self):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.socket.recv(1)
        return head

    def close(self):
        if self.socket is not None:
            self.socket.close()


@pytest.fixture
def wire(caller):
    wire = Wire(caller.sandbox.url)
    yield wire
    wire.close()


@pytest.mark.parametrize("client", FORMS)
def test_a_quick_start_client_logs_in_and_sends(caller, wire, client):
    """Each must get its keys as text, a 201 with integer fields, and its text to its people."""
    form = FORMS[client]
    status, text = wire.exchange(form, f"GET {form.path}{LOGIN}", form.login.format(host=wire.host))
    assert status == 200
    user_key, session_key = text.split(";")

    body = form.body.encode()
    keys = {"user_key": user_key, "session_key": session_key}
    headers = form.sms.format(host=wire.host, length=len(body), **keys)
    status, text = wire.exchange(form, f"POST {form.path}sms", headers, body)
    assert status == 201
    answer = json.loads(text)
    recipients = 2 if client in {"node", "ruby"} else 1
    assert (answer["result"], answer["total_sent"]) == ("OK", recipients)
    assert type(answer["total_sent"]) is int
    assert type(answer.get("remaining_credits", 0)) is int
    inbox = caller.sandbox.inbox()
    assert inbox["recipient"].tolist() == ["+393471234567", "+393471234568"][:recipients]
    assert set(inbox["text"]) == {"Perché no?"}


@pytest.mark.parametrize("path", ["//API/v1.0/REST/login", "/API//v1.0/REST///login"])
def test_slashes_may_be_doubled_anywhere(wire, path):
    status, _ = wire.exchange(PLAIN, f"GET {path}?username=demo&password=demo", f"Host: {wire.host}\n")
    assert status == 200


def test_a_body_of_megabytes_is_read(open_sandbox):
    """A hundred thousand recipients in one order: no source states a limit."""
    caller = open_sandbox(credits=200_000)
    numbers = ["+12125550101"] * 100_000
    assert caller.sms(*numbers).json()["total_sent"] == 100_000


def test_bytes_that_are_not_http_are_refused_and_the_next_call_is_answered(caller, wire):
    status, _ = wire.exchange(PLAIN, "\x00\x01", "")
    assert status == 400
    assert caller.get("status").status_code == 200
