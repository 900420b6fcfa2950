"""
Whether the rows of a table are still in the order in which they were read, whatever their labels say.

Of some rows the cells of some columns are remembered as hashes, in one text per column, which costs nothing
where pandas copies attributes. Cells are compared by their last letters and digits, so that a number that got
its country code, or a name in capitals, is still the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from smsframe.arrow import is_gap, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_ROWS: Final = 1000
"""Rows that are remembered at most, evenly spaced: all of a shorter file."""
_LOOKED_AT: Final = 64  # columns
_COLUMNS: Final = 4
_LAST: Final = 7  # letters and digits of a cell that are compared
_HASH: Final = 8  # hexadecimal digits
_EMPTY: Final = "0" * _HASH
_RUN: Final = 12  # remembered rows, one after the other, of which nothing is known again


def remembered(frame: pd.DataFrame) -> dict[str, str]:
    """
    What `changed` needs: of the columns with most different cells, hashes of evenly spaced cells.

    Returns:
        By the label of the column: 8 hexadecimal digits for each row of `_places`.
    """
    labels = frame.columns.astype(str) if frame.columns.nlevels == 1 else pd.Index([])
    single = np.flatnonzero(~labels.duplicated(keep=False))[:_LOOKED_AT]
    rows = frame.iloc[_places(len(frame))]
    columns = {labels[at]: _hashes(rows.iloc[:, at]) for at in single}
    different = {name: len({*hashes} - {_EMPTY}) for name, hashes in columns.items()}
    chosen = sorted(columns, key=lambda name: different[name], reverse=True)[:_COLUMNS]
    # A column of few different cells matches by chance, in any order.
    most = max(different.values(), default=0)
    return {name: "".join(columns[name]) for name in chosen if 2 * different[name] >= most > 1}


def changed(frame: pd.DataFrame, known: Mapping[str, str], rows: int) -> bool:
    """
    Whether rows stand under other labels than they did.

    Args:
        frame: With integer labels, each one once.
        known: From `remembered`.
        rows: How many there were.
    """
    places = _places(rows)
    where = frame.index.get_indexer(pd.Index(places))
    here = where >= 0
    labels = frame.columns.astype(str) if frame.columns.nlevels == 1 else pd.Index([])
    found = [(at, known[name]) for at, name in enumerate(labels) if name in known]
    if not found or not here.any():
        return False
    same, compared, moved = (np.zeros(len(places), dtype=bool) for _ in range(3))
    for at, text in found:
        before = np.array([text[start : start + _HASH] for start in range(0, len(text), _HASH)])
        now = np.full(len(before), _EMPTY)
        now[here] = _hashes(frame.iloc[where[here], at])
        # What several rows had, or none, says nothing about where a row stands.
        single = ~pd.Series(before).duplicated(keep=False).to_numpy() & (before != _EMPTY)
        same |= single & here & (now == before)
        compared |= single & here
        own_place = pd.Series(np.flatnonzero(single), index=before[single]).reindex(now).to_numpy()
        elsewhere = np.flatnonzero(~np.isnan(own_place))
        moved[elsewhere] |= now[own_place[elsewhere].astype(np.int64)] != now[elsewhere]
    other = compared & ~same
    if (other & moved).any():  # cells that stand in another row, and no more in their own
        return True
    # Of a long file most such cells are not among those that are remembered.
    return rows > _ROWS and (2 * int(other.sum()) > int(compared.sum()) or _longest_run(other) >= _RUN)


def _places(rows: int) -> NDArray[np.int64]:
    return np.linspace(0, max(rows - 1, 0), min(rows, _ROWS)).round().astype(np.int64)


def _longest_run(flags: NDArray[np.bool_]) -> int:
    ends = np.flatnonzero(np.diff(np.concatenate([[0], flags.view(np.int8), [0]])))
    return int((ends[1::2] - ends[::2]).max(initial=0))


def _hashes(cells: pd.Series[Any]) -> NDArray[np.str_]:
    """Of each cell, as hexadecimal digits; of an empty one, zeros."""
    # A thousand cells at most, of any type, which can only be asked one by one.
    words = ["" if is_gap(cell) else _last(written(cell)) for cell in cells.array]
    hashes = pd.util.hash_array(np.array(words, dtype=object), categorize=False)
    pairs = zip(words, hashes.tolist(), strict=True)
    return np.array([f"{value >> 32:08x}" if word else _EMPTY for word, value in pairs], dtype="U8")


def _last(word: str) -> str:
    return "".join(filter(str.isalnum, word.casefold()))[-_LAST:]
