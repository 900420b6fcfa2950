"""
What quiet hours cost: the sending time of each person, beside the zones of each number by libphonenumber.

Its answers are not the same: of many countries libphonenumber names zones of the whole calling code.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from benchmarks import people
from benchmarks.table import Aim
from benchmarks.turns import Call, apart, take_turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from benchmarks.table import Row
    from benchmarks.turns import Scale, Seconds

MOST = 20_000
"""Numbers that libphonenumber is asked about; its seconds are scaled up."""


def rows(scale: Scale) -> Iterator[Row]:
    """One row; at most 1.5 s for a million people are aimed at."""
    seconds = apart(measure, scale)
    yield seconds.row("hours, 12 countries", "phonenumbers", scale.rows, Aim(20, faster=True))


def measure(scale: Scale) -> Seconds:
    """Time both; refuse figures where somebody has no time."""
    import smsframe
    from smsframe.orders.records import Now
    from smsframe.orders.terms import Terms
    from smsframe.timing.sending_times import sending_times

    noon = datetime(2026, 11, 30, 12, tzinfo=UTC)
    terms, asked = Terms(hours=smsframe.Hours()), min(MOST, scale.rows)

    def expect(_: pd.DataFrame, answers: dict[str, Any]) -> None:
        if answers["ours"]["code"].notna().any():
            raise SystemExit("somebody has no sending time: nothing was measured")

    calls = {
        "ours": Call(lambda frame: sending_times(frame, terms, Now(noon, noon))),
        "loop": Call(lambda frame: one_by_one(frame["phone"].iloc[:asked]), asked / scale.rows),
    }
    return take_turns(lambda seed: numbers(scale.rows, seed), calls, scale.turns, expect)


def numbers(count: int, seed: int) -> pd.DataFrame:
    """Numbers of twelve countries, in E.164."""
    made = people.numbers(
        count, seed, countries=people.COUNTRIES, good=people.CLEAN, bad=people.CLEAN, share=0.5
    )
    return made.rename(columns={"mobile": "phone"})


def one_by_one(phones: pd.Series[str]) -> list[tuple[str, ...]]:
    """The zones of each number."""
    from phonenumbers import parse
    from phonenumbers.timezone import time_zones_for_number

    return [time_zones_for_number(parse(phone)) for phone in phones]
