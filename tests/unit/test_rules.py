"""Rules of the user's own: each broken one is named with its column, and no number is shown."""

from __future__ import annotations

import re
import traceback

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.engines.pandas_engine import PydanticModel
from pydantic import BaseModel

import smsframe
from smsframe.planning.rules import named_columns

MOBILE = "+393471234567"
OTHER = "+393471234561"


def one(column, *arguments, **options):
    return pa.DataFrameSchema({column: pa.Column(*arguments, **options)})


def people(**columns):
    rows = max(map(len, columns.values()))
    return pd.DataFrame({"mobile": [f"+3934712345{at:02}" for at in range(rows)], **columns})


class Guest(BaseModel):
    mobile: str
    age: int


UNUSUAL = {
    "a quote in the label": ("guest's age", one("guest's age", int, coerce=True), "guest's age"),
    "both quotes": ("""a"b'c""", one("""a"b'c""", int, coerce=True), """a"b'c"""),
    "what stands in a sentence": ("a'; b of 'c", one("a'; b of 'c", int, coerce=True), "a'; b of 'c"),
    "an integer label": (5, one(5, int, coerce=True), "5"),
    "an integer label and a rule": (5, one(5, checks=pa.Check.isin(["3"])), "5"),
    "a pattern, coerced": ("ages", one("^ag.*", int, regex=True, coerce=True), "ages"),
    "a pattern, with a rule": ("ages", one("^ag.*", checks=pa.Check.isin(["3"]), regex=True), "ages"),
    "the index": ("ages", pa.DataFrameSchema(index=pa.Index(int, pa.Check.gt(0))), None),
    "rows that are dropped": (
        "ages",
        pa.DataFrameSchema({"ages": pa.Column(checks=pa.Check.isin(["3"]))}, drop_invalid_rows=True),
        None,
    ),
    "a rule of the table": (
        "ages",
        pa.DataFrameSchema(checks=pa.Check(lambda frame: frame["ages"].ne("x"), name="no x")),
        "mobile",
    ),
    "a model of a row": (
        "age",
        pa.DataFrameSchema(dtype=PydanticModel(Guest), coerce=True),
        None,
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("label", "schema", "named"), UNUSUAL.values(), ids=UNUSUAL)
def test_the_problems_of_a_broken_rule_are_listed_whatever_its_column_is(label, schema, named):
    frame = people(ages=["x", "3"]).rename(columns={"ages": label})
    checked = smsframe.check(frame, phone="mobile", schema=schema)
    plan = smsframe.plan(frame, "Ciao", phone="mobile", schema=schema)
    assert checked["sms_code"].astype(object).fillna("").tolist() == ["rule", ""]
    assert "failure_case" not in checked["sms_reason"].tolist()[0]
    for listed in (checked.sms.problems(), plan.problems()):
        assert listed["sms_column"].fillna("-").tolist() == [named or "-"]
        if named and named != "mobile":
            assert listed["sms_cell"].tolist() == ["x"]


def test_what_no_column_of_the_table_can_be_coerced_to_is_said_of_each():
    frame = people(a=["1", "x", "3"], b=["1", "y", "z"])[["a", "b", "mobile"]]
    checked = smsframe.check(frame, phone="mobile", schema=pa.DataFrameSchema(dtype=float, coerce=True))
    assert checked["sms_reason"].fillna("").tolist() == [
        "",
        "'a' cannot be coerced to float64; 'b' cannot be coerced to float64",
        "'b' cannot be coerced to float64",
    ]
    assert checked.sms.problems()["sms_column"].tolist() == ["a", "b"]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.one_of(st.text(max_size=6), st.integers(0, 99)), min_size=1, max_size=4, unique_by=repr))
def test_a_column_of_any_name_is_found_in_the_sentence_of_its_rule(labels):
    for place, label in enumerate(labels):
        frame = pd.DataFrame({"mobile phone": [MOBILE], **dict.fromkeys(labels, "x")})
        checked = smsframe.check(frame, phone="mobile phone", schema=one(label, int, coerce=True))
        assert named_columns(checked["sms_reason"], labels).tolist() == [place]
        assert checked.sms.problems()["sms_column"].tolist() == [str(label)]


RULES_WITH_NUMBERS = {
    "isin": pa.Check.isin([OTHER]),
    "isin whole": pa.Check.isin([393471234561, 3471234561]),
    "isin many": pa.Check.isin([f"+3934712345{at}" for at in range(10, 40)]),
    "notin": pa.Check.notin(["347 123 4561", "y"]),
    "equal": pa.Check.equal_to("3471234561"),
    "not equal": pa.Check.ne("y"),
    "pattern": pa.Check.str_matches(r"^\+393471234561$"),
    "starts": pa.Check.str_startswith("+39347123456"),
    "named": pa.Check(lambda cells: cells.eq(OTHER), name="is +39 347 1234561"),
    "error": pa.Check(lambda cells: cells.eq(OTHER), error="write 0039-347-1234561"),
    "raises": pa.Check(lambda cells: {}[OTHER], name="looks up"),
    "raises for one": pa.Check(lambda cell: cell == "y" or {}[cell + OTHER], element_wise=True, name="one"),
}
WHOLE = re.compile(r"\d(?:[ \-]?\d){6,}")


@pytest.mark.parametrize("label", ["extra", OTHER])
@pytest.mark.parametrize("check", RULES_WITH_NUMBERS.values(), ids=RULES_WITH_NUMBERS)
def test_no_reason_shows_a_number_that_a_rule_has(check, label):
    frame = people(extra=["y", "n"]).rename(columns={"extra": label})
    schema = one(label, checks=check)
    if check.name == "looks up":
        with pytest.raises(smsframe.ContactsError, match=r"the rule looks up .* raised KeyError") as caught:
            smsframe.plan(frame, "Ciao", phone="mobile", schema=schema)
        assert not WHOLE.search(str(caught.value))
        assert OTHER not in "".join(traceback.format_exception(caught.value)).replace(label, "")
        return
    plan = smsframe.plan(frame, "Ciao", phone="mobile", schema=schema)
    shown = [*plan.frame["sms_reason"].fillna(""), *plan.reasons["reason"], *plan.problems()["sms_reason"]]
    shown += [repr(plan), plan._repr_html_()]
    assert not [text for text in shown if WHOLE.search(text)]


class Silent:
    """A value that may not be written."""

    def __str__(self):
        raise RuntimeError("its own")

    __repr__ = __str__


HUGE = -(10**5000)
ONE_ODD_CELL = {
    "a list, unique": (["x"], one("value", unique=True), "unique of 'value'"),
    "a set, unique": ({"x"}, one("value", unique=True), "unique of 'value'"),
    "a dict, unique": ({"x": 1}, one("value", unique=True), "unique of 'value'"),
    "an array, unique": (np.array([1, 2]), one("value", unique=True), "unique of 'value'"),
    "a frame, unique": (pd.DataFrame({"a": [1]}), one("value", unique=True), "unique of 'value'"),
    "huge, coerced": (HUGE, one("value", int, coerce=True), "'value' cannot be coerced to int64"),
    "huge, as text": (HUGE, one("value", str, coerce=True), "'value' cannot be coerced to str"),
    "huge, compared": (HUGE, one("value", checks=pa.Check.gt(0)), "greater_than(0) of 'value'"),
    "silent, as text": (Silent(), one("value", str, coerce=True), "'value' cannot be coerced to str"),
    "silent, coerced": (Silent(), one("value", int, coerce=True), "'value' cannot be coerced to int64"),
    "silent, compared": (Silent(), one("value", checks=pa.Check.isin([3, 4])), "isin([3, 4]) of 'value'"),
    "a parser": ("x", one("value", parsers=pa.Parser(lambda cells: cells.astype(int))), "parser of 'value'"),
    "a parser of the table": (
        "x",
        pa.DataFrameSchema(parsers=pa.Parser(lambda frame: frame.assign(value=frame["value"].astype(int)))),
        "parser of the table",
    ),
    "a rule that raises": (
        "x",
        one("value", checks=pa.Check(lambda cell: 7 / (cell != "x"), element_wise=True, name="bad")),
        "the rule bad of 'value' raised ZeroDivisionError",
    ),
}


@pytest.mark.parametrize("at", [0, 3, 6])
@pytest.mark.parametrize(("cell", "schema", "said"), ONE_ODD_CELL.values(), ids=ONE_ODD_CELL)
def test_a_cell_that_a_rule_raises_for_is_a_row_with_the_rule_as_its_reason(cell, schema, said, at):
    values = [3, 4, 5, 6, 7, 8, 9]
    values[at] = cell
    frame = people(value=pd.Series(values, dtype=object))
    checked = smsframe.check(frame, phone="mobile", schema=schema)
    reasons = checked["sms_reason"].fillna("")
    assert said in reasons[at]
    others = reasons.drop(index=at)
    assert others.eq("").all() or "isin" in said
    assert checked.sms.problems()["sms_column"].fillna("value").tolist()[0] == "value"


ALL_ROWS = {
    "lists, unique": ([["x"]] * 3, one("value", unique=True), "unique of 'value' raised TypeError"),
    "a parser of nothing": (
        [1, 2, 3],
        pa.DataFrameSchema(parsers=pa.Parser(lambda frame: frame.nothing)),
        "the parser of the table raised AttributeError",
    ),
    "a rule with a mistake": (
        [1, 2, 3],
        one("value", checks=pa.Check(lambda cells: cells.nothing, name="bad")),
        "the rule bad of 'value' raised AttributeError",
    ),
    "a rule that needs the whole column": (
        [1, 2, 3],
        one("value", parsers=pa.Parser(lambda cells: cells if len(cells) < 2 else {}[OTHER])),
        "the parser of 'value' raised KeyError",
    ),
    "many rows": (
        [[at] for at in range(2000)],
        one("value", unique=True),
        "unique of 'value' raised TypeError.*row 1 of the table",
    ),
}


@pytest.mark.filterwarnings("ignore:.*without a plus or a region")
@pytest.mark.parametrize(("values", "schema", "said"), ALL_ROWS.values(), ids=ALL_ROWS)
def test_a_rule_that_raises_for_all_rows_is_an_error_that_names_it(values, schema, said):
    frame = people(value=pd.Series(values, dtype=object))
    with pytest.raises(smsframe.ContactsError, match=f"cannot be applied to this table: .*{said}") as caught:
        smsframe.check(frame, phone="mobile", schema=schema)
    assert OTHER not in "".join(traceback.format_exception(caught.value))
