"""The page about times says what is in `smsframe.timing.rules`, and the commands take the same hours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import smsframe
from smsframe.cli.main import app
from smsframe.cli.options import hours
from smsframe.timing.rules import MARKETING, READ

PAGE = (Path(__file__).parents[2] / "docs" / "scheduling.md").read_text("utf-8")


def rules_table():
    """The rules as the page has them."""
    head = (
        "| country | between | days | public holidays | what to know | sources |\n|---|---|---|---|---|---|"
    )
    rows = [
        f"| {country} | {'-'.join(rule.between)} | {rule.days} "
        f"| {'closed' if rule.holidays else 'open'} | {rule.note} | {'; '.join(rule.sources)} |"
        for country, rule in MARKETING.items()
    ]
    return "\n".join([head, *rows])


def test_the_page_has_every_rule_with_its_sources_and_the_day_they_were_read():
    (shown,) = re.findall(r"<!-- rules -->\n(.*?)\n<!-- /rules -->", PAGE, re.DOTALL)
    assert shown == rules_table()
    assert f"read on {READ}" in PAGE
    assert "no legal advice" in PAGE


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, None),
        ({"hours": "08:30-19:00"}, smsframe.Hours(between=("08:30", "19:00"))),
        ({"rules": "marketing"}, smsframe.Hours(rules="marketing")),
        (
            {"hours": "22:00-02:00", "days": "Sat", "zone": "Europe/Rome"},
            smsframe.Hours(between=("22:00", "02:00"), days="Sat", zone="Europe/Rome"),
        ),
    ],
)
def test_options_are_hours(given, expected):
    assert hours(given) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--hours", "9"], "09:00-20:00"),
        (["--hours", "09:00-09:00"], "never open"),
        (["--days", "Someday"], "Mon-Sat"),
        (["--hours", "09:00-20:00", "--schedule", "2099-01-01T09:00+01:00"], "not both"),
        (["--zone", "Rome"], "neither a column"),
    ],
)
def test_a_command_with_hours_that_make_no_sense_says_what_to_do(options, message, tmp_path):
    file = tmp_path / "guests.csv"
    file.write_text("mobile\n+393471234567\n", "utf-8")
    result = CliRunner().invoke(app, ["plan", str(file), "--text", "Ciao", "--phone", "mobile", *options])
    assert result.exit_code != 0
    assert message in " ".join(f"{result.output} {result.exception}".replace("│", " ").split())


def test_a_plan_on_the_command_line_says_who_waits(tmp_path):
    file = tmp_path / "guests.csv"
    file.write_text("mobile,tz\n+393471234567,Nowhere\n+393471234568,Europe/Rome\n", "utf-8")
    options = ["--hours", "00:00-24:00", "--days", "Mon-Sun", "--zone", "tz"]
    result = CliRunner().invoke(app, ["plan", str(file), "--text", "Ciao", "--phone", "mobile", *options])
    assert result.exit_code == 0, result.output
    assert "1 at once; 1 without a known time zone, who is not texted" in " ".join(result.output.split())
    assert "is no time zone" in " ".join(result.output.split())
