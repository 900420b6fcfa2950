"""
Commands that only look: at a table, at the journal, at what the gateway delivered.
"""

from __future__ import annotations

import contextlib
import shlex
import warnings
from decimal import Decimal
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import pandas as pd
import typer

import smsframe
from smsframe.cli import exit_codes, options
from smsframe.cli.output import clean, counts_text, reasons_text, summary_text
from smsframe.cli.tables import heading, section, table
from smsframe.formatting import amount, many
from smsframe.phones.cells import mask_column
from smsframe.planning.problems import file_of_problems

LISTED = 10
"""Unconfirmed people that `status` lists."""


def check(
    file: options.File,
    sheet: options.Sheet = None,
    encoding: options.Encoding = None,
    sep: options.Sep = None,
    skip_rows: options.SkipRows = None,
    phone: options.Phone = None,
    region: options.Region = None,
    numbers: options.Numbers = "mobile",
    suppress: options.Suppress = None,
    out: options.Out = None,
    problems: Annotated[
        Path | None,
        typer.Option(
            "--problems",
            dir_okay=False,
            callback=options.table_file,
            help="Write the rows that need a hand here, to be corrected and sent.",
        ),
    ] = None,
) -> None:
    """Who could be texted, and why the others could not."""
    contacts = options.read_file(locals())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", smsframe.PhoneGuessed)
        checked = smsframe.check(contacts, phone, region=region, numbers=numbers, suppress=suppress)
    for warning in caught:
        exit_codes.note(str(warning.message))
        phone = phone or getattr(warning.message, "column", None)
    summary = smsframe.summary(checked)
    parts = [
        heading(f"{clean(file.name)}: {many(len(contacts), 'row')}"),
        counts_text(summary.statuses),
        *section("Who could not be texted, and why", reasons_text(summary, checked, phone)),
    ]
    typer.echo("\n\n".join(part for part in parts if part))
    exit_codes.write(checked, out)
    if problems is not None:
        exit_codes.write(file_of_problems(checked, phone=phone).reset_index(drop=True), problems)


def status(
    campaign: Annotated[
        str | None,
        typer.Argument(metavar="CAMPAIGN", help="Its name; all of them if left out.", show_default=False),
    ] = None,
    journal: options.Journal = None,
    *,
    follow: Annotated[
        bool, typer.Option("--follow", help="Watch it while somebody sends; Ctrl-C ends only the watching.")
    ] = False,
) -> None:
    """How far a campaign is, and what to do next."""
    if campaign is None:
        if follow:
            raise typer.BadParameter("say which campaign to follow", param_hint="CAMPAIGN")
        campaigns(journal=journal)
        return
    try:
        results = (smsframe.watch if follow else smsframe.results)(campaign, journal=journal)
    except KeyboardInterrupt:  # only the watching was stopped
        raise typer.Exit(exit_codes.INTERRUPTED) from None
    typer.echo(summary_text(results))
    unconfirmed = results[results["sms_status"].eq("unconfirmed").to_numpy()]
    if len(unconfirmed):
        again = exit_codes.resume_command(campaign)
        first = unconfirmed.head(LISTED)
        numbers, orders = mask_column(first["sms_phone"]), first["sms_order_id"].fillna("")
        cancelling = unconfirmed["sms_code"].eq("cancelling").fillna(value=False)
        next_steps = [
            (again, "asks the gateway again"),
            (f"{again} --unconfirmed accept", "takes them as accepted"),
            (f"{again} --unconfirmed send", "texts them; again, if they were"),
        ]
        if cancelling.any():
            cancel = f"smsframe cancel {shlex.quote(campaign)}"
            next_steps = [
                *([] if cancelling.all() else next_steps),
                (cancel, "asks again for what is to be cancelled"),
                (f"{cancel} --unconfirmed cancelled", "takes them as cancelled, if the provider says so"),
                (f"{cancel} --unconfirmed accept", "takes them as accepted"),
            ]
        parts = [
            heading("Unconfirmed: they may have been texted, so nothing is repeated unasked"),
            table(list(zip(numbers, orders, strict=True)), head=("number", "order id")),
            *([f"  … and {len(unconfirmed) - LISTED:,} more"] if len(unconfirmed) > LISTED else []),
            table(next_steps),
        ]
        typer.echo("\n" + "\n\n".join(parts))
    exit_codes.finish(results, campaign)


def refresh(
    campaign: options.Campaign,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="SPAN",
            help="Ask again until each text has its last state (final), or for so long at most (10 min).",
        ),
    ] = None,
    every: Annotated[
        str | None,
        typer.Option(metavar="SPAN", help="The time between two rounds of questions, such as 1 min."),
    ] = None,
    workers: Annotated[int, typer.Option(help="Questions under way at once.")] = 4,
    journal: options.Journal = None,
    progress: options.Progress = None,
    out: options.Out = None,
) -> None:
    """Ask the gateway what was delivered, and remember it."""
    results = smsframe.results(campaign, journal=journal)
    with contextlib.closing(smsframe.Gateway.from_env()) as gateway:
        refreshed = smsframe.refresh(
            results,
            gateway=gateway,
            journal=journal,
            until=until,
            every=every,
            workers=workers,
            progress=options.bar(progress),
        )
    typer.echo(summary_text(refreshed))
    exit_codes.write(refreshed, out)


def export(
    campaign: options.Campaign,
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT",
            help="The file: CSV, .xlsx or .parquet; it is replaced.",
            dir_okay=False,
            callback=options.table_file,
            show_default=False,
        ),
    ],
    journal: options.Journal = None,
    locale: Annotated[
        str | None,
        typer.Option(
            help="A CSV file as spreadsheets of a country expect it: it, de, en (commas, decimals)."
        ),
    ] = None,
    *,
    hashed: Annotated[
        bool, typer.Option("--hashed", help="A keyed hash of each person instead of the number.")
    ] = False,
) -> None:
    """Write a campaign, one row per person, to a file."""
    results = smsframe.results(campaign, hashed=hashed, journal=journal)
    if locale is None:
        exit_codes.write_rows(results, out)
    elif out.suffix.lower() == ".csv":
        smsframe.to_csv(results, out, locale=locale)
    else:
        raise typer.BadParameter("it is for CSV files: a workbook follows the spreadsheet's own settings")
    typer.echo(f"{many(len(results), 'person', 'people')} written to {out}")


def costs(campaign: options.Campaign, policy: options.Policy = None, journal: options.Journal = None) -> None:
    """What a campaign was predicted to cost, and what it was charged."""
    orders = smsframe.costs(campaign, **options.keywords(smsframe.costs, locals()))
    if orders.empty:
        typer.echo("No order of this campaign was sent.")
        return
    rows = []
    for (quality, currency), group in orders.groupby(["quality", "currency"], sort=False, dropna=False):
        unknown = int(group["charged"].isna().sum())
        rows.append(
            (
                clean(quality),
                f"{len(group):,}",
                f"{int(group['segments'].sum()):,}",
                *(
                    f"{sum(group[name].dropna(), Decimal(0)):,}"  # exact, as they are
                    for name in ("predicted", "charged")
                ),
                clean(currency) if isinstance(currency, str) else "credits",
                f"unknown for {many(unknown, 'order')}" if unknown else "",
            )
        )
    head = ("quality", "orders", "segments", "predicted", "charged", "in", "")
    typer.echo(heading(f"Costs: {clean(campaign)}"))
    typer.echo(table(rows, head=head, right="1234"))


def campaigns(journal: options.Journal = None) -> None:
    """The campaigns in the journal."""
    results = smsframe.campaigns(journal=journal)
    if results.empty:
        typer.echo("There are no campaigns in this journal.")
        return
    always = ["recipients", "accepted", "credits"]
    counted = ["accepted", "scheduled", "rejected", "unconfirmed", "cancelled", "pending", "suppressed"]
    columns = ["recipients", *counted, "credits"]
    shown = [
        name for name in columns if name in always or results[name].any()
    ]  # what nobody is takes no room
    purged = ["purged"] if results["purged_at"].notna().any() else []
    head = ("campaign", "begun", *("people" if name == "recipients" else name for name in shown), *purged)
    parts = []
    for (gateway, account), group in results.groupby(["gateway", "account"], sort=False):
        rows = [
            (
                clean(row["campaign"]),
                f"{row['created_at']:%Y-%m-%d}",
                *(amount(float(row[name])) for name in shown),
                *(f"{at:%Y-%m-%d}" if pd.notna(at) else "" for at in [row["purged_at"]] * len(purged)),
            )
            for row in group.to_dict("records")
        ]
        parts += [heading(f"{clean(gateway)} as {clean(account)}"), table(rows, head=head, right="23456789")]
    typer.echo("\n\n".join(parts))
