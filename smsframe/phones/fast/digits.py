"""
Cells that are spelled like numbers, as integers.

An Arrow column of text is one run of bytes with the place where each cell ends. So the punctuation of a
million cells is dropped from that run at once, and what is left is read as integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from smsframe.arrow import any_in, raw
from smsframe.phones.fast.signs import Signs

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST: Final = 17  # digits that fit in an integer with a 1 before them, which libphonenumber takes at most
_CHARACTERS: Final = 250  # libphonenumber refuses longer cells
_POWERS: Final = 10 ** np.arange(LONGEST + 1, dtype=np.int64)
_LONG: Final = 40  # bytes a cell, in prose: few of them are looked for, and counting all of them takes longer
_RUN: Final = 6  # digits, before a dot and a fraction
_BEFORE_SLASH: Final = 6  # digits: after more of them, what follows a slash may be a second number


class Digits(NamedTuple):
    """
    Numbers, digit by digit.

    Attributes:
        value: Their digits as an integer (int64).
        length: How many digits (int64).
        plus: Whether a plus stands before them (bool).
        zeros: Whether the cell begins with 00 and another digit (bool).
        plain: Whether there is nothing but digits, a plus before them and usual punctuation (bool); where
            not, the others mean nothing.
        beyond: How many more digits follow these, which are the first 17 (int64).
    """

    value: NDArray[np.int64]
    length: NDArray[np.int64]
    plus: NDArray[np.bool_]
    zeros: NDArray[np.bool_]
    plain: NDArray[np.bool_]
    beyond: NDArray[np.int64]

    def at(self, rows: NDArray[np.intp]) -> Digits:
        """Those of some rows."""
        value, length, plus, zeros, plain, beyond = self
        return Digits(value[rows], length[rows], plus[rows], zeros[rows], plain[rows], beyond[rows])

    def first(self, count: NDArray[np.int64]) -> Digits:
        """The first ones of each, so many of them, and not more than there are."""
        held = np.minimum(count, self.length)
        value = self.value // _POWERS[self.length - held]
        return self._replace(value=value, length=held, beyond=count - held)


def read(cells: Any) -> Digits:
    """
    Read cells as digits.

    Args:
        cells: A large-string array.

    Example:
        >>> found = read(pa.array(["+39 (0)347", "ask Ada", None], pa.large_string()))
        >>> found.value.tolist(), found.plus.tolist(), found.plain.tolist()
        ([390347, 0, 0], [True, False, False], [True, False, False])
    """
    begins, ends, text = raw(cells)
    is_digit = text - np.uint8(ord("0")) < 10  # noqa: PLR2004 - what is below 0 wraps around to large numbers
    plus = _first(text, begins, ends) == ord("+")
    if len(text) - np.count_nonzero(is_digit) == np.count_nonzero(plus):
        return _unpunctuated(cells, plus)
    size = ends - begins
    places = counted(is_digit, ends)  # of the first digit of each cell among all digits
    length = np.diff(places)
    plain = (length > 0) & (size <= _CHARACTERS)
    if cells.null_count:  # below which any bytes may stand
        plain &= np.asarray(cells.is_valid())

    others = _letters(text)
    if np.count_nonzero(others) <= len(plain):
        signs = Signs.of(text)
        others = signs.others(is_digit)
    if np.count_nonzero(others) > len(plain):  # counting them is cheaper than finding their cells
        return _read_some(cells, np.flatnonzero(plain & ~any_in(others, begins, ends)))
    plain[cells_of(np.flatnonzero(others), ends)] = False
    if not plain.any():
        nothing = np.zeros_like(length)
        return Digits(nothing, nothing, plus, plain, plain, nothing)

    # A processor guesses wrong which byte is taken; a list of places needs no guess.
    digits = np.flatnonzero(is_digit)
    plain[_behind(np.flatnonzero(signs.slash), _BEFORE_SLASH, digits, places, ends)] = False
    if np.count_nonzero(signs.plus) > np.count_nonzero(plus):
        pluses = np.flatnonzero(signs.plus)
        plain[_behind(pluses, 0, digits, places, ends)] = False
        where = cells_of(pluses, ends)
        plain[where[1:][where[1:] == where[:-1]]] = False  # two
        plus[where] = True
    if signs.closed.any():
        plain &= ~signs.closed[np.maximum(ends - 1, 0)]  # what such a bracket holds is looked at closely
    if signs.dot.any():
        plain[_fraction(np.flatnonzero(signs.dot), is_digit, digits, places, ends)] = False
        plain &= ~_decimals(text, begins, digits[places[1:] - 1], length)
    side_by_side = np.flatnonzero(~(is_digit[1:] | is_digit[:-1])) + 1
    plain[cells_of(signs.repeated(side_by_side), ends)] = False
    value, length, beyond = _values(text.take(digits, mode="clip"), places, plain)
    return Digits(value, length, plus, _begin_with_00(text, begins, ends, value, length), plain, beyond)


def _letters(text: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which bytes are beyond the digits and no bracket; what no number has is found so at once in prose."""
    found = text > ord("9")
    if found.any():
        found &= (text != ord("[")) & (text != ord("]"))
    return found


def _behind(
    signs: NDArray[np.intp],
    more_than: int,
    digits: NDArray[np.intp],
    places: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> NDArray[np.intp]:
    """The cells of signs that have more than so many digits before them."""
    where = cells_of(signs, ends)
    last = places[where] + more_than
    there = np.flatnonzero(last < len(digits))
    found: NDArray[np.intp] = where[there[digits[last[there]] < signs[there]]]
    return found


def _read_some(cells: Any, rows: NDArray[np.intp]) -> Digits:
    """What is read of some cells; of the others, nothing is plain."""
    found: list[Any] = []
    for each in read(cells.take(pa.array(rows))):
        whole = np.zeros(len(cells), dtype=each.dtype)
        whole[rows] = each
        found.append(whole)
    return Digits(*found)


def all_in(cells: Any, left_out: NDArray[np.int64] | int, count: NDArray[np.int64]) -> Digits:
    """
    The digits of cells, whatever else is in them; none has a plus or zeros, all are plain.

    Args:
        cells: A large-string array.
        left_out: Per cell how many of its first digits are left out.
        count: And how many then count; so many it has.

    Example:
        >>> all_in(pa.array(["tel;pref=1:347 ext 5"], pa.large_string()), np.array([1]), np.array([3])).value
        array([347])
    """
    _, ends, text = raw(cells)
    is_digit = text - np.uint8(ord("0")) < 10  # noqa: PLR2004 - as above
    digits = np.flatnonzero(is_digit)
    places = counted(is_digit, ends)
    held = np.minimum(count, LONGEST)
    if (held != np.diff(places)).any():
        digits = digits[pieces(places[:-1] + left_out, held)]
        places = np.append(0, np.cumsum(held))
    yes = np.ones(len(held), dtype=bool)
    value = _integers(text.take(digits, mode="clip"), places, held > 0)
    return Digits(value, held, ~yes, ~yes, yes, count - held)


def written(cells: Any, left_out: NDArray[np.int64], count: NDArray[np.int64]) -> Any:
    """The digits that ``all_in`` reads, all of them, as text."""
    _, ends, text = raw(cells)
    is_digit = text - np.uint8(ord("0")) < 10  # noqa: PLR2004 - as above
    first = counted(is_digit, ends)[:-1] + left_out
    chosen = text[np.flatnonzero(is_digit)[pieces(first, count)]]
    places = np.append(0, np.cumsum(count)).astype(np.int64)
    return pa.Array.from_buffers(
        pa.large_string(), len(count), [None, pa.py_buffer(places), pa.py_buffer(chosen)]
    )


def pieces(begins: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places of so many, from each of these on."""
    ends = np.cumsum(size)
    return np.repeat(begins - (ends - size), size) + np.arange(ends[-1] if len(ends) else 0)


def _values(
    written: NDArray[np.uint8], places: NDArray[np.integer[Any]], plain: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The first digits of each number as an integer, how many these are, and how many more there are."""
    length = np.diff(places)
    held, beyond = length, np.zeros_like(length)
    if length.max(initial=0) > LONGEST:
        held = np.minimum(length, LONGEST)
        beyond = np.where(plain, length - held, 0)
        written, places = written[pieces(places[:-1].astype(np.int64), held)], np.append(0, np.cumsum(held))
    return _integers(written, places, plain), np.where(plain, held, 0), beyond


def counted(those: NDArray[np.bool_], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of those bytes stand before each of these cells, which follow each other, and in all."""
    if len(those) > _LONG * len(ends):
        return np.searchsorted(np.flatnonzero(those), np.append(0, ends))
    enough = np.int32 if len(those) <= np.iinfo(np.int32).max else np.int64  # half the memory
    before = np.zeros(len(those) + 1, dtype=enough)
    np.cumsum(those.view(np.uint8), dtype=enough, out=before[1:])
    places: NDArray[np.int64] = before[np.append(0, ends)].astype(np.int64)
    return places


def cells_of(places: NDArray[np.intp], ends: NDArray[np.int64]) -> NDArray[np.intp]:
    """The cells in which bytes stand."""
    return np.searchsorted(ends, places, side="right")


def _unpunctuated(cells: Any, plus: NDArray[np.bool_]) -> Digits:
    """The same of cells that are digits and perhaps a plus before them, as most are: in half the time."""
    begins, ends, text = raw(cells)
    size = ends - begins
    length = size - plus
    plain = (length > 0) & (size <= _CHARACTERS)
    if cells.null_count:
        plain &= np.asarray(cells.is_valid())
    beyond = np.zeros_like(length)
    if length.max(initial=0) > LONGEST:
        digits = text[text != ord("+")]
        value, length, beyond = _values(digits, np.append(0, np.cumsum(length)), plain)
    else:
        length[~plain] = 0
        written = text.copy()
        written[begins[plus]] = ord("0")
        value = _integers(written, np.append(begins, len(text)), plain)
    return Digits(value, length, plus, _begin_with_00(text, begins, ends, value, length), plain, beyond)


def _integers(
    written: NDArray[np.uint8], places: NDArray[np.integer[Any]], plain: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Digits, of which each number begins where the one before ends, as integers; 0 where not plain."""
    # Arrow skips the cells that are null, so what stands in others need not fit.
    valid = pa.py_buffer(np.packbits(plain, bitorder="little").tobytes())
    buffers = [valid, pa.py_buffer(places.astype(np.int64)), pa.py_buffer(written)]
    array = pa.Array.from_buffers(pa.large_string(), len(plain), buffers)
    return np.asarray(array.cast(pa.int64()).fill_null(0))


def _begin_with_00(
    text: NDArray[np.uint8],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    value: NDArray[np.int64],
    length: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Which cells begin with 00 and another digit."""
    found = np.zeros(len(ends), dtype=bool)
    rows = np.flatnonzero(_first(text, begins, ends) == ord("0"))
    rows = rows[ends[rows] - begins[rows] > 2]  # noqa: PLR2004 - 00 and one more
    found[rows] = text[begins[rows] + 1] == ord("0")
    found[rows] &= value[rows] >= _POWERS[np.maximum(length[rows] - 3, 0)]
    return found


def _first(
    of_bytes: NDArray[np.uint8], begins: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """What is said of the first byte of each cell; 255 of an empty one."""
    if not len(of_bytes):
        return np.full(len(begins), 255, dtype=np.uint8)
    first = of_bytes[np.minimum(begins, len(of_bytes) - 1)]
    first[ends == begins] = 255
    return first


def _decimals(
    text: NDArray[np.uint8], begins: NDArray[np.int64], last: NDArray[np.intp], length: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """
    Cells whose digits end in a dot and zeros, which a reader or a database may have added: looked at closely.

    ``last`` is where the last digit of each is, if it has any. Dots and spaces may stand among the zeros.
    """
    found = np.zeros(len(begins), dtype=bool)
    places = np.flatnonzero(length)
    end = last[places]
    for _ in range(_CHARACTERS):
        sign = text[end]
        found[places[sign == ord(".")]] = True
        goes_on = (sign == ord("0")) | (sign == ord(".")) | (sign == ord(" "))
        places, end = places[goes_on], end[goes_on] - 1
        inside = end >= begins[places]
        places, end = places[inside], end[inside]
        if not len(places):
            break
    return found


def _fraction(
    dots: NDArray[np.intp],
    is_digit: NDArray[np.bool_],
    digits: NDArray[np.intp],
    places: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> NDArray[np.intp]:
    """Cells in which a long run of digits ends in a dot and one or two more: looked at closely."""
    dots = dots[dots >= _RUN]
    for before in range(2, _RUN + 1):  # a space may be right before the dot
        dots = dots[is_digit[dots - before]]
    where = cells_of(dots, ends)
    behind = places[where + 1] - np.searchsorted(digits, dots)
    found: NDArray[np.intp] = where[(behind > 0) & (behind <= 2)]  # noqa: PLR2004 - digits of cents
    return found
