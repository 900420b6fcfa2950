"""Refused numbers that the gateway leaves out: an order each, nobody twice, nobody rejected by guessing."""

from __future__ import annotations

import contextlib
import json
import math

import pandas as pd
import pytest
from helpers import killable
from helpers.faulty_server import FaultyServer, answer, drop, edited, first, forward, lose
from helpers.journal_files import keep, put_back
from helpers.sending import (
    REPEATS_SEND_AGAIN,
    codes,
    each_once,
    each_sandbox,
    gateway_at,
    posts,
    resume,
    send,
    statuses,
    table,
    texted,
)

import smsframe
from smsframe import CampaignStopped, Gateway, Unconfirmed
from smsframe.campaign.look_ups.look_up import left_out
from smsframe.journal.journal import Journal
from smsframe.orders import batching
from smsframe.orders.terms import Terms

pytestmark = [REPEATS_SEND_AGAIN, pytest.mark.sandbox(left_out="named"), pytest.mark.both_journals]

WAYS = ("named", "charged", "unlisted")
EACH_WAY = each_sandbox("left_out", *WAYS)
BAD = (3, 150, 220, 320, 480, 555, 699)
"""Of 700: about as many as in a campaign of 7,061 people with 72 refused numbers."""

NO = answer(400, body=json.dumps({"result": "This sender is not allowed"}).encode())


def skip(contacts, gateway, *text, **options):
    return send(contacts, gateway, *text, refusals="skip", **options)


def spread():
    """700 people, and the refused among them wherever numbers are sorted."""
    frame = table(700)
    frame.loc[[*BAD], "mobile"] = [f"+39347{place // 70:05d}85" for place in BAD]
    return frame


def told(sandbox, refused, people):
    """What rows say when nothing else goes wrong, by how the gateway tells of numbers that it left out."""
    left_out = "unconfirmed" if sandbox._ledger.questions.left_out == "unlisted" else "rejected"
    return {"accepted": people - refused, left_out: refused}


def questions(sandbox):
    return int(sandbox.calls()["path"].str.startswith("sms/").sum())


# What it costs, and what it says.


@EACH_WAY
def test_refused_numbers_cost_one_question_per_order_and_no_order(sandbox, gateway):
    frame = spread()
    out = skip(frame, gateway, batch_size=100)
    assert statuses(out) == told(sandbox, 7, 700)
    assert out["sms_status"].ne("accepted").to_numpy().nonzero()[0].tolist() == [*BAD]
    assert (posts(sandbox), questions(sandbox)) == (7, 7)
    assert each_once(sandbox, out)
    again = skip(frame, gateway, batch_size=100)
    assert posts(sandbox) == 7
    assert again["sms_status"].tolist() == out["sms_status"].tolist()


def test_halving_costs_what_that_saves(sandbox, gateway):
    assert statuses(send(spread(), gateway, batch_size=100)) == {"accepted": 693, "rejected": 7}
    halvings = posts(sandbox) - 7
    assert 2 * len(BAD) * math.floor(math.log2(100)) <= halvings <= 2 * len(BAD) * math.ceil(math.log2(100))


def test_who_is_left_out_is_rejected_with_the_gateways_code_and_its_order(sandbox, gateway):
    out = skip(table(5, bad=[2]), gateway)
    row = out.loc[2]
    assert (row["sms_status"], row["sms_code"]) == ("rejected", "refused_number")
    assert row["sms_reason"] == "the gateway refused this number: INVALIDDST"
    assert row["sms_order_id"] == out["sms_order_id"][0]
    assert pd.isna(row["sms_sent_at"])
    assert pd.isna(row["sms_credits"])
    assert out["sms_credits"].sum() == 4
    # And it stays so: the journal knows, for every call that asks it.
    known = smsframe.results("autumn", gateway=gateway)
    assert known["sms_reason"].dropna().tolist() == [row["sms_reason"]]
    journal = Journal(gateway.journal)
    assert +journal.batches.tally(journal.get("autumn")).counts == {"accepted": 4, "rejected": 1}
    counted = smsframe.campaigns(gateway=gateway).iloc[0]
    assert (counted["accepted"], counted["rejected"], counted["credits"]) == (4, 1, 4)


@pytest.mark.sandbox(left_out="charged")
def test_what_they_are_charged_is_shared_by_those_who_were_sent_to(sandbox, gateway, capsys):
    out = skip(table(5, bad=[2]), gateway)
    assert out["sms_credits"].sum() == 5
    assert out["sms_credits"].isna().tolist() == [False, False, True, False, False]
    assert "than planned" not in capsys.readouterr().err


def test_that_they_cost_nothing_is_no_news(sandbox, gateway, capsys):
    skip(table(5, bad=[2]), gateway)
    assert "than planned" not in capsys.readouterr().err


@pytest.mark.sandbox(left_out="unlisted")
def test_who_is_in_no_answer_is_unconfirmed_until_a_person_says_so(sandbox, gateway):
    frame = table(5, bad=[2])
    assert codes(skip(frame, gateway)) == {"missing_from_order": 1}
    before = questions(sandbox)
    assert statuses(resume(gateway)) == {"accepted": 4, "unconfirmed": 1}
    assert (posts(sandbox), questions(sandbox)) == (1, before + 1)
    # An order of its own, which lists nobody: that is doubt again.
    assert statuses(resume(gateway, unconfirmed="send")) == {"accepted": 4, "unconfirmed": 1}
    assert posts(sandbox) == 2
    # Refused as a whole, it is halved down to the number.
    assert statuses(resume(gateway, unconfirmed="send", refusals="split")) == {"accepted": 4, "rejected": 1}
    assert texted(sandbox).tolist() == [1] * 4


FATES = {"72": "UNKNRCPT", "73": "UNKNPFX", "74": "INVALIDDST"}


def test_only_codes_that_mean_never_sent_reject_anybody(sandbox, gateway):
    """All the others are about a text that was taken, also those of a stop list and of the network."""
    endings = [f"{ending}" for ending in range(70, 85)]
    people = pd.DataFrame({"mobile": [f"+39347000{ending:>04}" for ending in endings]})
    out = skip(people, gateway, "Ciao").set_index(pd.Index(endings))
    assert set(out.index[out["sms_status"].eq("accepted")]) == {*endings} - {*FATES}
    for ending, code in FATES.items():
        assert out["sms_reason"][ending] == f"the gateway refused this number: {code}"
    assert statuses(send(people, gateway, "Ciao", campaign="split")) == {"accepted": len(endings)}


def test_a_number_listed_twice_is_left_out_only_if_both_say_so():
    state = pd.DataFrame(
        {"phone": ["+1", "+1", "+2", "+2", "+3", "+9"], "delivery": ["X", "DLVRD", "X", "Y", None, "X"]}
    )
    people = pd.DataFrame({"phone": ["+1", "+2", "+3"]})
    assert left_out(state, people, frozenset("XY")).to_dict() == {"+2": "X"}


# What another journal sent.


@pytest.fixture
def lost(proxy, tmp_path):
    """A gateway whose journal nobody will find again."""
    with contextlib.closing(gateway_at(proxy.url, tmp_path / "lost.sqlite")) as made:
        yield made


@pytest.mark.samples(1)
@EACH_WAY
def test_who_was_left_out_of_an_order_that_is_taken_over_is_not_accepted(sandbox, lost, through):
    """Nobody knows whether the lost journal allowed it; the gateway's list says who was never sent to."""
    people = table(5, bad=[2])
    before = skip(people, lost)
    for _ in range(
        3
    ):  # also where nobody was named: then the person is of no order, and gets one that lacks it
        out = skip(people, through, adopt=True)
        assert statuses(out) == told(sandbox, 1, 5)
        assert out["sms_status"].tolist() == before["sms_status"].tolist()
    assert each_once(sandbox, out)
    counted = smsframe.campaigns(gateway=through).iloc[0]
    assert counted["accepted"] == 4
    assert statuses(resume(through)) == told(sandbox, 1, 5)


def numbers_left_out(*phones):
    """A state call that names these as never sent to."""

    def change(words):
        for row in words["recipients"]:
            row["status"] = "INVALIDDST" if row["destination"] in phones else row["status"]

    return edited(change)


def test_of_two_orders_the_one_that_did_not_leave_a_person_out_counts(sandbox, proxy, through):
    people = table(3)
    prefix = batching.prefix("autumn", through.base_url, "demo")
    orders = [f"{prefix}-{letter * 16}" for letter in "abc"]
    for order, phones in zip(orders, (people["mobile"][1:], people["mobile"], people["mobile"]), strict=True):
        sent = {"message_type": "N", "message": "x", "recipient": [*phones], "order_id": order}
        assert sandbox.gateway()._call("POST", "sms", json=sent).status == 201
    proxy.always("GET", numbers_left_out(*people["mobile"][:2]), path=f"sms/{orders[0]}")
    proxy.always("GET", numbers_left_out(people["mobile"][0]), path=f"sms/{orders[1]}")
    out = send(people, through, adopt=True)
    assert statuses(out) == {"accepted": 3}
    assert out["sms_order_id"][0] == orders[2]
    assert out["sms_order_id"][1] in orders[1:]


def test_an_order_that_counts_more_than_it_lists_and_left_out_holds_everybody_else(
    sandbox, proxy, lost, through
):
    """Also when a later call frees who was left out, because it has another sender."""
    people = table(7, bad=[2])
    skip(people[:5], lost)
    proxy.always("GET", edited(lambda words: [row.update(num_recipients=6) for row in words["smshistory"]]),
                 path="smshistory")  # fmt: skip
    for options in ({"adopt": True}, {}, {"sender": "Another", "changed": True}, {}):
        with pytest.raises(CampaignStopped) as stopped:
            skip(people, through, **options)
        assert isinstance(stopped.value.__cause__, Unconfirmed)
        assert statuses(stopped.value.results)["accepted"] == 4
    assert posts(sandbox) == 1
    assert statuses(resume(through, unconfirmed="send")) == {"accepted": 6, "rejected": 1}
    assert texted(sandbox).tolist() == [1] * 6


def test_an_older_copy_does_not_know_whether_an_order_left_numbers_out(sandbox, proxy, through):
    """Its order id is the same, whatever the call said that sent it."""
    people = table(5, bad=[2])
    proxy.on("POST", answer(503, Retry_After="5000"))
    with pytest.raises(smsframe.Unavailable):
        send(people, through)
    backup = keep(through.journal)
    assert statuses(skip(people, through)) == {"accepted": 4, "rejected": 1}
    put_back(backup, through.journal)
    assert statuses(send(people, through)) == {"accepted": 4, "rejected": 1}
    assert posts(sandbox) == 1


# Who was refused is tried again for a reason only.


def test_they_are_tried_again_with_another_sender_and_only_then(sandbox, gateway):
    frame = table(5, bad=[2])
    skip(frame, gateway)
    for _ in range(2):
        assert statuses(skip(frame, gateway)) == {"accepted": 4, "rejected": 1}
        assert statuses(send(frame, gateway)) == {"accepted": 4, "rejected": 1}
        assert statuses(resume(gateway)) == {"accepted": 4, "rejected": 1}
    assert posts(sandbox) == 1
    options = {"campaign": "autumn", "phone": "mobile", "gateway": gateway}
    assert smsframe.plan(frame, "Ciao {name}", **options).recipients == 0
    assert smsframe.plan(frame, "Ciao {name}", sender="Shop", **options).recipients == 1
    again = skip(frame, gateway, sender="Shop")
    assert statuses(again) == {"accepted": 4, "rejected": 1}
    assert posts(sandbox) == 2
    assert again["sms_order_id"].nunique() == 2
    assert texted(sandbox).tolist() == [1] * 4


# What is refused all the same.


def test_an_order_that_is_refused_all_the_same_stops_and_nobody_is_split(proxy, sandbox, through):
    proxy.always("POST", NO)
    with pytest.raises(smsframe.Rejected, match="This sender is not allowed"):
        skip(table(30, bad=[2]), through, batch_size=10)
    assert proxy.posts() == 1
    assert statuses(smsframe.results("autumn", journal=through.journal)) == {"pending": 30}
    proxy.clear()
    assert statuses(skip(table(30, bad=[2]), through, batch_size=10)) == {"accepted": 29, "rejected": 1}
    assert texted(sandbox).max() == 1


def test_an_order_of_refused_numbers_alone_may_stop_it_and_splitting_goes_on(tmp_path):
    with smsframe.Sandbox(all_left_out="refuse", speed=3600) as sandbox:
        gateway = sandbox.gateway(journal=tmp_path / "journal.sqlite")
        with pytest.raises(smsframe.CampaignStopped, match='refusals="split"') as stopped:
            skip(table(9, bad=[3, 4, 5]), gateway, batch_size=3, workers=1)
        assert isinstance(stopped.value.__cause__, smsframe.Rejected)
        assert statuses(stopped.value.results) == {"accepted": 6, "pending": 3}
        out = resume(gateway, refusals="split")
        assert statuses(out) == {"accepted": 6, "rejected": 3}
        assert texted(sandbox).tolist() == [1] * 6


def test_credit_that_runs_out_is_no_refusal(tmp_path):
    with smsframe.Sandbox(credits=20) as sandbox, FaultyServer(sandbox.url) as proxy:
        gateway = Gateway(proxy.url, username="demo", password="demo", journal=tmp_path / "journal.sqlite")
        other = sandbox.gateway(journal=tmp_path / "other.sqlite")
        proxy.on("POST", forward, first(lambda: send(table(12, start=500), other, campaign="other")))
        with pytest.raises(smsframe.CampaignStopped) as stopped:
            skip(table(20), gateway, batch_size=4, workers=1)
        assert isinstance(stopped.value.__cause__, smsframe.NotEnoughCredit)
        assert set(statuses(stopped.value.results)) == {"accepted", "pending"}


# Nobody can know.


@EACH_WAY
def test_without_an_answer_about_it_nobody_of_an_order_is_accepted_until_it_was_asked(
    sandbox, proxy, through
):
    proxy.always("GET", drop, path="sms/")
    out = skip(table(6, bad=[2]), through)
    assert codes(out) == {"missing_from_order": 6}
    assert codes(skip(table(6, bad=[2]), through)) == {"missing_from_order": 6}
    proxy.clear()
    out = resume(through)
    assert statuses(out) == told(sandbox, 1, 6)
    assert proxy.posts() == 1
    assert each_once(sandbox, out)


@EACH_WAY
def test_a_lost_answer_is_looked_up_and_says_the_same(sandbox, proxy, through):
    proxy.on("POST", lose)
    out = skip(table(6, bad=[2]), through)
    assert statuses(out) == told(sandbox, 1, 6)
    assert proxy.posts() == 1
    assert each_once(sandbox, out)


@EACH_WAY
def test_an_order_is_repeated_as_it_was_whatever_the_later_call_says(sandbox, proxy, through):
    bodies = []

    def noted(then):
        def act(request):
            bodies.append(json.loads(request.raw.partition(b"\r\n\r\n")[2]))
            return then(request)

        return act

    proxy.on("POST", noted(drop)).on("GET", *[drop] * 3, path="sms/")
    assert statuses(skip(table(6, bad=[2]), through)) == {"unconfirmed": 6}
    proxy.always("POST", noted(forward))
    out = send(table(8, bad=[2]), through)
    assert {status: n for status, n in statuses(out).items() if n} == told(sandbox, 1, 8)
    once, again, new = sorted(bodies, key=lambda body: -len(body["recipients"]))
    assert once == again
    assert once["allowInvalidRecipients"] is True
    assert (len(new["recipients"]), new["allowInvalidRecipients"]) == (2, False)
    assert each_once(sandbox, out)


def test_resume_goes_on_as_the_last_call_wanted_it_unless_it_is_told_otherwise(sandbox, proxy, through):
    proxy.always("POST", answer(503, Retry_After="3600"))
    for refusals in ("skip", "split"):
        with pytest.raises(smsframe.Unavailable):
            send(table(4, bad=[2]), through, refusals=refusals)
        assert Journal(through.journal).get("autumn").terms.skip_refused == (refusals == "skip")
    with pytest.raises(smsframe.Unavailable):
        skip(table(4, bad=[2]), through)
    proxy.clear()
    before = proxy.posts()
    assert statuses(resume(through)) == {"accepted": 3, "rejected": 1}
    assert proxy.posts() == before + 1


def test_another_process_leaves_alone_what_a_run_is_about_to_ask(sandbox, proxy, through):
    """Between the acceptance and the answer about it everybody is unconfirmed, and in good hands."""
    frames = []

    def meanwhile():
        proxy.on("GET", *[drop] * 9, path="sms/")
        frames.append(resume(through, unconfirmed="send"))
        proxy.clear()

    proxy.on("GET", first(meanwhile), path="sms/")
    out = skip(table(6, bad=[2]), through)
    assert statuses(frames[0]) == {"unconfirmed": 6}
    assert statuses(out) == {"accepted": 5, "rejected": 1}
    assert proxy.posts() == 1
    assert each_once(sandbox, out)


# Killed.


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    with smsframe.Sandbox(repeated_order_id="accept", speed=3600) as sandbox:
        journal = tmp_path_factory.mktemp("undisturbed") / "journal.sqlite"
        ending = killable.run(_victim, sandbox.url, journal)
        return ending.points


def _victim(url, journal):
    return killable.send(url, journal, table(6, bad=[2]), refusals="skip", batch_size=4, workers=1)


@pytest.mark.slow
@pytest.mark.parametrize("share", [n / 12 for n in range(12)])
def test_killed_at_any_point_everybody_ends_where_the_undisturbed_run_has_them(
    share, undisturbed, sandbox, tmp_path
):
    journal = tmp_path / "journal.sqlite"
    asked = next(place for place, name in enumerate(undisturbed) if "POST" in name)
    fatal = asked + int(share * (len(undisturbed) - asked))  # before the first order there is nothing to lose
    assert killable.run(_victim, sandbox.url, journal, fatal=fatal).killed
    before = smsframe.results("autumn", journal=journal)
    assert before["sms_status"].eq("accepted").sum() <= len(texted(sandbox))
    out = skip(table(6, bad=[2]), sandbox.gateway(journal=journal), batch_size=4)
    assert statuses(out) == {"accepted": 5, "rejected": 1}
    assert each_once(sandbox, out)


# With the rest.


def test_a_rate_and_workers_make_no_difference(sandbox, gateway):
    out = skip(table(80, bad=[5, 70]), gateway, rate=400, batch_size=10, workers=4)
    assert statuses(out) == {"accepted": 78, "rejected": 2}
    assert posts(sandbox) == 8
    assert each_once(sandbox, out)


@pytest.mark.parametrize("call", ["send", "start", "accessor", "resume"])
def test_every_call_that_sends_takes_it(call, sandbox, gateway):
    frame = table(4, bad=[2])
    options = {"campaign": "autumn", "phone": "mobile", "gateway": gateway, "progress": False}
    match call:
        case "send":
            out = smsframe.send(frame, "Ciao", refusals="skip", **options)
        case "start":
            run = smsframe.start(frame, "Ciao", refusals="skip", **options)
            out = run.wait()
            assert run.facts()["rejected"] == 1
        case "accessor":
            out = frame.sms.send("Ciao", refusals="skip", **options)
        case _:
            stopped = smsframe.Run.stop  # an order is on its way, the rest is left to resume
            run = smsframe.start(frame, "Ciao", rate=1, batch_size=1, **options)
            stopped(run)
            run.wait()
            out = smsframe.resume("autumn", gateway=gateway, refusals="skip", progress=False)
    assert statuses(out) == {"accepted": 3, "rejected": 1}
    assert each_once(sandbox, out)


@pytest.mark.parametrize("call", [smsframe.send, smsframe.start])
def test_a_word_that_is_none_is_refused_before_anything_happens(call, sandbox, gateway):
    with pytest.raises(ValueError, match='must be "split" or "skip"'):
        call(table(1), "Ciao", campaign="x", phone="mobile", gateway=gateway, refusals="drop")
    assert posts(sandbox) == 0
    assert Terms().with_refusals("split") == Terms()


def test_a_plan_is_sent_with_what_the_call_says(sandbox, gateway):
    plan = smsframe.plan(table(4, bad=[2]), "Ciao", campaign="autumn", phone="mobile", gateway=gateway)
    out = smsframe.send(plan, gateway=gateway, refusals="skip", progress=False)
    assert statuses(out) == {"accepted": 3, "rejected": 1}
    assert posts(sandbox) == 1
