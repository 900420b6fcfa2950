"""
Faults by number: the last two digits of a recipient say what happens to the order that it is in.

Each order meets its fault once: the same order again passes, so that a rehearsal comes to its end.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from smsframe.sandbox.faults import Fault, fault

ENDINGS: dict[str, tuple[Fault, ...]] = {
    "86": (fault("drop_after"),),
    "87": (fault("drop_before"),),
    "88": (fault("error_after"),),
    "89": (fault("error_before"),),
    "90": (fault("half_body"),),
    "91": (fault("html"),),
    "92": (fault("late_answer", seconds=2),),
    "93": (fault("late_acceptance", seconds=2),),
    "94": (fault("busy", status=429, retry_after=1),),
    "95": (fault("busy", status=503, retry_after=1),),
    "96": (fault("session_lost"),),
    "97": (fault("redirect"),),
    "98": (fault("refuse", seconds=1),),
    "99": (fault("drop_after"), fault("blind", seconds=2)),
}


class Numbers:
    """What the recipients of orders ask for, and which orders have met it."""

    def __init__(self) -> None:
        self._met: set[str] = set()

    def faults(self, body: bytes) -> tuple[Fault, ...]:
        """The faults of an order as it was posted: those of its first magic recipient, once per order id."""
        try:
            order = json.loads(body)
        except (ValueError, RecursionError):
            return ()
        endings = [number[-2:] for number in _recipients(order) if isinstance(number, str)]
        ending = next((ending for ending in endings if ending in ENDINGS), None)
        if ending is None:
            return ()
        # An order without an id of its own is known by what it says.
        order_id = order.get("order_id") or hashlib.sha256(body).hexdigest()
        if order_id in self._met:
            return ()
        self._met.add(order_id)
        return ENDINGS[ending]


def _recipients(order: Any) -> list[Any]:
    match order:
        case {"recipient": list() as numbers}:
            return numbers
        case {"recipients": dict() as rows}:
            return [row.get("recipient") for row in rows.values() if isinstance(row, dict)]
        case _:
            return []
