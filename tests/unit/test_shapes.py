"""What is read of shapes is what would be read of cells: searched over everything that repairs look for."""

from __future__ import annotations

import random
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import smsframe
from smsframe.arrow import STRING
from smsframe.phones import parse, repair, scripts, shapes
from smsframe.phones.marks import SKIPPED

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
    *(
        "Ada",
        "\u0416\u0430\u043d\u043d\u0430",
        "M\u00fcller ",
        "t\u200bel:",
        "T\u00e9l. ",
        " int 5",
        "intern",
        "e\u200b",
        "max",
        "&?",
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


def answers(text, regions):
    """Phones, codes, repairs and persons of a column."""
    column = pd.Series(text.to_pylist(), dtype="string[pyarrow]")
    return parse.read(column, regions).drop(columns="reason")


def cell_by_cell(monkeypatch):
    """Let each cell be a shape of its own."""
    monkeypatch.setattr(shapes, "find", lambda text: (text.fill_null(""), np.arange(len(text))))


@pytest.mark.parametrize("region", [None, "RU", "both"])
def test_what_is_read_of_shapes_is_what_would_be_read_of_cells(monkeypatch, region):
    dice = random.Random(f"shapes {region}")
    columns = [
        cells(dice, [pattern(dice) for _ in range(dice.choice([1, 2, 4, 40]))], 400) for _ in range(20)
    ]
    regions = pd.Series(["IT", None] * 200) if region == "both" else region
    by_shape = [answers(column, regions) for column in columns]
    assert sum(len(shapes.find(scripts.digits_in_ascii(column)[0])[0]) < 100 for column in columns) > 3
    cell_by_cell(monkeypatch)
    for column, found in zip(columns, by_shape, strict=True):
        alone = answers(column, regions)
        differs = (found.fillna("") != alone.fillna("")).any(axis=1)
        assert not differs.any(), [
            column.filter(pa.array(differs)).to_pylist()[:3],
            found[differs].head(3),
            alone[differs].head(3),
        ]


def test_words_that_nothing_tells_apart_are_one_shape():
    names = ["Ada", "Bert", "\u0416\u0430\u043d\u043d\u0430", "M\u00fcller", "\u738b", "tel\u00e8", "Hint"]
    column = pa.array(
        [f"{name * times}: 347123{times:04}" for times in range(1, 60) for name in names], STRING
    )
    assert len(shapes.find(column)[0]) == 1
    telling = [
        "tel",
        "T\u00e9l",
        "ext",
        "e",
        "x",
        "xxl",
        "int",
        "\u0434\u043e\u0431",
        "N",
        "whatsapp",
        "a\u200bb",
    ]
    known = pa.array([*column.to_pylist(), *(f"{word}: 3471234567" for word in telling)], STRING)
    assert len(shapes.find(known)[0]) == 1 + len(telling)


def test_every_word_that_a_repair_asks_for_is_a_telling_one():
    """A word of the patterns that were not among them would be taken for any other word."""
    patterns = (repair._SCHEME, repair._LINK, repair._ABSENT, repair._POWER, repair._EXTENSION)
    written = re.sub(r"\\x\{([0-9A-F]+)\}", lambda code: chr(int(code[1], 16)), " ".join(patterns))
    written = re.sub(r"\[eE\]|\\[pP]\{L\}|\\s|\(\?i\)|\?P<[a-z]+>", " ", written).replace(
        "ext(?:ension|n)?", "ext"
    )
    words = {*re.findall(r"[^\W\d_]+", written)} | {"extension", "extn", "xx"}
    assert len(words) > 50
    assert [word for word in words if not re2(word)] == []


def re2(word):
    return pc.match_substring_regex(pa.array([word]), repair.TELLING)[0].as_py()


@pytest.mark.parametrize("other", [None, "", "-", "n/a"])
def test_a_column_with_next_to_nothing_in_it_is_read(other):
    read = smsframe.normalize(pd.Series([other] * 1500 + ["0"]))
    assert len(read) == 1501
    assert read.isna().all()


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
    column = pa.array([f"8~{place % 7:02}" for place in range(700)], STRING)
    assert sorted(shapes.find(column)[0].to_pylist()) == [f"8~{place:02}" for place in range(7)]
