"""
libphonenumber's verdict on repaired numbers: E.164 and kind, or what is wrong.

`fast.classify` decides whatever is nothing but digits and usual punctuation, by columns. The rest is read by
the ``phonenumbers`` package itself, each different one once.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING
from smsframe.phones import spelling
from smsframe.phones.fast import digits, metadata
from smsframe.phones.fast.classify import decide
from smsframe.phones.fast.metadata import (
    MOBILE,
    MOST,
    TYPES,
    calling_code,
    calling_codes,
    dialling_00,
    longer_numbers,
    regions,
)
from smsframe.phones.fast.ranges import POWERS, UNDECIDED
from smsframe.phones.repair import before_decimals
from smsframe.phones.spelling import spelled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from smsframe.phones.fast.digits import Digits
    from smsframe.phones.spelling import Spelling

KINDS: Final = (*metadata.KINDS, "two_numbers", "extension", "not_a_number")

VALID: Final = [KINDS.index(kind) for kind in TYPES.values()]
"""The places of the kinds that exist, whether they can receive a text or not."""
_SAID: Final = {
    spelling.NO_NUMBER: KINDS.index("not_a_number"),
    spelling.TWO_NUMBERS: KINDS.index("two_numbers"),
    spelling.TOO_LONG: KINDS.index("too_long"),
}
_NOBODYS: Final = [KINDS.index("unknown_country"), KINDS.index("national_form")]


class Cells(NamedTuple):
    """
    Cells that are more than digits and usual punctuation.

    Attributes:
        text: Large strings, in which all digits are ASCII.
        left_out: How many of the first digits of each do not belong to its number (int64).
        total: How many digits follow these, before what else is left out (int64).
        spelling: How these are spelled.
    """

    text: Any
    left_out: NDArray[np.int64]
    total: NDArray[np.int64]
    spelling: Spelling

    def at(self, rows: NDArray[np.intp]) -> Cells:
        """Those of some rows."""
        text = self.text.take(pa.array(rows))
        return Cells(text, self.left_out[rows], self.total[rows], self.spelling.at(rows))

    def digits(self, count: NDArray[np.int64] | None = None) -> Digits:
        """The digits of the numbers, or so many."""
        found = digits.all_in(self.text, self.left_out, self.spelling.length if count is None else count)
        return found._replace(plus=self.spelling.plus)


def verdicts(cells: Cells, home: NDArray[np.int16]) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """
    E.164 and kind of every cell.

    Args:
        cells: The repaired cells.
        home: Per cell the place in ``regions()`` of the region whose national form may be meant, or -1.

    Returns:
        The digits of E.164 as an integer, and the place of the kind in ``KINDS``.
    """
    read = cells.digits()
    said, heads = cells.spelling.said, cells.spelling.heads
    two = np.zeros(len(home), dtype=bool)
    for head in heads.T:
        rows = np.flatnonzero((head > 0) & ~two & np.isin(said, [spelling.NUMBER, *_SAID, spelling.EXTENDED]))
        if len(rows):
            first = read.at(rows).first(head[rows])
            _, kind = _decided(cells, rows, head[rows], first, home[rows])
            two[rows] = np.isin(kind, VALID)
            unsure = np.flatnonzero((kind == KINDS.index("too_long")) & _may_be_longer(first, home[rows]))
            if len(unsure):
                rows = rows[unsure]
                two[rows] = _exist(cells, rows, head[rows], home[rows])
    number = np.zeros(len(home), dtype=np.int64)
    kind = np.full(len(home), KINDS.index("two_numbers"), dtype=np.int8)
    for what, place in _SAID.items():
        kind[said == what] = place
    kind[two & (said != spelling.TOO_LONG)] = KINDS.index("two_numbers")
    rows = np.flatnonzero((said == spelling.NUMBER) & ~two)
    if len(rows):
        number[rows], kind[rows] = _decided(
            cells, rows, cells.spelling.length[rows], read.at(rows), home[rows]
        )
    rows = np.flatnonzero((said == spelling.EXTENDED) & ~two)
    if len(rows):
        kind[rows] = _extended(cells, rows, read.at(rows), home[rows])
    return number, kind


def with_decimals(
    text: Any, which: NDArray[np.int64], cells: Cells, home: NDArray[np.int16]
) -> NDArray[np.bool_]:
    """
    Cells that are a whole number, a dot and zeros: with these as digits they may be a stranger's.

    Args:
        text: The repaired shapes, a large-string array.
        which: Which of them each cell has.
        cells: The cells.
        home: As for `verdicts`.
    """
    found = np.zeros(len(home), dtype=bool)
    heads = before_decimals(text)
    rows = np.flatnonzero(np.asarray(pc.is_valid(heads))[which])
    if len(rows):
        part = cells.at(rows)._replace(spelling=spelled(heads).at(which[rows]))
        found[rows] = np.isin(verdicts(part, home[rows])[1], VALID)
    return found


def _may_be_longer(read: Digits, home: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Numbers with more digits than ITU-T E.164 allows that the library may know all the same."""
    codes = calling_codes()[read.value // POWERS[np.maximum(read.length - 3, 0)] % 1000]
    longer = read.length + read.beyond > np.where(read.plus, MOST, MOST - 3)  # with its country's code
    for place in np.unique(home[longer & ~read.plus]):
        codes[(home == place) & ~read.plus] = calling_code(regions()[place]) if place >= 0 else 0
    known: NDArray[np.bool_] = longer_numbers()[codes]
    return longer & (known | ~read.plus & ~dialling_00(home))


def _exist(
    cells: Cells, rows: NDArray[np.intp], count: NDArray[np.int64], home: NDArray[np.int16]
) -> NDArray[np.bool_]:
    """Whether the library takes the first digits of some rows for an existing number."""
    which, different = _different(cells, rows, count, home)
    return np.array([_exists(text, place) for text, place in different])[which]


def _decided(
    cells: Cells, rows: NDArray[np.intp], count: NDArray[np.int64], read: Digits, home: NDArray[np.int16]
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """The verdicts on the first digits of some rows."""
    number, kind = decide(read, home)
    rest = np.flatnonzero(kind == UNDECIDED)
    if len(rest):
        number[rest], kind[rest] = _asked(cells, rows[rest], count[rest], home[rest])
    return number, kind


def _extended(
    cells: Cells, rows: NDArray[np.intp], read: Digits, home: NDArray[np.int16]
) -> NDArray[np.int8]:
    """The kinds of numbers with an extension: what is wrong with the number itself is found first."""
    _, kind = decide(read, home)
    rest = np.flatnonzero((kind == UNDECIDED) | (read.beyond > 0) & ~np.isin(kind, _NOBODYS))
    kind = np.where(np.isin(kind, _NOBODYS), kind, KINDS.index("extension")).astype(np.int8)
    if len(rest):
        count = cells.spelling.length[rows[rest]]
        kind[rest] = _asked(cells, rows[rest], count, home[rest], behind=";1")[1]
    return kind


def _asked(
    cells: Cells,
    rows: NDArray[np.intp],
    count: NDArray[np.int64],
    home: NDArray[np.int16],
    behind: str = "",
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """What the library says of the first digits of some rows."""
    which, different = _different(cells, rows, count, home, behind)
    answers = [_verdict(text, place) for text, place in different]
    number = np.array([answer for answer, _ in answers])[which]
    return number, np.array([KINDS.index(answer) for _, answer in answers], dtype=np.int8)[which]


def _different(
    cells: Cells,
    rows: NDArray[np.intp],
    count: NDArray[np.int64],
    home: NDArray[np.int16],
    behind: str = "",
) -> tuple[NDArray[np.intp], Any]:
    """Which of the different numbers each is, and these: the library reads one at a time, some 30 µs each."""
    written = digits.written(cells.text.take(pa.array(rows)), cells.left_out[rows], count)
    plus = pc.if_else(pa.array(cells.spelling.plus[rows]), "+", "")
    text = pc.binary_join_element_wise(
        plus.cast(STRING), written, pa.scalar(behind, STRING), pa.scalar("", STRING)
    )
    which, different = pd.MultiIndex.from_arrays([text.to_pylist(), home]).factorize()
    return which, different


def _exists(text: str, place: int) -> bool:
    import phonenumbers as library  # noqa: PLC0415 - as below

    try:
        return bool(library.is_valid_number(library.parse(text, None if place < 0 else regions()[place])))
    except library.NumberParseException:
        return False


def _verdict(text: str, place: int) -> tuple[int, str]:
    import phonenumbers as library  # noqa: PLC0415 - takes longer to load than the rest of smsframe

    home = None if place < 0 else regions()[place]
    try:
        number = library.parse(text, home)
    except library.NumberParseException as error:
        return 0, _unparsed(error.error_type, text)
    if number.extension:
        return 0, "extension"
    phone = library.format_number(number, library.PhoneNumberFormat.E164)
    if len(phone) > MOST + 1:
        return 0, "too_long"
    kind = _kinds().get(library.number_type(number))
    return int(phone), kind or _lengths()[library.is_possible_number_with_reason(number)]


def _unparsed(error: int, text: str) -> str:
    from phonenumbers import NumberParseException as Error  # noqa: PLC0415 - see above

    if error == Error.INVALID_COUNTRY_CODE:
        return "unknown_country" if "+" in text else "national_form"
    return {Error.NOT_A_NUMBER: "not_a_number", Error.TOO_LONG: "too_long"}.get(error, "too_short")


@cache
def _kinds() -> dict[int, str]:
    from phonenumbers import PhoneNumberType as Type  # noqa: PLC0415 - see above

    named = {getattr(Type, name.upper()): kind for name, kind in TYPES.items()}
    return {**named, Type.FIXED_LINE_OR_MOBILE: MOBILE}


@cache
def _lengths() -> dict[int, str]:
    from phonenumbers import ValidationResult as Result  # noqa: PLC0415 - see above

    return {
        Result.IS_POSSIBLE: "not_in_use",
        Result.IS_POSSIBLE_LOCAL_ONLY: "too_short",
        Result.TOO_SHORT: "too_short",
        Result.TOO_LONG: "too_long",
        Result.INVALID_LENGTH: "wrong_length",
        Result.INVALID_COUNTRY_CODE: "unknown_country",
    }
