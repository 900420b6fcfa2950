"""
Killed at any instruction: whoever runs the same call again ends where the undisturbed run has them.

A first run counts and names the points at which a process can die (`killable`). Then, for each of them, a
victim dies there, in a world of its own, and another one runs the same program again, undisturbed.

With ``SMSFRAME_CHAOS=1`` every point is taken, under each of the things a gateway may do with a repeated
order id. Otherwise every commit, file and exchange is taken, with a gateway that sends again, which is the
harshest; a third of what changes nothing, which is a statement within a transaction, or half of a question;
and what begins as another story began is not told again. With a journal in PostgreSQL it is ten points of
each story.
"""

from __future__ import annotations

import atexit
import os
import random
import re
import tempfile
import threading
from functools import cache, partial
from itertools import takewhile
from operator import eq
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from helpers import killable, postgres
from helpers.sending import table, texted

import smsframe
from smsframe.journal.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

pytestmark = pytest.mark.slow

CHAOS = bool(os.environ.get("SMSFRAME_CHAOS"))
WEIGHTY = re.compile(r"commit|connect|send|receive|mkdir|unlink|open \*.sqlite|PRAGMA journal_mode")
HALF_ASKED = re.compile(r"other half of \w+ GET")
STORIES = ("plain", "personal", "resumed")
PARTS = 6
"""Tests per story, so that they can be spread over processes."""

RUN = {"workers": 1, "grace": 0.05}
"""One worker, so that the points come in one order; what a victim sent arrives well within the grace."""


class Story(NamedTuple):
    """
    What is told up to the death of its victim, and again from its beginning.

    Attributes:
        program: What the victim runs, and whoever comes after it.
        fault: What becomes of the victim's first POST.
        after: Another story, whose victim died while it received its first answer.
        database: Where its journal is: ``sqlite`` or ``postgres``.
    """

    program: Callable[..., pd.DataFrame]
    fault: str | None = None
    after: Story | None = None
    database: str = "sqlite"


@cache
def cluster():
    made = postgres.Cluster()
    atexit.register(made.close)
    return made


@cache
def story(name, database="sqlite"):
    return told(name)._replace(database=database)


def told(name):
    def program(people, text):  # with a plan made once; orders of two
        plan = smsframe.plan(people, text, campaign="autumn", phone="mobile", batch_size=2)
        return partial(killable.send, contacts=plan, **RUN)

    match name:
        case "plain":  # one order is looked up and found, the other narrowed down to a refused number
            return Story(program(table(4, bad=[3]), "Ciao"), fault="drop_after")
        case "personal":  # looked up, absent twice, and repeated
            return Story(program(table(2), "Ciao {name}"), fault="drop_before")
        case _:  # somebody else's order is looked up and found; the next one is repeated
            before = Story(program(table(4), "Ciao"))
            return Story(partial(killable.resume, **RUN), fault="drop_before", after=before)


def said(results):
    return dict(zip(results["sms_phone"], results["sms_status"], strict=True))


class World:
    """A gateway, and a journal that nobody has used yet."""

    def __init__(self, repeated="accept", database="sqlite"):
        self._database = database
        self._sandbox = smsframe.Sandbox(repeated_order_id=repeated, speed=3600)

    def __enter__(self):
        self._sandbox.start()
        self._folder = tempfile.TemporaryDirectory()
        self.journal = Path(self._folder.name) / "new" / "journal.sqlite"
        if self._database == "postgres":
            self.journal = cluster().new()
        return self

    def __exit__(self, *_error):
        self._folder.cleanup()
        threading.Thread(target=self._sandbox.stop).start()  # it takes a moment that nobody need wait for

    def tell(self, story, fatal=None):
        """Let a story happen, to a victim that is killed at a point, or to nobody."""
        if story.after is not None:
            points = undisturbed(story.after).points
            self.tell(story.after, points.index("the other half of receive POST sms"))
        if story.fault is not None:
            self._sandbox.misbehave(story.fault, order=1)
        ending = self.run(story.program, fatal=fatal)
        self._sandbox.behave()
        return ending

    def run(self, program, **options):
        """Let a victim run a program; for its frame there is only what it says of each person."""
        ending = killable.run(program, self._sandbox.url, self.journal, **options)
        if self._database == "postgres":
            cluster().wait_for_locks()
        return ending if ending.killed else ending._replace(value=said(ending.value))

    def differs(self, said, expected):
        """What is not as in the undisturbed run, or nothing."""
        if said != expected:
            return f"said {said}, expected {expected}"
        got = texted(self._sandbox).to_dict()
        accepted = dict.fromkeys((phone for phone, status in expected.items() if status == "accepted"), 1)
        return "" if got == accepted else f"texted {got}"

    def in_doubt(self, said):
        """
        Whether what is unconfirmed is what the design says must be: one order that the gateway refuses, whose
        first answer died with the process; refused once more, that proves nothing.
        """
        unsure = {phone for phone, status in said.items() if status == "unconfirmed"}
        results = smsframe.results("autumn", journal=self.journal)
        orders = set(results.loc[results["sms_phone"].isin(unsure), "sms_order_id"])
        evidence = Journal(self.journal).evidence(1)
        events = evidence.loc[evidence["order_id"].isin(orders), "event"].tolist()
        refused = any(phone.endswith("85") for phone in unsure)
        return refused and len(orders) == 1 and events[:2] == ["claimed", "owner_died"]


# The points.


@cache
def undisturbed(story):
    """Where everybody ends when nobody is killed, and the points on the way."""
    with World(database=story.database) as world:
        ending = world.tell(story)
        ends = {phone: "rejected" if phone.endswith("85") else "accepted" for phone in ending.value}
        assert not world.differs(ending.value, ends)
        return ending


def begins_alike(points, others):
    """How many points at the beginning are those of another story."""
    return sum(takewhile(bool, map(eq, points, others)))


def chosen(name, repeated, database="sqlite"):
    """The points of a story that are tried, each by its number."""
    points = undisturbed(story(name, database)).points
    if CHAOS:
        return [*range(len(points))]
    told = begins_alike(points, undisturbed(story("plain", database)).points) if name == "personal" else 0
    weighty = [
        place
        for place in range(told, len(points))
        if any(WEIGHTY.search(point) for point in points[max(place - 1, 0) : place + 1])
        and not HALF_ASKED.search(points[place])
    ]
    others = sorted({*range(told, len(points))} - {*weighty})
    dice = random.Random(name)
    if database == "postgres":
        return sorted(dice.sample(weighty, 10))
    return sorted(
        weighty + dice.sample(others, len(others) // 3) if repeated == "accept" else dice.sample(weighty, 4)
    )


def wrong(story, fatal, repeated):
    """What is wrong after a victim was killed at a point and the program ran again; or nothing."""
    expected, points = undisturbed(story).value, undisturbed(story).points
    with World(repeated, story.database) as world:
        died = world.tell(story, fatal)
        assert died.points == [points[fatal]], "the points came in another order"
        said = world.run(story.program).value
        if "unconfirmed" in said.values():
            if not world.in_doubt(said):
                return f"unconfirmed without need: {said}"
            said = world.run(killable.resume, unconfirmed="send").value
        return world.differs(said, expected)


def hold(name, repeated, part=slice(None), database="sqlite"):
    """Nothing may be wrong wherever the victim is killed; what is names its point."""
    played = story(name, database)
    points = undisturbed(played).points
    problems = [
        f"{fatal}: after {points[fatal - 1] if fatal else 'its start'}, before {points[fatal]}: {problem}"
        for fatal in chosen(name, repeated, database)[part]
        if (problem := wrong(played, fatal, repeated))
    ]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", STORIES)
def test_killed_at_any_point_everybody_ends_where_the_undisturbed_run_has_them(name, part):
    hold(name, "accept", slice(part, None, PARTS))


@pytest.mark.postgres
@pytest.mark.parametrize("name", STORIES)
def test_the_same_with_a_journal_in_postgresql(name):
    hold(name, "accept", database="postgres")


@pytest.mark.parametrize("repeated", ["refuse", "merge"])
@pytest.mark.parametrize("name", STORIES)
def test_whatever_the_gateway_does_with_a_repeated_order_id(name, repeated):
    hold(name, repeated)
