"""
A server on 127.0.0.1 that answers as told, however rudely: raw sockets, one scripted answer per request.

A login is answered by the script of its own, so that a test only writes down what it is about.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

BASE = "/API/v1.0/REST/"
KEYS = "4242;s3ss10nK3Ys3ss10nK3Y"
NOW = "<now>"
"""In a header: the time at which it is answered."""
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset


@dataclass(frozen=True)
class Play:
    """
    What is done to one request.

    Attributes:
        words: The bytes answered.
        end: Then ``"close"`` the connection, ``"reset"`` it, or keep ``"silence"`` until the server closes.
        unread: Do it when the request has arrived, without reading it.
        until: Answer only once so many requests of any kind have arrived.
        more: Gives what is answered after the words, piece by piece.
        pause: Seconds before each piece.
    """

    words: bytes = b""
    end: str = "close"
    unread: bool = False
    until: int = 0
    more: Callable[[], Iterable[bytes]] = tuple
    pause: float = 0.0


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    target: str
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)


def says(status, body="", *, until=0, length=None, **headers):
    """A complete answer; a ``body`` that is no text becomes JSON, and ``_`` in a header name ``-``."""
    if not isinstance(body, str | bytes):
        body = json.dumps(body)
    raw = body if isinstance(body, bytes) else body.encode()
    headers = {"Date": NOW} | headers  # as every server with a clock says (RFC 9110, 6.6.1)
    lines = [f"HTTP/1.1 {status} Whatever", "Connection: close"]
    lines.append(f"Content-Length: {len(raw) if length is None else length}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items() if value is not None]
    return Play("\r\n".join([*lines, "", ""]).encode("latin-1") + raw, until=until)


def half(status, body):
    """An answer that breaks off in the middle of its body."""
    return says(status, body, length=10 * len(str(body)) + 10)


ACCEPTED = says(201, {"result": "OK", "total_sent": 1})
HTML = says(200, "<!DOCTYPE html><html><body><p>Please log in; or else</p></body></html>")
LOGIN = (says(200, KEYS),)
SILENCE = Play(end="silence")
RESET_AFTER_READING = Play(end="reset")
CLOSE_AFTER_READING = Play()
RESET_MID_ANSWER = Play(b"HTTP/1.1 201 Created\r\nContent-Le", end="reset")
SILENCE_MID_BODY = Play(b'HTTP/1.1 201 Created\r\nContent-Length: 90\r\n\r\n{"result": "O', end="silence")


@dataclass
class RudeServer:
    """
    Plays ``answers`` in order, the last one for ever; ``with`` it, it serves.

    Attributes:
        answers: For every request that is no login.
        login: For logins; one, or several in order.
        tls: Wraps each connection.
        asked: The requests that were read, in order of arrival.
        timeout: What a client may wait here: short only if silence is to come, so that a slow machine
            makes no silence of its own.
    """

    answers: tuple = (ACCEPTED,)
    login: tuple = LOGIN
    tls: Callable[[socket.socket], socket.socket] | None = None
    asked: list = field(default_factory=list)

    def __post_init__(self):
        self._answers, self._logins = [list(plays) for plays in (self.answers, self.login)]
        silent = any(play.end == "silence" for play in (*self.answers, *self.login))
        self.timeout = (5, 0.2) if silent else (5, 10)
        self._news, self._over = threading.Condition(), threading.Event()
        self._threads = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{BASE}"

    def __enter__(self):
        self._start(self._serve)
        return self

    def __exit__(self, *_):
        self._over.set()
        with self._news:
            self._news.notify_all()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()  # wakes accept
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def orders(self):
        """The requests that were no login."""
        return [asked for asked in self.asked if "/login" not in asked.target]

    def logins(self):
        return [asked for asked in self.asked if "/login" in asked.target]

    def _start(self, target, *args):
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self):
        while True:
            connection, _ = self._listener.accept()
            if self._over.is_set():
                connection.close()
                return
            self._start(self._attend, connection)

    def _attend(self, connection):
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            connection = stack.enter_context(self.tls(connection) if self.tls else connection)
            unread = self._answers[0].unread
            asked = connection.recv(1, socket.MSG_PEEK) and None if unread else _read(connection)
            if asked is None and not unread:
                return
            with self._news:
                if asked is not None:
                    self.asked.append(asked)
                plays = self._logins if asked and "/login" in asked.target else self._answers
                play = plays.pop(0) if len(plays) > 1 else plays[0]
                self._news.notify_all()
                self._news.wait_for(lambda: len(self.asked) >= play.until or self._over.is_set(), 5)
            connection.sendall(play.words.replace(NOW.encode(), formatdate(usegmt=True).encode()))
            for piece in play.more():
                if play.pause and self._over.wait(play.pause):
                    return
                connection.sendall(piece)
            if play.end == "silence":
                self._over.wait()
            if play.end == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            else:
                connection.shutdown(socket.SHUT_WR)
                read_to_the_end(connection)  # until they hang up: closing with bytes unread would reset


def read_to_the_end(connection):
    while connection.recv(65536):
        pass


def _read(connection):
    raw = b""
    while b"\r\n\r\n" not in raw:
        more = connection.recv(65536)
        if not more:
            return None
        raw += more
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    method, target, _ = first.split(" ")
    return Asked(method, target, headers, body)
