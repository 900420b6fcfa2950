"""
Make a frame safe to open in a spreadsheet.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from smsframe.arrow import TEXT


def spreadsheet_safe(frame: pd.DataFrame) -> pd.DataFrame:
    """
    The frame with an apostrophe before each text cell that a spreadsheet would run as a formula.

    Numbers such as ``+39…`` or ``-5`` are left as they are; `smsframe.read_contacts` reads them back as
    text, and a leading apostrophe of a number is dropped on the way in.
    """
    safe = frame.copy()
    for position in range(frame.shape[1]):
        safe.isetitem(position, _escaped(frame.iloc[:, position]).array)
    safe.columns = pd.Index(_escaped(pd.Series(frame.columns, dtype=object)))
    levels = [frame.index.get_level_values(level) for level in range(frame.index.nlevels)]
    arrays = [_escaped(pd.Series(level.array)).array for level in levels]
    names = _escaped(pd.Series(frame.index.names, dtype=object)).tolist()
    safe.index = (
        pd.MultiIndex.from_arrays(arrays, names=names)
        if len(arrays) > 1
        else pd.Index(arrays[0], name=names[0])
    )
    return safe


def _escaped(cells: pd.Series[Any]) -> pd.Series[Any]:
    """The cells, with an apostrophe before each text that would run as a formula."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        cells = cells.astype(cells.cat.categories.dtype)
    if not (pd.api.types.is_string_dtype(cells.dtype) or pd.api.types.is_object_dtype(cells.dtype)):
        return cells
    text = cells.where(cells.isna(), cells.astype(str)).astype(TEXT)
    risky = text.str.match(r"[=+\-@\t\r]") & ~text.str.fullmatch(r"[+\-]?[0-9 ().,/\-]+")
    risky = risky.fillna(value=False).astype(bool)
    return cells.astype(object).mask(risky, "'" + text.astype(object)) if risky.any() else cells
