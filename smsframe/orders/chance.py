"""
A number between 0 and 1 for each key, as good as drawn by chance, and the same in every process and version.

An assignment to variants, and who is first in a ramp, must be the same when a cell is run again, in another
frame, on another machine, in five years: so the hash is written down here, and known answers are tested. It
is the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) over the bytes of a key, eight at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from smsframe.arrow import STRING, in_parts, raw

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WORD = 8
_STEPS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_GOLDEN = 0x9E3779B97F4A7C15
_BITS = 53
"""Of a float: so many are used."""


def fractions(keys: Any, seed: str) -> NDArray[np.float64]:
    """
    A number from 0 up to, but not including, 1 for each key.

    Args:
        keys: An Arrow array of strings without nulls.
        seed: Another one gives numbers that have nothing to do with these.

    Example:
        >>> fractions(pa.array(["1001", "1002"]), "autumn").round(6).tolist()
        [0.525748, 0.04758]
    """
    start = _hashed(pa.array([seed], STRING), np.uint64(0))[0]
    (hashed,) = in_parts(lambda part: (_hashed(part, start),), pa.array(keys).cast(STRING))
    found: NDArray[np.float64] = (hashed >> np.uint64(64 - _BITS)).astype(np.float64) / 2.0**_BITS
    return found


def person_fractions(persons: NDArray[np.int64], seed: str) -> NDArray[np.float64]:
    """The same of canonical numbers of people (`smsframe.phones.match.keys`)."""
    return fractions(pa.array(persons).cast(STRING), seed)


def _hashed(text: Any, start: np.uint64) -> NDArray[np.uint64]:
    begins, ends, content = raw(text)
    lengths = ends - begins
    padded = np.concatenate([content, np.zeros(_WORD, dtype=np.uint8)])
    state = np.full(len(begins), start, dtype=np.uint64)
    for at in range(0, int(lengths.max(initial=0)), _WORD):
        rows = np.flatnonzero(lengths > at)
        word = np.zeros(len(rows), dtype=np.uint64)
        for place in range(_WORD):
            position = begins[rows] + at + place
            byte = np.where(position < ends[rows], padded[np.minimum(position, len(content))], 0)
            word |= byte.astype(np.uint64) << np.uint64(8 * place)
        state[rows] = _mixed(state[rows] ^ word)
    return _mixed(state ^ lengths.astype(np.uint64))


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Every bit depends on every bit."""
    state = state + np.uint64(_GOLDEN)  # wraps around, as it should
    for shift, factor in _STEPS:
        state = (state ^ (state >> np.uint64(shift))) * np.uint64(factor)
    return state ^ (state >> np.uint64(31))
