"""Answers without an end, of whatever kind: given up at a size and a time, in little memory, as no proof."""

from __future__ import annotations

import gzip
import itertools
import socket
import ssl
import subprocess
import sys
import threading
import time
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from helpers.faulty_server import RawReply, answer, read_request, scripted

from smsframe import Gateway, Unavailable
from smsframe.gateway import response_limits
from smsframe.gateway import transport as wire
from smsframe.gateway.auth import Keys
from smsframe.gateway.order import Order
from smsframe.orders.states import Event
from smsframe.orders.terms import Terms
from smsframe.sandbox import tls
from smsframe.texts import render

ROOT = Path(__file__).parents[2]
MIB = 2**20
OK = b'{"result": "OK"}'
KEYS = Keys("4242", "Access_token", "t0ken")
ENDS = (
    3 * response_limits.SIZE
)  # nothing here is really without an end, or a client without limits would hang


def ask(url, *, timeout=(5, 10), proxies=None, verify=True):
    with wire.session(url, pool=1, verify=verify, proxies=proxies) as session:
        return wire.request(session, "POST", url + "sms", auth=KEYS, timeout=timeout, json={})


def long(words, piece, last=b""):
    """An answer that repeats a piece until it is long enough, and then is a whole one."""
    pieces = MIB // len(piece)
    return RawReply(words, chunks=lambda: itertools.chain([piece * pieces] * (ENDS // MIB), [last]))


HEAD = b"HTTP/1.1 201 Created\r\nConnection: close\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LONG = {
    "body": long(HEAD + b"\r\n", b" ", OK),
    "body of a length": long(HEAD + b"Content-Length: %d\r\n\r\n" % ENDS, b" "),
    "chunks": long(CHUNKED, b"10\r\n" + b" " * 16 + b"\r\n", b"0\r\n\r\n"),
    "one chunk": long(CHUNKED + b"%x\r\n" % ENDS, b" ", b"\r\n0\r\n\r\n"),
    "what chunks may say of themselves": long(CHUNKED, b"1;" + b"x" * 1021 + b"\r\n \r\n", b"0\r\n\r\n"),
    "trailers": long(CHUNKED + b"10\r\n" + OK + b"\r\n0\r\n", b"X: " + b"x" * 1000 + b"\r\n", b"\r\n"),
    "interim answers": long(b"", b"HTTP/1.1 100 Continue\r\n\r\n", HEAD + b"Content-Length: 0\r\n\r\n"),
}


@pytest.mark.parametrize("play", LONG.values(), ids=LONG)
def test_an_answer_is_read_up_to_a_size_and_proves_nothing_beyond_it(play):
    with scripted(play) as server:
        came = ask(server.url)
    assert (came.status, came.connected, came.body) == (None, True, "")
    assert came.failure == "the answer is longer than 16 MiB"


def test_an_answer_below_that_size_is_read_whole():
    body = b" " * (response_limits.SIZE - 10_000) + OK
    with scripted(answer(201, body)) as server:
        assert ask(server.url).json() == {"result": "OK"}


# Time -----------------------------------------------------------------------------------------------------


def slow(words, piece, last=b""):
    """An answer of which a piece comes long before each time-out, and which is a whole one after 4 s."""
    return RawReply(words, chunks=lambda: itertools.chain([piece] * 80, [last]), pause=0.05)


SLOW = {
    "before the status": slow(b"", b"HTTP/1.1 100 Continue\r\n\r\n", HEAD + b"Content-Length: 0\r\n\r\n"),
    "in the status": slow(b"HTTP/1.1 201 ", b"x", b"\r\nContent-Length: 0\r\n\r\n"),
    "in a header": slow(HEAD + b"X: ", b"x", b"\r\nContent-Length: 0\r\n\r\n"),
    "between headers": slow(HEAD, b"X: y\r\n", b"Content-Length: 0\r\n\r\n"),
    "in a body": slow(HEAD + b"\r\n", b" ", OK),
    "in a chunk": slow(CHUNKED + b"60\r\n", b" ", OK + b"\r\n0\r\n\r\n"),
    "between chunks": slow(CHUNKED, b"1\r\n \r\n", b"0\r\n\r\n"),
    "in a gzip body": slow(HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(OK)[:10], b"\0"),
}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return tls.issue(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.mark.parametrize("secure", [False, True], ids=["", "TLS"])
@pytest.mark.parametrize("play", SLOW.values(), ids=SLOW)
def test_a_whole_answer_comes_within_twice_the_time_out_or_proves_nothing(play, secure, certificates):
    authority, certificate = certificates
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    wrap = (lambda connection: context.wrap_socket(connection, server_side=True)) if secure else None
    with scripted(play, tls=wrap) as server:
        began = time.monotonic()
        came = ask(server.url, timeout=(5, 0.3), verify=str(authority))
        took = time.monotonic() - began
    assert (came.status, came.connected) == (None, True)
    assert "within the time limit" in came.failure
    assert 0.3 < took < 3  # 0.6, on a machine that has nothing else to do


def test_a_proxy_that_never_finishes_its_answer_let_nothing_through():
    with scripted(slow(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", b"\r\n")) as proxy:
        began = time.monotonic()
        came = ask(
            "https://gateway.invalid/", timeout=(0.3, 10), proxies={"https": f"http://127.0.0.1:{proxy.port}"}
        )
        took = time.monotonic() - began
    assert (came.status, came.connected) == (None, False)
    assert took < 3


def test_an_answer_that_takes_its_time_within_the_limit_is_read():
    with scripted(RawReply(HEAD + b"\r\n", chunks=lambda: [b" ", b" ", OK], pause=0.3)) as server:
        assert ask(server.url, timeout=(5, 0.8)).json() == {"result": "OK"}


# Packed answers -------------------------------------------------------------------------------------------


def packed(body, coding, **headers):
    return answer(201, body, Content_Encoding=coding, **headers)


def bomb(size):
    """So many spaces as gzip."""
    deflate = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return b"".join(deflate.compress(b" " * MIB) for _ in range(size // MIB)) + deflate.flush()


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", "identity"])
def test_gzip_is_asked_for_and_unpacked(coding):
    body = OK if coding == "identity" else gzip.compress(OK)
    with scripted(packed(body, coding)) as server:
        assert ask(server.url).json() == {"result": "OK"}
    assert server.asked[0].headers["accept-encoding"] == "gzip"


UNUSABLE = {
    "another coding": packed(zlib.compress(OK), "deflate"),
    "a coding that an optional package brings": packed(OK, "br"),
    "gzip in gzip": packed(gzip.compress(gzip.compress(OK)), "gzip, gzip"),
    "many layers": packed(OK, ", ".join(["gzip"] * 500)),
    "two headers": RawReply(
        HEAD + b"Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(gzip.compress(OK))
    ),
    "half of it": packed(gzip.compress(OK + b" " * 99)[:-12], "gzip"),
    "another after it": packed(gzip.compress(OK) + gzip.compress(b" "), "gzip"),
    "something long after it": packed(gzip.compress(OK) + bytes(2 * wire._CHUNK_SIZE), "gzip"),
    "nothing": packed(b"", "gzip"),
}


@pytest.mark.parametrize("play", UNUSABLE.values(), ids=UNUSABLE)
def test_what_is_packed_otherwise_or_not_whole_proves_nothing(play):
    with scripted(play) as server:
        came = ask(server.url)
    assert (came.status, came.connected) == (None, True)
    assert came.failure.startswith("the answer")


def test_the_size_is_that_of_the_unpacked_answer():
    for size, status in ((response_limits.SIZE, 201), (response_limits.SIZE + MIB, None)):
        with scripted(packed(bomb(size), "gzip")) as server:
            came = ask(server.url)
        assert (came.status, len(came.body)) == (status, size if status else 0)


MEMORY = """
import resource, sys
from smsframe.gateway import transport as wire
from smsframe.gateway.auth import Keys
url = sys.argv[1]
def ask(path):
    with wire.session(url, pool=1, verify=True, proxies=None) as session:
        keys = Keys("4242", "Access_token", "t0ken")
        return wire.request(session, "GET", url + path, auth=keys, timeout=(5, 30))
assert ask("login").status == 200
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
came = ask("status")
print(came.failure or came.status, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, sep="|")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="resource is POSIX")
def test_a_megabyte_that_unpacks_to_a_gigabyte_costs_little_memory():
    small = bomb(1024 * MIB)
    assert len(small) < 5 * MIB
    with scripted(packed(small, "gzip")) as server:
        command = [sys.executable, "-c", MEMORY, server.url]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd=ROOT)
    said, grown = done.stdout.strip().split("|")
    assert said == "the answer is longer than 16 MiB"
    assert int(grown) / (1 if sys.platform == "darwin" else 1 / 1024) < 100 * MIB


# What follows ---------------------------------------------------------------------------------------------


def order():
    people = pd.DataFrame({"phone": ["+393471234567"], "fields": [""]}, dtype="string")
    return Order("sf-abc", render.parse("Ciao"), "gsm", Terms(), people)


@pytest.mark.parametrize("play", [LONG["chunks"], SLOW["in a body"], UNUSABLE["gzip in gzip"]])
def test_an_order_so_answered_is_in_doubt_and_a_question_may_be_asked_again(play):
    with scripted(play) as server:
        gateway = Gateway(server.url, user_key="4242", access_token="t0ken", timeout=(5, 0.3))
        assert gateway.post(order()).event is Event.NO_PROOF
        for question in (
            gateway.credits,
            lambda: gateway.state("sf-abc"),
            lambda: gateway.history_page(datetime.now(UTC), 1, 10),
        ):
            with pytest.raises(Unavailable):
                question()
        gateway.close()


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 201 Created\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n" % ENDS + b" " * (response_limits.SIZE + MIB),
        b"HTTP/1.1 102 Processing\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n",
    ],
    ids=["packed otherwise", "too long", "interim", "hints"],
)
def test_a_connection_that_brought_such_an_answer_is_not_used_again(first):
    """What is still to come on it would be taken for the answer to the next order."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        connections = []

        def serve():
            for answer in (first, b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"):
                connection, _ = listener.accept()
                connections.append(connection)
                read_request(connection)
                try:
                    connection.sendall(answer)
                except OSError:
                    continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with wire.session(url, pool=1, verify=True, proxies=None) as session:
            came = [wire.request(session, "POST", url, auth=KEYS, timeout=(5, 2)) for _ in range(2)]
        thread.join(5)
        for connection in connections:
            connection.close()
    assert came[0].status in (None, 102, 103)
    assert (came[1].status, len(connections)) == (201, 2)
