"""
Functions of a frame of results alone: summaries, figures, files. Neither journal nor gateway is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from smsframe.api.tracebacks import hide_frames
from smsframe.outcomes.export import spreadsheet_safe
from smsframe.outcomes.summary import failed as find_failed
from smsframe.outcomes.summary import summary as summarise

if TYPE_CHECKING:
    import os

    from matplotlib.figure import Figure

    from smsframe.outcomes.summary import Summary


failed = hide_frames(find_failed)


@hide_frames
def summary(results: pd.DataFrame) -> Summary:
    """
    A campaign in a few numbers: a `Summary`, with a card in notebooks.

    Args:
        results: A frame of `check`, `send`, `results` or `refresh`, or a part of one; of the result columns
            it needs ``sms_status``.

    Raises:
        ContactsError: The frame has no result columns.

    Example:
        >>> smsframe.summary(smsframe.results("spring", journal=journal)).statuses.to_dict()
        {'accepted': 1}
    """
    return summarise(results)


@hide_frames
def to_csv(
    results: pd.DataFrame, path: str | os.PathLike[str], *, index: bool | None = None, sep: str = ","
) -> None:
    """
    Write a frame for spreadsheets: UTF-8 with a byte order mark, and no cell that runs as a formula.

    `read_contacts` reads it back with its numbers as text.

    Args:
        results: Any frame.
        path: The file; it is replaced.
        index: Whether to write the index; when not given, unless it is a plain RangeIndex.
        sep: The delimiter; spreadsheets in some languages want ``";"``.

    Raises:
        OSError: The file cannot be written.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "results.csv")
        >>> smsframe.to_csv(smsframe.results("spring", journal=journal), path)
        >>> smsframe.read_contacts(path)["sms_phone"].tolist()
        ['+393471234567']
    """
    plain = isinstance(results.index, pd.RangeIndex) and results.index.name is None
    spreadsheet_safe(results).to_csv(
        path, sep=sep, index=not plain if index is None else index, encoding="utf-8-sig", lineterminator="\n"
    )


@hide_frames
def plot(results: pd.DataFrame, kind: str | None = None, *, tz: str = "UTC") -> Figure:
    """
    Figures of what became of the rows, from a frame that smsframe returned.

    Needs ``pip install "smsframe[plot]"``.

    Args:
        results: A frame of `smsframe.check`, `send`, `results` or `refresh`, or a part of one.
        kind: ``"funnel"`` (rows that were texted, accepted, delivered, and where the others went),
            ``"delivery"`` (texts by state over time), ``"countries"`` (segments and credits by country),
            ``"time"`` (seconds, minutes or hours until texts were delivered); all four by default.
        tz: The time zone of the time axis, such as ``"Europe/Rome"``.

    Returns:
        A matplotlib figure, which a notebook shows; ``.savefig("autumn.png")`` keeps it.

    Raises:
        ContactsError: The frame has no result columns.
        ValueError: There is no such kind of figure, or no such time zone.
        ImportError: matplotlib is not installed.

    Example:
        >>> spring = smsframe.results("spring", journal=journal)
        >>> [axes.get_title() for axes in spring.sms.plot("funnel").axes]
        ['From rows to deliveries']
    """
    return summarise(results).plot(kind, tz=tz)
