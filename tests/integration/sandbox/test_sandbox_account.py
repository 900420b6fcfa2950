"""login, token, checksession, status, and how long keys are good."""

import pytest
import requests

from smsframe.sandbox import Sandbox

LOGIN = {"username": "demo", "password": "demo"}


def test_login_answers_two_keys_as_plain_text(caller):
    answer = caller.get("login", params=LOGIN)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    user_key, session_key = answer.text.split(";")
    assert user_key.isdecimal()
    assert session_key


@pytest.mark.parametrize("call", ["login", "token"])
@pytest.mark.parametrize("status", [404, 401])
def test_a_wrong_login_is_404_or_401(open_sandbox, call, status):
    """The documentation says 404; clients of sister brands met 401."""
    caller = open_sandbox(login_refused=status)
    answer = caller.get(call, params=LOGIN | {"password": "nope"})
    assert (answer.status_code, answer.json()) == (status, {"result": "Wrong username or password"})


@pytest.mark.parametrize("params", [{}, {"username": "demo"}, {"password": "demo"}])
def test_a_login_without_credentials_is_400(shared, params):
    assert shared.get("login", params=params).status_code == 400


@pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic YWJj", "Bearer eA==", "Basic /////w=="])
def test_a_broken_basic_header_is_400(shared, header):
    assert shared.get("login", headers={"Authorization": header}).status_code == 400


def test_login_by_http_basic(shared):
    """Newer deployments of sister brands want it."""
    assert shared.get("login", auth=("demo", "demo")).status_code == 200
    assert shared.get("login", auth=("demo", "dem0")).status_code == 404


def test_names_and_passwords_hold_any_character():
    """In the query percent-encoded, in Basic as UTF-8, a colon too."""
    with Sandbox(username="a&b", password="p +€;:%") as sandbox:
        answer = requests.get(
            sandbox.url + "login", params={"username": "a&b", "password": "p +€;:%"}, timeout=5
        )
        assert answer.status_code == 200
        assert (
            requests.get(sandbox.url + "token", auth=(b"a&b", "p +€;:%".encode()), timeout=5).status_code
            == 200
        )


@pytest.mark.parametrize("missing", ["user_key", "Session_key"])
def test_missing_or_wrong_keys_are_401(shared, missing):
    for value in (None, "wrong"):
        answer = shared.get("status", headers={missing: value})
        assert answer.status_code == 401
        assert answer.json()["result"]


def test_header_names_in_any_case(shared):
    keys = {"USER_KEY": shared.headers["user_key"], "sESSION_kEY": shared.headers["Session_key"]}
    assert requests.get(shared.sandbox.url + "status", headers=keys, timeout=5).status_code == 200


def test_a_session_dies_after_five_minutes_without_a_call(caller, clock):
    clock.sleep(minutes=4, seconds=59)
    assert caller.get("status").status_code == 200
    clock.sleep(minutes=4, seconds=59)
    assert caller.get("status").status_code == 200, "each call renews it"
    clock.sleep(minutes=5)
    assert caller.get("status").status_code == 401


def test_checksession_tells_and_does_not_renew(caller, clock):
    clock.sleep(minutes=3)
    assert caller.get("checksession").text == "true"
    clock.sleep(minutes=3)
    assert caller.get("checksession").text == "false"
    assert caller.get("status").status_code == 401


def test_checksession_without_keys_is_404(shared):
    """The one call whose documentation says 404 where others say 401."""
    assert shared.get("checksession", headers={"Session_key": None}).status_code == 404


def test_a_token_does_not_expire(caller, clock):
    user_key, access_token = caller.get("token", params=LOGIN).text.split(";")
    keys = {"user_key": user_key, "Access_token": access_token, "Session_key": None}
    caller.sandbox.forget_sessions()
    clock.sleep(days=400)
    assert caller.get("status", headers=keys).status_code == 200
    assert caller.get("checksession", headers=keys).text == "true"


def test_sessions_can_be_lost(caller):
    """A restarted gateway knows no session; logging in again helps."""
    caller.sandbox.forget_sessions()
    assert caller.get("status").status_code == 401
    caller.log_in()
    assert caller.get("status").status_code == 200


@pytest.mark.parametrize(("several", "status"), [(True, 200), (False, 401)])
def test_a_second_login_leaves_or_ends_the_first_session(open_sandbox, several, status):
    caller = open_sandbox(several_sessions=several)
    caller.get("login", params=LOGIN)
    assert caller.get("status").status_code == status


def test_status_names_types_only_when_asked(open_sandbox):
    caller = open_sandbox(credits={"N": 5, "LL": 7})
    assert caller.get("status", params={"typeAliases": "true"}).json() == {
        "money": None,
        "sms": [{"type": "N", "quantity": 5}, {"type": "L", "quantity": 0}, {"type": "LL", "quantity": 7}],
    }
    internal = caller.get("status", params={"getMoney": "TRUE"}).json()
    assert internal["money"] == 0
    assert [entry["type"] for entry in internal["sms"]] == ["GP", "TI", "SI"]


def test_status_with_a_broken_flag_is_400(shared):
    assert shared.get("status", params={"getMoney": "maybe"}).status_code == 400


EVERY_QUESTION = {
    "login": {"username": "demo", "password": "demo"},
    "token": {"username": "demo", "password": "demo"},
    "checksession": {},
    "status": {"getMoney": "true", "typeAliases": "true"},
    "smshistory": {"from": "20261122000000", "timezone": "UTC", "pageNumber": "1", "pageSize": "10"},
    "blacklist/sms": {"origins": "API", "pageSize": "10"},
}


@pytest.mark.parametrize(("path", "query"), EVERY_QUESTION.items(), ids=EVERY_QUESTION)
def test_a_query_value_that_a_call_does_not_have_is_ignored_or_refused(open_sandbox, path, query):
    for extra_values, status in (("ignore", 200), ("refuse", 400)):
        caller = open_sandbox(extra_values=extra_values)
        assert caller.get(path, params=query).status_code == 200
        answer = caller.get(path, params=query | {"_": "1"})
        assert answer.status_code == status
    assert answer.json() == {"result": "Unknown parameter '_'"}


def test_an_order_with_a_query_value_that_is_refused_is_not_taken(open_sandbox):
    caller = open_sandbox(extra_values="refuse")
    order = {"message_type": "N", "message": "Ciao", "recipient": ["+393471234567"]}
    assert caller.post("sms", json=order, params={"_": "1"}).status_code == 400
    assert caller.sandbox.orders().empty
    assert caller.post("sms", json=order).status_code == 201
