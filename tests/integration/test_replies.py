"""What people wrote back: read whole, kept, joined to what was sent, and who opts out by it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smsframe
from smsframe.audience import received
from smsframe.audience.received import phone_of
from smsframe.audience.replies import COLUMNS, joined
from smsframe.gateway import paging
from smsframe.journal.people.optout_rows import OptOutList
from smsframe.journal.people.replies import ReplySource
from smsframe.sandbox.questions import REPLY_FIELDS
from smsframe.texts.stop_words import words_of

pytestmark = pytest.mark.both_journals

BOB = "+447700900111"
STRANGER = "+447700900199"


def listed(gateway, journal):
    return smsframe.Journal(journal).optouts.frame(owner(gateway))["number"].tolist()


def owner(gateway):
    return OptOutList(gateway.base_url, gateway.account)


def texted(gateway, journal, *places, campaign="autumn"):
    people = pd.DataFrame({"mobile": [f"+447700900{place:03}" for place in places]})
    options = {"campaign": campaign, "phone": "mobile", "numbers": "possible", "grace": 0, "progress": False}
    return smsframe.send(people, "Ciao", gateway=gateway, journal=journal, **options)


def told(gateway, journal, **options):
    return smsframe.replies(gateway=gateway, journal=journal, **options)


@pytest.fixture
def journal(gateway):
    return gateway.journal


def test_a_reply_has_its_campaign_and_a_stop_word_opts_out_once(sandbox, gateway, journal):
    out = texted(gateway, journal, 111, 112, 113)
    sandbox.reply(BOB, " Stop! ")
    sandbox.reply("+447700900112", "please stop it")
    sandbox.reply("+447700900113", "Grazie")
    found = told(gateway, journal)
    by_phone = found.set_index("sms_phone")
    assert found.dtypes.to_dict() == {name: pd.Series([], dtype=kind).dtype for name, kind in COLUMNS.items()}
    assert by_phone["meaning"].to_dict() == {
        BOB: "opt_out", "+447700900112": "review", "+447700900113": "other",
    }  # fmt: skip
    assert set(found["sms_campaign"]) == {"autumn"}
    assert set(found["sms_order_id"]) == set(out["sms_order_id"])
    assert listed(gateway, journal) == [BOB]
    assert told(gateway, journal, only="review")["sms_phone"].tolist() == ["+447700900112"]
    rows = smsframe.replies(out.set_axis(["a", "b", "c"]), gateway=gateway, journal=journal)
    assert rows["sms_phone"].to_dict() == dict(zip("abc", out["sms_phone"], strict=True))
    # Who is taken off the list stays off it, though the reply is read again.
    smsframe.Journal(journal).optouts.remove(owner(gateway), pd.Series([BOB]), "asked for texts again")
    told(gateway, journal)
    assert listed(gateway, journal) == []


@pytest.mark.parametrize("first_look", ["fields", "languages", "campaign"])
@pytest.mark.parametrize("removed", [False, True])
def test_a_wish_that_the_first_look_missed_opts_out_later(first_look, removed, sandbox, gateway, journal):
    """Unless the person was taken off the list after it was received."""
    before = datetime.now(UTC) - timedelta(minutes=5)
    narrow, options = gateway, {}
    sender = BOB
    if first_look == "fields":
        narrow = sandbox.gateway(reply_fields=sandbox_fields() | {"text": "nothing"})
    elif first_look == "languages":
        options = {"languages": ["en"]}
    else:
        sender = BOB[1:]
    sandbox.reply(sender, "baja" if first_look == "languages" else "STOP", at=before)
    told(narrow, journal, **options)
    assert listed(gateway, journal) == []
    texted(gateway, journal, 111)
    if removed:
        entries = smsframe.Journal(journal).optouts
        entries.add(owner(gateway), pd.Series([BOB], dtype="string"), source="hand")
        entries.remove(owner(gateway), pd.Series([BOB]), "asked for texts again")
    assert told(gateway, journal)["meaning"].tolist() == ["opt_out"]
    assert listed(gateway, journal) == ([] if removed else [BOB])
    sandbox.reply(BOB, "STOP")
    told(gateway, journal)
    assert listed(gateway, journal) == [BOB]


def test_what_was_purged_is_not_written_down_again_but_a_wish_without_effect_stays(sandbox, gateway, journal):
    before = datetime.now(UTC) - timedelta(days=20)
    sandbox.reply(BOB, "STOP", at=before)
    sandbox.reply(BOB, "Grazie", at=before)
    sandbox.reply(STRANGER[1:], "STOP", at=before)
    since = {"since": before - timedelta(days=1)}
    told(gateway, journal, **since)
    smsframe.Journal(journal).optouts.remove(owner(gateway), pd.Series([BOB]), "asked for texts again")
    smsframe.purge("10 days", gateway=gateway, journal=journal)
    for _ in range(2):
        found = told(gateway, journal, **since)
        assert found[["sms_phone", "meaning"]].to_numpy().tolist() == [[STRANGER, "review"]]
        assert listed(gateway, journal) == []
    texted(gateway, journal, 199)
    told(gateway, journal)
    assert listed(gateway, journal) == [STRANGER]


@pytest.mark.parametrize("sender", ["ACME", "STOP", "4040", "+12", "", "+39 347 abc", "12345678901234567890"])
def test_a_sender_that_is_no_number_is_kept_and_opts_nobody_out(sender, sandbox, gateway, journal):
    sandbox.reply(sender, "STOP")
    found = told(gateway, journal)
    assert found["sms_phone"].isna().all()
    assert found["sender"].tolist() == [sender]
    assert found["meaning"].tolist() == ["review"]
    assert listed(gateway, journal) == []


def test_bare_digits_opt_out_only_whom_this_account_texted(sandbox, gateway, journal):
    texted(gateway, journal, 111)
    sandbox.reply([BOB[1:], STRANGER[1:]], "STOP")
    sandbox.reply("00" + "447700900198", "STOP")
    found = told(gateway, journal).set_index("sms_phone")
    assert found["meaning"].to_dict() == {BOB: "opt_out", STRANGER: "review", "+447700900198": "opt_out"}
    assert found["sms_campaign"].isna().tolist().count(True) == 2
    assert sorted(listed(gateway, journal)) == [BOB, "+447700900198"]


def test_without_names_of_fields_messages_are_kept_as_they_came_and_mean_something_later(
    sandbox, gateway, journal
):
    sandbox.reply(BOB, "STOP")
    nameless = sandbox.gateway(reply_fields=None)
    with pytest.warns(UserWarning, match="named the fields"):
        found = smsframe.replies(gateway=nameless, journal=journal)
    assert found["text"].tolist() == ["STOP"]
    assert found["sender"].tolist() == [BOB]
    assert listed(gateway, journal) == []
    assert told(gateway, journal, ask=False)["meaning"].tolist() == ["opt_out"]
    assert told(gateway, journal)["text"].tolist() == ["STOP"]  # read again, and not twice there
    assert listed(gateway, journal) == [BOB]


@pytest.mark.parametrize("kind", ["endless_pages", "repeated_pages", "skipped_rows", "wrong_total"])
def test_pages_that_do_not_add_up_are_said_and_nothing_of_them_is_lost(
    kind, sandbox, gateway, journal, monkeypatch
):
    monkeypatch.setattr(paging, "PAGE_SIZES", (2,))
    monkeypatch.setattr(received, "PAGES", 30)
    senders = [f"+4477009001{place:02}" for place in range(10, 17)]
    for sender in senders:
        sandbox.reply(sender, "STOP", at=datetime.now(UTC) - timedelta(seconds=5))
    monkeypatch.setattr(paging.PagedReading.__init__, "__kwdefaults__",
                        paging.PagedReading.__init__.__kwdefaults__ | {"sizes": (2,)})  # fmt: skip
    sandbox.misbehave(kind, call="replies")
    with pytest.warns(UserWarning, match="not all received messages"):
        told(gateway, journal)
    assert len(sandbox.calls()) < 400
    assert set(listed(gateway, journal)) <= {*senders}
    source = ReplySource(gateway.base_url, gateway.account)
    assert smsframe.Journal(journal).replies.read_until(source) is None  # so it is read again
    sandbox.behave()
    found = told(gateway, journal)
    assert {*senders} <= {*found["sms_phone"]}
    assert sorted(listed(gateway, journal)) == senders


def test_a_storm_is_read_in_halves_of_its_time(sandbox, gateway, journal, monkeypatch):
    monkeypatch.setattr(received, "AT_ONCE", 3)
    monkeypatch.setattr(paging.PagedReading.__init__, "__kwdefaults__",
                        paging.PagedReading.__init__.__kwdefaults__ | {"sizes": (10,)})  # fmt: skip
    begin = datetime.now(UTC) - timedelta(hours=2)
    for place in range(80):
        sandbox.reply(
            f"+4477009{place:05}", "STOP" if place % 2 else "ok", at=begin + timedelta(seconds=60 * place)
        )
    found = told(gateway, journal)
    assert len(found) == 80
    assert found["sms_phone"].is_unique
    assert len(listed(gateway, journal)) == 40
    before = len(sandbox.calls())
    assert len(told(gateway, journal)) == 80
    assert len(sandbox.calls()) - before < 200


def test_the_text_before_the_reply_is_the_one_that_it_answers(sandbox, gateway, journal):
    texted(gateway, journal, 111, campaign="first")
    sandbox.reply(BOB, "one")
    time.sleep(1.1)  # the gateway's dates are whole seconds
    texted(gateway, journal, 111, campaign="second")
    sandbox.reply(BOB, "two")
    found = told(gateway, journal).set_index("text")["sms_campaign"]
    assert found.to_dict() == {"one": "first", "two": "second"}


@settings(max_examples=60, deadline=None)
@given(
    sent=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 5000)), max_size=12),
    replied=st.lists(st.tuples(st.integers(1, 4), st.integers(-300, 6000)), max_size=12),
    ahead=st.sampled_from([0, 30, -30, 3600, -7200]),
)
def test_each_reply_is_joined_to_the_latest_text_before_it_whatever_the_clock_of_this_machine(
    sent, replied, ahead
):
    zero = datetime(2026, 11, 29, tzinfo=UTC)
    off = timedelta(seconds=ahead) if abs(ahead) > 60 else timedelta(0)
    moment = [zero + timedelta(seconds=at) for _, at in sent]
    texts = pd.DataFrame(
        {
            "person": pd.array([person for person, _ in sent], "int64"),
            "campaign": pd.array([f"c{place}" for place in range(len(sent))], "string"),
            "order_id": pd.array([f"o{place}" for place in range(len(sent))], "string"),
            "attempt": pd.array([1] * len(sent), "Int64"),
            "scheduled": pd.array([False] * len(sent), bool),
            "at": pd.Series([at + off for at in moment], dtype="datetime64[us, UTC]"),
        }
    )
    at = pd.Series([zero + timedelta(seconds=second) for _, second in replied], dtype="datetime64[us, UTC]")
    messages = pd.DataFrame(
        {
            "person": pd.array([person for person, _ in replied], "Int64"),
            "phone": pd.array([f"+44770090000{person}" for person, _ in replied], "string"),
            "sender": pd.array([f"+44770090000{person}" for person, _ in replied], "string"),
            "text": pd.array(["ok"] * len(replied), "string"),
            "recipient": pd.array(["+39"] * len(replied), "string"),
            "received_at": at,
            "read_at": at,
        }
    )
    found = joined(messages, texts, words_of(), timedelta(seconds=ahead))
    assert len(found) == len(replied)
    for (person, second), campaign in zip(replied, found["sms_campaign"], strict=True):
        before = [at for who, at in sent if who == person and at <= second]
        after = [at for who, at in sent if who == person and second < at <= second + 600]
        if not before and not after:
            assert pd.isna(campaign)
        else:
            assert sent[int(campaign[1:])] == (person, max(before) if before else min(after))


def test_dates_of_another_zone_are_said(sandbox, gateway, journal):
    sandbox.reply(BOB, "ok")
    wrong = sandbox.gateway(reply_fields=sandbox_fields() | {"timezone": "Etc/GMT+3"})
    with pytest.warns(UserWarning, match="another time zone"):
        smsframe.replies(gateway=wrong, journal=journal)


def sandbox_fields():
    return {**REPLY_FIELDS}


def test_options_that_make_no_sense_are_refused(gateway, journal):
    for options in ({"only": "maybe"}, {"languages": ("xx",)}, {"since": datetime(2026, 1, 1)}):  # noqa: DTZ001
        with pytest.raises(ValueError, match=r"maybe|xx|time zone"):
            told(gateway, journal, **options)


@given(st.text(max_size=20))
def test_a_number_is_read_or_it_is_none(sender):
    found = phone_of(sender)
    assert found is None or (
        found[0] == "+" and found[1:].isascii() and found[1:].isdigit() and 7 <= len(found[1:]) <= 15
    )
