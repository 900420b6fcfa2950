"""
A table that is in several parts, each in a process of its own: what a part has to know of the others, so that
its rows are judged as they would be in one table.

What depends on the whole table: what bare digits are, whether numbers and dates are written in short, and
which row of a repeated person stands. A part says its share of that (`PartFacts`); `compare` says to each
what it has to know (`OtherParts`). Of each person it takes 16 bytes, and of an experiment some 40.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from smsframe.phones.bare import Decision, decide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def _nobody() -> NDArray[np.int64]:
    return np.empty(0, dtype=np.int64)


def _no_names() -> NDArray[Any]:
    return np.empty(0, dtype=object)


def _no_texts() -> NDArray[np.uint64]:
    return np.empty(0, dtype=np.uint64)


@dataclass(frozen=True, kw_only=True, eq=False)
class ColumnFacts:
    """
    What a part says of its columns.

    Attributes:
        digits: The different bare digits of its phone column, as integers.
        proves: Whether each of them is a usable number with a plus before it.
        long: The fields whose values it does not write in short.
        variants: Whether any of its rows has a variant of an experiment.
    """

    digits: NDArray[np.int64] = field(default_factory=_nobody)
    proves: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))
    long: frozenset[str] = frozenset()
    variants: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class PartFacts:
    """
    What a part says of its people.

    Attributes:
        ready: The canonical number of everybody with a ready row, once each.
        texts: Of the text of the first of their rows, by `text_keys`.
        carried: The canonical numbers of people who are known by their number alone: none of their rows here
            is ready.
        supplied: To how many numbers a plus was supplied.
        held_out: The canonical numbers of people who are held out of an experiment; sorted.
        assigned: The canonical numbers of people who have a variant of an experiment, once each.
        variant_of: The variant of each of these.
        other_variant: The canonical numbers of people who have another variant in the journal than a row
            gives them; sorted.
        same_variant: Of people who have the one that a row gives them; sorted.
    """

    ready: NDArray[np.int64] = field(default_factory=_nobody)
    texts: NDArray[np.uint64] = field(default_factory=_no_texts)
    carried: NDArray[np.int64] = field(default_factory=_nobody)
    supplied: int = 0
    held_out: NDArray[np.int64] = field(default_factory=_nobody)
    assigned: NDArray[np.int64] = field(default_factory=_nobody)
    variant_of: NDArray[Any] = field(default_factory=_no_names)
    other_variant: NDArray[np.int64] = field(default_factory=_nobody)
    same_variant: NDArray[np.int64] = field(default_factory=_nobody)


@dataclass(frozen=True, kw_only=True, eq=False)
class OtherParts:
    """
    What a part has to know of the others.

    Attributes:
        bare: What bare digits are in the whole column; None where these rows are all there is.
        long: The fields that some part does not write in short.
        variants: Whether any part has rows with a variant of an experiment.
        repeated: The canonical numbers of people with a ready row here whose row that stands is in an earlier
            part; sorted.
        texts: Of the texts of those rows, by `text_keys`.
        elsewhere: The canonical numbers of people without a ready row here whose outcome a row of another
            part carries; sorted.
        held_out: The canonical numbers of people whom any part holds out of an experiment; sorted.
        assigned: The canonical numbers of people whose rows here have another variant than their first row,
            which is in an earlier part; sorted.
        variant_of: The variants of these first rows.
        other_variant: How many people of the whole table have another variant in the journal.
        ready_elsewhere: The canonical numbers of people without a ready row here who have one in another
            part; sorted.
        cost_before: The predicted cost, in units of the budget, of the people in earlier parts.
        cost_beside: Of those in all other parts whom the budget covers.
        asked: Whether the other parts were asked, or there are none.

    Example:
        >>> OtherParts().repeated.tolist()
        []
    """

    bare: Decision | None = None
    long: frozenset[str] = frozenset()
    variants: bool = False
    repeated: NDArray[np.int64] = field(default_factory=_nobody)
    texts: NDArray[np.uint64] = field(default_factory=_no_texts)
    elsewhere: NDArray[np.int64] = field(default_factory=_nobody)
    held_out: NDArray[np.int64] = field(default_factory=_nobody)
    assigned: NDArray[np.int64] = field(default_factory=_nobody)
    variant_of: NDArray[Any] = field(default_factory=_no_names)
    other_variant: int = 0
    ready_elsewhere: NDArray[np.int64] = field(default_factory=_nobody)
    cost_before: int = 0
    cost_beside: int = 0
    asked: bool = True


ALONE = OtherParts()
"""Of a table that is in one part."""

UNDECIDED = OtherParts(bare=Decision(international=False, usable=0.0, abroad=None, national=()), asked=False)
"""Of a part whose others nobody has asked: bare digits are whole numbers only where the call says so."""


def text_keys(texts: pd.Series[Any]) -> NDArray[np.uint64]:
    """
    A number for each text, the same in every process; different texts have different ones, nearly surely.

    Example:
        >>> text_keys(pd.Series(["Ciao", "Ciao"])).tolist()[0] == text_keys(pd.Series(["Ciao"])).tolist()[0]
        True
    """
    keys: NDArray[np.uint64] = pd.util.hash_array(texts.astype(object).to_numpy(), categorize=False)
    return keys


def whole_columns(parts: Sequence[ColumnFacts]) -> OtherParts:
    """What every part has to know of the columns, of what all of them say, in their order."""
    digits = np.concatenate([part.digits for part in parts] or [_nobody()])
    proves = np.concatenate([part.proves for part in parts] or [np.empty(0, dtype=bool)])
    bare = decide(digits, proves) if len(digits) else UNDECIDED.bare
    variants = any(part.variants for part in parts)
    return OtherParts(bare=bare, long=frozenset().union(*(part.long for part in parts)), variants=variants)


def compare(columns: OtherParts, parts: Sequence[PartFacts]) -> list[OtherParts]:
    """
    What each part has to know: of a person with ready rows in several parts the earliest part has the row
    that stands.

    Args:
        columns: From `whole_columns`.
        parts: What the parts say of their people, in their order.

    Example:
        >>> first = PartFacts(ready=np.array([441]), texts=np.array([7], dtype=np.uint64))
        >>> second = PartFacts(ready=np.array([442, 441]), texts=np.array([8, 9], dtype=np.uint64))
        >>> one, two = compare(OtherParts(), [first, second])
        >>> one.repeated.tolist(), two.repeated.tolist(), two.texts.tolist()
        ([], [441], [7])
    """
    ready, place = _together([part.ready for part in parts])
    texts = np.concatenate([part.texts for part in parts] or [_no_texts()])
    first = _first_of(ready)
    repeated_at = np.flatnonzero(first != np.arange(len(ready)))
    carried, carried_place = _together([part.carried for part in parts])
    carried_elsewhere = np.isin(carried, ready) | (_first_of(carried) != np.arange(len(carried)))
    held_out = np.unique(np.concatenate([part.held_out for part in parts] or [_nobody()]))
    assigned, assigned_place = _together([part.assigned for part in parts])
    names = np.concatenate([part.variant_of for part in parts] or [_no_names()])
    names_first = names[_first_of(assigned)]
    renamed = names != names_first
    other = np.concatenate([part.other_variant for part in parts] or [_nobody()])
    same = np.concatenate([part.same_variant for part in parts] or [_nobody()])
    other_variant = len(np.setdiff1d(other, same))
    found = []
    for number in range(len(parts)):
        rows = repeated_at[place[repeated_at] == number]
        rows = rows[np.argsort(ready[rows])]
        carried_here = carried_place == number
        elsewhere = np.sort(carried[carried_elsewhere & carried_here])
        renamed_rows = np.flatnonzero(renamed & (assigned_place == number))
        renamed_rows = renamed_rows[np.argsort(assigned[renamed_rows])]
        found.append(
            OtherParts(
                bare=columns.bare,
                long=columns.long,
                variants=columns.variants,
                repeated=ready[rows],
                texts=texts[first[rows]],
                elsewhere=elsewhere,
                held_out=held_out,
                assigned=assigned[renamed_rows],
                variant_of=names_first[renamed_rows],
                other_variant=other_variant,
                ready_elsewhere=np.unique(carried[np.isin(carried, ready) & carried_here]),
            )
        )
    return found


def _together(arrays: list[NDArray[np.int64]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """All numbers one after the other, and the part of each."""
    sizes = [len(array) for array in arrays]
    return (
        np.concatenate(arrays or [_nobody()]),
        np.repeat(np.arange(len(arrays), dtype=np.int32), sizes),
    )


def _first_of(numbers: NDArray[np.int64]) -> NDArray[np.intp]:
    """The position of the first of the same number, for each."""
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    begins = np.ones(len(numbers), dtype=bool)
    begins[1:] = ordered[1:] != ordered[:-1]
    first = np.empty(len(numbers), dtype=np.intp)
    first[order] = order[np.maximum.accumulate(np.where(begins, np.arange(len(numbers)), 0))]
    return first
