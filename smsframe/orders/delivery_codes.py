"""
Delivery codes: how far a text is when the gateway says one, whether sending again can help, and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """How far a text is."""

    WAITING = "waiting"
    """Not sent yet: in the gateway's queue, or scheduled."""
    UNDER_WAY = "under_way"
    """Sent; no delivery report yet."""
    DELIVERED = "delivered"
    """On the handset."""
    FAILED = "failed"
    """Taken by the gateway; it will not arrive."""
    REFUSED = "refused"
    """
    The number itself is at fault: it was left out of its order, and nothing was sent to it. A code that may
    also mean a text that was sent is `FAILED`, because a refused person may be texted again.
    """
    NOT_SENT = "not_sent"
    """Taken, and not sent by intention, as in a demo account; that is no failure."""


@dataclass(frozen=True, slots=True)
class DeliveryCode:
    """
    What one delivery code of a gateway means.

    Attributes:
        stage: How far the text is.
        meaning: The same in words, for people.
        retryable: Whether the same text to the same number may arrive when it is sent again later, and cannot
            have arrived before.
        advice: What to do, for people; empty where there is nothing to do.
        maybe_arrived: Whether the text of such a failure may have arrived all the same.
        last_without_reports: Whether it is the last code of a message type without delivery reports.
        opted_out: Whether it says that the person is on the gateway's list of opt-outs.
    """

    stage: Stage
    meaning: str
    retryable: bool = False
    advice: str = ""
    maybe_arrived: bool = False
    last_without_reports: bool = False
    opted_out: bool = False

    @property
    def final(self) -> bool:
        """Whether the gateway will say nothing else of this text."""
        return self.stage not in (Stage.WAITING, Stage.UNDER_WAY)

    @property
    def left(self) -> bool:
        """Whether the text has left the gateway, whatever became of it."""
        return self.stage in (Stage.UNDER_WAY, Stage.DELIVERED, Stage.FAILED)

    @property
    def delivered(self) -> bool:
        """Whether it is on the handset."""
        return self.stage is Stage.DELIVERED

    @property
    def failed(self) -> bool:
        """Whether it did not arrive, and was meant to."""
        return self.stage in (Stage.FAILED, Stage.REFUSED)

    @property
    def lost(self) -> bool:
        """Whether it will not arrive, failed or not."""
        return self.final and not self.delivered


_CORRECT = "correct the number"

DELIVERY_CODES = {
    "WAITING": DeliveryCode(Stage.WAITING, "not sent yet"),
    "SCHEDULED": DeliveryCode(Stage.WAITING, "waiting for its time"),
    "SENT": DeliveryCode(Stage.UNDER_WAY, "handed to the network", last_without_reports=True),
    "WAIT4DLVR": DeliveryCode(Stage.UNDER_WAY, "sent, awaiting delivery report"),
    "DLVRD": DeliveryCode(Stage.DELIVERED, "delivered to the handset"),
    "DEMO": DeliveryCode(Stage.NOT_SENT, "demo account, nothing sent", advice="send from a real account"),
    "TOOM4USER": DeliveryCode(
        Stage.FAILED,
        "too many texts by this account in 24 hours",
        retryable=True,
        advice="send again a day later",
    ),
    "TOOM4NUM": DeliveryCode(
        Stage.FAILED,
        "too many texts to this number in 24 hours",
        retryable=True,
        advice="send again a day later",
    ),
    "ERROR": DeliveryCode(
        Stage.FAILED,
        "sending error",
        retryable=True,
        advice="send again later; if it repeats, ask the provider",
    ),
    # The handset was off, or it arrived and the report was lost: sending again may text somebody twice.
    "TIMEOUT": DeliveryCode(
        Stage.FAILED,
        "no report from the operator in 48 hours",
        advice="it may have arrived; ask another way",
        maybe_arrived=True,
    ),
    "UNKNRCPT": DeliveryCode(Stage.REFUSED, "number not understood", advice=_CORRECT),
    "UNKNPFX": DeliveryCode(Stage.REFUSED, "prefix unknown", advice=_CORRECT),
    "INVALIDDST": DeliveryCode(Stage.REFUSED, "invalid destination", advice=_CORRECT),
    "BLACKLISTED": DeliveryCode(
        Stage.FAILED,
        "on the opt-out list of the gateway",
        advice="do not text this number",
        opted_out=True,
    ),
    "KO": DeliveryCode(Stage.FAILED, "rejected by the mobile network", advice="check the number"),
    "INVALIDCONTENTS": DeliveryCode(Stage.FAILED, "content refused", advice="change the text"),
}
"""
The codes of smSend and its sister brands (smSend docs, GET sms/{order_id}, for the codes and their names;
clients of several brands for the meanings; the 24 and 48 hours are from an older documentation of the same
platform).

That UNPARSABLE_RCPT, UNKNOWN_PREFIX and INVALID_DESTINATION are what numbers show that
``allowInvalidRecipients`` left out is inferred. BLACKLISTED and TOOM4NUM are of numbers that are good, and KO
and ERROR may come after the text was handed over. Whether and when to send again is our own
judgement.
"""
