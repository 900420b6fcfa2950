"""
`finish`: what an engine that says "done" has left open.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from smsframe.api.docstrings import explained
from smsframe.api.options import journal_of, policy_of, suppressed_numbers
from smsframe.api.tracebacks import hide_frames
from smsframe.campaign import send as campaign_send
from smsframe.campaign.options import ResumeOptions
from smsframe.campaign.run_context import RunContext
from smsframe.display.progress_bar import Bar
from smsframe.engines.options import NO_WAIT, FinishOptions
from smsframe.formatting import many
from smsframe.gateway.smsend import Gateway
from smsframe.orders.states import State
from smsframe.planning.parameters import timespan

if TYPE_CHECKING:
    from datetime import timedelta

    import pandas as pd

    from smsframe.api.options import JournalLocation, Suppress
    from smsframe.contacts.policy import Policy
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.journal.journal import Journal
    from smsframe.orders.records import CampaignRecord

FIRST_LOOK, LONGEST_LOOK = 0.2, 5.0
"""Seconds between two looks at the journal, at first and at most."""


@hide_frames
@explained(
    FinishOptions,
    gateway="The `Gateway` that texts go to, which must be the campaign's own; `Gateway.from_env` when not "
    "given.",
    journal="The journal that the workers used: a path, URL or `Journal`; else the gateway's own, else "
    "``SMSFRAME_JOURNAL``.",
)
def finish(
    campaign: str,
    *,
    gateway: GatewayProtocol | None = None,
    journal: JournalLocation | None = None,
    wait: timedelta | str | float | None = None,
    suppress: Suppress | None = None,
    region: str | None = None,
    policy: Policy | None = None,
    adopt: bool = False,
    workers: int = 4,
    rate: float | None = None,
    grace: float = 30.0,
    progress: bool = True,
) -> pd.DataFrame:
    """
    Finish a campaign whose partitions an engine has sent: take over what workers that died have left open.

    An engine says "done" when each partition has ended once. People of workers that died before are then
    still open: they are looked up, and texted when it is certain that they were not. Whom a process that is
    alive is still sending to, is waited for. Everybody else who is pending is texted too, as by `resume`.

    Returns:
        One row per recipient in the journal, RangeIndex, result columns only (`ResultsSchema`). How many
        people were taken over is said on stderr.

    Raises:
        UnknownCampaign: There is no such campaign in this journal.
        SmsFrameError, ValueError: As `resume`.

    Example:
        >>> smsframe.finish("spring", gateway=gateway, progress=False)["sms_status"].tolist()
        ['accepted']
    """
    options = FinishOptions.of(locals())
    options = replace(options, policy=policy_of(options.policy))
    gateway = gateway or Gateway.from_env()
    memory = journal_of(journal, gateway)
    entry = memory.get(campaign)
    with Bar("finishing", "people", shown=options.progress) as bar:
        context = RunContext.of(options, gateway=gateway, journal=memory)
        return _finish(entry, replace(context, report=bar.update, started=bar.start), options)


def _finish(entry: CampaignRecord, context: RunContext, options: FinishOptions) -> pd.DataFrame:
    """Resume until nobody is pending for want of a worker, or the wait is over."""
    resuming = ResumeOptions(policy=options.policy, adopt=options.adopt, suppress=options.suppress)
    now = context.retry_policy.clock.now()
    suppressed = suppressed_numbers(options.suppress, options.region, now=now)
    patience = inf if options.wait is None else _seconds(options.wait)
    waiting = Waiting(context, entry, patience)
    taken_over = 0
    while True:
        taken_over += left_open(context.journal, entry)
        results = campaign_send.resume(entry, context, options=resuming, suppressed=suppressed)
        busy = int(results["sms_code"].eq("other_process").sum())
        if not busy or not waiting.until_nobody_is_at_work(busy):
            break
    people = many(taken_over, "person", "people")
    context.say(f"campaign {entry.name!r}: {people} taken over from processes that had died")
    return results


class Waiting:
    """
    Waits for runs of a campaign that are alive, and says so once.

    Args:
        context: What is worked with.
        entry: The campaign.
        patience: Seconds at most, of all waits together.
    """

    def __init__(self, context: RunContext, entry: CampaignRecord, patience: float) -> None:
        self._context, self._entry = context, entry
        self._clock = context.retry_policy.clock
        self._until = self._clock.monotonic() + patience
        self._told = False

    def until_nobody_is_at_work(self, people: int) -> bool:
        """Wait; False when it took too long. ``people``: how many are waited for."""
        name, look = self._entry.name, FIRST_LOOK
        who = many(people, "person", "people")
        if not self._told and self._until > self._clock.monotonic():
            self._context.say(f"campaign {name!r}: waiting for processes that are sending to {who}")
            self._told = True
        while self._context.journal.batches.tally(self._entry).at_work:
            left = self._until - self._clock.monotonic()
            if left <= 0:
                self._context.say(
                    f"campaign {name!r}: other processes are still sending to {who}, which are pending here; "
                    f"call smsframe.finish({name!r}) again later"
                )
                return False
            self._clock.sleep(min(look, left))
            look = min(2 * look, LONGEST_LOOK)
        return self._until > self._clock.monotonic()


def left_open(journal: Journal, entry: CampaignRecord) -> int:
    """The people in open orders of runs that have died."""
    known = journal.recipients(entry.id, entry.name)
    open_ = known.batches["state"].isin([State.PLANNED, State.SENDING, State.UNCONFIRMED])
    orders = (open_ & ~known.batches["owner_alive"]).to_numpy(dtype=bool)
    batch = known.people["batch"].to_numpy()
    return int(orders[batch[batch >= 0]].sum())


def _seconds(wait: timedelta | str | float) -> float:
    return 0.0 if wait in NO_WAIT else timespan("wait", wait).total_seconds()
