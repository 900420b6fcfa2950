"""
Functions of a frame of results alone: summaries, figures. Neither journal nor gateway is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from smsframe.api.files import write_as_named
from smsframe.api.tracebacks import hide_frames
from smsframe.errors import ContactsError
from smsframe.outcomes.canvas import time_zone
from smsframe.outcomes.groups import by as count_by
from smsframe.outcomes.summary import complete
from smsframe.outcomes.summary import failed as find_failed
from smsframe.outcomes.summary import summary as summarise
from smsframe.planning.problems import file_of_problems
from smsframe.planning.problems import problems as find_problems

if TYPE_CHECKING:
    import os
    from collections.abc import Hashable

    from matplotlib.figure import Figure

    from smsframe.outcomes.summary import Summary
    from smsframe.planning.plan import Plan

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
def by(results: pd.DataFrame, column: Hashable, *, tz: str = "UTC") -> pd.DataFrame:
    """
    What became of the rows for each value of a column, such as a shop, a country or an hour.

    Args:
        results: A frame of `smsframe.send`, `results` or `refresh`, or a part of one.
        column: A column of the frame; ``"country"`` (of the number), ``"hour"`` and ``"day"`` (at which it
            was sent) where it has none of that name.
        tz: The time zone of the hours and days, such as ``"Europe/Rome"``.

    Returns:
        A row per value: ``rows`` (without duplicates), ``delivered``, ``awaiting``, ``not_delivered``,
        ``not_sent``, ``share_delivered`` (0 to 1), ``segments``, ``credits`` (as far as the gateway said),
        ``credits_per_delivered`` (missing where nothing was delivered) and ``median_seconds`` from sending
        to delivery. Those with most rows come first, hours in their order.

    Raises:
        ContactsError: The frame has no result columns, or no such column.
        ValueError: There is no such time zone.

    Example:
        >>> spring = smsframe.results("spring", journal=journal)
        >>> smsframe.by(spring, "country")[["rows", "awaiting"]].to_dict("index")
        {'IT': {'rows': 1, 'awaiting': 1}}
    """
    zone = time_zone(tz)
    try:
        return count_by(complete(results), column, zone)
    except KeyError as error:
        raise ContactsError(str(error.args[0])) from None


@hide_frames
def problems(
    checked: pd.DataFrame | Plan, path: str | os.PathLike[str] | None = None, *, phone: Hashable | None = None
) -> pd.DataFrame:
    """
    The rows that need a hand, to be corrected and sent: invalid and rejected ones, and those with two texts
    of which none was sent.

    Correct your own columns in the file, read it with `read_contacts`, and send it with the same text in the
    same campaign: who was texted is not texted again. The first five columns are left out then.

    Args:
        checked: A `Plan`, or a frame of `check` or `send`.
        path: Also write them to this file: ``….xlsx`` as `to_excel` does, ``….parquet`` as `to_parquet`,
            otherwise as `to_csv`. Columns that texts are filled from hold the words there that would be
            sent, all columns but the phone column where the texts are not known.
        phone: The phone column, where a frame does not say it and none is to be guessed.

    Returns:
        The rows with their labels. First ``sms_row`` (Int64; the row of the file that `read_contacts` read,
        as a spreadsheet counts it, missing where the labels are others than it gave), ``sms_column`` and
        ``sms_cell`` (string; where the fault is and what stands there, missing where it is the text),
        ``sms_reason`` and ``sms_todo`` (string; why, and what to do), then all columns of your own, and
        ``sms_variant`` where the table is an experiment.

    Raises:
        ContactsError: The frame has no result columns.
        ValueError, ImportError, OSError: The file cannot be written so.

    Example:
        >>> people = pd.DataFrame({"mobile": ["+393471234567", "+39 347 12"]})
        >>> smsframe.check(people, phone="mobile").sms.problems()["sms_cell"].tolist()
        ['+39 347 12']
    """
    rows = find_problems(checked, phone=phone) if isinstance(checked, pd.DataFrame) else checked.problems()
    if path is not None:
        write_as_named(file_of_problems(checked, phone=phone), path, index=False)
    return rows


@hide_frames
def plot(results: pd.DataFrame, kind: str | None = None, *, tz: str = "UTC") -> Figure:
    """
    Figures of what became of the rows, from a frame that smsframe returned.

    Needs ``pip install "smsframe[plot]"``.

    Args:
        results: A frame of `smsframe.check`, `send`, `results` or `refresh`, or a part of one.
        kind: ``"funnel"`` (rows that were texted, accepted, delivered, and where the others went),
            ``"timeline"`` (texts by state over time), ``"countries"`` (share delivered and credits by
            country), ``"waits"`` (how long texts took to be delivered); all four by default.
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
