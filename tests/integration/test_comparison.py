"""The gateway's history held against the journal: lost and older journals, partial lists, wrong clocks."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from helpers.faulty_server import FaultyServer, answer, drop, edited, first, forward, instead, lose
from helpers.journal_files import keep, put_back
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
from smsframe import CampaignChanged, CampaignStopped, Gateway, Unconfirmed
from smsframe.clock import Clock
from smsframe.journal.journal import Journal
from smsframe.orders import batching
from smsframe.orders.names import alike_before
from smsframe.orders.profile import SMSEND

pytestmark = [REPEATS_SEND_AGAIN, pytest.mark.both_journals]


def events(gateway):
    return Journal(gateway.journal).evidence(1)["event"].tolist()


# An older copy of the journal.


def test_an_older_copy_of_the_journal_texts_nobody_again(sandbox, proxy, through):
    """The orders of then are planned in it: their order ids are the same, and the gateway lists them."""
    proxy.on("POST", answer(503, Retry_After="5000"))
    with pytest.raises(smsframe.Unavailable):
        send(table(150), through, batch_size=10)
    backup = keep(through.journal)
    assert statuses(send(table(150), through, batch_size=10)) == {"accepted": 150}
    put_back(backup, through.journal)
    out = send(table(150), through, batch_size=10)
    assert statuses(out) == {"accepted": 150}
    assert proxy.posts() == 1 + 15
    assert each_once(sandbox, out)
    assert events(through).count("listed") == 15


@pytest.mark.parametrize("call", ["send", "start", "resume"])
def test_an_older_copy_without_later_orders_stops_until_they_are_adopted(call, sandbox, proxy, through):
    send(table(2), through)
    proxy.on("POST", answer(503, Retry_After="5000"))
    with pytest.raises(smsframe.Unavailable):
        send(table(4), through)
    backup = keep(through.journal)
    send(table(8), through, batch_size=3)
    put_back(backup, through.journal)
    before = posts(sandbox)
    calls = {
        "send": partial(send, table(8), through),
        "start": partial(smsframe.start, table(8), "Ciao {name}", campaign="autumn", phone="mobile",
                         gateway=through, progress=False),
        "resume": partial(resume, through),
    }  # fmt: skip
    with pytest.raises(CampaignChanged) as stopped:
        calls[call]()
    assert stopped.value.orders["num_recipients"].sum() == 6
    assert posts(sandbox) == before
    out = resume(through, adopt=True) if call == "resume" else send(table(8), through, adopt=True)
    assert statuses(out) == {"accepted": 8}
    assert each_once(sandbox, out)


def test_an_older_copy_with_an_order_in_doubt_does_not_repeat_it_when_its_people_went_elsewhere(
    sandbox, proxy, through
):
    """In the copy the order is unconfirmed; since then it was given up, and its people were cut again."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    proxy.on("POST", drop).always("GET", answer(403), path="sms/")
    send(table(3), through, schedule=soon)
    proxy.clear()
    backup = keep(through.journal)
    later = replace(QUICK, clock=Clock(now=lambda: soon + timedelta(hours=1)))
    with pytest.raises(ValueError, match="passed"):
        resume(through, retry_policy=later)
    smsframe.resume("autumn", gateway=through, schedule=soon + timedelta(hours=9), progress=False)
    assert posts(sandbox) == 1
    put_back(backup, through.journal)
    with pytest.raises(CampaignChanged):
        resume(through)
    out = send(table(3), through, schedule=soon)  # nobody is new, so only the open order is looked up
    assert statuses(out) == {"unconfirmed": 3}
    assert "older copy" in out["sms_reason"].iloc[0]
    assert posts(sandbox) == 1


@pytest.mark.parametrize("elsewhere", [2, 4])
def test_whom_an_adopted_order_lists_is_no_longer_part_of_an_order_in_doubt(
    elsewhere, sandbox, proxy, through
):
    """The order in doubt is absent, and would be repeated, to people who have a text from another one."""
    people = table(4)
    proxy.on("POST", drop).always("GET", answer(403), path="sms/")
    send(people, through)
    backup = keep(through.journal)
    if elsewhere == 2:
        proxy.clear()
        send(people[:2], through)  # absent, and cut again
    else:
        assert statuses(resume(through, unconfirmed="send")) == {"accepted": 4}
        proxy.clear()
    assert posts(sandbox) == 1
    put_back(backup, through.journal)
    out = send(people, through, adopt=True)
    assert statuses(out) == {"accepted": 4}
    assert each_once(sandbox, out)
    assert posts(sandbox) == {2: 2, 4: 1}[elsewhere]
    assert sandbox.inbox()["order_id"].nunique() == posts(sandbox)


def test_a_resume_that_has_nobody_to_send_to_still_meets_the_orders_it_does_not_know(sandbox, proxy, through):
    """Everybody in the older copy is accepted; it must not be called the whole campaign."""
    send(table(3), through)
    backup = keep(through.journal)
    send(table(3, start=3), through)
    put_back(backup, through.journal)
    with pytest.raises(CampaignChanged, match="1 order"):
        resume(through)
    assert statuses(resume(through, adopt=True)) == {"accepted": 6}
    assert posts(sandbox) == 2


def test_a_resume_that_has_nobody_to_send_to_needs_no_history(sandbox, proxy, through):
    send(table(3), through)
    proxy.always("GET", answer(503), path="smshistory")
    assert statuses(resume(through)) == {"accepted": 3}


def test_an_old_backup_a_lost_answer_a_busy_history_and_a_kill_at_once(sandbox, proxy, through):
    """All of it together: nobody twice, nobody forgotten."""
    people = table(12)
    proxy.on("POST", answer(503, Retry_After="5000"))
    with pytest.raises(smsframe.Unavailable):
        send(people, through, batch_size=2, workers=1)
    backup = keep(through.journal)
    other = sandbox.gateway()
    order = {"message_type": "N", "message": "x", "recipient": ["+393479999901"]}
    for _ in range(3):
        other._call("POST", "sms", json=order)

    def busy(request):
        other._call("POST", "sms", json=order)
        return request.forward()

    proxy.always("GET", busy, path="smshistory")
    proxy.on("POST", forward, lose, first(lambda: put_back(backup, through.journal)))
    with pytest.raises((CampaignStopped, smsframe.JournalError)):
        send(people, through, batch_size=2, workers=1)  # ends as a killed process does: its records are gone
    proxy.on("POST", lose)
    for _ in range(3):
        with contextlib.suppress(smsframe.SmsFrameError):
            out = send(people, through, batch_size=2, workers=2)
    assert statuses(out) == {"accepted": 12}
    got = texted(sandbox).drop("+393479999901")
    assert sorted(got.index) == sorted(people["mobile"])
    assert got.max() == 1


def test_orders_under_another_name_of_the_same_account_are_known_too(sandbox, proxy, through, tmp_path):
    """Its keys are known once a session is open, so what was sent with them is known by the user name too."""
    user_key, access_token = sandbox_token(through)
    by_keys = Gateway(
        proxy.url, user_key=user_key, access_token=access_token, journal=tmp_path / "keys.sqlite"
    )
    before = send(table(3), by_keys)
    by_keys.close()
    with pytest.raises(CampaignChanged):
        send(table(3), through)
    assert each_once(sandbox, before)


def sandbox_token(gateway):
    came = gateway._exchange("GET", "token", gateway._login)
    return came.body.strip().split(";")


def test_a_persons_word_is_not_about_orders_that_are_in_doubt_only_since_this_call(sandbox, proxy, through):
    """In an older copy they are planned; the person who speaks has not seen that the gateway lists them."""
    proxy.on("POST", lose, answer(503, Retry_After="5000")).always("GET", answer(403), path="sms/")
    with pytest.raises(CampaignStopped):
        send(table(6), through, batch_size=2, workers=1)
    backup = keep(through.journal)
    proxy.clear()
    assert statuses(resume(through)) == {"accepted": 6}
    put_back(backup, through.journal)
    proxy.always("GET", answer(404), path="sms/")
    out = resume(through, unconfirmed="send")
    # The first order was in doubt, and the person sends it again; the others are as the gateway has them.
    got = texted(sandbox)[table(6)["mobile"]].tolist()
    assert got == [2, 2, 1, 1, 1, 1]
    assert statuses(out) == {"accepted": 2, "unconfirmed": 4}


@pytest.mark.parametrize("name", ["AUTUMN", "Autumn", " autumn "])
@pytest.mark.parametrize("address", [str, lambda url: url.replace("/API", "//API")], ids=["same", "slashes"])
@pytest.mark.parametrize("account", ["demo", "Demo"])
def test_a_lost_journal_is_noticed_however_its_campaign_and_its_gateway_are_spelled(
    name, address, account, sandbox, proxy, through, tmp_path
):
    """The order ids begin alike, in whichever journal: the gateway's history tells that it was sent."""
    before = send(table(3), through)

    def forward_as_one(request):
        raw = request.raw.replace(b"//API", b"/API").replace(b"login=Demo", b"login=demo")
        return forward(request.with_raw(raw.replace(b"username=Demo", b"username=demo")))

    for method in ("GET", "POST"):
        proxy.always(method, forward_as_one)
    with contextlib.closing(
        Gateway(address(proxy.url), username=account, password="demo", journal=tmp_path / "new.sqlite")
    ) as other:
        with pytest.raises(CampaignChanged) as stopped:
            send(table(3), other, campaign=name)
        assert stopped.value.orders["order_id"].tolist() == before["sms_order_id"].unique().tolist()
    assert posts(sandbox) == 1


IN_OTHER_CHARACTERS = {
    "a non-breaking hyphen": "autumn\u20112026 it's",
    "an en dash": "autumn\u20132026 it's",
    "an em dash": "autumn\u20142026 it's",
    "a minus sign": "autumn\u22122026 it's",
    "a blank braille pattern": "autumn-2026\u2800it's",
    "a variation selector": "autumn\ufe0f-2026 it's",
    "a hangul filler": "autumn-\u31642026 it's",
    "a grapheme joiner": "au\u034ftumn-2026 it's",
    "an apostrophe": "autumn-2026 it\u2019s",
    "wide letters": "\uff41utumn\uff0d2026 it's",
}


@pytest.mark.parametrize("name", IN_OTHER_CHARACTERS.values(), ids=IN_OTHER_CHARACTERS)
def test_a_name_that_looks_the_same_is_the_same_campaign(name, sandbox, gateway, tmp_path):
    """In the same journal and in a new one, from either spelling to the other."""
    names = ("autumn-2026 it's", name)
    for number, (one, other) in enumerate((names, names[::-1])):
        people = table(2, start=2 * number)
        here, new = (tmp_path / f"{number}-{which}.sqlite" for which in ("here", "new"))
        campaigns = (f"{number}. {one}", f"{number}. {other}")
        send(people, gateway, campaign=campaigns[0], journal=here)
        for journal in (here, new):
            with pytest.raises(CampaignChanged):
                send(people, gateway, campaign=campaigns[1], journal=journal)
    assert posts(sandbox) == 2


@pytest.mark.parametrize("name", ["autumn\u20112026", "autumn\ufe0f-2026"])
def test_orders_of_an_earlier_version_are_known_whatever_the_name_looks_like(name, sandbox, through):
    """Their order ids begin with a digest of the characters as they were written."""
    for before in (alike_before(name), name):
        prefix = batching._prefix(before, through.base_url, "demo")
        order = {"message_type": "N", "message": "x", "recipient": ["+393479999901"]}
        order["order_id"] = f"{prefix}-{'a' * 16}"
        assert sandbox.gateway()._call("POST", "sms", json=order).status == 201
    with pytest.raises(CampaignChanged) as stopped:
        send(table(3), through, campaign=name)
    assert len(stopped.value.orders) == len({alike_before(name), name})


def test_orders_of_an_earlier_version_are_known_by_the_name_as_it_was_written(sandbox, through, tmp_path):
    """Its order ids had another first half where there are capitals; its journal keeps them."""

    def digest(*parts):
        return base64.b32encode(hashlib.sha256("\x1e".join(parts).encode()).digest()).decode().lower()

    earlier = f"sf-{digest('Autumn', through.base_url, 'demo')[:10]}-abcdefghijklmnop"
    order = {"message_type": "N", "message": "x", "recipient": ["+393479999901"], "order_id": earlier}
    assert sandbox.gateway()._call("POST", "sms", json=order).status == 201
    with pytest.raises(CampaignChanged) as stopped:
        send(table(3), through, campaign="Autumn")
    assert stopped.value.orders["order_id"].tolist() == [earlier]


# Orders that list fewer people than they count.


def only(number):
    return edited(lambda words: words.update(recipients=words["recipients"][:number]))


def test_an_adopted_order_that_lists_half_of_its_people_holds_everybody_else(
    sandbox, proxy, through, tmp_path
):
    with contextlib.closing(gateway_at(proxy.url, tmp_path / "lost.sqlite")) as lost:
        send(table(10), lost)
    proxy.always("GET", only(5), path="sms/")
    for adopt in (True, False, False):
        with pytest.raises(CampaignStopped) as stopped:
            send(table(20), through, adopt=adopt)
        assert isinstance(stopped.value.__cause__, Unconfirmed)
        assert statuses(stopped.value.results) == {"accepted": 5, "pending": 15}
    with pytest.raises(CampaignStopped):
        resume(through)
    assert posts(sandbox) == 1
    proxy.clear()
    out = send(table(20), through)
    assert statuses(out) == {"accepted": 20}
    assert each_once(sandbox, out)


def test_a_person_can_say_that_nobody_else_is_in_an_adopted_order(sandbox, proxy, through, tmp_path):
    with contextlib.closing(gateway_at(proxy.url, tmp_path / "lost.sqlite")) as lost:
        send(table(2), lost)
    proxy.always("GET", edited(lambda words: [row.update(num_recipients=3) for row in words["smshistory"]]),
                 path="smshistory")  # fmt: skip
    with pytest.raises(CampaignStopped):
        send(table(4), through, adopt=True)
    out = resume(through, unconfirmed="send")
    assert statuses(out) == {"accepted": 4}
    assert each_once(sandbox, out)
    assert statuses(send(table(6), through)) == {"accepted": 6}


@pytest.mark.parametrize("word", ["send", "accept"])
def test_a_persons_word_is_not_about_orders_that_are_taken_over_by_the_same_call(
    word, sandbox, proxy, through, tmp_path
):
    """Nobody can say of orders, of which they learn by this call, that nobody else is in them."""
    people = table(6)
    proxy.on("POST", answer(503, Retry_After="5000"))
    with pytest.raises(smsframe.Unavailable):
        send(people, through)
    with contextlib.closing(gateway_at(proxy.url, tmp_path / "other.sqlite")) as other:
        send(people[:4], other)
    proxy.always("GET", only(2), path="sms/")
    with pytest.raises(CampaignStopped) as stopped:
        resume(through, adopt=True, unconfirmed=word)
    assert isinstance(stopped.value.__cause__, Unconfirmed)
    assert statuses(stopped.value.results) == {"accepted": 2, "pending": 4}
    assert each_once(sandbox, send(people[:4], through, journal=tmp_path / "other.sqlite"))
    out = resume(through, unconfirmed="send")  # now they have been told
    assert statuses(out) == {"accepted": 6}
    assert texted(sandbox)[people["mobile"]].tolist() == [1, 1, 2, 2, 1, 1]


# Wrong clocks.


@pytest.mark.parametrize("days", [-4000, -3, 3, 4000])
def test_a_wall_clock_that_is_wrong_doubles_nobody_and_is_said(days, sandbox, proxy, through, capsys):
    """The gateway has the order, and does not find it under its id: only the history knows it."""
    wrong = replace(QUICK, clock=Clock(now=lambda: datetime.now(UTC) + timedelta(days=days)))
    proxy.on("POST", lose).always("GET", answer(404), path="sms/")
    out = send(table(10), through, retry_policy=wrong, journal=Journal(through.journal, clock=wrong.clock))
    assert statuses(out) == {"unconfirmed": 10}
    assert posts(sandbox) == 1
    said = capsys.readouterr().err
    assert "ahead of the gateway's" in said if days > 0 else "behind the gateway's" in said
    proxy.clear()
    out = resume(through)
    assert statuses(out) == {"accepted": 10}
    assert each_once(sandbox, out)


def test_a_wall_clock_that_is_wrong_hides_no_order_of_a_lost_journal(sandbox, proxy, through, tmp_path):
    with contextlib.closing(gateway_at(proxy.url, tmp_path / "lost.sqlite")) as lost:
        send(table(3), lost)
    ahead = replace(QUICK, clock=Clock(now=lambda: datetime.now(UTC) + timedelta(days=90)))
    with pytest.raises(CampaignChanged):
        send(table(3), through, retry_policy=ahead)
    assert posts(sandbox) == 1


def test_a_time_has_passed_when_the_gateways_clock_says_so(sandbox, through):
    behind = replace(QUICK, clock=Clock(now=lambda: datetime.now(UTC) - timedelta(days=3)))
    with pytest.raises(ValueError, match="has passed"):
        send(table(2), through, schedule=datetime.now(UTC) - timedelta(days=1), retry_policy=behind)
    assert posts(sandbox) == 0


@pytest.mark.parametrize("hours", [-1, 0])
def test_a_second_absence_that_the_gateway_dates_too_early_is_no_proof(hours, sandbox, proxy, through):
    """This machine's clock says that the grace is over; the gateway's stands still, or goes back."""
    seconds = [0.0]
    retry_policy = replace(
        QUICK,
        clock=Clock(monotonic=lambda: seconds[0], pause=lambda _, wait: seconds.append(seconds.pop() + wait)),
    )
    proxy.ahead = lambda: (seconds[0] > 0) * hours * 3600.0 or 0.1
    proxy.on("POST", drop)
    out = send(table(3), through, grace=30, retry_policy=retry_policy)
    assert statuses(out) == {"unconfirmed": 3}
    assert "by the gateway's clock" in out["sms_reason"].iloc[0]
    assert proxy.posts() == 1


def test_a_gateway_that_does_not_say_what_time_it_is_proves_no_absence(sandbox, proxy, through):
    def undated(request):
        head, blank, body = request.forward().partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"date:")]
        return b"\r\n".join(lines) + blank + body

    proxy.always("GET", undated)
    proxy.on("POST", forward, drop)
    out = send(table(4), through, batch_size=2)
    assert statuses(out) == {"accepted": 2, "unconfirmed": 2}
    assert "does not say what time it is" in out["sms_reason"].dropna().iloc[0]
    assert posts(sandbox) == 1


def test_where_a_cache_may_have_answered_nothing_is_proven_absent(tmp_path):
    with smsframe.Sandbox(repeated_order_id="accept", extra_values="refuse") as sandbox:
        gateway = sandbox.gateway(journal=tmp_path / "journal.sqlite")
        sandbox.misbehave("drop_before", order=2)
        out = send(table(4), gateway, batch_size=2, workers=1)
        assert statuses(out) == {"accepted": 2, "unconfirmed": 2}
        assert "out of a cache" in out["sms_reason"].dropna().iloc[0]
        assert len(sandbox.orders()) == 1


# Orders that lost people.


@pytest.mark.parametrize(
    ("charged", "listed", "says"),
    [
        (0, 0, {"unconfirmed": 4}),
        (0, 4, {"accepted": 4}),
        (0, 3, {"accepted": 3, "unconfirmed": 1}),
        (0, None, {"unconfirmed": 4}),
        (3, None, {"unconfirmed": 4}),
        (8, None, {"accepted": 4}),
        (8, 0, {"unconfirmed": 4}),
        (8, 4, {"accepted": 4}),
    ],
)
def test_an_order_that_was_charged_otherwise_is_accepted_for_those_it_lists(
    charged, listed, says, sandbox, proxy, through
):
    proxy.on("POST", edited(lambda words: words.update(total_sent=charged)))
    proxy.always("GET", answer(404) if listed is None else only(listed), path="sms/")
    out = send(table(4), through)
    assert statuses(out) == says
    assert codes(out) == ({"missing_from_order": says["unconfirmed"]} if "unconfirmed" in says else {})
    proxy.clear()
    out = resume(through)
    assert statuses(out) == {"accepted": 4}
    assert each_once(sandbox, out)


def test_orders_that_list_nobody_stop_a_campaign(sandbox, proxy, through):
    """Accepted by word only: five of them in a row, and nothing more is sent."""
    proxy.always("POST", edited(lambda words: words.update(total_sent=0)))
    proxy.always("GET", only(0), path="sms/")
    with pytest.raises(CampaignStopped):
        send(table(40), through, batch_size=4)
    assert proxy.posts() == 5


def test_refresh_names_whom_an_accepted_order_does_not_list(sandbox, proxy, through):
    out = send(table(4), through)
    proxy.always("GET", only(3), path="sms/")
    fresh = out.sms.refresh(gateway=through, progress=False)
    assert statuses(fresh) == {"accepted": 3, "unconfirmed": 1}
    assert fresh["sms_code"].dropna().tolist() == ["missing_from_order"]
    proxy.clear()
    proxy.always("GET", only(0), path="sms/")
    assert statuses(out.sms.refresh(gateway=through, progress=False)) == {"unconfirmed": 4}
    proxy.clear()
    assert statuses(fresh.sms.refresh(gateway=through, progress=False)) == {"accepted": 4}


def test_refresh_says_what_confirms_an_order_that_the_gateway_lists(sandbox, proxy, through):
    """Beside its delivery a row says the same as the journal, and how that is settled."""
    proxy.on("POST", lose).always("GET", answer(403), path="sms/")
    with contextlib.suppress(CampaignStopped):
        send(table(2), through)
    proxy.clear()
    before = smsframe.results("autumn", gateway=through)
    assert statuses(before) == {"unconfirmed": 2}
    for _ in range(2):
        fresh = before.sms.refresh(gateway=through, progress=False)
        assert fresh["sms_delivery"].isna().all()  # as in the journal, which has none of an order in doubt
        assert statuses(fresh) == statuses(smsframe.results("autumn", gateway=through))
        assert fresh["sms_code"].unique().tolist() == ["unconfirmed"]
        assert fresh["sms_reason"].unique().tolist() == [
            "may have been accepted; not confirmed yet: the gateway lists it, resume confirms it"
        ]
    proxy.always("GET", only(1), path="sms/")  # who is not listed has no such reason
    partly = before.sms.refresh(gateway=through, progress=False)
    assert partly["sms_reason"].str.contains("resume confirms it").tolist() == [True, False]
    proxy.clear()
    assert statuses(resume(through)) == {"accepted": 2}
    out = smsframe.results("autumn", gateway=through).sms.refresh(gateway=through, progress=False)
    assert statuses(out) == {"accepted": 2}
    assert out["sms_reason"].isna().all()


# Refused, and taken.


def twice(request):
    """Something on the way sends an order again, as some proxies do."""
    request.forward()
    return request.forward()


@pytest.mark.parametrize("refusals", ["split", "skip"])
def test_an_order_that_is_refused_because_the_gateway_has_it_is_accepted(refusals, tmp_path):
    """The second one is refused for its used id: that refuses nobody, and nothing is halved."""
    with smsframe.Sandbox(repeated_order_id="refuse") as sandbox, FaultyServer(sandbox.url) as proxy:
        gateway = gateway_at(proxy.url, tmp_path / "journal.sqlite")
        proxy.always("POST", twice)
        out = send(table(30), gateway, batch_size=10, refusals=refusals)
        assert statuses(out) == {"accepted": 30}
        assert each_once(sandbox, out)
        gateway.close()


@pytest.mark.parametrize("status", [401, 413, 429, 503])
def test_an_order_that_was_taken_before_something_said_no_is_found_when_its_repetition_is_refused(
    status, tmp_path
):
    with smsframe.Sandbox(repeated_order_id="refuse") as sandbox, FaultyServer(sandbox.url) as proxy:
        gateway = gateway_at(proxy.url, tmp_path / "journal.sqlite")
        proxy.on("POST", forward, instead(status, Retry_After="0"))
        out = send(table(15), gateway, batch_size=5, workers=1)
        assert statuses(out) == {"accepted": 15}
        assert each_once(sandbox, out)
        gateway.close()


@pytest.mark.parametrize("history", [True, False])
@pytest.mark.parametrize("again", ["send", "resume", "other text"])
def test_an_order_that_was_taken_before_something_said_no_is_found_on_a_later_call(again, history, tmp_path):
    """That call would cut its people into other orders, under ids that the gateway does not know."""
    profile = replace(SMSEND, history=history)
    with smsframe.Sandbox(repeated_order_id="refuse") as sandbox, FaultyServer(sandbox.url) as proxy:
        gateway = gateway_at(proxy.url, tmp_path / "journal.sqlite", profile=profile)
        proxy.on("POST", instead(503, Retry_After="700"))
        with pytest.raises(smsframe.Unavailable):
            send(table(3), gateway, batch_size=3)
        if again == "resume":
            out = resume(gateway, suppressed=table(1)["mobile"])
        elif again == "send":
            out = send(table(4), gateway, batch_size=2)
        else:
            out = send(table(3), gateway, "Another text", changed="continue")
        assert set(statuses(out)) == {"accepted"}
        assert sandbox.inbox()["recipient"].is_unique
        assert len(sandbox.inbox()) == len(out)
        gateway.close()


def test_an_order_that_was_given_up_holds_everybody_while_nobody_says_whether_it_is_there(tmp_path):
    with smsframe.Sandbox(repeated_order_id="refuse") as sandbox, FaultyServer(sandbox.url) as proxy:
        gateway = gateway_at(proxy.url, tmp_path / "journal.sqlite", profile=replace(SMSEND, history=False))
        proxy.on("POST", instead(503, Retry_After="700"))
        with pytest.raises(smsframe.Unavailable):
            send(table(3), gateway, batch_size=3)
        proxy.always("GET", answer(403), path="sms/")
        with pytest.raises(smsframe.NotAuthorised):
            send(table(4), gateway, batch_size=2)
        proxy.clear()
        proxy.always("GET", answer(404, PAGE), path="sms/")  # a proxy's
        assert statuses(send(table(4), gateway, batch_size=2)) == {"accepted": 1, "unconfirmed": 3}
        proxy.clear()
        assert statuses(resume(gateway)) == {"accepted": 4}
        assert sandbox.inbox()["recipient"].is_unique
        gateway.close()


def test_a_refusal_that_nobody_can_look_into_splits_nobody(sandbox, proxy, through):
    proxy.on("POST", forward, answer(400)).always("GET", answer(403), path="sms/")
    out = send(table(6), through, batch_size=3)
    assert statuses(out) == {"accepted": 3, "unconfirmed": 3}
    assert proxy.posts() == 2


PAGE = b"<html><body>404 Not Found</body></html>"


@pytest.mark.parametrize("history", [forward, answer(503)], ids=["told", "untold"])
@pytest.mark.parametrize("body", [PAGE, b"", b"404 page not found"], ids=["page", "empty", "text"])
@pytest.mark.parametrize("before", [twice, instead(413)], ids=["repeated", "denied"])
def test_a_refusal_is_no_refusal_when_only_a_proxy_says_that_the_order_is_not_there(
    before, body, history, tmp_path
):
    """The gateway has the order and refuses its used id; what answers the question knows no order at all."""
    with smsframe.Sandbox(repeated_order_id="refuse") as sandbox, FaultyServer(sandbox.url) as proxy:
        gateway = gateway_at(proxy.url, tmp_path / "journal.sqlite")
        proxy.on("POST", forward, before)
        proxy.on("GET", forward, path="smshistory").always("GET", history, path="smshistory")
        proxy.on("GET", answer(404, body), path="sms/")
        out = send(table(6), gateway, batch_size=3, workers=1)
        assert statuses(out) == {"accepted": 6}
        assert each_once(sandbox, out)
        assert "refused" not in events(gateway)
        gateway.close()


@pytest.mark.parametrize(("body", "questions"), [(b"{}", 1), (PAGE, 3)])
def test_an_ordinary_refusal_asks_the_history_only_where_a_404_may_be_a_proxys(
    body, questions, sandbox, proxy, through
):
    people = table(2)
    proxy.on("POST", answer(400), answer(400)).always("GET", answer(404, body), path="sms/")
    out = send(people, through, workers=1)
    assert statuses(out) == {"accepted": 1, "rejected": 1}
    assert proxy.questions("smshistory") == questions


# One history for all of them.


def test_the_history_is_read_once_for_all_orders_in_doubt(sandbox, proxy, through):
    proxy.on("POST", forward, drop, drop, drop, drop)
    out = send(table(10), through, batch_size=2)
    assert statuses(out) == {"accepted": 10}
    assert each_once(sandbox, out)
    assert proxy.questions("smshistory") == 1 + 2  # before sending, and once in each of two rounds


# Cancelled orders.


def test_a_cancelled_order_is_no_witness_against_a_history(sandbox, proxy, through):
    """It was accepted, and is listed no more."""
    out = send(table(3), through, campaign="spring", schedule=datetime.now(UTC) + timedelta(hours=2))
    gone = out["sms_order_id"].iloc[0]
    assert through._call("DELETE", f"sms/{gone}").status == 200
    proxy.always(
        "GET",
        edited(
            lambda words: words.update(
                smshistory=[row for row in words["smshistory"] if row["order_id"] != gone],
                total=sum(row["order_id"] != gone for row in words["smshistory"]),
            )
        ),
        path="smshistory",
    )
    proxy.on("POST", drop)
    out = send(table(3), through)
    assert statuses(out) == {"accepted": 3}
