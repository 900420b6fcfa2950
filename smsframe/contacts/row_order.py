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
_MOST: Final = 0.5  # the part of a column's cells in their places by which it is known under another name
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
    if not known or not here.any():
        return False
    found = _pairs(frame.iloc[where[here]], known, here)
    if not found:  # other columns, or the same ones under other names and in another order
        return True
    same, compared, moved = (np.zeros(len(places), dtype=bool) for _ in range(3))
    for before, cells in found:
        now = np.full(len(before), _EMPTY)
        now[here] = cells
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


def _pairs(
    frame: pd.DataFrame, known: Mapping[str, str], here: NDArray[np.bool_]
) -> list[tuple[NDArray[np.str_], NDArray[np.str_]]]:
    """
    Of each remembered column its hashes, and those of the cells that it has now, in the rows that are here.

    It is the column of its name, or another one that has most of its cells in their places: the same under
    another name.
    """
    labels = [*frame.columns.astype(str)] if frame.columns.nlevels == 1 else []
    hashes = {at: _hashes(frame.iloc[:, at]) for at, name in enumerate(labels) if name in known}

    def in_place(at: int, before: NDArray[np.str_]) -> float:
        if at not in hashes:
            hashes[at] = _hashes(frame.iloc[:, at])
        return float((hashes[at] == before)[before != _EMPTY].mean()) if (before != _EMPTY).any() else 0.0

    all_before = {name: _split(text) for name, text in known.items()}
    found = {}
    for name, before in all_before.items():
        own = best = labels.index(name) if name in labels else None
        if own is None or in_place(own, before[here]) <= _MOST:
            parts = {at: in_place(at, before[here]) for at in range(min(len(labels), _LOOKED_AT))}
            best = max(parts, key=parts.__getitem__, default=None)
            best = own if best is None or parts[best] <= _MOST else best
            others = [cells for other, cells in all_before.items() if other != name]
            if (
                best is not None
                and best == own
                and _any_of(hashes[own], others) > _any_of(hashes[own], [before])
            ):
                return []  # names were exchanged, and rows moved
        if best is not None:
            found[name] = before, hashes[best]
    # By columns with few different cells alone, rows in another order may look alike.
    by_name = any(name in labels for name in found)
    return [*found.values()] if by_name or next(iter(known)) in found else []


def _split(text: str) -> NDArray[np.str_]:
    return np.array([text[start : start + _HASH] for start in range(0, len(text), _HASH)])


def _any_of(hashes: NDArray[np.str_], columns: list[NDArray[np.str_]]) -> bool:
    """Whether any cell is one of these columns."""
    return bool(np.isin(hashes[hashes != _EMPTY], np.concatenate([np.array([""]), *columns])).any())


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
