"""
Connections that tell whether they ever stood, forget what they had not delivered, and read answers that end.

Whether a request may have left is known by construction, not read out of messages: whatever goes wrong
inside ``connect`` (name, TCP, proxy tunnel, TLS) is one kind of error, raised before the first byte.
"""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import struct
import threading
import weakref
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from smsframe.gateway.response_limits import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smsframe.clock import Clock

# A socket that lingers for no time is reset when it is closed. Windows has shorter fields.
_NO_TIME = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
_MOST_MILLISECONDS = 2**31 - 1


class _FreeConnections(queue.LifoQueue[Any]):
    """Connections that nobody uses. Its lock may be held while we fork, by a thread the child has not."""

    def __init__(self, maxsize: int = 0) -> None:
        super().__init__(maxsize)
        _queues.add(self)

    def forked(self) -> None:
        """In a forked child: urllib3 empties it when its pool is dropped, and would wait for ever."""
        connections = self.queue
        super().__init__(self.maxsize)
        self.queue = connections


_queues: weakref.WeakSet[_FreeConnections] = weakref.WeakSet()


def _forked() -> None:
    for free_connections in [*_queues]:
        free_connections.forked()


if hasattr(os, "register_at_fork"):  # before the one in `transport`, which drops the pools
    os.register_at_fork(after_in_child=_forked)


class NotConnectedError(NewConnectionError):
    """No connection to the gateway stood: TCP did perhaps, a tunnel or TLS did not."""


class Adapter(HTTPAdapter):
    """
    Such connections, directly and through a proxy.

    Through a SOCKS proxy they only forget: it needs connections of its own.

    Args:
        read_timeout: Seconds that an answer is waited for, or None for ever.
        clock: Measures how long an answer takes.
        options: As in requests.
    """

    def __init__(self, read_timeout: float | None, clock: Clock, **options: Any) -> None:
        self._socket_options = socket_options(read_timeout)
        self._pool_classes = _pool_classes(clock)
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """As in requests."""
        options["socket_options"] = self._socket_options
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = self._pool_classes

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """As in requests."""
        options["socket_options"] = self._socket_options
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = self._pool_classes
        return manager


def socket_options(read_timeout: float | None) -> list[tuple[int, int, int | bytes]]:
    """
    What every socket is set to before it connects, so that no request arrives after it was given up.

    Closing a socket does not stop what it was given to send: Linux goes on for some 100 seconds (tcp(7),
    ``tcp_orphan_retries``), long after an order whose answer did not come was looked up and found absent. A
    socket that lingers for zero seconds drops that at once, sends a reset instead (socket(7), ``SO_LINGER``),
    and does so too when its process is killed. While a process is merely stopped nobody closes anything; so
    the kernel gives up by itself after ``read_timeout`` seconds without an acknowledgement (tcp(7),
    ``TCP_USER_TIMEOUT``).

    Only Linux has the latter by that name. Windows gives up after some 20 seconds anyway
    (``TcpMaxDataRetransmissions``); on macOS a stopped process stays a limit.
    """
    options: list[tuple[int, int, int | bytes]] = [
        *HTTPConnection.default_socket_options,
        (socket.SOL_SOCKET, socket.SO_LINGER, _NO_TIME),
    ]
    name = getattr(socket, "TCP_USER_TIMEOUT", None)
    if name is not None and read_timeout is not None:
        limit = (socket.IPPROTO_TCP, name, max(1, min(int(read_timeout * 1000), _MOST_MILLISECONDS)))
        if _taken(limit):
            options.append(limit)
    return options


_departure = threading.local()


@contextlib.contextmanager
def checked_before_leaving(check: Callable[[], None] | None) -> Iterator[None]:
    """
    Have a request of this thread ask whether it may leave, once its connection stands, before its first byte.

    To log in and to connect may take seconds, and a machine may be suspended meanwhile: what was true before
    is not certain any more. What ``check`` raises keeps the request from leaving, and is raised as it is.
    """
    _departure.check = check
    try:
        yield
    finally:
        _departure.check = None


def _leave(connection: HTTPConnection) -> None:
    check = getattr(_departure, "check", None)
    if check is not None:
        if connection.sock is None:
            connection.connect()
        check()


def _taken(option: tuple[int, int, int]) -> bool:
    """Whether this kernel knows it: some that pass for Linux do not, and would refuse every connection."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.setsockopt(*option)
        except OSError:
            return False
    return True


def _connect(connection: HTTPConnection, connect: Callable[[], None]) -> None:
    try:
        connect()
    except ConnectTimeoutError:  # TCP or the name; urllib3 says so itself
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, no byte of the request has left
        raise NotConnectedError(connection, type(error).__name__) from None


def _pool_classes(clock: Clock) -> dict[str, type[HTTPConnectionPool]]:
    """Pools of such connections by scheme, whose answers are measured by a clock."""
    handed_in = clock

    class Measured(Answer):
        clock = handed_in

    class Http(HTTPConnection):
        response_class = Measured

        def connect(self) -> None:
            _connect(self, super().connect)

        def request(self, *args: Any, **options: Any) -> None:
            _leave(self)
            super().request(*args, **options)

    class Https(HTTPSConnection):
        response_class = Measured

        def connect(self) -> None:
            _connect(self, super().connect)

        def request(self, *args: Any, **options: Any) -> None:
            _leave(self)
            super().request(*args, **options)

    class HttpPool(HTTPConnectionPool):
        ConnectionCls, QueueCls = Http, _FreeConnections

    class HttpsPool(HTTPSConnectionPool):
        ConnectionCls, QueueCls = Https, _FreeConnections

    return {"http": HttpPool, "https": HttpsPool}
