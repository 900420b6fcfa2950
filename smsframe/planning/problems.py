"""
The rows that need a hand, as a table that people correct and give back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from smsframe.arrow import BROKEN, TEXT, dense, frame_without_views, is_text, strings
from smsframe.contacts.columns import find_phone, place
from smsframe.contacts.file_rows import file_rows
from smsframe.errors import ContactsError
from smsframe.masking import mask
from smsframe.outcomes.codes import EXPLANATIONS
from smsframe.outcomes.columns import COLUMNS, PHONE_KEY, PROBLEM_COLUMNS
from smsframe.outcomes.summary import require
from smsframe.phones.codes import CODES as NUMBER_CODES
from smsframe.phones.match import among
from smsframe.planning.rules import named_columns
from smsframe.texts.template import PLACEHOLDER, UNSENDABLE
from smsframe.texts.values import is_short, words

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from numpy.typing import NDArray

    from smsframe.planning.plan import Plan
    from smsframe.texts.template import Template

# Whose text is the right one of two rows with one number, only a person knows.
_CODES = ("duplicate_text",)
_STATUSES = ("invalid", "rejected")
# Who has, or may have, a text of the campaign.
_BEGUN = ("accepted", "scheduled", "unconfirmed")
VARIANT = "sms_variant"
USE_KEY = "smsframe_fields"
"""Under this name a planned frame remembers, in its attributes, which columns its texts are filled from."""
_OF_FIELDS = ("missing_value", "broken_text")
_OF_FIELD = re.compile(
    r"^(?:no value for )?\{(.*)\}(?:, and no default| is a list, a table or an object, or .*)$"
)
"""The field in the sentence of one that cannot be filled, as `smsframe.texts.render` writes it."""


def file_of_problems(checked: pd.DataFrame | Plan, *, phone: Hashable | None = None) -> pd.DataFrame:
    """
    The same as a file has them: what texts are filled from is the words that would be sent.

    A file that is read again has text, and a number that it writes otherwise (``15.0``, ``2026-12-01
    09:00:00+01:00``) would make another text of a row than its neighbours have.
    """
    if isinstance(checked, pd.DataFrame):
        return problems(checked, phone=phone, spelled=True)
    return problems(checked.frame, phone=checked.phone, templates=checked.texts.all, spelled=True)


def remember_use(frame: pd.DataFrame, templates: Sequence[Template], schedule: object) -> None:
    """Write down, in the frame's attributes, which columns texts are filled from, and which has the times."""
    fields = dict.fromkeys(name for template in templates for name in template.fields)
    frame.attrs[USE_KEY] = [name for name in fields if name != schedule]


def problems(
    frame: pd.DataFrame,
    *,
    phone: Hashable | None = None,
    templates: Sequence[Template] = (),
    spelled: bool = False,
) -> pd.DataFrame:
    """
    The rows that need a hand; see `smsframe.problems`.

    Args:
        frame: With result columns.
        phone: The phone column; else the one that was checked, else guessed.
        templates: The texts, whose fields some rows lack.
        spelled: Whether what texts are filled from is given as words; see `file_of_problems`.

    Raises:
        ContactsError: The frame has no result columns.
    """
    require(frame, ("sms_status", "sms_reason", "sms_code"))
    bad = needs_hand(frame)
    numbers, frame = file_rows(frame)[bad], frame_without_views(frame)
    swapped = [spot for spot, kind in enumerate(frame.dtypes) if not getattr(kind, "isnative", True)]
    frame = frame.copy(deep=False) if swapped else frame
    for spot in swapped:  # pandas picks no rows of another byte order
        frame.isetitem(spot, dense(frame.iloc[:, spot]).array)
    rows = frame[bad]
    kept = ~rows.columns.isin([*COLUMNS, *PROBLEM_COLUMNS])
    own = rows.loc[:, kept]
    # Without it somebody of the hold-out would be texted once the row is corrected.
    variants = [VARIANT] * int((frame.columns == VARIANT).sum() == 1 and frame[VARIANT].notna().any())
    numbers_of = _phone(frame, phone)
    # A column of one of our own names was replaced: what stood in it is not known.
    numbers_of = numbers_of if own.columns.isin([numbers_of]).any() else None
    column, cell = _cells(own, rows, numbers_of, templates)
    if spelled:
        own = _spelled(own, frame.loc[:, kept], numbers_of)
    explained = pd.DataFrame(
        {
            "sms_row": numbers.array,
            "sms_column": column,
            "sms_cell": cell,
            "sms_reason": rows["sms_reason"].astype(TEXT).array,
            "sms_todo": rows["sms_code"].astype(object).map(EXPLANATIONS).astype(TEXT).array,
        },
        index=rows.index,
    )
    return pd.concat([explained, own, rows[variants]], axis=1)


def _spelled(own: pd.DataFrame, whole: pd.DataFrame, phone: Hashable | None) -> pd.DataFrame:
    """
    Cells as the words that texts are filled with; where the texts are not known, in all columns but numbers.

    Args:
        own: The rows, with the user's columns.
        whole: All rows: whether the numbers of a column have fractions, and times a time of day.
        phone: The phone column.
    """
    fields = whole.attrs.get(USE_KEY)
    own = own.copy(deep=False)
    for spot, label in enumerate(own.columns):
        used = label != phone if fields is None else str(label) in fields
        cells = own.iloc[:, spot]
        if not used or is_text(cells.dtype):
            continue
        text = pd.Series(words(cells, short=is_short(whole.iloc[:, spot])), index=cells.index, dtype=TEXT)
        if cells.dtype == object:  # text stays as it is, and what is no word as the file has it
            odd = text.eq(BROKEN).to_numpy(dtype=bool, na_value=False)
            odd |= np.fromiter((isinstance(cell, str) for cell in cells.array), dtype=bool, count=len(cells))
            text = text.astype(object).where(~odd, cells)
        own.isetitem(spot, text.array)
    return own


def needs_hand(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """
    Which rows can be texted once somebody corrects the table.

    Of two rows with one number and two texts it is the second, until one of the texts was sent: then there is
    nothing to correct, as a number gets one text in a campaign.

    Args:
        frame: With ``sms_status`` and ``sms_code``, and ``sms_phone`` where somebody may have been texted.
    """
    status, code = frame["sms_status"], frame["sms_code"].astype(object)
    rows: NDArray[np.bool_] = status.isin(_STATUSES).to_numpy(dtype=bool)
    second = code.isin(_CODES).to_numpy(dtype=bool)
    if second.any() and "sms_phone" in frame.columns:
        texted = frame["sms_phone"][status.isin(_BEGUN).to_numpy(dtype=bool)]
        second = second & ~among(frame["sms_phone"], texted.dropna()).to_numpy(dtype=bool)
    return rows | second


def _phone(frame: pd.DataFrame, phone: Hashable | None) -> Hashable | None:
    if phone is None:
        phone = frame.attrs.get(PHONE_KEY)
    try:
        return find_phone(frame, phone)[0]
    except ContactsError:  # several columns could be it, and the problems are worth seeing without
        return None


def _cells(
    own: pd.DataFrame, rows: pd.DataFrame, phone: Hashable | None, templates: Sequence[Template]
) -> tuple[Any, Any]:
    """For each row the column to be corrected, and what stands in it; missing where it is the text."""
    code = rows["sms_code"].astype(object).reset_index(drop=True)
    column = pd.Series(pd.NA, index=code.index, dtype=object)
    places = pd.Series(-1, index=code.index)
    labels = [str(label) for label in own.columns]
    if phone is not None:
        number = code.isin([*NUMBER_CODES, *_CODES]) | rows["sms_status"].eq("rejected").to_numpy()
        places[number.to_numpy(dtype=bool)] = place(own, phone)
    rule = code.eq("rule").to_numpy(dtype=bool)
    if rule.any():
        known = named_columns(rows["sms_reason"].reset_index(drop=True)[rule], own.columns.tolist()).dropna()
        places[known.index] = known.astype("int64")
    for spot, faulty in _faulty_fields(own, code, templates):
        places[faulty & (places < 0)] = spot
    for spot, faulty in _named_fields(labels, code, rows["sms_reason"]):
        places[faulty & (places < 0)] = spot
    cell = column.copy()
    for spot in sorted({*places} - {-1}):  # columns, not rows
        here = (places == spot).to_numpy()
        column[here] = labels[spot]
        cell[here] = pd.Series(words(own.iloc[here, spot]), dtype=TEXT).astype(object).to_numpy()
    return column.astype(TEXT).array, cell.astype(TEXT).array


def _named_fields(
    labels: list[str], code: pd.Series[Any], reason: pd.Series[Any]
) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """The same by what the reasons say, where the texts are not known: after a campaign was sent."""
    reason = reason.reset_index(drop=True).astype(object).where(code.isin(_OF_FIELDS), None)
    named = reason.str.extract(_OF_FIELD, expand=False) if reason.notna().any() else reason
    masked = [mask(label) for label in labels]
    for name in named.dropna().unique():
        if masked.count(name) == 1:
            yield masked.index(name), named.eq(name).to_numpy(dtype=bool)


def _faulty_fields(
    own: pd.DataFrame, code: pd.Series[Any], templates: Sequence[Template]
) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """The position of each column that the texts name, and the rows in which it lacks something."""
    for name in dict.fromkeys(name for template in templates for name in template.fields):
        labels = [str(label) for label in own.columns]
        if labels.count(name) != 1:
            continue
        values = strings(words(own.iloc[:, labels.index(name)]))
        for fault, match in (
            ("missing_value", pc.is_null(values)),
            ("broken_text", pc.match_substring_regex(values, UNSENDABLE)),
            ("placeholder", pc.match_substring(values, PLACEHOLDER[0])),
        ):
            wrong = pc.fill_null(match, fill_value=False).to_numpy(zero_copy_only=False)
            yield labels.index(name), code.eq(fault).to_numpy(dtype=bool) & wrong
