"""
What follows from a draft: who gets what for how much, who does not, and what is wrong.

No widgets, no journal, no clock: the form hands in a function that makes plans, and shows the `View`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from smsframe.errors import CampaignChanged, ContactsError, SmsFrameError, TextError
from smsframe.form.draft import FIX, MAX_LIVE_ROWS, Draft, count_text, sample, send_time
from smsframe.formatting import many
from smsframe.masking import mask
from smsframe.orders.profile import SMSEND

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import pandas as pd

    from smsframe.contacts.policy import Policy
    from smsframe.form.draft import TypedText
    from smsframe.planning.plan import Plan
    from smsframe.planning.savings import Cheaper

PLACEHOLDER = "-"
"""Planned while the text cannot be: who is in the audience does not depend on the text."""


class CampaignCounts(NamedTuple):
    """
    People of a campaign by outcome, as the journal has them, and what those pending would cost.

    Pending people who are on an opt-out list count as ``suppressed``, not as ``pending``; those who wait for
    a budget count as ``held_back`` where the form has no policy.
    """

    texted: int
    rejected: int
    unconfirmed: int
    pending: int
    busy: int
    credits: int
    suppressed: int = 0
    scheduled: int = 0
    cancelling: int = 0
    cancelled: int = 0
    held_back: int = 0

    @property
    def unfinished(self) -> bool:
        """Whether there is somebody to resume."""
        return bool(self.pending or self.unconfirmed)

    def cancel_headline(self, *, sure: bool) -> str:
        """The label of the button that cancels what is scheduled, before and after the first click."""
        people = many(self.scheduled + self.cancelling, "text")
        return f"Yes, cancel {people}" if sure else f"Cancel {people} …"

    def headline(self) -> str:
        """The label of the button that resumes the campaign."""
        if not self.pending:
            return "Resume: ask the gateway"
        return f"Resume: text {many(self.pending, 'person', 'people')} for {many(self.credits, 'credit')}"

    def sentence(self) -> str:
        """
        The counts in one sentence.

        Example:
            >>> CampaignCounts(812, 0, 0, 428, 0, 428).sentence()
            '812 texted already, 428 pending'
        """
        labelled = {
            "texted already": self.texted - self.scheduled,
            "scheduled": self.scheduled,
            "cancelled": self.cancelled,
            "to be cancelled, not proven": self.cancelling,
            "refused by the gateway": self.rejected,
            "unconfirmed": self.unconfirmed,
            "pending": self.pending,
            "being sent now": self.busy,
            "on an opt-out list": self.suppressed,
            "waiting for a larger budget": self.held_back,
        }
        return (
            ", ".join(f"{count:,} {label}" for label, count in labelled.items() if count)
            or "nobody texted yet"
        )


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
        problems: What is wrong, by the part of the form that shows it: ``audience``, ``text``, ``campaign``,
            ``terms``, ``schedule``.
    """

    draft: Draft
    rows: int
    exact: bool
    plan: Plan | None = None
    sendable: bool = False
    typed: TypedText | None = None
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
        """The label of the button that sends: how many people, for how many credits."""
        about = "" if self.exact else "about "
        people = many(self.recipients, "person", "people")
        return f"Text {about}{people} for {about}{many(self.credits, 'credit')}"

    def with_problem(self, place: str, sentence: str) -> View:
        """This view with one more problem, so that it cannot be sent."""
        return replace(self, sendable=False, problems={**self.problems, place: sentence})

    def unless_text_changed(self, counts: CampaignCounts, template: str) -> View:
        """This view, with a problem if people of the campaign have, or may have, another text."""
        outcomes = counts.texted + counts.unconfirmed + counts.busy + counts.cancelling
        if not outcomes or self.plan is None or self.plan.template.source == template:
            return self
        people = many(outcomes, "person has", "people have")
        return self.with_problem(
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
        return "Correct what is marked above."
    if view.typed is None:
        return "Write the text."
    if not view.draft.campaign.strip():
        return "Name the campaign: within one campaign, nobody is texted twice."
    if view.problems:
        return "Correct what is marked above."
    if not view.exact:
        return "The table is long, so these are estimates: count every row, then send."
    if view.plan.frame["sms_code"].eq("budget").any() and not view.recipients:
        return "Nobody is left to text: the budget covers none of those who have no outcome in this campaign."
    return (
        ""
        if view.recipients
        else "Nobody is left to text: everybody who can be texted has an outcome in this campaign."
    )


def make_view(
    draft: Draft,
    contacts: pd.DataFrame,
    make_plan: Callable[..., Plan],
    *,
    now: datetime,
    exact: bool = False,
) -> View:
    """
    Everything that follows from a draft. Never raises for what somebody typed: that is a problem of the view.

    Args:
        draft: What the form holds.
        contacts: The whole table.
        make_plan: Makes a plan, as `smsframe.plan`.
        now: The time, aware; a schedule before it is a problem.
        exact: Plan every row, however many there are.
    """
    exact = exact or len(contacts) <= MAX_LIVE_ROWS
    typed = count_text(draft.text)
    problems: dict[str, str] = {}
    if draft.sender and not SMSEND.takes_sender(draft.sender):
        problems["terms"] = (
            "A sender is at most 11 letters, digits and simple signs, or a number of 6 to 16 digits."
        )
    try:
        schedule = send_time(draft, now)
    except ValueError as error:
        schedule, problems["schedule"] = None, str(error)
    result = View(draft, len(contacts), exact, typed=typed, problems=problems)
    if not len(contacts):
        problems["audience"] = "The table has no rows: there is nobody to text."
        return result
    if draft.phone is None:
        problems["audience"] = "Choose the column that holds the phone numbers."
        return result
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
    planned = contacts if exact else sample(contacts, MAX_LIVE_ROWS)
    plan = _planned(
        draft.text, problems, lambda text, **overrides: make_plan(planned, text, **options | overrides)
    )
    sendable = bool(plan is not None and typed is not None and not problems and draft.campaign.strip())
    proposal = None
    if plan is not None and typed is not None and "text" not in problems and not draft.fix:
        proposal = plan.cheaper(FIX)
    return replace(result, plan=plan, sendable=sendable, cheaper=proposal)


def count_campaign(results: pd.DataFrame, policy: Policy | None = None) -> CampaignCounts:
    """Count the people of a campaign from its results, in which the opted-out are ``suppressed``."""
    status, code = results["sms_status"], results["sms_code"]
    busy, cancelling, budget = (
        code.eq(name).fillna(value=False) for name in ("other_process", "cancelling", "budget")
    )
    held_back = budget & status.eq("pending") & (policy is None)
    waiting = status.eq("pending") & ~busy & ~held_back
    return CampaignCounts(
        texted=int(status.isin(["accepted", "scheduled"]).sum()),
        rejected=int(status.eq("rejected").sum()),
        unconfirmed=int((status.eq("unconfirmed") & ~cancelling).sum()),
        pending=int(waiting.sum()),
        busy=int(busy.sum()),
        credits=int(results["sms_segments"][waiting].sum()),
        suppressed=int(status.eq("suppressed").sum()),
        scheduled=int(status.eq("scheduled").sum()),
        cancelling=int(cancelling.sum()),
        cancelled=int(status.eq("cancelled").sum()),
        held_back=int(held_back.sum()),
    )


def _planned(text: str, problems: dict[str, str], make_plan: Callable[..., Plan]) -> Plan | None:
    """
    The plan of a text, or of a placeholder where it cannot be planned; what is wrong goes to ``problems``.

    The placeholder's plan has no campaign, so that nobody can send it.
    """
    for planned_text, overrides in ((text, {}), (PLACEHOLDER, {"campaign": None})):
        if not planned_text.strip():
            continue
        try:
            return make_plan(planned_text, **overrides)
        except (SmsFrameError, ValueError, OSError) as error:
            problems.setdefault(_place_of(error), error_sentence(error))
            if not isinstance(error, TextError):
                break
    return None


def _place_of(error: Exception) -> str:
    match error:
        case TextError():
            return "text"
        case ContactsError() | OSError():  # the opt-out list is a file
            return "audience"
        case CampaignChanged():
            return "campaign"
        case _ if "campaign=" in str(error):
            return "campaign"
        case _:
            return "terms"


def error_sentence(error: Exception) -> str:
    """The message of an error for people at a form: masked, and without Python arguments."""
    message = str(error)
    if isinstance(error, OSError) and error.filename is not None:
        message = f"{error.filename} cannot be read: {error.strerror}"
    sentence = mask(message).replace("pass region=", "choose the country")
    return sentence[:1].upper() + sentence[1:]
