"""
Every decision of a history, drawn from its seed and written down.

A decision is a small whole number, and 0 is always the harmless one: no fault, the first in line, nothing
more. So a recorded list can be cut and zeroed at will and still is a history, which is how one shrinks.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

Choice = TypeVar("Choice")


class Choices:
    """
    Decisions, by a seed; or the recorded ones again, and then only harmless ones.

    Args:
        seed: What they are drawn from.
        recorded: Decisions of an earlier history, to be repeated.
    """

    def __init__(self, seed: int, recorded: Sequence[int] | None = None) -> None:
        self._random = Random(seed)
        self._recorded = None if recorded is None else iter(recorded)
        self.made: list[int] = []

    def below(self, count: int) -> int:
        """A number below ``count``, each as likely."""
        if self._recorded is None:
            made = int(self._random.random() * count)
        else:
            made = next(self._recorded, 0) % count
        self.made.append(made)
        return made

    def happens(self, odds: float) -> bool:
        """Whether something happens that does so with these odds."""
        drawn = self._random.random() < odds if self._recorded is None else next(self._recorded, 0) & 1
        made = int(drawn)
        self.made.append(made)
        return bool(made)

    def one(self, of: Sequence[Choice]) -> Choice:
        """One of several, each as likely; the first is the harmless one."""
        return of[self.below(len(of))]

    def some(self, of: Sequence[Choice], odds: float) -> list[Choice]:
        """Some of several, each with these odds."""
        return [one for one in of if self.happens(odds)]
