"""
People who were erased on their request: a plan that was made before leaves them out.

Who they are only the journal can tell, by keyed hashes: it is asked by a function that is handed in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from smsframe.outcomes.columns import DTYPES, has_status
from smsframe.phones.match import among
from smsframe.planning.check import refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from smsframe.planning.plan import Plan

    ErasedReasons = Callable[[pd.Series[Any]], pd.Series[Any] | None]
    """Why each of some numbers may not be texted, by position; missing of those who were not erased, None
    where nobody was."""


def refuse_erased(judged: pd.DataFrame, reasons: ErasedReasons | None) -> None:
    """Change the status of the ready rows of people who were erased, in place."""
    if reasons is None:
        return
    why = reasons(judged["phone"])
    if why is None:
        return
    refuse(judged, why.notna(), "suppressed", "opted_out", why)


def without_erased(plan: Plan, reasons: ErasedReasons) -> Plan:
    """A plan without the people who were erased since it was made; the same plan where nobody was."""
    frame = plan.frame
    why = reasons(frame["sms_phone"])
    if why is None:
        return plan
    rows = np.flatnonzero(why.notna().to_numpy() & has_status(frame, "ready", "pending").to_numpy())
    if not len(rows):
        return plan
    changed = {"sms_status": "suppressed", "sms_code": "opted_out", "sms_reason": why.iloc[rows].to_numpy()}
    columns = {}
    for name, value in changed.items():
        column = frame[name].array.copy()
        column[rows] = value
        columns[name] = column
    left_out = frame["sms_phone"].iloc[rows]
    return replace(
        plan,
        frame=frame.assign(**columns).astype({name: DTYPES[name] for name in columns}),
        planned=plan.planned[~among(plan.planned["phone"], left_out)],
    )
