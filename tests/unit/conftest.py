"""Tests of this folder need no network, no other process and no journal, and are not about files."""

from __future__ import annotations

import sys

import pytest

OUTSIDE = {
    *("socket.bind", "socket.connect", "sqlite3.connect"),
    *("subprocess.Popen", "os.fork", "os.posix_spawn"),
}
"""Audit events (the table in Python's library reference) of what is not allowed here."""

_met: list[str] | None = None


def _watch(event, _details):
    if _met is not None and event in OUTSIDE and not _importing():
        _met.append(event)


def _importing():
    """Whether a module is being loaded: NumPy runs a program then, to look at the processor."""
    frame = sys._getframe()
    while frame is not None and frame.f_code.co_filename != "<frozen importlib._bootstrap>":
        frame = frame.f_back
    return frame is not None


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def inside():
    """Nothing leaves the process."""
    global _met  # noqa: PLW0603 - a hook is for the whole process, and cannot be taken away
    _met = []
    yield
    met, _met = _met, None
    assert not met, "not a unit test"
