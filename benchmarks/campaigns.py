"""
What the list of all campaigns costs, beside working out each campaign's outcomes, as `smsframe.results` does.

Both read one journal, of small campaigns whose orders were accepted; they take turns in one process. One by
one only every tenth is asked for; its seconds are scaled up.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.table import Aim
from benchmarks.turns import Call, apart, take_turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.table import Row
    from benchmarks.turns import Scale, Seconds
    from smsframe.journal.journal import Journal

PEOPLE = 10
"""In each campaign: what one costs hardly depends on it."""
TENTH = 10


def rows(scale: Scale) -> Iterator[Row]:
    """The list beside as many campaigns one by one."""
    seconds: Seconds = apart(measure, scale.campaigns, scale.turns)
    yield seconds.row("campaigns, the list", "one by one", scale.campaigns, Aim(200, faster=True))


def measure(campaigns: int, turns: int) -> Seconds:
    """Time both on a journal of so many campaigns; refuse figures of answers that differ."""
    import smsframe
    from smsframe.journal.journal import Journal

    def expect(_: Journal, answers: dict[str, Any]) -> None:
        listed = answers["ours"][["accepted", "credits"]].to_numpy()
        if listed[::TENTH].tolist() != answers["loop"]:
            raise SystemExit("the list differs from the campaigns one by one: nothing was measured")

    with tempfile.TemporaryDirectory(prefix="smsframe-bench-") as folder:
        journal = Journal(Path(folder) / "journal.sqlite")
        write(journal, campaigns)
        calls = {
            "ours": Call(lambda journal: smsframe.campaigns(journal=journal)),
            "loop": Call(one_by_one, 1 / TENTH),
        }
        return take_turns(lambda _: journal, calls, turns, expect)


def one_by_one(journal: Journal) -> list[list[float]]:
    """How many were accepted in every tenth campaign, and for what, from the outcomes of its people."""
    from smsframe.outcomes.join import outcomes

    found = []
    for key, name in journal.campaigns()[["id", "name"]][::TENTH].itertuples(index=False):
        people = outcomes(journal.recipients(key, name), name)
        accepted = int(people["sms_status"].eq("accepted").sum())
        found.append([accepted, float(people["sms_credits"].sum())])
    return found


def write(journal: Journal, campaigns: int) -> None:
    """Write down campaigns of one accepted order each."""
    import sqlalchemy as sa

    from smsframe.journal import tables

    keys = range(1, campaigns + 1)
    shared = {"message_type": "N", "base_url": "https://gateway.example/", "account": "demo", "prefix": "sf"}
    entries = [
        {"id": key, "name": f"c{key}", "created_at": key, "batch_size": 1000, "text": key} | shared
        for key in keys
    ]
    texts = [{"id": key, "campaign": key, "template": "Ciao"} for key in keys]
    order = {"generation": 0, "state": "accepted", "owner": "gone", "attempts": 1, "encoding": "gsm"}
    order |= {"recipients": PEOPLE, "segments": PEOPLE, "charged": float(PEOPLE), "message_type": "N"}
    orders = [{"id": key, "campaign": key, "text": key, "order_id": f"sf-{key}"} | order for key in keys]
    person = {"encoding": "gsm", "segments": 1, "missing": False}
    people = [
        {
            "campaign": key,
            "person": 39347 * 10**7 + place,
            "phone": f"+39347{place:07}",
            "text": key,
            "batch": key,
        }
        | person
        for key in keys
        for place in range(PEOPLE)
    ]
    with journal.owner(), journal._store.transaction() as connection:  # noqa: SLF001 - no run makes thousands
        for table, rows_ in (
            (tables.campaigns, entries),
            (tables.texts, texts),
            (tables.batches, orders),
            (tables.recipients, people),
        ):
            connection.execute(sa.insert(table), rows_)
