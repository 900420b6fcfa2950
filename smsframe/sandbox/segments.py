r"""
How many segments a text takes, counted anew.

smSend docs, length and fragments: one segment carries 160 GSM-7 units or 70 UCS-2 units, each of several
153 or 67. ``^ { } \ [ ~ ] | €`` take two GSM-7 units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Encoding = Literal["gsm", "ucs2"]

EXTENDED = frozenset("^{}\\[~]|€\f")
ALPHABET = (
    frozenset(
        "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
        "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
    )
    | EXTENDED
)
_ONE = {"gsm": 160, "ucs2": 70}
_EACH = {"gsm": 153, "ucs2": 67}
_LAST_SINGLE = "\uffff"  # what follows it takes a surrogate pair in UCS-2


def units(text: str, encoding: Encoding) -> int:
    """The length of a text in septets (``gsm``) or 16-bit units (``ucs2``)."""
    return len(text) + sum(map(_double(encoding), text))


def segments(text: str, encoding: Encoding) -> int:
    """The segments a text is sent and billed as."""
    length = units(text, encoding)
    if length <= _ONE[encoding]:
        return 1
    room = _EACH[encoding]
    if length == len(text):
        return -(-length // room)
    # A character of two units is never cut: when one unit is left in a segment, it stays empty.
    count, used, double = 1, 0, _double(encoding)
    for character in text:
        width = 2 if double(character) else 1
        if used + width > room:
            count, used = count + 1, 0
        used += width
    return count


def _double(encoding: Encoding) -> Callable[[str], bool]:
    """Whether a character takes two units; methods of C, as this runs over every character."""
    return EXTENDED.__contains__ if encoding == "gsm" else _LAST_SINGLE.__lt__
