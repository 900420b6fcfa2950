"""
Commands that may spend: see the plan, be asked, send, go on.
"""

from __future__ import annotations

import contextlib
import shlex
import sys
from typing import Annotated, Literal

import typer

import smsframe
from smsframe.commands import exits, options
from smsframe.commands.terminal import clean, many, people, plan_text, summary_text


def plan(
    file: options.File,
    text: options.Text = None,
    text_file: options.TextFile = None,
    campaign: options.LookOnly = None,
    phone: options.Phone = None,
    region: options.Region = None,
    numbers: options.Numbers = "mobile",
    sender: options.Sender = None,
    quality: options.Quality = "high",
    message_type: options.MessageType = None,
    schedule: options.Schedule = None,
    suppress: options.Suppress = None,
    max_segments: options.MaxSegments = None,
    batch_size: options.BatchSize = 1000,
    journal: options.Journal = None,
    out: options.Out = None,
) -> None:
    """See it before you pay: who gets what."""
    made = smsframe.plan(
        smsframe.read_contacts(file),
        options.read_text(text, text_file),
        campaign=campaign,
        phone=phone,
        region=region,
        numbers=numbers,
        sender=sender,
        quality=quality,
        message_type=message_type,
        schedule=options.moment(schedule),
        suppress=suppress,
        max_segments=max_segments,
        batch_size=batch_size,
        journal=journal,
    )
    typer.echo(plan_text(made))
    _write(made.frame, out)


def send(
    file: options.File,
    campaign: options.Name,
    text: options.Text = None,
    text_file: options.TextFile = None,
    phone: options.Phone = None,
    region: options.Region = None,
    numbers: options.Numbers = "mobile",
    sender: options.Sender = None,
    quality: options.Quality = "high",
    message_type: options.MessageType = None,
    schedule: options.Schedule = None,
    suppress: options.Suppress = None,
    max_segments: options.MaxSegments = None,
    batch_size: options.BatchSize = 1000,
    changed: Annotated[
        Literal["continue"] | None, typer.Option(help="Send a changed text to those who have none yet.")
    ] = None,
    confirm: Annotated[
        int | None, typer.Option(help="Refuse unless exactly so many people are ready or have an outcome.")
    ] = None,
    workers: options.Workers = 4,
    grace: options.Grace = 30.0,
    journal: options.Journal = None,
    progress: options.Progress = None,
    yes: options.Yes = False,
    out: options.Out = None,
) -> None:
    """Text the people in a table, once each."""
    gateway = smsframe.Gateway.from_env()
    made = smsframe.plan(
        smsframe.read_contacts(file),
        options.read_text(text, text_file),
        campaign=campaign,
        phone=phone,
        region=region,
        numbers=numbers,
        sender=sender,
        quality=quality,
        message_type=message_type,
        schedule=options.moment(schedule),
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
            progress=options.bar(progress),
        )
    except smsframe.CampaignStopped as stopped:
        typer.echo(summary_text(stopped.results, phone=phone))
        _write(stopped.results, out, campaign)
        raise
    typer.echo(summary_text(sent, phone=phone))
    _write(sent, out, campaign)
    _finish(sent, campaign)


def resume(
    campaign: options.Campaign,
    suppress: options.Suppress = None,
    confirm: Annotated[
        int | None, typer.Option(help="Refuse unless exactly so many people are pending.")
    ] = None,
    unconfirmed: Annotated[
        Literal["send", "accept"] | None,
        typer.Option(help="What you say of texts that stay unconfirmed: text again, or take as accepted."),
    ] = None,
    workers: options.Workers = 4,
    grace: options.Grace = 30.0,
    journal: options.Journal = None,
    progress: options.Progress = None,
    yes: options.Yes = False,
    out: options.Out = None,
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
            progress=options.bar(progress),
        )
    except smsframe.CampaignStopped as stopped:
        typer.echo(summary_text(stopped.results))
        _write(stopped.results, out, campaign)
        raise
    typer.echo(summary_text(found))
    _write(found, out, campaign)
    _finish(found, campaign)


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


