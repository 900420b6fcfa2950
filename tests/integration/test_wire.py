"""One exchange over real sockets: what it says happened, whatever the other side does."""

from __future__ import annotations

import contextlib
import math
import socket
import socketserver
import struct
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from urllib.parse import urlsplit

import pytest
from helpers.faulty_server import (
    CLOSE_AFTER_READING,
    RESET_MID_ANSWER,
    SILENCE,
    SILENCE_MID_BODY,
    FaultyServer,
    RawReply,
    answer,
    drop,
    read_to_the_end,
    scripted,
)
from hypothesis import given
from hypothesis import strategies as st

import smsframe
from smsframe.gateway import connections, transport
from smsframe.gateway.auth import Keys

QUICK = (0.3, 0.3)


def ask(url, *, timeout=(5, 10), method="POST", proxies=None, verify=True):
    with transport.session(url, pool=2, verify=verify, proxies=proxies) as session:
        keys = Keys("4242", "Access_token", "t0ken")
        return transport.request(session, method, url + "sms", auth=keys, timeout=timeout, json={"a": 1})


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


# Whether it may have left ---------------------------------------------------------------------------------


def test_a_whole_answer_is_a_status_a_body_and_when_it_left():
    with scripted(answer(201, {"result": "OK"})) as server:
        came = ask(server.url)
    assert (came.status, came.connected, came.json(), came.failure) == (201, True, {"result": "OK"}, "")
    assert abs(came.sent_at.timestamp() - time.time()) < 5
    assert repr(came) == "<Exchange 201>"


@pytest.mark.parametrize(
    "play",
    [
        SILENCE,
        drop,
        CLOSE_AFTER_READING,
        RESET_MID_ANSWER,
        SILENCE_MID_BODY,
        answer(201, '{"result": "OK"}', missing=100),
        RawReply(b"SSH-2.0-OpenSSH\r\n"),
        RawReply(b"HTTP/1.1 201 Created\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
        RawReply(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        RawReply(b"HTTP/1.1 201 Created\r\nX: " + b"x" * 70_000),
        answer(201, b"not gzip", Content_Encoding="gzip"),
    ],
    ids=[
        "silence", "reset", "closed", "reset mid answer", "silence mid body", "half a body", "not HTTP",
        "two lengths", "bad chunk", "endless header", "bad gzip",
    ],
)  # fmt: skip
def test_once_connected_anything_but_a_whole_answer_may_have_left(play):
    with scripted(play) as server:
        came = ask(server.url, timeout=server.timeout)
        assert len(server.asked) == 1
    assert (came.status, came.connected) == (None, True)
    assert came.failure


def test_a_reset_before_the_request_is_read_may_have_left():
    """Only the other side knows what it had read by then."""
    with FaultyServer(unread=True) as server:
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
    with transport.session("http://127.0.0.1/", pool=1, verify=True, proxies=None) as session:
        keys = Keys("4242", "Access_token", "t0ken")
        came = transport.request(session, "POST", url, auth=keys, timeout=(5, 10))
    assert (came.status, came.connected) == (None, False)


def test_tls_to_a_plain_port_never_stood():
    with scripted() as server:
        came = ask(server.url.replace("http://", "https://"), timeout=QUICK)
        assert not server.asked
    assert (came.status, came.connected) == (None, False)
    assert "TLS" in came.failure


def test_a_tls_handshake_that_nobody_answers_never_stood():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        came = ask(f"https://127.0.0.1:{listener.getsockname()[1]}/", timeout=(0.2, 0.2))
    assert (came.status, came.connected) == (None, False)


@pytest.mark.parametrize("play", [answer(407, "who are you?"), CLOSE_AFTER_READING, RawReply(b"?!\r\n")])
def test_a_proxy_that_opens_no_tunnel_let_nothing_through(play):
    with scripted(play) as proxy:
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
    with scripted(answer(201, "{}")) as server:
        with transport.session(server.url, pool=1, verify=True, proxies=None) as session:
            keys = Keys("4242", "Access_token", "t0ken")
            for _ in range(2):
                transport.request(session, "POST", server.url, auth=keys, timeout=(5, 10))
        assert len(server.asked) == 2


# Redirects, cookies, .netrc, proxies ----------------------------------------------------------------------


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_its_target_hears_nothing(status):
    with (
        scripted() as target,
        scripted(answer(status, "", Location=target.url + "sms")) as server,
    ):
        came = ask(server.url)
        assert came.status == status
        assert not target.asked


@pytest.mark.parametrize("location", ["http://[bad", "\xe9\xff", "//", "http://a:b:c/", ""])
def test_a_mad_redirect_is_still_only_an_answer(location):
    with scripted(answer(302, "", Location=location)) as server:
        assert ask(server.url).status == 302


def test_cookies_are_not_kept():
    with scripted(answer(200, "{}", Set_Cookie="a=b; Path=/")) as server:
        with transport.session(server.url, pool=1, verify=True, proxies=None) as session:
            keys = Keys("4242", "Access_token", "t0ken")
            for _ in range(2):
                transport.request(session, "GET", server.url, auth=keys, timeout=(5, 10))
        assert not [asked for asked in server.asked if "cookie" in asked.headers]


def test_netrc_never_replaces_the_keys(monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login intruder password intrusion\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with scripted() as server:
        ask(server.url)
    (asked,) = server.asked
    assert "authorization" not in asked.headers
    assert (asked.headers["user_key"], asked.headers["access_token"]) == ("4242", "t0ken")


def test_proxies_of_the_environment_hold_but_not_for_loopback(monkeypatch):
    with scripted(answer(502)) as proxy, scripted() as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert ask(server.url).status == 201
        assert not proxy.asked
        ask("https://gateway.invalid/")
        assert [asked.target for asked in proxy.asked] == ["gateway.invalid:443"]


def test_no_proxy_of_the_environment_is_honoured(monkeypatch):
    with scripted(answer(502)) as proxy:
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
        ("9" * 400, transport.LONGEST),
        ("", None),
    ],
)
def test_retry_after_in_seconds(header, seconds):
    with scripted(answer(429, "", Retry_After=header)) as server:
        assert ask(server.url).retry_after == seconds


def test_retry_after_as_a_date_counts_from_now_and_never_back():
    with scripted(answer(503, "", Retry_After=formatdate(time.time() + 100, usegmt=True))) as server:
        assert 90 < ask(server.url).retry_after <= 100
    with scripted(answer(503, "", Retry_After="Wed, 21 Oct 2015 07:28:00 GMT")) as server:
        assert ask(server.url).retry_after == 0.0


@given(st.text(st.characters(max_codepoint=255), max_size=60) | st.from_regex(r"[0-9A-Za-z,: +-]{0,40}"))
def test_no_retry_after_trips_us(header):
    seconds = transport._seconds(header, datetime.now(UTC))
    assert seconds is None or 0 <= seconds <= transport.LONGEST


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
    with scripted(answer(201, body)) as server:
        assert ask(server.url).json() == json


@pytest.mark.parametrize(
    ("header", "date"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("Sun, 06 Nov 1994 08:49:37 +0200", datetime(1994, 11, 6, 6, 49, 37, tzinfo=UTC)),
        ("Sun, 06 Nov 1994 08:49:37 -0000", None),
        ("Sun Nov  6 08:49:37 1994", None),
        ("Sun, 31 Feb 1994 08:49:37 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
        ("soon", None),
        ("9" * 5000, None),
        ("", None),
    ],
)
def test_the_date_of_an_answer_has_a_zone_or_is_none(header, date):
    with scripted(answer(200, "{}", Date=header)) as server:
        assert ask(server.url).date == date


@pytest.mark.parametrize(
    ("header", "age"),
    [
        ("0", 0.0),
        ("000", 0.0),
        ("17", 17.0),
        (" 17 ", 17.0),
        ("9" * 5000, 99999999999999999999.0),
        ("-1", math.inf),
        ("1.5", math.inf),
        ("0, 7", math.inf),
        ("\u00b2", math.inf),
        ("soon", math.inf),
        ("", math.inf),
    ],
)
def test_the_age_of_an_answer_is_a_number_of_seconds_or_infinite(header, age):
    with scripted(answer(200, "{}", Age=header)) as server:
        assert ask(server.url).age == age


def test_an_answer_without_date_and_age_has_none():
    with scripted(answer(200, "{}", Date=None)) as server:
        came = ask(server.url)
    assert (came.date, came.age) == (None, 0.0)


@given(st.text(st.characters(max_codepoint=255), max_size=60) | st.from_regex(r"[0-9A-Za-z,: +-]{0,40}"))
def test_no_date_and_no_age_trips_us(header):
    date = transport._date(header)
    assert date is None or date.utcoffset() == timedelta(0)
    assert transport._age(header) >= 0


# Sockets --------------------------------------------------------------------------------------------------


class Tunnel(socketserver.BaseRequestHandler):
    """A proxy that opens tunnels, and hands plain requests on."""

    def handle(self):
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.request.recv(65536)
        target = head.split()[1].decode()
        host, port = (urlsplit(target).netloc if "//" in target else target).split(":")
        with socket.create_connection((host, int(port))) as there:
            if head.startswith(b"CONNECT "):
                self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                there.sendall(head)
            back = threading.Thread(target=self.copy, args=(there, self.request), daemon=True)
            back.start()
            self.copy(self.request, there)
            back.join(5)

    def copy(self, source, sink):
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def tunnel():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def kept(session):
    """The sockets of the connections that a session keeps."""
    adapter = session.get_adapter("http://127.0.0.1/")
    managers = [adapter.poolmanager, *adapter.proxy_manager.values()]
    pools = [manager.pools[key] for manager in managers for key in manager.pools.keys()]  # noqa: SIM118 - no mapping: urllib3 has `keys` alone
    return [made.sock for pool in pools for made in list(pool.pool.queue) if made and made.sock]


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("proxied", [False, True], ids=["directly", "through a proxy"])
def test_every_socket_forgets_at_once_what_it_had_not_delivered(secure, proxied, tunnel):
    with smsframe.Sandbox(tls=secure) as sandbox:
        verify = str(sandbox.certificate) if secure else True
        options = {"pool": 2, "verify": verify, "proxies": None, "read_timeout": 7.5}
        with transport.session(sandbox.url, **options) as session:
            if proxied:  # a proxy for loopback is never taken by itself
                session.proxies = {"http": tunnel, "https": tunnel}
            keys = Keys("4242", "Access_token", "t0ken")
            came = transport.request(session, "GET", sandbox.url + "status", auth=keys, timeout=(5, 10))
            assert came.status in (401, 404)  # the latter for an address as proxies get it
            (wired,) = kept(session)
            assert bool(proxied) == (f":{wired.getpeername()[1]}/" not in sandbox.url)
            assert struct.unpack("ii", wired.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)) == (1, 0)
            assert wired.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            if sys.platform == "linux":
                assert wired.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 7500


def test_a_server_is_told_at_once_that_nobody_waits_any_more():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        came = ask(f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout=(5, 0.1))
        connection, _ = listener.accept()
        connection.settimeout(5)
        with connection, pytest.raises(ConnectionResetError):  # and not: all is well, that was all
            read_to_the_end(connection)
    assert came.status is None


@pytest.mark.parametrize(("seconds", "milliseconds"), [(30.0, 30_000), (1e-9, 1), (1e9, 2**31 - 1)])
@pytest.mark.skipif(sys.platform != "linux", reason="TCP_USER_TIMEOUT is Linux's")
def test_the_kernel_gives_up_when_we_do(seconds, milliseconds):
    options = connections.socket_options(seconds)
    assert (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds) in options
    assert len(connections.socket_options(None)) == len(options) - 1


def test_a_kernel_that_does_not_know_the_limit_is_not_asked_for_it(monkeypatch):
    """As Linux without it: every connection would fail."""
    monkeypatch.setattr(socket, "TCP_USER_TIMEOUT", 9999, raising=False)
    options = connections.socket_options(30.0)
    assert not [option for option in options if option[1] == 9999]


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_the_sandbox_takes_a_reset_quietly(secure, caplog, capfd):
    with caplog.at_level("DEBUG"), smsframe.Sandbox(tls=secure) as sandbox:
        for _ in range(3):
            gateway = sandbox.gateway()
            assert len(gateway.credits())
            gateway.close()
        sandbox.misbehave("late_answer", call="status", seconds=0.3)
        gateway = sandbox.gateway(timeout=(5, 0.1))
        with pytest.raises(smsframe.Unavailable):
            gateway.credits()
        gateway.close()
    loud = [record for record in caplog.records if record.levelname in ("WARNING", "ERROR", "CRITICAL")]
    assert not loud
    assert capfd.readouterr() == ("", "")


# Addresses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8/API/", "http://localhost/", "http://[::1]:80/", "https://gateway.example/"]
)
def test_an_address_that_keeps_secrets_is_fine(url):
    assert transport.validate_base_url(url) is None


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
    said = transport.validate_base_url(url)
    assert said
    assert "pw" not in said
    assert "gateway.example" not in said.replace("https://gateway.example/API/v1.0/REST/", "")
