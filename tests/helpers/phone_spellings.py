"""
How people, forms and spreadsheets write a number: a *form* (plain, national, with 00 …) in a *dress* or two.

A column of cells is a matrix of code points, 0 where there is nothing: what is written before, between or
after is another block of it. So millions are written by numpy, and not one by one.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
import phonenumbers as library
import pyarrow as pa
from helpers.phone_ranges import KINDS, NEAR, Dice, everywhere, expand, metadata, ranges

# fmt: off - tables to be read as such
READ_OVER = [
    *"  --./~\u00a0\u2009\u2010\u2013\u2014\u2212\uff0d\uff0e\uff0f\u3000\u2053\uff5e\u30fc\u00ad\u200b\u2060"
]
"""What libphonenumber reads over, or what is mended to that; the usual twice."""
NOT_READ_OVER = [*";,|&:_*#+'=x\\\n\t\u2019\u00b7\u2022\u2044", " / ", " - ", "  ", "\r\n", "...", ")(", "/0"]
"""What it does not read over, or what divides two numbers."""
AROUND = ["", *"\ufeff\u200e\u202a\u200f\u2066\u200b\u00a0\x7f\t\n '\u2019`/;"]
SCHEMES = ["tel:", "TEL: ", "tel://", "Tel:+", "tel.", "T: ", "callto:", "tel:00", "\u260e", "(", "#", "*"]
EXTENSIONS = [
    " x12",
    " ext. 123",
    ";ext=12",
    "#7",
    " extn 5",
    " \u0434\u043e\u0431. 12",
    " int 3",
    " X 44",
    ",,12",
    "-12",
    "x",
]
ENDINGS = [
    ".0",
    ",0",
    ".00",
    ".000",
    ".0000000",
    ",00",
    ".",
    "-",
    ".5",
    " 0",
    "E+11",
    "e9",
    "/13",
    "/ 14",
    ", 0",
    "a",
    " (0)",
    ")",
    ";phone-context=+39",
]
LETTERS = ["ABC", *"oOlIS\u00e9\uff21\u0410\u2460\u00b2\u260e#*+\ufffd?"]
EXITS = ["00", "011", "0011", "010", "8~10", "810", "001", "009", "8 10", "119", "000", "0014", "+00", "99"]
CARRIERS = ["15", "21", "31", "41", "14", "12", "99", "2", "3", "5", "0", "444", "1010", "183", "17951"]
TOKENS = ["1", "9", "15", "044", "045", "01", "8", "08", "0", "7", "06", "02"]
BRACKETED = ["(0)", " (0) ", "[0]", "(0", "0)", " 0 ", "(8)", "(1)"]
PLUSES = ["++", "+ +", "+0", "+(", "(+", "\uff0b", "\u207a", "+/", "-+", " + ", "+-"]
# fmt: on
ZEROS = np.array([ord(zero) for zero in "\u0660\u06f0\u0966\u09e6\uff10\U0001d7ce\U0001d7f6"])

FORMS = {
    "plain": lambda it: ["+", it.code, it.digits],
    "bare": lambda it: [it.code, it.digits],
    "zeros": lambda it: ["00", it.code, it.digits],
    "dialled out": lambda it: [it.exit, it.code, it.digits],
    "dialled out of elsewhere": lambda it: [it.pick(EXITS), it.code, it.digits],
    "trunk after code": lambda it: ["+", it.code, it.trunk, it.digits],
    "trunk in brackets": lambda it: [it.pick(["+", "00", ""]), it.code, it.pick(BRACKETED), it.digits],
    "national": lambda it: [it.trunk, it.digits],
    "subscriber": lambda it: [it.digits],
    "carrier": lambda it: [it.trunk, it.pick(CARRIERS), it.digits],
    "token after code": lambda it: [it.pick(["+", "00"]), it.code, it.pick(TOKENS), it.digits],
    "token": lambda it: [it.pick(TOKENS), it.digits],
    "token inside": lambda it: [it.pick(["+", "00", ""]), it.code, *it.cut(it.digits, it.pick(TOKENS), 4)],
    "token inside, national": lambda it: [it.pick(["0", ""]), *it.cut(it.digits, it.pick(TOKENS), 4)],
    "code twice": lambda it: [it.pick(["+", ""]), it.code, it.pick(["", "+", "0", "00"]), it.code, it.digits],
    "odd plus": lambda it: [it.pick(PLUSES), it.code, it.digits],
}
_FORMS = np.repeat(np.arange(len(FORMS)), [8, 4, 3, 3, 1, 3, 2, 8, 4, 1, 2, 2, 1, 1, 1, 1])

DRESSES = {
    "": lambda it: [it.body],
    "grouped": lambda it: [it.between(it.pick(READ_OVER), 4)],
    "grouped oddly": lambda it: [it.between(it.picks(READ_OVER), 3)],
    "divided": lambda it: it.cut(it.body, it.pick(NOT_READ_OVER)),
    "divided often": lambda it: [it.between(it.picks(NOT_READ_OVER), 5)],
    "in brackets": lambda it: it.bracketed(),
    "of another script": lambda it: [
        np.where(it.is_digit, it.body + (it.pick(ZEROS) - 48)[:, None], it.body)
    ],
    "something around": lambda it: [it.pick(AROUND), it.pick(AROUND), it.body, it.pick(AROUND)],
    "introduced": lambda it: [it.pick(SCHEMES), it.body],
    "with an extension": lambda it: [it.body, it.pick(EXTENSIONS)],
    "with an ending": lambda it: [it.body, it.pick(ENDINGS)],
    "with a letter": lambda it: it.cut(it.body, it.pick(LETTERS)),
    "as a word": lambda it: [it.as_word()],
    "twice": lambda it: [it.body, it.pick(NOT_READ_OVER), it.neighbour()],
}
_DRESSES = np.repeat(np.arange(len(DRESSES)), [14, 8, 2, 2, 1, 2, 2, 3, 1, 1, 2, 1, 1, 1])
_OVER = np.repeat(np.arange(len(DRESSES)), [60, 4, 1, 1, 1, 1, 2, 2, 1, 1, 2, 1, 1, 1])

GIVEN = ("own", "none", "of the same code", "another", "spelled oddly", "unknown")
_GIVEN = np.repeat(np.arange(len(GIVEN)), [9, 4, 2, 2, 2, 1])
_ODDLY = [str.lower, str.title, " {} ".format, "{}\n".format]
_UNKNOWN = ["UK", "ZZ", "", "001", "Italy", "I", "\u0406\u0422", "IT IT", " "]


class Writing(NamedTuple):
    """What a form or a dress has to work with, of the rows that wear it."""

    code: np.ndarray
    trunk: np.ndarray
    exit: np.ndarray
    digits: np.ndarray  # code points of the national number
    body: np.ndarray  # code points of the cell so far
    dice: Dice

    def at(self, rows):
        return Writing(*(column[rows] for column in self[:-1]), self.dice.at(rows))

    def pick(self, choices):
        return self.dice.pick(choices)

    def picks(self, choices):
        """One for each place of the cell."""
        return np.asarray(choices)[self.dice.rolls(len(choices), self.body.shape[1])]

    @property
    def is_digit(self):
        return (self.body >= 48) & (self.body <= 57)

    @property
    def lengths(self):
        return (self.body > 0).sum(axis=1)

    def cut(self, points, what, most=None):
        """A cell in two parts, with something between them; the first has up to ``most`` places."""
        at = self.dice.roll(self.lengths + 1 if most is None else most)[:, None] + (most is not None)
        column = np.arange(points.shape[1])
        return [np.where(column < at, points, 0), what, np.where(column < at, 0, points)]

    def between(self, separators, seldom):
        """The separators after some places, but not after the last."""
        width = self.body.shape[1]
        here = (self.dice.rolls(seldom, width) == 0) & (np.arange(width) < self.lengths[:, None] - 1)
        if separators.ndim == 1:
            separators = np.repeat(separators[:, None], width, axis=1)
        points = np.where(here[:, :, None], _points(separators.ravel()).reshape(*here.shape, -1), 0)
        return np.concatenate([self.body[:, :, None], points], axis=2).reshape(len(self.body), -1)

    def bracketed(self):
        first, middle, last = self.cut(self.body, self.pick([" (", "(", "[", "\uff08"]), 6)
        inner, _, rest = self.cut(last, "", 9)
        return [first, middle, inner, self.pick([") ", ")", "]", "\uff09", ""]), rest]

    def as_word(self):
        """The last places as the letters on a telephone's keys."""
        late = np.arange(self.body.shape[1]) >= self.lengths[:, None] - 5
        keys = _points(np.array(["01ADGJMPTW"]))[0]
        return np.where(late & self.is_digit, keys[np.clip(self.body - 48, 0, 9)], self.body)

    def neighbour(self):
        """The number next to it."""
        last = np.arange(self.body.shape[1]) == self.lengths[:, None] - 1
        return np.where(last & self.is_digit, 48 + (self.body - 47) % 10, self.body)


def written(groups, turns, seed, *, plain=False):
    """
    Rows to read, seeded: each depends on its group, its turn and the seed only.

    Returns:
        ``cell`` and ``region`` (strings), and what they were made of: ``place``, ``kind``, ``near``,
        ``form``, ``dress``, ``over`` (categories). If ``plain``, numbers in E.164 without a region.
    """
    table = ranges()
    dice = Dice(table.seeds(groups, turns, seed))
    digits, near = table.draw(groups, turns, dice)
    places, codes, trunks, exits = _places()
    place = np.array([places.index(name) for name in table.places])[groups]
    digits = np.where(digits < 0, 0, digits + 48)
    writing = Writing(codes[place], trunks[place], exits.pick(place, dice), digits, digits, dice)
    form, dress, over = (dice.pick(weights) * (not plain) for weights in (_FORMS, _DRESSES, _OVER))
    for choice, ways in ((form, FORMS), (dress, DRESSES), (over, DRESSES)):
        body = _put_on(writing._replace(dice=dice.fresh()), choice, [*ways.values()])
        writing = writing._replace(body=body)
    names = {"near": (near, NEAR), "form": (form, FORMS), "dress": (dress, DRESSES), "over": (over, DRESSES)}
    made = {name: pd.Categorical.from_codes(at, [*known]) for name, (at, known) in names.items()}
    kinds = np.array([KINDS.index(kind) for kind in table.kinds])[groups]
    return pd.DataFrame(
        {
            "cell": pd.Series(_text(writing.body), dtype="string[pyarrow]"),
            "region": pd.Series(
                None if plain else _given(place, dice), index=range(len(place)), dtype="string[pyarrow]"
            ),
            "place": pd.Categorical.from_codes(place, places),
            "kind": pd.Categorical.from_codes(kinds, [*KINDS]),
            **made,
        }
    )


class _Lists(NamedTuple):
    """Lists of different lengths, one for each place, to pick from."""

    items: np.ndarray
    first: np.ndarray
    count: np.ndarray

    @classmethod
    def of(cls, lists):
        count = np.array([len(one) for one in lists])
        return cls(np.array([item for one in lists for item in one]), np.cumsum(count) - count, count)

    def pick(self, at, dice):
        return self.items[self.first[at] + dice.roll(self.count[at])]


@cache
def _places():
    """The places; country code and trunk prefix of each; how one dials out of it."""
    known = [metadata(place) for place in everywhere()]
    codes = np.array([str(one.country_code) for one in known])
    trunks = np.array([one.national_prefix or "0" for one in known])
    exits = [
        [*map(_least, expand(one.international_prefix or "00")), one.preferred_international_prefix or "00"]
        for one in known
    ]
    return everywhere(), codes, trunks, _Lists.of(exits)


@cache
def _regions():
    """For each place the regions with its country code; and all regions."""
    same = [
        [
            found
            for found in library.region_codes_for_country_code(metadata(place).country_code)
            if found != "001"
        ]
        for place in everywhere()
    ]
    return _Lists.of([found or ["IT"] for found in same]), np.array(sorted(library.SUPPORTED_REGIONS))


def _given(place, dice):
    """What stands in the column of regions."""
    same, every = _regions()
    given = dice.pick(_GIVEN)
    names = np.array([name if not name.isdigit() else "" for name in everywhere()])[place]
    oddly = np.array([[way(name) for way in _ODDLY] for name in everywhere()])[place, dice.roll(len(_ODDLY))]
    text = np.choose(given, [names, "", same.pick(place, dice), dice.pick(every), oddly, dice.pick(_UNKNOWN)])
    return pa.array(text, pa.string(), mask=(given == GIVEN.index("none")) | (given == 0) & (text == ""))


def _least(found):
    """The least number of a range."""
    return "".join(str((mask & -mask).bit_length() - 1) for mask in found)


def _put_on(writing, choice, ways):
    """Each row written in the way it chose."""
    parts = []
    for number, way in enumerate(ways):
        rows = np.flatnonzero(choice == number)
        if len(rows):
            parts.append((rows, _joined(way(writing.at(rows)), len(rows))))
    body = np.zeros((len(choice), max(part.shape[1] for _, part in parts)), dtype=np.int64)
    for rows, part in parts:
        body[rows, : part.shape[1]] = part
    return body


def _joined(blocks, count):
    """Blocks side by side, without the holes between them."""
    points = [
        _points(np.array([block])).repeat(count, axis=0) if isinstance(block, str) else block
        for block in blocks
    ]
    wide = np.hstack([_points(block) if block.ndim == 1 else block for block in points])
    lengths = (wide > 0).sum(axis=1)
    body = np.zeros((count, lengths.max(initial=1)), dtype=np.int64)
    body[np.arange(body.shape[1]) < lengths[:, None]] = wide[wide > 0]
    return body


def _points(texts):
    """A column of short strings as a matrix of their code points."""
    return np.ascontiguousarray(texts).view(np.uint32).reshape(len(texts), -1).astype(np.int64)


def _text(body):
    """A matrix of code points as a column of strings."""
    points = body[body > 0].astype(np.uint32)
    size = 1 + (body > 0x7F).astype(np.int64) + (body > 0x7FF) + (body > 0xFFFF)
    offsets = np.concatenate([[0], np.cumsum(np.where(body > 0, size, 0).sum(axis=1))]).astype(np.int64)
    text = points.tobytes().decode("utf-32-le" if np.little_endian else "utf-32-be").encode()
    return pa.LargeStringArray.from_buffers(len(body), pa.py_buffer(offsets), pa.py_buffer(text))
