"""
What costs money: send, and go on with what was stopped.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from smsframe.api.options import journal_of, say_journal, sensible, suppressed
from smsframe.api.prepare import planned_to_send
from smsframe.api.run import Run
from smsframe.api.tracebacks import called_as, public
from smsframe.campaign import send as campaign_send
from smsframe.campaign.run_context import RunContext
from smsframe.display.progress_bar import Bar
from smsframe.gateway.smsend import Gateway
from smsframe.orders.terms import aware

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime

    import pandas as pd

    from smsframe.api.options import Suppress, Where
    from smsframe.outcomes.schema import ContactsSchema
    from smsframe.planning.plan import Plan


@public
def send(
    contacts: pd.DataFrame | Plan,
    text: str | None = None,
    *,
    campaign: str | None = None,
    phone: Hashable | None = None,
    region: Hashable | None = None,
    numbers: Literal["mobile", "valid", "possible"] = "mobile",
    schema: type[ContactsSchema] | None = None,
    sender: str | None = None,
    quality: Literal["high", "medium", "low"] = "high",
    message_type: str | None = None,
    schedule: datetime | None = None,
    suppress: Suppress | None = None,
    max_segments: int | None = None,
    batch_size: int = 1000,
    text_fix: Literal["gsm", "gsm+letters"] | None = None,
    confirm: int | None = None,
    changed: Literal["continue"] | None = None,
    adopt: bool = False,
    gateway: Gateway | None = None,
    journal: Where | None = None,
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

    Args:
        contacts: The frame; or a `Plan`, which is sent exactly as it was seen.
        text: What people read, as in `plan`.
        campaign: The name under which nobody is texted twice; required.
        phone: The column of phone numbers; required.
        region: As in `plan`, like all up to ``text_fix``; none of them goes with a `Plan`.
        numbers: As in `plan`.
        schema: As in `plan`.
        sender: As in `plan`.
        quality: As in `plan`.
        message_type: As in `plan`.
        schedule: As in `plan`; it must not have passed for people who would go out now.
        suppress: As in `plan`.
        max_segments: As in `plan`.
        batch_size: As in `plan`.
        text_fix: As in `plan`; what it replaced is in ``plan.fixed``.
        confirm: Refuse unless exactly so many people are ready or have an outcome already.
        changed: ``"continue"`` sends a changed text to those who have none yet.
        adopt: Take over the orders of this campaign that the gateway has and this journal does not know,
            when the journal they were sent from is lost; such a campaign is refused otherwise.
        gateway: Where it goes; `Gateway.from_env` when not given.
        journal: Where it is remembered: a path, URL or `Journal`; else the gateway's own, else
            ``SMSFRAME_JOURNAL``, else a file in your data directory.
        workers: Orders under way at once.
        rate: Recipients per second at most.
        grace: Seconds within which an order that the gateway took becomes visible to it.
        refusals: What becomes of an order with numbers that the gateway refuses. ``"split"``: it is refused
            whole, and halved until they are found, at up to two orders per number and halving. ``"skip"``:
            the gateway leaves them out (``allowInvalidRecipients``), at one order and one question. Only who
            is listed there as refused is ``rejected``, who is not listed stays ``unconfirmed``, and an order
            that is refused all the same stops the campaign. Kept with each order, and for `resume`.
        progress: False draws no bar.

    Returns:
        The contacts with all result columns (`ResultsSchema`), same rows, same index.

    Raises:
        ContactsError, TextError, ValueError: As `plan`; nothing was sent.
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
    sensible(workers, grace, rate)
    gateway = gateway or Gateway.from_env()
    memory = journal_of(journal, gateway)
    made = planned_to_send(
        contacts,
        text,
        campaign=campaign,
        phone=phone,
        region=region,
        numbers=numbers,
        schema=schema,
        sender=sender,
        quality=quality,
        message_type=message_type,
        schedule=schedule,
        suppress=suppress,
        max_segments=max_segments,
        batch_size=batch_size,
        text_fix=text_fix,
        gateway=gateway,
        journal=memory,
    )
    made = replace(made, terms=made.terms.with_refusals(refusals))
    say_journal(memory)
    context = RunContext(gateway=gateway, journal=memory, workers=workers, rate=rate, grace=grace)
    with Bar("sending", "people", shown=progress) as bar:
        context = replace(context, report=bar.tick, started=bar.start)
        return campaign_send.send(
            made,
            context,
            confirm=confirm,
            changed=changed == "continue",
            adopt=adopt,
        )


@public
@called_as(send)
def start(
    contacts: pd.DataFrame | Plan,
    text: str | None = None,
    *,
    confirm: int | None = None,
    changed: Literal["continue"] | None = None,
    adopt: bool = False,
    gateway: Gateway | None = None,
    journal: Where | None = None,
    workers: int = 4,
    rate: float | None = None,
    grace: float = 30.0,
    refusals: Literal["split", "skip"] = "split",
    progress: bool = True,
    **planned: Any,
) -> Run:
    """
    As `send`, in a thread of its own: the notebook stays free, and the `Run` that is returned tells how far.

    It returns as soon as people are about to be texted. Whatever can refuse a call before that is raised
    here: wrong input, another text than the campaign's, too little credit, a gateway that is down.

    Args:
        contacts: As in `send`.
        text: As in `send`.
        confirm: As in `send`.
        changed: As in `send`.
        adopt: As in `send`; it returns after the orders were taken over, which takes ``grace`` seconds.
        gateway: As in `send`.
        journal: As in `send`.
        workers: As in `send`.
        rate: As in `send`.
        grace: As in `send`.
        refusals: As in `send`.
        progress: False draws no bar; otherwise there is a live one, here.
        planned: The others of `send`.

    Returns:
        A `Run`: ``.facts()``, ``.results()``, ``.stop()``, ``.wait()``.

    Raises:
        SmsFrameError, ValueError: As `send`, before the first order; nothing was sent. What comes later is
            raised by ``.wait()``.

    Example:
        >>> people = pd.DataFrame({"mobile": ["+393471234567"], "name": ["Ada"]})
        >>> run = smsframe.start(
        ...     people, "Ciao {name}", campaign="autumn", phone="mobile", gateway=gateway, progress=False
        ... )
        >>> run.wait()["sms_status"].tolist()
        ['accepted']
    """
    sensible(workers, grace, rate)
    gateway = gateway or Gateway.from_env()
    memory = journal_of(journal, gateway)
    made = planned_to_send(contacts, text, gateway=gateway, journal=memory, **planned)
    made = replace(made, terms=made.terms.with_refusals(refusals))
    say_journal(memory)
    run = Run(
        made.campaign or "",
        partial(campaign_send.send, made, confirm=confirm, changed=changed == "continue", adopt=adopt),
        RunContext(gateway=gateway, journal=memory, workers=workers, rate=rate, grace=grace),
        now=partial(campaign_send.so_far, made, memory),
        later=made.terms.schedule is not None,
    )
    return run.begin(shown=progress)


@public
def resume(
    campaign: str,
    *,
    gateway: Gateway | None = None,
    journal: Where | None = None,
    suppress: Suppress | None = None,
    region: str | None = None,
    confirm: int | None = None,
    unconfirmed: Literal["send", "accept"] | None = None,
    adopt: bool = False,
    schedule: datetime | None = None,
    workers: int = 4,
    rate: float | None = None,
    grace: float = 30.0,
    refusals: Literal["split", "skip"] | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """
    Go on with a campaign from its journal alone: look up what is unconfirmed, text who is pending.

    Args:
        campaign: Its name.
        gateway: As in `send`; it must be the campaign's own.
        journal: As in `send`.
        suppress: Numbers nobody may text as of now; those people stay pending.
        region: ISO code of the country of those in national form.
        confirm: Refuse unless exactly so many people are pending.
        unconfirmed: What *you* say of orders that stay unconfirmed after they were looked up: ``"send"``
            texts their people (again, if they were), ``"accept"`` takes them as accepted. It is recorded.
        adopt: As in `send`: take over orders of this campaign that the gateway has and this journal does not
            know, as after an older copy of the journal was put back.
        schedule: Another time for who is pending, with a time zone, as when the campaign's own has passed.
        workers: As in `send`.
        rate: As in `send`.
        grace: As in `send`.
        refusals: As in `send`, for who is pending; as the campaign's last call wanted it when not given.
            Orders that may have left keep what they were sent with.
        progress: As in `send`.

    Returns:
        One row per recipient in the journal, RangeIndex, result columns only.

    Raises:
        UnknownCampaign: There is no such campaign in this journal.
        SmsFrameError: As `send`.

    Example:
        >>> smsframe.resume("spring", gateway=gateway, progress=False)["sms_status"].tolist()
        ['accepted']
    """
    sensible(workers, grace, rate)
    if unconfirmed not in (None, "send", "accept"):
        raise ValueError(f'unconfirmed={unconfirmed!r} must be "send" or "accept"')
    gateway = gateway or Gateway.from_env()
    memory = journal_of(journal, gateway)
    entry = memory.get(campaign)
    if schedule is not None:
        entry = replace(entry, terms=replace(entry.terms, schedule=aware(schedule)))
    if refusals is not None:
        entry = replace(entry, terms=entry.terms.with_refusals(refusals))
    context = RunContext(gateway=gateway, journal=memory, workers=workers, rate=rate, grace=grace)
    with Bar("sending", "people", shown=progress) as bar:
        context = replace(context, report=bar.tick, started=bar.start)
        return campaign_send.resume(
            entry,
            context,
            suppressed=suppressed(suppress, region),
            confirm=confirm,
            unconfirmed=unconfirmed,
            adopt=adopt,
        )
