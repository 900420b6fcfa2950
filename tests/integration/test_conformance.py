"""What a gateway does on each open question, recognised: of a sandbox that is played each way."""

from __future__ import annotations

from dataclasses import fields

import pytest

import smsframe
from smsframe.audience.conformance import examine, settings
from smsframe.sandbox.questions import OpenQuestions

OWN = "+447700900110"
EACH_WAY = [
    *({"repeated_order_id": value} for value in ("refuse", "merge", "accept")),
    *({"duplicates": value} for value in ("send", "merge", "refuse")),
    *({"left_out": value} for value in ("named", "charged", "unlisted")),
    *({"all_left_out": value} for value in ("accept", "refuse")),
    *({"outside_gsm": value} for value in ("refuse", "replace")),
    *({"length_in": value} for value in ("characters", "units")),
    *({"timezone": value} for value in ("Europe/Rome", "UTC")),
    *({"several_sessions": value} for value in (True, False)),
    *({"refund_cancelled": value} for value in (True, False)),
    *({"cancelled_order": value} for value in ("gone", "listed", "partly_sent")),
    *({"extra_values": value} for value in ("ignore", "refuse")),
    *({"login_refused": value} for value in (404, 401)),
    *({"paramsms_accepted": value} for value in (200, 201)),
    *({"long_pages": value} for value in ("whole", "cut", "refuse")),
]


def asked(sandbox, **options):
    gateway = sandbox.gateway()

    def another(name):
        return sandbox.gateway() if name is None else sandbox.gateway(username=name, password="wrong")

    try:
        return examine(gateway, another, **options)
    finally:
        gateway.close()


@pytest.mark.parametrize("played", EACH_WAY, ids=str)
def test_a_sandbox_that_is_played_one_way_is_recognised_and_played_so_again(played):
    with smsframe.Sandbox(**played) as sandbox:
        sandbox.gateway().probe("POST", "sms", json={"message_type": "N", "message": "x", "recipient": [OWN]})
        answers = asked(sandbox, own_number=OWN, most_credits=50)
        found = settings(answers)
        assert found.items() >= played.items(), answers
        assert set(sandbox.inbox()["recipient"]) <= {OWN}
    smsframe.Sandbox(**found)  # each of them is a keyword that it takes


def test_every_question_of_the_sandbox_is_asked():
    unknowable = {"reply_fields", "stop_list_pages"}  # names in words; whole lists of a real account
    assert {key for way in EACH_WAY for key in way} == {f.name for f in fields(OpenQuestions)} - unknowable


@pytest.mark.parametrize(("number", "most"), [(None, 50), (OWN, 0), (OWN, 1), (OWN, 5)])
def test_nothing_is_sent_unless_it_is_allowed_and_never_for_more(number, most):
    with smsframe.Sandbox(credits=100) as sandbox:
        answers = asked(sandbox, own_number=number, most_credits=most)
        spent = 100 - sandbox.credits["N"]
        assert spent <= (most if number else 0)
        assert len({answer.question for answer in answers}) == len(answers) >= len(fields(OpenQuestions)) - 1
        if not spent:
            assert len(sandbox.inbox()) == 0


@pytest.mark.parametrize("kind", ["html", "error_before", "drop_after"])
@pytest.mark.parametrize("call", ["state", "order"])
def test_what_cannot_be_seen_is_no_answer_and_takes_no_other_with_it(kind, call):
    with smsframe.Sandbox(credits=100) as sandbox:
        sandbox.misbehave(kind, call=call)
        answers = {answer.question: answer for answer in asked(sandbox, own_number=OWN, most_credits=50)}
        of_texts = ["duplicates", "left_out", *(["cancelled_order"] if call == "state" else ["outside_gsm"])]
        assert [answers[question].value for question in of_texts] == [None] * 3
        others = {"login_refused": 404, "extra_values": "ignore", "long_pages": "whole"}
        others |= {"outside_gsm": "refuse", "length_in": "characters"} if call == "state" else {}
        assert {question: answers[question].value for question in others} == others
        assert 100 - sandbox.credits["N"] <= 50


def test_a_gateway_that_does_not_answer_at_all_is_an_error():
    with smsframe.Sandbox() as sandbox:
        sandbox.misbehave("error_before", call="any")
        with pytest.raises(smsframe.GatewayError):
            asked(sandbox)
