"""
The campaigns of the journal as a list, each of which opens at a click.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe.api.results import campaigns
from smsframe.form import html
from smsframe.form.page.html import campaign_line, title
from smsframe.form.page.parts import button, part
from smsframe.masking import shown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from smsframe.form.session import FormSession

LISTED = 50
"""Campaigns in the list, the newest first."""


def campaign_list(session: FormSession, live: Container[str], opened: Callable[[str], None]) -> Any:
    """
    The list.

    Args:
        session: The journal.
        live: The names of those that somebody is at work on.
        opened: Called with the name of the one that is clicked.

    Raises:
        JournalError: It cannot be read.
    """
    rows = campaigns(journal=session.journal)
    lines = []
    for row in rows.iloc[::-1].head(LISTED).to_dict("records"):
        name = str(row["campaign"])
        opens = button(shown_name(name), partial(opened, name))
        opens.add_class("sf-open")
        facts = {str(label): value for label, value in row.items()}
        line = widgets.HBox([opens, widgets.HTML(campaign_line(facts, live=name in live))])
        line.add_class("sf-line")
        lines.append(line)
    if not lines:
        lines = [widgets.HTML(html.note("None yet."))]
    elif len(rows) > LISTED:
        lines.append(widgets.HTML(html.note(f"The newest {LISTED} of {len(rows):,}.")))
    return part(widgets.HTML(title("Campaigns")), *lines)
