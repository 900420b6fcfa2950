"""
A few rows and texts of a plan: what is wrong with the rows, and what people will read, but for their numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from smsframe.form.draft import fields
from smsframe.masking import mask, mask_digits, visible
from smsframe.outcomes.codes import EXPLANATIONS
from smsframe.planning.previews import previews

if TYPE_CHECKING:
    from smsframe.planning.plan import Plan

ROWS_SHOWN = 5
"""Rows shown for each reason: enough to recognise what is wrong."""


class Skip(NamedTuple):
    """Rows that are not texted for one reason, short and in full; ``sample`` is a few of them, masked."""

    status: str
    reason: str
    explanation: str
    rows: int
    sample: pd.DataFrame


class Example(NamedTuple):
    """One text as a person would read it; ``role`` says which of the texts it is."""

    role: str
    text: str
    encoding: str
    units: int
    segments: int


def skips(plan: Plan) -> list[Skip]:
    """Why rows are skipped, the most frequent reason first, each with a few of its rows."""
    reasons = plan.reasons
    return [
        Skip(status, mask(reason), EXPLANATIONS.get(code, ""), rows, _sample(plan, code, reason))
        for status, code, reason, rows in zip(
            reasons["status"], reasons["code"], reasons["reason"], reasons["rows"], strict=True
        )
    ]


def examples(plan: Plan) -> list[Example]:
    """The first, the longest and the most expensive text; one that is several of these is shown once."""
    ready = plan.ready_people
    if ready.empty:
        return []
    units, segments = ready["units"].to_numpy(), ready["segments"].to_numpy()
    positions = {"first": 0, "longest": int(units.argmax()), "most expensive": int(segments.argmax())}
    if (units == units[0]).all():
        del positions["longest"]
    if (segments == segments[0]).all():
        del positions["most expensive"]
    roles: dict[int, list[str]] = {}
    for role, position in positions.items():
        roles.setdefault(position, []).append(role)
    texts = previews(plan, ready["fields"].iloc[[*roles]])
    return [
        Example(
            ", ".join(names).capitalize(),
            visible(text),
            str(ready["encoding"].iloc[position]),
            int(units[position]),
            int(segments[position]),
        )
        for text, (position, names) in zip(texts, roles.items(), strict=True)
    ]


def _sample(plan: Plan, code: str, reason: str) -> pd.DataFrame:
    frame = plan.frame
    matching = frame["sms_code"].eq(code) & frame["sms_reason"].eq(reason)
    rows = frame[matching.fillna(value=False).to_numpy(dtype=bool)].head(ROWS_SHOWN)
    others = [label for label in fields(frame, plan.phone) if rows.columns.isin([label]).sum() == 1][:2]
    # A handful of rows and columns. A label is somebody's number where a file has no header.
    columns = {"row": [mask(str(label)) for label in rows.index]}
    for label, mask_cell in ((plan.phone, mask_digits), *((label, mask) for label in others)):
        cells = rows[label].astype(object).where(rows[label].notna(), "")
        columns[mask(str(label))] = [mask_cell(str(cell)) for cell in cells]
    return pd.DataFrame(columns)
