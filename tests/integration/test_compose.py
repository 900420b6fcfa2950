"""The form, without a browser: buttons click and fields change in plain Python as they do in a notebook."""

from __future__ import annotations

import ast
import contextlib
import json
import re
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from pathlib import Path
from time import sleep

import pandas as pd
import pytest
from helpers.page import widget_state
from helpers.sending import each_once, gateway_at, statuses, table, texted
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import smsframe
from smsframe.cli import form_server
from smsframe.form import draft, form, html, preview
from smsframe.form.form import DOUBLE_CLICK
from smsframe.form.tasks import LatestOnly, SingleFlight
from smsframe.journal.journal import Journal
from smsframe.orders.profile import HIGH, GatewayProfile

TEXT = "Ciao {name}, dinner is at 8."


class Hand:
    """Somebody at a form: types into its fields, actions its buttons, reads what it says."""

    def __init__(self, form):
        self.form, self._controls = form, form._controls

    def type(self, **fields):
        for name, value in fields.items():
            getattr(self._controls, name).value = value
        self.wait()

    def click(self, name, *, wait=True):
        button = getattr(self._controls, name)
        if not button.disabled:  # as a browser does
            button.click()
        if wait:
            self.wait()

    def unlock(self):
        self.type(unlock=str(self.form.plan.recipients))

    def wait(self):
        assert self.form.wait(60)

    def reads(self, place):
        return self._controls.messages[place].value

    def shown(self, name):
        return getattr(self._controls, name).layout.display != "none"

    def can(self, name):
        return not getattr(self._controls, name).disabled


@pytest.fixture
def hand(gateway):
    """Makes a form of a table, and the hand at it."""

    def make(contacts, text="", **options):
        return Hand(smsframe.compose(contacts, text, gateway=gateway, grace=0.02, **options))

    return make


# What it begins with.


def test_the_phone_column_and_the_region_are_guessed_and_can_be_changed(hand):
    at = hand(pd.DataFrame({"mobile": ["347 1234567", "347 1234568"], "land": ["IT", "IT"], "x": [1, 2]}))
    assert (at.form._controls.phone.value, at.form._controls.region.value) == ("mobile", "land")
    assert at.form.plan.recipients == 2
    at.type(region="DE")
    assert at.form.plan.recipients == 0
    assert "0</b> can be texted" in at.reads("funnel")
    at.type(phone="x")
    assert "not a phone number" in at.reads("funnel")


def test_what_is_given_is_in_the_fields(people, hand):
    at = hand(people, TEXT, campaign="autumn", phone="mobile", region="IT", sender="Ada", quality="high")
    assert repr(at.form) == "<smsframe.Form autumn: text 2 people for 2 credits>"


def test_fields_have_buttons_that_insert_them(people, hand):
    at = hand(people.assign(**{"a:b": 1}), "Ciao")
    assert [*at.form._controls.chips] == ["name", "a:b"]  # not the number
    for label in ("name", "a:b"):
        at.form._controls.chips[label].click()
    assert at.form._controls.text.value == 'Ciao {name} {"a:b"}'


@pytest.mark.parametrize(
    ("label", "cells"),
    [
        ("lang", ["es", "fr"]),
        ("iso_language", ["it", "de"]),
        ("iso639", ["it", "de"]),
        ("title", ["Mr", "Ms"]),
        ("title country", ["Mr", "Ms"]),
        ("landlord", ["IT", "FR"]),  # no word of its own
        ("initials", ["AD", "BE"]),
        ("country", ["IT", "Ada"]),
    ],
)
def test_what_only_looks_like_countries_is_not_taken_for_them(hand, label, cells):
    at = hand(pd.DataFrame({"mobile": ["3471234567", "3471234568"], label: cells}), "Ciao")
    assert at.form._controls.region.value is None
    assert at.form.plan.recipients == 0


@pytest.mark.parametrize(
    "label",
    ["country", "Country Code", "countryCode", "guest_country", "iso2", "País", "Land", "paese", "PAYS"],
)
def test_a_column_called_like_countries_that_holds_them_is_taken_and_named(hand, label):
    at = hand(pd.DataFrame({"mobile": ["3471234567", "3471234568"], label: ["IT", "it"]}), "Ciao")
    assert at.form.plan.recipients == 2
    assert f"The country is taken from the column {label}." in at.reads("funnel")
    at.type(region="IT")
    assert "is taken from" not in at.reads("funnel")


def test_two_columns_of_countries_are_no_guess():
    contacts = pd.DataFrame({"country": ["IT"], "nation": ["FR"], "land": [None]})
    assert draft.guess_region(contacts) is None


def test_a_column_called_like_a_country_is_not_offered_but_can_be_named(hand):
    contacts = pd.DataFrame({"mobile": ["3471234567"], "cc": ["IT"], "NO": ["FR"]})
    at = hand(contacts, "Ciao", region="cc")
    assert at.form._controls.region.value == "cc"
    assert at.form.plan.recipients == 1  # of Italy; of the Cocos Islands, of which cc is the code, nobody
    offered = [label for label, _ in hand(contacts).form._controls.region.options if "column" in label]
    assert offered == ["in column mobile"]
    assert hand(contacts, region="it").form._controls.region.value == "IT"
    for wrong in ("NO", "nowhere"):
        with pytest.raises(smsframe.ContactsError, match=wrong):
            hand(contacts, region=wrong)


# Live, while somebody types.


def test_characters_encoding_and_segments_follow_every_key(hand):
    at = hand(table(2))
    assert "<b>0</b><span>characters" in at.reads("counter")
    at.type(text="Ciao")
    assert "<b>4</b><span>characters typed" in at.reads("counter")
    assert "<b>standard</b>" in at.reads("counter")
    at.type(text="x" * 161)
    assert "<b>2</b><span>segments each" in at.reads("counter")
    assert "<b>4</b><span>credits" in at.reads("counter")


def test_it_says_which_character_forces_ucs2_and_whether_it_is_in_the_text_or_in_values(hand):
    at = hand(table(3).assign(name=["Ada", "Ștefan", "Bea"]), "“{name}")
    assert "<kbd>“</kbd> at character 1" in at.reads("counter")
    assert "<kbd>Ș</kbd> in the values of 1 person" in at.reads("counter")
    at.type(text="a\u200bb")
    assert "the invisible U+200B at character 2" in at.reads("counter")


def figures(at):
    """The counter: each number by what it counts."""
    return {unit: value for value, unit in re.findall(r"<b>(.*?)</b><span>(.*?)</span>", at.reads("counter"))}


@pytest.mark.parametrize("broken", ["Ciao {na", "Ciao }", "Ciao {nme}", "Ciao {name} " + "x" * 5000])
def test_a_text_that_cannot_be_sent_is_said_beside_it_and_nothing_is_counted(hand, broken):
    at = hand(table(3, bad=()), TEXT, campaign="autumn")
    at.unlock()
    counted = {"characters typed": "28", "alphabet": "standard", "segment each": "1", "credits": "3"}
    assert figures(at) == counted
    at.type(text=broken)
    assert "sf-problem" in at.reads("text")
    assert figures(at) == {"characters typed": f"{len(broken):,}"}
    assert not re.search(r"\d", at.reads("funnel"))
    assert "correct" in at.reads("readers")
    assert not at.shown("steps")
    assert at.form._controls.send.description == "Nothing to send yet"
    assert at.form._controls.unlock.description == "To unlock"
    assert not at.can("unlock")
    assert not at.can("send")
    assert at.form.plan is None
    assert "3 people" not in str(at.form._repr_mimebundle_())
    at.type(text=TEXT)
    assert at.reads("text") == ""
    assert at.can("unlock")


def test_without_a_text_it_is_said_who_can_be_texted_and_nobody_would_be(hand):
    at = hand(table(3), campaign="autumn")
    assert "<b>3</b> can be texted" in at.reads("funnel")
    assert at.form._controls.send.description == "Nothing to send yet"
    assert "Text 3 people" not in str(at.form._repr_mimebundle_())


PIECES = [
    "{name}",
    "{name:x}",
    "{nme}",
    "{",
    "}",
    "{{",
    "}}",
    "“",
    "…",
    "€",
    "ș",
    "Ciao ",
    "\n",
    "$",
    "x" * 150,
    " ",
]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PIECES), max_size=7).map("".join), st.booleans())
def test_whatever_is_typed_the_counts_are_those_of_what_the_button_sends(hand, typed, fix):
    contacts = table(5).assign(name=["Ada", "“Bea”", None, "x" * 100, "ș"])
    contacts.loc[4, "mobile"] = contacts["mobile"][0]
    at = hand(contacts, campaign="autumn")
    at.form._fix = fix
    at.type(text=typed)
    button, unlock = at.form._controls.send.description, at.form._controls.unlock.description
    try:
        plan = smsframe.plan(contacts, typed, phone="mobile", text_fix="gsm" if fix else None)
    except smsframe.TextError:
        assert figures(at).get("credits", "0") == "0"
        assert (button, unlock, at.can("unlock")) == ("Nothing to send yet", "To unlock", False)
        assert "to text" not in at.reads("funnel")
        return
    people = "1 person" if plan.recipients == 1 else f"{plan.recipients} people"
    cost = "1 credit" if plan.credits == 1 else f"{plan.credits} credits"
    assert button == (f"Text {people} for {cost}" if plan.recipients else "Nobody to text")
    assert f"<b>{plan.recipients}</b> to text" in at.reads("funnel")
    shown = figures(at)
    assert shown.pop("credit" if plan.credits == 1 else "credits") == str(plan.credits)
    assert next(iter(shown.values())) == f"{len(plan.template.source):,}"
    assert at.can("unlock") == (plan.recipients > 0)
    if plan.recipients:
        ready = plan.ready
        assert {*shown["alphabet"].split(" + ")} == {
            "standard" if one == "gsm" else "extended" for one in ready["encoding"]
        }
        ends = sorted({ready["segments"].min(), ready["segments"].max()})
        assert (shown.get("segment each") or shown["segments each"]) == " to ".join(map(str, ends))
        assert unlock == f"Type {plan.recipients} to unlock"
        assert (
            read_all(at)
            == ready.sort_values(["segments", "units"], ascending=False, kind="stable")["text"].tolist()
        )


def test_a_text_of_5000_characters_is_counted_refused_and_kept(hand, sandbox):
    at = hand(table(3), "x" * 5000, campaign="autumn")
    assert "<b>5,000</b>" in at.reads("counter")
    assert "the gateway takes 1,000" in at.reads("text")
    at.click("send")
    assert len(at.form._controls.text.value) == 5000
    assert sandbox.orders().empty


def test_the_audience_shows_each_kind_of_skip_with_its_rows_masked(people, hand):
    at = hand(people, TEXT, region="IT")
    assert "4 rows" in at.reads("funnel")
    assert "2</b> to text" in at.reads("funnel")
    assert "<i>duplicate</i>" in at.reads("funnel")
    assert "00•• ••• •••••67" in at.reads("funnel")
    assert "1234567" not in at.reads("funnel")


def read_all(at):
    """The messages that the form shows, one after the other."""
    controls, messages = at.form._controls, []
    while True:
        shown = at.reads("readers")
        messages.append(unescape(re.search(r"<blockquote[^>]*>(.*)</blockquote>", shown, re.DOTALL)[1]))
        if controls.next.disabled:
            return messages
        controls.next.click()


def test_an_experiment_with_several_texts_is_said_counted_and_not_sent(hand, sandbox):
    contacts = table(9).assign(sms_variant=["short"] * 4 + ["long"] * 3 + ["hold-out", None])
    at = hand(contacts, TEXT, campaign="autumn")
    assert 'df.sms.send({"long": "…", "short": "…"}, …)' in unescape(at.reads("text"))
    assert "texted: long: 3; short: 4; hold-out: 1, without a text." in at.reads("funnel")
    for text in ("", TEXT, "Ciao “{name}”"):
        at.type(text=text)
        at.click("fix")
        assert at.form.plan is None
        assert not at.can("unlock")
        assert "experiment" in at.reads("text")
    at._controls.send.click()
    at.wait()
    assert sandbox.inbox().empty
    assert "is an experiment" in repr(at.form)


def test_what_else_is_wrong_is_said_of_an_experiment_too(hand):
    at = hand(table(3).assign(sms_variant=["a", "b", None]), TEXT, campaign="autumn")
    at.type(phone="name", sender="far too long a sender")
    assert "experiment" in at.reads("text")
    assert at.reads("terms")


def test_an_experiment_with_one_text_is_sent_and_the_hold_out_is_not(hand, sandbox):
    contacts = table(9).assign(sms_variant=["text"] * 6 + ["hold-out"] * 3)
    at = hand(contacts, TEXT, campaign="autumn")
    said = "of those who can be texted: text: 6; hold-out: 3, without a text."
    assert said in at.reads("funnel")
    at.unlock()
    at.click("send")
    assert statuses(at.form.results) == {"accepted": 6, "suppressed": 3}
    assert sorted(sandbox.inbox()["recipient"]) == sorted(contacts["mobile"][:6])
    assert said in at.reads("funnel")


def test_the_variants_of_a_long_table_are_counted_when_typing_pauses(hand, monkeypatch):
    for module in (preview, form):
        monkeypatch.setattr(module, "MAX_LIVE_ROWS", 20)
    contacts = table(200).assign(sms_variant=["a", "b", "b", "hold-out"] * 50)
    view = preview.make_view(
        draft.Draft(text=TEXT, phone="mobile"), contacts, smsframe.plan, now=datetime.now(UTC)
    )
    assert not view.experiment
    assert "a: " not in html.audience(view)
    at = hand(contacts, TEXT)
    at.wait()
    assert "a: 50; b: 100; hold-out: 50," in at.reads("funnel")


def test_the_lists_of_opt_outs_are_named_under_the_audience(hand, gateway):
    contacts = table(3)
    smsframe.optouts.add(contacts["mobile"].head(1), gateway=gateway)
    at = hand(contacts, TEXT, suppress=contacts["mobile"].tail(1))
    assert "1 number on the list of demo; " in at.reads("funnel")
    assert gateway.base_url not in at.reads("funnel")  # nor the path of the journal
    assert "sqlite" not in at.reads("funnel")
    assert "1 number of suppress" not in at.reads("funnel")
    assert "1 number of another list" in at.reads("funnel")
    assert "1 row opted out" in at.reads("funnel")


def test_messages_are_stepped_through_the_most_expensive_first(hand):
    names = ["Ada", "x" * 150, "“" + "y" * 80]
    at = hand(table(3).assign(name=names), "Ciao {name}")
    shown = "The most expensive of 3 messages · row 2 · 86 characters · extended alphabet · 2 segments"
    assert shown in at.reads("readers")
    assert not at.can("previous")
    at.click("previous")
    assert read_all(at) == [f"Ciao {name}" for name in (names[2], names[1], names[0])]
    assert "3 of 3 messages · row 0" in at.reads("readers")
    at.click("next")
    assert "Ciao Ada" in at.reads("readers")
    at.click("previous")
    assert names[1] in at.reads("readers")
    at.type(text="Ciao {name}!")  # another text is read from its most expensive message on
    assert names[2] + "!" in at.reads("readers")
    at.type(phone="name")
    assert "Nobody would be texted" in at.reads("readers")
    assert not at.shown("steps")


def test_one_message_needs_no_steps(hand):
    assert not hand(table(1), "Ciao {name}").shown("steps")


def exact_after(at, pause):
    """The form counts every row after another pause than people need."""
    at.wait()
    at.form._exact_counts = LatestOnly(at.form._update_exactly, pause)


@pytest.fixture
def short_tables_are_long(monkeypatch):
    for module in (preview, form):
        monkeypatch.setattr(module, "MAX_LIVE_ROWS", 20)


def numbers_shown(at):
    """Each number that the form says, but for rows, characters, one message and what was counted before."""
    places = {name: at.reads(name) for name in at.form._controls.messages if name != "readers"}
    if "sf-before" in at.form._controls.messages["funnel"]._dom_classes:
        del places["funnel"]
    said = unescape(" ".join(re.sub(r"<[^>]+>", " ", content) for content in places.values()))
    said += f" {at.form._controls.send.description} {at.form._controls.unlock.description} {at.form!r}"
    kept = re.sub(r"[\d,]+\s+(characters|rows)|row \d+", "", said)
    return re.findall(r"\d[\d,.]*", kept)


def test_nothing_is_counted_of_a_long_table_until_every_row_is(hand, gateway, short_tables_are_long):
    text = "Ciao {name}, dinner."  # no number of its own
    contacts = pd.concat([table(60), table(60)], ignore_index=True)  # of a sample, few are duplicates
    contacts["name"] = "Ada"
    contacts.loc[7, "name"] = "x" * 200  # of a sample, nobody is that expensive
    smsframe.send(contacts.iloc[10:30], text, campaign="autumn", phone="mobile", gateway=gateway)
    at = hand(contacts, "Ciao", campaign="autumn", phone="mobile")
    exact_after(at, 60.0)
    assert "<b>40</b> to text" in at.reads("funnel")
    at.form._controls.text.value = text  # as if somebody went on typing
    assert at.form._updates.wait(60)
    assert at.form._controls.send.description == "Counting every row …"
    assert at.form._controls.unlock.description == "To unlock"
    assert "sf-before" in at.form._controls.messages["funnel"]._dom_classes
    assert "Ciao Ada, dinner." in at.reads("readers")
    assert "every row is counted when typing pauses" in at.reads("total")
    assert numbers_shown(at) == ["20"]  # texted already, as the journal has them
    assert not at.can("unlock")
    assert not at.form._exact_counts.wait(0)

    at = hand(contacts, text, campaign="autumn", phone="mobile")
    at.wait()
    assert at.form._controls.send.description == "Text 40 people for 41 credits"
    assert "<b>40</b> to text" in at.reads("funnel")
    assert "sf-before" not in at.form._controls.messages["funnel"]._dom_classes


def test_a_long_table_is_counted_row_by_row_when_typing_pauses(hand, short_tables_are_long):
    contacts = table(80)
    contacts.loc[1::2, "mobile"] = None
    at = hand(contacts, TEXT, campaign="autumn")
    at.wait()
    assert "<b>40</b> to text" in at.reads("funnel")
    assert at.form._controls.send.description == "Text 40 people for 40 credits"
    at.unlock()
    assert at.can("send")
    at.form._controls.text.value = "Ciao"
    assert not at.can("send")  # another text has to be counted again
    at.wait()
    assert at.form.plan.template.source == "Ciao"
    assert at.can("unlock")


def test_a_count_of_every_row_that_ends_late_is_not_shown_for_another_text(
    hand, monkeypatch, short_tables_are_long
):
    at = hand(table(80), TEXT, campaign="autumn")
    exact_after(at, 0.0)
    plan, begun, go_on = at.form._session.plan, threading.Event(), threading.Event()

    def slow(contacts, text, **options):
        if text == "Slow" and len(contacts) == 80:
            begun.set()
            assert go_on.wait(30)
        return plan(contacts, text, **options)

    monkeypatch.setattr(at.form._session, "plan", slow)
    at.form._controls.text.value = "Slow"
    assert begun.wait(30)
    at.form._controls.text.value = "Quick"
    assert at.form._updates.wait(30)
    assert at.form.plan.template.source == "Quick"  # messages go on while every row is counted
    seen = []
    at.form._controls.messages["counter"].observe(lambda change: seen.append(change["new"]), "value")
    go_on.set()
    at.wait()
    assert at.form.plan.template.source == "Quick"
    assert len(at.form.plan.frame) == 80
    assert not [counter for counter in seen if "<b>4</b>" in counter]  # of Slow


def test_a_proposal_makes_it_cheaper_and_can_be_taken_back(hand, sandbox):
    at = hand(table(3), "“" + "x" * 99 + "”", campaign="autumn")
    assert at.form.plan.credits == 6
    assert "<kbd>“</kbd> becomes <kbd>&quot;</kbd>" in at.reads("cheaper")
    assert "3 credits less" in at.reads("cheaper")
    at.click("fix")
    assert at.form.plan.credits == 3
    assert "<kbd>“</kbd> is sent as <kbd>&quot;</kbd>" in at.reads("cheaper")
    assert "3 credits saved" in at.reads("cheaper")
    assert "sf-forcing" not in at.reads("counter")
    assert figures(at) == {
        "characters after replacing": "101",
        "alphabet": "standard",
        "segment each": "1",
        "credits": "3",
    }
    assert read_all(at)[0] == '"' + "x" * 99 + '"'
    at.click("fix")
    assert at.form.plan.credits == 6
    at.click("fix")
    at.unlock()
    at.click("send")
    assert sandbox.inbox()["text"].tolist() == ['"' + "x" * 99 + '"'] * 3


# Nothing leaves before it is unlocked.


def test_it_is_unlocked_by_typing_the_number_and_locked_by_any_change(hand):
    at = hand(table(1200), TEXT)
    assert not at.can("unlock")
    assert "Name the campaign" in at.reads("total")
    at.type(campaign="autumn")
    assert at.form._controls.send.description == "Text 1,200 people for 1,200 credits"
    assert at.form._controls.unlock.description == "Type 1,200 to unlock"
    for wrong in ("", "120", "1201", "-1200", "1.2e3"):
        at.type(unlock=wrong)
        assert not at.can("send")
    for right in ("1200", "1,200", "1 200", "1.200"):
        at.type(unlock=right)
        assert at.can("send")
    at.type(sender="Ada")
    assert at.form._controls.unlock.value == ""
    assert not at.can("send")


def test_a_click_sent_past_a_disabled_button_sends_nothing(hand, sandbox):
    at = hand(table(3), TEXT, campaign="autumn")
    at.form._controls.send.click()
    at.wait()
    assert sandbox.orders().empty
    assert at.form.results is None


def test_a_column_without_numbers_is_not_taken_for_people_who_were_all_texted(hand):
    at = hand(table(3), TEXT, campaign="autumn")
    at.form._controls.phone.value = "name"
    at.wait()
    assert "Is this the phone column?" in at.reads("total")
    assert not at.can("unlock")


def test_it_sends_once_whatever_is_clicked_twice(hand, sandbox):
    at = hand(table(30), TEXT, campaign="autumn")
    at.unlock()
    for _ in range(3):
        at.form._controls.send.click()
    at.wait()
    assert statuses(at.form.results) == {"accepted": 30}
    assert each_once(sandbox, at.form.results)
    assert "30 rows" in at.reads("card")
    assert "30 of 30" in at.reads("progress")
    assert "everybody who can be texted" in at.reads("total")
    assert not at.can("unlock")


def test_while_it_runs_nothing_can_be_sent_and_everything_can_be_read(hand, sandbox):
    at = hand(table(3), TEXT, campaign="autumn")
    at.unlock()
    seen = threading.Event()
    at.form._controls.messages["progress"].observe(lambda _: seen.set(), "value")
    sandbox.misbehave("late_answer", order=1, seconds=1)
    at.click("send", wait=False)
    assert seen.wait(30)
    assert not at.can("send")
    assert not at.can("unlock")
    assert at.shown("stop")
    at.form._controls.text.value = "another text"
    at.wait()
    assert at.form._controls.text.value == "another text"
    assert statuses(at.form.results) == {"accepted": 3}
    assert not at.shown("stop")


def test_it_is_stopped_in_the_middle_and_another_form_goes_on(hand, sandbox):
    """What a restarted kernel finds: a new form, and the journal."""
    sandbox.misbehave("late_answer", order=range(4, 60), seconds=0.05)
    at = hand(table(60), TEXT, campaign="autumn", batch_size=1, workers=1)
    at.unlock()
    stop = at.form._controls.stop
    at.form._controls.messages["progress"].observe(
        lambda change: "accepted" in change["new"] and stop.click(), "value"
    )
    at.click("send")
    told = statuses(at.form.results)
    assert told["accepted"] + told["pending"] == 60
    assert told["pending"] > 0

    again = hand(table(60), campaign="autumn")
    assert f"{told['accepted']} texted already, {told['pending']} pending" in again.reads("known")
    assert again.form._controls.resume.description.startswith(f"Continue: text {told['pending']} p")
    sandbox.behave()
    again.click("resume")
    assert statuses(again.form.results) == {"accepted": 60}
    assert each_once(sandbox, again.form.results)
    assert not again.shown("resume")


def test_a_campaign_half_sent_can_also_be_sent_on(hand, sandbox, gateway):
    smsframe.send(table(10), TEXT, campaign="autumn", phone="mobile", gateway=gateway, progress=False)
    at = hand(table(25), TEXT, campaign="autumn")
    assert at.form._controls.send.description == "Text 15 people for 15 credits"
    at.unlock()
    at.click("send")
    assert each_once(sandbox, at.form.results)
    assert len(sandbox.inbox()) == 25


def test_another_text_of_the_same_campaign_is_said_before_it_is_sent(hand, gateway):
    smsframe.send(table(10), TEXT, campaign="autumn", phone="mobile", gateway=gateway, progress=False)
    at = hand(table(25), "Another text", campaign="autumn")
    assert "10 people have, or may have, another text" in at.reads("campaign")
    assert not at.can("unlock")
    at.type(campaign="winter")
    assert at.can("unlock")


def left_pending(sandbox, gateway, contacts, **options):
    """A campaign of which everybody is written down, and nobody texted."""
    sandbox.misbehave("busy", status=503, retry_after=5000)
    with pytest.raises(smsframe.Unavailable):
        smsframe.send(
            contacts, TEXT, campaign="autumn", phone="mobile", gateway=gateway, progress=False, **options
        )
    sandbox.behave()


def test_who_said_stop_is_neither_counted_nor_texted_when_it_is_resumed(hand, sandbox, gateway):
    contacts = table(3)
    left_pending(sandbox, gateway, contacts)
    at = hand(contacts, campaign="autumn", region="IT", suppress=[contacts["mobile"][0].removeprefix("+39")])
    assert "2 pending, 1 on an opt-out list" in at.reads("known")
    assert at.form._controls.resume.description == "Continue: text 2 people for 2 credits"
    at.click("resume")
    assert statuses(at.form.results) == {"accepted": 2, "suppressed": 1}
    assert set(texted(sandbox).index) == set(contacts["mobile"][1:])


def test_without_their_country_numbers_that_said_stop_are_asked_for_before_it_can_go_on(
    hand, sandbox, gateway
):
    contacts = table(3)
    left_pending(sandbox, gateway, contacts)
    at = hand(contacts, campaign="autumn", suppress=[contacts["mobile"][0].removeprefix("+39")])
    assert "cannot be read as a phone number" in at.reads("audience")
    assert not at.shown("resume")
    at.type(region="IT")
    assert at.reads("audience") == ""
    assert at.shown("resume")


def test_who_says_stop_after_it_was_seen_makes_the_number_another_and_nothing_goes_out(
    hand, sandbox, gateway
):
    contacts, stop = table(3), []
    left_pending(sandbox, gateway, contacts)
    at = hand(contacts, campaign="autumn", suppress=stop)
    stop.append(contacts["mobile"][0])
    at.click("resume")
    assert "2 of" in at.reads("send")
    assert "nothing was sent" in at.reads("send")
    assert sandbox.inbox().empty
    assert at.form._controls.resume.description == "Continue: text 2 people for 2 credits"


# What is scheduled.


def scheduled(gateway, contacts):
    later = datetime.now(UTC) + timedelta(days=1)
    options = {"campaign": "autumn", "phone": "mobile", "gateway": gateway, "progress": False}
    return smsframe.send(contacts, TEXT, schedule=later, **options)


def test_what_is_scheduled_is_cancelled_after_a_second_click(hand, sandbox, gateway):
    contacts = table(3)
    at = hand(contacts, TEXT, campaign="autumn", region="IT")
    assert not at.shown("cancel")
    scheduled(gateway, contacts)
    at.type(campaign="autumn ")  # any change reads the journal again
    assert "3 scheduled" in at.reads("known")
    assert at.form._controls.cancel.description == "Cancel 3 texts …"
    at.click("cancel")
    assert at.form._controls.cancel.description == "Yes, cancel 3 texts"
    assert sandbox.calls()["method"].ne("DELETE").all()
    at.type(text=f"{TEXT} ")  # who goes on with something else did not mean it
    assert at.form._controls.cancel.description == "Cancel 3 texts …"
    at.type(text=TEXT)
    at.click("cancel")
    at.click("cancel")  # a double click is one
    assert statuses(smsframe.results("autumn", gateway=gateway)) == {"scheduled": 3}
    sleep(DOUBLE_CLICK)
    at.click("cancel")
    assert statuses(at.form.results) == {"cancelled": 3}
    assert "3 cancelled" in at.reads("known")
    assert not at.shown("cancel")
    assert not at.shown("resume")
    assert "Cancelled" in at.reads("card")


def test_beside_the_yes_of_the_form_is_a_no_that_cancels_nothing(hand, sandbox, gateway):
    contacts = table(3)
    scheduled(gateway, contacts)
    at = hand(contacts, TEXT, campaign="autumn", region="IT")
    assert not at.shown("keep")
    at.click("cancel")
    assert at.shown("keep")
    sleep(DOUBLE_CLICK)
    at.click("keep")
    assert at.form._controls.cancel.description == "Cancel 3 texts …"
    assert not at.shown("keep")
    sleep(DOUBLE_CLICK)
    at.click("cancel")  # it asks again
    assert at.form._controls.cancel.description == "Yes, cancel 3 texts"
    assert statuses(smsframe.results("autumn", gateway=gateway)) == {"scheduled": 3}
    assert sandbox.calls()["method"].ne("DELETE").all()


def test_a_form_cancels_as_many_as_it_says_or_none(hand, sandbox, gateway):
    scheduled(gateway, table(3))
    at = hand(table(3), TEXT, campaign="autumn", region="IT")
    at.click("cancel")
    sleep(DOUBLE_CLICK)
    scheduled(gateway, table(5))  # from another page or program
    at.click("cancel")
    assert "changed meanwhile" in at.reads("send")
    assert statuses(smsframe.results("autumn", gateway=gateway)) == {"scheduled": 5}
    assert at.form._controls.cancel.description == "Cancel 5 texts …"


def test_a_form_that_has_sent_says_in_one_sentence_what_came_of_it(hand):
    contacts = table(4)
    contacts.loc[1, "mobile"] = "n/a"
    at = hand(contacts, TEXT, campaign="autumn", region="IT")
    at.unlock()
    at.click("send")
    assert "3 sent, 1 needs a hand" in at.reads("card")
    assert "downloaded" not in at.reads("card")  # there is nothing to download in a notebook


def test_what_is_not_proven_to_be_cancelled_can_be_asked_for_again_and_is_nothing_to_resume(
    hand, sandbox, gateway
):
    contacts = table(3)
    scheduled(gateway, contacts)
    sandbox.misbehave("drop_after", call="cancel")
    at = hand(contacts, TEXT, campaign="autumn", region="IT")
    at.click("cancel")
    sleep(DOUBLE_CLICK)
    at.click("cancel")
    assert statuses(at.form.results) == {"unconfirmed": 3}
    assert "3 to be cancelled, not proven" in at.reads("known")
    assert at.shown("cancel")
    assert not at.shown("resume")


def test_a_gateway_that_cannot_be_asked_cancels_nothing_and_says_so(hand, sandbox, gateway):
    contacts = table(3)
    scheduled(gateway, contacts)
    at = hand(contacts, TEXT, campaign="autumn", region="IT")
    sandbox.misbehave("busy", call="cancel", status=503, retry_after=5000)
    at.click("cancel")
    sleep(DOUBLE_CLICK)
    at.click("cancel")
    assert "could not be asked to cancel" in at.reads("send")
    assert at.shown("cancel")
    assert statuses(smsframe.results("autumn", gateway=gateway)) == {"scheduled": 3}


def test_stop_takes_back_what_the_form_has_just_sent(tmp_path):
    with smsframe.Sandbox() as sandbox:  # whose time does not pass faster
        gateway = gateway_at(sandbox.url, tmp_path / "journal.sqlite")
        options = {"undo": "5 min", "batch_size": 1, "rate": 2, "grace": 1.0}
        form = smsframe.compose(table(20), TEXT, campaign="autumn", region="IT", gateway=gateway, **options)
        stopped_on_the_way(Hand(form), sandbox)
        gateway.close()


def stopped_on_the_way(at, sandbox):
    assert "5 min after they are sent" in repr(at.form.plan)
    at.unlock()
    at.click("send", wait=False)
    while sandbox.calls()["method"].ne("POST").all():
        pass
    at.click("stop")
    found = statuses(at.form.results)
    assert found.keys() == {"cancelled", "pending"}
    assert sum(found.values()) == 20
    assert sandbox.inbox().empty


def test_a_list_that_can_be_read_once_is_remembered(hand):
    contacts = table(3)
    at = hand(contacts, suppress=iter([contacts["mobile"][0]]))
    at.type(text=TEXT)
    assert at.form.plan.recipients == 2


def test_replacements_that_lengthen_the_text_are_counted_as_they_are_sent(hand):
    at = hand(table(2), "… {name} " + "x" * 70, campaign="autumn")
    assert figures(at)["characters typed"] == "79"
    at.click("fix")
    assert figures(at)["characters after replacing"] == "81"
    assert read_all(at) == ["... N0 " + "x" * 70, "... N1 " + "x" * 70]
    at.type(text="Plain")
    assert figures(at)["characters typed"] == "5"
    assert "Nothing is replaced" in at.reads("cheaper")


def test_a_file_of_who_said_stop_that_vanishes_locks_and_says_so(hand, tmp_path, sandbox, gateway):
    stop, contacts = tmp_path / "stop.csv", table(3)
    stop.write_text("phone\n" + contacts["mobile"][0] + "\n")
    left_pending(sandbox, gateway, contacts)
    at = hand(contacts, TEXT, campaign="autumn", suppress=stop)
    at.unlock()
    assert at.can("send")
    assert at.shown("resume")
    kept = stop.read_text()
    stop.unlink()
    at.type(sender="Ada")
    assert "stop.csv cannot be read" in at.reads("audience")
    assert at.form.plan is None
    assert at.reads("funnel") == ""
    assert at.form._controls.send.description == "Nothing to send yet"
    assert not at.can("unlock")
    assert not at.shown("resume")
    stop.write_text(kept)
    at.type(sender="Bea")
    assert at.reads("audience") == ""
    assert at.can("unlock")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_whatever_is_broken_locks_and_says_so(hand, monkeypatch):
    at = hand(table(3), TEXT, campaign="autumn")
    at.unlock()

    def broken(*given, **options):
        raise KeyError("unforeseen")

    with monkeypatch.context() as now:
        now.setattr(at.form._session, "plan", broken)
        at.type(text="Another text")
        assert "bug of smsframe" in at.reads("audience")
        assert at.form._controls.send.description == "Nothing to send yet"
        at.type(unlock="3")
        assert not at.can("send")
        assert not at.can("unlock")
    at.type(text=TEXT)
    assert at.reads("audience") == ""
    assert at.can("unlock")


def test_an_earlier_outcome_is_not_shown_under_a_later_failure(hand, sandbox):
    at = hand(table(3), TEXT, campaign="autumn")
    at.unlock()
    at.click("send")
    assert statuses(at.form.results) == {"accepted": 3}
    assert at.reads("card")
    at.type(campaign="winter")
    at.unlock()
    sandbox.stop()
    at.click("send")
    assert "sf-problem" in at.reads("send")
    assert at.form.results is None
    assert at.reads("card") == ""


# Time.


def test_a_campaign_whose_time_has_passed_goes_on_at_another(hand, sandbox, gateway):
    left_pending(sandbox, gateway, table(2), schedule=datetime.now(UTC) + timedelta(hours=1))
    with contextlib.closing(sqlite3.connect(Journal(gateway.journal).path)) as connection:
        connection.execute("UPDATE campaigns SET schedule_at = 1")
        connection.commit()
    at = hand(table(2), campaign="autumn")
    at.click("resume")
    assert "has passed: choose another time above" in at.reads("send")
    at.type(later=True)
    at.click("resume")
    assert "Choose a date and a time" in at.reads("send")
    at.type(day=datetime.now(UTC).date() + timedelta(days=1), at=time(9, 0), zone="Europe/Rome")
    at.click("resume")
    assert statuses(at.form.results) == {"scheduled": 2}
    assert statuses(smsframe.results("autumn", gateway=gateway)) == {"scheduled": 2}


def test_a_time_is_a_date_a_time_and_a_zone(hand):
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    at = hand(table(2), TEXT, campaign="autumn")
    at.type(later=True)
    assert "Choose a date and a time" in at.reads("schedule")
    assert not at.can("unlock")
    at.type(day=tomorrow, at=time(9, 0), zone="Europe/Rome")
    assert at.reads("schedule") == ""
    at.unlock()
    at.click("send")
    assert statuses(at.form.results) == {"scheduled": 2}


@pytest.mark.parametrize(
    ("day", "at", "zone", "said"),
    [
        (date(2027, 3, 28), time(2, 30), "Europe/Rome", "the clocks go forward"),
        (date(2027, 10, 31), time(2, 30), "Europe/Rome", "the clocks go back"),
        (date(2026, 1, 1), time(9, 0), "Europe/Rome", "has passed"),
        (date(2027, 1, 1), time(9, 0), "Europe/Nowhere", "no such time zone"),
        (date(2027, 1, 1), time(9, 0), "", "no such time zone"),
        (None, time(9, 0), "UTC", "Choose a date"),
    ],
)
def test_a_time_that_is_none_is_refused_with_the_reason(day, at, zone, said):
    wanted = draft.Draft(later=True, day=day, at=at, zone=zone)
    with pytest.raises(ValueError, match=said):
        draft.send_time(wanted, datetime(2026, 6, 1, tzinfo=UTC))


# A test to oneself.


def test_a_test_goes_to_ones_own_number_as_a_campaign_of_its_own(hand, sandbox):
    at = hand(table(3), TEXT, campaign="autumn")
    at.type(own_number="+39 347 7654321")
    at.click("test")
    assert "autumn (test)" in at.reads("test")
    at.type(text="Ciao {name}, better.")
    at.click("test")
    assert "autumn (test 2)" in at.reads("test")
    inbox = sandbox.inbox()
    assert inbox["recipient"].tolist() == ["+393477654321"] * 2
    assert inbox["text"].tolist() == ["Ciao N0, dinner is at 8.", "Ciao N0, better."]
    assert at.form.results is None
    assert at.can("unlock")  # nobody of the table has a text


@pytest.mark.parametrize(
    ("number", "said"),
    [("", "Type your own number"), ("3477654321", "in international form"), ("+39347", "Not sent")],
)
def test_a_test_without_a_number_says_so(hand, number, said, sandbox):
    at = hand(table(3), TEXT)
    at.type(own_number=number)
    at.click("test")
    assert said in at.reads("test")
    assert sandbox.orders().empty


def test_ones_own_number_is_not_read_in_the_country_of_somebody_else(hand, sandbox):
    contacts = pd.DataFrame({"mobile": ["0612345678", "3471234567"], "country": ["FR", "IT"]})
    at = hand(contacts, "Ciao", campaign="autumn")
    assert at.form._controls.region.value == "country"
    at.type(own_number="0698765432")
    at.click("test")
    assert "in international form" in at.reads("test")
    assert sandbox.orders().empty
    at.type(own_number="+39 347 7654321")
    at.click("test")
    assert "Accepted by the gateway for +39••••••••21" in at.reads("test")
    at.type(region="IT", own_number="347 7654321")
    at.click("test")
    assert sandbox.inbox()["recipient"].tolist() == ["+393477654321"] * 2


# Bad input.


def test_without_a_phone_column_one_is_asked_for(hand):
    at = hand(
        pd.DataFrame({"a": ["+393471234567"], "b": ["x"]}), TEXT.replace("name", "b"), campaign="autumn"
    )
    assert "Choose the column" in at.reads("audience")
    assert not at.can("unlock")
    at.type(phone="a")
    assert at.reads("audience") == ""
    assert at.can("unlock")


@pytest.mark.parametrize("contacts", [pd.DataFrame(), pd.DataFrame({"mobile": []}), table(0)])
def test_an_empty_table_is_said_and_sends_nothing(hand, contacts):
    at = hand(contacts, TEXT, campaign="autumn")
    assert "no rows" in at.reads("audience")
    assert not at.can("unlock")
    at.click("test")
    assert "one person in the table" in at.reads("test")


def test_what_is_no_table_of_columns_is_refused_at_once(gateway):
    for wrong in (["+393471234567"], pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")]))):
        with pytest.raises(smsframe.ContactsError):
            smsframe.compose(wrong, gateway=gateway)
    with pytest.raises(smsframe.ContactsError, match="no column 'phone'"):
        smsframe.compose(table(2), phone="phone", gateway=gateway)
    with pytest.raises(TypeError, match="Gateway"):
        smsframe.compose(table(2), gateway="https://gateway.example/")


def test_without_a_gateway_it_can_be_written_and_says_what_is_missing():
    at = Hand(smsframe.compose(table(3), TEXT, campaign="autumn"))
    assert at.form.plan.recipients == 3
    at.click("balance")
    assert "SMSFRAME_BASE_URL" in at.reads("money")
    at.unlock()
    at.click("send")
    assert "No gateway is set up" in at.reads("send")
    assert at.form.results is None
    assert at.form._controls.text.value == TEXT


def test_a_refused_password_is_said_in_place_and_nothing_is_sent(sandbox):
    wrong = sandbox.gateway(password="wrong-one")
    at = Hand(smsframe.compose(table(3), TEXT, campaign="autumn", gateway=wrong, grace=0.02))
    at.click("balance")
    assert "refused" in at.reads("money")
    at.unlock()
    at.click("send")
    assert "sf-problem" in at.reads("send")
    assert at.form._controls.text.value == TEXT
    assert sandbox.orders().empty
    at.unlock()  # and it can be tried again
    assert at.can("send")


def test_a_gateway_that_is_down_is_said_in_place(sandbox):
    at = Hand(smsframe.compose(table(3), TEXT, campaign="autumn", gateway=sandbox.gateway()))
    sandbox.stop()
    at.click("balance")
    assert "sf-problem" in at.reads("money")
    assert at.can("balance")


def test_the_balance_is_shown_when_asked_and_too_little_is_a_problem():
    with smsframe.Sandbox(credits=2) as sandbox:
        at = Hand(smsframe.compose(table(3), TEXT, campaign="autumn", gateway=sandbox.gateway()))
        assert at.reads("money") == ""
        at.click("balance")
        assert "2 credits of high quality are left; this needs 3 credits" in at.reads("money")
        assert "sf-problem" in at.reads("money")
        at.unlock()
        at.click("send")
        assert "3 credits are needed" in at.reads("send")
        assert sandbox.orders().empty


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [("sender", "much too long for a sender", "terms"), ("campaign", "a\tb", "campaign")],
)
def test_what_cannot_be_is_said_where_it_is_typed(hand, field, value, place):
    at = hand(table(3), TEXT, campaign="autumn")
    at.type(**{field: value})
    assert "sf-problem" in at.reads(place)
    assert not at.can("unlock")
    assert getattr(at.form._controls, field).value == value


def test_senders_are_those_that_the_gateways_profile_takes(sandbox, tmp_path):
    profile = GatewayProfile(
        "Acme", sender=r"[A-Z]{3,20}", qualities={"high": HIGH, "low": replace(HIGH, sender=True)}
    )
    with contextlib.closing(gateway_at(sandbox.url, tmp_path / "own.sqlite", profile=profile)) as gateway:
        at = Hand(smsframe.compose(table(3), TEXT, campaign="autumn", sender="A" * 20, gateway=gateway))
        assert at.reads("terms") == ""
        assert at.form.plan.terms.sender == "A" * 20
        assert at.can("unlock")
        at.type(quality="low")
        assert at.can("sender")
        assert at.form.plan.terms.sender == "A" * 20
        at.type(sender="Ada")
        assert "Acme takes no such sender" in at.reads("terms")
        assert not at.can("unlock")


def test_low_qualities_take_no_sender(hand):
    at = hand(table(3), TEXT, campaign="autumn", sender="Ada")
    at.type(quality="low")
    assert not at.can("sender")
    assert at.form.plan.terms.sender is None
    assert at.can("unlock")


# What it gives away.


def test_no_widget_holds_a_number_or_a_password(people):
    with smsframe.Sandbox(password="open-sesame") as sandbox:
        at = Hand(
            smsframe.compose(
                people, "Call {mobile}", campaign="autumn", region="IT", gateway=sandbox.gateway()
            )
        )
        at.type(own_number="+393477654321")
        at.click("test")
        at.unlock()
        at.click("send")
        state = widget_state()
        shown = json.dumps(at.form._repr_mimebundle_()) + repr(at.form)
    for secret in ("7654321", "1234567", "1234568", "open-sesame"):
        assert secret not in state + shown
    assert "123 4567" not in state + shown


def test_hostile_names_and_labels_are_only_names(hand):
    hostile = "<script>alert(1)</script>"
    contacts = table(2).assign(name=hostile, **{hostile: "x"})
    contacts.loc[1, "mobile"] = hostile
    at = hand(contacts, "Ciao {name}", campaign=hostile, phone="mobile")
    told = "".join(said.value for said in at.form._controls.messages.values())
    assert "<script" not in told
    assert "&lt;script&gt;" in told


def test_a_label_that_is_somebodys_number_is_masked(hand):
    at = hand(pd.DataFrame({"mobile": ["+393471234567"], "+393471234568": ["x"]}))
    assert at.form._controls.chips == {}
    assert "+393471234568" not in str(at.form._controls.phone._options_labels)


def test_reasons_are_in_two_groups_with_their_rows(hand):
    contacts = table(6).assign(name=["Ada", "Bea", None, "Ada", "Eva", "Fay"])
    contacts["mobile"] = contacts["mobile"].where(contacts.index != 1, "12").astype(object)
    contacts.loc[3, "mobile"] = contacts["mobile"][0]
    at = hand(contacts, "Ciao {name}", campaign="autumn", suppress=[contacts["mobile"][5]])
    groups = re.findall(
        r"<h4>(.*?)<span>(.*?)</span></h4>(.*?)</div>(?=<div class=\"sf-group|<div class=\"sf-note|$)",
        at.reads("funnel"),
        re.DOTALL,
    )
    assert [(title, rows) for title, rows, _ in groups] == [
        ("Can be corrected", "2"),
        ("Nothing to correct", "2"),
    ]
    assert re.findall("<i>(.*?)</i>", groups[0][2]) == ["invalid", "invalid"]
    assert sorted(re.findall("<i>(.*?)</i>", groups[1][2])) == ["duplicate", "suppressed"]
    assert len(at.form.plan.problems()) == 2  # the rows that a file of problems has


def test_odd_labels_are_shown_as_they_are():
    contacts = pd.DataFrame(
        [["Ada", "x", "+393471234567", None], ["Bea", "y", "12", 1]], columns=["n", "n", "+393471234999", 7]
    )
    at = Hand(smsframe.compose(contacts, "Ciao {7:all}", phone="+393471234999", campaign="autumn"))
    assert at.form.plan.recipients == 1
    assert '<th scope="col">+39••••••••99</th>' in at.reads("funnel")
    assert "+393471234999" not in at.reads("funnel")


def test_a_viewer_without_widgets_has_something_to_read(hand):
    bundle = hand(table(3), TEXT, campaign="autumn").form._repr_mimebundle_()
    assert bundle["text/plain"] == "<smsframe.Form autumn: text 3 people for 3 credits>"
    assert "Text 3 people for 3 credits" in bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


# Threads.


def test_of_what_is_asked_meanwhile_only_the_newest_is_answered():
    begun, go_on, answered = threading.Event(), threading.Event(), []

    def answer(question):
        begun.set()
        go_on.wait(30)
        answered.append(question)

    latest = LatestOnly(answer)
    latest.request(1)
    assert begun.wait(30)
    for question in (2, 3, 4):
        latest.request(question)
    assert not latest.wait(0)
    go_on.set()
    assert latest.wait(30)
    assert answered == [1, 4]


def test_a_click_begins_once_and_says_what_went_wrong():
    go_on, begun, said = threading.Event(), [], []

    def work():
        begun.append(1)
        go_on.wait(30)
        raise ValueError("call +39 347 1234567")

    actions = SingleFlight(lambda: None, lambda place, what: said.append((place, what)))
    for _ in range(3):
        actions.start("send", "there", work)
    go_on.set()
    assert actions.wait(30)
    assert begun == [1]
    assert said == [("there", ""), ("there", "Call +39••••••••67")]
    assert "send" not in actions


# Around it.


def test_the_app_needs_voila_and_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "voila.app", None)
    # What is loaded would not ask for Voilà again, and be a server.
    monkeypatch.delitem(sys.modules, "smsframe.cli.page_server", raising=False)
    with pytest.raises(ImportError, match=r'pip install "smsframe\[app\]"'):
        form_server.serve(tmp_path / "contacts.csv", say=print)


def test_the_apps_notebook_holds_the_files_name_as_data(tmp_path):
    options = {"phone": "mobile", "region": None}
    made = form_server._notebook(Path("/x/'); import os #.csv"), tmp_path, tmp_path, options)
    (cell,) = made["cells"]
    call = ast.parse(cell["source"]).body[-1].value
    assert call.args[0].value.endswith("'); import os #.csv")
    assert [word.arg for word in call.keywords] == ["downloads", "rows", "phone"]


def test_the_widgets_are_loaded_when_the_first_form_is_made():
    asked = (
        "import sys, pandas as pd, smsframe; frame = pd.DataFrame({'a': [1]}); dir(frame.sms)\n"
        "assert 'ipywidgets' not in sys.modules\n"
        "assert smsframe.Form.__name__ == 'Form' and 'ipywidgets' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", asked], check=True)


COMPLETION = """
import sys
import pandas as pd
import smsframe
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell()
before = set(sys.modules)
frames = {"people": {"mobile": ["x"]}, "empty": {}, "odd": {1: [[1]], "sms_phone": [None]}}
for jedi in (False, True):
    shell.Completer.use_jedi = jedi
    # Jedi takes seconds, and sees types alone.
    for name, columns in list(frames.items())[: 1 if jedi else None]:
        shell.user_ns[name] = pd.DataFrame(columns)
        with provisionalcompleter():
            found = shell.Completer.completions(f"{name}.sms.", len(name) + 5)
            listed = {completion.text.lstrip(".") for completion in found}
        assert {"check", "plan", "send", "compose", "summary", "to_csv"} <= listed, (name, jedi, listed)
assert not {"ipywidgets", "matplotlib", "requests", "sqlalchemy"} & (set(sys.modules) - before)
"""


@pytest.mark.slow
def test_tab_completion_lists_the_methods_on_any_frame_and_loads_nothing():
    subprocess.run([sys.executable, "-W", "ignore", "-c", COMPLETION], check=True)


def test_two_forms_of_one_campaign_text_nobody_twice(hand, sandbox):
    one, two = (hand(table(20), TEXT, campaign="autumn", batch_size=5) for _ in range(2))
    for at in (one, two):
        at.unlock()
    for at in (one, two):
        at.click("send", wait=False)
    for at in (one, two):
        at.wait()
    assert texted(sandbox).eq(1).all()
    assert len(texted(sandbox)) == 20


def test_the_plan_that_stands_in_for_a_text_that_is_not_written_cannot_be_sent(hand, gateway):
    at = hand(table(3), "", campaign="e")
    assert at.form.wait(10)
    assert "text 3 people" not in repr(at.form)
    with pytest.raises(ValueError, match="campaign"):
        smsframe.send(at.form.plan, gateway=gateway, progress=False)


def test_a_reason_that_is_the_only_other_one_is_named(monkeypatch, hand):
    contacts = table(9)
    contacts.loc[1:4, "mobile"] = ["n/a", "123", "+39347•••1234", None]
    at = hand(contacts, TEXT, phone="mobile")
    listed = at.reads("funnel").count("<details")
    assert listed > 2
    for shown, others in ((listed - 1, False), (listed - 2, True)):
        monkeypatch.setattr(html, "REASONS_SHOWN", shown)
        at.type(text=f"Ciao {shown}")
        assert ("for other reasons" in at.reads("funnel")) == others
