"""
What one brand of the gateway has and has not, as data.
"""

from __future__ import annotations

from dataclasses import dataclass

REFUSED = frozenset({"UNKNRCPT", "UNKNPFX", "INVALIDDST"})
"""
UNPARSABLE_RCPT, UNKNOWN_PREFIX and INVALID_DESTINATION: the number itself is at fault and nothing was sent
(smSend docs, GET sms/{order_id}; that numbers left out by ``allowInvalidRecipients`` show so is inferred).

All others are about a text that was taken: also ``BLACKLISTED`` and ``TOOM4NUM``, of numbers that are good,
``INVALIDCONTENTS``, about the text, and ``KO`` and ``ERROR``, which may come after it was handed over.
"""


@dataclass(frozen=True, slots=True)
class GatewayProfile:
    """
    A brand of the gateway.

    Attributes:
        name: Its name.
        history: Whether it has a history of orders (``smshistory``). Without one nobody can prove that an
            order is absent, nor see what another journal has sent: such orders stay unconfirmed, and a lost
            journal is noticed by nobody.
        refused: The delivery codes of numbers that were left out of an order because they were refused: they
            were never sent to. A code that may also mean a text that was sent does not belong here.
    """

    name: str
    history: bool = True
    refused: frozenset[str] = REFUSED


SMSEND = GatewayProfile("smSend")
"""As smSend documents itself."""
