"""
The promise in a simulated world, some seconds of it; ``make simulate`` goes on for as long as one likes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulation import faults, reports
from simulation.history import History

SECONDS = float(os.environ.get("SMSFRAME_SIMULATE") or (60 if os.environ.get("CI") else 10))
HERE = Path(__file__).parents[1]


def in_another_process(*arguments, hash_seed):
    """What ``python -m simulation`` prints."""
    environment = os.environ | {"PYTHONPATH": f"{HERE.parent}{os.pathsep}{HERE}", "PYTHONHASHSEED": hash_seed}
    return subprocess.run(
        [sys.executable, "-m", "simulation", *arguments],
        cwd=HERE,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_nobody_is_texted_twice_and_nobody_is_forgotten():
    """With other seeds each time; a failure names the one that brings it back."""
    start, until = time.time_ns() // 1_000_000 % 10**9, time.monotonic() + SECONDS
    report = reports.Report()
    for seed in range(start, start + 1_000_000):
        report.add(reports.live(range(seed, seed + 1)))
        if report.failed or time.monotonic() > until:
            break
    report.seconds = time.monotonic() - until + SECONDS
    print(f"seeds from {start}\n{report}")
    if report.failed:
        pytest.fail(reports.explain(min(report.failed)), pytrace=False)


def test_a_world_in_which_nothing_goes_wrong_has_no_surprises():
    report = reports.live(range(20), frozenset())
    assert not report.failed
    assert not report.counted


@pytest.mark.slow
def test_the_same_seed_is_the_same_history_byte_for_byte_in_every_process():
    here = reports.digests(range(24))
    assert len({*here}) == len(here)
    for hash_seed in ("0", "4711"):
        told = in_another_process("--digests", "--start", "0", "--seeds", "24", hash_seed=hash_seed)
        assert told.split() == here


def test_recorded_decisions_are_the_same_history():
    first = History(11)
    first.live()
    again = History(11, faults.ALL, first.choices.made)
    again.live()
    assert again.world.digest() == first.world.digest()
