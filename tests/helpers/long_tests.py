"""
Which tests take seconds, each: `make test` leaves them to `make test-all`, so that it takes some minutes.

``tests/long_tests.txt`` names them by function, as measured. To measure anew, in the folder ``tests``, on a
machine that does nothing else::

    python -m pytest -n 3 -m "not slow and not notebook and not browser" --junitxml=/tmp/report.xml
    python -m helpers.long_tests /tmp/report.xml 1.0
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from pathlib import Path

TESTS = Path(__file__).parents[1]
LIST = TESTS / "long_tests.txt"
NEVER = ("integration/test_promise.py",)
"""What is never left out of `make test`: that nobody is texted twice and nobody forgotten."""


def listed() -> frozenset[str]:
    """``integration/test_stop.py::test_…``, without parameters."""
    return frozenset(LIST.read_text("utf-8").split())


def measured(report: Path, seconds: float) -> list[str]:
    """The tests of a report whose cases take longer than that, on average."""
    times = defaultdict(list)
    for case in ET.parse(report).getroot().iter("testcase"):
        file = Path(*case.attrib["classname"].split(".")).with_suffix(".py")
        name = case.attrib["name"].partition("[")[0]
        times[f"{file.relative_to('tests').as_posix()}::{name}"].append(float(case.attrib["time"]))
    return sorted(
        name for name, of in times.items() if sum(of) / len(of) > seconds and not name.startswith(NEVER)
    )


if __name__ == "__main__":
    found = measured(Path(sys.argv[1]), float(sys.argv[2]))
    LIST.write_text("\n".join([*found, ""]), "utf-8")
    print(len(found), "tests take seconds")
