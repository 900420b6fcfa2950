"""
Where the signs are that may stand in a number, in the bytes of a column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Signs(NamedTuple):
    """
    Where signs are that may stand in a number: all but plus and slash mean nothing to libphonenumber.

    Each is as long as the text; comparing all bytes with one takes less time than looking each up.
    """

    plus: NDArray[np.bool_]
    slash: NDArray[np.bool_]
    dot: NDArray[np.bool_]
    dash: NDArray[np.bool_]
    space: NDArray[np.bool_]
    opened: NDArray[np.bool_]
    closed: NDArray[np.bool_]

    @classmethod
    def of(cls, text: NDArray[np.uint8]) -> Signs:
        """In a text."""
        plus, slash, dot, dash, space = (text == ord(sign) for sign in "+/.- ")
        opened, closed = ((text == ord(one)) | (text == ord(other)) for one, other in ("([", ")]"))
        return cls(plus, slash, dot, dash, space, opened, closed)

    def others(self, is_digit: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which bytes are neither a digit nor one of these signs; empty where none is."""
        if len(is_digit) == sum(map(np.count_nonzero, (is_digit, *self))):
            return np.zeros(0, dtype=bool)
        known = is_digit.copy()
        for sign in self:
            known |= sign
        return ~known

    def repeated(self, places: NDArray[np.intp]) -> NDArray[np.intp]:
        """
        Which are the last of dots, dashes or slashes side by side, or of empty brackets: they may hide.

        Args:
            places: Of the bytes that are no digits, and whose byte before is none either.
        """
        here, before, second = map(self._at, (places, places - 1, np.maximum(places - 2, 0)))
        found = here.space & before.space & (second.between | second.opened | second.closed)
        found |= _pair(before, here) | before.space & _pair(second, here)
        return places[found]

    @property
    def between(self) -> NDArray[np.bool_]:
        """Dots, dashes and slashes."""
        return self.dot | self.dash | self.slash

    def _at(self, places: NDArray[np.intp]) -> Signs:
        return Signs(*(sign[places] for sign in self))


def _pair(one: Signs, other: Signs) -> NDArray[np.bool_]:
    """Whether something is missing between two signs: two marks, empty brackets, or one bracket twice."""
    empty = (one.between | one.opened) & (other.between | other.closed)
    return empty | one.opened & other.opened | one.closed & other.closed
