"""
Functions about campaigns that were sent, which read the journal or ask the gateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe.api.docstrings import READS_ONLY, explained
from smsframe.api.options import journal_of, policy_of
from smsframe.api.privacy import hashed_results
from smsframe.api.tracebacks import hide_frames
from smsframe.campaign import send as campaign_send
from smsframe.campaign.options import RefreshOptions
from smsframe.campaign.reports import campaigns as reports
from smsframe.campaign.reports import left_over
from smsframe.campaign.reports import refresh as campaign_refresh
from smsframe.campaign.reports.explain import explain as explain_row
from smsframe.contacts.policy import Policy, costs_of
from smsframe.display.progress_bar import Bar
from smsframe.gateway import environment
from smsframe.gateway.retry import RetryPolicy
from smsframe.gateway.smsend import Gateway
from smsframe.journal.privacy.purging import require_people

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import timedelta

    import pandas as pd

    from smsframe.api.options import JournalLocation
    from smsframe.gateway.base import GatewayProtocol


@hide_frames
@explained(
    RefreshOptions,
    results="A frame with at least ``sms_order_id`` and ``sms_phone``, in any order of columns; it is not "
    "changed.",
    gateway="The `Gateway` that the texts went to; `Gateway.from_env` when not given.",
)
def refresh(
    results: pd.DataFrame,
    *,
    gateway: GatewayProtocol | None = None,
    journal: JournalLocation | None = None,
    until: timedelta | str | None = None,
    every: timedelta | str | float | None = None,
    workers: int = 4,
    progress: bool = True,
) -> pd.DataFrame:
    """
    Ask the gateway for delivery states, join them to the rows, and remember them in the journal.

    The same call of `smsframe.send` again, `smsframe.results` and `smsframe.resume` show them from there.
    Rows with a final state are not asked for again. Ctrl-C ends it, and what was answered until then stays in
    the journal. Orders that the journal does not have, as those of another machine, are joined to these rows
    only.

    Returns:
        The frame with ``sms_delivery`` (the gateway's code) and ``sms_delivered_at`` (UTC); if it has
        ``sms_status``, with all result columns (`ResultsSchema`), where a text that failed says why.

    Raises:
        ContactsError: The frame has no such columns.
        GatewayError: The gateway did not answer; the frame you have is still true.
        JournalError: The journal has these orders and cannot be written.

    Example:
        >>> spring = smsframe.results("spring", journal=journal)
        >>> smsframe.refresh(spring, gateway=gateway, progress=False)["sms_delivery"].notna().tolist()
        [True]
        >>> smsframe.results("spring", journal=journal)["sms_delivery"].notna().tolist()
        [True]
    """
    options = RefreshOptions.of(locals())
    gateway = gateway or Gateway.from_env()
    with Bar("asking", "orders", shown=options.progress, monotonic=gateway.clock.monotonic) as bar:
        return campaign_refresh.refresh(
            results,
            gateway,
            journal_of(journal, gateway),
            options=options,
            retry_policy=RetryPolicy(clock=gateway.clock),
            progress=campaign_refresh.Progress(bar.start, bar.advance),
        )


@hide_frames
@explained(
    gateway=READS_ONLY,
    hashed="Whether ``sms_person``, a keyed hash by which frames are joined, is there instead of the number.",
)
def results(
    campaign: str,
    *,
    hashed: bool = False,
    gateway: GatewayProtocol | None = None,
    journal: JournalLocation | None = None,
) -> pd.DataFrame:
    """
    What the journal knows of a campaign: one row per recipient, RangeIndex, result columns only.

    Raises:
        UnknownCampaign: There is no such campaign in this journal.
        CampaignChanged: Its people were erased by `purge`.
        JournalError: The journal cannot be read.

    Example:
        >>> smsframe.results("spring", journal=journal)["sms_status"].tolist()
        ['accepted']
    """
    memory = journal_of(journal, gateway)
    entry = memory.get(campaign)
    require_people(entry)
    found = campaign_send.recipients(memory, entry)
    if not hashed:
        return found
    memory.forgotten.require_same_key()
    return hashed_results(found)


@hide_frames
@explained(
    results="A frame of results; it is not changed.",
    row="The label of one of its rows, as ``results.index`` has it.",
    gateway=READS_ONLY,
)
def explain(
    results: pd.DataFrame,
    row: Hashable,
    *,
    gateway: GatewayProtocol | None = None,
    journal: JournalLocation | None = None,
) -> pd.DataFrame:
    """
    The story of one recipient: each step, its time and its evidence.

    Returns:
        In the order of time: ``at`` (UTC; missing of what is said of the row itself), ``attempt``,
        ``order_id``, ``step`` (a sentence) and ``evidence`` (what was asked and answered). The phone number
        is nowhere in it.

    Raises:
        ContactsError: There is no such row, or several have that label.
        UnknownCampaign: The row's campaign is not in this journal.
        JournalError: The journal cannot be read.

    Example:
        >>> spring = smsframe.results("spring", journal=journal)
        >>> smsframe.explain(spring, 0, journal=journal)["step"].iloc[-1]
        'the gateway accepted the order'
    """
    return explain_row(results, row, journal_of(journal, gateway))


@hide_frames
@explained(gateway=READS_ONLY)
def campaigns(
    *, gateway: GatewayProtocol | None = None, journal: JournalLocation | None = None
) -> pd.DataFrame:
    """
    The campaigns of a journal: one row each, with people by status and the credits charged.

    Returns:
        RangeIndex, the oldest first: ``campaign``, ``gateway``, ``account`` (string), ``created_at``
        (datetime64[us, UTC]), ``recipients`` and a count for each status (Int64; who waits and is on a list
        of opt-outs, or is held out, is ``suppressed``, as in `results`), ``credits`` (Float64; what its
        orders were charged, of earlier attempts too; not those of cancelled orders, which `costs` has), and
        ``purged_at`` (datetime64[us, UTC]): when its numbers and texts were erased (`purge`), missing of
        the others. Its counts are 0 then, its ``credits`` are still what its orders were charged, and nothing
        is sent in it any more.

    Raises:
        JournalError: The journal cannot be read.

    Example:
        >>> smsframe.campaigns(journal=journal)[["campaign", "accepted"]].values.tolist()
        [['spring', 1]]
    """
    return reports.campaigns(journal_of(journal, gateway))


@hide_frames
@explained(
    gateway=READS_ONLY,
    policy="The `Policy` whose prices are used; its budget is not. Without prices everything is in credits.",
)
def costs(
    campaign: str,
    *,
    policy: Policy | None = None,
    gateway: GatewayProtocol | None = None,
    journal: JournalLocation | None = None,
) -> pd.DataFrame:
    """
    What a campaign was predicted to cost, and what it was charged: one row per order, of all attempts.

    Returns:
        RangeIndex: ``order_id``, ``sent_at`` (UTC), ``quality`` (or the message type), ``segments``,
        ``credits`` (charged, as the gateway wrote it), ``predicted`` and ``charged`` (by the prices, or in
        credits) and ``currency``; amounts are Decimals, missing where they are not known, so that sums are
        exact. The ``sms_credits`` of the rows of an order add up to its ``credits``.

    Raises:
        UnknownCampaign: There is no such campaign in this journal.
        JournalError: The journal cannot be read.

    Example:
        >>> smsframe.costs("spring", journal=journal)[["segments", "predicted", "charged"]].values.tolist()
        [[1, Decimal('1.00'), Decimal('1.00')]]
    """
    memory = journal_of(journal, gateway)
    profile = environment.profile() if gateway is None else gateway.profile
    return reports.costs(memory, memory.get(campaign), costs_of(policy_of(policy) or Policy(), profile))


@hide_frames
@explained(gateway=READS_ONLY)
def withdraw(
    campaign: str, *, gateway: GatewayProtocol | None = None, journal: JournalLocation | None = None
) -> pd.DataFrame:
    """
    Drop the people of a campaign who were not texted yet; they are returned, and nobody else is touched.

    Raises:
        UnknownCampaign: There is no such campaign in this journal.
        JournalError: The journal cannot be written.

    Example:
        >>> len(smsframe.withdraw("spring", journal=journal))
        0
    """
    memory = journal_of(journal, gateway)
    return left_over.withdraw(memory, memory.get(campaign))
