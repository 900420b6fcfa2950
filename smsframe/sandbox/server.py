"""The handle: a gateway served from a thread of this process, to 127.0.0.1 only."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import uvicorn

from smsframe.sandbox import app, frames
from smsframe.sandbox.keys import Keys
from smsframe.sandbox.ledger import Ledger
from smsframe.sandbox.questions import OpenQuestions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    import pandas as pd

    from smsframe.gateway import Gateway

HOST = "127.0.0.1"
TYPES = ("N", "L", "LL")
FASTEST = 1_000_000  # beyond, a long-running sandbox would leave the calendar


class Sandbox:
    """
    A gateway to rehearse on: real HTTP on 127.0.0.1, nobody is texted and nothing is billed.

    A context manager; outside of ``with``, call ``start`` and ``stop``. What becomes of a text is decided by
    the last two digits of its recipient: ``docs/sandbox.md`` has the table.

    Args:
        port: The port, or 0 for a free one.
        username: The account's name.
        password: Its password.
        credits: Credits of every message type, or of each: ``{"N": 100, "L": 0}``.
        speed: How many times faster than the clock schedules and deliveries go, from 1: at 3600 an hour
            passes in a second.
        clock: Gives the time, aware; sessions expire by it.
        repeated_order_id: Open question. A second order under one id is refused (400), merged (answered like
            the first, no new texts), or accepted as one more.
        duplicates: Open question. A number twice in one order gets two texts, or one (``"merge"``), or the
            order is refused.
        outside_gsm: Open question. A text with encoding gsm and characters outside it is refused, or they
            become ``?``.
        length_in: Open question. What the limits of 1000, 450 and 160 count.
        timezone: Open question. The zone of dates that come without one, and of those in answers to calls
            that cannot name one.
        several_sessions: Open question. Whether a new login leaves earlier sessions alive.
        refund_cancelled: Open question. Whether a cancelled order gives its credits back.
        login_refused: Sources differ. The status of a wrong login.
        paramsms_accepted: Sources differ. The status of an accepted ``paramsms``.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        username: str = "demo",
        password: str = "demo",  # noqa: S107 - of a gateway that texts nobody
        credits: int | Mapping[str, int] = 10_000,  # noqa: A002 - the gateway's word
        speed: float = 1.0,
        clock: Callable[[], datetime] | None = None,
        repeated_order_id: Literal["refuse", "merge", "accept"] = "refuse",
        duplicates: Literal["send", "merge", "refuse"] = "send",
        outside_gsm: Literal["refuse", "replace"] = "refuse",
        length_in: Literal["characters", "units"] = "characters",
        timezone: str = "Europe/Rome",
        several_sessions: bool = True,
        refund_cancelled: bool = False,
        login_refused: Literal[404, 401] = 404,
        paramsms_accepted: Literal[200, 201] = 200,
    ) -> None:
        if not 0 <= port <= 65535:  # noqa: PLR2004 - the ports there are
            raise ValueError(f"port is between 0 and 65535, not {port}")
        if not 1 <= speed <= FASTEST:
            raise ValueError(f"speed is between 1 and {FASTEST}, not {speed}")
        questions = OpenQuestions(
            repeated_order_id=repeated_order_id,
            duplicates=duplicates,
            outside_gsm=outside_gsm,
            length_in=length_in,
            timezone=timezone,
            several_sessions=several_sessions,
            refund_cancelled=refund_cancelled,
            login_refused=login_refused,
            paramsms_accepted=paramsms_accepted,
        )
        clock = clock or (lambda: datetime.now(UTC))
        if clock().tzinfo is None:
            raise ValueError("clock gives aware times, such as datetime.now(UTC)")
        self._login = {"username": username, "password": password}
        self._wanted_port = port
        self._ledger = Ledger(
            Keys(username, password, questions), _credit(credits), questions, clock=clock, speed=speed
        )
        self._calls: list[app.Call] = []
        self._app = app.build(self._ledger, self._calls.append, clock)
        self._running: _Running | None = None

    def __repr__(self) -> str:
        return f"<Sandbox {self._running.url if self._running else '(stopped)'}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Serve, and return once calls are answered. A sandbox that was stopped goes on with what it knew."""
        if self._running is None:
            self._running = _Running(self._app, self._wanted_port)
        return self

    def stop(self) -> None:
        """Stop serving, close every connection, and remove the temporary folder."""
        if self._running is not None:
            self._running.stop()
            self._running = None

    @property
    def url(self) -> str:
        """The base URL, ending in ``/API/v1.0/REST/``."""
        return self._started.url

    @property
    def credits(self) -> dict[str, int]:
        """The credits left, by message type."""
        return self._ledger.credit()

    def gateway(self, **options: Any) -> Gateway:
        """
        A ``Gateway`` to this sandbox, logged in as its account, with a temporary journal of its own.

        Args:
            options: Of ``Gateway``; they win over the defaults. With ``user_key`` and ``access_token`` no
                username and password are passed.
        """
        from smsframe.gateway import Gateway  # noqa: PLC0415 - the sandbox needs nothing of ours to serve

        login = {} if options.keys() & {"user_key", "access_token"} else self._login
        return Gateway(self.url, **{**login, "journal": self._started.folder / "journal.sqlite", **options})

    def inbox(self) -> pd.DataFrame:
        """Every text a person has received by now, in the order they were accepted."""
        return frames.inbox(self._ledger.arrivals())

    def orders(self) -> pd.DataFrame:
        """Every order accepted, cancelled ones too."""
        return frames.orders(self._ledger.orders())

    def calls(self) -> pd.DataFrame:
        """Every call received: when, method, path after the base URL without query, status."""
        return frames.calls(self._calls)

    def forget_sessions(self) -> None:
        """Lose every session, as a restarted gateway would; tokens stay good."""
        self._ledger.forget_sessions()

    @property
    def _started(self) -> _Running:
        if self._running is None:
            raise RuntimeError("The sandbox is not running: use `with Sandbox() as sandbox`, or call start()")
        return self._running


class _Running:
    """What exists only while a sandbox serves: a socket, a thread, a folder."""

    def __init__(self, application: Any, port: int) -> None:
        listener = _listen(port)
        self.url = f"http://{HOST}:{listener.getsockname()[1]}{app.BASE}/"
        self._folder = tempfile.TemporaryDirectory(prefix="smsframe-sandbox-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name)
        self._server = _Server(
            uvicorn.Config(
                application,
                loop="asyncio",
                http="h11",  # answers Expect: 100-continue and keeps header names with underscores
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,  # the login URL has the password in it
                timeout_keep_alive=75,  # the default of 5 s closes pooled connections under a slow notebook
            )
        )
        # A daemon, so that a forgotten stop() does not keep a program from ending.
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="smsframe-sandbox", daemon=True
        )
        self._thread.start()
        if not self._server.serving.wait(timeout=10):
            self.stop()
            raise RuntimeError("The sandbox did not start within 10 seconds")

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._folder.cleanup()


class _Server(uvicorn.Server):
    """Uvicorn, saying when it serves and leaving no connection behind. In a thread it touches no signals."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.serving = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.serving.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002
        # Uvicorn's own takes a tenth of a second at least, and leaves connected a client that never finishes
        # its request. The sockets are closed with the servers.
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        patience = time.monotonic() + 0.5
        while self.server_state.connections and time.monotonic() < patience:  # noqa: ASYNC110 - no event to await
            await asyncio.sleep(0.005)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # the lost connections are told


def _listen(port: int) -> socket.socket:
    # The protocol is named because asyncio turns Nagle's algorithm off only on sockets that name it; with it,
    # each answer on a kept connection takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()  # a port in use may show only here
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"The sandbox cannot listen on {HOST}:{port}: {error.strerror}") from error
    return listener


def _credit(given: int | Mapping[str, int]) -> dict[str, int]:
    each = dict.fromkeys(TYPES, given) if isinstance(given, int) else {**dict.fromkeys(TYPES, 0), **given}
    if set(each) != set(TYPES) or any(quantity < 0 for quantity in each.values()):
        raise ValueError(f"credits are a number from 0, or one for each of {', '.join(TYPES)}, not {given!r}")
    return each
