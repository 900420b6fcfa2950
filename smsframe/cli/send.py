"""
Commands that may spend: see the plan, be asked, send, go on.
"""

from __future__ import annotations

import contextlib
import shlex
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import smsframe
from smsframe.api.options import policy_of
from smsframe.cli import exit_codes, options
from smsframe.cli.output import clean, people, plan_text, reasons_text, summary_text
from smsframe.formatting import many
from smsframe.gateway.balance import credits_of

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


SuppressRegion = Annotated[
    str | None, typer.Option(help="Country of those numbers, where they are in national form (IT).")
]
"""The country of the numbers in a file of opt-outs, where nothing else needs one."""


def plan(
    file: options.File,
    sheet: options.Sheet = None,
    encoding: options.Encoding = None,
    sep: options.Sep = None,
    skip_rows: options.SkipRows = None,
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
    undo: options.Undo = None,
    ramp: options.Ramp = None,
    hours: options.Hours = None,
    days: options.Days = None,
    zone: options.Zone = None,
    rules: options.Rules = None,
    suppress: options.Suppress = None,
    policy: options.Policy = None,
    max_segments: options.MaxSegments = None,
    batch_size: options.BatchSize = 1000,
    text_fix: options.TextFix = None,
    journal: options.Journal = None,
    out: options.Out = None,
) -> None:
    """See it before you pay: who gets what."""
    given = locals()
    keywords, contacts = options.keywords(smsframe.plan, given), options.read_file(given)
    planned = smsframe.plan(contacts, options.read_text(text, text_file), **keywords)
    typer.echo(plan_text(planned))
    exit_codes.write(planned.frame, out)


def send(
    file: options.File,
    campaign: options.Name,
    sheet: options.Sheet = None,
    encoding: options.Encoding = None,
    sep: options.Sep = None,
    skip_rows: options.SkipRows = None,
    text: options.Text = None,
    text_file: options.TextFile = None,
    phone: options.Phone = None,
    region: options.Region = None,
    numbers: options.Numbers = "mobile",
    sender: options.Sender = None,
    quality: options.Quality = "high",
    message_type: options.MessageType = None,
    schedule: options.Schedule = None,
    undo: options.Undo = None,
    ramp: options.Ramp = None,
    hours: options.Hours = None,
    days: options.Days = None,
    zone: options.Zone = None,
    rules: options.Rules = None,
    suppress: options.Suppress = None,
    policy: options.Policy = None,
    max_segments: options.MaxSegments = None,
    batch_size: options.BatchSize = 1000,
    text_fix: options.TextFix = None,
    changed: Annotated[
        Literal["continue"] | None, typer.Option(help="Send a changed text to those who have none yet.")
    ] = None,
    confirm: Annotated[
        int | None, typer.Option(help="Refuse unless exactly so many people are ready or have an outcome.")
    ] = None,
    workers: options.Workers = 4,
    rate: options.Rate = None,
    grace: options.Grace = 30.0,
    refusals: options.Refusals = "split",
    journal: options.Journal = None,
    progress: options.Progress = None,
    *,
    adopt: options.Adopt = False,
    yes: options.Yes = False,
    out: options.Out = None,
) -> None:
    """Text the people in a table, once each."""
    given = locals()
    with contextlib.closing(smsframe.Gateway.from_env()) as gateway:
        contacts = options.read_file(given)
        planning = options.keywords(smsframe.plan, given)
        planned = smsframe.plan(contacts, options.read_text(text, text_file), **planning, gateway=gateway)
        if planned.phone_guessed:
            raise smsframe.ContactsError(
                "send needs --phone, the column to text; did you mean "
                f"--phone {shlex.quote(str(planned.phone))}? Nothing was sent"
            )
        if planned.recipients:
            planned = replace(planned, balance=_balance(gateway, planned.terms.message_type))
        typer.echo(plan_text(planned) + "\n")
        if planned.recipients:
            question = f"Text {people(planned.recipients)} for {many(planned.credits, 'credit')}?"
            ask(question, gateway, yes=yes)
        with reported_when_stopped(out, phone=phone):
            sending = options.keywords(smsframe.send, given, but=smsframe.plan)
            sent = smsframe.send(planned, **sending, gateway=gateway, journal=journal)
    shown_reasons = reasons_text(smsframe.summary(planned.frame), planned.frame, planned.phone)
    report(sent, campaign, out, phone=phone, shown_reasons=shown_reasons)


def _balance(gateway: smsframe.Gateway, message_type: str) -> float | None:
    """The credits left; None where the gateway does not say, which sending finds out."""
    try:
        return credits_of(gateway.credits(), message_type)
    except smsframe.NotAuthorised:
        raise
    except smsframe.GatewayError:
        return None


def resume(
    campaign: options.Campaign,
    suppress: options.Suppress = None,
    region: SuppressRegion = None,
    policy: options.Policy = None,
    confirm: Annotated[
        int | None, typer.Option(help="Refuse unless exactly so many people are pending.")
    ] = None,
    unconfirmed: Annotated[
        Literal["send", "accept"] | None,
        typer.Option(help="What you say of texts that stay unconfirmed: text again, or take as accepted."),
    ] = None,
    schedule: Annotated[
        str | None,
        typer.Option(help="Another time for who is pending, with an offset; the campaign's own if left out."),
    ] = None,
    undo: options.Undo = None,
    ramp: options.Ramp = None,
    hours: options.Hours = None,
    days: options.Days = None,
    zone: options.Zone = None,
    rules: options.Rules = None,
    workers: options.Workers = 4,
    rate: options.Rate = None,
    grace: options.Grace = 30.0,
    refusals: Annotated[
        Literal["split", "skip"] | None,
        typer.Option(help="As in send; as the campaign's last call wanted it when left out."),
    ] = None,
    journal: options.Journal = None,
    progress: options.Progress = None,
    *,
    adopt: options.Adopt = False,
    yes: options.Yes = False,
    out: options.Out = None,
) -> None:
    """Go on with a campaign that is not finished."""
    keywords = options.keywords(smsframe.resume, locals())
    with contextlib.closing(smsframe.Gateway.from_env()) as gateway:
        known = smsframe.results(campaign, journal=journal)
        house_rules = policy_of(options.house_rules(policy))
        held_back = known["sms_code"].eq("budget").fillna(value=False) & (house_rules is None)
        waiting = known[(known["sms_status"].eq("pending") & ~held_back).to_numpy(dtype=bool)]
        cancelling = known["sms_code"].eq("cancelling").fillna(value=False)  # never texted again
        doubtful = int((known["sms_status"].eq("unconfirmed") & ~cancelling).sum())
        questions = []
        if unconfirmed == "send" and doubtful:
            questions.append(f"{people(doubtful)} may have been texted already, and would be texted again.")
        if len(waiting):
            credit = many(int(waiting["sms_segments"].sum()), "credit")
            limited = house_rules is not None and house_rules.budget is not None
            most = ", as far as the budget covers them" if limited else ""
            most += (
                ", as far as their stage of the ramp is open"
                if known["sms_code"].eq("ramp").any() and ramp is None
                else ""
            )
            questions.append(f"{people(len(waiting))} pending would be texted, for {credit}{most}.")
        if questions:
            ask(f"{' '.join(questions)} Go on?", gateway, yes=yes)
        with reported_when_stopped(out):
            results = smsframe.resume(campaign, **keywords, gateway=gateway)
    report(results, campaign, out)


def finish(
    campaign: options.Campaign,
    wait: Annotated[
        str | None,
        typer.Option(
            help="How long to wait for processes that are alive, such as '10 min'; 0 does not wait. "
            "Without a limit when left out."
        ),
    ] = None,
    suppress: options.Suppress = None,
    region: SuppressRegion = None,
    policy: options.Policy = None,
    workers: options.Workers = 4,
    rate: options.Rate = None,
    grace: options.Grace = 30.0,
    journal: options.Journal = None,
    progress: options.Progress = None,
    *,
    adopt: options.Adopt = False,
    yes: options.Yes = False,
    out: options.Out = None,
) -> None:
    """Finish what Dask, Spark or another engine has left open: people of workers that died."""
    keywords = options.keywords(smsframe.finish, locals())
    with contextlib.closing(smsframe.Gateway.from_env()) as gateway:
        known = smsframe.results(campaign, journal=journal)
        waiting = known[known["sms_status"].eq("pending").to_numpy(dtype=bool)]
        if len(waiting):
            credit = many(int(waiting["sms_segments"].sum()), "credit")
            question = f"{people(len(waiting))} pending would be texted, for {credit}. Go on?"
            ask(question, gateway, yes=yes)
        with reported_when_stopped(out):
            results = smsframe.finish(campaign, **keywords, gateway=gateway)
    report(results, campaign, out)


def resend(
    campaign: options.Campaign,
    suppress: options.Suppress = None,
    region: SuppressRegion = None,
    policy: options.Policy = None,
    confirm: Annotated[
        int | None, typer.Option(help="Refuse unless exactly so many people are texted again.")
    ] = None,
    maybe_arrived: Annotated[
        Literal["send"] | None,
        typer.Option(help="What you say of texts that may have arrived (TIMEOUT): text those people too."),
    ] = None,
    workers: options.Workers = 4,
    rate: options.Rate = None,
    grace: options.Grace = 30.0,
    journal: options.Journal = None,
    progress: options.Progress = None,
    *,
    adopt: options.Adopt = False,
    yes: options.Yes = False,
    out: options.Out = None,
) -> None:
    """Text people again whose text failed and may succeed now."""
    keywords = options.keywords(smsframe.resend, locals())
    with contextlib.closing(smsframe.Gateway.from_env()) as gateway:
        known = smsframe.refresh(
            smsframe.results(campaign, journal=journal), gateway=gateway, journal=journal, progress=False
        )
        begun = known["sms_status"].eq("pending") & known["sms_attempt"].gt(1).fillna(value=False)
        failed = smsframe.failed(known, retryable=maybe_arrived is None)
        failed = failed[failed["sms_delivery"].notna()]
        failed = known[begun.to_numpy() | known.index.isin(failed.index)]
        if failed.empty:
            typer.echo("Nobody is to be texted again.")
            return
        most = many(int(failed["sms_segments"].sum()), "credit")
        ask(f"At most {people(len(failed))} would be texted again, for {most}. Go on?", gateway, yes=yes)
        with reported_when_stopped(out):
            results = smsframe.resend(campaign, failed, **keywords, gateway=gateway)
    report(results, campaign, out)


def ask(question: str, gateway: smsframe.Gateway, *, yes: bool, otherwise: str = "nothing was sent") -> None:
    """Go on only after a yes, from a person or from ``--yes``."""
    typer.echo(f"  gateway  {clean(gateway.base_url)} as {clean(gateway.account)}\n")
    confirm(question, yes=yes, otherwise=otherwise)


def confirm(question: str, *, yes: bool, otherwise: str) -> None:
    """As `ask`, of what no gateway is asked for."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise ValueError(f"there is no terminal to ask in, so {otherwise}: --yes goes on without a question")
    if not typer.confirm(question):
        typer.echo(f"{otherwise.capitalize()}.")
        raise typer.Exit(exit_codes.REFUSED)


@contextlib.contextmanager
def reported_when_stopped(out: Path | None, phone: str | None = None) -> Any:
    """Show, and write, what is known of everybody where a run stops."""
    try:
        yield
    except smsframe.CampaignStopped as stopped:
        typer.echo(summary_text(stopped.results, phone=phone))
        exit_codes.write(stopped.results, out, sent=stopped.campaign)
        raise


def report(
    results: pd.DataFrame, campaign: str, out: Path | None, phone: str | None = None, shown_reasons: str = ""
) -> None:
    """
    Show and write what became of everybody, and end with the code that says whether it is finished.

    ``shown_reasons``: the table of reasons that was printed before.
    """
    typer.echo(summary_text(results, phone=phone, shown_reasons=shown_reasons))
    exit_codes.write(results, out, sent=campaign)
    exit_codes.finish(results, campaign)
