"""
The story of ``smsframe demo``: one campaign from a messy table to a file of results, against a sandbox.
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
from smsframe.cli.output import characters, clean, counted, heading, people, summary_text, table, why
from smsframe.clock import SYSTEM
from smsframe.formatting import many
from smsframe.masking import mask
from smsframe.phones.cells import mask_column

if TYPE_CHECKING:
    import pandas as pd

    from smsframe.sandbox import Sandbox

TEXT = (
    "Ciao {name:friend}, your place is at table {table}. Doors open at 20:00; show this text there. See you!"
)
SAME: dict[str, Any] = {"campaign": "autumn", "phone": "mobile", "region": "country"}

SEND = 'sent = guests.sms.send(text, campaign="autumn", phone="mobile", region="country")'
SKIPPED = ("invalid", "duplicate", "suppressed")

SPEED = 1_000_000
"""The sandbox's fastest."""

GIVEN_UP = 48 * 3600 / SPEED
"""Seconds here until a text that no operator answers for is given up, which takes a gateway 48 hours."""

HOME = Path(__file__).parents[2]
"""Of a clone, the folder with the notebooks and the samples."""


def tell(out: Path, rows: int | None = None) -> None:
    """
    Run the demo and write its results.

    Args:
        out: The CSV file of the results; it is replaced.
        rows: Only so many guests, from the first.
    """
    guests = smsframe.read_contacts(sample())
    guests = guests if rows is None else guests.head(rows)
    _say(heading("A whole campaign, against a sandbox gateway on this machine: nobody is texted."))
    from smsframe.sandbox import Sandbox  # noqa: PLC0415 - a web server that only the demo needs

    with Sandbox(credits=5_000, speed=SPEED) as sandbox, contextlib.closing(sandbox.gateway()) as gateway:
        _check(guests)
        _plan(guests, gateway)
        sent = _send(guests, gateway)
        results = _refresh(sent, gateway)
        _again(guests, gateway, sandbox)
    smsframe.to_csv(results, out)
    _next(out, results)


def sample() -> Path:
    """The invented guests: inside a package installed from a wheel, in a clone beside it."""
    packed = Path(str(resources.files("smsframe"))) / "samples" / "guests.csv"
    return packed if packed.is_file() else HOME / "data" / "samples" / "guests.csv"


def _check(guests: pd.DataFrame) -> None:
    _step(
        "1  Check: who can be texted, and why the others cannot",
        'guests = smsframe.read_contacts("guests.csv")',
        'guests.sms.check(phone="mobile", region="country")',
    )
    checked = smsframe.check(guests, **{name: SAME[name] for name in ("phone", "region")})
    _say(counted(smsframe.summary(checked).statuses))
    _say(why(checked, "mobile", limit=6))


def _plan(guests: pd.DataFrame, gateway: smsframe.Gateway) -> None:
    _step(
        "2  Plan: see it before you pay; it is free, and asks nobody",
        f'text = "{TEXT[:50]} …"',
        'plan = guests.sms.plan(text, campaign="autumn", phone="mobile", region="country")',
    )
    plan = smsframe.plan(guests, TEXT, **SAME, gateway=gateway)
    orders = many(len(plan.batches), "order")
    _say(f"  Text {people(plan.recipients)} for {many(plan.credits, 'credit')}, in {orders}:")
    shown = (
        plan.ready.groupby(["encoding", "segments"], sort=False)
        .head(2)
        .sort_values("segments", kind="stable")
    )
    rows = zip(mask_column(shown["phone"]), shown["encoding"], shown["segments"], shown["text"], strict=True)
    _say(
        table(
            [(number, kind, str(cost), mask(clean(text))) for number, kind, cost, text in rows][:4],
            head=("number", "encoding", "credits", "text"),
            right="2",
        )
    )
    seen = {sign: count for sign, count in plan.facts()["ucs2"].items() if sign.isprintable()}
    if seen:
        _say(
            f"  {people(int(plan.encodings['ucs2']))} cost more: a single character outside the GSM alphabet "
            f"makes a whole text UCS-2.\n  Here: {characters(seen)} texts."
        )


def _send(guests: pd.DataFrame, gateway: smsframe.Gateway) -> pd.DataFrame:
    _step("3  Send: over HTTP, and every order is on disk before it leaves", SEND)
    sys.stdout.flush()  # the bar goes to stderr, below this
    bar = sys.stderr.isatty()
    sent = smsframe.send(guests, TEXT, **SAME, gateway=gateway, progress=bar)
    if bar:
        typer.echo(err=True)
    facts = smsframe.summary(sent).facts()
    went = {status: count for status, count in facts["statuses"].items() if status not in SKIPPED}
    _say(
        f"  {', '.join(f'{count:,} {status}' for status, count in went.items()) or 'Nobody was texted'}; "
        f"{many(facts['credits'], 'credit')} charged."
    )
    if went.get("rejected"):
        _say(
            "  One refused number makes the gateway refuse its whole order. smsframe halves the order until\n"
            f"  that number stands alone; everybody else is texted: {facts['orders']:,} orders in the end."
        )
    return sent


def _refresh(sent: pd.DataFrame, gateway: smsframe.Gateway) -> pd.DataFrame:
    _step(
        "4  Refresh: what became of every row; DLVRD is delivered to the handset",
        "results = sent.sms.refresh()",
    )
    SYSTEM.sleep(GIVEN_UP)
    results = smsframe.refresh(sent, gateway=gateway, progress=False)
    _say(table(_varied(results), head=("name", "number", "status", "delivery", "reason")))
    _say("  >>> results.sms.summary()")
    _say(summary_text(results, limit=0))
    return results


def _again(guests: pd.DataFrame, gateway: smsframe.Gateway, sandbox: Sandbox) -> None:
    _step("5  The same call again: nobody is texted twice", SEND)
    before = len(sandbox.inbox())
    smsframe.send(guests, TEXT, **SAME, gateway=gateway, progress=False)
    after = len(sandbox.inbox())
    _say(
        table(
            [
                (f"{before:,}", "texts had arrived on phones before"),
                (f"{after:,}", "have arrived now"),
                (f"{after - before:,}", "new texts"),
            ],
            right="0",
        )
    )


def _varied(results: pd.DataFrame) -> list[tuple[str, ...]]:
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


def _next(out: Path, results: pd.DataFrame) -> None:
    _say("\n" + heading(f"{out}: {many(len(results), 'row')}, one for each guest, with its evidence"))
    notebook = HOME / "notebooks" / "01-first-campaign.ipynb"
    command, python = _typed()
    steps = [
        (f"{_near(notebook)}", "the same, in a notebook"),
        (f"{command} check FILE.csv", "what is in a table of your own"),
        (f"{command} sandbox", "a gateway to rehearse on, with that table"),
        (python, "and there:"),
    ]
    _say(heading("Next"))
    _say(table(steps if notebook.is_file() else steps[1:]))
    _say(
        "  import smsframe\n"
        "  sandbox = smsframe.Sandbox().start()\n"
        f'  guests = smsframe.read_contacts("{_near(sample()).as_posix()}")\n'
        '  guests.sms.send("Ciao {name:friend}", campaign="first", phone="mobile", region="country",\n'
        "                  gateway=sandbox.gateway())"
    )


def _near(path: Path) -> Path:
    """A path as it is typed from here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _typed() -> tuple[str, str]:
    """What to type for smsframe and for Python, here, as this demo was called."""
    folder = Path(sys.executable).parent
    if str(folder) in os.environ.get("PATH", "").split(os.pathsep):
        folder = Path()
    smsframe_there = shutil.which("smsframe", path=str(Path(sys.executable).parent))
    folder = _near(folder)
    python = str(folder / Path(sys.executable).name)
    return (str(folder / "smsframe") if smsframe_there else f"{python} -m smsframe"), python


def _step(title: str, *lines: str) -> None:
    _say("\n" + heading(title))
    _say("\n".join(f"  >>> {line}" for line in lines))


def _say(*parts: str) -> None:
    for part in parts:
        typer.echo(part + "\n")
