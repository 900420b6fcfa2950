"""
One person, one number: spellings that reach one phone but differ in E.164 are one canonical number.

Only where it is certain that nobody else has the other spelling:

* Argentina: the 9 of mobile numbers (``+54 9 11 …``) is written from abroad, not for texts. A number with it
  and one without it are never two people's (google/libphonenumber, pull request 1719, review of its FAQ).
* Mexico: the 1 after the country code was for calls to mobile numbers, and went in August 2019 (IFT,
  plan of 2018). National numbers have ten digits, so that a 1 before ten digits is nothing else. As nobody
  can be texted with it any more, it is dropped from what is texted too, which is said (repair ``old_1``).
* Brazil: between 2012 and 2016 every mobile number of eight digits got a 9 in front (Anatel, resolution 553
  of 2010). Those that begin with 7 are left alone: radio numbers of that form kept their eight digits.

The canonical number is for comparing people only. The one that is texted is the row's own otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TEN, _EIGHT = 10**10, 10**8
"""One more than a subscriber's ten digits, and than eight."""


def has_old_1(numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which numbers are Mexican with the old 1."""
    found: NDArray[np.bool_] = numbers // _TEN == 521  # noqa: PLR2004
    return found


def people(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """
    The canonical number of each number's person.

    Args:
        numbers: E.164 numbers as integers, without their plus; others (0, -1 for missing) stay.

    Returns:
        As many integers: the number itself, but for those that have another spelling.

    Example:
        >>> people(np.array([5491123456789, 5215512345678, 551187654321, 393471234567])).tolist()
        [541123456789, 525512345678, 5511987654321, 393471234567]
    """
    begin, subscriber = numbers // _TEN, numbers % _TEN
    canonical = np.where((begin == 549) | (begin == 521), begin // 10 * _TEN + subscriber, numbers)  # noqa: PLR2004
    area, local = numbers // _EIGHT, numbers % _EIGHT
    moved = np.flatnonzero((area > 5510) & (area < 5600))  # noqa: PLR2004 - 55 and an area code, without 0 in it
    area, local = area[moved], local[moved]
    eight = (area % 10 != 0) & np.isin(local // 10**7, (6, 8, 9))
    canonical[moved[eight]] = area[eight] * 10**9 + 9 * _EIGHT + local[eight]
    return canonical
