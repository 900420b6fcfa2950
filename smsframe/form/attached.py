"""
A form that follows a run of its campaign to its end, also one that another process started.

A form that is opened again, in this kernel, another one or another browser, finds it in the journal.
"""

from __future__ import annotations

from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from smsframe.clock import machine_zone
from smsframe.errors import SmsFrameError
from smsframe.form import html
from smsframe.form.draft import Draft
from smsframe.form.form import Form
from smsframe.form.live import LiveRun
from smsframe.form.page.html import done
from smsframe.form.screen import FormFacts
from smsframe.form.session import CHANGED
from smsframe.form.stops import said_of
from smsframe.orders.names import alike

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from contextlib import AbstractContextManager
    from datetime import datetime

    import pandas as pd

    from smsframe.api.run import Run
    from smsframe.form.campaign_counts import CampaignCounts
    from smsframe.form.preview import View
    from smsframe.form.session import FormSession
    from smsframe.orders.records import CampaignRecord
    from smsframe.planning.plan import Plan

LOOK_SECONDS = 0.5
"""Seconds between two looks at a run of somebody else."""

COUNT_SECONDS = 60.0
"""Seconds that are waited at most until every row of a table is counted."""


class AttachedForm(Form):
    """
    As `Form`; and a live run of the campaign in it, and what the journal has of that campaign, are shown.

    Attributes:
        after_run: Called when a run that was shown here is over, however it ended.
        begun: Called with a plan that is being sent.
        at_work: Entered while this form sends or cancels, so that the page asks before it is closed.
        stopped: Why the last run of this form stopped, in a sentence; empty if it did not.
    """

    def __init__(self, contacts: pd.DataFrame, draft: Draft, session: FormSession) -> None:
        self.after_run: Callable[[], None] = lambda: None
        self.begun: Callable[[Plan], None] = lambda _: None
        self.at_work: AbstractContextManager[Any] = nullcontext()
        self.stopped = ""
        self._entry: CampaignRecord | None = None
        self._file_rows = False
        self._agreed: tuple[str, Draft, Draft] | None = None
        """The campaign whose time, sender and quality were taken over, and the form before and after that."""
        with suppress(SmsFrameError, OSError):  # the form says what is wrong with the journal
            if (entry := session.find(draft.campaign.strip())) is not None:
                agreed = _with_terms(draft, entry, session)
                self._agreed, draft = (entry.name, draft, agreed), agreed
        super().__init__(contacts, draft, session)

    def call_rows_as_in_file(self) -> None:
        """Call rows as the spreadsheet of their file calls them, not as the frame does."""
        with self._lock:
            self._file_rows = True
            self._render()

    def take_over(self, draft: Draft) -> None:
        """What a form of the same campaign held beside its text: when it goes out, and cheaper characters."""
        with self._lock:
            self._fix = draft.fix
            self._controls.set_time(draft.later, draft.day, draft.at, draft.zone)
        self.read_numbers_of(draft.region)

    def read_numbers_of(self, region: Hashable | None) -> None:
        """
        Take the country that was chosen before, or that column; whatever a form of this table would guess.

        What is not known, or is not in this table, is "in the number": a wrong country texts strangers.
        """
        with self._lock:
            here = [value for _, value in self._controls.region.options]
            self._controls.region.value = region if region in here else None
        self.look_again()

    def at_time(self, at: datetime) -> None:
        """Begin with a time at which it goes out."""
        self._controls.set_time(**_local(at))
        self.look_again()

    def look_again(self) -> None:
        """Show what the journal has of the campaign by now."""
        self._updates.request((self._controls.draft(fix=self._fix), True))

    def counted_plan(self) -> Plan | None:
        """The plan of every row, for what is in the form now; None where none can be made."""
        self._updates.wait(COUNT_SECONDS)
        self._exact_counts.wait(COUNT_SECONDS)
        view = self._view
        return view.plan if view.exact else None

    def on_change(self, act: Callable[[], None]) -> None:
        """Do something whenever somebody changes what is in the form."""
        for widget in self._controls.inputs:
            widget.observe(lambda _: act(), "value")
        self._controls.fix.on_click(lambda _: act())

    @property
    def typed(self) -> Draft:
        """What is in the fields of the form, counted or not."""
        return self._controls.draft(fix=self._fix)

    def _view_of(self, draft: Draft, *, exact: bool) -> tuple[View, CampaignCounts | None]:
        view, counts = super()._view_of(draft, exact=exact)
        self._entry = self._session.find(draft.campaign.strip()) if counts is not None else None
        return view, counts

    def _show(self, view: View, counts: CampaignCounts | None) -> None:
        entry = self._entry
        if self._agrees_now(view.draft, entry if counts is not None else None):
            return  # the form is another one now, and is shown next: clicks on this one would be ignored
        super()._show(view, counts)
        if counts is not None and counts.busy and entry is not None and "run" not in self._actions:
            self._actions.start("run", "send", partial(self._follow_live, entry))

    def _agrees_now(self, draft: Draft, entry: CampaignRecord | None) -> bool:
        """
        Take over when a campaign that was begun goes out, its sender and its quality, once it is named here.

        Whoever is added to it is not texted before the others; all that can be changed in the form.

        Returns:
            Whether that changed the form.
        """
        with self._lock:
            if draft != self._controls.draft(fix=self._fix):
                return False  # something else was typed meanwhile, and is shown next
            if self._agreed is not None and self._agreed[0] != (entry.name if entry is not None else ""):
                _, before, after = self._agreed
                self._agreed = None
                if _terms(draft) == _terms(after) != _terms(before):  # the name that was typed goes on
                    self._set_terms(before)
                    return True
            if entry is None or self._agreed is not None or alike(entry.name) != alike(draft.campaign):
                return False
            after = _with_terms(draft, entry, self._session)
            self._agreed = (entry.name, draft, after)
            if after == draft:
                return False
            self._set_terms(after)
            return True

    def _set_terms(self, draft: Draft) -> None:
        self._controls.sender.value, self._controls.quality.value = draft.sender, draft.quality
        self._controls.set_time(draft.later, draft.day, draft.at, draft.zone)
        self.look_again()

    def _facts(self) -> FormFacts:
        return FormFacts(self._entry if self._counts is not None else None, self._file_rows)

    def _begin(self, plan: Plan) -> Run:
        run = super()._begin(plan)
        self.begun(plan)
        return run

    def _follow_run(self, start: Callable[[], Run]) -> None:
        self.stopped = ""
        try:
            with self.at_work:
                super()._follow_run(start)
        except (SmsFrameError, ValueError, OSError) as error:
            self.stopped = said_of(error)
            raise
        finally:
            self.after_run()

    def _cancel_scheduled(self, campaign: str, texts: int) -> None:
        entry, shown = self._session.find(campaign), self._counts
        now = None if entry is None else self._session.counts(entry, self._view.draft)
        if now != shown:  # what the label of the button says is not what would be cancelled
            self.look_again()
            raise ValueError(CHANGED)
        with self.at_work:
            super()._cancel_scheduled(campaign, texts)

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
            self._set_message("card", done(self.results))
        finally:
            self._run = None
            self._set_message("progress", "" if elsewhere else html.running(live.facts()))
            self._updates.request((self._controls.draft(fix=self._fix), True))
            if not elsewhere:
                self.after_run()


def _terms(draft: Draft) -> tuple[Any, ...]:
    return draft.sender, draft.quality, draft.later, draft.day, draft.at, draft.zone


def _with_terms(draft: Draft, entry: CampaignRecord, session: FormSession) -> Draft:
    """A draft with the terms of a campaign where it has none: its time, if to come, sender and quality."""
    terms = entry.terms
    if not draft.later and terms.schedule is not None and terms.schedule > session.clock.now():
        draft = replace(draft, **_local(terms.schedule))
    quality = draft.quality
    if quality == Draft().quality:
        quality = session.profile.quality_names.get(terms.message_type, quality)
    return replace(draft, sender=draft.sender or terms.sender or "", quality=quality)


def _local(at: datetime) -> dict[str, Any]:
    """A time at which it goes out, as a draft has it."""
    zone = machine_zone()
    local = at.astimezone(ZoneInfo(zone))
    return {"later": True, "day": local.date(), "at": local.time(), "zone": zone}
