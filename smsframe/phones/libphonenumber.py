"""
libphonenumber's verdict on repaired numbers: E.164 and kind, or what is wrong.

`fast.classify` decides whatever is nothing but digits and usual punctuation, by columns. The rest is read by
the ``phonenumbers`` package itself, each different one once.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, raw
from smsframe.phones.fast import digits, metadata
from smsframe.phones.fast.classify import decide
from smsframe.phones.fast.metadata import MOBILE, MOST, TYPES, regions
from smsframe.phones.fast.ranges import UNDECIDED
from smsframe.phones.marks import SEPARATING
from smsframe.phones.repair import SEPARATORS, Characters
from smsframe.phones.shapes import by_shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS: Final = (*metadata.KINDS, "two_numbers", "extension", "not_a_number")

FEWEST: Final = 7  # digits that a number has at least, for what we say of shorter ones

_LONGEST = 250  # characters; libphonenumber refuses longer ones
_MOST_CUTS: Final = 12  # separators in a cell; with more, it is left to the library
_UNUSUAL: Final = rf"[^0-9+/,;#{SEPARATING}]"
_IS_DIGIT: Final = np.isin(np.arange(256), [*b"0123456789"])
_DIVIDES: Final = np.isin(np.arange(256), [*SEPARATORS.encode()])
VALID: Final = [KINDS.index(kind) for kind in TYPES.values()]
"""The places of the kinds that exist, whether they can receive a text or not."""
_SEPARATOR = re.compile(f"[{SEPARATORS}]")


def verdicts(text: Any, home: NDArray[np.int16]) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """
    E.164 and kind of every cell.

    Args:
        text: Repaired cells, a large-string array.
        home: Per cell the place in ``regions()`` of the region whose national form may be meant, or -1.

    Returns:
        The digits of E.164 as an integer, and the place of the kind in ``KINDS``, or -1 without a text.
    """
    number, kind = decide(digits.read(text), home)
    rest = np.flatnonzero((kind == UNDECIDED) & pc.is_valid(text).to_numpy(zero_copy_only=False))
    if len(rest):
        number[rest], kind[rest] = _spelled(text.take(pa.array(rest)), home[rest])
        rest = rest[kind[rest] == UNDECIDED]
    if len(rest):
        # The library reads one number at a time, some 30 µs each; so each different one is read once.
        cells = pd.DataFrame({"text": text.take(pa.array(rest)).to_pylist(), "home": home[rest]})
        which, different = pd.MultiIndex.from_frame(cells).factorize()
        answers = [_verdict(text, place) for text, place in different]
        number[rest] = np.array([answer for answer, _ in answers])[which]
        kind[rest] = np.array([KINDS.index(answer) for _, answer in answers])[which]
    return number, kind


def _spelled(text: Any, home: NDArray[np.int16]) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """
    The same for cells with more than digits and usual punctuation in them, by columns as far as that goes.

    The library begins at the first plus or digit, leaves out what stands at the end and the punctuation
    between digits, and takes nothing with anything else in it for a number.
    """
    bare, beside = by_shape(_bare, text)
    number, kind = decide(digits.read(bare), home)
    undecided = kind == UNDECIDED
    divided, unusual = (np.asarray(beside[name]) for name in ("divided", "unusual"))
    if (undecided & divided).any():
        rows = np.flatnonzero(undecided & divided)
        number[rows], kind[rows] = _divided(text.take(pa.array(rows)), home[rows])
    kind[undecided & ~divided & unusual] = KINDS.index("not_a_number")
    kind[np.asarray(pc.utf8_length(text)) > _LONGEST] = KINDS.index("too_long")
    return number, kind


def _bare(text: Any) -> tuple[Any, dict[str, Any]]:
    """
    Cells from the first plus or digit to the last digit or letter, without what separates digits.

    And which of them have one of ``SEPARATORS``, and which have what no number has, once they are bare.
    """
    there = Characters(text)
    bare = text
    if there.any(r"[^0-9+ ()\[\]\-/]"):  # a dot too: what is behind the last one may be zeros
        bare = _sub(_sub(text, "^[^0-9+]+", ""), r"[^\p{N}\p{L}#]+$", "")
        bare = _sub(bare, f"[{SEPARATING}]+", "")
    return bare, {
        "divided": pc.match_substring_regex(text, f"[{SEPARATORS}]"),
        "unusual": pc.match_substring_regex(bare, _UNUSUAL),
    }


def _divided(text: Any, home: NDArray[np.int16]) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Cells with one of ``SEPARATORS`` in them, as `_several` decides: cut at the first, and every slash."""
    number = np.zeros(len(text), dtype=np.int64)
    kind = np.full(len(text), UNDECIDED, dtype=np.int8)
    begins, ends, content = raw(text)
    before = np.concatenate([[0], np.cumsum(_IS_DIGIT[content])])  # digits before each byte
    cuts = np.flatnonzero(_DIVIDES[content])
    first = np.searchsorted(cuts, begins)
    count = np.searchsorted(cuts, ends) - first
    # For the library a slash is punctuation; the others may begin an extension.
    one = ~_where(text, rf"[{SEPARATORS[1:]}#]|\+.*\+") & (count < _MOST_CUTS)
    one &= before[ends] - before[begins] <= MOST
    going = np.arange(len(text))
    for place in range(_MOST_CUTS):
        going = going[count[going] > place]
        if not len(going):
            break
        cut = cuts[first[going] + place]
        left, right = before[cut] - before[begins[going]], before[ends[going]] - before[cut]
        two = (np.minimum(left, right) >= FEWEST - 1) & (left + right > MOST)
        asked = np.flatnonzero((left >= FEWEST) & (right > 0) & ~two)
        if len(asked):
            head = _joined(content, begins[going[asked]], cut[asked])
            two[asked] = np.isin(verdicts(head, home[going[asked]])[1], VALID)
        two &= (left >= FEWEST) & (right > 0)
        kind[going[two]] = KINDS.index("two_numbers")
        going = going[~two & one[going]]
    rows = np.flatnonzero(one & (kind == UNDECIDED))
    if len(rows):
        number[rows], kind[rows] = verdicts(_joined(content, begins[rows], ends[rows]), home[rows])
    return number, kind


def _joined(content: NDArray[np.uint8], begins: NDArray[np.int64], ends: NDArray[np.int64]) -> Any:
    """Pieces of a run of bytes as a column of text, without what divides them."""
    size = ends - begins
    piece = np.repeat(begins - np.concatenate([[0], np.cumsum(size)[:-1]]), size) + np.arange(size.sum())
    stays = ~_DIVIDES[content[piece]]
    kept = np.concatenate([[0], np.cumsum(stays)])[np.concatenate([[0], np.cumsum(size)])].astype(np.int64)
    written = content[piece[stays]].tobytes()
    return pa.Array.from_buffers(STRING, len(begins), [None, pa.py_buffer(kept), pa.py_buffer(written)])


def _where(text: Any, pattern: str) -> NDArray[np.bool_]:
    return np.asarray(pc.match_substring_regex(text, pattern))


def _sub(text: Any, pattern: str, replacement: str) -> Any:
    return pc.replace_substring_regex(text, pattern=pattern, replacement=replacement)


def _verdict(text: str, place: int) -> tuple[int, str]:
    import phonenumbers as library  # noqa: PLC0415 - takes longer to load than the rest of smsframe

    home = None if place < 0 else regions()[place]
    if len(text) > _LONGEST:
        return 0, "too_long"
    if _several(text, home):
        return 0, "two_numbers"
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


def _several(text: str, home: str | None) -> bool:
    """
    Whether the cell holds two numbers: two long runs of digits, or a whole number and something after it.

    Only the library can tell: ``0171/3920012`` is one number, ``01713920012/13`` are two.
    """
    import phonenumbers as library  # noqa: PLC0415 - see above

    for cut in _SEPARATOR.finditer(text):
        before, after = (sum(map(str.isdecimal, part)) for part in (text[: cut.start()], text[cut.end() :]))
        if after and before >= FEWEST:
            if min(before, after) >= FEWEST - 1 and before + after > MOST:
                return True
            try:
                if library.is_valid_number(library.parse(text[: cut.start()], home)):
                    return True
            except library.NumberParseException:
                continue
    return False


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
