"""
Work of the form in threads: what a click begins, once; and answers that keep up with somebody who types.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from smsframe.errors import SmsFrameError
from smsframe.masking import mask

if TYPE_CHECKING:
    from collections.abc import Callable

Question = TypeVar("Question")


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


class Latest(Generic[Question]):
    """
    Answers questions in a thread, one at a time; a question asked meanwhile replaces one that waits.

    The thread that asks is never held up, so a notebook's kernel takes the next key at once. The thread ends
    when nothing is asked.

    Args:
        answer: Called with a question; what it returns is nobody's, it shows the answer itself.
    """

    def __init__(self, answer: Callable[[Question], None]) -> None:
        self._answer = answer
        self._state = threading.Condition()
        self._waiting: list[Question] = []
        self._busy = False

    def ask(self, question: Question) -> None:
        """Answer this next, instead of what waits."""
        with self._state:
            self._waiting = [question]
            if not self._busy:
                self._busy = True
                threading.Thread(target=self._work, name="smsframe form", daemon=True).start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is asked any more; False when that took longer than ``timeout`` seconds."""
        with self._state:
            return self._state.wait_for(lambda: not self._busy, timeout)

    def _work(self) -> None:
        while True:
            with self._state:
                if not self._waiting:
                    self._busy = False
                    self._state.notify_all()
                    return
                question = self._waiting.pop()
            try:
                self._answer(question)
            except BaseException:
                with self._state:
                    self._busy, self._waiting = False, []
                    self._state.notify_all()
                raise
