"""
Countries as people write them: `IT`, `ITA`, `it`, `Italy`, `Italia`, `Italien`, `UK`.

Names are those of the Unicode CLDR, by way of ``babel``, in the languages below; a name that more than one
country has in these does not count. Alpha-3 and older codes are the aliases of CLDR.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import cache
from typing import Final

from smsframe.phones.fast.metadata import regions
from smsframe.phones.other_names import OTHER_NAMES

INTERNATIONAL: Final = "international"
"""As ``region=``: bare digits are whole numbers with their country code."""

LANGUAGES: Final = (
    *(
        "en",
        "de",
        "fr",
        "it",
        "es",
        "pt",
        "nl",
        "da",
        "sv",
        "nb",
        "nn",
        "fi",
        "is",
        "et",
        "lv",
        "lt",
        "pl",
        "cs",
        "sk",
    ),
    *(
        "hu",
        "sl",
        "hr",
        "bs",
        "sr",
        "sr_Latn",
        "mk",
        "sq",
        "ro",
        "bg",
        "el",
        "tr",
        "ru",
        "uk",
        "be",
        "ka",
        "hy",
        "az",
    ),
    *(
        "kk",
        "uz",
        "he",
        "ar",
        "fa",
        "ur",
        "hi",
        "bn",
        "ta",
        "te",
        "mr",
        "th",
        "vi",
        "id",
        "ms",
        "fil",
        "zh",
        "zh_Hant",
    ),
    *("ja", "ko", "sw", "af", "am", "ca", "eu", "gl", "cy", "ga", "mt", "lb", "fo", "rm"),
)
_CODE: Final = 3  # letters at most
_ALPHA_2: Final = 2
_FLAG_A: Final = 0x1F1E6  # REGIONAL INDICATOR SYMBOL LETTER A
_TAG_A: Final = 0xE0061  # TAG LATIN SMALL LETTER A
_TAG: Final = re.compile(r"[a-z]{2,3}(?:[_-][A-Z][a-z]{3})?[_-]([A-Z]{2})(?:\.[A-Za-z0-9-]+)?")
_TWICE: Final = re.compile(r"[()\[\]/|:,;\u2013]| - ")
_LONGEST: Final = 60  # characters of the longest name, with room
_CLOSE: Final = 0.75


def region_of(name: str) -> str | None:
    """
    The two-letter ISO code of a country, however it is written; None where it is none that is known.

    Example:
        >>> [region_of(name) for name in ("it", "ITA", "UK", "Deutschland", "Atlantis")]
        ['IT', 'IT', 'GB', 'DE', None]
    """
    if (code := name.strip().upper()) in _supported():
        return code
    if len(name) > _LONGEST:
        return None
    if signed := _flag(name) or _language_tag(name):
        return signed
    key = _key(name)
    if len(key) == _ALPHA_2 and "." in name and key.upper() in _supported():  # U.S.
        return key.upper()
    parts = [part for part in _TWICE.split(name) if part.strip()]
    each = {region_of(part) for part in parts} if len(parts) > 1 else set()
    if len(each) == 1 and (twice := each.pop()):  # the same country twice: "Italy (IT)"
        return twice
    return _also().get(_plain(key)) or _aliases().get(key) or _names().get(key) if key else None


@cache
def english_name(code: str) -> str:
    """
    What a country is called in English; the code itself where nobody says.

    Example:
        >>> english_name("IT")
        'Italy'
    """
    from babel import Locale  # noqa: PLC0415 - as above

    name: str = Locale.parse("en").territories.get(code, code)
    return name


def _flag(name: str) -> str | None:
    """The country of a flag, which is two letters of its own in Unicode, or a flag with tags (Scotland's)."""
    points = [ord(character) for character in name.strip()]
    letters = [point - _FLAG_A for point in points if _FLAG_A <= point < _FLAG_A + 26]
    if len(letters) != len(points) or len(letters) != _ALPHA_2:
        letters = [point - _TAG_A for point in points if _TAG_A <= point < _TAG_A + 26][:_ALPHA_2]
    code = "".join(chr(ord("A") + letter) for letter in letters)
    return code if code in _supported() else None


def _language_tag(name: str) -> str | None:
    """The country of a language tag, such as ``it_IT`` or ``sr-Latn-RS``."""
    match = _TAG.fullmatch(name.strip())
    return match[1] if match and match[1] in _supported() else None


def meaning(name: str) -> str | None:
    """What ``region=`` means for all rows: an ISO code, or ``international``; None where it is neither."""
    return INTERNATIONAL if name.strip().lower() == INTERNATIONAL else region_of(name)


def suggestion(name: str) -> str | None:
    """
    The country that may be meant, as `Italy (IT)`; None where nothing is like it.

    Example:
        >>> suggestion("Itlay")
        'Italy (IT)'
    """
    from babel import Locale  # noqa: PLC0415 - takes longer to load than most calls need

    known = {key: code for key, code in {**_names(), **_also()}.items() if len(key) > _CODE}
    key = _key(name[:_LONGEST])
    if len(key) <= _CODE:  # three letters are like too much: GER and Niger
        return None
    near = difflib.get_close_matches(key, known, n=1, cutoff=_CLOSE)
    if not near:
        return None
    code = known[near[0]]
    return f"{Locale('en').territories.get(code, near[0])} ({code})"


@cache
def _supported() -> frozenset[str]:
    return frozenset(regions())


def _key(name: str) -> str:
    """A name in small letters without accents and punctuation, its words with one space between."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    kept = (
        character if character.isalnum() else " "
        for character in plain
        if not unicodedata.combining(character)
    )
    return " ".join("".join(kept).split()) if "." not in name else _key(name.replace(".", ""))


def _plain(key: str) -> str:
    """Without the article, which official names have in front, behind or inside of them."""
    return " ".join(word for word in key.split() if word != "the")


@cache
def _also() -> dict[str, str]:
    return {_plain(_key(name)): code for name, code in OTHER_NAMES.items()}


@cache
def _aliases() -> dict[str, str]:
    """Alpha-3 and older codes, and `UK`; numeric ones are no words."""
    from babel.core import get_global  # noqa: PLC0415 - as above

    aliases = get_global("territory_aliases").items()
    return {
        code.lower(): new[0]
        for code, new in aliases
        if len(new) == 1 and new[0] in _supported() and code.isalpha()
    }


@cache
def _names() -> dict[str, str]:
    from babel import Locale  # noqa: PLC0415 - as above

    found: dict[str, set[str]] = {}
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if code in _supported():
                found.setdefault(_key(name), set()).add(code)
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}
