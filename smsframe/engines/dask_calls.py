"""
`check`, `plan` and `send` of frames of Dask.

What depends on the whole table is decided once, by what the workers say of their partitions; then partitions
are sent, and what workers that died have left open is taken over. What is returned is lazy: it is read from
the journal, partition by partition, whenever it is computed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from smsframe.api.docstrings import explained
from smsframe.api.notices import warn_if_supplied
from smsframe.api.options import suppressed_numbers, with_policy
from smsframe.api.tracebacks import hide_frames
from smsframe.campaign.options import SendOptions
from smsframe.clock import SYSTEM
from smsframe.contacts.suppression import valid_until
from smsframe.engines.dask_budget import within_budget
from smsframe.engines.dask_parts import Parts
from smsframe.engines.dask_send import send_parts
from smsframe.engines.part import (
    Job,
    checked_frame,
    columns_of,
    count_of,
    messages_of,
    people_of,
    planned_frame,
)
from smsframe.engines.partition import GATEWAY, JOURNAL_OF_ALL
from smsframe.engines.place import Place
from smsframe.formatting import many
from smsframe.gateway import environment
from smsframe.journal.campaigns.conflicts import require_same_gateway
from smsframe.journal.privacy.purging import require_open
from smsframe.journal.same_journal import marked
from smsframe.orders.names import normalize_name
from smsframe.orders.records import Now
from smsframe.outcomes.columns import CHECKED, PLANNED
from smsframe.planning.options import PlanOptions
from smsframe.planning.parts import compare, whole_columns

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from datetime import datetime, timedelta

    from smsframe.api.options import JournalLocation, Suppress
    from smsframe.contacts.policy import Policy
    from smsframe.orders.hours import Hours
    from smsframe.outcomes.schema import ContactsSchema
    from smsframe.planning.parts import OtherParts

_FRAME = (
    "The people to text, a frame of Dask; it is read anew for each step, so that it must be the same each "
    "time."
)
_PHONE = "The column of phone numbers."


@dataclass(frozen=True, repr=False, eq=False)
class DaskPlan:
    """
    What would be sent, as `Plan` says it of a frame of pandas, as far as numbers go.

    Attributes:
        frame: The contacts with the result columns; lazy.
        campaign: The campaign's name, or None.
        reasons: ``status``, ``code``, ``reason``, ``rows``: how many rows are what, and why.
        recipients: Distinct people who would be texted now.
        segments: Segments that would be sent now.
        confirmable: The people that ``confirm=`` of `send` is about.
    """

    frame: Any
    campaign: str | None
    reasons: pd.DataFrame
    recipients: int
    segments: int
    confirmable: int

    @property
    def credits(self) -> int:
        """Credits expected: one per segment."""
        return self.segments

    @property
    def counts(self) -> pd.Series[int]:
        """Rows by status, only those that occur."""
        counts: pd.Series[int] = self.reasons.groupby("status")["rows"].sum()
        return counts

    def __repr__(self) -> str:
        people = many(self.recipients, "person", "people")
        skipped = self.counts.drop("ready", errors="ignore")
        more = "".join(f"; {count:,} {status}" for status, count in skipped.items())
        name = self.campaign or "(no campaign)"
        return f"<smsframe.DaskPlan {name}: text {people}, {many(self.segments, 'segment')}{more}>"


@hide_frames
@explained(PlanOptions, frame=_FRAME, phone=_PHONE)
def check(
    frame: Any,
    phone: Hashable,
    *,
    region: Hashable | None = None,
    numbers: Literal["mobile", "valid", "possible"] = "mobile",
    schema: type[ContactsSchema] | None = None,
    suppress: Suppress | None = None,
) -> Any:
    """
    Check who could be texted, and why the others could not, as `smsframe.check` does.

    All partitions are read once to find out what depends on the whole table.

    Returns:
        The contacts with four result columns; a lazy frame of Dask, same rows, index and partitions.

    Raises:
        ContactsError: The table as a whole cannot be read.
    """
    options = PlanOptions(phone=phone, region=region, numbers=numbers, schema=schema)
    job, parts = _job(frame, None, options, SendOptions(), Place(), suppress)
    return parts.frame(checked_frame, job, _others(parts, job), CHECKED)


@hide_frames
@explained(
    PlanOptions,
    frame=_FRAME,
    phone=_PHONE,
    gateway=GATEWAY + " Nothing is asked of it.",
    journal=JOURNAL_OF_ALL,
)
def plan(
    frame: Any,
    text: str | Mapping[Any, str | None],
    *,
    phone: Hashable,
    campaign: str | None = None,
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
    gateway: str | None = None,
    journal: JournalLocation | None = None,
) -> DaskPlan:
    """
    See it before you pay, as `smsframe.plan` shows it of a frame of pandas: how many, and for how much.

    Returns:
        A `DaskPlan`: counts, and ``.frame``, a lazy frame of Dask.

    Raises:
        ContactsError, TextError, CampaignChanged, ValueError: As `smsframe.plan`.
    """
    options = with_policy(PlanOptions.of(locals()))
    place = Place.of(gateway, journal).named()
    job, parts = _job(frame, text, options, SendOptions(), place, suppress)
    _require_usable(job, named=gateway is not None)
    others = within_budget(parts, job, _others(parts, job))
    counts = parts.ask(count_of, job, others)
    return DaskPlan(
        frame=parts.frame(planned_frame, job, others, PLANNED),
        campaign=job.options.campaign,
        reasons=_reasons([count.reasons for count in counts]),
        recipients=sum(count.people for count in counts),
        segments=sum(count.segments for count in counts),
        confirmable=sum(count.confirmable for count in counts),
    )


@hide_frames
@explained(
    PlanOptions,
    SendOptions,
    frame=_FRAME,
    campaign="The name under which nobody is texted twice.",
    phone=_PHONE,
    gateway=GATEWAY,
    journal=JOURNAL_OF_ALL,
)
def send(
    frame: Any,
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
    confirm: int | None = None,
    changed: Literal["continue"] | None = None,
    adopt: bool = False,
    gateway: str | None = None,
    journal: JournalLocation | None = None,
    workers: int = 4,
    rate: float | None = None,
    grace: float = 30.0,
    refusals: Literal["split", "skip"] = "split",
    progress: bool = True,
) -> Any:
    """
    Text the people in a frame of Dask, once each, now: every partition by a worker.

    It begins at once, and returns when it is over. First all partitions say whom they are about: of a
    repeated person the first row in the order of partitions stands, ``confirm``, credit and the gateway's
    history are checked once for all. Then partitions are sent; those of workers that died are sent again.
    ``workers`` and ``batch_size`` are those of each partition.

    Returns:
        The contacts with all result columns, a lazy frame of Dask with the same rows, index and partitions,
        read from the journal whenever it is computed.

    Raises:
        ContactsError, TextError, ValueError, TypeError: As `smsframe.send`; nothing was sent.
        NotAuthorised, JournalError: A worker has no credentials, or does not know the journal; nothing was
            sent.
        CampaignChanged, ConfirmationMismatch, NotEnoughCredit: Nothing was sent by this call.
        CampaignStopped: It stopped on the way; ``.results`` is the lazy frame.
    """
    keywords = locals()
    options = with_policy(PlanOptions.of(keywords))
    sending = SendOptions.of(keywords)
    for name, value in (("campaign", campaign), ("phone", phone)):
        if value is None:
            raise ValueError(f"send needs {name}=")
    job, parts = _job(frame, text, options, sending, Place.of(gateway, journal), suppress)
    messages_of(job)
    with job.place.opened() as (opened, memory), marked(memory) as mark:
        job = replace(job, place=job.place.at(opened), profile=opened.profile, mark=mark)
        parts.probe(job.place, memory, mark)
        return send_parts(parts, job, _others(parts, job), opened, memory)


def _job(
    frame: Any,
    text: str | Mapping[Any, str | None] | None,
    options: PlanOptions,
    sending: SendOptions,
    place: Place,
    suppress: Suppress | None,
) -> tuple[Job, Parts]:
    parts = Parts(frame)
    parts.require_column(options.phone)
    campaign = options.campaign and normalize_name(options.campaign)
    job = Job(
        text=text,
        options=replace(options, suppress=None, campaign=campaign),
        sending=sending,
        place=place,
        suppressed=suppressed_numbers(suppress, options.region, parts.columns),
        valid_until=valid_until(suppress),
        profile=environment.profile(place.prefix),
        now=Now(*SYSTEM.span()),
    )
    return job, parts


def _require_usable(job: Job, *, named: bool) -> None:
    """
    Refuse a plan for a campaign that is closed, or of another gateway than the one that was named.

    Raises:
        CampaignChanged: It is.
    """
    entry = job.place.memory().find(job.campaign) if job.campaign and job.place.names_journal else None
    if entry is None:
        return
    require_open(entry)
    if named and job.place.account is not None:
        require_same_gateway(entry, *job.place.account)


def _others(parts: Parts, job: Job) -> list[OtherParts]:
    """What each partition has to know of the others."""
    columns = whole_columns(parts.ask(columns_of, job))
    facts = parts.ask(people_of, job, [columns] * len(parts))
    warn_if_supplied(sum(part.supplied for part in facts), job.options.region)
    return compare(columns, facts)


def _reasons(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The reasons of all partitions, added up."""
    names = ["status", "code", "reason"]
    together = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return together.groupby(names, dropna=False, sort=False)["rows"].sum().reset_index()
