"""Dates in: the documented forms, those of the quick-start clients, and nothing else."""

import pytest


def scheduled(caller, text, **fields):
    order = caller.sms(scheduled_delivery_time=text, **fields)
    assert order.status_code == 201, order.text
    return str(caller.sandbox.orders()["scheduled_at"].iloc[-1])


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("010527", "2027-04-30 22:00:00+00:00"),
        ("20270501", "2027-04-30 22:00:00+00:00"),
        ("0105271430", "2027-05-01 12:30:00+00:00"),
        ("20270501143015", "2027-05-01 12:30:15+00:00"),
        ("2027-05-01 14:30", "2027-05-01 12:30:00+00:00"),
        ("2027-05-01 14:30.0", "2027-05-01 12:30:00+00:00"),
        ("2027-05-01T14:30:15", "2027-05-01 12:30:15+00:00"),
        ("2027-05-01T14:30:15.972683", "2027-05-01 12:30:15.972683+00:00"),
        ("2027-05-01 14:30:15", "2027-05-01 12:30:15+00:00"),
        ("2027-05-01T14:30:15Z", "2027-05-01 14:30:15+00:00"),
        ("2027-05-01T14:30:15-03:00", "2027-05-01 17:30:15+00:00"),
        ("May 1, 2027, 2:30:15 PM", "2027-05-01 12:30:15+00:00"),
        ("May 1, 2027 2:30:15 PM", "2027-05-01 12:30:15+00:00"),
        ("May 1, 2027, 2:30:15\u202fPM", "2027-05-01 12:30:15+00:00"),
        ("May 01, 2027, 12:00:00 AM", "2027-04-30 22:00:00+00:00"),
        ("May 1, 2027, 12:00:00 PM", "2027-05-01 10:00:00+00:00"),
    ],
)
def test_a_date_without_a_zone_is_in_the_default_one(shared, text, moment):
    assert scheduled(shared, text) == moment


def test_the_order_names_a_zone_and_the_sandbox_a_default(open_sandbox):
    caller = open_sandbox(timezone="America/New_York")
    assert scheduled(caller, "20270501120000") == "2027-05-01 16:00:00+00:00"
    zone = {"scheduled_delivery_timezone": "Asia/Tokyo"}
    assert scheduled(caller, "20270501120000", **zone) == "2027-05-01 03:00:00+00:00"


@pytest.mark.parametrize(
    "text", ["20171223101010", "2017-08-18T13:31:00", "Nov 22, 2016, 7:47:01 AM", "", "20261122130000"]
)
def test_a_past_date_means_now(shared, text):
    """The Node and C# quick starts carry dates years ago and must pass."""
    assert shared.states(shared.sms(scheduled_delivery_time=text)) == {"+393471234567": "WAITING"}
    assert scheduled(shared, text) == "NaT"


@pytest.mark.parametrize(
    "text",
    [
        "tomorrow", "1", "320127", "20271301", "20270501246060", "2027-13-01 10:00", "2027-05-01",
        "2027-W18-6", "2027-05-01 14:30 Rome", "Mai 1, 2027, 2:30:15 PM", "May 1, 2027, 13:30:15 PM",
        "May 32, 2027, 1:30:15 PM", "May 1, 2027, 0:30:15 AM", "٢٠٢٧٠٥٠١", "00010101", "99991231235959",
        "9999-12-31T23:59:59-12:00",
    ],
)  # fmt: skip
def test_any_other_date_is_400(shared, text):
    answer = shared.sms(scheduled_delivery_time=text)
    assert answer.status_code == 400
    assert "date" in answer.json()["result"].lower()


@pytest.mark.parametrize("zone", ["Rome", "Europe", "../etc/passwd", "/etc/passwd", "\x00", "CET+25"])
def test_an_unknown_zone_is_400(shared, zone):
    assert shared.sms(scheduled_delivery_timezone=zone).status_code == 400
    assert shared.get("smshistory", params={"from": "20200101000000", "timezone": zone}).status_code == 400
