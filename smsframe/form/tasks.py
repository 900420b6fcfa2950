"""
What a click begins: in a thread, and once, however often it is clicked before it is over.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from smsframe.errors import SmsFrameError
from smsframe.masking import mask

if TYPE_CHECKING:
    from collections.abc import Callable


class Clicks:
    """
    Work by name, each name at most once at a time.

    Args:
        changed: Called when something has begun or is over.
        say: Called with a place and a sentence: what went wrong there, or nothing.
    """

    def __init__(self, changed: Callable[[], None], say: Callable[[str, str], None]) -> None:
        self._changed, self._say = changed, say
        self._under_way: set[str] = set()
        self._state = threading.Condition()

    def __contains__(self, name: str) -> bool:
        return name in self._under_way

    def do(self, name: str, place: str, work: Callable[[], None]) -> None:
        """Begin, unless it is under way already; what goes wrong is said in its place."""
        with self._state:
            if name in self._under_way:
                return
            self._under_way.add(name)
        self._say(place, "")
        self._changed()
        threading.Thread(target=self._work, args=(name, place, work), daemon=True).start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is under way; False when that took longer than ``timeout`` seconds."""
        with self._state:
            return self._state.wait_for(lambda: not self._under_way, timeout)

    def _work(self, name: str, place: str, work: Callable[[], None]) -> None:
        wrong = "something is broken in smsframe; the journal has the outcome"
        try:
            work()
            wrong = ""
        except (SmsFrameError, ValueError, OSError) as error:
            wrong = mask(str(error))
        finally:
            if wrong:
                self._say(place, wrong)
            with self._state:
                self._under_way.discard(name)
            self._changed()
            with self._state:
                self._state.notify_all()
