"""
What figures are drawn on: a figure without pyplot, labelled bars, readable ticks.

Without pyplot no global state changes: no window opens, and no figure stays in memory.
"""

from __future__ import annotations

import io
import math
import warnings
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure, FigureBase

INK = "#7a7a7a"
"""As far from white as from the background of dark notebooks: 4.3 to 1 (WCAG 2.1, 1.4.3) from either."""
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400)
"""Seconds between two ticks."""
UNITS = (("days", 86400), ("h", 3600), ("min", 60), ("s", 1))
MOST_TICKS = 7


def show_sentence(axes: Axes, text: str) -> None:
    """Show a sentence instead of a figure."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center")


def plain_axes(part: FigureBase, title: str) -> Axes:
    """The axes of a figure, or of a part of one, that has no others."""
    axes: Axes = part.subplots()
    axes.set_title(title)
    without_frame(axes)
    return axes


def without_frame(axes: Axes) -> None:
    """Only the axis below and that on the left."""
    axes.spines[["top", "right"]].set_visible(False)


def name_bars(
    axes: Axes,
    names: list[str],
    maximum: float,
    unit: str,
    *,
    space_below: float = 0.0,
    space_right: float = 1.2,
) -> None:
    """Name horizontal bars from the top down, with room for their numbers; a single one stays slim."""
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(max(len(names), 4) - 0.4 + space_below, -0.6)
    axes.set_xlim(0, max(maximum, 1) * space_right)
    axes.set_xlabel(unit)
    whole_number_ticks(axes.xaxis)


def label_bar(axes: Axes, end: float, position: float, text: str) -> None:
    """A number at the end of a bar."""
    axes.annotate(text, (end, position), (3, 0), textcoords="offset points", va="center", fontsize="small")


def whole_number_ticks(axis: Axis) -> None:
    """Ticks at whole numbers, with commas."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter  # noqa: PLC0415 - see `figure_class`

    axis.set_major_locator(MaxNLocator(5, integer=True))
    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def duration_ticks(axis: Axis, left: float, right: float) -> None:
    """Ticks at seconds, minutes or hours, as the time between two of them needs."""
    from matplotlib.ticker import FuncFormatter, MultipleLocator  # noqa: PLC0415 - see `figure_class`

    step = next((step for step in STEPS if (right - left) / step <= MOST_TICKS), STEPS[-1])
    if (right - left) / step > MOST_TICKS:
        step *= math.ceil((right - left) / step / MOST_TICKS)
    unit, size = next((unit, size) for unit, size in UNITS if step >= size or unit == "s")
    decimals = 1 if step % size else 0
    axis.set_major_locator(MultipleLocator(step))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / size:.{decimals}f} {unit}"))


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
    There it has no background, and what is black or white otherwise is grey, so that it can be read in light
    and dark notebooks, of which nobody here can know the theme. A style of the user's own is left as it is.
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
            if self.get_facecolor() != (1.0, 1.0, 1.0, 1.0):  # a style of the user's own
                self.savefig(buffer, format="png")
                return buffer.getvalue()
            self.draw_without_rendering()  # now all ticks are there
            with _recoloured(self, "black", INK):
                self.savefig(buffer, format="png", transparent=True)
            return buffer.getvalue()

    return NotebookFigure


@contextmanager
def _recoloured(figure: Figure, before: str, after: str) -> Iterator[None]:
    """Whatever has one colour has another one, until the end of the block."""
    from matplotlib.colors import is_color_like, same_color  # noqa: PLC0415 - see `figure_class`

    changed = []
    for artist in figure.findobj():
        for name in ("color", "edgecolor", "markeredgecolor", "markerfacecolor"):
            read, write = (getattr(artist, f"{verb}_{name}", None) for verb in ("get", "set"))
            if read is None or write is None:
                continue
            colour = read()
            if is_color_like(colour) and same_color(colour, before):  # not one for each of several parts
                write(after)
                changed.append((write, colour))
    try:
        yield
    finally:
        for write, colour in changed:
            write(colour)
