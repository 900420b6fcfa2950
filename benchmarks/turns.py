"""
How things are measured: in a fresh process, taking turns with what they are compared with.

A ratio is of one turn, so that a busy moment of the machine falls on both sides; every figure is the median
of the turns. The first turn is not among them: it is the cold one, which loads what is used.
"""

from __future__ import annotations

import gc
import multiprocessing
import re
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, TypeVar

from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.table import Aim

T = TypeVar("T")
Made = TypeVar("Made")

KIB_PER_MIB = 1024
PATIENCE = 40  # seconds

# A forked process would start with the libraries and the memory of its parent.
PROCESSES = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured."""

    rows: int = 1_000_000
    sample: int = 20_000  # how many rows the slow neighbours are given; their seconds are scaled up
    turns: int = 5
    sizes: tuple[int, ...] = (10_000, 100_000, 1_000_000, 3_000_000)  # growth: the second is what counts as 1
    repeats: int = 3  # turns of what takes many processes
    imports: int = 9
    recipients: int = 100_000  # of the journal's campaign
    campaigns: int = 1000  # in a journal
    partitioned: int = 24_000  # people of a campaign over Dask


FULL = Scale(sizes=(10_000, 100_000, 1_000_000, 10_000_000))
QUICK = Scale(
    rows=2000,
    sample=200,
    turns=1,
    sizes=(1000, 2000),
    repeats=1,
    imports=1,
    recipients=200,
    campaigns=20,
    partitioned=80,
)


@dataclass(frozen=True, slots=True)
class Call:
    """Something to time: what is done with a turn's data, and what share of the rows it is given."""

    work: Callable[[Any], Any]
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Seconds:
    """Seconds of each call: in the cold turn, and in each of the others."""

    cold: dict[str, float]
    warm: dict[str, list[float]]

    def row(
        self,
        what: str,
        beside: str,
        rows: int,
        aim: Aim,
        *,
        ours: Sequence[str] = ("ours",),
        theirs: Sequence[str] = ("loop",),
    ) -> Row:
        """What the table says of some of the calls beside others."""
        one, other = self._turns(ours), self._turns(theirs)
        above, below = (other, one) if aim.faster else (one, other)
        ratio = median(over / under for over, under in zip(above, below, strict=True))
        first = sum(self.cold[name] for name in ours)
        return Row(what, beside, rows, median(one), median(other), ratio, aim, first)

    def _turns(self, names: Sequence[str]) -> list[float]:
        return [sum(turn) for turn in zip(*(self.warm[name] for name in names), strict=True)]


def take_turns(
    make: Callable[[int], Made],
    calls: Mapping[str, Call],
    turns: int,
    expect: Callable[[Made, dict[str, Any]], None] | None = None,
) -> Seconds:
    """
    Time calls that take turns.

    Args:
        make: Makes a turn's data from a seed, untimed: different people each time, so that no answer can be
            remembered from the turn before.
        calls: What is timed; the order is reversed in every second turn.
        turns: How many, after the cold one, whose order is as given; fewer, but two, of what is slow.
        expect: Refuses, by an error, the figures of wrong answers; it is shown those of the cold turn.
    """
    cold: dict[str, float] = {}
    warm: dict[str, list[float]] = {name: [] for name in calls}
    for turn in patiently(turns + 1, 3):  # the cold one, and one in each order
        data = make(turn)
        answers = {}
        for name in list(calls)[:: -1 if turn % 2 else 1]:
            seconds, answer = timed(calls[name].work, data)
            seconds /= calls[name].share
            if turn:
                warm[name].append(seconds)
            else:
                cold[name], answers[name] = seconds, answer
        if expect and not turn:
            expect(data, answers)
    return Seconds(cold, warm)


def patiently(turns: int, fewest: int) -> Iterator[int]:
    """Count the turns; what is slow has fewer, so that the whole table takes minutes."""
    began = time.perf_counter()
    for turn in range(turns):
        if turn >= fewest and time.perf_counter() - began > PATIENCE:
            return
        yield turn


def timed(work: Callable[..., T], *given: Any) -> tuple[float, T]:
    """Seconds of a call, and what it returns; the garbage collector starts even and runs as for everybody."""
    gc.collect()
    start = time.perf_counter()
    result = work(*given)
    return time.perf_counter() - start, result


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of a call; the peak of its process meanwhile and how much of that the call added, in MiB."""

    seconds: float
    peak: float
    growth: float


def measured(work: Callable[[], T]) -> tuple[Cost, T]:
    """What a call costs, and what it returns."""
    gc.collect()
    with suppress(OSError):  # where the kernel does not forget, the peak is too high, never too low
        Path("/proc/self/clear_refs").write_text("5")  # the peak is from now on
    before = _resident("VmRSS")
    seconds, result = timed(work)
    peak = _resident("VmHWM")
    return Cost(seconds, peak, peak - before), result


def _resident(what: str) -> float:
    """A line of the process's own record, in MiB."""
    found = re.search(rf"^{what}:\s*(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    if found is None:
        raise SystemExit(f"this kernel does not say {what}")
    return int(found[1]) / KIB_PER_MIB


def apart(part: Callable[..., T], *given: Any) -> T:
    """Call a function in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=PROCESSES) as alone:
        return alone.submit(part, *given).result()
