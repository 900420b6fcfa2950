"""
Numbers in words: how many of what, credits, durations.
"""

from __future__ import annotations

MINUTE, HOUR, LONG = 60, 3600, 10


def many(count: float, one: str, more: str | None = None) -> str:
    """
    A number of things in words.

    Example:
        >>> many(1, "order"), many(1200, "person", "people")
        ('1 order', '1,200 people')
    """
    return f"{amount(count)} {one if count == 1 else more or one + 's'}"


def amount(credits_: float) -> str:
    """
    Credits in full, however many.

    Example:
        >>> amount(1234567.0), amount(12.5)
        ('1,234,567', '12.50')
    """
    return f"{credits_:,.{0 if float(credits_).is_integer() else 2}f}"


def duration(seconds: float) -> str:
    """
    Seconds in words, rounded as people would.

    Example:
        >>> duration(4.2), duration(95), duration(5400)
        ('4 s', '1 min 35 s', '1 h 30 min')
    """
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < LONG * MINUTE:
        seconds_left = f" {whole % MINUTE} s" if whole % MINUTE else ""
        return f"{whole // MINUTE} min{seconds_left}"
    return f"{whole // MINUTE} min" if whole < HOUR else f"{whole // HOUR} h {whole % HOUR // MINUTE} min"
