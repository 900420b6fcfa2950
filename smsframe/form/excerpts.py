"""
A few rows and texts of a plan: what is wrong with the rows, and what people will read, but for their numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from smsframe.contacts.file_rows import file_rows as rows_in_file
from smsframe.form.draft import fields
from smsframe.masking import mask, mask_digits, visible
from smsframe.outcomes.codes import EXPLANATIONS, Reason
from smsframe.outcomes.reasons import reasons, without_numbers
from smsframe.planning.merge_values import fields_of, unpacked
from smsframe.planning.previews import previewer_of
from smsframe.planning.problems import needs_hand

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from smsframe.planning.plan import Plan

ROWS_SHOWN = 5
"""Rows shown for each reason: enough to recognise what is wrong."""


SENT_HERE = Reason("being sent now", "This person is in an order that is being sent.")
"""What is said of people in an order of a run that is shown here: it may be one of this form's own kernel."""

OTHER_TEXT_SENT = (
    "The number is the same as an earlier row's, whose text was sent already: a number gets one text in a "
    "campaign. There is nothing to correct."
)
"""What is said of a row with another text for a person who was texted."""


class Skip(NamedTuple):
    """
    Rows that are not texted for one reason.

    Attributes:
        status: Their status.
        reason: The reason, short.
        explanation: The same in full.
        rows: How many they are.
        sample: A few of them, masked.
        correctable: Whether they can be texted once somebody corrects the table.
    """

    status: str
    reason: str
    explanation: str
    rows: int
    sample: pd.DataFrame
    correctable: bool


class Example(NamedTuple):
    """One text as a person would read it; ``row`` is the label of that person's row, masked."""

    row: str
    text: str
    encoding: str
    units: int
    segments: int


def skips(plan: Plan, *, followed: bool = False, file_rows: bool = False) -> list[Skip]:
    """
    Why rows are skipped, the most frequent reason first, each with a few of its rows.

    Args:
        plan: The plan.
        followed: Whether the run that is sending people of its campaign is shown beside it: then no
            sentence says where to look for it.
        file_rows: Whether rows are called as the spreadsheet of their file calls them.
    """
    hand, names = needs_hand(plan.frame), row_names(plan, file_rows=file_rows)
    found = []
    for correctable in (True, False):
        place = np.flatnonzero(hand == correctable)
        frame = plan.frame.iloc[place]
        counted = reasons(frame)
        for status, code, reason, rows in zip(*(counted[name] for name in counted.columns), strict=True):
            said = _advice(code, reason, correctable=correctable, followed=followed)
            matching = frame["sms_code"].eq(code) & without_numbers(frame["sms_reason"]).eq(reason)
            some = place[np.flatnonzero(matching.fillna(value=False).to_numpy(dtype=bool))[:ROWS_SHOWN]]
            sample = _sample(plan, some, names)
            found.append(Skip(status, mask(said.short), said.long, rows, sample, correctable))
    return found


def _advice(code: str, reason: str, *, correctable: bool, followed: bool) -> Reason:
    if followed and code == "other_process":
        return SENT_HERE
    if code == "duplicate_text" and not correctable:
        return Reason(reason, OTHER_TEXT_SENT)
    return Reason(reason, EXPLANATIONS.get(code, ""))


class Messages:
    """
    The messages of a plan, one at a time, the most expensive first, and of these the longest.

    Args:
        plan: The plan.
        file_rows: As for `skips`.
        phones: The phone column of the whole table, where the plan is of a sample: all of it is masked.
    """

    def __init__(self, plan: Plan, *, file_rows: bool = False, phones: pd.Series[Any] | None = None) -> None:
        self._template, self._ready = plan.template, plan.ready_people
        self._values = plan.field_values
        self._labels = row_names(plan, file_rows=file_rows).to_numpy()
        # One for all messages: it looks each number up in the table once.
        self._previewer = previewer_of(plan, phones)
        segments, units = (self._ready[name].to_numpy() for name in ("segments", "units"))
        self._order = np.lexsort((-units, -segments))

    def __len__(self) -> int:
        return len(self._order)

    def at(self, place: int) -> Example:
        """The message at that place, from 0."""
        person = self._ready.iloc[[self._order[place]]]
        values = unpacked(fields_of(self._values, person.index), self._template)
        (text,) = self._previewer.messages(self._template, values, 1)
        return Example(
            mask(str(self._labels[person.index[0]])),
            visible(text),
            str(person["encoding"].iloc[0]),
            int(person["units"].iloc[0]),
            int(person["segments"].iloc[0]),
        )


def row_names(plan: Plan, *, file_rows: bool) -> pd.Series[Any]:
    """What each row is called: by its file if that is wanted and known, else by the frame."""
    labels = pd.Series(plan.frame.index.astype(object), index=plan.frame.index)
    if not file_rows:
        return labels
    numbers = rows_in_file(plan.frame)
    return labels.where(numbers.isna().to_numpy(), numbers.astype(object))


def _sample(plan: Plan, some: NDArray[np.intp], names: pd.Series[Any]) -> pd.DataFrame:
    frame = plan.frame
    rows = frame.iloc[some]
    others = [label for label in fields(frame, plan.phone) if rows.columns.isin([label]).sum() == 1][:2]
    # A handful of rows and columns. A label is somebody's number where a file has no header.
    columns = {"row": [mask(str(label)) for label in names.iloc[some]]}
    for label, mask_cell in ((plan.phone, mask_digits), *((label, mask) for label in others)):
        cells = rows[label].astype(object).where(rows[label].notna(), "")
        columns[mask(str(label))] = [mask_cell(str(cell)) for cell in cells]
    return pd.DataFrame(columns)
