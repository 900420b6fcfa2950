"""
The clock, handed in: wall time for people, monotonic time for waits, and the wait itself.

No other module reads the time (`tests/unit/test_architecture.py` checks it). Whatever needs it is given a
`Clock`, so that tests and the simulation let hours pass in an instant. What goes through a gateway uses the
clock of that gateway.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """
    Where the time comes from.

    Attributes:
        now: Wall time (aware, UTC); it may be wrong, or be set while a campaign runs.
        monotonic: Seconds that only grow.
        pause: Waits for some seconds, or until an event is set; whether it is set.

    Example:
        >>> Clock().now().tzinfo
        datetime.timezone.utc
    """

    now: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = time.monotonic
    pause: Callable[[threading.Event, float], object] = threading.Event.wait

    def sleep(self, seconds: float) -> None:
        """Wait for some seconds; nothing but Ctrl-C ends it earlier."""
        self.pause(threading.Event(), seconds)

    def not_before(self, date: datetime) -> Clock:
        """
        The same clock, never earlier than another one that shows ``date`` at this moment.

        A schedule has passed as soon as one of two clocks says so: this machine's, or the gateway's.
        """
        began = self.monotonic()

        def now() -> datetime:
            return max(self.now(), date + timedelta(seconds=self.monotonic() - began))

        return replace(self, now=now)


SYSTEM = Clock()
"""The clock of this machine."""
