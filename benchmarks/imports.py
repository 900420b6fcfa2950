"""What `import smsframe` costs beside `import pandas`, which its users have imported anyway."""

from __future__ import annotations

import os
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.table import Aim, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.turns import Scale

MODULES = ("smsframe", "pandas")
PROGRAM = """
import sys, time
start = time.perf_counter()
__import__(sys.argv[1])
print(time.perf_counter() - start)
"""


def rows(scale: Scale) -> Iterator[Row]:
    """The one row. The first turn compiles the bytecode that the others find, and does not count."""
    turns = [{module: seconds(module) for module in MODULES} for _ in range(scale.imports + 1)][1:]
    ours, theirs = (median(turn[module] for turn in turns) for module in MODULES)
    ratio = median(turn["smsframe"] / turn["pandas"] for turn in turns)
    yield Row("import smsframe", "import pandas", 1, ours, theirs, ratio, Aim(1.1))


def seconds(module: str) -> float:
    """Of an import in a fresh process, without the interpreter's own start."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(  # noqa: S603 - this interpreter, and a program that stands above
        [sys.executable, "-c", PROGRAM, module], env=environment, check=True, capture_output=True, text=True
    )
    return float(done.stdout)
