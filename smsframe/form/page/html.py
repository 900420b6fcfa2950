"""
What the page says of a campaign and of all of them, as escaped HTML.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe.clock import machine_zone
from smsframe.form.campaign_counts import count_campaign
from smsframe.form.draft import clock_words, local_day
from smsframe.form.html import campaign_terms, figures, note, outcome_card, quoted
from smsframe.formatting import many
from smsframe.masking import mask, visible
from smsframe.planning.previews import Previewer
from smsframe.planning.problems import problems

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from smsframe.form.campaign_counts import CampaignCounts
    from smsframe.orders.records import CampaignRecord

NEWEST = 20
"""Replies that are shown; the file has them all."""

LONGEST = 300
"""Characters of a reply that are shown."""

MEANINGS = {"opt_out": "asked to opt out", "review": "to look at", "other": "others"}
"""What a reply means, in the words of the page."""


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
        (counts.held_out, "held out of the experiment"),
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


def erased(entry: CampaignRecord) -> str:
    """That the people and texts of a campaign were erased, and when; empty of others."""
    return "" if entry.purged_at is None else note(f"Its {_erased(entry.purged_at)}.")


def text_of(entry: CampaignRecord, phones: pd.Series[Any]) -> str:
    """
    The sender, the time and the text of a campaign, unless they were erased.

    Args:
        entry: The campaign.
        phones: The numbers of its people, which are masked in the text as in any preview of it.
    """
    if entry.purged_at is not None:
        return ""
    (text,) = Previewer(phones, phones).shown([entry.template])
    return note(campaign_terms(entry)) + quoted(text)


def _erased(at: datetime) -> str:
    return f"numbers and texts were erased on {local_day(at)}, and nothing is sent under its name any more"


def campaign_line(row: Mapping[str, Any], *, live: bool) -> str:
    """One campaign of the list: when it was begun, how far it is, and whether somebody is at work on it."""
    names = {
        "accepted": "sent",
        "scheduled": "scheduled",
        "pending": "waiting",
        "unconfirmed": "unconfirmed",
        "rejected": "refused",
        "cancelled": "cancelled",
        "suppressed": "left out",
    }
    counts = ", ".join(f"{int(row[name]):,} {label}" for name, label in names.items() if row[name])
    if pd.notna(row["purged_at"]):
        counts = _erased(row["purged_at"])
    elif live:
        counts += ", being sent now"
    elif row["pending"]:
        counts += ": open it to continue"
    return (
        f'<div class="sf-listed"><span>{local_day(row["created_at"])}</span>'
        f"<span>{escape(counts or 'nobody')}</span></div>"
    )


def replies_found(found: pd.DataFrame) -> str:
    """How many replies mean what, and the newest of them; ``found`` as of `smsframe.replies`."""
    if found.empty:
        return note("Nobody has answered yet.")
    counts = found["meaning"].value_counts()
    counted = figures((f"{int(counts.get(name, 0)):,}", words) for name, words in MEANINGS.items())
    newest = found.iloc[::-1].head(NEWEST)
    cells = zip(*(newest[name] for name in ("received_at", "sender", "meaning", "text")), strict=True)
    rows = "".join(
        f"<tr><td>{escape(clock_words(at))}</td><td>{_masked(sender)}</td>"
        f"<td>{'' if said == 'other' else escape(MEANINGS.get(said, ''))}</td>"
        f'<td dir="auto">{_masked(text)}</td></tr>'
        for at, sender, said, text in cells
    )
    head = "".join(
        f'<th scope="col">{word}</th>' for word in (f"received, {machine_zone()}", "from", "meaning", "text")
    )
    more = f"The newest {NEWEST} of {len(found):,}; the file has them all." if len(found) > NEWEST else ""
    return (
        f'{counted}<div class="sf-look"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        f"</div>{note(more)}"
    )


def reply_line(row: Mapping[str, Any]) -> str:
    """One reply that somebody is to look at."""
    at = clock_words(row["received_at"])
    return (
        f'<div class="sf-listed"><span>{escape(at)}</span><span>{_masked(row["sender"])}</span>'
        f'<span dir="auto">{_masked(row["text"])}</span></div>'
    )


def _masked(value: object) -> str:
    return "" if pd.isna(value) else escape(visible(mask(str(value)), LONGEST))  # type: ignore[call-overload]
