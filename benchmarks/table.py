"""One table, for a terminal and for a page: what, beside what, the ratio, and whether it is as aimed at."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

HEAD = ("what", "beside", "n", "first", "ours", "theirs", "ratio", "aim", "")
NUMERIC = slice(2, 7)
BLOCK = re.compile(r"(<!-- figures -->\n).*?(<!-- /figures -->)", re.DOTALL)
PACKAGES = ("smsframe", "pandas", "pyarrow", "numpy", "pandera", "phonenumbers", "smsutil")
TIMES = "\N{MULTIPLICATION SIGN}"
BIG = 100


@dataclass(frozen=True, slots=True)
class Aim:
    """How many times faster something should be at least, or how many times as dear it may be at most."""

    bound: float
    faster: bool = False

    def __str__(self) -> str:
        return f"{'≥' if self.faster else '≤'} {self.bound:g} {TIMES}"

    def met(self, ratio: float) -> bool:
        """Whether it is."""
        return ratio >= self.bound if self.faster else ratio <= self.bound


@dataclass(frozen=True, slots=True)
class Row:
    """
    A measure and its outcome.

    Attributes:
        what: What is measured.
        beside: What it is compared with.
        rows: How many people.
        ours: Seconds, or MiB.
        theirs: The same of what it is compared with, for as many people.
        ratio: Ours over theirs, or theirs over ours where the aim is to be faster.
        aim: None where there is none.
        first: Seconds of the first call in a fresh process, where that was measured.
        unit: ``s`` or ``MiB``.
        missing: Why nothing was measured, if nothing was.
    """

    what: str
    beside: str
    rows: int
    ours: float = 0
    theirs: float = 0
    ratio: float = 0
    aim: Aim | None = None
    first: float | None = None
    unit: str = "s"
    missing: str | None = None

    @property
    def verdict(self) -> str:
        """``met``, ``missed``, why there are no figures, or nothing where there is no aim."""
        if self.missing or self.aim is None:
            return self.missing or ""
        return "met" if self.aim.met(self.ratio) else "missed"

    def cells(self) -> tuple[str, ...]:
        """What the table says."""
        aim = str(self.aim or "")
        if self.missing:
            return (self.what, self.beside, f"{self.rows:,}", "", "", "", "", aim, self.verdict)
        return (
            self.what,
            self.beside,
            f"{self.rows:,}",
            "" if self.first is None else f"{figure(self.first)} s",
            f"{figure(self.ours)} {self.unit}",
            f"{figure(self.theirs)} {self.unit}",
            f"{figure(self.ratio)} {TIMES}",
            aim,
            self.verdict,
        )


def figure(value: float) -> str:
    """Three significant digits."""
    return f"{value:,.0f}" if value >= BIG else f"{value:#.3g}"


def table(rows: Iterable[Row]) -> str:
    """A table that is aligned in a terminal and a table on a page."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    right = range(len(HEAD))[NUMERIC]

    def line(cells: tuple[str, ...]) -> str:
        padded = (
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join(padded)} |"

    rule = (f"{'-' * (width - 1)}:" if place in right else "-" * width for place, width in enumerate(widths))
    return "\n".join([line(HEAD), line(tuple(rule)), *map(line, lines[1:])])


def conditions() -> str:
    """When and where this was: the day, the machine and the versions."""
    found = [f"{name} {there}" for name in PACKAGES if (there := _version(name))]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, {', '.join(found)}"
    )


def write(page: Path, text: str) -> None:
    """Put the figures between the marks of a page."""
    content, found = BLOCK.subn(lambda marks: f"{marks[1]}{text}\n{marks[2]}", page.read_text("utf-8"))
    if not found:
        raise SystemExit(f"{page.name} has no block of figures")
    page.write_text(content, "utf-8")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
