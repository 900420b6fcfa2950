"""
Numbers with a zero behind their country code that nobody dials: +39 (0)347 … for +39 347 ….

Nearly everywhere libphonenumber drops it, or such a number is too long. In Italy it is a landline's, and in
some countries (Chile, Czechia, Greece, Poland, …) a number of a possible length that is in no use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from smsframe.arrow import TEXT
from smsframe.phones.fast.metadata import calling_codes
from smsframe.phones.fast.ranges import POWERS
from smsframe.phones.parse import normalize

if TYPE_CHECKING:
    from typing import Any


def mobiles_without_zeros(phones: pd.Series[Any]) -> pd.Series[Any]:
    """
    The mobiles that some numbers are without the zeros behind their country codes.

    Args:
        phones: E.164 numbers, none missing.

    Returns:
        As many E.164 numbers, by position; missing of a number without such zeros, or that is no mobile
        without them.

    Example:
        >>> mobiles_without_zeros(pd.Series(["+3903471234567", "+390612345678", "+393471234567"])).tolist()
        ['+393471234567', <NA>, <NA>]
    """
    number = phones.astype(TEXT).str.slice(1).astype("int64").to_numpy()
    size = np.searchsorted(POWERS, number, side="right")
    code = calling_codes()[number // POWERS[np.maximum(size - 3, 0)] % 1000]
    left = size - np.searchsorted(POWERS, code, side="right")
    rest = number - code * POWERS[left]
    rows = np.flatnonzero((code > 0) & (rest < POWERS[np.maximum(left - 1, 0)]))
    without = code[rows] * POWERS[np.searchsorted(POWERS, rest[rows], side="right")] + rest[rows]
    found = pd.Series([None] * len(phones), dtype=TEXT)
    found.iloc[rows] = normalize(pd.Series(without, dtype=TEXT).radd("+")).array
    return found
