"""
Not more recipients per second than was asked for.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smsframe.patience import Patience


class Pace:
    """
    Gives each order its turn.

    Args:
        rate: Recipients per second, or None for as fast as it goes.
        patience: What is waited with, and by whose clock.
    """

    def __init__(self, rate: float | None, patience: Patience) -> None:
        self._rate, self._patience = rate, patience
        self._next = patience.monotonic()
        self._lock = threading.Lock()

    def wait(self, recipients: int) -> bool:
        """Wait for the turn of an order with so many people; False when everything was stopped meanwhile."""
        if self._rate is not None:
            with self._lock:
                now = self._patience.monotonic()
                turn = max(now, self._next)
                self._next = turn + recipients / self._rate
            if turn > now:
                self._patience.sleep(turn - now)
        return not self._patience.stop.is_set()
