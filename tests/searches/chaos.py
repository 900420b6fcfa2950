"""
The chaos run: random campaigns, over a gateway that goes wrong at random, by processes that die at random.

A *story* is what one seed chooses: an account, and what it does with a repeated order id; people and a text;
calls one after the other or two at once, each a process of its own (`killable`) that may be killed,
interrupted or suspended anywhere, each under another weather of faults. Then the gateway behaves, the last
table is sent once more, and the campaign is resumed until nothing changes. It is judged from outside: what
the calls and the journal said of people is held against what the sandbox gave them. The seed chooses what
happens; who is first, where several are at work, is up to the machine.

``python -m searches.chaos``, from ``tests/``, tells stories for some minutes and prints what came of them.
``python -m searches.chaos --seed 7 --stories 1`` tells one of them again.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import re
import signal
import sys
import tempfile
import textwrap
import threading
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import psutil
from helpers import killable, sending
from helpers.postgres import Cluster

import smsframe
from smsframe.journal.journal import Journal
from smsframe.outcomes.codes import CODES
from smsframe.outcomes.columns import results_for

os.environ.setdefault("SMSFRAME_LOCAL_DISKS", "tmpfs")  # where temporary folders may be

GRACE = 0.6
LATE = 0.1
"""What the gateway does late, or hides, or both, it has done and shows long before: so much is assumed."""
TIMEOUT = (1.0, 0.3)
TOO_LATE = 0.4
LOST = (500, 502, 503, 504)
FAULTS = {
    "refuse": [{"seconds": LATE}],
    "drop_before": [{}],
    "drop_after": [{}],
    "error_before": [{"status": status} for status in (401, 404, *LOST)],
    "error_after": [{"status": status} for status in LOST],
    "late_answer": [{"seconds": LATE}, {"seconds": TOO_LATE}],
    "late_acceptance": [{"seconds": LATE}],
    "half_body": [{}],
    "html": [{}],
    "redirect": [{"status": status} for status in (301, 307)],
    "busy": [{"status": status, "retry_after": seconds} for status in (429, 503) for seconds in (0, 5000)],
    "session_lost": [{}],
    "blind": [{"seconds": LATE}],
}
"""Every kind; what by its status proves that nothing was accepted is played only where it was not."""
OF_ORDERS = dict.fromkeys(FAULTS, 1) | {"drop_after": 2, "late_acceptance": 4, "blind": 3}
OF_QUESTIONS = OF_ORDERS | {"late_acceptance": 0, "blind": 0}
"""How often each is chosen, beside the others."""
QUESTIONS = ("state", "state", "history", "history", "status", "login", "any")
RATES = (0.1, 0.3, 0.6, 1.0)
TIMES = 1_000_000
"""More often than a story has calls: what a switch has less was played."""

STEPS = {"again": 2, "more": 4, "fewer": 1, "resume": 3, "two": 4}
STOP = getattr(signal, "SIGSTOP", None)
"""Neither it nor Ctrl-C can be sent to a process of Windows."""
SUSPENDED = 2.0
"""Seconds at most: the other one waits longer for the journal, should it be held all the time."""
ENDS = {"itself": 8, "killed": 6, "killed in time": 3, "interrupted": 3}
ENDS_OF_TWO = ENDS | {"suspended": 10}
"""Of the first of two; the other one then has all its time."""
POINTS = {"commit": 20, "POST": 40, "GET": 12, "open|mkdir|unlink": 30, "": 200}
"""Where a process is struck: at points that match; and at most so many of them are counted."""
REPEATED = {"accept": 2, "merge": 1, "refuse": 1}
"""Rather the harshest: who sends again texts again."""
TEXTS = {"Ciao": 1, "Ciao {name}": 1, "Ciao, " + "a domani " * 20: 2}
"""With their segments."""
NO_NUMBER = "12"
REFUSED = 4
"""People whom the gateway refuses, at most; five, refused first, would be taken for a refused request."""
PATIENCE = 8
"""How often a gateway that behaves is asked to go on, at most."""
SERVER = "CHAOS_SERVER"
"""Names the PostgreSQL server, where the journals are in one."""
AT_ONCE = 2 * (os.cpu_count() or 1)
"""Stories told at once; most of a story is waiting."""

SETTLED = {"came back", "NotEnoughCredit", "UnknownCampaign"}
"""What a gateway that behaves may be asked again for nothing."""
FAIR = SETTLED | {"killed", "interrupted", "Unavailable", "Unconfirmed", "NotAuthorised", "GatewayError"}
"""What may come of a call; not that somebody touched the journal or changed the campaign: nobody does."""
YES, WITHOUT = {"accepted", "scheduled"}, {"pending", "suppressed"}
NO = {"rejected", *WITHOUT}
VERDICTS = {
    "doubled": "people with two texts",
    "forgotten": "people without a text, and without a reason that holds",
    "false yes": "people said to be texted, who were not",
    "false no": "people said not to be texted, who were",
    "not stopped": "people who got a text after a resume was given them to suppress",
    "broken": "calls that failed as none should",
}


# What victims run, and how they end.


class Blow(killable.Points):
    """A signal at a point, that a process outlives."""

    def _reach(self, name, first=None):
        if self._among.search(name):
            with self._lock:
                self.names.append(name)
                struck = len(self.names) - 1 == self._fatal
            if struck:
                self._tell()


class Told(NamedTuple):
    """What a call came to: one word for it, the sentence of its error, and its frame."""

    how: str
    why: str = ""
    frame: pd.DataFrame | None = None


def live(url, journal, call, *, blow=None, **options):
    """One call of a program, which Ctrl-C may end."""
    gateway = smsframe.Gateway(url, username="demo", password="demo", timeout=TIMEOUT, journal=journal)
    try:
        if blow is not None:
            number, place, among = blow
            Blow(partial(os.kill, os.getpid(), number), place, among).attach()
        return Told("came back", frame=call(gateway=gateway, grace=GRACE, **options))
    except smsframe.CampaignStopped as stopped:
        return Told(type(stopped.__cause__).__name__, str(stopped), stopped.results)
    except smsframe.SmsFrameError as error:
        return Told(type(error).__name__, str(error))
    except KeyboardInterrupt:
        return Told("interrupted")


class Mortal(killable.KillableProcess):
    """A victim that may also be killed when its time is up, wherever it is then, or suspended for a while."""

    def __init__(self, *arguments, seconds=None, **options):
        super().__init__(*arguments, **options)
        self.suspended = False
        self._struck = threading.Event()
        self._timer = threading.Timer(seconds or 0.0, self._strike)
        if seconds is not None:
            self._timer.start()

    def rest(self, seconds):
        """Wait until it is suspended or over, but not longer."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._receiver.poll(0.01) and not self._is_stopped():
            pass

    def wait(self):
        """How it ended; whoever is suspended goes on now."""
        for _ in range(600):
            if self._receiver.poll(0.1):
                break
            if self._is_stopped():
                psutil.Process(self._process.pid).resume()
        try:
            return super().wait()
        except (AssertionError, OSError):
            if not self._struck.is_set():
                raise
            return killable.ProcessResult(killed=True, value=None, points=["its time was up"])
        finally:
            self._timer.cancel()

    def _is_stopped(self):
        with suppress(psutil.NoSuchProcess):
            stopped = psutil.Process(self._process.pid).status() == psutil.STATUS_STOPPED
            self.suspended |= stopped
            return stopped
        return False

    def _strike(self):
        self._struck.set()
        self._process.kill()


# What came of it.


@dataclass
class Tally:
    """
    What happened in some stories, and what came of it.

    Attributes:
        counts: People that somebody meant to text; calls that were suspended.
        ends: How calls ended.
        faults: How often each kind was played.
        unconfirmed: The people left so, by why.
        wrong: Whom each verdict is about: (verdict, seed, who).
        told: Of each seed with something wrong its steps, and what the journal has of those orders.
    """

    counts: Counter = field(default_factory=Counter)
    ends: Counter = field(default_factory=Counter)
    faults: Counter = field(default_factory=Counter)
    unconfirmed: Counter = field(default_factory=Counter)
    wrong: set = field(default_factory=set)
    told: dict = field(default_factory=dict)

    def update(self, other):
        """The stories of another one, too."""
        for name in (attribute.name for attribute in fields(self)):
            getattr(self, name).update(getattr(other, name))

    def wrongs(self):
        """How many people, or calls, each verdict is about."""
        return dict.fromkeys(VERDICTS, 0) | Counter(verdict for verdict, _, _ in self.wrong)


# Stories.


class Story:
    """One story; `tell` lets it happen."""

    def __init__(self, seed):
        self.seed, self.tally, self.steps = seed, Tally(), []
        self.dice = dice = random.Random(seed)
        self.people = self.refused = 0
        """How many there are by now, and how many of them the gateway refuses."""
        self.table = self.some(5 + int(56 * dice.random() ** 2))  # rather few: the last orders matter most
        if dice.random() < 0.3:  # a number that is none, and somebody twice
            junk = pd.DataFrame({"name": ["X"], "mobile": [NO_NUMBER]})
            self.table = pd.concat([self.table, junk, self.table.iloc[:1]])
        self.text = dice.choice([*TEXTS])
        self.schedule = datetime.now(UTC) + timedelta(hours=2) if dice.random() < 0.25 else None
        few = dice.randint(self.people, self.people * 3 // 2) * TEXTS[self.text]
        self.sandbox = smsframe.Sandbox(
            repeated_order_id=self.drawn(REPEATED),
            credits=few if dice.random() < 0.2 else 10_000,
            latency=dice.choice((0.0, 0.005)),
            speed=1_000_000,  # two hours pass in milliseconds
            seed=seed,
        )
        self.owed = set()
        """Everybody who was in the frame of a call that came back, or in the journal."""
        self.listed, self.stopped = set(), set()
        """Whom a resume was given to suppress; those of them who had no text when it came back."""

    def tell(self):
        """Let it happen, and say what came of it."""
        with tempfile.TemporaryDirectory() as folder, self.sandbox:
            server = os.environ.get(SERVER)
            self.journal = f"{server}?schema=story_{self.seed}" if server else Path(folder) / "journal.sqlite"
            try:
                self.step("again")
                for _ in range(self.dice.randint(1, 5)):
                    self.step(self.drawn(STEPS))
                self.end()
            except AssertionError as broken:
                self.accuse("broken", [str(broken)])
            if self.tally.wrong:
                self.tally.told[self.seed] = [*self.steps, *self.evidence()]
        self.tally.counts["people"] = len(self.owed)
        return self.tally

    # What happens.

    def step(self, what):
        """A changed table perhaps, another weather, and a call, or two at once."""
        if what in ("more", "two"):
            self.table = pd.concat([self.table, self.some(self.dice.randint(1, 20))])
        if what == "fewer":
            self.table = self.part(self.table)
        calls = [self.resume() if what == "resume" else self.send(self.table)]
        calls[0] |= self.fate(ENDS_OF_TWO if what == "two" else ENDS)
        if what == "two":
            other = self.dice.choice([self.send(self.table), self.send(self.part(self.table)), self.resume()])
            calls.append(other | ({} if STOP in calls[0].get("blow", ()) else self.fate(ENDS)))
        self.weather()
        self.run(*calls)

    def end(self):
        """With a gateway that behaves, the last table once more and then on, until nothing changes."""
        for _ in range(PATIENCE):
            sent, before = self.run(self.send(self.table)), status_of(self.said())
            resumed, now = self.run({"call": sending.resume}), status_of(self.said())
            if before == now and sent | resumed <= SETTLED:
                break
        self.judge(self.said())

    def some(self, many):
        """New people."""
        places = range(self.people, self.people + many)
        bad = self.dice.sample(places, min(many, REFUSED - self.refused, self.dice.choice((0, 0, 1, 2))))
        self.people, self.refused = places.stop, self.refused + len(bad)
        return sending.table(many, bad=bad, start=places.start)

    def part(self, table):
        """Some of them."""
        return table.iloc[sorted(self.dice.sample(range(len(table)), self.dice.randint(1, len(table))))]

    def drawn(self, weights):
        return self.dice.choices([*weights], [*weights.values()])[0]

    def send(self, table):
        terms = {"text": self.text, "schedule": self.schedule, "batch_size": self.dice.randint(1, 10)}
        return {"call": sending.send, "contacts": table, "workers": self.dice.randint(1, 4)} | terms

    def resume(self):
        out = self.part(self.table)["mobile"].tolist() if self.dice.random() < 0.4 else []
        return {"call": sending.resume, "suppressed": out, "workers": self.dice.randint(1, 4)}

    def weather(self):
        """The faults of a step: of the orders, and of the questions that are asked when one is lost."""
        faults = [("order", self.drawn(OF_ORDERS)) for _ in range(self.dice.choice((0, 1, 1, 2)))]
        more = range(self.dice.choice((0, 0, 1, 2)))
        faults += [(self.dice.choice(QUESTIONS), self.drawn(OF_QUESTIONS)) for _ in more]
        for call, kind in faults:
            rate, numbers = self.dice.choice(RATES), self.dice.choice(FAULTS[kind])
            self.sandbox.misbehave(kind, call=call, rate=rate, times=TIMES, **numbers)
            self.steps.append(f"{rate:4.0%} of calls {call!r}: {kind} {numbers or ''}")

    def fate(self, ends):
        """How a call is to end."""
        end, among = self.drawn(ends), self.dice.choice([*POINTS])
        place = int(self.dice.random() ** 2 * POINTS[among])  # rather an early one
        match end:
            case "killed":
                return {"fatal": place, "among": among}
            case "killed in time":
                return {"seconds": self.dice.uniform(0.02, 0.6)}
            case "interrupted" if STOP:
                return {"blow": (signal.SIGINT, place, among)}
            case "suspended" if STOP:  # about to send, where it hurts most
                return {"blow": (STOP, place % 3, "^send POST")}
            case _:
                return {}

    def run(self, *calls):
        """Let calls happen, the second soon after the first; hold what is said against what people got."""
        before, running = self.got(), []
        for call in calls:
            if running:
                soon = self.dice.uniform(0.0, 0.4)
                running[0].rest(SUSPENDED if STOP in calls[0].get("blow", ()) else soon)
            running.append(Mortal(live, self.sandbox.url, self.journal, **call))
        running[-1].rest(SUSPENDED)
        endings = [victim.wait() for victim in running]
        time.sleep(1.5 * LATE)  # what is late is there
        for switch in self.sandbox._switchboard._switches:
            self.tally.faults[switch.fault.kind] += TIMES - int(switch.left)
        self.sandbox.behave()
        came = [ending.value or Told("killed", f"before {ending.points[-1]}") for ending in endings]
        for one in came:
            if one.frame is not None:  # of two, the other may text somebody a moment later
                self.hold(one.frame, got=before if len(calls) > 1 else self.got())
        for call, one in zip(calls, came, strict=True):
            suppressed = set() if one.how == "UnknownCampaign" else {*call.get("suppressed", ())}
            self.listed |= suppressed
            self.stopped |= suppressed - self.got() if one.how == "came back" else set()
        self.hold(self.said(), got=self.got())
        self.note(calls, came)
        self.tally.counts["suspended"] += sum(victim.suspended for victim in running)
        return {one.how for one in came}

    def note(self, calls, came):
        """Write down how calls ended, and complain of those that ended as none should."""
        for call, (how, why, _) in zip(calls, came, strict=True):
            self.tally.ends[how] += 1
            people = f" to {len(call['contacts'])}" if "contacts" in call else ""
            self.steps.append(f"{call['call'].__name__}{people}: {how} {why}")
            if how not in FAIR:
                self.accuse("broken", [f"{how}: {why}"])

    # What is seen, and what must hold.

    def got(self):
        """Who got a text by now."""
        return {*sending.texted(self.sandbox).index}

    def said(self):
        """The journal's own word."""
        try:
            return smsframe.results("autumn", journal=self.journal)
        except smsframe.UnknownCampaign:
            return results_for(0)

    def accuse(self, verdict, whom):
        self.tally.wrong |= {(verdict, self.seed, who) for who in whom}

    def hold(self, frame, got):
        """Who is said to have a text has one; who is said to have none is none of those who ``got`` one."""
        status = status_of(frame)
        self.owed |= {*status}
        self.accuse("false yes", {phone for phone in status if status[phone] in YES} - self.got())
        self.accuse("false no", {phone for phone in status if status[phone] in NO} & got)

    def judge(self, frame):
        """What became of everybody in the end."""
        status, texts = status_of(frame), sending.texted(self.sandbox)
        listed = {phone for phone in self.table["mobile"] if phone != NO_NUMBER}
        self.accuse("doubled", texts[texts > 1].index)
        self.accuse("not stopped", self.stopped & {*texts.index})
        without = {phone for phone in self.owed | listed if status.get(phone, "pending") in WITHOUT}
        waiting = without - self.listed  # later calls know them too, also who was in no frame by then
        for together in (waiting & {*status}, waiting & listed):  # asked for by one call
            if self.beyond_credit(len(together)):
                waiting -= together
        rejected = {phone for phone in status if status[phone] == "rejected"}
        self.accuse("forgotten", waiting | {phone for phone in rejected if not is_refused(phone)})
        unsure = frame[frame["sms_status"].eq("unconfirmed")]
        for _, order in unsure.groupby("sms_order_id"):
            self.tally.unconfirmed[self.why(order)] += len(order)

    def why(self, order):
        """Why an order is unconfirmed: its reason, and whether the gateway would take it."""
        reason = order["sms_reason"].iloc[0].removeprefix(f"{CODES['unconfirmed']}: ")
        taken = "nothing in it is refused"
        if self.beyond_credit(len(order)):
            taken = "the credit is too short for it"
        if any(map(is_refused, order["sms_phone"])):
            taken = "a number in it is refused"
        return f"{re.sub('[0-9]+', 'n', reason)}; {taken}"

    def beyond_credit(self, people):
        return self.sandbox.credits["N"] < people * TEXTS[self.text]

    def evidence(self):
        """What the journal has of the orders of those who were wronged."""
        phones = {who for _, _, who in self.tally.wrong}
        frame, inbox = self.said(), self.sandbox.inbox()
        orders = {*frame.loc[frame["sms_phone"].isin(phones), "sms_order_id"].dropna()}
        orders |= {*inbox.loc[inbox["recipient"].isin(phones), "order_id"]}
        found = Journal(self.journal).evidence(1) if orders else frame
        for order in sorted(orders):
            yield f"{order}: " + ", ".join(found.loc[found["order_id"].eq(order), "event"])


def status_of(frame):
    """
    What a frame says of each person; not of rows that stand for nobody.

    Whoever was texted and put on a list since has the outcome in one row, and other rows are suppressed.
    """
    rows = frame[~frame["sms_status"].isin(["invalid", "duplicate"])]
    rows = rows.sort_values("sms_status", key=lambda status: status.ne("suppressed"), kind="stable")
    return dict(zip(rows["sms_phone"], rows["sms_status"], strict=True))


def is_refused(phone):
    """Whether the sandbox refuses a number at the POST."""
    return phone.endswith("85")


# The report.


def report(tallies, seconds):
    """What came of the stories, by seed, for people."""
    tally, seeds = Tally(), sorted(tallies)
    for other in tallies.values():
        tally.update(other)
    ends, faults, unsure = tally.ends, tally.faults, tally.unconfirmed
    figures = [
        ("stories", len(seeds), f"seeds {seeds[0]} to {seeds[-1]}, in {seconds / 60:.1f} minutes"),
        ("recipients", tally.counts["people"], ""),
        ("runs", ends.total(), listed(ends)),
        ("kills", ends["killed"], f"and {ends['interrupted']} times Ctrl-C"),
        ("suspended", tally.counts["suspended"], "while another one was at work"),
        ("faults", faults.total(), listed(faults)),
        *((verdict, n, VERDICTS[verdict]) for verdict, n in tally.wrongs().items()),
        ("unconfirmed", unsure.total(), "people left so, because of"),
        *(("", n, why) for why, n in unsure.most_common()),
    ]
    for name, n, what in figures:
        yield textwrap.fill(f"{name:<12}{n:>9,}  {what}", 110, subsequent_indent=23 * " ")
    for seed, steps in sorted(tally.told.items()):
        yield f"\nSeed {seed}; again with: python -m searches.chaos --seed {seed} --stories 1"
        yield from (f"  {verdict}: {who}" for verdict, one, who in sorted(tally.wrong) if one == seed)
        yield from (f"    {step}" for step in steps)


def listed(counts):
    return ", ".join(f"{name} {n:,}" for name, n in counts.most_common() if n)


def tell(seed):
    """What came of a story."""
    return Story(seed).tell()


def stories(seeds, seconds):
    """The tally of each story, several at once; none begins after so many seconds."""
    began, tallies = time.monotonic(), {}
    # Processes, because a server of victims is for one thread; new ones, so that each has its own.
    with ProcessPoolExecutor(AT_ONCE, multiprocessing.get_context("spawn")) as pool:
        under_way = {pool.submit(tell, seed): seed for seed in islice(seeds, AT_ONCE)}
        while under_way:
            for done in wait(under_way, return_when=FIRST_COMPLETED).done:
                tallies[under_way.pop(done)] = done.result()
                if time.monotonic() - began < seconds:
                    under_way |= {pool.submit(tell, seed): seed for seed in islice(seeds, 1)}
            wrong = sum(bool(tally.wrong) for tally in tallies.values())
            print(f"\r{len(tallies)} stories, {wrong} of them wrong", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return tallies


def main():
    """Tell stories, and print what came of them; whether something is wrong."""
    words = argparse.ArgumentParser(description="Break the promise at random, and see whether it holds.")
    words.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="of the first story")
    words.add_argument("--stories", type=int, default=sys.maxsize, help="how many at most")
    words.add_argument("--minutes", type=float, default=3.0, help="begin no story after so long")
    words.add_argument("--journal", choices=["sqlite", "postgres"], default="sqlite", help="where it is kept")
    words.add_argument("--engine", choices=("processes", "dask"), default="processes", help="what sends")
    wanted, began = words.parse_args(), time.monotonic()
    cluster = Cluster() if wanted.journal == "postgres" else None
    if cluster is not None:
        os.environ[SERVER] = cluster.url()
    try:
        if wanted.engine == "dask":
            from searches import dask_chaos  # noqa: PLC0415 - only with its extra

            return dask_chaos.run(wanted.seed, wanted.stories, wanted.minutes, os.environ.get(SERVER))
        tallies = stories(iter(range(wanted.seed, wanted.seed + wanted.stories)), 60 * wanted.minutes)
    finally:
        if cluster is not None:
            cluster.close()
    print("\n".join(report(tallies, time.monotonic() - began)))
    return any(tally.wrong for tally in tallies.values())


if __name__ == "__main__":
    sys.exit(main())
