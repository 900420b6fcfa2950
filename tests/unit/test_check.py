"""`check`: one row per row, same index, each with a verdict and why."""

from __future__ import annotations

import traceback
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest

import smsframe
from smsframe.outcomes.codes import CODES
from smsframe.outcomes.columns import (
    CHECKED,
    COLUMNS,
    DTYPES,
    PLANNED,
    PROBLEM_COLUMNS,
    STATUSES,
    validated,
)

ROOT = Path(__file__).parents[2]
MOBILE = "+393471234567"


def test_the_result_columns_stand_in_the_contracts_order_with_its_dtypes():
    assert COLUMNS == (
        "sms_status", "sms_reason", "sms_phone", "sms_code", "sms_segments", "sms_credits", "sms_order_id",
        "sms_sent_at", "sms_scheduled_at", "sms_delivery", "sms_delivered_at", "sms_attempt", "sms_variant",
        "sms_campaign",
    )  # fmt: skip
    assert (COLUMNS[:4], COLUMNS[:5]) == (CHECKED, PLANNED)
    assert STATUSES == (
        "ready", "accepted", "scheduled", "rejected", "unconfirmed", "pending", "cancelled", "invalid",
        "duplicate", "suppressed",
    )  # fmt: skip
    strings = [name for name, dtype in DTYPES.items() if dtype == "string"]
    assert strings == [
        "sms_reason", "sms_phone", "sms_order_id", "sms_delivery", "sms_variant", "sms_campaign",
    ]  # fmt: skip
    assert DTYPES["sms_segments"] == DTYPES["sms_attempt"] == "Int64"
    assert DTYPES["sms_credits"] == "Float64"
    instants = [name for name, dtype in DTYPES.items() if dtype == "datetime64[us, UTC]"]
    assert instants == ["sms_sent_at", "sms_scheduled_at", "sms_delivered_at"]
    assert list(DTYPES["sms_status"].categories) == list(STATUSES)
    assert list(DTYPES["sms_code"].categories) == list(CODES)


INDEXES = {
    "plain": pd.RangeIndex(3),
    "repeated": ["x", "x", "y"],
    "unordered": [9, 2, 5],
    "several levels": pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 2)], names=["k", "n"]),
    "dates": pd.to_datetime(["2026-01-01", "2026-01-01", "2025-01-01"]),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES.keys())
def test_rows_and_index_come_back_as_they_were(index):
    frame = pd.DataFrame({"mobile": [MOBILE, "no", None], "x": [1.5, 2.5, 3.5]}, index=index)
    before = frame.copy(deep=True)
    out = frame.sms.check(phone="mobile")
    pd.testing.assert_index_equal(out.index, frame.index)
    pd.testing.assert_frame_equal(out[["mobile", "x"]], before)
    pd.testing.assert_frame_equal(frame, before)
    assert out["sms_status"].tolist() == ["ready", "invalid", "invalid"]
    smsframe.CheckedSchema.validate(out)


@pytest.mark.parametrize("index", [None, pd.MultiIndex.from_arrays([[], []], names=["a", "b"])])
def test_an_empty_frame_gets_the_same_columns_and_dtypes(index):
    frame = pd.DataFrame({"mobile": pd.Series(dtype=object)}, index=index)
    out = frame.sms.check(phone="mobile")
    assert len(out) == 0
    assert out.dtypes[1:].to_dict() == {name: DTYPES[name] for name in CHECKED}
    smsframe.CheckedSchema.validate(out)


COLUMN_TYPES = {
    "object": pd.Series([MOBILE, None], dtype=object),
    "string": pd.Series([MOBILE, None], dtype="string"),
    "pyarrow": pd.Series([MOBILE, None], dtype="string[pyarrow]"),
    "category": pd.Series([MOBILE, None], dtype="category"),
    "int64": pd.Series([393471234567, 12]),
    "Int64": pd.Series([393471234567, None], dtype="Int64"),
    "float64": pd.Series([393471234567.0, np.nan]),
    "mixed": pd.Series([393471234567, ["x"]], dtype=object),
}


@pytest.mark.filterwarnings("ignore:.*without a plus or a region")
@pytest.mark.parametrize("column", COLUMN_TYPES.values(), ids=COLUMN_TYPES.keys())
def test_the_dtype_of_the_phone_column_does_not_matter(column):
    out = pd.DataFrame({"mobile": column}).sms.check(phone="mobile")
    assert out["sms_phone"].tolist()[0] == MOBILE
    assert out["sms_status"].tolist() == ["ready", "invalid"]


DAMAGED = pd.read_csv(ROOT / "data/samples/damaged.csv", dtype=str, keep_default_na=False).to_dict("records")


@pytest.mark.filterwarnings("ignore:.*without a plus or a region")
@pytest.mark.parametrize("row", DAMAGED, ids=lambda row: row["what"])
def test_each_kind_of_damage_gets_the_verdict_the_sample_says(row):
    frame = pd.DataFrame({"mobile": [row["mobile"]], "region": [row["region"] or None]})
    out = frame.sms.check(phone="mobile", region="region").iloc[0]
    assert out["sms_status"] == row["expected_status"]
    assert (out["sms_code"] if pd.notna(out["sms_code"]) else "") == row["expected_code"]
    assert (out["sms_phone"] if pd.notna(out["sms_phone"]) else "") == row["expected_phone"]


@pytest.mark.filterwarnings("ignore:.*without a plus or a region")
def test_one_row_stands_for_a_number_however_it_is_spelt():
    frame = pd.DataFrame({"mobile": ["nobody", "0039 347 123 4567", MOBILE, 393471234567]})
    out = frame.sms.check(phone="mobile")
    assert out["sms_status"].tolist() == ["invalid", "ready", "duplicate", "duplicate"]


def test_earlier_result_columns_are_replaced_and_never_guessed():
    once = pd.DataFrame({"mobile": [MOBILE]}).sms.check(phone="mobile")
    with pytest.warns(smsframe.PhoneGuessed, match="'mobile'"):
        twice = once.sms.check()
    pd.testing.assert_frame_equal(once, twice)


def test_columns_of_the_same_name_stay_both():
    frame = pd.DataFrame([[MOBILE, 1, 2]], columns=["mobile", "x", "x"])
    assert list(frame.sms.check(phone="mobile").columns[:3]) == ["mobile", "x", "x"]


def test_the_phone_column_is_guessed_by_name_and_content_and_said():
    frame = pd.DataFrame({"cell": [MOBILE], "phone_model": ["brick"], "order": ["+393471234568"]})
    with pytest.warns(smsframe.PhoneGuessed, match="taking 'cell'"):
        assert frame.sms.check()["sms_status"].tolist() == ["ready"]


BAD_COLUMNS = [
    (pd.DataFrame({"name": ["Ada"]}), {}, "no column looks like"),
    (pd.DataFrame({"mobile": [MOBILE], "phone": [MOBILE]}), {}, "several columns .* 'mobile', 'phone'"),
    (pd.DataFrame({"name": ["Ada"]}), {"phone": "mobile"}, "no column 'mobile'.* 'name'"),
    (pd.DataFrame([[MOBILE, MOBILE]], columns=["m", "m"]), {"phone": "m"}, "2 columns are called 'm'"),
    (pd.DataFrame(), {}, "has no columns"),
    (pd.DataFrame({"name": ["Ada"]}, index=pd.Index([MOBILE], name="m")), {"phone": "m"}, "reset_index"),
    (pd.DataFrame({"Cell.": [MOBILE]}), {"phone": "CELL"}, r"Did you mean 'Cell\.'"),
    (pd.DataFrame({("a", "b"): [MOBILE]}), {"phone": ("a", "b")}, "several levels"),
    (
        pd.DataFrame({"m": [MOBILE]}),
        {"phone": "m", "region": "Itlay"},
        r"neither a country .* Italy \(IT\).* columns are 'm'",
    ),
    (pd.DataFrame({"m": [MOBILE], "Paese": ["IT"]}), {"phone": "m", "region": "paese"}, "mean 'Paese'"),
    (
        pd.DataFrame([[MOBILE, "IT", "IT"]], columns=["m", "r", "r"]),
        {"phone": "m", "region": "r"},
        "2 columns",
    ),
    (pd.DataFrame({"m": [MOBILE]}), {"phone": "m", "numbers": "all"}, "mobile"),
]


@pytest.mark.parametrize(("frame", "options", "said"), BAD_COLUMNS)
def test_a_table_that_cannot_be_read_is_an_error_that_says_what_to_do(frame, options, said):
    with pytest.raises(smsframe.ContactsError, match=said) as caught:
        frame.sms.check(**options)
    assert "3471234567" not in str(caught.value)


def test_something_that_is_no_frame_is_refused():
    with pytest.raises(smsframe.ContactsError, match="of type list: give a pandas DataFrame"):
        smsframe.check([MOBILE])


def test_nan_everywhere_is_rows_with_reasons():
    frame = pd.DataFrame({"mobile": [np.nan, np.nan], "name": [np.nan, np.nan]})
    assert frame.sms.check(phone="mobile")["sms_code"].tolist() == ["missing", "missing"]


def test_a_lone_surrogate_is_a_row_with_a_reason():
    frame = pd.DataFrame({"mobile": pd.Series(["\ud83d", MOBILE], dtype=object)})
    assert frame.sms.check(phone="mobile")["sms_status"].tolist() == ["invalid", "ready"]


def test_region_may_be_a_column_with_gaps():
    frame = pd.DataFrame({"m": ["347 1234567", "347 1234567", MOBILE], "r": ["it", None, None]})
    out = frame.sms.check(phone="m", region="r")
    assert out["sms_status"].tolist() == ["ready", "invalid", "duplicate"]
    assert out["sms_code"].tolist()[1] == "national_form"


def test_numbers_says_what_is_usable():
    frame = pd.DataFrame({"m": ["+442079460123"]})
    assert frame.sms.check(phone="m")["sms_code"].tolist() == ["landline"]
    assert frame.sms.check(phone="m", numbers="valid")["sms_status"].tolist() == ["ready"]


class Adults(smsframe.ContactsSchema):
    """A rule of a user's own."""

    age: int = pa.Field(ge=18)

    @pa.dataframe_check(error="guests of table 1 are family")
    def family(cls, frame):  # noqa: N805 - pandera's class methods
        return frame["table"] != 1


class Dropping(smsframe.ContactsSchema):
    """The same, in the mode that drops."""

    age: int = pa.Field(ge=18)

    class Config:
        drop_invalid_rows = True


def guests():
    frame = pd.DataFrame(
        {"m": [MOBILE, "+393471234568", "+12125550142"], "age": [30, 12, 30], "table": [2, 2, 1]}
    )
    return frame.set_axis([7, 7, 7])


def test_a_rule_of_the_users_own_is_the_reason_of_the_rows_that_break_it():
    out = guests().sms.check(phone="m", schema=Adults)
    assert out["sms_status"].tolist() == ["ready", "invalid", "invalid"]
    assert out["sms_code"].tolist()[1:] == ["rule", "rule"]
    assert "greater_than_or_equal_to(18) of 'age'" in out["sms_reason"].tolist()[1]
    assert "guests of table 1 are family" in out["sms_reason"].tolist()[2]


def test_a_schema_that_drops_rows_still_leaves_them_in_the_frame():
    out = guests().sms.check(phone="m", schema=Dropping)
    assert out["sms_status"].tolist() == ["ready", "invalid", "ready"]


@pytest.mark.parametrize("schema", [dict, "Adults", 18])
def test_what_is_no_schema_is_refused_with_what_one_is(schema):
    with pytest.raises(smsframe.ContactsError, match=r"a subclass of smsframe.ContactsSchema"):
        guests().sms.check(phone="m", schema=schema)


def test_a_column_that_only_the_schema_or_only_the_table_has_is_named():
    class Strict(smsframe.ContactsSchema):
        age: int

        class Config:
            strict = True

    with pytest.raises(smsframe.ContactsError, match="there is no column 'age'"):
        guests().drop(columns="age").sms.check(phone="m", schema=Adults)
    # The oldest pandera names the first one only.
    with pytest.raises(smsframe.ContactsError, match="the schema has no column 'm'"):
        guests().sms.check(phone="m", schema=Strict)


def test_a_schema_that_cannot_be_applied_is_an_error_with_its_failures():
    with pytest.raises(smsframe.ContactsError, match="cannot be applied") as caught:
        guests().drop(columns="age").sms.check(phone="m", schema=Adults)
    assert len(caught.value.failures)


def test_when_several_reasons_apply_the_first_of_the_contract_wins():
    frame = pd.DataFrame({"m": ["-", MOBILE, MOBILE], "age": [1, 1, 30], "table": [2, 2, 2]})
    out = frame.sms.check(phone="m", schema=Adults, suppress=[MOBILE])
    assert out["sms_code"].tolist() == ["not_a_number", "rule", "suppressed"]
    assert out["sms_status"].tolist() == ["invalid", "invalid", "suppressed"]


SUPPRESS = {
    "list": lambda _: ["0039 347 1234567"],
    "series": lambda _: pd.Series([393471234567]),
    "frame": lambda _: pd.DataFrame({"who": ["Ada"], "number": [MOBILE]}),
    "file": lambda path: path,
    "text path": str,
    "set": lambda _: {MOBILE},
}


@pytest.mark.parametrize("make", SUPPRESS.values(), ids=SUPPRESS.keys())
def test_the_suppression_list_may_be_a_frame_series_list_or_file(make, tmp_path):
    path = tmp_path / "stop.csv"
    path.write_text("mobile\n+39 347 123 4567\n", "utf-8")
    out = pd.DataFrame({"m": [MOBILE, "+393471234568"]}).sms.check(phone="m", suppress=make(path))
    assert out["sms_status"].tolist() == ["suppressed", "ready"]


def test_a_suppression_list_that_cannot_be_read_stops_rather_than_texts_somebody():
    with pytest.raises(smsframe.ContactsError, match=r"1 line of the opt-out list .*line 2") as caught:
        pd.DataFrame({"m": [MOBILE]}).sms.check(phone="m", suppress=[MOBILE, "3.93471E+11"])
    assert caught.value.failures["code"].tolist() == ["digits_lost"]
    assert MOBILE not in str(caught.value)


def test_normalize_keeps_index_and_name_and_is_missing_where_not_usable():
    numbers = pd.Series(["347 1234567", "x"], index=[5, 5], name="mobile")
    found = numbers.sms.normalize(region="IT")
    assert found.tolist()[0] == MOBILE
    assert pd.isna(found.tolist()[1])
    assert found.dtype == "string"
    assert (found.index.tolist(), found.name) == ([5, 5], "mobile")


def test_segments_of_a_column_of_texts():
    found = pd.Series(["short", "é" * 161, "☕", None], index=list("abcd")).sms.segments()
    assert found["segments"].tolist()[:3] == [1, 2, 1]
    assert found["encoding"].astype(object).tolist()[:3] == ["gsm", "gsm", "ucs2"]
    assert found.index.tolist() == list("abcd")


@pytest.mark.filterwarnings("ignore:.*without a plus or a region")
def test_the_whole_damaged_sample_is_as_expected_in_one_call():
    damaged = smsframe.read_contacts(ROOT / "data/samples/damaged.csv")
    out = damaged.sms.check(phone="mobile", region="region")
    assert out["sms_status"].astype(object).tolist() == damaged["expected_status"].tolist()
    assert out["sms_code"].astype(object).fillna("").tolist() == damaged["expected_code"].fillna("").tolist()
    assert out["sms_phone"].fillna("").tolist() == damaged["expected_phone"].fillna("").tolist()


def test_results_that_break_our_own_schema_are_a_bug_that_shows_nobodys_number():
    broken = smsframe.check(pd.DataFrame({"mobile": [MOBILE]}), phone="mobile")[list(CHECKED)]
    broken["sms_status"] = broken["sms_status"].mask([True], "rejected")
    with pytest.raises(RuntimeError, match="CheckedSchema says \\(") as raised:
        validated("CheckedSchema", broken)
    told = "".join(traceback.format_exception(raised.value))
    assert MOBILE not in told
    assert raised.value.__context__ is None


class Coercing(smsframe.ContactsSchema):
    age: int = pa.Field(ge=18)
    when: pa.DateTime

    class Config:
        coerce = True


@pytest.mark.parametrize("dtype", ["string", object])
def test_a_value_that_cannot_be_coerced_is_named_with_its_rule_and_its_row(dtype):
    """And the rules still hold for the others, as numbers: as text "5" would be more than "18"."""
    ages, days = (
        ["17", "x", "20", "5", "30", None],
        ["2026-11-22", "2026-11-22", "soon", "2026-11-22", "2026-11-22", "y"],
    )
    frame = pd.DataFrame({"age": ages, "when": days}, dtype=dtype, index=[7, 7, "a", "b", "c", "d"])
    frame["mobile"] = [f"+39347123456{n}" for n in range(6)]
    out = smsframe.check(frame, phone="mobile", schema=Coercing)
    reasons = out["sms_reason"].fillna("").tolist()
    assert reasons[0] == reasons[3] == "breaks the rule greater_than_or_equal_to(18) of 'age'"
    assert reasons[1] == "'age' cannot be coerced to int64"
    assert reasons[2].startswith("'when' cannot be coerced to datetime64")
    assert reasons[4] == ""
    assert "'age' cannot be coerced to int64" in reasons[5]
    assert "'when' cannot be coerced" in reasons[5]
    assert out["age"].tolist()[:5] == ages[:5]  # nothing is changed
    listed = out.sms.problems()
    assert listed["sms_column"].tolist() == ["age", "age", "when", "age", "age"]
    assert listed["sms_cell"].fillna("-").tolist() == ["17", "x", "soon", "5", "-"]


def test_a_table_in_which_nothing_can_be_coerced_has_no_ready_row():
    frame = pd.DataFrame({"age": ["x", "y"], "when": "soon", "mobile": [MOBILE, MOBILE[:-1] + "8"]})
    out = smsframe.check(frame, phone="mobile", schema=Coercing)
    assert out["sms_code"].tolist() == ["rule", "rule"]


@pytest.mark.parametrize("name", [*COLUMNS, *PROBLEM_COLUMNS])
def test_a_column_that_is_filled_in_and_then_replaced_or_left_out_is_said(name):
    values = pd.Series(["4711"], dtype=object)
    people = pd.DataFrame({"mobile": [MOBILE], name: values, "name": ["Ada"]})
    with pytest.warns(UserWarning, match=f"filled from '{name}', which is a name of smsframe's own"):
        plan = smsframe.plan(people, f"Your code: {{{name}}}", phone="mobile")
    assert plan.people["text"].tolist() == ["Your code: 4711"]
    smsframe.plan(people, "Ciao {name}", phone="mobile")  # which says nothing


def of_our_name(name):
    """A phone column that is called so, a good and a bad number; and what else a call may use."""
    return pd.DataFrame({name: pd.Series(["347 1234567", "12"], dtype=object), "name": ["Ada", "Bob"]})


@pytest.mark.parametrize("name", [*COLUMNS, *PROBLEM_COLUMNS])
def test_a_phone_column_of_our_own_name_is_said_and_its_problems_are_listed(name):
    people = of_our_name(name)
    with pytest.warns(UserWarning, match=f"read from '{name}', which is a name of smsframe's own.*rename it"):
        checked = smsframe.check(people, phone=name, region="IT")
    listings = [checked.sms.problems(), smsframe.problems(checked, phone=name)]
    if name != "sms_variant":  # whose cells are texts of an experiment to a plan, which refuses them
        with pytest.warns(UserWarning, match=f"read from '{name}'"):
            listings.append(smsframe.plan(people, "Ciao", phone=name, region="IT").problems())
    for listed in listings:
        assert listed["sms_reason"].notna().tolist() == [True]
        assert listed["name"].tolist() == ["Bob"]


@pytest.mark.parametrize("name", ["sms_reason", "sms_cell", "sms_campaign"])
def test_a_column_of_our_own_name_that_a_call_uses_otherwise_is_said(name):
    people = pd.DataFrame({"mobile": [MOBILE, "+393471234568"], name: pd.Series(["IT", "x"], dtype=object)})
    rules = pa.DataFrameSchema({name: pa.Column(checks=pa.Check.isin(["IT"]))})
    patterns = pa.DataFrameSchema({f"^{name}$": pa.Column(checks=pa.Check.isin(["IT"]), regex=True)})
    for schema in (rules, patterns):
        with pytest.warns(UserWarning, match=f"schema are decided from '{name}'"):
            checked = smsframe.check(people, phone="mobile", schema=schema)
        assert checked.sms.problems()["sms_row"].isna().tolist() == [True]
    with pytest.warns(UserWarning, match=f"countries are read from '{name}'"):
        smsframe.plan(people, "Ciao", phone="mobile", region=name)


def test_numbers_that_an_earlier_call_wrote_are_read_again_without_a_word():
    people = pd.DataFrame({"mobile": ["347 1234567", MOBILE[:-1] + "8"]}).sms.check(
        phone="mobile", region="IT"
    )
    again = people.sms.check(phone="sms_phone")
    assert again["sms_status"].tolist() == ["ready", "ready"]
