"""
Which column is which: the phone column, named or guessed, and what ``region=`` means.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe.contacts.headings import SOUNDS_LIKE_PHONE
from smsframe.errors import ContactsError
from smsframe.masking import mask
from smsframe.phones.likeness import looks_like_phones
from smsframe.phones.region_names import meaning, suggestion

if TYPE_CHECKING:
    from collections.abc import Hashable

_CODE = 3  # letters at most

OURS = "sms_"
"""How the result columns begin; none of them is ever taken for a column of the user's."""


def find_phone(contacts: pd.DataFrame, phone: Hashable | None) -> tuple[Hashable, bool]:
    """
    The label of the phone column, and whether it had to be guessed.

    A column is guessed when exactly one fits by name *and* by content; result columns are never taken.

    Raises:
        ContactsError: No such column, two columns of that name, no column that fits, or several.
        TypeError: It is a column instead of the name of one.
    """
    _flat(contacts)
    require_label("phone", phone)
    if phone is not None:
        places = _count(contacts, phone)
        if places == 1:
            return phone, False
        if places > 1:
            raise ContactsError(
                f"{places} columns are called {_shown(phone)}: rename all but the one to text"
            )
        if phone in contacts.index.names:
            raise ContactsError(f"{_shown(phone)} is in the index: make it a column with .reset_index()")
        near = near_column(contacts, phone)
        hint = "" if near is None else f" Did you mean {_shown(near)}?"
        raise ContactsError(f"there is no column {_shown(phone)}.{hint} The columns are {_names(contacts)}")
    if not len(contacts.columns):
        raise ContactsError("the table has no columns, so there is nobody to text in it")
    own = contacts.loc[:, ~contacts.columns.astype(str).str.startswith(OURS)]
    likely = [
        label
        for spot, label in enumerate(own.columns)
        if SOUNDS_LIKE_PHONE.search(str(label)) and looks_like_phones(own.iloc[:, spot])
    ]
    if len(likely) == 1:
        return likely[0], True
    if not likely:
        raise ContactsError(
            f"no column looks like phone numbers by name and content; say phone=, one of {_names(contacts)}"
        )
    listed = ", ".join(map(_shown, likely))
    raise ContactsError(f"several columns look like phone numbers: {listed}; say phone= which to text")


def find_region(contacts: pd.DataFrame, region: Hashable | None) -> str | pd.Series[Any] | None:
    """
    What ``region=`` means: a country for all rows, as its ISO code, a column of countries, or nothing.

    ``international`` stays as it is: bare digits are whole numbers then.

    Raises:
        ContactsError: It is neither a country nor a column, or both, or more than one column.
        TypeError: It is a column instead of the name of one.

    Example:
        >>> find_region(pd.DataFrame({"mobile": []}), "Italia")
        'IT'
    """
    if region is None:
        return None
    require_label("region", region)
    places = _count(contacts, region)
    country = meaning(region) if isinstance(region, str) and _is_unicode(region) else None
    small_code = str(region) != str(region).upper() and len(str(region).strip()) <= _CODE
    if country is not None and not small_code and places:
        raise ContactsError(
            f"region={_shown(region)} is a country and a column too: rename the column to say which you mean"
        )
    if places == 1:
        return contacts.iloc[:, place(contacts, region)]
    if places > 1:
        raise ContactsError(
            f"{places} columns are called {_shown(region)}: rename all but the one with regions"
        )
    if country is not None:
        return country  # not before a column of that name: `cc` and `id` are countries as well
    column, like = near_column(contacts, region), suggestion(region) if isinstance(region, str) else None
    near = like if column is None else _shown(column)
    hint = f" Did you mean {near}?" if near else ""
    raise ContactsError(
        f"region={_shown(region)} is neither a country (such as 'IT' or 'Italy') nor a column.{hint} "
        f"The columns are {_names(contacts)}"
    )


def require_label(parameter: str, label: object) -> None:
    """
    Refuse a column, a list or the like where the name of a column belongs.

    Args:
        parameter: ``phone`` or ``region``.
        label: What it is.

    Raises:
        TypeError: It is no label.
    """
    try:
        hash(label)
    except TypeError:
        such_as = {"phone": "'mobile'", "region": "'country', or a country for all rows, such as 'IT'"}
        raise TypeError(
            f"{parameter}= is of type {type(label).__name__}: give the name of a column of the table, "
            f"such as {such_as[parameter]}"
        ) from None


def _count(contacts: pd.DataFrame, label: Hashable) -> int:
    """How many columns have that label."""
    if isinstance(label, str) and not _is_unicode(label):  # Arrow, which has the labels, takes no such text
        return sum(isinstance(column, str) and column == label for column in contacts.columns)
    return int(contacts.columns.isin([label]).sum())


def _is_unicode(text: str) -> bool:
    """Whether no half of a character is in it."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def place(contacts: pd.DataFrame, label: Hashable) -> int:
    """The position of a column whose label is there once."""
    return [*contacts.columns].index(label)


def near_column(contacts: pd.DataFrame, label: Hashable) -> Hashable | None:
    """The column whose label is spelled most like another one, in capitals or not; None if none is."""
    spelled = {str(column).casefold(): column for column in reversed(contacts.columns)}
    near = get_close_matches(str(label).casefold(), list(spelled), n=1)
    return spelled[near[0]] if near else None


def _flat(contacts: pd.DataFrame) -> None:
    if not isinstance(contacts, pd.DataFrame):
        raise ContactsError(f"contacts must be a DataFrame, not {type(contacts).__name__}")
    if isinstance(contacts.columns, pd.MultiIndex):
        raise ContactsError("the columns have several levels: flatten them before texting anybody")


def _shown(label: Hashable) -> str:
    """A label as Python writes it, masked: in a file without a heading it may be somebody's number."""
    return mask(repr(label))


def _names(contacts: pd.DataFrame) -> str:
    shown = [_shown(label) for label in contacts.columns[:12]]
    more = len(contacts.columns) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "") if shown else "none"
