"""
The error that an unexpected answer to a question or to a login is raised as.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe.errors import GatewayError, NotAuthorised, Rejected, Unavailable
from smsframe.gateway.responses import reason_of
from smsframe.orders.records import not_authorised

if TYPE_CHECKING:
    from smsframe.gateway.transport import Exchange

BAD_REQUEST, TOO_MANY = 400, 429
DENIED = (401, 403, 404)
LOGIN_REFUSED = (400, *DENIED)
"""404 in smSend's documentation, 401 where clients met newer deployments of sister brands."""


def question_refused(response: Exchange, base_url: str, order_id: str | None = None) -> GatewayError:
    """The error of a question (never a POST) that was not answered with what was asked for."""
    reason, status = reason_of(response), response.status
    if status in DENIED or (status is not None and 300 <= status < BAD_REQUEST):  # noqa: PLR2004 - an HTTP status
        return NotAuthorised(not_authorised(reason), status=status, order_id=order_id)
    if status is not None and BAD_REQUEST <= status < 500 and status != TOO_MANY:  # noqa: PLR2004 - an HTTP status
        return Rejected(f"the gateway refused the question: {reason}", status=status, order_id=order_id)
    return Unavailable(
        f"the gateway at {base_url} does not answer ({reason}): check the address and the network, "
        "then call again; nobody is texted twice by that",
        status=status,
        order_id=order_id,
        retry_after=response.retry_after,
    )


def login_refused(response: Exchange, base_url: str) -> GatewayError:
    """The error of a login that gave no session."""
    if response.status in LOGIN_REFUSED:
        return NotAuthorised(
            f"the gateway refused the user name and password, or {base_url} is not its address "
            f"(HTTP {response.status}); nothing was sent",
            status=response.status,
        )
    return question_refused(response, base_url)
