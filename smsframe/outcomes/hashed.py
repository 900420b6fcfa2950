"""
A frame of results without phone numbers: a keyed hash of each person, by which frames can be joined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from smsframe.arrow import STRING, TEXT
from smsframe.errors import ContactsError
from smsframe.phones.likeness import looks_like_phones
from smsframe.phones.match import keys
from smsframe.phones.scripts import in_ascii

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import numpy as np
    from numpy.typing import NDArray

PERSON = "sms_person"
"""The column that takes the place of ``sms_phone``."""
TAIL = 7
"""Digits at the end of a number that a cell has in common with it, if it has the number in any spelling."""


def hashed(
    results: pd.DataFrame, hashes: Callable[[NDArray[np.int64]], list[str]]
) -> tuple[pd.DataFrame, list[Hashable]]:
    """
    Results with ``sms_person`` instead of ``sms_phone``, and without the columns that hold the numbers.

    A column is left out as a whole if one of its cells has the number of its row in any spelling, if its name
    is somebody's number, or if it reads like phone numbers; an index likewise.

    Args:
        results: A frame with ``sms_phone``.
        hashes: The keyed hashes of canonical numbers.

    Returns:
        The frame, and the names of what was left out.

    Raises:
        ContactsError: There is no column ``sms_phone``.
    """
    if [*results.columns].count("sms_phone") != 1:
        raise ContactsError("hashed=True needs the column sms_phone, as results have it")
    phones = results["sms_phone"].astype(TEXT).reset_index(drop=True)
    there = phones.notna().to_numpy()
    persons = pd.Series([None] * len(results), dtype=TEXT)
    persons[there] = pd.array(hashes(keys(phones[there])), dtype=TEXT)
    tails = {*phones.dropna().str[-TAIL:]}
    left_out: list[Hashable] = []
    kept = []
    for place, name in enumerate(results.columns):
        if name == "sms_phone":
            kept.append(place)
        elif _names_number(name, tails) or _holds_numbers(results.iloc[:, place], phones):
            left_out.append(name)
        else:
            kept.append(place)
    frame = results.iloc[:, kept]
    for level in range(results.index.nlevels):
        label = results.index.names[level]
        if _names_number(label, tails) or _holds_numbers(
            pd.Series(results.index.get_level_values(level)), phones
        ):
            left_out.append(label)
            frame = frame.reset_index(drop=True)
            break
    column = frame.columns.get_loc("sms_phone")
    frame = frame.assign(sms_phone=persons.array)
    names = [PERSON if place == column else name for place, name in enumerate(frame.columns)]
    return frame.set_axis(names, axis=1), left_out


def _names_number(label: Hashable, tails: set[str]) -> bool:
    """Whether the name of a column is somebody's number, as in a table that was turned round."""
    digits = "".join(str(int(each)) for each in str(label) if each.isdecimal())
    return any(digits[place : place + TAIL] in tails for place in range(len(digits) - TAIL + 1))


def _holds_numbers(column: pd.Series[Any], phones: pd.Series[Any]) -> bool:
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    kind = column.dtype
    if pd.api.types.is_datetime64_any_dtype(kind) or pd.api.types.is_bool_dtype(kind):
        return False
    text = column.reset_index(drop=True)
    if pd.api.types.is_float_dtype(kind):
        whole = text.notna() & text.mod(1).eq(0) & text.abs().lt(1e15)
        text = text.where(whole).astype("Int64")
    digits = _in_ascii(text.astype("string")).str.replace(r"[^0-9]", "", regex=True)
    many = digits.str.len().ge(TAIL).fillna(value=False).to_numpy(dtype=bool) & phones.notna().to_numpy()
    tails = phones[many].str[-TAIL:]
    if any(tail in cell for tail, cell in zip(tails, digits[many], strict=True)):
        return True
    return not str(column.name).startswith("sms_") and looks_like_phones(column)


def _in_ascii(text: pd.Series[Any]) -> pd.Series[Any]:
    """The same with the digits of all scripts in ASCII."""
    written = in_ascii(pa.array(text, STRING, from_pandas=True))
    return pd.Series(written.to_numpy(zero_copy_only=False), dtype="string")
