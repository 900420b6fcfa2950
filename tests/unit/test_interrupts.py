"""Ctrl-C asks once, and raises the second time."""

from __future__ import annotations

import asyncio
import os
import signal
import threading

import pytest

from smsframe.campaign.run.interrupts import asked, raised


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_interrupt_only_asks_to_stop_and_the_usual_way_is_restored():
    stops = []
    with asked(lambda: stops.append(1)) as came:
        interrupt()
        assert came.is_set()
    assert stops == [1]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interrupt_raises():
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


def test_in_a_notebook_whose_kernel_is_a_running_loop_it_only_asks_too():
    """There, as IPython has it, Python's own handler is in place while a cell runs."""

    async def cell():
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with asked(lambda: stops.append(1)) as came:
            interrupt()
            assert came.is_set()

    stops = []
    asyncio.run(cell())
    assert stops == [1]


def test_the_listener_of_a_loop_hears_it_too_and_is_back_afterwards():
    async def work():
        before = signal.getsignal(signal.SIGINT)
        with asked(lambda: stops.append(1)) as came:
            interrupt()
            assert came.is_set()
        assert signal.getsignal(signal.SIGINT) is before
        await asyncio.sleep(10)

    stops = []
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(work())
    assert stops == [1]


def test_a_wait_in_a_task_is_interrupted_at_once():
    async def work():
        before = signal.getsignal(signal.SIGINT)
        try:
            with raised():
                interrupt()
                threading.Event().wait(10)
        finally:
            assert signal.getsignal(signal.SIGINT) is before

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(work())


def test_somebody_elses_handler_stays():
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    try:
        with asked(lambda: heard.append("ours")):
            interrupt()
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [1]
