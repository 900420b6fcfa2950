"""What all browser tests share: the Chromium of this system."""

from __future__ import annotations

import os

import pytest
from helpers import browser_programs


@pytest.fixture(scope="module")
def chromium():
    sync = pytest.importorskip("playwright.sync_api")
    found = browser_programs.chromium()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no Chromium: .ci/run installs it")
        pytest.skip("no Chromium here")
    sync.expect.set_options(timeout=browser_programs.PATIENCE)
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=browser_programs.SWITCHES)
        yield browser
        browser.close()
