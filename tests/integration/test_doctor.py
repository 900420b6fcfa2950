"""`smsframe doctor`: each thing that may be wrong is found and said, and nothing is texted or written."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from helpers.clocks import PassingTime
from helpers.sending import send, table
from typer.testing import CliRunner

import smsframe
from smsframe.cli.main import app
from smsframe.errors import JournalError


@pytest.fixture
def time():
    return PassingTime()


@pytest.fixture
def there(sandbox, monkeypatch, tmp_path):
    """The environment of somebody for whom everything is as it should be."""
    for name in ("SMSFRAME_USER_KEY", "SMSFRAME_ACCESS_TOKEN", "SMSFRAME_POLICY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SMSFRAME_BASE_URL", sandbox.url)
    monkeypatch.setenv("SMSFRAME_USERNAME", "demo")
    monkeypatch.setenv("SMSFRAME_PASSWORD", "demo")
    monkeypatch.setenv("SMSFRAME_JOURNAL", str(tmp_path / "journal.sqlite"))
    return tmp_path


def doctor(*arguments, code=0):
    ran = CliRunner().invoke(app, ["doctor", *map(str, arguments)])
    assert ran.exit_code == code, ran.output
    lines = [line.split(maxsplit=2) for line in ran.output.splitlines()]
    return {
        line[0]: line[1] for line in lines if len(line) == 3 and line[1] in {"ok", "look", "problem"}
    }, ran.output


def test_when_everything_is_as_it_should_be_it_says_so_and_leaves_nothing(there, sandbox):
    (there / "stop.csv").write_text("mobile\n347 1234567\n")
    (there / "house.toml").write_text("budget = 5\n")
    before = {*there.iterdir()}
    states, said = doctor(
        "--suppress", there / "stop.csv", "--region", "IT", "--policy", there / "house.toml"
    )
    assert states == dict.fromkeys(
        ("login", "credit", "clock", "disk", "journal", "policy", "opt-outs"), "ok"
    )
    assert "Everything is as it should be." in said
    assert "journal.sqlite, not there yet" in " ".join(said.split())
    assert "stop.csv, 1 number" in " ".join(said.split())
    assert {*there.iterdir()} == before
    assert sandbox.inbox().empty
    send(table(2), smsframe.Gateway.from_env(), journal=there / "journal.sqlite")
    assert "1 campaign" in doctor()[1]


def test_no_account_and_a_wrong_password_are_said(there, monkeypatch):
    monkeypatch.setenv("SMSFRAME_PASSWORD", "open-sesame")
    states, said = doctor(code=1)
    assert states["gateway"] == "problem"
    assert "refused the user name and password" in " ".join(said.split())
    assert "open-sesame" not in said
    monkeypatch.delenv("SMSFRAME_BASE_URL")
    assert doctor(code=1)[0]["login"] == "problem"


def test_a_gateway_that_is_not_there_is_said(there, monkeypatch):
    monkeypatch.setenv("SMSFRAME_BASE_URL", "http://127.0.0.1:9/API/v1.0/REST/")
    assert doctor(code=1)[0]["gateway"] == "problem"


def test_no_credit_is_said(there, monkeypatch):
    with smsframe.Sandbox(credits=0) as empty:
        monkeypatch.setenv("SMSFRAME_BASE_URL", empty.url)
        assert doctor(code=1)[0]["credit"] == "problem"


@pytest.mark.parametrize("ahead", [3600, -3600])
def test_a_clock_that_is_wrong_is_said(ahead, there, monkeypatch):
    def theirs():
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=ahead)

    with smsframe.Sandbox(clock=theirs) as other:
        monkeypatch.setenv("SMSFRAME_BASE_URL", other.url)
        states, said = doctor(code=1)
    assert states["clock"] == "problem"
    assert f"s {'behind' if ahead > 0 else 'ahead of'} the gateway's" in " ".join(said.split())


def test_a_journal_that_is_damaged_or_another_file_is_said(there):
    path = there / "journal.sqlite"
    path.write_text("this is no journal")
    assert doctor(code=1)[0]["journal"] == "problem"
    path.unlink()
    send(table(200), smsframe.Gateway.from_env(), journal=path)
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes(4096) + whole[middle + 4096 :])
    states, said = doctor(code=1)
    assert states["journal"] == "problem"
    assert "damaged" in said or "malformed" in said
    with pytest.raises(JournalError):
        smsframe.Journal(path).verify()


def test_a_journal_on_a_disk_that_may_be_shared_is_said(there, monkeypatch):
    monkeypatch.delenv("SMSFRAME_LOCAL_DISKS", raising=False)
    assert doctor("--journal", "/proc/nowhere/journal.sqlite", code=1)[0]["journal"] == "problem"


def test_a_policy_and_a_list_that_cannot_be_read_are_said(there, monkeypatch):
    (there / "house.toml").write_text("bugdet = 5\n")
    (there / "stop.csv").write_text("mobile\n347 1234567\nsaid stop\n")
    monkeypatch.setenv("SMSFRAME_POLICY", str(there / "house.toml"))
    states, said = doctor("--suppress", there / "stop.csv", "--region", "IT", code=1)
    assert (states["policy"], states["opt-outs"]) == ("problem", "problem")
    assert "1234567" not in said
    assert "2 problems" in said


def test_what_is_no_problem_of_a_list_is_none(there):
    pd.DataFrame({"mobile": ["+393471234567"] * 3}).to_csv(there / "stop.csv", index=False)
    assert doctor("--suppress", there / "stop.csv")[0]["opt-outs"] == "ok"
