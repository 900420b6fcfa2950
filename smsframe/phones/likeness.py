"""
Whether a column reads like phone numbers, by its content alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from smsframe.phones import cells
from smsframe.phones.fast.metadata import MOST
from smsframe.phones.repair import mend
from smsframe.phones.spelling import FEWEST

if TYPE_CHECKING:
    import pandas as pd

_WRITTEN = r"^[+0-9 ()\[\]./~\x{2010}-\x{2015}\x{2212}\x{FF0D}-]+$"
_ROUNDED = r"^[0-9][.,]?[0-9]*E\+?(?:9|1[0-4])$"
_DATE = r"^(?:[12][0-9]{3}(?:[-./][0-9]{1,2}){2}|(?:[0-9]{1,2}[-./]){2}[12][0-9]{3})(?: |$)"
_AMOUNT = r"^[0-9]+\.[0-9]{1,2}$"


def looks_like_phones(column: pd.Series, sample: int = 1000) -> bool:
    """
    Whether most cells at the head of a column read like phone numbers.

    Seven to fifteen digits once the usual separators are gone, and neither dates nor amounts. It looks at the
    content only: a column of long customer numbers looks like phones too.

    Args:
        column: Any dtype.
        sample: How many cells to look at.

    Example:
        >>> looks_like_phones(pd.Series(["347 123 4567", None])), looks_like_phones(pd.Series(["2026-11-22"]))
        (True, False)
    """
    present = cells.present(column, sample)
    text, _, _ = mend(cells.numbers(present))
    text = text.drop_null()
    digits = pc.count_substring_regex(text, pattern="[0-9]")
    like = pc.and_(
        pc.and_(pc.greater_equal(digits, FEWEST), pc.less_equal(digits, MOST)),
        pc.and_not(
            pc.match_substring_regex(text, _WRITTEN), pc.match_substring_regex(text, f"{_DATE}|{_AMOUNT}")
        ),
    )
    like = pc.or_(like, pc.match_substring_regex(text, _ROUNDED))
    return bool(2 * (pc.sum(like).as_py() or 0) > len(present))
