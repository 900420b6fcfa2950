"""The time zone that the form begins with is the machine's, by its name, whatever `TZ` is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = "from smsframe.clock import machine_zone; print(machine_zone())"


def named(program=PROGRAM, **environment):
    """What the machine's time zone is called in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if name != "TZ"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={**kept, **environment}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no TZ")
@pytest.mark.parametrize(
    ("tz", "name"),
    [
        ("Europe/Rome", "Europe/Rome"),
        (":America/Argentina/Ushuaia", "America/Argentina/Ushuaia"),
        ("Etc/UTC", "UTC"),
        ("UTC", "UTC"),
        ("Asia/Kathmandu", "Asia/Kathmandu"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "UTC"),
        ("Nowhere/Land", "UTC"),
        ("../../etc/passwd", "UTC"),
    ],
)
def test_tz_names_it(tz, name):
    assert named(TZ=tz) == name


@pytest.mark.skipif(
    not Path("/etc/localtime").is_symlink(), reason="this machine names no time zone in a link"
)
def test_without_tz_it_is_that_of_the_system():
    link = Path("/etc/localtime").resolve().as_posix().rpartition("/zoneinfo/")[2]
    assert named() == link.removeprefix("Etc/")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no TZ")
def test_a_csv_in_the_notation_of_a_language_has_the_machines_clock(tmp_path):
    program = f"""
import pandas as pd, smsframe
frame = pd.DataFrame({{"at": pd.to_datetime(["2026-11-28T12:51Z"])}})
smsframe.to_csv(frame, {str(tmp_path / "a.csv")!r}, locale="it")
"""
    named(TZ="Asia/Kathmandu", program=program)
    assert (tmp_path / "a.csv").read_text("utf-8-sig") == '"at (Asia/Kathmandu)"\n"2026-11-28 18:36:00"\n'
