"""What an adversary found: each was a way to text somebody twice, or never, and is one no longer."""

from __future__ import annotations

import contextlib
import shutil
import threading
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from helpers.faulty_server import FaultyServer, answer, drop, edited, first, lose
from helpers.sending import (
    QUICK,
    REPEATS_SEND_AGAIN,
    codes,
    each_once,
    gateway_at,
    posts,
    resume,
    send,
    statuses,
    table,
    texted,
)

import smsframe
from smsframe import CampaignChanged, CampaignStopped, Gateway
from smsframe.clock import Clock

pytestmark = REPEATS_SEND_AGAIN

HOUR = timedelta(hours=1)


def test_a_sender_that_is_refused_on_the_second_day_rejects_nobody(proxy, through):
    """Others were accepted, but not from this sender: five alike are the request, not the people."""
    send(table(3), through)
    before = proxy.posts()
    proxy.always("POST", answer(400, body=b'{"result": "sender not approved"}'))
    with pytest.raises(smsframe.Rejected, match="sender not approved"):
        send(table(103), through, sender="Unapproved")
    assert proxy.posts() - before <= 30
    proxy.clear()
    out = send(table(103), through, sender="Approved")
    assert statuses(out) == {"accepted": 103}


def test_who_was_refused_is_asked_for_again_with_another_sender_and_only_then(proxy, sandbox, through):
    """One person, the marketer's first test: nobody can tell what was refused, the sender or the number."""
    proxy.on("POST", answer(400, body=b'{"result": "sender not approved"}'))
    one = table(1)
    assert statuses(send(one, through, sender="Wrong")) == {"rejected": 1}
    before = proxy.posts()
    assert statuses(send(one, through, sender="Wrong")) == {"rejected": 1}
    assert statuses(resume(through)) == {"rejected": 1}
    assert proxy.posts() == before
    options = {"campaign": "autumn", "phone": "mobile", "journal": through.journal}
    assert smsframe.plan(one, "Ciao {name}", sender="Wrong", **options).recipients == 0
    assert smsframe.plan(one, "Ciao {name}", sender="Right", **options).recipients == 1
    send(table(1, start=9), through, sender="Right")  # of others nothing changes
    assert statuses(resume(through)) == {"accepted": 1, "rejected": 1}
    out = send(one, through, sender="Right")
    assert statuses(out) == {"accepted": 1}
    assert texted(sandbox).max() == 1


def test_credit_that_is_gone_rejects_nobody_though_the_balance_does_not_name_the_type(tmp_path):
    with smsframe.Sandbox(credits=10) as poor, FaultyServer(poor.url) as proxy:
        proxy.always("GET", edited(lambda content: content.update(sms=[])), path="status")
        gateway = gateway_at(proxy.url, tmp_path / "poor.sqlite")
        with pytest.raises(CampaignStopped) as stopped:
            send(table(20), gateway, batch_size=5)
        assert isinstance(stopped.value.__cause__, smsframe.NotEnoughCredit)
        assert statuses(stopped.value.results) == {"accepted": 10, "pending": 10}
        assert each_once(poor, stopped.value.results)


def test_a_journal_that_is_moved_while_a_run_is_at_work_stops_that_run(sandbox, proxy, through):
    """Whoever uses it by the new name cannot see that its owner is alive, so that one must not go on."""
    moved = through.journal.with_name("moved.sqlite")

    def move():
        for path in through.journal.parent.glob("journal.sqlite*"):
            if path.is_file():
                shutil.move(path, path.with_name(path.name.replace("journal", "moved")))

    proxy.on("POST", first(move, answer(429, Retry_After="0")))
    with pytest.raises(smsframe.JournalError):
        send(table(3), through, workers=1)
    assert posts(sandbox) == 0
    out = send(table(3), through, journal=moved)
    assert statuses(out) == {"accepted": 3}
    assert each_once(sandbox, out)


def test_a_time_that_passes_while_the_gateway_makes_us_wait_is_no_immediate_text(sandbox, proxy, through):
    soon = datetime.now(UTC) + timedelta(hours=1)
    ahead = [timedelta()]
    patience = replace(QUICK, clock=Clock(now=lambda: datetime.now(UTC) + ahead[0]))
    proxy.on("POST", first(lambda: ahead.append(ahead.pop() + 2 * HOUR), answer(429, Retry_After="0")))
    with pytest.raises(ValueError, match="passed before all were sent"):
        send(table(2), through, schedule=soon, patience=patience)
    assert posts(sandbox) == 0
    assert statuses(smsframe.results("autumn", journal=through.journal)) == {"pending": 2}


def test_a_time_that_passes_while_a_session_is_renewed_is_no_immediate_text(sandbox, proxy, through):
    """As when the process is suspended between a 401 and the second try; the simulation found it."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    ahead = [timedelta()]
    patience = replace(QUICK, clock=Clock(now=lambda: datetime.now(UTC) + ahead[0]))
    proxy.on("POST", first(lambda: ahead.append(ahead.pop() + 2 * HOUR), answer(401)))
    with pytest.raises(ValueError, match="passed before all were sent"):
        send(table(2), through, schedule=soon, patience=patience)
    assert posts(sandbox) == 0
    assert statuses(smsframe.results("autumn", journal=through.journal)) == {"pending": 2}


def test_adopting_waits_until_the_last_orders_are_visible(sandbox, proxy, through, tmp_path):
    """One order of three is not to be seen yet when the new journal asks for the first time."""
    with contextlib.closing(gateway_at(proxy.url, tmp_path / "lost.sqlite")) as lost:
        send(table(6), lost, batch_size=2)
    proxy.on(
        "GET",
        edited(
            lambda content: content.update(smshistory=content["smshistory"][1:], total=content["total"] - 1)
        ),
        path="smshistory",
    )
    out = send(table(6), through, adopt=True)
    assert statuses(out) == {"accepted": 6}
    assert posts(sandbox) == 3
    assert texted(sandbox).max() == 1


def test_a_gateway_that_keeps_ids_of_its_own_is_left_after_the_first_order(sandbox, proxy, through):
    proxy.always("POST", edited(lambda content: content.update(order_id="ITS-OWN")))
    with pytest.raises(CampaignStopped, match="an id of its own"):
        send(table(6), through, batch_size=2)
    assert posts(sandbox) == 1


@pytest.mark.parametrize("other", [" caffè", "caffè ", unicodedata.normalize("NFD", "caffè")])
def test_a_name_that_looks_the_same_is_the_same_campaign(other, sandbox, through):
    send(table(2), through, campaign="caffè")
    out = send(table(2), through, campaign=other)
    assert codes(out) == {"already_texted": 2}
    assert texted(sandbox).max() == 1
    assert statuses(smsframe.results(other, journal=through.journal)) == {"accepted": 2}
    with pytest.raises(CampaignChanged, match="there is a campaign 'caffè' already"):
        send(table(2), through, campaign="Caffè")
    assert texted(sandbox).max() == 1


@pytest.mark.parametrize("other", ["autumn  2026", "AUTUMN   2026", "autumn \uff12\uff10\uff12\uff16"])
def test_a_name_with_other_spaces_or_forms_of_letters_is_refused(other, sandbox, through, tmp_path):
    send(table(2), through, campaign="autumn 2026")
    with pytest.raises(CampaignChanged, match="there is a campaign 'autumn 2026' already"):
        send(table(2), through, campaign=other)
    with pytest.raises(CampaignChanged, match="that this journal does not know"):
        send(table(2), through, campaign=other, journal=tmp_path / "new.sqlite")
    assert texted(sandbox).max() == 1


def test_an_answer_that_names_another_order_of_ours_is_not_the_answer_to_this_one(sandbox, proxy, through):
    """Something on the way gives every order the answer of the one before."""
    answers = []

    def before(request):
        answers.append(request.forward())
        return answers[-2] if len(answers) == 2 else answers[-1]

    proxy.always("POST", before)
    out = send(table(3, bad=[1]), through, batch_size=1)
    said = out.loc[out["sms_status"].eq("accepted"), "sms_phone"]
    assert sorted(said) == sorted(sandbox.inbox()["recipient"])
    assert texted(sandbox).max() == 1


def test_a_balance_that_comes_late_rejects_nobody(proxy, through):
    """The credit is gone, as the answers to the orders say; the account call still tells of the morning."""
    proxy.on("POST", edited(lambda content: content.update(remaining_credits=0)))
    proxy.always("POST", answer(400, body=b'{"result": "not enough credit"}'))
    with pytest.raises(CampaignStopped, match="credit") as caught:
        send(table(10), through, batch_size=2, workers=1)
    assert statuses(caught.value.results) == {"accepted": 2, "pending": 8}
    proxy.clear()
    assert statuses(resume(through)) == {"accepted": 10}


@pytest.mark.parametrize("hidden", [2, 3, 4])
def test_a_lost_order_whose_list_hides_the_last_digits_is_not_sent_again(hidden, sandbox, proxy, through):
    def masked(content):
        for one in content.get("recipients", []):
            one["destination"] = one["destination"][:-hidden] + "*" * hidden

    proxy.on("POST", lose).always("GET", edited(masked), path="sms/")
    assert statuses(send(table(3), through)) == {"unconfirmed": 3}
    proxy.clear()
    assert statuses(send(table(3), through)) == {"accepted": 3}
    assert texted(sandbox).max() == 1


def test_who_said_stop_is_called_suppressed_and_nobody_is_told_to_take_them_up(proxy, through, capsys):
    people = table(3)
    proxy.on("POST", answer(400, body=b'{"result": "no"}'), answer(403))
    with pytest.raises(smsframe.NotAuthorised):
        send(people, through, batch_size=3)
    capsys.readouterr()
    proxy.clear()
    out = send(people, through, suppress=[people["mobile"][1]])
    assert out["sms_status"].tolist() == ["accepted", "suppressed", "accepted"]
    assert "takes them up" not in capsys.readouterr().err


def test_another_run_that_was_faster_is_no_other_journal(sandbox, proxy, through):
    """Between the first look and the writing another run texts everybody: nothing to do, and all is told."""
    with contextlib.closing(Gateway(proxy.url, username="demo", password="demo")) as other:
        proxy.on("GET", first(lambda: send(table(3), other, journal=through.journal)), path="status")
        out = send(table(3), through)
    assert statuses(out) == {"accepted": 3}
    assert posts(sandbox) == 1


def test_two_calls_that_adopt_at_once_do_so_once(sandbox, tmp_path):
    with contextlib.closing(sandbox.gateway(journal=tmp_path / "lost.sqlite")) as lost:
        send(table(4), lost)
    fresh = sandbox.gateway(journal=tmp_path / "fresh.sqlite")
    said, start = [], threading.Barrier(2)

    def run():
        start.wait()
        said.append(statuses(send(table(6), fresh, adopt=True, grace=0.3)))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 2, "none raised"
    assert texted(sandbox).max() == 1
    assert statuses(resume(fresh)) == {"accepted": 6}


def test_an_adopted_order_for_later_or_now_is_what_the_gateway_says(sandbox, tmp_path):
    later = datetime.now(UTC) + timedelta(days=30)
    with contextlib.closing(sandbox.gateway(journal=tmp_path / "lost.sqlite")) as lost:
        send(table(2), lost)
    fresh = sandbox.gateway(journal=tmp_path / "fresh.sqlite")
    out = send(table(3), fresh, schedule=later, adopt=True)
    assert out["sms_status"].tolist() == ["accepted", "accepted", "scheduled"]


def test_a_file_with_a_second_hard_link_is_refused(sandbox, through, tmp_path):
    """Unlike a symbolic one it cannot be seen through, and the owners are beside the other name."""
    send(table(1), through)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "journal.sqlite").hardlink_to(through.journal)
    before = posts(sandbox)
    with pytest.raises(smsframe.JournalError, match="two names"):
        send(table(2), through)
    assert posts(sandbox) == before


def test_another_text_is_named_without_the_numbers_in_it(through):
    send(table(1), through, "Call +39 347 123 4567")
    with pytest.raises(CampaignChanged) as changed:
        send(table(1), through, "Call us")
    assert "347 123 4567" not in str(changed.value)


def test_a_rate_holds_for_its_own_run_only(proxy, through):
    proxy.always("POST", answer(403))
    with pytest.raises(smsframe.NotAuthorised):
        send(table(50), through, rate=1)
    proxy.clear()
    before = proxy.posts()
    assert statuses(resume(through)) == {"accepted": 50}
    assert proxy.posts() - before == 1


def test_a_constant_order_id_of_another_program_does_not_make_every_history_incomplete(proxy, through):
    """One such client is known; its orders are rows of their own."""
    theirs = [
        {"order_id": "123456789", "create_time": f"2026112212000{at}", "num_recipients": 1} for at in (1, 2)
    ]
    proxy.always(
        "GET",
        edited(
            lambda content: content.update(
                smshistory=content["smshistory"] + theirs, total=content["total"] + 2
            )
        ),
        path="smshistory",
    )
    proxy.on("POST", drop)
    assert statuses(send(table(2), through)) == {"accepted": 2}
    assert proxy.posts() == 2


def test_an_account_that_is_somebodys_number_is_masked(through):
    """Some people log in with their own."""
    number = "+393471234567"
    send(table(1), through)
    other = gateway_at(through.base_url, through.journal, username=number)
    with pytest.raises(CampaignChanged, match="belongs to") as caught:
        send(table(1), other)
    assert number not in f"{caught.value} {other!r}"
    other.close()
