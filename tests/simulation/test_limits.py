"""
The limits of the simulation are those of the promise page, and they are real.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulation import reports
from simulation.limits import LIMITS

PAGE = Path(__file__).parents[2] / "docs" / "promise.md"
SEEDS = 400


def test_the_limits_are_exactly_those_of_the_page():
    section = (
        PAGE.read_text(encoding="utf-8").partition("## Where the gateway limits us")[2].partition("\n## ")[0]
    )
    assert re.findall(r"^\* \*\*(.+?)\*\*", section, re.MULTILINE) == [limit.words for limit in LIMITS]


@pytest.mark.slow
@pytest.mark.parametrize("limit", [limit for limit in LIMITS if limit.beyond], ids=lambda limit: limit.beyond)
def test_beyond_a_limit_somebody_is_texted_twice(limit):
    """Or the page would promise less than is kept."""
    kinds = frozenset((limit.beyond, *limit.others))
    for seed in range(SEEDS):
        failed = reports.live(range(seed, seed + 1), kinds).failed
        if failed:
            assert failed[seed].startswith("doubled")
            return
    pytest.fail(f"{limit.words} nothing was broken in {SEEDS} histories")
