"""
How a history calls the engine: from `register` downwards, below plans and frames.

The only module that knows the engine's own modules by name, so that they may be moved.
"""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from simulation.disks import Disk, SimulatedStore
from simulation.machines import Owners, Workers
from simulation.network import gateway
from simulation.promise import ERASED_KEY
from smsframe.arrow import TEXT
from smsframe.campaign import dispatch
from smsframe.campaign.call import Call as WantedCall
from smsframe.campaign.changes.cancel import Cancelling, by_both_clocks
from smsframe.campaign.changes.reschedule import choose, orders_to_ask
from smsframe.campaign.changes.resend import judge
from smsframe.campaign.options import ResendOptions, at_another_time
from smsframe.campaign.preflight import covered_attempts
from smsframe.campaign.reports.left_over import withdraw
from smsframe.campaign.reports.refresh import ask_order
from smsframe.campaign.run_context import RunContext
from smsframe.errors import ContactsError, SmsFrameError
from smsframe.gateway.retry import RetryPolicy
from smsframe.journal.campaigns.stored_campaign import StoredCampaign
from smsframe.journal.journal import Journal
from smsframe.journal.people.barred import Barred
from smsframe.journal.people.optout_rows import OptOutList
from smsframe.journal.privacy import hash_key
from smsframe.journal.rows import read_campaign
from smsframe.orders.experiment import HOLD_OUT
from smsframe.orders.prices import UNIT, Budget
from smsframe.orders.states import CANCEL_OPEN, Event, State
from smsframe.orders.terms import Terms
from smsframe.outcomes.join import Known
from smsframe.phones.match import keys

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from simulation.machines import Process
    from smsframe.campaign.run.engine import CampaignEngine
    from smsframe.orders.hours import Hours
    from smsframe.orders.records import CampaignRecord

_BATCHES = """SELECT b.id, b.order_id, b.state, b.message_type, b.sender, t.template
    FROM batches b JOIN texts t ON b.text = t.id WHERE b.campaign = ? ORDER BY b.id"""
_PEOPLE = """SELECT phone, fields, segments, batch, missing, refused, wait_code, held_out FROM recipients
    WHERE campaign = ? ORDER BY phone"""

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
        unconfirmed: A person's word on orders in doubt: "send", "accept", "cancelled", or "".
        schedule: When its texts go out, or None.
        hours: In which hours its people may be texted, or None.
        undo: How long what would go out at once waits, so that it can be taken back, or None.
        rate: Recipients per second at most.
        skip: Whether the gateway may leave out the numbers that it refuses.
        rows: Who is to be texted again, and after which order: a frame of results.
        held: Whom it holds out of an experiment.
        budget: The credits that the campaign may cost; -1 for a policy without a budget, None for none.
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
    hours: Hours | None = None
    undo: timedelta | None = None
    rate: float | None = None
    skip: bool = False
    rows: tuple[tuple[str, str], ...] = ()
    budget: int | None = None
    held: frozenset[str] = frozenset()


class Engine:
    """The engine, in a process, with a journal on a disk."""

    def __init__(self, process: Process, disk: Disk, name: str) -> None:
        self._process = process
        clock = process.clock()
        self.journal = Journal.__new__(Journal)
        self.store = SimulatedStore(process, disk, name)
        self.journal.path = self.store.path
        os.environ[hash_key.KEY] = hash_key.HashKey(ERASED_KEY, "").text
        self.journal._keep(self.store, Owners(process, name), clock, process.world.token)
        process.stop = threading.Event()
        self._context = RunContext(
            gateway=gateway(process),
            journal=self.journal,
            grace=process.world.grace,
            retry_policy=RetryPolicy(clock=clock, stop=process.stop),
            say=lambda what: process.world.tell(process.name, f"says: {what}"),
            threads=partial(Workers, process),
        )

    def send(self, call: Call) -> None:
        """As `smsframe.send`."""
        self._process.world.asked.hours[self._process.name] = call.hours
        held = pd.DataFrame({"phone": pd.Series(sorted(call.held), dtype=TEXT), "variant": HOLD_OUT})
        wanted = WantedCall(
            campaign=CAMPAIGN,
            template=call.text,
            terms=Terms(schedule=call.schedule, skip_refused=call.skip, hours=call.hours, undo=call.undo),
            batch_size=call.batch_size,
            people=table(call),
            changed=call.changed,
            adopt=call.adopt,
            budget=_budget(call),
            given=held,
        )
        with self.journal._store.opened() as connection:
            entry = connection and read_campaign(connection, CAMPAIGN)
            if entry is not None:
                wanted.at(self._context.gateway).check(connection, entry)
        stored = None if entry is None else StoredCampaign(entry, self._known(entry, call))
        barred = self._barred(entry)
        with dispatch.sending(wanted, stored, self._like(call), barred) as (loop, _):
            _run(loop)

    def resume(self, call: Call) -> None:
        """As `smsframe.resume`."""
        entry = replace(self.journal.get(CAMPAIGN), budget=_budget(call))
        rescheduled = call.schedule is not None or call.hours is not None
        if rescheduled:
            entry = replace(entry, terms=replace(entry.terms, schedule=call.schedule, hours=call.hours))
        entry = replace(entry, terms=replace(entry.terms, undo=call.undo))
        self._process.world.asked.hours[self._process.name] = entry.terms.hours
        known = self._known(entry, call)
        with dispatch.resuming(
            entry,
            known,
            self._like(call),
            suppressed=pd.Index(sorted(call.suppressed), dtype=object),
            barred=self._barred(entry),
            adopt=call.adopt,
            settled={"send": Event.PERSON_SENDS, "accept": Event.PERSON_ACCEPTS}.get(call.unconfirmed),
            rescheduled=rescheduled,
        ) as (loop, _):
            _run(loop)

    def resend(self, call: Call) -> None:
        """As `smsframe.resend`, one question after the other."""
        entry = self.journal.get(CAMPAIGN)
        entry = replace(entry, terms=replace(entry.terms, schedule=None), budget=_budget(call))
        self._process.world.asked.hours[self._process.name] = entry.terms.hours
        context = self._like(call)
        rows = pd.DataFrame([*call.rows], columns=["sms_phone", "sms_order_id"], dtype=TEXT)
        asked = [
            ask_order(order, context.gateway, context.retry_policy)
            for order in dict.fromkeys(rows["sms_order_id"])
        ]
        answers = [answer for answer in asked if answer is not None]
        profile = context.gateway.profile
        self.journal.deliveries.record(answers, final=profile.final, never_sent=profile.refused)
        known = self.journal.recipients(entry.id, CAMPAIGN)
        if not rows["sms_phone"].isin(known.people["phone"]).all():
            raise ContactsError("they are not in this journal")
        judged = judge(
            rows,
            known,
            answers,
            pd.Index(sorted(call.suppressed), dtype=object),
            profile,
            ResendOptions(),
        )
        again, begun = covered_attempts(judged.again, judged.begun, entry.terms, entry.budget, known)
        if len(again) or len(begun):
            barred = self._barred(entry)
            attempts = dispatch.resending(entry, again, begun, context, barred=barred, adopt=call.adopt)
            with attempts as (loop, _):
                _run(loop)

    def cancel(self, call: Call) -> None:
        """As `smsframe.cancel`, one request after the other."""
        entry = self.journal.get(CAMPAIGN)
        wanted, _ = self.journal.cancellations.candidates(entry)
        settled = {"cancelled": Event.PERSON_CANCELS, "accept": Event.PERSON_ACCEPTS}.get(call.unconfirmed)
        if settled is not None:
            wanted = [batch for batch in wanted if batch.state in CANCEL_OPEN]
        if not wanted:
            return
        context = by_both_clocks(self._like(call._replace(workers=1)), wanted[0].order_id)
        with self.journal.owner() as owner:
            cancelling = Cancelling(entry, context, context.gateway, owner, settled)
            cancelling.run(wanted, lambda _: None)
        if cancelling.cause is not None:
            raise cancelling.cause

    def reschedule(self, call: Call) -> None:
        """As `smsframe.reschedule`, one question after the other."""
        entry = self.journal.get(CAMPAIGN)
        terms = at_another_time(entry.terms, call.schedule)
        entry = replace(entry, terms=terms, budget=_budget(call))
        self._process.world.asked.hours[self._process.name] = None
        context = self._like(call)
        orders = orders_to_ask(self.journal.recipients(entry.id, CAMPAIGN))
        asked = [ask_order(order, context.gateway, context.retry_policy) for order in orders]
        answers = [answer for answer in asked if answer is not None]
        profile = context.gateway.profile
        self.journal.deliveries.record(answers, final=profile.final, never_sent=profile.refused)
        suppressed = pd.Index(sorted(call.suppressed), dtype=object)
        known = self.journal.recipients(entry.id, CAMPAIGN)
        chosen = choose(known, answers, suppressed, profile)
        again, begun = covered_attempts(chosen.again, chosen.begun, terms, entry.budget, known)
        begun = pd.concat([begun, chosen.in_doubt.assign(segments=0)], ignore_index=True)
        if len(again) or len(begun):
            attempts = dispatch.resending(
                entry,
                again,
                begun,
                context,
                barred=self._barred(entry),
                adopt=call.adopt,
                after=State.CANCELLED,
            )
            with attempts as (loop, _):
                _run(loop)

    def opt_out(self, phone: str) -> None:
        """As `smsframe.optouts.add`."""
        reached = self._context.gateway
        owner = OptOutList(reached.base_url, reached.account)
        self._process.world.asked.perhaps_opted_out.add(phone)
        self.journal.optouts.add(owner, pd.Series([phone], dtype=TEXT), source="a person")
        self._process.world.asked.opted_out.add(phone)

    def _barred(self, entry: CampaignRecord | None) -> Barred:
        reached = self._context.gateway
        return Barred(
            journals=(self.journal,),
            base_url=reached.base_url,
            accounts=lambda: reached.identities,
            campaign=0 if entry is None else entry.id,
        )

    def forget(self, call: Call) -> None:
        """As `smsframe.forget`."""
        erasure = self.journal.erasure
        erasure.finish()
        if call.people:
            erasure.forget(keys(pd.Series([*call.people], dtype=TEXT)))
        erasure.clean()

    def withdraw(self) -> None:
        """As `smsframe.withdraw`."""
        withdraw(self.journal, self.journal.get(CAMPAIGN))

    def _known(self, entry: CampaignRecord, call: Call) -> Known:
        """As `Journal.recipients`, only what is asked of it below plans: in a fifth of the time."""
        if call.budget is not None:
            return self.journal.recipients(entry.id, CAMPAIGN)
        with self.journal._store.transaction(reading=True) as connection:
            read = connection.exec_driver_sql
            created = read(_BATCHES, (entry.id,)).all()
            people = read(_PEOPLE, (entry.id,)).all()
        places = {key: place for place, (key, *_) in enumerate(created)}
        names = ("id", "order_id", "state", "message_type", "sender", "template")
        columns = dict(zip(names, zip(*created, strict=True) if created else [[]] * 6, strict=True))
        phones, fields, segments, batches, missing, refused, waits, held_out = (
            zip(*people, strict=True) if people else [[]] * 8
        )
        return Known(
            pd.DataFrame(
                {
                    "phone": pd.array(phones, TEXT),
                    "fields": pd.array(fields, TEXT),
                    "segments": pd.array(segments, "Int64"),
                    "batch": np.array([places.get(key, -1) for key in batches], dtype=np.intp),
                    "missing": np.array(missing, dtype=bool),
                    "refused": pd.array(refused, TEXT),
                    "wait_code": pd.array(waits, TEXT),
                    "held_out": np.array(held_out, dtype=bool),
                }
            ),
            pd.DataFrame({name: pd.array(columns[name], TEXT) for name in names[1:]}),
        )

    def _like(self, call: Call) -> RunContext:
        return replace(self._context, workers=call.workers, rate=call.rate)


def _run(loop: CampaignEngine) -> None:
    loop.run()
    if loop.cause is not None:
        raise loop.cause


def _budget(call: Call) -> Budget | None:
    if call.budget is None:
        return None
    return Budget(None if call.budget < 0 else call.budget * UNIT)


def table(call: Call) -> pd.DataFrame:
    """The people of a call whom it may text, as a plan has them."""
    phones = [phone for phone in call.people if phone not in call.suppressed | call.held]
    return pd.DataFrame(
        {
            "phone": pd.array(phones, dtype=TEXT),
            "fields": pd.array([None] * len(phones), dtype=TEXT),
            "encoding": pd.array(["gsm"] * len(phones), dtype=TEXT),
            "segments": pd.array([1] * len(phones), dtype="Int64"),
        }
    )


__all__ = ["CAMPAIGN", "TEXTS", "Call", "Engine", "SmsFrameError"]
