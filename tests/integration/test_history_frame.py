"""What the gateway says was sent, held against the journal; a lost journal is rebuilt from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

import smsframe

pytestmark = pytest.mark.both_journals

PEOPLE = pd.DataFrame({"mobile": [f"+4477009001{place}" for place in range(10, 16)], "name": [*"abcdef"]})
CELL = {"campaign": "spring", "phone": "mobile", "numbers": "possible", "progress": False, "grace": 0}


@pytest.mark.parametrize(
    "sandbox", [{"repeated_order_id": each} for each in ("refuse", "merge", "accept")], indirect=True, ids=str
)
def test_a_lost_journal_is_rebuilt_and_the_same_cell_texts_nobody_twice(sandbox, gateway, tmp_path, capsys):
    smsframe.send(PEOPLE.iloc[:4], "Ciao {name}", gateway=gateway, batch_size=2, **CELL)
    new = sandbox.gateway(journal=tmp_path / "new.sqlite")
    before = smsframe.history(gateway=new)
    assert before["known"].tolist() == ["unknown"] * 2
    assert before["sms_campaign"].isna().all()
    assert smsframe.history(gateway=gateway)["known"].tolist() == ["known"] * 2
    assert not smsframe.Journal(new.journal).exists  # to look writes nothing
    found = smsframe.history(gateway=new, adopt="spring", grace=0)
    assert found["known"].tolist() == ["adopted"] * 2
    assert found["recipients"].tolist() == [2, 2]
    assert "stay unknown" in capsys.readouterr().err
    out = smsframe.send(PEOPLE, "Ciao {name}", gateway=new, **CELL)
    assert out["sms_status"].eq("accepted").all()
    assert out["sms_code"].dropna().tolist() == ["already_texted"] * 4
    inbox = sandbox.inbox()
    assert len(inbox) == len(PEOPLE)
    assert inbox["recipient"].is_unique


def test_names_that_are_not_given_stay_unknown_and_text_nobody(sandbox, gateway, tmp_path, capsys):
    smsframe.send(PEOPLE.iloc[:4], "Ciao {name}", gateway=gateway, **CELL)
    new = sandbox.gateway(journal=tmp_path / "new.sqlite")
    assert smsframe.history(gateway=new, adopt=True, grace=0)["known"].tolist() == ["unknown"]
    assert "adopt" in capsys.readouterr().err
    with pytest.raises(smsframe.CampaignChanged):
        smsframe.send(PEOPLE, "Ciao {name}", gateway=new, **CELL)
    assert len(sandbox.inbox()) == 4


def test_what_others_sent_is_no_order_of_smsframe(sandbox, gateway):
    order = {"message_type": "N", "message": "x", "recipient": ["+447700900110"], "sender": "ACME"}
    gateway.probe("POST", "sms", json=order)
    found = smsframe.history(gateway=gateway, adopt=True, grace=0)
    assert found[["known", "sender"]].to_numpy().tolist() == [["other", "ACME"]]
    assert found.dtypes.astype(str)["created_at"] == "datetime64[us, UTC]"


def test_a_history_that_does_not_add_up_is_said_and_nothing_of_it_is_taken_over(sandbox, gateway, tmp_path):
    smsframe.send(PEOPLE.iloc[:4], "Ciao {name}", gateway=gateway, **CELL)
    new = sandbox.gateway(journal=tmp_path / "new.sqlite")
    sandbox.misbehave("wrong_total", call="history")
    with pytest.warns(UserWarning, match="whole history"):
        smsframe.history(gateway=new)
    with pytest.raises(smsframe.Unavailable):
        smsframe.history(gateway=new, adopt="spring", grace=0)


def test_its_times_are_bounds(gateway):
    smsframe.send(PEOPLE.iloc[:4], "Ciao {name}", gateway=gateway, **CELL)
    hour = timedelta(hours=1)
    now = datetime.now(UTC)
    assert len(smsframe.history(gateway=gateway, until=now - hour)) == 0
    assert len(smsframe.history(gateway=gateway, since=now - hour, until=now + hour)) == 1
    with pytest.raises(ValueError, match="time zone"):
        smsframe.history(gateway=gateway, since=datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_policy_requires_that_a_text_says_how_to_opt_out(sandbox, gateway):
    policy = smsframe.Policy(optout_text="STOP  to opt out")
    with pytest.raises(smsframe.TextError, match="how to opt out"):
        smsframe.send(PEOPLE, "Ciao {name}", gateway=gateway, policy=policy, **CELL)
    assert len(sandbox.inbox()) == 0
    text = "Ciao {name}. stop to OPT out"
    plan = smsframe.plan(PEOPLE, text, phone="mobile", numbers="possible", policy=policy, gateway=gateway)
    assert plan.segments == len(PEOPLE)
    out = smsframe.send(PEOPLE, text, gateway=gateway, policy=policy, **CELL)
    assert out["sms_status"].eq("accepted").all()
