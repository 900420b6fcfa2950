"""What is done to shapes is what would be done to cells: searched over everything that repairs look for."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import smsframe
from smsframe.arrow import STRING
from smsframe.phones import libphonenumber, repair
from smsframe.phones.marks import SKIPPED
from smsframe.phones.shapes import by_shape

MARKS = [
    *SKIPPED,
    *"+',;|&:=\"`#x^%$!?_\u2022\u2026\u2588\u26aa\U0001f4f1\U0001f534\ufeff\u200b\u00a0\u2009\t\n\r\u0085\u0301",
    *"\uff0b\uff0f\uff0e\uff03\u02b9\u20ac\u00d7\u2212<>@",
]
WORDS = [
    *(
        "mob: ",
        "p:",
        "tel:",
        "TEL;TYPE=CELL:",
        "TEL;PREF=1:",
        "wa.me/",
        "https://wa.me/",
        "whatsapp:",
        '="',
        '"',
    ),
    *(
        "https://api.whatsapp.com/send?phone=",
        "%2B",
        "E+",
        "e",
        "eE",
        "ext ",
        " x",
        "xx",
        "##",
        "8~10",
        ".0",
        ",0",
    ),
    *(
        "nan",
        "n/a",
        "?text=",
        "()",
        "( )",
        "--",
        "- -",
        "...",
        "00",
        "+00",
        "a",
        "\u0434\u043e\u0431",
        "; ",
        "/1",
    ),
]
WHOLE = [  # where a single digit matters
    ["8~10 ", (10, 0.1)],
    ["8 ~ 10", (10, 0.1)],
    [(1, 0.1), "~", (2, 0.1), " ", (9, 0.1)],
    [(1, 0.1), ",", (9, 0.1), "E+", (2, 0.1)],
    [(1, 0.1), ".", (4, 0.1), "e", (1, 0.1)],
    ["https://wa.me/%2B", (11, 0.1)],
    ["TEL;PREF=", (1, 0.1), ":+", (11, 0.1)],
    ["+", (11, 0.1), ".", (5, 0.9)],
    ["0", (2, 0.5), " ", (9, 0.1)],
    # a digit of another script beside digits that are left out
    ["+", (11, 0.1), "\u0667.0"],
    ["+", (11, 0.1), "\uff17,00"],
    ["https://wa.me/\u0663\u0669", (10, 0.1), "?text=Order+", (2, 0.1)],
    [
        "TEL;waid=",
        (12, 0.1),
        ":+",
        "\u0663\u0669\u0663\u0664\u0667\u0661\u0662\u0663\u0664\u0665\u0666\u0667",
    ],
    [(1, 0.1)],
]


def pattern(dice):
    """Pieces of a cell: a string, or a run of so many digits, and how often one is a zero."""
    pieces = list(dice.choice(WHOLE)) if dice.random() < 0.4 else []
    if pieces and dice.random() < 0.5:
        return pieces
    for _ in range(dice.randint(1, 6)):
        if dice.random() < 0.55:
            pieces.append((dice.choice([1, 2, 3, 4, 7, 9, 10, 12]), dice.choice([0.1, 0.5, 1])))
        else:
            pieces.append(dice.choice(MARKS if dice.random() < 0.6 else WORDS))
    return pieces


def cells(dice, patterns, count):
    def run(size, zeros):
        return "".join("0" if dice.random() < zeros else dice.choice("123456789") for _ in range(size))

    written = (
        "".join(piece if isinstance(piece, str) else run(*piece) for piece in dice.choice(patterns))
        for _ in range(count)
    )
    return pa.array([None if dice.random() < 0.02 else cell for cell in written], STRING)


def without_gaps(array):
    return pc.fill_null(array, False if pa.types.is_boolean(array.type) else "-").to_pylist()


def compared(work, text):
    """The outcomes by cell and by shape are equal; whether shapes were worked on at all."""
    asked = []

    def counted(text):
        asked.append(len(text))
        return work(text)

    (cell, beside), (shape, beside_shape) = work(text), by_shape(counted, text)
    assert shape.equals(cell), [
        (of, one, other)
        for of, one, other in zip(*(each.to_pylist() for each in (text, cell, shape)), strict=True)
        if one != other
    ][:3]
    assert beside.keys() == beside_shape.keys()
    for name, found in beside.items():
        assert without_gaps(found) == without_gaps(beside_shape[name]), name
    return asked[-1] < len(text)


def of_region(dials_00, no_region):
    def work(text):
        flags = (pa.array(np.full(len(text), flag)) for flag in (dials_00, no_region))
        return repair._international(text, *flags)

    return work


@pytest.mark.parametrize(
    "work",
    [
        pytest.param(repair._mended, id="mended"),
        pytest.param(libphonenumber._bare, id="bare"),
        pytest.param(of_region(True, True), id="international without a region"),
        pytest.param(of_region(True, False), id="international where 00 dials abroad"),
        pytest.param(of_region(False, False), id="international where it does not"),
    ],
)
def test_what_is_done_to_shapes_is_what_would_be_done_to_cells(work):
    dice = random.Random("shapes")
    columns = 120
    by_shapes = sum(
        compared(work, cells(dice, [pattern(dice) for _ in range(dice.choice([1, 1, 2, 4]))], 1200))
        for _ in range(columns)
    )
    assert by_shapes > columns / 12  # or nothing was compared


def test_a_column_of_many_shapes_is_worked_on_cell_by_cell():
    text = pa.array([f"{chr(0x4E00 + place)} +39347" for place in range(2000)], STRING)
    assert not compared(repair._mended, text)


@pytest.mark.parametrize("other", [None, "", "-", "n/a"])
def test_a_column_with_next_to_nothing_in_it_is_read(other):
    text = pa.array([other] * 1500 + ["0"], STRING)
    compared(repair._mended, text)


@pytest.mark.parametrize(
    "cell",
    [
        "+39347123456\u0667.0",
        "https://wa.me/\u0663\u0669\u0663\u0664\u0667\u0661\u0662\u0663\u0664\u0665\u0666\u0667?text=393339876543",
    ],
)
def test_a_digit_of_another_script_does_not_take_the_place_of_one_that_is_left_out(cell):
    alone = smsframe.normalize(pd.Series([cell]))
    assert alone.tolist() == ["+393471234567"]
    assert smsframe.normalize(pd.Series([cell] * 1500)).unique().tolist() == alone.tolist()


def test_runs_of_digits_end_with_their_cell():
    text = pa.array([f"\u2022 {place % 7:03}" for place in range(1500)], STRING)
    assert compared(repair._mended, text)
    assert by_shape(repair._mended, text)[0].to_pylist() == text.to_pylist()
