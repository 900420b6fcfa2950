"""Some stories of the chaos run, which `make chaos` goes on telling for minutes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import postgres

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[1]
SEEDS = [9, 10, 20]
"""Stories with kills, with two at work while one of them is suspended, and with orders taken late."""


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C and suspension are signals of POSIX here")
@pytest.mark.parametrize("journal", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_goes_wrong_at_once_nobody_is_texted_twice_and_nobody_is_forgotten(seed, journal):
    if journal == "postgres":
        postgres.required()
    program = [
        sys.executable,
        "-m",
        "searches.chaos",
        "--stories",
        "1",
        "--seed",
        str(seed),
        "--journal",
        journal,
    ]
    told = subprocess.run(program, cwd=TESTS, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    figures = dict(re.findall(r"^(\w+) +([0-9,]+)(?: |$)", told.stdout, re.MULTILINE))
    assert figures["doubled"] == figures["forgotten"] == "0"
    # What never goes wrong would prove nothing.
    assert int(figures["recipients"]) > 0
    assert int(figures["kills"]) + int(figures["faults"]) > 0
