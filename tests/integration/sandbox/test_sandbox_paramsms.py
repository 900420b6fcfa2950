"""POST paramsms: one text per recipient."""

import pytest


def order(**fields):
    return {
        "message_type": "N",
        "message": "Ciao ${name}, ${what}!",
        "recipients": {
            "0": {"recipient": "+393471234567", "name": "Ada", "what": "vieni"},
            "1": {"recipient": "+393471234568", "name": "Bo", "what": "$1 ${name}"},
        },
    } | fields


@pytest.mark.parametrize("status", [200, 201])
def test_values_replace_placeholders_and_success_is_200_or_201(open_sandbox, status):
    """The documentation says 200, sister brands answer 201. What a value holds is not replaced again."""
    caller = open_sandbox(paramsms_accepted=status)
    answer = caller.post("paramsms", json=order(returnCredits=True))
    assert (answer.status_code, answer.json()["result"], answer.json()["total_sent"]) == (status, "OK", 2)
    assert caller.sandbox.inbox()["text"].tolist() == ["Ciao Ada, vieni!", "Ciao Bo, $1 ${name}!"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"recipients": {}}, "recipients"),
        ({"recipients": []}, "recipients"),
        ({"recipients": {"0": "+393471234567"}}, "recipients.0"),
        ({"recipients": {"0": {"recipient": "+393471234567", "name": 5}}}, "recipients.0.name"),
        ({"recipients": {"7": {"name": "Ada", "what": "x"}}}, "recipients.7: recipient is missing"),
        (
            {"recipients": {"7": {"recipient": "+393471234567", "name": "Ada"}}},
            "recipients.7: no value for what",
        ),
        ({"message": "${}"}, "no value for"),
        ({"recipients": {"0": {"recipient": "x", "name": "a", "what": "b"}}}, "Invalid recipient: x"),
        ({"recipients": {"0": {"recipient": "+393471234567", "name": "a", "what": "x" * 995}}}, "too long"),
        ({"recipients": {"0": {"recipient": "+393471234567", "name": "a", "what": "😀"}}}, "outside the GSM"),
        ({"richsms_mode": "SOMEHOW"}, "richsms_mode"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_bad_input_is_400_with_a_reason(shared, fields, reason):
    answer = shared.post("paramsms", json=order(**fields))
    assert answer.status_code == 400
    assert reason in answer.json()["result"]


def test_each_text_is_billed_by_its_own_segments(caller):
    values = {str(n): {"recipient": f"+121255501{n:02d}", "x": "x" * n * 100} for n in range(1, 4)}
    answer = caller.post("paramsms", json=order(message="${x}", recipients=values, returnCredits=True))
    assert answer.json()["total_sent"] == 1 + 2 + 2
    assert caller.sandbox.inbox()["segments"].tolist() == [1, 2, 2]


def test_without_keys_it_is_401(shared):
    assert shared.post("paramsms", json=order(), headers={"user_key": None}).status_code == 401
