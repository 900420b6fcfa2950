"""The rules that smsframe holds its own frames against are those of the pandera schemas that users see."""

from __future__ import annotations

import pandas as pd
import pandera.errors
import pytest

import smsframe
from smsframe.outcomes.columns import COLUMNS, DTYPES, STATUSES, results_for, satisfied

NUMBER = "+393471234567"
SCHEMAS = {
    "CheckedSchema": smsframe.CheckedSchema,
    "PlannedSchema": smsframe.PlannedSchema,
    "ResultsSchema": smsframe.ResultsSchema,
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
# (pandera takes strings in any storage for the same; ours are in Arrow's.)
OTHER_DTYPES = [object, "float64", "datetime64[ns]", pd.CategoricalDtype(["ready"])]


def valid(status="ready", rows=2):
    """A frame that all schemas accept."""
    reason = None if status in {"ready", "accepted", "scheduled"} else "unknown"
    code = None if reason is None else DTYPES["sms_code"].categories[0]
    return results_for(
        rows, sms_phone=NUMBER, sms_status=status, sms_code=code, sms_reason=reason, sms_segments=1
    )


def damaged():
    """Frames in which one thing is another than in a valid one, each with what that is."""
    for status in STATUSES:
        frame = valid(status)
        yield f"{status}", frame
        yield f"{status}, no rows", frame.iloc[:0]
        for name, dtype in DTYPES.items():
            kind = "category" if isinstance(dtype, pd.CategoricalDtype) else str(dtype)
            values = [*VALUES[kind], *(dtype.categories if kind == "category" else []), pd.NA]
            for value in values:
                yield (
                    f"{status}: {name} is {value!r}",
                    frame.assign(**{name: pd.Series([value, frame[name].iloc[1]], dtype=dtype)}),
                )
            yield f"{status}: no {name}", frame.drop(columns=name)
            for other in OTHER_DTYPES:
                yield (
                    f"{status}: {name} as {other}",
                    frame.assign(**{name: pd.Series([None, None], dtype=other)}),
                )


DAMAGED = list(damaged())


def refused_by_schema(name, frame):
    try:
        SCHEMAS[name].validate(frame)
    except pandera.errors.SchemaError:
        return True
    return False


def refused_by_rules(name, frame):
    try:
        assert satisfied(name, frame) is frame
    except RuntimeError as error:
        assert "347" not in str(error)
        return True
    return False


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_rules_and_the_schema_accept_and_refuse_the_same_frames(name):
    verdicts = [
        (what, refused_by_schema(name, frame), refused_by_rules(name, frame)) for what, frame in DAMAGED
    ]
    assert [what for what, schema, rules in verdicts if schema != rules] == []
    refused = sum(schema for _, schema, _ in verdicts)
    assert 100 < refused < len(verdicts) - 50


def test_the_schema_has_the_columns_and_their_dtypes():
    columns = smsframe.ResultsSchema.to_schema().columns
    assert tuple(columns) == COLUMNS
    assert {name: column.dtype.type for name, column in columns.items()} == DTYPES


def test_a_column_that_is_there_twice_is_refused():
    frame = valid()
    with pytest.raises(RuntimeError, match="sms_phone is not string"):
        satisfied("ResultsSchema", pd.concat([frame, frame[["sms_phone"]]], axis=1))
