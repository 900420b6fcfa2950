"""
What columns of numbers without a plus are read as: the tables of ``docs/phone-columns.md``.

``python -m searches.phone_columns``, from ``tests/``, measures columns of every region and prints the tables;
``--write`` puts them into the page.
"""

from __future__ import annotations

import argparse
import re
import unicodedata
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import phonenumbers as library
from helpers.phone_ranges import expand, metadata

from smsframe.phones import parse
from smsframe.phones.fast.metadata import regions
from smsframe.phones.marks import SKIPPED

PAGE = Path(__file__).parents[2] / "docs" / "phone-columns.md"
SIZES = (1, 5, 20, 1000)
MOBILE = {library.PhoneNumberType.MOBILE, library.PhoneNumberType.FIXED_LINE_OR_MOBILE}


@cache
def _ranges(region):
    """The ranges of a region's mobiles: for each, the digits that each place may have."""
    described = metadata(region).mobile
    if described is None or not described.national_number_pattern:
        return []
    lengths = described.possible_length or metadata(region).general_desc.possible_length
    return [found for found in expand(described.national_number_pattern) if len(found) in lengths]


def mobiles(region, count, dice, *, alike=False):
    """
    National mobiles of a region, all different as far as there are so many; if ``alike``, all of one range.

    In ranges with few free places, such as single numbers, there may be fewer.
    """
    known = _ranges(region)
    if not known:
        return []
    if alike:
        known = [
            max(dice.choice(len(known), min(len(known), 8), replace=False), key=lambda at: _free(known[at]))
        ]
        known = [_ranges(region)[known[0]]]
    found = {}
    for _ in range(3 * count):
        digits = "".join(str(dice.choice(_digits(mask))) for mask in known[dice.integers(len(known))])
        number = library.PhoneNumber(country_code=metadata(region).country_code)
        try:
            number = library.parse(f"+{metadata(region).country_code}{digits}")
        except library.NumberParseException:
            continue
        if library.number_type(number) in MOBILE:
            found[digits] = library.format_number(number, library.PhoneNumberFormat.E164)
        if len(found) == count:
            break
    return [*found.items()]


@cache
def _digits(mask):
    return [digit for digit in range(10) if mask >> digit & 1]


def _free(masks):
    return sum(len(_digits(mask)) > 1 for mask in masks)


def spellings(region):
    """What may stand before a national mobile in a list: nothing, or a trunk prefix that is no zero."""
    trunk = metadata(region).national_prefix or ""
    own = str(metadata(region).country_code)
    return ["", trunk] if trunk and not trunk.startswith("0") and trunk != own else [""]


def national(trials, seed):
    """By size of the column and whether its numbers are alike: how often people abroad would be texted."""
    dice = np.random.default_rng(seed)
    rows = []
    for region in regions():
        for size in SIZES:
            for alike in (True, False):
                for trunk in spellings(region):
                    for _ in range(max(1, trials // size)):
                        drawn = mobiles(region, size, dice, alike=alike)
                        if not drawn:
                            continue
                        cells = pd.Series([trunk + digits for digits, _ in drawn])
                        phones = parse.normalize(cells).fillna("").to_numpy()
                        own = np.array([phone for _, phone in drawn])
                        abroad = (phones != "") & (phones != own)
                        rows.append((region, size, alike, len(drawn), abroad.any(), (phones == own).all()))
    return pd.DataFrame(rows, columns=["region", "size", "alike", "drawn", "abroad", "right"])


def international(trials, seed):
    """The same for whole numbers that lack their plus: how often the plus is supplied."""
    dice = np.random.default_rng(seed)
    rows = []
    for region in regions():
        for size in SIZES:
            for alike in (True, False):
                for _ in range(max(1, trials // size)):
                    drawn = mobiles(region, size, dice, alike=alike)
                    if not drawn:
                        continue
                    cells = pd.Series([phone[1:] for _, phone in drawn])
                    phones = parse.normalize(cells).fillna("").to_numpy()
                    own = np.array([phone for _, phone in drawn])
                    wrong = (phones != "") & (phones != own)
                    rows.append((region, size, alike, len(drawn), wrong.any(), (phones == own).all()))
    return pd.DataFrame(rows, columns=["region", "size", "alike", "drawn", "abroad", "right"])


def own_code(count, seed):
    """By region: of bare mobiles with their own country code, how the library and smsframe read them there."""
    dice = np.random.default_rng(seed)
    rows = []
    for region in regions():
        drawn = mobiles(region, count, dice)
        if not drawn:
            continue
        theirs = [_library(phone[1:], region) for _, phone in drawn]
        ours = parse.normalize(pd.Series([phone[1:] for _, phone in drawn]), region).fillna("").tolist()
        own = [phone for _, phone in drawn]
        rows.append(
            {
                "region": region,
                "same": np.mean([one == other for one, other in zip(theirs, own, strict=True)]),
                "both": np.mean([one not in {"", other} for one, other in zip(theirs, own, strict=True)]),
                "lost": np.mean([one == "" for one in theirs]),
                "read": np.mean([one == other for one, other in zip(ours, own, strict=True)]),
            }
        )
    return pd.DataFrame(rows)


def _library(digits, region):
    number = library.parse(digits, region)
    return (
        library.format_number(number, library.PhoneNumberFormat.E164)
        if library.number_type(number) in MOBILE
        else ""
    )


# Tables -------------------------------------------------------------------------------------------------


def marks_table():
    """Each character that libphonenumber skips between digits, and what is done with it."""
    lines = ["| character | code point | name | between digits it |", "|---|---|---|---|"]
    for mark, does in sorted(SKIPPED.items()):
        shown = "" if unicodedata.category(mark) in {"Zs", "Cf"} else f"`{mark}`"
        lines.append(f"| {shown} | U+{ord(mark):04X} | {unicodedata.name(mark).lower()} | {does} |")
    return "\n".join(lines)


def columns_table(table, what):
    """Share of columns, by size, of one range and of all."""
    lines = [
        "| different cells | numbers of one range | numbers of all ranges | columns measured |",
        "|---:|---:|---:|---:|",
    ]
    for size in SIZES:
        rows = table[table["size"].eq(size)]
        alike, mixed = (rows[rows["alike"].eq(flag)][what].mean() for flag in (True, False))
        lines.append(f"| {size:,} | {alike:.2%} | {mixed:.2%} | {len(rows):,} |")
    return "\n".join(lines)


def own_table(table):
    """Regions in which the library does not already read all of them as the same number."""
    rows = table[table["same"].lt(1)].sort_values(["both", "lost", "region"], ascending=[False, False, True])
    lines = [
        "| region | already the same number | usable otherwise, kept | was lost, now read |",
        "|---|---:|---:|---:|",
    ]
    for row in rows.itertuples():
        lines.append(f"| {row.region} | {row.same:.0%} | {row.both:.0%} | {row.read - row.same:.0%} |")
    return "\n".join(lines)


def main():
    """Measure, and print or write."""
    options = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    options.add_argument("--trials", type=int, default=40, help="columns of one cell for each region")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--write", action="store_true", help="put the tables into docs/phone-columns.md")
    given = options.parse_args()
    home, whole = national(given.trials, given.seed), international(given.trials, given.seed)
    tables = {
        "marks": marks_table(),
        "national": columns_table(home, "abroad"),
        "international": columns_table(whole, "right"),
        "own code": own_table(own_code(200, given.seed)),
    }
    for name, table in tables.items():
        print(f"\n{name}\n{table}")
    worst = home[home["size"].ge(20) & home["abroad"]]
    print(f"\n{len(worst)} columns of 20 and more cells text somebody abroad: {sorted({*worst['region']})}")
    if given.write:
        page = PAGE.read_text("utf-8")
        for name, table in tables.items():
            page = re.sub(
                rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
                lambda m, t=table: f"{m[1]}{t}\n{m[2]}",
                page,
                flags=re.DOTALL,
            )
        PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
