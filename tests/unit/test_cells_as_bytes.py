"""What is found by the bytes of a whole column is what a look at each cell finds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsframe import arrow
from smsframe.phones.fast.digits import counted
from smsframe.texts.render import parse, render
from smsframe.texts.segments import made_of

WORDS = st.text(alphabet="ab1é$ ", max_size=6)
FEW = st.lists(WORDS, max_size=20)
# Nearly all cells alike, so that what is looked for is rare, or in long cells.
RARE = st.builds(
    lambda often, cell, words: [*[cell] * often, *words, *[cell] * often], st.integers(0, 90), WORDS, FEW
)
LONG = FEW.map(lambda words: [word * 30 for word in words])
CELLS = st.one_of(FEW, RARE, LONG)
SOUGHT = st.sampled_from([b"1", b"a", b"ab1", "é".encode(), b"$"])


@given(CELLS, SOUGHT)
def test_cells_with_certain_bytes_are_found(cells: list[str], sought: bytes):
    begins, ends, content = arrow.raw(pa.array(cells, arrow.STRING))

    found = arrow.any_in(np.isin(content, list(sought)), begins, ends)

    assert found.tolist() == [any(byte in sought for byte in cell.encode()) for cell in cells]


@given(CELLS, SOUGHT)
def test_certain_bytes_are_counted_up_to_each_cell(cells: list[str], sought: bytes):
    _, ends, content = arrow.raw(pa.array(cells, arrow.STRING))

    found = counted(np.isin(content, list(sought)), ends)

    counts = [sum(byte in sought for byte in cell.encode()) for cell in cells]
    assert found.tolist() == [0, *np.cumsum(counts).tolist()]


@given(CELLS, SOUGHT)
def test_whether_a_column_is_made_of_certain_bytes(cells: list[str], sought: bytes):
    allowed = np.isin(np.arange(256), list(sought))

    assert made_of(pa.array(cells, arrow.STRING), allowed) == ({*"".join(cells).encode()} <= {*sought})


@pytest.mark.parametrize("missing", [[], [70_001], [0, 1, 199_999], range(60_000, 140_000)])
@pytest.mark.parametrize("text", ["Ciao {name}, {table}!", "{name}", "Ciao"])
def test_texts_of_a_long_table_are_those_of_its_rows(text: str, missing: list[int]):
    names = np.array(["Ada", "Zoë", "Bob 🎉"], dtype=object)[np.arange(200_000) % 3]
    names[[*missing]] = None
    table = np.arange(200_000)
    made = render(parse(text), pd.DataFrame({"name": names, "table": table})).texts

    assert made.fillna("").tolist() == [
        "" if name is None and "{name}" in text else text.format(name=name, table=at)
        for name, at in zip(names, table, strict=True)
    ]
