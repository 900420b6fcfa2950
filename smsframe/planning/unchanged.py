"""
Whether the rows of a plan are those that were planned; a plan that was edited is not sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from smsframe.outcomes.columns import has_status
from smsframe.phones.match import keys

if TYPE_CHECKING:
    from smsframe.planning.plan import Plan


def require_unchanged(plan: Plan) -> None:
    """
    Refuse a plan whose frame was edited in place: rows that were taken out would be texted all the same.

    Raises:
        ValueError: It was; says what to do. Nothing was sent.
    """
    if not _as_planned(plan):
        raise ValueError(
            "the rows of the plan were changed after it was made, and only what was planned can be sent: "
            "change the table, and plan it again; nothing was sent"
        )


def _as_planned(plan: Plan) -> bool:
    frame, planned = plan.frame, plan.planned
    if len(frame) != len(plan.stands) or not {"sms_phone", "sms_status", "sms_code"} <= {*frame.columns}:
        return False
    chosen = np.zeros(len(frame), dtype=bool)
    chosen[planned.index] = True
    left_out = has_status(frame, "invalid", "duplicate", "suppressed").to_numpy(copy=True)
    left_out &= frame["sms_code"].ne("held_out").to_numpy(dtype=bool, na_value=True)  # by the journal
    if (left_out & chosen).any() or (has_status(frame, "ready").to_numpy() & ~chosen).any():
        return False
    phones = frame["sms_phone"].array
    here = pd.Series(phones if len(planned) == len(frame) else phones[planned.index.to_numpy()])
    there = planned["phone"].reset_index(drop=True)
    other = ~here.eq(there).fillna(value=False)
    # Who was texted before has the number of then, which may be spelled otherwise.
    return bool((keys(here[other], missing=-1) == keys(there[other])).all())
