"""
Which names are one campaign: what nobody sees, and what programs replace as people type, is no difference.

A lost journal is noticed by the order ids that begin with a digest of the campaign's name. A name that was
copied from a document, a chat or a slide would have another digest, although it looks the same.
"""

from __future__ import annotations

import re
import unicodedata

UNKNOWN_TEXT = ""
"""The text of orders that were taken over by their names alone: no text can be empty."""

# Of Default_Ignorable_Code_Point (Unicode Character Database, DerivedCoreProperties.txt), which are not
# displayed, those that a name can have: format characters are refused, being unprintable (`PlanOptions`).
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)

# One plain stroke: what UTS 39 (confusables.txt) takes for a hyphen, and the dashes that word processors put
# in its place. Wavy, double, slanted and two-em dashes look otherwise, and so do letters that are a stroke.
_DASHES = "\u02d7\u058a\u05be\u1806\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2796\U00010ead"

# What word processors put in the place of straight quotation marks, and what looks the same.
_APOSTROPHES, _QUOTES = "\u02b9\u02bb\u02bc\u02bd\u2018\u2019\u201b\u2032", "\u201c\u201d\u201f"

_REPLACED = str.maketrans(
    dict.fromkeys(_DASHES, "-")
    | dict.fromkeys(_APOSTROPHES, "'")
    | dict.fromkeys(_QUOTES, '"')
    | {"\u2800": " "}  # the braille pattern without dots
)


def normalize_name(campaign: str) -> str:
    """A campaign's name as it is kept: the same letters are the same name, however a keyboard wrote them."""
    return unicodedata.normalize("NFC", campaign).strip()


def alike(campaign: str) -> str:
    """
    What is the same for names that people take for one.

    That is whatever the capitals, spaces, dashes, quotation marks, forms of letters (NFKC) and invisible
    characters are. Letters of other alphabets stay what they are, also those that look alike.

    Example:
        >>> alike("Autumn  2026\u20111") == alike("autumn \uff12\uff10\uff12\uff16-1")
        True
    """
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKC", campaign))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
    return " ".join(folded.translate(_REPLACED).split())


def alike_before(campaign: str) -> str:
    """The same as earlier versions had it, by which their order ids begin."""
    return " ".join(unicodedata.normalize("NFKC", campaign).casefold().split())


def difference(name: str, other: str) -> str:
    """
    What one of two names has and the other has not, where that can hardly be seen; nothing otherwise.

    Example:
        >>> difference("a-b", "a\u2011b"), difference("Autumn", "autumn")
        ('U+2011 NON-BREAKING HYPHEN', '')
    """
    characters = sorted(character for character in {*name} ^ {*other} if not character.isascii())
    return ", ".join(f"U+{ord(c):04X} {unicodedata.name(c, '')}".strip() for c in characters[:3])
