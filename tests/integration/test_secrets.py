"""
Nothing secret and nobody's number where it could be pasted into a ticket or saved in a notebook.

Every failure is made over a real socket, with every logger at DEBUG, and everything that anybody may see of
it is searched: log records, the error, its chain, its traceback, and IPython's with the variables.
"""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import traceback
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, quote_plus

import pandas as pd
import pytest
import requests
from helpers.clocks import NO_WAITS
from helpers.faulty_server import (
    ACCEPTED,
    CLOSE_AFTER_READING,
    HTML,
    SILENCE,
    RawReply,
    answer,
    drop,
    scripted,
)
from helpers.tracebacks import without_frames_of
from IPython.core.ultratb import VerboseTB

import smsframe
from smsframe import CampaignStopped, Gateway, GatewayError, NotAuthorised, SmsFrameError
from smsframe.gateway import transport
from smsframe.gateway.order import Order
from smsframe.orders.terms import Terms
from smsframe.texts import render

PASSWORD = "pässw0rd&=%/ €+x"
USERNAME = "maria+rossi@example.org"
USER_KEY, SESSION_KEY, TOKEN = "ukey77ukey", "s3ss10nK3Ys3ss10nK3Y", "t0kenT0kent0kenT0ken"
PACKAGE = Path(smsframe.__file__).parent
PHONES = ["+393471234567", "+393471234568", "+46701740642"]
LOGIN = (answer(200, f"{USER_KEY};{SESSION_KEY}"),)
NEW = answer(200, {"result": "OK", "total": 0, "smshistory": []})  # the campaign, to the gateway
CREDITS = answer(200, {"sms": [{"type": "N", "quantity": 100}]})

SECRETS = [
    *(
        form
        for secret in (PASSWORD, TOKEN, SESSION_KEY, USER_KEY)
        for form in (secret, quote(secret, safe=""))
    ),
    quote_plus(PASSWORD),
    PASSWORD.encode().decode("latin-1"),
    *(f"username={form}" for form in (USERNAME, quote(USERNAME, safe=""), quote_plus(USERNAME))),
    *(form for phone in PHONES for form in (phone, phone[1:], phone[3:], f"{phone[3:6]} {phone[6:]}")),
]
ECHO = f"{USER_KEY} {SESSION_KEY} {TOKEN} {PHONES[0]} recipient={PHONES[1]}&x"
LOGIN_ECHO = f"login?username={quote(USERNAME)}&password={quote(PASSWORD)} {PASSWORD} {quote_plus(PASSWORD)}"
"""What a gateway may know of us when it answers, and might say back: more to a call than to a login."""


def guests():
    """Three people; a function, because a traceback with variables shows the caller's own frame by right."""
    return pd.DataFrame({"name": ["Ada", "Bea", "Cid"], "mobile": PHONES})


def order():
    people = pd.DataFrame({"phone": PHONES, "fields": [""] * 3}, dtype="string")
    return Order("sf-abc", render.parse("Ciao"), "gsm", Terms(), people)


def by_login(url, **options):
    return Gateway(url, username=USERNAME, password=PASSWORD, clock=NO_WAITS, **options)


def by_token(url, **options):
    return Gateway(url, user_key=USER_KEY, access_token=TOKEN, clock=NO_WAITS, **options)


def send(gateway, journal, **options):
    return smsframe.send(
        guests(), "Ciao {name}", campaign="c", phone="mobile", gateway=gateway, journal=journal,
        progress=False, grace=0.0, batch_size=1, workers=1, **options,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def everything_logged(caplog):
    for name in ("", "urllib3", "requests", "smsframe"):
        caplog.set_level(logging.DEBUG, logger=name or None)


def leaks(seen):
    return [secret for secret in SECRETS if secret in seen]


def logged(caplog):
    """All that a handler could write of any record, arguments included."""
    seen = []
    for record in caplog.records:
        seen += [str(record.msg), repr(record.args), record.getMessage(), repr(record.exc_info)]
        if record.exc_info:
            seen += traceback.format_exception(*record.exc_info)
    return "\n".join(seen)


def chain(error):
    """An error and all that it came from."""
    left, known = [error], []
    while left:
        one = left.pop()
        if one is not None and one not in known:
            known.append(one)
            left += [one.__cause__, one.__context__]
    return known


def told(error):
    """All that an error and its chain say in words."""
    seen = []
    for one in chain(error):
        kept = {name: value for name, value in vars(one).items() if name != "results"}
        seen += [str(one), repr(one), repr(one.args), repr(kept), *getattr(one, "__notes__", [])]
        seen += traceback.format_exception(one)
    return "\n".join(seen)


def shown(error):
    """The same, and what IPython prints with the variables of each frame (``%xmode Verbose``)."""
    verbose = VerboseTB(include_vars=True)
    seen = [verbose.text(type(one), one, one.__traceback__) for one in chain(error)]
    return told(error) + re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(seen))


def local_variables(error):
    """What tools that show every variable of every frame would print of our own frames."""
    seen = []
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if Path(frame.f_code.co_filename).is_relative_to(PACKAGE):
            seen += [repr(value) for value in frame.f_locals.values()]
    return "\n".join(seen)


def raised(call, *args, **options):
    with pytest.raises(SmsFrameError) as caught:
        call(*args, **options)
    return caught.value


# What the search itself is worth --------------------------------------------------------------------------


def test_this_search_finds_what_requests_would_have_shown(caplog):
    """The test of the tests: the plain call leaks everywhere we look."""
    pair = {"username": USERNAME, "password": PASSWORD}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/login"
    with pytest.raises(requests.ConnectionError) as caught:
        requests.get(url, params=pair, timeout=1)
    assert leaks(str(caught.value))
    assert leaks(shown(caught.value))
    with scripted() as server:
        filters = logging.getLogger("urllib3.connectionpool")
        for one in list(filters.filters):
            filters.removeFilter(one)
        requests.get(server.url + "login", params=pair, timeout=1)
        filters.addFilter(transport._REDACTION)
    assert leaks(logged(caplog))


# Every failure --------------------------------------------------------------------------------------------


def failures(echo):
    """Everything that can come back, with an echo of what was sent."""
    return {
        "refused": answer(400, {"result": echo}),
        "refused in the other shape": answer(400, {"error_type": echo, "error_message": echo}),
        "refused in plain text": answer(400, echo),
        "unauthorised": answer(401, {"result": echo}),
        "forbidden": answer(403, echo),
        "not found": answer(404, {"result": echo}),
        "redirect": answer(302, echo, Location="http://[bad"),
        "moved": answer(308, echo, Location="http://[bad"),
        "too large": answer(413, echo),
        "busy": answer(429, echo, Retry_After="1"),
        "broken": answer(500, {"error_message": echo}),
        "bad gateway": answer(502, f"<html>{echo}</html>"),
        "away": answer(503, echo, Retry_After="700"),
        "a KO": answer(201, {"result": echo}),
        "HTML": HTML,
        "half": answer(201, echo, missing=100),
        "silence": SILENCE,
        "reset": drop,
        "closed": CLOSE_AFTER_READING,
        "not HTTP": RawReply(echo.encode() + b"\r\n"),
        "broken headers": RawReply(b"HTTP/1.1 200 OK\r\nno colon here\r\nConnection: close\r\n\r\nx"),
    }


FAILURES, LOGIN_FAILURES = failures(ECHO.replace(TOKEN, "")), failures(LOGIN_ECHO)
CALLS = {
    "post": lambda gateway: (_ for _ in ()).throw(gateway.post(order()).error("sf-abc")),
    "credits": lambda gateway: gateway.credits(),
    "state": lambda gateway: (
        gateway.state("sf-abc").recipients or (_ for _ in ()).throw(GatewayError("no such order"))
    ),
    "history": lambda gateway: gateway.history_page(datetime.now(UTC), 1, 10),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("failure", FAILURES)
def test_no_answer_makes_a_call_leak(failure, call, caplog):
    for make, unknown in ((by_login, TOKEN), (by_token, SESSION_KEY)):
        play = failures(ECHO.replace(unknown, ""))[failure]
        with scripted(play, login=LOGIN) as server:
            gateway = make(server.url, timeout=server.timeout)
            error = raised(CALLS[call], gateway)
            gateway.close()
        assert not leaks(told(error))
    assert not leaks(logged(caplog))


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("failure", ["unauthorised", "broken", "HTML"])
def test_not_even_a_traceback_with_variables_shows_what_a_call_holds(failure, call):
    with scripted(FAILURES[failure], login=LOGIN) as server:
        gateway = by_login(server.url)
        error = raised(CALLS[call], gateway)
        gateway.close()
    assert not leaks(shown(error))


@pytest.mark.parametrize("failure", ["unauthorised", "broken", "HTML"])
@pytest.mark.parametrize("login", ["query", "basic"])
def test_not_even_a_traceback_with_variables_shows_what_a_login_holds(failure, login):
    with scripted(ACCEPTED, login=(LOGIN_FAILURES[failure],)) as server:
        gateway = by_login(server.url, login=login, timeout=server.timeout)
        error = raised(gateway.credits)
        gateway.close()
    assert not leaks(shown(error))


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("login", ["query", "basic"])
def test_no_answer_makes_a_login_leak(failure, login, caplog):
    with scripted(ACCEPTED, login=(LOGIN_FAILURES[failure],)) as server:
        gateway = by_login(server.url, login=login, timeout=server.timeout)
        for call in ("credits", "post"):
            error = raised(CALLS[call], gateway)
            assert not leaks(told(error))
            assert not leaks(local_variables(error))
        gateway.close()
    assert not leaks(logged(caplog))


@pytest.mark.parametrize("make", [by_login, by_token])
@pytest.mark.parametrize("call", CALLS)
def test_no_way_to_the_gateway_leaks(make, call, caplog):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/", f"https://127.0.0.1:{port}/", "https://gateway.invalid/"):
        error = raised(CALLS[call], make(url))
        assert not leaks(told(error))
        assert not leaks(local_variables(error))
    assert not leaks(logged(caplog))


def test_tls_to_a_plain_port_does_not_leak(caplog):
    with scripted() as server:
        error = raised(by_login(server.url.replace("http:", "https:"), timeout=(0.2, 0.2)).credits)
    assert not leaks(shown(error))
    assert not leaks(logged(caplog))


def test_ctrl_c_in_the_middle_of_a_login_does_not_leak(monkeypatch):
    """A KeyboardInterrupt goes through the frames of requests and urllib3, which hold the address."""

    def interrupted(*_args, **_options):
        raise KeyboardInterrupt

    with scripted() as server:
        gateway = by_login(server.url)
        monkeypatch.setattr("http.client.HTTPConnection.getresponse", interrupted)
        with pytest.raises(KeyboardInterrupt) as caught:
            gateway.credits()
        gateway.close()
    assert not leaks(shown(caught.value))
    assert not leaks(local_variables(caught.value))


def test_a_bug_below_us_does_not_leak(monkeypatch):
    def broken(*_args, **_options):
        raise ZeroDivisionError

    with scripted() as server:
        gateway = by_login(server.url)
        monkeypatch.setattr("http.client.HTTPConnection.getresponse", broken)
        with pytest.raises(ZeroDivisionError) as caught:
            gateway.credits()
        gateway.close()
    assert not leaks(shown(caught.value))


# Making a gateway -----------------------------------------------------------------------------------------


WRONG = {
    "not encrypted": {"BASE_URL": "http://gateway.example/"},
    "credentials in the address": {"BASE_URL": f"https://{USER_KEY}:{TOKEN}@gateway.example/"},
    "no address": {"BASE_URL": ""},
    "a line break": {"PASSWORD": "", "USER_KEY": USER_KEY, "ACCESS_TOKEN": TOKEN + "\n"},
    "not UTF-8": {"PASSWORD": PASSWORD + "\udce9"},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_an_environment_that_cannot_work_is_not_shown(monkeypatch, wrong):
    given = {"BASE_URL": "https://gateway.example/", "USERNAME": USERNAME, "PASSWORD": PASSWORD} | WRONG[
        wrong
    ]
    for name, value in given.items():
        monkeypatch.setenv(f"SMSFRAME_{name}", value)
    with pytest.raises((ValueError, NotAuthorised)) as caught:
        Gateway.from_env()
    assert not leaks(shown(caught.value))


def test_nothing_that_is_printed_of_a_gateway_leaks():
    for gateway in (by_login("https://gateway.example/"), by_token("https://gateway.example/")):
        assert not leaks(repr(gateway) + str(gateway) + repr(vars(gateway)))


def test_an_order_and_an_exchange_print_no_number():
    assert not leaks(repr(order()) + str(order()))
    assert not leaks(repr(transport.Exchange(200, body=ECHO)))


# Whole campaigns ------------------------------------------------------------------------------------------


def wrong_password(journal):
    with smsframe.Sandbox(username=USERNAME, password="another") as sandbox:
        send(by_login(sandbox.url), journal)


def out_of_reach(journal):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    send(by_login(url), journal)


def no_credit(journal):
    with smsframe.Sandbox(credits=1, username=USERNAME, password=PASSWORD) as sandbox:
        send(by_login(sandbox.url), journal)


def through_the_accessor(journal):
    with smsframe.Sandbox(username=USERNAME, password="another") as sandbox:
        guests().sms.send(
            "Ciao",
            campaign="c",
            phone="mobile",
            gateway=by_login(sandbox.url),
            journal=journal,
            progress=False,
        )


def refreshing(_journal):
    with smsframe.Sandbox(username=USERNAME, password="another") as sandbox:
        smsframe.refresh(
            guests().assign(sms_order_id="sf-abc").rename(columns={"mobile": "sms_phone"}),
            gateway=by_login(sandbox.url),
            progress=False,
        )


def stopped_on_the_way(journal, failure="unauthorised"):
    with scripted(NEW, CREDITS, ACCEPTED, FAILURES[failure], login=LOGIN) as server:
        gateway = by_login(server.url)
        try:
            send(gateway, journal)
        finally:
            gateway.close()


TROUBLES = [wrong_password, out_of_reach, no_credit, through_the_accessor, refreshing, stopped_on_the_way]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_public_call_that_fails_says_nothing_secret(trouble, caplog, tmp_path):
    error = raised(trouble, tmp_path / "journal.sqlite")
    assert not leaks(told(error))
    assert not leaks(logged(caplog))


@pytest.mark.parametrize("trouble", TROUBLES)
def test_not_even_a_traceback_with_variables_shows_whom_a_public_call_texts(trouble, tmp_path):
    error = raised(trouble, tmp_path / "journal.sqlite")
    assert not leaks(without_frames_of(__file__, shown(error)))


@pytest.mark.parametrize("failure", ["unauthorised", "forbidden", "moved", "not found", "busy", "too large"])
def test_a_campaign_that_stops_on_the_way_says_nothing_secret(failure, caplog, tmp_path):
    error = raised(stopped_on_the_way, tmp_path / "journal.sqlite", failure)
    assert isinstance(error, CampaignStopped)
    assert error.results["sms_status"].tolist() == ["accepted", "pending", "pending"]
    assert not leaks(told(error))
    assert not leaks(logged(caplog))
    assert not leaks(" ".join(error.results["sms_reason"].dropna()))


@pytest.mark.parametrize("failure", ["refused", "a KO", "broken", "half", "reset", "redirect"])
def test_what_a_row_says_of_a_refusal_or_a_doubt_names_no_number(failure, caplog, tmp_path):
    answers = (NEW, CREDITS, ACCEPTED, FAILURES[failure], CREDITS, answer(500, ECHO))
    with scripted(*answers, login=LOGIN) as server:
        gateway = by_login(server.url)
        with contextlib.suppress(CampaignStopped):
            send(gateway, tmp_path / "journal.sqlite")
        gateway.close()
    out = smsframe.results("c", journal=tmp_path / "journal.sqlite")
    assert out["sms_status"].isin(["rejected", "unconfirmed"]).any()
    assert not leaks(" ".join(out["sms_reason"].dropna()))
    assert not leaks(logged(caplog))


ORDER_ID = re.compile(r"\bsf-[a-z2-7]{10}-[a-z2-7]{16}\b")


def test_the_log_of_a_whole_send_at_info_says_only_counts_and_order_ids(caplog, tmp_path):
    caplog.set_level(logging.INFO, logger="smsframe")
    with smsframe.Sandbox(username=USERNAME, password=PASSWORD) as sandbox:
        gateway = by_login(sandbox.url)
        out = send(gateway, tmp_path / "journal.sqlite")
        smsframe.refresh(out, gateway=gateway, progress=False)
        gateway.close()
    said = [record.getMessage() for record in caplog.records if record.name.startswith("smsframe")]
    assert len([line for line in said if ORDER_ID.search(line)]) == 3
    assert {ORDER_ID.sub("…", line) for line in said} <= {"logged in", "order …: accepted (HTTP 200)"}


def test_the_loggers_of_others_are_filtered_whatever_they_log(caplog):
    loud = logging.getLogger("urllib3.connectionpool")
    loud.debug("GET /login?%s", f"username={quote(USERNAME)}&password={quote(PASSWORD, safe='')}")
    loud.debug("GET /blacklist/sms?phoneNumber=%s&x=1", quote(PHONES[0]))
    assert not leaks(logged(caplog))
    assert "x=1" in caplog.text


def test_the_library_is_silent_by_itself():
    assert any(isinstance(one, logging.NullHandler) for one in logging.getLogger("smsframe").handlers)
