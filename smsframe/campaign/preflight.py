"""
What can refuse a call before the first person is written down.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe.arrow import INSTANT
from smsframe.contacts.suppression import require_valid
from smsframe.errors import ConfirmationMismatch, NotEnoughCredit
from smsframe.formatting import amount
from smsframe.gateway.balance import credits_of
from smsframe.journal.campaigns.variants import other_variant
from smsframe.orders.states import State
from smsframe.outcomes.costs import Spending, known_orders, predicted, spent, waits_for_budget, within
from smsframe.outcomes.join import done
from smsframe.outcomes.variants import differing
from smsframe.phones.match import among, keys
from smsframe.planning.experiment_facts import given_variants
from smsframe.texts.template import parse
from smsframe.timing.night import warning
from smsframe.timing.sending_times import sending_times

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from smsframe.campaign.run_context import RunContext
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.orders.prices import Budget
    from smsframe.orders.ramp import RampState
    from smsframe.orders.records import CampaignRecord, Now
    from smsframe.orders.terms import Terms
    from smsframe.outcomes.join import Known
    from smsframe.planning.plan import Plan

log = logging.getLogger("smsframe")


def require_sendable(plan: Plan, known: Known | None, *, changed: bool, part: bool) -> None:
    """
    Refuse texts that the gateway cannot take, and people who would change their variant.

    For a ``part`` of a table, the caller compares the variants of all its parts.

    Raises:
        TextError: What was replaced in a text made what cannot be sent.
        CampaignChanged: People have another variant in the journal.
    """
    for source in plan.sources:
        parse(source)
    if plan.variants is None or changed or part:
        return
    given, people = given_variants(plan), plan.variants.kept
    if not people and known is not None and given is not None:  # the plan was made before they were sent to
        people = int(differing(given, known.people).sum())
    if people:
        raise other_variant(plan.campaign or "", people)


def require_current_optouts(
    entry: CampaignRecord | None, context: RunContext, until: date | None = None
) -> None:
    """
    Refuse to text anybody of a campaign by an opt-out list whose last day has passed.

    Args:
        entry: The campaign, or None where nobody is to be texted, or nothing is known of it.
        context: What the run works with.
        until: The last day of the list that this call was given, if it has one.

    Raises:
        ContactsError: The latest list that a call of the campaign was given is no longer valid.
    """
    if until is None and entry is not None:
        until = context.journal.optouts.suppressed_until(entry)
    require_valid(until, context.retry_policy.clock.now())


def may_leave_again(known: Known | None, phones: pd.Series[Any]) -> bool:
    """Whether one of these people is in an order that leaves again if the gateway proves not to have it."""
    if known is None:
        return False
    in_doubt = known.batches.index[known.batches["state"].isin([State.SENDING, State.UNCONFIRMED])]
    return bool((known.people["batch"].isin(in_doubt) & among(known.people["phone"], phones)).any())


def confirmed(confirm: int | None, people: pd.DataFrame, known: Known | None, plan: Plan) -> None:
    """Refuse when the number of people is not the one that was confirmed."""
    if confirm is not None:
        require_confirmed(confirm, confirmable(people, known, plan))


def confirmable(people: pd.DataFrame, known: Known | None, plan: Plan) -> int:
    """The people whom a call is about: ready, or with an outcome in its campaign."""
    phones = plan.frame["sms_phone"].reset_index(drop=True)[plan.stands]
    settled = phones[among(phones, done(known, plan.terms, plan.sources))]
    if known is not None:  # who is held out is nobody who is texted
        settled = settled[~among(settled, known.people["phone"][known.people["held_out"]])]
    # Who is in a later stage of a ramp is a part of what is confirmed, so that the number stays the same.
    waits = plan.frame["sms_status"].eq("pending") & plan.frame["sms_code"].ne("ramp").fillna(value=True)
    held_back = waits.to_numpy(dtype=bool)[people.index]
    return len(pd.Index(people["phone"][~held_back]).union(pd.Index(settled)))


def require_confirmed(confirm: int | None, count: int) -> None:
    """
    Refuse when the number of people that a call is about is not the one that was confirmed.

    Raises:
        ConfirmationMismatch: It is another one.
    """
    if confirm is not None and count != confirm:
        raise ConfirmationMismatch(
            f"confirm={confirm:,}, but this call is about {count:,} people (ready, or with an outcome "
            "in this campaign); nothing was sent",
            expected=confirm,
            recipients=count,
        )


def on_time(people: pd.DataFrame, terms: Terms, now: Now) -> pd.DataFrame:
    """
    Those of these people whose text may go out by the time and the hours that hold for them.

    Raises:
        ValueError: One time holds for somebody who would go out now, and has passed.
    """
    times = people.filter(["schedule_at"])
    own = times["schedule_at"].notna() if len(times.columns) else pd.Series(data=False, index=people.index)
    waiting = int((~own).sum())
    if waiting and terms.hours is None and terms.schedule is not None and terms.schedule <= now.latest:
        raise ValueError(
            f"schedule={terms.schedule:%Y-%m-%d %H:%M} UTC has passed, and {waiting:,} people would still be "
            "texted: send, or resume, with a later schedule= (smsframe never sends at once instead)"
        )
    if terms.hours is None and not own.any():
        return people
    return people[sending_times(people, terms, now)["code"].isna().to_numpy()]


def warn_of_night(phones: pd.Series[Any], terms: Terms, context: RunContext) -> None:
    """Say so where the one time of these terms is at night for some of these people."""
    if terms.schedule is not None:
        at = pd.Series(terms.schedule, index=phones.index, dtype=INSTANT)
        if at_night := warning(phones, at):
            context.say(at_night)


def in_open_stages(people: pd.DataFrame, state: RampState | None, campaign: str) -> pd.DataFrame:
    """Those of these people whose stage of the ramp is open."""
    if state is None or state.complete:
        return people
    return people[~state.waits(keys(people["phone"]), campaign)]


def covered(people: pd.DataFrame, terms: Terms, budget: Budget | None, known: Known | None) -> pd.DataFrame:
    """Those of these people whom the budget covers, as far as the journal knew when the call began."""
    if budget is None or budget.limit is None:
        return people
    spending = Spending() if known is None else spent(known_orders(known, budget))
    costs = predicted(people["phone"], people["segments"], terms.message_type, budget)
    return people[within(costs, budget, spending)]


def covered_attempts(
    again: pd.DataFrame, begun: pd.DataFrame, terms: Terms, budget: Budget | None, known: Known
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Those whose next attempt the budget covers, of people whose attempt is to begin and of those whose attempt
    has begun before, who come first.

    Args:
        again: ``phone`` and ``segments`` of the former.
        begun: The same of the latter.
        terms: Of the call.
        budget: Of the call; without one those who wait for a larger one are left waiting.
        known: What the journal knows.
    """
    held_back = known.people["phone"][waits_for_budget(known, budget)]
    begun = begun[~among(begun["phone"], held_back).to_numpy()].reset_index(drop=True)
    people = pd.concat([begun, again], ignore_index=True)
    fits = covered(people, terms, budget, known).index
    return again[(people.index[len(begun) :]).isin(fits)], begun


def affordable(gateway: GatewayProtocol, terms: Terms, needed: int) -> Callable[[int], None]:
    """
    Refuse when the balance is known and does not cover what is needed.

    Returns:
        The same refusal by the same balance, once it is known how many credits other runs of the campaign,
        which are at work, have planned and not spent yet.
    """
    available = credits_of(gateway.credits(), terms.message_type)

    def require(others: int) -> None:
        if available is not None and available < needed + others:
            elsewhere = f", beside {others:,} of runs that are at work," if others else ""
            raise NotEnoughCredit(
                f"{needed:,} credits are needed{elsewhere} and {amount(available)} are left for type "
                f"{terms.message_type}; nothing was sent: top up, or text fewer people",
                needed=needed,
                available=available,
            )

    if available is None:
        log.warning("the gateway does not say how many credits of type %s are left", terms.message_type)
    require(0)
    return require


def at_once(batch_size: int, rate: float | None) -> int:
    """Recipients per order: no more than may go out in a second."""
    return batch_size if rate is None else min(batch_size, max(1, int(rate)))
