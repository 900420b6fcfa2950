"""
How a command ends: with its file written, or a message on stderr, and an exit code.
"""

from __future__ import annotations

import contextlib
import logging
import shlex
import sys
import warnings
from typing import TYPE_CHECKING, Any, TextIO, cast

import typer
from typer.core import TyperGroup

import smsframe
from smsframe.cli.output import people
from smsframe.cli.wording import in_terminal_words
from smsframe.formatting import many

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

UNEXPECTED = (MemoryError, RecursionError, TypeError, LookupError, ArithmeticError, AttributeError)
"""Bugs, and too little memory; the library has taken numbers and secrets out of their text."""

UNFINISHED, REFUSED, GATEWAY, JOURNAL, INTERRUPTED = 1, 2, 3, 4, 130

PRINTED = ("smsframe: ", "warning: ")
"""How lines begin that the library prints by itself."""

LISTED = 5
"""Rows that an error names at most: enough to look."""

CODES = """Exit codes:

\b
  0    done
  1    texts went out or may have, and it is not finished: some people are
       pending or unconfirmed (`smsframe resume` goes on)
  2    bad use or bad input, or you said no: nothing was sent
  3    the gateway refused, cannot be reached, or lacks credit: nothing was sent
  4    the journal cannot be read or written
  130  interrupted (Ctrl-C); what was under way is recorded
"""


class Commands(TyperGroup):
    """The commands, each ending as this file says."""

    def make_context(self, *arguments: Any, **keywords: Any) -> Any:
        """Read the words of the command line; Ctrl-C meanwhile is no `Abort`, as nothing has begun."""
        try:
            return super().make_context(*arguments, **keywords)
        except KeyboardInterrupt:
            typer.echo("\nStopped before anything was sent.", err=True)
            raise SystemExit(INTERRUPTED) from None

    def invoke(self, ctx: Any) -> Any:
        """Run a command; what it raises becomes a sentence and an exit code, never a traceback."""
        for stream in (sys.stdout, sys.stderr):
            # A code page of Windows has no emoji: better a question mark than no plan.
            if reconfigure := getattr(stream, "reconfigure", None):
                reconfigure(errors="replace")
        with _notes():
            try:
                return super().invoke(ctx)
            except (smsframe.SmsFrameError, *UNEXPECTED, ValueError, OSError, ImportError) as error:
                typer.echo(f"Error: {_error_text(error)}", err=True)
                raise typer.Exit(code(error)) from None
            except (KeyboardInterrupt, typer.Abort):  # Abort is Ctrl-C at a question
                typer.echo("\nStopped.", err=True)
                raise typer.Exit(INTERRUPTED) from None


def code(error: BaseException) -> int:
    """The exit code of an error; what may have sent something is never among those that say it did not."""
    match error:
        case smsframe.CampaignStopped() | smsframe.Unconfirmed():
            return UNFINISHED
        case smsframe.JournalError():
            return JOURNAL
        case smsframe.NotEnoughCredit() | smsframe.GatewayError():
            return GATEWAY
        case _:
            return REFUSED


def resume_command(campaign: str) -> str:
    """The command that goes on with a campaign."""
    return f"smsframe resume {shlex.quote(campaign)}"


def write(frame: pd.DataFrame, out: Path | None, *, sent: str | None = None) -> None:
    """
    Write a frame to a file, if that was asked for.

    Args:
        frame: The rows.
        out: The file, or None.
        sent: The campaign that was just sent: then a file that fails does not unsay it.
    """
    if out is None:
        return
    try:
        write_rows(frame, out)
    except (OSError, ValueError) as error:
        if sent is None:
            raise
        why = getattr(error, "strerror", None) or error
        typer.echo(f"Error: {out}: {why}. The journal has the outcomes.", err=True)
        typer.echo(f"smsframe export {shlex.quote(sent)} FILE writes them", err=True)
        raise typer.Exit(UNFINISHED) from None
    typer.echo(f"\n{many(len(frame), 'row')} written to {out}")


def write_rows(frame: pd.DataFrame, out: Path) -> None:
    """Write a frame as what the file's name says."""
    from smsframe.api.files import write_as_named  # noqa: PLC0415 - brings pandas, which --help does without

    write_as_named(frame, out)


def finish(frame: pd.DataFrame, campaign: str) -> None:
    """End with `UNFINISHED` while people of the campaign are pending or unconfirmed."""
    open_ = frame["sms_status"].isin(["pending", "unconfirmed"])
    held = frame["sms_code"].eq("ramp") & frame["sms_reason"].str.contains("stopped: ", regex=False)
    stopped = int((open_ & held.fillna(value=False)).sum())
    left = int(open_.sum()) - stopped
    if stopped:
        command = f"{resume_command(campaign)} --ramp rest"
        typer.echo(f"\nThe ramp is stopped: {people(stopped)} not texted. {command} texts them.", err=True)
    if left:
        typer.echo(f"\nNot finished: {people(left)}. Go on with: {resume_command(campaign)}", err=True)
        if frame["sms_status"].eq("unconfirmed").any():  # going on may never end it: the gateway may not know
            typer.echo(f"Who stays unconfirmed: smsframe status {shlex.quote(campaign)}", err=True)
    if left or stopped:
        raise typer.Exit(UNFINISHED)


def note(message: Warning | str, *_: object, **__: object) -> None:
    """Say something that is not an error on stderr; also in the place of `warnings.showwarning`."""
    typer.echo(f"note: {in_terminal_words(str(message))}", err=True)


def _error_text(error: Exception) -> str:
    """What is wrong and what to do, each on a line of its own."""
    lines = [in_terminal_words(str(error))]
    if isinstance(error, OSError) and error.filename is not None:
        lines = [f"{error.filename}: {error.strerror}"]
    failures = getattr(error, "failures", None)
    rows = [] if failures is None else [label + 1 for label in failures.index if isinstance(label, int)]
    if rows:
        lines.append(f"Rows: {', '.join(map(str, rows[:LISTED]))}{', …' if len(rows) > LISTED else ''}")
    if isinstance(error, smsframe.CampaignStopped):
        lines.append(f"Go on with: {resume_command(error.campaign)}")
    return "\n".join(lines)


@contextlib.contextmanager
def _notes() -> Iterator[None]:
    """Show what the library warns of, logs and prints on stderr, in the words of the command line."""
    notes = _Notes(logging.WARNING)
    log = logging.getLogger("smsframe")
    log.addHandler(notes)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(cast("TextIO", _Stderr(sys.stderr))):
            warnings.simplefilter("always", smsframe.PhoneGuessed)
            warnings.showwarning = note
            yield
    finally:
        log.removeHandler(notes)


class _Notes(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        note(record.getMessage())


class _Stderr:
    """Standard error, where the library also prints what a campaign's user must know: ``smsframe: …``."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(in_terminal_words(text) if text.startswith(PRINTED) else text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
