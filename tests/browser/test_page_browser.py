"""The page of `smsframe app` in a real Chromium: a campaign without code, closed, cut off, followed."""

from __future__ import annotations

import re
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from helpers import browser_programs
from helpers.background_runs import held, until
from helpers.browser_programs import PATIENCE
from helpers.sending import statuses, table

import smsframe
from smsframe.sandbox.questions import REPLY_FIELDS

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parents[1] / "screenshots"
TEXT = "Ciao {name}, dinner is at 8."


@pytest.fixture
def sandbox():
    with smsframe.Sandbox(password="open-sesame") as made:
        yield made


@pytest.fixture
def served(sandbox, tmp_path):
    """The address of a page, and the program that serves it; its journal is the sandbox's."""
    variables = {
        "SMSFRAME_BASE_URL": sandbox.url,
        "SMSFRAME_USERNAME": "demo",
        "SMSFRAME_PASSWORD": "open-sesame",
        "SMSFRAME_JOURNAL": str(sandbox.gateway().journal),
    }
    command = [sys.executable, "-m", "smsframe", "app", "--no-browser"]
    with browser_programs.program(command, tmp_path, **variables) as app:
        url = browser_programs.read_line(app, r"http://127.0.0.1:\d+/\?token=\S+")
        browser_programs.answering(url)
        yield url, app


@pytest.fixture
def page(chromium, request):
    context = chromium.new_context(viewport={"width": 1000, "height": 1100}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    made, outside = context.new_page(), []
    made.on("request", lambda asked: browser_programs.loopback(asked.url) or outside.append(asked.url))
    yield made
    if not made.is_closed():
        PICTURES.mkdir(exist_ok=True)
        made.screenshot(path=PICTURES / f"{request.node.name}.png")
    context.close()
    assert outside == []


def expect(locator):
    from playwright.sync_api import expect  # noqa: PLC0415 - only where it is installed

    return expect(locator)


def upload(page, path, label="Upload a table"):
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name=label).click()
    chosen.value.set_files(path)


def compose(page, people, campaign="autumn"):
    page.get_by_role("textbox", name="Campaign name").fill(campaign)
    page.get_by_role("textbox", name="Text", exact=True).fill(TEXT)
    unlock = page.get_by_role("textbox", name=f"Type {people} to unlock")
    unlock.fill(str(people))
    send = page.get_by_role("button", name=f"Text {people} people for {people} credits")
    expect(send).to_be_enabled()
    send.click()


def kernels(app):
    """The processes of the pages that are open."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == app.pid and b"ipykernel" in (place / "cmdline").read_bytes():
                found.append(place.name)
        except OSError:  # it has ended meanwhile
            continue
    return found


def results(sandbox, campaign="autumn"):
    return statuses(smsframe.results(campaign, gateway=sandbox.gateway()))


def slow(sandbox):
    sandbox.misbehave("late_answer", order=range(1, 400), seconds=0.5)


def many_orders(tmp_path, sandbox):
    """A campaign that takes its time: the gateway says no to numbers here and there, so orders are halved."""
    contacts = table(400, bad=range(0, 400, 40))
    contacts.to_csv(tmp_path / "guests.csv", index=False)
    slow(sandbox)
    return tmp_path / "guests.csv"


def test_a_whole_campaign_without_code(page, served, sandbox, tmp_path):
    contacts = table(6)
    contacts.loc[1, "mobile"] = "n/a"
    contacts.to_excel(tmp_path / "guests.xlsx", index=False)
    page.goto(served[0])
    upload(page, tmp_path / "guests.xlsx")
    page.get_by_role("heading", name="guests.xlsx").wait_for()
    assert "Italy (IT)" in page.get_by_label("Country").inner_text().replace("\xa0", " ")
    compose(page, 5)
    expect(page.locator(".sf-outcome")).to_contain_text("5 sent, 1 needs a hand")
    page.get_by_role("heading", name="autumn").wait_for()  # the form says the same, a moment before
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download the rows that need a hand").click()
    taken.value.save_as(tmp_path / "problems.xlsx")
    again = page.request.get(taken.value.url)
    assert again.status == 404  # it was there once
    assert taken.value.suggested_filename == "autumn-to-correct.xlsx"
    rows = smsframe.read_contacts(tmp_path / "problems.xlsx")
    rows["mobile"] = "+393471111111"
    smsframe.to_excel(rows, tmp_path / "corrected.xlsx", index=False)
    upload(page, tmp_path / "corrected.xlsx", "Upload corrected rows")
    page.get_by_role("heading", name="corrected.xlsx").wait_for()
    page.get_by_role("textbox", name="Type 1 to unlock").fill("1")
    page.get_by_role("button", name="Text 1 person for 1 credit").click()
    expect(page.locator(".sf-outcome")).to_have_text(re.compile(r"\s*✓ 6 sent\s*"))
    assert sandbox.inbox()["recipient"].value_counts().eq(1).all()
    assert len(sandbox.inbox()) == 6
    page.get_by_role("button", name="All campaigns").click()
    page.get_by_role("button", name="autumn").click()
    expect(page.locator(".sf-outcome")).to_contain_text("6 sent")


@pytest.fixture
def reply_fields(monkeypatch):
    """The fields of received messages, as the environment of the page names them."""
    fields = ",".join(f"{name}={field}" for name, field in REPLY_FIELDS.items())
    monkeypatch.setenv("SMSFRAME_REPLY_FIELDS", fields)


def test_replies_are_read_and_numbers_are_put_on_the_opt_outs(reply_fields, page, served, sandbox, tmp_path):
    contacts = table(3)
    contacts.to_csv(tmp_path / "guests.csv", index=False)
    page.goto(served[0])
    upload(page, tmp_path / "guests.csv")
    compose(page, 3)
    expect(page.locator(".sf-outcome")).to_contain_text("3 sent")
    for person, text in zip(contacts["mobile"], ("STOP", "please stop it", "Grazie"), strict=True):
        sandbox.reply(person, text)
    page.get_by_role("button", name="Read replies").click()
    expect(page.locator(".sf-replies tbody tr")).to_have_count(3)
    page.get_by_role("button", name="Add to the opt-outs").click()
    expect(page.get_by_text("On the opt-outs now")).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download replies").click()
    assert taken.value.suggested_filename == "autumn-replies.xlsx"
    page.get_by_role("button", name="All campaigns").click()
    page.get_by_role("button", name="See or add opt-outs").click()
    page.get_by_label("Numbers to add").fill("+39 347 7654321\nnobody")
    page.get_by_role("button", name="Add to the opt-outs").click()
    expect(page.get_by_text("1 line cannot be read")).to_be_visible()
    expect(page.get_by_label("Numbers to add")).to_have_value("")  # what was typed is in no widget
    with page.expect_download():
        page.get_by_role("button", name="Download the lines that cannot be read").click()
    page.wait_for_timeout(500)  # the screen may be drawn anew once a file is downloaded
    page.get_by_role("button", name="Discard these lines").click()
    expect(page.get_by_text("1 line cannot be read")).to_be_hidden()
    listed = smsframe.optouts(gateway=sandbox.gateway())["number"]
    assert sorted(listed) == sorted([*contacts["mobile"][:2], "+393477654321"])


def test_a_page_that_is_closed_stops_its_run_and_ends_its_process_and_the_next_one_goes_on(
    page, served, sandbox, tmp_path
):
    path = many_orders(tmp_path, sandbox)
    url, app = served
    page.goto(url)
    upload(page, path)
    compose(page, 400)
    until(lambda: len(sandbox.inbox()) > 0)
    assert len(kernels(app)) == 1
    other, asked = page.context.new_page(), []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.close(run_before_unload=True)
    until(lambda: page.wait_for_timeout(50) or asked)
    assert asked == ["beforeunload"]  # the person stays, and so does what is at work
    arrived = len(sandbox.inbox())
    until(lambda: page.wait_for_timeout(50) or len(sandbox.inbox()) > arrived + 1)
    assert len(kernels(app)) == 1
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.close(run_before_unload=True)
    until(lambda: other.wait_for_timeout(50) or kernels(app) == [])
    assert len(asked) == 2
    told = results(sandbox)
    assert told["pending"] > 0
    assert "unconfirmed" not in told  # what was under way has its record
    sandbox.behave()
    other.goto(url)
    other.get_by_role("button", name="autumn").click()
    expect(other.locator(".sf-campaign")).to_contain_text("Ciao {name}, dinner is at 8.")
    other.get_by_role("button", name=re.compile(r"Continue: text \d+ people")).click()
    expect(other.locator(".sf-outcome")).to_contain_text("390 sent, 10 need a hand")
    assert sandbox.inbox()["recipient"].value_counts().eq(1).all()


def test_a_page_with_nothing_at_work_is_reloaded_without_a_question_and_knows_the_rows_of_the_table(
    page, served, sandbox, tmp_path
):
    contacts = table(5)
    contacts.loc[1, "mobile"] = "n/a"
    contacts.to_csv(tmp_path / "guests.csv", index=False)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    url, app = served
    page.goto(url)
    upload(page, tmp_path / "guests.csv")
    compose(page, 4)
    expect(page.locator(".sf-outcome")).to_contain_text("4 sent, 1 needs a hand")
    page.reload()
    page.get_by_role("button", name="autumn").click()
    expect(page.locator(".sf-outcome")).to_contain_text("4 sent, 1 needs a hand")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download the rows that need a hand").click()
    taken.value.save_as(tmp_path / "problems.xlsx")
    assert smsframe.read_contacts(tmp_path / "problems.xlsx")["sms_row"].tolist() == ["3"]
    assert asked == []
    until(lambda: page.wait_for_timeout(50) or len(kernels(app)) == 1)  # that of the page before is gone


def test_another_browser_follows_a_run_and_stops_it(page, served, sandbox, chromium, tmp_path):
    """The run is of another program: what a page cannot see, the journal says."""
    run = held(table(4), sandbox.gateway(), batch_size=1)
    page.goto(served[0])
    expect(page.locator(".sf-campaign")).to_contain_text("1 of 4")
    expect(page.locator(".smsframe-page")).not_to_contain_text("another process")
    page.get_by_role("button", name="Stop").click()
    assert statuses(run.wait(30)) == {"accepted": 1, "pending": 3}
    expect(page.get_by_role("button", name="Continue: text 3 people for 3 credits")).to_be_visible()


def test_a_connection_that_is_lost_and_comes_back_stops_nothing(page, served, sandbox, tmp_path):
    """As under a closed lid: the socket of the page is gone for a while, the process is not."""
    path, lines, cut = many_orders(tmp_path, sandbox), [], []

    def pass_on(line):
        if cut and cut[0]:
            line.close()
            return
        line.connect_to_server()
        lines.append(line)

    page.route_web_socket(re.compile("/channels"), pass_on)
    url, app = served
    page.goto(url)
    upload(page, path)
    compose(page, 400)
    until(lambda: len(sandbox.inbox()) > 0)
    before = len(lines)
    cut.append(True)
    for line in lines:
        line.close()
    time.sleep(3)
    arrived = len(sandbox.inbox())
    cut[0] = False
    assert len(kernels(app)) == 1
    until(lambda: len(sandbox.inbox()) > arrived)
    page.wait_for_function("() => true")
    sandbox.behave()
    expect(page.locator(".sf-outcome")).to_contain_text("390 sent, 10 need a hand", timeout=90_000)
    assert len(lines) > before
    assert sandbox.inbox()["recipient"].value_counts().eq(1).all()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_has_the_colours_of_the_system(page, served, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(served[0])
    page.get_by_role("heading", name="A new campaign").wait_for()
    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    lightness = sum(map(int, re.findall(r"\d+", ground)[:3])) / 3
    assert lightness > 200 if scheme == "light" else lightness < 60
    assert page.evaluate("() => document.body.dataset.jpThemeLight") == str(scheme == "light").lower()


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(page, served, tmp_path):
    path = tmp_path / "large.csv"
    path.write_bytes(b"mobile\n" + b"+393471234567\n" * 3_600_000)
    page.goto(served[0])
    told = []
    page.on("dialog", lambda dialog: (told.append(dialog.message), dialog.accept()))
    upload(page, path)
    until(lambda: page.wait_for_timeout(50) or told)
    assert "larger than 50 MB" in told[0]
    small = tmp_path / "small.csv"
    table(2).to_csv(small, index=False)
    upload(page, small)
    page.get_by_role("heading", name="small.csv").wait_for()


def test_files_and_the_end_of_a_page_are_only_for_who_has_the_secret(page, served, chromium):
    url, app = served
    page.goto(url)
    page.get_by_role("heading", name="A new campaign").wait_for()
    address = url.partition("?")[0]
    kernel = re.search(r'"kernelId":\s*"([\w-]+)"', page.content())[1]
    stranger = chromium.new_context()
    for path in ("smsframe/files/abc", f"voila/api/shutdown/{kernel}"):
        asked = stranger.request.get if "files" in path else stranger.request.post
        answer = asked(address + path, headers={"Origin": address.rstrip("/")}, max_redirects=0)
        assert answer.status in (302, 403)
    elsewhere = page.context.request.post(
        f"{address}voila/api/shutdown/{kernel}", headers={"Origin": "http://evil.example"}
    )
    assert elsewhere.status == 403
    assert len(kernels(app)) == 1
    assert page.context.request.get(f"{address}smsframe/files/..%2F..%2Fetc").status in (403, 404)
    stranger.close()


def test_a_scheduled_campaign_is_cancelled_and_its_people_are_texted_by_another_one(
    page, served, sandbox, tmp_path
):
    table(3).to_csv(tmp_path / "guests.csv", index=False)
    page.goto(served[0])
    upload(page, tmp_path / "guests.csv")
    page.get_by_role("textbox", name="Campaign name").fill("spring")
    page.get_by_role("textbox", name="Text", exact=True).fill(TEXT)
    page.get_by_role("radio", name="At a time of your choice").check()
    later = datetime.now(UTC) + timedelta(days=40)
    page.get_by_label("Date", exact=True).fill(f"{later:%Y-%m-%d}")
    page.get_by_label("Time", exact=True).fill("09:30")
    send = page.get_by_role("button", name=re.compile("Text 3 people for 3 credits on .* at 09:30"))
    send.wait_for()  # what changes the plan locks it again
    page.get_by_role("textbox", name="Type 3 to unlock").fill("3")
    send.click()
    expect(page.locator(".sf-outcome")).to_contain_text("3 scheduled")
    page.get_by_role("button", name="Cancel 3 texts …").dblclick()  # asks, and no more
    yes = page.get_by_role("button", name="Yes, cancel 3 texts")
    page.get_by_role("button", name="No, leave them as they are").click()
    expect(yes).to_be_hidden()
    page.get_by_role("button", name="Cancel 3 texts …").click()
    expect(yes).to_be_visible()
    page.wait_for_timeout(1000)
    yes.click()
    expect(page.get_by_text("looking twice")).to_be_visible()
    outcome = page.locator(".sf-outcome")
    expect(outcome).to_have_text(re.compile(r"\s*✓ 3 cancelled\s*"), timeout=120_000)
    assert sandbox.inbox().empty
    page.reload()
    page.get_by_role("button", name="spring").click()
    expect(outcome).to_have_text(re.compile(r"\s*✓ 3 cancelled\s*"))
    expect(page.get_by_role("button", name=re.compile("Continue|Cancel|Drop"))).to_have_count(0)
    page.get_by_role("button", name="All campaigns").click()
    upload(page, tmp_path / "guests.csv")
    compose(page, 3, campaign="summer")
    expect(outcome).to_have_text(re.compile(r"\s*✓ 3 sent\s*"))
    assert sandbox.inbox()["recipient"].value_counts().eq(1).all()
