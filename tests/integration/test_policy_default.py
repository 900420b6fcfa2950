"""A policy in a file, named by the environment or by `--policy`, holds for every call that sends."""

from __future__ import annotations

import pytest
import typer
from helpers.sending import table
from typer.testing import CliRunner

import smsframe
from smsframe.cli import exit_codes, form_server
from smsframe.cli.main import app

COMMANDS = typer.main.get_command(app).commands
SEND = ("send", "people.csv", "--campaign", "autumn", "--text", "Ciao", "--phone", "mobile", "--yes")


def test_what_the_environment_allows_at_the_sending_holds_for_a_plan_made_before(
    sandbox, gateway, monkeypatch
):
    people = table(4)
    plan = smsframe.plan(people, "Ciao", campaign="autumn", phone="mobile", gateway=gateway)
    monkeypatch.setenv("SMSFRAME_ALLOW_ONLY", people["mobile"][1])
    out = smsframe.send(plan, gateway=gateway, progress=False)
    assert sandbox.inbox()["recipient"].tolist() == [people["mobile"][1]]
    assert out["sms_code"].eq("not_allowed").sum() == 3


@pytest.mark.parametrize("nobody", ["", "  "])
def test_a_variable_that_is_set_and_allows_nobody_is_refused(sandbox, gateway, monkeypatch, nobody):
    plan = smsframe.plan(table(2), "Ciao", campaign="autumn", phone="mobile", gateway=gateway)
    monkeypatch.setenv("SMSFRAME_ALLOW_ONLY", nobody)
    with pytest.raises(ValueError, match="SMSFRAME_ALLOW_ONLY is set and names nobody"):
        smsframe.send(plan, gateway=gateway, progress=False)
    assert sandbox.inbox().empty


@pytest.fixture
def house(tmp_path):
    """Writes a policy file; returns its name."""

    def write(budget, name="smsframe.toml"):
        (tmp_path / name).write_text(f"budget = {budget}\n")
        return str(tmp_path / name)

    return write


def send(gateway, **options):
    keywords = {"campaign": "autumn", "phone": "mobile", "progress": False} | options
    return smsframe.send(table(6), "Ciao", gateway=gateway, **keywords)


def texts(sandbox):
    return len(sandbox.inbox())


def test_the_environment_names_a_policy_for_whatever_sends(gateway, sandbox, house, monkeypatch):
    monkeypatch.setenv("SMSFRAME_POLICY", house(4))
    planned = smsframe.plan(table(6), "Ciao", campaign="autumn", phone="mobile", gateway=gateway)
    assert planned.recipients == 4
    assert "smsframe.toml" in repr(planned)
    assert "smsframe.toml" in planned._repr_html_()
    assert send(gateway)["sms_code"].eq("budget").sum() == 2
    assert texts(sandbox) == 4

    house(5)
    smsframe.resume("autumn", gateway=gateway, progress=False)
    assert texts(sandbox) == 5

    form = smsframe.compose(table(6), "Ciao", campaign="winter", gateway=gateway)
    assert form.plan.recipients == 5

    assert (
        send(gateway, campaign="spring", policy=smsframe.Policy(budget=1))["sms_code"].eq("budget").sum() == 5
    )


@pytest.mark.parametrize(("content", "says"), [("buget = 1", "buget"), (None, "No such file")])
def test_a_policy_of_the_environment_that_cannot_be_read_sends_nothing(
    content, says, gateway, sandbox, tmp_path, monkeypatch
):
    file = tmp_path / "house.toml"
    if content:
        file.write_text(content)
    monkeypatch.setenv("SMSFRAME_POLICY", str(file))
    for call in (
        lambda: send(gateway),
        lambda: smsframe.compose(table(1), "Ciao", gateway=gateway),
    ):
        with pytest.raises(ValueError, match=f"SMSFRAME_POLICY.*{says}"):
            call()
    assert texts(sandbox) == 0


def run(*arguments, code=0):
    done = CliRunner().invoke(app, [*arguments])
    assert done.exit_code == code, done.output + repr(done.exception)
    return done.output


@pytest.fixture
def served(terminal, tmp_path):
    table(6).to_csv(tmp_path / "people.csv", index=False)
    return terminal


@pytest.mark.parametrize("by_variable", [False, True])
def test_commands_keep_to_the_policy_of_a_file(by_variable, served, house, monkeypatch):
    def rules(budget):
        file = house(budget)
        if by_variable:
            monkeypatch.setenv("SMSFRAME_POLICY", file)
            return ()
        return ("--policy", file)

    seen = " ".join(run("plan", *SEND[1:-1], *rules(4)).split())
    assert "costs 4 credits; budget 4 credits; policy of" in seen
    run(*SEND, *rules(4), code=exit_codes.UNFINISHED)
    assert texts(served) == 4
    out = " ".join(run("resume", "autumn", "--yes", *rules(5), code=exit_codes.UNFINISHED).split())
    assert "the budget does not cover this text" in out
    assert texts(served) == 5
    monkeypatch.delenv("SMSFRAME_POLICY", raising=False)
    run("resume", "autumn", "--yes", code=exit_codes.UNFINISHED)
    run(*SEND, code=exit_codes.UNFINISHED)
    assert texts(served) == 5


def test_a_policy_that_cannot_be_read_is_bad_input(served, tmp_path):
    (tmp_path / "wrong.toml").write_text("\nbuget = 5\n")
    for command in (SEND, ("plan", *SEND[1:-1])):
        said = run(*command, "--policy", "wrong.toml", code=exit_codes.REFUSED)
        assert "line 2: unknown key 'buget'" in " ".join(said.split())
    assert texts(served) == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_that_sends_or_keeps_to_rules_takes_a_policy(name):
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    sends = "--rate" in options or name in ("plan", "app", "costs", "doctor", "purge")
    assert ("--policy" in options) == sends


def test_the_page_reads_the_policy_itself(tmp_path):
    (tmp_path / "it's.toml").write_text("budget = 1")
    options = {"phone": "mobile"}
    notebook = form_server._notebook(
        tmp_path / "people.csv", tmp_path, tmp_path / "rows", options, tmp_path / "it's.toml"
    )
    source = notebook["cells"][0]["source"].replace("from smsframe.form.page.page import Page\n", "")
    asked = {}
    exec(source, {"Page": lambda _, **options: asked.update(options)})
    folders = {"downloads": str(tmp_path), "rows": str(tmp_path / "rows")}
    assert asked == folders | {"phone": "mobile", "policy": smsframe.Policy(budget=1)}
