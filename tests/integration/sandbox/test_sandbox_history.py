"""smshistory and the stop list: pages, times, zones."""

import pytest

SINCE = {"from": "20261122000000"}


def ids(answer):
    return [order["order_id"] for order in answer.json()["smshistory"]]


def test_an_entry_has_the_documented_fields(caller):
    caller.sms("+393471234567", "+393471234568", order_id="one", sender="Ada")
    caller.sms(order_id="two", message_type="LL", scheduled_delivery_time="20261122143000")
    assert caller.get("smshistory", params=SINCE).json() == {
        "result": "OK",
        "pageNumber": 1,
        "pageSize": 10,
        "total": 2,
        "smshistory": [
            {
                "order_id": "two",
                "create_time": "20261122130000",
                "schedule_time": "20261122143000",
                "message_type": "LL",
                "sender": "",
                "num_recipients": 1,
            },
            {
                "order_id": "one",
                "create_time": "20261122130000",
                "schedule_time": "",
                "message_type": "N",
                "sender": "Ada",
                "num_recipients": 2,
            },
        ],
    }


def test_timezone_is_that_of_the_dates_both_ways(caller, clock):
    caller.sms(order_id="noon")
    clock.sleep(seconds=30)
    caller.sms(order_id="later")
    utc = {"from": "20261122120000", "to": "20261122120000", "timezone": "UTC"}
    answer = caller.get("smshistory", params=utc)
    assert ids(answer) == ["noon"]
    assert answer.json()["smshistory"][0]["create_time"] == "20261122120000"
    assert ids(caller.get("smshistory", params=utc | {"timezone": "Europe/Rome"})) == []
    assert ids(caller.get("smshistory", params={"from": "20261122130001"})) == ["later"]


def test_pages(caller):
    for number in range(12):
        caller.sms(order_id=str(number))
    newest_first = [str(number) for number in reversed(range(12))]
    first = caller.get("smshistory", params=SINCE)
    second = caller.get("smshistory", params=SINCE | {"pageNumber": 2})
    assert ids(first) + ids(second) == newest_first
    assert (first.json()["total"], second.json()["pageNumber"]) == (12, 2)
    assert ids(caller.get("smshistory", params=SINCE | {"pageSize": 1000})) == newest_first
    assert ids(caller.get("smshistory", params=SINCE | {"pageNumber": 9})) == []


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"from": ""},
        {"from": "2026-11-22"},
        {"from": "20261322000000"},
        SINCE | {"to": "now"},
        SINCE | {"pageNumber": 0},
        SINCE | {"pageSize": "x"},
    ],
    ids=str,
)
def test_a_broken_question_is_400(shared, params):
    answer = shared.get("smshistory", params=params)
    assert answer.status_code == 400
    assert answer.json()["result"]


def test_history_and_stop_list_need_keys(shared):
    nobody = {"user_key": None}
    assert shared.get("smshistory", params=SINCE, headers=nobody).status_code == 401
    assert shared.get("blacklist/sms", headers=nobody).status_code == 401
    assert shared.post("blacklist/smsbatch", json=[], headers=nobody).status_code == 401
    assert shared.post("blacklist/sms?phoneNumber=x", headers=nobody).status_code == 401


def test_the_stop_list_takes_one_number(caller):
    answer = caller.post("blacklist/sms", params={"phoneNumber": "0046701740601"})
    assert (answer.status_code, answer.text) == (200, "true")
    assert caller.get("blacklist/sms").json() == {
        "result": "OK",
        "pageNumber": 1,
        "pageSize": 10,
        "total": 1,
        "blacklist": [{"number": "+46701740601", "origin": "API", "date": "2026-11-22 13:00:00"}],
    }


@pytest.mark.parametrize("query", ["", "?phoneNumber=", "?phoneNumber=abc", "?phoneNumber=12"])
def test_the_stop_list_refuses_what_is_no_number(shared, query):
    assert shared.post("blacklist/sms" + query).status_code == 400


def test_a_batch_goes_on_the_stop_list_as_a_whole_or_not_at_all(caller):
    numbers = ["+12125550101", "+12125550102", "0012125550101"]
    refused = caller.post("blacklist/smsbatch", json=[*numbers, "12"])
    assert refused.status_code == 400
    assert caller.get("blacklist/sms").json()["total"] == 0
    answer = caller.post("blacklist/smsbatch", json=numbers)
    assert (answer.status_code, answer.json()) == (200, 2)
    assert caller.post("blacklist/smsbatch", json=numbers).json() == 0


@pytest.mark.parametrize("body", [b"{}", b'"+12125550101"', b"[1]", b"[", b""])
def test_a_batch_that_is_no_list_of_numbers_is_400(shared, body):
    assert shared.post("blacklist/smsbatch", data=body).status_code == 400


def test_the_stop_list_is_searched(caller, clock):
    caller.post("blacklist/smsbatch", json=["+12125550101", "+46701740601"])
    clock.sleep(minutes=1)
    caller.post("blacklist/smsbatch", json=["+12125550102"])

    def found(**params):
        answer = caller.get("blacklist/sms", params=params)
        assert answer.status_code == 200
        return [entry["number"] for entry in answer.json()["blacklist"]]

    assert found(number="1212555") == ["+12125550101", "+12125550102"]
    assert found(origins="WEB,STOPSMS") == []
    assert found(**{"from": "2026-11-22 12:01:00", "timezone": "UTC"}) == ["+12125550102"]
    assert found(to="2026-11-22 13:00:00") == ["+12125550101", "+46701740601"]
    assert found(pageNumber=2, pageSize=2) == ["+12125550102"]
    assert caller.get("blacklist/sms", params={"origins": "SOMEWHERE"}).status_code == 400
    assert caller.get("blacklist/sms", params={"from": "20261122000000"}).status_code == 400
