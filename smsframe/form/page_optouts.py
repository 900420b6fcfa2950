"""
The opt-outs of the account, as a screen of the page: how many there are, the list as a file, adding to it.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe.api.optouts import optouts
from smsframe.errors import ContactsError, SmsFrameError
from smsframe.form import html
from smsframe.form.page_files import Download
from smsframe.form.page_html import title
from smsframe.form.preview import error_sentence
from smsframe.form.widgets import countries
from smsframe.form.wording import in_form_words
from smsframe.formatting import many
from smsframe.masking import mask, visible

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from smsframe.form.session import FormSession

ABOUT = (
    "People on this list are texted by no campaign of this account. Those who answer STOP are put on it "
    "when replies are read, and those whom the gateway refuses to text for that reason."
)
NAMED = 3
"""Lines that cannot be read and are named in the message; all of them stay in the field."""


class OptoutsScreen:
    """
    The opt-outs of the account.

    Args:
        session: The gateway and the journal.
        folder: Where the server of the page finds files to be downloaded.
    """

    def __init__(self, session: FormSession, folder: Path | None) -> None:
        self._session = session
        self._count, self._message = widgets.HTML(), widgets.HTML()
        self._download = Download("Download the list", folder, self._rows)
        self._numbers = widgets.Textarea(
            description="Numbers to add, one a line", placeholder="+39 …", continuous_update=False
        )
        self._country = widgets.Dropdown(
            description="Country of numbers without +", options=[("in the number", None), *countries()]
        )
        self._country.index = 0
        self._why = widgets.Text(description="Why", placeholder="such as: called us")
        self._add = widgets.Button(description="Add to the opt-outs", tooltip="Nobody is texted by this")
        self._add.add_class("sf-fixed")
        self._add.on_click(lambda _: self._put_on())
        row = widgets.HBox([self._country, self._why, self._add])
        row.add_class("sf-row")
        add = widgets.VBox([widgets.HTML(html.heading("Add numbers")), self._numbers, row, self._message])
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

    def _put_on(self) -> None:
        """
        Put the numbers on the list that can be read; the other lines stay in the field.

        A number that was read is in no widget any more.
        """
        lines = [line.strip() for line in self._numbers.value.splitlines() if line.strip()]
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
        self._numbers.value = "\n".join(left)
        known = len(lines) - len(left) - added
        listed = f", {known:,} on the list already or twice" if known else ""
        said = html.note(f"{many(added, 'number')} added{listed}.")
        said += "".join(html.note(in_form_words(mask(str(one.message)))) for one in noted)
        if left:
            some = ", ".join(f"“{visible(mask(line), 40)}”" for line in left[:NAMED])
            more = f" and {len(left) - NAMED:,} more" if len(left) > NAMED else ""
            said += html.problem(
                f"{many(len(left), 'line')} cannot be read as a number, and "
                f"{'is' if len(left) == 1 else 'are'} not on the list: {some}{more}. "
                "Write each with its + and country code, or choose the country."
            )
        self._message.value = said
        self._update()

    def _added(self, lines: list[str]) -> tuple[int, list[str]]:
        """How many people were not on the list before, and the lines that cannot be read."""
        left: list[str] = []
        options: dict[str, Any] = {"why": self._why.value.strip() or None, "region": self._country.value}
        while lines:
            try:
                return self._session.opt_out(lines, source="added on the page", **options), left
            except ContactsError as error:
                if error.failures is None or error.failures.empty:
                    raise
                wrong = {int(place) for place in error.failures.index}
                left += [lines[place] for place in sorted(wrong)]
                lines = [line for place, line in enumerate(lines) if place not in wrong]
        return 0, left

    def _rows(self) -> tuple[pd.DataFrame, str]:
        rows = optouts(gateway=self._session.named_gateway, journal=self._session.journal)
        if rows.empty:
            raise ValueError("Nobody is on the list.")
        return rows, "opt-outs"


def counted(session: FormSession) -> str:
    """How many numbers are on which list, or why that cannot be read."""
    try:
        lists = session.optout_lists()
    except (SmsFrameError, ValueError, OSError) as error:
        return html.problem(error_sentence(error))
    if not lists:
        return html.note("Nobody is on the list.")
    return "".join(
        html.note(f"{many(used.people, 'number')} on the list of {mask(used.account)} at {used.base_url}.")
        for used in lists
    )
