"""
What pictures are drawn on: a figure without pyplot, bars with numbers, ticks that people can read.

Without pyplot nothing global changes: no window opens, and no figure stays in memory.
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


def nothing(axes: Axes, words: str) -> None:
    """Words instead of a picture."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center")


def rows(axes: Axes, names: list[str], most: float, unit: str, below: float = 0.0) -> None:
    """Name horizontal bars from the top down, with room for their numbers; a single one stays slim."""
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(max(len(names), 4) - 0.4 + below, -0.6)
    axes.set_xlim(0, max(most, 1) * 1.2)
    axes.set_xlabel(unit)
    whole(axes.xaxis)


def label(axes: Axes, end: float, place: float, words: str) -> None:
    """A number at the end of a bar."""
    axes.annotate(words, (end, place), (3, 0), textcoords="offset points", va="center", fontsize=7)


def whole(axis: Axis) -> None:
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
    The figure of matplotlib, loaded when the first picture is drawn, that shows itself in a notebook.

    Notebooks know how to show a figure once pyplot was imported. This one shows without it too, never twice.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - a quarter of a second that only pictures need
    except ImportError:
        raise ImportError('pictures need matplotlib: pip install "smsframe[plot]"') from None

    class Picture(Figure):
        def draw(self, renderer: Any) -> None:
            with warnings.catch_warnings():  # a name in a script that the font lacks is drawn as boxes
                warnings.filterwarnings("ignore", "Glyph .* missing from")
                super().draw(renderer)

        def _repr_png_(self) -> bytes:
            drawn = io.BytesIO()
            self.savefig(drawn, format="png")
            return drawn.getvalue()

    return Picture
