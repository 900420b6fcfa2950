"""Clocks to hand in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil

from smsframe.clock import Clock

NO_WAITS = Clock(pause=lambda _stop, _seconds: None)
"""The machine's clock, by which nobody waits."""


TICKS = 2**20


class PassingTime:
    """
    Wall and monotonic time of one test; waiting lets it pass, or is interrupted as by Ctrl-C. The gateway's
    clock may be ahead.
    """

    def __init__(self, began=None):
        self.passed, self.pauses, self.interrupted = 0.0, [], False
        self.began, self.ahead = began or datetime.now(UTC), timedelta()

    def now(self):
        return self.began + timedelta(seconds=self.passed)

    def at_the_gateway(self):
        return self.now() + self.ahead

    def set(self, moment):
        self.began = moment - timedelta(seconds=self.passed)

    def pause(self, _stop, seconds):
        if self.interrupted:
            raise KeyboardInterrupt
        self.pauses.append(seconds)
        # In binary fractions of a second, whose sums and differences are exact, as those of ticks are.
        self.passed = ceil((self.passed + seconds) * TICKS) / TICKS

    @property
    def clock(self):
        return Clock(now=self.now, monotonic=lambda: self.passed, pause=self.pause)
