"""
How many people got where, how fast, and how much longer it takes.

The clock is handed in, and everything may be asked from any thread.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import TYPE_CHECKING, Any

from smsframe.clock import SYSTEM
from smsframe.formatting import duration, many
from smsframe.orders.states import State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from smsframe.orders.records import ProgressEvent

WORDS = {
    State.ACCEPTED: "accepted",
    State.REFUSED: "rejected",
    State.UNCONFIRMED: "unconfirmed",
    State.CANCELLED: "cancelled",
}
"""What people are who got somewhere; all others are pending."""

NAMES = ("accepted", "scheduled", "rejected", "unconfirmed", "cancelled", "pending")

RECENT = 30.0
"""Seconds over which the rate is taken, so that it falls soon when the gateway slows down."""

FAST = 10
"""People a second; above, the rate is shown without decimals."""


class ProgressStats:
    """
    Counts people, or orders, as they get somewhere; each is in one place at a time.

    Args:
        monotonic: Seconds that only grow; handed in.
        later: Whether what is accepted goes out at a later time, which is called scheduled.
    """

    def __init__(self, monotonic: Callable[[], float] = SYSTEM.monotonic, *, later: bool = False) -> None:
        self.begun = False
        self._monotonic, self._later = monotonic, later
        self._counts: Counter[str] = Counter()
        self._credits = 0.0
        self._points: deque[tuple[float, int]] = deque()
        """When how many were settled, of late."""
        self._ended: float | None = None
        self._lock = threading.Lock()

    def begin(self, total: int) -> None:
        """So many are to do."""
        with self._lock:
            self.begun = True
            self._counts["pending"] += total
            self._mark()

    def update(self, event: ProgressEvent) -> None:
        """Some people got somewhere."""
        with self._lock:
            if event.before is not None:
                self._counts[self._word(event.before)] -= event.recipients
            self._counts[self._word(event.state)] += event.recipients
            self._credits += event.credits
            self._mark()

    def advance(self, steps: int) -> None:
        """So many more are done, and nothing else is to be said of them."""
        with self._lock:
            self._counts["pending"] -= steps
            self._counts["done"] += steps
            self._mark()

    def count(self, counts: Mapping[str, int], credits_: float) -> None:
        """They were counted: these many are where, for so many credits."""
        with self._lock:
            self.begun = True
            self._counts, self._credits = Counter(counts), credits_
            self._mark()

    def end(self) -> None:
        """It is over: the rate stays what it was."""
        with self._lock:
            self._ended = self._monotonic()

    def facts(self) -> dict[str, Any]:
        """``recipients`` in all, how many of them are where, ``credits``, ``rate`` and ``seconds_left``."""
        with self._lock:
            rate, pending = self._rate(), self._counts["pending"]
            return {
                "recipients": self._counts.total(),
                **{name: self._counts[name] for name in NAMES},
                "credits": self._credits,
                "rate": rate,
                "seconds_left": pending / rate if rate and pending and self._ended is None else None,
            }

    def _word(self, state: State) -> str:
        word = WORDS.get(state, "pending")
        return "scheduled" if self._later and word == "accepted" else word

    def _settled(self) -> int:
        return self._counts.total() - self._counts["pending"]

    def _mark(self) -> None:
        now = self._monotonic()
        self._points.append((now, self._settled()))
        while self._points[0][0] < now - RECENT and self._points[1][0] <= now - RECENT:
            self._points.popleft()  # one before the time that counts stays, to count from

    def _rate(self) -> float:
        if not self._points:
            return 0.0
        at, before = self._points[0]
        seconds = (self._monotonic() if self._ended is None else self._ended) - at
        return max(0.0, (self._settled() - before) / seconds) if seconds > 0 else 0.0


def progress_text(facts: Mapping[str, Any], unit: str) -> str:
    """
    How far it is, in words.

    Example:
        >>> stats = ProgressStats(iter([0.0, 2.0, 2.0]).__next__)
        >>> stats.begin(1200)
        >>> stats.advance(400)
        >>> progress_text(stats.facts(), "orders")
        '400 of 1,200 orders, 200/s, 4 s left'
    """
    done = facts["recipients"] - facts["pending"]
    parts = [f"{done:,} of {facts['recipients']:,} {unit}"]
    parts += [f"{facts[name]:,} {name}" for name in NAMES[:-1] if facts.get(name)]
    if facts["credits"]:
        parts.append(many(facts["credits"], "credit"))
    if facts["rate"]:
        parts.append(f"{facts['rate']:,.{0 if facts['rate'] >= FAST else 1}f}/s")
    if facts["seconds_left"] is not None:
        parts.append(f"{duration(facts['seconds_left'])} left")
    return ", ".join(parts)
