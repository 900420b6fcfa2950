"""
What replies cost: joining a hundred thousand of them to the texts they answer, beside a limit of seconds.
"""

from __future__ import annotations

from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.table import Aim, Row
from benchmarks.turns import apart, timed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.turns import Scale

JOINED_WITHIN = 1.0
"""Seconds in which 100,000 replies are to be joined."""


def rows(scale: Scale) -> Iterator[Row]:
    """Joining replies to a campaign of three times as many texts."""
    replies = max(1000, min(100_000, scale.rows))
    seconds = apart(joining, replies, scale.turns)
    limit = JOINED_WITHIN * replies / 100_000
    yield Row("replies joined", "1 s a 100,000", replies, seconds, limit, seconds / limit, Aim(1.0))


def joining(replies: int, turns: int) -> float:
    """Seconds of the join, the median of some turns."""
    from smsframe.audience.replies import joined
    from smsframe.texts.stop_words import words_of

    messages, texts = made(replies)
    spent = []
    for _ in range(turns):
        seconds, found = timed(lambda: joined(messages, texts, words_of(), timedelta(0)))
        if len(found) != replies or found["sms_campaign"].isna().all():
            raise SystemExit("the replies were not joined: nothing was measured")
        spent.append(seconds)
    return median(spent)


def made(replies: int) -> tuple[Any, Any]:
    """So many replies, half of them of different words, and three times as many texts."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(1)
    zero = pd.Timestamp("2026-11-01", tz="UTC")

    def times(count: int) -> Any:
        seconds = random.integers(0, 2_000_000, count)
        return pd.Series(zero + pd.to_timedelta(seconds, unit="s")).astype("datetime64[us, UTC]")

    sent, first, people = 3 * replies, 447_700_900_000, replies
    texts = pd.DataFrame(
        {
            "person": random.integers(first, first + people, sent),
            "campaign": pd.array(["bench"] * sent, "string"),
            "order_id": pd.array(["sf-bench"] * sent, "string"),
            "attempt": pd.array([1] * sent, "Int64"),
            "scheduled": False,
            "at": times(sent),
        }
    )
    persons = random.integers(first, first + people, replies)
    numbers = pd.array([f"+{person}" for person in persons], "string")
    said = ["STOP" if place % 2 else f"thank you {place}" for place in range(replies)]
    messages = pd.DataFrame(
        {
            "person": pd.array(persons, "Int64"),
            "phone": numbers,
            "sender": numbers,
            "text": pd.array(said, "string"),
            "recipient": pd.array(["+39"] * replies, "string"),
            "received_at": times(replies),
            "read_at": times(replies),
        }
    )
    return messages, texts
