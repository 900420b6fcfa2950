"""
The widgets of the form, labelled and laid out; `form` connects them to what they do.

Every control is a native HTML control with its label, for keyboards and screen readers.
How it looks is in `form.css`.
"""

from __future__ import annotations

from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

import ipywidgets as widgets

from smsframe.form import html
from smsframe.form.draft import Draft, fields, is_code
from smsframe.masking import mask
from smsframe.phones.fast.metadata import regions
from smsframe.phones.region_names import country_name
from smsframe.texts.template import Field

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import date, time

    import pandas as pd

QUALITIES = [("High", "high"), ("Medium", "medium"), ("Low", "low")]
OWN_NUMBER = "It is not saved with the form."
CHIPS_SHOWN = 12
"""Columns that have a button to insert them; the others are typed."""


class Controls:
    """
    The widgets of one form.

    Args:
        contacts: The table: its columns are what can be chosen.
        draft: What the controls hold at the beginning.

    Attributes:
        box: All of them, laid out.
        inputs: Those whose values make up the draft.
        chips: The button that inserts each field.
        messages: What the form says, by the part of the form that shows it.
    """

    def __init__(self, contacts: pd.DataFrame, draft: Draft) -> None:
        self.phone = widgets.Dropdown(
            description="Phone column",
            options=[
                ("Choose a column", None),
                *((_masked_label(label), label) for label in _own(contacts, draft.phone)),
            ],
            value=draft.phone,
        )
        self.region = widgets.Dropdown(
            description="Country", options=_regions(contacts, draft), value=draft.region
        )
        for dropdown in (self.phone, self.region):
            if dropdown.value is None:
                dropdown.index = 0  # the entry for none; without this the control would show nothing
        self.campaign = _text("Campaign name", draft.campaign, "such as autumn")
        self.sender = _text("Sender", draft.sender, "the account's own")
        self.quality = widgets.Dropdown(description="Quality", options=QUALITIES, value=draft.quality)
        self.text = widgets.Textarea(
            description="Text",
            value=draft.text,
            placeholder="Ciao {name}, …",
            continuous_update=True,
        )
        self.later = widgets.RadioButtons(
            options=[("As soon as it is sent", False), ("At a time of your choice", True)],
            value=draft.later,
        )
        self.day = widgets.DatePicker(description="Date", value=draft.day)
        self.at = widgets.TimePicker(description="Time", value=draft.at, step=60)
        self.zone = widgets.Combobox(
            description="Time zone", value=draft.zone, options=sorted(available_timezones())
        )
        self.own_number = widgets.Text(
            description="Your own number", placeholder="+39 …", continuous_update=False
        )
        self.test = _button("Send me a test", "Text yourself what the first person would read")
        self.previous = _button("Previous", "The message before this one, which costs as much or more")
        self.next = _button("Next", "The message after this one, which costs as much or less")
        self.fix = _button("Make it cheaper", "Replace characters that make the text more expensive")
        self.balance = _button("Show balance", "Ask the gateway how many credits are left")
        self.unlock = _text("Type the number to unlock", "", "")
        self.send = _button("Send", "Text everybody who is ready, once")
        self.stop = _button("Stop", "Orders on their way are finished; the others wait")
        self.resume = _button(
            "Continue", "Ask the gateway about what is unconfirmed, then text who is waiting"
        )
        self.cancel = _button("Cancel", "Take scheduled texts back, before their time; it asks once more")
        self.keep = _button("No, leave them scheduled", "Nothing is cancelled")
        self.show(self.keep, shown=False)
        self.send.add_class("sf-spend")
        self.unlock.add_class("sf-unlock")
        self.chips = {label: _button(label, f"Insert {{{label}}}") for label in _fields(contacts, draft)}
        for label, button in self.chips.items():
            button.on_click(partial(self._insert, label))
        self.inputs: tuple[Any, ...] = (
            self.phone,
            self.region,
            self.campaign,
            self.sender,
            self.quality,
            self.text,
            self.later,
            self.day,
            self.at,
            self.zone,
        )
        self.messages = {
            name: widgets.HTML()
            for name in (
                *("audience", "text", "campaign", "terms", "schedule", "test", "send"),  # problems
                *("counter", "funnel", "cheaper", "readers", "total", "money", "known", "progress", "card"),
                "unlock",
            )
        }
        self.messages["test"].value = html.note(OWN_NUMBER)
        self.time = _row(self.day, self.at, self.zone)
        self.known_actions = _row(self.resume, self.cancel, self.keep)
        self.steps = _with_classes(widgets.HBox([self.previous, self.next]), "sf-steps")
        self.box = self._layout()
        self.box.add_class("smsframe-form")

    def draft(self, *, fix: bool) -> Draft:
        """What the controls hold now."""
        return Draft(
            text=self.text.value,
            campaign=self.campaign.value,
            phone=self.phone.value,
            region=self.region.value,
            sender=self.sender.value.strip(),
            quality=self.quality.value,
            fix=fix,
            later=self.later.value,
            day=self.day.value,
            at=self.at.value,
            zone=self.zone.value,
        )

    def set_time(self, later: bool, day: date | None, at: time | None, zone: str) -> None:  # noqa: FBT001 - as in `Draft`
        """Set when it goes out."""
        self.day.value, self.at.value, self.zone.value, self.later.value = day, at, zone, later

    def show(self, widget: Any, *, shown: bool) -> None:
        """Show a widget, or hide it without leaving a gap."""
        widget.layout.display = None if shown else "none"

    def _insert(self, label: str, _: Any) -> None:
        space = " " if self.text.value and not self.text.value[-1].isspace() else ""
        self.text.value += f"{space}{Field(label).written()}"

    def _layout(self) -> Any:
        messages = self.messages
        self.test.add_class("sf-fixed")
        chips = _with_classes(
            widgets.HBox([widgets.HTML(html.note("Insert")), *self.chips.values()]), "sf-chips"
        )
        self.show(chips, shown=bool(self.chips))
        left = _column(
            "sf-left",
            _section(
                "Message",
                _row(self.campaign, self.sender, self.quality),
                messages["campaign"],
                messages["terms"],
            ),
            _with_classes(
                widgets.VBox(
                    [self.text, chips, messages["text"], messages["counter"], messages["cheaper"], self.fix]
                ),
                "sf-part",
            ),
            _section("When it goes out", self.later, self.time, messages["schedule"]),
            _with_classes(
                _section("Try it on yourself", _row(self.own_number, self.test), messages["test"]), "sf-test"
            ),
        )
        right = _column(
            "sf-right",
            _section("What people read", messages["readers"], self.steps),
            _section(
                "Audience",
                _row(self.phone, self.region),
                messages["audience"],
                messages["funnel"],
            ),
        )
        footer = _column(
            "sf-foot",
            messages["known"],
            self.known_actions,
            messages["total"],
            _row(self.unlock, self.send, self.stop, self.balance),
            messages["unlock"],
            messages["money"],
            messages["send"],
            messages["progress"],
        )
        style = widgets.HTML(
            f"<style>{files('smsframe.form').joinpath('form.css').read_text('utf-8')}</style>"
        )
        self.show(style, shown=False)
        return widgets.VBox(
            [style, _with_classes(widgets.HBox([left, right]), "sf-columns"), footer, messages["card"]]
        )


def _text(description: str, value: str, placeholder: str) -> Any:
    return widgets.Text(description=description, value=value, placeholder=placeholder, continuous_update=True)


def _button(description: str, tooltip: str) -> Any:
    return widgets.Button(description=description, tooltip=tooltip)


def _with_classes(box: Any, *names: str) -> Any:
    for name in names:
        box.add_class(name)
    return box


def _row(*children: Any) -> Any:
    return _with_classes(widgets.HBox(list(children)), "sf-row")


def _column(name: str, *children: Any) -> Any:
    return _with_classes(widgets.VBox(list(children)), name)


def _section(title: str, *children: Any) -> Any:
    return _with_classes(widgets.VBox([widgets.HTML(html.heading(title)), *children]), "sf-part")


def _masked_label(label: Hashable) -> str:
    """A column's label, masked: in a file without a header it may be somebody's number."""
    return mask(str(label))


def _own(contacts: pd.DataFrame, chosen: Hashable | None) -> list[Hashable]:
    """The columns without those that smsframe added, but for the one that was chosen by the caller."""
    return [label for label in contacts.columns if not str(label).startswith("sms_") or label == chosen]


def _fields(contacts: pd.DataFrame, draft: Draft) -> list[str]:
    return [label for label in fields(contacts, draft.phone) if _masked_label(label) == label][:CHIPS_SHOWN]


def _regions(contacts: pd.DataFrame, draft: Draft) -> list[tuple[str, Hashable | None]]:
    """The options of the country; a column called like a country code only where the caller chose it."""
    columns = [
        (f"in column {_masked_label(label)}", label)
        for label in _own(contacts, draft.region)
        if not is_code(label) or (draft.country is None and label == draft.region)
    ]
    return [("in the number", None), *columns, *countries()]


def countries() -> list[tuple[str, str]]:
    """The countries that can be chosen, each with its code."""
    return sorted((f"{country_name(code)} ({code})", code) for code in regions())
