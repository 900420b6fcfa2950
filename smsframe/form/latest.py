"""
Work that keeps up with somebody who types: the newest question is answered, what it overtook is not.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Question = TypeVar("Question")


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
