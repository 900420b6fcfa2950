"""
Results by country and over time, as small frames made by column operations.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from smsframe.arrow import INSTANT
from smsframe.outcomes.codes import delivered_codes, lost_codes
from smsframe.outcomes.columns import DTYPES
from smsframe.phones.country import countries

TIMELINE_POINTS = 200
"""Rows of a timeline at most, sampled from the times at which something happened."""


def by_country(accepted: pd.DataFrame) -> pd.DataFrame:
    """
    Texts by country, the one with most segments first.

    Args:
        accepted: Rows of results whose text was accepted.

    Returns:
        ``country`` (ISO code, or a word where there is none), ``texts``, of them ``delivered`` and ``lost``
        (they will not arrive), ``segments``, ``credits`` (as far as the gateway said) and
        ``credits_unknown`` (texts of which it did not).
    """
    code = accepted["sms_delivery"]
    texts = accepted[["sms_segments", "sms_credits"]].assign(
        country=countries(accepted["sms_phone"]).fillna("unknown"),
        unknown=accepted["sms_credits"].isna(),
        delivered=code.isin(delivered_codes()).to_numpy(dtype=bool),
        lost=code.isin(lost_codes()).to_numpy(dtype=bool),
    )
    counted = texts.groupby("country", sort=True).agg(
        texts=("unknown", "size"),
        delivered=("delivered", "sum"),
        lost=("lost", "sum"),
        segments=("sms_segments", "sum"),
        credits=("sms_credits", "sum"),
        credits_unknown=("unknown", "sum"),
    )
    dtypes = dict.fromkeys(counted.columns, "int64") | {"credits": "float64"}
    return counted.astype(dtypes).sort_values("segments", ascending=False, kind="stable").reset_index()


def timeline(accepted: pd.DataFrame, failed_codes: list[str]) -> pd.DataFrame:
    """
    How many texts were in which state at which time.

    A text is under way from when its order was sent until the gateway says that it was delivered. For texts
    that will not arrive the gateway has no reliable time: they count as lost from when they were sent. Texts
    without any time (of an order that was only looked up) are left out.

    Args:
        accepted: Rows of results whose text was accepted.
        failed_codes: The delivery codes of texts that will not arrive.

    Returns:
        ``at`` (UTC), and so many texts: ``delivered``, ``lost`` (they will not arrive), ``under_way``; the
        last row is the state now.
    """
    sent_at = accepted["sms_sent_at"].fillna(accepted["sms_delivered_at"])
    state = accepted["sms_delivery"]
    delivered_rows = state.isin(delivered_codes()).to_numpy(dtype=bool)
    lost_rows = state.isin(failed_codes).to_numpy(dtype=bool)
    has_time = sent_at.notna().to_numpy()
    ended_at = accepted["sms_delivered_at"].fillna(sent_at)
    ended_at = ended_at.where(ended_at.ge(sent_at), sent_at)
    sent = _sorted(sent_at[has_time])
    delivered = _sorted(ended_at[has_time & delivered_rows])
    lost = _sorted(sent_at[has_time & lost_rows])
    events = np.sort(np.concatenate([sent, delivered]))
    sampled = np.linspace(0, max(len(events) - 1, 0), TIMELINE_POINTS).round().astype(np.intp)
    times = np.unique(events[sampled]) if len(events) else events
    counts = {
        "delivered": np.searchsorted(delivered, times, side="right"),
        "lost": np.searchsorted(lost, times, side="right"),
    }
    under_way = np.searchsorted(sent, times, side="right") - counts["delivered"] - counts["lost"]
    at = pd.Series(times.view("datetime64[us]")).dt.tz_localize("UTC").astype(DTYPES["sms_sent_at"])
    return pd.DataFrame({"at": at, **counts, "under_way": under_way})


def waits(accepted: pd.DataFrame) -> pd.Series[float]:
    """
    How long texts took to be delivered: the seconds within which each share of the delivered texts arrived.

    Counted from when the order was sent. The gateway's clock is another one, in whole seconds: what seems to
    have arrived before it was sent took 0 seconds.

    Returns:
        Seconds by share, 0.00 to 1.00 in hundredths; empty while nothing is known to be delivered.
    """
    delivered = accepted[accepted["sms_delivery"].isin(delivered_codes()).to_numpy(dtype=bool)]
    seconds = (delivered["sms_delivered_at"] - delivered["sms_sent_at"]).dropna().dt.total_seconds()
    seconds = seconds.clip(lower=0)
    shares = np.arange(101) / 100
    quantiles = np.quantile(seconds.to_numpy(), shares) if len(seconds) else np.empty(0)
    return pd.Series(
        quantiles, index=pd.Index(shares[: len(quantiles)], name="share"), name="seconds", dtype="float64"
    )


def _sorted(times: pd.Series) -> np.ndarray:
    """Microseconds since 1970, sorted."""
    return np.sort(times.astype(INSTANT).dt.tz_localize(None).to_numpy("datetime64[us]").view("int64"))
