"""
One progress bar, for notebooks, terminals and logs alike.

It shows counts and the name of the campaign, and nobody's number.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from smsframe.clock import SYSTEM
from smsframe.display.progress_renderers import renderer_for
from smsframe.display.progress_stats import ProgressStats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from smsframe.display.progress_renderers import ProgressRenderer
    from smsframe.orders.records import ProgressEvent


class Bar:
    """
    Draws what a meter says.

    Args:
        doing: What is being done, in a word or two.
        unit: What is counted.
        shown: False draws nothing.
        meter: The meter; one of its own if None.
        monotonic: Seconds that only grow; handed in.
    """

    def __init__(
        self,
        doing: str,
        unit: str,
        *,
        shown: bool,
        stats: ProgressStats | None = None,
        monotonic: Callable[[], float] = SYSTEM.monotonic,
    ) -> None:
        self._doing, self._unit, self._shown, self._monotonic = doing, unit, shown, monotonic
        self._stats = stats or ProgressStats(monotonic)
        self._renderer: ProgressRenderer | None = None
        self._drawn = 0.0
        self._lock = threading.Lock()

    def start(self, total: int) -> None:
        """So many are to do: begin to draw; nothing to do draws nothing."""
        self._stats.begin(total)
        self.open()

    def open(self) -> None:
        """Begin to draw, here; nothing to do draws nothing."""
        with self._lock, self._harmless():
            facts = self._stats.facts()
            if self._shown and self._renderer is None and facts["recipients"]:
                self._drawn = self._monotonic()
                self._renderer = renderer_for(self._doing, self._unit, facts)

    def update(self, event: ProgressEvent) -> None:
        """Some people got somewhere."""
        self._stats.update(event)
        self.show()

    def advance(self, steps: int) -> None:
        """So many more are done."""
        self._stats.advance(steps)
        self.show()

    def show(self) -> None:
        """Draw, if it is time to."""
        with self._lock, self._harmless():
            now = self._monotonic()
            if self._renderer is not None and now - self._drawn >= self._renderer.every:
                self._drawn = now
                self._renderer.draw(self._stats.facts())

    def close(self) -> None:
        """It is over."""
        with self._lock, self._harmless():
            if self._renderer is not None:
                self._renderer.close(self._stats.facts())
                self._renderer = None

    @contextmanager
    def _harmless(self) -> Iterator[None]:
        """A bar that cannot be drawn, as in a pipe that nobody reads, is no reason to stop sending."""
        try:
            yield
        except Exception:  # noqa: BLE001 - whatever is wrong with the bar, the campaign goes on without it
            self._renderer, self._shown = None, False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._harmless():
            self._stats.end()
        self.close()
