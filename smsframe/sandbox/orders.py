"""The orders a sandbox has accepted, and where each text is in its life."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from smsframe.sandbox import fates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from smsframe.sandbox.rules import Draft


class TextState(NamedTuple):
    """Where one text is: its state, and since when if it is ``DLVRD``."""

    recipient: str
    state: str
    delivered_at: datetime | None


class Arrival(NamedTuple):
    """A text on a person's phone."""

    order_id: str
    recipient: str
    sender: str
    text: str
    encoding: str
    segments: int
    message_type: str
    received_at: datetime


@dataclass(eq=False)
class Accepted:
    """
    One accepted order.

    Attributes:
        answer: What the POST was answered, to be given again where a repeated order id is merged.
        speed: How much faster than the clock its deliveries go.
        cancelled: Whether it was cancelled before its time.
    """

    order_id: str
    draft: Draft
    created_at: datetime
    answer: dict[str, object]
    speed: float
    cancelled: bool = False

    @property
    def due(self) -> datetime:
        """When its texts leave, by the calendar of its sender."""
        return self.draft.scheduled or self.created_at

    @property
    def leaves_at(self) -> datetime:
        """The same by the clock: a schedule is accelerated like everything after it."""
        return self.created_at + (self.due - self.created_at) / self.speed

    def elapsed(self, now: datetime) -> timedelta:
        """The accelerated time since its texts left; negative before."""
        return (now - self.leaves_at) * self.speed

    def pending(self, now: datetime) -> bool:
        """Whether it is still ``SCHEDULED``, and so can be cancelled."""
        return not self.cancelled and now < self.leaves_at

    def states(self, now: datetime, stopped: dict[str, datetime]) -> Iterator[TextState]:
        """
        The state of every text, in the order of the request, skipped recipients last.

        Args:
            now: The time.
            stopped: The stop list, with the time each number was put on it.
        """
        elapsed = self.elapsed(now)
        known: dict[str, tuple[str, datetime | None]] = {}  # few endings, many recipients
        for recipient in self.draft.recipients:
            ending = self._ending(recipient, stopped)
            if ending not in known:
                after, state = fates.fate(ending, self.draft.order.message_type).stage(elapsed)
                known[ending] = (state, self.due + after if state == "DLVRD" else None)
            yield TextState(recipient, *known[ending])
        for recipient, state in self.draft.skipped:
            yield TextState(recipient, state, None)

    def arrivals(self, now: datetime, stopped: dict[str, datetime]) -> Iterator[Arrival]:
        """Every text of it that reaches a person, once its time has come."""
        if self.cancelled or now < self.leaves_at:
            return
        order = self.draft.order
        for recipient, text, segments in zip(
            self.draft.recipients, self.draft.texts, self.draft.segments, strict=True
        ):
            if fates.fate(self._ending(recipient, stopped), order.message_type).arrives:
                yield Arrival(
                    self.order_id,
                    recipient,
                    order.sender or "",
                    text,
                    order.encoding,
                    segments,
                    order.message_type,
                    self.due,
                )

    def _ending(self, recipient: str, stopped: dict[str, datetime]) -> str:
        # Who came to the stop list after the text left has had it.
        if recipient in stopped and stopped[recipient] <= self.leaves_at:
            return fates.BLACKLISTED
        return recipient[-2:]
