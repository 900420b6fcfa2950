"""How long commands take to start, beside `python -c "import pandas"`, which none of them can do without."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.table import Aim, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.turns import Scale

PANDAS = ("-c", "import pandas")
TABLE = "name,mobile\nAda,+39 347 123 4567\nBea,+39 347 123 4568\n"


def rows(scale: Scale) -> Iterator[Row]:
    """The whole processes, in turns. The first turn compiles the bytecode that the others find."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "guests.csv"
        file.write_text(TABLE, "utf-8")
        commands = {
            "smsframe --help": ("-m", "smsframe", "--help"),
            "smsframe check FILE": ("-m", "smsframe", "check", str(file), "--phone", "mobile"),
        }
        programs = {"pandas": PANDAS, **commands}
        turns = [
            {name: seconds(program) for name, program in programs.items()} for _ in range(scale.imports + 1)
        ][1:]
    theirs = median(turn["pandas"] for turn in turns)
    for name in commands:
        ours, ratio = (
            median(turn[name] for turn in turns),
            median(turn[name] / turn["pandas"] for turn in turns),
        )
        yield Row(name, 'python -c "import pandas"', 2, ours, theirs, ratio, Aim(1.5))


def seconds(program: tuple[str, ...]) -> float:
    """Of a process, from its start to its end."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run([sys.executable, *program], env=environment, check=True, capture_output=True)  # noqa: S603
    return time.perf_counter() - start
