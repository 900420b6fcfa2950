"""
What the gateway's answers say: dates, numbers and reasons, and what a POST came to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe import phones
from smsframe.errors import GatewayError, NotAuthorised, Rejected, Unavailable, Unconfirmed
from smsframe.life import Event
from smsframe.order import DATE
from smsframe.schema import INSTANT, STRING

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from smsframe.wire import Exchange


@dataclass(frozen=True, slots=True)
class Reply:
    """
    What a POST came to.

    Attributes:
        event: What it proves.
        status: The HTTP status, or None when no answer came.
        reason: The gateway's words, or the failure's, without numbers and secrets.
        sent_at: When the request left (UTC).
        charged: Credits the order took, when the gateway said.
        remaining: Credits left, when the gateway said.
        retry_after: Seconds it asks to wait, or None.
    """

    event: Event
    status: int | None
    reason: str
    sent_at: datetime
    charged: float | None = None
    remaining: float | None = None
    retry_after: float | None = None

    def error(self, order_id: str | None = None) -> GatewayError:
        """The same as an error to raise."""
        match self.event:
            case Event.REFUSED:
                return Rejected(f"the gateway refused: {self.reason}", status=self.status, order_id=order_id)
            case Event.UNAUTHORISED | Event.WRONG_ADDRESS:
                return NotAuthorised(not_authorised(self.reason), status=self.status, order_id=order_id)
            case Event.NOT_SENT | Event.GAVE_UP:
                return Unavailable(
                    f"the gateway cannot take orders now ({self.reason}); nothing of this order was sent, "
                    "resume the campaign later",
                    status=self.status,
                    order_id=order_id,
                    retry_after=self.retry_after,
                )
            case _:
                return Unconfirmed(
                    f"nobody can know yet whether order {order_id} was accepted ({self.reason}); "
                    "it is not repeated, resume the campaign to ask the gateway",
                    status=self.status,
                    order_id=order_id,
                )


def instants(dates: pd.Series[Any], zone: ZoneInfo | str) -> pd.Series[Any]:
    """The gateway's dates as UTC instants; missing where there is none, or the hour is ambiguous."""
    text = dates.astype(STRING).str.strip().where(lambda cell: cell.ne(""))
    naive = pd.to_datetime(text.astype(object), format=DATE, errors="coerce")
    local = naive.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    return local.dt.tz_convert("UTC").astype(INSTANT)


def said(came: Exchange) -> str:
    """The gateway's reason in one short line: both shapes of error body are in use; numbers are masked."""
    if came.status is None:
        return came.failure
    body = came.json()
    if isinstance(body, dict):
        parts = [body.get("error_message") or body.get("result"), body.get("error_type")]
        words = " - ".join(str(part) for part in parts if part)
    else:
        words = "an answer that is not JSON" if "<" in came.body else came.body
    words = " ".join(words.split())[:200]
    return f"{phones.mask(words)} (HTTP {came.status})" if words else f"HTTP {came.status}"


def not_authorised(reason: str) -> str:
    """The sentence for credentials, sessions and addresses that are refused."""
    return f"the gateway did not let us in ({reason}): check the address, the account and its credentials"


def number(value: object) -> float | None:
    """A JSON number, or None for anything else."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
