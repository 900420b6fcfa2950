"""
The gateway's history of orders, read whole or not believed.

The history is paged, and others may send while its pages are turned. It is complete when all orders that
were seen, in however many passes, are as many as the last page says there are. One that shrinks meanwhile
may have lost others unseen, so it is never complete. A gateway may count an order that it lists twice, twice:
then it is complete when two passes in a row list the same, as long as it says.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smsframe.errors import Rejected
from smsframe.gateway import responses

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from smsframe.gateway.base import GatewayProtocol
    from smsframe.gateway.retry import RetryPolicy
    from smsframe.orders.records import HistoryPage

PAGE_SIZES = (1000, 100, 10)
"""Orders per page: a client is known to ask for 1,000; the next is tried where the gateway refuses, or gives
fewer."""

PASSES = 4
"""How often the pages are turned at most, to catch up with what others send meanwhile."""

PAGES = 1_000
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
    reading = _Reading(gateway, since, retry_policy)
    for _ in range(PASSES):
        if reading.turn_pages() or reading.unusable:
            break
    return History(responses.orders([*reading.rows.values()]), reading.problem, reading.date)


class _Reading:
    """What was seen so far."""

    def __init__(self, gateway: GatewayProtocol, since: datetime, retry_policy: RetryPolicy) -> None:
        self._gateway, self._since, self._retry_policy = gateway, since, retry_policy
        self._sizes = [*PAGE_SIZES]
        self._pages = 0
        self._total = 0.0
        self._stable = False
        """Whether two passes in a row listed the same, as many as there are."""
        self._listed: list[dict[str, Any]] = []
        """The rows of the last whole pass, in their order."""
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        """By what never changes of an order: another number of recipients is no other order."""
        self.date: datetime | None = None
        self.unusable = ""
        """Why no further page can make it complete."""

    @property
    def problem(self) -> str:
        """Why not all that there is was seen; empty when it was."""
        if self.unusable:
            return self.unusable
        if self._pages > 0 and (self._stable or len(self.rows) == self._total):
            return ""
        if len(self._listed) > len(self.rows):
            return f"it lists orders more than once: {len(self.rows):,} different ones of {self._total:,.0f}"
        lists = f"it counts {self._total:,.0f} orders and lists {len(self.rows):,}"
        return f"{lists}: pages are missing, or it changed while it was read"

    def turn_pages(self) -> bool:
        """Turn the pages once, until nothing can be missing; whether that is so."""
        size, number, last = self._sizes[0], 0, None
        listed: list[dict[str, Any]] = []
        while not self.unusable and self._pages < PAGES:
            number += 1
            page = self._page(number)
            if page is None:  # another size, from the beginning
                size, number, listed = self._sizes[0], 0, []
                continue
            self._add(page)
            if not self.problem:
                return True
            if page.rows in ([], last):
                break
            last = page.rows
            listed += page.rows
            if number == 1 and len(page.rows) < min(size, page.total or 0) and len(self._sizes) > 1:
                # Fewer than were asked for: where its second page begins is anybody's guess.
                del self._sizes[0]
                size, number, last, listed = self._sizes[0], 0, None, []
        alike = len({json.dumps(row, sort_keys=True) for row in listed}) == len(self.rows)
        self._stable = alike and listed == self._listed and len(listed) == self._total
        self._listed = listed
        return not self.problem

    def _page(self, number: int) -> HistoryPage | None:
        self._pages += 1
        try:
            return self._retry_policy.ask(
                lambda: self._gateway.history_page(self._since, number, self._sizes[0])
            )
        except Rejected:
            if number > 1 or len(self._sizes) == 1:
                raise
            del self._sizes[0]
            return None

    def _add(self, page: HistoryPage) -> None:
        self.date = self.date or page.date
        keys = [
            (str(row.get("order_id") or "").strip().lower(), str(row.get("create_time"))) for row in page.rows
        ]
        if any(not order for order, _ in keys):
            self.unusable = "it lists an order without an id"
        elif page.total is None:
            self.unusable = "it does not say how many orders there are"
        elif page.total < self._total:
            self.unusable = "it shrank while it was read"
        self._total = page.total or 0.0
        self.rows.update(zip(keys, page.rows, strict=True))
