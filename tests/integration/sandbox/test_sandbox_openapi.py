"""The OpenAPI description is served, and says what the sandbox does."""

import pytest
import requests


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
        ("header", "user_key"),
        ("header", "Session_key"),
        ("header", "Access_token"),
        ("query", "from"),
        ("query", "to"),
        ("query", "timezone"),
        ("query", "pageNumber"),
        ("query", "pageSize"),
    }
    assert "HTTPValidationError" not in description["components"]["schemas"]


def test_texts_and_refusals_have_their_own_content_types(description):
    answers = description["paths"]["/API/v1.0/REST/login"]["get"]["responses"]
    assert list(answers["200"]["content"]) == ["text/plain"]
    assert list(answers["404"]["content"]) == ["application/json"]
