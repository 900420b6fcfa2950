"""
The documented limits, in the words of ``docs/promise.md``: what no client can mend. No history goes beyond.
"""

from __future__ import annotations

from typing import NamedTuple


class Limit(NamedTuple):
    """
    One limit.

    Attributes:
        words: How the page calls it.
        kept: How histories stay within it.
        beyond: The kind of fault that goes beyond it and breaks the promise, if the simulation has one.
        others: The other kinds that takes.
    """

    words: str
    kept: str
    beyond: str = ""
    others: tuple[str, ...] = ()


LIMITS = (
    Limit(
        "An order that the gateway takes later than `grace`.",
        "whatever hides an order hides it for less",
        "later than grace",
        ("answer lost",),
    ),
    Limit(
        "An order that is on its way when we give it up.",
        "it is there, and can be seen, within the grace of being given up, or of the end of an outage",
        "handed on later",
        ("late",),
    ),
    Limit(
        "Something on the way that sends an order twice",
        "no repeated request and no false refusal reaches a gateway that takes a used order id again",
    ),
    Limit(
        "A gateway that takes an order and forgets it.",
        "it forgets only when it has forgotten an order that the journal knows it took",
    ),
    Limit("A repeated order id", "played in each way; what stays unconfirmed needs a person's word"),
    Limit("Killed between a refusal and its record.", "played; it needs a person's word"),
    Limit('Your own `unconfirmed="send"`', "counted: it allows each of those people one more text"),
    Limit("How fully an order is told", "played; who is missing needs a person's word"),
    Limit(
        "How numbers are told that were left out of an order",
        "played: named as invalid, or not at all; who is not named needs a person's word",
    ),
    Limit("A number twice in one order", "a table of a call has each number once, as every plan has"),
    Limit("Dates without a time zone.", "nothing of the promise depends on them"),
    Limit("Credits.", "nothing of the promise depends on them"),
    Limit("A lost journal.", "no history is longer than 30 days, and the account has one name"),
    Limit(
        "An older copy of the journal, put back within `grace` of the last order.",
        "it is put back later",
        "put back within grace",
        ("older copy", "hidden"),
    ),
    Limit(
        "A gateway without a history",
        "a journal is then neither lost nor put back, nor once its history leaves out an order that went out",
    ),
    Limit("Two journals at the same time.", "one after the other", "two journals", ()),
    Limit(
        "A journal that is opened, copied or deleted by other means in the middle of a write.",
        "not played: a commit is whole, or did not happen",
    ),
    Limit("A gateway that keeps order ids of its own", "not played: order ids are the caller's"),
)
