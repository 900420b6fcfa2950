"""Replies: which of them opt out, which a person looks at, and which are neither."""

from __future__ import annotations

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
    assert (meaning == OPT_OUT) == (plain(text) in WORDS)
    assert (meaning == OTHER) == (word is None)


@given(
    word=st.sampled_from(sorted(WORDS)),
    others=st.lists(
        st.sampled_from(["please", "me", "ora", "bitte", "merci", "👍"]), min_size=1, max_size=30
    ),
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
