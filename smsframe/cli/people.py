"""
Commands about people over time, and about what the gateway knows: replies, history, senders, conformance.
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import smsframe
from smsframe.cli import exit_codes, options
from smsframe.cli.tables import heading, section, table
from smsframe.formatting import many
from smsframe.gateway import environment
from smsframe.outcomes.columns import E164

if TYPE_CHECKING:
    from smsframe.gateway.smsend import Gateway

Since = Annotated[str | None, typer.Option(help="From when on, with an offset: 2026-12-01T00:00+01:00.")]
Until = Annotated[str | None, typer.Option(help="Until when, likewise.")]


def replies(
    campaign: Annotated[str | None, typer.Option("--campaign", help="Only replies to its texts.")] = None,
    only: Annotated[
        Literal["opt_out", "review", "other"] | None, typer.Option(help="Only replies of that meaning.")
    ] = None,
    since: Since = None,
    until: Until = None,
    journal: options.Journal = None,
    *,
    push: Annotated[
        bool, typer.Option("--push", help="Put who opts out on the gateway's own list too.")
    ] = False,
    out: options.Out = None,
) -> None:
    """Read what people wrote back; who answers STOP is put on the opt-outs."""
    with contextlib.closing(smsframe.Gateway.from_env()) as gateway:
        found = smsframe.replies(
            campaign,
            gateway=gateway,
            journal=journal,
            only=only,
            since=options.moment(since),
            until=options.moment(until),
            push=push,
        )
    lines = [heading(many(len(found), "reply", "replies"))]
    if "meaning" in found:
        counts = found["meaning"].value_counts()
        lines.append(
            table([(str(name).replace("_", " "), f"{count:,}") for name, count in counts.items()], right="1")
        )
    typer.echo("\n".join(lines))
    exit_codes.write(found, out)


def history(
    since: Since = None,
    until: Until = None,
    adopt: Annotated[
        list[str] | None,
        typer.Option(help="Take over the orders of this campaign that the journal does not know."),
    ] = None,
    grace: options.Grace = 30.0,
    journal: options.Journal = None,
    *,
    out: options.Out = None,
) -> None:
    """Show the orders that the gateway says were sent, and which of them the journal does not know."""
    with contextlib.closing(smsframe.Gateway.from_env()) as gateway:
        found = smsframe.history(
            gateway=gateway,
            journal=journal,
            since=options.moment(since),
            until=options.moment(until),
            adopt=adopt or False,
            grace=grace,
        )
    names = found["sms_campaign"].fillna("")
    at = found["created_at"].dt.strftime("%Y-%m-%d %H:%M").fillna("")
    people = found["recipients"].astype("string").fillna("")
    rows = [*zip(at, found["sms_order_id"], found["known"].astype(str), people, names, strict=True)]
    head = ("sent (UTC)", "order", "here", "people", "campaign")
    typer.echo("\n".join([heading(many(len(found), "order")), table(rows, head=head, right="3")]))
    exit_codes.write(found, out)


def senders() -> None:
    """Show the senders that the account has registered."""
    with contextlib.closing(smsframe.Gateway.from_env()) as gateway:
        found = gateway.senders()
    rows = [(str(row.sender), str(row.state)) for row in found.itertuples()]
    typer.echo("\n".join([heading(many(len(found), "sender")), table(rows, head=("sender", "state"))]))


def conformance(
    to: Annotated[str | None, typer.Option(help="A number of your own, in international form.")] = None,
    most_credits: Annotated[int, typer.Option(min=0, help="Credits that all texts may cost together.")] = 20,
    *,
    allow_sending: Annotated[
        bool, typer.Option("--allow-sending", help="Send a few texts to that number; otherwise only ask.")
    ] = False,
) -> None:
    """Ask the gateway what no source says of it, as a table and as settings of a sandbox."""
    from smsframe.audience.conformance import examine, settings  # noqa: PLC0415 - only this command needs it

    if allow_sending and not to:
        raise typer.BadParameter("say to which number of your own: --to", param_hint="--to")
    number = to if allow_sending else None
    if number is not None and not re.fullmatch(E164, number):
        raise typer.BadParameter("a number in international form, such as +39...", param_hint="--to")
    with contextlib.closing(smsframe.Gateway.from_env()) as gateway:
        answers = examine(gateway, _another, own_number=number, most_credits=most_credits if number else 0)
    rows = [(answer.question, _value(answer.value), answer.seen) for answer in answers]
    typer.echo(table(rows, head=("question", "answer", "what was seen"), indent=0))
    found = [f"{name} = {_value(value)}" for name, value in settings(answers).items()]
    typer.echo("\n".join(["", *section("As settings of smsframe.Sandbox (TOML)", "\n".join(found))]))


def _another(name: str | None) -> Gateway:
    """Another gateway to the account of the environment; with a name, one that is nobody's."""
    if name is None:
        return smsframe.Gateway.from_env()
    address = environment.variable(environment.BASE_URL)
    return smsframe.Gateway(address, username=name, password=secrets.token_hex(8))


def _value(value: Any) -> str:
    """A value as TOML writes it."""
    return "" if value is None else json.dumps(value)
