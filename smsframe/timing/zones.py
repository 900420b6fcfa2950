"""
The time zones that a number may be in, as a column.

Two sources are put together. libphonenumber's table gives the zones of each *prefix*, but names all zones of
a calling code where it knows nothing better: for 18 Caribbean countries all zones of +1, which are 21 hours
apart. The IANA table ``zone.tab`` gives the zones of each *country*. A number is in the zones that both name.
Where they have none in common the country's own zones count: libphonenumber gives Paris for Algeria.

Of a mobile number only the calling code says where it is at home, but in countries where mobile numbers have
area codes, as libphonenumber says: North America, Mexico, Argentina, Brazil, Indonesia, China. Elsewhere a
prefix is not asked, so that landlines, too, wait for the hours that suit their whole country. Numbers that
two territories share count as the larger one's: mobiles of the Christmas and the Cocos Islands as Australian.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import strings

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIGITS = 15
"""Digits of the longest number (ITU-T E.164)."""


def zones(phones: pd.Series, countries: pd.Series) -> pd.Series:
    """
    The IANA time zones that each number may be in.

    Args:
        phones: E.164 numbers, as strings.
        countries: The two-letter ISO code of each number's country, by position; missing is allowed.

    Returns:
        A categorical Series with the index of ``phones``: the names of the zones, sorted, with a space
        between them; missing where neither the prefix nor the country says anything. Zones whose clocks are
        the same by the IANA data are named once.

    Example:
        >>> phones = pd.Series(["+393471234567", "+34612345678", "+80012345678"])
        >>> zones(phones, pd.Series(["IT", "ES", None])).tolist()
        ['Europe/Rome', 'Atlantic/Canary Europe/Madrid', nan]
    """
    begins, by_prefix = _table()
    texts = strings(phones)
    digits = pc.utf8_length(texts).cast(pa.int64()).fill_null(1).to_numpy() - 1
    number = pc.utf8_ltrim(texts, "+").cast(pa.int64()).fill_null(0).to_numpy()
    padded = number * 10 ** (DIGITS - digits).clip(0, DIGITS)
    place = np.searchsorted(begins, padded, side="right") - 1
    prefix = np.where(np.asarray(texts.is_valid()), by_prefix[place], -1)
    names, country = numbered(countries)
    # A pair of prefix and country is looked at once, however many numbers have it.
    where, pairs = pd.factorize((prefix + 1) * len(names) + country)
    found = [_joined(int(pair) // len(names) - 1, names[int(pair) % len(names)]) for pair in pairs]
    categories = sorted({zone for zone in found if zone})
    codes = np.array([categories.index(zone) if zone else -1 for zone in found], dtype=np.int64)
    made = pd.Categorical.from_codes(codes[where], categories=pd.Index(categories, dtype=object))
    return pd.Series(made, index=phones.index, name=phones.name)


def numbered(values: pd.Series) -> tuple[list[str | None], NDArray[np.int64]]:
    """
    The different values of a column, None first, and the place of each row's among them.

    Example:
        >>> numbered(pd.Series(["IT", None, "FR", "IT"]))
        ([None, 'IT', 'FR'], array([1, 0, 2, 1]))
    """
    coded = strings(values).dictionary_encode()
    places = coded.indices.cast(pa.int64()).fill_null(-1).to_numpy() + 1
    return [None, *coded.dictionary.to_pylist()], places


def _joined(prefix: int, country: str | None) -> str:
    """The zones of a place in the table of prefixes and of a country, in one string; empty if unknown."""
    of_prefix = _listed()[prefix] if prefix >= 0 else ()
    of_country = _of_countries().get(country or "", ())
    clocks = {_clock(zone) for zone in of_prefix}
    common = [zone for zone in of_country if _clock(zone) in clocks]
    once = {_clock(zone): zone for zone in sorted(common or of_country or of_prefix, reverse=True)}
    return " ".join(sorted(once.values()))


@cache
def _table() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    The table of prefixes of libphonenumber as ranges of numbers padded to 15 digits.

    Returns:
        Where each range begins, sorted, and for each the place of its zones in `_listed`, or -1. The longest
        prefix of a number counts: its range lies inside those of the shorter ones.
    """
    from phonenumbers.tzdata import TIMEZONE_DATA  # noqa: PLC0415 - some 3,000 entries, slow to load

    places = {zones: place for place, zones in enumerate(_listed())}
    prefixes = {prefix: zones for prefix, zones in TIMEZONE_DATA.items() if _telling(prefix)}
    edges: dict[int, int] = {0: -1}
    # Shorter prefixes first: a longer one overwrites the part that it covers, and gives back what was there.
    for prefix in sorted(prefixes, key=len):
        width = 10 ** (DIGITS - len(prefix))
        begin = int(prefix) * width
        outer = prefixes.get(_outer(prefix, prefixes))
        edges[begin] = places[tuple(prefixes[prefix])]
        edges.setdefault(begin + width, -1 if outer is None else places[tuple(outer)])
    begins = sorted(edges)
    return np.array(begins, dtype=np.int64), np.array([edges[begin] for begin in begins], dtype=np.int64)


def _telling(prefix: str) -> bool:
    """Whether a mobile number with this prefix is at home where the prefix says."""
    from phonenumbers import (  # noqa: PLC0415 - as above
        COUNTRY_CODE_TO_REGION_CODE,
        PhoneNumberType,
        is_number_type_geographical,
    )

    codes = (int(prefix[:end]) for end in range(1, len(prefix) + 1))
    code = next((code for code in codes if code in COUNTRY_CODE_TO_REGION_CODE), 0)
    # In North America mobile and landline numbers look the same, and both have area codes.
    return (
        len(prefix) == len(str(code))
        or code == 1
        or is_number_type_geographical(PhoneNumberType.MOBILE, code)
    )


def _outer(prefix: str, known: dict[str, tuple[str, ...]]) -> str:
    """The longest known prefix of a prefix, or an empty string."""
    return next((prefix[:end] for end in range(len(prefix) - 1, 0, -1) if prefix[:end] in known), "")


@cache
def _listed() -> list[tuple[str, ...]]:
    """The different lists of zones in libphonenumber's table."""
    from phonenumbers.tzdata import TIMEZONE_DATA  # noqa: PLC0415 - as above

    return sorted({tuple(zones) for zones in TIMEZONE_DATA.values()})


@cache
def _of_countries() -> dict[str, tuple[str, ...]]:
    """The zones of each country by ``zone.tab`` of the IANA time zone database."""
    found: dict[str, tuple[str, ...]] = {}
    for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            found[country] = (*found.get(country, ()), zone)
    return found


@cache
def _clock(zone: str) -> bytes:
    """What the IANA data says of a zone's clock: equal for two names of one zone (Asia/Calcutta, Kolkata)."""
    return (files("tzdata") / "zoneinfo").joinpath(*zone.split("/")).read_bytes()
