"""
Texts people again whom a text of the campaign did not reach: the next attempt, that a person asks for.

The gateway is asked anew what became of each text. Who may be texted again is then written down by
compare-and-swap on the order of the latest attempt, so that the same call twice, or two at once, text nobody
more than once.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from smsframe.campaign.call_start import read_known, replaced
from smsframe.campaign.dispatch import resending
from smsframe.campaign.preflight import covered_attempts
from smsframe.campaign.reports.refresh import ask_orders
from smsframe.campaign.rules.capped import capped
from smsframe.campaign.rules.consented import without_consent
from smsframe.campaign.run.unexpected_stop import with_results_when_stopped
from smsframe.campaign.send import raise_stopped, resumed, run_engine
from smsframe.contacts.optout_text import with_optout_text
from smsframe.contacts.policy import costs_of
from smsframe.contacts.suppression import valid_until
from smsframe.errors import ConfirmationMismatch, ContactsError
from smsframe.formatting import many
from smsframe.journal.orders.batch_creation import UNKNOWN
from smsframe.journal.privacy.forgotten import ERASED
from smsframe.orders.states import State
from smsframe.outcomes.codes import CODES
from smsframe.outcomes.columns import COLUMNS, DTYPES, attach, results_for, validated
from smsframe.outcomes.join import outcomes, still_to_send
from smsframe.outcomes.summary import complete, require_numbers
from smsframe.phones.match import among, find, keys, together

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from smsframe.campaign.options import ResendOptions
    from smsframe.campaign.run_context import RunContext
    from smsframe.journal.journal import Journal
    from smsframe.journal.orders.deliveries import OrderAnswer
    from smsframe.orders.profile import GatewayProfile
    from smsframe.orders.records import CampaignRecord
    from smsframe.outcomes.join import Known


FOLLOWED = "there is another order after the one that the row names"


class Judged(NamedTuple):
    """
    Whom a call texts again, of its rows.

    Attributes:
        again: ``phone``, ``order_id`` and ``segments`` of people whose next attempt begins.
        begun: ``phone`` and ``segments`` of people whose next attempt an earlier call began, without sending
            to them.
        left: How many others there are, by the reason.
    """

    again: pd.DataFrame
    begun: pd.DataFrame
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
    journal, gateway = context.journal, context.gateway
    entry = replace(entry, terms=replace(entry.terms, schedule=None))
    context = context.stopped_by(stop)
    typed = require_numbers(rows, ("sms_order_id", "sms_phone")).reset_index(drop=True)
    stored = read_known(entry, context)
    erased = journal.forgotten.texted(entry.name, typed["sms_phone"])
    _refuse_strangers(typed[~erased], entry.name, stored.known)
    answers = _asked_anew(typed, stored.known, context, journal)
    known = journal.recipients(entry.id, entry.name)
    entry = replace(entry, budget=costs_of(options.policy, gateway.profile, known.people["segments"]))
    journal.optouts.save_suppressed(entry, suppressed, valid_until(options.suppress))
    barred = context.barred(options.policy, entry.id)
    phones = typed["sms_phone"].dropna()
    out = together(suppressed, phones[barred.among(phones)], without_consent(known.people, options.policy))
    judged = judge(typed, known, answers, out, gateway.profile, options)
    over = capped(_texted_again(judged), entry.terms, options.policy, barred, context)
    if len(over):
        judged = judge(typed, known, answers, out, gateway.profile, options, too_often=over)
    judged = _within_budget(judged, entry, known)
    left = {ERASED: int(erased.sum())} if erased.any() else {}
    for reason, count in {**judged.left, **left}.items():
        context.say(f"{many(count, 'row')} of campaign {entry.name!r} not sent again: {reason}")
    wanted = len(judged.again) + len(judged.begun) + judged.left.get(FOLLOWED, 0)
    with_optout_text(texts_of(known, judged.again, judged.begun), options.policy)
    _confirmed(options.confirm, wanted, entry.name)
    if len(judged.again) + len(judged.begun) == 0:
        return _joined(rows, typed, journal, entry, None)
    with resending(entry, judged.again, judged.begun, context, barred=barred, adopt=options.adopt) as (
        engine,
        owner,
    ):
        cause = run_engine(engine, entry.name, context.say, asked_by_caller=stop is not None)
        journalled = _joined(rows, typed, journal, entry, owner)
        frame = engine.posted.correct(journalled)
        if frame is not journalled:
            cause = cause or replaced(journal)
    raise_stopped(cause, engine, entry.name, frame)
    return frame


def texts_of(known: Known, *chosen: pd.DataFrame) -> list[str]:
    """The texts of those people before their fields are filled in: several, of an experiment."""
    people = known.people
    texts = (people["template"][among(people["phone"], part["phone"]).to_numpy()] for part in chosen)
    return [*dict.fromkeys(itertools.chain.from_iterable(texts))]


def _refuse_strangers(rows: pd.DataFrame, campaign: str, known: Known) -> None:
    """
    Refuse rows of another campaign, or of people who were never sent to.

    Raises:
        ContactsError: There are such rows.
    """
    strange = find(rows["sms_phone"], known.people["phone"]) < 0
    if "sms_campaign" in rows:
        strange |= rows["sms_campaign"].ne(campaign).fillna(value=False).to_numpy(dtype=bool)
    unsent = rows["sms_order_id"].isna().to_numpy()
    begun = known.people["phone"][known.people["attempt"].gt(1).to_numpy() & still_to_send(known).to_numpy()]
    strange |= unsent & ~among(rows["sms_phone"], begun).to_numpy()
    if strange.any():
        raise ContactsError(
            f"{many(int(strange.sum()), 'row')} not of campaign {campaign!r}, or never sent to in it, so "
            "nothing was sent again: give rows of its results whose texts failed"
        )


def _asked_anew(
    rows: pd.DataFrame, known: Known, context: RunContext, journal: Journal
) -> Sequence[OrderAnswer]:
    """What the gateway says now of the orders of these rows, and of the earlier ones of these people."""
    orders = rows["sms_order_id"].dropna().astype(object)
    if known.earlier is not None and len(known.earlier):
        theirs = known.earlier["batch"][among(known.earlier["phone"], rows["sms_phone"]).to_numpy()]
        orders = pd.concat([orders, known.batches["order_id"].astype(object).take(theirs.unique())])
    asked = [*orders.unique()]
    journalled = {*journal.deliveries.message_types(asked)}
    return ask_orders(
        asked, context.gateway, journal, journalled, context.workers, context.retry_policy, lambda _: None
    )


def judge(
    rows: pd.DataFrame,
    known: Known,
    answers: Sequence[OrderAnswer],
    suppressed: pd.Index[Any],
    profile: GatewayProfile,
    options: ResendOptions,
    *,
    too_often: pd.Index[Any] | None = None,
) -> Judged:
    """
    Who is texted again, one row per person: of several rows of one person the one of the latest order counts.

    Every text that a person was sent before must have failed, by what the gateway says now: an earlier one
    may have arrived after all.
    """
    rows = _one_each(rows, known)
    position = find(rows["sms_phone"], known.people["phone"])
    people = known.people.take(position).reset_index(drop=True)
    latest = _names_latest(rows, known)
    delivery = codes_now(rows["sms_phone"], rows["sms_order_id"], answers)
    codes = profile.delivery
    perhaps = [code for code, meaning in codes.items() if meaning.maybe_arrived]
    retryable = [code for code, meaning in codes.items() if meaning.retryable]
    allowed = retryable + (perhaps if options.maybe_arrived == "send" else [])
    opted_out = among(rows["sms_phone"], suppressed).to_numpy()
    failed_before = ~among(rows["sms_phone"], _not_failed(known, answers, allowed)).to_numpy()
    unreadable = people["encoding"].eq(UNKNOWN).to_numpy(dtype=bool)
    often = among(rows["sms_phone"], pd.Index([]) if too_often is None else too_often).to_numpy()
    may = failed_before & ~opted_out & ~unreadable & ~often
    waits = _begun(rows, known) & may
    failed = latest & delivery.isin(allowed).to_numpy() & ~people["missing"].to_numpy()
    again = failed & may
    maybe = latest & delivery.isin(perhaps).to_numpy()
    reasons = {
        "on an opt-out list, or not allowed by the policy": opted_out,
        CODES["frequency_cap"]: often,
        FOLLOWED: ~latest & ~_begun(rows, known),
        "sent from another journal, which has the values of the text": unreadable,
        "an earlier text of the campaign has arrived, or may have": ~failed_before & ~maybe,
        'may have arrived; maybe_arrived="send" sends them all the same': maybe,
        "the gateway no longer says what became of the text": latest & delivery.isna().to_numpy(),
    }
    left, open_ = {}, ~again & ~waits
    for reason, where in reasons.items():  # the first that is true of a row counts
        left[reason] = int((open_ & where).sum())
        open_ &= ~where
    left["arrived, may still arrive, or will fail again"] = int(open_.sum())
    chosen = rows[again]
    return Judged(
        pd.DataFrame(
            {
                "phone": chosen["sms_phone"],
                "order_id": chosen["sms_order_id"].astype(object),
                "segments": people["segments"][again].fillna(0),
            }
        ),
        pd.DataFrame({"phone": rows["sms_phone"][waits], "segments": people["segments"][waits].fillna(0)}),
        {reason: count for reason, count in left.items() if count},
    )


def _texted_again(judged: Judged) -> pd.DataFrame:
    return pd.concat([judged.again[["phone"]], judged.begun[["phone"]]], ignore_index=True)


def _within_budget(judged: Judged, entry: CampaignRecord, known: Known) -> Judged:
    """Whom the budget covers of those who would be texted again; the others are left as they are."""
    again, begun = covered_attempts(judged.again, judged.begun, entry.terms, entry.budget, known)
    beyond = len(judged.again) + len(judged.begun) - len(again) - len(begun)
    left = {**judged.left, CODES["budget"]: beyond} if beyond else judged.left
    return Judged(again, begun, left)


def _one_each(rows: pd.DataFrame, known: Known) -> pd.DataFrame:
    """One row per person who is in the journal still; the one that names the latest order, else the first."""
    rows = rows[find(rows["sms_phone"], known.people["phone"]) >= 0].reset_index(drop=True)
    rows = rows.iloc[np.argsort(~_names_latest(rows, known), kind="stable")]
    return rows[~pd.Series(keys(rows["sms_phone"])).duplicated().to_numpy()].reset_index(drop=True)


def _names_latest(rows: pd.DataFrame, known: Known) -> NDArray[np.bool_]:
    """Whether each row names the order of its person's latest attempt."""
    batch = known.people["batch"].to_numpy()[find(rows["sms_phone"], known.people["phone"])]
    order_ids = pd.Series([*known.batches["order_id"], None], dtype=object).take(batch)
    named = rows["sms_order_id"].fillna("").astype(object).reset_index(drop=True)
    return order_ids.reset_index(drop=True).eq(named).to_numpy(dtype=bool)


def _not_failed(known: Known, answers: Sequence[OrderAnswer], allowed: Sequence[str]) -> pd.Series[Any]:
    """The numbers of people of whom an earlier attempt is not known to have failed, or to be cancelled."""
    earlier = known.earlier
    if earlier is None or earlier.empty:
        return pd.Series([], dtype=object)
    order_ids = known.batches["order_id"].astype(object).take(earlier["batch"].to_numpy())
    codes = codes_now(earlier["phone"], order_ids, answers)
    cancelled = known.batches["state"].eq(State.CANCELLED).to_numpy()[earlier["batch"].to_numpy()]
    gone = cancelled & codes.isna().to_numpy()
    perhaps: pd.Series[Any] = earlier["phone"].reset_index(drop=True)[
        ~(codes.isin([*allowed]).to_numpy() | gone)
    ]
    return perhaps


def codes_now(
    phones: pd.Series[Any], order_ids: pd.Series[Any], answers: Sequence[OrderAnswer]
) -> pd.Series[Any]:
    """The delivery code that the gateway has just said of each person in an order; missing where none."""
    states = [answer.recipients.assign(order=answer.order_id) for answer in answers if len(answer.recipients)]
    if not states:
        return pd.Series([None] * len(phones), dtype=object)
    said = pd.concat(states, ignore_index=True)
    listed = pd.MultiIndex.from_arrays([said["order"].astype(object), keys(said["phone"])])
    asked = pd.MultiIndex.from_arrays([order_ids.astype(object), keys(phones)])
    codes = said["delivery"].astype(object).set_axis(listed)
    return codes[~listed.duplicated()].reindex(asked).reset_index(drop=True)


def _begun(rows: pd.DataFrame, known: Known) -> NDArray[np.bool_]:
    """Whose next attempt has begun, without anything being sent yet: of the row's order, or of none."""
    position = find(rows["sms_phone"], known.people["phone"])
    people = known.people.take(position).reset_index(drop=True)
    pending = still_to_send(known).to_numpy()[position] & people["attempt"].gt(1).to_numpy()
    earlier = known.earlier
    if earlier is None or earlier.empty or not pending.any():
        return np.zeros(len(rows), dtype=bool)
    order_ids = known.batches["order_id"].astype(object).take(earlier["batch"].to_numpy())
    followed = pd.MultiIndex.from_arrays(
        [keys(earlier["phone"]), earlier["attempt"] + 1, order_ids.reset_index(drop=True)]
    )
    here = pd.MultiIndex.from_arrays(
        [keys(rows["sms_phone"]), people["attempt"], rows["sms_order_id"].astype(object)]
    )
    begun: NDArray[np.bool_] = pending & (here.isin(followed) | rows["sms_order_id"].isna().to_numpy())
    return begun


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
    position = find(typed["sms_phone"], known.people["phone"])
    now = outcomes(known, entry.name, run=owner, rows=position.clip(0) if len(known.people) else position[:0])
    if len(now) < len(typed) or (position < 0).any():  # withdrawn meanwhile, or an older state of the journal
        given = complete(typed)[[*COLUMNS]].reset_index(drop=True)
        erased = journal.forgotten.texted(entry.name, typed["sms_phone"])
        gone = _replaced_rows(_no_longer_journalled(given), given, erased)
        now = gone if len(now) < len(typed) else _replaced_rows(now, gone, position < 0)
    return attach(rows, validated("ResultsSchema", now))


def _no_longer_journalled(given: pd.DataFrame) -> pd.DataFrame:
    """Rows that the journal does not have any more, as they were given, with what is known of them now."""
    return given.assign(
        sms_status=pd.Categorical(["unconfirmed"] * len(given), dtype=DTYPES["sms_status"]),
        sms_code=pd.Categorical(["unconfirmed"] * len(given), dtype=DTYPES["sms_code"]),
        sms_reason=pd.Series(
            f"{CODES['unconfirmed']}; the journal no longer has this person",
            index=given.index,
            dtype=DTYPES["sms_reason"],
        ),
    )


def _replaced_rows(now: pd.DataFrame, gone: pd.DataFrame, where: NDArray[np.bool_]) -> pd.DataFrame:
    """The outcomes, with other rows in some places."""
    rows = np.where(where, np.arange(len(now)) + len(now), np.arange(len(now)))
    both = pd.concat([now.reset_index(drop=True), gone], ignore_index=True)
    return both.take(rows).reset_index(drop=True).astype(DTYPES)
