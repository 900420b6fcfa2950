"""
What follows from a draft: who gets what for how much, who does not, and what is wrong.

No widgets, no journal, no clock: the form hands in a function that makes plans, and shows the `View`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from smsframe.errors import CampaignChanged, ContactsError, JournalError, SmsFrameError, TextError
from smsframe.form.draft import FIX, MAX_LIVE_ROWS, Draft, count_text, sample, send_time, time_words
from smsframe.form.variants import people_of_variants, several_texts, text_variants
from smsframe.form.wording import in_form_words
from smsframe.formatting import many
from smsframe.masking import mask
from smsframe.orders.profile import SENDER, SMSEND

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from smsframe.form.campaign_counts import CampaignCounts
    from smsframe.form.draft import TypedText
    from smsframe.orders.profile import GatewayProfile
    from smsframe.planning.plan import Plan
    from smsframe.planning.savings import Cheaper

PLACEHOLDER = "-"
"""Planned while there is no text: whose number can be texted does not depend on it."""

SENDER_RULE = "A sender is at most 11 letters, digits and simple signs, or a number of 6 to 16 digits."


@dataclass(frozen=True, slots=True)
class View:
    """
    What follows from a draft.

    Attributes:
        draft: The draft it follows from.
        rows: Rows of the table.
        exact: Whether all of them were planned. Otherwise the plan is of an even sample, which shows messages
            and what is wrong; nothing is counted from it: it has few of the duplicates, and is held against
            no campaign and no budget.
        plan: The plan; of a placeholder while the text is empty; None when none can be made, as while
            something is wrong with the text, so that nothing is counted.
        sendable: Whether the plan is of the draft's own text, and nothing is wrong.
        typed: The text as typed, or as it is sent where characters are replaced; None while it is empty.
        cheaper: What replacing characters would save, as `Plan.cheaper` says, or None.
        problems: What is wrong, by the part of the form that shows it: ``audience``, ``text``, ``campaign``,
            ``terms``, ``schedule``.
        experiment: How many people are in each variant, the hold-out last; empty where the table is no
            experiment, and unless ``exact``.
        phones: The phone column of the whole table where the plan is of a sample, else None.
    """

    draft: Draft
    rows: int
    exact: bool
    plan: Plan | None = None
    sendable: bool = False
    typed: TypedText | None = None
    cheaper: Cheaper | None = None
    problems: dict[str, str] = field(default_factory=dict)
    experiment: tuple[tuple[str, int], ...] = ()
    phones: pd.Series[Any] | None = field(default=None, compare=False, repr=False)

    @property
    def recipients(self) -> int:
        """People who would be texted; 0 unless ``exact``."""
        return self.plan.recipients if self.plan is not None and self.exact else 0

    @property
    def credits(self) -> int:
        """Credits that would cost; 0 unless ``exact``."""
        return self.plan.credits if self.plan is not None and self.exact else 0

    @property
    def readable(self) -> bool:
        """Whether the plan is of the draft's own text, so that its messages can be shown."""
        return self.plan is not None and self.typed is not None

    @property
    def counted(self) -> bool:
        """Whether that is so, and every row was planned."""
        return self.readable and self.exact

    def headline(self) -> str:
        """The label of the button that sends: how many people, for how many credits."""
        if not self.readable:
            return "Nothing to send yet"
        if not self.exact:
            return "Counting every row …"
        if not self.recipients:
            return "Nobody to text"
        people = many(self.recipients, "person", "people")
        at = f" {self.when}" if self.when else ""
        return f"Text {people} for {many(self.credits, 'credit')}{at}"

    @property
    def when(self) -> str:
        """When it goes out, on the clock of its time zone; empty for now, or where that is wrong."""
        draft = self.draft
        if not draft.later or "schedule" in self.problems or draft.day is None or draft.at is None:
            return ""
        return time_words(datetime.combine(draft.day, draft.at), draft.zone.strip())

    def unlock_hint(self, typed: str) -> str:
        """What is wrong with the number that somebody typed to unlock; empty while nothing is."""
        if not typed.strip() or not self.can_be_unlocked or self.unlocked_by(typed):
            return ""
        return f"That is not the number of people who would be texted: type {self.recipients:,}."

    @property
    def can_be_unlocked(self) -> bool:
        """Whether it could be sent, of which every row is counted."""
        return self.sendable and self.exact and self.recipients > 0

    def unlocked_by(self, typed: str) -> bool:
        """Whether somebody typed the number of people, with thousands as people write them."""
        digits = re.sub(r"[\s.,'’_]", "", typed)  # noqa: RUF001 - marks of thousands
        return self.can_be_unlocked and digits == str(self.recipients)

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
            f"{people}, or may have, another text of this campaign. Continue it, or choose another name.",
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
        return "The table is long: every row is counted when typing pauses."
    return "" if view.recipients else _why_nobody(view.plan)


def _why_nobody(plan: Plan) -> str:
    if plan.planned.empty:
        return "Nobody can be texted: the reasons are under Audience. Is this the phone column?"
    if plan.frame["sms_code"].eq("budget").any():
        return "Nobody is left to text: the budget covers none of those who have no outcome in this campaign."
    return "Nobody is left to text: everybody who can be texted has an outcome in this campaign."


def in_one_line(view: View) -> str:
    """
    What is wrong with the text, or missing, or what would be sent.

    Example:
        >>> in_one_line(View(Draft(phone="mobile"), rows=3, exact=True))
        'Correct what is marked above.'
    """
    if wrong := mask(view.problems.get("text", "")):
        return wrong
    return missing(view) if view.typed is None else view.headline()


def make_view(
    draft: Draft,
    contacts: pd.DataFrame,
    make_plan: Callable[..., Plan],
    *,
    now: datetime,
    exact: bool = False,
    profile: GatewayProfile = SMSEND,
) -> View:
    """
    Everything that follows from a draft. Never raises for what somebody typed: that is a problem of the view.

    Args:
        draft: What the form holds.
        contacts: The whole table.
        make_plan: Makes a plan, as `smsframe.plan`.
        now: The time, aware; a schedule before it is a problem.
        exact: Plan every row, however many there are.
        profile: What the gateway takes: which senders, of which qualities.
    """
    exact = exact or len(contacts) <= MAX_LIVE_ROWS
    typed = count_text(draft.text)
    sender = draft.sender if takes_sender(profile, draft.quality) else ""
    problems: dict[str, str] = {}
    if sender and not profile.takes_sender(sender):
        problems["terms"] = (
            SENDER_RULE if profile.sender == SENDER else f"{profile.name} takes no such sender."
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
        "sender": None if "terms" in problems else sender or None,
        "quality": draft.quality,
        "schedule": schedule,
    }
    if draft.fix:
        options["text_fix"] = FIX
    planned = contacts if exact else sample(contacts, MAX_LIVE_ROWS)
    texts: list[tuple[str | dict[str, str], dict[str, Any]]] = [
        (draft.text, {}),
        (PLACEHOLDER, {"campaign": None}),
    ]
    if len(several := text_variants(planned)) > 1:
        problems["text"] = several_texts(several)
        texts = [(dict.fromkeys(several, PLACEHOLDER), {"campaign": None, "text_fix": None})]
    made = _planned(
        texts, problems, lambda text, **overrides: make_plan(planned, text, **options | overrides)
    )
    result = replace(result, experiment=people_of_variants(made) if exact else ())
    plan = None if "text" in problems else made
    if plan is not None and typed is not None and draft.fix:
        typed = count_text(plan.template.source)
    phones = None if exact or plan is None else contacts[draft.phone]
    result = replace(result, plan=plan, typed=typed, phones=phones)
    return replace(
        result,
        sendable=result.readable and not problems and bool(draft.campaign.strip()),
        cheaper=plan.cheaper(FIX) if plan is not None and result.readable and not draft.fix else None,
    )


def takes_sender(profile: GatewayProfile, quality: str) -> bool:
    """Whether an order of this quality may name its sender."""
    return quality in profile.qualities and profile.qualities[quality].sender


def _planned(
    texts: list[tuple[str | dict[str, str], dict[str, Any]]],
    problems: dict[str, str],
    make_plan: Callable[..., Plan],
) -> Plan | None:
    """
    The plan of the first of some texts that can be planned; what is wrong with others goes to ``problems``.

    Where only the text is wrong, a placeholder is planned too, for what else is wrong. Its counts are those
    of another text. It has no campaign, so that nobody can send it.
    """
    for text, overrides in texts:
        if isinstance(text, str) and not text.strip():
            continue
        try:
            return make_plan(text, **overrides)
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
        case CampaignChanged() | JournalError():
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
    sentence = in_form_words(mask(message))
    return sentence[:1].upper() + sentence[1:]
