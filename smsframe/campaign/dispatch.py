"""
A call that sends, below plans and frames: what the gateway knows is compared, people are written down, the
engine runs.

Everything that can refuse a call is asked before the first person is written down.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe.campaign.call import PERSON, Call
from smsframe.campaign.look_ups.history_check import compare
from smsframe.campaign.preflight import (
    affordable,
    at_once,
    covered,
    in_open_stages,
    may_leave_again,
    on_time,
    require_current_optouts,
    warn_of_night,
)
from smsframe.campaign.rules.may_text import MayText
from smsframe.campaign.rules.wanted import Wanted
from smsframe.campaign.run.engine import CampaignEngine
from smsframe.errors import GatewayError, Unconfirmed
from smsframe.orders.records import Comparison, Now
from smsframe.orders.states import Event, State
from smsframe.outcomes.costs import waits_for_budget
from smsframe.outcomes.join import done, still_to_send
from smsframe.phones.match import among

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsframe.campaign.run_context import RunContext
    from smsframe.journal.campaigns.stored_campaign import StoredCampaign
    from smsframe.journal.people.barred import Barred
    from smsframe.orders.records import CampaignRecord, Registered
    from smsframe.outcomes.join import Known


@contextmanager
def sending(
    call: Call, stored: StoredCampaign | None, context: RunContext, barred: Barred
) -> Iterator[tuple[CampaignEngine, str]]:
    """
    Write down who is to be texted; the engine that texts them, and the run's owner, until the block ends.

    Args:
        call: What is to be sent.
        stored: What the journal has of the campaign, or None.
        context: What it works with.
        barred: Knows who may not be texted now.

    Raises:
        SmsFrameError, ValueError: It cannot be sent; nothing was.
    """
    gateway, journal = context.gateway, context.journal
    settled = done(stored and stored.known, call.terms, call.at(gateway).templates)
    people = call.people[[name for name in PERSON if name in call.people]]
    with journal.reading():
        seen = barred.state
        people = _without(people, barred.among(people["phone"]))
    if stored is not None:  # who waits for a larger budget is not sent to by a call that has none
        held_back = stored.known.people["phone"][waits_for_budget(stored.known, call.budget)]
        people = _without(people, among(people["phone"], held_back))
    waiting = _without(people, among(people["phone"], settled))
    needed = len(waiting) > 0
    entry = stored and stored.entry
    texts = needed or may_leave_again(stored and stored.known, people["phone"])
    require_current_optouts(entry if texts else None, context, call.suppressed_until)
    compared, context = _compare(call.campaign, entry, context, adopt=call.adopt, ask=needed, needed=needed)
    unsent = _without(waiting, among(waiting["phone"], compared.adopted["phone"]))
    now = Now(*context.retry_policy.clock.span())
    unsent = on_time(unsent, call.terms, now)
    unsent = in_open_stages(unsent, call.ramp, call.campaign)
    unsent = covered(unsent, call.terms, call.budget, stored and stored.known)
    covered_beside = affordable(gateway, call.terms, int(unsent["segments"].sum())) if len(unsent) else None
    context.started(len(unsent))
    with journal.owner() as owner:
        registered = journal.registration.register(
            call.campaign,
            owner,
            call.at(gateway),
            terms=call.terms,
            batch_size=call.batch_size,
            at_once=at_once(call.batch_size, context.rate),
            phones=people["phone"],
            waiting=waiting,
            compared=compared,
            now=now,
            budget=call.budget,
            given=call.given,
            ramp=None if call.ramp is None else call.ramp.ramp,
            covered_beside=covered_beside,
        )
        del waiting, unsent  # a million people take a hundred megabytes
        barred = barred.within(registered.entry.id)
        journal.optouts.save_suppressed(registered.entry, call.suppressed, call.suppressed_until)
        if len(call.withdrawn):
            journal.withdraw(registered.entry, call.withdrawn)
        may_text = MayText(people["phone"], barred, seen)
        engine = _engine(registered, context, owner, may_text, call=call)
        del people, registered  # the engine lets go of those whom it has sent to
        yield engine, owner


@contextmanager
def resuming(
    entry: CampaignRecord,
    known: Known,
    context: RunContext,
    *,
    suppressed: pd.Index[Any],
    barred: Barred,
    adopt: bool = False,
    settled: Event | None = None,
    rescheduled: bool = False,
) -> Iterator[tuple[CampaignEngine, str]]:
    """
    Go on with a campaign from its journal alone; the engine, and the run's owner, until the block ends.

    Args:
        entry: The campaign.
        known: What the journal has of it.
        context: What it works with.
        suppressed: Numbers nobody may text.
        barred: Knows who may not be texted now.
        adopt: As in `Call`.
        settled: What a person says of orders that stay unconfirmed after they were looked up.
        rescheduled: Whether the time or the hours in its terms take the place of the campaign's.

    Raises:
        SmsFrameError, ValueError: It cannot go on; nothing was sent.
    """
    gateway, journal = context.gateway, context.journal
    seen = barred.state
    allowed = ~among(known.people["phone"], suppressed) & ~barred.among(known.people["phone"])
    allowed &= ~waits_for_budget(known, entry.budget)
    waiting = known.people[still_to_send(known) & allowed]
    needed = len(waiting) > 0
    texts = needed or may_leave_again(known, known.people["phone"][allowed])
    require_current_optouts(entry if texts else None, context)
    compared, context = _compare(entry.name, entry, context, adopt=adopt, ask=True, needed=needed)
    unsent = _without(waiting, among(waiting["phone"], compared.adopted["phone"]))
    now = Now(*context.retry_policy.clock.span())
    unsent = on_time(unsent.assign(schedule_at=None) if rescheduled else unsent, entry.terms, now)
    unsent = in_open_stages(unsent, journal.ramps.state(entry), entry.name)
    unsent = covered(unsent, entry.terms, entry.budget, known)
    covered_beside = affordable(gateway, entry.terms, int(unsent["segments"].sum())) if len(unsent) else None
    if rescheduled:
        warn_of_night(unsent["phone"], entry.terms, context)
    context.started(len(unsent))
    entry = replace(entry, batch_size=at_once(entry.batch_size, context.rate))
    with journal.owner() as owner:
        confirmed_complete = settled is Event.PERSON_SENDS
        phones = known.people["phone"][allowed]
        registered = journal.registration.register_resumption(
            entry,
            owner,
            compared,
            phones=phones,
            waiting=waiting,
            confirmed_complete=confirmed_complete,
            rescheduled=rescheduled,
            now=now,
            covered_beside=covered_beside,
        )
        may_text = MayText(phones, barred, seen)
        engine = _engine(
            registered, context, owner, may_text, settled, _in_doubt(known), rescheduled=rescheduled
        )
        yield engine, owner


@contextmanager
def resending(
    entry: CampaignRecord,
    again: pd.DataFrame,
    begun: pd.DataFrame,
    context: RunContext,
    *,
    barred: Barred,
    adopt: bool = False,
    after: State = State.ACCEPTED,
) -> Iterator[tuple[CampaignEngine, str]]:
    """
    Begin the next attempt of people whom the last one did not reach, or whose last one was cancelled; the
    engine, and the run's owner.

    Args:
        entry: The campaign, with the terms of this call.
        again: ``phone``, ``order_id``, ``segments``: people, and the order of the attempt to be followed.
        begun: ``phone`` (and ``segments``) of people whose next attempt began before, and who were not sent
            to yet.
        context: What is worked with.
        barred: Knows who may not be texted now.
        adopt: As in `Call`.
        after: The state of the orders that are to be followed. After `State.CANCELLED` the time of the terms
            is that of these people, also for later calls.

    Raises:
        SmsFrameError, ValueError: They cannot be sent to; nothing was sent.
    """
    gateway, journal = context.gateway, context.journal
    seen = barred.state
    again, begun = (part[~barred.among(part["phone"]).to_numpy()] for part in (again, begun))
    require_current_optouts(entry, context)
    compared, context = _compare(entry.name, entry, context, adopt=adopt, ask=True, needed=True)
    people = pd.concat([again, begun], ignore_index=True)
    now = Now(*context.retry_policy.clock.span())
    sendable = again
    if after is State.CANCELLED:
        sendable = people.loc[on_time(people[["phone"]], entry.terms, now).index]
    covered_beside = affordable(gateway, entry.terms, int(sendable["segments"].sum()))
    if after is State.CANCELLED:
        warn_of_night(people["phone"], entry.terms, context)
    phones = people["phone"]
    context.started(len(phones))
    entry = replace(entry, batch_size=at_once(entry.batch_size, context.rate))
    with journal.owner() as owner:
        registered = journal.registration.register_attempts(
            entry,
            owner,
            compared,
            again=again,
            phones=phones,
            now=now,
            covered_beside=covered_beside,
            after=after,
        )
        yield _engine(registered, context, owner, MayText(phones, barred, seen)), owner


def history_of(campaign: str, entry: CampaignRecord | None, context: RunContext) -> None:
    """
    Hold the gateway's history against the journal for a call of which others do the sending.

    Raises:
        SmsFrameError: Nobody may be sent to.
    """
    _compare(campaign, entry, context, adopt=False, ask=True, needed=True)


def _compare(
    campaign: str, entry: CampaignRecord | None, context: RunContext, *, adopt: bool, ask: bool, needed: bool
) -> tuple[Comparison, RunContext]:
    """
    What the gateway knows; from then on a time has passed when either clock says so.

    Args:
        campaign: Its name.
        entry: What the journal said of it when the call began.
        context: What is worked with.
        adopt: As in `Call`.
        ask: Whether the gateway is asked although nothing is adopted.
        needed: Whether somebody is to be texted, so that no answer stops the call.
    """
    if not (ask or adopt):
        return Comparison(), context
    try:
        comparison = compare(
            campaign,
            entry,
            context.gateway,
            context.journal,
            context.retry_policy,
            adopt=adopt,
            grace=context.grace,
            say=context.say,
            others=context.barred().journals[1:],
        )
    except GatewayError:
        if needed or adopt:
            raise
        return Comparison(), context
    if comparison.date is None:
        return comparison, context
    clock = context.retry_policy.clock.not_before(comparison.date)
    return comparison, replace(context, retry_policy=replace(context.retry_policy, clock=clock))


def _in_doubt(known: Known) -> frozenset[str]:
    """The ids of the orders that a person could know to be in doubt, entirely or about some people."""
    people, batches = known.people, known.batches
    incomplete = batches.index.isin(people["batch"][people["missing"]])
    open_ = batches["state"].isin([State.SENDING, State.UNCONFIRMED])
    return frozenset(batches["order_id"][open_ | incomplete])


def _without(people: pd.DataFrame, rows: pd.Series[bool]) -> pd.DataFrame:
    """The people of the other rows; without a copy where there is nobody to leave out, as mostly."""
    return people[~rows] if rows.any() else people


def _engine(
    registered: Registered,
    context: RunContext,
    owner: str,
    may_text: MayText,
    settled: Event | None = None,
    in_doubt_before: frozenset[str] = frozenset(),
    *,
    call: Call | None = None,
    rescheduled: bool = False,
) -> CampaignEngine:
    in_doubt = frozenset(batch.order_id for batch in registered.in_doubt)
    # A million people take a hundred megabytes: kept only where somebody's order is in doubt.
    wanted = Wanted(in_doubt, call if in_doubt else None, rescheduled)
    engine = CampaignEngine(
        registered, context, owner, may_text, wanted, settled=settled, in_doubt_before=in_doubt_before
    )
    if registered.unlisted:
        engine.hold(
            Unconfirmed(
                f"orders that were taken over from the gateway count {registered.unlisted:,} people whom it "
                "does not list yet: their numbers are unknown, so nobody is sent to; call again later, or "
                'resume(unconfirmed="send") if you know that nobody else got one'
            )
        )
    return engine
