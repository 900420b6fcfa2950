"""
The world of one history: what there is, what was told of it, and whether the promise holds in it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from simulation import machines, promise
from simulation.disks import inodes
from simulation.machines import Machine, Process
from simulation.network import Network
from simulation.provider import Manners, Provider
from simulation.scheduler import Broken, Scheduler

if TYPE_CHECKING:
    from collections.abc import Collection

    from simulation.choices import Choices
    from simulation.disks import File
    from simulation.network import Request
    from simulation.promise import Meant


class World:
    """
    Everything there is.

    Args:
        choices: What decides.
        kinds: The kinds of faults that may happen.
        grace: Seconds within which an order that was taken becomes visible.
    """

    def __init__(self, choices: Choices, kinds: Collection[str], *, grace: float = 30.0) -> None:
        self.choices, self.kinds, self.grace = choices, kinds, grace
        self.scheduler = Scheduler(choices)
        self.story: list[tuple[float, str, str]] = []
        self.counted: Counter[str] = Counter()
        """How often each kind of fault really happened."""
        self.inodes = inodes()
        self.files: list[File] = []
        self.odds = 0.0
        """Of each exchange to go wrong."""
        self.full_disk: dict[int, str] = {}
        """What happens to which of the transactions to come."""
        self.transactions = 0
        self.keeps_images = False
        self.provider = Provider(self, Manners())
        self.network = Network(self)
        self.asked = promise.Asked()
        self._tokens = 0
        self._order = hashlib.blake2b(digest_size=12)

    # What is made.

    def token(self) -> str:
        """A fresh name, the same in every repetition of a history."""
        self._tokens += 1
        return f"token{self._tokens:04d}"

    def machine(self, name: str) -> Machine:
        return Machine(name, self)

    def process(self, name: str, machine: Machine) -> Process:
        return Process(name, machine, self)

    # What is told.

    def tell(self, who: str, what: str) -> None:
        """Add a line to the story."""
        self.story.append((self.scheduler.now, who, what))

    def happened(self, kind: str, who: str, what: str) -> None:
        """A fault really happened."""
        self.counted[kind] += 1
        self.tell(who, what)

    def passed(self, process: Process, what: str, *, told: bool) -> None:
        """A process came to a seam."""
        self._order.update(f"{process.name}|{what}\n".encode())
        if told:
            self.story.append((self.scheduler.now, self.scheduler.current.name, what))

    @property
    def order_of_events(self) -> str:
        """A digest of who did what in which order, whenever it was."""
        return self._order.hexdigest()

    def digest(self) -> str:
        """A digest of the whole story, to the last digit."""
        told = "\n".join(f"{at!r}|{who}|{what}" for at, who, what in self.story)
        return hashlib.sha256(f"{told}\n{self.order_of_events}".encode()).hexdigest()

    # What is seen.

    def disk_trouble(self, process: Process) -> str | None:
        """What is wrong with the disk at this transaction, if anything."""
        self.transactions += 1
        found = self.full_disk.get(self.transactions)
        if found is not None:
            self.happened(f"disk: {found}", process.name, f"has a disk that is full: {found}")
        return found

    def committed(self, process: Process, file: File) -> None:
        """A transaction is on disk."""
        file.commits += 1
        if self.keeps_images:
            file.images.append(file.image())
        promise.remember_who_was_erased(self, file)
        self.hold(promise.compatible, self, file)

    def leaves(self, process: Process, request: Request, meant: Meant) -> None:
        """A request leaves a machine."""
        if request.method == "POST":
            self.hold(promise.may_leave, self, process, request.body, meant)
            self.hold(promise.nobody_who_was_erased_is_in_it, self, request.body, process.journal())
            self.hold(promise.nobody_is_held_out_of_it, request.body, process.journal())
            self.hold(promise.is_cautious, self, process, process.journal())

    def texted(self, order_id: str, people: list[str]) -> None:
        """The gateway took an order."""
        self.hold(promise.at_most_once, self, order_id, people)
        self.hold(promise.within_budget, self)

    def hold(self, rule: object, *about: object) -> None:
        """Apply a rule of the promise; the first that is broken ends the history."""
        try:
            rule(*about)
        except Broken as broken:
            self.tell("THE PROMISE", str(broken))
            self.scheduler.broken = self.scheduler.broken or broken

    def close(self) -> None:
        """Give back what is dear."""
        self.scheduler.end()
        for file in self.files:
            file.close()


__all__ = ["World", "machines"]
