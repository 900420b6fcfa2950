"""
Whether the credits of the account cover a plan, by what the gateway last said of them.
"""

from __future__ import annotations

from smsframe.formatting import amount


def too_little(balance: float | None, needed: int) -> bool:
    """Whether the balance is known, and does not cover what is needed."""
    return balance is not None and balance < needed


def balance_words(balance: float | None, needed: int) -> str:
    """
    A sentence about the balance for the person who sends.

    It is empty where the balance is not known, or is enough for another such campaign after this one.

    Example:
        >>> balance_words(40, 120)
        'the balance of 40 credits does not cover this: 80 are missing'
        >>> balance_words(200, 120)
        '80 credits of 200 would be left'
        >>> balance_words(None, 120), balance_words(1000, 120)
        ('', '')
    """
    if balance is None or not needed:
        return ""
    left = balance - needed
    if left < 0:
        return f"the balance of {amount(balance)} credits does not cover this: {amount(-left)} are missing"
    return f"{amount(left)} credits of {amount(balance)} would be left" if left < needed else ""
