"""`smsframe.test`: one person's text to one's own number, and to nobody else."""

from __future__ import annotations

import pandas as pd
import pytest
from helpers.sending import send

import smsframe

OWN = "+393331234567"
TEXT = "Ciao {name}, on 03/12/2026, call 02 1234 5678, not {mobile}"


def guests():
    return pd.DataFrame(
        {"name": ["Nobody", "Ada", "Zoë"], "mobile": ["12", "347 1234567", "347 1234568"]}, index=[7, 7, 9]
    )


def try_out(contacts, gateway, *text, **options):
    made = {"to": OWN, "gateway": gateway} | ({"phone": "mobile", "region": "IT"} if text else {}) | options
    return smsframe.test(contacts, *text, **made)


def test_the_first_person_s_text_goes_to_one_s_own_number_alone(sandbox, gateway):
    out = try_out(guests(), gateway, "Ciao {name}, 03/12/2026, 02 1234 5678")
    assert out[["name", "mobile", "sms_phone", "sms_status"]].to_numpy().tolist() == [
        ["Ada", OWN, OWN, "accepted"]
    ]
    inbox = sandbox.inbox()
    assert inbox["recipient"].tolist() == [OWN]
    assert inbox["text"].tolist() == ["Ciao Ada, 03/12/2026, 02 1234 5678"]


def test_each_test_is_a_campaign_of_its_own_and_the_real_one_texts_everybody(sandbox, gateway):
    names = [
        try_out(guests(), gateway, TEXT, campaign="autumn", row=row)["sms_campaign"].iloc[0]
        for row in (0, 1, 0)
    ]
    assert names == ["autumn (test)", "autumn (test 2)", "autumn (test 3)"]
    assert sandbox.inbox()["recipient"].tolist() == [OWN] * 3
    out = send(guests().iloc[1:], gateway, TEXT, campaign="autumn", region="IT")
    assert set(out["sms_status"]) == {"accepted"}
    again = try_out(guests(), gateway, TEXT, campaign="autumn")  # also when all have it already
    assert again["sms_status"].tolist() == ["accepted"]


def test_a_plan_is_tried_as_it_was_seen(sandbox, gateway):
    plan = smsframe.plan(
        guests(),
        "“Ciao” {name}",
        phone="mobile",
        region="IT",
        sender="Dinner",
        text_fix="gsm",
        campaign="autumn",
    )
    out = try_out(plan, gateway, row=1)
    assert out["sms_campaign"].tolist() == ["autumn (test)"]
    assert sandbox.inbox()[["text", "sender"]].to_numpy().tolist() == [['"Ciao" Zoë', "Dinner"]]
    with pytest.raises(TypeError, match="as it was seen"):
        try_out(plan, gateway, sender="Other")
    with pytest.raises(TypeError, match="as it was seen"):
        smsframe.test(plan, "Ciao", to=OWN, gateway=gateway)


def test_it_is_a_method_of_a_frame(sandbox, gateway):
    out = guests().sms.test("Ciao {name}", to=OWN, phone="mobile", region="IT", gateway=gateway)
    assert out["sms_status"].tolist() == ["accepted"]
    assert out.sms.summary().statuses["accepted"] == 1


def test_one_s_own_number_may_be_national_where_one_country_is_named(sandbox, gateway):
    try_out(guests(), gateway, "Ciao", to="333 1234567")
    assert sandbox.inbox()["recipient"].tolist() == [OWN]
    with pytest.raises(ValueError, match="international form"):
        try_out(guests().assign(country="IT"), gateway, "Ciao", region="country", to="333 1234567")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"row": 2}, "row=2 is not there: 2 people in the table can get this text"),
        ({"row": -1}, "row=-1 is not there"),
        ({"region": None}, "nobody in the table can get this text"),
    ],
)
def test_what_cannot_be_tried_is_said_and_nothing_is_sent(options, said, sandbox, gateway):
    with pytest.raises(ValueError, match=said):
        try_out(guests(), gateway, "Ciao", **options)
    assert sandbox.inbox().empty


def test_a_number_that_cannot_be_texted_is_a_row_that_says_so(sandbox, gateway):
    out = try_out(guests(), gateway, "Ciao", to="+39 02 1234 5678")
    assert out["sms_status"].tolist() == ["invalid"]
    assert sandbox.inbox().empty


def test_no_text_is_a_mistake_that_is_told(gateway):
    with pytest.raises(TypeError, match="test needs the text people read"):
        smsframe.test(guests(), to=OWN, gateway=gateway)
