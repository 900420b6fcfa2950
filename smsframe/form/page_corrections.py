"""
Corrected rows put into the table that they were taken from, before anything of it was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from pandas.api.types import is_string_dtype

from smsframe.arrow import TEXT
from smsframe.contacts.file_rows import file_rows
from smsframe.outcomes.columns import PROBLEM_COLUMNS
from smsframe.texts.values import words

if TYPE_CHECKING:
    from collections.abc import Hashable

    import numpy as np


def put_into(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame | None:
    """
    The table with corrected rows in their places.

    Args:
        table: As it was read from its file; it is not changed.
        rows: Rows that `smsframe.problems` took from it, with cells that somebody has changed since.

    Returns:
        A new table; None where it is not certain that each of the rows is one of this table as it is now:
        their numbers, and the faulty cells as they were, have to agree.
    """
    own = [label for label in rows.columns if label in table.columns and label not in PROBLEM_COLUMNS]
    unique = table.columns.is_unique and rows.columns.is_unique and table.index.is_unique
    if not own or not unique or not {"sms_row", "sms_column", "sms_cell"} <= set(rows.columns):
        return None
    numbers = pd.Index(file_rows(table).astype(TEXT).astype(object))  # missing where nobody knows them
    asked = pd.Index(_words(rows["sms_row"]))
    if not asked.is_unique or not numbers[numbers.notna()].is_unique:
        return None
    places = numbers.get_indexer(asked)
    if (places < 0).any() or not _as_they_were(table.iloc[places], rows):
        return None
    made = table.copy()
    for label in own:
        _put(made, label, places, rows[label])
    return made


def same_columns(table: pd.DataFrame, phone: Any, region: Any) -> dict[str, Any]:
    """The columns that were chosen before, where the corrected table has them too."""
    found = {}
    if phone in table.columns:
        found["phone"] = phone
    if region is not None and (region in table.columns or not isinstance(region, str) or len(region) == 2):  # noqa: PLR2004 - a code
        found["region"] = region
    return found


def _as_they_were(before: pd.DataFrame, rows: pd.DataFrame) -> bool:
    """Whether the faulty cell of each row still is what it was when the row was taken out."""
    column, cell = _words(rows["sms_column"]), _words(rows["sms_cell"])
    for label in before.columns:
        here = column == str(label)
        if here.any() and (_words(before[label])[here] != cell[here]).any():
            return False
    return True


def _put(table: pd.DataFrame, label: Hashable, places: np.ndarray[Any, Any], cells: pd.Series[Any]) -> None:
    """Write those cells of a column that somebody has changed; the others keep their values and types."""
    changed = _words(table[label].iloc[places]) != _words(cells)
    if not changed.any():
        return
    column = table[label]
    column = column.astype(TEXT) if is_string_dtype(column.dtype) else column.astype(object)
    column.iloc[places[changed]] = cells.astype(object).to_numpy()[changed]
    table[label] = column


def _words(cells: pd.Series[Any]) -> np.ndarray[Any, Any]:
    """Cells as a person reads them; empty where there is nothing."""
    return pd.Series(words(cells), dtype=TEXT).fillna("").str.strip().astype(object).to_numpy()
