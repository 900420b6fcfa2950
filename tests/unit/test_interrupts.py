"""Ctrl-C asks once, and strikes the second time."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from smsframe.campaign.interrupts import asked


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_interrupt_only_asks_to_stop_and_the_usual_way_is_restored():
    stops = []
    with asked(lambda: stops.append(1)) as came:
        interrupt()
        assert came.is_set()
    assert stops == [1]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interrupt_strikes():
    def twice():
        with asked(lambda: None):
            interrupt()
            interrupt()

    with pytest.raises(KeyboardInterrupt):
        twice()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_without_an_interrupt_nothing_came():
    with asked(lambda: None) as came:
        pass
    assert not came.is_set()


def test_another_thread_hears_no_signals_and_changes_nothing():
    seen = []

    def work():
        with asked(lambda: None) as came:
            seen.append((came.is_set(), signal.getsignal(signal.SIGINT) is signal.default_int_handler))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, True)]


def test_somebody_elses_handler_stays():
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    try:
        with asked(lambda: heard.append("ours")):
            interrupt()
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [1]
