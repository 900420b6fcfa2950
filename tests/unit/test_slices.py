"""Rows that are a slice of a larger table are read as they are: pyarrow 16 to 19 mistake their bytes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from helpers.sending import table

import smsframe
from smsframe import arrow
from smsframe.phones.country import countries
from smsframe.texts.values import words

VALUES = np.random.default_rng(0).choice(["2026-05-01", "", "Zoë", "#N/A", "nan"], 400).tolist()


@pytest.mark.parametrize("dtype", ["string[pyarrow]", "string[python]", "category", object])
@pytest.mark.parametrize(("begin", "end"), [(0, 400), (1, 50), (8, 58), (20, 400), (399, 400)])
def test_words_of_a_slice_are_those_of_a_copy(dtype, begin, end):
    part = pd.Series(VALUES).astype(dtype).iloc[begin:end]
    assert words(part).to_pylist() == words(pd.Series(VALUES[begin:end])).to_pylist()


@pytest.mark.parametrize("begin", [0, 1, 7, 20])
def test_a_plan_of_a_slice_is_that_of_a_copy(begin):
    whole = table(40).assign(name=VALUES[:40], consent_at=VALUES[40:80]).astype("string[pyarrow]")
    part = whole.iloc[begin : begin + 20]
    copied = pd.DataFrame(part.to_dict("list"), index=part.index)
    options = {"campaign": "autumn", "phone": "mobile", "policy": smsframe.Policy(consent="consent_at")}
    of_slice, of_copy = (smsframe.plan(rows, "Ciao {name}", **options) for rows in (part, copied))
    for name in ("sms_status", "sms_phone", "sms_code", "sms_segments"):
        assert of_slice.frame[name].tolist() == of_copy.frame[name].tolist()
    pd.testing.assert_frame_equal(of_slice.people, of_copy.people)  # with their merge values and consent


def test_no_part_of_a_long_column_is_a_slice():
    cells = arrow.strings(pd.Series(["a", None] * 200_000))
    offsets = []

    def work(part):
        offsets.append(part.offset)
        return (part,)

    (same,) = arrow.in_parts(work, cells)
    assert len(offsets) > 1
    assert set(offsets) == {0}
    assert same.equals(pa.array(["a", None] * 200_000, arrow.STRING))


@pytest.mark.parametrize(("begin", "end"), [(0, 200), (1, 60), (21, 99)])
def test_countries_of_a_slice_are_those_of_a_copy(begin, end):
    phones = ["+393471234567", None, "+14165550123", "no number"] * 50
    part = pd.Series(phones, dtype="string[pyarrow]").iloc[begin:end]
    copied = pd.Series(phones[begin:end], dtype="string[pyarrow]")
    assert countries(part).fillna("").tolist() == countries(copied).fillna("").tolist()
