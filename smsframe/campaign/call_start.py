"""
What a call that sends reads of the journal when it starts: all of it at one moment, in one transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from smsframe.campaign.reports.result_frames import without_barred, without_capped
from smsframe.errors import JournalError
from smsframe.journal.campaigns.conflicts import CampaignCall
from smsframe.orders.records import Now
from smsframe.planning.erased_people import without_erased

if TYPE_CHECKING:
    import pandas as pd

    from smsframe.campaign.run_context import RunContext
    from smsframe.journal.campaigns.stored_campaign import StoredCampaign
    from smsframe.journal.journal import Journal
    from smsframe.journal.people.barred import Barred
    from smsframe.orders.records import CampaignRecord
    from smsframe.planning.plan import Plan


class CallStart(NamedTuple):
    """
    What was read.

    Attributes:
        plan: The plan, without the people who may not be texted by now.
        stored: What the journal has of the campaign, or None.
        barred: Knows who may not be texted, whenever it is asked.
    """

    plan: Plan
    stored: StoredCampaign | None
    barred: Barred

    @classmethod
    def read(
        cls, plan: Plan, context: RunContext, phones: pd.Series[Any] | None, *, changed: bool
    ) -> CallStart:
        """
        Read the campaign, and who was erased, opted out, or reached the cap since the plan was made.

        Args:
            plan: What is to be sent.
            context: What it works with.
            phones: Whom to read; all people of the campaign when not given.
            changed: Whether who has none yet may get another text than the others have.

        Raises:
            JournalError, CampaignChanged: As `Journal.read`; nothing was sent.
        """
        journal, gateway, campaign = context.journal, context.gateway, plan.campaign or ""
        text, variants = plan.template.source, plan.texts.sources
        call = CampaignCall(gateway.base_url, gateway.account, text, changed, variants)
        with journal.reading():
            plan = without_erased(plan, context.barred().erased(campaign))
            stored = journal.read(campaign, call=call, phones=phones)
            barred = context.barred(plan.policy, 0 if stored is None else stored.entry.id)
            plan = without_barred(plan, barred)
            plan = without_capped(plan, barred, Now(*context.retry_policy.clock.span()))
        return cls(plan, stored, barred)


def read_known(entry: CampaignRecord, context: RunContext) -> StoredCampaign:
    """
    What the journal has of a campaign that a call has found in it.

    Raises:
        CampaignChanged: It is of another gateway or account.
        JournalError: The journal has been replaced since.
    """
    journal, gateway = context.journal, context.gateway
    call = CampaignCall(gateway.base_url, gateway.account, entry.template, changed=True)
    stored = journal.read(entry.name, call=call)
    if stored is None or stored.entry.id != entry.id:
        raise replaced(journal)
    return stored


def replaced(journal: Journal) -> JournalError:
    """The error of a journal that another one, or an older state of it, has taken the place of."""
    return JournalError(
        f"the journal {journal.place} was replaced by another, or by an older copy of itself: it lacks "
        "orders of this run. Put it back, or call again: the gateway's history tells what it lacks"
    )
