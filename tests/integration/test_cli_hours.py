"""Hours on the command line, from the table to the sandbox and back, by the machine's own clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from typer.testing import CliRunner

from smsframe.cli import exit_codes
from smsframe.cli.main import app

ROWS = "name,mobile,tz\nAda,+393471234567,UTC\nBea,+393471234568,\nCy,+393471234569,Mars/Base\n"
SEND = ("send", "people.csv", "--campaign", "autumn", "--text", "Ciao {name}", "--phone", "mobile", "--yes")
EVERY_DAY = ("--days", "Mon-Sun")


@pytest.fixture
def served(terminal, tmp_path):
    (tmp_path / "people.csv").write_text(ROWS, "utf-8")
    return terminal


def run(*arguments, code=0):
    done = CliRunner().invoke(app, [*arguments])
    assert done.exit_code == code, done.output + repr(done.exception)
    return done.output


def between(begin, end):
    """Hours that begin and end so many hours from now, in UTC."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    begins, ends = (now + timedelta(hours=hours) for hours in (begin, end))
    return begins, ("--hours", f"{begins:%H:%M}-{ends:%H:%M}", *EVERY_DAY)


def results(*command, code=0):
    run(*command, "--out", "out.csv", code=code)
    return pd.read_csv("out.csv", dtype="string").set_index("sms_phone")


@pytest.mark.usefixtures("served")
def test_who_is_open_now_is_texted_now():
    _, hours = between(-2, 3)
    out = results(*SEND, *hours, "--zone", "UTC")
    assert out["sms_status"].tolist() == ["accepted"] * 3


@pytest.mark.usefixtures("served")
def test_who_must_wait_is_scheduled_and_once():
    begins, hours = between(4, 6)
    for _ in range(2):
        out = results(*SEND, *hours, "--zone", "UTC")
        assert out["sms_status"].tolist() == ["scheduled"] * 3
        assert pd.to_datetime(out["sms_scheduled_at"]).eq(begins).all()


def test_no_zone_is_pending_until_a_person_names_one(served):
    _, hours = between(-2, 3)
    out = results(*SEND, *hours, "--zone", "tz", code=exit_codes.UNFINISHED)
    assert out["sms_status"].tolist() == ["accepted", "pending", "pending"]
    assert out["sms_code"].iloc[1:].tolist() == ["quiet_hours"] * 2
    assert len(served.inbox()) == 1
    resumed = results("resume", "autumn", "--yes", *hours, "--zone", "UTC")
    assert resumed["sms_status"].tolist() == ["accepted"] * 3
    assert len(served.inbox()) == 3


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--hours", "9-25"), "'9'"),
        (("--hours", "09:00"), "--hours"),
        (("--hours", "09:00-20:00", "--days", "Mon-Xyz"), "Xyz"),
        (("--hours", "09:00-20:00", "--zone", "Mars/Base"), "Mars/Base"),
        (("--rules", "leniency"), "leniency"),
        (("--hours", "09:00-20:00", "--schedule", "2099-12-01T09:00+01:00"), "--schedule"),
    ],
)
@pytest.mark.parametrize("command", [SEND, ("plan", *SEND[1:-1])])
def test_hours_that_nobody_can_read_send_nothing(served, command, options, says):
    said = re.sub(r"\s+", " ", run(*command, *options, code=exit_codes.REFUSED))
    assert says in said
    assert served.inbox().empty
