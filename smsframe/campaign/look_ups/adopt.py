"""
Takes over the orders of a campaign that the gateway lists and this journal does not know, and texts nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from smsframe.arrow import TEXT
from smsframe.campaign.look_ups.history_check import compare
from smsframe.journal.campaigns.conflicts import CampaignCall
from smsframe.orders.names import UNKNOWN_TEXT
from smsframe.orders.records import Now
from smsframe.orders.terms import Terms

if TYPE_CHECKING:
    from datetime import datetime

    from smsframe.campaign.run_context import RunContext

BATCH_SIZE = 1000
"""The batch size of a campaign whose own is not known: the default of `smsframe.send`."""


def adopt(campaign: str, listed: pd.DataFrame, since: datetime, context: RunContext) -> None:
    """
    Take over the orders of a campaign; of one that the journal does not have, its text stays unknown.

    Args:
        campaign: Its name.
        listed: Orders of it as the gateway lists them: ``message_type``, ``sender``.
        since: From when on.
        context: What it works with.

    Raises:
        Unavailable: The gateway did not say completely; nothing was taken over.
        CampaignChanged: It does not say who got an order, or the campaign belongs to another account.
    """
    gateway, journal, retry_policy = context.gateway, context.journal, context.retry_policy
    entry = journal.find(campaign)
    compared = compare(
        campaign,
        entry,
        gateway,
        journal,
        retry_policy,
        adopt=True,
        grace=context.grace,
        say=context.say,
        since=since,
        others=context.barred().journals[1:],
    )
    now = Now(*retry_policy.clock.span())
    nobody = pd.DataFrame({"phone": pd.array([], TEXT), "fields": pd.array([], TEXT)})
    nobody = nobody.assign(segments=pd.array([], "Int64"), encoding=pd.array([], TEXT))
    call = CampaignCall(gateway.base_url, gateway.account, UNKNOWN_TEXT, changed=True)
    with journal.owner() as owner:
        if entry is None:
            journal.registration.register(
                campaign,
                owner,
                call,
                terms=_terms(listed, context),
                batch_size=BATCH_SIZE,
                at_once=BATCH_SIZE,
                phones=nobody["phone"],
                waiting=nobody,
                compared=compared,
                now=now,
            )
            return
        stored = journal.read(campaign, call=call)
        journal.registration.register_resumption(
            stored.entry if stored is not None else entry,
            owner,
            compared,
            phones=nobody["phone"],
            waiting=nobody,
            confirmed_complete=False,
            rescheduled=False,
            now=now,
        )


def _terms(listed: pd.DataFrame, context: RunContext) -> Terms:
    """How its last order was sent, as far as the gateway says."""
    kinds = listed["message_type"].dropna()
    senders = listed["sender"].dropna()
    standard = context.gateway.profile.message_type("high").code
    return Terms(
        str(kinds.iloc[-1]) if len(kinds) else standard,
        str(senders.iloc[-1]) or None if len(senders) else None,
    )
