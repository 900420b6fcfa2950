"""The orders a sandbox has accepted, and where each text is in its life."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

from smsframe.sandbox import outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from smsframe.sandbox.rules import Draft


class TextState(NamedTuple):
    """Where one text is: its state, and since when if it is ``DLVRD``."""

    recipient: str
    state: str
    delivered_at: datetime | None


class Arrived(NamedTuple):
    """The texts of one order that are on people's phones; the lists run alongside each other."""

    order: Accepted
    recipients: list[str]
    texts: list[str]
    segments: list[int]


@dataclass(eq=False)
class Accepted:
    """
    One accepted order.

    Attributes:
        answer: What the POST was answered, to be given again where a repeated order id is merged.
        speed: How much faster than the clock its deliveries go.
        hidden_until: Until when no call shows it, by ``time.monotonic``.
        cancelled: Whether it was cancelled before its time.
        listed: How many of its texts, from the first, the calls still list once it is cancelled.
        left_at: When those left that had left before it was cancelled, or None.
    """

    order_id: str
    draft: Draft
    created_at: datetime
    answer: dict[str, object]
    speed: float
    hidden_until: float
    cancelled: bool = False
    listed: int = 0
    left_at: datetime | None = None

    @property
    def shown(self) -> bool:
        """Whether the calls know it."""
        return (not self.cancelled or self.listed > 0) and self.hidden_until <= time.monotonic()

    @property
    def due(self) -> datetime:
        """When its texts leave, by the calendar of its sender."""
        return self.left_at or self.draft.scheduled or self.created_at

    @property
    def leaves_at(self) -> datetime:
        """The same by the clock: a schedule is accelerated like everything after it."""
        if self.left_at is not None:
            return self.left_at
        return self.created_at + (self.due - self.created_at) / self.speed

    def elapsed(self, now: datetime) -> timedelta:
        """The accelerated time since its texts left; negative before."""
        return (now - self.leaves_at) * self.speed

    def pending(self, now: datetime) -> bool:
        """Whether it is still ``SCHEDULED``, and so can be cancelled."""
        return not self.cancelled and now < self.leaves_at

    @property
    def unsent(self) -> int:
        """What the texts cost that will not go out."""
        gone = self.listed if self.left_at is not None else 0
        return self.draft.cost - sum(self.draft.segments[:gone])

    def cancel(self, now: datetime, question: str) -> None:
        """Be cancelled; what the calls then list, and what had left before, is an open question."""
        self.cancelled = True
        if question != "gone":
            self.listed = len(self.draft.recipients)
        if question == "partly_sent":
            self.listed, self.left_at = (self.listed + 1) // 2, now - timedelta(minutes=1)

    def states(self, now: datetime, stopped: dict[str, datetime]) -> Iterator[TextState]:
        """
        The state of every text, in the order of the request, skipped recipients last.

        Args:
            now: The time.
            stopped: The opt-out list, with the time each number was put on it.
        """
        elapsed = self.elapsed(now)
        known: dict[str, tuple[str, datetime | None]] = {}  # few endings, many recipients
        recipients = self.draft.recipients[: self.listed] if self.cancelled else self.draft.recipients
        for recipient in recipients:
            ending = self._ending(recipient, stopped)
            if ending not in known:
                if self.cancelled and self.left_at is None:  # for ever
                    elapsed = min(elapsed, timedelta(microseconds=-1))
                after, state = outcomes.outcome(ending, self.draft.order.message_type).stage(elapsed)
                known[ending] = (state, self.due + after if state == "DLVRD" else None)
            yield TextState(recipient, *known[ending])
        for recipient, state in self.draft.skipped:
            yield TextState(recipient, state, None)

    def arrived(self, now: datetime, stopped: dict[str, datetime]) -> Arrived:
        """What of it has reached people: nothing before its time."""
        draft, message_type = self.draft, self.draft.order.message_type
        gone = (not self.cancelled or self.left_at is not None) and self.leaves_at <= now
        reached = [
            gone
            and not (self.cancelled and place >= self.listed)
            and outcomes.outcome(self._ending(recipient, stopped), message_type).arrives
            for place, recipient in enumerate(draft.recipients)
        ]
        return Arrived(
            self,
            list(compress(draft.recipients, reached)),
            list(compress(draft.texts, reached)),
            list(compress(draft.segments, reached)),
        )

    def _ending(self, recipient: str, stopped: dict[str, datetime]) -> str:
        # Who came onto the opt-out list after the text left has had it.
        if recipient in stopped and stopped[recipient] <= self.leaves_at:
            return outcomes.BLACKLISTED
        return recipient[-2:]
