"""
A column of messy phone numbers → E.164, or the reason why not.

The verdict is libphonenumber's (the ``phonenumbers`` package) on the repaired string; what is repaired and
what is refused before it is asked stands in `repair`. Nothing here reaches for the network or a clock.
"""

from __future__ import annotations

import difflib
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, in_parts
from smsframe.errors import ContactsError
from smsframe.masking import mask
from smsframe.phones import cells
from smsframe.phones.codes import CODES, OTHER_KINDS, REPAIRS
from smsframe.phones.fast import digits
from smsframe.phones.fast.classify import decide
from smsframe.phones.fast.metadata import MOBILE, MOST, POWERS, dialling_00, regions
from smsframe.phones.libphonenumber import FEWEST, KINDS, verdicts
from smsframe.phones.repair import damage, international, mend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

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
_UNDECIDED: Final = -1
_SHOWN: Final = 20  # characters of what is no region
_OF_KIND: Final = np.array([*(_PLACE[kind] for kind in KINDS), _UNDECIDED], dtype=np.int8)  # -1 is the last
_BIT: Final = {name: 2**place for place, name in enumerate(REPAIRS)}
_MADE: Final = [
    ",".join(name for name, bit in _BIT.items() if made & bit) or None for made in range(2 ** len(REPAIRS))
]

_WRITTEN = r"^[+0-9 ()\[\]./~\x{2010}-\x{2015}\x{2212}\x{FF0D}-]+$"
_ROUNDED = r"^[0-9][.,]?[0-9]*E\+?(?:9|1[0-4])$"
_DATE = r"^(?:[12][0-9]{3}(?:[-./][0-9]{1,2}){2}|(?:[0-9]{1,2}[-./]){2}[12][0-9]{3})(?: |$)"
_AMOUNT = r"^[0-9]+\.[0-9]{1,2}$"


def read(column: pd.Series, region: str | pd.Series | None = None, numbers: str = "mobile") -> pd.DataFrame:
    """
    Read a column of phone numbers, however they arrived.

    Args:
        column: Any dtype: strings, integers, floats, categories, mixed objects.
        region: Whose national forms are meant: a two-letter ISO code for all rows, or one per row, aligned by
            position, where a gap means none.
        numbers: What counts as usable: ``mobile`` (can receive a text), ``valid`` (exists), ``possible`` (has
            a right length).

    Returns:
        One row per cell, with a RangeIndex: all columns strings: ``phone`` (E.164, missing unless usable),
        ``code`` and ``reason`` (missing where usable), ``repair`` (``invisible``, ``apostrophe``, ``digits``,
        ``decimal``, ``zeros``, ``plus``, joined by commas; missing where none was made).

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
    number, answer, made = _answers(column, region, usable)
    fine = usable[answer]
    return pd.DataFrame(
        {
            "phone": _phones(number, fine),
            "code": _named([None, *CODES], answer, fine),
            "reason": _named([None, *CODES.values()], answer, fine),
            "repair": _named(_MADE, made, made == 0),
        }
    )


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
    usable = _usable(numbers)
    number, answer, _ = _answers(column, region, usable)
    return pd.Series(_phones(number, usable[answer]).array, index=column.index, name=column.name)


def looks_like_phones(column: pd.Series, sample: int = 1000) -> bool:
    """
    Whether most cells at the head of a column read like phone numbers.

    Seven to fifteen digits once the usual separators are gone, and neither dates nor amounts. It looks at the
    content only: a column of long customer numbers looks like phones too.

    Args:
        column: Any dtype.
        sample: How many cells to look at.

    Example:
        >>> looks_like_phones(pd.Series(["347 123 4567", None])), looks_like_phones(pd.Series(["2026-11-22"]))
        (True, False)
    """
    present = column[column.notna()].head(sample)
    text, _ = mend(cells.numbers(present))
    text = text.drop_null()
    digits = pc.count_substring_regex(text, pattern="[0-9]")
    like = pc.and_(
        pc.and_(pc.greater_equal(digits, FEWEST), pc.less_equal(digits, MOST)),
        pc.and_not(
            pc.match_substring_regex(text, _WRITTEN), pc.match_substring_regex(text, f"{_DATE}|{_AMOUNT}")
        ),
    )
    like = pc.or_(like, pc.match_substring_regex(text, _ROUNDED))
    return bool(2 * (pc.sum(like).as_py() or 0) > len(present))


def _usable(numbers: str) -> NDArray[np.bool_]:
    """By the place of an answer: whether such a number is usable."""
    if numbers not in NUMBERS:
        raise ContactsError(f"numbers={mask(repr(numbers))} is not one of {', '.join(map(repr, NUMBERS))}.")
    return np.array([answer in _USABLE[numbers] for answer in _ANSWERS])


def _answers(
    column: pd.Series, region: str | pd.Series | None, usable: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.int8]]:
    """Numbers, answers and repairs of all cells."""
    raw = cells.numbers(column)
    home, stranger = _homes(region, len(raw))
    # Nearly every cell of a good table is digits and punctuation; only the others are looked at closely.
    number, answer, made = in_parts(partial(_plainly, usable), raw, home, stranger)
    rest = np.flatnonzero(answer == _UNDECIDED)
    if len(rest):
        closely = _closely(usable, raw.take(pa.array(rest)), home[rest], stranger[rest])
        number[rest], answer[rest], made[rest] = closely
    return number, answer, made


def _phones(number: NDArray[np.int64], fine: NDArray[np.bool_]) -> pd.Series:
    """Numbers as text, where they are fine."""

    def written(number: NDArray[np.int64], fine: NDArray[np.bool_]) -> tuple[Any]:
        digits = pa.array(number, mask=~fine).cast(STRING)
        return (pc.binary_join_element_wise(pa.scalar("+", STRING), digits, pa.scalar("", STRING)),)

    (phones,) = in_parts(written, number, fine)
    return pd.Series(phones, dtype="string[pyarrow]")


def _named(names: Sequence[str | None], places: NDArray[np.int8], none: NDArray[np.bool_]) -> pd.Series:
    if none.all():
        return pd.Series(pa.nulls(len(places), STRING), dtype="string[pyarrow]")
    return pd.Series(pa.array(names, STRING).take(pa.array(places, mask=none)), dtype="string[pyarrow]")


def _homes(region: str | pd.Series | None, length: int) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """Per row the place of its region in ``regions()`` or -1, and whether something else stood there."""
    if region is None or isinstance(region, str):
        home = -1 if region is None else regions().index(_supported(region))
        return np.full(length, home, dtype=np.int16), np.zeros(length, dtype=bool)
    if not isinstance(region, pd.Series):
        raise ContactsError(f"region= must be an ISO code or a column of them, not {type(region).__name__}.")
    if len(region) != length:
        raise ContactsError(f"There are {len(region)} regions for {length} phone numbers; give one per row.")
    given = cells.labels(region).dictionary_encode()
    names = [name.strip().upper() for name in given.dictionary.to_pylist()]
    known = {name: place for place, name in enumerate(regions())}
    # A gap takes the last: neither a region nor anything else.
    places = np.array([*(known.get(name, -1) for name in names), -1], dtype=np.int16)
    strange = np.array([*(bool(name) and name not in known for name in names), False])
    which = given.indices.fill_null(len(names)).to_numpy(zero_copy_only=False)
    return places[which], strange[which]


def _supported(region: str) -> str:
    if (name := region.strip().upper()) in regions():
        return name
    near = difflib.get_close_matches(name, regions(), n=3, cutoff=0.5)
    hint = {"UK": ["GB"], "EL": ["GR"]}.get(name, near) or ["IT", "US"]
    shown = region if len(region) <= _SHOWN else region[:_SHOWN] + "…"
    raise ContactsError(
        f"region={mask(repr(shown))} is none of the {len(regions())} two-letter ISO codes it may be, "
        f"such as {', '.join(hint)}."
    )


def _plainly(
    usable: NDArray[np.bool_], raw: Any, home: NDArray[np.int16], stranger: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.int8]]:
    """Numbers, answers and repairs of cells that are nothing but digits and punctuation."""
    value, length, plus, zeros, plain = digits.read(raw)
    unsigned = ~plus
    zeros &= dialling_00(home)
    # Other zeros in front are looked at closely.
    plain &= plus | zeros | (value >= POWERS[np.maximum(length - 2, 0)])
    length = length - 2 * zeros
    supplied = unsigned & ~zeros & (home < 0) & ~stranger & (value >= POWERS[np.maximum(length - 1, 0)])
    number, kind = decide(digits.Digits(value, length, plus | zeros | supplied, zeros, plain), home)
    answer = _honest(_OF_KIND[kind], length, supplied & ~usable[_OF_KIND[kind]], stranger)
    return number, answer, (_BIT["zeros"] * zeros + _BIT["plus"] * supplied).astype(np.int8)


def _closely(
    usable: NDArray[np.bool_], raw: Any, home: NDArray[np.int16], stranger: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.int8]]:
    """The same for any cells: what happened to them is mended where that is certain, or named."""
    text, repairs = mend(raw)
    lost = pc.if_else(pc.is_null(text), "missing", damage(text))
    text = pc.if_else(pc.is_valid(lost), pa.scalar(None, STRING), text)
    nowhere = home < 0
    text, more = international(text, pa.array(dialling_00(home)), pa.array(nowhere & ~stranger))
    made = sum(
        _BIT[name] * pc.fill_null(here, fill_value=False).to_numpy(zero_copy_only=False)
        for name, here in {**repairs, **more}.items()
    )
    number, kind = verdicts(text, home)
    length = pc.fill_null(pc.count_substring_regex(text, pattern="[0-9]"), 0).to_numpy(zero_copy_only=False)
    supplied = pc.fill_null(more["plus"], fill_value=False).to_numpy(zero_copy_only=False)
    answer = _honest(_OF_KIND[kind], length, supplied & ~usable[_OF_KIND[kind]], stranger)
    damaged = pc.is_valid(lost).to_numpy(zero_copy_only=False)
    answer[damaged] = pc.index_in(lost.filter(pa.array(damaged)), pa.array(_ANSWERS, STRING))
    return number, answer, made.astype(np.int8)


def _honest(
    answer: NDArray[np.int8], length: NDArray[Any], supplied: NDArray[np.bool_], stranger: NDArray[np.bool_]
) -> NDArray[np.int8]:
    """Without blaming the digits for a country code that was ours or never there."""
    likely = supplied & (length >= FEWEST) & (length <= MOST)
    answer[likely & np.isin(answer, [_PLACE[name] for name in _MISLEADING])] = _PLACE["national_form"]
    answer[stranger & (answer == _PLACE["national_form"])] = _PLACE["unknown_region"]
    return answer
