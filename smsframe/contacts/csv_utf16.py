"""
Text in another encoding inside of UTF-16, in which nearly any two bytes are a character.

What is appended to such a file as UTF-8, or as UTF-16 of the other byte order, makes no error: it becomes
Chinese. No text has several letters that hardly anybody writes (CJK Extension A, and numbers that stand for
none) in one run of letters each of which is two characters of ASCII, with the end of a line among these. Any
line with a phone number has: two of its digits make such a letter more often than not.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import cache
from typing import Final

from smsframe.errors import ContactsError

_ASCII: Final = "\t\n\r" + "".join(map(chr, range(0x20, 0x7F)))
_PAIRS: Final = "".join(chr(ord(high) << 8 | low) for high in _ASCII for low in map(ord, _ASCII))
_SWAPPED: Final = "".join(chr(ord(high) << 8) for high in _ASCII)
_RUNS: Final = f"[{_PAIRS}]{{8,}}|[{_SWAPPED}]{{6,}}|\ufffe[{_SWAPPED}]{{3,}}"
"""Two bytes of ASCII in each letter; ASCII in the other order of bytes; the same behind its mark."""
_ANY: Final = re.compile("[\u0a00\u0a0d\u3400-\u4dbf\ufffe]")
"""One of these is in every such run that is text; most files have none, and need no closer look."""
_RARE: Final = re.compile("[\u3400-\u4dbf]")
_FEW: Final = 3  # rare letters; two or more side by side are in no text but lists of such letters
_LIKE_A_TABLE: Final = re.compile(rb"[\r\n]|[,;\t|+\"][0-9]{7}")
_KEPT: Final = 256  # letters of a part that are looked at again with the next one


@cache
def _runs() -> re.Pattern[str]:
    return re.compile(_RUNS)  # which takes longer than the rest of this module, and is seldom needed


def is_utf16(encoding: str) -> bool:
    """
    Whether an encoding is UTF-16, of any byte order.

    Example:
        >>> is_utf16("UTF_16"), is_utf16("utf-16-be"), is_utf16("utf-8")
        (True, True, False)
    """
    return codecs.lookup(encoding).name.startswith("utf-16")


class Mixed:
    """
    Refuses decoded text with another encoding in it.

    Args:
        name: The file, for the error.
    """

    def __init__(self, name: str) -> None:
        self._name, self._before = name, ""
        self._feeds = self._returns = 0  # of the text before what is kept

    def check(self, part: str) -> None:
        """
        Look at the next part of the text.

        Args:
            part: As it was decoded.

        Raises:
            ContactsError: It has text in another encoding; says in which line.
        """
        text = self._before + part
        runs = _runs().finditer(text) if _ANY.search(text) else ()
        for run in runs:
            if _is_other(run[0]):
                feeds = self._feeds + text.count("\n", 0, run.start())
                line = max(feeds, self._returns + text.count("\r", 0, run.start())) + 1
                raise ContactsError(
                    f"{self._name} is UTF-16 in one place and not in another: it has text in another "
                    f"encoding in line {line:,}, or behind it; save it again in one encoding"
                )
        done, self._before = text[:-_KEPT], text[-_KEPT:]
        self._feeds += done.count("\n")
        self._returns += done.count("\r")


def _is_other(run: str) -> bool:
    """Whether a run of letters is text in another encoding."""
    if run[0] == "\ufffe":
        return True
    odd = len(_RARE.findall(run)) + sum(unicodedata.category(letter) == "Cn" for letter in {*run})
    if odd < _FEW:
        return False
    swapped = all(ord(letter) & 0xFF == 0 for letter in run)
    orders = [bytes(ord(letter) >> 8 for letter in run)] if swapped else _both_orders(run)
    return any(_LIKE_A_TABLE.search(order) for order in orders)


def _both_orders(run: str) -> list[bytes]:
    return [run.encode("utf-16-le"), run.encode("utf-16-be")]
