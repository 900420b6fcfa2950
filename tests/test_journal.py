"""The file everything rests on: private, durable, ours; and every way it can be unusable is said."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pandas as pd
import pytest
from runs import posts, send, statuses, table, texted

import smsframe
from smsframe.errors import JournalError
from smsframe.journal import Journal

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


def says_no_number(error):
    while error is not None:
        assert "3934" not in f"{error} {error!r} {error.args} {vars(error).get('params')}"
        error = error.__cause__ or error.__context__


@POSIX
def test_only_its_owner_may_read_it(sandbox, gateway, tmp_path):
    path = tmp_path / "new" / "folder" / "journal.sqlite"
    before = os.umask(0)
    try:
        send(table(2), gateway, journal=path)
        with smsframe.journal.Journal(path)._store.transaction(reading=True):
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
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import smsframe
        from runs import send, table
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
    import runs  # noqa: PLC0415

    from smsframe import campaign as campaign_room  # noqa: PLC0415

    gateway.credits = lambda: {"N": 1e9}
    try:
        return campaign_room.send(plan, gateway, journal, **runs.RUN, **runs.SILENT)
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
