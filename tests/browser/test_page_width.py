"""The page stays within its window, whatever stands in the cells of a table."""

from __future__ import annotations

import sys

import pytest
from helpers import browser_programs
from helpers.browser_programs import PATIENCE
from helpers.sending import table

pytestmark = pytest.mark.browser

WIDTH = "() => [document.documentElement, ...document.querySelectorAll('.smsframe-form *')].map("
WIDEST = "part => part.getBoundingClientRect().right - (part.closest('.sf-look') ? 1e6 : 0))"


@pytest.mark.parametrize("width", [420, 1000])
def test_a_reason_that_is_opened_makes_the_page_no_wider(chromium, tmp_path, width):
    contacts = table(6).assign(email="a.very.long.address@subdomain.example.com" * 2, note="x " * 80)
    contacts.loc[1, "mobile"] = "n/a"
    contacts.to_csv(tmp_path / "guests.csv", index=False)
    command = [sys.executable, "-m", "smsframe", "app", str(tmp_path / "guests.csv"), "--no-browser"]
    context = chromium.new_context(viewport={"width": width, "height": 1100})
    context.set_default_timeout(PATIENCE)
    with browser_programs.program(command, tmp_path) as served:
        url = browser_programs.read_line(served, r"http://127.0.0.1:\d+/\?token=\S+")
        browser_programs.answering(url)
        page = context.new_page()
        page.goto(url)
        page.locator(".sf-skip summary").first.click()
        page.locator(".sf-look table").first.wait_for()
        assert max(page.evaluate(WIDTH + WIDEST)) <= width
        look = page.locator(".sf-look").first.evaluate("look => [look.clientWidth, look.scrollWidth]")
        assert look[0] < look[1]  # what is too wide is scrolled in its own frame
    context.close()
