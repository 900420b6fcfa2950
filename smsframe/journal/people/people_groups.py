"""
People of one batch, or of none, on their way into the journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd

OWN = ("schedule_at", "zone", "wait_code", "wait_reason", "variant", "held_out", "consent")
"""What few campaigns have: times and zones row by row, why somebody waits, and experiments."""


class Group(NamedTuple):
    """
    People of one batch, or of none.

    Attributes:
        batch: The key of their batch, or None when they only wait.
        text: The key of their text.
        encoding: ``gsm`` or ``ucs2``.
        people: ``phone``, ``fields`` (merge values) and ``segments``; those of `OWN` that there are, and
            perhaps ``person``, as `smsframe.phones.match.keys_of` takes it.
    """

    batch: int | None
    text: int
    encoding: str
    people: pd.DataFrame

    def column(self, name: str) -> list[Any]:
        """A column of its people as Python's own values; all None where they have no such column."""
        if name not in self.people:
            return [False if name == "held_out" else None] * len(self.people)
        values: list[Any] = self._values(name).to_pylist()
        return values

    def distinct(self, name: str) -> list[Any]:
        """The different values of a column that its people have, as Python's own."""
        values: list[Any] = self._values(name).unique().to_pylist()
        return values

    @property
    def has_own(self) -> bool:
        """Whether any of its people has a time, a zone, a reason to wait or a variant of their own."""
        return any(self.people[name].notna().any() for name in OWN if name in self.people)

    def _values(self, name: str) -> Any:
        return pa.array(self.people[name], from_pandas=True)
