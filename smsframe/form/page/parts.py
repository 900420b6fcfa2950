"""
What the screens of the page are made of: buttons, rows of buttons, and parts with a frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

if TYPE_CHECKING:
    from collections.abc import Callable


def button(description: str, clicked: Callable[[], None], tooltip: str = "") -> Any:
    """A button that does something."""
    made = widgets.Button(description=description, tooltip=tooltip)
    made.on_click(lambda _: clicked())
    return made


def row(*children: Any) -> Any:
    """Buttons beside each other."""
    made = widgets.HBox(list(children))
    made.add_class("sf-buttons")
    return made


def part(*children: Any) -> Any:
    """A part of a screen, in its frame."""
    made = widgets.VBox(list(children))
    made.add_class("sf-part")
    return made
