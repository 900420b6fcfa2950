"""
Until when an order may leave, and from when on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smsframe.orders.records import Batch, CampaignRecord, Now


def out_of_time(batch: Batch, now: Now) -> bool:
    """
    Whether it may not leave now: its time has passed, so that the gateway might send it at once, or one of
    the clocks is outside the hours of its people. Or, where it may be taken back, too little time is left
    for that.
    """
    schedule, undo = batch.terms.schedule, batch.terms.undo
    last = schedule if schedule is None or undo is None else schedule - undo / 2
    ends = [moment for moment in (last, batch.closes_at) if moment is not None]
    too_early = batch.terms.schedule is None and batch.opens_at is not None and now.earliest < batch.opens_at
    return too_early or any(moment <= now.latest for moment in ends)


def has_own_time(batch: Batch, entry: CampaignRecord) -> bool:
    """Whether hours, or times row by row, decided when it goes out, not one time for the whole campaign."""
    return batch.closes_at is not None or batch.terms.schedule != entry.terms.schedule
