"""
Times as spreadsheets know them: on the clock of one place, which stands in the heading, and back.

A spreadsheet has no time zones: a cell is a date and a time of day. So the zone goes into the heading,
``sms_sent_at (Europe/Rome)``. In the hour that a clock goes through twice, in autumn, a cell is a text with
its offset from UTC: nothing else says which of the two times it is.
"""

from __future__ import annotations

import re
from datetime import timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, TEXT, strings

if TYPE_CHECKING:
    from datetime import tzinfo

# The number at the end is pandas', where a file has the same heading twice.
_HEADING = re.compile(r"(?s)(.*) \(([A-Za-z][A-Za-z0-9_+\-/]*)\)(\.[0-9]+)?")
_AS_IT_IS = "\u2060"  # a word joiner, which nobody sees
_LIKE_OURS = re.compile(rf"(?s)(.* \([A-Za-z][A-Za-z0-9_+\-/]*\){_AS_IT_IS}*?)({_AS_IT_IS}?)(\.[0-9]+)?")
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9:.,]+(?:[+-][0-9:]+)?)?$"


def zone_named(name: str) -> ZoneInfo:
    """
    The time zone of that name.

    Raises:
        ValueError: There is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise ValueError(f"zone={name!r} is no time zone; one is 'Europe/Rome'") from None


def zone_of(times: pd.Series[Any], zone: ZoneInfo | None) -> str:
    """
    The zone in which a column of aware times is written: the given one, else its own.

    UTC where its own has no name that every system knows, such as a fixed offset.
    """
    own: tzinfo = times.dt.tz
    name = str(zone or own)
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"


def on_the_clock(times: pd.Series[Any], zone: str) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """
    Aware times on the clock of a zone.

    Returns:
        The times without their zone, and for the hours that this clock goes through twice texts with the
        offset from UTC (dtype string, missing for all others).
    """
    place = ZoneInfo(zone)  # of pandas' own, which some versions look up elsewhere, not all are there
    local = times.dt.tz_convert(place)
    naive = local.dt.tz_localize(None)
    # Of a time that comes twice the first reading and the second differ.
    first, second = (
        naive.dt.tz_localize(place, ambiguous=np.full(len(naive), dst), nonexistent="shift_forward")
        if len(naive)
        else local
        for dst in (True, False)
    )
    twice = (first != second) & naive.notna()
    texts = pd.Series(list(map(str, local[twice])), index=times.index[twice], dtype=TEXT)
    return naive, texts.reindex(times.index)


def clock_texts(naive: pd.Series[Any]) -> pd.Series[Any]:
    """Times without a zone as `str` writes them: to the second, with fractions where there are any."""
    text = pc.replace_substring_regex(strings(pa.array(naive).cast(STRING)), r"\.0+$", "")
    text = pc.replace_substring_regex(text, r"(\.[0-9]{6})000$", r"\1")
    return pd.Series(pd.array(text, dtype=TEXT), index=naive.index)


def heading(label: object, zone: str) -> str:
    """
    The heading of a column of times.

    Example:
        >>> heading("sms_sent_at", "Europe/Rome")
        'sms_sent_at (Europe/Rome)'
    """
    return f"{label} ({zone})"


def kept_headings(frame: pd.DataFrame) -> pd.DataFrame:
    """
    A table to be written, in which headings that end like those of `heading` have a mark that keeps them.

    `restored` takes the mark off, and leaves the cells as they are: ``Nickname (Poland)`` is no time.

    Example:
        >>> frame = pd.DataFrame({"Start (CET)": ["2026-11-28 13:51"]})
        >>> restored(kept_headings(frame)).to_dict("list")
        {'Start (CET)': ['2026-11-28 13:51']}
    """
    matches = [_LIKE_OURS.fullmatch(label) if isinstance(label, str) else None for label in frame.columns]
    labels = [
        label if match is None else f"{match[1]}{match[2]}{_AS_IT_IS}{match[3] or ''}"
        for label, match in zip(frame.columns, matches, strict=True)
    ]
    return frame if labels == [*frame.columns] else frame.set_axis(pd.Index(labels, dtype=object), axis=1)


def restored(frame: pd.DataFrame) -> pd.DataFrame:
    """
    A table that was read from a file of ours, with its times as `str` writes aware ones.

    A column is restored when its heading ends in a time zone, without the mark of `kept_headings`, and all
    its cells are times.

    Args:
        frame: All cells are text.

    Example:
        >>> frame = pd.DataFrame({"sms_sent_at (Europe/Rome)": ["2026-11-28 13:51"]}, dtype="string")
        >>> restored(frame).to_dict("list")
        {'sms_sent_at': ['2026-11-28 13:51:00+01:00']}
    """
    labels: list[Any] = list(frame.columns)
    changed = False
    for place, label in enumerate(labels):
        match = _HEADING.fullmatch(label) if isinstance(label, str) else None
        if match is None or (own := f"{match[1]}{match[3] or ''}") in labels:
            continue
        times = _times(frame.iloc[:, place], match[2])
        if times is not None:
            if not changed:
                frame, changed = frame.copy(deep=False), True
            frame.isetitem(place, times.array)
            labels[place] = own
    plain = [_without_mark(label) for label in labels]
    return frame.set_axis(plain, axis=1) if changed or plain != labels else frame


def _without_mark(label: Any) -> Any:
    """The heading that `kept_headings` has marked; any other as it is."""
    match = _LIKE_OURS.fullmatch(label) if isinstance(label, str) and _AS_IT_IS in label else None
    return label if match is None else f"{match[1]}{match[3] or ''}"


def _times(cells: pd.Series[Any], zone: str) -> pd.Series[Any] | None:
    """The cells as aware times, in words; None where one of them is no time, or the zone is none."""
    try:
        place = ZoneInfo(zone)
        text = cells.astype(TEXT)
        if not text.str.match(_TIME).fillna(value=True).all():
            return None
        text = text.str.replace(",", ".")
        offset = text.str.contains(r"[ T][0-9:.]+[+-]", regex=True).fillna(value=False).to_numpy(dtype=bool)
        naive = pd.to_datetime(text.mask(offset), format="ISO8601")
        aware = naive.dt.tz_localize(place).copy()
        aware[offset] = pd.to_datetime(text[offset], format="ISO8601", utc=True).dt.tz_convert(place)
    except (ValueError, OSError, ZoneInfoNotFoundError):  # also times that the zone's clock never showed
        return None
    local = aware.dt.tz_localize(None)
    offsets = local - aware.dt.tz_convert("UTC").dt.tz_localize(None)
    words = {offset: _offset(offset) for offset in offsets.dropna().unique()}  # a clock has but a few
    return clock_texts(local) + offsets.map(words).astype(TEXT)


def _offset(offset: pd.Timedelta) -> str:
    """An offset from UTC as `str` writes it in times."""
    return str(pd.Timestamp(0, tz=timezone(offset.to_pytimedelta())))[len("1970-01-01 00:00:00") :]
