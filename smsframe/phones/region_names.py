"""
Countries as people write them: `IT`, `ITA`, `it`, `Italy`, `Italia`, `Italien`, `UK`.

Names are those of the Unicode CLDR, by way of ``babel``, in the languages below; a name that more than one
country has in these does not count. Alpha-3 and older codes are the aliases of CLDR.
"""

from __future__ import annotations

import difflib
import unicodedata
from functools import cache
from typing import Final

from smsframe.phones.fast.metadata import regions

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
_ALSO: Final = {  # which people write and CLDR, or babel, does not have
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "großbritannien": "GB",
    "gran bretagna": "GB",
    "inghilterra": "GB",
    "grande bretagne": "GB",
    "angleterre": "GB",
    "gran bretaña": "GB",
    "inglaterra": "GB",
    "usa": "US",
    "united states of america": "US",
    "america": "US",
    "vereinigte staaten von amerika": "US",
    "stati uniti d america": "US",
    "holland": "NL",
    "olanda": "NL",
    "the netherlands": "NL",
    "czech republic": "CZ",
    "tschechische republik": "CZ",
    "turkey": "TR",
    "uae": "AE",
    "ivory coast": "CI",
    "south korea": "KR",
    "macedonia": "MK",
    "swaziland": "SZ",
    "burma": "MM",
    "bosnia": "BA",
    "hong kong": "HK",
    "macau": "MO",
    "macao": "MO",
    "xkx": "XK",
    "el": "GR",  # the European Union's code
}
_CODE: Final = 3  # letters at most
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
    if len(name) > _LONGEST or not (key := _key(name)):
        return None
    return _also().get(key) or _aliases().get(key) or _names().get(key)


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
    near = difflib.get_close_matches(_key(name[:_LONGEST]), known, n=1, cutoff=_CLOSE)
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


@cache
def _also() -> dict[str, str]:
    return {_key(name): code for name, code in _ALSO.items()}


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
