"""
Corrected rows put into the table that they were taken from, before anything of it was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.types import is_string_dtype

from smsframe.arrow import TEXT
from smsframe.contacts.file_rows import file_rows
from smsframe.errors import ContactsError
from smsframe.form.page.origin import OTHER_TABLE
from smsframe.masking import shown
from smsframe.outcomes.columns import PROBLEM_COLUMNS
from smsframe.texts.values import words

if TYPE_CHECKING:
    from collections.abc import Hashable

    from smsframe.form.draft import Draft


ALONE = (
    "These rows are not of the table as it is here, so they are sent alone. The others are in the table: "
    "send it as well, under the same campaign name; nobody is texted twice."
)
NO_COLUMN = (
    "Nothing of this file is used: its column sms_column has to name, in each row, the column of this table "
    "that was faulty. Leave the columns that begin with sms_ as they were downloaded."
)
NONE_CHANGED = (
    "No row was changed: the corrected cells are expected in the column {}, {}. Correct them there, under "
    "that heading, and upload the file again."
)


def put_into(table: pd.DataFrame, rows: pd.DataFrame, sure: np.ndarray[Any, Any]) -> pd.DataFrame | None:
    """
    The table with corrected rows in their places.

    Args:
        table: As it was read from its file; it is not changed.
        rows: Rows that `smsframe.problems` took from it, with cells that somebody has changed since.
        sure: For each row whether its file says that it is of this table. Any table has a row of that number:
            where the file does not say so, all cells but the faulty one have to agree too.

    Returns:
        A new table; None where the rows are of this table, but not as it is now, or are of no table.

    Raises:
        ContactsError: They may be of another table, or nothing in them was corrected.
    """
    own = [label for label in rows.columns if label in table.columns and label not in PROBLEM_COLUMNS]
    if (
        not own
        or not {"sms_row", "sms_column", "sms_cell"} <= set(rows.columns)
        or not rows.columns.is_unique
    ):
        return None
    asked, column = pd.Index(_words(rows["sms_row"])), _words(rows["sms_column"])
    strangers = ~sure & (asked != "")
    places = _places(table, asked)
    if places is None:
        if strangers.any():
            raise ContactsError(OTHER_TABLE)
        return None
    labels = np.array([str(label) for label in table.columns], dtype=object)
    named = np.isin(column, labels)
    if not (named | (sure & (column == ""))).all():
        raise ContactsError(OTHER_TABLE if strangers.any() else NO_COLUMN)
    before = table.iloc[places]
    if strangers.any() and (len(own) < len(labels) or _others_differ(before, rows, column)[strangers].any()):
        raise ContactsError(OTHER_TABLE)
    # Where the text was wrong, and no one cell: somebody has changed one cell of it, and no more.
    if (_others_differ(before, rows, column)[~named] > 1).any():
        raise ContactsError(NO_COLUMN)
    if not _as_they_were(before, rows):
        if strangers.any():
            raise ContactsError(OTHER_TABLE)
        return None
    made = table.copy()
    changed = [_put(made, label, places, rows[label]) for label in own]
    lacking = sorted({*column[named]} - {str(label) for label in own})
    if lacking or not any(changed):
        names = " or ".join(f"“{shown(name, 40)}”" for name in lacking or sorted({*column[named]}))
        why = "which this file does not have" if lacking else "and no cell was changed there"
        raise ContactsError(NONE_CHANGED.format(names, why))
    return made


def _places(table: pd.DataFrame, asked: pd.Index[Any]) -> np.ndarray[Any, Any] | None:
    """Where in the table the rows of these numbers are; None where that is not certain of all."""
    if not (table.columns.is_unique and table.index.is_unique and asked.is_unique):
        return None
    numbers = pd.Index(file_rows(table).astype(TEXT).astype(object))
    known = np.flatnonzero(numbers.notna())  # nobody knows the rows of others, as of a Parquet file
    if not numbers[known].is_unique:
        return None
    places = numbers[known].get_indexer(asked)
    return None if (places < 0).any() else known[places]


def given(draft: Draft) -> dict[str, Any]:
    """What was typed, for a form of another table."""
    return {name: getattr(draft, name) for name in ("text", "campaign", "sender", "quality")}


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


def _others_differ(
    before: pd.DataFrame, rows: pd.DataFrame, column: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """How many cells of each row are not as they were, but for the faulty one."""
    differ = np.zeros(len(rows), dtype=np.int64)
    for label in before.columns.intersection(rows.columns):
        differ += (column != str(label)) & (_words(before[label]) != _words(rows[label]))
    return differ


def _put(table: pd.DataFrame, label: Hashable, places: np.ndarray[Any, Any], cells: pd.Series[Any]) -> bool:
    """Write those cells of a column that somebody has changed; the others keep their values and types."""
    changed = _words(table[label].iloc[places]) != _words(cells)
    if not changed.any():
        return False
    column = table[label]
    column = column.astype(TEXT) if is_string_dtype(column.dtype) else column.astype(object)
    column.iloc[places[changed]] = cells.astype(object).to_numpy()[changed]
    table[label] = column
    return True


def _words(cells: pd.Series[Any]) -> np.ndarray[Any, Any]:
    """Cells as a person reads them; empty where there is nothing."""
    return pd.Series(words(cells), dtype=TEXT).fillna("").str.strip().astype(object).to_numpy()
