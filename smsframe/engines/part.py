"""
One partition: planned, counted, sent, and read back from the journal; each step by a process of its own.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from smsframe.arrow import TEXT
from smsframe.campaign import send as campaign_send
from smsframe.campaign.call import PERSON
from smsframe.campaign.preflight import confirmable, on_time
from smsframe.campaign.reports.result_frames import joined, unsent, with_status
from smsframe.campaign.run_context import RunContext
from smsframe.clock import SYSTEM
from smsframe.contacts.columns import find_phone
from smsframe.contacts.policy import has_budget, without_budget
from smsframe.engines.place import require_marked
from smsframe.errors import CampaignStopped
from smsframe.formatting import many
from smsframe.journal.campaigns.conflicts import CampaignCall
from smsframe.masking import shown_name
from smsframe.orders.profile import SMSEND, GatewayProfile
from smsframe.orders.records import Now
from smsframe.outcomes.join import done
from smsframe.phones.match import among
from smsframe.planning import build
from smsframe.planning.check import check
from smsframe.planning.part_facts import checked_facts, column_facts, part_facts
from smsframe.planning.variants import COLUMN, Messages, fixed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import pandas as pd

    from smsframe.campaign.options import SendOptions
    from smsframe.engines.place import Place
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.journal.journal import Journal
    from smsframe.journal.same_journal import Mark
    from smsframe.outcomes.join import Known
    from smsframe.planning.options import PlanOptions
    from smsframe.planning.parts import ColumnFacts, OtherParts, PartFacts
    from smsframe.planning.plan import Plan

log = logging.getLogger("smsframe")

RUN = "this call"
"""Whose the outcomes are that this call has brought about, as the frame that it returns says it."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Job:
    """
    What is to be done with every partition; without secrets, as it is copied to all workers.

    Attributes:
        text: What people read, or the text of each variant; None for a check.
        options: The keywords of `smsframe.plan`, with opt-outs apart.
        sending: The keywords of `smsframe.send`.
        place: What a worker opens.
        suppressed: The opt-outs.
        valid_until: The last day on which they may be used, or None.
        profile: That of the gateway.
        now: What the clocks showed when the call began.
        stop_requests: How often the campaign had been asked to stop when the call began.
        before: The orders that had their final outcome when the call began.
        mark: By what the journal of the call is known as long as the call is at work; None where it needs
            none.
    """

    text: str | Mapping[Any, str | None] | None
    options: PlanOptions
    sending: SendOptions
    place: Place
    suppressed: pd.Index[Any]
    valid_until: date | None = None
    profile: GatewayProfile = SMSEND
    now: Now | None = None
    stop_requests: int = 0
    before: frozenset[str] = frozenset()
    mark: Mark | None = None

    @property
    def message(self) -> str | Mapping[Any, str | None]:
        """What people read."""
        return self.text or ""

    @property
    def campaign(self) -> str:
        """The campaign's name."""
        return self.options.campaign or ""


@dataclass(frozen=True, kw_only=True)
class PartCounts:
    """
    What a partition says of the people whom a call is about.

    Attributes:
        confirmable: How many are ready, or have an outcome in the campaign.
        people: How many would be texted.
        segments: In how many segments.
        reasons: ``status``, ``code``, ``reason`` and ``rows``.
    """

    confirmable: int
    people: int
    segments: int
    reasons: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class PartOutcome:
    """
    What came of a partition.

    Attributes:
        people: How many of its people have an outcome.
        busy: How many another process is sending to.
        error: What stopped it, or None.
        texted: Whether anything of it was, or may have been, accepted before.
        begun: False when the campaign was asked to stop before it was its turn.
    """

    people: int = 0
    busy: int = 0
    error: BaseException | None = None
    texted: bool = False
    begun: bool = True


def plan_part(
    frame: pd.DataFrame, job: Job, others: OtherParts, *, known: Any = None, budget: bool = True
) -> Plan:
    """The plan of a partition; ``known`` is what the journal knows of its people."""
    options = job.options
    if not budget and options.policy is not None:
        options = replace(options, policy=without_budget(options.policy))
    find_phone(frame, options.phone)  # before the lists are read
    barred = job.place.barred(job.campaign)
    return build.plan(
        frame,
        job.message,
        options,
        suppressed=job.suppressed,
        barred=barred.find,
        texted=barred.texted,
        erased=job.place.erased(job.options.campaign),
        journalled=known,
        profile=job.profile,
        now=job.now or Now(*SYSTEM.span()),
        others=others,
        ramp=job.place.ramp(job.options.campaign),
    )


def send_part(
    frame: pd.DataFrame, job: Job, others: OtherParts, gateway: GatewayProtocol, journal: Journal
) -> pd.DataFrame:
    """
    Send a partition; returns its rows with all result columns.

    Raises:
        SmsFrameError, ValueError: As `smsframe.send`.
    """
    known = None
    if has_budget(job.options.policy):  # which is for the whole campaign
        stored = journal.read(job.campaign)
        known = stored and stored.known
    else:
        known = _experiment(frame, job, others, journal)
    plan = replace(plan_part(frame, job, others, known=known), valid_until=job.valid_until)
    context = RunContext.of(job.sending, gateway=gateway, journal=journal)
    options = replace(job.sending, confirm=None)  # it is a number of all partitions
    if plan.variants is not None and plan.variants.first_claim and plan.variants.kept:
        log.warning(
            "campaign %r: %s of this part keep the variant that was claimed first (rows of several variants "
            "in different parts, or another seed, key or list of variants)",
            shown_name(job.campaign),
            many(plan.variants.kept, "person", "people"),
        )
    elsewhere = others.ready_elsewhere
    return campaign_send.send(plan, context, options=options, part=True, elsewhere=elsewhere)


def _experiment(frame: pd.DataFrame, job: Job, others: OtherParts, journal: Journal) -> Known | None:
    """What the journal knows of the people of a partition with variants: those of the journal stand."""
    if COLUMN not in frame.columns:
        return None
    phones = plan_part(frame, job, others).frame["sms_phone"].dropna()
    stored = journal.read(job.campaign, phones=phones)
    return None if stored is None else stored.known


# What a worker is asked by an engine that waits for all partitions.


def columns_of(frame: pd.DataFrame, job: Job) -> ColumnFacts:
    """What a partition says of its columns."""
    return column_facts(frame, job.text, job.options, job.profile)


def people_of(frame: pd.DataFrame, job: Job, others: OtherParts) -> PartFacts:
    """What a partition says of its people."""
    if job.text is None:
        return checked_facts(frame, job.options, suppressed=job.suppressed, others=others)
    named = job.options.campaign is not None and job.place.names_journal
    return part_facts(
        frame,
        job.text,
        job.options,
        suppressed=job.suppressed,
        barred=job.place.barred(job.campaign).find,
        profile=job.profile,
        now=job.now or Now(*SYSTEM.span()),
        others=others,
        known=_experiment(frame, job, others, job.place.memory()) if named else None,
    )


def count_of(frame: pd.DataFrame, job: Job, others: OtherParts) -> PartCounts:
    """Whom the call is about in a partition, by what the journal knows of them now."""
    plan, known = planned(frame, job, others)
    plan = replace(plan, terms=job.sending.applied(plan.terms))
    people = plan.planned[[name for name in PERSON if name in plan.planned]]
    unsent_people = people[~among(people["phone"], done(known, plan.terms, plan.sources))]
    now = job.now or Now(*SYSTEM.span())
    going = on_time(unsent_people, plan.terms, now)
    going = going[going.index.isin(plan.ready_people.index)]  # without who waits for a budget or a stage
    return PartCounts(
        confirmable=confirmable(plan.planned, known, plan),
        people=len(going),
        segments=int(going["segments"].sum()),
        reasons=reasons_of(plan.frame),
    )


def reasons_of(frame: pd.DataFrame) -> pd.DataFrame:
    """``status``, ``code``, ``reason`` and ``rows`` of planned rows, each combination once."""
    names = ["sms_status", "sms_code", "sms_reason"]
    rows = frame[names].astype({"sms_status": object, "sms_code": object})
    counted = rows.groupby(names, dropna=False, observed=True).size().rename("rows").reset_index()
    words = ["status", "code", "reason"]
    return counted.set_axis([*words, "rows"], axis=1).astype(dict.fromkeys(words, TEXT))


def planned(frame: pd.DataFrame, job: Job, others: OtherParts) -> tuple[Plan, Any]:
    """The plan of a partition with what the journal knows of its people, and that."""
    plan = plan_part(frame, job, others)
    if job.options.campaign is None:
        return plan, None
    journal = job.place.memory()
    phones = plan.frame["sms_phone"].dropna()
    stored = journal.read(job.campaign, phones=None if has_budget(job.options.policy) else phones)
    if stored is None:
        return plan, None
    return plan_part(frame, job, others, known=stored.known), stored.known


def planned_frame(frame: pd.DataFrame, job: Job, others: OtherParts) -> pd.DataFrame:
    """The rows of a partition with the columns of a plan."""
    return planned(frame, job, others)[0].frame


def checked_frame(frame: pd.DataFrame, job: Job, others: OtherParts) -> pd.DataFrame:
    """The rows of a partition with the columns of a check."""
    options = job.options
    checked, _ = check(
        frame,
        options.phone,
        region=options.region,
        numbers=options.numbers,
        schema=options.schema,
        suppressed=job.suppressed,
        others=others,
    )
    checked.attrs = {}
    return checked


def outcome_of(frame: pd.DataFrame, job: Job, others: OtherParts) -> PartOutcome:
    """Send a partition, and say in numbers what came of it; never raises what stops a campaign."""
    try:
        with job.place.opened() as (gateway, journal):
            if job.mark is not None:
                require_marked(journal, job.mark)
            entry = journal.find(job.campaign)
            if entry is not None and entry.stop_requests > job.stop_requests:
                return PartOutcome(begun=False)
            try:
                results = send_part(frame, job, others, gateway, journal)
            except BaseException:
                # Whatever it is, it is wrong for the other partitions too.
                if (entry := journal.find(job.campaign)) is not None:
                    journal.stop_requests.make(entry)
                raise
    except CampaignStopped as stopped:
        cause = stopped.__cause__ or stopped
        cause.__cause__ = None
        return PartOutcome(error=cause, texted=True)
    except Exception as error:  # noqa: BLE001 - it is raised where the call was made
        error.__traceback__ = None
        return PartOutcome(error=error)
    busy = int(results["sms_code"].eq("other_process").sum())
    waiting = results["sms_status"].isin(["pending", "ready"])
    return PartOutcome(people=int((~waiting & results["sms_segments"].notna()).sum()), busy=busy)


def result_frame(frame: pd.DataFrame, job: Job, others: OtherParts) -> pd.DataFrame:
    """The rows of a partition with all result columns, by what the journal knows of them now."""
    journal = job.place.memory()
    variants = _experiment(frame, job, others, journal)
    plan = plan_part(frame, job, others, known=variants, budget=False)  # who waits for it is in the journal
    stored = journal.read(job.campaign, phones=plan.frame["sms_phone"].dropna())
    if stored is None:
        results = unsent(plan)
    else:
        batches = stored.known.batches
        owner = batches["owner"].where(batches["owner_alive"], RUN)
        owner = owner.mask(batches["order_id"].isin(job.before), "an earlier one")
        known = stored.known._replace(batches=batches.assign(owner=owner))
        results = joined(plan, known, stored.entry.name, RUN)
    return with_status(results, results["sms_status"].eq("ready"), "pending", "not_sent")


def messages_of(job: Job) -> Messages:
    """
    The texts as they are sent.

    Raises:
        TextError: It cannot be sent as written.
    """
    messages, fix = Messages.of(job.message, job.profile.longest), job.options.text_fix
    return messages if fix is None else fixed(messages, fix)


def call_of(job: Job, gateway: GatewayProtocol) -> CampaignCall:
    """What the call means by its campaign."""
    changed = job.sending.changed == "continue"
    messages = messages_of(job)
    return CampaignCall(gateway.base_url, gateway.account, messages.first.source, changed, messages.sources)
