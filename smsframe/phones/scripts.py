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
_SIZES: Final = (0x80, 0x800, 0x10000)  # from here, a code point is a byte longer in UTF-8
_CONTINUES: Final = 0xC0, 0x80  # the bytes of UTF-8 that do not begin a character


def in_ascii(text: Any) -> Any:
    """
    A column of texts with every decimal digit, plus and slash in ASCII.

    Args:
        text: A large-string array.

    Example:
        >>> in_ascii(pa.array(["+٣٩ 347", None], pa.large_string())).to_pylist()
        ['+39 347', None]
    """
    valid = text.is_valid()
    begins, ends, content = raw(pc.fill_null(text, ""))
    points = _plain()[np.frombuffer(content.tobytes().decode("utf-8").encode("utf-32-le"), dtype="<u4")]
    first = np.concatenate(
        [[0], np.cumsum((content & _CONTINUES[0]) != _CONTINUES[1])]
    )  # characters before each
    size = 1 + sum((points >= least).view(np.int8) for least in _SIZES)
    offset = np.concatenate([[0], np.cumsum(size)])[first]
    offsets = np.concatenate([offset[begins], offset[ends[-1:]]]).astype(np.int64)
    written = points.tobytes().decode("utf-32-le").encode()
    whole = pa.Array.from_buffers(STRING, len(text), [None, pa.py_buffer(offsets), pa.py_buffer(written)])
    return pc.if_else(valid, whole, pa.scalar(None, STRING))


@cache
def _plain() -> NDArray[np.uint32]:
    """By code point: the ASCII character that is meant, or itself."""
    plain = np.arange(sys.maxunicode + 1, dtype="<u4")
    for point in range(_SIZES[0], sys.maxunicode + 1):
        if (digit := unicodedata.decimal(chr(point), -1)) >= 0:
            plain[point] = ord("0") + digit
    for wide, ascii_ in _OTHERS.items():
        plain[ord(wide)] = ord(ascii_)
    return plain
