"""Delivery states, joined to the same rows: same index, same order, and only what is not final is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from helpers.faulty_server import ACCEPTED, answer, scripted

import smsframe
from smsframe import ContactsError, NotAuthorised
from smsframe.campaign.options import RefreshOptions
from smsframe.campaign.reports.refresh import Progress, refresh
from smsframe.gateway.retry import RetryPolicy
from smsframe.journal.journal import Journal
from smsframe.outcomes.columns import DTYPES

pytestmark = pytest.mark.both_journals

ADA, BEA = "+393471234567", "+393471234568"
CID = "+14155550175"  # 75: rejected by the network


class Clock:
    """A time that passes when told to."""

    def __init__(self):
        self.now = datetime.now(UTC)

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sandbox(clock):
    with smsframe.Sandbox(clock=clock) as made:
        yield made


def sent(gateway, phones, **options):
    people = pd.DataFrame({"mobile": phones, "name": [*"abcdefgh"][: len(phones)]}, index=["x"] * len(phones))
    return smsframe.send(
        people, "Ciao", campaign="c", phone="mobile", gateway=gateway, progress=False, **options
    )


def refreshed(frame, gateway):
    return smsframe.refresh(frame, gateway=gateway, progress=False)


def codes(frame):
    return [None if pd.isna(code) else code for code in frame["sms_delivery"]]


def asked_states(sandbox):
    calls = sandbox.calls()
    return int((calls["method"].eq("GET") & calls["path"].str.match(r"/?sms/")).sum())


def test_states_come_to_rows_of_a_repeated_index_in_their_order(sandbox, gateway, clock):
    out = sent(gateway, [BEA, ADA, "nobody", CID, "0039 347 1234567"])
    clock.now += timedelta(seconds=10)
    now = refreshed(out, gateway)
    assert now.index.tolist() == ["x"] * 5
    assert codes(now) == ["DLVRD", "DLVRD", None, "KO", None]
    assert now["sms_delivered_at"].notna().tolist()[:2] == [True, True]
    assert (abs(now["sms_delivered_at"].dropna() - clock.now) < pd.Timedelta(seconds=30)).all()
    changed = ["sms_delivery", "sms_delivered_at", "sms_code", "sms_reason"]
    pd.testing.assert_frame_equal(now.drop(columns=changed), out.drop(columns=changed))
    failed = now["sms_delivery"].eq("KO").fillna(value=False).to_numpy(dtype=bool)
    assert now["sms_code"][failed].tolist() == ["not_delivered"]
    pd.testing.assert_frame_equal(now.loc[~failed, changed[2:]], out.loc[~failed, changed[2:]])
    assert out["sms_delivery"].isna().all()  # the frame that was given is not changed


def test_the_result_is_as_the_schema_says(gateway):
    now = refreshed(sent(gateway, [ADA, BEA, "nobody"]), gateway)
    smsframe.ResultsSchema.validate(now)
    assert {name: now[name].dtype for name in DTYPES} == DTYPES


def test_rows_with_a_final_state_are_not_asked_again(sandbox, gateway, clock):
    out = sent(gateway, [ADA, BEA], batch_size=1)
    clock.now += timedelta(seconds=10)
    first = refreshed(out, gateway)
    assert asked_states(sandbox) == 2
    pd.testing.assert_frame_equal(refreshed(first, gateway), first)
    assert asked_states(sandbox) == 2


def test_only_orders_with_an_open_row_are_asked(sandbox, gateway, clock):
    out = sent(gateway, [ADA, "+14155550183"], batch_size=1)  # the second ends in 83: waits for ever
    clock.now += timedelta(seconds=10)
    first = refreshed(out, gateway)
    assert codes(first) == ["DLVRD", "WAITING"]
    refreshed(first, gateway)
    assert asked_states(sandbox) == 3


def test_an_empty_frame_stays_one_and_nobody_is_asked(sandbox, gateway):
    empty = sent(gateway, [ADA]).iloc[:0]
    calls = len(sandbox.calls())
    now = refreshed(empty, gateway)
    assert len(sandbox.calls()) == calls
    assert now.columns.tolist() == empty.columns.tolist()
    assert {name: now[name].dtype for name in DTYPES} == DTYPES


@pytest.mark.parametrize("dtype", ["object", "string", "str", "category"])
def test_an_order_id_and_a_number_are_all_it_takes(gateway, clock, dtype):
    out = sent(gateway, [ADA, BEA])
    clock.now += timedelta(seconds=10)
    without_frames = out[["sms_order_id", "sms_phone"]].astype(dtype)
    now = refreshed(without_frames, gateway)
    assert now.columns.tolist() == ["sms_order_id", "sms_phone", "sms_delivery", "sms_delivered_at"]
    assert codes(now) == ["DLVRD", "DLVRD"]
    assert now["sms_delivered_at"].dtype == DTYPES["sms_delivered_at"]
    none = refreshed(without_frames.iloc[:0], gateway)
    assert none["sms_delivery"].dtype == DTYPES["sms_delivery"]


def test_results_that_went_through_a_file_are_refreshed_like_any(gateway, clock, tmp_path):
    out = sent(gateway, [ADA, "+14155550183"])
    clock.now += timedelta(seconds=10)
    for frame in (out, refreshed(out, gateway)):
        frame.to_csv(tmp_path / "out.csv", index=False)
        again = pd.read_csv(tmp_path / "out.csv", dtype={"sms_phone": str})
        now = refreshed(again, gateway)
        assert codes(now) == ["DLVRD", "WAITING"]
        assert now["sms_delivered_at"].notna().tolist() == [True, False]
        assert now["sms_delivered_at"].dtype == DTYPES["sms_delivered_at"]


def test_an_order_the_gateway_does_not_know_leaves_its_rows_as_they_are(gateway, clock, caplog):
    out = sent(gateway, [ADA, BEA], batch_size=1)
    clock.now += timedelta(seconds=10)
    out["sms_order_id"] = out["sms_order_id"].mask([False, True], "sf-nobody")
    now = refreshed(out, gateway)
    assert codes(now) == ["DLVRD", None]
    assert "1 of 2 orders" in caplog.text


def test_a_scheduled_text_is_accepted_once_it_has_gone_out(gateway, clock):
    out = sent(gateway, [ADA], schedule=datetime.now(UTC) + timedelta(hours=1))
    now = refreshed(out, gateway)
    assert (now["sms_status"].tolist(), now["sms_delivery"].tolist()) == (["scheduled"], ["SCHEDULED"])
    clock.now += timedelta(hours=1, seconds=30)
    now = refreshed(now, gateway)
    assert (now["sms_status"].tolist(), now["sms_delivery"].tolist()) == (["accepted"], ["DLVRD"])
    assert now["sms_status"].dtype == DTYPES["sms_status"]


def test_a_frame_without_orders_is_refused(gateway, people):
    with pytest.raises(ContactsError, match="sms_order_id"):
        refreshed(people, gateway)


FRAME = pd.DataFrame({"sms_order_id": ["a", "a", None, "b"], "sms_phone": [ADA, None, BEA, ADA]})


def at(*answers):
    return scripted(*answers)


def by_token(server):
    return smsframe.Gateway(server.url, user_key="4242", access_token="t0ken")


def test_a_number_twice_in_one_order_has_the_first_state_and_a_missing_number_none():
    listed = [
        {"destination": ADA, "status": "SENT"},
        {"destination": ADA, "status": "DLVRD"},
        {"destination": None, "status": "KO"},
    ]
    with at(answer(200, {"recipients": listed})) as server:
        now = refreshed(FRAME, by_token(server))
    assert codes(now) == ["SENT", None, None, "SENT"]


def test_an_unknown_code_is_kept_and_asked_again():
    listed = {"recipients": [{"destination": ADA, "status": "NEWCODE"}]}
    with at(answer(200, listed), answer(200, listed), answer(404)) as server:
        gateway = by_token(server)
        first = refreshed(FRAME, gateway)
        assert codes(first) == ["NEWCODE", None, None, "NEWCODE"]
        second = refreshed(first, gateway)
    assert codes(second) == ["NEWCODE", None, None, "NEWCODE"]
    assert len(server.asked) == 4


def test_a_state_the_gateway_no_longer_gives_does_not_undo_what_it_said():
    frame = FRAME.assign(sms_delivery="WAITING", sms_delivered_at=pd.NaT)
    with at(answer(200, {"recipients": [{"destination": ADA, "status": None}]})) as server:
        now = refreshed(frame, by_token(server))
    assert codes(now) == ["WAITING"] * 4


def test_a_gateway_that_refuses_is_an_error_and_not_asked_about_every_order():
    frame = pd.DataFrame({"sms_order_id": [f"o{n}" for n in range(200)], "sms_phone": ADA})
    with at(answer(403)) as server, pytest.raises(NotAuthorised):
        refreshed(frame, by_token(server))
    assert len(server.asked) < 100


def test_progress_counts_the_orders_that_are_asked(tmp_path):
    begun, counted = [], []
    with at(answer(200, {"recipients": []}), ACCEPTED) as server:
        frame = FRAME.assign(sms_order_id=["a", "a", None, "a"])
        refresh(
            frame,
            by_token(server),
            Journal(tmp_path / "none.sqlite"),
            options=RefreshOptions(workers=2),
            retry_policy=RetryPolicy(),
            progress=Progress(begun.append, counted.append),
        )
    assert (begun, counted) == ([1], [1])


def test_an_order_that_was_refused_is_not_asked_for(sandbox, gateway):
    frame = pd.DataFrame({"mobile": ["+12125550185", "+12125550101"]})
    out = frame.sms.send("Ciao", campaign="c", phone="mobile", gateway=gateway, progress=False)
    assert out["sms_status"].tolist() == ["rejected", "accepted"]
    asked = len(sandbox.calls())
    out = out.sms.refresh(gateway=gateway, progress=False)
    assert len(sandbox.calls()) == asked + 1
    assert out["sms_delivery"].notna().tolist() == [False, True]


def told(*recipients):
    return answer(200, {"result": "OK", "recipients": [*recipients]})


def person(phone, status="DLVRD"):
    return {"destination": phone, "status": status}


def result(status, code=None, *, scheduled=None):
    return pd.DataFrame(
        {
            "sms_status": [status],
            "sms_phone": [ADA],
            "sms_code": [code],
            "sms_order_id": ["sf-abc"],
            "sms_scheduled_at": pd.to_datetime([scheduled], utc=True),
        }
    )


@pytest.mark.parametrize(
    ("frame", "listed", "status"),
    [
        (result("accepted"), person(BEA), "unconfirmed"),
        (result("accepted"), person("+39347123****"), "accepted"),  # nobody can say who that is
        (result("unconfirmed", "missing_from_order"), person(ADA), "accepted"),
        (result("unconfirmed", "missing_from_order"), person(ADA, "INVALIDDST"), "unconfirmed"),
        (
            result("unconfirmed", "missing_from_order", scheduled="2100-01-01"),
            person(ADA, "SCHEDULED"),
            "scheduled",
        ),
        (result("unconfirmed", "missing_from_order", scheduled="2000-01-01"), person(ADA), "accepted"),
    ],
)
def test_what_a_list_says_of_somebody_and_nothing_more(frame, listed, status):
    """Who was left out of an order (`refusals="skip"`) was taken by nobody, though it lists them."""
    with scripted(told(listed)) as server:
        gateway = smsframe.Gateway(server.url, username="demo", password="demo")
        assert refreshed(frame, gateway)["sms_status"].tolist() == [status]
        gateway.close()
