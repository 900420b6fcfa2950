"""
What the journal costs: `smsframe.send` beside bare `requests` calls with the same bodies.

``make bench`` takes its ratios into the one table; ``python -m benchmarks.journal`` prints all its figures,
and ``--recipients 2000 --repeat 1`` shows in seconds that it works. Both send orders of 1000 people from 8
threads to a sandbox in a process of its own. Contacts, plan and bodies are made beforehand, untimed, and read
from disk by each measured process:

* *bare* logs in and posts finished dictionaries: one session per thread, every answer read as JSON and
  checked. It remembers nothing, and loads nothing of smsframe.
* *send* is ``smsframe.send(plan, ...)`` with a new journal file in ``--folder``, whose disk is waited for.
* *again* is the same call in one more process: everybody is found in the journal and nothing is posted.

Each is measured in a fresh process; bare and send each have a fresh sandbox, whose own books are compared
with what should have come. They take turns; a ratio is of one turn, and every figure is the median of the
turns. *Peak* is the most memory that was resident during the call, libraries and people included; *growth* is
the peak less what was resident just before. For Linux.
"""

from __future__ import annotations

import argparse
import os
import pickle
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, cast

from benchmarks.table import Aim, Row
from benchmarks.turns import PROCESSES, apart, measured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    import pandas as pd

    from benchmarks.turns import Cost, Scale

WORKERS = 8
BATCH = 1000
MIB = 2**20
LOGIN = {"username": "demo", "password": "demo"}  # the sandbox's own


@dataclass(frozen=True, slots=True)
class Turn:
    """Bare, send and again, and the size of the journal in MiB."""

    bare: Cost
    send: Cost
    again: Cost
    journal: float


FIGURES: dict[str, Callable[[Turn], float]] = {
    "bare, s": lambda turn: turn.bare.seconds,
    "send, s": lambda turn: turn.send.seconds,
    "again, s": lambda turn: turn.again.seconds,
    "send / bare": lambda turn: turn.send.seconds / turn.bare.seconds,
    "again / bare": lambda turn: turn.again.seconds / turn.bare.seconds,
    "peak of bare, MiB": lambda turn: turn.bare.peak,
    "peak of send, MiB": lambda turn: turn.send.peak,
    "peak of again, MiB": lambda turn: turn.again.peak,
    "peak, send / bare": lambda turn: turn.send.peak / turn.bare.peak,
    "growth of bare, MiB": lambda turn: turn.bare.growth,
    "growth of send, MiB": lambda turn: turn.send.growth,
    "growth of again, MiB": lambda turn: turn.again.growth,
    "journal, MiB": lambda turn: turn.journal,
}

# What is aimed at, at how many seconds per answer.
AIMS = (
    ("send", "s", 0.0, Aim(5)),
    ("send", "s", 0.05, Aim(1.3)),
    ("again", "s", 0.0, Aim(1)),
    ("peak of send", "MiB", 0.0, Aim(2.5)),
)


def rows(scale: Scale) -> Iterator[Row]:
    """A row for each aim."""
    campaigns = run(scale.recipients, scale.repeats, sorted({latency for _, _, latency, _ in AIMS}))
    for name, unit, latency, aim in AIMS:
        turns = campaigns[latency]
        ours = FIGURES[f"{name}, {unit}"]
        bare = FIGURES[f"peak of bare, {unit}" if "peak" in name else f"bare, {unit}"]
        yield Row(
            f"{name}, answers in {latency:g} s",
            "bare requests",
            scale.recipients,
            median(map(ours, turns)),
            median(map(bare, turns)),
            median(ours(turn) / bare(turn) for turn in turns),
            aim,
            unit=unit,
        )


def main() -> None:
    """Measure what the command line asks for, and print the table."""
    parser = argparse.ArgumentParser(description="What the journal costs.")
    parser.add_argument("--recipients", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--latency", type=float, nargs="+", default=[0.0, 0.05], help="seconds per answer")
    parser.add_argument("--repeat", type=int, help="turns (3, or 1 from a million recipients)")
    parser.add_argument("--personalised", action="store_true", help="a name in each text")
    parser.add_argument("--folder", type=Path, help="where the journals are (the temporary folder)")
    asked = parser.parse_args()
    columns: dict[tuple[int, float], list[Turn]] = {}
    for recipients in asked.recipients:
        repeat = asked.repeat or (1 if recipients >= 1_000_000 else 3)  # noqa: PLR2004 - a turn takes minutes
        campaigns = run(
            recipients, repeat, asked.latency, personalised=asked.personalised, folder=asked.folder
        )
        columns |= {(recipients, latency): turns for latency, turns in campaigns.items()}
    show(columns, "personalised" if asked.personalised else "plain")


def run(
    recipients: int,
    repeat: int,
    latencies: list[float],
    *,
    personalised: bool = False,
    folder: Path | None = None,
) -> dict[float, list[Turn]]:
    """The turns at each latency, which take turns as well."""
    with tempfile.TemporaryDirectory(prefix="smsframe-bench-", dir=folder) as made:
        apart(prepare, Path(made), recipients, personalised)
        turns = [
            (latency, take_turn(Path(made), recipients, latency))
            for _ in range(repeat)
            for latency in latencies
        ]
    return {latency: [turn for at, turn in turns if at == latency] for latency in latencies}


def show(columns: dict[tuple[int, float], list[Turn]], kind: str) -> None:
    """Print the medians, one column per number of recipients and latency."""

    def line(name: str, cells: list[str]) -> None:
        print(f"{name:22}{''.join(f'{cell:>12}' for cell in cells)}")

    print(f"A {kind} text in orders of {BATCH}, {WORKERS} workers, {os.cpu_count()} processors")
    line("recipients", [f"{recipients:,}" for recipients, _ in columns])
    line("latency, s", [f"{latency:g}" for _, latency in columns])
    line("turns", [f"{len(turns)}" for turns in columns.values()])
    for name, figure in FIGURES.items():
        digits = 1 if "MiB" in name else 2
        cells = [f"{median(map(figure, turns)):,.{digits}f}" for turns in columns.values()]
        line(name, cells)


def take_turn(folder: Path, recipients: int, latency: float) -> Turn:
    """Bare, send and again, each in a process of its own, and what the sandbox says of them."""
    orders = -(-recipients // BATCH)
    with sandbox(latency) as (url, books):
        bare = apart(bare_requests, folder, url)
        expect(books(), posts=orders, texted=recipients)
    with (
        tempfile.TemporaryDirectory(dir=folder) as fresh,
        sandbox(latency) as (url, books),
    ):
        journal = Path(fresh) / "journal.sqlite"
        send = apart(smsframe_send, folder, url, journal)
        size = sum(file.stat().st_size for file in Path(fresh).iterdir()) / MIB
        expect(books(), posts=orders, texted=recipients)
        again = apart(smsframe_send, folder, url, journal)
        expect(books(), posts=orders, texted=recipients)
    return Turn(bare, send, again, size)


def expect(books: dict[str, int], **expected: int) -> None:
    """Refuse figures of anything else than what was meant to be measured."""
    if books != expected:
        raise SystemExit(f"the sandbox's books say {books}, not {expected}: nothing was measured")


@contextmanager
def sandbox(latency: float) -> Iterator[tuple[str, Callable[[], dict[str, int]]]]:
    """A sandbox in a process of its own: its address, and its books on demand."""
    ours, theirs = PROCESSES.Pipe()
    process = PROCESSES.Process(target=serve, args=(latency, theirs))
    process.start()
    theirs.close()  # so that a sandbox that does not start is noticed here

    def books() -> dict[str, int]:
        ours.send("books")
        return cast("dict[str, int]", ours.recv())

    try:
        yield ours.recv(), books
    finally:
        ours.close()
        process.join()


# What runs apart. Each imports only what its process is there for.


def serve(latency: float, line: Connection) -> None:
    """Be the sandbox, and show the books, until the other end hangs up."""
    from smsframe.sandbox import Sandbox

    with Sandbox(latency=latency, credits=10**9) as served, suppress(EOFError):
        line.send(served.url)
        while line.recv():
            posts = served.calls()["method"].eq("POST").sum()
            line.send({"posts": int(posts), "texted": int(served.orders()["recipients"].sum())})


def prepare(folder: Path, recipients: int, personalised: bool) -> None:  # noqa: FBT001 - crosses a process
    """Make the contacts, the plan and the bodies that it comes to, and write them down."""
    import smsframe
    from smsframe.gateway import wire_format
    from smsframe.gateway.order import Order
    from smsframe.orders.batching import batch_numbers
    from smsframe.orders.profile import PersonalisedOrders

    contacts = invented(recipients)
    text = "Ciao {name}" if personalised else "Ciao"
    plan = smsframe.plan(contacts, text, campaign="bench", phone="mobile", region="IT", batch_size=BATCH)
    people = plan.people.sort_values("phone")
    (encoding,) = people["encoding"].unique()
    orders = [
        Order(f"bare-{place:025}", plan.template, encoding, plan.terms, members)
        for place, members in people.groupby(batch_numbers(people, BATCH))
    ]
    write(folder / "plan", plan)
    written = PersonalisedOrders()
    write(
        folder / "bare",
        (
            contacts,
            wire_format.call(orders[0], written),
            [wire_format.body(order, written) for order in orders],
        ),
    )


def invented(recipients: int) -> pd.DataFrame:
    """People with distinct mobiles, none ending in 71 or more, for which the sandbox has other fates."""
    import numpy as np
    import pandas as pd

    place = pd.Series(np.arange(recipients))
    numbers = 3_470_000_000 + place // 70 * 100 + place % 70
    return pd.DataFrame({"name": "N" + place.astype("string"), "mobile": "+39" + numbers.astype("string")})


def bare_requests(folder: Path, url: str) -> Cost:
    """Post finished bodies as a script would that remembers nothing."""
    import requests

    contacts, path, bodies = read(folder / "bare")
    mine = threading.local()

    def open_session() -> None:
        mine.session = requests.Session()
        mine.session.trust_env = False  # a proxy of the environment is not for loopback

    def post(body: dict[str, Any], keys: dict[str, str]) -> int:
        answer = mine.session.post(url + path, json=body, headers=keys, timeout=30)
        answer.raise_for_status()
        return int(answer.json()["total_sent"])

    def work() -> int:
        open_session()
        answer = mine.session.get(url + "login", params=LOGIN, timeout=30)
        answer.raise_for_status()
        user_key, session_key = answer.text.split(";")
        keys = {"user_key": user_key, "Session_key": session_key}
        with ThreadPoolExecutor(WORKERS, initializer=open_session) as pool:
            return sum(pool.map(lambda body: post(body, keys), bodies))

    cost, sent = measured(work)
    if sent != len(contacts):
        raise RuntimeError(f"{sent} texts were accepted for {len(contacts)} people")
    return cost


def smsframe_send(folder: Path, url: str, journal: Path) -> Cost:
    """Send the plan, which holds the contacts, with a journal."""
    import smsframe

    plan = read(folder / "plan")
    send = smsframe.send  # loads what it needs, as the bare script has loaded requests
    gateway = smsframe.Gateway(url, username=LOGIN["username"], password=LOGIN["password"])
    cost, results = measured(
        lambda: send(plan, gateway=gateway, journal=journal, workers=WORKERS, progress=False)
    )
    if not results["sms_status"].eq("accepted").all():
        raise RuntimeError(f"not everybody was texted: {results['sms_status'].value_counts().to_dict()}")
    return cost


def write(path: Path, what: object) -> None:
    """Put something down for other processes."""
    with path.open("wb") as file:
        pickle.dump(what, file, protocol=pickle.HIGHEST_PROTOCOL)


def read(path: Path) -> Any:
    """Take it up again."""
    with path.open("rb") as file:
        return pickle.load(file)


if __name__ == "__main__":
    main()
