"""
What happens to the journal's file, its log and the shared memory while somebody is at work.

On POSIX, closing any descriptor of a file takes away all locks that the process holds on it (SQLite, "How To
Corrupt An SQLite Database File", 2.2). The next outside reader then takes the log into the file and deletes
it, and what the run commits afterwards is found by nobody.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from helpers.faulty_server import first
from helpers.journal_files import OLDER, released, says_no_number, take_up
from helpers.sending import REPEATS_SEND_AGAIN, each_once, posts, resume, send, statuses, table, texted
from typer.testing import CliRunner

import smsframe
from smsframe import CampaignStopped
from smsframe.cli import main
from smsframe.errors import JournalError
from smsframe.journal.journal import Journal
from smsframe.journal.people.barred import erased_and_lists
from smsframe.journal.sqlite import commit_check
from smsframe.journal.sqlite.store import Store
from smsframe.journal.tables import VERSION, batches
from smsframe.journal.versions import has_people_over_time

pytestmark = REPEATS_SEND_AGAIN

TESTS = Path(__file__).parents[1]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
POSIX = pytest.mark.skipif(os.name != "posix", reason="locks by process, and modes, are POSIX")
FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

BESIDE = ("", "-wal", "-shm")


def beside(path, suffix):
    return path.with_name(path.name + suffix)


def outside(path, statement="SELECT count(*) FROM batches", *, mode="rw"):
    """What another process reads that opens the file as any SQLite program does, and closes it."""
    program = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], uri=True, isolation_level=None)\n"
    program += "print(c.execute(sys.argv[2]).fetchone()); c.close()"
    uri = f"{path.as_uri()}?mode={mode}"
    run = [sys.executable, "-c", program, uri, statement]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()


def touched(path):
    """As a user's own program does in the same process: it takes away SQLite's locks."""
    path.open("rb").close()


def python(program, *arguments, check=True):
    """A program in a process of its own."""
    before = f"import sys; sys.path.insert(0, {str(TESTS)!r})\n"
    run = [sys.executable, "-W", "ignore", "-c", before + textwrap.dedent(program), *map(str, arguments)]
    return subprocess.run(run, capture_output=True, text=True, check=check, timeout=120)


# Nobody opens the files but SQLite.


AUDITED = """
    import json, os
    from pathlib import Path
    path, url, old = sys.argv[1:]
    seen = []
    def watch(event, details):
        if event == "open" and isinstance(details[0], (str, os.PathLike)):
            name = os.fspath(details[0])
            if name.startswith((path, old)) and ".owners" not in name:
                seen.append([name, details[2]])
    sys.addaudithook(watch)
    import smsframe
    from helpers.sending import resume, send, table
    gateway = smsframe.Gateway(url, username="demo", password="demo", journal=path)
    smsframe.plan(table(2), "Ciao {name}", campaign="autumn", phone="mobile", gateway=gateway)
    for count in (2, 3, 3):
        sent = send(table(count), gateway)
    run = smsframe.start(table(4), "Ciao {name}", campaign="autumn", phone="mobile", gateway=gateway)
    run.wait()
    resume(gateway)
    smsframe.refresh(sent, gateway=gateway, progress=False)
    smsframe.campaigns(journal=path), smsframe.results("autumn", journal=path)
    smsframe.withdraw("autumn", gateway=gateway)
    smsframe.watch("autumn", journal=path, progress=False)
    memory = smsframe.Journal(path)
    memory.evidence(1), memory.batches.tally(memory.get("autumn")), memory.backup(path + ".copy")
    with smsframe.Journal(old).owner():  # an upgrade, which leaves a copy
        pass
    print(json.dumps([[name, flags & os.O_EXCL, flags & os.O_CREAT] for name, flags in seen]))
"""


def test_nothing_of_ours_opens_the_journals_files_but_sqlite(sandbox, tmp_path):
    """A search: every call there is, watched by Python's own audit hook."""
    path, old = tmp_path / "journal.sqlite", released(OLDER[-1], tmp_path)
    opened = json.loads(python(AUDITED, path, sandbox.url, old).stdout.splitlines()[-1])
    made = {str(path), f"{path}.copy", f"{old}.schema-{OLDER[-1]}.new"}
    assert {name for name, *_ in opened} == made
    assert len(opened) == len(made)  # each when it was made, and never again
    assert all(exclusive and create for _, exclusive, create in opened)


SECOND = {
    "send": lambda gateway: send(table(3, start=50), gateway, campaign="other"),
    "the same send": lambda gateway: send(table(8), gateway, batch_size=2),
    "start": lambda gateway: smsframe.start(
        table(3, start=50), "Ciao", campaign="other", phone="mobile", gateway=gateway, progress=False
    ).wait(),
    "resume": resume,
    "withdraw": lambda gateway: smsframe.withdraw("autumn", gateway=gateway),
    "refresh": lambda gateway: smsframe.refresh(
        smsframe.results("autumn", gateway=gateway), gateway=gateway, progress=False
    ),
    "campaigns": lambda gateway: smsframe.campaigns(gateway=gateway),
    "results": lambda gateway: smsframe.results("autumn", gateway=gateway),
    "plan": lambda gateway: smsframe.plan(
        table(3), "Ciao", campaign="autumn", phone="mobile", gateway=gateway
    ),
    "backup": lambda gateway: Journal(gateway.journal).backup(f"{gateway.journal}.copy"),
}


def locks(path):
    """The locks that this process has on a file, as the kernel lists them."""
    number = f":{path.stat().st_ino}"
    lines = [line.split() for line in Path("/proc/locks").read_text("ascii").splitlines()]
    return {
        (line[1], line[3], *line[6:])
        for line in lines
        if {line[4]} == {str(os.getpid())} and line[5].endswith(number)
    }


@pytest.mark.parametrize("name", SECOND)
def test_whatever_else_is_called_in_the_same_process_a_run_keeps_its_locks_and_its_log(
    name, sandbox, proxy, through
):
    """Seen from outside: by the kernel's list of locks, and by a reader that would delete the log."""
    if name == "withdraw":
        send(table(1, start=90), through)
    found = []

    def second():
        path = through.journal
        kept = locks(path) if sys.platform == "linux" else set()
        log = beside(path, "-wal").stat().st_ino
        with contextlib.suppress(smsframe.SmsFrameError):
            SECOND[name](sandbox.gateway(journal=path))
        if sys.platform == "linux":
            found.append(bool(kept) and kept <= locks(path))
        outside(path)
        found.append(beside(path, "-wal").stat().st_ino == log)

    before = proxy.posts()
    proxy.on("POST", first(second))
    send(table(8), through, batch_size=2, workers=1)
    assert proxy.posts() == before + 4
    assert found
    assert all(found)
    assert texted(sandbox).max() == 1


def test_threads_that_make_a_journal_at_once_keep_their_locks(tmp_path):
    for count in range(5):
        path = tmp_path / str(count) / "journal.sqlite"
        all_there, done = threading.Barrier(6), []

        def run(path=path, all_there=all_there, done=done):
            with Journal(path).owner():
                all_there.wait(20)
                done.append(beside(path, "-wal").stat().st_ino)
                all_there.wait(20)

        threads = [threading.Thread(target=run) for _ in range(5)]
        for thread in threads:
            thread.start()
        all_there.wait(20)
        outside(path)
        assert beside(path, "-wal").exists()
        all_there.wait(20)
        for thread in threads:
            thread.join()
        assert len({*done}) == 1


def test_who_makes_a_journal_waits_for_whoever_does_the_same(tmp_path):
    path = tmp_path / "journal.sqlite"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")  # and SQLite refuses at once what wants the file for itself
        leaves = threading.Timer(0.3, other.execute, ["COMMIT"])
        leaves.start()
        with Journal(path).owner():
            leaves.join()
    assert Journal(path).campaigns().empty


# A user's own program takes the locks away, or changes the files.


def copied_by_the_user(path):
    """A backup as people make it in a notebook; and then somebody looks from a terminal."""
    shutil.copy(path, f"{path}.bak")
    outside(path)
    assert not beside(path, "-wal").exists()


def read_by_the_user(path):
    with contextlib.suppress(smsframe.ContactsError):
        smsframe.read_contacts(path)
    outside(path)
    assert not beside(path, "-wal").exists()


def copied_and_written_by_somebody_else(path):
    """There is a log again, by the same name, and it is another one."""
    touched(path)
    outside(path)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE letters (text)")
    return other


def replaced(path):
    """An older copy of it takes its place, tidily."""
    for suffix in ("-wal", "-shm"):
        beside(path, suffix).unlink()
    Path(shutil.copy(path, f"{path}.new")).replace(path)


def moved(path):
    path.rename(f"{path}.moved")


CHANGES = {
    "copied by the user": copied_by_the_user,
    "read by the user": read_by_the_user,
    "copied, and written by somebody else": copied_and_written_by_somebody_else,
    "its log deleted": lambda path: beside(path, "-wal").unlink(),
    "its shared memory deleted": lambda path: beside(path, "-shm").unlink(),
    "replaced": replaced,
    "moved": moved,
}


@pytest.mark.samples(2)
@POSIX
@pytest.mark.parametrize("what", CHANGES)
def test_a_run_whose_files_are_changed_sends_nothing_more_and_nobody_is_texted_twice(
    what, sandbox, proxy, through
):
    kept = []
    send(table(2), through)
    proxy.on("POST", first(lambda: None), first(lambda: kept.append(CHANGES[what](through.journal))))
    with pytest.raises(CampaignStopped) as stopped:
        send(table(40), through, batch_size=2, workers=1)
    assert isinstance(stopped.value.__cause__, JournalError)
    says_no_number(stopped.value)
    assert proxy.posts() == 3
    assert set(statuses(stopped.value.results)) <= {"accepted", "unconfirmed", "pending"}
    for other in filter(None, kept):
        other.close()
    if what == "moved":
        Path(f"{through.journal}.moved").rename(through.journal)
    sure = statuses(stopped.value.results).get("accepted", 0)
    told = smsframe.results("autumn", journal=through.journal)  # as after a restart of the kernel
    if what == "replaced":  # without its log it knows only of the first two, and the run knew of more
        assert sure > statuses(told)["accepted"]
    else:
        assert statuses(told).get("accepted", 0) >= sure
        out = send(table(40), through, batch_size=2)
        assert statuses(out) == {"accepted": 40}
    assert texted(sandbox).max() == 1


@POSIX
@pytest.mark.parametrize("change", [copied_by_the_user, read_by_the_user])
def test_what_is_changed_between_a_claims_commit_and_its_post_stops_that_post(
    change, sandbox, through, monkeypatch
):
    from smsframe.journal.orders import batches  # noqa: PLC0415

    real, once = batches.Batches.claim, []

    def claim(self, *arguments):
        claimed = real(self, *arguments)
        if not once:
            once.append(change(through.journal))
        return claimed

    monkeypatch.setattr(batches.Batches, "claim", claim)
    with pytest.raises(JournalError, match=r"lost its lock|replaced"):
        send(table(4), through, batch_size=2)
    assert posts(sandbox) == 0
    out = send(table(4), through, batch_size=2)
    assert statuses(out) == {"accepted": 4}
    assert each_once(sandbox, out)


@POSIX
def test_an_unlinked_log_is_not_written_over_what_others_wrote_since(tmp_path):
    """SQLite would, when the connection is closed: it finds the log's lock free."""
    path = tmp_path / "journal.sqlite"
    take_up(path)
    store = Store(path)
    with store.kept_open():
        with store.transaction() as connection:
            connection.exec_driver_sql("CREATE TABLE ours AS SELECT 1 AS x")
        touched(path)
        outside(path)
        assert not beside(path, "-wal").exists()
        with contextlib.closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE theirs AS SELECT 2 AS x")
            other.commit()
    assert outside(path, "SELECT (SELECT x FROM ours), (SELECT x FROM theirs)") == "(1, 2)"
    assert outside(path, "PRAGMA integrity_check") == "('ok',)"


@POSIX
def test_a_transaction_is_not_committed_into_a_log_that_is_gone(tmp_path):
    path = tmp_path / "journal.sqlite"
    take_up(path)
    store = Store(path)
    with store.kept_open():
        with pytest.raises(JournalError, match="log was deleted"), store.transaction() as connection:  # noqa: PT012 - the commit is what raises
            connection.exec_driver_sql("CREATE TABLE lost (x)")
            beside(path, "-wal").unlink()
        assert not store.in_place
    with pytest.raises(subprocess.CalledProcessError):
        outside(path, "SELECT count(*) FROM lost")
    with store.transaction() as connection:  # and the next one finds what is there
        connection.exec_driver_sql("CREATE TABLE kept (x)")
    assert outside(path, "SELECT count(*) FROM kept") == "(0,)"


@POSIX
def test_who_begins_after_the_file_was_replaced_does_not_vouch_for_who_began_before(tmp_path):
    path = tmp_path / "journal.sqlite"
    take_up(path)
    journal = Journal(path)
    with journal.owner() as one:
        assert journal.batches.held(one)
        replaced(path)
        with pytest.raises(JournalError, match="replaced"), journal.owner():
            pass
        assert not journal.batches.held(one)
        with Journal(path).owner() as other:  # which knows only of the new file
            assert not journal.batches.held(one)
            assert Journal(path).batches.held(other)
    with journal.owner() as one:
        assert journal.batches.held(one)


# Another process reads what was written.


COUNTED = sa.select(sa.func.count()).select_from(batches)


def test_another_process_sees_what_is_committed_and_nothing_else(gateway):
    send(table(4), gateway, batch_size=2)
    store = Store(gateway.journal)
    with store.kept_open(), store.transaction() as connection:
        connection.execute(sa.delete(batches).where(batches.c.id == 1))
        assert connection.execute(COUNTED).scalar_one() == 1
        with pytest.raises(JournalError, match="not there for another process"):
            store.confirm(lambda: COUNTED, 1)
    with store.kept_open():
        store.confirm(lambda: COUNTED, 1)


# What is asked immediately before each POST, by a single statement.


ADDED = "INSERT INTO optout_lists (base_url, account) VALUES ('https://one.example/', 'demo')"


def lists(store):
    """What the lists of opt-outs say now, as a run asks for it."""
    found = store.latest(erased_and_lists((0, 1)), has_people_over_time)
    return None if found is None else [(one.erased, one.id, one.account, one.changes) for one in found]


def test_what_a_run_asks_before_each_post_is_what_a_transaction_finds(gateway):
    send(table(1), gateway)
    store = Store(gateway.journal)
    with store.kept_open():
        assert lists(store) == [(0, None, None, None)]
        outside(gateway.journal, ADDED + " RETURNING 1")
        outside(gateway.journal, "INSERT INTO forgotten (hash, at) VALUES (x'00', 1) RETURNING 1")
        asked = lists(store)
        with store.reading():
            assert lists(store) == asked
    assert lists(store) == asked == [(1, 1, "demo", 0)]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (f"PRAGMA user_version={VERSION + 1}", "newer smsframe"),
        ("DROP TABLE optout_lists", "no such table"),
    ],
)
def test_a_journal_that_is_none_any_more_is_seen_before_a_post(gateway, statement, said):
    send(table(1), gateway)
    store = Store(gateway.journal)
    with store.kept_open():
        lists(store)
        with contextlib.closing(sqlite3.connect(gateway.journal, isolation_level=None)) as other:
            other.execute(statement)
        with pytest.raises(JournalError, match=said):
            lists(store)


@pytest.mark.parametrize("by", ["nothing", "an empty file", "a copy"])
def test_of_a_journal_that_was_replaced_no_run_believes_what_it_finds(gateway, tmp_path, by):
    send(table(1), gateway)
    store, copy = Store(gateway.journal), tmp_path / "copy.sqlite"
    store.backup(copy)
    with store.kept_open():
        lists(store)
        for suffix in BESIDE:
            beside(gateway.journal, suffix).unlink(missing_ok=True)
        if by == "an empty file":
            gateway.journal.touch()
        elif by == "a copy":
            copy.replace(gateway.journal)
        with contextlib.nullcontext() if by == "a copy" else pytest.raises(JournalError):
            lists(store)
        assert not store.in_place


@pytest.mark.parametrize("way", ["put back", "written over", "made anew", "deleted"])
def test_a_journal_of_opt_outs_that_is_another_one_in_the_middle_of_a_run_is_seen(
    gateway, sandbox, tmp_path, way
):
    """The campaign has a journal of its own; the gateway's has the lists, and is changed as often again."""
    last, copy = table(6)["mobile"].iloc[-1], tmp_path / "copy.sqlite"
    smsframe.optouts.add(["+393480000001"], why="x", gateway=gateway)
    smsframe.Journal(gateway.journal).backup(copy)
    if way in ("put back", "written over"):
        smsframe.optouts.add(["+393480000002"], why="x", gateway=gateway)
    done = []

    def report(event):
        if event.state.value != "accepted" or done:
            return
        if way == "written over":  # the file keeps its number, as a new one may get that of a deleted one
            gateway.journal.write_bytes(copy.read_bytes())
        else:
            gateway.journal.unlink()
        if way == "put back":
            copy.replace(gateway.journal)
        if way != "deleted":
            smsframe.optouts.add([last], why="STOP", gateway=gateway)
        done.append(way)

    own = tmp_path / "own.sqlite"
    if way == "deleted":
        with pytest.raises(smsframe.CampaignStopped, match="list of opt-outs was deleted"):
            send(table(6), gateway, batch_size=2, workers=1, report=report, journal=own)
        assert len(texted(sandbox)) == 2
        return
    out = send(table(6), gateway, batch_size=2, workers=1, report=report, journal=own)
    assert done == [way]
    assert last not in texted(sandbox)
    assert out["sms_code"].iloc[-1] == "opted_out"


def test_a_journal_of_opt_outs_that_cannot_be_read_hides_nothing_of_the_campaigns_own(
    gateway, sandbox, tmp_path
):
    smsframe.optouts.add(["+393480000001"], why="x", gateway=gateway)

    def report(event):
        if event.state.value == "accepted":
            gateway.journal.write_bytes(b"no database " * 1000)

    own = tmp_path / "own.sqlite"
    with pytest.raises(smsframe.CampaignStopped) as stopped:
        send(table(6), gateway, batch_size=2, workers=1, report=report, journal=own)
    assert len(texted(sandbox)) == 2
    assert statuses(stopped.value.results) == {"accepted": 2, "pending": 4}


def reading_back(monkeypatch, answer):
    """A stand-in for the other process."""
    asked = []

    def ask(path, query):
        asked.append((path, query))
        return answer(path, query)

    real = Journal.__init__

    def init(self, *arguments, **options):
        real(self, *arguments, **options)
        self._store._read_back = ask

    monkeypatch.setattr(Journal, "__init__", init)
    return asked


def test_a_claim_that_another_process_does_not_see_is_not_sent(sandbox, gateway, monkeypatch):
    asked = reading_back(monkeypatch, lambda *_: 0)
    with pytest.raises(JournalError, match="not there for another process") as error:
        send(table(4), gateway, batch_size=2)
    says_no_number(error.value)
    assert posts(sandbox) == 0
    assert len(asked) == 1
    monkeypatch.undo()
    out = send(table(4), gateway, batch_size=2, journal=gateway.journal)
    assert statuses(out) == {"accepted": 4}
    assert each_once(sandbox, out)


def test_the_first_the_tenth_and_then_some_claims_are_read_back_and_no_number_is_told(gateway, monkeypatch):
    asked = reading_back(monkeypatch, commit_check.ask)
    for campaign, read in (("autumn", 2), ("winter", 4)):  # each run begins anew
        send(table(12), gateway, batch_size=1, workers=1, campaign=campaign)
        assert len(asked) == read
    assert {path for path, _ in asked} == {gateway.journal}
    assert not any("3934" in query for _, query in asked)


def test_where_no_other_process_can_be_started_it_is_said_once_and_sent_all_the_same(
    sandbox, gateway, monkeypatch, caplog
):
    monkeypatch.setattr(commit_check, "_warned", [])
    for python_ in (None, "", str(TESTS / "there is no such program")):
        monkeypatch.setattr(sys, "executable", python_)
        assert statuses(send(table(2), gateway, campaign=f"with {python_}")) == {"accepted": 2}
    assert caplog.text.count("not read back by another process") == 1


@POSIX
@pytest.mark.parametrize(
    "program", ["echo; exit 1", "echo no number", "kill -9 $$", ">&2 echo no module; exit 3"]
)
def test_another_process_that_cannot_read_is_no_proof_and_nothing_is_sent(
    program, sandbox, gateway, tmp_path, monkeypatch
):
    broken = tmp_path / "python"
    broken.write_text(f"#!/bin/sh\n{program}\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(JournalError, match="could not"):
        send(table(2), gateway)
    assert posts(sandbox) == 0


def test_what_the_other_process_is_told_is_on_no_command_line(gateway, monkeypatch):
    real, lines = subprocess.run, []

    def run(command, **options):
        lines.append(command)
        return real(command, **options)

    monkeypatch.setattr(commit_check.subprocess, "run", run)
    send(table(2), gateway)
    assert lines == [[sys.executable, "-I", "-S", "-c", commit_check.PROGRAM]]


# Forks.


FORKED = """
    import os, subprocess, time
    from pathlib import Path
    import smsframe
    from smsframe.journal.journal import Journal
    path, how = Path(sys.argv[1]), sys.argv[2]
    journal = Journal(path)

    def child():
        try:
            smsframe.campaigns(journal=journal if how == "the same object" else path)
            said = "read"
        except smsframe.JournalError as error:
            said = str(error)
        print(said, journal.batches.held(owner), flush=True)

    with journal.owner() as owner:
        if how == "multiprocessing":
            import multiprocessing
            process = multiprocessing.get_context("fork").Process(target=child)
            process.start()
            process.join()
        elif not (pid := os.fork()):
            child()
            del journal
            sys.exit()  # and all that was inherited is collected
        else:
            os.waitpid(pid, 0)
        log = Path(f"{path}-wal").stat().st_ino
        program = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('PRAGMA user_version')"
        subprocess.run([sys.executable, "-c", program + ".fetchone(); c.close()", str(path)], check=True)
        there = Path(f"{path}-wal").stat().st_ino == log
        print(there, journal.batches.held(owner), smsframe.campaigns(journal=journal).empty)
"""


@FORKS
@pytest.mark.parametrize("how", ["the same object", "another object", "multiprocessing"])
def test_a_forked_child_leaves_the_journal_of_its_parent_alone(how, tmp_path):
    path = tmp_path / "journal.sqlite"
    take_up(path)
    child, parent = python(FORKED, path, how).stdout.splitlines()
    assert "this process was forked while" in child
    assert child.endswith("False")  # it sends nothing of what the parent has claimed
    assert parent == "True True True"


IDLE = """
    import os
    import smsframe
    from smsframe.journal.journal import Journal
    journal = Journal(sys.argv[1])
    with journal.owner():
        pass
    if not os.fork():
        with journal.owner() as owner:
            print(journal.campaigns().empty, journal.batches.held(owner), flush=True)
        os._exit(0)
    os.wait()
"""


@FORKS
def test_a_child_forked_between_runs_may_use_the_journal(tmp_path):
    assert python(IDLE, tmp_path / "journal.sqlite").stdout == "True True\n"


ORPHAN = """
    import os, signal, time
    from smsframe.journal.journal import Journal
    with Journal(sys.argv[1]).owner() as owner:
        if not (pid := os.fork()):
            time.sleep(60)
        print(owner, pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


@FORKS
def test_an_owner_is_dead_when_its_process_is_though_a_child_of_it_lives(tmp_path):
    path = tmp_path / "journal.sqlite"
    before = f"import sys; sys.path.insert(0, {str(TESTS)!r})\n"
    run = [sys.executable, "-W", "ignore", "-c", before + textwrap.dedent(ORPHAN), str(path)]
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as parent:
        owner, child = parent.stdout.readline().split()
        try:
            parent.wait(30)
            os.kill(int(child), 0)  # it lives
            assert not Journal(path)._owners.alive(owner)
        finally:
            os.kill(int(child), 9)


# Copies.


def command(*arguments):
    return CliRunner().invoke(main.app, [*map(str, arguments)])


def test_a_backup_made_while_a_run_is_at_work_has_all_that_is_committed(sandbox, proxy, through, tmp_path):
    copy = tmp_path / "backup.sqlite"
    said = []

    def back_up():
        said.append(command("journal", "backup", copy, "--journal", through.journal))

    proxy.on("POST", first(lambda: None), first(back_up))
    send(table(6), through, batch_size=2, workers=1)
    assert said[0].exit_code == 0
    assert str(copy) in said[0].stdout
    told = smsframe.results("autumn", journal=copy)
    assert statuses(told) == {"accepted": 2, "unconfirmed": 2, "pending": 2}  # the second one is under way
    assert outside(copy, "PRAGMA integrity_check") == "('ok',)"
    assert texted(sandbox).max() == 1
    if os.name == "posix":
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600


@LINUX
def test_a_backup_by_the_process_that_sends_leaves_the_locks_where_they_are(tmp_path):
    path = tmp_path / "journal.sqlite"
    journal = Journal(path)
    with journal.owner() as owner:
        before = locks(path)
        assert before
        journal.backup(tmp_path / "one.sqlite")
        Journal(path).backup(tmp_path / "two.sqlite")
        assert locks(path) == before
        assert journal.batches.held(owner)
    assert {file.name for file in tmp_path.glob("*.sqlite*") if file.is_file()} == {
        "journal.sqlite",
        "one.sqlite",
        "two.sqlite",
    }


def occupied(tmp_path):
    """Names that a copy may not have."""
    path = tmp_path / "journal.sqlite"
    letter, link = tmp_path / "letter", tmp_path / "link"
    letter.write_text("mine")
    link.symlink_to(path)
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "nowhere")
    left = tmp_path / "left.sqlite"
    beside(left, "-wal").write_bytes(b"of another file")
    return [
        path,
        letter,
        link,
        dangling,
        tmp_path,
        left,
        *(beside(path, end) for end in ("-wal", "-shm", "-journal")),
    ]


def test_a_backup_overwrites_nothing_and_takes_no_name_that_sqlite_uses(gateway, tmp_path):
    path = tmp_path / "journal.sqlite"
    send(table(2), gateway, journal=path)
    names = occupied(tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
    for name in names:
        out = command("journal", "backup", name, "--journal", path)
        assert out.exit_code == 4, name
        assert "name" in out.stderr
    assert {file: file.read_bytes() for file in before} == before
    assert not any(
        (tmp_path / name).exists() for name in ("nowhere", "left.sqlite", "journal.sqlite-journal")
    )
    assert statuses(smsframe.results("autumn", journal=path)) == {"accepted": 2}


def test_a_backup_that_fails_leaves_nothing(gateway, tmp_path):
    path, copy = tmp_path / "journal.sqlite", tmp_path / "copy.sqlite"
    with pytest.raises(JournalError, match="there is no journal"):
        Journal(path).backup(copy)
    send(table(200), gateway, journal=path)
    data = bytearray(path.read_bytes())
    data[-4096:] = bytes(4096)
    path.write_bytes(data)
    with pytest.raises(JournalError, match="damaged"):
        Journal(path).backup(copy)
    assert not copy.exists()
    out = command("journal", "backup", tmp_path / "no folder" / "copy.sqlite", "--journal", path)
    assert out.exit_code == 2


def test_the_copy_of_an_upgrade_replaces_one_that_was_not_finished(tmp_path):
    path = released(OLDER[-1], tmp_path)
    kept = path.with_name(f"{path.name}.schema-{OLDER[-1]}")
    half = kept.with_name(f"{kept.name}.new")
    half.write_bytes(b"half")  # of an upgrade that was killed
    kept.touch()  # of an older version's, killed when it had just made it
    take_up(path)
    assert not half.exists()
    assert outside(kept, "PRAGMA user_version") == f"({OLDER[-1]},)"
    assert len(smsframe.campaigns(journal=kept)) >= 4


# Who only reads.


def test_who_reads_cannot_write(gateway):
    send(table(2), gateway)
    store = Store(gateway.journal)
    with pytest.raises(JournalError, match="readonly"), store.transaction(reading=True) as connection:
        connection.execute(sa.delete(batches))
    assert statuses(smsframe.results("autumn", gateway=gateway)) == {"accepted": 2}


@POSIX
def test_a_reader_never_takes_the_log_into_the_file_nor_deletes_it(gateway):
    """Even where a run has lost its locks."""
    send(table(2), gateway)
    path = gateway.journal
    store = Store(path)
    with store.kept_open():
        with store.transaction() as connection:
            connection.exec_driver_sql("CREATE TABLE ours AS SELECT 1 AS x")
        touched(path)
        data, log = path.read_bytes(), beside(path, "-wal").read_bytes()
        python("import smsframe; print(len(smsframe.results('autumn', journal=sys.argv[1])))", path)
        assert command("campaigns", "--journal", path).exit_code == 0
        assert (path.read_bytes(), beside(path, "-wal").read_bytes()) == (data, log)
        assert store.in_place


def test_a_journal_that_another_program_took_its_log_from_gets_it_back(sandbox, gateway, tmp_path):
    path = tmp_path / "journal.sqlite"
    send(table(2), gateway, journal=path)
    assert outside(path, "PRAGMA journal_mode=DELETE") == "('delete',)"
    assert statuses(smsframe.results("autumn", journal=path)) == {"accepted": 2}
    assert statuses(send(table(3), gateway, journal=path)) == {"accepted": 3}
    assert outside(path, "PRAGMA journal_mode") == "('wal',)"
    assert posts(sandbox) == 2


def test_what_somebody_began_to_write_without_a_log_and_died_is_undone_by_who_comes_next(gateway, tmp_path):
    """As a file whose maker was killed; only who writes may do that, so reading does it first."""
    path, hot = tmp_path / "journal.sqlite", tmp_path / "hot.sqlite"
    send(table(2), gateway, journal=path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as dying:
        for statement in ("PRAGMA journal_mode=DELETE", "PRAGMA cache_size=1", "BEGIN"):
            dying.execute(statement).fetchall()
        dying.execute("DELETE FROM recipients")
        dying.execute("CREATE TABLE big AS SELECT randomblob(900000) AS x")
        shutil.copy(path, hot)
        shutil.copy(beside(path, "-journal"), beside(hot, "-journal"))
    assert statuses(smsframe.results("autumn", journal=hot)) == {"accepted": 2}


READ_ONLY = """
    import os, smsframe
    smsframe.campaigns(journal=sys.argv[1] + ".none")  # loads what it needs
    if os.getuid() == 0:
        os.setuid(65534)  # nothing is read-only to root
    try:
        print(len(smsframe.campaigns(journal=sys.argv[1])))
    except smsframe.JournalError as error:
        print(error)
"""


@POSIX
def test_a_folder_that_may_only_be_read_is_said(gateway, tmp_path):
    path = tmp_path / "folder" / "journal.sqlite"
    send(table(2), gateway, journal=path)
    path.chmod(0o644)
    for folder in (tmp_path, *tmp_path.parents):
        if "pytest-of" in str(folder):
            folder.chmod(folder.stat().st_mode | 0o055)
    path.parent.chmod(0o555)
    try:
        assert "its folder may only be read" in python(READ_ONLY, path).stdout
    finally:
        path.parent.chmod(0o755)


@pytest.mark.parametrize(
    "text", ["host=db dbname=campaigns password=hunter2", " service = campaigns", "postgresql:campaigns"]
)
def test_what_libpq_would_read_as_a_database_is_no_file(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(JournalError, match="postgresql://user@host/database") as refused:
        Journal(text)
    assert "hunter2" not in str(refused.value)
