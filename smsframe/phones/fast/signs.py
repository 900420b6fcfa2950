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

    @property
    def repeated(self) -> NDArray[np.bool_]:
        """Which are the last of dots, dashes or slashes side by side, or of empty brackets: they may hide."""
        found = np.zeros(len(self.dot), dtype=bool)
        between = self.dot | self.dash | self.slash
        pairs = (between | self.opened, between | self.closed)
        for first, second in (pairs, (self.opened, self.opened), (self.closed, self.closed)):
            found[1:] |= first[:-1] & second[1:]
            found[2:] |= first[:-2] & self.space[1:-1] & second[2:]
        found[2:] |= (pairs[0] | self.closed)[:-2] & self.space[1:-1] & self.space[2:]
        return found
