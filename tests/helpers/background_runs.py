"""Campaigns in the background that are under way, or were stopped, when a test begins with them."""

from __future__ import annotations

import threading

HELD = 0.001
"""Recipients per second: the first leaves at once, the next one in a quarter of an hour, unless stopped."""

CALL = {"campaign": "autumn", "phone": "mobile", "progress": False}


def start(contacts, gateway, text="Ciao {name}", **options):
    return contacts.sms.start(text, gateway=gateway, **(CALL | options))


def until(condition):
    """Wait for something that another thread is about to do."""
    waited = threading.Event()
    for _ in range(3000):
        if condition():
            return
        waited.wait(0.01)
    raise AssertionError("it never came")


def held(contacts, gateway, accepted=1, **options):
    """A campaign under way: somebody was texted, and the others wait for their turn."""
    run = start(contacts, gateway, rate=HELD, **options)
    until(lambda: run.facts()["accepted"] == accepted)
    return run


def stopped_run(contacts, gateway, **options):
    """A campaign that was stopped after somebody was texted."""
    run = held(contacts, gateway, **options)
    run.stop()
    run.wait()
    return run
