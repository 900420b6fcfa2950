"""
What libphonenumber's metadata says of strings of digits, as ranges of integers.

The metadata is the ``phonenumbers`` package's: for every country the patterns of its numbers by type, their
possible lengths, and the prefixes that are dialled at home. Each function here asks of all strings of digits
at once what the library would ask of one; ``patterns.ranges`` answers. The rules are those of ``parse``,
``number_type`` and ``is_possible_number_with_reason`` in the source of that package. By hand, because the
library reads one number at a time, a hundred times as long for a column.
"""

from __future__ import annotations

import re
from functools import cache, partial, update_wrapper
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import numpy as np

from smsframe.phones.fast.patterns import after, parse, words
from smsframe.phones.fast.ranges import UNDECIDED, Ranges, build

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from smsframe.phones.fast.ranges import Asked, Beginnings, Names, Patterns

Key = TypeVar("Key", int, str)

MOBILE: Final = "mobile"  # what libphonenumber calls mobile, or fixed-line-or-mobile (all of +1)
MOST: Final = 15  # digits of an E.164 number (ITU-T E.164, 6.2)

TYPES: Final = {  # the library's names, in the order in which it asks
    "premium_rate": "premium",
    "toll_free": "toll_free",
    "shared_cost": "shared_cost",
    "voip": "voip",
    "personal_number": "personal",
    "pager": "pager",
    "uan": "company",
    "voicemail": "voicemail",
    "mobile": MOBILE,
    "fixed_line": "landline",
}
KINDS: Final = (
    *TYPES.values(),
    *("too_short", "too_long", "wrong_length", "not_in_use", "unknown_country", "national_form"),
)

ABROAD: Final = -2  # digits that begin with the country code after all, though nobody wrote a plus
DIALLED: Final = -3  # digits that begin with the code that dials abroad
PREFIXED: Final = -4  # a national prefix that says more than its digits, such as a carrier code
OWN_PREFIXED: Final = -5  # the country code, and such a prefix, or any, after it

_MANY: Final = 12  # more prefixes than are worth telling apart: the library is asked


_BUILDING: Final = RLock()


@cache
def regions() -> tuple[str, ...]:
    """
    The two-letter ISO codes that ``region=`` may be, sorted.

    Example:
        >>> "IT" in regions(), "UK" in regions()
        (True, False)
    """
    import phonenumbers  # noqa: PLC0415 - takes longer to load than the rest of smsframe

    return tuple(sorted(phonenumbers.SUPPORTED_REGIONS))


@cache
def place_of(region: str) -> int:
    """The place of a region in ``regions()``."""
    return regions().index(region)


def dialling_00(home: NDArray[np.int16]) -> NDArray[np.bool_]:
    """For each place of a region, or -1 for none: whether 00 and nothing more begins a call abroad."""
    asked = np.bincount(home + 1, minlength=1)  # only these: each region is a module of its own to load
    known = np.array(
        [bool(rows) and (place == 0 or _dials_00(regions()[place - 1])) for place, rows in enumerate(asked)]
    )
    return np.full(len(home), known[-1]) if np.count_nonzero(asked) == 1 else known[home + 1]


@cache
def _dials_00(region: str) -> bool:
    left = parse(numbering_plan(region, 0).international_prefix or "")
    return after(after(left, "0"), "0") == parse("")


@cache
def calling_codes() -> NDArray[np.int64]:
    """By the first three digits of a number: the calling code that they begin with, or 0."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE as KNOWN  # noqa: PLC0415 - as above

    found = np.zeros(1000, dtype=np.int64)
    for first in range(100, 1000):  # none begins with a zero
        tried = (int(str(first)[:size]) for size in (1, 2, 3))
        found[first] = next((code for code in tried if code in KNOWN), 0)
    return found


@cache
def longer_numbers() -> NDArray[np.bool_]:
    """By calling code: whether numbers exist with more digits than ITU-T E.164 allows, as in Japan."""
    found = np.zeros(1000, dtype=bool)
    for code in np.unique(calling_codes())[1:].tolist():
        plans = [numbering_plan(region, code) for region in sharing(code)]
        found[code] = any(plan.general_desc.possible_length[-1] > MOST - len(str(code)) for plan in plans)
    return found


@cache
def calling_code(region: str) -> int:
    """The country code of a region."""
    return int(numbering_plan(region, 0).country_code)


class Once(Generic[Key]):
    """Ranges that are found once; threads that want the same wait for the first."""

    def __init__(self, find: Callable[[Key], Ranges]) -> None:
        self._find: Callable[[Key], Ranges] = find
        self._found: dict[Key, Ranges] = {}
        update_wrapper(self, find)

    @property
    def known(self) -> list[Key]:
        """Of what they are found by now."""
        return list(self._found)

    def __call__(self, key: Key) -> Ranges:
        """The ranges of a region or a calling code."""
        with _BUILDING:
            if key not in self._found:
                self._found[key] = self._find(key)
            return self._found[key]


@Once
def kinds(code: int) -> Ranges:
    """National numbers of a calling code → the place of their kind in ``KINDS``."""
    plans = [numbering_plan(region, code) for region in sharing(code)]
    longest = MOST - len(str(code))

    def asked(length: int) -> Asked:
        if length > longest:
            return {}, {}, lambda _: KINDS.index("too_long")
        whole, begin = _described(plans, length)
        without = wrong(plans[0], length)
        return whole, begin, lambda names: KINDS.index(_owner(plans, names)[1] or without)

    return build(asked)


def _described(plans: list[Any], length: int) -> tuple[Patterns, Beginnings]:
    """The patterns of the types of numbers that may have so many digits, and of what numbers begin with."""
    whole = {
        (place, name): described.national_number_pattern
        for place, plan in enumerate(plans)
        for name in ("general_desc", *TYPES)
        if (described := getattr(plan, name)) and described.national_number_pattern
        if length in (described.possible_length or (length,))
    }
    begin = {
        (place, "leads"): (plan.leading_digits, 0) for place, plan in enumerate(plans) if plan.leading_digits
    }
    return whole, begin


def _owner(plans: list[Any], names: Names) -> tuple[int, str | None]:
    """The place of the first region that takes a number for its own, and the type it has there."""
    for place, plan in enumerate(plans):
        found = _type(place, names, alike=plan.same_mobile_and_fixed_line_pattern)
        if found if plan.leading_digits is None else (place, "leads") in names:
            return place, found
    return UNDECIDED, None


def _type(place: int, names: Names, *, alike: bool) -> str | None:
    if (place, "general_desc") not in names:
        return None
    found = next((name for name in TYPES if (place, name) in names), None)
    if alike and found in {"mobile", "fixed_line"}:
        found = "mobile" if (place, "fixed_line") in names else None
    return TYPES[found] if found else None


def wrong(plan: Any, length: int) -> str:
    """What is wrong with a number of this length that is of no type."""
    possible = plan.general_desc.possible_length
    if length in possible:
        return "not_in_use"
    if length in plan.general_desc.possible_length_local_only or length < possible[0]:
        return "too_short"
    return "too_long" if length > possible[-1] else "wrong_length"


@Once
def owners(code: int) -> Ranges:
    """National numbers of a calling code → the place in ``sharing`` of the region that has them."""
    plans = [numbering_plan(region, code) for region in sharing(code)]

    def asked(length: int) -> Asked:
        whole, begin = _described(plans, length)
        return whole, begin, lambda names: _owner(plans, names)[0]

    return build(asked)


@Once
def national_mobiles(code: int) -> Ranges:
    """
    Digits as people write them at home, zeros in front lost → 1 if a mobile of the calling code, else 0.

    A prefix that is the calling code is none here: with it, they are the same number as with a plus.
    """
    plans = [numbering_plan(region, code) for region in sharing(code)]
    found = words(_prefix(plans[0]))[0] if plans[0].national_prefix_for_parsing else []
    prefixes = [prefix for prefix in found if prefix != str(code) and not _replaced(plans[0], prefix)]

    def asked(length: int) -> Asked:
        patterns: Patterns = {}
        for place, plan in enumerate(plans):
            if plan.mobile is None or not plan.mobile.national_number_pattern:
                continue
            lengths = plan.mobile.possible_length or plan.general_desc.possible_length
            for prefix in {"", *prefixes}:
                if length - len(prefix) in lengths:
                    patterns[place, prefix] = f"{prefix}(?:{plan.mobile.national_number_pattern})"
        return patterns, {}, lambda names: int(bool(names))

    return build(asked)


@cache
def calling_codes_of_regions() -> tuple[int, ...]:
    """The calling codes that regions have; those of satellites and services are not among them."""
    import phonenumbers as library  # noqa: PLC0415 - as above

    known = library.COUNTRY_CODE_TO_REGION_CODE.items()
    return tuple(code for code, names in known if names != (library.REGION_CODE_FOR_NON_GEO_ENTITY,))


@Once
def after_code(code: int) -> Ranges:
    """Digits after a calling code → how many of them are a national prefix that does not belong there."""
    plan = numbering_plan(sharing(code)[0], code)
    whole, begin = _prefixed(plan)
    return build(lambda length: (whole, begin, partial(_dropped, plan, length)))


@Once
def at_home(region: str) -> Ranges:
    """Digits without a plus, in a region → how many of them are a national prefix; or how else they begin."""
    return _at_home(region, dialled=True)


@Once
def not_dialled(region: str) -> Ranges:
    """The same of digits that are not dialled abroad, whatever they begin with: what follows is a zero."""
    return _at_home(region, dialled=False)


def _at_home(region: str, *, dialled: bool) -> Ranges:
    plan = numbering_plan(region, 0)
    own = str(plan.country_code)
    whole, begin = _prefixed(plan)
    whole["viable after own"] = own + whole["viable"]
    begin["own"] = (own, 0)
    if dialled:
        begin["exit"] = (plan.international_prefix or "00", 0)
    if plan.national_prefix_for_parsing:
        begin["prefix after own"] = own + _prefix(plan), len(own)

    def means(length: int, names: Names) -> int:
        too_long = wrong(plan, length) == "too_long"
        if "exit" in names:
            return DIALLED
        if "own" in names and (too_long or "viable" not in names):
            if "prefix after own" in names:
                return OWN_PREFIXED
            if too_long or "viable after own" in names:
                return ABROAD
        return _dropped(plan, length, names)

    return build(lambda length: (whole, begin, partial(means, length)))


def _prefixed(plan: Any) -> tuple[Patterns, Beginnings]:
    """The patterns that ``_dropped`` asks for."""
    general = f"(?:{plan.general_desc.national_number_pattern})"
    if not plan.national_prefix_for_parsing:
        return {"viable": general}, {}
    found, most = words(_prefix(plan))
    if len(found) > _MANY:
        return {"viable": general}, {"odd prefix": (_prefix(plan), 0)}
    return (
        {"viable": general} | {("viable without", prefix): prefix + general for prefix in found},
        {("prefix", prefix): (prefix, 0) for prefix in found} | {"odd prefix": (_prefix(plan), most)},
    )


def _prefix(plan: Any) -> str:
    # An end within the pattern only narrows what it matches; without it, more is left undecided.
    return f"(?:{plan.national_prefix_for_parsing.replace('$', '')})"


def _replaced(plan: Any, prefix: str) -> bool:
    """Whether something else takes the place of a prefix, which its last group says."""
    found = plan.national_prefix_transform_rule and re.fullmatch(_prefix(plan), prefix)
    return bool(found and found.groups() and found.groups()[-1] is not None)


def _dropped(plan: Any, length: int, names: Names) -> int:
    """How many digits in front are a national prefix that the library drops."""
    met = [name[1] for name in names if name[0] == "prefix"]
    if len(met) > 1 or "odd prefix" in names:
        return PREFIXED
    if not met:
        return 0
    (prefix,) = met
    if _replaced(plan, prefix):
        return PREFIXED
    if "viable" in names and ("viable without", prefix) not in names:
        return 0
    possible = wrong(plan, length - len(prefix)) in {"not_in_use", "too_long"}
    return len(prefix) if possible else 0


def numbering_plan(region: str, code: int) -> Any:
    """What the library knows of a region, or of a calling code that belongs to none (region ``001``)."""
    from phonenumbers import PhoneMetadata  # noqa: PLC0415 - as above

    return PhoneMetadata.metadata_for_region_or_calling_code(code, region)


def sharing(code: int) -> tuple[str, ...]:
    """The regions that share a calling code, the main one first."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE  # noqa: PLC0415 - as above

    return tuple(COUNTRY_CODE_TO_REGION_CODE[code])
