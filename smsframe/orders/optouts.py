"""
Lists of opt-outs, as the packages hand them to each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime


class UsedList(NamedTuple):
    """
    A list that was read.

    Attributes:
        place: The journal that it is in.
        base_url: The address of the gateway.
        account: The account there.
        people: How many are on it.
    """

    place: str
    base_url: str
    account: str
    people: int


class OptOutPage(NamedTuple):
    """
    A page of the gateway's own list.

    Attributes:
        items: The number as the gateway writes it, since when it is listed (None where it does not say), and
            how it came there ("" likewise).
        total: How many numbers the whole list has, or None.
    """

    items: list[tuple[str, datetime | None, str]]
    total: float | None
