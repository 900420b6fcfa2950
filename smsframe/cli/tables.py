"""
Tables as plain text, drawn by rich: no colours, no frames, and no value that is cut.

What is printed is the same in a terminal, a pipe and a file. Where a terminal is too narrow, it wraps the
lines itself, and nothing is left out.
"""

from __future__ import annotations

import io
import os
import shutil
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDEST = 100
"""Columns of a terminal that are used at most, and taken when the output is not a terminal."""

NARROWEST_TEXT = 20
"""Columns that the wrapped column has at least."""

TableRows = list[tuple[str, ...]]


def table(
    rows: Iterable[Sequence[str]], *, head: Sequence[str] = (), right: str = "", indent: int = 2
) -> str:
    """
    Rows in columns, two spaces apart; the last column is wrapped into what is left of the width.

    Args:
        rows: The cells; columns that are empty in all rows are left out.
        head: The names of the columns.
        right: The numbers of the columns that are aligned to the right: ``"02"``.
        indent: Spaces before each line.
    """
    # Loaded here: `smsframe --help` prints no table.
    from rich.console import Console  # noqa: PLC0415 - rich is loaded only when a table is printed
    from rich.padding import Padding  # noqa: PLC0415 - rich is loaded only when a table is printed
    from rich.table import Table  # noqa: PLC0415 - rich is loaded only when a table is printed
    from rich.text import Text  # noqa: PLC0415 - rich is loaded only when a table is printed

    cells = [list(row) for row in rows]
    if not cells:
        return ""
    used = [column for column in range(len(cells[0])) if any(row[column] for row in cells)]
    drawn = Table(box=None, show_header=bool(head), pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for column in used:
        name = Text(head[column] if head else "")
        if str(column) in right:
            drawn.add_column(name, justify="right", no_wrap=True)
        elif column == used[-1]:
            drawn.add_column(name, min_width=NARROWEST_TEXT, overflow="fold")
        else:
            drawn.add_column(name, no_wrap=True)
    for row in cells:
        drawn.add_row(*(Text(row[column]) for column in used))  # `Text`: brackets in a value are no markup
    page = Padding(drawn, (0, 0, 0, indent))
    out = io.StringIO()
    console = Console(
        file=out,
        color_system=None,
        force_terminal=False,
        force_jupyter=False,
        legacy_windows=False,
        width=WIDEST,
    )
    # A narrower page would cut cells: rich shortens what it may not wrap.
    console.width = max(_width(), console.measure(page, options=console.options.update(width=10_000)).minimum)
    console.print(page)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def heading(text: str) -> str:
    """A line that stands out where that is possible; `typer.echo` leaves the codes out of pipes."""
    return text if "NO_COLOR" in os.environ else typer.style(text, bold=True)


def section(title: str, text: str) -> list[str]:
    """A text under its heading, or nothing."""
    return [heading(title), text] if text else []


def _width() -> int:
    return min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST)
