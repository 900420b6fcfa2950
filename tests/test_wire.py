"""One exchange over real sockets: what it says happened, whatever the other side does."""

from __future__ import annotations

import socket
import time
from email.utils import formatdate

import pytest
import rude_server as rude
from hypothesis import given
from hypothesis import strategies as st
from rude_server import RudeServer, says

from smsframe import wire
from smsframe.credentials import Keys

QUICK = (0.3, 0.3)


def ask(url, *, timeout=(5, 10), method="POST", proxies=None, verify=True):
    with wire.session(url, pool=2, verify=verify, proxies=proxies) as session:
        keys = Keys("4242", "Access_token", "t0ken")
        return wire.exchange(session, method, url + "sms", auth=keys, timeout=timeout, json={"a": 1})


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


# Whether it may have left ---------------------------------------------------------------------------------


def test_a_whole_answer_is_a_status_a_body_and_when_it_left():
    with RudeServer((says(201, {"result": "OK"}),)) as server:
        came = ask(server.url)
    assert (came.status, came.connected, came.json(), came.failure) == (201, True, {"result": "OK"}, "")
    assert abs(came.sent_at.timestamp() - time.time()) < 5
    assert repr(came) == "<Exchange 201>"


@pytest.mark.parametrize(
    "play",
    [
        rude.SILENCE,
        rude.RESET_AFTER_READING,
        rude.CLOSE_AFTER_READING,
        rude.RESET_MID_ANSWER,
        rude.SILENCE_MID_BODY,
        rude.half(201, '{"result": "OK"}'),
        rude.Play(b"SSH-2.0-OpenSSH\r\n"),
        rude.Play(b"HTTP/1.1 201 Created\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
        rude.Play(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        rude.Play(b"HTTP/1.1 201 Created\r\nX: " + b"x" * 70_000),
        says(201, b"not gzip", Content_Encoding="gzip"),
    ],
    ids=[
        "silence", "reset", "closed", "reset mid answer", "silence mid body", "half a body", "not HTTP",
        "two lengths", "bad chunk", "endless header", "bad gzip",
    ],
)  # fmt: skip
def test_once_connected_anything_but_a_whole_answer_may_have_left(play):
    with RudeServer((play,)) as server:
        came = ask(server.url, timeout=server.timeout)
        assert len(server.asked) == 1
    assert (came.status, came.connected) == (None, True)
    assert came.failure


def test_a_reset_before_the_request_is_read_may_have_left():
    """Only the other side knows what it had read by then."""
    with RudeServer((rude.Play(end="reset", unread=True),)) as server:
        came = ask(server.url)
    assert (came.status, came.connected) == (None, True)


def test_a_refused_connection_never_stood():
    came = ask(f"http://127.0.0.1:{closed_port()}/")
    assert (came.status, came.connected, came.failure) == (None, False, "the connection failed")


def test_a_name_that_does_not_exist_never_connected():
    came = ask("https://gateway.invalid/")
    assert (came.status, came.connected) == (None, False)


@pytest.mark.parametrize("url", ["https://a..b/", "https://.a/", "https://[::1/", f"https://{'a' * 70}/"])
def test_an_address_that_cannot_be_never_connected(url):
    with wire.session("http://127.0.0.1/", pool=1, verify=True, proxies=None) as session:
        keys = Keys("4242", "Access_token", "t0ken")
        came = wire.exchange(session, "POST", url, auth=keys, timeout=(5, 10))
    assert (came.status, came.connected) == (None, False)


def test_tls_to_a_plain_port_never_stood():
    with RudeServer() as server:
        came = ask(server.url.replace("http://", "https://"), timeout=QUICK)
        assert not server.asked
    assert (came.status, came.connected) == (None, False)
    assert "TLS" in came.failure


def test_a_tls_handshake_that_nobody_answers_never_stood():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        came = ask(f"https://127.0.0.1:{listener.getsockname()[1]}/", timeout=(0.2, 0.2))
    assert (came.status, came.connected) == (None, False)


@pytest.mark.parametrize("play", [says(407, "who are you?"), rude.CLOSE_AFTER_READING, rude.Play(b"?!\r\n")])
def test_a_proxy_that_opens_no_tunnel_let_nothing_through(play):
    with RudeServer((play,)) as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        came = ask("https://gateway.invalid/", proxies={"https": url})
        assert [asked.method for asked in proxy.asked] == ["CONNECT"]
    assert (came.status, came.connected) == (None, False)


def test_a_proxy_that_is_down_let_nothing_through():
    proxies = {"https": f"http://127.0.0.1:{closed_port()}"}
    came = ask("https://gateway.invalid/", proxies=proxies)
    assert (came.status, came.connected) == (None, False)


def test_a_kept_connection_that_breaks_may_have_carried_the_request():
    """The connection stood from the call before, so nothing is proven by its end."""
    with RudeServer((says(201, "{}"),)) as server:
        with wire.session(server.url, pool=1, verify=True, proxies=None) as session:
            keys = Keys("4242", "Access_token", "t0ken")
            for _ in range(2):
                wire.exchange(session, "POST", server.url, auth=keys, timeout=(5, 10))
        assert len(server.asked) == 2


# Redirects, cookies, .netrc, proxies ----------------------------------------------------------------------


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_its_target_hears_nothing(status):
    with (
        RudeServer() as target,
        RudeServer((says(status, "", Location=target.url + "sms"),)) as server,
    ):
        came = ask(server.url)
        assert came.status == status
        assert not target.asked


@pytest.mark.parametrize("location", ["http://[bad", "\xe9\xff", "//", "http://a:b:c/", ""])
def test_a_mad_redirect_is_still_only_an_answer(location):
    with RudeServer((says(302, "", Location=location),)) as server:
        assert ask(server.url).status == 302


def test_cookies_are_not_kept():
    with RudeServer((says(200, "{}", Set_Cookie="a=b; Path=/"),)) as server:
        with wire.session(server.url, pool=1, verify=True, proxies=None) as session:
            keys = Keys("4242", "Access_token", "t0ken")
            for _ in range(2):
                wire.exchange(session, "GET", server.url, auth=keys, timeout=(5, 10))
        assert not [asked for asked in server.asked if "cookie" in asked.headers]


def test_netrc_never_replaces_the_keys(monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login intruder password intrusion\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with RudeServer() as server:
        ask(server.url)
    (asked,) = server.asked
    assert "authorization" not in asked.headers
    assert (asked.headers["user_key"], asked.headers["access_token"]) == ("4242", "t0ken")


def test_proxies_of_the_environment_hold_but_not_for_loopback(monkeypatch):
    with RudeServer((says(502),)) as proxy, RudeServer() as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert ask(server.url).status == 201
        assert not proxy.asked
        ask("https://gateway.invalid/")
        assert [asked.target for asked in proxy.asked] == ["gateway.invalid:443"]


def test_no_proxy_of_the_environment_is_honoured(monkeypatch):
    with RudeServer((says(502),)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "gateway.invalid")
        assert ask("https://gateway.invalid/").connected is False
        assert not proxy.asked


# Reading the answer ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("soon", None),
        ("-5", None),
        ("9" * 400, wire.LONGEST),
        ("", None),
    ],
)
def test_retry_after_in_seconds(header, seconds):
    with RudeServer((says(429, "", Retry_After=header),)) as server:
        assert ask(server.url).retry_after == seconds


def test_retry_after_as_a_date_counts_from_now_and_never_back():
    with RudeServer((says(503, "", Retry_After=formatdate(time.time() + 100, usegmt=True)),)) as server:
        assert 90 < ask(server.url).retry_after <= 100
    with RudeServer((says(503, "", Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"),)) as server:
        assert ask(server.url).retry_after == 0.0


@given(st.text(st.characters(max_codepoint=255), max_size=60) | st.from_regex(r"[0-9A-Za-z,: +-]{0,40}"))
def test_no_retry_after_trips_us(header):
    seconds = wire._seconds(header)
    assert seconds is None or 0 <= seconds <= wire.LONGEST


@pytest.mark.parametrize(
    ("body", "json"),
    [
        (b'\xef\xbb\xbf{"result": "OK"}', {"result": "OK"}),
        (b"\xff\xfe", None),
        (b"[" * 100_000, None),
        (b"9" * 5000, None),
        (b"", None),
        (b"<html>", None),
    ],
    ids=["with a mark", "not UTF-8", "endless brackets", "endless digits", "empty", "HTML"],
)
def test_a_body_is_json_or_nothing(body, json):
    with RudeServer((says(201, body),)) as server:
        assert ask(server.url).json() == json


# Addresses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8/API/", "http://localhost/", "http://[::1]:80/", "https://gateway.example/"]
)
def test_an_address_that_keeps_secrets_is_fine(url):
    assert wire.complaint(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://gateway.example/", "http://127.0.0.1.example/", "http://localhost.example/", "http://0.0.0.0/",
        "http://10.0.0.1/", "https://user:pw@gateway.example/", "http://127.0.0.1\\@gateway.example/",
        "http://127.0.0.1\n.example/", "http://local\thost/", "ftp://127.0.0.1/", "gateway.example", "", None,
        "https://gateway.example/?password=pw", "https://gateway.example/#x", "https://", "https:///API/",
        "https://a..b/", "https://host:port/", "https://[::1/", "http://127.0.0.1 /", "http://127.0.0.1%2eexample/",
    ],
)  # fmt: skip
def test_an_address_that_could_give_secrets_away_or_name_nobody_is_refused_without_repeating_it(url):
    said = wire.complaint(url)
    assert said
    assert "pw" not in said
    assert "gateway.example" not in said.replace("https://gateway.example/API/v1.0/REST/", "")
