"""
Commands about personal data: whom to erase, what is old, and the key of the hashes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

import smsframe
from smsframe.cli import exit_codes, options
from smsframe.cli.output import people

Keep = Annotated[
    str | None,
    typer.Option(help='For how long numbers and texts are kept: "90 days"; else as the policy says.'),
]
Country = Annotated[str | None, typer.Option(help="Country of numbers in national form (IT).")]
Preview = Annotated[bool, typer.Option("--preview", help="Erase nothing; say what would be erased.")]
KeyFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="The file, which only its owner may read.",
        dir_okay=False,
        show_default=False,
    ),
]

key = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


def forget(region: Country = None, journal: options.Journal = None) -> None:
    """
    Erase people from the journal; their numbers are read from standard input, one in each line.

    They are not options, which would stay in the history of the shell. Without numbers it finishes what
    earlier calls could not.
    """
    numbers = [line.strip() for line in sys.stdin if line.strip()]
    found = smsframe.forget(numbers, region=region, journal=journal)
    lines = found.astype(object).where(found.notna(), None).to_dict("records")
    for row in lines:
        typer.echo(_line({str(name): value for name, value in row.items()}))
    if not numbers and not lines:
        typer.echo("No numbers were given, and nobody waits to be erased: there was nothing to erase.")
    if numbers and not any(row["people"] for row in lines):
        typer.echo("Nobody of them was in the journal. Whoever they are, they are not texted from here.")


def purge(
    keep: Keep = None,
    policy: options.Policy = None,
    journal: options.Journal = None,
    *,
    preview: Preview = False,
    yes: options.Yes = False,
) -> None:
    """Erase the numbers and texts of old campaigns; their names stay, and are closed."""
    keywords = options.keywords(smsframe.purge, {"policy": policy, "journal": journal})
    found = smsframe.purge(keep, **keywords, preview=True)
    for name, last_at, count, _, why in found.itertuples(index=False):
        typer.echo(f"{name}: {people(count)}, last sent {last_at:%Y-%m-%d}{why and f'; stays: {why}'}")
    erasable = int(found["why"].eq("").sum())
    if preview or not erasable:
        typer.echo(f"{erasable:,} to be erased." if erasable else "Nothing to be erased.")
        return
    if not (yes or typer.confirm(f"Erase {erasable:,} for good? Their names can then not be used again.")):
        typer.echo("Nothing was erased.", err=True)
        raise typer.Exit(exit_codes.REFUSED)
    done = smsframe.purge(keep, **keywords)
    typer.echo(f"{int(done['purged'].sum()):,} erased.")
    for sentence in done["why"][done["last_at"].isna()]:
        typer.echo(sentence)


@key.callback()
def _key() -> None:
    """The key of the keyed hashes by which erased people are known; each machine that sends needs it."""


@key.command(name="status")
def status() -> None:
    """Say where the key is, and its fingerprint; never the key itself."""
    from smsframe.journal.privacy import hash_key  # noqa: PLC0415 - loads what few commands need

    found = hash_key.find()
    typer.echo("No key yet." if found is None else f"{found.fingerprint}, in {found.place}")


@key.command(name="export")
def export(file: KeyFile) -> None:
    """Write the key into a new file that only you can read, to carry it to another machine."""
    from smsframe.journal.privacy import hash_key  # noqa: PLC0415 - as above

    found = hash_key.find()
    if found is None:
        raise smsframe.JournalError("there is no key of hashes on this machine")
    hash_key.write(file.absolute(), found)
    typer.echo(f"{found.fingerprint} written to {file}: delete it once it is where it belongs")


@key.command(name="import")
def import_(file: KeyFile) -> None:
    """Keep the key of a file on this machine: in its keyring, else in a file in your data directory."""
    from smsframe.journal.privacy import hash_key  # noqa: PLC0415 - as above

    kept = hash_key.keep(hash_key.read(file.absolute()).value)
    typer.echo(f"{kept.fingerprint} kept in {kept.place}")


def _line(row: dict[str, Any]) -> str:
    """One row of what was erased, as a sentence."""
    if pd.isna(row["people"]):
        return f"Left: {row['why']}"
    waiting = f", {people(row['waiting'])} later ({row['why']})" if row["waiting"] else ""
    return f"{row['where']}: {people(row['people'])} erased{waiting}"
