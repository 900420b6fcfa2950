"""
The body of an order on the wire, and how dates are written there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smsframe.gateway.order import Order
    from smsframe.orders.profile import PersonalisedOrders

DATE = "%Y%m%d%H%M%S"
"""How dates go in and come out (smSend docs, date format; captured answers)."""

PLAIN_CALL = "sms"
"""The call of an order with one text for all (smSend docs, POST sms)."""


def call(order: Order, personalised: PersonalisedOrders) -> str:
    """The call that an order goes to."""
    return personalised.call if order.personalised else PLAIN_CALL


def body(order: Order, personalised: PersonalisedOrders) -> dict[str, Any]:
    """The JSON body (smSend docs, POST sms and POST paramsms); what is not given is left out."""
    terms = order.terms
    fields: dict[str, Any] = {
        "message_type": terms.message_type,
        "message": order.template.wire(personalised.placeholder),
        "order_id": order.order_id,
        "encoding": order.encoding,
        "returnCredits": True,
        "returnRemaining": True,
        "allowInvalidRecipients": terms.skip_refused,
    }
    if terms.sender:
        fields["sender"] = terms.sender
    if terms.schedule:
        fields["scheduled_delivery_time"] = terms.schedule.strftime(DATE)
        fields["scheduled_delivery_timezone"] = "UTC"
    if not order.personalised:
        return fields | {"recipient": order.phones()}
    names = [f"f{place}" for place in range(1, len(order.template.fields) + 1)]
    return fields | {
        "recipients": {
            str(place): {"recipient": phone, **dict(zip(names, values, strict=True))}
            for place, (phone, values) in enumerate(zip(order.phones(), order.values(), strict=True))
        }
    }
