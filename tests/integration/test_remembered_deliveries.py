"""Deliveries are kept in the journal: `send` again, `results` and `resume` show them from there."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from helpers.clocks import PassingTime
from helpers.faulty_server import answer, scripted
from helpers.journal_files import JOURNALS
from helpers.sending import send, table

import smsframe
from smsframe.journal.journal import Journal
from smsframe.journal.orders.deliveries import OrderAnswer
from smsframe.orders.profile import SMSEND

pytestmark = pytest.mark.both_journals

ADA, BEA = "+393471234567", "+393471234568"
BY_NETWORK = "+14155550175"
NO_REPORT = "+14155550177"
FATES = ["12125550101", "14155550175", "14155550171", "14155550182", "14155550183"]


@pytest.fixture
def time():
    return PassingTime()


@pytest.fixture
def sandbox(time):
    with smsframe.Sandbox(clock=time.now) as made:
        yield made


def people(phones=FATES):
    return pd.DataFrame({"mobile": ["+" + phone.lstrip("+") for phone in phones]})


def sent(gateway, phones=FATES, **options):
    options = {"campaign": "autumn", "phone": "mobile", "progress": False} | options
    return smsframe.send(people(phones), "Ciao", gateway=gateway, **options)


def refreshed(frame, gateway, **options):
    return smsframe.refresh(frame, gateway=gateway, progress=False, **options)


def states(sandbox):
    calls = sandbox.calls()
    return int((calls["method"].eq("GET") & calls["path"].str.match(r"/?sms/")).sum())


NAMES = ["sms_phone", "sms_status", "sms_code", "sms_reason", "sms_delivery", "sms_delivered_at"]


def facts(frame):
    """What is told of each person, whoever tells it."""
    return frame[NAMES].sort_values("sms_phone", ignore_index=True)


def test_what_was_refreshed_is_shown_by_everything_that_reads_the_journal(gateway, time, sandbox):
    out = sent(gateway)
    time.passed += 10
    now = refreshed(out, gateway)
    assert now["sms_delivery"].tolist() == ["DLVRD", "KO", "BLACKLISTED", "WAIT4DLVR", "WAITING"]
    assert now["sms_delivered_at"].notna().tolist() == [True, False, False, False, False]
    pd.testing.assert_frame_equal(facts(smsframe.results("autumn", gateway=gateway)), facts(now))
    pd.testing.assert_frame_equal(
        facts(smsframe.resume("autumn", gateway=gateway, progress=False)).drop(
            columns=["sms_code", "sms_reason"]
        ),
        facts(now).drop(columns=["sms_code", "sms_reason"]),
    )
    asked = states(sandbox)
    again = sent(gateway)
    columns = ["sms_phone", "sms_status", "sms_delivery", "sms_delivered_at"]
    pd.testing.assert_frame_equal(facts(again)[columns], facts(now)[columns])
    assert states(sandbox) == asked
    assert len(sandbox.orders()) == 1


def test_a_failure_says_why_also_when_the_call_is_repeated(gateway, time):
    sent(gateway)
    time.passed += 10
    refreshed(smsframe.results("autumn", gateway=gateway), gateway)
    for rows in (smsframe.results("autumn", gateway=gateway), sent(gateway)):
        failed = rows.sms.failed()
        assert failed["sms_phone"].tolist() == ["+14155550175", "+14155550171"] or failed[
            "sms_phone"
        ].tolist() == ["+14155550171", "+14155550175"]
        assert failed["sms_code"].eq("not_delivered").all()
        said = failed.set_index("sms_phone")["sms_reason"]
        assert said["+14155550175"].startswith("not delivered: rejected by the mobile network")
        assert "opt-out list" in said["+14155550171"]


def test_a_scheduled_text_that_has_left_is_accepted_for_everybody_who_asks(gateway, time):
    later = datetime.now(UTC) + timedelta(hours=30)
    out = sent(gateway, [ADA], schedule=later)
    assert refreshed(out, gateway)["sms_status"].tolist() == ["scheduled"]
    assert smsframe.results("autumn", gateway=gateway)["sms_status"].tolist() == ["scheduled"]
    time.passed += timedelta(hours=60).total_seconds()
    assert refreshed(out, gateway)["sms_status"].tolist() == ["accepted"]
    assert smsframe.results("autumn", gateway=gateway)["sms_status"].tolist() == ["accepted"]


def test_a_last_state_is_never_replaced_by_one_that_is_not(gateway):
    pairs = [*itertools.product([*SMSEND.delivery, "NEWCODE"], repeat=2)]
    out = sent(gateway, [f"+39347{place:05d}01" for place in range(len(pairs))], workers=1)
    (order,) = out["sms_order_id"].unique()
    journal = Journal(gateway.journal)
    with journal.deliveries.open():
        for codes in zip(*pairs, strict=True):
            states = pd.DataFrame({"phone": out["sms_phone"], "delivery": codes}).assign(
                delivered_at=pd.Series(pd.NaT, index=out.index, dtype="datetime64[us, UTC]")
            )
            answers = [OrderAnswer(order, states, True, "GET sms", datetime.now(UTC))]
            journal.deliveries.record(answers, final=SMSEND.final, never_sent=SMSEND.refused)
    kept = [
        first if first in SMSEND.final and second not in SMSEND.final else second for first, second in pairs
    ]
    assert smsframe.results("autumn", gateway=gateway)["sms_delivery"].tolist() == kept


def lists(*phones):
    return answer(200, {"recipients": [{"destination": phone, "status": "DLVRD"} for phone in phones]})


@pytest.mark.parametrize("listed", [[ADA], []], ids=["one", "nobody"])
def test_whom_an_order_lacks_is_unconfirmed_in_the_journal_until_it_lists_them(listed, gateway, sandbox):
    out = sent(gateway, [ADA, BEA])
    missing = sorted({ADA, BEA} - {*listed})
    with scripted(lists(*listed), lists(ADA, BEA)) as server:
        other = smsframe.Gateway(server.url, user_key="k", access_token="t", journal=gateway.journal)
        for rows in (refreshed(out, other), smsframe.results("autumn", gateway=gateway)):
            unconfirmed = rows[rows["sms_status"].eq("unconfirmed").to_numpy()]
            assert sorted(unconfirmed["sms_phone"]) == missing
            assert unconfirmed["sms_code"].eq("missing_from_order").all()
        refreshed(out, other)
        other.close()
    assert smsframe.results("autumn", gateway=gateway)["sms_status"].tolist() == ["accepted"] * 2


def test_a_persons_word_about_who_is_missing_is_not_undone(gateway):
    out = sent(gateway, [ADA, BEA])
    with scripted(lists(ADA), lists(ADA), lists(ADA)) as server:
        other = smsframe.Gateway(server.url, user_key="k", access_token="t", journal=gateway.journal)
        refreshed(out, other)
        journal = Journal(gateway.journal)
        entry = journal.get("autumn")
        smsframe.results("autumn", gateway=gateway)
        _accept(journal, entry)
        refreshed(out, other)
        other.close()
    assert smsframe.results("autumn", gateway=gateway)["sms_status"].tolist() == ["accepted"] * 2


def _accept(journal, entry):
    """What `resume(unconfirmed="accept")` writes about each order."""
    from smsframe.journal.rows import read_batches  # noqa: PLC0415
    from smsframe.journal.tables import batches  # noqa: PLC0415
    from smsframe.orders.records import Change, Evidence  # noqa: PLC0415
    from smsframe.orders.states import Action, Event, Step  # noqa: PLC0415

    with journal._store.transaction(reading=True) as connection:
        orders = read_batches(connection, batches.c.campaign == entry.id)
    for order in orders:
        step = Step(order.state, Action.RECORD, order.doubt)
        journal.batches.note(entry, Change(order, Event.PERSON_ACCEPTS, step, Evidence()))


@pytest.mark.slow
def test_it_is_asked_until_nothing_can_change_and_only_of_what_may(gateway, time, sandbox):
    done, open_ = sent(gateway, [ADA]), sent(gateway, [ADA, NO_REPORT], campaign="winter")
    out = pd.concat([done, open_], ignore_index=True)
    now = refreshed(out, gateway, until="final", every="1 h")
    assert now["sms_delivery"].tolist() == ["DLVRD", "DLVRD", "TIMEOUT"]
    assert time.pauses == [3600.0] * 48
    calls = sandbox.calls()
    answered = calls[calls["status"].eq(200).to_numpy()]["path"]  # sessions expire on the way
    rounds = [answered.str.endswith(order).sum() for order in out["sms_order_id"]]
    assert rounds == [2, 49, 49]


def test_the_waits_grow_until_five_minutes(gateway, time):
    refreshed(sent(gateway, [NO_REPORT]), gateway, until="1 h")
    assert time.pauses == sorted(time.pauses)
    assert (time.pauses[0], time.pauses[-1]) == (10, 300)
    assert time.passed <= 3600


@pytest.mark.parametrize(
    ("until", "every"), [("10 min", "1 min"), (timedelta(minutes=10), 60), ("600s", 60.0)]
)
def test_it_ends_after_the_time_that_was_given(until, every, gateway, time):
    out = sent(gateway, [NO_REPORT])
    began = time.passed
    now = refreshed(out, gateway, until=until, every=every)
    assert now["sms_delivery"].tolist() == ["WAIT4DLVR"]
    assert time.pauses == [60.0] * 10
    assert time.passed - began == 600


def test_sent_is_the_last_word_where_no_reports_come(gateway, time):
    out = sent(gateway, [ADA], quality="low")
    now = refreshed(out, gateway, until="final")
    assert now["sms_delivery"].tolist() == ["SENT"]
    assert time.passed < 60


@pytest.mark.parametrize("where", ["between rounds", "within a round"])
def test_ctrl_c_keeps_what_was_answered(where, gateway, time, monkeypatch):
    out = send(table(90), gateway, "Ciao", batch_size=1, workers=4)
    time.passed += 10
    asked = []

    def state(order, ask=gateway.state):
        asked.append(order)
        if where == "within a round" and len(asked) == 60:
            raise KeyboardInterrupt
        return ask(order)

    monkeypatch.setattr(gateway, "state", state)
    if where == "between rounds":
        out = pd.concat([out, sent(gateway, [NO_REPORT], campaign="winter")], ignore_index=True)
        time.interrupted = True
    with pytest.raises(KeyboardInterrupt):
        smsframe.refresh(out, gateway=gateway, until="final", progress=False)
    known = smsframe.results("autumn", gateway=gateway)["sms_delivery"].notna().sum()
    if where == "between rounds":
        assert (known, len(asked)) == (90, 91)
    else:
        assert 40 <= known < 90


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_a_journal_of_an_older_version_is_brought_up_to_date(version, tmp_path):
    path = tmp_path / "old.sqlite"
    path.write_bytes((JOURNALS / f"schema-{version}.sqlite").read_bytes())
    before = smsframe.results("autumn", journal=path)
    assert before["sms_attempt"].eq(1).all()
    phone = before["sms_phone"][before["sms_status"].eq("accepted").to_numpy()].iloc[0]
    with scripted(*[lists(phone)] * 9) as server:
        gateway = smsframe.Gateway(server.url, user_key="k", access_token="t")
        refreshed(before, gateway, journal=path)
        gateway.close()
    after = smsframe.results("autumn", journal=path).set_index("sms_phone")
    assert after.loc[phone, "sms_delivery"] == "DLVRD"


def test_orders_of_another_journal_are_joined_to_the_rows_and_leave_this_one_as_it_is(
    gateway, tmp_path, time
):
    out = sent(gateway, [ADA])
    time.passed += 10
    other = tmp_path / "other.sqlite"
    assert refreshed(out, gateway, journal=other)["sms_delivery"].tolist() == ["DLVRD"]
    assert not other.exists()
    assert smsframe.results("autumn", gateway=gateway)["sms_delivery"].isna().all()


@pytest.mark.parametrize("until", ["soon", 0, -1, "0s", True, timedelta(0), "-5 min"])
def test_a_time_that_makes_no_sense_is_refused_before_anything_is_asked(until, gateway, sandbox):
    out = sent(gateway, [ADA])
    asked = states(sandbox)
    with pytest.raises(ValueError, match="until="):
        refreshed(out, gateway, until=until)
    assert states(sandbox) == asked
