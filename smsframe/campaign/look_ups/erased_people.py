"""
People who were erased: what a gateway lists of an order is compared with our people without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.journal.journal import Journal
    from smsframe.orders.records import OrderState


class _WithoutErased:
    """A gateway whose states of orders do not list people who were in them and were erased here."""

    def __init__(self, gateway: GatewayProtocol, journal: Journal) -> None:
        self._gateway, self._forgotten = gateway, journal.forgotten

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    def state(self, order_id: str) -> OrderState:
        """As the gateway's, without them."""
        state = self._gateway.state(order_id)
        if state.recipients is None:
            return state
        return state._replace(recipients=self._forgotten.without_erased(order_id, state.recipients))


def without_erased(gateway: GatewayProtocol, journal: Journal) -> GatewayProtocol:
    """
    The gateway as look-ups ask it: people who were erased here are no strangers in an order of ours.

    An order that lists somebody else than our people is not taken for ours, so that ours would be sent again.
    """
    return cast("GatewayProtocol", _WithoutErased(gateway, journal))
