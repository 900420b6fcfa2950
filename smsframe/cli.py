"""
The command line: the public functions with options for arguments, a question before money is spent, exit codes.

Importing smsframe registers ``.sms`` and so loads pandas; the sandbox and its web server are loaded only by
the commands that serve.
"""

from __future__ import annotations

import os
import shlex
import sys
import time
import warnings
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import smsframe
from smsframe import demo as story
from smsframe import exits, phones
from smsframe.terminal import clean, heading, many, people, plan_text, summary_text, table, titled, why

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(
    name="smsframe",
    cls=exits.Commands,
    help="Text the people in a table through the smSend gateway, once each, and know the truth about every row.",
    epilog=exits.CODES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help reads the same everywhere, and starts sooner
    pretty_exceptions_enable=False,  # they would show local variables: numbers, texts, keys
)


def main() -> None:
    """Run the command line."""
    app()


def _folder_exists(out: Path | None) -> Path | None:
    # Before anything is sent: afterwards is too late to say that there is no such folder.
    if out is not None and not out.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {out.absolute().parent}")
    return out


File = Annotated[
    Path, typer.Argument(help="The table: a CSV file.", exists=True, dir_okay=False, show_default=False)
]
Campaign = Annotated[str, typer.Argument(help="The campaign's name.", show_default=False)]
Name = Annotated[str, typer.Option("--campaign", help="The name under which nobody is texted twice.")]
LookOnly = Annotated[str | None, typer.Option("--campaign", help="See who of it was texted already.")]
Text = Annotated[str | None, typer.Option(help="What people read: {column}, {column:default}.")]
TextFile = Annotated[
    Path | None,
    typer.Option(
        exists=True, dir_okay=False, help="A UTF-8 file with the text; its last line end is left out."
    ),
]
Phone = Annotated[str | None, typer.Option(help="The column of phone numbers; `send` wants it said.")]
Region = Annotated[
    str | None, typer.Option(help="Country of numbers in national form (IT), or the column that has it.")
]
Numbers = Annotated[Literal["mobile", "valid", "possible"], typer.Option(help="Which numbers are usable.")]
Suppress = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="A file of numbers that nobody may text.")
]
Sender = Annotated[str | None, typer.Option(help="The sender shown: 11 characters at most, or a number.")]
Quality = Annotated[Literal["high", "medium", "low"], typer.Option(help="The quality of the texts.")]
MessageType = Annotated[str | None, typer.Option(help="The gateway's own type, for brands with other names.")]
Schedule = Annotated[
    str | None, typer.Option(help="When it goes out, with an offset: 2026-12-01T09:00+01:00. Otherwise now.")
]
MaxSegments = Annotated[int | None, typer.Option(help="Skip people whose text needs more segments.")]
BatchSize = Annotated[int, typer.Option(help="People per order at most.")]
Journal = Annotated[
    str | None,
    typer.Option(help="The journal: a file; else SMSFRAME_JOURNAL, else one in your data directory."),
]
Workers = Annotated[int, typer.Option(help="Orders under way at once.")]
Grace = Annotated[float, typer.Option(help="Seconds until an order the gateway took is visible to it.")]
Progress = Annotated[
    bool | None, typer.Option("--progress/--no-progress", help="A bar on stderr; when it is a terminal.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", dir_okay=False, callback=_folder_exists, help="Write the rows to this CSV file."
    ),
]


def _version(asked: bool) -> None:  # noqa: FBT001 - how Typer calls it
    if asked:
        typer.echo(f"smsframe {smsframe.__version__}")
        raise typer.Exit


@app.callback()
def _smsframe(
    *,
    version: Annotated[  # noqa: ARG001 - its callback answers
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def demo(
    out: Annotated[
        Path,
        typer.Option("--out", "-o", dir_okay=False, callback=_folder_exists, help="Where the results go."),
    ] = Path("results.csv"),
    rows: Annotated[int | None, typer.Option(min=1, help="Only so many guests.")] = None,
) -> None:
    """Watch a whole campaign run; nobody is texted."""
    story.tell(out, rows)


@app.command()
def check(
    file: File,
    phone: Phone = None,
    region: Region = None,
    numbers: Numbers = "mobile",
    suppress: Suppress = None,
    out: Out = None,
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


@app.command()
def plan(
    file: File,
    text: Text = None,
    text_file: TextFile = None,
    campaign: LookOnly = None,
    phone: Phone = None,
    region: Region = None,
    numbers: Numbers = "mobile",
    sender: Sender = None,
    quality: Quality = "high",
    message_type: MessageType = None,
    schedule: Schedule = None,
    suppress: Suppress = None,
    max_segments: MaxSegments = None,
    batch_size: BatchSize = 1000,
    journal: Journal = None,
    out: Out = None,
) -> None:
    """See it before you pay: who gets what."""
    made = smsframe.plan(
        smsframe.read_contacts(file),
        _text(text, text_file),
        campaign=campaign,
        phone=phone,
        region=region,
        numbers=numbers,
        sender=sender,
        quality=quality,
        message_type=message_type,
        schedule=_moment(schedule),
        suppress=suppress,
        max_segments=max_segments,
        batch_size=batch_size,
        journal=journal,
    )
    typer.echo(plan_text(made))
    _write(made.frame, out)


@app.command()
def send(
    file: File,
    campaign: Name,
    text: Text = None,
    text_file: TextFile = None,
    phone: Phone = None,
    region: Region = None,
    numbers: Numbers = "mobile",
    sender: Sender = None,
    quality: Quality = "high",
    message_type: MessageType = None,
    schedule: Schedule = None,
    suppress: Suppress = None,
    max_segments: MaxSegments = None,
    batch_size: BatchSize = 1000,
    changed: Annotated[
        Literal["continue"] | None, typer.Option(help="Send a changed text to those who have none yet.")
    ] = None,
    confirm: Annotated[
        int | None, typer.Option(help="Refuse unless exactly so many people are ready or have an outcome.")
    ] = None,
    workers: Workers = 4,
    grace: Grace = 30.0,
    journal: Journal = None,
    progress: Progress = None,
    yes: Yes = False,
    out: Out = None,
) -> None:
    """Text the people in a table, once each."""
    gateway = smsframe.Gateway.from_env()
    made = smsframe.plan(
        smsframe.read_contacts(file),
        _text(text, text_file),
        campaign=campaign,
        phone=phone,
        region=region,
        numbers=numbers,
        sender=sender,
        quality=quality,
        message_type=message_type,
        schedule=_moment(schedule),
        suppress=suppress,
        max_segments=max_segments,
        batch_size=batch_size,
        gateway=gateway,
        journal=journal,
    )
    if made.phone_guessed:
        raise smsframe.ContactsError(
            f"send needs --phone, the column to text; did you mean --phone {shlex.quote(str(made.phone))}? "
            "Nothing was sent"
        )
    typer.echo(plan_text(made) + "\n")
    if made.recipients:
        _ask(f"Text {people(made.recipients)} for {many(made.credits, 'credit')}?", gateway, yes=yes)
    try:
        sent = smsframe.send(
            made,
            gateway=gateway,
            journal=journal,
            confirm=confirm,
            changed=changed,
            workers=workers,
            grace=grace,
            progress=_bar(progress),
        )
    except smsframe.CampaignStopped as stopped:
        typer.echo(summary_text(stopped.results, phone=phone))
        _write(stopped.results, out, campaign)
        raise
    typer.echo(summary_text(sent, phone=phone))
    _write(sent, out, campaign)
    _finish(sent, campaign)


@app.command()
def resume(
    campaign: Campaign,
    suppress: Suppress = None,
    confirm: Annotated[
        int | None, typer.Option(help="Refuse unless exactly so many people are pending.")
    ] = None,
    unconfirmed: Annotated[
        Literal["send", "accept"] | None,
        typer.Option(help="What you say of texts that stay unconfirmed: text again, or take as accepted."),
    ] = None,
    workers: Workers = 4,
    grace: Grace = 30.0,
    journal: Journal = None,
    progress: Progress = None,
    yes: Yes = False,
    out: Out = None,
) -> None:
    """Go on with a campaign that is not finished."""
    gateway = smsframe.Gateway.from_env()
    known = smsframe.results(campaign, journal=journal)
    waiting = known[known["sms_status"].eq("pending")]
    doubtful = known[known["sms_status"].eq("unconfirmed")]
    if unconfirmed == "send" and len(doubtful):
        _ask(
            f"{people(len(doubtful))} may have been texted already. Text them again, and {len(waiting):,} pending?",
            gateway,
            yes=yes,
        )
    elif len(waiting):
        credit = many(int(waiting["sms_segments"].sum()), "credit")
        _ask(f"Text {people(len(waiting))} who are pending, for {credit}?", gateway, yes=yes)
    try:
        found = smsframe.resume(
            campaign,
            gateway=gateway,
            journal=journal,
            suppress=suppress,
            confirm=confirm,
            unconfirmed=unconfirmed,
            workers=workers,
            grace=grace,
            progress=_bar(progress),
        )
    except smsframe.CampaignStopped as stopped:
        typer.echo(summary_text(stopped.results))
        _write(stopped.results, out, campaign)
        raise
    typer.echo(summary_text(found))
    _write(found, out, campaign)
    _finish(found, campaign)


@app.command()
def status(
    campaign: Annotated[
        str | None, typer.Argument(help="A campaign's name; else all.", show_default=False)
    ] = None,
    journal: Journal = None,
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


@app.command()
def refresh(
    campaign: Campaign,
    workers: Workers = 4,
    journal: Journal = None,
    progress: Progress = None,
    out: Out = None,
) -> None:
    """Ask the gateway what was delivered."""
    known = smsframe.results(campaign, journal=journal)
    asked = smsframe.refresh(known, workers=workers, progress=_bar(progress))
    typer.echo(summary_text(asked))
    _write(asked, out)


@app.command()
def export(
    campaign: Campaign,
    out: Annotated[
        Path, typer.Argument(help="The CSV file; it is replaced.", dir_okay=False, callback=_folder_exists)
    ],
    journal: Journal = None,
) -> None:
    """Write a campaign, one row per person, to a file."""
    _write(smsframe.results(campaign, journal=journal), out)


@app.command()
def campaigns(journal: Journal = None) -> None:
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


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for a free one.")] = 0,
    username: Annotated[str, typer.Option(help="The account's name.")] = "demo",
    password: Annotated[str, typer.Option(help="Its password; this gateway texts nobody.")] = "demo",
    credits: Annotated[int, typer.Option(min=0, help="Credits of every message type.")] = 10_000,
    speed: Annotated[float, typer.Option(help="How many times faster than the clock deliveries go.")] = 1.0,
) -> None:
    """Run a gateway to rehearse on, until Ctrl-C."""
    with smsframe.Sandbox(
        port=port, username=username, password=password, credits=credits, speed=speed
    ) as served:
        variables = {
            "SMSFRAME_BASE_URL": served.url,
            "SMSFRAME_USERNAME": username,
            "SMSFRAME_PASSWORD": password,
            "SMSFRAME_JOURNAL": str(served.gateway().journal),
        }
        typer.echo(f"A sandbox gateway answers at {served.url}")
        typer.echo("Nobody is texted, nothing is billed. Ctrl-C stops it; its journal goes with it.")
        typer.echo("\nIn another terminal:\n")
        for name, value in variables.items():
            typer.echo("  " + _assignment(name, value))
        typer.echo("  smsframe send guests.csv --phone mobile --campaign autumn --text 'Ciao {name}'")
        sys.stdout.flush()  # also into a pipe: whoever started it waits for the address
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            typer.echo(f"\nStopped. {many(len(served.inbox()), 'text')} arrived.")


def _text(text: str | None, file: Path | None) -> str:
    if (text is None) == (file is None):
        raise typer.BadParameter("give the text with --text, or a file with --text-file")
    return text if file is None else file.read_text(encoding="utf-8-sig").removesuffix("\n")


def _moment(schedule: str | None) -> datetime | None:
    try:
        return None if schedule is None else datetime.fromisoformat(schedule)
    except ValueError:
        raise typer.BadParameter(
            "--schedule must be a date and time with an offset, such as 2026-12-01T09:00+01:00"
        ) from None


def _ask(question: str, gateway: smsframe.Gateway, *, yes: bool) -> None:
    typer.echo(f"  gateway  {clean(gateway.base_url)} as {clean(gateway.account)}\n")
    if yes:
        return
    if not sys.stdin.isatty():
        raise ValueError(
            "there is no terminal to ask in, so nothing was sent: add --yes to send without a question"
        )
    if not typer.confirm(question):
        typer.echo("Nothing was sent.")
        raise typer.Exit(exits.REFUSED)


def _bar(wanted: bool | None) -> bool:  # noqa: FBT001 - an option as it came
    return sys.stderr.isatty() if wanted is None else wanted


def _write(frame: pd.DataFrame, out: Path | None, campaign: str | None = None) -> None:
    if out is None:
        return
    try:
        smsframe.to_csv(frame, out)
    except OSError as error:
        if campaign is None:
            raise
        typer.echo(f"Error: {out}: {error.strerror}. The journal has the outcomes: ", nl=False, err=True)
        typer.echo(f"smsframe export {shlex.quote(campaign)} FILE", err=True)
        raise typer.Exit(exits.UNFINISHED) from None
    typer.echo(f"\n{many(len(frame), 'row')} written to {out}")


def _finish(frame: pd.DataFrame, campaign: str) -> None:
    open_ = int(frame["sms_status"].isin(["pending", "unconfirmed"]).sum())
    if open_:
        typer.echo(f"\nNot finished: {people(open_)}. Go on with: {exits.go_on(campaign)}", err=True)
        raise typer.Exit(exits.UNFINISHED)


def _assignment(name: str, value: str) -> str:
    if os.name == "nt":
        return f"$env:{name} = '{value}'"
    return f"export {name}={shlex.quote(value)}"
