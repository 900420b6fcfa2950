"""
Functions about campaigns that were sent, which read the journal or ask the gateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe.api.docstrings import READS_ONLY, explained
from smsframe.api.options import journal_of
from smsframe.api.tracebacks import hide_frames
from smsframe.campaign import delivery, reports
from smsframe.campaign import send as campaign_send
from smsframe.campaign.options import RunOptions
from smsframe.display.progress_bar import Bar
from smsframe.gateway.retry import RetryPolicy
from smsframe.gateway.smsend import Gateway

if TYPE_CHECKING:
    import pandas as pd

    from smsframe.api.options import JournalLocation
    from smsframe.gateway.base import GatewayProtocol


@hide_frames
@explained(
    RunOptions,
    results="A frame with at least ``sms_order_id`` and ``sms_phone``, in any order of columns; it is not "
    "changed.",
    gateway="The `Gateway` that the texts went to; `Gateway.from_env` when not given.",
    workers="Questions under way at once, 1 to 64.",
)
def refresh(
    results: pd.DataFrame, *, gateway: GatewayProtocol | None = None, workers: int = 4, progress: bool = True
) -> pd.DataFrame:
    """
    Ask the gateway for delivery states and join them to the rows.

    Returns:
        The frame with ``sms_delivery`` (the gateway's code) and ``sms_delivered_at`` (UTC); if it has
        ``sms_status``, with all result columns (`ResultsSchema`). Rows with a final state are not asked for
        again.

    Raises:
        ContactsError: The frame has no such columns.
        GatewayError: The gateway did not answer; the frame you have is still true.

    Example:
        >>> spring = smsframe.results("spring", journal=journal)
        >>> smsframe.refresh(spring, gateway=gateway, progress=False)["sms_delivery"].notna().tolist()
        [True]
    """
    options = RunOptions.of(locals())
    gateway = gateway or Gateway.from_env()
    with Bar("asking", "orders", shown=options.progress) as bar:
        if options.progress and "sms_order_id" in results:
            bar.start(int(results["sms_order_id"].nunique()))
        return delivery.refresh(
            results,
            gateway,
            workers=options.workers,
            retry_policy=RetryPolicy(clock=gateway.clock),
            report=bar.advance,
        )


@hide_frames
@explained(gateway=READS_ONLY)
def results(
    campaign: str, *, gateway: GatewayProtocol | None = None, journal: JournalLocation | None = None
) -> pd.DataFrame:
    """
    What the journal knows of a campaign: one row per recipient, RangeIndex, result columns only.

    Raises:
        UnknownCampaign: There is no such campaign in this journal.
        JournalError: The journal cannot be read.

    Example:
        >>> smsframe.results("spring", journal=journal)["sms_status"].tolist()
        ['accepted']
    """
    memory = journal_of(journal, gateway)
    return campaign_send.recipients(memory, memory.get(campaign))


@hide_frames
@explained(gateway=READS_ONLY)
def campaigns(
    *, gateway: GatewayProtocol | None = None, journal: JournalLocation | None = None
) -> pd.DataFrame:
    """
    The campaigns of a journal: one row each, with people by status and the credits charged.

    Raises:
        JournalError: The journal cannot be read.

    Example:
        >>> smsframe.campaigns(journal=journal)[["campaign", "accepted"]].values.tolist()
        [['spring', 1]]
    """
    return reports.campaigns(journal_of(journal, gateway))


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
    return campaign_send.withdraw(memory, memory.get(campaign))
