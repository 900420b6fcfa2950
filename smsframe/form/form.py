"""
`Form`: connects the controls to what follows from them.

It computes nothing (`draft`, `preview` do), draws nothing (`widgets`, `html`) and sends nothing (`session`).
What takes time runs in threads, so that the notebook reacts to every key.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from smsframe.errors import CampaignStopped, ContactsError, SmsFrameError
from smsframe.form import html
from smsframe.form.draft import MAX_LIVE_ROWS
from smsframe.form.page.html import done
from smsframe.form.preview import View, error_sentence, in_one_line, make_view, missing
from smsframe.form.screen import FormFacts, enable, show_choices, show_view
from smsframe.form.stepper import MessageStepper
from smsframe.form.tasks import LatestOnly, SingleFlight
from smsframe.form.widgets import OWN_NUMBER, Controls
from smsframe.masking import mask

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from smsframe.api.run import Run
    from smsframe.form.campaign_counts import CampaignCounts
    from smsframe.form.draft import Draft
    from smsframe.form.session import FormSession
    from smsframe.planning.plan import Plan

POLL_SECONDS = 0.2
"""Seconds between two updates of a run's progress."""

PAUSE = 0.8
"""Seconds without a change after which every row of a long table is counted."""

DOUBLE_CLICK = 0.7
"""Seconds within which a second click is part of the first one, and says nothing."""

BROKEN = "This is a bug of smsframe, so nothing can be sent from this form; please report what the log says."


class Form:
    """
    The form that `smsframe.compose` returns; shows itself in a notebook.

    No widget holds the gateway, a password or somebody's number, so that none is in a notebook that is saved
    with its widgets.

    Attributes:
        results: The results of the last run, as `smsframe.send` or `smsframe.resume` returns them; None
            before, during a run, and after one that could not start.
        widget: The widget, to be put into another one.
    """

    def __init__(self, contacts: pd.DataFrame, draft: Draft, session: FormSession) -> None:
        self.results: pd.DataFrame | None = None
        self._contacts, self._session = contacts, session
        self._is_long = len(contacts) > MAX_LIVE_ROWS
        self._number = ""
        """The number of the person at the form, for tests."""
        self._lock = threading.RLock()
        self._run: Run | None = None
        self._stopping = self._sure = False
        self._stop_cancelling, self._asked_at = threading.Event(), 0.0
        self._actions = SingleFlight(
            self._enable, lambda place, message: self._set_message(place, html.problem(message))
        )
        self._updates = LatestOnly(self._update)
        self._exact_counts = LatestOnly(self._update_exactly, PAUSE)
        self._fix = False
        self._counts: CampaignCounts | None = None
        self._controls = Controls(contacts, draft)
        self.widget = self._controls.box
        self._stepper = MessageStepper(self._controls)
        self._connect()
        self._update((self._controls.draft(fix=False), False))
        self._count_exactly(self._controls.draft(fix=False))

    @property
    def plan(self) -> Plan | None:
        """
        The `Plan` of what is in the form, or None; of a sample of a long table until typing pauses.
        """
        return self._view.plan

    @property
    def draft(self) -> Draft:
        """What is in the fields of the form, as it was last counted."""
        return self._view.draft

    def wait(self, timeout: float | None = None) -> bool:
        """
        Wait until nothing is running; False when that took longer than ``timeout`` seconds.

        For scripts and tests: people see it in the form.
        """
        waits = (self._actions, self._updates, self._exact_counts)
        return all(waited.wait(timeout) for waited in waits)

    def __repr__(self) -> str:
        name = mask(self._view.draft.campaign) or "(no campaign)"
        content = in_one_line(self._view)
        return f"<smsframe.Form {name}: {content[:1].lower()}{content[1:]}>"

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """The widget, and for viewers without widgets the card of the plan at the time."""
        bundle: dict[str, Any] = self.widget._repr_mimebundle_(**options)
        plan = self._view.plan if self._view.counted else None  # nobody would get a placeholder
        content = plan._repr_html_() if plan is not None else html.note(missing(self._view))
        return bundle | {"text/plain": repr(self), "text/html": content}

    # What people do.

    def _connect(self) -> None:
        controls = self._controls
        for widget in controls.inputs:
            widget.observe(self._changed, "value")
        controls.unlock.observe(lambda _: self._enable(), "value")
        controls.own_number.observe(self._store_number, "value")
        controls.fix.on_click(lambda _: self._toggle_fix())
        controls.balance.on_click(lambda _: self._actions.start("balance", "money", self._show_balance))
        controls.test.on_click(lambda _: self._actions.start("test", "test", self._send_test))
        controls.send.on_click(lambda _: self._send())
        controls.resume.on_click(lambda _: self._resume())
        controls.cancel.on_click(lambda _: self._cancel())
        controls.keep.on_click(lambda _: self._keep())
        controls.stop.on_click(lambda _: self._stop())

    def _changed(self, _: Any) -> None:
        self._controls.unlock.value, self._sure = "", False
        for place in ("money", "send", "test"):  # they were about what was in the form before
            self._set_message(place, html.note(OWN_NUMBER) if place == "test" else "")
        draft = self._controls.draft(fix=self._fix)
        self._updates.request((draft, False))
        self._count_exactly(draft)
        self._enable()

    def _count_exactly(self, draft: Draft) -> None:
        """Count every row of a long table when typing pauses; of a short one, every change does."""
        if self._is_long:
            self._exact_counts.request(draft)

    def _toggle_fix(self) -> None:
        self._fix = not self._fix
        self._changed(None)

    def _store_number(self, change: Any) -> None:
        """Take the number out of the widget, whose value may be saved in the notebook, and show it masked."""
        if change["new"]:
            self._number = change["new"].strip()
            self._controls.own_number.placeholder = mask(self._number)
            self._controls.own_number.value = ""
            self._set_message("test", html.note(OWN_NUMBER))
            self._enable()

    def _unlocked(self) -> bool:
        view, controls = self._view, self._controls
        return (
            view.unlocked_by(controls.unlock.value)
            and "run" not in self._actions
            and view.draft == controls.draft(fix=self._fix)
        )

    # What takes time.

    def _show_balance(self) -> None:
        view = self._view
        kind, quality = (
            ("N", "high") if view.plan is None else (view.plan.terms.message_type, view.draft.quality)
        )
        self._set_message("money", html.credits_left(view, quality, self._session.balance(kind)))

    def _send_test(self) -> None:
        view = self._view
        if view.plan is None or not view.readable or view.plan.planned.empty:
            raise ValueError(
                "Write a text that at least one person in the table can get, then send yourself a test."
            )
        if not self._number:
            raise ValueError("Type your own number first.")
        out = self._session.test(view.plan, view.draft, self._number)
        status, reason, name, phone = out[["sms_status", "sms_reason", "sms_campaign", "sms_phone"]].iloc[0]
        if status != "accepted":
            raise ValueError(f"Not sent: {reason}.")
        content = f"Accepted by the gateway for {mask(phone)}, as a campaign of its own: {name}."
        self._set_message("test", html.note(content))

    def _send(self) -> None:
        with self._lock:
            if not self._unlocked() or self._view.plan is None:
                return
            start = partial(self._begin, self._view.plan)
            self._controls.unlock.value = ""
            self._actions.start("run", "send", partial(self._follow_run, start))

    def _begin(self, plan: Plan) -> Run:
        return self._session.send(plan)

    def _resume(self) -> None:
        with self._lock:
            counts, draft = self._counts, self._view.draft
            if counts is None or not counts.unfinished or "run" in self._actions:
                return
            if draft != self._controls.draft(fix=self._fix):  # the shown state is of an earlier draft
                return
            start = partial(self._session.resume, draft, counts)
            self._actions.start("run", "send", partial(self._follow_run, start))

    def _cancel(self) -> None:
        """The first click asks whether it is meant, the second one cancels."""
        with self._lock:
            counts, draft = self._counts, self._view.draft
            if counts is None or not counts.cancelable or "run" in self._actions:
                return
            now = self._session.clock.monotonic()
            earlier = draft != self._controls.draft(fix=self._fix)  # whose state is shown
            if earlier or (self._sure and now - self._asked_at < DOUBLE_CLICK):
                return
            self._sure, self._asked_at = not self._sure, now
            if not self._sure:
                cancel = partial(self._cancel_scheduled, draft.campaign.strip(), counts.cancelable)
                self._actions.start("run", "send", cancel)
            self._enable()

    def _keep(self) -> None:
        self._sure = False
        self._enable()

    def _cancel_scheduled(self, campaign: str, texts: int) -> None:
        self.results = None
        self._stop_cancelling.clear()
        for place in ("card", "money"):
            self._set_message(place, "")
        self._set_message(
            "progress", html.note("Asking the gateway to cancel, and looking twice if it did …")
        )
        try:
            self.results = self._session.cancel(campaign, self._stop_cancelling, texts)
            self._set_message("card", done(self.results))
        finally:
            self._set_message("progress", "")
            self._updates.request((self._controls.draft(fix=self._fix), True))

    def _follow_run(self, start: Callable[[], Run]) -> None:
        """Start a run, show its progress until it ends, and show its results."""
        self._stopping, self.results = False, None
        for place in ("card", "money"):
            self._set_message(place, "")
        self._set_message("progress", html.note("Asking the gateway …"))
        try:
            run = self._run = start()
            if self._stopping:
                run.stop()
            self.results = self._follow(run)
        except CampaignStopped as stopped:
            self.results = stopped.results
            raise
        finally:
            self._set_message("progress", html.running(self._run.facts()) if self._run is not None else "")
            self._run = None
            if self.results is not None:
                self._set_message("card", done(self.results))
            self._updates.request((self._controls.draft(fix=self._fix), True))

    def _follow(self, run: Run) -> pd.DataFrame:
        while True:
            self._set_message("progress", html.running(run.facts()))
            try:
                return run.wait(POLL_SECONDS)
            except TimeoutError:
                if run.done:
                    return run.wait()

    def _stop(self) -> None:
        self._stopping = True
        self._stop_cancelling.set()
        if (run := self._run) is not None:
            run.stop()

    # What is shown.

    def _update(self, request: tuple[Draft, bool]) -> None:
        """Show what follows from a draft; where that fails, say so instead of showing an earlier draft."""
        draft, exact = request
        try:
            self._show(*self._view_of(draft, exact=exact))
        except BaseException:  # whatever it is, the plan of an earlier draft must not stay: it could be sent
            self._show(View(draft, len(self._contacts), exact=exact).with_problem("audience", BROKEN), None)
            raise

    def _update_exactly(self, draft: Draft) -> None:
        """Count every row; the estimate of the same draft must not come after it."""
        self._updates.wait()
        self._update((draft, True))

    def _view_of(self, draft: Draft, *, exact: bool) -> tuple[View, CampaignCounts | None]:
        counts = None
        view = make_view(
            draft,
            self._contacts,
            self._session.plan,
            now=self._session.clock.now(),
            exact=exact,
            profile=self._session.profile,
        )
        try:
            if entry := self._session.find(draft.campaign.strip()):
                counts = self._session.counts(entry, draft)
                if view.plan is not None and view.sendable:
                    view = view.unless_text_changed(counts, entry.template)
        except (SmsFrameError, OSError) as error:
            listed = isinstance(error, ContactsError | OSError)  # the opt-out list
            view = view.with_problem("audience" if listed else "campaign", error_sentence(error))
        return view, counts

    def _show(self, view: View, counts: CampaignCounts | None) -> None:
        with self._lock:
            if view.exact and self._is_long and view.draft != self._controls.draft(fix=self._fix):
                return  # something else was typed while every row was counted, and is counted next
            self._view, self._counts = view, counts
            self._render()
            self._enable()

    def _render(self) -> None:
        facts = self._facts()
        show_view(self._controls, self._view, self._counts, facts)
        self._stepper.show(self._view, file_rows=facts.file_rows)

    def _facts(self) -> FormFacts:
        """What is known beside the view, for those who draw it."""
        return FormFacts()

    def _enable(self) -> None:
        """Enable and show what can be clicked now."""
        with self._lock:
            actions = {name for name in ("run", "test", "balance") if name in self._actions}
            self._controls.send.disabled = not self._unlocked()
            shown = self._controls, self._view, self._counts
            enable(*shown, self._session.profile, actions)
            show_choices(*shown, fix=self._fix, sure=self._sure, running="run" in actions)

    def _set_message(self, place: str, content: str) -> None:
        self._controls.messages[place].value = content
