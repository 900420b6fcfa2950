"""
The command that says in one page whether everything is as it should be, before a campaign begins.

It changes nothing and texts nobody: it logs in, asks for the balance and the time, and reads the journal.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import typer

import smsframe
from smsframe.cli import options  # noqa: TC001 - Typer reads the annotations
from smsframe.cli.output import clean
from smsframe.cli.send import SuppressRegion  # noqa: TC001 - as above
from smsframe.cli.tables import heading, table
from smsframe.cli.wording import in_terminal_words
from smsframe.formatting import amount, many
from smsframe.masking import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

FAILED = 1
"""The exit code when something would keep a campaign from being sent, or keep it from being safe."""

ROOM = 200 * 2**20
"""Bytes that should be free beside the journal: a million people take some hundred megabytes."""
APART = 60.0
"""Seconds between the gateway's clock and this machine's that are worth a word."""
UNKNOWN_ORDER = "smsframe-doctor"
"""Nobody's order id: its answer has the gateway's time."""


class Finding(NamedTuple):
    """What one look found; ``state`` is ``ok``, ``look`` or ``problem``."""

    what: str
    state: str
    finding: str


def doctor(
    suppress: options.Suppress = None,
    region: SuppressRegion = None,
    policy: options.Policy = None,
    journal: options.Journal = None,
) -> None:
    """
    Say whether login, clock, disk, journal, credit and lists are as they should be.

    Ends with 0 when they are, with 1 when there is a problem.
    """
    memory = smsframe.Journal.default() if journal is None else smsframe.Journal(journal)
    looks: list[Callable[[], Iterator[Finding]]] = [
        _gateway,
        lambda: iter(()) if memory.path is None else _disk(memory.path),
        lambda: _journal(memory),
        lambda: _policy(policy),
        lambda: _opted_out(memory),
    ]
    if suppress is not None:
        looks.append(lambda: _list(suppress, region))
    findings = [finding for look in looks for finding in look()]
    typer.echo(heading("smsframe " + smsframe.__version__))
    typer.echo(table([(each.what, each.state, clean(each.finding)) for each in findings]))
    problems = sum(each.state == "problem" for each in findings)
    typer.echo("\n" + (many(problems, "problem") if problems else "Everything is as it should be."))
    if problems:
        raise typer.Exit(FAILED)


def _message(error: Exception) -> str:
    return in_terminal_words(mask(str(error)))


def _gateway() -> Iterator[Finding]:
    """The login, the balance and the gateway's time; nothing more is asked where one is not answered."""
    try:
        gateway = smsframe.Gateway.from_env()
    except (smsframe.SmsFrameError, ValueError) as error:
        yield Finding("login", "problem", _message(error))
        return
    try:
        left = gateway.credits()
        yield Finding("login", "ok", f"{gateway.base_url} as {mask(gateway.account)}")
        credits_ = dict(zip(left["message_type"], left["credits"], strict=True))
        said = ", ".join(f"{amount(float(count))} of type {kind}" for kind, count in credits_.items())
        yield Finding("credit", "ok" if left["credits"].gt(0).any() else "problem", said or "none at all")
        yield _clock(gateway.state(UNKNOWN_ORDER).date, gateway.clock.now())
    except smsframe.SmsFrameError as error:
        yield Finding("gateway", "problem", _message(error))
    finally:
        gateway.close()


def _clock(theirs: datetime | None, ours: datetime) -> Finding:
    if theirs is None:
        return Finding("clock", "look", "the gateway does not say its time, so hours go by this machine's")
    apart = (ours - theirs).total_seconds()
    if abs(apart) <= APART:
        return Finding("clock", "ok", f"{abs(apart):.0f} s from the gateway's")
    way = "ahead of" if apart > 0 else "behind"
    said = f"this machine's is {abs(apart):,.0f} s {way} the gateway's, by which texts go out: set it"
    return Finding("clock", "problem", said)


def _disk(path: Path) -> Iterator[Finding]:
    folder = next(each for each in path.absolute().parents if each.exists())
    free = shutil.disk_usage(folder).free
    said = f"{free / 2**20:,.0f} MiB free in {folder}"
    if not os.access(folder, os.W_OK):
        yield Finding("disk", "problem", f"{folder} cannot be written to")
    else:
        yield Finding("disk", "ok" if free > ROOM else "problem", said)


def _journal(journal: smsframe.Journal) -> Iterator[Finding]:
    try:
        journal.verify()
        known = journal.campaigns()
    except smsframe.SmsFrameError as error:
        yield Finding("journal", "problem", _message(error))
        return
    said = (
        f"{journal.place}, {many(len(known), 'campaign')}"
        if journal.exists
        else f"{journal.place}, not there yet"
    )
    yield Finding("journal", "ok", said)


def _policy(path: Path | None) -> Iterator[Finding]:
    file = path or os.environ.get("SMSFRAME_POLICY")
    if not file:
        return
    try:
        policy = smsframe.Policy.from_file(file)
    except (OSError, ValueError) as error:
        yield Finding("policy", "problem", _message(error))
    else:
        budget = "no budget" if policy.budget is None else f"a budget of {policy.budget}"
        yield Finding("policy", "ok", f"{file}, {budget}")


def _opted_out(journal: smsframe.Journal) -> Iterator[Finding]:
    try:
        known = smsframe.optouts(journal=journal)
    except (smsframe.SmsFrameError, ValueError) as error:
        yield Finding("opt-outs", "problem", _message(error))
    else:
        yield Finding("opt-outs", "ok", f"{many(len(known), 'number')} on the list, which every call reads")


def _list(path: Path, region: str | None) -> Iterator[Finding]:
    """An opt-out list, read as `send` reads it: a line that nobody can read is an error there too."""
    nobody = pd.DataFrame({"phone": pd.Series([], dtype=str)})
    try:
        plan = smsframe.plan(nobody, "-", phone="phone", suppress=path, region=region)
    except (smsframe.SmsFrameError, ValueError, OSError) as error:
        yield Finding("opt-outs", "problem", _message(error))
    else:
        yield Finding("opt-outs", "ok", f"{path}, {many(len(plan.suppressed), 'number')}")
