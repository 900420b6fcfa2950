"""What becomes of a text: the magic numbers, time, schedules, the inbox."""

import re
from pathlib import Path

import pytest

FATES = {
    "71": "BLACKLISTED",
    "72": "UNKNRCPT",
    "73": "UNKNPFX",
    "74": "INVALIDDST",
    "75": "KO",
    "76": "ERROR",
    "77": "TIMEOUT",
    "78": "TOOM4USER",
    "79": "TOOM4NUM",
    "80": "INVALIDCONTENTS",
    "81": "DEMO",
    "82": "WAIT4DLVR",
    "83": "WAITING",
    "84": "SENT",
}
GOOD = "+12125550101"


def states_over_time(caller, clock, order, *seconds):
    seen, passed = [], 0
    for moment in seconds:
        clock.sleep(seconds=moment - passed)
        passed = moment
        caller.log_in()
        seen.append(caller.states(order))
    return seen


def test_a_text_waits_leaves_and_arrives(caller, clock):
    order = caller.sms(GOOD)
    seen = states_over_time(caller, clock, order, 0, 1.9, 2, 4.9, 5, 1e6)
    assert [states[GOOD] for states in seen] == [
        "WAITING",
        "WAITING",
        "WAIT4DLVR",
        "WAIT4DLVR",
        "DLVRD",
        "DLVRD",
    ]


@pytest.mark.parametrize("kind", ["L", "LL"])
def test_sent_is_final_for_types_without_notice(caller, clock, kind):
    order = caller.sms(GOOD, message_type=kind)
    seen = states_over_time(caller, clock, order, 0, 2, 1e6)
    assert [states[GOOD] for states in seen] == ["WAITING", "SENT", "SENT"]
    assert caller.sandbox.inbox()["recipient"].tolist() == [GOOD]


def test_delivery_date_is_empty_until_delivered_and_then_in_the_default_zone(caller, clock):
    order_id = caller.sms(GOOD).json()["order_id"]
    assert caller.get(f"sms/{order_id}").json() == {
        "result": "OK",
        "recipient_number": 1,
        "recipients": [{"destination": GOOD, "status": "WAITING", "delivery_date": ""}],
    }
    clock.sleep(seconds=60)
    assert caller.get(f"sms/{order_id}").json()["recipients"][0]["delivery_date"] == "20261122130005"


@pytest.mark.parametrize(("ending", "state"), FATES.items())
def test_the_last_two_digits_decide(caller, clock, ending, state):
    """In any range: here the American and the Swedish one."""
    order = caller.sms(f"+121255501{ending}", f"+467017406{ending}", GOOD)
    last = states_over_time(caller, clock, order, 48 * 3600)[-1]
    assert list(last.values()) == [state, state, "DLVRD"]


def test_the_documentation_lists_the_same_numbers():
    page = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    section = page.split("## What becomes of a text")[1].split("\n## ")[0]
    assert dict(re.findall(r"^\| (\d\d) \| `(\w+)` \|", section, re.MULTILINE)) == FATES


def test_a_timeout_takes_48_hours(caller, clock):
    order = caller.sms("+12125550177")
    seen = states_over_time(caller, clock, order, 48 * 3600 - 1, 48 * 3600)
    assert [list(states.values()) for states in seen] == [["WAIT4DLVR"], ["TIMEOUT"]]


def test_the_inbox_holds_what_people_receive(caller):
    """Of all outcomes only the delivered and the sent reach a person."""
    numbers = [f"+121255501{n:02d}" for n in range(70, 85)]
    caller.sms(*numbers, message="Perché?", sender="Ada", order_id="one")
    inbox = caller.sandbox.inbox()
    assert inbox["recipient"].tolist() == ["+12125550170", "+12125550184"]
    assert inbox.iloc[0].drop("received_at").to_dict() == {
        "order_id": "one",
        "recipient": "+12125550170",
        "sender": "Ada",
        "text": "Perché?",
        "encoding": "gsm",
        "segments": 1,
        "message_type": "N",
    }
    assert inbox["received_at"].map(str).unique().tolist() == ["2026-11-22 12:00:00+00:00"]


def test_speed_makes_an_hour_pass_in_a_second(open_sandbox, clock):
    """Schedules and deliveries alike; the dates are those of an unhurried gateway."""
    caller = open_sandbox(speed=3600)
    order = caller.sms(GOOD, scheduled_delivery_time="2026-11-22T14:00:00Z")
    clock.sleep(seconds=1.9)
    assert caller.states(order) == {GOOD: "SCHEDULED"}
    clock.sleep(seconds=0.2)
    assert caller.states(order) == {GOOD: "DLVRD"}
    text = caller.get(f"sms/{order.json()['order_id']}").json()["recipients"][0]
    assert text["delivery_date"] == "20261122150005"
    assert str(caller.sandbox.inbox()["received_at"][0]) == "2026-11-22 14:00:00+00:00"


def test_a_scheduled_text_arrives_at_its_time(caller, clock):
    order = caller.sms(GOOD, scheduled_delivery_time="20261122140000", scheduled_delivery_timezone="UTC")
    assert caller.states(order) == {GOOD: "SCHEDULED"}
    assert caller.sandbox.inbox().empty
    clock.sleep(hours=2)
    caller.log_in()
    assert caller.states(order) == {GOOD: "WAITING"}
    assert caller.sandbox.inbox()["recipient"].tolist() == [GOOD]


@pytest.mark.parametrize(("refund", "left"), [(False, 9_999), (True, 10_000)])
def test_a_scheduled_order_can_be_cancelled(open_sandbox, clock, refund, left):
    """Afterwards it is gone, and nobody gets it. Whether the credits come back is an open question."""
    caller = open_sandbox(refund_cancelled=refund)
    caller.sms(GOOD, order_id="later", scheduled_delivery_time="20261122150000")
    answer = caller.delete("sms/later")
    assert (answer.status_code, answer.json()) == (200, {"result": "OK"})
    assert caller.sandbox.credits["N"] == left
    assert caller.get("sms/later").status_code == 404
    assert caller.delete("sms/later").status_code == 404
    assert caller.get("smshistory", params={"from": "20261122000000"}).json()["total"] == 0
    clock.sleep(days=1)
    assert caller.sandbox.inbox().empty
    assert caller.sandbox.orders()["cancelled"].tolist() == [True]


@pytest.mark.parametrize(
    ("question", "states", "left", "texts"),
    [
        ("gone", None, 10_000, 0),
        ("listed", {0: "SCHEDULED", 1: "SCHEDULED", 2: "SCHEDULED"}, 10_000, 0),
        ("partly_sent", {0: "DLVRD", 1: "DLVRD"}, 9_998, 2),
    ],
)
def test_what_becomes_of_a_cancelled_order_is_an_open_question(
    open_sandbox, clock, question, states, left, texts
):
    caller = open_sandbox(cancelled_order=question, refund_cancelled=True)
    numbers = [f"+39347123450{place}" for place in range(3)]
    later = {"order_id": "later", "scheduled_delivery_time": "20261122150000"}
    order = caller.sms(*numbers, **later)
    assert caller.delete("sms/later").status_code == 200
    clock.sleep(days=1)
    caller.log_in()
    found = caller.get("sms/later")
    listed = {numbers[place]: state for place, state in (states or {}).items()}
    assert found.status_code == (404 if states is None else 200)
    assert states is None or caller.states(order) == listed
    assert caller.delete("sms/later").status_code == 404
    assert caller.sandbox.credits["N"] == left
    assert len(caller.sandbox.inbox()) == texts
    assert caller.sandbox.orders()["cancelled"].tolist() == [True]


def test_somebody_else_cancels_an_order(caller, clock):
    caller.sms(GOOD, order_id="later", scheduled_delivery_time="20261122150000")
    caller.sandbox.cancel("later")
    assert caller.delete("sms/later").status_code == 404
    for order in ("later", "never"):
        with pytest.raises(ValueError, match=order):
            caller.sandbox.cancel(order)


def test_an_order_that_has_left_or_is_unknown_cannot_be_cancelled(caller, clock):
    caller.sms(GOOD, order_id="now")
    caller.sms(GOOD, order_id="later", scheduled_delivery_time="20261122130500")
    clock.sleep(minutes=4, seconds=59)
    assert caller.delete("sms/now").status_code == 404
    clock.sleep(seconds=1)
    assert caller.delete("sms/later").status_code == 404
    assert caller.delete("sms/never").status_code == 404
    assert len(caller.sandbox.inbox()) == 2


def test_a_state_needs_keys_and_a_known_order(shared):
    assert shared.get("sms/unknown").status_code == 404
    assert shared.get("sms/unknown", headers={"user_key": "x"}).status_code == 401


def test_who_is_on_the_stop_list_gets_nothing_that_leaves_later(caller, clock):
    """A text that has left before arrives all the same."""
    before = caller.sms(GOOD)
    later = caller.sms(GOOD, scheduled_delivery_time="20261122130200")
    clock.sleep(seconds=1)
    caller.post("blacklist/sms", params={"phoneNumber": GOOD})
    after = caller.sms(GOOD)
    clock.sleep(minutes=3)
    assert [caller.states(order)[GOOD] for order in (before, later, after)] == [
        "DLVRD",
        "BLACKLISTED",
        "BLACKLISTED",
    ]
    assert len(caller.sandbox.inbox()) == 1
