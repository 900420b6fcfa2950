"""
Ctrl-C, and the notebook's stop button, as a request to stop instead of an exception.

An exception that may strike at any instruction can strike between an answer and its record, or in a
library's clean-up that swallows it. While a campaign runs the first interrupt only asks it to stop; a
second one raises as usual.

Under ``asyncio.run`` Ctrl-C only cancels the main task, which hears of it at its next ``await``: while a call
that sends is what the task is doing, that is when everybody was texted. And a thread other than the main one,
as of ``asyncio.to_thread``, hears no signals at all: its run is asked to stop when Python ends, which waits
for such threads.
"""

from __future__ import annotations

import atexit
import concurrent.futures.thread  # noqa: F401 - it must have registered its own clean-up: see below
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class _InThread(NamedTuple):
    campaign: str
    stop: Callable[[], None]
    over: threading.Event


_in_threads: set[_InThread] = set()


@contextmanager
def asked(stop: Callable[[], None]) -> Iterator[threading.Event]:
    """
    Call ``stop`` on the first interrupt, and tell by the event that one came.

    Only the main thread hears signals; elsewhere, and where somebody else than Python or the running event
    loop listens, nothing is changed.
    """
    interrupted = threading.Event()
    previous = signal.getsignal(signal.SIGINT)
    in_loop = _task_is_running()
    if threading.current_thread() is not threading.main_thread() or not (
        previous is signal.default_int_handler or (in_loop and callable(previous))
    ):
        yield interrupted
        return

    def first(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, previous)
        interrupted.set()
        stop()
        if callable(previous) and previous is not signal.default_int_handler:
            # The loop's: it cancels the task, and counts, so that its second one raises.
            previous(number, frame)  # type: ignore[arg-type]  # the frame is handed on as it came

    signal.signal(signal.SIGINT, first)
    try:
        if in_loop and _is_cancelled():  # before anybody listened
            interrupted.set()
            stop()
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, previous)


@contextmanager
def raised() -> Iterator[None]:
    """Ctrl-C is raised at once, also in a task of an event loop, whose own listener only cancels the task."""
    if threading.current_thread() is not threading.main_thread() or not _task_is_running():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


@contextmanager
def until_python_ends(campaign: str, stop: Callable[[], None]) -> Iterator[None]:
    """A run in a thread that is not the main one, which is stopped when Python ends; elsewhere nothing."""
    if threading.current_thread() is threading.main_thread():
        yield
        return
    entry = _InThread(campaign, stop, threading.Event())
    _in_threads.add(entry)
    try:
        yield
    finally:
        _in_threads.discard(entry)
        entry.over.set()


def python_ended(campaign: str) -> None:
    """Say that a run was stopped because Python ended, and how to go on."""
    print(  # noqa: T201 - no caller is left to raise anything to
        f"smsframe: Python ended while campaign {campaign!r} was being sent; what was under way is "
        f"recorded. Go on with smsframe.resume({campaign!r}), and end a script with wait()",
        file=sys.stderr,
    )


def _task_is_running() -> bool:
    """Whether this thread is in a task of an event loop, whose listener to Ctrl-C is not heard meanwhile."""
    asyncio = sys.modules.get("asyncio")  # nobody runs a loop who has not imported it
    with suppress(RuntimeError):
        return asyncio is not None and asyncio.current_task() is not None
    return False


def _is_cancelled() -> bool:
    task = sys.modules["asyncio"].current_task()
    return task is not None and task.cancelling() > 0


def _stop_all() -> None:
    runs = [*_in_threads]
    for run in runs:
        run.stop()
    for run in runs:
        run.over.wait()
        python_ended(run.campaign)


if hasattr(os, "register_at_fork"):  # a forked process has none of its parent's threads
    os.register_at_fork(after_in_child=_in_threads.clear)

# Before thread pools are joined (last registered, first run): their workers may be the ones to be stopped.
getattr(threading, "_register_atexit", atexit.register)(_stop_all)
