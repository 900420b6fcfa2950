"""
What a journal in PostgreSQL costs: people written beside a bare COPY, and a campaign beside one in SQLite.

The server is one of our own, in a temporary folder, started as the tests start theirs. *Claims* writes people
with numbers, texts and batches into a campaign, in order of their keys, and so that who is there already is
left alone; COPY, of psycopg, puts the same rows into the same table, as text that was made before, and asks
nothing. The *campaign* is one ``smsframe.send`` of a plan to a sandbox, whose answers take no time, with a
new journal each time.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks.scale import part
from benchmarks.table import Aim
from benchmarks.turns import Call, apart, take_turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.table import Row
    from benchmarks.turns import Scale, Seconds

TESTS = Path(__file__).parents[1] / "tests"
BATCH = 1000


def rows(scale: Scale) -> Iterator[Row]:
    """Claims of a million, and a whole campaign."""
    written: Seconds = apart(claims, scale.rows, scale.repeats)
    yield written.row("claims in PostgreSQL", "COPY", scale.rows, Aim(1.5))
    sent: Seconds = apart(campaigns, scale.recipients, scale.repeats)
    yield sent.row("send, journal in PostgreSQL", "in SQLite", scale.recipients, Aim(1.5))


def _cluster() -> Any:
    sys.path.insert(0, str(TESTS))  # the tests have what starts a server
    from helpers.postgres import Cluster  # type: ignore[import-not-found]  # a folder of the tests

    return Cluster()


def claims(count: int, turns: int) -> Seconds:
    """Time both into tables of their own."""
    from smsframe.journal.journal import Journal
    from smsframe.journal.people.people_groups import Group
    from smsframe.journal.people.recipients import write

    cluster = _cluster()
    phones = "+39" + pd.Series(np.arange(3_470_000_000, 3_470_000_000 + count)).astype(str)
    people = pd.DataFrame({"phone": phones, "fields": None, "segments": 1})
    groups = [
        Group(place // BATCH + 1, 1, "gsm", people.iloc[place : place + BATCH])
        for place in range(0, count, BATCH)
    ]

    batches = pd.Series(np.arange(count) // BATCH + 1).astype(str)
    rows_of_text = "2\t" + phones.str.slice(1) + "\t" + phones + "\t1\tgsm\t1\t" + batches + "\tf\n"
    lines = "".join(rows_of_text).encode()

    def ours(journal: Journal) -> int:
        with journal._store.transaction() as connection:  # noqa: SLF001 - what is measured
            write(connection, 1, groups)
        return count

    def copy(journal: Journal) -> int:
        names = "campaign, person, phone, text, encoding, segments, batch, missing"
        with journal._store.transaction() as connection:  # noqa: SLF001 - what is measured
            driver: Any = connection.connection.driver_connection
            with driver.cursor().copy(f"COPY recipients ({names}) FROM STDIN") as into:
                into.write(lines)
        return count

    def new(_: int) -> Journal:
        journal = Journal(cluster.new())
        journal._store.make()  # noqa: SLF001 - beforehand
        return journal

    try:
        return take_turns(new, {"ours": Call(ours), "loop": Call(copy)}, turns)
    finally:
        cluster.close()


def campaigns(count: int, turns: int) -> Seconds:
    """Time a whole send with each."""
    import smsframe

    cluster = _cluster()
    table = part(0, count)

    with (
        smsframe.Sandbox(credits=10 * count * (turns + 2), speed=3600) as sandbox,
        tempfile.TemporaryDirectory(prefix="smsframe-bench-") as folder,
    ):
        gateway = sandbox.gateway()

        def name(turn: int) -> int:
            return turn  # the number of the turn names its campaigns

        def send(turn: int, prefix: str, journal: str) -> int:
            out = smsframe.send(
                table,
                "Ciao",
                campaign=f"{prefix}{turn}",
                phone="mobile",
                gateway=gateway,
                journal=journal,
                progress=False,
            )
            return int(out["sms_status"].eq("accepted").sum())

        def expect(_: int, answers: dict[str, Any]) -> None:
            if {*answers.values()} != {count}:
                raise SystemExit("not everybody was texted: nothing was measured")

        calls = {
            "ours": Call(lambda turn: send(turn, "p", cluster.new())),
            "loop": Call(lambda turn: send(turn, "s", f"{folder}/{turn}.sqlite")),
        }
        try:
            return take_turns(name, calls, turns, expect)
        finally:
            cluster.close()
            gateway.close()
