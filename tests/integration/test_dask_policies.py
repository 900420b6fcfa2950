"""Frames of Dask under a policy: a budget covers the first rows of the whole table, as on one machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from helpers.dask_cluster import cluster, cut, required, same
from helpers.sending import statuses, table

import smsframe
from smsframe.errors import (
    CampaignStopped,
    ConfirmationMismatch,
    ContactsError,
    JournalError,
    NotEnoughCredit,
)

required()
import dask  # noqa: E402
import dask.dataframe as dd  # noqa: E402

import smsframe.engines.dask  # noqa: E402

PRICES = pd.DataFrame({"country": ["IT"], "quality": "high", "price": "0.5", "currency": "EUR"})


@pytest.fixture(autouse=True)
def in_this_process():
    with dask.config.set(scheduler="sync"):
        yield


@pytest.fixture
def service(monkeypatch):
    with smsframe.Sandbox(credits=6, repeated_order_id="accept") as made:
        for name, value in (("BASE_URL", made.url), ("USERNAME", "demo"), ("PASSWORD", "demo")):
            monkeypatch.setenv(f"SMSFRAME_{name}", value)
        yield made


def people():
    """Some of whom are there twice, and some of whom nobody has a price for."""
    rows = pd.concat([table(7), table(12)], ignore_index=True)
    rows.loc[[2, 9], "mobile"] = ["+541123450001", "12"]
    rows.loc[4, "name"] = "x" * 200
    return rows


POLICIES = [
    smsframe.Policy(budget=5),
    smsframe.Policy(budget="3.5", prices=PRICES),
    smsframe.Policy(prices=PRICES),
    smsframe.Policy(cap="2 per 7 days"),
]


@pytest.mark.parametrize("policy", POLICIES, ids=repr)
def test_a_plan_under_a_policy_is_that_of_one_table(service, tmp_path, policy):
    rows, options = people(), {"phone": "mobile", "campaign": "autumn", "policy": policy}
    for _ in range(2):  # again, when some have a text
        found = cut(rows, 1, 5, 5, 12).sms.plan("Ciao {name}", journal=tmp_path / "journal.sqlite", **options)
        wanted = rows.sms.plan("Ciao {name}", journal=tmp_path / "journal.sqlite", **options)
        same(found.frame.compute(), wanted.frame)
        assert (found.recipients, found.segments) == (wanted.recipients, wanted.segments)
        assert found.counts.to_dict() == wanted.counts.to_dict()
        first = {"journal": tmp_path / "journal.sqlite", "progress": False, "changed": "continue"}
        rows.iloc[:2].sms.send("Ciao {name}", **options, **first)


def test_the_number_that_is_confirmed_is_that_of_one_table(service, tmp_path):
    frame = cut(table(12), 4, 8)
    call = {"phone": "mobile", "journal": tmp_path / "journal.sqlite", "progress": False, "grace": 0.2}
    capped = smsframe.Policy(cap="9 per 7 days")
    with pytest.raises(ConfirmationMismatch):
        frame.sms.send("Ciao", campaign="capped", confirm=11, policy=capped, **call)
    budget = smsframe.Policy(budget=5)
    with pytest.raises(ConfirmationMismatch) as wrong:
        frame.sms.send("Ciao", campaign="budget", confirm=12, policy=budget, **call)
    assert wrong.value.recipients == 5
    assert service.inbox().empty
    for _ in range(2):  # the same call passes again
        sent = frame.sms.send("Ciao", campaign="budget", confirm=5, policy=budget, **call).compute()
        assert statuses(sent) == {"accepted": 5, "pending": 7}
    assert len(service.inbox()) == 5


def test_the_credit_has_to_pay_for_what_the_budget_covers(service, tmp_path):
    call = {"phone": "mobile", "journal": tmp_path / "journal.sqlite", "progress": False, "grace": 0.2}
    frame = cut(table(12), 4, 8)
    with pytest.raises(NotEnoughCredit) as poor:
        frame.sms.send("Ciao", campaign="too much", policy=smsframe.Policy(budget=7), **call)
    assert poor.value.needed == 7
    sent = frame.sms.send("Ciao", campaign="enough", policy=smsframe.Policy(budget=5), **call).compute()
    assert statuses(sent) == {"accepted": 5, "pending": 7}
    again = frame.sms.send("Ciao", campaign="enough", **call).compute()  # they go on waiting
    assert statuses(again) == {"accepted": 5, "pending": 7}
    assert len(service.inbox()) == 5


def test_a_policy_without_a_budget_reads_and_sends_no_partition_alone(service, tmp_path, monkeypatch):
    turns = []
    each = smsframe.engines.dask_parts.Parts.each

    def noted(self, function, job, others, which):
        turns.append([*which])
        return each(self, function, job, others, turns[-1])

    monkeypatch.setattr(smsframe.engines.dask_parts.Parts, "each", noted)
    call = {"phone": "mobile", "journal": tmp_path / "journal.sqlite", "progress": False, "grace": 0.2}
    cut(table(6), 3).sms.send("Ciao", campaign="capped", policy=smsframe.Policy(cap="1 per 7 days"), **call)
    assert turns == [[0, 1]]


def set_journal(place):
    import os  # noqa: PLC0415 - of the worker

    os.environ["SMSFRAME_JOURNAL"] = place


@pytest.mark.slow
def test_workers_with_another_journal_are_refused_before_anything_is_sent(service, tmp_path, monkeypatch):
    frame = cut(table(8), 2, 4, 6)
    call = {"phone": "mobile", "campaign": "autumn", "progress": False, "grace": 0.2}
    environment = {"SMSFRAME_LOCAL_DISKS": "tmpfs"}
    with cluster(environment) as made, dask.config.set(scheduler=None):
        client = made.get_client()
        one, two = client.scheduler_info()["workers"]
        client.run(set_journal, str(tmp_path / "one.sqlite"), workers=[one])
        client.run(set_journal, str(tmp_path / "two.sqlite"), workers=[two])
        monkeypatch.setenv("SMSFRAME_JOURNAL", str(tmp_path / "one.sqlite"))
        with pytest.raises(JournalError, match=r"1 of 2 workers cannot send: .* another one than that of"):
            frame.sms.send("Ciao", **call)
        assert service.inbox().empty
        (tmp_path / "link").symlink_to(tmp_path)
        client.run(set_journal, str(tmp_path / "link" / "one.sqlite"))  # the same by another name
        later = datetime.now(UTC) + timedelta(hours=2)
        cut(table(4), 2).sms.send("Ciao", schedule=later, **call).compute()


def test_a_password_in_the_parameters_of_a_url_is_refused(service):
    with pytest.raises(ValueError, match="must not have a password") as secret:
        cut(table(2), 1).sms.plan(
            "Ciao", phone="mobile", campaign="autumn", journal="postgresql://ada@host/db?password=hunter2"
        )
    assert "hunter2" not in str(secret.value)


def dies(rows):
    """As a worker whose memory is full."""
    import os  # noqa: PLC0415 - of the worker
    import signal  # noqa: PLC0415

    if len(rows):  # Dask asks with none what columns come out
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    return rows


@pytest.mark.slow
def test_a_partition_that_no_worker_survives_says_so_before_anything_is_sent(service, tmp_path):
    frame = cut(table(4), 2)
    with cluster({"SMSFRAME_LOCAL_DISKS": "tmpfs"}) as made, dask.config.set(scheduler=None):
        made.scheduler.allowed_failures = 0
        with pytest.raises(ContactsError, match="the workers died that computed it"):
            frame.map_partitions(dies, meta=frame._meta).sms.send(
                "Ciao",
                phone="mobile",
                campaign="autumn",
                journal=tmp_path / "journal.sqlite",
                progress=False,
            )
    assert service.inbox().empty


def test_a_worker_that_joins_later_with_another_journal_sends_nothing(service, tmp_path, monkeypatch):
    ours, other = (smsframe.Journal(tmp_path / f"{name}.sqlite") for name in ("ours", "other"))
    monkeypatch.setenv("SMSFRAME_JOURNAL", str(ours.path))

    def read(part):
        if part and ours.find("autumn") is not None:  # sent by a worker that has joined since
            set_journal(str(other.path))
        return table(6)[3 * part : 3 * part + 3]

    frame = dd.from_delayed([dask.delayed(read)(part) for part in (0, 1)], meta=table(0), verify_meta=False)
    policy = smsframe.Policy(budget=100)  # with a budget they are sent one after the other
    call = {"phone": "mobile", "campaign": "autumn", "progress": False, "grace": 0.2, "policy": policy}
    with pytest.raises(CampaignStopped, match="another one than that of the call"):
        frame.sms.send("Ciao", **call)
    assert sorted(service.inbox()["recipient"]) == sorted(table(3)["mobile"])
    assert other.find("autumn") is None
    set_journal(str(ours.path))
    assert cut(table(6), 3).sms.send("Ciao", **call).compute()["sms_status"].tolist() == ["accepted"] * 6
    assert service.inbox()["recipient"].is_unique
