"""
Whole campaigns over Dask with a journal in PostgreSQL, at several sizes: ``python -m benchmarks.scale``.

Worker processes send frames that they make themselves, to a sandbox in a process of its own, with a server of
our own for the journal. Printed for each size: seconds and recipients per second of the whole ``send``, the
CPU that one person costs in the workers with this process, and in the server (other work on the machine
changes that less than seconds), the most memory that one process had, and what the sandbox says: who was
texted twice, and who never. ``--people``, ``--workers``, ``--threads``, ``--batch`` and ``--latency`` choose
others. The workers have sent a few before, so that none of them loads libraries meanwhile. For Linux.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

TESTS = Path(__file__).parents[1] / "tests"
FIRST = 3_200_000_000
MIB = 2**20
WARM = 10
"""People whom each worker has texted before."""


def part(begin: int, end: int) -> pd.DataFrame:
    """People of one partition, with numbers that the sandbox takes: it refuses those that end with 85."""
    places = np.arange(begin, end)
    numbers = FIRST + places // 70 * 100 + places % 70
    return pd.DataFrame({"mobile": "+39" + pd.Series(numbers).astype(str)})


def serve(latency: float, credit: int, pipe: Connection) -> None:
    """A sandbox, until it is asked how often each was texted."""
    import smsframe

    with smsframe.Sandbox(latency=latency, credits=credit) as sandbox:
        pipe.send(sandbox.url)
        pipe.recv()
        got = sandbox.inbox()["recipient"].value_counts()
        pipe.send((int(got.gt(1).sum()), len(got)))


def peaks(stop: threading.Event, workers: list[int], found: dict[str, float]) -> None:
    """Note the most memory of one worker, and of this process, until stopped."""
    import psutil

    while not stop.wait(0.2):
        for name, pids in (("worker", workers), ("driver", [os.getpid()])):
            for pid in pids:
                with suppress(psutil.Error):
                    found[name] = max(found.get(name, 0), psutil.Process(pid).memory_info().rss / MIB)


def cpu_seconds(pids: list[int], *, children: bool = False) -> float:
    """CPU that processes have used so far; with that of their children, alive or ended, if wanted."""
    import psutil

    seconds = 0.0
    for process in map(psutil.Process, pids):
        times = process.cpu_times()
        seconds += times.user + times.system
        if children:
            seconds += times.children_user + times.children_system
            with suppress(psutil.Error):  # one ends meanwhile
                seconds += cpu_seconds([child.pid for child in process.children()])
    return seconds


@dataclass(frozen=True, slots=True)
class Campaign:
    """
    A campaign to send.

    Attributes:
        people: How many.
        workers: Processes.
        latency: Of the gateway, in seconds.
        partition: People in each.
        threads: Orders that a worker has on their way.
        batch: People in an order.
    """

    people: int
    workers: int = 2
    latency: float = 0.0
    partition: int = 50_000
    threads: int = 4
    batch: int = 1000


def measure(campaign: Campaign, say: Callable[[str], object] = print) -> float:
    """Send it, say what it took, and return the seconds."""
    people, workers, partition = campaign.people, campaign.workers, campaign.partition
    import dask
    import dask.dataframe as dd
    from distributed import Client, LocalCluster

    import smsframe.engines.dask  # noqa: F401 - registers the accessor
    from benchmarks.turns import PROCESSES

    # It can stop a process of Python 3.11 for good: python/cpython#106883, dask/distributed#8616.
    dask.config.set({"distributed.worker.profile.enabled": False})
    sys.path.insert(0, str(TESTS))  # the tests have what starts a server
    from helpers.postgres import Cluster  # type: ignore[import-not-found]  # a folder of the tests

    ours, theirs = PROCESSES.Pipe()
    gateway = PROCESSES.Process(target=serve, args=(campaign.latency, people * 2, theirs))
    gateway.start()
    server = Cluster()
    names = {"BASE_URL": ours.recv(), "USERNAME": "demo", "PASSWORD": "demo"}
    os.environ.update({f"SMSFRAME_{name}": value for name, value in names.items()})
    try:
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0") as made,
            Client(made) as client,
        ):
            journal = server.url()

            def send(name: str, edges: list[int]) -> Any:
                frame = dd.from_map(part, edges[:-1], edges[1:], meta=part(0, 1))
                told: dict[str, Any] = {
                    "campaign": name,
                    "phone": "mobile",
                    "journal": journal,
                    "progress": False,
                }
                told |= {"workers": campaign.threads, "batch_size": campaign.batch}
                return frame.sms.send("Ciao", **told)

            before = range(people, people + WARM * workers + 1, WARM)
            send("before", [*before])
            pids = [
                info["pid"] if isinstance(info, dict) else info for info in client.run(os.getpid).values()
            ]
            stop, found = threading.Event(), dict[str, float]()
            watching = threading.Thread(target=peaks, args=(stop, pids, found))
            watching.start()
            pids_of_server = [int((server.data / "postmaster.pid").read_text().split()[0])]
            begun = cpu_seconds([os.getpid(), *pids]), cpu_seconds(pids_of_server, children=True)
            began = time.perf_counter()
            out = send("autumn", [*range(0, people, partition), people])
            seconds = time.perf_counter() - began
            on_clients = cpu_seconds([os.getpid(), *pids]) - begun[0]
            on_server = cpu_seconds(pids_of_server, children=True) - begun[1]
            stop.set()
            watching.join()
            said = out["sms_status"].value_counts().compute().to_dict()
        ours.send("how many?")
        doubled, texted = ours.recv()
        texted -= WARM * workers
        say(
            f"{people:>12,} people  {workers} workers  {seconds:8.1f} s  {people / seconds:8,.0f} people/s  "
            f"CPU {on_clients / people * 1e6:,.0f} + {on_server / people * 1e6:,.0f} us/person  "
            f"worker {found['worker']:,.0f} MiB  driver {found['driver']:,.0f} MiB  "
            f"doubled {doubled}  forgotten {people - texted}  { ({k: v for k, v in said.items() if v}) }"
        )
        if doubled or texted != people:
            raise SystemExit("not everybody was texted once: nothing was measured")
        return seconds
    finally:
        gateway.kill()
        server.close()


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser("python -m benchmarks.scale", description="Campaigns of any size.")
    parser.add_argument("--people", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4, help="orders that a worker has on their way")
    parser.add_argument("--batch", type=int, default=1000, help="people in an order")
    parser.add_argument("--latency", type=float, default=0.0, help="of the gateway, in seconds")
    parser.add_argument("--partition", type=int, default=50_000, help="people in each")
    wanted = parser.parse_args()
    for people in wanted.people:
        given = wanted.workers, wanted.latency, wanted.partition, wanted.threads, wanted.batch
        measure(Campaign(people, *given))


if __name__ == "__main__":
    main()
