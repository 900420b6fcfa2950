"""
Watch a campaign that another process sends, by its journal alone.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from smsframe.api.options import journal_of
from smsframe.api.tracebacks import public
from smsframe.campaign import send
from smsframe.clock import SYSTEM
from smsframe.display.progress_bar import Bar
from smsframe.display.progress_stats import Meter
from smsframe.masking import shown_name

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from smsframe.api.options import Where
    from smsframe.gateway.smsend import Gateway
    from smsframe.journal.counts import Tally
    from smsframe.journal.journal import Journal
    from smsframe.orders.records import Entry

SHARE = 10
"""A question of a big journal may take this part of the time at most."""


@public
def watch(
    campaign: str,
    *,
    gateway: Gateway | None = None,
    journal: Where | None = None,
    interval: float = 1.0,
    progress: bool = True,
) -> pd.DataFrame:
    """
    Watch a campaign until nobody is at work on it, from any process that can read its journal.

    It only looks: Ctrl-C, or the notebook's stop button, ends the watching and not the campaign. When whoever
    sent it is gone and people are left, it says so and how to go on.

    Args:
        campaign: Its name.
        gateway: Whose own journal is read, if it has one, as a sandbox's has; nothing is asked.
        journal: As in `send`.
        interval: Seconds from one look to the next.
        progress: False draws no bar.

    Returns:
        As `results`: one row per recipient, RangeIndex, result columns only.

    Raises:
        UnknownCampaign: There is no such campaign in this journal.
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
        raise ValueError(f"interval={interval!r} must be a number of seconds")
    memory = journal_of(journal, gateway)
    entry = memory.get(campaign)
    try:
        last = follow(memory, entry, interval, shown=progress)
    except KeyboardInterrupt:
        _say(f"no longer watching; who sends campaign {entry.name!r} goes on")
        raise
    left = [f"{last.counts[name]:,} {name}" for name in ("pending", "unconfirmed") if last.counts[name]]
    if left:
        _say(
            f"nobody is at work on campaign {entry.name!r}, and of its people {' and '.join(left)}: "
            f"go on with smsframe.resume({entry.name!r})"
        )
    return send.recipients(memory, entry)


def follow(
    journal: Journal,
    entry: Entry,
    interval: float,
    *,
    shown: bool,
    monotonic: Callable[[], float] = SYSTEM.monotonic,
    pause: Callable[[float], object] = SYSTEM.sleep,
) -> Tally:
    """
    Look again and again, until nobody is at work; the last look.

    Twice in a row, because a run that has narrowed down what was refused has, for a moment, nothing in hand.
    """
    meter = Meter(monotonic)
    alone = False
    with Bar(
        f"watching {shown_name(entry.name)}", "people", shown=shown, meter=meter, monotonic=monotonic
    ) as bar:
        while True:
            asked = monotonic()
            found = journal.batches.tally(entry)
            meter.count(found.counts, found.credits)
            bar.open()
            bar.show()
            left = found.counts["pending"] + found.counts["unconfirmed"]
            if not found.at_work and (alone or not left):
                return found
            alone = not found.at_work
            pause(max(interval, (monotonic() - asked) * (SHARE - 1)))


def _say(what: str) -> None:
    print(f"smsframe: {what}", file=sys.stderr)  # noqa: T201 - what the caller asked for
