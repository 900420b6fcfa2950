"""Budgets at the sandbox: they stop before they are passed, also killed, at once, and charged otherwise."""

from __future__ import annotations

import threading
from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest
from helpers import killable, sending
from helpers.faulty_server import drop
from helpers.sending import gateway_at, table, texted

import smsframe

FRENCH = pd.DataFrame({"name": ["F"], "mobile": ["+33612345678"]})
TEXT = "Ciao {name}"


def policy(budget=None, *, countries=("IT",)):
    prices = pd.DataFrame({"country": countries, "quality": "high", "price": "0.05", "currency": "EUR"})
    return smsframe.Policy(prices=prices, budget=budget)


def send(people, gateway, rules, **options):
    keywords = {"campaign": "autumn", "phone": "mobile", "progress": False, "batch_size": 4, "grace": 0.05}
    return smsframe.send(people, TEXT, gateway=gateway, policy=rules, **(keywords | options))


def waits(results):
    return results["sms_code"].eq("budget").tolist()


@pytest.mark.samples(6)
@pytest.mark.parametrize(
    ("rules", "sent"),
    [
        (policy("0.50"), 10),
        (policy("0.49"), 9),
        (policy("0.04"), 0),
        (policy(0), 0),
        (policy(), 10),
        (smsframe.Policy(budget=7), 7),
        (smsframe.Policy(budget="6.99"), 6),
        (smsframe.Policy(), 10),
        (policy("9", countries=("FR",)), 0),
    ],
)
@pytest.mark.parametrize("batch_size", [1, 4, 1000])
def test_the_first_rows_that_fit_are_sent_and_the_same_call_again_sends_nothing(
    rules, sent, batch_size, gateway, sandbox
):
    people = table(10).iloc[::-1]  # rows decide, not numbers
    planned = smsframe.plan(people, TEXT, campaign="autumn", phone="mobile", policy=rules, gateway=gateway)
    assert planned.recipients == sent
    for _ in range(2):
        results = send(people, gateway, rules, batch_size=batch_size)
        assert waits(results) == [False] * sent + [True] * (10 - sent)
        assert results["sms_status"].isin(["accepted", "pending"]).all()
        assert set(texted(sandbox).index) == set(people["mobile"].iloc[:sent])
        assert texted(sandbox).le(1).all()


def test_a_larger_budget_sends_more_and_counts_what_was_spent(gateway, sandbox):
    for budget, sent in (("0.20", 4), ("0.35", 7), ("0.10", 7), ("5", 10)):
        assert waits(send(table(10), gateway, policy(budget))).count(False) == sent
        assert len(texted(sandbox)) == sent


def test_resume_without_a_policy_leaves_waiting_who_waits_for_a_budget(gateway, sandbox):
    send(table(10), gateway, policy("0.20"))
    assert waits(smsframe.resume("autumn", gateway=gateway, progress=False, confirm=0)).count(True) == 6
    assert len(texted(sandbox)) == 4
    smsframe.resume("autumn", gateway=gateway, progress=False, policy=policy("0.40"))
    assert len(texted(sandbox)) == 8
    smsframe.resume("autumn", gateway=gateway, progress=False, policy=policy())
    assert len(texted(sandbox)) == 10


def test_who_has_no_price_is_not_sent_to_under_a_budget_and_keeps_nobody_back(gateway, sandbox):
    people = pd.concat([FRENCH, table(2)], ignore_index=True)
    results = send(people, gateway, policy("1"))
    assert waits(results) == [True, False, False]
    assert "no price for FR" in results["sms_reason"].iloc[0]
    free = smsframe.plan(people, TEXT, campaign="other", phone="mobile", policy=policy())
    assert free.recipients == 3
    assert "costs 0.10 EUR; no price for 1 person in FR" in repr(free)
    assert "no price for 1 person in FR" in free._repr_html_()


class Expensive(smsframe.Gateway):
    """A gateway that says it charged more than a credit for each segment."""

    factor = 2.0

    def post(self, order, check=None):
        reply = super().post(order, check)
        return reply if reply.charged is None else replace(reply, charged=reply.charged * self.factor)


@pytest.mark.samples(2)
@pytest.mark.parametrize("rules", [policy("0.80"), smsframe.Policy(budget=16)])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_what_was_charged_more_than_predicted_counts_and_the_budget_is_not_passed(
    rules, batch_size, sandbox, tmp_path
):
    gateway = Expensive(sandbox.url, username="demo", password="demo", journal=tmp_path / "journal.sqlite")
    for _ in range(2):
        results = send(table(20), gateway, rules, batch_size=batch_size)
        assert results["sms_credits"].sum() == 16
        assert waits(results) == [False] * 8 + [True] * 12
    assert len(texted(sandbox)) == 8


@pytest.mark.slow
def test_killed_anywhere_the_same_call_again_never_passes_the_budget(tmp_path, sandbox):
    rules, ran = policy("0.30"), {"workers": 1, "grace": 0.05}
    journal = tmp_path / "journal.sqlite"

    def run(place, fatal=None):
        people, name = table(10, start=10 * place), f"autumn{place}"
        plan = smsframe.plan(people, TEXT, campaign=name, phone="mobile", batch_size=2, policy=rules)
        ending = killable.run(killable.send, sandbox.url, journal, plan, fatal=fatal, **ran)
        return plan, ending

    def reached(plan):
        return int(texted(sandbox).reindex(plan.frame["sms_phone"], fill_value=0).sum())

    whole, ending = run(0)
    assert reached(whole) == 6
    points = len(run(1)[1].points)  # the journal is there now
    assert points > 50
    rounds = 16
    for place in range(1, rounds + 1):
        plan, ending = run(place + 1, fatal=points * place // (rounds + 1))
        assert ending.killed
        assert reached(plan) <= 6
        results = sending.send(plan, gateway_at(sandbox.url, journal), grace=0.05)
        assert reached(plan) == 6
        assert waits(results) == [False] * 6 + [True] * 4


@pytest.mark.parametrize(("budget", "sent"), [(6, 0), (8, 2), (12, 6)])
def test_an_order_given_up_by_a_persons_word_may_have_been_charged_and_counts(
    budget, sent, sandbox, proxy, through
):
    people = table(6)
    proxy.on("POST", drop).always("GET", drop, path="sms/")
    sending.send(people, through)
    rules = smsframe.Policy(budget=budget)
    out = sending.resume(through, unconfirmed="send", policy=rules)
    assert waits(out) == [False] * sent + [True] * (6 - sent)
    assert len(texted(sandbox)) == sent
    plan = smsframe.plan(people, TEXT, campaign="autumn", phone="mobile", policy=rules, gateway=through)
    assert waits(plan.frame) == waits(out)
    orders = smsframe.costs("autumn", gateway=through)
    assert orders["predicted"].sum() == 6 + sent


def test_two_at_once_share_one_budget(sandbox, tmp_path):
    journal = tmp_path / "journal.sqlite"
    start, errors = threading.Barrier(2), []

    def call(people):
        start.wait()
        try:
            send(people, gateway_at(sandbox.url, journal), policy("0.55"), batch_size=2)
        except smsframe.SmsFrameError as error:
            errors.append(error)

    callers = [threading.Thread(target=call, args=(table(10, start=first),)) for first in (0, 10)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert errors == []
    assert len(texted(sandbox)) == 11
    assert texted(sandbox).le(1).all()


def test_costs_of_all_attempts_are_exact_and_rows_add_up_to_their_order(sandbox, tmp_path):
    gateway = Expensive(sandbox.url, username="demo", password="demo", journal=tmp_path / "journal.sqlite")
    gateway.factor = 1.1
    results = send(table(6), gateway, None)
    orders = smsframe.costs("autumn", gateway=gateway, policy=policy())
    by_order = results.groupby("sms_order_id")["sms_credits"].sum()
    assert orders.set_index("order_id")["credits"].astype(float).to_dict() == by_order.to_dict()
    assert orders["predicted"].sum() == Decimal("0.30")
    assert orders["charged"].sum() == Decimal("0.33")
    assert orders["credits"].sum() == Decimal("6.6")
    total = smsframe.campaigns(gateway=gateway)["credits"].sum()  # a float
    assert total == pytest.approx(float(orders["credits"].sum()), abs=1e-12)
    assert orders["quality"].eq("high").all()
    assert orders["currency"].eq("EUR").all()
    in_credits = smsframe.costs("autumn", gateway=gateway)
    assert in_credits["charged"].tolist() == in_credits["credits"].tolist()
    assert smsframe.costs("autumn", gateway=gateway, policy=policy(countries=("FR",)))["charged"].isna().all()


def test_rows_are_counted_by_the_day_of_a_zone():
    rows = pd.DataFrame(
        {
            "sms_status": "accepted",
            "sms_phone": table(3)["mobile"],
            "sms_credits": [1.0, 2.0, 3.0],
            "sms_sent_at": pd.to_datetime(
                ["2026-11-30 23:30", "2026-11-30 10:00", "2026-12-01 08:00"], utc=True
            ),
        }
    )
    counted = smsframe.by(rows, "day", tz="Europe/Rome")
    assert counted["credits"].to_dict() == {"2026-11-30": 2.0, "2026-12-01": 4.0}
    assert smsframe.by(rows, "day")["credits"].to_dict() == {"2026-11-30": 3.0, "2026-12-01": 3.0}
