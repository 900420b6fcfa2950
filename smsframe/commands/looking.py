"""
Commands that only look: at a table, at the journal, at what the gateway delivered.
"""

from __future__ import annotations

import contextlib
import warnings
from pathlib import Path
from typing import Annotated

import typer

import smsframe
from smsframe import phones
from smsframe.commands import exits, options
from smsframe.commands.terminal import clean, heading, many, summary_text, table, titled, why


def check(
    file: options.File,
    phone: options.Phone = None,
    region: options.Region = None,
    numbers: options.Numbers = "mobile",
    suppress: options.Suppress = None,
    out: options.Out = None,
) -> None:
    """Who could be texted, and why the others could not."""
    contacts = smsframe.read_contacts(file)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", smsframe.PhoneGuessed)
        checked = smsframe.check(contacts, phone, region=region, numbers=numbers, suppress=suppress)
    for warning in heard:
        exits.note(warning.message)
        # The warning is the only one to name the column that was guessed.
        phone = next((name for name in contacts if f"taking {name!r} as" in str(warning.message)), phone)
    counts = [(f"{count:,}", status) for status, count in smsframe.summary(checked).statuses.items()]
    parts = [
        heading(f"{clean(file.name)}: {many(len(contacts), 'row')}"),
        *([table(counts, right="0")] if counts else []),
        *titled("Who could not be texted, and why", why(checked, phone)),
    ]
    typer.echo("\n\n".join(parts))
    _write(checked, out)


def status(
    campaign: Annotated[
        str | None, typer.Argument(help="A campaign's name; else all.", show_default=False)
    ] = None,
    journal: options.Journal = None,
) -> None:
    """How far a campaign is, and what to do next."""
    if campaign is None:
        campaigns(journal=journal)
        return
    known = smsframe.results(campaign, journal=journal)
    typer.echo(summary_text(known))
    doubtful = known[known["sms_status"].eq("unconfirmed")]
    if len(doubtful):
        shown = doubtful.head(10)
        rows = zip(phones.mask_column(shown["sms_phone"]), shown["sms_order_id"].fillna(""), strict=True)
        typer.echo(
            "\n" + heading("Unconfirmed: may have been accepted, and are not sent again by themselves")
        )
        typer.echo("\n" + table(list(rows), head=("number", "order id")))
        if len(doubtful) > len(shown):
            typer.echo(f"  … and {len(doubtful) - len(shown):,} more")
        again = exits.go_on(campaign)
        typer.echo(
            "\n"
            + table(
                [
                    (again, "asks the gateway again"),
                    (f"{again} --unconfirmed accept", "takes them as accepted: you know they arrived"),
                    (f"{again} --unconfirmed send", "texts them; again, if they were"),
                ]
            )
        )
    _finish(known, campaign)


def refresh(
    campaign: options.Campaign,
    workers: options.Workers = 4,
    journal: options.Journal = None,
    progress: options.Progress = None,
    out: options.Out = None,
) -> None:
    """Ask the gateway what was delivered."""
    known = smsframe.results(campaign, journal=journal)
    asked = smsframe.refresh(known, workers=workers, progress=options.bar(progress))
    typer.echo(summary_text(asked))
    _write(asked, out)


def export(
    campaign: options.Campaign,
    out: Annotated[
        Path, typer.Argument(help="The CSV file; it is replaced.", dir_okay=False, callback=options.folder_exists)
    ],
    journal: options.Journal = None,
) -> None:
    """Write a campaign, one row per person, to a file."""
    _write(smsframe.results(campaign, journal=journal), out)


def campaigns(journal: options.Journal = None) -> None:
    """The campaigns in the journal."""
    known = smsframe.campaigns(journal=journal)
    if known.empty:
        typer.echo("There are no campaigns in this journal.")
        return
    counted = ["recipients", "accepted", "scheduled", "rejected", "unconfirmed", "pending", "credits"]
    # A status that nobody has takes no room.
    shown = [name for name in counted if name in ("recipients", "accepted", "credits") or known[name].any()]
    for (gateway, account), mine in known.groupby(["gateway", "account"], sort=False):
        rows = [
            (
                clean(row["campaign"], 24),
                f"{row['created_at']:%Y-%m-%d}",
                *(f"{row[name]:,g}" for name in shown),
            )
            for row in mine.to_dict("records")
        ]
        typer.echo(heading(f"{clean(gateway)} as {clean(account)}") + "\n")
        head = ("campaign", "begun", "people", *shown[1:])
        typer.echo(table([(*row, "") for row in rows], head=(*head, ""), right="2345678") + "\n")


