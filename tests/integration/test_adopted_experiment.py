"""An experiment whose journal was lost, taken over from the gateway's history: nobody twice, no hold-out."""

from __future__ import annotations

import contextlib

import pandas as pd
import pytest
from helpers.sending import codes, table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import smsframe

pytestmark = pytest.mark.both_journals

TEXTS = {"short": "{name}!", "long": "Hello {name}, how are you?"}
CALL = {"phone": "mobile", "progress": False, "grace": 0}
ASKED = iter(range(10**6))


def assigned(count=40, seed="autumn", **options):
    return smsframe.assign(table(count, **options), {"short": 2, "long": 2, None: 1}, by="mobile", seed=seed)


def held(frame):
    return set(frame["mobile"][frame["sms_variant"].eq("hold-out")])


def got(sandbox, campaign_orders=()):
    """Who received how many texts, and which."""
    inbox = sandbox.inbox()
    return inbox[~inbox["order_id"].isin(campaign_orders)]


@pytest.fixture
def new(sandbox, database, request, tmp_path):
    """Gateways, each with a journal that knows nothing."""

    def make():
        if database == "postgres":
            return sandbox.gateway(journal=request.getfixturevalue("cluster").new())
        return sandbox.gateway(journal=tmp_path / f"new {next(ASKED)}.sqlite")

    return make


@pytest.mark.parametrize("sent", [0.5, 1], ids=["half of it was sent", "all of it was sent"])
def test_the_same_table_again_texts_the_others_their_variant_and_no_hold_out(sent, sandbox, gateway, new):
    frame = assigned()
    first = frame.head(int(len(frame) * sent))
    smsframe.send(first, TEXTS, gateway=gateway, campaign="autumn", batch_size=5, **CALL)
    other = new()
    adopted = smsframe.history(gateway=other, adopt="autumn", grace=0)
    assert set(adopted["known"]) == {"adopted"}
    resumed = smsframe.resume("autumn", gateway=other, progress=False, grace=0)
    assert not held(frame) & set(resumed["sms_phone"])
    for _ in range(2):
        out = smsframe.send(frame, TEXTS, gateway=other, campaign="autumn", **CALL)
    inbox = got(sandbox)
    assert inbox["recipient"].is_unique
    assert set(inbox["recipient"]) == set(frame["mobile"]) - held(frame)
    texts = inbox.set_index("recipient")["text"]
    for row in frame.to_dict("records"):
        if row["sms_variant"] != "hold-out":
            assert texts[row["mobile"]] == TEXTS[row["sms_variant"]].format(**row)
    assert codes(out)["held_out"] == len(held(frame))
    assert out["sms_status"].isin(["accepted", "suppressed"]).all()
    again = smsframe.resume("autumn", gateway=other, progress=False, grace=0)
    assert codes(again)["held_out"] == len(held(frame))
    smsframe.send(frame.drop(columns="sms_variant"), "Plain", gateway=other, campaign="autumn",
                  changed="continue", **CALL)  # fmt: skip
    assert len(got(sandbox)) == len(inbox)


def test_one_text_and_a_hold_out_are_taken_over_too(sandbox, gateway, new):
    frame = table(12).assign(sms_variant=["text"] * 8 + [None] * 2 + ["hold-out"] * 2)
    smsframe.send(frame.head(5), "Ciao {name}", gateway=gateway, campaign="autumn", **CALL)
    other = new()
    smsframe.history(gateway=other, adopt="autumn", grace=0)
    out = smsframe.send(frame, "Ciao {name}", gateway=other, campaign="autumn", **CALL)
    assert set(got(sandbox)["recipient"]) == set(frame["mobile"].head(8))
    assert got(sandbox)["recipient"].is_unique
    assert codes(out)["held_out"] == 2


def test_the_call_itself_may_adopt_and_holds_out_the_same(sandbox, gateway, new):
    frame = assigned()
    smsframe.send(frame.head(20), TEXTS, gateway=gateway, campaign="autumn", batch_size=7, **CALL)
    out = smsframe.send(frame, TEXTS, gateway=new(), campaign="autumn", adopt=True, **CALL)
    assert got(sandbox)["recipient"].is_unique
    assert set(got(sandbox)["recipient"]) == set(frame["mobile"]) - held(frame)
    assert codes(out)["held_out"] == len(held(frame))


STEPS = st.lists(st.sampled_from(["same", "part", "resume", "adopt", "withdraw", "lost", "busy"]), max_size=5)


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.sampled_from([None, "lost", "busy"]),
    sent=st.integers(1, 20),
    lot=st.integers(0, 999),
    steps=STEPS,
)
def test_whatever_follows_a_take_over_nobody_is_texted_twice_and_no_hold_out(
    before, sent, lot, steps, sandbox, gateway, new
):
    faults = {"lost": ("drop_after", {}), "busy": ("busy", {"status": 503, "retry_after": 5_000})}
    number = next(ASKED)
    campaign, frame = f"search {number}", assigned(20, start=1_000 + 20 * number)
    other, earlier = new(), set(sandbox.inbox()["order_id"])
    options = {"campaign": campaign, "batch_size": 4, **CALL}
    if before is not None:
        name, how = faults[before]
        sandbox.misbehave(name, **how)
    with contextlib.suppress(smsframe.SmsFrameError):
        smsframe.send(frame.sample(sent, random_state=lot), TEXTS, gateway=gateway, **options)
    sandbox.behave()
    smsframe.history(gateway=other, adopt=campaign, grace=0)
    for step in [*steps, "same"]:
        if step in faults:
            name, how = faults[step]
            sandbox.misbehave(name, **how)
        with contextlib.suppress(smsframe.SmsFrameError):
            if step == "resume":
                smsframe.resume(campaign, gateway=other, progress=False, grace=0)
            elif step == "adopt":
                smsframe.history(gateway=other, adopt=campaign, grace=0)
            elif step == "withdraw":
                smsframe.withdraw(campaign, journal=other.journal)
            else:
                part = frame.sample(10, random_state=lot) if step == "part" else frame
                smsframe.send(part, TEXTS, gateway=other, **options)
        sandbox.behave()
        inbox = got(sandbox, earlier)
        assert inbox["recipient"].is_unique
        assert not held(frame) & set(inbox["recipient"])
    with contextlib.suppress(smsframe.SmsFrameError):
        smsframe.resume(campaign, gateway=other, progress=False, grace=0)
        assert set(got(sandbox, earlier)["recipient"]) == set(frame["mobile"]) - held(frame)
    assert pd.Series(got(sandbox, earlier)["recipient"]).is_unique


def test_who_was_texted_before_the_experiment_by_a_lost_journal_has_no_variant(sandbox, gateway, new):
    frame = assigned()
    before = frame.drop(columns="sms_variant").head(20)
    smsframe.send(before, "Ciao {name}", gateway=gateway, campaign="autumn", batch_size=5, **CALL)
    other = new()
    for _ in range(2):
        out = smsframe.send(
            frame, TEXTS, gateway=other, campaign="autumn", adopt=True, changed="continue", **CALL
        )
        there = smsframe.results("autumn", gateway=other).set_index("sms_phone")
        for known in (out.set_index("sms_phone"), there):
            assert known.loc[before["mobile"], "sms_variant"].isna().all()
    assert not held(frame.tail(20)) & {*got(sandbox)["recipient"]}
