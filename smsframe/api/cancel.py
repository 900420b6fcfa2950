"""
Functions that take scheduled texts back, or move them to another time.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pandas as pd

from smsframe.api.docstrings import explained
from smsframe.api.options import journal_of, suppressed_numbers, with_policy
from smsframe.api.tracebacks import hide_frames
from smsframe.campaign.changes.cancel import cancel as campaign_cancel
from smsframe.campaign.changes.cancel import joined, one_campaign
from smsframe.campaign.changes.reschedule import reschedule as campaign_reschedule
from smsframe.campaign.options import CancelOptions, RescheduleOptions
from smsframe.campaign.run_context import RunContext
from smsframe.display.progress_bar import Bar
from smsframe.gateway.retry import RetryPolicy
from smsframe.gateway.smsend import Gateway

if TYPE_CHECKING:
    from datetime import datetime

    from smsframe.api.options import JournalLocation, Suppress
    from smsframe.contacts.policy import Policy
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.orders.hours import Hours

_GATEWAY = "The `Gateway` that the texts went to; `Gateway.from_env` when not given."


@hide_frames
@explained(
    CancelOptions,
    campaign="The name of the campaign, all of whose scheduled orders are cancelled; or results of it, as "
    "`send` returns them: then the orders of these rows, which must have nobody else in them.",
    gateway=_GATEWAY,
)
def cancel(
    campaign: str | pd.DataFrame,
    *,
    gateway: GatewayProtocol | None = None,
    journal: JournalLocation | None = None,
    unconfirmed: Literal["cancelled", "accept"] | None = None,
    workers: int = 4,
    grace: float = 30.0,
    progress: bool = True,
) -> pd.DataFrame:
    """
    Cancel the scheduled texts of a campaign, and prove that they do not go out.

    Each order is asked to be cancelled (DELETE ``sms/{order_id}``), unless its time comes within ``grace``.
    No source says how a cancelled order shows, so a yes of the gateway is not enough: the order must
    also be gone when it is looked up twice, ``grace`` seconds apart, before its time; or each of its texts
    must have a state that means never sent. Then its people are ``cancelled``, and no call but `reschedule`
    texts them. Whatever is less leaves them ``unconfirmed``: the text may still go out, and this call again
    asks again, and where the provider can tell you what became of it, ``unconfirmed=`` is your word. Whether
    credits come back is documented nowhere.

    Returns:
        For a name one row per recipient in the journal, RangeIndex, result columns only; for results their
        rows, with what is known of each now. Who was left alone has the reason in ``sms_reason``.

    Raises:
        UnknownCampaign: There is no such campaign in this journal.
        ContactsError: The rows are of no campaign, or of several; or their orders have other people too.
        ValueError: The gateway cannot cancel orders.
        GatewayError: It could not be asked; what was cancelled before is in the journal.
        JournalError: The journal cannot be written, so nothing is cancelled.

    Example:
        >>> smsframe.cancel("spring", gateway=gateway, progress=False)["sms_status"].tolist()
        ['accepted']
    """
    options = CancelOptions.of(locals())
    rows = campaign if isinstance(campaign, pd.DataFrame) else None
    if rows is None and not isinstance(campaign, str):
        raise TypeError("cancel needs the campaign's name, or rows of its results")
    name = one_campaign(rows) if rows is not None else str(campaign)
    gateway = gateway or Gateway.from_env()
    memory = journal_of(journal, gateway)
    entry = memory.get(name)
    with Bar("cancelling", "orders", shown=options.progress, monotonic=gateway.clock.monotonic) as bar:
        context = RunContext(
            gateway=gateway,
            journal=memory,
            workers=options.workers,
            grace=options.grace,
            retry_policy=RetryPolicy(clock=gateway.clock),
        )
        results = campaign_cancel(
            entry,
            context,
            rows=rows,
            unconfirmed=options.unconfirmed,
            begin=bar.start,
            advance=bar.advance,
            stop=threading.Event(),
        )
    return results if rows is None else joined(rows, results)


@hide_frames
@explained(
    RescheduleOptions,
    when="When the texts go out: a datetime with a time zone, or `Hours`.",
    gateway=_GATEWAY,
)
def reschedule(
    campaign: str,
    when: datetime | Hours,
    *,
    gateway: GatewayProtocol | None = None,
    journal: JournalLocation | None = None,
    suppress: Suppress | None = None,
    region: str | None = None,
    policy: Policy | None = None,
    confirm: int | None = None,
    adopt: bool = False,
    workers: int = 4,
    rate: float | None = None,
    grace: float = 30.0,
    progress: bool = True,
) -> pd.DataFrame:
    """
    Text those people of a campaign at another time whose text was cancelled: a new attempt.

    Only what is proven cancelled (`cancel`) is sent again; the gateway is asked once more whether it lists
    one of those orders. Who is on an opt-out list is not texted. The attempt follows the order that was
    cancelled, so the same call again, or two at once, text nobody twice; an attempt that was begun and not
    sent goes on.

    Returns:
        One row per recipient in the journal, RangeIndex, result columns only.

    Raises:
        UnknownCampaign: There is no such campaign in this journal.
        SmsFrameError, ValueError: As `send`.

    Example:
        >>> from datetime import datetime, timedelta, timezone
        >>> tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
        >>> smsframe.reschedule("spring", tomorrow, gateway=gateway, progress=False)["sms_status"].tolist()
        ['accepted']
    """
    options = with_policy(RescheduleOptions.of(locals()))
    if not isinstance(campaign, str):
        raise TypeError("reschedule needs the campaign's name, as in sms_campaign of its results")
    gateway = gateway or Gateway.from_env()
    memory = journal_of(journal, gateway)
    entry = memory.get(campaign)
    with Bar("sending", "people", shown=options.progress) as bar:
        context = RunContext.of(options, gateway=gateway, journal=memory)
        return campaign_reschedule(
            entry,
            replace(context, report=bar.update, started=bar.start),
            when=when,
            options=options,
            suppressed=suppressed_numbers(options.suppress, options.region, now=gateway.clock.now()),
        )
