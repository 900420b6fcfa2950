"""
What a frame of results says, broken down by country and over time: small frames, made from whole columns.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from smsframe.arrow import INSTANT
from smsframe.outcomes.codes import delivered_codes
from smsframe.outcomes.columns import DTYPES
from smsframe.phones.country import countries

MOMENTS = 200
"""Moments of a timeline at most, taken from the times at which something happened."""


def by_country(went: pd.DataFrame) -> pd.DataFrame:
    """
    Texts by country, the one with most segments first.

    Args:
        went: Rows of results whose text was accepted.

    Returns:
        ``country`` (ISO code, or a word where there is none), ``texts``, ``segments``, ``credits`` (as far
        as the gateway said) and ``credits_unknown`` (texts of which it did not).
    """
    named = went[["sms_segments", "sms_credits"]].assign(
        country=countries(went["sms_phone"]).fillna("unknown"), unknown=went["sms_credits"].isna()
    )
    counted = named.groupby("country", sort=True).agg(
        texts=("unknown", "size"),
        segments=("sms_segments", "sum"),
        credits=("sms_credits", "sum"),
        credits_unknown=("unknown", "sum"),
    )
    kinds = {"texts": "int64", "segments": "int64", "credits": "float64", "credits_unknown": "int64"}
    return counted.astype(kinds).sort_values("segments", ascending=False, kind="stable").reset_index()


def timeline(went: pd.DataFrame, never: list[str]) -> pd.DataFrame:
    """
    How many texts were in which state at which time.

    A text is under way from when its order left until the gateway says that it was delivered. Of those that
    will not arrive the gateway names no reliable time: they count from when they left. Texts without any
    time (an order that was only looked up) are left out.

    Args:
        went: Rows of results whose text was accepted.
        never: The delivery codes of texts that will not arrive.

    Returns:
        ``at`` (UTC), and so many texts: ``delivered``, ``lost`` (they will not arrive), ``under_way``; the
        last row is how things stand now.
    """
    left = went["sms_sent_at"].fillna(went["sms_delivered_at"])
    state = went["sms_delivery"]
    arrived = state.isin(delivered_codes()).to_numpy(dtype=bool)
    lost = state.isin(never).to_numpy(dtype=bool)
    timed = left.notna().to_numpy()
    ended = went["sms_delivered_at"].fillna(left)
    ended = ended.where(ended.ge(left), left)
    sent = _sorted(left[timed])
    delivered = _sorted(ended[timed & arrived])
    gone = _sorted(left[timed & lost])
    events = np.sort(np.concatenate([sent, delivered]))
    picked = np.linspace(0, max(len(events) - 1, 0), MOMENTS).round().astype(np.intp)
    moments = np.unique(events[picked]) if len(events) else events
    counts = {
        "delivered": np.searchsorted(delivered, moments, side="right"),
        "lost": np.searchsorted(gone, moments, side="right"),
    }
    under_way = np.searchsorted(sent, moments, side="right") - counts["delivered"] - counts["lost"]
    at = pd.Series(moments.view("datetime64[us]")).dt.tz_localize("UTC").astype(DTYPES["sms_sent_at"])
    return pd.DataFrame({"at": at, **counts, "under_way": under_way})


def waits(went: pd.DataFrame) -> pd.Series[float]:
    """
    How long texts took to be delivered: seconds that a share of the delivered texts needed at most.

    Counted from when the order left. The gateway's clock is another one, in whole seconds: what seems to have
    arrived before it left took 0 seconds.

    Returns:
        Seconds by share, 0.00 to 1.00 in hundredths; empty while nothing is known to be delivered.
    """
    arrived = went[went["sms_delivery"].isin(delivered_codes()).to_numpy(dtype=bool)]
    took = (arrived["sms_delivered_at"] - arrived["sms_sent_at"]).dropna().dt.total_seconds().clip(lower=0)
    shares = np.arange(101) / 100
    taken = np.quantile(took.to_numpy(), shares) if len(took) else np.empty(0)
    return pd.Series(
        taken, index=pd.Index(shares[: len(taken)], name="share"), name="seconds", dtype="float64"
    )


def _sorted(times: pd.Series) -> np.ndarray:
    """Microseconds since 1970, sorted."""
    return np.sort(times.astype(INSTANT).dt.tz_localize(None).to_numpy("datetime64[us]").view("int64"))
