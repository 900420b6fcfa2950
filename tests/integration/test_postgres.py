"""A journal on PostgreSQL: what is refused, what a lost session means, roles, and a journal that moves."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time as machine_time
from pathlib import Path

import pandas as pd
import psycopg
import pytest
import sqlalchemy
from helpers import killable, postgres
from helpers.sending import context, each_once, gateway_at, posts, resume, send, statuses, table, texted

import smsframe
from smsframe.journal.journal import Journal
from smsframe.journal.postgres import connections

pytestmark = pytest.mark.postgres

SECRET = "Zebra-7291"
PAGE = Path(__file__).parents[2] / "docs/scale.md"


@pytest.fixture
def database():
    return "postgres"


@pytest.fixture
def url(gateway):
    return gateway.journal


def refused(url, match):
    """The error of a journal that cannot be used: plain, and without the password."""
    with pytest.raises(smsframe.JournalError, match=match) as raised:
        Journal(url).campaigns()
    said = f"{raised.value}{raised.value.__cause__}{raised.value.__context__}{Journal(url)!r}"
    assert SECRET not in said
    return str(raised.value)


# What is refused.


def test_a_wrong_host_says_so_and_hides_the_password(cluster):
    refused(f"postgresql://ada:{SECRET}@127.0.0.1:1/postgres", "no connection to the server")


def test_a_wrong_database_says_so(cluster):
    refused(cluster.url("nowhere").replace("ada@", f"ada:{SECRET}@"), "no such database")


def test_a_wrong_password_says_so(cluster):
    cluster.sql(f"CREATE ROLE bea LOGIN PASSWORD '{SECRET}x'")
    rules = cluster.data / "pg_hba.conf"
    before = rules.read_text()
    try:
        rules.write_text("host all bea 127.0.0.1/32 scram-sha-256\n" + before)
        cluster.sql("SELECT pg_reload_conf()")
        refused(cluster.url(user=f"bea:{SECRET}"), "password was refused")
    finally:
        rules.write_text(before)
        cluster.sql("SELECT pg_reload_conf()")
        cluster.sql("DROP ROLE bea")


@pytest.mark.parametrize("schema", ["a-b", "x;drop", "a b", "1a", "ä"])
def test_a_schema_that_is_no_name_is_refused(cluster, schema):
    with pytest.raises(smsframe.JournalError, match="schema"):
        Journal(cluster.url(schema=schema))


def test_tables_of_another_program_are_left_alone(cluster):
    cluster.sql("CREATE SCHEMA foreigners")
    cluster.sql("CREATE TABLE foreigners.campaigns (id integer)")
    refused(cluster.url(schema="foreigners"), "another program")
    with (
        pytest.raises(smsframe.JournalError, match="another program"),
        Journal(cluster.url(schema="foreigners")).owner(),
    ):
        pass
    assert cluster.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'foreigners'") == [(1,)]


def test_a_newer_journal_is_refused(gateway, url, cluster):
    send(table(1), gateway)
    schema = re.search(r"schema=(\w+)", url)[1]
    cluster.sql(f"UPDATE {schema}.journal SET version = 1000")
    refused(url, "newer smsframe")


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_a_server_that_may_forget_is_refused(setting):
    made = postgres.Cluster(**{setting: "off"})
    try:
        refused(made.url(), f"{setting}=off")
    finally:
        made.close()


def test_a_server_that_is_too_old_is_refused_before_anything_is_sent(gateway, sandbox, url, monkeypatch):
    monkeypatch.setattr(connections, "OLDEST", 99)
    with pytest.raises(smsframe.JournalError, match="smsframe needs 99 or newer; nothing was sent"):
        send(table(3), gateway)
    assert sandbox.inbox().empty


def test_a_replica_can_only_be_read_and_is_refused(sandbox):
    """It does not know the locks of the primary server, by which a run is known to be alive."""
    made = postgres.Cluster()
    try:
        made.stop("fast")
        (made.data / "standby.signal").touch()
        made.start()
        refused(made.url(), "is a replica")
        nothing = pytest.raises(smsframe.JournalError, match="nothing was sent")
        with contextlib.closing(gateway_at(sandbox.url, made.url())) as gateway, nothing:
            send(table(3), gateway)
    finally:
        made.close()
    assert sandbox.inbox().empty


def test_a_database_that_lacks_characters_is_refused_before_anything_is_sent(cluster, gateway, sandbox):
    cluster.sql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(smsframe.JournalError, match="encoding LATIN1"):
        send(table(3), gateway, "Ciao", journal=cluster.url("latin"))
    assert sandbox.inbox().empty


def test_a_session_that_says_nothing_is_not_ended(cluster, sandbox):
    """The lock of a run is held by a session that idles for as long as the run lasts."""
    cluster.sql("CREATE ROLE idle LOGIN SUPERUSER")
    cluster.sql("ALTER ROLE idle SET idle_session_timeout = '300ms'")
    place = cluster.url(user="idle", schema="of_an_idle_role")
    with contextlib.closing(gateway_at(sandbox.url, place)) as gateway:
        out = send(table(4), gateway, batch_size=1, workers=1, rate=2.0)
    assert statuses(out) == {"accepted": 4}


def test_a_pooler_that_gives_each_transaction_another_session_is_refused(cluster):
    with postgres.pooler(cluster) as url:
        with psycopg.connect(url) as connection:  # others may use it
            assert connection.execute("SELECT 1").fetchone() == (1,)
        refused(url, "pooler")


def test_a_campaign_begun_in_a_file_is_not_begun_again_in_a_database(gateway, url, tmp_path):
    send(table(3), gateway, journal=tmp_path / "journal.sqlite")
    with pytest.raises(smsframe.CampaignChanged, match="does not know"):
        send(table(3), gateway, journal=url)


def test_without_psycopg_the_error_names_what_to_install(cluster):
    program = (
        "import sys; sys.modules['psycopg'] = None; import smsframe\n"
        "try:\n    smsframe.Journal('postgresql://ada@127.0.0.1/x')\n"
        "except ImportError as error:\n    print(error)"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert 'pip install "smsframe[postgres]"' in out.stdout


# Roles.


@pytest.fixture
def roles(gateway, url, cluster):
    """A journal with a campaign, and the URLs of a role that may read and of one that may send."""
    send(table(3), gateway)
    schema = re.search(r"schema=(\w+)", url)[1]
    names = {"reader": f"reader_{schema}", "analyst": f"sender_{schema}", "smsframe": schema}
    for role in (names["reader"], names["analyst"]):
        cluster.sql(f"CREATE ROLE {role} LOGIN")
    # As the page on sharing a journal gives them.
    for statement in re.search(r"```sql\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[1].splitlines():
        cluster.sql(re.sub("|".join(names), lambda name: names[name[0]], statement))
    return {name: cluster.url(user=f"{name}_{schema}", schema=schema) for name in ("reader", "sender")}


def test_who_may_read_sees_everything_and_sends_nothing(roles, gateway, sandbox):
    found = smsframe.results("autumn", journal=roles["reader"])
    assert statuses(found) == {"accepted": 3}
    assert smsframe.campaigns(journal=roles["reader"])["accepted"].tolist() == [3]
    before = posts(sandbox)
    with pytest.raises(smsframe.JournalError, match=r"may read .* it lacks DELETE on attempts"):
        send(table(5), gateway, journal=roles["reader"])
    assert posts(sandbox) == before


def test_who_may_send_sends_and_the_evidence_names_the_role(roles, gateway, sandbox):
    out = send(table(5), gateway, journal=roles["sender"])
    assert statuses(out) == {"accepted": 5}
    assert each_once(sandbox, out)
    by = Journal(roles["reader"]).evidence(1)["process"].str.extract(r" as (\w+)$")[0]
    assert by.str.partition("_")[0].tolist() == ["ada"] * 2 + ["sender"] * 2


def test_without_sequences_a_role_may_not_send(roles, cluster, gateway, sandbox):
    schema = re.search(r"schema=(\w+)", roles["sender"])[1]
    cluster.sql(f"REVOKE USAGE ON ALL SEQUENCES IN SCHEMA {schema} FROM sender_{schema}")
    before = posts(sandbox)
    with pytest.raises(smsframe.JournalError, match="it lacks USAGE on"):
        send(table(5), gateway, journal=roles["sender"])
    assert posts(sandbox) == before


# Sessions, and what happens when they end.


def end_sessions(cluster, *, of="advisory"):
    """As an administrator, or a failing network: the sessions that hold locks end."""
    cluster.sql(
        "SELECT pg_terminate_backend(pid) FROM (SELECT DISTINCT pid FROM pg_locks "
        f"WHERE locktype = '{of}' AND objsubid = 1) AS holding"
    )


def test_a_run_that_loses_its_lock_sends_nothing_more(gateway, url, sandbox, cluster):
    """Its session ends between two orders."""
    people = table(6)

    def end_after_the_first_order():
        while sandbox.inbox().empty:
            machine_time.sleep(0.02)
        end_sessions(cluster)

    ended = threading.Thread(target=end_after_the_first_order)
    ended.start()
    with pytest.raises(smsframe.SmsFrameError) as raised:
        send(people, gateway, batch_size=2, workers=1, rate=2.0)
    ended.join()
    assert "lost its lock" in f"{raised.value}{raised.value.__cause__}"
    assert 0 < len(sandbox.inbox()) < 6
    out = send(people, gateway, batch_size=2)
    assert each_once(sandbox, out)


def test_every_connection_that_is_cut_at_once_doubles_nobody(gateway, url, sandbox, cluster):
    people = table(40)
    for _ in range(4):
        cut = threading.Timer(
            0.3,
            cluster.sql,
            ["SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'smsframe'"],
        )
        cut.start()
        with contextlib.suppress(smsframe.SmsFrameError):
            send(people, gateway, batch_size=1, workers=4, rate=20.0)
        cut.join()
    out = send(people, gateway, batch_size=1)
    assert statuses(out) == {"accepted": 40}
    assert each_once(sandbox, out)


def test_a_connection_that_is_cut_between_reads_of_one_transaction_says_so(gateway, url, cluster):
    send(table(2), gateway)
    journal = Journal(url)

    def read_and_cut():
        with journal.reading():
            assert len(journal.campaigns()) == 1
            cluster.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'smsframe'"
            )
            journal.campaigns()

    # Its last word may be lost with the connection: then only that is known.
    with pytest.raises(smsframe.JournalError, match=r"ended this session|no connection to the server"):
        read_and_cut()
    assert len(journal.campaigns()) == 1


def test_a_server_that_is_restarted_in_mid_run_doubles_nobody(sandbox):
    made = postgres.Cluster()
    try:
        gateway = sandbox.gateway(journal=made.url())
        people = table(40)
        crash = threading.Timer(0.4, made.stop)
        crash.start()
        with pytest.raises(smsframe.SmsFrameError):
            send(people, gateway, batch_size=1, workers=2, rate=20.0)
        crash.join()
        made.start()
        out = send(people, gateway, batch_size=1)
        assert statuses(out) == {"accepted": 40}
        assert each_once(sandbox, out)
        gateway.close()
    finally:
        made.close()


def test_a_child_that_outlives_its_killed_parent_keeps_no_run_alive(sandbox, url, tmp_path):
    """The child has inherited the sockets; the server must see the parent's end all the same."""
    program = f"""
import os, sys, time
sys.path.insert(0, {str(postgres.__file__.rpartition("/helpers")[0])!r})
from smsframe.journal.journal import Journal
with Journal({url!r}).owner() as name:
    child = os.fork()
    if not child:
        os.close(1)
        time.sleep(60)
    print(name, child, flush=True)
    time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    name, child = parent.stdout.readline().split()
    try:
        locks = Journal(url)._owners
        assert locks.alive(name)
        parent.kill()
        parent.wait()
        until = machine_time.monotonic() + 5
        while locks.alive(name):
            assert machine_time.monotonic() < until, "the child keeps the session of its dead parent"
            machine_time.sleep(0.02)
    finally:
        parent.stdout.close()
        os.kill(int(child), signal.SIGKILL)


def test_a_process_that_is_suspended_is_alive(url):
    program = (
        "import time\nfrom smsframe.journal.journal import Journal\n"
        f"with Journal({url!r}).owner() as name:\n    print(name, flush=True)\n    time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        name = other.stdout.readline().strip()
        other.send_signal(signal.SIGSTOP)
        machine_time.sleep(0.5)
        assert Journal(url)._owners.alive(name)
    finally:
        other.kill()
        other.wait()
        other.stdout.close()


def test_nothing_stays_open_between_runs(gateway, cluster):
    send(table(3), gateway)
    until = machine_time.monotonic() + 5
    while cluster.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'smsframe'") != [(0,)]:
        assert machine_time.monotonic() < until
        machine_time.sleep(0.02)


def test_writers_wait_for_each_other_and_lose_nothing(sandbox, url):
    """Four processes that send the same people in other orders: without the writers' lock they deadlock."""
    people = table(200)
    sends = [
        killable.KillableProcess(
            killable.send,
            sandbox.url,
            url,
            people.sample(frac=1, random_state=seed),
            batch_size=20,
            grace=0.5,
        )
        for seed in range(4)
    ]
    ends = [each.wait() for each in sends]
    assert not any(isinstance(end.value, str) for end in ends), [end.value for end in ends]
    assert texted(sandbox).tolist() == [1] * 200


# Bytes that PostgreSQL does not take, and other differences.


@pytest.mark.parametrize("name", ["Ada\x00Eva", "\ud800", "😀", "'; DROP TABLE recipients; --", "%(x)s %s"])
def test_what_a_database_may_not_take_comes_to_the_same_as_in_a_file(gateway, url, sandbox, name, tmp_path):
    people = pd.DataFrame(
        {"name": pd.Series([name, "Bea"], dtype=object), "mobile": ["+393471234567", "+393471234568"]}
    )

    def outcome(campaign, journal):
        try:
            out = smsframe.send(
                people,
                "Ciao {name}",
                campaign=campaign,
                phone="mobile",
                gateway=gateway,
                journal=journal,
                progress=False,
            )
        except (smsframe.SmsFrameError, ValueError) as error:
            return type(error)
        return out["sms_status"].tolist()

    assert outcome("autumn", url) == outcome("winter", tmp_path / "journal.sqlite")
    assert texted(sandbox).max() in (2, None) or sandbox.inbox().empty


# A journal that moves.


@pytest.fixture
def full(gateway, sandbox):
    """A journal with several campaigns and states, attempts and evidence."""
    send(table(30, bad=[3, 9]), gateway, batch_size=7)
    sandbox.misbehave("blind", seconds=3600)
    sandbox.misbehave("drop_after", order=1)
    send(table(5, start=40), gateway, "Servus", campaign="winter", batch_size=5)
    sandbox.behave()
    out = smsframe.results("autumn", journal=gateway.journal)
    smsframe.refresh(out, gateway=gateway, progress=False)
    return gateway.journal


def everything(place):
    """All that a journal says of its campaigns."""
    journal = Journal(place)
    names = journal.campaigns()["name"]
    return [
        (name, smsframe.results(name, journal=journal), journal.evidence(key))
        for key, name in enumerate(names, 1)
    ]


def same(one, other):
    assert [name for name, *_ in one] == [name for name, *_ in other]
    for (_, *frames), (_, *others) in zip(one, other, strict=True):
        for frame, copy in zip(frames, others, strict=True):
            pd.testing.assert_frame_equal(frame, copy)


def test_a_journal_moves_to_a_file_and_back_with_every_row(full, cluster, gateway, sandbox, tmp_path):
    before = everything(full)
    file, again = tmp_path / "copy.sqlite", cluster.new()
    copied = Journal(full).copy(Journal(file))
    assert copied["recipients"] == 35
    same(before, everything(file))
    Journal(file).copy(Journal(again))
    same(before, everything(again))
    for closed in (full, file):
        with pytest.raises(smsframe.JournalError, match="was moved to"):
            send(table(30), gateway, journal=closed)
    with pytest.raises(smsframe.JournalError, match="was moved to"):  # there the gateway's opt-outs are read
        send(table(30), gateway, journal=again)
    with contextlib.closing(gateway_at(gateway.base_url, again)) as moved:
        out = send(table(32), moved, batch_size=7)  # new keys follow the old ones
    assert statuses(out) == {"accepted": 32}
    assert texted(sandbox).max() == 1


def test_a_journal_does_not_move_onto_another(full, cluster, gateway, tmp_path):
    other = cluster.new()
    send(table(1, start=500), gateway, campaign="other", journal=other)
    with pytest.raises(smsframe.JournalError, match="has campaigns of its own"):
        Journal(full).copy(Journal(other))
    assert everything(full)


@pytest.mark.parametrize("name", ["itself", "localhost", "socket"])
def test_a_journal_does_not_move_onto_itself_by_another_name(full, cluster, name):
    """Each of the two would wait for the other, and everybody who sends for both."""
    other = {
        "itself": full,
        "localhost": full.replace("@127.0.0.1", "@localhost"),
        "socket": full.replace(f"@127.0.0.1:{cluster.port}", "@")
        + f"&host={cluster.folder}&port={cluster.port}",
    }[name]
    begun = machine_time.monotonic()
    with pytest.raises(smsframe.JournalError, match="is the journal itself"):
        Journal(full).copy(Journal(other))
    assert machine_time.monotonic() - begun < 60
    assert everything(other)


def test_a_journal_moves_to_another_schema_of_the_same_database(full, cluster):
    """Locks are those of the whole database."""
    before, other = everything(full), cluster.new()
    Journal(full).copy(Journal(other))
    same(before, everything(other))


def test_a_journal_does_not_move_while_somebody_sends(gateway, url, sandbox, tmp_path):
    slow = {"batch_size": 1, "workers": 1, "rate": 1.0}
    run = threading.Thread(target=send, args=[table(3), gateway], kwargs=slow)
    run.start()
    while sandbox.inbox().empty:
        machine_time.sleep(0.02)
    with pytest.raises(smsframe.JournalError, match="somebody is sending"):
        Journal(url).copy(Journal(tmp_path / "copy.sqlite"))
    run.join()
    assert statuses(smsframe.results("autumn", journal=url)) == {"accepted": 3}


def test_a_copy_that_differs_closes_nothing(full, tmp_path, monkeypatch):
    from smsframe.journal.campaigns import copies  # noqa: PLC0415 - what is broken here

    real = copies._copy

    def loses_one(reading, writing, table):
        count = real(reading, writing, table)
        if table.name == "evidence":
            writing.exec_driver_sql("DELETE FROM evidence WHERE id = 1")
        return count

    monkeypatch.setattr(copies, "_copy", loses_one)
    with pytest.raises(smsframe.JournalError, match="nothing was closed"):
        Journal(full).copy(Journal(tmp_path / "copy.sqlite"))
    assert everything(full)


def test_the_command_moves_it(full, tmp_path):
    file = tmp_path / "copy.sqlite"
    command = [sys.executable, "-m", "smsframe", "journal", "copy", str(file), "--journal", full]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    assert "2 campaigns with 35 recipients moved from postgresql://127.0.0.1" in made.stdout


def test_a_backup_says_who_makes_it(url, tmp_path):
    with pytest.raises(smsframe.JournalError, match="pg_dump"):
        Journal(url).backup(tmp_path / "copy")


# Watching, and stopping, from elsewhere.


def test_another_person_sees_and_stops_a_campaign(gateway, url, sandbox):
    people = table(40)
    first = killable.KillableProcess(
        killable.send, sandbox.url, url, people, batch_size=1, workers=1, rate=10.0, grace=0.5
    )
    journal = Journal(url)
    while not journal.exists or journal.find("autumn") is None:
        machine_time.sleep(0.05)
    assert smsframe.stop("autumn", journal=url)
    left = first.wait().value
    assert left["sms_status"].eq("pending").any()
    out = resume(gateway)
    assert statuses(out) == {"accepted": 40}
    assert texted(sandbox).tolist() == [1] * 40


def test_a_look_at_the_counts_waits_no_longer_than_the_next_change(gateway, url):
    """A reader is told of a change as soon as it is committed, long before its interval has passed."""
    send(table(1), gateway)
    journal = Journal(url)
    began = machine_time.monotonic()
    later = threading.Timer(0.3, send, [table(2), gateway])
    later.start()
    with journal.changes() as wait:
        assert wait(20.0, 0.0)
    assert machine_time.monotonic() - began < 10.0
    later.join()
    assert context(gateway).journal.place == journal.place


def test_a_process_that_stands_still_in_a_transaction_lets_the_others_go_on(
    gateway, url, sandbox, monkeypatch
):
    """It has the lock of whoever writes; here it gets half a second instead of minutes."""
    assert connections.SETTINGS["idle_in_transaction_session_timeout"] == "5min"
    send(table(2), gateway)
    outcomes = []

    def stand_still():
        with contextlib.ExitStack() as stack:
            with monkeypatch.context() as sooner:
                sooner.setitem(connections.SETTINGS, "idle_in_transaction_session_timeout", "500ms")
                connection = stack.enter_context(Journal(url)._store.transaction())
            outcomes.append(send(table(5), gateway))  # which waits for that lock
            connection.exec_driver_sql("SELECT 1")

    with pytest.raises(smsframe.JournalError):
        stand_still()
    assert statuses(outcomes[0]) == {"accepted": 5}
    assert each_once(sandbox, outcomes[0])


# How the server reads.


def test_a_part_of_a_large_campaign_is_not_read_pair_by_pair(gateway, url, cluster):
    """
    Not even when the statistics say that nobody waits: they are of the moment before a part was written down.

    Row by row with each of its numbers, a part of 50,000 people took minutes.
    """
    send(table(300), gateway)
    cluster.sql("ANALYZE")
    said = []
    journal = Journal(url)
    entry = journal.find("autumn")

    def explain(connection, cursor, statement, parameters, context, executemany):
        if "recipients" in statement and statement.startswith("SELECT"):
            with connection.connection.cursor() as plan:
                plan.execute(f"EXPLAIN {statement}", parameters)
                said.append("\n".join(row[0] for row in plan.fetchall()))

    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", explain)
    try:
        known = journal.recipients(entry.id, "autumn", table(200)["mobile"])
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", explain)
    assert len(known.people) == 300  # with everybody in their orders
    assert len(said) > 1
    assert not [plan for plan in said if "Function Scan" in plan]
