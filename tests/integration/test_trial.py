"""`smsframe.test`: one person's text to one's own number, and to nobody else."""

from __future__ import annotations

import warnings

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


LISTED = smsframe.OptoutList([OWN, "+393331234568"])
CONSENT = smsframe.Policy(consent="consent_at", cap="1 per 7 days")


def plan_of(gateway, **options):
    options = {"phone": "mobile", "region": "IT", "campaign": "autumn", "gateway": gateway} | options
    people = guests().assign(consent_at=["", "2026-05-01", "2026-05-02"])
    return smsframe.plan(people, options.pop("text", "Ciao {name}"), **options)


@pytest.mark.both_journals
@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"policy": smsframe.Policy(allow_only=["+393471234567"])}, "not_allowed"),
        ({"policy": smsframe.Policy(allow_only=["+393471234567", OWN])}, None),
        ({"suppress": LISTED}, "suppressed"),
        ({"policy": smsframe.Policy(budget=2)}, None),
        ({"policy": CONSENT}, None),
    ],
)
def test_a_plan_s_rules_hold_for_one_s_own_number_but_those_for_people_who_did_not_ask(
    options, code, database, sandbox, gateway
):
    for count in (1, 2):  # a cap would let the second one wait
        out = try_out(plan_of(gateway, **options), gateway)
        assert out["sms_code"].tolist() == [code] if code else out["sms_status"].tolist() == ["accepted"]
        assert len(sandbox.inbox()) == (0 if code else count)
    known = smsframe.explain(out, out.index[0], gateway=gateway)
    assert not known["evidence"].astype(str).str.contains("2026-05").any()  # the consent of somebody else


@pytest.mark.both_journals
def test_one_s_own_opt_out_holds_and_what_the_environment_allows_now(database, sandbox, gateway, monkeypatch):
    plan = plan_of(gateway)
    monkeypatch.setenv("SMSFRAME_ALLOW_ONLY", "+393471234567")
    assert try_out(plan, gateway)["sms_code"].tolist() == ["not_allowed"]
    monkeypatch.delenv("SMSFRAME_ALLOW_ONLY")
    smsframe.optouts.add([OWN], gateway=gateway)
    assert try_out(plan, gateway)["sms_code"].tolist() == ["opted_out"]
    assert sandbox.inbox().empty


def test_the_policy_of_the_environment_holds_in_the_same_way(sandbox, gateway, monkeypatch, tmp_path):
    (tmp_path / "smsframe.toml").write_text('consent = ["consent_at"]\ncap = "1 per 7 days"\n')
    monkeypatch.setenv("SMSFRAME_POLICY", str(tmp_path / "smsframe.toml"))
    for _ in range(2):
        out = try_out(plan_of(gateway), gateway)
        assert out["sms_status"].tolist() == ["accepted"]


def test_of_an_experiment_the_text_of_that_person_s_variant_is_tried(sandbox, gateway):
    people = guests().iloc[1:].assign(sms_variant=["short", "long"])
    texts = {"long": "Good morning {name}", "short": "Ciao {name}, {sms_variant}"}
    with pytest.warns(UserWarning, match="filled from 'sms_variant'"):
        plan = smsframe.plan(people, texts, phone="mobile", region="IT", campaign="autumn", gateway=gateway)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the same again
        for row, text in enumerate(["Ciao Ada, short", "Good morning Zoë"]):
            out = try_out(plan, gateway, row=row)
            assert sandbox.inbox()["text"].tolist()[-1] == text
            assert out["sms_variant"].tolist() == [people["sms_variant"].iloc[row]]
