"""
The opt-outs of the account, as a screen of the page: how many there are, the list as a file, adding to it.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets as widgets
import pandas as pd

from smsframe.api.optouts import optouts
from smsframe.errors import ContactsError, SmsFrameError
from smsframe.form import html
from smsframe.form.page.files import Download
from smsframe.form.page.html import title
from smsframe.form.preview import error_sentence
from smsframe.form.widgets import countries
from smsframe.form.wording import in_form_words
from smsframe.formatting import many
from smsframe.masking import mask, mask_digits, visible

if TYPE_CHECKING:
    from pathlib import Path

    from smsframe.form.session import FormSession

ABOUT = (
    "People on this list are texted by no campaign of this account. Those who answer STOP are put on it "
    "when replies are read, and those whom the gateway refuses to text for that reason."
)
NAMED = 5
"""Lines that are named, their digits masked; a file has all that cannot be read."""


class _Line(NamedTuple):
    """A line that somebody typed: its place in what was typed, from 1, and why it cannot be read, if so."""

    place: int
    text: str
    reason: str = ""


class OptoutsScreen:
    """
    The opt-outs of the account.

    The lines that were typed are taken out of their field at once, into the memory of Python: a number in a
    widget would be in a notebook that is saved with its widgets.

    Args:
        session: The gateway and the journal.
        folder: Where the server of the page finds files to be downloaded.
    """

    def __init__(self, session: FormSession, folder: Path | None) -> None:
        self._session = session
        self._lines: list[_Line] = []
        self._typed = 0
        self._count, self._message, self._waiting = (widgets.HTML() for _ in range(3))
        self._download = Download("Download the list", folder, self._rows)
        self._numbers = widgets.Textarea(
            description="Numbers to add, one a line", placeholder="+39 …", continuous_update=False
        )
        self._country = widgets.Dropdown(
            description="Country of numbers without +", options=[("in the number", None), *countries()]
        )
        self._country.index = 0
        self._why = widgets.Text(description="Why", placeholder="such as: called us", continuous_update=False)
        self._why.observe(self._look_at_reason, "value")
        self._add = widgets.Button(description="Add to the opt-outs", tooltip="Nobody is texted by this")
        self._add.add_class("sf-fixed")
        self._add.on_click(lambda _: self._put_on())
        self._numbers.observe(self._take, "value")
        self._discard = widgets.Button(description="Discard these lines", tooltip="They are not added")
        self._discard.on_click(lambda _: self._forget())
        self._unread = Download("Download the lines that cannot be read", folder, self._unread_rows)
        row = widgets.HBox([self._country, self._why, self._add])
        row.add_class("sf-row")
        left = widgets.HBox([self._discard, self._unread.box])
        left.add_class("sf-buttons")
        add = widgets.VBox(
            [
                *(widgets.HTML(html.heading("Add numbers")), self._numbers, self._waiting),
                *(row, self._message, left),
            ]
        )
        add.add_class("sf-part")
        about = widgets.HTML(html.note(ABOUT))
        self.box = widgets.VBox(
            [widgets.HTML(title("Opt-outs")), self._count, about, self._download.box, add]
        )
        self.box.add_class("sf-campaign")
        self._update()

    def _update(self) -> None:
        self._count.value = counted(self._session)
        self._download.clear()
        self._show_waiting()

    def _take(self, change: Any) -> None:
        """Take what was typed out of the field."""
        if not change["new"]:
            return
        if not self._lines:
            self._typed = 0
        for text in change["new"].splitlines():
            self._typed += 1
            if text.strip():
                self._lines.append(_Line(self._typed, text.strip()))
        self._message.value, self._numbers.value = "", ""
        self._show_waiting()

    def _look_at_reason(self, change: Any) -> None:
        """A number in the reason leaves the field, as those of the lines do."""
        if mask(change["new"]) != change["new"]:
            self._why.value = ""
            self._message.value = html.problem(
                "A reason is kept and shown as it is typed: leave numbers out of it."
            )

    def _forget(self) -> None:
        self._lines, self._message.value = [], ""
        self._show_waiting()

    def _show_waiting(self) -> None:
        """The lines that were taken and are not on the list yet."""
        new = [line for line in self._lines if not line.reason]
        more = f", and {len(new) - NAMED:,} more" if len(new) > NAMED else ""
        some = ", ".join(_masked(line) for line in new[:NAMED])
        said = f"{many(len(new), 'line')} to be added: {some}{more}." if new else ""
        self._waiting.value = html.note(said)
        self._discard.layout.display = None if self._lines else "none"
        self._unread.show(shown=any(line.reason for line in self._lines))

    def _put_on(self) -> None:
        """Put the numbers on the list that can be read; the other lines are kept, and named with a reason."""
        lines = self._lines
        if not lines:
            self._message.value = html.problem("Type a number, or paste several: one a line.")
            return
        try:
            with warnings.catch_warnings(record=True) as noted:
                warnings.simplefilter("always")
                added, left = self._added(lines)
        except (SmsFrameError, ValueError, OSError) as error:
            self._message.value = html.problem(error_sentence(error))
            return
        self._lines = left
        known = len(lines) - len(left) - added
        listed = f", {known:,} on the list already or twice" if known else ""
        said = html.note(f"{many(added, 'number')} added{listed}.")
        said += "".join(html.note(in_form_words(mask(str(one.message)))) for one in noted)
        if left:
            some = "; ".join(
                f"line {line.place:,}, {_masked(line)}: {in_form_words(line.reason)}" for line in left[:NAMED]
            )
            more = f"; and {len(left) - NAMED:,} more" if len(left) > NAMED else ""
            said += html.problem(
                f"{many(len(left), 'line')} cannot be read as a number, and "
                f"{'is' if len(left) == 1 else 'are'} not on the list: {some}{more}. "
                "Choose the country and add them again, or type each with its + and country code."
            )
        self._message.value = said
        self._update()

    def _added(self, lines: list[_Line]) -> tuple[int, list[_Line]]:
        """How many people were not on the list before, and the lines that cannot be read, with the reason."""
        left: list[_Line] = []
        options: dict[str, Any] = {"why": self._why.value.strip() or None, "region": self._country.value}
        while lines:
            try:
                numbers = [line.text for line in lines]
                return self._session.opt_out(numbers, source="added on the page", **options), left
            except ContactsError as error:
                if error.failures is None or error.failures.empty:
                    raise
                reasons = error.failures["reason"].fillna("not a phone number")
                wrong = dict(zip(map(int, reasons.index), map(str, reasons), strict=True))
                left += [
                    lines[place]._replace(reason=mask(reason)) for place, reason in sorted(wrong.items())
                ]
                lines = [line for place, line in enumerate(lines) if place not in wrong]
        return 0, left

    def _unread_rows(self) -> tuple[pd.DataFrame, str]:
        unread = [line for line in self._lines if line.reason]
        rows = pd.DataFrame(unread, columns=["line", "typed", "reason"])
        return rows.assign(reason=rows["reason"].map(in_form_words)), "lines that cannot be read"

    def _rows(self) -> tuple[pd.DataFrame, str]:
        rows = optouts(gateway=self._session.named_gateway, journal=self._session.journal)
        if rows.empty:
            raise ValueError("Nobody is on the list.")
        return rows, "opt-outs"


def _masked(line: _Line) -> str:
    return f"“{visible(mask_digits(line.text), 40)}”"


def counted(session: FormSession) -> str:
    """How many numbers are on which list, or why that cannot be read."""
    try:
        lists = session.optout_lists()
    except (SmsFrameError, ValueError, OSError) as error:
        return html.problem(error_sentence(error))
    if not lists:
        return html.note("Nobody is on the list.")
    return "".join(
        html.note(f"{many(used.people, 'number')} on the list of {mask(used.account)}.") for used in lists
    )
