"""Experiments, opt-outs and house rules mean the same to a frame of Dask as to one of pandas, row by row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers.dask_cluster import cut, required, same
from helpers.sending import codes, each_once, statuses, table, texted

import smsframe

required()

import smsframe.engines.dask  # noqa: E402

# Partitions are sent by threads of this process: what another process sees of them is in `test_dask`.
pytestmark = pytest.mark.filterwarnings("ignore:Running on a single-machine scheduler")

BOTH = pytest.mark.both_journals
TEXTS = {"short": "Ciao {name}", "long": "Good morning {name}, we have something for you"}
WEIGHTS = {"short": 2, "long": 2, None: 1}
CUTS = (12, 12)


@pytest.fixture(autouse=True)
def environment(sandbox, monkeypatch):
    """What a worker opens."""
    for name, value in (("BASE_URL", sandbox.url), ("USERNAME", "demo"), ("PASSWORD", "demo")):
        monkeypatch.setenv(f"SMSFRAME_{name}", value)


@pytest.fixture
def people():
    """People of whom some are there twice, in other partitions too, and one has no number."""
    whole = table(30)
    again = whole.iloc[[3, 25]].assign(mobile=lambda rows: rows["mobile"].str.replace("+", "00"))
    frame = pd.concat([whole, again, pd.DataFrame({"name": ["Ada"], "mobile": ["12"]})])
    frame = frame.sample(frac=1, random_state=3).assign(customer_id=range(1000, 1033))
    return frame.astype({"name": "str", "mobile": "str"})


def send(frame, gateway, text="Ciao {name}", **options):
    """By the same journal; frames of Dask name it, as their gateway is opened by each worker."""
    options = {"campaign": "autumn", "phone": "mobile", "progress": False, "grace": 0.2} | options
    if isinstance(frame, pd.DataFrame):
        return frame.sms.send(text, gateway=gateway, **options)
    return frame.sms.send(text, journal=gateway.journal, **options).compute()


def planned(frame, gateway, text="Ciao {name}", **options):
    """The planned rows, and how many people would be texted."""
    options = {"campaign": "autumn", "phone": "mobile"} | options
    if isinstance(frame, pd.DataFrame):
        plan = frame.sms.plan(text, gateway=gateway, **options)
        return plan.frame, plan.recipients
    plan = frame.sms.plan(text, journal=gateway.journal, **options)
    return plan.frame.compute(), plan.recipients


def agree(people, gateway, text="Ciao {name}", calls=1, **options):
    """Plan and send in two campaigns; what came of the frame of Dask, and then of that of pandas."""
    frame, found = cut(people, *CUTS), {}
    for _ in range(calls):
        for name, one in (("dask", frame), ("pandas", people)):
            said, count = planned(one, gateway, text, campaign=name, **options)
            found[name] = (send(one, gateway, text, campaign=name, **options), said, count)
        for place in (0, 1):
            same(found["dask"][place], found["pandas"][place])
        assert found["dask"][2] == found["pandas"][2]
    return found["dask"][0], found["pandas"][0]


def assigned(frame, **options):
    return smsframe.assign(frame, WEIGHTS, by="mobile", seed="autumn", region="IT", **options)


def test_people_are_assigned_alike_in_partitions(people):
    parts = cut(people, *CUTS).map_partitions(assigned)
    pd.testing.assert_frame_equal(parts.compute(), assigned(people), check_dtype=False)


@BOTH
def test_each_variant_gets_its_text_and_the_hold_out_none(database, people, sandbox, gateway):
    frame = assigned(people)
    out, alone = agree(frame, gateway, TEXTS, calls=2)
    variants = out["sms_variant"]
    assert variants.tolist() == frame["sms_variant"].tolist()
    left_out = variants.eq("hold-out")
    assert left_out.sum() > 2
    held = {*out["sms_phone"][left_out].dropna()}
    assert out["sms_order_id"][left_out].isna().all()
    assert out["sms_code"][left_out & out["sms_phone"].notna()].eq("held_out").all()
    assert not held & {*sandbox.inbox()["recipient"]}
    sent = sandbox.inbox().merge(
        pd.concat([out, alone]), left_on=["order_id", "recipient"], right_on=["sms_order_id", "sms_phone"]
    )
    accepted = sum(int(one["sms_status"].eq("accepted").sum()) for one in (out, alone))
    assert len(sent) == len(sandbox.inbox()) == accepted
    assert sent["text"].str.startswith("Ciao").eq(sent["sms_variant"].eq("short")).all()
    # They are held out in the journal: no call texts them, and no order can.
    known = smsframe.results("dask", gateway=gateway).set_index("sms_phone")
    assert {*known.index[known["sms_code"].eq("held_out")]} == held
    smsframe.resume("dask", gateway=gateway, progress=False)
    plain = send(cut(people, *CUTS), gateway, TEXTS["short"], campaign="dask", changed="continue").set_index(
        "sms_phone"
    )
    assert {*plain.index[plain["sms_code"].eq("held_out")]} == held
    assert not held & {*sandbox.inbox()["recipient"]}


@BOTH
def test_the_variants_of_the_journal_stand(database, people, sandbox, gateway):
    send(assigned(people.iloc[:20]), gateway, TEXTS)
    other = smsframe.assign(people, WEIGHTS, by="mobile", seed="other", region="IT")
    with pytest.raises(smsframe.CampaignChanged, match="had another variant"):
        send(cut(other, *CUTS), gateway, TEXTS)
    before = len(sandbox.inbox())
    said, _ = planned(cut(other, *CUTS), gateway, TEXTS)
    same(said, planned(other, gateway, TEXTS)[0])
    frame = cut(other, *CUTS)
    out = send(frame, gateway, TEXTS, changed="continue")
    assert len(sandbox.inbox()) > before
    first = assigned(people.iloc[:20])["sms_variant"]
    assert out["sms_variant"].iloc[:20].tolist() == first.tolist()
    assert each_once(sandbox, out)
    again = send(frame, gateway, TEXTS, changed="continue")
    same(again, send(other, gateway, TEXTS, changed="continue"))


def mixed(lot, count=12, rows=36):
    """Rows of a few people, each of whom is there several times, in any partition."""
    rng = np.random.default_rng(lot)
    whole = table(count).iloc[rng.integers(count, size=rows)]
    named = whole.assign(
        sms_variant=rng.choice(["short", "long", "hold-out", ""], rows, p=[0.4, 0.4, 0.1, 0.1])
    )
    return (
        named.assign(consent_at=rng.choice(["2026-05-01", ""], rows))
        .astype("string[pyarrow]")
        .reset_index(drop=True)
    )


@BOTH
@pytest.mark.parametrize("lot", range(3))
def test_a_person_with_rows_of_several_variants_has_one_whichever_partitions_they_are_in(
    database, lot, sandbox, gateway
):
    out, _ = agree(mixed(lot), gateway, TEXTS, calls=2)
    names = out.dropna(subset=["sms_phone"])
    names = names[names["sms_code"].astype(object).ne("missing_variant")]
    assert names.groupby("sms_phone")["sms_variant"].nunique().le(1).all()
    held = {*out["sms_phone"][out["sms_code"].eq("held_out")]}
    assert held
    assert not held & {*texted(sandbox).index}
    assert texted(sandbox).eq(2).all()  # by both campaigns


@BOTH
@pytest.mark.parametrize("lot", range(3))
def test_consent_in_one_row_counts_whichever_partition_it_is_in(database, lot, sandbox, gateway):
    frame, policy = mixed(lot).drop(columns="sms_variant"), smsframe.Policy(consent="consent_at")
    sandbox.misbehave("busy", status=503, retry_after=5_000)
    for name, one in (("dask", cut(frame, *CUTS)), ("pandas", frame)):  # who waits goes on waiting
        with pytest.raises(smsframe.SmsFrameError):
            send(one, gateway, campaign=name, policy=policy)
    sandbox.behave()
    agree(frame, gateway, calls=2, policy=policy)
    given = {*frame["mobile"][frame["consent_at"].ne("")]}
    assert {*texted(sandbox).index} == given
    assert texted(sandbox).eq(2).all()


@BOTH
def test_opt_outs_are_those_of_the_account(database, people, sandbox, gateway):
    stopped = [table(30)["mobile"][place] for place in (3, 11)]
    smsframe.optouts.add(stopped[:1], why="asked on the phone", gateway=gateway)
    out, _ = agree(people, gateway, suppress=stopped[1:])
    assert codes(out)["opted_out"] == 2  # who is there twice
    assert codes(out)["suppressed"] == 1
    assert not {*stopped} & {*texted(sandbox).index}
    later = send(cut(people, *CUTS), gateway, campaign="dask")  # is told no list, and knows
    assert codes(later)["suppressed"] == 1


@BOTH
def test_the_cap_counts_over_all_campaigns(database, people, sandbox, gateway):
    send(people.iloc[:10], gateway, campaign="summer")
    send(people.iloc[5:15], gateway, campaign="spring")
    policy = smsframe.Policy(cap="2 per 7 days")
    frame = cut(people, *CUTS)
    said, count = planned(frame, gateway, policy=policy)
    wanted, alone = planned(people, gateway, policy=policy)
    same(said, wanted)
    assert count == alone
    out = send(frame, gateway, policy=policy)
    assert codes(out)["frequency_cap"] == codes(said)["frequency_cap"] == 5
    assert texted(sandbox).max() == 2
    same(send(frame, gateway, policy=policy), send(people, gateway, policy=policy))


@BOTH
@pytest.mark.parametrize("by", ["policy", "variable"])
def test_only_those_whom_a_trial_allows_are_texted(database, people, sandbox, gateway, monkeypatch, by):
    allowed, options = [*table(30)["mobile"][4:7]], {}
    if by == "policy":
        options["policy"] = smsframe.Policy(allow_only=allowed)
    else:
        monkeypatch.setenv("SMSFRAME_ALLOW_ONLY", ",".join(allowed))
    out, _ = agree(people, gateway, **options)
    assert statuses(out)["accepted"] == 3
    assert codes(out)["not_allowed"] == 29
    assert {*texted(sandbox).index} == {*allowed}


@BOTH
def test_consent_is_required_and_kept(database, people, sandbox, gateway):
    people = people.assign(
        consent_at=["2026-05-01 10:00", ""] * 16 + ["2026-05-02"], source=["web form"] * 33
    ).astype("str")
    out, _ = agree(people, gateway, policy=smsframe.Policy(consent=("consent_at", "source")))
    assert codes(out)["no_consent"] > 10
    label = out.index[out["sms_status"].eq("accepted")][0]
    one = out.loc[[label]].head(1)
    story = smsframe.explain(one, label, gateway=gateway)
    assert story["evidence"].str.contains("web form").any()


@BOTH
def test_replies_and_lift_of_what_a_frame_of_dask_sent(database, people, sandbox, gateway):
    pytest.importorskip("statsmodels")
    frame = assigned(people)
    out = send(cut(frame, *CUTS), gateway, TEXTS)
    wrote = out["sms_phone"][out["sms_status"].eq("accepted")].iloc[[0, 4]]
    for phone, text in zip(wrote, ("Stop", "Grazie"), strict=True):
        sandbox.reply(phone, text)
    replies = smsframe.replies(out, gateway=gateway)
    meanings = dict(zip(replies["sms_phone"], replies["meaning"], strict=True))
    assert meanings == dict(zip(wrote, ("opt_out", "other"), strict=True))
    assert {*replies["sms_campaign"]} == {"autumn"}
    assert {*replies["sms_order_id"]} <= {*out["sms_order_id"]}
    # Who said stop gets none of the next campaign either.
    later = send(cut(people, *CUTS), gateway, campaign="winter").set_index("sms_phone")
    assert later.loc[wrote.iloc[0], "sms_code"] == "opted_out"
    orders = out.loc[out["sms_status"].eq("accepted"), ["customer_id"]].head(6)
    found = smsframe.lift(out, orders, on="customer_id")
    pd.testing.assert_frame_equal(found.to_frame(), smsframe.lift(frame, orders, on="customer_id").to_frame())
    assert found.variants["people"].sum() == frame["customer_id"].nunique()


@BOTH
def test_a_plan_for_a_campaign_that_is_closed_or_elsewhere_is_refused(database, people, gateway):
    send(people, gateway)
    smsframe.purge("1 day", gateway=gateway)
    journal = smsframe.Journal(gateway.journal)
    journal.purging.purge(pd.Timestamp.now("UTC").to_pydatetime(), preview=False)
    for call in (planned, send):
        with pytest.raises(smsframe.CampaignChanged, match="were erased"):
            call(cut(people, *CUTS), gateway)
