"""
What was refused: one number, some, or the whole request.

The gateway refuses an order whole and need not say why (smSend docs: ``allowInvalidRecipients`` is false by
default). Halving finds a refused number in few requests; people tried apart tell a refused request.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from smsframe.journal.rows import Batch

ALIKE = 5
"""Single recipients refused alike, with nothing ever accepted: then it is the request that is refused."""

PROBE_AFTER = 4
"""Refused batches, with nothing ever accepted, after which single recipients are tried apart."""


def parts(people: pd.DataFrame, *, probe: bool) -> list[pd.DataFrame]:
    """Halves; or, when all of several places were refused, one person apart from the others."""
    at = 1 if probe else len(people) // 2
    return [people.iloc[:at], people.iloc[at:]]


def alike(refused: list[tuple[Batch, str]], reason: str) -> list[Batch]:
    """The refused batches whose reason is this one, apart from what differs from number to number."""
    return [batch for batch, said in refused if _words(said) == _words(reason)]


def _words(reason: str) -> str:
    """A reason without what differs from number to number."""
    return re.sub(r"[\W\d_]+", " ", reason)
