"""
What a campaign call does, around the loop: what must be right before, and the truth about it afterwards.

Everything that can refuse a call is asked before the first person is written down: whose campaign it is,
how many people were confirmed, whether the time has passed, whether the credit is enough.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from smsframe.campaign.dispatch import Call, resuming, sending
from smsframe.campaign.interrupts import asked
from smsframe.campaign.preflight import confirmed
from smsframe.campaign.unexpected_stop import Foreseen, always_told
from smsframe.errors import (
    CampaignStopped,
    ConfirmationMismatch,
    JournalError,
    SmsFrameError,
)
from smsframe.formatting import amount
from smsframe.orders.states import Event
from smsframe.outcomes.codes import CODES
from smsframe.outcomes.columns import COLUMNS, PLANNED, attach, results_for, satisfied
from smsframe.outcomes.join import join, note_other_texts, outcomes, still_to_send
from smsframe.phones.match import among
from smsframe.texts.template import parse

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    import pandas as pd

    from smsframe.campaign.engine import Loop
    from smsframe.campaign.options import ResumeOptions, SendOptions
    from smsframe.campaign.run_context import RunContext
    from smsframe.journal.journal import Journal
    from smsframe.orders.records import Entry
    from smsframe.outcomes.join import Known
    from smsframe.planning.plan import Plan

log = logging.getLogger("smsframe")


def _sent(plan: Plan, context: RunContext, **_: Any) -> pd.DataFrame:
    """The rows of a plan after its run, by the journal that it began with."""
    journal = context.journal
    known = _known(journal, plan.campaign or "") if journal.in_place else None
    found = _unsent(plan) if known is None else _frame(plan, known, plan.campaign or "", None)
    if not journal.in_place:
        return _unread(found)
    return _told_where(found, found["sms_status"].eq("ready"), "pending", "not_sent")


@always_told(
    lambda plan: plan.campaign or "", _sent, lambda plan, *_, **__: _unread(_unsent(plan), touched=True)
)
def send(
    plan: Plan,
    context: RunContext,
    *,
    options: SendOptions,
    stop: threading.Event | None = None,
) -> pd.DataFrame:
    """
    Send a plan: text its ready people who have no outcome in the campaign yet, and say what is known of all.

    Who sets ``stop`` asks it to stop, from any thread. See `smsframe.send` for the rest.
    """
    plan = replace(plan, terms=options.applied(plan.terms))
    campaign, journal = plan.campaign, context.journal
    if campaign is None:
        raise ValueError("campaign= is required to send: the name under which nobody is texted twice")
    parse(plan.template.source)  # what was replaced in it may have made what cannot be sent
    journal.sound()
    known = _known(journal, campaign)
    confirmed(options.confirm, plan.people, known, plan)
    call = Call(
        campaign=campaign,
        template=plan.template.source,
        terms=plan.terms,
        # A plan may have been made before anybody knew the gateway.
        batch_size=min(plan.batch_size, context.gateway.profile.max_recipients or plan.batch_size),
        people=plan.people,
        changed=options.changed == "continue",
        adopt=options.adopt,
    )
    with sending(call, known, context.stopped_by(stop)) as (loop, owner):
        trouble = _run(loop, campaign, context.say)
        try:
            now = known if known and loop.idle else journal.recipients(loop.entry.id, campaign)
        except JournalError as error:
            trouble, frame, others = trouble or error, _unread(_unsent(plan), touched=loop.touched), 0
        else:
            frame = _frame(plan, now, campaign, owner)
            if frame["sms_status"].eq("ready").any():  # everybody was written down
                trouble = trouble or JournalError(f"the journal {journal.path} was replaced by another")
                frame = _unread(frame, touched=loop.touched)
            others = _others(now, plan)
    if others:
        context.say(
            f"{others:,} people of campaign {campaign!r} are not in this frame and still pending: "
            f"smsframe.resume({campaign!r}) takes them up, smsframe.withdraw({campaign!r}) drops them"
        )
    _raise(trouble, loop, campaign, frame)
    return frame


def _resumed(entry: Entry, context: RunContext, **given: Any) -> pd.DataFrame:
    """The people of a campaign after a run, by the journal."""
    return recipients(context.journal, entry, suppressed=given["suppressed"])


@always_told(lambda entry: entry.name, _resumed, lambda *_, **__: results_for(0))
def resume(
    entry: Entry,
    context: RunContext,
    *,
    options: ResumeOptions,
    suppressed: pd.Index[Any],
    stop: threading.Event | None = None,
) -> pd.DataFrame:
    """
    Go on with a campaign from its journal alone; see `smsframe.resume`. ``suppressed`` are the numbers that
    nobody may text, as they were read from ``options.suppress``.
    """
    entry, confirm = replace(entry, terms=options.applied(entry.terms)), options.confirm
    journal, gateway = context.journal, context.gateway
    journal.sound()
    journal.check(
        entry, base_url=gateway.base_url, account=gateway.account, template=entry.template, changed=True
    )
    known = journal.recipients(entry.id, entry.name)
    waiting = int((still_to_send(known) & ~among(known.people["phone"], suppressed)).sum())
    if confirm is not None and confirm != waiting:
        raise ConfirmationMismatch(
            f"confirm={confirm:,}, but {waiting:,} of {entry.name!r} are pending; nothing was sent",
            expected=confirm,
            recipients=waiting,
        )
    settled = {"send": Event.PERSON_SENDS, "accept": Event.PERSON_ACCEPTS}.get(options.unconfirmed or "")
    context = context.stopped_by(stop)
    with resuming(entry, known, context, suppressed=suppressed, adopt=options.adopt, settled=settled) as (
        loop,
        owner,
    ):
        trouble = _run(loop, entry.name, context.say)
        try:
            frame = recipients(journal, entry, run=owner, suppressed=suppressed)
        except JournalError as error:
            before = outcomes(known, entry.name)
            trouble, frame = trouble or error, _unread(before, touched=loop.touched)
    _raise(trouble, loop, entry.name, frame)
    if held := int(frame["sms_status"].eq("suppressed").sum()):
        context.say(
            f"{held:,} of campaign {entry.name!r} are on the suppression list and stay pending: give it "
            f"again with the next smsframe.resume, or drop them with smsframe.withdraw({entry.name!r})"
        )
    return frame


def so_far(plan: Plan, journal: Journal) -> pd.DataFrame:
    """The rows of a plan that is being sent, with what the journal knows of them now."""
    known = _known(journal, plan.campaign or "")
    if known is None:
        return _unsent(plan)
    found = _frame(plan, known, plan.campaign or "", None)
    return _told_where(found, found["sms_code"].eq("other_process"), "pending", "under_way")


def recipients(
    journal: Journal, entry: Entry, *, run: str | None = None, suppressed: pd.Index[Any] | None = None
) -> pd.DataFrame:
    """One row per journalled recipient of a campaign, result columns only, RangeIndex."""
    found = outcomes(journal.recipients(entry.id, entry.name), entry.name, run=run)
    if suppressed is not None:
        out = found["sms_status"].eq("pending") & among(found["sms_phone"], suppressed)
        found = _told_where(found, out, "suppressed", "suppressed")
    return satisfied("ResultsSchema", found)


def withdraw(journal: Journal, entry: Entry) -> pd.DataFrame:
    """Drop the people of a campaign who were not texted; returns them as they were, ``pending``."""
    with journal.owner() as owner:
        journal.batches.free(entry)
        found = outcomes(journal.recipients(entry.id, entry.name), entry.name, run=owner)
        dropped = found[found["sms_code"].eq("not_sent").to_numpy()].reset_index(drop=True)
        journal.withdraw(entry, dropped["sms_phone"])
        kept = among(
            dropped["sms_phone"], journal.recipients(entry.id, entry.name).people["phone"]
        )  # somebody was faster
    return dropped[~kept].reset_index(drop=True)


def _run(loop: Loop, campaign: str, say: Callable[[str], None]) -> SmsFrameError | ValueError | None:
    """Run the loop; what the journal raises stops it like the gateway's refusals do."""
    trouble = None
    with asked(loop.stop) as interrupted:
        try:
            loop.run()
        except JournalError as error:
            trouble = error
        except KeyboardInterrupt:
            interrupted.set()
    if interrupted.is_set():
        say(f"stopped; what was under way is recorded. Go on with smsframe.resume({campaign!r})")
        raise KeyboardInterrupt
    if loop.drift:
        more = "more" if loop.drift > 0 else "fewer"
        say(f"the gateway charged {amount(abs(loop.drift))} credits {more} than planned; see sms_credits")
    return trouble or loop.cause


def _unread(results: pd.DataFrame, *, touched: bool = True) -> pd.DataFrame:
    """What can be said of a run whose journal cannot be read afterwards."""
    status, code = ("unconfirmed", "unconfirmed") if touched else ("pending", "not_sent")
    rows = results["sms_status"].isin(["ready", "pending"])
    return _told_where(results, rows, status, code, "; the journal could not be read")


def _told_where(
    results: pd.DataFrame, rows: pd.Series[bool], status: str, code: str, more: str = ""
) -> pd.DataFrame:
    """The results with something else said of some rows."""
    told = results_for(len(results), sms_status=status, sms_code=code, sms_reason=CODES[code] + more)
    changed = {
        name: results[name].mask(
            rows.to_numpy(dtype=bool, na_value=False), told[name].set_axis(results.index)
        )
        for name in ("sms_status", "sms_code", "sms_reason")
    }
    return results.assign(**changed)


def _raise(
    trouble: SmsFrameError | ValueError | None, loop: Loop, campaign: str, frame: pd.DataFrame
) -> None:
    if trouble is None:
        return
    if not loop.touched:
        raise Foreseen(trouble)
    counts = frame["sms_status"].value_counts()
    told = ", ".join(f"{count:,} {status}" for status, count in counts.items() if count)
    raise CampaignStopped(
        f"campaign {campaign!r} stopped: {trouble}. So far: {told}. "
        f"Nobody is lost: go on with smsframe.resume({campaign!r})",
        campaign=campaign,
        results=frame,
    ) from trouble


def _others(now: Known, plan: Plan) -> int:
    """People whom a later call would take up: pending, in nobody's hands, and of no row of this call."""
    free = np.append(~now.batches["owner_alive"].to_numpy(dtype=bool), True)[now.people["batch"].to_numpy()]
    here = among(now.people["phone"], plan.people["phone"]) | among(now.people["phone"], plan.suppressed)
    return int((still_to_send(now) & free & ~here).sum())


def _frame(plan: Plan, journalled: Known, campaign: str, run: str | None) -> pd.DataFrame:
    base = _results(plan)
    # Who is pending from an earlier call, and not to be texted by this one, is what this call says.
    here = ~still_to_send(journalled) | among(journalled.people["phone"], plan.people["phone"])
    known = journalled._replace(people=journalled.people[here])
    results = join(base, known, campaign, plan.stands, run=run)
    results = note_other_texts(results, journalled, plan.template.source, plan.people)
    return attach(plan.frame, satisfied("ResultsSchema", results))


def _results(plan: Plan) -> pd.DataFrame:
    """All result columns of a plan's rows, by position, before anything is known of the campaign."""
    planned = {name: plan.frame[name].reset_index(drop=True) for name in PLANNED}
    return results_for(len(plan.frame), COLUMNS, **planned, sms_campaign=plan.campaign)


def _unsent(plan: Plan) -> pd.DataFrame:
    """A plan's rows as a call that sends returns them, when there is no journal to say more."""
    return attach(plan.frame, _results(plan))


def _known(journal: Journal, campaign: str) -> Known | None:
    entry = journal.find(campaign)
    return None if entry is None else journal.recipients(entry.id, entry.name)
