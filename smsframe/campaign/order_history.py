"""
The gateway's history of orders, read whole or not believed.

The history is paged, and others may send while its pages are turned. It is complete when all orders that
were seen, in however many passes, are as many as the last page says there are. One that shrinks meanwhile
may have lost others unseen, so it is never complete.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smsframe.errors import Rejected
from smsframe.gateway import responses

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from smsframe.gateway.base import GatewayProtocol
    from smsframe.gateway.retry import Patience
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
        complete: Whether nothing can be missing.
        date: When the first page came, by the gateway's own clock (UTC); None when it does not say.
    """

    orders: pd.DataFrame
    complete: bool
    date: datetime | None

    def lists(self, order_id: str) -> bool:
        """Whether an order is in it, in capitals or small letters."""
        return bool(self.ids.eq(order_id.lower()).any())

    @property
    def ids(self) -> pd.Series[Any]:
        """The order ids, in small letters."""
        return self.orders["order_id"].str.strip().str.lower()


def read(gateway: GatewayProtocol, since: datetime, patience: Patience) -> History:
    """
    Read the history since a time.

    Args:
        gateway: Who is asked.
        since: By the gateway's clock.
        patience: For pages that may be asked for again.

    Raises:
        GatewayError: The gateway did not say.
    """
    reading = _Reading(gateway, since, patience)
    for _ in range(PASSES):
        if reading.turn_pages() or reading.hopeless:
            break
    return History(responses.orders([*reading.rows.values()]), reading.complete, reading.date)


class _Reading:
    """What was seen so far."""

    def __init__(self, gateway: GatewayProtocol, since: datetime, patience: Patience) -> None:
        self._gateway, self._since, self._patience = gateway, since, patience
        self._sizes = [*PAGE_SIZES]
        self._pages = 0
        self._total = 0.0
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        """By what never changes of an order: another number of recipients is no other order."""
        self.date: datetime | None = None
        self.hopeless = False

    @property
    def complete(self) -> bool:
        """Whether all that there is was seen."""
        return not self.hopeless and len(self.rows) == self._total and self._pages > 0

    def turn_pages(self) -> bool:
        """Turn the pages once, until nothing can be missing; whether that is so."""
        size, number, last = self._sizes[0], 0, None
        while not self.hopeless and self._pages < PAGES:
            number += 1
            page = self._page(number)
            if page is None:  # another size, from the beginning
                size, number = self._sizes[0], 0
                continue
            self._add(page)
            if self.complete:
                return True
            if page.rows in ([], last):
                break
            last = page.rows
            if number == 1 and len(page.rows) < min(size, page.total or 0) and len(self._sizes) > 1:
                # Fewer than were asked for: where its second page begins is anybody's guess.
                del self._sizes[0]
                size, number, last = self._sizes[0], 0, None
        return False

    def _page(self, number: int) -> HistoryPage | None:
        self._pages += 1
        try:
            return self._patience.ask(lambda: self._gateway.history_page(self._since, number, self._sizes[0]))
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
        nameless = any(not order for order, _ in keys)
        shrunk = page.total is None or page.total < self._total
        self.hopeless |= nameless or shrunk
        self._total = page.total or 0.0
        self.rows.update(zip(keys, page.rows, strict=True))
