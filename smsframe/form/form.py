"""
The form itself: controls meet what follows from them.

Nothing is worked out here (`draft`, `preview`), drawn here (`widgets`, `html`) or sent here (`session`).
What takes time runs in threads, so that the notebook answers every key.
"""

from __future__ import annotations

import re
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from smsframe.errors import CampaignStopped, ContactsError, SmsFrameError
from smsframe.form import html as panels
from smsframe.form.preview import View, missing, said, view
from smsframe.form.tasks import Clicks, Latest
from smsframe.form.widgets import Controls
from smsframe.formatting import amount, many
from smsframe.masking import mask
from smsframe.outcomes.summary import summary

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from smsframe.api.run import Run
    from smsframe.form.draft import Draft
    from smsframe.form.preview import Standing
    from smsframe.form.session import Launch
    from smsframe.planning.plan import Plan

BETWEEN = 0.2
"""Seconds between two looks at a run under way."""

BROKEN = "Something is broken in smsframe, so nothing can be sent from here; the log says what."


class Form:
    """
    The form that `smsframe.compose` returns; shows itself in a notebook.

    The gateway stays in Python: no widget holds it, a password or somebody's number, so that a notebook saved
    with its widgets gives none away.

    Attributes:
        results: The outcome of the last run, as `smsframe.send` or `smsframe.resume` returns it; None before,
            while one is under way, and after one that could not begin.
        widget: The widget, to be put among others.
    """

    def __init__(self, contacts: pd.DataFrame, draft: Draft, launch: Launch) -> None:
        self.results: pd.DataFrame | None = None
        self._contacts, self._launch = contacts, launch
        self._number = ""
        """One's own, for tests."""
        self._lock = threading.RLock()
        self._job: Run | None = None
        self._stopping = False
        self._clicks = Clicks(self._enable, lambda place, what: self._say(place, panels.problem(what)))
        self._latest = Latest(self._follow_from)
        self._fix = False
        self._standing: Standing | None = None
        self._controls = Controls(contacts, draft)
        self.widget = self._controls.box
        self._wire()
        self._follow_from((draft, False))

    @property
    def plan(self) -> Plan | None:
        """The `Plan` of what is in the form, or None; of a sample while a long table is not counted."""
        return self._view.plan

    def wait(self, timeout: float | None = None) -> bool:
        """
        Wait until nothing is under way; False when that took longer than ``timeout`` seconds.

        For scripts and tests: whoever looks at the form sees it.
        """
        return self._clicks.wait(timeout) and self._latest.wait(timeout)

    def __repr__(self) -> str:
        name = mask(self._view.draft.campaign) or "(no campaign)"
        seen = self._view
        told = mask(seen.problems.get("text", "")) or (
            missing(seen) if seen.typed is None else seen.headline()
        )
        return f"<smsframe.Form {name}: {told[:1].lower()}{told[1:]}>"

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """The widget, and for viewers that have no widgets what it said when it was shown."""
        bundle: dict[str, Any] = self.widget._repr_mimebundle_(**options)
        plan = self._view.plan
        told = plan._repr_html_() if plan is not None else panels.note(missing(self._view))
        return bundle | {"text/plain": repr(self), "text/html": told}

    # What somebody does.

    def _wire(self) -> None:
        controls = self._controls
        for widget in controls.inputs:
            widget.observe(self._changed, "value")
        for label, chip in controls.chips.items():
            chip.on_click(partial(self._insert, label))
        controls.arm.observe(lambda _: self._enable(), "value")
        controls.own.observe(self._keep_number, "value")
        controls.exact.on_click(lambda _: self._count())
        controls.fix.on_click(lambda _: self._toggle_fix())
        controls.balance.on_click(lambda _: self._clicks.do("balance", "money", self._tell_balance))
        controls.test.on_click(lambda _: self._clicks.do("test", "test", self._send_test))
        controls.send.on_click(lambda _: self._launch_armed())
        controls.resume.on_click(lambda _: self._resume())
        controls.stop.on_click(lambda _: self._stop())

    def _changed(self, _: Any) -> None:
        self._controls.arm.value = ""
        self._latest.ask((self._controls.draft(fix=self._fix), False))
        self._enable()

    def _insert(self, label: str, _: Any) -> None:
        text = self._controls.text
        gap = " " if text.value and not text.value[-1].isspace() else ""
        text.value += f"{gap}{{{label}}}"

    def _count(self) -> None:
        self._say("total", panels.note("Counting every row …"))
        self._latest.ask((self._controls.draft(fix=self._fix), True))

    def _toggle_fix(self) -> None:
        self._fix = not self._fix
        self._changed(None)

    def _keep_number(self, change: Any) -> None:
        """Take the number out of the widget, whose value may be saved, and show it masked."""
        if change["new"]:
            self._number = change["new"].strip()
            self._controls.own.placeholder = mask(self._number)
            self._controls.own.value = ""
            self._enable()

    def _armed(self) -> bool:
        typed = re.sub(r"[\s.,'’_]", "", self._controls.arm.value)  # noqa: RUF001 - thousands as people write them
        seen = self._view
        return (
            seen.sendable
            and seen.exact
            and seen.recipients > 0
            and "run" not in self._clicks
            and seen.draft == self._controls.draft(fix=self._fix)
            and typed == str(seen.recipients)
        )

    # What takes time.

    def _tell_balance(self) -> None:
        seen = self._view
        kind = seen.plan.terms.message_type if seen.plan is not None else "N"
        left = self._launch.balance(kind)
        if left is None:
            told = panels.note(f"The gateway does not say how many credits of type {kind} are left.")
        else:
            sentence = (
                f"{amount(left)} credits of type {kind} are left; this needs {many(seen.credits, 'credit')}."
            )
            told = panels.note(sentence) if left >= seen.credits else panels.problem(sentence)
        self._say("money", told)

    def _send_test(self) -> None:
        seen = self._view
        if seen.plan is None or seen.typed is None or "text" in seen.problems or seen.plan.people.empty:
            raise ValueError("Write a text that somebody in the table can get; then try it on yourself.")
        if not self._number:
            raise ValueError("Type your own number first.")
        out = self._launch.test(seen.plan, seen.draft, self._number)
        status, reason, name, phone = out[["sms_status", "sms_reason", "sms_campaign", "sms_phone"]].iloc[0]
        if status != "accepted":
            raise ValueError(f"Not sent: {reason}.")
        told = f"Accepted by the gateway for {mask(phone)}, as a campaign of its own: {name}."
        self._say("test", panels.note(told))

    def _launch_armed(self) -> None:
        with self._lock:
            if not self._armed() or self._view.plan is None:
                return
            begin = partial(self._launch.send, self._view.plan)
            self._controls.arm.value = ""
            self._clicks.do("run", "send", partial(self._run, begin))

    def _resume(self) -> None:
        with self._lock:
            known, draft = self._standing, self._view.draft
            if known is None or not known.unfinished or "run" in self._clicks:
                return
            if draft != self._controls.draft(fix=self._fix):  # something is being typed
                return
            begin = partial(self._launch.resume, draft, known)
            self._clicks.do("run", "send", partial(self._run, begin))

    def _run(self, begin: Callable[[], Run]) -> None:
        """Begin, show how far it is until it is over, and show what came of it."""
        self._stopping, self.results = False, None
        for place in ("card", "money"):
            self._say(place, "")
        self._say("progress", panels.note("Asking the gateway …"))
        try:
            job = self._job = begin()
            if self._stopping:
                job.stop()
            self.results = self._followed(job)
        except CampaignStopped as stopped:
            self.results = stopped.results
            raise
        finally:
            self._say("progress", panels.running(self._job.facts()) if self._job is not None else "")
            self._job = None
            if self.results is not None:
                self._say("card", summary(self.results)._repr_html_())
            self._latest.ask((self._controls.draft(fix=self._fix), True))

    def _followed(self, job: Run) -> pd.DataFrame:
        while True:
            self._say("progress", panels.running(job.facts()))
            try:
                return job.wait(BETWEEN)
            except TimeoutError:
                if job.done:
                    return job.wait()

    def _stop(self) -> None:
        self._stopping = True
        if (job := self._job) is not None:
            job.stop()

    # What is shown.

    def _follow_from(self, question: tuple[Draft, bool]) -> None:
        """Work out what follows from a draft, and show it; never what followed from an earlier one."""
        draft, exact = question
        try:
            self._show(*self._following(draft, exact=exact))
        except BaseException:
            self._show(View(draft, len(self._contacts), exact=exact).but("audience", BROKEN), None)
            raise

    def _following(self, draft: Draft, *, exact: bool) -> tuple[View, Standing | None]:
        found = None
        seen = view(draft, self._contacts, self._launch.plan, now=self._launch.clock.now(), exact=exact)
        try:
            if entry := self._launch.entry(draft.campaign.strip()):
                found = self._launch.standing(entry, draft)
                if seen.plan is not None and seen.sendable:
                    seen = seen.unless_other_text(found, entry.template)
        except (SmsFrameError, OSError) as wrong:
            listed = isinstance(wrong, ContactsError | OSError)  # the list of numbers that nobody may text
            seen = seen.but("audience" if listed else "campaign", said(wrong))
        return seen, found

    def _show(self, seen: View, found: Standing | None) -> None:
        with self._lock:
            self._view, self._standing = seen, found
            self._paint()
            self._enable()

    def _paint(self) -> None:
        seen, controls = self._view, self._controls
        for place in ("audience", "text", "campaign", "terms", "schedule"):
            self._say(place, panels.problem(seen.problems.get(place)))
        self._say("counter", panels.counter(seen))
        self._say("cheaper", panels.cheaper(seen))
        self._say("funnel", panels.audience(seen))
        self._say("readers", panels.readers(seen))
        name = seen.draft.campaign.strip()
        self._say("known", panels.known(self._standing, name) if self._standing else "")
        self._say("total", panels.note(missing(seen)))
        ready = bool(seen.recipients and seen.typed is not None)
        controls.send.description = seen.headline() if ready else "Nobody to text"
        controls.arm.description = f"Type {seen.recipients:,} to arm" if ready else "To arm"
        if self._standing is not None:
            controls.resume.description = self._standing.headline()

    def _enable(self) -> None:
        """What can be clicked now."""
        with self._lock:
            controls, seen, known, running = self._controls, self._view, self._standing, "run" in self._clicks
            controls.send.disabled = not self._armed()
            controls.arm.disabled = running or not (seen.sendable and seen.exact and seen.recipients)
            controls.sender.disabled = controls.quality.value != "high"
            controls.test.disabled = "test" in self._clicks
            controls.balance.disabled = "balance" in self._clicks
            cheaper = seen.cheaper is not None and seen.cheaper.saved > 0
            controls.fix.description = "Leave the text as it is" if self._fix else "Make it cheaper"
            controls.show(controls.fix, shown=cheaper or self._fix)
            controls.show(controls.time, shown=controls.later.value)
            controls.show(controls.exact, shown=seen.plan is not None and not seen.exact)
            controls.show(controls.resume, shown=known is not None and known.unfinished and not running)
            controls.show(controls.stop, shown=running)

    def _say(self, place: str, html: str) -> None:
        self._controls.said[place].value = html
