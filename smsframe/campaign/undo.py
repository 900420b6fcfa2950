"""
Takes back what a call has just sent with ``undo=``: its orders wait at the gateway, and are cancelled.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from smsframe.campaign.cancel import cancel
from smsframe.campaign.send import recipients
from smsframe.formatting import duration, many

if TYPE_CHECKING:
    from datetime import timedelta

    from smsframe.campaign.run_context import RunContext

GRACES = 4
"""How many times ``grace`` the span must be: orders leave while half of it is left, and proof takes two."""


class TakingBack:
    """
    What a call sends, so that it can be taken back when the call is stopped.

    Made before the call begins: orders that were there before are none of its own.

    Args:
        context: What the call works with.
        campaign: What it sends.
        undo: How long that can be taken back; None for what is not to be.

    Raises:
        ValueError: The time is too short for any order to be taken back, or the gateway cannot cancel.
    """

    def __init__(self, context: RunContext, campaign: str, undo: timedelta | None) -> None:
        self._context, self._campaign, self._undo = context, campaign, undo
        if undo is None:
            return
        least = GRACES * context.grace
        if undo.total_seconds() < least:
            raise ValueError(
                f"undo= must be {duration(least)} at least, {GRACES} times grace=: in less time no text can "
                "be taken back with proof; nothing was sent"
            )
        if not context.gateway.profile.cancels:
            raise ValueError("undo= is of no use: this gateway cannot cancel orders; nothing was sent")
        self._before = frozenset(context.journal.orders.of(campaign)["order_id"])

    def take(self) -> bool:
        """
        Cancel the orders of the call that wait at the gateway, as `smsframe.cancel` does; whether there were
        any.
        """
        if self._undo is None:
            return False
        # The call was stopped, by the event of its context; this goes on until somebody stops it too.
        context = replace(self._context, report=lambda _: None).stopped_by(None)
        entry = context.journal.get(self._campaign)
        results = recipients(context.journal, entry)
        orders = results["sms_order_id"][results["sms_status"].eq("scheduled")].dropna()
        own = results["sms_order_id"].isin(orders[~orders.isin(self._before)]).fillna(value=False)
        if not own.any():
            return False
        results = cancel(entry, context, rows=results[own.to_numpy(dtype=bool)])
        statuses = results["sms_status"].value_counts()
        left = len(results) - statuses["cancelled"]
        context.say(
            f"taken back: {many(int(statuses['cancelled']), 'text')}"
            + (f"; not proven of {many(left, 'other')}: smsframe.cancel asks again" if left else "")
        )
        return True
