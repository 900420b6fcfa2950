"""
Make a frame safe to open in a spreadsheet.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd

from smsframe.arrow import BROKEN, TEXT, dense, is_gap, strings, written
from smsframe.texts.spreadsheets import inert


def spreadsheet_safe(frame: pd.DataFrame, sep: str = ",") -> pd.DataFrame:
    """
    The frame with an apostrophe before each text cell that a spreadsheet would run as a formula.

    Numbers such as ``+39…`` or ``-5`` are left as they are. `smsframe.read_contacts` reads all cells back as
    they were, but that an empty text is missing, and that null characters and halves of characters, which no
    file of text can hold, are U+FFFD.

    Args:
        frame: Any frame.
        sep: The delimiter of the file.
    """
    safe = frame.copy()
    for place in range(frame.shape[1]):
        safe.isetitem(place, _escaped(frame.iloc[:, place], sep).array)
    safe.columns = pd.Index(_escaped(pd.Series(frame.columns, dtype=object), sep))
    levels = [frame.index.get_level_values(level) for level in range(frame.index.nlevels)]
    arrays = [_escaped(pd.Series(level.array), sep).array for level in levels]
    names = _escaped(pd.Series(frame.index.names, dtype=object), sep).tolist()
    safe.index = (
        pd.MultiIndex.from_arrays(arrays, names=names)
        if len(arrays) > 1
        else pd.Index(arrays[0], name=names[0])
    )
    return safe


def _escaped(cells: pd.Series[Any], sep: str) -> pd.Series[Any]:
    """The cells, with an apostrophe in each text where it would run as a formula."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        kind = cells.cat.categories.dtype
        # A gap is no number of NumPy's.
        cells = cells.astype(object if kind.kind in "iub" and cells.hasnans else kind)
    cells = dense(cells)
    if not (pd.api.types.is_string_dtype(cells.dtype) or pd.api.types.is_object_dtype(cells.dtype)):
        return cells
    # Objects of any kind can only be asked one by one.
    present = ~pd.Series([is_gap(value) for value in cells.array], index=cells.index, dtype=bool)
    words = [value if isinstance(value, str) else written(value) for value in cells.array[present.to_numpy()]]
    text = strings(words)
    safe = pd.Series(inert(text, sep), index=cells.index[present], dtype=TEXT).str.replace("\0", BROKEN)
    changed = safe.to_numpy(dtype=object) != pd.Series(words, dtype=object).to_numpy()
    odd = ~present.to_numpy() & cells.map(lambda value: isinstance(value, Decimal)).to_numpy(dtype=bool)
    if not changed.any() and not odd.any():
        return cells
    result = cells.astype(object).copy()
    result.iloc[odd] = None  # pandas compares what it writes, and a signalling NaN raises then
    places = present.to_numpy().nonzero()[0][changed]
    result.iloc[places] = safe.to_numpy(dtype=object)[changed]
    return result
