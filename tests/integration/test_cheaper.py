"""Cheaper on request, never silently: what is proposed is what is sent, and nothing else is touched."""
# ruff: noqa: RUF001 - characters that look like others are what this file is about

from __future__ import annotations

import html
import re

import pandas as pd
import pyarrow as pa
import pytest
from helpers.sending import send, statuses, table
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import smsframe
from smsframe.cli.main import app
from smsframe.texts.replacements import (
    FIXES,
    TYPOGRAPHY,
    fixed,
    fixed_column,
    fixed_template,
    kind,
    outside_gsm,
    pieces,
)
from smsframe.texts.segments import GSM, GSM_EXTENSION, is_gsm
from smsframe.texts.template import parse, written

LONG = "a presto, amici miei! " * 5  # 110 units: one segment in GSM, two in UCS-2


def people(*names):
    return table(len(names)).assign(name=pd.Series(names, dtype=object))


def plan(frame, text="Ciao {name}, " + LONG, **options):
    return frame.sms.plan(text, phone="mobile", **options)


# The table ----------------------------------------------------------------------------------------------

WRITTEN = {
    "typographic quotes": ("‘a’ “b” «c» ‹d›", "'a' \"b\" \"c\" 'd'"),
    "low quotes and primes": ("‚a‘ „b“ 5′ 6″", "'a' \"b\" 5' 6\""),
    "backtick, acute accent and letter apostrophe": ("` ´ ʼ", "' ' '"),
    "dashes": ("a – b — c‑d − e", "a - b - c-d - e"),
    "ellipsis": ("e…", "e..."),
    "spaces": ("a\u00a0b\u202fc\u2009d\u3000e\tf", "a b c d e f"),
    "line ends": ("a\u2028b\u2029c\x85d", "a\nb\nc\nd"),
    "invisible": ("a\u200bb\u00adc\ufeffd\u200ee", "abcde"),
    "bullets": ("• a · b", "- a . b"),
    "ligatures": ("ﬁne œuvre", "fine oeuvre"),
    "full width": ("ＡＢ１！［", "AB1!["),
    "signs": ("2×3 № 5 ©", "2x3 No 5 (C)"),
    "accents of their own": ("perche\u0301 A\u030a n\u0303", "perché Å ñ"),
    "another code of the same letter": ("\u212b \u2126", "Å \u03a9"),
    "letters keep their accents": ("çáŠ", "çáŠ"),
    "dollar signs and braces that could become a field": ("＄｛x｝", "＄｛x｝"),
    "what is GSM already": (GSM + GSM_EXTENSION, GSM + GSM_EXTENSION),
}


@pytest.mark.parametrize(("before", "after"), WRITTEN.values(), ids=WRITTEN)
def test_typography_is_written_with_what_the_alphabet_has(before, after):
    assert fixed(before, "gsm") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("François Ångström Žižek", "Francois Ångström Zizek"),
        ("Łódź Đorđe Iğdır", "Lodz Dorde Igdir"),
        ("ǖ ế", "ü e"),  # as many accents as the alphabet has
        ("x\u0302", "x"),
        ("Ελλάδα Привет 你好", None),
    ],
)
def test_letters_lose_only_what_the_alphabet_lacks_and_other_scripts_nothing(before, after):
    assert fixed(before, "gsm+letters") == (before if after is None else after)


def test_all_that_the_table_writes_is_gsm_and_nothing_it_replaces_is():
    for listed in TYPOGRAPHY.values():
        assert not any(is_gsm(before) for before in listed)
        assert all(is_gsm(after) and not set(after) & set("${}") for after in listed.values())


def test_each_replacement_is_made():
    for listed in TYPOGRAPHY.values():
        assert [fixed(before, "gsm") for before in listed] == [*listed.values()]


def test_an_accent_finds_its_letter_past_what_is_invisible():
    assert fixed("e\u200b\u0301", "gsm") == "é"


def test_no_character_is_in_two_kinds():
    counted = pd.Series([before for listed in TYPOGRAPHY.values() for before in listed]).value_counts()
    assert counted.max() == 1


TEXTS = st.text(st.sampled_from("aé€ç…“’\u00a0\u200be\u0301\u0302ſ\u212b👋жＡ{}:$\n"), max_size=30)


@settings(deadline=None)
@given(TEXTS, st.sampled_from(FIXES))
def test_fixing_twice_is_fixing_once_and_never_makes_a_field(text, fix):
    once = fixed(text, fix)
    assert fixed(once, fix) == once
    assert once.count("$") == text.count("$")
    assert once.count("{") == text.count("{")


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), TEXTS), max_size=5), st.sampled_from(FIXES))
def test_a_column_is_fixed_as_its_texts_are(texts, fix):
    made = fixed_column(pa.array(texts, pa.large_string()), fix).to_pylist()
    assert made == [None if text is None else fixed(text, fix) for text in texts]


@settings(deadline=None)
@given(TEXTS)
def test_pieces_are_what_the_alphabet_lacks(text):
    found = pieces(text)
    column = outside_gsm(pa.array([text], pa.large_string()))[0].as_py()
    assert pieces(column) == found
    for piece in found:
        assert piece in text
        assert not is_gsm(piece)
    assert bool(found) == (not is_gsm(text))


def test_each_piece_has_its_kind():
    assert [kind(piece) for piece in ("…", "e\u0301", "\u212b", "ç", "x\u0302")] == [
        "ellipsis", "composition", "composition", "letters", "letters",
    ]  # fmt: skip


# The template -------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(TEXTS.filter(lambda text: "$" not in text), st.sampled_from(["{name}", "{na’me:l’amico}", ""]), TEXTS)
def test_a_fixed_template_reads_back_as_itself(before, field, after):
    literal = (before + field + after.replace("$", "")).replace("{}", "")
    try:
        template = parse(literal)
    except smsframe.TextError:
        return
    assert parse(written(template.parts)).parts == template.parts
    again = fixed_template(template, "gsm")
    assert parse(again.source) == again
    assert again.slots == template.slots


def test_a_template_is_fixed_as_a_whole_or_not_at_all():
    assert fixed_template(parse("{{l’ora}} {x:l’amico}…"), "gsm").source == "{{l'ora}} {x:l’amico}..."
    for same in ("l’ora 👋", "già {x}", "ç…"):
        template = parse(same)
        assert fixed_template(template, "gsm") is template


# The proposal -------------------------------------------------------------------------------------------


def test_a_proposal_says_what_where_how_many_and_how_much_and_changes_nothing():
    frame = people("Ada", "l’Aquila", "Zoe\u0301", "Zoë", "👋 Bo’")
    made = plan(frame, "Ciao {name}, è l’ora… " + LONG)
    before = made.people.copy(deep=True)
    proposal = made.cheaper()
    assert (proposal.credits_before, proposal.credits_after, proposal.saved, proposal.people) == (10, 7, 3, 3)
    assert [
        ["" if pd.isna(x) else x for x in row[:4] + row[5:]]
        for row in proposal.to_frame().to_numpy().tolist()
    ] == [
        ["quotes", "", "’", "'", 5, 3],
        ["ellipsis", "", "…", "...", 5, 3],
        ["composition", "name", "e\u0301", "é", 1, 1],
        ["quotes", "name", "’", "'", 1, 1],
    ]
    assert proposal.replacements["name"][1] == "HORIZONTAL ELLIPSIS"
    assert sorted(proposal.changed.itertuples(index=False, name=None)) == [
        ("name", "Zoe\u0301", "Zoé", 1),
        ("name", "l’Aquila", "l'Aquila", 1),
    ]
    assert proposal.left.to_dict() == {"ë": 1, "👋": 1, "’": 1}
    assert proposal.example[0].startswith("Ciao Ada, è l’ora…")
    assert proposal.example[1].startswith("Ciao Ada, è l'ora...")
    pd.testing.assert_frame_equal(made.people, before)
    assert repr(proposal) == (
        "<smsframe.Cheaper text_fix='gsm': 7 credits instead of 10, 3 saved; 4 replacements>"
    )


def test_letters_lose_their_accents_only_under_that_name_and_are_listed():
    made = plan(people("Zoë", "François"))
    assert made.cheaper().saved == 0
    proposal = made.cheaper("gsm+letters")
    assert proposal.saved == 2
    assert proposal.replacements["kind"].unique().tolist() == ["letters"]
    assert sorted(proposal.changed["after"]) == ["Francois", "Zoe"]


@pytest.mark.parametrize("fix", FIXES)
def test_the_proposal_is_exactly_what_text_fix_does(fix):
    frame = people("Ada", "l’Aquila", "Zoe\u0301", "Zoë", "👋 Bo", "+39 347 123 4567…", None, "Ada")
    plain = plan(frame, "Ciao {name:amico mio…}, è l’ora… " + LONG)
    proposal, done = plain.cheaper(fix), plan(frame, "Ciao {name:amico mio…}, è l’ora… " + LONG, text_fix=fix)
    assert (plain.credits, done.credits) == (proposal.credits_before, proposal.credits_after)
    assert repr(done.fixed) == repr(proposal)
    pd.testing.assert_frame_equal(done.fixed.to_frame(), proposal.to_frame())
    pd.testing.assert_frame_equal(done.fixed.changed, proposal.changed)
    assert done.cheaper(fix).saved == 0
    assert plain.fixed is None


def test_a_value_is_touched_only_where_its_text_gets_cheaper():
    short, stuck, pays = "l’Aquila", "👋 l’Aquila " + "x" * 100, "l’Aquila " + "x" * 100
    made = plan(people(short, stuck, pays), "{name}", text_fix="gsm")
    assert made.people["text"].tolist() == [short, stuck, pays.replace("’", "'")]


def test_an_emoji_never_loses_its_joiner():
    singer = "👩\u200d🎤" * 14 + "."  # 71 units: without its joiners it would be one segment
    made = plan(people(singer), "{name}", text_fix="gsm")
    assert made.people["text"].tolist() == [singer]


def test_two_fields_of_one_column_and_columns_with_odd_labels():
    frame = people("l’A", "B").rename(columns={"name": "na’me…"})
    made = plan(frame, "{na’me…} {na’me…:x} " + LONG, text_fix="gsm")
    assert made.people["text"].tolist()[0].startswith("l'A l'A ")
    assert made.fixed.to_frame()["field"].tolist() == ["na’me…"]
    assert made.template.fields == ("na’me…", "na’me…")


def test_a_plan_for_nobody_and_one_without_fields_have_proposals_too():
    empty = plan(people().iloc[:0].astype({"name": object}), "Ciao {name}…").cheaper()
    assert (empty.saved, empty.example, len(empty.changed)) == (0, None, 0)
    same = plan(people("a", "b"), "l’ora " + LONG).cheaper()
    assert (same.saved, same.people) == (2, 2)


def test_proposals_have_the_same_dtypes_when_nothing_is_to_be_replaced():
    some, none = (plan(people(name)).cheaper() for name in ("l’A", "A"))
    assert some.to_frame().dtypes.equals(none.to_frame().dtypes)
    assert some.changed.dtypes.equals(none.changed.dtypes)


@pytest.mark.parametrize("fix", ["ascii", "", True, 1])
def test_another_fix_is_refused(fix):
    with pytest.raises(ValueError, match=r"must be one of gsm, gsm\+letters"):
        plan(people("A"), text_fix=fix)
    with pytest.raises(ValueError, match=r"must be one of gsm, gsm\+letters"):
        plan(people("A")).cheaper(fix)


def test_what_is_shown_is_masked_escaped_and_has_every_character_readable():
    frame = people("<b>x’</b>", "Zoe\u0301", "a\u00a0b")
    frame["name"] = frame["name"].str.replace("x", frame["mobile"].iloc[0])
    made = plan(frame)
    shown = made.cheaper()._repr_html_() + str(made.cheaper().facts())
    assert not re.search(r"\d{7}", shown)
    assert "<b>" not in made.cheaper()._repr_html_()
    assert "U+00A0 → a space" in shown
    assert 'text_fix="gsm" to save 4 credits; .cheaper() shows' in html.unescape(made._repr_html_())
    done = plan(people("l’A"), text_fix="gsm")._repr_html_()
    assert "’ → &#x27;, in name of 1 person; 1 credit saved" in done


# On the wire --------------------------------------------------------------------------------------------

TEXT = "Ciao {name}, è l’ora… " + LONG


def test_what_is_sent_counted_and_remembered_is_the_fixed_text(sandbox, gateway):
    frame = people("Ada", "l’Aquila", "👋 Bo")
    out = send(frame, gateway, TEXT, text_fix="gsm")
    assert statuses(out) == {"accepted": 3}
    assert out["sms_credits"].tolist() == out["sms_segments"].tolist() == [1, 1, 2]
    got = sandbox.inbox().set_index("recipient")["text"]
    names = dict(zip(out["sms_phone"], ["Ada", "l'Aquila", "👋 Bo"], strict=True))
    assert got.to_dict() == {phone: f"Ciao {name}, è l'ora... {LONG}" for phone, name in names.items()}
    again = send(frame, gateway, TEXT, text_fix="gsm")
    assert set(again["sms_code"]) == {"already_texted"}
    assert len(sandbox.inbox()) == 3


def test_a_fixed_text_is_another_text_of_the_campaign(sandbox, gateway):
    frame = people("Ada", "Bea")
    send(frame.head(1), gateway, TEXT)
    with pytest.raises(smsframe.CampaignChanged):
        send(frame, gateway, TEXT, text_fix="gsm")
    send(frame, gateway, TEXT, text_fix="gsm", changed=True)
    assert sorted(len(text) for text in sandbox.inbox()["text"]) == [
        len(f"Ciao Ada, è l’ora… {LONG}") + x for x in (0, 2)
    ]


def test_a_text_that_needs_no_fix_is_the_same_text_with_one(sandbox, gateway):
    frame = people("Ada", "l’Aquila")
    text = "Ciao {name}, " + LONG
    send(frame.head(1), gateway, text)
    out = send(frame, gateway, text, text_fix="gsm")
    assert statuses(out) == {"accepted": 2}
    assert "l'Aquila" in sandbox.inbox()["text"].str.cat()


def test_the_command_says_what_it_would_save_and_replaces_only_when_told(sandbox, monkeypatch, tmp_path):
    monkeypatch.setenv("SMSFRAME_BASE_URL", sandbox.url)
    monkeypatch.setenv("SMSFRAME_USERNAME", "demo")
    monkeypatch.setenv("SMSFRAME_PASSWORD", "demo")
    monkeypatch.setenv("SMSFRAME_JOURNAL", str(tmp_path / "journal.sqlite"))
    people("Ada", "l’Aquila").to_csv(tmp_path / "people.csv", index=False)
    told = (str(tmp_path / "people.csv"), "--phone", "mobile", "--text", TEXT)
    plain = CliRunner().invoke(app, ["plan", *told]).output
    assert "--text-fix gsm would save 2 credits" in plain
    assert "replaced" not in plain
    options = ("--text-fix", "gsm", "--campaign", "autumn", "--yes", "--no-progress")
    done = CliRunner().invoke(app, ["send", *told, *options])
    assert done.exit_code == 0
    said = " ".join(done.output.split())
    assert "’ in 2 by ', … in 2 by ..., ’ in 1 by ' (name); 2 credits saved" in said
    assert "Ciao l'Aquila, è l'ora... " + LONG in set(sandbox.inbox()["text"])
