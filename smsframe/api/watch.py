"""
Watch a campaign that another process sends, by reading its journal.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from smsframe.api.docstrings import READS_ONLY, explained
from smsframe.api.options import journal_of
from smsframe.api.tracebacks import hide_frames
from smsframe.campaign import send as campaign_send
from smsframe.campaign.options import RunOptions
from smsframe.clock import SYSTEM
from smsframe.display.progress_bar import Bar
from smsframe.display.progress_stats import ProgressStats
from smsframe.masking import shown_name

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from smsframe.api.options import JournalLocation
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.journal.counts import Tally
    from smsframe.journal.journal import Journal
    from smsframe.orders.records import CampaignRecord

PAUSE = 9
"""A pause lasts at least so many times as long as the look before it: a big journal is slow to read."""


@hide_frames
@explained(RunOptions, gateway=READS_ONLY, interval="Seconds from one look at the journal to the next.")
def watch(
    campaign: str,
    *,
    gateway: GatewayProtocol | None = None,
    journal: JournalLocation | None = None,
    interval: float = 1.0,
    progress: bool = True,
) -> pd.DataFrame:
    """
    Watch a campaign until no process works on it, from any process that can read its journal.

    It only reads: Ctrl-C, or the notebook's stop button, ends the watching and not the campaign. When the
    process that sent it is gone and people are left, it prints so, and how to go on.

    Returns:
        As `results`: one row per recipient, RangeIndex, result columns only.

    Raises:
        UnknownCampaign: There is no such campaign in this journal.
        CampaignChanged: Its people were erased by `purge`.
        JournalError: The journal cannot be read.

    Example:
        >>> smsframe.watch("spring", journal=journal, progress=False)["sms_status"].tolist()
        ['accepted']
    """
    if (
        not isinstance(interval, int | float)
        or isinstance(interval, bool)
        or not 0 < interval <= threading.TIMEOUT_MAX
    ):
        raise ValueError(f"interval={interval!r} must be a number of seconds above 0")
    memory = journal_of(journal, gateway)
    from smsframe.journal.privacy.purging import require_people  # noqa: PLC0415 - loads SQLAlchemy

    entry = memory.get(campaign)
    require_people(entry)
    try:
        with memory.changes() as pause:
            last = follow(memory, entry, interval, shown=progress, pause=pause)
    except KeyboardInterrupt:
        _print(f"stopped watching; campaign {entry.name!r} goes on where it is being sent")
        raise
    left = [f"{last.counts[name]:,} {name}" for name in ("pending", "unconfirmed") if last.counts[name]]
    if left:
        _print(
            f"no process is sending campaign {entry.name!r}, and {' and '.join(left)} people are left: "
            f"go on with smsframe.resume({entry.name!r})"
        )
    return campaign_send.recipients(memory, entry)


def follow(
    journal: Journal,
    entry: CampaignRecord,
    interval: float,
    *,
    shown: bool,
    monotonic: Callable[[], float] = SYSTEM.monotonic,
    pause: Callable[[float, float], object] = lambda seconds, _least: SYSTEM.sleep(seconds),
) -> Tally:
    """
    Read the counts of a campaign again and again until no process works on it; return the last ones.

    ``pause`` waits for seconds, or where the database tells of changes until the next one, but at least for
    its second argument. Two readings in a row must show no process: between two halves of a refused batch, a
    run has for a moment no batch claimed.
    """
    stats = ProgressStats(monotonic)
    idle = False
    with Bar(
        f"watching {shown_name(entry.name)}", "people", shown=shown, stats=stats, monotonic=monotonic
    ) as bar:
        while True:
            asked = monotonic()
            tally = journal.batches.tally(entry)
            stats.count(tally.counts, tally.credits)
            bar.open()
            bar.show()
            left = tally.counts["pending"] + tally.counts["unconfirmed"]
            if not tally.at_work and (idle or not left):
                return tally
            idle = not tally.at_work
            least = (monotonic() - asked) * PAUSE
            pause(max(interval, least), least)


def _print(what: str) -> None:
    print(f"smsframe: {what}", file=sys.stderr)  # noqa: T201 - watching is printing
