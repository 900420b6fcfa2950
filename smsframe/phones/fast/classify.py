"""
libphonenumber's verdict on columns of digits, by binary search.

What libphonenumber does with a number depends on its digits alone, and its metadata says how, in patterns:
which begin with a national prefix that it drops, which are of which type, which lengths are possible.
`metadata` makes of these patterns sorted ranges of integers, for each country that occurs. What patterns of
digits cannot say (carrier codes, prefixes that are replaced by others) `prefixes` reads from their text. What
is left undecided, `smsframe.phones.libphonenumber` asks the library itself: so the answer is always the
library's, sooner or later. A seeded test compares them in every region, ``make agreement`` at length.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from smsframe.phones.fast import prefixes
from smsframe.phones.fast.metadata import (
    ABROAD,
    DIALLED,
    KINDS,
    MOBILE,
    MOST,
    OWN_PREFIXED,
    PREFIXED,
    after_code,
    at_home,
    calling_code,
    calling_codes,
    kinds,
    not_dialled,
    numbering_plan,
    owners,
    place_of,
    regions,
    sharing,
)
from smsframe.phones.fast.patterns import longest, parse
from smsframe.phones.fast.ranges import LONGEST, POWERS, UNDECIDED, first_three

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from smsframe.phones.fast.digits import Digits

_MOBILE: Final = KINDS.index(MOBILE)
_LITTLE: Final = 5  # digits; of fewer there are few different ones, and the library has more to say of them
_CODES: Final = 1_000  # more than there are calling codes, which have three digits at most
FEW: Final = 100  # numbers; for fewer of a country, finding its ranges takes longer than asking one by one
FEW_KNOWN: Final = 4  # numbers; for fewer, looking into ranges that were found before does


def decide(
    digits: Digits, home: NDArray[np.int16], fewest: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """
    What libphonenumber says of numbers that are nothing but digits and perhaps a plus.

    Args:
        digits: The numbers, as ``digits.read`` gives them.
        home: Per number the place of its region in ``regions()``, -1 without one.
        fewest: A country with fewer numbers than this is left undecided, because its ranges are not worth
            finding; unless given, ``FEW``.

    Returns:
        The E.164 digits as integers (of no meaning where undecided), and the kind as a place in ``KINDS``, or
        ``UNDECIDED``.
    """
    national, size = digits.value.copy(), digits.length.copy()
    code = np.zeros(len(national), dtype=np.int64)  # of the country; 0 where unknown
    exact = np.zeros(len(national), dtype=bool)  # where as much is dropped as of all digits

    def drop(rows: NDArray[np.intp], count: NDArray[np.int8]) -> None:
        """Take digits away in front, from the left."""
        rows, count = rows[count > 0], count[count > 0]
        size[rows] -= count
        national[rows] %= POWERS[size[rows]]

    def take(rows: NDArray[np.intp], found: prefixes.Found, country: int) -> None:
        """Take numbers whose prefix was found, where the library would find the same."""
        rows, sure = rows[found.sure], found.sure
        national[rows], size[rows] = found.value[sure], found.length[sure]
        code[rows] = country

    known = digits.plain & (digits.length >= _LITTLE)
    local, abroad = known & ~digits.plus, known & digits.plus
    dialled = np.zeros(len(national), dtype=bool)
    for place, rows in _groups(home, local & (home >= 0), fewest, [*map(place_of, at_home.known)]):
        region = regions()[place]
        count = at_home(region).of(national[rows], size[rows])
        for some in _enough(np.flatnonzero(count == DIALLED)):
            found, none = prefixes.dialled(region, national[rows[some]], size[rows[some]])
            take(rows[some], found, 0)
            dialled[rows[some[found.sure & (found.length >= _LITTLE)]]] = True
            again = some[none]
            count[again] = not_dialled(region).of(national[rows[again]], size[rows[again]])
        abroad[rows[count == ABROAD]] = True
        code[rows[count >= 0]] = calling_code(region)
        exact[rows[(count >= 0) | (count == PREFIXED)]] = prefixes.shows_prefix(region, 0, LONGEST)
        drop(rows, count)
        without = {PREFIXED: partial(prefixes.national, region, 0)}
        without[OWN_PREFIXED] = partial(prefixes.after_own_code, region)
        for begin, read in without.items():
            for some in _enough(rows[count == begin]):
                take(some, read(national[some], size[some]), calling_code(region))
    abroad |= dialled

    first = calling_codes()[first_three(national, size)]
    for country, rows in _groups(first, abroad & (first > 0), fewest, after_code.known):
        length = size[rows] - len(str(country))
        rest = national[rows] - country * POWERS[length]
        size[rows], national[rows] = length, rest
        long, zeros = _lengthened(rest, length, digits.beyond[rows])
        count, main = after_code(country).of(long, length + zeros), sharing(country)[0]
        code[rows[count >= 0]] = country
        exact[rows] = prefixes.shows_prefix(main, country, LONGEST)
        drop(rows, count)
        for some in _enough(np.flatnonzero(count == PREFIXED)):
            found = prefixes.national(main, country, long[some], (length + zeros)[some])
            take(rows[some], found.without_last(zeros[some]), country)

    kind = np.full(len(national), UNDECIDED, dtype=np.int8)
    for country, rows in _groups(code, code > 0, fewest, kinds.known):
        kind[rows] = kinds(country).of(national[rows], size[rows])
    kind[local & (home < 0) | dialled & (first == 0)] = KINDS.index("national_form")
    nobodys = abroad & ~dialled & (first == 0)
    kind[_no_code_after_all(digits, home, nobodys)] = KINDS.index("unknown_country")
    rows = _longer(digits.beyond)
    kind[rows] = _too_long(digits.at(rows), home[rows], size[rows], code[rows], kind[rows], exact[rows])
    return national + code * POWERS[size], kind


def _longer(beyond: NDArray[np.int64]) -> NDArray[np.intp]:
    """The numbers of which there are more digits than were read; nearly always none."""
    return np.flatnonzero(beyond) if beyond.any() else np.zeros(0, dtype=np.intp)


def _lengthened(
    value: NDArray[np.int64], length: NDArray[np.int64], beyond: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Numbers of which there are more digits than were read, with zeros for these, and how many zeros.

    What such a number begins with says what is dropped of it, whatever follows.
    """
    zeros = np.zeros_like(length)
    rows = _longer(beyond)
    if not len(rows):
        return value, zeros
    zeros[rows] = LONGEST - length[rows]
    return value * POWERS[zeros], zeros


def _too_long(
    digits: Digits,
    home: NDArray[np.int16],
    size: NDArray[np.int64],
    code: NDArray[np.int64],
    kind: NDArray[np.int8],
    exact: NDArray[np.bool_],
) -> NDArray[np.int8]:
    """
    The kinds of numbers of which only the first digits were looked at, given the kinds of these.

    What a number begins with says which country's it is, or that it is nobody's. All others are too long,
    unless so many digits may be dropped in front that few enough are left; ``exact`` are those of which
    that is known.
    """
    if not len(kind):
        return kind
    left = size + np.searchsorted(POWERS, code, side="right") + digits.beyond
    # Regions and codes as one number, counted: to sort them takes several times as long.
    pairs = np.where(digits.plus, np.int64(0), home.astype(np.int64) + 1) * _CODES + code
    unseen = np.zeros(pairs.max() + 1, dtype=np.int64)
    for pair in np.flatnonzero(np.bincount(pairs)).tolist():
        place, country = divmod(pair, _CODES)
        if country:
            unseen[pair] = _unseen(regions()[place - 1] if place else None, country)
    left -= np.where(exact, 0, unseen[pairs])
    sure = left > MOST
    nobodys = np.isin(kind, [KINDS.index("unknown_country"), KINDS.index("national_form")])
    decided = np.where(sure & (code > 0), KINDS.index("too_long"), UNDECIDED).astype(np.int8)
    return np.where(nobodys, kind, decided)


@cache
def _unseen(region: str | None, code: int) -> int:
    """How many more digits may be dropped of a number than of its first ones."""
    plans = [(sharing(code)[0], code)]
    lead = len(str(code))
    exit_ = 0
    if region is not None:
        plan = numbering_plan(region, 0)
        plans += [(region, 0), (sharing(plan.country_code)[0], plan.country_code)]
        exit_ = longest(parse(plan.international_prefix or ""))
    lengths = range(LONGEST - len("00") - lead - exit_, LONGEST + 1)
    if all(prefixes.shows_prefix(*plan, length) for plan in plans for length in lengths):
        return 0
    return exit_ + sum(prefixes.most_dropped(*plan) for plan in plans)


def with_own_code(
    digits: Digits, home: NDArray[np.int16], number: NDArray[np.int64], kind: NDArray[np.int8]
) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.bool_]]:
    """
    Numbers without a plus that begin with the calling code of their own region, read as if they had the plus.

    Only where, as they stand, they cannot receive a text, and with it they are a mobile of that region:
    `4915226506273` is a German landline to the library, and what a CRM makes of a German mobile.

    Args:
        digits: The numbers, none with a plus.
        home: Per number the place of its region in ``regions()``.
        number: Their E.164 digits, as `decide` gives them.
        kind: Their kinds, as `decide` gives them.

    Returns:
        Numbers and kinds, and where they are read so. Undecided kinds are left as they are.
    """
    number, kind, repaired = number.copy(), kind.copy(), np.zeros(len(kind), dtype=bool)
    present, which = np.unique(home, return_inverse=True)  # only these: each is a module of its own to load
    codes = np.array([calling_code(regions()[place]) for place in present])[which]
    size = np.searchsorted(POWERS, codes, side="right")
    begins = digits.value // POWERS[np.maximum(digits.length - size, 0)] == codes
    rows = np.flatnonzero(
        digits.plain & begins & (digits.length > size) & (kind > UNDECIDED) & (kind != _MOBILE)
    )
    if not len(rows):
        return number, kind, repaired
    part = digits.at(rows)
    plus = part._replace(plus=np.ones(len(rows), dtype=bool))
    better, what = decide(plus, np.full(len(rows), -1, dtype=np.int16), fewest=1)
    mobile = np.flatnonzero(what == _MOBILE)
    own = np.ones(len(mobile), dtype=bool)
    for code, some in _groups(codes[rows[mobile]], np.ones(len(mobile), dtype=bool), fewest=1):
        if len(sharing(code)) > 1:
            national = better[mobile[some]]
            length = np.searchsorted(POWERS, national, side="right") - len(str(code))
            places = owners(code).of(national % POWERS[length], length)
            names = np.array([*sharing(code), ""])[places]
            own[some] = names == np.array(regions())[home[rows[mobile[some]]]]
    chosen = mobile[own]
    number[rows[chosen]], kind[rows[chosen]], repaired[rows[chosen]] = better[chosen], _MOBILE, True
    return number, kind, repaired


def _no_code_after_all(
    digits: Digits, home: NDArray[np.int16], nobodys: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Of numbers with a code that no country has: which have none either if the plus is left out."""
    if not nobodys.any():
        return nobodys
    none = nobodys & (home < 0)
    for place, rows in _groups(home, nobodys & (home >= 0)):
        count = at_home(regions()[place]).of(digits.value[rows], digits.length[rows])
        none[rows] = (count >= 0) | (count == PREFIXED)
    return none


def _enough(rows: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    return [rows] if len(rows) >= min(prefixes.LEAST, FEW) else []


def _groups(
    labels: NDArray[np.integer[Any]],
    among: NDArray[np.bool_],
    fewest: int | None = None,
    known: Sequence[int] = (),
) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """The rows of each label, where they are many enough; of labels whose ranges are known, few are."""
    rows = np.flatnonzero(among)
    found = labels[rows]
    counts = np.bincount(found)
    if np.count_nonzero(counts) > 1:  # sixteen bits are sorted in two passes
        rows = rows[np.argsort(found.astype(np.int16), kind="stable")]
    ends = np.cumsum(counts)
    least = np.full(len(counts), FEW if fewest is None else fewest)
    there = [label for label in known if label < len(counts)]
    least[there] = np.minimum(least[there], FEW_KNOWN)
    for label in np.flatnonzero((counts > 0) & (counts >= least)):
        yield int(label), rows[ends[label] - counts[label] : ends[label]]
