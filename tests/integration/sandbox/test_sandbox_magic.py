"""Faults by the last digits of a recipient: what the page lists is played, once per order."""

import re
from pathlib import Path

import pytest
from helpers.http_outcomes import done, met, post, until

# What the page says, what the client meets, and whether the gateway had done it by then.
MAGIC = {
    "86": ("drop_after", "reset", True),
    "87": ("drop_before", "reset", False),
    "88": ("error_after status=500", 500, True),
    "89": ("error_before status=500", 500, False),
    "90": ("half_body", "half", True),
    "91": ("html", 200, True),
    "92": ("late_answer seconds=2", "timeout", True),
    "93": ("late_acceptance seconds=2", "reset", False),
    "94": ("busy status=429 retry_after=1", 429, False),
    "95": ("busy status=503 retry_after=1", 503, False),
    "96": ("session_lost", 401, False),
    "97": ("redirect status=302", 302, False),
    "98": ("refuse seconds=1", "reset", False),
    "99": ("drop_after` and `blind seconds=2", "reset", True),
}


@pytest.fixture
def caller(open_sandbox):
    """Logged in where magic numbers are on, and a repeated order is answered like the first."""
    caller = open_sandbox(repeated_order_id="merge")
    caller.sandbox.misbehave("magic")
    return caller


@pytest.mark.parametrize("ending", MAGIC)
def test_an_order_meets_its_fault_once_and_then_passes(caller, ending):
    _, client, accepted = MAGIC[ending]
    number = f"+467017406{ending}"
    assert post(caller, recipient=number, timeout=0.2 if client == "timeout" else 10) == client
    until(lambda: done(caller.sandbox) == ["one"] * accepted)
    if ending == "98":
        assert met(lambda: caller.get("status")) == "refused"
        caller.sandbox.stop()  # instead of the second it would take
        caller.sandbox.start()
    if ending == "99":
        assert caller.get("sms/one").status_code == 404
    caller.log_in()
    assert post(caller, recipient=number) == 201
    assert caller.sandbox.inbox()["recipient"].tolist() == [number]


def test_the_documentation_lists_the_same_numbers():
    page = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    section = page.split("### By magic number")[1].split("\n## ")[0]
    assert re.findall(r"^\| (\d\d) \| `(.+)` \|$", section, re.MULTILINE) == [
        (ending, said) for ending, (said, *_) in MAGIC.items()
    ]


def test_the_numbers_of_a_busy_answer_are_those_of_the_table(caller):
    answer = caller.sms("+12125550195")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_all_other_numbers_are_faultless(caller):
    """But for 85, which is refused at the POST with or without magic."""
    for ending in range(85):
        assert post(caller, f"o{ending}", recipient=f"+121255501{ending:02d}") == 201


def test_it_is_off_unless_asked_for_and_after_behave(open_sandbox, caller):
    caller.sandbox.behave()
    for other in (caller, open_sandbox()):
        assert post(other, recipient="+12125550186") == 201


def test_the_first_magic_recipient_decides_for_the_order(caller):
    assert caller.sms("+12125550101", "+12125550194", "+12125550186").status_code == 429
    body = {"message_type": "N", "message": "Ciao ${n}", "order_id": "merged"}
    rows = {"0": {"recipient": "+12125550101", "n": "99"}, "1": {"recipient": "+12125550194", "n": "1"}}
    assert caller.post("paramsms", json=body | {"recipients": rows}).status_code == 429
    assert caller.post("paramsms", json=body | {"recipients": rows}).status_code == 200


def test_an_order_without_an_id_is_known_by_what_it_says(caller):
    number = "+12125550194"
    assert [caller.sms(number, message=text).status_code for text in ("a", "a", "b")] == [429, 201, 429]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[" * 100_000, b"[]", b'{"recipient": [86, null]}', b'{"recipients": {"0": 1}}', b"\xff86"],
    ids=lambda body: str(body)[:20],
)
def test_a_broken_order_is_refused_as_ever(caller, body):
    assert caller.post("sms", data=body, headers={"Content-Type": "application/json"}).status_code == 400


def test_a_switch_comes_first_and_the_number_waits_for_the_next_time(caller):
    caller.sandbox.misbehave("error_before", status=501, times=1)
    assert [post(caller, recipient="+12125550194") for _ in range(3)] == [501, 429, 201]
