"""
Where progress is drawn: a widget in a notebook, a bar in a terminal, now and then a line in a log.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

from smsframe.display.progress_stats import progress_text

if TYPE_CHECKING:
    from collections.abc import Mapping


class ProgressRenderer(Protocol):
    """
    Shows facts, as `smsframe.display.progress_stats.ProgressStats` gives them.

    Attributes:
        every: Seconds from one drawing to the next at least.
    """

    every: float

    def draw(self, facts: Mapping[str, Any]) -> None:
        """Show them."""

    def close(self, facts: Mapping[str, Any]) -> None:
        """Show them for the last time."""


def renderer_for(doing: str, unit: str, facts: Mapping[str, Any]) -> ProgressRenderer:
    """The renderer for a notebook, a terminal, or a log."""
    if in_notebook():
        try:
            return Widget(doing, unit, facts)
        except ImportError:  # ipywidgets is not installed, or not in a version that fits IPython
            return Line(doing, unit, facts)
    return Line(doing, unit, facts) if _terminal() else Log(doing, unit)


def in_notebook() -> bool:
    """Whether a notebook's kernel runs this."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


def _terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


class Line:
    """A bar on one line of a terminal, drawn by tqdm."""

    every = 0.1

    def __init__(self, doing: str, unit: str, facts: Mapping[str, Any]) -> None:
        from tqdm import tqdm  # noqa: PLC0415 - a tenth of a second that only a bar needs

        self._unit = unit
        # The name is somebody's own, and must not be read as a format; what follows it has words only.
        self._bar = tqdm(desc=doing, total=facts["recipients"], bar_format=self._format(facts))

    def draw(self, facts: Mapping[str, Any]) -> None:
        """Show them."""
        self._bar.bar_format = self._format(facts)
        self._bar.total = facts["recipients"]
        self._bar.n = facts["recipients"] - facts["pending"]
        self._bar.refresh()

    def close(self, facts: Mapping[str, Any]) -> None:
        """Show them for the last time."""
        self.draw(facts)
        self._bar.close()

    def _format(self, facts: Mapping[str, Any]) -> str:
        return "{desc}: {percentage:3.0f}%|{bar}| " + progress_text(facts, self._unit)


class Log:
    """A line a minute, and one at the end: no library draws bars for files, where no line is drawn over."""

    every = 60.0

    def __init__(self, doing: str, unit: str) -> None:
        self._doing, self._unit = doing, unit

    def draw(self, facts: Mapping[str, Any]) -> None:
        """Show them."""
        print(f"smsframe: {self._doing}: {progress_text(facts, self._unit)}", file=sys.stderr, flush=True)  # noqa: T201 - what it is for

    close = draw


class Widget:
    """
    A live bar in a notebook, which goes on while other cells run, from whichever thread.

    Made of ipywidgets by hand: tqdm's bar for notebooks is red for whatever ends below its total, but people
    who are pending are no failure, and it has one line for the name, the bar and the counts.
    """

    every = 0.2

    def __init__(self, doing: str, unit: str, facts: Mapping[str, Any]) -> None:
        import ipywidgets as widgets  # noqa: PLC0415 - a quarter of a second that only a notebook needs
        from IPython.display import display  # noqa: PLC0415 - only in a notebook

        self._doing, self._unit = doing, unit
        # Labels show text, so that a hostile name is only a name.
        self._head = widgets.Label(doing)
        self._bar = widgets.IntProgress(
            layout=widgets.Layout(width="100%", margin="0"), tooltip=doing, bar_style="info"
        )
        self._words = widgets.Label(style={"font_variant": "tabular-nums"})
        box = widgets.VBox(
            [self._head, self._bar, self._words], layout=widgets.Layout(max_width="52rem", overflow="hidden")
        )
        box.add_class("smsframe-progress")
        self.draw(facts)
        display(box)  # type: ignore[no-untyped-call]  # IPython is not typed

    def draw(self, facts: Mapping[str, Any]) -> None:
        """Show them."""
        self._bar.max = max(facts["recipients"], 1)
        self._bar.value = facts["recipients"] - facts["pending"]
        self._words.value = progress_text(facts, self._unit)

    def close(self, facts: Mapping[str, Any]) -> None:
        """Show them for the last time."""
        self.draw(facts)
        self._bar.bar_style = "warning" if facts["pending"] or facts["unconfirmed"] else "success"
