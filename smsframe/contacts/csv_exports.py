"""
Text files that smsframe has written itself, read back as they were; those of others stay as they are.

`smsframe.to_csv` puts an apostrophe before what a spreadsheet would run. In a file of somebody else's such an
apostrophe may be a part of the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe.arrow import is_text, strings
from smsframe.texts.local_times import restored
from smsframe.texts.spreadsheets import OWN_HEADING, original, runs

if TYPE_CHECKING:
    from collections.abc import Iterable


def as_exported(frame: pd.DataFrame, *, like_ours: bool) -> pd.DataFrame:
    """
    The table without the apostrophes that keep formulas from running, and with times in place of local ones.

    A table of smsframe's own has its result columns, also if another program has saved it since.
    Another table counts as one if its file is written as ours are. In a file in which something would run,
    nobody has put such apostrophes. In other files an apostrophe at the start of a cell is one of them, as
    spreadsheets have it.

    Args:
        frame: As it was read.
        like_ours: Whether its file has a byte order mark, CRLF, and a heading that is all in quotation marks.
    """
    headings = frame.columns if frame.columns.nlevels == 1 else pd.Index([])
    ours = OWN_HEADING in headings
    texts = {
        place: strings(frame.iloc[:, place].array)
        for place, dtype in enumerate(frame.dtypes)
        if is_text(dtype)
    }
    plain = {place: original(text, inside=ours or like_ours) for place, text in texts.items()}
    changed = {place: column for place, column in plain.items() if not column.equals(texts[place])}
    labels = [
        original([label], inside=ours or like_ours)[0].as_py() if isinstance(label, str) else label
        for label in headings
    ]
    if (changed or labels != list(headings)) and (ours or not _anything_runs(texts.values(), headings)):
        for place, column in changed.items():
            frame.isetitem(place, pd.array(column, dtype=frame.dtypes.iloc[place]))
        if len(headings):
            frame.columns = pd.Index(labels)
    return restored(frame) if ours else frame


def _anything_runs(texts: Iterable[Any], headings: pd.Index) -> bool:
    words = [label for label in headings if isinstance(label, str)]
    return any(map(runs, texts)) or runs(pd.array(words, dtype="string[pyarrow]"))
