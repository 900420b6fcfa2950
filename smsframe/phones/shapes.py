r"""
The shapes of cells: cells with the same shape are read alike, whatever their digits and their words are.

The repairs of `repair`, and how libphonenumber finds a number in a cell, are regular expressions. Few of them
tell one digit from another: they ask for zeros at the beginning, for nothing but zeros behind a dot, for an
exponent, for the `%2B` of a link, for the 8~10 that is dialled out of Russia. And few of them tell one word
from another. So of each cell only its shape is looked at, in which all other digits are alike, and all other
words; and each different shape is looked at once. A seeded test holds shapes against cells.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, raw
from smsframe.phones.fast.digits import counted, pieces
from smsframe.phones.repair import INVISIBLE, NO_WORD, TELLING

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ANY: Final = np.uint8(ord("3"))  # stands for digits that nothing tells apart
_WORD: Final = np.uint8(ord("q"))  # and for such words
_FEW: Final = 100  # shapes; of so few, words are not looked at
_SHOWN: Final = 4  # digits that are shown from a beginning on
_SHORT: Final = 3  # digits of an exponent
_ZERO: Final = ord("0")
_BYTES: Final = np.arange(256)
_IS_LETTER: Final = np.isin(_BYTES, [*range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1)])
_MAY_BE_LETTER: Final = _IS_LETTER | np.isin(_BYTES, [*range(0x09), *range(0x0E, 0x20), 0x7F])
_BEFORE: Final = b":%"  # a number may begin behind them: behind the word of a colon, in a link
_DOTS: Final = (*b".,", "\N{FULLWIDTH FULL STOP}".encode()[-1])  # what zeros may stand behind, the last byte
_LEADS: Final = (2, 0xC0, 0xE0), (3, 0xE0, 0xF0), (4, 0xF0, 0xF8)
"""Bytes of a character in UTF-8; its first byte, and which bits of that say so."""
_LAST_SIX: Final = 0x3F
_ASCII: Final = 0x80
_WIDE: Final = 2**16


def find(text: Any) -> tuple[Any, NDArray[np.int64]]:
    """
    The different shapes of cells, as cells, and which of them each cell has.

    Args:
        text: A large-string array, in which all digits are ASCII. Gaps are empty cells.

    Example:
        >>> shapes, which = find(pa.array(["mob: 3471234", "mob: 3489876", "n/a"], STRING))
        >>> shapes.to_pylist(), which.tolist()
        (['mob: 3333333', 'n/a'], [0, 0, 1])
    """
    whole = pc.fill_null(text, "") if text.null_count else text
    shapes, which = _different(_with_like_digits(whole))
    if len(shapes) > _FEW:
        shapes, second = _different(_with_like_words(shapes))
        which = second[which]
    return shapes, which


def of_calls(
    text: Any, dials_00: NDArray[np.bool_], no_region: NDArray[np.bool_]
) -> tuple[Any, NDArray[np.int64], Any, Any]:
    """
    The same; cells with different flags have different shapes.

    Args:
        text: As above.
        dials_00: A flag of each cell.
        no_region: Another.

    Returns:
        The shapes, which of them each cell has, and the flags of each shape as arrays of Arrow.
    """
    shapes, which = find(text)
    flags = 2 * dials_00 + no_region.astype(np.int64)
    there = np.flatnonzero(np.bincount(4 * which + flags, minlength=1))
    place = np.zeros(4 * len(shapes), dtype=np.int64)
    place[there] = np.arange(len(there))
    both = pa.array(there % 4 >= 2), pa.array(there % 2 == 1)  # noqa: PLR2004 - the first of two bits
    return shapes.take(pa.array(there // 4)), place[4 * which + flags], *both


def _different(text: Any) -> tuple[Any, NDArray[np.int64]]:
    encoded = text.dictionary_encode()
    return encoded.dictionary, np.asarray(encoded.indices).astype(np.int64)


def _with_like_digits(text: Any) -> Any:
    """Cells in which digits that nothing tells apart are the same digit."""
    begins, ends, content = raw(text)
    is_digit = _are_digits(content)
    digits = np.flatnonzero(is_digit)
    if not len(digits):
        return text
    shape = np.where(is_digit, _ANY, content)
    first = [counted(is_digit, ends)[:-1]]
    first += [np.searchsorted(digits, np.flatnonzero(content == mark)) for mark in _BEFORE]
    for begin in first:
        for place in range(_SHOWN if len(begin) else 0):
            shown = digits[np.minimum(begin + place, len(digits) - 1)]
            shape[shown[content[shown] == _ZERO]] = _ZERO
    shown = digits[np.minimum(first[-1], len(digits) - 1)]  # the 2 of %2B
    shape[shown] = content[shown]
    for dot in _DOTS:
        _show_decimals(shape, content, begins, ends, np.flatnonzero(content == dot), digits)
    _show_short(shape, content, begins, is_digit)
    return _with_bytes(text, shape)


def _show_decimals(
    shape: NDArray[np.uint8],
    content: NDArray[np.uint8],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    dots: NDArray[np.intp],
    digits: NDArray[np.intp],
) -> None:
    """Show zeros behind the first of these dots of a cell that has no other digits behind it."""
    if not len(dots):
        return
    other = _last(digits[content[digits] != _ZERO], begins, ends)
    first = np.searchsorted(dots, np.maximum(other, begins))
    dot = np.append(dots, len(content))[first]
    rows = np.flatnonzero(dot < ends)
    size = ends[rows] - dot[rows]
    behind = pieces(dot[rows], size)
    shape[behind] = content[behind]


def _last(places: NDArray[np.intp], begins: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """The last of some places in each cell; -1 where there is none."""
    if not len(places):
        return np.full(len(begins), -1)
    last = places[np.maximum(np.searchsorted(places, ends) - 1, 0)]
    return np.where((last >= begins) & (last < ends), last, -1)


def _show_short(
    shape: NDArray[np.uint8],
    content: NDArray[np.uint8],
    begins: NDArray[np.int64],
    is_digit: NDArray[np.bool_],
) -> None:
    """Show the digits of short runs in cells with a tilde or with an ``e`` that is no part of a word."""
    each = np.flatnonzero(content | 0x20 == ord("e"))
    last = len(content) - 1
    in_word = _IS_LETTER[content[np.minimum(each + 1, last)]] & (each < last)
    in_word |= _IS_LETTER[content[np.maximum(each - 1, 0)]] & (each > 0)
    telling = np.append(each[~in_word], np.flatnonzero(content == ord("~")))
    if not len(telling):
        return
    cells = np.unique(np.searchsorted(begins, telling, side="right") - 1)
    stops = np.append(begins, len(content))
    size = stops[cells + 1] - stops[cells]
    places = pieces(stops[cells], size)
    inside, digit = content[places], is_digit[places]
    fourth = digit.copy()
    for behind in range(1, _SHORT + 1):
        fourth &= np.append(np.zeros(behind, dtype=bool), digit)[: len(digit)]
    for place in range(_SHORT):  # a run begins with its cell
        fourth[np.cumsum(size) - size + np.minimum(place, size - 1)] = False
    shown = digit & ~fourth
    shape[places[shown]] = inside[shown]


def _with_like_words(text: Any) -> Any:
    """Cells in which words that nothing tells apart are the same letter."""
    begins, ends, content = raw(text)
    letter = _letters(content)
    if not letter.any():
        return text
    before = np.append(False, letter[:-1])
    before[begins[begins < len(content)]] = False
    after = np.append(letter[1:], False)
    after[ends[ends > 0] - 1] = False
    start, stop = np.flatnonzero(letter & ~before), np.flatnonzero(letter & ~after) + 1
    places = pa.py_buffer(np.append(0, np.cumsum(stop - start)).astype(np.int64))
    words = pa.Array.from_buffers(STRING, len(start), [None, places, pa.py_buffer(content[letter])])
    alike = ~np.asarray(pc.match_substring_regex(words, TELLING))
    dropped = letter & before
    kept = ~alike
    dropped[pieces(start[kept], (stop - start)[kept])] = False
    shape = content.copy()
    shape[start[alike]] = _WORD
    left = ends - counted(dropped, ends)[1:]
    return _from_bytes(np.append(0, left), shape[~dropped])


def _letters(content: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which bytes are of letters, or of what may be nothing between two letters, as `repair.TELLING` says."""
    letter = _MAY_BE_LETTER.take(content)
    if content.max() < _ASCII:
        return letter
    for length, lead, bits in _LEADS:
        first = np.flatnonzero((content & bits) == lead)
        point = (content[first] & (0xFF - bits)).astype(np.int32)
        for place in range(1, length):
            point = point << 6 | (content[first + place] & _LAST_SIX)
        first = first[_known_letters()[np.minimum(point, _WIDE)]]
        for place in range(length):
            letter[first + place] = True
    return letter


@cache
def _known_letters() -> NDArray[np.bool_]:
    """By code point, to the first of four bytes: whether regular expressions call it a letter, or nothing."""
    points = [point for point in range(_ASCII, _WIDE) if not 0xD800 <= point < 0xE000]  # noqa: PLR2004 - halves
    found = np.ones(_WIDE + 1, dtype=bool)
    characters = pa.array(map(chr, points), STRING)
    letters, more = (np.asarray(pc.match_substring_regex(characters, each)) for each in (r"\p{L}", NO_WORD))
    found[points] = letters & ~more | np.asarray(pc.match_substring_regex(characters, INVISIBLE))
    return found


def _are_digits(content: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return content - np.uint8(ord("0")) < 10  # noqa: PLR2004 - what is below 0 wraps around to large numbers


def _with_bytes(text: Any, content: NDArray[np.uint8]) -> Any:
    """The same cells with other bytes."""
    begins, ends, _ = raw(text)
    return _from_bytes(np.append(begins, ends[-1:]), content)


def _from_bytes(places: NDArray[np.int64], content: NDArray[np.uint8]) -> Any:
    buffers = [None, pa.py_buffer(places.astype(np.int64)), pa.py_buffer(content)]
    return pa.Array.from_buffers(STRING, len(places) - 1, buffers)
