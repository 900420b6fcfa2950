"""
Machines, whose clocks may be wrong, and processes on them, which die, sleep and are interrupted.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from simulation.scheduler import KilledHere
from smsframe.clock import Clock

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Collection
    from concurrent.futures import Future

    from simulation.disks import File
    from simulation.scheduler import Task
    from simulation.world import World

BEGINNING = datetime(2026, 11, 2, 9, tzinfo=UTC)
"""When every history begins, truly."""


class Machine:
    """
    A computer.

    Args:
        name: What stories call it.
        world: Where it stands.
    """

    def __init__(self, name: str, world: World) -> None:
        self.name, self._world = name, world
        self.wrong_by = 0.0
        """Seconds by which its wall clock is ahead."""
        self.fast_by = 0.0
        """Seconds by which its monotonic clock ran ahead, as after a virtual machine was restored."""
        self.locks: dict[str, Process] = {}
        """Which process holds the operating system's lock of each name."""

    def now(self) -> datetime:
        """What its wall clock shows."""
        return BEGINNING + timedelta(seconds=self._world.scheduler.now + self.wrong_by)


class Fate(NamedTuple):
    """
    Something that is to happen to a process.

    Attributes:
        kind: What it is called where such things are counted.
        happens: Makes it happen.
    """

    kind: str
    happens: Callable[[], object]


class Process:
    """
    A process of an operating system, and what is to happen to it.

    Args:
        name: What stories call it.
        machine: Where it runs.
        world: The world.
    """

    def __init__(self, name: str, machine: Machine, world: World) -> None:
        self.name, self.machine, self.world = name, machine, world
        self.alive = True
        self.asleep_until = 0.0
        self.seams = 0
        self.fates: dict[int | str, list[Fate]] = {}
        """What happens to it at which seam, by its number or its name."""
        self._named: Counter[str] = Counter()
        self.journal: Callable[[], File | None] = lambda: None
        """The file that its journal's name leads to."""
        self.began: Callable[[], bool] = lambda: False
        """Whether it has begun a run on that file."""
        self.under_way = 0
        """Orders that have left and are not answered."""
        self.stop: threading.Event | None = None
        """What Ctrl-C sets."""

    def seam(self, what: str, *, told: bool = True) -> None:
        """
        A point where others may act, and where this process may end.

        Raises:
            KilledHere: It is dead.
        """
        if not self.alive:
            raise KilledHere
        world = self.world
        world.passed(self, what, told=told)
        self.seams += 1
        self._named[what] += 1
        due = [*self.fates.pop(self.seams, ()), *self.fates.pop(f"{what} {self._named[what]}", ())]
        for kind, happens in due:
            world.happened(kind, self.name, f"{kind} at: {what}")
            happens()
            if not self.alive:
                raise KilledHere
        world.scheduler.hand_over()

    def sleep(self, seconds: float) -> None:
        """Be suspended, all of it."""
        self.asleep_until = self.world.scheduler.now + seconds

    def lose_locks(self) -> None:
        """Somebody clears away the folder with its locks."""
        locks = self.machine.locks
        for name in [name for name, holder in locks.items() if holder is self]:
            del locks[name]

    def die(self) -> None:
        """End, however it comes; what it held, the system takes back."""
        self.alive = False
        self.lose_locks()

    def wait(self, seconds: float) -> None:
        """
        Let time pass.

        Raises:
            KilledHere: It died meanwhile.
        """
        scheduler = self.world.scheduler
        scheduler.wait(scheduler.now + seconds, None)

    def clock(self) -> Clock:
        """The clock that the engine is given."""
        scheduler = self.world.scheduler

        def pause(event: threading.Event, seconds: float) -> None:
            self.seam(f"waits {seconds:.2f} s", told=seconds > 1)
            scheduler.wait(scheduler.now + max(0.0, seconds), event.is_set)

        return Clock(
            now=self.machine.now, monotonic=lambda: scheduler.now + self.machine.fast_by, pause=pause
        )


class Owners:
    """
    As `smsframe.journal.sqlite.run_locks.Owners`, with the locks of a simulated machine.

    Args:
        process: Whose view of them it is.
        beside: The name of the journal they are beside.
    """

    def __init__(self, process: Process, beside: str) -> None:
        self._process, self._beside = process, beside
        self.process = process.name

    def start(self) -> Owner:
        """A new owner, alive until it is released or the process dies."""
        self._process.seam("takes its lock", told=False)
        name = self._process.world.token()
        self._process.machine.locks[f"{self._beside}/{name}"] = self._process
        return Owner(name, self)

    def alive(self, name: str) -> bool:
        """Whether an owner still holds its lock, ourselves included."""
        self._process.seam("looks for a lock", told=False)
        holder = self._process.machine.locks.get(f"{self._beside}/{name}")
        return holder is not None and holder.alive

    def release(self, name: str) -> None:
        """Give a lock back."""
        if self._process.alive:
            self._process.machine.locks.pop(f"{self._beside}/{name}", None)


class Owner:
    """As `smsframe.journal.sqlite.run_locks.Owner`."""

    def __init__(self, name: str, owners: Owners) -> None:
        self.name, self._owners = name, owners

    def release(self) -> None:
        """Stop being alive."""
        self._owners.release(self.name)


class Workers:
    """
    As `smsframe.campaign.run.workers.Threads`: a simulated process's worker threads.

    Args:
        process: Whose they are.
        count: How many there are.
    """

    def __init__(self, process: Process, count: int) -> None:
        self._process, self._count = process, count
        self._waiting: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        self._at_work: list[Task] = []

    def submit(self, work: Callable[..., None], *arguments: object) -> None:
        """Let a worker do some work, now or when one is free."""
        self._waiting.append((work, arguments))
        if len(self._at_work) < self._count:
            name = f"{self._process.name}, worker {len(self._at_work) + 1}"
            self._at_work.append(self._process.world.scheduler.begin(name, self._process, self._work))

    def first_done(self, futures: Collection[Future[Any]]) -> dict[Future[Any], None]:
        """Those that are done, as soon as one is."""

        def done() -> bool:
            return any(future.done() for future in futures)

        if not done():
            self._process.world.scheduler.wait(None, done)
        return {future: None for future in futures if future.done()}

    def close(self) -> None:
        """Wait for the workers to end."""
        while not self._all_done():
            self._process.world.scheduler.wait(None, self._all_done)

    def _all_done(self) -> bool:
        return all(task.greenlet.dead for task in self._at_work)

    def _work(self) -> None:
        with suppress(KilledHere):
            while self._waiting:
                work, arguments = self._waiting.pop(0)
                work(*arguments)
        # A worker that is done makes room for another one.
        self._at_work = [task for task in self._at_work if task is not self._process.world.scheduler.current]
