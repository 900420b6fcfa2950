"""
What a policy says of personal data: how long it is kept, and which columns say that somebody has consented.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe.orders.batching import FIELD_SEPARATOR

if TYPE_CHECKING:
    from smsframe.orders.caps import Cap

LEAST = timedelta(days=1)


def keep_of(value: Any) -> timedelta:
    """
    For how long texts and numbers are kept, read.

    Raises:
        ValueError: It is no duration of a day or more.

    Example:
        >>> keep_of("90 days")
        datetime.timedelta(days=90)
    """
    read: Any = pd.NaT
    if isinstance(value, str | timedelta):
        with suppress(ValueError):
            read = pd.Timedelta(value)
    if not isinstance(read, pd.Timedelta) or read < LEAST:
        raise ValueError(f'keep={value!r}: a duration of a day or more, such as "90 days"')
    return read.to_pytimedelta()


def require_kept(keep: timedelta, cap: Cap | None) -> None:
    """
    Refuse that texts are erased while a cap still counts them.

    Raises:
        ValueError: They would be.
    """
    if cap is not None and keep < cap.span:
        raise ValueError(
            f"keep={_days(keep)!r} is shorter than the span of cap={cap.words!r}: texts that were erased do "
            f"not count any more, so that people would get more texts than the cap allows; keep them for "
            f"{_days(cap.span)} or longer"
        )


def _days(span: timedelta) -> str:
    return str(pd.Timedelta(span)).removesuffix(" 00:00:00")


def consent_of(value: Any) -> tuple[str, ...]:
    """
    The columns that say that a person has consented, checked.

    Raises:
        ValueError: They are no names of columns.

    Example:
        >>> consent_of(["consent_at", "consent_source"])
        ('consent_at', 'consent_source')
    """
    names = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list | tuple) else ()
    fits = all(isinstance(name, str) and name and not {"=", FIELD_SEPARATOR} & {*name} for name in names)
    if not names or not fits or len({*names}) < len(names):
        raise ValueError(
            f'consent={value!r}: names of columns, such as ("consent_at", "consent_source"), each once and '
            "without ="
        )
    return names
