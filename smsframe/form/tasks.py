"""
Threads of the form: actions that run once at a time, and updates that keep up with somebody who types.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from smsframe.clock import SYSTEM
from smsframe.errors import SmsFrameError
from smsframe.form.stops import said_of

if TYPE_CHECKING:
    from collections.abc import Callable

Request = TypeVar("Request")

BUG = "This is a bug of smsframe, please report it; what was sent is recorded."


class AtWork:
    """
    Marks a widget while something is at work, several at once too: the page asks before it is closed then.

    Args:
        widget: The widget of the whole page; it has the class ``sf-at-work`` meanwhile.
    """

    def __init__(self, widget: Any) -> None:
        self._widget, self._count, self._lock = widget, 0, threading.Lock()

    def __enter__(self) -> None:
        self._change(1)

    def __exit__(self, *_: object) -> None:
        self._change(-1)

    def _change(self, by: int) -> None:
        with self._lock:
            self._count += by
            if self._count:
                self._widget.add_class("sf-at-work")
            else:
                self._widget.remove_class("sf-at-work")


class SingleFlight:
    """
    Actions by name, each name at most once at a time: a second click on a button does nothing.

    Args:
        changed: Called when an action has started, and when it has ended.
        report: Called with a part of the form and a message: what went wrong there; empty when it starts.
    """

    def __init__(self, changed: Callable[[], None], report: Callable[[str, str], None]) -> None:
        self._changed, self._report = changed, report
        self._running: set[str] = set()
        self._unfinished = 0  # also those that have ended and whose end is not shown yet
        self._state = threading.Condition()

    def __contains__(self, name: str) -> bool:
        return name in self._running

    def start(self, name: str, place: str, action: Callable[[], None]) -> None:
        """Start an action in a thread, unless it is running; its error is reported at ``place``."""
        with self._state:
            if name in self._running:
                return
            self._running.add(name)
            self._unfinished += 1
        self._report(place, "")
        self._changed()
        threading.Thread(target=self._run, args=(name, place, action), daemon=True).start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all have ended and that is shown; False if it took longer than ``timeout`` seconds."""
        with self._state:
            return self._state.wait_for(lambda: not self._unfinished, timeout)

    def _run(self, name: str, place: str, action: Callable[[], None]) -> None:
        message = BUG  # of an error that nobody foresaw, which also leaves the thread, and so reaches the log
        try:
            action()
            message = ""
        except (SmsFrameError, ValueError, OSError) as error:
            message = said_of(error)
        finally:
            if message:
                self._report(place, message)
            with self._state:
                self._running.discard(name)
            try:
                self._changed()
            finally:
                with self._state:
                    self._unfinished -= 1
                    self._state.notify_all()


class LatestOnly(Generic[Request]):
    """
    Handles requests in a thread, one at a time; a new request replaces one that is waiting.

    Requesting never blocks, so a notebook's kernel takes the next key at once. The thread ends when nothing
    is waiting.

    Args:
        handle: Called with a request; it shows its result itself.
        pause: Seconds for which nothing newer was requested before one is handled.
    """

    def __init__(self, handle: Callable[[Request], None], pause: float = 0.0) -> None:
        self._handle, self._pause = handle, pause
        self._state = threading.Condition()
        self._waiting: list[Request] = []
        self._due = 0.0
        self._busy = False

    def request(self, request: Request) -> None:
        """Handle this next, instead of the one that is waiting."""
        with self._state:
            self._waiting, self._due = [request], SYSTEM.monotonic() + self._pause
            if not self._busy:
                self._busy = True
                threading.Thread(target=self._work, name="smsframe form", daemon=True).start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is requested any more; False when that took longer than ``timeout`` seconds."""
        with self._state:
            return self._state.wait_for(lambda: not self._busy, timeout)

    def _work(self) -> None:
        while True:
            with self._state:
                if not self._waiting:
                    self._busy = False
                    self._state.notify_all()
                    return
                while (early := self._due - SYSTEM.monotonic()) > 0:
                    self._state.wait(early)
                request = self._waiting.pop()
            try:
                self._handle(request)
            except BaseException:  # whatever it is, the thread ends with it: the next request starts another
                with self._state:
                    self._busy, self._waiting = False, []
                    self._state.notify_all()
                raise
