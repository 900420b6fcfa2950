"""
``python -m simulation``, from ``tests/``: many histories, or the story of one.
"""

from __future__ import annotations

import argparse
import sys
import time

from simulation import faults, reports
from simulation.history import History


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="tell the story of this one")
    parser.add_argument("--decisions", help="of a history that was shrunk, separated by commas")
    parser.add_argument("--shrink", action="store_true", help="make a failing one small first")
    parser.add_argument("--seeds", type=int, default=1_000, help="how many histories")
    parser.add_argument("--start", type=int, help="the first seed; another one each time when left out")
    parser.add_argument("--seconds", type=float, help="begin no more after so many")
    parser.add_argument("--digests", action="store_true", help="print only a digest of each story")
    parser.add_argument("--without", default="", help="kinds of faults to leave out, separated by commas")
    parser.add_argument("--only", default="", help="the only ones")
    wanted = parser.parse_args()
    chosen = wanted.only or wanted.without
    kinds = (_kinds(wanted.only) or faults.ALL - _kinds(wanted.without)) if chosen else None
    if wanted.seed is not None:
        return _one(wanted, kinds)
    start = time.time_ns() // 1_000_000 % 10**9 if wanted.start is None else wanted.start
    seeds = range(start, start + wanted.seeds)
    if wanted.digests:
        print(*reports.digests(seeds, kinds), sep="\n")
        return 0
    print(f"seeds from {start}: --start {start} lives through the same again")
    report = reports.live_on_all_cores(seeds, kinds, seconds=wanted.seconds, say=_progress())
    print(f"\r{report}")
    if report.failed:
        print(reports.explain(min(report.failed), kinds))
    return bool(report.failed)


def _one(wanted: argparse.Namespace, kinds: frozenset[str] | None) -> int:
    if wanted.shrink:
        print(reports.explain(wanted.seed, kinds))
        return 0
    decisions = None if wanted.decisions is None else [*map(int, wanted.decisions.split(","))]
    history = History(wanted.seed, faults.of(wanted.seed) if kinds is None else kinds, decisions)
    broken = history.live()
    print(reports.tell(history))
    return broken is not None


def _kinds(named: str) -> frozenset[str]:
    kinds = frozenset(filter(None, (kind.strip() for kind in named.split(","))))
    if unknown := kinds - faults.ALL - faults.RARE - faults.BEYOND:
        sys.exit(f"no such kind: {', '.join(sorted(unknown))}; there are {', '.join(sorted(faults.ALL))}")
    return kinds


def _progress():
    last = [0.0]

    def say(report: reports.Report) -> None:
        if sys.stdout.isatty() and time.monotonic() - last[0] > 1:
            last[0] = time.monotonic()
            print(f"\r{report.histories:,} histories, {len(report.failed)} failed", end="", flush=True)

    return say


if __name__ == "__main__":
    sys.exit(main())
