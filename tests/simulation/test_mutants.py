"""
Each protective line is missed when it is taken out: some of them here, all by ``make mutants``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulation.protections import MUTANTS

HERE = Path(__file__).parents[1]
ALL = bool(os.environ.get("SMSFRAME_MUTANTS"))
SOON = {
    "only dead owners' orders are taken over",
    "only who may be texted is cut into orders",
    "it takes two absences",
    "the grace is waited",
}
"""Noticed within a few seeds."""


def test_every_mutant_still_applies():
    for mutant in MUTANTS:
        for edit in mutant.edits:
            text = (HERE.parent / f"smsframe/{edit.module.replace('.', '/')}.py").read_text(encoding="utf-8")
            assert text.count(edit.old) == 1, f"{mutant.name}: {edit.old!r}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "mutant", [mutant for mutant in MUTANTS if ALL or mutant.name in SOON], ids=lambda mutant: mutant.name
)
def test_a_protection_that_is_taken_out_is_missed(mutant):
    environment = os.environ | {"PYTHONPATH": f"{HERE.parent}{os.pathsep}{HERE}"}
    told = subprocess.run(
        [sys.executable, "-m", "simulation.mutants", mutant.name],
        cwd=HERE,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
