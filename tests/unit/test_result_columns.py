"""The rules that smsframe holds its own frames against are those of the pandera schemas that users see."""

from __future__ import annotations

import re

import pandas as pd
import pandera.errors
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smsframe
from smsframe.outcomes.columns import (
    CHECKED,
    COLUMNS,
    DTYPES,
    E164,
    PLANNED,
    STATUSES,
    are_e164,
    results_for,
    validated,
)

NUMBER = "+393471234567"
SCHEMAS = {
    "CheckedSchema": (smsframe.CheckedSchema, CHECKED),
    "PlannedSchema": (smsframe.PlannedSchema, PLANNED),
    "ResultsSchema": (smsframe.ResultsSchema, COLUMNS),
}
VALUES = {
    "string": [
        pd.NA,
        "",
        NUMBER,
        "+39 347",
        NUMBER + "\n",
        "x" + NUMBER,
        "+0123456789",
        "+" + "1" * 16,
        "+123456",
    ],
    "Int64": [pd.NA, -1, 0, 1],
    "Float64": [pd.NA, -0.5, 0.0, 2.5],
    "category": [],
    "datetime64[us, UTC]": [pd.NaT, pd.Timestamp("2026-12-01", tz="UTC")],
}
# (Pandera takes more than ours are: objects and any storage for strings, float64 for Float64.)
OTHER_DTYPES = ["timedelta64[ns]", "datetime64[ns]", pd.CategoricalDtype(["ready"])]


def valid(names, status="ready", rows=2):
    """A frame that a schema accepts, unless it is the status that it does not."""
    reason = None if status in {"ready", "accepted", "scheduled"} else "unknown"
    code = None if reason is None else DTYPES["sms_code"].categories[0]
    values = {
        "sms_phone": NUMBER,
        "sms_status": status,
        "sms_code": code,
        "sms_reason": reason,
        "sms_segments": 1,
    }
    return results_for(rows, names, **{name: value for name, value in values.items() if name in names})


def damaged(names):
    """Frames in which one thing is another than in a valid one, each with what that is."""
    for status in STATUSES:
        frame = valid(names, status)
        yield status, frame
        yield f"{status}, no rows", frame.iloc[:0]
        yield f"{status}, turned around", frame.iloc[:, ::-1]
        if status not in {"ready", "invalid", "accepted"}:  # the others are as one of these
            continue
        for name in names:
            dtype = DTYPES[name]
            kind = (
                "category"
                if isinstance(dtype, pd.CategoricalDtype)
                else str(pd.Series([], dtype=dtype).dtype)
            )
            kind = "string" if kind in {"str", "string"} else kind
            values = [*VALUES[kind], *(dtype.categories if kind == "category" else []), None]
            for value in values:
                column = pd.Series([value, frame[name].iloc[1]], dtype=dtype)
                yield f"{status}: {name} is {value!r}", frame.assign(**{name: column})
            yield f"{status}: no {name}", frame.drop(columns=name)
            for other in OTHER_DTYPES:
                column = pd.Series([None, None], dtype=other)
                yield f"{status}: {name} as {other}", frame.assign(**{name: column})


def refused_by_schema(schema, frame):
    try:
        schema.validate(frame)
    except (pandera.errors.SchemaError, pandera.errors.SchemaErrors):
        return True
    return False


def refused_by_rules(name, frame):
    try:
        validated(name, frame)
    except RuntimeError as error:
        return "347" not in str(error)
    return False


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEMAS)
def test_the_rules_and_the_schema_accept_and_refuse_the_same_frames(name):
    schema, names = SCHEMAS[name]
    verdicts = [
        (what, refused_by_schema(schema, frame), refused_by_rules(name, frame))
        for what, frame in damaged(names)
    ]
    assert [(what, by_schema) for what, by_schema, by_rules in verdicts if by_schema != by_rules] == []
    refused = sum(by_schema for _, by_schema, _ in verdicts)
    assert 100 < refused < len(verdicts) - 50


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_has_the_columns_and_their_dtypes(name):
    schema, names = SCHEMAS[name]
    columns = schema.to_schema().columns
    assert tuple(columns) == names
    assert {name: column.dtype.type for name, column in columns.items()} == {
        name: DTYPES[name] for name in names
    }


def test_a_column_that_is_there_twice_is_refused():
    frame = valid(COLUMNS)
    with pytest.raises(RuntimeError, match="other columns"):
        validated("ResultsSchema", pd.concat([frame, frame[["sms_phone"]]], axis=1))


@settings(max_examples=500)
@given(
    st.lists(
        st.none()
        | st.from_regex(r"\+[0-9]{6,16}", fullmatch=True)
        | st.text("+0123456789x\n \u0663", max_size=18),
        max_size=6,
    ),
    st.integers(0, 3),
)
def test_numbers_are_e164_as_the_pattern_says(phones, start):
    column = pd.Series(phones, dtype="string[pyarrow]").iloc[start:]
    expected = [phone is None or re.fullmatch(E164.replace("$", ""), phone) is not None for phone in phones]
    assert are_e164(column).tolist() == expected[start:]
