"""
Not more recipients per second than was asked for.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from smsframe.orders.pace import leaves_at

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
        self._first = retry_policy.clock.monotonic()
        self._last: list[tuple[float, int]] = []
        """The turns of the second before the next one, and how many people each was for."""
        self._lock = threading.Lock()

    def wait(self, recipients: int, earliest: float = 0.0) -> bool:
        """
        Wait for the turn of an order; False when everything was stopped meanwhile.

        Args:
            recipients: How many people it is for.
            earliest: By the monotonic clock, when other runs of the campaign leave it its turn.
        """
        if self._rate is not None:
            with self._lock:
                now = self._retry_policy.clock.monotonic()
                moment = leaves_at(self._last, max(now, self._first, earliest), recipients, self._rate)
                self._last.append((moment, recipients))
            if moment > now:
                self._retry_policy.sleep(moment - now)
        return not self._retry_policy.stop.is_set()
