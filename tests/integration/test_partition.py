"""A part of a table for any engine: what goes in and out of it, without an engine; what it refuses."""

from __future__ import annotations

import pickle
import re
from contextlib import closing

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from helpers.sending import each_once, statuses, table, texted

import smsframe
from smsframe.engines.schema import ddl, own_columns
from smsframe.errors import ContactsError, NotAuthorised

KINDS = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "timestamp": pa.timestamp("us", "UTC"),
}


@pytest.fixture
def part(terminal):
    """Makes parts of a campaign in the journal of the environment."""

    def make(text="Ciao {name}", **more):
        keywords = {"campaign": "autumn", "phone": "mobile", "batch_size": 3, "grace": 0.0}
        return smsframe.partition(text, **keywords | more)

    return make


def columns_of(schema):
    return re.findall(r"`([^`]+)` (\w+)", schema)


def cut(people, *places):
    return [people.iloc[begin:end] for begin, end in zip((0, *places), (*places, len(people)), strict=True)]


def people(count):
    return table(count).assign(id=np.arange(count), note=["x"] * count)


def test_what_iterate_gives_is_what_the_schema_says(part, terminal):
    one = part(columns="id bigint, name string")
    parts = cut(people(9), 0, 4, 4, 7)
    given = [*one.iterate(iter(parts))]
    assert [len(each) for each in given] == [len(each) for each in parts]
    named = columns_of(one.schema)
    assert [name for name, _ in named][:2] == ["id", "name"]
    schema = pa.schema([(name, KINDS[kind]) for name, kind in named])
    for each in given:
        assert pa.Table.from_pandas(each, schema=schema, preserve_index=False).schema.names == schema.names
        assert not {"mobile", "note"} & {*each}
    whole = pd.concat(given)
    assert whole["id"].tolist() == [*range(9)]
    assert set(whole["sms_status"]) == {"accepted"}
    assert sorted(texted(terminal).index) == sorted(people(9)["mobile"])


def test_as_a_function_it_keeps_the_rows_their_columns_and_their_index(part):
    given = people(5).set_index("id").loc[[3, 1, 4]]
    out = part()(given)
    assert out.index.tolist() == [3, 1, 4]
    assert [*out][:3] == [*given]
    pd.testing.assert_frame_equal(out[[*given]], given)


def test_parts_again_cut_otherwise_and_by_copies_text_nobody_twice(part, terminal):
    rows = people(20)
    copies = [pickle.loads(pickle.dumps(part())) for _ in range(3)]
    for one, parts in zip(copies, (cut(rows, 7), cut(rows[::-1], 3, 11), [rows, rows.iloc[:5]]), strict=True):
        for each in one.iterate(iter(parts)):
            assert set(each["sms_status"]) == {"accepted"}
    assert each_once(terminal, rows.assign(sms_status="accepted", sms_phone=rows["mobile"]))
    assert texted(terminal).max() == 1


def test_of_a_repeated_person_the_first_that_is_claimed_stands(part, terminal):
    first, second = people(4), people(6)
    one = part()
    assert statuses(one(first)) == {"accepted": 4}
    out = one(second)
    assert out["sms_code"].tolist()[:4] == ["already_texted"] * 4
    assert statuses(out) == {"accepted": 6}
    assert texted(terminal).tolist() == [1] * 6


def test_finish_says_what_became_of_everybody(part, terminal):
    parts = cut(people(8), 3)
    given = [*part().iterate(iter(parts))]
    assert sum(map(len, given)) == 8
    assert statuses(smsframe.finish("autumn", grace=0, progress=False)) == {"accepted": 8}


def test_a_part_without_the_column_sends_nobody_anything(part, terminal):
    with pytest.raises(ContactsError, match="mobile"):
        part()(people(3).rename(columns={"mobile": "telephone"}))
    assert terminal.inbox().empty


def test_a_process_without_credentials_says_so_before_anything_is_sent(part, terminal, monkeypatch):
    one = part()
    monkeypatch.delenv("SMSFRAME_PASSWORD")
    with pytest.raises(NotAuthorised):
        one(people(3))
    assert terminal.inbox().empty


def test_nobody_counts_the_people_of_all_parts(part):
    with pytest.raises(ValueError, match="confirm="):
        part(confirm=3)


def test_no_password_is_read_where_a_part_is_made_nor_copied(part, monkeypatch):
    with closing(smsframe.Gateway.from_env()) as gateway, pytest.raises(TypeError, match="password"):
        part(gateway=gateway)
    monkeypatch.setenv("SMSFRAME_PASSWORD", "hunter2hunter2")
    assert b"hunter2" not in pickle.dumps(part())
    monkeypatch.delenv("SMSFRAME_PASSWORD")
    assert part().schema.startswith("`sms_status` string")


@pytest.mark.parametrize("columns", ["id", "id bigint,", "`id` bigint, name", "", "`` bigint"])
def test_a_column_without_a_name_or_a_type_is_refused(columns):
    with pytest.raises(ValueError, match="no type for"):
        own_columns(columns)


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ("id bigint, name string", [("id", "bigint"), ("name", "string")]),
        ("`the id` bigint,name string", [("the id", "bigint"), ("name", "string")]),
        ("`a, b ``c``` bigint, id int", [("a, b `c`", "bigint"), ("id", "int")]),
        ("price decimal(10,2), id int", [("price", "decimal(10,2)"), ("id", "int")]),
        (
            "tags array<string>, where struct<x: double, y: array<struct<a: int, b: int>>>, id int",
            [
                ("tags", "array<string>"),
                ("where", "struct<x: double, y: array<struct<a: int, b: int>>>"),
                ("id", "int"),
            ],
        ),
        (
            pa.schema([("id", pa.int64()), ("at", pa.timestamp("us", "UTC"))]),
            [("id", "bigint"), ("at", "timestamp")],
        ),
    ],
)
def test_columns_of_ones_own_are_read_as_spark_writes_them(columns, named):
    assert own_columns(columns) == named
    assert own_columns(ddl(named)) == named
