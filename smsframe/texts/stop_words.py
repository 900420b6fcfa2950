"""
The words by which people ask not to be texted any more, by language, each with who says so.

A reply that is nothing but one of these words, once or several times, is a wish to opt out: punctuation,
symbols and emoji are no words, and people put them beside one. One of these words inside a short reply
or at the beginning of a long one, and a word of `UNSOURCED` in such a place, is looked at by a person.
Everything else is neither.

Sources of the English words: 47 CFR 64.1200(a)(10) (United States); Twilio, AWS End User Messaging, Telnyx:
their documentations of opt-out keywords. ``arret`` is in the list of AWS (Canada). No official list of
Italian, German or Spanish words was found. STOP is what texts in Italy and France ask people to answer
(smSend's Stop SMS service; the mention STOP of French promotional texts), and is one in all five languages.
What has the source `PUBLIC_CODE` is only known from programs that others have published.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

LAW, PROVIDERS, STOP_SMS, PUBLIC_CODE = (
    "47 CFR 64.1200(a)(10)",
    "opt-out keywords of Twilio, AWS or Telnyx",
    "the STOP of the gateway's Stop SMS service and of French promotional texts",
    "public code only",
)

SOURCES: dict[str, dict[str, str]] = {
    "en": dict.fromkeys(("stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"), LAW)
    | dict.fromkeys(("stopall", "stop all", "optout", "remove"), PROVIDERS),
    "fr": {"stop": STOP_SMS, "arret": PROVIDERS},
    "it": {"stop": STOP_SMS},
    "de": {"stop": STOP_SMS, "stopp": PUBLIC_CODE, "abmelden": PUBLIC_CODE},
    "es": {"stop": STOP_SMS, "baja": PUBLIC_CODE},
}
"""Each word as `plain` writes it, with its source, by language. AWS's TD is left out: it is also an
abbreviation of ordinary words."""

UNSOURCED = frozenset(
    {
        *(
            "basta",
            "cancella",
            "cancellami",
            "cancellatemi",
            "annulla",
            "disiscrivi",
            "disiscrivimi",
            "rimuovi",
        ),
        *(
            "rimuovimi",
            "desabonner",
            "desinscrire",
            "abbestellen",
            "desuscribir",
            "cancelar",
            "parar",
            "alto",
        ),
        *("\u0441\u0442\u043e\u043f", "s t o p"),
    }
)
"""What people may write who wish to opt out, by no source that we know: it never opts out, but a person looks
at it, whatever the languages. The last two are Russian for stop, and stop spelled out (S.T.O.P.)."""

SHORT = 8
"""Words of a short reply at most."""

OPT_OUT, REVIEW, OTHER = "opt_out", "review", "other"
MEANINGS = (OPT_OUT, REVIEW, OTHER)


class Reading(NamedTuple):
    """What a reply means, and the stop word that is in it, or None."""

    meaning: str
    word: str | None


def plain(text: str) -> str:
    """
    A text in small letters without accents, punctuation, symbols, emoji, invisible characters, spare spaces.

    Example:
        >>> plain("  «Arrêt!» \N{OCTAGONAL SIGN}"), plain("OPT-OUT")
        ('arret', 'opt out')
    """
    if text.isascii():  # nearly all are, and 100,000 of them come at once
        return " ".join(_MARKS.sub(" ", text.casefold()).split())
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = (
        "" if category in {"Mn", "Me", "Cf"} else " " if category[0] in "PSZC" else character
        for character, category in ((character, unicodedata.category(character)) for character in folded)
    )
    return " ".join("".join(kept).split())


def words_of(languages: tuple[str, ...] = tuple(SOURCES)) -> frozenset[str]:
    """
    The stop words of some languages.

    Raises:
        ValueError: There is no table of such a language; says of which there is.
    """
    unknown = [language for language in languages if language not in SOURCES]
    if unknown or not languages:
        raise ValueError(f"languages={languages!r}: there are stop words of {', '.join(sorted(SOURCES))}")
    return frozenset().union(*(SOURCES[language] for language in languages))


def read(text: str, words: frozenset[str]) -> Reading:
    """
    What a reply means.

    Example:
        >>> words = words_of()
        >>> read("Stop.", words), read("please stop", words), read("See you at the bus stop, mum", words)[0]
        (Reading(meaning='opt_out', word='stop'), Reading(meaning='review', word='stop'), 'review')
        >>> read("Thanks!", words)
        Reading(meaning='other', word=None)
    """
    said = plain(text[:LONGEST])
    if len(text) <= LONGEST and (word := _alone(said, words) or _alone(plain(_trimmed(text)), words)):
        return Reading(OPT_OUT, word)
    looked_for = _pattern(words | UNSOURCED)
    if len(text) > LONGEST or said.count(" ") >= SHORT:
        found = looked_for.match(said)
    else:
        found = looked_for.search(said)
    return Reading(OTHER, None) if found is None else Reading(REVIEW, found[0])


def _alone(said: str, words: frozenset[str]) -> str | None:
    """The stop word that a plain text is, once or several times; or None."""
    if said in words:
        return said
    parts = said.split()
    for length in range(1, len(parts) // 2 + 1):
        word = " ".join(parts[:length])
        if word in words and len(parts) % length == 0 and parts == parts[:length] * (len(parts) // length):
            return word
    return None


def _trimmed(text: str) -> str:
    """Without marks and symbols at both ends, of which some are written in letters (U+2122 is TM)."""
    if text.isascii():
        return text
    kept = [unicodedata.category(character)[0] not in "PSZCM" for character in text]
    if not any(kept):
        return ""
    return text[kept.index(True) : len(kept) - kept[::-1].index(True)]


@lru_cache
def _pattern(words: frozenset[str]) -> re.Pattern[str]:
    """Any of some words, the longest first, where no letter is beside it."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


_MARKS = re.compile(r"[^a-z0-9]+")
"""In ASCII, what is neither a letter nor a digit."""

LONGEST = 500
"""Characters of a reply that may be a stop word, or a short one: spaces and marks count."""
