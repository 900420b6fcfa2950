"""What the page says in all its states: no programmer's words; hints, times and ways back."""

from __future__ import annotations

import itertools
import re
import threading
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from html import unescape

import pytest
from helpers.background_runs import held, until
from helpers.page import TEXT, button, buttons, every, outcome, reads, send, upload, visible
from helpers.sending import statuses, table

import smsframe
from smsframe.form import html
from smsframe.form.page import campaign as page_campaign
from smsframe.form.page.page import Page
from smsframe.form.session import CHANGED
from smsframe.form.wording import in_form_words
from smsframe.outcomes.codes import CODES, EXPLANATIONS

WORDS = re.compile(
    r"\bHTTP\b|\bjournals?\b|\bcall again\b|\bGSM-?7\b|\bUCS-?2\b|\b[Rr]esumes?\b"
    r"|(?<!\w)\.[a-z]{4,}\b(?!/)|\bencoding\b"
    r"|\b(?:data)?frames?\b|\bkernels?\b|\bprocess\b|\b[a-z_]+=(?!\")|\bsmsframe\.|\bschema\b"
    r"|\bthis call\b|\bUTF-8\b"
    r"|\bPython\b|\bNone\b(?! yet)|\bTrue\b|\bException\b|\bmax_\w+"
)
FILES = re.compile(r"\S+\.(?:csv|xlsx|xls|parquet)\b|(?<!\w)\.xlsx?\b")


def sentences(page):
    """Everything that somebody can read, or is told by a tooltip or a placeholder."""
    for part in every(page.widget):
        for name in ("value", "description", "tooltip", "placeholder"):
            text = getattr(part, name, None)
            if isinstance(text, str) and "<style>" not in text:
                yield FILES.sub("", re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text))))


def wrong_words(page):
    return [(found[0], text[:200]) for text in sentences(page) if (found := WORDS.search(text))]


@pytest.mark.parametrize("code", CODES)
def test_no_reason_has_a_programmers_word(code):
    for sentence in (CODES[code], EXPLANATIONS[code]):
        said = in_form_words(sentence)
        assert not WORDS.search(said), said
        assert len(said) > 8


def test_a_path_is_a_path_in_every_word():
    path = "/srv/process/journal.sqlite"
    said = in_form_words(f"the journal {path} is gone; 5 credits are left for type N")
    assert said == f"the record of campaigns {path} is gone; 5 credits are left"


def test_orders_of_another_journal_are_said_without_python():
    said = in_form_words(
        "campaign 'x': the gateway has 1 order of it that this journal does not know, to 3 recipients, the "
        "last one of 2026-11-22 10:00 UTC (see .orders); nothing was sent: name its journal with journal=; "
        "or, if that is lost, take the orders over with adopt=True"
    )
    assert said.endswith(
        "UTC; nothing was sent: it was sent from elsewhere too. Go on with it there, or ask the person who "
        "set up smsframe"
    )
    assert not WORDS.search(said)


def damaged(tmp_path):
    contacts = table(9, bad=[2])
    contacts["name"] = contacts["name"].where(contacts.index != 5, None)
    contacts.loc[1, "mobile"], contacts.loc[4, "mobile"] = "n/a", contacts.loc[3, "mobile"]
    contacts.loc[6, "mobile"], contacts.loc[7, "mobile"] = "3.93E+11", "347 1234567"
    contacts.to_csv(tmp_path / "guests.csv", index=False)
    return tmp_path / "guests.csv"


def test_no_state_of_the_page_shows_a_programmers_word(  # noqa: PLR0915 - one state after the other
    terminal, folder, tmp_path, monkeypatch
):
    seen = []

    def look(page):
        assert wrong_words(page) == []
        seen.append(" ".join(sentences(page)))

    page = Page(downloads=folder)
    look(page)
    upload(page, tmp_path / "old.xls", content=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    look(page)
    upload(page, damaged(tmp_path))
    form = page.form
    controls = form._controls
    for text in ("", "Ciao {na", "Ciao {nobody}", "Ciao “{name}”", "x" * 5000, "{{", "Ciao {name}"):
        controls.text.value = text
        assert form.wait(30)
        look(page)
    for name, value in (
        ("campaign", "x" * 300),
        ("campaign", "autumn"),
        ("sender", "far too long a sender"),
        ("sender", ""),
        ("later", True),
        ("later", False),
        ("phone", "name"),
        ("phone", None),
        ("phone", "mobile"),
        ("region", "IT"),
    ):
        getattr(controls, name).value = value
        assert form.wait(30)
        look(page)
    controls.test.click()
    controls.balance.click()
    assert form.wait(30)
    look(page)
    send(page)
    look(page)
    for label in ("Ask what was delivered", "Download results"):
        button(page, label).click()
        page.form.wait(30)
        look(page)
    with monkeypatch.context() as broken:
        page._session._gateway = None
        for value in ("wrong", None):
            broken.setenv("SMSFRAME_PASSWORD", value) if value else broken.delenv("SMSFRAME_PASSWORD")
            page._session._gateway = None
            page.show_campaign(page._session.find("autumn"))
            button(page, "Ask what was delivered").click()
            until(lambda: "sf-problem" in reads(page))
            look(page)
    page._session._gateway = None
    options = {"phone": "mobile", "gateway": smsframe.Gateway.from_env(), "progress": False}
    smsframe.send(
        table(2), TEXT, campaign="later", schedule=datetime.now(UTC) + timedelta(days=300), **options
    )
    run = held(table(4, start=50), smsframe.Gateway.from_env(), campaign="stopped", batch_size=1)
    page.show_home()
    look(page)
    button(page, "stopped").click()
    until(lambda: "1 of 4" in reads(page))
    look(page)
    run.stop()
    run.wait(30)
    until(lambda: any(label.startswith("Continue") for label in buttons(page)))
    look(page)
    button(page, "Drop 3").click()
    look(page)
    page.show_home()
    button(page, "later").click()
    button(page, "Cancel 2 texts").click()
    look(page)
    everything = " ".join(seen)
    for state in ("Continue: text 3", "Yes, drop 3", "Yes, cancel 2", "extended alphabet", "need a hand"):
        assert state in everything


def stopped(name="autumn"):
    run = held(table(4), smsframe.Gateway.from_env(), campaign=name, batch_size=1)
    run.stop()
    run.wait(30)


def press(page, action):
    """A click, and where it asks, the second one after a while."""
    labels = {"drop": "Drop", "continue": "Continue"}
    button(page, labels[action]).click()
    if action == "drop" and any(label.startswith("Yes, drop") for label in buttons(page)):
        threading.Event().wait(page_campaign.DOUBLE_CLICK + 0.05)
        button(page, "Yes, drop").click()


def settled():
    known = statuses(smsframe.results("autumn"))
    return known in ({"accepted": 4}, {"accepted": 1})


@pytest.mark.parametrize(("first", "second"), [*itertools.product(("drop", "continue"), repeat=2)])
def test_a_click_on_a_page_that_is_out_of_date_does_nothing_and_says_so(terminal, folder, first, second):
    stopped()
    page, other = Page(downloads=folder), Page(downloads=folder)
    for each in (page, other):
        button(each, "autumn").click()
    press(page, first)
    until(settled)
    until(lambda: not any(label.startswith(("Stop", "Drop", "Continue")) for label in buttons(page)))
    known = statuses(smsframe.results("autumn"))
    press(other, second)
    assert CHANGED in reads(other)
    assert (
        statuses(smsframe.results("autumn"))
        == known
        == ({"accepted": 1} if first == "drop" else {"accepted": 4})
    )
    assert outcome(other) == outcome(page)
    assert not any(label.startswith(("Drop", "Continue", "Yes")) for label in buttons(other))
    assert terminal.inbox()["recipient"].value_counts().eq(1).all()


def test_between_the_question_and_the_yes_somebody_else_may_have_gone_on(terminal, folder):
    stopped()
    page, other = Page(downloads=folder), Page(downloads=folder)
    for each in (page, other):
        button(each, "autumn").click()
    button(other, "Drop 3").click()
    press(page, "continue")
    until(settled)
    threading.Event().wait(page_campaign.DOUBLE_CLICK)
    button(other, "Yes, drop 3").click()
    assert CHANGED in reads(other)
    assert statuses(smsframe.results("autumn")) == {"accepted": 4}


@pytest.mark.parametrize("label", ["Drop 3", "Cancel 2"])
def test_beside_every_yes_is_a_no(terminal, folder, label):
    stopped()
    smsframe.send(
        table(2, start=20), TEXT, campaign="later", phone="mobile", gateway=smsframe.Gateway.from_env(),
        schedule=datetime.now(UTC) + timedelta(days=300), progress=False,
    )  # fmt: skip
    page = Page(downloads=folder)
    button(page, "autumn" if label == "Drop 3" else "later").click()
    before = buttons(page)
    button(page, label).click()
    assert any(text.startswith("Yes, ") for text in buttons(page))
    button(page, "No, leave").click()
    assert buttons(page) == before


def test_a_wrong_number_to_unlock_says_which_is_right(terminal, folder, tmp_path):
    table(12).to_csv(tmp_path / "guests.csv", index=False)
    page = Page(downloads=folder)
    upload(page, tmp_path / "guests.csv")
    controls = page.form._controls
    controls.campaign.value, controls.text.value = "autumn", TEXT
    page.form.wait(30)
    for typed, hint in (
        ("13", True),
        ("12", False),
        ("twelve", True),
        ("", False),
        ("1 2", False),
        ("1", True),
    ):
        controls.unlock.value = typed
        assert ("type 12." in reads(page)) == hint, typed
        assert controls.send.disabled == (typed not in ("12", "1 2"))


def test_the_button_and_the_campaign_say_when_it_goes_out(terminal, folder, tmp_path):
    table(3).to_csv(tmp_path / "guests.csv", index=False)
    page = Page(downloads=folder)
    upload(page, tmp_path / "guests.csv")
    controls, day = page.form._controls, datetime.now(UTC).date() + timedelta(days=300)
    controls.campaign.value, controls.text.value = "autumn", TEXT
    controls.later.value, controls.day.value, controls.zone.value = True, day, "Europe/Rome"
    page.form.wait(30)
    assert controls.send.description == "Text 3 people for 3 credits"
    controls.at.value = clock_time(21)
    page.form.wait(30)
    when = f"on {day.day} {day:%B %Y} at 21:00, Europe/Rome"
    assert controls.send.description == f"Text 3 people for 3 credits {when}"
    controls.unlock.value = "3"
    controls.send.click()
    page.form.wait(60)
    assert f"scheduled for {day.day} {day:%B %Y} at" in reads(page)
    assert "3 scheduled" in outcome(page)


def test_rows_are_called_as_the_spreadsheet_calls_them(terminal, folder, tmp_path):
    upload(page := Page(downloads=folder), damaged(tmp_path))
    controls = page.form._controls
    controls.phone.value, controls.text.value = "mobile", "Ciao {name}"
    page.form.wait(30)
    audience = controls.messages["funnel"].value
    rows = re.findall(r"<tr><td>(\d+)</td><td>n/a</td>", audience)
    assert rows == ["3"]  # the second row of the table, below the heading
    assert "row 2 " in controls.messages["readers"].value


def test_what_can_be_corrected_is_counted_as_it_is_downloaded_and_advised(terminal, folder, tmp_path):
    upload(page := Page(downloads=folder), damaged(tmp_path))
    controls = page.form._controls
    for _ in ("before", "after"):
        controls.phone.value = "mobile"
        controls.campaign.value, controls.text.value = "autumn", "Ciao {name}"
        page.form.wait(30)
        counted = re.search(r"Can be corrected<span>(\d+)", controls.messages["funnel"].value)[1]
        assert int(counted) == len(page.form.plan.problems())
        if "Yes" not in outcome_or_none(page) and page.form.plan.recipients:
            send(page, text="Ciao {name}")
            assert f"{len(page._kept.of('autumn'))} need a hand" in outcome(page)
            button(page, "Back to the table").click()
            controls = page.form._controls
    audience = controls.messages["funnel"].value
    assert "whose text was sent already" in audience
    assert "Keep the row whose text" not in audience
    assert re.search(r"refused this number.*?<td>4</td>", audience, re.DOTALL)


def outcome_or_none(page):
    return (
        outcome(page)
        if any('"sf-outcome"' in str(getattr(p, "value", "")) for p in visible(page.widget))
        else ""
    )


def test_a_bar_that_stands_still_says_what_it_waits_for():
    facts = {"recipients": 40, "accepted": 0, "unconfirmed": 0}
    assert "waiting for the gateway's first answer" in unescape(html.running(facts))
    assert "waiting" not in html.running(facts | {"accepted": 1})
    assert "asking the gateway" in html.running(facts | {"accepted": 39, "unconfirmed": 1})
    assert "writing down" in html.running(facts | {"recipients": 0})


def test_nobody_awaits_a_delivery_who_was_never_texted(terminal, folder):
    stopped()
    button(page := Page(downloads=folder), "autumn").click()
    assert "1 awaiting" in reads(page)
    assert "3 not sent" in reads(page)
