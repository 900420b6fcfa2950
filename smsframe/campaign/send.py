"""
What a campaign call does, around the engine: what must be right before, and the truth about it afterwards.

Everything that can refuse a call is asked before the first person is written down: whose campaign it is,
how many people were confirmed, whether the time has passed, whether the credit is enough.
"""

from __future__ import annotations

import logging
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from smsframe.campaign.call import Call
from smsframe.campaign.call_start import CallStart, read_known, replaced
from smsframe.campaign.dispatch import resuming, sending
from smsframe.campaign.preflight import confirmed, require_sendable
from smsframe.campaign.reports.after_run import by_own_journal, corrected
from smsframe.campaign.reports.left_over import (
    left_out_words,
    others_pending,
    suppressed_for_later,
    with_missing_rows,
)
from smsframe.campaign.reports.result_frames import (
    joined,
    result_columns,
    unsent,
    with_barred,
    with_result_columns,
    with_status,
    without_journal,
)
from smsframe.campaign.rules.capped import capped, with_capped
from smsframe.campaign.rules.consented import with_refused_consent, withdrawn, without_consent
from smsframe.campaign.run.interrupts import asked, until_python_ends
from smsframe.campaign.run.ramp import give_and_look, say_next_stage
from smsframe.campaign.run.unexpected_stop import Foreseen, with_results_when_stopped
from smsframe.clock import SYSTEM
from smsframe.contacts.optout_text import with_optout_text
from smsframe.contacts.policy import costs_of
from smsframe.contacts.suppression import require_valid, valid_until
from smsframe.errors import (
    CampaignStopped,
    ConfirmationMismatch,
    JournalError,
    SmsFrameError,
)
from smsframe.formatting import amount
from smsframe.journal.people.barred import Barred
from smsframe.orders.prices import limited
from smsframe.orders.ramp import ramp_of
from smsframe.orders.states import Event
from smsframe.outcomes.columns import results_for, validated
from smsframe.outcomes.costs import waits_for_budget
from smsframe.outcomes.join import outcomes, still_to_send
from smsframe.phones.match import among, together
from smsframe.planning.erased_people import without_erased
from smsframe.planning.experiment_facts import given_variants
from smsframe.planning.merge_values import with_fields
from smsframe.planning.unchanged import require_unchanged

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from smsframe.campaign.options import ResumeOptions, SendOptions
    from smsframe.campaign.run.engine import CampaignEngine
    from smsframe.campaign.run_context import RunContext
    from smsframe.journal.journal import Journal
    from smsframe.orders.records import CampaignRecord
    from smsframe.planning.plan import Plan

log = logging.getLogger("smsframe")


def _sent(plan: Plan, context: RunContext, **_: Any) -> pd.DataFrame:
    """The rows of a plan after its run, by the journal that it began with."""
    journal = context.journal
    stored = journal.read(plan.campaign or "") if journal.in_place else None
    results = unsent(plan) if stored is None else joined(plan, stored.known, plan.campaign or "", None)
    if not journal.in_place:
        return without_journal(results)
    return with_status(results, results["sms_status"].eq("ready"), "pending", "not_sent")


@with_results_when_stopped(
    lambda plan: plan.campaign or "",
    _sent,
    lambda plan, *_, **__: without_journal(unsent(plan), maybe_texted=True),
)
def send(
    plan: Plan,
    context: RunContext,
    *,
    options: SendOptions,
    stop: threading.Event | None = None,
    part: bool = False,
    elsewhere: NDArray[np.int64] | None = None,
) -> pd.DataFrame:
    """
    Send a plan: text its ready people who have no outcome in the campaign yet, and say what is known of all.

    With ``part`` it is about a part of the campaign's people, and reads nothing of the others; ``elsewhere``
    are the canonical numbers of those who can be texted by another part alone. Who sets ``stop`` asks it to
    stop, from any thread. See `smsframe.send` for the rest.
    """
    require_unchanged(plan)
    plan = replace(plan, terms=options.applied(plan.terms))
    campaign, journal = plan.campaign, context.journal
    if campaign is None:
        raise ValueError("campaign= is required to send: the name under which nobody is texted twice")
    changed = options.changed == "continue"
    require_valid(plan.valid_until, context.retry_policy.clock.now())
    gateway = context.gateway
    budget = costs_of(plan.policy, gateway.profile, plan.planned["segments"])
    # A budget is for all.
    phones = plan.frame["sms_phone"].dropna() if part and not limited(budget) else None
    start = CallStart.read(plan, context, phones, changed=changed)
    ramp = plan.ramp
    if start.stored is not None and not part and ramp is not None:
        give_and_look(start.stored.entry, ramp.ramp, context, plan.planned["phone"])
        start = CallStart.read(plan, context, phones, changed=changed)
        ramp = None if start.stored is None else start.stored.entry.ramp
    plan, stored, barred = start
    require_sendable(plan, stored and stored.known, changed=changed, part=part)
    call = Call(
        campaign=campaign,
        template=plan.template.source,
        terms=plan.terms,
        # A plan may have been made before anybody knew the gateway.
        batch_size=min(plan.batch_size, gateway.profile.max_recipients or plan.batch_size),
        people=with_fields(plan.planned, plan.field_values),
        changed=changed,
        adopt=options.adopt,
        budget=budget,
        variants=plan.texts.sources,
        given=given_variants(plan),
        variants_stand=plan.variants is not None and plan.variants.first_claim,
        ramp=ramp,
        suppressed=suppressed_for_later(plan, part=part),
        suppressed_until=plan.valid_until,
        withdrawn=withdrawn(plan, elsewhere),
    )
    known = stored and stored.known
    confirmed(options.confirm, plan.planned, known, plan)
    with sending(call, stored, context.stopped_by(stop), barred) as (engine, owner):
        cause = run_engine(engine, campaign, context.say, asked_by_caller=stop is not None)
        try:
            with journal.reading():
                now = (
                    known if known and engine.idle else journal.recipients(engine.entry.id, campaign, phones)
                )
                without = without_erased(plan, barred.erased(campaign))
                results = result_columns(without, now, campaign, owner, engine.found_in_doubt)
                others = 0 if part else others_pending(now, plan, barred.within(engine.entry.id))
                del now  # a million people take much memory
                journalled = with_barred(
                    with_result_columns(without, results), barred.within(engine.entry.id)
                )
        except JournalError as error:
            cause, others = cause or error, 0
            frame = by_own_journal(plan, journal, engine, owner, phones)
        else:
            frame = corrected(journalled, engine)
            if frame is not journalled:
                cause = cause or replaced(journal)
    if others:
        context.say(
            f"{others:,} people of campaign {campaign!r} are not in this frame and still pending: "
            f"smsframe.resume({campaign!r}) takes them up, smsframe.withdraw({campaign!r}) drops them"
        )
    raise_stopped(cause, engine, campaign, frame)
    if not part:
        say_next_stage(engine.entry, context, frame)
    return frame


def resumed(entry: CampaignRecord, context: RunContext, **given: Any) -> pd.DataFrame:
    """The people of a campaign after a run, by the journal."""
    return recipients(context.journal, entry, suppressed=given["suppressed"])


@with_results_when_stopped(lambda entry: entry.name, resumed, lambda *_, **__: results_for(0))
def resume(
    entry: CampaignRecord,
    context: RunContext,
    *,
    options: ResumeOptions,
    suppressed: pd.Index[Any],
    stop: threading.Event | None = None,
) -> pd.DataFrame:
    """Go on with a campaign from its journal alone, without the ``suppressed``; see `smsframe.resume`."""
    entry, confirm = replace(entry, terms=options.applied(entry.terms)), options.confirm
    journal, gateway = context.journal, context.gateway
    stored = read_known(entry, context)
    budget = costs_of(options.policy, gateway.profile, stored.known.people["segments"])
    entry = replace(entry, budget=budget)
    if options.ramp is not None or entry.ramp is not None:
        allowed = stored.known.people["phone"]
        given = None if options.ramp is None else ramp_of(options.ramp)
        give_and_look(entry, given, context, allowed[~among(allowed, suppressed)])
        stored = read_known(entry, context)
        entry = replace(entry, stop_requests=stored.entry.stop_requests)
    known = stored.known
    journal.optouts.save_suppressed(entry, suppressed, valid_until(options.suppress))
    barred = context.barred(options.policy, entry.id)
    out = among(known.people["phone"], suppressed) | barred.among(known.people["phone"])
    over = capped(known.people[still_to_send(known) & ~out], entry.terms, options.policy, barred, context)
    unconsented = without_consent(known.people[still_to_send(known)], options.policy)
    left_out = together(over, unconsented)
    out |= among(known.people["phone"], left_out)
    held_back = waits_for_budget(known, entry.budget)
    waiting = int((still_to_send(known) & ~out & ~held_back).sum())
    with_optout_text([*known.people["template"][still_to_send(known)].unique()], options.policy)
    if confirm is not None and confirm != waiting:
        raise ConfirmationMismatch(
            f"confirm={confirm:,}, but {waiting:,} of {entry.name!r} are pending; nothing was sent",
            expected=confirm,
            recipients=waiting,
        )
    settled = {"send": Event.PERSON_SENDS, "accept": Event.PERSON_ACCEPTS}.get(options.unconfirmed or "")
    context = context.stopped_by(stop)
    with resuming(
        entry,
        known,
        context,
        suppressed=together(suppressed, left_out),
        barred=barred,
        adopt=options.adopt,
        settled=settled,
        rescheduled=options.schedule is not None,
    ) as (engine, owner):
        cause = run_engine(engine, entry.name, context.say, asked_by_caller=stop is not None)
        try:
            journalled = recipients(journal, entry, run=owner, suppressed=suppressed, barred=barred)
            journalled = with_capped(journalled, over, options.policy)
            journalled = with_refused_consent(journalled, unconsented)
        except JournalError as error:
            before = outcomes(known, entry.name)
            cause, frame = cause or error, without_journal(before, maybe_texted=engine.maybe_texted)
        else:
            frame = with_missing_rows(engine.posted.correct(journalled), known, engine.posted, entry.name)
            if frame is not journalled:
                cause = cause or replaced(journal)
    raise_stopped(cause, engine, entry.name, frame)
    for words in left_out_words(frame, entry.name):
        context.say(words)
    if held_back.any():
        context.say(
            f"{int(held_back.sum()):,} of campaign {entry.name!r} wait for a larger budget: "
            "resume it with a smsframe.Policy that has one"
        )
    say_next_stage(entry, context, frame)
    return frame


def so_far(plan: Plan, journal: Journal) -> pd.DataFrame:
    """The rows of a plan that is being sent, with what the journal knows of them now."""
    stored = journal.read(plan.campaign or "")
    if stored is None:
        return unsent(plan)
    results = joined(plan, stored.known, plan.campaign or "", None)
    return with_status(results, results["sms_code"].eq("other_process"), "pending", "under_way")


def recipients(
    journal: Journal,
    entry: CampaignRecord,
    *,
    run: str | None = None,
    suppressed: pd.Index[Any] | None = None,
    barred: Barred | None = None,
) -> pd.DataFrame:
    """
    One row per journalled recipient of a campaign, result columns only, RangeIndex.

    ``barred`` knows who may not be texted; by the lists of opt-outs alone when not given.
    """
    results = outcomes(journal.recipients(entry.id, entry.name), entry.name, run=run)
    if suppressed is not None:
        out = results["sms_status"].eq("pending") & among(results["sms_phone"], suppressed)
        results = with_status(results, out, "suppressed", "suppressed")
    if barred is None:
        account = partial(lambda name: [name], entry.account)
        barred = Barred.of(journal, entry.base_url, account, clock=SYSTEM).within(entry.id)
    results = with_barred(results, barred)
    return validated("ResultsSchema", results)


def run_engine(
    engine: CampaignEngine, campaign: str, say: Callable[[str], None], *, asked_by_caller: bool
) -> SmsFrameError | ValueError | None:
    """
    Run the engine; what the journal raises stops it like the gateway's refusals do.

    ``asked_by_caller``: whether the caller stops it when Python ends, as a `Run` does.
    """
    cause = None
    ends = nullcontext() if asked_by_caller else until_python_ends(campaign, engine.stop)
    with ends, asked(engine.stop) as interrupted:
        try:
            engine.run()
        except JournalError as error:
            cause = error
        except KeyboardInterrupt:
            interrupted.set()
    if interrupted.is_set():
        resume = f"Go on with smsframe.resume({campaign!r})"
        then = "What this call has sent is now being taken back" if engine.entry.terms.undo else resume
        say(f"stopped; what was under way is recorded. {then}")
        raise KeyboardInterrupt
    if engine.drift:
        more = "more" if engine.drift > 0 else "fewer"
        say(f"the gateway charged {amount(abs(engine.drift))} credits {more} than planned; see sms_credits")
    return cause or engine.cause


def raise_stopped(
    cause: SmsFrameError | ValueError | None, engine: CampaignEngine, campaign: str, frame: pd.DataFrame
) -> None:
    """
    Raise what stopped a run, if anything did.

    Raises:
        Foreseen: Nothing of it can have been accepted.
        CampaignStopped: Something may have been.
    """
    if cause is None:
        return
    if not engine.maybe_texted:
        raise Foreseen(cause)
    counts = frame["sms_status"].value_counts()
    reached = ", ".join(f"{count:,} {status}" for status, count in counts.items() if count)
    raise CampaignStopped(
        f"campaign {campaign!r} stopped: {cause}. So far: {reached}. "
        f"No row is lost: go on with smsframe.resume({campaign!r})",
        campaign=campaign,
        results=frame,
    ) from cause
