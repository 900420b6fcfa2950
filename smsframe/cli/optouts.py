"""
Commands about the opt-outs of an account. Numbers come by standard input or a file, not by the command line,
which shells remember.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import smsframe
from smsframe.cli import exit_codes, options
from smsframe.formatting import many

Why = Annotated[str | None, typer.Option(help="The reason, kept with each number.")]
MustSayWhy = Annotated[str, typer.Option("--why", help="Why they may be texted again; it is kept.")]
Home = Annotated[str | None, typer.Option(help="Country of numbers in national form, such as IT.")]

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.callback()
def _optouts() -> None:
    """Who may not be texted through the account that the environment names, whatever the campaign."""


@app.command(name="list")
def show(
    out: options.Out = None,
    journal: options.Journal = None,
    *,
    removed: Annotated[bool, typer.Option("--removed", help="Those who were taken off the list.")] = False,
) -> None:
    """How many are on the list, and from where; with --out the list itself."""
    frame = smsframe.optouts(journal=journal, removed=removed)
    typer.echo(f"{many(len(frame), 'number')} {'taken off the list' if removed else 'on the list'}")
    for source, count in frame["source"].value_counts().items():
        typer.echo(f"  {count:,} {source}")
    exit_codes.write(frame, out)


@app.command()
def add(why: Why = None, region: Home = None, journal: options.Journal = None) -> None:
    """Put numbers on the list: one a line on standard input."""
    added = smsframe.optouts.add(_typed(), why=why, region=region, journal=journal)
    typer.echo(f"{many(added, 'number')} added")


@app.command(name="import")
def read(file: options.File, why: Why = None, region: Home = None, journal: options.Journal = None) -> None:
    """Put the numbers of a file on the list: CSV, XLSX, Parquet."""
    added = smsframe.optouts.add(file, why=why, source=f"file {file.name}", region=region, journal=journal)
    typer.echo(f"{many(added, 'number')} added")


@app.command()
def remove(
    why: MustSayWhy,
    region: Home = None,
    campaign: Annotated[
        str | None,
        typer.Option("--campaign", help="A campaign whose --suppress lists have them, instead of the list."),
    ] = None,
    journal: options.Journal = None,
) -> None:
    """Take numbers off the list here, not at the gateway: one a line on standard input."""
    gone = smsframe.optouts.remove(_typed(), why=why, region=region, campaign=campaign, journal=journal)
    typer.echo(f"{many(len(gone), 'number')} removed; the gateway's own list is as it was")


@app.command()
def sync(
    journal: options.Journal = None,
    *,
    push: Annotated[bool, typer.Option(help="Put our numbers on the gateway's list, too.")] = True,
) -> None:
    """Read the gateway's own list into this one, and put this one's numbers on it."""
    said = smsframe.optouts.sync(journal=journal, push=push)
    typer.echo(
        f"The gateway lists {many(said.listed, 'number')}, {said.added:,} of them new here; "
        f"{said.pushed:,} of ours are on its list now"
    )
    if said.refused:
        typer.echo(f"It refuses {many(len(said.refused), 'number')}, which stay on the list here.")
    if said.unreadable:
        typer.echo(f"{many(said.unreadable, 'entry', 'entries')} of its list are no numbers.")


def _typed() -> list[str]:
    """The numbers on standard input, one a line."""
    if sys.stdin.isatty():
        typer.echo("One number a line; end with Ctrl-D:", err=True)
    return [line.strip() for line in sys.stdin if line.strip()]
