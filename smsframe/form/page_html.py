"""
What the page says of a campaign and of all of them, as escaped HTML.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from smsframe.form.campaign_counts import count_campaign
from smsframe.form.html import outcome_card
from smsframe.formatting import many
from smsframe.masking import mask, visible
from smsframe.planning.problems import problems

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from smsframe.form.campaign_counts import CampaignCounts


def title(name: str) -> str:
    """The heading of a screen."""
    return f'<h2 class="sf-title" dir="auto">{escape(visible(mask(name)))}</h2>'


def outcome(counts: CampaignCounts, delivered: tuple[int, int], needing: int) -> str:
    """
    The one sentence that matters, and below it the rest.

    Args:
        counts: The people of the campaign.
        delivered: How many texts are delivered, and how many were not for good.
        needing: Rows that need a hand.
    """
    sent = counts.texted - counts.scheduled
    parts = [f"{sent:,} sent"] if sent or not (counts.scheduled or counts.cancelled) else []
    labelled = (
        (counts.scheduled, "scheduled"),
        (counts.busy, "being sent now"),
        (counts.pending, "waiting"),
        (counts.unconfirmed, "unconfirmed"),
        (counts.cancelled, "cancelled"),
        (counts.cancelling, "to be cancelled, not proven"),
        (counts.suppressed, "on an opt-out list"),
        (counts.held_back, "waiting for a larger budget"),
    )
    parts += [f"{count:,} {label}" for count, label in labelled if count]
    if needing:
        parts.append(f"{needing:,} {'needs' if needing == 1 else 'need'} a hand")
    finished = not (counts.busy or counts.unfinished or counts.cancelling)
    notes = []
    if delivered[0]:
        notes.append(f"{delivered[0]:,} delivered so far")
    if delivered[1]:
        notes.append(f"{many(delivered[1], 'text')} not delivered")
    if counts.unconfirmed:
        notes.append(
            "unconfirmed: they may have been texted; Continue asks the gateway, and texts nobody twice"
        )
    quiet = f'<div class="sf-note">{escape(". ".join(notes))}.</div>' if notes else ""
    mark = '<span class="sf-done" aria-hidden="true">✓</span> ' if finished else ""
    return f'<div class="sf-outcome" role="status">{mark}{escape(", ".join(parts))}</div>{quiet}'


def done(results: pd.DataFrame) -> str:
    """What came of the run of a form: the sentence, and the card of its results."""
    if results.empty:
        return ""
    return outcome(count_campaign(results), (0, 0), len(problems(results))) + outcome_card(results)


def campaign_line(row: Mapping[str, Any], *, live: bool) -> str:
    """One campaign of the list: when it was begun, how far it is, and whether somebody is at work on it."""
    names = {
        "accepted": "sent",
        "scheduled": "scheduled",
        "pending": "waiting",
        "unconfirmed": "unconfirmed",
        "rejected": "refused",
        "cancelled": "cancelled",
    }
    counts = ", ".join(f"{int(row[name]):,} {label}" for name, label in names.items() if row[name])
    if live:
        counts += ", being sent now"
    elif row["pending"]:
        counts += ": open it to continue"
    return (
        f'<div class="sf-listed"><span>{row["created_at"]:%d %B %Y}</span>'
        f"<span>{escape(counts or 'nobody')}</span></div>"
    )
