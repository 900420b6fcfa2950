"""
How a ramp goes on: what became of the people so far is looked at, and the next stage is opened, or it stops.

All of it is decided by the journal: a process that is killed has changed nothing, or everything, and of two
that look at once one opens the stage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from smsframe.campaign.reports.delivery import orders_to_ask
from smsframe.campaign.reports.refresh import ask_orders
from smsframe.orders.ramp import KNOWN, Outcomes
from smsframe.orders.states import CANCEL_OPEN, State
from smsframe.outcomes.codes import delivered_codes, failed_codes, lost_codes
from smsframe.outcomes.join import outcomes, still_to_send
from smsframe.phones.match import among, keys

if TYPE_CHECKING:
    import pandas as pd

    from smsframe.campaign.run_context import RunContext
    from smsframe.orders.ramp import Ramp, RampState
    from smsframe.orders.records import CampaignRecord
    from smsframe.outcomes.join import Known

OPEN = (State.PLANNED, State.SENDING, State.UNCONFIRMED, *CANCEL_OPEN)
"""Orders of which nobody can know yet whether their people have a text."""
_BLOCKING = ("quiet_hours", "time_passed", "budget")
"""Who waits for one of these does not keep the next stage waiting."""


def look(entry: CampaignRecord, context: RunContext, phones: pd.Series[Any] | None = None) -> None:
    """
    Look at how the ramp of a campaign fares before a call sends, and open the next stage, or stop it.

    Args:
        entry: The campaign.
        context: What the call works with.
        phones: Whom the call may text; everybody when not given. Who waits and is not among them does not
            keep the next stage waiting.

    Raises:
        SmsFrameError: The gateway cannot be asked, or the journal not be written; nothing was sent.
    """
    journal = context.journal
    state = journal.ramps.state(entry)
    if state is None or state.complete:
        return
    if state.stopped is not None:
        context.say(_stopped(entry, state))
        return
    known = _asked_anew(entry, context)
    while state is not None and not state.complete:
        result = outcomes_of(known, entry, state)
        if why := result.stop(state.ramp):
            after = state._replace(stopped=why)
            if journal.ramps.step(entry, state, after):
                journal.stop_requests.make(entry)  # runs that are at work stop too
                context.say(_stopped(entry, after))
                return
        elif not _over(known, entry, state, result, context, phones):
            return
        else:
            journal.ramps.step(entry, state, state._replace(stage=state.stage + 1))
        state = journal.ramps.state(entry)  # perhaps another process was faster


def give_and_look(
    entry: CampaignRecord, ramp: Ramp | None, context: RunContext, phones: pd.Series[Any] | None = None
) -> None:
    """As `look`, with the ramp of a call, if it gives another one than the campaign has."""
    before = context.journal.ramps.state(entry)
    if ramp is not None and (before is None or before.ramp != ramp):
        context.journal.ramps.give(entry, ramp)
    look(entry, context, phones)


def outcomes_of(known: Known, entry: CampaignRecord, state: RampState) -> Outcomes:
    """What became of the people of the open stages, by the journal."""
    people, batches = known.people, known.batches
    here = ~state._replace(stopped=None).waits(keys(people["phone"]), entry.name)
    by_batch: list[Any] = [*batches["state"].astype(object), None]
    states = np.array(by_batch, dtype=object)[people["batch"].to_numpy()]
    rejected = (states == State.REFUSED) | ((states == State.ACCEPTED) & people["refused"].notna().to_numpy())
    accepted = (states == State.ACCEPTED) & ~rejected & ~people["missing"].to_numpy(dtype=bool)
    failed = rejected | (accepted & people["delivery"].isin(failed_codes()).to_numpy())
    # A demo account's texts go to nobody, which is no failure.
    final = failed | (accepted & people["delivery"].isin([*delivered_codes(), *lost_codes()]).to_numpy())
    texted = accepted | rejected
    return Outcomes(*(int((here & rows).sum()) for rows in (texted, failed, final)))


def say_next_stage(entry: CampaignRecord, context: RunContext, results: pd.DataFrame) -> None:
    """Say when the next stage starts, if people wait for it."""
    waiting = int(results["sms_code"].eq("ramp").sum())
    state = context.journal.ramps.state(entry) if waiting and context.journal.in_place else None
    if state is None or state.stopped is not None:
        return
    context.say(
        f"stage {state.stage + 1} of {len(state.ramp.ends)} of the ramp: {waiting:,} people wait. The next "
        f"stage starts with smsframe.resume({entry.name!r}), or the same call, once {KNOWN:.0%} of the "
        f"people so far have a last delivery state, or {state.ramp.wait_words} after their last order"
    )


def _stopped(entry: CampaignRecord, state: RampState) -> str:
    return (
        f"the ramp of campaign {entry.name!r} is {state.stopped}. Nobody else is texted: "
        f"smsframe.withdraw({entry.name!r}) drops who waits, and "
        f'smsframe.resume({entry.name!r}, ramp="rest") texts them all the same'
    )


def _asked_anew(entry: CampaignRecord, context: RunContext) -> Known:
    """What the journal knows once the gateway was asked for deliveries that may still change."""
    journal, gateway = context.journal, context.gateway
    known = journal.recipients(entry.id, entry.name)
    rows = outcomes(known, entry.name)
    orders = orders_to_ask(rows[rows["sms_status"].eq("accepted")], gateway.profile)
    if not orders:
        return known
    journalled = {*journal.deliveries.message_types(orders)}
    ask_orders(orders, gateway, journal, journalled, context.workers, context.retry_policy, lambda _: None)
    return journal.recipients(entry.id, entry.name)


def _over(
    known: Known,
    entry: CampaignRecord,
    state: RampState,
    result: Outcomes,
    context: RunContext,
    phones: pd.Series[Any] | None,
) -> bool:
    """Whether the next stage may start: everybody of this one was sent to, and enough is known, or old."""
    people, batches = known.people, known.batches
    here = ~state.waits(keys(people["phone"]), entry.name)
    waits = still_to_send(known).to_numpy() & ~people["wait_code"].isin(_BLOCKING).to_numpy()
    if phones is not None:
        waits &= among(people["phone"], phones).to_numpy()
    open_ = np.append(batches["state"].isin(OPEN).to_numpy(dtype=bool), False)[people["batch"].to_numpy()]
    if (here & (waits | open_)).any():
        return False
    used = people["batch"].to_numpy()[here]
    orders = batches.iloc[np.unique(used[used >= 0])]
    if len(orders) and not result.texted:
        context.say(_nobody_texted(entry))
        return False
    if result.known >= KNOWN * result.texted:
        return True
    last = orders[["sent_at", "schedule_at"]].max().max()
    earliest, _ = context.retry_policy.clock.span()
    return bool(last + state.ramp.wait <= earliest)


def _nobody_texted(entry: CampaignRecord) -> str:
    return (
        f"nobody of the open stages of the ramp of campaign {entry.name!r} has a text: their orders were "
        "cancelled, or lack them. So the next stage does not start: smsframe.reschedule texts them at "
        f'another time, smsframe.resume({entry.name!r}, ramp="rest") texts everybody who waits, and '
        f"smsframe.withdraw({entry.name!r}) drops them"
    )
