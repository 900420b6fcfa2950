"""
Strings of digits labelled by range: what each means, found by binary search.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from smsframe.phones.fast.patterns import NotDigits, beginning, parse, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

Names: TypeAlias = frozenset[Any]
"""Of the patterns that a string of digits matches."""
Patterns: TypeAlias = dict[Any, str]
"""Patterns that a whole string may match, by name."""
Beginnings: TypeAlias = dict[Any, tuple[str, int]]
"""Patterns that its first digits may match, by name; and how many digits are too few for that."""
Asked: TypeAlias = tuple[Patterns, Beginnings, Callable[[Names], int]]
"""The patterns that matter, and what the names of those that match mean."""

UNDECIDED: Final = -1  # only the library itself can tell
LONGEST: Final = 17  # national digits that libphonenumber reads
POWERS: Final = 10 ** np.arange(19, dtype=np.int64)
_SHORTEST: Final = 2
_BITS: Final = 40


class Ranges(NamedTuple):
    """
    What strings of digits mean: where each range of them begins, and its label.

    A string of digits is the integer with a 1 before it, so that neither its length nor its zeros get lost.
    """

    starts: NDArray[np.int64]
    labels: NDArray[np.int8]

    def of(self, value: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.int8]:
        """The label of each number of so many digits; what is longer than any range is in none."""
        power = POWERS[np.minimum(length, len(POWERS) - 1)]
        return self.labels[np.searchsorted(self.starts, value + power, side="right") - 1]


def first_three(value: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.int64]:
    """
    The first three digits of numbers of so many digits, 17 at most; all of them where they are fewer.

    By floats, of which a processor divides several at a time. The result is never too small, as each multiple
    of a power of ten that counts here is a float itself; where it was rounded up, that is seen.

    Example:
        >>> first_three(np.array([393471234567, 49999999999999999, 44]), np.array([12, 17, 2])).tolist()
        [393, 499, 44]
    """
    power = POWERS[np.maximum(length - 3, 0)]
    found = (value / power).astype(np.int64)
    return found - (found * power > value)


def build(asked: Callable[[int], Asked]) -> Ranges:
    """The ranges of all lengths, one after the other; undecided if a pattern says more than digits."""
    spans: dict[Any, list[tuple[int, int]]] = {}
    meanings: dict[int, Callable[[Names], int]] = {}
    for length in range(_SHORTEST, LONGEST + 1):
        patterns, beginnings, means = asked(length)
        try:
            found = {name: whole(parse(pattern), length) for name, pattern in patterns.items()}
            for name, (pattern, few) in beginnings.items():
                found[name] = beginning(parse(pattern), length, few + 1)
        except NotDigits:
            continue
        meanings[length] = means
        one = 10**length
        for name, runs in found.items():
            spans.setdefault(name, []).extend((one + start, one + stop) for start, stop in runs)
    return _labelled({name: np.array(runs, dtype=np.int64) for name, runs in spans.items() if runs}, meanings)


def _labelled(spans: dict[Any, NDArray[np.int64]], meanings: dict[int, Callable[[Names], int]]) -> Ranges:
    """What each run of integers between the ends of spans means, given in which spans it lies."""
    ends = [runs.ravel() for runs in spans.values()]
    starts = np.unique(np.concatenate([np.array([0]), POWERS[_SHORTEST : LONGEST + 2], *ends]))
    length = np.searchsorted(POWERS, starts, side="right") - 1
    inside = [np.searchsorted(runs.ravel(), starts, side="right") % 2 == 1 for runs in spans.values()]
    combination = length
    for bit, within in enumerate(inside, start=1):
        combination = 2 * combination + within
        if not bit % _BITS:  # before they pass 64 bits
            combination = np.unique(combination, return_inverse=True)[1]
    # Each different combination is asked once; they are few.
    _, first, which = np.unique(combination, return_index=True, return_inverse=True)
    label = np.full(len(first), UNDECIDED, dtype=np.int8)
    for place, row in enumerate(first):
        if (means := meanings.get(int(length[row]))) is not None:
            label[place] = means(
                frozenset(name for name, within in zip(spans, inside, strict=True) if within[row])
            )
    labels = label[which]
    kept = np.concatenate([[True], labels[1:] != labels[:-1]])
    return Ranges(starts[kept], labels[kept])
