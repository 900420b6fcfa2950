"""The page of `smsframe app` without a browser: what somebody reads, clicks, uploads and downloads."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import ipywidgets

import smsframe

TEXT = "Ciao {name}, dinner is at 8."


def every(widget):
    """A widget, and all that it holds."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from every(child)


def reads(page):
    return " ".join(str(part.value) for part in every(page.widget) if isinstance(part, ipywidgets.HTML))


def outcome(page):
    """The one sentence of a campaign's screen."""
    (found,) = [
        part.value for part in every(page.widget) if 'class="sf-outcome"' in str(getattr(part, "value", ""))
    ]
    return re.sub(r"<[^>]+>", " ", found)


def widget_state():
    """What a notebook would keep of every widget that there is, as text; those of other tests are closed."""
    manager = ipywidgets.Widget.get_manager_state()
    return json.dumps(manager, ensure_ascii=False, default=lambda value: bytes(value).decode("latin-1"))


def visible(widget):
    """What is not hidden, itself or with what it is in."""
    if widget.layout.display != "none":
        yield widget
        for child in getattr(widget, "children", ()):
            yield from visible(child)


def button(page, begin):
    """The one button that people see whose label begins so."""
    (found,) = [
        part
        for part in visible(page.widget)
        if isinstance(part, ipywidgets.Button) and part.description.startswith(begin)
    ]
    return found


def buttons(page):
    return [part.description for part in visible(page.widget) if isinstance(part, ipywidgets.Button)]


def upload(page, path, label="Upload a table", content=None):
    (found,) = [
        part
        for part in every(page.widget)
        if isinstance(part, ipywidgets.FileUpload) and part.description == label
    ]
    found.value = (
        {
            "name": path.name,
            "type": "",
            "size": 1,
            "content": memoryview(path.read_bytes() if content is None else content),
            "last_modified": datetime.now(UTC),
        },
    )
    assert found.value == ()


def downloaded(folder):
    """The one file that waits, read as a person's spreadsheet would give it back."""
    (place,) = folder.iterdir()
    (path,) = place.iterdir()
    frame = smsframe.read_contacts(path)
    path.unlink()
    place.rmdir()
    return path.name, frame


def send(page, campaign="autumn", text=TEXT):
    controls = page.form._controls
    form = page.form
    controls.campaign.value, controls.text.value = campaign, text
    controls.phone.value = "mobile"
    assert form.wait(30)
    controls.unlock.value = str(form.plan.recipients)
    controls.send.click()
    assert form.wait(60)


AFTER = {
    "continue": {"scheduled": 4},
    "drop": {"scheduled": 1},
    "cancel": {"cancelled": 1, "pending": 3},
    "refresh": {"scheduled": 1, "pending": 3},
    "correct": {"scheduled": 2, "pending": 3},
}
"""What each action alone leaves of a campaign with one text scheduled and three people waiting."""
