"""Experiments at a real gateway of the sandbox: a text for each variant, and none for who is held out."""

from __future__ import annotations

import contextlib

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from helpers.sending import codes, each_once, posts, resume, send, statuses, table, texted
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import smsframe
from smsframe.journal.campaigns.registration import Registration
from smsframe.journal.journal import Journal
from smsframe.journal.tables import recipients

TEXTS = {"short": "Ciao {name}", "long": "Good morning {name}, we have something for you"}
WEIGHTS = {"short": 2, "long": 2, None: 1}


def assigned(count=60, seed="autumn", **options):
    return smsframe.assign(table(count, **options), WEIGHTS, by="mobile", seed=seed)


def held(frame):
    return set(frame["mobile"][frame["sms_variant"].eq("hold-out")])


def journal_of(gateway):
    return Journal(gateway.journal)


def written(gateway):
    """The variant of each person in the journal, and who is held out."""
    known = smsframe.results("autumn", journal=gateway.journal)
    return known.set_index("sms_phone")["sms_variant"]


@pytest.mark.both_journals
def test_each_variant_gets_its_text_and_the_hold_out_none(gateway, sandbox):
    frame = assigned()
    plan = smsframe.plan(frame, TEXTS, campaign="autumn", phone="mobile", gateway=gateway)
    assert plan.recipients == len(frame) - len(held(frame))
    assert len(plan.held_out) == len(held(frame))
    facts = plan.facts()["experiment"]
    assert {row["variant"]: row["people"] for row in facts["variants"]} == {
        name: int(frame["sms_variant"].eq(name).sum()) for name in TEXTS
    }
    assert "hold-out" in plan._repr_html_()
    assert f"{len(held(frame))} people, no text" in repr(plan)
    out = send(plan, gateway)
    assert out["sms_variant"].tolist() == frame["sms_variant"].tolist()
    assert out["sms_status"].eq("suppressed").tolist() == frame["sms_variant"].eq("hold-out").tolist()
    assert codes(out) == {"held_out": len(held(frame))}
    assert each_once(sandbox, out)
    sent = sandbox.inbox().merge(out, left_on="recipient", right_on="sms_phone")
    assert sent["text"].str.startswith("Ciao").eq(sent["sms_variant"].eq("short")).all()
    known = smsframe.results("autumn", journal=gateway.journal).set_index("sms_phone")
    assert known["sms_variant"].to_dict() == out.set_index("sms_phone")["sms_variant"].to_dict()
    assert known["sms_order_id"].isna().equals(known["sms_status"].eq("suppressed"))
    again = send(frame, gateway, TEXTS, confirm=plan.recipients)
    assert (posts(sandbox), statuses(again)) == (2, statuses(out))


@pytest.mark.both_journals
def test_no_call_texts_who_is_held_out(gateway, sandbox, capsys):
    frame = assigned()
    left = held(frame)
    sandbox.misbehave("busy", status=503, retry_after=5_000)
    with pytest.raises(smsframe.Unavailable):
        send(frame, gateway, TEXTS)
    sandbox.behave()
    waiting = resume(gateway)
    assert statuses(waiting) == {"accepted": len(frame) - len(left), "suppressed": len(left)}
    dropped = smsframe.withdraw("autumn", journal=gateway.journal)
    assert len(dropped) == 0
    plain = frame.drop(columns="sms_variant")
    for text, options in (
        (TEXTS["short"], {"changed": True}),
        ("Another", {"changed": True}),
        ({"x": "Another"}, {"changed": True}),
    ):
        table_of = plain if isinstance(text, str) else plain.assign(sms_variant="x")
        out = send(table_of.sample(frac=1, random_state=1), gateway, text, **options)
        assert set(out["sms_phone"][out["sms_code"].eq("held_out")]) == left
    with pytest.raises(smsframe.ContactsError, match="never sent to"):
        smsframe.resend("autumn", out[out["sms_code"].eq("held_out")], gateway=gateway, progress=False)
    assert statuses(resume(gateway))["suppressed"] == len(left)
    smsframe.finish("autumn", gateway=gateway, progress=False)
    assert not left & set(sandbox.inbox()["recipient"])
    assert texted(sandbox).le(1).all()
    campaigns = smsframe.campaigns(journal=gateway.journal)
    assert campaigns.loc[0, "pending"] == 0
    assert "opt-out list" not in capsys.readouterr().err


@pytest.mark.both_journals
def test_the_database_refuses_an_order_for_who_is_held_out(gateway):
    frame = assigned()
    send(frame, gateway, TEXTS)
    journal = journal_of(gateway)
    one = sa.update(recipients).where(recipients.c.held_out).values(batch=1)
    with pytest.raises(smsframe.JournalError), journal._store.transaction() as connection:
        connection.execute(one)


def test_one_text_and_a_hold_out_need_no_dictionary(gateway, sandbox):
    frame = smsframe.assign(table(40), {"text": 3, "holdout": 1}, by="mobile", seed=1)
    out = send(frame, gateway)
    assert set(texted(sandbox).index) == set(frame["mobile"]) - held(frame)
    assert codes(out) == {"held_out": len(held(frame))}


@pytest.mark.parametrize(
    ("column", "text", "error", "message"),
    [
        (None, TEXTS, smsframe.ContactsError, r"smsframe\.assign"),
        ("short", {"long": "Ciao"}, smsframe.TextError, "has no text"),
        ("short", {"hold-out": "Ciao", "short": "x"}, smsframe.TextError, "gets no text"),
        ("short", {None: None}, smsframe.TextError, "no variant with a text"),
        ("short", {"short": None}, smsframe.TextError, "needs a text"),
        ("short", {"short": "{nme}"}, smsframe.TextError, "nme"),
        (["a", "b"], "Ciao", smsframe.TextError, "there is one text"),
    ],
)
def test_texts_and_variants_that_do_not_agree_are_refused(column, text, error, message, gateway, sandbox):
    frame = table(4)
    if column is not None:
        frame["sms_variant"] = np.resize(column, 4)
    with pytest.raises(error, match=message):
        send(frame, gateway, text)
    assert posts(sandbox) == 0


def test_who_has_no_variant_gets_no_text_of_an_experiment(gateway, sandbox):
    frame = table(4).assign(sms_variant=["short", None, "", "long"])
    out = send(frame, gateway, TEXTS)
    assert out["sms_status"].tolist() == ["accepted", "invalid", "invalid", "accepted"]
    assert out["sms_code"].eq("missing_variant").sum() == 2


@pytest.mark.both_journals
def test_with_one_text_too_who_has_no_variant_gets_none(gateway, sandbox):
    frame = table(6).assign(sms_variant=["A", None, "hold-out", "A", "", "A"])
    plan = smsframe.plan(frame, "Ciao", campaign="autumn", phone="mobile", gateway=gateway)
    assert plan.recipients == 3
    for _ in range(2):
        out = send(frame, gateway, "Ciao")
        assert statuses(out) == {"accepted": 3, "invalid": 2, "suppressed": 1}
        assert out["sms_code"].eq("missing_variant").tolist() == [False, True, False, False, True, False]
    assert set(texted(sandbox).index) == set(frame["mobile"][frame["sms_variant"].eq("A")])
    others = table(9).iloc[6:].assign(sms_variant=pd.Series(dtype="str"))  # all empty, in this experiment
    assert codes(send(others, gateway, "Ciao", changed=True)) == {"missing_variant": 3}
    assert statuses(send(others, gateway, "Ciao", campaign="plain")) == {"accepted": 3}


@pytest.mark.both_journals
def test_a_person_keeps_the_variant_of_the_journal(gateway, sandbox):
    frame = assigned()
    sandbox.misbehave("busy", status=503, retry_after=5_000)
    early = assigned(seed="other")
    late = smsframe.plan(early, TEXTS, campaign="autumn", phone="mobile", gateway=gateway)  # before anything
    with pytest.raises(smsframe.Unavailable):
        send(frame, gateway, TEXTS)
    sandbox.behave()
    first = written(gateway)
    assert len(first) == len(frame)
    for contacts in (early, late):
        with pytest.raises(smsframe.CampaignChanged, match="had another variant"):
            send(contacts, gateway, TEXTS)
    assert posts(sandbox) == 1
    out = send(early, gateway, TEXTS, changed=True)
    assert out.set_index("sms_phone")["sms_variant"].to_dict() == first.to_dict()
    resume(gateway)
    sent = sandbox.inbox().set_index("recipient")["text"]
    assert set(sent.index) == set(frame["mobile"]) - held(frame)
    assert sent.str.startswith("Ciao").eq(first.loc[sent.index].eq("short")).all()
    assert written(gateway).equals(first)


@pytest.mark.both_journals
def test_a_call_with_one_text_reaches_nobody_who_waits_for_that_of_a_variant(gateway, sandbox):
    frame = assigned()
    sandbox.misbehave("busy", status=503, retry_after=5_000)
    with pytest.raises(smsframe.Unavailable):
        send(frame, gateway, TEXTS)
    sandbox.behave()
    first = written(gateway)
    alone = frame.drop(columns="sms_variant")
    with pytest.raises(smsframe.CampaignChanged, match="had another variant"):
        send(alone, gateway, "Hi {name}")
    out = send(alone, gateway, "Hi {name}", changed=True)
    assert out["sms_status"].ne("accepted").tolist() == frame["sms_variant"].eq("hold-out").tolist()
    sent = sandbox.inbox().set_index("recipient")["text"]
    assert sent.str.startswith("Ciao").eq(first.loc[sent.index].eq("short")).all()
    assert written(gateway).equals(first)


def true_to_the_journal(out, gateway, sandbox):
    """Each row says the variant of the journal, and who is held out there is so in all rows and untexted."""
    known = smsframe.results("autumn", journal=gateway.journal).set_index("sms_phone")
    there = known.loc[out["sms_phone"]]
    assert out["sms_variant"].fillna("").tolist() == there["sms_variant"].fillna("").tolist()
    held = out["sms_code"].astype(object).eq("held_out")
    assert held.tolist() == there["sms_code"].astype(object).eq("held_out").tolist()
    assert not {*out["sms_phone"][held]} & {*texted(sandbox).index}


@pytest.mark.both_journals
@pytest.mark.parametrize("ended", ["sent", "waiting"])
def test_a_plan_that_was_made_before_another_was_sent_does_not_change_variants(ended, gateway, sandbox):
    options = {"campaign": "autumn", "phone": "mobile", "gateway": gateway}
    again = pd.concat([table(40), table(10)], ignore_index=True)  # some are there twice
    first, late = (
        smsframe.plan(smsframe.assign(again, WEIGHTS, by="mobile", seed=seed), TEXTS, **options)
        for seed in ("first", "late")
    )
    if ended == "waiting":
        sandbox.misbehave("busy", status=503, retry_after=5_000)
    with contextlib.suppress(smsframe.Unavailable):
        send(first, gateway)
    sandbox.behave()
    before = posts(sandbox)
    with pytest.raises(smsframe.CampaignChanged, match="had another variant"):
        send(late, gateway, confirm=late.recipients)
    assert posts(sandbox) == before
    out = send(late, gateway, changed=True)
    true_to_the_journal(out, gateway, sandbox)
    assert codes(out)["duplicate"] > 0
    resume(gateway)
    assert set(texted(sandbox).index) == set(again["mobile"]) - set(first.held_out)
    assert texted(sandbox).eq(1).all()
    true_to_the_journal(send(late, gateway, changed=True), gateway, sandbox)


@pytest.mark.both_journals
def test_of_two_processes_that_assign_differently_the_second_is_refused(gateway, sandbox, monkeypatch):
    """The other one writes its people down after this one has looked, and before it writes its own."""
    mine, theirs = (
        smsframe.plan(assigned(seed=seed), TEXTS, campaign="autumn", phone="mobile", gateway=gateway)
        for seed in ("mine", "theirs")
    )
    written_down, outs = Registration.register, []

    def register(*positional, **options):
        monkeypatch.setattr(Registration, "register", written_down)
        outs.append(send(theirs, gateway))
        return written_down(*positional, **options)

    for changed in (False, True):
        monkeypatch.setattr(Registration, "register", register)
        if changed:
            true_to_the_journal(send(mine, gateway, changed=True), gateway, sandbox)
        else:
            with pytest.raises(smsframe.CampaignChanged, match="had another variant"):
                send(mine, gateway)
        assert set(texted(sandbox).index) == set(theirs.frame["mobile"]) - set(theirs.held_out)
    true_to_the_journal(outs[0], gateway, sandbox)


@pytest.mark.both_journals
def test_while_another_process_is_sending_nobody_of_its_people_is_called_held_out(gateway, sandbox):
    mine, theirs = assigned(seed="mine"), assigned(seed="theirs")
    early = smsframe.plan(mine, TEXTS, campaign="autumn", phone="mobile", gateway=gateway)
    outs = []

    def report(event):
        if not outs:
            outs.append(send(early, gateway, changed=True))

    send(theirs, gateway, TEXTS, batch_size=8, workers=1, report=report)
    assert statuses(outs[0])["pending"] > 0
    true_to_the_journal(outs[0], gateway, sandbox)


def test_the_same_call_with_several_variants_of_a_person_passes_again(gateway, sandbox):
    frame = pd.concat([table(3), table(2)], ignore_index=True)
    frame["sms_variant"] = ["short", "short", "long", "hold-out", "long"]
    out = send(frame, gateway, TEXTS)
    again = send(frame, gateway, TEXTS)
    assert again["sms_variant"].tolist() == out["sms_variant"].tolist()
    assert out["sms_variant"].tolist() == ["hold-out", "short", "long", "hold-out", "short"]
    assert statuses(again) == statuses(out)
    assert posts(sandbox) == 2


def test_texts_that_change_places_are_another_experiment(gateway, sandbox):
    frame = assigned()
    send(frame.head(30), gateway, TEXTS)
    swapped = dict(zip(TEXTS, reversed(TEXTS.values()), strict=True))
    with pytest.raises(smsframe.CampaignChanged, match="had another text"):
        send(frame, gateway, swapped)
    with pytest.raises(smsframe.CampaignChanged, match="may already have another text"):
        send(frame, gateway, TEXTS | {"long": "Quite another"})
    out = send(frame, gateway, TEXTS)
    assert each_once(sandbox, out)


def test_of_several_rows_of_a_person_one_that_is_held_out_holds_out_all(gateway, sandbox):
    frame = table(3)
    frame = pd.concat([frame, frame.head(2)], ignore_index=True)
    frame["sms_variant"] = ["short", "short", "long", "hold-out", "long"]
    plan = smsframe.plan(frame, TEXTS, campaign="autumn", phone="mobile", gateway=gateway)
    assert "2 numbers with rows of several variants" in repr(plan)
    out = send(plan, gateway)
    assert out["sms_code"].astype(object).fillna("").tolist()[0] == "held_out"
    assert set(texted(sandbox).index) == set(frame["mobile"][1:3])
    assert out["sms_status"].tolist()[1:3] == ["accepted", "accepted"]


def test_people_who_were_texted_before_the_experiment_keep_their_outcome(gateway, sandbox):
    frame = assigned()
    send(frame.drop(columns="sms_variant").head(20), gateway, TEXTS["short"])
    out = send(frame, gateway, TEXTS)
    assert out["sms_status"].head(20).eq("accepted").all()
    assert set(texted(sandbox).index) == set(frame["mobile"]) - held(frame.tail(40))
    assert texted(sandbox).eq(1).all()


def test_a_hold_out_that_another_journal_has_texted_is_not_called_held_out(gateway, sandbox, tmp_path):
    frame = assigned()
    send(frame, gateway, TEXTS)
    other = sandbox.gateway(journal=str(tmp_path / "other.sqlite"))
    with pytest.raises(smsframe.SmsFrameError):
        send(frame.drop(columns="sms_variant"), other, TEXTS["short"])
    one = min(held(frame))
    # Somebody with another journal, who knows nothing of the experiment, in a campaign of the same name.
    out = send(frame, other, TEXTS, adopt=True)
    assert one in held(frame)
    assert texted(sandbox).le(1).all()
    assert not held(frame) & set(texted(sandbox).index)
    assert codes(out)["held_out"] == len(held(frame))
    other.close()


def test_killed_at_any_moment_nobody_who_is_held_out_is_texted(sandbox, gateway, tmp_path, monkeypatch):
    """Everything after a kill is `resume`, which knows nothing of the table."""
    frame = assigned(30)
    journal = journal_of(gateway)
    done = {"count": 0}

    class Killed(BaseException):
        pass

    for fatal in range(1, 14):
        campaign, done["count"] = f"autumn {fatal}", 0
        original = type(journal._store).transaction

        @contextlib.contextmanager
        def transaction(store, *, reading=False, original=original, fatal=fatal):
            done["count"] += 1
            if done["count"] == fatal:
                raise Killed
            with original(store, reading=reading) as connection:
                yield connection

        with monkeypatch.context() as patched:
            patched.setattr(type(journal._store), "transaction", transaction)
            with contextlib.suppress(Killed):
                send(frame, gateway, TEXTS, campaign=campaign, batch_size=10)
        with contextlib.suppress(smsframe.UnknownCampaign):
            resume(gateway, campaign)
        out = send(frame, gateway, TEXTS, campaign=campaign, batch_size=10)
        assert codes(out)["held_out"] == len(held(frame))
        assert not held(frame) & set(sandbox.inbox()["recipient"])


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["experiment", "other seed", "plain", "part", "resume", "withdraw", "busy", "lost"]),
        st.integers(0, 10**6),
    ),
    min_size=2,
    max_size=7,
)


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_called_in_whatever_order_the_journal_keeps_its_word(steps, sandbox, gateway):
    """Once somebody is held out no text comes, and nobody's variant ever changes; nobody is texted twice."""
    done["campaign"] += 1
    campaign = f"search {done['campaign']}"
    variants, out_of_it = {}, set()
    before = set(sandbox.inbox()["order_id"])
    whole = assigned(20, start=500)
    for what, number in [*steps, ("resume", 0), ("experiment", 0)]:
        part = whole.sample(10, random_state=number) if what == "part" else whole
        shuffled = part.sample(frac=1, random_state=number)
        with contextlib.suppress(smsframe.SmsFrameError):
            if what in ("busy", "lost"):
                fault = {"busy": ("busy", {"status": 503, "retry_after": 5_000}), "lost": ("drop_after", {})}
                name, options = fault[what]
                sandbox.misbehave(name, **options)
                send(shuffled, gateway, TEXTS, campaign=campaign, changed=True, batch_size=4)
            elif what == "plain":
                send(shuffled.drop(columns="sms_variant"), gateway, "Plain", campaign=campaign, changed=True)
            elif what == "other seed":
                other = smsframe.assign(shuffled, WEIGHTS, by="mobile", seed=number)
                send(other, gateway, TEXTS, campaign=campaign, changed=bool(number % 2))
            elif what == "resume":
                resume(gateway, campaign)
            elif what == "withdraw":
                smsframe.withdraw(campaign, journal=gateway.journal)
            else:
                send(shuffled, gateway, TEXTS, campaign=campaign, changed=True)
        sandbox.behave()
        with contextlib.suppress(smsframe.UnknownCampaign):
            now = smsframe.results(campaign, journal=gateway.journal)
            inbox = sandbox.inbox()
            got = inbox["recipient"][~inbox["order_id"].isin(before)]
            assert not got.duplicated().any()
            assert not out_of_it & set(got)
            there = dict(zip(now["sms_phone"], now["sms_variant"], strict=True))
            assert all(there[phone] == name for phone, name in variants.items() if phone in there)
            out_of_it |= set(now["sms_phone"][now["sms_code"].eq("held_out")])
            assert out_of_it <= set(there)
            texted_now = now["sms_status"].isin(["accepted", "unconfirmed"])
            kept = now[texted_now | now["sms_code"].eq("held_out")].dropna(subset="sms_variant")
            variants |= dict(zip(kept["sms_phone"], kept["sms_variant"], strict=True))


done = {"campaign": 0}
