"""
The widgets of the form, labelled and laid out; what they do is said in `form`.

Every control is one of HTML's own with its label, for keyboards and screen readers.
How it looks is in `form.css`.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

import ipywidgets as widgets

from smsframe.form import html
from smsframe.form.draft import Draft, fields, is_code
from smsframe.masking import mask
from smsframe.phones.fast.metadata import regions

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

QUALITIES = [("High", "high"), ("Medium", "medium"), ("Low", "low")]
CHIPS = 12
"""Columns that have a button of their own; the others are typed."""


class Controls:
    """
    The widgets of one form.

    Args:
        contacts: The table: its columns are what can be chosen.
        draft: What the controls hold at the beginning.

    Attributes:
        box: All of them, as it is shown.
        inputs: Those that make up the draft.
        chips: The button of each field.
    """

    def __init__(self, contacts: pd.DataFrame, draft: Draft) -> None:
        self.phone = widgets.Dropdown(
            description="Phone column",
            options=[("Choose a column", None), *((_shown(label), label) for label in contacts.columns)],
            value=draft.phone,
        )
        self.region = widgets.Dropdown(
            description="Country", options=_regions(contacts, draft), value=draft.region
        )
        for chosen in (self.phone, self.region):
            if chosen.value is None:
                chosen.index = 0  # the entry that means none, which would show as nothing otherwise
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
        self.own = widgets.Text(description="Your own number", placeholder="+39 …", continuous_update=False)
        self.test = _button("Send me a test", "Text yourself what the first person would read")
        self.exact = _button("Count every row", "The table is long: until then, the counts are estimates")
        self.fix = _button("Make it cheaper", "Replace characters that make the text dear")
        self.balance = _button("Show balance", "Ask the gateway how many credits are left")
        self.arm = _text("Type the number to arm", "", "")
        self.send = _button("Send", "Text everybody who is ready, once")
        self.stop = _button("Stop", "What is under way is settled, the others stay pending")
        self.resume = _button("Resume", "Go on with this campaign as the journal knows it")
        self.send.add_class("sf-spend")
        self.arm.add_class("sf-arm")
        self.chips = {label: _button(label, f"Insert {{{label}}}") for label in _fields(contacts, draft)}
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
        self.said = {
            name: widgets.HTML()
            for name in (
                *("audience", "text", "campaign", "terms", "schedule", "test", "send"),  # problems
                *("counter", "funnel", "cheaper", "readers", "total", "money", "known", "progress", "card"),
            )
        }
        self.said["test"].value = html.note("It is not saved with the notebook.")
        self.time = _row(self.day, self.at, self.zone)
        self.box = self._laid_out()
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

    def show(self, widget: Any, *, shown: bool) -> None:
        """Show a widget, or take it and its room away."""
        widget.layout.display = None if shown else "none"

    def _laid_out(self) -> Any:
        said = self.said
        self.test.add_class("sf-fixed")
        chips = _classed(widgets.HBox([widgets.HTML(html.note("Insert")), *self.chips.values()]), "sf-chips")
        self.show(chips, shown=bool(self.chips))
        left = _column(
            "sf-left",
            _part("Message", _row(self.campaign, self.sender, self.quality), said["campaign"], said["terms"]),
            _classed(
                widgets.VBox([self.text, chips, said["text"], said["counter"], said["cheaper"], self.fix]),
                "sf-part",
            ),
            _part("When it goes out", self.later, self.time, said["schedule"]),
            _part("Try it on yourself", _row(self.own, self.test), said["test"]),
        )
        right = _column(
            "sf-right",
            _part(
                "Audience",
                _row(self.phone, self.region),
                said["audience"],
                said["funnel"],
                self.exact,
            ),
            _part("What people read", said["readers"]),
        )
        foot = _column(
            "sf-foot",
            said["known"],
            self.resume,
            said["total"],
            _row(self.arm, self.send, self.stop, self.balance),
            said["money"],
            said["send"],
            said["progress"],
        )
        style = widgets.HTML(
            f"<style>{files('smsframe.form').joinpath('form.css').read_text('utf-8')}</style>"
        )
        self.show(style, shown=False)
        return widgets.VBox([style, _classed(widgets.HBox([left, right]), "sf-columns"), foot, said["card"]])


def _text(description: str, value: str, placeholder: str) -> Any:
    return widgets.Text(description=description, value=value, placeholder=placeholder, continuous_update=True)


def _button(description: str, tooltip: str) -> Any:
    return widgets.Button(description=description, tooltip=tooltip)


def _classed(box: Any, *names: str) -> Any:
    for name in names:
        box.add_class(name)
    return box


def _row(*children: Any) -> Any:
    return _classed(widgets.HBox(list(children)), "sf-row")


def _column(name: str, *children: Any) -> Any:
    return _classed(widgets.VBox(list(children)), name)


def _part(title: str, *children: Any) -> Any:
    return _classed(widgets.VBox([widgets.HTML(html.heading(title)), *children]), "sf-part")


def _shown(label: Hashable) -> str:
    """A column's label; of a file without a header it may be somebody's number."""
    return mask(str(label))


def _fields(contacts: pd.DataFrame, draft: Draft) -> list[str]:
    return [label for label in fields(contacts, draft.phone) if _shown(label) == label][:CHIPS]


def _regions(contacts: pd.DataFrame, draft: Draft) -> list[tuple[str, Hashable | None]]:
    """What can be chosen; a column called like a country only if whoever made the form named it."""
    columns = [
        (f"in column {_shown(label)}", label)
        for label in contacts.columns
        if not is_code(label) or (draft.home is None and label == draft.region)
    ]
    codes = [(code, code) for code in sorted(regions())]
    return [("in the number", None), *columns, *codes]
