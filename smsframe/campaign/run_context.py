"""
What a run works with, handed in as one: gateway, journal, clock and limits.
"""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from smsframe.campaign.run.workers import Threads
from smsframe.gateway.retry import RetryPolicy
from smsframe.journal.people.barred import Barred

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe.campaign.options import RunOptions
    from smsframe.contacts.policy import Policy
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.journal.journal import Journal
    from smsframe.orders.records import ProgressEvent


def _ignore(_message: object) -> None:
    """Nobody wants to know."""


def _to_stderr(message: str) -> None:
    with suppress(OSError, ValueError):  # where nobody reads it, the results still come
        print(f"smsframe: {message}", file=sys.stderr)  # noqa: T201 - the contract says so


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """
    What a run works with.

    Attributes:
        gateway: Where orders go.
        journal: Where it is remembered.
        workers: Requests under way at once.
        rate: Recipients per second at most, or None.
        grace: Seconds within which an order that was taken becomes visible.
        retry_policy: The waits and the clock; its ``stop`` ends the run.
        report: Is called with each step of progress.
        started: Is called with the number of people about to be texted.
        say: Shows the user a message.
        threads: Makes so many workers.
        stop_requested: Is set when the run has read in the journal that it is to stop.
    """

    gateway: GatewayProtocol
    journal: Journal
    workers: int = 4
    rate: float | None = None
    grace: float = 30.0
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    report: Callable[[ProgressEvent], None] = _ignore
    started: Callable[[int], None] = _ignore
    say: Callable[[str], None] = _to_stderr
    threads: Callable[[int], Threads] = Threads
    stop_requested: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(cls, options: RunOptions, *, gateway: GatewayProtocol, journal: Journal) -> RunContext:
        """The context of a call with these options."""
        return cls(
            gateway=gateway,
            journal=journal,
            workers=options.workers,
            rate=options.rate,
            grace=options.grace,
            retry_policy=RetryPolicy(clock=gateway.clock),
        )

    def barred(self, policy: Policy | None = None, campaign: int = 0) -> Barred:
        """Who may not be texted, under a policy, in the campaign of that key."""
        barred = Barred.of(
            self.journal,
            self.gateway.base_url,
            lambda: self.gateway.identities,
            others=not getattr(self.gateway, "knows_user_name", True),
            own=self.gateway.journal,
            clock=self.gateway.clock,
        )
        return barred.within(campaign).under(policy)

    def stopped_by(self, stop: threading.Event | None) -> RunContext:
        """The same for one run, which has a stop of its own."""
        return replace(self, retry_policy=replace(self.retry_policy, stop=stop or threading.Event()))
