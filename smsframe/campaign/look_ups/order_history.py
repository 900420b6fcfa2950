"""
The gateway's history of orders, read whole or not believed; `smsframe.gateway.paging` turns its pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smsframe.gateway import paging, responses

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime

    import pandas as pd

    from smsframe.gateway.base import GatewayProtocol
    from smsframe.gateway.retry import RetryPolicy

PAGES = paging.PAGES
"""Pages that are read at most; endless ones prove nothing."""


@dataclass(frozen=True, slots=True, repr=False)
class History:
    """
    What the gateway lists.

    Attributes:
        orders: ``order_id``, ``create_time``, ``schedule_time`` (UTC), ``num_recipients``.
        problem: Why orders may be missing, in words; empty when none can be.
        date: When the first page came, by the gateway's own clock (UTC); None when it does not say.
    """

    orders: pd.DataFrame
    problem: str
    date: datetime | None

    @property
    def complete(self) -> bool:
        """Whether nothing can be missing."""
        return not self.problem

    def lists(self, order_id: str) -> bool:
        """Whether an order is in it, in capitals or small letters."""
        return bool(self.ids.eq(order_id.lower()).any())

    @property
    def ids(self) -> pd.Series[Any]:
        """The order ids, in small letters."""
        return self.orders["order_id"].str.strip().str.lower()


def read(gateway: GatewayProtocol, since: datetime, retry_policy: RetryPolicy) -> History:
    """
    Read the history since a time.

    Args:
        gateway: Who is asked.
        since: By the gateway's clock.
        retry_policy: For pages that may be asked for again.

    Raises:
        GatewayError: The gateway did not say.
    """
    reading = paging.PagedReading(
        lambda number, size: gateway.history_page(since, number, size),
        _key,
        retry_policy,
        sizes=paging.PAGE_SIZES,
        pages=PAGES,
    )
    reading.read()
    return History(responses.orders([*reading.rows.values()]), reading.problem, reading.date)


def _key(row: dict[str, Any]) -> Hashable:
    """What never changes of an order: another number of recipients is no other order."""
    order = str(row.get("order_id") or "").strip().lower()
    return (order, str(row.get("create_time"))) if order else None
