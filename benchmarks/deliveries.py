"""
What deliveries cost: asking for those of many orders, and reading those of a million people.

Asking is beside a script that asks for the same orders with `requests` and reads each answer as JSON; a
sandbox in a process of its own answers both after the same latency. Reading is beside a limit of seconds.
"""

from __future__ import annotations

import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.journal import LOGIN, invented, sandbox
from benchmarks.table import Aim, Row
from benchmarks.turns import apart, timed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from benchmarks.turns import Scale
    from smsframe.journal.journal import Journal

BATCH, WORKERS, LATENCY = 10, 8, 0.05
READ_WITHIN = 2.0
"""Seconds in which the deliveries of a million people are to be read."""


def rows(scale: Scale) -> Iterator[Row]:
    """Asking for a thousand orders, and reading the deliveries of a million people."""
    orders = max(20, scale.campaigns)
    ours, theirs = apart(asking, orders, scale.turns)
    yield Row(
        f"refresh, {LATENCY:g} s a question",
        "bare requests",
        orders,
        ours,
        theirs,
        ours / theirs,
        Aim(1.2),
    )
    people = scale.rows
    seconds = apart(reading, people, scale.turns)
    limit = READ_WITHIN * people / 1_000_000
    yield Row("results with deliveries", "2 s a million", people, seconds, limit, seconds / limit, Aim(1.0))


def asking(orders: int, turns: int) -> tuple[float, float]:
    """Seconds of `refresh` and of bare requests, the medians of some turns."""
    import smsframe

    ours, theirs = [], []
    with tempfile.TemporaryDirectory(prefix="smsframe-bench-") as folder, sandbox(LATENCY) as (url, _):
        journal = Path(folder) / "journal.sqlite"
        gateway = smsframe.Gateway(url, username=LOGIN["username"], password=LOGIN["password"])
        options: dict[str, Any] = {"gateway": gateway, "journal": journal, "progress": False}
        contacts = invented(orders * BATCH)
        sending: dict[str, Any] = {
            "campaign": "bench",
            "phone": "mobile",
            "region": "IT",
            "batch_size": BATCH,
            "workers": 32,
        }
        sent = smsframe.send(contacts, "Ciao", **sending, **options)
        ids = sent["sms_order_id"].unique().tolist()
        for _ in range(turns):
            spent, refreshed = timed(lambda: smsframe.refresh(sent, workers=WORKERS, **options))
            if refreshed["sms_delivery"].isna().any():
                raise SystemExit("not everybody has a delivery: nothing was measured")
            ours.append(spent)
            theirs.append(timed(bare_questions, url, ids)[0])
        gateway.close()
    return median(ours), median(theirs)


def bare_questions(url: str, orders: list[str]) -> int:
    """Ask for each order as a script would that only looks at the answers."""
    import requests

    mine = threading.local()

    def open_session() -> None:
        mine.session = requests.Session()
        mine.session.trust_env = False  # a proxy of the environment is not for loopback

    open_session()
    answer = mine.session.get(url + "login", params=LOGIN, timeout=30)
    answer.raise_for_status()
    user_key, session_key = answer.text.split(";")
    keys = {"user_key": user_key, "Session_key": session_key}

    def ask(order: str) -> int:
        state = mine.session.get(f"{url}sms/{order}", headers=keys, timeout=30)
        state.raise_for_status()
        return len(state.json()["recipients"])

    with ThreadPoolExecutor(WORKERS, initializer=open_session) as pool:
        return sum(pool.map(ask, orders))


def reading(people: int, turns: int) -> float:
    """Seconds of `results` of a campaign whose deliveries are all known, the median of some turns."""
    import smsframe
    from smsframe.journal.journal import Journal

    with tempfile.TemporaryDirectory(prefix="smsframe-bench-") as folder:
        journal = Journal(Path(folder) / "journal.sqlite")
        write(journal, people)
        spent = []
        for _ in range(turns):
            seconds, results = timed(lambda: smsframe.results("bench", journal=journal))
            if delivered(results) != people:
                raise SystemExit("not everybody has a delivery: nothing was measured")
            spent.append(seconds)
        return median(spent)


def delivered(results: pd.DataFrame) -> int:
    """How many texts are delivered, at a known time."""
    return int((results["sms_delivery"].eq("DLVRD") & results["sms_delivered_at"].notna()).sum())


def write(journal: Journal, people: int) -> None:
    """Write down a campaign of accepted orders of a thousand people each, all of them delivered."""
    import sqlalchemy as sa

    from smsframe.journal import tables

    size = 1000
    orders = range(1, -(-people // size) + 1)
    shared = {"message_type": "N", "base_url": "https://gateway.example/", "account": "demo", "prefix": "sf"}
    campaign = {"id": 1, "name": "bench", "created_at": 1, "batch_size": size, "text": 1} | shared
    order = {"generation": 0, "state": "accepted", "owner": "gone", "attempts": 1, "encoding": "gsm"}
    order |= {"campaign": 1, "text": 1, "recipients": size, "segments": size, "charged": float(size)}
    person = {
        "campaign": 1,
        "text": 1,
        "encoding": "gsm",
        "segments": 1,
        "missing": False,
        "delivery": "DLVRD",
    }
    with journal.owner(), journal._store.transaction() as connection:  # noqa: SLF001 - no run makes them at once
        connection.execute(sa.insert(tables.campaigns), [campaign])
        connection.execute(sa.insert(tables.texts), [{"id": 1, "campaign": 1, "template": "Ciao"}])
        connection.execute(
            sa.insert(tables.batches),
            [{"id": key, "order_id": f"sf-{key}", "message_type": "N"} | order for key in orders],
        )
        for key in orders:
            members = range((key - 1) * size, min(key * size, people))
            connection.execute(
                sa.insert(tables.recipients),
                [
                    {
                        "person": 39347 * 10**7 + place,
                        "phone": f"+39347{place:07}",
                        "batch": key,
                        "delivered_at": 1_795_000_000_000_000 + place,
                        "seen_at": 1_795_000_000_000_000 + place,
                    }
                    | person
                    for place in members
                ],
            )
