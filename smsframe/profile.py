"""
What one brand of the gateway has and has not, as data.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GatewayProfile:
    """
    A brand of the gateway.

    Attributes:
        name: Its name.
        history: Whether it has a history of orders (``smshistory``). Without one nobody can prove that an
            order is absent, nor see what another journal has sent: such orders stay unconfirmed, and a lost
            journal is noticed by nobody.
    """

    name: str
    history: bool = True


SMSEND = GatewayProfile("smSend")
"""As smSend documents itself."""
