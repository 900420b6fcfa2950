"""
Cells in which a spreadsheet has written an error instead of a value.

``#N/A`` is what a look-up leaves that found nobody; as a word it would be texted: "Ciao #N/A".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from smsframe.arrow import is_text, strings
from smsframe.errors import warn
from smsframe.formatting import many
from smsframe.masking import mask
from smsframe.texts.spreadsheet_errors import ERRORS, errors

if TYPE_CHECKING:
    import pandas as pd


def errors_as_missing(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with such cells missing; a warning says how many there were, and in which columns."""
    counts: dict[int, int] = {}
    cleaned = frame.copy(deep=False)
    for place, dtype in enumerate(frame.dtypes):
        if not is_text(dtype):
            continue
        column = frame.iloc[:, place]
        wrong = errors(strings(column))
        if count := pc.sum(wrong).as_py():
            cleaned.isetitem(place, column.mask(np.asarray(wrong)).array)
            counts[place] = count
    if not counts:
        return frame
    listed = ", ".join(
        f"{many(count, 'cell')} of column {str(frame.columns[place])!r}" for place, count in counts.items()
    )
    warn(
        f"read as missing: {mask(listed)}, where a spreadsheet has written an error, such as {ERRORS[0]}; "
        "correct the formulas if the values are needed",
    )
    return cleaned
