"""A form that is opened again finds the run of its campaign, whoever started it, and stops it or goes on."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import pytest
from helpers.background_runs import held, until
from helpers.sending import each_once, posts, statuses, table

import smsframe

TEXT = "Ciao {name}, dinner is at 8."
SENDER = """
import sys, smsframe, pandas as pd
people = pd.read_json(sys.argv[3], dtype=False)
gateway = smsframe.Gateway(sys.argv[1], username="demo", password="demo", journal=sys.argv[2])
smsframe.send(people, sys.argv[4], campaign="autumn", phone="mobile", sender="Ada", gateway=gateway,
    batch_size=1, workers=1, rate=0.001, progress=False)
"""


@contextlib.contextmanager
def sent_elsewhere(sandbox, gateway, contacts, folder):
    """Another process texts these people; the first at once, the next one in a quarter of an hour."""
    contacts.to_json(folder / "people.json")
    command = [
        sys.executable,
        "-c",
        SENDER,
        sandbox.url,
        str(gateway.journal),
        str(folder / "people.json"),
        TEXT,
    ]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as started:
        try:
            until(
                lambda: (
                    posts(sandbox) == 1
                    and statuses(smsframe.results("autumn", gateway=gateway)).get("accepted") == 1
                )
            )
            yield started
        finally:
            started.kill()


def said(form):
    return {name: widget.value for name, widget in form._controls.messages.items()}


def shown(form, name):
    return getattr(form._controls, name).layout.display != "none"


def opened(contacts, gateway, text=""):
    return smsframe.compose(contacts, text, campaign="autumn", gateway=gateway, grace=0.02)


@pytest.mark.parametrize("text", ["", TEXT])
def test_a_run_of_another_process_is_followed_and_stopped_and_gone_on_with(sandbox, gateway, tmp_path, text):
    contacts = table(5)
    with sent_elsewhere(sandbox, gateway, contacts, tmp_path) as process:
        form = opened(contacts, gateway, text)
        until(lambda: "1 of 5" in said(form)["progress"])
        assert shown(form, "stop")
        assert not shown(form, "resume")
        assert form._controls.send.disabled
        assert "another process" not in "".join(said(form).values())
        form._controls.stop.click()
        assert process.wait(30) == 0
        assert form.wait(30)
    assert statuses(form.results) == {"accepted": 1, "pending": 4}
    assert not shown(form, "stop")
    assert form._controls.resume.description.startswith("Continue: text 4 people")
    assert "dinner is at 8" in said(form)["known"]
    assert "Sender Ada" in said(form)["known"]
    form._controls.resume.click()
    assert form.wait(30)
    assert statuses(form.results) == {"accepted": 5}
    assert each_once(sandbox, form.results)


def test_a_killed_process_leaves_what_can_be_resumed(sandbox, gateway, tmp_path):
    contacts = table(3)
    with sent_elsewhere(sandbox, gateway, contacts, tmp_path) as process:
        form = opened(contacts, gateway)
        until(lambda: shown(form, "stop"))
        process.kill()
        assert form.wait(30)
    assert shown(form, "resume")
    assert statuses(form.results) in (
        {"accepted": 1, "pending": 2},
        {"accepted": 1, "pending": 1, "unconfirmed": 1},
    )


def test_a_run_of_this_kernel_is_never_called_another_process(gateway):
    run = held(table(4), gateway, batch_size=1)
    form = opened(table(4), gateway)
    until(lambda: "1 of 4" in said(form)["progress"])
    assert "another process" not in "".join(said(form).values())
    assert "3 being sent now" in said(form)["known"]
    form._controls.stop.click()
    assert statuses(run.wait(30)) == {"accepted": 1, "pending": 3}
    assert form.wait(30)
    assert shown(form, "resume")


def test_a_form_begins_with_the_text_and_the_sender_of_its_campaign(gateway):
    smsframe.send(
        table(2), TEXT, campaign="autumn", phone="mobile", sender="Ada", gateway=gateway, progress=False
    )
    form = opened(table(4), gateway)
    assert form._controls.text.value == TEXT
    assert form._controls.sender.value == "Ada"
    assert form._controls.send.description == "Text 2 people for 2 credits"
    other = opened(table(4), gateway, "Another text")
    assert other._controls.text.value == "Another text"
    assert other._controls.sender.value == "Ada"  # whoever is added gets it from the same sender


def test_a_run_is_not_shown_under_another_campaigns_name_nor_stopped_there(gateway):
    run = held(table(4), gateway, batch_size=1)
    form = opened(table(4), gateway)
    until(lambda: "1 of 4" in said(form)["progress"])
    form._controls.campaign.value = "winter"
    until(lambda: not said(form)["progress"] and not shown(form, "stop"))
    assert form.wait(30)
    assert said(form)["card"] == ""
    form._controls.stop.click()
    assert not run.done
    form._controls.campaign.value = "autumn"
    until(lambda: "1 of 4" in said(form)["progress"])
    run.stop()
    assert statuses(run.wait(30)) == {"accepted": 1, "pending": 3}
    assert form.wait(30)
