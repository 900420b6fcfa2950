"""
Facts as plain text for a terminal: aligned, narrow, masked, the same when piped into a file.

What `cards` is to a notebook. Every value that comes out of somebody's table is shown on one line, without
control characters, so that a hostile name cannot write on the screen; numbers are masked.
"""

from __future__ import annotations

import os
import re
import shutil
import textwrap
from typing import TYPE_CHECKING, Any

import typer
from rich.cells import cell_len, set_cell_size

import smsframe
from smsframe.formatting import many
from smsframe.masking import mask

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    import pandas as pd

WIDEST = 100
"""Columns of a terminal that are used at most, and taken when the output is not a terminal."""

NARROWEST = 60
"""Below, lines are left to the terminal to wrap."""

JOINER = "\u200d"
"""Invisible, and part of many emoji: the one such character that is shown as it is."""

BOUND = "\u00a0"
"""A space at which `table` does not break the line; shown as any other."""

DIGITS = re.compile(r"\d")
SHOWN = 2
"""Digits of a number left at each end, as `smsframe.masking.mask` does."""

Table = list[tuple[str, ...]]


def heading(text: str) -> str:
    """A line that stands out where that is possible; `typer.echo` leaves the codes out of pipes."""
    return text if "NO_COLOR" in os.environ else typer.style(text, bold=True)


def clean(value: object, most: int | None = None) -> str:
    """A value on one line, printable, and cut to ``most`` columns."""
    line = "".join(
        sign if sign.isprintable() or sign == JOINER else "\ufffd" for sign in " ".join(str(value).split())
    )
    return line if most is None or cell_len(line) <= most else set_cell_size(line, most - 1).rstrip() + "…"


def hide(cell: str) -> str:
    """
    A cell of a phone column with its shape left and its digits hidden, however they are written.

    `smsframe.masking.mask` finds what looks like a number in a sentence; here the whole cell is one, also
    when letters or invisible characters stand between its digits.

    Example:
        >>> hide("0171 392-00 08")
        '01•• •••-•• 08'
    """
    text = clean(cell)
    places = [found.start() for found in DIGITS.finditer(text)]
    hidden = set(places[SHOWN:-SHOWN])
    return "".join("•" if place in hidden else sign for place, sign in enumerate(text))


def table(
    rows: Iterable[Sequence[str]], *, head: Sequence[str] = (), right: str = "", indent: int = 2
) -> str:
    """
    Rows in columns, two spaces apart; the last column is wrapped into what is left of the width.

    Args:
        rows: The cells; empty columns are left out.
        head: The names of the columns.
        right: The numbers of the columns that are aligned to the right: ``"02"``.
        indent: Spaces before each line.
    """
    body = [list(row) for row in rows]
    used = [place for place in range(len(body[0])) if any(row[place] for row in body)] if body else []
    lines = [[row[place] for place in used] for row in ([list(head)] if head else []) + body]
    widths = [max(cell_len(line[column]) for line in lines) for column in range(len(used))]
    room = max(_width() - indent - sum(widths[:-1]) - 2 * (len(used) - 1), 20)
    out = []
    for line in lines:
        cells = [
            pad + cell if str(place) in right else cell + pad
            for place, cell, width in zip(used, line, widths, strict=True)
            for pad in [" " * (width - cell_len(cell))]
        ]
        start = " " * indent + "".join(cell + "  " for cell in cells[:-1])
        last = cells[-1] if str(used[-1]) in right else line[-1]
        first, *more = [last] if cell_len(last) <= room else textwrap.wrap(last, room)
        out.append((start + first).rstrip())
        out += [" " * cell_len(start) + rest for rest in more]
    return "\n".join(out).replace(BOUND, " ")


def plan_text(plan: smsframe.Plan, *, limit: int = 20) -> str:
    """A plan: for how much, what, and why not the others."""
    facts = plan.facts()
    return "\n\n".join(
        [
            heading(f"Plan: {clean(facts['campaign'] or 'without a campaign name')}"),
            table([(f"Text {people(facts['recipients'])} for {many(facts['credits'], 'credit')}",)]),
            plan_facts(plan),
            table(_texts(facts)) if facts["examples"] else "  There is nobody to text now.",
            *titled("Who is not texted, and why", why(plan.frame, plan.phone, limit=limit)),
        ]
    )


def plan_facts(plan: smsframe.Plan) -> str:
    """What a plan comes to, a fact a line."""
    facts = plan.facts()
    guessed = ", which smsframe guessed" if facts["phone_guessed"] else ""
    return table(
        [
            (name, value)
            for name, value in (
                ("rows", f"{facts['rows']:,}, with numbers in {clean(facts['phone'])}{guessed}"),
                ("orders", f"{facts['batches']:,} of type {facts['message_type']}"),
                ("segments", f"{facts['segments']:,}, at one credit each"),
                ("encoding", ", ".join(f"{count:,} {name}" for name, count in facts["encodings"].items())),
                ("ucs2 because of", characters(facts["ucs2"])),
                ("cheaper", saving(facts["cheaper"])),
                ("replaced", replaced(facts["fixed"])),
                ("have an outcome already", people(facts["already"]) if facts["already"] else ""),
                ("sender", facts["sender"] or ""),
                ("goes out", facts["schedule"] or ""),
                ("repaired", ", ".join(f"{count:,} {name}" for name, count in facts["repairs"].items())),
            )
            if value
        ]
    )


def summary_text(frame: pd.DataFrame, *, phone: Hashable | None = None, limit: int = 20) -> str:
    """What became of the rows: how many got where, what it cost, and why."""
    summary = smsframe.summary(frame)
    facts = summary.facts()
    total = [(f"{facts['rows']:,}", "rows in all")] if len(summary.statuses) != 1 else []
    counts = [(f"{count:,}", status) for status, count in facts["statuses"].items()]
    parts = [
        heading(f"Campaign: {clean(facts['campaign'] or 'nobody was texted')}"),
        table([*counts, *total], right="0"),
    ]
    if facts["orders"]:
        unknown = (
            f", not known for {many(facts['credits_unknown'], 'row')}" if facts["credits_unknown"] else ""
        )
        cost = f"{many(facts['segments'], 'segment')}, {many(facts['credits'], 'credit')} charged{unknown}"
        facts_told = [("orders", f"{facts['orders']:,}"), ("cost", cost)]
        if facts["deliveries"]:
            states = ", ".join(
                f"{count:,}{BOUND}{clean(code)}" for code, count in facts["deliveries"].items()
            )
            facts_told.append(("delivery", states))
        parts.append(table(facts_told))
    return "\n\n".join([*parts, *titled("Why", why(frame, phone, limit=limit))])


def titled(title: str, text: str) -> list[str]:
    """A text under its heading, or nothing."""
    return [heading(title), text] if text else []


def why(frame: pd.DataFrame, phone: Hashable | None = None, *, limit: int = 20) -> str:
    """The reasons in a frame with result columns, the most frequent first, each with its first row."""
    told = smsframe.summary(frame).reasons
    if told.empty or not limit:
        return ""
    cells = None if phone is None else frame[phone].astype("string").fillna("")
    rows: Table = []
    for code, reason, status, count in zip(
        told["code"], told["reason"], told["status"], told["rows"], strict=True
    ):
        if len(rows) == limit:
            break
        place = int((frame["sms_code"].eq(code) & frame["sms_reason"].eq(reason)).to_numpy().argmax())
        first, cell = ("", "") if cells is None else (f"{place + 1:,}", hide(cells.iloc[place]))
        rows.append((f"{count:,}", status, first, clean(cell, 24), mask(clean(reason))))
    left = int(told["rows"].sum()) - int(told["rows"].head(limit).sum())
    if left:
        rows.append((f"{left:,}", "", "", "", f"for {many(len(told) - limit, 'other reason')}"))
    return table(rows, head=("rows", "status", "first row", "number", "reason"), right="02")


def counted(counts: pd.Series[int]) -> str:
    """Counts, one a line."""
    return table([(f"{count:,}", str(name)) for name, count in counts.items()], right="0")


def people(count: int) -> str:
    """So many people."""
    return many(count, "person", "people")


def characters(counts: dict[str, int]) -> str:
    """Characters with how many texts have each; those that cannot be seen by their code."""
    return ", ".join(
        f"{sign if sign.isprintable() else f'U+{ord(sign[0]):04X}'} in {count:,}"
        for sign, count in counts.items()
    )


def saving(credit: int) -> str:
    """What would make the texts cheaper, and by how much."""
    return f"--text-fix gsm would save {many(credit, 'credit')}" if credit else ""


def replaced(fixed: dict[str, Any] | None) -> str:
    """The replacements that ``--text-fix`` made, the dearest first."""
    if fixed is None:
        return ""
    listed = [
        f"{characters({row['before']: row['rows']})} by {clean(row['after']) or 'nothing'}"
        + (f" ({clean(row['field'])})" if row["field"] else "")
        for row in fixed["replacements"]
    ]
    return f"{', '.join(listed) or 'nothing'}; {many(fixed['saved'], 'credit')} saved"


def _texts(facts: dict[str, Any]) -> Table:
    shown = [("for example", text) for text in facts["examples"]]
    shown.append(("most expensive", facts["dearest"]))
    once = {text: name for name, text in reversed(shown)}
    return [(name, clean(text, 400)) for text, name in reversed(once.items())]


def _width() -> int:
    return min(max(shutil.get_terminal_size((WIDEST, 24)).columns, NARROWEST), WIDEST)
