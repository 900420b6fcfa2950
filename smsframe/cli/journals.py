"""
Commands about the journal's file itself.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

import smsframe
from smsframe.cli import options

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback()
def _journal() -> None:
    """Copy the journal, the file that knows who was texted."""
    # With a callback, Typer keeps `backup` a command of its own.


@app.command()
def backup(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            help="The copy; there must be no such file.",
            callback=options.folder_exists,
            show_default=False,
        ),
    ],
    journal: options.Journal = None,
) -> None:
    """Copy the journal, also while a campaign is sent."""
    memory = smsframe.Journal.default() if journal is None else smsframe.Journal(journal)
    memory.backup(path)
    typer.echo(f"{memory.path} copied to {path}")
