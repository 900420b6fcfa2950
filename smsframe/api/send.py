"""
Functions that cost money: send, and go on with what was stopped.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from smsframe.api.docstrings import explained
from smsframe.api.options import announce_journal, journal_of, policy_of, suppressed_numbers, with_policy
from smsframe.api.prepare import make_plan
from smsframe.api.run import Run
from smsframe.api.tracebacks import hide_frames, with_signature_of
from smsframe.campaign import send as campaign_send
from smsframe.campaign.changes.resend import resend as campaign_resend
from smsframe.campaign.changes.undo import UndoRun
from smsframe.campaign.options import ResendOptions, ResumeOptions, SendOptions
from smsframe.campaign.run_context import RunContext
from smsframe.contacts.columns import find_phone
from smsframe.contacts.tables import ArrowTable, as_frame
from smsframe.display.progress_bar import Bar
from smsframe.errors import ContactsError
from smsframe.gateway.smsend import Gateway
from smsframe.planning.options import PlanOptions
from smsframe.planning.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping
    from datetime import datetime, timedelta

    import pandas as pd

    from smsframe.api.options import JournalLocation, Suppress
    from smsframe.campaign.options import RunOptions
    from smsframe.contacts.policy import Policy
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.journal.journal import Journal
    from smsframe.orders.hours import Hours
    from smsframe.outcomes.schema import ContactsSchema

_CAMPAIGN = "The name under which nobody is texted twice; required, unless a `Plan` has it."
_PHONE = "The column of phone numbers; required, unless a `Plan` has it."
_CONTACTS = (
    "The people to text, one per row, in any frame, which is not changed; or a `Plan`, which is sent "
    "exactly as it was seen, so that no parameter of `plan` goes with it but ``gateway`` and ``journal``."
)
_NO_CAMPAIGN = "send needs campaign=, the name under which nobody is texted twice, such as 'autumn'"


@hide_frames
@explained(PlanOptions, SendOptions, contacts=_CONTACTS, campaign=_CAMPAIGN, phone=_PHONE)
def send(
    contacts: pd.DataFrame | ArrowTable | Plan,
    text: str | Mapping[Any, str | None] | None = None,
    *,
    campaign: str | None = None,
    phone: Hashable | None = None,
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
    gateway: GatewayProtocol | None = None,
    journal: JournalLocation | None = None,
    workers: int = 4,
    rate: float | None = None,
    grace: float = 30.0,
    refusals: Literal["split", "skip"] = "split",
    progress: bool = True,
) -> pd.DataFrame:
    """
    Text the people in a frame, once each, and know what became of every row.

    The same call again texts nobody and returns the first outcome. It may be stopped, or killed, at any
    moment: the same call, or `resume`, goes on where it was.

    Returns:
        The contacts with all result columns (`ResultsSchema`), same rows, same index.

    Raises:
        ContactsError, TextError, ValueError: As `plan`; nothing was sent.
        TypeError: There is no text, or something that is part of a `Plan` was given with one; nothing was
            sent.
        CampaignChanged: Another text, gateway or journal than the campaign's; nothing was sent by this call.
        ConfirmationMismatch, NotEnoughCredit: Nothing was sent by this call.
        GatewayError: Nothing could be accepted.
        CampaignStopped: It stopped on the way; ``.results`` is the full frame.
        JournalError: The journal cannot be written, so nothing is sent.

    Example:
        >>> people = pd.DataFrame({"mobile": ["+393471234567"], "name": ["Ada"]})
        >>> out = smsframe.send(
        ...     people, "Ciao {name}", campaign="autumn", phone="mobile", gateway=gateway, progress=False
        ... )
        >>> out["sms_status"].tolist()
        ['accepted']
    """
    keywords = locals()  # of all parameters of this call: see `plan`
    return send_plan(*_prepared(keywords))


@hide_frames
@explained(
    PlanOptions,
    SendOptions,
    contacts=_CONTACTS,
    campaign=_CAMPAIGN,
    phone=_PHONE,
    progress="False draws no progress bar; otherwise there is a live one where this is called.",
)
@with_signature_of(send)
def start(**keywords: Any) -> Run:
    """
    As `send`, in a thread of its own: the notebook stays free, and the `Run` that is returned tells how far.

    It returns as soon as people are about to be texted. Whatever can refuse a call before that is raised
    here: wrong input, another text than the campaign's, too little credit, a gateway that is down. With
    ``adopt`` it returns after the orders were taken over, which takes ``grace`` seconds.

    Returns:
        A `Run`: ``.facts()``, ``.results()``, ``.stop()``, ``.wait()``.

    Raises:
        SmsFrameError, ValueError, TypeError: As `send`, before the first order; nothing was sent. What comes
            later is raised by ``.wait()``.

    Example:
        >>> people = pd.DataFrame({"mobile": ["+393471234567"], "name": ["Ada"]})
        >>> run = smsframe.start(
        ...     people, "Ciao {name}", campaign="autumn", phone="mobile", gateway=gateway, progress=False
        ... )
        >>> run.wait()["sms_status"].tolist()
        ['accepted']
    """
    return start_plan(*_prepared(keywords))


@hide_frames
@explained(
    ResumeOptions,
    gateway="The `Gateway` that texts go to, which must be the campaign's own; `Gateway.from_env` when not "
    "given.",
)
def resume(
    campaign: str,
    *,
    gateway: GatewayProtocol | None = None,
    journal: JournalLocation | None = None,
    suppress: Suppress | None = None,
    region: str | None = None,
    confirm: int | None = None,
    unconfirmed: Literal["send", "accept"] | None = None,
    adopt: bool = False,
    policy: Policy | None = None,
    schedule: datetime | Hours | None = None,
    undo: timedelta | str | float | None = None,
    ramp: str | None = None,
    workers: int = 4,
    rate: float | None = None,
    grace: float = 30.0,
    refusals: Literal["split", "skip"] | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """
    Go on with a campaign from its journal alone: look up what is unconfirmed, text who is pending.

    Returns:
        One row per recipient in the journal, RangeIndex, result columns only.

    Raises:
        UnknownCampaign: There is no such campaign in this journal.
        SmsFrameError, ValueError: As `send`.

    Example:
        >>> smsframe.resume("spring", gateway=gateway, progress=False)["sms_status"].tolist()
        ['accepted']
    """
    options = with_policy(ResumeOptions.of(locals()))
    gateway = gateway or Gateway.from_env()
    memory = journal_of(journal, gateway)
    entry = memory.get(campaign)
    suppressed = suppressed_numbers(options.suppress, options.region, now=gateway.clock.now())
    undo = options.applied(entry.terms).undo
    with (
        _running(options, gateway, memory) as context,
        _taken_back_when_interrupted(UndoRun(context, campaign, undo)) as back,
    ):
        results = campaign_send.resume(entry, context, options=options, suppressed=suppressed)
        if context.stop_requested.is_set() and back.take():
            return campaign_send.recipients(memory, entry)
        return results


@hide_frames
@explained(
    ResendOptions,
    rows="Rows of results of this campaign: who is to be texted again, with ``sms_phone`` and "
    "``sms_order_id``; ``failed(retryable=True)`` gives them. The frame is not changed.",
    gateway="The `Gateway` that texts go to, which must be the campaign's own; `Gateway.from_env` when not "
    "given.",
)
def resend(
    campaign: str,
    rows: pd.DataFrame,
    *,
    gateway: GatewayProtocol | None = None,
    journal: JournalLocation | None = None,
    suppress: Suppress | None = None,
    region: str | None = None,
    policy: Policy | None = None,
    confirm: int | None = None,
    maybe_arrived: Literal["send"] | None = None,
    adopt: bool = False,
    workers: int = 4,
    rate: float | None = None,
    grace: float = 30.0,
    progress: bool = True,
) -> pd.DataFrame:
    """
    Text people again whom the text of a campaign did not reach, in the same campaign: a new attempt.

    The gateway is asked anew what became of each text. Who has it by now, may still get it, or is on an
    opt-out list is not texted. The attempt follows the order that the row names, so the same call again, or
    two at once, text nobody twice; an attempt that was begun and not sent goes on.

    Returns:
        The rows, with the outcome of the latest attempt (``sms_attempt``); the earlier ones stay in the
        journal.

    Raises:
        UnknownCampaign: There is no such campaign in this journal.
        ContactsError: A row is not of this campaign, or was never sent to.
        SmsFrameError, ValueError: As `send`.

    Example:
        >>> spring = smsframe.results("spring", journal=journal)
        >>> failed = smsframe.failed(spring, retryable=True)
        >>> len(smsframe.resend("spring", failed, gateway=gateway, progress=False))
        0
    """
    options = with_policy(ResendOptions.of(locals()))
    gateway = gateway or Gateway.from_env()
    memory = journal_of(journal, gateway)
    entry = memory.get(campaign)
    with _running(options, gateway, memory) as context:
        return campaign_resend(
            entry,
            context,
            rows=rows,
            options=options,
            suppressed=suppressed_numbers(options.suppress, options.region, now=gateway.clock.now()),
        )


def send_plan(plan: Plan, options: SendOptions, gateway: GatewayProtocol, journal: Journal) -> pd.DataFrame:
    """Send a plan, and return when it is over; see `send`."""
    with (
        _running(options, gateway, journal) as context,
        _taken_back_when_interrupted(UndoRun(context, plan.campaign or "", plan.terms.undo)) as back,
    ):
        results = campaign_send.send(plan, context, options=options)
        if context.stop_requested.is_set() and back.take():
            return campaign_send.so_far(plan, journal)
        return results


def start_plan(plan: Plan, options: SendOptions, gateway: GatewayProtocol, journal: Journal) -> Run:
    """Send a plan in a thread, and return when people are about to be texted; see `start`."""
    context = RunContext.of(options, gateway=gateway, journal=journal)
    run = Run(
        plan.campaign or "",
        partial(campaign_send.send, plan, options=options),
        context,
        now=partial(campaign_send.so_far, plan, journal),
        later=plan.later,
        back=UndoRun(context, plan.campaign or "", plan.terms.undo),
    )
    return run.begin(shown=options.progress)


def _prepared(keywords: Mapping[str, Any]) -> tuple[Plan, SendOptions, GatewayProtocol, Journal]:
    """The plan of a call that sends, or the one that it was given, with what it is sent with."""
    contacts, text = keywords["contacts"], keywords["text"]
    planning, sending = PlanOptions.of(keywords), SendOptions.of(keywords)
    if not isinstance(contacts, Plan):
        contacts = as_frame(contacts)
        _require(contacts, text, planning)
    elif text is not None or planning.given():
        extra = ["text", *planning.given()] if text is not None else planning.given()
        raise TypeError(
            f"a Plan is sent as it was seen, so {', '.join(f'{name}=' for name in extra)} cannot go with it: "
            "give text, campaign, phone and what else belongs to a plan to smsframe.plan"
        )
    elif contacts.campaign is None:
        raise ValueError(_NO_CAMPAIGN)
    else:  # what the environment allows now holds for a plan that was made before
        contacts = replace(contacts, policy=policy_of(contacts.policy))
    gateway = keywords["gateway"] or Gateway.from_env()
    journal = journal_of(keywords["journal"], gateway)
    if not isinstance(contacts, Plan):
        contacts = make_plan(contacts, text, planning, gateway=gateway, journal=journal)
    announce_journal(journal)
    return contacts, sending, gateway, journal


def _require(
    contacts: pd.DataFrame, text: str | Mapping[Any, str | None] | None, planning: PlanOptions
) -> None:
    """Refuse a call that leaves out what has no default where money is spent."""
    if text is None:
        raise TypeError("send needs the text people read: send(contacts, text, campaign=..., phone=...)")
    if planning.campaign is None:
        raise ValueError(_NO_CAMPAIGN)
    if planning.phone is None:
        guess, _ = find_phone(contacts, None)
        raise ContactsError(f"send needs phone=, the column to text; did you mean phone={guess!r}?")


@contextmanager
def _taken_back_when_interrupted(back: UndoRun) -> Iterator[UndoRun]:
    """Ctrl-C takes back what was sent with ``undo=``."""
    try:
        yield back
    except KeyboardInterrupt:
        back.take()
        raise


@contextmanager
def _running(options: RunOptions, gateway: GatewayProtocol, journal: Journal) -> Iterator[RunContext]:
    """The context of a run, which a progress bar follows until the block ends."""
    with journal.connected(), Bar("sending", "people", shown=options.progress) as bar:
        context = RunContext.of(options, gateway=gateway, journal=journal)
        yield replace(context, report=bar.update, started=bar.start)
