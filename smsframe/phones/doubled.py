"""
Marks that are repeated, such as ``::`` or ``" "``: they stand for digits that are not shown.

Which marks are equal no regular expression of linear time can ask, so that bytes are looked at here.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.compute as pc

from smsframe.arrow import raw

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SEPARATORS: Final = frozenset(
    "+()[].-/;,|&\N{FULLWIDTH FULL STOP}\N{FULLWIDTH LEFT PARENTHESIS}\N{FULLWIDTH RIGHT PARENTHESIS}"
    "\N{FULLWIDTH LEFT SQUARE BRACKET}\N{FULLWIDTH RIGHT SQUARE BRACKET}\N{FULLWIDTH HYPHEN-MINUS}"
    "\N{MINUS SIGN}\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FIGURE DASH}\N{EN DASH}\N{EM DASH}\N{HORIZONTAL BAR}"
)
"""What people write twice between groups of digits, and what `smsframe.phones.marks` has patterns for."""
_MARKS: Final = "PSM"  # first letters of categories: punctuation, symbols, combining marks
_SPACE: Final = ord(" ")
_FOLLOWS: Final = 0x80
_FIRST_BITS: Final = 0xC0
"""Bytes of a character in UTF-8 but its first: what they begin with, and in which bits."""


def doubled(text: Any) -> NDArray[np.bool_]:
    """
    In which cells a mark is followed by the same one, with any number of spaces between them.

    Args:
        text: A large-string array.

    Example:
        >>> import pyarrow as pa
        >>> doubled(pa.array(["347 12::", '347 12" "', "347--12", "344", None], pa.large_string())).tolist()
        [True, True, False, False, False]
    """
    found = np.zeros(len(text), dtype=bool)
    _, ends, content = raw(pc.fill_null(text, ""))
    points = np.frombuffer(content.tobytes().decode("utf-8", "replace").encode("utf-32-le"), dtype="<u4")
    places = np.flatnonzero((content & _FIRST_BITS) != _FOLLOWS)
    if len(places) != len(points):  # bytes that are no text
        return found
    seen = points != _SPACE
    points, places = points[seen], places[seen]
    twice = np.flatnonzero(points[1:] == points[:-1])
    different, which = np.unique(points[twice], return_inverse=True)
    twice = twice[np.array([_is_mark(chr(point)) for point in different], dtype=bool)[which]]
    first, second = (np.searchsorted(ends, places[twice + more], side="right") for more in (0, 1))
    found[first[first == second]] = True
    return found


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in _MARKS and character not in _SEPARATORS
