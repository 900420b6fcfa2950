"""
What a plan costs over the plan alone that leaves out people who may not be texted, beside limits of seconds.

Each is measured in a process of its own, where it takes turns with the plan of the same people alone. Half of
the table is listed, and half of the list is in no table, in random order. The journals are written directly:
to send so many texts would take hours.
"""

from __future__ import annotations

import base64
import os
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.table import Aim, Row
from benchmarks.turns import Call, apart, take_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from benchmarks.turns import Scale
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.journal.journal import Journal

FIRST = 393_470_000_000
BATCH = 1000
MILLION = 1_000_000
SOURCES = ("added by hand", "replied STOP", "the gateway's list", "autumn.csv")
OLDER = 2
"""Campaigns before the window of the cap, each of as many people."""
DAY = 86_400_000_000
LEAST = 1e-4
"""Seconds that are said where a difference is too small to be seen, as of few people."""
KEY = bytes(range(32))


class Given(NamedTuple):
    """
    The people of a table, those of a list, a gateway with its journal, and one whose journal has nobody.
    """

    table: pd.DataFrame
    persons: NDArray[np.int64]
    listed: pd.Series[Any]
    gateway: GatewayProtocol
    journal: Journal
    alone: GatewayProtocol


def rows(scale: Scale) -> Iterator[Row]:
    """A row for each way to leave people out."""
    for what, measure, limit in (
        ("opt-outs in memory", in_memory, 0.5),
        ("opt-outs of the journal", of_the_journal, 2.0),
        ("keyed hashes of erased people", of_erased, None),
        ("cap, all of them texted in its window", under_a_cap, 3.0),
    ):
        seconds, alone = apart(measure, scale.rows, scale.turns)
        if limit is None:
            yield Row(what, "the plan alone", scale.rows, seconds, alone, seconds / alone)
        else:
            scaled = limit * scale.rows / MILLION
            yield Row(what, f"{limit:g} s a million", scale.rows, seconds, scaled, seconds / scaled, Aim(1))


def in_memory(people: int, turns: int) -> tuple[float, float]:
    """Seconds that ``suppress=`` adds to a plan, and those of the plan."""
    with made(people) as given:
        return over_the_plan(given, turns, people // 2, suppress=given.listed)


def of_the_journal(people: int, turns: int) -> tuple[float, float]:
    """Seconds that the opt-outs of the account add to a plan, and those of the plan."""
    import smsframe

    def write(given: Given) -> None:
        for place, source in enumerate(SOURCES):
            smsframe.optouts.add(given.listed[place :: len(SOURCES)], source=source, gateway=given.gateway)
        with given.journal._store.transaction() as connection:  # noqa: SLF001 - nobody waits for a year
            connection.exec_driver_sql("UPDATE optouts SET since = since - person % 300 * ?", (DAY,))

    with made(people) as given:
        return over_the_plan(given, turns, people // 2, write)


def of_erased(people: int, turns: int) -> tuple[float, float]:
    """Seconds that as many erased people add to a plan, and those of the plan."""
    import sqlalchemy as sa

    from smsframe.journal.tables import forgotten, privacy
    from smsframe.phones.keyed_hash import fingerprint, keyed_hashes
    from smsframe.phones.match import keys

    def write(given: Given) -> None:
        os.environ["SMSFRAME_HASH_KEY"] = base64.b64encode(KEY).decode()  # of this process alone
        hashes = keyed_hashes(keys(given.listed), KEY)
        given.journal._store.make()  # noqa: SLF001 - as above
        with given.journal._store.transaction() as connection:  # noqa: SLF001
            connection.execute(sa.insert(privacy), {"name": "fingerprint", "value": fingerprint(KEY)})
            connection.execute(sa.insert(forgotten), [{"hash": one, "at": 0} for one in sorted(hashes)])

    with made(people) as given:
        return over_the_plan(given, turns, people // 2, write)


def under_a_cap(people: int, turns: int) -> tuple[float, float]:
    """Seconds that a cap adds to a plan of people who were all texted this week, and those of the plan."""
    import smsframe

    def write(given: Given) -> None:
        given.journal._store.make()  # noqa: SLF001 - as above
        with given.journal._store.transaction() as connection:  # noqa: SLF001
            campaigns_of(connection, given, time.time_ns() // 1000)

    with made(people) as given:
        return over_the_plan(given, turns, people, write, policy=smsframe.Policy(cap="1 per 7 days"))


@contextmanager
def made(people: int) -> Iterator[Given]:
    """Invented people, and a sandbox with a journal of its own."""
    import numpy as np
    import pandas as pd

    import smsframe
    from smsframe.journal.journal import Journal

    random = np.random.default_rng(1)
    persons = FIRST + random.permutation(2 * people)
    phones = "+" + pd.Series(persons).astype(str)
    table = pd.DataFrame({"name": "Ada", "mobile": phones[:people]})
    listed = phones[people // 2 : people // 2 + people].reset_index(drop=True)
    with (
        tempfile.TemporaryDirectory(prefix="smsframe-bench-") as folder,
        smsframe.Sandbox() as sandbox,
    ):
        path = Path(folder) / "journal.sqlite"
        gateway, alone = sandbox.gateway(journal=path), sandbox.gateway(journal=f"{path}.nobody")
        try:
            yield Given(table, persons[:people], listed, gateway, Journal(path), alone)
        finally:
            gateway.close()
            alone.close()


def over_the_plan(
    given: Given, turns: int, left_out: int, write: Callable[[Given], None] | None = None, **options: Any
) -> tuple[float, float]:
    """
    Seconds that something adds to a plan, and those of the plan; ``write`` is done to the journal before.
    """
    import smsframe

    if write is not None:
        write(given)

    def plan(gateway: GatewayProtocol, **more: Any) -> int:
        planned = smsframe.plan(given.table, "Ciao {name}", phone="mobile", gateway=gateway, **more)
        return int(planned.frame["sms_status"].eq("ready").sum())

    def expect(_: int, answers: dict[str, Any]) -> None:
        if answers["loop"] - answers["ours"] != left_out:
            raise SystemExit("other people were left out than those listed: nothing was measured")

    calls = {
        "ours": Call(lambda _: plan(given.gateway, **options)),
        "loop": Call(lambda _: plan(given.alone)),
    }
    seconds = take_turns(lambda turn: turn, calls, turns, expect)
    row = seconds.row("", "", 0, Aim(1))
    return max(row.ours - row.theirs, LEAST), row.theirs


def campaigns_of(connection: Any, given: Given, now: int) -> None:
    """Write down a campaign of yesterday to all people of the table, and older ones to as many."""
    count = len(given.persons)
    orders = -(-count // BATCH)
    connection.exec_driver_sql("CREATE TEMPORARY TABLE people (person INTEGER PRIMARY KEY)")
    connection.exec_driver_sql(
        "INSERT INTO people VALUES (?)", [(person,) for person in sorted(given.persons.tolist())]
    )
    for key in range(1, OLDER + 2):
        at = now - (DAY if key == 1 else 100 * key * DAY)
        address = given.gateway.base_url
        connection.exec_driver_sql(
            "INSERT INTO campaigns "
            "(id, name, base_url, account, prefix, created_at, message_type, batch_size) "
            "VALUES (?, ?, ?, 'demo', 'sf', ?, 'N', ?)",
            (key, f"c{key}", address, at, BATCH),
        )
        connection.exec_driver_sql("INSERT INTO texts VALUES (?, ?, 'Ciao')", (key, key))
        first = key * orders
        connection.exec_driver_sql(
            "INSERT INTO batches (id, campaign, text, order_id, generation, state, doubt, owner, attempts, "
            "encoding, recipients, segments, message_type, claimed_at, sent_at) "
            "VALUES (?, ?, ?, ?, 0, 'accepted', 0, 'gone', 1, 'gsm', ?, ?, 'N', ?, ?)",
            [(first + place, key, key, f"sf-{key}-{place}", BATCH, BATCH, at, at) for place in range(orders)],
        )
        connection.exec_driver_sql(
            "INSERT INTO recipients (campaign, person, phone, text, encoding, segments, batch, missing) "
            "SELECT ?, person, '+' || person, ?, 'gsm', 1, ? + (row_number() OVER () - 1) / ?, 0 "
            "FROM people ORDER BY person",
            (key, key, first, BATCH),
        )
