"""
Columns of numbers matched with each other: two numbers match if they are one person's (`phones.person`).

An E.164 number is at most 15 digits and begins with none that could get lost, so it is an integer; integers
are hashed ten times as fast as strings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import TEXT, in_parts, uncopied
from smsframe.phones.person import people

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MARKS = 2**20
"""So many marks say that a number may be among others: a byte each, which fit a CPU's cache."""
_SPREAD = np.int64(-7046029254386353131)
"""An odd multiplier (2**64 over the golden ratio) by which numbers that are near get marks that are not."""
_UPPER = np.int64(64 - 20)


def find(phones: pd.Series[Any], among: pd.Series[Any]) -> NDArray[np.intp]:
    """
    Where each number is among others, the first time; -1 where it is not, or is missing.

    Example:
        >>> find(pd.Series(["+441", None, "+442"]), pd.Series(["+442", "+443"])).tolist()
        [-1, -1, 0]
    """
    return first_places(keys(phones, missing=-1), keys(among))


def among(phones: pd.Series[Any], others: pd.Series[Any] | pd.Index[Any]) -> pd.Series[bool]:
    """
    Whether each number is one of the others.

    Example:
        >>> among(pd.Series(["+441", None]), pd.Series(["+441", "+441"])).tolist()
        [True, False]
    """
    found: NDArray[np.bool_] = np.zeros(len(phones), dtype=np.bool_)
    if len(others):
        found = are_among(keys(phones, missing=-1), keys(pd.Series(others)))
    return pd.Series(found, index=phones.index)


def together(*lists: pd.Series[Any] | pd.Index[Any]) -> pd.Index[Any]:
    """
    Several lists of numbers as one, whatever dtype an empty one has.

    Example:
        >>> together(pd.Index([]), pd.Series(["+441"])).tolist()
        ['+441']
    """
    return pd.Index(pd.concat([pd.Series(each).astype(TEXT) for each in lists], ignore_index=True))


def are_among(persons: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
    """
    Whether each canonical number is one of the others.

    Example:
        >>> are_among(np.array([442, 441]), np.array([443, 441])).tolist()
        [False, True]
    """
    if not len(persons):  # the others need not be sorted
        return np.zeros(0, dtype=bool)
    found: NDArray[np.bool_] = places(persons, np.sort(others)) >= 0
    return found


def places(persons: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.intp]:
    """
    The place of each canonical number among others, which are sorted; -1 where it is none of them.

    What is asked is sorted too, part by part: a table that is read in order is read three times as fast as
    one of hashes that does not fit the CPU's caches. Where the others are few, most of what is asked has not
    the mark of any of them, and is not looked up.

    Example:
        >>> places(np.array([443, 442, 441]), np.array([441, 443])).tolist()
        [1, -1, 0]
    """
    if not len(others):
        return np.full(len(persons), -1, dtype=np.intp)

    marked: NDArray[np.bool_] | None = None
    if len(others) < min(len(persons), _MARKS) / 4:
        marked = np.zeros(_MARKS, dtype=bool)
        marked[_marks(others)] = True

    def look_up(persons: NDArray[np.int64]) -> tuple[NDArray[np.intp]]:
        rows = np.arange(len(persons)) if marked is None else np.flatnonzero(marked[_marks(persons)])
        order = rows[np.argsort(persons[rows])]
        asked = persons[order]
        place = np.searchsorted(others, asked).clip(max=len(others) - 1)
        found = np.full(len(persons), -1, dtype=np.intp)
        found[order] = np.where(others[place] == asked, place, -1)
        return (found,)

    (found,) = in_parts(look_up, persons)
    return cast("NDArray[np.intp]", found)


def _marks(persons: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which mark each number has; the same of the same."""
    return (persons * _SPREAD >> _UPPER) & (_MARKS - 1)


def first_places(persons: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.intp]:
    """
    Where each canonical number is among others, in whatever order, the first time; -1 where it is not.

    Example:
        >>> first_places(np.array([441, 442]), np.array([443, 441, 441])).tolist()
        [1, -1]
    """
    if (others[1:] >= others[:-1]).all():  # as the journal has its people
        return places(persons, others)
    order = np.argsort(others, kind="stable")  # of two of one person the first stays the first
    place = places(persons, others[order])
    return np.where(place < 0, -1, order[place])


def different(phones: pd.Series[Any], persons: NDArray[np.int64]) -> NDArray[np.bool_]:
    """
    Where each number is the first time; two spellings of one person are two numbers.

    Only the numbers of people who are there several times are compared as text.

    Args:
        phones: E.164 numbers, none missing.
        persons: Their canonical numbers, as `keys` gives them.

    Example:
        >>> different(pd.Series(["+541", "+541", "+5491"]), np.array([541, 541, 541])).tolist()
        [True, False, True]
    """
    first = np.ones(len(phones), dtype=np.bool_)
    listed = np.sort(persons)
    listed = listed[1:][np.diff(listed) == 0]
    if len(listed):
        several = are_among(persons, listed)
        first[several] = ~phones.array[several].duplicated()
    return first


def first_of(persons: NDArray[np.int64], rows: NDArray[np.bool_]) -> NDArray[np.intp]:
    """
    The position of the first row of the same person, of the rows that are asked for; others have their own.

    Args:
        persons: Canonical numbers, as `keys` gives them.
        rows: Which rows are asked for.

    Example:
        >>> first_of(np.array([441, 442, 442]), np.array([True, True, True])).tolist()
        [0, 1, 1]
    """
    found = np.arange(len(persons))
    where = np.flatnonzero(rows)
    asked = persons[where]
    # Most people are there once: only of the others it costs to find where they were first.
    listed = np.sort(asked)
    several = np.flatnonzero(are_among(asked, listed[1:][np.diff(listed) == 0]))
    number = pd.factorize(asked[several])[0]
    first = np.empty(number.max(initial=-1) + 1, dtype=np.intp)
    first[number[::-1]] = where[several][::-1]  # of several the last one written stays
    found[where[several]] = first[number]
    return found


def keys(phones: pd.Series[Any], missing: int = 0) -> NDArray[np.int64]:
    """
    The canonical number of each number's person, as an integer.

    Args:
        phones: E.164 numbers, or missing.
        missing: What a missing number becomes.

    Example:
        >>> keys(pd.Series(["+393471234567", "+5491123456789", None])).tolist()
        [393471234567, 541123456789, 0]
    """

    def read(text: Any) -> tuple[NDArray[np.int64]]:
        digits = pc.utf8_slice_codeunits(text, 1)
        return (people(pc.fill_null(digits.cast(pa.int64()), missing).to_numpy(zero_copy_only=False)),)

    (found,) = in_parts(read, uncopied(phones))
    return cast("NDArray[np.int64]", found)


def keys_of(people: pd.DataFrame) -> NDArray[np.int64]:
    """
    The same for the ``phone`` of people, none missing; ``person`` is that where they have it, read before.

    Example:
        >>> keys_of(pd.DataFrame({"phone": ["+393471234567"]})).tolist()
        [393471234567]
    """
    return people["person"].to_numpy() if "person" in people else keys(people["phone"])
