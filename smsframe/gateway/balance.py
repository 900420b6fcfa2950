"""
The credits that a gateway says are left, and those that it said were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from smsframe.gateway.base import GatewayProtocol

if TYPE_CHECKING:
    import pandas as pd


def credits_of(left: pd.DataFrame, message_type: str) -> float | None:
    """
    The credits of one type in what `GatewayProtocol.credits` returns; None where it is not said.

    Example:
        >>> import pandas as pd
        >>> left = pd.DataFrame({"message_type": ["N"], "credits": [12.5]})
        >>> credits_of(left, "N"), credits_of(left, "L")
        (12.5, None)
    """
    found = left["credits"][left["message_type"].eq(message_type).to_numpy(dtype=bool)].dropna()
    return float(found.iloc[0]) if len(found) else None


@runtime_checkable
class RememberingGateway(GatewayProtocol, Protocol):
    """A gateway that remembers its balance, so that a plan can tell whether it covers it without asking."""

    def known_credits(self, message_type: str) -> float | None:
        """The credits of a type that were left when it last said so; None as long as it did not."""
