"""
Many histories at once, and what is said of them.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from simulation import faults
from simulation.history import History
from simulation.shrinking import shrink, sort_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

CHUNK = 20
"""Seeds that a process takes at a time."""


@dataclass
class Report:
    """
    What came of some histories.

    Attributes:
        histories: How many there were.
        seconds: How long they took.
        counted: How often each kind of fault really happened.
        orders: The different orders of events.
        failed: What broke, by seed.
    """

    histories: int = 0
    seconds: float = 0.0
    counted: Counter[str] = field(default_factory=Counter)
    orders: set[str] = field(default_factory=set)
    failed: dict[int, str] = field(default_factory=dict)

    def add(self, other: Report) -> None:
        """Take the figures of some more."""
        self.histories += other.histories
        self.counted += other.counted
        self.orders |= other.orders
        self.failed |= other.failed

    def __str__(self) -> str:
        sorts = Counter(said.partition(":")[0] for said in self.failed.values())
        others = sum(count for sort, count in sorts.items() if sort not in ("doubled", "forgotten"))
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in self.counted.most_common())
        lines = [
            f"{self.histories:,} histories in {self.seconds:.0f} s, {self.histories / self.seconds:.1f}/s",
            f"{len(self.orders):,} different orders of events, {self.counted.total():,} faults: {kinds}",
            f"{sorts['doubled']} doubled / {sorts['forgotten']} forgotten / {others} otherwise broken",
        ]
        lines += [f"  seed {seed}: {said.splitlines()[0]}" for seed, said in sorted(self.failed.items())[:20]]
        return "\n".join(lines)


def _collect_by_chunk() -> None:
    """Let Python collect garbage only after each chunk, which saves a tenth of the time."""
    gc.disable()
    gc.freeze()


def live(seeds: range, kinds: Collection[str] | None = None) -> Report:
    """Live through the histories of some seeds, in this process."""
    report = Report()
    for seed in seeds:
        history = History(seed, faults.of(seed) if kinds is None else kinds)
        broken = history.live()
        report.histories += 1
        report.counted += history.world.counted
        report.orders.add(history.world.order_of_events)
        if broken is not None:
            report.failed[seed] = str(broken)
    gc.collect()
    return report


def digests(seeds: range, kinds: Collection[str] | None = None) -> list[str]:
    """A digest of the story of each seed."""
    made = []
    for seed in seeds:
        history = History(seed, faults.of(seed) if kinds is None else kinds)
        history.live()
        made.append(history.world.digest())
    return made


def live_on_all_cores(
    seeds: range,
    kinds: Collection[str] | None = None,
    *,
    seconds: float | None = None,
    say: Callable[[Report], None] = lambda _: None,
) -> Report:
    """
    The same on all cores.

    Args:
        seeds: All that may be lived through.
        kinds: The kinds of faults that may happen, where it is not `faults.of` that says it.
        seconds: When no more are begun.
        say: Is told how far it is, now and then.
    """
    report, began = Report(), time.monotonic()
    chunks = (seeds[at : at + CHUNK] for at in range(0, len(seeds), CHUNK))

    def still() -> Iterator[range]:
        for chunk in chunks:
            if seconds is not None and time.monotonic() - began > seconds:
                return
            yield chunk

    jobs = os.cpu_count() or 1
    processes = multiprocessing.get_context("spawn")
    with processes.Pool(jobs, initializer=_collect_by_chunk, maxtasksperchild=200) as pool:
        lived = partial(live, kinds=kinds)
        waiting = [
            pool.apply_async(lived, (chunk,)) for _, chunk in zip(range(2 * jobs), still(), strict=False)
        ]
        while waiting:
            report.add(waiting.pop(0).get())
            report.seconds = time.monotonic() - began
            say(report)
            waiting += [
                pool.apply_async(lived, (chunk,)) for _, chunk in zip(range(1), still(), strict=False)
            ]
    return report


def tell(history: History) -> str:
    """The story of a history, and how to see it again."""
    world = history.world
    lines = [f"{at:12.2f} s  {who:<20} {what}" for at, who, what in world.story]
    broken = world.scheduler.broken
    lines.append(f"seed {history.seed}: " + ("the promise holds" if broken is None else f"BROKEN, {broken}"))
    return "\n".join(lines)


def explain(seed: int, kinds: Collection[str] | None = None, *, time_limit: float = 30.0) -> str:
    """The small story of a seed that fails, and the commands that tell it again."""
    history = History(seed, faults.of(seed) if kinds is None else kinds)
    history.live()
    if sort_of(history) is None:
        return tell(history)
    small = shrink(history, time_limit=time_limit)
    decisions = ",".join(map(str, small.choices.made))
    return (
        f"{tell(small)}\n"
        f"the whole history:  python -m simulation --seed {seed}\n"
        f"this one, shrunk:   python -m simulation --seed {seed} --decisions {decisions or '0'}"
    )
