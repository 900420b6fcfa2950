"""
Why a run stops early, as the errors it raises: each says what happened and how to go on.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from smsframe.errors import GatewayError, NotEnoughCredit, Rejected, Unconfirmed
from smsframe.formatting import amount

if TYPE_CHECKING:
    from smsframe.orders.records import Batch, OrderResponse


def too_late(batch: Batch) -> ValueError:
    """The time of an order passed before it left."""
    return ValueError(
        f"the schedule {batch.terms.schedule:%Y-%m-%d %H:%M} UTC passed before all were sent: send, or "
        "resume, with a later schedule= (smsframe never sends at once instead)"
    )


def own_id(batch: Batch) -> GatewayError:
    """An order was accepted under another id than ours."""
    return GatewayError(
        "the gateway accepted an order under an id of its own: lost answers could not be looked up there, "
        "so nothing more is sent",
        order_id=batch.order_id,
    )


def no_credit(left: float, needed: int) -> NotEnoughCredit:
    """An order was refused, and the balance does not cover it."""
    return NotEnoughCredit(
        f"the credit is used up: {amount(left)} left, the next order needs {needed:,}; "
        "what was not sent is pending, resume the campaign after topping up",
        needed=needed,
        available=left,
    )


def refused_whole(
    batch: Batch, reply: OrderResponse, credit_error: GatewayError | None, left: float | None, price: float
) -> GatewayError | NotEnoughCredit | None:
    """
    Why an order was refused that no number of its own explains; None where one of its numbers may.

    Args:
        batch: The order.
        reply: The refusal.
        credit_error: Why the credits could not be asked for: it may be the credit.
        left: The credits left, as far as they are known.
        price: The most credits that a segment was charged.
    """
    if credit_error is not None:
        return credit_error
    if left is not None and left < (needed := ceil(batch.segments * price)):
        return no_credit(left, needed)
    if batch.terms.skip_refused:  # one number is no reason: it is the request, or all of them
        return refused_though_skipping(batch, reply)
    return None


def whole_request(reply: OrderResponse) -> Rejected:
    """People from different places were refused alike."""
    return Rejected(
        f"the gateway refuses the request as a whole: {reply.reason}; nothing was sent, "
        "look at sender, quality and text",
        status=reply.status,
    )


def refused_though_skipping(batch: Batch, reply: OrderResponse) -> Rejected:
    """An order was refused although the gateway may leave out the numbers it refuses."""
    return Rejected(
        f"the gateway refused an order though it may leave refused numbers out: {reply.reason}; it was not "
        "sent. Look at sender, quality and text; if all its numbers may be refused ones, go on with "
        'refusals="split", which finds out',
        status=reply.status,
        order_id=batch.order_id,
    )


def answers_lost(orders: int) -> Unconfirmed:
    """Too many answers without proof, and none of the orders was found."""
    return Unconfirmed(
        f"the answers to {orders} orders in a row were lost and the gateway has none of "
        "them, so nothing more is sent; resume the campaign when the gateway answers again"
    )
