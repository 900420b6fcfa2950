"""A small proxy in front of the real sandbox that does to each request what a test wrote down for it."""

from __future__ import annotations

import re
import socket
import socketserver
import struct
import threading
import time
from email.utils import formatdate
from typing import NamedTuple
from urllib.parse import urlsplit


class Request(NamedTuple):
    """One request as it came: its bytes, how to hand it on, and by how much the gateway's clock is ahead."""

    method: str
    path: str
    raw: bytes
    upstream: tuple[str, int]
    ahead: float = 0.0

    def forward(self) -> bytes:
        """The sandbox's whole answer."""
        head, blank, body = self.raw.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        with socket.create_connection(self.upstream) as there:
            there.sendall(b"\r\n".join([*lines, b"Connection: close"]) + blank + body)
            came = b"".join(iter(lambda: there.recv(65536), b""))
        if self.ahead:
            came = re.sub(rb"(?im)^date: .*?\r$", date(self.ahead).encode() + b"\r", came, count=1)
        return came


def forward(request):
    return request.forward()


def drop(_request):
    """The connection breaks before the gateway sees the request."""


def lose(request):
    """The gateway does it, and the connection breaks before the answer comes."""
    request.forward()


def half(request):
    """Half of the answer comes."""
    answer = request.forward()
    return answer[: len(answer) - 10]


def date(ahead=0.0):
    """The header that says what time it is."""
    return f"Date: {formatdate(time.time() + ahead, usegmt=True)}"


def answer(status, *headers, body=b"{}"):
    """Another answer, without asking the gateway."""
    lines = [
        f"HTTP/1.1 {status} X",
        date(),
        *headers,
        f"Content-Length: {len(body)}",
        "Connection: close",
        "",
        "",
    ]
    return lambda _request: "\r\n".join(lines).encode() + body


def instead(status, *headers, body=b"{}"):
    """The gateway does it, and something on the way answers in its place."""
    other = answer(status, *headers, body=body)

    def act(request):
        request.forward()
        return other(request)

    return act


def first(what, then=forward):
    """Do something before the request goes on."""

    def act(request):
        what()
        return then(request)

    return act


class WireProxy:
    """
    A context manager; ``url`` is the base URL to give to a Gateway.

    ``on("POST", act, act, ...)`` says what happens to the next requests of that method (and path prefix);
    the requests after those pass untouched. ``always`` is for all of them.
    """

    def __init__(self, url):
        parts = urlsplit(url)
        self.upstream = (parts.hostname, parts.port)
        self.base = parts.path
        self.seen = []
        self.ahead = float
        """By how many seconds the gateway's clock is ahead, when asked."""
        self._acts = []
        self._always = []
        self._lock = threading.Lock()
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                proxy._serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 64

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{parts.path}"

    def on(self, method, *acts, path=""):
        with self._lock:
            self._acts += [(method, path, act) for act in acts]
        return self

    def always(self, method, act, path=""):
        with self._lock:
            self._always.append((method, path, act))
        return self

    def clear(self):
        with self._lock:
            self._acts.clear()
            self._always.clear()

    def posts(self):
        return sum(method == "POST" for method, _ in self.seen)

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, connection):
        raw = _whole_request(connection)
        if not raw:
            return
        method, target, _ = raw.split(b"\r\n", 1)[0].decode().split(" ")
        path = target.partition("?")[0].removeprefix(self.base)
        with self._lock:
            self.seen.append((method, path))
            act = self._next(method, path)
        came = act(Request(method, path, raw, self.upstream, self.ahead()))
        if came is None:
            # A reset, not an orderly end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            connection.sendall(came)
        connection.close()

    def _next(self, method, path):
        for place, (of, prefix, act) in enumerate(self._acts):
            if of == method and path.startswith(prefix):
                del self._acts[place]
                return act
        for of, prefix, act in self._always:
            if of == method and path.startswith(prefix):
                return act
        return forward


def _whole_request(connection):
    raw = b""
    while b"\r\n\r\n" not in raw:
        came = connection.recv(65536)
        if not came:
            return b""
        raw += came
    head, _, body = raw.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length:
        came = connection.recv(65536)
        if not came:  # the client died while it asked
            return b""
        body += came
    return head + b"\r\n\r\n" + body
