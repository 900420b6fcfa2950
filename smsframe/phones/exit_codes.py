"""
Cells that begin with 00 where another or a longer code begins a call abroad, such as 011 or 005.

libphonenumber takes 00 81 90… in Hong Kong for a carrier's 008 and an American number, though nearly
everybody writes 00 for the plus. So both are read, and where nobody knows which is meant, none is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from smsframe.phones.fast.metadata import calling_code, regions
from smsframe.phones.fast.ranges import POWERS

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Reading(NamedTuple):
    """
    One way to read cells.

    Attributes:
        number: The digits of E.164 (int64).
        exists: Whether there are such numbers (bool).
        mobile: Whether they can receive a text (bool).
    """

    number: NDArray[np.int64]
    exists: NDArray[np.bool_]
    mobile: NDArray[np.bool_]


def with_00_as_plus(
    dialled: Reading, plus: Reading, home: NDArray[np.int16]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """
    Which of some cells that begin with 00 are the number that they are with a plus instead.

    A mobile of the own country is, and one that is no number as it is dialled.

    Args:
        dialled: As libphonenumber reads them in their region.
        plus: With 00 for the plus.
        home: Per cell the place of its region in ``regions()``.

    Returns:
        Which are, and which may be either of two numbers.

    Example:
        >>> yes = np.ones(1, dtype=bool)
        >>> dialled, plus = (Reading(np.array([n]), yes, yes) for n in (84960952618, 5584960952618))
        >>> with_00_as_plus(dialled, plus, np.array([regions().index("BR")]))[0]
        array([ True])
    """
    taken = plus.exists & (~dialled.exists | plus.mobile & _of_region(plus.number, home))
    return taken, plus.exists & dialled.exists & ~taken & (plus.number != dialled.number)


def _of_region(number: NDArray[np.int64], home: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Which numbers begin with the calling code of their region."""
    present, which = np.unique(home, return_inverse=True)
    codes = np.array([calling_code(regions()[place]) for place in present])[which]
    size, digits = (np.searchsorted(POWERS, each, side="right") for each in (codes, number))
    begins: NDArray[np.bool_] = number // POWERS[np.maximum(digits - size, 0)] == codes
    return begins
