"""
Columns of phone numbers as they may be shown.
"""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, strings
from smsframe.masking import BULLET, SHOWN


def mask_column(phones: pd.Series) -> pd.Series:
    """
    A column of E.164 numbers masked, with the same index and name.

    Example:
        >>> mask_column(pd.Series(["+393471234567", None])).tolist()
        ['+39••••••••67', <NA>]
    """
    text = strings(phones)
    hidden = pc.max_element_wise(pc.subtract(pc.utf8_length(text), 1 + 2 * SHOWN), 0)
    masked = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(text, 0, 1 + SHOWN),
        pc.binary_repeat(pa.scalar(BULLET, STRING), hidden),
        pc.if_else(pc.greater(hidden, 0), pc.utf8_slice_codeunits(text, -SHOWN), pa.scalar("", STRING)),
        pa.scalar("", STRING),
    )
    return pd.Series(masked, dtype="string[pyarrow]", index=phones.index, name=phones.name)
