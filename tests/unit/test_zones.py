"""Zones of numbers, against a judge that asks libphonenumber and ``zone.tab`` number by number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pandas as pd
import phonenumbers as library
import pytest
from phonenumbers import timezone

from smsframe.orders.hours import Hours
from smsframe.phones.country import countries
from smsframe.timing.windows import next_window
from smsframe.timing.zones import zones

TABLE: dict[str, set[str]] = {}
for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8").splitlines():
    if not line.startswith("#"):
        TABLE.setdefault(line.split("\t")[0], set()).add(line.split("\t")[2])

TEXTED = {
    library.PhoneNumberType.MOBILE,
    library.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    library.PhoneNumberType.FIXED_LINE,
}
TYPES = [kind for name, kind in vars(library.PhoneNumberType).items() if name.isupper()]


def examples() -> list[tuple[str, str]]:
    """Numbers of every region and type, and their neighbours."""
    found = []
    for region in sorted(library.SUPPORTED_REGIONS):
        for kind in TYPES:
            number = library.example_number_for_type(region, kind)
            if number is not None:
                phone = library.format_number(number, library.PhoneNumberFormat.E164)
                found += [(region, phone), (region, phone[:-2] + "00"), (region, phone[:-4] + "9999")]
    for kind in library.COUNTRY_CODES_FOR_NON_GEO_REGIONS:
        number = library.example_number_for_non_geo_entity(kind)
        found.append(("", library.format_number(number, library.PhoneNumberFormat.E164)))
    return found


def clock(zone: str) -> tuple[timedelta | None, ...]:
    """The offsets of a zone from 2024 to 2028, every five days: what a name means, however it is spelled."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    return tuple((start + timedelta(days=5 * n)).astimezone(ZoneInfo(zone)).utcoffset() for n in range(300))


@pytest.mark.slow
def test_every_region_and_type_has_the_zones_that_prefix_and_country_share():
    frame = pd.DataFrame(examples(), columns=["region", "phone"])
    frame["country"] = countries(frame["phone"])
    frame["zones"] = zones(frame["phone"], frame["country"])
    judged = {False: 0, True: 0}
    for row in frame.itertuples():
        number = library.parse(row.phone)
        kind = library.number_type(number)
        if kind not in TEXTED:
            continue  # nobody's in particular, or no number at all
        code = row.country if isinstance(row.country, str) else ""
        by_prefix = timezone.time_zones_for_number(number)
        prefix = {clock(zone) for zone in by_prefix if zone != timezone.UNKNOWN_TIMEZONE}
        country = {clock(zone) for zone in TABLE.get(code, ())}
        named = {clock(zone) for zone in row.zones.split()} if isinstance(row.zones, str) else set()
        mobile = kind == library.PhoneNumberType.MOBILE or number.country_code == 1
        judged[mobile] += 1
        expected = (prefix & country) or country or prefix
        # Two names may mean one clock since 2024 and not have meant it before: then both are named.
        assert named == expected if mobile else named >= expected, row
    assert min(judged.values()) > 400


CARIBBEAN = [
    "AG",
    "AI",
    "AS",
    "BB",
    "BM",
    "BS",
    "DM",
    "GD",
    "JM",
    "KN",
    "KY",
    "LC",
    "MS",
    "SX",
    "TC",
    "TT",
    "VC",
    "VG",
]


@pytest.mark.parametrize("region", CARIBBEAN)
def test_countries_that_libphonenumber_gives_every_zone_of_their_calling_code_open_by_day(region):
    number = library.example_number_for_type(region, library.PhoneNumberType.MOBILE)
    phone = pd.Series([library.format_number(number, library.PhoneNumberFormat.E164)])
    assert len(timezone.time_zones_for_number(number)) > 10
    assert countries(phone).tolist() == [region]
    named = zones(phone, countries(phone)).iloc[0].split()
    assert {*named} <= TABLE[region]
    day = Hours(between=("08:00", "21:00"), days="Mon-Sun")
    first = next_window(day, named, datetime(2026, 11, 28, 9, tzinfo=UTC))
    window = next_window(day, named, first.closes)  # the first may have begun already
    assert window.closes - window.opens == timedelta(hours=13)


def test_mobiles_of_every_region_have_hours_that_suit_all_their_zones():
    """From 8 to 21 there is always a part of the day: four hours in Russia, the least of all."""
    day, shortest = Hours(between=("08:00", "21:00"), days="Mon-Sun"), {}
    for region in sorted(library.SUPPORTED_REGIONS):
        number = library.example_number_for_type(region, library.PhoneNumberType.MOBILE)
        if number is None:
            continue
        phone = pd.Series([library.format_number(number, library.PhoneNumberFormat.E164)])
        named = zones(phone, countries(phone)).iloc[0].split()
        first = next_window(day, named, datetime(2026, 11, 28, 21, tzinfo=UTC))
        # The first may have begun already; the one after it is whole.
        window = next_window(day, named, first.closes)
        shortest[region] = window.closes - window.opens
    assert min(shortest, key=shortest.get) == "RU"
    assert shortest["RU"] == timedelta(hours=4)
    assert shortest["AU"] == timedelta(hours=10)
    assert shortest["ES"] == shortest["PT"] == timedelta(hours=12)


def test_what_is_unknown_stays_missing():
    phones = pd.Series(["+80012345678", "+39347", None, "+393471234567"], index=list("abba"))
    found = zones(phones, pd.Series([None, "IT", "IT", None], dtype=object))
    assert found.index.equals(phones.index)
    assert found.isna().tolist() == [True, False, False, False]


def test_a_number_that_is_missing_has_the_zones_of_its_country_only_where_one_is_given():
    assert zones(pd.Series([None], dtype="string"), pd.Series([None], dtype=object)).isna().all()
