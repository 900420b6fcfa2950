"""
What a POST, or a request to cancel, came to: the answer as a `OrderResponse`, with what it proves.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from smsframe.errors import NotAuthorised
from smsframe.gateway.responses import is_ok, number, reason_of
from smsframe.orders.answers import Answer, interpret_response
from smsframe.orders.cancellation import interpret_cancel
from smsframe.orders.records import OrderResponse
from smsframe.orders.states import Event

if TYPE_CHECKING:
    from smsframe.errors import GatewayError
    from smsframe.gateway.transport import Exchange
    from smsframe.orders.answers import StatusProof

log = logging.getLogger("smsframe")


def posted(response: Exchange, call: str, order_id: str, proves: StatusProof) -> OrderResponse:
    """What the POST of an order came to."""
    body = response.json()
    body = body if isinstance(body, dict) else {}
    event = interpret_response(_facts(response, ok=is_ok(body)), proves)
    log.info("order %s: %s (HTTP %s)", order_id, event, response.status)
    return OrderResponse(
        event=event,
        status=response.status,
        reason=reason_of(response),
        sent_at=response.sent_at,
        charged=number(body.get("total_sent"), least=0.0),
        remaining=number(body.get("remaining_credits")),
        retry_after=response.retry_after,
        call=call,
        order_id=body["order_id"] if isinstance(body.get("order_id"), str) else None,
    )


def cancelled(response: Exchange, call: str, order_id: str, proves: StatusProof) -> OrderResponse:
    """What the request to cancel an order came to; no source shows the body of a yes, so it may be empty."""
    body = response.json()
    ok = is_ok(body, silent=True) if isinstance(body, dict) else not response.body.strip()
    event = interpret_cancel(_facts(response, ok=ok), proves)
    log.info("order %s, to be cancelled: %s (HTTP %s)", order_id, event, response.status)
    reason, retry_after = reason_of(response), response.retry_after
    return OrderResponse(event, response.status, reason, retry_after=retry_after, call=call, method="DELETE")


def not_posted(error: GatewayError) -> OrderResponse:
    """There was no way to log in, so no order left."""
    return _no_login(Event.UNAUTHORISED if isinstance(error, NotAuthorised) else Event.NOT_SENT, error)


def not_cancelled(error: GatewayError) -> OrderResponse:
    """There was no way to log in, so no request to cancel left."""
    return _no_login(Event.CANCEL_NOT_SENT, error)


def _no_login(event: Event, error: GatewayError) -> OrderResponse:
    retry_after = getattr(error, "retry_after", None)
    return OrderResponse(event, error.status, str(error), retry_after=retry_after, call="login")


def _facts(response: Exchange, *, ok: bool) -> Answer:
    """The facts of an answer that decide what it proves."""
    return Answer(
        status=response.status if response.age == 0 else None,  # out of a store: it is about another order
        connected=response.connected,
        ok=ok,
        retry_after=response.retry_after is not None,
        page=response.body.lstrip().startswith("<"),
    )
