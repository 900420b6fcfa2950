"""Who must not be texted is not: lists that could be read in two ways, and countries that are columns too."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from helpers.sending import posts, statuses, table

import smsframe
from smsframe.contacts.suppression import suppression
from smsframe.errors import ContactsError, TextError

POLE, ITALIAN = "+48512345678", "+393931234567"


@pytest.mark.parametrize("label", ["cc", "id", "Pl"])
def test_a_column_is_no_country_though_its_name_is_the_code_of_one(label):
    people = pd.DataFrame({"mobile": ["512 345 678"], label: ["PL"]})
    assert smsframe.check(people, phone="mobile", region=label)["sms_phone"].tolist() == [POLE]


def test_a_code_that_is_a_column_too_is_asked_about():
    people = pd.DataFrame({"mobile": ["512 345 678"], "PL": ["yes"]})
    with pytest.raises(ContactsError, match="a country and a column too"):
        smsframe.check(people, phone="mobile", region="PL")


def test_a_code_may_be_written_small():
    people = pd.DataFrame({"mobile": ["512 345 678"]})
    assert smsframe.check(people, phone="mobile", region="pl")["sms_phone"].tolist() == [POLE]


@pytest.mark.parametrize("stop", [["3931234567"], ["348,1234567"], [3931234567]])
def test_a_national_number_without_its_country_stops_rather_than_texts_somebody(stop):
    with pytest.raises(ContactsError, match="national_form"):
        suppression(stop)


def test_a_national_number_is_of_the_region_that_is_said():
    assert suppression(["3931234567"], "IT").tolist() == [ITALIAN]


def test_a_spreadsheets_integers_are_international():
    assert suppression([393931234567]).tolist() == [ITALIAN]


def test_a_column_of_countries_says_nothing_of_the_list():
    people = pd.DataFrame({"mobile": ["393 123 4567"], "cc": ["IT"]})
    with pytest.raises(ContactsError, match="national_form"):
        smsframe.check(people, phone="mobile", region="cc", suppress=["3931234567"])


def test_going_on_reads_the_list_in_the_region_that_is_said(sandbox, gateway, capsys):
    people = table(3).assign(mobile=["3931234567", "3471234568", "3471234569"])
    sandbox.misbehave("busy", retry_after=3600)
    with pytest.raises(smsframe.Unavailable):
        smsframe.send(
            people, "Ciao", campaign="a", phone="mobile", region="IT", gateway=gateway, progress=False
        )
    sandbox.behave()
    with pytest.raises(ContactsError, match="national_form"):
        smsframe.resume("a", gateway=gateway, suppress=["3931234567"], progress=False)
    out = smsframe.resume("a", gateway=gateway, suppress=["3931234567"], region="IT", progress=False)
    assert statuses(out) == {"accepted": 2, "suppressed": 1}
    assert "are not texted, also by later calls" in capsys.readouterr().err
    assert ITALIAN not in set(sandbox.inbox()["recipient"])


@pytest.mark.parametrize(
    "lines",
    [
        "customer,mobile\n3471000001,+39 347 1234567\n3471000002,unknown\n",
        "customer,mobile\n3471000001,+39 347 1234567\n3471000002,\n",
    ],
)
def test_the_column_that_is_called_so_is_the_one(lines, tmp_path):
    path = tmp_path / "stop.csv"
    path.write_text(lines)
    if "unknown" in lines:
        with pytest.raises(ContactsError, match="cannot be read as a phone number"):
            suppression(path)
    else:
        assert suppression(path).tolist() == ["+393471234567"]


def test_numbers_in_another_column_are_asked_about(tmp_path):
    path = tmp_path / "stop.csv"
    path.write_text(
        "a,b\n+39 347 1234567,+39 348 1234567\n+39 347 1234569,\n+39 347 1234568,\n+39 347 1234566,\n"
    )
    with pytest.raises(ContactsError, match="2 columns"):
        suppression(path)


def test_what_is_replaced_makes_no_field_of_the_gateways(sandbox, gateway):
    """A dollar sign and a brace are harmless while there is something between them, if invisible."""
    with_gap = "Costa $\u200b{{5}}… "
    plan = smsframe.plan(table(1), with_gap, campaign="c", phone="mobile", text_fix="gsm", gateway=gateway)
    assert plan.template.source == with_gap
    assert statuses(smsframe.send(plan, gateway=gateway, progress=False)) == {"accepted": 1}
    assert "${" not in sandbox.inbox()["text"][0]


def test_a_template_that_cannot_be_sent_is_refused_before_anything_is_written_down(sandbox, gateway):
    plan = smsframe.plan(table(1), "Ciao", campaign="c", phone="mobile", gateway=gateway)
    text = replace(plan.texts.first, source="${Ciao}")
    spoilt = replace(plan, texts=replace(plan.texts, first=text))
    with pytest.raises(TextError):
        smsframe.send(spoilt, gateway=gateway, progress=False)
    assert not posts(sandbox)
    assert smsframe.campaigns(gateway=gateway).empty
