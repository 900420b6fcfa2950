"""
libphonenumber's verdict on columns of digits, by binary search.

What libphonenumber does with a number depends on its digits alone, and its metadata says how, in patterns:
which begin with a national prefix that it drops, which are of which type, which lengths are possible.
`metadata` makes of these patterns sorted ranges of integers, for each country that occurs. What patterns of
digits cannot say (carrier codes, prefixes that are replaced by others) is left undecided, and
`smsframe.phones.libphonenumber` asks the library itself: so the answer is always the library's, sooner or
later. A seeded test compares them in every region, ``make agreement`` at length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from smsframe.phones.fast.metadata import (
    ABROAD,
    KINDS,
    POWERS,
    UNDECIDED,
    after_code,
    at_home,
    calling_code,
    calling_codes,
    kinds,
    regions,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from smsframe.phones.fast.digits import Digits

_LITTLE: Final = 5  # digits; of fewer there are few different ones, and the library has more to say of them
FEW: Final = 100  # numbers; for fewer of a country, finding its ranges takes longer than asking one by one


def decide(digits: Digits, home: NDArray[np.int16]) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """
    What libphonenumber says of numbers that are nothing but digits and perhaps a plus.

    Args:
        digits: The numbers, as ``digits.read`` gives them.
        home: Per number the place of its region in ``regions()``, -1 without one.

    Returns:
        The E.164 digits as integers (of no meaning where undecided), and the kind as a place in ``KINDS``, or
        ``UNDECIDED``.
    """
    national, size = digits.value.copy(), digits.length.copy()
    code = np.zeros(len(national), dtype=np.int64)  # of the country; 0 where unknown

    def drop(rows: NDArray[np.intp], count: NDArray[np.int8]) -> None:
        """Take digits away in front, from the left."""
        rows, count = rows[count > 0], count[count > 0]
        size[rows] -= count
        national[rows] %= POWERS[size[rows]]

    known = digits.plain & (digits.length >= _LITTLE)
    local, abroad = known & ~digits.plus, known & digits.plus
    for place, rows in _groups(home, local & (home >= 0)):
        count = at_home(regions()[place]).of(national[rows], size[rows])
        abroad[rows[count == ABROAD]] = True
        code[rows[count >= 0]] = calling_code(regions()[place])
        drop(rows, count)

    first = calling_codes()[national // POWERS[np.maximum(size - 3, 0)] % 1000]
    for found, rows in _groups(first, abroad & (first > 0)):
        drop(rows, np.full(len(rows), len(str(found)), dtype=np.int8))
        count = after_code(found).of(national[rows], size[rows])
        code[rows[count >= 0]] = found
        drop(rows, count)

    kind = np.full(len(national), UNDECIDED, dtype=np.int8)
    for found, rows in _groups(code, code > 0):
        kind[rows] = kinds(found).of(national[rows], size[rows])
    kind[local & (home < 0)] = KINDS.index("national_form")
    kind[abroad & (first == 0) & (home < 0)] = KINDS.index("unknown_country")
    return national + code * POWERS[size], kind


def _groups(
    labels: NDArray[np.integer[Any]], among: NDArray[np.bool_]
) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """The rows of each label, where they are many enough."""
    rows = np.flatnonzero(among)
    found = labels[rows]
    counts = np.bincount(found)
    for label in np.flatnonzero(counts >= FEW):
        yield int(label), rows if counts[label] == len(rows) else rows[found == label]
