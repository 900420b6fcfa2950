"""
A card in a notebook that is drawn again, in its place, until what it shows is over.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class LiveCard:
    """
    Shows a card where it is made, in a cell of a notebook.

    It is drawn again also while nothing happens: a time in it that stands still means that its process has
    ended. A card that cannot be drawn is no reason to stop sending, so its errors are ignored.

    Args:
        draw: The card as of now, as HTML.
        every: Seconds from one drawing to the next.
    """

    def __init__(self, draw: Callable[[], str], every: float = 1.0) -> None:
        from IPython.display import HTML, display  # noqa: PLC0415 - only in a notebook

        self._draw, self._every = draw, every
        self._html: Any = HTML  # IPython is not typed
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._handle: Any = display(self._html(draw()), display_id=True)  # type: ignore[no-untyped-call]  # as above
        threading.Thread(target=self._go_on, name="smsframe card", daemon=True).start()

    def show(self) -> None:
        """Nothing: it is drawn by the clock."""

    def close(self) -> None:
        """Draw it for the last time."""
        self._closed.set()
        self._update()

    def _go_on(self) -> None:
        while not self._closed.wait(self._every):
            self._update()

    def _update(self) -> None:
        with self._lock, suppress(Exception):  # what was read first must not be shown last
            self._handle.update(self._html(self._draw()))
