"""
What ``smsframe demo`` does: one campaign, from a messy table to a file of results, against a sandbox.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

import smsframe
from smsframe.cli import exit_codes
from smsframe.cli.output import characters_text, clean, counts_text, people, reasons_text, summary_text
from smsframe.cli.tables import heading, table
from smsframe.clock import SYSTEM
from smsframe.formatting import many
from smsframe.masking import mask
from smsframe.phones.cells import mask_column
from smsframe.planning.previews import previews

if TYPE_CHECKING:
    import pandas as pd

    from smsframe.sandbox import Sandbox

TEXT = (
    "Ciao {name:friend}, your place is at table {table}. Doors open at 20:00; show this text there. See you!"
)
OPTIONS: dict[str, Any] = {"campaign": "autumn", "phone": "mobile", "region": "country"}

SEND = 'sent = guests.sms.send(text, campaign="autumn", phone="mobile", region="country")'
SKIPPED = ("invalid", "duplicate", "suppressed")

SPEED = 1_000_000
"""The sandbox's fastest."""

EXPIRY = 48 * 3600 / SPEED
"""Seconds here until a text that no operator answers for is given up, which takes a gateway 48 hours."""

CLONE = Path(__file__).parents[2]
"""Of a clone, the folder with the notebooks and the samples."""


def run(out: Path, rows: int | None = None) -> None:
    """
    Run the demo and write its results.

    Args:
        out: The CSV file of the results; it is replaced.
        rows: Only so many guests, from the first.
    """
    guests = smsframe.read_contacts(sample())
    guests = guests if rows is None else guests.head(rows)
    _print(heading("A whole campaign, against a sandbox gateway on this machine: nobody is texted."))
    from smsframe.sandbox import Sandbox  # noqa: PLC0415 - a web server that only the demo needs

    with Sandbox(credits=5_000, speed=SPEED) as sandbox, contextlib.closing(sandbox.gateway()) as gateway:
        _check(guests)
        _plan(guests, gateway)
        sent = _send(guests, gateway)
        results = _refresh(sent, gateway)
        _send_again(guests, gateway, sandbox)
    exit_codes.write_rows(results, out)
    _print_next_steps(out, results)


def sample() -> Path:
    """The invented guests: inside a package installed from a wheel, in a clone beside it."""
    packed = Path(str(resources.files("smsframe"))) / "samples" / "guests.csv"
    return packed if packed.is_file() else CLONE / "data" / "samples" / "guests.csv"


def _check(guests: pd.DataFrame) -> None:
    _print_step(
        "1  Check: who can be texted, and why the others cannot",
        'guests = smsframe.read_contacts("guests.csv")',
        'guests.sms.check(phone="mobile", region="country")',
    )
    checked = smsframe.check(guests, **{name: OPTIONS[name] for name in ("phone", "region")})
    summary = smsframe.summary(checked)
    _print(counts_text(summary.statuses))
    _print(reasons_text(summary, checked, "mobile", limit=6))


def _plan(guests: pd.DataFrame, gateway: smsframe.Gateway) -> None:
    _print_step(
        "2  Plan: see it before you pay; it is free, and asks nobody",
        f'text = "{TEXT[:50]} …"',
        'plan = guests.sms.plan(text, campaign="autumn", phone="mobile", region="country")',
    )
    plan = smsframe.plan(guests, TEXT, **OPTIONS, gateway=gateway)
    orders = many(len(plan.batches), "order")
    _print(f"  Text {people(plan.recipients)} for {many(plan.credits, 'credit')}, in {orders}:")
    shown = (
        plan.ready.groupby(["encoding", "segments"], sort=False)
        .head(2)
        .sort_values("segments", kind="stable")
    )
    texts = previews(plan, shown.index)
    rows = zip(mask_column(shown["phone"]), shown["encoding"], shown["segments"], texts, strict=True)
    _print(
        table(
            [(number, kind, str(cost), clean(text)) for number, kind, cost, text in rows][:4],
            head=("number", "encoding", "credits", "text"),
            right="2",
        )
    )
    replaceable = {
        character: count for character, count in plan.facts()["ucs2"].items() if character.isprintable()
    }
    if replaceable:
        _print(
            f"  {people(int(plan.encodings['ucs2']))} cost more: a single character outside the GSM alphabet "
            f"makes a whole text UCS-2.\n  Here: {characters_text(replaceable)} texts."
        )


def _send(guests: pd.DataFrame, gateway: smsframe.Gateway) -> pd.DataFrame:
    _print_step("3  Send: over HTTP, and every order is on disk before it leaves", SEND)
    sys.stdout.flush()  # the bar goes to stderr, below this
    bar = sys.stderr.isatty()
    sent = smsframe.send(guests, TEXT, **OPTIONS, gateway=gateway, progress=bar)
    if bar:
        typer.echo(err=True)
    facts = smsframe.summary(sent).facts()
    counts = {status: count for status, count in facts["statuses"].items() if status not in SKIPPED}
    _print(
        f"  {', '.join(f'{count:,} {status}' for status, count in counts.items()) or 'Nobody was texted'}; "
        f"{many(facts['credits'], 'credit')} charged."
    )
    if counts.get("rejected"):
        _print(
            "  One refused number makes the gateway refuse its whole order. smsframe halves the order until\n"
            f"  that number stands alone; everybody else is texted: {facts['orders']:,} orders in the end."
        )
    return sent


def _refresh(sent: pd.DataFrame, gateway: smsframe.Gateway) -> pd.DataFrame:
    _print_step(
        "4  Refresh: what became of every row; DLVRD is delivered to the handset",
        "results = sent.sms.refresh()",
    )
    SYSTEM.sleep(EXPIRY)
    results = smsframe.refresh(sent, gateway=gateway, progress=False)
    _print(table(_one_row_per_outcome(results), head=("name", "number", "status", "delivery", "reason")))
    _print("  >>> results.sms.summary()")
    _print(summary_text(results, limit=0))
    return results


def _send_again(guests: pd.DataFrame, gateway: smsframe.Gateway, sandbox: Sandbox) -> None:
    _print_step("5  The same call again: nobody is texted twice", SEND)
    before = len(sandbox.inbox())
    smsframe.send(guests, TEXT, **OPTIONS, gateway=gateway, progress=False)
    after = len(sandbox.inbox())
    _print(
        table(
            [
                (f"{before:,}", "texts had arrived on phones before"),
                (f"{after:,}", "have arrived now"),
                (f"{after - before:,}", "new texts"),
            ],
            right="0",
        )
    )


def _one_row_per_outcome(results: pd.DataFrame) -> list[tuple[str, ...]]:
    """The first row of each kind of outcome, frequent kinds first: those that went, a few that did not."""
    kinds = (
        results[["sms_status", "sms_delivery", "sms_code"]].astype("string").fillna("").agg(" ".join, axis=1)
    )
    first = kinds.drop_duplicates()
    first = first.iloc[(-first.map(kinds.value_counts())).argsort(kind="stable")]
    status = results["sms_status"].loc[first.index]
    chosen = [
        *first.index[status.eq("accepted")][:6],
        *first.index[~status.isin(["accepted", *SKIPPED])][:2],
        *first.index[status.isin(SKIPPED)][:3],
    ]
    rows = results.loc[chosen].assign(number=lambda rows: mask_column(rows["sms_phone"]))
    names = ["name", "number", "sms_status", "sms_delivery", "sms_reason"]
    return [
        tuple(mask(clean(cell)) for cell in row)
        for row in rows[names].astype("string").fillna("").itertuples(index=False)
    ]


def _print_next_steps(out: Path, results: pd.DataFrame) -> None:
    _print("\n" + heading(f"{out}: {many(len(results), 'row')}, one for each guest, with its evidence"))
    notebook = CLONE / "notebooks" / "01-first-campaign.ipynb"
    command, python = _command_names()
    steps = [
        (f"{_relative(notebook)}", "the same, in a notebook"),
        (f"{command} check FILE.csv", "what is in a table of your own"),
        (f"{command} sandbox", "a gateway to rehearse on, with that table"),
        (python, "and there:"),
    ]
    _print(heading("Next"))
    _print(table(steps if notebook.is_file() else steps[1:]))
    _print(
        "  import smsframe\n"
        "  sandbox = smsframe.Sandbox().start()\n"
        f'  guests = smsframe.read_contacts("{_relative(sample()).as_posix()}")\n'
        '  guests.sms.send("Ciao {name:friend}", campaign="first", phone="mobile", region="country",\n'
        "                  gateway=sandbox.gateway())"
    )


def _relative(path: Path) -> Path:
    """A path as it is typed from here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _command_names() -> tuple[str, str]:
    """What to type for smsframe and for Python, here, as this demo was called."""
    folder = Path(sys.executable).parent
    if str(folder) in os.environ.get("PATH", "").split(os.pathsep):
        folder = Path()
    script = shutil.which("smsframe", path=str(Path(sys.executable).parent))
    folder = _relative(folder)
    python = str(folder / Path(sys.executable).name)
    return (str(folder / "smsframe") if script else f"{python} -m smsframe"), python


def _print_step(title: str, *lines: str) -> None:
    _print("\n" + heading(title))
    _print("\n".join(f"  >>> {line}" for line in lines))


def _print(*parts: str) -> None:
    for part in parts:
        typer.echo(part + "\n")
