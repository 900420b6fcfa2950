"""
The rows of a run, as it and the journals know them when it is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smsframe.campaign.reports.result_frames import joined, unsent, without_journal
from smsframe.errors import JournalError

if TYPE_CHECKING:
    import pandas as pd

    from smsframe.campaign.run.engine import CampaignEngine
    from smsframe.journal.journal import Journal
    from smsframe.planning.plan import Plan


def corrected(rows: pd.DataFrame, engine: CampaignEngine) -> pd.DataFrame:
    """The rows with what a run knows of its own orders; the same frame where there is nothing to correct."""
    frame = engine.posted.correct(rows)
    if frame["sms_status"].eq("ready").any():  # everybody was written down
        frame = without_journal(frame, maybe_texted=engine.maybe_texted)
    return frame


def by_own_journal(
    plan: Plan, journal: Journal, engine: CampaignEngine, owner: str, phones: pd.Series[Any] | None
) -> pd.DataFrame:
    """
    The rows of a plan where a journal cannot be read: by the campaign's, if it is another one with opt-outs.

    Args:
        plan: The plan.
        journal: The campaign's.
        engine: The run.
        owner: Its name in the journal.
        phones: Whom it is about; all people when not given.
    """
    try:
        known = journal.recipients(engine.entry.id, engine.entry.name, phones)
        return corrected(joined(plan, known, engine.entry.name, owner), engine)
    except JournalError:
        return without_journal(unsent(plan), maybe_texted=engine.maybe_texted)
