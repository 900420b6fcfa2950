"""What was refused costs itself; what cannot go on stops early, quickly and with nothing lost."""

from __future__ import annotations

import json
import math
import warnings

import pytest
from helpers.faulty_server import FaultyServer, answer, drop, first, forward
from helpers.journal_files import says_no_number
from helpers.sending import QUICK, codes, each_once, posts, resume, send, statuses, table, texted

import smsframe
from smsframe import Gateway
from smsframe.errors import JournalError
from smsframe.journal.journal import Journal

# Refused numbers.

REFUSED = {
    "first of 50": (50, [0]),
    "last of 50": (50, [49]),
    "two in a row of 50": (50, [24, 25]),
    "four in a row of 50": (50, [10, 11, 12, 13]),
    "one of 1000": (1000, [617]),
    "three of 1000": (1000, [3, 500, 999]),
    "eight in a row of 1000": (1000, range(400, 408)),
    "both of two": (2, [0, 1]),
    "one of one": (1, [0]),
}


@pytest.mark.samples(3)
@pytest.mark.parametrize(("people", "bad"), REFUSED.values(), ids=REFUSED)
def test_a_refused_number_costs_itself_within_the_bound_and_is_never_asked_again(
    people, bad, sandbox, gateway
):
    frame = table(people, bad=bad)
    out = send(frame, gateway, "Ciao")
    assert out["sms_status"].eq("rejected").to_numpy().nonzero()[0].tolist() == [*bad]
    assert statuses(out).get("accepted", 0) == people - len(bad)
    assert out["sms_reason"][bad[0]].startswith("the gateway refused this number: Invalid recipient")
    assert frame["mobile"][bad[0]] not in out["sms_reason"][bad[0]]
    assert posts(sandbox) <= 2 * len(bad) * math.ceil(math.log2(max(people, 2))) + 1
    assert each_once(sandbox, out)
    before = posts(sandbox)
    again = send(frame, gateway, "Ciao")
    assert posts(sandbox) == before
    assert again["sms_status"].tolist() == out["sms_status"].tolist()


def test_a_refused_number_does_not_touch_the_other_orders(sandbox, gateway):
    out = send(table(200, bad=[150]), gateway, batch_size=50)
    assert statuses(out) == {"accepted": 199, "rejected": 1}
    assert posts(sandbox) <= 3 + 2 * math.ceil(math.log2(50)) + 1


NO = answer(400, body=json.dumps({"result": "This sender is not allowed"}).encode())


@pytest.mark.parametrize("people", [1, 4, 30, 1000])
def test_a_request_refused_as_a_whole_stops_after_a_handful_of_posts(people, proxy, sandbox, through):
    proxy.always("POST", NO)
    if people < 5:  # too few places to tell the request from the numbers
        assert statuses(send(table(people), through)) == {"rejected": people}
        return
    with pytest.raises(smsframe.Rejected, match="This sender is not allowed"):
        send(table(people), through)
    assert proxy.posts() <= 30
    left = smsframe.results("autumn", journal=through.journal)
    assert statuses(left) == {"pending": people}
    proxy.clear()
    assert statuses(send(table(people), through)) == {"accepted": people}
    assert texted(sandbox).max() == 1


def test_a_whole_refusal_that_is_interrupted_leaves_nobody_rejected_in_the_end(proxy, through):
    """Single people refused by an earlier run count, and are freed with the others."""
    proxy.always("POST", NO)
    with pytest.raises(smsframe.CampaignStopped, match="the power went"):
        send(table(30), through, retry_policy=_break_off_after_rejections(through, 3))
    assert statuses(smsframe.results("autumn", journal=through.journal))["rejected"] >= 1
    with pytest.raises(smsframe.Rejected):
        resume(through)
    assert "rejected" not in statuses(smsframe.results("autumn", journal=through.journal))


def _break_off_after_rejections(gateway, wanted):
    """A retry policy that breaks the run off when so many people are rejected."""

    class Breaking(type(QUICK)):
        def until(self, attempt, again):
            found = smsframe.results("autumn", journal=gateway.journal)
            if found["sms_status"].eq("rejected").sum() >= wanted:
                raise RuntimeError("the power went")
            return super().until(attempt, again)

    return Breaking(attempts=2, first=0.001)


def test_the_life_of_a_refused_order_is_one_transaction(proxy, through):
    """The credit is asked for before the refusal is written: no moment has a thousand people rejected."""
    seen = []

    def look():
        seen.append(statuses(smsframe.results("autumn", journal=through.journal)))

    proxy.on("POST", NO).on("GET", forward, first(look), path="status")
    out = send(table(8), through)
    assert seen == [{"pending": 8}]
    assert statuses(out) == {"accepted": 8}


# Credit.


def test_too_little_credit_refuses_before_anything_is_written_or_sent(tmp_path):
    with smsframe.Sandbox(credits=9) as sandbox:
        gateway = sandbox.gateway(journal=tmp_path / "journal.sqlite")
        with pytest.raises(smsframe.NotEnoughCredit) as refused:
            send(table(10), gateway)
        assert (refused.value.needed, refused.value.available) == (10, 9)
        assert posts(sandbox) == 0
        assert not gateway.journal.exists()
        assert statuses(send(table(9), gateway)) == {"accepted": 9}


def test_credit_that_runs_out_on_the_way_stops_and_nobody_is_rejected_for_it(tmp_path):
    with smsframe.Sandbox(credits=20) as sandbox, FaultyServer(sandbox.url) as proxy:
        gateway = Gateway(proxy.url, username="demo", password="demo", journal=tmp_path / "journal.sqlite")
        other = sandbox.gateway(journal=tmp_path / "other.sqlite")
        proxy.on("POST", forward, first(lambda: send(table(12, start=500), other, campaign="other")))
        with pytest.raises(smsframe.CampaignStopped) as stopped:
            send(table(20), gateway, batch_size=4, workers=1)
        cause = stopped.value.__cause__
        assert isinstance(cause, smsframe.NotEnoughCredit)
        assert cause.available < cause.needed
        out = stopped.value.results
        assert set(statuses(out)) == {"accepted", "pending"}
        assert len(out) == 20
        assert sandbox.credits["N"] == 0
        before = posts(sandbox)
        with pytest.raises(smsframe.NotEnoughCredit):
            resume(gateway)
        assert posts(sandbox) == before
        sandbox._ledger._credit["N"] = 100  # topped up
        assert statuses(resume(gateway)) == {"accepted": 20}
        assert texted(sandbox).max() == 1


def test_a_refusal_is_not_taken_for_a_bad_number_while_the_credit_cannot_be_asked(proxy, sandbox, through):
    send(table(1, start=900), through)
    proxy.on("POST", NO).on("GET", forward, drop, drop, drop, path="status")
    with pytest.raises(smsframe.Unavailable):
        send(table(1), through)
    assert statuses(smsframe.results("autumn", journal=through.journal)) == {"accepted": 1, "pending": 1}
    assert statuses(resume(through)) == {"accepted": 2}


# What stops at once.


def test_wrong_credentials_are_raised_themselves_and_the_same_call_works_later(sandbox, tmp_path):
    journal = tmp_path / "journal.sqlite"
    with pytest.raises(smsframe.NotAuthorised):
        send(table(3), sandbox.gateway(password="wrong", journal=journal))
    assert posts(sandbox) == 0
    assert statuses(send(table(3), sandbox.gateway(journal=journal))) == {"accepted": 3}


def test_a_gateway_that_is_down_is_raised_itself(sandbox, tmp_path):
    journal = tmp_path / "journal.sqlite"
    down = Gateway("http://127.0.0.1:9/API/v1.0/REST/", username="demo", password="demo", journal=journal)
    with pytest.raises(smsframe.Unavailable):
        send(table(3), down)
    assert not journal.exists()
    assert statuses(send(table(3), sandbox.gateway(journal=journal))) == {"accepted": 3}


STOPS = {
    "401": (answer(401), smsframe.NotAuthorised),
    "403": (answer(403), smsframe.NotAuthorised),
    "404": (answer(404), smsframe.NotAuthorised),
    "307": (answer(307, Location="http://127.0.0.1:9/"), smsframe.NotAuthorised),
    "308": (answer(308, Location="http://127.0.0.1:9/"), smsframe.NotAuthorised),
    "413": (answer(413), smsframe.Unavailable),
    "429": (answer(429), smsframe.Unavailable),
    "503 for long": (answer(503, Retry_After="3600"), smsframe.Unavailable),
}


@pytest.mark.samples(4)
@pytest.mark.parametrize(("act", "error"), STOPS.values(), ids=STOPS)
def test_what_proves_that_nothing_was_taken_stops_with_its_own_error_and_nobody_lost(
    act, error, proxy, sandbox, through
):
    proxy.always("POST", act)
    with pytest.raises(error):
        send(table(4), through, batch_size=2)
    left = smsframe.results("autumn", journal=through.journal)
    assert statuses(left) == {"pending": 4}
    proxy.clear()
    assert statuses(send(table(4), through, batch_size=2)) == {"accepted": 4}
    assert texted(sandbox).tolist() == [1] * 4


def test_after_something_was_accepted_it_comes_as_campaign_stopped_with_the_full_frame(
    proxy, sandbox, through
):
    frame = table(6)
    frame.loc[2, "mobile"] = "not a number"
    proxy.on("POST", forward).always("POST", answer(403))
    with pytest.raises(smsframe.CampaignStopped) as stopped:
        send(frame, through, batch_size=2, workers=1)
    out = stopped.value.results
    assert statuses(out) == {"accepted": 2, "pending": 3, "invalid": 1}
    assert codes(out)["not_accepted"] == 2
    assert isinstance(stopped.value.__cause__, smsframe.NotAuthorised)
    assert "smsframe.resume('autumn')" in str(stopped.value)
    assert each_once(sandbox, out)


@pytest.mark.parametrize(
    "act", [answer(429), answer(503, Retry_After="0"), answer(401)], ids=["429", "503", "401"]
)
def test_what_was_provably_not_taken_is_repeated_and_taken_once(act, proxy, sandbox, through):
    proxy.on("POST", act)
    out = send(table(3), through)
    assert statuses(out) == {"accepted": 3}
    assert proxy.posts() == 2
    assert each_once(sandbox, out)


def test_a_session_that_ends_on_the_way_is_opened_again(sandbox, gateway):
    send(table(3), gateway)
    sandbox.forget_sessions()
    assert statuses(send(table(40), gateway, batch_size=5)) == {"accepted": 40}
    assert texted(sandbox).max() == 1


# The disk.


def _no_more_room(journal, when):
    """The journal's file may not grow any more once a statement has been seen."""
    import sqlalchemy as sa  # noqa: PLC0415

    full = []

    def before(connection, _cursor, statement, parameters, _context, _many):
        if when(statement, parameters):
            full.append(statement)
        if full:
            raise sa.exc.OperationalError(statement, parameters, OSError("database or disk is full"))

    sa.event.listen(journal._store._engine, "before_cursor_execute", before)
    return full


DISK = {
    "register": lambda statement, _: statement.startswith("INSERT INTO recipients"),
    "cut": lambda statement, _: statement.startswith("INSERT INTO batches"),
    "claim": lambda statement, _: statement.startswith("UPDATE batches") and "claimed_at" in statement,
}


@pytest.mark.parametrize("moment", DISK)
def test_a_disk_that_is_full_before_the_first_post_sends_nothing(moment, sandbox, gateway):
    journal = Journal(gateway.journal)
    assert _no_more_room(journal, DISK[moment]) == []
    with pytest.raises(JournalError, match="disk is full") as error:
        _send_with(journal, table(3), gateway)
    assert posts(sandbox) == 0
    says_no_number(error.value)
    assert statuses(send(table(3), gateway)) == {"accepted": 3}
    assert texted(sandbox).max() == 1


def test_an_answer_that_cannot_be_written_is_unconfirmed_and_looked_up_later(sandbox, gateway):
    journal = Journal(gateway.journal)
    _no_more_room(journal, lambda statement, values: "UPDATE batches" in statement and "charged" in statement)
    with pytest.raises(smsframe.CampaignStopped) as stopped:
        _send_with(journal, table(4), gateway, batch_size=2)
    assert isinstance(stopped.value.__cause__, JournalError)
    says_no_number(stopped.value)
    assert posts(sandbox) == 1
    assert statuses(stopped.value.results) == {"unconfirmed": 2, "pending": 2}  # a full disk can be read
    out = send(table(4), gateway, batch_size=2)
    assert statuses(out) == {"accepted": 4}
    assert texted(sandbox).tolist() == [1] * 4


def test_a_journal_deleted_on_the_way_stops_and_sends_nothing_without_a_record(proxy, sandbox, through):
    def delete():
        for name in ("", "-wal", "-shm"):
            path = through.journal.with_name(through.journal.name + name)
            path.unlink(missing_ok=True)

    proxy.on("POST", forward, first(delete))
    with pytest.raises(smsframe.CampaignStopped) as stopped:
        send(table(8), through, batch_size=2, workers=1)
    assert isinstance(stopped.value.__cause__, JournalError)
    assert proxy.posts() == 2
    assert statuses(stopped.value.results) == {"unconfirmed": 8}
    assert not through.journal.exists()


def _send_with(journal, contacts, gateway, **options):
    from helpers import sending  # noqa: PLC0415

    plan = smsframe.plan(
        contacts, "Ciao {name}", campaign="autumn", phone="mobile", journal=journal, **options
    )
    return sending.send(plan, gateway, journal=journal)


EDITS = {
    "a row taken out": lambda frame: frame.drop(index=0, inplace=True),
    "a row doubled": lambda frame: frame.__setitem__("sms_phone", frame["sms_phone"].iloc[0]),
    "another number": lambda frame: frame.__setitem__("sms_phone", "+393479999999"),
    "one more number": lambda frame: frame.loc.__setitem__((0, "sms_phone"), "+393479999999"),
    "no number": lambda frame: frame.loc.__setitem__((0, "sms_phone"), None),
    "called invalid": lambda frame: frame.loc.__setitem__((0, "sms_status"), "invalid"),
    "called suppressed": lambda frame: frame.loc.__setitem__((0, "sms_status"), "suppressed"),
    "called ready": lambda frame: frame.loc.__setitem__((3, "sms_status"), "ready"),
    "no statuses": lambda frame: frame.pop("sms_status"),
    "sorted": lambda frame: frame.sort_values("mobile", ascending=False, inplace=True),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_plan_whose_rows_were_edited_is_refused(sandbox, gateway, edit):
    """Whoever takes somebody out of it means that they get no text."""
    people = table(3)
    people.loc[3] = {"name": "Nobody", "mobile": "12"}
    plan = people.sms.plan("Ciao {name}", campaign="autumn", phone="mobile", gateway=gateway)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of inplace=, which people use
        edit(plan.frame)
    with pytest.raises(ValueError, match="plan it again; nothing was sent"):
        smsframe.send(plan, gateway=gateway, progress=False)
    assert sandbox.inbox().empty
    assert smsframe.campaigns(gateway=gateway).empty
