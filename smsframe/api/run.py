"""
A campaign that runs in a thread of its own, and the handle to it, so that the notebook stays free.

The journal is written before anything is sent, as in `smsframe.send`, by the one thread of the run. A
process that is killed loses nothing; one that ends by itself stops its runs first, and waits until each
order under way has its answer in the journal.
"""

from __future__ import annotations

import atexit
import concurrent.futures.thread  # noqa: F401 - it registers its own clean-up, and ours must be registered after it
import os
import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from smsframe.api.tracebacks import hide_frames
from smsframe.campaign.run.interrupts import python_ended, raised
from smsframe.campaign.run.unexpected_errors import clean, without_frames
from smsframe.clock import SYSTEM
from smsframe.display.live_card import LiveCard
from smsframe.display.progress_bar import Bar
from smsframe.display.progress_renderers import in_notebook
from smsframe.display.progress_stats import NAMES, ProgressStats
from smsframe.errors import CampaignStopped, SmsFrameError
from smsframe.formatting import amount
from smsframe.masking import mask, shown_name
from smsframe.outcomes.cards import run_card

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from smsframe.campaign.changes.undo import UndoRun
    from smsframe.campaign.run_context import RunContext
    from smsframe.orders.records import ProgressEvent

_under_way: set[Run] = set()
"""The runs that are not over, to be stopped when Python ends."""


class Run:
    """
    A campaign under way, as `smsframe.start` returns it; shows itself as a live card in a notebook.

    It goes on whether or not somebody waits for it. `stop` is the one way to stop it: Ctrl-C, and the
    notebook's stop button, end a `wait` and not the run. When Python itself ends, so does the run: orders
    under way get their record, the others stay pending, and `smsframe.resume` goes on. A script therefore
    ends with `wait`.

    Args:
        campaign: The campaign's name.
        work: Sends, or resumes, and returns the results; called with a ``RunContext`` and the event ``stop``,
            as the functions of `smsframe.campaign.send` are.
        context: Gateway, journal and limits; what it reports goes to this handle.
        now: The results as of now.
        later: Whether texts go out at a later time.
        back: Takes back what can be, when it is stopped.

    Attributes:
        campaign: The campaign's name.

    Example:
        >>> people = pd.DataFrame({"mobile": ["+393471234567"], "name": ["Ada"]})
        >>> run = smsframe.start(
        ...     people, "Ciao {name}", campaign="winter", phone="mobile", gateway=gateway, progress=False
        ... )
        >>> run.wait()["sms_status"].tolist()
        ['accepted']
        >>> run
        <smsframe.Run winter: finished, 1 accepted; 1 credit>
    """

    def __init__(
        self,
        campaign: str,
        work: Callable[..., pd.DataFrame],
        context: RunContext,
        *,
        now: Callable[[], pd.DataFrame],
        later: bool = False,
        back: UndoRun | None = None,
    ) -> None:
        self.campaign = campaign
        self._work, self._now, self._back = work, now, back
        self._context = replace(context, report=self._update, started=self._start)
        self._stats = ProgressStats(later=later)
        self._displays: list[Bar | LiveCard] = []
        self._stop, self._asked = threading.Event(), False
        self._begun = threading.Event()
        """Set when people are about to be texted (nothing refuses the call any more), or at the end."""
        self._over = threading.Event()
        self._frame: pd.DataFrame | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"smsframe {campaign}", daemon=True)

    def begin(self, *, shown: bool) -> Run:
        """
        Start; return when people are about to be texted, or raise what `smsframe.send` raises before that.
        """
        _under_way.add(self)
        self._thread.start()
        try:
            self._await(self._begun)
        except BaseException:  # Ctrl-C while waiting: the caller gets no handle, so nothing may go on
            self.stop()
            self._thread.join()
            raise
        if self._error is not None and not self._stats.begun:
            raise self._error
        if shown:
            self.watch()
        return self

    @property
    def done(self) -> bool:
        """Whether it is over, however it ended."""
        return self._over.is_set()

    def stop(self) -> None:
        """
        Send nothing more; orders under way still get their record. It returns at once: `wait` waits for that.

        Whoever is not sent to stays pending, and `smsframe.resume` goes on. With ``undo=`` what the run has
        sent is taken back too, with proof, which takes ``grace`` seconds. Stopping again, or when it is over,
        does nothing: `smsframe.cancel` then takes back what still can be.
        """
        self._asked = self._asked or not self.done
        self._stop.set()

    def _end(self) -> None:
        """As `stop`, because Python ends: nothing is taken back that nobody asked for."""
        self._back = None
        self.stop()

    @hide_frames
    def wait(self, timeout: float | None = None) -> pd.DataFrame:
        """
        Wait until it is over, and return what `smsframe.send` would.

        Args:
            timeout: Seconds to wait at most; without end if None.

        Returns:
            The contacts with the result columns; after `stop` too.

        Raises:
            TimeoutError: It is not over yet, and goes on.
            SmsFrameError: As `smsframe.send`.
        """
        if not self._await(self._over, timeout):
            raise TimeoutError(f"campaign {self.campaign!r} is still running; it goes on")
        if self._error is not None:
            raise self._error
        if self._frame is None:
            raise RuntimeError(f"the thread of campaign {self.campaign!r} ended before it had begun")
        return self._frame.copy()  # the caller's own, to write into

    @hide_frames
    def results(self) -> pd.DataFrame:
        """
        All rows as of now, by the journal; when it is over, those of `wait`.

        Raises:
            JournalError: The journal cannot be read.
        """
        if self._frame is not None:
            return self._frame.copy()
        if isinstance(self._error, CampaignStopped):
            return self._error.results
        return self._now()

    def facts(self) -> dict[str, Any]:
        """
        How far it is, as a plain dictionary without anybody's number.

        Returns:
            ``campaign``; ``state``: ``running``, ``stopping``, ``stopped``, ``finished`` or ``failed``;
            ``recipients``: people to be texted, or looked up; of them ``accepted``, ``scheduled``,
            ``rejected``, ``unconfirmed`` and ``pending``; ``credits`` charged as far as known; ``rate``:
            recipients per second of late; ``seconds_left``, None when nobody can tell; ``error``: a
            sentence, or None.
        """
        counts = self._stats.facts()
        state = self._state(left=counts["pending"] + counts["unconfirmed"])
        error = None if self._error is None else mask(str(self._error) or type(self._error).__name__)
        return {"campaign": shown_name(self.campaign), "state": state, **counts, "error": error}

    def watch(self) -> None:
        """Show a bar here that goes on by itself: a live one in a notebook, whose kernel stays free."""
        bar = Bar(f"sending {shown_name(self.campaign)}", "people", shown=True, stats=self._stats)
        bar.open()
        self._follow(bar)

    def _follow(self, display: Bar | LiveCard) -> None:
        """Have a display drawn again as people get somewhere, until the end."""
        self._displays.append(display)
        if self.done:  # the thread may have closed the displays before this one was among them
            display.close()

    def __repr__(self) -> str:
        facts = self.facts()
        names = ("accepted", "scheduled", "rejected", "unconfirmed", "cancelled", "pending")
        counts = ", ".join(f"{facts[name]:,} {name}" for name in names if facts[name]) or "nobody to text"
        credit = "credit" if facts["credits"] == 1 else "credits"
        cost = f"{amount(facts['credits'])} {credit}"
        return f"<smsframe.Run {facts['campaign']}: {facts['state']}, {counts}; {cost}>"

    def _repr_html_(self) -> str:
        return run_card(self.facts(), NAMES, SYSTEM.now())

    def _ipython_display_(self) -> None:
        """Show a card that is live until it is over; what is over has one that stays as it is."""
        if self.done or not in_notebook():
            raise NotImplementedError  # IPython then shows what any object has
        self._follow(LiveCard(self._repr_html_))

    def _await(self, event: threading.Event, timeout: float | None = None) -> bool:
        """
        Whether an event was set in time, or the thread has ended; Ctrl-C interrupts also a long wait.
        """
        with raised():
            if timeout is not None:
                return event.wait(timeout)
            while not event.wait(1.0) and self._thread.is_alive():
                pass
        return True

    # What follows runs in the thread of the run.

    def _run(self) -> None:
        try:
            self._frame = self._work(self._context, stop=self._stop)
            if self._stop.is_set() and self._back is not None and self._back.take(self._update):
                self._frame = self._now()
        except SmsFrameError as error:
            self._error = without_frames(error)
        except BaseException as error:  # noqa: BLE001 - a thread raises to nobody: `begin` and `wait` raise it
            self._error = clean(error)
        finally:
            with suppress(Exception):  # counts for the display only; `wait` must end in any case
                self._stats.end()
            self._over.set()
            self._begun.set()
            _under_way.discard(self)
            for display in self._displays:
                display.close()

    def _start(self, people: int) -> None:
        self._stats.begin(people)
        self._begun.set()

    def _update(self, event: ProgressEvent) -> None:
        self._stats.update(event)
        for display in self._displays:
            display.show()

    def _state(self, *, left: int) -> str:
        asked = self._asked or self._context.stop_requested.is_set()
        if not self.done:
            return "stopping" if asked else "running"
        if self._error is not None:
            return "failed"
        return "stopped" if asked and left else "finished"


def _stop_all() -> None:
    """Stop the runs that are not over when Python ends, and wait until their answers are in the journal."""
    runs = [*_under_way]
    for run in runs:
        run._end()  # noqa: SLF001 - its own module
    for run in runs:
        run._thread.join()  # noqa: SLF001 - its own module
        python_ended(run.campaign)


if hasattr(os, "register_at_fork"):  # a forked process has none of its parent's threads
    os.register_at_fork(after_in_child=_under_way.clear)

# Registered as `concurrent.futures` registers its own clean-up, and run before that one (last registered,
# first run). `atexit` would be too late: it runs after the thread pools were joined, whose workers may wait
# long for their turn under a rate limit.
getattr(threading, "_register_atexit", atexit.register)(_stop_all)
