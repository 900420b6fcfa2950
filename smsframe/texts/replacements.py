"""
Replacements of characters that the GSM alphabet lacks, so that a text need not be sent as UCS-2.

``gsm`` is typography: signs for which the alphabet has one that reads the same. ``gsm+letters`` also removes
the accents of letters that the alphabet lacks, ``ç`` to ``c``: that changes how names are spelt, so it has an
option of its own. Nothing here is applied unless the caller asks for it.
"""
# ruff: noqa: RUF001, RUF002 - this file is about characters that look like others

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING
from smsframe.texts.segments import GSM, GSM_EXTENSION, is_gsm, is_plain
from smsframe.texts.template import PLACEHOLDER, Template, written

FIXES: Final = ("gsm", "gsm+letters")
"""The values of ``text_fix=``."""

_ALPHABET = frozenset(GSM + GSM_EXTENSION)


def _all_to(characters: str, replacement: str) -> dict[str, str]:
    return dict.fromkeys(characters, replacement)


def _range(first: int, last: int) -> str:
    return "".join(map(chr, range(first, last + 1)))


# A full-width dollar sign or brace is left alone: narrow, it could become a field of the gateway.
_FULL_WIDTH = {wide: chr(ord(wide) - 0xFEE0) for wide in _range(0xFF01, 0xFF5E) if wide not in "＄｛｝"}

TYPOGRAPHY: Final[dict[str, dict[str, str]]] = {
    "quotes": _all_to("‘’‚‛′ʼ`´‹›", "'") | _all_to("“”„‟″«»", '"'),
    "dashes": _all_to("‐‑‒–—―−", "-"),
    "ellipsis": {"…": "..."},
    "spaces": _all_to("\t\u00a0\u1680\u202f\u205f\u3000" + _range(0x2000, 0x200A), " ")
    | _all_to("\x85\u2028\u2029", "\n"),
    "invisible": _all_to(
        "\u00ad\u034f\u061c\u180e\ufeff"
        + _range(0x200B, 0x200F)
        + _range(0x202A, 0x202E)
        + _range(0x2060, 0x2069)
        + _range(0xFE00, 0xFE0F),
        "",
    ),
    "bullets": _all_to("•‣◦▪●■", "-") | {"·": "."},
    "ligatures": {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
    | {"œ": "oe", "Œ": "OE", "ĳ": "ij", "Ĳ": "IJ"},
    "full width": _FULL_WIDTH | {"｀": "'", "￡": "£", "￥": "¥"},
    "signs": {"×": "x", "⁄": "/", "∕": "/", "№": "No", "©": "(C)", "®": "(R)", "™": "(TM)"},
}
"""Characters by kind, each with its replacement, which is all GSM."""

COMPOSITION: Final = "composition"
"""The kind of a letter with a separate accent (``e`` and U+0301) that is written as one (``é``)."""

LETTERS: Final = "letters"
"""The kind of letters that lose their accent."""


def _nearest(letter: str) -> str | None:
    """The letter with as many of its accents as the alphabet has; None where it lacks the letter."""
    decomposed = unicodedata.normalize("NFD", letter)
    candidates = (unicodedata.normalize("NFC", decomposed[:end]) for end in range(len(decomposed) - 1, 0, -1))
    return next((candidate for candidate in candidates if candidate in _ALPHABET), None)


_STROKES = {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h", "Ħ": "H", "ı": "i", "ŧ": "t", "Ŧ": "T"}
_LATIN = _range(0xC0, 0x24F) + _range(0x1E00, 0x1EFF)
_ACCENTED = {
    letter: nearest
    for letter in _LATIN
    if letter not in _ALPHABET and (nearest := _nearest(letter)) is not None
}
_ACCENTS = _all_to(_range(0x300, 0x36F), "")  # an accent that belongs to no letter of the alphabets above

_KINDS = {character: kind for kind, table in TYPOGRAPHY.items() for character in table}
_REPLACEMENTS = {
    character: replacement for table in TYPOGRAPHY.values() for character, replacement in table.items()
}
_TABLES = {
    "gsm": str.maketrans(_REPLACEMENTS),
    "gsm+letters": str.maketrans(_ACCENTS | _ACCENTED | _STROKES | _REPLACEMENTS),
}
_WITH_ACCENTS = "[^\u0300-\u036f][\u0300-\u036f]+"  # a letter with accents of their own
_PIECE = re.compile(f"{_WITH_ACCENTS}|.", re.DOTALL)
_OUTSIDE_GSM = f"({_WITH_ACCENTS}|[^{re.escape(GSM + GSM_EXTENSION)}])|(?s:.)"


def fixed(text: str, fix: str) -> str:
    """
    A text with every replacement of ``fix`` made.

    Example:
        >>> fixed("“perche\u0301 no…” – ç", "gsm"), fixed("ç", "gsm+letters")
        ('"perché no..." - ç', 'c')
    """
    # Typography first: what is invisible may stand between a letter and its accent.
    return unicodedata.normalize("NFC", text.translate(_TABLES["gsm"])).translate(_TABLES[fix])


def fixed_column(text: Any, fix: str) -> Any:
    """An Arrow array of large strings with every replacement made."""
    if is_plain(text):
        return text
    distinct = text.dictionary_encode()
    # Each different value once; the caller passes only texts that cost more than they need to.
    values = [fixed(value, fix) for value in distinct.dictionary.to_pylist()]
    return pa.array(values, STRING).take(distinct.indices)


def fixed_template(template: Template, fix: str) -> Template:
    """
    The template with the replacements made in its constant part; another text, with an identity of its own.

    It is fixed as a whole or not at all: a template that would not be GSM afterwards stays as it is. This
    depends on the template alone, so the same call means the same text for every table. Defaults stay, since
    they are used as values are.

    Example:
        >>> from smsframe.texts.template import parse
        >>> fixed_template(parse("Ciao {name}…"), "gsm").source
        'Ciao {name}...'
    """
    parts = tuple(fixed(part, fix) if isinstance(part, str) else part for part in template.parts)
    parts = tuple(part for part in parts if part)
    source = written(parts)
    # Removing a character between a dollar sign and a brace would make a field of the gateway.
    complete = source.strip() and PLACEHOLDER not in source
    complete = complete and all(is_gsm(part) for part in parts if isinstance(part, str))
    return replace(template, source=source, parts=parts) if complete and parts != template.parts else template


def outside_gsm(text: Any) -> Any:
    """Of each text of an Arrow array of large strings only what `pieces` finds in it, joined."""
    return pc.replace_substring_regex(text, pattern=_OUTSIDE_GSM, replacement=r"\1")


def pieces(text: str) -> list[str]:
    """
    The parts of a text that the alphabet lacks, each once: characters, or letters with separate accents.

    Example:
        >>> pieces("“Che\u0301”")
        ['“', 'e\u0301', '”']
    """
    return list(dict.fromkeys(piece for piece in _PIECE.findall(text) if piece not in _ALPHABET))


def kind(piece: str) -> str:
    """The kind of the replacement of a piece."""
    if piece[0] in _KINDS:
        return _KINDS[piece[0]]
    return COMPOSITION if is_gsm(fixed(piece, "gsm")) else LETTERS
