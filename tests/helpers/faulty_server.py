"""
A server on 127.0.0.1 that answers each request as a test says: raw sockets, one action per request.

In front of the sandbox, what no action is for passes untouched, and an action may break it on the way::

    with FaultyServer(sandbox.url) as proxy:
        proxy.on("POST", lose).always("GET", answer(403), path="sms/")

Alone, it plays a script, the last answer for ever; a login is answered by a script of its own::

    with scripted(answer(429, Retry_After="1"), ACCEPTED) as server: ...

An action is called with the `Request` and gives a `RawReply`, bytes (the whole answer) or None (the
connection is reset). A `RawReply` is itself an action that gives itself.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

BASE = "/API/v1.0/REST/"
KEYS = "4242;s3ss10nK3Ys3ss10nK3Y"
NOW = "<now>"
"""In a header: the time at which it is answered, by the clock of the gateway."""
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset


@dataclass(frozen=True)
class RawReply:
    """
    What is done when a request has been read.

    Attributes:
        content: The bytes answered.
        end: Then ``"close"`` the connection, ``"reset"`` it, or keep ``"silence"`` until the server closes.
        until: Answer only once so many requests of any kind have arrived.
        chunks: Gives what is answered after the content, piece by piece.
        pause: Seconds before each piece.
    """

    content: bytes = b""
    end: str = "close"
    until: int = 0
    chunks: Callable[[], Iterable[bytes]] = tuple
    pause: float = 0.0

    def __call__(self, _request):
        return self


@dataclass(frozen=True)
class Request:
    """A request as it arrived, and where to hand it on."""

    method: str
    target: str
    headers: dict
    body: bytes
    raw: bytes
    base: str = BASE
    upstream: tuple[str, int] | None = None

    @property
    def path(self):
        return self.target.partition("?")[0].removeprefix(self.base)

    def json(self):
        return json.loads(self.body)

    def with_raw(self, raw):
        """The same request, of which other bytes are handed on."""
        return replace(self, raw=raw)

    def forward(self) -> bytes:
        """The sandbox's whole answer."""
        head, blank, body = self.raw.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        with socket.create_connection(self.upstream) as connection:
            connection.sendall(b"\r\n".join([*lines, b"Connection: close"]) + blank + body)
            return b"".join(iter(lambda: connection.recv(65536), b""))


# Answers that ask no gateway.


def answer(status, body="", *, until=0, missing=0, **headers):
    """
    A complete answer; a ``body`` that is no text becomes JSON, and ``_`` in a header name ``-``.

    With ``missing``, the announced length is that many bytes more than what comes.
    """
    if not isinstance(body, str | bytes):
        body = json.dumps(body)
    raw = body if isinstance(body, bytes) else body.encode()
    headers = {"Date": NOW} | headers  # as every server with a clock says (RFC 9110, 6.6.1)
    lines = [f"HTTP/1.1 {status} Whatever", "Connection: close", f"Content-Length: {len(raw) + missing}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items() if value is not None]
    return RawReply("\r\n".join([*lines, "", ""]).encode("latin-1") + raw, until=until)


ACCEPTED = answer(201, {"result": "OK", "total_sent": 1})
HTML = answer(200, "<!DOCTYPE html><html><body><p>Please log in; or else</p></body></html>")
LOGGED_IN = (answer(200, KEYS),)
SILENCE = RawReply(end="silence")
SILENCE_MID_BODY = RawReply(b'HTTP/1.1 201 Created\r\nContent-Length: 90\r\n\r\n{"result": "O', end="silence")
RESET_MID_ANSWER = RawReply(b"HTTP/1.1 201 Created\r\nContent-Le", end="reset")
CLOSE_AFTER_READING = RawReply()

drop = RawReply(end="reset")
"""The connection is reset before a gateway sees the request."""


# What the gateway does, and what becomes of its answer.


def forward(request):
    return request.forward()


def lose(request):
    """The gateway does it, and the connection is reset before the answer comes."""
    request.forward()


def half(request):
    """The gateway does it, and its answer breaks off."""
    return request.forward()[:-10]


def instead(status, body="", **headers):
    """The gateway does it, and something on the way answers in its place."""
    other = answer(status, body, **headers)

    def act(request):
        request.forward()
        return other

    return act


def edited(edit):
    """The gateway does it, and ``edit`` changes the JSON of its answer on the way."""

    def act(request):
        head, _, body = request.forward().partition(b"\r\n\r\n")
        content = json.loads(body)
        edit(content)
        body = json.dumps(content).encode()
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
        return b"\r\n".join([*lines, b"Content-Length: %d" % len(body)]) + b"\r\n\r\n" + body

    return act


def first(what, then=forward):
    """Do something before the request goes on."""

    def act(request):
        what()
        return then(request)

    return act


class Script:
    """An action that plays ``answers`` in order, the last one for ever, and ``login`` for logins."""

    def __init__(self, answers, login):
        self._answers, self._login = [*answers], [*login]
        self._lock = threading.Lock()

    def __call__(self, request):
        replies = self._login if request.path.startswith("login") else self._answers
        with self._lock:
            return replies.pop(0) if len(replies) > 1 else replies[0]


@dataclass
class FaultyServer:
    """
    A context manager that serves while it is entered.

    Attributes:
        gateway_url: Where requests go that no action is for.
        otherwise: The action for those requests.
        tls: Wraps each connection.
        unread: Reset each connection when a request has arrived, without reading it.
        timeout: What a client may wait here.
        asked: The requests that were read, in order of arrival.
        ahead: By how many seconds the gateway's clock is ahead, when asked.
    """

    gateway_url: str | None = None
    otherwise: Callable = forward
    tls: Callable[[socket.socket], socket.socket] | None = None
    unread: bool = False
    timeout: tuple[float, float] = (5, 10)
    asked: list[Request] = field(default_factory=list)
    ahead: Callable[[], float] = float

    def __post_init__(self):
        self.base, self.upstream = BASE, None
        if self.gateway_url:
            self.serve_from(self.gateway_url)
        self._next_actions, self._always = [], []
        self._arrived, self._over = threading.Condition(), threading.Event()
        self._threads, self._connections = [], set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{self.base}"

    def serve_from(self, gateway_url):
        """Hand requests on to this gateway from now on."""
        parts = urlsplit(gateway_url)
        self.base, self.upstream = parts.path, (parts.hostname, parts.port)

    def on(self, method, *actions, path=""):
        """What happens to the next requests of that method and beginning of the path, one action each."""
        with self._arrived:
            self._next_actions += [(method, path, action) for action in actions]
        return self

    def always(self, method, action, path=""):
        """What happens to all of them for which ``on`` says nothing."""
        with self._arrived:
            self._always.append((method, path, action))
        return self

    def clear(self):
        """Let everything pass untouched again."""
        with self._arrived:
            self._next_actions.clear()
            self._always.clear()

    def posts(self):
        return sum(request.method == "POST" for request in self.asked)

    def questions(self, path):
        """How many requests were no order and had a path that begins so."""
        return sum(request.method == "GET" and request.path.startswith(path) for request in self.asked)

    def orders(self):
        """The requests that were no login."""
        return [request for request in self.asked if not request.path.startswith("login")]

    def logins(self):
        return [request for request in self.asked if request.path.startswith("login")]

    def stop_listening(self):
        """Take no further connection; the port is closed."""
        self._over.set()
        with contextlib.suppress(OSError):  # not everywhere may a listening socket be shut down
            self._listener.shutdown(socket.SHUT_RDWR)  # at once, also for who waits on it already
        self._listener.close()

    def __enter__(self):
        self._start(self._serve)
        return self

    def __exit__(self, *_):
        self._over.set()
        with self._arrived:
            self._arrived.notify_all()
            connections = [*self._connections]
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # wakes whoever reads it
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()  # wakes accept
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def _start(self, target, *args):
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if self._over.is_set():  # it listens no more
                    return
                raise
            if self._over.is_set():
                connection.close()
                return
            self._start(self._attend, connection)

    def _attend(self, connection):
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            connection = stack.enter_context(self.tls(connection) if self.tls else connection)
            self._connections.add(connection)
            stack.callback(self._connections.discard, connection)
            if self.unread:
                connection.recv(1, socket.MSG_PEEK)
                self._end(connection, "reset")
                return
            request = read_request(connection)
            if request is not None:
                request = replace(request, base=self.base, upstream=self.upstream)
                self._answer(connection, self._arrival(request)(request))

    def _arrival(self, request):
        """Note the request; what is to be done with it."""
        with self._arrived:
            self.asked.append(request)
            self._arrived.notify_all()
            for place, (method, path, action) in enumerate(self._next_actions):
                if method == request.method and request.path.startswith(path):
                    del self._next_actions[place]
                    return action
            for method, path, action in self._always:
                if method == request.method and request.path.startswith(path):
                    return action
            return self.otherwise

    def _answer(self, connection, reply):
        if not isinstance(reply, RawReply):
            reply = drop if reply is None else RawReply(reply)
        with self._arrived:
            self._arrived.wait_for(lambda: len(self.asked) >= reply.until or self._over.is_set(), 5)
        connection.sendall(self._dated(reply.content))
        for chunk in reply.chunks():
            if reply.pause and self._over.wait(reply.pause):
                return
            connection.sendall(chunk)
        if reply.end == "silence":
            self._over.wait()
        self._end(connection, reply.end)

    def _dated(self, content):
        ahead = self.ahead()
        now = formatdate(time.time() + ahead, usegmt=True).encode()
        if ahead:
            content = re.sub(rb"(?im)^date: .*?\r$", b"Date: " + now + b"\r", content, count=1)
        return content.replace(NOW.encode(), now)

    @staticmethod
    def _end(connection, how):
        if how == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        else:
            connection.shutdown(socket.SHUT_WR)
            read_to_the_end(connection)  # until they hang up: closing with bytes unread would reset


def scripted(*answers, login=LOGGED_IN, tls=None):
    """A server without a gateway behind it, that plays ``answers`` (by default, it accepts)."""
    answers = answers or (ACCEPTED,)
    silent = any(reply.end == "silence" for reply in (*answers, *login))
    # Short only if silence is to come, so that a slow machine makes no silence of its own.
    timeout = (5, 0.2) if silent else (5, 10)
    return FaultyServer(otherwise=Script(answers, login), tls=tls, timeout=timeout)


def read_to_the_end(connection):
    while connection.recv(65536):
        pass


def read_request(connection):
    """One whole request, or None when the client goes before it is complete."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        more = connection.recv(65536)
        if not more:
            return None
        raw += more
    head, blank, body = raw.partition(b"\r\n\r\n")
    request_line, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        more = connection.recv(65536)
        if not more:
            return None
        body += more
    method, target, _ = request_line.split(" ")
    return Request(method, target, headers, body, head + blank + body)
