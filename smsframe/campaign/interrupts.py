"""
Ctrl-C, and the notebook's stop button, as a request instead of a blow.

An exception that may strike at any instruction can strike between an answer and its record, or in a
library's clean-up that swallows it. While a campaign runs the first interrupt only asks it to stop; a
second one strikes as usual.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def asked(stop: Callable[[], None]) -> Iterator[threading.Event]:
    """
    Call ``stop`` on the first interrupt, and tell by the event that one came.

    Only the main thread hears signals; elsewhere, and where somebody else listens, nothing is changed.
    """
    interrupted = threading.Event()
    previous = signal.getsignal(signal.SIGINT)
    if (
        threading.current_thread() is not threading.main_thread()
        or previous is not signal.default_int_handler
    ):
        yield interrupted
        return

    def first(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, previous)
        interrupted.set()
        stop()

    signal.signal(signal.SIGINT, first)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, previous)
