"""
A form that follows a run of its campaign to its end, also one that another process started.

A form that is opened again, in this kernel, another one or another browser, finds it in the journal.
"""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

from smsframe.form import html
from smsframe.form.form import Form
from smsframe.form.live import LiveRun
from smsframe.outcomes.codes import CODES, EXPLANATIONS
from smsframe.outcomes.summary import summary

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from smsframe.api.run import Run
    from smsframe.form.campaign_counts import CampaignCounts
    from smsframe.form.draft import Draft
    from smsframe.form.preview import View
    from smsframe.form.session import FormSession
    from smsframe.orders.records import CampaignRecord

SENT_NOW = {
    CODES["other_process"]: "being sent now",
    EXPLANATIONS["other_process"]: "This person is in an order that is being sent.",
}
"""What is said of people in an order of a run that is shown here: it may be one of this form's own kernel."""

LOOK_SECONDS = 0.5
"""Seconds between two looks at a run of somebody else."""


class AttachedForm(Form):
    """
    As `Form`; and a live run of the campaign in it, and what the journal has of that campaign, are shown.

    Attributes:
        after_run: Called when a run that was shown here is over, however it ended.
    """

    def __init__(self, contacts: pd.DataFrame, draft: Draft, session: FormSession) -> None:
        self.after_run: Callable[[], None] = lambda: None
        self._entry: CampaignRecord | None = None
        super().__init__(contacts, draft, session)

    def _view_of(self, draft: Draft, *, exact: bool) -> tuple[View, CampaignCounts | None]:
        view, counts = super()._view_of(draft, exact=exact)
        self._entry = self._session.find(draft.campaign.strip()) if counts is not None else None
        return view, counts

    def _show(self, view: View, counts: CampaignCounts | None) -> None:
        super()._show(view, counts)
        entry = self._entry
        if counts is not None and counts.busy and entry is not None and "run" not in self._actions:
            self._actions.start("run", "send", partial(self._follow_live, entry))

    def _render(self) -> None:
        super()._render()
        funnel = self._controls.messages["funnel"]
        for sentence, instead in SENT_NOW.items():
            funnel.value = funnel.value.replace(escape(sentence), escape(instead))
        if self._counts is not None and self._entry is not None:
            known = self._controls.messages["known"]
            known.value += html.note(campaign_terms(self._entry)) + quoted(self._entry.template)

    def _follow_run(self, start: Callable[[], Run]) -> None:
        try:
            super()._follow_run(start)
        finally:
            self.after_run()

    def _follow_live(self, entry: CampaignRecord) -> None:
        """Show a run that was not started here until nobody is at work on it."""
        live = LiveRun(self._session.journal, entry)
        self._run, self.results = live, None  # type: ignore[assignment]  # its Stop asks by the journal
        self._set_message("card", "")
        name = self._controls.draft(fix=False).campaign
        elsewhere = False
        try:
            while live.look():
                elsewhere = self._controls.draft(fix=False).campaign != name
                if elsewhere:
                    return  # another campaign is in the form now, and its Stop must not stop this one
                self._set_message("progress", html.running(live.facts()))
                self._session.clock.sleep(LOOK_SECONDS)
            self.results = self._session.results(entry)
            self._set_message("card", summary(self.results)._repr_html_())
        finally:
            self._run = None
            self._set_message("progress", "" if elsewhere else html.running(live.facts()))
            self._updates.request((self._controls.draft(fix=self._fix), True))
            if not elsewhere:
                self.after_run()


def campaign_terms(entry: CampaignRecord) -> str:
    """The sender and the time of a campaign, in a sentence."""
    terms = entry.terms
    parts = [f"Sender {terms.sender}" if terms.sender else "The account's own sender"]
    if terms.schedule is not None:
        parts.append(f"goes out at {terms.schedule:%d %B %Y, %H:%M} UTC")
    elif terms.hours is not None:
        parts.append("goes out within hours")
    return ", ".join(parts) + ". Its text:"


def quoted(text: str) -> str:
    """A text of a campaign, as escaped HTML."""
    return f'<figure class="sf-example"><blockquote>{escape(text)}</blockquote></figure>'
