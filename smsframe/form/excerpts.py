"""
A few rows and a few texts of a plan, masked: enough to see what is wrong, and what people will read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from smsframe.form.draft import fields
from smsframe.masking import mask
from smsframe.outcomes.codes import EXPLANATIONS

if TYPE_CHECKING:
    from smsframe.planning.plan import Plan

ROWS_SHOWN = 5
"""Rows shown of each kind of skip: enough to recognise what is wrong."""


class Skip(NamedTuple):
    """Rows that are not texted for one reason, in short and in full; ``look`` is a few of them, masked."""

    status: str
    reason: str
    explanation: str
    rows: int
    look: pd.DataFrame


class Example(NamedTuple):
    """One text as a person would read it, masked, and why it is shown."""

    why: str
    text: str
    encoding: str
    units: int
    segments: int


def skips(plan: Plan) -> list[Skip]:
    """Why rows are skipped, the most frequent reason first, each with a few of its rows."""
    found = plan.reasons
    return [
        Skip(status, mask(reason), EXPLANATIONS.get(code, ""), rows, _look(plan, code, reason))
        for status, code, reason, rows in zip(
            found["status"], found["code"], found["reason"], found["rows"], strict=True
        )
    ]


def examples(plan: Plan) -> list[Example]:
    """The first, the longest and the most expensive text; one that is several of these is shown once."""
    ready = plan.ready
    if ready.empty:
        return []
    units, segments = ready["units"].to_numpy(), ready["segments"].to_numpy()
    places = {"first": 0, "longest": int(units.argmax()), "most expensive": int(segments.argmax())}
    if (units == units[0]).all():
        del places["longest"]
    if (segments == segments[0]).all():
        del places["most expensive"]
    whys: dict[int, list[str]] = {}
    for why, at in places.items():
        whys.setdefault(at, []).append(why)
    return [
        Example(
            ", ".join(why).capitalize(),
            mask(ready["text"].iloc[at]),
            str(ready["encoding"].iloc[at]),
            int(units[at]),
            int(segments[at]),
        )
        for at, why in whys.items()
    ]


def hidden(cell: str) -> str:
    """
    A cell of a phone column, its shape left and its digits hidden but for two at each end.

    Example:
        >>> hidden("0171 392-00 08")
        '01•• •••-•• 08'
    """
    digits = [place for place, sign in enumerate(cell) if sign.isdecimal()]
    inner = set(digits[2:-2])
    return "".join("•" if place in inner else sign for place, sign in enumerate(cell))


def _look(plan: Plan, code: str, reason: str) -> pd.DataFrame:
    frame = plan.frame
    here = frame["sms_code"].eq(code) & frame["sms_reason"].eq(reason)
    rows = frame[here.fillna(value=False).to_numpy(dtype=bool)].head(ROWS_SHOWN)
    beside = [label for label in fields(frame, plan.phone) if rows.columns.isin([label]).sum() == 1][:2]
    # A handful of rows and columns. A label is somebody's number where a file has no header.
    columns = {"row": [mask(str(label)) for label in rows.index]}
    for label, cover in ((plan.phone, hidden), *((label, mask) for label in beside)):
        cells = rows[label]
        shown = ["" if gap else cover(str(cell)) for cell, gap in zip(cells, cells.isna(), strict=True)]
        columns[mask(str(label))] = shown
    return pd.DataFrame(columns)
