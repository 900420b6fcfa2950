"""Which names are one campaign: every character of Unicode is either no difference to people, or one."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from smsframe.orders.names import alike, alike_before, difference

PRINTABLE = [c for c in map(chr, range(sys.maxunicode + 1)) if c.isprintable()]
"""What a name may have: other spaces, format and control characters are refused."""

OTHER_DASHES = "\u1400\u2e17\u2e1a\u2e3a\u2e3b\u2e40\u2e5d\u301c\u3030\u30a0"
"""Wavy, double, slanted, dotted, and as long as two letters or three."""

SPACES = [*" \u2800"]
DASHES = [c for c in PRINTABLE if unicodedata.category(c) == "Pd" and c not in OTHER_DASHES]
DASHES += [*"\N{MINUS SIGN}\N{HEAVY MINUS SIGN}\N{HYPHEN BULLET}\N{MODIFIER LETTER MINUS SIGN}"]
INVISIBLE = [c for c in PRINTABLE if "VARIATION SELECTOR" in unicodedata.name(c, "")]
INVISIBLE += [*"\N{COMBINING GRAPHEME JOINER}\N{HANGUL FILLER}\N{HALFWIDTH HANGUL FILLER}"]
OTHERS = {
    *"\u2800\u115f\u1160\u17b4\u17b5",
    *"\u02b9\u02bb\u02bc\u02bd\u2018\u2019\u201b\u201c\u201d\u201f\u2032",
}
FOLDED = {*SPACES, *DASHES, *INVISIBLE, *OTHERS}


def test_every_dash_that_is_a_plain_stroke_is_a_hyphen():
    assert [f"{ord(c):04X}" for c in DASHES if alike(f"autumn{c}2026") != "autumn-2026"] == []


def test_every_dash_that_looks_otherwise_is_another():
    assert len({alike(f"autumn{c}2026") for c in f"-{OTHER_DASHES}"}) == len(OTHER_DASHES) + 1


def test_every_space_is_a_space_and_none_at_the_ends():
    assert [f"{ord(c):04X}" for c in SPACES if alike(f"{c}autumn{c} {c}2026{c}") != "autumn 2026"] == []
    assert alike("autumn 2026") != alike("autumn2026")


def test_every_invisible_character_is_none():
    places = ("{}autumn-2026", "au{}tumn-2026", "autumn{}-2026", "autumn-{0}20{0}{0}26", "autumn-2026{}")
    differ = [
        f"{ord(c):04X}" for c in INVISIBLE for place in places if alike(place.format(c)) != "autumn-2026"
    ]
    assert differ == []


def test_every_other_character_is_as_different_as_its_capitals_and_forms():
    assert len(FOLDED) < 700
    differ = [
        f"{ord(c):04X}"
        for c in PRINTABLE
        if c not in FOLDED
        and not names_of(c) & FOLDED
        and alike(c) != unicodedata.normalize("NFKC", alike_before(c))
    ]
    assert differ == []


def names_of(character):
    """What it is made of."""
    return {*unicodedata.normalize("NFKC", character)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("autumn", "auturnn"), ("a", "\u0430"), ("l", "1"), ("O", "0"), ("e", "\xe9")),
        *(("a_b", "a-b"), ("a.b", "ab"), ("a/b", "a-b"), ("a\u30fcb", "a-b")),
    ],
)
def test_what_looks_different_or_is_of_another_alphabet_is_another_campaign(one, other):
    assert alike(one) != alike(other)


@pytest.mark.parametrize(
    "name", ["AUTUMN", "Autumn", "\uff21utumn", "aut\u00fcmn", "stra\xdfe", "\u0130", "\ufb01"]
)
def test_capitals_and_forms_are_no_difference_and_it_stays_as_it_is(name):
    assert (
        alike(name)
        == alike(name.casefold())
        == alike(unicodedata.normalize("NFD", name))
        == alike(alike(name))
    )


def test_what_can_hardly_be_seen_is_named():
    assert difference("a-b", "a\u2011b\ufe0f") == "U+2011 NON-BREAKING HYPHEN, U+FE0F VARIATION SELECTOR-16"
