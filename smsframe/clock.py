"""
The one clock, handed in: wall time for people, monotonic time for waits, and the pause itself.

Whatever needs the time is given a `Clock`, so that tests and the simulation let hours pass in an instant.
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
        pause: Waits for some seconds, or until an event is set.

    Example:
        >>> Clock().now().tzinfo
        datetime.timezone.utc
    """

    now: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = time.monotonic
    pause: Callable[[threading.Event, float], object] = threading.Event.wait

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
