"""
How long to wait, and how often to try, before giving up on something that is safe to repeat.

The waits are computed by tenacity; the clock that waits is handed in, so that a stop button ends a wait and
tests do not wait.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import tenacity
from tenacity.stop import stop_base
from tenacity.wait import wait_base

from smsframe.clock import SYSTEM, Clock
from smsframe.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

LONGEST_WAIT = 600.0
"""Seconds a gateway may ask us to wait; when it asks for more the campaign stops cleanly instead."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """
    Waits that grow, unless the gateway names one.

    Attributes:
        attempts: Tries in all.
        first: Seconds before the second try; doubled each time, with a random part.
        most: Seconds of one wait at most.
        reach: Seconds after which nothing is tried again, unless the gateway named a time to come back: who
            cannot be reached at all is given up after two time-outs to connect.
        clock: The time, and what is waited with.
        stop: Ends every pause at once.
    """

    attempts: int = 4
    first: float = 0.5
    most: float = 5.0
    reach: float = 10.0
    clock: Clock = SYSTEM
    stop: threading.Event = field(default_factory=threading.Event)

    def sleep(self, seconds: float) -> None:
        """Wait, unless stopped."""
        self.clock.pause(self.stop, seconds)

    def ask(self, question: Callable[[], Result]) -> Result:
        """
        Ask something that may be asked again; the last refusal to answer is raised as it is.

        Raises:
            Unavailable: Still no answer.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Unavailable),
            stop=tenacity.stop_after_attempt(self.attempts)
            | tenacity.stop_when_event_set(self.stop)
            | _AskedTooLong(_raised)
            | _WaitedTooLong(_raised, self),
            wait=_NamedWait(_raised, self._growing()),
            sleep=self.sleep,
            reraise=True,
        )
        return retrying(question)

    def until(self, attempt: Callable[[], Result], again: Callable[[Result], bool]) -> Result:
        """Attempt what says by its result whether it may be repeated; the last result, whatever it is."""
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_result(again),
            stop=tenacity.stop_after_attempt(self.attempts)
            | tenacity.stop_when_event_set(self.stop)
            | _AskedTooLong(_returned)
            | _WaitedTooLong(_returned, self),
            wait=_NamedWait(_returned, self._growing()),
            sleep=self.sleep,
            retry_error_callback=_returned,
        )
        return retrying(attempt)

    def _growing(self) -> wait_base:
        limit = max(0.0, self.most - self.first)  # the random part comes on top
        growing = tenacity.wait_exponential(multiplier=self.first, max=limit)
        return growing + tenacity.wait_random(0, self.first)


def _raised(state: tenacity.RetryCallState) -> Any:
    return state.outcome.exception() if state.outcome else None


def _returned(state: tenacity.RetryCallState) -> Any:
    return state.outcome.result() if state.outcome else None


class _AskedTooLong(stop_base):
    """Stops when the gateway asks for a longer wait than we are willing to make."""

    def __init__(self, outcome: Callable[[tenacity.RetryCallState], Any]) -> None:
        self._outcome = outcome

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        return (getattr(self._outcome(retry_state), "retry_after", None) or 0.0) > LONGEST_WAIT


class _WaitedTooLong(stop_base):
    """Stops when it has taken long, by the clock handed in, and nobody said when to come back."""

    def __init__(self, outcome: Callable[[tenacity.RetryCallState], Any], retry_policy: RetryPolicy) -> None:
        self._outcome, self._retry_policy, self._began = outcome, retry_policy, retry_policy.clock.monotonic()

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        retry_after = getattr(self._outcome(retry_state), "retry_after", None)
        return (
            retry_after is None
            and self._retry_policy.clock.monotonic() - self._began >= self._retry_policy.reach
        )


class _NamedWait(wait_base):
    """The wait that the gateway named, else one that grows."""

    def __init__(self, outcome: Callable[[tenacity.RetryCallState], Any], growing: wait_base) -> None:
        self._outcome, self._growing = outcome, growing

    def __call__(self, retry_state: tenacity.RetryCallState) -> float:
        retry_after = getattr(self._outcome(retry_state), "retry_after", None)
        return self._growing(retry_state) if retry_after is None else float(retry_after)
