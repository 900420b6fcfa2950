"""
`partition`: a function that sends a part of a table, for any engine that cuts tables into parts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from smsframe.api.docstrings import explained
from smsframe.api.options import suppressed_numbers, with_policy
from smsframe.api.tracebacks import hide_frames
from smsframe.campaign.options import SendOptions
from smsframe.contacts.suppression import valid_until
from smsframe.engines.part import Job, send_part
from smsframe.engines.place import Place
from smsframe.engines.schema import ddl, own_columns, plain, result_columns
from smsframe.orders.profile import SMSEND
from smsframe.planning.options import PlanOptions
from smsframe.planning.parts import UNDECIDED
from smsframe.planning.variants import Messages

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping
    from datetime import datetime, timedelta

    import pandas as pd

    from smsframe.api.options import JournalLocation, Suppress
    from smsframe.contacts.policy import Policy
    from smsframe.orders.hours import Hours
    from smsframe.outcomes.schema import ContactsSchema

GATEWAY = (
    "What the names of the environment variables with the credentials begin with, on each worker: "
    "``SMSFRAME`` when not given. A `Gateway` is refused: its password would be copied into the tasks."
)
JOURNAL_OF_ALL = (
    "Where it is remembered who was texted: one journal for all workers, as a path that each of them has, "
    "or a URL without a password; ``SMSFRAME_JOURNAL`` of each worker when not given."
)


@dataclass(frozen=True, repr=False, eq=False)
class Partition:
    """
    A function that sends a part of a table: pandas in, pandas out; made by `partition`.

    It may be copied to other processes and holds no secret. It may be called with the same people again, in
    any order and cut, and by two processes at once: nobody is texted twice.

    Attributes:
        schema: The columns that `iterate` gives, as Spark writes them: those of ``columns=``, then the result
            columns.

    Example:
        >>> part = smsframe.partition("Ciao", campaign="autumn", phone="mobile", journal="j.sqlite")
        >>> part.schema.split(", ")[0]
        '`sms_status` string'
    """

    _call: Job
    _columns: tuple[tuple[str, str], ...] = ()

    @property
    def schema(self) -> str:
        """The columns that `iterate` gives, as Spark writes them."""
        return ddl([*self._columns, *result_columns()])

    def __repr__(self) -> str:
        return f"<smsframe.Partition of {self._call.campaign!r}>"

    @hide_frames
    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        """
        Text the people of a part of the table.

        Args:
            frame: Its rows.

        Returns:
            The same rows with all result columns (`ResultsSchema`). Who was in another part before is
            ``accepted`` as already texted, or ``pending`` while another process sends to it.

        Raises:
            ContactsError: There is no such column; nothing was sent.
            NotAuthorised: This process has no credentials; nothing was sent.
            JournalError: This process does not know the journal; nothing was sent.
            SmsFrameError, ValueError: As `send`.
        """
        with self._call.place.opened() as (gateway, journal):
            job = replace(self._call, profile=gateway.profile)
            return send_part(frame, job, UNDECIDED, gateway, journal)

    def iterate(self, frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        """
        The same for several parts, one after the other, with the columns of `schema` only.

        It is what ``mapInPandas`` of Spark takes.

        Args:
            frames: The parts.

        Yields:
            The rows of each.

        Example:
            >>> part = smsframe.partition("Ciao", campaign="autumn", phone="mobile", journal="j.sqlite")
            >>> list(part.iterate(iter([])))
            []
        """
        names = [name for name, _ in (*self._columns, *result_columns())]
        for frame in frames:
            yield plain(self(frame)[names])


@hide_frames
@explained(
    PlanOptions,
    SendOptions,
    campaign="The name under which nobody is texted twice.",
    phone="The column of phone numbers.",
    gateway=GATEWAY,
    journal=JOURNAL_OF_ALL,
    confirm="Refused: nobody counts the people of all parts before the first of them is sent. Dask's "
    "``ddf.sms.send`` does.",
    columns='The columns of your own that ``iterate`` keeps, as ``"id bigint, name string"``, as '
    "``sdf.schema``, or as a schema of pyarrow; none when not given. Called as a function, a part keeps all.",
)
def partition(
    text: str | Mapping[Any, str | None],
    *,
    campaign: str,
    phone: Hashable,
    region: Hashable | None = None,
    numbers: Literal["mobile", "valid", "possible"] = "mobile",
    schema: type[ContactsSchema] | None = None,
    sender: str | None = None,
    quality: Literal["high", "medium", "low"] = "high",
    message_type: str | None = None,
    schedule: datetime | Hours | Hashable | None = None,
    undo: timedelta | str | float | None = None,
    ramp: str | None = None,
    suppress: Suppress | None = None,
    policy: Policy | None = None,
    max_segments: int | None = None,
    batch_size: int = 1000,
    text_fix: Literal["gsm", "gsm+letters"] | None = None,
    confirm: None = None,
    changed: Literal["continue"] | None = None,
    adopt: bool = False,
    gateway: str | None = None,
    journal: JournalLocation | None = None,
    workers: int = 4,
    rate: float | None = None,
    grace: float = 30.0,
    refusals: Literal["split", "skip"] = "split",
    columns: Any = None,
) -> Partition:
    """
    Make a function that sends a part of a table, for Spark, Ray and any engine that cuts tables into parts.

    Parts may be sent again, twice at once, in another order or cut: who was texted is in the journal. Nobody
    waits for all parts, so of a repeated person the first that is claimed stands, and a number of bare digits
    needs ``region``. When the engine is done, call `finish`: people of workers that died are still open.

    Returns:
        A `Partition`: a function of a pandas frame, with ``.iterate`` and ``.schema`` for Spark.

    Raises:
        TypeError, ValueError, TextError, ContactsError: Something that was given makes no sense, or would
            copy a secret into the engine's tasks.

    Example:
        >>> part = smsframe.partition(
        ...     "Ciao {name}", campaign="autumn", phone="mobile", journal="campaigns.sqlite"
        ... )
        >>> part
        <smsframe.Partition of 'autumn'>
    """
    keywords = locals()
    options = with_policy(PlanOptions.of(keywords))
    if confirm is not None:
        raise ValueError(
            "confirm= cannot be kept here: partitions are sent without waiting for each other, so nobody "
            "counts their people before. Count them with smsframe.plan, or use ddf.sms.send of Dask"
        )
    for name, value in (("campaign", campaign), ("phone", phone)):
        if value is None:
            raise ValueError(f"partition needs {name}=")
    job = Job(
        text=text,
        options=replace(options, suppress=None),
        sending=replace(SendOptions.of(keywords), progress=False),
        place=Place.of(gateway, journal),
        suppressed=suppressed_numbers(suppress, region),
        valid_until=valid_until(suppress),
    )
    Messages.of(text, SMSEND.longest)  # a template that nobody can read is refused here
    return Partition(job, tuple([] if columns is None else own_columns(columns)))
