"""
Numbers with extra digits behind the country code, which would be mobiles without them.

The digits are a zero that nobody dials there (+39 (0)347 … for +39 347 …), or the country code again
(+49 49 152 …, and 00 49 152 … where 00 does not dial abroad). Nearly everywhere libphonenumber drops the
zero, or such a number is too long; elsewhere it is not in use, or is a landline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from smsframe.arrow import TEXT
from smsframe.phones.fast.metadata import calling_codes
from smsframe.phones.fast.ranges import POWERS
from smsframe.phones.parse import normalize

if TYPE_CHECKING:
    from numpy.typing import NDArray


def without_extra_digits(phones: pd.Series[Any], apart: NDArray[np.bool_]) -> pd.Series[Any]:
    """
    The mobiles that some numbers are without extra digits; of numbers that are no mobiles as they are.

    Args:
        phones: E.164 numbers, none missing.
        apart: Where a zero stands apart from what follows, as in +39 (0)347 …. In a number that is in use any
            other zero is one that is dialled, as in Italian landlines.

    Returns:
        As many E.164 numbers, by position; missing where that is no mobile.

    Example:
        >>> asked = pd.Series(["+3903471234567", "+390331234567", "+39393471234567", "+393471234567"])
        >>> without_extra_digits(asked, np.zeros(4, dtype=bool)).tolist()
        ['+393471234567', <NA>, '+393471234567', <NA>]
    """
    number = phones.astype(TEXT).str.slice(1).astype("int64").to_numpy()
    size = _digits(number)
    code = calling_codes()[number // POWERS[np.maximum(size - 3, 0)] % 1000]
    left = size - _digits(code)
    rest = number - code * POWERS[np.maximum(left, 0)]
    behind = _digits(rest) - _digits(code)
    tail = rest - code * POWERS[np.maximum(behind, 0)]
    twice = (code > 0) & (behind > 0) & (tail >= 0) & (tail < POWERS[np.maximum(behind, 0)])
    zero = (code > 0) & (rest < POWERS[np.maximum(left - 1, 0)])
    rows = np.flatnonzero(twice | zero)
    asked = phones.iloc[rows]
    unused = normalize(asked, None, "valid").isna().to_numpy()
    found = _mobiles(code[rows], rest[rows], zero[rows] & (unused | apart[rows]))
    found = _mobiles(code[rows], tail[rows], twice[rows]).fillna(found)
    mobiles = pd.Series([None] * len(phones), dtype=TEXT)
    mobiles.iloc[rows] = found.where(normalize(asked).isna().to_numpy()).array
    return mobiles


def _mobiles(
    code: NDArray[np.int64], national: NDArray[np.int64], where: NDArray[np.bool_]
) -> pd.Series[Any]:
    """The mobiles of countries and national numbers; missing where these are none, or not asked for."""
    written = code * POWERS[_digits(national)] + national
    return normalize(pd.Series(written, dtype=TEXT).radd("+").where(where))


def _digits(numbers: NDArray[Any]) -> NDArray[np.intp]:
    return np.searchsorted(POWERS, numbers, side="right")
