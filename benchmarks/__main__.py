"""
One command, one table: ``python -m benchmarks``, or ``make bench``.

``--quick`` shows in seconds that all of it works, with figures that say nothing; ``--full`` goes up to ten
million rows; names of parts measure only those; ``--write`` puts the table on the page beside this file.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import (
    campaigns,
    deliveries,
    files,
    frames,
    growth,
    hours,
    imports,
    journal,
    oddities,
    optouts,
    phones,
    postgres,
    replies,
    start,
    texts,
    workers,
)
from benchmarks.table import conditions, table, write
from benchmarks.turns import FULL, QUICK, Scale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.table import Row

PARTS: dict[str, Callable[[Scale], Iterator[Row]]] = {
    "phones": phones.rows,
    "oddities": oddities.rows,
    "texts": texts.rows,
    "frames": frames.rows,
    "files": files.rows,
    "growth": growth.rows,
    "imports": imports.rows,
    "start": start.rows,
    "journal": journal.rows,
    "campaigns": campaigns.rows,
    "hours": hours.rows,
    "deliveries": deliveries.rows,
    "replies": replies.rows,
    "optouts": optouts.rows,
    "postgres": postgres.rows,
    "workers": workers.rows,
}
PAGE = Path(__file__).with_name("README.md")


def main() -> None:
    """Measure what the command line asks for, print the table, and write it down if asked to."""
    parser = argparse.ArgumentParser("python -m benchmarks", description="What smsframe costs.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all when not given")
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--quick", action="store_const", const=QUICK, dest="scale", help="see in seconds that it works"
    )
    size.add_argument("--full", action="store_const", const=FULL, dest="scale", help="up to ten million rows")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    asked = parser.parse_args()
    if strangers := set(asked.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(strangers))}")
    if asked.write and (asked.parts or asked.scale is QUICK):
        parser.error("only the whole table is written, and none that was made quickly")
    rows: list[Row] = []
    for part in asked.parts or PARTS:
        for row in PARTS[part](asked.scale or Scale()):
            print(f"{part}: {row.what}, beside {row.beside}", file=sys.stderr)  # it takes minutes: be seen
            rows.append(row)
    text = f"{conditions()}\n\n{table(rows)}"
    print(text)
    if asked.scale is QUICK:
        print("\nToo few people to say anything: this shows that it runs.")
    if asked.write:
        write(PAGE, text)


if __name__ == "__main__":
    main()
