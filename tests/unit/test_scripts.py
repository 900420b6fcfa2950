"""The digits of every script in ASCII: every character, and columns of them beside what Python says."""

from __future__ import annotations

import sys
import unicodedata

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from smsframe.arrow import STRING
from smsframe.phones.scripts import in_ascii

WIDE = {"\uff0b": "+", "\ufe62": "+", "\u207a": "+", "\uff0f": "/"}
EVERY = [chr(point) for point in range(sys.maxunicode + 1) if not 0xD800 <= point < 0xE000]
DIGITS = [each for each in EVERY if each.isdecimal()]

CELLS = st.lists(
    st.none()
    | st.text(
        st.one_of(st.sampled_from(DIGITS), st.sampled_from([*WIDE, *"+39 347"]), st.characters(codec="utf-8"))
    ),
    max_size=20,
)


def expected(text):
    """Character by character, as Python's own table of Unicode has it."""
    if text is None:
        return None
    return "".join(WIDE.get(each) or str(unicodedata.decimal(each, each)) for each in text)


def test_every_character():
    assert in_ascii(pa.array(EVERY, STRING)).to_pylist() == [expected(each) for each in EVERY]


@given(cells=CELLS, begins=st.integers(0, 20))
def test_columns_and_their_slices(cells, begins):
    found = in_ascii(pa.array(cells, STRING)[begins:])
    found.validate(full=True)
    assert found.to_pylist() == [expected(each) for each in cells[begins:]]
