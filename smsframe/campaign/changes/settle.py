"""
Looks up scheduled orders that nobody is sure of, so that they can be cancelled; nobody is sent to.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from smsframe.campaign.dispatch import resuming
from smsframe.errors import SmsFrameError
from smsframe.orders.states import State

if TYPE_CHECKING:
    from collections.abc import Collection

    from smsframe.campaign.run_context import RunContext
    from smsframe.orders.records import CampaignRecord
    from smsframe.outcomes.join import Known


def settle_scheduled(
    entry: CampaignRecord, context: RunContext, known: Known, order_ids: Collection[str] | None
) -> None:
    """
    Look up the scheduled orders of a campaign that may have been accepted, as `resume` does.

    One that is there is accepted then. The people of one that is proven absent are pending: as nobody may be
    texted by this, it is not sent again.

    Args:
        entry: The campaign.
        context: What is worked with.
        known: What the journal has of it.
        order_ids: The orders that are wanted; all when None.
    """
    batches = known.batches
    in_doubt = batches["state"].isin([State.SENDING, State.UNCONFIRMED]) & batches["schedule_at"].notna()
    in_doubt &= ~batches["owner_alive"].astype(bool)
    if order_ids is not None:
        in_doubt &= batches["order_id"].isin(list(order_ids)).fillna(value=False)
    if not in_doubt.any():
        return
    silent = replace(context, report=lambda _: None, started=lambda _: None)
    nobody_may_be_texted = pd.Index(known.people["phone"])
    try:
        with resuming(entry, known, silent, suppressed=nobody_may_be_texted, barred=context.barred()) as (
            engine,
            _,
        ):
            engine.run()
    except SmsFrameError as error:
        context.say(f"orders that may have been accepted could not be looked up: {error}")
