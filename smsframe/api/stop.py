"""
Stop a campaign that another process sends, by a request in its journal.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from smsframe.api.docstrings import READS_ONLY, explained
from smsframe.api.options import journal_of
from smsframe.api.tracebacks import hide_frames

if TYPE_CHECKING:
    from smsframe.api.options import JournalLocation
    from smsframe.gateway.base import GatewayProtocol


@hide_frames
@explained(gateway=READS_ONLY)
def stop(
    campaign: str, *, gateway: GatewayProtocol | None = None, journal: JournalLocation | None = None
) -> bool:
    """
    Ask whichever process sends a campaign to stop, from any process that can write to its journal.

    The request is written in the journal; a run reads it before each order leaves, and once a second while
    its orders wait for their turn. Its end is that of `Run.stop`: orders under way get their record, the
    others stay pending, and what was sent with ``undo=`` is taken back. This returns at once: `watch` waits
    for the end. The request is for runs that began before it; `send`, `start` and `resume` called later run.

    Returns:
        Whether a process was at work on it; when none is, it prints so.

    Raises:
        UnknownCampaign: There is no such campaign in this journal.
        JournalError: The journal cannot be written.

    Example:
        >>> smsframe.stop("spring", journal=journal)
        False
    """
    memory = journal_of(journal, gateway)
    entry = memory.get(campaign)
    at_work = memory.stop_requests.make(entry)
    if at_work:
        message = (
            f"asked for campaign {entry.name!r} to stop: no more orders leave, those under way get their "
            f"record. smsframe.watch({entry.name!r}) waits for that"
        )
    else:
        message = f"no process is sending campaign {entry.name!r}: there was nothing to stop"
    print(f"smsframe: {message}", file=sys.stderr)  # noqa: T201 - a notebook shows it beside the result
    return at_work
