"""Columns that are odd in every cell: the slowest kind beside a clean column; and all regions at once."""

from __future__ import annotations

import re
import time
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.table import Aim, Row
from benchmarks.turns import apart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.turns import Scale

ROWS = 300_000
WORST = "normalize, one oddity in every cell, the worst"
LEAST = 10_000  # cells; of fewer, what is done once per column is most of it
FULL_WIDTH = {ord(str(digit)): 0xFF10 + digit for digit in range(10)}
ARABIC = {ord(str(digit)): 0x0660 + digit for digit in range(10)}
LETTERS = str.maketrans("0123456789", "adorstmvin")  # words of seven letters

PROSE = "please call only after six in the evening and ask for the manager of the house, thanks a lot"
# A kind of oddity: how a cell is written, and the region; {n} is seven digits and {w} a word, all different.
KINDS = {
    "spaces": ("+39 347 {n}", None),
    "dashes of print": ("+39\u2013347\u2013{n}", None),
    "no-break spaces": ("+39\u00a0347\u00a0{n}", None),
    "slashes": ("+39/347/{n}", None),
    "brackets": ("+39 (347) {n}", None),
    "byte order mark": ("\ufeff+39347{n}", None),
    "apostrophe": ("'+39347{n}", None),
    "quotation marks": ('"+39347{n}"', None),
    "formula": ('="0039347{n}"', None),
    "asterisk before": ("*+39347{n}", None),
    "emoji": ("\U0001f4f1 +39347{n}", None),
    "point zero": ("39347{n}.0", None),
    "no plus": ("39347{n}", None),
    "zeros for the plus": ("0039347{n}", None),
    "word before": ("mob: +39347{n}", None),
    "field of a card": ("TEL;TYPE=CELL:+39347{n}", None),
    "link": ("https://wa.me/39347{n}", None),
    "line break": ("+39347{n}\n", None),
    "second number": ("+39347{n};1", None),
    "second number after a slash": ("+39347{n}/1", None),
    "extension": ("+39347{n} x12", None),
    "letter": ("+39347{n}a", None),
    "hidden digits": ("+39 347 ***{n}", None),
    "symbol between": ("+39\u20ac347{n}", None),
    "scientific": ("3.9{n}E+11", None),
    "own country code": ("491511{n}", "DE"),
    "own code and trunk zero": ("49 0151 1{n}", "DE"),
    "Argentine 15": ("011 15 2{n}", "AR"),
    "Argentine 15 abroad": ("+54 11 15 2{n}", None),
    "Brazilian carrier": ("0 15 11 98{n}", "BR"),
    "Mexican 1": ("+52 1 55 1{n}", None),
    "dialled out of Russia": ("8~10 39 347 {n}", "RU"),
    "dialled out of Australia": ("0011 39 347 {n}", "AU"),
    "plus before a zero": ("+0171{n}", "DE"),
    "no such country": ("+999{n}", None),
    "semicolon inside": ("+39347{n};2583", None),
    "comma and space inside": ("+39, 347, {n}", None),
    "bar inside": ("347 | {n}", "IT"),
    "ampersand inside": ("+39347{n}&25", None),
    "slash inside": ("+39 347/{n}", None),
    "slashes everywhere": ("+3/9/3/47/{n}", None),
    "two numbers": ("+39347{n} 3481234567", None),
    "two dashes": ("+39--347--{n}", None),
    "two dashes before": ("--347{n}", "IT"),
    "hash behind": ("+39347{n}#", None),
    "two pluses behind a sign": ("=++39347{n}", None),
    "five zeros before": ("00000347{n}", "IT"),
    "sixty zeros before": ("0" * 60 + "347{n}", "IT"),
    "sixty zeros behind": ("+39347{n}" + "0" * 60, None),
    "eighteen digits": ("+39347{n}12345678", None),
    "eighteen digits, British": ("+447400{n}12345", None),
    "eighteen digits at home": ("030{n}12345678", "DE"),
    "thirty digits": ("{n}" + "1234567890" * 2 + "123", None),
    "long prose before": (f"{PROSE} +39347{{n}}", None),
    "long prose behind": (f"347{{n}} {PROSE}", "IT"),
    "circled digit": ("\u2460 +39347{n}", None),
    "unseen between": ("+39\u200b347\u200b{n}", None),
    "name before": ("{w}: +39347{n}", None),
    "name behind": ("+39347{n} {w}", None),
    "names around": ("{w} 347 {n} ({w})", "IT"),
    "name and second number": ("+39347{n}; {w}", None),
    "address": ("Via {w} 12, {w}", None),
    "only words": ("{w} {w}", None),
}


def rows(scale: Scale) -> Iterator[Row]:
    """The slowest kind beside a clean column, and a column of all regions: the first call, and the next."""
    count = min(scale.rows, ROWS)
    kind, odd, clean = apart(slowest, max(count, LEAST), scale)
    yield Row(WORST, f"a clean column; {kind}", count, odd, clean, odd / clean, Aim(10))
    first, following = apart(all_regions, count, scale)
    yield Row("normalize, all regions, first call", "3 s", count, first, 3, first / 3, Aim(1))
    yield Row("normalize, all regions, next call", "1 s", count, following, 1, following, Aim(1))


def slowest(count: int, scale: Scale) -> tuple[str, float, float]:
    """The name and seconds of the slowest kind, and the seconds of a clean column."""
    digits = pd.Series(np.random.default_rng(1).permutation(10**7)[:count]).astype(str).str.zfill(7)
    timed = partial(seconds, digits, scale.repeats)
    columns = {name: timed(*written) for name, written in KINDS.items()}
    columns["full-width digits"] = timed("+39347{n}", None, FULL_WIDTH)
    columns["Arabic digits"] = timed("+39347{n}", None, ARABIC)
    name = max(columns, key=lambda kind: columns[kind])
    return name, columns[name], timed("+39347{n}", None)


def seconds(
    digits: pd.Series, repeats: int, written: str, region: str | None, digits_as: dict[int, int] | None = None
) -> float:
    """The median of some calls, after one that loads what is used."""
    import smsframe

    column = cells(written, digits)
    column = (column.str.translate(digits_as) if digits_as else column).astype("string[pyarrow]")
    taken = []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        smsframe.normalize(column, region=region)
        taken.append(time.perf_counter() - began)
    return median(taken[1:])


def cells(written: str, digits: pd.Series) -> pd.Series:
    """A column of one kind, each cell with its own digits and words."""
    column = pd.Series("", index=digits.index)
    for piece in re.split("({[nw]})", written):
        own = {"{n}": digits, "{w}": digits.str.translate(LETTERS).str.capitalize()}
        column = column + own.get(piece, piece)
    return column


def all_regions(count: int, scale: Scale) -> tuple[float, float]:
    """Seconds of the first call in a process, and of the next ones, for mobiles of every region."""
    import phonenumbers as library

    import smsframe

    smsframe.normalize(pd.Series(["+393471234567"]))
    dice = np.random.default_rng(2)
    kind = library.PhoneNumberType.MOBILE
    known = {name: library.example_number_for_type(name, kind) for name in sorted(library.SUPPORTED_REGIONS)}
    shapes = {name: library.national_significant_number(number) for name, number in known.items() if number}
    names = np.array([*shapes])[dice.integers(len(shapes), size=count)]
    ends = dice.integers(0, 1000, size=count)
    column = pd.Series([f"{shapes[name][:-3]}{end:03}" for name, end in zip(names, ends, strict=True)])
    taken = []
    for _ in range(scale.repeats + 1):
        began = time.perf_counter()
        smsframe.normalize(column, region=pd.Series(names))
        taken.append(time.perf_counter() - began)
    return taken[0], median(taken[1:])
