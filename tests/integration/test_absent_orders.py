"""Orders whose answer was lost and that never arrived: what the next call says holds for their people."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from helpers.sending import resume, send, table

import smsframe

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
LATER = TOMORROW + timedelta(hours=3)
HOURS = smsframe.Hours(between=("00:00", "24:00"), days="Mon-Sun")
CALLS = {
    "at once": {},
    "tomorrow": {"schedule": TOMORROW},
    "later": {"schedule": LATER},
    "that can be undone": {"undo": "60 s"},
    "by hours": {"schedule": HOURS},
    "another sender": {"sender": "SHOP"},
    "another quality": {"quality": "medium"},
    "each at their time": {"schedule": "at"},
}


@pytest.fixture
def lost(tmp_path):
    """A sandbox and a gateway; a first call's orders are lost on their way, and it is not known."""
    with smsframe.Sandbox(speed=3600) as sandbox:
        gateway = sandbox.gateway(journal=tmp_path / "journal.sqlite")

        def first(people, text, **options):
            sandbox.misbehave("drop_before", call="order")
            sandbox.misbehave("error_before", call="state")
            out = send(people, gateway, text, **options)
            sandbox.behave()
            assert set(out["sms_status"]) == {"unconfirmed"}
            return out

        yield sandbox, gateway, first


def people(rows=3):
    start = pd.Timestamp(TOMORROW) + pd.Timedelta(hours=1)
    return table(rows).assign(at=start + pd.to_timedelta(range(rows), unit="h"))


def as_said(out, options):
    """The time that each row has is the one that this call says, or none."""
    given = options.get("schedule")
    if given == "at":
        return out["sms_scheduled_at"].eq(out["at"]).all()
    if "undo" in options:
        left = out["sms_scheduled_at"] - pd.Timestamp.now("UTC")
        return left.between(pd.Timedelta(seconds=30), pd.Timedelta(seconds=61)).all()
    if given is HOURS:  # open now, on every clock
        soon = pd.Timestamp.now("UTC") + pd.Timedelta(hours=1)
        return (out["sms_scheduled_at"].isna() | out["sms_scheduled_at"].le(soon)).all()
    if isinstance(given, datetime):
        return out["sms_scheduled_at"].eq(given).all()
    return out["sms_scheduled_at"].isna().all()


@pytest.mark.parametrize(("before", "now"), [*itertools.product(CALLS, CALLS)])
def test_what_a_call_says_holds_for_people_whose_order_never_arrived(lost, before, now):
    sandbox, gateway, first = lost
    first(people(), "Ciao {name}", **CALLS[before])
    out = send(people(), gateway, **CALLS[now])
    assert set(out["sms_status"]) <= {"accepted", "scheduled"}
    assert as_said(out, CALLS[now]), out.filter(like="sms_")
    orders = sandbox.orders()
    assert orders["sender"].fillna("").eq(CALLS[now].get("sender", "")).all()
    assert set(orders["message_type"]) == {"L" if "quality" in CALLS[now] else "N"}


@pytest.mark.parametrize(
    "part", [slice(None), slice(1, None), slice(0, 2)], ids=["all", "but one", "but another"]
)
def test_the_text_of_now_goes_to_people_whose_order_never_arrived(lost, part):
    """Also where only some of them are in this call, so that their order is cut again."""
    sandbox, gateway, first = lost
    first(people(), "Doors at 8, {name}")
    out = send(people()[part], gateway, "Doors at 9, {name}", changed=True)
    assert set(out["sms_status"]) == {"accepted"}
    assert out["sms_code"].isna().all()
    assert sorted(sandbox.inbox()["text"]) == sorted("Doors at 9, " + out["name"])


@pytest.mark.parametrize("taken", [False, True], ids=["never arrived", "was taken"])
def test_a_name_that_was_corrected_is_texted_or_said_not_to_be(lost, taken):
    sandbox, gateway, first = lost
    if taken:
        sandbox.misbehave("drop_after", call="order")
        sandbox.misbehave("error_before", call="state")
        assert set(send(people(), gateway)["sms_status"]) == {"unconfirmed"}
        sandbox.behave()
    else:
        first(people(), "Ciao {name}")
    corrected = people().assign(name=["Eva", *people()["name"][1:]])
    for _ in range(2):
        out = send(corrected, gateway)
        assert set(out["sms_status"]) == {"accepted"}
        differs = out["sms_code"].eq("already_texted_differently")
        assert differs.tolist() == [taken, False, False]
        assert sandbox.inbox()["text"].str.contains("Eva").sum() == (not taken)
    assert len(sandbox.inbox()) == len(corrected)


@pytest.mark.parametrize("how", ["suppress", "optouts"])
def test_who_opted_out_meanwhile_is_suppressed_in_the_call_that_finds_the_order_absent(lost, how):
    sandbox, gateway, first = lost
    first(people(), "Ciao {name}")
    gone = people()["mobile"].iloc[:1]
    if how == "optouts":
        smsframe.optouts.add(gone, why="STOP", gateway=gateway)
    out = send(people(), gateway, **({"suppress": gone} if how == "suppress" else {}))
    assert out["sms_status"].tolist() == ["suppressed", "accepted", "accepted"]
    stored = smsframe.results("autumn", gateway=gateway).set_index("sms_phone")["sms_status"]
    assert stored.loc[out["sms_phone"]].tolist() == out["sms_status"].tolist()
    assert len(sandbox.inbox()) == len(out) - 1


@pytest.mark.parametrize("now", ["tomorrow", "that can be undone"])
def test_a_resumption_at_another_time_holds_for_orders_that_never_arrived(lost, now):
    _, gateway, first = lost
    first(people(), "Ciao {name}", schedule="at")
    out = resume(gateway, **CALLS[now])
    assert set(out["sms_status"]) == {"scheduled"}
    if now == "tomorrow":
        assert as_said(out, CALLS[now])
    else:  # each has a time of their own, which nothing has taken the place of
        assert sorted(out["sms_scheduled_at"]) == sorted(people()["at"])
