"""
The command that looks through saved notebooks.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from smsframe.cli.output import clean
from smsframe.cli.tables import heading, table
from smsframe.formatting import many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsframe.scan.notebooks import Finding

LEFT = 1
"""The exit code when something is left."""

EXAMPLES = 3
"""Masked numbers that a line shows as examples."""


def scan(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="NOTEBOOK", help="Saved notebooks.", exists=True, dir_okay=False, show_default=False
        ),
    ],
    *,
    strip: Annotated[
        bool, typer.Option("--strip", help="Take out what was found, but for what you typed yourself.")
    ] = False,
) -> None:
    """
    Find phone numbers and secrets in saved notebooks.

    Ends with 0 when nothing is left, with 1 when something is, with 2 when a file is no notebook.
    """
    from smsframe.scan import notebooks  # noqa: PLC0415 - its patterns take a while to compile

    known = notebooks.secrets()
    left, strippable = 0, 0
    for file in _with_checkpoints(files):
        notebook = notebooks.read(file)
        findings, cleaned = notebooks.search(notebook, known)
        typed = [finding for finding in findings if finding.place == "source"]
        if strip and len(typed) < len(findings):
            notebooks.write(file, cleaned)
        left += len(typed if strip else findings)
        strippable += 0 if strip else len(findings) - len(typed)
        typer.echo(heading(clean(str(file))) + ": " + _outcome(findings, typed, strip=strip))
        if findings:
            typer.echo(_listed(findings))
    if left:
        typer.echo(f"\n{many(left, 'finding')} left. {_advice(typed=not strippable)}", err=True)
        raise typer.Exit(LEFT)


def _with_checkpoints(files: list[Path]) -> list[Path]:
    """The notebooks, each with the copy that Jupyter keeps of it in a hidden folder."""
    pairs = [
        (file, file.parent / ".ipynb_checkpoints" / f"{file.stem}-checkpoint{file.suffix}") for file in files
    ]
    return [path for file, copy in pairs for path in (file, copy) if path is file or copy.is_file()]


def _outcome(findings: Sequence[Finding], typed: Sequence[Finding], *, strip: bool) -> str:
    if not findings:
        return "nothing found"
    stripped = len(findings) - len(typed)
    return f"{stripped:,} taken out, {len(typed):,} left in sources" if strip else f"{len(findings):,} found"


def _listed(findings: Sequence[Finding]) -> str:
    lines: dict[tuple[str, str, str], list[str]] = {}
    for finding in findings:
        cell = "" if finding.cell is None else f"cell {finding.cell}"
        lines.setdefault((cell, finding.place, finding.what), []).append(finding.masked)
    rows = [
        (*where, f"{len(masked):,}", ", ".join(list(dict.fromkeys(masked))[:EXAMPLES]))
        for where, masked in lines.items()
    ]
    return table(rows, right="3")


def _advice(*, typed: bool) -> str:
    if typed:
        return "It is in what you typed, which is yours to change: numbers go into a file, secrets elsewhere."
    return "smsframe scan --strip takes out those of outputs, widgets and metadata."
