"""What tests with real connections share: a sandbox behind a proxy that breaks what a test wants broken."""

from __future__ import annotations

import contextlib

import pytest
from helpers.faulty_server import FaultyServer
from helpers.sending import gateway_at


@pytest.fixture
def proxy(sandbox):
    """In front of the sandbox: what passes is as the test says."""
    with FaultyServer(sandbox.url) as made:
        yield made


@pytest.fixture
def through(proxy, tmp_path):
    """A gateway by way of the proxy, with a journal of its own."""
    with contextlib.closing(gateway_at(proxy.url, tmp_path / "journal.sqlite")) as made:
        yield made
