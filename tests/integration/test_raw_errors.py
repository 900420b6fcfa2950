"""
Errors that nobody foresaw, in every function that a call comes by, in whichever thread.

A trace function raises them, so nothing is replaced by anything else: the k-th call of a function of ours
ends as if memory, or the stack, had run out there. Whatever is shown of it is searched, with the variables
of each frame as IPython shows them, and what people got is compared with what the rows say.
"""

from __future__ import annotations

import gc
import os
import re
import sys
import threading
import traceback
import warnings
from collections import Counter
from contextlib import closing
from functools import partial
from itertools import count, cycle
from pathlib import Path

import pytest
import sqlalchemy as sa
from helpers import sending
from helpers.clocks import NO_WAITS
from helpers.sending import send, table, texted
from helpers.tracebacks import without_frames_of
from IPython.core.ultratb import VerboseTB

import smsframe
from smsframe.api.tracebacks import hide_frames

CHAOS = bool(os.environ.get("SMSFRAME_CHAOS"))
PACKAGE = Path(smsframe.__file__).parent
EACH = 1 if CHAOS else 6
"""Every so many functions are struck."""
NUMBER = "+393470000000"
WAYS = {"unexpected_errors", "unexpected_stop", "tracebacks", "masking", "__init__", "accessor"}
"""What leads an error out is not struck itself: one at a time is enough."""
OUTSIDE = {"Run.wait", "Run._await", "Run._run", "Bar.__exit__", "Bar.close"}
"""Where a run has not begun, is over, or goes on whatever becomes of who waits for it."""

ERRORS = {
    "memory": MemoryError,
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
        self._raised = None

    def __enter__(self):
        self._told, sys.unraisablehook = sys.unraisablehook, self._unraisable
        threading.settrace(self._trace)
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_):
        sys.settrace(None)
        threading.settrace(None)
        sys.unraisablehook = self._told

    def _unraisable(self, told):
        """
        An error in a finalizer reaches nobody, and Python 3.13 says so where older ones were silent.

        Only what the struck call leads to is let go: its own error, or that of an object whose ``__init__``
        was struck, and which is closed half made.
        """
        half_made = self.struck and self._where[1] == f"{type(told.object).__qualname__}.__init__"
        if told.exc_value is not self._raised and not half_made:
            self._told(told)

    def _trace(self, frame, event, _):
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(str(PACKAGE)):
            return
        place = Path(code.co_filename)
        if place.stem in WAYS or "sandbox" in place.parts:
            return
        if code.co_qualname in OUTSIDE or code.co_name == "<module>":
            return
        name = place.stem, code.co_qualname
        self.calls[name] += 1
        if name == self._where and self.calls[name] == self._which and not self.struck:
            self.struck = True
            self._raised = self._error()
            raise self._raised


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
    return without_frames_of(__file__, "\n".join(seen))


def numbers(text):
    """Whole numbers of people in a text, with or without their plus."""
    return re.findall(r"3934[78][0-9]{7}", text)


def struck(call, strike):
    """What a call returned, and what it raised."""
    try:
        with strike:
            return call(), None
    except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at
        return None, error


@pytest.fixture
def leftovers():
    """
    What an error kept from being closed, the garbage collector closes in the test that it belongs to.

    From Python 3.13 on it says so of databases; where nothing was struck, that fails (`closed_by_itself`).
    """
    yield
    gc.collect()


LEFTOVERS = (
    pytest.mark.usefixtures("leftovers"),
    pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning"),
    # An error that strikes while a connection is made leaves its socket behind.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored in. <sock:pytest.PytestUnraisableExceptionWarning"),
)


def strikes(test):
    """Mark a test that strikes, and may leave open what its error kept from being closed."""
    for mark in LEFTOVERS:
        test = mark(test)
    return test


def closed_by_itself(call):
    """The calls of a call that is not struck; it leaves nothing open."""
    gc.collect()
    with warnings.catch_warnings(record=True) as left:
        warnings.simplefilter("always", ResourceWarning)
        with Strike() as counting:
            call()
        gc.collect()
    assert not [str(warning.message) for warning in left]
    return counting.calls


def test_what_is_not_struck_is_there():
    """Or a new name of it would let it be struck."""
    texts = {path.stem: path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}
    assert set(texts) >= WAYS
    methods = {name.split(".")[-1] for name in OUTSIDE}
    assert methods == {name for name in methods if any(f"def {name}(" in text for text in texts.values())}


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


@pytest.mark.slow
@strikes
@pytest.mark.parametrize("how", [calling, in_background])
def test_whatever_fails_in_a_run_the_results_come_and_nobody_is_shown(how, tmp_path):
    with smsframe.Sandbox(speed=3600) as sandbox, closing(sandbox.gateway(clock=NO_WAITS)) as gateway:
        errors, runs = cycle(ERRORS.values()), count(1)
        points = sorted(closed_by_itself(lambda: how(gateway, tmp_path / "counted.sqlite", 0)).items())
        assert len(points) > 150
        stopped = Counter()
        for (where, times), error in zip(points[::EACH], errors, strict=False):
            for which in {1, times} if CHAOS else {1 + len(where[1]) % times}:
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
                # A refusal after an answer that was lost proves nothing: such an order stays unconfirmed.
                assert again["sms_status"].isin(["accepted", "rejected", "unconfirmed"]).all(), told
                got = texted(sandbox)
                accepted = set(again.loc[again["sms_status"].eq("accepted"), "sms_phone"])
                assert mine & set(got.index) == accepted, told
                assert got.eq(1).all(), told
        assert stopped["CampaignStopped"] > 60 / EACH, stopped


# Where it comes from --------------------------------------------------------------------------------------


def failing(error, after=0):
    """A function of a run that fails, but not at once."""
    calls = count()

    def fail(*_, **__):
        if next(calls) >= after:
            raise error()

    return fail


def stopped_by(call):
    """The error of a call, as it leaves a public function."""
    with pytest.raises(smsframe.CampaignStopped) as caught:
        hide_frames(call)()
    assert not numbers(shown(caught.value))
    assert not numbers("".join(caught.value.results["sms_reason"].dropna()))
    return caught.value


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_in_a_worker_stops_the_run_and_its_order_is_looked_up(sandbox, gateway, name, monkeypatch):
    """After the gateway took the order: who has the text is not called pending."""
    real, failed = smsframe.Gateway.post, threading.Event()

    def post(self, *order):
        reply = real(self, *order)
        if not failed.is_set():
            failed.set()
            fails = ERRORS[name]
            raise fails()
        return reply

    monkeypatch.setattr(smsframe.Gateway, "post", post)
    stopped = stopped_by(lambda: send(table(4), gateway, batch_size=2))
    assert stopped.results["sms_status"].tolist() == ["unconfirmed"] * 2 + ["pending"] * 2
    assert "Something was sent, or may have been" in str(stopped)
    assert type(stopped.__cause__).__name__ in str(stopped)
    assert stopped.__cause__.__traceback__ is None
    out = send(table(4), gateway, batch_size=2)
    assert out["sms_status"].eq("accepted").all()
    assert texted(sandbox).eq(1).all()


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("after", [0, 1])
def test_an_error_in_a_callback_stops_the_run_with_what_is_recorded(
    sandbox, gateway, name, after, monkeypatch
):
    monkeypatch.setitem(sending.RUN, "report", failing(ERRORS[name], after))
    stopped = stopped_by(lambda: send(table(6), gateway, batch_size=2, workers=1))
    got = set(texted(sandbox).index)
    assert len(got) == 2 * (after + 1)
    assert set(stopped.results.loc[stopped.results["sms_status"].eq("accepted"), "sms_phone"]) == got
    assert stopped.results["sms_status"].isin(["accepted", "pending"]).all()


@strikes
@pytest.mark.parametrize("which", [1, 2])
def test_a_worker_that_cannot_even_begin_is_not_waited_for_without_end(sandbox, gateway, which):
    strike = Strike(("workers", "OrderWorkers._work"), which)
    stopped = stopped_by(lambda: _under(strike, lambda: send(table(4), gateway, batch_size=2)))
    assert strike.struck
    assert len(texted(sandbox)) == 2 * (which - 1)
    assert stopped.results["sms_status"].isin(["accepted", "unconfirmed", "pending"]).all()
    assert send(table(4), gateway, batch_size=2)["sms_status"].eq("accepted").all()
    assert texted(sandbox).eq(1).all()


def _under(strike, call):
    with strike:
        return call()


def test_when_nothing_was_sent_it_says_so(sandbox, gateway, monkeypatch):
    monkeypatch.setitem(sending.RUN, "started", failing(MemoryError))
    stopped = stopped_by(lambda: send(table(3), gateway))
    assert "MemoryError inside smsframe. By this call nothing was sent" in str(stopped)
    assert isinstance(stopped.__cause__, MemoryError)
    assert stopped.results["sms_status"].tolist() == ["pending"] * 3
    assert texted(sandbox).empty


def test_a_resumption_keeps_its_results_too(sandbox, gateway, monkeypatch):
    monkeypatch.setitem(sending.RUN, "report", failing(TypeError))
    stopped_by(lambda: send(table(6), gateway, batch_size=2, workers=1))
    stopped = stopped_by(lambda: sending.resume(gateway, workers=1))
    assert set(stopped.results["sms_status"]) == {"accepted", "pending"}
    assert len(stopped.results) == 6
    assert texted(sandbox).eq(1).all()


def test_a_run_in_the_background_tells_it_when_it_is_waited_for(sandbox, gateway, monkeypatch):
    monkeypatch.setattr("smsframe.display.progress_stats.ProgressStats.update", failing(ERRORS["key"]))
    run = smsframe.start(table(3), "Ciao", campaign="c", phone="mobile", gateway=gateway, progress=False)
    stopped = stopped_by(run.wait)
    assert run.facts()["state"] == "failed"
    assert run.facts()["error"].startswith("campaign 'c' stopped: KeyError: ")
    assert not numbers(run.facts()["error"] + repr(run))
    assert run.results().equals(stopped.results)
    assert stopped.results["sms_status"].tolist() == ["accepted"] * 3


@pytest.mark.parametrize("leaving", [KeyboardInterrupt, SystemExit])
def test_who_ends_the_process_is_not_stopped_from_it(sandbox, gateway, leaving, monkeypatch):
    monkeypatch.setitem(sending.RUN, "report", failing(leaving))
    with pytest.raises(leaving):
        send(table(3), gateway)


# Outside of runs ------------------------------------------------------------------------------------------


def guests():
    return table(3)


CALLS = {
    "check": lambda _: smsframe.check(guests(), phone="mobile"),
    "plan": lambda _: smsframe.plan(guests(), "Ciao {name}", phone="mobile"),
    "read_contacts": lambda folder: smsframe.read_contacts(folder / "guests.csv"),
    "results": lambda folder: smsframe.results("autumn", journal=folder / "journal.sqlite"),
    "campaigns": lambda folder: smsframe.campaigns(journal=folder / "journal.sqlite"),
    "normalize": lambda _: guests()["mobile"].sms.normalize(),
    "summary": lambda folder: smsframe.results("autumn", journal=folder / "journal.sqlite").sms.summary(),
}


@pytest.mark.slow
@strikes
@pytest.mark.parametrize("name", CALLS)
def test_no_call_outside_of_a_run_shows_anybody_whatever_fails_in_it(name, gateway, tmp_path):
    guests().to_csv(tmp_path / "guests.csv")
    send(guests(), gateway, journal=tmp_path / "journal.sqlite")
    call = partial(CALLS[name], tmp_path)
    kept, points = 0, sorted(closed_by_itself(call).items())
    for (where, times), error in zip(points, cycle(ERRORS.values()), strict=False):
        _, raised = struck(call, Strike(where, 1 + len(where[1]) % times, error))
        if raised is not None:
            kept += isinstance(raised, smsframe.SmsFrameError) or type(raised) is type(error())
            assert not numbers(shown(raised)), f"{where}: {raised!r}"
    assert kept


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_keeps_its_type_where_it_can_be_made(name):
    @hide_frames
    def fails():
        error = ERRORS[name]()
        raise error

    expected = {"database": sa.exc.SQLAlchemyError, "text": ValueError}.get(name, type(ERRORS[name]()))
    with pytest.raises(expected) as caught:
        fails()
    assert not numbers(shown(caught.value))
    if name == "system":
        assert caught.value.errno == 2
        assert caught.value.filename == "/tmp/+39••••••••00"


def test_a_trace_for_a_bug_report_is_written_on_request_and_shows_nobody(gateway, monkeypatch, tmp_path):
    monkeypatch.setenv("SMSFRAME_DEBUG", "1")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setitem(sending.RUN, "report", failing(ERRORS["key"]))
    stopped = stopped_by(lambda: send(table(3), gateway))
    (file,) = tmp_path.glob("smsframe-trace-*.txt")
    assert str(file) in str(stopped)
    written = file.read_text("utf-8")
    assert re.search(r'File ".*smsframe/campaign/run/progress_reports.py", line \d+, in ', written)
    assert "KeyError: +39••••••••00" in written
    assert not numbers(written)
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o077 == 0


def test_without_that_request_nothing_is_written(gateway, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setitem(sending.RUN, "report", failing(MemoryError))
    stopped = stopped_by(lambda: send(table(3), gateway))
    assert "trace" not in str(stopped)
    assert not [*tmp_path.glob("smsframe-trace-*")]
