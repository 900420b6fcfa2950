"""
The clock, handed in: wall time for people, monotonic time for waits, and the wait itself.

No other module reads the time (`tests/unit/test_architecture.py` checks it). Whatever needs it is given a
`Clock`, so that tests and the simulation let hours pass in an instant. What goes through a gateway uses the
clock of that gateway.
"""

from __future__ import annotations

import threading
import time
import warnings
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

if TYPE_CHECKING:
    from collections.abc import Callable


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, repr=False)
class Clock:
    """
    Where the time comes from.

    Attributes:
        now: Wall time (aware, UTC); it may be wrong, or be set while a campaign runs.
        monotonic: Seconds that only grow.
        pause: Waits for some seconds, or until an event is set; whether it is set.
        behind: The wall time of a clock that may be behind ``now``; None where there is only one.

    Example:
        >>> Clock().now().tzinfo
        datetime.timezone.utc
    """

    now: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = time.monotonic
    pause: Callable[[threading.Event, float], object] = threading.Event.wait
    behind: Callable[[], datetime] | None = None

    def __repr__(self) -> str:
        own = (self.now, self.monotonic, self.pause) != (_now, time.monotonic, threading.Event.wait)
        return "<Clock of its own>" if own else "<Clock of this machine>"  # a default, in signatures

    def sleep(self, seconds: float) -> None:
        """Wait for some seconds; nothing but Ctrl-C ends it earlier."""
        self.pause(threading.Event(), seconds)

    def not_before(self, date: datetime) -> Clock:
        """
        The same clock, never earlier than another one that shows ``date`` at this moment.

        A schedule has passed as soon as one of two clocks says so: this machine's, or the gateway's. Where
        something must have begun, the earlier of them decides: see `span`.
        """
        began = self.monotonic()

        def other() -> datetime:
            return date + timedelta(seconds=self.monotonic() - began)

        return replace(
            self, now=lambda: max(self.now(), other()), behind=lambda: min(self.span()[0], other())
        )

    def span(self) -> tuple[datetime, datetime]:
        """The earliest and the latest that it may be now, by the clocks there are."""
        now = self.now()
        return (now if self.behind is None else min(now, self.behind()), now)


SYSTEM = Clock()
"""The clock of this machine."""


def machine_zone() -> str:
    """
    The IANA name of this machine's time zone, such as ``Europe/Rome``; UTC where it has no such name.

    It fills a field that people see and may change, so that a machine without a name is no error.
    """
    import tzlocal  # noqa: PLC0415 - only the form needs it

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it found nothing, and takes UTC
        try:
            name = tzlocal.get_localzone_name().removeprefix("Etc/")
        except (
            LookupError,
            ValueError,
            OSError,
        ):  # `TZ` and the files differ, or are of a zone without a name
            return "UTC"
    return name if _is_zone(name) else "UTC"


@cache
def _is_zone(name: str) -> bool:
    """Whether it is the name of a zone; all of them are files, which takes a while to see."""
    return name in available_timezones()
