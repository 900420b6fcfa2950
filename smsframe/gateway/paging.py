"""
Answers in pages, read whole or not believed.

Rows may come while pages are turned. A list is complete when all rows that were seen, in however many passes,
are as many as the last page says there are. One that shrinks meanwhile may have lost others unseen, so it is
never complete. A gateway may count a row that it lists twice, twice: then it is complete when two passes in a
row list the same, as long as it says.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from smsframe.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from datetime import datetime

    from smsframe.gateway.retry import RetryPolicy
    from smsframe.orders.records import HistoryPage

PAGE_SIZES = (1000, 100, 10)
"""Rows per page: a client is known to ask for 1,000; the next is tried where the gateway refuses, or gives
fewer."""

PASSES = 4
"""How often the pages are turned at most, to catch up with what others add meanwhile."""

PAGES = 1_000
"""Pages that are read at most; endless ones prove nothing."""


class PagedReading:
    """
    What was seen so far of a list in pages.

    Args:
        ask: The page of a number, from 1, of a size.
        key: What never changes of a row, by which it is known again; None of a row that has no such thing.
        retry_policy: For pages that may be asked for again.
        of: What the rows are, in words.
        sizes: Rows per page, as `PAGE_SIZES`.
        pages: Pages that are read at most.
        seen: Is called with each page, as it comes.

    Attributes:
        rows: Each row once, by its key.
        date: When the first page came, by the gateway's own clock (UTC); None when it does not say.
        unusable: Why no further page can make it complete; empty while one may.
        pages: How many were read; ``most`` is the limit.
        total: How many rows the last page counts.
    """

    def __init__(
        self,
        ask: Callable[[int, int], HistoryPage],
        key: Callable[[dict[str, Any]], Hashable],
        retry_policy: RetryPolicy,
        *,
        of: str = "orders",
        sizes: Sequence[int] = PAGE_SIZES,
        pages: int = PAGES,
        seen: Callable[[HistoryPage], object] = lambda _page: None,
    ) -> None:
        self._ask, self._key, self._retry_policy, self._words = ask, key, retry_policy, of
        self._sizes, self.most, self._seen = [*sizes], pages, seen
        self.total = 0.0
        self._stable = False
        """Whether two passes in a row listed the same, as many as there are."""
        self._listed: list[dict[str, Any]] = []
        """The rows of the last whole pass, in their order."""
        self.pages = 0
        self.rows: dict[Hashable, dict[str, Any]] = {}
        self.date: datetime | None = None
        self.unusable = ""

    @property
    def problem(self) -> str:
        """Why not all that there is was seen; empty when it was."""
        if self.unusable:
            return self.unusable
        if self.pages > 0 and (self._stable or len(self.rows) == self.total):
            return ""
        if len(self._listed) > len(self.rows):
            return (
                f"it lists {self._words} more than once: {len(self.rows):,} different ones of "
                f"{self.total:,.0f}"
            )
        lists = f"it counts {self.total:,.0f} {self._words} and lists {len(self.rows):,}"
        return f"{lists}: pages are missing, or it changed while it was read"

    def read(self) -> None:
        """Turn the pages until nothing can be missing, or no further page can help."""
        for _ in range(PASSES):
            if self.turn_pages() or self.unusable:
                break

    def turn_pages(self) -> bool:
        """Turn the pages once, until nothing can be missing; whether that is so."""
        size, number, last = self._sizes[0], 0, None
        listed: list[dict[str, Any]] = []
        while not self.unusable and self.pages < self.most:
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
        self._stable = alike and listed == self._listed and len(listed) == self.total
        self._listed = listed
        return not self.problem

    def _page(self, number: int) -> HistoryPage | None:
        self.pages += 1
        try:
            return self._retry_policy.ask(lambda: self._ask(number, self._sizes[0]))
        except Rejected:
            if number > 1 or len(self._sizes) == 1:
                raise
            del self._sizes[0]
            return None

    def _add(self, page: HistoryPage) -> None:
        self.date = self.date or page.date
        keys = [self._key(row) for row in page.rows]
        if None in keys:
            self.unusable = f"it lists {self._words} of which one is without an id"
        elif page.total is None:
            self.unusable = f"it does not say how many {self._words} there are"
        elif page.total < self.total:
            self.unusable = "it shrank while it was read"
        self.total = page.total or 0.0
        self.rows.update(zip(keys, page.rows, strict=True))
        self._seen(page)
