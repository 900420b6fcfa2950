"""
Messages of the library in the words of the command line: its options and commands, not Python's keywords.

The library says ``workers=0 must be ...`` and ``go on with smsframe.resume('autumn')``, which is what people
type in a notebook. In a terminal they type ``--workers`` and ``smsframe resume autumn``. Each error, warning,
log line and reason comes through here; `tests/unit/test_cli_wording.py` holds every message of smsframe
against it, so that a new one that names a keyword cannot be forgotten.
"""

from __future__ import annotations

import ast
import re
import shlex

FILE_OPTIONS = ("encoding", "sep", "skip_rows")
"""Options about how a FILE of people is read, of the commands that read one."""

OTHERWISE = {"skiprows": "skip_rows"}
"""Keywords that are options of another name."""

OPTIONS = frozenset(
    (
        *("adopt", "batch_size", "campaign", "changed", "confirm", "grace", "journal", "max_segments"),
        *("hashed", "keep", "only", "preview", "push", "removed", "since"),
        *(
            "maybe_arrived",
            "message_type",
            "numbers",
            "phone",
            "policy",
            "progress",
            "quality",
            "ramp",
            "rate",
            "refusals",
            "region",
            "schedule",
        ),
        *("days", "rules", "zone", "locale"),
        *FILE_OPTIONS,
        *(
            "every",
            "sender",
            "sheet",
            "suppress",
            "text",
            "text_fix",
            "unconfirmed",
            "undo",
            "until",
            "wait",
            "why",
            "workers",
        ),
    )
)
"""Keywords of public functions that are options of a command."""

VARIABLES = frozenset(
    ("access_token", "base_url", "max_bytes", "max_cells", "password", "user_key", "username")
)
"""Keywords that are variables of the environment for a command: ``SMSFRAME_PASSWORD``."""

READING = frozenset(
    (
        "chunksize",
        "escapechar",
        "iterator",
        "quoting",
        "skipinitialspace",
        "usecols",
    )
)
"""Keywords of `smsframe.read_contacts` that no command has."""

COMMANDS = {
    "campaigns": "campaigns",
    "cancel": "cancel",
    "check": "check",
    "costs": "costs",
    "finish": "finish",
    "forget": "forget",
    "optouts": "optouts list",
    "plan": "plan",
    "purge": "purge",
    "refresh": "refresh",
    "reschedule": "reschedule",
    "resend": "resend",
    "resume": "resume",
    "send": "send",
    "stop": "stop",
    "watch": "status --follow",
    "withdraw": "withdraw",
}
"""Public functions that are commands, and how."""

WHOLE = {
    "such as datetime(2026, 12, 1, 9, tzinfo=ZoneInfo('Europe/Rome'))": "such as 2026-12-01T09:00+01:00",
    "To try without an account: with smsframe.Sandbox() as sandbox: ... gateway=sandbox.gateway()": (
        "To rehearse without an account: smsframe sandbox"
    ),
    "smsframe.Hours(...)": "--hours",
    "resume it with a smsframe.Policy that has one": "resume it with a --policy that has one",
    ", or pass gateway=": "",
    "add it, or pass region=": "add it, or give --region",
    ", or say header=None and names=[...]; or header=0 if it is a heading all the same": "",
    ", or header=0 if it is the heading": "",
    "max_bytes=, or SMSFRAME_MAX_BYTES": "it with SMSFRAME_MAX_BYTES",
    "max_cells=, or SMSFRAME_MAX_CELLS": "it with SMSFRAME_MAX_CELLS",
}
"""Where more than a name is said in another way."""

_QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_ARGUMENTS = rf"\((?:{_QUOTED}|[^()'\"])*\)"
_KEYWORD = rf"(?<![\w.?&/-])(?P<keyword>[a-z]+(?:_[a-z]+)*)=(?!=)(?P<value>{_QUOTED}|[\w+:/-]+(?:\.\w+)*)?"
_PARTS = "|".join(
    (
        # A name of somebody's own, which may look like anything; an apostrophe within a word is none.
        rf"(?<!\w)(?<!\w=)(?P<quoted>{_QUOTED})(?!\w)",
        rf"(?P<python>smsframe\.assign{_ARGUMENTS})",
        rf"(?<![\w.])(?P<call>(?P<package>smsframe\.)?(?P<function>{'|'.join(COMMANDS)})(?P<arguments>{_ARGUMENTS})?)(?![\w(])",
        _KEYWORD,
        rf"(?<![\w=-])(?P<name>{'|'.join(sorted(name for name in OPTIONS if '_' in name))})(?![\w=-])",
    )
)
"""Texts of patterns, that are compiled when the first message is printed: many a command prints none."""


def in_terminal_words(message: str) -> str:
    """
    A message of the library, as somebody reads it who types commands.

    Example:
        >>> in_terminal_words("workers=0 must be a whole number from 1 to 64")
        '--workers 0 must be a whole number from 1 to 64'
        >>> in_terminal_words("go on with smsframe.resume('new year', unconfirmed='send')")
        "go on with smsframe resume 'new year' --unconfirmed send"
    """
    for python, terminal in WHOLE.items():
        message = message.replace(python, terminal)
    named = {part["keyword"] for part in re.finditer(_PARTS, message)}
    message = re.sub(_PARTS, _reworded, message)
    if named & {*FILE_OPTIONS, *OTHERWISE}:
        message += (
            ". These options of check, plan and send are about their FILE: save another file again as XLSX, "
            "or as CSV in UTF-8"
        )
    elif named & READING:
        message += (
            ". No option says how a file is to be read: save it again as XLSX, or as CSV in UTF-8; "
            "or read it in Python with smsframe.read_contacts"
        )
    return message


def _reworded(part: re.Match[str]) -> str:
    match part.lastgroup, part["package"] or "=" in (part["arguments"] or ""):
        case "python", _:
            return f"{part[0]} in Python"
        case "call", True | "smsframe.":
            return _command(part["function"], part["arguments"] or "")
        case "keyword" | "value", _:
            return _keyword(part)
        case "name", _:
            return _option(part["name"])
        case _:
            return part[0]


def _command(function: str, arguments: str) -> str:
    """``smsframe.resume('autumn', unconfirmed=)`` as it is typed in a terminal."""
    command, *options = COMMANDS[function].split()
    names = [_shell(quoted) for quoted in re.findall(rf"(?<![=\w])(?:{_QUOTED})", arguments)]
    keywords = [_keyword(keyword) for keyword in re.finditer(_KEYWORD, arguments)]
    return " ".join(["smsframe", command, *names, *options, *keywords])


def _keyword(found: re.Match[str]) -> str:
    name, value = OTHERWISE.get(found["keyword"], found["keyword"]), found["value"]
    if name in VARIABLES:
        return f"SMSFRAME_{name.upper()}"
    if name not in OPTIONS:
        return name if name in READING else found[0]
    return _option(name) if value in {None, "True"} else f"{_option(name)} {_shell(value)}"


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _shell(value: str) -> str:
    """A value as a shell wants it, whether Python had it in quotes or not."""
    try:
        value = str(ast.literal_eval(value)) if value[:1] in "'\"" else value
    except (SyntaxError, ValueError):  # in quotation marks, and no literal of Python's
        return value
    return shlex.quote(value)
