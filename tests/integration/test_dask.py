"""Frames of Dask: the same call as on frames of pandas, over worker processes that may be killed."""

from __future__ import annotations

import itertools
import os
import pickle
import re
import signal
import subprocess
import sys
import time as clock
from datetime import UTC, datetime, timedelta

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from helpers.dask_cluster import Killer, cluster, cut, required, same
from helpers.sending import each_once, posts, statuses, table, texted
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import smsframe
from smsframe.errors import ConfirmationMismatch, ContactsError, JournalError, NotAuthorised, NotEnoughCredit
from smsframe.journal.journal import Journal

required()
import dask  # noqa: E402
import dask.dataframe as dd  # noqa: E402

import smsframe.engines.dask  # noqa: E402
from smsframe.engines import dask_parts, part  # noqa: E402
from smsframe.engines.dask_calls import _job, _others  # noqa: E402

PASSWORD = "Ver-y_secret.7"
NAMES = map("campaign {}".format, itertools.count())


@pytest.fixture(scope="module")
def service():
    """A sandbox, and a cluster whose workers know its password by their environment."""
    with smsframe.Sandbox(
        speed=3600, password=PASSWORD, credits=100_000, repeated_order_id="accept"
    ) as sandbox:
        environment = {
            "SMSFRAME_BASE_URL": sandbox.url,
            "SMSFRAME_USERNAME": "demo",
            "SMSFRAME_PASSWORD": PASSWORD,
            "SMSFRAME_LOCAL_DISKS": "tmpfs",
        }
        with cluster(environment):
            yield sandbox, environment


@pytest.fixture
def dask_sandbox(service, monkeypatch):
    """The sandbox, known to this process too."""
    sandbox, environment = service
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return sandbox


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "journal.sqlite"


def send(frame, journal, text="Ciao {name}", **options):
    options = {"campaign": "autumn", "phone": "mobile", "grace": 0.2, "progress": False} | options
    return frame.sms.send(text, journal=journal, **options)


PEOPLE = [
    *(f"+3934700005{i:02d}" for i in range(8)),
    *("347 0000501", "0039 3470000502", "393470000503", "393470000504", "12", None, "+541123450001"),
]


@given(
    rows=st.lists(
        st.tuples(st.sampled_from(PEOPLE), st.sampled_from(["Ada", "Bea", "È", None])), max_size=20
    ),
    at=st.lists(st.integers(0, 20), max_size=3),
    region=st.sampled_from([None, "IT"]),
    suppress=st.sampled_from([None, ["+393470000502"]]),
)
@settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.generate],  # an example takes seconds: test_parts looks for the smallest
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@pytest.mark.filterwarnings("ignore:.*without a plus or a region")
def test_the_result_is_that_of_one_machine_wherever_it_is_cut(
    dask_sandbox, tmp_path, rows, at, region, suppress
):
    people = pd.DataFrame(rows, columns=["mobile", "name"]).astype({"mobile": "str", "name": "str"})
    people.index = pd.Index([f"row {place // 2}" for place in range(len(people))], name="row")
    name, options = next(NAMES), {"region": region, "suppress": suppress}
    frame = cut(people, *sorted(min(place, len(people)) for place in at))
    alone = {"journal": tmp_path / f"{name} alone.sqlite", "campaign": name + " alone"}
    for _ in range(2):  # again, everybody was texted before
        found = send(frame, tmp_path / f"{name}.sqlite", campaign=name, **options)
        wanted = send(people, **alone, **options)
        assert found.npartitions == frame.npartitions
        same(found.compute(), wanted)
    checked, planned = (
        frame.sms.check("mobile", **options),
        frame.sms.plan("Ciao {name:a}", phone="mobile", **options),
    )
    same(checked.compute(), people.sms.check("mobile", **options))
    plan = people.sms.plan("Ciao {name:a}", phone="mobile", **options)
    same(planned.frame.compute(), plan.frame)
    assert (planned.recipients, planned.credits) == (plan.recipients, plan.credits)
    assert planned.counts.to_dict() == plan.counts.to_dict()


@pytest.mark.slow
def test_the_options_of_a_plan_mean_the_same(dask_sandbox, journal, tmp_path):
    class Schema(smsframe.ContactsSchema):
        age: int

        @classmethod
        def to_schema(cls):
            return super().to_schema()

    later = datetime.now(UTC) + timedelta(hours=3)
    people = table(12).assign(
        name=["Ada", "È" * 80, "x" * 170, "—", *["Bea"] * 8],
        seats=[1.0] * 6 + [2.5] * 6,
        at=pd.Series([later, None] * 6),
    )
    people = people.astype({"name": "str", "mobile": "str"})
    frame = cut(people, 3, 6, 9)
    calls = [
        {"text": "{name}: {seats}", "max_segments": 1},
        {"text": "Ciao {name}", "text_fix": "gsm", "sender": "smsframe"},
        {"text": "Ciao {name}", "quality": "low"},
        {"text": "Ciao", "schedule": "at"},
        {"text": "Ciao", "schedule": later},
        {"text": "Ciao", "schedule": smsframe.Hours(between=("00:00", "24:00"))},
        {"text": "Ciao", "policy": smsframe.Policy(budget=5)},
        {"text": "Ciao", "refusals": "skip"},
    ]
    for number, call in enumerate(calls):
        name = f"options {number}"
        found = send(frame, journal, campaign=name, **call).compute()
        wanted = send(people, tmp_path / "alone.sqlite", campaign=name + " alone", **call)
        same(found, wanted)
        assert statuses(wanted)


def test_dtypes_and_a_repeated_index_stay(dask_sandbox, journal):
    people = table(6).astype({"name": "category", "mobile": "string[pyarrow]"})
    people.index = [1, 1, 2, 2, 2, 3]
    found = send(dd.from_pandas(people, npartitions=2, sort=False), journal, campaign="dtypes")
    assert found.columns[:2].tolist() == ["name", "mobile"]
    got = found.compute()
    assert found.dtypes["sms_status"] == got.dtypes["sms_status"]
    assert found.dtypes["sms_scheduled_at"] == got.dtypes["sms_scheduled_at"]
    assert got.index.tolist() == people.index.tolist()
    assert got["name"].astype(str).tolist() == people["name"].astype(str).tolist()
    assert statuses(got) == {"accepted": 6}


def test_what_is_not_as_confirmed_sends_nothing(dask_sandbox, journal):
    people = pd.concat([table(6), table(2)])
    frame, text = cut(people, 3, 6), "Ciao as confirmed"

    def arrived():
        return int(dask_sandbox.inbox()["text"].eq(text).sum())

    with pytest.raises(ConfirmationMismatch) as wrong:
        send(frame, journal, text, campaign="confirm", confirm=8)
    assert (wrong.value.expected, wrong.value.recipients) == (8, 6)
    assert arrived() == 0
    for _ in range(2):  # the same call passes again
        assert statuses(send(frame, journal, text, campaign="confirm", confirm=6).compute())["accepted"] == 6
    assert arrived() == 6


def test_too_little_credit_for_all_partitions_sends_nothing(monkeypatch, tmp_path):
    """Each partition alone could be paid for."""
    with smsframe.Sandbox(credits=9) as sandbox:
        for name, value in (("BASE_URL", sandbox.url), ("USERNAME", "demo"), ("PASSWORD", "demo")):
            monkeypatch.setenv(f"POOR_{name}", value)
        environment = {name: value for name, value in os.environ.items() if name.startswith("POOR_")}
        with cluster(environment), pytest.raises(NotEnoughCredit) as poor:
            send(cut(table(12), 4, 8), tmp_path / "journal.sqlite", gateway="POOR")
        assert poor.value.needed == 12
        assert sandbox.inbox().empty


def test_bad_input_is_refused_before_anything_is_sent(dask_sandbox, journal, monkeypatch):
    frame, before = cut(table(4), 2), posts(dask_sandbox)
    with pytest.raises(ContactsError, match="no column 'phone'"):
        send(frame, journal, phone="phone")
    with pytest.raises(TypeError, match="password would be copied"):
        send(frame, journal, gateway=dask_sandbox.gateway())
    with pytest.raises(ValueError, match="must not have a password") as secret:
        send(frame, "postgresql://me:hunter2@host/db")
    assert "hunter2" not in str(secret.value)
    with pytest.raises(JournalError, match="SMSFRAME_JOURNAL"):
        send(frame, None)
    for name in ("BASE_URL", "USERNAME", "PASSWORD"):  # here, and not on the workers
        monkeypatch.setenv(f"OTHER_{name}", os.environ[f"SMSFRAME_{name}"])
    with pytest.raises(NotAuthorised, match=r"2 of 2 workers cannot send: .*OTHER_USERNAME"):
        send(frame, journal, gateway="OTHER")
    with pytest.raises(smsframe.TextError):
        send(frame, journal, "Ciao {nobody}")
    assert posts(dask_sandbox) == before
    assert not journal.exists() or Journal(journal).find("autumn") is None


def test_no_secret_is_in_what_is_copied_to_workers(dask_sandbox, journal):
    frame = cut(table(4), 2)
    options = smsframe.planning.options.PlanOptions(campaign="autumn", phone="mobile")
    job, parts = _job(
        frame,
        "Ciao {name}",
        options,
        smsframe.campaign.options.SendOptions(),
        smsframe.engines.place.Place.of(None, journal),
        None,
    )
    others = _others(parts, job)
    tasks = parts._tasks(part.outcome_of, job, others, range(len(parts)))
    result = send(frame, journal, campaign="no secret")
    partition = smsframe.partition("Ciao", campaign="autumn", phone="mobile", journal=journal)
    for thing in (tasks, result, pickle.dumps(partition)):
        assert PASSWORD.encode() not in cloudpickle.dumps(thing)
    assert b"autumn" in cloudpickle.dumps(tasks)  # it is looked at where it would be


def test_a_stopped_campaign_raises_with_the_lazy_frame(dask_sandbox, journal):
    frame = cut(table(30, bad={*range(30)}), 10, 20)
    with pytest.raises(smsframe.SmsFrameError) as stopped:
        send(frame, journal, campaign="refused")
    assert "refused" in str(stopped.value) or isinstance(stopped.value, smsframe.Rejected)
    entry = Journal(journal).find("refused")
    assert entry.stop_requests >= 1  # so that no other partition began


@pytest.mark.slow
def test_a_stop_request_stops_all_partitions_and_the_same_call_goes_on(dask_sandbox, journal):
    people = table(40)
    frame = cut(people, 10, 20, 30)
    first = send(cut(people.iloc[:2]), journal, campaign="stop")
    assert len(first) == 2
    job, _ = _job(
        frame,
        "Ciao {name}",
        smsframe.planning.options.PlanOptions(campaign="stop", phone="mobile"),
        smsframe.campaign.options.SendOptions(grace=0.2),
        smsframe.engines.place.Place.of(None, journal),
        None,
    )
    smsframe.stop("stop", journal=journal)
    outcome = part.outcome_of(people, job, smsframe.planning.parts.ALONE)
    assert not outcome.begun
    assert statuses(send(frame, journal, campaign="stop").compute()) == {"accepted": 40}


def killed(count, sandbox, people, journal, *, speculative=False):
    """A campaign of which so many workers are killed while it is sent."""
    begun = len(sandbox.inbox())
    environment = {name: value for name, value in os.environ.items() if name.startswith("SMSFRAME_")}
    steps = [
        lambda least=least: len(sandbox.inbox()) >= begun + least for least in range(20, 20 + 60 * count, 60)
    ]
    pieces = np.linspace(0, len(people), 13).astype(int)[1:-1].tolist()
    with cluster(environment, workers=3) as made, Killer(made, steps) as killer:
        frame = cut(people, *pieces)
        found = send(frame, journal, batch_size=10, workers=2).compute()
    assert len(killer.killed) == count
    return found


@pytest.fixture
def slow_sandbox(monkeypatch):
    """One that takes a while for each order, and texts everybody again whose order comes again."""
    with smsframe.Sandbox(latency=0.15, repeated_order_id="accept", credits=100_000) as sandbox:
        for name, value in (("BASE_URL", sandbox.url), ("USERNAME", "demo"), ("PASSWORD", "demo")):
            monkeypatch.setenv(f"SMSFRAME_{name}", value)
        yield sandbox


def test_workers_that_are_killed_double_and_forget_nobody(slow_sandbox, journal):
    people = pd.concat([table(600), table(30)])  # and some are there twice
    found = killed(3, slow_sandbox, people, journal)
    assert statuses(found) == {"accepted": 600, "duplicate": 30}
    got = texted(slow_sandbox)
    assert len(got) == 600
    assert got.max() == 1
    assert each_once(slow_sandbox, found)


@pytest.mark.slow
@pytest.mark.postgres
def test_the_same_with_a_journal_in_postgresql(slow_sandbox, request):
    server = request.getfixturevalue("cluster")
    people = pd.concat([table(600), table(30)])
    found = killed(3, slow_sandbox, people, server.new())
    assert statuses(found) == {"accepted": 600, "duplicate": 30}
    assert texted(slow_sandbox).max() == 1
    assert each_once(slow_sandbox, found)


@pytest.mark.slow
def test_a_partition_that_two_workers_send_at_once_in_another_order_and_cut(slow_sandbox, journal):
    """As engines do that start a slow task a second time, and run finished ones again."""
    people = table(120)
    pickled = pickle.dumps(
        smsframe.partition(
            "Ciao {name}", campaign="autumn", phone="mobile", journal=journal, batch_size=7, grace=0.2
        )
    )
    environment = {name: value for name, value in os.environ.items() if name.startswith("SMSFRAME_")}
    with cluster(environment, workers=3) as made:
        client = made.get_client()
        parts = [
            people,
            people.sample(frac=1, random_state=1),
            people.iloc[::-1].iloc[20:90],
            people.iloc[30:],
        ]
        futures = [client.submit(run_part, pickled, one, pure=False) for one in parts]
        results = client.gather(futures)
    assert {*pd.concat(results)["sms_status"].unique()} <= {"accepted", "pending"}
    finished = smsframe.finish("autumn", journal=journal, grace=0.2, progress=False)
    assert statuses(finished) == {"accepted": 120}
    got = texted(slow_sandbox)
    assert (len(got), got.max()) == (120, 1)


def run_part(pickled, frame):
    return pickle.loads(pickled)(frame)


def known(journal):
    """How many people are written down in the campaign."""
    if not journal.exists() or Journal(journal).find("autumn") is None:
        return 0
    return len(smsframe.results("autumn", journal=journal))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="Windows suspends no process")
def test_finish_takes_over_from_workers_that_died_and_waits_for_those_that_live(slow_sandbox, journal, capfd):
    """An engine that says done although its worker died; another worker is still sending."""
    people = table(60)
    pickled = pickle.dumps(
        smsframe.partition(
            "Ciao {name}",
            campaign="autumn",
            phone="mobile",
            journal=journal,
            batch_size=5,
            grace=0.2,
            workers=1,
        )
    )
    program = (
        "import pickle, sys; part, rows = (pickle.loads(bytes.fromhex(one)) for one in sys.argv[1:]);"
        "part(rows)"
    )
    workers = []
    for rows in (people.iloc[:40], people.iloc[40:]):
        arguments = [pickled.hex(), pickle.dumps(rows).hex()]
        workers.append(subprocess.Popen([sys.executable, "-c", program, *arguments]))
        until = clock.monotonic() + 60
        written = 40 if len(workers) == 1 else 60
        while known(journal) < written and clock.monotonic() < until:
            clock.sleep(0.01)
        if len(workers) == 1:
            os.kill(workers[0].pid, signal.SIGSTOP)  # until the other one is at work
    workers[0].kill()
    workers[0].wait()
    unwaited = smsframe.finish("autumn", journal=journal, grace=0.2, progress=False, wait=0)
    finished = smsframe.finish("autumn", journal=journal, grace=0.2, progress=False)
    assert workers[1].wait(60) == 0
    assert statuses(finished) == {"accepted": 60}
    assert statuses(unwaited)["accepted"] >= 40
    got = texted(slow_sandbox)
    assert (len(got), got.max()) == (60, 1)
    said = capfd.readouterr().err
    numbers = [
        int(number) for number in re.findall(r"(\d+) \w+ taken over from processes that had died", said)
    ]
    assert numbers[0] > 0
    assert numbers[1] == 0


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Running on a single-machine scheduler")  # that is what is wanted here
def test_whom_a_live_process_is_sending_to_is_waited_for(slow_sandbox, journal, monkeypatch):
    """Without a cluster: partitions are sent by threads of this process."""
    monkeypatch.setattr(dask_parts, "client", lambda: None)
    people = table(60)
    pickled = pickle.dumps(
        smsframe.partition(
            "Ciao {name}",
            campaign="autumn",
            phone="mobile",
            journal=journal,
            batch_size=1,
            grace=0.2,
            workers=1,
        )
    )
    program = (
        "import pickle, sys; part, rows = (pickle.loads(bytes.fromhex(one)) for one in sys.argv[1:]);"
        "part(rows)"
    )
    other = subprocess.Popen([sys.executable, "-c", program, pickled.hex(), pickle.dumps(people).hex()])
    until = clock.monotonic() + 60
    while slow_sandbox.inbox().empty and clock.monotonic() < until:
        clock.sleep(0.01)
    try:
        with dask.config.set(scheduler="threads"):
            found = send(cut(people, 10, 20), journal).compute()
    finally:
        assert other.wait(60) == 0
    assert statuses(found) == {"accepted": 60}
    assert texted(slow_sandbox).max() == 1


def test_the_accessor_is_registered_whichever_is_imported_first():
    for first, second in (("dask.dataframe", "smsframe"), ("smsframe", "smsframe.engines.dask")):
        program = (
            f"import {first}, {second}, dask.dataframe as dd; "
            "dd.from_dict({'a': [1]}, npartitions=1).sms.send"
        )
        subprocess.run([sys.executable, "-c", program], check=True)
    unloaded = "import smsframe, sys; sys.exit('dask' in sys.modules)"
    subprocess.run([sys.executable, "-c", unloaded], check=True)


def test_a_frame_of_dask_says_what_it_has(dask_sandbox):
    with pytest.raises(AttributeError, match=r"has no \.sms\.summary.*by \.compute\(\)"):
        cut(table(2)).sms.summary  # noqa: B018
