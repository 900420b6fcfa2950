"""
Countries as people write them: `IT`, `ITA`, `it`, `Italy`, `Italia`, `Italien`, `UK`.

Names are those of the Unicode CLDR, by way of ``babel``, in the languages below; a name that more than one
country has in these does not count. Alpha-3 codes are the aliases of CLDR; withdrawn ones are not read.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

from smsframe.phones.fast.metadata import regions
from smsframe.phones.other_names import OTHER_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

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
_WITHDRAWN: Final = frozenset({"bur", "ddr", "fxx", "tmp", "ymd", "zar"})
"""Alpha-3 codes of countries that are no more, which are other things today: `BUR`, `ZAR`."""
_FLAG_A: Final = 0x1F1E6  # REGIONAL INDICATOR SYMBOL LETTER A
_TAG_A: Final = 0xE0061  # TAG LATIN SMALL LETTER A
_TAG: Final = re.compile(r"[a-z]{2,3}(?:[_-][A-Z][a-z]{3})?[_-]([A-Z]{2})(?:\.[A-Za-z0-9-]+)?")
_TWICE: Final = re.compile(r"[()\[\]/|:,;\u2013]| - ")
_FLAG: Final = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_WIDE: Final = re.compile("[\uff21-\uff3a\uff41-\uff5a]+")
_DIGIT: Final = re.compile(r"\d")
_NOT_ASCII_WORD: Final = re.compile(r"[^a-z0-9]+")
_LONGEST: Final = 90  # characters of the longest name, with room
_TIMES: Final = 3  # that a cell says its country: "Italy (IT) [ITA]"
_CLOSE: Final = 0.75
_ASKED: Final = 5  # names that are close, of which letters are compared
_LONG: Final = 9  # letters of a name in which two slips are likely; of shorter ones another name is made so
_NO_WORDS: Final = frozenset({"the", "and", "und", "et", "e", "y", "en", "og", "och"})
"""Articles, and what is written for `&`: dropped from names of the table and from those of cells alike."""
_WITHOUT_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "æ": "ae", "å": "aa"})


def region_of(name: str) -> str | None:
    """
    The two-letter ISO code of a country, however it is written; None where it is none that is known.

    Example:
        >>> [region_of(name) for name in ("it", "ITA", "UK", "Deutschland", "Atlantis")]
        ['IT', 'IT', 'GB', 'DE', None]
    """
    stripped = name.strip()
    if _WIDE.fullmatch(stripped):
        name = stripped = unicodedata.normalize("NFKC", stripped)
    if len(stripped) == _ALPHA_2 and stripped.isascii() and (code := stripped.upper()) in _supported():
        return code
    if len(name) > _LONGEST or not stripped:
        return None
    if signed := _language_tag(name):
        return signed
    if _DIGIT.search(name):  # as addresses have them, and no name of a country
        return None
    if not name.isascii() and (signed := _flag(name)):
        return signed
    parts = [part for part in _TWICE.split(_FLAG.sub(r"/\g<0>/", name)) if part.strip()]
    first = region_of(parts[0]) if 1 < len(parts) <= _TIMES else None  # of an address it is a street
    if first and all(region_of(part) == first for part in parts[1:]):  # the same country twice: "Italy (IT)"
        return first
    return _named(name)


def _named(name: str) -> str | None:
    """The country of a name or of a code of three letters."""
    key = _key(name)
    if len(key) == _ALPHA_2 and "." in name and key.upper() in _supported():  # U.S.
        return key.upper()
    if len(key) > _CODE or not key.isascii():
        return _by_key(key)
    # So short a word is a name only with its accents, and in capitals it is a code: MON is not Iceland's Mön.
    accented = _key(name, accents=True)
    if accented != key:
        return _one(_short_names().get(accented))
    code = _also().get(key) or _aliases().get(key)
    if name.strip().isupper():
        return code
    return _one({*_short_names().get(key, ()), *([code] if code else ())})


def _one(codes: AbstractSet[str] | None) -> str | None:
    """The only country of several that a name may mean."""
    return next(iter(codes)) if codes and len(codes) == 1 and codes <= _supported() else None


def _by_key(key: str) -> str | None:
    if found := _also().get(key) or _one(_names().get(key)):
        return found
    loose = _loose(key)
    return _also_loosely().get(loose) or _one(_loosely_named().get(loose))


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

    if len(name) > _LONGEST or _DIGIT.search(name):
        return None
    key = _key(name)
    if len(key) <= _CODE:  # three letters are like too much: GER and Niger
        return None
    shortest, longest = len(key) * _CLOSE / (2 - _CLOSE), len(key) * (2 - _CLOSE) / _CLOSE
    alike = _suggested().get(key[0], {}) | _suggested().get(key[-_CODE:], {})
    known = {near: code for near, code in alike.items() if shortest <= len(near) <= longest}
    near = difflib.get_close_matches(key, known, n=_ASKED, cutoff=_CLOSE)
    most = 2 if len(key) >= _LONG else 1
    nearest = sorted((slips, other) for other in near if (slips := _slips(key, other)) <= most)
    codes = {known[other] for slips, other in nearest if slips == nearest[0][0]}
    if len(codes) != 1:
        return None
    code = codes.pop()
    return f"{Locale('en').territories.get(code, nearest[0][1])} ({code})"


def _slips(name: str, other: str) -> int:
    """How many letters were left out, added or swapped with the next; one that was changed counts twice."""
    rows = [[*range(len(other) + 1)]]
    for i, letter in enumerate(name, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            least = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + 2 * (letter != wanted))
            if i > 1 and j > 1 and (letter, name[i - 2]) == (other[j - 2], wanted):
                least = min(least, rows[-2][j - 2] + 1)
            row.append(least)
        rows.append(row)
    return int(rows[-1][-1])


def country_name(code: str) -> str:
    """
    The English name of a country by its two-letter ISO code; what is no such code, as it is.

    Example:
        >>> country_name("IT"), country_name("world")
        ('Italy', 'world')
    """
    from babel import Locale  # noqa: PLC0415 - as above

    return str(Locale("en").territories.get(code, code))


@cache
def _supported() -> frozenset[str]:
    return frozenset(regions())


def _key(name: str, *, accents: bool = False) -> str:
    """A name in small letters without accents and punctuation, its words with one space between."""
    if "." in name:
        name = name.replace(".", "")
    if name.isascii():
        return _NOT_ASCII_WORD.sub(" ", name.lower()).strip()
    plain = unicodedata.normalize(
        "NFKC" if accents else "NFKD", unicodedata.normalize("NFKC", name).casefold()
    )
    kept = (
        character if character.isalnum() or unicodedata.category(character)[0] == "M" else " "
        for character in plain
        if accents or not unicodedata.combining(character)
    )
    return " ".join("".join(kept).split())


def _loose(key: str) -> str:
    """
    Without articles and words for `and`, and with saints in full.

    Example:
        >>> _loose("st vincent and the grenadines")
        'saint vincent grenadines'
    """
    return " ".join("saint" if word == "st" else word for word in key.split() if word not in _NO_WORDS)


@cache
def _also() -> dict[str, str]:
    return {_key(name): code for name, code in OTHER_NAMES.items()}


@cache
def _also_loosely() -> dict[str, str]:
    return {_loose(name): code for name, code in _also().items()}


@cache
def _aliases() -> dict[str, str]:
    """Alpha-3 codes, and `UK`; withdrawn codes are abbreviations of other things (VD, NH) or of nothing."""
    from babel.core import get_global  # noqa: PLC0415 - as above

    three = {
        code.lower(): new[0]
        for code, new in get_global("territory_aliases").items()
        if len(new) == 1 and new[0] in _supported() and code.isalpha() and len(code) == _CODE
    }
    return {"uk": "GB"} | {code: new for code, new in three.items() if code not in _WITHDRAWN}


@cache
def _written_names() -> list[tuple[str, str]]:
    """Each name in each language with its code; of territories without numbers too, which may share one."""
    from babel import Locale  # noqa: PLC0415 - as above

    return [
        (name, code)
        for language in LANGUAGES
        for code, name in Locale.parse(language).territories.items()
        if len(code) == _ALPHA_2 and code.isalpha()
    ]


@cache
def _names() -> dict[str, frozenset[str]]:
    """The countries of each name without accents, and with ``oe`` for ``ö`` where that is no other name."""
    names = _grouped((_key(name), code) for name, code in _written_names())
    spelled = ((name, name.casefold().translate(_WITHOUT_UMLAUTS), code) for name, code in _written_names())
    return _grouped((_key(new), code) for name, new, code in spelled if new != name.casefold()) | names


@cache
def _loosely_named() -> dict[str, frozenset[str]]:
    return _grouped((_loose(name), code) for name, codes in _names().items() for code in codes)


@cache
def _suggested() -> dict[str, dict[str, str]]:
    """Names that may be meant, with their codes, by their first letter and by their last three."""
    names = {key: code for key, codes in _names().items() if (code := _one(codes))}
    found: dict[str, dict[str, str]] = {}
    for key, code in {**names, **_also()}.items():
        if len(key) > _CODE:
            for end in (key[0], key[-_CODE:]):
                found.setdefault(end, {})[key] = code
    return found


@cache
def _short_names() -> dict[str, frozenset[str]]:
    """Those that could be taken for a code, with their accents."""
    short = ((_key(name, accents=True), code) for name, code in _written_names() if len(name) <= 2 * _CODE)
    return _grouped((name, code) for name, code in short if len(_key(name)) <= _CODE)


def _grouped(names: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name, code in names:
        found.setdefault(name, set()).add(code)
    return {name: frozenset(codes) for name, codes in found.items()}
