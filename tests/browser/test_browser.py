"""
The form in a real JupyterLab, and as an app, driven by a real Chromium; nothing leaves this machine.

On a laptop without a browser these tests are skipped; in CI they fail. Screenshots are in tests/screenshots.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from helpers import browser_programs
from helpers.browser_programs import PATIENCE
from helpers.sending import table

import smsframe
from smsframe.outcomes.columns import results_for

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parents[1] / "screenshots"
GUESTS = Path(__file__).parents[2] / "data/samples/guests.csv"
TEXT = "Ciao {name}, dinner is at 8."

CELL = """import pandas as pd, smsframe
contacts = pd.read_json("contacts.json", dtype=False)
form = contacts.sms.compose(batch_size={batch}, workers=1, grace=0.1)
form"""


@pytest.fixture
def page(chromium, request):
    """A page of 1,000 pixels whose every request stays on this machine."""
    context = chromium.new_context(viewport={"width": 1000, "height": 1250})
    context.set_default_timeout(PATIENCE)
    made, outside = context.new_page(), []
    made.on("request", lambda asked: browser_programs.loopback(asked.url) or outside.append(asked.url))
    yield made
    PICTURES.mkdir(exist_ok=True)
    made.screenshot(path=PICTURES / f"{request.node.name}.png")
    context.close()
    assert outside == []


@pytest.fixture(scope="module")
def rehearsal():
    with smsframe.Sandbox(password="open-sesame") as made:
        yield made


@pytest.fixture(scope="module")
def variables(rehearsal):
    return {
        "SMSFRAME_BASE_URL": rehearsal.url,
        "SMSFRAME_USERNAME": "demo",
        "SMSFRAME_PASSWORD": "open-sesame",
        "SMSFRAME_JOURNAL": str(rehearsal.gateway().journal),
    }


@contextlib.contextmanager
def notebooks(program, address, tmp_path_factory, variables):
    """Opens a notebook with a form of so many people, and runs it."""
    pytest.importorskip(program)
    root = tmp_path_factory.mktemp("notebooks")
    with browser_programs.jupyter(program, root, tmp_path_factory.mktemp("home"), **variables) as url:

        def show(page, name, contacts, batch=1000):
            contacts.to_json(root / "contacts.json")
            cell = nbformat.v4.new_code_cell(CELL.format(batch=batch))
            python = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
            nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=python), root / name)
            page.goto(f"{url}{address.format(name)}")
            idle(page)
            if program == "jupyterlab":
                command(page, "application:toggle-left-area")
            command(page, "notebook:run-all-cells")
            page.get_by_role("textbox", name="Campaign name").wait_for()
            return root / name

        yield show


@pytest.fixture(scope="module")
def lab(chromium, tmp_path_factory, variables):
    with notebooks("jupyterlab", "lab/tree/{}?reset", tmp_path_factory, variables) as show:
        yield show


@pytest.fixture
def notebook_7(chromium, tmp_path_factory, variables):
    with notebooks("notebook", "notebooks/{}", tmp_path_factory, variables) as show:
        yield show


def idle(page):
    """Wait for a kernel: the page says that it is idle before there is one."""
    page.wait_for_function(
        "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    )


def command(page, name, arguments=None):
    page.evaluate(f"() => {{ jupyterapp.commands.execute('{name}', {json.dumps(arguments or {})}) }}")


def save(page):
    command(page, "docmanager:save")
    page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")


def write(page, campaign, text):
    page.get_by_role("textbox", name="Campaign name").fill(campaign)
    page.get_by_role("textbox", name="Text", exact=True).press_sequentially(text)
    # JupyterLab holds keys back while the kernel is busy: one that comes later locks the form again.
    expect(page.locator(".sf-figures")).to_contain_text(f"{len(text)}characters typed")


def unlock(page, people):
    page.get_by_role("textbox", name=f"Type {people} to unlock").fill(str(people))


def spend(page, people, credits_=None):
    cost = f"{people if credits_ is None else credits_:,} credits"
    return page.get_by_role("button", name=f"Text {people} people for {cost}")


def sent(sandbox, start, count):
    """How often each person of a table has a text."""
    got = sandbox.inbox()["recipient"].value_counts()
    return got.reindex(table(count, start=start)["mobile"], fill_value=0).tolist()


def expect(locator):
    from playwright.sync_api import expect  # noqa: PLC0415 - only where it is installed

    return expect(locator)


def test_a_campaign_is_written_seen_unlocked_sent_once_and_saved(page, lab, rehearsal):
    contacts = table(1240)
    saved = lab(page, "compose.ipynb", contacts)
    write(page, "autumn", "Ciao {na")
    counter = page.locator(".sf-figures")
    expect(page.locator(".sf-problem")).to_contain_text("has no partner")
    expect(counter).to_have_text("8characters typed")  # and nothing else is counted
    expect(page.get_by_role("button", name="Nothing to send yet")).to_be_disabled()
    page.get_by_role("textbox", name="Text", exact=True).press_sequentially("me}, “dinner” is at 8.")
    expect(counter).to_contain_text("extended")
    expect(page.locator(".sf-forcing")).to_contain_text("at character 14")
    message = page.locator(".sf-example")
    expect(message).to_contain_text("Ciao N1000, “dinner” is at 8.")  # no other is longer
    page.get_by_role("button", name="Next").click()
    expect(message).to_contain_text("Ciao N1001, “dinner” is at 8.")
    page.get_by_role("button", name="Previous").click()
    expect(message).to_contain_text("Ciao N1000, “dinner” is at 8.")
    page.get_by_role("textbox", name="Text", exact=True).fill(TEXT)
    expect(counter).to_contain_text("standard")

    button = page.get_by_role("button", name="Text 1,240 people for 1,240 credits")
    expect(button).to_be_disabled()
    page.get_by_role("textbox", name="Your own number").fill("+39 347 7654321")
    page.get_by_role("button", name="Send me a test").click()
    expect(page.get_by_text("autumn (test)")).to_be_visible()
    page.get_by_role("button", name="Show balance").click()
    expect(page.get_by_text("9,999 credits of high quality are left")).to_be_visible()
    page.get_by_role("textbox", name="Type 1,240 to unlock").fill("1240")
    page.locator(".smsframe-form").screenshot(path=PICTURES / "unlocked.png")
    button.dblclick()
    expect(page.locator(".smsframe-card")).to_contain_text("Campaign: autumn")
    expect(page.locator(".smsframe-card")).to_contain_text("1,240 rows")
    expect(page.get_by_role("button", name="Nobody to text")).to_be_disabled()
    assert sent(rehearsal, 0, 1240) == [1] * 1240
    assert len(rehearsal.orders()) == 3  # one to oneself, two of a thousand at most

    save(page)
    written = saved.read_text("utf-8")
    assert "widget-state+json" in written
    assert "1,240 rows" in written
    for secret in ("7654321", "open-sesame", *contacts["mobile"].str[3:]):
        assert secret not in written
    scan = [sys.executable, "-m", "smsframe", "scan", str(saved)]
    assert "nothing found" in subprocess.run(scan, capture_output=True, text=True, check=True).stdout


def test_a_campaign_is_sent_once_and_saved_in_notebook_7(page, notebook_7, rehearsal):
    contacts = table(7, start=8700)
    saved = notebook_7(page, "seven.ipynb", contacts)
    write(page, "seven", TEXT)
    expect(page.locator(".sf-example")).to_contain_text("Ciao N8700, dinner is at 8.")
    button = page.get_by_role("button", name="Text 7 people for 7 credits")
    expect(button).to_be_disabled()
    page.get_by_role("textbox", name="Type 7 to unlock").fill("7")
    button.dblclick()
    expect(page.locator(".smsframe-card")).to_contain_text("Campaign: seven")
    expect(page.get_by_role("button", name="Nobody to text")).to_be_disabled()
    assert sent(rehearsal, 8700, 7) == [1] * 7
    page.locator(".jp-Notebook").evaluate("node => node.scrollTo(0, 0)")

    save(page)
    written = saved.read_text("utf-8")
    assert "7 rows" in written
    for secret in ("open-sesame", *contacts["mobile"].str[3:]):
        assert secret not in written


def test_of_a_long_table_the_number_can_be_typed_when_typing_pauses_and_on_paper_are_no_buttons(page, lab):
    lab(page, "long.ipynb", table(2400, start=8000))
    write(page, "long", TEXT)
    page.get_by_role("textbox", name="Type 2,400 to unlock").fill("2400")
    expect(page.get_by_role("button", name="Text 2,400 people for 2,400 credits")).to_be_enabled()
    command(page, "apputils:change-theme", {"theme": "JupyterLab Dark"})
    page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
    page.emulate_media(media="print")
    form = page.locator(".smsframe-form")
    expect(form).to_have_css("color", "rgb(0, 0, 0)")
    expect(form.locator(".sf-example blockquote")).to_have_css("background-color", "rgb(255, 255, 255)")
    assert form.get_by_role("button").count() == 0  # of those that are shown
    page.screenshot(path=PICTURES / "print.png")
    page.emulate_media(media="screen")
    expect(page.get_by_role("button", name="Text 2,400 people for 2,400 credits")).to_be_visible()


def test_it_is_stopped_and_resumed_and_found_again_after_a_reload(page, lab, rehearsal):
    lab(page, "stopped.ipynb", table(60, start=2000), batch=1)
    write(page, "winter", TEXT)
    unlock(page, 60)
    rehearsal.misbehave("late_answer", order=range(1, 200), seconds=0.1)
    spend(page, 60).dblclick()
    done = page.locator(".sf-progress + .sf-note")
    expect(done).to_contain_text("accepted")
    save(page)
    page.reload()
    idle(page)
    expect(done).to_contain_text("of 60")
    page.get_by_role("button", name="Stop").click()
    resume = page.get_by_role("button", name=re.compile(r"Continue: text \d+ p"))
    resume.wait_for()
    expect(page.locator(".sf-known")).to_contain_text("texted already")
    assert sum(sent(rehearsal, 2000, 60)) < 60
    page.screenshot(path=PICTURES / "stopped.png")
    rehearsal.behave()
    resume.dblclick()
    expect(page.locator(".sf-known")).to_contain_text("60 texted already")
    expect(page.locator(".smsframe-card")).to_contain_text("60 rows")
    assert sent(rehearsal, 2000, 60) == [1] * 60


def test_what_is_scheduled_is_cancelled_by_two_clicks(page, lab, rehearsal):
    contacts, tomorrow = table(5, start=6000), datetime.now(UTC) + timedelta(days=1)
    with contextlib.closing(rehearsal.gateway()) as gateway:
        options = {"campaign": "summer", "phone": "mobile", "gateway": gateway, "progress": False}
        smsframe.send(contacts, TEXT, schedule=tomorrow, **options)
    lab(page, "scheduled.ipynb", contacts)
    write(page, "summer", TEXT)
    known = page.locator(".sf-known")
    expect(known).to_contain_text("5 scheduled")
    page.get_by_role("button", name="Cancel 5 texts …").dblclick()
    sure = page.get_by_role("button", name="Yes, cancel 5 texts")
    page.screenshot(path=PICTURES / "cancel.png")
    page.wait_for_timeout(1000)
    sure.click()
    expect(known).to_contain_text("5 cancelled")
    expect(page.locator(".smsframe-card")).to_contain_text("5 not sent")
    expect(sure).to_be_hidden()


def picture(page, name):
    """A screenshot of the form with a margin around it."""
    form = page.locator(".smsframe-form")
    form.evaluate("form => form.style.padding = '12px'")
    form.screenshot(path=PICTURES / name)


def test_the_pictures_of_the_documentation(page, lab):
    """`make pictures` runs this and copies them to docs/."""
    lab(page, "pictures.ipynb", smsframe.read_contacts(GUESTS))
    text = "Ciao {name:friend}, dinner is at 8. Your table is number {table}. “Bring an appetite!”"
    write(page, "dinner", text)
    unlock(page, 937)
    expect(spend(page, 937, 1863)).to_be_enabled()
    picture(page, "form.png")
    command(page, "apputils:change-theme", {"theme": "JupyterLab Dark"})
    page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
    picture(page, "form-dark.png")


@pytest.mark.parametrize("width", [320, 600])
@pytest.mark.parametrize("media", ["screen", "print"])
def test_cards_fit_a_narrow_page_and_paper(page, width, media):
    guests = smsframe.read_contacts(GUESTS)
    plan = guests.sms.plan(TEXT, campaign="autumn", phone="mobile", region="country")
    status = pd.Series(["accepted"] * 996 + ["invalid", "rejected", "pending", "duplicate"], dtype=object)
    results = results_for(1000, sms_status=status, sms_order_id="sf-a", sms_campaign="autumn").assign(
        sms_delivery=pd.Series(["DLVRD"] * 900 + [None] * 100, dtype="string")
    )
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(media=media)
    page.set_content(plan._repr_html_() + results.sms.summary()._repr_html_())
    assert page.locator(".smsframe-card").count() == 2
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    for bar in page.locator('[role="img"]').all():
        assert bar.bounding_box()["width"] < width
        parts = bar.locator("div").all()
        assert all(part.bounding_box()["width"] >= 2 for part in parts)
        assert parts[0].evaluate("part => getComputedStyle(part).printColorAdjust") == "exact"


def test_every_control_has_a_name_and_is_reached_by_the_keyboard(page, lab):
    lab(page, "keyboard.ipynb", table(3, start=3000))
    form = page.locator(".smsframe-form")
    form.get_by_role("radio", name="At a time of your choice").check()
    expect(form.get_by_label("Date", exact=True)).to_be_visible()
    named = {
        *(("textbox", name) for name in ("Campaign name", "Sender", "Text", "Your own number")),
        *(("combobox", name) for name in ("Phone column", "Country", "Quality", "Time zone")),
        *(("button", name) for name in ("name", "Send me a test", "Show balance")),
    }
    for role, name in named:
        assert form.get_by_role(role, name=name, exact=True).count() == 1, (role, name)
    form.get_by_role("textbox", name="Campaign name").focus()
    reached = []
    for _ in range(16):
        reached.append(page.evaluate("() => document.activeElement.closest('.smsframe-form')?.tagName"))
        page.keyboard.press("Tab")
    assert all(reached)


def test_the_app_sends_for_people_who_never_see_code(page, rehearsal, variables, tmp_path):
    pytest.importorskip("voila")
    table(40, start=4000).to_csv(tmp_path / "contacts.csv", index=False)
    serve = [sys.executable, "-m", "smsframe", "app", str(tmp_path / "contacts.csv"), "--no-browser"]
    with browser_programs.program(serve, tmp_path, **variables) as app:
        url = browser_programs.read_line(app, r"http://127.0.0.1:\d+/\?token=\S+")
        browser_programs.answering(url)
        refused = page.goto(url.partition("?")[0])
        assert refused.status == 403 or "login" in page.url  # without the secret, nothing
        page.goto(url)
        page.get_by_role("heading", name="contacts.csv").wait_for()
        write(page, "spring", TEXT)
        unlock(page, 40)
        spend(page, 40).dblclick()
        expect(page.locator(".smsframe-card")).to_contain_text("40 people")  # the screen that stays
        assert page.get_by_text("import smsframe").count() == 0
    assert sent(rehearsal, 4000, 40) == [1] * 40
    assert "spring" in smsframe.campaigns(journal=variables["SMSFRAME_JOURNAL"])["campaign"].tolist()
