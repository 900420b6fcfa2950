"""Tables of other libraries: pyarrow, polars, DuckDB, and what merely has the Arrow stream protocol."""

from __future__ import annotations

import datetime as dt
import string
import warnings
from decimal import Decimal

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smsframe


class Stream:
    """A table that has the protocol and nothing else, as a relation of DuckDB."""

    def __init__(self, table):
        self._table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


ARROW = pa.table(
    {
        "name": ["Ada", None, "Zoë"],
        "mobile": pa.array([393471234567, 393471234568, None], pa.int64()),
        "table": pa.array([4, None, 5], pa.int32()),
        "since": pa.array([dt.date(2026, 1, 2), None, None]),
    }
)


@pytest.mark.parametrize(
    "contacts", [ARROW, Stream(ARROW), ARROW.to_batches()[0]], ids=["table", "stream", "batch"]
)
def test_a_table_with_the_arrow_protocol_is_checked_planned_and_sent_as_pandas(contacts, sandbox, gateway):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a plus was supplied
        checked = smsframe.check(contacts, phone="mobile")
        plan = smsframe.plan(contacts, "Ciao {name:you}, table {table:-}", phone="mobile", campaign="a")
        out = smsframe.send(
            contacts, "Ciao {name:you}, table {table:-}", phone="mobile", campaign="a", gateway=gateway
        )
        assert smsframe.compose(contacts, "Ciao", phone="mobile", gateway=gateway).wait(20)
    assert isinstance(checked, pd.DataFrame)
    assert checked["sms_status"].tolist() == ["ready", "ready", "invalid"]
    assert plan.facts()["examples"] == ["Ciao Ada, table 4", "Ciao you, table -"]
    assert out["sms_status"].tolist() == ["accepted", "accepted", "invalid"]
    assert out["mobile"].iloc[0] == 393471234567
    assert sorted(sandbox.inbox()["text"]) == ["Ciao Ada, table 4", "Ciao you, table -"]


def test_names_of_columns_that_are_there_twice_are_refused():
    with pytest.raises(smsframe.ContactsError, match="more than once"):
        smsframe.check(pa.table([[1], [2]], names=["a", "a"]))


# Real frames of polars and relations of DuckDB, with columns of any kind.


def relation(rows):
    """A relation of DuckDB with the rows of a table."""
    return duckdb.sql("select * from rows")


KINDS = {
    "whole": st.integers(-(2**63), 2**63 - 1),
    "small": st.integers(-128, 127),
    "text": st.text(string.printable + "àß€😀", max_size=5),
    "day": st.dates(dt.date(1970, 1, 1), dt.date(2200, 1, 1)),
    "yes": st.booleans(),
    "price": st.decimals(-1000, 1000, places=2),
    "moment": st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2200, 1, 1)),  # noqa: DTZ001 - without a zone
}
TYPES = {
    "whole": pa.int64(),
    "small": pa.int8(),
    "text": pa.string(),
    "day": pa.date32(),
    "yes": pa.bool_(),
    "price": pa.decimal128(10, 2),
    "moment": pa.timestamp("us"),
}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.fixed_dictionaries({name: st.none() | kind for name, kind in KINDS.items()}), max_size=4))
def test_whatever_its_columns_hold_people_read_the_same_text(rows):
    """As of pandas, whose columns are made of the same values."""
    values = {name: pa.array([row[name] for row in rows], kind) for name, kind in TYPES.items()}
    numbers = [f"+39347123456{place}" for place in range(len(rows))]
    table = pa.table({"mobile": pa.array(numbers, pa.string()), **values})
    pandas = smsframe.contacts.tables.as_frame(table)
    template = "|".join(f"{{{name}:-}}" for name in TYPES)
    expected = texts(pandas, template)
    assert texts(table, template) == expected
    assert texts(pl.from_arrow(table), template) == expected
    assert texts(relation(table), template) == expected


def texts(contacts, template):
    """What would be sent, of whom it may be sent to; and what is said of the others."""
    plan = smsframe.plan(contacts, template, phone="mobile", campaign="a", max_segments=9)
    return plan.people["text"].tolist(), plan.frame["sms_code"].astype(object).fillna("").tolist()


@pytest.mark.parametrize("library", [pl.from_arrow, relation], ids=["polars", "DuckDB"])
def test_frames_of_polars_and_duckdb_are_sent_to_and_come_back_as_pandas(library, sandbox, gateway):
    contacts = library(ARROW)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a plus was supplied
        out = smsframe.send(
            contacts, "Ciao {name:you}, {since:soon}", phone="mobile", campaign="a", gateway=gateway
        )
    assert isinstance(out, pd.DataFrame)
    assert out["sms_status"].tolist() == ["accepted", "accepted", "invalid"]
    assert out["table"].tolist()[0] == 4, "a gap does not make floats of whole numbers"
    assert sorted(sandbox.inbox()["text"]) == ["Ciao Ada, 2026-01-02", "Ciao you, soon"]


def test_categories_and_nested_values_of_polars_are_taken_too():
    contacts = pl.DataFrame(
        {
            "mobile": ["+393471234567", "+393471234568"],
            "shop": pl.Series(["Roma", None], dtype=pl.Categorical),
            "price": [Decimal("1.50"), None],
            "orders": [[1, 2], None],
            "address": [{"city": "Roma"}, {"city": None}],
        }
    )
    plan = smsframe.plan(contacts, "{shop:any} {price:-}", phone="mobile", campaign="a")
    assert plan.people["text"].tolist() == ["Roma 1.50", "any -"]
    assert plan.frame["orders"].notna().tolist() == [True, False]


def test_a_frame_that_is_not_computed_yet_says_what_to_call():
    lazy = pl.LazyFrame({"mobile": ["+393471234567"]})
    with pytest.raises(smsframe.ContactsError, match=r"LazyFrame.*\.collect\(\)"):
        smsframe.check(lazy, phone="mobile")
    assert smsframe.check(lazy.collect(), phone="mobile")["sms_status"].tolist() == ["ready"]


def views(values):
    """A column of pandas with views of strings, of which pandas itself can pick no rows."""
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.array(values, pa.string_view())))


def test_views_of_strings_are_strings_wherever_they_stand(gateway, tmp_path):
    numbers = ["+393471234567", "347 1234568", None, "12"]
    table = pd.DataFrame(
        {
            "mobile": views(numbers),
            "of": views(["IT", "Italia", "IT", "IT"]),
            "name": views(["=A", "B", None, "D"]),
        }
    )
    plain = pd.DataFrame({label: pd.Series([*cells], dtype="string") for label, cells in table.items()})
    options = {"phone": "mobile", "region": "of"}
    for same in (
        lambda frame: smsframe.check(frame, **options),
        lambda frame: smsframe.plan(frame, "Ciao {name:you}", **options).frame,
        lambda frame: smsframe.check(frame[["mobile"]], phone="mobile", region="IT"),
        lambda frame: smsframe.assign(frame, ["a", None], by="name", seed="x"),
        lambda frame: smsframe.segments(frame["name"]),
        lambda frame: smsframe.normalize(frame["mobile"], region="IT").to_frame(),
        lambda frame: smsframe.normalize(plain["mobile"], region=frame["of"]).to_frame(),
    ):
        pd.testing.assert_frame_equal(same(table), same(plain), check_dtype=False)
    suppressed = smsframe.check(plain, suppress=views(numbers[:1]), **options)
    assert suppressed["sms_status"].tolist() == ["suppressed", "ready", "invalid", "invalid"]
    out = smsframe.send(table, "Ciao {name:you}", campaign="a", gateway=gateway, **options)
    assert out["sms_status"].tolist() == ["accepted", "accepted", "invalid", "invalid"]
    checked = smsframe.check(plain, **options)
    late = checked.assign(name=table["name"])
    for read in (smsframe.problems, smsframe.failed):
        pd.testing.assert_frame_equal(read(late), read(checked), check_dtype=False)
    for write, name in (
        (smsframe.to_csv, "a.csv"),
        (smsframe.to_excel, "a.xlsx"),
        (smsframe.to_parquet, "a.parquet"),
    ):
        write(late, tmp_path / name)
        assert smsframe.read_contacts(tmp_path / name)["name"].fillna("-").tolist() == ["=A", "B", "-", "D"]
