"""
The digits of every script, and the wide forms of the plus and the slash, as ASCII: for a column at once.
"""

from __future__ import annotations

import sys
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, raw

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLUSES: Final = r"\x{FF0B}\x{FE62}\x{207A}"
"""Full-width, small and superscript, to stand in a class of RE2."""
SLASH: Final = r"\x{FF0F}"

_OTHERS: Final = {
    "\N{FULLWIDTH PLUS SIGN}": "+",
    "\N{SMALL PLUS SIGN}": "+",
    "\N{SUPERSCRIPT PLUS SIGN}": "+",
} | {"\N{FULLWIDTH SOLIDUS}": "/"}
_LEADS: Final = (2, 0xC0, 0xE0), (3, 0xE0, 0xF0), (4, 0xF0, 0xF8)
"""Bytes of a character in UTF-8; its first byte, and which bits of that say so."""
_LAST_SIX: Final = 0x3F
_MANY: Final = 2**31


def in_ascii(text: Any) -> Any:
    """
    A column of texts with every decimal digit, plus and slash in ASCII.

    Args:
        text: A large-string array.

    Example:
        >>> in_ascii(pa.array(["+٣٩ 347", None], pa.large_string())).to_pylist()
        ['+39 347', None]
    """
    return _rewritten(text, _plain())[0]


def digits_in_ascii(text: Any) -> tuple[Any, NDArray[np.bool_]]:
    """
    A column of texts with every decimal digit in ASCII, and which of them had others.

    Example:
        >>> text, changed = digits_in_ascii(pa.array(["٣٩ 347", "39", None], pa.large_string()))
        >>> text.to_pylist(), changed.tolist()
        (['39 347', '39', None], [True, False, False])
    """
    return _rewritten(text, _plain_digits())


def _rewritten(text: Any, table: NDArray[np.uint8]) -> tuple[Any, NDArray[np.bool_]]:
    """Texts with other characters, as a table by code point says; and where there were any."""
    begins, ends, content = raw(text)
    changed = np.zeros(len(text), dtype=bool)
    if not len(content) or content.max() < _LEADS[0][1]:
        return text, changed
    valid = text.is_valid()
    begins, ends, content = raw(pc.fill_null(text, ""))
    written, kept = content.copy(), np.ones(len(content), dtype=bool)
    for length, lead, bits in _LEADS:
        (first,) = np.nonzero((content & bits) == lead)
        point = (content[first] & (0xFF - bits)).astype(np.int32)
        for place in range(1, length):
            point = point << 6 | (content[first + place] & _LAST_SIX)
        plain = table[point]
        first, plain = first[plain > 0], plain[plain > 0]
        written[first] = plain
        changed[np.searchsorted(ends, first, side="right")] = True
        for place in range(1, length):
            kept[first + place] = False
    if not changed.any():
        return text, changed
    before = np.zeros(len(content) + 1, dtype=np.int32 if len(content) < _MANY else np.int64)
    np.cumsum(kept, out=before[1:])
    offsets = pa.py_buffer(np.append(before[begins], before[ends[-1:]]).astype(np.int64))
    whole = pa.Array.from_buffers(STRING, len(text), [None, offsets, pa.py_buffer(written[kept])])
    return pc.if_else(valid, whole, pa.scalar(None, STRING)), changed


@cache
def _plain() -> NDArray[np.uint8]:
    """By code point: the ASCII character that is meant, or 0."""
    plain = np.zeros(sys.maxunicode + 1, dtype=np.uint8)
    for point in range(0x80, sys.maxunicode + 1):
        if (digit := unicodedata.decimal(chr(point), -1)) >= 0:
            plain[point] = ord("0") + digit
    for wide, ascii_ in _OTHERS.items():
        plain[ord(wide)] = ord(ascii_)
    return plain


@cache
def _plain_digits() -> NDArray[np.uint8]:
    """The same of digits alone."""
    plain = _plain()
    return np.where((plain >= ord("0")) & (plain <= ord("9")), plain, np.uint8(0))
