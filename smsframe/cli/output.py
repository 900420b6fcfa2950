"""
Plans, results and reasons as plain text for a terminal, with masked numbers; the same when piped into a file.

What `outcomes.cards` is to a notebook. Every value that comes out of somebody's table is shown on one line,
without control characters, so that a hostile name cannot write on the screen; numbers are masked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.cells import cell_len, set_cell_size

import smsframe
from smsframe.cli.tables import heading, section, table
from smsframe.cli.wording import in_terminal_words
from smsframe.contacts.file_rows import file_rows
from smsframe.formatting import many
from smsframe.masking import mask, mask_digits
from smsframe.orders.profile import known_codes
from smsframe.outcomes.cards import RAMP
from smsframe.outcomes.reasons import without_numbers

if TYPE_CHECKING:
    from collections.abc import Hashable

    from smsframe.cli.tables import TableRows

JOINER = "\u200d"
"""Invisible, and part of many emoji: the one such character that is shown as it is."""

LONGEST_CELL, LONGEST_TEXT = 100, 400
"""Columns that are shown of a cell of a table, which may hold anything, and of a text."""


def clean(value: object, most: int | None = None) -> str:
    """A value on one line, printable, and cut to ``most`` columns."""
    line = "".join(
        character if character.isprintable() or character == JOINER else "\ufffd"
        for character in " ".join(str(value).split())
    )
    return line if most is None or cell_len(line) <= most else set_cell_size(line, most - 1).rstrip() + "…"


def plan_text(plan: smsframe.Plan, *, limit: int = 20) -> str:
    """A plan: for how much, what, and why not the others."""
    facts = plan.facts()
    return "\n\n".join(
        [
            heading(f"Plan: {clean(facts['campaign'] or 'without a campaign name')}"),
            table([(f"Text {people(facts['recipients'])} for {many(facts['credits'], 'credit')}",)]),
            plan_facts(plan),
            table(_message_rows(facts)) if facts["examples"] else "  There is nobody to text now.",
            *section(
                "Who is not texted, and why",
                reasons_text(smsframe.summary(plan.frame), plan.frame, plan.phone, limit=limit),
            ),
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
                ("no country", "; ".join(map(clean, facts["unknown_regions"]))),
                ("missing + supplied to", many(facts["completed"], "number") if facts["completed"] else ""),
                ("orders", f"{facts['batches']:,} of type {facts['message_type']}"),
                ("segments", f"{facts['segments']:,}, at one credit each"),
                ("encoding", ", ".join(f"{count:,} {name}" for name, count in facts["encodings"].items())),
                ("ucs2 because of", characters_text(facts["ucs2"])),
                ("cheaper", savings_text(facts["cheaper"])),
                ("replaced", replacements_text(facts["fixed"])),
                ("have an outcome already", people(facts["already"]) if facts["already"] else ""),
                ("sender", facts["sender"] or ""),
                ("variants", _said(facts["experiment"]["said"])),
                *(
                    (name.lower(), _said([fact]))
                    for name, fact in zip(RAMP, facts["ramp"]["said"], strict=False)
                ),
                ("goes out", facts["schedule"] or ""),
                ("hours", facts["hours"] or ""),
                ("when", "" if facts["schedule"] else "; ".join(facts["times"]["said"])),
                ("night", facts["times"]["night"]),
                ("opt-outs", _said(facts["optouts"])),
                ("house rules", _said(facts["rules"])),
                ("cost", "; ".join(facts["costs"]["said"])),
                ("personal data", facts["privacy"]),
                ("balance", facts["balance"]),
                ("repaired", ", ".join(f"{count:,} {name}" for name, count in facts["repairs"].items())),
            )
            if value
        ]
    )


def summary_text(
    frame: pd.DataFrame, *, phone: Hashable | None = None, limit: int = 20, shown_reasons: str = ""
) -> str:
    """
    What became of the rows: how many got where, what it cost, and why.

    ``shown_reasons``: a table of reasons that was printed before, and is not printed twice.
    """
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
        charged = f"{many(facts['credits'], 'credit')} charged{unknown}{facts['credits_note']}"
        cost = f"{many(facts['segments'], 'segment')}, {charged}"
        rows = [("orders", f"{facts['orders']:,}"), ("cost", cost)]
        states = [f"{count:,} {_delivery(clean(code))}" for code, count in facts["deliveries"].items()]
        rows += [("" if row else "delivery", state) for row, state in enumerate(states)]
        parts.append(table(rows))
    why = reasons_text(summary, frame, phone, limit=limit)
    return "\n\n".join([*parts, *section("Why", "" if why == shown_reasons else why)])


def _delivery(code: str) -> str:
    """A delivery code with what it means, where that is known."""
    known = known_codes().get(code)
    return f"{code}: {known.meaning}" if known else code


def reasons_text(
    summary: smsframe.Summary, frame: pd.DataFrame, phone: Hashable | None = None, *, limit: int = 20
) -> str:
    """
    The reasons in a frame with result columns, the most frequent first, each with its first row.

    Rows are numbered as a spreadsheet shows their file, where that is known.

    Args:
        summary: The summary of the frame.
        frame: The frame.
        phone: Its phone column, whose first cell of each reason is shown, masked.
        limit: So many reasons at most; the others are counted together.
    """
    reasons = summary.reasons
    if reasons.empty or not limit:
        return ""
    cells = None if phone is None else frame[phone].astype("string").fillna("")
    texts, places = without_numbers(frame["sms_reason"]), file_rows(frame)
    rows: TableRows = []
    for row in reasons.head(limit).to_dict("records"):  # so many lines, however long the table is
        first, cell = "", ""
        if cells is not None:
            same = frame["sms_status"].eq(row["status"]) & frame["sms_code"].eq(row["code"])
            same &= texts.eq(row["reason"])
            position = int(same.to_numpy(dtype=bool, na_value=False).argmax())
            place = places.iloc[position]
            first = f"{position + 1 if pd.isna(place) else place:,}"
            cell = mask_digits(clean(cells.iloc[position], LONGEST_CELL))
        reason = in_terminal_words(mask(clean(row["reason"])))
        rows.append((f"{row['rows']:,}", row["status"], first, cell, reason))
    left = int(reasons["rows"].sum()) - int(reasons["rows"].head(limit).sum())
    if left:
        rows.append((f"{left:,}", "", "", "", f"for {many(len(reasons) - limit, 'other reason')}"))
    return table(rows, head=("rows", "status", "first row", "number", "reason"), right="02")


def counts_text(counts: pd.Series[int]) -> str:
    """Counts, one a line: too little for a table, whose library takes a tenth of a small check to load."""
    figures = [f"{count:,}" for count in counts]
    width = max(map(len, figures), default=0)
    lines = zip(figures, counts.index, strict=True)
    return "\n".join(f"  {figure:>{width}}  {name}" for figure, name in lines)


def people(count: int) -> str:
    """So many people."""
    return many(count, "person", "people")


def characters_text(counts: dict[str, int]) -> str:
    """Characters with how many texts have each; those that cannot be seen by their code."""
    return ", ".join(
        f"{character if character.isprintable() else f'U+{ord(character[0]):04X}'} in {count:,}"
        for character, count in counts.items()
    )


def savings_text(credit: int) -> str:
    """What would make the texts cheaper, and by how much."""
    return f"--text-fix gsm would save {many(credit, 'credit')}" if credit else ""


def replacements_text(fixed: dict[str, Any] | None) -> str:
    """The replacements that ``--text-fix`` made, the most expensive first."""
    if fixed is None:
        return ""
    replacements = [
        f"{characters_text({row['before']: row['rows']})} by {clean(row['after']) or 'nothing'}"
        + (f" ({clean(row['field'])})" if row["field"] else "")
        for row in fixed["replacements"]
    ]
    return f"{', '.join(replacements) or 'nothing'}; {many(fixed['saved'], 'credit')} saved"


def _said(facts: list[str]) -> str:
    """What the card says too, in the words of the command line."""
    return in_terminal_words("; ".join(map(clean, facts)))


def _message_rows(facts: dict[str, Any]) -> TableRows:
    named = [("for example", text) for text in facts["examples"]]
    named.append(("most expensive", facts["dearest"]))
    once = {text: name for name, text in reversed(named)}  # a text that is both is shown once
    return [(name, clean(text, LONGEST_TEXT)) for text, name in reversed(once.items())]
