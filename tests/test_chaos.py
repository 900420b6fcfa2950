"""Some stories of the chaos run, which `make chaos` goes on telling for minutes."""

from __future__ import annotations

import sys

import chaos
import pytest

SEEDS = [(9, 24), (10, 43), (20, 46)]
"""Stories with kills, with two at work while one of them is suspended, and with orders taken late."""


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C and suspension are signals of POSIX here")
@pytest.mark.parametrize("seeds", SEEDS, ids=str)
def test_whatever_goes_wrong_at_once_nobody_is_texted_twice_and_nobody_is_forgotten(seeds):
    tallies = {seed: chaos.tell(seed) for seed in seeds}
    tally = chaos.Tally()
    for story in tallies.values():
        tally.update(story)
    assert not tally.wrong, "\n".join(chaos.report(tallies, 0.0))
    # What never goes wrong would prove nothing.
    assert tally.counts["people"] >= 5
    assert tally.ends["killed"] >= 1
    assert len(+tally.faults) >= 2, tally.faults
