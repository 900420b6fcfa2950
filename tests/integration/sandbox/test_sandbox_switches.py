"""Which calls get a fault: by name, rate, order, number; and what cannot be asked for."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from smsframe.cli.main import app
from smsframe.sandbox import Sandbox, switches
from smsframe.sandbox.faults import KINDS

PAGE = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text(encoding="utf-8")


def orders(caller, count):
    """The statuses of so many orders, one after another."""
    return [caller.sms(order_id=f"o{n}-{len(caller.sandbox.calls())}").status_code for n in range(count)]


def test_without_rate_and_order_every_call_gets_it_until_it_is_off(caller):
    caller.sandbox.misbehave("error_before")
    assert orders(caller, 3) == [500, 500, 500]
    caller.sandbox.behave()
    assert orders(caller, 2) == [201, 201]


@pytest.mark.parametrize(("order", "failed"), [(2, [1]), ([1, 4], [0, 3]), (range(2, 4), [1, 2])])
def test_by_order_the_calls_are_counted_since_it_was_set(caller, order, failed):
    assert orders(caller, 2) == [201, 201]
    caller.sandbox.misbehave("error_before", order=order)
    assert orders(caller, 5) == [500 if place in failed else 201 for place in range(5)]


def test_times_is_how_often_at_most(caller):
    caller.sandbox.misbehave("error_before", times=2)
    assert orders(caller, 4) == [500, 500, 201, 201]


def test_a_rate_chooses_a_share_and_the_same_seed_the_same_calls(open_sandbox):
    def chosen(seed, *, others=()):
        caller = open_sandbox(seed=seed)
        for other in others:
            caller.sandbox.misbehave(other, rate=0.5)
        caller.sandbox.misbehave("error_before", rate=0.3)
        return [place for place, status in enumerate(orders(caller, 60)) if status == 500]

    assert chosen(7) == chosen(7) == chosen(7, others=["blind"])
    assert chosen(7) != chosen(8)
    assert 5 <= len(chosen(7)) <= 35


@pytest.mark.parametrize(("rate", "statuses"), [(0, [201] * 5), (1, [500, 500, 201, 201, 201])])
def test_a_rate_may_be_nothing_or_all_and_is_bounded_by_times(caller, rate, statuses):
    caller.sandbox.misbehave("error_before", rate=rate, times=2)
    assert orders(caller, 5) == statuses


ASK = {
    "order": lambda caller: caller.sms(),
    "state": lambda caller: caller.get("sms/x"),
    "history": lambda caller: caller.get("smshistory", params={"from": "20261122000000"}),
    "status": lambda caller: caller.get("status"),
    "login": lambda caller: caller.get("login", params={"username": "demo", "password": "demo"}),
    "token": lambda caller: caller.get("token", params={"username": "demo", "password": "demo"}),
    "cancel": lambda caller: caller.delete("sms/x"),
    "double slash": lambda caller: caller.get("/status"),
}
MEANT = {
    "order": {"order"},
    "state": {"state"},
    "history": {"history"},
    "status": {"status", "double slash"},
    "login": {"login"},
    "cancel": {"cancel"},
    "any": set(ASK),
}


@pytest.mark.parametrize("call", MEANT)
def test_a_switch_is_for_the_calls_it_names(caller, call):
    caller.sandbox.misbehave("error_before", call=call, status=599)
    assert {name for name, ask in ASK.items() if ask(caller).status_code == 599} == MEANT[call]


def test_of_several_faults_the_first_is_played_and_every_switch_counts_every_call(caller):
    caller.sandbox.misbehave("error_before", order=1, status=501)
    caller.sandbox.misbehave("error_before", order=[1, 2], times=1, status=502)
    assert orders(caller, 3) == [501, 502, 201]


def test_blind_joins_another_fault(caller):
    caller.sandbox.misbehave("blind", seconds=60)
    caller.sandbox.misbehave("error_after")
    assert caller.sms(order_id="one").status_code == 500
    assert caller.sandbox.orders()["order_id"].tolist() == ["one"]
    assert caller.get("sms/one").status_code == 404


WRONG = [
    ("nonsense", {}, "no fault 'nonsense'; there are refuse, drop_before"),
    (
        "drop_after",
        {"call": "sms"},
        "call is one of order, state, history, status, login, cancel, replies, senders, any, not 'sms'",
    ),
    ("drop_after", {"rate": 0.1, "order": 2}, "by rate or by order, not by both"),
    ("drop_after", {"rate": 1.1}, "rate is a share between 0 and 1"),
    ("drop_after", {"rate": float("nan")}, "rate is a share"),
    ("drop_after", {"order": 0}, "order is the number of a call, from 1"),
    ("drop_after", {"order": []}, "order is the number of a call, from 1"),
    ("drop_after", {"times": 0}, "times is a number from 1"),
    ("drop_after", {"seconds": 1}, "drop_after takes no seconds; of its own it takes nothing"),
    ("late_answer", {"status": 500}, "late_answer takes no status; of its own it takes seconds"),
    ("late_answer", {"seconds": -1}, "seconds are a number from 0"),
    ("late_answer", {"seconds": float("inf")}, "seconds are a number from 0"),
    ("error_after", {"status": 201}, "the status of error_after is between 400 and 599, not 201"),
    ("redirect", {"status": 304}, "the status of redirect is one of 301, 302, 303, 307, 308"),
    ("busy", {"status": 500}, "the status of busy is one of 429, 503"),
    ("busy", {"seconds": 1}, "busy takes no seconds; of its own it takes status and retry_after"),
    ("busy", {"retry_after": 0.5}, "retry_after is a whole number of seconds"),
    ("blind", {"call": "state"}, "blind is about orders"),
    ("late_acceptance", {"call": "any"}, "late_acceptance is about orders"),
    ("magic", {"times": 1}, "magic is decided by the recipients"),
]


@pytest.mark.parametrize(("kind", "options", "sentence"), WRONG)
def test_what_cannot_be_says_what_is_possible(kind, options, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Sandbox().misbehave(kind, **options)


@pytest.mark.parametrize("kind", KINDS)
def test_the_documentation_and_the_docstring_know_every_kind(kind):
    assert f"\n| `{kind}` |" in PAGE
    assert f"``{kind}``" in Sandbox.misbehave.__doc__


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("drop_after rate=0.1", {"kind": "drop_after", "rate": 0.1}),
        ("late_answer order=2,5 seconds=3", {"kind": "late_answer", "order": [2, 5], "seconds": 3.0}),
        ("busy call=any status=503 retry_after=9 times=1",
         {"kind": "busy", "call": "any", "status": 503, "retry_after": 9, "times": 1}),
        ("magic", {"kind": "magic"}),
    ],
)  # fmt: skip
def test_a_switch_is_read_from_words(text, arguments):
    assert switches.read(text) == arguments


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "there is no fault ''; there are refuse, drop_before"),
        ("drop_afer rate=0.1", "there is no fault 'drop_afer'"),
        ("drop_after rat=0.1", "'rat=0.1' is none of call=, rate=, order="),
        ("drop_after rate", "'rate' is none of"),
        ("drop_after rate=often", "'rate=often' is not a number"),
        ("drop_after order=2,", "'order=2,' is not a number"),
        ("drop_after rate=2", "rate is a share between 0 and 1"),
    ],
)
def test_a_wrong_fault_on_the_command_line_is_a_usage_error(text, sentence):
    """Said before anything is served."""
    ended = CliRunner().invoke(app, ["sandbox", "--fault", text], terminal_width=500)
    assert ended.exit_code == 2
    assert "Usage: " in ended.stderr
    assert f"Invalid value for --fault: {sentence}" in ended.stderr
