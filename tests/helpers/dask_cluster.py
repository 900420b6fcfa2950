"""
A cluster of Dask with real worker processes on this machine, and processes of it that are killed; frames of
Dask that are cut anywhere.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pandas as pd
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from distributed import LocalCluster

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
OWN_OF_A_CALL = ["sms_order_id", "sms_sent_at", "sms_campaign", "sms_delivered_at"]


def required():
    """Skip where Dask is not installed; in CI it must be."""
    if os.environ.get("CI") == "true":
        import distributed  # noqa: PLC0415
    else:
        distributed = pytest.importorskip("distributed")
    return distributed


@contextlib.contextmanager
def cluster(environment: dict[str, str], workers: int = 2) -> Iterator[LocalCluster]:
    """So many worker processes of one thread, with these variables beside those of this process."""
    distributed = required()
    import dask  # noqa: PLC0415

    with (
        pytest.MonkeyPatch.context() as patch,
        dask.config.set(
            {
                "distributed.worker.daemon": True,
                "distributed.scheduler.allowed-failures": 10,
                # It can stop a process of Python 3.11 for good: python/cpython#106883, dask/distributed#8616.
                "distributed.worker.profile.enabled": False,
            }
        ),
    ):
        for name, value in environment.items():
            patch.setenv(name, value)
        with distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", processes=True
        ) as made:
            try:
                with distributed.Client(made):
                    yield made
            finally:
                _close(made)


def _close(made: LocalCluster) -> None:
    """
    Close a cluster, and kill the workers that do not end with it.

    A nanny whose worker was killed, and that is starting another one when the cluster is closed, may wait for
    that one for ever (seen with distributed 2025.1).
    """
    closed = threading.Event()

    def kill() -> None:
        while not closed.wait(30):
            for nanny in [*made.workers.values()]:
                if nanny.pid is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(nanny.pid, KILL)

    impatient = threading.Thread(target=kill, daemon=True)
    impatient.start()
    made.close()
    closed.set()
    impatient.join()


def cut(frame, *at):
    """A frame of Dask with these rows in its partitions, which may be empty."""
    import dask  # noqa: PLC0415
    import dask.dataframe as dd  # noqa: PLC0415

    edges = [0, *at, len(frame)]
    pieces = [frame.iloc[begin:end] for begin, end in itertools.pairwise(edges)]
    return dd.from_delayed([dask.delayed(piece) for piece in pieces], meta=frame.iloc[:0], verify_meta=False)


def same(found, wanted):
    """Two results are equal row by row, but for when and under which order."""
    found, wanted = (
        frame[[name for name in frame if name not in OWN_OF_A_CALL]] for frame in (found, wanted)
    )
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, check_index_type=False)
    for name in [name for name in found if name.startswith("sms_")]:
        assert found[name].dtype == wanted[name].dtype, (name, found[name].dtype, wanted[name].dtype)


class Killer:
    """
    Kills worker processes one after the other, each as soon as something has happened.

    Args:
        made: The cluster.
        moments: What has to have happened before each.
    """

    def __init__(self, made, moments):
        self._made, self._moments = made, moments
        self.killed = []
        self._thread = threading.Thread(target=self._work)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._moments = []
        self._thread.join()

    def _work(self):
        for moment in self._moments:
            while not moment():
                if not self._moments:
                    return
                time.sleep(0.01)
            alive = [
                nanny.pid for nanny in self._made.workers.values() if nanny.pid not in (None, *self.killed)
            ]
            if alive:
                os.kill(alive[0], KILL)
                self.killed.append(alive[0])
