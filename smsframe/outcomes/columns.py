"""
The result columns: their names, dtypes and rules, and frames made of them.

`schema` says the same to users, as pandera schemas. What smsframe makes itself is held against the rules of
this file instead: pandera takes half as long to load as pandas does, and a check in a terminal would wait for
it. `tests/unit/test_result_columns.py` holds the two against each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from smsframe.arrow import INSTANT, TEXT
from smsframe.outcomes.codes import CODES

if TYPE_CHECKING:
    from collections.abc import Callable

SchemaName: TypeAlias = Literal["CheckedSchema", "PlannedSchema", "ResultsSchema"]

E164 = r"^\+[1-9][0-9]{6,14}$"

STATUSES = (
    "ready",  # can be sent (check and plan only)
    "accepted",  # the gateway has taken the text; that is not yet delivered
    "scheduled",  # as accepted, for a later time
    "rejected",  # the gateway said no to this number
    "unconfirmed",  # nobody can know yet; never sent again before it is looked up
    "pending",  # not sent, and will be when the campaign goes on
    "cancelled",  # a scheduled text that was called back
    "invalid",  # cannot be sent: the number, the text or a rule
    "duplicate",  # the same number as another row, which stands for both
    "suppressed",  # on the suppression list
)

DTYPES: dict[str, Any] = {
    "sms_campaign": TEXT,
    "sms_phone": TEXT,
    "sms_status": pd.CategoricalDtype(list(STATUSES), ordered=False),
    "sms_code": pd.CategoricalDtype(list(CODES), ordered=False),
    "sms_reason": TEXT,
    "sms_segments": pd.Int64Dtype(),
    "sms_credits": pd.Float64Dtype(),
    "sms_order_id": TEXT,
    "sms_sent_at": INSTANT,
    "sms_delivery": TEXT,
    "sms_delivered_at": INSTANT,
}
COLUMNS = tuple(DTYPES)


def explained(frame: pd.DataFrame) -> pd.Series[bool]:
    """Each row that is not simply fine says why, twice: for programs and for people."""
    fine = frame["sms_status"].isin(["ready", "accepted", "scheduled"])
    return fine | (frame["sms_code"].notna() & frame["sms_reason"].notna())


def addressed(frame: pd.DataFrame) -> pd.Series[bool]:
    """Only an invalid row may be without a number."""
    return frame["sms_phone"].notna() | frame["sms_status"].isin(["invalid"])


def counted(frame: pd.DataFrame) -> pd.Series[bool]:
    """You see it before you pay."""
    return frame["sms_segments"].notna() | frame["sms_status"].ne("ready")


CHECKED_STATUSES = ("ready", "invalid", "duplicate", "suppressed")
EXPLAINED = "a status that says why has a code and a reason"
ADDRESSED = "a text has somebody to go to"
COUNTED = "a ready row knows its segments"

_RULES: dict[str, Callable[[pd.DataFrame], pd.Series[bool]]] = {
    "every row has a status": lambda frame: frame["sms_status"].notna(),
    "numbers are E.164": lambda frame: frame["sms_phone"].str.match(E164).fillna(value=True),
    "a text has a segment": lambda frame: frame["sms_segments"].fillna(1).ge(1),
    "credits are not negative": lambda frame: frame["sms_credits"].fillna(0).ge(0),
    EXPLAINED: explained,
    ADDRESSED: addressed,
}
_MORE_RULES: dict[SchemaName, dict[str, Callable[[pd.DataFrame], pd.Series[bool]]]] = {
    "CheckedSchema": {
        "checked rows have a status of `check`": lambda frame: frame["sms_status"].isin(CHECKED_STATUSES)
    },
    "PlannedSchema": {COUNTED: counted},
    "ResultsSchema": {},
}


def results_for(rows: int, **columns: Any) -> pd.DataFrame:
    """A frame of the result columns for so many rows, by position: those given, the others missing."""
    index = pd.RangeIndex(rows)
    made = {}
    for name, dtype in DTYPES.items():
        value = columns.pop(name, None)
        if isinstance(value, pd.Series | pd.Categorical | pd.api.extensions.ExtensionArray):
            made[name] = pd.Series(value).set_axis(index).astype(dtype)
        else:
            made[name] = pd.Series([value], dtype=dtype).take(np.zeros(rows, dtype=np.intp)).set_axis(index)
    if columns:
        raise TypeError(f"no such result columns: {sorted(columns)}")
    return pd.DataFrame(made, index=index)


def satisfied(schema: SchemaName, results: pd.DataFrame) -> pd.DataFrame:
    """
    The results, as a schema of ours says they are; without loading pandera.

    Raises:
        RuntimeError: They are not, which is a bug of ours. No value is named: it could be somebody's number.
    """
    broken = next(
        (f"{name} is not {dtype}" for name, dtype in DTYPES.items() if _dtype(results, name) != dtype), None
    ) or next(
        (rule for rule, kept in (_RULES | _MORE_RULES[schema]).items() if not kept(results).all()), None
    )
    if broken is not None:
        raise RuntimeError(
            f"smsframe made results that are not as {schema} says ({broken}): please report this bug"
        )
    return results


def _dtype(frame: pd.DataFrame, name: str) -> object:
    """The dtype of the column of that name; None where there is none, or several."""
    named = frame.columns == name
    return frame.dtypes.iloc[int(named.argmax())] if named.sum() == 1 else None


def attach(contacts: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """Put result columns after the user's own, under the user's index; earlier ones are replaced."""
    own = contacts.loc[:, ~contacts.columns.isin(COLUMNS)]
    return pd.concat([own, results.set_axis(contacts.index)], axis=1)
