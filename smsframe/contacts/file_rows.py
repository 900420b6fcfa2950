"""
Which row of its file a row of a table was: what a person sees who opens the file in a spreadsheet.

Kept in ``DataFrame.attrs``, which pandas hands on when rows are picked; plain numbers and text only, because
pandas writes attributes into Parquet files as JSON. Rows are known by their labels, and labels that were
given anew look like the old ones: so what stood in some cells is kept as hashes, see `row_order`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from smsframe.contacts import row_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEY = "smsframe_rows"
_MOST_BLANK = 10_000
"""Blank lines that are remembered at most; a file with more has no row numbers."""


def first_row(options: Mapping[str, Any]) -> int | None:
    """
    The first row below the heading, from 0, of a file that is read with such options.

    Returns:
        The row, or None where the options do not give it as numbers.
    """
    skipped, heading = options.get("skiprows") or 0, heading_row(options)
    if any(options.get(option) is not None for option in ("comment", "index_col", "skipfooter")):
        return None
    if options.get("on_bad_lines", "error") != "error":  # nobody knows which rows were left out
        return None
    if not isinstance(skipped, int) or not isinstance(heading, int | None):
        return None
    return skipped if heading is None else skipped + heading + 1


def heading_row(options: Mapping[str, Any]) -> Any:
    """The row of the heading, from 0, behind those that are skipped; None where there is none."""
    heading = options.get("header", "infer")
    return (None if options.get("names") is not None else 0) if heading == "infer" else heading


def remember_rows(frame: pd.DataFrame, first: int | None, blank: Sequence[int] = ()) -> None:
    """
    Write down, in the frame's attributes, where its rows stand in their file.

    Args:
        frame: As it was read, with a RangeIndex.
        first: The row of its first row, from 0; None where nobody knows.
        blank: The blank lines below it, as rows from 0, which the frame lacks.
    """
    if first is not None and len(blank) <= _MOST_BLANK and frame.index.equals(pd.RangeIndex(len(frame))):
        frame.attrs[KEY] = {
            "rows": len(frame),
            "first": int(first),
            "blank": [int(row) for row in blank],
            "order": row_order.remembered(frame),
        }


def shortened(frame: pd.DataFrame, rows: int) -> pd.DataFrame:
    """The first rows of a frame as it was read, which remembers them as if its file had no more."""
    if rows == len(frame):
        return frame
    known = frame.attrs.get(KEY)
    frame = frame.iloc[:rows]
    if isinstance(known, dict):
        remember_rows(frame, known["first"], known["blank"])
    return frame


def file_rows(frame: pd.DataFrame) -> pd.Series[Any]:
    """
    The row of each row in the file that it was read from, counted from 1 as spreadsheets do, the heading too.

    Rows are known by their labels. A table whose rows were picked or sorted has them still; one with other
    labels has none, and neither has one whose labels were given anew: one that is shorter than the file and
    labelled from 0, or whose cells stand in other rows than they did (``reset_index`` after sorting). Cells
    that were corrected in their place change nothing.

    Returns:
        Int64, on the frame's index; missing where it is not known.

    Example:
        >>> guests = smsframe.read_contacts("data/samples/guests.csv")
        >>> file_rows(guests.tail(1)).tolist() == [len(guests) + 1]
        True
    """
    known = frame.attrs.get(KEY)
    unknown = pd.Series(pd.NA, index=frame.index, dtype="Int64")
    labels = frame.index
    if not isinstance(known, dict) or not pd.api.types.is_integer_dtype(labels.dtype) or labels.nlevels > 1:
        return unknown
    rows = int(known["rows"])
    relabelled = len(labels) < rows and labels.equals(pd.RangeIndex(len(labels)))
    if relabelled or labels.has_duplicates or not len(labels) or labels.min() < 0 or labels.max() >= rows:
        return unknown
    if row_order.changed(frame, known.get("order", {}), rows):
        return unknown
    place = labels.to_numpy(dtype=np.int64) + int(known["first"])
    blank = np.asarray(known["blank"], dtype=np.int64)
    # The n-th blank row moves all rows from its own place minus n on by one.
    place += np.searchsorted(blank - np.arange(len(blank)), place, side="right")
    return pd.Series(place + 1, index=frame.index, dtype="Int64")
