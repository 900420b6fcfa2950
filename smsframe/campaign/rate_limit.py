"""
Not more recipients per second than was asked for.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smsframe.gateway.retry import RetryPolicy


class Pace:
    """
    Gives each order its turn.

    Args:
        rate: Recipients per second, or None for as fast as it goes.
        retry_policy: What is waited with, and by whose clock.
    """

    def __init__(self, rate: float | None, retry_policy: RetryPolicy) -> None:
        self._rate, self._retry_policy = rate, retry_policy
        self._next = retry_policy.clock.monotonic()
        self._last: deque[tuple[float, int]] = deque()
        """The turns of the second before the next one, and how many people each was for."""
        self._lock = threading.Lock()

    def wait(self, recipients: int) -> bool:
        """Wait for the turn of an order with so many people; False when everything was stopped meanwhile."""
        if self._rate is not None:
            with self._lock:
                now = self._retry_policy.clock.monotonic()
                leaves_at = self._leaves_at(max(now, self._next), recipients, self._rate)
                self._last.append((leaves_at, recipients))
                self._next = leaves_at + recipients / self._rate
            if leaves_at > now:
                self._retry_policy.sleep(leaves_at - now)
        return not self._retry_policy.stop.is_set()

    def _leaves_at(self, leaves_at: float, recipients: int, rate: float) -> float:
        """The first moment from which no second before it has too many people."""
        while self._last:
            at, _ = self._last[0]
            if at + 1.0 > leaves_at:
                if sum(people for _, people in self._last) + recipients <= rate:
                    break
                leaves_at = at + 1.0
            self._last.popleft()
        return leaves_at
