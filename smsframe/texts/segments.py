r"""
Which encoding a text needs, and how many segments it is billed as.

The GSM 7-bit default alphabet and its extension table are those of 3GPP TS 23.038 §6.2.1 and §6.2.1.1; a text
with any other character goes as UCS-2 (§6.2.3, in practice UTF-16). One segment carries 140 octets: 160 GSM
characters or 70 of UCS-2. Concatenated segments give six of them to the header of 3GPP TS 23.040 §9.2.3.24.1
and carry 153 or 67. A character of the extension table takes two units, as does one outside the basic
multilingual plane; neither is cut by the border of a segment (TS 23.038 §6.2.1.1).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, any_in, dense, in_parts, is_view, raw, strings
from smsframe.errors import TextError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

GSM: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet in the order of its codes, without the escape at 27, which is no character."""

GSM_EXTENSION: Final = "\f^{}\\[~]|€"
"""The extension table: two units each."""

MAX_SEGMENTS: Final = 255
"""Segments of one text at most: they are numbered in one octet (3GPP TS 23.040 §9.2.3.24.1)."""

ENCODINGS: Final = pd.CategoricalDtype(["gsm", "ucs2"])

_WHOLE: Final = {"gsm": 160, "ucs2": 70}  # units of a text that needs no header
_PART: Final = {"gsm": 153, "ucs2": 67}

LONGEST: Final = MAX_SEGMENTS * _PART["gsm"]
"""Units of the longest text that any gateway can send."""

_OUTSIDE = f"[^{re.escape(GSM + GSM_EXTENSION)}]"
_WIDE: Final = {"gsm": f"[{re.escape(GSM_EXTENSION)}]", "ucs2": r"[\x{10000}-\x{10FFFF}]"}
_SINGLE = "".join(c for c in GSM if c.isascii())
_PLAIN: Final = np.isin(np.arange(256), list(_SINGLE.replace("$", "").encode()))
_SPECIAL: Final = ~_PLAIN
_NARROW: Final = {  # bytes with which no wide character begins
    "gsm": ~np.isin(np.arange(256), [character.encode()[0] for character in GSM_EXTENSION]),
    "ucs2": np.arange(256) < 0xF0,  # noqa: PLR2004 - where four bytes of UTF-8 begin
}
_PAGE = 2**20
_LEAD = "\x1b"  # marks the first unit of a wide character; no text keeps an escape of its own beside it


class Measure(NamedTuple):
    """
    The lengths of texts, or of parts of texts: an array per count, by position.

    The measure of a text is the sum of those of its parts, so a part that many texts share is measured once.

    Attributes:
        characters: How many there are.
        extended: How many of them are in GSM's extension table: one unit more each, in GSM.
        astral: How many are outside the basic multilingual plane: one unit more each, in UCS-2.
        outside: Whether any is outside GSM, so that the whole text goes as UCS-2.
    """

    characters: NDArray[np.int32]
    extended: NDArray[np.int32]
    astral: NDArray[np.int32]
    outside: NDArray[np.bool_]

    def __add__(self, other: object) -> Measure:
        """The measure of texts made of these parts and of those."""
        if not isinstance(other, Measure):
            return NotImplemented
        return Measure(
            self.characters + other.characters,
            self.extended + other.extended,
            self.astral + other.astral,
            self.outside | other.outside,
        )

    def repeated(self, rows: int) -> Measure:
        """The one measure there is, for so many rows."""
        return Measure(
            np.repeat(self.characters, rows),
            np.repeat(self.extended, rows),
            np.repeat(self.astral, rows),
            np.repeat(self.outside, rows),
        )


def measure(text: Any) -> Measure:
    """The measure of each text of an Arrow array of large strings; nulls are as empty."""
    return Measure(*in_parts(_measure, text))


def _measure(text: Any) -> Measure:
    begins, ends, seen = raw(text)
    characters = (ends - begins).astype(np.int32)  # as long as each is one byte
    if text.null_count:  # below which any bytes may stand
        characters[_numpy(pc.is_null(text), bool)] = 0
    extended, astral = np.zeros_like(characters), np.zeros_like(characters)
    outside = np.zeros(len(characters), dtype=bool)
    special = _SPECIAL.take(seen)
    if special.any():
        unusual = np.flatnonzero(any_in(special, begins, ends))
        remainder = text.take(pa.array(unusual))
        characters[unusual] = _numpy(pc.utf8_length(remainder), np.int32)
        needs_ucs2 = _numpy(pc.match_substring_regex(remainder, _OUTSIDE), bool)
        outside[unusual] = needs_ucs2
        for name, units, rows in (("gsm", extended, ~needs_ucs2), ("ucs2", astral, needs_ucs2)):
            texts = remainder.filter(pa.array(rows))
            if not made_of(texts, _NARROW[name]):
                units[unusual[rows]] = _numpy(pc.count_substring_regex(texts, _WIDE[name]), np.int32)
    return Measure(characters, extended, astral, outside)


def is_gsm(text: str) -> bool:
    """Whether one text is all of the GSM alphabet and its extension."""
    return re.search(_OUTSIDE, text) is None


def is_plain(text: Any) -> bool:
    """
    Whether a whole Arrow array of large strings is digits, Latin letters and simple punctuation.

    Each such character is one byte and one unit in both encodings, and nothing the gateway stumbles over.
    """
    return made_of(text, _PLAIN)


def made_of(text: Any, bytes_: NDArray[np.bool_]) -> bool:
    """
    Whether every byte of an array is one of these.

    A look at the bytes settles for most columns what would be asked of each text, and page by page a column
    that is otherwise is found out at once.
    """
    _, _, seen = raw(text)
    those = np.flatnonzero(bytes_).astype(np.uint8).tobytes()  # without which nothing may be left of a page
    return not any(
        seen[at : at + _PAGE].tobytes().translate(None, those) for at in range(0, len(seen), _PAGE)
    )


def segments(texts: pd.Series) -> pd.DataFrame:
    """
    Count the very strings that are sent.

    Args:
        texts: Strings of any dtype, with gaps.

    Returns:
        A frame with the same index: ``encoding`` (categorical, ``gsm`` or ``ucs2``), ``units`` and
        ``segments`` (Int64); all are missing where the text is. An empty text is one segment of no units.

    Raises:
        TextError: The column holds something that is not text.

    Example:
        >>> segments(pd.Series(["Ciao", "Ciao 👋", "€" * 80 + "."]))
          encoding  units  segments
        0      gsm      4         1
        1     ucs2      7         1
        2      gsm    161         2
    """
    text = _texts(texts)
    missing = _numpy(pc.is_null(text), bool)
    return counted(measure(text), missing, lambda rows: text.take(pa.array(rows))).set_axis(texts.index)


def counted(
    length: Measure, missing: NDArray[np.bool_], texts_of: Callable[[NDArray[np.intp]], Any]
) -> pd.DataFrame:
    """
    As `segments`, of texts that are measured already; by position.

    Args:
        length: Their measure.
        missing: Which rows have no text.
        texts_of: The texts of some rows, by position, as an Arrow array of large strings: only few have to be
            looked at.
    """
    ucs2 = length.outside
    wide = np.where(ucs2, length.astral, length.extended)
    units = (length.characters + wide).astype(np.int64)
    count = np.ones_like(units)
    long = np.flatnonzero(units > np.where(ucs2, _WHOLE["ucs2"], _WHOLE["gsm"]))
    capacities = np.where(ucs2[long], _PART["ucs2"], _PART["gsm"])
    fewest, most = -(-units[long] // capacities), -(-units[long] // (capacities - 1))
    count[long] = fewest
    # A border moves back by one unit when it would cut a wide character, so the count lies between dividing
    # by 153 and by 152; only where these differ are the texts looked at.
    ambiguous = long[(fewest != most) & (wide[long] > 0)]
    count[ambiguous] = _packed(texts_of(ambiguous), ucs2[ambiguous])
    return pd.DataFrame(
        {
            "encoding": pd.Categorical.from_codes(np.where(missing, -1, ucs2), dtype=ENCODINGS),
            "units": pd.arrays.IntegerArray(units, missing),
            "segments": pd.arrays.IntegerArray(count, missing.copy()),
        }
    )


def not_gsm(texts: pd.Series) -> pd.Series:
    """
    The characters that force UCS-2, and how many texts carry each.

    Args:
        texts: Strings of any dtype, with gaps.

    Returns:
        Rows (int64) by character, the most frequent first.

    Raises:
        TextError: As in ``segments``.

    Example:
        >>> not_gsm(pd.Series(["già", "è già “ora”", "“sì”"])).to_dict()
        {'“': 2, '”': 2}
    """
    gsm_characters = f"[{re.escape(GSM + GSM_EXTENSION)}]+"
    remainder = pc.replace_substring_regex(_texts(texts).drop_null(), pattern=gsm_characters, replacement="")
    rows: Counter[str] = Counter()
    # What remains of a text is short and repeats, so this loops over a few different strings.
    for counted in pc.value_counts(remainder).to_pylist():
        rows.update(dict.fromkeys(counted["values"], counted["counts"]))
    ordered = sorted(rows.items(), key=lambda item: (-item[1], item[0]))
    index = pd.Index([character for character, _ in ordered], dtype=object, name="character")
    return pd.Series([count for _, count in ordered], index=index, name="rows", dtype="int64")


def _texts(texts: pd.Series) -> Any:
    texts = dense(texts) if is_view(texts.dtype) or texts.dtype == object else texts
    try:
        if texts.isna().all():
            return pa.nulls(len(texts), STRING)
        if pd.api.types.infer_dtype(texts, skipna=True) in {"string", "categorical"}:
            return strings(texts)
    except (pa.ArrowException, ArithmeticError):
        pass  # some are no strings after all: refused below, as every other column without strings
    raise TextError(
        f"The texts must be strings, and this column is {texts.dtype}; convert it with .astype(str)."
    )


def _packed(text: Any, ucs2: NDArray[np.bool_]) -> NDArray[np.int64]:
    """
    Segments counted exactly, by regular expression.

    Each wide character is written as two, the first marked; then a segment is 153 units of which the last is
    unmarked, or else 152, and matching from left to right fills them as a phone does.
    """
    counts = np.zeros(len(text), dtype=np.int64)
    for name, rows in (("gsm", ~ucs2), ("ucs2", ucs2)):
        plain = pc.replace_substring(text.filter(pa.array(rows)), pattern=_LEAD, replacement=".")
        marked = pc.replace_substring_regex(plain, pattern=_WIDE[name], replacement=f"{_LEAD}.")
        capacity = _PART[name]
        pattern = f"(?s).{{{capacity - 1}}}[^{_LEAD}]|.{{{capacity - 1}}}|.{{1,{capacity - 2}}}"
        counts[rows] = _numpy(pc.count_substring_regex(marked, pattern=pattern), np.int64)
    return counts


def _numpy(array: Any, dtype: Any) -> NDArray[Any]:
    """The values of an Arrow array, nulls as zero."""
    return np.asarray(
        pc.fill_null(array, pa.scalar(0).cast(array.type)).to_numpy(zero_copy_only=False), dtype
    )
