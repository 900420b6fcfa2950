"""
Bare digits, with neither a plus nor a region: a whole column of them decides what they are.

`13852345678` is a mobile in China and, with a plus before it, one in America. One cell cannot say which; a
column can: a plus is only supplied where nearly all different cells are usable with it and no country reads
nearly all of them, or a large part of them, as national mobiles of its own. ``docs/phone-columns.md`` shows
how sure that is, for columns of every region and of pairs of regions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from smsframe.phones.fast.metadata import (
    calling_codes,
    calling_codes_of_regions,
    national_mobiles,
    sharing,
)
from smsframe.phones.fast.ranges import POWERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEARLY_ALL: Final = 0.95
_MOST: Final = 0.75
"""
The share of the cells that a plus would put into one country from which on they are suspected to be another's
at home. Of American numbers of all area codes, as whole numbers, 69 % read as Chinese mobiles.
"""
_FEW: Final = 20
"""
Beginnings of four digits: numbers that are bunched in fewer of them are a country's own beside another's. The
others of American numbers of all area codes, which do not read as Chinese, have some hundred.
"""
_PART: Final = 1 / 3
"""The share of the column that has to be suspect for it to be refused."""
_LOOKED_AT: Final = 1000  # different cells, from everywhere in the column
_NAMED: Final = 3


class Decision(NamedTuple):
    """
    What the bare digits of a column are.

    Attributes:
        international: Whether they are whole numbers that lack their plus.
        usable: The share of different cells that are usable with a plus.
        abroad: The country that most of these would belong to (ISO code), or None.
        national: Regions that read nearly all of them as their own mobiles, or else a large part.
        part: Whether it is a part.
    """

    international: bool
    usable: float
    abroad: str | None
    national: tuple[str, ...]
    part: bool = False

    @property
    def reason(self) -> str | None:
        """Both readings, for ``sms_reason``; None where there is but one."""
        if self.abroad is None:
            return None
        if self.national:
            shown = ", ".join(self.national[:_NAMED]) + (" …" if len(self.national) > _NAMED else "")
            mobiles = "in part mobiles" if self.part else "mobiles"
            return f"bare digits: whole numbers ({self.abroad}) or {mobiles} of {shown}; pass region="
        share = f"{self.usable:.0%}"
        return f"bare digits: whole numbers ({self.abroad}) for {share}, national for others; pass region="


def decide(digits: NDArray[np.int64], usable: NDArray[np.bool_]) -> Decision:
    """
    Decide what bare digits are.

    Args:
        digits: The digits of every such cell, as an integer.
        usable: Whether they are a usable number with a plus before them.

    Example:
        >>> decide(np.array([13852345678, 13852345679]), np.array([True, True])).national
        ('CN',)
        >>> decide(np.array([393471234567]), np.array([True])).international
        True
    """
    different = ~pd.Series(digits).duplicated().to_numpy()
    digits, usable = digits[different], usable[different]
    share = float(usable.mean()) if len(usable) else 0.0
    abroad = _country(digits[usable])
    if len(digits) > _LOOKED_AT:
        digits = digits[np.linspace(0, len(digits) - 1, _LOOKED_AT).astype(np.intp)]
    national, part = _national(digits) if abroad else ((), False)
    if part and share < NEARLY_ALL:  # what decides is that others are not usable at all
        national, part = (), False
    return Decision(share >= NEARLY_ALL and not national, share, abroad, national, part)


def _national(digits: NDArray[np.int64]) -> tuple[tuple[str, ...], bool]:
    """The regions of which all these may be mobiles, or else a large part; and whether it is a part."""
    length = np.searchsorted(POWERS, digits, side="right")
    readings = {code: national_mobiles(code).of(digits, length) == 1 for code in calling_codes_of_regions()}
    if whole := [code for code, mobile in readings.items() if mobile.mean() >= NEARLY_ALL]:
        return tuple(sharing(code)[0] for code in whole), False
    abroad = _calling_codes(digits)
    cells = np.maximum(np.bincount(abroad), 1)
    suspect = {}
    for code, mobile in readings.items():
        read = np.bincount(abroad[mobile], minlength=len(cells))
        theirs = read >= _MOST * cells
        for country in np.flatnonzero((read >= _PART * len(digits)) & ~theirs):
            theirs[country] = _bunched(digits[(abroad == country) & ~mobile])
        suspect[code] = read[theirs].sum() / len(digits)
    most = sorted((code for code, part in suspect.items() if part >= _PART), key=lambda code: -suspect[code])
    return tuple(sharing(code)[0] for code in most), bool(most)


def _bunched(digits: NDArray[np.int64]) -> bool:
    """Whether numbers begin alike, as those of a few area codes do."""
    length = np.searchsorted(POWERS, digits, side="right")
    beginnings = len(np.unique(digits // POWERS[np.maximum(length - 4, 0)]))
    return beginnings < _FEW and 3 * beginnings <= 2 * len(digits)


def _country(digits: NDArray[np.int64]) -> str | None:
    """The main country of the calling code that most numbers begin with."""
    if not len(digits):
        return None
    code = int(np.bincount(_calling_codes(digits)).argmax())
    return sharing(code)[0] if code else None


def _calling_codes(digits: NDArray[np.int64]) -> NDArray[np.int64]:
    """What whole numbers begin with; 0 where that is no calling code."""
    length = np.searchsorted(POWERS, digits, side="right")
    codes: NDArray[np.int64] = calling_codes()[digits // POWERS[np.maximum(length - 3, 0)] % 1000]
    return codes
