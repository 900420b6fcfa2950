"""
Processes that are killed on purpose, cheaply and at an instruction that a test names.

A victim is forked from a warm server (multiprocessing's own; a fresh process where there is no fork) and runs
one function of a module. It is watched from the outside: each step that it takes towards a file, the
journal's SQL or a socket is a *point*, counted and named in the order it comes, and before one of them, or
with half of it done, the victim may be killed. Between two points nothing happens that leaves a trace, so
after a step is the same as before the next.
"""

from __future__ import annotations

import contextlib
import gc
import io
import multiprocessing
import multiprocessing.forkserver
import os
import re
import signal
import socket
import sqlite3
import sys
import tempfile
import threading
import traceback
import weakref
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from helpers import sending

import smsframe

try:
    import psycopg
except ImportError:  # an extra
    psycopg = None

if TYPE_CHECKING:
    from collections.abc import Callable

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # on Windows either ends a process at once
REAL_SOCKET, REAL_CONNECT = socket.socket, sqlite3.connect
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|PRAGMA \w+ ?=)", re.IGNORECASE)


# Programs that victims run.


def frame_or_error_name(call):
    """The frame that a call returns or that its error carries; or the name of the error."""
    try:
        return call()
    except smsframe.CampaignStopped as stopped:
        return stopped.results
    except smsframe.SmsFrameError as error:
        return type(error).__name__


def send(url, journal, contacts, *text, **options):
    return frame_or_error_name(
        lambda: sending.send(contacts, sending.gateway_at(url, journal), *text, **options)
    )


def resume(url, journal, **options):
    return frame_or_error_name(lambda: sending.resume(sending.gateway_at(url, journal), **options))


def withdraw(url, journal):
    return frame_or_error_name(lambda: smsframe.withdraw("autumn", gateway=sending.gateway_at(url, journal)))


def cancel(url, journal, campaign, **options):
    return frame_or_error_name(
        lambda: smsframe.cancel(
            campaign, gateway=sending.gateway_at(url, journal), progress=False, workers=1, **options
        )
    )


def reschedule(url, journal, campaign, when, **options):
    return frame_or_error_name(
        lambda: smsframe.reschedule(
            campaign, when, gateway=sending.gateway_at(url, journal), progress=False, workers=1, **options
        )
    )


# Victims.


class ProcessResult(NamedTuple):
    """
    How a victim ended.

    Attributes:
        killed: Whether it was killed at its point.
        value: What its program returned.
        points: The points it went by; only the last if it was killed.
        words: What it printed, or why it failed.
    """

    killed: bool
    value: Any
    points: list[str]
    words: str = ""


class KillableProcess:
    """
    A process of its own that runs a program, and may be killed at a point.

    Args:
        program: A function of a module.
        arguments: Its arguments.
        fatal: The number of the point before which it is killed, from 0.
        among: A pattern; only points that match it count.
        options: Its keyword arguments.
    """

    def __init__(
        self,
        program: Callable[..., Any],
        *arguments: Any,
        fatal: int | None = None,
        among: str = "",
        **options: Any,
    ) -> None:
        server = _server()
        self._receiver, sender = server.Pipe(duplex=False)
        job = (sender, program, arguments, options, fatal, among)
        self._process = server.Process(target=_live, args=job)
        self._process.start()
        sender.close()

    def wait(self) -> ProcessResult:
        """How it ended; one that fails, or is killed by anything else, fails the test."""
        ending = None
        with contextlib.suppress(EOFError):
            while self._receiver.poll(60):
                ending = self._receiver.recv()
        self._receiver.close()
        self._process.join(60)
        code = self._process.exitcode
        self._process.kill()
        assert ending is not None, f"a victim ended with {code} and said nothing"
        assert abs(code or 0) == (KILL if ending.killed else 0), f"a victim ended with {code}\n{ending.words}"
        return ending


def run(program: Callable[..., Any], *arguments: Any, **options: Any) -> ProcessResult:
    """A victim, from its first breath to its last."""
    return KillableProcess(program, *arguments, **options).wait()


def _live(
    sender: Any,
    program: Callable[..., Any],
    arguments: tuple[Any, ...],
    options: dict[str, Any],
    fatal: int | None,
    among: str,
) -> None:
    if hasattr(os, "setsid"):
        os.setsid()
    points = Points(sender.send, fatal, among)
    points.attach()
    words = io.StringIO()
    try:
        with contextlib.redirect_stdout(words), contextlib.redirect_stderr(words):
            value = program(*arguments, **options)
    except BaseException:
        sender.send(
            ProcessResult(killed=False, value=None, points=points.names, words=traceback.format_exc())
        )
        raise
    sender.send(ProcessResult(killed=False, value=value, points=points.names, words=words.getvalue()))


@cache
def _server() -> Any:
    """Where victims come from."""
    if not hasattr(os, "fork"):
        return multiprocessing.get_context("spawn")
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload([__name__])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # Python 3.11 does not hand it on
        patch.setenv("WARM_VICTIMS", "1")
        multiprocessing.forkserver.ensure_running()
    return made


def _warm_up() -> None:
    """Do what a process does only the first time, so that victims need not; no thread is left."""
    with tempfile.TemporaryDirectory() as folder:
        people = sending.table(2)
        send("http://127.0.0.1:9/", Path(folder) / "journal.sqlite", people, suppress=people["mobile"])
    assert threading.active_count() == 1
    gc.freeze()
    gc.disable()  # a victim does not live long enough for it


# Points.


class Points:
    """The steps by which a process changes the world, counted; it is killed before one of them."""

    def __init__(self, tell: Callable[[ProcessResult], None], fatal: int | None, among: str) -> None:
        self.names: list[str] = []
        self._tell, self._fatal, self._among = tell, fatal, re.compile(among)
        self._lock = threading.Lock()

    def step(self, name: str, do: Callable[[], Any], half: Callable[[], Any] | None = None) -> Any:
        """Do a step; one that can be half done has a point for that as well."""
        self._reach(name)
        if half is not None:
            self._reach(f"the other half of {name}", first=half)
        return do()

    def _reach(self, name: str, first: Callable[[], Any] | None = None) -> None:
        if not self._among.search(name):
            return
        with self._lock:
            self.names.append(name)
            if len(self.names) - 1 == self._fatal:
                if first is not None:
                    first()
                self._tell(ProcessResult(killed=True, value=None, points=[name]))
                os.kill(os.getpid(), KILL)

    def attach(self) -> None:
        """Watch this process from here on."""
        factory = _watched_connection(self)
        for module in (sqlite3, sqlite3.dbapi2):
            module.connect = lambda *arguments, **options: self.step(
                "open journal", lambda: REAL_CONNECT(*arguments, **{**options, "factory": factory})
            )
        _watch_postgres(self)
        socket.socket = _watched_socket(self)
        for name in ("open", "mkdir", "unlink", "rename", "replace"):
            setattr(os, name, self._file_step(name, getattr(os, name)))

    def _file_step(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(path: Any, *arguments: Any, **options: Any) -> Any:
            file = Path(os.fsdecode(path)) if isinstance(path, (str, bytes, os.PathLike)) else Path()
            if "journal" not in str(file):
                return real(path, *arguments, **options)
            return self.step(f"{name} *{file.suffix}", lambda: real(path, *arguments, **options))

        return step


def _watched_connection(points: Points) -> type[sqlite3.Connection]:
    class Cursor(sqlite3.Cursor):
        def execute(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
            return self._watched(statement, lambda: super(Cursor, self).execute(statement, *parameters))

        def executemany(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
            return self._watched(statement, lambda: super(Cursor, self).executemany(statement, *parameters))

        def _watched(self, statement: str, step: Callable[[], Any]) -> Any:
            if WRITES.match(statement):
                self.connection.wrote = True
            return points.step(" ".join(statement.split())[:60], step)

    class Connection(sqlite3.Connection):
        wrote = False

        def cursor(self, factory: type[sqlite3.Cursor] = Cursor) -> sqlite3.Cursor:
            return super().cursor(factory)

        def execute(self, *statement: Any) -> sqlite3.Cursor:
            return self.cursor().execute(*statement)

        def executemany(self, *statement: Any) -> sqlite3.Cursor:
            return self.cursor().executemany(*statement)

        def commit(self) -> None:
            what = "commit" if self.wrote else "end of reading"
            self.wrote = False
            points.step(what, super().commit)

    return Connection


def _watch_postgres(points: Points) -> None:
    """Statements and commits of psycopg; where it is not installed, no journal is in PostgreSQL."""
    if psycopg is None:
        return
    execute, commit = psycopg.Cursor.execute, psycopg.Connection.commit
    wrote: weakref.WeakSet[Any] = weakref.WeakSet()

    def executed(self: Any, statement: Any, *parameters: Any, **options: Any) -> Any:
        text = statement if isinstance(statement, str) else "settings"
        if WRITES.match(text):
            wrote.add(self.connection)
        step = re.sub(r"journal_\w+|story_\w+", "journal", " ".join(text.split()))[:60]
        return points.step(step, lambda: execute(self, statement, *parameters, **options))

    def committed(self: Any) -> None:
        what = "commit" if self in wrote else "end of reading"
        wrote.discard(self)
        points.step(what, lambda: commit(self))

    psycopg.Cursor.execute, psycopg.Connection.commit = executed, committed


def _watched_socket(points: Points) -> type[socket.socket]:
    class Socket(REAL_SOCKET):
        """An answer comes in as many pieces as it pleases the network, so only the first one is a point."""

        asked, answered = "", True

        def connect(self, address: Any) -> None:
            points.step("connect", lambda: super(Socket, self).connect(address))

        def sendall(self, data: Any, *flags: int) -> None:
            what = f"body of {self.asked}"
            if head := re.match(rb"(GET|POST|DELETE) \S*/REST/(\w+)", bytes(data[:200])):
                what = self.asked = b" ".join(head.groups()).decode()
                self.answered = False
            real = super().sendall
            points.step(f"send {what}", lambda: real(data, *flags), half=lambda: real(data[: len(data) // 2]))

        def recv_into(self, *arguments: Any) -> int:
            real = super().recv_into
            if self.answered:
                return real(*arguments)
            self.answered = True
            return points.step(f"receive {self.asked}", lambda: real(*arguments), half=self.receive_one_byte)

        def receive_one_byte(self) -> None:
            with contextlib.suppress(OSError):  # the gateway broke it off
                self.recv(1)

    return Socket


if os.environ.pop("WARM_VICTIMS", None):
    _warm_up()
