"""
One person, one number: spellings that reach one phone but differ in E.164 become one canonical number.

Only where it is certain that nobody else has the other spelling:

* Argentina: the 9 of mobile numbers (``+54 9 11 …``) is written from abroad, not for texts. A number with it
  and one without it are never two people's (google/libphonenumber, pull request 1719, review of its FAQ).
* Mexico: the 1 after the country code was for calls to mobile numbers, and went in August 2019 (IFT,
  plan of 2018). National numbers have ten digits, so that a 1 before ten digits is nothing else.
* Brazil: between 2012 and 2016 every mobile number of eight digits got a 9 in front (Anatel, resolution 553
  of 2010). Those that begin with 7 are left alone: radio numbers of that form kept their eight digits.

The canonical number is for comparing people only. The one that is texted is always the row's own.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import TEXT, strings

SPELLINGS: Final = (
    (r"^\+549([0-9]{10})$", r"+54\1"),
    (r"^\+521([0-9]{10})$", r"+52\1"),
    (r"^\+55([1-9]{2})([689][0-9]{7})$", r"+55\19\2"),
)
"""Patterns of numbers that have another spelling, and the canonical one; RE2 reads ``\\19`` as the first
group and a 9."""

_CONCERNED: Final = r"^\+5[245]"


def canonical(phones: pd.Series) -> pd.Series:
    """
    The canonical number of each number's person.

    Args:
        phones: E.164 numbers; missing is allowed.

    Returns:
        A string Series with the same index: the number itself, but for those that have another spelling.

    Example:
        >>> canonical(pd.Series(["+5491123456789", "+551187654321", "+393471234567"])).tolist()
        ['+541123456789', '+5511987654321', '+393471234567']
    """
    texts = strings(phones)
    concerned = np.asarray(pc.match_substring_regex(texts, _CONCERNED).fill_null(pa.scalar(value=False)))
    if concerned.any():
        some = texts.filter(pa.array(concerned))
        for pattern, spelling in SPELLINGS:
            some = pc.replace_substring_regex(some, pattern, spelling)
        texts = pc.replace_with_mask(texts, pa.array(concerned), some)
    return pd.Series(texts.cast(pa.string()), dtype=TEXT, index=phones.index, name=phones.name)
