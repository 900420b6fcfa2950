"""What the library says of keywords reaches a terminal as options; held against every message there is."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest
import typer

import smsframe
from smsframe.cli.main import app
from smsframe.cli.wording import OPTIONS, OTHERWISE, READING, VARIABLES, in_terminal_words

PACKAGE = Path(smsframe.__file__).parent
ELSEWHERE = ("sandbox", "form", "cli")
"""What is no message of a command: the gateway to rehearse on, HTML, and what is written for terminals."""

KEYWORD = re.compile(r"(?<![\w.?&/-])[a-z]+(?:_[a-z]+)*=(?!=)")
PYTHON = re.compile(r"smsframe\.[a-z]\w*\(")
NOT_WORDS = re.compile(r"PRAGMA |\?mode=|\nimport |\?sep=\(|\(\?i\)")
"""Statements, addresses, a program and patterns."""

ONLY_IN_PYTHON = {"gateway", "interval", "kind", "login", "retryable", "schema", "tz"}
ONLY_IN_PYTHON |= {"between", "not_before"}  # of `Hours`: --hours says the one, no option the other
ONLY_IN_PYTHON |= {
    "prices",
    "budget",
    "cap",
    "allow_only",
    "valid_until",
    "consent",
    "consent_required",
}  # a policy of the command line is a file, whose name goes first
ONLY_IN_PYTHON |= {"reply_fields", "optout_text", "languages"}  # a variable, and a file, whose names go first
ONLY_IN_PYTHON |= {"to", "row"}  # of `test`, which is no command
ONLY_IN_PYTHON |= {"columns"}  # of `partition`, which is none
ONLY_IN_PYTHON |= {"by", "seed", "on", "control", "value", "level", "variants"}  # of `assign` and `lift`
ONLY_IN_PYTHON |= {"utc", "format"}  # of pandas, for a column of times, which no command takes
"""Keywords without an option, of which no command can make the library speak."""

EXAMPLES = {"0", "workers", "'IT'", "None", "2026-12-01 09:00:00", "'it\\'s'"}
COMMANDS = typer.main.get_command(app).commands
FUNCTIONS = {name: getattr(smsframe, name) for name in COMMANDS if name in smsframe.__all__}


def messages():
    """Every text in smsframe that is no docstring, with examples for what is filled in."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] in ELSEWHERE or path.name == "cards.py":
            continue
        tree = ast.parse(path.read_text("utf-8"))
        parts = {
            id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
        }
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if id(node) in parts | docstrings:
                continue
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node.value
            elif isinstance(node, ast.JoinedStr):
                for example in EXAMPLES:
                    text = "".join(
                        part.value if isinstance(part, ast.Constant) else example for part in node.values
                    )
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno}", text


MESSAGES = [
    (where, text)
    for where, text in messages()
    if (KEYWORD.search(text) or PYTHON.search(text)) and not NOT_WORDS.search(text)
]


def test_messages_with_keywords_are_found():
    assert len(MESSAGES) > 150


def test_no_message_names_a_keyword_or_a_call_of_python_in_a_terminal():
    left = []
    for where, text in MESSAGES:
        reworded = in_terminal_words(text)
        keywords = {keyword[:-1] for keyword in KEYWORD.findall(reworded)} - ONLY_IN_PYTHON
        calls = [call for call in PYTHON.findall(reworded) if call != "smsframe.assign("]
        if keywords or calls:
            left.append((where, reworded))
    assert left == []


def options(command):
    parts = getattr(command, "commands", {}).values()  # of a group, such as `optouts`
    return {option for parameter in command.params for option in parameter.opts}.union(*map(options, parts))


def test_every_keyword_that_is_reworded_is_an_option_of_a_command_and_the_other_way_round():
    known = set().union(*map(options, COMMANDS.values()))
    assert {f"--{name.replace('_', '-')}" for name in OPTIONS} <= known
    for name, command in COMMANDS.items():
        keywords = set(inspect.signature(FUNCTIONS[name]).parameters) if name in FUNCTIONS else set()
        shared = {keyword for keyword in keywords if f"--{keyword.replace('_', '-')}" in options(command)}
        assert shared <= OPTIONS, name
    assert not {*OPTIONS, *OTHERWISE} & (VARIABLES | READING)
    assert {*OTHERWISE.values()} <= OPTIONS


@pytest.mark.parametrize(
    ("python", "terminal"),
    [
        ("go on with smsframe.resume('autumn')", "go on with smsframe resume autumn"),
        ('smsframe.resume("it\'s", unconfirmed="send").', "smsframe resume 'it'\"'\"'s' --unconfirmed send."),
        ("see smsframe.campaigns()", "see smsframe campaigns"),
        ("follow it with smsframe.watch.", "follow it with smsframe status --follow."),
        ("drop them with smsframe.withdraw('a')", "drop them with smsframe withdraw a"),
        (
            "give them one with smsframe.assign(people)",
            "give them one with smsframe.assign(people) in Python",
        ),
        ("say phone='my mobile'", "say --phone 'my mobile'"),
        ("adopt=True, or journal=.", "--adopt, or --journal."),
        ("the campaign 'rate=3' (a plan) has workers=0", "the campaign 'rate=3' (a plan) has --workers 0"),
        ("the gateway's, with rate=0.5; somebody's", "the gateway's, with --rate 0.5; somebody's"),
        ("https://example.org/?journal=1", "https://example.org/?journal=1"),
        ("send or resume it", "send or resume it"),
    ],
)
def test_examples(python, terminal):
    assert in_terminal_words(python) == terminal


def test_a_file_that_needs_a_keyword_to_be_read_can_be_saved_in_another_way():
    reworded = in_terminal_words("a.csv has quotes that nobody closes: say quoting=")
    assert reworded.startswith("a.csv has quotes that nobody closes: say quoting. No option says")
    assert "save it again as XLSX" in reworded


@pytest.mark.parametrize(
    ("python", "terminal"),
    [
        ("say encoding= (such as 'cp1252') and look", "say --encoding (such as 'cp1252') and look"),
        ("and encoding='cp1252' if it is", "and --encoding cp1252 if it is"),
        ("say skiprows= if it is, or sep=", "say --skip-rows if it is, or --sep"),
    ],
)
def test_a_file_that_needs_an_option_to_be_read_has_it(python, terminal):
    reworded = in_terminal_words(python)
    assert reworded.startswith(terminal + ". These options of check, plan and send")
    assert "No option" not in reworded
    for name in ("check", "plan", "send"):
        assert {"--encoding", "--sep", "--skip-rows"} <= options(COMMANDS[name])
