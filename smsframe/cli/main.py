"""
The command line: every command is a public function of smsframe, with options for arguments.

`smsframe --help` takes as long as ``import smsframe``, which loads pandas to register ``.sms``; what the
commands need is loaded when one of them runs, the sandbox and its web server only by those that serve.
"""

from __future__ import annotations

import copy
import gc
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import smsframe
from smsframe.cli import (
    cancel,
    doctor,
    exit_codes,
    inspect,
    journals,
    options,
    optouts,
    people,
    privacy,
    scan,
    send,
)
from smsframe.cli import demo as demo_campaign
from smsframe.clock import SYSTEM
from smsframe.formatting import many

if TYPE_CHECKING:
    from typer.models import CommandInfo

app = typer.Typer(
    name="smsframe",
    cls=exit_codes.Commands,
    help="Text the people in a table through the smSend gateway, once each, and know what became of each.",
    epilog=exit_codes.CODES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help reads the same everywhere, and starts sooner
    pretty_exceptions_enable=False,  # they show local variables: numbers, texts, keys
)


def main() -> None:
    """Run the command line."""
    # What is loaded stays to the end. To look through it for garbage while the rest is loaded, and once more
    # when Python ends, takes as long as a short command itself.
    gc.freeze()
    gc.set_threshold(100_000)
    with_one_command(sys.argv[1:])(prog_name="smsframe")


def with_one_command(words: list[str]) -> typer.Typer:
    """
    The command line with the command alone that the first word names; with all of them if it names none.

    Typer reads the parameters of every command of an app, which is slow beside a small check.
    """
    name = words[0] if words else ""
    commands = [made for made in app.registered_commands if name == _name(made)]
    groups = [made for made in app.registered_groups if name == made.name]
    if not commands and not groups:
        return app
    alone = copy.copy(app)
    alone.registered_commands, alone.registered_groups = commands, groups
    return alone


def _name(command: CommandInfo) -> str | None:
    function = command.callback
    return command.name or (function and function.__name__.replace("_", "-"))


def _version(wanted: bool) -> None:  # noqa: FBT001 - how Typer calls it
    if wanted:
        typer.echo(f"smsframe {smsframe.__version__}")
        raise typer.Exit


@app.callback()
def _smsframe(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Only ``--version`` is an option of smsframe itself."""


@app.command()
def demo(
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            dir_okay=False,
            callback=options.table_file,
            help="Where the results go: CSV, .xlsx or .parquet.",
        ),
    ] = Path("results.csv"),
    rows: Annotated[int | None, typer.Option(min=1, help="Only so many guests.")] = None,
) -> None:
    """Watch a whole campaign run; nobody is texted."""
    demo_campaign.run(out, rows)


for command in (
    inspect.check,
    send.plan,
    send.send,
    send.resume,
    send.finish,
    send.resend,
    cancel.cancel,
    cancel.reschedule,
    cancel.stop,
    cancel.withdraw,
    inspect.status,
    inspect.refresh,
    inspect.export,
    inspect.costs,
    inspect.campaigns,
    people.replies,
    people.history,
    people.senders,
    people.conformance,
    privacy.forget,
    privacy.purge,
    scan.scan,
    doctor.doctor,
):
    app.command()(command)

app.add_typer(journals.app, name="journal")
app.add_typer(optouts.app, name="optouts")
app.add_typer(privacy.key, name="hash-key")


@app.command(name="app")
def page(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="The table to begin with: CSV, XLSX or Parquet; left out, the page asks for one.",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    phone: Annotated[str | None, typer.Option(help="The column of phone numbers to begin with.")] = None,
    region: options.Region = None,
    policy: options.Policy = None,
    journal: options.Journal = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for a free one.")] = 0,
    *,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
) -> None:
    """Open a page in a browser: upload a table, write a text, see who gets it, send it."""
    from smsframe.cli.form_server import serve  # noqa: PLC0415 - a web server that only this command needs

    if file is not None:
        smsframe.read_contacts(file)  # what is wrong with it is said here, and not on the page
    options.house_rules(policy)
    serve(
        file,
        port=port,
        shown=browser,
        say=_echo_at_once,
        policy=policy,
        phone=phone,
        region=region,
        journal=journal,
    )


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for a free one.")] = 0,
    username: Annotated[str, typer.Option(help="The account's name.")] = "demo",
    password: Annotated[str, typer.Option(help="Its password.")] = "demo",  # noqa: S107 - it texts nobody
    credits: Annotated[int, typer.Option(min=0, help="Credits of every message type.")] = 10_000,  # noqa: A002 - the option is called so
    speed: Annotated[float, typer.Option(help="How many times faster than the clock deliveries go.")] = 1.0,
    latency: Annotated[float, typer.Option(help="Seconds that every answer takes on its way.")] = 0.0,
    tls: Annotated[bool, typer.Option("--tls", help="Speak TLS, with a certificate of its own.")] = False,  # noqa: FBT002 - how Typer makes a flag
    fault: Annotated[
        list[str] | None,
        typer.Option(help='Misbehave: "drop_after rate=0.1", "late_answer order=2 seconds=3", "magic".'),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the calls that rate= chooses.")] = 0,
) -> None:
    """Run a gateway to rehearse on, until Ctrl-C."""
    from smsframe.sandbox import Sandbox, switches  # noqa: PLC0415 - a web server that only this command needs

    try:
        faults = [switches.read(text) for text in fault or []]
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--fault") from None
    with Sandbox(
        port=port,
        username=username,
        password=password,
        credits=credits,
        speed=speed,
        latency=latency,
        tls=tls,
        seed=seed,
    ) as running:
        for arguments in faults:
            running.misbehave(**arguments)
        variables = {
            "SMSFRAME_BASE_URL": running.url,
            "SMSFRAME_USERNAME": username,
            "SMSFRAME_PASSWORD": password,
            "SMSFRAME_JOURNAL": str(running.gateway().journal),
        }
        if running.certificate:
            # What other programs read, and what the commands of smsframe do.
            variables |= dict.fromkeys(["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"], running.certificate)
        typer.echo(f"A sandbox gateway answers at {running.url}")
        typer.echo("Nobody is texted, nothing is billed. Ctrl-C stops it, and its journal goes with it.")
        typer.echo("\nIn another terminal:\n")
        for name, value in variables.items():
            typer.echo("  " + _assignment(name, value))
        typer.echo('\n  smsframe send guests.csv --phone mobile --campaign autumn --text "Ciao {name}"')
        sys.stdout.flush()  # also into a pipe: the program that started this waits for the address
        try:
            while True:
                SYSTEM.sleep(3600)
        except KeyboardInterrupt:  # the way it is meant to end
            typer.echo(f"\nStopped. {many(len(running.inbox()), 'text')} arrived.")


def _echo_at_once(line: str) -> None:
    """Print a line at once, also into a pipe: the program that started this waits for the address."""
    typer.echo(line)
    sys.stdout.flush()


def _assignment(name: str, value: str) -> str:
    if os.name == "nt":
        return f"$env:{name} = '{value}'"
    return f"export {name}={shlex.quote(value)}"
