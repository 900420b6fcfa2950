"""
What follows from a draft: who gets what for how much, who does not, and what is wrong.

No widgets, no journal, no clock: whoever shows a form hands in how a plan is made, and shows the `View`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from smsframe.errors import CampaignChanged, ContactsError, SmsFrameError, TextError
from smsframe.form.draft import FIX, LIVE, Draft, count, moment, sample
from smsframe.formatting import many
from smsframe.masking import mask
from smsframe.orders.profile import SMSEND

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import pandas as pd

    from smsframe.form.draft import Typed
    from smsframe.planning.plan import Plan
    from smsframe.planning.savings import Cheaper

STAND_IN = "-"
"""Planned while there is no text that can be: the audience does not depend on it."""


class Standing(NamedTuple):
    """
    What a journal knows of a campaign: people by where they stand, and what those pending would cost.

    Who is pending and on a list of numbers that nobody may text is ``suppressed``, and not ``pending``.
    """

    texted: int
    rejected: int
    unconfirmed: int
    pending: int
    busy: int
    credits: int
    suppressed: int = 0

    @property
    def unfinished(self) -> bool:
        """Whether there is something to go on with."""
        return bool(self.pending or self.unconfirmed)

    def headline(self) -> str:
        """What the button says that goes on."""
        if not self.pending:
            return "Resume: ask the gateway"
        return f"Resume: text {many(self.pending, 'person', 'people')} for {many(self.credits, 'credit')}"

    def sentence(self) -> str:
        """
        The same in words.

        Example:
            >>> Standing(812, 0, 0, 428, 0, 428).sentence()
            '812 already texted, 428 pending'
        """
        told = {
            "already texted": self.texted,
            "refused by the gateway": self.rejected,
            "unconfirmed": self.unconfirmed,
            "pending": self.pending,
            "in the hands of another process": self.busy,
            "not to be texted any more": self.suppressed,
        }
        return ", ".join(f"{count:,} {what}" for what, count in told.items() if count) or "nobody texted yet"


@dataclass(frozen=True, slots=True)
class View:
    """
    What follows from a draft.

    Attributes:
        draft: The draft it follows from.
        rows: Rows of the table.
        exact: Whether all of them were planned, or an even sample.
        plan: The plan, or None when none can be made.
        sendable: Whether the plan is of the draft's own text, and nothing is wrong.
        typed: The text as typed, or None while it is empty.
        cheaper: What replacing characters would save, as `Plan.cheaper` says, or None.
        problems: What is wrong, by where it is said: ``audience``, ``text``, ``campaign``, ``terms``,
            ``schedule``.
    """

    draft: Draft
    rows: int
    exact: bool
    plan: Plan | None = None
    sendable: bool = False
    typed: Typed | None = None
    cheaper: Cheaper | None = None
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def scale(self) -> float:
        """Rows of the table for each row that was planned."""
        return self.rows / max(1, len(self.plan.frame)) if self.plan is not None else 1.0

    @property
    def recipients(self) -> int:
        """People who would be texted; an estimate unless ``exact``."""
        return round(self.plan.recipients * self.scale) if self.plan is not None else 0

    @property
    def credits(self) -> int:
        """Credits that would cost; an estimate unless ``exact``."""
        return round(self.plan.credits * self.scale) if self.plan is not None else 0

    def headline(self) -> str:
        """What the button says: how many people, for how much."""
        about = "" if self.exact else "about "
        people = many(self.recipients, "person", "people")
        return f"Text {about}{people} for {about}{many(self.credits, 'credit')}"

    def but(self, place: str, sentence: str) -> View:
        """The same with one more problem, so that it cannot be sent."""
        return replace(self, sendable=False, problems={**self.problems, place: sentence})

    def unless_other_text(self, known: Standing, template: str) -> View:
        """The same, with a problem if people of the campaign have, or may have, another text than this."""
        held = known.texted + known.unconfirmed + known.busy
        if not held or self.plan is None or self.plan.template.source == template:
            return self
        people = many(held, "person has", "people have")
        return self.but(
            "campaign",
            f"{people}, or may have, another text of this campaign. Resume it, or choose another name.",
        )


def missing(view: View) -> str:
    """
    What is still to be done before it can be sent, in one sentence; empty when nothing is.

    Example:
        >>> missing(View(Draft(text="Ciao"), rows=3, exact=True))
        'Choose the phone column.'
    """
    if not view.rows:
        return ""
    if view.draft.phone is None:
        return "Choose the phone column."
    if view.plan is None:
        return "Something above is not right yet."
    if view.typed is None:
        return "Write the text."
    if not view.draft.campaign.strip():
        return "Give the campaign a name: under it, nobody is texted twice."
    if view.problems:
        return "Something above is not right yet."
    if not view.exact:
        return "The table is long, so these are estimates: count every row before you send."
    return "" if view.recipients else "Everybody who can be texted has an outcome in this campaign."


def view(
    draft: Draft, contacts: pd.DataFrame, make: Callable[..., Plan], *, now: datetime, exact: bool = False
) -> View:
    """
    Everything that follows from a draft; never raises for what somebody typed.

    Args:
        draft: What the form holds.
        contacts: The whole table.
        make: Makes a plan, as `smsframe.plan`.
        now: The time, aware; a schedule before it is a problem.
        exact: Plan every row, however many there are.
    """
    exact = exact or len(contacts) <= LIVE
    typed = count(draft.text)
    problems: dict[str, str] = {}
    if draft.sender and not SMSEND.takes_sender(draft.sender):
        problems["terms"] = (
            "A sender is at most 11 letters, digits and simple signs, or a number of 6 to 16 digits."
        )
    try:
        schedule = moment(draft, now)
    except ValueError as wrong:
        schedule, problems["schedule"] = None, str(wrong)
    seen = View(draft, len(contacts), exact, typed=typed, problems=problems)
    if not len(contacts):
        problems["audience"] = "The table has no rows: there is nobody to text."
        return seen
    if draft.phone is None:
        problems["audience"] = "Choose the column that holds the phone numbers."
        return seen
    options: dict[str, Any] = {
        "phone": draft.phone,
        "region": draft.region,
        "campaign": (draft.campaign.strip() or None) if exact else None,
        "sender": None if "terms" in problems or draft.quality != "high" else draft.sender or None,
        "quality": draft.quality,
        "schedule": schedule,
    }
    if draft.fix:
        options["text_fix"] = FIX
    planned = contacts if exact else sample(contacts, LIVE)
    plan = _planned(draft.text, problems, lambda words, **other: make(planned, words, **options | other))
    sendable = bool(plan is not None and typed is not None and not problems and draft.campaign.strip())
    proposal = None
    if plan is not None and typed is not None and "text" not in problems and not draft.fix:
        proposal = plan.cheaper(FIX)
    return replace(seen, plan=plan, sendable=sendable, cheaper=proposal)


def standing(results: pd.DataFrame) -> Standing:
    """Where the people of a campaign stand, from its results; the suppressed are told in them."""
    status, busy = results["sms_status"], results["sms_code"].eq("other_process").fillna(value=False)
    waiting = status.eq("pending") & ~busy
    return Standing(
        texted=int(status.isin(["accepted", "scheduled"]).sum()),
        rejected=int(status.eq("rejected").sum()),
        unconfirmed=int(status.eq("unconfirmed").sum()),
        pending=int(waiting.sum()),
        busy=int(busy.sum()),
        credits=int(results["sms_segments"][waiting].sum()),
        suppressed=int(status.eq("suppressed").sum()),
    )


def _planned(words: str, problems: dict[str, str], make: Callable[..., Plan]) -> Plan | None:
    """
    The plan of a text, or of a stand-in while the text cannot be; what is wrong goes to the problems.

    The stand-in's has no campaign, so that nobody can send it.
    """
    for tried, other in ((words, {}), (STAND_IN, {"campaign": None})):
        if not tried.strip():
            continue
        try:
            return make(tried, **other)
        except (SmsFrameError, ValueError, OSError) as wrong:
            problems.setdefault(_place(wrong), said(wrong))
            if not isinstance(wrong, TextError):
                break
    return None


def _place(wrong: Exception) -> str:
    match wrong:
        case TextError():
            return "text"
        case ContactsError() | OSError():  # a list of numbers nobody may text is a file
            return "audience"
        case CampaignChanged():
            return "campaign"
        case _ if "campaign=" in str(wrong):
            return "campaign"
        case _:
            return "terms"


def said(wrong: Exception) -> str:
    """What went wrong, as a form says it: masked, and without arguments that nobody types there."""
    told = str(wrong)
    if isinstance(wrong, OSError) and wrong.filename is not None:
        told = f"{wrong.filename} cannot be read: {wrong.strerror}"
    sentence = mask(told).replace("pass region=", "choose the country")
    return sentence[:1].upper() + sentence[1:]
