"""The command line: over a real sandbox, masked, with the exit codes that `docs/cli.md` names."""

from __future__ import annotations

import contextlib
import html
import itertools
import logging
import os
import re
import shlex
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
import typer
from helpers.background_runs import stopped_run
from helpers.faulty_server import FaultyServer, answer, lose
from helpers.sending import table as guests
from typer.testing import CliRunner

import smsframe
from smsframe.cli import exit_codes
from smsframe.cli.main import app, with_one_command
from smsframe.cli.output import clean
from smsframe.cli.tables import table
from smsframe.formatting import many
from smsframe.gateway.balance import credits_of
from smsframe.masking import mask_digits

DOCS = (Path(__file__).parents[2] / "docs" / "cli.md").read_text("utf-8")
COMMANDS = typer.main.get_command(app).commands
ROWS = """name,mobile,note
Ada,+39 347 123 4567,
Bea,347 1234568,comes late
Ada,0039 347 1234567,again
Zoë,+14155550106,
Eve,+12065550156,
Mallory,\x1b[31m12,
,+13125550151,
Cy,020 7946 0958,
"""
NUMBERS = ("3471234567", "3471234568", "4155550106", "2065550156", "3125550151", "2079460958")
TEXT = ("--text", "Ciao {name:friend}", "--phone", "mobile", "--region", "IT")
SEND = ("send", "people.csv", "--campaign", "autumn", *TEXT)


@pytest.fixture
def served(terminal, tmp_path):
    """A folder with a table, and an environment that names a sandbox."""
    (tmp_path / "people.csv").write_text(ROWS, "utf-8")
    return terminal


def shows_nobody(output):
    """No number, no control character: what holds for the output of every command."""
    digits = re.sub(r"[^\d\n]", "", output)
    assert not [number for number in NUMBERS if number in digits]
    assert "\x1b" not in output
    assert "demo:" not in output
    return output


def run(*arguments, code=0, **options):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], **options)
    assert code in (None, done.exit_code), done.output + repr(done.exception)
    shows_nobody(done.stdout)
    shows_nobody(done.stderr)
    return done


def answered(answer, *command):
    """A command in a terminal, with this typed as the answer to its question: its output and exit code."""
    import pty  # noqa: PLC0415 - Windows has none

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "smsframe", *command],
        stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
    ) as asked:  # fmt: skip
        os.write(ours, f"{answer}\n".encode())
        output = asked.stdout.read()
    os.close(ours)
    os.close(theirs)
    return output, asked.returncode


def posts(sandbox):
    calls = sandbox.calls()
    return int(calls["method"].eq("POST").sum())


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_has_help_and_is_in_the_docs(name):
    section = DOCS.split(f"## `smsframe {name}", 1)[1].split("\n## ", 1)[0]
    common = DOCS.split("## `smsframe plan", 1)[1].split("## `smsframe resume", 1)[0]
    command = COMMANDS[name]
    assert command.help
    run(name, "--help")
    below = getattr(command, "commands", {}).values()
    assert all(each.help for each in below)
    for parameter in (*command.params, *itertools.chain.from_iterable(each.params for each in below)):
        assert getattr(parameter, "help", None), parameter.name
        for option in (*parameter.opts, *parameter.secondary_opts):
            if option.startswith("--"):
                assert f"`{option}" in section or (name in ("plan", "send") and f"`{option}" in common), (
                    option
                )


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_is_loaded_alone_is_the_same(name):
    alone = CliRunner().invoke(with_one_command([name, "--help"]), [name, "--help"], prog_name="smsframe")
    assert alone.output == CliRunner().invoke(app, [name, "--help"], prog_name="smsframe").output
    assert alone.exit_code == 0
    assert [*typer.main.get_command(with_one_command([name])).commands] == [name]


def test_words_that_name_no_command_are_answered_by_the_whole_command_line():
    for words in ([], ["--help"], ["--version"], ["chek"], ["smsframe"], [""]):
        assert with_one_command(words) is app


def test_the_exit_codes_are_in_the_help_and_in_the_docs():
    shown = run("--help").stdout
    for code in (
        0,
        exit_codes.UNFINISHED,
        exit_codes.REFUSED,
        exit_codes.GATEWAY,
        exit_codes.JOURNAL,
        exit_codes.INTERRUPTED,
    ):
        assert re.search(rf"^ +{code}  ", shown, re.MULTILINE)
        assert f"\n| {code} | " in DOCS


def test_version():
    assert run("--version").stdout == f"smsframe {smsframe.__version__}\n"


def test_check_says_who_and_why_and_writes_the_rows(served):
    done = run("check", "people.csv", "--phone", "mobile", "--region", "IT", "--out", "checked.csv")
    assert re.search(r"5  ready\n +2  invalid\n +1  duplicate", done.stdout)
    assert re.search(r"1  duplicate +4  00•• ••• •••••67 +same number", done.stdout)
    assert smsframe.read_contacts("checked.csv")["sms_status"].tolist().count("ready") == 5
    assert served.calls().empty


def test_check_says_which_column_it_took(served):
    done = run("check", "people.csv", "--region", "IT")
    assert "note: taking 'mobile'" in done.stderr
    assert "00•• ••• •••••67" in done.stdout


def test_a_suppression_list_that_cannot_be_read_is_refused_with_its_lines(served, tmp_path):
    (tmp_path / "stop.csv").write_text("mobile\n+393471234567\nAda\n", "utf-8")
    done = run("check", "people.csv", "--suppress", "stop.csv", code=2)
    assert "cannot be read" in done.stderr
    assert "Rows: 3" in done.stderr


def test_workbooks_and_parquet_are_tables_and_suppression_lists_too(served, tmp_path):
    table = smsframe.read_contacts(tmp_path / "people.csv").replace("\x1b", "", regex=True)
    table.to_parquet("people.parquet")
    with pd.ExcelWriter("people.xlsx") as book:
        table.to_excel(book, sheet_name="guests", index=False)
        table.head(1).to_excel(book, sheet_name="stop", index=False)
    table[["mobile"]].head(1).to_parquet("stop.parquet")
    options = ("--phone", "mobile", "--region", "IT", "--suppress", "stop.parquet")
    for file in (("people.parquet",), ("people.xlsx", "--sheet", "guests")):
        assert re.search(r"4  ready\n.* 2  suppressed", run("check", *file, *options).stdout, re.DOTALL)
        done = run("plan", *file, *options, "--text", "Ciao")
        assert "Text 4 people" in done.stdout
    done = run("send", "people.xlsx", "--sheet", "stop", "--campaign", "autumn", *TEXT, "--yes")
    assert len(served.inbox()) == 1
    assert "say --sheet, one of 'guests', 'stop'" in run("check", "people.xlsx", code=2).stderr
    assert "which has no --sheet" in run("check", "people.csv", "--sheet", "guests", code=2).stderr


def test_plan_shows_the_cost_and_asks_nobody(served):
    done = run("plan", "people.csv", *TEXT, "--campaign", "autumn", "--out", "plan.csv")
    assert "Text 5 people for 5 credits" in done.stdout
    assert "ë in 1" in done.stdout
    assert "Ciao Ada" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 100
    assert len(smsframe.read_contacts("plan.csv")) == 8
    assert served.calls().empty


def test_the_plan_in_a_terminal_says_what_its_card_says_of_people(served, tmp_path):
    contacts = guests(50).assign(sms_variant=["text"] * 45 + ["hold-out"] * 5)
    contacts.to_csv("guests.csv", index=False)
    (tmp_path / "stop.csv").write_text(contacts["mobile"].iloc[-1], "utf-8")
    (tmp_path / "rules.toml").write_text('cap = "2 per 7 days"\nallow_only = "guests.csv"\n', "utf-8")
    smsframe.optouts.add(contacts["mobile"].head(2), gateway=smsframe.Gateway.from_env())
    options = ("--policy", "rules.toml", "--suppress", "stop.csv", "--ramp", "10%, rest")
    known = ("--campaign", "autumn", "--phone", "mobile", "--text", "Ciao {name}")
    shown = "".join(run("plan", "guests.csv", *known, *options).stdout.split())  # long paths are wrapped
    plan = smsframe.plan(
        contacts,
        "Ciao {name}",
        campaign="autumn",
        phone="mobile",
        suppress="stop.csv",
        policy=smsframe.Policy.from_file("rules.toml"),
        ramp="10%, rest",
        gateway=smsframe.Gateway.from_env(),
    )
    facts = plan.facts()
    said = [*facts["optouts"], *facts["rules"], *facts["experiment"]["said"], *facts["ramp"]["said"]]
    assert len(said) == 11
    for sentence in said:
        assert sentence in repr(plan)
        assert "".join(sentence.replace("suppress=", "--suppress").split()) in shown
        assert html.escape(sentence) in plan._repr_html_()


def test_a_file_for_italian_spreadsheets_is_read_back_as_it_was(served):
    run(*SEND, "--yes")
    run("export", "autumn", "it.csv", "--locale", "it")
    assert Path("it.csv").read_text("utf-8-sig").splitlines()[0].count(";") > 5
    known = smsframe.results("autumn")
    back = smsframe.read_contacts("it.csv")
    assert back["sms_phone"].tolist() == known["sms_phone"].tolist()
    assert "CSV" in run("export", "autumn", "it.xlsx", "--locale", "it", code=2).stderr
    assert run("export", "autumn", "xx.csv", "--locale", "xx", code=2).stderr
    assert not Path("it.xlsx").exists()


def test_what_a_campaign_cost_is_told_exactly(served):
    run(*SEND, "--yes")
    orders = smsframe.costs("autumn")
    words = run("costs", "autumn").stdout.split()
    assert f"{orders['charged'].sum():,}" in words
    assert "credits" in words
    Path("house.toml").write_text(
        '[[prices]]\ncountry = "*"\nquality = "high"\nprice = "0.071"\ncurrency = "EUR"\n'
    )
    words = run("costs", "autumn", "--policy", "house.toml").stdout.split()
    assert "EUR" in words
    assert f"{orders['segments'].sum() * Decimal('0.071'):,}" in words
    assert "nope" in run("costs", "nope", code=2).stderr


def test_the_text_comes_from_a_file_too(served, tmp_path):
    (tmp_path / "text.txt").write_text("Ciao\n{name:tu}\n", "utf-8")
    assert "Ciao Ada" in run("plan", "people.csv", "--text-file", "text.txt", "--phone", "mobile").stdout
    assert "--text-file" in run("plan", "people.csv", code=2).stderr
    run("plan", "people.csv", "--text-file", "text.txt", "--text", "x", code=2)


@pytest.mark.samples(2)
@pytest.mark.parametrize("name", ["again.xlsx", "again.parquet", "again.txt", "again.csv.gz"])
def test_rows_are_written_as_the_name_says(served, name):
    run(*SEND, "--yes", "--out", "results.csv")
    run(*SEND, "--yes", "--out", f"sent.{name}")
    run("export", "autumn", name)
    run("check", "people.csv", "--phone", "mobile", "--region", "IT", "--problems", f"problems.{name}")
    columns = ["name", "mobile", "sms_status", "sms_phone", "sms_order_id"]
    expected = smsframe.read_contacts("results.csv")[columns].astype("string")
    pd.testing.assert_frame_equal(smsframe.read_contacts(f"sent.{name}")[columns].astype("string"), expected)
    assert len(smsframe.read_contacts(name)) == len(served.inbox())
    assert smsframe.read_contacts(f"problems.{name}")["name"].tolist()[0] == "Mallory"


def test_a_table_that_cannot_be_written_in_the_end_does_not_unsay_what_was_sent(served):
    long = "name,mobile,note\nAda,+393471234567," + "x" * 40_000 + "\n"  # longer than a cell of a workbook
    Path("people.csv").write_text(long, "utf-8")
    done = run(*SEND, "--yes", "--out", "results.xlsx", code=exit_codes.UNFINISHED)
    assert "The journal has the outcomes" in done.stderr
    assert "smsframe export autumn FILE" in done.stderr
    assert len(served.inbox()) == 1


def test_send_texts_everybody_once(served):
    done = run(*SEND, "--yes", "--out", "results.csv")
    assert f"{served.url} as demo" in done.stdout
    assert "5  accepted" in done.stdout
    assert len(served.inbox()) == 5
    results = smsframe.read_contacts("results.csv")
    assert results["sms_phone"][0] == "+393471234567"
    before = posts(served)
    assert "sent earlier" in run(*SEND).stdout  # and there is nothing to ask
    assert posts(served) == before


def test_without_a_terminal_and_without_yes_nothing_is_sent(served):
    done = run(*SEND, code=2)
    assert "Text 5 people for 5 credits" in done.stdout
    assert "nothing was sent" in done.stderr
    assert "--yes" in done.stderr
    assert posts(served) == 0


@pytest.mark.skipif(os.name == "nt", reason="a pseudo-terminal is POSIX's")
@pytest.mark.parametrize(("answer", "code", "arrived"), [("n", 2, 0), ("y", 0, 5)])
def test_a_person_is_asked(served, answer, code, arrived):
    output, returned = answered(answer, *SEND)
    assert "Text 5 people for 5 credits? [y/N]" in shows_nobody(output)
    assert returned == code, output
    assert len(served.inbox()) == arrived
    assert (posts(served) > 0) == bool(arrived)


def test_ctrl_c_at_the_question_sends_nothing(served, monkeypatch):
    monkeypatch.setattr("smsframe.cli.send.ask", lambda *_, **__: (_ for _ in ()).throw(typer.Abort))
    assert "Stopped" in run(*SEND, code=130).stderr
    assert posts(served) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("send", "people.csv", "--text", "x", "--campaign", "a", "--yes"), "did you mean --phone mobile?"),
        (("send", "people.csv", "--text", "x", "--phone", "mobile", "--yes"), "--campaign"),
        ((*SEND, "--yes", "--confirm", "4"), "--confirm 4"),
        ((*SEND, "--yes", "--schedule", "2026-12-01T09:00"), "time zone"),
        ((*SEND, "--yes", "--schedule", "2001-12-01T09:00+01:00"), "has passed"),
        ((*SEND, "--yes", "--schedule", "tomorrow"), "--schedule"),
        ((*SEND, "--yes", "--workers", "0"), "--workers 0"),
        ((*SEND, "--yes", "--batch-size", "0"), "--batch-size 0"),
        ((*SEND, "--yes", "--rate", "0"), "--rate 0"),
        ((*SEND, "--yes", "--rate", "-1"), "--rate -1"),
        ((*SEND, "--yes", "--rate", "nan"), "--rate nan"),
        ((*SEND, "--yes", "--rate", "fast"), "--rate"),
        ((*SEND, "--yes", "--out", "nowhere/results.csv"), "no folder"),
        ((*SEND, "--yes", "--out", "results.xls"), "name it results.csv"),
        ((*SEND, "--yes", "--out", "results.ods"), "name it results.csv"),
        ((*SEND, "--yes", "--out", "results.xlsx.gz"), "rows are written as CSV"),
        (("check", "people.csv", "--problems", "problems.json"), "name it problems.csv"),
        (("check", "people.csv", "--region", "XX"), "--region XX"),
        (("send", "people.csv", "--text", "{nmae}", "--campaign", "a", "--phone", "mobile", "-y"), "nmae"),
        (("check", "people.csv", "--phone", "nothing"), "nothing"),
        (("check", "missing.csv"), "missing.csv"),
        (("status", "nope"), "nope"),
        (("resume", "nope"), "nope"),
        (("export", "nope", "out.csv"), "nope"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_bad_use_ends_with_2_and_sends_nothing(served, arguments, said):
    done = run(*arguments, code=2)
    assert said in done.stderr
    assert "Traceback" not in done.output
    assert posts(served) == 0


@pytest.mark.parametrize("place", range(4))
def test_each_reason_is_shown_with_a_row_that_has_it_numbered_as_in_the_file(served, place):
    """Also where the gateway's words name each number, so that the same reason is written in several ways."""
    rows = ["Ada,+393471234501", "Bea,+393471234502", "Cy,+393471234503"]
    rows.insert(place, "Dee,+393471234585")  # which the sandbox refuses
    Path("people.csv").write_text("\n".join(["name,mobile", *rows, "Eve,12", ""]), "utf-8")
    shown = run("send", "people.csv", "--campaign", "autumn", *TEXT, "--yes", code=None).stdout
    assert re.search(rf"\n +1 +rejected +{place + 2} +\+39•+85 ", shown), shown
    assert re.search(r"\n +1 +invalid +6 +12 ", shown), shown


def test_refused_numbers_can_be_left_out(served):
    with Path("people.csv").open("a", encoding="utf-8") as file:
        file.write("Refused,+393471234585,\n")
    assert "1  rejected" in run(*SEND, "--yes", "--refusals", "skip").stdout
    assert served.calls()["method"].eq("POST").sum() == 2  # one per alphabet
    other = [word.replace("autumn", "winter") for word in SEND]
    served.misbehave("busy", retry_after=3600)
    run(*other, "--yes", "--refusals", "skip", code=3)
    served.behave()
    before = served.calls()["method"].eq("POST").sum()
    assert "1  rejected" in run("resume", "winter", "--yes").stdout  # as the last call wanted it
    assert served.calls()["method"].eq("POST").sum() == before + 2


def test_a_changed_text_needs_a_word(served):
    run(*SEND, "--yes")
    other = [argument.replace("Ciao", "Salve") for argument in SEND]
    assert "--changed continue" in run(*other, "--yes", code=2).stderr
    run(*other, "--yes", "--changed", "continue")
    assert len(served.inbox()) == 5


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SMSFRAME_PASSWORD", "hunter2", "refused"),
        ("SMSFRAME_BASE_URL", "", "smsframe sandbox"),
        ("SMSFRAME_BASE_URL", "http://127.0.0.1:9/API/v1.0/REST/", "gateway"),
    ],
)
def test_a_gateway_that_refuses_ends_with_3(served, monkeypatch, name, value, said):
    monkeypatch.setenv(name, value)
    done = run(*SEND, "--yes", code=3)
    assert said in done.stderr
    assert "hunter2" not in done.output
    assert served.inbox().empty


def test_too_little_credit_ends_with_3(served, monkeypatch):
    with smsframe.Sandbox(credits=4) as poor:
        monkeypatch.setenv("SMSFRAME_BASE_URL", poor.url)
        assert "4 are left" in run(*SEND, "--yes", code=3).stderr
        assert posts(poor) == 0


def test_a_journal_that_is_none_ends_with_4(served, tmp_path):
    (tmp_path / "journal.txt").write_text("dear diary " * 1000, "utf-8")
    run(*SEND, "--yes", "--journal", "journal.txt", code=4)
    run("campaigns", "--journal", "journal.txt", code=4)
    assert posts(served) == 0


def test_what_the_gateway_refuses_as_a_whole_stays_pending_and_can_be_resumed(served):
    run(*SEND, "--yes", "--message-type", "NONE", code=3)
    status = run("status", "autumn", code=1)
    assert "5  pending" in status.stdout
    assert "smsframe resume autumn" in status.stderr
    refused = run("resume", "autumn", code=2)
    assert "nothing was sent" in refused.stderr
    run("resume", "autumn", "--yes", "--confirm", "3", code=2)
    run("resume", "autumn", "--yes", code=3)
    run(*SEND, "--yes")  # the quality is put right
    assert "5  accepted" in run("resume", "autumn").stdout


def test_what_the_library_prints_by_itself_names_commands(served):
    run(*SEND, "--yes", "--message-type", "NONE", code=3)
    Path("few.csv").write_text("name,mobile\nAda,+393471234567\n", "utf-8")
    done = run("send", "few.csv", "--campaign", "autumn", *TEXT, "--yes")
    assert "4 people of campaign 'autumn' are not in this frame and still pending" in done.stderr
    assert "smsframe resume autumn takes them up" in done.stderr
    assert "smsframe.resume" not in done.output


def test_a_campaign_that_stops_on_the_way_ends_with_1_and_keeps_its_rows(served, monkeypatch):
    run(*SEND, "--yes")
    known = smsframe.results("autumn")

    def stopped(*_, **__):
        raise smsframe.CampaignStopped("campaign 'autumn' stopped", campaign="autumn", results=known)

    monkeypatch.setattr(smsframe, "send", stopped)
    monkeypatch.setattr(smsframe, "resume", stopped)
    for command in (SEND, ("resume", "autumn")):
        done = run(*command, "--yes", "--out", "results.csv", code=1)
        assert "Go on with: smsframe resume autumn" in done.stderr
        assert "5  accepted" in done.stdout
        assert len(smsframe.read_contacts("results.csv")) == 5


def test_unconfirmed_people_end_with_1_and_the_ways_out(served, monkeypatch):
    run(*SEND, "--yes")
    known = smsframe.results("autumn")
    known["sms_status"] = known["sms_status"].mask([True, *[False] * 4], "unconfirmed")
    monkeypatch.setattr(smsframe, "results", lambda *_, **__: known)
    monkeypatch.setattr(smsframe, "resume", lambda *_, **__: known)
    done = run("status", "autumn", code=1)
    assert re.search(r"\+\d\d•+\d\d  sf-", done.stdout)
    assert "--unconfirmed accept" in done.stdout
    assert "texted again" not in run("resume", "autumn", code=1).stdout  # asking the gateway needs no yes
    run("resume", "autumn", "--unconfirmed", "send", code=2)
    run("resume", "autumn", "--unconfirmed", "send", "--yes", code=1)


@pytest.fixture
def proxied(served, monkeypatch):
    """The same gateway, behind a proxy that does what a test says."""
    with FaultyServer(served.url) as proxy:
        monkeypatch.setenv("SMSFRAME_BASE_URL", proxy.url)
        yield proxy


def test_finish_takes_over_and_says_how_many(served):
    run(*SEND, "--yes")
    done = run("finish", "autumn", "--yes", "--wait", "0")
    assert "accepted" in done.stdout
    assert "0 people taken over" in done.stderr
    run("finish", "nope", code=2)
    run("finish", "autumn", "--wait", "soon", code=2)


def test_a_lost_answer_that_cannot_be_looked_up_is_shown_and_resumed(served, proxied):
    """One order is accepted, and nobody knows of the other; the next day the gateway says."""
    proxied.on("POST", lose).always("GET", answer(403), path="sms/")
    done = run(*SEND, "--yes", "--out", "results.csv", code=1)
    unsure = smsframe.read_contacts("results.csv").query("sms_status == 'unconfirmed'")
    assert f"{len(unsure)}  unconfirmed" in done.stdout
    assert "Who stays unconfirmed: smsframe status autumn" in done.stderr
    assert 0 < len(unsure) < 5

    asked = len(served.calls())
    status = run("status", "autumn", code=1)
    assert f"{len(unsure)}  unconfirmed" in status.stdout
    (order,) = set(unsure["sms_order_id"])
    rows = [line.split()[-1] for line in status.stdout.splitlines() if "sf-" in line]
    assert rows == [order] * len(unsure)
    for way in ("", " --unconfirmed accept", " --unconfirmed send"):
        assert f"smsframe resume autumn{way}  " in status.stdout
    assert len(served.calls()) == asked  # it asks nobody

    assert "unconfirmed" in run("resume", "autumn", code=1).stdout
    proxied.clear()
    assert "5  accepted" in run("resume", "autumn").stdout
    assert "unconfirmed" not in run("status", "autumn").stdout
    assert sorted(served.inbox()["recipient"]) == sorted(set(served.inbox()["recipient"]))
    assert len(served.inbox()) == 5


def test_status_names_ten_unconfirmed_people_and_counts_the_rest(served, proxied, tmp_path):
    rows = [f"Ada,+3934700000{place:02}" for place in range(13)]
    (tmp_path / "people.csv").write_text("\n".join(["name,mobile", *rows, ""]), "utf-8")
    proxied.on("POST", lose).always("GET", answer(403), path="sms/")
    run(*SEND, "--yes", code=1)
    shown = run("status", "autumn", code=1).stdout
    assert sum("  sf-" in line for line in shown.splitlines()) == 10
    assert "… and 3 more" in shown


def test_a_campaign_sent_from_another_journal_is_refused_until_it_is_adopted(served):
    run(*SEND, "--yes", "--journal", "lost.sqlite")
    before = posts(served)
    refused = run(*SEND, "--yes", code=2)
    assert "that this journal does not know" in refused.stderr
    assert "5 recipients" in refused.stderr
    assert "nothing was sent" in refused.stderr
    assert "Traceback" not in refused.output
    assert run("campaigns").stdout == "There are no campaigns in this journal.\n"
    adopted = run(*SEND, "--yes", "--adopt", "--grace", "0", "--out", "results.csv")
    assert "5  accepted" in adopted.stdout
    assert smsframe.read_contacts("results.csv")["sms_order_id"].notna().sum() == 5
    assert "sent earlier" in run(*SEND).stdout
    assert posts(served) == before
    assert len(served.inbox()) == 5


def test_who_is_refused_on_the_command_line_is_told_what_to_type_there(served):
    run(*SEND, "--yes", "--journal", "lost.sqlite")
    refused = run(*SEND, "--yes", code=2)
    assert "--journal" in refused.stderr
    assert "--adopt" in refused.stderr


def test_a_history_that_is_not_told_sends_nothing_and_says_so(served, proxied):
    proxied.always("GET", answer(400), path="smshistory")
    done = run(*SEND, "--yes", code=3)
    assert "did not show its whole history of orders" in done.stderr
    assert "nothing was sent" in done.stderr
    assert not posts(served)


@pytest.mark.parametrize("command", [(*SEND, "--yes"), ("resume", "autumn")], ids=["send", "resume"])
def test_the_rate_is_handed_on(served, monkeypatch, command):
    run(*SEND, "--yes")
    given = []
    room = smsframe.api.send.campaign_send
    real = getattr(room, command[0])
    monkeypatch.setattr(
        room, command[0], lambda *args, **options: given.append(args[1]) or real(*args, **options)
    )
    run(*command, "--rate", "0.5")
    run(*command)
    assert [context.rate for context in given] == [0.5, None]


def test_ctrl_c_ends_with_130(served, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(smsframe, "send", interrupted)
    assert "Stopped" in run(*SEND, "--yes", code=130).stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a disk that is always full")
@pytest.mark.usefixtures("served")
def test_a_file_that_cannot_be_written_after_sending_is_not_called_nothing_sent():
    done = run(*SEND, "--yes", "--out", "/dev/full", code=1)
    assert "No space left on device" in done.stderr
    assert "smsframe export autumn" in done.stderr
    run("check", "people.csv", "--out", "/dev/full", code=2)


def test_what_is_asked_afterwards(served):
    assert "no campaigns" in run("campaigns").stdout
    run(*SEND, "--yes")
    for listed in (run("campaigns").stdout, run("status").stdout):
        assert f"{served.url} as demo" in listed
        assert re.search(r"autumn +\d{4}-\d\d-\d\d +5 +5 +5\n", listed)
    assert "5  accepted" in run("status", "autumn").stdout
    done = run("refresh", "autumn", "--out", "delivered.csv")
    assert re.search(r"delivery +\d [A-Z0-9]+: [a-z]", done.stdout)
    assert smsframe.read_contacts("delivered.csv")["sms_delivery"].notna().all()
    run("export", "autumn", "out.csv")
    assert min(smsframe.read_contacts("out.csv")["sms_phone"]) == "+12065550156"


def test_refresh_without_a_gateway_ends_with_3(served, monkeypatch):
    run(*SEND, "--yes")
    monkeypatch.delenv("SMSFRAME_BASE_URL")
    run("refresh", "autumn", code=3)


def test_a_code_page_without_those_letters_is_no_reason_to_crash(served):
    env = {**os.environ, "PYTHONIOENCODING": "cp1252", "COLUMNS": "100"}
    command = [
        sys.executable,
        "-m",
        "smsframe",
        "plan",
        "people.csv",
        "--text",
        "Ciao {name:tu} 🌸",
        "--phone",
        "mobile",
    ]
    done = subprocess.run(command, env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"Ciao Ada ?" in done.stdout
    shows_nobody(done.stdout.decode("cp1252"))


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent another way there")
def test_the_sandbox_serves_until_it_is_stopped_and_says_how_to_reach_it(monkeypatch):
    with subprocess.Popen(
        [sys.executable, "-m", "smsframe", "sandbox", "--credits", "7", "--username", "it's me"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        output = ""
        while "smsframe send" not in output:
            output += running.stdout.readline()
        for line in output.splitlines():
            if line.startswith("  export "):
                monkeypatch.setenv(*shlex.split(line)[1].split("=", 1))
        assert smsframe.campaigns().empty
        with contextlib.closing(smsframe.Gateway.from_env()) as gateway:
            assert gateway.account == "it's me"
            assert credits_of(gateway.credits(), "N") == 7
        running.send_signal(signal.SIGINT)
        rest, errors = running.communicate(timeout=10)
    assert running.returncode == 0, errors
    assert "0 texts arrived" in rest


def test_a_port_that_is_taken_is_said(served):
    port = served.url.split(":")[2].split("/")[0]
    assert port in run("sandbox", "--port", port, code=2).stderr


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("+39 347 123 4567", "+39 ••• ••• ••67"),
        ("393\u200b4712\u200b34567", "39•\ufffd••••\ufffd•••67"),
        ("\uff10\uff11\uff12\uff13\uff14", "\uff10\uff11•\uff13\uff14"),
        ("call 347O123456", "call 34•O••••56"),
        ("112", "112"),
        ("", ""),
    ],
)
def test_a_cell_keeps_its_shape_and_loses_its_digits(cell, shown):
    assert mask_digits(clean(cell)) == shown


def test_a_hostile_cell_writes_one_harmless_line():
    assert clean("a\x1b[2J\nb\u202ec\r\td") == "a\ufffd[2J b\ufffdc d"
    assert clean("👩\u200d🎤") == "👩\u200d🎤"
    assert clean("abcdef", 4) == "abc…"


def test_a_table_is_aligned_and_wrapped(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    shown = table(
        [("1", "", "🌸 x", "word " * 15), ("10", "", "yes", "no")], head=("n", "", "a", "b"), right="0"
    )
    assert max(map(len, shown.splitlines())) <= 60
    assert [line[:8] for line in shown.splitlines()][-1] == "  10  ye"
    assert shown.split() == ["n", "a", "b", "1", "🌸", "x", *["word"] * 15, "10", "yes", "no"]
    assert table([]) == ""
    assert many(1, "person", "people") == "1 person"
    assert many(1200.5, "credit") == "1,200.50 credits"


@pytest.mark.parametrize("columns", ["1", "20", "45", "100", "1000"])
def test_a_table_loses_nothing_in_a_terminal_of_any_width(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("FORCE_COLOR", "1")
    name, order, reason = (
        "[bold]" + "n" * 60,
        "sf-0123456789-0123456789abcdef",
        ":smile: " + "w" * 120 + " end",
    )
    shown = table([(name, order, reason), ("x", "y", "z")], head=("name", "order id", "reason"))
    assert name in shown
    assert order in shown
    assert reason.replace(" ", "") in re.sub(r"\s", "", shown)
    assert "\x1b" not in shown
    assert "…" not in shown


def test_the_library_is_heard_and_then_left_alone(served):
    log = logging.getLogger("smsframe")
    before = list(log.handlers)
    run(*SEND, "--yes")
    Path("few.csv").write_text("name,mobile\nAda,+393471234567\n", "utf-8")
    run("send", "few.csv", "--campaign", "autumn", *TEXT, "--yes")
    assert log.handlers == before


def left_waiting(rows=5, campaign="autumn"):
    """A campaign of which one person is texted, one is held out, and the others wait."""
    contacts = guests(rows).assign(sms_variant=["text"] * (rows - 1) + ["hold-out"])
    stopped_run(contacts, smsframe.Gateway.from_env(), batch_size=1, campaign=campaign)
    smsframe.optouts.add(contacts["mobile"].iloc[[2]], gateway=smsframe.Gateway.from_env())


def test_who_waits_is_dropped_after_a_yes_and_nobody_else(served):
    left_waiting()
    asked = len(served.calls())
    before = smsframe.results("autumn")
    refused = run("withdraw", "autumn", code=exit_codes.REFUSED)
    assert "nobody was dropped: --yes" in refused.stderr
    pd.testing.assert_frame_equal(smsframe.results("autumn"), before)
    done = run("withdraw", "autumn", "--yes", "--out", "dropped.csv")
    assert "3 people dropped" in done.stdout
    dropped = smsframe.read_contacts("dropped.csv")["sms_phone"]
    assert sorted(dropped) == sorted(guests(5)["mobile"].iloc[1:4])
    left = smsframe.results("autumn")
    assert left["sms_code"].astype(object).fillna("").value_counts().get("held_out") == 1
    assert len(left) == 2
    assert "0 people dropped" in run("withdraw", "autumn").stdout
    assert len(served.calls()) == asked
    assert len(served.inbox()) == 1
    run("withdraw", "nowhere", "--yes", code=exit_codes.REFUSED)


@pytest.mark.skipif(os.name == "nt", reason="a pseudo-terminal is POSIX's")
@pytest.mark.parametrize(("answer", "code", "left"), [("n", 2, 5), ("y", 0, 2)])
def test_a_person_is_asked_before_who_waits_is_dropped(served, answer, code, left):
    left_waiting()
    output, returned = answered(answer, "withdraw", "autumn")
    assert "Drop 3 people of autumn, who are not texted then? [y/N]" in shows_nobody(output)
    assert returned == code, output
    assert len(smsframe.results("autumn")) == left


def test_scheduled_texts_are_taken_back_and_sent_at_another_time(served):
    run(*SEND, "--yes", "--schedule", "2099-12-01T09:00+01:00")
    refused = run("cancel", "autumn", code=exit_codes.REFUSED)
    assert "nothing was cancelled" in refused.stderr.lower()
    done = run("cancel", "autumn", "--yes", "--grace", "0.05", "--out", "results.csv")
    assert "cancelled" in done.stdout
    statuses = set(smsframe.read_contacts("results.csv")["sms_status"])
    assert statuses == {"cancelled"}
    orders = posts(served)
    run("reschedule", "autumn", "--yes", code=2)
    assert posts(served) == orders
    moved = run("reschedule", "autumn", "--yes", "--schedule", "2099-12-02T09:00+01:00")
    assert "scheduled" in moved.stdout
    assert posts(served) == 2 * orders
    run("reschedule", "autumn", "--yes", "--schedule", "2099-12-02T09:00+01:00")
    assert posts(served) == 2 * orders


def test_texts_that_are_scheduled_are_not_moved_and_that_is_not_done(served):
    run(*SEND, "--yes", "--schedule", "2099-12-01T09:00+01:00")
    orders = posts(served)
    for when in (["--schedule", "2099-12-02T09:00+01:00"], ["--hours", "09:00-20:00"]):
        left = run("reschedule", "autumn", "--yes", *when, code=exit_codes.REFUSED)
        assert "Nothing was moved: 5 people scheduled already" in left.stderr
        assert "Cancel them first: smsframe cancel autumn" in left.stderr
    run("reschedule", "autumn", "--yes", "--schedule", "2099-12-01T09:00+01:00")  # as it is already
    assert posts(served) == orders


def test_the_reasons_are_shown_once_in_a_call_that_sends(served):
    for _ in range(2):
        shown = run(*SEND, "--yes").stdout
        assert shown.count("not_a_number") + shown.count("no digits") <= 1
        assert len(re.findall(r"^ *rows +status +first row", shown, re.MULTILINE)) == 1


@pytest.mark.parametrize(
    ("text", "encoding", "options"),
    [
        ("name;mobile\nJosé;+393471234567\n", "cp1252", ["--encoding", "cp1252"]),
        ("name;mobile\nŁukasz;+393471234567\n", "cp1250", ["--encoding", "cp1250", "--sep", ";"]),
        ("name\tmobile\nAda\t+393471234567\n", "utf-8", ["--sep", "tab"]),
        ("name\tmobile\nAda\t+393471234567\n", "utf-8", ["--sep", r"\t"]),
        ("Our guests\n\nname|mobile\nAda|+393471234567\n", "utf-8", ["--skip-rows", "2", "--sep", "|"]),
    ],
)
def test_options_say_how_the_file_of_people_is_read(served, tmp_path, text, encoding, options):
    (tmp_path / "guests.csv").write_bytes(text.encode(encoding))
    name = text.splitlines()[-1][: -len("+393471234567") - 1]
    run("check", "guests.csv", "--phone", "mobile", *options, "--out", "checked.csv")
    assert smsframe.read_contacts("checked.csv")["name"].tolist() == [name]
    words = ("--phone", "mobile", "--text", "Ciao {name}", *options)
    assert f"Ciao {name}" in run("plan", "guests.csv", *words).stdout
    run("send", "guests.csv", "--campaign", "guests", "--yes", *words)
    assert served.inbox()["text"].tolist() == [f"Ciao {name}"]


@pytest.mark.parametrize(
    ("content", "option"),
    [
        ("name;mobile\nJosé;1\n".encode("cp1252") + "Zoë;2\n".encode(), "--encoding"),
        (b"Guests\nname,mobile\nAda,+393471234567\n", "--skip-rows"),
    ],
)
def test_a_file_that_cannot_be_read_names_the_option_that_says_how(served, tmp_path, content, option):
    (tmp_path / "odd.csv").write_bytes(content)
    said = run("check", "odd.csv", "--phone", "mobile", code=2).stderr
    assert option in said
    assert "No option" not in said
    assert "one character" in run("check", "odd.csv", "--sep", ";;", code=2).stderr
    assert "encoding" in run("check", "odd.csv", "--encoding", "nope", code=2).stderr


def test_people_who_opted_out_are_left_out_without_any_house_rules(served):
    run("optouts", "add", input="+393471234567\n")
    shown = run("plan", "people.csv", *TEXT).stdout
    assert re.search(r"opt-outs .*2 rows opted out", " ".join(shown.split()))
    assert "house rules" not in shown


LOADING = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, *_):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)

from smsframe.cli.entry import main
sys.meta_path.insert(0, Interrupting())
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="a signal of POSIX")
@pytest.mark.parametrize("module", ["smsframe.cli.main", "smsframe.cli.send", "smsframe.cli.privacy"])
def test_ctrl_c_while_the_commands_are_loaded_ends_as_it_does_later(module):
    done = subprocess.run(
        [sys.executable, "-c", LOADING, module], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (
        exit_codes.INTERRUPTED,
        "\nStopped before anything was sent.\n",
    )


def test_ctrl_c_while_the_words_are_read_ends_as_it_does_later(monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(typer.core.TyperGroup, "parse_args", interrupted)
    done = CliRunner().invoke(app, ["status"])
    assert done.exit_code == exit_codes.INTERRUPTED
    assert "Stopped before anything was sent." in done.stderr


def test_what_is_not_proven_to_be_cancelled_is_not_finished(served):
    run(*SEND, "--yes", "--schedule", "2099-12-01T09:00+01:00")
    served.cancel(served.orders()["order_id"].iloc[0])
    run("cancel", "autumn", "--yes", "--grace", "0.05", code=exit_codes.UNFINISHED)
    shown = run("status", "autumn", code=exit_codes.UNFINISHED)
    assert "smsframe cancel autumn" in shown.stdout
    assert "resume" not in shown.stdout  # which ends nothing of it
    assert "texted again" not in run("resume", "autumn", "--unconfirmed", "send", code=1).stdout
    run("cancel", "autumn", "--yes", "--grace", "0.05", "--unconfirmed", "cancelled")
    assert "cancelled" in run("status", "autumn").stdout
