"""
Whether smsframe reads numbers as libphonenumber does: any number of them, of every region and type.

``python -m searches.agreement``, from ``tests/``, compares ten million cells with the plain reference, in
some minutes, and prints the disagreements by kind. ``--numbers 100000 --seed 8`` compares fewer others.
``--renew`` writes down, as digests, what this version of libphonenumber answers, and says where that has
changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import phonenumbers as library
from helpers import phone_reference
from helpers.phone_ranges import KINDS, TYPES, everywhere, ranges
from helpers.phone_spellings import written
from tqdm import tqdm

from smsframe import arrow
from smsframe.phones import parse
from smsframe.phones.fast import classify

CHUNK = 50_000
SHOWN = 60
ROOT = Path(__file__).parents[2]
DIGESTS = ROOT / "tests" / "data" / "agreement"
LOCK = ROOT / "requirements.lock"


# Rows ---------------------------------------------------------------------------------------------------


def mixed(start, stop, seed):
    """Rows of the endless table that a seed makes: all groups in turn, and in each all its ranges in turn."""
    number, groups = np.arange(start, stop), len(ranges().places)
    return written(number % groups, number // groups, seed)


def of_places(places, each, seed, *, kinds=KINDS, plain=False):
    """Rows of some places: of each kind ``each``, or as many as it has ranges if that is more."""
    table = ranges()
    own = zip(table.places, table.kinds, strict=True)
    groups = [number for number, (place, kind) in enumerate(own) if place in places and kind in kinds]
    counts = np.maximum(table.count[groups], each)
    turns = np.concatenate([np.arange(count) for count in counts])
    return written(np.repeat(groups, counts), turns, seed, plain=plain)


# Comparison ---------------------------------------------------------------------------------------------


def expected(frame):
    """The reference's answers, one by one."""
    columns = (frame[name].astype(object).where(frame[name].notna(), None) for name in ("cell", "region"))
    return [phone_reference.answer(cell, region) for cell, region in zip(*columns, strict=True)]


def compare(frame, answers, ways=None):
    """
    Where smsframe and the reference disagree.

    Args:
        frame: What ``written`` gives.
        answers: What ``expected`` gives.
        ways: How the rows are read; unless given, in every way: what stands above and below a number in its
            column, and the column's dtype, must not matter to it.

    Returns:
        One row per disagreement: what the row was made of, how it was read, and both answers.
    """
    found = []
    for way, level, rows, cells, region in ways or [*whole(frame), *apart(frame)]:
        with by_columns(frame if way == "one by one" else ()):
            ours = parse.read(cells, region, level)[["phone", "code"]].fillna("")
        wanted = _table(phone_reference.column([answers[row] for row in rows], level))
        differs = (ours != wanted).any(axis=1).to_numpy()
        bad = frame.iloc[rows[differs]]
        found.append(bad.assign(way=way, ours=_said(ours[differs]), theirs=_said(wanted[differs])))
    return pd.concat(found, ignore_index=True)


def whole(frame, levels=parse.NUMBERS):
    """The table as it is: name of the way, ``numbers=``, places of the rows, cells, region."""
    for level in levels:
        yield f"numbers={level}", level, np.arange(len(frame)), frame["cell"], frame["region"]


@contextmanager
def by_columns(but=()):
    """Few rows read as millions are: by columns, in parts; or so many one by one, as few are otherwise."""
    before = classify.FEW, classify.FEW_KNOWN, arrow._PART
    classify.FEW = classify.FEW_KNOWN = len(but) + 1
    arrow._PART = 5_000
    try:
        yield
    finally:
        classify.FEW, classify.FEW_KNOWN, arrow._PART = before


def apart(frame):
    """Rows read as columns of their own: of one region, without any, of one width, as integers, alone."""
    cells, regions = frame["cell"], frame["region"]
    rows = np.arange(0, len(frame), 10)
    yield "one by one", "mobile", rows, cells.iloc[rows], regions.iloc[rows]
    for region in regions.value_counts().index[:2].intersection(sorted(library.SUPPORTED_REGIONS)):
        rows = _where(regions.eq(region))
        yield f"region={region}", "mobile", rows, cells.iloc[rows], region
    rows = _where(regions.isna())
    yield "no region", "mobile", rows, cells.iloc[rows], None
    plain = cells.str.fullmatch(r"\+?[0-9]+")
    for width in cells[plain].str.len().value_counts().index[:2]:
        rows = _where(plain & cells.str.len().eq(width))
        yield "one width", "mobile", rows, cells.iloc[rows], regions.iloc[rows]
    rows = _where(cells.str.fullmatch("[1-9][0-9]{0,17}"))
    yield "integers", "mobile", rows, cells.iloc[rows].astype("Int64").astype("int64"), regions.iloc[rows]
    yield "alone", "mobile", np.array([0]), cells.iloc[:1], regions.iloc[:1]


def _where(mask):
    return np.flatnonzero(mask.to_numpy(dtype=bool, na_value=False))


def _table(pairs):
    return pd.DataFrame(pairs, columns=["phone", "code"], dtype="string[pyarrow]").fillna("")


def _said(table):
    return table["phone"].where(table["phone"] != "", table["code"]).to_numpy()


# What is printed ----------------------------------------------------------------------------------------


def summary(bad):
    """Disagreements by kind, the most frequent first, with an example; no number can be read in it."""
    shown = bad.assign(
        region=bad["region"].fillna("(none)"),
        ours=bad["ours"].map(_kind),
        theirs=bad["theirs"].map(_kind),
        example=[
            " ".join(map(masked, row)) for row in zip(bad["cell"], bad["ours"], bad["theirs"], strict=True)
        ],
    )
    kinds = shown.groupby(["place", "kind", "form", "dress", "over", "way", "ours", "theirs"], observed=True)
    counted = kinds.agg(count=("cell", "size"), region=("region", "first"), example=("example", "first"))
    lines = counted.sort_values("count", ascending=False).reset_index()
    rest = f"\n... and {len(lines) - SHOWN} more kinds" if len(lines) > SHOWN else ""
    return lines.head(SHOWN).to_string(index=False) + rest


def masked(text):
    """A text in which only the last two digits can be read, and nothing is invisible."""
    digits = [place for place, character in enumerate(text) if character.isdigit()][:-2]
    hidden = ["#" if place in digits else character for place, character in enumerate(text)]
    return ascii("".join(hidden)[:60])


def _kind(answer):
    return "a number" if answer.startswith("+") else answer


# Digests ------------------------------------------------------------------------------------------------


def digests():
    """For each place and kind a digest of what smsframe answers to numbers in E.164."""
    frame = of_places({*everywhere()}, each=40, seed=1, kinds={*TYPES, "general", "any"}, plain=True)
    said = parse.read(frame["cell"])["code"].fillna("") + parse.read(frame["cell"], None, "possible")[
        "phone"
    ].fillna("")
    made = {place: {} for place in everywhere()}
    for (place, kind), rows in frame.groupby(["place", "kind"], observed=True).indices.items():
        made[place][kind] = hashlib.sha256("\n".join(said.iloc[rows]).encode()).hexdigest()[:8]
    return made


def recorded(version):
    """The digests that were written down for a version of phonenumbers, or None."""
    file = _file(version)
    return json.loads(file.read_text(encoding="utf-8"))["digests"] if file.exists() else None


def locked():
    """The version of phonenumbers that requirements.lock names."""
    return re.search(r"^phonenumbers==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)[1]


def changed(before, after):
    """Each place and kind whose answers are not the same, or which is new or gone."""
    one, other = (
        {f"{place} {kind}": at[kind] for place, at in some.items() for kind in at} for some in (before, after)
    )
    return [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)]


def renew():
    """Write the digests of the installed version, and say what changed since those of the lock's."""
    made = digests()
    newest = max(DIGESTS.glob("*.json"), key=_version, default=None)
    before = json.loads(newest.read_text(encoding="utf-8"))["digests"] if newest else {}
    lines = ",\n".join(f" {json.dumps(place)}: {json.dumps(at)}" for place, at in made.items())
    head = f'{{"phonenumbers": "{library.__version__}", "digests": {{\n'
    DIGESTS.mkdir(exist_ok=True)
    _file(library.__version__).write_text(f"{head}{lines}\n}}}}\n", encoding="utf-8")
    print(f"Digests of phonenumbers {library.__version__} written.")
    if newest:
        names = changed(before, made)
        print(f"{len(names)} changed since {newest.stem}:", *names[:SHOWN], sep="\n  ")


def _file(version):
    return DIGESTS / f"phonenumbers-{version}.json"


def _version(file):
    return [*map(int, re.findall("[0-9]+", file.stem))]


# The program --------------------------------------------------------------------------------------------


def task(make):
    """One table made, read and compared: how many rows, and the disagreements."""
    frame = make()
    return len(frame), compare(frame, expected(frame))


def tasks(numbers, seed):
    """Half of the rows from everywhere in each table, half of them of one place each."""
    each = max(numbers // 2 // len(ranges().places), 1)
    for start in range(0, max(numbers // 2, 1), CHUNK):
        yield partial(mixed, start, min(start + CHUNK, numbers // 2), seed)
    for place in everywhere():
        yield partial(of_places, {place}, each, seed + 1)


def main():
    """Compare, or renew the digests."""
    options = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    options.add_argument("--numbers", type=int, default=10_000_000, help="how many, more or less")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument(
        "--renew", action="store_true", help="write the digests of the installed phonenumbers"
    )
    given = options.parse_args()
    if given.renew:
        return renew()
    began = time.monotonic()
    todo = [*tasks(given.numbers, given.seed)]
    with ProcessPoolExecutor() as pool:
        done = [*tqdm(pool.map(task, todo), total=len(todo), unit="table", disable=None)]
    bad = pd.concat([found for _, found in done], ignore_index=True)
    rows = sum(count for count, _ in done)
    if len(bad):
        print(summary(bad))
    print(
        f"{rows:,} numbers, seed {given.seed}, phonenumbers {library.__version__}: "
        f"{len(bad):,} disagreements, {time.monotonic() - began:,.0f} s"
    )
    return int(len(bad) > 0)


if __name__ == "__main__":
    sys.exit(main())
