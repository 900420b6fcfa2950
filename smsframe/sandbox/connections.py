"""
Below HTTP: the port a sandbox listens on and its connections, which a call can ask to break.

ASGI has no words for a broken connection, so the layers above send these messages instead of an answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any

import uvicorn

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOST = "127.0.0.1"

RESET = "sandbox.reset"
"""The connection breaks: whoever reads from it gets "connection reset"."""
HANG_UP = "sandbox.hang_up"
"""The connection ends in order, with whatever was sent until now."""
REFUSE = "sandbox.refuse"
"""The port is closed for ``seconds``."""

# A socket that lingers for no time is reset when it is closed. Windows has shorter fields.
_NO_TIME = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


async def stays(receive: Receive, seconds: float) -> bool:
    """Wait; whether the client, whose body has been read, is still there. Gone, it is not waited for."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await _gone(receive)
            return False
    return True


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Server(uvicorn.Server):
    """
    Uvicorn, with a port that can be closed for a while, connections that break, and none left behind.

    In a thread it touches no signals.

    Args:
        app: The application; may send the messages above.
        options: Of ``uvicorn.Config``.
    """

    def __init__(self, app: ASGIApp, **options: Any) -> None:
        super().__init__(uvicorn.Config(self._wired(app), **options))
        self.serving = threading.Event()
        self._ending = asyncio.Event()
        self._closed: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; the first time, and after the port was closed."""
        await super().startup(sockets=sockets)
        self._loop = asyncio.get_running_loop()
        self.serving.set()

    async def main_loop(self) -> None:
        """Uvicorn's own looks ten times a second whether it is to end, which is late by half of that."""
        counter = 0
        while not await self.on_tick(counter):
            counter += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), 0.1)

    def end(self) -> None:
        """Stop serving, soon; from another thread."""
        self.should_exit = True
        with contextlib.suppress(RuntimeError):  # it has ended by itself
            if self.serving.is_set():
                self._loop.call_soon_threadsafe(self._ending.set)

    def refuse(self, seconds: float) -> None:
        """Close the port for so long, from another thread; a port that is closed stays as it is."""
        asyncio.run_coroutine_threadsafe(self._refuse(seconds), self._loop).result()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - uvicorn passes it
        """
        Close everything, and return when every call has ended.

        Uvicorn's own takes a tenth of a second at least, and leaves connected a client that never finishes
        its request. The sockets are closed with the servers.
        """
        if self._closed is not None:
            self._closed.cancel()
            await asyncio.wait([self._closed])
        for server in self.servers:
            server.close()
        self._let_go()
        deadline = self._loop.time() + 0.5
        while self.server_state.connections and self._loop.time() < deadline:  # noqa: ASYNC110 - no event to await
            await asyncio.sleep(0.005)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # the lost connections are told
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=0.5)

    async def _refuse(self, seconds: float) -> None:
        if self._closed is None:
            port = self.servers[0].sockets[0].getsockname()[1]
            for server in self.servers:
                server.close()
            held = take(port, listening=False)  # so that nobody else gets it
            self._closed = asyncio.create_task(self._open_again(held, seconds))
        self._let_go()
        await asyncio.sleep(0)  # the lost connections are closed

    async def _open_again(self, held: socket.socket, seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            held.close()
            raise
        await self.startup(sockets=[held])
        self._closed = None

    def _let_go(self) -> None:
        """Close the connections nobody uses; where an answer is under way, after it."""
        for connection in list(self.server_state.connections):
            connection.shutdown()
            transport = connection.transport
            # The buffer of a TLS connection that its client has reset is gone, and so is the connection.
            with contextlib.suppress(AttributeError):
                if transport.is_closing() and not transport.get_write_buffer_size():
                    transport.abort()  # TLS would wait for a goodbye that an idle client does not say

    def _wired(self, app: ASGIApp) -> ASGIApp:
        async def layer(scope: Scope, receive: Receive, send: Send) -> None:
            async def wired(message: Message) -> None:
                if message["type"] == REFUSE:
                    await self._refuse(message["seconds"])
                elif message["type"] in {RESET, HANG_UP}:
                    self._end(scope["client"], reset=message["type"] == RESET)
                    await _gone(receive)
                else:
                    if message["type"] == "http.response.start" and self._closed is not None:
                        message["headers"] = [*message["headers"], (b"connection", b"close")]
                    await send(message)

            await app(scope, receive, wired)

        return layer

    def _end(self, client: tuple[str, int], *, reset: bool) -> None:
        for connection in list(self.server_state.connections):
            transport = connection.transport
            if transport.get_extra_info("peername") == client:
                if reset:
                    wire = transport.get_extra_info("socket")
                    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_TIME)
                    transport.abort()
                else:
                    transport.close()


def take(port: int, *, listening: bool) -> socket.socket:
    """A port of this machine, or a free one for 0; while nobody listens on it, it refuses."""
    # The protocol is named because asyncio turns Nagle's algorithm off only on sockets that name it; with it,
    # each answer on a kept connection takes 40 ms.
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((HOST, port))
        if listening:
            taken.listen()  # a port in use may show only here
    except OSError as error:
        taken.close()
        raise OSError(error.errno, f"The sandbox cannot listen on {HOST}:{port}: {error.strerror}") from error
    return taken
