"""
A campaign over Dask by two worker processes and by four, beside the same by one.

The sandbox takes half a second for each answer, a request for its history as for an order. That is to be what
limits a worker, and not the cores, which all workers share with the server and the sandbox: an order has a
hundred people, and a worker has one order on its way. It takes minutes, so it is measured once.
"""

from __future__ import annotations

import sys
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from benchmarks.scale import Campaign, measure
from benchmarks.table import Aim, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.turns import Scale

PARTITIONS, BATCH, LATENCY = 8, 100, 0.5
"""At most so many, people in an order, and seconds that an answer takes."""
LEAST = {2: 1.9, 4: 3.7}
"""How many times the people per second of one worker so many should text."""


def rows(scale: Scale) -> Iterator[Row]:
    """People per second of two workers, and of four."""
    people = scale.partitioned
    names = {count: f"Dask, {count} workers, answers in {LATENCY:g} s" for count in LEAST}
    if find_spec("distributed") is None:
        for name in names.values():
            yield Row(name, "1 worker", people, missing="distributed is not installed")
        return
    partition = -(-people // min(PARTITIONS, -(-people // (BATCH // 2))))
    say = partial(print, file=sys.stderr)
    seconds = {
        count: measure(Campaign(people, count, LATENCY, partition, threads=1, batch=BATCH), say)
        for count in (1, *LEAST)
    }
    for count, least in LEAST.items():
        ratio, aim = seconds[1] / seconds[count], Aim(least, faster=True)
        yield Row(names[count], "1 worker", people, seconds[count], seconds[1], ratio, aim)
