"""The page without a browser: replies to a campaign, and the opt-outs of the account."""

from __future__ import annotations

import os
import re
import threading
from datetime import UTC, datetime, timedelta

import ipywidgets
import pandas as pd
import pytest
from helpers.background_runs import stopped_run, until
from helpers.page import TEXT, button, buttons, downloaded, every, outcome, reads, visible, widget_state
from helpers.sending import table
from typer.testing import CliRunner

import smsframe
from smsframe.cli.main import app
from smsframe.form.draft import local_day
from smsframe.form.page import campaign as page_campaign
from smsframe.form.page.html import NEWEST
from smsframe.form.page.page import Page
from smsframe.sandbox.questions import REPLY_FIELDS

PEOPLE = table(5)["mobile"].tolist()


@pytest.fixture
def named(monkeypatch):
    """The fields of received messages, as the environment names them."""
    fields = ",".join(f"{name}={field}" for name, field in REPLY_FIELDS.items())
    monkeypatch.setenv("SMSFRAME_REPLY_FIELDS", fields)


def sent(rows=5, campaign="autumn"):
    gateway = smsframe.Gateway.from_env()
    return smsframe.send(
        table(rows), TEXT, campaign=campaign, phone="mobile", gateway=gateway, progress=False
    )


def opened(folder, campaign="autumn"):
    page = Page(downloads=folder)
    button(page, campaign).click()
    return page


def read_replies(page):
    button(page, "Read replies").click()
    until(lambda: "Asking the gateway" not in reads(page) and not button(page, "Read replies").disabled)


def listed():
    return smsframe.optouts(gateway=smsframe.Gateway.from_env())["number"].tolist()


def field(page, description):
    (found,) = [part for part in visible(page.widget) if getattr(part, "description", "") == description]
    return found


def test_replies_are_asked_for_by_a_click_counted_shown_and_downloaded(terminal, folder, named):
    sent()
    terminal.reply(PEOPLE[0], "STOP")
    terminal.reply(PEOPLE[1], "please stop it")
    terminal.reply(PEOPLE[2], "<b>Grazie</b>, ring me: 347 7654321")
    terminal.reply("+447700900199", "of no campaign")
    page = opened(folder)
    assert not terminal.calls()["path"].str.contains("receive|MO|smsr", case=False).any()
    asked = len(terminal.calls())
    assert "Download replies" not in buttons(page)
    read_replies(page)
    assert len(terminal.calls()) > asked
    said = reads(page)
    for count in ("<b>1</b><span>asked to opt out", "<b>1</b><span>to look at", "<b>1</b><span>others"):
        assert count in said
    assert "&lt;b&gt;Grazie&lt;/b&gt;, ring me: 34••••••21" in said
    assert "of no campaign" not in said
    numbers = [number[3:] for number in PEOPLE]
    assert [number for number in [*numbers, "7654321"] if number in widget_state()] == []
    button(page, "Download replies").click()
    name, rows = downloaded(folder)
    assert name == "autumn-replies.xlsx"
    assert sorted(rows["sms_phone"]) == sorted(PEOPLE[:3])
    assert set(rows["meaning"]) == {"opt_out", "review", "other"}
    assert listed() == PEOPLE[:1]


def test_a_reply_to_look_at_becomes_an_opt_out_by_one_click_and_is_not_asked_about_again(
    terminal, folder, named
):
    sent()
    now = datetime.now(UTC)
    for seconds, person in enumerate(PEOPLE[1:3]):
        terminal.reply(person, "please stop it", at=now + timedelta(seconds=seconds))
    until(lambda: datetime.now(UTC) > now + timedelta(seconds=2))
    page = opened(folder)
    read_replies(page)
    assert buttons(page).count("Add to the opt-outs") == 2
    add = [part for part in visible(page.widget) if getattr(part, "description", "") == "Add to the opt-outs"]
    add[0].click()
    assert listed() == [PEOPLE[2]]  # the newest is the first
    assert buttons(page).count("Add to the opt-outs") == 1
    assert "On the opt-outs now" in reads(page)
    read_replies(page)
    assert buttons(page).count("Add to the opt-outs") == 1
    more = smsframe.plan(table(5), TEXT, campaign="next", phone="mobile")
    assert more.recipients == 4


def test_of_many_replies_the_newest_are_shown_and_the_file_has_all(terminal, folder, named):
    sent(1)
    now = datetime.now(UTC)
    for place in range(NEWEST + 3):
        terminal.reply(PEOPLE[0], f"answer {place}.", at=now if place > 2 else now - timedelta(seconds=5))
    page = opened(folder)
    read_replies(page)
    assert f"The newest {NEWEST} of {NEWEST + 3}" in reads(page)
    assert f"answer {NEWEST + 2}." in reads(page)
    assert "answer 2." not in reads(page)
    button(page, "Download replies").click()
    assert len(downloaded(folder)[1]) == NEWEST + 3


def test_replies_whose_fields_nobody_named_are_said_and_downloaded_as_they_came(terminal, folder):
    sent()
    terminal.reply(PEOPLE[0], "STOP")
    page = opened(folder)
    read_replies(page)
    assert "SMSFRAME_REPLY_FIELDS" in reads(page)
    assert "reply_fields=" not in reads(page)
    button(page, "Download replies").click()
    assert REPLY_FIELDS["text"] in downloaded(folder)[1].columns
    assert listed() == []


def test_nobody_has_answered_and_nobody_was_texted(terminal, folder, named):
    sent()
    page = opened(folder)
    read_replies(page)
    assert "Nobody has answered yet." in reads(page)
    assert "Download replies" not in buttons(page)


def test_a_gateway_that_does_not_answer_is_said_beside_the_replies(terminal, folder, named):
    sent()
    page = opened(folder)
    terminal.stop()
    button(page, "Read replies").click()
    until(lambda: not button(page, "Read replies").disabled)
    (part,) = [part for part in every(page.widget) if "sf-replies" in getattr(part, "_dom_classes", ())]
    assert any('class="sf-problem"' in str(getattr(inner, "value", "")) for inner in every(part))


@pytest.mark.parametrize("with_lists", [False, True])
def test_the_page_says_how_many_numbers_are_on_which_list(terminal, folder, with_lists):
    if with_lists:
        smsframe.optouts.add(PEOPLE, gateway=smsframe.Gateway.from_env())
    page = Page(downloads=folder)
    said = "5 numbers on the list of demo." if with_lists else "Nobody is on the list."
    assert said in reads(page)
    button(page, "See or add opt-outs").click()
    assert said in reads(page)
    button(page, "Download the list").click()
    if with_lists:
        name, rows = downloaded(folder)
        assert name == "opt-outs.xlsx"
        assert sorted(rows["number"]) == sorted(PEOPLE)
    else:
        assert [*folder.iterdir()] == []
    button(page, "All campaigns").click()
    assert said in reads(page)


def digits_in_state(*lines):
    """The lines of whose digits more than two at each end are in the state of a widget, in any spelling."""
    state = widget_state()
    wanted = {line: re.sub(r"\D", "", line)[:-2][-6:] for line in lines}
    return [line for line, digits in wanted.items() if re.search(r'[^\d"]{0,2}'.join(digits), state)]


def test_a_number_in_a_widget_is_seen():
    kept = ipywidgets.Text(value="call +39 347 765-4321")
    assert digits_in_state("+393477654321", "+393477654921") == ["+393477654321"]
    kept.close()


def test_numbers_are_added_and_the_lines_that_cannot_be_read_are_in_no_widget(terminal, folder):
    page = Page(downloads=folder)
    button(page, "See or add opt-outs").click()
    numbers = field(page, "Numbers to add, one a line")
    button(page, "Add to the opt-outs").click()
    assert "one a line" in reads(page)
    field(page, "Why").value = f"called from {PEOPLE[0]}"
    assert digits_in_state(PEOPLE[0]) == []
    assert "leave numbers out of it" in reads(page)
    field(page, "Why").value = "called us"
    strange = "34x76y54z399 or so"
    numbers.value = f"{PEOPLE[0]}\n\n 0039 {PEOPLE[0][3:]}\nnobody <b>\n{PEOPLE[1]}\n347 7654321\n{strange}"
    assert numbers.value == ""
    every_line = [*PEOPLE[:2], "347 7654321", strange]
    assert "6 lines to be added" in reads(page)
    assert digits_in_state(*every_line) == []
    button(page, "Add to the opt-outs").click()
    assert sorted(listed()) == sorted(PEOPLE[:2])
    frame = smsframe.optouts(gateway=smsframe.Gateway.from_env())
    assert set(frame["why"]) == {"called us"}
    assert set(frame["source"]) == {"added on the page"}
    assert "2 numbers added, 1 on the list already or twice." in reads(page)
    assert "3 lines cannot be read as a number" in reads(page)
    assert "line 4, “nobody &lt;b&gt;”: " in reads(page)
    assert "line 6, “34• •••••21”: " in reads(page)
    assert "2 numbers on the list of demo" in reads(page)
    assert "to be added" not in reads(page)
    assert digits_in_state(*every_line) == []
    button(page, "Download the lines that cannot be read").click()
    name, rows = downloaded(folder)
    assert name == "lines-that-cannot-be-read.xlsx"
    assert dict(zip(rows["line"].astype(int), rows["typed"], strict=True)) == {
        4: "nobody <b>",
        6: "347 7654321",
        7: strange,
    }
    assert rows["reason"].notna().all()
    field(page, "Country of numbers without +").value = "IT"
    button(page, "Add to the opt-outs").click()  # the lines are still there, without typing them again
    assert "+393477654321" in listed()
    assert "2 lines cannot be read" in reads(page)
    numbers.value = PEOPLE[2]
    assert "cannot be read as" not in reads(page)
    button(page, "Add to the opt-outs").click()
    assert PEOPLE[2] in listed()
    assert digits_in_state(*every_line, PEOPLE[2]) == []
    button(page, "Discard these lines").click()
    assert "cannot be read as" not in reads(page)
    assert "Discard these lines" not in buttons(page)
    assert "Download the lines that cannot be read" not in buttons(page)


def test_without_an_account_lists_are_read_and_nothing_is_added(terminal, folder, monkeypatch):
    smsframe.optouts.add(PEOPLE, gateway=smsframe.Gateway.from_env())
    for name in ("SMSFRAME_USERNAME", "SMSFRAME_PASSWORD", "SMSFRAME_BASE_URL"):
        monkeypatch.delenv(name)
    page = Page(downloads=folder)
    assert "5 numbers on the list of demo" in reads(page)
    button(page, "See or add opt-outs").click()
    numbers = field(page, "Numbers to add, one a line")
    numbers.value = "+393477654321"
    button(page, "Add to the opt-outs").click()
    assert "SMSFRAME_USERNAME" in reads(page)
    assert numbers.value == ""
    assert "1 line to be added" in reads(page)  # it is kept, in no widget
    assert digits_in_state("+393477654321") == []


def test_who_is_held_out_is_on_no_opt_out_list_and_is_not_dropped(terminal, folder):
    contacts = table(6).assign(sms_variant=["text"] * 4 + ["hold-out"] * 2)
    stopped_run(contacts, smsframe.Gateway.from_env(), batch_size=1)
    smsframe.optouts.add(PEOPLE[3:4], gateway=smsframe.Gateway.from_env())
    page = opened(folder)
    assert "1 sent, 2 waiting, 1 on an opt-out list, 2 held out of the experiment" in outcome(page)
    button(page, "Drop 3 who wait").click()
    assert not threading.Event().wait(page_campaign.DOUBLE_CLICK)
    button(page, "Yes, drop 3 who wait").click()
    until(lambda: len(smsframe.results("autumn")) == 3)
    until(lambda: " ".join(outcome(page).split()) == "✓ 1 sent, 2 held out of the experiment")
    assert not [label for label in buttons(page) if label.startswith("Drop")]


def test_a_campaign_whose_people_were_erased_says_so(terminal, folder):
    sent()
    when = datetime.now(UTC)
    purging = smsframe.Journal(os.environ["SMSFRAME_JOURNAL"]).purging
    assert purging.purge(when, preview=False)["purged"].tolist() == [True]
    listed = CliRunner().invoke(app, ["campaigns"]).stdout
    assert listed.split().count(f"{when:%Y-%m-%d}") == 2
    assert "purged" in listed
    page = opened(folder)
    said = f"numbers and texts were erased on {local_day(when)}, and nothing is sent under its name any more"
    assert said in reads(page)
    assert "(erased" not in reads(page)
    assert "Read replies" not in buttons(page)
    button(page, "All campaigns").click()
    assert said in reads(page)


def test_a_page_reads_no_replies_by_itself(terminal, folder, named):
    sent()
    terminal.reply(PEOPLE[0], "STOP")
    before = len(terminal.calls())
    page = opened(folder)
    button(page, "All campaigns").click()
    button(page, "See or add opt-outs").click()
    assert len(terminal.calls()) == before
    assert any(isinstance(part, ipywidgets.Textarea) for part in every(page.widget))
    assert pd.isna(smsframe.optouts(gateway=smsframe.Gateway.from_env())["why"]).empty
