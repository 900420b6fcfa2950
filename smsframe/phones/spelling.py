r"""
How libphonenumber finds a number in a cell, whatever its digits are: which of them count, and if any do.

The library begins at the first plus or digit, leaves out what stands at the end, takes nothing for a number
that has more than punctuation between its digits, and takes off an extension. These are the rules of
``_extract_possible_number``, ``_is_viable_phone_number`` and ``_maybe_strip_extension`` in the source of
``phonenumbers``, for cells without letters, as regular expressions on columns of shapes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, raw
from smsframe.phones.fast.metadata import MOST
from smsframe.phones.marks import SEPARATING
from smsframe.phones.repair import SEPARATORS, digits_in

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST: Final = 7  # digits that a number has at least, for what we say of shorter ones
LONGEST: Final = 250  # characters; libphonenumber refuses longer cells

# What is said of a spelling: that its digits decide, or that they do not.
NUMBER, EXTENDED, NO_NUMBER, TWO_NUMBERS, TOO_LONG = range(5)

_BEFORE: Final = r"^[^0-9+]+"
_BEHIND: Final = r"[^\p{N}\p{L}#]+$"
_BETWEEN: Final = rf"[{SEPARATING}/]*"
_VIABLE: Final = rf"\+*(?:{_BETWEEN}[0-9]){{3,}}{_BETWEEN}|[0-9]{{2}}"
_EXTENSION: Final = (
    r" *(?:,,|;)[:.\x{FF0E}]?[ ,\-]*[0-9]{1,15}#?"
    r"|[ ,]*[#\x{FF03}][:.\x{FF0E}]?[ ,\-]*[0-9]{1,9}#?"
    r"| *,+[:.\x{FF0E}]?[ ,\-]*[0-9]{1,9}#?"
    r"|[\- ]+[0-9]{1,6}#"
)
_IS_DIGIT: Final = np.isin(np.arange(256), [*b"0123456789"])
_DIVIDES: Final = np.isin(np.arange(256), [*SEPARATORS.encode()])


class Spelling(NamedTuple):
    """
    What cells say but for their digits.

    Attributes:
        plus: Whether a plus stands before the digits (bool).
        length: How many digits the number has, from the first on; an extension has the others (int64).
        said: One of the above (int8).
        heads: One column for each number that may stand before a separator: how many digits it has, or 0. If
            one of them exists, there are two numbers in the cell (int64).
    """

    plus: NDArray[np.bool_]
    length: NDArray[np.int64]
    said: NDArray[np.int8]
    heads: NDArray[np.int64]

    def at(self, rows: NDArray[np.intp]) -> Spelling:
        """Those of some rows."""
        return Spelling(self.plus[rows], self.length[rows], self.said[rows], self.heads[rows])


def spelled(text: Any) -> Spelling:
    """
    How cells are spelled.

    Args:
        text: Repaired cells without letters, a large-string array.

    Example:
        >>> found = spelled(pa.array(["(+39) 347-123;1", "39 | 347", "+39 347"], STRING))
        >>> found.length.tolist(), found.said.tolist(), found.heads.tolist()
        ([8, 5, 5], [1, 2, 0], [[8], [0], [0]])
    """
    text = pc.fill_null(text, "")
    plus, count, said = _parsed(text)
    long = np.asarray(pc.utf8_length(text)) > LONGEST
    two, heads = _heads(pc.if_else(pa.array(long), "", text))
    said[two] = TWO_NUMBERS
    said[long] = TOO_LONG
    return Spelling(plus, count, said, heads)


def _parsed(text: Any) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int8]]:
    """Whether there is a plus, how many digits the number has, and whether it is one."""
    found = _sub(_sub(text, _BEFORE), _BEHIND)
    digits = np.asarray(digits_in(found))
    said = np.where(_whole(found, _VIABLE), NUMBER, NO_NUMBER).astype(np.int8)
    if (marked := said == NO_NUMBER).any():
        extended = marked & _whole(found, rf"(?:{_VIABLE})(?:{_EXTENSION})")
        said[extended] = EXTENDED
        digits = np.where(extended, np.asarray(digits_in(_sub(found, "[0-9]+#?$"))), digits)
    return np.asarray(pc.starts_with(found, "+")), digits, said


def _heads(text: Any) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which cells have two long runs of digits, and the numbers that stand before a separator."""
    begins, ends, content = raw(text)
    cuts = np.flatnonzero(_DIVIDES.take(content))
    cell = np.searchsorted(ends, cuts, side="right")
    before = np.append(0, np.cumsum(_IS_DIGIT.take(content)))  # digits before each byte
    left, right = before[cuts] - before[begins[cell]], before[ends[cell]] - before[cuts]
    asked = (left >= FEWEST) & (right > 0)
    long = asked & (np.minimum(left, right) >= FEWEST - 1) & (left + right > MOST)
    two = np.zeros(len(text), dtype=bool)
    two[cell[long]] = True
    (rows,) = np.nonzero(asked & ~two[cell])
    if not len(rows):
        return two, np.zeros((len(text), 1), dtype=np.int64)
    size = cuts[rows] - begins[cell[rows]]
    places = np.append(0, np.cumsum(size))
    piece = np.repeat(begins[cell[rows]] - places[:-1], size) + np.arange(places[-1])
    written = [None, pa.py_buffer(places.astype(np.int64)), pa.py_buffer(content[piece])]
    _, count, said = _parsed(pa.Array.from_buffers(STRING, len(rows), written))
    known = said != NO_NUMBER
    # Each number once: `347//1` has two separators and one number before them.
    pairs = np.unique(np.stack([cell[rows][known], count[known]]), axis=1)
    place = np.arange(pairs.shape[1]) - np.searchsorted(pairs[0], pairs[0])
    heads = np.zeros((len(text), int(place.max(initial=0)) + 1), dtype=np.int64)
    heads[pairs[0], place] = pairs[1]
    return two, heads


def _whole(text: Any, pattern: str) -> NDArray[np.bool_]:
    return np.asarray(pc.match_substring_regex(text, rf"^(?:{pattern})$"))


def _sub(text: Any, pattern: str) -> Any:
    return pc.replace_substring_regex(text, pattern=pattern, replacement="")
