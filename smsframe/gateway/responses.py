"""
What the gateway's answers say: dates, numbers and reasons, and what a POST came to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from smsframe.errors import GatewayError, NotAuthorised, Rejected, Unavailable, Unconfirmed
from smsframe.formatting import amount
from smsframe.journal.rows import Evidence
from smsframe.masking import mask
from smsframe.orders.states import Event
from smsframe.orders.terms import DATE
from smsframe.outcomes.schema import INSTANT, STRING

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from smsframe.gateway.transport import Exchange


@dataclass(frozen=True, slots=True)
class Reply:
    """
    What a POST came to.

    Attributes:
        event: What it proves.
        status: The HTTP status, or None when no answer came.
        reason: The gateway's words, or the failure's, without numbers and secrets.
        sent_at: When the request left (UTC), if it did.
        charged: Credits the order took, when the gateway said.
        remaining: Credits left, when the gateway said.
        retry_after: Seconds it asks to wait, or None.
        call: The call that was made.
        order_id: The order id that an acceptance names, or None.
    """

    event: Event
    status: int | None
    reason: str
    sent_at: datetime | None = None
    charged: float | None = None
    remaining: float | None = None
    retry_after: float | None = None
    call: str = "sms"
    order_id: str | None = None

    @property
    def evidence(self) -> Evidence:
        """What was asked and answered, for the journal."""
        status = "no answer" if self.status is None else f"HTTP {self.status}"
        charged = "" if self.charged is None else f", {amount(self.charged)} credits"
        return Evidence(f"POST {self.call}", f"{status}: {self.reason}{charged}")

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


class OrderState(NamedTuple):
    """
    What the gateway says of an order.

    Attributes:
        recipients: A row per recipient; None when the gateway knows no such order.
        date: When it said so, by its own clock (UTC), or None.
    """

    recipients: pd.DataFrame | None
    date: datetime | None


class HistoryPage(NamedTuple):
    """
    A page of the gateway's history.

    Attributes:
        rows: Its orders, as they were written.
        total: How many orders the whole history has, or None.
        date: When it said so, by its own clock (UTC), or None.
    """

    rows: list[dict[str, Any]]
    total: float | None
    date: datetime | None


def states(came: Exchange, zone: ZoneInfo, order_id: str) -> pd.DataFrame:
    """
    The recipients of an order: ``phone`` (E.164), ``delivery``, ``delivered_at`` (UTC).

    Raises:
        GatewayError: The answer could not be read.
    """
    body = came.json()
    entries = body.get("recipients") if isinstance(body, dict) and is_ok(body, silent=True) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise GatewayError(
            "the gateway's answer about an order could not be read", status=came.status, order_id=order_id
        )
    found = _columns(entries, "destination", "status", "delivery_date")
    numbers = found["destination"].str.replace(r"[\s().-]", "", regex=True)
    return pd.DataFrame(
        {
            "phone": numbers.str.replace(r"^(?:00|\+)?([0-9])", r"+\1", regex=True).astype(STRING),
            "delivery": found["status"],
            "delivered_at": instants(found["delivery_date"], zone),
        }
    )


def listed(came: Exchange) -> HistoryPage:
    """
    The orders on a page of the history, and how many there are in all.

    Raises:
        GatewayError: The answer could not be read.
    """
    body = came.json()
    rows = body.get("smshistory") if isinstance(body, dict) and is_ok(body, silent=True) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise GatewayError("the gateway's answer about its history could not be read", status=came.status)
    return HistoryPage(rows, number(body.get("total")), came.date)


def orders(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Orders of the history: ``order_id``, ``create_time``, ``schedule_time`` (UTC), ``num_recipients``."""
    found = _columns(rows, "order_id", "create_time", "schedule_time", "num_recipients")
    return found.assign(
        schedule_time=instants(found["schedule_time"], "UTC"),
        create_time=instants(found["create_time"], "UTC"),
        num_recipients=pd.to_numeric(found["num_recipients"].astype(object), errors="coerce"),
    )


def left(came: Exchange) -> dict[str, float]:
    """
    Credits left by message type.

    Raises:
        GatewayError: The answer could not be read.
    """
    body = came.json()
    entries = body.get("sms") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        raise GatewayError("the gateway's answer about credits could not be read", status=came.status)
    found = {str(e.get("type")): number(e.get("quantity")) for e in entries if isinstance(e, dict)}
    return {kind: quantity for kind, quantity in found.items() if quantity is not None}


def is_ok(body: dict[str, Any], *, silent: bool = False) -> bool:
    """Whether the ``result`` is ``OK``; with ``silent`` also when there is none."""
    return str(body.get("result", "OK" if silent else "")).upper() == "OK"


def _columns(entries: list[dict[str, Any]], *names: str) -> pd.DataFrame:
    """Columns of strings, as they were written: among gaps, pandas would make floats of digits."""
    cells = {name: [entry.get(name) for entry in entries] for name in names}
    return pd.DataFrame(
        {
            name: pd.Series([None if cell is None else str(cell) for cell in column], dtype=STRING)
            for name, column in cells.items()
        }
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
    # Masked before it is cut, because half a number or half a key would no longer be known as one.
    words = mask(came.hide(words[:10_000]))
    words = "".join(character if character.isprintable() else " " for character in words)
    words = " ".join(words.split())[:200]
    return f"{words} (HTTP {came.status})" if words else f"HTTP {came.status}"


def not_authorised(reason: str) -> str:
    """The sentence for credentials, sessions and addresses that are refused."""
    return f"the gateway did not let us in ({reason}): check the address, the account and its credentials"


def number(value: object, *, least: float = -math.inf) -> float | None:
    """A finite JSON number, or None for anything else and for less than ``least``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        read = float(value)
    except OverflowError:
        return None
    return read if math.isfinite(read) and read >= least else None
