"""Which calls a sandbox does wrong: switches, set by the notebook and asked at every call."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from smsframe.sandbox import faults, magic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smsframe.sandbox.faults import Fault

CALLS = ("order", "state", "history", "status", "login", "cancel", "replies", "senders", "any")
_ORDERS_ONLY = {"late_acceptance", "blind", "magic"}  # they are about the acceptance of an order


class Chosen(NamedTuple):
    """What happens to one call: at most one fault, and for how long an order then stays out of sight."""

    fault: Fault | None
    hidden_for: float


@dataclass(eq=False)
class Switch:
    """
    A fault, and which calls get it.

    Attributes:
        call: Which calls match.
        rate: The share of them that gets it, or None.
        order: The numbers of those that get it, counted from 1, or None.
        left: How often it may still be played.
        seen: How many calls have matched.
    """

    fault: Fault
    call: str
    rate: float | None
    order: frozenset[int] | None
    left: float
    seen: int = 0
    random: Random = field(default_factory=Random)

    @property
    def at_once(self) -> bool:
        """Whether it does not wait for a call: only a closed port refuses also the first connection."""
        return self.fault.kind == "refuse" and self.rate is None and self.order is None

    def wants(self, call: str) -> bool:
        """Whether this call gets it; every call that matches is counted."""
        if self.call not in {call, "any"}:
            return False
        self.seen += 1
        if self.rate is not None:
            return self.random.random() < self.rate and self.left > 0
        return (self.order is None or self.seen in self.order) and self.left > 0


def switch(
    kind: str,
    *,
    call: str = "order",
    rate: float | None = None,
    order: int | Sequence[int] | None = None,
    times: int | None = None,
    **numbers: float | None,
) -> Switch:
    """
    A switch; what the arguments mean is said by ``Sandbox.misbehave``.

    Raises:
        ValueError: They do not go together, or are none; says what is possible.
    """
    fault = faults.fault(kind, **numbers)
    if call not in CALLS:
        raise ValueError(f"call is one of {', '.join(CALLS)}, not {call!r}")
    if kind in _ORDERS_ONLY and call != "order":
        raise ValueError(f"{kind} is about orders; call={call!r} cannot be")
    if kind == "magic" and (rate, order, times) != (None, None, None):
        raise ValueError("magic is decided by the recipients; it takes no rate, order or times")
    if rate is not None and order is not None:
        raise ValueError("a fault comes by rate or by order, not by both")
    if rate is not None and not 0 <= rate <= 1:
        raise ValueError(f"rate is a share between 0 and 1, not {rate!r}")
    numbered = None if order is None else frozenset([order] if isinstance(order, int) else order)
    if numbered is not None and (not numbered or min(numbered) < 1):
        raise ValueError(f"order is the number of a call, from 1, or several of them, not {order!r}")
    if times is not None and times < 1:
        raise ValueError(f"times is a number from 1, not {times!r}")
    return Switch(fault, call, rate, numbered, float("inf") if times is None else times)


_WORDS: dict[str, Callable[[str], Any]] = {
    "call": str,
    "rate": float,
    "order": lambda text: [int(number) for number in text.split(",")],
    "times": int,
    "seconds": float,
    "status": int,
    "retry_after": int,
}


def read(text: str) -> dict[str, Any]:
    """
    A switch in words, such as ``drop_after rate=0.1``, as the arguments of ``Sandbox.misbehave``.

    Raises:
        ValueError: It cannot be; says what is possible.
    """
    kind, *options = text.split() or [""]
    arguments: dict[str, Any] = {}
    for option in options:
        name, _, value = option.partition("=")
        if name not in _WORDS or not value:
            raise ValueError(f"{option!r} is none of {', '.join(f'{word}=' for word in _WORDS)}")
        try:
            arguments[name] = _WORDS[name](value)
        except ValueError:
            raise ValueError(f"{option!r} is not a number") from None
    switch(kind, **arguments)
    return {"kind": kind, **arguments}


class Switchboard:
    """The switches of one sandbox; the lock is between the notebook's thread and the server's."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._switches: list[Switch] = []
        self._magic: magic.Numbers | None = None
        self._lock = threading.Lock()

    def set(self, switch: Switch) -> None:
        """Turn one on. The same seed chooses the same calls, whatever else is on."""
        switch.random = Random(f"{self._seed} {switch.fault.kind} {switch.call}")  # noqa: S311 - a rehearsal
        with self._lock:
            if switch.fault.kind == "magic":
                self._magic = magic.Numbers()
            else:
                self._switches.append(switch)

    def clear(self) -> None:
        """Turn all off."""
        with self._lock:
            self._switches.clear()
            self._magic = None

    def choose(self, call: str, body: bytes) -> Chosen:
        """What happens to a call; of several faults the first that was set, but ``blind`` joins any."""
        with self._lock:
            wanting = [switch for switch in self._switches if switch.wants(call)]
            playing = [
                next((switch for switch in wanting if (switch.fault.kind == "blind") is blind), None)
                for blind in (False, True)
            ]
            found = []
            for switch in filter(None, playing):
                switch.left -= 1
                found.append(switch.fault)
            if not found and call == "order" and self._magic is not None:
                found.extend(self._magic.faults(body))
        return Chosen(
            next((fault for fault in found if fault.kind != "blind"), None),
            next((fault.seconds for fault in found if fault.kind == "blind"), 0.0),
        )
