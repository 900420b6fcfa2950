"""
What figures are drawn on: a figure without pyplot, labelled bars, readable ticks.

Without pyplot no global state changes: no window opens, and no figure stays in memory.
"""

from __future__ import annotations

import io
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure


def show_sentence(axes: Axes, text: str) -> None:
    """Show a sentence instead of a figure."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center")


def name_bars(axes: Axes, names: list[str], maximum: float, unit: str, space_below: float = 0.0) -> None:
    """Name horizontal bars from the top down, with room for their numbers; a single one stays slim."""
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(max(len(names), 4) - 0.4 + space_below, -0.6)
    axes.set_xlim(0, max(maximum, 1) * 1.2)
    axes.set_xlabel(unit)
    whole_number_ticks(axes.xaxis)


def label_bar(axes: Axes, end: float, position: float, text: str) -> None:
    """A number at the end of a bar."""
    axes.annotate(text, (end, position), (3, 0), textcoords="offset points", va="center", fontsize=7)


def whole_number_ticks(axis: Axis) -> None:
    """Ticks at whole numbers, with commas."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter  # noqa: PLC0415 - see `figure_class`

    axis.set_major_locator(MaxNLocator(5, integer=True))
    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def time_zone(tz: str) -> ZoneInfo:
    """The time zone of that name."""
    try:
        return ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise ValueError(f"tz={tz!r} is no time zone; one is 'Europe/Rome'") from None


@cache
def figure_class() -> type[Figure]:
    """
    The figure of matplotlib, loaded when the first one is drawn, which shows itself in a notebook.

    Notebooks show figures once pyplot was imported. This one is shown without pyplot too, and never twice.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - a quarter of a second that only figures need
    except ImportError:
        raise ImportError('figures need matplotlib: pip install "smsframe[plot]"') from None

    class NotebookFigure(Figure):
        def draw(self, renderer: Any) -> None:
            with warnings.catch_warnings():  # a name in a script that the font lacks is drawn as boxes
                warnings.filterwarnings("ignore", "Glyph .* missing from")
                super().draw(renderer)

        def _repr_png_(self) -> bytes:
            buffer = io.BytesIO()
            self.savefig(buffer, format="png")
            return buffer.getvalue()

    return NotebookFigure
