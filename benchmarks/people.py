"""
Invented people, column by column, the same for the same seed.

The numbers have the shapes of real mobiles in twelve countries, because nothing else would be measured
honestly. They are random, made in memory, kept nowhere but in the run's temporary folder, and sent to nobody.
"""

from __future__ import annotations

from string import Formatter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

STRING = "string[pyarrow]"
TEXT = "Ciao {name} {surname}, table {table} is yours; show {code} at the door in {city}. See you!"


class Country(NamedTuple):
    """How mobiles are written there."""

    region: str
    code: str
    trunk: str  # what is dialled before a national number, if anything
    prefixes: tuple[str, ...]
    digits: int  # after the prefix


COUNTRIES = (
    Country("IT", "39", "", ("320", "328", "333", "338", "347", "348", "391"), 7),
    Country("GB", "44", "0", ("7400", "7480", "7520", "7710", "7812", "7930"), 6),
    Country("DE", "49", "0", ("151", "152", "157", "159"), 8),
    Country("FR", "33", "0", ("61", "62", "66", "76", "78"), 7),
    Country("ES", "34", "", ("60", "62", "65", "66", "69"), 7),
    Country("US", "1", "1", ("2122", "2133", "3124", "4156", "6177", "9178"), 6),
    Country("BR", "55", "0", ("119", "219", "319", "419", "519"), 8),
    Country("IN", "91", "0", ("98", "97", "94", "70", "88"), 8),
    Country("NL", "31", "0", ("61", "62", "64", "65"), 7),
    Country("CH", "41", "0", ("76", "77", "78", "79"), 7),
    Country("SE", "46", "0", ("70", "72", "73", "76", "79"), 7),
    Country("AT", "43", "0", ("660", "664", "676", "699"), 7),
)
ITALY = COUNTRIES[:1]
ANOTHER_EXIT = {"US", "BR"}  # abroad is not dialled with 00 from there

CLEAN = ("+{code}{prefix}{head}{tail}",)
ABROAD = ("00{code}{prefix}{head}{tail}", "00{code} {prefix} {head}{tail}")
MIXED = (
    *CLEAN,
    "+{code} {prefix} {head}{tail}",
    "+{code} {prefix} {head} {tail}",
    "+{code}-{prefix}-{head}{tail}",
    "+{code} ({prefix}) {head}-{tail}",
    *ABROAD,
    "{trunk}{prefix}{head}{tail}",
    "{trunk}{prefix} {head} {tail}",
    "{trunk}{prefix}-{head}{tail}",
    "({trunk}{prefix}) {head} {tail}",
)
# Two digits short, far too short, three digits too many, and a range that is not in use.
INVALID = (
    "+{code}{prefix}{short}",
    "{trunk}{prefix}{head}",
    "+{code} {prefix} {head}{tail}{head}",
    "+{code} 000 {head}{tail}",
)
# What is dialled at home before the number, written after the country code.
TRUNKS = (
    "+{code}0{prefix}{head}{tail}",
    "+{code} 0{prefix} {head} {tail}",
    "+{code} (0){prefix} {head}{tail}",
)

NAMES = ("Ada", "Bea", "Chloé", "Ines", "Jörg", "Luca", "Łucja", "Noor", "Sofia", "Zoe")
SURNAMES = (
    "Bianchi",
    "de Vries",
    "Dupont",
    "Lindqvist",
    "Müller",
    "O'Neill",
    "Rossi",
    "Şahin",
    "Silva",
    "Smith",
)
CITIES = ("Amsterdam", "Bern", "Köln", "Madrid", "Milano", "Porto", "Stockholm", "Wien")


def numbers(
    rows: int,
    seed: int,
    *,
    countries: tuple[Country, ...] = COUNTRIES,
    good: tuple[str, ...] = MIXED,
    bad: tuple[str, ...] = INVALID,
    share: float = 0.05,
    twice: float = 0.0,
) -> pd.DataFrame:
    """
    Numbers and their countries: ``mobile`` and ``country`` (strings), in random order.

    ``share`` of the rows are written in a ``bad`` way, and ``twice`` of the rows repeat another row.
    """
    rng = np.random.default_rng(seed)
    groups = [
        (country, style, weight)
        for country in countries
        for styles, weight in ((good, (1 - share) / len(good)), (bad, share / len(bad)))
        for style in styles
        if style not in ABROAD or country.region not in ANOTHER_EXIT
    ]
    weights = np.array([weight for _, _, weight in groups])
    counts = rng.multinomial(rows, weights / weights.sum())
    phones = [
        _written(style, country, count, rng)
        for (country, style, _), count in zip(groups, counts.tolist(), strict=True)
    ]
    places = np.repeat(np.arange(len(groups)), counts)
    order = rng.permutation(rows)
    repeated = int(rows * twice)
    order[:repeated] = rng.choice(order[repeated:], repeated)
    order = rng.permutation(order)
    regions = pa.array([country.region for country, _, _ in groups])
    return pd.DataFrame(
        {
            "mobile": _series(pa.concat_arrays(phones).take(pa.array(order))),
            "country": _series(regions.take(pa.array(places[order]))),
        }
    )


def everywhere(rows: int, seed: int) -> pd.DataFrame:
    """As `numbers`: mobiles of every country that has any, half of them in E.164, half in national form."""
    import phonenumbers as library

    rng = np.random.default_rng(seed)
    kind = library.PhoneNumberType.MOBILE
    known = {name: library.example_number_for_type(name, kind) for name in sorted(library.SUPPORTED_REGIONS)}
    national = {name: library.national_significant_number(number) for name, number in known.items() if number}
    codes = pa.array([f"+{number.country_code}" for number in known.values() if number])
    which = pa.array(rng.integers(len(national), size=rows))
    heads = pa.array([digits[:-3] for digits in national.values()]).take(which)
    ends = _padded(rng.integers(1000, size=rows), 3)
    code = pc.if_else(pa.array(rng.random(rows) < 1 / 2), codes.take(which), "")
    return pd.DataFrame(
        {
            "mobile": _series(_joined(code, heads, ends)),
            "country": _series(pa.array([*national]).take(which)),
        }
    )


def frame(phones: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The people of these numbers: ten columns of a common table; ``code`` differs from row to row."""
    rows = len(phones)
    rng = np.random.default_rng(seed)
    code = _padded(rng.permutation(rows), 9)
    return pd.DataFrame(
        {
            "name": _any(NAMES, rows, rng),
            "surname": _any(SURNAMES, rows, rng),
            "mobile": phones["mobile"],
            "country": phones["country"],
            "city": _any(CITIES, rows, rng),
            "email": _series(_joined("guest", code, "@example.org")),
            "code": _series(_joined("K", code)),
            "table": rng.integers(1, 200, rows),
            "spent": rng.integers(0, 100_000, rows) / 100,
            "booked": np.datetime64("2026-01-01", "s")
            + rng.integers(0, 31_536_000, rows).astype("timedelta64[s]"),
        }
    )


def _written(style: str, country: Country, rows: int, rng: np.random.Generator) -> Any:
    """Random numbers of a country in one spelling."""
    rest = _padded(rng.integers(10**country.digits, size=rows), country.digits)
    parts = {
        "code": country.code,
        "trunk": country.trunk,
        "prefix": pa.array(country.prefixes).take(pa.array(rng.integers(len(country.prefixes), size=rows))),
        "head": pc.utf8_slice_codeunits(rest, 0, 3),
        "tail": pc.utf8_slice_codeunits(rest, 3),
        "short": pc.utf8_slice_codeunits(rest, 0, country.digits - 2),
    }
    pieces = []
    for literal, field, _, _ in Formatter().parse(style):
        pieces += [literal, *([parts[field]] if field else [])]
    return _joined(*pieces)


def _joined(*pieces: Any) -> Any:
    return pc.binary_join_element_wise(*pieces, "")


def _padded(whole: np.ndarray, width: int) -> Any:
    return pc.utf8_lpad(pa.array(whole).cast(pa.string()), width, "0")


def _any(values: tuple[str, ...], rows: int, rng: np.random.Generator) -> pd.Series:
    return _series(pa.array(values).take(pa.array(rng.integers(len(values), size=rows))))


def _series(array: Any) -> pd.Series:
    return pd.Series(array, dtype=STRING)
