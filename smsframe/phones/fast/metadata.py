"""
What libphonenumber's metadata says of strings of digits, as ranges of integers.

The metadata is the ``phonenumbers`` package's: for every country the patterns of its numbers by type, their
possible lengths, and the prefixes that are dialled at home. Each function here asks of all strings of digits
at once what the library would ask of one; ``patterns.ranges`` answers. The rules are those of ``parse``,
``number_type`` and ``is_possible_number_with_reason`` in the source of that package.
"""

from __future__ import annotations

import re
from functools import cache, partial, wraps
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import numpy as np

from smsframe.phones.fast.patterns import NotDigits, after, beginning, parse, whole, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Names = frozenset[Any]
    Patterns = dict[Any, str]
    Beginnings = dict[Any, tuple[str, int]]
    Asked = tuple[Patterns, Beginnings, Callable[[Names], int]]

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

UNDECIDED: Final = -1  # only the library itself can tell
ABROAD: Final = -2  # digits that begin with the country code after all, though nobody wrote a plus

LONGEST: Final = 17  # national digits that libphonenumber reads
_SHORTEST: Final = 2
_BITS: Final = 40
_MANY: Final = 12  # more prefixes than are worth telling apart: the library is asked
POWERS: Final = 10 ** np.arange(19, dtype=np.int64)


_BUILDING: Final = RLock()


class Ranges(NamedTuple):
    """
    What strings of digits mean: where each range of them begins, and its label.

    A string of digits is the integer with a 1 before it, so that neither its length nor its zeros get lost.
    """

    starts: NDArray[np.int64]
    labels: NDArray[np.int8]

    def of(self, value: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.int8]:
        """The label of each number of so many digits."""
        return self.labels[np.searchsorted(self.starts, value + POWERS[length], side="right") - 1]


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
def dialling_00() -> NDArray[np.bool_]:
    """By the place of a region, and at -1 for none: whether 00 and nothing more begins a call abroad."""
    exits = [parse(_plan(name, 0).international_prefix or "") for name in regions()]
    return np.array([*(after(after(left, "0"), "0") == parse("") for left in exits), True])


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
def calling_code(region: str) -> int:
    """The country code of a region."""
    return int(_plan(region, 0).country_code)


def _once(build: Callable[[Key], Ranges]) -> Callable[[Key], Ranges]:
    """Ranges are found once; threads that want the same wait for the first."""
    known = cache(build)

    @wraps(build)
    def found(key: Key) -> Ranges:
        with _BUILDING:
            return known(key)

    return found


@_once
def kinds(code: int) -> Ranges:
    """National numbers of a calling code → the place of their kind in ``KINDS``."""
    plans = [_plan(region, code) for region in _sharing(code)]
    longest = MOST - len(str(code))

    def asked(length: int) -> Asked:
        if length > longest:
            return {}, {}, lambda _: KINDS.index("too_long")
        whole = {
            (place, name): described.national_number_pattern
            for place, plan in enumerate(plans)
            for name in ("general_desc", *TYPES)
            if (described := getattr(plan, name)) and described.national_number_pattern
            if length in (described.possible_length or (length,))
        }
        begin = {
            (place, "leads"): (plan.leading_digits, 0)
            for place, plan in enumerate(plans)
            if plan.leading_digits
        }
        without = _wrong(plans[0], length)
        return whole, begin, lambda names: KINDS.index(_shared(plans, names) or without)

    return _table(asked)


def _shared(plans: list[Any], names: Names) -> str | None:
    """The type of a number in the first region that takes it for its own."""
    for place, plan in enumerate(plans):
        found = _type(place, names, alike=plan.same_mobile_and_fixed_line_pattern)
        if found if plan.leading_digits is None else (place, "leads") in names:
            return found
    return None


def _type(place: int, names: Names, *, alike: bool) -> str | None:
    if (place, "general_desc") not in names:
        return None
    found = next((name for name in TYPES if (place, name) in names), None)
    if alike and found in {"mobile", "fixed_line"}:
        found = "mobile" if (place, "fixed_line") in names else None
    return TYPES[found] if found else None


def _wrong(plan: Any, length: int) -> str:
    """What is wrong with a number of this length that is of no type."""
    possible = plan.general_desc.possible_length
    if length in possible:
        return "not_in_use"
    if length in plan.general_desc.possible_length_local_only or length < possible[0]:
        return "too_short"
    return "too_long" if length > possible[-1] else "wrong_length"


@_once
def after_code(code: int) -> Ranges:
    """Digits after a calling code → how many of them are a national prefix that does not belong there."""
    plan = _plan(_sharing(code)[0], code)
    whole, begin = _prefixed(plan)
    return _table(lambda length: (whole, begin, partial(_dropped, plan, length)))


@_once
def at_home(region: str) -> Ranges:
    """Digits without a plus, in a region → how many of them are a national prefix; or ``ABROAD``."""
    plan = _plan(region, 0)
    own = str(plan.country_code)
    whole, begin = _prefixed(plan)
    whole["viable after own"] = own + whole["viable"]
    begin |= {"own": (own, 0), "exit": (plan.international_prefix or "00", 0)}
    if plan.national_prefix_for_parsing:
        begin["prefix after own"] = own + _prefix(plan), len(own)

    def means(length: int, names: Names) -> int:
        too_long = _wrong(plan, length) == "too_long"
        if "exit" in names:
            return UNDECIDED
        if "own" in names and (too_long or "viable" not in names):
            if "prefix after own" in names:
                return UNDECIDED
            if too_long or "viable after own" in names:
                return ABROAD
        return _dropped(plan, length, names)

    return _table(lambda length: (whole, begin, partial(means, length)))


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
        return UNDECIDED
    if not met:
        return 0
    (prefix,) = met
    if _replaced(plan, prefix):
        return UNDECIDED
    if "viable" in names and ("viable without", prefix) not in names:
        return 0
    possible = _wrong(plan, length - len(prefix)) in {"not_in_use", "too_long"}
    return len(prefix) if possible else 0


def _plan(region: str, code: int) -> Any:
    """What the library knows of a region, or of a calling code that belongs to none (region ``001``)."""
    from phonenumbers import PhoneMetadata  # noqa: PLC0415 - as above

    return PhoneMetadata.metadata_for_region_or_calling_code(code, region)


def _sharing(code: int) -> tuple[str, ...]:
    """The regions that share a calling code, the main one first."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE  # noqa: PLC0415 - as above

    return tuple(COUNTRY_CODE_TO_REGION_CODE[code])


def _table(asked: Callable[[int], Asked]) -> Ranges:
    """The ranges of all lengths, one after the other; undecided if a pattern says more than digits."""
    spans: dict[Any, list[tuple[int, int]]] = {}
    meanings: dict[int, Callable[[Names], int]] = {}
    for length in range(_SHORTEST, LONGEST + 1):
        patterns, beginnings, means = asked(length)
        try:
            found = {name: whole(parse(pattern), length) for name, pattern in patterns.items()}
            for name, (pattern, few) in beginnings.items():
                found[name] = beginning(parse(pattern), length, few + 1)
        except NotDigits:
            continue
        meanings[length] = means
        one = 10**length
        for name, runs in found.items():
            spans.setdefault(name, []).extend((one + start, one + stop) for start, stop in runs)
    return _labelled({name: np.array(runs, dtype=np.int64) for name, runs in spans.items() if runs}, meanings)


def _labelled(spans: dict[Any, NDArray[np.int64]], meanings: dict[int, Callable[[Names], int]]) -> Ranges:
    """What each run of integers between the ends of spans means, given in which spans it lies."""
    ends = [runs.ravel() for runs in spans.values()]
    starts = np.unique(np.concatenate([np.array([0]), POWERS[_SHORTEST : LONGEST + 2], *ends]))
    length = np.searchsorted(POWERS, starts, side="right") - 1
    inside = [np.searchsorted(runs.ravel(), starts, side="right") % 2 == 1 for runs in spans.values()]
    combination = length
    for bit, within in enumerate(inside, start=1):
        combination = 2 * combination + within
        if not bit % _BITS:  # before they pass 64 bits
            combination = np.unique(combination, return_inverse=True)[1]
    # Each different combination is asked once; they are few.
    _, first, which = np.unique(combination, return_index=True, return_inverse=True)
    label = np.full(len(first), UNDECIDED, dtype=np.int8)
    for place, row in enumerate(first):
        if (means := meanings.get(int(length[row]))) is not None:
            label[place] = means(
                frozenset(name for name, within in zip(spans, inside, strict=True) if within[row])
            )
    labels = label[which]
    kept = np.concatenate([[True], labels[1:] != labels[:-1]])
    return Ranges(starts[kept], labels[kept])
