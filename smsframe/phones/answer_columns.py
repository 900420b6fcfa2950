"""
Answers as columns: numbers in E.164 as text, and places of names as these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from smsframe.arrow import STRING, in_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def in_e164(number: NDArray[np.int64], fine: NDArray[np.bool_]) -> pd.Series:
    """Numbers as text, where they are fine."""

    def written(number: NDArray[np.int64], fine: NDArray[np.bool_]) -> tuple[Any]:
        # Arrow writes a minus before the digits, in whose place the plus goes: joining costs twice as much.
        valid, places, content = pa.array(-number, mask=~fine).cast(STRING).buffers()
        if content is None:  # nothing is written
            return (pa.nulls(len(number), STRING),)
        text = np.frombuffer(content, dtype=np.uint8).copy()
        text[np.frombuffer(places, dtype=np.int64)[: len(number)][fine]] = ord("+")
        buffers = [valid, places, pa.py_buffer(text)]
        return (pa.Array.from_buffers(STRING, len(number), buffers),)

    (phones,) = in_parts(written, number, fine)
    return pd.Series(phones, dtype="string[pyarrow]")


def named(names: Sequence[str | None], places: NDArray[Any], none: NDArray[np.bool_]) -> pd.Series:
    """The names at these places, missing where ``none``."""
    if none.all():
        return pd.Series(pa.nulls(len(places), STRING), dtype="string[pyarrow]")
    words = pa.array(names, STRING)
    (found,) = in_parts(lambda places, none: (words.take(pa.array(places, mask=none)),), places, none)
    return pd.Series(found, dtype="string[pyarrow]")
