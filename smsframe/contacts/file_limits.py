"""
How much a contact file may hold: a few kilobytes can unpack to more than any machine's memory.

A file is measured before anything is made of it, by what is really in it, never by what it says of itself.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smsframe.errors import ContactsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

BYTES = 2**30
"""A million rows of thirty columns are some four hundred megabytes of text."""
CELLS = 50_000_000

SHORTEST = 3000
"""Each column counts as at least so many cells: that is what pandas takes for one, however short it is."""
RUN = 64
"""The part of ``max_bytes`` that one line, row or string may have: it is kept as a whole, several times."""
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What a file may hold at most, and what its errors call it.

    Attributes:
        name: The file.
        size: Bytes of it, unpacked.
        cells: Rows times columns.
    """

    name: str
    size: int
    cells: int

    @classmethod
    def of(cls, name: str, max_bytes: int | None, max_cells: int | None) -> Limits:
        """
        The limits that a call gives, else those of the environment, else the usual ones.

        Raises:
            ValueError: One of them is no whole number above 0.
        """
        return cls(name, _number("max_bytes", max_bytes, BYTES), _number("max_cells", max_cells, CELLS))

    @property
    def run(self) -> int:
        """Bytes that one line, row or string may have."""
        return max(self.size // RUN, CHUNK)

    def check_bytes(self, size: int, share: int = 1) -> None:
        """Refuse more bytes than the limit, or than a number of times the limit."""
        if size > self.size * share:
            raise ContactsError(
                f"{self.name} is, or unpacks to, more than {self.size:,} bytes: if it is meant to, "
                "say max_bytes=, or SMSFRAME_MAX_BYTES"
            )

    def check_run(self, size: int, what: str) -> None:
        """Refuse a line, row or string that is too long."""
        if size > self.run:
            raise ContactsError(
                f"{self.name} has {what} of more than {self.run:,} bytes, a {RUN}th of max_bytes: if it is "
                "meant to, say max_bytes=, or SMSFRAME_MAX_BYTES"
            )

    def check_count(self, count: int, what: str, share: int = 1) -> None:
        """Refuse more of something than the cells, or than a part of them."""
        if count > self.cells // share:
            raise ContactsError(
                f"{self.name} has more than {self.cells // share:,} {what}: if it is meant to, "
                "say max_cells=, or SMSFRAME_MAX_CELLS"
            )

    def check_cells(self, rows: int, columns: int) -> None:
        """Refuse a table of more cells than the limit."""
        if max(rows, SHORTEST) * columns > self.cells:
            raise ContactsError(
                f"{self.name} has {rows:,} rows and {columns:,} columns, which are more than {self.cells:,} "
                f"cells (a column counts as {SHORTEST:,} at least): delete what is empty, or if it is meant "
                "to, say max_cells=, or SMSFRAME_MAX_CELLS"
            )

    def chunks(self, file: IO[bytes]) -> Iterator[bytes]:
        """The bytes of a file, as long as they are not too many."""
        size = 0
        while part := file.read(CHUNK):
            size += len(part)
            self.check_bytes(size)
            yield part


def _number(name: str, given: int | None, usual: int) -> int:
    variable = f"SMSFRAME_{name.upper()}"
    text = os.environ.get(variable, "")
    if given is None and text:
        name, given = variable, int(text) if text.isdecimal() else 0
    number = usual if given is None else given
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ValueError(f"{name} must be a whole number above 0")
    return number
