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
import pyarrow.compute as pc

from smsframe.arrow import INSTANT, TEXT, in_parts, raw, repeated, uncopied
from smsframe.outcomes.codes import CODES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

SchemaName: TypeAlias = Literal["CheckedSchema", "PlannedSchema", "ResultsSchema"]

E164 = r"^\+[1-9][0-9]{6,14}$"
FEWEST, MOST = 8, 16  # characters, with the plus

STATUSES = (
    "ready",  # can be sent (check and plan only)
    "accepted",  # the gateway has taken the text; that is not yet delivered
    "scheduled",  # as accepted, for a later time
    "rejected",  # the gateway said no to this number
    "unconfirmed",  # nobody can know yet; never sent again before it is looked up
    "pending",  # not sent, and will be when the campaign goes on
    "cancelled",  # a scheduled text that was cancelled before its time
    "invalid",  # cannot be sent: the number, the text or a rule
    "duplicate",  # the same number as an earlier row, whose text goes out
    "suppressed",  # left out on purpose: opted out, capped, not allowed, held out
)

# As pandera has them: from pandas 3 on, strings with NaN where there is none.
_NAN_STRINGS = pd.__version__ >= "3"
_STRING: Any = pd.StringDtype("pyarrow", np.nan) if _NAN_STRINGS else TEXT

DTYPES: dict[str, Any] = {
    "sms_status": pd.CategoricalDtype(list(STATUSES), ordered=False),
    "sms_reason": _STRING,
    "sms_phone": _STRING,
    "sms_code": pd.CategoricalDtype(list(CODES), ordered=False),
    "sms_segments": pd.Int64Dtype(),
    "sms_credits": pd.Float64Dtype(),
    "sms_order_id": _STRING,
    "sms_sent_at": INSTANT,
    "sms_scheduled_at": INSTANT,
    "sms_delivery": _STRING,
    "sms_delivered_at": INSTANT,
    "sms_attempt": pd.Int64Dtype(),
    "sms_variant": _STRING,
    "sms_campaign": _STRING,
}
COLUMNS = tuple(DTYPES)
CHECKED = COLUMNS[:4]
PLANNED = COLUMNS[:5]
_COLUMNS: dict[SchemaName, tuple[str, ...]] = {
    "CheckedSchema": CHECKED,
    "PlannedSchema": PLANNED,
    "ResultsSchema": COLUMNS,
}


def has_status(frame: pd.DataFrame, *names: str) -> pd.Series[bool]:
    """Which rows have one of these statuses, looked up by the places of the few categories."""
    status = frame["sms_status"]
    if not isinstance(status.dtype, pd.CategoricalDtype):
        return status.isin(names)
    named = np.append(status.cat.categories.isin(names), False)  # a gap is the last
    return pd.Series(named[status.cat.codes.to_numpy()], index=frame.index)


def explained(frame: pd.DataFrame) -> pd.Series[bool]:
    """A row that is not ready, accepted or scheduled has a code for programs and a reason for people."""
    without_reason = has_status(frame, "ready", "accepted", "scheduled")
    return without_reason | (frame["sms_code"].notna() & frame["sms_reason"].notna())


def are_e164(phones: pd.Series[Any]) -> pd.Series[bool]:
    """
    Which numbers are E.164, or missing; by Arrow, for which ``$`` is the end of the text in every version.
    """
    (like,) = in_parts(_like_e164, uncopied(phones))
    return pd.Series(like, index=phones.index)


def _like_e164(text: Any) -> tuple[NDArray[np.bool_]]:
    if _all_like_e164(text):
        return (np.ones(len(text), dtype=bool),)
    return (np.asarray(pc.match_substring_regex(text, E164).fill_null(fill_value=True)),)


def _all_like_e164(text: Any) -> bool:
    """Whether all texts surely are, looked at byte by byte, which costs a fifth of a pattern."""
    begins, ends, content = raw(text)
    if text.null_count:
        there = np.asarray(text.is_valid())
        begins, ends = begins[there], ends[there]
    if not len(begins) or (ends - begins).min() < FEWEST or (ends - begins).max() > MOST:
        return False
    signed = (content[begins] == ord("+")).all() and (content[begins + 1] != ord("0")).all()
    others = len(content) - np.count_nonzero(content - np.uint8(ord("0")) <= 9)  # noqa: PLR2004 - a digit
    return bool(signed and others == len(begins))


def addressed(frame: pd.DataFrame) -> pd.Series[bool]:
    """Only an invalid row may be without a number."""
    return frame["sms_phone"].notna() | has_status(frame, "invalid")


def counted(frame: pd.DataFrame) -> pd.Series[bool]:
    """A ready row has its number of segments, so that its price is known before it is sent."""
    return frame["sms_segments"].notna() | ~has_status(frame, "ready")


CHECKED_STATUSES = ("ready", "invalid", "duplicate", "suppressed")
EXPLAINED = "a status that says why has a code and a reason"
ADDRESSED = "a text has somebody to go to"
COUNTED = "a ready row knows its segments"

Rule: TypeAlias = "Callable[[pd.DataFrame], pd.Series[bool]]"

NUMBERED = "numbers are E.164"

_RULES: dict[str, Rule] = {
    "every row has a status": lambda frame: frame["sms_status"].notna(),
    NUMBERED: lambda frame: are_e164(frame["sms_phone"]),
    EXPLAINED: explained,
    ADDRESSED: addressed,
}
_MORE_RULES: dict[SchemaName, dict[str, Rule]] = {
    "CheckedSchema": {
        "a status is one that `check` gives": lambda frame: has_status(frame, *CHECKED_STATUSES)
    },
    "PlannedSchema": {
        "segments are 1 or more": lambda frame: frame["sms_segments"].fillna(1).ge(1),
        COUNTED: counted,
    },
    "ResultsSchema": {
        "segments are 1 or more": lambda frame: frame["sms_segments"].fillna(1).ge(1),
        "attempts are 1 or more": lambda frame: frame["sms_attempt"].fillna(1).ge(1),
        "credits are 0 or more": lambda frame: frame["sms_credits"].fillna(0).ge(0),
    },
}


def results_for(rows: int, names: tuple[str, ...] = COLUMNS, **columns: Any) -> pd.DataFrame:
    """A frame of these result columns for so many rows, by position: those given, the others missing."""
    index = pd.RangeIndex(rows)
    series: dict[str, pd.Series[Any]] = {}
    same: dict[tuple[Any, Any], pd.Series[Any]] = {}  # Arrow's texts share their memory
    for name in names:
        value, dtype = columns.pop(name, None), DTYPES[name]
        if isinstance(value, pd.Series | pd.Categorical | pd.api.extensions.ExtensionArray):
            series[name] = pd.Series(value).set_axis(index).astype(dtype)
        else:
            if (value, dtype) not in same:
                same[value, dtype] = pd.Series(repeated(value, rows, dtype), index=index)
            series[name] = same[value, dtype].copy()
    if columns:
        raise TypeError(f"no such result columns: {sorted(columns)}")
    return pd.DataFrame(series, index=index, copy=False)  # each column is its own by now


def validated(schema: SchemaName, results: pd.DataFrame) -> pd.DataFrame:
    """
    The results, checked against the rules of a schema; pandera is not loaded for it.

    Raises:
        RuntimeError: A rule is broken, which is a bug of smsframe. No value is named: it could be a number.
    """
    broken = next(_broken(schema, results), None)
    if broken is not None:
        raise RuntimeError(
            f"smsframe made results that are not as {schema} says ({broken}): please report this bug"
        )
    return results


def _broken(schema: SchemaName, results: pd.DataFrame) -> Iterator[str]:
    """Each rule of the schema that the results break."""
    if tuple(results.columns) != _COLUMNS[schema]:
        yield "other columns, or columns in another order"
    for name, dtype in results.dtypes.items():
        if dtype != DTYPES[str(name)]:
            yield f"{name} is not {DTYPES[str(name)]}"
    for rule, holds in {**_RULES, **_MORE_RULES[schema]}.items():
        if not holds(results).all():
            yield rule


PROBLEM_COLUMNS = ("sms_row", "sms_column", "sms_cell", "sms_reason", "sms_todo")
"""What `smsframe.problems` says of a row, before the columns of the user's own."""
PHONE_KEY = "smsframe_phone"
"""Under this name a checked frame remembers, in its attributes, which column was checked."""


def left_out(results: pd.DataFrame, rows: pd.Index[Any], reason: str, code: str) -> pd.DataFrame:
    """The results with some rows, by their labels, ``suppressed``."""
    if not len(rows):
        return results
    said = {"sms_status": "suppressed", "sms_code": code, "sms_reason": reason}
    changed = {name: results[name].copy() for name in said}
    for name, value in said.items():
        changed[name].loc[rows] = value
    return results.assign(**changed)


def attach(contacts: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """
    Put result columns after the user's own, under the user's index.

    All earlier result columns are removed, also those that are not among the new ones: they are of another
    call. Only variants stay, which `smsframe.assign` gave them. The attributes of the contacts stay, with the
    rows of the file that they were read from.
    """
    stays = (
        "sms_variant" not in results and "sms_variant" in contacts and contacts["sms_variant"].notna().any()
    )
    ours = [name for name in COLUMNS if not (stays and name == "sms_variant")]
    own = contacts.loc[:, ~contacts.columns.isin([*ours, *PROBLEM_COLUMNS])]
    attached = pd.concat([own, results.set_axis(contacts.index)], axis=1)
    attached.attrs = dict(contacts.attrs)
    return attached
