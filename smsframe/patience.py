"""
How long to wait, and how often to try, before giving up on something that is safe to repeat.

The waits themselves are tenacity's; what is slept with is handed in, so that a stop button wakes it and
tests do not sleep.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import tenacity

from smsframe.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

LONGEST_WAIT = 600.0
"""Seconds a gateway may ask us to wait; when it asks for more the campaign stops cleanly instead."""


@dataclass(frozen=True, slots=True)
class Patience:
    """
    Waits that grow, unless the gateway names one.

    Attributes:
        attempts: Tries in all.
        first: Seconds before the second try; doubled each time, with a random part.
        most: Seconds of one wait at most.
        pause: Waits for some seconds, or until an event is set; handed in.
        monotonic: Seconds that only grow; handed in.
        stop: Ends every pause at once.
    """

    attempts: int = 4
    first: float = 0.5
    most: float = 5.0
    pause: Callable[[threading.Event, float], object] = threading.Event.wait
    monotonic: Callable[[], float] = time.monotonic
    stop: threading.Event = field(default_factory=threading.Event)

    def sleep(self, seconds: float) -> None:
        """Wait, unless stopped."""
        self.pause(self.stop, seconds)

    def ask(self, question: Callable[[], Result]) -> Result:
        """
        Ask something that may be asked again; the last refusal to answer is raised as it is.

        Raises:
            Unavailable: Still no answer.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Unavailable),
            stop=self._stop(lambda state: getattr(state.outcome.exception(), "retry_after", None)),
            wait=self._wait(lambda state: getattr(state.outcome.exception(), "retry_after", None)),
            sleep=self.sleep,
            reraise=True,
        )
        return retrying(question)

    def until(
        self,
        attempt: Callable[[], Result],
        again: Callable[[Result], bool],
        retry_after: Callable[[Result], float | None],
    ) -> Result:
        """Attempt something whose result says whether it may be repeated; the last result, whatever it is."""
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_result(again),
            stop=self._stop(lambda state: retry_after(state.outcome.result())),
            wait=self._wait(lambda state: retry_after(state.outcome.result())),
            sleep=self.sleep,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        result: Result = retrying(attempt)
        return result

    def _stop(self, asked: Callable[[tenacity.RetryCallState], float | None]) -> tenacity.stop.stop_base:
        def too_long(state: tenacity.RetryCallState) -> bool:
            return (asked(state) or 0.0) > LONGEST_WAIT

        return tenacity.stop_any(tenacity.stop_after_attempt(self.attempts), too_long)

    def _wait(
        self, asked: Callable[[tenacity.RetryCallState], float | None]
    ) -> Callable[[tenacity.RetryCallState], float]:
        growing = tenacity.wait_exponential_jitter(initial=self.first, max=self.most, jitter=self.first)

        def wait(state: tenacity.RetryCallState) -> float:
            named = asked(state)
            return growing(state) if named is None else named

        return wait
