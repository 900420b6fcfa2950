"""
What must hold: at each step, and in the end.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import pandas as pd

from simulation.scheduler import Broken
from smsframe.phones.keyed_hash import keyed_hashes
from smsframe.phones.match import keys

if TYPE_CHECKING:
    from simulation.disks import File
    from simulation.machines import Process
    from simulation.world import World
    from smsframe.orders.hours import Hours


@dataclass
class Asked:
    """
    What people asked for.

    Attributes:
        again: How many more texts of the campaign somebody may get, by a person's word.
        attempts: Whom somebody asked to text again, and after which order; one more text for each.
        may_text: Whom each process may text.
        said_accepted: The orders that a person called accepted.
        said_cancelled: The orders that a person called cancelled: whose word was wrong may have two texts.
        denied: The orders of which something on the way said that they were not taken, after they were.
        hours: In which hours each process may text people, or None.
        budget: The credits that everybody who calls lets the campaign cost, or None.
        opted_out: Who has opted out, as soon as that is on disk.
        perhaps_opted_out: Who has, or would have, had nothing failed or been killed after it was on disk.
        erased: Who was erased, and which orders with them were on their way by then.
        stale: Whether something of a journal was lost: nobody asks then that each row agrees with the world.
    """

    again: Counter[str] = field(default_factory=Counter)
    attempts: set[tuple[str, str]] = field(default_factory=set)
    may_text: dict[str, frozenset[str]] = field(default_factory=dict)
    hours: dict[str, Hours | None] = field(default_factory=dict)
    said_accepted: set[str] = field(default_factory=set)
    said_cancelled: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    budget: int | None = None
    stale: bool = False
    opted_out: set[str] = field(default_factory=set)
    perhaps_opted_out: set[str] = field(default_factory=set)
    erased: dict[str, frozenset[str]] = field(default_factory=dict)


def at_most_once(world: World, order_id: str, people: list[str]) -> None:
    """Nobody has more texts than somebody asked for."""
    if not order_id.startswith("sf-"):
        return
    said = world.asked.said_cancelled
    got = Counter(phone for _, phone, order in world.provider.texted if order not in said)
    attempts = Counter(phone for phone, _ in world.asked.attempts)
    for phone in people:
        if got[phone] > 1 + world.asked.again[phone] + attempts[phone]:
            orders = [order for _, to, order in world.provider.texted if to == phone]
            raise Broken(f"doubled: {phone} has {got[phone]} texts, by {', '.join(orders)}")


def within_budget(world: World) -> None:
    """The campaign was not charged more than its budget, as far as its journal has all its orders."""
    budget, charged = world.asked.budget, world.provider.charged
    if budget is not None and not world.asked.stale and charged > budget:
        raise Broken(f"dear: {charged} credits were charged, of a budget of {budget}")


ERASED_KEY = bytes(range(32))
"""The key of the hashes by which journals know who was erased."""


def erased(file: File | None) -> frozenset[str]:
    """Who was erased, or is to be, by what a journal says."""
    from simulation.history import PHONES  # noqa: PLC0415 - which needs this module

    if file is None:
        return frozenset()
    known = {found for (found,) in file.rows("SELECT hash FROM forgotten")}
    if not known:
        return frozenset()
    hashes = keyed_hashes(keys(pd.Series(PHONES, dtype="string")), ERASED_KEY)
    return frozenset(phone for phone, one in zip(PHONES, hashes, strict=True) if one in known)


def remember_who_was_erased(world: World, file: File) -> None:
    """When a journal is told to erase somebody: their orders that are on their way may still arrive."""
    for phone in erased(file) - world.asked.erased.keys():
        query = """SELECT b.order_id FROM recipients r JOIN batches b ON r.batch = b.id
            WHERE b.state = 'sending' AND r.phone = ?"""
        world.asked.erased[phone] = frozenset(order for (order,) in file.rows(query, phone))


def nobody_who_was_erased_is_in_it(world: World, body: dict[str, Any], file: File | None) -> None:
    """Nobody in an order that leaves was erased, unless it was on its way by then."""
    people = body.get("recipient") or [one["recipient"] for one in body["recipients"].values()]
    for phone in erased(file) & {*people}:
        if body.get("order_id") not in world.asked.erased.get(phone, ()):
            raise Broken(f"erased: {phone} would be texted after they were erased")


def nothing_is_left_of_the_erased(file: File | None) -> None:
    """No byte of a journal has a number of somebody who was erased, and is not to be erased later."""
    if file is None:
        return
    later = {phone for (phone,) in file.rows("SELECT phone FROM recipients WHERE erase")}
    later |= {phone for (phone,) in file.rows("SELECT phone FROM attempts WHERE erase")}
    image = file.image()
    for phone in erased(file) - later:
        digits = phone.lstrip("+")
        if digits.encode() in image or int(digits).to_bytes(6, "big") in image:
            raise Broken(f"erased: the number of {phone} is still in the journal's bytes")


BLIND = 5
"""Answers without proof in a row, after which nothing may leave."""


def is_cautious(world: World, process: Process, file: File | None) -> None:
    """Orders leave one at a time until one was accepted, and none after so many answers without proof."""
    if process.under_way and not (world.provider.accepted or world.asked.said_accepted):
        raise Broken(f"hasty: {process.name} sends a second order before any was accepted")
    query = "SELECT event FROM evidence WHERE process = ? ORDER BY id"
    blind = 0
    for (event,) in file.rows(query, process.name) if file else ():
        blind = (
            blind + 1 if event == "no_proof" else blind * (event not in ("accepted", "found", "found_part"))
        )
    if blind >= BLIND:
        raise Broken(f"blind: {process.name} sends on after {blind} answers without proof in a row")


def gives_itself_away(file: File | None) -> bool:
    """Whether a gateway that forgets all it took is known to have had something since each open order."""
    if file is None:
        return False
    query = """SELECT count(*), sum(EXISTS (
        SELECT 1 FROM batches a WHERE a.state = 'accepted' AND a.schedule_at IS NULL
        AND a.not_before >= b.not_before - 86400000000 AND NOT EXISTS (
            SELECT 1 FROM evidence e WHERE e.order_id = a.order_id AND e.event = 'person_accepts')))
        FROM batches b WHERE b.state IN ('sending', 'unconfirmed')"""
    ((count, known),) = file.rows(query)
    return count > 0 and known == count


class Meant(NamedTuple):
    """When a request was meant to leave, by its machine's clock, and who had opted out by then."""

    at: datetime
    opted_out: frozenset[str]


def may_leave(world: World, process: Process, body: dict[str, Any], meant: Meant) -> None:
    """An order has only people of its call in it, and is on disk as being sent."""
    people = body.get("recipient") or [one["recipient"] for one in body["recipients"].values()]
    if others := set(people) - world.asked.may_text[process.name]:
        raise Broken(f"not asked for: {process.name} texts {', '.join(sorted(others))}")
    if not world.asked.stale and (barred := set(people) & meant.opted_out):
        raise Broken(f"opted out: {process.name} texts {', '.join(sorted(barred))}")
    schedule = body.get("scheduled_delivery_time")
    if schedule and schedule <= meant.at.strftime("%Y%m%d%H%M%S"):
        raise Broken(f"late: {process.name} sends an order whose time, {schedule}, has passed")
    hours = world.asked.hours[process.name]
    if hours is not None:
        goes_out = datetime.strptime(schedule, "%Y%m%d%H%M%S").replace(tzinfo=UTC) if schedule else meant.at
        if not open_at(hours, goes_out):
            raise Broken(f"outside: {process.name} texts people at {goes_out}, and {hours} says no")


def nobody_is_held_out_of_it(body: dict[str, Any], file: File | None) -> None:
    """Nobody in an order that leaves is held out by the journal."""
    people = body.get("recipient") or [one["recipient"] for one in body["recipients"].values()]
    held = {phone for (phone,) in file.rows("SELECT phone FROM recipients WHERE held_out")} if file else set()
    if texted := held & set(people):
        raise Broken(f"held out: {', '.join(sorted(texted))} would be texted all the same")


ROME = ZoneInfo("Europe/Rome")
"""Where everybody is."""


def open_at(hours: Hours, moment: datetime) -> bool:
    """Whether hours, of every day, are open by the clock on the wall."""
    wall = moment.astimezone(ROME)
    minute = wall.hour * 60 + wall.minute
    return hours.begin <= minute < hours.end or minute + 24 * 60 < hours.end


def compatible(world: World, file: File) -> None:
    """What a journal says of each order is true."""
    said = file.rows("SELECT order_id FROM evidence WHERE event = 'person_cancels'")
    world.asked.said_cancelled.update(order_id for (order_id,) in said)
    if world.asked.stale:
        return
    provider = world.provider
    texted = {(phone, order) for _, phone, order in provider.texted}
    orders = {order for _, order in texted}
    rows = file.rows("SELECT order_id, state, doubt FROM batches")
    said = file.rows("SELECT order_id FROM evidence WHERE event = 'person_accepts'")
    world.asked.said_accepted.update(order_id for (order_id,) in said)
    for order_id, state, doubt in rows:
        said = order_id in world.asked.said_accepted
        if state == "accepted" and not said and not provider.had(order_id):
            raise Broken(f"untrue: {order_id} is called accepted, and the gateway never had it")
        denied = state == "planned" and order_id in world.asked.denied
        if state in ("planned", "refused") and order_id in orders and not (doubt or denied):
            raise Broken(f"untrue: {order_id} is {state}, and the gateway took it")


def nobody_is_called_accepted_without_a_text(world: World, file: File | None) -> None:
    """Once a call is over, and nothing is on its way any more."""
    if file is None or world.asked.stale:
        return
    query = """SELECT r.phone, b.order_id FROM recipients r JOIN batches b ON r.batch = b.id
        WHERE b.state = 'accepted' AND NOT r.missing AND r.refused IS NULL"""
    texted = {(phone, order) for _, phone, order in world.provider.texted}
    for phone, order_id in file.rows(query):
        if (phone, order_id) not in texted and order_id not in world.asked.said_accepted:
            raise Broken(f"forgotten: {phone} is called accepted, without a text by {order_id}")


def nobody_is_called_cancelled_who_has_a_text(world: World, file: File | None) -> None:
    """Whatever a journal calls cancelled does not go out, unless the gateway has said since that it did."""
    if file is None:
        return
    texted = {(phone, order) for _, phone, order in world.provider.texted}
    for table in ("recipients", "attempts"):
        query = f"""SELECT r.phone, b.order_id FROM {table} r JOIN batches b ON r.batch = b.id
            WHERE b.state = 'cancelled' AND coalesce(r.delivery, 'SCHEDULED') = 'SCHEDULED'"""
        for phone, order_id in file.rows(query):
            if (phone, order_id) in texted and order_id not in world.asked.said_cancelled:
                raise Broken(f"untrue: {phone} is called cancelled, and gets a text by {order_id}")


def texted(file: File | None) -> list[tuple[str, str]]:
    """Who is accepted by what a journal says, and by which order: rows as a frame of results has them."""
    query = """SELECT r.phone, b.order_id FROM recipients r JOIN batches b ON r.batch = b.id
        WHERE b.state = 'accepted' ORDER BY r.phone"""
    return file.rows(query) if file else []


def unsure(file: File | None) -> dict[str, str]:
    """Who is unconfirmed by what a journal says, and by which order."""
    if file is None:
        return {}
    query = """SELECT r.phone, b.order_id FROM recipients r JOIN batches b ON r.batch = b.id
        WHERE b.state IN ('unconfirmed', 'sending') OR (b.state = 'accepted' AND r.missing)"""
    return dict(file.rows(query))


def to_be_cancelled(file: File | None) -> bool:
    """Whether a journal has orders of which nobody knows whether they were cancelled."""
    query = "SELECT 1 FROM batches WHERE state IN ('cancelling', 'cancel_asked', 'cancel_taken')"
    return file is not None and bool(file.rows(query))


def take_back_what_nobody_needed(world: World, file: File | None, given: dict[str, str]) -> None:
    """Who was not sent again by a person's word keeps no leave to be texted twice."""
    if not given:
        return
    query = "SELECT order_id FROM evidence WHERE event = 'person_sends'"
    said = {order_id for (order_id,) in file.rows(query)} if file else set()
    for phone, order_id in given.items():
        if order_id not in said:
            world.asked.again[phone] -= 1


def everybody_has_an_outcome(world: World, file: File | None, people: tuple[str, ...]) -> None:
    """After a call that ended well nobody is pending, and nobody is refused without a reason."""
    assert file is not None
    query = """SELECT r.phone, CASE WHEN r.held_out THEN 'held out' ELSE b.state END, r.missing
        FROM recipients r LEFT JOIN batches b ON r.batch = b.id"""
    states = {phone: (state, missing) for phone, state, missing in file.rows(query)}
    for phone in {*people} - world.asked.perhaps_opted_out:
        state, _ = states.get(phone, ("nowhere", 0))
        if state in (None, "nowhere", "planned", "sending"):
            raise Broken(f"forgotten: {phone} is {state or 'pending'} after a call that ended well")
        if state == "refused" and phone not in world.provider.manners.refuses:
            raise Broken(f"forgotten: {phone} is called refused, and the gateway never refused it")


def nobody_is_forgotten(world: World, file: File | None, people: tuple[str, ...]) -> None:
    """In the end everybody has a text, or is refused, or was called accepted by a person."""
    everybody_has_an_outcome(world, file, people)
    assert file is not None
    got = {phone for _, phone, _ in world.provider.texted}
    said = """SELECT r.phone FROM recipients r JOIN batches b ON r.batch = b.id
        JOIN evidence e ON e.order_id = b.order_id WHERE e.event = 'person_accepts'"""
    excused = world.provider.manners.refuses | {phone for (phone,) in file.rows(said)}
    cancelled = """SELECT r.phone FROM recipients r JOIN batches b ON r.batch = b.id
        WHERE b.state IN ('cancelled', 'cancelling', 'cancel_asked', 'cancel_taken')"""
    excused |= {phone for (phone,) in file.rows(cancelled)}
    excused |= {phone for (phone,) in file.rows("SELECT phone FROM recipients WHERE held_out")}
    if world.asked.stale:  # an older copy has them as scheduled
        excused |= {phone for phone, _ in world.provider.cancelled}
    if lost := set(people) - got - excused - world.asked.perhaps_opted_out:
        raise Broken(f"forgotten: {', '.join(sorted(lost))} never got a text")
