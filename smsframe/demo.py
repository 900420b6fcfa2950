"""
The story of ``smsframe demo``: one campaign from a messy table to a file of results, against a sandbox.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

import smsframe
from smsframe import phones
from smsframe.terminal import characters, clean, heading, many, people, summary_text, table, why

if TYPE_CHECKING:
    import pandas as pd

TEXT = "Ciao {name:friend}, your place is at table {table}. Doors open at 20:00; show this text there. See you!"
SAME: dict[str, Any] = {"campaign": "autumn", "phone": "mobile", "region": "country"}

SPEED = 1_000_000
"""The sandbox's fastest."""

GIVEN_UP = 48 * 3600 / SPEED
"""Seconds here until a text that no operator answers for is given up, which takes a gateway 48 hours."""

HOME = Path(__file__).parent.parent
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
    with smsframe.Sandbox(credits=5_000, speed=SPEED) as sandbox:
        gateway = sandbox.gateway()
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
    _say(_counts(smsframe.summary(checked).statuses))
    _say(*why(checked, "mobile", limit=8)[1:])


def _plan(guests: pd.DataFrame, gateway: smsframe.Gateway) -> None:
    _step(
        "2  Plan: see it before you pay; it is free, and asks nobody",
        f'text = "{TEXT[:50]} …"',
        'plan = guests.sms.plan(text, campaign="autumn", phone="mobile", region="country")',
    )
    plan = smsframe.plan(guests, TEXT, **SAME, gateway=gateway)
    orders = many(len(plan.batches), "order")
    _say(f"  Text {people(plan.recipients)} for {many(plan.credits, 'credit')}, in {orders}:")
    shown = plan.ready.groupby(["encoding", "segments"], sort=False).head(2).sort_values("segments", kind="stable")
    rows = zip(phones.mask_column(shown["phone"]), shown["encoding"], shown["segments"], shown["text"], strict=True)
    _say(
        table(
            [(number, kind, str(cost), phones.mask(clean(text))) for number, kind, cost, text in rows][:4],
            head=("number", "encoding", "credits", "text"),
            right="2",
        )
    )
    facts = plan.facts()
    if facts["ucs2"]:
        _say(
            f"  {people(facts['encodings']['ucs2'])} cost more: one character outside the GSM alphabet makes a "
            f"whole text UCS-2.\n  It is {characters(facts['ucs2'])} texts."
        )


def _send(guests: pd.DataFrame, gateway: smsframe.Gateway) -> pd.DataFrame:
    _step(
        "3  Send: over HTTP, each order on disk before it leaves",
        'sent = guests.sms.send(text, campaign="autumn", phone="mobile", region="country")',
    )
    sys.stdout.flush()  # the bar goes to stderr, below this
    bar = sys.stderr.isatty()
    sent = smsframe.send(guests, TEXT, **SAME, gateway=gateway, progress=bar)
    if bar:
        _say()
    _say(_counts(smsframe.summary(sent).statuses))
    return sent


def _refresh(sent: pd.DataFrame, gateway: smsframe.Gateway) -> pd.DataFrame:
    _step("4  Refresh: what was delivered, row by row", "results = sent.sms.refresh()")
    time.sleep(GIVEN_UP)
    results = smsframe.refresh(sent, gateway=gateway, progress=False)
    _say(table(_varied(results), head=("name", "number", "status", "delivery", "reason")))
    _say(summary_text(results, limit=0))
    return results


def _again(guests: pd.DataFrame, gateway: smsframe.Gateway, sandbox: Any) -> None:
    _step(
        "5  The same call again: nobody is texted twice",
        'sent = guests.sms.send(text, campaign="autumn", phone="mobile", region="country")',
    )
    before = len(sandbox.inbox())
    smsframe.send(guests, TEXT, **SAME, gateway=gateway, progress=False)
    after = len(sandbox.inbox())
    _say(
        table(
            [
                (f"{before:,}", "texts had arrived on people's phones"),
                (f"{after:,}", "have arrived now"),
                (f"{after - before:,}", "are new"),
            ],
            right="0",
        )
    )


def _varied(results: pd.DataFrame) -> list[tuple[str, ...]]:
    """One row of each kind of outcome, the most frequent first, for the eye."""
    kinds = ["sms_status", "sms_delivery", "sms_code"]
    kind = results[kinds].astype("string").fillna("").agg(" ".join, axis=1)
    first = results[kinds].assign(kind=kind)[~kind.duplicated()]
    order = first["kind"].map(kind.value_counts()).sort_values(ascending=False, kind="stable").index
    # At most a few that never left, so that the deliveries are seen too.
    skipped = first["sms_status"].isin(["invalid", "duplicate"])
    chosen = [label for label in order if not skipped[label]][:8] + [label for label in order if skipped[label]][:3]
    rows = results.loc[chosen].assign(number=lambda rows: phones.mask_column(rows["sms_phone"]))
    names = ["name", "number", "sms_status", "sms_delivery", "sms_reason"]
    return [
        tuple(phones.mask(clean(cell)) for cell in row)
        for row in rows[names].astype("string").fillna("").itertuples(index=False)
    ]


def _next(out: Path, results: pd.DataFrame) -> None:
    _say(heading(f"{out}: {many(len(results), 'row')}, one for each guest, with the evidence"))
    notebook = Path("notebooks", "01-first-campaign.ipynb")
    command, python = _typed()
    _say(heading("Next"))
    steps = [
        (str(notebook), "the same in a notebook") if (HOME / notebook).is_file() else ("", ""),
        (f"{command} sandbox", "a gateway to rehearse on, with your own table"),
        (f"{command} check FILE.csv", "what is in your own table"),
        (python, "and there:"),
    ]
    _say(table([step for step in steps if step[0]]))
    _say(
        "  import smsframe\n"
        '  guests = smsframe.read_contacts("guests.csv")\n'
        "  with smsframe.Sandbox() as sandbox:\n"
        '      sent = guests.sms.send("Ciao {name:friend}", campaign="first", phone="mobile", region="country",\n'
        "                             gateway=sandbox.gateway())\n"
        "  sent.sms.summary()"
    )
