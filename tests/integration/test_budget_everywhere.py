"""No way of sending passes a budget: sent again, sent at another time, without the policy, from the form."""

from __future__ import annotations

import inspect
from datetime import timedelta

import pandas as pd
import pytest
from helpers.clocks import PassingTime

import smsframe

FAILS = "76"
"""How numbers end whose texts end in ERROR, which is worth another try."""
HOUR = 3600.0


@pytest.fixture
def time():
    return PassingTime()


@pytest.fixture
def sandbox(time):
    with smsframe.Sandbox(clock=time.now, repeated_order_id="accept") as made:
        yield made


def people(number=6, ending=FAILS):
    return pd.DataFrame({"mobile": [f"+39347000{place:02d}{ending}" for place in range(number)]})


def only(limit):
    return smsframe.Policy(budget=limit)


def send(gateway, contacts=None, **options):
    keywords = {"campaign": "autumn", "phone": "mobile", "progress": False, "batch_size": 2} | options
    return smsframe.send(people() if contacts is None else contacts, "Ciao", gateway=gateway, **keywords)


@pytest.fixture(params=[False, True], ids=["given", "by the environment"])
def rules(request, monkeypatch, tmp_path):
    """The keywords that give a call a budget; none where a file that the environment names has it."""

    def keywords(limit):
        if not request.param:
            return {"policy": only(limit)}
        (tmp_path / "house.toml").write_text(f"budget = {limit}")
        monkeypatch.setenv("SMSFRAME_POLICY", str(tmp_path / "house.toml"))
        return {}

    return keywords


def texts(sandbox):
    return sum(order["recipients"] for order in sandbox.orders().to_dict("records"))


def waits(results):
    return int(results["sms_code"].eq("budget").sum())


def resend(gateway, rows, **options):
    return smsframe.resend("autumn", rows, gateway=gateway, progress=False, **options)


def failed(gateway, time, **options):
    out = send(gateway, **options)
    time.passed += timedelta(hours=49).total_seconds()
    return smsframe.refresh(out, gateway=gateway, progress=False)


def test_what_is_sent_again_counts_in_the_same_budget(rules, gateway, sandbox, time, capsys, monkeypatch):
    rows = failed(gateway, time, **rules(6))
    assert texts(sandbox) == 6
    for limit, total in ((6, 6), (8, 8), (8, 8), (11, 11)):
        out = resend(gateway, rows, **rules(limit), confirm=total - 6)
        assert texts(sandbox) == total
        assert out["sms_attempt"].eq(2).tolist() == [True] * (total - 6) + [False] * (12 - total)
        assert out["sms_code"].ne("budget").all()  # nobody's attempt has begun: the failure stays
    assert "1 row of campaign 'autumn' not sent again: the budget does not cover this text" in (
        capsys.readouterr().err
    )
    monkeypatch.delenv("SMSFRAME_POLICY", raising=False)
    resend(gateway, rows)
    assert texts(sandbox) == 12


def test_what_is_sent_at_another_time_counts_beside_what_was_cancelled(rules, gateway, sandbox, time):
    at = (time.now() + timedelta(hours=1)).replace(microsecond=0)
    send(gateway, people(ending="01"), schedule=at, **rules(6))
    assert smsframe.cancel("autumn", gateway=gateway, progress=False)["sms_status"].eq("cancelled").all()
    for limit, moved in ((6, 0), (8, 2), (8, 2), (12, 6)):
        out = smsframe.reschedule(
            "autumn",
            at + timedelta(hours=2),
            gateway=gateway,
            progress=False,
            **rules(limit),
            confirm=moved,
        )
        assert out["sms_status"].eq("scheduled").sum() == moved
    time.passed += 5 * HOUR
    assert len(sandbox.inbox()) == 6


def test_orders_of_a_lost_journal_count_as_the_texts_of_the_call(gateway, sandbox, time, tmp_path):
    contacts, text = people(8, ending="01"), "x" * 300  # two segments

    def spend(through, some, limit, **options):
        call = {"campaign": "autumn", "phone": "mobile", "gateway": through, "progress": False}
        return smsframe.send(some, text, policy=only(limit), **call, **options)

    spend(gateway, contacts.head(4), 8)
    rebuilt = sandbox.gateway(clock=time.clock, journal=tmp_path / "rebuilt.sqlite")
    smsframe.history(adopt=["autumn"], gateway=rebuilt)
    plan = smsframe.plan(contacts, text, campaign="autumn", phone="mobile", gateway=rebuilt, policy=only(12))
    assert plan.facts()["costs"]["spent"] == "8 credits"
    for limit, sent in ((8, 4), (11, 5), (12, 6), (16, 8)):
        spend(rebuilt, contacts, limit, grace=0.02)
        assert texts(sandbox) == sent
    rebuilt.close()


def test_who_waits_for_a_budget_is_sent_to_by_no_call_without_one(gateway, sandbox):
    contacts = people(ending="01")
    assert waits(send(gateway, contacts, policy=only(4))) == 2
    more = pd.concat([contacts, people(7, ending="01")[6:]], ignore_index=True)
    plan = smsframe.plan(more, "Ciao", campaign="autumn", phone="mobile", gateway=gateway)
    assert (plan.recipients, plan.counts["pending"]) == (1, 2)
    assert plan.reasons["reason"].str.contains("policy=").any()
    out = send(gateway, more, confirm=5)
    assert out["sms_status"].tolist() == ["accepted"] * 4 + ["pending"] * 2 + ["accepted"]
    assert waits(smsframe.resume("autumn", gateway=gateway, progress=False)) == 2
    assert texts(sandbox) == 5
    send(gateway, more, policy=smsframe.Policy())  # the word that there is no budget
    assert texts(sandbox) == 7


def test_a_plan_made_before_others_began_to_wait_sends_nothing_to_them(gateway, sandbox):
    contacts = people(ending="01")
    early = smsframe.plan(contacts, "Ciao", campaign="autumn", phone="mobile", gateway=gateway)
    send(gateway, contacts, policy=only(4))
    assert waits(smsframe.send(early, gateway=gateway, progress=False)) == 2
    assert texts(sandbox) == 4


def test_an_attempt_that_waits_for_a_budget_is_not_taken_up_without_one(gateway, sandbox, time, monkeypatch):
    rows = failed(gateway, time, policy=only(6))
    # As where another process has spent the rest between the look at the budget and the transaction.
    with monkeypatch.context() as patched:
        patched.setattr(
            "smsframe.campaign.changes.resend.covered_attempts", lambda again, begun, *_: (again, begun)
        )
        out = resend(gateway, rows, policy=only(8))
    assert (texts(sandbox), waits(out)) == (8, 4)
    resend(gateway, rows)
    smsframe.resume("autumn", gateway=gateway, progress=False)
    send(gateway)
    assert texts(sandbox) == 8
    resend(gateway, rows, policy=only(9))
    assert texts(sandbox) == 9
    resend(gateway, rows, policy=smsframe.Policy())
    assert texts(sandbox) == 12


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in smsframe.__all__
        if inspect.isfunction(function := getattr(smsframe, name))
        and "rate" in inspect.signature(function).parameters
    ],
)
def test_each_function_that_sends_takes_a_policy(name):
    assert "policy" in inspect.signature(getattr(smsframe, name)).parameters


def test_a_form_keeps_to_its_budget_also_when_it_goes_on_and_in_tests(gateway, sandbox):
    contacts = people(ending="01")

    def form(policy, campaign="autumn"):
        return smsframe.compose(contacts, "Ciao", campaign=campaign, gateway=gateway, policy=policy)

    def click(made, button):
        getattr(made._controls, button).click()
        assert made.wait(60)

    made = form(only(4))
    assert made.plan.recipients == 4
    made._controls.unlock.value = "4"
    click(made, "send")
    assert texts(sandbox) == 4
    assert "the budget covers none" in made._controls.messages["total"].value

    without = form(None)
    assert "2 waiting for a larger budget" in without._controls.messages["known"].value
    assert without._controls.resume.layout.display == "none"
    assert texts(sandbox) == 4

    larger = form(only(5))
    click(larger, "resume")
    assert texts(sandbox) == 5

    none = form(only(0), campaign="tried")
    none._controls.own_number.value = "+393470009901"
    click(none, "test")
    assert texts(sandbox) == 5
