"""Each measure of `make bench` runs and prints its rows; what they say is not for a busy machine to judge."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from helpers import phone_reference
from searches import agreement

from smsframe.phones import parse
from smsframe.phones.codes import REPAIRS
from smsframe.phones.parse import read

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "benchmarks/README.md").read_text("utf-8")
ROWS = {
    "phones": 6,
    "oddities": 3,
    "texts": 2,
    "frames": 2,
    "files": 3,
    "growth": 3,
    "imports": 1,
    "start": 2,
    "journal": 4,
    "campaigns": 1,
    "hours": 1,
    "deliveries": 2,
    "postgres": 2,
    "workers": 2,
    "replies": 1,
    "optouts": 4,
}
FIGURE = re.compile(r"([0-9][0-9,.e-]*) (?:s|MiB|\N{MULTIPLICATION SIGN})")


@pytest.fixture
def room(monkeypatch):
    """Import a file of the benchmarks, from wherever the tests were started."""
    monkeypatch.syspath_prepend(ROOT)
    return lambda name: importlib.import_module(f"benchmarks.{name}")


def bench(*asked):
    """Run the command; its lines of the table, each as cells."""
    command = [sys.executable, "-m", "benchmarks", "--quick", *asked]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peaks are read from /proc")
@pytest.mark.parametrize("part", ROWS)
def test_a_part_prints_its_rows_with_figures(part):
    printed = bench(part)
    assert len(printed) == ROWS[part]
    for what, _, _, first, ours, theirs, ratio, _, verdict in printed:
        assert f"| {what} |" in PAGE, "benchmarks/README.md says how each row is measured"
        if part == "texts" and find_spec("smsutil") is None:
            assert verdict == "smsutil is not installed"
            continue
        figures = [FIGURE.fullmatch(cell) for cell in (first, ours, theirs, ratio) if cell]
        assert len(figures) >= 3
        assert all(float(found[1].replace(",", "")) > 0 for found in figures)


def test_the_worst_kind_is_looked_for_among_all_kinds_of_repair(room):
    oddities = room("oddities")
    full_width = "+39347{n}", None, oddities.FULL_WIDTH
    found = set()
    for written, region, *digits in (*oddities.KINDS.values(), full_width):
        column = oddities.cells(written, pd.Series([f"{number:07}" for number in range(1234567, 1234667)]))
        column = column.str.translate(*digits) if digits else column
        found |= {name for names in read(column, region)["repair"].dropna() for name in names.split(",")}
    assert found == set(REPAIRS)


def test_each_kind_of_oddity_is_read_as_the_reference_reads_it(room):
    oddities = room("oddities")
    digits = pd.Series([f"{number:07}" for number in range(1_020_304, 1_999_999, 9_771)])
    for name, (written, region) in oddities.KINDS.items():
        column = oddities.cells(written, digits)
        with agreement.by_columns():
            read = parse.read(column, region, "possible")[["phone", "code"]].fillna("")
        answers = [phone_reference.answer(cell, region) for cell in column]
        wanted = [(phone or "", code or "") for phone, code in phone_reference.column(answers, "possible")]
        assert [*read.itertuples(index=False, name=None)] == wanted, name


def test_every_part_is_tested(room):
    assert set(room("__main__").PARTS) == set(ROWS)


@pytest.mark.parametrize(
    ("bound", "faster", "ratio", "verdict"),
    [
        (60, True, 60, "met"),
        (60, True, 59.9, "missed"),
        (1.1, False, 1.1, "met"),
        (1.1, False, 1.11, "missed"),
    ],
)
def test_an_aim_is_met_or_missed(room, bound, faster, ratio, verdict):
    table = room("table")
    row = table.Row("this", "that", 10, 1, 1, ratio, table.Aim(bound, faster=faster))
    assert row.verdict == verdict
    assert verdict in table.table([row])


def test_the_figures_on_a_page_are_replaced_and_nothing_else(room, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("Before\n<!-- figures -->\nold\n<!-- /figures -->\nAfter\n", "utf-8")
    room("table").write(page, "new \\1")
    assert page.read_text("utf-8") == "Before\n<!-- figures -->\nnew \\1\n<!-- /figures -->\nAfter\n"
    page.write_text("no marks", "utf-8")
    with pytest.raises(SystemExit):
        room("table").write(page, "new")


def test_invented_people_depend_on_the_seed_alone(room):
    people = room("people")

    def made(seed):
        return people.frame(people.numbers(2000, seed, twice=0.05), seed)

    frame = made(1)
    assert frame.equals(made(1))
    assert not frame["mobile"].equals(made(2)["mobile"])
    assert frame["code"].is_unique
    assert frame["country"].nunique() == len(people.COUNTRIES)
    assert frame["mobile"].duplicated().sum() >= 90
    assert frame.shape == (2000, 10)
