"""
The kinds of things that go wrong, each of which can be left out of a history.
"""

from __future__ import annotations

import random

from simulation import network

NETWORK = tuple(dict.fromkeys((*network.OF_ANY, *network.OF_ORDERS, *network.OF_QUESTIONS)))
MANNERS = (
    *("repeated id", "hidden", "partial list", "lost people", "lost everybody", "small pages"),
    *("extra refused", "no history", "no date", "one session", "gateway clock", "flat rate"),
    *("refused number", "other program", "cancelled elsewhere", "state blind", "history late", "forgets"),
    *("not delivered", "cancelling"),
)
PROCESSES = ("killed", "suspended", "interrupted", "two at once", "other machine")
DISKS = ("full disk", "older copy", "older copy in a run", "power cut", "journal lost", "deleted", "replaced")
CLOCKS = ("wrong clock", "clock jumps", "gateway clock jumps", "fast clock")
CALLS = (
    *("changed text", "suppressed", "withdrawn", "person sends", "person accepts", "schedule", "rate"),
    *(
        "other people",
        "hours",
        "skip refused",
        "sent again",
        "same rows again",
        "cancel",
        "moved",
        "person cancels",
        "budget",
        "erased",
        "undo",
        "opts out",
        "held out",
    ),
)

RARE = frozenset(("lock lost", "ghost file"))
"""Beyond what any lock can prevent in all cases; only what is stated can be shown of it."""

BEYOND = frozenset(("later than grace", "handed on later", "put back within grace", "two journals"))
"""Beyond the documented limits, see `simulation.limits`: never part of a history unless it is asked for."""

ALL = frozenset((*NETWORK, *MANNERS, *PROCESSES, *DISKS, *CLOCKS, *CALLS))

MOST_OF_FEW = 8


def of(seed: int) -> frozenset[str]:
    """
    The kinds of faults in the history of a seed: of every two seeds all in one, and a few in the other.

    Where there are few, each is likely, so that they meet each other more often than among all.
    """
    if seed % 2 == 0:
        return ALL
    dice = random.Random(seed)
    return frozenset(dice.sample(sorted(ALL), dice.randint(2, MOST_OF_FEW)))
