"""
Errors that nobody foresaw, in every function that a call comes by, in whichever thread.

A trace function raises them, so nothing is replaced by anything else: the k-th call of a function of ours
ends as if memory, or the stack, had run out there. Whatever is shown of it is searched, with the variables
of each frame as IPython shows them, and what people got is compared with what the rows say.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import traceback
from collections import Counter
from contextlib import closing
from functools import partial
from itertools import count, cycle
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from IPython.core.ultratb import VerboseTB
from runs import resume, send, table, texted

import smsframe
from smsframe import unexpected
from smsframe.journal import Journal

CHAOS = bool(os.environ.get("SMSFRAME_CHAOS"))
PACKAGE = Path(smsframe.__file__).parent
NUMBER = "+393470000000"
WAYS = {"unexpected", "stopping", "boundary", "masking", "__init__", "accessor"}
"""What leads an error out is not struck itself: one at a time is enough."""

ERRORS = {
    "memory": lambda: MemoryError(),
    "recursion": lambda: RecursionError(f"maximum recursion depth exceeded while calling {NUMBER}"),
    "type": lambda: TypeError(f"unhashable {NUMBER}"),
    "key": lambda: KeyError(NUMBER),
    "database": lambda: sa.exc.OperationalError("INSERT", {"phone": NUMBER}, Exception(NUMBER)),
    "text": lambda: UnicodeDecodeError("utf-8", NUMBER.encode(), 0, 1, NUMBER),
    "system": lambda: FileNotFoundError(2, "No such file", f"/tmp/{NUMBER}"),
}


class Strike:
    """
    Raises an error in one call of one function, in any thread; without one it only counts the calls.

    Args:
        where: The function, as file and name; None to count.
        which: Which of its calls, from 1.
        error: Makes the error.
    """

    def __init__(self, where=None, which=1, error=MemoryError):
        self.calls = Counter()
        self._where, self._which, self._error = where, which, error
        self.struck = False

    def __enter__(self):
        threading.settrace(self._trace)
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_):
        sys.settrace(None)
        threading.settrace(None)

    def _trace(self, frame, event, _):
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(str(PACKAGE)):
            return
        place = Path(code.co_filename)
        if place.stem in WAYS or "sandbox" in place.parts:
            return
        name = place.stem, code.co_qualname if sys.version_info >= (3, 11) else code.co_name
        self.calls[name] += 1
        if name == self._where and self.calls[name] == self._which and not self.struck:
            self.struck = True
            raise self._error()


def shown(error):
    """All that may be seen of an error but the frames of the caller, which are the caller's."""
    seen, left = [], [error]
    while left:
        one = left.pop()
        if one is not None:
            left += [one.__cause__, one.__context__]
            seen += [str(one), repr(one), repr(one.args), *traceback.format_exception(one)]
            seen += [repr(value) for name, value in vars(one).items() if name != "results"]
            seen.append(VerboseTB(include_vars=True).text(type(one), one, one.__traceback__))
    blocks = re.split(r"(?m)^(?=File )", re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(seen)))
    return "".join(block for block in blocks if not block.startswith(f"File {__file__}"))


def numbers(text):
    """Whole numbers of people in a text, with or without their plus."""
    return re.findall(r"3934[78][0-9]{7}", text)


def struck(call, strike):
    """What a call returned, and what it raised."""
    try:
        with strike:
            return call(), None
    except Exception as error:
        return None, error


# Every function of a run ----------------------------------------------------------------------------------


def arguments(gateway, journal, run):
    """Several orders, and a number that is refused; other people in each run."""
    people = table(6, start=10 * run, bad=[10 * run + 1])
    shared = {"phone": "mobile", "gateway": gateway, "journal": journal, "progress": False}
    return (people, "Ciao"), shared | {"campaign": f"c{run}", "batch_size": 2, "workers": 2, "grace": 0.02}


def calling(*where):
    given, options = arguments(*where)
    return smsframe.send(*given, **options)


def in_background(*where):
    given, options = arguments(*where)
    return smsframe.start(*given, **options).wait()


@pytest.fixture
def silent(monkeypatch):
    monkeypatch.setattr("smsframe.patience.Patience.sleep", lambda _self, _seconds: None)


@pytest.mark.parametrize("how", [calling, in_background])
def test_whatever_fails_in_a_run_the_results_come_and_nobody_is_shown(how, tmp_path, silent):
    with smsframe.Sandbox(speed=3600) as sandbox, closing(sandbox.gateway()) as gateway:
        with Strike() as counting:
            how(gateway, tmp_path / "counted.sqlite", 0)
        errors, runs = cycle(ERRORS.values()), count(1)
        points = sorted(counting.calls.items())
        assert len(points) > 150
        stopped = Counter()
        for (where, times), error in zip(points, errors, strict=False):
            for which in {1, 2, times} if CHAOS else {1 + len(where[1]) % times}:
                run = next(runs)
                given = gateway, tmp_path / f"{run}.sqlite", run
                found, raised = struck(partial(how, *given), Strike(where, which, error))
                told = f"call {which} of {where}: {raised!r}"
                mine = set(table(6, start=10 * run)["mobile"])
                got = texted(sandbox).loc[lambda texts, mine=mine: texts.index.isin(mine)]
                if raised is not None:
                    stopped[type(raised).__name__] += 1
                    assert not numbers(shown(raised)), told
                    assert got.empty or isinstance(raised, smsframe.CampaignStopped), told
                if isinstance(raised, smsframe.CampaignStopped):
                    found = raised.results
                    may_be = found["sms_status"].isin(["accepted", "unconfirmed"]).any()
                    assert ("nothing was sent" in str(raised)) is not may_be, told
                if found is not None:
                    assert len(found) == 6, told
                    unsent = found["sms_status"].isin(["pending", "ready", "invalid"])
                    assert not set(got.index) & set(found.loc[unsent, "sms_phone"]), told
                again = calling(*given)
                assert again["sms_status"].isin(["accepted", "rejected"]).all(), told
                assert texted(sandbox).eq(1).all(), told
        assert stopped["CampaignStopped"] > 50, stopped
