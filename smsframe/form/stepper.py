"""
The message that a form shows, and the buttons that step to the one before and the one after it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from smsframe.form import html
from smsframe.form.excerpts import Messages

if TYPE_CHECKING:
    from smsframe.form.preview import View
    from smsframe.form.widgets import Controls


class MessageStepper:
    """
    Shows the messages of a view one at a time, the most expensive first.

    Args:
        controls: The widgets of the form.
    """

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self._messages: Messages | None = None
        self._exact = True
        self._place = 0
        self._lock = threading.Lock()
        controls.previous.on_click(lambda _: self._step(-1))
        controls.next.on_click(lambda _: self._step(1))

    def show(self, view: View, *, file_rows: bool = False) -> None:
        """Show the first message of a view, or why there is none; ``file_rows`` as for `Messages`."""
        with self._lock:
            plan = view.plan if view.readable else None
            messages = None
            if plan is not None:
                messages = Messages(plan, file_rows=file_rows, phones=view.phones)
            self._messages, self._place, self._exact = messages or None, 0, view.exact
            self._show(html.nothing_to_read(view))

    def _step(self, by: int) -> None:
        with self._lock:
            if self._messages is not None and 0 <= self._place + by < len(self._messages):
                self._place += by
                self._show("")

    def _show(self, otherwise: str) -> None:
        messages, place, controls = self._messages, self._place, self._controls
        total = len(messages) if messages is not None else 0
        message = otherwise
        if messages is not None:
            message = html.message(messages.at(place), place, total if self._exact else None)
        controls.messages["readers"].value = message
        controls.previous.disabled, controls.next.disabled = place == 0, place + 1 >= total
        controls.show(controls.steps, shown=total > 1 and self._exact)
