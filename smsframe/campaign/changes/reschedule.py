"""
Texts people whose text was cancelled at another time: the next attempt, that a person asks for.

Only what is proven cancelled is sent again. The gateway is asked once more about its orders, and who may be
texted is then written down by compare-and-swap on the order that was cancelled, so that the same call twice,
or two at once, text nobody more than once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from smsframe.campaign.call_start import read_known, replaced
from smsframe.campaign.changes.resend import codes_now, texts_of
from smsframe.campaign.dispatch import resending
from smsframe.campaign.options import at_another_time
from smsframe.campaign.preflight import covered_attempts
from smsframe.campaign.reports.refresh import ask_orders
from smsframe.campaign.rules.capped import capped
from smsframe.campaign.rules.consented import without_consent
from smsframe.campaign.run.unexpected_stop import with_results_when_stopped
from smsframe.campaign.send import raise_stopped, recipients, resumed, run_engine
from smsframe.contacts.optout_text import with_optout_text
from smsframe.contacts.policy import costs_of
from smsframe.contacts.suppression import valid_until
from smsframe.errors import ConfirmationMismatch
from smsframe.formatting import many
from smsframe.journal.orders.batch_creation import UNKNOWN
from smsframe.orders.delivery_codes import Stage
from smsframe.orders.states import CANCEL_OPEN, State
from smsframe.outcomes.codes import CODES
from smsframe.outcomes.columns import results_for
from smsframe.outcomes.join import still_to_send
from smsframe.phones.match import among, keys, together

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from smsframe.campaign.options import RescheduleOptions
    from smsframe.campaign.run_context import RunContext
    from smsframe.journal.orders.deliveries import OrderAnswer
    from smsframe.orders.hours import Hours
    from smsframe.orders.profile import GatewayProfile
    from smsframe.orders.records import CampaignRecord
    from smsframe.outcomes.join import Known


class Chosen(NamedTuple):
    """
    Whom a call texts at another time.

    Attributes:
        again: ``phone``, ``order_id`` and ``segments`` of people whose next attempt begins.
        begun: The same of people whose next attempt an earlier call began, without sending to them.
        in_doubt: The same of people whose next attempt an earlier call may have sent: it is looked up.
        followed: How many people have had a later attempt after one that was cancelled.
        left: How many others there are, by the reason.
    """

    again: pd.DataFrame
    begun: pd.DataFrame
    in_doubt: pd.DataFrame
    followed: int
    left: dict[str, int]


@with_results_when_stopped(lambda entry: entry.name, resumed, lambda *_, **__: results_for(0))
def reschedule(
    entry: CampaignRecord,
    context: RunContext,
    *,
    when: datetime | Hours,
    options: RescheduleOptions,
    suppressed: pd.Index[Any],
    stop: threading.Event | None = None,
) -> pd.DataFrame:
    """Text people of a campaign whose text was cancelled at another time; see `smsframe.reschedule`."""
    journal, gateway = context.journal, context.gateway
    entry = replace(entry, terms=at_another_time(entry.terms, when))
    context = context.stopped_by(stop)
    stored = read_known(entry, context)
    orders = orders_to_ask(stored.known)
    journalled = {*journal.deliveries.message_types(orders)}
    answers = ask_orders(
        orders,
        gateway,
        journal,
        journalled,
        context.workers,
        context.retry_policy,
        lambda _: None,
        cancelled=True,
    )
    known = journal.recipients(entry.id, entry.name)
    entry = replace(entry, budget=costs_of(options.policy, gateway.profile, known.people["segments"]))
    journal.optouts.save_suppressed(entry, suppressed, valid_until(options.suppress))
    barred = context.barred(options.policy, entry.id)
    phones = known.people["phone"]
    out = together(suppressed, phones[barred.among(phones)], without_consent(known.people, options.policy))
    chosen = choose(known, answers, out, gateway.profile)
    wanted_people = known.people[among(phones, pd.concat([chosen.again["phone"], chosen.begun["phone"]]))]
    own = wanted_people.drop(columns="schedule_at", errors="ignore")  # the time of the terms is theirs now
    if len(over := capped(own, entry.terms, options.policy, barred, context)):
        context.say(f"{many(len(over), 'person', 'people')} left out: {CODES['frequency_cap']}")
        chosen = choose(known, answers, together(out, over), gateway.profile)
    chosen = _within_budget(chosen, entry, known)
    for reason, count in chosen.left.items():
        context.say(f"{many(count, 'person', 'people')} of campaign {entry.name!r} not sent again: {reason}")
    now = pd.Timestamp(context.retry_policy.clock.now())
    waiting = _still_scheduled(known, now, entry.terms.schedule)
    # By hours nobody knows which time would be theirs: they may be those of the same call before.
    if waiting and (entry.terms.hours is None or not chosen.followed):
        context.say(
            f"{many(waiting, 'person', 'people')} of campaign {entry.name!r} left at their time, as their "
            f"texts are scheduled: smsframe.cancel({entry.name!r}) takes them back first"
        )
    texts = texts_of(known, chosen.again, chosen.begun, chosen.in_doubt)
    with_optout_text(texts, options.policy)
    wanted = len(chosen.again) + len(chosen.begun) + chosen.followed
    if options.confirm is not None and options.confirm != wanted:
        raise ConfirmationMismatch(
            f"confirm={options.confirm:,}, but {wanted:,} of {entry.name!r} are to be texted at another "
            "time; nothing was sent",
            expected=options.confirm,
            recipients=wanted,
        )
    in_doubt = chosen.in_doubt.assign(segments=0).astype(chosen.begun.dtypes)
    begun = pd.concat([chosen.begun, in_doubt], ignore_index=True)
    if len(chosen.again) + len(begun) == 0:
        return recipients(journal, entry, suppressed=suppressed, barred=barred)
    with resending(
        entry, chosen.again, begun, context, barred=barred, adopt=options.adopt, after=State.CANCELLED
    ) as (engine, owner):
        cause = run_engine(engine, entry.name, context.say, asked_by_caller=stop is not None)
        journalled_now = recipients(journal, entry, run=owner, suppressed=suppressed, barred=barred)
        frame = engine.posted.correct(journalled_now)
        if frame is not journalled_now:
            cause = cause or replaced(journal)
    raise_stopped(cause, engine, entry.name, frame)
    return frame


def orders_to_ask(known: Known) -> list[str]:
    """The orders of people who may be texted at another time: the cancelled ones, and those before them."""
    batches, people = known.batches, known.people
    cancelled = _in(people, batches, State.CANCELLED)
    waiting = still_to_send(known).to_numpy() & people["attempt"].gt(1).to_numpy()
    asked = people["batch"][cancelled]
    if known.earlier is not None and len(known.earlier):
        theirs = among(known.earlier["phone"], people["phone"][cancelled | waiting])
        asked = pd.concat([asked, known.earlier["batch"][theirs.to_numpy()]])
    return [*batches["order_id"].astype(object).take(asked[asked >= 0].unique())]


def choose(
    known: Known, answers: Sequence[OrderAnswer], suppressed: pd.Index[Any], profile: GatewayProfile
) -> Chosen:
    """
    Who is texted at another time.

    An order that was cancelled must still be gone, or list the person as never sent; every text before must
    have been cancelled too, or have failed for good: one may have arrived after all.
    """
    people, batches = known.people, known.batches
    # Whom the gateway refused stays refused, whatever became of the order.
    cancelled = _in(people, batches, State.CANCELLED) & people["refused"].isna().to_numpy()
    begun, followed = _after_cancelled(known)
    lost = batches["state"].isin([State.SENDING, State.UNCONFIRMED]) & ~batches["owner_alive"]
    in_doubt = followed & np.append(lost.to_numpy(dtype=bool), False)[people["batch"].to_numpy()]
    order_ids = pd.Series([*batches["order_id"], None], dtype=object)
    order_id = order_ids.take(people["batch"].to_numpy()).reset_index(drop=True)
    now = _codes(people, order_id, answers, profile)
    never = [code for code, meaning in profile.delivery.items() if meaning.stage is Stage.NOT_SENT]
    there = ~(now.isna() | now.isin(never)).to_numpy()
    opted_out = among(people["phone"], suppressed).to_numpy()
    unreadable = people["encoding"].eq(UNKNOWN).to_numpy(dtype=bool)
    perhaps = among(people["phone"], _perhaps_texted(known, answers, profile)).to_numpy()
    refused = now.isin(profile.refused).to_numpy()
    wanted = cancelled | begun
    reasons = {
        "on an opt-out list, or left out by the policy": wanted & opted_out,
        "sent from another journal, which has the values of the text": wanted & unreadable,
        "the gateway refuses the number": cancelled & refused,
        "the gateway lists their order again, so it may go out, or has": cancelled & there,
        "an earlier text of the campaign has arrived, or may have": wanted & perhaps,
        "to be cancelled, and not proven: smsframe.cancel asks again": _in(people, batches, *CANCEL_OPEN),
    }
    left, out = {}, np.zeros(len(people), dtype=bool)
    for reason, where in reasons.items():  # the first that is true of somebody counts
        left[reason] = int((where & ~out).sum())
        out |= where
    table = pd.DataFrame(
        {"phone": people["phone"], "order_id": order_id, "segments": people["segments"].fillna(0)}
    )
    return Chosen(
        table[cancelled & ~out],
        table[begun & ~out],
        table[in_doubt & ~opted_out],
        int(followed.sum()),
        {reason: count for reason, count in left.items() if count},
    )


def _within_budget(chosen: Chosen, entry: CampaignRecord, known: Known) -> Chosen:
    """Whom the budget covers of those who would be texted; the others are left as they are."""
    again, begun = covered_attempts(chosen.again, chosen.begun, entry.terms, entry.budget, known)
    beyond = len(chosen.again) + len(chosen.begun) - len(again) - len(begun)
    left = {**chosen.left, CODES["budget"]: beyond} if beyond else chosen.left
    return chosen._replace(again=again, begun=begun, left=left)


def _after_cancelled(known: Known) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whose attempt before the latest one was cancelled: those who were not sent to since, and the others."""
    people, earlier = known.people, known.earlier
    if earlier is None or earlier.empty:
        nobody = np.zeros(len(people), dtype=bool)
        return nobody, nobody
    before = earlier[_in(earlier, known.batches, State.CANCELLED)]
    followed = pd.MultiIndex.from_arrays([keys(before["phone"]), before["attempt"] + 1])
    latest: NDArray[np.bool_] = pd.MultiIndex.from_arrays([keys(people["phone"]), people["attempt"]]).isin(
        followed
    )
    waiting = still_to_send(known).to_numpy()
    return latest & waiting, latest & ~waiting & ~_in(people, known.batches, State.CANCELLED)


def _perhaps_texted(known: Known, answers: Sequence[OrderAnswer], profile: GatewayProfile) -> pd.Series[Any]:
    """The numbers of people of whom an earlier attempt was neither cancelled nor has surely failed."""
    earlier = known.earlier
    if earlier is None or earlier.empty:
        return pd.Series([], dtype=object)
    order_ids = known.batches["order_id"].astype(object).take(earlier["batch"].to_numpy())
    codes = _codes(earlier, order_ids, answers, profile)
    meanings = profile.delivery.items()
    failed = [code for code, meaning in meanings if meaning.retryable or meaning.stage is Stage.NOT_SENT]
    gone = _in(earlier, known.batches, State.CANCELLED) & codes.isna().to_numpy()
    return earlier["phone"].reset_index(drop=True)[~(gone | codes.isin(failed).to_numpy())]


def _codes(
    people: pd.DataFrame, order_ids: pd.Series[Any], answers: Sequence[OrderAnswer], profile: GatewayProfile
) -> pd.Series[Any]:
    """The code that the gateway says now of each text; where it says none, the last one that says it left."""
    left = [code for code, meaning in profile.delivery.items() if meaning.left]
    last = people["delivery"].astype(object).reset_index(drop=True)
    now = codes_now(people["phone"], order_ids.reset_index(drop=True), answers)
    return now.where(now.notna(), last.where(last.isin(left)))


def _still_scheduled(known: Known, now: pd.Timestamp, when: datetime | None) -> int:
    """How many people's texts are at the gateway for another time than this, which has not come."""
    people, batches = known.people, known.batches
    later = batches["state"].eq(State.ACCEPTED) & batches["schedule_at"].gt(now).fillna(value=False)
    if when is not None:
        later &= batches["schedule_at"].ne(when)
    in_order = np.append(later.to_numpy(dtype=bool), False)[people["batch"].to_numpy()]
    sent_to = people["refused"].isna() & ~people["missing"].astype(bool)
    return int((in_order & sent_to.to_numpy(dtype=bool)).sum())


def _in(people: pd.DataFrame, batches: pd.DataFrame, *states: State) -> NDArray[np.bool_]:
    """Who is in an order of one of these states."""
    where = np.append(batches["state"].isin(states).to_numpy(dtype=bool), False)
    chosen: NDArray[np.bool_] = where[people["batch"].to_numpy()]
    return chosen
