"""
Who acts next: one at a time, each a greenlet, and the time that passes when nobody can act.

Everything runs in one thread of the operating system. Whoever comes to a seam gives control back, and the
choices say who goes on. Time stands still while somebody can act, and jumps to whatever comes next otherwise.
"""

from __future__ import annotations

import heapq
import itertools
import traceback
from typing import TYPE_CHECKING

from greenlet import getcurrent, greenlet

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulation.choices import Choices
    from simulation.machines import Process

STEPS = 20_000
"""More than any history takes that ends by itself."""


class KilledHere(BaseException):
    """Raised in everything that a killed process was doing; no `Exception`, so that nobody handles it."""


class Broken(Exception):
    """The promise does not hold."""


class Endless(Broken):
    """Nobody can act any more, or they act for ever."""


class Task:
    """Something that acts: a process, or one of its workers."""

    __slots__ = ("greenlet", "name", "process", "ready_when", "wakes_at")

    def __init__(self, name: str, process: Process, act: Callable[[], object], hub: greenlet) -> None:
        self.name, self.process = name, process
        self.greenlet = greenlet(act, hub)
        self.wakes_at: float | None = 0.0
        """When it goes on, or None: only by ``ready_when``."""
        self.ready_when: Callable[[], bool] | None = None


class Scheduler:
    """The one who says whose turn it is, and what time it really is."""

    def __init__(self, choices: Choices) -> None:
        self.now = 0.0
        self.broken: Broken | None = None
        self.steps = 0
        self._choices = choices
        self.tasks: list[Task] = []
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._hub = getcurrent()
        self._current: Task | None = None

    @property
    def current(self) -> Task:
        """Whose turn it is."""
        assert self._current is not None
        return self._current

    def begin(self, name: str, process: Process, act: Callable[[], object]) -> Task:
        """Somebody new, who acts when the turn comes."""

        def live() -> None:
            try:
                act()
            except KilledHere:
                pass
            except Broken as broken:
                self.broken = self.broken or broken
            except Exception as error:  # noqa: BLE001 - whatever it is, no call should end so
                trace = "".join(traceback.format_exception(error)[-4:])
                self.broken = self.broken or Broken(f"crashed: {error!r}\n{trace}")

        task = Task(name, process, live, self._hub)
        self.tasks.append(task)
        return task

    def at(self, moment: float, event: Callable[[], object]) -> None:
        """Let something happen by itself when that moment has come."""
        heapq.heappush(self._events, (moment, next(self._numbers), event))

    def hand_over(self) -> None:
        """Let whoever's turn it is go on; back when it is ours again."""
        self.wait(self.now, None)

    def wait(self, moment: float | None, ready_when: Callable[[], bool] | None) -> None:
        """
        Go on at that moment, or as soon as something holds.

        Raises:
            KilledHere: The process is dead, or died meanwhile.
        """
        task = self.current
        if task.process.alive:
            task.wakes_at, task.ready_when = moment, ready_when
            self._hub.switch()
        if not task.process.alive:
            raise KilledHere

    def live(self, until: Callable[[], bool] | None = None) -> None:
        """Let everybody act until all are done."""
        while self.tasks and not self.broken and not (until and until()):
            while self._events and self._events[0][0] <= self.now:
                heapq.heappop(self._events)[2]()
            self._bury()
            able = [task for task in self.tasks if self._able(task)]
            if able:
                self._turn(able[self._choices.below(len(able))] if len(able) > 1 else able[0])
            elif self.tasks and not self._pass_time():
                self.broken = Endless("nobody can act any more")
        if self.broken:
            self.end()

    def let_pass(self, seconds: float) -> None:
        """Let time pass while nobody acts; what is on its way arrives."""
        until = self.now + seconds
        while self._events and self._events[0][0] <= until:
            moment, _, event = heapq.heappop(self._events)
            self.now = max(self.now, moment)
            event()
        self.now = until

    def end(self) -> None:
        """Leave nobody behind."""
        for task in self.tasks:
            task.process.alive = False
        self._bury()

    def _able(self, task: Task) -> bool:
        if task.process.asleep_until > self.now:
            return False
        woken = task.wakes_at is not None and task.wakes_at <= self.now
        return woken or (task.ready_when is not None and task.ready_when())

    def _turn(self, task: Task) -> None:
        self.steps += 1
        if self.steps > STEPS:
            self.broken = Endless("they act for ever")
            return
        self._current = task
        task.greenlet.switch()
        if task.greenlet.dead:
            self.tasks.remove(task)

    def _pass_time(self) -> bool:
        """Jump to whatever comes next; False when nothing does."""
        moments = [
            max(task.wakes_at, task.process.asleep_until)
            if task.wakes_at is not None
            else task.process.asleep_until
            for task in self.tasks
            if task.wakes_at is not None or task.process.asleep_until > self.now
        ]
        moments += [self._events[0][0]] if self._events else []
        if not moments:
            return False
        self.now = max(self.now, min(moments))
        return True

    def _bury(self) -> None:
        """Unwind what dead processes were doing; every seam they come to on the way raises again."""
        for task in [task for task in self.tasks if not task.process.alive]:
            self._current = task
            if task.greenlet:  # it has begun
                task.greenlet.throw(KilledHere)
                assert task.greenlet.dead, f"{task.name} acts after its death"
            self.tasks.remove(task)


class Lock:
    """A lock for one task at a time, which may take it again."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._holder: Task | None = None
        self._times = 0
        self.held = self

    def __enter__(self) -> None:
        task = self._scheduler.current
        while self._holder is not None and self._holder is not task:
            self._scheduler.wait(None, self._free)
        self._holder = task
        self._times += 1

    def __exit__(self, *_: object) -> None:
        self._times -= 1
        if not self._times:
            self._holder = None

    def _free(self) -> bool:
        return self._holder is None
