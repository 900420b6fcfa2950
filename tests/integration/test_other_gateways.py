"""Other gateways than smSend: a sister brand, which is a profile; another vendor, with a client too."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from helpers import toy_gateway
from helpers.clocks import NO_WAITS
from helpers.sending import each_once, resume, send, statuses, table
from helpers.toy_gateway import ACME, AcmeGateway
from helpers.toy_server import TOKEN, ToyServer

import smsframe
from smsframe.gateway import base
from smsframe.gateway.base import GatewayProtocol
from smsframe.journal.journal import Journal
from smsframe.orders.delivery_codes import DELIVERY_CODES, DeliveryCode, Stage
from smsframe.orders.profile import BRANDS, SMSEND, GatewayProfile, known_codes, register_codes
from smsframe.sandbox.brands import BRANDS as PLAYED
from smsframe.sandbox.brands import TYPES

PAGE = (Path(__file__).parents[2] / "docs/adding-a-gateway.md").read_text("utf-8")


@pytest.fixture
def acme():
    with ToyServer() as vendor:
        yield vendor


@pytest.fixture
def gateway(acme, tmp_path):
    journal = tmp_path / "journal.sqlite"
    with closing(AcmeGateway(acme.url, "team", TOKEN, journal=journal, clock=NO_WAITS)) as gateway:
        yield gateway


def ending(*digits):
    return pd.DataFrame(
        {
            "name": [f"N{place}" for place in range(len(digits))],
            "mobile": [f"+3934711111{two}" for two in digits],
        }
    )


def each(acme):
    """How many texts people have, those who have any."""
    return set(acme.texts().values())


# The seam.


def test_the_protocol_is_short():
    assert len(Path(base.__file__).read_text("utf-8").splitlines()) <= 100


def test_both_gateways_have_all_that_the_engine_asks(gateway):
    own = smsframe.Gateway("https://gateway.example/", username="demo", password="secret")
    assert isinstance(gateway, GatewayProtocol)
    assert isinstance(own, GatewayProtocol)
    assert not isinstance("https://gateway.example/", GatewayProtocol)


def test_what_is_no_gateway_is_refused_before_anything_is_asked():
    with pytest.raises(TypeError, match=r"must be a smsframe\.Gateway, not str"):
        smsframe.plan(table(1), "Ciao", phone="mobile", gateway="https://gateway.example/")


def test_the_page_shows_the_code_that_is_tested():
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    code = Path(toy_gateway.__file__).read_text("utf-8")
    assert len(blocks) == 2
    assert code.partition('"""\n\n')[2] == "\n\n".join(blocks)


# Another vendor.


def test_a_whole_campaign_goes_through_a_gateway_of_another_shape(acme, gateway):
    people = ending("01", "02", "71", "72", "82", "85")
    plan = smsframe.plan(people, "Ciao {name}", campaign="autumn", phone="mobile", gateway=gateway)
    assert (len(plan.batches), plan.terms.message_type) == (6, "text")
    sent = send(plan, gateway)
    assert sent["sms_status"].tolist() == ["accepted"] * 5 + ["rejected"]
    assert sent["sms_credits"].dropna().tolist() == [1.0] * 5
    assert sorted(message["body"] for message in acme.taken) == [f"Ciao N{place}" for place in range(5)]
    assert not [name for name in ("message", "recipient", "order_id") if name in acme.taken[0]]

    fresh = smsframe.refresh(sent, gateway=gateway, progress=False)
    assert fresh["sms_delivery"].dropna().tolist() == [
        "arrived", "arrived", "bounced", "no_such_number", "on_its_way",
    ]  # fmt: skip
    assert fresh["sms_delivered_at"].notna().sum() == 5
    assert smsframe.failed(fresh)["name"].tolist() == ["N2", "N3", "N5"]
    assert "2 delivered" in repr(smsframe.summary(fresh))
    assert "on the handset" in smsframe.summary(fresh)._repr_html_()
    acme.asked.clear()
    again = smsframe.refresh(fresh, gateway=gateway, progress=False)
    assert acme.asked["state"] == 1  # of the one that is not final
    pd.testing.assert_frame_equal(again, fresh)

    assert statuses(send(plan, gateway)) == statuses(sent)
    assert each(acme) == {1}
    assert statuses(smsframe.results("autumn", gateway=gateway)) == statuses(sent)


def test_the_public_function_sends_through_it_and_a_lost_journal_is_noticed(acme, gateway, tmp_path):
    options = {"campaign": "autumn", "phone": "mobile", "gateway": gateway, "progress": False, "grace": 0.05}
    out = smsframe.send(table(3), "Ciao", **options)
    assert statuses(out) == {"accepted": 3}
    with pytest.raises(smsframe.CampaignChanged, match="adopt=True"):
        smsframe.send(table(3), "Ciao", **options, journal=tmp_path / "another.sqlite")
    taken = smsframe.send(table(3), "Ciao", **options, journal=tmp_path / "another.sqlite", adopt=True)
    assert statuses(taken) == {"accepted": 3}
    assert each(acme) == {1}


def test_a_lost_answer_is_looked_up_and_found(acme, gateway):
    acme.lose[:] = ["", "answer", "", "answer"]
    out = send(table(5), gateway, workers=1)
    assert statuses(out) == {"accepted": 5}
    assert acme.asked["post"] == 5
    assert each(acme) == {1}
    evidence = Journal(gateway.journal).evidence(1)
    asked = evidence[evidence["question"].str.startswith("GET", na=False)]
    assert asked["question"].tolist() == [f"GET messages/{order_id}" for order_id in asked["order_id"]]
    assert asked["answer"].tolist() == ["found with 1 of our 1 recipients and 0 others"] * 2


def test_a_lost_request_is_proven_absent_and_repeated_under_its_own_id(acme, gateway):
    acme.lose[:] = ["", "request", "answer", "request"]
    out = send(table(5), gateway, workers=1)
    assert statuses(out) == {"accepted": 5}
    assert acme.asked["post"] == 7
    assert acme.asked["list"] > 0
    assert each(acme) == {1}
    assert len({message["reference"] for message in acme.taken}) == 5


def test_without_a_history_no_absence_is_proven_and_nobody_is_sent_again(acme, gateway):
    gateway.profile = replace(ACME, history=False)
    acme.lose[:] = ["", "request"]
    out = send(table(3), gateway, workers=1)
    assert statuses(out) == {"accepted": 2, "unconfirmed": 1}
    assert statuses(resume(gateway)) == {"accepted": 2, "unconfirmed": 1}
    assert acme.asked["post"] == 3
    assert acme.asked["list"] == 0
    assert statuses(resume(gateway, unconfirmed="send")) == {"accepted": 3}
    assert each(acme) == {1}


def test_limits_and_qualities_are_those_of_the_profile(gateway):
    options = {"phone": "mobile", "gateway": gateway}
    with pytest.raises(ValueError, match="quality='low' must be one of high"):
        smsframe.plan(table(1), "Ciao", quality="low", **options)
    with pytest.raises(smsframe.TextError, match="takes 459"):
        smsframe.plan(table(1), "x" * 460, **options)
    assert statuses(smsframe.plan(table(1), "x" * 459, **options).frame) == {"ready": 1}
    too_long = smsframe.plan(table(1), "ж" * 202, **options).frame
    assert too_long["sms_code"].tolist() == ["text_too_long"]


def test_a_delivery_code_means_one_thing():
    assert known_codes()["arrived"].delivered
    other = GatewayProfile(
        "Other",
        delivery={
            "arrived": DeliveryCode(Stage.FAILED, "arrived too late"),
            "new": DeliveryCode(Stage.WAITING, "new"),
        },
    )
    with pytest.raises(ValueError, match=r"delivery codes arrived with another meaning: .* Other"):
        register_codes(other)
    assert "new" not in known_codes()
    register_codes(ACME)


# Sister brands.


def test_an_unknown_brand_names_those_that_exist(monkeypatch):
    with pytest.raises(ValueError, match="unknown gateway profile 'acme': choose 'smsend' or 'skebby'"):
        smsframe.Gateway("https://gateway.example/", username="demo", password="secret", profile="acme")
    monkeypatch.setenv("SMSFRAME_PROFILE", "acme")
    for name in ("BASE_URL", "USERNAME", "PASSWORD"):
        monkeypatch.setenv(f"SMSFRAME_{name}", "https://gateway.example/")
    with pytest.raises(ValueError, match="SMSFRAME_PROFILE must be one of smsend, skebby, not 'acme'"):
        smsframe.Gateway.from_env()
    monkeypatch.setenv("SMSFRAME_PROFILE", "Skebby")
    assert smsframe.Gateway.from_env().profile is BRANDS["skebby"]
    assert smsframe.plan(table(1), "Ciao", phone="mobile").terms.message_type == "GP"


@pytest.mark.parametrize("brand", BRANDS)
def test_the_sandbox_plays_every_brand_by_the_same_facts(brand):
    """Neither reads the other's: both were written down from the sources."""
    types = BRANDS[brand].qualities.values()
    assert tuple(known.code for known in types) == PLAYED[brand].types
    for known in types:
        played = TYPES[known.code]
        assert (known.gsm, known.ucs2) == (played.gsm, played.ucs2)
        assert (known.sender, known.reports) == (played.sender, played.report)


@pytest.mark.samples(4)
@pytest.mark.parametrize("brand", BRANDS)
@pytest.mark.parametrize("text", ["Ciao", "Ciao {name}"])
@pytest.mark.parametrize("quality", ["high", "medium", "low"])
def test_a_whole_campaign_goes_to_every_brand(brand, text, quality):
    with smsframe.Sandbox(brand=brand, speed=1_000_000) as sandbox, closing(sandbox.gateway()) as gateway:
        sandbox.misbehave("drop_after", order=1)
        sent = send(table(9, bad=[4]), gateway, text, batch_size=3, quality=quality)
        assert statuses(sent) == {"accepted": 8, "rejected": 1}
        assert each_once(sandbox, sent)
        assert set(sandbox.orders()["message_type"]) == {BRANDS[brand].qualities[quality].code}
        fresh = smsframe.refresh(sent, gateway=gateway, progress=False)
        assert set(fresh["sms_delivery"].dropna()) == {"DLVRD" if quality == "high" else "SENT"}


@pytest.mark.parametrize("brand", BRANDS)
def test_the_longest_text_of_each_type_is_taken_and_no_longer_one_leaves(brand):
    with smsframe.Sandbox(brand=brand) as sandbox, closing(sandbox.gateway()) as gateway:
        for place, (quality, known) in enumerate(BRANDS[brand].qualities.items()):
            for encoding, letter in (("gsm", "x"), ("ucs2", "ж")):
                longest = known.limits()[encoding]
                name = f"{quality} {encoding}"
                out = send(table(1, start=place), gateway, letter * longest, campaign=name, quality=quality)
                assert statuses(out) == {"accepted": 1}
                with (
                    pytest.raises(smsframe.TextError)
                    if longest == gateway.profile.longest
                    else closing(gateway)
                ):
                    longer = smsframe.plan(
                        table(1), letter * (longest + 1), phone="mobile", quality=quality, gateway=gateway
                    )
                    assert longer.frame["sms_code"].tolist() == ["text_too_long"]


@pytest.mark.parametrize("status", [401, 404])
def test_a_refused_login_is_said_alike_whatever_its_status(status):
    with smsframe.Sandbox(brand="skebby", login_refused=status) as sandbox:
        gateway = sandbox.gateway(password="wrong", clock=NO_WAITS)
        with closing(gateway), pytest.raises(smsframe.NotAuthorised, match="user name and password"):
            send(table(1), gateway)


def test_a_brand_takes_no_type_of_another(sandbox):
    with (
        closing(sandbox.gateway(profile="skebby")) as gateway,
        pytest.raises(smsframe.Rejected, match="N, L, LL"),
    ):
        send(table(5), gateway, batch_size=1)
    assert sandbox.inbox().empty


def test_no_order_has_more_recipients_than_the_brand_takes():
    few = replace(SMSEND, max_recipients=4)
    with smsframe.Sandbox() as sandbox, closing(sandbox.gateway(profile=few)) as gateway:
        plan = smsframe.plan(table(9), "Ciao", phone="mobile", campaign="autumn", gateway=gateway)
        assert len(plan.batches) == 3
        assert statuses(send(plan, gateway)) == {"accepted": 9}
        assert sandbox.orders()["recipients"].max() == 4


def test_a_plan_that_was_made_without_a_gateway_is_cut_as_its_gateway_takes_it(acme, gateway):
    plan = smsframe.plan(table(4), "Ciao", phone="mobile", campaign="autumn")
    assert len(plan.batches) == 1
    assert statuses(send(plan, gateway)) == {"accepted": 4}
    assert each(acme) == {1}
    assert len(acme.taken) == 4


# Facts.


@pytest.mark.parametrize("profile", [*BRANDS.values(), ACME], ids=lambda profile: profile.name)
def test_each_delivery_code_says_what_it_means_and_what_to_do(profile):
    for code, known in profile.delivery.items():
        assert known.meaning, code
        assert bool(known.advice) == (known.failed or known.stage is Stage.NOT_SENT), code
        assert known.failed or not known.retryable
        assert known.final or not known.failed
        assert not (known.delivered and known.failed)
    assert sum(known.delivered for known in profile.delivery.values()) == 1


def test_a_number_that_may_have_a_text_is_never_called_refused():
    assert SMSEND.refused == {"UNKNRCPT", "UNKNPFX", "INVALIDDST"}
    assert not [code for code in SMSEND.refused if DELIVERY_CODES[code].retryable]
