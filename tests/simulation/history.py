"""
A history, made up from its seed: some calls, what goes wrong around them, and a good end.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from simulation import faults, promise
from simulation.calls import TEXTS, Call, Engine, SmsFrameError
from simulation.choices import Choices
from simulation.disks import Disk, File
from simulation.machines import Fate
from simulation.network import lines
from simulation.provider import drawn
from simulation.scheduler import Broken
from simulation.world import World
from smsframe.orders.hours import Hours

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from simulation.machines import Machine, Process

PHONES = tuple(f"+3934700000{place:02d}" for place in range(8))
JOURNAL = "journal.sqlite"
DAY = 86_400.0
FEW, EAGER, LIKELY = 15, 6.0, 0.7
"""Where so few kinds may happen they happen so many times as often, but not more often than that."""

ROUNDS, ENDINGS = 3, 5
"""The most calls while things go wrong, and until everybody has an outcome afterwards."""


class History:
    """
    One history.

    Args:
        seed: Decides everything.
        kinds: The kinds of faults that may happen.
        recorded: Decisions of an earlier history, to be repeated.
    """

    def __init__(
        self,
        seed: int,
        kinds: Collection[str] = faults.ALL,
        recorded: Sequence[int] | None = None,
    ) -> None:
        random.seed(seed)  # tenacity's waits
        self.seed = seed
        self.choices = Choices(seed, recorded)
        self.world = World(self.choices, kinds)
        self._processes = 0
        self._disk = Disk()
        self._everybody = PHONES[: 2 + self.choices.below(7)]
        self._adopts = self._changes = False
        """What the last call's error asked a person to say."""
        self._text = TEXTS[0]
        self._eagerness = EAGER if len(kinds) < FEW else 1.0
        # What is about cancelling takes a send, and several calls after it.
        self._rounds = 2 * ROUNDS if "cancel" in kinds and len(kinds) < FEW else ROUNDS
        self._rows: list[tuple[str, str]] = []
        """What was last sent again, as in a cell that may be run once more."""
        self._budget = self._drawn_budget(kinds)
        # Not one of the choices, as above.
        self._erases = "erased" in kinds and (seed % 5 == 2 or len(kinds) < FEW)
        self._has_history = True
        self._clock_is_wrong = False
        """Whether one of the two clocks that count the grace is wrong; both may not be."""

    def _drawn_budget(self, kinds: Collection[str]) -> int | None:
        """
        What the campaign may cost by all calls but the last, or None.

        Not one of the choices, so that other histories of the same seeds stay as they are.
        """
        if "budget" not in kinds or (self.seed % 6 and len(kinds) >= FEW):
            return None
        self.world.counted["budget"] += 1
        self.world.asked.budget = self.seed // 6 % 10
        return self.world.asked.budget

    def live(self) -> Broken | None:
        """Let it happen; what of the promise broke, if anything."""
        with lines():
            return self._live()

    def _live(self) -> Broken | None:
        try:
            self._settle_down()
            self._machine = self._new_machine("laptop")
            for place in range(1 + self.choices.below(self._rounds)):
                self._round(place)
                if self.world.scheduler.broken:
                    break
            else:
                self._end()
        except Broken as broken:
            self.world.tell("THE PROMISE", str(broken))
            self.world.scheduler.broken = self.world.scheduler.broken or broken
        finally:
            self.world.close()
        return self.world.scheduler.broken

    # Before.

    def _may(self, kind: str, odds: float) -> bool:
        """Whether something of a kind that may happen does, and is counted."""
        happens = kind in self.world.kinds and self.choices.happens(min(LIKELY, odds * self._eagerness))
        if happens:
            self.world.counted[kind] += 1
        return happens

    def _settle_down(self) -> None:
        """What gateway it is, and what its account's other programs do."""
        provider = self.world.provider
        provider.manners = drawn(self.choices, self._may, self._everybody)
        self._has_history = provider.manners.history
        if self._may("other program", 0.2):
            provider.other_programs()
        copied = ("older copy", "older copy in a run", "power cut", "put back within grace")
        self.world.keeps_images = any(kind in self.world.kinds for kind in copied) and self.choices.happens(
            0.4
        )

    def _new_machine(self, name: str) -> Machine:
        machine = self.world.machine(name)
        if self._may("wrong clock", 0.2):
            machine.wrong_by = self.choices.one((-90.0, 7200.0, 3 * DAY, -3 * DAY))
            self.world.tell(name, f"has a clock that is wrong by {machine.wrong_by:.0f} s")
        return machine

    # A round: a call, or two at once, and what goes wrong with it.

    def _round(self, place: int) -> None:
        world, choices = self.world, self.choices
        if place:
            self._meanwhile()
        if self._may("clock jumps", 0.1):
            machine, by = self._machine, choices.one((3600.0, -3600.0, 3 * DAY, -3 * DAY))

            def jump() -> None:
                machine.wrong_by += by
                world.tell(machine.name, f"has its clock set by {by:.0f} s")

            world.scheduler.at(world.scheduler.now + choices.one((0.05, 5.0, 40.0)), jump)
        world.odds = choices.one((0.0, 0.1, 0.3, 0.6, 0.9))
        self._fill_disk()
        callers = [self._call(place)]
        if self._may("two at once", 0.15):
            callers.append(self._call(place, after=choices.one((0.0, 0.5, 25.0))))
        if self._may("opts out", 0.2):
            self._opt_out(choices.one(self._everybody), after=choices.one((0.0, 0.05, 0.5, 5.0, 35.0)))
        if self._erases and choices.happens(0.5):  # while others are at work
            self.world.counted["erased"] += 1
            some = tuple(choices.some(self._everybody, 0.3)) or self._everybody[:1]
            callers.append(
                self._begin("forget", Call(people=some), after=choices.one((0.06, 0.07, 0.1, 0.3)))
            )
        if self._may("two journals", 0.5):
            callers.append(self._begin("send", Call(people=self._everybody), disk=Disk()))
        world.scheduler.live()
        world.odds = 0.0
        world.full_disk.clear()
        for after in callers:
            after()

    def _run_fast(self) -> None:
        self._clock_is_wrong = True
        self._machine.fast_by += 100.0
        self.world.tell(self._machine.name, "has its monotonic clock run ahead by 100 s")

    def _set_gateway_clock(self) -> None:
        self._clock_is_wrong = True
        self.world.provider.manners.wrong_by += 100.0
        self.world.tell("the gateway", "has its clock set by 100 s")

    def _meanwhile(self) -> None:
        """What happens between two calls."""
        world, choices = self.world, self.choices
        world.scheduler.let_pass(choices.one((1.0, 40.0, 3600.0, 2 * DAY)))
        if world.asked.stale:  # or a call would be made within the grace of the last order
            world.scheduler.let_pass(world.grace + 1)
        if not world.asked.stale and promise.gives_itself_away(self._file()) and self._may("forgets", 0.1):
            world.provider.forget()
            world.tell("the gateway", "forgets all that it took")
            self._has_history = False
        if world.provider.manners.leaves_out and any(order.asked for order in world.provider.orders.values()):
            self._has_history = False
        if not self._has_history:  # without a history nobody can find out: a documented limit
            return
        file = self._disk.names.get(JOURNAL)
        if file and self._may("older copy", 0.2) and self._copies:
            self._put_back(choices.one(self._copies))
        if file and self._may("journal lost", 0.07):
            world.scheduler.let_pass(world.grace + 1)
            world.tell("somebody", "has lost the journal")
            del self._disk.names[JOURNAL]
            self.world.asked.stale = True
        if self._may("other machine", 0.1):
            self._machine = self._new_machine(f"machine {world.scheduler.now:.0f}")
            world.tell("somebody", f"takes the journal to {self._machine.name}")

    def _put_back(self, image: bytes) -> None:
        """An older copy takes the journal's place, not within the grace of the last order."""
        if "put back within grace" not in self.world.kinds:
            self.world.scheduler.let_pass(self.world.grace + 1)
        self.world.tell("somebody", "puts an older copy of the journal back")
        self._disk.names[JOURNAL] = File(self.world, image)
        self.world.asked.stale = True

    @property
    def _copies(self) -> list[bytes]:
        file = self._disk.names.get(JOURNAL)
        return file.images[:-1] if file else []

    def _fill_disk(self) -> None:
        if self._may("full disk", 0.1):
            when = self.world.transactions + 1 + self.choices.below(16)
            self.world.full_disk[when] = self.choices.one(("full", "rolled back", "unsaid"))

    def _call(self, place: int, *, after: float = 0.0) -> Callable[[], None]:
        """Let a process make some call; returns what is to be done when it has ended."""
        choices, may = self.choices, self._may
        call = Call(
            people=self._everybody,
            text=self._text,
            batch_size=1 + choices.below(3),
            workers=1 + choices.below(3),
            adopt=self._adopts,
            changed=self._changes,
            budget=self._budget,
        )
        if may("other people", 0.3):
            call = call._replace(people=tuple(choices.some(self._everybody, 0.6)) or call.people)
        if may("suppressed", 0.2):
            call = call._replace(suppressed=frozenset(choices.some(self._everybody, 0.3)))
        if may("held out", 0.2):
            call = call._replace(held=frozenset(choices.some(self._everybody, 0.3)))
        if place and may("changed text", 0.15):
            self._text = TEXTS[1]
            call = call._replace(text=self._text, changed=bool(choices.below(2)))
        if may("schedule", 0.1):
            seconds = choices.one((3600.0, 40.0, 6.0))
            call = call._replace(
                schedule=(self._machine.now() + timedelta(seconds=seconds)).replace(microsecond=0)
            )
        if may("hours", 0.15):
            call = call._replace(schedule=None, hours=self._hours())
        if may("undo", 0.1):
            call = call._replace(undo=timedelta(seconds=choices.one((120.0, 600.0))))
        call = call._replace(skip=may("skip refused", 0.15))
        if may("rate", 0.05):
            call = call._replace(rate=2.0)
        if not place or choices.happens(0.5):
            return self._begin("send", call, after=after)
        return self._later_call(call, after)

    def _hours(self) -> Hours:
        """Hours that end, or begin, in a minute or two by this machine's clock; or not for long."""
        wall = self._machine.now().astimezone(promise.ROME)
        present = wall.hour * 60 + wall.minute
        begin, end = self.choices.one(((-60, 600), (-60, 1), (-60, 2), (1, 61), (2, 600)))
        between = tuple(
            f"{minute // 60:02}:{minute % 60:02}"
            for minute in ((present + begin) % 1440, (present + end) % 1440)
        )
        return Hours(between=between, days="Mon-Sun")

    def _later_call(self, call: Call, after: float) -> Callable[[], None]:
        """A call that goes on with what an earlier one began."""
        may = self._may
        if self._erases and self.choices.happens(0.4):
            self.world.counted["erased"] += 1
            some = tuple(self.choices.some(self._everybody, 0.3)) or self._everybody[:1]
            return self._begin("forget", Call(people=some), after=after)
        if self.world.provider.manners.fails and may("sent again", 0.6):
            call = call._replace(rows=self._rows_to_send_again(), people=())
            return self._begin("resend", call, after=after)
        if may("cancel", 0.2):
            if may("person cancels", 0.3):
                call = call._replace(unconfirmed=self.choices.one(("cancelled", "accept")))
            return self._begin("cancel", call, after=after)
        if may("moved", 0.2):
            at = self._machine.now() + timedelta(seconds=self.choices.one((3600.0, 60.0)))
            return self._begin(
                "reschedule", call._replace(schedule=at.replace(microsecond=0), hours=None), after=after
            )
        if may("withdrawn", 0.1):
            return self._begin("withdraw", call, after=after)
        if may("person sends", 0.2):
            return self._begin("resume", call._replace(unconfirmed="send"), after=after)
        if may("person accepts", 0.1):
            return self._begin("resume", call._replace(unconfirmed="accept"))
        return self._begin("resume", call, after=after)

    def _begin(
        self, what: str, call: Call, *, after: float = 0.0, doomed: bool = True, disk: Disk | None = None
    ) -> Callable[[], None]:
        world = self.world
        self._processes += 1
        process = world.process(f"{what} {self._processes}", self._machine)
        engine = Engine(process, disk or self._disk, JOURNAL)
        process.journal, process.began = self._file, engine.store.began
        texted = set(call.people) if what == "send" else set(PHONES)
        world.asked.may_text[process.name] = frozenset(
            texted - call.suppressed - (call.held if what == "send" else set())
        )
        known: dict[str, str] = {}
        if doomed:
            self._doom(process)
            if self._may("ghost file", 0.1):
                engine.store.write_to_a_ghost()

        def act() -> None:
            process.wait(after)
            if call.unconfirmed == "send":  # a person's word is about what is unsure when it is given
                known.update(promise.unsure(self._file()))
                world.asked.again.update(known.keys())
            world.asked.attempts.update(row for row in call.rows if world.provider.failed(*row))
            world.tell(process.name, f"begins: {_told(call)}")
            try:
                engine.withdraw() if what == "withdraw" else getattr(engine, what)(call)
            except SmsFrameError as error:
                self._hear(process, error)
            except ValueError as error:
                if "schedule" not in str(error):
                    raise
                world.tell(process.name, "ends: its time has passed")
            else:
                world.tell(process.name, "ends well")

        def ended() -> None:
            promise.take_back_what_nobody_needed(world, self._file(), known)
            promise.nobody_is_called_accepted_without_a_text(world, self._file())
            promise.nobody_is_called_cancelled_who_has_a_text(world, self._file())

        world.scheduler.begin(process.name, process, act)
        return ended

    def _opt_out(self, phone: str, *, after: float) -> None:
        """Somebody opts out while the others are at work: another process puts them on the list."""
        world = self.world
        self._processes += 1
        process = world.process(f"opt-out {self._processes}", self._machine)
        engine = Engine(process, self._disk, JOURNAL)
        process.journal, process.began = self._file, engine.store.began

        def act() -> None:
            process.wait(after)
            try:
                engine.opt_out(phone)
            except SmsFrameError as error:
                world.tell(process.name, f"ends: {type(error).__name__}")
            else:
                world.tell(process.name, f"has put {phone} on the list")

        world.scheduler.begin(process.name, process, act)

    def _rows_to_send_again(self) -> tuple[tuple[str, str], ...]:
        """Results as they are now, or those of an earlier call like this one."""
        if not (self._rows and self._may("same rows again", 0.5)):
            self._rows = promise.texted(self._file())
        return tuple(self._rows)

    def _file(self) -> File | None:
        return self._disk.names.get(JOURNAL)

    def _hear(self, process: Process, error: SmsFrameError) -> None:
        """What a person learns from an error."""
        self.world.tell(process.name, f"ends with {type(error).__name__}: {str(error)[:110]}")
        self._last = error
        if type(error).__name__ == "CampaignChanged":
            if getattr(error, "orders", None) is None:
                self._changes = True
            else:
                self._adopts = True

    def _doom(self, process: Process) -> None:
        """What is to happen to a process, and when."""
        choices = self.choices
        kinds: dict[str, tuple[float, Callable[[], object]]] = {
            "killed": (0.3, process.die),
            "suspended": (0.05, lambda: process.sleep(choices.one((10.0, 100.0, DAY)))),
            "interrupted": (0.05, process.stop.set),
            "lock lost": (0.3, process.lose_locks),
        }
        if not self._clock_is_wrong:  # the look at the history is in the middle of each look-up
            clocks = {"fast clock": self._run_fast, "gateway clock jumps": self._set_gateway_clock}
            for kind, happens in clocks.items():
                if kind in self.world.kinds and choices.happens(min(LIKELY, 0.05 * self._eagerness)):
                    process.fates[f"GET smshistory {1 + choices.below(6)}"] = [Fate(kind, happens)]
        if self._has_history and not self.world.provider.manners.leaves_out:
            kinds |= {
                "power cut": (0.05, lambda: self._cut_power(process)),
                "deleted": (0.03, self._delete),
                "replaced": (0.03, self._replace),
                "older copy in a run": (0.03, self._older_in_a_run),
            }
        for kind, (odds, happens) in kinds.items():
            if kind in self.world.kinds and choices.happens(min(LIKELY, odds * self._eagerness)):
                seam = 1 + choices.below(choices.one((60, 20, 200)))
                process.fates.setdefault(seam, []).append(Fate(kind, happens))

    def _cut_power(self, process: Process) -> None:
        """All processes of the machine die, and the disk has lost what it said it had written."""
        for task in self.world.scheduler.tasks:
            if task.process.machine is process.machine:
                task.process.die()
        if self._copies:
            back = 1 + self.choices.below(min(6, len(self._copies)))
            image = self._copies[-back]
            self.world.scheduler.at(self.world.scheduler.now, lambda: self._put_back(image))

    @property
    def _all_begun(self) -> bool:
        """Whether every run is on its file: a loss before one is, within the grace, is a documented limit."""
        return all(task.process.began() for task in self.world.scheduler.tasks)

    def _delete(self) -> None:
        if self._all_begun and self._disk.names.pop(JOURNAL, None):
            self.world.asked.stale = True

    def _replace(self) -> None:
        """Another, empty journal takes its place."""
        if self._all_begun and JOURNAL in self._disk.names:
            self._disk.names[JOURNAL] = File(self.world)
            self.world.asked.stale = True

    def _older_in_a_run(self) -> None:
        if self._all_begun and self._copies:
            self._disk.names[JOURNAL] = File(self.world, self.choices.one(self._copies))
            self.world.asked.stale = True

    # The end.

    def _end(self) -> None:
        """With a world that is well again everybody comes to an end, and a person settles what is unsure."""
        world = self.world
        self._heal()
        call = Call(people=self._everybody, text=self._text, batch_size=3, workers=2)
        if self._budget is not None:
            world.asked.budget, call = None, call._replace(budget=-1)
        if not self._until_it_ends_well("send", call):
            return
        promise.everybody_has_an_outcome(world, self._file(), self._left())
        if promise.unsure(self._file()):
            if not self._until_it_ends_well("resume", call._replace(unconfirmed="send")):
                return
            self._until_it_ends_well("send", call)
        if promise.to_be_cancelled(self._file()):
            if not self._until_it_ends_well("cancel", call._replace(unconfirmed="cancelled")):
                return
            if promise.to_be_cancelled(self._file()):
                raise Broken("forgotten: a person's word does not end what is to be cancelled")
        promise.nobody_is_forgotten(world, self._file(), self._left())
        if self._erases and self._until_it_ends_well("forget", Call()):
            promise.nothing_is_left_of_the_erased(self._file())

    def _left(self) -> tuple[str, ...]:
        """Everybody who was not erased."""
        gone = promise.erased(self._file())
        return tuple(phone for phone in self._everybody if phone not in gone)

    def _heal(self) -> None:
        world, manners = self.world, self.world.provider.manners
        world.provider.manners = replace(
            manners,
            loses=frozenset(),
            partial_for=0.0,
            history=True,
            extra=True,
            dated=True,
            blind="",
            cancels=False,
            cancelling="gone",
        )
        world.provider.remember()
        self._machine.wrong_by = 0.0
        world.scheduler.let_pass(DAY if manners.partial_for else 2 * world.grace)
        world.tell("the world", "is well again")

    def _until_it_ends_well(self, what: str, call: Call) -> bool:
        world = self.world
        for _ in range(ENDINGS):
            self._last = None
            after = self._begin(what, call._replace(adopt=self._adopts, changed=True), doomed=False)
            world.scheduler.live()
            if world.scheduler.broken:
                return False
            after()
            if self._last is None:
                return True
            world.scheduler.let_pass(world.grace)
        raise Broken(f"forgotten: it cannot be finished, because of {self._last}")


def _told(call: Call) -> str:
    """A call in a line."""
    said = [f"{len(call.people)} people", f"{call.text!r}", f"at most {call.batch_size} per order"]
    said += [f"without {', '.join(sorted(call.suppressed))}"] if call.suppressed else []
    said += [f"holding out {', '.join(sorted(call.held))}"] if call.held else []
    words = {"changed": call.changed, "adopt": call.adopt, "skip": call.skip}
    said += [word for word, yes in words.items() if yes]
    said += [f"unconfirmed={call.unconfirmed!r}"] if call.unconfirmed else []
    said += [f"{len(call.rows)} rows to be sent again"] if call.rows else []
    said += [repr(call.hours)] if call.hours else []
    said += [f"undo {call.undo}"] if call.undo else []
    said += [f"at {call.schedule:%d %H:%M:%S}"] if call.schedule else []
    said += [f"a budget of {call.budget}"] if call.budget is not None else []
    return ", ".join(said)
