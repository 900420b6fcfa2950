"""
Commands about the journal's file itself.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

import smsframe
from smsframe.cli import options
from smsframe.formatting import many

Place = Annotated[
    str,
    typer.Argument(
        metavar="PLACE",
        help="A new file, or postgresql://user@host/database; the password in PGPASSWORD, not here.",
        show_default=False,
    ),
]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback()
def _journal() -> None:
    """Back up the journal, which knows who was texted, or move it to another place."""


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
    typer.echo(f"{memory.place} copied to {path}")


@app.command()
def copy(place: Place, journal: options.Journal = None) -> None:
    """
    Move the journal to another place: a file, or a PostgreSQL database.

    Every row is copied and compared; then the journal as it was is closed for good, so that nobody is texted
    from both. Nobody may be sending meanwhile.
    """
    memory = smsframe.Journal.default() if journal is None else smsframe.Journal(journal)
    target = smsframe.Journal(place)
    copied = memory.copy(target)
    said = f"{many(copied['campaigns'], 'campaign')} with {many(copied['recipients'], 'recipient')}"
    typer.echo(f"{said} moved from {memory.place} to {target.place}; name that one from now on.")
