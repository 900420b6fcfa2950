"""
What a call means when it leaves something out, and what it is told then.
"""

from __future__ import annotations

import warnings
from math import inf
from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe.contacts.suppression import suppression
from smsframe.errors import PhoneGuessed
from smsframe.phones.fast.metadata import regions

if TYPE_CHECKING:
    import os
    from collections.abc import Hashable, Iterable

    from smsframe.gateway.smsend import Gateway
    from smsframe.journal.journal import Journal

    Suppress = pd.DataFrame | pd.Series[Any] | str | os.PathLike[str] | Iterable[Any]
    Where = Journal | str | os.PathLike[str]


DAY = 24 * 60 * 60
SLOWEST = 1 / DAY


def suppressed(
    suppress: Suppress | None, region: Hashable | None, columns: Iterable[Hashable] = ()
) -> pd.Index[Any]:
    """The numbers nobody may text, in E.164; in national form: of ``region``, if that is no column."""
    if suppress is None:
        return pd.Index([], dtype=object)
    country = isinstance(region, str) and region not in columns and region.upper() in regions()
    return suppression(suppress, str(region).upper() if country else None)


def journal_of(journal: Where | None, gateway: Gateway | None) -> Journal:
    """The journal that is meant: the one given, else the gateway's own, else the user's."""
    # SQLAlchemy and requests take longer to load than pandas; a check needs neither.
    from smsframe.gateway.smsend import Gateway  # noqa: PLC0415
    from smsframe.journal.journal import Journal  # noqa: PLC0415

    if isinstance(journal, Journal):
        return journal
    if gateway is not None and not isinstance(gateway, Gateway):
        raise TypeError(f"gateway= must be a smsframe.Gateway, not {type(gateway).__name__}")
    if journal is None and gateway is not None:
        journal = gateway.journal
    return Journal.default() if journal is None else Journal(journal)


def say_journal(journal: Journal) -> None:
    """Say where the user's journal will be, before it is first written."""
    from smsframe.journal.journal import Journal  # noqa: PLC0415 - as above

    if not journal.exists and journal.path == Journal.default().path:
        print(f"smsframe remembers who was texted in {journal.path}")  # noqa: T201 - the contract says so


def say_guess(label: Hashable, *, guessed: bool) -> None:
    """Say which column was taken for the phone column."""
    if guessed:
        warnings.warn(PhoneGuessed(label), stacklevel=3)


def sensible(workers: int, grace: float, rate: float | None = None) -> None:
    """Refuse numbers of threads, seconds and people per second that cannot be meant."""
    if not isinstance(workers, int) or isinstance(workers, bool) or not 1 <= workers <= 64:  # noqa: PLR2004
        raise ValueError(f"workers={workers!r} must be a whole number from 1 to 64")
    if not isinstance(grace, int | float) or not 0 <= grace <= DAY:
        raise ValueError(f"grace={grace!r} must be a number of seconds, a day at most")
    if rate is not None and (
        isinstance(rate, bool) or not isinstance(rate, int | float) or not SLOWEST <= rate < inf
    ):
        raise ValueError(f"rate={rate!r} must be a number of recipients per second")
