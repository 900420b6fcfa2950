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
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import phonenumbers as library
from helpers.phone_ranges import expand, metadata

from smsframe.phones import parse
from smsframe.phones.fast.metadata import KINDS, kinds, regions
from smsframe.phones.marks import SKIPPED

PAGE = Path(__file__).parents[2] / "docs" / "phone-columns.md"
SIZES = (1, 5, 20, 1000)
LARGEST = (
    *(
        "CN",
        "IN",
        "US",
        "ID",
        "BR",
        "RU",
        "NG",
        "BD",
        "JP",
        "MX",
        "PH",
        "EG",
        "VN",
        "PK",
        "DE",
        "TR",
        "IR",
        "TH",
    ),
    *(
        "GB",
        "FR",
        "IT",
        "ZA",
        "KR",
        "ES",
        "CO",
        "AR",
        "DZ",
        "UA",
        "IQ",
        "PL",
        "CA",
        "MA",
        "SA",
        "UZ",
        "PE",
        "MY",
    ),
    *("AU", "NL", "RO", "KE"),
)
"""Forty regions with most mobile numbers."""
SHARES = (0.9, 0.8, 0.6, 0.4, 0.2)
MANY = (2, 3, 5, 10)
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
    National mobiles of a region and the same in E.164, all different; if ``alike``, all of one range.

    In ranges with few free places there may be fewer.
    """
    known = _ranges(region)
    if not known:
        return pd.DataFrame({"digits": [], "phone": []}, dtype=str)
    if alike:  # of some ranges the one with most room
        tried = dice.choice(len(known), min(len(known), 8), replace=False)
        known = [known[max(tried, key=lambda at: sum(mask & (mask - 1) > 0 for mask in known[at]))]]
    code = metadata(region).country_code
    found = []
    for masks in known if alike else [known[at] for at in dice.integers(len(known), size=min(count, 30))]:
        each = 2 * count if alike else 2 * count // min(count, 30) + 2
        places = [dice.choice(_digits(mask), each) for mask in masks]
        value = sum(place.astype(np.int64) * 10**at for at, place in enumerate(reversed(places)))
        length = np.full(each, len(masks), dtype=np.int64)
        mobile = kinds(code).of(value, length) == KINDS.index("mobile")
        found += [f"{number:0{len(masks)}}" for number in value[mobile]]
    digits = pd.Series(found, dtype=object).drop_duplicates()
    digits = digits.iloc[dice.permutation(len(digits))[:count]].reset_index(drop=True)
    return pd.DataFrame({"digits": digits, "phone": f"+{code}" + digits})


@cache
def _digits(mask):
    return [digit for digit in range(10) if mask >> digit & 1]


def spellings(region):
    """What may stand before a national mobile in a list: nothing, or a trunk prefix that is no zero."""
    trunk = metadata(region).national_prefix or ""
    own = str(metadata(region).country_code)
    return ["", trunk] if trunk and not trunk.startswith("0") and trunk != own else [""]


def columns(trials, seed, written):
    """
    Columns of every region and size, of one range and of all, and how they are read.

    Args:
        trials: How many columns of one cell there are for each; of longer ones there are fewer.
        seed: Of what is drawn.
        written: What a region's numbers are written as: from what `mobiles` gives, some columns of cells.

    Returns:
        One row per column: ``region``, ``size``, ``drawn``, ``alike``; ``abroad``: whether somebody of
        another calling code would be texted; ``right``: whether all would be who are meant.
    """
    dice = np.random.default_rng(seed)
    rows = []
    for region, size, alike in product(regions(), SIZES, (True, False)):
        code = f"+{metadata(region).country_code}"
        for _ in range(max(1, trials // size)):
            drawn = mobiles(region, size, dice, alike=alike)
            for cells in written(region, drawn) if len(drawn) else ():
                phones = parse.normalize(cells).fillna("")
                abroad = phones.ne("") & ~phones.str.startswith(code)
                rows.append((region, size, len(drawn), alike, abroad.any(), phones.eq(drawn["phone"]).all()))
    return pd.DataFrame(rows, columns=["region", "size", "drawn", "alike", "abroad", "right"])


def pairs(dice, one, others=LARGEST, shares=SHARES, size=100):
    """
    Columns of national mobiles of one region, of which one range, and whole numbers of another.

    Returns:
        One row per column: ``share`` of the national ones; ``abroad``: whether one of these would be texted
        elsewhere.
    """
    rows = []
    code = f"+{metadata(one).country_code}"
    for other, share in product(others, shares):
        at_home = mobiles(one, round(size * share), dice, alike=True)["digits"].str.lstrip("0")
        rest = mobiles(other, size - len(at_home), dice, alike=bool(dice.integers(2)))["phone"].str[1:]
        if other == one or not len(at_home) or not len(rest):
            continue
        phones = parse.normalize(pd.concat([at_home, rest])).head(len(at_home)).dropna()
        rows.append((share, bool((~phones.str.startswith(code)).any())))
    return pd.DataFrame(rows, columns=["share", "abroad"])


def mixed(columns_, seed):
    """How often whole numbers of several of the largest regions are read: ``regions``, ``right``."""
    dice = np.random.default_rng(seed)
    rows = []
    for many in MANY:
        for _ in range(columns_):
            chosen = dice.choice(LARGEST, many, replace=False)
            sizes = np.maximum(dice.dirichlet(np.ones(many)) * 300, 1).astype(int)
            drawn = [mobiles(each, size, dice) for each, size in zip(chosen, sizes, strict=True)]
            phones = pd.concat(drawn, ignore_index=True)["phone"]
            rows.append((many, parse.normalize(phones.str[1:]).fillna("").eq(phones).all()))
    return pd.DataFrame(rows, columns=["regions", "right"])


def national(region, drawn):
    """As at home, without zeros in front: a spreadsheet drops them."""
    return [trunk + drawn["digits"].str.lstrip("0") for trunk in spellings(region)]


def whole(_, drawn):
    """Whole numbers that lack their plus."""
    return [drawn["phone"].str[1:]]


def own_code(count, seed):
    """By region: how the library and smsframe read bare mobiles with their own country code there."""
    dice = np.random.default_rng(seed)
    rows = []
    for region in regions():
        drawn = mobiles(region, count, dice)
        if not len(drawn):
            continue
        own = drawn["phone"].tolist()
        theirs = [_library(phone[1:], region) for phone in own]
        ours = parse.normalize(drawn["phone"].str[1:], region).fillna("").tolist()
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


def pairs_table(table):
    """Share of columns of two regions in which somebody would be texted abroad."""
    lines = [
        "| national mobiles of one range | columns with a text abroad | columns measured |",
        "|---:|---:|---:|",
    ]
    for share, rows in table.groupby("share", sort=False):
        lines.append(f"| {share:.0%} | {rows['abroad'].mean():.2%} | {len(rows):,} |")
    return "\n".join(lines)


def mixed_table(table):
    """Share of international columns that are read."""
    lines = ["| countries | read | columns measured |", "|---:|---:|---:|"]
    for many, rows in table.groupby("regions"):
        lines.append(f"| {many} | {rows['right'].mean():.0%} | {len(rows):,} |")
    return "\n".join(lines)


def own_table(table):
    """Regions in which the library does not already read all of them as the same number."""
    rows = table[table["same"].lt(1)].sort_values(["both", "lost", "region"], ascending=[False, False, True])
    lines = [
        "| region | already the same number | usable otherwise, kept | was lost, now read |",
        "|---|---:|---:|---:|",
    ]
    shares = zip(rows["region"], rows["same"], rows["both"], rows["read"], strict=True)
    each = [
        f"| {region} | {same:.0%} | {both:.0%} | {read - same:.0%} |" for region, same, both, read in shares
    ]
    return "\n".join([*lines, *each])


def main():
    """Measure, and print or write."""
    options = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    options.add_argument("--trials", type=int, default=40, help="columns of one cell for each region")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--write", action="store_true", help="put the tables into docs/phone-columns.md")
    given = options.parse_args()
    home = columns(given.trials, given.seed, national)
    abroad = columns(given.trials, given.seed, whole)
    dice = np.random.default_rng(given.seed)
    two = pd.concat([pairs(dice, one) for one in LARGEST])
    tables = {
        "pairs": pairs_table(two),
        "mixed": mixed_table(mixed(given.trials * 5, given.seed)),
        "marks": marks_table(),
        "national": columns_table(home, "abroad"),
        "international": columns_table(abroad, "right"),
        "own code": own_table(own_code(100, given.seed)),
    }
    for name, table in tables.items():
        print(f"\n{name}\n{table}")
    worst = home[home["size"].ge(20) & home["abroad"]]
    print(f"\n{len(worst)} columns of 20 and more cells text somebody abroad: {sorted({*worst['region']})}")
    if given.write:
        page = PAGE.read_text("utf-8")
        for name, table in tables.items():
            marks = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
            page = re.sub(marks, lambda m, t=table: f"{m[1]}{t}\n{m[2]}", page, flags=re.DOTALL)
        PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
