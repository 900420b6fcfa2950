"""The OpenAPI description is served, and says what the sandbox does."""

import pytest
import requests

from smsframe.sandbox import Sandbox


@pytest.fixture(scope="module")
def description(shared):
    root = shared.sandbox.url.removesuffix("API/v1.0/REST/")
    answer = requests.get(root + "openapi.json", timeout=5)
    assert answer.status_code == 200
    return answer.json()


def test_it_lists_every_call_and_its_answers(description):
    """Never 422, which FastAPI would add by itself."""
    calls = {
        f"{method.upper()} {path.removeprefix('/API/v1.0/REST/')}": set(call["responses"])
        for path, methods in description["paths"].items()
        for method, call in methods.items()
    }
    refusals = {"400", "401", "404"}
    assert calls == {
        "GET login": {"200"} | refusals,
        "GET token": {"200"} | refusals,
        "GET checksession": {"200"} | refusals,
        "GET status": {"200"} | refusals,
        "POST sms": {"201"} | refusals,
        "POST paramsms": {"200", "201"} | refusals,
        "GET sms/{order_id}": {"200"} | refusals,
        "DELETE sms/{order_id}": {"200"} | refusals,
        "GET smshistory": {"200"} | refusals,
        "POST blacklist/sms": {"200"} | refusals,
        "POST blacklist/smsbatch": {"200"} | refusals,
        "GET blacklist/sms": {"200"} | refusals,
        "GET srsmshistory": {"200"} | refusals,
        "GET srsmshistory/{id_sim}": {"200"} | refusals,
        "GET alias": {"200"} | refusals,
    }


def test_it_names_fields_and_headers_as_the_wire_does(description):
    order = description["components"]["schemas"]["SmsOrder"]
    assert {"message_type", "message", "recipient"} == set(order["required"])
    assert {"returnCredits", "returnRemaining", "allowInvalidRecipients", "order_id"} < set(
        order["properties"]
    )
    call = description["paths"]["/API/v1.0/REST/smshistory"]["get"]
    names = {(parameter["in"], parameter["name"]) for parameter in call["parameters"]}
    assert names == {
        ("query", "from"),
        ("query", "to"),
        ("query", "timezone"),
        ("query", "pageNumber"),
        ("query", "pageSize"),
    }
    assert "HTTPValidationError" not in description["components"]["schemas"]


def test_it_says_which_keys_go_together(description):
    """Not user_key alone, as a list of headers would have it, nor all three of them."""
    schemes = description["components"]["securitySchemes"]

    def ways(call):
        return [
            [(schemes[name].get("in"), schemes[name].get("name", name)) for name in way]
            for way in call["security"]
        ]

    user_key, password = ("header", "user_key"), [("query", "username"), ("query", "password")]
    assert ways(description) == [
        [user_key, ("header", "Session_key")],
        [user_key, ("header", "Access_token")],
    ]
    own = {
        path: ways(call["get"])
        for path, call in description["paths"].items()
        if "security" in call.get("get", {})
    }
    assert own == {f"/API/v1.0/REST/{name}": [password, [(None, "basic")]] for name in ("login", "token")}


@pytest.mark.parametrize(("brand", "types"), [("smsend", ["N", "L", "LL"]), ("skebby", ["GP", "TI", "SI"])])
def test_it_has_the_message_types_of_its_brand(brand, types):
    with Sandbox(brand=brand) as sandbox:
        root = sandbox.url.removesuffix("API/v1.0/REST/")
        schemas = requests.get(root + "openapi.json", timeout=5).json()["components"]["schemas"]
    for order in ("SmsOrder", "ParamsmsOrder"):
        assert schemas[order]["properties"]["message_type"]["enum"] == types


def test_it_allows_null_in_no_query(description):
    """Nobody can send it: what is not given is absent."""
    for path in description["paths"].values():
        for call in path.values():
            for parameter in call.get("parameters", ()):
                assert "anyOf" not in parameter["schema"], parameter


def test_texts_and_refusals_have_their_own_content_types(description):
    answers = description["paths"]["/API/v1.0/REST/login"]["get"]["responses"]
    assert list(answers["200"]["content"]) == ["text/plain"]
    assert list(answers["404"]["content"]) == ["application/json"]


def test_a_refusal_may_name_what_no_utf_8_can_write(shared):
    r"""JSON can: `\ud800` is half of a character. It was an error of the server."""
    order = r'{"message_type": "N", "message": "Ciao", "recipients": {"\ud800": {}}}'
    answer = shared.post("paramsms", data=order)
    assert (answer.status_code, answer.json()["result"]) == (400, r"recipients.\ud800: recipient is missing")


@pytest.mark.parametrize("credentials", [b"\xff", b"ZGVtbw", b"7aCAOng=", b"!"])
def test_basic_credentials_may_be_any_bytes(shared, credentials):
    """No ASCII, base64 without its end, no UTF-8 in it, no base64."""
    answer = shared.get("login", headers={"Authorization": b"Basic " + credentials})
    assert answer.status_code == 400
    assert answer.json()["result"] == "username and password are required"


def test_a_method_that_a_path_does_not_have_is_told_those_it_has(shared, description):
    """RFC 9110, 15.5.6."""
    for path, methods in description["paths"].items():
        call = path.removeprefix("/API/v1.0/REST/").format(order_id="x", id_sim="+393399900000")
        answer = shared.request("PATCH", call)
        assert answer.status_code == 405
        assert answer.headers["Allow"].lower().split(", ") == sorted(methods)


@pytest.mark.parametrize(
    "fields",
    [{name: False} for name in ("id_landing", "max_fragments", "validity_period_min")]
    + [{"max_fragments": "7"}, {"max_fragments": 7.5}]
    + [{name: number} for name in ("returnCredits", "truncate") for number in (0, 1, 1.0, "1", "yes")],
    ids=str,
)
def test_a_value_of_another_type_is_400(shared, fields):
    assert shared.sms(**fields).status_code == 400


@pytest.mark.parametrize(
    "fields", [{"max_fragments": 7.0}, {"truncate": "TRUE"}, {"truncate": None}], ids=str
)
def test_other_spellings_of_a_value_are_taken(shared, fields):
    assert shared.sms(**fields).status_code == 201


@pytest.mark.parametrize(
    ("call", "date"), [("smshistory", "20261122120000"), ("blacklist/sms", "2026-11-22 12:00:00")]
)
def test_a_date_has_all_its_digits_and_no_others(shared, call, date):
    """`strptime` would take a shorter one, and the digits of every script."""
    assert shared.get(call, params={"from": date, "to": date}).status_code == 200
    wide = date.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    for wrong in (wide, date[:-1], date + "0", date + "\n", date.replace("11", "1"), ""):
        assert shared.get(call, params={"from": wrong}).status_code == 400, wrong
        assert shared.get(call, params={"from": date, "to": wrong}).status_code == 400, wrong


@pytest.mark.parametrize(
    ("call", "status", "recipients"),
    [
        ("sms", "201", {"recipient": ["+393471234567"]}),
        ("paramsms", "200", {"recipients": {"0": {"recipient": "+393471234567"}}}),
    ],
)
def test_its_links_lead_from_an_order_to_its_state_and_its_end(caller, description, call, status, recipients):
    """Schemathesis follows them too, but seldom happens to have an order that can still be cancelled."""
    paths = {
        operation["operationId"]: (method, path.removeprefix("/API/v1.0/REST/"))
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }
    order = {"message_type": "N", "message": "Ciao", "scheduled_delivery_time": "20971231235959"} | recipients
    accepted = caller.post(call, json=order)
    assert accepted.status_code == int(status)
    links = description["paths"][f"/API/v1.0/REST/{call}"]["post"]["responses"][status]["links"]

    def follow(link):
        method, path = paths[links[link]["operationId"]]
        where = links[link]["parameters"]["order_id"].removeprefix("$response.body#/")
        return caller.request(method, path.format(order_id=accepted.json()[where])).status_code

    assert [follow(link) for link in ("state", "cancel", "state", "cancel")] == [200, 200, 404, 404]
