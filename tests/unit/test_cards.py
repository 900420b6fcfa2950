"""Cards and reprs: what they show, whose number only when asked to, and that hostile names are inert."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from html.parser import HTMLParser

import pandas as pd
import pytest

import smsframe
from smsframe import masking
from smsframe.masking import mask, shown, shown_name
from smsframe.outcomes.cards import LONG, LONGEST, SHARES
from smsframe.outcomes.columns import STATUSES, results_for

NUMBER = "+393471234567"
HOSTILE = [
    "<script>alert(1)</script>",
    "</td></table><img src=x onerror=alert(1)>",
    "\"><b onmouseover='alert(1)'>",
    "&lt;script&gt;",
    "{{7*7}} ${alert(1)}",
    "javascript:alert(1)",
    "\u202ekcatta\u2066\u2067",
    "\x00\x07\x1b[31mred\x1b[0m\x7f\x85",
    "half \ud83d of a character",
    "x" * 100_000,
    "one\ntwo\r\nthree\u2028four",
]


class Reader(HTMLParser):
    """The tags, the attributes and the words of a page."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.words, self.open = set(), set(), "", []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attributes)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def guests(**columns):
    return pd.DataFrame({"mobile": [NUMBER, "347 1234568", "12"], "name": ["Ada", "Bea", None]} | columns)


def results(**columns):
    """Two rows of results, one of which was refused."""
    given = {
        "sms_campaign": "autumn",
        "sms_phone": NUMBER,
        "sms_status": pd.Series(["accepted", "rejected"], dtype=object),
        "sms_code": pd.Series([None, "refused_number"], dtype=object),
        "sms_reason": pd.Series([None, "no"], dtype=object),
    }
    return results_for(2, **given | columns)


def inert(page):
    """The words of a card that is made of nothing but what a card is made of."""
    read = Reader(page)
    assert read.tags <= {"div", "span", "table", "tr", "th", "td"}
    assert read.attributes <= {"class", "style", "dir", "role", "aria-label"}
    assert read.open == []
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", read.words)
    page.encode()
    return read.words


@pytest.mark.parametrize("bad", HOSTILE, ids=lambda bad: ascii(bad[:12]))
def test_a_hostile_name_is_only_a_name_in_the_card_of_a_plan(bad):
    name = "".join(sign for sign in bad if sign.isprintable())
    people = guests(name=pd.Series([bad] * 3, dtype=object))
    label = bad.encode("utf-8", "replace").decode()  # pandas itself wants whole characters in a label
    people.columns = pd.Index([label, "name"], dtype=object)
    text = "{name:x} and " + re.sub(r"[{}$\x00-\x1f\x7f-\x9f\ud800-\udfff]", "", bad)[:100]
    made = people.sms.plan(text, campaign=name, phone=label, region="IT")
    words = inert(made._repr_html_())
    assert len(words) < 20 * LONGEST
    assert "\n" not in repr(made)
    assert len(repr(made)) < 10 * LONG
    assert repr(made).isprintable()


@pytest.mark.parametrize("bad", HOSTILE, ids=lambda bad: ascii(bad[:12]))
def test_a_hostile_name_is_only_a_name_in_the_card_of_a_summary(bad):
    text = bad.encode("utf-8", "replace").decode()
    made = results(
        sms_campaign=text,
        sms_reason=pd.Series([None, text], dtype=object),
        sms_delivery=pd.Series([text, None], dtype=object),
    ).sms.summary()
    words = inert(made._repr_html_())
    assert len(words) < 20 * LONG
    assert repr(made).isprintable()
    assert len(repr(made)) < 10 * LONG


def test_text_is_shown_as_it_is_and_not_as_markup():
    made = guests().sms.plan("1 < 2 & 3 > 2 \"'", campaign="a<b", phone="mobile", region="IT")
    words = inert(made._repr_html_())
    assert "1 < 2 & 3 > 2 \"'" in words
    assert "Plan: a<b" in words
    assert "&lt;" not in words


def test_the_card_of_a_plan_has_its_facts():
    made = guests().sms.plan(
        "Ciao {name:friend} ✓", campaign="autumn", phone="mobile", region="IT", sender="Dinner"
    )
    words = inert(made._repr_html_())
    for fact in (
        "Plan: autumn",
        "Text 2 people for 2 credits",
        "Dinner",
        "2 ucs2",
        "✓ in 2 texts",
        "2 ready",
        "Ciao Ada ✓",
        "1 invalid",
    ):
        assert fact in words


def test_the_card_of_a_summary_has_its_facts():
    made = results(sms_credits=pd.Series([1_500_000.0, None], dtype="Float64")).sms.summary()
    words = inert(made._repr_html_())
    for fact in (
        "Campaign: autumn",
        "2 rows",
        "Accepted1",
        "Rejected1",
        "Credits charged1,500,000",
        "1 rejectedno",
    ):
        assert fact in words


@pytest.mark.parametrize("made", [
    guests().sms.plan(f"Call {NUMBER}", campaign=NUMBER, phone="mobile", region="IT", sender=NUMBER),
    guests().sms.plan("Call {mobile}", phone="mobile", region="IT"),
    guests().rename(columns={"mobile": NUMBER}).sms.plan("x", phone=NUMBER),
    results(sms_reason=pd.Series([None, f"not {NUMBER}"], dtype=object)).sms.summary(),
    results(sms_delivery=NUMBER).sms.summary(),
    results(sms_campaign=NUMBER).sms.summary(),
])  # fmt: skip
def test_whatever_is_displayed_is_masked_unless_revealed(made):
    seen = [lambda: unescape(made._repr_html_()), lambda: repr(made), lambda: str(made.facts())]
    assert not [look() for look in seen if "1234567" in look()]
    with smsframe.reveal():
        assert [look() for look in seen if NUMBER in look()]
    assert not [look() for look in seen if "1234567" in look()]


def test_revealing_is_for_this_thread_and_ends_with_the_block_also_after_an_error():
    def look(_=None):
        return shown(NUMBER)

    def fail():
        with smsframe.reveal():
            with smsframe.reveal():
                assert look() == NUMBER
            assert look() == NUMBER
            with ThreadPoolExecutor(1) as pool:
                assert list(pool.map(look, [None])) == ["+39••••••••67"]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert look() == "+39••••••••67"


def test_errors_and_logs_stay_masked_while_revealing():
    with smsframe.reveal():
        assert mask(NUMBER) == "+39••••••••67"
        with pytest.raises(smsframe.TextError) as caught:
            guests().sms.plan(f"{{{NUMBER}}}", phone="mobile", region="IT")
    assert "1234567" not in str(caught.value)


def test_frames_are_the_users_own():
    assert NUMBER in repr(guests().sms.check("mobile", region="IT"))


@pytest.mark.parametrize("between", ["\u200b", "\u2060", "\u202e", "\ufeff", "\u00ad", " ", "-"])
def test_what_stands_between_the_digits_unmasks_nothing(between):
    said = shown(between.join("3471234567"))
    assert sum(map(str.isdigit, said)) == 4


@pytest.mark.parametrize(("name", "said"), [
    ("autumn-20261122", "autumn-20261122"),
    ("2026-11-22", "2026-11-22"),
    ("20261399", "20••••99"),
    ("call 3471234567", "call 34••••••67"),
    (("a", 3471234567), "('a', 34••••••67)"),
    (3471234567, "34••••••67"),
    (" a\n b ", "a b"),
])  # fmt: skip
def test_dates_in_names_are_left_and_numbers_are_not(name, said):
    assert shown_name(name) == said


def test_what_is_long_is_cut_where_it_is_shown_and_nowhere_else():
    made = guests().rename(columns={"mobile": "m" * 5000}).sms.plan("x", phone="m" * 5000, region="IT")
    assert made.phone == "m" * 5000
    assert "m" * 79 + "…" in made._repr_html_()
    assert "m" * 80 not in made._repr_html_()
    assert shown("x" * 30, 30) == "x" * 30
    assert shown("x" * 31, 30) == "x" * 29 + "…"


def test_nothing_is_shown_in_the_colours_of_one_theme():
    """What has a colour of its own is unreadable on the other background."""
    page = guests().sms.plan("x", phone="mobile", region="IT")._repr_html_()
    colours = re.findall(r"(?<![\w-])(?:color|background(?:-color)?):([^;\"]+)", page)
    assert set(colours) <= {"inherit", "none", *SHARES.values()}


def luminance(colour):
    """Relative luminance (WCAG 2.1)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("status", SHARES)
def test_a_part_of_a_bar_is_seen_on_white_and_on_black_and_every_status_has_one(status):
    own = luminance(SHARES[status])
    for background in ("#ffffff", "#111111"):
        lighter, darker = sorted((own, luminance(background)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 3  # what graphics need (WCAG 2.1, 1.4.11)
    assert {*SHARES} == {*STATUSES}


def test_the_bar_of_a_plan_says_what_it_shows():
    page = guests().sms.plan("x", phone="mobile", region="IT")._repr_html_()
    assert 'role="img" aria-label="Of 3 rows: 2 ready, 1 invalid"' in page
    assert page.count("flex:2 0 2px") == page.count("flex:1 0 2px") == 1


def test_masking_is_linear():
    """Digits and separators that never are a number take no time that grows with their square."""
    assert masking.mask("12345(((( " * 50_000) == "12345(((( " * 50_000
