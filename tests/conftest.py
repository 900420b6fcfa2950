"""What every test shares: a clean environment, and a sandbox to send to."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import zlib
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from helpers import joined_columns, long_tests
from helpers.postgres import Cluster

import smsframe

joined_columns.watch()

LONG = long_tests.listed()
SHARE, _, DRAW = os.environ.get("SMSFRAME_SHARE", "1").partition(":")

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
PLACES = ("SMSFRAME_", "NETRC", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", *PROXIES, *map(str.lower, PROXIES))

MEMORY = Path("/dev/shm")
if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2 * 2**30:
    # Journals wait for the disk at each step, and no test cuts the power; TMPDIR=/tmp has them on the disk.
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
    os.environ["SMSFRAME_LOCAL_DISKS"] = "tmpfs"  # also for fixtures of whole modules


# No test reads, or writes into, the developer's keyring.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"

# Processes that tests start keep what they compiled: it is compiled once, not in each of them.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(config, items):
    """
    What takes seconds is `long`. Of a test with many cases some, spread over them, are quick, others slow.

    Where CI has little time left, it asks for a share of all, drawn by lot: ``SMSFRAME_SHARE=0.3:any-word``.
    """
    cases = {}
    for item in items:
        if f"{item.path.relative_to(long_tests.TESTS).as_posix()}::{item.originalname}" in LONG:
            item.add_marker(pytest.mark.long)
        if item.get_closest_marker("samples"):
            cases.setdefault((item.path, item.originalname), []).append(item)
    for all_of_them in cases.values():
        (count,) = all_of_them[0].get_closest_marker("samples").args
        step = max(len(all_of_them) / count, 1)
        chosen = {int(place * step) for place in range(count)}
        for place, item in enumerate(all_of_them):
            if place not in chosen:
                item.add_marker(pytest.mark.slow)
    if float(SHARE) < 1:
        chosen, left_out = [], []
        for item in items:
            lot = zlib.crc32(f"{DRAW} {item.nodeid}".encode()) / 2**32  # the same in all processes of a run
            (chosen if lot < float(SHARE) else left_out).append(item)
        config.hook.pytest_deselected(items=left_out)
        items[:] = chosen


def pytest_collection_finish():
    """What is loaded by now stays to the end: no full collection of garbage need walk through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    """No test reads the developer's settings, or writes into the developer's journal."""
    for name in list(os.environ):
        if name.startswith(PLACES):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SMSFRAME_LOCAL_DISKS", "tmpfs")  # where temporary folders may be
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "data"))


def pytest_generate_tests(metafunc):
    """What is marked with `both_journals` runs with a journal in SQLite, and with one in PostgreSQL."""
    if metafunc.definition.get_closest_marker("both_journals") and "database" in metafunc.fixturenames:
        kinds = ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])]
        metafunc.parametrize("database", kinds, indirect=True)


@pytest.fixture(scope="session")
def cluster():
    """A PostgreSQL server, one for each process that runs tests."""
    made = Cluster()
    yield made
    made.close()


@pytest.fixture
def database(request):
    """Where the journals of a test are: ``sqlite``, or ``postgres`` as well."""
    return getattr(request, "param", "sqlite")


@pytest.fixture
def sandbox(request, database):
    """
    A gateway that texts nobody, and is quick about it.

    How it behaves is said for a file or a test by `pytest.mark.sandbox(option=value)`, or by parameters,
    which are dictionaries of options (`helpers.sending.each_sandbox`).
    """
    options = {"speed": 3600}
    for mark in reversed([*request.node.iter_markers("sandbox")]):
        options |= mark.kwargs
    with smsframe.Sandbox(**options | getattr(request, "param", {})) as made:
        if database == "postgres":
            made.gateway = partial(made.gateway, journal=request.getfixturevalue("cluster").new())
        yield made


@pytest.fixture
def time():
    """The machine's; a module whose time passes as its tests say has its own."""


@pytest.fixture
def gateway(sandbox, time):
    """A way to it, by that time."""
    made = sandbox.gateway() if time is None else sandbox.gateway(clock=time.clock)
    yield made
    made.close()


@pytest.fixture
def people():
    """Four rows: two people to text, one of them twice, and one without a number."""
    return pd.DataFrame(
        {
            "name": ["Ada", "Bea", "Ada", None],
            "mobile": ["+39 347 123 4567", "347 1234568", "0039 347 1234567", None],
        },
        index=["a", "b", "a", "c"],
    )
