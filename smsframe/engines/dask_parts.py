"""
The partitions of a frame of Dask: each asked for something on the workers, and made a frame again.
"""

from __future__ import annotations

import socket
import sys
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import dask
import dask.dataframe as dd

from smsframe.engines.part import PartOutcome
from smsframe.engines.place import require_marked
from smsframe.errors import ContactsError, JournalError, SmsFrameError
from smsframe.outcomes.columns import attach, results_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pandas as pd

    from smsframe.engines.part import Job
    from smsframe.engines.place import Place
    from smsframe.journal.journal import Journal
    from smsframe.journal.same_journal import Mark
    from smsframe.planning.parts import OtherParts


class Lost(NamedTuple):
    """
    A partition whose workers died.

    Attributes:
        why: What the scheduler says of it.
    """

    why: str


class Parts:
    """
    The partitions of a frame.

    Args:
        frame: A frame of Dask; it is read anew whenever its partitions are asked for something.
    """

    def __init__(self, frame: Any) -> None:
        self._frame = frame
        self._parts = frame.to_delayed()
        self._client = client()

    def __len__(self) -> int:
        return len(self._parts)

    @property
    def columns(self) -> pd.Index[Any]:
        """The columns of the frame."""
        columns: pd.Index[Any] = self._frame.columns
        return columns

    def require_column(self, phone: Any) -> None:
        """Refuse a table without the column of phone numbers, before anything runs."""
        if phone not in self.columns:
            raise ContactsError(f"there is no column {phone!r} in this frame; nothing was sent")

    def ask(
        self, function: Callable[..., Any], job: Job, others: Sequence[OtherParts] | None = None
    ) -> list[Any]:
        """
        What a function says of each partition, in their order; what it raises is raised.

        Raises:
            ContactsError: The workers of a partition died of it.
        """
        tasks = self._tasks(function, job, others, range(len(self)))
        if self._client is None:
            return list(dask.compute(*tasks))
        from distributed import KilledWorker  # noqa: PLC0415 - only where there is a cluster

        try:
            return list(self._client.gather(self._client.compute(tasks)))
        except KilledWorker:
            pass  # it names tasks, not what to do
        raise ContactsError(
            "a partition of this frame cannot be read: the workers died that computed it, as they do when "
            "their memory is full (their logs say more); nothing was sent: make partitions smaller, or "
            "workers larger"
        )

    def each(
        self, function: Callable[..., Any], job: Job, others: Sequence[OtherParts], which: Iterable[int]
    ) -> Iterator[tuple[int, Any]]:
        """
        What a function says of some partitions, as soon as each does; `Lost` where its workers died.
        """
        which = list(which)
        tasks = self._tasks(function, job, others, which)
        if self._client is None:
            yield from zip(which, dask.compute(*tasks), strict=True)
            return
        from distributed import as_completed  # noqa: PLC0415 - only where there is a cluster

        futures = self._client.compute(tasks)
        place = dict(zip((future.key for future in futures), which, strict=True))
        for future in as_completed(futures):
            yield place[future.key], _result(future)

    def frame(
        self, function: Callable[..., Any], job: Job, others: Sequence[OtherParts], names: tuple[str, ...]
    ) -> Any:
        """A lazy frame of what a function makes of each partition: the same rows and index, more columns."""
        meta = attach(self._frame._meta, results_for(0, names))  # noqa: SLF001 - Dask documents it
        tasks = self._tasks(function, job, others, range(len(self)))
        return dd.from_delayed(tasks, meta=meta, divisions=self._frame.divisions, verify_meta=False)

    def probe(self, place: Place, journal: Journal, mark: Mark) -> None:
        """
        Let every worker open the gateway and the journal, before anything is sent; ``journal`` is ours.

        Workers that join later are looked at when they send a partition.

        Raises:
            NotAuthorised: A worker has no credentials, or those of another account.
            JournalError: A worker does not know the journal, has another one, or is on another machine than
                its file.
        """
        if self._client is None:
            return  # partitions are sent by this process
        found = self._client.run(partial(_probe, place, mark, _host(journal)), on_error="return")
        errors = [answer for answer in found.values() if isinstance(answer, BaseException)]
        if errors:
            error = errors[0]
            words = f"{len(errors):,} of {len(found):,} workers cannot send: {error}"
            if isinstance(error, SmsFrameError):
                error.args = (words,)
                raise error
            raise JournalError(words) from error
        hosts = {*found.values(), _host(journal)} - {None}
        if len(hosts) > 1:
            raise JournalError(
                f"the workers are on {len(hosts):,} machines, and a journal that is a file is for one: use "
                "one on a database server; nothing was sent"
            )

    def _tasks(
        self,
        function: Callable[..., Any],
        job: Job,
        others: Sequence[OtherParts] | None,
        which: Iterable[int],
    ) -> list[Any]:
        shared = dask.delayed(job, pure=False, traverse=False)
        run = f"smsframe-{function.__name__}-{uuid.uuid4().hex}"  # asked again is asked anew
        return [
            dask.delayed(
                function if others is None else partial(_with_others, function, others[number]), pure=False
            )(self._parts[number], shared, dask_key_name=f"{run}-{number}")
            for number in which
        ]


def _with_others(function: Callable[..., Any], others: OtherParts, frame: pd.DataFrame, job: Job) -> Any:
    return function(frame, job, others)


def _probe(place: Place, mark: Mark, here: str | None) -> str | None:
    """
    Open what is needed; the machine, where the journal is a file on it, as ``here`` for the call.

    Raises:
        JournalError: It is another journal than the one that was marked.
    """
    with place.opened() as (_, journal):
        host = _host(journal)
        on_two_machines = host is not None and here is not None and host != here
        if not on_two_machines:
            require_marked(journal, mark)
        return host


def _host(journal: Journal) -> str | None:
    """The machine of a journal that is a file."""
    return None if journal.path is None else socket.gethostname()


def _result(future: Any) -> Any:
    """What a future came to; errors as values."""
    if future.status == "finished":
        try:
            return future.result()
        except Exception as lost:  # noqa: BLE001 - its worker may have died since
            return Lost(type(lost).__name__)
    error = future.exception() if future.status == "error" else None
    if error is None or type(error).__name__ == "KilledWorker":
        return Lost("its workers died")
    return PartOutcome(error=error)


def client() -> Any:
    """The client of the cluster that is in use, or None."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return None
    try:
        return distributed.default_client()
    except ValueError:  # there is none
        return None
