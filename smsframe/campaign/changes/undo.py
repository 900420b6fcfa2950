"""
Takes back what a call has just sent with ``undo=``: its orders wait at the gateway, and are cancelled.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from smsframe.campaign.changes.cancel import cancel
from smsframe.campaign.send import recipients
from smsframe.errors import SmsFrameError
from smsframe.formatting import duration, many
from smsframe.orders.records import ProgressEvent
from smsframe.orders.states import State

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from smsframe.campaign.run_context import RunContext

STATES = {
    "scheduled": State.ACCEPTED,
    "unconfirmed": State.UNCONFIRMED,
    "pending": State.PLANNED,
    "cancelled": State.CANCELLED,
}
"""Where people are in the progress of a run, by what their rows say."""

GRACES = 4
"""How many times ``grace`` the span must be: orders leave while half of it is left, and proof takes two."""


class UndoRun:
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
        self._before = self._attempts()

    def take(self, report: Callable[[ProgressEvent], None] | None = None) -> bool:
        """
        Cancel the orders of the call that wait at the gateway, as `smsframe.cancel` does; whether there were
        any. What cannot be taken back is said.

        Args:
            report: Is called with what became of how many; the context's own when None.
        """
        if self._undo is None:
            return False
        try:
            return self._take(report)
        except KeyboardInterrupt:
            self._context.say(
                "taking back was interrupted: texts that this call has sent may still go out. "
                f"smsframe.cancel({self._campaign!r}) goes on with it, as long as they are scheduled"
            )
            raise

    def _take(self, report: Callable[[ProgressEvent], None] | None) -> bool:
        # The call was stopped, by the event of its context; this goes on until somebody stops it too.
        context = replace(self._context, report=lambda _: None).stopped_by(None)
        entry = context.journal.find(self._campaign)
        if entry is None:
            return False
        attempts = self._attempts()
        sent = attempts.index[attempts.gt(self._before.reindex(attempts.index, fill_value=0))]
        before = recipients(context.journal, entry)
        before = before[before["sms_order_id"].isin(sent).fillna(value=False).to_numpy(dtype=bool)]
        open_ = before["sms_status"].isin(["scheduled", "unconfirmed"])
        if not open_.any():
            return False
        try:
            after = cancel(entry, context, rows=before)
        except SmsFrameError as error:
            self._say_what_goes_out(before[open_.to_numpy()], f"could not be taken back: {error}")
            return True
        _report(before, after, report or self._context.report)
        statuses = after["sms_status"]
        context.say(f"taken back: {many(int(statuses.eq('cancelled').sum()), 'text')}")
        left = statuses.isin(["scheduled", "unconfirmed"]).to_numpy()
        if left.any():
            self._say_what_goes_out(after[left], "not taken back with proof")
        return True

    def _attempts(self) -> pd.Series[int]:
        """How often each order of the campaign was sent."""
        orders = self._context.journal.orders.of(self._campaign)
        return orders.set_index("order_id")["attempts"].astype("int64")

    def _say_what_goes_out(self, rows: pd.DataFrame, why: str) -> None:
        first = rows["sms_scheduled_at"].min()
        when = "" if pd.isna(first) else f", at {first:%Y-%m-%d %H:%M} UTC at the earliest"
        self._context.say(
            f"{many(len(rows), 'text')} may still go out{when} ({why}): "
            f"smsframe.cancel({self._campaign!r}) tries again"
        )


def _report(before: pd.DataFrame, after: pd.DataFrame, report: Callable[[ProgressEvent], None]) -> None:
    """Tell from where to where people got, by their numbers."""
    now = after.set_index("sms_phone")["sms_status"].reindex(before["sms_phone"]).to_numpy()
    moved = pd.DataFrame({"before": before["sms_status"].to_numpy(), "after": now}).astype(object)
    counted = moved[moved["before"].ne(moved["after"])].value_counts().rename("people").reset_index()
    for row in counted.to_dict("records"):
        if row["before"] in STATES and row["after"] in STATES:
            report(ProgressEvent(STATES[row["after"]], row["people"], before=STATES[row["before"]]))
