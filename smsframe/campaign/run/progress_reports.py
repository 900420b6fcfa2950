"""
Steps of progress, as a run reports them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from smsframe.orders.records import ProgressEvent
from smsframe.orders.states import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe.campaign.look_ups.reconcile import MissingRecipients
    from smsframe.orders.records import Batch


class ReportPeople(Protocol):
    """Reports that the people of an order are in a state now, and where they were before."""

    def __call__(
        self, state: State, batch: Batch, *, before: State | None = State.PLANNED, credits_: float = 0.0
    ) -> None:
        """Report it."""


class Reporting(NamedTuple):
    """
    The two kinds of reports.

    Attributes:
        people: Of the people of an order.
        missing: Of those who are not on the gateway's list of an accepted order, or were left out of it.
    """

    people: ReportPeople
    missing: Callable[[MissingRecipients], None]


def reporting(report: Callable[[ProgressEvent], None]) -> Reporting:
    """The reports of a run, each a call of ``report``."""

    def people(
        state: State, batch: Batch, *, before: State | None = State.PLANNED, credits_: float = 0.0
    ) -> None:
        report(ProgressEvent(state, batch.recipients, credits_, before))

    def missing(counted: MissingRecipients) -> None:
        for state, count in ((State.UNCONFIRMED, counted.missing), (State.REFUSED, counted.refused)):
            if count:
                report(ProgressEvent(state, count, before=State.ACCEPTED))

    return Reporting(people, missing)
