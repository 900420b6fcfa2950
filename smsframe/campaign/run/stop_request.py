"""
A request in the journal that a run is to stop, as the run reads it.

Each claim reads it, in its own transaction. Where no claim comes, as before an order is repeated or while
orders wait for their turn, it is looked for.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from smsframe.errors import JournalError

if TYPE_CHECKING:
    from smsframe.campaign.run_context import RunContext
    from smsframe.orders.records import CampaignRecord


class StopRequest:
    """
    Whether one run is to stop.

    Args:
        entry: The campaign, as it was read when the run was registered.
        context: What the run works with.
    """

    def __init__(self, entry: CampaignRecord, context: RunContext) -> None:
        self._entry, self._context = entry, context

    def look(self) -> bool:
        """Whether the run is to stop, for whatever reason; reads the journal if it is not known yet."""
        stopped = self._context.retry_policy.stop
        with suppress(JournalError):  # the next write says what is wrong with the journal
            if not stopped.is_set() and self._context.journal.stop_requests.made(self._entry):
                self.obey()
        return stopped.is_set()

    def obey(self) -> None:
        """Stop the run, as `smsframe.Run.stop` does."""
        name = self._entry.name
        self._context.say(
            f"campaign {name!r} was asked to stop, by a request in its journal; what is under way gets its "
            f"record. Go on with smsframe.resume({name!r})"
        )
        self._context.stop_requested.set()
        self._context.retry_policy.stop.set()
