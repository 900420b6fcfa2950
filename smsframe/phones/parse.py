"""
A column of messy phone numbers → E.164, or the reason why not.

The verdict is libphonenumber's (the ``phonenumbers`` package) on the repaired string; what is repaired and
what is refused before it is asked stands in `repair`. Nothing here reaches for the network or a clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, in_parts
from smsframe.errors import ContactsError
from smsframe.masking import mask
from smsframe.phones import cells, shapes
from smsframe.phones.answer_columns import in_e164, named
from smsframe.phones.bare import decide as decide_bare
from smsframe.phones.codes import CODES, OTHER_KINDS, REPAIRS
from smsframe.phones.exit_codes import Reading, with_00_as_plus
from smsframe.phones.fast import digits, metadata
from smsframe.phones.fast.classify import decide, with_own_code
from smsframe.phones.fast.metadata import MOBILE, MOST, dialling_00
from smsframe.phones.fast.ranges import POWERS, UNDECIDED
from smsframe.phones.homes import homes
from smsframe.phones.libphonenumber import KINDS, Cells, verdicts, with_decimals
from smsframe.phones.person import has_old_1, people
from smsframe.phones.region_names import INTERNATIONAL
from smsframe.phones.repair import begin_with_00, damage, digits_in, international, mend, without_padding
from smsframe.phones.scripts import digits_in_ascii
from smsframe.phones.spelling import FEWEST, spelled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from smsframe.phones.bare import Decision

    _Read = tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.int16], NDArray[np.int64]]

NUMBERS: Final = ("mobile", "valid", "possible")
_USABLE: Final = {
    "mobile": frozenset({MOBILE}),
    "valid": frozenset({MOBILE, *OTHER_KINDS}),
    "possible": frozenset({MOBILE, *OTHER_KINDS, "not_in_use"}),
}
# Said of a number to which we gave the plus ourselves, these would mislead: it probably is a national one.
_MISLEADING: Final = ("unknown_country", "too_short", "too_long", "wrong_length", "not_in_use")

# Inside, an answer is its place among all that can be said, and repairs are a sum of powers of two.
_ANSWERS: Final = (MOBILE, *CODES)
_PLACE: Final = {name: place for place, name in enumerate(_ANSWERS)}
_OF_KIND: Final = np.array([*(_PLACE[kind] for kind in KINDS), UNDECIDED], dtype=np.int8)  # -1 is the last
_BIT: Final[dict[str, Any]] = {name: np.int16(2**place) for place, name in enumerate(REPAIRS)}
_REPAIRED: Final = [
    ",".join(name for name, bit in _BIT.items() if sum_ & bit) or None for sum_ in range(2 ** len(REPAIRS))
]


def read(
    column: pd.Series,
    region: str | pd.Series | None = None,
    numbers: str = "mobile",
    bare: Decision | None = None,
) -> pd.DataFrame:
    """
    Read a column of phone numbers, however they arrived.

    Args:
        column: Any dtype: strings, integers, floats, categories, mixed objects.
        region: Whose national forms are meant: a country for all rows (ISO code or name), or one per row,
            aligned by position, where a gap means none. ``international``: bare digits are whole numbers.
        numbers: What counts as usable: ``mobile`` (can receive a text), ``valid`` (exists), ``possible`` (has
            a right length).
        bare: What bare digits are, where these cells are a part of a column, of which `bare_digits` was asked
            of every part; decided by these cells alone when not given.

    Returns:
        One row per cell, with a RangeIndex. Strings: ``phone`` (E.164, missing unless usable), ``code`` and
        ``reason`` (missing where usable), ``repair`` (names of `codes.REPAIRS`, joined by commas; missing
        where none was made). And int64: ``person``, as `smsframe.phones.match.keys` of the phones.

    Raises:
        ContactsError: ``region`` or ``numbers`` is not one of the allowed, or there are more or fewer regions
            than cells.

    Example:
        >>> read(pd.Series(["0039 347 1234567", "3.93471E+11"]))[["phone", "code"]]
                   phone         code
        0  +393471234567         <NA>
        1           <NA>  digits_lost
    """
    usable = _usable(numbers)
    number, answer, repairs, is_bare, decision = _answers(column, region, numbers, bare)
    fine = usable[answer]
    (person,) = in_parts(lambda number, fine: (people(np.where(fine, number, 0)),), number, fine)
    reason = named([None, *CODES.values()], answer, fine)
    if decision is not None and not decision.international and decision.reason:
        reason = reason.mask(is_bare, decision.reason)
    return pd.DataFrame(
        {
            "phone": in_e164(number, fine),
            "code": named([None, *CODES], answer, fine),
            "reason": reason,
            "repair": named(_REPAIRED, repairs, repairs == 0),
            "person": person,
        }
    )


def bare_digits(
    column: pd.Series, region: str | pd.Series | None = None, numbers: str = "mobile"
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """
    The different bare digits of a part of a column, and whether each is a usable number with a plus.

    Those of all parts, one after the other, are what `smsframe.phones.bare.decide` decides by.

    Example:
        >>> bare_digits(pd.Series(["393471234567", "+393471234568", "393471234567"]))
        (array([393471234567]), array([ True]))
    """
    _, answer, _, digits_ = _read_each(column, region)
    bare, proves = _bare(answer, digits_, numbers)
    if isinstance(region, str) and region == INTERNATIONAL:
        bare[:] = False
    first = ~pd.Series(digits_[bare]).duplicated().to_numpy()
    return digits_[bare][first], proves[bare][first]


def normalize(column: pd.Series, region: str | pd.Series | None = None, numbers: str = "mobile") -> pd.Series:
    """
    The numbers of a column in E.164, missing where they are not usable.

    Args:
        column: Phone numbers of any dtype: strings, integers, floats, categories, mixed objects.
        region: Whose national forms are meant: a two-letter ISO code for all rows, or one per row, aligned by
            position, where a gap means none.
        numbers: What counts as usable: ``mobile`` (can receive a text), ``valid`` (exists), ``possible`` (has
            a right length).

    Returns:
        A string Series with the index and name of the column.

    Raises:
        ContactsError: ``region`` or ``numbers`` is not one of the allowed, or there are more or fewer regions
            than numbers.

    Example:
        >>> normalize(pd.Series(["347 123 4567", None], name="mobile"), region="IT").tolist()
        ['+393471234567', <NA>]
    """
    found = _answers(column, region, numbers)
    return pd.Series(
        in_e164(found.number, _usable(numbers)[found.answer]).array, index=column.index, name=column.name
    )


def _usable(numbers: str) -> NDArray[np.bool_]:
    """By the place of an answer: whether such a number is usable."""
    if numbers not in NUMBERS:
        raise ContactsError(f"numbers={mask(repr(numbers))} is not one of {', '.join(map(repr, NUMBERS))}.")
    return np.array([answer in _USABLE[numbers] for answer in _ANSWERS])


class _Answers(NamedTuple):
    """Of all cells: numbers, what is said of them, what was repaired; and what bare digits were taken for."""

    number: NDArray[np.int64]
    answer: NDArray[np.int8]
    repairs: NDArray[np.int16]
    bare: NDArray[np.bool_]
    decision: Decision | None


def _answers(
    column: pd.Series, region: str | pd.Series | None, numbers: str, whole: Decision | None = None
) -> _Answers:
    """The answers to all cells, each for itself, and then bare digits as their whole column says."""
    number, answer, repairs, digits_ = _read_each(column, region)
    usable = _usable(numbers)
    bare, proves = _bare(answer, digits_, numbers)
    decision = None
    if isinstance(region, str) and region == INTERNATIONAL:
        bare[:] = False
    elif bare.any():
        decision = whole or decide_bare(digits_[bare], proves[bare])
        unusable = bare & ~usable[answer]
        answer[unusable & np.isin(answer, [_PLACE[name] for name in _MISLEADING])] = _PLACE["national_form"]
        if not decision.international:
            answer[bare] = _PLACE["national_form"]
            repairs[bare] &= ~_BIT["plus"]
    return _Answers(number, answer, repairs, bare, decision)


def _read_each(column: pd.Series, region: str | pd.Series | None) -> _Read:
    """Each cell for itself: numbers, answers, repairs, and the digits of bare ones."""
    raw = cells.numbers(column)
    number, answer, repairs, digits_ = _read_cells(raw, *homes(region, len(raw)))
    _without_old_1(number, answer, repairs)
    return number, answer, repairs, digits_


def _read_cells(raw: Any, *home: NDArray[Any]) -> _Read:
    """As `_plainly`; what that leaves undecided, which is little in a good table, is looked at closely."""
    number, answer, repairs, digits_ = in_parts(_plainly, raw, *home)
    rest = np.flatnonzero(answer == UNDECIDED)
    if len(rest):
        closely = in_parts(_closely, raw.take(pa.array(rest)), *(each[rest] for each in home))
        number[rest], answer[rest], repairs[rest], digits_[rest] = closely
    return number, answer, repairs, digits_


def _bare(
    answer: NDArray[np.int8], digits_: NDArray[np.int64], numbers: str
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which cells are bare digits, and which answers prove that such cells are whole numbers."""
    usable = _usable(numbers)
    bare = digits_ > 0
    if not bare.any():
        return bare, bare
    bare &= usable[answer] | (digits_ >= POWERS[FEWEST - 1]) & (digits_ < POWERS[MOST])
    # What merely has a possible length proves nothing about a column.
    proves = usable if numbers == "mobile" else _usable("valid")
    return bare, proves[answer]


def _without_old_1(number: NDArray[np.int64], answer: NDArray[np.int8], repairs: NDArray[np.int16]) -> None:
    """Mexican mobiles with the 1 that they had until 2019, without it: they are the same people's."""
    rows = np.flatnonzero(answer == _PLACE["too_long"])
    rows = rows[has_old_1(number[rows])]
    if not len(rows):
        return
    yes, length = np.ones(len(rows), dtype=bool), np.full(len(rows), 12)
    whole = digits.Digits(people(number[rows]), length, yes, ~yes, yes, np.zeros_like(length))
    kind = decide(whole, np.full(len(rows), -1, dtype=np.int16), fewest=1)[1]
    mobile = rows[kind == KINDS.index(MOBILE)]
    number[mobile], answer[mobile] = people(number[mobile]), _PLACE[MOBILE]
    repairs[mobile] |= _BIT["old_1"]


def _plainly(raw: Any, home: NDArray[np.int16], stranger: NDArray[np.bool_]) -> _Read:
    """Cells of nothing but digits and punctuation: numbers, answers, repairs, and the digits of bare ones."""
    value, length, plus, zeros, plain, beyond = digits.read(without_padding(raw))
    unsigned = ~plus
    rows = np.flatnonzero(value < POWERS[np.maximum(length - 2, 0)])
    two = rows[value[rows] >= POWERS[np.maximum(length[rows] - 3, 0)]]
    plain[two] &= zeros[two]  # two zeros behind a plus, or with punctuation, are looked at closely
    dials_00 = dialling_00(home)
    if not dials_00.all():
        plain[zeros & ~dials_00] = False  # two numbers may be meant: looked at closely
        zeros &= dials_00
    length = length - 2 * zeros
    rows = np.flatnonzero(supplied := unsigned & ~zeros & (home < 0) & ~stranger)
    supplied[rows] = value[rows] >= POWERS[np.maximum(length[rows] - 1, 0)]
    read = digits.Digits(value, length, plus | zeros | supplied, zeros, plain, beyond)
    number, kind = decide(read, home)
    own = np.zeros(len(kind), dtype=bool)
    rows = np.flatnonzero(unsigned & ~zeros & (home >= 0) & plain & (kind != KINDS.index(MOBILE)))
    if len(rows):
        part = read.at(rows)
        number[rows], kind[rows], own[rows] = with_own_code(part, home[rows], number[rows], kind[rows])
    repairs = _BIT["zeros"] * zeros + _BIT["plus"] * supplied + _BIT["own_code"] * own
    answer = _honest(_OF_KIND[kind], stranger)
    return number, answer, repairs, np.where(supplied & plain, value, 0)


def _closely(raw: Any, home: NDArray[np.int16], stranger: NDArray[np.bool_]) -> _Read:
    """The same for any cells: what happened to them is mended where that is certain, or named."""
    raw, other_script = digits_in_ascii(without_padding(raw))
    nowhere = home < 0
    shape, which, dials_00, no_region = shapes.of_calls(raw, dialling_00(home), nowhere & ~stranger)
    text, repairs, in_front = mend(shape)
    unsure = (_where(begin_with_00(text)) & ~np.asarray(dials_00))[which]
    lost = pc.if_else(pc.is_null(text), "missing", damage(text))
    text = pc.if_else(pc.is_valid(lost), pa.scalar(None, STRING), text)
    text, more = international(text, dials_00, no_region)
    repairs |= more
    left_out = np.asarray(in_front) + 2 * _where(repairs["zeros"])  # 00
    whole = Cells(raw, left_out[which], np.asarray(digits_in(text))[which], spelled(text).at(which))
    damaged = _where(pc.is_valid(lost))
    answer = np.zeros(len(shape), dtype=np.int8)
    answer[damaged] = pc.index_in(lost.filter(pa.array(damaged)), pa.array(_ANSWERS, STRING))
    made = sum(_BIT[name] * _where(here).astype(np.int16) for name, here in repairs.items())
    answer, made = answer[which], made[which] | _BIT["digits"] * other_script

    rows = np.flatnonzero(~damaged[which])
    number, kind = np.zeros(len(which), dtype=np.int64), np.full(len(which), UNDECIDED, dtype=np.int8)
    bare = np.zeros(len(which), dtype=np.int64)
    if not len(rows):
        return number, answer, made, bare
    number[rows], kind[rows] = verdicts(whole.at(rows), home[rows])
    decimals = with_decimals(text, which, whole, home)
    known = (kind >= 0) & (kind < len(metadata.KINDS))
    supplied = _where(repairs["plus"])[which] if "plus" in repairs else np.zeros(len(which), dtype=bool)
    own = known & ~nowhere & ~_where(pc.fill_null(pc.match_substring(text, "+"), fill_value=True))[which]
    asked = np.flatnonzero(own | supplied & known & ~decimals)
    if len(asked):
        part = whole.at(asked)
        read = part.digits(part.total)
        bare[asked] = np.where(supplied[asked] & ~decimals[asked], read.value, 0)
        (some,) = np.nonzero(own[asked])
        asked = asked[some]
        number[asked], kind[asked], repaired = with_own_code(
            read.at(some), home[asked], number[asked], kind[asked]
        )
        made[asked] |= _BIT["own_code"] * repaired
    answer[rows] = _honest(_OF_KIND[kind[rows]], stranger[rows])
    answer[decimals] = _PLACE["decimals"]
    if len(rows := np.flatnonzero(unsure)):
        _with_zeros(raw, home, rows, number, answer, made)
    return number, answer, made, bare


def _with_zeros(
    raw: Any,
    home: NDArray[np.int16],
    rows: NDArray[np.intp],
    number: NDArray[np.int64],
    answer: NDArray[np.int8],
    made: NDArray[np.int16],
) -> None:
    """Cells that begin with 00 where that does not dial abroad, as `exit_codes` says."""
    nowhere = np.full(len(rows), -1, dtype=np.int16)
    known = np.zeros(len(rows), dtype=bool)  # no region that does not exist
    other, said, repaired, _ = _read_cells(raw.take(pa.array(rows)), nowhere, known)
    exist = _usable("valid")
    dialled, plus = (
        Reading(each, exist[what], what == _PLACE[MOBILE])
        for each, what in ((number[rows], answer[rows]), (other, said))
    )
    taken, either = with_00_as_plus(dialled, plus, home[rows])
    answer[rows[either]] = _PLACE["two_readings"]
    rows = rows[taken]
    number[rows], answer[rows] = other[taken], said[taken]
    made[rows] = made[rows] & _BIT["digits"] | repaired[taken]


def _where(here: Any) -> NDArray[np.bool_]:
    """A boolean array of Arrow as one of NumPy; where nothing is known, False."""
    return np.asarray(pc.fill_null(here, fill_value=False))


def _honest(answer: NDArray[np.int8], stranger: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Without blaming the digits for a region that is none."""
    answer[stranger & (answer == _PLACE["national_form"])] = _PLACE["unknown_region"]
    return answer
