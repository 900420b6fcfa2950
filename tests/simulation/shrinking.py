"""
A failing history made small: decisions are cut out and made harmless as long as it fails in the same way.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from simulation.history import History

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

TIME_LIMIT = 60.0
"""Seconds."""


def shrink(history: History, *, time_limit: float = TIME_LIMIT) -> History:
    """
    The smallest history that can be found in some time and breaks the same part of the promise.

    Args:
        history: One that was lived, and failed.
        time_limit: Seconds to look for a smaller one.
    """
    until = time.monotonic() + time_limit
    wanted, kinds = sort_of(history), history.world.kinds
    best, size = history, max(1, len(history.choices.made) // 2)
    while size and time.monotonic() < until:
        smaller = _first_failing(history.seed, kinds, _simpler(best.choices.made, size), wanted, until)
        if smaller is None:
            size //= 2
        else:
            best = smaller
    return best


def sort_of(history: History) -> str | None:
    """What of the promise broke, in a word."""
    broken = history.world.scheduler.broken
    return None if broken is None else str(broken).partition(":")[0]


def _first_failing(
    seed: int, kinds: Collection[str], tries: Iterator[list[int]], wanted: str | None, until: float
) -> History | None:
    for decisions in tries:
        if time.monotonic() > until:
            break
        tried = History(seed, kinds, decisions)
        tried.live()
        if sort_of(tried) == wanted:
            while tried.choices.made and not tried.choices.made[-1]:
                tried.choices.made.pop()
            return tried
    return None


def _simpler(decisions: Sequence[int], size: int) -> Iterator[list[int]]:
    """The same with some decisions cut out, and with some made harmless, from the end."""
    for start in range(len(decisions) - size, -1, -size):
        yield [*decisions[:start], *decisions[start + size :]]
    for start in range(len(decisions) - size, -1, -size):
        if any(decisions[start : start + size]):
            yield [*decisions[:start], *[0] * size, *decisions[start + size :]]
