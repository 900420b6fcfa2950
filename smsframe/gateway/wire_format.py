"""
The body of an order on the wire, and how dates are written there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smsframe.orders.batching import FIELD_SEPARATOR

if TYPE_CHECKING:
    import pandas as pd

    from smsframe.orders.terms import Terms
    from smsframe.texts.template import Template

DATE = "%Y%m%d%H%M%S"
"""How dates go in and come out (smSend docs, date format; captured answers)."""


@dataclass(frozen=True, slots=True, repr=False)
class Order:
    """
    One request to text some people.

    Attributes:
        order_id: Ours, written before the request leaves.
        template: The text; a personalised one goes to ``paramsms``.
        encoding: ``gsm`` or ``ucs2``: the gateway does not detect it.
        terms: Quality, sender and time.
        people: ``phone`` and ``fields`` (merge values) of each recipient.
    """

    order_id: str
    template: Template
    encoding: str
    terms: Terms
    people: pd.DataFrame

    def path(self) -> str:
        """The call it goes to."""
        return "paramsms" if self.template.fields else "sms"

    def payload(self) -> dict[str, Any]:
        """The JSON body (smSend docs, POST sms and POST paramsms); what is not given is left out."""
        body: dict[str, Any] = {
            "message_type": self.terms.message_type,
            "message": self.template.wire(),
            "order_id": self.order_id,
            "encoding": self.encoding,
            "returnCredits": True,
            "returnRemaining": True,
            "allowInvalidRecipients": self.terms.skip_refused,
        }
        if self.terms.sender:
            body["sender"] = self.terms.sender
        if self.terms.schedule:
            body["scheduled_delivery_time"] = self.terms.schedule.strftime(DATE)
            body["scheduled_delivery_timezone"] = "UTC"
        numbers = self.people["phone"].tolist()
        if not self.template.fields:
            return body | {"recipient": numbers}
        # A JSON object per person is what the call takes, so this is one loop over the recipients.
        values = (packed.split(FIELD_SEPARATOR) for packed in self.people["fields"])
        names = [f"f{place}" for place in range(1, len(self.template.fields) + 1)]
        return body | {
            "recipients": {
                str(place): {"recipient": number, **dict(zip(names, filled, strict=True))}
                for place, (number, filled) in enumerate(zip(numbers, values, strict=True))
            }
        }

    def __repr__(self) -> str:
        return f"<Order {self.order_id}: {len(self.people)} recipients>"
