"""
Facts as escaped HTML: cards of plans, proposals, summaries and runs, without scripts, in light and dark.

Each card is made from a plain dictionary of facts, in which phone numbers are masked unless inside
`smsframe.reveal`. Every value is shortened, escaped and isolated in its direction of writing, so that a
hostile value of a table cannot change the page.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from smsframe.formatting import amount, dates_in_words, duration, many
from smsframe.masking import message_class, shown, shown_name, visible
from smsframe.outcomes.groups import reached

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

# Colours are the notebook's own where it has them, so that both themes are readable.
CARD = (
    "max-width:52rem;padding:.8rem 1rem;border:1px solid var(--jp-border-color2,#8886);border-radius:6px;"
    "font-family:var(--jp-ui-font-family,sans-serif);color:inherit;break-inside:avoid"
)
MUTED = "opacity:.7"
NAME = f"{MUTED};overflow-wrap:anywhere;unicode-bidi:isolate"
# A page without doctype does not inherit colour and size into tables, so they are set again.
TABLE = "border-collapse:collapse;margin:0;color:inherit;font:inherit"
CELL = (
    "text-align:left;vertical-align:top;padding:.15rem 1rem .15rem 0;border:0;background:none;"
    "overflow-wrap:anywhere;unicode-bidi:isolate"
)
SHARES = {
    "ready": "#2e8b57",
    "accepted": "#4a86c5",
    "scheduled": "#3f93c7",
    "pending": "#8c8c8c",
    "unconfirmed": "#b9772a",
    "duplicate": "#a8861f",
    "invalid": "#c8504b",
    "rejected": "#b8433f",
    "suppressed": "#8a63a8",
    "cancelled": "#777777",
}
"""The colour of each status in a bar: different on white and on black, and named beside it."""
GROUP_COLOURS = {
    "delivered": SHARES["ready"],
    "awaiting": SHARES["pending"],
    "not delivered": SHARES["invalid"],
    "not sent": SHARES["cancelled"],
}
PARTS = 4
"""What a group of a summary is made of, so many are listed."""
REASONS = 8
"""Reasons that a card lists; the plan's and the summary's ``reasons`` have them all."""
MESSAGE = (
    "white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate;margin:.2rem 0;padding:.3rem .6rem;"
    "border-left:3px solid #8889"
)
RAMP = ("Ramp", "Who is first", "It stops", "Next stage")
READ = {"Sender", *RAMP}
"""Rows that need no mask: what people read, masked before, and sentences that hold no value of a table."""
LONGEST, LONG = 1000, 300
"""Characters that a card shows of a text, and of anything else."""


def plan_card(facts: Mapping[str, Any]) -> str:
    """The card of a plan: who is texted, with what, for how many credits, and why the others are not."""
    name = facts["campaign"] or "without a campaign name"
    head = f"Text {many(facts['recipients'], 'person', 'people')} for {many(facts['credits'], 'credit')}"
    guessed = " (guessed)" if facts["phone_guessed"] else ""
    rows = [
        ("Rows", f"{facts['rows']:,}, numbers in {facts['phone']}{guessed}"),
        ("No country", "; ".join(facts["unknown_regions"])),
        ("Missing + supplied to", many(facts["completed"], "number") if facts["completed"] else ""),
        ("Orders", f"{facts['batches']:,} of type {facts['message_type']}"),
        ("Segments", f"{facts['segments']:,}"),
        ("Encoding", _counted(facts["encodings"])),
        ("Have an outcome already", f"{facts['already']:,}" if facts["already"] else ""),
        ("Sender", facts["sender"] or ""),
        ("Variants", "; ".join(facts["experiment"]["said"])),
        *zip(RAMP, facts["ramp"]["said"], strict=False),
        ("Goes out", dates_in_words(facts["schedule"] or "")),
        ("Hours", facts["hours"] or ""),
        ("When", "" if facts["schedule"] else dates_in_words("; ".join(facts["times"]["said"]))),
        ("Night", dates_in_words(facts["times"]["night"])),
        ("Opt-outs", "; ".join(facts["optouts"])),
        ("House rules", "; ".join(facts["rules"])),
        ("Cost", "; ".join(facts["costs"]["said"])),
        ("Personal data", facts["privacy"]),
        ("Balance", facts["balance"]),
        ("UCS-2 because of", _characters(facts["ucs2"])),
        ("Cheaper", _saving(facts)),
        ("Replaced", _replaced(facts["fixed"])),
        ("Numbers repaired", _counted(facts["repairs"])),
    ]
    texts = {
        "Examples": facts["examples"],
        "Most expensive": [facts["dearest"]],
        "Longest": [facts["longest"]],
    }
    body = _bar(facts["counts"], SHARES) + _table(rows) + _messages(texts) + _why(facts["reasons"])
    return _card(f"Plan: {name}", head, body)


def cheaper_card(facts: Mapping[str, Any]) -> str:
    """The card of a proposal: each replacement, what it saves, and a text before and after."""
    head = f"{many(facts['credits_after'], 'credit')} instead of {facts['credits_before']:,}"
    rows = [
        (_exchange(row), f"{row['kind']}, {_where(row)}, {many(row['credits'], 'credit')}")
        for row in facts["replacements"][:REASONS]
    ]
    if more := len(facts["replacements"]) - REASONS:
        rows += [(f"{more:,} more", "see .replacements")] * (more > 0)
    listed = [f"{value['before']} → {value['after']}" for value in facts["changed"]]
    if facts["values"] > len(listed):
        listed.append("… (see .changed)")
    rows.append(("Still UCS-2 because of", _characters(facts["left"])))
    before, after = facts["example"] or ("", "")
    return _card(
        f'Cheaper: text_fix="{facts["fix"]}"',
        head,
        _table(rows) + _messages({"Before": [before], "After": [after], "Values that change": listed}),
    )


def summary_card(
    facts: Mapping[str, Any],
    meanings: Mapping[str, str],
    rest: str = "see .reasons",
    *,
    whole_table: bool = True,
) -> str:
    """
    The card of a summary: rows by outcome, and credits.

    Args:
        facts: As from `smsframe.Summary.facts`.
        meanings: Those of the delivery codes.
        rest: Where the reasons are for which there is no room.
        whole_table: Whether the rows are those of a table; else they are the people of a campaign.
    """
    unknown = f", unknown for {facts['credits_unknown']:,} rows" if facts["credits_unknown"] else ""
    statuses = [(status.capitalize(), f"{count:,}") for status, count in facts["statuses"].items()]
    groups = facts["groups"]
    total = f"{facts['rows']:,} rows" if whole_table else many(facts["rows"], "person", "people")
    if facts["orders"]:
        counts = {group["group"]: group["rows"] for group in groups}
        head = reached(counts)
        shares = {group["group"]: f"{group['share']:.0%}" for group in groups}
        bar = _bar(counts, GROUP_COLOURS, shares)
        rows = [(group["group"].capitalize(), _group(group)) for group in groups]
        rows.append(
            ("In the table" if whole_table else "In the campaign", total + _duplicates(facts["statuses"]))
        )
    else:  # a check or a plan: nothing is on its way
        head, bar, rows = total, _bar(facts["statuses"], SHARES), statuses
    rows += [
        ("Orders", f"{facts['orders']:,}"),
        ("Segments", f"{facts['segments']:,}"),
        ("Credits charged", f"{amount(facts['credits'])}{unknown}{facts['credits_note']}"),
        ("Can be cancelled", dates_in_words(facts["cancel_until"])),
    ]
    codes = [
        (code, f"{count:,} {meanings[code]}" if code in meanings else f"{count:,}")
        for code, count in facts["deliveries"].items()
    ]
    details = _folded("Statuses and delivery codes", [*statuses, *codes]) if facts["orders"] else ""
    body = bar + _table(rows) + details + _why(facts["reasons"], rest)
    return _card(f"Campaign: {facts['campaign'] or 'nothing sent'}", head, body)


def run_card(facts: Mapping[str, Any], counted: Iterable[str], at: datetime) -> str:
    """
    The card of a campaign that is being sent.

    Until it is over the card says of which time it is, and not that anything is under way: a notebook may
    show it long after the process has ended.

    Args:
        facts: As from `smsframe.Run.facts`.
        counted: The names of the facts that are counts of people.
        at: The time (UTC).
    """
    done = facts["recipients"] - facts["pending"]
    over = facts["state"] not in {"running", "stopping"}
    state = facts["state"].capitalize() if over else f"At {at:%H:%M:%S} UTC"
    head = f"{state}: {done:,} of {many(facts['recipients'], 'person', 'people')}"
    left = facts["seconds_left"]
    open_ = facts["state"] in {"stopped", "failed"} and facts["pending"] + facts["unconfirmed"]
    counts = {name: facts[name] for name in counted}
    rows = [
        ("Credits charged", amount(facts["credits"])),
        ("Rate", f"{facts['rate']:,.1f} people a second" if facts["rate"] else ""),
        ("Time left", "" if left is None else duration(left)),
        ("Why", facts["error"] or ""),
        ("Go on with", f"smsframe.resume({facts['campaign']!r})" if open_ else ""),
        (
            "If the time stands still",
            "" if over else f"its process has ended; smsframe.resume({facts['campaign']!r}) goes on",
        ),
    ]
    return _card(f"Campaign: {facts['campaign']}", head, _bar(counts, SHARES) + _table(rows))


def table_card(title: str, head: str, rows: Iterable[tuple[str, str]], computed: int = 0) -> str:
    """A card of rows, each with what it is of; the values of the first ``computed`` hold numbers of ours."""
    return _card(title, head, _table(rows, computed))


def _card(title: str, head: str, body: str) -> str:
    name = escape(shown_name(title, LONG))
    return (
        f'<div class="smsframe-card" style="{CARD}"><div style="{NAME}">{name}</div>'
        f'<div style="font-size:1.3em;margin:.1rem 0 .5rem">{escape(head)}</div>{body}</div>'
    )


def _table(rows: Iterable[tuple[str, str]], computed: int = 0) -> str:
    written = [
        (what, _read(value) if what in READ or place < computed else _escaped(value))
        for place, (what, value) in enumerate(rows)
        if value
    ]
    cells = "".join(
        f'<tr style="background:none"><th style="{CELL};font-weight:normal;white-space:nowrap;{MUTED}">'
        f'{_escaped(what)}</th><td style="{CELL}">{value}</td></tr>'
        for what, value in written
    )
    return f'<table style="{TABLE}">{cells}</table>'


def _bar(
    counts: Mapping[str, int], colours: Mapping[str, str], shares: Mapping[str, str] | None = None
) -> str:
    """One bar of all rows, cut by status, with its legend; what is the largest part is seen at once."""
    rows = sum(counts.values())
    listed = [(status, counts[status], colour) for status, colour in colours.items() if counts.get(status)]
    if not listed:
        return ""
    share = {status: f" ({words})" for status, words in (shares or {}).items()}
    # Browsers print no backgrounds unless a page asks for it.
    parts = "".join(
        f'<div style="flex:{count} 0 2px;background:{colour};print-color-adjust:exact"></div>'
        for _, count, colour in listed
    )
    legend = "".join(
        f'<span style="white-space:nowrap"><span style="color:{colour};print-color-adjust:exact">&#9632;'
        "</span> "
        f"{count:,} {status}{share.get(status, '')}</span>"
        for status, count, colour in listed
    )
    said = escape(f"Of {many(rows, 'row')}: {_counted({status: count for status, count, _ in listed})}")
    return (
        f'<div role="img" aria-label="{said}" style="display:flex;gap:1px;height:.7rem;margin:.5rem 0 .3rem;'
        f'border-radius:4px;overflow:hidden">{parts}</div><div style="display:flex;flex-wrap:wrap;gap:0 1rem;'
        f'margin-bottom:.5rem">{legend}</div>'
    )


def _duplicates(statuses: Mapping[str, int]) -> str:
    """Rows that are no people of their own, so that the counts of people and of rows agree."""
    count = statuses.get("duplicate", 0)
    return f", {count:,} of them {'a duplicate' if count == 1 else 'duplicates'}" if count else ""


def _group(group: Mapping[str, Any]) -> str:
    """What a group of a summary is made of, the most frequent first; empty where its name says it."""
    if [*group["parts"]] == [group["group"]]:
        return ""
    parts = [f"{count:,} {what}" for what, count in group["parts"].items()]
    more = sum([*group["parts"].values()][PARTS:])
    return ", ".join([*parts[:PARTS], *([f"{more:,} for other reasons"] if more else [])])


def _folded(title: str, rows: list[tuple[str, str]]) -> str:
    """A table that is shown when its title is clicked."""
    return f'<details style="margin-top:.4rem"><summary>{escape(title)}</summary>{_table(rows)}</details>'


def _messages(texts: dict[str, list[str]]) -> str:
    """Each text once, under its first heading; people's numbers are masked in it."""
    seen: set[str] = set()
    parts = []
    for what, listed in texts.items():
        fresh = [text for text in listed if text and text not in seen]
        seen.update(fresh)
        if fresh:
            parts.append(f'<div style="margin-top:.6rem;{MUTED}">{escape(what)}</div>')
        parts += [f'<div style="{MESSAGE}" dir="auto">{_read(text)}</div>' for text in fresh]
    return "".join(parts)


def _why(reasons: list[dict[str, Any]], rest: str = "see .reasons") -> str:
    if not reasons:
        return ""
    rows = [(f"{row['rows']:,} {row['status']}", str(row["reason"])) for row in reasons[:REASONS]]
    if more := sum(row["rows"] for row in reasons[REASONS:]):
        rows.append((f"{more:,} more", rest))
    return f'<div style="margin-top:.6rem;{MUTED}">Why</div>{_table(rows)}'


def _read(text: str) -> str:
    """What people will read, in which their numbers are masked already, marked for `smsframe scan`."""
    return f'<span class="{message_class()}">{escape(visible(text, LONGEST))}</span>'


def _escaped(value: str, most: int = LONG) -> str:
    return escape(shown(value, most))


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in counts.items())


def _characters(counts: dict[str, int]) -> str:
    return ", ".join(f"{_character(c)} in {many(count, 'text')}" for c, count in counts.items())


def _character(text: str) -> str:
    """Characters as they are; by their Unicode code where they are invisible."""
    if text == " ":
        return "a space"
    if text.isprintable() and text.strip():
        return text
    return " ".join(f"U+{ord(character):04X}" for character in text)


def _saving(facts: Mapping[str, Any]) -> str:
    if not facts["cheaper"]:
        return ""
    return f'add text_fix="gsm" to save {many(facts["cheaper"], "credit")}; .cheaper() shows what it replaces'


def _replaced(fixed: dict[str, Any] | None) -> str:
    if fixed is None:
        return ""
    listed = [f"{_exchange(row)}, {_where(row)}" for row in fixed["replacements"][:REASONS]]
    more = ["… (see .fixed)"] if len(fixed["replacements"]) > REASONS else []
    return "; ".join([*listed, *more, f"{many(fixed['saved'], 'credit')} saved"])


def _exchange(row: dict[str, Any]) -> str:
    return f"{_character(row['before'])} → {_character(row['after']) or 'nothing'}"


def _where(row: dict[str, Any]) -> str:
    return f"in {row['field'] or 'the text'} of {many(row['rows'], 'person', 'people')}"
