"""
How a history calls the engine: from `register` downwards, below plans and frames.

The only module that knows the engine's own modules by name, so that they may be moved.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from simulation.disks import Disk, SimulatedStore
from simulation.machines import Owners, Workers
from simulation.network import SimulatedGateway
from smsframe import adoption
from smsframe.errors import SmsFrameError, UnknownCampaign
from smsframe.journal import Journal
from smsframe.life import Event
from smsframe.loop import Loop
from smsframe.order import Terms
from smsframe.patience import Patience
from smsframe.preflight import in_time
from smsframe.schema import STRING

if TYPE_CHECKING:
    from datetime import datetime

    from simulation.machines import Process

CAMPAIGN = "autumn"
TEXTS = ("Ciao", "Hello")


class Call(NamedTuple):
    """
    One call that somebody makes.

    Attributes:
        people: Who is in its table; nobody for `resume`.
        text: The text.
        batch_size: Recipients per order at most.
        workers: Requests under way at once.
        suppressed: Whom it must not text.
        changed: Whether the text may have changed.
        adopt: Whether orders of another journal are taken over.
        unconfirmed: A person's word on orders in doubt: "send", "accept", or "".
        schedule: When its texts go out, or None.
        rate: Recipients per second at most.
    """

    people: tuple[str, ...] = ()
    text: str = TEXTS[0]
    batch_size: int = 2
    workers: int = 1
    suppressed: frozenset[str] = frozenset()
    changed: bool = False
    adopt: bool = False
    unconfirmed: str = ""
    schedule: datetime | None = None
    rate: float | None = None


class Engine:
    """The engine, in a process, with a journal on a disk."""

    def __init__(self, process: Process, disk: Disk, name: str = "journal.sqlite") -> None:
        self._process = process
        clock = process.clock()
        self.journal = Journal.__new__(Journal)
        store = SimulatedStore(process, disk, name)
        self.journal.path = store.path
        self.journal._keep(store, Owners(process, name), clock)
        self.gateway = SimulatedGateway(process)
        stop = threading.Event()
        process.stop = stop
        self._patience = Patience(clock=clock, stop=stop)

    def send(self, call: Call) -> None:
        """As `smsframe.send`."""
        journal, gateway = self.journal, self.gateway
        waiting = table(call)
        here = {"base_url": gateway.base_url, "account": gateway.account, "template": call.text}
        if entry := journal.find(CAMPAIGN):
            journal.check(entry, **here, changed=call.changed)
        earlier = adoption.earlier(
            CAMPAIGN,
            gateway,
            self._patience,
            adopt=call.adopt,
            grace=self._process.world.grace,
            begun=partial(journal.begun, CAMPAIGN),
            say=lambda _: None,
        )
        unsent = waiting[~waiting["phone"].isin(earlier["phone"])]
        terms = Terms(schedule=call.schedule)
        in_time(terms, len(unsent), self._patience.clock.now())
        with journal.owner() as owner:
            entry, cut = journal.register(
                CAMPAIGN,
                owner,
                **here,
                terms=terms,
                batch_size=call.batch_size,
                at_once=call.batch_size,
                waiting=waiting,
                earlier=earlier,
                changed=call.changed,
            )
            self._loop(call, entry, owner, waiting["phone"], cut)

    def resume(self, call: Call) -> None:
        """As `smsframe.resume`, for the people whom the journal has."""
        journal = self.journal
        entry = journal.get(CAMPAIGN)
        if call.schedule is not None:
            entry = replace(entry, terms=replace(entry.terms, schedule=call.schedule))
        known = journal.recipients(entry.id, entry.name)
        phones = known.people["phone"]
        phones = phones[~phones.isin(call.suppressed)]
        with journal.owner() as owner:
            self._loop(call, entry, owner, phones, [])

    def withdraw(self) -> None:
        """As `smsframe.withdraw`."""
        from smsframe.campaign import withdraw  # noqa: PLC0415 - it brings all of smsframe along

        withdraw(self.journal, self.journal.get(CAMPAIGN))

    def _loop(self, call, entry, owner, phones, cut) -> None:
        loop = Loop(
            entry,
            self.journal,
            self.gateway,
            owner,
            phones,
            cut,
            workers=call.workers,
            rate=call.rate,
            grace=self._process.world.grace,
            patience=self._patience,
            report=lambda _: None,
            settled={"send": Event.PERSON_SENDS, "accept": Event.PERSON_ACCEPTS}.get(call.unconfirmed),
            threads=partial(Workers, self._process),
        )
        loop.run()
        if loop.cause is not None:
            raise loop.cause


def table(call: Call) -> pd.DataFrame:
    """The people of a call whom it may text, as a plan has them."""
    phones = [phone for phone in call.people if phone not in call.suppressed]
    return pd.DataFrame(
        {
            "phone": pd.array(phones, dtype=STRING),
            "fields": pd.array([None] * len(phones), dtype=STRING),
            "encoding": pd.array(["gsm"] * len(phones), dtype=STRING),
            "segments": pd.array([1] * len(phones), dtype="Int64"),
        }
    )


__all__ = ["CAMPAIGN", "TEXTS", "Call", "Engine", "SmsFrameError", "UnknownCampaign"]
