"""
What a journal says of all its campaigns at once.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

from smsframe.journal.counts import Tally

if TYPE_CHECKING:
    from smsframe.journal.journal import Journal

COUNTED = ("accepted", "scheduled", "rejected", "unconfirmed", "cancelled", "pending")


def campaigns(journal: Journal) -> pd.DataFrame:
    """One row per campaign, the oldest first, with counts by status and the credits charged."""
    listed = journal.campaigns()
    tallies = journal.batches.tallies() if len(listed) else {}
    empty = Tally(Counter(), 0.0, at_work=False)
    counted = [tallies.get(key, empty) for key in listed["id"].tolist()]
    columns = ["recipients", *COUNTED, "credits"]
    rows = [
        (sum(counts.values()), *(counts.get(status, 0) for status in COUNTED), charged)
        for counts, charged, _ in counted
    ]
    numbers = pd.DataFrame(rows, columns=columns, index=listed.index).astype(
        dict.fromkeys(columns, "Int64") | {"credits": "Float64"}
    )
    renamed = listed.rename(columns={"name": "campaign", "base_url": "gateway"}).drop(columns="id")
    return pd.concat(
        [renamed.astype({"campaign": "string", "gateway": "string", "account": "string"}), numbers], axis=1
    )
