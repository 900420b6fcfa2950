"""
One campaign of the journal, as a screen: how far it is, what it sent, and what can be done about it.

It follows a run that is at work, also one of another process, and offers to continue where none is.
"""

from __future__ import annotations

import threading
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe.api.results import refresh
from smsframe.clock import machine_zone
from smsframe.errors import SmsFrameError
from smsframe.form import html
from smsframe.form.attached import LOOK_SECONDS
from smsframe.form.campaign_counts import count_deliveries
from smsframe.form.draft import Draft, local_words, time_words
from smsframe.form.form import DOUBLE_CLICK
from smsframe.form.live import LiveRun
from smsframe.form.page.files import Download, Upload
from smsframe.form.page.html import erased, outcome, text_of, title
from smsframe.form.page.memory import with_refused
from smsframe.form.page.origin import marked
from smsframe.form.page.parts import button, part, row
from smsframe.form.page.replies import Replies
from smsframe.form.page.results import ResultsFile
from smsframe.form.preview import error_sentence
from smsframe.form.session import CHANGED
from smsframe.form.tasks import SingleFlight

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    import pandas as pd

    from smsframe.api.run import Run
    from smsframe.form.campaign_counts import CampaignCounts
    from smsframe.form.page.memory import KeptRows
    from smsframe.form.page.results import SentRows
    from smsframe.form.session import FormSession
    from smsframe.orders.records import CampaignRecord

CORRECT = (
    "Correct the cells in a spreadsheet, save it, and upload it here: the corrected people are texted in "
    "this campaign, and nobody twice."
)
UNKNOWN = (
    "The table of this campaign is not known here, as the page was started again since or the campaign was "
    "sent from elsewhere: rows that could not be read are not counted. To correct those, upload the whole "
    "table again, under the same campaign name and with the same text; nobody is texted twice."
)


class CampaignScreen:
    """
    The screen of one campaign.

    Args:
        session: The gateway and the journal.
        entry: The campaign.
        folder: Where the server of the page finds files to be downloaded.
        kept: The rows of tables that need a hand.
        sent: The rows that this page has sent.
        correct: Called with a table of corrected rows, and its file's name.
        at_work: Entered while this screen sends or cancels.
        said: Why a run of it stopped, if one has.
    """

    def __init__(
        self,
        session: FormSession,
        entry: CampaignRecord,
        folder: Path | None,
        *,
        kept: KeptRows,
        sent: SentRows,
        correct: Callable[[pd.DataFrame, str], None],
        at_work: AbstractContextManager[Any],
        said: str = "",
    ) -> None:
        self._session, self._entry, self._kept, self._at_work = session, entry, kept, at_work
        self._live: LiveRun | Run | None = None
        self._needing, self._table_known = 0, False
        self._stop_cancelling = threading.Event()
        self._sure, self._asked_at = "", 0.0
        self._counts: CampaignCounts | None = None
        self._results: pd.DataFrame | None = None
        self._actions = SingleFlight(self._enable, self._report)
        self._head, self._progress, self._message, self._card = (widgets.HTML() for _ in range(4))
        self._buttons = {
            "stop": button("Stop", self._stop, "Orders on their way are finished; the others wait"),
            "continue": button("Continue", self._continue, "Text who is waiting, each person once"),
            "refresh": button("Ask what was delivered", self._refresh, "Ask the gateway"),
            "cancel": button("", partial(self._confirmed, "cancel"), "Take scheduled texts back"),
            "drop": button("", partial(self._confirmed, "drop"), "They are not texted; it asks once more"),
            "back": button("No, leave them as they are", self._leave, "Nothing is changed"),
        }
        self._buttons["continue"].add_class("sf-spend")
        self._day = widgets.DatePicker(description="Date")
        self._at = widgets.TimePicker(description="Time", step=60)
        self._time = row(self._day, self._at)
        for picked in (self._day, self._at):
            picked.observe(lambda _: self._enable(), "value")
        self._file = ResultsFile(session, entry, folder, sent)
        self._faults = Download("Download the rows that need a hand", folder, self._problem_rows)
        self._corrected = Upload("Upload corrected rows", correct)
        self._hand = part(
            widgets.HTML(html.heading("Rows that need a hand")),
            widgets.HTML(html.note(CORRECT)),
            self._faults.box,
            self._corrected.box,
        )
        self._unknown = widgets.HTML(html.note(UNKNOWN))
        self._replies = Replies(session, entry.name, folder, self._actions)
        text = widgets.HTML()
        self.box = widgets.VBox(
            [
                widgets.HTML(title(entry.name)),
                self._head,
                self._progress,
                self._time,
                row(*self._buttons.values(), self._file.box),
                self._file.note,
                self._message,
                self._hand,
                self._unknown,
                self._card,
                self._replies.box,
                text,
            ]
        )
        self.box.add_class("sf-campaign")
        self._update()
        if self._results is not None:
            text.value = text_of(self._entry, self._results["sms_phone"])
        self._say(said)
        if self._counts is not None and self._counts.busy:
            self._actions.start("run", "", self._follow)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is running here; False when that took longer."""
        return self._actions.wait(timeout)

    # What people do.

    def _stop(self) -> None:
        self._stop_cancelling.set()
        if self._live is not None:
            self._live.stop()
            self._say_quietly("Stopping: orders on their way are finished.")

    def _continue(self) -> None:
        if "run" not in self._actions and self._as_shown():
            self._actions.start("run", "", self._go_on)

    def _as_shown(self) -> bool:
        """
        Whether the campaign still is as it is shown here; else it is shown as it is now, and nothing is done.

        Another page, a notebook or a terminal may have gone on with it, dropped or cancelled.
        """
        shown, self._sure = self._counts, ""
        try:
            self._update()
        except (SmsFrameError, OSError) as error:
            self._say(error_sentence(error))
            return False
        now = self._counts
        if now is not None and now.busy:
            self._actions.start("run", "", self._follow)
            self._say_quietly("It is being sent already, from another page or program.")
            return False
        if now != shown:
            self._say_quietly(CHANGED)
            return False
        return True

    def _go_on(self) -> None:
        counts = self._counts  # read just now, before this was begun
        if counts is None:
            return
        later = self._time.layout.display is None
        draft = Draft(
            campaign=self._entry.name,
            later=later,
            day=self._day.value,
            at=self._at.value,
            zone=machine_zone(),
        )
        self._say_quietly("Asking the gateway …")
        try:
            with self._at_work:
                self._live = run = self._session.resume(draft, counts)
                self._say_quietly("")
                self._head.value = self._card.value = ""  # until it is over they are of before
                while not run.done:
                    self._progress.value = html.running(run.facts())
                    self._session.clock.sleep(LOOK_SECONDS)
                run.wait()
        finally:
            self._live, self._progress.value = None, ""
            self._update()

    def _follow(self) -> None:
        """Show a run that was not started here, until nobody is at work on it."""
        self._live = live = LiveRun(self._session.journal, self._entry)
        self._head.value = self._card.value = ""
        self._enable()
        try:
            while live.look():
                self._progress.value = html.running(live.facts())
                self._session.clock.sleep(LOOK_SECONDS)
        finally:
            self._live, self._progress.value, self._message.value = None, "", ""
            self._update()

    def _refresh(self) -> None:
        self._actions.start("refresh", "", self._ask_deliveries)

    def _ask_deliveries(self) -> None:
        self._say_quietly("Asking the gateway …")
        results = self._session.results(self._entry)
        refresh(results, gateway=self._session.gateway, journal=self._session.journal, progress=False)
        self._say_quietly("")
        self._update()

    def _confirmed(self, what: str) -> None:
        """The first click asks whether it is meant, the second one does it."""
        clicked = self._session.clock.monotonic()
        if "run" in self._actions:
            return
        if self._sure != what:
            if self._as_shown():
                self._sure = what
        elif clicked - self._asked_at >= DOUBLE_CLICK and self._as_shown():
            self._actions.start("run", "", {"cancel": self._cancel, "drop": self._drop}[what])
        self._enable()
        # Only now the question can be read; a click that has waited meanwhile is no answer to it.
        self._asked_at = self._session.clock.monotonic()

    def _leave(self) -> None:
        self._sure = ""
        self._enable()

    def _cancel(self) -> None:
        texts = 0 if self._counts is None else self._counts.cancelable
        self._stop_cancelling.clear()
        self._say_quietly("Asking the gateway to cancel, and looking twice if it did …")
        try:
            with self._at_work:
                self._session.cancel(self._entry.name, self._stop_cancelling, texts)
            self._say_quietly("")
        finally:
            self._update()

    def _drop(self) -> None:
        if self._results is None or self._counts is None:
            return
        dropped = self._session.drop(self._entry.name, self._results["sms_phone"])
        if dropped != self._counts.waiting:
            self._say_quietly(f"{dropped:,} dropped: the others were taken up from another page or program.")
        self._update()

    # What is shown.

    def _update(self) -> None:
        """Read the journal again."""
        entry = self._session.find(self._entry.name)
        if entry is None:
            return
        self._entry = entry
        self._results = results = self._session.results(entry)
        self._counts = self._session.counts(entry, Draft(campaign=entry.name), results)
        kept = self._kept.of(entry.name)
        self._needing = len(with_refused(kept, results))
        self._table_known = kept is not None and kept.attrs.get("whole", True)
        self._head.value = erased(entry) or outcome(
            self._counts, count_deliveries(self._results), self._needing
        )
        self._card.value = "" if self._counts.busy else html.outcome_card(self._results, whole_table=False)
        self._enable()

    def _problem_rows(self) -> tuple[pd.DataFrame, str]:
        """The rows that need a hand: of the table, if it is known here, and whom the gateway refused."""
        results = self._session.results(self._entry) if self._results is None else self._results
        kept, name = self._kept.of(self._entry.name), self._entry.name
        token = None if kept is None else kept.attrs.get("table")
        return marked(with_refused(kept, results), table=token, campaign=name), f"{name} to correct"

    def _enable(self) -> None:
        counts, busy = self._counts, "run" in self._actions
        if counts is None:
            return
        waiting = counts.waiting
        shown = {
            "stop": busy,
            "continue": counts.unfinished and not busy,
            "refresh": bool(counts.texted) and not busy,
            "cancel": bool(counts.cancelable) and not busy,
            "drop": bool(waiting) and not busy,
            "back": bool(self._sure) and not busy,
        }
        schedule = self._entry.terms.schedule
        passed = schedule is not None and schedule <= self._session.clock.now()
        late = bool(counts.pending) and passed and not busy
        self._time.layout.display = None if late else "none"
        for name, shown_button in self._buttons.items():
            shown_button.layout.display = None if shown[name] else "none"
        self._buttons["refresh"].disabled = "refresh" in self._actions
        self._buttons["continue"].description = counts.headline(self._when())
        self._buttons["cancel"].description = counts.cancel_headline(sure=self._sure == "cancel")
        people = f"{waiting:,} who {'wait' if waiting != 1 else 'waits'}"
        self._buttons["drop"].description = (
            f"Yes, drop {people}" if self._sure == "drop" else f"Drop {people} …"
        )
        self._file.show(shown=not busy)
        still = counts.texted == counts.scheduled and schedule is not None and not passed
        self._replies.show(shown=bool(counts.texted) and not busy and not still)  # nobody has read it yet
        self._hand.layout.display = None if not busy and self._needing else "none"
        self._unknown.layout.display = None if not busy and not self._table_known else "none"

    def _when(self) -> str:
        """When those who wait would be texted, if not at once."""
        if self._time.layout.display is None and self._day.value is not None and self._at.value is not None:
            return time_words(datetime.combine(self._day.value, self._at.value), machine_zone())
        schedule = self._entry.terms.schedule
        return "" if schedule is None or schedule <= self._session.clock.now() else local_words(schedule)

    def _report(self, place: str, sentence: str) -> None:
        (self._replies.say if place == "replies" else self._say)(sentence)

    def _say(self, sentence: str) -> None:
        self._message.value = html.problem(sentence) if sentence else ""

    def _say_quietly(self, sentence: str) -> None:
        self._message.value = html.note(sentence) if sentence else ""
