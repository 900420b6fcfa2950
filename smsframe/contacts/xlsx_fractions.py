"""
Numbers with decimals in a column of phone numbers.

Somebody typed 347.1234567, and the spreadsheet made a number of it: zeros at its end are gone, and what is
left may be the number of somebody else. Only the workbook knows that the cell is a number, so that is said
here: such a cell becomes scientific notation, which nothing takes for a phone number.
"""

from __future__ import annotations

import re
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd

from smsframe.contacts.headings import SOUNDS_LIKE_PHONE
from smsframe.phones.likeness import looks_like_phones

if TYPE_CHECKING:
    from smsframe.contacts.xlsx_sheet import SheetReader

_AMOUNT = re.compile(r"-?[0-9]{1,6}\.[0-9]{1,2}")
"""In a column such as "cell_price", whose name sounds like phone numbers."""


def refuse_fractions(cells: SheetReader, first: int | None) -> None:
    """
    Write numbers with decimals in scientific notation, in columns that are phone numbers by name or content.

    Args:
        cells: The cells of the sheet, which are changed.
        first: The row of the first one below the heading, from 0; None where nobody knows.
    """
    below = first or 0
    for column, rows in cells.fractions.items():
        values = cells.columns[column]
        heading = values[below - 1] if 0 < below <= len(values) else None
        odd = {*rows}
        others = pd.Series(
            [value for row, value in enumerate(values) if row >= below and row not in odd], dtype="string"
        )
        by_content = looks_like_phones(others)
        if not by_content and not SOUNDS_LIKE_PHONE.search(heading or ""):
            continue
        for row in rows:
            value = values[row] or ""
            if by_content or not _AMOUNT.fullmatch(value):
                with suppress(ArithmeticError):  # a damaged sheet may have the cell twice, and once as a text
                    values[row] = f"{Decimal(value):E}"
