"""
How seconds grow with the rows, and how much memory a call takes beside the frame it is given. For Linux.

Each call is in a fresh process, which reads its frame from a file that another one has written: memory that
was used before and given back would hide what the call takes.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks import people
from benchmarks.frames import italians
from benchmarks.table import Aim, Row
from benchmarks.turns import apart, measured, patiently

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from benchmarks.turns import Cost, Scale

MIB = 2**20
CALLS = {"check": Aim(2), "plan": Aim(2.5)}


def rows(scale: Scale) -> Iterator[Row]:
    """Seconds per row at each size beside those at the second one, then the peaks."""
    with tempfile.TemporaryDirectory(prefix="smsframe-bench-") as folder:
        files = {size: Path(folder) / f"{size}.arrow" for size in {*scale.sizes, scale.rows}}
        frames = {size: apart(prepare, file, size) for size, file in files.items()}
        turns = [
            {size: apart(measure, files[size], "plan").seconds for size in scale.sizes}
            for _ in patiently(scale.repeats, 1)
        ]
        _, usual, *_ = scale.sizes
        for size in scale.sizes:
            ours = median(turn[size] for turn in turns)
            scaled = median(turn[usual] * size / usual for turn in turns)
            ratio = median(turn[size] / size / (turn[usual] / usual) for turn in turns)
            aim = Aim(1.2) if size > usual else None
            if size != usual:
                yield Row("plan, growth", f"plan of {usual:,}, scaled", size, ours, scaled, ratio, aim)
        for call, aim in CALLS.items():
            costs = [apart(measure, files[scale.rows], call) for _ in patiently(scale.repeats, 1)]
            peak, own = median(cost.growth for cost in costs), frames[scale.rows]
            yield Row(f"{call}, peak memory", "the frame", scale.rows, peak, own, peak / own, aim, unit="MiB")


def prepare(file: Path, size: int) -> float:
    """Write a frame down, and say how much memory it takes, in MiB."""
    import pyarrow as pa
    from pyarrow import feather

    frame = italians(size, seed=size)
    feather.write_feather(pa.Table.from_pandas(frame), file, compression="uncompressed")
    return float(read(file).memory_usage(deep=True).sum()) / MIB


def read(file: Path) -> pd.DataFrame:
    """Take a frame up again; the strings stay where they are read."""
    import pandas as pd
    import pyarrow as pa
    from pyarrow import feather

    types: dict[Any, Any] = {pa.string(): pd.StringDtype("pyarrow")}
    found = feather.read_table(file, memory_map=False)
    frame: pd.DataFrame = found.to_pandas(types_mapper=types.get, split_blocks=True, self_destruct=True)
    return frame


def measure(file: Path, call: str) -> Cost:
    """One call. A small one goes before: loading libraries and metadata is no matter of rows."""
    import smsframe

    def work(frame: pd.DataFrame) -> object:
        if call == "check":
            return smsframe.check(frame, phone="mobile", region="IT")
        return smsframe.plan(frame, people.TEXT, phone="mobile", region="IT")

    frame = read(file)
    work(frame.head(100))
    cost, _ = measured(lambda: work(frame))
    return cost
