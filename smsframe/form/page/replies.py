"""
The replies to a campaign, on its screen: how many mean what, the newest of them, and those to be looked at.

The gateway is asked when somebody clicks, not before. No widget holds a whole number.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe.errors import SmsFrameError
from smsframe.form import html
from smsframe.form.page.files import Download
from smsframe.form.page.html import replies_found, reply_line
from smsframe.form.preview import error_sentence
from smsframe.form.wording import in_form_words
from smsframe.masking import mask

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from smsframe.form.session import FormSession
    from smsframe.form.tasks import SingleFlight

ABOUT = (
    "People who answer nothing but STOP, or another word of opting out, are put on the opt-outs and texted "
    "by no campaign any more. An answer with such a word in a sentence is for you to look at."
)
UNNAMED = (
    "Nobody has named the fields of this gateway's messages, so it is not known who sent them: nobody opts "
    "out by them, and the file has them as they came, of all campaigns. The person who set up smsframe names "
    "the fields in SMSFRAME_REPLY_FIELDS."
)
REVIEWED = 20
"""Replies to be looked at that have a button, the newest first."""


class Replies:
    """
    The part of a campaign's screen that shows its replies.

    Args:
        session: The gateway and the journal.
        campaign: The campaign's name.
        folder: Where the server of the page finds files to be downloaded.
        actions: What is under way on the screen, one of a kind at a time.
    """

    def __init__(
        self, session: FormSession, campaign: str, folder: Path | None, actions: SingleFlight
    ) -> None:
        self._session, self._campaign, self._actions = session, campaign, actions
        self._found: pd.DataFrame | None = None
        self._button = widgets.Button(
            description="Read replies", tooltip="Ask the gateway what people wrote back"
        )
        self._button.on_click(lambda _: self._actions.start("replies", "replies", self._read))
        self._download = Download("Download replies", folder, self._rows)
        self._message, self._shown, self._review = widgets.HTML(), widgets.HTML(), widgets.VBox()
        buttons = widgets.HBox([self._button, self._download.box])
        buttons.add_class("sf-buttons")
        about = widgets.HTML(html.note(ABOUT))
        self.box = widgets.VBox(
            [
                widgets.HTML(html.heading("Replies")),
                about,
                buttons,
                self._message,
                self._shown,
                self._review,
            ]
        )
        self.box.add_class("sf-part")
        self.box.add_class("sf-replies")
        self._download.show(shown=False)

    def show(self, *, shown: bool) -> None:
        """Show the part, or hide it."""
        self.box.layout.display = None if shown else "none"
        self._button.disabled = "replies" in self._actions

    def say(self, message: str) -> None:
        """What went wrong while replies were read; empty when it begins anew."""
        self._message.value = html.problem(message)

    def _read(self) -> None:
        self._message.value = html.note("Asking the gateway …")
        found, notes = self._session.replies(self._campaign)
        named = "meaning" in found.columns
        if not named:
            notes = [UNNAMED] if len(found) else []
        self._found = found
        self._message.value = "".join(html.problem(in_form_words(mask(sentence))) for sentence in notes)
        self._shown.value = replies_found(found) if named or found.empty else ""
        self._show_review(found if named else found.head(0))
        self._download.show(shown=len(found) > 0)

    def _show_review(self, found: pd.DataFrame) -> None:
        """Each reply that is to be looked at, with a button, unless its sender is on the opt-outs already."""
        if found.empty:
            self._review.children = ()
            return
        open_ = found[(found["meaning"].eq("review") & found["sms_phone"].notna()).to_numpy()]
        open_ = open_[~self._session.opted_out(open_["sms_phone"]).to_numpy()]
        newest = open_.iloc[::-1].drop_duplicates("sms_phone").head(REVIEWED)
        lines: list[Any] = [widgets.HTML(html.heading("To look at"))] if len(newest) else []
        for row in newest.to_dict("records"):
            said = widgets.HTML(reply_line({str(name): value for name, value in row.items()}))
            add = widgets.Button(description="Add to the opt-outs", tooltip="No campaign texts them any more")
            line = widgets.HBox([said, add])
            line.add_class("sf-line")
            add.on_click(partial(self._opt_out, str(row["sms_phone"]), line))
            lines.append(line)
        self._review.children = tuple(lines)

    def _opt_out(self, phone: str, line: Any, _: Any) -> None:
        try:
            self._session.opt_out([phone], why="a reply that somebody has looked at", source="reply")
        except (SmsFrameError, ValueError, OSError) as error:
            self._message.value = html.problem(error_sentence(error))
            return
        line.children = (
            line.children[0],
            widgets.HTML(html.note("On the opt-outs now: no campaign texts them any more.")),
        )

    def _rows(self) -> tuple[pd.DataFrame, str]:
        if self._found is None:
            raise ValueError("Read the replies first.")
        return self._found, f"{self._campaign} replies"
