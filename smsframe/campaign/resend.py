"""
Texts people again whom a text of the campaign did not reach: the next attempt, that a person asks for.

The gateway is asked anew what became of each text. Who may be texted again is then written down by
compare-and-swap on the order of the latest attempt, so that the same call twice, or two at once, text nobody
more than once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from smsframe.campaign.dispatch import resending
from smsframe.campaign.refresh import ask_orders
from smsframe.campaign.send import raise_stopped, replaced, resumed, run_engine
from smsframe.campaign.unexpected_stop import with_results_when_stopped
from smsframe.errors import ConfirmationMismatch, ContactsError
from smsframe.formatting import many
from smsframe.journal.conflicts import CampaignCall
from smsframe.outcomes.columns import attach, results_for, validated
from smsframe.outcomes.join import outcomes, still_to_send
from smsframe.outcomes.summary import require
from smsframe.phones.match import among, find, keys

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from smsframe.campaign.options import ResendOptions
    from smsframe.campaign.run_context import RunContext
    from smsframe.journal.deliveries import OrderAnswer
    from smsframe.journal.journal import Journal
    from smsframe.orders.profile import GatewayProfile
    from smsframe.orders.records import CampaignRecord
    from smsframe.outcomes.join import Known


FOLLOWED = "there is another order after the one that the row names"


class Judged(NamedTuple):
    """
    Whom a call texts again, of its rows.

    Attributes:
        again: ``phone``, ``order_id`` and ``segments`` of people whose next attempt begins.
        begun: Numbers of people whose next attempt an earlier call began, without sending to them.
        left: How many others there are, by the reason.
    """

    again: pd.DataFrame
    begun: pd.Series[Any]
    left: dict[str, int]


@with_results_when_stopped(lambda entry: entry.name, resumed, lambda *_, **__: results_for(0))
def resend(
    entry: CampaignRecord,
    context: RunContext,
    *,
    rows: pd.DataFrame,
    options: ResendOptions,
    suppressed: pd.Index[Any],
    stop: threading.Event | None = None,
) -> pd.DataFrame:
    """Text people of a campaign again whom its text did not reach; see `smsframe.resend`."""
    entry = replace(entry, terms=replace(entry.terms, schedule=None))
    journal, gateway = context.journal, context.gateway
    context = context.stopped_by(stop)
    typed = require(rows, ("sms_order_id", "sms_phone")).reset_index(drop=True)
    stored = journal.read(
        entry.name, call=CampaignCall(gateway.base_url, gateway.account, entry.template, changed=True)
    )
    if stored is None or stored.entry.id != entry.id:
        raise replaced(journal)
    position = find(typed["sms_phone"], stored.known.people["phone"])
    if (position < 0).any() or typed["sms_order_id"].isna().any():
        count = int((position < 0).sum() + typed["sms_order_id"].isna().sum())
        raise ContactsError(
            f"{many(count, 'row')} were never sent to in campaign {entry.name!r}, so nothing was sent again: "
            "give rows of its results whose texts failed"
        )
    answers = _asked_anew(typed, context, journal)
    judged = judge(
        typed, journal.recipients(entry.id, entry.name), answers, suppressed, gateway.profile, options
    )
    for reason, count in judged.left.items():
        context.say(f"{many(count, 'row')} of campaign {entry.name!r} not sent again: {reason}")
    wanted = len(judged.again) + len(judged.begun) + judged.left.get(FOLLOWED, 0)
    _confirmed(options.confirm, wanted, entry.name)
    if len(judged.again) + len(judged.begun) == 0:
        return _joined(rows, typed, journal, entry, None)
    with resending(entry, judged.again, judged.begun, context, adopt=options.adopt) as (engine, owner):
        cause = run_engine(engine, entry.name, context.say, asked_by_caller=stop is not None)
        frame = _joined(rows, typed, journal, entry, owner)
    raise_stopped(cause, engine, entry.name, frame)
    return frame


def _asked_anew(rows: pd.DataFrame, context: RunContext, journal: Journal) -> Sequence[OrderAnswer]:
    """What the gateway says now of the orders of these rows."""
    orders = [*rows["sms_order_id"].unique()]
    known = {*journal.deliveries.message_types(orders)}
    return ask_orders(
        orders, context.gateway, journal, known, context.workers, context.retry_policy, lambda _: None
    )


def judge(
    rows: pd.DataFrame,
    known: Known,
    answers: Sequence[OrderAnswer],
    suppressed: pd.Index[Any],
    profile: GatewayProfile,
    options: ResendOptions,
) -> Judged:
    """Who is texted again, one row per person; of several rows of one person the first counts."""
    rows = rows[~pd.Series(keys(rows["sms_phone"])).duplicated().to_numpy()].reset_index(drop=True)
    position = find(rows["sms_phone"], known.people["phone"])
    people = known.people.take(position).reset_index(drop=True)
    batch = people["batch"].to_numpy()
    order_ids = pd.Series([*known.batches["order_id"], None], dtype=object)
    latest = order_ids.take(batch).reset_index(drop=True).eq(rows["sms_order_id"].astype(object)).to_numpy()
    delivery = _codes_now(rows, answers)
    codes = profile.delivery
    arrived_perhaps = delivery.isin([code for code, meaning in codes.items() if meaning.maybe_arrived])
    worth_another_try = delivery.isin([code for code, meaning in codes.items() if meaning.retryable])
    if options.maybe_arrived == "send":
        worth_another_try |= arrived_perhaps
    opted_out = among(rows["sms_phone"], suppressed).to_numpy()
    waits = _began_before(rows, people, known) & ~opted_out
    again = latest & worth_another_try.to_numpy() & ~opted_out & ~people["missing"].to_numpy()
    left = {
        "on an opt-out list": opted_out,
        FOLLOWED: ~latest & ~waits & ~opted_out,
        'may have arrived; maybe_arrived="send" sends them all the same': (
            latest & ~opted_out & arrived_perhaps.to_numpy() & ~again
        ),
        "arrived, may still arrive, or will fail again": (
            latest & ~opted_out & ~arrived_perhaps.to_numpy() & ~again
        ),
    }
    chosen = rows[again]
    return Judged(
        pd.DataFrame(
            {
                "phone": chosen["sms_phone"],
                "order_id": chosen["sms_order_id"].astype(object),
                "segments": people["segments"][again].fillna(0),
            }
        ),
        rows["sms_phone"][waits],
        {reason: int(where.sum()) for reason, where in left.items() if where.any()},
    )


def _codes_now(rows: pd.DataFrame, answers: Sequence[OrderAnswer]) -> pd.Series[Any]:
    """The delivery code that the gateway has just said of each row; missing where it said none."""
    states = [answer.recipients.assign(order=answer.order_id) for answer in answers if len(answer.recipients)]
    if not states:
        return pd.Series([None] * len(rows), dtype=object)
    said = pd.concat(states, ignore_index=True)
    listed = pd.MultiIndex.from_arrays([said["order"].astype(object), keys(said["phone"])])
    asked = pd.MultiIndex.from_arrays([rows["sms_order_id"].astype(object), keys(rows["sms_phone"])])
    codes = said["delivery"].astype(object).set_axis(listed)
    return codes[~listed.duplicated()].reindex(asked).reset_index(drop=True)


def _began_before(rows: pd.DataFrame, people: pd.DataFrame, known: Known) -> NDArray[np.bool_]:
    """Whose attempt after the one of the row has begun, without anything being sent yet."""
    earlier = known.earlier
    if earlier is None or earlier.empty:
        return np.zeros(len(rows), dtype=bool)
    order_ids = known.batches["order_id"].astype(object).take(earlier["batch"].to_numpy())
    followed = pd.MultiIndex.from_arrays(
        [keys(earlier["phone"]), earlier["attempt"] + 1, order_ids.reset_index(drop=True)]
    )
    here = pd.MultiIndex.from_arrays(
        [keys(rows["sms_phone"]), people["attempt"], rows["sms_order_id"].astype(object)]
    )
    pending = still_to_send(known).to_numpy()[find(rows["sms_phone"], known.people["phone"])]
    began: NDArray[np.bool_] = here.isin(followed) & pending
    return began


def _confirmed(confirm: int | None, people: int, campaign: str) -> None:
    if confirm is not None and confirm != people:
        raise ConfirmationMismatch(
            f"confirm={confirm:,}, but {people:,} of {campaign!r} are to be texted again; nothing was sent",
            expected=confirm,
            recipients=people,
        )


def _joined(
    rows: pd.DataFrame, typed: pd.DataFrame, journal: Journal, entry: CampaignRecord, owner: str | None
) -> pd.DataFrame:
    """The rows that were given, with what the journal knows of each now."""
    known = journal.recipients(entry.id, entry.name)
    now = outcomes(known, entry.name, run=owner, rows=find(typed["sms_phone"], known.people["phone"]))
    return attach(rows, validated("ResultsSchema", now))
