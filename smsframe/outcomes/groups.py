"""
Results in groups: delivered, awaiting, not delivered, not sent; as a whole, and by the values of a column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from smsframe.arrow import TEXT
from smsframe.orders.profile import known_codes
from smsframe.outcomes.codes import delivered_codes, lost_codes
from smsframe.phones.country import countries

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from zoneinfo import ZoneInfo

GROUPS = ("delivered", "awaiting", "not delivered", "not sent")
TIMES = ("hour", "day")
"""What rows are counted by, in order of time, where the frame has no column of that name."""
_LOST = ["invalid", "rejected"]
_TAKEN = ["accepted", "scheduled"]
_UNSENT = ["ready", "pending", "suppressed", "cancelled"]  # whom nobody meant to text is no failure


def groups(results: pd.DataFrame) -> pd.Series[Any]:
    """
    The group of each row, as a categorical; missing for a duplicate, whose person is in another row.

    Example:
        >>> from smsframe.outcomes.columns import results_for
        >>> groups(results_for(1, sms_status="accepted", sms_delivery="DLVRD")).tolist()
        ['delivered']
    """
    status, delivery = results["sms_status"], results["sms_delivery"]
    taken = status.isin(_TAKEN).to_numpy(dtype=bool)
    arrived = taken & delivery.isin(delivered_codes()).to_numpy(dtype=bool)
    lost = taken & delivery.isin(lost_codes()).to_numpy(dtype=bool)
    lost |= status.isin(_LOST).to_numpy(dtype=bool)
    unsent = status.isin(_UNSENT).to_numpy(dtype=bool)
    place = np.select([arrived, lost, unsent], [0, 2, 3], default=1)
    place[status.eq("duplicate").to_numpy(dtype=bool)] = -1
    return pd.Series(pd.Categorical.from_codes(place, pd.Index([*GROUPS])), index=results.index)


def counted(results: pd.DataFrame) -> pd.DataFrame:
    """
    How many rows are in each group, and what each group is made of.

    Returns:
        ``group``, ``what`` (the meaning of a delivery code, or a status), ``rows`` and ``share`` (of all rows
        but duplicates, 0 to 1), the most frequent of each group first.
    """
    group = groups(results)
    meanings = {code: known.meaning for code, known in known_codes().items()}
    codes = results["sms_delivery"].astype(object)
    status = results["sms_status"].astype(object)
    said = codes.map(meanings).fillna(codes)
    what = status.mask(status.isin(_TAKEN) & said.notna(), said)
    what = what.mask(group.eq("delivered"), "delivered")
    # A time that the gateway still waits for is said once.
    what = what.mask(status.eq("scheduled") & group.eq("awaiting"), "scheduled")
    pairs = pd.DataFrame({"group": group.array, "what": what.array})
    found = pairs.groupby(["group", "what"], observed=True).size().rename("rows").reset_index()
    frequent = found.sort_values("rows", ascending=False, kind="stable")
    rows = frequent.sort_values("group", kind="stable", ignore_index=True)
    return rows.assign(share=rows["rows"] / max(int(rows["rows"].sum()), 1))


def reached(groups: Mapping[str, int]) -> str:
    """How many people were reached; while nothing is known of any delivery, how many may still be."""
    delivered, awaiting, total = groups.get("delivered", 0), groups.get("awaiting", 0), sum(groups.values())
    if total and groups.get("not sent", 0) == total:
        return f"{total:,} not sent"
    if awaiting and not delivered:
        return f"{awaiting:,} of {total:,} awaiting"
    return f"{delivered:,} of {total:,} delivered"


def by(results: pd.DataFrame, column: Hashable, zone: ZoneInfo) -> pd.DataFrame:
    """
    What became of the rows for each value of a column.

    Args:
        results: All result columns.
        column: A label of the frame; or ``"country"`` of the number, or ``"hour"`` or ``"day"`` at which
            it was sent, where the frame has no column of that name.
        zone: Whose clock the hours and days are of.

    Returns:
        With the values as its index, those with most rows first (times in their order): ``rows`` (without
        duplicates), ``delivered``, ``awaiting``, ``not_delivered``, ``not_sent``, ``share_delivered``
        (0 to 1), ``segments``, ``credits`` (as far as known), ``credits_per_delivered`` and
        ``median_seconds`` (from sending to delivery).

    Raises:
        KeyError: There is no such column, or its values cannot be counted.
    """
    group = groups(results)
    kept = group.notna().to_numpy()
    delivered = group.eq("delivered").to_numpy(dtype=bool)
    seconds = (results["sms_delivered_at"] - results["sms_sent_at"]).dt.total_seconds().clip(lower=0)
    facts = pd.DataFrame(
        {
            "value": _values(results, column, zone).array,
            "rows": 1,
            **{
                name.replace(" ", "_"): group.eq(name).to_numpy(dtype=bool).astype("int64") for name in GROUPS
            },
            "segments": results["sms_segments"].where(results["sms_status"].isin(_TAKEN)).fillna(0).array,
            "credits": results["sms_credits"].fillna(0).astype(float).array,
            "median_seconds": seconds.where(delivered).astype(float).array,
        }
    )[kept]
    sums = ["rows", *(name.replace(" ", "_") for name in GROUPS), "segments", "credits"]
    grouped = facts.groupby("value", sort=False, dropna=False, observed=True)
    try:
        table = grouped[sums].sum().join(grouped[["median_seconds"]].median())
    except TypeError:
        raise KeyError(f"column {column!r} has values that cannot be counted, such as lists") from None
    arrived = table["delivered"].replace(0, np.nan)
    table.insert(1 + len(GROUPS), "share_delivered", table["delivered"] / table["rows"])
    table.insert(4 + len(GROUPS), "credits_per_delivered", table["credits"] / arrived)
    table.index.name = None  # a column of the user's may be called as one of these
    if column in TIMES and column not in results.columns:
        table = table.sort_index()
    else:
        table = table.sort_values("rows", ascending=False, kind="stable")
    table.index.name = column
    return table


def _values(results: pd.DataFrame, column: Hashable, zone: ZoneInfo) -> pd.Series[Any]:
    """The values that rows are grouped by."""
    if not pd.api.types.is_hashable(column):
        raise KeyError(f"one column is needed, not {type(column).__name__}")
    if column in results.columns:
        found = results[column]
        return found.iloc[:, 0] if isinstance(found, pd.DataFrame) else found
    if column == "country":
        return countries(results["sms_phone"]).fillna("unknown")
    if column in TIMES:
        sent = results["sms_sent_at"].fillna(results["sms_scheduled_at"]).dt.tz_convert(zone).dt
        value: pd.Series[Any] = (
            sent.hour.astype("Int64") if column == "hour" else sent.strftime("%Y-%m-%d").astype(TEXT)
        )
        return value
    raise KeyError(f"there is no column {column!r}: name one of the frame's, 'country', 'hour' or 'day'")
