"""What tests with real connections share: a sandbox behind a proxy that breaks what a test wants broken."""

from __future__ import annotations

import contextlib
import sys

import pytest
from helpers.faulty_server import FaultyServer
from helpers.namespaces import cable, inside
from helpers.sending import gateway_at

__all__ = ["cable", "inside"]  # fixtures too


@pytest.fixture(autouse=True)
def no_widgets_of_other_tests():
    """A process keeps every widget that was not closed: what a test reads of them all is of its own."""
    if shown := sys.modules.get("ipywidgets"):
        shown.Widget.close_all()


@pytest.fixture
def terminal(sandbox, monkeypatch, tmp_path):
    """A sandbox that the environment names, as for the command line, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMSFRAME_BASE_URL", sandbox.url)
    monkeypatch.setenv("SMSFRAME_USERNAME", "demo")
    monkeypatch.setenv("SMSFRAME_PASSWORD", "demo")
    monkeypatch.setenv("SMSFRAME_JOURNAL", str(tmp_path / "journal.sqlite"))
    return sandbox


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


@pytest.fixture
def folder(tmp_path):
    """Where a page puts the files that are downloaded."""
    made = tmp_path / "downloads"
    made.mkdir()
    return made


@pytest.fixture
def opened(terminal, tmp_path):
    """Opens a page of one server, and its campaign if there is one."""
    for name in ("downloads", "rows"):
        (tmp_path / name).mkdir()

    def make(campaign=None):
        from helpers.page import button  # noqa: PLC0415 - few tests need widgets

        from smsframe.form.page.page import Page  # noqa: PLC0415

        page = Page(downloads=tmp_path / "downloads", rows=tmp_path / "rows")
        if campaign is not None:
            button(page, campaign).click()
        return page

    return make
