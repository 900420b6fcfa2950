"""
What the gateway's answers say: dates, numbers and reasons, and what a POST response to.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.compute as pc

from smsframe.arrow import INSTANT, TEXT, strings
from smsframe.errors import GatewayError
from smsframe.gateway.wire_format import DATE
from smsframe.masking import mask
from smsframe.orders.records import HistoryPage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from smsframe.gateway.transport import Exchange


_CANONICAL = r"^\+[1-9][0-9]{6,14}$"
"""A number that needs nothing done to it."""


def recipients(response: Exchange, zone: ZoneInfo, order_id: str) -> pd.DataFrame:
    """
    The recipients of an order: ``phone`` (E.164), ``delivery``, ``delivered_at`` (UTC).

    Raises:
        GatewayError: The answer could not be read.
    """
    body = response.json()
    entries = body.get("recipients") if isinstance(body, dict) and is_ok(body, silent=True) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise GatewayError(
            "the gateway's answer about an order could not be read", status=response.status, order_id=order_id
        )
    written = _cells(entries, "destination")
    numbers = pd.Series(written, dtype=TEXT)
    if not pc.all(pc.match_substring_regex(written, _CANONICAL)).as_py():  # pandas takes ten times as long
        # Where a gateway keeps numbers as numbers, some end in a fraction of nothing.
        whole = numbers.str.replace(r"\.0+$", "", regex=True)
        digits = whole.str.replace(r"[\s().-]", "", regex=True)
        numbers = digits.str.replace(r"^(?:00|\+)?([0-9])", r"+\1", regex=True).astype(TEXT)
    return pd.DataFrame(
        {
            "phone": numbers,
            "delivery": pd.Series(_cells(entries, "status"), dtype=TEXT),
            "delivered_at": instants(pd.Series(_cells(entries, "delivery_date"), dtype=TEXT), zone),
        }
    )


def history_page(response: Exchange) -> HistoryPage:
    """
    The orders on a page of the history, and how many there are in all.

    Raises:
        GatewayError: The answer could not be read.
    """
    body = response.json()
    rows = body.get("smshistory") if isinstance(body, dict) and is_ok(body, silent=True) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise GatewayError("the gateway's answer about its history could not be read", status=response.status)
    return HistoryPage(rows, number(body.get("total")), response.date)


def orders(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """
    Orders of the history: ``order_id``, ``create_time``, ``schedule_time`` (UTC), ``num_recipients``,
    ``message_type``, ``sender`` (string).
    """
    names = ("order_id", "create_time", "schedule_time", "num_recipients", "message_type", "sender")
    cells = pd.DataFrame({name: pd.Series(_cells(rows, name), dtype=TEXT) for name in names})
    return cells.assign(
        schedule_time=instants(cells["schedule_time"], "UTC"),
        create_time=instants(cells["create_time"], "UTC"),
        num_recipients=pd.to_numeric(cells["num_recipients"].astype(object), errors="coerce"),
    )


def credits_left(response: Exchange, qualities: Mapping[str, str]) -> pd.DataFrame:
    """
    Credits left by message type.

    Args:
        response: The answer.
        qualities: The quality of each message type.

    Returns:
        ``message_type`` and ``quality`` (string, missing where a type is none), ``credits`` (Float64).

    Raises:
        GatewayError: The answer could not be read.
    """
    body = response.json()
    entries = body.get("sms") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        raise GatewayError("the gateway's answer about credits could not be read", status=response.status)
    quantities = {
        str(entry.get("type")): number(entry.get("quantity")) for entry in entries if isinstance(entry, dict)
    }
    types = [kind for kind, quantity in quantities.items() if quantity is not None]
    return pd.DataFrame(
        {
            "message_type": pd.array(types, "string"),
            "quality": pd.array([qualities.get(kind) for kind in types], "string"),
            "credits": pd.array([quantities[kind] for kind in types], "Float64"),
        }
    )


def is_ok(body: dict[str, Any], *, silent: bool = False) -> bool:
    """Whether the ``result`` is ``OK``; with ``silent`` also when there is none."""
    return str(body.get("result", "OK" if silent else "")).upper() == "OK"


def _cells(entries: list[dict[str, Any]], name: str) -> Any:
    """A column of strings, as they were written: among gaps, pandas would make floats of digits."""
    cells = [entry.get(name) for entry in entries]
    return strings([None if cell is None else str(cell) for cell in cells])


def instants(dates: pd.Series[Any], zone: ZoneInfo | str) -> pd.Series[Any]:
    """The gateway's dates as UTC instants; missing where there is none, or the hour is ambiguous."""
    text = dates.tolist()  # pandas takes three times as long for a column as for an index
    naive = pd.to_datetime(text, format=DATE, errors="coerce")
    if (naive.isna() & dates.notna().to_numpy()).any():
        stripped = [str(date).strip() for date in text]  # "<NA>" is no date either
        naive = pd.to_datetime(stripped, format=DATE, errors="coerce")
    local = naive.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    return pd.Series(local.tz_convert("UTC"), index=dates.index, name=dates.name).astype(INSTANT)


def reason_of(response: Exchange) -> str:
    """The gateway's reason in one short line: both shapes of error body are in use; numbers are masked."""
    if response.status is None:
        return response.failure
    body = response.json()
    if isinstance(body, dict):
        parts = [body.get("error_message") or body.get("result"), body.get("error_type")]
        words = " - ".join(str(part) for part in parts if part)
    else:
        words = "an answer that is not JSON" if "<" in response.body else response.body
    # Masked before it is cut, because half a number or half a key would no longer be known as one.
    words = mask(response.hide(words[:10_000]))
    words = "".join(character if character.isprintable() else " " for character in words)
    words = " ".join(words.split())[:200]
    return f"{words} (HTTP {response.status})" if words else f"HTTP {response.status}"


def number(value: object, *, least: float = -math.inf) -> float | None:
    """A finite JSON number, or None for anything else and for less than ``least``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        read = float(value)
    except OverflowError:
        return None
    return read if math.isfinite(read) and read >= least else None
