"""Replies: which of them opt out, which a person looks at, and which are neither."""

from __future__ import annotations

import sys
import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsframe.audience.replies import read as meanings_of
from smsframe.texts.stop_words import OPT_OUT, OTHER, REVIEW, SHORT, SOURCES, UNSOURCED, plain, read, words_of

WORDS = words_of()
MARKS = st.text(alphabet=" .!?,;:'\"«»()-\u2013\t\n\u200b\ufeff", max_size=5)


@given(word=st.sampled_from(sorted(WORDS)), before=MARKS, after=MARKS, capitals=st.randoms())
def test_a_word_alone_opts_out_however_it_is_written(word, before, after, capitals):
    written = "".join(capitals.choice([letter.upper(), letter]) for letter in word)
    assert read(before + written + after, WORDS) == (OPT_OUT, word)


NO_WORDS = [
    character
    for character in map(chr, range(sys.maxunicode + 1))
    if unicodedata.category(character)[0] in "PSZ" or unicodedata.category(character) in {"Cc", "Cf", "Mn"}
]
"""Every mark, symbol, emoji, space and invisible character that Python's Unicode knows."""

EMOJI = [
    "\U0001f6d1",
    "\u270b\U0001f3fd",  # with a tone of skin
    "\u2764\ufe0f",
    "\U0001f469\u200d\U0001f4bb",  # joined
    "\U0001f1ee\U0001f1f9",  # a flag
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "\u203c\ufe0f",
    "\u2122",  # which is TM in letters
    ":-)",
    "<<<",
    "$$",
]


def test_no_mark_symbol_or_emoji_beside_a_word_makes_it_another():
    assert len(NO_WORDS) > 9_000
    for mark in NO_WORDS:
        for text in (f"STOP{mark}", f"{mark}Stop", f"{mark * 3} stop {mark}"):
            assert read(text, WORDS)[0] == OPT_OUT, ascii(text)


@given(
    word=st.sampled_from(sorted(WORDS)),
    times=st.integers(1, 4),
    marks=st.lists(st.sampled_from([*EMOJI, "!!!", '"', "\u201c", ".", " "]), min_size=5, max_size=5),
)
def test_a_word_opts_out_with_emoji_in_quotes_and_several_times(word, times, marks):
    said = " ".join(marks[at] + word.upper() + marks[at + 1] for at in range(times))
    if "\u2122" in said.strip("\u2122 "):
        said = said.replace("\u2122", "")
    assert read(said, WORDS)[0] == OPT_OUT
    assert meanings_of(pd.Series([said], dtype="string"), WORDS)["meaning"].tolist() == [OPT_OUT]


@pytest.mark.parametrize(
    "text", ["1 STOP", "STOP 2", "STOP 1\ufe0f\u20e3", "stop ok", "stop end", "stop basta", "STOP \u2460"]
)
def test_a_digit_or_another_word_beside_it_is_for_a_person_to_look_at(text):
    assert read(text, WORDS)[0] == REVIEW


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Arrêt", "arret"),
        ("ARRE\u0302T", "arret"),
        ("\uff53\uff54\uff4f\uff50", "stop"),
        ("Opt-Out!", "opt out"),
        ("STOPP", "stopp"),
    ],
)
def test_accents_width_and_hyphens_do_not_matter(text, word):
    assert read(text, WORDS) == (OPT_OUT, word)


@given(text=st.text(max_size=60))
def test_nothing_opts_out_but_a_word_of_the_table(text):
    meaning, word = read(text, WORDS)
    assert meaning == OPT_OUT or plain(text) not in WORDS
    assert meaning != OPT_OUT or set("".join(filter(str.isalpha, plain(text)))) <= set(word)
    assert (meaning == OTHER) == (word is None)


@given(
    word=st.sampled_from(sorted(WORDS)),
    others=st.lists(st.sampled_from(["please", "me", "ora", "bitte", "merci"]), min_size=1, max_size=30),
    place=st.integers(0, 30),
)
def test_a_word_among_others_is_reviewed_when_the_reply_is_short_and_never_opts_out(word, others, place):
    others.insert(min(place, len(others)), word)
    said = " ".join(others)
    seen = plain(said).count(" ") < SHORT or plain(said).startswith(word)
    assert read(said, WORDS)[0] == (REVIEW if seen else OTHER)


@pytest.mark.parametrize(
    "text",
    [
        *("Basta!", "cancellami", "Annulla", "rimuovi", "Désabonner", "parar", "ALTO", "S.T.O.P.", "S T O P"),
        *("\u0421\u0422\u041e\u041f", "basta messaggi", "STOP " + "messaggi non voglio " * 40),
    ],
)
def test_a_word_without_a_source_and_a_long_reply_that_begins_with_stop_are_reviewed(text):
    assert read(text, WORDS)[0] == REVIEW
    assert meanings_of(pd.Series([text], dtype="string"), WORDS)["meaning"].tolist() == [REVIEW]


@pytest.mark.parametrize("text", ["", "   ", "stopwatch", "nonstop", "Friend", "ok", "👍", "stop" * 200])
def test_what_only_looks_like_one_is_neither(text):
    assert read(text, WORDS)[0] == OTHER


def test_each_word_is_written_as_it_is_looked_for_and_has_a_source():
    for table in SOURCES.values():
        for word, source in table.items():
            assert plain(word) == word
            assert source
            assert not any(unicodedata.combining(letter) for letter in word)


def test_no_word_without_a_source_opts_out():
    assert not UNSOURCED & WORDS
    assert all(plain(word) == word for word in UNSOURCED)


def test_a_language_without_a_table_is_refused():
    assert "baja" not in words_of(("en", "it"))
    with pytest.raises(ValueError, match="de, en, es, fr, it"):
        words_of(("pt",))
