"""
Shows a view in the widgets of a form, and which of them can be used now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from smsframe.form import html
from smsframe.form.draft import local_words
from smsframe.form.preview import missing, takes_sender

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from smsframe.form.campaign_counts import CampaignCounts
    from smsframe.form.preview import View
    from smsframe.form.widgets import Controls
    from smsframe.orders.profile import GatewayProfile
    from smsframe.orders.records import CampaignRecord


class FormFacts(NamedTuple):
    """
    What is known beside a view.

    Attributes:
        campaign: The campaign in the form, if it was begun, for a form that shows its text and its run.
        file_rows: Whether rows are called as the spreadsheet of their file calls them, not as the frame does.
    """

    campaign: CampaignRecord | None = None
    file_rows: bool = False


def show_view(controls: Controls, view: View, counts: CampaignCounts | None, facts: FormFacts) -> None:
    """Write what follows from a draft into the form."""
    messages = controls.messages
    for place in ("audience", "text", "campaign", "terms", "schedule"):
        messages[place].value = html.problem(view.problems.get(place))
    messages["counter"].value = html.counter(view)
    messages["cheaper"].value = html.cheaper(view)
    funnel = messages["funnel"]
    if view.exact or view.plan is None or not funnel.value:
        funnel.value = html.audience(view, followed=facts.campaign is not None, file_rows=facts.file_rows)
        funnel.remove_class("sf-before")
    else:  # what was counted before stays, marked, so that the form does not jump at each key
        funnel.add_class("sf-before")
    name = view.draft.campaign.strip()
    messages["known"].value = html.campaign_note(counts, name, facts.campaign) if counts else ""
    messages["total"].value = html.note(missing(view)) + html.balance(view)
    controls.send.description = view.headline()
    ready = view.counted and view.recipients
    controls.unlock.description = f"Type {view.recipients:,} to unlock" if ready else "To unlock"
    if counts is not None:
        controls.resume.description = counts.headline(view.when or agreed_time(facts.campaign))


def agreed_time(campaign: CampaignRecord | None) -> str:
    """When the texts of a campaign go out, in words; empty where no time was agreed, or campaign is known."""
    if campaign is None or campaign.terms.schedule is None:
        return ""
    return local_words(campaign.terms.schedule)


def enable(
    controls: Controls,
    view: View,
    counts: CampaignCounts | None,
    profile: GatewayProfile,
    running: AbstractSet[str],
) -> None:
    """Enable what can be used now, and show what there is to do; ``running``: the actions under way."""
    run = "run" in running
    controls.unlock.disabled = run or not view.can_be_unlocked
    controls.messages["unlock"].value = html.problem(view.unlock_hint(controls.unlock.value))
    controls.sender.disabled = not takes_sender(profile, controls.quality.value)
    controls.test.disabled = "test" in running
    controls.balance.disabled = "balance" in running
    controls.show(controls.time, shown=controls.later.value)
    resumes = counts is not None and counts.unfinished and not run
    cancels = counts is not None and bool(counts.cancelable) and not run
    controls.show(controls.resume, shown=resumes)
    controls.show(controls.cancel, shown=cancels)
    controls.show(controls.known_actions, shown=resumes or cancels)
    controls.show(controls.stop, shown=run)


def show_choices(
    controls: Controls, view: View, counts: CampaignCounts | None, *, fix: bool, sure: bool, running: bool
) -> None:
    """
    The buttons whose label says what they do next.

    Args:
        controls: The widgets of the form.
        view: What is shown.
        counts: The people of the campaign in the form, or None.
        fix: Whether characters are replaced.
        sure: Whether the first click on Cancel was made.
        running: Whether a run is under way.
    """
    cheaper = view.cheaper is not None and view.cheaper.saved > 0
    controls.fix.description = "Leave the text as it is" if fix else "Make it cheaper"
    controls.show(controls.fix, shown=cheaper or fix)
    if counts is not None:
        controls.cancel.description = counts.cancel_headline(sure=sure)
    controls.show(controls.keep, shown=sure and not running)
