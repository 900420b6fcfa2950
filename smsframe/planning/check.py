"""
Check contacts: each row is judged by its number, the user's rules and the opt-outs.

Everything works by position inside and gets the caller's index back at the end, because labels may repeat
and failing rows must not be mistaken for each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, TEXT
from smsframe.contacts.columns import find_phone, find_region, place
from smsframe.errors import ContactsError
from smsframe.outcomes.codes import brief, sentences
from smsframe.outcomes.columns import (
    CHECKED,
    DTYPES,
    STATUSES,
    attach,
    results_for,
    satisfied,
)
from smsframe.phones import parse
from smsframe.phones.match import among, first_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from smsframe.outcomes.schema import ContactsSchema


def judge(
    contacts: pd.DataFrame,
    *,
    phone: Hashable,
    region: Hashable | None = None,
    numbers: str = "mobile",
    schema: type[ContactsSchema] | None = None,
    suppressed: pd.Index[Any] | None = None,
) -> pd.DataFrame:
    """
    Judge each row by its number, the user's rules and the suppression list; duplicates come later.

    Returns:
        By position: ``phone`` (E.164), ``status`` (``ready``, ``invalid``, ``suppressed``), ``code``,
        ``reason`` and ``repair`` (what was mended in the number).
    """
    column = contacts.iloc[:, place(contacts, phone)]
    judged = parse.read(column, find_region(contacts, region), numbers)
    judged["code"] = _codes(judged["code"])
    status = np.where(judged["code"].isna(), STATUSES.index("ready"), STATUSES.index("invalid"))
    judged["status"] = pd.Categorical.from_codes(status, dtype=DTYPES["sms_status"])
    if schema is not None:
        broken = _broken_rules(contacts, schema)
        refuse(judged, broken.notna(), "invalid", "rule", broken)
    if suppressed is not None and len(suppressed):
        refuse(judged, among(judged["phone"], suppressed), "suppressed", "suppressed")
    return judged


def _codes(codes: pd.Series[Any]) -> pd.Categorical:
    """Codes as a categorical: Arrow finds the places of a million of them ten times as fast as pandas."""
    dtype = DTYPES["sms_code"]
    text = pa.array(codes, from_pandas=True).cast(STRING)
    found = pc.index_in(text, pa.array(dtype.categories, STRING)).fill_null(-1)
    return pd.Categorical.from_codes(np.asarray(found), dtype=dtype)


def refuse(
    judged: pd.DataFrame,
    rows: pd.Series[bool] | NDArray[np.bool_],
    status: str,
    code: str | pd.Series[Any],
    reason: pd.Series[Any] | None = None,
) -> None:
    """Give the rows that are still ready, and meant by ``rows``, another status, in place; first wins."""
    asked = rows.fillna(value=False).to_numpy(dtype=bool) if isinstance(rows, pd.Series) else rows
    meant = judged["status"].eq("ready").to_numpy() & asked
    if not meant.any():
        return
    few = pd.RangeIndex(int(meant.sum()))
    codes = pd.Series(code, index=few, dtype=TEXT) if isinstance(code, str) else code[meant].set_axis(few)
    said = sentences(codes) if reason is None else brief(reason[meant].astype(TEXT))
    for name, values in (("status", status), ("code", _codes(codes)), ("reason", said.array)):
        column = judged[name].array.copy()
        column[meant] = values
        judged[name] = column


def mark_duplicates(judged: pd.DataFrame, texts: pd.Series[Any] | None = None) -> None:
    """Leave one ready row per number, the first; the reason says when another row's text differs."""
    stands = first_of(judged["phone"], judged["status"].eq("ready").to_numpy())
    again = stands != np.arange(len(judged))
    if texts is not None:
        later = np.flatnonzero(again)
        other = np.zeros(len(judged), dtype=bool)
        other[later] = texts.iloc[later].to_numpy() != texts.iloc[stands[later]].to_numpy()
        refuse(judged, other, "duplicate", "duplicate_text")
    refuse(judged, again, "duplicate", "duplicate")


def check(
    contacts: pd.DataFrame,
    phone: Hashable | None = None,
    *,
    region: Hashable | None = None,
    numbers: str = "mobile",
    schema: type[ContactsSchema] | None = None,
    suppressed: pd.Index[Any] | None = None,
) -> pd.DataFrame:
    """
    Check who could be texted; see `smsframe.check`. ``suppressed`` holds E.164 numbers.
    """
    phone, _ = find_phone(contacts, phone)
    judged = judge(
        contacts, phone=phone, region=region, numbers=numbers, schema=schema, suppressed=suppressed
    )
    mark_duplicates(judged)
    results = results_for(
        len(contacts),
        CHECKED,
        sms_status=judged["status"],
        sms_reason=judged["reason"],
        sms_phone=judged["phone"],
        sms_code=judged["code"],
    )
    return attach(contacts, satisfied("CheckedSchema", results))


def _broken_rules(contacts: pd.DataFrame, schema: type[ContactsSchema]) -> pd.Series[Any]:
    """Per row the user's rules that it breaks, as a sentence; missing where it breaks none."""
    from pandera.errors import SchemaErrors  # noqa: PLC0415 - whoever has a schema has loaded it already

    by_position = contacts.reset_index(drop=True)
    said: pd.Series[Any] = pd.Series(pd.NA, index=by_position.index, dtype=TEXT)
    try:
        kept = schema.validate(by_position, lazy=True)
    except SchemaErrors as failed:
        failures = failed.failure_cases
    except ArithmeticError as error:
        raise ContactsError(
            "the schema cannot be applied to this table: it has a value that may not be compared with any, "
            "such as Decimal('sNaN'); nothing was sent"
        ) from error
    else:
        # `drop_invalid_rows` in the user's schema drops instead of saying which rule it was.
        dropped = ~by_position.index.isin(kept.index)
        return said.mask(dropped, "breaks a rule of the schema, which drops such rows")
    general = failures[failures["index"].isna()]
    if len(general):
        rules = "; ".join(sorted({_rule(row.column, row.check) for row in general.itertuples()}))
        raise ContactsError(f"the schema cannot be applied to this table: {rules}", failures=general)
    # One sentence per distinct rule, then column operations: half a million failing rows are no loop.
    rules = failures[["column", "check"]].drop_duplicates()
    rules["said"] = [_rule(row.column, row.check) for row in rules.itertuples()]
    listed = failures.merge(rules, on=["column", "check"]).drop_duplicates(["index", "said"])
    joined = listed.groupby("index", sort=False)["said"].agg("; ".join)
    said.loc[joined.index.astype("int64")] = joined.to_numpy()
    return said


def _rule(column: object, rule: object) -> str:
    return f"breaks the rule {rule} of {column!r}" if column is not None else f"breaks the rule {rule}"
