"""
Commands that stop a run, drop who waits, take scheduled texts back, and send them at another time.
"""

from __future__ import annotations

import contextlib
import shlex
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import smsframe
from smsframe.cli import exit_codes, options
from smsframe.cli.output import clean, people
from smsframe.cli.send import SuppressRegion, ask, confirm, report, reported_when_stopped
from smsframe.formatting import many
from smsframe.masking import shown_name

if TYPE_CHECKING:
    import pandas as pd


def cancel(
    campaign: options.Campaign,
    unconfirmed: Annotated[
        Literal["cancelled", "accept"] | None,
        typer.Option(
            help="What you say of texts of which it stays unproven; nothing else is cancelled by that call."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(help="Requests under way at once.")] = 4,
    grace: Annotated[
        float,
        typer.Option(
            help="Seconds between the two looks that prove it; too late within so many of its time."
        ),
    ] = 30.0,
    journal: options.Journal = None,
    progress: options.Progress = None,
    *,
    yes: options.Yes = False,
    out: options.Out = None,
) -> None:
    """Take the scheduled texts of a campaign back, with proof."""
    keywords = options.keywords(smsframe.cancel, locals())
    with contextlib.closing(smsframe.Gateway.from_env()) as gateway:
        known = smsframe.results(campaign, journal=journal)
        open_ = known["sms_code"].eq("cancelling").fillna(value=False)
        waiting = int((known["sms_status"].eq("scheduled") | open_).sum())
        question = f"Cancel the scheduled texts of {people(waiting)}?"
        if unconfirmed:
            waiting = int(open_.sum())
            known_as = {"cancelled": "cancelled", "accept": "accepted"}[unconfirmed]
            question = f"Take the texts of {people(waiting)} as {known_as}, unless the gateway knows better?"
        if waiting:
            ask(question, gateway, yes=yes, otherwise="nothing was cancelled")
        results = smsframe.cancel(campaign, **keywords, gateway=gateway)
    report(results, campaign, out)


def reschedule(
    campaign: options.Campaign,
    schedule: Annotated[
        str | None, typer.Option(help="When the texts go out, with an offset: 2026-12-01T09:00+01:00.")
    ] = None,
    hours: options.Hours = None,
    days: options.Days = None,
    zone: options.Zone = None,
    rules: options.Rules = None,
    suppress: options.Suppress = None,
    region: SuppressRegion = None,
    policy: options.Policy = None,
    confirm: Annotated[
        int | None, typer.Option(help="Refuse unless exactly so many people are texted at another time.")
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
    """Text people whose text was cancelled, at another time."""
    given = locals()
    when = options.hours(given) or options.moment(schedule)
    if when is None:
        raise typer.BadParameter("say when: --schedule, or --hours", param_hint="--schedule")
    keywords = options.keywords(smsframe.reschedule, given)
    with contextlib.closing(smsframe.Gateway.from_env()) as gateway:
        known = smsframe.results(campaign, journal=journal)
        waiting = known[known["sms_status"].eq("cancelled").to_numpy()]
        if len(waiting):
            credit = many(int(waiting["sms_segments"].sum()), "credit")
            ask(f"At most {people(len(waiting))} would be texted, for {credit}. Go on?", gateway, yes=yes)
        with reported_when_stopped(out):
            results = smsframe.reschedule(campaign, when, **keywords, gateway=gateway)
    report(results, campaign, out)
    _say_if_nothing_moved(campaign, known, results, when)


def _say_if_nothing_moved(campaign: str, known: pd.DataFrame, results: pd.DataFrame, when: Any) -> None:
    """End as not done where all texts are scheduled already, for another time than is asked for."""
    scheduled = results["sms_status"].eq("scheduled")
    moved = known["sms_status"].isin(["cancelled", "pending"]).any()
    if moved or not scheduled.any() or results["sms_scheduled_at"][scheduled.to_numpy()].eq(when).all():
        return
    typer.echo(
        f"\nNothing was moved: {people(int(scheduled.sum()))} scheduled already, and only cancelled texts go "
        f"out at another time. Cancel them first: smsframe cancel {shlex.quote(campaign)}",
        err=True,
    )
    raise typer.Exit(exit_codes.REFUSED)


def stop(campaign: options.Campaign, journal: options.Journal = None) -> None:
    """Ask whichever process sends a campaign to stop."""
    smsframe.stop(campaign, journal=journal)  # which says whether one was at work


def withdraw(
    campaign: options.Campaign,
    journal: options.Journal = None,
    *,
    yes: options.Yes = False,
    out: options.Out = None,
) -> None:
    """Drop the people of a campaign who were not texted yet."""
    known = smsframe.results(campaign, journal=journal)
    waits = known["sms_status"].isin(["pending", "suppressed"])  # of those who opted out since, too
    stays = known["sms_code"].isin(["other_process", "held_out"])
    if waiting := int((waits & ~stays).sum()):
        question = f"Drop {people(waiting)} of {clean(shown_name(campaign))}, who are not texted then?"
        confirm(question, yes=yes, otherwise="nobody was dropped")
    dropped = smsframe.withdraw(campaign, journal=journal)
    typer.echo(f"{people(len(dropped))} dropped; nobody else of the campaign was touched")
    exit_codes.write(dropped, out)
