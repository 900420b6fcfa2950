"""People whom a text did not reach are texted again: once for each time that somebody asks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections import Counter
from datetime import timedelta

import pandas as pd
import pytest
import sqlalchemy
from helpers.clocks import PassingTime
from helpers.faulty_server import answer, scripted

import smsframe
from smsframe.orders.profile import SMSEND

pytestmark = [pytest.mark.sandbox(repeated_order_id="accept"), pytest.mark.both_journals]

FATES = {
    "76": "ERROR",
    "78": "TOOM4USER",
    "79": "TOOM4NUM",
    "77": "TIMEOUT",
    "75": "KO",
    "71": "BLACKLISTED",
    "72": "UNKNRCPT",
    "80": "INVALIDCONTENTS",
    "81": "DEMO",
    "82": "WAIT4DLVR",
    "83": "WAITING",
    "01": "DLVRD",
}
RETRYABLE = ["76", "78", "79"]


@pytest.fixture
def time():
    return PassingTime()


@pytest.fixture
def sandbox(time):
    with smsframe.Sandbox(clock=time.now, repeated_order_id="accept") as made:
        yield made


def people(endings=tuple(FATES)):
    phones = [f"+39347{place:05d}{ending}" for place, ending in enumerate(endings)]
    return pd.DataFrame({"name": [f"N{place}" for place in range(len(phones))], "mobile": phones})


def sent(gateway, contacts, **options):
    options = {"campaign": "autumn", "phone": "mobile", "progress": False, "batch_size": 3} | options
    return smsframe.send(contacts, "Ciao {name}", gateway=gateway, **options)


def failed(gateway, time, endings=tuple(FATES)):
    """The results of a campaign in which 48 hours have passed."""
    out = sent(gateway, people(endings))
    time.passed += timedelta(hours=49).total_seconds()
    return smsframe.refresh(out, gateway=gateway, progress=False)


def again(rows, gateway, **options):
    return smsframe.resend("autumn", rows, gateway=gateway, progress=False, **options)


def orders_of(sandbox):
    """How many orders have each person."""
    return Counter(phone for accepted in sandbox._ledger.orders() for phone in accepted.draft.recipients)


def test_rows_worth_another_try_are_those_of_the_table(gateway, time):
    out = failed(gateway, time)
    assert dict(zip(out["sms_phone"].str[-2:], out["sms_delivery"], strict=True)) == FATES
    worth = out.sms.failed(retryable=True)
    assert sorted(worth["sms_phone"].str[-2:]) == sorted(RETRYABLE)
    assert worth["sms_reason"].str.startswith("not delivered: ").all()
    assert [FATES[ending] for ending in RETRYABLE] == [
        code for code in FATES.values() if code in SMSEND.delivery and SMSEND.delivery[code].retryable
    ]


def test_they_get_another_text_and_the_same_call_again_sends_nothing_more(gateway, time, sandbox):
    rows = failed(gateway, time).sms.failed(retryable=True)
    first = again(rows, gateway)
    assert first.index.equals(rows.index)
    assert first["name"].tolist() == rows["name"].tolist()
    assert first["sms_attempt"].tolist() == [2, 2, 2]
    assert first["sms_status"].tolist() == ["accepted"] * 3
    assert not {*first["sms_order_id"]} & {*rows["sms_order_id"]}
    for _ in range(3):
        second = again(rows, gateway)
        assert second["sms_order_id"].tolist() == first["sms_order_id"].tolist()
    counts = orders_of(sandbox)
    assert {phone[-2:]: count for phone, count in counts.items()} == {
        ending: 2 if ending in RETRYABLE else 1 for ending in FATES
    }


def test_each_attempt_follows_the_one_that_is_named_and_credits_stay_exact(gateway, time, sandbox):
    rows = failed(gateway, time).sms.failed(retryable=True)
    charged = 0
    for attempt in range(2, 5):
        rows = again(rows, gateway)
        assert rows["sms_attempt"].eq(attempt).all()
        time.passed += 10
        rows = smsframe.refresh(rows, gateway=gateway, progress=False)
        charged = int(rows["sms_credits"].sum())
    assert charged == 3
    results = smsframe.results("autumn", gateway=gateway)
    assert results["sms_credits"].sum() == len(FATES)  # of the latest attempts
    assert 10_000 - sandbox.credits["N"] == len(FATES) + 9


def test_send_and_resume_afterwards_text_nobody_and_show_the_latest_attempt(gateway, time, sandbox):
    out = failed(gateway, time)
    again(out.sms.failed(retryable=True), gateway)
    before = orders_of(sandbox)
    shown = sent(gateway, people()).set_index("sms_phone")["sms_attempt"]
    assert {phone[-2:]: attempt for phone, attempt in shown.items()} == {
        ending: 2 if ending in RETRYABLE else 1 for ending in FATES
    }
    smsframe.resume("autumn", gateway=gateway, progress=False)
    assert orders_of(sandbox) == before


@pytest.mark.samples(4)
@pytest.mark.parametrize("ending", [ending for ending in FATES if ending not in RETRYABLE])
def test_whoever_may_have_it_or_will_not_get_it_is_left_out_and_it_is_said(
    ending, gateway, time, sandbox, capsys
):
    rows = failed(gateway, time, [ending])
    out = again(rows, gateway)
    assert out["sms_attempt"].tolist() == [1]
    assert set(orders_of(sandbox).values()) == {1}
    assert "1 row of campaign 'autumn' not sent again" in capsys.readouterr().err


def test_what_may_have_arrived_takes_a_persons_word(gateway, time, sandbox):
    rows = failed(gateway, time, ["77", "75", "71"])
    out = again(rows, gateway, maybe_arrived="send")
    assert out["sms_attempt"].tolist() == [2, 1, 1]


@pytest.mark.parametrize("kind", ["list", "frame"])
def test_who_opted_out_meanwhile_is_never_among_them(kind, gateway, time, sandbox):
    rows = failed(gateway, time).sms.failed(retryable=True)
    stopped = rows["sms_phone"].iloc[:1]
    suppress = stopped.tolist() if kind == "list" else stopped.to_frame()
    again(rows, gateway, suppress=suppress)
    assert orders_of(sandbox)[stopped.iloc[0]] == 1
    assert sum(orders_of(sandbox).values()) == len(FATES) + 2


def test_the_state_is_asked_anew(gateway, time, sandbox):
    rows = failed(gateway, time).sms.failed(retryable=True)
    told = {"recipients": [{"destination": phone, "status": "DLVRD"} for phone in rows["sms_phone"]]}
    with scripted(answer(200, told)) as server:
        other = smsframe.Gateway(
            server.url, user_key="k", access_token="t", journal=gateway.journal, clock=time.clock
        )
        with pytest.raises(smsframe.CampaignChanged):  # another address is another campaign
            again(rows, other)
        other.close()
    assert sum(orders_of(sandbox).values()) == len(FATES)


def test_no_answer_sends_nothing(gateway, time, sandbox):
    rows = failed(gateway, time).sms.failed(retryable=True)
    sandbox.misbehave("error_before", call="state", status=403)
    with pytest.raises(smsframe.GatewayError):
        again(rows, gateway)
    assert sum(orders_of(sandbox).values()) == len(FATES)


@pytest.mark.parametrize(("confirm", "passes"), [(3, True), (2, False), (4, False)])
def test_the_number_of_people_is_confirmed_also_when_it_is_repeated(confirm, passes, gateway, time, sandbox):
    rows = failed(gateway, time).sms.failed(retryable=True)
    for _ in range(2):
        if passes:
            again(rows, gateway, confirm=confirm)
        else:
            with pytest.raises(smsframe.ConfirmationMismatch):
                again(rows, gateway, confirm=confirm)
    assert sum(orders_of(sandbox).values()) == len(FATES) + (3 if passes else 0)


def test_rows_of_another_campaign_are_refused(gateway, time):
    failed(gateway, time, ["76"])
    other = sent(gateway, people(["78", "79"]), campaign="winter")
    with pytest.raises(smsframe.ContactsError, match="not of campaign 'autumn'"):
        again(other, gateway)


def test_two_at_once_text_each_person_once(gateway, time, sandbox):
    rows = failed(gateway, time, ["76", "78", "79"] * 10).sms.failed(retryable=True)
    assert len(rows) == 30
    start, errors = threading.Barrier(3), []

    def call():
        mine = sandbox.gateway(clock=time.clock, journal=gateway.journal)
        start.wait()
        try:
            again(rows, mine)
        except smsframe.SmsFrameError as error:
            errors.append(error)
        finally:
            mine.close()

    callers = [threading.Thread(target=call) for _ in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert errors == []
    assert set(orders_of(sandbox).values()) == {2}


@pytest.mark.parametrize("attempts", [1, 2])
def test_an_older_copy_of_the_journal_sends_nothing_more_once_it_has_taken_over_what_it_lacks(
    attempts, gateway, time, sandbox, tmp_path
):
    rows = failed(gateway, time).sms.failed(retryable=True)
    backup = tmp_path / "backup.sqlite"
    smsframe.Journal(gateway.journal).backup(backup)
    latest = rows
    for _ in range(attempts):
        latest = again(latest, gateway)
        time.passed += 60
        latest = smsframe.refresh(latest, gateway=gateway, progress=False)
    before = orders_of(sandbox)
    other = sandbox.gateway(clock=time.clock, journal=backup)
    with pytest.raises(smsframe.CampaignChanged):
        again(rows, other)
    adopted = again(rows, other, adopt=True)
    assert orders_of(sandbox) == before
    assert adopted["sms_attempt"].tolist() == [attempts + 1] * 3
    assert adopted["sms_order_id"].tolist() == latest["sms_order_id"].tolist()
    other.close()


def cannot_leave(sandbox, call):
    """A call whose order cannot leave: the attempt has begun, and nothing was sent."""
    sandbox.misbehave("error_before", call="order", status=403)
    with pytest.raises(smsframe.NotAuthorised):
        call()
    sandbox.behave()


def test_a_copy_that_was_made_while_the_first_attempt_was_sent_sends_nothing_more(
    gateway, time, sandbox, tmp_path
):
    """Found by an adversary: three texts for two that were asked for."""
    copy, post = tmp_path / "copy.sqlite", gateway.post

    def post_and_copy(*arguments):
        if not copy.exists():
            smsframe.Journal(gateway.journal).backup(copy)
        return post(*arguments)

    gateway.post = post_and_copy
    rows = failed_of(sent(gateway, people(["76", "76"]), batch_size=1), gateway, time)
    again(rows, gateway)
    time.passed += 200_000
    before = orders_of(sandbox)
    other = sandbox.gateway(clock=time.clock, journal=copy)
    for _ in range(2):
        adopted = again(rows, other, adopt=True)
        assert orders_of(sandbox) == before
    latest = sandbox._ledger.orders()[2:]
    assert {*adopted["sms_order_id"]} == {order.order_id for order in latest}
    other.close()


def failed_of(out, gateway, time):
    time.passed += 200_000
    return smsframe.refresh(out, gateway=gateway, progress=False).sms.failed(retryable=True)


@pytest.mark.parametrize("text", ["Ciao {name}", "Ciao"])
def test_after_an_adoption_another_attempt_has_the_values_that_the_journal_had(
    text, gateway, time, sandbox, tmp_path
):
    contacts = people(["76", "76"])
    out = smsframe.send(contacts, text, campaign="autumn", phone="mobile", gateway=gateway, progress=False)
    rows = failed_of(out, gateway, time)
    copy = tmp_path / "copy.sqlite"
    smsframe.Journal(gateway.journal).backup(copy)
    again(rows, gateway)
    other = sandbox.gateway(clock=time.clock, journal=copy)
    rows = failed_of(again(rows, other, adopt=True), other, time)
    assert again(rows, other)["sms_attempt"].tolist() == [3, 3]
    texts = [text for order in sandbox._ledger.orders() for text in order.draft.texts]
    assert Counter(texts) == Counter({text.replace("{name}", name): 3 for name in contacts["name"]}) or (
        text == "Ciao" and texts == ["Ciao"] * 6
    )
    other.close()


def test_who_withdraws_a_begun_attempt_keeps_what_was_sent_before(gateway, time, sandbox):
    contacts = people(["76", "77", "01"])
    sent(gateway, contacts)
    time.passed += 200_000
    rows = smsframe.refresh(smsframe.results("autumn", gateway=gateway), gateway=gateway, progress=False)
    before = orders_of(sandbox)
    cannot_leave(sandbox, lambda: again(rows, gateway, maybe_arrived="send"))
    assert len(smsframe.withdraw("autumn", gateway=gateway)) == 2
    results = smsframe.results("autumn", gateway=gateway)
    assert results["sms_attempt"].tolist() == [1] * 3
    assert results["sms_delivery"].tolist() == rows["sms_delivery"].tolist()
    sent(gateway, contacts)
    assert orders_of(sandbox) == before
    assert again(rows, gateway, maybe_arrived="send")["sms_attempt"].tolist() == [2, 2, 1]


def test_a_begun_attempt_goes_on_by_the_same_call_and_by_results(gateway, time, sandbox):
    rows = failed(gateway, time, ["76", "78", "01"]).sms.failed(retryable=True)
    cannot_leave(sandbox, lambda: again(rows, gateway))
    results = smsframe.results("autumn", gateway=gateway)
    out = again(results[results["sms_attempt"].gt(1).to_numpy()], gateway)
    assert out["sms_status"].tolist() == ["accepted"] * 2
    assert again(rows, gateway)["sms_attempt"].tolist() == [2, 2]
    assert {phone[-2:]: count for phone, count in orders_of(sandbox).items()} == {"76": 2, "78": 2, "01": 1}


@pytest.mark.parametrize("code", ["DLVRD", "BLACKLISTED", "WAIT4DLVR"])
def test_a_begun_attempt_does_not_go_out_once_the_text_has_arrived_after_all(code, gateway, time, sandbox):
    rows = failed(gateway, time, ["76"])
    cannot_leave(sandbox, lambda: again(rows, gateway))
    state = gateway.state

    def arrived(order):
        said = state(order)
        return said._replace(recipients=said.recipients.assign(delivery=code))

    gateway.state = arrived
    out = again(rows, gateway)
    assert out["sms_status"].tolist() == ["pending"]
    assert set(orders_of(sandbox).values()) == {1}


def test_whom_another_process_withdraws_meanwhile_is_nobody_elses_row(gateway, time, sandbox):
    rows = failed(gateway, time, ["01", "76", "02"]).sms.failed(retryable=True)
    journal = smsframe.Journal(gateway.journal)
    state = gateway.state

    def forget(order):
        with journal._store.transaction() as connection:
            connection.exec_driver_sql("DELETE FROM recipients WHERE phone LIKE '%76'")
        gateway.state = state
        return state(order)

    gateway.state = forget
    out = again(rows, gateway)
    assert out["sms_phone"].tolist() == rows["sms_phone"].tolist()
    assert out["sms_status"].tolist() == ["unconfirmed"]
    assert set(orders_of(sandbox).values()) == {1}


def test_of_several_rows_of_one_person_the_one_of_the_latest_attempt_counts(gateway, time, sandbox):
    stale = failed(gateway, time, ["76"])
    fresh = failed_of(again(stale, gateway), gateway, time)
    out = again(pd.concat([stale, fresh], ignore_index=True), gateway)
    assert out["sms_attempt"].tolist() == [3, 3]
    assert set(orders_of(sandbox).values()) == {3}


def test_rows_of_another_campaign_are_refused_also_if_the_person_is_in_both(gateway, time):
    failed(gateway, time, ["76"])
    other = sent(gateway, people(["76"]), campaign="winter")
    with pytest.raises(smsframe.ContactsError, match="not of campaign 'autumn'"):
        again(other, gateway)


@pytest.mark.parametrize("function", ["resend", "refresh"])
def test_numbers_that_were_read_without_their_plus_are_refused(function, gateway, time):
    rows = failed(gateway, time, ["76"])
    rows = rows.assign(sms_phone=rows["sms_phone"].str[1:].astype("int64"))
    with pytest.raises(smsframe.ContactsError, match="with a plus"):
        again(rows, gateway) if function == "resend" else smsframe.refresh(rows, gateway=gateway)


def test_thousands_are_begun_in_a_moment(gateway, time):
    """A join that looks at each person for each row took minutes, in a transaction that kept others out."""
    contacts = pd.DataFrame({"mobile": [f"+39347{place:05d}76" for place in range(4000)]})
    out = smsframe.send(contacts, "Ciao", campaign="autumn", phone="mobile", gateway=gateway, progress=False)
    rows = failed_of(out, gateway, time)
    statements = []
    event = sqlalchemy.event
    event.listen(sqlalchemy.engine.Engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    assert again(rows, gateway)["sms_attempt"].eq(2).all()
    assert len(statements) < 400


KILLED = """
    import os, signal, sys
    import pandas as pd
    import smsframe
    from smsframe.gateway.smsend import Gateway

    url, journal, rows, step = sys.argv[1:]
    gateway = Gateway(url, username="demo", password="demo", journal=journal)
    left = int(step)

    def trace(frame, event, arg):
        global left
        if "smsframe" not in frame.f_code.co_filename:
            return None
        left -= event == "line"
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    rows = pd.read_pickle(rows)
    ready = smsframe.failed(rows, retryable=True)
    sys.settrace(trace)
    smsframe.resend("autumn", rows, gateway=gateway, progress=False, grace=0.05)
    sys.settrace(None)
    print(left)
"""


@pytest.mark.slow
def test_killed_anywhere_the_same_call_again_texts_each_person_once_more(gateway, time, sandbox, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(KILLED))
    rows = failed(gateway, time).sms.failed(retryable=True)
    rows.to_pickle(tmp_path / "rows.pkl")
    arguments = [sandbox.url, str(gateway.journal), str(tmp_path / "rows.pkl")]

    def run(step):
        command = [sys.executable, str(program), *arguments, str(step)]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)

    whole = run(10**9)
    assert whole.returncode == 0, whole.stderr
    assert set(orders_of(sandbox).values()) == {1, 2}
    steps = 10**9 - int(whole.stdout)
    assert steps > 1000
    rounds = 12
    for place in range(rounds):
        rows = smsframe.refresh(smsframe.results("autumn", gateway=gateway), gateway=gateway, progress=False)
        time.passed += 10
        rows = smsframe.refresh(rows, gateway=gateway, progress=False).sms.failed(retryable=True)
        rows.to_pickle(tmp_path / "rows.pkl")
        before = orders_of(sandbox)
        killed = run(int(steps * (place + 0.5) / rounds))
        assert killed.returncode == -signal.SIGKILL
        for _ in range(2):
            again(rows, gateway, grace=0.05)
        more = orders_of(sandbox) - before
        assert more == Counter(dict.fromkeys(rows["sms_phone"], 1))


def test_somebody_who_was_erased_stops_nobody_elses_text(gateway, time, capsys):
    rows = failed(gateway, time, ["76", "78", "79", "01"])
    smsframe.forget([rows["sms_phone"][1]], gateway=gateway)
    out = again(rows.sms.failed(retryable=True), gateway, confirm=2)
    assert out["sms_attempt"].tolist() == [2, 1, 2]
    assert out.loc[1].equals(rows.loc[1])
    assert (
        "1 row of campaign 'autumn' not sent again: opted out of texts: erased on request"
        in capsys.readouterr().err
    )
    for known in (smsframe.refresh(out, gateway=gateway, progress=False), again(out.loc[[1]], gateway)):
        assert known.loc[1].equals(rows.loc[1])


@pytest.mark.parametrize("rows", [["76"], ["78"]], ids=["without the words", "with them"])
def test_the_words_that_a_policy_requires_are_looked_for_in_the_text_of_each_variant(gateway, time, rows):
    contacts = people(["76", "78"]).assign(sms_variant=["short", "long"])
    texts = {"long": "Ciao {name}, STOP ends this", "short": "Ciao {name}"}
    out = smsframe.send(
        contacts, texts, campaign="autumn", phone="mobile", gateway=gateway, progress=False, batch_size=1
    )
    time.passed += timedelta(hours=49).total_seconds()
    out = smsframe.refresh(out, gateway=gateway, progress=False)
    some = out[out["sms_phone"].str.endswith(rows[0])]
    policy = smsframe.Policy(optout_text="STOP")
    if rows == ["78"]:
        assert again(some, gateway, policy=policy)["sms_attempt"].tolist() == [2]
    else:
        with pytest.raises(smsframe.TextError, match="STOP"):
            again(some, gateway, policy=policy)
