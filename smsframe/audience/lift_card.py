"""
The card of a lift: a row per variant, and what follows from them.
"""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

from smsframe.masking import shown_name
from smsframe.outcomes.cards import table_card

if TYPE_CHECKING:
    from collections.abc import Mapping


def lift_card(facts: Mapping[str, Any]) -> str:
    """The card of what `smsframe.lift` has found; ``facts`` are those of `Lift.facts`."""
    share = facts["outcome"] == "converted"
    rows = []
    for row in facts["variants"]:
        interval = _span(row["low"], row["high"], share)
        said = f"{_number(row['rate'], share)} ({interval}) of {row['people']:,} people"
        if row["variant"] == facts["control"]:
            said += "; the control"
        else:
            said += f"; difference {_signed(row['difference'], share)}"
            said += f" ({_signed(row['difference_low'], share)} to {_signed(row['difference_high'], share)})"
            said += f"; relative {_percent(row['relative'])}"
            if not isnan(row["relative_low"]):
                said += f" ({_percent(row['relative_low'])} to {_percent(row['relative_high'])})"
        rows.append((str(row["variant"]), said))
    computed = len(rows)  # decimals, of which no reader may think that they are phone numbers
    rows += [("Note", note) for note in facts["notes"]]
    outcome, control = shown_name(facts["outcome"]).capitalize(), shown_name(facts["control"])
    head = f"{outcome}, against {control}, everybody who was assigned"
    return table_card(f"Lift: {facts['level']:.0%} intervals", head, rows, computed)


def _number(value: float, share: bool) -> str:  # noqa: FBT001 - inside
    return f"{value:.2%}" if share else f"{value:,.4g}"


def _span(low: float, high: float, share: bool) -> str:  # noqa: FBT001 - inside
    return f"{_number(low, share)} to {_number(high, share)}"


def _signed(value: float, share: bool) -> str:  # noqa: FBT001 - inside
    return _percent(value) if share or isnan(value) else f"{value:+,.4g}"


def _percent(value: float) -> str:
    return "unknown" if isnan(value) else f"{value:+.2%}"
