"""
What the engine asks of any gateway; `docs/adding-a-gateway.md` says how one is added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    import pandas as pd

    from smsframe.clock import Clock
    from smsframe.gateway.order import Order
    from smsframe.orders.profile import GatewayProfile
    from smsframe.orders.records import HistoryPage, OrderResponse, OrderState


@runtime_checkable
class GatewayProtocol(Protocol):
    """
    A gateway, as campaigns use it; its calls are made from several threads at once.

    Attributes:
        base_url: Its address. With ``account`` it is what a campaign belongs to, so neither ever changes.
        account: A name of the account; no secret.
        journal: The journal of what goes through it, when no other is given to a call.
        profile: What it has and has not.
        clock: The time, by which everything that goes through it waits.
    """

    base_url: str
    account: str
    journal: str | Path | None
    profile: GatewayProfile
    clock: Clock

    @property
    def identities(self) -> Sequence[str]:
        """Every name of the account that is known; a campaign may have been sent under each of them."""

    @property
    def sessions(self) -> int:
        """
        How many sessions were opened so far; always 0 without sessions.

        An absence counts only when all its questions were answered in one session.
        """

    @property
    def answers_itself(self) -> bool:
        """Whether no cache can have answered its questions, so that what is not listed is not there."""

    def post(self, order: Order, check: Callable[[], None] | None = None) -> OrderResponse:
        """
        Send one order, once; never raises for what the gateway or the network does.

        Args:
            order: Who gets which text, under which order id.
            check: Called immediately before each request, after any login; what it raises keeps it from
                leaving.
        """

    def credits(self) -> pd.DataFrame:
        """
        Credits left: ``message_type`` and ``credits``, a row for each type of which the gateway says it.

        Raises:
            GatewayError: No answer, or none that can be read; `Unavailable` when asking again may help.
        """

    def state(self, order_id: str) -> OrderState:
        """
        The delivery state of each recipient of an order.

        Raises:
            GatewayError: As `credits`; not for an order that the gateway does not know.
        """

    def history_page(self, since: datetime, number: int, size: int) -> HistoryPage:
        """
        One page of the orders created since a time, from page 1; called only if the profile has a history.

        Raises:
            GatewayError: As `credits`; `Rejected` where pages of that size are refused.
        """

    def close(self) -> None:
        """Close what is open; the next call opens it again."""


@runtime_checkable
class CancellingGateway(GatewayProtocol, Protocol):
    """A gateway that can also cancel scheduled orders; one that cannot is a `GatewayProtocol`."""

    def cancel(self, order_id: str, check: Callable[[], None] | None = None) -> OrderResponse:
        """As `post`, but to cancel a scheduled order; see `smsframe.orders.cancellation.interpret_cancel`."""
