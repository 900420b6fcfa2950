r"""
Numbers of every range libphonenumber knows, made from its own patterns, by the million.

A pattern such as ``7(?:[1-9]\d|0[24])\d{4}`` is a union of *ranges*: for each place, which digits may stand
there. All ranges of the world are rows of one table, so that numbers are drawn by numpy and not one by one.
"""

from __future__ import annotations

import hashlib
import itertools
from functools import cache
from re import _constants as op
from re import _parser as parser
from typing import NamedTuple

import numpy as np
import phonenumbers as library
from phonenumbers import PhoneMetadata

TYPES = {
    "mobile": "mobile",
    "landline": "fixed_line",
    "toll_free": "toll_free",
    "premium": "premium_rate",
    "shared_cost": "shared_cost",
    "personal": "personal_number",
    "voip": "voip",
    "pager": "pager",
    "company": "uan",
    "voicemail": "voicemail",
}
"""What smsframe calls a type → what the metadata calls it."""

KINDS = (*TYPES, "general", "prefixed", "emergency", "any")
"""Types; what some type may have; with a prefix as it is read; too short for a text; any digits."""

NEAR = ("inside", "edge", "beside", "one off", "short", "long", "random")
_NEAR = np.repeat(np.arange(len(NEAR)), [9, 2, 3, 3, 1, 1, 1])

WIDTH = 24  # places
_APPENDED = 3
_ANY = 0b11_1111_1111  # a place where every digit may stand
_MASKS = [[digit for digit in range(10) if mask >> digit & 1] or [0] for mask in range(_ANY + 1)]
_LEAST = np.array([digits[0] for digits in _MASKS])
_MOST = np.array([digits[-1] for digits in _MASKS])
_TURNS = 2520  # divisible by every count of digits
_CHOSEN = np.array([digits * (_TURNS // len(digits)) for digits in _MASKS], dtype=np.int8)


class Dice:
    """
    For each row its own stream of random numbers, whatever the other rows are.

    So a region whose patterns change does not change the numbers of another, and no version of numpy
    changes any. The mixing is that of SplitMix64.
    """

    def __init__(self, seeds):
        self.seeds = np.asarray(seeds, dtype=np.uint64)
        self.turn = 0

    def at(self, rows):
        """The streams of some of the rows, as far as they have come."""
        dice = Dice(self.seeds[rows])
        dice.turn = self.turn
        return dice

    def fresh(self):
        """Other streams, which do not move these."""
        return Dice(self._next())

    def roll(self, sides):
        """One number below ``sides`` for each row; ``sides`` may be a column."""
        return _below(sides, self._next())

    def rolls(self, sides, width):
        """``width`` such numbers for each row, as a matrix."""
        steps = np.arange(width, dtype=np.uint64) * np.uint64(0xA0761D6478BD642F)
        return _below(sides, _mixed(self._next()[:, None] + steps))

    def pick(self, choices):
        """One of some things for each row."""
        return np.asarray(choices)[self.roll(len(choices))]

    def _next(self):
        self.turn += 1
        return _mixed(self.seeds + np.uint64(self.turn * 0x9E3779B97F4A7C15 % 2**64))


def _mixed(seeds):
    mixed = (seeds ^ (seeds >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _below(sides, mixed):
    return ((mixed >> np.uint64(11)) % np.asarray(sides, dtype=np.uint64)).astype(np.int64)


class Ranges(NamedTuple):
    """Groups (a kind of one place), and their ranges, which stand one after the other."""

    places: list[str]  # per group: a region, or a country code that has none
    kinds: list[str]
    first: np.ndarray  # per group: its first range
    count: np.ndarray  # per group: how many ranges it has
    masks: np.ndarray  # per range and place: the digits that may stand there, as bits; 0 after the last
    lengths: np.ndarray

    def seeds(self, groups, turns, seed):
        """What the numbers of a group depend on: its name, and which in turn it is."""
        names = zip(self.places, self.kinds, strict=True)
        digests = [hashlib.sha256(f"{seed} {place} {kind}".encode()).digest() for place, kind in names]
        own = np.array([int.from_bytes(digest[:8]) for digest in digests], dtype=np.uint64)
        return own[groups] + turns.astype(np.uint64) * np.uint64(0xD1B54A32D192ED03)

    def draw(self, groups, turns, dice):
        """
        National numbers in, at, beside and near the ranges of some groups; each range in turn.

        Returns:
            Their digits as a matrix with -1 after the last, and how near each is, as a place in ``NEAR``.
        """
        at = self.first[groups] + turns % self.count[groups]
        masks, lengths = self.masks[at], self.lengths[at]
        near = dice.pick(_NEAR)
        shape = np.where((near == NEAR.index("random"))[:, None], _ANY, masks)
        digits = _CHOSEN[shape, dice.rolls(_TURNS, WIDTH)].astype(np.int64)

        column = np.arange(WIDTH)
        there = dice.roll(lengths)[:, None]
        top = dice.roll(2)[:, None] == 1
        beyond = np.clip(np.where(top, _MOST[masks] + 1, _LEAST[masks] - 1), 0, 9)
        edge = np.where(column < there, digits, np.where(top, _MOST[masks], _LEAST[masks]))
        beside = np.where(column < there, digits, np.where(column == there, beyond, np.where(top, 0, 9)))
        off = np.where(column == there, dice.roll(10)[:, None], digits)
        for name, changed in (("edge", edge), ("beside", beside), ("one off", off)):
            digits = np.where((near == NEAR.index(name))[:, None], changed, digits)

        tail = 1 + dice.roll(_APPENDED)
        short, long = near == NEAR.index("short"), near == NEAR.index("long")
        digits = np.where(column < lengths[:, None], digits, dice.rolls(10, WIDTH))
        lengths = np.where(short, np.maximum(lengths - tail, 1), np.where(long, lengths + tail, lengths))
        return np.where(column < lengths[:, None], digits, -1), near


@cache
def ranges():
    """All of them, of every region and of every country code without one."""
    named = {
        (place, kind): list(dict.fromkeys(found))
        for place in everywhere()
        for kind, found in _of(place)
        if found
    }
    count = np.array([len(found) for found in named.values()])
    every = list(itertools.chain(*named.values()))
    masks = np.zeros((len(every), WIDTH), dtype=np.int64)
    for row, found in enumerate(every):
        masks[row, : len(found)] = found
    places, kinds = map(list, zip(*named, strict=True))
    return Ranges(places, kinds, np.cumsum(count) - count, count, masks, (masks > 0).sum(axis=1))


def everywhere():
    """Every region, and every country code that belongs to none."""
    return [*sorted(library.SUPPORTED_REGIONS), *map(str, sorted(library.COUNTRY_CODES_FOR_NON_GEO_REGIONS))]


def metadata(place):
    """What libphonenumber knows of a region, or of a country code without one."""
    if place.isdigit():
        return PhoneMetadata.metadata_for_nongeo_region(int(place))
    return PhoneMetadata.metadata_for_region(place)


def _of(place):
    own = metadata(place)
    valid = []
    for kind, name in TYPES.items():
        described = getattr(own, name)
        found = expand(described.national_number_pattern or "") if described else []
        valid += found[:1]
        yield kind, found
    yield "general", expand(own.general_desc.national_number_pattern)
    prefixes = expand(own.national_prefix_for_parsing or "")
    prefixed = [prefix + number for prefix in prefixes for number in valid]
    yield "prefixed", [found for found in prefixed if len(found) <= WIDTH - _APPENDED]
    short = PhoneMetadata.short_metadata_for_region(place)
    yield "emergency", expand(short.general_desc.national_number_pattern) if short else []
    yield "any", [(_ANY,) * length for length in range(2, 17)]


def expand(pattern):
    """The ranges of a pattern of digits: for each, the digits that may stand at each place, as bits."""
    return [found for found in _expand(parser.parse(pattern)) if found]


def _expand(tree):
    parts = []
    for kind, of in tree:
        if kind is op.LITERAL:
            parts.append([(1 << int(chr(of)),)])
        elif kind is op.IN:
            parts.append([(sum(map(_bits, of)),)])
        elif kind is op.BRANCH:
            parts.append([way for branch in of[1] for way in _expand(branch)])
        elif kind is op.SUBPATTERN:
            parts.append(_expand(of[3]))
        elif kind is op.MAX_REPEAT:
            least, most, inner = of
            each = [itertools.product(_expand(inner), repeat=times) for times in range(least, most + 1)]
            parts.append([sum(ways, ()) for ways in itertools.chain(*each)])
        elif kind is not op.AT:  # the end of a national prefix that is the whole number
            raise NotImplementedError(f"{kind} in a pattern of digits")
    return [sum(ways, ()) for ways in itertools.product(*parts)]


def _bits(member):
    kind, of = member
    if kind is op.RANGE:
        return sum(1 << digit for digit in range(int(chr(of[0])), int(chr(of[1])) + 1))
    return 1 << int(chr(of)) if kind is op.LITERAL else _ANY
