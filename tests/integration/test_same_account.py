"""One account is one account: however its address is spelled, and whichever of its names logs in."""

from __future__ import annotations

from urllib.parse import urlsplit

import pandas as pd
import pytest
import requests
import sqlalchemy as sa
from helpers.sending import codes

import smsframe
from smsframe.journal.tables import campaigns, optout_lists

pytestmark = pytest.mark.both_journals

ONE, TWO = "+393470000000", "+393470000001"
PEOPLE = pd.DataFrame({"mobile": [ONE, TWO]})


@pytest.fixture
def gateway(sandbox, database):
    made = smsframe.Gateway(local(sandbox), username="demo", password="demo")
    yield made
    made.close()


def local(sandbox):
    return sandbox.url.replace("127.0.0.1", "localhost")


def send(gateway, **more):
    keywords = {"campaign": "autumn", "phone": "mobile", "gateway": gateway, "progress": False}
    return smsframe.send(PEOPLE, "Ciao", **keywords | more)


def rename(journal, before, now):
    """The journal as an earlier version left it, which kept addresses as they were typed."""
    with journal._store.transaction() as connection:
        for table in (campaigns, optout_lists):
            connection.execute(sa.update(table).where(table.c.base_url == before).values(base_url=now))


@pytest.mark.parametrize(
    ("before", "now"), [("localhost", "LocalHost"), ("API/v1.0", "API//v1.0"), ("REST/", "REST")]
)
def test_a_gateway_has_one_address_however_it_is_spelled(sandbox, gateway, before, now):
    smsframe.optouts.add([ONE], gateway=gateway)
    address = local(sandbox).replace(before, now)
    other = smsframe.Gateway(address, username="demo", password="demo")
    assert other.base_url == gateway.base_url
    assert codes(send(other)) == {"opted_out": 1}
    other.close()
    assert sandbox.inbox()["recipient"].tolist() == [TWO]


@pytest.mark.parametrize("spelled", ["127.0.0.1", "[::1]", "[0:0:0:0::1]"])
def test_this_machine_has_one_list_of_opt_outs_and_one_cap(sandbox, gateway, spelled):
    address = local(sandbox).replace("localhost", spelled)
    other = smsframe.Gateway(address, username="demo", password="demo")
    smsframe.optouts.add([ONE], gateway=gateway)
    assert smsframe.optouts.add([ONE], gateway=other) == 0
    assert smsframe.optouts(gateway=other)["number"].tolist() == [ONE]
    plan = smsframe.plan(PEOPLE, "Ciao", campaign="winter", phone="mobile", gateway=other)
    assert codes(plan.frame) == {"opted_out": 1}
    send(gateway)
    policy = smsframe.Policy(cap="1 per week")
    plan = smsframe.plan(PEOPLE, "Ciao", campaign="winter", phone="mobile", gateway=other, policy=policy)
    assert codes(plan.frame) == {"opted_out": 1, "frequency_cap": 1}
    # Whether another server listens there nobody knows: the campaign stays where it was begun.
    if other.base_url != gateway.base_url:
        with pytest.raises(smsframe.CampaignChanged, match="belongs to"):
            send(other)
    smsframe.optouts.remove([ONE], why="signed up again", gateway=other)
    assert smsframe.optouts(gateway=gateway).empty
    other.close()


@pytest.mark.parametrize("elsewhere", ["127.0.0.2", "[::2]", "localhost.example", "127.0.0.1:1"])
def test_another_host_or_port_is_another_gateway(sandbox, gateway, elsewhere):
    smsframe.optouts.add([ONE], gateway=gateway)
    port = urlsplit(sandbox.url).netloc
    address = sandbox.url.replace(f"http://{port}", f"https://{elsewhere}")
    other = smsframe.Gateway(address, username="demo", password="demo")
    assert smsframe.optouts(gateway=other).empty


def test_the_default_port_and_capitals_of_the_host_are_no_other_gateway():
    one = smsframe.Gateway("https://api.example.com/API/v1.0/REST/", username="a", password="b")
    for spelled in ("https://API.example.com:443/API/v1.0/REST", "https://api.example.com.//API/v1.0/REST//"):
        assert smsframe.Gateway(spelled, username="a", password="b").base_url == one.base_url


def test_what_was_kept_under_an_earlier_spelling_is_found(sandbox, gateway):
    smsframe.optouts.add([ONE], gateway=gateway)
    assert codes(send(gateway)) == {"opted_out": 1}
    rename(smsframe.Journal.default(), gateway.base_url, local(sandbox).replace("localhost", "LOCALHOST"))
    assert codes(send(gateway)) == {"opted_out": 1, "already_texted": 1}
    assert codes(send(gateway, campaign="winter")) == {"opted_out": 1}
    assert smsframe.optouts(gateway=gateway)["number"].tolist() == [ONE]
    assert smsframe.optouts.add([TWO], gateway=gateway) == 1
    assert smsframe.optouts(gateway=gateway)["number"].tolist() == [ONE, TWO]
    policy = smsframe.Policy(cap="1 per week")
    smsframe.optouts.remove([ONE, TWO], why="signed up again", gateway=gateway)
    assert codes(send(gateway, campaign="spring", policy=policy)) == {"frequency_cap": 1}


@pytest.fixture
def by_key(sandbox, gateway):
    keys = requests.get(f"{sandbox.url}token", params={"username": "demo", "password": "demo"}, timeout=5)
    user_key, access_token = keys.text.split(";")
    made = smsframe.Gateway(local(sandbox), user_key=user_key, access_token=access_token)
    yield made
    made.close()


def test_who_opted_out_under_the_user_name_is_not_texted_by_a_login_by_key(sandbox, gateway, by_key):
    smsframe.optouts.add([ONE], gateway=gateway)
    with pytest.warns(UserWarning, match="1 other account"):
        assert codes(send(by_key)) == {"opted_out": 1}
    assert smsframe.optouts(gateway=by_key)["number"].tolist() == [ONE]
    assert sandbox.inbox()["recipient"].tolist() == [TWO]


def test_who_opted_out_under_the_key_is_not_texted_by_a_login_by_user_name(sandbox, gateway, by_key):
    smsframe.optouts.add([ONE], gateway=by_key)
    send(gateway)
    assert sandbox.inbox()["recipient"].tolist() == [TWO]


def test_a_cap_counts_what_was_sent_under_the_other_name(gateway, by_key):
    send(gateway)
    capped = send(by_key, campaign="winter", policy=smsframe.Policy(cap="1 per week"))
    assert codes(capped) == {"frequency_cap": 2}


@pytest.mark.parametrize("own_journal", [False, True])
def test_what_was_sent_under_the_user_name_is_known_to_a_login_by_key(
    sandbox, gateway, by_key, tmp_path, own_journal
):
    """A pair of keys does not say the user name; other campaigns in the default journal do."""
    send(gateway, campaign="spring")
    lost = smsframe.Gateway(
        gateway.base_url, username="demo", password="demo", journal=tmp_path / "lost.sqlite"
    )
    send(lost)
    lost.close()
    assert sorted(smsframe.history(gateway=by_key)["known"]) == ["known", "unknown"]  # of one second
    more = {"journal": tmp_path / "new.sqlite"} if own_journal else {}
    with pytest.raises(smsframe.CampaignChanged, match="does not know"):
        send(by_key, **more)
    out = send(by_key, adopt=True, grace=0, **more)
    assert out["sms_status"].eq("accepted").all()
    assert sandbox.inbox()["recipient"].value_counts().to_dict() == {ONE: 2, TWO: 2}


# A journal that was lost.


def test_a_rebuilt_journal_has_the_gateways_list_of_opt_outs(gateway, tmp_path, monkeypatch, capsys):
    send(gateway, suppress=[TWO])
    smsframe.optouts.add([TWO], gateway=gateway)
    smsframe.optouts.sync(gateway=gateway)
    new = smsframe.Gateway(
        gateway.base_url, username="demo", password="demo", journal=tmp_path / "new.sqlite"
    )
    monkeypatch.setenv("SMSFRAME_JOURNAL", str(tmp_path / "new.sqlite"))  # not the default one of before
    smsframe.history(gateway=new, adopt="autumn", grace=0)
    assert "1 number of the gateway's own list" in capsys.readouterr().err
    assert codes(send(new)) == {"already_texted": 1, "opted_out": 1}
    new.close()


def test_a_rebuilt_journal_without_the_gateways_list_is_warned_of(gateway, tmp_path, monkeypatch):
    send(gateway)
    new = smsframe.Gateway(
        gateway.base_url, username="demo", password="demo", journal=tmp_path / "new.sqlite"
    )
    monkeypatch.setattr(smsframe.Gateway, "optouts_page", refuse)
    with pytest.warns(UserWarning, match="own list was not read"):
        smsframe.history(gateway=new, adopt="autumn", grace=0)
    new.close()


def refuse(*_):
    raise smsframe.GatewayError("no list")
