"""
A run that some process has under way, as the journal shows it: how far it is, and a request to stop it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smsframe.display.progress_stats import ProgressStats

if TYPE_CHECKING:
    from smsframe.journal.journal import Journal
    from smsframe.orders.records import CampaignRecord


class LiveRun:
    """
    A campaign that somebody is sending: this kernel, another one, or another program.

    Args:
        journal: Where it is written.
        entry: The campaign.
    """

    def __init__(self, journal: Journal, entry: CampaignRecord) -> None:
        self._journal, self._entry = journal, entry
        self._stats = ProgressStats()
        self._idle = 0

    def look(self) -> bool:
        """
        Read how far it is; whether somebody may still be at work.

        Two looks in a row must find nobody: between two parts of a refused order a run has none.
        """
        tally = self._journal.batches.tally(self._entry)
        self._stats.count(tally.counts, tally.credits)
        self._idle = 0 if tally.at_work else self._idle + 1
        return self._idle < 2  # noqa: PLR2004 - as said

    def facts(self) -> dict[str, Any]:
        """How far it was at the last look, as `smsframe.Run.facts` says it."""
        return self._stats.facts()

    def stop(self) -> None:
        """Ask it to stop: no more orders leave, those under way get their record."""
        self._journal.stop_requests.make(self._entry)
