"""
One step of progress: what a run tells whoever wants to know how far it is.

Told from step to step, everybody is in one place: those about to be texted are `State.PLANNED` at first.
"""

from __future__ import annotations

from dataclasses import dataclass

from smsframe.orders.states import State


@dataclass(frozen=True, slots=True)
class Tick:
    """
    Some people got from one place to another.

    Attributes:
        state: Where some people got to.
        recipients: How many.
        credits: What they were charged, if known.
        before: Where they were before; None of an earlier run, and only looked up by this one.
    """

    state: State
    recipients: int
    credits: float = 0.0
    before: State | None = State.PLANNED
