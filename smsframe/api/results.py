"""
What the journal and the gateway say of campaigns: results, deliveries, people withdrawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe.api.options import journal_of, sensible
from smsframe.api.tracebacks import public
from smsframe.campaign import delivery, reports, send
from smsframe.display.progress_bar import Bar
from smsframe.gateway.retry import Patience
from smsframe.gateway.smsend import Gateway

if TYPE_CHECKING:
    import pandas as pd

    from smsframe.api.options import Where


@public
def refresh(
    results: pd.DataFrame, *, gateway: Gateway | None = None, workers: int = 4, progress: bool = True
) -> pd.DataFrame:
    """
    Ask the gateway for delivery states and join them to the rows.

    Args:
        results: A frame with at least ``sms_order_id`` and ``sms_phone``, in any order of columns; it is not
            changed.
        gateway: As in `send`.
        workers: Questions under way at once.
        progress: False draws no bar.

    Returns:
        The frame with ``sms_delivery`` (the gateway's code) and ``sms_delivered_at`` (UTC); if it has
        ``sms_status``, with all result columns (`ResultsSchema`). Rows with a final state are not asked for
        again.

    Raises:
        ContactsError: The frame has no such columns.
        GatewayError: The gateway did not say; the frame you have is still true.

    Example:
        >>> spring = smsframe.results("spring", journal=journal)
        >>> smsframe.refresh(spring, gateway=gateway, progress=False)["sms_delivery"].notna().tolist()
        [True]
    """
    gateway = gateway or Gateway.from_env()
    sensible(workers, 0.0)
    with Bar("asking", "orders", shown=progress) as bar:
        if progress and "sms_order_id" in results:
            bar.start(int(results["sms_order_id"].nunique()))
        return delivery.refresh(results, gateway, workers=workers, patience=Patience(), report=bar.advance)


@public
def results(campaign: str, *, gateway: Gateway | None = None, journal: Where | None = None) -> pd.DataFrame:
    """
    What the journal knows of a campaign: one row per recipient, RangeIndex, result columns only.

    Args:
        campaign: Its name.
        gateway: Whose own journal is read, if it has one, as a sandbox's has; nothing is asked.
        journal: As in `send`.

    Raises:
        UnknownCampaign: There is no such campaign in this journal.
        JournalError: The journal cannot be read.

    Example:
        >>> smsframe.results("spring", journal=journal)["sms_status"].tolist()
        ['accepted']
    """
    memory = journal_of(journal, gateway)
    return send.recipients(memory, memory.get(campaign))


@public
def campaigns(*, gateway: Gateway | None = None, journal: Where | None = None) -> pd.DataFrame:
    """
    The campaigns of a journal: one row each, with people by status and the credits charged.

    Args:
        gateway: As in `results`.
        journal: As in `send`.

    Raises:
        JournalError: The journal cannot be read.

    Example:
        >>> smsframe.campaigns(journal=journal)[["campaign", "accepted"]].values.tolist()
        [['spring', 1]]
    """
    return reports.campaigns(journal_of(journal, gateway))


@public
def withdraw(campaign: str, *, gateway: Gateway | None = None, journal: Where | None = None) -> pd.DataFrame:
    """
    Drop the people of a campaign who were not texted yet; they are returned, and nobody else is touched.

    Args:
        campaign: Its name.
        gateway: As in `results`.
        journal: As in `send`.

    Raises:
        UnknownCampaign: There is no such campaign in this journal.
        JournalError: The journal cannot be written.

    Example:
        >>> len(smsframe.withdraw("spring", journal=journal))
        0
    """
    memory = journal_of(journal, gateway)
    return send.withdraw(memory, memory.get(campaign))
