"""Some stories of the chaos run, by seed: `make chaos` tells others, for longer."""

from __future__ import annotations

import sys

import chaos
import pytest

SEEDS = (0, 1, 2, 3, 6, 7)
"""Stories of the suite, one a test, so that they are spread over processes."""


@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed and suspended by POSIX signals")
@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_is_texted_twice_and_nobody_is_forgotten_whatever_happens_at_once(seed):
    tally = chaos.tell(seed)
    assert not tally.wrong, "\n".join(chaos.report({seed: tally}, 0.0))
    assert tally.counts["people"] > 0


@pytest.mark.skipif(sys.platform == "win32", reason="as above")
def test_stories_are_really_of_faults_and_kills():
    """What never goes wrong proves nothing."""
    tally = chaos.Tally()
    for seed in (4, 5):
        tally.update(chaos.tell(seed))
    assert tally.ends["killed"] > 0
    assert tally.faults.total() > 0
    assert not tally.wrong
