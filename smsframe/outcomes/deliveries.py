"""
What a delivery code says of a row: whether a scheduled text has left, and why a text did not arrive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from smsframe.orders.delivery_codes import Stage
from smsframe.orders.profile import known_codes
from smsframe.outcomes.codes import CODES, shortened
from smsframe.outcomes.columns import DTYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsframe.orders.delivery_codes import DeliveryCode

NOT_DELIVERED = "not_delivered"
_TAKEN = ["accepted", "scheduled"]


def explain_deliveries(results: pd.DataFrame) -> pd.DataFrame:
    """
    The results with what their delivery codes say of them.

    A scheduled text that the gateway no longer waits with was sent. One that failed says so as its reason,
    also where it was sent by an earlier call. A code that nobody knows says nothing.

    Args:
        results: All result columns; it is not changed.

    Returns:
        The same rows with ``sms_status``, ``sms_code`` and ``sms_reason`` brought up to date.
    """
    delivery = results["sms_delivery"]
    if delivery.isna().all() and not results["sms_code"].eq(NOT_DELIVERED).any():
        return results
    codes = known_codes()
    waiting = [code for code, known in codes.items() if known.stage is Stage.WAITING]
    status = results["sms_status"]
    left = status.eq("scheduled") & delivery.notna() & ~delivery.isin(waiting)
    failed = status.isin(_TAKEN) & delivery.isin([code for code, known in codes.items() if known.failed])
    no_longer = status.isin(_TAKEN) & ~failed & results["sms_code"].eq(NOT_DELIVERED).fillna(value=False)
    changed = {"sms_status": status.mask(left, "accepted")} if left.any() else {}
    rows = np.flatnonzero(failed | no_longer)
    if len(rows):  # of a million texts some thousands: the others are not looked at one by one
        now = delivery.iloc[rows].astype(object).map(_sentences(codes)).where(failed.iloc[rows])
        code, reason = results["sms_code"].copy(), results["sms_reason"].copy()
        code.iloc[rows] = now.notna().map({True: NOT_DELIVERED, False: None}).to_numpy(object)
        reason.iloc[rows] = now.astype(DTYPES["sms_reason"]).array
        changed |= {"sms_code": code, "sms_reason": reason}
    return results.assign(**changed)


def _sentences(codes: Mapping[str, DeliveryCode]) -> dict[str, str]:
    """What is said of each code that means a failure."""
    failures = {code: known for code, known in codes.items() if known.failed}
    sentences = pd.Series(
        {
            code: f"{CODES[NOT_DELIVERED]}: {known.meaning}" + (f"; {known.advice}" if known.advice else "")
            for code, known in failures.items()
        },
        dtype=DTYPES["sms_reason"],
    )
    return {str(code): str(sentence) for code, sentence in shortened(sentences).items()}
