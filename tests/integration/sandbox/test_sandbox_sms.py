"""POST sms: fields, limits, recipients, credits, order ids."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

GOOD = ["+393471234567", "+393471234568"]


def test_an_accepted_order_has_the_documented_fields(caller):
    answer = caller.sms(*GOOD)
    assert answer.status_code == 201
    body = answer.json()
    assert re.fullmatch("[0-9A-F]{32}", body["order_id"])
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", body["internal_order_id"])
    assert body == {
        "result": "OK",
        "order_id": body["order_id"],
        "internal_order_id": body["internal_order_id"],
        "total_sent": 2,
    }


def test_return_credits_counts_credits_and_return_remaining_adds_what_is_left(caller):
    """Two recipients of three segments each: two texts, six credits."""
    text = "x" * 400
    assert caller.sms(*GOOD, message=text).json()["total_sent"] == 2
    answer = caller.sms(*GOOD, message=text, returnCredits="true", returnRemaining=True).json()
    assert (answer["total_sent"], answer["remaining_credits"]) == (6, 10_000 - 12)
    assert caller.sandbox.credits == {"N": 10_000 - 12, "L": 10_000, "LL": 10_000}


def test_nulls_are_not_given(caller):
    names = [
        "sender", "scheduled_delivery_time", "scheduled_delivery_timezone", "order_id", "returnCredits",
        "returnRemaining", "allowInvalidRecipients", "encoding", "id_landing", "campaign_name",
        "short_link_url", "max_fragments", "truncate", "validity_period_min", "richsms_url",
    ]  # fmt: skip
    assert caller.sms(**dict.fromkeys(names)).status_code == 201
    assert caller.sandbox.inbox()["encoding"].tolist() == ["gsm"]


def test_optional_fields_are_taken(shared):
    fields = {
        "max_fragments": 7,
        "truncate": True,
        "campaign_name": "c",
        "id_landing": 1,
        "validity_period_min": 5,
    }
    assert shared.sms(**fields).status_code == 201


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "body: Field required"),
        (b"{", "The body is not JSON"),
        (b"[]", "body: "),
        (b"null", "body: "),
        (b'"x"', "body: "),
        (b"\xff", "body"),
        (b"[" * 100_000, "body"),
        (b'{"message_type": "N", "message": "x"}', "recipient: Field required"),
        (b'{"message_type": "N", "recipient": ["+393471234567"]}', "message: Field required"),
        (b'{"message": "x", "recipient": ["+393471234567"]}', "message_type: Field required"),
        (b'{"message_type": "N", "message": "\\ud83d", "recipient": ["+393471234567"]}', "message: "),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_broken_body_is_400_with_a_reason(shared, body, reason):
    """Never 422, never 500."""
    answer = shared.post("sms", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert reason in answer.json()["result"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"message_type": "XXL"}, "message_type"),
        ({"message_type": None}, "message_type"),
        ({"message": ""}, "message"),
        ({"message": 5}, "message"),
        ({"recipient": "+393471234567"}, "recipient"),
        ({"recipient": []}, "recipient"),
        ({"recipient": [393471234567]}, "recipient.0"),
        ({"recipient": [None]}, "recipient.0"),
        ({"returnCredits": "yes"}, "returnCredits"),
        ({"allowInvalidRecipients": []}, "allowInvalidRecipients"),
        ({"encoding": "utf8"}, "encoding"),
        ({"encoding": 8}, "encoding"),
        ({"max_fragments": "many"}, "max_fragments"),
        ({"order_id": "x" * 33}, "order_id"),
        ({"order_id": ""}, "order_id"),
        ({"order_id": "a/b"}, "order_id"),
        ({"order_id": "a\n"}, "order_id"),
        ({"sender": "TwelveLetter"}, "sender"),
        ({"sender": "+12345678901234567"}, "sender"),
        ({"sender": "Ada", "message_type": "L"}, "sender must be empty"),
        ({"sender": "Ada", "message_type": "LL"}, "sender must be empty"),
        ({"message": "x" * 1001}, "too long: 1001, at most 1000"),
        ({"message": "x" * 451, "encoding": "ucs2"}, "too long: 451, at most 450"),
        ({"message": "x" * 161, "message_type": "L"}, "too long: 161, at most 160"),
        ({"message": "x" * 161, "message_type": "LL"}, "too long: 161, at most 160"),
        ({"message": "😀"}, "outside the GSM alphabet"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_field_out_of_bounds_is_400_naming_it(shared, fields, reason):
    answer = shared.sms(**fields)
    assert answer.status_code == 400
    assert reason in answer.json()["result"]


@pytest.mark.parametrize(
    "fields",
    [
        {"message": "x" * 1000},
        {"message": "x" * 450, "encoding": "UCS2"},
        {"message": "x" * 160, "message_type": "L", "sender": ""},
        {"message": "x" * 160, "message_type": "LL", "sender": None},
        {"sender": "ElevenChars"},
        {"sender": "+1234567890123456"},
        {"order_id": "Aa0_.-" + "x" * 26},
        {"encoding": "GSM"},
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_field_at_its_bound_is_taken(shared, fields):
    assert shared.sms(**fields).status_code == 201


def test_the_limits_count_characters_or_units(open_sandbox):
    """Open question: 600 euro signs are 600 characters and 1,200 units."""
    assert open_sandbox().sms(message="€" * 600).status_code == 201
    assert open_sandbox(length_in="units").sms(message="€" * 600).status_code == 400


def test_characters_outside_gsm_are_refused_or_replaced(open_sandbox):
    """Open question; by default the client hears of it."""
    caller = open_sandbox(outside_gsm="replace")
    assert caller.sms(message="Ciao 😀 Привет").status_code == 201
    assert caller.sandbox.inbox()["text"].tolist() == ["Ciao ? ??????"]


@pytest.mark.parametrize(
    ("text", "encoding", "segments"),
    [
        ("x" * 160, "gsm", 1),
        ("x" * 161, "gsm", 2),
        ("x" * 306, "gsm", 2),
        ("x" * 307, "gsm", 3),
        ("€" * 80, "gsm", 1),
        ("€" * 81, "gsm", 2),
        ("x" * 152 + "€" + "x" * 152, "gsm", 3),  # 306 units, but the € does not fit into the first segment
        ("x" * 151 + "€" + "x" * 153, "gsm", 2),
        ("x" * 70, "ucs2", 1),
        ("x" * 71, "ucs2", 2),
        ("x" * 134, "ucs2", 2),
        ("x" * 135, "ucs2", 3),
        ("😀" * 35, "ucs2", 1),
        ("😀" * 36, "ucs2", 2),
        ("x" * 66 + "😀" + "x" * 66, "ucs2", 3),  # 134 units, but the pair is not cut
        ("x" * 65 + "😀" + "x" * 67, "ucs2", 2),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_credit_per_segment(shared, text, encoding, segments):
    answer = shared.sms(message=text, encoding=encoding, returnCredits=True)
    assert answer.json()["total_sent"] == segments


@pytest.mark.parametrize("given", ["+393471234567", "00393471234567", "393471234567"])
def test_three_forms_of_a_number_are_one(shared, given):
    assert shared.states(shared.sms(given)) == {"+393471234567": "WAITING"}


@pytest.mark.parametrize(
    "given",
    ["", "+", "abc", "+39 347 1234567", "+391234", "+3934712345678901", "+0393471234567", "+٣٩٣٤٧١٢٣٤٥٦٧"],
)
def test_one_invalid_number_refuses_the_whole_order(shared, given):
    before = shared.sandbox.credits
    answer = shared.sms(*GOOD, given)
    assert (answer.status_code, answer.json()) == (400, {"result": f"Invalid recipient: {given}"})
    assert shared.sandbox.credits == before


@pytest.mark.parametrize(
    ("left_out", "counted", "named"), [("named", 2, True), ("charged", 4, True), ("unlisted", 2, False)]
)
def test_numbers_that_are_left_out_are_told_in_each_way(open_sandbox, left_out, counted, named):
    caller = open_sandbox(left_out=left_out)
    flags = {"allowInvalidRecipients": True, "returnRemaining": True}
    order = caller.sms(*GOOD, "+12125550185", "abc", message="x" * 161, returnCredits=True, **flags)
    assert (order.json()["total_sent"], order.json()["remaining_credits"]) == (
        2 * counted,
        10_000 - 2 * counted,
    )
    assert caller.sms(*GOOD, "abc", **flags).json()["total_sent"] == {2: 2, 4: 3}[counted], (
        "texts, not credits"
    )
    told = {"+12125550185": "INVALIDDST", "abc": "UNKNRCPT"} if named else {}
    assert caller.states(order) == dict.fromkeys(GOOD, "WAITING") | told
    assert len(caller.sandbox.inbox()) == 4


def test_an_order_whose_numbers_are_all_left_out_is_accepted_or_refused(open_sandbox):
    order = open_sandbox().sms("abc", allowInvalidRecipients=True)
    assert (order.status_code, order.json()["total_sent"]) == (201, 0)
    refused = open_sandbox(all_left_out="refuse").sms("abc", allowInvalidRecipients=True)
    assert (refused.status_code, refused.json()) == (400, {"result": "No valid recipient"})


def test_invalid_recipients_can_be_skipped(caller):
    """They cost nothing, are not counted, and say in the state call what they are."""
    order = caller.sms(*GOOD, "+12125550185", "abc", allowInvalidRecipients="true", returnRemaining=True)
    assert order.status_code == 201
    assert (order.json()["total_sent"], order.json()["remaining_credits"]) == (2, 9_998)
    assert caller.states(order) == {
        GOOD[0]: "WAITING",
        GOOD[1]: "WAITING",
        "+12125550185": "INVALIDDST",
        "abc": "UNKNRCPT",
    }


def test_credits_run_out_as_400_and_nothing_is_sent(open_sandbox):
    caller = open_sandbox(credits={"N": 3, "L": 1})
    assert caller.sms(*GOOD).status_code == 201
    answer = caller.sms(*GOOD)
    assert (answer.status_code, answer.json()) == (400, {"result": "Not enough credit: 2 needed"})
    assert caller.sandbox.credits == {"N": 1, "L": 1, "LL": 0}
    assert caller.sms(message_type="L").status_code == 201, "each type has its own"
    assert caller.sms(message_type="LL").status_code == 400
    assert len(caller.sandbox.inbox()) == 3


def test_threads_at_once_never_spend_a_credit_twice(open_sandbox):
    """Eight clients want 160 credits and there are 100."""
    caller = open_sandbox(credits=100)
    sandbox = caller.sandbox

    def send(_):
        with type(caller)(sandbox) as other:
            return [other.sms().status_code for _ in range(20)]

    with ThreadPoolExecutor(8) as pool:
        codes = [code for codes in pool.map(send, range(8)) for code in codes]
    assert (codes.count(201), codes.count(400)) == (100, 60)
    assert (sandbox.credits["N"], len(sandbox.inbox())) == (0, 100)


def test_the_callers_order_id_is_kept(caller):
    assert caller.sms(order_id="sf-1.A_b").json()["order_id"] == "sf-1.A_b"
    assert caller.get("sms/sf-1.A_b").status_code == 200


def test_a_repeated_order_id_is_refused(open_sandbox):
    caller = open_sandbox(repeated_order_id="refuse")
    caller.sms(order_id="one")
    assert caller.sms(order_id="one").status_code == 400
    assert len(caller.sandbox.inbox()) == 1


def test_a_repeated_order_id_is_merged(open_sandbox):
    caller = open_sandbox(repeated_order_id="merge")
    first = caller.sms(order_id="one", returnRemaining=True)
    again = caller.sms(GOOD[1], order_id="one", returnRemaining=True)
    assert (again.status_code, again.json()) == (201, first.json())
    assert caller.sandbox.inbox()["recipient"].tolist() == [GOOD[0]]


def test_a_repeated_order_id_is_accepted_again(open_sandbox):
    caller = open_sandbox(repeated_order_id="accept")
    caller.sms(GOOD[0], order_id="one")
    again = caller.sms(GOOD[1], order_id="one")
    assert again.status_code == 201
    assert caller.sandbox.inbox()["recipient"].tolist() == GOOD
    assert list(caller.states(again)) == GOOD


def test_a_refused_order_does_not_use_up_its_id(open_sandbox):
    caller = open_sandbox(credits=1)
    assert caller.sms(*GOOD, order_id="one").status_code == 400
    assert caller.get("sms/one").status_code == 404
    assert caller.sms(order_id="one").status_code == 201


@pytest.mark.parametrize(
    ("duplicates", "status", "texts"), [("send", 201, 2), ("merge", 201, 1), ("refuse", 400, 0)]
)
def test_a_number_twice_in_one_order(open_sandbox, duplicates, status, texts):
    """Open question; the spelling of the number makes no difference."""
    caller = open_sandbox(duplicates=duplicates)
    answer = caller.sms("+393471234567", "00393471234567")
    assert answer.status_code == status
    assert answer.json().get("total_sent", 0) == texts == len(caller.sandbox.inbox())


def test_ten_thousand_recipients_are_one_order(open_sandbox):
    caller = open_sandbox(credits=20_000)
    numbers = [f"+1212555{n:04d}" for n in range(101, 170)] * 145
    order = caller.sms(*numbers)
    assert order.json()["total_sent"] == len(numbers)
    assert caller.get(f"sms/{order.json()['order_id']}").json()["recipient_number"] == len(numbers)


def test_an_unknown_path_is_404_with_a_reason(shared):
    for path in ("contact", "sms/", "SMS", "../REST/nothing"):
        answer = shared.get(path)
        assert answer.status_code == 404
        assert answer.json()["result"]
