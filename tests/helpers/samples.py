"""The sample files, for whoever needs their rows one by one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

SAMPLES = Path(__file__).parents[2] / "data" / "samples"


def damaged():
    table = pd.read_csv(SAMPLES / "damaged.csv", dtype=str, keep_default_na=False)
    return [pytest.param(row, id=row["what"]) for row in table.to_dict("records")]
