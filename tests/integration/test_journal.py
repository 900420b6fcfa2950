"""The file everything rests on: private, durable, ours; and every way it can be unusable is said."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pandas as pd
import psutil
import pytest
from helpers import killable
from helpers.faulty_server import FaultyServer, answer, first, forward, lose
from helpers.journal_files import JOURNALS, OLDER, RELEASED, released, says_no_number, take_up
from helpers.sending import codes, each_once, posts, resume, send, statuses, table, texted

import smsframe
from smsframe import CampaignStopped, Gateway
from smsframe.errors import JournalError
from smsframe.journal.journal import Journal
from smsframe.journal.sqlite.store import Store
from smsframe.journal.tables import VERSION

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")


def refused(path, gateway, match):
    """Sending and reading say so, and nothing is sent; the file is as it was."""
    for call in (
        lambda: send(table(2), gateway, journal=path),
        lambda: smsframe.results("autumn", journal=path),
        lambda: smsframe.campaigns(journal=path),
    ):
        with pytest.raises(JournalError, match=match) as error:
            call()
        says_no_number(error.value)


@POSIX
def test_only_its_owner_may_read_it(sandbox, gateway, tmp_path):
    path = tmp_path / "new" / "folder" / "journal.sqlite"
    before = os.umask(0)
    try:
        send(table(2), gateway, journal=path)
        with smsframe.journal.journal.Journal(path)._store.transaction(reading=True):
            made = [path, *path.parent.glob("journal.sqlite-*")]
            assert len(made) > 1
            assert {stat.S_IMODE(file.stat().st_mode) for file in made} == {0o600}
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_is_written_is_on_disk_before_anything_else_is_done(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")
    with journal.owner(), journal._store.transaction() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"


@pytest.mark.parametrize("name", ["with space.sqlite", "100%25 #2?.sqlite", "é🌶.sqlite", "a&mode=ro.sqlite"])
def test_any_file_name_will_do(name, gateway, tmp_path):
    path = tmp_path / name
    assert statuses(send(table(2), gateway, journal=path)) == {"accepted": 2}
    assert path.stat().st_size
    assert [file.name for file in tmp_path.iterdir() if file.is_file() and "sqlite" in file.name] == [name]
    assert len(smsframe.results("autumn", journal=path)) == 2


def test_a_url_and_a_journal_object_name_the_same_file(gateway, tmp_path):
    path = tmp_path / "journal.sqlite"
    send(table(2), gateway, journal=path)
    assert len(smsframe.results("autumn", journal=f"sqlite:///{path}")) == 2
    assert len(smsframe.results("autumn", journal=Journal(path))) == 2


@pytest.mark.parametrize(
    "url", ["postgresql://anna:secret@db/x", "sqlite://", "sqlite:///:memory:", "://", "foo://bar"]
)
def test_what_cannot_be_a_journal_is_refused_without_its_password(url, gateway):
    with pytest.raises(JournalError) as error:
        send(table(2), gateway, journal=url)
    assert "secret" not in str(error.value)


def test_a_folder_that_cannot_be_written_is_said_and_nothing_is_sent(sandbox, gateway, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(JournalError, match="cannot be used"):
        send(table(2), gateway, journal=tmp_path / "file" / "journal.sqlite")
    with pytest.raises(JournalError, match="cannot be used"):
        send(table(2), gateway, journal=tmp_path)
    assert posts(sandbox) == 0


def test_a_file_that_is_no_database_is_refused_and_left_alone(sandbox, gateway, tmp_path):
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"my only copy of a letter, which is longer than a header\n" * 100)
    before = path.read_bytes()
    refused(path, gateway, "not a database")
    assert path.read_bytes() == before
    assert posts(sandbox) == 0


@pytest.mark.parametrize("version", [0, 1, 7])
def test_another_programs_database_is_refused_and_left_alone(version, sandbox, gateway, tmp_path):
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE campaigns (id)")
        other.execute(f"PRAGMA user_version={version}")
    other.close()
    before = path.read_bytes()
    refused(path, gateway, "another program")
    assert path.read_bytes() == before
    assert posts(sandbox) == 0


def test_a_newer_journal_is_refused_and_left_alone(sandbox, gateway, tmp_path):
    path = tmp_path / "journal.sqlite"
    send(table(1), gateway, journal=path)
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version=99")
    newer.close()
    refused(path, gateway, "newer smsframe")
    assert posts(sandbox) == 1


def test_a_file_that_was_never_finished_is_as_good_as_none(gateway, tmp_path):
    path = tmp_path / "journal.sqlite"
    path.touch()
    assert smsframe.campaigns(journal=path).empty
    with pytest.raises(smsframe.UnknownCampaign):
        smsframe.results("autumn", journal=path)
    assert statuses(send(table(2), gateway, journal=path)) == {"accepted": 2}


def test_reading_makes_no_file(tmp_path):
    path = tmp_path / "none.sqlite"
    listed = smsframe.campaigns(journal=path)
    assert listed.empty
    assert str(listed["created_at"].dtype) == "datetime64[us, UTC]"
    with pytest.raises(smsframe.UnknownCampaign, match="autumn") as unknown:
        smsframe.results("autumn", journal=path)
    assert unknown.value.campaign == "autumn"
    with pytest.raises(smsframe.UnknownCampaign):
        smsframe.withdraw("autumn", journal=path)
    assert list(tmp_path.glob("none*")) == []


@POSIX
def test_a_journal_that_may_only_be_read_sends_nothing(sandbox, gateway, tmp_path):
    path = tmp_path / "journal.sqlite"
    send(table(2), gateway, journal=path)
    path.chmod(0o444)
    program = f"""
        import os, sys
        sys.path.insert(0, {str(Path(__file__).parents[1])!r})
        import smsframe
        from helpers.sending import send, table
        gateway = smsframe.Gateway({sandbox.url!r}, username="demo", password="demo")
        smsframe.plan(table(3), "Ciao {{name}}", phone="mobile").credits, gateway.credits()
        if os.getuid() == 0:
            os.setuid(65534)  # nothing is read-only to root
        try:
            send(table(3), gateway, journal={str(path)!r})
        except smsframe.JournalError as error:
            print(error)
    """
    for folder in (tmp_path, *tmp_path.parents):  # pytest's folders are its user's alone
        if "pytest-of" in str(folder):
            folder.chmod(folder.stat().st_mode | 0o055)
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False
    )
    assert "cannot be used" in run.stdout, run.stdout + run.stderr
    assert posts(sandbox) == 1
    path.chmod(0o600)
    assert statuses(send(table(3), gateway, journal=path)) == {"accepted": 3}


def test_a_disk_that_is_really_full_sends_nothing_and_keeps_what_it_holds(sandbox, gateway, tmp_path):
    import sqlalchemy as sa  # noqa: PLC0415

    path = tmp_path / "journal.sqlite"
    send(table(3), gateway, journal=path)
    journal = Journal(path)
    sa.event.listen(
        journal._store._engine, "connect", lambda made, _: made.execute("PRAGMA max_page_count=40")
    )
    with pytest.raises(JournalError, match="full") as error:
        send_to(journal, table(20_000, start=10), gateway)
    says_no_number(error.value)
    assert posts(sandbox) == 1
    assert statuses(smsframe.results("autumn", journal=path)) == {"accepted": 3}
    assert statuses(send(table(5), gateway, journal=path)) == {"accepted": 5}
    assert texted(sandbox).max() == 1


def send_to(journal, contacts, gateway):
    plan = smsframe.plan(contacts, "Ciao {name}", campaign="autumn", phone="mobile", journal=journal)
    from helpers import sending  # noqa: PLC0415

    gateway.credits = lambda: pd.DataFrame({"message_type": ["N"], "credits": [1e9]})
    try:
        return sending.send(plan, gateway, journal=journal)
    finally:
        del gateway.credits


def test_the_first_send_prints_where_it_is_remembered_and_the_next_does_not(sandbox, tmp_path, capsys):
    gateway = smsframe.Gateway(sandbox.url, username="demo", password="demo")
    ways = {"campaign": "autumn", "phone": "mobile", "gateway": gateway, "progress": False}
    smsframe.send(table(2), "Ciao", **ways)
    path = Journal.default().path
    assert path.exists()
    assert tmp_path in path.parents
    assert str(path) in capsys.readouterr().out
    smsframe.send(table(2), "Ciao", **ways)
    assert capsys.readouterr().out == ""
    assert len(smsframe.results("autumn")) == 2
    gateway.close()


def test_the_environment_names_the_journal(sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("SMSFRAME_JOURNAL", str(tmp_path / "named.sqlite"))
    gateway = smsframe.Gateway(sandbox.url, username="demo", password="demo")
    smsframe.send(table(1), "Ciao", campaign="autumn", phone="mobile", gateway=gateway, progress=False)
    assert smsframe.campaigns()["campaign"].tolist() == ["autumn"]
    assert (tmp_path / "named.sqlite").exists()
    gateway.close()


def test_only_number_text_and_evidence_are_kept(gateway, tmp_path):
    path = tmp_path / "journal.sqlite"
    contacts = table(2).assign(diagnosis="secret-of-theirs")
    send(contacts, gateway, journal=path)
    assert b"secret-of-theirs" not in path.read_bytes()


def test_the_evidence_says_what_happened_in_order(gateway):
    send(table(2), gateway)
    told = Journal(gateway.journal).evidence(1)
    assert told["event"].tolist() == ["claimed", "accepted"]
    assert told["at"].is_monotonic_increasing
    assert isinstance(told["at"].dtype, pd.DatetimeTZDtype)
    assert told["process"].iloc[0].startswith(f"{os.getpid()}@")
    assert not told.to_csv().count("3934")


# Files of released versions (`data/journals/README.md`).

STORY = {
    "autumn": {"accepted": 5, "rejected": 1},
    "winter": {"scheduled": 2},
    "spring": {"unconfirmed": 2},
    "summer": {"pending": 3},
    "harvest": {"accepted": 3},
}


def outcomes(path):
    """All that a journal says of everybody, and why."""
    listed = smsframe.campaigns(journal=path)
    told = {name: smsframe.results(name, journal=path) for name in listed["campaign"]}
    evidence = [Journal(path).evidence(key + 1) for key in listed.index]
    return listed, told, pd.concat(evidence).astype(object).where(lambda cells: cells.notna(), None)


def same(one, other):
    pd.testing.assert_frame_equal(one[0], other[0])
    assert one[1].keys() == other[1].keys()
    for name, frame in one[1].items():
        pd.testing.assert_frame_equal(frame, other[1][name])
    pd.testing.assert_frame_equal(one[2], other[2])


def asked_of(path, statement):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def shape(path):
    """The tables, columns, keys and indexes of a file, however they came to be."""
    pragmas = ("user_version", "application_id", "journal_mode", "quick_check", "foreign_key_check")
    told = {pragma: asked_of(path, f"PRAGMA {pragma}") for pragma in pragmas}
    for name, made in sorted(asked_of(path, "SELECT name, sql FROM sqlite_master WHERE type = 'table'")):
        keys = asked_of(path, f"PRAGMA foreign_key_list({name})")
        indexes = [
            (each, unique, origin, asked_of(path, f"PRAGMA index_xinfo({each})"))
            for _, each, unique, origin, _ in sorted(
                asked_of(path, f"PRAGMA index_list({name})"), key=lambda index: index[1]
            )
        ]
        columns = asked_of(path, f"PRAGMA table_xinfo({name})")
        told[name] = (made.split(")")[-1].strip(), columns, sorted(key[2:] for key in keys), indexes)
    return told


def fresh_shape(tmp_path):
    path = tmp_path / "fresh" / "journal.sqlite"
    take_up(path)
    return shape(path)


def moved(path, campaign, gateway):
    """As if a campaign had been sent to another gateway; its orders are not there."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE campaigns SET base_url = ? WHERE name = ?", [gateway.base_url, campaign])
        connection.commit()


def test_there_is_a_journal_of_every_released_version():
    files = {f"schema-{version}.sqlite" for version in RELEASED}
    assert {file.name for file in JOURNALS.glob("*.sqlite")} == files
    for version in RELEASED:
        assert asked_of(f"{JOURNALS}/schema-{version}.sqlite", "PRAGMA user_version") == [(version,)]


@pytest.mark.parametrize("version", RELEASED)
def test_a_journal_of_any_version_is_read_and_reading_changes_nothing(version, tmp_path):
    path = released(version, tmp_path)
    before = path.read_bytes()
    listed, told, evidence = outcomes(path)
    assert {name: statuses(frame) for name, frame in told.items()} == {
        name: STORY[name] for name in listed["campaign"]
    }
    assert listed["campaign"].tolist() == [*STORY][: len(listed)]
    assert len(listed) == (4 if version == 1 else 5)
    assert set(evidence["process"]) == {"4711@laptop"}
    assert path.read_bytes() == before
    # A reader may not delete what another process could be using, so SQLite's own files stay, and are empty.
    log, memory = (path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))
    assert {*tmp_path.iterdir()} == {path, log, memory}
    assert log.stat().st_size == 0


def test_the_file_of_this_version_is_as_this_version_makes_one(tmp_path):
    path = released(VERSION, tmp_path)
    before, told = path.read_bytes(), outcomes(path)
    assert shape(path) == fresh_shape(tmp_path)
    take_up(path)
    assert path.read_bytes() == before
    assert [*tmp_path.glob("*.schema-*")] == []
    same(outcomes(path), told)


@pytest.mark.samples(2)
@pytest.mark.parametrize("version", OLDER)
def test_the_first_write_upgrades_an_older_file_and_leaves_a_copy_of_it(version, tmp_path):
    path = released(version, tmp_path)
    before = outcomes(path)
    old = os.umask(0)
    try:
        take_up(path)
    finally:
        os.umask(old)
    copy = path.with_name(f"{path.name}.schema-{version}")
    assert shape(path) == fresh_shape(tmp_path)
    same(outcomes(path), before)
    assert asked_of(copy, "PRAGMA user_version") == [(version,)]
    same(outcomes(copy), before)
    if os.name == "posix":
        assert {stat.S_IMODE(file.stat().st_mode) for file in (path, copy)} == {0o600}
    written, kept = path.read_bytes(), copy.read_bytes()
    take_up(path)
    assert (path.read_bytes(), copy.read_bytes()) == (written, kept)
    assert [file.name for file in tmp_path.glob("*.schema-*") if file.name[-4:] not in ("-wal", "-shm")] == [
        copy.name
    ]


def fiction(*places):
    return pd.DataFrame(
        {"name": [f"N{place}" for place in places], "mobile": [f"+447700900{place:03}" for place in places]}
    )


@pytest.mark.parametrize("version", RELEASED)
def test_a_campaign_of_any_version_goes_on(version, sandbox, gateway, tmp_path):
    path = released(version, tmp_path)
    for campaign in ("autumn", "spring", "summer"):
        moved(path, campaign, gateway)
    again = send(
        fiction(*range(83, 90)),
        gateway,
        "Ciao {name}",
        campaign="autumn",
        numbers="possible",
        journal=path,
    )
    assert again["sms_status"].tolist() == ["accepted"] * 2 + ["rejected"] + ["accepted"] * 4
    assert codes(again) == {"already_texted": 5, "refused_number": 1}
    assert posts(sandbox) == 1
    assert statuses(resume(gateway, "summer", journal=path)) == {"accepted": 3}
    assert posts(sandbox) == 2
    # The orders of autumn were never here, so that this gateway's history proves nothing.
    assert statuses(resume(gateway, "spring", journal=path)) == {"unconfirmed": 2}
    out = resume(gateway, "spring", journal=path, unconfirmed="send")
    assert statuses(out) == {"accepted": 2}
    assert set(texted(sandbox).index) == {f"+447700900{place:03}" for place in (89, 110, 111, 120, 121, 122)}
    assert texted(sandbox).max() == 1


@pytest.mark.parametrize("version", RELEASED)
def test_an_order_in_doubt_of_any_version_is_looked_up(version, sandbox, gateway, tmp_path):
    path = released(version, tmp_path)
    moved(path, "spring", gateway)
    out = resume(gateway, "spring", journal=path)
    assert statuses(out) == {"accepted": 2}
    assert each_once(sandbox, out)
    (order,) = set(out["sms_order_id"])
    told = Journal(path).evidence(3)
    assert set(told["order_id"]) == {order}
    assert told["event"].tolist()[-3:] == ["absent", "absent_twice", "accepted"]
    assert told["question"].notna().tolist()[-3:] == [True] * 3


STEP = r"journal_mode|BEGIN IMMEDIATE|CREATE|ALTER|INSERT|DROP|user_version=|commit"
"""Where a file is changed, or a transaction begins and ends."""


FIRST = {
    "campaigns": "id, name, base_url, account, prefix, created_at, message_type, sender, schedule_at, "
    "batch_size, text",
    "texts": "id, campaign, template",
    "batches": "id, campaign, text, order_id, generation, state, doubt, owner, attempts, encoding, "
    "recipients, "
    "segments, message_type, sender, schedule_at, claimed_at, sent_at, charged, reason",
    "recipients": "campaign, phone, text, fields, encoding, segments, batch, missing",
    "evidence": "id, campaign, order_id, at, process, event, state, answer",
}
"""The columns of the first version."""


def rows(path):
    """All that is in a file, without what later versions added."""
    keys = dict.fromkeys(FIRST, "id") | {"recipients": "campaign, phone"}
    return {
        name: asked_of(path, f"SELECT {columns} FROM {name} ORDER BY {keys[name]}")
        for name, columns in FIRST.items()
    }


@pytest.mark.samples(1)
@pytest.mark.parametrize("version", OLDER)
def test_killed_at_any_step_of_an_upgrade_a_whole_file_is_left_and_the_next_run_upgrades_it(
    version, tmp_path
):
    wanted, before = fresh_shape(tmp_path), rows(released(version, tmp_path))
    points = killable.run(take_up, released(version, tmp_path), among=STEP).points
    changes = [point for point in points if point.startswith(("ALTER", "CREATE", "INSERT", "DROP"))]
    assert len(changes) >= (1 if version >= 5 else 4)
    left = set()
    for fatal in range(len(points)):
        (tmp_path / str(fatal)).mkdir()
        path = released(version, tmp_path / str(fatal))
        assert killable.run(take_up, path, among=STEP, fatal=fatal).killed
        left |= {*asked_of(path, "PRAGMA user_version")}
        assert rows(path) == before
        take_up(path)
        assert shape(path) == wanted, points[fatal]
        assert rows(path) == before
    assert (version,) in left <= {(version,), (VERSION,)}


def test_killed_at_any_step_of_making_the_file_the_next_run_makes_it(sandbox, gateway, tmp_path):
    wanted = fresh_shape(tmp_path)
    making = f"{STEP}|mkdir|open \\*"
    points = killable.run(take_up, tmp_path / "first" / "journal.sqlite", among=making).points
    assert len([point for point in points if point.startswith("CREATE")]) >= 5
    for fatal in range(len(points)):
        path = tmp_path / f"killed-{fatal}" / "journal.sqlite"
        assert killable.run(take_up, path, among=making, fatal=fatal).killed
        assert smsframe.campaigns(journal=path).empty
        take_up(path)
        assert shape(path) == wanted, points[fatal]
        if points[fatal].startswith(("PRAGMA journal_mode", "CREATE TABLE batches", "PRAGMA user_version")):
            out = send(table(1, start=fatal), gateway, journal=path, campaign=f"killed at {fatal}")
            assert statuses(out) == {"accepted": 1}
    assert texted(sandbox).max() == 1


@pytest.mark.samples(1)
@pytest.mark.parametrize("version", OLDER)
def test_several_processes_that_upgrade_at_once_upgrade_it_once(version, tmp_path):
    wanted = fresh_shape(tmp_path)
    path = released(version, tmp_path)
    before = outcomes(path)
    for ending in [killable.KillableProcess(take_up, path) for _ in range(4)]:
        assert not ending.wait().killed
    assert shape(path) == wanted
    same(outcomes(path), before)
    same(outcomes(path.with_name(f"{path.name}.schema-{version}")), before)


@pytest.mark.parametrize("version", [0, *OLDER])
def test_whoever_comes_second_to_an_upgrade_leaves_no_copy_of_its_own(version, tmp_path, monkeypatch):
    """Both saw the file as it was before; the second waits for the first, and finds it done."""
    path = released(version, tmp_path) if version else tmp_path / "journal.sqlite"
    take_up(path)
    monkeypatch.setattr(Store, "_current", lambda _: False)
    take_up(path)
    copies = [f"{path.name}.schema-{version}"] if version else []
    assert [file.name for file in tmp_path.glob("*.schema-*")] == copies


@pytest.mark.parametrize("version", OLDER)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda copy: copy.mkdir(),
        lambda copy: copy.write_bytes(b"a letter, longer than a header\n" * 200),
    ],
    ids=["a folder is there", "a letter is there"],
)
def test_without_its_copy_no_file_is_upgraded(spoil, version, sandbox, gateway, tmp_path):
    path = released(version, tmp_path)
    spoil(path.with_name(f"{path.name}.schema-{version}"))
    before = path.read_bytes()
    with pytest.raises(JournalError, match="cannot be used"):
        send(table(2), gateway, journal=path, campaign="new")
    assert path.read_bytes() == before
    assert posts(sandbox) == 0


# Damaged files.


@pytest.fixture
def used(gateway, tmp_path):
    """A journal that knows sixty people, one of them refused."""
    path = tmp_path / "used.sqlite"
    send(table(60, bad=[3]), gateway, journal=path, batch_size=10)
    return path


PAGE = 4096


def damaged(data, at, length=16):
    """The same file with some bytes turned over."""
    return data[:at] + bytes(byte ^ 0xFF for byte in data[at : at + length]) + data[at + length :]


def nothing_is_sent(path, data, sandbox, gateway, error=JournalError, **options):
    path.write_bytes(data)
    before = posts(sandbox)
    with pytest.raises(error) as raised:
        send(table(60, bad=[3]), gateway, journal=path, **options)
    says_no_number(raised.value)
    assert path.read_bytes() == data
    assert posts(sandbox) == before


def test_a_damaged_page_is_noticed_before_anything_is_sent_whichever_it_is(sandbox, gateway, used):
    data = used.read_bytes()
    pages = range(len(data) // PAGE)
    assert len(pages) > 10
    for page in pages:
        start = page * PAGE + (100 if page == 0 else 0)
        nothing_is_sent(used, damaged(data, start), sandbox, gateway)
    used.write_bytes(data)  # a backup is put in its place
    assert statuses(send(table(60, bad=[3]), gateway, journal=used)) == {"accepted": 59, "rejected": 1}
    assert texted(sandbox).max() == 1


CUT = {
    "to half": lambda data: data[: len(data) // 2],
    "by a page": lambda data: data[:-PAGE],
    "in a page": lambda data: data[: -PAGE // 3],
    "in the header": lambda data: data[:99],
    "of its header": lambda data: bytes(100) + data[100:],
    "of its name": lambda data: bytes(16) + data[16:],
    "to zeros": lambda data: bytes(len(data)),
}


def test_a_file_that_is_cut_short_or_has_lost_its_header_sends_nothing(sandbox, gateway, used):
    data = used.read_bytes()
    for cut in CUT.values():
        nothing_is_sent(used, cut(data), sandbox, gateway, adopt=True)


def test_a_file_that_is_empty_by_now_is_a_new_one_and_the_gateways_history_holds_its_people(
    sandbox, gateway, used
):
    nothing_is_sent(used, b"", sandbox, gateway, error=smsframe.CampaignChanged)


def test_damaged_names_of_tables_are_a_damaged_journal(sandbox, gateway, used):
    data = used.read_bytes()
    nothing_is_sent(used, damaged(data, data.index(b"CREATE TABLE batches") + 40), sandbox, gateway)


def test_a_number_that_is_none_any_more_is_a_damaged_journal(sandbox, gateway, used):
    data = used.read_bytes()
    data = data.replace(b"+3934700000", b"+39347\x100000")
    nothing_is_sent(used, data, sandbox, gateway)


@pytest.mark.parametrize("version", OLDER)
def test_a_damaged_file_of_an_older_version_is_left_as_it_is(version, sandbox, gateway, tmp_path):
    path = released(version, tmp_path)
    data = path.read_bytes()
    (root,) = asked_of(path, "SELECT rootpage FROM sqlite_master WHERE name = 'evidence'")[0]
    path.write_bytes(damaged(data, (root - 1) * PAGE))
    before = path.read_bytes()
    with pytest.raises(JournalError, match="damaged"):
        send(table(2), gateway, journal=path, campaign="new")
    assert posts(sandbox) == 0
    assert path.read_bytes() == before


# Other programs.


@pytest.fixture
def impatient(monkeypatch):
    """Who waits for another program does not wait long."""
    monkeypatch.setattr("smsframe.journal.sqlite.store.LOCKED", 0.01)


@contextlib.contextmanager
def locked(path, *how):
    """Another program is at the file."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        for statement in how or ("BEGIN IMMEDIATE",):
            other.execute(statement)
        yield


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "how",
    [
        ["BEGIN IMMEDIATE"],
        ["PRAGMA locking_mode=EXCLUSIVE", "BEGIN EXCLUSIVE", f"PRAGMA user_version={VERSION}"],
    ],
    ids=["writing", "alone with it"],
)
def test_a_file_that_another_program_is_writing_sends_nothing(how, sandbox, gateway, used):
    before = posts(sandbox)
    with locked(used, *how), pytest.raises(JournalError, match="locked"):
        send(table(61, bad=[3]), gateway, journal=used)
    assert posts(sandbox) == before
    assert statuses(send(table(61, bad=[3]), gateway, journal=used)) == {"accepted": 60, "rejected": 1}
    assert texted(sandbox).max() == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("version", "how"),
    [
        (0, "BEGIN EXCLUSIVE"),
        (0, "BEGIN IMMEDIATE"),
        *((version, "BEGIN IMMEDIATE") for version in OLDER),
    ],
)
def test_a_file_that_is_locked_when_it_is_made_or_upgraded_sends_nothing(
    version, how, sandbox, gateway, tmp_path
):
    path = released(version, tmp_path) if version else tmp_path / "journal.sqlite"
    path.touch()
    before = path.read_bytes()
    with locked(path, how), pytest.raises(JournalError, match="locked"):
        send(table(2), gateway, journal=path, campaign="new")
    assert path.read_bytes() == before
    assert posts(sandbox) == 0
    assert statuses(send(table(2), gateway, journal=path, campaign="new")) == {"accepted": 2}


@pytest.mark.usefixtures("impatient")
def test_a_file_that_is_locked_on_the_way_stops_and_sends_nothing_without_a_record(sandbox, proxy, through):
    """The answer of the order under way cannot be written: it is looked up later."""
    with contextlib.ExitStack() as other:
        proxy.on("POST", first(lambda: other.enter_context(locked(through.journal))))
        with pytest.raises(CampaignStopped) as stopped:
            send(table(8), through, batch_size=2)
        assert statuses(smsframe.results("autumn", journal=through.journal)) == {
            "unconfirmed": 2,
            "pending": 6,
        }
    assert isinstance(stopped.value.__cause__, JournalError)
    assert "locked" in str(stopped.value)
    says_no_number(stopped.value)
    assert proxy.posts() == 1
    assert statuses(stopped.value.results) == {"unconfirmed": 2, "pending": 6}
    out = resume(through)
    assert statuses(out) == {"accepted": 8}
    assert each_once(sandbox, out)


def replaced(path, by, *, tidy):
    """As whoever restores a backup does it: the file, and, if tidy, what belonged to the old one."""
    if tidy:
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    Path(shutil.copy(by, f"{path}.new")).replace(path)


@pytest.mark.parametrize("tidy", [True, False], ids=["tidily", "with the old log beside it"])
@pytest.mark.parametrize("what", ["an empty file", "another program's"])
def test_a_file_that_is_replaced_on_the_way_stops_and_is_left_alone(what, tidy, sandbox, proxy, through):
    other = through.journal.with_name("other.sqlite")
    with contextlib.closing(sqlite3.connect(other)) as program:
        if what != "an empty file":
            program.execute("CREATE TABLE letters AS SELECT 'mine' AS text")
            program.commit()
    proxy.on("POST", first(lambda: None), first(lambda: replaced(through.journal, other, tidy=tidy)))
    with pytest.raises(CampaignStopped) as stopped:
        send(table(8), through, batch_size=2, workers=1)
    assert isinstance(stopped.value.__cause__, JournalError)
    assert proxy.posts() == 2
    assert statuses(stopped.value.results) == {"unconfirmed": 8}
    if tidy:  # SQLite takes an old log for the new file's own
        assert through.journal.read_bytes() == other.read_bytes()
    assert texted(sandbox).max() == 1
    with pytest.raises(smsframe.SmsFrameError):  # it is another program's, or the gateway knows the campaign
        send(table(8), through, batch_size=2)
    assert proxy.posts() == 2


def test_an_older_backup_that_is_put_in_its_place_on_the_way_stops_and_nobody_is_called_ready(
    sandbox, proxy, through
):
    send(table(2), through)
    backup = Path(shutil.copy(through.journal, through.journal.with_name("backup.sqlite")))
    proxy.on("POST", first(lambda: replaced(through.journal, backup, tidy=True)))
    with pytest.raises(CampaignStopped) as stopped:
        send(table(10), through, batch_size=2, workers=1)
    assert proxy.posts() == 2
    assert texted(sandbox).max() == 1
    assert set(statuses(stopped.value.results)) <= {"accepted", "unconfirmed", "pending"}


def rewind(journal, backup):
    """An older state is written into the file that is in use, by SQLite's own backup."""
    with (
        contextlib.closing(sqlite3.connect(backup)) as source,
        contextlib.closing(sqlite3.connect(journal, timeout=30)) as target,
    ):
        source.backup(target)


@pytest.mark.samples(3)
@pytest.mark.parametrize("call", ["send", "resume"])
@pytest.mark.parametrize("older", ["planned", "unknown"])
@pytest.mark.parametrize(("order", "last"), [(1, lose), (3, forward)], ids=["lost", "answered"])
def test_after_an_older_state_is_written_into_the_journal_nobody_who_was_posted_is_called_pending(
    order, last, older, call, sandbox, proxy, through
):
    """The run knows better than its journal: it saw who was accepted, and whose answer did not come."""
    people = table(10)
    backup = through.journal.with_name("backup.sqlite")
    send(people[:2], through)
    if older == "unknown":  # the others are not even in the older state
        Journal(through.journal).backup(backup)
    proxy.on("POST", answer(503, Retry_After="5000"))
    with pytest.raises(smsframe.Unavailable):
        send(people, through, batch_size=2, workers=1)
    if older == "planned":
        Journal(through.journal).backup(backup)
    proxy.on("POST", *[forward] * (order - 1), first(lambda: rewind(through.journal, backup), last))
    with pytest.raises(CampaignStopped) as stopped:
        send(people, through, batch_size=2, workers=1) if call == "send" else resume(through, workers=1)
    out = stopped.value.results
    got = texted(sandbox)
    has_text = out["sms_phone"].isin(got.index)
    assert len(out) == 10
    assert set(out["sms_status"][has_text]) <= {"accepted", "unconfirmed"}
    assert not out["sms_status"][~has_text].isin(["accepted"]).any()
    assert out["sms_order_id"][has_text].notna().all()


# One file by two names.


def two_names(path):
    """A journal, and a link to it."""
    take_up(path)
    link = path.with_name("link.sqlite")
    link.symlink_to(path)
    return link


def test_a_file_with_two_names_of_its_own_is_refused_by_either(sandbox, gateway, tmp_path):
    """No name leads to the other, so whoever is at work cannot be seen."""
    path, other = tmp_path / "journal.sqlite", tmp_path / "other.sqlite"
    send(table(2), gateway, journal=path)
    other.hardlink_to(path)
    for name in (path, other):
        with pytest.raises(JournalError, match="two names"):
            send(table(3), gateway, journal=name)
        assert statuses(smsframe.results("autumn", journal=name)) == {"accepted": 2}
    assert posts(sandbox) == 1
    other.unlink()
    assert statuses(send(table(3), gateway, journal=path)) == {"accepted": 3}


def test_whoever_is_at_work_is_alive_by_any_name_of_the_file(tmp_path):
    path = tmp_path / "journal.sqlite"
    link = two_names(path)
    for one, other in ((path, link), (link, path)):
        with Journal(one).owner() as owner:
            assert Journal(other).batches.held(owner)


def test_two_at_once_by_two_names_of_one_file_text_each_person_once(tmp_path):
    with (
        smsframe.Sandbox(repeated_order_id="accept", speed=3600) as sandbox,
        FaultyServer(sandbox.url) as proxy,
    ):
        path = tmp_path / "journal.sqlite"
        link = two_names(path)
        inside, go = threading.Event(), threading.Event()

        def slow(request):
            inside.set()
            go.wait(10)
            return request.forward()

        proxy.on("POST", slow)
        gateway = Gateway(proxy.url, username="demo", password="demo")

        def run():
            with contextlib.suppress(smsframe.SmsFrameError):
                send(table(3), gateway, journal=path)

        thread = threading.Thread(target=run)
        thread.start()
        assert inside.wait(10)
        other = send(table(3), gateway, journal=link)
        go.set()
        thread.join()
        gateway.close()
        assert codes(other) == {"other_process": 3}
        assert texted(sandbox).tolist() == [1] * 3


def test_a_connection_that_is_lent_while_a_run_ends_is_closed_too(tmp_path):
    """A thread of the run may still be waiting for the file when the run is over."""
    store = Store(tmp_path / "journal.sqlite")
    store.make()
    gc.collect()
    gc.disable()  # which would close it too, some day, with a warning
    try:
        with store.transaction(reading=True):
            with store.kept_open():
                pass
            assert held(store.path)
        assert not held(store.path)
    finally:
        gc.enable()


def held(path):
    """How often this process has the file open."""
    return sum(file.path == str(path) for file in psutil.Process().open_files())
