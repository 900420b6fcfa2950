"""
The list of opt-outs in the journal and the gateway's own, each completed by the other.

Nobody is ever taken off a list by this. What was read of the gateway's list is kept also where the rest could
not be read, and a number that the gateway refuses keeps no other number off its list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from smsframe.arrow import TEXT
from smsframe.errors import Rejected, Unavailable
from smsframe.formatting import many
from smsframe.gateway.paging import PAGE_SIZES
from smsframe.phones import parse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from smsframe.gateway.retry import RetryPolicy
    from smsframe.gateway.stop_list import OptOutGateway
    from smsframe.journal.people.optout_rows import OptOutList
    from smsframe.journal.people.optouts import OptOuts

PASSES = 3
PAGES = 20_000
"""Pages in all, whatever it says of their number."""
BATCH = 1000
ALIKE = 5
"""So many numbers refused one by one, and none taken: it is not the numbers."""
SOURCE = "gateway's list"


class SyncedOptouts(NamedTuple):
    """
    What `smsframe.optouts.sync` did.

    Attributes:
        listed: How many numbers the gateway's list has.
        added: How many of them were new in the journal.
        pushed: How many numbers of the journal were put on the gateway's list.
        refused: Numbers that the gateway refused, which stay on the list in the journal.
        unreadable: How many entries of the gateway's list are no numbers that can be read.
    """

    listed: int
    added: int
    pushed: int
    refused: list[str]
    unreadable: int


def sync(
    optouts: OptOuts, owner: OptOutList, gateway: OptOutGateway, retry_policy: RetryPolicy, *, push: bool
) -> SyncedOptouts:
    """
    Read the gateway's list into the journal's, and put the journal's numbers on the gateway's.

    Raises:
        Unavailable: Not all of the gateway's list could be read; what was read is kept, and numbers that are
            not known to be on it were not pushed.
        GatewayError: The gateway refused or did not answer.
    """
    read = _Reading(gateway, retry_policy)
    try:
        read.all()
    finally:
        added, unreadable = _keep(optouts, owner, read.items)
    if read.problem:
        raise Unavailable(
            f"the gateway's list of opt-outs was not read completely: {read.problem}. "
            f"{many(len(read.items), 'number')} of it were read and are on the list in {optouts.place}; "
            "call again"
        )
    optouts.synced(owner)
    pushed, refused = 0, list[str]()
    if push:
        waiting = optouts.not_at_gateway(owner).tolist()
        pushed, refused = _push(waiting, optouts, owner, gateway, retry_policy)
    return SyncedOptouts(len(read.items), added, pushed, refused, unreadable)


class _Reading:
    """The gateway's list, page by page."""

    def __init__(self, gateway: OptOutGateway, retry_policy: RetryPolicy) -> None:
        self._gateway, self._retry_policy = gateway, retry_policy
        self._sizes = [*PAGE_SIZES]  # it documents no largest page: the first that it takes
        self._pages = 0
        self.items: dict[str, tuple[datetime | None, str]] = {}
        """Since when, and how it came there, by the number as the gateway writes it."""
        self.problem = ""
        """Why not everything was read; empty when it was."""

    def all(self) -> None:
        """Read the pages, again where they disagree with each other, until nothing can be missing."""
        for _ in range(PASSES):
            self.problem = self._turn_pages()
            if not self.problem:
                return

    def _turn_pages(self) -> str:
        number, last = 0, None
        while self._pages < PAGES:
            number += 1
            page = self._page(number)
            if page is None:  # smaller pages, from the beginning
                number, last = 0, None
                continue
            before = len(self.items)
            for written, since, origin in page.items:
                self.items.setdefault(written.strip(), (since, origin))
            if page.total is None:
                return "it does not say how many numbers there are"
            if len(self.items) == page.total:
                return ""
            if len(self.items) > page.total:
                return f"it counts {page.total:,.0f} numbers and lists {len(self.items):,}"
            written_now = [item[0] for item in page.items]
            if not written_now or written_now == last or (len(self.items) == before and number > 1):
                lists = f"it counts {page.total:,.0f} numbers and lists {len(self.items):,}"
                return f"{lists}: pages are missing, repeated, or it changed while it was read"
            last = written_now
        return f"it has no end after {PAGES:,} pages"

    def _page(self, number: int) -> Any:
        self._pages += 1
        try:
            return self._retry_policy.ask(lambda: self._gateway.optouts_page(number, self._sizes[0]))
        except Rejected:
            if number > 1 or len(self._sizes) == 1:
                raise
            del self._sizes[0]
            return None


def _keep(
    optouts: OptOuts, owner: OptOutList, items: dict[str, tuple[datetime | None, str]]
) -> tuple[int, int]:
    """Put what was read on the list: how many were new, and how many could not be read."""
    if not items:
        return 0, 0
    read = parse.read(pd.Series([*items], dtype=object), None, "possible")
    usable = read["phone"].notna().to_numpy()
    table = pd.DataFrame([*items.values()], columns=["since", "origin"])[usable].reset_index(drop=True)
    phones = pd.Series(read["phone"][usable].to_numpy(), dtype=TEXT)
    dated = table["since"].notna()
    added = 0
    for where in (dated, ~dated):
        rows = table[where]
        if rows.empty:
            continue
        since = pd.to_datetime(rows["since"], utc=True) if rows["since"].notna().all() else None
        origin = rows["origin"].astype(TEXT)
        source = (SOURCE + ", " + origin).where(origin.ne(""), SOURCE)
        added += optouts.add(owner, phones[where], source=source, since=since, at_gateway=True)
    return added, int((~usable).sum())


def _push(
    phones: Sequence[str],
    optouts: OptOuts,
    owner: OptOutList,
    gateway: OptOutGateway,
    retry_policy: RetryPolicy,
) -> tuple[int, list[str]]:
    """
    Put numbers on the gateway's list: how many were, and which it refuses.

    One malformed number keeps its whole batch off the list there, so a refused batch is halved.

    Raises:
        Rejected: It refuses every number; those that are not on its list yet are pushed by the next call.
    """
    waiting = [[*phones[begin : begin + BATCH]] for begin in range(0, len(phones), BATCH)]
    pushed, refused = 0, list[str]()
    while waiting:
        batch = waiting.pop(0)
        try:
            retry_policy.ask(lambda batch=batch: gateway.add_optouts(batch))  # type: ignore[misc]
        except Rejected:
            if len(batch) == 1:
                refused += batch
                if len(refused) >= ALIKE and not pushed:
                    raise
                continue
            half = len(batch) // 2
            waiting[:0] = [batch[:half], batch[half:]]
            continue
        optouts.known_at_gateway(owner, pd.Series(batch, dtype=TEXT))
        pushed += len(batch)
    return pushed, refused
